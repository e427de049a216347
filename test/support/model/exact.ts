// Exact sums of the account model: values, costs and margins as rationals, rounded once where docs/accounts.md says so.

import type { PriceTerms } from "../../../src/model.ts";
import { divideCeil, divideFloor, type Ratio } from "../../../src/reference/leg.ts";

export { divideCeil, divideFloor, type Ratio };

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function smaller(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}

export function larger(first: bigint, second: bigint): bigint {
  return first > second ? first : second;
}

/** Signed value of a signed quantity at a price: what it is worth, or what it costs to have. */
export function worthOf(terms: PriceTerms, quantity: bigint, price: bigint): Ratio {
  return terms.inverse
    ? { numerator: -quantity * terms.numerator, denominator: price * terms.divisor }
    : { numerator: quantity * price * terms.numerator, denominator: terms.divisor };
}

/** Unsigned notional. */
export function notionalOf(terms: PriceTerms, quantity: bigint, price: bigint): Ratio {
  const { numerator, denominator } = worthOf(terms, quantity, price);
  return { numerator: absolute(numerator), denominator };
}

export function floorOf({ numerator, denominator }: Ratio): bigint {
  return divideFloor(numerator, denominator);
}

export function ceilOf({ numerator, denominator }: Ratio): bigint {
  return divideCeil(numerator, denominator);
}

/** `ratio · factor / divisor`. */
export function scaled(ratio: Ratio, factor: bigint, divisor: bigint): Ratio {
  return { numerator: ratio.numerator * factor, denominator: ratio.denominator * divisor };
}

/** Initial margin of a notional at a leverage in thousandths. */
export function marginAt(notional: Ratio, leverage: bigint): bigint {
  return ceilOf(scaled(notional, 1_000n, leverage));
}
