// Exact searches along a line: the liquidation or bankruptcy price of one market, and the joint shock. The answer is
// the nearest point at which the pool falls, found by branch and bound on exact integer figures: an interval is passed over only
// when it is proved free of such points (provedSafe). Proof: docs/numbers.md, "How a search is exact".

import {
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  NONE,
  PRICE_FLAGS,
  PRICE_INVERSE,
  SEARCH_POINT_BYTES,
  SEARCH_STACK,
  SEARCH_STACK_POINTS,
  STATUS_NO_RECORD,
  STATUS_OK,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
} from "../src/layout.ts";
import { legRecord } from "./book.ts";
import { estimateSlope, estimateWidth, newton } from "./estimate.ts";
import {
  ALL_SLOTS,
  anyLong,
  begin,
  clipDomain,
  concave,
  equityOnly,
  favourable,
  firstMoving,
  floorUnits,
  MAX_SHOCK,
  moves,
  movingLegs,
  movingSlot,
  priceAlong,
  roundingUnits,
  SHOCK_UNITS,
  STILL,
  SUMS,
  stillHeld,
} from "./line.ts";
import { maxPrice, priceAt, priceLives, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import {
  legDivisor,
  legFee,
  legHaircut,
  legMaintenance,
  legNotional,
  legRest,
  legValue,
  valueLeg,
} from "./valuation.ts";
import {
  sumAdd,
  sumAddSum,
  sumAddUnsigned,
  sumAtLeast,
  sumCopy,
  sumLess,
  sumSet,
  sumSubtractSum,
  sumSubtractUnsigned,
} from "./wide.ts";

/** Leg valuations before a search gives up being nearest (see finish), but never before so many points. */
const SEARCH_LIMIT: u32 = 65_536;
const LEAST_POINTS: u32 = 512;
let examined: u32 = 0;

// A point: the coordinate and 128-bit sums over the moving legs, split by how they run along the coordinate.
const POINT_X: usize = 0;
/** 1 where the pool has a maintenance requirement at the point, DEFERRED where it has not been examined. */
const POINT_HELD: usize = 8;
const DEFERRED: u64 = 2;
const POINT_VALUE_UP: usize = 16;
const POINT_VALUE_DOWN: usize = 32;
const POINT_NEED_UP: usize = 48;
const POINT_NEED_DOWN: usize = 64;
/** The figure asked about. */
const POINT_FIGURE: usize = 80;
/** ⌊Σ of the signed notionals, unrounded⌋, where several legs follow one price. */
const POINT_NET: usize = 96;
/** Between searches of line.ts, which has set up its own sums by then. */
const WORK: usize = SEARCH_STACK - 32;

function pointAt(index: u32): usize {
  return <usize>index * SEARCH_POINT_BYTES + SEARCH_STACK;
}

function copyPoint(target: usize, source: usize): void {
  if (SEARCH_POINT_BYTES !== 112) ERROR("copyPoint copies 112 bytes");
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
  v128.store(target, v128.load(source, 32), 32);
  v128.store(target, v128.load(source, 48), 48);
  v128.store(target, v128.load(source, 64), 64);
  v128.store(target, v128.load(source, 80), 80);
  v128.store(target, v128.load(source, 96), 96);
}

/** Values the moving legs at x into the point. x must be in the domain. */
function examine(point: usize, x: u64): void {
  examined++;
  store<u64>(point, x, POINT_X);
  sumSet(point + POINT_VALUE_UP, 0);
  sumSet(point + POINT_VALUE_DOWN, 0);
  sumSet(point + POINT_NEED_UP, 0);
  sumSet(point + POINT_NEED_DOWN, 0);
  sumSet(point + POINT_NET, 0);
  const netted = hedgesOneSlot();
  netRest = 0;
  let held = stillHeld;
  let leg = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    left--;
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
    if (netted) addNet(point + POINT_NET, long !== inverse);
    const need = point + (needRises ? POINT_NEED_UP : POINT_NEED_DOWN);
    if (legHaircut !== 0) {
      // A coin's follows its notional, that on a profit the value.
      const rises = hasHaircutTable(record) ? needRises : valueRises;
      sumAddUnsigned(point + (rises ? POINT_NEED_UP : POINT_NEED_DOWN), legHaircut);
    }
    if (legMaintenance !== 0) held = 1;
    if (!equityOnly) {
      sumAddUnsigned(need, legMaintenance);
      if (legFee !== 0) sumAddUnsigned(need, legFee);
    }
  }
  store<u64>(point, held, POINT_HELD);
  figureBetween(point + POINT_FIGURE, point, point);
}

function hasHaircutTable(leg: usize): bool {
  return (load<u32>(tableRecord(load<u16>(leg, LEG_TABLE)), TABLE_FLAGS) & TABLE_HAIRCUT) !== 0;
}

/** True where several legs follow the one price that moves: their notionals share a divisor, and their roundings may be taken together. */
function hedgesOneSlot(): bool {
  return movingSlot !== ALL_SLOTS && movingLegs > 1;
}

let netRest: u64 = 0;

/** Adds the signed notional of the leg last valued to a sum kept as whole units and 0 <= netRest < legDivisor. */
function addNet(net: usize, positive: bool): void {
  // Both rests are below the divisor, which is below 2^63.
  if (positive) {
    sumAddUnsigned(net, legNotional);
    netRest += legRest;
    if (netRest >= legDivisor) {
      netRest -= legDivisor;
      sumAdd(net, 1);
    }
  } else {
    sumSubtractUnsigned(net, legNotional);
    if (netRest < legRest) {
      netRest += legDivisor;
      sumAdd(net, -1);
    }
    netRest -= legRest;
  }
}

/** Notes a point to be examined when its turn comes; far ends beyond the answer never are. */
function defer(point: usize, x: u64): void {
  store<u64>(point, x, POINT_X);
  store<u64>(point, DEFERRED, POINT_HELD);
}

/** True while point 0 has a figure but no parts yet: the pool's own sums at the marks gave it. */
let unparted: bool = false;

/** Point 0 at the marks, without valuing a leg again; its parts are made when a proof needs them. */
function placeAtMarks(point: usize, x: u64): void {
  store<u64>(point, x, POINT_X);
  store<u64>(point, u64(equityOnly || sumAtLeast(SUMS + 16, 1)), POINT_HELD);
  sumCopy(point + POINT_FIGURE, SUMS + (equityOnly ? 0 : 32));
  unparted = true;
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
 * True where no point between the two can fall, for one of three reasons: the unrounded figure is quasi-concave, so between
 * the ends it is at least the smaller end, and the rounded one at most roundingUnits below; or the monotone parts at their
 * worse ends still stand; or they do with the values of one slot's legs taken together, unrounded (linear, so least at an end), less what k roundings
 * down can lose of an integer, k - 1. The last decides hedges, whose values cancel.
 */
function provedSafe(a: usize, b: usize): bool {
  // Margins are monotone in the notional and so in the coordinate: none at both ends is none between.
  if ((load<u64>(a, POINT_HELD) | load<u64>(b, POINT_HELD)) === 0) return true;
  if (concave) {
    const bound = floorUnits + roundingUnits;
    if (sumAtLeast(a + POINT_FIGURE, bound) && sumAtLeast(b + POINT_FIGURE, bound)) return true;
  }
  if (unparted) {
    examine(a, load<u64>(a, POINT_X));
    unparted = false;
  }
  const ascending = load<u64>(a, POINT_X) <= load<u64>(b, POINT_X);
  const lower = ascending ? a : b;
  const upper = ascending ? b : a;
  figureBetween(WORK, lower, upper);
  if (sumAtLeast(WORK, floorUnits)) return true;
  if (!hedgesOneSlot()) return false;
  sumCopy(WORK, sumLess(a + POINT_NET, b + POINT_NET) ? a + POINT_NET : b + POINT_NET);
  sumAddSum(WORK, STILL);
  sumSubtractSum(WORK, upper + POINT_NEED_UP);
  sumSubtractSum(WORK, lower + POINT_NEED_DOWN);
  return sumAtLeast(WORK, floorUnits + movingLegs - 1);
}

/**
 * Nearest coordinate from `start` toward `far` at which the pool falls, as a double, or NONE. `estimate` (0: none) and its `width` say
 * where to look first. Point 0 of the stack is the near end, proved not to fall; above it stand far ends, nearest on top.
 */
function nearestFall(start: u64, far: u64, estimate: u64, width: u64): f64 {
  examined = 0;
  const limit = LEAST_POINTS + SEARCH_LIMIT / max<u32>(1, <u32>movingLegs);
  const near = pointAt(0);
  placeAtMarks(near, start);
  if (falls(near)) return <f64>start;
  if (far === start) return <f64>NONE;
  let top: u32 = 1;
  defer(pointAt(top), far);
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
      if (beyond < reach) defer(pointAt(++top), outward ? start + beyond : start - beyond);
      if (offset > width) {
        const before = offset - width;
        defer(pointAt(++top), outward ? start + before : start - before);
      }
    }
  }
  while (top > 0) {
    const end = pointAt(top);
    if (load<u64>(end, POINT_HELD) === DEFERRED) examine(end, load<u64>(end, POINT_X));
    const from = load<u64>(near, POINT_X);
    const to = load<u64>(end, POINT_X);
    const gap = outward ? to - from : from - to;
    if (gap <= 1 && falls(end)) return <f64>to;
    if (gap <= 1 || provedSafe(near, end)) {
      copyPoint(near, end);
      unparted = false;
      top--;
      continue;
    }
    if (examined > limit) return finish(from, top);
    assert(<i32>top + 1 < SEARCH_STACK_POINTS, "the stack holds 64 halvings and the estimate");
    defer(pointAt(++top), outward ? from + gap / 2 : from - gap / 2);
  }
  return <f64>NONE;
}

/**
 * Where the figure stays within rounding of zero over more points than can be looked at. Then the answer is still a point that falls next to
 * one that does not, found by halving toward the nearest end on the stack that falls, but perhaps not the nearest; NONE if no end does.
 */
function finish(near: u64, top: u32): f64 {
  for (let index = top; index > 0; index--) {
    const point = pointAt(index);
    let far = load<u64>(point, POINT_X);
    examine(point, far);
    if (!falls(point)) continue;
    while (max(near, far) - min(near, far) > 1) {
      const middle = min(near, far) + (max(near, far) - min(near, far)) / 2;
      examine(point, middle);
      if (falls(point)) far = middle;
      else near = middle;
    }
    return <f64>far;
  }
  return <f64>NONE;
}

// ── the three questions ─────────────────────────────────────────────────────────────────────────────

/** Nearest price of `slot` at which the pool falls, searching up or down from the mark; NONE or a status below it. */
export function searchPrice(pool: u32, slot: u32, upward: bool, equity: bool): f64 {
  if (!priceLives(slot)) return <f64>STATUS_NO_RECORD;
  const mark = priceAt(MARKS, slot);
  const status = begin(pool, slot, equity, upward);
  if (status !== STATUS_OK) return <f64>status;
  if (roundingUnits === 0) return <f64>STATUS_NO_RECORD;
  if (favourable) return <f64>NONE;
  const far = clipDomain(mark, upward ? maxPrice(slot) : 1);
  const inverse = (load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const root = newton(inverse ? 1 / <f64>mark : <f64>mark);
  const price = inverse ? 1 / root : root;
  if (!(price >= 1 && price < 9e15)) return nearestFall(mark, far, 0, 0);
  const perUnit = inverse ? abs<f64>(estimateSlope) * root * root : abs<f64>(estimateSlope);
  return nearestFall(mark, far, <u64>price, estimateWidth(perUnit, price));
}

/** Least shock in ppm against every leg (but those that follow the slot `held`, or NO_SLOT) at which the pool is liquidatable; NONE or a status below it. */
export function searchShock(pool: u32, held: u32): f64 {
  const status = begin(pool, ALL_SLOTS, false, false, held);
  if (status !== STATUS_OK) return <f64>status;
  const far = clipDomain(0, anyLong ? SHOCK_UNITS : MAX_SHOCK);
  const root = newton(1e-9) * <f64>SHOCK_UNITS;
  if (!(root >= 1 && root <= <f64>MAX_SHOCK)) return nearestFall(0, far, 0, 0);
  const perUnit = abs<f64>(estimateSlope) / <f64>SHOCK_UNITS;
  return nearestFall(0, far, <u64>root, estimateWidth(perUnit, root));
}
