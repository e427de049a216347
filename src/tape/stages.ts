// A bar says where the price went, not in which order. Each bar becomes four prices: open, the two extremes, close; which extreme came first
// is an assumption that the user states. The default takes the extreme nearer to the open first, which is the shorter way.
import type { Bar } from "./bars.ts";

/** Which extreme of a bar is taken to be met first; "nearest" is the one nearer to the open, the low where they are equally near. */
export type ExtremeOrder = (typeof EXTREME_ORDERS)[number];

export const EXTREME_ORDERS: readonly ["nearest", "low-first", "high-first"] = [
  "nearest",
  "low-first",
  "high-first",
];

/** The four prices of a bar in the order in which they are replayed. */
export const STAGES: readonly ["open", "first", "second", "close"] = [
  "open",
  "first",
  "second",
  "close",
];
export type Stage = (typeof STAGES)[number];

function lowComesFirst({ open, high, low }: Bar, order: ExtremeOrder): boolean {
  if (order === "nearest") return open - low <= high - open;
  return order === "low-first";
}

/** Price of a bar at a stage, in price units. */
export function stagePrice(bar: Bar, stage: Stage, order: ExtremeOrder): number {
  if (stage === "open") return bar.open;
  if (stage === "close") return bar.close;
  return lowComesFirst(bar, order) === (stage === "first") ? bar.low : bar.high;
}
