// Hyperliquid's clearinghouse state as a book. The venue keeps dollars, not wallets: buying takes szi · price out of rawUsd. So the
// wallet is totalRawUsd of the cross summary plus the cost of the cross positions, and an isolated margin is rawUsd plus its
// position's cost. The state is one snapshot: what it says of its own sums is checked before anything is made of it.
import type { BookDocument } from "../types.ts";
import type { ImportOptions, ReadAccount, ReadOrder, ReadPosition } from "./account.ts";
import { assembleBook } from "./assemble.ts";
import {
  compare,
  type DecimalText,
  difference,
  type Exact,
  exactQuotient,
  negated,
  product,
  size,
  sum,
  textOf,
  ZERO,
} from "./exact.ts";
import { Row, refuseMissing, rowsOf } from "./fields.ts";
import { type HyperliquidMeta, hyperliquidMarkets } from "./hyperliquid-markets.ts";
import { contentOf } from "./recognise.ts";
import { settingsOfPositions } from "./settings.ts";

/** A position of the state. */
export interface HyperliquidPosition {
  readonly coin: string;
  /** Signed size. */
  readonly szi: DecimalText;
  readonly entryPx: DecimalText;
  /** |szi| · mark. */
  readonly positionValue: DecimalText;
  readonly unrealizedPnl: DecimalText;
  readonly marginUsed?: DecimalText;
  readonly leverage: {
    readonly type: string;
    readonly value: DecimalText;
    /** Isolated only. */
    readonly rawUsd?: DecimalText;
  };
}

/** Answer of the info request clearinghouseState. */
export interface HyperliquidState {
  readonly assetPositions: readonly { readonly position: HyperliquidPosition }[];
  readonly crossMarginSummary: {
    readonly accountValue: DecimalText;
    readonly totalRawUsd: DecimalText;
  };
}

/** A row of openOrders or frontendOpenOrders. */
export interface HyperliquidOrderRow {
  readonly oid: DecimalText;
  readonly coin: string;
  /** "B" buys, "A" sells. */
  readonly side: string;
  readonly limitPx: DecimalText;
  /** Size still open. */
  readonly sz: DecimalText;
  readonly reduceOnly?: boolean;
  readonly isTrigger?: boolean;
}

export interface HyperliquidOptions extends ImportOptions {
  /** openOrders or frontendOpenOrders. */
  readonly orders?: readonly HyperliquidOrderRow[];
}

/** A unit of the last place printed, for each figure in a sum. */
const PRINTED: Exact = { units: 1n, decimals: 6 };
const PRICE_DECIMALS = 8;

function requireSum(row: Row, name: string, reckoned: Exact, terms: number, of: string): void {
  const stated = row.optionalDecimal(name);
  if (stated === undefined) return;
  const allowed = product(PRINTED, { units: BigInt(terms), decimals: 0 });
  if (compare(size(difference(stated, reckoned)), allowed) <= 0) return;
  row.refuse(
    name,
    `is ${textOf(stated)}, but ${of} comes to ${textOf(reckoned)}`,
    "the state must be one unchanged snapshot of an account without portfolio margin",
  );
}

/** Signed entry notional: value at the mark less unrealised profit, both printed exactly, which the entry price is not always. */
function costOf(row: Row, signed: Exact): Exact {
  const value = row.decimal("positionValue");
  const signedValue = signed.units > 0n ? value : negated(value);
  return difference(signedValue, row.decimal("unrealizedPnl"));
}

/** One row of assetPositions; null where there is no position. */
export function readHyperliquidPosition(outer: Row): ReadPosition | null {
  const row = new Row(outer.raw.position, outer.place("position"), "Hyperliquid's position");
  const signed = row.decimal("szi");
  if (signed.units === 0n) return null;
  const contracts = size(signed);
  const value = row.positive("positionValue");
  const mark = exactQuotient(value, contracts, PRICE_DECIMALS);
  if (mark === null)
    return row.refuse("positionValue", `must be |szi| (${textOf(contracts)}) times a mark price`);
  const cost = costOf(row, signed);
  const leverage = new Row(row.raw.leverage, row.place("leverage"), "Hyperliquid's leverage");
  const marginMode = leverage.word("type", ["cross", "isolated"]);
  let margin: Exact | undefined;
  if (marginMode === "isolated") {
    const dollars = leverage.decimal("rawUsd");
    margin = sum(dollars, cost);
    const equity = sum(dollars, signed.units > 0n ? value : negated(value));
    requireSum(row, "marginUsed", equity, 2, "rawUsd + szi · mark");
  }
  return {
    path: row.path,
    id: row.text("coin"),
    side: signed.units > 0n ? "long" : "short",
    hedged: false,
    contracts,
    entryPrice: row.positive("entryPx"),
    entryNotional: cost,
    marginMode,
    leverage: leverage.decimal("value"),
    margin,
    mark,
  };
}

/** Wallet outside isolated positions: cross dollars plus the cost of the cross positions. */
export function hyperliquidWallets(
  state: Row,
  positions: readonly ReadPosition[],
): Map<string, Exact> {
  const place = state.place("crossMarginSummary");
  const summary = new Row(state.raw.crossMarginSummary, place, "Hyperliquid's crossMarginSummary");
  const dollars = summary.decimal("totalRawUsd");
  const cross = positions.filter(({ marginMode }) => marginMode === "cross");
  let [wallet, equity] = [dollars, dollars];
  for (const { entryNotional = ZERO, contracts, mark = ZERO, side } of cross) {
    wallet = sum(wallet, entryNotional);
    const value = product(contracts, mark);
    equity = sum(equity, side === "long" ? value : negated(value));
  }
  requireSum(
    summary,
    "accountValue",
    equity,
    cross.length + 2,
    "totalRawUsd + Σ szi · mark of the cross positions",
  );
  return new Map([["USDC", wallet]]);
}

function readOrder(row: Row, note: (text: string) => void): ReadOrder | null {
  const id = row.id("oid");
  if (row.flag("isTrigger") === true) {
    note(`order ${id} is left out: trigger orders reserve no margin`);
    return null;
  }
  return {
    path: row.path,
    id,
    market: row.text("coin"),
    side: row.word("side", ["B", "A"]) === "B" ? "buy" : "sell",
    amount: row.positive("sz"),
    price: row.positive("limitPx"),
    reduceOnly: row.flag("reduceOnly") ?? false,
  };
}

/**
 * The book of a Hyperliquid account: its clearinghouseState and the venue's meta (or metaAndAssetCtxs, which has marks of
 * contracts without a position).
 *
 * @throws RiskError BAD_VALUE naming the field, its value and what was expected, also where the state's own sums do not hold;
 * UNKNOWN_SYMBOL, BAD_TIERS, NO_MARK
 * @example
 * import { fromHyperliquid } from "underkeel/adapters";
 * const book = fromHyperliquid(
 *   {
 *     assetPositions: [{ position: {
 *       coin: "ETH", szi: "0.0335", entryPx: "2986.3", positionValue: "100.02765", unrealizedPnl: "-0.0134", marginUsed: "4.967826",
 *       leverage: { type: "isolated", value: 20, rawUsd: "-95.059824" },
 *     } }],
 *     crossMarginSummary: { accountValue: "13104.514502", totalRawUsd: "13104.514502" },
 *   },
 *   {
 *     universe: [{ name: "ETH", szDecimals: 4, maxLeverage: 25, marginTableId: 55 }],
 *     marginTables: [[55, { marginTiers: [{ lowerBound: "0.0", maxLeverage: 25 }, { lowerBound: "100000000.0", maxLeverage: 15 }] }]],
 *   },
 * );
 * book.accounts[0]?.balances; // => { USDC: "13104.514502" }
 * book.accounts[0]?.positions?.[0]?.isolatedMargin; // => "4.981226"
 * book.marks["ETH/USDC:USDC"]; // => "2985.9"
 */
export function fromHyperliquid(
  state: HyperliquidState,
  meta: HyperliquidMeta,
  options: HyperliquidOptions = {},
): BookDocument {
  const note = options.onNote ?? (() => {});
  const content = contentOf("hyperliquid", "state", state, "state");
  const row = new Row(content, "state", "Hyperliquid's clearinghouseState");
  const rows = rowsOf(
    row.raw.assetPositions,
    "state.assetPositions",
    "Hyperliquid's assetPositions",
  );
  const positions = rows.map(readHyperliquidPosition).filter((position) => position !== null);
  if (meta === undefined) {
    refuseMissing(
      "meta",
      "sizes and margin tables are in meta: give the answer of meta or metaAndAssetCtxs",
    );
  }
  const markets = hyperliquidMarkets(meta);
  const { orders } = options;
  const orderRows =
    orders === undefined
      ? []
      : rowsOf(
          contentOf("hyperliquid", "orders", orders, "orders"),
          "orders",
          "Hyperliquid's openOrders",
        );
  const read: ReadAccount = {
    name: "Hyperliquid",
    profile: "hyperliquid",
    hedged: false,
    multiAsset: false,
    wallets: hyperliquidWallets(row, positions),
    positions,
    orders: orderRows.map((order) => readOrder(order, note)).filter((order) => order !== null),
    marks: markets.marks,
    marksFrom: "metaAndAssetCtxs as meta, or the option marks",
    market: markets.market,
    marketIds: markets.ids,
    settings: settingsOfPositions(positions),
    decimals: { USDC: 6 },
  };
  return assembleBook(read, options);
}
