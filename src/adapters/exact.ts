// Decimals of venues' JSON as exact integers with their count of decimals, and the little arithmetic that an import
// needs on them. Nothing here rounds unless its name says which way.
import { expandExponent, formatDecimal, parseRate, powerOfTen } from "../decimal.ts";
import { refuse } from "../engine/read.ts";

/** How venues and ccxt write a decimal: text, or a number that stands for the decimal it prints as. */
export type DecimalText = string | number;

/** units · 10^-decimals. */
export interface Exact {
  readonly units: bigint;
  readonly decimals: number;
}

export const ZERO: Exact = { units: 0n, decimals: 0 };
export const ONE: Exact = { units: 1n, decimals: 0 };

/** 10^exponent; beyond what a single decimal may have, for products. */
function tenTo(exponent: number): bigint {
  return exponent < 64 ? powerOfTen(exponent) : 10n ** BigInt(exponent);
}

/**
 * Decimals are counted as printed: "0.250" has three, and says that sizes come in thousandths.
 *
 * @throws RiskError BAD_VALUE for anything but decimal text or a number that converts exactly.
 */
export function exactOf(value: unknown, path: string): Exact {
  if (typeof value !== "string" && typeof value !== "number") {
    refuse("BAD_VALUE", "must be a decimal, as text or as a number", path, value);
  }
  const text = expandExponent(String(value));
  const { numerator, denominator } = parseRate(typeof value === "string" ? text : value, path);
  const point = text.indexOf(".");
  const decimals = point < 0 ? 0 : text.length - point - 1;
  const scale = tenTo(decimals);
  return { units: (numerator * scale) / denominator, decimals };
}

/** 10^-decimals. */
export function stepOf(decimals: number): Exact {
  return { units: 1n, decimals };
}

export function textOf({ units, decimals }: Exact): string {
  return formatDecimal(units, decimals);
}

/** Decimals without trailing zeros. */
export function decimalsIn({ units, decimals }: Exact): number {
  let [rest, count] = [units, decimals];
  while (count > 0 && rest % 10n === 0n) {
    rest /= 10n;
    count -= 1;
  }
  return count;
}

/** Both in units of the finer of the two. */
function aligned(a: Exact, b: Exact): [bigint, bigint, number] {
  const decimals = Math.max(a.decimals, b.decimals);
  return [a.units * tenTo(decimals - a.decimals), b.units * tenTo(decimals - b.decimals), decimals];
}

export function sum(a: Exact, b: Exact): Exact {
  const [first, second, decimals] = aligned(a, b);
  return { units: first + second, decimals };
}

export function difference(a: Exact, b: Exact): Exact {
  const [first, second, decimals] = aligned(a, b);
  return { units: first - second, decimals };
}

export function product(a: Exact, b: Exact): Exact {
  return { units: a.units * b.units, decimals: a.decimals + b.decimals };
}

export function negated({ units, decimals }: Exact): Exact {
  return { units: -units, decimals };
}

export function size({ units, decimals }: Exact): Exact {
  return { units: units < 0n ? -units : units, decimals };
}

/** Negative, zero or positive as a is below, equal to or above b. */
export function compare(a: Exact, b: Exact): number {
  const [first, second] = aligned(a, b);
  return first < second ? -1 : first > second ? 1 : 0;
}

export function floorQuotient(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor !== 0n && dividend < 0n !== divisor < 0n ? quotient - 1n : quotient;
}

/** Count of 10^-decimals, toward minus infinity. */
export function floorUnits({ units, decimals }: Exact, wanted: number): bigint {
  return wanted >= decimals
    ? units * tenTo(wanted - decimals)
    : floorQuotient(units, tenTo(decimals - wanted));
}

/** To `wanted` decimals, halves up. */
export function nearest(value: Exact, wanted: number): Exact {
  if (value.decimals <= wanted) return value;
  const half = { units: 5n, decimals: wanted + 1 };
  return { units: floorUnits(sum(value, half), wanted), decimals: wanted };
}

/** a / b with at most `most` decimals, or null where it has more. b is not 0. */
export function exactQuotient(a: Exact, b: Exact, most: number): Exact | null {
  const dividend = a.units * tenTo(b.decimals + most);
  const divisor = b.units * tenTo(a.decimals);
  return dividend % divisor === 0n ? { units: dividend / divisor, decimals: most } : null;
}

/** What decides the signed notional of a position at a price. */
export interface Priced {
  readonly linear: boolean;
  readonly long: boolean;
  readonly contracts: Exact;
  readonly contractSize: Exact;
  readonly price: Exact;
}

/** Signed notional as a quotient in units of the settle asset: a long's of a linear contract is positive. */
function signedNotional(priced: Priced, settleDecimals: number): [bigint, bigint] {
  const { linear, long, contracts, contractSize, price } = priced;
  const base = product(contracts, contractSize);
  const signed = linear === long ? base.units : -base.units;
  return linear
    ? [signed * price.units * tenTo(settleDecimals), tenTo(base.decimals + price.decimals)]
    : [signed * tenTo(settleDecimals + price.decimals), price.units * tenTo(base.decimals)];
}

/** Toward minus infinity, as values are. */
export function signedNotionalFloor(priced: Priced, settleDecimals: number): bigint {
  const [dividend, divisor] = signedNotional(priced, settleDecimals);
  return floorQuotient(dividend, divisor);
}

/** Toward plus infinity, as costs are. */
export function signedNotionalCeil(priced: Priced, settleDecimals: number): bigint {
  const [dividend, divisor] = signedNotional(priced, settleDecimals);
  return -floorQuotient(-dividend, divisor);
}
