// Stop records, and stops as entries of a slot's heaps: one that is passed is put on the list of those fired, for which room is made
// when a stop is. A trailing stop that is not active yet waits in a heap too, with a group at hand for when it is passed.

import {
  FIRED_DIRECTORY,
  FIRED_DIRECTORY_ENTRIES,
  HEADER_FIRED,
  HEADER_FREE_STOP,
  HEADER_LIVE_STOPS,
  HEADER_TOP_STOP,
  HEAP_DOWN,
  HEAP_MUST,
  HEAP_UP,
  MARKS,
  NONE,
  STATUS_CAPACITY,
  STATUS_NO_MARK,
  STATUS_NO_RECORD,
  STATUS_OK,
  STOP_DIRECTORY,
  STOP_DIRECTORY_ENTRIES,
} from "../src/layout.ts";
import {
  NO_MARKET,
  NODE_HEAP,
  NODE_IDLE,
  NODE_KEY,
  NODE_SLOT,
  NODE_STOP,
  STOP_ACTIVATION,
  STOP_BEST,
  STOP_BYTES,
  STOP_FLAGS,
  STOP_GROUP,
  STOP_KIND,
  STOP_KIND_TRAILING,
  STOP_LIVE,
  STOP_MARKET,
  STOP_MASK,
  STOP_NEXT,
  STOP_NODE,
  STOP_PARTNER,
  STOP_PREV,
  STOP_SHIFT,
  STOP_SHORT,
  STOP_SLOT,
  STOP_TRIGGER,
  STOP_UP,
  STOP_WAITS_DOWN,
  STOP_WAITS_UP,
  WAITING_SHIFT,
} from "../src/layout-ticks.ts";
import {
  createNode,
  freeNode,
  insertNode,
  nodeRecord,
  passedNode,
  pendSlot,
  removeNode,
} from "./heaps.ts";
import { ensureRecords } from "./memory.ts";
import { priceLives } from "./prices.ts";
import { bestHeld, createGroup, followPrice, freeGroup, leaveGroup } from "./trailing.ts";
import { placeOf } from "./watch.ts";

const WAITS: u32 = STOP_WAITS_UP | STOP_WAITS_DOWN;

export function stopRecord(stop: u32): usize {
  const chunk = load<u32>(((<usize>(stop >> STOP_SHIFT)) << 2) + STOP_DIRECTORY);
  return <usize>chunk + <usize>(stop & STOP_MASK) * STOP_BYTES;
}

export function stopLives(stop: u32): bool {
  return (
    stop < load<u32>(HEADER_TOP_STOP) && (load<u32>(stopRecord(stop), STOP_FLAGS) & STOP_LIVE) !== 0
  );
}

function markAt(slot: u32): f64 {
  return load<f64>(((<usize>slot) << 3) + MARKS);
}

// ── records ─────────────────────────────────────────────────────────────────────────────────────────

export function createStop(): i32 {
  let stop = load<i32>(HEADER_FREE_STOP);
  if (stop !== NONE) {
    store<i32>(HEADER_FREE_STOP, load<i32>(stopRecord(stop), STOP_NEXT));
  } else {
    stop = load<i32>(HEADER_TOP_STOP);
    // Handles below this one are at most that many stops: all of them may fire in one tick.
    if (
      !ensureRecords(STOP_DIRECTORY, <u32>stop >> STOP_SHIFT, STOP_DIRECTORY_ENTRIES) ||
      !ensureRecords(FIRED_DIRECTORY, <u32>stop >> WAITING_SHIFT, FIRED_DIRECTORY_ENTRIES)
    ) {
      return STATUS_CAPACITY;
    }
    store<i32>(HEADER_TOP_STOP, stop + 1);
  }
  const record = stopRecord(stop);
  memory.fill(record, 0, STOP_BYTES);
  store<i32>(record, NONE, STOP_NEXT);
  store<i32>(record, NONE, STOP_PREV);
  store<i32>(record, NONE, STOP_NODE);
  store<i32>(record, NONE, STOP_GROUP);
  store<i32>(record, NONE, STOP_PARTNER);
  store<u16>(record, NO_MARKET, STOP_MARKET);
  store<u32>(record, STOP_LIVE, STOP_FLAGS);
  store<u32>(HEADER_LIVE_STOPS, load<u32>(HEADER_LIVE_STOPS) + 1);
  return stop;
}

export function removeStop(stop: u32): i32 {
  if (!stopLives(stop)) return STATUS_NO_RECORD;
  disarm(stop);
  const record = stopRecord(stop);
  store<u32>(record, 0, STOP_FLAGS);
  store<i32>(record, load<i32>(HEADER_FREE_STOP), STOP_NEXT);
  store<i32>(HEADER_FREE_STOP, stop);
  store<u32>(HEADER_LIVE_STOPS, load<u32>(HEADER_LIVE_STOPS) - 1);
  return STATUS_OK;
}

// ── arming ──────────────────────────────────────────────────────────────────────────────────────────

export function armStop(stop: u32): i32 {
  if (!stopLives(stop)) return STATUS_NO_RECORD;
  disarm(stop);
  const record = stopRecord(stop);
  const slot = load<u16>(record, STOP_SLOT);
  const trails = load<u8>(record, STOP_KIND) === STOP_KIND_TRAILING;
  const trigger = load<f64>(record, STOP_TRIGGER);
  if (!trails && trigger === 0) return STATUS_OK;
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  const node = createNode(<u8>NODE_STOP, stop);
  if (node === NONE) return STATUS_CAPACITY;
  let status: i32 = STATUS_OK;
  if (trails) {
    status = armTrailing(stop, record, slot, node);
  } else {
    const up = (load<u32>(record, STOP_FLAGS) & STOP_UP) !== 0;
    waitAt(node, slot, up, trigger);
  }
  if (status === STATUS_OK) store<i32>(record, node, STOP_NODE);
  else freeNode(node);
  return status;
}

function waitAt(node: i32, slot: u32, up: bool, price: f64): void {
  const heap = (up ? HEAP_UP : HEAP_DOWN) | HEAP_MUST;
  insertNode(node, slot, heap, price);
  pendIfPassed(slot, heap);
}

/** What the mark passes already is taken out by the next tick, whatever that moves. */
function pendIfPassed(slot: u32, heap: u32): void {
  // A mark of 0 was never set.
  if (markAt(slot) !== 0 && passedNode(slot, heap) !== NONE) pendSlot(slot);
}

function armTrailing(stop: u32, record: usize, slot: u32, node: i32): i32 {
  const mark = markAt(slot);
  const activation = load<f64>(record, STOP_ACTIVATION);
  let best = load<f64>(record, STOP_BEST);
  let flags = load<u32>(record, STOP_FLAGS);
  if (best !== 0) {
    flags &= ~WAITS;
  } else if ((flags & WAITS) === 0) {
    if (mark === 0) return STATUS_NO_MARK;
    if (activation > mark) flags |= STOP_WAITS_UP;
    else if (activation !== 0 && activation < mark) flags |= STOP_WAITS_DOWN;
    else best = mark;
  }
  if (best === 0) {
    const spare = createGroup();
    if (spare === NONE) return STATUS_CAPACITY;
    store<i32>(record, spare, STOP_GROUP);
    waitAt(node, slot, (flags & STOP_WAITS_UP) !== 0, activation);
  } else {
    if (!followPrice(stop, node, slot, best, NONE)) return STATUS_CAPACITY;
    pendIfPassed(slot, (flags & STOP_SHORT) !== 0 ? HEAP_UP | HEAP_MUST : HEAP_DOWN | HEAP_MUST);
  }
  store<u32>(record, flags, STOP_FLAGS);
  return STATUS_OK;
}

export function disarmStop(stop: u32): i32 {
  if (!stopLives(stop)) return STATUS_NO_RECORD;
  disarm(stop);
  return STATUS_OK;
}

function disarm(stop: u32): void {
  const record = stopRecord(stop);
  const node = load<i32>(record, STOP_NODE);
  if (node === NONE) return;
  const spare = load<i32>(record, STOP_GROUP);
  if (trailsNow(node)) {
    store<f64>(record, bestHeld(node), STOP_BEST);
    leaveGroup(node);
  } else {
    freeNode(node);
  }
  if (spare !== NONE) freeGroup(spare);
  store<i32>(record, NONE, STOP_GROUP);
  store<i32>(record, NONE, STOP_NODE);
}

/** True for the node of a stop in a group: it is in no heap of a slot. */
function trailsNow(node: i32): bool {
  return load<u8>(nodeRecord(node), NODE_HEAP) === NODE_IDLE;
}

/** Best price of a trailing stop so far, 0 where it does not follow yet. */
export function stopBest(stop: u32): f64 {
  if (!stopLives(stop)) return <f64>STATUS_NO_RECORD;
  const record = stopRecord(stop);
  const node = load<i32>(record, STOP_NODE);
  if (node !== NONE && trailsNow(node)) return bestHeld(node);
  return load<f64>(record, STOP_BEST);
}

// ── passed ──────────────────────────────────────────────────────────────────────────────────────────

/** The slot's mark passes the stop's node. */
export function popStop(stop: u32): void {
  const record = stopRecord(stop);
  const node = load<i32>(record, STOP_NODE);
  const spare = load<i32>(record, STOP_GROUP);
  if (spare !== NONE) {
    activate(stop, record, node, spare);
    return;
  }
  freeNode(node);
  store<i32>(record, NONE, STOP_NODE);
  fire(stop);
}

/** Follows from the price it waited for, which was met on the way, or from the mark where that is better. */
function activate(stop: u32, record: usize, node: i32, spare: i32): void {
  const at = nodeRecord(node);
  const price = abs<f64>(load<f64>(at, NODE_KEY));
  const slot = load<u16>(at, NODE_SLOT);
  const mark = markAt(slot);
  const flags = load<u32>(record, STOP_FLAGS);
  removeNode(node);
  store<i32>(record, NONE, STOP_GROUP);
  store<u32>(record, flags & ~WAITS, STOP_FLAGS);
  const best = (flags & STOP_SHORT) !== 0 ? min<f64>(price, mark) : max<f64>(price, mark);
  // The spare group makes it succeed.
  followPrice(stop, node, slot, best, spare);
}

/** Puts a stop on the list of the tick. */
export function fire(stop: u32): void {
  const count = load<u32>(HEADER_FIRED);
  store<u32>(placeOf(FIRED_DIRECTORY, count), stop);
  store<u32>(HEADER_FIRED, count + 1);
}
