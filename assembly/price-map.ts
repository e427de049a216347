// The liquidation map of a market: at which of many price levels each pool first becomes liquidatable, gathered by level. A pass of the
// screen finds the pools that may fall anywhere on it; only those are followed along the levels, each to its own level, so the cost is
// that of a few scans and not of one scan a level.

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
  BATCH,
  BATCH_ROW,
  DROWNED,
  LOOK_ABOVE,
  LOOK_BELOW,
  sweepFollowed,
  sweepStill,
} from "./map-screen.ts";
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
  const furthestBelow = levelRecord(below === 0 ? 0 : FIRST_LEVEL + below - 1);
  const furthestAbove = levelRecord(above === 0 ? 0 : FIRST_LEVEL + below + above - 1);
  let outcome: i32 = STATUS_OK;
  if (!follows) {
    outcome = sweepStill(furthestBelow, furthestAbove, levelRecord(0));
  } else {
    if (below !== 0) outcome = sweepFollowed(furthestBelow, LOOK_BELOW);
    countsMarks = below === 0;
    if (above !== 0 && outcome === STATUS_OK) outcome = sweepFollowed(furthestAbove, LOOK_ABOVE);
  }
  const counts = levelRecord(0);
  store<u32>(counts, walked, MAP_WALKED);
  store<u32>(counts, pointsEvaluated, MAP_POINTS);
  store<u32>(counts, poolsJudged, MAP_EXACT);
  return outcome;
}

/** Follows the pools of the batch; a status names the first that cannot be. */
export function followBatch(rows: u32): i32 {
  for (let row: u32 = 0; row < rows; row++) {
    const at = BATCH + <usize>row * BATCH_ROW;
    const pool = load<u32>(at);
    const status = followPool(poolRecord(pool), load<u32>(at, 4));
    if (status === STATUS_OK) continue;
    store<u32>(HEADER_FAULT_POOL, pool);
    return status;
  }
  return STATUS_OK;
}

function followPool(record: usize, flags: u32): i32 {
  walked++;
  if ((flags & DROWNED) !== 0) {
    if (countsMarks) gatherAtMarks(record);
    return STATUS_OK;
  }
  if (!beginPool(record)) return STATUS_OK;
  if ((flags & LOOK_BELOW) !== 0 && levelsBelow !== 0) {
    setPath(FIRST_LEVEL, levelsBelow, false);
    const outcome = followSide(record);
    // Liquidatable at the marks, or a status.
    if (outcome !== STANDS) return outcome < 0 ? outcome : STATUS_OK;
  }
  if ((flags & LOOK_ABOVE) === 0 || levelsAbove === 0) return STATUS_OK;
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
