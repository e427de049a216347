// Which market of a book a tape's symbol means. Tapes say "BTC", books "BTC/USDT:USDT": a name is matched with the one market that it
// can mean, and where it can mean several the user is asked instead of guessed at.
import { RiskError } from "../errors.ts";

/** A market of the book, as tapes need it. */
export interface TapeMarket {
  readonly index: number;
  readonly symbol: string;
  readonly priceDecimals: number;
}

/** "BTC/USDT:USDT" taken apart. */
interface Named {
  readonly market: TapeMarket;
  readonly base: string;
  readonly quote: string;
  readonly dated: boolean;
}

function takeApart(market: TapeMarket): Named {
  const match = /^([^/:]+)\/([^/:]+)(?::([^-]+)(-.+)?)?$/.exec(market.symbol);
  const [, base = market.symbol, quote = "", , date] = match ?? [];
  return { market, base, quote, dated: date !== undefined };
}

/** Hyperliquid writes kSHIB for what others write 1000SHIB: a thousand coins. */
function thousands(symbol: string): string | undefined {
  const match = /^k([A-Z]+)$/.exec(symbol);
  return match === null ? undefined : `1000${match[1]}`;
}

/** Finds markets by the symbols of tapes; the answer for a symbol is always the same. */
export class SymbolMap {
  readonly #markets: readonly Named[];
  readonly #found = new Map<string, TapeMarket | null>();
  readonly #takeFirst: boolean;

  /**
   * `stated` names the market of a tape's symbol outright; the other symbols are matched by name. `takeFirst`: of several markets that a
   * symbol can mean the first is meant.
   *
   * @throws RiskError UNKNOWN_SYMBOL where a stated market is none of the book
   */
  constructor(
    markets: readonly TapeMarket[],
    stated: ReadonlyMap<string, string> = new Map(),
    takeFirst = false,
  ) {
    this.#markets = markets.map(takeApart);
    this.#takeFirst = takeFirst;
    for (const [symbol, wanted] of stated) {
      const market = markets.find((one) => one.symbol === wanted);
      if (market === undefined) {
        const [near] = this.#markets.filter(({ base }) => wanted.startsWith(base));
        throw new RiskError("UNKNOWN_SYMBOL", "is no market of the book", {
          path: `symbol map of ${symbol}`,
          value: wanted,
          ...(near === undefined ? {} : { hint: `the book has ${near.market.symbol}` }),
        });
      }
      this.#found.set(symbol, market);
    }
  }

  /**
   * The market, or null where the book has none of that name.
   *
   * @throws RiskError BAD_VALUE where the symbol can mean several markets
   */
  find(symbol: string): TapeMarket | null {
    const known = this.#found.get(symbol);
    if (known !== undefined) return known;
    const found = this.#match(symbol);
    this.#found.set(symbol, found);
    return found;
  }

  #match(symbol: string): TapeMarket | null {
    const candidates = this.#candidates(symbol);
    const [only, another] = candidates;
    if (another === undefined || this.#takeFirst) return only?.market ?? null;
    const names = candidates.slice(0, 4).map(({ market }) => market.symbol);
    const more = candidates.length > 4 ? ", ..." : "";
    throw new RiskError("BAD_VALUE", "can mean several markets of the book", {
      path: "symbol",
      value: symbol,
      hint: `say which: --symbol-map ${symbol}=${names[0]} (or ${names.slice(1).join(", ")}${more})`,
    });
  }

  /** The whole symbol, else its base, else base and quote in one word as venues write it. */
  #candidates(symbol: string): readonly Named[] {
    const whole = this.#markets.filter(({ market }) => market.symbol === symbol);
    if (whole.length > 0) return whole;
    const scaled = thousands(symbol);
    const byBase = this.#markets.filter(({ base }) => base === symbol || base === scaled);
    if (byBase.length > 0) return byBase;
    return this.#markets.filter(
      ({ base, quote, dated }) =>
        !dated && quote !== "" && [`${base}${quote}`, `${base}/${quote}`].includes(symbol),
    );
  }
}
