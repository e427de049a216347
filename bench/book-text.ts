// The benchmark's book as the facade and the loaders take it: market definitions with decimal text, account ids, and the
// folder form on disk. Pools of one leg become isolated positions, the others cross accounts.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDecimal } from "../src/decimal.ts";
import type { LeverageTier, MarketDefinition } from "../src/types.ts";
import type { BenchBook, BenchMarket } from "./book.ts";

const DECIMALS = 8;
const RATE_DECIMALS = 6;
/** Stated by every isolated position of the files. */
export const ISOLATED_LEVERAGE = "2";
const LINES_PER_WRITE = 50_000;

/** The market's symbol by its number. */
export function symbolOf(market: number): string {
  return `M${market.toString().padStart(3, "0")}/USDT:USDT`;
}

/** The account's id by its pool's number. */
export function accountOf(pool: number): string {
  return `account-${pool.toString().padStart(7, "0")}`;
}

/** Decimals of the market's quantities: its divisor is 10 to that. */
export function amountDecimals({ divisor }: BenchMarket): number {
  return Math.round(Math.log10(divisor));
}

function leverageTiers({ table }: BenchMarket): LeverageTier[] {
  const { brackets } = table;
  return brackets.map(({ floor, rate }, tier) => {
    const next = brackets[tier + 1];
    return {
      minNotional: formatDecimal(floor, DECIMALS),
      maxNotional: next === undefined ? null : formatDecimal(next.floor, DECIMALS),
      maintenanceMarginRate: formatDecimal(rate, RATE_DECIMALS),
    };
  });
}

/** All markets as definitions, in the book's order. */
export function marketDefinitions(book: BenchBook): MarketDefinition[] {
  return book.markets.map((market, index) => ({
    symbol: symbolOf(index),
    settle: "USDT",
    precision: { amount: formatDecimal(1, amountDecimals(market)) },
    tiers: leverageTiers(market),
  }));
}

/** Is the pool one isolated position? */
export function isIsolated(book: BenchBook, pool: number): boolean {
  return (book.poolStart[pool + 1] ?? 0) - (book.poolStart[pool] ?? 0) === 1;
}

function positionLine(book: BenchBook, pool: number, leg: number): string {
  const market = book.legMarket[leg] ?? 0;
  const quantity = book.quantity[leg] ?? 0;
  const side = quantity > 0 ? "long" : "short";
  const digits = amountDecimals(book.markets[market] as BenchMarket);
  const contracts = formatDecimal(Math.abs(quantity), digits);
  const entry = formatDecimal(book.entryPrice[leg] ?? 0, DECIMALS);
  const start = `${accountOf(pool)},${symbolOf(market)},${side},${contracts},${entry}`;
  if (!isIsolated(book, pool)) return `${start},cross,,`;
  const collateral = book.collateral[pool] ?? 0n;
  const margin = formatDecimal(collateral > 0n ? collateral : 0n, DECIMALS);
  return `${start},isolated,${ISOLATED_LEVERAGE},${margin}`;
}

function writeLines(path: string, header: string, lines: Iterable<string>): void {
  writeFileSync(path, `${header}\n`);
  let batch: string[] = [];
  const flush = (): void => {
    if (batch.length > 0) writeFileSync(path, `${batch.join("\n")}\n`, { flag: "a" });
    batch = [];
  };
  for (const line of lines) {
    batch.push(line);
    if (batch.length === LINES_PER_WRITE) flush();
  }
  flush();
}

function* accountLines(book: BenchBook): Generator<string, void, undefined> {
  for (let pool = 0; pool < book.pools; pool++) {
    const wallet = isIsolated(book, pool) ? 0n : (book.collateral[pool] ?? 0n);
    yield `${accountOf(pool)},USDT,${formatDecimal(wallet, DECIMALS)}`;
  }
}

function* positionLines(book: BenchBook): Generator<string, void, undefined> {
  for (let pool = 0; pool < book.pools; pool++) {
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) yield positionLine(book, pool, leg);
  }
}

/** Writes the folder form. */
export function writeBookFolder(book: BenchBook, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const header = {
    profile: "default",
    assets: [{ code: "USDT", decimals: DECIMALS }],
    markets: marketDefinitions(book),
  };
  writeFileSync(join(folder, "markets.json"), JSON.stringify(header));
  const marks = Array.from(
    book.marks,
    (mark, market) => `${symbolOf(market)},${formatDecimal(mark, DECIMALS)}`,
  );
  writeLines(join(folder, "marks.csv"), "symbol,price", marks);
  writeLines(join(folder, "accounts.csv"), "account,asset,balance", accountLines(book));
  const columns = "account,symbol,side,contracts,entryPrice,marginMode,leverage,isolatedMargin";
  writeLines(join(folder, "positions.csv"), columns, positionLines(book));
}
