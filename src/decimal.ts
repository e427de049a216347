// Decimal text in, integer units out, and back. This is the only place where a user's number becomes an
// integer, so it decides what a number is: an own small grammar (no exponents in text, no hexadecimal, no
// blanks, no locale commas), JavaScript numbers only through the decimal they print as, and never a silent
// rounding. Lengths are capped before any work, for converting a long digit string takes quadratic time.

import { RiskError } from "./errors.ts";
import type { DecimalLike } from "./types.ts";

/** Longest text looked at; 1 sign, 19 integer digits, a point and 18 decimals make 39. */
const MAX_TEXT_LENGTH = 40;
/** 2^63 has 19 digits. */
const MAX_INTEGER_DIGITS = 19;
/** Most decimals of any asset, quantity or price. */
export const MAX_DECIMALS = 18;
/** Below this a multiple of 10^-d (d <= 22) and the double nearest to it determine each other. */
const EXACT_ROUNDING_LIMIT = 2 ** 51;
/** Below this a quotient by a power of ten below 2^52 cannot round up to the next integer. */
const NUMBER_FORMAT_LIMIT = 2 ** 52;
/** Fifteen digits always fit a double exactly. */
const SAFE_DIGITS = 15;

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const BIG_POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10^exponent as a bigint, 0 <= exponent < 64. */
export function powerOfTen(exponent: number): bigint {
  const power = BIG_POWERS[exponent];
  if (power === undefined) throw new RangeError(`power of ten out of range: ${exponent}`);
  return power;
}

/** Inclusive bounds of a value, in its units. */
export interface DecimalLimits {
  readonly min?: bigint;
  readonly max?: bigint;
}

/** An exact quotient; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Where the digits of a text stand: `[start, point)` and `(point, end)`, trailing zeros cut off. */
interface Shape {
  negative: boolean;
  start: number;
  point: number;
  end: number;
}

/** Reused by every call: parsing is synchronous and never nested. */
const SHAPE: Shape = { negative: false, start: 0, point: 0, end: 0 };

/** Fills {@link SHAPE}; false where the text is not `-?\d{1,19}(\.\d{1,18})?`. */
function scanText(text: string): boolean {
  const length = text.length;
  if (length === 0 || length > MAX_TEXT_LENGTH) return false;
  const negative = text.charCodeAt(0) === 45;
  const start = negative ? 1 : 0;
  let point = -1;
  let end = start;
  for (let at = start; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === 46 && point < 0) {
      point = at;
      end = at;
    } else if (code < 48 || code > 57) return false;
    else if (point < 0 || code !== 48) end = at + 1;
  }
  if (point === length - 1) return false;
  if (point < 0) point = length;
  else if (length - point - 1 > MAX_DECIMALS) return false;
  if (point === start || point - start > MAX_INTEGER_DIGITS) return false;
  SHAPE.negative = negative;
  SHAPE.start = start;
  SHAPE.point = point;
  SHAPE.end = end;
  return true;
}

/** Decimals of the text scanned last, trailing zeros not counted. */
function scannedDecimals(): number {
  return SHAPE.end > SHAPE.point ? SHAPE.end - SHAPE.point - 1 : 0;
}

/** Size in units of the text scanned last, which has SAFE_DIGITS digits at most with all its decimals. */
function scannedNumber(text: string, decimals: number): number {
  const { start, point, end } = SHAPE;
  let sum = 0;
  for (let at = start; at < end; at++) {
    if (at !== point) sum = sum * 10 + text.charCodeAt(at) - 48;
  }
  return sum * (POWERS[decimals - scannedDecimals()] as number);
}

/** Units of the text scanned last; `decimals` >= scannedDecimals(). */
function scannedUnits(text: string, decimals: number): bigint {
  const { negative, start, point, end } = SHAPE;
  const fraction = scannedDecimals();
  let units: bigint;
  if (point - start + decimals <= SAFE_DIGITS) {
    units = BigInt(scannedNumber(text, decimals));
  } else {
    const digits = text.slice(start, point) + text.slice(point + 1, end);
    units = BigInt(digits) * powerOfTen(decimals - fraction);
  }
  return negative ? -units : units;
}

/**
 * Plain decimal text of a number text with an exponent ("1e-7" → "0.0000001", "9.2e+18" → "9200000000000000000"),
 * digit for digit. Any other text, and one that would grow past the longest text accepted, is returned as it is.
 */
export function expandExponent(text: string): string {
  if (text.length > MAX_TEXT_LENGTH) return text;
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,4})$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const point = digits.length - fraction.length + Number(exponentText);
  if (point > MAX_TEXT_LENGTH || point < -MAX_TEXT_LENGTH) return text;
  if (point <= 0) return trimZeros(`${sign}0.${"0".repeat(-point)}${digits}`);
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return trimZeros(`${sign}${digits.slice(0, point)}.${digits.slice(point)}`);
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, "");
}

function describe(decimals: number): string {
  if (decimals === 0) return "must be an integer";
  return `must be a decimal with at most ${decimals} decimal${decimals === 1 ? "" : "s"}`;
}

function refuse(value: unknown, decimals: number, path: string): never {
  const message = describe(decimals);
  if (typeof value !== "string") {
    throw new RiskError("BAD_VALUE", message, {
      path,
      value,
      hint: typeof value === "number" ? "the number must be finite" : "give it as text",
    });
  }
  const digits = /^-?(\d+)(\.\d*)?$/.exec(value.slice(0, 1024));
  if (digits !== null && (digits[1] as string).replace(/^0+/, "").length > MAX_INTEGER_DIGITS) {
    throw new RiskError(
      "OUT_OF_RANGE",
      `${message} and at most ${MAX_INTEGER_DIGITS} digits before the point`,
      { path, value },
    );
  }
  throw new RiskError("BAD_VALUE", message, {
    path,
    value,
    hint: 'digits, with a point and more digits if need be, such as "-12.5"',
  });
}

function tooMany(value: unknown, decimals: number, path: string): never {
  throw new RiskError("TOO_MANY_DECIMALS", describe(decimals), {
    path,
    value,
    hint: "it is never rounded silently",
  });
}

function outside(
  units: bigint,
  value: unknown,
  decimals: number,
  path: string,
  limits: DecimalLimits,
): never {
  const { min, max } = limits;
  const parts: string[] = [];
  if (min !== undefined) parts.push(`at least ${formatDecimal(min, decimals)}`);
  if (max !== undefined) parts.push(`at most ${formatDecimal(max, decimals)}`);
  throw new RiskError("OUT_OF_RANGE", `must be ${parts.join(" and ")}`, {
    path,
    value: typeof value === "bigint" ? formatDecimal(units, decimals) : value,
  });
}

function parseText(text: string, decimals: number, path: string, given: unknown): bigint {
  if (!scanText(text)) refuse(given, decimals, path);
  if (scannedDecimals() > decimals) tooMany(given, decimals, path);
  return scannedUnits(text, decimals);
}

/** The number as the decimal it prints as, exactly. */
function parseNumber(value: number, decimals: number, path: string): bigint {
  const scale = POWERS[decimals] as number;
  const rounded = Math.round(value * scale);
  // Proof: under the limit neighbouring multiples of 10^-d lie further apart than doubles do, so the one whose
  // nearest double is `value` is unique; the shortest text of `value` is that multiple, or has more decimals.
  if (Math.abs(rounded) < EXACT_ROUNDING_LIMIT && rounded / scale === value) return BigInt(rounded);
  if (!Number.isFinite(value)) refuse(value, decimals, path);
  const text = expandExponent(String(value));
  const places = text.length - text.indexOf(".") - 1;
  if (text.includes(".") && places > decimals) tooMany(value, decimals, path);
  if (!scanText(text)) {
    const tiny = Math.abs(value) < 1;
    throw new RiskError(tiny ? "TOO_MANY_DECIMALS" : "OUT_OF_RANGE", describe(decimals), {
      path,
      value,
    });
  }
  return scannedUnits(text, decimals);
}

/**
 * An amount in units of 10^-decimals. Text must be `-?\d{1,19}(\.\d{1,18})?`; trailing zeros do not count
 * as decimals. A number stands for the decimal it prints as; a bigint is taken as units already.
 * `path` names the value in errors.
 *
 * @throws RiskError `BAD_VALUE`, `TOO_MANY_DECIMALS` or `OUT_OF_RANGE`
 * @throws RangeError where `decimals` is not an integer from 0 to 18
 */
export function parseDecimal(
  value: DecimalLike,
  decimals: number,
  path: string,
  limits?: DecimalLimits,
): bigint {
  if (!(decimals >= 0 && decimals <= MAX_DECIMALS && Number.isInteger(decimals))) {
    throw new RangeError(`decimals must be an integer from 0 to ${MAX_DECIMALS}, got ${decimals}`);
  }
  let units: bigint;
  if (typeof value === "string") units = parseText(value, decimals, path, value);
  else if (typeof value === "number") units = parseNumber(value, decimals, path);
  else if (typeof value === "bigint") units = value;
  else refuse(value, decimals, path);
  if (limits !== undefined) {
    const { min, max } = limits;
    if ((min !== undefined && units < min) || (max !== undefined && units > max)) {
      outside(units, value, decimals, path, limits);
    }
  }
  return units;
}

/**
 * {@link parseDecimal} without a bigint, for values of fifteen digits at most and 0 or above; NaN for all others: that reads them,
 * or says what is wrong.
 */
export function parseSmallDecimal(value: unknown, decimals: number): number {
  if (typeof value === "number") {
    const scale = POWERS[decimals] as number;
    const rounded = Math.round(value * scale);
    const exact = rounded >= 0 && rounded < EXACT_ROUNDING_LIMIT && rounded / scale === value;
    return exact ? rounded : Number.NaN;
  }
  if (typeof value !== "string" || !scanText(value)) return Number.NaN;
  const { negative, start, point } = SHAPE;
  if (negative || scannedDecimals() > decimals) return Number.NaN;
  return point - start + decimals <= SAFE_DIGITS ? scannedNumber(value, decimals) : Number.NaN;
}

/**
 * A rate, leverage or other dimensionless decimal as an exact quotient over the smallest power of ten.
 *
 * @throws RiskError `BAD_VALUE` also for a bigint, which has no unit to be counted in here
 */
export function parseRate(value: DecimalLike, path: string): Rational {
  if (typeof value === "bigint") {
    throw new RiskError("BAD_VALUE", "must be a decimal", {
      path,
      value,
      hint: 'give a rate as text, such as "0.005"',
    });
  }
  const text = typeof value === "number" ? expandExponent(String(value)) : value;
  if (typeof text !== "string" || !scanText(text)) {
    if (typeof value === "number" && Math.abs(value) < 1) tooMany(value, MAX_DECIMALS, path);
    refuse(value, MAX_DECIMALS, path);
  }
  const decimals = scannedDecimals();
  return { numerator: scannedUnits(text, decimals), denominator: powerOfTen(decimals) };
}

/**
 * The decimals that a step size needs: "0.001" → 3, "1" → 0, 0.25 → 2. This is ccxt's TICK_SIZE reading.
 *
 * @throws RiskError `BAD_VALUE` for a step above 1: ccxt's DECIMAL_PLACES reading of 8 and a lot of 8 contracts cannot be told apart
 */
export function decimalsOf(precision: DecimalLike, path: string): number {
  const { numerator, denominator } = parseRate(precision, path);
  if (numerator <= 0n || numerator > denominator) {
    throw new RiskError("BAD_VALUE", "must be a step size above 0 and at most 1", {
      path,
      value: precision,
      hint: 'such as "0.001" for three decimals or "1" for whole contracts; counts of decimals and lots above 1 are not supported',
    });
  }
  return denominator.toString().length - 1;
}

/**
 * Shortest decimal text of an integer count of 10^-decimals: no trailing zeros, no "-0".
 *
 * @example
 * import { formatDecimal } from "underkeel";
 * formatDecimal(-50000000n, 8) // => "-0.5"
 * formatDecimal(0, 8) // => "0"
 */
export function formatDecimal(units: bigint | number, decimals: number): string {
  const number = Number(units);
  if (number < NUMBER_FORMAT_LIMIT && number > -NUMBER_FORMAT_LIMIT && decimals <= SAFE_DIGITS) {
    if (!Number.isInteger(number)) throw new RangeError(`units must be an integer, got ${units}`);
    return formatNumber(number, decimals);
  }
  return formatBig(BigInt(units), decimals);
}

// Four digits at a time: a number's own toString is a call into the engine's runtime, a table is not.
const FOUR = 10_000;
/** "0000" .. "9999", made at first use. */
let padded: string[] = [];
/** The same without trailing zeros, and without leading ones. */
let trimmed: string[] = [];
let plain: string[] = [];

function makeDigits(): void {
  padded = Array.from({ length: FOUR }, (_, i) => String(i).padStart(4, "0"));
  trimmed = padded.map((digits) => digits.replace(/0+$/, ""));
  plain = padded.map((_, i) => String(i));
}

/** A whole number >= 0 as text. */
function wholeText(whole: number): string {
  if (whole < FOUR) return plain[whole] as string;
  if (whole >= FOUR * FOUR) return String(whole);
  const upper = Math.floor(whole / FOUR);
  return `${plain[upper]}${padded[whole - upper * FOUR]}`;
}

/** |units| < 2^52, decimals <= 15: quotient, product and remainder are exact. */
function formatNumber(units: number, decimals: number): string {
  const size = units < 0 ? -units : units;
  const scale = POWERS[decimals] as number;
  const whole = Math.floor(size / scale);
  const rest = size - whole * scale;
  if (padded.length === 0) makeDigits();
  const text = units < 0 ? `-${wholeText(whole)}` : wholeText(whole);
  if (rest === 0) return text;
  if (decimals <= 8) {
    const eight = rest * (POWERS[8 - decimals] as number);
    const upper = Math.floor(eight / FOUR);
    const lower = eight - upper * FOUR;
    if (lower === 0) return `${text}.${trimmed[upper]}`;
    return `${text}.${padded[upper]}${trimmed[lower]}`;
  }
  const digits = `${rest + scale}`;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return `${text}.${digits.slice(1, end)}`;
}

function formatBig(units: bigint, decimals: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end--;
  const text =
    end > point ? `${digits.slice(0, point)}.${digits.slice(point, end)}` : digits.slice(0, point);
  return negative ? `-${text}` : text;
}
