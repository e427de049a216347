// placeOrder, cancelOrder, and the part of a fill that takes its size off the resting order it fills. An order is here only as far as
// margin is concerned: what it reserves while it is open. Prices are not matched and fills are told, not made.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_SAFE_UNITS } from "../../model.ts";
import type {
  Command,
  EngineEvent,
  OrderDefinition,
  OrderSide,
  PositionSide,
} from "../../types.ts";
import { checkAffordable, reservedMargin } from "../admission.ts";
import { notionalFloor } from "../arithmetic.ts";
import { NO_ORDER, type OrderTerms } from "../orders.ts";
import { refusePledgedSettle } from "../pledges.ts";
import {
  MAX_ORDER_ID,
  optionalFlag,
  refuse,
  requireObject,
  requireText,
  requireWord,
} from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { checkAmount, type Transaction, transact } from "../transaction.ts";
import { readPrice } from "./definitions.ts";
import { readPositionSide, SIDES } from "./positions.ts";
import { openCrossPool } from "./wallets.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

export const ORDER_SIDES: readonly OrderSide[] = ["buy", "sell"];

/** Refuses a reduce-only order that would open its hedged leg. */
function checkReducing(
  side: OrderSide,
  positionSide: PositionSide | undefined,
  reduceOnly: boolean,
  path: string,
): void {
  if (!reduceOnly || positionSide === undefined) return;
  if ((side === "buy") !== (positionSide === "long")) return;
  const message = `a ${side} never reduces a ${positionSide} position`;
  refuse("NOT_REDUCING", message, path, reduceOnly);
}

function readTerms(
  state: EngineState,
  account: number,
  order: OrderDefinition,
  path: string,
): { readonly market: EngineMarket; readonly terms: OrderTerms } {
  requireObject(order, path);
  const id = requireText(order.id, MAX_ORDER_ID, `${path}.id`);
  const market = state.markedMarket(order.symbol, `${path}.symbol`);
  const side = requireWord(order.side, ORDER_SIDES, `${path}.side`);
  const limits = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
  const place = `${path}.amount`;
  const amount = Number(parseDecimal(order.amount, market.amountDecimals, place, limits));
  const price = readPrice(market, order.price, `${path}.price`);
  const { positionSide } = order;
  if (positionSide !== undefined) requireWord(positionSide, SIDES, `${path}.positionSide`);
  const reduceOnly = optionalFlag(order.reduceOnly, `${path}.reduceOnly`);
  const terms = { id, market: market.index, side, amount, price, positionSide, reduceOnly };
  checkTerms(state, account, market, terms, `${path}.`);
  return { market, terms };
}

/** What holds for orders placed and loaded alike. `prefix` stands before the name of a field in errors. */
function checkTerms(
  state: EngineState,
  account: number,
  market: EngineMarket,
  terms: OrderTerms,
  prefix: string,
): void {
  const { id, side, amount, price, positionSide, reduceOnly } = terms;
  refusePledgedSettle(state, account, market, `${prefix}symbol`);
  readPositionSide(state, account, positionSide, `${prefix}positionSide`);
  checkReducing(side, positionSide, reduceOnly, `${prefix}reduceOnly`);
  if (price > market.maxPrice) {
    refuse("OUT_OF_RANGE", `must be 1 to ${market.maxPrice} units`, `${prefix}price`, price);
  }
  checkAmount(notionalFloor(market.terms, amount, price), `${prefix}amount`);
  if (state.orders.find(account, id) !== NO_ORDER) {
    refuse("DUPLICATE_ORDER", "the account has an open order of it", `${prefix}id`, id);
  }
}

/** For loaders: an order as it stands, in units that are within their ranges. */
export function importOrder(
  state: EngineState,
  account: number,
  market: EngineMarket,
  terms: OrderTerms,
): void {
  requireText(terms.id, MAX_ORDER_ID, "id");
  state.markedMarket(market.symbol, "symbol");
  checkTerms(state, account, market, terms, "");
  state.orders.add(account, terms);
}

/** Takes an order out of the account's list. */
export function removeOrder(
  state: EngineState,
  transaction: Transaction,
  account: number,
  row: number,
): void {
  const { orders } = state;
  const terms = orders.terms(row);
  const placed = orders.placed(row);
  orders.remove(row);
  transaction.onRollback(() => {
    orders.restore(account, terms, placed);
  });
}

/** An open order as a book has it. */
export function orderDefinition(state: EngineState, row: number): OrderDefinition {
  const {
    id,
    market: index,
    side,
    amount,
    price,
    positionSide,
    reduceOnly,
  } = state.orders.terms(row);
  const market = state.marketAt(index);
  return {
    id,
    symbol: market.symbol,
    side,
    amount: formatDecimal(amount, market.amountDecimals),
    price: formatDecimal(price, market.priceDecimals),
    ...(positionSide && { positionSide }),
    ...(reduceOnly && { reduceOnly }),
  };
}

function findOrder(state: EngineState, account: number, id: unknown, path: string): number {
  const row = typeof id === "string" ? state.orders.find(account, id) : NO_ORDER;
  return row === NO_ORDER ? refuse("UNKNOWN_ORDER", "no such open order", path, id) : row;
}

export function placeOrder(
  state: EngineState,
  command: CommandOf<"placeOrder">,
  path: string,
): EngineEvent[] {
  const { orders } = state;
  const account = state.account(command.account, `${path}.account`);
  const { market, terms } = readTerms(state, account, command.order, `${path}.order`);
  const asset = state.assetAt(market.settle);
  return transact(state, (transaction) => {
    const before = reservedMargin(state, account, asset.index);
    const row = orders.add(account, terms);
    transaction.onRollback(() => orders.remove(row));
    const reserved = reservedMargin(state, account, asset.index);
    // An order that reserves nothing more is always taken: it can only help.
    if (reserved > before) {
      const pool = openCrossPool(state, transaction, account, asset.index);
      const asked = command.order.amount;
      checkAffordable(state, account, pool, asset, 0n, `${path}.order.amount`, asked);
    }
    return [
      {
        type: "orderPlaced",
        account: command.account,
        order: terms.id,
        reserved: formatDecimal(reserved, asset.decimals),
      },
    ];
  });
}

export function cancelOrder(
  state: EngineState,
  command: CommandOf<"cancelOrder">,
  path: string,
): EngineEvent[] {
  const account = state.account(command.account, `${path}.account`);
  const row = findOrder(state, account, command.order, `${path}.order`);
  return transact(state, (transaction) => {
    removeOrder(state, transaction, account, row);
    return [
      { type: "orderChanged", account: command.account, order: command.order, remaining: "0" },
    ];
  });
}

/** Refuses a fill of a reduce-only order that is larger than the position it reduces. */
function checkReduceOnly(
  state: EngineState,
  trade: { readonly account: number; readonly market: EngineMarket; readonly trade: number },
  positionSide: PositionSide | undefined,
  path: string,
): void {
  const { account, market, trade: quantity } = trade;
  const position = state.findPosition(account, market, positionSide);
  const held = position === undefined ? 0 : state.kernel.quantity(position.leg);
  const most = held > 0 === quantity > 0 ? 0 : Math.abs(held);
  if (Math.abs(quantity) <= most) return;
  const shown = formatDecimal(most, market.amountDecimals);
  const size = formatDecimal(Math.abs(quantity), market.amountDecimals);
  refuse("NOT_REDUCING", `the reduce-only order may close ${shown} at most`, path, size);
}

/**
 * Takes a trade's size off the resting order it fills, before the trade: what is filled is no longer reserved.
 *
 * @throws RiskError UNKNOWN_ORDER; BAD_VALUE for an order of another market or side; OUT_OF_RANGE for more than is open; NOT_REDUCING
 */
export function consumeOrder(
  state: EngineState,
  transaction: Transaction,
  trade: {
    readonly id: string;
    readonly account: number;
    readonly market: EngineMarket;
    /** Signed quantity units. */
    readonly trade: number;
    readonly positionSide: PositionSide | undefined;
    readonly path: string;
  },
  order: string,
): EngineEvent {
  const { orders } = state;
  const { account, market, path } = trade;
  const row = findOrder(state, account, order, `${path}.order`);
  const { side, amount, positionSide, reduceOnly, market: index } = orders.terms(row);
  const leg = positionSide === undefined ? "" : ` of the ${positionSide}`;
  if (
    index !== market.index ||
    side !== (trade.trade > 0 ? "buy" : "sell") ||
    positionSide !== trade.positionSide
  ) {
    const message = `the order is a ${side}${leg} in ${state.marketAt(index).symbol}`;
    refuse("BAD_VALUE", message, `${path}.order`, order);
  }
  const size = Math.abs(trade.trade);
  if (size > amount) {
    const open = formatDecimal(amount, market.amountDecimals);
    const shown = formatDecimal(size, market.amountDecimals);
    refuse("OUT_OF_RANGE", `the order has ${open} open`, `${path}.amount`, shown);
  }
  if (reduceOnly) checkReduceOnly(state, trade, positionSide, `${path}.amount`);
  const left = amount - size;
  if (left === 0) removeOrder(state, transaction, account, row);
  else {
    orders.setAmount(row, left);
    transaction.onRollback(() => orders.setAmount(row, amount));
  }
  const remaining = formatDecimal(left, market.amountDecimals);
  return { type: "orderChanged", account: trade.id, order, remaining };
}
