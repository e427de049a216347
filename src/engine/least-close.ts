// The least partial close that makes a position fit, found with exact trials only. Closing more helps against some refusals (caps,
// tiers), hurts against others (a loss that the margin cannot bear), and moves equity less initial margin one way or the
// other, in proportion to what is closed. So the sizes that fit are one interval, and halving finds its lower end.

/**
 * What a trial came to: it fits; a larger close may help ("more"); only a smaller one may ("less"); or money is missing, which a close
 * changes in proportion ("funds").
 */
export type FitVerdict = "fits" | "more" | "less" | "funds";

/** Least n above `low`, up to `high`, for which `holds`; it does not hold at `low` and does at `high`. */
export function firstAbove(low: number, high: number, holds: (n: number) => boolean): number {
  let [below, found] = [low, high];
  while (found - below > 1) {
    const middle = below + Math.floor((found - below) / 2);
    if (holds(middle)) found = middle;
    else below = middle;
  }
  return found;
}

/**
 * The least close from 1 to `most` that fits while one unit less does not, or undefined. A close of 0 is known not to fit.
 */
export function leastFittingClose(
  most: number,
  verdictOf: (closed: number) => FitVerdict,
): number | undefined {
  if (most < 1) return undefined;
  let high = most;
  let verdict = verdictOf(high);
  if (verdict === "less") {
    // The largest that is not too large.
    high = firstAbove(0, high, (closed) => verdictOf(closed) === "less") - 1;
    if (high === 0) return undefined;
    verdict = verdictOf(high);
  }
  if (verdict === "fits") return firstAbove(0, high, (closed) => verdictOf(closed) === "fits");
  if (verdict !== "funds") return undefined;
  // Money is missing at the end: if anywhere it is not, then at the smallest close that is not too small.
  const first = firstAbove(0, high, (closed) => verdictOf(closed) !== "more");
  return verdictOf(first) === "fits" ? first : undefined;
}
