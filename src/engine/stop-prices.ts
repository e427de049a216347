// Where stops fire, as exact integers: which price a share of lost margin or a deviation from entry comes to, what the mark is compared
// with where a venue cuts it to its tick, and how near to a liquidation price a stop may lie. Pure arithmetic on units; nothing here knows
// a state. A price of 0 stands for "no price": what it would be for can never happen.
import type { PriceTerms } from "../model.ts";
import { ceilDivide, floorDivide } from "./arithmetic.ts";

/** Shares, deviations and drawdowns are in 1e-6. */
export const SHARE_DENOMINATOR = 1_000_000;
const PPM = BigInt(SHARE_DENOMINATOR);

/** A position as far as its stops are concerned. */
export interface StopPosition {
  readonly terms: PriceTerms;
  /** Signed quantity units, not 0. */
  readonly quantity: number;
  /** Signed entry notional, quote units. */
  readonly cost: bigint;
  /** Largest price that the kernel takes. */
  readonly maxPrice: number;
}

/** The highest price at or below the bound that the market has; 0 where there is none. */
function fallingPrice(bound: bigint, maxPrice: number): number {
  if (bound < 1n) return 0;
  return bound > BigInt(maxPrice) ? maxPrice : Number(bound);
}

/** The lowest price at or above the bound that the market has; 0 where there is none. */
function risingPrice(bound: bigint, maxPrice: number): number {
  if (bound > BigInt(maxPrice)) return 0;
  return bound < 1n ? 1 : Number(bound);
}

/**
 * The first price, going against the position, at which its value (rounded down, as the kernel's) is at or below `mostValue`.
 */
function priceAtValue({ terms, quantity, maxPrice }: StopPosition, mostValue: bigint): number {
  const size = BigInt(Math.abs(quantity)) * terms.numerator;
  const { divisor } = terms;
  // value <= V, both sides whole, is: the exact value < V + 1.
  const above = mostValue + 1n;
  if (quantity > 0) {
    if (!terms.inverse) return fallingPrice(ceilDivide(above * divisor, size) - 1n, maxPrice);
    // -size / (price · divisor) < above
    if (above >= 0n) return maxPrice;
    return fallingPrice(ceilDivide(size, -above * divisor) - 1n, maxPrice);
  }
  if (!terms.inverse) return risingPrice(floorDivide(-above * divisor, size) + 1n, maxPrice);
  // size / (price · divisor) < above
  if (above <= 0n) return 0;
  return risingPrice(floorDivide(size, above * divisor) + 1n, maxPrice);
}

/** The first price at which the position has lost `sharePpm` of an isolated margin, rounded up, or more. */
export function marginLossPrice(position: StopPosition, margin: bigint, sharePpm: number): number {
  const loss = ceilDivide(margin * BigInt(sharePpm), PPM);
  return priceAtValue(position, position.cost - loss);
}

/** The first price that is `deviationPpm` of the exact average entry price or more to the bad of it. */
export function entryDeviationPrice(position: StopPosition, deviationPpm: number): number {
  const { terms, quantity, cost, maxPrice } = position;
  const size = BigInt(Math.abs(quantity)) * terms.numerator;
  const paid = (cost < 0n ? -cost : cost) * terms.divisor;
  // The entry price is paid / size, or size / paid where the contract is inverse.
  const [dividend, divisor] = terms.inverse ? [size, paid] : [paid, size];
  if (divisor === 0n) return 0;
  if (quantity > 0) {
    const kept = PPM - BigInt(deviationPpm);
    return fallingPrice(floorDivide(dividend * kept, divisor * PPM), maxPrice);
  }
  const grown = PPM + BigInt(deviationPpm);
  return risingPrice(ceilDivide(dividend * grown, divisor * PPM), maxPrice);
}

/** Equity at which a share of the reference is lost, rounded down. */
export function drawdownFloor(reference: bigint, drawdownPpm: number): bigint {
  return floorDivide(reference * (PPM - BigInt(drawdownPpm)), PPM);
}

/** The price that fires a trailing stop whose best price is `best`; 0 where it is none that the market has. */
export function trailingPrice(
  trail: { readonly distance: number; readonly byRate: boolean; readonly maxPrice: number },
  best: number,
  short: boolean,
): number {
  const { distance, byRate, maxPrice } = trail;
  const from = BigInt(best);
  const away = BigInt(distance);
  if (!short) {
    const price = byRate ? floorDivide(from * (PPM - away), PPM) : from - away;
    return price < 1n ? 0 : Number(price);
  }
  const price = byRate ? ceilDivide(from * (PPM + away), PPM) : from + away;
  return price > BigInt(maxPrice) ? 0 : Number(price);
}

/**
 * What an uncut mark is compared with so that a trigger is passed exactly where the mark cut to `tick` passes it; 0 where no mark up to
 * `maxPrice` does. A tick of 1 leaves it as it is.
 */
export function comparedPrice(
  nominal: number,
  up: boolean,
  tick: bigint,
  maxPrice: number,
): number {
  if (nominal === 0 || (tick === 1n && nominal <= maxPrice)) return nominal;
  const trigger = BigInt(nominal);
  if (up) {
    const first = ceilDivide(trigger, tick) * tick;
    return first > BigInt(maxPrice) ? 0 : Number(first);
  }
  return fallingPrice((trigger / tick + 1n) * tick - 1n, maxPrice);
}

/** True where the mark is at or past what it is compared with. */
export function isPassed(compared: number, up: boolean, mark: number): boolean {
  if (compared === 0) return false;
  return up ? mark >= compared : mark <= compared;
}

/**
 * The trigger furthest from the mark that is still met before a liquidation price; a multiple of the tick. 0 where there is none.
 */
export function triggerBefore(liquidation: number, up: boolean, tick: bigint): number {
  const price = BigInt(liquidation);
  if (up) return Number(((price - 1n) / tick) * tick);
  // Marks are cut downward: the first multiple of which some mark above the liquidation price is cut.
  const multiple = (price + 1n) / tick;
  return Number((multiple === 0n ? 1n : multiple) * tick);
}
