// The rate of initial margin that a venue asks of a position or order: what its leverage leaves, or the bracket's, and where the profile
// scales with open interest (dYdX) never less than
//
//   IMF' = min(IMF + max((OI − lower) / (upper − lower), 0) · (1 − IMF), 1)       whole parts per million, rounded down
//
// IMF is the bracket's initial rate, OI the larger side of the market's open interest at its mark.

import { notionalFloor, notionalRateCeil } from "./arithmetic.ts";
import { bracketOf } from "./leverage.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const PPM = 1_000_000n;
const MILLI = 1000n;

/** An exact rate; denominator above 0. */
export interface InitialRate {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The larger side of a market's open interest at its mark, in quote units rounded down. */
function openNotionalFloor(state: EngineState, market: EngineMarket): bigint {
  const { openInterest, kernel } = state;
  const long = openInterest.size(market.index, "long");
  const short = openInterest.size(market.index, "short");
  const size = long > short ? long : short;
  const mark = BigInt(kernel.mark(market.slot));
  const { inverse, numerator, divisor } = market.terms;
  if (mark === 0n) return 0n;
  return inverse ? (size * numerator) / (mark * divisor) : (size * mark * numerator) / divisor;
}

/** IMF' in parts per million, rounded down; 0 where nothing is scaled. */
export function scaledRatePpm(state: EngineState, market: EngineMarket, base: InitialRate): bigint {
  const { openInterestCaps: caps } = market;
  if (!state.rules.openInterestScaling || caps === undefined) return 0n;
  const open = openNotionalFloor(state, market);
  if (open >= caps.upper) return PPM;
  const { numerator, denominator } = base;
  if (open <= caps.lower) return (PPM * numerator) / denominator;
  const width = caps.upper - caps.lower;
  const scaled = numerator * width + (open - caps.lower) * (denominator - numerator);
  return (PPM * scaled) / (denominator * width);
}

/** Initial rate of the bracket that a position of this size and unsigned notional falls in. */
export function bracketRate(
  state: EngineState,
  market: EngineMarket,
  quantity: number,
  notional: bigint,
): InitialRate {
  const table = state.tableFor(market, quantity);
  const { brackets, rateDenominator } = table.table;
  const initialRate = brackets[bracketOf(table, notional)]?.initialRate ?? rateDenominator;
  return { numerator: BigInt(initialRate), denominator: BigInt(rateDenominator) };
}

/**
 * ⌈initial margin⌉ of a signed quantity at a price, as if it were a position: at its leverage (0: the bracket's rate), and at
 * least at the rate scaled with open interest.
 */
export function orderMarginCeil(
  state: EngineState,
  market: EngineMarket,
  quantity: number,
  price: number,
  leverageMilli: number,
): bigint {
  const { terms } = market;
  const base = bracketRate(state, market, quantity, notionalFloor(terms, quantity, price));
  const margin =
    leverageMilli === 0
      ? notionalRateCeil(terms, quantity, price, base.numerator, base.denominator)
      : notionalRateCeil(terms, quantity, price, MILLI, BigInt(leverageMilli));
  const scaled = scaledRatePpm(state, market, base);
  if (scaled === 0n) return margin;
  const least = notionalRateCeil(terms, quantity, price, scaled, PPM);
  return least > margin ? least : margin;
}

/** How far the initial margin of a pool's legs must grow beyond the kernel's figure. */
export function scaledExtra(state: EngineState, pool: number): bigint {
  const { kernel } = state;
  let extra = 0n;
  for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
    const market = state.findMarketOfSlot(kernel.legPrice(leg));
    if (market?.openInterestCaps === undefined) continue;
    const quantity = kernel.quantity(leg);
    const { notional, initialMargin } = kernel.legFigures(leg);
    const scaled = scaledRatePpm(state, market, bracketRate(state, market, quantity, notional));
    const mark = kernel.mark(market.slot);
    const least = notionalRateCeil(market.terms, quantity, mark, scaled, PPM);
    if (least > initialMargin) extra += least - initialMargin;
  }
  return extra;
}
