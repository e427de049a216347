// The kernel's exports, and nothing else: scalars in, scalars or statuses out, figures in memory at RESULT. Every handle is
// checked here or one call below; ranges of plain values are checked at the boundary (src/kernel.ts).

import {
  MARKS,
  PRICE_ANCHOR,
  PRICE_LEGS,
  STATUS_NO_RECORD,
  STATUS_OK,
  TABLE_LEGS,
  TRIALS,
} from "../src/layout.ts";
import {
  createLeg as bookCreateLeg,
  createPool as bookCreatePool,
  moveLeg as bookMoveLeg,
  removeLeg as bookRemoveLeg,
  setCollateral as bookSetCollateral,
  setLeg as bookSetLeg,
  freePool,
  legLives,
  legRecord,
  markTableDirty,
  poolLives,
  revise,
} from "./book.ts";
import { removeLane } from "./lanes.ts";
import { initialize as layOut } from "./memory.ts";
import {
  removePrice as freePrice,
  maxPrice as largestPrice,
  createPrice as newPrice,
  priceLives,
  priceRecord,
} from "./prices.ts";
import { scan as scanAll, prepare as takeIn } from "./screen.ts";
import { searchPrice, searchShock } from "./search.ts";
import {
  fillTable,
  removeTable as freeTable,
  createTable as newTable,
  tableLives,
  tableRecord,
} from "./tables.ts";
import { legFigures as figuresOfLeg, poolFigures as figuresOfPool } from "./valuation.ts";

function join(low: u32, high: u32): u64 {
  return ((<u64>high) << 32) | <u64>low;
}

export function initialize(pageLimit: u32): i32 {
  return layOut(pageLimit);
}

export function createPrice(
  inverse: i32,
  numeratorLow: u32,
  numeratorHigh: u32,
  divisorLow: u32,
  divisorHigh: u32,
): i32 {
  return newPrice(inverse !== 0, join(numeratorLow, numeratorHigh), join(divisorLow, divisorHigh));
}

export function removePrice(slot: u32): i32 {
  return freePrice(slot);
}

/** As a double: at most 2^53 - 1. */
export function maxPrice(slot: u32): f64 {
  return priceLives(slot) ? <f64>largestPrice(slot) : <f64>STATUS_NO_RECORD;
}

/** A price that no leg follows yet is anchored at each new mark. */
export function setMark(slot: u32, price: f64): i32 {
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  revise();
  store<f64>(((<usize>slot) << 3) + MARKS, price);
  const record = priceRecord(slot);
  if (load<u32>(record, PRICE_LEGS) === 0) store<f64>(record, price, PRICE_ANCHOR);
  return STATUS_OK;
}

export function setTrial(slot: u32, price: f64): i32 {
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  store<f64>(((<usize>slot) << 3) + TRIALS, price);
  return STATUS_OK;
}

export function createTable(): i32 {
  return newTable();
}

export function replaceTable(table: u32): i32 {
  if (!tableLives(table)) return STATUS_NO_RECORD;
  const record = tableRecord(table);
  fillTable(record, load<u32>(record, TABLE_LEGS));
  markTableDirty(table);
  return STATUS_OK;
}

export function removeTable(table: u32): i32 {
  return freeTable(table);
}

export function createPool(collateralLow: u32, collateralHigh: u32, owner: u32, tag: u32): i32 {
  return bookCreatePool(<i64>join(collateralLow, collateralHigh), owner, tag);
}

export function removePool(pool: u32): i32 {
  if (!poolLives(pool)) return STATUS_NO_RECORD;
  removeLane(pool);
  freePool(pool);
  return STATUS_OK;
}

export function setCollateral(pool: u32, low: u32, high: u32): i32 {
  return bookSetCollateral(pool, <i64>join(low, high));
}

export function createLeg(
  pool: u32,
  slot: u32,
  table: u32,
  quantity: f64,
  costLow: u32,
  costHigh: u32,
  leverageMilli: u32,
): i32 {
  return bookCreateLeg(pool, slot, table, quantity, <i64>join(costLow, costHigh), leverageMilli);
}

export function setLeg(
  leg: u32,
  table: u32,
  quantity: f64,
  costLow: u32,
  costHigh: u32,
  leverageMilli: u32,
): i32 {
  return bookSetLeg(leg, table, quantity, <i64>join(costLow, costHigh), leverageMilli);
}

export function moveLeg(leg: u32, pool: u32): i32 {
  return bookMoveLeg(leg, pool);
}

export function removeLeg(leg: u32): i32 {
  return bookRemoveLeg(leg);
}

export function poolFigures(pool: u32): i32 {
  return figuresOfPool(pool);
}

export function legFigures(leg: u32): i32 {
  return legLives(leg) ? figuresOfLeg(legRecord(leg)) : STATUS_NO_RECORD;
}

/** Price units as a double, NONE, or a status below it. */
export function liquidationPrice(pool: u32, slot: u32, upward: i32): f64 {
  return searchPrice(pool, slot, upward !== 0, false);
}

export function bankruptcyPrice(pool: u32, slot: u32, upward: i32): f64 {
  return searchPrice(pool, slot, upward !== 0, true);
}

/** Parts per million as a double, NONE, or a status below it. */
export function jointShock(pool: u32): f64 {
  return searchShock(pool);
}

export function prepare(): i32 {
  return takeIn();
}

export function scan(trial: i32): i32 {
  return scanAll(trial !== 0 ? TRIALS : MARKS);
}
