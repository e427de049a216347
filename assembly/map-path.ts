// One pool along the levels of a liquidation map: the first level at which it is liquidatable. Stretches of levels are passed over only
// where doubles with their error prove that the pool stands at all of them; single levels that doubles cannot decide are judged
// in integers (docs/numbers.md, "The liquidation map").

import {
  BRACKET_RATE,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  NONE,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  POOL_LEGS,
  PRICE_FLAGS,
  PRICE_INVERSE,
  SEARCH_STACK,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { MAP_PRICE } from "../src/layout-map.ts";
import { legRecord } from "./book.ts";
import { bracketAt, scaledAmount, unitNotional } from "./doubles.ts";
import {
  judgeAt,
  termDoubt,
  termHeld,
  termInverse,
  termNeed,
  termNotional,
  termProfitHaircut,
  termSign,
  termsAt,
} from "./map-figures.ts";
import {
  legMoves,
  mapSlot,
  pathLevels,
  pathRecord,
  pathUpward,
  priceAtLevel,
  risesOutward,
} from "./map-levels.ts";
import { maxPrice, priceAt, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import { clearanceFloor, LEG_UNITS } from "./valuation.ts";

/** Sums whose magnitudes exceed this are left to the integers: no figure is near 2^63. */
const LARGEST: f64 = 4e18;
/** 2^-50. */
const ROUNDING: f64 = 8.881784197001252e-16;

export let pointsEvaluated: u32 = 0;
export let poolsJudged: u32 = 0;

export function clearCounts(): void {
  pointsEvaluated = 0;
  poolsJudged = 0;
}

// ── the pool at hand ────────────────────────────────────────────────────────────────────────────────
let pool: usize = 0;
let legs: f64 = 0;
let firstMoving: i32 = NONE;
let movingLegs: u32 = 0;
/** Sums of the legs that hold still, with the collateral and all costs. */
let stillOver: f64 = 0;
let stillHeld: f64 = 0;
let stillGross: f64 = 0;
/** Clearance below which the pool falls, and that plus LEG_UNITS a leg: what the unrounded figure must reach to be sure. */
let floor: f64 = 0;
let sure: f64 = 0;
/** True where the unrounded figure is concave along the path, but for what rounded prices lose: that is within `concaveAt`. */
let concave: bool = false;
let concaveAt: f64 = 0;

// The one leg that moves, where it is the only one and follows the map's slot under a table that does not jump and counts profits in full: what its terms are.
let sole: bool = false;
let soleInverse: bool = false;
let soleUnit: f64 = 0;
let soleSign: f64 = 0;
let soleTable: usize = 0;
let soleDenominator: f64 = 0;
/** Share of the notional that the fee takes; 0 for a coin. */
let soleFee: f64 = 0;
let soleHolds: bool = false;

function beginSole(): void {
  const leg = legRecord(firstMoving);
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  sole =
    movingLegs === 1 &&
    load<u16>(leg, LEG_PRICE) === mapSlot &&
    (flags & TABLE_WHOLE) === 0 &&
    load<u32>(table, TABLE_PROFIT) === 0;
  if (!sole) return;
  const terms = priceRecord(mapSlot);
  soleInverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  soleUnit = unitNotional(leg);
  soleSign = load<f64>(leg, LEG_QUANTITY) > 0 !== soleInverse ? 1 : -1;
  soleTable = table;
  soleDenominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  soleHolds = (flags & TABLE_HAIRCUT) === 0;
  soleFee = soleHolds ? <f64>load<u32>(table, TABLE_FEE) * 1e-8 : 0;
}

/** Takes up a pool. False where it can fall nowhere on the map: no leg of it moves, or none can have a maintenance margin. */
export function beginPool(record: usize): bool {
  pool = record;
  movingLegs = 0;
  const collateral = <f64>load<i64>(record, POOL_COLLATERAL);
  legs = <f64>load<u16>(record, POOL_LEGS);
  stillOver = collateral;
  stillHeld = 0;
  stillGross = abs<f64>(collateral);
  let needs = false;
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const handle = next;
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const table = tableRecord(load<u16>(leg, LEG_TABLE));
    if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) === 0) needs = true;
    const cost = <f64>load<i64>(leg, LEG_COST);
    stillOver -= cost;
    stillGross += abs<f64>(cost);
    if (!legMoves(leg)) addStill(leg);
    else if (movingLegs++ === 0) firstMoving = handle;
  }
  floor = <f64>clearanceFloor();
  sure = floor + <f64>LEG_UNITS * legs;
  if (!needs || movingLegs === 0) return false;
  beginSole();
  return true;
}

function addStill(leg: usize): void {
  const price = priceAt(MARKS, load<u16>(leg, LEG_PRICE));
  if (price === 0) {
    stillGross = Infinity;
    return;
  }
  termsAt(leg, price);
  if (termDoubt) stillGross = Infinity;
  stillOver += termSign * termNotional - termProfitHaircut - termNeed;
  stillHeld += termHeld;
  stillGross += 4 * termNotional;
}

/** Which proofs hold along the path that is set. */
export function beginPath(): void {
  concave = true;
  concaveAt = sure;
  const furthest = pathRecord(pathLevels);
  let next = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (!legMoves(leg)) continue;
    left--;
    const table = tableRecord(load<u16>(leg, LEG_TABLE));
    if ((load<u32>(table, TABLE_FLAGS) & TABLE_WHOLE) !== 0 && load<u32>(table, TABLE_COUNT) > 1) {
      concave = false;
    }
    const slot = load<u16>(leg, LEG_PRICE);
    if (slot !== mapSlot) noteFollower(leg, slot, priceAtLevel(slot, furthest));
  }
}

/**
 * A price that follows is off the line by less than one unit for its own rounding and mark · 10^-12 for the share's: that moves the
 * leg's figures by at most three times as much notional, at an end and between. Sums of terms in p and in 1/p are concave in neither,
 * nor is a price that has reached the end of its range on a line.
 */
function noteFollower(leg: usize, slot: u32, end: u64): void {
  const flags =
    load<u32>(priceRecord(slot), PRICE_FLAGS) | load<u32>(priceRecord(mapSlot), PRICE_FLAGS);
  if ((flags & PRICE_INVERSE) !== 0 || end <= 1 || end >= maxPrice(slot)) {
    concave = false;
    return;
  }
  const units = 1 + <f64>priceAt(MARKS, slot) * 1e-12;
  concaveAt += 6.1 * unitNotional(leg) * units + 1;
}

// ── points ──────────────────────────────────────────────────────────────────────────────────────────
// A point is a level with the pool's unrounded sums there, in doubles. The net value of the legs of the map's own market is linear in one
// variable; other values, and needs, are split by whether they rise outward.
const POINT_BYTES: usize = 80;
const POINT_LEVEL: usize = 0;
const POINT_KNOWN: usize = 4;
const POINT_OVER: usize = 8;
const POINT_NET: usize = 16;
const POINT_VALUE_RISE: usize = 24;
const POINT_VALUE_FALL: usize = 32;
const POINT_NEED_RISE: usize = 40;
const POINT_NEED_FALL: usize = 48;
const POINT_HELD: usize = 56;
const POINT_ERROR: usize = 64;

function pointAt(index: u32): usize {
  return <usize>index * POINT_BYTES + SEARCH_STACK;
}

function copyPoint(target: usize, source: usize): void {
  if (POINT_BYTES !== 80) ERROR("copyPoint copies 80 bytes");
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
  v128.store(target, v128.load(source, 32), 32);
  v128.store(target, v128.load(source, 48), 48);
  v128.store(target, v128.load(source, 64), 64);
}

function placePoint(point: usize, level: u32): void {
  store<u32>(point, level, POINT_LEVEL);
  store<u32>(point, 0, POINT_KNOWN);
}

/** The only moving leg at the point's level: as evaluatePoint, from what beginSole has noted. */
function evaluateSole(point: usize): void {
  const price = load<f64>(pathRecord(load<u32>(point, POINT_LEVEL)), MAP_PRICE);
  const notional = soleInverse ? soleUnit / price : soleUnit * price;
  const bracket = bracketAt(soleTable, notional);
  const rate = <f64>load<u32>(bracket, BRACKET_RATE);
  const charge = (notional * rate - scaledAmount(bracket)) / soleDenominator;
  const value = soleSign * notional;
  const need = charge + soleFee * notional;
  store<u32>(point, 1, POINT_KNOWN);
  store<f64>(point, stillOver + value - need, POINT_OVER);
  store<f64>(point, value, POINT_NET);
  store<f64>(point, 0, POINT_VALUE_RISE);
  store<f64>(point, 0, POINT_VALUE_FALL);
  const rises = pathUpward !== soleInverse;
  store<f64>(point, rises ? need : 0, POINT_NEED_RISE);
  store<f64>(point, rises ? 0 : need, POINT_NEED_FALL);
  store<f64>(point, soleHolds ? stillHeld + charge : stillHeld, POINT_HELD);
  store<f64>(point, errorOf(stillGross + 4 * notional), POINT_ERROR);
}

/** As moves.ts bounds it: fewer than 24 + 5 · legs roundings of 2^-53 of figures that the sum of magnitudes bounds. */
function errorOf(gross: f64): f64 {
  return gross < LARGEST ? gross * (legs + 8) * ROUNDING : Infinity;
}

/** Values the moving legs at the point's level. */
function evaluatePoint(point: usize): void {
  pointsEvaluated++;
  if (sole) {
    evaluateSole(point);
    return;
  }
  const level = pathRecord(load<u32>(point, POINT_LEVEL));
  let net: f64 = 0;
  let valueRise: f64 = 0;
  let valueFall: f64 = 0;
  let needRise: f64 = 0;
  let needFall: f64 = 0;
  let held = stillHeld;
  let gross = stillGross;
  let next = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (!legMoves(leg)) continue;
    left--;
    const slot: u32 = load<u16>(leg, LEG_PRICE);
    const price = priceAtLevel(slot, level);
    if (price === 0) {
      gross = Infinity;
      continue;
    }
    termsAt(leg, price);
    if (termDoubt) gross = Infinity;
    gross += 4 * termNotional;
    held += termHeld;
    const value = termSign * termNotional;
    const notionalRises = risesOutward(slot) !== termInverse;
    const rises = termSign > 0 === notionalRises;
    if (slot === mapSlot) net += value;
    else if (rises) valueRise += value;
    else valueFall += value;
    if (notionalRises) needRise += termNeed;
    else needFall += termNeed;
    if (rises) needRise += termProfitHaircut;
    else needFall += termProfitHaircut;
  }
  store<u32>(point, 1, POINT_KNOWN);
  store<f64>(point, stillOver + net + valueRise + valueFall - needRise - needFall, POINT_OVER);
  store<f64>(point, net, POINT_NET);
  store<f64>(point, valueRise, POINT_VALUE_RISE);
  store<f64>(point, valueFall, POINT_VALUE_FALL);
  store<f64>(point, needRise, POINT_NEED_RISE);
  store<f64>(point, needFall, POINT_NEED_FALL);
  store<f64>(point, held, POINT_HELD);
  store<f64>(point, errorOf(gross), POINT_ERROR);
}

/** 1 where the pool is liquidatable at the point, 0 where not, or a status. */
function fallsAt(point: usize): i32 {
  const over = load<f64>(point, POINT_OVER);
  const error = load<f64>(point, POINT_ERROR);
  if (over >= sure + error) return 0;
  if (over < floor - error && load<f64>(point, POINT_HELD) > error) return 1;
  poolsJudged++;
  return judgeAt(pool, pathRecord(load<u32>(point, POINT_LEVEL)));
}

/** True where the pool stands at the further point and at every level between the two. */
function provedSafe(near: usize, far: usize): bool {
  const nearError = load<f64>(near, POINT_ERROR);
  const farError = load<f64>(far, POINT_ERROR);
  if (
    concave &&
    load<f64>(near, POINT_OVER) >= concaveAt + nearError &&
    load<f64>(far, POINT_OVER) >= concaveAt + farError
  ) {
    return true;
  }
  const least =
    stillOver +
    min<f64>(load<f64>(near, POINT_NET), load<f64>(far, POINT_NET)) +
    load<f64>(near, POINT_VALUE_RISE) +
    load<f64>(far, POINT_VALUE_FALL) -
    load<f64>(far, POINT_NEED_RISE) -
    load<f64>(near, POINT_NEED_FALL);
  return least >= sure + nearError + farError;
}

/** 1 where the pool taken up is liquidatable at the marks, 0 where not, or a status. Its point stays for firstFall. */
export function fallsAtMarks(): i32 {
  const near = pointAt(0);
  placePoint(near, 0);
  evaluatePoint(near);
  return fallsAt(near);
}

/** First level of the path, from the mark outward, at which the pool is liquidatable; 0: none; or a status. It stands at the marks. */
export function firstFall(): i32 {
  const near = pointAt(0);
  let top: u32 = 1;
  placePoint(pointAt(1), pathLevels);
  const guess = guessLevel();
  if (guess !== 0 && guess < pathLevels) placePoint(pointAt(++top), guess);
  if (guess > 1) placePoint(pointAt(++top), guess - 1);
  while (top > 0) {
    const end = pointAt(top);
    if (load<u32>(end, POINT_KNOWN) === 0) evaluatePoint(end);
    const from = load<u32>(near, POINT_LEVEL);
    const to = load<u32>(end, POINT_LEVEL);
    if (to - from === 1) {
      const falls = fallsAt(end);
      if (falls !== 0) return falls < 0 ? falls : <i32>to;
    } else if (!provedSafe(near, end)) {
      // Halving 1,000 levels leaves at most 13 points on the stack, which has room for 25 below the rows (map-rows.ts).
      placePoint(pointAt(++top), from + ((to - from) >> 1));
      continue;
    }
    copyPoint(near, end);
    top--;
  }
  return 0;
}

/**
 * Where to look first: the level that the root of the unrounded figure of one moving leg, piecewise linear in its notional, lies before. 0:
 * no idea. A wrong guess costs time, not correctness.
 */
function guessLevel(): u32 {
  if (!sole) return 0;
  const mark = load<f64>(pathRecord(0), MAP_PRICE);
  let notional = soleInverse ? soleUnit / mark : soleUnit * mark;
  let bracket: usize = 0;
  for (let step = 0; step < 4; step++) {
    const found = bracketAt(soleTable, notional);
    if (found === bracket) break;
    bracket = found;
    const rate = <f64>load<u32>(bracket, BRACKET_RATE) / soleDenominator;
    const amount = scaledAmount(bracket) / soleDenominator;
    notional = (floor - stillOver - amount) / (soleSign - rate - soleFee);
    if (!(notional > 0)) return 0;
  }
  return levelBefore(soleInverse ? soleUnit / notional : notional / soleUnit, mark);
}

/** The first level of the path at or beyond a price; 0 where none is. */
function levelBefore(price: f64, mark: f64): u32 {
  const end = load<f64>(pathRecord(pathLevels), MAP_PRICE);
  const share = ((price - mark) / (end - mark)) * <f64>pathLevels;
  if (!(share > 0 && share < <f64>pathLevels + 1)) return 0;
  // Where levels are evenly spaced this is it, or next to it.
  let level = max<u32>(1, min<u32>(<u32>share, pathLevels));
  const upward = end > mark;
  for (; level < pathLevels; level++) {
    const at = load<f64>(pathRecord(level), MAP_PRICE);
    if (upward ? at >= price : at <= price) break;
  }
  while (level > 1) {
    const at = load<f64>(pathRecord(level - 1), MAP_PRICE);
    if (upward ? at < price : at > price) break;
    level--;
  }
  return level;
}
