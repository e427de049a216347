// One leg in exact rationals: notional, value, bracket, margins, fee, haircut, and the range of prices a
// leg has figures at. This is the arithmetic of docs/numbers.md written down once more in plain BigInt, to
// judge the kernel by: it shares no code with it and prefers the definition to any shortcut.

import { RiskError } from "../errors.ts";
import {
  type BracketTable,
  FEE_DENOMINATOR,
  LEVERAGE_DENOMINATOR,
  type LegFigures,
  type LegState,
  MAX_AMOUNT,
  MAX_SAFE_UNITS,
  type PriceTerms,
} from "../model.ts";

/** Haircuts on profits are stated in units of 1e-8. */
const PROFIT_DENOMINATOR = 100_000_000n;

/** A rational number; the denominator is positive. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Quotient toward minus infinity; the denominator is positive. */
export function divideFloor(numerator: bigint, denominator: bigint): bigint {
  const truncated = numerator / denominator;
  return numerator < 0n && truncated * denominator !== numerator ? truncated - 1n : truncated;
}

/** Quotient toward plus infinity; the denominator is positive. */
export function divideCeil(numerator: bigint, denominator: bigint): bigint {
  return -divideFloor(-numerator, denominator);
}

function magnitude(quantity: number): bigint {
  return BigInt(Math.abs(quantity));
}

/** True where the leg's value is positive: linear longs and inverse shorts. */
function hasPositiveValue(leg: LegState): boolean {
  return leg.quantity > 0 !== leg.terms.inverse;
}

/** Largest price a slot with these terms may hold. */
export function maxPriceOf(terms: PriceTerms): bigint {
  const limit = terms.inverse
    ? (2n ** 63n - 1n) / terms.divisor
    : (2n ** 64n - 1n) / terms.numerator;
  const widest = BigInt(MAX_SAFE_UNITS);
  return limit < widest ? limit : widest;
}

/** N, exactly. A linear leg may be asked at price 0, where it is worth 0. */
export function exactNotional(leg: LegState, price: bigint): Ratio {
  const size = magnitude(leg.quantity);
  const { inverse, numerator, divisor } = leg.terms;
  return inverse
    ? { numerator: size * numerator, denominator: price * divisor }
    : { numerator: size * price * numerator, denominator: divisor };
}

/** The leg's signed value, exactly. */
export function exactValue(leg: LegState, price: bigint): Ratio {
  const { numerator, denominator } = exactNotional(leg, price);
  return { numerator: hasPositiveValue(leg) ? numerator : -numerator, denominator };
}

/** Lowest price >= 1 at which the notional still fits: every price for a linear leg. */
export function minPriceOfLeg(leg: LegState): bigint {
  if (!leg.terms.inverse) return 1n;
  // floor(a / (p * d)) <= MAX  <=>  a < (MAX + 1) * p * d  <=>  p > a / ((MAX + 1) * d)
  const reach = magnitude(leg.quantity) * leg.terms.numerator;
  return reach / ((MAX_AMOUNT + 1n) * leg.terms.divisor) + 1n;
}

/** Highest price at which the slot may stand and the notional still fits. May be 0: none. */
export function maxPriceOfLeg(leg: LegState): bigint {
  const widest = maxPriceOf(leg.terms);
  if (leg.terms.inverse) return widest;
  // floor(p * b / d) <= MAX  <=>  p * b < (MAX + 1) * d  <=>  p <= ((MAX + 1) * d - 1) / b
  const perPrice = magnitude(leg.quantity) * leg.terms.numerator;
  const limit = ((MAX_AMOUNT + 1n) * leg.terms.divisor - 1n) / perPrice;
  return limit < widest ? limit : widest;
}

/** Index of the last bracket whose floor is not above the exact notional. */
export function bracketOf(table: BracketTable, notional: Ratio): number {
  let found = 0;
  table.brackets.forEach((bracket, index) => {
    if (bracket.floor * notional.denominator <= notional.numerator) found = index;
  });
  return found;
}

/** The table's charge on a notional in the given bracket, rounded up. */
function chargeCeil(table: BracketTable, bracket: number, notional: Ratio): bigint {
  const row = table.brackets[bracket];
  if (row === undefined) throw new RiskError("BAD_TIERS", "bracket table has no brackets");
  const amount = table.style === "marginal" ? row.scaledAmount : 0n;
  const scaled = notional.numerator * BigInt(row.rate) - amount * notional.denominator;
  return divideCeil(scaled, notional.denominator * BigInt(table.rateDenominator));
}

function initialMarginCeil(leg: LegState, bracket: number, notional: Ratio): bigint {
  const { numerator, denominator } = notional;
  if (leg.leverageMilli > 0) {
    const scaled = numerator * BigInt(LEVERAGE_DENOMINATOR);
    return divideCeil(scaled, denominator * BigInt(leg.leverageMilli));
  }
  const rate = BigInt(leg.table.brackets[bracket]?.initialRate ?? 0);
  return divideCeil(numerator * rate, denominator * BigInt(leg.table.rateDenominator));
}

/**
 * A leg's figures at any width: nothing is refused. `forcedBracket` prices the leg in a bracket of the
 * caller's choice instead of its own (the search does so to bound whole-position tables).
 */
export function wideLegFigures(leg: LegState, price: bigint, forcedBracket?: number): LegFigures {
  const exact = exactNotional(leg, price);
  const bracket = forcedBracket ?? bracketOf(leg.table, exact);
  const charge = chargeCeil(leg.table, bracket, exact);
  const value = divideFloor(exactValue(leg, price).numerator, exact.denominator);
  const notional = divideFloor(exact.numerator, exact.denominator);
  if (leg.table.haircut) {
    const none = { maintenanceMargin: 0n, initialMargin: 0n, closeFee: 0n };
    return { value, notional, ...none, haircut: charge, bracket };
  }
  const fee = exact.numerator * BigInt(leg.table.closeFeeRate);
  const profit = value > leg.cost ? value - leg.cost : 0n;
  const uncounted = profit * BigInt(leg.table.profitHaircutRate ?? 0);
  return {
    value,
    notional,
    maintenanceMargin: charge,
    initialMargin: initialMarginCeil(leg, bracket, exact),
    closeFee: divideCeil(fee, exact.denominator * BigInt(FEE_DENOMINATOR)),
    haircut: divideCeil(uncounted, PROFIT_DENOMINATOR),
    bracket,
  };
}

/** Refuses a figure that does not fit a signed 64-bit amount. */
export function requireAmount(name: string, figure: bigint): void {
  if (figure > MAX_AMOUNT || figure < -MAX_AMOUNT - 1n) {
    throw new RiskError("VALUE_OUT_OF_RANGE", `${name} does not fit a 64-bit amount`, {
      value: figure,
    });
  }
}

/** Refuses a price the leg's slot cannot hold. Price 0 is allowed where it means something: linear legs. */
export function requirePrice(leg: LegState, price: bigint): void {
  const lowest = leg.terms.inverse ? 1n : 0n;
  const highest = maxPriceOf(leg.terms);
  if (price < lowest || price > highest) {
    throw new RiskError("OUT_OF_RANGE", "price outside the range of its slot", {
      value: price,
      hint: `expected ${lowest} to ${highest}`,
    });
  }
}

/**
 * What one leg contributes at its mark, or at another price in the leg's price units.
 *
 * @throws RiskError OUT_OF_RANGE for a price its slot cannot hold, VALUE_OUT_OF_RANGE where a figure does
 * not fit a signed 64-bit amount.
 * @example
 * referenceLegFigures(leg).maintenanceMargin // 1_200n quote units
 */
export function referenceLegFigures(leg: LegState, price: bigint = BigInt(leg.price)): LegFigures {
  requirePrice(leg, price);
  const figures = wideLegFigures(leg, price);
  requireAmount("notional", figures.notional);
  requireAmount("value", figures.value);
  requireAmount("maintenance margin", figures.maintenanceMargin);
  requireAmount("initial margin", figures.initialMargin);
  requireAmount("close fee", figures.closeFee);
  requireAmount("haircut", figures.haircut);
  return figures;
}
