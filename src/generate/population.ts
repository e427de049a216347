// Draws accounts shaped on what is known of real venues: account values with quartiles near 279, 941 and
// 6,036 dollars and a tail past a million; effective leverage with median 0.43 and a tenth above 3.2; one to
// three positions for most, up to twelve for few; four positions in ten isolated; one account in ten hedged;
// markets by Zipf's law with the first two far ahead. Accounts come one at a time, so a book of any size
// streams, and the first n accounts of a larger book are the book of n accounts with the same seed.
import { RiskError } from "../errors.ts";
import type { AccountDefinition, PositionDefinition, PositionSide } from "../types.ts";
import {
  leverageCap,
  maintenanceOf,
  type PreparedMarket,
  prepareMarket,
  unitsText,
} from "./prepared-market.ts";
import {
  createRandom,
  cumulate,
  drawBell,
  drawFrom,
  drawIndex,
  drawLogQuantile,
  type LogQuantiles,
  type Random,
} from "./random.ts";
import type { PricedMarket } from "./standard-markets.ts";
import { withStops } from "./stops.ts";

/** What to generate. */
export interface GenerateOptions {
  /** How many accounts, 0 or more. */
  readonly accounts: number;
  /** Same seed and options, same book. */
  readonly seed: string | number;
  /** Most traded first. */
  readonly markets: readonly PricedMarket[];
  /** Share of scopes that are liquidatable at the marks, about; 0 to 1. Default 0.001. */
  readonly hitRate?: number;
  /** Share of accounts without positions. Default 0.03. */
  readonly idleShare?: number;
  /** Share of positions, and of cross pools, that have a stop. Default 0. The rest of the book does not depend on it. */
  readonly stopShare?: number;
}

/** Dollars: quartiles 279, 941, 6,036; p95 178,000; p99 1,670,000. */
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
/** Notional over account value: median 0.43, p90 3.2, p95 6.5. */
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
/** Weights of 1, 2, 3, ... positions of an account that has any; with hedges, 2.5 an account. */
const POSITION_COUNTS = [
  0.385, 0.24, 0.13, 0.08, 0.055, 0.04, 0.026, 0.022, 0.009, 0.006, 0.004, 0.003,
];
const CROSS_LEVERAGES = [2, 3, 5, 10, 10, 20, 20, 25, 50, 100];
const ISOLATED_LEVERAGES = [1, 1, 2, 2, 3, 3, 5, 5, 10, 20];
const AGGRESSIVE_LEVERAGES = [10, 20, 20, 25, 50, 50, 75, 100, 125];
const AGGRESSIVE_SHARE = 0.08;
const HEDGED_SHARE = 0.1;
const ISOLATED_SHARE = 0.4;
const LONG_SHARE = 0.55;
/** Isolated positions to which margin was added after the opening. */
const TOPPED_UP_SHARE = 0.4;
const DEFAULT_HIT_RATE = 0.001;
const DEFAULT_IDLE_SHARE = 0.03;
/** Attempts at a market not yet held before an account makes do with fewer positions. */
const MARKET_ATTEMPTS = 8;

/** A position while its scope is being worked out; money in the settle asset, as doubles. */
interface Draft {
  readonly market: PreparedMarket;
  readonly side: PositionSide;
  readonly isolated: boolean;
  readonly aggressive: boolean;
  /** Wished notional at the mark. */
  readonly wish: number;
}

interface Sized {
  readonly draft: Draft;
  readonly lots: number;
  readonly entryTicks: number;
  readonly leverage: number;
  readonly entryNotional: number;
  readonly profit: number;
  readonly maintenance: number;
  /** Maintenance margin and the fee to close. */
  readonly requirement: number;
}

/** Cents for dollars, hundred-millionths for coins. */
function moneyDecimals(market: PreparedMarket): number {
  return market.settlePrice > 100 ? 8 : 2;
}

/** Money as decimal text, rounded up; |value| stays far below 2^53 units. */
function moneyText(value: number, decimals: number): string {
  return unitsText(Math.ceil(value * 10 ** decimals), decimals);
}

function marketWeights(count: number): Float64Array {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights[0] = (weights[0] ?? 0) + total * 0.12;
  if (count > 1) weights[1] = (weights[1] ?? 0) + total * 0.08;
  return cumulate(weights);
}

/** Checks the options that are numbers. */
function checkOptions(options: GenerateOptions): void {
  const { accounts, hitRate = DEFAULT_HIT_RATE, idleShare = DEFAULT_IDLE_SHARE } = options;
  const { stopShare = 0 } = options;
  if (!Number.isSafeInteger(accounts) || accounts < 0) {
    throw new RiskError("BAD_VALUE", "the number of accounts must be a whole number, 0 or more", {
      path: "accounts",
      value: accounts,
    });
  }
  for (const [path, value] of [
    ["hitRate", hitRate],
    ["idleShare", idleShare],
    ["stopShare", stopShare],
  ] as const) {
    if (!(value >= 0 && value <= 1)) {
      throw new RiskError("OUT_OF_RANGE", "a share must lie between 0 and 1", { path, value });
    }
  }
  if (options.markets.length === 0) {
    throw new RiskError("BAD_VALUE", "at least one market is needed", { path: "markets" });
  }
}

/**
 * Generates accounts one at a time; pass them to a book document, a writer or an engine together with
 * the same markets and marks. Amounts are decimal strings that fit the markets' precisions; every
 * position respects its market's brackets.
 *
 * @throws RiskError BAD_VALUE or OUT_OF_RANGE for options that make no sense, before the first account.
 * @example
 * import { generateBook, standardMarkets } from "underkeel/generate";
 * const accounts = [...generateBook({ accounts: 3, seed: 7, markets: standardMarkets() })];
 * accounts.map((account) => account.id); // => ["a0000001", "a0000002", "a0000003"]
 */
export function generateBook(options: GenerateOptions): Generator<AccountDefinition, void> {
  checkOptions(options);
  const seed = String(options.seed);
  const markets = options.markets.map((market) => prepareMarket(market, seed));
  const accounts = drawAccounts(options, markets, createRandom(`book ${seed}`));
  const { stopShare = 0 } = options;
  if (stopShare === 0) return accounts;
  return drawStops(accounts, markets, createRandom(`stops ${seed}`), stopShare);
}

function* drawStops(
  accounts: Iterable<AccountDefinition>,
  markets: readonly PreparedMarket[],
  random: Random,
  share: number,
): Generator<AccountDefinition, void> {
  const bySymbol = new Map(markets.map((market) => [market.symbol, market]));
  for (const account of accounts) yield withStops(random, account, bySymbol, share);
}

function* drawAccounts(
  options: GenerateOptions,
  markets: readonly PreparedMarket[],
  random: Random,
): Generator<AccountDefinition, void> {
  const cumulative = marketWeights(markets.length);
  const counts = cumulate(POSITION_COUNTS);
  const { accounts, hitRate = DEFAULT_HIT_RATE, idleShare = DEFAULT_IDLE_SHARE } = options;
  for (let index = 1; index <= accounts; index++) {
    const id = `a${String(index).padStart(7, "0")}`;
    const value = drawLogQuantile(random, ACCOUNT_VALUE);
    const hedged = random.next() < HEDGED_SHARE;
    const idle = random.next() < idleShare;
    const wanted = idle ? 0 : 1 + drawIndex(random, counts);
    const picked = pickMarkets(random, markets, cumulative, wanted, hedged);
    yield drawAccount(random, id, hedged, value, picked, markets, hitRate);
  }
}

interface Pick {
  readonly market: PreparedMarket;
  readonly side: PositionSide;
}

/** Markets and sides, none twice; a hedged account holds both sides of its first market. */
function pickMarkets(
  random: Random,
  markets: readonly PreparedMarket[],
  cumulative: Float64Array,
  wanted: number,
  hedged: boolean,
): Pick[] {
  const picked: Pick[] = [];
  for (let attempt = 0; picked.length < wanted && attempt < wanted + MARKET_ATTEMPTS; attempt++) {
    const market = markets[drawIndex(random, cumulative)];
    if (market === undefined) throw new RangeError("a drawn market is one of the list");
    const side = random.next() < LONG_SHARE ? "long" : "short";
    if (picked.some((pick) => pick.market === market)) continue;
    picked.push({ market, side });
    if (hedged && picked.length === 1) {
      picked.push({ market, side: side === "long" ? "short" : "long" });
    }
  }
  return picked;
}

function draftPositions(random: Random, value: number, picked: readonly Pick[]): Draft[] {
  const aggressive = random.next() < AGGRESSIVE_SHARE;
  const notional = value * drawLogQuantile(random, EFFECTIVE_LEVERAGE) * (aggressive ? 4 : 1);
  const weights = picked.map(() => 0.15 + random.next() * random.next());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return picked.map(({ market, side }, at) => ({
    market,
    side,
    isolated: random.next() < (aggressive ? 0.75 : ISOLATED_SHARE),
    aggressive,
    wish: (notional * (weights[at] ?? 0)) / total / market.settlePrice,
  }));
}

/** Turns a wish into whole lots and ticks with a legal leverage. `hit`: the entry is on the losing side. */
function sizePosition(random: Random, draft: Draft, hit: boolean, reach: number): Sized {
  const { market, side, isolated } = draft;
  const list = !isolated
    ? CROSS_LEVERAGES
    : draft.aggressive
      ? AGGRESSIVE_LEVERAGES
      : ISOLATED_LEVERAGES;
  const wishedLeverage = drawFrom(random, list);
  // How far the price went since the entry: further for the patient, who have less leverage.
  const spread = Math.min(
    0.12,
    (isolated ? 0.3 : 0.4) / Math.max(1, isolated ? wishedLeverage : reach),
  );
  const bell = drawBell(random) * spread;
  const loss = hit ? Math.abs(bell) + 0.002 : bell;
  const entry = market.mark * (side === "long" ? 1 + loss : 1 - loss);
  const entryTicks = Math.max(1, Math.round(entry / market.tickSize));
  const entryPrice = entryTicks * market.tickSize;
  const dearer = Math.max(entryPrice, market.mark) * market.lotSize;
  const lots = Math.max(
    1,
    Math.min(
      Math.round(draft.wish / (market.lotSize * market.mark)),
      Math.floor(market.maxNotional / dearer),
    ),
  );
  const leverage = Math.min(wishedLeverage, leverageCap(market, lots * dearer, isolated));
  const notional = lots * market.lotSize * market.mark;
  const entryNotional = lots * market.lotSize * entryPrice;
  const maintenance = maintenanceOf(market, notional);
  return {
    draft,
    lots,
    entryTicks,
    leverage,
    entryNotional,
    profit: side === "long" ? notional - entryNotional : entryNotional - notional,
    maintenance,
    requirement: maintenance + notional * market.takerRate,
  };
}

function toPosition(sized: Sized, isolatedMargin: string | null): PositionDefinition {
  const { market, side } = sized.draft;
  const { symbol } = market;
  const contracts = unitsText(sized.lots, market.amountDecimals);
  const entryPrice = unitsText(sized.entryTicks, market.tickDecimals);
  const leverage = String(sized.leverage);
  // Written out twice: spreading a common part took a third of a book's generation.
  if (isolatedMargin === null) {
    return { symbol, side, contracts, entryPrice, leverage, marginMode: "cross" };
  }
  const marginMode = "isolated";
  return { symbol, side, contracts, entryPrice, leverage, marginMode, isolatedMargin };
}

/** Margin of an isolated position: what the leverage asks at entry, often with some added since. */
function isolatedMarginOf(random: Random, sized: Sized, hit: boolean): number {
  const added = random.next() < TOPPED_UP_SHARE ? 2 * random.next() : 0;
  const initial = (sized.entryNotional / sized.leverage) * (1 + added);
  if (hit) return Math.min(initial, sized.maintenance * 0.97 * random.next() - sized.profit);
  return Math.max(initial, sized.requirement * (1.05 + random.next()) - sized.profit);
}

/** Wallet of a cross pool, so that its equity is what the account's value and the aim demand. */
function walletOf(random: Random, pool: readonly Sized[], value: number, hit: boolean): number {
  let profit = 0;
  let maintenance = 0;
  let requirement = 0;
  for (const sized of pool) {
    profit += sized.profit;
    maintenance += sized.maintenance;
    requirement += sized.requirement;
  }
  const equity = hit
    ? maintenance * (0.97 - 1.2 * random.next() * random.next())
    : Math.max(value, requirement * (1.05 + 2 * random.next()));
  return Math.max(0, equity - profit);
}

function drawAccount(
  random: Random,
  id: string,
  hedged: boolean,
  value: number,
  picked: readonly Pick[],
  markets: readonly PreparedMarket[],
  hitRate: number,
): AccountDefinition {
  const drafts = draftPositions(random, value, picked);
  const positions: PositionDefinition[] = [];
  const pools = new Map<PreparedMarket["settle"], Draft[]>();
  let isolatedValue = 0;
  for (const draft of drafts) {
    if (!draft.isolated) {
      const pool = pools.get(draft.market.settle);
      if (pool === undefined) pools.set(draft.market.settle, [draft]);
      else pool.push(draft);
      continue;
    }
    const hit = random.next() < hitRate;
    const sized = sizePosition(random, draft, hit, 1);
    const margin = isolatedMarginOf(random, sized, hit);
    isolatedValue += margin * draft.market.settlePrice;
    positions.push(toPosition(sized, moneyText(margin, moneyDecimals(draft.market))));
  }
  const balances: Record<string, string> = Object.create(null);
  const free = Math.max(value - isolatedValue, 0);
  for (const [settle, pool] of pools) {
    const hit = random.next() < hitRate;
    const { settlePrice } = pool[0]?.market ?? { settlePrice: 1 };
    const share = free / pools.size / settlePrice;
    const reach = pool.reduce((sum, draft) => sum + draft.wish, 0) / Math.max(share, 1e-9);
    const sized = pool.map((draft) => sizePosition(random, draft, hit, reach));
    for (const one of sized) positions.push(toPosition(one, null));
    const decimals = settlePrice > 100 ? 8 : 2;
    balances[settle] = moneyText(walletOf(random, sized, share, hit), decimals);
  }
  if (pools.size === 0) {
    const home = (picked[0]?.market ?? markets[0]) as PreparedMarket;
    balances[home.settle] = moneyText(free / home.settlePrice, moneyDecimals(home));
  }
  return { id, hedged, balances, positions };
}
