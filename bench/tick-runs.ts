// Runs of a tape through a feed, timed tick by tick: one tick per symbol and stage as a live feed sends them, or one per time and stage.
// Each tick is timed on its own, so a clock's reading (about 0.05 microseconds) is in every figure.
import type { IndexedFeed, TickFeed } from "./tick-feeds.ts";
import type { TickTape } from "./tick-tape.ts";

/** "symbol": a tick moves one market. "joint": a tick moves every market of one time and stage. */
export type Grouping = "symbol" | "joint";

/** Microseconds of single ticks. */
export interface Quantiles {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface TickRun {
  readonly ticks: number;
  readonly microseconds: Quantiles;
  readonly evaluationsPerTick: number;
  readonly screenedShare: number;
  /** Times a pool went under water. */
  readonly liquidations: number;
}

/** Of samples in any order; sorts them. */
export function quantilesOf(samples: Float64Array): Quantiles {
  let sum = 0;
  for (const sample of samples) sum += sample;
  samples.sort();
  const at = (share: number): number =>
    samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN;
  return { mean: sum / samples.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}

export const NO_MARKETS = new Uint16Array(0);
export const NO_PRICES = new Float64Array(0);
const MOST_DRAINS = 100_000;

/** Ticks without prices until nothing waits to be armed; returns how many there were. */
export function drain(feed: IndexedFeed): number {
  for (let ticks = 1; ticks <= MOST_DRAINS; ticks++) {
    feed.tick(NO_MARKETS, NO_PRICES, 0, 0);
    // After a screened tick more may be passed than waits.
    if (feed.screened()) continue;
    if (feed.evaluations() === 0 || feed.kernel.queuedPools === 0) return ticks;
  }
  throw new Error(`pools still wait after ${MOST_DRAINS} ticks`);
}

/** Back to the tape's first prices, everything armed. */
export function rewind(feed: IndexedFeed, tape: TickTape): void {
  const markets = Uint16Array.from(tape.symbols, (_, place) => place);
  feed.tick(markets, tape.first, 0, markets.length);
  drain(feed);
}

/** Takes the pools that the last tick found under water out of the book: what a venue does with them, untimed. */
export function closeFallen(feed: TickFeed, fallen: Uint32Array): void {
  for (const pool of fallen) feed.close(pool);
}

/** Runs the tape, or its first ticks. `closing`: pools leave the book when they fall; the feed is of no further use then. */
export function runTape(
  feed: IndexedFeed,
  tape: TickTape,
  grouping: Grouping,
  options: { readonly closing?: boolean; readonly most?: number } = {},
): TickRun {
  const { market, price, groupStart } = tape;
  const all = grouping === "symbol" ? market.length : groupStart.length - 1;
  const ticks = Math.min(all, options.most ?? all);
  const samples = new Float64Array(ticks);
  let evaluations = 0;
  let screened = 0;
  let liquidations = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const from = grouping === "symbol" ? tick : (groupStart[tick] ?? 0);
    const count = grouping === "symbol" ? 1 : (groupStart[tick + 1] ?? 0) - from;
    const started = performance.now();
    feed.tick(market, price, from, count);
    samples[tick] = (performance.now() - started) * 1e3;
    evaluations += feed.evaluations();
    if (feed.screened()) screened++;
    const fallen = feed.fallenCount();
    liquidations += fallen;
    if (options.closing && fallen > 0) closeFallen(feed, feed.fallen.slice(0, fallen));
  }
  return {
    ticks,
    microseconds: quantilesOf(samples),
    evaluationsPerTick: evaluations / ticks,
    screenedShare: screened / ticks,
    liquidations,
  };
}
