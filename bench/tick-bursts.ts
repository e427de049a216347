// What comes in bursts: a tick in which every market falls by a tenth, with the ticks after it until nothing waits to be armed; and deposits
// and withdrawals, after each batch of which the changed pools are evaluated and armed anew.
import { createRandom } from "../src/generate/random.ts";
import type { IndexedFeed } from "./tick-feeds.ts";
import { drain, NO_MARKETS, NO_PRICES, quantilesOf } from "./tick-runs.ts";
import type { TickTape } from "./tick-tape.ts";

export interface GapReport {
  readonly pools: number;
  readonly fallen: number;
  /** The tick itself, milliseconds; and a scan and two scans of all pools at the same prices. */
  readonly tick: number;
  readonly scan: number;
  readonly twoScans: number;
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

/** The feed is at the tape's first prices with everything armed, and is left elsewhere. */
export function measureGap(feed: IndexedFeed, tape: TickTape): GapReport {
  const { kernel, pools } = feed;
  const markets = Uint16Array.from(tape.symbols, (_, place) => place);
  const fallen = tape.first.map((price) => Math.max(1, Math.round(price * GAP)));
  kernel.prepare();
  const time = (run: () => void): number => {
    const started = performance.now();
    run();
    return performance.now() - started;
  };
  // Scans of as many pools, screen ready, at prices as far away.
  const scanOnce = (factor: number): number => {
    kernel.copyMarksToTrial();
    markets.forEach((market) => {
      kernel.setTrial(market, Math.round((tape.first[market] ?? 1) * factor));
    });
    return time(() => kernel.scan("trial"));
  };
  scanOnce(GAP + 0.01);
  const scans = [scanOnce(GAP), scanOnce(GAP + 0.002), scanOnce(GAP - 0.002)];
  const scan = scans.reduce((sum, each) => sum + each, 0) / scans.length;
  const tick = time(() => feed.tick(markets, fallen, 0, markets.length));
  const screened = feed.screened();
  const fell = feed.fallenCount();
  const after: number[] = [];
  const row = new Uint16Array(1);
  const price = new Float64Array(1);
  while (after.length < MOST_AFTER) {
    const market = after.length % markets.length;
    row[0] = market;
    price[0] = Math.max(1, (fallen[market] ?? 2) + (after.length % 2 === 0 ? 1 : -1));
    after.push(time(() => feed.tick(row, price, 0, 1)));
    if (!feed.screened()) break;
  }
  const quantiles = quantilesOf(Float64Array.from(after));
  return {
    pools,
    fallen: fell,
    tick,
    scan,
    twoScans: 2 * scan,
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
