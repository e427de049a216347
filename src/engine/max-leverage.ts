// How far a stake can be levered: brackets cap the leverage by notional, and the notional is stake · leverage, so each bracket gives the
// smaller of its own cap and its upper end over the stake, as far as that reaches the bracket at all. The best of these is a rational
// number (a bracket's end over the stake) and need not be attained: at the end itself the next bracket begins.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import { MAX_AMOUNT } from "../model.ts";
import type { MaxLeverage, StakeRequest } from "../types.ts";
import { notionalFloor } from "./arithmetic.ts";
import { MODES } from "./commands/positions.ts";
import { MAX_LEVERAGE_MILLI } from "./markets.ts";
import { refuse, requireObject, requireWord } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const MILLI = 1000n;
const LIMIT_DECIMALS = 12;
const LIMIT_SCALE = 10n ** BigInt(LIMIT_DECIMALS);

/** One bracket by notional in quote units. */
interface Range {
  readonly floor: bigint;
  /** null: none. */
  readonly cap: bigint | null;
  /** Thousandths; 0: no cap. */
  readonly maxMilli: number;
}

/** A rational number; denominator above 0. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A market's brackets by notional; tiers by contract count at the mark. */
function rangesOf(state: EngineState, market: EngineMarket): Range[] {
  const { tables, terms } = market;
  if (state.rules.tierMetric === "notional") {
    return tables.flatMap(({ table, caps, maxLeverageMilli }) =>
      table.brackets.map(({ floor }, index) => ({
        floor,
        cap: caps[index] ?? null,
        maxMilli: maxLeverageMilli[index] ?? 0,
      })),
    );
  }
  const mark = state.markedMarket(market.symbol, "symbol").slot;
  const price = state.kernel.mark(mark);
  return tables.map(({ fromUnits, toUnits, maxLeverageMilli }) => ({
    floor: notionalFloor(terms, fromUnits, price),
    cap: toUnits === null ? null : notionalFloor(terms, toUnits, price),
    maxMilli: maxLeverageMilli[0] ?? 0,
  }));
}

const MOST_MILLI = BigInt(MAX_LEVERAGE_MILLI);

function less(first: Ratio, second: Ratio): boolean {
  return first.numerator * second.denominator < second.numerator * first.denominator;
}

/** The bracket's bound; null: it has none; undefined: the stake does not reach the bracket. */
function boundOf({ floor, cap, maxMilli }: Range, stake: bigint): Ratio | null | undefined {
  const own = maxMilli === 0 ? null : { numerator: BigInt(maxMilli), denominator: MILLI };
  const end = cap === null ? null : { numerator: cap, denominator: stake };
  const bound = own === null || (end !== null && less(end, own)) ? end : own;
  if (bound !== null && less(bound, { numerator: floor, denominator: stake })) return undefined;
  return bound;
}

/** The least upper bound over all brackets; null: none. */
function limitOf(ranges: readonly Range[], stake: bigint): Ratio | null {
  let limit: Ratio | null = { numerator: 0n, denominator: 1n };
  for (const range of ranges) {
    const bound = boundOf(range, stake);
    if (bound === undefined) continue;
    if (bound === null) limit = null;
    else if (limit !== null && less(limit, bound)) limit = bound;
  }
  return limit;
}

/** The largest multiple of `step` thousandths whose notional lies in the range and below `end`; 0: none. */
function largestIn(range: Range, end: bigint | null, stake: bigint, step: bigint): bigint {
  const { floor, maxMilli } = range;
  // ⌊stake · milli / 1000⌋ < end  ⇔  stake · milli < end · 1000
  const below = end === null ? MOST_MILLI : (end * MILLI - 1n) / stake;
  const own = maxMilli === 0 ? MOST_MILLI : BigInt(maxMilli);
  const most = below < own ? below : own;
  const milli = most - (most % step);
  return (stake * milli) / MILLI >= floor ? milli : 0n;
}

/** The largest leverage, in thousandths, that any bracket admits; 0: none. */
function largestMilli(ranges: readonly Range[], stake: bigint, step: bigint): bigint {
  let largest = 0n;
  ranges.forEach((range, index) => {
    const next = ranges[index + 1]?.floor;
    const end = next ?? (range.cap === null ? null : range.cap + 1n);
    const milli = largestIn(range, end, stake, step);
    if (milli > largest) largest = milli;
  });
  return largest;
}

/**
 * @throws RiskError UNKNOWN_SYMBOL; OUT_OF_RANGE for a stake above the last bracket's cap; NO_MARK for tiers by contract count
 */
export function maxLeverage(
  state: EngineState,
  symbol: string,
  request: StakeRequest,
): MaxLeverage {
  const market = state.market(symbol, "symbol");
  requireObject(request, "request");
  const { settleDecimals } = market;
  const limits = { min: 1n, max: MAX_AMOUNT };
  const stake = parseDecimal(request.stake, settleDecimals, "request.stake", limits);
  const { marginMode } = request;
  const mode =
    marginMode === undefined ? undefined : requireWord(marginMode, MODES, "request.marginMode");
  const modeMilli = mode === undefined ? 0 : market.maxLeverageMilli[mode];
  const capped = (milli: number): number =>
    modeMilli === 0 || (milli !== 0 && milli < modeMilli) ? milli : modeMilli;
  const ranges = rangesOf(state, market).map((range) => ({
    ...range,
    maxMilli: capped(range.maxMilli),
  }));
  const limit = limitOf(ranges, stake);
  if (limit === null) return { leverage: null, limit: null, notional: null };
  const step = state.rules.integerLeverage ? MILLI : 1n;
  const milli = largestMilli(ranges, stake, step);
  if (limit.numerator < limit.denominator || milli === 0n) {
    const message = "exceeds the last bracket's cap even at a leverage of 1";
    refuse("OUT_OF_RANGE", message, "request.stake", request.stake);
  }
  return {
    leverage: formatDecimal(milli, 3),
    limit: formatDecimal((limit.numerator * LIMIT_SCALE) / limit.denominator, LIMIT_DECIMALS),
    notional: formatDecimal((stake * milli) / MILLI, settleDecimals),
  };
}
