// Rows: pools that a liquidation map's sweep cannot clear, gathered so that their records are waited for together. Where only the map's own
// price moves, a row has the screen's two bounds as lines in that move, which place most pools on their level: the lower one stands at
// every level before it, the upper one has fallen there (docs/numbers.md, "The liquidation map").

import { COLD_GAP, NONE, SCRATCH, SCRATCH_BYTES, SEARCH_STACK, STATUS_OK } from "../src/layout.ts";
import { MAP_MOVES } from "../src/layout-map.ts";
import { poolRecord, touchLegs } from "./book.ts";
import { levelRecord, mapSlot, priceAtLevel } from "./map-levels.ts";
import { followRows } from "./price-map.ts";
import { priceRecord } from "./prices.ts";
import { moveOf } from "./screen.ts";

/** Sides on which the screen leaves a pool open. */
export const LOOK_BELOW: u32 = 1;
export const LOOK_ABOVE: u32 = 2;

// A row stands above the points of a path in the same scratch.
export const ROWS: usize = SEARCH_STACK + 2_048;
export const ROW_BYTES: usize = 16;
/** u32: where the pool's handle stands in its cold block, and COLD_GAP behind it its gap. */
const ROW_COLD: usize = 0;
/** u32: sides to look at. */
const ROW_SIDES: usize = 4;
/** f32 each: the lower bound is base + weight · move. */
const ROW_BASE: usize = 8;
const ROW_WEIGHT: usize = 12;
const MOST_ROWS: u32 = 512;
let rows: u32 = 0;

/** f32 × 8 each: base and weight of the lanes of the block that is taken next. */
export const BASES: usize = ROWS + <usize>MOST_ROWS * ROW_BYTES;
export const WEIGHTS: usize = BASES + 32;
if (WEIGHTS + 32 > <usize>SCRATCH + SCRATCH_BYTES) ERROR("rows leave the scratch");

// ── moves of the map's price ────────────────────────────────────────────────────────────────────────

/** A slot's move at a price, NaN outside the band. */
export function moveInBand(slot: u32, price: u64): f32 {
  const move = moveOf(priceRecord(slot), <f64>price);
  return move >= -0.5 && move <= 1 ? <f32>move : NaN;
}

/** Notes the move of the map's slot at so many level records. */
export function noteMoves(records: u32): void {
  for (let record: u32 = 0; record < records; record++) {
    const move = moveInBand(mapSlot, priceAtLevel(mapSlot, levelRecord(record)));
    store<f32>(((<usize>record) << 2) + MAP_MOVES, move);
  }
}

/** The move at a level record. */
export function moveAtLevel(record: u32): f32 {
  return load<f32>(((<usize>record) << 2) + MAP_MOVES);
}

// ── rows in ─────────────────────────────────────────────────────────────────────────────────────────

/** Lanes taken from here on have no bounds. */
export function forgetBounds(): void {
  const none = f32x4.splat(NaN);
  v128.store(BASES, none);
  v128.store(BASES, none, 16);
  v128.store(WEIGHTS, none);
  v128.store(WEIGHTS, none, 16);
}

/** Takes the lanes of a block that are open below and above the mark. */
export function takeRows(below: i32, above: i32, cold: usize): i32 {
  let left = below | above;
  while (left !== 0) {
    const lane = ctz(left);
    left &= left - 1;
    const at = (<usize>lane) << 2;
    const row = ROWS + <usize>rows * ROW_BYTES;
    const sides = ((below >> lane) & 1) * LOOK_BELOW + ((above >> lane) & 1) * LOOK_ABOVE;
    store<u32>(row, <u32>(cold + at), ROW_COLD);
    store<u32>(row, sides, ROW_SIDES);
    store<f32>(row, load<f32>(BASES + at), ROW_BASE);
    store<f32>(row, load<f32>(WEIGHTS + at), ROW_WEIGHT);
    if (++rows < MOST_ROWS) continue;
    const status = flushRows();
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

/** What touching has read: kept, so that no compiler leaves the reading out. */
export let touched: u64 = 0;

/** Hands the rows on. */
export function flushRows(): i32 {
  const taken = rows;
  rows = 0;
  let sum: u64 = 0;
  for (let at: u32 = 0; at < taken; at++) {
    const pool = rowPool(ROWS + <usize>at * ROW_BYTES);
    if (pool !== NONE) sum += load<u64>(poolRecord(pool));
  }
  for (let at: u32 = 0; at < taken; at++) {
    const pool = rowPool(ROWS + <usize>at * ROW_BYTES);
    if (pool !== NONE) sum += touchLegs(poolRecord(pool));
  }
  touched = sum;
  return followRows(taken);
}

// ── rows out ────────────────────────────────────────────────────────────────────────────────────────

/** NONE where the lane holds no pool. */
export function rowPool(row: usize): i32 {
  return load<i32>(load<u32>(row, ROW_COLD));
}

export function rowSides(row: usize): u32 {
  return load<u32>(row, ROW_SIDES);
}

/** The lower bound at a level record. */
function boundAt(row: usize, record: u32): f32 {
  return load<f32>(row, ROW_BASE) + load<f32>(row, ROW_WEIGHT) * moveAtLevel(record);
}

function rowGap(row: usize): f32 {
  return load<f32>(load<u32>(row, ROW_COLD), COLD_GAP);
}

/** Certainly not liquidatable at the marks. */
export function standsAtMarks(row: usize): bool {
  return boundAt(row, 0) >= 0;
}

/** Certainly liquidatable at the marks. */
export function drownsAtMarks(row: usize): bool {
  return boundAt(row, 0) + rowGap(row) < 0;
}

/**
 * Record of the level, of `levels` from record `first` outward, at which a row that stands at the marks and is open on this side is certainly liquidatable while it
 * certainly is not at any before; 0 where the bounds do not tell. Levels that stand come first: moves only go one way, and so does
 * their product with a weight, rounded or not.
 */
export function placedLevel(row: usize, first: u32, levels: u32): u32 {
  let record = first;
  // The last level does not stand. Without a branch on what is compared: that would be guessed wrong half of the time.
  for (let left = levels; left > 1; ) {
    const half = left >> 1;
    record += half & -u32(boundAt(row, record + half - 1) >= 0);
    left -= half;
  }
  return boundAt(row, record) + rowGap(row) < 0 ? record : 0;
}
