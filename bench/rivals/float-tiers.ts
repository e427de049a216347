// Bracket tables and prices in floating point, for the engines that compute in doubles: quote currency
// with the point where people put it, as such engines do.
import { type BenchMarket, QUOTE_SCALE } from "../book.ts";
import type { FloatTiers } from "./rival.ts";

/** The market's brackets in quote currency. */
export function floatTiers({ table }: BenchMarket): FloatTiers {
  const { brackets, rateDenominator } = table;
  return {
    floors: brackets.map(({ floor }) => Number(floor) / QUOTE_SCALE),
    rates: brackets.map(({ rate }) => rate / rateDenominator),
    amounts: brackets.map(
      ({ scaledAmount }) => Number(scaledAmount) / rateDenominator / QUOTE_SCALE,
    ),
  };
}

/** All markets' brackets as flat columns: market m owns rows starts[m] .. starts[m + 1]. */
export interface FlatTiers {
  readonly starts: Uint32Array;
  readonly floors: Float64Array;
  readonly rates: Float64Array;
  readonly amounts: Float64Array;
}

/** Flattens the tables; each market's rows end with a floor of Infinity that stops the search. */
export function flatTiers(markets: readonly BenchMarket[]): FlatTiers {
  const tables = markets.map(floatTiers);
  const starts = new Uint32Array(markets.length + 1);
  tables.forEach(({ floors }, market) => {
    starts[market + 1] = (starts[market] ?? 0) + floors.length + 1;
  });
  const end = starts[markets.length] ?? 0;
  const flat: FlatTiers = {
    starts,
    floors: new Float64Array(end).fill(Number.POSITIVE_INFINITY),
    rates: new Float64Array(end),
    amounts: new Float64Array(end),
  };
  tables.forEach((table, market) => {
    const start = starts[market] ?? 0;
    flat.floors.set(table.floors, start);
    flat.rates.set(table.rates, start);
    flat.amounts.set(table.amounts, start);
  });
  return flat;
}
