// Puts plain pools into a kernel and takes them out again without leaving anything behind: price slots and tables
// are made for the pool and removed with it, so one kernel serves thousands of runs of a property.

import type { Kernel } from "../../src/kernel.ts";
import type { BracketTable, PoolState } from "../../src/model.ts";

/** Handles of a loaded pool. */
export interface LoadedPool {
  readonly pool: number;
  /** Handles of the legs, in the order of the pool's legs. */
  readonly legs: readonly number[];
  /** The kernel's slot for each priceSlot of the book. */
  readonly slots: ReadonlyMap<number, number>;
  readonly tables: ReadonlyMap<BracketTable, number>;
}

/** Loads pools over common price slots; legs of one table object share a kernel table. */
export function loadBook(kernel: Kernel, states: readonly PoolState[]): LoadedPool[] {
  const slots = new Map<number, number>();
  const tables = new Map<BracketTable, number>();
  return states.map((state, owner) => {
    const pool = kernel.createPool(state.collateral, owner, 0);
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
    return { pool, legs, slots, tables };
  });
}

/** Removes the pools, then their prices and tables, which nothing else may use. */
export function unloadBook(kernel: Kernel, loaded: readonly LoadedPool[]): void {
  for (const { pool } of loaded) kernel.removePool(pool);
  const slots = new Set(loaded.flatMap((pool) => [...pool.slots.values()]));
  const tables = new Set(loaded.flatMap((pool) => [...pool.tables.values()]));
  for (const slot of slots) kernel.removePrice(slot);
  for (const table of tables) kernel.removeTable(table);
}

/** Loads one pool with price slots and tables of its own. */
export function loadPool(kernel: Kernel, state: PoolState): LoadedPool {
  const [loaded] = loadBook(kernel, [state]);
  if (loaded === undefined) throw new RangeError("one pool in, one pool out");
  return loaded;
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
    unloadBook(kernel, [loaded]);
  }
}
