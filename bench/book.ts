// The benchmark's book: seeded, synthetic, in plain columns that no engine owns. 716 linear markets with
// brackets shaped like a large venue's (4 to 10 tiers, marginal, continuous), market popularity by Zipf's
// law, heavy-tailed sizes, 1 to 8 legs a pool. `calm` has fewer than 0.1 % of its pools under water,
// `stressed` about a fifth. Every engine is filled from the same columns and sees the same prices.
import { createRandom, type Random, tenToThe } from "../src/generate/random.ts";
import type { BracketTable } from "../src/model.ts";

export type BookVariant = "calm" | "stressed";

/** A linear market: notional in quote units (1e-8) = |quantity| * price / divisor. */
export interface BenchMarket {
  /** 10^amountDecimals; prices and amounts both have 8 decimals. */
  readonly divisor: number;
  readonly table: BracketTable;
}

/** Pools and legs as columns; the legs of pool i are poolStart[i] .. poolStart[i + 1]. */
export interface BenchBook {
  readonly variant: BookVariant;
  readonly markets: readonly BenchMarket[];
  /** Price units (1e-8) when the book is loaded. */
  readonly marks: Float64Array;
  /** Price vectors that scans cycle through: small random moves around the marks. */
  readonly ticks: readonly Float64Array[];
  readonly pools: number;
  readonly legs: number;
  readonly poolStart: Uint32Array;
  readonly collateral: BigInt64Array;
  readonly legMarket: Uint16Array;
  /** Signed integer quantity units. */
  readonly quantity: Float64Array;
  /** Price units. */
  readonly entryPrice: Float64Array;
  /** Signed entry notional in quote units, rounded up. */
  readonly cost: BigInt64Array;
}

/** One quote unit is 1e-8. */
export const QUOTE_SCALE = 100_000_000;
export const MARKET_COUNT = 716;
export const MAX_LEGS = 8;
const TICKS = 8;
/** Chance that a pool gets one leg more: 2.5 legs on average with the cut at 8. */
export const MORE_LEGS = 0.615;
const HIT_SHARE: Readonly<Record<BookVariant, number>> = { calm: 0.0002, stressed: 0.2 };
const RATE_DENOMINATOR = 1_000_000;
const FIRST_RATES = [4_000, 5_000, 10_000, 15_000, 20_000] as const;
const FIRST_CAPS = [300_000, 100_000, 50_000, 10_000, 5_000] as const;
const RATE_STEPS = [1.25, 1.5, 2] as const;
const CAP_STEPS = [2, 2.5, 4, 5] as const;

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random.next() * choices.length)] as T;
}

/** Normal-like, by the sum of six uniforms: mean 0, variance 1, cut at 4.2. */
function bell(random: Random): number {
  let sum = -3;
  for (let draw = 0; draw < 6; draw++) sum += random.next();
  return sum * Math.SQRT2;
}

/** 4 to 10 tiers; the more popular the market, the wider and the lower. */
function createTable(random: Random, rank: number): BracketTable {
  const kind = Math.min(4, Math.floor(Math.log2(1 + rank / 4)));
  const tiers = 4 + Math.floor(random.next() * 7);
  let rate: number = FIRST_RATES[kind] ?? 20_000;
  let floor = 0;
  let cap: number = FIRST_CAPS[kind] ?? 5_000;
  let scaledAmount = 0n;
  let previousRate = rate;
  const brackets: BracketTable["brackets"][number][] = [];
  for (let tier = 0; tier < tiers; tier++) {
    const floorUnits = BigInt(floor) * BigInt(QUOTE_SCALE);
    scaledAmount += floorUnits * BigInt(rate - previousRate);
    brackets.push({
      floor: floorUnits,
      rate,
      scaledAmount,
      initialRate: Math.min(1_000_000, 2 * rate),
    });
    previousRate = rate;
    floor = cap;
    cap = Math.round((cap * pick(random, CAP_STEPS)) / 1000) * 1000;
    rate = Math.min(500_000, Math.round((rate * pick(random, RATE_STEPS)) / 100) * 100);
  }
  return {
    style: "marginal",
    haircut: false,
    rateDenominator: RATE_DENOMINATOR,
    closeFeeRate: 0,
    brackets,
  };
}

/** The maintenance margin of a notional, in floating point: good enough to place collateral. */
export function maintenanceEstimate(table: BracketTable, notional: number): number {
  let most = 0;
  for (const { rate, scaledAmount } of table.brackets) {
    most = Math.max(most, (notional * rate - Number(scaledAmount)) / RATE_DENOMINATOR);
  }
  return most;
}

function createMarkets(random: Random): { markets: BenchMarket[]; marks: Float64Array } {
  const marks = new Float64Array(MARKET_COUNT);
  const markets: BenchMarket[] = [];
  for (let rank = 0; rank < MARKET_COUNT; rank++) {
    const price = rank < 3 ? tenToThe(5 - rank * 1.3) : tenToThe(6 * random.next() - 3.5);
    marks[rank] = Math.round(price * QUOTE_SCALE);
    const divisor = price >= 1000 ? 1000 : price >= 10 ? 100 : price >= 1 ? 10 : 1;
    markets.push({ divisor, table: createTable(random, rank) });
  }
  return { markets, marks };
}

/** Cumulative Zipf weights for drawing markets. */
export function zipfLadder(markets: number): Float64Array {
  const ladder = new Float64Array(markets);
  let total = 0;
  for (let rank = 0; rank < markets; rank++) ladder[rank] = total += 1 / (rank + 1);
  return ladder.map((weight) => weight / total);
}

export function drawMarket(random: Random, ladder: Float64Array): number {
  const share = random.next();
  let low = 0;
  let high = ladder.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ladder[middle] ?? 1) < share) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A market that the pool has no leg in yet. */
function drawFreshMarket(
  book: BenchBook,
  leg: number,
  first: number,
  random: Random,
  ladder: Float64Array,
): number {
  for (;;) {
    const market = drawMarket(random, ladder);
    if (!book.legMarket.subarray(first, leg).includes(market)) return market;
  }
}

function createTicks(random: Random, marks: Float64Array): Float64Array[] {
  return Array.from({ length: TICKS }, () => {
    const common = 0.002 * (random.next() - 0.5);
    return marks.map((mark) =>
      Math.max(1, Math.round(mark * (1 + common + 0.004 * (random.next() - 0.5)))),
    );
  });
}

/** Clearance over gross notional: under water by 0.1 to 5 %, or sound with a thin tail towards zero. */
function drawHealth(random: Random, hitShare: number): number {
  if (random.next() < hitShare) return -0.001 - 0.05 * random.next();
  const share = random.next();
  return 0.3 * (share / (1 - share)) ** 0.6 + 0.0001;
}

/**
 * A book of `pools` pools; the same seed and size give the same book.
 *
 * @example
 * createBook(10_000, "calm", "bench").legs;
 */
export function createBook(pools: number, variant: BookVariant, seed: string): BenchBook {
  const random = createRandom(`${seed}/${pools}`);
  const { markets, marks } = createMarkets(random);
  const ladder = zipfLadder(MARKET_COUNT);
  const poolStart = new Uint32Array(pools + 1);
  for (let pool = 0, at = 0; pool < pools; pool++) {
    at++;
    for (let more = 1; more < MAX_LEGS && random.next() < MORE_LEGS; more++) at++;
    poolStart[pool + 1] = at;
  }
  const legs = poolStart[pools] ?? 0;
  const book: BenchBook = {
    variant,
    markets,
    marks,
    ticks: createTicks(random, marks),
    pools,
    legs,
    poolStart,
    collateral: new BigInt64Array(pools),
    legMarket: new Uint16Array(legs),
    quantity: new Float64Array(legs),
    entryPrice: new Float64Array(legs),
    cost: new BigInt64Array(legs),
  };
  for (let pool = 0; pool < pools; pool++) fillPool(book, pool, random, ladder);
  return book;
}

/** Draws a pool's legs, then sets its collateral so that its clearance is the drawn share of its gross notional. */
function fillPool(book: BenchBook, pool: number, random: Random, ladder: Float64Array): void {
  const scale = tenToThe(2.7 + 1.3 * Math.min(3, bell(random)));
  let gross = 0;
  let needed = 0;
  const end = book.poolStart[pool + 1] ?? 0;
  const first = book.poolStart[pool] ?? 0;
  for (let leg = first; leg < end; leg++) {
    const market = drawFreshMarket(book, leg, first, random, ladder);
    const { divisor, table } = book.markets[market] as BenchMarket;
    const mark = book.marks[market] ?? 0;
    const wanted = scale * (0.1 + 1.8 * random.next()) * QUOTE_SCALE;
    const size = Math.max(1, Math.round((wanted * divisor) / mark));
    const quantity = random.next() < 0.6 ? size : -size;
    const entry = Math.max(1, Math.round(mark * (1 + 0.2 * (random.next() - 0.5))));
    const atEntry = BigInt(quantity) * BigInt(entry);
    const cost =
      -(-atEntry / BigInt(divisor)) + (atEntry > 0n && atEntry % BigInt(divisor) ? 1n : 0n);
    book.legMarket[leg] = market;
    book.quantity[leg] = quantity;
    book.entryPrice[leg] = entry;
    book.cost[leg] = cost;
    const notional = (size * mark) / divisor;
    gross += notional;
    needed += maintenanceEstimate(table, notional) - ((quantity * mark) / divisor - Number(cost));
  }
  const health = drawHealth(random, HIT_SHARE[book.variant]);
  book.collateral[pool] = BigInt(Math.round(needed + health * gross));
}
