// Rival: the honest one, the kernel's own idea in JavaScript (slope-groups.ts) over a narrow band. Outside the band it would have to rebuild: it
// throws.
import { type BenchBook, MAX_LEGS, QUOTE_SCALE } from "../book.ts";
import { floatColumns } from "./float64-search.ts";
import type { Rival } from "./rival.ts";
import { type Band, SlopeScanner } from "./slope-groups.ts";

const NARROW: Band = { low: 0.9, high: 1.1 };

/** Precomputed slopes in groups, doubtful pools by bracket search. */
export function createFloat64SlopesRival(book: BenchBook): Rival {
  const marks = book.marks.map((mark) => mark / QUOTE_SCALE);
  const scanner = new SlopeScanner(floatColumns(book), marks, MAX_LEGS, NARROW);
  const current = new Float64Array(book.markets.length);
  return {
    name: "Float64Array, grouped slopes",
    exact: false,
    pools: book.pools,
    hits: scanner.hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < current.length; market++) {
        const price = prices[market] as number;
        const share = price / (book.marks[market] as number);
        if (share < NARROW.low || share > NARROW.high) {
          throw new RangeError(`market ${market} left the band of the slopes: rebuild them`);
        }
        current[market] = price / QUOTE_SCALE;
      }
      return scanner.scan(current);
    },
  };
}
