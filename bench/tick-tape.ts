// Price tapes as columns for the ticks suite: real crashes from ../shared/data/crash where they are there, and the bundled synthetic one
// always. Each bar becomes four prices (open, the nearer extreme, the other one, close); a price that is what the market's last one was is
// left out, as a feed would.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { standardMarkets } from "../src/generate/index.ts";
import { generateTape, tapeText } from "../src/generate/tape.ts";
import { type Bar, type BarGroup, BarReader } from "../src/tape/bars.ts";
import { STAGES, stagePrice } from "../src/tape/stages.ts";
import { SymbolMap } from "../src/tape/symbols.ts";

const PRICE_DECIMALS = 8;

/** Prices in the order of a feed. */
export interface TickTape {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly bars: number;
  /** Price units (1e-8) of each symbol before the first row. */
  readonly first: Float64Array;
  /** By row: place in `symbols`, price. */
  readonly market: Uint16Array;
  readonly price: Float64Array;
  /** Rows groupStart[g] .. groupStart[g + 1] have one time and stage. */
  readonly groupStart: Uint32Array;
}

const DATA = process.env.UNDERKEEL_DATA ?? "../shared/data";
const SYNTHETIC_MARKETS = 6;
const SYNTHETIC_BARS = 1_440;
const REAL: readonly (readonly [name: string, file: string])[] = [
  ["2021-05-19 spot 1m", "2021-05-19_binance_spot_usdt_1m.csv.gz"],
  ["2022-11 FTX perps 5m", "2022-11_ftx_okx_perp_5m.csv.gz"],
  ["2025-02-03 Hyperliquid 1h", "2025-02-03_hyperliquid_perp_1h.csv.gz"],
  ["2025-10-10 Bybit 5m", "2025-10-10_bybit_perp_5m.csv.gz"],
];

/** Rows in the making. */
class Rows {
  readonly market: number[] = [];
  readonly price: number[] = [];
  readonly groupStart: number[] = [0];
  readonly first: Float64Array;
  readonly #last: Float64Array;
  bars = 0;

  constructor(symbols: number) {
    this.first = new Float64Array(symbols);
    this.#last = new Float64Array(symbols);
  }

  add(bars: readonly Bar[]): void {
    this.bars += bars.length;
    for (const stage of STAGES) {
      for (const bar of bars) this.#put(bar.market.index, stagePrice(bar, stage, "nearest"));
      if (this.market.length > (this.groupStart.at(-1) ?? 0)) {
        this.groupStart.push(this.market.length);
      }
    }
  }

  #put(market: number, price: number): void {
    if (this.first[market] === 0) this.first[market] = price;
    else if (this.#last[market] !== price) {
      this.market.push(market);
      this.price.push(price);
    }
    this.#last[market] = price;
  }
}

/** A tape from CSV text (ts_ms,symbol,open,high,low,close,...). */
export function readTape(name: string, csv: Uint8Array): TickTape {
  const symbols: string[] = [];
  const seen = new Set<string>();
  const text = new TextDecoder().decode(csv);
  for (const line of text.split("\n").slice(1)) {
    const symbol = line.split(",", 2)[1];
    if (symbol === undefined || seen.has(symbol)) continue;
    seen.add(symbol);
    symbols.push(symbol);
  }
  const markets = symbols.map((symbol, index) => ({
    index,
    symbol,
    priceDecimals: PRICE_DECIMALS,
  }));
  const reader = new BarReader(name, new SymbolMap(markets));
  reader.push(csv);
  reader.finish();
  return collect(name, symbols, reader.take());
}

function collect(name: string, symbols: readonly string[], groups: readonly BarGroup[]): TickTape {
  const rows = new Rows(symbols.length);
  for (const { bars } of groups) rows.add(bars);
  return {
    name,
    symbols,
    bars: rows.bars,
    first: rows.first,
    market: Uint16Array.from(rows.market),
    price: Float64Array.from(rows.price),
    groupStart: Uint32Array.from(rows.groupStart),
  };
}

/** The made-up crash: one day of minutes on six markets. */
export function syntheticTape(seed: string): TickTape {
  const markets = standardMarkets().slice(0, SYNTHETIC_MARKETS);
  const rows = generateTape({ seed, markets, bars: SYNTHETIC_BARS, start: 0 });
  return readTape("synthetic crash 1m", new TextEncoder().encode([...tapeText(rows)].join("")));
}

/** The real tapes that are there. */
export function realTapes(missing: (file: string) => void): TickTape[] {
  return REAL.flatMap(([name, file]) => {
    const path = `${DATA}/crash/${file}`;
    if (existsSync(path)) return [readTape(name, gunzipSync(readFileSync(path)))];
    missing(path);
    return [];
  });
}
