// The fields of a stop, in the order in which books write them.
import type { StopDefinition } from "../types.ts";

/** All but `kind`, which alone must be there. */
export const STOP_OPTIONAL: readonly (keyof StopDefinition)[] = [
  "id",
  "symbol",
  "side",
  "settle",
  "amount",
  "purpose",
  "triggerPrice",
  "askedPrice",
  "distance",
  "rate",
  "activationPrice",
  "best",
  "share",
  "deviation",
  "equityFloor",
  "askedFloor",
  "drawdown",
  "referenceEquity",
  "oco",
  "slippage",
];
