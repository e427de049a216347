// Venues' names of contracts as ccxt's unified symbols: BASE/QUOTE:SETTLE[-YYMMDD]. Where exchange information is at hand it
// decides; these patterns serve where it is not, and what fits none is refused by its name.
import { refuse } from "../engine/read.ts";

/** What a symbol says of its contract. */
export interface SymbolParts {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** Quote and settle are the same. */
  readonly linear: boolean;
}

/** @param delivery YYMMDD of a dated contract */
export function unifiedSymbol(
  base: string,
  quote: string,
  settle: string,
  delivery = "",
): SymbolParts {
  const date = delivery === "" ? "" : `-${delivery}`;
  return {
    symbol: `${base}/${quote}:${settle}${date}`,
    base,
    quote,
    settle,
    linear: quote === settle,
  };
}

function unknownSymbol(id: string, path: string, venue: string, source: string): never {
  return refuse(
    "UNKNOWN_SYMBOL",
    `is no name of a ${venue} contract that can be read without ${source}`,
    path,
    id,
    `give ${source}`,
  );
}

/** BTCUSDT, BTCUSDT_241227, BTCUSD_PERP, BTCUSD_241227. */
export function binanceSymbol(id: string, path: string): SymbolParts {
  const linear = /^([A-Z0-9]+?)(USDT|USDC|BUSD)(?:_(\d{6}))?$/.exec(id);
  if (linear !== null) {
    const [, base = "", quote = "", delivery = ""] = linear;
    return unifiedSymbol(base, quote, quote, delivery);
  }
  const inverse = /^([A-Z0-9]+)USD_(PERP|\d{6})$/.exec(id);
  if (inverse === null) return unknownSymbol(id, path, "Binance", "exchangeInfo");
  const [, base = "", kind = ""] = inverse;
  return unifiedSymbol(base, "USD", base, kind === "PERP" ? "" : kind);
}

/** BTCUSDT, BTCPERP (USDC), BTCUSD (inverse). */
export function bybitSymbol(id: string, path: string): SymbolParts {
  const linear = /^([A-Z0-9]+)USDT$/.exec(id);
  if (linear !== null) return unifiedSymbol(linear[1] ?? "", "USDT", "USDT");
  const usdc = /^([A-Z0-9]+)PERP$/.exec(id);
  if (usdc !== null) return unifiedSymbol(usdc[1] ?? "", "USDC", "USDC");
  const inverse = /^([A-Z0-9]+)USD$/.exec(id);
  if (inverse === null) return unknownSymbol(id, path, "Bybit", "instruments");
  return unifiedSymbol(inverse[1] ?? "", "USD", inverse[1] ?? "");
}

/** BTC-USDT-SWAP, BTC-USD-SWAP (inverse), BTC-USD-241227. */
export function okxSymbol(id: string, path: string): SymbolParts {
  const parts = /^([A-Z0-9]+)-(USDT|USDC|USD)-(SWAP|\d{6})$/.exec(id);
  if (parts === null) {
    return refuse(
      "UNKNOWN_SYMBOL",
      "is no name of an OKX swap or future",
      path,
      id,
      'such as "BTC-USDT-SWAP"',
    );
  }
  const [, base = "", quote = "", kind = ""] = parts;
  return unifiedSymbol(base, quote, quote === "USD" ? base : quote, kind === "SWAP" ? "" : kind);
}

/** A coin of Hyperliquid's own perpetuals; those of other deployers ("dex:COIN") are not known. */
export function hyperliquidSymbol(coin: string, path: string): SymbolParts {
  if (!/^[A-Za-z0-9]{1,40}$/.test(coin)) {
    refuse(
      "UNKNOWN_SYMBOL",
      "is no coin of Hyperliquid's own perpetuals",
      path,
      coin,
      'such as "BTC"',
    );
  }
  return unifiedSymbol(coin, "USDC", "USDC");
}

/** The parts of a unified symbol. */
export function partsOfSymbol(symbol: string, path: string): SymbolParts {
  const match = /^([^/:]+)\/([^/:]+):([^/:-]+)(?:-(\d{6}))?$/.exec(symbol);
  if (match === null) {
    return refuse(
      "UNKNOWN_SYMBOL",
      "is no unified symbol of a perpetual or future",
      path,
      symbol,
      'such as "BTC/USDT:USDT"',
    );
  }
  const [, base = "", quote = "", settle = "", delivery = ""] = match;
  return unifiedSymbol(base, quote, settle, delivery);
}

/** YYMMDD (UTC) of a delivery time in ms; "" for 0 or none. */
export function deliveryText(milliseconds: number): string {
  // Binance gives perpetuals a delivery in the year 2100.
  if (!(milliseconds > 0 && milliseconds < 4_102_358_400_000)) return "";
  return new Date(milliseconds).toISOString().slice(2, 10).replaceAll("-", "");
}
