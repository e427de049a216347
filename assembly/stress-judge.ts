// Pools that the screen leaves open in a stress pass, judged for eight scenarios at once in doubles with a bound of their error, as moves.ts does for
// one: all pools that hold a market outside the screen's band come here. A maintenance margin is the largest of its brackets' lines, so no
// row looks for its bracket. What doubles cannot tell, and tables that jump or cut hair (off a coin or a profit), are the integers' to judge.
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
  POOL_LEGS,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
  TABLE_WHOLE,
} from "../src/layout.ts";
import { SUMS_FACTORS, SUMS_LARGEST } from "../src/layout-stress.ts";
import { legRecord } from "./book.ts";
import { scaledAmount } from "./doubles.ts";
import { LARGEST, ROUNDING } from "./moves.ts";
import { sumsOf } from "./stress-sums.ts";
import { tableRecord } from "./tables.ts";
import { clearanceFloor, LEG_UNITS } from "./valuation.ts";

/** Rows in which the pool is certainly liquidatable, and in which it certainly is not, after judgeRows. */
export let underRows: u32 = 0;
export let soundRows: u32 = 0;

/** Two rows in one vector each. */
class Pair {
  @inline static value(slot: usize, quantity: v128): v128 {
    return f64x2.mul(quantity, v128.load(slot, SUMS_FACTORS));
  }

  /** The larger of `most` and a bracket's line at a value. */
  @inline static line(most: v128, value: v128, rate: v128, amount: v128): v128 {
    return f64x2.pmax(most, f64x2.sub(f64x2.mul(f64x2.abs(value), rate), amount));
  }

  @inline static fee(fees: v128, value: v128, rate: v128): v128 {
    return f64x2.add(fees, f64x2.mul(f64x2.abs(value), rate));
  }
}

/**
 * Sets underRows and soundRows; what is in neither is open. Magnitudes as in moves.ts: a margin never exceeds the largest notional, nor does
 * the amount of a bracket that notional reaches.
 */
export function judgeRows(record: usize): void {
  underRows = 0;
  soundRows = 0;
  const collateral = <f64>load<i64>(record, POOL_COLLATERAL);
  let gross = abs<f64>(collateral);
  // Equity less fees, and margin, of two rows each.
  let over0 = f64x2.splat(collateral);
  let over1 = over0;
  let over2 = over0;
  let over3 = over0;
  let margin0 = f64x2.splat(0);
  let margin1 = margin0;
  let margin2 = margin0;
  let margin3 = margin0;
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const slot = sumsOf(load<u16>(leg, LEG_PRICE));
    const table = tableRecord(load<u16>(leg, LEG_TABLE));
    const flags = load<u32>(table, TABLE_FLAGS);
    const count = load<u32>(table, TABLE_COUNT);
    if ((flags & TABLE_HAIRCUT) !== 0 || ((flags & TABLE_WHOLE) !== 0 && count > 1)) return;
    if (load<u32>(table, TABLE_PROFIT) !== 0) return;
    const quantity = load<f64>(leg, LEG_QUANTITY);
    const largest = abs<f64>(quantity) * load<f64>(slot, SUMS_LARGEST);
    const cost = <f64>load<i64>(leg, LEG_COST);
    gross += abs<f64>(cost) + 4 * largest;
    const signed = f64x2.splat(quantity);
    const value0 = Pair.value(slot, signed);
    const value1 = Pair.value(slot + 16, signed);
    const value2 = Pair.value(slot + 32, signed);
    const value3 = Pair.value(slot + 48, signed);
    const costs = f64x2.splat(cost);
    over0 = f64x2.add(over0, f64x2.sub(value0, costs));
    over1 = f64x2.add(over1, f64x2.sub(value1, costs));
    over2 = f64x2.add(over2, f64x2.sub(value2, costs));
    over3 = f64x2.add(over3, f64x2.sub(value3, costs));
    const fee = f64x2.splat(<f64>load<u32>(table, TABLE_FEE) * -1e-8);
    over0 = Pair.fee(over0, value0, fee);
    over1 = Pair.fee(over1, value1, fee);
    over2 = Pair.fee(over2, value2, fee);
    over3 = Pair.fee(over3, value3, fee);
    const unit = 1 / <f64>load<u32>(table, TABLE_DENOMINATOR);
    let most0 = f64x2.splat(0);
    let most1 = most0;
    let most2 = most0;
    let most3 = most0;
    let bracket = table + TABLE_BRACKETS;
    const end = bracket + <usize>count * BRACKET_BYTES;
    // Further brackets' lines are lower at all of these notionals: rates rise and amounts are continuous.
    while (bracket < end && <f64>load<u64>(bracket, BRACKET_FLOOR) <= largest) {
      const rate = f64x2.splat(<f64>load<u32>(bracket, BRACKET_RATE) * unit);
      const amount = f64x2.splat(scaledAmount(bracket) * unit);
      most0 = Pair.line(most0, value0, rate, amount);
      most1 = Pair.line(most1, value1, rate, amount);
      most2 = Pair.line(most2, value2, rate, amount);
      most3 = Pair.line(most3, value3, rate, amount);
      bracket += BRACKET_BYTES;
    }
    margin0 = f64x2.add(margin0, most0);
    margin1 = f64x2.add(margin1, most1);
    margin2 = f64x2.add(margin2, most2);
    margin3 = f64x2.add(margin3, most3);
  }
  if (!(gross < LARGEST)) return;
  const legs = <f64>load<u16>(record, POOL_LEGS);
  const error = gross * (legs + 8) * ROUNDING;
  const floor = <f64>clearanceFloor();
  const sound = f64x2.splat(floor + error + <f64>LEG_UNITS * legs);
  const under = f64x2.splat(floor - error);
  const held = f64x2.splat(error);
  over0 = f64x2.sub(over0, margin0);
  over1 = f64x2.sub(over1, margin1);
  over2 = f64x2.sub(over2, margin2);
  over3 = f64x2.sub(over3, margin3);
  soundRows = <u32>(
    (i64x2.bitmask(f64x2.gt(over0, sound)) |
      (i64x2.bitmask(f64x2.gt(over1, sound)) << 2) |
      (i64x2.bitmask(f64x2.gt(over2, sound)) << 4) |
      (i64x2.bitmask(f64x2.gt(over3, sound)) << 6))
  );
  underRows = <u32>(
    (i64x2.bitmask(v128.and(f64x2.lt(over0, under), f64x2.gt(margin0, held))) |
      (i64x2.bitmask(v128.and(f64x2.lt(over1, under), f64x2.gt(margin1, held))) << 2) |
      (i64x2.bitmask(v128.and(f64x2.lt(over2, under), f64x2.gt(margin2, held))) << 4) |
      (i64x2.bitmask(v128.and(f64x2.lt(over3, under), f64x2.gt(margin3, held))) << 6))
  );
}
