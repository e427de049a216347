// The kernel's own memory: chunks of 256 KiB from the end of linear memory, a free list of returned ones, and paged arrays
// over directories of chunk addresses. Allocation either succeeds or returns 0 with nothing changed.
import {
  CHUNK_BYTES,
  CHUNK_PAGES,
  CLASSES,
  FIXED_PAGES,
  HEADER,
  HEADER_DIRTY,
  HEADER_FREE_CHUNK,
  HEADER_FREE_CHUNKS,
  HEADER_FREE_LEG,
  HEADER_FREE_NODE,
  HEADER_FREE_POOL,
  HEADER_FREE_PRICE,
  HEADER_FREE_STOP,
  HEADER_FREE_TABLE,
  HEADER_LANE_CHUNKS,
  HEADER_PAGE_LIMIT,
  HEADER_PAGES_USED,
  HEADER_TOP_LEG,
  HEADER_TOP_POOL,
  LEG_SHIFT,
  MAX_PAGES,
  NONE,
  POOL_SHIFT,
  STATUS_CAPACITY,
  STATUS_OK,
} from "../src/layout.ts";
import { STRESS_END } from "../src/layout-stress.ts";

if (STRESS_END > FIXED_PAGES << 16) ERROR("the fixed part does not fit FIXED_PAGES");
if (CHUNK_BYTES !== CHUNK_PAGES << 16) ERROR("a chunk is a whole number of pages");

/** Lays out the fixed part. Called once, before anything else. */
export function initialize(pageLimit: u32): i32 {
  assert(__heap_base <= <usize>HEADER, "static data reaches into the header");
  const missing = FIXED_PAGES - memory.size();
  if (missing > 0 && (<u32>FIXED_PAGES > pageLimit || memory.grow(missing) < 0)) {
    return STATUS_CAPACITY;
  }
  store<u32>(HEADER_PAGES_USED, FIXED_PAGES);
  store<u32>(HEADER_PAGE_LIMIT, min<u32>(pageLimit, MAX_PAGES));
  store<i32>(HEADER_FREE_LEG, NONE);
  store<i32>(HEADER_FREE_POOL, NONE);
  store<i32>(HEADER_FREE_TABLE, NONE);
  store<i32>(HEADER_FREE_PRICE, NONE);
  store<i32>(HEADER_DIRTY, NONE);
  store<i32>(HEADER_FREE_NODE, NONE);
  store<i32>(HEADER_FREE_STOP, NONE);
  return STATUS_OK;
}

/** A chunk's address, its contents undefined; 0 at the limit. */
function allocateChunk(): usize {
  const free = load<u32>(HEADER_FREE_CHUNK);
  if (free !== 0) {
    store<u32>(HEADER_FREE_CHUNK, load<u32>(free));
    store<u32>(HEADER_FREE_CHUNKS, load<u32>(HEADER_FREE_CHUNKS) - 1);
    return free;
  }
  const used = load<u32>(HEADER_PAGES_USED);
  if (used + CHUNK_PAGES > <u32>memory.size() && !grow(used)) return 0;
  store<u32>(HEADER_PAGES_USED, used + CHUNK_PAGES);
  return (<usize>used) << 16;
}

/** Grows by an eighth (views on the JavaScript side are remade at each growth), or by one chunk if that is refused. */
function grow(used: u32): bool {
  const limit = load<u32>(HEADER_PAGE_LIMIT);
  const size = <u32>memory.size();
  if (used + CHUNK_PAGES > limit) return false;
  const least = used + CHUNK_PAGES - size;
  const wanted = min<u32>(max<u32>(least, size >> 3), limit - size);
  return memory.grow(wanted) >= 0 || memory.grow(least) >= 0;
}

/** Returns a chunk for any later use. */
function releaseChunk(chunk: usize): void {
  store<u32>(chunk, load<u32>(HEADER_FREE_CHUNK));
  store<u32>(HEADER_FREE_CHUNK, <u32>chunk);
  store<u32>(HEADER_FREE_CHUNKS, load<u32>(HEADER_FREE_CHUNKS) + 1);
}

/**
 * Makes sure that the entry of a directory of records (pools, owners, legs, tables) has a chunk, but leaves enough of the limit for
 * the lanes and results of all records: what was taken in can always be scanned. False at the limit.
 */
export function ensureRecords(directory: usize, entry: u32, entries: u32): bool {
  if (entry >= entries) return false;
  if (load<u32>(((<usize>entry) << 2) + directory) !== 0) return true;
  const chunks =
    (load<u32>(HEADER_PAGE_LIMIT) - load<u32>(HEADER_PAGES_USED)) / CHUNK_PAGES +
    load<u32>(HEADER_FREE_CHUNKS);
  if (chunks + load<u32>(HEADER_LANE_CHUNKS) < 1 + lanesReserve()) return false;
  return fillEntry(directory, entry);
}

/**
 * Chunks that lanes and results can come to at most. A pool takes 4 bytes for its constant, 8 in the cold block, 4 in the
 * results: 16; a leg 6, times at most 1.5 for padding: 9. Per chunk of 8,192 records that is 1/2 and 9/32 of a chunk, with 2 % for
 * blocks that do not fill one; and each class and the results may hold a chunk they have just begun.
 */
function lanesReserve(): u32 {
  const poolChunks = (load<u32>(HEADER_TOP_POOL) >> POOL_SHIFT) + 2;
  const legChunks = (load<u32>(HEADER_TOP_LEG) >> LEG_SHIFT) + 2;
  return (poolChunks * 510 + legChunks * 287) / 1000 + 2 * CLASSES + 2;
}

/** Makes sure that the entry of a directory of lanes or results has a chunk. False at the limit. */
export function ensureLanes(directory: usize, entry: u32, entries: u32): bool {
  if (entry >= entries) return false;
  if (load<u32>(((<usize>entry) << 2) + directory) !== 0) return true;
  if (!fillEntry(directory, entry)) return false;
  store<u32>(HEADER_LANE_CHUNKS, load<u32>(HEADER_LANE_CHUNKS) + 1);
  return true;
}

function fillEntry(directory: usize, entry: u32): bool {
  const chunk = allocateChunk();
  if (chunk === 0) return false;
  store<u32>(((<usize>entry) << 2) + directory, <u32>chunk);
  return true;
}

/** Takes the chunk of a directory of records away, which nothing refers to any more. */
export function dropRecords(directory: usize, entry: u32): void {
  const slot = ((<usize>entry) << 2) + directory;
  const chunk = <usize>load<u32>(slot);
  if (chunk === 0) return;
  store<u32>(slot, 0);
  releaseChunk(chunk);
}

/** Takes the chunk of a directory of lanes or results away. */
export function dropLanes(directory: usize, entry: u32): void {
  const slot = ((<usize>entry) << 2) + directory;
  const chunk = <usize>load<u32>(slot);
  if (chunk === 0) return;
  store<u32>(slot, 0);
  releaseChunk(chunk);
  store<u32>(HEADER_LANE_CHUNKS, load<u32>(HEADER_LANE_CHUNKS) - 1);
}
