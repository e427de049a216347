// Pools and their legs: fixed-size records in paged arrays, each pool heading a linked list of its legs. Freed records go to
// free lists and are used again first, so memory is bounded by the peak. Whatever changes a pool puts it on the dirty list, from which the screen takes it in.

import {
  HEADER_DIRTY,
  HEADER_FREE_LEG,
  HEADER_FREE_POOL,
  HEADER_LIVE_LEGS,
  HEADER_LIVE_POOLS,
  HEADER_TOP_LEG,
  HEADER_TOP_POOL,
  LEG_BYTES,
  LEG_COST,
  LEG_DIRECTORY,
  LEG_DIRECTORY_ENTRIES,
  LEG_LEVERAGE,
  LEG_MASK,
  LEG_NEXT,
  LEG_POOL,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_SHIFT,
  LEG_TABLE,
  MAX_LEGS_PER_POOL,
  NO_CLASS,
  NONE,
  OWNER_BACKING,
  OWNER_BYTES,
  OWNER_DIRECTORY,
  OWNER_DIRECTORY_ENTRIES,
  OWNER_MASK,
  OWNER_NEXT,
  OWNER_OWNER,
  OWNER_SHIFT,
  OWNER_TAG,
  POOL_BYTES,
  POOL_CLASS,
  POOL_COLLATERAL,
  POOL_DIRECTORY,
  POOL_DIRECTORY_ENTRIES,
  POOL_DIRTY,
  POOL_FIRST_LEG,
  POOL_FLAGS,
  POOL_LANE,
  POOL_LEGS,
  POOL_LINK,
  POOL_LIVE,
  POOL_MASK,
  POOL_NEXT,
  POOL_PREV,
  POOL_SHIFT,
  PRICE_LEGS,
  STATUS_CAPACITY,
  STATUS_NO_RECORD,
  STATUS_OK,
  TABLE_LEGS,
} from "../src/layout.ts";
import { ensureRecords } from "./memory.ts";
import { priceLives, priceRecord } from "./prices.ts";
import { freshenTables, tableIsStale, tableLives, tableRecord } from "./tables.ts";
import { beginWatch, endWatch, ensureWatch, queuePool, triggersEnabled } from "./watch.ts";

/** Counts changes of pools, legs and marks: figures summed at one revision hold until the next. */
export let revision: u64 = 0;

export function revise(): void {
  revision++;
}

export function poolRecord(pool: u32): usize {
  const chunk = load<u32>(((<usize>(pool >> POOL_SHIFT)) << 2) + POOL_DIRECTORY);
  return <usize>chunk + <usize>(pool & POOL_MASK) * POOL_BYTES;
}

export function legRecord(leg: u32): usize {
  const chunk = load<u32>(((<usize>(leg >> LEG_SHIFT)) << 2) + LEG_DIRECTORY);
  return <usize>chunk + <usize>(leg & LEG_MASK) * LEG_BYTES;
}

export function ownerRecord(pool: u32): usize {
  const chunk = load<u32>(((<usize>(pool >> OWNER_SHIFT)) << 2) + OWNER_DIRECTORY);
  return <usize>chunk + <usize>(pool & OWNER_MASK) * OWNER_BYTES;
}

/** Legs of a pool that touchLegs reads at most. */
const MOST_TOUCHED: i32 = 16;

/**
 * Reads a word of every cache line of a pool's legs: whoever does so for many pools before it values the first waits for their memory once. Legs
 * mostly stand side by side, the first in a pool's list last: elsewhere the guess does no harm.
 */
export function touchLegs(pool: usize): u64 {
  const first = load<i32>(pool, POOL_FIRST_LEG);
  const last = max<i32>(0, first + 1 - min<i32>(<i32>load<u16>(pool, POOL_LEGS), MOST_TOUCHED));
  let sum = load<u64>(legRecord(last));
  for (let leg = first; leg > last; leg -= 2) sum += load<u64>(legRecord(leg));
  return sum;
}

export function poolLives(pool: u32): bool {
  return (
    pool < load<u32>(HEADER_TOP_POOL) && (load<u8>(poolRecord(pool), POOL_FLAGS) & POOL_LIVE) !== 0
  );
}

export function legLives(leg: u32): bool {
  return leg < load<u32>(HEADER_TOP_LEG) && load<i32>(legRecord(leg), LEG_POOL) !== NONE;
}

// ── pools ───────────────────────────────────────────────────────────────────────────────────────────

export function createPool(collateral: i64, owner: u32, tag: u32): i32 {
  revision++;
  let pool = load<i32>(HEADER_FREE_POOL);
  const fresh = pool === NONE;
  if (!fresh) {
    store<i32>(HEADER_FREE_POOL, load<i32>(poolRecord(pool), POOL_NEXT));
  } else {
    pool = load<i32>(HEADER_TOP_POOL);
    if (
      !ensureRecords(POOL_DIRECTORY, pool >> POOL_SHIFT, POOL_DIRECTORY_ENTRIES) ||
      !ensureRecords(OWNER_DIRECTORY, pool >> OWNER_SHIFT, OWNER_DIRECTORY_ENTRIES) ||
      (triggersEnabled() && !ensureWatch(pool))
    ) {
      return STATUS_CAPACITY;
    }
    store<i32>(HEADER_TOP_POOL, pool + 1);
  }
  const record = poolRecord(pool);
  store<i64>(record, collateral, POOL_COLLATERAL);
  store<i32>(record, NONE, POOL_FIRST_LEG);
  store<u16>(record, 0, POOL_LEGS);
  store<u8>(record, POOL_LIVE, POOL_FLAGS);
  store<u8>(record, NO_CLASS, POOL_CLASS);
  store<i32>(record, NONE, POOL_LANE);
  store<i32>(record, NONE, POOL_LINK);
  const belongs = ownerRecord(pool);
  store<u32>(belongs, owner, OWNER_OWNER);
  store<i32>(belongs, NONE, OWNER_NEXT);
  store<u32>(belongs, tag, OWNER_TAG);
  store<i32>(belongs, NONE, OWNER_BACKING);
  store<u32>(HEADER_LIVE_POOLS, load<u32>(HEADER_LIVE_POOLS) + 1);
  if (triggersEnabled()) beginWatch(pool, fresh);
  return pool;
}

/** Frees the pool and its legs. The screen has already let go of its lane. */
export function freePool(pool: u32): void {
  revision++;
  const record = poolRecord(pool);
  let leg = load<i32>(record, POOL_FIRST_LEG);
  while (leg !== NONE) {
    const next = load<i32>(legRecord(leg), LEG_NEXT);
    freeLeg(leg);
    leg = next;
  }
  clearDirty(record);
  if (triggersEnabled()) endWatch(pool);
  store<u8>(record, 0, POOL_FLAGS);
  store<i32>(record, load<i32>(HEADER_FREE_POOL), POOL_NEXT);
  store<i32>(HEADER_FREE_POOL, pool);
  store<u32>(HEADER_LIVE_POOLS, load<u32>(HEADER_LIVE_POOLS) - 1);
}

export function setCollateral(pool: u32, collateral: i64): i32 {
  if (!poolLives(pool)) return STATUS_NO_RECORD;
  store<i64>(poolRecord(pool), collateral, POOL_COLLATERAL);
  markDirty(pool);
  return STATUS_OK;
}

// ── the dirty list ──────────────────────────────────────────────────────────────────────────────────

/** The pool has changed. */
export function markDirty(pool: u32): void {
  revision++;
  if (triggersEnabled()) queuePool(pool);
  markLaneDirty(pool);
}

/** The pool's lane is not true any more. */
export function markLaneDirty(pool: u32): void {
  const record = poolRecord(pool);
  const flags = load<u8>(record, POOL_FLAGS);
  if ((flags & POOL_DIRTY) !== 0) return;
  store<u8>(record, flags | POOL_DIRTY, POOL_FLAGS);
  const head = load<i32>(HEADER_DIRTY);
  store<i32>(record, head, POOL_NEXT);
  store<i32>(record, NONE, POOL_PREV);
  if (head !== NONE) store<i32>(poolRecord(head), pool, POOL_PREV);
  store<i32>(HEADER_DIRTY, pool);
}

export function clearDirty(record: usize): void {
  const flags = load<u8>(record, POOL_FLAGS);
  if ((flags & POOL_DIRTY) === 0) return;
  store<u8>(record, flags & ~POOL_DIRTY, POOL_FLAGS);
  const next = load<i32>(record, POOL_NEXT);
  const previous = load<i32>(record, POOL_PREV);
  if (previous === NONE) store<i32>(HEADER_DIRTY, next);
  else store<i32>(poolRecord(previous), next, POOL_NEXT);
  if (next !== NONE) store<i32>(poolRecord(next), previous, POOL_PREV);
}

// ── legs ────────────────────────────────────────────────────────────────────────────────────────────

/** New leg at the head of the pool's list. The boundary has checked that quantity is a safe integer other than 0. */
export function createLeg(
  pool: u32,
  slot: u32,
  table: u32,
  quantity: f64,
  cost: i64,
  leverageMilli: u32,
): i32 {
  if (!poolLives(pool) || !priceLives(slot) || !tableLives(table)) return STATUS_NO_RECORD;
  const head = poolRecord(pool);
  const count = <i32>load<u16>(head, POOL_LEGS);
  if (count >= MAX_LEGS_PER_POOL) return STATUS_CAPACITY;
  let leg = load<i32>(HEADER_FREE_LEG);
  if (leg !== NONE) {
    store<i32>(HEADER_FREE_LEG, load<i32>(legRecord(leg), LEG_NEXT));
  } else {
    leg = load<i32>(HEADER_TOP_LEG);
    if (!ensureRecords(LEG_DIRECTORY, leg >> LEG_SHIFT, LEG_DIRECTORY_ENTRIES)) {
      return STATUS_CAPACITY;
    }
    store<i32>(HEADER_TOP_LEG, leg + 1);
  }
  const record = legRecord(leg);
  store<u16>(record, <u16>slot, LEG_PRICE);
  store<u16>(record, <u16>table, LEG_TABLE);
  store<f64>(record, quantity, LEG_QUANTITY);
  store<i64>(record, cost, LEG_COST);
  store<u32>(record, leverageMilli, LEG_LEVERAGE);
  countLeg(slot, table, 1);
  store<u32>(HEADER_LIVE_LEGS, load<u32>(HEADER_LIVE_LEGS) + 1);
  linkLeg(leg, pool);
  return leg;
}

export function setLeg(leg: u32, table: u32, quantity: f64, cost: i64, leverageMilli: u32): i32 {
  if (!legLives(leg) || !tableLives(table)) return STATUS_NO_RECORD;
  const record = legRecord(leg);
  const slot = load<u16>(record, LEG_PRICE);
  countLeg(slot, load<u16>(record, LEG_TABLE), -1);
  countLeg(slot, table, 1);
  store<u16>(record, <u16>table, LEG_TABLE);
  store<f64>(record, quantity, LEG_QUANTITY);
  store<i64>(record, cost, LEG_COST);
  store<u32>(record, leverageMilli, LEG_LEVERAGE);
  markDirty(load<i32>(record, LEG_POOL));
  return STATUS_OK;
}

export function removeLeg(leg: u32): i32 {
  if (!legLives(leg)) return STATUS_NO_RECORD;
  unlinkLeg(leg);
  freeLeg(leg);
  return STATUS_OK;
}

export function moveLeg(leg: u32, pool: u32): i32 {
  if (!legLives(leg) || !poolLives(pool)) return STATUS_NO_RECORD;
  if (load<u32>(legRecord(leg), LEG_POOL) === pool) return STATUS_OK;
  if (<i32>load<u16>(poolRecord(pool), POOL_LEGS) >= MAX_LEGS_PER_POOL) return STATUS_CAPACITY;
  unlinkLeg(leg);
  linkLeg(leg, pool);
  return STATUS_OK;
}

function linkLeg(leg: u32, pool: u32): void {
  const record = legRecord(leg);
  const head = poolRecord(pool);
  store<i32>(record, load<i32>(head, POOL_FIRST_LEG), LEG_NEXT);
  store<u32>(record, pool, LEG_POOL);
  store<u32>(head, leg, POOL_FIRST_LEG);
  store<u16>(head, load<u16>(head, POOL_LEGS) + 1, POOL_LEGS);
  markDirty(pool);
}

function unlinkLeg(leg: u32): void {
  const record = legRecord(leg);
  const pool = load<u32>(record, LEG_POOL);
  const head = poolRecord(pool);
  const after = load<i32>(record, LEG_NEXT);
  let walker = load<u32>(head, POOL_FIRST_LEG);
  if (walker === leg) {
    store<i32>(head, after, POOL_FIRST_LEG);
  } else {
    while (load<u32>(legRecord(walker), LEG_NEXT) !== leg) {
      walker = load<u32>(legRecord(walker), LEG_NEXT);
    }
    store<i32>(legRecord(walker), after, LEG_NEXT);
  }
  store<u16>(head, load<u16>(head, POOL_LEGS) - 1, POOL_LEGS);
  markDirty(pool);
}

/** Puts an unlinked leg on the free list. */
function freeLeg(leg: u32): void {
  const record = legRecord(leg);
  countLeg(load<u16>(record, LEG_PRICE), load<u16>(record, LEG_TABLE), -1);
  store<i32>(record, NONE, LEG_POOL);
  store<i32>(record, load<i32>(HEADER_FREE_LEG), LEG_NEXT);
  store<i32>(HEADER_FREE_LEG, leg);
  store<u32>(HEADER_LIVE_LEGS, load<u32>(HEADER_LIVE_LEGS) - 1);
}

function countLeg(slot: u32, table: u32, change: i32): void {
  const price = priceRecord(slot);
  store<i32>(price, load<i32>(price, PRICE_LEGS) + change, PRICE_LEGS);
  const terms = tableRecord(table);
  store<i32>(terms, load<i32>(terms, TABLE_LEGS) + change, TABLE_LEGS);
}

/** Marks every pool with a leg on a stale table dirty, in one pass over the legs, and the tables fresh. */
export function takeInTables(): void {
  const top = load<u32>(HEADER_TOP_LEG);
  for (let leg: u32 = 0; leg < top; leg++) {
    const record = legRecord(leg);
    const pool = load<i32>(record, LEG_POOL);
    if (pool !== NONE && tableIsStale(load<u16>(record, LEG_TABLE))) markDirty(pool);
  }
  freshenTables();
}
