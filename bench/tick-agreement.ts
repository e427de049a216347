// Do they agree, and what do the others take: parts of a tape, evenly spaced, through the kernel's triggers, a scan at every tick and the
// rival, one after the other on the same ticks. Who fell in each tick is compared pool by pool; those leave every book.
import type { BenchBook } from "./book.ts";
import { createHoldersFeed } from "./rivals/tick-holders.ts";
import { createScreenFeed, type IndexedFeed, type TickFeed } from "./tick-feeds.ts";
import { closeFallen, type Quantiles, quantilesOf } from "./tick-runs.ts";
import type { TickTape } from "./tick-tape.ts";

export interface AgreementResult {
  readonly feed: string;
  readonly exact: boolean;
  readonly microseconds: Quantiles;
  /** Mean time over the kernel's on the same ticks. */
  readonly ratio: number;
  /** Pools that it saw otherwise than the kernel, over all compared ticks. */
  readonly differences: number;
}

export interface Agreement {
  /** Ticks compared. */
  readonly ticks: number;
  readonly results: readonly AgreementResult[];
}

const PARTS = 10;
const NO_ROWS: readonly Uint32Array[] = [];

function sorted(feed: TickFeed): Uint32Array {
  return feed.fallen.slice(0, feed.fallenCount()).sort();
}

/** Pools that one of the lists has and the other has not. */
function differencesOf(truth: Uint32Array, other: Uint32Array): number {
  const known = new Set(truth);
  let common = 0;
  for (const pool of other) if (known.has(pool)) common++;
  return truth.length + other.length - 2 * common;
}

/** What a feed did with a part of the tape: who fell, by row; those leave the book. */
function runPart(
  feed: TickFeed,
  { market, price }: TickTape,
  from: number,
  to: number,
  samples: number[] | undefined,
  truth: readonly Uint32Array[] = NO_ROWS,
): Uint32Array[] {
  const fallen: Uint32Array[] = [];
  for (let row = from; row < to; row++) {
    const started = performance.now();
    feed.tick(market, price, row, 1);
    samples?.push((performance.now() - started) * 1e3);
    const found = sorted(feed);
    fallen.push(found);
    // The same pools leave every book, whoever saw them.
    closeFallen(feed, truth[row - from] ?? found);
  }
  return fallen;
}

/** About `ticks` ticks of the tape in PARTS parts; the kernel's feed takes all of it, and is of no further use then. */
export function compareFeeds(
  book: BenchBook,
  kernel: IndexedFeed,
  tape: TickTape,
  ticks: number,
): Agreement {
  const others: readonly TickFeed[] = [createScreenFeed(book), createHoldersFeed(book)];
  const { market, price } = tape;
  const stride = Math.floor(market.length / PARTS);
  const part = Math.min(stride, Math.ceil(ticks / PARTS));
  const before = Math.floor((stride - part) / 2);
  const samples = [kernel, ...others].map((): number[] => []);
  const differences = others.map(() => 0);
  const marks = tape.first.slice();
  const markets = Uint16Array.from(tape.symbols, (_, place) => place);
  for (let start = 0; start + stride <= market.length; start += stride) {
    const from = start + before;
    const gone = runPart(kernel, tape, start, from, undefined);
    for (let row = start; row < from; row++) marks[market[row] ?? 0] = price[row] ?? 0;
    const truth = runPart(kernel, tape, from, from + part, samples[0]);
    const later = runPart(kernel, tape, from + part, start + stride, undefined);
    others.forEach((feed, index) => {
      // Where the tape stands, without those who have left on the way.
      for (const list of gone) closeFallen(feed, list);
      feed.tick(markets, marks, 0, markets.length);
      const found = runPart(feed, tape, from, from + part, samples[index + 1], truth);
      const wrong = found.reduce((sum, list, row) => {
        return sum + differencesOf(truth[row] ?? list, list);
      }, 0);
      differences[index] = (differences[index] ?? 0) + wrong;
      if (feed.exact && wrong > 0) throw new Error(`${feed.name} differs from ${kernel.name}`);
      for (const list of later) closeFallen(feed, list);
    });
    for (let row = from; row < start + stride; row++) marks[market[row] ?? 0] = price[row] ?? 0;
  }
  const times = samples.map((list) => quantilesOf(Float64Array.from(list)));
  return {
    ticks: samples[0]?.length ?? 0,
    results: [kernel, ...others].map(({ name, exact }, index) => ({
      feed: name,
      exact,
      microseconds: times[index] as Quantiles,
      ratio: (times[index]?.mean ?? Number.NaN) / (times[0]?.mean ?? Number.NaN),
      differences: index === 0 ? 0 : (differences[index - 1] ?? 0),
    })),
  };
}
