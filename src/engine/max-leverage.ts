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

/** The least upper bound over all brackets, and the mode's cap; null: none. */
function limitOf(ranges: readonly Range[], stake: bigint, modeMilli: number): Ratio | null {
  let limit: Ratio | null = { numerator: 0n, denominator: 1n };
  for (const range of ranges) {
    const bound = boundOf(range, stake);
    if (bound === undefined) continue;
    if (bound === null) limit = null;
    else if (limit !== null && less(limit, bound)) limit = bound;
  }
  const mode = modeMilli === 0 ? null : { numerator: BigInt(modeMilli), denominator: MILLI };
  return mode !== null && (limit === null || less(mode, limit)) ? mode : limit;
}

/** True where a position of that leverage is within the cap of its bracket. */
function admits(ranges: readonly Range[], notional: bigint, milli: bigint): boolean {
  const range = ranges.filter(({ floor }) => floor <= notional).at(-1);
  const last = ranges.at(-1)?.cap ?? null;
  if (range === undefined || (last !== null && notional > last)) return false;
  return range.maxMilli === 0 || milli <= BigInt(range.maxMilli);
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
  const ranges = rangesOf(state, market);
  const limit = limitOf(ranges, stake, mode === undefined ? 0 : market.maxLeverageMilli[mode]);
  if (limit === null) return { leverage: null, limit: null, notional: null };
  if (limit.numerator < limit.denominator) {
    const message = "exceeds the last bracket's cap even at a leverage of 1";
    refuse("OUT_OF_RANGE", message, "request.stake", request.stake);
  }
  const step = state.rules.integerLeverage ? MILLI : 1n;
  const highest = (limit.numerator * MILLI) / limit.denominator;
  let milli = highest < BigInt(MAX_LEVERAGE_MILLI) ? highest : BigInt(MAX_LEVERAGE_MILLI);
  milli -= milli % step;
  // At a bracket's end the next one holds; a step below it is inside.
  while (milli > step && !admits(ranges, (stake * milli) / MILLI, milli)) milli -= step;
  return {
    leverage: formatDecimal(milli, 3),
    limit: formatDecimal((limit.numerator * LIMIT_SCALE) / limit.denominator, LIMIT_DECIMALS),
    notional: formatDecimal((stake * milli) / MILLI, settleDecimals),
  };
}
