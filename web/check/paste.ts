// From pasted text to an account: a book document as it is, a venue's answers through the adapters, and brackets for contracts to come.
// Where a venue's answers come without brackets the bundled ones stand in, and the reader is told so.
import type { ImportOptions } from "../../src/adapters/index.ts";
import { bookOfAnswers, type VenueFiles } from "../../src/adapters/parts.ts";
import { describeShape, type ImportSource, VENUE_NAMES } from "../../src/adapters/recognise.ts";
import { parseExactJson } from "../../src/book/exact-json.ts";
import { expandExponent } from "../../src/decimal.ts";
import { RiskError } from "../../src/errors.ts";
import type { PricedMarket } from "../../src/generate/standard-markets.ts";
import { readBracketCsv, readBracketJson } from "../../src/tiers/read.ts";
import type { BookDocument, LeverageTier, MarketDefinition } from "../../src/types.ts";
import { splitJson, venueAnswers } from "./pasted-json.ts";
import { BRACKETS_FROM, bundledMarkets } from "./samples.ts";
import { accountOf, positionsOf } from "./state.ts";

/** What a paste came to. */
export type Pasted =
  | {
      readonly kind: "account";
      readonly book: BookDocument;
      /** "Binance: account, positionRisk". */
      readonly source: string;
      readonly notes: readonly string[];
    }
  /** Contracts to choose from, and new brackets of those held. */
  | {
      readonly kind: "brackets";
      readonly book: BookDocument;
      readonly markets: readonly PricedMarket[];
      readonly source: string;
      readonly notes: readonly string[];
    };

/** Taker fee where the answers state none: each venue's own for a regular account. */
const REGULAR_TAKER: Readonly<Record<ImportSource, string>> = {
  binance: "0.0005",
  bybit: "0.00055",
  okx: "0.0005",
  hyperliquid: "0.00045",
  ccxt: "0.0005",
};

const PART_OF_BRACKETS: Readonly<Partial<Record<ImportSource, string>>> = {
  binance: "brackets",
  bybit: "tiers",
  ccxt: "tiers",
};

/** The bundled brackets in the shape of a venue's own answer. */
function bundledBrackets(venue: ImportSource): unknown {
  const markets = bundledMarkets().map(({ definition }) => definition);
  const id = ({ symbol }: MarketDefinition): string => symbol.replace("/USDT:USDT", "USDT");
  if (venue === "ccxt") {
    return Object.fromEntries(markets.map(({ symbol, tiers }) => [symbol, tiers]));
  }
  if (venue === "binance") {
    return markets.map((market) => ({
      symbol: id(market),
      brackets: market.tiers.map((tier, index) => ({
        bracket: index + 1,
        initialLeverage: tier.maxLeverage,
        notionalFloor: tier.minNotional,
        notionalCap: tier.maxNotional,
        maintMarginRatio: tier.maintenanceMarginRate,
      })),
    }));
  }
  return markets.flatMap((market) =>
    market.tiers.map((tier) => ({
      symbol: id(market),
      riskLimitValue: tier.maxNotional,
      maintenanceMargin: tier.maintenanceMarginRate,
      maxLeverage: tier.maxLeverage,
    })),
  );
}

function withBrackets(files: VenueFiles, notes: string[]): VenueFiles {
  const part = PART_OF_BRACKETS[files.venue];
  if (part === undefined || files.parts.has(part)) return files;
  notes.push(
    `No brackets in the text: ${BRACKETS_FROM} stand in. Paste ${describeShape({ venue: files.venue, part })} too for the account's own.`,
  );
  return { ...files, parts: new Map([...files.parts, [part, bundledBrackets(files.venue)]]) };
}

function withTakers(files: VenueFiles, notes: string[]): ImportOptions {
  const { venue, parts } = files;
  const stated = parts.has("fees") || parts.has("commission") || parts.has("markets");
  if (!stated)
    notes.push(`No fees in the text: a taker fee of ${REGULAR_TAKER[venue]} is assumed.`);
  return {
    fees: { taker: REGULAR_TAKER[venue] },
    rounding: "down",
    onNote: (note) => notes.push(note),
  };
}

function accountOfVenue(texts: readonly string[]): Pasted {
  const notes: string[] = [];
  const answers = venueAnswers(texts);
  const files = withBrackets(answers, notes);
  const book = bookOfAnswers(files, withTakers(files, notes));
  const parts = [...answers.parts.keys()].join(", ");
  return { kind: "account", book, source: `${VENUE_NAMES[files.venue]}: ${parts}`, notes };
}

function isBook(data: unknown): data is BookDocument {
  return typeof data === "object" && data !== null && "accounts" in data && "markets" in data;
}

/** Numbers as the text that people edit: 1e-7 is "0.0000001". */
function inText<Value>(value: Value): Value {
  if (typeof value === "number") return expandExponent(String(value)) as Value;
  if (Array.isArray(value)) return value.map(inText) as Value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, inText(member)]),
  ) as Value;
}

/** The book with the amounts of its text: what is a number there may have more digits than a double holds. */
function exactAmounts(book: BookDocument, text: string): BookDocument {
  const { accounts, marks } = parseExactJson(text, "the text") as BookDocument;
  return { ...book, accounts, marks };
}

function accountOfBook(book: BookDocument): Pasted {
  const count = Array.isArray(book.accounts) ? book.accounts.length : 0;
  if (count === 0) {
    throw new RiskError("BAD_BOOK", "must list at least one account", { path: "accounts" });
  }
  const first = inText(accountOf(book));
  const others =
    count === 1 ? [] : [`The book holds ${count} accounts; this is the first, ${first.id}.`];
  return {
    kind: "account",
    book: { ...book, marks: inText(book.marks), accounts: [first] },
    source: "a book",
    notes: others,
  };
}

/** Terms of a contract of which only brackets are known. */
function marketOf(symbol: string, tiers: readonly LeverageTier[]): MarketDefinition {
  const settle = /:([^-:]+)/.exec(symbol)?.[1] ?? "USDT";
  const base = /^([^/]+)\//.exec(symbol)?.[1];
  const linear = base !== settle;
  return { symbol, settle, linear, precision: { amount: "0.001" }, taker: "0.0005", tiers };
}

function bracketsOf(
  file: ReadonlyMap<string, readonly LeverageTier[]>,
  book: BookDocument,
): Pasted {
  const known = new Map(book.markets.map((market) => [market.symbol, market]));
  const markets = [...file].map(([symbol, tiers]): PricedMarket => {
    const before = known.get(symbol);
    const definition = before === undefined ? marketOf(symbol, tiers) : { ...before, tiers };
    return { definition, mark: String(book.marks[symbol] ?? "") };
  });
  const replaced = book.markets.map((market) => {
    const tiers = file.get(market.symbol);
    return tiers === undefined ? market : { ...market, tiers };
  });
  const held = new Set(positionsOf(book).map(({ symbol }) => symbol));
  const changed = [...file.keys()].filter((symbol) => held.has(symbol));
  const notes = [
    `${file.size} contract${file.size === 1 ? "" : "s"} to choose from under Positions; type their marks there.`,
    ...(changed.length === 0 ? [] : [`New brackets for ${changed.join(", ")}.`]),
  ];
  return {
    kind: "brackets",
    book: { ...book, markets: replaced },
    markets,
    source: "brackets",
    notes,
  };
}

/** Only brackets: {symbol: tiers[]}. */
function isBracketFile(data: unknown): data is Record<string, unknown> {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return false;
  const values = Object.values(data);
  const isTier = (tier: unknown): boolean =>
    typeof tier === "object" &&
    tier !== null &&
    ["maintenanceMarginRate", "maxLeverage", "initialMarginRate"].some((name) => name in tier);
  return values.length > 0 && values.every((list) => Array.isArray(list) && list.every(isTier));
}

/** The value of a text that is one JSON value; undefined for others, which the exact reader explains. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads what was pasted. Nothing of the page changes; `current` is the account that pasted brackets are for.
 *
 * @throws RiskError, BookError naming the place, the value and what was expected
 */
export function readPasted(text: string, current: BookDocument): Pasted {
  const trimmed = text.trim();
  if (/^["\uFEFF]?symbol\s*,/i.test(trimmed)) return bracketsOf(readBracketCsv(trimmed), current);
  const texts = splitJson(trimmed);
  if (texts.length === 0) throw new RiskError("BAD_FILE", "there is nothing to read");
  if (texts.length === 1) {
    const only = texts[0] as string;
    const data = plainJson(only);
    if (isBook(data)) return accountOfBook(exactAmounts(data, only));
    if (isBracketFile(data)) return bracketsOf(readBracketJson(data), current);
  }
  return accountOfVenue(texts);
}
