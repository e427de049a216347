// What stops mean in the state they stand in: which pool and position they belong to, at which price or equity they fire, and whether
// their scope would be liquidated before. Looks only; changes are in stop-changes.ts.
import { formatDecimal, parseRate } from "../decimal.ts";
import { NO_POOL } from "./accounts.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState, PositionReference } from "./state.ts";
import {
  comparedPrice,
  entryDeviationPrice,
  marginLossPrice,
  trailingPrice,
  triggerBefore,
} from "./stop-prices.ts";
import type { StopPrices, StopTerms } from "./stop-terms.ts";
import { isEquityKind, NO_STOP } from "./stops.ts";

/** What decides where a stop fires. */
export type PricedStop = Pick<StopTerms, "kind" | "up" | "sharePpm">;

/** The stop's market; undefined: every position of its pool. */
export function marketOfStop(state: EngineState, stop: number): EngineMarket | undefined {
  const index = state.stops.marketIndex(stop);
  return index === undefined ? undefined : state.marketAt(index);
}

/** The position that the stop closes; undefined where it is gone, or is meant to be all of a pool. */
export function positionOfStop(state: EngineState, stop: number): PositionReference | undefined {
  const { stops } = state;
  const market = marketOfStop(state, stop);
  if (market === undefined) return undefined;
  return state.findPosition(stops.account(stop), market, stops.side(stop));
}

/** The scope whose liquidation would be before the stop; NO_POOL where what it closes is gone. */
export function poolOfStop(state: EngineState, stop: number): number {
  const { stops } = state;
  const market = marketOfStop(state, stop);
  if (market === undefined) {
    const pool = state.crossPool(stops.account(stop), stops.assetIndex(stop));
    return pool === NO_POOL || state.legs(pool).length === 0 ? NO_POOL : pool;
  }
  const position = state.findPosition(stops.account(stop), market, stops.side(stop));
  if (position === undefined) return NO_POOL;
  return isEquityKind(stops.kindOf(stop)) && position.isolated ? NO_POOL : position.pool;
}

/** A market's tick never changes. */
const TICKS: WeakMap<EngineMarket, bigint> = new WeakMap();

/** The market's tick in price units; 1 where it has none, or one finer than its prices. */
export function tickOf(market: EngineMarket): bigint {
  const known = TICKS.get(market);
  if (known !== undefined) return known;
  const tick = readTick(market);
  TICKS.set(market, tick);
  return tick;
}

function readTick(market: EngineMarket): bigint {
  const { price } = market.definition.precision;
  if (price === undefined || price === null) return 1n;
  const { numerator, denominator } = parseRate(price, "precision.price");
  const units = numerator * 10n ** BigInt(market.priceDecimals);
  return units % denominator === 0n && units >= denominator ? units / denominator : 1n;
}

/** What marks are cut to before stops compare them. */
export function comparedTick(state: EngineState, market: EngineMarket): bigint {
  return state.rules.stopTriggerPrecision === "tick" ? tickOf(market) : 1n;
}

/** What the kernel compares an uncut mark with, for a trigger as shown. */
export function comparedOf(
  state: EngineState,
  market: EngineMarket,
  nominal: number,
  up: boolean,
): number {
  return comparedPrice(nominal, up, comparedTick(state, market), market.maxPrice);
}

/** The trigger that a stop on margin or entry comes to with the position as it is; 0: no price. */
export function resolvedPrice(
  state: EngineState,
  { kind, sharePpm }: PricedStop,
  market: EngineMarket,
  { pool, leg }: PositionReference,
): number {
  const { kernel } = state;
  const { terms, maxPrice } = market;
  const position = { terms, maxPrice, quantity: kernel.quantity(leg), cost: kernel.cost(leg) };
  if (kind === "entryDeviation") return entryDeviationPrice(position, sharePpm);
  return marginLossPrice(position, kernel.collateral(pool), sharePpm);
}

/**
 * Where a clamp puts a stop that the pool would be liquidated before: undefined where it is not before (or the pool is liquidatable
 * now), 0 where no trigger of the market is early enough.
 */
export function clampBefore(
  state: EngineState,
  pool: number,
  market: EngineMarket,
  stop: { readonly nominal: number; readonly up: boolean; readonly tick: bigint },
): number | undefined {
  const { nominal, up, tick } = stop;
  const compared = comparedPrice(nominal, up, tick, market.maxPrice);
  if (compared === 0) return undefined;
  const { kernel } = state;
  const liquidation = kernel.liquidationPrice(pool, market.slot, up ? "up" : "down");
  if (liquidation === null || (up ? compared < liquidation : compared > liquidation)) {
    return undefined;
  }
  return kernel.poolFigures(pool).liquidatable ? undefined : triggerBefore(liquidation, up, tick);
}

/** All prices of a stop whose trigger before clamping is `asked`; clamped where the profile says so and it can be. */
export function clampedPrices(
  state: EngineState,
  pool: number,
  market: EngineMarket,
  stop: { readonly asked: number; readonly up: boolean; readonly takeProfit: boolean },
): StopPrices {
  const { asked, up, takeProfit } = stop;
  const tick = comparedTick(state, market);
  const clamps = !takeProfit && state.rules.stopBeyondLiquidation === "clamp";
  const clamp = clamps ? clampBefore(state, pool, market, { nominal: asked, up, tick }) : undefined;
  const clamped = clamp !== undefined && clamp !== 0;
  const nominal = clamped ? clamp : asked;
  return { trigger: comparedPrice(nominal, up, tick, market.maxPrice), nominal, asked, clamped };
}

/**
 * The best price that a trailing stop has to follow: as of the last tick, or the mark where that is better by now (the next tick begins
 * there); 0 before activation. One that is suspended follows nothing.
 */
export function bestNow(state: EngineState, stop: number): number {
  const { kernel, stops } = state;
  const best = stops.best(stop);
  const mark = kernel.mark(stops.slot(stop));
  if (best === 0 || mark === 0 || stops.suspended(stop)) return best;
  return stops.side(stop) === "short" ? Math.min(best, mark) : Math.max(best, mark);
}

/** The price that fires the stop now; 0: none (equity kinds, trailing ones that are not active, what no price fires). */
export function triggerNow(state: EngineState, stop: number): number {
  const { stops } = state;
  if (stops.kindOf(stop) !== "trailing") return stops.nominal(stop);
  const best = bestNow(state, stop);
  const market = marketOfStop(state, stop);
  if (best === 0 || market === undefined) return 0;
  const trail = {
    distance: stops.distance(stop),
    byRate: stops.byRate(stop),
    maxPrice: market.maxPrice,
  };
  return trailingPrice(trail, best, stops.side(stop) === "short");
}

/** Where a clamp puts an equity floor: the least equity at which the pool stands now; undefined if the floor is not below, or it does not stand. */
export function clampedFloor(state: EngineState, pool: number, floor: bigint): bigint | undefined {
  const { maintenanceMargin, closeFee, liquidatable } = state.kernel.poolFigures(pool);
  if (liquidatable || maintenanceMargin === 0n) return undefined;
  const least = maintenanceMargin + closeFee + (state.rules.triggerInclusive ? 1n : 0n);
  return floor < least ? least : undefined;
}

/** Decimal text of the price that fires the stop now, or null where there is none. */
export function triggerText(state: EngineState, stop: number): string | null {
  const price = triggerNow(state, stop);
  const market = marketOfStop(state, stop);
  return price === 0 || market === undefined ? null : formatDecimal(price, market.priceDecimals);
}

/** Decimal text of the floor of an equity kind; null for others. */
export function floorText(state: EngineState, stop: number): string | null {
  const { stops } = state;
  if (!isEquityKind(stops.kindOf(stop))) return null;
  return formatDecimal(stops.floor(stop), state.assetAt(stops.assetIndex(stop)).decimals);
}

/** Decimal text of what it closes; null: the whole position. */
export function amountText(state: EngineState, stop: number): string | null {
  const quantity = state.stops.quantity(stop);
  const market = marketOfStop(state, stop);
  return quantity === 0 || market === undefined
    ? null
    : formatDecimal(quantity, market.amountDecimals);
}

/** The account's stop of that id. */
export function findStop(state: EngineState, account: number, id: unknown, path: string): number {
  const stop = typeof id === "string" ? state.stops.find(account, id) : NO_STOP;
  return stop === NO_STOP ? refuse("UNKNOWN_STOP", "no such stop", path, id) : stop;
}
