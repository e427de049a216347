// Venues' and ccxt's JSON to and from books: pure functions on plain data, for any JavaScript host. Docs: docs/adapters.md.

export { RiskError, type RiskErrorCode, type RiskErrorDetail } from "../errors.ts";
export type * from "../types.ts";
export type { ImportOptions } from "./account.ts";
export {
  type BinanceAccount,
  type BinanceAssetRow,
  type BinanceInput,
  type BinanceOrderRow,
  type BinancePositionRow,
  fromBinance,
} from "./binance.ts";
export type {
  BinanceBracketRow,
  BinanceCommissionRow,
  BinanceExchangeInfo,
} from "./binance-markets.ts";
export {
  type BybitAnswer,
  type BybitInput,
  type BybitOrderRow,
  type BybitPositionRow,
  type BybitWalletRow,
  fromBybit,
} from "./bybit.ts";
export type { BybitInstrumentRow, BybitRiskLimitRow } from "./bybit-markets.ts";
export {
  type CcxtInput,
  type CcxtOptions,
  type CcxtOrderInput,
  type CcxtPositionInput,
  fromCcxt,
} from "./ccxt.ts";
export type { CcxtMarket } from "./ccxt-markets.ts";
export { type CcxtPosition, type CcxtPositionInfo, toCcxtPosition } from "./ccxt-position.ts";
export type { DecimalText } from "./exact.ts";
export {
  fromHyperliquid,
  type HyperliquidOptions,
  type HyperliquidOrderRow,
  type HyperliquidPosition,
  type HyperliquidState,
} from "./hyperliquid.ts";
export type { HyperliquidMeta, HyperliquidMetaObject } from "./hyperliquid-markets.ts";
export {
  fromOkx,
  type OkxAnswer,
  type OkxBalanceRow,
  type OkxInput,
  type OkxOrderRow,
  type OkxPositionRow,
} from "./okx.ts";
export type { OkxInstrumentRow, OkxTierRow } from "./okx-markets.ts";
export { type ImportSource, type Recognised, recognise } from "./recognise.ts";
