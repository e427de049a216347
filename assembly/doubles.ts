// Terms of a leg in doubles, as the screen's bounds and the searches' estimates take them. Each rounds by a few 2^-53; who relies on more
// than an estimate says how that is covered.
import {
  BRACKET_AMOUNT_HIGH,
  BRACKET_AMOUNT_LOW,
  BRACKET_BYTES,
  BRACKET_FLOOR,
  LEG_PRICE,
  LEG_QUANTITY,
  PRICE_DIVISOR,
  PRICE_NUMERATOR,
  TABLE_BRACKETS,
  TABLE_COUNT,
} from "../src/layout.ts";
import { priceRecord } from "./prices.ts";
import { TWO_TO_64 } from "./wide.ts";

/** The leg's notional at a price of one unit (linear terms), or times the price (inverse terms), in quote units. */
export function unitNotional(leg: usize): f64 {
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  const multiplied =
    abs<f64>(load<f64>(leg, LEG_QUANTITY)) * <f64>load<u64>(terms, PRICE_NUMERATOR);
  return multiplied / <f64>load<u64>(terms, PRICE_DIVISOR);
}

/** Address of the table's last bracket with floor <= notional. */
export function bracketAt(table: usize, notional: f64): usize {
  let bracket = table + TABLE_BRACKETS;
  const last = bracket + <usize>(load<u32>(table, TABLE_COUNT) - 1) * BRACKET_BYTES;
  while (bracket < last && <f64>load<u64>(bracket, BRACKET_FLOOR + BRACKET_BYTES) <= notional) {
    bracket += BRACKET_BYTES;
  }
  return bracket;
}

/** The bracket's amount times its table's denominator. */
export function scaledAmount(bracket: usize): f64 {
  return (
    <f64>load<u64>(bracket, BRACKET_AMOUNT_HIGH) * TWO_TO_64 +
    <f64>load<u64>(bracket, BRACKET_AMOUNT_LOW)
  );
}
