// What a gap may cost at most: two scans, and the exact checks of the pools it reports. The checks are timed in a kernel that holds
// these pools and no others, by a scan at prices far out of every band, so that the exact path judges each of them.
import type { BenchBook } from "./book.ts";
import { createFilledKernel } from "./tick-feeds.ts";

/** The screen knows prices up to twice their anchors. */
const OUT_OF_BAND = 3;

/** The book of some of its pools, in that order. */
function bookOf(book: BenchBook, chosen: Uint32Array): BenchBook {
  const poolStart = new Uint32Array(chosen.length + 1);
  const rows: number[] = [];
  chosen.forEach((pool, place) => {
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) rows.push(leg);
    poolStart[place + 1] = rows.length;
  });
  return {
    ...book,
    pools: chosen.length,
    legs: rows.length,
    poolStart,
    collateral: BigInt64Array.from(chosen, (pool) => book.collateral[pool] as bigint),
    legMarket: Uint16Array.from(rows, (leg) => book.legMarket[leg] as number),
    quantity: Float64Array.from(rows, (leg) => book.quantity[leg] as number),
    entryPrice: Float64Array.from(rows, (leg) => book.entryPrice[leg] as number),
    cost: BigInt64Array.from(rows, (leg) => book.cost[leg] as bigint),
  };
}

/** Milliseconds of exact checks of the pools: the least of `repeats`. */
export function exactTime(book: BenchBook, chosen: Uint32Array, repeats: number): number {
  const kernel = createFilledKernel(bookOf(book, chosen));
  kernel.prepare();
  book.marks.forEach((mark, market) => {
    kernel.setTrial(market, mark * OUT_OF_BAND);
  });
  const times = Array.from({ length: repeats }, () => {
    const started = performance.now();
    const { exactEvaluations } = kernel.scan("trial");
    const time = performance.now() - started;
    if (exactEvaluations < chosen.length) throw new Error("the screen decided a pool");
    return time;
  });
  return Math.min(...times);
}
