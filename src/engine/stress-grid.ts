// Grids of scenarios: two markets moved over a range of shares each, everything else as stated, as a heat map shows them.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { DecimalLike } from "../types.ts";
import { refuse, refuseUnknownFields, requireObject } from "./read.ts";
import type { StressScenario } from "./stress-scenarios.ts";

/** Shares from `from` to `to` in `steps` even steps, both ends included. */
export interface StressAxis {
  readonly symbol: string;
  readonly from: DecimalLike;
  readonly to: DecimalLike;
  /** 2 to 1,001. */
  readonly steps: number;
}

export interface StressGridOptions {
  readonly x: StressAxis;
  readonly y: StressAxis;
  /** What every scenario has beside: shocks of further markets, `all`, `beta`, `indexShocks`. */
  readonly others?: Omit<StressScenario, "name">;
}

/** Scenarios by row (y) and column (x), with the shares of either axis. */
export interface StressGrid {
  readonly x: readonly string[];
  readonly y: readonly string[];
  /** scenarios[row * x.length + column] */
  readonly scenarios: readonly StressScenario[];
}

const SHARE_DECIMALS = 6;
const MAX_STEPS = 1001;

/** Shares of an axis, each rounded down to six decimals. */
function sharesOf(axis: StressAxis, path: string): string[] {
  requireObject(axis, path);
  refuseUnknownFields(axis, ["symbol", "from", "to", "steps"], path);
  const { steps } = axis;
  const from = parseDecimal(axis.from, SHARE_DECIMALS, `${path}.from`);
  const to = parseDecimal(axis.to, SHARE_DECIMALS, `${path}.to`);
  if (from >= to) refuse("BAD_VALUE", "must be above from", `${path}.to`, axis.to);
  if (!Number.isInteger(steps) || steps < 2 || steps > MAX_STEPS) {
    refuse("OUT_OF_RANGE", `must be a whole number from 2 to ${MAX_STEPS}`, `${path}.steps`, steps);
  }
  return Array.from({ length: steps }, (_, step) => {
    const share = from + ((to - from) * BigInt(step)) / BigInt(steps - 1);
    return formatDecimal(share, SHARE_DECIMALS);
  });
}

/**
 * Scenarios of a grid, for `engine.stress`.
 *
 * @throws RiskError BAD_VALUE, OUT_OF_RANGE, TOO_MANY_DECIMALS naming the axis' field
 * @example
 * const axis = { from: "-0.4", to: "0.4", steps: 41 };
 * const grid = stressGrid({ x: { symbol: "BTC/USDT:USDT", ...axis }, y: { symbol: "ETH/USDT:USDT", ...axis } });
 * grid.scenarios.length; // => 1681
 */
export function stressGrid(options: StressGridOptions): StressGrid {
  requireObject(options, "grid");
  refuseUnknownFields(options, ["x", "y", "others"], "grid");
  const x = sharesOf(options.x, "grid.x");
  const y = sharesOf(options.y, "grid.y");
  const { x: across, y: up, others = {} } = options;
  if (across.symbol === up.symbol) {
    refuse("BAD_VALUE", "must be another market than x", "grid.y.symbol", up.symbol);
  }
  const scenarios = y.flatMap((upward) =>
    x.map((rightward) => ({
      ...others,
      name: `${across.symbol} ${rightward}, ${up.symbol} ${upward}`,
      shocks: { ...others.shocks, [across.symbol]: rightward, [up.symbol]: upward },
    })),
  );
  return { x, y, scenarios };
}
