// A made-up price tape with a crash in it: hours of small moves, half an hour in which everything falls together, in jumps between bars as
// well as inside them, a rebound, and nervous hours after. Seeded; for demonstrations, tests and benchmarks where no real tape is at hand.
import { RiskError } from "../errors.ts";
import { type PreparedMarket, prepareMarket, unitsText } from "./prepared-market.ts";
import { createRandom, drawBell, type Random } from "./random.ts";
import type { PricedMarket } from "./standard-markets.ts";

/** What to make up. */
export interface TapeOptions {
  /** Same seed and options, same tape. */
  readonly seed: string | number;
  /** The tape starts at their marks. Dearer and more traded ones first: later ones fall deeper. */
  readonly markets: readonly PricedMarket[];
  /** Bars of each market, at least 20. */
  readonly bars: number;
  /** Opening of the first bar, ms since 1970. */
  readonly start: number;
  /** ms from bar to bar; default a minute. */
  readonly interval?: number;
}

/** One row: prices as decimal text that fits the market. */
export interface TapeRow {
  readonly time: number;
  /** Base of the market: "BTC" for BTC/USDT:USDT. */
  readonly symbol: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
}

/** The crash, in shares of the tape. */
const CRASH_START = 0.45;
const CRASH_END = 0.5;
/** Where the rebound ends, and how much of the fall it makes good. */
const REBOUND_END = 0.62;
const REBOUND = 0.45;
/** Standard deviation of a calm bar, and how much wilder it gets. */
const CALM = 0.0006;
const WILD = 6;
const NERVOUS = 2.5;
/** Share of a crash bar's fall that happens between bars, on average. */
const GAP_SHARE = 0.35;
/** Where all markets jump at once, over this much of the fall. */
const JUMP_AT = 0.4751;
const JUMP = 0.3;
const MINUTE = 60_000;

interface Course {
  readonly market: PreparedMarket;
  readonly base: string;
  /** Share of its price that it has lost at the low. */
  readonly depth: number;
  /** Last close. */
  price: number;
}

function checkOptions({ bars, start, interval = MINUTE, markets }: TapeOptions): void {
  const wrong = (path: string, value: number, message: string): never => {
    throw new RiskError("BAD_VALUE", message, { path, value });
  };
  if (!Number.isSafeInteger(bars) || bars < 20) wrong("bars", bars, "must be at least 20");
  if (!Number.isSafeInteger(start) || start < 0) wrong("start", start, "must be ms since 1970");
  if (!Number.isSafeInteger(interval) || interval < 1) wrong("interval", interval, "must be ms");
  if (markets.length === 0) wrong("markets", 0, "must name at least one market");
}

/** How much of the fall is done at a bar: 0 before, 1 at the low, then back to what the rebound leaves. */
function fallen(share: number): number {
  if (share <= CRASH_START) return 0;
  if (share <= CRASH_END) {
    const slid = (share - CRASH_START) / (CRASH_END - CRASH_START);
    return (1 - JUMP) * slid + (share >= JUMP_AT ? JUMP : 0);
  }
  if (share >= REBOUND_END) return 1 - REBOUND;
  return 1 - (REBOUND * (share - CRASH_END)) / (REBOUND_END - CRASH_END);
}

function wildness(share: number): number {
  if (share <= CRASH_START) return 1;
  return share <= REBOUND_END ? WILD : NERVOUS;
}

function drawBar(
  random: Random,
  course: Course,
  common: number,
  at: number,
  bars: number,
): Omit<TapeRow, "time"> {
  const { market, depth, base } = course;
  const [before, after] = [at / bars, (at + 1) / bars];
  const swing = CALM * wildness(after);
  // What the plan of the crash asks of this bar, as a factor.
  const planned = (1 - depth * fallen(after)) / (1 - depth * fallen(before)) - 1;
  const jumps = before < JUMP_AT && after >= JUMP_AT;
  const gap = planned < 0 ? planned * (jumps ? 0.95 : GAP_SHARE * 2 * random.next()) : 0;
  const open = course.price * (1 + gap);
  const drift = planned - gap + swing * (common * 0.7 + drawBell(random) * 0.7);
  const close = Math.max(open * (1 + drift), course.market.mark * 0.01);
  const reach = swing * (0.3 + random.next());
  const high = Math.max(open, close) * (1 + reach * random.next());
  const low = Math.min(open, close) * (1 - reach * (1 + (planned < 0 ? 3 : 0)) * random.next());
  course.price = close;
  const ticks = (price: number): number => Math.max(1, Math.round(price / market.tickSize));
  const text = (price: number): string => unitsText(ticks(price), market.tickDecimals);
  return { symbol: base, open: text(open), high: text(high), low: text(low), close: text(close) };
}

/**
 * The rows of a made-up tape, bar by bar, the markets of a bar in their order.
 *
 * @throws RiskError BAD_VALUE for options that make no sense, before the first row
 * @example
 * import { generateTape, standardMarkets } from "underkeel/generate";
 * const markets = standardMarkets().slice(0, 2);
 * const rows = [...generateTape({ seed: 1, markets, bars: 20, start: 1_760_000_000_000 })];
 * rows.length; // => 40
 * rows[0].symbol; // => "BTC"
 */
export function generateTape(options: TapeOptions): Generator<TapeRow, void> {
  checkOptions(options);
  return drawRows(options);
}

function* drawRows(options: TapeOptions): Generator<TapeRow, void> {
  const { bars, start, interval = MINUTE, markets } = options;
  const seed = String(options.seed);
  const random = createRandom(`tape ${seed}`);
  const courses: Course[] = markets.map((priced, rank) => {
    const market = prepareMarket(priced, seed);
    const depth = Math.min(0.14 + 0.09 * rank + 0.05 * random.next(), 0.7);
    return {
      market,
      base: market.symbol.split("/")[0] ?? market.symbol,
      depth,
      price: market.mark,
    };
  });
  for (let at = 0; at < bars; at++) {
    const common = drawBell(random);
    for (const course of courses) {
      yield { time: start + at * interval, ...drawBar(random, course, common, at, bars) };
    }
  }
}

/** Rows as the text of a tape, in pieces. */
export function* tapeText(rows: Iterable<TapeRow>): Generator<string, void> {
  yield "ts_ms,symbol,open,high,low,close\n";
  for (const { time, symbol, open, high, low, close } of rows) {
    yield `${time},${symbol},${open},${high},${low},${close}\n`;
  }
}
