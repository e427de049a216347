// The kernel's exports, and nothing else: scalars in, scalars or statuses out, figures in memory at RESULT. Every handle is
// checked here or one call below; ranges of plain values are checked at the boundary (src/kernel.ts).

import {
  MARKS,
  PRICE_ANCHOR,
  PRICE_LEGS,
  STATUS_NO_RECORD,
  STATUS_OK,
  TRADE_ROWS_COUNT,
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
  takeInTables as markStalePools,
  poolLives,
  revise,
} from "./book.ts";
import { checksum as sumMemory } from "./checksum.ts";
import { settleFunding as settleAll } from "./funding.ts";
import { pendSlot } from "./heaps.ts";
import { removeLane } from "./lanes.ts";
import { NO_SLOT } from "./line.ts";
import { initialize as layOut } from "./memory.ts";
import { priceMap as mapPrice } from "./price-map.ts";
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
  stopBest as bestOfStop,
  removeStop as freeStop,
  createStop as newStop,
  disarmStop as unwatchStop,
  armStop as watchStop,
} from "./stops.ts";
import {
  stress as judgeRows,
  openStress as openRows,
  closeStress as releaseRows,
  setStressed as setRow,
} from "./stress.ts";
import {
  refillTable as fillAgain,
  removeTable as freeTable,
  createTable as newTable,
} from "./tables.ts";
import { trialFigures as figuresOfTrial, tick as tickAll, wake as wakeAll } from "./ticks.ts";
import { trade as tradeLeg } from "./trade.ts";
import { locateRows as locate, tradeRows as tradeAll } from "./trade-rows.ts";
import { legFigures as figuresOfLeg, poolFigures as figuresOfPool } from "./valuation.ts";
import {
  queueAllPools as queueAll,
  enableTriggers as watchAll,
  setFloor as watchFloor,
} from "./watch.ts";

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
  pendSlot(slot);
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

/** Takes effect on the screen with takeInTables, once for any number of tables. */
export function refillTable(table: u32): i32 {
  return fillAgain(table);
}

export function takeInTables(): void {
  markStalePools();
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

/** The leg, NONE where it was closed, or a status below it. */
export function trade(
  pool: u32,
  leg: i32,
  slot: u32,
  table: u32,
  quantity: f64,
  price: f64,
  leverageMilli: u32,
  feeLow: u32,
  feeHigh: u32,
  reserveLow: u32,
  reserveHigh: u32,
  flags: u32,
): i32 {
  const fee = <i64>join(feeLow, feeHigh);
  const reserve = <i64>join(reserveLow, reserveHigh);
  return tradeLeg(pool, leg, slot, table, quantity, price, leverageMilli, fee, reserve, flags);
}

/** Looks up what the rows of trades in memory are on. */
export function locateRows(from: u32, to: u32): void {
  locate(min<u32>(from, TRADE_ROWS_COUNT), min<u32>(to, TRADE_ROWS_COUNT));
}

/** Carries out located rows; returns the row it stopped at, or `to`. */
export function tradeRows(from: u32, to: u32, flags: u32): u32 {
  return tradeAll(min<u32>(from, TRADE_ROWS_COUNT), min<u32>(to, TRADE_ROWS_COUNT), flags);
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
  return searchShock(pool, NO_SLOT);
}

/** As jointShock, with the slot held still. */
export function shockBeside(pool: u32, slot: u32): f64 {
  return priceLives(slot) ? searchShock(pool, slot) : <f64>STATUS_NO_RECORD;
}

export function prepare(): i32 {
  return takeIn();
}

export function scan(trial: i32): i32 {
  return scanAll(trial !== 0 ? TRIALS : MARKS);
}

/** The levels at MAP_LEVELS, filled: `below` and `above` of them under and over the slot's mark. */
export function priceMap(slot: u32, below: u32, above: u32, follows: i32): i32 {
  return mapPrice(slot, below, above, follows !== 0);
}

/** Takes memory for stress passes; every row stands at the marks. */
export function openStress(): i32 {
  return openRows();
}

/** Gives it back. */
export function closeStress(): void {
  releaseRows();
}

export function setStressed(row: u32, slot: u32, price: f64): i32 {
  return setRow(row, slot, price);
}

/** Judges the rows given as bits; sums at STRESS_DIRECTORY. */
export function stress(rows: u32): i32 {
  return judgeRows(rows);
}

/** One funding period over the rates, prices and sums at FUNDINGS; source is one of FROM_*. */
export function settleFunding(source: i32, towardZero: i32): i32 {
  return settleAll(source, towardZero !== 0);
}

/** Watches every pool from the next tick on. */
export function enableTriggers(): i32 {
  return watchAll();
}

/** Every pool is evaluated anew in the next ticks. */
export function queueAllPools(): void {
  queueAll();
}

/** The equity at or below which ticks tell of the pool, once; has = 0 for none. Triggers are enabled. */
export function setFloor(pool: u32, low: u32, high: u32, has: i32): i32 {
  if (!poolLives(pool)) return STATUS_NO_RECORD;
  watchFloor(pool, <i64>join(low, high), has !== 0);
  return STATUS_OK;
}

/** Takes over the rows of prices at TICK_*; the number of stops passed. */
export function tick(count: u32): i32 {
  return tickAll(count);
}

/** Evaluates what was passed or changed; the number of pools with news. */
export function wake(): i32 {
  return wakeAll();
}

/** Figures at the trial prices to RESULT. */
export function trialFigures(pool: u32): i32 {
  return figuresOfTrial(pool);
}

/** A disarmed stop. */
export function createStop(): i32 {
  return newStop();
}

export function removeStop(stop: u32): i32 {
  return freeStop(stop);
}

/** By its fields as they are now. */
export function armStop(stop: u32): i32 {
  return watchStop(stop);
}

export function disarmStop(stop: u32): i32 {
  return unwatchStop(stop);
}

/** Price units as a double, 0 where it does not trail yet. */
export function stopBest(stop: u32): f64 {
  return bestOfStop(stop);
}

/** Of a stretch of memory, a multiple of 128 bytes long. */
export function checksum(start: usize, bytes: u32): u32 {
  return sumMemory(start, bytes);
}
