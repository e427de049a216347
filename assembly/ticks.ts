// A tick: new marks in, and out who they concern. Stops come first and are told to the facade, which closes what they close; then every
// pool whose zone was left, or that was changed, is evaluated exactly, told of where its state is another one, and armed anew. Where more
// was passed than a tick should take, the screen says who is under water and the rest is armed over the ticks to come.

import {
  HEADER_FIRED,
  HEADER_LIVE_POOLS,
  HEADER_MAY,
  HEADER_MUST,
  HEADER_PENDING,
  HEADER_TICK_EXACT,
  HEADER_TICK_SCREENED,
  HEADER_TOP_POOL,
  HEADER_TOP_PRICE,
  HEADER_TRIGGERS,
  HEADER_WOKEN,
  HEAP_DOWN,
  HEAP_MUST,
  HEAP_UP,
  LEG_NEXT,
  MARKS,
  MAY_DIRECTORY,
  MUST_DIRECTORY,
  NONE,
  PENDING_SLOTS,
  POOL_FIRST_LEG,
  PREVIOUS,
  PRICE_ANCHOR,
  PRICE_FLAGS,
  PRICE_LEGS,
  PRICE_PENDING,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_DIRECTORY,
  RESULT_EQUITY,
  RESULT_FEE,
  RESULT_INITIAL,
  RESULT_LIQUIDATABLE,
  RESULT_MAINTENANCE,
  RESULT_MASK,
  RESULT_SHIFT,
  SEARCH_STACK,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
  TICK_PRICES,
  TICK_SLOTS,
  TRIALS,
  TRIGGERS_ARMED,
  TRIGGERS_NEW,
  WOKEN_DIRECTORY,
} from "../src/layout.ts";
import {
  ALERT_HAS_FLOOR,
  ALERT_IN_MAY,
  ALERT_IN_MUST,
  ALERT_LEVEL,
  ALERT_SEEN,
  ALERT_UNDER,
  NODE_CHAIN,
  NODE_GROUP,
  NODE_KIND,
  NODE_STOP,
  NODE_TARGET,
  WATCH_FAULT_TOLD,
  WATCH_FLAGS,
  WATCH_FLOOR,
  WATCH_FLOOR_TOLD,
  WATCH_NODE,
  WOKE_CALL,
  WOKE_FAULT,
  WOKE_FLOOR,
  WOKE_LIQUIDATABLE,
  WOKE_RECOVERED,
  WOKE_SHIFT,
} from "../src/layout-ticks.ts";
import { legRecord, poolLives, poolRecord, revise } from "./book.ts";
import {
  countPassed,
  layBandsAnew,
  nodeRecord,
  passedNode,
  pendSlot,
  removeNode,
  settleHeaps,
} from "./heaps.ts";
import { levelAfter } from "./levels.ts";
import { figuresAtMarks, sideInDoubles, UNDER, UNSURE } from "./moves.ts";
import { priceRecord } from "./prices.ts";
import { prepare, scan } from "./screen.ts";
import { popStop } from "./stops.ts";
import { popGroup, trackBest } from "./trailing.ts";
import { isLiquidatable, NO_INITIAL, sumPool } from "./valuation.ts";
import {
  alertOf,
  placeOf,
  poolIsUrgent,
  queuePool,
  triggersEnabled,
  watchRecord,
} from "./watch.ts";
import { sumFits, sumLess, sumSet } from "./wide.ts";
import { armPool } from "./zones.ts";

/** A tick evaluates at most one in so many of the pools that may wait, or so many in small books: they take about as long as two scans. */
const MOST_SHIFT: u32 = 8;
const LEAST_MOST: u32 = 256;
/** A pool has two or three triggers, and what passes one of them often passes another. */
const PASSED_OF_POOL: u32 = 2;
/** Pools whose records are read ahead. */
const TOUCHED: u32 = 64;
/** After so many were armed at once, heaps are balanced. */
const MANY: u32 = 4_096;

// ── prices and stops ────────────────────────────────────────────────────────────────────────────────

/** The screen decided the tick before: what it left is worked off. */
let behind: bool = false;

/** Takes over the rows of prices and takes out the stops they pass: their number. */
export function tick(count: u32): i32 {
  revise();
  behind = load<u32>(HEADER_TICK_SCREENED) !== 0;
  store<u32>(HEADER_TICK_EXACT, 0);
  store<u32>(HEADER_TICK_SCREENED, 0);
  store<u32>(HEADER_FIRED, 0);
  store<u32>(HEADER_WOKEN, 0);
  for (let row: usize = 0; row < <usize>count; row++) {
    const slot = <u32>load<u16>((row << 1) + TICK_SLOTS);
    moveMark(slot, load<f64>((row << 3) + TICK_PRICES));
    pendSlot(slot);
  }
  const pending = load<u32>(HEADER_PENDING);
  for (let place: usize = 0; place < <usize>pending; place++) {
    const slot = <u32>load<u16>((place << 1) + PENDING_SLOTS);
    popUrgent(slot, HEAP_MUST);
    popUrgent(slot, HEAP_MUST | HEAP_UP);
  }
  return load<i32>(HEADER_FIRED);
}

function moveMark(slot: u32, price: f64): void {
  const at = (<usize>slot) << 3;
  const before = load<f64>(at + MARKS);
  store<f64>(at + PREVIOUS, before);
  store<f64>(at + MARKS, price);
  const record = priceRecord(slot);
  if (load<u32>(record, PRICE_LEGS) === 0) store<f64>(record, price, PRICE_ANCHOR);
  trackBest(slot, before, price);
}

/** Takes passed entries out of a heap that may not wait. */
function popUrgent(slot: u32, heap: u32): void {
  let node = passedNode(slot, heap);
  while (node !== NONE) {
    const record = nodeRecord(node);
    const target = load<u32>(record, NODE_TARGET);
    const kind = load<u8>(record, NODE_KIND);
    if (kind === NODE_STOP) popStop(target);
    else if (kind === NODE_GROUP) popGroup(target, load<f64>(((<usize>slot) << 3) + MARKS));
    else {
      removeNode(node);
      queuePool(target);
    }
    node = passedNode(slot, heap);
  }
}

// ── pools ───────────────────────────────────────────────────────────────────────────────────────────

/** Evaluates what was passed or changed; the number of pools of which there is something to say. */
export function wake(): i32 {
  store<u32>(HEADER_WOKEN, 0);
  if (!triggersEnabled()) return 0;
  const before = load<u32>(HEADER_TICK_EXACT);
  const live = load<u32>(HEADER_LIVE_POOLS);
  let most = max<u32>(LEAST_MOST, live >> MOST_SHIFT);
  if (load<u32>(HEADER_TRIGGERS) === TRIGGERS_NEW) {
    most = u32.MAX_VALUE;
    // So that the first tick that needs the screen finds it ready; where it cannot be now it will say so then.
    prepare();
  }
  store<u32>(HEADER_TRIGGERS, TRIGGERS_ARMED);
  const waited = load<u32>(HEADER_MAY);
  const crowded = isGap(most) || popLeisurely(most) || load<u32>(HEADER_MAY) > most;
  evaluateAll(MUST_DIRECTORY, HEADER_MUST, u32.MAX_VALUE);
  // What a gap passed is worked off in the ticks after it; in its own only who waited before.
  const some = behind ? most : min<u32>(waited, most);
  evaluateAll(MAY_DIRECTORY, HEADER_MAY, crowded ? some : u32.MAX_VALUE);
  if (crowded && !screenAll()) {
    // No memory for the screen, or figures that it cannot sum: everything is looked at.
    popLeisurely(u32.MAX_VALUE);
    evaluateAll(MAY_DIRECTORY, HEADER_MAY, u32.MAX_VALUE);
  }
  if (load<u32>(HEADER_TICK_EXACT) - before > MANY) {
    const slots = load<u32>(HEADER_TOP_PRICE);
    for (let slot: u32 = 0; slot < slots; slot++) settleHeaps(slot);
  }
  return load<i32>(HEADER_WOKEN);
}

/** True where far more was passed at once than a tick evaluates: it stays where it is until the ticks after, and the screen is asked. */
function isGap(most: u32): bool {
  if (behind || most === u32.MAX_VALUE) return false;
  const pending = load<u32>(HEADER_PENDING);
  let passed: u32 = 0;
  for (let place: usize = 0; place < <usize>pending; place++) {
    const slot = <u32>load<u16>((place << 1) + PENDING_SLOTS);
    passed += countPassed(slot, HEAP_DOWN) + countPassed(slot, HEAP_UP);
  }
  return passed > PASSED_OF_POOL * most;
}

/**
 * Queues pools whose zones were left, up to a number that wait in all; true where more are left. Slots with nothing passed are pending no
 * longer.
 */
function popLeisurely(budget: u32): bool {
  const pending = load<u32>(HEADER_PENDING);
  let kept: u32 = 0;
  let left = false;
  for (let place: usize = 0; place < <usize>pending; place++) {
    const slot = <u32>load<u16>((place << 1) + PENDING_SLOTS);
    layBandsAnew(slot, HEAP_DOWN);
    layBandsAnew(slot, HEAP_UP);
    popWaiting(slot, HEAP_DOWN, budget);
    popWaiting(slot, HEAP_UP, budget);
    const waiting = passedNode(slot, HEAP_DOWN) !== NONE || passedNode(slot, HEAP_UP) !== NONE;
    if (waiting) left = true;
    // Stops that were armed passed fire in the next tick.
    const urgent =
      passedNode(slot, HEAP_MUST) !== NONE || passedNode(slot, HEAP_MUST | HEAP_UP) !== NONE;
    if (waiting || urgent) {
      store<u16>(((<usize>kept) << 1) + PENDING_SLOTS, <u16>slot);
      kept++;
    } else {
      const record = priceRecord(slot);
      store<u32>(record, load<u32>(record, PRICE_FLAGS) & ~PRICE_PENDING, PRICE_FLAGS);
    }
  }
  store<u32>(HEADER_PENDING, kept);
  return left;
}

function popWaiting(slot: u32, heap: u32, budget: u32): void {
  let node = passedNode(slot, heap);
  while (node !== NONE && load<u32>(HEADER_MAY) < budget) {
    removeNode(node);
    queuePool(load<u32>(nodeRecord(node), NODE_TARGET));
    node = passedNode(slot, heap);
  }
}

/** Evaluates pools that wait, as many as the budget lets; those that cannot be armed wait again. */
function evaluateAll(directory: usize, header: usize, budget: u32): void {
  const count = load<u32>(header);
  const some = min<u32>(count, budget);
  const mark = <u8>(directory === MUST_DIRECTORY ? ALERT_IN_MUST : ALERT_IN_MAY);
  for (let place = count - some; place < count; place++) {
    const alert = alertOf(load<u32>(placeOf(directory, place)));
    store<u8>(alert, load<u8>(alert) & ~mark);
  }
  // Evaluating puts nothing into the lists, so those that wait again take the places that were read already.
  let kept = count - some;
  let touched = kept;
  for (let place = count - some; place < count; place++) {
    if (place === touched) touched = touchPools(directory, place, min<u32>(count, place + TOUCHED));
    const pool = load<u32>(placeOf(directory, place));
    if (!poolLives(pool) || evaluate(pool)) continue;
    if (poolIsUrgent(pool) !== (directory === MUST_DIRECTORY)) {
      queuePool(pool);
      continue;
    }
    store<u32>(placeOf(directory, kept++), pool);
    const alert = alertOf(pool);
    store<u8>(alert, load<u8>(alert) | mark);
  }
  store<u32>(header, kept);
}

/** Reads the records of pools that are evaluated next, all of them at once: one read does not wait for the other's memory. */
function touchPools(directory: usize, from: u32, to: u32): u32 {
  let sum: i32 = 0;
  for (let place = from; place < to; place++) {
    const pool = load<u32>(placeOf(directory, place));
    const leg = load<i32>(poolRecord(pool), POOL_FIRST_LEG);
    const node = load<i32>(watchRecord(pool), WATCH_NODE);
    if (leg !== NONE) sum += load<i32>(legRecord(leg), LEG_NEXT);
    if (node !== NONE) sum += load<i32>(nodeRecord(node), NODE_CHAIN);
  }
  // Read by nobody; but for this the loads need not be made.
  store<i32>(SEARCH_STACK, sum);
  return to;
}

/**
 * Judges the pool (in doubles where they can tell and nothing else is watched), says what is new of it and arms it; false where it must be
 * looked at in the next tick again.
 */
function evaluate(pool: u32): bool {
  store<u32>(HEADER_TICK_EXACT, load<u32>(HEADER_TICK_EXACT) + 1);
  const watch = watchRecord(pool);
  const flags = load<u32>(watch, WATCH_FLAGS);
  const record = poolRecord(pool);
  figuresAtMarks(record);
  const exact = poolIsUrgent(pool) || (flags & WATCH_FAULT_TOLD) !== 0;
  const side = exact ? UNSURE : sideInDoubles(record);
  const status = side === UNSURE ? sumPool(record, 0, MARKS, NO_INITIAL) : STATUS_OK;
  if (status !== STATUS_OK) {
    if ((flags & WATCH_FAULT_TOLD) === 0) tell(pool, WOKE_FAULT);
    store<u32>(watch, flags | WATCH_FAULT_TOLD, WATCH_FLAGS);
    return false;
  }
  if ((flags & WATCH_FAULT_TOLD) !== 0) store<u32>(watch, flags & ~WATCH_FAULT_TOLD, WATCH_FLAGS);
  const alert = alertOf(pool);
  const state = <u32>load<u8>(alert);
  const wasUnder = (state & ALERT_UNDER) !== 0;
  const under = side === UNSURE ? isLiquidatable() : side === UNDER;
  const level = levelAfter(state & ALERT_LEVEL);
  let news: u32 = 0;
  if (under && !wasUnder) news = WOKE_LIQUIDATABLE;
  if (wasUnder && !under) news = WOKE_RECOVERED;
  if (level > (state & ALERT_LEVEL)) news |= WOKE_CALL;
  const kept = state & ~(ALERT_LEVEL | ALERT_UNDER);
  store<u8>(alert, <u8>(kept | level | (under ? ALERT_UNDER : 0)));
  if (!under && (state & ALERT_HAS_FLOOR) !== 0 && reachedFloor(watch)) {
    news |= WOKE_FLOOR;
    store<u32>(watch, load<u32>(watch, WATCH_FLAGS) | WATCH_FLOOR_TOLD, WATCH_FLAGS);
  }
  if (news !== 0) tell(pool, news);
  return armPool(pool, under, level);
}

/** The equity in RESULT is at or below the pool's floor, and that is news. */
function reachedFloor(watch: usize): bool {
  if ((load<u32>(watch, WATCH_FLAGS) & WATCH_FLOOR_TOLD) !== 0) return false;
  // As a sum: one more than the largest floor would not fit.
  sumSet(SEARCH_STACK, load<i64>(watch, WATCH_FLOOR));
  return !sumLess(SEARCH_STACK, RESULT + RESULT_EQUITY);
}

function tell(pool: u32, news: u32): void {
  const count = load<u32>(HEADER_WOKEN);
  store<u32>(placeOf(WOKEN_DIRECTORY, count), pool | (news << WOKE_SHIFT));
  store<u32>(HEADER_WOKEN, count + 1);
}

// ── by the screen ───────────────────────────────────────────────────────────────────────────────────

/** Says who is under water by a scan, and who no longer; they wait to be armed. False where there can be no scan. */
function screenAll(): bool {
  const count = scan(MARKS);
  if (count < 0) return false;
  store<u32>(HEADER_TICK_SCREENED, 1);
  for (let place: u32 = 0; place < <u32>count; place++) {
    const chunk = load<u32>(((<usize>(place >> RESULT_SHIFT)) << 2) + RESULT_DIRECTORY);
    const pool = load<u32>(<usize>chunk + ((<usize>(place & RESULT_MASK)) << 2));
    const alert = alertOf(pool);
    const state = load<u8>(alert);
    store<u8>(alert, state | <u8>(ALERT_UNDER | ALERT_SEEN));
    if ((state & ALERT_UNDER) !== 0) continue;
    tell(pool, WOKE_LIQUIDATABLE);
    queuePool(pool);
  }
  tellRecovered();
  return true;
}

/** Of the pools known as liquidatable, those that the scan has not listed. The states of sixteen are looked at together. */
function tellRecovered(): void {
  const top = load<u32>(HEADER_TOP_POOL);
  for (let first: u32 = 0; first < top; first += 16) {
    const alerts = alertOf(first);
    const states = v128.load(alerts);
    const known = v128.and(states, i8x16.splat(<i8>(ALERT_UNDER | ALERT_SEEN)));
    if (!v128.any_true(known)) continue;
    v128.store(alerts, v128.andnot(states, i8x16.splat(<i8>ALERT_SEEN)));
    let left = i8x16.bitmask(i8x16.eq(known, i8x16.splat(<i8>ALERT_UNDER)));
    for (; left !== 0; left &= left - 1) {
      const pool = first + <u32>ctz(left);
      // Beyond the last pool there may be anything.
      if (pool >= top) break;
      const alert = alertOf(pool);
      store<u8>(alert, load<u8>(alert) & ~(<u8>ALERT_UNDER));
      tell(pool, WOKE_RECOVERED);
      queuePool(pool);
    }
  }
}

// ── figures at other prices ─────────────────────────────────────────────────────────────────────────

/** Writes the pool's figures at the trial prices to RESULT, without an initial margin. */
export function trialFigures(pool: u32): i32 {
  if (!poolLives(pool)) return STATUS_NO_RECORD;
  const status = sumPool(poolRecord(pool), 0, TRIALS, NO_INITIAL);
  if (status !== STATUS_OK) return status;
  sumSet(RESULT + RESULT_INITIAL, 0);
  if (
    !sumFits(RESULT + RESULT_EQUITY) ||
    !sumFits(RESULT + RESULT_MAINTENANCE) ||
    !sumFits(RESULT + RESULT_FEE) ||
    !sumFits(RESULT + RESULT_CLEARANCE)
  ) {
    return STATUS_RANGE;
  }
  store<i32>(RESULT, i32(isLiquidatable()), RESULT_LIQUIDATABLE);
  return STATUS_OK;
}
