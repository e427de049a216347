// Margin-call levels: at which margin ratios ticks tell of a scope that comes close to its liquidation.
import type { CallLevel } from "../kernel-ticks.ts";
import type { EngineState } from "./state.ts";

/** Decimals of levels and hysteresis. */
export const LEVEL_DECIMALS = 6;

export interface MarginCalls {
  /** Rising. */
  readonly levels: readonly CallLevel[];
  readonly hysteresisPpm: number;
}

export const NO_MARGIN_CALLS: MarginCalls = { levels: [], hysteresisPpm: 0 };

/** Levels that call again once the ratio has fallen by the hysteresis. */
export function marginCallsOf(levelsPpm: readonly number[], hysteresisPpm: number): MarginCalls {
  if (levelsPpm.length === 0) return NO_MARGIN_CALLS;
  const levels = levelsPpm.map((raisePpm) => ({
    raisePpm,
    clearPpm: Math.max(0, raisePpm - hysteresisPpm),
  }));
  return { levels, hysteresisPpm };
}

/** Tells the kernel the levels; nothing before triggers are enabled (the first tick does that, and then calls this). */
export function applyMarginCalls(state: EngineState): void {
  if (state.kernel.triggersEnabled) state.kernel.setCallLevels(state.marginCalls.levels);
}
