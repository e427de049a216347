// A liquidation map in the shape in which CoinGlass's public API returns one, for charts and scripts that read it already:
// GET /api/futures/liquidation/aggregated-map of https://docs.coinglass.com/reference/liquidation-aggregated-map.
import type { LiquidationMap } from "./liquidation-map.ts";

/** Price, liquidation level (the notional liquidated there), leverage and one more: null, as in CoinGlass's own aggregate. */
export type CoinglassLevel = readonly [number, number, null, null];

/** Levels by their price as text. */
export interface CoinglassMap {
  readonly code: "0";
  readonly msg: "success";
  readonly data: { readonly data: Readonly<Record<string, readonly CoinglassLevel[]>> };
}

/**
 * The levels that hold any notional as CoinGlass writes them. Its numbers are JSON numbers: notionals are rounded to doubles here. Theirs
 * are modelled from public data and assumed leverages; ours are counted, so there is no leverage to state.
 *
 * @example
 * const sums = { scopes: 3, notional: "1579370.77", otherNotional: "0" };
 * const level = { price: "48935", side: "long", ...sums, cumulative: sums };
 * toCoinglassMap({ levels: [level] }).data.data["48935"]; // => [[48935, 1579370.77, null, null]]
 */
export function toCoinglassMap(map: Pick<LiquidationMap, "levels">): CoinglassMap {
  const data: Record<string, readonly CoinglassLevel[]> = Object.create(null);
  for (const { price, notional } of map.levels) {
    if (Number(notional) > 0) data[price] = [[Number(price), Number(notional), null, null]];
  }
  return { code: "0", msg: "success", data: { data } };
}
