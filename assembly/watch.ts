// What the kernel keeps beside a pool once triggers are enabled: its nodes, the equity floor it is watched for, and in a byte its alert
// state and whether it waits to be evaluated. Whatever changes a pool puts it among those that wait, each at most once: room for every pool is
// made when the pool is, so that waiting never fails.

import {
  ALERT_DIRECTORY,
  ALERT_DIRECTORY_ENTRIES,
  HEADER_LEVELS,
  HEADER_MAY,
  HEADER_MUST,
  HEADER_TOP_POOL,
  HEADER_TRIGGERS,
  HEAPS_OF_SLOT,
  MAY_DIRECTORY,
  MUST_DIRECTORY,
  NONE,
  STATUS_CAPACITY,
  STATUS_OK,
  TRIGGERS_NEW,
  WAITING_DIRECTORY_ENTRIES,
  WATCH_DIRECTORY,
  WATCH_DIRECTORY_ENTRIES,
  WOKEN_DIRECTORY,
} from "../src/layout.ts";
import {
  ALERT_HAS_FLOOR,
  ALERT_IN_MAY,
  ALERT_IN_MUST,
  ALERT_MASK,
  ALERT_SHIFT,
  NODE_CHAIN,
  NODE_KIND,
  NODE_POOL,
  NODE_TARGET,
  WAITING_MASK,
  WAITING_SHIFT,
  WATCH_BYTES,
  WATCH_FLAGS,
  WATCH_FLOOR,
  WATCH_MASK,
  WATCH_NODE,
  WATCH_SHIFT,
} from "../src/layout-ticks.ts";
import { poolLives } from "./book.ts";
import { anyNode, freeNode, nodeRecord } from "./heaps.ts";
import { ensureRecords } from "./memory.ts";

export function triggersEnabled(): bool {
  return load<u32>(HEADER_TRIGGERS) !== 0;
}

export function watchRecord(pool: u32): usize {
  const chunk = load<u32>(((<usize>(pool >> WATCH_SHIFT)) << 2) + WATCH_DIRECTORY);
  return <usize>chunk + <usize>(pool & WATCH_MASK) * WATCH_BYTES;
}

/** Address of the byte that says how the pool stands and whether it waits. */
export function alertOf(pool: u32): usize {
  const chunk = load<u32>(((<usize>(pool >> ALERT_SHIFT)) << 2) + ALERT_DIRECTORY);
  return <usize>chunk + <usize>(pool & ALERT_MASK);
}

/** Address of a place in a list of waiting or woken pools. */
export function placeOf(directory: usize, index: u32): usize {
  const chunk = load<u32>(((<usize>(index >> WAITING_SHIFT)) << 2) + directory);
  return <usize>chunk + ((<usize>(index & WAITING_MASK)) << 2);
}

/** Makes room for whatever a tick notes of the pool. False at the memory limit. */
export function ensureWatch(pool: u32): bool {
  const waiting = pool >> WAITING_SHIFT;
  return (
    ensureRecords(WATCH_DIRECTORY, pool >> WATCH_SHIFT, WATCH_DIRECTORY_ENTRIES) &&
    ensureRecords(ALERT_DIRECTORY, pool >> ALERT_SHIFT, ALERT_DIRECTORY_ENTRIES) &&
    ensureRecords(MUST_DIRECTORY, waiting, WAITING_DIRECTORY_ENTRIES) &&
    ensureRecords(MAY_DIRECTORY, waiting, WAITING_DIRECTORY_ENTRIES) &&
    ensureRecords(WOKEN_DIRECTORY, waiting, WAITING_DIRECTORY_ENTRIES)
  );
}

/** Watches every pool from now on; each waits to be evaluated. */
export function enableTriggers(): i32 {
  if (triggersEnabled()) return STATUS_OK;
  const top = load<u32>(HEADER_TOP_POOL);
  for (let pool: u32 = 0; pool < top; pool++) if (!ensureWatch(pool)) return STATUS_CAPACITY;
  for (let pool: u32 = 0; pool < top; pool++) {
    const record = watchRecord(pool);
    store<u32>(record, 0, WATCH_FLAGS);
    store<i32>(record, NONE, WATCH_NODE);
    store<u8>(alertOf(pool), 0);
  }
  store<u32>(HEADER_TRIGGERS, TRIGGERS_NEW);
  queueAllPools();
  return STATUS_OK;
}

/** For a pool that has just been made; one that was freed may still wait under the same handle. */
export function beginWatch(pool: u32, fresh: bool): void {
  const record = watchRecord(pool);
  store<u32>(record, 0, WATCH_FLAGS);
  store<i32>(record, NONE, WATCH_NODE);
  if (fresh) store<u8>(alertOf(pool), 0);
  else forget(pool);
}

/** For a pool that goes: nothing is known of it. It may still wait; who comes to it looks whether it lives. */
export function endWatch(pool: u32): void {
  disarmPool(pool);
  forget(pool);
}

/** Nothing is known of the pool but whether it waits. */
function forget(pool: u32): void {
  const alert = alertOf(pool);
  store<u8>(alert, load<u8>(alert) & <u8>(ALERT_IN_MUST | ALERT_IN_MAY));
}

/** Lets go of the pool's nodes. */
export function disarmPool(pool: u32): void {
  const record = watchRecord(pool);
  let node = load<i32>(record, WATCH_NODE);
  while (node !== NONE) {
    const next = load<i32>(nodeRecord(node), NODE_CHAIN);
    freeNode(node);
    node = next;
  }
  store<i32>(record, NONE, WATCH_NODE);
}

/**
 * Empties the heaps of a slot that no leg follows any more: pools that did and have not been evaluated since let go of all their triggers.
 * False where a stop waits for its price.
 */
export function releaseHeaps(slot: u32): bool {
  for (let heap: u32 = 0; heap < <u32>HEAPS_OF_SLOT; heap++) {
    let node = anyNode(slot, heap);
    while (node !== NONE) {
      const record = nodeRecord(node);
      if (load<u8>(record, NODE_KIND) !== NODE_POOL) return false;
      const pool = load<u32>(record, NODE_TARGET);
      disarmPool(pool);
      node = anyNode(slot, heap);
    }
  }
  return true;
}

/** True where a tick may not leave the pool for later: the screen knows nothing of levels and floors. */
function isUrgent(state: u32): bool {
  return (state & ALERT_HAS_FLOOR) !== 0 || load<u32>(HEADER_LEVELS) !== 0;
}

export function poolIsUrgent(pool: u32): bool {
  return isUrgent(load<u8>(alertOf(pool)));
}

/** The pool waits to be evaluated. */
export function queuePool(pool: u32): void {
  const alert = alertOf(pool);
  const state = <u32>load<u8>(alert);
  const urgent = isUrgent(state);
  const mark = urgent ? ALERT_IN_MUST : ALERT_IN_MAY;
  if ((state & mark) !== 0 || (state & ALERT_IN_MUST) !== 0) return;
  store<u8>(alert, <u8>(state | mark));
  const header = urgent ? HEADER_MUST : HEADER_MAY;
  const count = load<u32>(header);
  store<u32>(placeOf(urgent ? MUST_DIRECTORY : MAY_DIRECTORY, count), pool);
  store<u32>(header, count + 1);
}

export function queueAllPools(): void {
  if (!triggersEnabled()) return;
  const top = load<u32>(HEADER_TOP_POOL);
  for (let pool: u32 = 0; pool < top; pool++) if (poolLives(pool)) queuePool(pool);
}

/** The equity at or below which ticks tell of the pool. */
export function setFloor(pool: u32, floor: i64, watched: bool): void {
  const record = watchRecord(pool);
  store<i64>(record, floor, WATCH_FLOOR);
  store<u32>(record, 0, WATCH_FLAGS);
  const alert = alertOf(pool);
  const state = <u32>load<u8>(alert) & ~ALERT_HAS_FLOOR;
  store<u8>(alert, <u8>(watched ? state | ALERT_HAS_FLOOR : state));
  queuePool(pool);
}
