// Trades by the row: a block of them stands in memory, all are looked up in one pass and then carried out in order. Looking up reads
// records all over the book; done for many rows at once, the processor waits for many of them at a time.

import {
  LEG_COST,
  LEG_LEVERAGE,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  NONE,
  OWNER_NEXT,
  OWNER_TAG,
  POOL_FIRST_LEG,
  RESULT,
  RESULT_TRADE_COST,
  RESULT_TRADE_FEE,
  RESULT_TRADE_REALIZED,
  ROW_COST,
  ROW_FEE,
  ROW_FLAGS,
  ROW_HELD,
  ROW_LEG,
  ROW_LEVERAGE,
  ROW_NOR_TAG,
  ROW_NOT_TAG,
  ROW_POOL,
  ROW_PRICE,
  ROW_QUANTITY,
  ROW_REALIZED,
  ROW_SIGN,
  ROW_SLOT,
  ROW_STATUS,
  ROW_TABLE,
  ROW_TAG,
  STATUS_BELOW_INITIAL,
  STATUS_LIQUIDATABLE,
  TRADE_ROW_BYTES,
  TRADE_ROWS,
} from "../src/layout.ts";
import { legRecord, ownerRecord, poolLives, poolRecord } from "./book.ts";
import { trade } from "./trade.ts";

function rowRecord(row: u32): usize {
  return <usize>row * TRADE_ROW_BYTES + TRADE_ROWS;
}

/** Finds pool, leg and what the leg is of rows `from` to `to` (excluded). Rows of pool -1 stay as they are. */
export function locateRows(from: u32, to: u32): void {
  // Each pass reads what the one before it has found; within a pass no row waits for another's memory.
  for (let row = from; row < to; row++) locatePool(rowRecord(row));
  for (let row = from; row < to; row++) locateFirstLeg(rowRecord(row));
  for (let row = from; row < to; row++) locateLeg(rowRecord(row));
}

/** The owner's pool of the row's tag. */
function locatePool(row: usize): void {
  const wanted = load<u32>(row, ROW_TAG);
  const not = load<u32>(row, ROW_NOT_TAG);
  const nor = load<u32>(row, ROW_NOR_TAG);
  let found: i32 = NONE;
  let pool = load<i32>(row, ROW_POOL);
  while (pool !== NONE && poolLives(pool)) {
    const owner = ownerRecord(pool);
    const tag = load<u32>(owner, OWNER_TAG);
    if (tag === not || tag === nor) {
      found = NONE;
      break;
    }
    if (tag === wanted) found = pool;
    pool = load<i32>(owner, OWNER_NEXT);
  }
  store<i32>(row, found, ROW_POOL);
}

function locateFirstLeg(row: usize): void {
  const pool = load<i32>(row, ROW_POOL);
  store<i32>(row, pool === NONE ? NONE : load<i32>(poolRecord(pool), POOL_FIRST_LEG), ROW_LEG);
}

/** The leg of the row's slot and sign. */
function locateLeg(row: usize): void {
  const slot = load<u16>(row, ROW_SLOT);
  const sign = load<i32>(row, ROW_SIGN);
  let leg = load<i32>(row, ROW_LEG);
  while (leg !== NONE) {
    const record = legRecord(leg);
    const quantity = load<f64>(record, LEG_QUANTITY);
    if (load<u16>(record, LEG_PRICE) === slot && (sign === 0 || sign > 0 === quantity > 0)) {
      store<i32>(row, leg, ROW_LEG);
      store<f64>(row, quantity, ROW_HELD);
      store<i64>(row, load<i64>(record, LEG_COST), ROW_COST);
      store<u32>(row, load<u32>(record, LEG_LEVERAGE), ROW_LEVERAGE);
      return;
    }
    leg = load<i32>(record, LEG_NEXT);
  }
  store<i32>(row, NONE, ROW_LEG);
  store<f64>(row, 0, ROW_HELD);
  store<i64>(row, 0, ROW_COST);
  store<u32>(row, 0, ROW_LEVERAGE);
}

/**
 * Carries out rows `from` to `to` (excluded) in order; one that is not admitted changes nothing and stops nothing. Stops at a row that
 * ends in any other way and returns its number, else `to`.
 */
export function tradeRows(from: u32, to: u32): u32 {
  for (let number = from; number < to; number++) {
    const row = rowRecord(number);
    const status = trade(
      load<i32>(row, ROW_POOL),
      load<i32>(row, ROW_LEG),
      load<u16>(row, ROW_SLOT),
      load<u16>(row, ROW_TABLE),
      load<f64>(row, ROW_QUANTITY),
      load<f64>(row, ROW_PRICE),
      load<u32>(row, ROW_LEVERAGE),
      load<i64>(row, ROW_FEE),
      0,
      load<u32>(row, ROW_FLAGS),
    );
    store<i32>(row, status, ROW_STATUS);
    if (status === STATUS_BELOW_INITIAL || status === STATUS_LIQUIDATABLE) continue;
    if (status < NONE) return number;
    store<i32>(row, status, ROW_LEG);
    store<i64>(row, load<i64>(RESULT, RESULT_TRADE_REALIZED), ROW_REALIZED);
    store<i64>(row, load<i64>(RESULT, RESULT_TRADE_COST), ROW_COST);
    store<i64>(row, load<i64>(RESULT, RESULT_TRADE_FEE), ROW_FEE);
  }
  return to;
}
