// Exact searches along one line: the liquidation or bankruptcy price of one market with the others held still, and the
// joint shock. The answer is the nearest point at which the pool falls, found by branch and bound on exact integer figures: an
// interval is passed over only when it is proved free of such points, either because the worst of each monotone part at its ends
// still stands, or by concavity (see provedSafe). A Newton estimate in doubles only chooses where to look first.

import {
  BRACKET_AMOUNT_HIGH,
  BRACKET_AMOUNT_LOW,
  BRACKET_BYTES,
  BRACKET_FLOOR,
  BRACKET_RATE,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  NONE,
  POOL_FIRST_LEG,
  PRICE_DIVISOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_NUMERATOR,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_EQUITY,
  RESULT_MAINTENANCE,
  SEARCH_POINT_BYTES,
  SEARCH_STACK,
  SEARCH_STACK_POINTS,
  STATUS_NO_RECORD,
  STATUS_OK,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { legRecord, poolRecord } from "./book.ts";
import { maxPrice, priceAt, priceLives, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import {
  clearanceFloor,
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
  sumAdd,
  sumAddSum,
  sumAddUnsigned,
  sumAtLeast,
  sumCopy,
  sumSet,
  sumSubtract,
  sumSubtractSum,
  sumSubtractUnsigned,
  sumToDouble,
  TWO_TO_64,
  wideHigh,
  wideRemainder,
} from "./wide.ts";

const SHOCK_UNITS: u64 = 1_000_000;
const MAX_SHOCK: u64 = 100_000_000;
/** Points examined before a search gives up being nearest (see finish). */
const SEARCH_LIMIT: u32 = 65_536;
/** The movingSlot of a joint shock: every leg moves. */
const ALL_SLOTS: u32 = 0xffff_ffff;

// A point: the coordinate and 128-bit sums over the moving legs, split by how they run along the coordinate.
const POINT_X: usize = 0;
/** 1 where the pool has a maintenance requirement at the point. */
const POINT_HELD: usize = 8;
const POINT_VALUE_UP: usize = 16;
const POINT_VALUE_DOWN: usize = 32;
const POINT_NEED_UP: usize = 48;
const POINT_NEED_DOWN: usize = 64;
/** The figure asked about. */
const POINT_FIGURE: usize = 80;

// What is searched; set by begin.
let searchedPool: usize = 0;
let movingSlot: u32 = 0;
/** True: equity is asked about. False: clearance. */
let equityOnly: bool = false;
/** The pool falls where the asked figure is below this. */
let floorUnits: i64 = 0;
/** 1 where the legs that hold still have a maintenance margin, or where none is needed to fall. */
let stillHeld: u64 = 0;
/** True where the unrounded figure is quasi-concave along the coordinate. */
let concave: bool = false;
/** Largest amount by which rounding lowers the figure along the line, in quote units. */
let roundingUnits: i64 = 0;
let examined: u32 = 0;

/** 128-bit sum of what does not move. */
const STILL: usize = SEARCH_STACK - 64;
const WORK: usize = SEARCH_STACK - 32;

function pointAt(index: u32): usize {
  return <usize>index * SEARCH_POINT_BYTES + SEARCH_STACK;
}

function moves(leg: usize): bool {
  return movingSlot === ALL_SLOTS || load<u16>(leg, LEG_PRICE) === movingSlot;
}

/** Where a leg's price stands at coordinate x: the price itself, or the mark moved against the leg by x ppm. */
function priceAlong(leg: usize, x: u64): u64 {
  if (movingSlot !== ALL_SLOTS) return x;
  const mark = priceAt(MARKS, load<u16>(leg, LEG_PRICE));
  if (load<f64>(leg, LEG_QUANTITY) > 0) {
    const low = mulWide(mark, SHOCK_UNITS - x);
    return divideWide(wideHigh, low, SHOCK_UNITS);
  }
  const low = mulWide(mark, SHOCK_UNITS + x);
  const quotient = divideWide(wideHigh, low, SHOCK_UNITS);
  return wideRemainder === 0 ? quotient : quotient + 1;
}

/** True where the leg has a figure at x: a legal price and a notional of at most 2^63 - 1. */
function inDomain(leg: usize, x: u64): bool {
  const slot = load<u16>(leg, LEG_PRICE);
  if (movingSlot === ALL_SLOTS && x > SHOCK_UNITS && load<f64>(leg, LEG_QUANTITY) > 0) return false;
  const price = priceAlong(leg, x);
  if (price > maxPrice(slot)) return false;
  if (price === 0 && (load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_INVERSE) !== 0)
    return false;
  return locateNotional(leg, price);
}

/** Furthest coordinate from `near` (in the domain) toward `far` at which every moving leg is in the domain. Domains are intervals. */
function clipDomain(near: u64, far: u64): u64 {
  let leg = load<i32>(searchedPool, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record) || inDomain(record, far)) continue;
    let inside = near;
    let outside = far;
    while (max(inside, outside) - min(inside, outside) > 1) {
      const middle = min(inside, outside) + (max(inside, outside) - min(inside, outside)) / 2;
      if (inDomain(record, middle)) inside = middle;
      else outside = middle;
    }
    far = inside;
  }
  return far;
}

/** Sums what holds still, and sets up concavity and the rounding bound. A pool without figures at its marks is refused. */
function begin(pool: u32, slot: u32, equity: bool): i32 {
  const status = poolRequirements(pool);
  if (status !== STATUS_OK) return status;
  searchedPool = poolRecord(pool);
  movingSlot = slot;
  equityOnly = equity;
  floorUnits = equity ? 1 : clearanceFloor();
  concave = true;
  roundingUnits = 0;
  examined = 0;
  // What holds still is what is left of the pool's figures without the moving legs.
  sumCopy(STILL, RESULT + (equity ? RESULT_EQUITY : RESULT_CLEARANCE));
  sumCopy(WORK, RESULT + RESULT_MAINTENANCE);
  let leg = load<i32>(searchedPool, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    noteMoving(record);
    valueLeg(record, priceAt(MARKS, load<u16>(record, LEG_PRICE)));
    sumSubtract(STILL, legValue);
    sumAddUnsigned(STILL, legHaircut);
    sumSubtractUnsigned(WORK, legMaintenance);
    if (!equity) {
      sumAddUnsigned(STILL, legMaintenance);
      sumAddUnsigned(STILL, legFee);
    }
  }
  stillHeld = <u64>(equity || sumAtLeast(WORK, 1));
  return STATUS_OK;
}

/**
 * Each figure of a leg (value, margin or haircut, fee) is rounded by less than a unit: 3 units a leg. Along a joint shock the price
 * itself is rounded by less than one price unit, which moves the leg's figures by at most 3 × the notional of one price unit, at either end: 6 ×.
 * Whole-position tables jump and inverse contracts are not concave in the shock: there concavity is not used.
 */
function noteMoving(leg: usize): void {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_WHOLE) !== 0 && load<u32>(table, TABLE_COUNT) > 1) {
    concave = false;
  }
  roundingUnits += 3;
  if (movingSlot !== ALL_SLOTS) return;
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const unit =
    (abs<f64>(load<f64>(leg, LEG_QUANTITY)) * <f64>load<u64>(terms, PRICE_NUMERATOR)) /
    <f64>load<u64>(terms, PRICE_DIVISOR);
  // Doubles err by less than 2^-50 of the figure; + 1 covers that below 2^46.
  if ((load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0 || unit > 70_368_744_177_664.0) {
    concave = false;
  } else {
    roundingUnits += 6 * (<i64>ceil(unit) + 1);
  }
}

/** Values the moving legs at x into the point. x must be in the domain. */
function examine(point: usize, x: u64): void {
  examined++;
  store<u64>(point, x, POINT_X);
  sumSet(point + POINT_VALUE_UP, 0);
  sumSet(point + POINT_VALUE_DOWN, 0);
  sumSet(point + POINT_NEED_UP, 0);
  sumSet(point + POINT_NEED_DOWN, 0);
  let held = stillHeld;
  let leg = load<i32>(searchedPool, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    valueLeg(record, priceAlong(record, x));
    const terms = priceRecord(load<u16>(record, LEG_PRICE));
    const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
    const long = load<f64>(record, LEG_QUANTITY) > 0;
    // Along a price a long's value rises, a short's falls; along a shock every value falls.
    // Notional rises with the price in linear terms and falls in inverse ones; a shock takes a long's price down.
    const shock = movingSlot === ALL_SLOTS;
    const valueRises = !shock && long;
    const needRises = shock ? long === inverse : !inverse;
    sumAdd(point + (valueRises ? POINT_VALUE_UP : POINT_VALUE_DOWN), legValue);
    const need = point + (needRises ? POINT_NEED_UP : POINT_NEED_DOWN);
    if (legHaircut !== 0) sumAddUnsigned(need, legHaircut);
    if (legMaintenance !== 0) held = 1;
    if (!equityOnly) {
      sumAddUnsigned(need, legMaintenance);
      if (legFee !== 0) sumAddUnsigned(need, legFee);
    }
  }
  store<u64>(point, held, POINT_HELD);
  figureBetween(point + POINT_FIGURE, point, point);
}

/** True where the pool falls at the point. */
function falls(point: usize): bool {
  return load<u64>(point, POINT_HELD) !== 0 && !sumAtLeast(point + POINT_FIGURE, floorUnits);
}

/** target = the least the figure can be between two points (lower coordinate first), each monotone part taken at its worse end. */
function figureBetween(target: usize, lower: usize, upper: usize): void {
  sumCopy(target, STILL);
  sumAddSum(target, lower + POINT_VALUE_UP);
  sumAddSum(target, upper + POINT_VALUE_DOWN);
  sumSubtractSum(target, upper + POINT_NEED_UP);
  sumSubtractSum(target, lower + POINT_NEED_DOWN);
}

/**
 * True where no point between the two can fall. Either the monotone parts at their worse ends still stand; or the unrounded
 * figure is quasi-concave, so between the ends it is at least the smaller end, and the rounded one at most roundingUnits below.
 */
function provedSafe(a: usize, b: usize): bool {
  // Margins are monotone in the notional and so in the coordinate: none at both ends is none between.
  if ((load<u64>(a, POINT_HELD) | load<u64>(b, POINT_HELD)) === 0) return true;
  if (concave) {
    const bound = floorUnits + roundingUnits;
    if (sumAtLeast(a + POINT_FIGURE, bound) && sumAtLeast(b + POINT_FIGURE, bound)) return true;
  }
  const ascending = load<u64>(a, POINT_X) <= load<u64>(b, POINT_X);
  figureBetween(WORK, ascending ? a : b, ascending ? b : a);
  return sumAtLeast(WORK, floorUnits);
}

/**
 * Nearest coordinate from `start` toward `far` at which the pool falls, as a double, or NONE. `estimate` (0: none) and its `width` say
 * where to look first. Point 0 of the stack is the near end, proved not to fall; above it stand far ends, nearest on top.
 */
function nearestFall(start: u64, far: u64, estimate: u64, width: u64): f64 {
  const near = pointAt(0);
  examine(near, start);
  if (falls(near)) return <f64>start;
  if (far === start) return <f64>NONE;
  let top: u32 = 1;
  examine(pointAt(top), far);
  const outward = far > start;
  const reach = outward ? far - start : start - far;
  if (estimate !== 0) {
    const offset = outward
      ? estimate > start
        ? estimate - start
        : 0
      : estimate < start
        ? start - estimate
        : 0;
    if (offset !== 0 && offset < reach) {
      const beyond = offset + width;
      if (beyond < reach) examine(pointAt(++top), outward ? start + beyond : start - beyond);
      if (offset > width) {
        const before = offset - width;
        examine(pointAt(++top), outward ? start + before : start - before);
      }
    }
  }
  while (top > 0) {
    const end = pointAt(top);
    const from = load<u64>(near, POINT_X);
    const to = load<u64>(end, POINT_X);
    const gap = outward ? to - from : from - to;
    if (gap <= 1 && falls(end)) return <f64>to;
    if (gap <= 1 || provedSafe(near, end)) {
      memory.copy(near, end, SEARCH_POINT_BYTES);
      top--;
      continue;
    }
    if (examined > SEARCH_LIMIT) return finish(from, far);
    assert(<i32>top + 1 < SEARCH_STACK_POINTS, "the stack holds 64 halvings and the estimate");
    examine(pointAt(++top), outward ? from + gap / 2 : from - gap / 2);
  }
  return <f64>NONE;
}

/**
 * Where legs of opposite sign all but cancel, the figure may stay within rounding of zero over more points than can be looked at. Then the
 * answer is still a point that falls next to one that does not, found by halving, but perhaps not the nearest; NONE if the far end stands.
 */
function finish(near: u64, far: u64): f64 {
  const point = pointAt(1);
  examine(point, far);
  if (!falls(point)) return <f64>NONE;
  while (max(near, far) - min(near, far) > 1) {
    const middle = min(near, far) + (max(near, far) - min(near, far)) / 2;
    examine(point, middle);
    if (falls(point)) far = middle;
    else near = middle;
  }
  return <f64>far;
}

// ── estimates: unrounded figures in doubles, never trusted ────────────────────────────────────────────

let estimateFigure: f64 = 0;
let estimateSlope: f64 = 0;

/**
 * Figure and slope at coordinate z: the price, its reciprocal (inverse terms), or the shock as a share. Whole-position tables and bracket jumps make
 * it wrong at times; the search does not care.
 */
function estimateAt(z: f64): void {
  let figure = sumToDouble(STILL);
  let slope: f64 = 0;
  let leg = load<i32>(searchedPool, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    const slot = load<u16>(record, LEG_PRICE);
    const terms = priceRecord(slot);
    const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
    const quantity = load<f64>(record, LEG_QUANTITY);
    const size =
      (abs<f64>(quantity) * <f64>load<u64>(terms, PRICE_NUMERATOR)) /
      <f64>load<u64>(terms, PRICE_DIVISOR);
    let notional = size * z;
    let run = size;
    if (movingSlot === ALL_SLOTS) {
      const mark = <f64>priceAt(MARKS, slot);
      const move = quantity > 0 ? 1 - z : 1 + z;
      const at = inverse ? size / mark : size * mark;
      notional = inverse ? at / move : at * move;
      run = inverse ? at / (move * move) : at;
      if (quantity > 0 !== inverse) run = -run;
    }
    const sign: f64 = quantity > 0 !== inverse ? 1 : -1;
    const share = needShare(record, notional);
    figure += sign * notional - share * notional + needAmount;
    slope += (sign - share) * run;
  }
  estimateFigure = figure;
  estimateSlope = slope;
}

let needAmount: f64 = 0;

/** Share of the notional that the leg's bracket and fee ask for; the bracket's deduction is left in needAmount. */
function needShare(leg: usize, notional: f64): f64 {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  needAmount = 0;
  if (equityOnly && (flags & TABLE_HAIRCUT) === 0) return 0;
  let bracket = table + TABLE_BRACKETS;
  const last = bracket + <usize>(load<u32>(table, TABLE_COUNT) - 1) * BRACKET_BYTES;
  while (bracket < last && <f64>load<u64>(bracket, BRACKET_FLOOR + BRACKET_BYTES) <= notional) {
    bracket += BRACKET_BYTES;
  }
  const denominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  needAmount =
    (<f64>load<u64>(bracket, BRACKET_AMOUNT_HIGH) * TWO_TO_64 +
      <f64>load<u64>(bracket, BRACKET_AMOUNT_LOW)) /
    denominator;
  const rate = <f64>load<u32>(bracket, BRACKET_RATE) / denominator;
  return (flags & TABLE_HAIRCUT) !== 0 ? rate : rate + <f64>load<u32>(table, TABLE_FEE) * 1e-8;
}

/** Newton from `z`: on a concave figure each step lands outside the safe stretch and then closes in from there. NaN: no estimate. */
function newton(z: f64): f64 {
  for (let step = 0; step < 24; step++) {
    estimateAt(z);
    const next = z - estimateFigure / estimateSlope;
    if (!(next > 0 && next < 1e19)) return NaN;
    if (abs<f64>(next - z) <= next * 2.3e-16) return next;
    z = next;
  }
  return z;
}

/** Half-width around an estimate in which rounding can hide the answer, plus what doubles lose. */
function estimateWidth(perUnit: f64, coordinate: f64): u64 {
  const width = (<f64>roundingUnits + 2) / perUnit + coordinate * 1e-15 + 2;
  return width < 1e15 ? <u64>width : 1_000_000_000_000_000;
}

// ── the three questions ─────────────────────────────────────────────────────────────────────────────

/** Nearest price of `slot` at which the pool falls, searching up or down from the mark; NONE or a status below it. */
export function searchPrice(pool: u32, slot: u32, upward: bool, equity: bool): f64 {
  if (!priceLives(slot)) return <f64>STATUS_NO_RECORD;
  const mark = priceAt(MARKS, slot);
  const status = begin(pool, slot, equity);
  if (status !== STATUS_OK) return <f64>status;
  if (roundingUnits === 0) return <f64>STATUS_NO_RECORD;
  const far = clipDomain(mark, upward ? maxPrice(slot) : 1);
  const inverse = (load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const root = newton(inverse ? 1 / <f64>mark : <f64>mark);
  const price = inverse ? 1 / root : root;
  if (!(price >= 1 && price < 9e15)) return nearestFall(mark, far, 0, 0);
  const perUnit = inverse ? abs<f64>(estimateSlope) * root * root : abs<f64>(estimateSlope);
  return nearestFall(mark, far, <u64>price, estimateWidth(perUnit, price));
}

/** Least shock in ppm against every leg at which the pool is liquidatable; NONE or a status below it. */
export function searchShock(pool: u32): f64 {
  const status = begin(pool, ALL_SLOTS, false);
  if (status !== STATUS_OK) return <f64>status;
  const far = clipDomain(0, MAX_SHOCK);
  const root = newton(1e-9) * <f64>SHOCK_UNITS;
  if (!(root >= 1 && root <= <f64>MAX_SHOCK)) return nearestFall(0, far, 0, 0);
  const perUnit = abs<f64>(estimateSlope) / <f64>SHOCK_UNITS;
  return nearestFall(0, far, <u64>root, estimateWidth(perUnit, root));
}
