// The liquidation map of a market: at which of many price levels each pool first becomes liquidatable, gathered by level. One pass of
// the screen for each side finds the pools that may fall anywhere on it; only those are followed along the levels, each to
// its own level, so the cost is that of a few scans and not of one scan a level.

import {
  CHUNK_BYTES,
  CLASSES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  HEADER_FAULT_POOL,
  HEADER_TOP_PRICE,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  MOVES,
  NONE,
  POOL_FIRST_LEG,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
  STILL_SLOT,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
} from "../src/layout.ts";
import { MAP_ENDS, MAP_EXACT, MAP_POINTS, MAP_WALKED } from "../src/layout-map.ts";
import { legRecord, poolRecord } from "./book.ts";
import {
  coldDirectory,
  hotBytes,
  hotDirectory,
  lanesOf,
  legsOfClass,
  WIDE_CLASS,
} from "./lanes.ts";
import {
  addNotional,
  countScope,
  FIRST_LEVEL,
  levelRecord,
  mapSlot,
  pathLevels,
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
import { priceLives, priceRecord } from "./prices.ts";
import { moveOf, prepare, setMoves } from "./screen.ts";
import { tableRecord } from "./tables.ts";
import { legNotional, locateNotional } from "./valuation.ts";

/** True in the pass that counts the pools that are liquidatable at the marks. */
let countsMarks: bool = false;
let followed: bool = false;
let walked: u32 = 0;

/**
 * Gathers the map of a slot over the levels in memory: `below` of them under the mark, then `above` over it, each row outward from the
 * mark. With `follows`, prices that MAP_FOLLOWS names move by each level's share. STATUS_OK or a status; HEADER_FAULT_POOL is then the pool.
 */
export function priceMap(slot: u32, below: u32, above: u32, follows: bool): i32 {
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  const status = prepare();
  if (status !== STATUS_OK) return status;
  setMoves(MARKS);
  setMap(slot, follows);
  followed = follows;
  walked = 0;
  clearCounts();
  countsMarks = true;
  let outcome: i32 = STATUS_OK;
  if (below !== 0) {
    outcome = sweep(FIRST_LEVEL, below, false);
    countsMarks = false;
  }
  if (above !== 0 && outcome === STATUS_OK) outcome = sweep(FIRST_LEVEL + below, above, true);
  const counts = levelRecord(0);
  store<u32>(counts, walked, MAP_WALKED);
  store<u32>(counts, pointsEvaluated, MAP_POINTS);
  store<u32>(counts, poolsJudged, MAP_EXACT);
  return outcome;
}

/** Every pool along one side. */
function sweep(first: u32, levels: u32, upward: bool): i32 {
  setPath(first, levels, upward);
  setEnds();
  for (let group: u32 = 0; group < <u32>CLASSES; group++) {
    const status = sweepClass(group);
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

/** Moves of all prices at the furthest level. */
function setEnds(): void {
  const furthest = pathRecord(pathLevels);
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let slot: u32 = 0; slot < top; slot++) {
    const move = moveOf(priceRecord(slot), <f64>priceAtLevel(slot, furthest));
    store<f32>(((<usize>slot) << 2) + MAP_ENDS, move >= -0.5 && move <= 1 ? <f32>move : NaN);
  }
  store<f32>(MAP_ENDS + (STILL_SLOT << 2), 0);
}

function sweepClass(group: u32): i32 {
  const bytes = hotBytes(group);
  const perChunk = CHUNK_BYTES / bytes;
  const legs = legsOfClass(group);
  const blocks = (lanesOf(group) + 7) >> 3;
  let block: u32 = 0;
  while (block < blocks) {
    // A run of blocks within one hot and one cold chunk.
    const hotEntry = block / perChunk;
    const coldEntry = block / COLD_BLOCKS_PER_CHUNK;
    const end = min(
      blocks,
      min((hotEntry + 1) * perChunk, (coldEntry + 1) * COLD_BLOCKS_PER_CHUNK),
    );
    let hot = <usize>load<u32>(hotDirectory(group) + ((<usize>hotEntry) << 2));
    let cold = <usize>load<u32>(coldDirectory(group) + ((<usize>coldEntry) << 2));
    hot += <usize>(block % perChunk) * bytes;
    cold += <usize>(block % COLD_BLOCKS_PER_CHUNK) * COLD_BYTES;
    for (; block < end; block++) {
      const holders = followed || group === WIDE_CLASS ? 255 : holdersOf(hot, legs);
      const doubtful = holders === 0 ? 0 : holders & fallenOf(hot, legs);
      if (doubtful !== 0) {
        const status = follow(doubtful, cold);
        if (status !== STATUS_OK) return status;
      }
      hot += bytes;
      cold += COLD_BYTES;
    }
  }
  return STATUS_OK;
}

/** Lanes of a block with a leg that follows the map's slot, as eight bits. */
function holdersOf(block: usize, legs: u32): i32 {
  const wanted = i16x8.splat(<i16>(mapSlot << 2));
  let found = i16x8.splat(0);
  let leg = block + HOT_HEAD_BYTES;
  for (let left = legs; left > 0; left--) {
    found = v128.or(found, i16x8.eq(v128.load(leg), wanted));
    leg += HOT_LEG_BYTES;
  }
  return i16x8.bitmask(found);
}

class Ends {
  /** The lesser of weight · move at the marks and at the furthest level, for four lanes whose slots stand at `slots`. */
  @inline static worse(slots: usize, weights: v128): v128 {
    const first = <usize>load<u16>(slots);
    const second = <usize>load<u16>(slots, 2);
    const third = <usize>load<u16>(slots, 4);
    const fourth = <usize>load<u16>(slots, 6);
    let marks = v128.load32_zero(first, MOVES);
    marks = v128.load32_lane(second, marks, 1, MOVES);
    marks = v128.load32_lane(third, marks, 2, MOVES);
    marks = v128.load32_lane(fourth, marks, 3, MOVES);
    let ends = v128.load32_zero(first, MAP_ENDS);
    ends = v128.load32_lane(second, ends, 1, MAP_ENDS);
    ends = v128.load32_lane(third, ends, 2, MAP_ENDS);
    ends = v128.load32_lane(fourth, ends, 3, MAP_ENDS);
    return f32x4.min(f32x4.mul(weights, marks), f32x4.mul(weights, ends));
  }
}

/** Lanes of a block whose bound does not prove them safe at every level, as eight bits; NaN counts. */
function fallenOf(block: usize, legs: u32): i32 {
  let low = v128.load(block);
  let high = v128.load(block, 16);
  let leg = block + HOT_HEAD_BYTES;
  for (let left = legs; left > 0; left--) {
    low = f32x4.add(low, Ends.worse(leg, v128.load(leg, 16)));
    high = f32x4.add(high, Ends.worse(leg + 8, v128.load(leg, 32)));
    leg += HOT_LEG_BYTES;
  }
  const zero = f32x4.splat(0);
  return (i32x4.bitmask(f32x4.ge(low, zero)) | (i32x4.bitmask(f32x4.ge(high, zero)) << 4)) ^ 255;
}

/** Follows the pools of some lanes along the path. */
function follow(lanes: i32, cold: usize): i32 {
  let left = lanes;
  while (left !== 0) {
    const pool = load<i32>(cold + ((<usize>ctz(left)) << 2));
    left &= left - 1;
    if (pool === NONE) continue;
    const status = followPool(poolRecord(pool));
    if (status === STATUS_OK) continue;
    store<i32>(HEADER_FAULT_POOL, pool);
    return status;
  }
  return STATUS_OK;
}

function followPool(record: usize): i32 {
  walked++;
  if (!beginPool(record)) return STATUS_OK;
  beginPath();
  const atMarks = fallsAtMarks();
  if (atMarks < 0) return atMarks;
  if (atMarks !== 0) {
    if (countsMarks) gatherAtMarks(record);
    return STATUS_OK;
  }
  const level = firstFall();
  if (level < 0) return level;
  return level === 0 ? STATUS_OK : gather(record, pathRecord(level), pathUpward);
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
