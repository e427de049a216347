// What a piece of JSON is: which venue's, and which of its answers. By the fields that only that answer has, so that
// files can be given in any order and a file of another venue is refused by its name and not by its first odd field.
import { refuse } from "../engine/read.ts";
import { isObject, type RawObject } from "./fields.ts";

export type ImportSource = "binance" | "bybit" | "okx" | "hyperliquid" | "ccxt";

/** One kind of answer. */
export interface Recognised {
  readonly venue: ImportSource;
  /** Name of the input it is, e.g. "positionRisk". */
  readonly part: string;
}

interface Signature extends Recognised {
  /** A list of such rows, one such object, or either. */
  readonly form: "rows" | "object" | "either" | "map";
  readonly has: readonly string[];
  readonly not?: readonly string[];
}

export const VENUE_NAMES: Readonly<Record<ImportSource, string>> = {
  binance: "Binance",
  bybit: "Bybit",
  okx: "OKX",
  hyperliquid: "Hyperliquid",
  ccxt: "ccxt",
};

function signature(
  venue: ImportSource,
  part: string,
  form: Signature["form"],
  has: string,
  not = "",
): Signature {
  return { venue, part, form, has: has.split(" "), not: not === "" ? [] : not.split(" ") };
}

/** The first that fits decides: more particular ones stand first. */
const SIGNATURES: readonly Signature[] = [
  signature("hyperliquid", "state", "object", "assetPositions crossMarginSummary"),
  signature("hyperliquid", "meta", "object", "universe"),
  signature("hyperliquid", "orders", "rows", "oid coin limitPx"),
  signature("okx", "positions", "rows", "instId pos mgnMode"),
  signature("okx", "balance", "either", "details totalEq"),
  signature("okx", "instruments", "rows", "instId ctVal"),
  signature("okx", "tiers", "rows", "maxLever minSz maxSz mmr"),
  signature("okx", "orders", "rows", "ordId instId sz"),
  signature("okx", "config", "either", "acctLv posMode"),
  signature("okx", "fees", "either", "taker maker level instType"),
  signature("okx", "marks", "rows", "instId markPx", "pos"),
  signature("bybit", "positions", "rows", "positionIdx avgPrice size symbol"),
  signature("bybit", "orders", "rows", "orderLinkId qty symbol"),
  signature("bybit", "wallet", "either", "accountType coin"),
  signature("bybit", "tiers", "rows", "riskLimitValue maintenanceMargin", "positionIdx"),
  signature("bybit", "instruments", "rows", "lotSizeFilter symbol"),
  signature("bybit", "fees", "rows", "takerFeeRate symbol"),
  signature("bybit", "tickers", "rows", "symbol markPrice lastPrice", "contracts"),
  signature("bybit", "accountInfo", "object", "unifiedMarginStatus marginMode"),
  signature("binance", "account", "object", "assets positions"),
  signature("binance", "positionRisk", "rows", "symbol positionAmt"),
  signature("binance", "brackets", "either", "brackets"),
  signature("binance", "balance", "rows", "asset crossWalletBalance"),
  signature("binance", "openOrders", "rows", "orderId origQty symbol"),
  signature("binance", "symbolConfig", "rows", "symbol marginType leverage"),
  signature("binance", "premiumIndex", "either", "symbol markPrice lastFundingRate"),
  signature("binance", "commission", "either", "symbol takerCommissionRate"),
  signature("binance", "exchangeInfo", "object", "symbols"),
  signature("binance", "positionMode", "object", "dualSidePosition"),
  signature("ccxt", "positions", "rows", "symbol contracts side"),
  signature("ccxt", "orders", "rows", "symbol side amount remaining"),
  signature("ccxt", "balances", "object", "info total free"),
  signature("ccxt", "markets", "rows", "symbol base quote precision"),
  signature("ccxt", "markets", "map", "symbol base quote precision"),
  signature("ccxt", "tiers", "map", "[maintenanceMarginRate"),
  signature("ccxt", "marks", "map", "symbol markPrice"),
];

function fits({ form, has, not = [] }: Signature, data: unknown): boolean {
  const matches = (value: unknown): boolean =>
    isObject(value) && has.every((key) => key in value) && !not.some((key) => key in value);
  if (Array.isArray(data)) return (form === "rows" || form === "either") && matches(data[0]);
  if (!isObject(data)) return false;
  if (form !== "map") return form !== "rows" && matches(data);
  const [first] = Object.values(data);
  const inList = has[0]?.startsWith("[") === true;
  if (!inList) return matches(first);
  const [tier] = Array.isArray(first) ? (first as unknown[]) : [];
  return isObject(tier) && (has[0] as string).slice(1) in tier;
}

/** An answer around its content: Bybit's `result`, OKX's `data`. */
function isEnvelope(value: unknown): value is RawObject {
  return (
    isObject(value) && ("retCode" in value || isObject(value.result) || Array.isArray(value.data))
  );
}

/** The list or object inside an answer's envelope; the data itself where there is none. */
function unwrapped(data: unknown): unknown {
  if (!isObject(data)) return data;
  if (Array.isArray(data.data)) return data.data;
  const inner = isEnvelope(data) ? data.result : data;
  return isObject(inner) && Array.isArray(inner.list) ? inner.list : inner;
}

/** Hyperliquid's metaAndAssetCtxs: a pair of meta and contexts. */
function isMetaPair(data: unknown): data is readonly [RawObject, readonly unknown[]] {
  return (
    Array.isArray(data) && isObject(data[0]) && "universe" in data[0] && Array.isArray(data[1])
  );
}

/** What the data is, or null where it is nothing known (an empty list, for one, may be anything). */
export function recognise(data: unknown): Recognised | null {
  if (isMetaPair(data)) return { venue: "hyperliquid", part: "meta" };
  const inner = unwrapped(data);
  // Pages of one answer.
  if (Array.isArray(inner) && isEnvelope(inner[0])) return recognise(inner[0]);
  const found = SIGNATURES.find((candidate) => fits(candidate, inner));
  return found === undefined ? null : { venue: found.venue, part: found.part };
}

/** "Bybit's positions". */
export function describeShape({ venue, part }: Recognised): string {
  return `${VENUE_NAMES[venue]}'s ${part}`;
}

/** An answer that says no, in any venue's manner. @throws RiskError BAD_VALUE */
function refuseFailure(data: unknown, path: string): void {
  if (!isObject(data)) return;
  const code = data.retCode ?? data.code;
  if (code === undefined || String(code) === "0" || String(code) === "200") return;
  const said = data.retMsg ?? data.msg ?? "";
  if (!("retCode" in data || "msg" in data)) return;
  refuse("BAD_VALUE", `is an answer that failed: ${String(said)}`, path, String(code));
}

/**
 * The content of an input without its envelope, pages joined.
 *
 * @throws RiskError BAD_VALUE for a failed answer, and for what is plainly something else
 */
export function contentOf(venue: ImportSource, part: string, data: unknown, path: string): unknown {
  refuseFailure(data, path);
  const seen = recognise(data);
  if (seen !== null && (seen.venue !== venue || seen.part !== part)) {
    refuse(
      "BAD_VALUE",
      `looks like ${describeShape(seen)}`,
      path,
      Array.isArray(data) ? "a list" : typeof data,
      `expected ${describeShape({ venue, part })}`,
    );
  }
  const inner = isMetaPair(data) ? data : unwrapped(data);
  if (!Array.isArray(inner) || !isEnvelope(inner[0])) return inner;
  return inner.flatMap((page, index) => contentOf(venue, part, page, `${path}[${index}]`));
}
