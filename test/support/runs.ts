// How often a property is tried: the count given in the test, times UNDERKEEL_RUNS where that is set (Node only).
// `UNDERKEEL_RUNS=50 npx vitest run --project node test/kernel` is the long night run.

const FACTOR: number =
  typeof process === "undefined" ? 1 : Number(process.env.UNDERKEEL_RUNS ?? "1");

/** fast-check's numRuns for a property that is tried `base` times by default. */
export function runs(base: number): { readonly numRuns: number } {
  return { numRuns: Math.max(1, Math.round(base * FACTOR)) };
}
