// Who waits for which price: four pairing heaps per price slot, by the direction that passes their entries and by whether a tick may leave
// them for later. Pairing heaps are linked through their own nodes: an entry goes in with one comparison and out of any place, and
// memory is what the entries take, whatever becomes of a market. An entry that is to wait for a farther price stays where it is until it
// comes to the top, and only then goes to its new place: most never do.

import {
  HEADER_FREE_NODE,
  HEADER_LIVE_NODES,
  HEADER_NODE_READS,
  HEADER_PENDING,
  HEADER_TOP_NODE,
  HEAP_MUST,
  HEAP_UP,
  HEAPS,
  HEAPS_OF_SLOT,
  MARKS,
  NODE_DIRECTORY,
  NODE_DIRECTORY_ENTRIES,
  NONE,
  PENDING_SLOTS,
  PRICE_FLAGS,
  PRICE_PENDING,
  SEARCH_STACK,
} from "../src/layout.ts";
import {
  BAND_BYTES,
  BAND_FIRST,
  BAND_LAST,
  NODE_BYTES,
  NODE_CHAIN,
  NODE_CHILD,
  NODE_HEAP,
  NODE_IDLE,
  NODE_KEY,
  NODE_KIND,
  NODE_LATER,
  NODE_NEXT,
  NODE_PREV,
  NODE_SLOT,
  NODE_TARGET,
  NODES_PER_CHUNK,
} from "../src/layout-ticks.ts";
import {
  bandOf,
  bandOfNode,
  bandsOf,
  countBehind,
  dropBanded,
  ensureBands,
  isAstray,
  isBanded,
  layBands,
  nearestBanded,
  pushBand,
} from "./bands.ts";
import { ensureRecords } from "./memory.ts";
import { priceRecord } from "./prices.ts";

export function nodeRecord(node: i32): usize {
  if (!ASC_NO_ASSERT) store<u32>(HEADER_NODE_READS, load<u32>(HEADER_NODE_READS) + 1);
  const entry = <u32>node / NODES_PER_CHUNK;
  const chunk = load<u32>(((<usize>entry) << 2) + NODE_DIRECTORY);
  return <usize>chunk + <usize>(<u32>node - entry * NODES_PER_CHUNK) * NODE_BYTES;
}

/** A node in no heap, or NONE at the memory limit. */
export function createNode(kind: u8, target: u32): i32 {
  let node = load<i32>(HEADER_FREE_NODE);
  if (node !== NONE) {
    store<i32>(HEADER_FREE_NODE, load<i32>(nodeRecord(node), NODE_NEXT));
  } else {
    node = load<i32>(HEADER_TOP_NODE);
    if (!ensureRecords(NODE_DIRECTORY, <u32>node / NODES_PER_CHUNK, NODE_DIRECTORY_ENTRIES)) {
      return NONE;
    }
    store<i32>(HEADER_TOP_NODE, node + 1);
  }
  const record = nodeRecord(node);
  store<i32>(record, NONE, NODE_CHILD);
  store<i32>(record, NONE, NODE_NEXT);
  store<i32>(record, NONE, NODE_PREV);
  store<i32>(record, NONE, NODE_CHAIN);
  store<u32>(record, target, NODE_TARGET);
  store<u8>(record, NODE_IDLE, NODE_HEAP);
  store<u8>(record, kind, NODE_KIND);
  store<u32>(HEADER_LIVE_NODES, load<u32>(HEADER_LIVE_NODES) + 1);
  return node;
}

/** Takes the node out of its heap, if it is in one, and gives it back. */
export function freeNode(node: i32): void {
  removeNode(node);
  store<i32>(nodeRecord(node), load<i32>(HEADER_FREE_NODE), NODE_NEXT);
  store<i32>(HEADER_FREE_NODE, node);
  store<u32>(HEADER_LIVE_NODES, load<u32>(HEADER_LIVE_NODES) - 1);
}

// ── pairing heaps ───────────────────────────────────────────────────────────────────────────────────

/** One heap of two, by their roots (NONE for an empty one); the root of it. */
export function meldNodes(a: i32, b: i32): i32 {
  if (a === NONE) return b;
  if (b === NONE) return a;
  const aRecord = nodeRecord(a);
  const bRecord = nodeRecord(b);
  if (load<f64>(bRecord, NODE_KEY) < load<f64>(aRecord, NODE_KEY)) {
    adopt(b, bRecord, a, aRecord);
    return b;
  }
  adopt(a, aRecord, b, bRecord);
  return a;
}

function adopt(parent: i32, parentRecord: usize, child: i32, childRecord: usize): void {
  const eldest = load<i32>(parentRecord, NODE_CHILD);
  store<i32>(childRecord, eldest, NODE_NEXT);
  store<i32>(childRecord, parent, NODE_PREV);
  if (eldest !== NONE) store<i32>(nodeRecord(eldest), child, NODE_PREV);
  store<i32>(parentRecord, child, NODE_CHILD);
}

/**
 * One heap of a list of siblings, melded two by two in rounds: balanced, so that many that came in one by one cost the heap their number
 * once and not again at each that leaves.
 */
function pairUp(first: i32): i32 {
  let list = first;
  while (list !== NONE && load<i32>(nodeRecord(list), NODE_NEXT) !== NONE) {
    let rest = list;
    let head: i32 = NONE;
    let tail: usize = 0;
    while (rest !== NONE) {
      const a = rest;
      const b = load<i32>(nodeRecord(a), NODE_NEXT);
      rest = b === NONE ? NONE : load<i32>(nodeRecord(b), NODE_NEXT);
      const winner = meldNodes(a, b);
      if (tail === 0) head = winner;
      else store<i32>(tail, winner, NODE_NEXT);
      tail = nodeRecord(winner);
      store<i32>(tail, NONE, NODE_NEXT);
    }
    list = head;
  }
  if (list !== NONE) {
    store<i32>(nodeRecord(list), NONE, NODE_PREV);
    store<i32>(nodeRecord(list), NONE, NODE_NEXT);
  }
  return list;
}

/** Takes a node out of the heap with that root; the new root. The node is left without links. */
export function cutNode(root: i32, node: i32): i32 {
  const record = nodeRecord(node);
  const children = pairUp(load<i32>(record, NODE_CHILD));
  store<i32>(record, NONE, NODE_CHILD);
  if (root === node) return children;
  unlink(record, node);
  return meldNodes(root, children);
}

/** Takes a node that is no root from its siblings. */
function unlink(record: usize, node: i32): void {
  const previous = load<i32>(record, NODE_PREV);
  const next = load<i32>(record, NODE_NEXT);
  const before = nodeRecord(previous);
  if (load<i32>(before, NODE_CHILD) === node) store<i32>(before, next, NODE_CHILD);
  else store<i32>(before, next, NODE_NEXT);
  if (next !== NONE) store<i32>(nodeRecord(next), previous, NODE_PREV);
  store<i32>(record, NONE, NODE_NEXT);
  store<i32>(record, NONE, NODE_PREV);
}

// ── the heaps of a slot ─────────────────────────────────────────────────────────────────────────────

/** Where the root of a slot's heap stands. */
function rootOf(slot: u32, heap: u32): usize {
  return ((<usize>(slot * HEAPS_OF_SLOT + heap)) << 2) + HEAPS;
}

/** Some entry that waits for the slot's price in that direction, or NONE. */
export function anyNode(slot: u32, heap: u32): i32 {
  const root = load<i32>(rootOf(slot, heap));
  if (root !== NONE) return root;
  const bands: usize = (heap & HEAP_MUST) !== 0 ? 0 : bandsOf(slot, heap);
  return bands === 0 ? NONE : nearestBanded(bands, BAND_LAST);
}

/** Nothing waits for the slot's price yet. */
export function clearHeaps(slot: u32): void {
  for (let heap: u32 = 0; heap < <u32>HEAPS_OF_SLOT; heap++) store<i32>(rootOf(slot, heap), NONE);
}

/** Passed in heaps of direction up by marks at or above the price, in heaps of direction down by marks at or below it. */
export function insertNode(node: i32, slot: u32, heap: u32, price: f64): void {
  const record = nodeRecord(node);
  store<u16>(record, <u16>slot, NODE_SLOT);
  store<u8>(record, <u8>heap, NODE_HEAP);
  place(node, record, keyOf(heap, price));
}

function keyOf(heap: u32, price: f64): f64 {
  return (heap & HEAP_UP) !== 0 ? price : -price;
}

function markKey(slot: u32, heap: u32): f64 {
  return keyOf(heap, load<f64>(((<usize>slot) << 3) + MARKS));
}

/** Puts an unlinked node where its key is to wait: beyond the mark's band with those of its own band, else in the heap. */
function place(node: i32, record: usize, key: f64): void {
  const heap = <u32>load<u8>(record, NODE_HEAP);
  if ((heap & HEAP_MUST) === 0) {
    const slot = <u32>load<u16>(record, NODE_SLOT);
    const bands = ensureBands(slot, heap);
    if (bands !== 0) {
      const mark = markKey(slot, heap);
      if (load<i32>(bands, BAND_FIRST) === NONE) layBands(bands, mark);
      const band = bandOf(bands, key);
      if (band > bandOf(bands, mark)) {
        pushBand(bands, band, node, record, key);
        return;
      }
    }
  }
  placeInHeap(node, record, key);
}

/** Puts an unlinked node, with what may hang below it, into its heap. */
function placeInHeap(node: i32, record: usize, key: f64): void {
  store<f64>(record, key, NODE_KEY);
  store<f64>(record, key, NODE_LATER);
  const root = rootOf(load<u16>(record, NODE_SLOT), load<u8>(record, NODE_HEAP));
  store<i32>(root, meldNodes(load<i32>(root), node));
}

/** Another price for a node that waits. */
export function moveNode(node: i32, price: f64): void {
  const record = nodeRecord(node);
  const slot = <u32>load<u16>(record, NODE_SLOT);
  const heap = <u32>load<u8>(record, NODE_HEAP);
  const key = keyOf(heap, price);
  const bands: usize = isBanded(record) ? bandsOf(slot, heap) : 0;
  const stays =
    bands === 0
      ? load<i32>(rootOf(slot, heap)) === node && key < load<f64>(record, NODE_KEY)
      : bandOf(bands, key) === bandOfNode(record);
  if (stays) {
    store<f64>(record, key, NODE_KEY);
    store<f64>(record, key, NODE_LATER);
  } else if (key >= load<f64>(record, NODE_KEY)) {
    store<f64>(record, key, NODE_LATER);
  } else if (bands !== 0) {
    dropBanded(bands, record);
    place(node, record, key);
  } else {
    // What hangs below it has keys no smaller than its old one: it comes along.
    unlink(record, node);
    placeInHeap(node, record, key);
  }
}

/** Takes the node out of where it waits, if it does; it stays allocated. */
export function removeNode(node: i32): void {
  const record = nodeRecord(node);
  const heap = <u32>load<u8>(record, NODE_HEAP);
  if (heap >= <u32>HEAPS_OF_SLOT) return;
  const slot = <u32>load<u16>(record, NODE_SLOT);
  if (isBanded(record)) dropBanded(bandsOf(slot, heap), record);
  else {
    const root = rootOf(slot, heap);
    store<i32>(root, cutNode(load<i32>(root), node));
  }
  store<u8>(record, NODE_IDLE, NODE_HEAP);
}

/** An entry of a slot's heap that its mark passes, the first where they may not wait; else NONE. */
export function passedNode(slot: u32, heap: u32): i32 {
  const root = rootOf(slot, heap);
  const mark = markKey(slot, heap);
  let node = load<i32>(root);
  while (node !== NONE) {
    const record = nodeRecord(node);
    if (mark < load<f64>(record, NODE_KEY)) break;
    const later = load<f64>(record, NODE_LATER);
    if (mark >= later) return node;
    store<i32>(root, cutNode(node, node));
    place(node, record, later);
    node = load<i32>(root);
  }
  return (heap & HEAP_MUST) !== 0 ? NONE : passedInBands(slot, heap, mark);
}

/** A node of the bands that the mark has left behind; where there is none, those of its own band come to the heap, and its first may be it. */
function passedInBands(slot: u32, heap: u32, mark: f64): i32 {
  const bands = bandsOf(slot, heap);
  if (bands === 0 || load<i32>(bands, BAND_FIRST) === NONE) return NONE;
  const own = bandOf(bands, mark);
  let poured = false;
  let node = nearestBanded(bands, own);
  while (node !== NONE) {
    const record = nodeRecord(node);
    const later = load<f64>(record, NODE_LATER);
    if (bandOfNode(record) < own && mark >= later) return node;
    dropBanded(bands, record);
    place(node, record, later);
    poured = true;
    node = nearestBanded(bands, own);
  }
  return poured ? passedNode(slot, heap) : NONE;
}

/** About how many entries of a slot's heap that may wait its mark passes, without a look at any of them: those in the mark's own band do not count. */
export function countPassed(slot: u32, heap: u32): u32 {
  const bands = bandsOf(slot, heap);
  return bands === 0 ? 0 : countBehind(bands, markKey(slot, heap));
}

/** Lays the bands of a slot anew where its mark has gone to the end of them: one pass over those that wait there. */
export function layBandsAnew(slot: u32, heap: u32): void {
  const bands = bandsOf(slot, heap);
  const mark = markKey(slot, heap);
  if (bands === 0 || !isAstray(bands, mark)) return;
  memory.copy(SEARCH_STACK, bands, BAND_FIRST);
  layBands(bands, mark);
  for (let band: i32 = 0; band <= BAND_LAST; band++) {
    let node = load<i32>(<usize>band * BAND_BYTES + SEARCH_STACK);
    while (node !== NONE) {
      const record = nodeRecord(node);
      const next = load<i32>(record, NODE_NEXT);
      store<i32>(record, NONE, NODE_CHILD);
      store<i32>(record, NONE, NODE_NEXT);
      store<i32>(record, NONE, NODE_PREV);
      place(node, record, load<f64>(record, NODE_LATER));
      node = next;
    }
  }
}

/** Balances what came in since: one pass over the root's children. */
export function settleHeaps(slot: u32): void {
  for (let heap: u32 = 0; heap < <u32>HEAPS_OF_SLOT; heap++) {
    const root = load<i32>(rootOf(slot, heap));
    if (root === NONE) continue;
    const record = nodeRecord(root);
    const child = pairUp(load<i32>(record, NODE_CHILD));
    store<i32>(record, child, NODE_CHILD);
    if (child !== NONE) store<i32>(nodeRecord(child), root, NODE_PREV);
  }
}

// ── slots to look at ────────────────────────────────────────────────────────────────────────────────

/** The slot's heaps may hold passed entries: the next tick looks at them, whatever it moves. */
export function pendSlot(slot: u32): void {
  const record = priceRecord(slot);
  const flags = load<u32>(record, PRICE_FLAGS);
  if ((flags & PRICE_PENDING) !== 0) return;
  store<u32>(record, flags | PRICE_PENDING, PRICE_FLAGS);
  const count = load<u32>(HEADER_PENDING);
  store<u16>(((<usize>count) << 1) + PENDING_SLOTS, <u16>slot);
  store<u32>(HEADER_PENDING, count + 1);
}
