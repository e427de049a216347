// Bybit's account (v5, unified or classic) as a book. Its wallet balance holds the margin of isolated positions too, so the book's
// wallet is walletBalance less their positionBalance. The margin mode is the account's; tradeMode means it only where it is 1.
import type { BookDocument, MarginMode } from "../types.ts";
import type { ImportOptions, ReadAccount, ReadOrder, ReadPosition } from "./account.ts";
import { assembleBook } from "./assemble.ts";
import { type BybitInstrumentRow, type BybitRiskLimitRow, bybitMarkets } from "./bybit-markets.ts";
import { type DecimalText, difference, type Exact, ZERO } from "./exact.ts";
import { Row, refuseMissing, rowsOf } from "./fields.ts";
import { contentOf } from "./recognise.ts";
import { joinSettings, type Setting } from "./settings.ts";

/** A row of position/list. Rows of size "0" (side "") are passed over. */
export interface BybitPositionRow {
  readonly symbol: string;
  /** 0 one-way, 1 long of a pair, 2 short of a pair. */
  readonly positionIdx: DecimalText;
  readonly side: string;
  readonly size: DecimalText;
  readonly avgPrice: DecimalText;
  readonly markPrice?: DecimalText;
  readonly leverage?: DecimalText;
  /** 1: isolated. 0 says nothing in a unified account. */
  readonly tradeMode?: DecimalText;
  /** Margin of an isolated position, without unrealised profit. */
  readonly positionBalance?: DecimalText;
  readonly autoAddMargin?: DecimalText;
}

/** A row of wallet-balance. */
export interface BybitWalletRow {
  readonly accountType: string;
  /** "" where account-wide figures do not apply: a unified account in isolated mode. */
  readonly accountIMRate?: DecimalText;
  readonly coin: readonly {
    readonly coin: string;
    readonly walletBalance: DecimalText;
    readonly spotBorrow?: DecimalText;
  }[];
}

export interface BybitOrderRow {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: string;
  readonly orderType?: string;
  readonly price: DecimalText;
  readonly qty: DecimalText;
  readonly leavesQty?: DecimalText;
  readonly positionIdx?: DecimalText;
  readonly reduceOnly?: boolean;
  /** "Untriggered": a conditional order, which reserves nothing. */
  readonly orderStatus?: string;
}

/** An answer of the API, its `result`, its `result.list`, or a list of answers (pages, categories). */
export type BybitAnswer<T> =
  | { readonly result: { readonly list: readonly T[] } }
  | { readonly list: readonly T[] }
  | readonly T[];

export interface BybitInput {
  readonly positions: BybitAnswer<BybitPositionRow>;
  /** wallet-balance. */
  readonly wallet: BybitAnswer<BybitWalletRow>;
  /** risk-limit. */
  readonly tiers: BybitAnswer<BybitRiskLimitRow>;
  /** instruments-info; needed for contracts whose names do not say what they are. */
  readonly instruments?: BybitAnswer<BybitInstrumentRow>;
  /** Marks of contracts without a position. */
  readonly tickers?: unknown;
  /** account/info: {marginMode}. */
  readonly accountInfo?: unknown;
  readonly orders?: BybitAnswer<BybitOrderRow>;
  /** fee-rate; or the option fees. The fee to close is maintenance margin at Bybit. */
  readonly fees?: unknown;
}

function partRows(input: BybitInput, part: keyof BybitInput): Row[] {
  const data = input[part];
  if (data === undefined) return [];
  return rowsOf(contentOf("bybit", part, data, part), part, `Bybit's ${part}`);
}

function requirePart(input: BybitInput, part: keyof BybitInput, endpoint: string): Row[] {
  if (input[part] === undefined) {
    refuseMissing(part, `give the answer of ${endpoint}`);
  }
  return partRows(input, part);
}

/** Mode of the whole account, or null where each position's tradeMode decides. */
function accountMode(input: BybitInput, wallets: readonly Row[]): MarginMode | null {
  if (input.accountInfo !== undefined) {
    const content = contentOf("bybit", "accountInfo", input.accountInfo, "accountInfo");
    const row = new Row(content, "accountInfo", "Bybit's account/info");
    const words = ["REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN"] as const;
    const mode = row.word("marginMode", words);
    if (mode === "PORTFOLIO_MARGIN")
      row.refuse("marginMode", "portfolio margin has no tiers to reckon with");
    return mode === "ISOLATED_MARGIN" ? "isolated" : null;
  }
  const isolated = wallets.some(
    (row) => row.raw.accountType === "UNIFIED" && row.raw.accountIMRate === "",
  );
  return isolated ? "isolated" : null;
}

/** One row; null where there is no position. */
export function readBybitPosition(row: Row, account: MarginMode | null): ReadPosition | null {
  const contracts = row.decimal("size");
  if (contracts.units === 0n) return null;
  const side = row.word("side", ["Buy", "Sell"]) === "Buy" ? "long" : "short";
  const index = row.integer("positionIdx");
  if (index > 2 || (index !== 0 && (index === 1) !== (side === "long"))) {
    row.refuse("positionIdx", `must be 0, or ${side === "long" ? 1 : 2} for a ${side}`);
  }
  if (contracts.units < 0n) row.refuse("size", "must be above 0: the side says long or short");
  const single = row.has("tradeMode") && row.integer("tradeMode") === 1 ? "isolated" : "cross";
  const marginMode = account ?? single;
  return {
    path: row.path,
    id: row.text("symbol"),
    side,
    hedged: index !== 0,
    contracts,
    entryPrice: row.positive("avgPrice"),
    marginMode,
    leverage: row.optionalDecimal("leverage"),
    margin: marginMode === "isolated" ? row.decimal("positionBalance") : undefined,
    mark: row.has("markPrice") ? row.positive("markPrice") : undefined,
    autoTopUp: row.flag("autoAddMargin"),
  };
}

/** Wallets outside isolated positions by coin, from the rows of a wallet-balance. */
export function bybitWallets(
  rows: readonly Row[],
  positions: readonly ReadPosition[],
  settleOf: (position: ReadPosition) => string,
): Map<string, Exact> {
  const wallets = new Map<string, Exact>();
  for (const row of rows) {
    for (const coin of rowsOf(row.raw.coin, row.place("coin"), "Bybit's wallet coins")) {
      const name = coin.text("coin");
      if (wallets.has(name)) coin.refuse("coin", "stands in two wallets: give one account type");
      const borrowed = coin.optionalDecimal("spotBorrow") ?? ZERO;
      wallets.set(name, difference(coin.decimal("walletBalance"), borrowed));
    }
  }
  for (const position of positions) {
    if (position.margin === undefined) continue;
    const coin = settleOf(position);
    wallets.set(coin, difference(wallets.get(coin) ?? ZERO, position.margin));
  }
  return wallets;
}

function readOrder(row: Row, hedged: boolean, note: (text: string) => void): ReadOrder | null {
  const id = row.text("orderId");
  const price = row.decimal("price");
  const waiting = row.raw.orderStatus === "Untriggered";
  if (
    waiting ||
    price.units === 0n ||
    (row.has("orderType") && row.text("orderType") !== "Limit")
  ) {
    note(`order ${id} is left out: only limit orders reserve margin`);
    return null;
  }
  const index = row.has("positionIdx") ? row.integer("positionIdx") : 0;
  const buys = row.word("side", ["Buy", "Sell"]) === "Buy";
  const reduceOnly = row.flag("reduceOnly") ?? false;
  // Beside pairs in other contracts, a one-way order belongs to the leg that it opens or, reducing, closes.
  const oneWay = buys !== reduceOnly ? "long" : "short";
  return {
    path: row.path,
    id,
    market: row.text("symbol"),
    side: buys ? "buy" : "sell",
    amount: row.has("leavesQty") ? row.positive("leavesQty") : row.positive("qty"),
    price,
    positionSide: !hedged ? undefined : index === 1 ? "long" : index === 2 ? "short" : oneWay,
    reduceOnly,
  };
}

/** Settings of the contracts in the position list, empty rows among them. */
function* readSettings(rows: readonly Row[], account: MarginMode | null): Generator<Setting> {
  for (const row of rows) {
    if (!row.has("leverage")) continue;
    const index = row.integer("positionIdx");
    const single = row.flag("tradeMode") === true ? "isolated" : "cross";
    yield {
      id: row.text("symbol"),
      marginMode: account ?? single,
      leverage: row.decimal("leverage"),
      side: index === 1 ? "long" : index === 2 ? "short" : null,
    };
  }
}

function noteCoins(
  wallets: ReadonlyMap<string, Exact>,
  settles: ReadonlySet<string>,
  note: (text: string) => void,
): void {
  const others = [...wallets].filter(([coin, { units }]) => units !== 0n && !settles.has(coin));
  if (others.length === 0) return;
  const names = others.map(([coin]) => coin).join(", ");
  note(`${names}: counted as no collateral; say how with the option collateral`);
}

/**
 * The book of a Bybit account, from the answers of its v5 API.
 *
 * @throws RiskError BAD_VALUE naming the field, its value and what was expected; BAD_TIERS for a rate at or above 1 / maxLeverage
 * or an mmDeduction that contradicts the tiers; UNKNOWN_SYMBOL, NO_MARK, TOO_MANY_DECIMALS
 * @example
 * import { fromBybit } from "underkeel/adapters";
 * import { RiskEngine } from "underkeel";
 * const book = fromBybit({
 *   positions: { list: [{
 *     symbol: "BTCUSDT", positionIdx: 0, side: "Sell", size: "0.1", avgPrice: "60000", markPrice: "61000",
 *     leverage: "10", tradeMode: 1, positionBalance: "650",
 *   }] },
 *   wallet: { list: [{ accountType: "UNIFIED", accountIMRate: "0.1", coin: [{ coin: "USDT", walletBalance: "2000" }] }] },
 *   tiers: { list: [{ symbol: "BTCUSDT", riskLimitValue: "2000000", maintenanceMargin: "0.005", initialMargin: "0.01", maxLeverage: "100.00" }] },
 * }, { fees: { taker: "0.00055" } });
 * RiskEngine.fromBook(book).account("bybit").balances().USDT; // => "1350"
 */
export function fromBybit(input: BybitInput, options: ImportOptions = {}): BookDocument {
  const note = options.onNote ?? (() => {});
  const rows = requirePart(input, "positions", "position/list");
  const walletRows = requirePart(input, "wallet", "account/wallet-balance");
  const account = accountMode(input, walletRows);
  const positions = rows
    .map((row) => readBybitPosition(row, account))
    .filter((position) => position !== null);
  const markets = bybitMarkets({
    tiers: requirePart(input, "tiers", "market/risk-limit"),
    instruments: partRows(input, "instruments"),
    fees: partRows(input, "fees"),
  });
  const marks = new Map<string, Exact>();
  for (const row of [...rows, ...partRows(input, "tickers")]) {
    const mark = row.optionalDecimal("markPrice");
    if (mark !== undefined && mark.units > 0n) marks.set(row.text("symbol"), mark);
  }
  const settleOf = ({ id, path }: ReadPosition): string => markets.market(id, path).settle;
  const wallets = bybitWallets(walletRows, positions, settleOf);
  const hedged = rows.some((row) => row.integer("positionIdx") !== 0);
  const multiAsset = options.collateral !== undefined;
  if (!multiAsset) noteCoins(wallets, new Set(positions.map(settleOf)), note);
  const read: ReadAccount = {
    name: "Bybit",
    profile: "bybit",
    hedged,
    multiAsset,
    wallets,
    positions,
    orders: partRows(input, "orders")
      .map((row) => readOrder(row, hedged, note))
      .filter((order) => order !== null),
    marks,
    marksFrom: "tickers, or the option marks",
    market: markets.market,
    marketIds: markets.ids,
    settings: joinSettings(readSettings(rows, account)),
  };
  return assembleBook(read, options);
}
