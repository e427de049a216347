// Trades by the row: a block of them stands in columns in memory, all are looked up in one pass and then carried out in order. Looking
// up reads records all over the book; done for many rows at once, the processor waits for many of them at a time.

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
  ROW_CHARGED,
  ROW_COST,
  ROW_COST_CHANGE,
  ROW_FEE,
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
  STATUS_RANGE,
} from "../src/layout.ts";
import { legRecord, ownerRecord, poolLives, poolRecord } from "./book.ts";
import { trade } from "./trade.ts";

/** Legs of a pool whose records are asked for ahead of the search: most pools have no more. */
const TOUCHED_LEGS = 3;
const MAX_UNITS: f64 = 9_007_199_254_740_991;

/** Finds pool, leg and what the leg is of rows `from` to `to` (excluded); rows without a pool are on nothing. */
export function locateRows(from: u32, to: u32): void {
  // Each pass reads what the one before it has found; within a pass no row waits for another's memory.
  for (let row: usize = from; row < to; row++) locatePool(row);
  for (let row: usize = from; row < to; row++) locateFirstLeg(row);
  for (let pass = 0; pass < TOUCHED_LEGS; pass++) {
    for (let row: usize = from; row < to; row++) touchLeg(row);
  }
  for (let row: usize = from; row < to; row++) locateLeg(row);
}

/** The owner's pool of the row's tag. */
function locatePool(row: usize): void {
  const word = row << 2;
  const wanted = load<u32>(word + ROW_TAG);
  const not = load<u32>(word + ROW_NOT_TAG);
  const nor = load<u32>(word + ROW_NOR_TAG);
  let found: i32 = NONE;
  let pool = load<i32>(word + ROW_POOL);
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
  store<i32>(word + ROW_POOL, found);
}

function locateFirstLeg(row: usize): void {
  const word = row << 2;
  const pool = load<i32>(word + ROW_POOL);
  const leg = pool === NONE ? NONE : load<i32>(poolRecord(pool), POOL_FIRST_LEG);
  store<i32>(word + ROW_LEG, leg);
  store<i32>(word + ROW_STATUS, leg);
}

/**
 * Brings the record of the leg in ROW_STATUS near and puts the next one there. Without a branch on what the record says: a wrong guess
 * would stop the rows behind it from asking for theirs.
 */
function touchLeg(row: usize): void {
  const word = row << 2;
  const leg = load<i32>(word + ROW_STATUS);
  const next = load<i32>(legRecord(leg & ~(leg >> 31)), LEG_NEXT);
  store<i32>(word + ROW_STATUS, next | (leg >> 31));
}

/** The leg of the row's slot and sign. */
function locateLeg(row: usize): void {
  const word = row << 2;
  const slot = load<u16>((row << 1) + ROW_SLOT);
  const sign = <i32>load<i8>(row + ROW_SIGN);
  let leg = load<i32>(word + ROW_LEG);
  let held: f64 = 0;
  let cost: f64 = 0;
  let leverageMilli: u32 = 0;
  while (leg !== NONE) {
    const record = legRecord(leg);
    if (load<u16>(record, LEG_PRICE) === slot) {
      held = load<f64>(record, LEG_QUANTITY);
      if (sign === 0 || sign > 0 === held > 0) {
        cost = <f64>load<i64>(record, LEG_COST);
        leverageMilli = load<u32>(record, LEG_LEVERAGE);
        break;
      }
      held = 0;
    }
    leg = load<i32>(record, LEG_NEXT);
  }
  store<i32>(word + ROW_LEG, leg);
  store<f64>((row << 3) + ROW_HELD, held);
  store<f64>((row << 3) + ROW_COST, cost);
  store<u32>(word + ROW_LEVERAGE, leverageMilli);
}

/**
 * Carries out rows `from` to `to` (excluded) in order; one that is not admitted changes nothing and stops nothing. Stops at a row that
 * ends in any other way and returns its number, else `to`.
 */
export function tradeRows(from: u32, to: u32, flags: u32): u32 {
  for (let row: u32 = from; row < to; row++) {
    const status = tradeRow(row, flags);
    store<i32>(((<usize>row) << 2) + ROW_STATUS, status);
    if (status < NONE && status !== STATUS_BELOW_INITIAL && status !== STATUS_LIQUIDATABLE) {
      return row;
    }
  }
  return to;
}

/** Whole and of a safe size: false for NaN too. */
function whole(value: f64): bool {
  return trunc<f64>(value) === value && abs<f64>(value) <= MAX_UNITS;
}

function tradeRow(row: usize, flags: u32): i32 {
  const word = row << 2;
  const wide = row << 3;
  const quantity = load<f64>(wide + ROW_QUANTITY);
  const price = load<f64>(wide + ROW_PRICE);
  const fee = load<f64>(wide + ROW_FEE);
  store<i64>(wide + ROW_REALIZED, 0);
  if (!whole(quantity) || quantity === 0 || !whole(price) || price < 1 || !whole(fee)) {
    return STATUS_RANGE;
  }
  const status = trade(
    load<i32>(word + ROW_POOL),
    load<i32>(word + ROW_LEG),
    load<u16>((row << 1) + ROW_SLOT),
    load<u16>((row << 1) + ROW_TABLE),
    quantity,
    price,
    load<u32>(word + ROW_LEVERAGE),
    <i64>fee,
    0,
    flags,
  );
  if (status < NONE) return status;
  store<i32>(word + ROW_LEG, status);
  store<i64>(wide + ROW_REALIZED, load<i64>(RESULT, RESULT_TRADE_REALIZED));
  store<i64>(wide + ROW_COST_CHANGE, load<i64>(RESULT, RESULT_TRADE_COST));
  store<i64>(wide + ROW_CHARGED, load<i64>(RESULT, RESULT_TRADE_FEE));
  return status;
}
