// Tiers of maintenance margin: from what venues and ccxt publish to the kernel's bracket tables.

export {
  type ContractTable,
  type ContractTableOptions,
  deriveContractTables,
} from "./contracts.ts";
export { type DerivedTable, type DeriveOptions, deriveTable } from "./derive.ts";
export {
  deriveHyperliquidTable,
  type HyperliquidMarginTier,
  type HyperliquidOptions,
} from "./hyperliquid.ts";
export { type BracketFile, readBracketCsv, readBracketJson } from "./read.ts";
