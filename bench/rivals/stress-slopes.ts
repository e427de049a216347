// Rival of the stress suite: the grouped slopes of slope-groups.ts over a band of half to twice the marks, and the same sums over what is hit, in
// doubles: quantities by market and half, equities below zero. Everything a hit needs stands in the order of its
// group, so the sums stream as the scan does. Prices outside the band are NaN: the bound decides nothing and the pool is searched.
import { type BenchBook, MAX_LEGS, QUOTE_SCALE } from "../book.ts";
import { floatColumns, isUnderWater } from "./float64-search.ts";
import { type Band, createGroup, type Group, scanGroup } from "./slope-groups.ts";

const BAND: Band = { low: 0.5, high: 2 };

/** Sums of one scenario. */
export interface FloatStress {
  /** Pools by half. */
  readonly pools: Float64Array;
  /** Σ|quantity| by market, then by half: 2 · market + half. */
  readonly quantities: Float64Array;
  /** Σ max(0, −equity) in quote currency, by half. */
  readonly shortfalls: Float64Array;
}

export interface StressRival {
  readonly name: string;
  stress(prices: Float64Array): FloatStress;
}

interface StressGroup {
  readonly group: Group;
  readonly legs: number;
  /** Signed, consecutive by row. */
  readonly quantities: Float64Array;
  /** Collateral less costs. */
  readonly constants: Float64Array;
  readonly halves: Uint8Array;
  readonly rowOf: Uint32Array;
}

/** Precomputed slopes in groups; doubtful pools by bracket search. */
export function createStressRival(book: BenchBook): StressRival {
  const columns = floatColumns(book);
  const marks = book.marks.map((mark) => mark / QUOTE_SCALE);
  const rowOf = new Uint32Array(book.pools);
  const groups = Array.from({ length: MAX_LEGS }, (_, index): StressGroup => {
    const legs = index + 1;
    const group = createGroup(columns, marks, legs, BAND);
    const quantities = new Float64Array(group.pools.length * legs);
    const constants = new Float64Array(group.pools.length);
    group.pools.forEach((pool, row) => {
      rowOf[pool] = row;
      const start = book.poolStart[pool] as number;
      let constant = columns.collateral[pool] as number;
      for (let leg = 0; leg < legs; leg++) {
        quantities[row * legs + leg] = columns.quantity[start + leg] as number;
        constant -= columns.cost[start + leg] as number;
      }
      constants[row] = constant;
    });
    const halves = Uint8Array.from(group.pools, (pool) => pool & 1);
    return { group, legs, quantities, constants, halves, rowOf };
  });
  const hits = new Uint32Array(book.pools);
  const doubtful = new Uint32Array(book.pools);
  const verdicts = { hits, doubtful, certain: 0, doubts: 0 };
  const real = new Float64Array(book.markets.length);
  const banded = new Float64Array(book.markets.length);
  const sums: FloatStress = {
    pools: new Float64Array(2),
    quantities: new Float64Array(2 * book.markets.length),
    shortfalls: new Float64Array(2),
  };
  return {
    name: "Float64Array, grouped slopes and sums",
    stress(prices: Float64Array): FloatStress {
      for (let market = 0; market < real.length; market++) {
        const price = prices[market] as number;
        const share = price / (book.marks[market] as number);
        real[market] = price / QUOTE_SCALE;
        banded[market] =
          share >= BAND.low && share <= BAND.high ? (real[market] as number) : Number.NaN;
      }
      sums.pools.fill(0);
      sums.quantities.fill(0);
      sums.shortfalls.fill(0);
      for (const own of groups) {
        verdicts.certain = 0;
        verdicts.doubts = 0;
        scanGroup(own.group, banded, verdicts);
        let count = verdicts.certain;
        for (let at = 0; at < verdicts.doubts; at++) {
          const pool = doubtful[at] as number;
          if (isUnderWater(columns, pool, real)) hits[count++] = pool;
        }
        addHits(own, hits, count, real, sums);
      }
      return sums;
    },
  };
}

function addHits(
  own: StressGroup,
  hits: Uint32Array,
  count: number,
  prices: Float64Array,
  sums: FloatStress,
): void {
  const { group, legs, quantities, constants, halves, rowOf } = own;
  const { markets } = group;
  for (let at = 0; at < count; at++) {
    const row = rowOf[hits[at] as number] as number;
    const half = halves[row] as number;
    let equity = constants[row] as number;
    const end = (row + 1) * legs;
    for (let leg = row * legs; leg < end; leg++) {
      const market = markets[leg] as number;
      const quantity = quantities[leg] as number;
      const place = 2 * market + half;
      sums.quantities[place] = (sums.quantities[place] as number) + Math.abs(quantity);
      equity += quantity * (prices[market] as number);
    }
    sums.pools[half] = (sums.pools[half] as number) + 1;
    if (equity < 0) sums.shortfalls[half] = (sums.shortfalls[half] as number) - equity;
  }
}
