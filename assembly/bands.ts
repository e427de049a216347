// Triggers that are far from the mark: unordered lists, one to each band of prices (a 64th of an octave), for the two heaps of a slot
// that may wait. Going in and coming out writes to neighbours in the list and reads nothing of them, where a heap would compare: most
// triggers never come near. A band that the mark has left behind is passed as a whole; the one in which it stands goes to the heap.

import { BAND_DIRECTORY, BAND_DIRECTORY_ENTRIES, CHUNK_BYTES, NONE } from "../src/layout.ts";
import {
  BAND_BYTES,
  BAND_CURSOR,
  BAND_FIRST,
  BAND_LAST,
  BAND_NODES,
  BANDS_BYTES,
  BANDS_MASK,
  BANDS_SHIFT,
  NODE_CHILD,
  NODE_KEY,
  NODE_LATER,
  NODE_NEXT,
  NODE_PREV,
} from "../src/layout-ticks.ts";
import { nodeRecord } from "./heaps.ts";
import { ensureRecords } from "./memory.ts";

/** Of a double's bits, those below the band's. */
const WITHIN: u64 = 46;
/** Bands on the near side of the mark where the window is laid: an octave. */
const BEHIND: i32 = 64;
/** The window is laid anew once the mark is so many bands into it. */
const FARTHEST: i32 = 188;

/** The bands of a slot's heap, or 0 before it had any. */
export function bandsOf(slot: u32, heap: u32): usize {
  const index = (slot << 1) | heap;
  const chunk = load<u32>(((<usize>(index >> BANDS_SHIFT)) << 2) + BAND_DIRECTORY);
  return chunk === 0 ? 0 : <usize>chunk + <usize>(index & BANDS_MASK) * BANDS_BYTES;
}

/** The same, made where there is room for it. */
export function ensureBands(slot: u32, heap: u32): usize {
  const bands = bandsOf(slot, heap);
  if (bands !== 0) return bands;
  const entry = ((slot << 1) | heap) >> BANDS_SHIFT;
  if (!ensureRecords(BAND_DIRECTORY, entry, BAND_DIRECTORY_ENTRIES)) return 0;
  // NONE everywhere: none of them is laid.
  memory.fill(load<u32>(((<usize>entry) << 2) + BAND_DIRECTORY), 0xff, CHUNK_BYTES);
  return bandsOf(slot, heap);
}

/** Grows with the key: the leading bits of the price's double, or minus them. */
function rankOf(key: f64): i32 {
  const rank = <i32>(reinterpret<u64>(abs<f64>(key)) >> WITHIN);
  return key < 0 ? -rank : rank;
}

/** A smaller band has smaller keys only; the first and the last have whatever is beyond them too. */
export function bandOf(bands: usize, key: f64): i32 {
  return max<i32>(0, min<i32>(BAND_LAST, rankOf(key) - load<i32>(bands, BAND_FIRST)));
}

/** True where the window is not about the mark. */
export function isAstray(bands: usize, mark: f64): bool {
  const place = rankOf(mark) - load<i32>(bands, BAND_FIRST);
  return load<i32>(bands, BAND_FIRST) === NONE || place < 0 || place > FARTHEST;
}

/** Lays the window about the mark, every list empty. */
export function layBands(bands: usize, mark: f64): void {
  for (let band: i32 = 0; band <= BAND_LAST; band++) {
    const list = listOf(bands, band);
    store<i32>(list, NONE);
    store<u32>(list, 0, BAND_NODES);
  }
  store<i32>(bands, rankOf(mark) - BEHIND, BAND_FIRST);
  store<i32>(bands, NONE, BAND_CURSOR);
}

// ── lists ───────────────────────────────────────────────────────────────────────────────────────────

function listOf(bands: usize, band: i32): usize {
  return bands + <usize>band * BAND_BYTES;
}

export function isBanded(record: usize): bool {
  return load<i32>(record, NODE_CHILD) < NONE;
}

/** Of a node in a list. */
export function bandOfNode(record: usize): i32 {
  return NONE - 1 - load<i32>(record, NODE_CHILD);
}

export function pushBand(bands: usize, band: i32, node: i32, record: usize, key: f64): void {
  const list = listOf(bands, band);
  const next = load<i32>(list);
  store<f64>(record, key, NODE_KEY);
  store<f64>(record, key, NODE_LATER);
  store<i32>(record, NONE - 1 - band, NODE_CHILD);
  store<i32>(record, NONE, NODE_PREV);
  store<i32>(record, next, NODE_NEXT);
  if (next !== NONE) store<i32>(nodeRecord(next), node, NODE_PREV);
  store<i32>(list, node);
  store<u32>(list, load<u32>(list, BAND_NODES) + 1, BAND_NODES);
  if (band <= load<i32>(bands, BAND_CURSOR)) store<i32>(bands, band - 1, BAND_CURSOR);
}

/** Takes a node out of its list; it is left without links. */
export function dropBanded(bands: usize, record: usize): void {
  const next = load<i32>(record, NODE_NEXT);
  const previous = load<i32>(record, NODE_PREV);
  const list = listOf(bands, bandOfNode(record));
  store<u32>(list, load<u32>(list, BAND_NODES) - 1, BAND_NODES);
  if (previous === NONE) store<i32>(list, next);
  else store<i32>(nodeRecord(previous), next, NODE_NEXT);
  if (next !== NONE) store<i32>(nodeRecord(next), previous, NODE_PREV);
  store<i32>(record, NONE, NODE_CHILD);
  store<i32>(record, NONE, NODE_NEXT);
  store<i32>(record, NONE, NODE_PREV);
}

/** First node of the nearest list that has any, up to a band; NONE where there is none. */
export function nearestBanded(bands: usize, last: i32): i32 {
  let cursor = load<i32>(bands, BAND_CURSOR);
  while (cursor < last) {
    const node = load<i32>(listOf(bands, cursor + 1));
    if (node !== NONE) break;
    cursor++;
  }
  store<i32>(bands, cursor, BAND_CURSOR);
  return cursor < last ? load<i32>(listOf(bands, cursor + 1)) : NONE;
}

/** How many nodes stand in lists that a mark has left behind; some of them may be to wait for a farther price. */
export function countBehind(bands: usize, mark: f64): u32 {
  if (load<i32>(bands, BAND_FIRST) === NONE) return 0;
  const own = bandOf(bands, mark);
  let count: u32 = 0;
  for (let band = load<i32>(bands, BAND_CURSOR) + 1; band < own; band++) {
    count += load<u32>(listOf(bands, band), BAND_NODES);
  }
  return count;
}
