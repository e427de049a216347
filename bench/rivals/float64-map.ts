// Rival of the liquidation map: the same method in Float64Array columns. Each pool that holds the market is judged at its mark and at both
// ends; its clearance is concave in the price, so a pool that stands at an end stands all the way there, and one that does not is
// halved down to its first level. Notionals are summed in doubles. One pass over the legs, no objects, nothing allocated.
import { type BenchBook, QUOTE_SCALE } from "../book.ts";
import { type FloatColumns, floatColumns } from "./float64-search.ts";

/** Pools and notional by level; levels 0 .. below - 1 fall from the mark, the rest rise from it. */
export interface FloatMap {
  readonly scopes: Float64Array;
  readonly notional: Float64Array;
  readonly otherNotional: Float64Array;
}

interface Pool {
  /** Clearance without the legs of the market, and where those begin. */
  still: number;
  gross: number;
  quantity: number;
  tier: number;
}

/** Value less maintenance margin of the market's leg. */
function contribution(columns: FloatColumns, pool: Pool, price: number): number {
  const { floors, rates, amounts } = columns.tiers;
  const value = pool.quantity * price;
  const notional = Math.abs(value);
  let { tier } = pool;
  while (notional >= (floors[tier + 1] as number)) tier++;
  return value - (notional * (rates[tier] as number) - (amounts[tier] as number));
}

/** Fills `pool`; false where it does not hold the market. The bench's pools hold a market once. */
function readPool(
  columns: FloatColumns,
  at: number,
  market: number,
  marks: Float64Array,
  pool: Pool,
): boolean {
  const { poolStart, legMarket, quantity, cost, collateral, tiers } = columns;
  const first = poolStart[at] as number;
  const end = poolStart[at + 1] as number;
  let held = -1;
  for (let leg = first; leg < end; leg++) if (legMarket[leg] === market) held = leg;
  if (held < 0) return false;
  let still = (collateral[at] as number) - (cost[held] as number);
  let gross = 0;
  for (let leg = first; leg < end; leg++) {
    if (leg === held) continue;
    const other = legMarket[leg] as number;
    const value = (quantity[leg] as number) * (marks[other] as number);
    const notional = Math.abs(value);
    let tier = tiers.starts[other] as number;
    while (notional >= (tiers.floors[tier + 1] as number)) tier++;
    const margin = notional * (tiers.rates[tier] as number) - (tiers.amounts[tier] as number);
    still += value - margin - (cost[leg] as number);
    gross += notional;
  }
  pool.still = still;
  pool.gross = gross;
  pool.quantity = quantity[held] as number;
  pool.tier = tiers.starts[market] as number;
  return true;
}

/** A function that draws the map of a market over levels in price units. */
export function createFloatMap(book: BenchBook, market: number, below: number[], above: number[]) {
  const columns = floatColumns(book);
  const marks = book.marks.map((mark) => mark / QUOTE_SCALE);
  const prices = Float64Array.from([...below, ...above], (price) => price / QUOTE_SCALE);
  const map: FloatMap = {
    scopes: new Float64Array(prices.length),
    notional: new Float64Array(prices.length),
    otherNotional: new Float64Array(prices.length),
  };
  const pool: Pool = { still: 0, gross: 0, quantity: 0, tier: 0 };
  const side = (first: number, end: number): void => {
    const stands = (level: number): boolean =>
      pool.still + contribution(columns, pool, prices[level] as number) >= 0;
    if (first === end || stands(end - 1)) return;
    let safe = first - 1;
    let fallen = end - 1;
    while (fallen - safe > 1) {
      const middle = (safe + fallen) >> 1;
      if (stands(middle)) safe = middle;
      else fallen = middle;
    }
    const notional = Math.abs(pool.quantity) * (prices[fallen] as number);
    map.scopes[fallen] = (map.scopes[fallen] as number) + 1;
    if (pool.quantity > 0 === first < below.length) {
      map.notional[fallen] = (map.notional[fallen] as number) + notional;
    }
    map.otherNotional[fallen] = (map.otherNotional[fallen] as number) + pool.gross;
  };
  return (): FloatMap => {
    map.scopes.fill(0);
    map.notional.fill(0);
    map.otherNotional.fill(0);
    const mark = marks[market] as number;
    for (let at = 0; at < columns.collateral.length; at++) {
      if (!readPool(columns, at, market, marks, pool)) continue;
      if (pool.still + contribution(columns, pool, mark) < 0) continue;
      side(0, below.length);
      side(below.length, prices.length);
    }
    return map;
  };
}
