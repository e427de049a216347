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

/** Of two numbers above 0. */
export function greatestCommonDivisor(first: bigint, second: bigint): bigint {
  let [a, b] = [first, second];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
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
  return notionalRateCeil(terms, quantity, price, 1000n, BigInt(leverageMilli));
}

/** ⌈notional · rate / denominator⌉ of a trade; a negative rate gives a rebate, smaller in size where it is rounded. */
export function notionalRateCeil(
  terms: PriceTerms,
  quantity: number,
  price: number,
  rate: bigint,
  denominator: bigint,
): bigint {
  const [dividend, divisor] = valueFraction(terms, BigInt(quantity), BigInt(price));
  const size = dividend < ZERO ? -dividend : dividend;
  return ceilDivide(size * rate, divisor * denominator);
}

/** What a signed quantity loses at once that trades at a price while the mark is another, rounded up; 0 where it gains. */
export function openLossCeil(
  terms: PriceTerms,
  quantity: number,
  price: number,
  mark: number,
): bigint {
  const [paid, paidOver] = valueFraction(terms, BigInt(quantity), BigInt(price));
  const [worth, worthOver] = valueFraction(terms, BigInt(quantity), BigInt(mark));
  const loss = ceilDivide(paid * worthOver - worth * paidOver, paidOver * worthOver);
  return loss > ZERO ? loss : ZERO;
}

/** entryPriceNearest of linear terms in numbers, or NaN where a step might not be exact. */
function entryPriceNumber(terms: PriceTerms, size: number, notional: number): number {
  if (terms.inverse) return Number.NaN;
  const divisor = 2 * size * Number(terms.numerator);
  const dividend = 2 * notional * Number(terms.divisor) + divisor / 2;
  if (!(divisor < Number.MAX_SAFE_INTEGER && dividend < Number.MAX_SAFE_INTEGER)) return Number.NaN;
  // A rounded quotient below 2^53 is at most one too large, and then the product tells.
  const quotient = Math.floor(dividend / divisor);
  return quotient * divisor > dividend ? quotient - 1 : quotient;
}

/** The average entry price, in price units to the nearest, that a signed cost stands for; 0 where it has none. */
export function entryPriceNearest(terms: PriceTerms, quantity: number, cost: bigint): bigint {
  const inNumbers = entryPriceNumber(terms, Math.abs(quantity), Math.abs(Number(cost)));
  if (!Number.isNaN(inNumbers)) return BigInt(inNumbers);
  const size = BigInt(Math.abs(quantity));
  const notional = cost < ZERO ? -cost : cost;
  if (!terms.inverse) return nearestDivide(notional * terms.divisor, size * terms.numerator);
  if (notional === ZERO) return ZERO;
  return nearestDivide(size * terms.numerator, notional * terms.divisor);
}

/** Sums of two such numbers stay below 2^53. */
const HALF_SAFE = 2 ** 52;

/**
 * costCeil of linear terms in plain numbers, or NaN where some step might not be exact. `numerator` and `divisor` are whole
 * numbers up to 2^53 - 1, or 0 where the market has none such; quantity and price are whole, price >= 1.
 */
export function costCeilNumber(
  numerator: number,
  divisor: number,
  quantity: number,
  price: number,
): number {
  const scaled = price * numerator;
  if (!(scaled > 0 && scaled < HALF_SAFE && divisor > 0 && divisor < HALF_SAFE)) return Number.NaN;
  const product = quantity * scaled;
  // A product below 2^53 is exact, and its quotient lies 1/divisor or more away from the next whole number, which is
  // more than half a step of a double there: rounding cannot reach or cross it. `+ 0` turns -0 into 0.
  if (product < HALF_SAFE && product > -HALF_SAFE) return Math.ceil(product / divisor) + 0;
  // With scaled = units·divisor + rest, q·scaled/divisor = q·units + q·rest/divisor: smaller products, same sum.
  // By the same reason the two quotients are exact.
  const units = Math.floor(scaled / divisor);
  const whole = quantity * units;
  const part = quantity * (scaled - units * divisor);
  if (!(whole < HALF_SAFE && whole > -HALF_SAFE && part < HALF_SAFE && part > -HALF_SAFE)) {
    return Number.NaN;
  }
  return whole + Math.ceil(part / divisor) + 0;
}
