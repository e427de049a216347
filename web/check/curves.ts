// Points of the two charts: equity and requirement of a position's scope over the price of its market, and what three ways to hold the
// positions leave over the joint slider. Every point is the engine's own figure at that price; doubles begin where pixels do.

import { formatDecimal } from "../../src/decimal.ts";
import { MODE_VARIANTS, type ModeVariantName } from "../../src/engine/compare-modes.ts";
import { RiskError } from "../../src/errors.ts";
import type { MarketDefinition, PositionDefinition } from "../../src/types.ts";
import { fatesOf, leftNumber } from "./fates.ts";
import type { CheckModel } from "./model.ts";
import { priceDecimalsOfMarket, shownPrices } from "./prices.ts";
import type { CheckView } from "./state.ts";

const POINTS = 120;
const LEFT_STEPS = 36;

export interface CurvePoint {
  readonly price: number;
  readonly equity: number;
  readonly requirement: number;
  readonly liquidatable: boolean;
  /** Exactly, in the asset's smallest units. */
  readonly units: { readonly equity: bigint; readonly requirement: bigint };
}

/** Where the bracket of the position changes. */
export interface Kink {
  readonly price: number;
  /** Bracket from here on toward larger notionals, from 1. */
  readonly tier: number;
  readonly requirement: number;
}

export interface PriceCurve {
  /** Decimals of the asset that amounts are in. */
  readonly decimals: number;
  readonly points: readonly CurvePoint[];
  readonly kinks: readonly Kink[];
}

/** Prices between two ends, the ends included, as the engine takes them. */
function pricesBetween(from: number, to: number, decimals: number): string[] {
  const scale = 10 ** decimals;
  const units = Array.from({ length: POINTS + 1 }, (_, at) =>
    Math.max(1, Math.round((from + ((to - from) * at) / POINTS) * scale)),
  );
  return [...new Set(units)].map((unit) => formatDecimal(unit, decimals));
}

/** Prices at which a position's notional passes the floors of its market's brackets. */
function kinkPrices(
  position: PositionDefinition,
  { tiers, contractSize = 1, linear = true }: MarketDefinition,
): { readonly price: number; readonly tier: number }[] {
  const size = Number(position.contracts) * Number(contractSize);
  return tiers.flatMap((tier, index) => {
    const floor = Number(tier.minNotional ?? 0);
    if (!(floor > 0)) return [];
    return [{ price: linear ? floor / size : size / floor, tier: index + 1 }];
  });
}

/** A figure, or null where it is beyond the engine's range: charts reach further than the prices looked at. */
function withinRange<Value>(ask: () => Value): Value | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof RiskError) return null;
    throw error;
  }
}

/**
 * Equity and requirement of the scope of a position while its market goes from one price to another and the rest stands where the
 * model stands. Leaves the model at the prices given.
 */
export function priceCurve(
  model: CheckModel,
  position: PositionDefinition,
  range: { readonly from: number; readonly to: number },
  prices: Readonly<Record<string, string>>,
): PriceCurve {
  const { engine, book, id } = model;
  const { symbol, side } = position;
  const market = book.markets.find((one) => one.symbol === symbol) as MarketDefinition;
  const decimals = priceDecimalsOfMarket(market);
  const handle = engine.account(id).scope(symbol, side);
  const scale = 10 ** handle.decimals;
  const at = (price: string): CurvePoint | null =>
    withinRange(() => {
      engine.setMarks({ [symbol]: price });
      const { equity, requirement, liquidatable } = handle.figures();
      return {
        price: Number(price),
        equity: Number(equity) / scale,
        requirement: Number(requirement) / scale,
        liquidatable,
        units: { equity, requirement },
      };
    });
  const points = pricesBetween(range.from, range.to, decimals).flatMap((price) => at(price) ?? []);
  const byNotional = engine.rules.tierMetric === "notional";
  const kinks = (byNotional ? kinkPrices(position, market) : [])
    .filter(({ price }) => price > range.from && price < range.to)
    .flatMap(({ price, tier }) => {
      const units = Math.max(1, Math.round(price * 10 ** decimals));
      const point = at(formatDecimal(units, decimals));
      return point === null ? [] : [{ price, tier, requirement: point.requirement }];
    });
  engine.setMarks(prices);
  return { decimals: handle.decimals, points, kinks };
}

/** What is left of the account in one asset under each joint move. */
export interface LeftCurves {
  /** Joint moves in hundredths of a per cent. */
  readonly moves: readonly number[];
  readonly left: Readonly<Record<ModeVariantName, readonly number[]>>;
}

/** Leaves the model at the prices of the view; moves beyond the engine's range are left out. */
export function leftCurves(
  model: CheckModel,
  view: CheckView,
  settle: string,
  span: { readonly end: number; readonly jumps: readonly number[] },
): LeftCurves {
  const decimals = model.decimalsOf(settle);
  const { end } = span;
  const first = view.direction === "against" ? 0 : -end;
  const steps = Array.from({ length: LEFT_STEPS + 1 }, (_, at) =>
    Math.round(first + ((end - first) * at) / LEFT_STEPS),
  );
  const jumps = span.jumps.filter((move) => move > first && move < end);
  const sought = [...new Set([...steps, ...jumps])].sort((a, b) => a - b);
  const moves: number[] = [];
  const left: Record<ModeVariantName, number[]> = { asIs: [], allCross: [], allIsolated: [] };
  for (const jointBp of sought) {
    const fates = withinRange(() => {
      model.setPrices(shownPrices(model.book, { ...view, jointBp }));
      return fatesOf(model);
    });
    if (fates === null) continue;
    moves.push(jointBp);
    for (const name of MODE_VARIANTS) left[name].push(leftNumber(fates[name], settle, decimals));
  }
  model.setPrices(shownPrices(model.book, view));
  return { moves, left };
}
