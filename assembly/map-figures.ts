// What a liquidation map asks of a leg, in doubles, and of a pool, in integers, at one of its levels.

import {
  BRACKET_BYTES,
  BRACKET_FLOOR,
  BRACKET_RATE,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  PRICE_FLAGS,
  PRICE_INVERSE,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_MAINTENANCE,
  STATUS_NO_MARK,
  STATUS_RANGE,
  TABLE_BRACKETS,
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
import { priceAtLevel } from "./map-levels.ts";
import { priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import {
  isLiquidatable,
  legFee,
  legHaircut,
  legMaintenance,
  legValue,
  valueLeg,
} from "./valuation.ts";
import { sumAdd, sumAddUnsigned, sumSet, sumSubtract, sumSubtractUnsigned } from "./wide.ts";

/** A notional nearer to a floor than this share may be in the other bracket: above what doubles err by, 3 · 2^-53. */
const FLOOR_DOUBT: f64 = 1e-14;

// ── a leg in doubles, at the price last asked for ───────────────────────────────────────────────────
export let termNotional: f64 = 0;
export let termSign: f64 = 0;
export let termNeed: f64 = 0;
export let termHeld: f64 = 0;
/** Haircut on a profit. */
export let termProfitHaircut: f64 = 0;
export let termDoubt: bool = false;
export let termInverse: bool = false;

export function termsAt(leg: usize, price: u64): void {
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  termInverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const unit = unitNotional(leg);
  const notional = termInverse ? unit / <f64>price : unit * <f64>price;
  termNotional = notional;
  termSign = load<f64>(leg, LEG_QUANTITY) > 0 !== termInverse ? 1 : -1;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  const bracket = bracketAt(table, notional);
  const denominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  const charge =
    (notional * <f64>load<u32>(bracket, BRACKET_RATE) - scaledAmount(bracket)) / denominator;
  // Continuous tables give the same within rounding on either side of a floor; those that jump do not.
  termDoubt = (flags & TABLE_WHOLE) !== 0 && nearsFloor(table, bracket, notional);
  const haircut = (flags & TABLE_HAIRCUT) !== 0;
  termHeld = haircut ? 0 : charge;
  const result = termSign * notional - <f64>load<i64>(leg, LEG_COST);
  termProfitHaircut = <f64>load<u32>(table, TABLE_PROFIT) * 1e-8 * max<f64>(result, 0);
  termNeed = haircut ? charge : charge + <f64>load<u32>(table, TABLE_FEE) * 1e-8 * notional;
}

function nearsFloor(table: usize, bracket: usize, notional: f64): bool {
  const slack = notional * FLOOR_DOUBT;
  const first = table + TABLE_BRACKETS;
  const last = first + <usize>(load<u32>(table, TABLE_COUNT) - 1) * BRACKET_BYTES;
  if (bracket > first && notional - <f64>load<u64>(bracket, BRACKET_FLOOR) <= slack) return true;
  if (bracket === last) return false;
  return <f64>load<u64>(bracket, BRACKET_FLOOR + BRACKET_BYTES) - notional <= slack;
}

// ── in integers ─────────────────────────────────────────────────────────────────────────────────────

/** The judge at a level: 1 liquidatable, 0 not, or a status. Sums of any width; only a leg can be out of range. */
export function judgeAt(pool: usize, level: usize): i32 {
  const clearance = RESULT + RESULT_CLEARANCE;
  const maintenance = RESULT + RESULT_MAINTENANCE;
  sumSet(clearance, load<i64>(pool, POOL_COLLATERAL));
  sumSet(maintenance, 0);
  let next = load<i32>(pool, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const price = priceAtLevel(load<u16>(leg, LEG_PRICE), level);
    if (price === 0) return STATUS_NO_MARK;
    if (!valueLeg(leg, price)) return STATUS_RANGE;
    sumAdd(clearance, legValue);
    sumSubtract(clearance, load<i64>(leg, LEG_COST));
    sumSubtractUnsigned(clearance, legHaircut);
    sumSubtractUnsigned(clearance, legMaintenance);
    sumSubtractUnsigned(clearance, legFee);
    sumAddUnsigned(maintenance, legMaintenance);
  }
  return i32(isLiquidatable());
}
