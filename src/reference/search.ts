// The nearest price, or the least joint shock, at which a pool fails. Both are the same question: along a
// path x = 0, 1, .. last every leg's price runs one way or stands still; which is the first x that fails?
// Answered by branch and bound: an interval of x is thrown away only where its two ends prove that nothing
// inside can fail, else it is halved, the nearer half first; single points are judged by their figures.
//
// Lower bounds of what legs contribute over an interval, each provable by itself; any of them may prove it:
//  - *parts*: along the interval a leg's notional runs one way, and value, margin (rates never fall, amounts
//    continuous: requireRising), fee and haircut are each monotone in it, and stay so when rounded, the value less the haircut on a profit too. So
//    the worst value and the worst charges each stand at an end, perhaps not the same one.
//  - *chord*: unrounded, value is linear in the notional, the fee too, and a marginal charge is the greatest
//    of the lines N * rate_t - amount_t: convex, and so is the haircut on a profit. So an unrounded contribution is concave, and inside it is no
//    less than at its worse end. Rounded figures lose less than 1 each, always downward, so inside they are
//    more than (worse rounded end - number of roundings). A whole-position charge is replaced by the line
//    of the interval's highest rate, which lies above it. The bound holds for one leg, and for a sum of legs
//    if all are concave in the *same* variable: legs of one price slot, whose notionals are all
//    multiples of the price (or of 1 / price).
//  - *net*: charges and haircuts on profits by parts, but the values of legs of one price slot as one sum, which is linear in
//    that variable, so worst at an end: the sum of k rounded values is more than the unrounded sum - k. It
//    is what sees through a hedge: long and short of one market, whose values cancel.
//
// Slow only where the pool stays within a few units of failing over very many prices: legs that nearly cancel, or
// charges that take all of a leg's value. A caller that cannot wait gives a SearchEffort.

import { RiskError } from "../errors.ts";
import {
  type BracketTable,
  type Direction,
  type LegState,
  MAX_SHOCK,
  type PoolState,
  type PriceTerms,
  SHOCK_DENOMINATOR,
} from "../model.ts";
import {
  bracketOf,
  divideCeil,
  divideFloor,
  exactNotional,
  exactValue,
  maxPriceOfLeg,
  minPriceOfLeg,
  wideLegFigures,
} from "./leg.ts";
import { isLiquidatable, markOf, referencePoolFigures, widePoolFigures } from "./pool.ts";

/** A leg and its price at each point of the path; monotone in x. */
interface PathLeg {
  readonly leg: LegState;
  readonly priceAt: (x: bigint) => bigint;
}

/** Counts the intervals a search looks at; past the limit it gives up with RiskError CAPACITY. */
export interface SearchEffort {
  /** Intervals looked at so far: an ordinary search takes a few hundred. */
  intervals: number;
  readonly limit: number;
}

function unlimited(): SearchEffort {
  return { intervals: 0, limit: Number.POSITIVE_INFINITY };
}

/** What fails: the liquidation test, or equity <= 0. */
type Failure = "liquidatable" | "liquidatableInclusive" | "bankrupt";

interface Path {
  readonly collateral: bigint;
  readonly legs: readonly PathLeg[];
  /** The legs that move do so with one price: the chord may be taken over their sum. */
  readonly together: boolean;
  readonly last: bigint;
  readonly failure: Failure;
  readonly effort: SearchEffort;
}

/** value - charges, rounded as docs/numbers.md says, and the maintenance margin in it. */
interface Charged {
  /** value - cost, less the haircut on a profit: it runs one way, as the value does. */
  readonly value: bigint;
  readonly charges: bigint;
  readonly profitHaircut: bigint;
  readonly maintenanceMargin: bigint;
}

function chargedAt(leg: LegState, price: bigint, failure: Failure, bracket?: number): Charged {
  const figures = wideLegFigures(leg, price, bracket);
  const requirement = failure === "bankrupt" ? 0n : figures.maintenanceMargin + figures.closeFee;
  return {
    value: figures.value - leg.cost - (leg.table.haircut ? 0n : figures.haircut),
    charges: (leg.table.haircut ? figures.haircut : 0n) + requirement,
    profitHaircut: leg.table.haircut ? 0n : figures.haircut,
    maintenanceMargin: figures.maintenanceMargin,
  };
}

/** How many figures of a leg are rounded: value, and MM and fee, or haircut; and the haircut on a profit. */
function roundingsOf(leg: LegState): bigint {
  if (leg.table.haircut) return 2n;
  return (leg.table.profitHaircutRate ?? 0) === 0 ? 3n : 4n;
}

function fails(path: Path, x: bigint): boolean {
  const priceAt = new Map(path.legs.map(({ leg, priceAt }) => [leg, priceAt(x)]));
  const legs = path.legs.map(({ leg }) => leg);
  const pool = { collateral: path.collateral, legs };
  const figures = widePoolFigures(pool, false, (leg) => priceAt.get(leg) ?? markOf(leg));
  if (path.failure === "bankrupt") return figures.equity <= 0n;
  const inclusive = path.failure === "liquidatableInclusive";
  return isLiquidatable(figures.maintenanceMargin, figures.clearance, inclusive);
}

/** The bracket to charge a whole-position leg in over an interval: its highest; others keep their own. */
function bracketOver(leg: LegState, from: bigint, to: bigint): number | undefined {
  if (leg.table.style === "marginal") return undefined;
  const atFrom = bracketOf(leg.table, exactNotional(leg, from));
  const atTo = bracketOf(leg.table, exactNotional(leg, to));
  return atFrom > atTo ? atFrom : atTo;
}

/** Sums over legs that move with one price, at the two ends of an interval. */
interface Together {
  /** Unrounded values over their common denominator: legs of one slot share their terms. */
  signedAtFrom: bigint;
  signedAtTo: bigint;
  denominatorAtFrom: bigint;
  denominatorAtTo: bigint;
  costs: bigint;
  mostCharges: bigint;
  chordAtFrom: bigint;
  chordAtTo: bigint;
  roundings: bigint;
  legs: bigint;
}

function nothingTogether(): Together {
  return {
    signedAtFrom: 0n,
    signedAtTo: 0n,
    denominatorAtFrom: 1n,
    denominatorAtTo: 1n,
    costs: 0n,
    mostCharges: 0n,
    chordAtFrom: 0n,
    chordAtTo: 0n,
    roundings: 0n,
    legs: 0n,
  };
}

/** The better of *chord* and *net* for legs that move together. */
function boundTogether(sum: Together): bigint {
  const chord = smaller(sum.chordAtFrom, sum.chordAtTo) - sum.roundings + 1n;
  const valueAtFrom = divideFloor(sum.signedAtFrom, sum.denominatorAtFrom);
  const valueAtTo = divideFloor(sum.signedAtTo, sum.denominatorAtTo);
  const net = smaller(valueAtFrom, valueAtTo) - sum.legs + 1n - sum.costs - sum.mostCharges;
  return larger(chord, net);
}

/** True where the ends of [from, to] prove that no point of it fails. */
function provedSafe(path: Path, from: bigint, to: bigint): boolean {
  let still = path.collateral;
  let apart = 0n;
  let mostMargin = 0n;
  const together = nothingTogether();
  for (const { leg, priceAt } of path.legs) {
    const [here, there] = [priceAt(from), priceAt(to)];
    const a = chargedAt(leg, here, path.failure);
    const b = here === there ? a : chargedAt(leg, there, path.failure);
    mostMargin += larger(a.maintenanceMargin, b.maintenanceMargin);
    const parts = smaller(a.value, b.value) - larger(a.charges, b.charges);
    if (here === there) {
      still += parts;
      continue;
    }
    const bracket = bracketOver(leg, here, there);
    const lineA = chargedAt(leg, here, path.failure, bracket);
    const lineB = chargedAt(leg, there, path.failure, bracket);
    const endA = lineA.value - lineA.charges;
    const endB = lineB.value - lineB.charges;
    // Integers: more than (worse end - roundings) is at least (worse end - roundings + 1).
    apart += larger(parts, smaller(endA, endB) - roundingsOf(leg) + 1n);
    together.chordAtFrom += endA;
    together.chordAtTo += endB;
    together.roundings += roundingsOf(leg);
    const [signedA, signedB] = [exactValue(leg, here), exactValue(leg, there)];
    together.signedAtFrom += signedA.numerator;
    together.signedAtTo += signedB.numerator;
    together.denominatorAtFrom = signedA.denominator;
    together.denominatorAtTo = signedB.denominator;
    together.costs += leg.cost;
    // The net is of values as they are.
    together.mostCharges += larger(a.charges, b.charges) + larger(a.profitHaircut, b.profitHaircut);
    together.legs += 1n;
  }
  if (path.failure !== "bankrupt" && mostMargin === 0n) return true;
  const moving = path.together && together.legs > 0n ? boundTogether(together) : apart;
  const leastSafe = path.failure === "liquidatable" ? 0n : 1n;
  return still + larger(apart, moving) >= leastSafe;
}

function firstFailure(path: Path, from: bigint, to: bigint): bigint | null {
  if (from > to) return null;
  path.effort.intervals++;
  if (path.effort.intervals > path.effort.limit) {
    throw new RiskError("CAPACITY", "the search looked at too many intervals", {
      value: path.effort.limit,
    });
  }
  if (from === to) return fails(path, from) ? from : null;
  if (provedSafe(path, from, to)) return null;
  const middle = (from + to) / 2n;
  return firstFailure(path, from, middle) ?? firstFailure(path, middle + 1n, to);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The bounds above rest on a first floor of 0, rates that never fall, and exact amounts: refuses other tables. */
function requireRising(table: BracketTable): void {
  let amount = 0n;
  table.brackets.forEach((bracket, index) => {
    const before = table.brackets[index - 1];
    if (before !== undefined) {
      if (bracket.rate < before.rate || bracket.floor <= before.floor) {
        throw new RiskError("BAD_TIERS", "floors and rates must rise", { value: bracket.rate });
      }
      amount += bracket.floor * BigInt(bracket.rate - before.rate);
    } else if (bracket.floor !== 0n) {
      throw new RiskError("BAD_TIERS", "the first floor must be 0", { value: bracket.floor });
    }
    if (table.style === "marginal" && bracket.scaledAmount !== amount) {
      throw new RiskError("BAD_TIERS", "amounts must be continuous", {
        value: bracket.scaledAmount,
        hint: `expected ${amount}`,
      });
    }
  });
}

function sameTerms(a: PriceTerms, b: PriceTerms): boolean {
  return a.inverse === b.inverse && a.numerator === b.numerator && a.divisor === b.divisor;
}

/** Legs of the slot, all with one mark: without any there is no price to search from. */
function movingLegs(pool: PoolState, priceSlot: number): readonly [LegState, ...LegState[]] {
  const [first, ...rest] = pool.legs.filter((leg) => leg.priceSlot === priceSlot);
  if (first === undefined) {
    throw new RiskError("BAD_VALUE", "no leg of the pool follows this price slot", {
      value: priceSlot,
    });
  }
  for (const leg of rest) {
    if (leg.price !== first.price || !sameTerms(leg.terms, first.terms)) {
      throw new RiskError("BAD_VALUE", "legs of one price slot must share its price and terms", {
        value: priceSlot,
      });
    }
  }
  return [first, ...rest];
}

/** The path of one price slot away from its mark, up to the last price all its legs have figures at. */
function pricePath(
  pool: PoolState,
  priceSlot: number,
  direction: Direction,
  failure: Failure,
  effort: SearchEffort,
): Path {
  const moving = movingLegs(pool, priceSlot);
  const mark = markOf(moving[0]);
  const sign = direction === "down" ? -1n : 1n;
  const last =
    direction === "down"
      ? mark - moving.map(minPriceOfLeg).reduce(larger)
      : moving.map(maxPriceOfLeg).reduce(smaller) - mark;
  const legs = pool.legs.map((leg) => ({
    leg,
    priceAt: (x: bigint) => (leg.priceSlot === priceSlot ? mark + sign * x : markOf(leg)),
  }));
  return { collateral: pool.collateral, legs, together: true, last, failure, effort };
}

function searchPrice(
  pool: PoolState,
  priceSlot: number,
  direction: Direction,
  failure: Failure,
  effort: SearchEffort,
): bigint | null {
  for (const leg of pool.legs) requireRising(leg.table);
  referencePoolFigures(pool, false); // refuses a pool without figures at its marks
  const path = pricePath(pool, priceSlot, direction, failure, effort);
  const distance = firstFailure(path, 0n, path.last);
  if (distance === null) return null;
  const mark = markOf(movingLegs(pool, priceSlot)[0]);
  return direction === "down" ? mark - distance : mark + distance;
}

/**
 * The price of one slot, nearest to its mark on one side, at which the pool is liquidatable with all
 * other prices held still; in price units, null where there is none.
 *
 * @throws RiskError VALUE_OUT_OF_RANGE where the pool has no figures at its marks; BAD_VALUE where no leg
 * follows the slot; BAD_TIERS for a table whose rates fall; CAPACITY past the effort's limit
 * @example
 * referenceLiquidationPrice(pool, 0, "down", false) // 26_316_89000000n
 */
export function referenceLiquidationPrice(
  pool: PoolState,
  priceSlot: number,
  direction: Direction,
  inclusive: boolean,
  effort: SearchEffort = unlimited(),
): bigint | null {
  const failure = inclusive ? "liquidatableInclusive" : "liquidatable";
  return searchPrice(pool, priceSlot, direction, failure, effort);
}

/**
 * As {@link referenceLiquidationPrice}, with equity <= 0 in place of "liquidatable".
 *
 * @example
 * referenceBankruptcyPrice(pool, 0, "down") // 25_000_00000000n
 */
export function referenceBankruptcyPrice(
  pool: PoolState,
  priceSlot: number,
  direction: Direction,
  effort: SearchEffort = unlimited(),
): bigint | null {
  return searchPrice(pool, priceSlot, direction, "bankrupt", effort);
}

/** A leg's price after an adverse move of r parts per million. */
export function shockedPrice(leg: LegState, shock: bigint): bigint {
  const unit = BigInt(SHOCK_DENOMINATOR);
  return leg.quantity > 0
    ? divideFloor(markOf(leg) * (unit - shock), unit)
    : divideCeil(markOf(leg) * (unit + shock), unit);
}

/** The largest shock at which a leg still has a price and figures. */
function maxShockOfLeg(leg: LegState): bigint {
  const unit = BigInt(SHOCK_DENOMINATOR);
  const mark = markOf(leg);
  if (leg.quantity < 0) {
    // ceil(p * (1e6 + r) / 1e6) <= highest  <=>  r <= (highest - p) * 1e6 / p
    return divideFloor((maxPriceOfLeg(leg) - mark) * unit, mark);
  }
  // floor(p * (1e6 - r) / 1e6) >= lowest  <=>  r <= (p - lowest) * 1e6 / p; at lowest 0 that is 1e6
  const lowest = leg.terms.inverse ? minPriceOfLeg(leg) : 0n;
  return divideFloor((mark - lowest) * unit, mark);
}

/**
 * The least shock, in parts per million, that makes the pool liquidatable when every leg's price moves
 * against it at once; null where none up to 100 times the price does.
 *
 * @throws as {@link referenceLiquidationPrice}
 * @example
 * referenceJointShock(pool, false) // 83_012n: aground after an adverse move of 8.3012 %
 */
export function referenceJointShock(
  pool: PoolState,
  inclusive: boolean,
  effort: SearchEffort = unlimited(),
): bigint | null {
  return shockBesides(pool, null, inclusive, effort);
}

/**
 * As {@link referenceJointShock}, with the legs that follow one price slot held still; null too where no other leg can bring the pool down.
 *
 * @throws as {@link referenceLiquidationPrice}
 * @example
 * referenceShockBeside(pool, 0, false) // 210_500n: aground after an adverse move of 21.05 % of everything but slot 0
 */
export function referenceShockBeside(
  pool: PoolState,
  priceSlot: number,
  inclusive: boolean,
  effort: SearchEffort = unlimited(),
): bigint | null {
  return shockBesides(pool, priceSlot, inclusive, effort);
}

function shockBesides(
  pool: PoolState,
  still: number | null,
  inclusive: boolean,
  effort: SearchEffort,
): bigint | null {
  for (const leg of pool.legs) requireRising(leg.table);
  referencePoolFigures(pool, inclusive);
  const moving = pool.legs.filter((leg) => leg.priceSlot !== still);
  const last = moving.map(maxShockOfLeg).reduce(smaller, BigInt(MAX_SHOCK));
  const legs = pool.legs.map((leg) => ({
    leg,
    priceAt: (x: bigint) => (leg.priceSlot === still ? markOf(leg) : shockedPrice(leg, x)),
  }));
  const failure = inclusive ? "liquidatableInclusive" : "liquidatable";
  const path: Path = { collateral: pool.collateral, legs, together: false, last, failure, effort };
  return firstFailure(path, 0n, last);
}
