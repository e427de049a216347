// 128-bit arithmetic, as little as margin needs: a 64 × 64 bit product, its quotient by a 64-bit divisor, and signed sums of
// 64-bit terms in 16 bytes of memory. A function with two results leaves the second in a module variable, read at once.

/** Upper half of the last mulWide. */
export let wideHigh: u64 = 0;
/** Remainder of the last divideWide or divideWideNarrow. */
export let wideRemainder: u64 = 0;

/** Low half of a * b; the upper half is left in wideHigh. Any operands. */
export function mulWide(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  if (aHigh === 0) {
    // Quantities and rates are mostly below 2^32: two products instead of four.
    const upper = aLow * bHigh + ((aLow * bLow) >> 32);
    wideHigh = upper >> 32;
    return a * b;
  }
  const low = aLow * bLow;
  // Each middle sum is at most (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1: no carry is lost.
  const middle = aHigh * bLow + (low >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  wideHigh = aHigh * bHigh + (middle >> 32) + (cross >> 32);
  return (cross << 32) | (low & 0xffffffff);
}

/** ⌊(high·2^64 + low) / divisor⌋ with the rest in wideRemainder. Needs high < divisor (so the quotient fits). */
export function divideWide(high: u64, low: u64, divisor: u64): u64 {
  assert(high < divisor, "quotient does not fit 64 bits");
  if (high === 0) {
    const quotient = low / divisor;
    wideRemainder = low - quotient * divisor;
    return quotient;
  }
  // Knuth's algorithm D with two 32-bit digits of quotient: scale so that the divisor's top bit is set.
  const shift = clz(divisor);
  const d = divisor << shift;
  const dHigh = d >> 32;
  const dLow = d & 0xffffffff;
  const n = shift === 0 ? high : (high << shift) | (low >> (64 - shift));
  const rest = low << shift;
  const first = quotientDigit(n, rest >> 32, dHigh, dLow);
  const partial = ((n << 32) | (rest >> 32)) - first * d;
  const second = quotientDigit(partial, rest & 0xffffffff, dHigh, dLow);
  wideRemainder = (((partial << 32) | (rest & 0xffffffff)) - second * d) >> shift;
  return (first << 32) | second;
}

/** One 32-bit digit of (n·2^32 + next) / d for a scaled d = dHigh·2^32 + dLow > n. */
function quotientDigit(n: u64, next: u64, dHigh: u64, dLow: u64): u64 {
  let digit = n / dHigh;
  let rest = n - digit * dHigh;
  // The estimate is at most two too large (Knuth, theorem B).
  while (digit >> 32 !== 0 || digit * dLow > ((rest << 32) | next)) {
    digit--;
    rest += dHigh;
    if (rest >> 32 !== 0) break;
  }
  return digit;
}

/** divideWide for a divisor below 2^32: two native divisions. Needs high < divisor. */
export function divideWideNarrow(high: u64, low: u64, divisor: u64): u64 {
  assert(high < divisor, "quotient does not fit 64 bits");
  if (high === 0) {
    const quotient = low / divisor;
    wideRemainder = low - quotient * divisor;
    return quotient;
  }
  const upper = (high << 32) | (low >> 32);
  const first = upper / divisor;
  const lower = ((upper - first * divisor) << 32) | (low & 0xffffffff);
  const second = lower / divisor;
  wideRemainder = lower - second * divisor;
  return (first << 32) | second;
}

/** A signed 128-bit sum in 16 bytes at `sum` (low u64, high i64). */
export function sumSet(sum: usize, term: i64): void {
  store<i64>(sum, term);
  store<i64>(sum, term >> 63, 8);
}

/** target = other. */
export function sumCopy(target: usize, other: usize): void {
  store<u64>(target, load<u64>(other));
  store<u64>(target, load<u64>(other, 8), 8);
}

/** sum += term. 2^64 terms could not overflow it. */
export function sumAdd(sum: usize, term: i64): void {
  const before = load<u64>(sum);
  const after = before + <u64>term;
  store<u64>(sum, after);
  store<i64>(sum, load<i64>(sum, 8) + (term >> 63) + i64(after < before), 8);
}

/** sum -= term; -term is not formed, the smallest i64 has none. */
export function sumSubtract(sum: usize, term: i64): void {
  const before = load<u64>(sum);
  store<u64>(sum, before - <u64>term);
  store<i64>(sum, load<i64>(sum, 8) - (term >> 63) - i64(before < <u64>term), 8);
}

/** sum += term for an unsigned term: a charge of all of a notional, rounded up, may be 2^63 itself. */
export function sumAddUnsigned(sum: usize, term: u64): void {
  const before = load<u64>(sum);
  const after = before + term;
  store<u64>(sum, after);
  store<i64>(sum, load<i64>(sum, 8) + i64(after < before), 8);
}

/** sum -= term for an unsigned term. */
export function sumSubtractUnsigned(sum: usize, term: u64): void {
  const before = load<u64>(sum);
  store<u64>(sum, before - term);
  store<i64>(sum, load<i64>(sum, 8) - i64(before < term), 8);
}

/** target += other, both 128-bit sums. */
export function sumAddSum(target: usize, other: usize): void {
  const before = load<u64>(target);
  const after = before + load<u64>(other);
  store<u64>(target, after);
  store<i64>(target, load<i64>(target, 8) + load<i64>(other, 8) + i64(after < before), 8);
}

/** target -= other, both 128-bit sums. */
export function sumSubtractSum(target: usize, other: usize): void {
  const before = load<u64>(target);
  const term = load<u64>(other);
  store<u64>(target, before - term);
  store<i64>(target, load<i64>(target, 8) - load<i64>(other, 8) - i64(before < term), 8);
}

/** sum *= factor, factor below 2^32 and the product within 128 bits. */
export function sumTimes(sum: usize, factor: u64): void {
  const low = load<u64>(sum);
  const high = load<i64>(sum, 8);
  store<u64>(sum, mulWide(low, factor));
  store<i64>(sum, high * <i64>factor + <i64>wideHigh, 8);
}

/** True where the sum is a signed 64-bit number. */
export function sumFits(sum: usize): bool {
  return load<i64>(sum, 8) === load<i64>(sum) >> 63;
}

/** sum < other, both 128-bit sums. */
export function sumLess(sum: usize, other: usize): bool {
  const high = load<i64>(sum, 8);
  const otherHigh = load<i64>(other, 8);
  return high !== otherHigh ? high < otherHigh : load<u64>(sum) < load<u64>(other);
}

/** sum >= bound. */
export function sumAtLeast(sum: usize, bound: i64): bool {
  const high = load<i64>(sum, 8);
  const boundHigh = bound >> 63;
  return high !== boundHigh ? high > boundHigh : load<u64>(sum) >= <u64>bound;
}

/** The signed 64-bit number nearest to the sum. */
export function sumClamped(sum: usize): i64 {
  if (sumFits(sum)) return load<i64>(sum);
  return load<i64>(sum, 8) < 0 ? i64.MIN_VALUE : i64.MAX_VALUE;
}

/** The unsigned 64-bit number nearest to the sum. */
export function sumPositive(sum: usize): u64 {
  const high = load<i64>(sum, 8);
  if (high === 0) return load<u64>(sum);
  return high < 0 ? 0 : u64.MAX_VALUE;
}

/** 2^64 as a double. */
export const TWO_TO_64: f64 = 18_446_744_073_709_552_000.0;

/** The sum as the nearest double, for estimates only. */
export function sumToDouble(sum: usize): f64 {
  return <f64>load<i64>(sum, 8) * TWO_TO_64 + <f64>load<u64>(sum);
}
