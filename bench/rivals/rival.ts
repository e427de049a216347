// What every engine under test offers: filled once from the book's columns, it lists the pools that are
// under water at a new price vector. Price vectors arrive as integers in price units (1e-8), and each engine
// turns them into its own form inside the timed call; lists are the book's pool numbers, in any order.
import type { BenchBook } from "../book.ts";

export interface Rival {
  readonly name: string;
  /** Exact engines must agree with the kernel to the last pool. */
  readonly exact: boolean;
  /** Pools of the book it was filled with: the slow ones take only the first few. */
  readonly pools: number;
  /** The pools under water are hits[0 .. count - 1]; returns the count. */
  scan(prices: Float64Array): number;
  readonly hits: Uint32Array;
}

export type RivalFactory = (book: BenchBook) => Rival;

/** A bracket table in floating point, in quote currency (not units): MM = notional * rate - amount. */
export interface FloatTiers {
  readonly floors: readonly number[];
  readonly rates: readonly number[];
  readonly amounts: readonly number[];
}
