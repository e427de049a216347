// OKX's account as a book. Sizes are contracts of ctVal · ctMult, signed where posSide is "net"; tiers go by contracts. cashBal
// leaves the margin of isolated positions out, so it is the wallet: eq = cashBal + cross profit + isoEq.
import { refuse } from "../engine/read.ts";
import type { BookDocument } from "../types.ts";
import type { ImportOptions, ReadAccount, ReadOrder, ReadPosition } from "./account.ts";
import { assembleBook } from "./assemble.ts";
import { type DecimalText, difference, type Exact, size } from "./exact.ts";
import { type Row, refuseMissing, rowsOf } from "./fields.ts";
import { type OkxInstrumentRow, type OkxTierRow, okxMarkets } from "./okx-markets.ts";
import { contentOf } from "./recognise.ts";
import { settingsOfPositions } from "./settings.ts";

/** A row of account/positions; swaps and futures only. Rows of size "0" are passed over. */
export interface OkxPositionRow {
  readonly instId: string;
  readonly instType?: string;
  readonly mgnMode: string;
  readonly posSide: string;
  /** Contracts; signed where posSide is "net". */
  readonly pos: DecimalText;
  readonly avgPx: DecimalText;
  readonly lever?: DecimalText;
  /** Margin of an isolated position, without unrealised profit. */
  readonly margin?: DecimalText;
  readonly markPx?: DecimalText;
}

/** A row of account/balance. */
export interface OkxBalanceRow {
  readonly details: readonly { readonly ccy: string; readonly cashBal: DecimalText }[];
}

export interface OkxOrderRow {
  readonly ordId: string;
  readonly instId: string;
  readonly side: string;
  readonly posSide?: string;
  readonly ordType?: string;
  /** "" for market orders. */
  readonly px: DecimalText;
  readonly sz: DecimalText;
  readonly accFillSz?: DecimalText;
  readonly reduceOnly?: boolean | string;
}

/** An answer of the API, its `data`, or a list of answers. */
export type OkxAnswer<T> = { readonly data: readonly T[] } | readonly T[];

export interface OkxInput {
  readonly positions: OkxAnswer<OkxPositionRow>;
  /** account/balance. */
  readonly balance: OkxAnswer<OkxBalanceRow>;
  /** public/instruments: contract values. */
  readonly instruments: OkxAnswer<OkxInstrumentRow>;
  /** public/position-tiers. */
  readonly tiers: OkxAnswer<OkxTierRow>;
  /** public/mark-price, for contracts without a position. */
  readonly marks?: unknown;
  /** account/config: posMode and acctLv. */
  readonly config?: unknown;
  /** orders-pending. */
  readonly orders?: OkxAnswer<OkxOrderRow>;
  /** trade-fee, whose rates are negative where one pays; or the option fees. The fee to close counts at OKX. */
  readonly fees?: unknown;
}

function partRows(input: OkxInput, part: keyof OkxInput): Row[] {
  const data = input[part];
  if (data === undefined) return [];
  const content = contentOf("okx", part, data, part);
  return rowsOf(Array.isArray(content) ? content : [content], part, `OKX's ${part}`);
}

function requirePart(input: OkxInput, part: keyof OkxInput, endpoint: string): Row[] {
  if (input[part] === undefined) {
    refuseMissing(part, `give the answer of ${endpoint}`);
  }
  return partRows(input, part);
}

/** One row; null where there is no position. */
export function readOkxPosition(row: Row): ReadPosition | null {
  const signed = row.decimal("pos");
  if (signed.units === 0n) return null;
  if (row.has("instType") && !["SWAP", "FUTURES"].includes(row.text("instType"))) {
    row.refuse("instType", "must be SWAP or FUTURES: margin and option positions have other rules");
  }
  const leg = row.word("posSide", ["net", "long", "short"]);
  if (leg !== "net" && signed.units < 0n) {
    row.refuse("pos", "must be above 0 where posSide says long or short");
  }
  const marginMode = row.word("mgnMode", ["cross", "isolated"]);
  return {
    path: row.path,
    id: row.text("instId"),
    side: leg === "net" ? (signed.units > 0n ? "long" : "short") : leg,
    hedged: leg !== "net",
    contracts: size(signed),
    entryPrice: row.positive("avgPx"),
    marginMode,
    leverage: row.optionalDecimal("lever"),
    margin: marginMode === "isolated" ? row.decimal("margin") : undefined,
    mark: row.has("markPx") ? row.positive("markPx") : undefined,
  };
}

/** Wallets outside isolated positions by currency, from the rows of a balance. */
export function okxWallets(rows: readonly Row[]): Map<string, Exact> {
  const wallets = new Map<string, Exact>();
  for (const row of rows) {
    for (const detail of rowsOf(row.raw.details, row.place("details"), "OKX's balance details")) {
      wallets.set(detail.text("ccy"), detail.decimal("cashBal"));
    }
  }
  return wallets;
}

/** Order types that rest at their price. */
const RESTING = ["limit", "post_only", "mmp", "mmp_and_post_only"];

function readOrder(row: Row, note: (text: string) => void): ReadOrder | null {
  const id = row.text("ordId");
  const type = row.optionalText("ordType") ?? "limit";
  if (!RESTING.includes(type) || !row.has("px")) {
    note(`order ${id} (${type}) is left out: only limit orders reserve margin`);
    return null;
  }
  const leg = row.optionalText("posSide") ?? "net";
  const done = row.optionalDecimal("accFillSz");
  const amount = row.positive("sz");
  return {
    path: row.path,
    id,
    market: row.text("instId"),
    side: row.word("side", ["buy", "sell"]),
    amount: done === undefined ? amount : difference(amount, done),
    price: row.positive("px"),
    positionSide: leg === "long" || leg === "short" ? leg : undefined,
    reduceOnly: row.flag("reduceOnly") ?? false,
  };
}

/** Is the account in long/short mode? Refuses account levels whose rules the book does not hold. */
function hedgedOf(input: OkxInput, rows: readonly Row[], note: (text: string) => void): boolean {
  const [config] = partRows(input, "config");
  const level = config?.has("acctLv") === true ? config.id("acctLv") : "2";
  if (level === "4") config?.refuse("acctLv", "portfolio margin has no tiers to reckon with");
  if (level === "3") note("multi-currency margin: each currency is imported as a pool of its own");
  if (config?.has("posMode") === true) {
    return config.word("posMode", ["long_short_mode", "net_mode"]) === "long_short_mode";
  }
  return rows.some((row) => row.has("posSide") && row.text("posSide") !== "net");
}

/** Cross and isolated positions of one contract may coexist at OKX, but not in a book. */
function refuseCoexisting(positions: readonly ReadPosition[]): void {
  const seen = new Map<string, string>();
  for (const { id, side, hedged, path } of positions) {
    const key = hedged ? `${id} ${side}` : id;
    const before = seen.get(key);
    if (before !== undefined) {
      refuse(
        "DUPLICATE_POSITION",
        `stands beside ${before}: a book holds one position a contract and side`,
        path,
        id,
      );
    }
    seen.set(key, path);
  }
}

/**
 * The book of an OKX account (single-currency margin), from the answers of its v5 API.
 *
 * @throws RiskError BAD_VALUE naming the field, its value and what was expected; BAD_TIERS, UNKNOWN_SYMBOL, NO_MARK, TOO_MANY_DECIMALS
 * @example
 * import { fromOkx } from "underkeel/adapters";
 * import { RiskEngine } from "underkeel";
 * const book = fromOkx({
 *   positions: [{
 *     instId: "BTC-USDT-SWAP", mgnMode: "isolated", posSide: "net", pos: "-20", avgPx: "60000", lever: "10", margin: "1200", markPx: "60500",
 *   }],
 *   balance: [{ details: [{ ccy: "USDT", cashBal: "5000" }] }],
 *   instruments: [{ instId: "BTC-USDT-SWAP", instFamily: "BTC-USDT", ctVal: "0.01", ctMult: "1", lotSz: "0.01", settleCcy: "USDT", ctType: "linear" }],
 *   tiers: [{ instFamily: "BTC-USDT", tier: "1", minSz: "0", maxSz: "1000", mmr: "0.004", maxLever: "100" }],
 * }, { fees: { taker: "0.0005" } });
 * const position = RiskEngine.fromBook(book).account("okx").position("BTC/USDT:USDT");
 * position.side; // => "short"
 * position.notional; // => "12100"
 */
export function fromOkx(input: OkxInput, options: ImportOptions = {}): BookDocument {
  const note = options.onNote ?? (() => {});
  const rows = requirePart(input, "positions", "account/positions");
  const positions = rows.map(readOkxPosition).filter((position) => position !== null);
  refuseCoexisting(positions);
  const markets = okxMarkets({
    instruments: requirePart(input, "instruments", "public/instruments"),
    tiers: requirePart(input, "tiers", "public/position-tiers"),
    fees: partRows(input, "fees"),
  });
  const marks = new Map<string, Exact>();
  for (const row of [...rows, ...partRows(input, "marks")]) {
    const mark = row.optionalDecimal("markPx");
    if (mark !== undefined && mark.units > 0n) marks.set(row.text("instId"), mark);
  }
  const read: ReadAccount = {
    name: "OKX",
    profile: "okx",
    hedged: hedgedOf(input, rows, note),
    multiAsset: options.collateral !== undefined,
    wallets: okxWallets(requirePart(input, "balance", "account/balance")),
    positions,
    orders: partRows(input, "orders")
      .map((row) => readOrder(row, note))
      .filter((order) => order !== null),
    marks,
    marksFrom: "mark-price as marks, or the option marks",
    market: markets.market,
    marketIds: markets.ids,
    settings: settingsOfPositions(positions),
  };
  return assembleBook(read, options);
}
