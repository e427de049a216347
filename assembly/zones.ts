// Up to which prices nothing can be said of a pool that is not known: its zone. A zone is a box, one price to each leg, within which what is
// watched (clearance, levels of the margin ratio, an equity floor) provably stays on its side; the triggers are one unit outside. The box
// is found and mostly proved in doubles at its worst corner, else in integers (docs/numbers.md, "Zones").

import {
  BRACKET_BYTES,
  BRACKET_RATE,
  HEADER_LEVEL_TABLE,
  HEADER_LEVELS,
  HEADER_TICK_EXACT,
  HEAP_DOWN,
  HEAP_MUST,
  HEAP_UP,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  POOL_LEGS,
  PRICE_FLAGS,
  PRICE_INVERSE,
  SEARCH_STACK,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import {
  ALERT_HAS_FLOOR,
  WATCH_FLAGS,
  WATCH_FLOOR,
  WATCH_FLOOR_TOLD,
} from "../src/layout-ticks.ts";
import { legRecord, poolRecord } from "./book.ts";
import {
  cornerOf,
  equity,
  equitySlope,
  error,
  figuresAfter,
  figuresAtMarks,
  isFalling,
  need,
  needSlope,
  setSense,
} from "./moves.ts";
import { maxPrice, priceRecord } from "./prices.ts";
import { searchPrice } from "./search.ts";
import { tableRecord } from "./tables.ts";
import { addTrigger, beginTriggers, endTriggers } from "./triggers.ts";
import {
  clearanceFloor,
  LEG_UNITS,
  legFee,
  legHaircut,
  legMaintenance,
  legValue,
  valueLeg,
} from "./valuation.ts";
import { alertOf, watchRecord } from "./watch.ts";
import {
  sumAdd,
  sumAddUnsigned,
  sumAtLeast,
  sumCopy,
  sumSet,
  sumSubtract,
  sumSubtractSum,
  sumSubtractUnsigned,
  sumTimes,
} from "./wide.ts";

const PPM: f64 = 1_000_000;
/** No zone is wider than prices a hundredfold. */
const WIDEST: f64 = 99;

// What is watched of the pool at hand, set by armPool.
let clearanceBound: i64 = 0;
let watchesClearance: bool = false;
/** In 1e-6; 0: no level. */
let watchedLevel: u64 = 0;
let equityBound: i64 = 0;
let watchesEquity: bool = false;
/** 1: prices move against the pool. -1: for it. */
let sense: f64 = 1;
/** Legs times LEG_UNITS. */
let slack: i64 = 0;

// Exact sums at a corner.
const EQUITY: usize = SEARCH_STACK;
const NEED: usize = SEARCH_STACK + 16;
const WORK: usize = SEARCH_STACK + 32;

/**
 * Sets the pool's triggers around the marks (moves.ts has its figures there), for what it is known to be. False where that cannot be
 * proved (too near, terms that are not monotone, no memory): it then has none and is to be evaluated at every tick.
 *
 * @param under known as liquidatable; @param level of the margin ratio in force
 */
export function armPool(pool: u32, under: bool, level: u32): bool {
  beginTriggers(pool);
  return endTriggers(pool, setTriggers(pool, under, level));
}

function setTriggers(pool: u32, under: bool, level: u32): bool {
  const record = poolRecord(pool);
  const legs = load<u16>(record, POOL_LEGS);
  if (legs === 0) return true;
  const watch = watchRecord(pool);
  const hasFloor = (load<u8>(alertOf(pool)) & ALERT_HAS_FLOOR) !== 0;
  const levels = load<u32>(HEADER_LEVELS);
  const needs = hasNeeds(record);
  slack = LEG_UNITS * <i64>legs;
  const floored = !under && hasFloor && (load<u32>(watch, WATCH_FLAGS) & WATCH_FLOOR_TOLD) === 0;
  const must: u32 = levels !== 0 || hasFloor ? HEAP_MUST : 0;
  // A single leg of which only its liquidation matters has one price, and it is found exactly.
  if (legs === 1 && needs && !under && must === 0) return armSingle(pool, record);
  if (!under) {
    watchesClearance = needs;
    clearanceBound = clearanceFloor() + slack;
    watchedLevel = needs && level < levels ? raiseOf(level) : 0;
    watchesEquity = floored;
    const floor = load<i64>(watch, WATCH_FLOOR);
    if (floored && floor > i64.MAX_VALUE - 1 - slack) return false;
    // Fires at the floor itself.
    equityBound = floored ? floor + 1 + slack : 0;
    if ((watchesClearance || watchesEquity) && !armSide(pool, record, 1, must)) return false;
  }
  // Without a maintenance margin there is neither a liquidation nor a level.
  if ((under || level !== 0) && !alwaysHeld(record)) return false;
  const clear = level === 0 ? 0 : clearOf(level - 1);
  if (!under && clear === 0) return true;
  watchesClearance = under;
  clearanceBound = clearanceFloor() - slack;
  watchedLevel = clear;
  watchesEquity = false;
  // The side before has left them at its corner.
  if (!under) figuresAtMarks(record);
  return armSide(pool, record, -1, must);
}

function raiseOf(level: u32): u64 {
  return <u64>load<u32>(<usize>HEADER_LEVEL_TABLE + ((<usize>level) << 3));
}

function clearOf(level: u32): u64 {
  return <u64>load<u32>(<usize>HEADER_LEVEL_TABLE + ((<usize>level) << 3), 4);
}

/** True where some leg can have a maintenance margin. */
function hasNeeds(record: usize): bool {
  let leg = load<i32>(record, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const at = legRecord(leg);
    leg = load<i32>(at, LEG_NEXT);
    const table = tableRecord(load<u16>(at, LEG_TABLE));
    if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) === 0) return true;
  }
  return false;
}

/** True where some leg has a maintenance margin at every price: the first bracket's rate is above 0. */
function alwaysHeld(record: usize): bool {
  let leg = load<i32>(record, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const at = legRecord(leg);
    leg = load<i32>(at, LEG_NEXT);
    const table = tableRecord(load<u16>(at, LEG_TABLE));
    if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0) continue;
    if (load<u32>(table + TABLE_BRACKETS, BRACKET_RATE) !== 0) return true;
  }
  return false;
}

// ── one leg: its exact liquidation price ────────────────────────────────────────────────────────────

/** The nearest price at which a pool of one leg falls, in each direction in which there can be one. */
function armSingle(pool: u32, record: usize): bool {
  const leg = load<i32>(record, POOL_FIRST_LEG);
  const at = legRecord(leg);
  const slot = load<u16>(at, LEG_PRICE);
  const long = load<f64>(at, LEG_QUANTITY) > 0;
  if (!armFall(pool, slot, !long)) return false;
  // Where small notionals need no margin, a pool that has lost everything stands until its price moves for it again.
  if (isMonotone(at, 1) && alwaysHeld(record)) return true;
  return armFall(pool, slot, long);
}

function armFall(pool: u32, slot: u32, upward: bool): bool {
  store<u32>(HEADER_TICK_EXACT, load<u32>(HEADER_TICK_EXACT) + 1);
  const price = searchPrice(pool, slot, upward, false);
  if (price === <f64>NONE) return true;
  if (price < 0) return false;
  return addTrigger(pool, slot, upward ? HEAP_UP : HEAP_DOWN, price);
}

// ── several legs: a joint move ──────────────────────────────────────────────────────────────────────

/** A box on one side of the marks. */
function armSide(pool: u32, record: usize, side: f64, must: u32): bool {
  sense = side;
  setSense(side);
  if (!sideIsMonotone(record)) return false;
  const move = provenMove(record);
  if (!(move > 0)) return false;
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const slot = load<u16>(leg, LEG_PRICE);
    const corner = cornerOf(leg, move);
    const falls = isFalling(leg);
    // Beyond the ends of the range there are no marks.
    if (falls ? corner <= 1 : corner >= maxPrice(slot)) continue;
    const price = falls ? corner - 1 : corner + 1;
    if (!addTrigger(pool, slot, (falls ? HEAP_DOWN : HEAP_UP) | must, <f64>price)) return false;
  }
  return true;
}

/**
 * True where the leg's part of the watched figure cannot fall when its price moves for it, and not rise when it moves against it: a part
 * that rises with the notional must keep something of each unit, and have no jumps.
 */
function isMonotone(leg: usize, share: f64): bool {
  const inverse =
    (load<u32>(priceRecord(load<u16>(leg, LEG_PRICE)), PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  if (load<f64>(leg, LEG_QUANTITY) > 0 === inverse) return true;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  const count = load<u32>(table, TABLE_COUNT);
  if ((flags & TABLE_WHOLE) !== 0 && count > 1) return false;
  const last = table + <usize>(count - 1) * BRACKET_BYTES + TABLE_BRACKETS;
  const rate = <f64>load<u32>(last, BRACKET_RATE) / <f64>load<u32>(table, TABLE_DENOMINATOR);
  if ((flags & TABLE_HAIRCUT) !== 0) return rate <= 1;
  // A hair below, for the rounding of these doubles.
  const kept = share * (1 - <f64>load<u32>(table, TABLE_PROFIT) * 1e-8);
  return rate + <f64>load<u32>(table, TABLE_FEE) * 1e-8 <= kept * (1 - 1e-12);
}

function sideIsMonotone(record: usize): bool {
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if ((watchesClearance || watchesEquity) && !isMonotone(leg, 1)) return false;
    if (watchedLevel !== 0 && !isMonotone(leg, <f64>watchedLevel / PPM)) return false;
  }
  return true;
}

// ── how far ─────────────────────────────────────────────────────────────────────────────────────────

/** Steps of Newton's method before the search is given up. */
const MOST_STEPS = 12;
const MOST_PROOFS = 6;
/** A hair within the zone's end, so that doubles can prove it. */
const WITHIN: f64 = 1 - 1e-7;

/** A joint move within which the watched figures provably stay on their side, near the largest; 0 where none was found. */
function provenMove(record: usize): f64 {
  const widest = widestMove(record);
  let move = min<f64>(nextMove(0) * WITHIN, widest);
  for (let step = 0; step < MOST_STEPS; step++) {
    if (!(move > 0)) return 0;
    figuresAfter(record, move);
    if (holdsInDoubles()) return move;
    // From outside by Newton's method; where it does not come in, doubles cannot tell.
    const next = nextMove(move) * WITHIN;
    if (!(next < move * (1 - 1e-9))) break;
    move = next;
  }
  for (let tries = 0; tries < MOST_PROOFS; tries++) {
    if (provedAt(record, move)) return move;
    move *= tries === 0 ? 1 - 1e-6 : tries === 1 ? 0.999 : 0.7;
  }
  return 0;
}

/** Prices do not fall below their first unit. */
function widestMove(record: usize): f64 {
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (isFalling(leg)) return 0.999999;
  }
  return WIDEST;
}

/** True where the figures at the last point are on their side by more than their error (of a level: the share's counts too). */
function holdsInDoubles(): bool {
  if (watchesClearance && !((equity - need - <f64>clearanceBound) * sense > error)) return false;
  if (watchesEquity && !(equity - <f64>equityBound > error)) return false;
  if (watchedLevel === 0) return true;
  const over = (<f64>watchedLevel / PPM) * equity - need;
  return over * sense > 3 * error + <f64>(slack + 1);
}

function nextMove(move: f64): f64 {
  let next: f64 = Infinity;
  if (watchesClearance) {
    const over = equity - need - <f64>clearanceBound;
    next = min<f64>(next, stepTo(move, over, equitySlope - needSlope));
  }
  if (watchedLevel !== 0) {
    const share = <f64>watchedLevel / PPM;
    const over = share * equity - need - sense * <f64>(slack + 1);
    next = min<f64>(next, stepTo(move, over, share * equitySlope - needSlope));
  }
  if (watchesEquity) next = min<f64>(next, stepTo(move, equity - <f64>equityBound, equitySlope));
  return next;
}

/** Where the tangent of a figure that must not change its sign meets zero. */
function stepTo(move: f64, over: f64, slope: f64): f64 {
  // On the wrong side before anything has moved.
  if (move === 0 && over * sense <= 0) return 0;
  return slope * sense < 0 ? move - over / slope : Infinity;
}

// ── in integers: proved ─────────────────────────────────────────────────────────────────────────────

/** True where the watched figures stay on their side at the corner, whatever rounding does within the box. */
function provedAt(record: usize, move: f64): bool {
  store<u32>(HEADER_TICK_EXACT, load<u32>(HEADER_TICK_EXACT) + 1);
  sumSet(EQUITY, load<i64>(record, POOL_COLLATERAL));
  sumSet(NEED, 0);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (!valueLeg(leg, cornerOf(leg, move))) return false;
    sumAdd(EQUITY, legValue);
    sumSubtract(EQUITY, load<i64>(leg, LEG_COST));
    if (legHaircut !== 0) sumSubtractUnsigned(EQUITY, legHaircut);
    sumAddUnsigned(NEED, legMaintenance);
    sumAddUnsigned(NEED, legFee);
  }
  if (watchesClearance) {
    sumCopy(WORK, EQUITY);
    sumSubtractSum(WORK, NEED);
    const stands =
      sense > 0 ? sumAtLeast(WORK, clearanceBound) : !sumAtLeast(WORK, clearanceBound + 1);
    if (!stands) return false;
  }
  if (watchesEquity && !sumAtLeast(EQUITY, equityBound)) return false;
  return watchedLevel === 0 || levelHolds();
}

/** level · equity - requirement on its side by more than rounding can take. Of the order 2^84 at most: no sum overflows. */
function levelHolds(): bool {
  sumCopy(WORK, EQUITY);
  sumTimes(WORK, watchedLevel);
  const before = WORK + 16;
  sumCopy(before, NEED);
  sumTimes(before, 1_000_000);
  sumSubtractSum(WORK, before);
  const units = (slack + 1) * 1_000_000;
  return sense > 0 ? sumAtLeast(WORK, units) : !sumAtLeast(WORK, 1 - units);
}
