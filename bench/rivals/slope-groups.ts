// The kernel's own idea written in JavaScript as well as we can, for the suites and for the book page, which races it in a browser. Per leg the
// chord of its concave contribution over a band of prices around the marks, so that `constant + Σ slope * price` is a lower bound of
// the pool's clearance; pools grouped by leg count and the loop written out for each count up to eight (the
// fastest among row, column, record and plain loops). A second number per pool, the largest distance between
// bound and truth inside the band, proves most pools under water too; only the rest is judged by bracket search.
//
// What it gets wrong: it computes in doubles where the margin rules round each leg to quote units, so a pool
// within a few units (1e-8) of zero may be judged the other way; GUARD keeps errors of its bounds out.
import { type FloatColumns, isUnderWater } from "./float64-search.ts";

/** Chords span the marks times `low` to `high`. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** Relative to gross notional and collateral: doubles err by less than 1e-14 of it here. */
const GUARD = 1e-12;

/** Pools of one leg count. */
export interface Group {
  readonly legs: number;
  readonly constants: Float64Array;
  /** legs consecutive slopes a pool, against the price in quote currency. */
  readonly slopes: Float64Array;
  readonly markets: Uint16Array;
  readonly gaps: Float64Array;
  readonly pools: Uint32Array;
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

/** All pools of `legs` legs, each with its bounds. `marks` in quote currency, by market. */
export function createGroup(
  columns: FloatColumns,
  marks: Float64Array,
  legs: number,
  band: Band,
): Group {
  const { poolStart } = columns;
  const members: number[] = [];
  for (let pool = 0; pool < columns.collateral.length; pool++) {
    if ((poolStart[pool + 1] ?? 0) - (poolStart[pool] ?? 0) === legs) members.push(pool);
  }
  const group: Group = {
    legs,
    constants: new Float64Array(members.length),
    slopes: new Float64Array(members.length * legs),
    markets: new Uint16Array(members.length * legs),
    gaps: new Float64Array(members.length),
    pools: Uint32Array.from(members),
  };
  members.forEach((pool, row) => {
    const start = poolStart[pool] ?? 0;
    let constant = columns.collateral[pool] ?? 0;
    let gap = 0;
    let gross = Math.abs(constant);
    for (let leg = start; leg < start + legs; leg++) {
      const market = columns.legMarket[leg] ?? 0;
      const mark = marks[market] ?? 0;
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

/** Where a scan writes: certain pools from hits[0], doubtful ones from doubtful[0]. */
export interface Verdicts {
  readonly hits: Uint32Array;
  readonly doubtful: Uint32Array;
  certain: number;
  doubts: number;
}

function note(group: Group, row: number, bound: number, verdicts: Verdicts): void {
  const pool = group.pools[row] as number;
  if (bound + (group.gaps[row] as number) < 0) verdicts.hits[verdicts.certain++] = pool;
  else verdicts.doubtful[verdicts.doubts++] = pool;
}

/** Written so that NaN is doubted: a price outside the band is given as NaN. */
type GroupScan = (group: Group, prices: Float64Array, verdicts: Verdicts) => void;

function scan1(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 1) {
    const bound =
      (constants[row] as number) + (slopes[i] as number) * (prices[markets[i] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan2(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 2) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan3(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 3) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan4(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 4) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number) +
      (slopes[i + 3] as number) * (prices[markets[i + 3] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan5(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 5) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number) +
      (slopes[i + 3] as number) * (prices[markets[i + 3] as number] as number) +
      (slopes[i + 4] as number) * (prices[markets[i + 4] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan6(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 6) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number) +
      (slopes[i + 3] as number) * (prices[markets[i + 3] as number] as number) +
      (slopes[i + 4] as number) * (prices[markets[i + 4] as number] as number) +
      (slopes[i + 5] as number) * (prices[markets[i + 5] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan7(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 7) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number) +
      (slopes[i + 3] as number) * (prices[markets[i + 3] as number] as number) +
      (slopes[i + 4] as number) * (prices[markets[i + 4] as number] as number) +
      (slopes[i + 5] as number) * (prices[markets[i + 5] as number] as number) +
      (slopes[i + 6] as number) * (prices[markets[i + 6] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scan8(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets } = group;
  for (let row = 0, i = 0; row < constants.length; row++, i += 8) {
    const bound =
      (constants[row] as number) +
      (slopes[i] as number) * (prices[markets[i] as number] as number) +
      (slopes[i + 1] as number) * (prices[markets[i + 1] as number] as number) +
      (slopes[i + 2] as number) * (prices[markets[i + 2] as number] as number) +
      (slopes[i + 3] as number) * (prices[markets[i + 3] as number] as number) +
      (slopes[i + 4] as number) * (prices[markets[i + 4] as number] as number) +
      (slopes[i + 5] as number) * (prices[markets[i + 5] as number] as number) +
      (slopes[i + 6] as number) * (prices[markets[i + 6] as number] as number) +
      (slopes[i + 7] as number) * (prices[markets[i + 7] as number] as number);
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

function scanMany(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  const { constants, slopes, markets, legs } = group;
  for (let row = 0, i = 0; row < constants.length; row++) {
    let bound = constants[row] as number;
    for (const end = i + legs; i < end; i++) {
      bound += (slopes[i] as number) * (prices[markets[i] as number] as number);
    }
    if (!(bound >= 0)) note(group, row, bound, verdicts);
  }
}

const SCANS: readonly GroupScan[] = [scan1, scan2, scan3, scan4, scan5, scan6, scan7, scan8];

/** Runs the scan of the group's leg count. */
export function scanGroup(group: Group, prices: Float64Array, verdicts: Verdicts): void {
  (SCANS[group.legs - 1] ?? scanMany)(group, prices, verdicts);
}

/** Precomputed slopes in groups, doubtful pools by bracket search. */
export class SlopeScanner {
  readonly #columns: FloatColumns;
  readonly #groups: readonly Group[];
  readonly #verdicts: Verdicts;
  /** The pools under water after {@link scan}, as many as it returned. */
  readonly hits: Uint32Array;

  /** @param marks in quote currency, by market; @param mostLegs of any pool */
  constructor(columns: FloatColumns, marks: Float64Array, mostLegs: number, band: Band) {
    this.#columns = columns;
    this.#groups = Array.from({ length: mostLegs }, (_, index) =>
      createGroup(columns, marks, index + 1, band),
    ).filter(({ pools }) => pools.length > 0);
    const pools = columns.collateral.length;
    this.hits = new Uint32Array(pools);
    this.#verdicts = {
      hits: this.hits,
      doubtful: new Uint32Array(pools),
      certain: 0,
      doubts: 0,
    };
  }

  /** Prices in quote currency within the band; returns how many pools are under water. */
  scan(prices: Float64Array): number {
    const verdicts = this.#verdicts;
    verdicts.certain = 0;
    verdicts.doubts = 0;
    for (const group of this.#groups) scanGroup(group, prices, verdicts);
    let count = verdicts.certain;
    for (let at = 0; at < verdicts.doubts; at++) {
      const pool = verdicts.doubtful[at] as number;
      if (isUnderWater(this.#columns, pool, prices)) this.hits[count++] = pool;
    }
    return count;
  }
}
