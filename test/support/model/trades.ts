// fill: the trade's rules of docs/accounts.md, in the words of its table: what an increase, a reduction and a flip do to cost and money,
// and what is refused.
import type { FillCommand, MarginMode, PositionSide } from "../../../src/types.ts";
import {
  initialMarginOf,
  initialRequirement,
  requireAffordable,
  requireCaps,
  requireLeverage,
} from "./admission.ts";
import {
  type Account,
  accountOf,
  addFlow,
  addToWallet,
  assetOf,
  type Book,
  findPosition,
  fitting,
  type Market,
  markedMarket,
  markOf,
  modeFor,
  type Position,
  removePosition,
  sideOf,
  walletOf,
} from "./book.ts";
import {
  absolute,
  ceilOf,
  divideCeil,
  divideFloor,
  floorOf,
  marginAt,
  notionalOf,
  scaled,
  smaller,
  worthOf,
} from "./exact.ts";
import { crossFigures, isolatedFigures, isPledged, legFigures } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { amountOf, positiveAmount, requireIsolatedAllowed } from "./wallets.ts";

const FEE_UNIT = 100_000_000n;

/** A trade as read from its command. */
interface Trade {
  readonly account: Account;
  readonly market: Market;
  /** Signed. */
  readonly quantity: bigint;
  readonly price: bigint;
  /** As stated; 0 where it goes by the schedule. */
  readonly fee: bigint;
  readonly liquidity: "maker" | "taker" | undefined;
  /** 0n: none stated. */
  readonly leverage: bigint;
  readonly mode: MarginMode | undefined;
  readonly positionSide: PositionSide | undefined;
  readonly reduceOnly: boolean;
}

/** ⌈notional · rate⌉ of a part of the trade by the market's schedule; `stated` where the trade states its fee. */
function feeOf(trade: Trade, quantity: bigint, stated: bigint): bigint {
  if (trade.liquidity === undefined) return stated;
  const { terms, fee } = trade.market;
  const notional = notionalOf(terms, quantity, trade.price);
  return ceilOf(scaled(notional, fee[trade.liquidity], FEE_UNIT));
}

function readTrade(book: Book, command: FillCommand): Trade {
  const account = accountOf(book, command.account);
  const market = markedMarket(book, command.symbol);
  const size = positiveAmount(command.amount);
  const quantity = command.side === "buy" ? size : -size;
  const price = positiveAmount(command.price);
  const { liquidity, positionSide } = command;
  if (command.leverage !== undefined) requireLeverage(book, amountOf(command.leverage));
  must(account.hedged === (positionSide !== undefined), "POSITION_MODE");
  if (liquidity !== undefined && command.fee !== undefined) refuse("BAD_VALUE");
  return {
    account,
    market,
    quantity,
    price,
    fee: amountOf(command.fee ?? 0n),
    liquidity,
    leverage: amountOf(command.leverage ?? 0n),
    mode: command.marginMode,
    positionSide,
    reduceOnly: command.reduceOnly ?? false,
  };
}

/** A part of a trade: a flip has two. */
interface Part {
  readonly quantity: bigint;
  readonly fee: bigint;
}

/** What every part takes out of wallets + margins − costs. */
function addTradeFlows(book: Book, trade: Trade, part: Part): void {
  const { terms, settle } = trade.market;
  addFlow(book, settle, "fees", -part.fee);
  addFlow(book, settle, "trades", -ceilOf(worthOf(terms, part.quantity, trade.price)));
}

function increase(
  book: Book,
  trade: Trade,
  part: Part,
  mode: MarginMode,
  leverage: bigint,
  before: Position | undefined,
): void {
  const { account, market, price } = trade;
  const { symbol, settle, terms } = market;
  const position: Position = before ?? {
    symbol,
    quantity: 0n,
    cost: 0n,
    mode,
    leverage,
    margin: 0n,
    autoTopUp: false,
  };
  if (before === undefined) account.positions.push(position);
  position.quantity += part.quantity;
  position.cost = fitting(position.cost + ceilOf(worthOf(terms, part.quantity, price)));
  fitting(legFigures(book, position).notional);
  position.leverage = leverage;
  must(!isPledged(account, assetOf(book, settle)), "MULTI_ASSET");
  if (mode === "isolated") requireIsolatedAllowed(book, account);
  requireCaps(market, position, mode);
  addTradeFlows(book, trade, part);
  if (mode === "cross") {
    addToWallet(account, settle, -part.fee);
    return;
  }
  if (leverage === 0n) refuse("BAD_VALUE");
  const margin = marginAt(notionalOf(terms, part.quantity, price), leverage);
  addToWallet(account, settle, -margin);
  requireAffordable(book, account, settle, walletOf(account, settle));
  position.margin += margin - part.fee;
  must(position.margin >= 0n, "MARGIN_EXHAUSTED");
  const figures = isolatedFigures(book, position);
  const { equity, maintenanceMargin, closeFee } = figures;
  must(equity > maintenanceMargin + closeFee, "INSUFFICIENT_FUNDS");
  // Fee and loss at the mark may come out of what its leverage leaves, not out of what open interest asks beyond that.
  const mark = markOf(book, market);
  const asked = initialMarginOf(book, market, position.quantity, mark, leverage);
  must(asked <= figures.initialMargin || equity >= asked, "INSUFFICIENT_FUNDS");
}

/** `leverage` 0n: what is left keeps its own. */
function reduce(book: Book, trade: Trade, part: Part, position: Position, leverage: bigint): void {
  const { account, market, price } = trade;
  const { settle, terms } = market;
  const size = absolute(position.quantity);
  const closed = absolute(part.quantity);
  const removedCost = divideCeil(position.cost * closed, size);
  const realized = floorOf(worthOf(terms, -part.quantity, price)) - removedCost;
  const payout = realized - part.fee;
  addTradeFlows(book, trade, part);
  position.quantity += part.quantity;
  position.cost -= removedCost;
  if (leverage > 0n && position.quantity !== 0n) {
    position.leverage = leverage;
    requireCaps(market, position, position.mode);
  }
  if (position.mode === "cross") addToWallet(account, settle, payout);
  else {
    const share = divideFloor(position.margin * closed, size);
    const released = share + payout;
    position.margin -= share - smaller(released, 0n);
    // A margin that funding has left negative may stay so where the trade takes nothing from it, but not be closed on.
    must(position.margin >= 0n || (payout >= 0n && position.quantity !== 0n), "MARGIN_EXHAUSTED");
    if (released > 0n) addToWallet(account, settle, released);
  }
  if (position.quantity === 0n) removePosition(account, position);
}

/** A reduce-only trade closes no more than there is on the other side. */
function requireReducing(trade: Trade, before: Position | undefined): void {
  const held = before?.quantity ?? 0n;
  const opposite = held > 0n !== trade.quantity > 0n;
  const most = opposite ? absolute(held) : 0n;
  must(!trade.reduceOnly || absolute(trade.quantity) <= most, "NOT_REDUCING");
}

/** Carries out a trade and returns the mode of the position that it met or made. */
function carryOut(book: Book, trade: Trade): MarginMode {
  const { account, market, quantity, positionSide } = trade;
  const fee = feeOf(trade, quantity, trade.fee);
  const before = findPosition(account, market.symbol, positionSide);
  const setting = account.settings.get(market.symbol);
  if (before === undefined) {
    const side = quantity > 0n ? "long" : "short";
    if (positionSide !== undefined && positionSide !== side) refuse("NO_POSITION");
    requireReducing(trade, before);
    const mode = trade.mode ?? modeFor(account, market.symbol);
    const leverage = trade.leverage || (setting?.leverage[side] ?? 0n);
    increase(book, trade, { quantity, fee }, mode, leverage, undefined);
    return mode;
  }
  const { mode } = before;
  must(trade.mode === undefined || trade.mode === mode, "MARGIN_MODE");
  requireReducing(trade, before);
  const leverage = trade.leverage || before.leverage;
  if (sideOf(before) === (quantity > 0n ? "long" : "short")) {
    increase(book, trade, { quantity, fee }, mode, leverage, before);
    return mode;
  }
  const held = absolute(before.quantity);
  if (absolute(quantity) <= held) {
    reduce(book, trade, { quantity, fee }, before, trade.leverage);
    return mode;
  }
  must(positionSide === undefined, "OUT_OF_RANGE");
  // A stated fee is split by size, the closing part's share rounded toward zero.
  const share = (trade.fee * held) / absolute(quantity);
  const closed = -before.quantity;
  const opened = quantity - closed;
  const closingFee = feeOf(trade, closed, share);
  const openingFee = feeOf(trade, opened, trade.fee - share);
  reduce(book, trade, { quantity: closed, fee: closingFee }, before, 0n);
  increase(book, trade, { quantity: opened, fee: openingFee }, mode, leverage, undefined);
  return mode;
}

/** dYdX: a pool below its initial margin may only be traded to where it is no worse. */
function isNoWorse(
  before: { readonly equity: bigint; readonly maintenanceMargin: bigint },
  after: { readonly equity: bigint; readonly maintenanceMargin: bigint },
): boolean {
  if (after.maintenanceMargin > before.maintenanceMargin) return false;
  if (before.maintenanceMargin === 0n) return after.equity >= before.equity;
  return after.equity * before.maintenanceMargin >= before.equity * after.maintenanceMargin;
}

/**
 * What the cross pool is asked after a cross trade; a reduction is always taken or, under noWorse, if it leaves the pool its initial margin. What
 * makes the pool no worse is taken then, opening or not, whatever open orders reserve.
 */
function requireAdmissible(
  book: Book,
  trade: Trade,
  opens: boolean,
  before: { readonly equity: bigint; readonly maintenanceMargin: bigint },
): void {
  const { account, market } = trade;
  if (book.rules.reductions === "noWorse") {
    const after = crossFigures(book, account, market.settle);
    if (isNoWorse(before, after)) return;
    if (after.equity < initialRequirement(book, account, market.settle)) {
      refuse("INSUFFICIENT_FUNDS");
    }
  }
  if (opens) requireAffordable(book, account, market.settle, 0n);
}

/** The order that a trade fills shrinks by it; of a reduce-only order the trade is reduce-only. */
function consumeOrder(trade: Trade, command: FillCommand): void {
  if (command.order === undefined) return;
  const { account, market, positionSide } = trade;
  const order = account.orders.find(({ id }) => id === command.order) ?? refuse("UNKNOWN_ORDER");
  must(order.symbol === market.symbol, "BAD_VALUE");
  must(order.side === command.side, "BAD_VALUE");
  must(order.positionSide === positionSide, "BAD_VALUE");
  must(absolute(trade.quantity) <= order.amount, "OUT_OF_RANGE");
  order.amount -= absolute(trade.quantity);
  account.orders = account.orders.filter(({ amount }) => amount > 0n);
  if (order.reduceOnly) {
    const before = findPosition(account, market.symbol, positionSide);
    requireReducing({ ...trade, reduceOnly: true }, before);
  }
}

export function fill(book: Book, command: FillCommand): void {
  const trade = readTrade(book, command);
  consumeOrder(trade, command);
  const { account, market, quantity, positionSide } = trade;
  const before = crossFigures(book, account, market.settle);
  const held = findPosition(account, market.symbol, positionSide)?.quantity ?? 0n;
  const mode = carryOut(book, trade);
  if (mode !== "cross") return;
  const reduces = held > 0n !== quantity > 0n && absolute(quantity) <= absolute(held);
  requireAdmissible(book, trade, !reduces, before);
}
