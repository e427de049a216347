// How much of a position a step closes, by method. Sizes are quantity units, 1 to the whole position; every one of them is found with
// the exact figures that judge the scope, none by a formula beside them.
import type { LiquidationMethod } from "../../types.ts";
import { ceilDivide, notionalFloor } from "../arithmetic.ts";
import { firstAbove } from "../least-close.ts";
import { refuse } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { rehearse } from "../transaction.ts";
import type { LiquidationContext } from "./context.ts";
import { SHARE_DENOMINATOR, WHOLE_DECIMALS } from "./policies.ts";
import { liquidateSlice, type Slice } from "./slice.ts";

/** A step's size, and whether nothing more of the scope is to be closed in this call. */
export interface StepSize {
  readonly size: number;
  readonly last: boolean;
  /** To be noted as the account's partial close, which its cool-down runs from. */
  readonly partial: boolean;
}

const GOES_ON = { last: false, partial: false };

/** `slice` stands for the whole position. */
export function sizeOfStep(context: LiquidationContext, slice: Slice): StepSize {
  const { method } = context.rules;
  return SIZES[method](context, slice);
}

const SIZES: Readonly<
  Record<LiquidationMethod, (context: LiquidationContext, slice: Slice) => StepSize>
> = {
  full: (_context, { size }) => ({ size, ...GOES_ON }),
  ladder: ({ state }, slice) => ({ size: closeToLowerBracket(state, slice, 1), ...GOES_ON }),
  twoTiersDown: ({ state }, slice) => ({ size: closeToLowerBracket(state, slice, 2), ...GOES_ON }),
  coverShortage: (context, slice) => ({ size: closeToStand(context, slice), ...GOES_ON }),
  fraction: closeFraction,
  blockPortion: closePortion,
};

/** A policy's amount in units of an asset, rounded down. */
function wholeUnits({ rules }: LiquidationContext, decimals: number): bigint {
  return rules.wholeBelowE18 / 10n ** BigInt(WHOLE_DECIMALS - decimals);
}

function notionalAtMark(state: EngineState, market: EngineMarket, quantity: number): bigint {
  return notionalFloor(market.terms, quantity, state.kernel.mark(market.slot));
}

/** The largest quantity, 0 to `most`, whose notional at the mark is at most that. */
function largestWithin(
  state: EngineState,
  market: EngineMarket,
  notional: bigint,
  most: number,
): number {
  const exceeds = (size: number): boolean =>
    size !== 0 && notionalAtMark(state, market, size) > notional;
  return exceeds(most) ? firstAbove(0, most, exceeds) - 1 : most;
}

/** What to close so that the rest is at the cap of the bracket `down` below its own; all of it where there is none so low. */
function closeToLowerBracket(state: EngineState, slice: Slice, down: number): number {
  const { market, size } = slice;
  // A cap below its own bracket is below the size: something is closed.
  return size - (capOfLowerBracket(state, market, size, down) ?? 0);
}

/** Largest quantity in the bracket `down` below that of a quantity; undefined where there is none. */
function capOfLowerBracket(
  state: EngineState,
  market: EngineMarket,
  size: number,
  down: number,
): number | undefined {
  const { tables } = market;
  if (tables.length > 1) {
    const at = tables.filter(({ fromUnits }) => size >= fromUnits).length - 1;
    const next = tables[at - down + 1];
    return at < down || next === undefined ? undefined : next.fromUnits - 1;
  }
  const table = tables[0]?.table;
  if (table === undefined) return undefined;
  const notional = notionalAtMark(state, market, size);
  // In marginal tables a notional on a floor pays by the bracket below; in whole-position tables it does not.
  const whole = table.style === "whole" ? 1n : 0n;
  const at = table.brackets.filter(({ floor }) => notional > floor - whole).length - 1;
  const next = table.brackets[at - down + 1];
  if (at < down || next === undefined) return undefined;
  return largestWithin(state, market, next.floor - whole, size);
}

/** True where a close of that size leaves the scope standing with the buffer to spare. */
function stands(context: LiquidationContext, slice: Slice, size: number): boolean {
  const { state, rules } = context;
  return rehearse(state, (transaction) => {
    liquidateSlice(context.within(transaction), { ...slice, size }, "market");
    const { clearance, maintenanceMargin, liquidatable } = state.kernel.poolFigures(
      slice.position.pool,
    );
    const buffer = maintenanceMargin * BigInt(rules.bufferPpm);
    return !liquidatable && clearance >= ceilDivide(buffer, BigInt(SHARE_DENOMINATOR));
  });
}

/**
 * The least close after which the scope stands; the whole position where none does or too little is short to bother. Within a bracket
 * each unit closed helps or hurts alike, from bracket to bracket not: a scope may stand at a cap and, closed further, no longer.
 */
function closeToStand(context: LiquidationContext, slice: Slice): number {
  const { state } = context;
  const { size, market } = slice;
  const { clearance } = state.kernel.poolFigures(slice.position.pool);
  const small = wholeUnits(context, market.settleDecimals);
  if (-clearance < small) return size;
  const enough = (closed: number): boolean => stands(context, slice, closed);
  let closed = 0;
  while (closed < size) {
    const cap = capOfLowerBracket(state, market, size - closed, 1) ?? 0;
    const reached = size - cap;
    if (enough(reached)) return firstAbove(closed, reached, enough);
    closed = reached;
  }
  return size;
}

/** A share of a large position once; within the cool-down, and of a small position, all of it. */
function closeFraction(context: LiquidationContext, slice: Slice): StepSize {
  const { state, rules, time, path } = context;
  const { market, size, id } = slice;
  if (time === undefined) {
    refuse("BAD_VALUE", 'is needed by the method "fraction"', `${path}.time`, time);
  }
  const partial = state.insurance.partial(id);
  const cooling = partial !== undefined && time - partial < rules.cooldownMs;
  const small = notionalAtMark(state, market, size) <= wholeUnits(context, market.settleDecimals);
  if (cooling || small) return { size, ...GOES_ON };
  return { size: shareCeil(size, rules.fractionPpm), last: true, partial: true };
}

/** A share of one position, at least of the stated notional, and no more in this call. */
function closePortion(context: LiquidationContext, slice: Slice): StepSize {
  const { state, rules } = context;
  const { market, size } = slice;
  const least = wholeUnits(context, market.settleDecimals);
  const enough = (closed: number): boolean => notionalAtMark(state, market, closed) >= least;
  const share = shareCeil(size, rules.fractionPpm);
  const closed = enough(share) ? share : enough(size) ? firstAbove(share, size, enough) : size;
  return { size: closed, last: true, partial: false };
}

/** ⌈size · ppm / 10^6⌉, at most the size. */
function shareCeil(size: number, ppm: number): number {
  return Number(ceilDivide(BigInt(size) * BigInt(ppm), BigInt(SHARE_DENOMINATOR)));
}
