// Trailing stops. Those of a price slot that close the same side, trail in the same way (by a distance or by a rate) and have the same best
// price so far are a group: a new best price is written once for all of them, and melds the groups it overtakes, so that a tick costs what
// groups it overtakes and not what stops there are. A group waits in the slot's heap for the first trigger of its stops.
//
// A group is two nodes. One, the handle, is in the pairing heap of the groups of its trail (at TRAILS), the price that is overtaken first
// at the root: its key is the best price, negative for shorts, and its NODE_CHAIN begins the heap of its stops. The other is in the slot's heap.

import {
  HEAP_DOWN,
  HEAP_MUST,
  HEAP_UP,
  NONE,
  TRAIL_RATE,
  TRAIL_SHORT,
  TRAILS,
  TRAILS_OF_SLOT,
} from "../src/layout.ts";
import {
  NODE_GROUP,
  NODE_HEAP,
  NODE_IDLE,
  NODE_KEY,
  NODE_SLOT,
  NODE_TARGET,
  NODE_TRAIL,
  STOP_BEST,
  STOP_BY_RATE,
  STOP_DISTANCE,
  STOP_FLAGS,
  STOP_NODE,
  STOP_SHORT,
} from "../src/layout-ticks.ts";
import {
  createNode,
  cutNode,
  freeNode,
  insertNode,
  meldNodes,
  moveNode,
  nodeRecord,
} from "./heaps.ts";
import { groupOf, holdNode, leastHeld, meldHeld, releaseHeld } from "./held.ts";
import { fire, stopRecord } from "./stops.ts";
import { divideWideNarrow, mulWide, wideHigh, wideRemainder } from "./wide.ts";

const PPM: u64 = 1_000_000;

/** Where the root of a trail's groups stands. */
function trailOf(slot: u32, trail: u32): usize {
  return ((<usize>(slot * TRAILS_OF_SLOT + trail)) << 2) + TRAILS;
}

/** Nothing trails the slot's price yet. */
export function clearTrails(slot: u32): void {
  for (let trail: u32 = 0; trail < <u32>TRAILS_OF_SLOT; trail++) {
    store<i32>(trailOf(slot, trail), NONE);
  }
}

// ── groups ──────────────────────────────────────────────────────────────────────────────────────────

/** A group of no trail and no stops, NONE at the memory limit. */
export function createGroup(): i32 {
  const group = createNode(<u8>NODE_GROUP, 0);
  if (group === NONE) return NONE;
  const waiting = createNode(<u8>NODE_GROUP, group);
  if (waiting === NONE) {
    freeNode(group);
    return NONE;
  }
  store<i32>(nodeRecord(group), waiting, NODE_TARGET);
  return group;
}

/** Gives back a group that is in no trail. */
export function freeGroup(group: i32): void {
  freeNode(load<i32>(nodeRecord(group), NODE_TARGET));
  freeNode(group);
}

function trailIn(record: usize): u32 {
  return <u32>load<u8>(record, NODE_HEAP) - NODE_TRAIL;
}

/** Best price of a group. */
function bestIn(record: usize): f64 {
  return abs<f64>(load<f64>(record, NODE_KEY));
}

/** The price that fires a stop of that distance; below 1 or above every mark where none does. */
function triggerAt(trail: u32, best: f64, distance: f64): f64 {
  const short = (trail & TRAIL_SHORT) !== 0;
  // Sums above 2^53 may be off by one, and are above every mark.
  if ((trail & TRAIL_RATE) === 0) return short ? best + distance : best - distance;
  const rate = <u64>distance;
  const low = mulWide(<u64>best, short ? PPM + rate : PPM - rate);
  const floored = divideWideNarrow(wideHigh, low, PPM);
  return <f64>(short && wideRemainder !== 0 ? floored + 1 : floored);
}

/** Puts the group where its first trigger is. */
function placeGroup(group: i32): void {
  const record = nodeRecord(group);
  const trail = trailIn(record);
  const waiting = load<i32>(record, NODE_TARGET);
  const distance = load<f64>(nodeRecord(leastHeld(group)), NODE_KEY);
  const trigger = triggerAt(trail, bestIn(record), distance);
  if (load<u8>(nodeRecord(waiting), NODE_HEAP) !== NODE_IDLE) {
    moveNode(waiting, trigger);
    return;
  }
  const heap = ((trail & TRAIL_SHORT) !== 0 ? HEAP_UP : HEAP_DOWN) | HEAP_MUST;
  insertNode(waiting, load<u16>(record, NODE_SLOT), heap, trigger);
}

function dropGroup(group: i32): void {
  const record = nodeRecord(group);
  const root = trailOf(load<u16>(record, NODE_SLOT), trailIn(record));
  store<i32>(root, cutNode(load<i32>(root), group));
  freeGroup(group);
}

// ── stops ───────────────────────────────────────────────────────────────────────────────────────────

/** The trail that a stop belongs to. */
function trailFor(stop: usize): u32 {
  const flags = load<u32>(stop, STOP_FLAGS);
  const short = (flags & STOP_SHORT) !== 0 ? TRAIL_SHORT : 0;
  return short | ((flags & STOP_BY_RATE) !== 0 ? TRAIL_RATE : 0);
}

/**
 * A stop, with its node that is in no heap, follows the slot's price from `best` on. Uses up the spare group, or makes one where that is
 * NONE and none stands at that price; false where memory does not suffice.
 */
export function followPrice(stop: u32, node: i32, slot: u32, best: f64, spare: i32): bool {
  const record = stopRecord(stop);
  const trail = trailFor(record);
  const key = (trail & TRAIL_SHORT) !== 0 ? -best : best;
  const root = trailOf(slot, trail);
  let group = load<i32>(root);
  if (group !== NONE && load<f64>(nodeRecord(group), NODE_KEY) === key) {
    if (spare !== NONE) freeGroup(spare);
  } else {
    const first = group;
    group = spare !== NONE ? spare : createGroup();
    if (group === NONE) return false;
    const at = nodeRecord(group);
    store<f64>(at, key, NODE_KEY);
    store<u16>(at, <u16>slot, NODE_SLOT);
    store<u8>(at, <u8>(NODE_TRAIL + trail), NODE_HEAP);
    store<i32>(root, meldNodes(first, group));
  }
  holdNode(group, node, load<f64>(record, STOP_DISTANCE));
  placeGroup(group);
  return true;
}

/** Best price of the stop whose node that is. */
export function bestHeld(node: i32): f64 {
  return bestIn(nodeRecord(groupOf(node)));
}

/** Takes a stop's entry out of its group, and gives a node back. */
export function leaveGroup(node: i32): void {
  const group = groupOf(node);
  freeNode(releaseHeld(node));
  if (leastHeld(group) === NONE) dropGroup(group);
  else placeGroup(group);
}

// ── ticks ───────────────────────────────────────────────────────────────────────────────────────────

/** Prices that were reached by a tick: the mark it found (0: none) and the one it set. */
export function trackBest(slot: u32, old: f64, now: f64): void {
  const lowest = old === 0 ? now : min<f64>(old, now);
  for (let trail: u32 = 0; trail < <u32>TRAILS_OF_SLOT; trail++) {
    if (load<i32>(trailOf(slot, trail)) === NONE) continue;
    liftTrail(slot, trail, (trail & TRAIL_SHORT) !== 0 ? -lowest : max<f64>(old, now));
  }
}

/** All groups that a price overtakes become one at that price. */
function liftTrail(slot: u32, trail: u32, key: f64): void {
  const at = trailOf(slot, trail);
  const group = load<i32>(at);
  if (load<f64>(nodeRecord(group), NODE_KEY) >= key) return;
  let root = cutNode(group, group);
  while (root !== NONE && load<f64>(nodeRecord(root), NODE_KEY) <= key) {
    const overtaken = root;
    root = cutNode(root, root);
    meldHeld(group, overtaken);
    freeGroup(overtaken);
  }
  store<f64>(nodeRecord(group), key, NODE_KEY);
  store<i32>(at, meldNodes(root, group));
  placeGroup(group);
}

/** Fires the stops of a group that the mark passes. */
export function popGroup(group: u32, mark: f64): void {
  const record = nodeRecord(group);
  const trail = trailIn(record);
  const best = bestIn(record);
  let node = leastHeld(group);
  while (node !== NONE) {
    const held = nodeRecord(node);
    const trigger = triggerAt(trail, best, load<f64>(held, NODE_KEY));
    if ((trail & TRAIL_SHORT) !== 0 ? mark < trigger : mark > trigger) {
      placeGroup(group);
      return;
    }
    const stop = load<u32>(held, NODE_TARGET);
    freeNode(releaseHeld(node));
    store<f64>(stopRecord(stop), best, STOP_BEST);
    store<i32>(stopRecord(stop), NONE, STOP_NODE);
    fire(stop);
    node = leastHeld(group);
  }
  dropGroup(group);
}
