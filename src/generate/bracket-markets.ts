// Markets from a bracket file. Such files hold tiers and nothing else, so contract terms and a plausible
// price are made up here, the same for a symbol and seed every time: known coins near their real prices,
// others anywhere in the range real prices take (0.000001 to about 124,000).
import { RiskError } from "../errors.ts";
import type { LeverageTier } from "../types.ts";
import { createRandom, tenToThe } from "./random.ts";
import type { PricedMarket } from "./standard-markets.ts";

const LOWEST_PRICE = 0.000_001;
const HIGHEST_PRICE = 124_000;
/** Decimals of every made-up market's prices. */
const PRICE_DECIMALS = 8;

/** Prices of October 2025, by popularity: a generated book trades the first ones most. */
const KNOWN_PRICES: readonly (readonly [base: string, price: number])[] = [
  ["BTC", 111_000],
  ["ETH", 3_900],
  ["SOL", 190],
  ["XRP", 2.5],
  ["BNB", 1_100],
  ["DOGE", 0.2],
  ["SUI", 2.6],
  ["HYPE", 40],
  ["ADA", 0.65],
  ["LINK", 18],
  ["AVAX", 20],
  ["PEPE", 0.000_007],
  ["LTC", 95],
  ["BCH", 520],
  ["TRX", 0.32],
  ["DOT", 3],
  ["UNI", 6.3],
  ["AAVE", 230],
  ["SHIB", 0.000_01],
  ["BONK", 0.000_015],
  ["NEAR", 2.3],
  ["TON", 2.2],
  ["APT", 3.4],
  ["ARB", 0.33],
  ["OP", 0.46],
  ["WIF", 0.55],
  ["ETC", 16],
  ["XLM", 0.33],
  ["HBAR", 0.18],
  ["FIL", 1.6],
  ["ATOM", 3.2],
  ["INJ", 9],
  ["APE", 0.4],
  ["FLOKI", 0.000_07],
];
const KNOWN_RANKS: ReadonlyMap<string, number> = new Map(
  KNOWN_PRICES.map(([base], rank) => [base, rank]),
);

interface SymbolParts {
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** How many coins one unit of the base stands for: 1000 in "1000PEPE". */
  readonly multiple: number;
  readonly coin: string;
}

function splitSymbol(symbol: string): SymbolParts | null {
  const match = /^([^/:]+)\/([^/:]+):([^/:-]+)(?:-[^/:]*)?$/.exec(symbol);
  const [, base, quote, settle] = match ?? [];
  if (base === undefined || quote === undefined || settle === undefined) return null;
  const scaled = /^(1000000|1000|1M)(?=[A-Z])(.+)$/.exec(base);
  const multiple = scaled === null ? 1 : scaled[1] === "1000" ? 1_000 : 1_000_000;
  return { base, quote, settle, multiple, coin: scaled?.[2] ?? base };
}

/** Price of one unit of the base in dollars. */
function dollarPrice(parts: SymbolParts, seed: string): number {
  const random = createRandom(`price ${parts.base} ${seed}`);
  const known = KNOWN_PRICES[KNOWN_RANKS.get(parts.coin) ?? -1];
  // Known coins within 3 % of their real price; the others from 0.000002 to 2,000, most of them cents.
  const price =
    known === undefined
      ? tenToThe(-5.7 + 9 * (0.55 * random.next() + 0.45 * random.next()))
      : known[1] * parts.multiple * (0.97 + 0.06 * random.next());
  return Math.min(Math.max(price, LOWEST_PRICE), HIGHEST_PRICE);
}

/** Digits before the point; negative for the zeros after it: 111000 -> 6, 0.2 -> 0, 0.007 -> -2. */
export function integerDigits(value: number): number {
  let digits = 0;
  let scaled = value;
  for (; scaled >= 1; digits++) scaled /= 10;
  for (; scaled < 0.1 && digits > -20; digits--) scaled *= 10;
  return digits;
}

/** Decimals that leave about seven significant digits, as venues quote average prices. */
export function quotedDecimals(price: number, limit: number): number {
  return Math.min(Math.max(7 - integerDigits(price), 0), limit);
}

/** "0.001" for 3. */
function stepText(decimals: number): string {
  return decimals === 0 ? "1" : `0.${"0".repeat(decimals - 1)}1`;
}

/** What a bracket file turned into, and what had to be left out. */
export interface BracketMarkets {
  readonly markets: PricedMarket[];
  /** Symbols that are not linear contracts `BASE/QUOTE:SETTLE`. */
  readonly skipped: string[];
}

/**
 * One priced market per linear contract of a bracket file (`{symbol: tiers[]}` as a Map), the most
 * traded first. The same symbols and seed give the same markets.
 *
 * @throws RiskError BAD_TIERS where no symbol is a linear contract.
 */
export function marketsFromBrackets(
  brackets: ReadonlyMap<string, readonly LeverageTier[]>,
  seed: string | number,
): BracketMarkets {
  const skipped: string[] = [];
  const ranked: { market: PricedMarket; rank: number }[] = [];
  for (const [symbol, tiers] of brackets) {
    const parts = splitSymbol(symbol);
    const inverse = parts !== null && parts.settle === parts.coin && parts.settle !== parts.quote;
    if (parts === null || inverse) skipped.push(symbol);
    else ranked.push(priceMarket(symbol, parts, tiers, String(seed)));
  }
  if (ranked.length === 0) {
    throw new RiskError("BAD_TIERS", "no linear contract among the brackets", {
      hint: 'symbols read like "BTC/USDT:USDT"',
    });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return { markets: ranked.map(({ market }) => market), skipped };
}

function priceMarket(
  symbol: string,
  parts: SymbolParts,
  tiers: readonly LeverageTier[],
  seed: string,
): { market: PricedMarket; rank: number } {
  let price = dollarPrice(parts, seed);
  const settlePrice = dollarPriceOf(parts.settle, seed);
  price = Math.min(Math.max(price / settlePrice, LOWEST_PRICE), HIGHEST_PRICE);
  const quoted = quotedDecimals(price, PRICE_DECIMALS);
  const amountDecimals = Math.min(Math.max(integerDigits(price * settlePrice) - 2, 0), 3);
  // USDT first, dated contracts and other settle assets behind their perpetual.
  const coinRank = KNOWN_RANKS.get(parts.coin) ?? KNOWN_RANKS.size + (hashRank(symbol, seed) % 1e6);
  const aside = (parts.settle === "USDT" ? 0 : 12.5) + (symbol.includes("-") ? 40.25 : 0);
  const market: PricedMarket = {
    definition: {
      symbol,
      settle: parts.settle,
      linear: true,
      contractSize: "1",
      precision: { amount: stepText(amountDecimals) },
      priceDecimals: PRICE_DECIMALS,
      taker: "0.0005",
      tiers,
    },
    mark: price.toFixed(quoted),
  };
  return { market, rank: coinRank + aside };
}

function hashRank(symbol: string, seed: string): number {
  return Math.floor(createRandom(`rank ${symbol} ${seed}`).next() * 1e6);
}

/** Dollars for one unit of a settle asset: 1 unless it is a known coin. */
export function dollarPriceOf(asset: string, seed: string): number {
  if (!KNOWN_RANKS.has(asset)) return 1;
  return dollarPrice({ base: asset, quote: "USD", settle: "USD", multiple: 1, coin: asset }, seed);
}
