// The triggers of a pool: nodes chained to it, one for each price that it waits for. Those it had serve the new ones where slot and direction
// are the same, so that arming a pool anew moves nodes and makes none.

import { NONE } from "../src/layout.ts";
import {
  NODE_CHAIN,
  NODE_HEAP,
  NODE_IDLE,
  NODE_POOL,
  NODE_SLOT,
  WATCH_NODE,
} from "../src/layout-ticks.ts";
import { createNode, freeNode, insertNode, moveNode, nodeRecord } from "./heaps.ts";
import { disarmPool, watchRecord } from "./watch.ts";

/** Nodes that the pool had, from which new triggers are served, and the last of those it has now. */
let spareNode: i32 = NONE;
let lastNode: i32 = NONE;

/** A trigger of the pool: one it had for that slot and direction, moved, or a new one. */
export function addTrigger(pool: u32, slot: u32, heap: u32, price: f64): bool {
  let node = spareNode;
  while (node !== NONE) {
    const record = nodeRecord(node);
    spareNode = load<i32>(record, NODE_CHAIN);
    if (load<u16>(record, NODE_SLOT) === slot) {
      const held = <u32>load<u8>(record, NODE_HEAP);
      if (held === heap) {
        moveNode(node, price);
        break;
      }
      if (held === NODE_IDLE) {
        insertNode(node, slot, heap, price);
        break;
      }
    }
    freeNode(node);
    node = spareNode;
  }
  if (node === NONE) {
    node = createNode(<u8>NODE_POOL, pool);
    if (node === NONE) return false;
    insertNode(node, slot, heap, price);
  }
  store<i32>(nodeRecord(node), NONE, NODE_CHAIN);
  if (lastNode === NONE) store<i32>(watchRecord(pool), node, WATCH_NODE);
  else store<i32>(nodeRecord(lastNode), node, NODE_CHAIN);
  lastNode = node;
  return true;
}

/** Gives back what new triggers have not taken. */
function freeSpares(): void {
  while (spareNode !== NONE) {
    const node = spareNode;
    spareNode = load<i32>(nodeRecord(node), NODE_CHAIN);
    freeNode(node);
  }
}

/** From here on triggers are added for this pool. */
export function beginTriggers(pool: u32): void {
  const watch = watchRecord(pool);
  spareNode = load<i32>(watch, WATCH_NODE);
  lastNode = NONE;
  store<i32>(watch, NONE, WATCH_NODE);
}

/** Gives back what the new triggers have not taken, and these too where the pool could not be armed; says again whether it could. */
export function endTriggers(pool: u32, armed: bool): bool {
  freeSpares();
  if (!armed) disarmPool(pool);
  return armed;
}
