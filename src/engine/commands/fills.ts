// fill: a trade. It opens, increases, reduces, closes or flips a position and moves money exactly:
//
//   cost of an increase   ⌈signed notional of the trade⌉, added to the position's cost
//   reduce c of |q|       removed cost = ⌈cost·c/|q|⌉; realized = ⌊signed value of the closed part⌋ − removed cost
//   fee                   out of the scope's collateral; a flip's fee is split between close and open by size
//   isolated increase     ⌈notional / leverage⌉ moves from the wallet to the position
//   isolated reduce       ⌊margin·c/|q|⌋ + realized − fee moves to the wallet; if negative, the rest of the margin bears it
//
// So wallets + margins − costs change by −fee − ⌈signed notional⌉ of each trade and by nothing else.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../../model.ts";
import type { EngineEvent, FillCommand, MarginMode, PositionSide } from "../../types.ts";
import { isolatedTag } from "../accounts.ts";
import { ceilDivide, costCeil, floorDivide, initialMarginCeil, valueFloor } from "../arithmetic.ts";
import { checkLeverage } from "../leverage.ts";
import { readLeverage } from "../markets.ts";
import { refuse, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { readPrice } from "./definitions.ts";
import { checkNotional, describePosition, MODES, positionEvent, SIDES } from "./positions.ts";
import { balanceEvent, balanceOf, checkAffordable, openCrossPool } from "./wallets.ts";

const ORDER_SIDES = ["buy", "sell"] as const;

interface Order {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  /** Signed quantity units. */
  readonly trade: number;
  /** Price units. */
  readonly price: number;
  /** Which leg of a hedged account; undefined in a one-way account. */
  readonly positionSide: PositionSide | undefined;
  readonly mode: MarginMode | undefined;
  readonly leverageMilli: number | undefined;
  readonly fee: bigint;
  readonly path: string;
}

function readPositionSide(
  state: EngineState,
  account: number,
  given: unknown,
  path: string,
): PositionSide | undefined {
  if (state.accounts.hedged(account)) {
    if (given === undefined) {
      refuse(
        "POSITION_MODE",
        "a hedged account's trade must say which side it is for",
        path,
        given,
      );
    }
    return requireWord(given, SIDES, path);
  }
  if (given === undefined) return undefined;
  return refuse("POSITION_MODE", "a one-way account has no sides to choose", path, given);
}

function readOrder(state: EngineState, command: FillCommand, path: string): Order {
  const account = state.account(command.account, `${path}.account`);
  const market = state.markedMarket(command.symbol, `${path}.symbol`);
  const { marginMode, leverage } = command;
  const side = requireWord(command.side, ORDER_SIDES, `${path}.side`);
  const limits = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
  const size = Number(
    parseDecimal(command.amount, market.amountDecimals, `${path}.amount`, limits),
  );
  return {
    id: command.account,
    account,
    market,
    trade: side === "buy" ? size : -size,
    price: readPrice(market, command.price, `${path}.price`),
    positionSide: readPositionSide(state, account, command.positionSide, `${path}.positionSide`),
    mode:
      marginMode === undefined ? undefined : requireWord(marginMode, MODES, `${path}.marginMode`),
    leverageMilli: leverage === undefined ? undefined : readLeverage(leverage, `${path}.leverage`),
    fee: parseDecimal(command.fee ?? 0n, market.settleDecimals, `${path}.fee`, {
      min: -MAX_AMOUNT,
      max: MAX_AMOUNT,
    }),
    path,
  };
}

/** The part of a trade that opens or increases. */
function increase(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  part: { readonly quantity: number; readonly fee: bigint; readonly mode: MarginMode },
  before: PositionReference | undefined,
): EngineEvent {
  const { kernel } = state;
  const { market, path } = order;
  const held = before === undefined ? 0 : kernel.quantity(before.leg);
  const paid = before === undefined ? 0n : kernel.cost(before.leg);
  const quantity = held + part.quantity;
  // Both below 2^53: the sum is at worst rounded to an even number above the limit, never below it.
  if (Math.abs(quantity) > MAX_SAFE_UNITS) {
    refuse("OUT_OF_RANGE", "the position would exceed 2^53 - 1 units", `${path}.amount`, quantity);
  }
  const cost = paid + costCeil(market.terms, part.quantity, order.price);
  const kept = before === undefined ? 0 : kernel.leverageMilli(before.leg);
  const leverageMilli = order.leverageMilli ?? kept;
  checkNotional(state, market, quantity, cost, `${path}.amount`);
  checkLeverage(state, market, { quantity, cost, mode: part.mode, leverageMilli }, path);
  const after =
    part.mode === "cross"
      ? increaseCross(state, transaction, order, { quantity, cost, leverageMilli }, part, before)
      : increaseIsolated(
          state,
          transaction,
          order,
          { quantity, cost, leverageMilli },
          part,
          before,
        );
  const what = describePosition(state, after);
  return positionEvent(state, order.id, market, what, after, { realizedPnl: 0n, fee: part.fee });
}

interface LegTarget {
  readonly quantity: number;
  readonly cost: bigint;
  readonly leverageMilli: number;
}

function putLeg(
  transaction: Transaction,
  market: EngineMarket,
  pool: number,
  target: LegTarget,
  before: PositionReference | undefined,
): number {
  const { quantity, cost, leverageMilli } = target;
  if (before === undefined) {
    return transaction.createLeg(pool, market, quantity, cost, leverageMilli);
  }
  transaction.setLeg(before.leg, market, quantity, cost, leverageMilli);
  return before.leg;
}

function increaseCross(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  target: LegTarget,
  part: { readonly fee: bigint },
  before: PositionReference | undefined,
): PositionReference {
  const { market, path } = order;
  const pool = openCrossPool(state, transaction, order.account, market.settle);
  const leg = putLeg(transaction, market, pool, target, before);
  transaction.setCollateral(pool, state.kernel.collateral(pool) - part.fee, `${path}.fee`);
  // A cross trade may lean on unrealised profit: only equity is asked, not the wallet.
  const asset = state.assetAt(market.settle);
  checkAffordable(0n, transaction.figures(pool), asset, `${path}.amount`, target.quantity);
  return { pool, leg, isolated: false };
}

function increaseIsolated(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  target: LegTarget,
  part: { readonly quantity: number; readonly fee: bigint },
  before: PositionReference | undefined,
): PositionReference {
  const { kernel } = state;
  const { market, path, account } = order;
  const { leverageMilli } = target;
  if (leverageMilli === 0) {
    refuse("BAD_VALUE", "an isolated position needs a leverage", `${path}.leverage`, undefined);
  }
  const margin = initialMarginCeil(market.terms, part.quantity, order.price, leverageMilli);
  const wallet = openCrossPool(state, transaction, account, market.settle);
  const left = kernel.collateral(wallet) - margin;
  transaction.setCollateral(wallet, left, `${path}.amount`);
  const asset = state.assetAt(market.settle);
  checkAffordable(left, transaction.figures(wallet), asset, `${path}.amount`, target.quantity);
  const side = target.quantity > 0 ? "long" : "short";
  const pool = before?.pool ?? transaction.createPool(account, isolatedTag(market.index, side), 0n);
  const leg = putLeg(transaction, market, pool, target, before);
  const collateral = kernel.collateral(pool) + margin - part.fee;
  if (collateral < 0n) {
    const fee = formatDecimal(part.fee, market.settleDecimals);
    refuse("MARGIN_EXHAUSTED", "the fee exceeds the position's margin", `${path}.fee`, fee);
  }
  transaction.setCollateral(pool, collateral, `${path}.amount`);
  const { equity, maintenanceMargin, closeFee } = transaction.figures(pool);
  if (equity <= maintenanceMargin + closeFee) {
    const show = (amount: bigint): string =>
      `${formatDecimal(amount, asset.decimals)} ${asset.code}`;
    refuse(
      "INSUFFICIENT_FUNDS",
      `the position's equity would be ${show(equity)}, not above its requirement of ${show(maintenanceMargin + closeFee)}`,
      `${path}.leverage`,
      formatDecimal(leverageMilli, 3),
    );
  }
  return { pool, leg, isolated: true };
}

/** The part of a trade that reduces or closes; `quantity` has the sign of the trade and |quantity| <= the position. */
function reduce(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  part: { readonly quantity: number; readonly fee: bigint },
  before: PositionReference,
): EngineEvent {
  const { kernel } = state;
  const { market, path } = order;
  const what = describePosition(state, before);
  const held = kernel.quantity(before.leg);
  const cost = kernel.cost(before.leg);
  const size = BigInt(Math.abs(held));
  const closed = BigInt(Math.abs(part.quantity));
  const removedCost = closed === size ? cost : ceilDivide(cost * closed, size);
  const realizedPnl = valueFloor(market.terms, -part.quantity, order.price) - removedCost;
  const quantity = held + part.quantity;
  const leverageMilli = order.leverageMilli ?? kernel.leverageMilli(before.leg);
  const target = { quantity, cost: cost - removedCost, leverageMilli };
  if (quantity !== 0 && order.leverageMilli !== undefined) {
    checkLeverage(state, market, { ...target, mode: what.mode }, path);
  }
  const payout = realizedPnl - part.fee;
  const wallet = openCrossPool(state, transaction, order.account, market.settle);
  if (before.isolated) {
    payFromMargin(state, transaction, order, { before, wallet, closed, size, payout });
  } else {
    transaction.setCollateral(wallet, kernel.collateral(wallet) + payout, `${path}.amount`);
  }
  if (quantity !== 0) putLeg(transaction, market, before.pool, target, before);
  else if (before.isolated) transaction.removePool(order.account, before.pool);
  else transaction.removeLeg(before.leg);
  const after = quantity === 0 ? undefined : before;
  return positionEvent(state, order.id, market, what, after, { realizedPnl, fee: part.fee });
}

/** An isolated reduction: the closed share of the margin and the result go to the wallet. */
function payFromMargin(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  sums: {
    readonly before: PositionReference;
    readonly wallet: number;
    readonly closed: bigint;
    readonly size: bigint;
    readonly payout: bigint;
  },
): void {
  const { kernel } = state;
  const { before, wallet, closed, size } = sums;
  const margin = kernel.collateral(before.pool);
  const share = closed === size ? margin : floorDivide(margin * closed, size);
  const released = share + sums.payout;
  const left = margin - share + (released < 0n ? released : 0n);
  if (left < 0n) {
    const short = formatDecimal(-left, order.market.settleDecimals);
    refuse(
      "MARGIN_EXHAUSTED",
      `the loss and fee exceed the position's margin by ${short}`,
      `${order.path}.price`,
      formatDecimal(order.price, order.market.priceDecimals),
    );
  }
  transaction.setCollateral(before.pool, left, `${order.path}.amount`);
  if (released > 0n) {
    const sum = kernel.collateral(wallet) + released;
    transaction.setCollateral(wallet, sum, `${order.path}.amount`);
  }
}

function checkMode(state: EngineState, order: Order, before: PositionReference): MarginMode {
  const { mode } = describePosition(state, before);
  if (order.mode !== undefined && order.mode !== mode) {
    refuse("MARGIN_MODE", `the position is ${mode}`, `${order.path}.marginMode`, order.mode);
  }
  return mode;
}

/** The trade as one or two parts within a transaction. */
function trade(state: EngineState, transaction: Transaction, order: Order): EngineEvent[] {
  const { market, positionSide, trade: quantity, fee, path } = order;
  const before = state.findPosition(order.account, market, positionSide);
  if (before === undefined) {
    if (positionSide !== undefined && (positionSide === "long") !== quantity > 0) {
      refuse("NO_POSITION", `there is no ${positionSide} position to reduce`, path, market.symbol);
    }
    const mode = order.mode ?? "cross";
    return [increase(state, transaction, order, { quantity, fee, mode }, undefined)];
  }
  const mode = checkMode(state, order, before);
  const held = state.kernel.quantity(before.leg);
  if (held > 0 === quantity > 0) {
    return [increase(state, transaction, order, { quantity, fee, mode }, before)];
  }
  if (Math.abs(quantity) <= Math.abs(held)) {
    return [reduce(state, transaction, order, { quantity, fee }, before)];
  }
  if (positionSide !== undefined) {
    const most = formatDecimal(Math.abs(held), market.amountDecimals);
    refuse(
      "OUT_OF_RANGE",
      `a hedged position cannot flip; it holds ${most}`,
      `${path}.amount`,
      formatDecimal(Math.abs(quantity), market.amountDecimals),
    );
  }
  const closingFee = (fee * BigInt(Math.abs(held))) / BigInt(Math.abs(quantity));
  const kept = order.leverageMilli ?? state.kernel.leverageMilli(before.leg);
  const opening = { ...order, leverageMilli: kept };
  const closing = { ...order, leverageMilli: undefined };
  return [
    reduce(state, transaction, closing, { quantity: -held, fee: closingFee }, before),
    increase(
      state,
      transaction,
      opening,
      { quantity: quantity + held, fee: fee - closingFee, mode },
      undefined,
    ),
  ];
}

export function fill(state: EngineState, command: FillCommand, path: string): EngineEvent[] {
  const order = readOrder(state, command, path);
  const { account, market, id } = order;
  return transact(state, (transaction) => {
    const before = balanceOf(state, account, market.settle);
    const events = trade(state, transaction, order);
    const balance = balanceOf(state, account, market.settle);
    if (balance !== before) {
      const asset = state.assetAt(market.settle);
      events.push(balanceEvent(id, asset, balance, balance - before));
    }
    return events;
  });
}
