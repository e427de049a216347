// One step of a liquidation: a part of a position leaves its scope for an exact amount. With E the scope's equity (profits in full) and MM its maintenance
// margin before the step, ΔMM what the step takes off MM, V the part's value at the mark and F at the price it fills at (signed, rounded down):
//
//   bankruptcy worth   B = V − ⌊E·ΔMM / MM⌋     the part for this leaves its share of the equity behind: all parts for B leave exactly 0
//   F >= B             the account is given F and pays min(⌈|F|·fee⌉, F − B) to the insurance fund
//   F <  B             the account is given B, and the fund the loss F − B; what the fund does not hold is closed against counterparties,
//                      and what they cannot take is borne by the venue, and told as such
//
// Unlike a trade, a step leaves an isolated position's margin where it is: the rest of the position needs it.
// Source of B: dYdX v4, GetBankruptcyPriceInQuoteQuantums (docs/liquidation.md).
import { formatDecimal } from "../../decimal.ts";
import { FEE_DENOMINATOR } from "../../model.ts";
import type { EngineEvent, LiquidationEvent } from "../../types.ts";
import {
  ceilDivide,
  entryPriceNearest,
  floorDivide,
  notionalFloor,
  notionalRateCeil,
  valueFloor,
} from "../arithmetic.ts";
import { describePosition, positionEvent } from "../commands/positions.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { rehearse, type Transaction } from "../transaction.ts";
import type { LiquidationContext } from "./context.ts";
import { deleveragePart } from "./deleverage.ts";

/** Part of a position that a step closes. */
export interface Slice {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  readonly position: PositionReference;
  /** Quantity units, 1 to the position's. */
  readonly size: number;
}

/** How a step is paid for: at its fill, at the mark whatever it costs, or at its bankruptcy worth whatever the fill brings. */
export type StepKind = "market" | "offset" | "takeOver";

type Liquidated = Extract<LiquidationEvent, { readonly type: "positionLiquidated" }>;

/** The part's value at a price: signed, rounded down. */
export function worthAt(state: EngineState, slice: Slice, price: number): bigint {
  const { market, position, size } = slice;
  const held = state.kernel.quantity(position.leg);
  return valueFloor(market.terms, held > 0 ? size : -size, price);
}

/** What the part of the cost is that goes with a part of a position, rounded up. */
function removedCostCeil(state: EngineState, { position, size }: Slice): bigint {
  const held = BigInt(Math.abs(state.kernel.quantity(position.leg)));
  const cost = state.kernel.cost(position.leg);
  return BigInt(size) === held ? cost : ceilDivide(cost * BigInt(size), held);
}

/** Takes the part off the position; the collateral is the caller's to change. True where the position is gone. */
function takeOff(
  state: EngineState,
  transaction: Transaction,
  slice: Slice,
  removedCost: bigint,
): boolean {
  const { kernel } = state;
  const { position, market, size } = slice;
  const held = kernel.quantity(position.leg);
  const left = held > 0 ? held - size : held + size;
  if (left === 0) {
    transaction.removeLeg(position.leg);
    return true;
  }
  const cost = kernel.cost(position.leg) - removedCost;
  transaction.setLeg(position.leg, market, left, cost, kernel.leverageMilli(position.leg));
  return false;
}

/**
 * Equity with profits in full: a close turns into money what a weight on profits leaves uncounted, and an account that holds it is not
 * bankrupt.
 */
function equityInFull(state: EngineState, pool: number, equity: bigint): bigint {
  let sum = equity;
  for (const leg of state.legs(pool)) {
    if (state.marketOfLeg(leg).profitHaircutE8 !== 0) sum += state.kernel.legFigures(leg).haircut;
  }
  return sum;
}

/** The amount for which the part leaves its share of the scope's equity behind. The scope's maintenance margin is above 0. */
export function bankruptcyWorthCeil(state: EngineState, slice: Slice): bigint {
  const { kernel } = state;
  const { pool } = slice.position;
  const { equity: counted, maintenanceMargin } = kernel.poolFigures(pool);
  const equity = equityInFull(state, pool, counted);
  const left = rehearse(state, (transaction) => {
    takeOff(state, transaction, slice, removedCostCeil(state, slice));
    return kernel.poolFigures(pool).maintenanceMargin;
  });
  const share = floorDivide(equity * (maintenanceMargin - left), maintenanceMargin);
  return worthAt(state, slice, kernel.mark(slice.market.slot)) - share;
}

interface Payment {
  readonly how: Liquidated["how"];
  readonly worth: bigint;
  /** What others than the accounts gave for the part; 0 where a counterparty did. */
  readonly traded: bigint;
  readonly fee: bigint;
  readonly insurance: bigint;
  readonly uncovered: bigint;
  readonly bankruptcyWorth: bigint;
  /** Price units. */
  readonly fillPrice: number | null;
}

/** Carries a step out: the fund has been paid or has paid already. */
function settle(context: LiquidationContext, slice: Slice, payment: Payment): EngineEvent[] {
  const { state, transaction, path } = context;
  const { kernel } = state;
  const { position, market, size, id } = slice;
  const what = describePosition(state, position);
  const held = Math.abs(kernel.quantity(position.leg));
  const removedCost = removedCostCeil(state, slice);
  const realizedPnl = payment.worth - removedCost;
  const gone = takeOff(state, transaction, slice, removedCost);
  const collateral = kernel.collateral(position.pool) + realizedPnl - payment.fee;
  transaction.setCollateral(position.pool, collateral, `${path}.account`);
  transaction.book(market.settle, "trades", payment.traded);
  const { amountDecimals, settleDecimals } = market;
  const money = (amount: bigint): string => formatDecimal(amount, settleDecimals);
  const told: Liquidated = {
    type: "positionLiquidated",
    account: id,
    symbol: market.symbol,
    side: what.side,
    marginMode: what.mode,
    how: payment.how,
    contracts: formatDecimal(size, amountDecimals),
    remaining: formatDecimal(held - size, amountDecimals),
    notional: money(notionalFloor(market.terms, size, kernel.mark(market.slot))),
    fillPrice:
      payment.fillPrice === null ? null : formatDecimal(payment.fillPrice, market.priceDecimals),
    price: priceOf(market, size, payment.worth),
    bankruptcyPrice: priceOf(market, size, payment.bankruptcyWorth),
    realizedPnl: money(realizedPnl),
    fee: money(payment.fee),
    insurance: money(payment.insurance),
    uncovered: money(payment.uncovered),
  };
  const outcome = { realizedPnl, fee: payment.fee };
  const after = gone ? undefined : position;
  return [told, positionEvent(state, id, market, what, after, outcome)];
}

/** The price, to the nearest unit, that an amount stands for; null where none does. */
export function priceOf(market: EngineMarket, size: number, worth: bigint): string | null {
  const units = entryPriceNearest(market.terms, size, worth);
  return units < 1n ? null : formatDecimal(units, market.priceDecimals);
}

/** Closes the part. */
export function liquidateSlice(
  context: LiquidationContext,
  slice: Slice,
  kind: StepKind,
): EngineEvent[] {
  const { state } = context;
  const { kernel } = state;
  const { market, position } = slice;
  const bankruptcyWorth = bankruptcyWorthCeil(state, slice);
  const nothing = { fee: 0n, insurance: 0n, uncovered: 0n, bankruptcyWorth, fillPrice: null };
  if (kind === "offset") {
    const mark = kernel.mark(market.slot);
    const worth = worthAt(state, slice, mark);
    const paid = { worth, traded: worth, fillPrice: mark };
    return settle(context, slice, { ...nothing, ...paid, how: "offset" });
  }
  const price = context.fillPrice(market, position);
  const filled = worthAt(state, slice, price);
  const gain = filled - bankruptcyWorth;
  if (gain < 0n) return coverLoss(context, slice, bankruptcyWorth, price);
  if (kind === "takeOver") {
    context.changeFund(market.settle, gain);
    const paid = { worth: bankruptcyWorth, traded: filled, insurance: gain, fillPrice: price };
    return settle(context, slice, { ...nothing, ...paid, how: "takeOver" });
  }
  const asked = liquidationFeeCeil(context, slice, price);
  const fee = asked < gain ? asked : gain;
  context.changeFund(market.settle, fee);
  const paid = { worth: filled, traded: filled, fee, insurance: fee, fillPrice: price };
  return settle(context, slice, { ...nothing, ...paid, how: "market" });
}

function liquidationFeeCeil(context: LiquidationContext, slice: Slice, price: number): bigint {
  const { feesE8, feeE8 } = context.rules;
  const { market, size } = slice;
  const rate = BigInt(feesE8.get(market.symbol) ?? feeE8);
  return rate === 0n
    ? 0n
    : notionalRateCeil(market.terms, size, price, rate, BigInt(FEE_DENOMINATOR));
}

/** A part whose fill brings less than its bankruptcy worth. */
function coverLoss(
  context: LiquidationContext,
  slice: Slice,
  bankruptcyWorth: bigint,
  price: number,
): EngineEvent[] {
  const { state, rules } = context;
  const needed = bankruptcyWorth - worthAt(state, slice, price);
  if (needed <= context.fund(slice.market.settle) || !rules.deleverage) {
    return takeOver(context, slice, bankruptcyWorth, price);
  }
  const { size } = slice;
  const { taken, events } = closeAgainstOthers(context, slice, bankruptcyWorth);
  if (taken === size) return events;
  const part = floorDivide(bankruptcyWorth * BigInt(taken), BigInt(size));
  const rest = { ...slice, size: size - taken };
  return [...events, ...takeOver(context, rest, bankruptcyWorth - part, price)];
}

/** For its bankruptcy worth to the fund, which loses on it, and beyond what the fund holds to the venue. */
function takeOver(
  context: LiquidationContext,
  slice: Slice,
  bankruptcyWorth: bigint,
  price: number,
): EngineEvent[] {
  const filled = worthAt(context.state, slice, price);
  // The rest of a part that was deleveraged may fill a unit better than its share of the worth.
  const worth = filled > bankruptcyWorth ? filled : bankruptcyWorth;
  const { paid, uncovered } = context.takeFromFund(slice.market.settle, worth - filled);
  const payment = { fee: 0n, insurance: -paid, uncovered, bankruptcyWorth, fillPrice: price };
  return settle(context, slice, { ...payment, how: "takeOver", worth, traded: filled });
}

/** As much of the part as counterparties take; the position holds the rest still. */
export function closeAgainstOthers(
  context: LiquidationContext,
  slice: Slice,
  bankruptcyWorth: bigint,
  against?: string,
): { readonly taken: number; readonly events: EngineEvent[] } {
  const { size } = slice;
  const worthOf = adlWorth(context, slice, bankruptcyWorth);
  const { taken, given, events } = deleveragePart(context, slice, worthOf, against);
  if (taken === 0) return { taken, events: [] };
  const payment: Payment = {
    how: "deleveraged",
    worth: given,
    traded: given,
    fee: 0n,
    insurance: 0n,
    uncovered: 0n,
    bankruptcyWorth: floorDivide(bankruptcyWorth * BigInt(taken), BigInt(size)),
    fillPrice: null,
  };
  return { taken, events: [...settle(context, { ...slice, size: taken }, payment), ...events] };
}

/** What the first `n` units of the part are worth to both sides of a deleveraging. */
function adlWorth(
  { state, rules }: LiquidationContext,
  slice: Slice,
  bankruptcyWorth: bigint,
): (units: number) => bigint {
  const { market, size } = slice;
  const { kernel, ticks } = state;
  if (rules.adlPrice === "bankruptcy") {
    return (units) => floorDivide(bankruptcyWorth * BigInt(units), BigInt(size));
  }
  const mark = kernel.mark(market.slot);
  const before = ticks.has(market.slot) ? kernel.previousMark(market.slot) : mark;
  const price = rules.adlPrice === "mark" || before === 0 ? mark : before;
  return (units) => worthAt(state, { ...slice, size: units }, price);
}
