// The screen's arithmetic: for each pool a constant C and for each leg a weight w, such that C + Σ w·u is a lower bound of the
// clearance while every price stays within half and twice its anchor, u being the relative move; and a gap such that
// bound + gap is an upper bound. Proof with every rounding: docs/numbers.md, "The screen". Doubles here, singles in the lanes.

import {
  BRACKET_BYTES,
  BRACKET_FLOOR,
  BRACKET_RATE,
  COLD_GAP,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  POOL_CLASS,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  POOL_LANE,
  POOL_LEGS,
  PRICE_ANCHOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  STILL_SLOT,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { legRecord, poolRecord } from "./book.ts";
import { bracketAt, scaledAmount, unitNotional } from "./doubles.ts";
import { coldBlock, hotBlock, legsOfClass, setLaneLeg, WIDE_CLASS } from "./lanes.ts";
import { priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import { LEG_UNITS } from "./valuation.ts";

/** The band of z = 1 + u in which the bounds hold. */
const BAND_LOW: f64 = 0.5;
const BAND_HIGH: f64 = 2;
/** Far above the few 2^-53 by which a notional at the band's end errs. */
const BAND_MARGIN: f64 = 1e-12;
/** A notional that reaches this within the band is left to the exact path, which knows the range: 2^62. */
const SCREENED_NOTIONAL: f64 = 4_611_686_018_427_388_000.0;
/** Half a unit in the last place of a single, 2^-24, and a generous one of a double, 2^-46. */
const SINGLE_ERROR: f64 = 5.9604644775390625e-8;
const DOUBLE_ERROR: f64 = 1.4210854715202004e-14;

// The line of the last leg: its contribution is at least level + slope·u, and at most that plus legGap.
let level: f64 = 0;
let slope: f64 = 0;
let legGap: f64 = 0;
/** Its signed value at the anchor. */
let anchored: f64 = 0;
/** Sum of the sizes that doubles have rounded, for DOUBLE_ERROR. */
let gross: f64 = 0;
/** True where the leg has a maintenance margin at any price. */
let alwaysHeld: bool = false;

/** Maintenance (or haircut) and fee at a notional, unrounded; the bracket with the last floor <= notional. */
function needAt(table: usize, notional: f64): f64 {
  const bracket = bracketAt(table, notional);
  const amount = scaledAmount(bracket);
  const denominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  gross += amount / denominator;
  return (notional * <f64>load<u32>(bracket, BRACKET_RATE) - amount) / denominator;
}

/** Sets level, slope and legGap. False where the leg cannot be screened. */
function lineOf(leg: usize): bool {
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const anchor = load<f64>(terms, PRICE_ANCHOR);
  if (anchor === 0) return false;
  const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const quantity = load<f64>(leg, LEG_QUANTITY);
  const size = unitNotional(leg);
  const notional = inverse ? size / anchor : size * anchor;
  if (!(notional * BAND_HIGH < SCREENED_NOTIONAL)) return false;
  gross += notional * 8;
  const sign: f64 = quantity > 0 !== inverse ? 1 : -1;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const haircut = (load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0;
  const fee = haircut ? 0 : <f64>load<u32>(table, TABLE_FEE) * 1e-8;
  alwaysHeld = !haircut && load<u32>(table + TABLE_BRACKETS, BRACKET_RATE) > 0;
  const keep = sign - fee;
  anchored = sign * notional;
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_WHOLE) !== 0) {
    // The highest rate of the band bounds from below, the lowest from above. The rates jump, so the band is taken a little
    // wider than doubles can err: an exact notional on a floor must find that floor's bracket.
    const top = needAt(table, notional * BAND_HIGH * (1 + BAND_MARGIN)) / BAND_HIGH;
    const bottom = needAt(table, notional * BAND_LOW * (1 - BAND_MARGIN)) / BAND_LOW;
    slope = keep * notional - top;
    level = slope;
    legGap = (top - bottom) * BAND_HIGH;
    return true;
  }
  // The chord of a concave contribution; the gap is largest at one of its kinks.
  const low = keep * notional * BAND_LOW - needAt(table, notional * BAND_LOW);
  const high = keep * notional * BAND_HIGH - needAt(table, notional * BAND_HIGH);
  slope = (high - low) / (BAND_HIGH - BAND_LOW);
  level = low + slope * (1 - BAND_LOW);
  legGap = 0;
  const count = load<u32>(table, TABLE_COUNT);
  for (let i: u32 = 1; i < count; i++) {
    const floor = <f64>load<u64>(table + <usize>i * BRACKET_BYTES + TABLE_BRACKETS, BRACKET_FLOOR);
    if (floor <= notional * BAND_LOW) continue;
    if (floor >= notional * BAND_HIGH) break;
    const kink = keep * floor - needAt(table, floor);
    legGap = max<f64>(legGap, kink - (level + slope * (floor / notional - 1)));
  }
  return true;
}

/**
 * Lowers the line by the haircut on a profit. The haircut is convex in z, so its chord over the band lies above it, by most at its kink, where
 * value = cost.
 */
function weighProfit(leg: usize, haircut: f64): void {
  const cost = <f64>load<i64>(leg, LEG_COST);
  gross += 4 * (abs<f64>(anchored) + abs<f64>(cost));
  const low = haircut * max<f64>(anchored * BAND_LOW - cost, 0);
  const high = haircut * max<f64>(anchored * BAND_HIGH - cost, 0);
  const rise = (high - low) / (BAND_HIGH - BAND_LOW);
  const middle = low + rise * (1 - BAND_LOW);
  slope -= rise;
  level -= middle;
  const kink = cost / anchored;
  if (kink > BAND_LOW && kink < BAND_HIGH) legGap += max<f64>(middle + rise * (kink - 1), 0);
}

/** Writes the constant, weights and gap of a placed pool to its lane. */
export function writeLane(pool: u32): void {
  const record = poolRecord(pool);
  const group = <u32>load<u8>(record, POOL_CLASS);
  const lane = load<u32>(record, POOL_LANE);
  const block = hotBlock(group, lane);
  const at = (<usize>(lane & 7)) << 2;
  const cold = coldBlock(group, lane);
  store<f32>(block + at, NaN);
  store<f32>(cold + at, Infinity, COLD_GAP);
  if (group === WIDE_CLASS) return;

  const collateral = <f64>load<i64>(record, POOL_COLLATERAL);
  let constant = collateral;
  let gap: f64 = 0;
  let weights: f64 = 0;
  let held = false;
  let screened = true;
  let index: u32 = 0;
  gross = abs<f64>(collateral);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (!lineOf(leg)) screened = false;
    else {
      const haircut = <f64>load<u32>(tableRecord(load<u16>(leg, LEG_TABLE)), TABLE_PROFIT) * 1e-8;
      if (haircut !== 0) weighProfit(leg, haircut);
    }
    if (!screened) slope = 0;
    const cost = <f64>load<i64>(leg, LEG_COST);
    gross += abs<f64>(cost);
    constant += level - cost;
    weights += abs<f64>(slope);
    gap += legGap;
    if (alwaysHeld) held = true;
    setLaneLeg(block, lane, index++, load<u16>(leg, LEG_PRICE), <f32>slope);
  }
  const legs = legsOfClass(group);
  while (index < legs) setLaneLeg(block, lane, index++, STILL_SLOT, 0);
  if (!screened) return;
  // LEG_UNITS a leg for the exact path's roundings, 1 for an inclusive profile, 1 for what underflows.
  const units = <f64>LEG_UNITS * <f64>load<u16>(record, POOL_LEGS) + 2;
  const slack =
    units +
    (<f64>legs + 8) * SINGLE_ERROR * 1.01 * (abs<f64>(constant) + units + weights) +
    DOUBLE_ERROR * gross;
  store<f32>(block + at, <f32>(constant - slack));
  if (held) store<f32>(cold + at, <f32>((gap + 2 * slack) * 1.000001 + 1), COLD_GAP);
}
