// Rival: structure of arrays in Float64Array, a bracket search per leg at every scan. The usual fast way
// to write this in JavaScript: no objects, one pass in memory order.
import { type BenchBook, QUOTE_SCALE } from "../book.ts";
import { type FlatTiers, flatTiers } from "./float-tiers.ts";
import type { Rival } from "./rival.ts";

/** The book's numbers in quote currency as columns. */
export interface FloatColumns {
  readonly poolStart: Uint32Array;
  readonly collateral: Float64Array;
  readonly legMarket: Uint16Array;
  readonly quantity: Float64Array;
  readonly cost: Float64Array;
  readonly tiers: FlatTiers;
}

/** Converts the book's integers to doubles in quote currency. */
export function floatColumns(book: BenchBook): FloatColumns {
  const divisors = Float64Array.from(book.markets, ({ divisor }) => divisor);
  return {
    poolStart: book.poolStart,
    collateral: Float64Array.from(book.collateral, (units) => Number(units) / QUOTE_SCALE),
    legMarket: book.legMarket,
    quantity: book.quantity.map((units, leg) => units / (divisors[book.legMarket[leg] ?? 0] ?? 1)),
    cost: Float64Array.from(book.cost, (units) => Number(units) / QUOTE_SCALE),
    tiers: flatTiers(book.markets),
  };
}

/** One pool judged by bracket search. */
export function isUnderWater(columns: FloatColumns, pool: number, prices: Float64Array): boolean {
  const { poolStart, legMarket, quantity, cost, tiers } = columns;
  const { starts, floors, rates, amounts } = tiers;
  let clearance = columns.collateral[pool] as number;
  let maintenance = 0;
  const end = poolStart[pool + 1] as number;
  for (let leg = poolStart[pool] as number; leg < end; leg++) {
    const market = legMarket[leg] as number;
    const value = (quantity[leg] as number) * (prices[market] as number);
    const notional = Math.abs(value);
    let tier = starts[market] as number;
    while (notional >= (floors[tier + 1] as number)) tier++;
    maintenance += notional * (rates[tier] as number) - (amounts[tier] as number);
    clearance += value - (cost[leg] as number);
  }
  return maintenance > 0 && clearance < maintenance;
}

/** Columns with bracket search. Inexact: doubles, no rounding to quote units. */
export function createFloat64SearchRival(book: BenchBook): Rival {
  const columns = floatColumns(book);
  const hits = new Uint32Array(book.pools);
  const current = new Float64Array(book.markets.length);
  return {
    name: "Float64Array, bracket search",
    exact: false,
    pools: book.pools,
    hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < current.length; market++) {
        current[market] = (prices[market] as number) / QUOTE_SCALE;
      }
      let count = 0;
      for (let pool = 0; pool < columns.collateral.length; pool++) {
        if (isUnderWater(columns, pool, current)) hits[count++] = pool;
      }
      return count;
    },
  };
}
