// The stops of one trailing group, nearest trigger first: a binomial heap by distance. Two of them meld, and a stop leaves from any place, in
// steps that grow with the logarithm of their number; and as no stop is deeper than that, the group of a stop is found by climbing.
//
// A tree's nodes use NODE_SLOT for its order (children have the orders below it, highest first) and NODE_PREV for the parent, or for
// the group (as ~group, below 0) where it is a root. Roots are linked by NODE_NEXT in rising order from the group's NODE_CHAIN.

import { NONE } from "../src/layout.ts";
import {
  NODE_CHAIN,
  NODE_CHILD,
  NODE_KEY,
  NODE_NEXT,
  NODE_PREV,
  NODE_SLOT,
  NODE_TARGET,
  STOP_NODE,
} from "../src/layout-ticks.ts";
import { nodeRecord } from "./heaps.ts";
import { stopRecord } from "./stops.ts";

function keyOf(node: i32): f64 {
  return load<f64>(nodeRecord(node), NODE_KEY);
}

function orderOf(node: i32): u32 {
  return load<u16>(nodeRecord(node), NODE_SLOT);
}

function nextOf(node: i32): i32 {
  return load<i32>(nodeRecord(node), NODE_NEXT);
}

/** The group in which the node is. */
export function groupOf(node: i32): i32 {
  let link = load<i32>(nodeRecord(node), NODE_PREV);
  while (link >= 0) link = load<i32>(nodeRecord(link), NODE_PREV);
  return ~link;
}

/** The node of least distance, NONE in an empty group. */
export function leastHeld(group: i32): i32 {
  let least = load<i32>(nodeRecord(group), NODE_CHAIN);
  if (least === NONE) return NONE;
  for (let node = nextOf(least); node !== NONE; node = nextOf(node)) {
    if (keyOf(node) < keyOf(least)) least = node;
  }
  return least;
}

/** Adds a node without links that is in no heap. */
export function holdNode(group: i32, node: i32, distance: f64): void {
  const record = nodeRecord(node);
  store<f64>(record, distance, NODE_KEY);
  store<u16>(record, 0, NODE_SLOT);
  unite(group, node);
}

/** Everything that the other group holds goes over. */
export function meldHeld(group: i32, other: i32): void {
  const record = nodeRecord(other);
  const roots = load<i32>(record, NODE_CHAIN);
  store<i32>(record, NONE, NODE_CHAIN);
  unite(group, roots);
}

/** Takes the entry of a stop out; returns a node that is left over (the entries in between have moved down by one). */
export function releaseHeld(entry: i32): i32 {
  let node = entry;
  let parent = load<i32>(nodeRecord(node), NODE_PREV);
  while (parent >= 0) {
    swapEntries(node, parent);
    node = parent;
    parent = load<i32>(nodeRecord(node), NODE_PREV);
  }
  const group = ~parent;
  unlinkRoot(group, node);
  const record = nodeRecord(node);
  // Children stand highest order first: turned round they are roots.
  let roots: i32 = NONE;
  let child = load<i32>(record, NODE_CHILD);
  while (child !== NONE) {
    const next = nextOf(child);
    store<i32>(nodeRecord(child), roots, NODE_NEXT);
    roots = child;
    child = next;
  }
  store<i32>(record, NONE, NODE_CHILD);
  unite(group, roots);
  return node;
}

/** Two stops change places. */
function swapEntries(a: i32, b: i32): void {
  const aRecord = nodeRecord(a);
  const bRecord = nodeRecord(b);
  const key = load<f64>(aRecord, NODE_KEY);
  const stop = load<u32>(aRecord, NODE_TARGET);
  const other = load<u32>(bRecord, NODE_TARGET);
  store<f64>(aRecord, load<f64>(bRecord, NODE_KEY), NODE_KEY);
  store<u32>(aRecord, other, NODE_TARGET);
  store<f64>(bRecord, key, NODE_KEY);
  store<u32>(bRecord, stop, NODE_TARGET);
  store<i32>(stopRecord(other), a, STOP_NODE);
  store<i32>(stopRecord(stop), b, STOP_NODE);
}

function unlinkRoot(group: i32, node: i32): void {
  const next = nextOf(node);
  const head = nodeRecord(group);
  let root = load<i32>(head, NODE_CHAIN);
  if (root === node) {
    store<i32>(head, next, NODE_CHAIN);
    return;
  }
  while (nextOf(root) !== node) root = nextOf(root);
  store<i32>(nodeRecord(root), next, NODE_NEXT);
}

/** Takes a list of roots of rising orders into the group: equal orders are linked, as digits carry in a sum. */
function unite(group: i32, added: i32): void {
  const head = nodeRecord(group);
  let first = mergeByOrder(load<i32>(head, NODE_CHAIN), added);
  let before: i32 = NONE;
  let node = first;
  while (node !== NONE) {
    const record = nodeRecord(node);
    store<i32>(record, ~group, NODE_PREV);
    const next = load<i32>(record, NODE_NEXT);
    if (next === NONE) break;
    const order = load<u16>(record, NODE_SLOT);
    const after = nextOf(next);
    if (orderOf(next) !== order || (after !== NONE && orderOf(after) === order)) {
      before = node;
      node = next;
    } else if (load<f64>(record, NODE_KEY) <= keyOf(next)) {
      store<i32>(record, after, NODE_NEXT);
      adopt(node, next);
    } else {
      if (before === NONE) first = next;
      else store<i32>(nodeRecord(before), next, NODE_NEXT);
      adopt(next, node);
      node = next;
    }
  }
  store<i32>(head, first, NODE_CHAIN);
}

/** One list of two, by rising order. */
function mergeByOrder(first: i32, second: i32): i32 {
  let a = first;
  let b = second;
  let head: i32 = NONE;
  let tail: i32 = NONE;
  while (a !== NONE || b !== NONE) {
    const takesA = b === NONE || (a !== NONE && orderOf(a) <= orderOf(b));
    const node = takesA ? a : b;
    if (takesA) a = nextOf(a);
    else b = nextOf(b);
    if (tail === NONE) head = node;
    else store<i32>(nodeRecord(tail), node, NODE_NEXT);
    tail = node;
  }
  return head;
}

/** A tree of the same order becomes the parent's eldest child. */
function adopt(parent: i32, child: i32): void {
  const parentRecord = nodeRecord(parent);
  const childRecord = nodeRecord(child);
  store<i32>(childRecord, load<i32>(parentRecord, NODE_CHILD), NODE_NEXT);
  store<i32>(childRecord, parent, NODE_PREV);
  store<i32>(parentRecord, child, NODE_CHILD);
  store<u16>(parentRecord, load<u16>(parentRecord, NODE_SLOT) + 1, NODE_SLOT);
}
