// What comes in bursts: a tick in which every market falls by a tenth, with the ticks after it until nothing waits to be armed; and deposits
// and withdrawals, after each batch of which the changed pools are evaluated and armed anew.
import { createRandom } from "../src/generate/random.ts";
import type { BenchBook } from "./book.ts";
import { exactTime } from "./tick-exact.ts";
import type { IndexedFeed } from "./tick-feeds.ts";
import { drain, NO_MARKETS, NO_PRICES, quantilesOf, rewind } from "./tick-runs.ts";
import type { TickTape } from "./tick-tape.ts";

export interface GapReport {
  readonly pools: number;
  readonly fallen: number;
  /** Milliseconds: the first time, the median of REPEATS, and a scan and two scans of all pools at such prices. */
  readonly first: number;
  readonly tick: number;
  readonly scan: number;
  readonly twoScans: number;
  /** Exact checks of the pools it reports, and whether the tick took no longer than these and two scans. */
  readonly exactChecks: number;
  readonly met: boolean;
  readonly screened: boolean;
  /** Ticks after it (one market moves a little in each) until nothing waits. */
  readonly ticksAfter: number;
  readonly meanAfter: number;
  readonly mostAfter: number;
}

export interface RearmReport {
  readonly pools: number;
  readonly updatesPerSecond: number;
  readonly evaluationsPerUpdate: number;
}

const GAP = 0.9;
/** Updates between two ticks: more than a tick evaluates would wait, and be timed elsewhere. */
const SMALL_BATCH = 250;
const LARGE_BATCH = 1_000;
const LARGE_BOOK = 600_000;
const UPDATES = 300_000;
const MOST_AFTER = 100_000;
const REPEATS = 7;

function time(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Scans of all pools, screen ready, at prices as far away as the gap. */
function scanTime({ kernel }: IndexedFeed, tape: TickTape): number {
  kernel.prepare();
  kernel.copyMarksToTrial();
  const times = Array.from({ length: 2 * REPEATS }, (_, round) => {
    tape.first.forEach((price, market) => {
      kernel.setTrial(market, Math.max(1, Math.round(price * (GAP + round * 1e-4))));
    });
    return time(() => kernel.scan("trial"));
  });
  return median(times);
}

/** Milliseconds of the ticks after the gap until none needs the screen. */
function ticksAfter(feed: IndexedFeed, fallen: Float64Array): number[] {
  const after: number[] = [];
  const row = new Uint16Array(1);
  const price = new Float64Array(1);
  while (after.length < MOST_AFTER) {
    const market = after.length % fallen.length;
    row[0] = market;
    price[0] = Math.max(1, (fallen[market] ?? 2) + (after.length % 2 === 0 ? 1 : -1));
    after.push(time(() => feed.tick(row, price, 0, 1)));
    if (!feed.screened()) break;
  }
  return after;
}

/** The feed is at the tape's first prices with everything armed, and is left there. */
export function measureGap(feed: IndexedFeed, book: BenchBook, tape: TickTape): GapReport {
  const markets = Uint16Array.from(tape.symbols, (_, place) => place);
  const fallen = tape.first.map((price) => Math.max(1, Math.round(price * GAP)));
  const ticks: number[] = [];
  let [reported, screened] = [new Uint32Array(0), false];
  // What was changed before has nothing to do with the gap.
  feed.kernel.prepare();
  let after: number[] = [];
  for (let round = 0; round < REPEATS; round++) {
    ticks.push(time(() => feed.tick(markets, fallen, 0, markets.length)));
    reported = feed.fallen.slice(0, feed.fallenCount()).sort();
    screened = feed.screened();
    after = ticksAfter(feed, fallen);
    rewind(feed, tape);
  }
  const scan = scanTime(feed, tape);
  const exactChecks = exactTime(book, reported, 2 * REPEATS);
  const tick = median(ticks);
  const quantiles = quantilesOf(Float64Array.from(after));
  return {
    pools: feed.pools,
    fallen: reported.length,
    first: ticks[0] ?? Number.NaN,
    tick,
    scan,
    twoScans: 2 * scan,
    exactChecks,
    met: tick <= 2 * scan + exactChecks,
    screened,
    ticksAfter: after.length,
    meanAfter: quantiles.mean,
    mostAfter: quantiles.most,
  };
}

/** A unit paid in or taken out of random pools, armed anew in batches. Everything is armed before, and after. */
export function measureRearm(feed: IndexedFeed, seed: string): RearmReport {
  const { kernel, pools } = feed;
  const random = createRandom(`rearm ${seed}`);
  const size = pools >= LARGE_BOOK ? LARGE_BATCH : SMALL_BATCH;
  const batches = Array.from({ length: UPDATES / size }, () =>
    Uint32Array.from({ length: size }, () => Math.floor(random.next() * pools)),
  );
  const held = BigInt64Array.from({ length: pools }, (_, pool) => kernel.collateral(pool));
  let evaluations = 0;
  const run = (changed: Uint32Array, unit: bigint): void => {
    for (const pool of changed) {
      const next = (held[pool] as bigint) + unit;
      held[pool] = next;
      kernel.setCollateral(pool, next);
    }
    kernel.tick(NO_MARKETS, NO_PRICES, 0);
    kernel.wake();
    evaluations += kernel.tickEvaluations;
  };
  for (const changed of batches.slice(0, 20)) run(changed, 1n);
  drain(feed);
  evaluations = 0;
  const started = performance.now();
  batches.forEach((changed, index) => {
    run(changed, index % 2 === 0 ? 1n : -1n);
    if (kernel.tickScreened) throw new Error("more was changed than a tick evaluates");
  });
  const seconds = (performance.now() - started) / 1e3;
  return {
    pools,
    updatesPerSecond: UPDATES / seconds,
    evaluationsPerUpdate: evaluations / UPDATES,
  };
}
