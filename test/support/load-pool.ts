// Puts plain pools into a kernel and takes them out again without leaving anything behind: price slots and tables
// are made for the pool and removed with it, so one kernel serves thousands of runs of a property.

import type { Kernel } from "../../src/kernel.ts";
import type { BracketTable, PoolState } from "../../src/model.ts";

/** Handles of a loaded pool. */
export interface LoadedPool {
  readonly pool: number;
  /** Handles of the legs, in the order of the pool's legs. */
  readonly legs: readonly number[];
  /** The kernel's slot for each priceSlot of the legs. */
  readonly slots: ReadonlyMap<number, number>;
  readonly tables: readonly number[];
}

/** Loads the pool with price slots and tables of its own: legs of one table object share a kernel table. */
export function loadPool(kernel: Kernel, state: PoolState, owner = 0, tag = 0): LoadedPool {
  const slots = new Map<number, number>();
  const tables = new Map<BracketTable, number>();
  const pool = kernel.createPool(state.collateral, owner, tag);
  const legs = state.legs.map((leg) => {
    let slot = slots.get(leg.priceSlot);
    if (slot === undefined) {
      slot = kernel.createPrice(leg.terms);
      kernel.setMark(slot, leg.price);
      slots.set(leg.priceSlot, slot);
    }
    const table = tables.get(leg.table) ?? kernel.createTable(leg.table);
    tables.set(leg.table, table);
    return kernel.createLeg(pool, slot, table, leg.quantity, leg.cost, leg.leverageMilli);
  });
  return { pool, legs, slots, tables: [...tables.values()] };
}

/** Removes the pool, then its prices and tables, which nothing else may use. */
export function unloadPool(kernel: Kernel, loaded: LoadedPool): void {
  kernel.removePool(loaded.pool);
  for (const slot of loaded.slots.values()) kernel.removePrice(slot);
  for (const table of loaded.tables) kernel.removeTable(table);
}

/** Runs with the pool loaded and unloads it whatever happens. */
export function withPool<Result>(
  kernel: Kernel,
  state: PoolState,
  run: (loaded: LoadedPool) => Result,
): Result {
  const loaded = loadPool(kernel, state);
  try {
    return run(loaded);
  } finally {
    unloadPool(kernel, loaded);
  }
}
