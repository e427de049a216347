// The fills suite's book and streams of trades: the scan suite's book with enough collateral that every ordinary trade is affordable, a
// leverage on every position, and batches of seeded trades on random accounts. Each batch has its mirror, the same trades taken back in
// reverse order, so that the book stays what it is however often it is timed.
import { createRandom, type Random } from "../src/generate/random.ts";
import { type FillBatch, RiskEngine } from "../src/index.ts";
import type { LeverageTier, MarketDefinition } from "../src/types.ts";
import { type BenchBook, createBook, QUOTE_SCALE } from "./book.ts";
import { accountOf, marketDefinitions } from "./book-text.ts";

/** Taker fee of every market, in units of 1e-8. */
export const FEE_RATE_E8 = 50_000;
/** Thousandths: the leverage of a position whose bracket allows it. */
const USUAL_LEVERAGE = 10_000;
const NEW_LEG_SHARE = 0.02;
const CLOSE_SHARE = 0.03;
const FLIP_SHARE = 0.05;
/** Times the account's gross notional: more than its collateral carries at any leverage it has. */
const BEYOND_MEANS = 100;
/** Legs an account may have at most in any engine: the book's eight and new ones. */
export const LEG_ROOM = 12;

/** A bracket's leverage cap in thousandths: half of what its rate would carry. */
export function leverageCap(rate: number): number {
  return Math.max(1_000, Math.floor(500_000_000 / rate / 1_000) * 1_000);
}

/** The book with leverages, and collateral for its trades. */
export interface FillBook extends BenchBook {
  /** Thousandths, by leg. */
  readonly leverage: Uint32Array;
  /** Size of all of a pool's positions at the marks, in quote units. */
  readonly gross: Float64Array;
}

/** Leverage of a position of this notional: the usual one, or a whole number under the cap. */
function leverageOf(book: BenchBook, leg: number): number {
  const market = book.markets[book.legMarket[leg] ?? 0];
  const cost = book.cost[leg] ?? 0n;
  const size = 2n * (cost < 0n ? -cost : cost);
  let rate = 1;
  for (const bracket of market?.table.brackets ?? [])
    if (bracket.floor <= size) rate = bracket.rate;
  return Math.min(USUAL_LEVERAGE, leverageCap(rate));
}

export function createFillBook(accounts: number, seed: string): FillBook {
  const book = createBook(accounts, "calm", seed);
  const leverage = new Uint32Array(book.legs);
  const gross = new Float64Array(book.pools);
  for (let pool = 0; pool < book.pools; pool++) {
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      leverage[leg] = leverageOf(book, leg);
      const divisor = book.markets[market]?.divisor ?? 1;
      gross[pool] =
        (gross[pool] ?? 0) +
        (Math.abs(book.quantity[leg] ?? 0) * (book.marks[market] ?? 0)) / divisor;
    }
    const more = BigInt(Math.round(4 * (gross[pool] ?? 0)));
    book.collateral[pool] = (book.collateral[pool] ?? 0n) + more;
  }
  return { ...book, leverage, gross };
}

function tiersOf(tiers: readonly LeverageTier[]): LeverageTier[] {
  return tiers.map((tier) => {
    const rate = Math.round(Number(tier.maintenanceMarginRate) * 1e6);
    return { ...tier, maxLeverage: leverageCap(rate) / 1_000 };
  });
}

/** Markets with caps and fees. */
function fillMarkets(book: BenchBook): MarketDefinition[] {
  return marketDefinitions(book).map((definition) => ({
    ...definition,
    taker: "0.0005",
    tiers: tiersOf(definition.tiers),
  }));
}

/** All pools as cross accounts whose handles are the pool numbers, markets by their numbers. */
export function createEngine(book: FillBook): RiskEngine {
  const sink = new RiskEngine().bulkSink();
  const asset = sink.addAsset({ code: "USDT", decimals: 8 });
  fillMarkets(book).forEach((definition, index) => {
    sink.setMark(sink.addMarket(definition), book.marks[index] ?? 0);
  });
  for (let pool = 0; pool < book.pools; pool++) {
    const account = sink.openAccount(accountOf(pool), false);
    sink.setBalance(account, asset, book.collateral[pool] ?? 0n);
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const [quantity, entry] = [book.quantity[leg] ?? 0, book.entryPrice[leg] ?? 0];
      sink.addPosition(account, market, quantity, entry, false, book.leverage[leg] ?? 0, 0);
    }
  }
  return sink.engine;
}

/** A batch and the one that takes it back. */
export interface MirroredBatch {
  readonly batch: Required<Pick<FillBatch, "leverages">> & FillBatch;
  readonly mirror: Required<Pick<FillBatch, "leverages">> & FillBatch;
}

function emptyBatch(fills: number): MirroredBatch["batch"] {
  return {
    accounts: new Uint32Array(fills),
    markets: new Uint16Array(fills),
    quantities: new Float64Array(fills),
    prices: new Float64Array(fills),
    leverages: new Uint32Array(fills),
    liquidity: "taker",
  };
}

function mirrorOf(batch: MirroredBatch["batch"]): MirroredBatch["batch"] {
  return {
    accounts: batch.accounts.slice().reverse(),
    markets: batch.markets.slice().reverse(),
    quantities: batch.quantities.map((quantity) => -quantity).reverse(),
    prices: batch.prices.slice().reverse(),
    leverages: batch.leverages.slice().reverse(),
    liquidity: "taker",
  };
}

/** A trade that the account cannot carry, in a market where it holds a position: whichever way it goes, what it opens is too much. */
function beyondMeans(book: FillBook, account: number, market: number, held: number): number {
  const divisor = book.markets[market]?.divisor ?? 1;
  const size = ((book.gross[account] ?? 0) * BEYOND_MEANS * divisor) / (book.marks[market] ?? 1);
  const most = Number.MAX_SAFE_INTEGER / 4;
  return Math.min(most, Math.abs(held) + Math.max(1, Math.round(size)));
}

/** One trade of an account. Leverage, in thousandths, where the trade or its mirror may open a position. */
interface Trade {
  readonly account: number;
  readonly market: number;
  readonly quantity: number;
  readonly leverage: number;
}

/** Draws the trades of one batch. */
class TradeSource {
  readonly #random: Random;
  readonly #book: FillBook;
  readonly #accounts: number;
  readonly #refused: number;
  /** Accounts that have opened a new position in this batch, and positions that were closed in it. */
  readonly #opened: Set<number> = new Set();
  readonly #closed: Set<number> = new Set();

  constructor(random: Random, book: FillBook, accounts: number, refused: number) {
    this.#random = random;
    this.#book = book;
    this.#accounts = accounts;
    this.#refused = refused;
  }

  next(): Trade {
    const random = this.#random;
    const { poolStart, legMarket, quantity, leverage } = this.#book;
    const account = Math.floor(random.next() * this.#accounts);
    const first = poolStart[account] ?? 0;
    const legs = (poolStart[account + 1] ?? 0) - first;
    const leg = first + Math.floor(random.next() * legs);
    const held = quantity[leg] ?? 0;
    if (this.#closed.has(leg)) return this.next();
    const market = legMarket[leg] ?? 0;
    if (random.next() < this.#refused) {
      const size = beyondMeans(this.#book, account, market, held);
      return { account, market, quantity: random.next() < 0.5 ? size : -size, leverage: 0 };
    }
    const share = random.next();
    if (share < NEW_LEG_SHARE) return this.#open(account, first, legs) ?? this.next();
    if (share < NEW_LEG_SHARE + CLOSE_SHARE) {
      this.#closed.add(leg);
      return { account, market, quantity: -held, leverage: leverage[leg] ?? 0 };
    }
    if (share < NEW_LEG_SHARE + CLOSE_SHARE + FLIP_SHARE) {
      return { account, market, quantity: -Math.ceil(held * 1.5), leverage: 0 };
    }
    const size = Math.max(1, Math.round(Math.abs(held) * 0.25 * random.next()));
    return { account, market, quantity: random.next() < 0.5 ? size : -size, leverage: 0 };
  }

  #open(account: number, first: number, legs: number): Trade | undefined {
    const { markets, marks, legMarket, gross } = this.#book;
    const market = Math.floor(this.#random.next() * markets.length);
    const taken = legMarket.subarray(first, first + legs).includes(market);
    if (taken || this.#opened.has(account)) return undefined;
    this.#opened.add(account);
    const wanted = (gross[account] ?? 0) * 0.05 * (markets[market]?.divisor ?? 1);
    const quantity = Math.max(1, Math.round(wanted / (marks[market] ?? 1)));
    return { account, market, quantity, leverage: 1_000 };
  }
}

/** Batches of trades on accounts 0 .. `accounts` - 1; `refused` is the share that asks for too much. */
export function createBatches(
  book: FillBook,
  accounts: number,
  fills: number,
  count: number,
  refused: number,
  seed: string,
): MirroredBatch[] {
  const random = createRandom(`${seed}/fills/${accounts}/${refused}`);
  return Array.from({ length: count }, () => {
    const batch = emptyBatch(fills);
    const source = new TradeSource(random, book, accounts, refused);
    for (let fill = 0; fill < fills; fill++) {
      const { account, market, quantity, leverage } = source.next();
      const price = (book.marks[market] ?? 0) * (1 + 0.002 * (random.next() - 0.5));
      batch.accounts[fill] = account;
      batch.markets[fill] = market;
      batch.quantities[fill] = quantity;
      batch.prices[fill] = Math.max(1, Math.round(price));
      batch.leverages[fill] = leverage;
    }
    return { batch, mirror: mirrorOf(batch) };
  });
}

/** Quote units to quote currency. */
export function toCurrency(units: number | bigint): number {
  return Number(units) / QUOTE_SCALE;
}
