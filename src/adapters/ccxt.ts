// ccxt's unified structures as a book. ccxt's `collateral` and a balance's `total` mean other things at every exchange, so neither is
// read: wallets and isolated margins come from the venue's own answer in `info`, by that venue's reader, or from the caller.
import { refuse } from "../engine/read.ts";
import type { BookDocument, DecimalLike, LeverageTier, MarginMode, ProfileName } from "../types.ts";
import type { ImportOptions, ReadAccount, ReadOrder, ReadPosition } from "./account.ts";
import { assembleBook } from "./assemble.ts";
import { binanceWallets, readBinancePosition } from "./binance.ts";
import { bybitWallets, readBybitPosition } from "./bybit.ts";
import { type CcxtMarket, ccxtMarkets } from "./ccxt-markets.ts";
import { type DecimalText, type Exact, exactOf, size } from "./exact.ts";
import { isBlank, isObject, Row, rowsOf } from "./fields.ts";
import { hyperliquidWallets, readHyperliquidPosition } from "./hyperliquid.ts";
import { okxWallets, readOkxPosition } from "./okx.ts";
import { contentOf, type ImportSource, recognise } from "./recognise.ts";
import { settingsOfPositions } from "./settings.ts";
import { partsOfSymbol } from "./symbols.ts";

/** ccxt's Position, as far as it is read. */
export interface CcxtPositionInput {
  readonly symbol: string;
  readonly side?: string | undefined;
  readonly contracts?: DecimalText | undefined;
  readonly contractSize?: DecimalText | undefined;
  readonly entryPrice?: DecimalText | undefined;
  readonly markPrice?: DecimalText | undefined;
  readonly leverage?: DecimalText | undefined;
  readonly marginMode?: string | undefined;
  readonly hedged?: boolean | undefined;
  /** The venue's own row, whose figures are text and come before the numbers above; or what toCcxtPosition put there. */
  readonly info?: unknown;
  /** Not ccxt's: margin of an isolated position without unrealised profit, for positions without `info`. */
  readonly isolatedMargin?: DecimalText | undefined;
}

export interface CcxtOrderInput {
  readonly id: string;
  readonly symbol: string;
  readonly side: string;
  readonly price?: DecimalText | undefined;
  readonly remaining?: DecimalText | undefined;
  readonly amount?: DecimalText | undefined;
  readonly type?: string | undefined;
  readonly reduceOnly?: boolean | undefined;
  readonly triggerPrice?: DecimalText | undefined;
  readonly stopPrice?: DecimalText | undefined;
}

export interface CcxtInput {
  /** fetchPositions. */
  readonly positions: readonly CcxtPositionInput[];
  /** fetchBalance, with `info`. Its totals are not read. */
  readonly balances?: unknown;
  /** Wallets outside isolated positions by asset; they come before `balances`. */
  readonly wallets?: Readonly<Record<string, DecimalLike>>;
  /** exchange.markets, or a list of markets. Needed where positions state no contractSize, as Hyperliquid's. */
  readonly markets?: Readonly<Record<string, CcxtMarket>> | readonly CcxtMarket[];
  /** fetchLeverageTiers. */
  readonly tiers: Readonly<Record<string, readonly LeverageTier[]>>;
  /** fetchOpenOrders. */
  readonly orders?: readonly CcxtOrderInput[];
  /** Prices by symbol, or fetchFundingRates. Needed for positions without a mark. */
  readonly marks?: Readonly<Record<string, unknown>>;
}

export interface CcxtOptions extends ImportOptions {
  /** ccxt's id of the exchange; told from `info` if absent. It decides the profile. */
  readonly exchange?: string;
}

const VENUES: readonly Exclude<ImportSource, "ccxt">[] = ["binance", "bybit", "okx", "hyperliquid"];
const ALIASES: ReadonlyMap<string, ProfileName> = new Map<string, ProfileName>([
  ["binanceusdm", "binance"],
  ["binancecoinm", "binance"],
  ["myokx", "okx"],
  ["okxus", "okx"],
  ["dydx", "dydx"],
  ...VENUES.map((venue) => [venue, venue] as const),
]);

/** What toCcxtPosition put into `info`. */
function isOwnRecord(info: unknown): info is Readonly<Record<string, unknown>> {
  return isObject(info) && "isolatedMargin" in info && "maintenanceMarginRate" in info;
}

/** The venue whose row an `info` is. */
function venueOf(info: unknown): ImportSource | null {
  if (isObject(info) && isObject(info.position) && "szi" in info.position) return "hyperliquid";
  const seen = recognise(Array.isArray(info) ? info : [info]) ?? recognise(info);
  return seen === null || seen.venue === "ccxt" ? null : seen.venue;
}

/** Exchange of the data: as told, else as its raw answers show. */
function profileOf(input: CcxtInput, options: CcxtOptions): ProfileName {
  const { exchange } = options;
  if (exchange !== undefined) return ALIASES.get(exchange) ?? "default";
  const infos = [
    ...input.positions.map(({ info }) => info),
    isObject(input.balances) ? input.balances.info : undefined,
  ];
  const found = new Set(infos.map(venueOf).filter((venue) => venue !== null));
  if (found.size > 1) {
    refuse(
      "BAD_VALUE",
      `holds answers of ${[...found].join(" and ")}`,
      "positions",
      undefined,
      "one exchange at a time",
    );
  }
  const [only] = found;
  return only === undefined ? "default" : (only as ProfileName);
}

/** The venue's own figures of a position under the symbol that ccxt gave it. */
function fromInfo(
  venue: ImportSource | null,
  info: Row,
  account: MarginMode | null,
): ReadPosition | null {
  if (venue === "binance") return readBinancePosition(info);
  if (venue === "bybit") return readBybitPosition(info, account);
  if (venue === "okx") return readOkxPosition(info);
  return readHyperliquidPosition(info);
}

function readUnified(row: Row): ReadPosition | null {
  const own = isOwnRecord(row.raw.info)
    ? new Row(row.raw.info, row.place("info"), "a PositionView")
    : row;
  const contracts = size(own.decimal("contracts"));
  if (contracts.units === 0n) return null;
  const marginMode = own.word("marginMode", ["cross", "isolated"]);
  if (marginMode === "isolated" && !own.has("isolatedMargin")) {
    row.missing(
      "isolatedMargin",
      "ccxt has no field for it (its collateral means another thing at every exchange): keep info, or add isolatedMargin",
    );
  }
  return {
    path: row.path,
    id: row.text("symbol"),
    side: own.word("side", ["long", "short"]),
    hedged: own.flag("hedged") ?? false,
    contracts,
    entryPrice: own.positive("entryPrice"),
    marginMode,
    leverage: own.optionalDecimal("leverage"),
    margin: marginMode === "isolated" ? own.decimal("isolatedMargin") : undefined,
    mark: own.has("markPrice") ? own.positive("markPrice") : undefined,
    ownProfit: own === row ? undefined : own.decimal("unrealizedPnl"),
  };
}

/** One position: by the venue's row in `info` where that is known, else by ccxt's numbers. */
function readPosition(row: Row, account: MarginMode | null): ReadPosition | null {
  const { info } = row.raw;
  const venue = isBlank(info) || isOwnRecord(info) ? null : venueOf(info);
  if (venue === null) return readUnified(row);
  const read = fromInfo(
    venue,
    new Row(info, row.place("info"), `a row of ${venue}'s positions`),
    account,
  );
  if (read === null) return null;
  // The leverage stands in other answers at Binance (version 3); ccxt has gathered it.
  const leverage = read.leverage ?? row.optionalDecimal("leverage");
  return { ...read, id: row.text("symbol"), leverage };
}

/** Bybit's accounts in isolated mode say so in their wallet only. */
function bybitMode(balances: unknown): MarginMode | null {
  const seen = isObject(balances) ? recognise(balances.info) : null;
  if (seen?.venue !== "bybit") return null;
  const content = contentOf(
    "bybit",
    "wallet",
    (balances as { info: unknown }).info,
    "balances.info",
  );
  const isolated = rowsOf(content, "balances.info", "Bybit's wallet-balance").some(
    ({ raw }) => raw.accountType === "UNIFIED" && raw.accountIMRate === "",
  );
  return isolated ? "isolated" : null;
}

function walletsOf(input: CcxtInput, positions: readonly ReadPosition[]): Map<string, Exact> {
  if (input.wallets !== undefined) {
    const entries = Object.entries(input.wallets);
    return new Map(entries.map(([code, amount]) => [code, exactOf(amount, `wallets.${code}`)]));
  }
  const info = isObject(input.balances) ? input.balances.info : undefined;
  const seen = recognise(info);
  const path = "balances.info";
  if (seen === null || !["account", "balance", "wallet", "state"].includes(seen.part)) {
    return refuse(
      "BAD_VALUE",
      "is no answer of a known exchange from which wallets can be read",
      path,
      typeof info,
      "a balance's total means another thing at every exchange: give wallets, or fetchBalance's result with its info",
    );
  }
  const content = contentOf(seen.venue, seen.part, info, path);
  if (seen.venue === "binance") return binanceWallets(content, path);
  if (seen.venue === "hyperliquid") {
    return hyperliquidWallets(
      new Row(content, path, "Hyperliquid's clearinghouseState"),
      positions,
    );
  }
  const rows = rowsOf(
    Array.isArray(content) ? content : [content],
    path,
    `${seen.venue}'s wallets`,
  );
  if (seen.venue === "okx") return okxWallets(rows);
  return bybitWallets(rows, positions, ({ id, path: place }) => partsOfSymbol(id, place).settle);
}

function readOrder(row: Row, hedged: boolean, note: (text: string) => void): ReadOrder | null {
  const id = row.id("id");
  const type = row.optionalText("type") ?? "limit";
  const trigger = ["triggerPrice", "stopPrice"].some(
    (name) => row.has(name) && row.decimal(name).units !== 0n,
  );
  if (type !== "limit" || trigger || !row.has("price")) {
    note(
      `order ${id} (${trigger ? "conditional" : type}) is left out: only limit orders reserve margin`,
    );
    return null;
  }
  const side = row.word("side", ["buy", "sell"]);
  const reduceOnly = row.flag("reduceOnly") ?? false;
  const opens = (side === "buy") !== reduceOnly;
  return {
    path: row.path,
    id,
    market: row.text("symbol"),
    side,
    amount: row.has("remaining") ? row.positive("remaining") : row.positive("amount"),
    price: row.positive("price"),
    // ccxt names no leg: an order opens its own side or, reducing, closes the other.
    positionSide: hedged ? (opens ? "long" : "short") : undefined,
    reduceOnly,
  };
}

/** {symbol: price} or {symbol: {markPrice}}. */
function readMarks(marks: CcxtInput["marks"]): Map<string, Exact> {
  const read = new Map<string, Exact>();
  for (const [symbol, value] of Object.entries(marks ?? {})) {
    const path = `marks[${JSON.stringify(symbol)}]`;
    if (!isObject(value)) read.set(symbol, exactOf(value, path));
    else if (!isBlank(value.markPrice))
      read.set(symbol, exactOf(value.markPrice, `${path}.markPrice`));
  }
  return read;
}

/**
 * The book of an account from ccxt's unified structures. ccxt is not needed for it; what it returned is plain data.
 *
 * @throws RiskError BAD_VALUE naming the field, its value and what was expected: a contract size that nothing states, an isolated
 * position whose margin nothing states, balances that only have totals; BAD_TIERS, NO_MARK, TOO_MANY_DECIMALS
 * @example
 * import { fromCcxt } from "underkeel/adapters";
 * const book = fromCcxt({
 *   positions: [{
 *     symbol: "ETH/USDT:USDT", side: "short", contracts: 2.5, contractSize: 1, entryPrice: 2000.5, markPrice: 1990, leverage: 10,
 *     marginMode: "cross",
 *   }],
 *   wallets: { USDT: "1000" },
 *   tiers: { "ETH/USDT:USDT": [{ minNotional: 0, maxNotional: 50000, maintenanceMarginRate: 0.005, maxLeverage: 100 }] },
 * });
 * book.accounts[0]?.positions?.[0]?.entryPrice; // => "2000.5"
 */
export function fromCcxt(input: CcxtInput, options: CcxtOptions = {}): BookDocument {
  const note = options.onNote ?? (() => {});
  const rows = rowsOf(
    contentOf("ccxt", "positions", input.positions, "positions"),
    "positions",
    "ccxt's positions",
  );
  const profile = profileOf(input, options);
  const mode = bybitMode(input.balances);
  const positions = rows
    .map((row) => readPosition(row, mode))
    .filter((position) => position !== null);
  const orderData =
    input.orders === undefined ? [] : contentOf("ccxt", "orders", input.orders, "orders");
  const hedged = positions.some((position) => position.hedged);
  const markets = ccxtMarkets(input, rows, profile);
  const read: ReadAccount = {
    name: options.exchange ?? (profile === "default" ? "ccxt" : profile),
    profile,
    hedged,
    multiAsset: options.collateral !== undefined,
    wallets: walletsOf(input, positions),
    positions,
    orders: rowsOf(orderData, "orders", "ccxt's orders")
      .map((row) => readOrder(row, hedged, note))
      .filter((order) => order !== null),
    marks: readMarks(input.marks),
    marksFrom: "marks (prices by symbol, or fetchFundingRates)",
    market: markets.market,
    marketIds: markets.ids,
    settings: settingsOfPositions(positions),
    ...(profile === "hyperliquid" ? { decimals: { USDC: 6 } } : {}),
  };
  return assembleBook(read, options);
}
