// Rival of the ticks suite: looks at every holder of the market that moved. The best that plain JavaScript does without triggers: legs in
// columns by market, each with its last contribution (value less maintenance margin), so that a tick adds the difference to the clearance
// of each holder and notices who changes sides. A bracket is searched from the one the leg was in last.
//
// What it gets wrong: it computes in doubles where the margin rules round each leg to quote units, and its sums drift by a rounding
// error a tick; pools within some units (1e-8) of zero may be judged the other way.
import { type BenchBook, QUOTE_SCALE } from "../book.ts";
import type { TickFeed } from "../tick-feeds.ts";
import { flatTiers } from "./float-tiers.ts";

interface Holders {
  readonly start: Uint32Array;
  readonly pool: Uint32Array;
  readonly quantity: Float64Array;
  readonly contribution: Float64Array;
  readonly bracket: Uint32Array;
}

/** Legs sorted by market. */
function holdersOf(book: BenchBook, firstBracket: Uint32Array): Holders {
  const start = new Uint32Array(book.markets.length + 1);
  for (const market of book.legMarket) start[market + 1] = (start[market + 1] ?? 0) + 1;
  for (let market = 0; market < book.markets.length; market++) {
    start[market + 1] = (start[market + 1] ?? 0) + (start[market] ?? 0);
  }
  const holders: Holders = {
    start,
    pool: new Uint32Array(book.legs),
    quantity: new Float64Array(book.legs),
    contribution: new Float64Array(book.legs),
    bracket: new Uint32Array(book.legs),
  };
  const next = start.slice();
  for (let pool = 0; pool < book.pools; pool++) {
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const place = next[market] ?? 0;
      next[market] = place + 1;
      holders.pool[place] = pool;
      holders.quantity[place] = (book.quantity[leg] ?? 0) / (book.markets[market]?.divisor ?? 1);
      holders.bracket[place] = firstBracket[market] ?? 0;
    }
  }
  return holders;
}

/** Clearance of each pool before any leg's value: collateral less entry notionals. */
function clearancesOf(book: BenchBook): Float64Array {
  return Float64Array.from(book.collateral, (collateral, pool) => {
    let units = collateral;
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) units -= book.cost[leg] ?? 0n;
    return Number(units) / QUOTE_SCALE;
  });
}

/** Every holder of the moved market, clearances kept up to date. */
export function createHoldersFeed(book: BenchBook): TickFeed {
  const tiers = flatTiers(book.markets);
  const { floors, rates, amounts } = tiers;
  const holders = holdersOf(book, tiers.starts);
  const { start, pool: poolOf, quantity, contribution, bracket } = holders;
  const clearance = clearancesOf(book);
  const under = new Uint8Array(book.pools);
  const fallen = new Uint32Array(book.pools);
  let count = 0;
  const move = (market: number, price: number): void => {
    const end = start[market + 1] as number;
    for (let at = start[market] as number; at < end; at++) {
      const value = (quantity[at] as number) * price;
      const notional = value < 0 ? -value : value;
      let tier = bracket[at] as number;
      while (notional >= (floors[tier + 1] as number)) tier++;
      while (notional < (floors[tier] as number)) tier--;
      bracket[at] = tier;
      const next = value - notional * (rates[tier] as number) + (amounts[tier] as number);
      const pool = poolOf[at] as number;
      const now = (clearance[pool] as number) + next - (contribution[at] as number);
      contribution[at] = next;
      clearance[pool] = now;
      if (now < 0) {
        if (under[pool] === 0) {
          under[pool] = 1;
          fallen[count++] = pool;
        }
      } else if (under[pool] === 1) under[pool] = 0;
    }
  };
  for (let market = 0; market < book.markets.length; market++) {
    move(market, (book.marks[market] ?? 0) / QUOTE_SCALE);
  }
  return {
    name: "every holder of the market, Float64Array",
    exact: false,
    fallen,
    fallenCount: () => count,
    close(pool): void {
      // Whatever is added to it, it does not fall again.
      clearance[pool] = Number.POSITIVE_INFINITY;
    },
    tick(markets, prices, from, length): void {
      count = 0;
      for (let row = from; row < from + length; row++) {
        move(markets[row] as number, (prices[row] as number) / QUOTE_SCALE);
      }
    },
  };
}
