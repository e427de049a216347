// Where the screen keeps its pools: per class a dense array of lanes, eight to a block, in chunks. A pool that leaves
// is replaced by the last of its class, so a scan reads no gaps and chunks come back as classes shrink.

import {
  CHUNK_BYTES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  COLD_DIRECTORY,
  COLD_GAP,
  HEADER_LANES,
  HOT_DIRECTORY,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  LANE_DIRECTORY_BYTES,
  LANE_DIRECTORY_ENTRIES,
  NO_CLASS,
  NONE,
  POOL_CLASS,
  POOL_LANE,
  STILL_SLOT,
} from "../src/layout.ts";
import { poolRecord } from "./book.ts";
import { dropLanes, ensureLanes } from "./memory.ts";

/** The class of pools that are judged exactly at every scan: no legs in the block, and a constant that is not a number. */
export const WIDE_CLASS: u32 = 14;
const LARGEST_CLASS: u32 = 64;

/** Class of a pool of 1 or more legs: 1 to 8 exactly, then the next of 12, 16, 24, 32, 48, 64. */
export function classOf(legs: u32): u32 {
  if (legs <= 8) return legs - 1;
  if (legs > LARGEST_CLASS) return WIDE_CLASS;
  if (legs <= 16) return legs <= 12 ? 8 : 9;
  if (legs <= 32) return legs <= 24 ? 10 : 11;
  return legs <= 48 ? 12 : 13;
}

export function legsOfClass(group: u32): u32 {
  if (group < 8) return group + 1;
  if (group === WIDE_CLASS) return 0;
  const step = (group - 8) >> 1;
  return ((group & 1) === 0 ? <u32>12 : <u32>16) << step;
}

export function lanesOf(group: u32): u32 {
  return load<u32>(((<usize>group) << 2) + HEADER_LANES);
}

function setLanes(group: u32, lanes: u32): void {
  store<u32>(((<usize>group) << 2) + HEADER_LANES, lanes);
}

export function hotDirectory(group: u32): usize {
  return <usize>group * LANE_DIRECTORY_BYTES + HOT_DIRECTORY;
}

export function coldDirectory(group: u32): usize {
  return <usize>group * LANE_DIRECTORY_BYTES + COLD_DIRECTORY;
}

export function hotBytes(group: u32): u32 {
  return HOT_HEAD_BYTES + HOT_LEG_BYTES * legsOfClass(group);
}

/** Hot block that holds the lane. */
export function hotBlock(group: u32, lane: u32): usize {
  const bytes = hotBytes(group);
  const perChunk = CHUNK_BYTES / bytes;
  const block = lane >> 3;
  const entry = block / perChunk;
  const chunk = load<u32>(hotDirectory(group) + ((<usize>entry) << 2));
  return <usize>chunk + <usize>(block - entry * perChunk) * bytes;
}

/** Cold block that holds the lane. */
export function coldBlock(group: u32, lane: u32): usize {
  const block = lane >> 3;
  const chunk = load<u32>(coldDirectory(group) + ((<usize>(block / COLD_BLOCKS_PER_CHUNK)) << 2));
  return <usize>chunk + <usize>(block % COLD_BLOCKS_PER_CHUNK) * COLD_BYTES;
}

/** Writes one leg of a lane. */
export function setLaneLeg(block: usize, lane: u32, leg: u32, slot: u32, weight: f32): void {
  const place = block + <usize>leg * HOT_LEG_BYTES + HOT_HEAD_BYTES;
  store<u16>(place + ((<usize>(lane & 7)) << 1), <u16>(slot << 2));
  store<f32>(place + 16 + ((<usize>(lane & 7)) << 2), weight);
}

/** Makes the lane one that holds no pool. */
function clearLane(group: u32, lane: u32): void {
  const block = hotBlock(group, lane);
  const at = (<usize>(lane & 7)) << 2;
  store<f32>(block + at, 0);
  const legs = legsOfClass(group);
  for (let leg: u32 = 0; leg < legs; leg++) setLaneLeg(block, lane, leg, STILL_SLOT, 0);
  const cold = coldBlock(group, lane);
  store<i32>(cold + at, NONE);
  store<f32>(cold + at, 0, COLD_GAP);
}

/** Gives the pool a lane at the end of the class. False at the memory limit, with nothing changed. */
export function addLane(pool: u32, group: u32): bool {
  const lane = lanesOf(group);
  if ((lane & 7) === 0) {
    const block = lane >> 3;
    const entry = block / (CHUNK_BYTES / hotBytes(group));
    const coldEntry = block / COLD_BLOCKS_PER_CHUNK;
    if (!ensureLanes(hotDirectory(group), entry, LANE_DIRECTORY_ENTRIES)) return false;
    if (!ensureLanes(coldDirectory(group), coldEntry, LANE_DIRECTORY_ENTRIES)) return false;
    for (let i: u32 = 0; i < 8; i++) clearLane(group, lane + i);
  }
  store<i32>(coldBlock(group, lane) + ((<usize>(lane & 7)) << 2), pool);
  setLanes(group, lane + 1);
  const record = poolRecord(pool);
  store<u8>(record, <u8>group, POOL_CLASS);
  store<u32>(record, lane, POOL_LANE);
  return true;
}

/** Takes the pool's lane away, if it has one; the last lane of the class moves into its place. */
export function removeLane(pool: u32): void {
  const record = poolRecord(pool);
  const group = <u32>load<u8>(record, POOL_CLASS);
  if (group === NO_CLASS) return;
  const lane = load<u32>(record, POOL_LANE);
  const last = lanesOf(group) - 1;
  if (lane !== last) copyLane(group, last, lane);
  clearLane(group, last);
  setLanes(group, last);
  store<u8>(record, NO_CLASS, POOL_CLASS);
  store<i32>(record, NONE, POOL_LANE);
  if ((last & 7) !== 0) return;
  const block = last >> 3;
  const perChunk = CHUNK_BYTES / hotBytes(group);
  if (block % perChunk === 0) dropLanes(hotDirectory(group), block / perChunk);
  if (block % COLD_BLOCKS_PER_CHUNK === 0) {
    dropLanes(coldDirectory(group), block / COLD_BLOCKS_PER_CHUNK);
  }
}

function copyLane(group: u32, from: u32, to: u32): void {
  const source = hotBlock(group, from);
  const target = hotBlock(group, to);
  const fromAt = (<usize>(from & 7)) << 2;
  const toAt = (<usize>(to & 7)) << 2;
  store<f32>(target + toAt, load<f32>(source + fromAt));
  const legs = legsOfClass(group);
  for (let leg: u32 = 0; leg < legs; leg++) {
    const offset = <usize>leg * HOT_LEG_BYTES + HOT_HEAD_BYTES;
    const slot = load<u16>(source + offset + (fromAt >> 1)) >> 2;
    setLaneLeg(target, to, leg, slot, load<f32>(source + offset + 16 + fromAt));
  }
  const coldSource = coldBlock(group, from);
  const coldTarget = coldBlock(group, to);
  const moved = load<i32>(coldSource + fromAt);
  store<i32>(coldTarget + toAt, moved);
  store<f32>(coldTarget + toAt, load<f32>(coldSource + fromAt, COLD_GAP), COLD_GAP);
  store<u32>(poolRecord(moved), to, POOL_LANE);
}
