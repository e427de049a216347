// setMarginCalls: levels of the margin ratio that ticks report from now on.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_LEVELS } from "../../layout.ts";
import type {
  DecimalLike,
  EngineEvent,
  MarginCallDefinition,
  SetMarginCallsCommand,
} from "../../types.ts";
import {
  applyMarginCalls,
  LEVEL_DECIMALS,
  type MarginCalls,
  marginCallsOf,
} from "../margin-levels.ts";
import { refuse, requireObject } from "../read.ts";
import type { EngineState } from "../state.ts";
import { transact } from "../transaction.ts";

const MAX_LEVEL = 999_999n;
const DEFAULT_HYSTERESIS = "0.02";

/** Levels and hysteresis as given; RiskError BAD_VALUE, OUT_OF_RANGE or TOO_MANY_DECIMALS. */
export function readMarginCalls(definition: MarginCallDefinition, path: string): MarginCalls {
  requireObject(definition, path);
  const { levels, hysteresis = DEFAULT_HYSTERESIS } = definition;
  if (!Array.isArray(levels)) refuse("BAD_VALUE", "must be a list", `${path}.levels`, levels);
  if (levels.length > MAX_LEVELS) {
    const message = `must be at most ${MAX_LEVELS} levels`;
    refuse("OUT_OF_RANGE", message, `${path}.levels`, levels.length);
  }
  let last = 0;
  const levelsPpm = levels.map((level: DecimalLike, index: number) => {
    const place = `${path}.levels[${index}]`;
    const ppm = Number(parseDecimal(level, LEVEL_DECIMALS, place, { min: 1n, max: MAX_LEVEL }));
    if (ppm <= last) refuse("OUT_OF_RANGE", "must be above the level before it", place, level);
    last = ppm;
    return ppm;
  });
  const limits = { min: 0n, max: MAX_LEVEL };
  const place = `${path}.hysteresis`;
  const hysteresisPpm = Number(parseDecimal(hysteresis, LEVEL_DECIMALS, place, limits));
  return marginCallsOf(levelsPpm, hysteresisPpm);
}

function levelTexts({ levels }: MarginCalls): string[] {
  return levels.map(({ raisePpm }) => formatDecimal(raisePpm, LEVEL_DECIMALS));
}

/** As books have it; undefined where no level is set. */
export function marginCallDefinition(state: EngineState): MarginCallDefinition | undefined {
  const { marginCalls } = state;
  if (marginCalls.levels.length === 0) return undefined;
  const hysteresis = formatDecimal(marginCalls.hysteresisPpm, LEVEL_DECIMALS);
  return { levels: levelTexts(marginCalls), hysteresis };
}

export function setMarginCalls(
  state: EngineState,
  command: SetMarginCallsCommand,
  path: string,
): EngineEvent[] {
  const calls = readMarginCalls(command, path);
  return transact(state, (transaction) => {
    const before = state.marginCalls;
    state.marginCalls = calls;
    transaction.onRollback(() => {
      state.marginCalls = before;
      applyMarginCalls(state);
    });
    applyMarginCalls(state);
    return [{ type: "marginCallsSet", levels: levelTexts(calls) }];
  });
}
