// The ticks suite's book: cross accounts of 1 to 8 positions on a tape's symbols at the tape's first prices, with the real brackets of each
// symbol where the bracket file is there and a standard contract's where not. Account values and effective leverages are those that
// the book generator takes from real venues (median leverage 0.43, a tenth above 3.2); one account in twelve trades at four times that.
import { existsSync, readFileSync } from "node:fs";
import { standardMarkets } from "../src/generate/index.ts";
import {
  createRandom,
  drawLogQuantile,
  type LogQuantiles,
  type Random,
} from "../src/generate/random.ts";
import type { BracketTable } from "../src/model.ts";
import { type BracketFile, deriveTable, readBracketCsv } from "../src/tiers/index.ts";
import type { LeverageTier } from "../src/types.ts";
import {
  type BenchBook,
  type BenchMarket,
  drawMarket,
  MAX_LEGS,
  MORE_LEGS,
  maintenanceEstimate,
  QUOTE_SCALE,
  zipfLadder,
} from "./book.ts";
import type { TickTape } from "./tick-tape.ts";

const BRACKETS = "brackets/binance_usdm_leverage_brackets_2026-05-03.csv";
/** Most traded first; others follow in the tape's order. */
const POPULAR = ["BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "HYPE", "SUI", "ADA", "LINK", "AVAX"];
const ACCOUNT_VALUE: LogQuantiles = [
  [0, 1],
  [0.05, 1.6],
  [0.25, 2.4456],
  [0.5, 2.9736],
  [0.75, 3.7807],
  [0.95, 5.2504],
  [0.99, 6.2227],
  [1, 7.3],
];
const EFFECTIVE_LEVERAGE: LogQuantiles = [
  [0, -2],
  [0.25, -0.9],
  [0.5, -0.3665],
  [0.75, 0.11],
  [0.9, 0.5051],
  [0.95, 0.8129],
  [0.99, 1.3],
  [1, 1.85],
];
const AGGRESSIVE_SHARE = 0.08;
const AGGRESSION = 4;
const LONG_SHARE = 0.55;
/** Equity is at least so many times the maintenance margin, and up to 2 more. */
const LEAST_COVER = 1.05;

function readBrackets(): BracketFile {
  const path = `${process.env.UNDERKEEL_DATA ?? "../shared/data"}/${BRACKETS}`;
  return existsSync(path) ? readBracketCsv(readFileSync(path, "utf8")) : new Map();
}

/** Real tiers of the symbol, or those of the standard contract of its rank. */
function tiersOf(brackets: BracketFile, symbol: string, rank: number): readonly LeverageTier[] {
  const scaled = symbol.startsWith("k") ? `1000${symbol.slice(1)}` : symbol;
  const found = brackets.get(`${scaled}/USDT:USDT`);
  if (found !== undefined) return found;
  const standard = standardMarkets();
  const named = standard.find(({ definition }) => definition.symbol === `${symbol}/USDT:USDT`);
  const { definition } =
    named ?? (standard[Math.min(rank, standard.length - 1)] as typeof named & {});
  return definition.tiers;
}

/** A table over one million, as book-text.ts writes rates. */
function tableOf(tiers: readonly LeverageTier[], path: string): BracketTable {
  const options = { settleDecimals: 8, style: "marginal", closeFeeRate: 0, path } as const;
  return deriveTable(tiers, options).table;
}

/** Places of the symbols, most traded first. */
function byPopularity(symbols: readonly string[]): Uint16Array {
  const rankOf = (place: number): number => {
    const rank = POPULAR.indexOf(symbols[place] ?? "");
    return rank < 0 ? POPULAR.length + place : rank;
  };
  const places = symbols.map((_, place) => place);
  return Uint16Array.from(places.sort((a, b) => rankOf(a) - rankOf(b)));
}

function marketsOf(tape: TickTape, order: Uint16Array): BenchMarket[] {
  const brackets = readBrackets();
  const markets: BenchMarket[] = [];
  order.forEach((place, rank) => {
    const symbol = tape.symbols[place] ?? "";
    const price = (tape.first[place] ?? 0) / QUOTE_SCALE;
    const divisor = price >= 1000 ? 1000 : price >= 10 ? 100 : price >= 1 ? 10 : 1;
    markets[place] = { divisor, table: tableOf(tiersOf(brackets, symbol, rank), symbol) };
  });
  return markets;
}

/**
 * A book of `pools` cross accounts; the same tape, seed and size give the same book.
 *
 * @example
 * createTickBook(tape, 100_000, "bench").legs;
 */
export function createTickBook(tape: TickTape, pools: number, seed: string): BenchBook {
  const random = createRandom(`ticks ${seed}/${tape.name}/${pools}`);
  const order = byPopularity(tape.symbols);
  const most = Math.min(MAX_LEGS, tape.symbols.length);
  const poolStart = new Uint32Array(pools + 1);
  for (let pool = 0, at = 0; pool < pools; pool++) {
    at++;
    for (let more = 1; more < most && random.next() < MORE_LEGS; more++) at++;
    poolStart[pool + 1] = at;
  }
  const legs = poolStart[pools] ?? 0;
  const book: BenchBook = {
    variant: "calm",
    markets: marketsOf(tape, order),
    marks: tape.first,
    ticks: [],
    pools,
    legs,
    poolStart,
    collateral: new BigInt64Array(pools),
    legMarket: new Uint16Array(legs),
    quantity: new Float64Array(legs),
    entryPrice: new Float64Array(legs),
    cost: new BigInt64Array(legs),
  };
  const ladder = zipfLadder(tape.symbols.length);
  for (let pool = 0; pool < pools; pool++) fillPool(book, pool, random, ladder, order);
  return book;
}

function fillPool(
  book: BenchBook,
  pool: number,
  random: Random,
  ladder: Float64Array,
  order: Uint16Array,
): void {
  const value = drawLogQuantile(random, ACCOUNT_VALUE) * QUOTE_SCALE;
  const aggression = random.next() < AGGRESSIVE_SHARE ? AGGRESSION : 1;
  const wanted = value * drawLogQuantile(random, EFFECTIVE_LEVERAGE) * aggression;
  const first = book.poolStart[pool] ?? 0;
  const end = book.poolStart[pool + 1] ?? 0;
  let needed = 0;
  let profit = 0;
  for (let leg = first; leg < end; leg++) {
    let market = order[drawMarket(random, ladder)] ?? 0;
    while (book.legMarket.subarray(first, leg).includes(market)) {
      market = order[drawMarket(random, ladder)] ?? 0;
    }
    const { divisor, table } = book.markets[market] as BenchMarket;
    const mark = book.marks[market] ?? 0;
    const share = (0.1 + 1.8 * random.next()) / (end - first);
    const size = Math.max(1, Math.round((wanted * share * divisor) / mark));
    const quantity = random.next() < LONG_SHARE ? size : -size;
    const entry = Math.max(1, Math.round(mark * (1 + 0.2 * (random.next() - 0.5))));
    const atEntry = BigInt(quantity) * BigInt(entry);
    const floored = atEntry / BigInt(divisor);
    const cost = atEntry > 0n && atEntry % BigInt(divisor) !== 0n ? floored + 1n : floored;
    book.legMarket[leg] = market;
    book.quantity[leg] = quantity;
    book.entryPrice[leg] = entry;
    book.cost[leg] = cost;
    needed += maintenanceEstimate(table, (size * mark) / divisor);
    profit += (quantity * mark) / divisor - Number(cost);
  }
  const equity = Math.max(value, needed * (LEAST_COVER + 2 * random.next()));
  book.collateral[pool] = BigInt(Math.round(equity - profit));
}
