// What the book page and its worker say to each other: plain data, one union each way. Every request carries a number, every answer the
// number of its request; what fails is an answer too. Arrays travel as transferables, figures as the engine's own decimal text.
import type { ScanLine } from "../../src/engine/scan.ts";

/** A book made up from a seed. */
export interface GenerateRequest {
  readonly kind: "generate";
  readonly id: number;
  readonly accounts: number;
  readonly seed: string;
}

/** A book read from files the user dropped or chose. */
export interface OpenRequest {
  readonly kind: "open";
  readonly id: number;
  readonly files: readonly File[];
}

/** Stops the load of that number; the book before it stays. */
export interface CancelRequest {
  readonly kind: "cancel";
  readonly id: number;
}

/** Where prices are dragged to: one market, or all by the same share. */
export interface Shock {
  /** Index of the market. */
  readonly market: number;
  /** Move from its mark, in millionths. */
  readonly movePpm: number;
  /** All other markets of its settle asset move by the same share. */
  readonly together: boolean;
}

export interface FrameRequest extends Shock {
  readonly kind: "frame";
  readonly id: number;
}

export interface MapRequest {
  readonly kind: "map";
  readonly id: number;
  readonly market: number;
  readonly together: boolean;
}

/** Both engines scan the same prices in turn. */
export interface RaceRequest {
  readonly kind: "race";
  readonly id: number;
  readonly rounds: number;
}

/** Takes the book through the next bars of its crash; the first request begins it. */
export interface ReplayRequest {
  readonly kind: "replay";
  readonly id: number;
  /** At most so many bars, and none more once `budgetMs` have passed. */
  readonly bars: number;
  readonly budgetMs: number;
}

export type BookRequest =
  | GenerateRequest
  | OpenRequest
  | CancelRequest
  | FrameRequest
  | MapRequest
  | RaceRequest
  | ReplayRequest;

export interface MarketFacts {
  readonly symbol: string;
  readonly settle: string;
  readonly priceDecimals: number;
  /** In price units; 0 where it has none. */
  readonly mark: number;
}

export interface BookFacts {
  /** "100,000 accounts, seed 1" or the names of the files. */
  readonly name: string;
  readonly accounts: number;
  readonly positions: number;
  readonly stops: number;
  readonly scopes: number;
  readonly memoryBytes: number;
  /** Reading or drawing the accounts and filling the engine; building the screen; the first scan. */
  readonly loadMs: number;
  readonly indexMs: number;
  readonly firstScanMs: number;
  readonly markets: readonly MarketFacts[];
}

/** A problem of a file, or an error without a place. */
export interface Problem {
  /** "positions.csv:17:5", or "" where there is none. */
  readonly place: string;
  readonly message: string;
}

export interface FrameFacts {
  readonly shock: Shock;
  /** Price of the shock's market, in units. */
  readonly price: number;
  /** Liquidatable. */
  readonly scopes: number;
  readonly cross: number;
  readonly isolated: number;
  readonly accounts: number;
  /** Scopes that the screen left to the integers. */
  readonly exactEvaluations: number;
  /** Lowest clearance first. */
  readonly deepest: readonly ScanLine[];
  /** The scan alone; and all the worker did for the frame. */
  readonly scanMs: number;
  readonly workMs: number;
}

/** A liquidation map as columns, levels by rising price. */
export interface MapFacts {
  readonly market: number;
  readonly together: boolean;
  /** In price units. */
  readonly mark: number;
  readonly prices: Float64Array;
  /** Of positions in the market on the side that falls, in settle units; doubles for drawing. */
  readonly notional: Float64Array;
  readonly scopes: Float64Array;
  readonly longs: { readonly scopes: number; readonly notional: string };
  readonly shorts: { readonly scopes: number; readonly notional: string };
  readonly atMark: number;
  readonly milliseconds: number;
}

export interface RaceEntry {
  readonly name: string;
  /** Milliseconds by round. */
  readonly times: Float64Array;
  readonly scopes: number;
  /** Scopes on which its last list differs from underkeel's. */
  readonly differences: number;
}

export interface RaceFacts {
  readonly rounds: number;
  readonly legs: number;
  /** Scans of a timed turn, of which the times are the mean. */
  readonly repeats: number;
  /** underkeel first. Empty where the rival cannot hold the book; `refusal` says why. */
  readonly entries: readonly RaceEntry[];
  readonly refusal: string | null;
}

/** One bar of the replay. Amounts are doubles, for drawing; totals are exact text. */
export interface ReplayBar {
  /** Opening of the bar, ms since 1970. */
  readonly time: number;
  /** Notional liquidated. */
  readonly long: number;
  readonly short: number;
  readonly fund: number;
  readonly uncovered: number;
  /** Marks at its end by market, in price units. */
  readonly prices: Float64Array;
}

export interface ReplayFacts {
  readonly bars: readonly ReplayBar[];
  /** Bars done and in all. */
  readonly done: number;
  readonly total: number;
  readonly settle: string;
  readonly liquidatedScopes: number;
  readonly liquidatedAccounts: number;
  readonly longNotional: string;
  readonly shortNotional: string;
  readonly fund: string;
  readonly uncovered: string;
  readonly deleveraged: number;
  readonly ticks: number;
  /** In ticks, and in liquidations. */
  readonly tickMs: number;
  readonly liquidateMs: number;
  /** What the first tick took, which begins to watch the book; 0 before it. */
  readonly watchMs: number;
}

export type BookAnswer =
  | {
      readonly kind: "progress";
      readonly id: number;
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "loaded"; readonly id: number; readonly book: BookFacts }
  | { readonly kind: "cancelled"; readonly id: number }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly request: BookRequest["kind"];
      readonly message: string;
      readonly problems: readonly Problem[];
      /** Beyond those listed. */
      readonly more: number;
    }
  | { readonly kind: "frame"; readonly id: number; readonly frame: FrameFacts }
  | { readonly kind: "map"; readonly id: number; readonly map: MapFacts }
  | { readonly kind: "race"; readonly id: number; readonly race: RaceFacts }
  | { readonly kind: "replay"; readonly id: number; readonly replay: ReplayFacts };
