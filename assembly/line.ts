// The line along which a search moves: one market's price with the others held still, or the joint shock against every leg. Here is
// which legs move and how, how far they have figures (the domain), what holds still, and how far rounding can lie from concavity.

import {
  BRACKET_BYTES,
  BRACKET_RATE,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  NONE,
  POOL_FIRST_LEG,
  PRICE_FLAGS,
  PRICE_INVERSE,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_EQUITY,
  RESULT_MAINTENANCE,
  SEARCH_STACK,
  STATUS_OK,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { legRecord, poolRecord, revision } from "./book.ts";
import { unitNotional } from "./doubles.ts";
import { maxPrice, priceAt, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import {
  clearanceFloor,
  LEG_UNITS,
  legFee,
  legHaircut,
  legMaintenance,
  legValue,
  locateNotional,
  poolRequirements,
  valueLeg,
} from "./valuation.ts";
import {
  divideWide,
  mulWide,
  sumAddUnsigned,
  sumAtLeast,
  sumCopy,
  sumSubtract,
  sumSubtractUnsigned,
  wideHigh,
  wideRemainder,
} from "./wide.ts";

/** 2^63 as a double. */
const TWO_TO_63: f64 = 9_223_372_036_854_776_000.0;
export const SHOCK_UNITS: u64 = 1_000_000;
export const MAX_SHOCK: u64 = 100_000_000;
/** The movingSlot of a joint shock: every leg moves, but those that follow the slot that is held still. */
export const ALL_SLOTS: u32 = 0xffff_ffff;
/** Held still: no slot. Above every slot there is. */
export const NO_SLOT: u32 = 0xffff_ffff;

// What is searched; set by begin.
let searchedPool: usize = 0;
export let movingSlot: u32 = 0;
let heldSlot: u32 = NO_SLOT;
/** True: equity is asked about. False: clearance. */
export let equityOnly: bool = false;
/** The pool falls where the asked figure is below this. */
export let floorUnits: i64 = 0;
/** 1 where the legs that hold still have a maintenance margin, or where none is needed to fall. */
export let stillHeld: u64 = 0;
/** True where the unrounded figure is quasi-concave along the coordinate. */
export let concave: bool = false;
/** Largest amount by which rounding lowers the figure along the line, in quote units. */
export let roundingUnits: i64 = 0;
/** Legs that move, and the first of them in the pool's list: loops over moving legs start there and end after so many. */
export let movingLegs: i64 = 0;
export let firstMoving: i32 = NONE;
/** True where a long moves: its price can fall by no more than all of it. */
export let anyLong: bool = false;
/** True where the search can end at once: the figure stands at the mark by more than rounding and cannot fall along the line. */
export let favourable: bool = false;
/** 128-bit sum of what does not move. */
export const STILL: usize = SEARCH_STACK - 64;
/** 128-bit sum of the maintenance margin of what does not move. */
const HELD: usize = SEARCH_STACK - 32;

export function moves(leg: usize): bool {
  const slot: u32 = load<u16>(leg, LEG_PRICE);
  return movingSlot === ALL_SLOTS ? slot !== heldSlot : slot === movingSlot;
}

/** Where a leg's price stands at coordinate x: the price itself, or the mark moved against the leg by x ppm. */
export function priceAlong(leg: usize, x: u64): u64 {
  if (movingSlot !== ALL_SLOTS) return x;
  const mark = priceAt(MARKS, load<u16>(leg, LEG_PRICE));
  if (load<f64>(leg, LEG_QUANTITY) > 0) {
    const low = mulWide(SHOCK_UNITS - x, mark);
    return divideWide(wideHigh, low, SHOCK_UNITS);
  }
  const low = mulWide(SHOCK_UNITS + x, mark);
  const quotient = divideWide(wideHigh, low, SHOCK_UNITS);
  return wideRemainder === 0 ? quotient : quotient + 1;
}

/** True where the leg has a figure at x: a legal price and a notional of at most 2^63 - 1. */
function inDomain(leg: usize, x: u64): bool {
  const slot = load<u16>(leg, LEG_PRICE);
  const price = priceAlong(leg, x);
  if (price > maxPrice(slot)) return false;
  if (price === 0 && (load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_INVERSE) !== 0)
    return false;
  return locateNotional(leg, price);
}

/** The price at which the leg's notional is 2^63, in doubles. */
function edgeEstimate(leg: usize): f64 {
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const size = unitNotional(leg);
  const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  return inverse ? size / TWO_TO_63 : TWO_TO_63 / size;
}

/** x as a coordinate between two others. */
function clamp(x: f64, one: u64, other: u64): u64 {
  const least = min(one, other);
  const most = max(one, other);
  if (!(x > <f64>least)) return least;
  return x < <f64>most ? min(<u64>x, most) : most;
}

/** Furthest coordinate from `near` (in the domain) toward `far` at which every moving leg is in the domain. Domains are intervals. */
export function clipDomain(near: u64, far: u64): u64 {
  let leg = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    left--;
    if (inDomain(record, far)) continue;
    let inside = near;
    let outside = far;
    if (movingSlot !== ALL_SLOTS) {
      // The edge in doubles, give or take more than they can err, saves most of the halvings.
      const edge = edgeEstimate(record);
      const below = clamp(edge * (1 - 1e-12), near, far);
      const above = clamp(edge * (1 + 1e-12) + 1, near, far);
      const closer = far > near ? below : above;
      const further = far > near ? above : below;
      if (inDomain(record, closer)) inside = closer;
      if (!inDomain(record, further)) outside = further;
    }
    while (max(inside, outside) - min(inside, outside) > 1) {
      const middle = min(inside, outside) + (max(inside, outside) - min(inside, outside)) / 2;
      if (inDomain(record, middle)) inside = middle;
      else outside = middle;
    }
    far = inside;
  }
  return far;
}

/** Sums of the whole pool at the marks, kept while the book stands as it was: a report asks about each leg in turn. */
export const SUMS: usize = SEARCH_STACK - 112;
let summedPool: u32 = 0;
let summedRevision: u64 = u64.MAX_VALUE;

/** Brings EQUITY, MAINTENANCE and CLEARANCE of the pool into SUMS. A pool without figures at its marks is refused. */
function sumWhole(pool: u32): i32 {
  if (summedPool === pool && summedRevision === revision) return STATUS_OK;
  const status = poolRequirements(pool);
  if (status !== STATUS_OK) return status;
  sumCopy(SUMS, RESULT + RESULT_EQUITY);
  sumCopy(SUMS + 16, RESULT + RESULT_MAINTENANCE);
  sumCopy(SUMS + 32, RESULT + RESULT_CLEARANCE);
  summedPool = pool;
  summedRevision = revision;
  return STATUS_OK;
}

/**
 * Notes which legs move and how far rounding goes, then either that the line is favourable (nothing on it can bring the pool down) or
 * what holds still. In a joint shock legs that follow `held` hold still. A status other than OK ends the search.
 */
export function begin(pool: u32, slot: u32, equity: bool, upward: bool, held: u32 = NO_SLOT): i32 {
  const status = sumWhole(pool);
  if (status !== STATUS_OK) return status;
  searchedPool = poolRecord(pool);
  movingSlot = slot;
  heldSlot = held;
  equityOnly = equity;
  floorUnits = equity ? 1 : clearanceFloor();
  concave = true;
  roundingUnits = 0;
  movingLegs = 0;
  anyLong = false;
  favourable = slot !== ALL_SLOTS;
  let leg = load<i32>(searchedPool, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const handle = leg;
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    if (movingLegs === 0) firstMoving = handle;
    noteMoving(record, upward);
  }
  const whole = SUMS + (equity ? 0 : 32);
  favourable = favourable && sumAtLeast(whole, floorUnits + roundingUnits);
  if (!favourable) separate(whole);
  return STATUS_OK;
}

/** STILL = the whole figure without the moving legs. */
function separate(whole: usize): void {
  sumCopy(STILL, whole);
  sumCopy(HELD, SUMS + 16);
  let leg = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    left--;
    valueLeg(record, priceAt(MARKS, load<u16>(record, LEG_PRICE)));
    sumSubtract(STILL, legValue);
    sumAddUnsigned(STILL, legHaircut);
    sumSubtractUnsigned(HELD, legMaintenance);
    if (!equityOnly) {
      sumAddUnsigned(STILL, legMaintenance);
      sumAddUnsigned(STILL, legFee);
    }
  }
  stillHeld = u64(equityOnly || sumAtLeast(HELD, 1));
}

/**
 * True where the leg's unrounded contribution cannot fall along the price: a linear short as the price falls; a long as it rises, in
 * linear terms only if its highest rate, its fee and the haircut on profit leave something of each unit gained.
 */
function gains(leg: usize, upward: bool): bool {
  if (load<f64>(leg, LEG_QUANTITY) > 0 !== upward) return false;
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  if (!upward) return !inverse;
  if (inverse) return true;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const count = load<u32>(table, TABLE_COUNT);
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_WHOLE) !== 0 && count > 1) return false;
  const last = table + TABLE_BRACKETS + <usize>(count - 1) * BRACKET_BYTES;
  const rate = <f64>load<u32>(last, BRACKET_RATE) / <f64>load<u32>(table, TABLE_DENOMINATOR);
  const taken = <f64>load<u32>(table, TABLE_FEE) + <f64>load<u32>(table, TABLE_PROFIT);
  return rate + taken * 1e-8 < 0.999;
}

/**
 * Rounding takes less than LEG_UNITS of a leg. Along a joint shock the price itself is rounded by less than one price unit, which moves the leg's
 * weighted value, margin and fee by at most 3 × the notional of one price unit, at either end: 6 ×.
 * Whole-position tables jump and inverse contracts are not concave in the shock: there concavity is not used.
 */
function noteMoving(leg: usize, upward: bool): void {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_WHOLE) !== 0 && load<u32>(table, TABLE_COUNT) > 1) {
    concave = false;
  }
  if (favourable && !gains(leg, upward)) favourable = false;
  movingLegs++;
  roundingUnits += LEG_UNITS;
  if (load<f64>(leg, LEG_QUANTITY) > 0) anyLong = true;
  if (movingSlot !== ALL_SLOTS) return;
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const unit = unitNotional(leg);
  // Doubles err by less than 2^-50 of the figure; + 1 covers that below 2^44, and 6 · 2^44 for each of 65,535 legs stays below 2^63.
  if ((load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0 || unit > 17_592_186_044_416.0) {
    concave = false;
  } else {
    roundingUnits += 6 * (<i64>ceil(unit) + 1);
  }
}
