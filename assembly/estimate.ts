// Where a search looks first: the root of the unrounded figure in doubles, by Newton's method. Never trusted: a wrong estimate costs
// time, not correctness.

import {
  BRACKET_RATE,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  PRICE_FLAGS,
  PRICE_INVERSE,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
} from "../src/layout.ts";
import { legRecord } from "./book.ts";
import { bracketAt, scaledAmount, unitNotional } from "./doubles.ts";
import {
  ALL_SLOTS,
  equityOnly,
  firstMoving,
  moves,
  movingLegs,
  movingSlot,
  roundingUnits,
  STILL,
} from "./line.ts";
import { priceAt, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import { sumToDouble } from "./wide.ts";

let estimateFigure: f64 = 0;
export let estimateSlope: f64 = 0;

/**
 * Figure and slope at coordinate z: the price, its reciprocal (inverse terms), or the shock as a share. Whole-position tables and bracket jumps make
 * it wrong at times; the search does not care.
 */
function estimateAt(z: f64): void {
  let figure = sumToDouble(STILL);
  let slope: f64 = 0;
  let leg = firstMoving;
  for (let left = movingLegs; left > 0; ) {
    const record = legRecord(leg);
    leg = load<i32>(record, LEG_NEXT);
    if (!moves(record)) continue;
    left--;
    const slot = load<u16>(record, LEG_PRICE);
    const terms = priceRecord(slot);
    const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
    const quantity = load<f64>(record, LEG_QUANTITY);
    const size = unitNotional(record);
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
    const haircut = <f64>load<u32>(tableRecord(load<u16>(record, LEG_TABLE)), TABLE_PROFIT) * 1e-8;
    const profit = sign * notional - <f64>load<i64>(record, LEG_COST);
    if (haircut === 0 || profit <= 0) continue;
    figure -= haircut * profit;
    slope -= haircut * sign * run;
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
  const bracket = bracketAt(table, notional);
  const denominator = <f64>load<u32>(table, TABLE_DENOMINATOR);
  needAmount = scaledAmount(bracket) / denominator;
  const rate = <f64>load<u32>(bracket, BRACKET_RATE) / denominator;
  return (flags & TABLE_HAIRCUT) !== 0 ? rate : rate + <f64>load<u32>(table, TABLE_FEE) * 1e-8;
}

/** Newton from `z`: on a concave figure each step lands outside the safe stretch and then closes in from there. NaN: no estimate. */
export function newton(z: f64): f64 {
  for (let step = 0; step < 24; step++) {
    estimateAt(z);
    const next = z - estimateFigure / estimateSlope;
    if (!(next > 0 && next < 1e19)) return NaN;
    if (abs<f64>(next - z) <= next * 1e-12) return next;
    z = next;
  }
  return z;
}

/** Half-width around an estimate in which rounding can hide the answer, plus what doubles lose. */
export function estimateWidth(perUnit: f64, coordinate: f64): u64 {
  const width = (<f64>roundingUnits + 2) / perUnit + coordinate * 1e-15 + 2;
  return width < 1e15 ? <u64>width : 1_000_000_000_000_000;
}
