// Seeded randomness that gives the same draws in every JavaScript engine: the sfc32 generator, text
// hashing for seeds, and the few distributions the book generator needs. Only the four basic operations
// are used on floating point, because Math.exp and its kin may differ between engines in the last bit.

/** A stream of draws. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
}

/** FNV-1a over UTF-16 code units, finished so that near texts give far hashes; unsigned 32-bit. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** sfc32 (Chris Doty-Humphrey's PractRand), seeded by any text. */
export function createRandom(seed: string): Random {
  let a = hashText(`a${seed}`);
  let b = hashText(`b${seed}`);
  let c = hashText(`c${seed}`);
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  }
  // The first draws still show the seed.
  for (let warm = 0; warm < 15; warm++) next();
  return { next };
}

const LN_2 = Math.LN2;
const LN_10 = Math.LN10;

/** 10^x for |x| < 300, by halving the argument's range and a Taylor sum: relative error below 1e-13. */
export function tenToThe(x: number): number {
  const exponent = x * LN_10;
  const twos = Math.round(exponent / LN_2);
  const rest = exponent - twos * LN_2;
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 16; k++) {
    term = (term * rest) / k;
    sum += term;
  }
  const factor = twos < 0 ? 0.5 : 2;
  for (let k = twos < 0 ? -twos : twos; k > 0; k--) sum *= factor;
  return sum;
}

/** Knots of a distribution: [share of draws below, log10 of the value], shares rising from 0 to 1. */
export type LogQuantiles = readonly (readonly [share: number, logTen: number])[];

/** A draw from a distribution given by its quantiles, straight in the logarithm between knots. */
export function drawLogQuantile(random: Random, quantiles: LogQuantiles): number {
  const share = random.next();
  let [belowShare, belowLog] = quantiles[0] ?? [0, 0];
  for (const [knotShare, knotLog] of quantiles) {
    if (share < knotShare) {
      const part = (share - belowShare) / (knotShare - belowShare);
      return tenToThe(belowLog + part * (knotLog - belowLog));
    }
    belowShare = knotShare;
    belowLog = knotLog;
  }
  return tenToThe(belowLog);
}

/** Bell-shaped with mean 0 and standard deviation 1, never beyond 3.5 (a sum of four uniforms). */
export function drawBell(random: Random): number {
  return (random.next() + random.next() + random.next() + random.next() - 2) * 1.7320508;
}

/** An element of a non-empty list, all equally likely. */
export function drawFrom<T>(random: Random, list: readonly T[]): T {
  const drawn = list[Math.floor(random.next() * list.length)];
  if (drawn === undefined) throw new RangeError("drawFrom needs a non-empty list");
  return drawn;
}

/** Rising cumulative weights, the last one being the total. */
export function cumulate(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, index) => {
    total += weight;
    sums[index] = total;
  });
  return sums;
}

/** An index drawn by weight, from cumulative weights. */
export function drawIndex(random: Random, cumulative: Float64Array): number {
  const target = random.next() * (cumulative[cumulative.length - 1] ?? 0);
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
