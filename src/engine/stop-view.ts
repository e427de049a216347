// Stops as their owner sees them: where each stands, whether it can still do its work (its verdict), and what its close would come to.
// A verdict is a look at the marks as they are: the kernel's own searches say whether the scope would be liquidated on the way to the
// trigger, and how much the scope's other positions can lose before it is liquidated there.
import { formatDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import type { StopVerdict, StopView } from "../types.ts";
import { NO_POOL, tagMode } from "./accounts.ts";
import { withPrices } from "./scan.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { type StopTrial, tryStop } from "./stop-outcome.ts";
import { drawdownFloor, isPassed } from "./stop-prices.ts";
import {
  amountText,
  bestNow,
  clampBefore,
  clampedFloor,
  comparedTick,
  floorText,
  marketOfStop,
  poolOfStop,
  triggerNow,
  triggerText,
} from "./stop-rules.ts";
import { isEquityKind, NO_STOP } from "./stops.ts";

const SHOCK_DECIMALS = 6;

/** A verdict with what goes with it. */
interface Judgement {
  readonly verdict: StopVerdict;
  readonly clampedPrice: string | null;
  readonly clampedFloor: string | null;
  readonly contestedShock: string | null;
  readonly trial: StopTrial;
}

const NO_TRIAL: StopTrial = { outcome: null, refusal: null };

function judged(verdict: StopVerdict, more: Partial<Judgement> = {}): Judgement {
  return {
    verdict,
    clampedPrice: null,
    clampedFloor: null,
    contestedShock: null,
    trial: NO_TRIAL,
    ...more,
  };
}

/** Stops of an account in the order of placement. */
export function stopViews(state: EngineState, account: number): StopView[] {
  return state.stops.rows(account).map((stop) => stopView(state, stop));
}

function stopView(state: EngineState, stop: number): StopView {
  const { stops } = state;
  const kind = stops.kindOf(stop);
  const market = marketOfStop(state, stop);
  const partner = stops.partner(stop);
  const price = (units: number): string | null =>
    units === 0 || market === undefined ? null : formatDecimal(units, market.priceDecimals);
  const { verdict, clampedPrice, clampedFloor, contestedShock, trial } = judge(state, stop, market);
  return {
    account: state.accounts.id(stops.account(stop)) ?? "",
    id: stops.id(stop),
    kind,
    purpose: stops.takeProfit(stop) ? "takeProfit" : "stopLoss",
    symbol: market?.symbol ?? null,
    side: market === undefined ? null : stops.side(stop),
    settle: isEquityKind(kind) ? state.assetAt(stops.assetIndex(stop)).code : null,
    amount: amountText(state, stop),
    triggerPrice: triggerText(state, stop),
    askedPrice: stops.clamped(stop) ? price(stops.asked(stop)) : null,
    equityFloor: floorText(state, stop),
    askedFloor: askedFloorText(state, stop),
    best: kind === "trailing" ? price(bestNow(state, stop)) : null,
    activationPrice: price(stops.activation(stop)),
    oco: partner === NO_STOP ? null : stops.id(partner),
    verdict,
    clampedPrice,
    clampedFloor,
    contestedShock,
    outcome: trial.outcome,
    refusal: trial.refusal,
  };
}

function askedFloorText(state: EngineState, stop: number): string | null {
  const { stops } = state;
  const kind = stops.kindOf(stop);
  if (!isEquityKind(kind) || !stops.clamped(stop)) return null;
  const reference = stops.reference(stop);
  const asked = kind === "drawdown" ? drawdownFloor(reference, stops.sharePpm(stop)) : reference;
  return formatDecimal(asked, state.assetAt(stops.assetIndex(stop)).decimals);
}

function judge(state: EngineState, stop: number, market: EngineMarket | undefined): Judgement {
  const { stops } = state;
  const pool = poolOfStop(state, stop);
  if (pool === NO_POOL) return judged("never");
  const { equity, liquidatable } = state.kernel.poolFigures(pool);
  if (liquidatable || stops.suspended(stop)) return judged("suspended");
  if (isEquityKind(stops.kindOf(stop))) return judgeFloor(state, stop, pool, equity);
  return market === undefined ? judged("never") : judgePrice(state, stop, pool, market);
}

/** By equity: the close is tried at the marks, for no one path leads to a floor. */
function judgeFloor(state: EngineState, stop: number, pool: number, equity: bigint): Judgement {
  const floor = state.stops.floor(stop);
  if (equity <= floor) return judged("immediate", { trial: tryStop(state, stop, pool, []) });
  const least = clampedFloor(state, pool, floor);
  if (least === undefined) return judged("armed", { trial: tryStop(state, stop, pool, []) });
  const { decimals } = state.assetAt(state.stops.assetIndex(stop));
  return judged("beyondLiquidation", { clampedFloor: formatDecimal(least, decimals) });
}

function judgePrice(
  state: EngineState,
  stop: number,
  pool: number,
  market: EngineMarket,
): Judgement {
  const { kernel, stops } = state;
  const trailing = stops.kindOf(stop) === "trailing";
  const up = stops.up(stop);
  const nominal = triggerNow(state, stop);
  // The first mark that fires it. Trailing stops compare the mark as it is.
  const first = trailing ? nominal : stops.trigger(stop);
  // A trailing stop that is too far behind its best price has no trigger until that has moved on.
  if (first === 0) return judged(trailing ? "inactive" : "never");
  const mark = kernel.mark(market.slot);
  if (isPassed(first, up, mark)) {
    return judged("immediate", { trial: tryStop(state, stop, pool, [[market, mark]]) });
  }
  const tick = trailing ? 1n : comparedTick(state, market);
  const before = clampBefore(state, pool, market, { nominal, up, tick });
  if (before !== undefined) {
    // A take profit is not moved: nearer it would take another profit.
    const moved = before !== 0 && !stops.takeProfit(stop);
    const clampedPrice = moved ? formatDecimal(before, market.priceDecimals) : null;
    return judged("beyondLiquidation", { clampedPrice });
  }
  const trial = tryStop(state, stop, pool, [[market, first]]);
  const shock = shockAt(state, pool, market, first);
  if (shock === null) return judged("armed", { trial });
  return judged("contested", { trial, contestedShock: formatDecimal(shock, SHOCK_DECIMALS) });
}

/**
 * Least joint shock of what else is in a cross pool that has it liquidated with one market's mark at a price; null where none does, or
 * where the pool has no figures there.
 */
function shockAt(
  state: EngineState,
  pool: number,
  market: EngineMarket,
  price: number,
): number | null {
  const { kernel } = state;
  if (tagMode(kernel.tag(pool)) === "isolated") return null;
  try {
    return withPrices(state, [[market, price]], () => kernel.shockBeside(pool, market.slot));
  } catch (error) {
    if (error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE") return null;
    throw error;
  }
}
