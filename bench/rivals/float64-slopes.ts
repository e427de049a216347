// Rival: the honest one. The kernel's own idea written in JavaScript as well as we can: per leg the chord of its
// concave contribution over a band of prices around the marks, so that `constant + Σ slope * price` is a
// lower bound of the pool's clearance; pools grouped by leg count and the loop unrolled for each count
// (generated functions measured fastest among row, column, record and plain loops). A second number per pool, the
// largest distance between bound and truth inside the band, proves most pools under water too; only
// the rest is judged by bracket search. Outside the band it would have to rebuild: it throws.
//
// What it gets wrong: it computes in doubles where the margin rules round each leg to quote units, so a pool
// within a few units (1e-8) of zero may be judged the other way; GUARD keeps errors of its bounds out.
import { type BenchBook, MAX_LEGS, QUOTE_SCALE } from "../book.ts";
import { type FloatColumns, floatColumns, isUnderWater } from "./float64-search.ts";
import type { Rival } from "./rival.ts";

/** Chords span the marks times `low` to `high`. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

const NARROW: Band = { low: 0.9, high: 1.1 };
/** Relative to gross notional and collateral: doubles err by less than 1e-14 of it here. */
const GUARD = 1e-12;

export interface Group {
  readonly constants: Float64Array;
  /** legs consecutive slopes a pool, against the price in quote currency. */
  readonly slopes: Float64Array;
  readonly markets: Uint16Array;
  readonly gaps: Float64Array;
  readonly pools: Uint32Array;
  readonly scan: GroupScan;
}

/** Writes certain pools to `hits` from `count` and doubtful ones to `doubtful`; doubtful[0] counts them. Returns the new count. */
type GroupScan = (
  constants: Float64Array,
  slopes: Float64Array,
  markets: Uint16Array,
  gaps: Float64Array,
  pools: Uint32Array,
  prices: Float64Array,
  hits: Uint32Array,
  doubtful: Uint32Array,
  count: number,
) => number;

/** The scan of pools with `legs` legs, unrolled. */
function createGroupScan(legs: number): GroupScan {
  const terms = Array.from({ length: legs }, (_, leg) => {
    return `slopes[i + ${leg}] * prices[markets[i + ${leg}]]`;
  });
  const body = `
    let doubts = doubtful[0];
    for (let pool = 0, i = 0; pool < constants.length; pool++, i += ${legs}) {
      const bound = constants[pool] + ${terms.join(" + ")};
      if (bound >= 0) continue;
      if (bound + gaps[pool] < 0) hits[count++] = pools[pool];
      else doubtful[++doubts] = pools[pool];
    }
    doubtful[0] = doubts;
    return count;`;
  const names = "constants slopes markets gaps pools prices hits doubtful count".split(" ");
  return new Function(...names, body) as GroupScan;
}

/** Value less maintenance margin of a leg at a price, in quote currency. */
function contribution(columns: FloatColumns, leg: number, price: number): number {
  const { starts, floors, rates, amounts } = columns.tiers;
  const value = (columns.quantity[leg] ?? 0) * price;
  const notional = Math.abs(value);
  let tier = starts[columns.legMarket[leg] ?? 0] ?? 0;
  while (notional >= (floors[tier + 1] ?? 0)) tier++;
  return value - (notional * (rates[tier] ?? 0) - (amounts[tier] ?? 0));
}

interface Chord {
  readonly constant: number;
  readonly slope: number;
  readonly gap: number;
}

/** The chord over the band, and how far the contribution rises above it: at a kink, as it is piecewise linear. */
function chordOf(columns: FloatColumns, leg: number, mark: number, band: Band): Chord {
  const low = mark * band.low;
  const high = mark * band.high;
  const atLow = contribution(columns, leg, low);
  const slope = (contribution(columns, leg, high) - atLow) / (high - low);
  const constant = atLow - slope * low;
  const { starts, floors } = columns.tiers;
  const size = Math.abs(columns.quantity[leg] ?? 0);
  let gap = 0;
  for (let tier = starts[columns.legMarket[leg] ?? 0] ?? 0; floors[tier] !== Infinity; tier++) {
    const kink = (floors[tier] ?? 0) / size;
    if (kink <= low || kink >= high) continue;
    gap = Math.max(gap, contribution(columns, leg, kink) - (constant + slope * kink));
  }
  return { constant, slope, gap };
}

/** All pools of `legs` legs, each with its bounds. */
export function createGroup(
  book: BenchBook,
  columns: FloatColumns,
  legs: number,
  band: Band,
): Group {
  const members: number[] = [];
  for (let pool = 0; pool < book.pools; pool++) {
    if ((book.poolStart[pool + 1] ?? 0) - (book.poolStart[pool] ?? 0) === legs) members.push(pool);
  }
  const group: Group = {
    constants: new Float64Array(members.length),
    slopes: new Float64Array(members.length * legs),
    markets: new Uint16Array(members.length * legs),
    gaps: new Float64Array(members.length),
    pools: Uint32Array.from(members),
    scan: createGroupScan(legs),
  };
  members.forEach((pool, row) => {
    const start = book.poolStart[pool] ?? 0;
    let constant = columns.collateral[pool] ?? 0;
    let gap = 0;
    let gross = Math.abs(constant);
    for (let leg = start; leg < start + legs; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const mark = (book.marks[market] ?? 0) / QUOTE_SCALE;
      const chord = chordOf(columns, leg, mark, band);
      const at = row * legs + leg - start;
      group.slopes[at] = chord.slope;
      group.markets[at] = market;
      constant += chord.constant - (columns.cost[leg] ?? 0);
      gap += chord.gap;
      gross += 4 * Math.abs((columns.quantity[leg] ?? 0) * mark) + Math.abs(columns.cost[leg] ?? 0);
    }
    group.constants[row] = constant - gross * GUARD;
    group.gaps[row] = gap + 2 * gross * GUARD;
  });
  return group;
}

/** Precomputed slopes in groups, doubtful pools by bracket search. */
export function createFloat64SlopesRival(book: BenchBook): Rival {
  const columns = floatColumns(book);
  const groups = Array.from({ length: MAX_LEGS }, (_, index) =>
    createGroup(book, columns, index + 1, NARROW),
  );
  const hits = new Uint32Array(book.pools);
  const doubtful = new Uint32Array(book.pools + 1);
  const current = new Float64Array(book.markets.length);
  return {
    name: "Float64Array, grouped slopes",
    exact: false,
    pools: book.pools,
    hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < current.length; market++) {
        const price = prices[market] as number;
        const share = price / (book.marks[market] as number);
        if (share < NARROW.low || share > NARROW.high) {
          throw new RangeError(`market ${market} left the band of the slopes: rebuild them`);
        }
        current[market] = price / QUOTE_SCALE;
      }
      doubtful[0] = 0;
      let count = 0;
      for (const { constants, slopes, markets, gaps, pools, scan } of groups) {
        count = scan(constants, slopes, markets, gaps, pools, current, hits, doubtful, count);
      }
      const doubts = doubtful[0] as number;
      for (let at = 1; at <= doubts; at++) {
        const pool = doubtful[at] as number;
        if (isUnderWater(columns, pool, current)) hits[count++] = pool;
      }
      return count;
    },
  };
}
