// What is held of a stop, as one plain object: what goes into the store (stops.ts), which keeps it in the kernel's records.
import type { PositionSide, StopKind } from "../types.ts";

/** Everything that is held of a stop. Prices are in price units, amounts of money in quote units; 0 stands for none unless said otherwise. */
export interface StopTerms {
  readonly id: string;
  readonly kind: StopKind;
  /** Index of the market; undefined: an equity kind that closes every position of the pool. */
  readonly market: number | undefined;
  /** Price slot of the market. */
  readonly slot: number;
  /** Index of the settle asset. */
  readonly asset: number;
  readonly side: PositionSide;
  readonly takeProfit: boolean;
  /** Passed by a rising mark. */
  readonly up: boolean;
  /** Quantity units to close; 0: the whole position. */
  readonly quantity: number;
  /** What the kernel compares the mark with; 0: no price fires it. */
  readonly trigger: number;
  /** The trigger as shown; 0: no price fires it. */
  readonly nominal: number;
  /** The trigger before it was clamped: as asked for or, of marginLoss and entryDeviation, as resolved. */
  readonly asked: number;
  readonly clamped: boolean;
  /** trailing: price units, or ppm of the best price. */
  readonly distance: number;
  readonly byRate: boolean;
  readonly activation: number;
  /** trailing: 0 before activation. */
  readonly best: number;
  /** Share of margin, deviation or drawdown. */
  readonly sharePpm: number;
  /** Equity kinds: fires at or below. */
  readonly floor: bigint;
  /** drawdown: its reference; equity: the floor as asked for. */
  readonly reference: bigint;
  readonly slippageE8: number;
  /** Its one-cancels-other partner, or NO_STOP. */
  readonly partner: number;
  readonly suspended: boolean;
}

/** The prices of a stop that fires at one. */
export type StopPrices = Pick<StopTerms, "trigger" | "nominal" | "asked" | "clamped">;
