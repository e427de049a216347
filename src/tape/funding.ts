// Funding tapes: ts_ms,symbol,funding_rate, one row per symbol and period. A rate stays the decimal text that it is: the engine reads it.

import type { Row } from "../book/table.ts";
import { parseDecimal } from "../decimal.ts";
import { TimedReader } from "./bars.ts";
import type { SymbolMap, TapeMarket } from "./symbols.ts";

/** The rates of one time, by market symbol. */
export interface FundingGroup {
  /** ms since 1970. */
  readonly time: number;
  readonly rates: ReadonlyMap<string, string>;
}

/** As settleFunding reads rates. */
const RATE_DECIMALS = 12;
const MAX_RATE = 10n ** 12n;

/** Reads one tape of funding rates. */
export class FundingReader extends TimedReader<FundingGroup> {
  #rates = new Map<string, string>();

  constructor(file: string, symbols: SymbolMap) {
    super(file, ["ts_ms", "symbol", "funding_rate"], symbols);
  }

  protected read(row: Row, market: TapeMarket): void {
    const text = row.text(2);
    try {
      parseDecimal(text, RATE_DECIMALS, "funding_rate", { min: -MAX_RATE, max: MAX_RATE });
    } catch (error) {
      row.refuseError(2, error);
    }
    if (this.#rates.has(market.symbol)) {
      row.refuse(1, "DUPLICATE_SYMBOL", "stands twice at this time");
    }
    this.#rates.set(market.symbol, text);
  }

  protected close(time: number): FundingGroup {
    const rates = this.#rates;
    this.#rates = new Map();
    return { time, rates };
  }
}
