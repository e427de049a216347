// Which pools can fall anywhere on a liquidation map: one pass over the lanes of the screen, whose bounds are linear in the moves of prices and
// so prove a pool safe at every level from those at the ends. What is left is handed on in batches, its records asked for ahead.

import {
  CHUNK_BYTES,
  CLASSES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  COLD_GAP,
  HEADER_TOP_PRICE,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  LEG_NEXT,
  MARKS,
  MOVES,
  NONE,
  POOL_FIRST_LEG,
  SEARCH_STACK,
  STATUS_OK,
  STILL_SLOT,
} from "../src/layout.ts";
import { MAP_ENDS } from "../src/layout-map.ts";
import { legRecord, poolRecord } from "./book.ts";
import {
  coldDirectory,
  hotBytes,
  hotDirectory,
  lanesOf,
  legsOfClass,
  WIDE_CLASS,
} from "./lanes.ts";
import { mapSlot, priceAtLevel } from "./map-levels.ts";
import { followBatch } from "./price-map.ts";
import { priceRecord } from "./prices.ts";
import { moveOf, setMoves } from "./screen.ts";

/** What is to be done with a pool of a batch. */
export const LOOK_BELOW: u32 = 1;
export const LOOK_ABOVE: u32 = 2;
/** Liquidatable at the marks for certain. */
export const DROWNED: u32 = 4;

/** Rows of a batch: pool and flags, u32 each; above the points of a path in the same scratch. */
export const BATCH: usize = SEARCH_STACK + 2_048;
export const BATCH_ROW: usize = 8;
const BATCH_ROWS: u32 = 128;
let batched: u32 = 0;

/** The furthest moves of the map's slot and its move at the mark; NaN outside the band. */
let lowest: f32 = 0;
let highest: f32 = 0;
let present: f32 = 0;
/** Sides that a sweep along followers looks at. */
let sweptSides: u32 = 0;
let followed: bool = false;

function moveInBand(slot: u32, price: u64): f32 {
  const move = moveOf(priceRecord(slot), <f64>price);
  return move >= -0.5 && move <= 1 ? <f32>move : NaN;
}

/** Sweeps both sides at once where only the map's slot moves, between the levels at two records (the mark's where there is none). */
export function sweepStill(below: usize, above: usize, mark: usize): i32 {
  setMoves(MARKS);
  lowest = moveInBand(mapSlot, priceAtLevel(mapSlot, below));
  highest = moveInBand(mapSlot, priceAtLevel(mapSlot, above));
  present = moveInBand(mapSlot, priceAtLevel(mapSlot, mark));
  // Left out of the sums: its weight is taken apart.
  store<f32>(((<usize>mapSlot) << 2) + MOVES, 0);
  followed = false;
  return sweep();
}

/** Sweeps one side, out to the level at a record, where others follow. */
export function sweepFollowed(furthest: usize, sides: u32): i32 {
  setMoves(MARKS);
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let slot: u32 = 0; slot < top; slot++) {
    store<f32>(((<usize>slot) << 2) + MAP_ENDS, moveInBand(slot, priceAtLevel(slot, furthest)));
  }
  store<f32>(MAP_ENDS + (STILL_SLOT << 2), 0);
  followed = true;
  sweptSides = sides;
  return sweep();
}

function sweep(): i32 {
  batched = 0;
  for (let group: u32 = 0; group < <u32>CLASSES; group++) {
    const status = sweepClass(group);
    if (status !== STATUS_OK) return status;
  }
  return flush();
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
    const hotEnd = (hotEntry + 1) * perChunk;
    const end = min(blocks, min(hotEnd, (coldEntry + 1) * COLD_BLOCKS_PER_CHUNK));
    let hot = <usize>load<u32>(hotDirectory(group) + ((<usize>hotEntry) << 2));
    let cold = <usize>load<u32>(coldDirectory(group) + ((<usize>coldEntry) << 2));
    hot += <usize>(block % perChunk) * bytes;
    cold += <usize>(block % COLD_BLOCKS_PER_CHUNK) * COLD_BYTES;
    for (; block < end; block++) {
      const status =
        group === WIDE_CLASS
          ? take(255, 255, 0, cold)
          : followed
            ? sweepFollowers(hot, cold, legs)
            : sweepHolders(hot, cold, legs);
      if (status !== STATUS_OK) return status;
      hot += bytes;
      cold += COLD_BYTES;
    }
  }
  return STATUS_OK;
}

class Lanes {
  /** Moves of four lanes' slots that stand at `slots`, of the vector at MOVES. */
  @inline static marks(slots: usize): v128 {
    let moves = v128.load32_zero(<usize>load<u16>(slots), MOVES);
    moves = v128.load32_lane(<usize>load<u16>(slots, 2), moves, 1, MOVES);
    moves = v128.load32_lane(<usize>load<u16>(slots, 4), moves, 2, MOVES);
    return v128.load32_lane(<usize>load<u16>(slots, 6), moves, 3, MOVES);
  }

  /** The same of the vector at MAP_ENDS. */
  @inline static ends(slots: usize): v128 {
    let moves = v128.load32_zero(<usize>load<u16>(slots), MAP_ENDS);
    moves = v128.load32_lane(<usize>load<u16>(slots, 2), moves, 1, MAP_ENDS);
    moves = v128.load32_lane(<usize>load<u16>(slots, 4), moves, 2, MAP_ENDS);
    return v128.load32_lane(<usize>load<u16>(slots, 6), moves, 3, MAP_ENDS);
  }

  /** Lanes whose bound is not >= 0, as four bits; NaN counts. */
  @inline static fallen(bound: v128): i32 {
    return i32x4.bitmask(f32x4.ge(bound, f32x4.splat(0))) ^ 15;
  }

  /** base + the lesser of weight · a and weight · b. */
  @inline static worse(base: v128, weight: v128, a: f32, b: f32): v128 {
    const first = f32x4.mul(weight, f32x4.splat(a));
    return f32x4.add(base, f32x4.min(first, f32x4.mul(weight, f32x4.splat(b))));
  }

  /** Lanes whose upper bound with the slot at its mark is below 0. */
  @inline static drowned(base: v128, weight: v128, gap: v128): i32 {
    const bound = f32x4.add(base, f32x4.mul(weight, f32x4.splat(present)));
    return i32x4.bitmask(f32x4.lt(f32x4.add(bound, gap), f32x4.splat(0)));
  }
}

/** Pools of a block that hold the map's slot. */
function sweepHolders(block: usize, cold: usize, legs: u32): i32 {
  const wanted = i16x8.splat(<i16>(mapSlot << 2));
  let found = i16x8.splat(0);
  let leg = block + HOT_HEAD_BYTES;
  for (let left = legs; left > 0; left--) {
    found = v128.or(found, i16x8.eq(v128.load(leg), wanted));
    leg += HOT_LEG_BYTES;
  }
  const holders = i16x8.bitmask(found);
  if (holders === 0) return STATUS_OK;
  let low = v128.load(block);
  let high = v128.load(block, 16);
  let ownLow = f32x4.splat(0);
  let ownHigh = f32x4.splat(0);
  leg = block + HOT_HEAD_BYTES;
  for (let left = legs; left > 0; left--) {
    const own = i16x8.eq(v128.load(leg), wanted);
    const weightLow = v128.load(leg, 16);
    const weightHigh = v128.load(leg, 32);
    low = f32x4.add(low, f32x4.mul(weightLow, Lanes.marks(leg)));
    high = f32x4.add(high, f32x4.mul(weightHigh, Lanes.marks(leg + 8)));
    // The mask of a lane, 16 bits, widened by its sign to 32.
    ownLow = f32x4.add(ownLow, v128.and(weightLow, i32x4.extend_low_i16x8_s(own)));
    ownHigh = f32x4.add(ownHigh, v128.and(weightHigh, i32x4.extend_high_i16x8_s(own)));
    leg += HOT_LEG_BYTES;
  }
  const below =
    Lanes.fallen(Lanes.worse(low, ownLow, present, lowest)) |
    (Lanes.fallen(Lanes.worse(high, ownHigh, present, lowest)) << 4);
  const above =
    Lanes.fallen(Lanes.worse(low, ownLow, present, highest)) |
    (Lanes.fallen(Lanes.worse(high, ownHigh, present, highest)) << 4);
  if (((below | above) & holders) === 0) return STATUS_OK;
  const drowned =
    Lanes.drowned(low, ownLow, v128.load(cold, COLD_GAP)) |
    (Lanes.drowned(high, ownHigh, v128.load(cold, COLD_GAP + 16)) << 4);
  return take(below & holders, above & holders, drowned & holders, cold);
}

/** Pools of a block of which nothing proves that they stand at every level, each price at its worse end. */
function sweepFollowers(block: usize, cold: usize, legs: u32): i32 {
  let low = v128.load(block);
  let high = v128.load(block, 16);
  let leg = block + HOT_HEAD_BYTES;
  for (let left = legs; left > 0; left--) {
    const weightLow = v128.load(leg, 16);
    const weightHigh = v128.load(leg, 32);
    const atMarks = f32x4.mul(weightLow, Lanes.marks(leg));
    low = f32x4.add(low, f32x4.min(atMarks, f32x4.mul(weightLow, Lanes.ends(leg))));
    const highMarks = f32x4.mul(weightHigh, Lanes.marks(leg + 8));
    high = f32x4.add(high, f32x4.min(highMarks, f32x4.mul(weightHigh, Lanes.ends(leg + 8))));
    leg += HOT_LEG_BYTES;
  }
  const fallen = Lanes.fallen(low) | (Lanes.fallen(high) << 4);
  if (fallen === 0) return STATUS_OK;
  const below = (sweptSides & LOOK_BELOW) !== 0 ? fallen : 0;
  return take(below, (sweptSides & LOOK_ABOVE) !== 0 ? fallen : 0, 0, cold);
}

// ── batches ─────────────────────────────────────────────────────────────────────────────────────────

/** Puts lanes, by what is to be done with them, into the batch. */
function take(below: i32, above: i32, drowned: i32, cold: usize): i32 {
  let left = below | above | drowned;
  while (left !== 0) {
    const lane = ctz(left);
    left &= left - 1;
    const pool = load<i32>(cold + ((<usize>lane) << 2));
    if (pool === NONE) continue;
    const flags =
      ((below >> lane) & 1) * LOOK_BELOW +
      ((above >> lane) & 1) * LOOK_ABOVE +
      ((drowned >> lane) & 1) * DROWNED;
    const row = BATCH + <usize>batched * BATCH_ROW;
    store<i32>(row, pool);
    store<u32>(row, flags, 4);
    if (++batched < BATCH_ROWS) continue;
    const status = flush();
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

/** Never read: keeps the loads that ask for records ahead. */
export let asked: i32 = 0;

function flush(): i32 {
  const rows = batched;
  batched = 0;
  // Loads that do not wait for each other: pools first, then their legs.
  for (let row: u32 = 0; row < rows; row++) {
    asked += load<i32>(poolRecord(load<u32>(BATCH + <usize>row * BATCH_ROW)), POOL_FIRST_LEG);
  }
  for (let row: u32 = 0; row < rows; row++) {
    const pool = poolRecord(load<u32>(BATCH + <usize>row * BATCH_ROW));
    const leg = load<i32>(pool, POOL_FIRST_LEG);
    if (leg !== NONE) asked += load<i32>(legRecord(leg), LEG_NEXT);
  }
  return followBatch(rows);
}
