// The kernel's own memory: chunks of 256 KiB from the end of linear memory, a free list of returned ones, and paged arrays
// over directories of chunk addresses. Allocation either succeeds or returns 0 with nothing changed.
import {
  CHUNK_BYTES,
  CHUNK_PAGES,
  FIXED_END,
  FIXED_PAGES,
  HEADER,
  HEADER_DIRTY,
  HEADER_FREE_CHUNK,
  HEADER_FREE_LEG,
  HEADER_FREE_POOL,
  HEADER_FREE_PRICE,
  HEADER_FREE_TABLE,
  HEADER_PAGE_LIMIT,
  HEADER_PAGES_USED,
  MAX_PAGES,
  NONE,
  STATUS_CAPACITY,
  STATUS_OK,
} from "../src/layout.ts";

if (FIXED_END > FIXED_PAGES << 16) ERROR("the fixed part does not fit FIXED_PAGES");
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
  return STATUS_OK;
}

/** A chunk's address, its contents undefined; 0 at the limit. */
export function allocateChunk(): usize {
  const free = load<u32>(HEADER_FREE_CHUNK);
  if (free !== 0) {
    store<u32>(HEADER_FREE_CHUNK, load<u32>(free));
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
export function releaseChunk(chunk: usize): void {
  store<u32>(chunk, load<u32>(HEADER_FREE_CHUNK));
  store<u32>(HEADER_FREE_CHUNK, <u32>chunk);
}

/** Makes sure that the directory's entry has a chunk. False at the limit. */
export function ensureChunk(directory: usize, entry: u32, entries: u32): bool {
  if (entry >= entries) return false;
  const slot = directory + ((<usize>entry) << 2);
  if (load<u32>(slot) !== 0) return true;
  const chunk = allocateChunk();
  if (chunk === 0) return false;
  store<u32>(slot, <u32>chunk);
  return true;
}

/** Takes the chunk of the directory's entry away. */
export function dropChunk(directory: usize, entry: u32): void {
  const slot = directory + ((<usize>entry) << 2);
  const chunk = <usize>load<u32>(slot);
  if (chunk === 0) return;
  store<u32>(slot, 0);
  releaseChunk(chunk);
}
