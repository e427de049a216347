// Price tapes as columns of text: one row per symbol and bar (ts_ms,symbol,open,high,low,close; further columns such as the volume are
// not read). Fed with the bytes of a file it gives groups: the bars of one time, in price units of the book's markets. Memory is
// that of the groups not yet taken. Rows that are wrong are logged with file and line, and reading goes on to find the others.
import { ProblemLog } from "../book/book-error.ts";
import { type Row, TableReader } from "../book/table.ts";
import { MAX_SAFE_UNITS } from "../model.ts";
import type { SymbolMap, TapeMarket } from "./symbols.ts";

/** One bar of one market; prices in its price units. */
export interface Bar {
  readonly market: TapeMarket;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Every bar of a tape with one opening time. */
export interface BarGroup {
  /** ms since 1970. */
  readonly time: number;
  readonly bars: readonly Bar[];
}

/** Highest price in units; the kernel's bounds of markets are asked for later. */
const MAX_TIME = 8_640_000_000_000_000;
const COLUMNS = { required: ["ts_ms", "symbol", "open", "high", "low", "close"] };

/** What both kinds of tape share: rows in the order of time, symbols found once, unknown ones counted. */
export abstract class TimedReader<Group extends { readonly time: number }> {
  readonly problems: ProblemLog = new ProblemLog();
  /** Rows by symbols that the book does not know. */
  readonly unknown: Map<string, number> = new Map();
  /** Names as the tape has them, by market. */
  readonly names: Map<TapeMarket, string> = new Map();
  readonly #symbols: SymbolMap;
  readonly #table: TableReader;
  #ready: Group[] = [];
  #time = -1;

  constructor(file: string, required: readonly string[], symbols: SymbolMap) {
    this.#symbols = symbols;
    this.#table = new TableReader(file, { required }, this.problems, (row) => this.#onRow(row));
  }

  get rows(): number {
    return this.#table.rows;
  }

  push(chunk: Uint8Array): void {
    this.#table.push(chunk);
  }

  finish(): void {
    this.#table.finish();
    if (this.#time >= 0) this.#ready.push(this.close(this.#time));
    this.#time = -1;
  }

  /** Groups complete so far; each is given once. */
  take(): Group[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** Reads the rest of a row whose market is known. */
  protected abstract read(row: Row, market: TapeMarket): void;
  /** The rows read since the last call, as a group. */
  protected abstract close(time: number): Group;

  #onRow(row: Row): void {
    const time = row.units(0, 0, 0, MAX_TIME);
    if (time < this.#time) {
      row.refuse(0, "OUT_OF_RANGE", `must not be before the row above it (${this.#time})`);
    }
    const symbol = row.text(1);
    if (symbol === "") row.refuse(1, "BAD_VALUE", "must not be empty");
    if (time > this.#time) {
      if (this.#time >= 0) this.#ready.push(this.close(this.#time));
      this.#time = time;
    }
    const market = this.#market(row, symbol);
    if (market !== null) this.read(row, market);
  }

  #market(row: Row, symbol: string): TapeMarket | null {
    let market: TapeMarket | null;
    try {
      market = this.#symbols.find(symbol);
    } catch (error) {
      return row.refuseError(1, error);
    }
    if (market === null) {
      this.unknown.set(symbol, (this.unknown.get(symbol) ?? 0) + 1);
      return null;
    }
    const name = this.names.get(market);
    if (name === undefined) this.names.set(market, symbol);
    else if (name !== symbol) {
      row.refuse(1, "DUPLICATE_SYMBOL", `means ${market.symbol}, as ${JSON.stringify(name)} does`);
    }
    return market;
  }
}

/** Reads one tape of bars. */
export class BarReader extends TimedReader<BarGroup> {
  #bars: Bar[] = [];

  constructor(file: string, symbols: SymbolMap) {
    super(file, COLUMNS.required, symbols);
  }

  protected read(row: Row, market: TapeMarket): void {
    const open = row.units(2, market.priceDecimals, 1, MAX_SAFE_UNITS);
    const high = row.units(3, market.priceDecimals, 1, MAX_SAFE_UNITS);
    const low = row.units(4, market.priceDecimals, 1, MAX_SAFE_UNITS);
    const close = row.units(5, market.priceDecimals, 1, MAX_SAFE_UNITS);
    if (high < Math.max(open, low, close)) {
      row.refuse(3, "OUT_OF_RANGE", "must be the highest price of the bar");
    }
    if (low > Math.min(open, close)) {
      row.refuse(4, "OUT_OF_RANGE", "must be the lowest price of the bar");
    }
    if (this.#bars.some((bar) => bar.market === market)) {
      row.refuse(1, "DUPLICATE_SYMBOL", "stands twice at this time");
    }
    this.#bars.push({ market, open, high, low, close });
  }

  protected close(time: number): BarGroup {
    const bars = this.#bars;
    this.#bars = [];
    return { time, bars };
  }
}
