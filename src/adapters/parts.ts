// Every venue's import behind one call: which answers each takes, by name, and the book they make.
import type { BookDocument } from "../types.ts";
import type { ImportOptions } from "./account.ts";
import { type BinanceInput, fromBinance } from "./binance.ts";
import { type BybitInput, fromBybit } from "./bybit.ts";
import { type CcxtInput, fromCcxt } from "./ccxt.ts";
import { fromHyperliquid, type HyperliquidOptions, type HyperliquidState } from "./hyperliquid.ts";
import type { HyperliquidMeta } from "./hyperliquid-markets.ts";
import { fromOkx, type OkxInput } from "./okx.ts";
import type { ImportSource } from "./recognise.ts";

/** What each venue's import takes, with the request that returns it. */
export const PARTS: Readonly<Record<ImportSource, Readonly<Record<string, string>>>> = {
  binance: {
    account: "/fapi/v2/account or v3, /dapi/v1/account",
    positionRisk: "/fapi/v2/positionRisk or v3, /dapi/v1/positionRisk",
    balance: "/fapi/v2/balance or v3",
    brackets: "/fapi/v1/leverageBracket, /dapi/v2/leverageBracket",
    exchangeInfo: "/fapi/v1/exchangeInfo, /dapi/v1/exchangeInfo",
    premiumIndex: "/fapi/v1/premiumIndex",
    symbolConfig: "/fapi/v1/symbolConfig",
    openOrders: "/fapi/v1/openOrders",
    positionMode: "/fapi/v1/positionSide/dual",
    commission: "/fapi/v1/commissionRate",
  },
  bybit: {
    positions: "/v5/position/list",
    wallet: "/v5/account/wallet-balance",
    tiers: "/v5/market/risk-limit",
    instruments: "/v5/market/instruments-info",
    tickers: "/v5/market/tickers",
    accountInfo: "/v5/account/info",
    orders: "/v5/order/realtime",
    fees: "/v5/account/fee-rate",
  },
  okx: {
    positions: "/api/v5/account/positions",
    balance: "/api/v5/account/balance",
    instruments: "/api/v5/public/instruments",
    tiers: "/api/v5/public/position-tiers",
    marks: "/api/v5/public/mark-price",
    config: "/api/v5/account/config",
    orders: "/api/v5/trade/orders-pending",
    fees: "/api/v5/account/trade-fee",
  },
  hyperliquid: {
    state: "info clearinghouseState",
    meta: "info meta or metaAndAssetCtxs",
    orders: "info openOrders or frontendOpenOrders",
  },
  ccxt: {
    positions: "fetchPositions",
    balances: "fetchBalance, with its info",
    markets: "exchange.markets",
    tiers: "fetchLeverageTiers",
    orders: "fetchOpenOrders",
    marks: "fetchFundingRates, or prices by symbol",
    wallets: "{asset: amount} outside isolated positions, instead of balances",
  },
};

/** Answers by the part they are. */
export interface VenueFiles {
  readonly venue: ImportSource;
  readonly parts: ReadonlyMap<string, unknown>;
}

/**
 * The book of one venue's answers. What is in them is whatever was in a file or on a clipboard: each import checks what it is given.
 *
 * @throws RiskError as the venue's own import
 */
export function bookOfAnswers(
  { venue, parts }: VenueFiles,
  options: ImportOptions & { readonly exchange?: string } = {},
): BookDocument {
  const input: unknown = Object.fromEntries(parts);
  if (venue === "binance") return fromBinance(input as BinanceInput, options);
  if (venue === "bybit") return fromBybit(input as BybitInput, options);
  if (venue === "okx") return fromOkx(input as OkxInput, options);
  if (venue === "ccxt") return fromCcxt(input as CcxtInput, options);
  const orders = parts.get("orders");
  const more =
    orders === undefined ? {} : { orders: orders as NonNullable<HyperliquidOptions["orders"]> };
  return fromHyperliquid(
    parts.get("state") as HyperliquidState,
    parts.get("meta") as HyperliquidMeta,
    {
      ...options,
      ...more,
    },
  );
}
