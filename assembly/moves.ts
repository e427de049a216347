// What a pool is worth at the marks, and after a joint move of its prices, in doubles with a bound of their error: enough to judge most pools
// and to prove most zones. Whoever needs the last unit asks the integers.

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
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { legRecord } from "./book.ts";
import { bracketAt, scaledAmount, unitNotional } from "./doubles.ts";
import { maxPrice, priceAt, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import { clearanceFloor, LEG_UNITS } from "./valuation.ts";

/** Sums whose magnitudes exceed this are left to the integers: no figure of the pool is near 2^63. */
export const LARGEST: f64 = 4e18;
/** 2^-50. */
export const ROUNDING: f64 = 8.881784197001252e-16;

export const SOUND: i32 = 0;
export const UNDER: i32 = 1;
export const UNSURE: i32 = -1;

/** Unrounded sums at the last point. */
export let equity: f64 = 0;
export let need: f64 = 0;
/** Maintenance margin without fees. */
export let maintenance: f64 = 0;
/** How equity and need change with the move, in the sense that is set. */
export let equitySlope: f64 = 0;
export let needSlope: f64 = 0;
/** The sums are right to this; infinite where doubles cannot tell. */
export let error: f64 = 0;

/** 1: prices move against the pool. -1: for it. */
let sense: f64 = 1;

/** Which way prices move; slopes at the marks are turned with it. */
export function setSense(side: f64): void {
  if (side === sense) return;
  sense = side;
  equitySlope = -equitySlope;
  needSlope = -needSlope;
}

/** True where the sense moves the leg's price down. */
export function isFalling(leg: usize): bool {
  return load<f64>(leg, LEG_QUANTITY) > 0 === sense > 0;
}

/** The leg's price after the move, rounded towards its mark; at least 1 and at most what the slot takes. */
export function cornerOf(leg: usize, move: f64): u64 {
  const slot = load<u16>(leg, LEG_PRICE);
  const mark = <f64>priceAt(MARKS, slot);
  if (isFalling(leg)) {
    const price = ceil<f64>(mark * (1 - move));
    return price < 1 ? 1 : min<u64>(<u64>price, <u64>mark);
  }
  const price = floor<f64>(mark * (1 + move));
  const limit = maxPrice(slot);
  return price > <f64>limit ? limit : max<u64>(<u64>price, <u64>mark);
}

/** The pool at the marks, and its slopes there. */
export function figuresAtMarks(record: usize): void {
  clear(record);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const mark = <f64>priceAt(MARKS, load<u16>(leg, LEG_PRICE));
    if (mark === 0) error = Infinity;
    addLeg(leg, mark, isFalling(leg) ? -mark : mark);
  }
  bindError(record);
}

/** On which side of liquidation the figures are by more than their error and what rounding takes from each leg. */
export function sideInDoubles(record: usize): i32 {
  const over = equity - need - <f64>clearanceFloor();
  if (over > error + <f64>LEG_UNITS * <f64>load<u16>(record, POOL_LEGS)) return SOUND;
  return over < -error && maintenance > error ? UNDER : UNSURE;
}

/** The pool with every price at its corner. */
export function figuresAfter(record: usize, move: f64): void {
  clear(record);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const mark = <f64>priceAt(MARKS, load<u16>(leg, LEG_PRICE));
    const corner = <f64>cornerOf(leg, move);
    // A price at its least goes no further.
    const run = corner <= 1 ? 0 : isFalling(leg) ? -mark : mark;
    addLeg(leg, corner, run);
  }
  bindError(record);
}

function clear(record: usize): void {
  equity = <f64>load<i64>(record, POOL_COLLATERAL);
  error = abs<f64>(equity);
  need = 0;
  maintenance = 0;
  equitySlope = 0;
  needSlope = 0;
}

/**
 * Each sum has come about in fewer than 30 + 6 · legs roundings of 2^-53, of figures that the sum of magnitudes bounds: less than
 * (legs + 8) · 2^-50 of it. (A haircut is at most the profit, which cost and notional bound: sums that hold it stay below twice the magnitudes and
 * count twice.)
 */
function bindError(record: usize): void {
  error = error < LARGEST ? error * (<f64>load<u16>(record, POOL_LEGS) + 8) * ROUNDING : Infinity;
}

/** Adds the leg at a price that changes by `run` with the move. */
function addLeg(leg: usize, price: f64, run: f64): void {
  const inverse =
    (load<u32>(priceRecord(load<u16>(leg, LEG_PRICE)), PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const unit = unitNotional(leg);
  const notional = inverse ? unit / price : unit * price;
  const slope = inverse ? (-notional * run) / price : unit * run;
  const sign: f64 = load<f64>(leg, LEG_QUANTITY) > 0 !== inverse ? 1 : -1;
  const cost = <f64>load<i64>(leg, LEG_COST);
  equity += sign * notional - cost;
  equitySlope += sign * slope;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  // Rates and fees are at most 1 and amounts less than what they are taken from: no part of the leg's margin exceeds its notional. Where
  // the margin jumps at a floor, a rounding error could take the wrong side of it.
  const jumps = (flags & TABLE_WHOLE) !== 0 && load<u32>(table, TABLE_COUNT) > 1;
  error += jumps ? Infinity : abs<f64>(cost) + 4 * notional;
  const bracket = bracketAt(table, notional);
  const denominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  const rate = <f64>load<u32>(bracket, BRACKET_RATE) / denominator;
  const charge = rate * notional - scaledAmount(bracket) / denominator;
  if ((flags & TABLE_HAIRCUT) !== 0) {
    equity -= charge;
    equitySlope -= rate * slope;
    return;
  }
  const haircut = <f64>load<u32>(table, TABLE_PROFIT) * 1e-8;
  if (haircut !== 0) {
    const profit = sign * notional - cost;
    if (profit > 0) {
      equity -= haircut * profit;
      equitySlope -= haircut * sign * slope;
    }
  }
  const fee = <f64>load<u32>(table, TABLE_FEE) * 1e-8;
  maintenance += charge;
  need += charge + fee * notional;
  needSlope += (rate + fee) * slope;
}
