// The liquidation map of a market: at which of many price levels each pool first becomes liquidatable, gathered by level. A pass of the
// screen finds the pools that may fall anywhere on it, and where nothing else moves it places most of them; the rest are followed along the
// levels, each to its own, so the cost is that of a few scans and not of one scan a level.

import {
  HEADER_FAULT_POOL,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  POOL_FIRST_LEG,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
} from "../src/layout.ts";
import { MAP_EXACT, MAP_POINTS, MAP_WALKED } from "../src/layout-map.ts";
import { legRecord, poolRecord } from "./book.ts";
import {
  addNotional,
  countScope,
  FIRST_LEVEL,
  levelRecord,
  mapSlot,
  pathRecord,
  pathUpward,
  priceAtLevel,
  setMap,
  setPath,
} from "./map-levels.ts";
import {
  beginPath,
  beginPool,
  clearCounts,
  fallsAtMarks,
  firstFall,
  pointsEvaluated,
  poolsJudged,
} from "./map-path.ts";
import {
  drownsAtMarks,
  LOOK_ABOVE,
  LOOK_BELOW,
  placedLevel,
  ROW_BYTES,
  ROWS,
  rowPool,
  rowSides,
  standsAtMarks,
} from "./map-rows.ts";
import { sweepFollowed, sweepStill } from "./map-screen.ts";
import { priceLives } from "./prices.ts";
import { prepare } from "./screen.ts";
import { tableRecord } from "./tables.ts";
import { legNotional, locateNotional } from "./valuation.ts";

let levelsBelow: u32 = 0;
let levelsAbove: u32 = 0;
/** Pools that are liquidatable at the marks are counted: not again in the pass over the other side. */
let countsMarks: bool = false;
let walked: u32 = 0;

/**
 * Gathers the map of a slot over the levels in memory: `below` of them under the mark, then `above` over it, each row outward from the
 * mark. With `follows`, prices that MAP_FOLLOWS names move by each level's share. STATUS_OK or a status; HEADER_FAULT_POOL is then the pool.
 */
export function priceMap(slot: u32, below: u32, above: u32, follows: bool): i32 {
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  const status = prepare();
  if (status !== STATUS_OK) return status;
  setMap(slot, follows);
  levelsBelow = below;
  levelsAbove = above;
  walked = 0;
  clearCounts();
  countsMarks = true;
  let outcome: i32 = STATUS_OK;
  if (!follows) {
    outcome = sweepStill(below, above);
  } else {
    if (below !== 0) outcome = sweepFollowed(levelRecord(FIRST_LEVEL + below - 1), LOOK_BELOW);
    countsMarks = below === 0;
    if (above !== 0 && outcome === STATUS_OK) {
      outcome = sweepFollowed(levelRecord(FIRST_LEVEL + below + above - 1), LOOK_ABOVE);
    }
  }
  const counts = levelRecord(0);
  store<u32>(counts, walked, MAP_WALKED);
  store<u32>(counts, pointsEvaluated, MAP_POINTS);
  store<u32>(counts, poolsJudged, MAP_EXACT);
  return outcome;
}

/** Puts the pools of so many rows where they fall; a status names the first that cannot be. */
export function followRows(rows: u32): i32 {
  for (let at: u32 = 0; at < rows; at++) {
    const row = ROWS + <usize>at * ROW_BYTES;
    const pool = rowPool(row);
    if (pool === NONE) continue;
    const record = poolRecord(pool);
    const open = placeRow(record, row);
    const status = open > 0 ? followPool(record, open) : open;
    if (status === STATUS_OK) continue;
    store<u32>(HEADER_FAULT_POOL, pool);
    return status;
  }
  return STATUS_OK;
}

/** Counts the pool wherever the screen's bounds can tell: the sides left open, as bits, or a status. */
function placeRow(record: usize, row: usize): i32 {
  let sides = rowSides(row);
  if (!standsAtMarks(row)) {
    if (!drownsAtMarks(row)) return sides;
    gatherAtMarks(record);
    return 0;
  }
  if ((sides & LOOK_BELOW) !== 0) {
    const level = placedLevel(row, FIRST_LEVEL, levelsBelow);
    if (level !== 0) {
      sides &= ~LOOK_BELOW;
      const status = gather(record, levelRecord(level), false);
      if (status !== STATUS_OK) return status;
    }
  }
  if ((sides & LOOK_ABOVE) === 0) return sides;
  const level = placedLevel(row, FIRST_LEVEL + levelsBelow, levelsAbove);
  if (level === 0) return sides;
  const status = gather(record, levelRecord(level), true);
  return status === STATUS_OK ? <i32>(sides & ~LOOK_ABOVE) : status;
}

function followPool(record: usize, sides: u32): i32 {
  walked++;
  if (!beginPool(record)) return STATUS_OK;
  if ((sides & LOOK_BELOW) !== 0 && levelsBelow !== 0) {
    setPath(FIRST_LEVEL, levelsBelow, false);
    const outcome = followSide(record);
    // Liquidatable at the marks, or a status.
    if (outcome !== STANDS) return outcome < 0 ? outcome : STATUS_OK;
  }
  if ((sides & LOOK_ABOVE) === 0 || levelsAbove === 0) return STATUS_OK;
  setPath(FIRST_LEVEL + levelsBelow, levelsAbove, true);
  const outcome = followSide(record);
  return outcome < 0 ? outcome : STATUS_OK;
}

/** The pool stands at the marks. */
const STANDS: i32 = 1;

/** Follows the pool along the path that is set: STANDS, 0 where it is liquidatable at the marks, or a status. */
function followSide(record: usize): i32 {
  beginPath();
  const atMarks = fallsAtMarks();
  if (atMarks < 0) return atMarks;
  if (atMarks !== 0) {
    if (countsMarks) gatherAtMarks(record);
    return 0;
  }
  const level = firstFall();
  if (level < 0) return level;
  if (level === 0) return STANDS;
  const status = gather(record, pathRecord(level), pathUpward);
  return status < 0 ? status : STANDS;
}

/** Adds the pool to a level: legs of the market on the side that falls, and all its other positions. */
function gather(record: usize, level: usize, upward: bool): i32 {
  countScope(level);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    // A coin held as collateral is no position.
    if (isCoin(leg)) continue;
    const slot: u32 = load<u16>(leg, LEG_PRICE);
    if (!locateNotional(leg, priceAtLevel(slot, level))) return STATUS_RANGE;
    const long = load<f64>(leg, LEG_QUANTITY) > 0;
    addNotional(level, slot === mapSlot && long !== upward, legNotional);
  }
  return STATUS_OK;
}

/** The same at the marks, where both sides of the market count: longs on level 0, shorts on level 1, the rest on level 0. */
function gatherAtMarks(record: usize): void {
  const longs = levelRecord(0);
  countScope(longs);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    if (isCoin(leg)) continue;
    const slot: u32 = load<u16>(leg, LEG_PRICE);
    locateNotional(leg, priceAtLevel(slot, longs));
    const long = load<f64>(leg, LEG_QUANTITY) > 0;
    const own = slot === mapSlot;
    addNotional(own && !long ? levelRecord(1) : longs, own, legNotional);
  }
}

function isCoin(leg: usize): bool {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  return (load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0;
}
