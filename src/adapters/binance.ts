// Binance's futures account (USD-M and COIN-M) as a book. Wallet: crossWalletBalance, which leaves isolated wallets out. Isolated
// margin: isolatedWallet; the field called isolatedMargin holds unrealised profit as well and is not it.

import { RiskError } from "../errors.ts";
import type { BookDocument, MarginMode, PositionSide } from "../types.ts";
import type { ImportOptions, ReadAccount, ReadOrder, ReadPosition } from "./account.ts";
import { assembleBook } from "./assemble.ts";
import {
  type BinanceBracketRow,
  type BinanceCommissionRow,
  type BinanceExchangeInfo,
  binanceMarkets,
} from "./binance-markets.ts";
import {
  compare,
  type DecimalText,
  difference,
  type Exact,
  product,
  size,
  textOf,
} from "./exact.ts";
import { isObject, type Row, refuseMissing, rowsBy, rowsOf } from "./fields.ts";
import { contentOf } from "./recognise.ts";
import { joinSettings, type Setting } from "./settings.ts";

/** A position: a row of positionRisk (v2, v3) or of an account's positions (v2). Rows of size 0 are passed over. */
export interface BinancePositionRow {
  readonly symbol: string;
  readonly positionSide?: string;
  /** Signed. */
  readonly positionAmt: DecimalText;
  /** Absent in version 3 of the account. */
  readonly entryPrice?: DecimalText;
  readonly markPrice?: DecimalText;
  readonly leverage?: DecimalText;
  readonly marginType?: string;
  readonly isolated?: boolean;
  readonly isolatedWallet?: DecimalText;
  readonly isolatedMargin?: DecimalText;
  /** Spelt so in positionRisk, `unrealizedProfit` in the account. */
  readonly unRealizedProfit?: DecimalText;
  readonly unrealizedProfit?: DecimalText;
  /** Notional over this is the leverage where no leverage is stated (version 3). */
  readonly positionInitialMargin?: DecimalText;
  readonly notional?: DecimalText;
  readonly isAutoAddMargin?: boolean | string;
}

/** A row of an account's assets, or of balance. */
export interface BinanceAssetRow {
  readonly asset: string;
  readonly crossWalletBalance: DecimalText;
}

export interface BinanceAccount {
  readonly assets: readonly BinanceAssetRow[];
  readonly positions: readonly BinancePositionRow[];
  readonly multiAssetsMargin?: boolean;
}

export interface BinanceOrderRow {
  readonly orderId: DecimalText;
  readonly symbol: string;
  readonly side: string;
  readonly type?: string;
  readonly positionSide?: string;
  readonly origQty: DecimalText;
  readonly executedQty?: DecimalText;
  readonly price: DecimalText;
  readonly reduceOnly?: boolean;
  readonly closePosition?: boolean;
}

/** Answers of the API, parsed. One of `account` and `balance` is needed for wallets, one of `account` and `positionRisk` for positions. */
export interface BinanceInput {
  readonly account?: BinanceAccount;
  readonly positionRisk?: readonly BinancePositionRow[];
  readonly balance?: readonly BinanceAssetRow[];
  /** leverageBracket: all symbols, or the answer for one. */
  readonly brackets: readonly BinanceBracketRow[] | BinanceBracketRow;
  readonly exchangeInfo?: BinanceExchangeInfo;
  /** Marks; needed where the positions have none. */
  readonly premiumIndex?: unknown;
  /** Leverage and mode by symbol; needed with version 3 where they do not show. */
  readonly symbolConfig?: unknown;
  readonly openOrders?: readonly BinanceOrderRow[];
  /** {dualSidePosition}; without it a LONG or SHORT row tells. */
  readonly positionMode?: unknown;
  /** commissionRate of symbols. */
  readonly commission?: readonly BinanceCommissionRow[] | BinanceCommissionRow;
}

const POSITION = "Binance's positionRisk or account.positions";
/** One unit of the last place that Binance prints, twice. */
const PRINTED: Exact = { units: 2n, decimals: 8 };

function modeOf(row: Row, config: Row | undefined): MarginMode {
  const named = row.has("marginType") ? row : config?.has("marginType") === true ? config : null;
  if (named !== null) {
    const word = named.text("marginType").toLowerCase();
    if (word === "isolated") return "isolated";
    if (word === "cross" || word === "crossed") return "cross";
    return named.refuse("marginType", "must be cross, crossed or isolated");
  }
  const flag = row.flag("isolated");
  if (flag !== undefined) return flag ? "isolated" : "cross";
  if (!row.has("isolatedWallet") && !row.has("isolatedMargin")) {
    row.missing("marginType", "give symbolConfig, which states the margin mode");
  }
  const amounts = ["isolatedWallet", "isolatedMargin"].map((name) => row.optionalDecimal(name));
  return amounts.some((amount) => amount !== undefined && amount.units !== 0n)
    ? "isolated"
    : "cross";
}

function profitOf(row: Row): Exact {
  return row.has("unRealizedProfit")
    ? row.decimal("unRealizedProfit")
    : row.decimal("unrealizedProfit");
}

/** isolatedMargin = isolatedWallet + unrealised profit. */
function marginOf(row: Row): Exact {
  const wallet = row.optionalDecimal("isolatedWallet");
  if (wallet !== undefined) return wallet;
  if (!row.has("isolatedMargin")) row.missing("isolatedWallet", "give positionRisk, which has it");
  return difference(row.decimal("isolatedMargin"), profitOf(row));
}

/** Whole leverage whose initial margin is the one stated, or nothing where none fits. */
function leverageFromMargin(row: Row): Exact | undefined {
  const notional = row.optionalDecimal("notional");
  const margin = row.optionalDecimal("positionInitialMargin");
  if (notional === undefined || margin === undefined || margin.units <= 0n) return undefined;
  const quotient = Number(textOf(size(notional))) / Number(textOf(margin));
  const whole: Exact = { units: BigInt(Math.round(quotient)), decimals: 0 };
  const error = difference(product(whole, margin), size(notional));
  return compare(size(error), product(whole, PRINTED)) <= 0 && whole.units > 0n ? whole : undefined;
}

/** One row; null where there is no position. */
export function readBinancePosition(row: Row, config?: Row): ReadPosition | null {
  const amount = row.decimal("positionAmt");
  if (amount.units === 0n) return null;
  const id = row.text("symbol");
  const leg = row.optionalText("positionSide") ?? "BOTH";
  const side: PositionSide = amount.units > 0n ? "long" : "short";
  if (leg !== "BOTH" && leg !== side.toUpperCase()) {
    row.refuse(
      "positionSide",
      `must be BOTH or ${side.toUpperCase()} for a size of ${textOf(amount)}`,
    );
  }
  if (!row.has("entryPrice")) {
    row.missing("entryPrice", "version 3 of the account has no entry prices: give positionRisk");
  }
  const marginMode = modeOf(row, config);
  const stated = row.optionalDecimal("leverage") ?? config?.optionalDecimal("leverage");
  return {
    path: row.path,
    id,
    side,
    hedged: leg !== "BOTH",
    contracts: size(amount),
    entryPrice: row.positive("entryPrice"),
    marginMode,
    leverage: stated ?? leverageFromMargin(row),
    margin: marginMode === "isolated" ? marginOf(row) : undefined,
    mark: row.has("markPrice") ? row.positive("markPrice") : undefined,
    autoTopUp: row.flag("isAutoAddMargin"),
  };
}

/** Wallets outside isolated positions by asset, from an account or a balance. */
export function binanceWallets(data: unknown, path: string): Map<string, Exact> {
  const list = isObject(data) ? data.assets : data;
  const place = isObject(data) ? `${path}.assets` : path;
  const wallets = new Map<string, Exact>();
  for (const row of rowsOf(list, place, "Binance's account.assets or balance")) {
    wallets.set(row.text("asset"), row.decimal("crossWalletBalance"));
  }
  return wallets;
}

function readOrder(row: Row, note: (text: string) => void): ReadOrder | null {
  const price = row.decimal("price");
  const type = row.optionalText("type") ?? "LIMIT";
  const id = row.id("orderId");
  if (type !== "LIMIT" || price.units === 0n || row.flag("closePosition") === true) {
    note(`order ${id} (${type}) is left out: only limit orders reserve margin`);
    return null;
  }
  const done = row.optionalDecimal("executedQty");
  const amount = row.positive("origQty");
  const leg = row.optionalText("positionSide");
  return {
    path: row.path,
    id,
    market: row.text("symbol"),
    side: row.word("side", ["BUY", "SELL"]) === "BUY" ? "buy" : "sell",
    amount: done === undefined ? amount : difference(amount, done),
    price,
    positionSide: leg === "LONG" ? "long" : leg === "SHORT" ? "short" : undefined,
    reduceOnly: row.flag("reduceOnly") ?? false,
  };
}

/** Settings of symbols, from rows that state leverage and mode. */
function* readSettings(rows: Iterable<Row>): Generator<Setting> {
  for (const row of rows) {
    if (!row.has("leverage") || !(row.has("marginType") || row.has("isolated"))) continue;
    const leg = row.optionalText("positionSide");
    yield {
      id: row.text("symbol"),
      marginMode: modeOf(row, undefined),
      leverage: row.decimal("leverage"),
      side: leg === "LONG" ? "long" : leg === "SHORT" ? "short" : null,
    };
  }
}

function positionRows(input: BinanceInput): Row[] {
  if (input.positionRisk !== undefined) {
    const content = contentOf("binance", "positionRisk", input.positionRisk, "positionRisk");
    return rowsOf(content, "positionRisk", "Binance's positionRisk");
  }
  if (input.account === undefined) {
    refuseMissing("account", "give account, or positionRisk and balance");
  }
  const account = contentOf("binance", "account", input.account, "account") as BinanceAccount;
  return rowsOf(account.positions, "account.positions", POSITION);
}

function walletsOf(input: BinanceInput): Map<string, Exact> {
  if (input.account !== undefined) {
    return binanceWallets(contentOf("binance", "account", input.account, "account"), "account");
  }
  if (input.balance === undefined) {
    refuseMissing("balance", "wallets are in account or balance: give either");
  }
  return binanceWallets(contentOf("binance", "balance", input.balance, "balance"), "balance");
}

function optionalRows(input: BinanceInput, part: keyof BinanceInput): Row[] {
  const data = input[part];
  if (data === undefined) return [];
  const content = contentOf("binance", part, data, part);
  return rowsOf(Array.isArray(content) ? content : [content], part, `Binance's ${part}`);
}

function hedgedOf(input: BinanceInput, rows: readonly Row[]): boolean {
  const [mode] = optionalRows(input, "positionMode");
  const legs = rows.some((row) => row.has("positionSide") && row.text("positionSide") !== "BOTH");
  return mode?.flag("dualSidePosition") ?? legs;
}

/**
 * The book of a Binance futures account, from the answers of its API (USD-M or COIN-M, not both at once).
 *
 * @throws RiskError BAD_VALUE naming the field (`positionRisk[3].entryPrice`), its value and what was expected; BAD_TIERS where a
 * bracket's `cum` contradicts the brackets; UNKNOWN_SYMBOL, NO_MARK, TOO_MANY_DECIMALS, MULTI_ASSET
 * @example
 * import { fromBinance } from "underkeel/adapters";
 * import { RiskEngine } from "underkeel";
 * const book = fromBinance({
 *   positionRisk: [{
 *     symbol: "BTCUSDT", positionSide: "BOTH", positionAmt: "0.010", entryPrice: "60000.0", markPrice: "61000.00000000",
 *     marginType: "isolated", leverage: "20", isolatedMargin: "40.00000000", isolatedWallet: "30.00000000",
 *   }],
 *   balance: [{ asset: "USDT", crossWalletBalance: "970.00000000" }],
 *   brackets: [{
 *     symbol: "BTCUSDT",
 *     brackets: [{ initialLeverage: 125, notionalFloor: 0, notionalCap: 300000, maintMarginRatio: 0.004, cum: 0 }],
 *   }],
 * });
 * const account = RiskEngine.fromBook(book).account("binance");
 * account.balances().USDT; // => "970"
 * account.position("BTC/USDT:USDT").isolatedMargin; // => "30"
 */
export function fromBinance(input: BinanceInput, options: ImportOptions = {}): BookDocument {
  const note = options.onNote ?? (() => {});
  const rows = positionRows(input);
  const configs = rowsBy(optionalRows(input, "symbolConfig"), "symbol");
  const positions = rows
    .map((row) =>
      readBinancePosition(row, row.has("symbol") ? configs.get(row.text("symbol")) : undefined),
    )
    .filter((position) => position !== null);
  const markets = binanceMarkets({
    brackets: optionalRows(input, "brackets"),
    exchangeInfo: input.exchangeInfo,
    commission: optionalRows(input, "commission"),
  });
  const marks = new Map<string, Exact>();
  for (const row of [...rows, ...optionalRows(input, "premiumIndex")]) {
    const mark = row.optionalDecimal("markPrice");
    if (mark !== undefined && mark.units > 0n) marks.set(row.text("symbol"), mark);
  }
  const multiAsset = input.account?.multiAssetsMargin === true;
  if (multiAsset && options.collateral === undefined) {
    throw new RiskError("MULTI_ASSET", "the account is in multi-assets mode", {
      path: "account.multiAssetsMargin",
      value: true,
      hint: "state how coins count with the options collateral and indexPrices",
    });
  }
  const read: ReadAccount = {
    name: "Binance",
    profile: "binance",
    hedged: hedgedOf(input, rows),
    multiAsset,
    wallets: walletsOf(input),
    positions,
    orders: optionalRows(input, "openOrders")
      .map((row) => readOrder(row, note))
      .filter((order) => order !== null),
    marks,
    marksFrom: "premiumIndex, or the option marks",
    market: markets.market,
    marketIds: markets.ids,
    settings: joinSettings(readSettings([...rows, ...configs.values()])),
  };
  return assembleBook(read, options);
}
