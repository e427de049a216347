// The scan: every pool at any price vector, exactly. The screen passes over pools whose lower bound stands (no miss: docs/numbers.md),
// reports those whose upper bound is under water, and asks the exact path about the rest. A price outside its band moves by
// NaN, which no comparison passes, so the pools that hold it go to the exact path without a branch of their own.

import {
  CHUNK_BYTES,
  CLASSES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  COLD_GAP,
  HEADER_DIRTY,
  HEADER_EXACT,
  HEADER_FAULT_POOL,
  HEADER_TOP_LEG,
  HEADER_TOP_PRICE,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  LEG_POOL,
  LEG_PRICE,
  MARKS,
  MOVES,
  NO_CLASS,
  NONE,
  POOL_CLASS,
  POOL_LEGS,
  PRICE_ANCHOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_LEGS,
  PRICE_LIVE,
  PRICE_MOVED,
  RESULT_DIRECTORY,
  RESULT_DIRECTORY_ENTRIES,
  RESULT_MASK,
  RESULT_SHIFT,
  STATUS_CAPACITY,
  STATUS_OK,
  STILL_SLOT,
} from "../src/layout.ts";
import { clearDirty, legRecord, markLaneDirty, poolRecord } from "./book.ts";
import { writeLane } from "./bounds.ts";
import { beginDeepest, Depths, endDeepest, noteDepth } from "./deepest.ts";
import {
  addLane,
  classOf,
  coldDirectory,
  hotBytes,
  hotDirectory,
  lanesOf,
  legsOfClass,
  removeLane,
} from "./lanes.ts";
import { dropLanes, ensureLanes } from "./memory.ts";
import { priceAt, priceRecord } from "./prices.ts";
import { judgePool } from "./valuation.ts";

// ── keeping the lanes true ──────────────────────────────────────────────────────────────────────────

/** Relative move of a price from its anchor, of its reciprocal in inverse terms. */
export function moveOf(record: usize, price: f64): f64 {
  const anchor = load<f64>(record, PRICE_ANCHOR);
  const inverse = (load<u32>(record, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  return (inverse ? anchor / price : price / anchor) - 1;
}

/** Anchors anew the prices whose mark nears the edge of its band (-1/2 to 1), and marks the pools that hold them. */
function anchorPrices(): void {
  const top = load<u32>(HEADER_TOP_PRICE);
  let moved = false;
  for (let slot: u32 = 0; slot < top; slot++) {
    const record = priceRecord(slot);
    const flags = load<u32>(record, PRICE_FLAGS);
    if ((flags & PRICE_LIVE) === 0 || load<u32>(record, PRICE_LEGS) === 0) continue;
    const mark = <f64>priceAt(MARKS, slot);
    if (mark === 0) continue;
    const move = moveOf(record, mark);
    if (move > -0.4 && move < 0.8) continue;
    store<f64>(record, mark, PRICE_ANCHOR);
    store<u32>(record, flags | PRICE_MOVED, PRICE_FLAGS);
    moved = true;
  }
  if (!moved) return;
  const legs = load<u32>(HEADER_TOP_LEG);
  for (let leg: u32 = 0; leg < legs; leg++) {
    const record = legRecord(leg);
    const pool = load<i32>(record, LEG_POOL);
    if (pool === NONE) continue;
    const price = priceRecord(load<u16>(record, LEG_PRICE));
    if ((load<u32>(price, PRICE_FLAGS) & PRICE_MOVED) !== 0) markLaneDirty(pool);
  }
  for (let slot: u32 = 0; slot < top; slot++) {
    const record = priceRecord(slot);
    store<u32>(record, load<u32>(record, PRICE_FLAGS) & ~PRICE_MOVED, PRICE_FLAGS);
  }
}

/** Takes in every pool changed since the last scan. At the memory limit the rest stays on the dirty list. */
export function prepare(): i32 {
  anchorPrices();
  let pool = load<i32>(HEADER_DIRTY);
  while (pool !== NONE) {
    const record = poolRecord(pool);
    const legs = <u32>load<u16>(record, POOL_LEGS);
    const group = legs === 0 ? NO_CLASS : classOf(legs);
    if (group !== load<u8>(record, POOL_CLASS)) {
      removeLane(pool);
      if (group !== NO_CLASS && !addLane(pool, group)) return STATUS_CAPACITY;
    }
    if (group !== NO_CLASS) writeLane(pool);
    clearDirty(record);
    pool = load<i32>(HEADER_DIRTY);
  }
  return STATUS_OK;
}

// ── scanning ────────────────────────────────────────────────────────────────────────────────────────

let resultCount: u32 = 0;
let exactCount: u32 = 0;
/** The vector under scan, for the exact path. */
let scanned: usize = 0;
/** The deepest are asked for. */
let gathers: bool = false;

/** Liquidatable pools at a vector (MARKS or TRIALS) into the result list; their number, or a status < 0. */
export function scan(vector: usize): i32 {
  const status = prepare();
  if (status !== STATUS_OK) return status;
  setMoves(vector);
  scanned = vector;
  resultCount = 0;
  exactCount = 0;
  gathers = beginDeepest();
  let outcome: i32 = STATUS_OK;
  for (let group: u32 = 0; group < <u32>CLASSES && outcome === STATUS_OK; group++) {
    outcome = scanClass(group);
  }
  store<u32>(HEADER_EXACT, exactCount);
  if (gathers) endDeepest();
  trimResults();
  return outcome === STATUS_OK ? <i32>resultCount : outcome;
}

/** Gives result chunks beyond the list back. */
function trimResults(): void {
  let entry = (resultCount + RESULT_MASK) >> RESULT_SHIFT;
  while (
    entry < <u32>RESULT_DIRECTORY_ENTRIES &&
    load<u32>(((<usize>entry) << 2) + RESULT_DIRECTORY) !== 0
  ) {
    dropLanes(RESULT_DIRECTORY, entry++);
  }
}

export function setMoves(vector: usize): void {
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let slot: u32 = 0; slot < top; slot++) {
    const move = moveOf(priceRecord(slot), <f64>priceAt(vector, slot));
    // Written so that NaN (a free slot, no anchor) stays NaN.
    store<f32>(((<usize>slot) << 2) + MOVES, move >= -0.5 && move <= 1 ? <f32>move : NaN);
  }
  store<f32>(MOVES + (STILL_SLOT << 2), 0);
}

function scanClass(group: u32): i32 {
  const lanes = lanesOf(group);
  const legs = legsOfClass(group);
  const bytes = hotBytes(group);
  const perChunk = CHUNK_BYTES / bytes;
  const hot = hotDirectory(group);
  const cold = coldDirectory(group);
  const blocks = (lanes + 7) >> 3;
  let block: u32 = 0;
  while (block < blocks) {
    // A run of blocks within one hot and one cold chunk.
    const hotEntry = block / perChunk;
    const coldEntry = block / COLD_BLOCKS_PER_CHUNK;
    const hotEnd = (hotEntry + 1) * perChunk;
    const coldEnd = (coldEntry + 1) * COLD_BLOCKS_PER_CHUNK;
    const end = min(blocks, min(hotEnd, coldEnd));
    const hotAt =
      <usize>load<u32>(hot + ((<usize>hotEntry) << 2)) + <usize>(block % perChunk) * bytes;
    const coldAt =
      <usize>load<u32>(cold + ((<usize>coldEntry) << 2)) +
      <usize>(block % COLD_BLOCKS_PER_CHUNK) * COLD_BYTES;
    let status: i32 = STATUS_OK;
    const count = end - block;
    if (legs === 1) status = scanRun1(hotAt, coldAt, count);
    else if (legs === 2) status = scanRun2(hotAt, coldAt, count);
    else if (legs === 3) status = scanRun3(hotAt, coldAt, count);
    else if (legs === 4) status = scanRun4(hotAt, coldAt, count);
    else status = scanRun(hotAt, coldAt, count, legs);
    if (status !== STATUS_OK) return status;
    block = end;
  }
  return STATUS_OK;
}

class Lanes {
  /** bound + weight · move for lanes 0 to 3 of one leg at `leg`. */
  @inline static low(leg: usize, bound: v128): v128 {
    const moves = v128.load32_lane(
      <usize>load<u16>(leg, 6),
      v128.load32_lane(
        <usize>load<u16>(leg, 4),
        v128.load32_lane(
          <usize>load<u16>(leg, 2),
          v128.load32_zero(<usize>load<u16>(leg), MOVES),
          1,
          MOVES,
        ),
        2,
        MOVES,
      ),
      3,
      MOVES,
    );
    return f32x4.add(bound, f32x4.mul(v128.load(leg, 16), moves));
  }

  /** The same for lanes 4 to 7. */
  @inline static high(leg: usize, bound: v128): v128 {
    const moves = v128.load32_lane(
      <usize>load<u16>(leg, 14),
      v128.load32_lane(
        <usize>load<u16>(leg, 12),
        v128.load32_lane(
          <usize>load<u16>(leg, 10),
          v128.load32_zero(<usize>load<u16>(leg, 8), MOVES),
          1,
          MOVES,
        ),
        2,
        MOVES,
      ),
      3,
      MOVES,
    );
    return f32x4.add(bound, f32x4.mul(v128.load(leg, 32), moves));
  }

  /** Lanes whose bound is not >= 0, as eight bits; NaN counts. */
  @inline static fallen(low: v128, high: v128): i32 {
    const zero = f32x4.splat(0);
    return (i32x4.bitmask(f32x4.ge(low, zero)) | (i32x4.bitmask(f32x4.ge(high, zero)) << 4)) ^ 255;
  }
}

/** Reports or judges the fallen lanes of a block. */
function settle(fallen: i32, low: v128, high: v128, cold: usize): i32 {
  const zero = f32x4.splat(0);
  const gapLow = v128.load(cold, COLD_GAP);
  const gapHigh = v128.load(cold, COLD_GAP + 16);
  const drownedLow = f32x4.lt(f32x4.add(low, gapLow), zero);
  const drownedHigh = f32x4.lt(f32x4.add(high, gapHigh), zero);
  if (gathers) Depths.open(low, high, gapLow, gapHigh);
  const drowned = i32x4.bitmask(drownedLow) | (i32x4.bitmask(drownedHigh) << 4);
  let left = fallen;
  while (left !== 0) {
    const lane = ctz(left);
    left &= left - 1;
    const pool = load<i32>(cold + ((<usize>lane) << 2));
    if (((drowned >> lane) & 1) === 0) {
      const verdict = judge(pool);
      if (verdict < 0) return verdict;
      if (verdict === 0) continue;
    }
    if ((resultCount & RESULT_MASK) === 0) {
      const entry = resultCount >> RESULT_SHIFT;
      if (!ensureLanes(RESULT_DIRECTORY, entry, RESULT_DIRECTORY_ENTRIES)) return STATUS_CAPACITY;
      resultChunk = load<u32>(((<usize>entry) << 2) + RESULT_DIRECTORY);
    }
    store<i32>(resultChunk + ((<usize>(resultCount & RESULT_MASK)) << 2), pool);
    resultCount++;
    if (gathers) noteDepth(pool, lane);
  }
  return STATUS_OK;
}

let resultChunk: usize = 0;

function judge(pool: i32): i32 {
  exactCount++;
  const verdict = judgePool(poolRecord(pool), scanned);
  if (verdict < 0) store<i32>(HEADER_FAULT_POOL, pool);
  return verdict;
}

// Pools of one to four legs have loops of their own, unrolled: a fifth faster than a loop over legs, and most pools are such.

function scanRun1(hot: usize, cold: usize, blocks: u32): i32 {
  for (let i: u32 = 0; i < blocks; i++) {
    const low = Lanes.low(hot + 32, v128.load(hot));
    const high = Lanes.high(hot + 32, v128.load(hot, 16));
    const fallen = Lanes.fallen(low, high);
    if (fallen !== 0) {
      const status = settle(fallen, low, high, cold);
      if (status !== STATUS_OK) return status;
    }
    hot += 80;
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}

function scanRun2(hot: usize, cold: usize, blocks: u32): i32 {
  for (let i: u32 = 0; i < blocks; i++) {
    const low = Lanes.low(hot + 80, Lanes.low(hot + 32, v128.load(hot)));
    const high = Lanes.high(hot + 80, Lanes.high(hot + 32, v128.load(hot, 16)));
    const fallen = Lanes.fallen(low, high);
    if (fallen !== 0) {
      const status = settle(fallen, low, high, cold);
      if (status !== STATUS_OK) return status;
    }
    hot += 128;
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}

function scanRun3(hot: usize, cold: usize, blocks: u32): i32 {
  for (let i: u32 = 0; i < blocks; i++) {
    const low = Lanes.low(hot + 128, Lanes.low(hot + 80, Lanes.low(hot + 32, v128.load(hot))));
    const high = Lanes.high(
      hot + 128,
      Lanes.high(hot + 80, Lanes.high(hot + 32, v128.load(hot, 16))),
    );
    const fallen = Lanes.fallen(low, high);
    if (fallen !== 0) {
      const status = settle(fallen, low, high, cold);
      if (status !== STATUS_OK) return status;
    }
    hot += 176;
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}

function scanRun4(hot: usize, cold: usize, blocks: u32): i32 {
  for (let i: u32 = 0; i < blocks; i++) {
    const low = Lanes.low(
      hot + 176,
      Lanes.low(hot + 128, Lanes.low(hot + 80, Lanes.low(hot + 32, v128.load(hot)))),
    );
    const high = Lanes.high(
      hot + 176,
      Lanes.high(hot + 128, Lanes.high(hot + 80, Lanes.high(hot + 32, v128.load(hot, 16)))),
    );
    const fallen = Lanes.fallen(low, high);
    if (fallen !== 0) {
      const status = settle(fallen, low, high, cold);
      if (status !== STATUS_OK) return status;
    }
    hot += 224;
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}

function scanRun(hot: usize, cold: usize, blocks: u32, legs: u32): i32 {
  for (let i: u32 = 0; i < blocks; i++) {
    let low = v128.load(hot);
    let high = v128.load(hot, 16);
    hot += HOT_HEAD_BYTES;
    for (let leg: u32 = 0; leg < legs; leg++) {
      low = Lanes.low(hot, low);
      high = Lanes.high(hot, high);
      hot += HOT_LEG_BYTES;
    }
    const fallen = Lanes.fallen(low, high);
    if (fallen !== 0) {
      const status = settle(fallen, low, high, cold);
      if (status !== STATUS_OK) return status;
    }
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}
