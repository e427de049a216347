// Tapes from disk for the commands that read them, and the options that say which market of a book a tape's symbol is.
import { basename } from "node:path";
import { fileBytes } from "../book/files.ts";
import { formatDecimal } from "../decimal.ts";
import type { PricedMarket } from "../generate/index.ts";
import { SymbolMap, surveyTapes, type TapeSource } from "../tape/index.ts";
import { UsageError } from "./command.ts";

/** Nothing is opened before its bytes are asked for. */
export function tapeFiles(paths: readonly string[]): TapeSource[] {
  return paths.map((path) => {
    if (path === "-")
      throw new UsageError("a tape is read twice and cannot come from standard input");
    return { name: basename(path), bytes: () => fileBytes(path) };
  });
}

/** "BTC=BTC/USDT:USDT", repeated; "auto" stands for what is done anyway. @throws UsageError */
export function readSymbolMap(texts: readonly string[]): Map<string, string> {
  const stated = new Map<string, string>();
  for (const text of texts) {
    if (text === "auto") continue;
    const at = text.indexOf("=");
    const [name, market] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (name === "" || market === "") {
      throw new UsageError(`--symbol-map takes NAME=MARKET or auto (got "${text}")`);
    }
    if (stated.has(name)) throw new UsageError(`--symbol-map names ${name} twice`);
    stated.set(name, market);
  }
  return stated;
}

const PRICE_DECIMALS = 8;

/** The markets that a tape has prices of, at its first ones; of several that a symbol can mean the first. */
export async function marketsOnTape(
  markets: readonly PricedMarket[],
  path: string,
): Promise<PricedMarket[]> {
  const named = markets.map(({ definition }, index) => {
    const { symbol, priceDecimals = PRICE_DECIMALS } = definition;
    return { index, symbol, priceDecimals };
  });
  const [survey] = await surveyTapes(tapeFiles([path]), new SymbolMap(named, new Map(), true));
  const prices = new Map<number, number>();
  for (const { market, firstOpen } of survey?.columns ?? []) prices.set(market.index, firstOpen);
  const found = markets.flatMap((market, index) => {
    const price = prices.get(index);
    const { priceDecimals = PRICE_DECIMALS } = market.definition;
    return price === undefined ? [] : [{ ...market, mark: formatDecimal(price, priceDecimals) }];
  });
  if (found.length > 0) return found;
  throw new UsageError(`${path} has prices of no market that there are brackets of`);
}
