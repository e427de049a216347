// What users of the package import. Everything reachable from here runs in browsers and in Node alike. The kernel alone is core.ts,
// pictures are charts/, made-up books generate/, venues' JSON adapters/, files node.ts: entry points of their own.

export { BookError, type BookProblem, type BookSink, loadBookDocument } from "./book/index.ts";
export { decimalsOf, formatDecimal, parseDecimal } from "./decimal.ts";
export type { AccountView } from "./engine/account-view.ts";
export type { BulkSink } from "./engine/bulk-sink.ts";
export { type CoinglassLevel, type CoinglassMap, toCoinglassMap } from "./engine/coinglass-map.ts";
export {
  type CompareModesOptions,
  MODE_VARIANTS,
  type ModeComparison,
  type ModeOutcome,
  type ModeVariant,
  type ModeVariantName,
  type PositionName,
} from "./engine/compare-modes.ts";
export { type EngineOptions, type EngineStats, RiskEngine } from "./engine/engine.ts";
export { FILL_STATUSES, type FillBatch, type FillBatchResult } from "./engine/fill-batch.ts";
export type { MarginLimits } from "./engine/isolated-margin.ts";
export type {
  LiquidationMap,
  LiquidationMapLevel,
  LiquidationMapOptions,
  LiquidationMapSums,
} from "./engine/liquidation-map.ts";
export type { ComparedShock, ModeShock } from "./engine/mode-shocks.ts";
export { PROFILE_NAMES, type ResolvedProfile, resolveProfile } from "./engine/profiles.ts";
export type { ScanLine, ScanResult } from "./engine/scan.ts";
export type { PricePair, ScopeFigures, ScopeHandle } from "./engine/scope.ts";
export type {
  StressMarket,
  StressOptions,
  StressOutcome,
  StressSettle,
  StressTotals,
} from "./engine/stress.ts";
export {
  type StressAxis,
  type StressGrid,
  type StressGridOptions,
  stressGrid,
} from "./engine/stress-grid.ts";
export {
  HISTORICAL_SHOCKS,
  type HistoricalOptions,
  type HistoricalShock,
  historicalScenario,
} from "./engine/stress-history.ts";
export type { StressMode, StressModes, StressModesOutcome } from "./engine/stress-modes.ts";
export type { StressBeta, StressScenario } from "./engine/stress-scenarios.ts";
export type { StressAccount } from "./engine/stress-top.ts";
export type { TickResult } from "./engine/tick-result.ts";
export { RiskError, type RiskErrorCode, type RiskErrorDetail } from "./errors.ts";
export { Kernel, type KernelOptions, type KernelScan, type TableReplacement } from "./kernel.ts";
export { compileKernel, type KernelBinary, type KernelSource } from "./kernel-module.ts";
export type {
  Bracket,
  BracketTable,
  Direction,
  FundingOptions,
  FundingRate,
  FundingTotal,
  LegFigures,
  LegState,
  PoolFigures,
  PoolState,
  PriceTerms,
} from "./model.ts";
export * from "./tiers/index.ts";
export type * from "./types.ts";
