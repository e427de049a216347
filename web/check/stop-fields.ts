// What a stop asks of the person who places it: its kinds by name, the one figure each takes and its unit. Shares are per cent here and
// fractions in the book.
import type { StopDefinition, StopKind } from "../../src/types.ts";
import { isDecimal, shiftDecimal } from "../shared/format.ts";

/** Kinds as they are chosen: a take profit is a mark stop of the other purpose. */
export type StopChoice = StopKind | "takeProfit";

type FigureField =
  | "triggerPrice"
  | "rate"
  | "distance"
  | "share"
  | "deviation"
  | "equityFloor"
  | "drawdown";

interface StopChoiceWords {
  readonly words: string;
  /** Field of the book that the figure goes into. */
  readonly field: FigureField;
  readonly unit: "price" | "percent" | "amount";
  /** What it watches: a position, one that is isolated, or the cross pool. */
  readonly of: "position" | "isolated" | "cross";
  /** What stands in a new one, where the figure is no price. */
  readonly start: string;
}

export const STOP_CHOICES: Readonly<Record<StopChoice, StopChoiceWords>> = {
  mark: {
    words: "Stop loss at price",
    field: "triggerPrice",
    unit: "price",
    of: "position",
    start: "",
  },
  takeProfit: {
    words: "Take profit at price",
    field: "triggerPrice",
    unit: "price",
    of: "position",
    start: "",
  },
  trailing: {
    words: "Trailing, behind best by",
    field: "rate",
    unit: "percent",
    of: "position",
    start: "0.03",
  },
  entryDeviation: {
    words: "Off the entry by",
    field: "deviation",
    unit: "percent",
    of: "position",
    start: "0.05",
  },
  marginLoss: {
    words: "Share of margin lost",
    field: "share",
    unit: "percent",
    of: "isolated",
    start: "0.5",
  },
  equity: {
    words: "Equity down to",
    field: "equityFloor",
    unit: "amount",
    of: "cross",
    start: "1000",
  },
  drawdown: {
    words: "Equity down by",
    field: "drawdown",
    unit: "percent",
    of: "cross",
    start: "0.3",
  },
};

export function choiceOf({ kind, purpose }: StopDefinition): StopChoice {
  return kind === "mark" && purpose === "takeProfit" ? "takeProfit" : kind;
}

/** Field and unit of a stop's figure: a trailing stop may also be stated as a distance. */
export function figureOf(stop: StopDefinition): Pick<StopChoiceWords, "field" | "unit"> {
  const { distance, kind } = stop;
  if (kind === "trailing" && distance !== undefined) return { field: "distance", unit: "price" };
  return STOP_CHOICES[choiceOf(stop)];
}

/** The figure of a stop as it is edited: shares in per cent, anything malformed as it was typed. */
export function stopFigure(stop: StopDefinition): string {
  const { field, unit } = figureOf(stop);
  const text = String(stop[field] ?? "");
  return unit === "percent" && isDecimal(text) ? shiftDecimal(text, 2) : text;
}

/** The stop with another figure. */
export function withFigure(stop: StopDefinition, text: string): StopDefinition {
  const { field, unit } = figureOf(stop);
  const value = unit === "percent" && isDecimal(text) ? shiftDecimal(text, -2) : text;
  // What was asked for is told by the new figure alone.
  const { askedPrice: _price, askedFloor: _floor, ...rest } = stop;
  return { ...rest, [field]: value };
}

/** A stop of another kind on the same position; `price` is where one at a price starts. */
export function stopOfChoice(
  choice: StopChoice,
  target: Pick<StopDefinition, "id" | "symbol" | "side" | "settle">,
  price: string,
): StopDefinition {
  const { field, unit, of, start } = STOP_CHOICES[choice];
  const { id, symbol, side, settle } = target;
  const named = id === undefined ? {} : { id };
  const place =
    symbol === undefined || side === undefined
      ? { ...(settle === undefined ? {} : { settle }) }
      : { symbol, side };
  const purpose = choice === "takeProfit" ? { purpose: "takeProfit" as const } : {};
  const kind = choice === "takeProfit" ? "mark" : choice;
  const where = of === "cross" || symbol !== undefined ? place : {};
  return { ...named, kind, ...where, ...purpose, [field]: unit === "price" ? price : start };
}
