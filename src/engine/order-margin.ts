// What open orders reserve, exactly: per market the worse of all its buys and all its sells filling. On each side the best price fills
// first; a position on the other side absorbs the first of them up to its size, which only reduces it and needs no margin, and the rest is
// reserved at the leverage its fill would have:
//
//   side     = Σ ⌈notional of the rest / leverage⌉ + Σ ⌈max(0, loss the rest opens with at the mark)⌉ (knob orderOpenLoss)
//   market   = max(buys, sells); in a hedged account opening buys of the long + opening sells of the short
//
// Reduce-only orders, and those that reduce a hedged leg, reserve nothing. A position's own margin is not netted.
import type { OrderSide, PositionSide } from "../types.ts";
import { openLossCeil } from "./arithmetic.ts";
import { orderMarginCeil } from "./initial-rates.ts";
import { NO_ORDER } from "./orders.ts";
import type { EngineMarket, EngineState } from "./state.ts";

/** The leverage a fill of an order would have: the position's, else the account's setting; 0: none. */
function leverageOf(
  state: EngineState,
  account: number,
  market: EngineMarket,
  position: { readonly leg: number } | undefined,
  opens: PositionSide,
): number {
  if (position !== undefined) return state.kernel.leverageMilli(position.leg);
  return state.settings.leverageMilli(account, market.index, opens);
}

/** Best price first: the highest buy, the lowest sell; ties in the order of placement. */
function bestFirst(state: EngineState, rows: readonly number[], side: OrderSide): number[] {
  const { orders } = state;
  const direction = side === "buy" ? -1 : 1;
  return rows
    .filter((row) => orders.side(row) === side)
    .sort(
      (a, b) =>
        direction * (orders.price(a) - orders.price(b)) || orders.placed(a) - orders.placed(b),
    );
}

/** One side of a market: `absorbed` units of it only reduce. */
function sideReserve(
  state: EngineState,
  market: EngineMarket,
  rows: readonly number[],
  side: OrderSide,
  absorbed: number,
  leverageMilli: number,
): bigint {
  const { orders, kernel, rules } = state;
  const mark = kernel.mark(market.slot);
  let reserve = 0n;
  let left = absorbed;
  for (const row of bestFirst(state, rows, side)) {
    const amount = orders.amount(row);
    const reducing = Math.min(left, amount);
    left -= reducing;
    if (reducing === amount) continue;
    const rest = side === "buy" ? amount - reducing : reducing - amount;
    const price = orders.price(row);
    reserve += orderMarginCeil(state, market, rest, price, leverageMilli);
    if (rules.orderOpenLoss) reserve += openLossCeil(market.terms, rest, price, mark);
  }
  return reserve;
}

/** The rows are the account's open orders in the market that are not reduce-only. */
function marketReserve(
  state: EngineState,
  account: number,
  market: EngineMarket,
  rows: readonly number[],
): bigint {
  const { kernel, orders } = state;
  if (state.accounts.hedged(account)) {
    const opening = (leg: PositionSide, side: OrderSide): bigint => {
      const own = rows.filter((row) => orders.isFor(row, leg));
      const position = state.findPosition(account, market, leg);
      const leverage = leverageOf(state, account, market, position, leg);
      return sideReserve(state, market, own, side, 0, leverage);
    };
    return opening("long", "buy") + opening("short", "sell");
  }
  const position = state.findPosition(account, market, undefined);
  const held = position === undefined ? 0 : kernel.quantity(position.leg);
  const worst = (side: OrderSide): bigint => {
    const opens = side === "buy" ? "long" : "short";
    const absorbed = Math.max(0, side === "buy" ? -held : held);
    const leverage = leverageOf(state, account, market, position, opens);
    return sideReserve(state, market, rows, side, absorbed, leverage);
  };
  const buys = worst("buy");
  const sells = worst("sell");
  return buys > sells ? buys : sells;
}

/** What the account's open orders reserve of an asset, in quote units. */
export function orderReserve(state: EngineState, account: number, asset: number): bigint {
  const { orders } = state;
  if (state.rules.openOrderMargin === "none") return 0n;
  const byMarket = new Map<number, number[]>();
  for (let row = orders.first(account); row !== NO_ORDER; row = orders.next(row)) {
    if (orders.reduceOnly(row)) continue;
    const market = orders.market(row);
    const rows = byMarket.get(market);
    if (rows !== undefined) rows.push(row);
    else if (state.marketAt(market).settle === asset) byMarket.set(market, [row]);
  }
  let reserve = 0n;
  for (const [index, rows] of byMarket) {
    reserve += marketReserve(state, account, state.marketAt(index), rows);
  }
  return reserve;
}
