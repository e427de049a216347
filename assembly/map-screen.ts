// Which pools can fall anywhere on a liquidation map: one pass over the lanes of the screen, whose bounds are linear in the moves of prices and
// so prove a pool safe at every level from those at the ends. What is left goes to map-rows.ts, with its bounds where these are lines.

import {
  CHUNK_BYTES,
  CLASSES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  HEADER_TOP_PRICE,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  MARKS,
  MOVES,
  STATUS_OK,
  STILL_SLOT,
} from "../src/layout.ts";
import { MAP_ENDS } from "../src/layout-map.ts";
import {
  coldDirectory,
  hotBytes,
  hotDirectory,
  lanesOf,
  legsOfClass,
  WIDE_CLASS,
} from "./lanes.ts";
import { FIRST_LEVEL, mapSlot, priceAtLevel } from "./map-levels.ts";
import {
  BASES,
  flushRows,
  forgetBounds,
  LOOK_ABOVE,
  LOOK_BELOW,
  moveAtLevel,
  moveInBand,
  noteMoves,
  takeRows,
  WEIGHTS,
} from "./map-rows.ts";
import { setMoves } from "./screen.ts";

/** The furthest moves of the map's slot and its move at the mark; NaN outside the band. */
let lowest: f32 = 0;
let highest: f32 = 0;
let present: f32 = 0;
/** Sides that a sweep along followers looks at. */
let sweptSides: u32 = 0;
let followed: bool = false;

/** Sweeps both sides at once where only the map's slot moves, over so many levels below and above the mark. */
export function sweepStill(below: u32, above: u32): i32 {
  setMoves(MARKS);
  noteMoves(FIRST_LEVEL + below + above);
  present = moveAtLevel(0);
  lowest = below === 0 ? present : moveAtLevel(FIRST_LEVEL + below - 1);
  highest = above === 0 ? present : moveAtLevel(FIRST_LEVEL + below + above - 1);
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
  for (let group: u32 = 0; group < <u32>CLASSES; group++) {
    const status = sweepClass(group);
    if (status !== STATUS_OK) return status;
  }
  return flushRows();
}

function sweepClass(group: u32): i32 {
  if (followed || group === WIDE_CLASS) forgetBounds();
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
          ? takeRows(255, 255, cold)
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
  v128.store(BASES, low);
  v128.store(BASES, high, 16);
  v128.store(WEIGHTS, ownLow);
  v128.store(WEIGHTS, ownHigh, 16);
  return takeRows(below & holders, above & holders, cold);
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
  return takeRows(
    (sweptSides & LOOK_BELOW) !== 0 ? fallen : 0,
    (sweptSides & LOOK_ABOVE) !== 0 ? fallen : 0,
    cold,
  );
}
