// What a counterparty can bear, told before it is asked: bounds on what its position may be closed for, from its figures as they stand. They
// never say no to a close that the rules would let through; the close itself, carried out within a transaction, remains the only judge.
// With E, MM, C the scope's equity, maintenance margin and clearance, V, k, h, m the position's value, cost, haircut on profit and
// maintenance margin, q its units, and W what it is closed for (signed, as V is):
//
//   whole, cross      E' = E − V + h + W must reach 0, and a requirement that stands: W >= leastWorth, exact
//   whole, isolated   margin + W − k >= 0: W >= k − margin, exact
//   a part of s       with d the loss per unit against the mark, s·d < intercept + s·slope, where roundings are counted in the intercept:
//     any scope       E' >= 0                                E, h / q
//     not under water E' >= MM' + fees, MM convex            C, h / q + the rates of the position's bracket (no rate is 0: MM' > 0)
//     isolated        the margin bears the rest of a loss    max(0, margin), (V − k) / q
//
// Each line is necessary for itself; the one that begins lower is kept. All of them hold for any lower W where they refuse one.
import { FEE_DENOMINATOR, type LegFigures, type PoolFigures } from "../../model.ts";
import { ceilDivide } from "../arithmetic.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";

/** Doubles here are off by a few parts in 2^51 of what they are made of; bounds are relaxed by more. */
const RELAXED: number = 2 ** -48;
/** Units that the roundings of a value, cost, haircut, margin, fee and worth come to between them, generously. */
const ROUNDINGS = 12;

/** Bounds on closing a counterparty's position; they hold until its account changes. */
export interface Capacity {
  /** Units held. */
  readonly size: number;
  /** All of it closes for this or more; where initial margins grow with open interest, not for less. */
  readonly leastWorth: bigint;
  /** `leastWorth` per unit, as a double below it. */
  readonly leastPrice: number;
  readonly intercept: number;
  readonly slope: number;
}

export function relaxedUp(value: number): number {
  return value + Math.abs(value) * RELAXED;
}

export function relaxedDown(value: number): number {
  return value - Math.abs(value) * RELAXED;
}

/** A signed unit's value at the mark, as a double; `long` says whose. */
export function unitValue(state: EngineState, market: EngineMarket, long: boolean): number {
  const { inverse, numerator, divisor } = market.terms;
  const mark = state.kernel.mark(market.slot);
  const size = inverse
    ? Number(numerator) / (mark * Number(divisor))
    : (mark * Number(numerator)) / Number(divisor);
  return long === inverse ? -size : size;
}

/** At most what a unit loses that is worth `value` and closed for `price`. */
export function lossDown(value: number, price: number): number {
  return value - price - (Math.abs(value) + Math.abs(price)) * RELAXED;
}

/** The least equity with which a cross scope may come out of a close of the whole position. */
function leastEquity(state: EngineState, scope: PoolFigures, position: LegFigures): bigint {
  const { equity } = scope;
  const margin = scope.maintenanceMargin - position.maintenanceMargin;
  let least = 0n;
  if (!scope.liquidatable && margin > 0n) {
    const fee = scope.closeFee - position.closeFee;
    const standing = margin + fee + (state.rules.triggerInclusive ? 1n : 0n);
    if (standing > least) least = standing;
  }
  if (state.rules.reductions !== "noWorse") return least;
  const initial = scope.initialMargin - position.initialMargin;
  const noWorse =
    scope.maintenanceMargin === 0n ? equity : ceilDivide(equity * margin, scope.maintenanceMargin);
  const reached = noWorse < initial ? noWorse : initial;
  return reached > least ? reached : least;
}

/** What MM and fees fall by at most for each unit closed of a position; undefined where they may fall in jumps, as by contract count. */
function marginSlope(
  market: EngineMarket,
  { bracket }: LegFigures,
  value: number,
): number | undefined {
  const table = market.tables[0]?.table;
  const rate = table?.brackets[bracket]?.rate;
  if (table?.style !== "marginal" || rate === undefined) return undefined;
  const { rateDenominator, closeFeeRate } = table;
  return Math.abs(value) * (rate / rateDenominator + closeFeeRate / FEE_DENOMINATOR);
}

/** The line below which a part must stay. */
function partLine(
  state: EngineState,
  market: EngineMarket,
  { pool, leg, isolated }: PositionReference,
  scope: PoolFigures,
  position: LegFigures,
): Pick<Capacity, "intercept" | "slope"> {
  const { kernel } = state;
  const held = kernel.quantity(leg);
  const size = Math.abs(held);
  const value = unitValue(state, market, held > 0);
  const uncounted = Number(position.haircut) / size;
  const saved = scope.liquidatable ? undefined : marginSlope(market, position, value);
  let intercept = Number(saved === undefined ? scope.equity : scope.clearance);
  let slope = uncounted + (saved ?? 0);
  const margin = Math.max(0, Number(kernel.collateral(pool)));
  if (isolated && margin < intercept) {
    const paid = Number(kernel.cost(leg)) / size;
    intercept = margin;
    slope = value - paid + (Math.abs(value) + Math.abs(paid)) * RELAXED;
  }
  return { intercept: relaxedUp(intercept + ROUNDINGS), slope: relaxedUp(slope) };
}

/**
 * Bounds on closing a position.
 *
 * @throws RiskError VALUE_OUT_OF_RANGE where the scope's figures do not fit: no close of it is possible
 */
export function capacityOf(
  state: EngineState,
  market: EngineMarket,
  position: PositionReference,
): Capacity {
  const { kernel } = state;
  const { pool, leg, isolated } = position;
  const scope = kernel.poolFigures(pool);
  const figures = kernel.legFigures(leg);
  const size = Math.abs(kernel.quantity(leg));
  const leastWorth = isolated
    ? kernel.cost(leg) - kernel.collateral(pool)
    : leastEquity(state, scope, figures) - scope.equity + figures.value - figures.haircut;
  return {
    size,
    leastWorth,
    leastPrice: relaxedDown(Number(leastWorth - 1n) / size),
    ...partLine(state, market, position, scope, figures),
  };
}
