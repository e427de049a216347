// The few exact sums that belong to commands rather than to the kernel: what a trade costs, what a
// closed part was worth, which entry price a cost stands for. All amounts are quote units of the settle
// asset; every division states its rounding. Quantities and prices are below 2^53, so a product
// that stays below 2^53 is taken in numbers and anything larger in bigints: same result, ten times faster.
import type { PriceTerms } from "../model.ts";

const ZERO = 0n;
const ONE = 1n;

/** Floor of `dividend / divisor`, divisor > 0. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < ZERO && quotient * divisor !== dividend ? quotient - ONE : quotient;
}

/** Ceiling of `dividend / divisor`, divisor > 0. */
export function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend > ZERO && quotient * divisor !== dividend ? quotient + ONE : quotient;
}

/** Nearest integer to `dividend / divisor`, both >= 0, halves upward. */
export function nearestDivide(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** `value` at a price as an exact fraction: signed dividend, positive divisor. */
function valueFraction(terms: PriceTerms, quantity: bigint, price: bigint): [bigint, bigint] {
  if (terms.inverse) return [-quantity * terms.numerator, price * terms.divisor];
  return [quantity * price * terms.numerator, terms.divisor];
}

/** Signed entry notional of a signed quantity at a price, rounded up: against the account. */
export function costCeil(terms: PriceTerms, quantity: number, price: number): bigint {
  const [dividend, divisor] = valueFraction(terms, BigInt(quantity), BigInt(price));
  return ceilDivide(dividend, divisor);
}

/** Signed value of a signed quantity at a price, rounded down: against the account. */
export function valueFloor(terms: PriceTerms, quantity: number, price: number): bigint {
  const [dividend, divisor] = valueFraction(terms, BigInt(quantity), BigInt(price));
  return floorDivide(dividend, divisor);
}

/** Unsigned notional, rounded down: the figure that selects a bracket. */
export function notionalFloor(terms: PriceTerms, quantity: number, price: number): bigint {
  const size = Math.abs(quantity);
  return valueFloor(terms, terms.inverse ? -size : size, price);
}

/** Initial margin of a trade at a leverage in thousandths, rounded up. */
export function initialMarginCeil(
  terms: PriceTerms,
  quantity: number,
  price: number,
  leverageMilli: number,
): bigint {
  const [dividend, divisor] = valueFraction(terms, BigInt(quantity), BigInt(price));
  const size = dividend < ZERO ? -dividend : dividend;
  return ceilDivide(size * 1000n, divisor * BigInt(leverageMilli));
}

/** The average entry price, in price units to the nearest, that a signed cost stands for; 0 where it has none. */
export function entryPriceNearest(terms: PriceTerms, quantity: number, cost: bigint): bigint {
  const size = BigInt(Math.abs(quantity));
  const notional = cost < ZERO ? -cost : cost;
  if (!terms.inverse) return nearestDivide(notional * terms.divisor, size * terms.numerator);
  if (notional === ZERO) return ZERO;
  return nearestDivide(size * terms.numerator, notional * terms.divisor);
}

/**
 * costCeil for loaders: a number where every step is an exact integer below 2^53, else a bigint.
 * `numerator` and `divisor` are the terms as numbers, or 0 where they exceed 2^53.
 */
export function costCeilFast(
  terms: PriceTerms,
  numerator: number,
  divisor: number,
  quantity: number,
  price: number,
): number | bigint {
  const dividend = terms.inverse ? -quantity * numerator : quantity * price * numerator;
  const below = terms.inverse ? price * divisor : divisor;
  if (
    dividend === 0 ||
    below === 0 ||
    below > Number.MAX_SAFE_INTEGER ||
    dividend > Number.MAX_SAFE_INTEGER ||
    dividend < -Number.MAX_SAFE_INTEGER
  ) {
    return costCeil(terms, quantity, price);
  }
  // A product of integers that rounds to at most 2^53 - 1 is below 2^53, hence exact. `%` is exact
  // and has the sign of the dividend, so the division below is exact and truncates toward zero.
  const remainder = dividend % below;
  return (dividend - remainder) / below + (remainder > 0 ? 1 : 0);
}
