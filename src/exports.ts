// The kernel's exports, typed, and guarded: any trap is a bug of ours that may have left half-written memory, so it must not pass
// unseen. Each export has a wrapper of its own, written out: a shared one would make every call megamorphic, ten times the cost.

import { guardStressExports, type StressExports } from "./exports-stress.ts";
import { guardTickExports, type TickExports } from "./exports-ticks.ts";

/** The kernel's exports as they are in the binary: unsigned results arrive signed, all handles are 32-bit. */
export interface KernelExports extends TickExports, StressExports {
  readonly memory: WebAssembly.Memory;
  initialize(pageLimit: number): number;
  checksum(start: number, bytes: number): number;
  createPrice(
    inverse: number,
    numeratorLow: number,
    numeratorHigh: number,
    divisorLow: number,
    divisorHigh: number,
  ): number;
  removePrice(slot: number): number;
  maxPrice(slot: number): number;
  setMark(slot: number, price: number): number;
  setTrial(slot: number, price: number): number;
  createTable(): number;
  refillTable(table: number): number;
  takeInTables(): void;
  removeTable(table: number): number;
  createPool(low: number, high: number, owner: number, tag: number): number;
  removePool(pool: number): number;
  setCollateral(pool: number, low: number, high: number): number;
  createLeg(
    pool: number,
    slot: number,
    table: number,
    quantity: number,
    costLow: number,
    costHigh: number,
    leverageMilli: number,
  ): number;
  setLeg(
    leg: number,
    table: number,
    quantity: number,
    costLow: number,
    costHigh: number,
    leverageMilli: number,
  ): number;
  moveLeg(leg: number, pool: number): number;
  removeLeg(leg: number): number;
  trade(
    pool: number,
    leg: number,
    slot: number,
    table: number,
    quantity: number,
    price: number,
    leverageMilli: number,
    feeLow: number,
    feeHigh: number,
    reserveLow: number,
    reserveHigh: number,
    flags: number,
  ): number;
  locateRows(from: number, to: number): void;
  tradeRows(from: number, to: number, flags: number): number;
  poolFigures(pool: number): number;
  legFigures(leg: number): number;
  liquidationPrice(pool: number, slot: number, upward: number): number;
  bankruptcyPrice(pool: number, slot: number, upward: number): number;
  jointShock(pool: number): number;
  settleFunding(source: number, towardZero: number): number;
  shockBeside(pool: number, slot: number): number;
  prepare(): number;
  scan(trial: number): number;
  priceMap(slot: number, below: number, above: number, follows: number): number;
}

/** The same exports with every trap handed to `onTrap`. */
export function guardExports(raw: KernelExports, onTrap: (cause: unknown) => never): KernelExports {
  const {
    initialize,
    checksum,
    createPrice,
    removePrice,
    maxPrice,
    setMark,
    setTrial,
    createTable,
    refillTable,
    takeInTables,
    removeTable,
    createPool,
    removePool,
    setCollateral,
    createLeg,
    setLeg,
    moveLeg,
    removeLeg,
    trade,
    locateRows,
    tradeRows,
    poolFigures,
    legFigures,
    liquidationPrice,
    bankruptcyPrice,
    jointShock,
    settleFunding,
    shockBeside,
    prepare,
    scan,
    priceMap,
  } = raw;
  return {
    memory: raw.memory,
    ...guardTickExports(raw, onTrap),
    ...guardStressExports(raw, onTrap),
    checksum(start: number, bytes: number): number {
      try {
        return checksum(start, bytes);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    initialize(pageLimit: number): number {
      try {
        return initialize(pageLimit);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    createPrice(
      inverse: number,
      numeratorLow: number,
      numeratorHigh: number,
      divisorLow: number,
      divisorHigh: number,
    ): number {
      try {
        return createPrice(inverse, numeratorLow, numeratorHigh, divisorLow, divisorHigh);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    removePrice(slot: number): number {
      try {
        return removePrice(slot);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    maxPrice(slot: number): number {
      try {
        return maxPrice(slot);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    setMark(slot: number, price: number): number {
      try {
        return setMark(slot, price);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    setTrial(slot: number, price: number): number {
      try {
        return setTrial(slot, price);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    createTable(): number {
      try {
        return createTable();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    refillTable(table: number): number {
      try {
        return refillTable(table);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    takeInTables(): void {
      try {
        takeInTables();
      } catch (cause) {
        onTrap(cause);
      }
    },
    removeTable(table: number): number {
      try {
        return removeTable(table);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    createPool(low: number, high: number, owner: number, tag: number): number {
      try {
        return createPool(low, high, owner, tag);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    removePool(pool: number): number {
      try {
        return removePool(pool);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    setCollateral(pool: number, low: number, high: number): number {
      try {
        return setCollateral(pool, low, high);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    createLeg(
      pool: number,
      slot: number,
      table: number,
      quantity: number,
      costLow: number,
      costHigh: number,
      leverageMilli: number,
    ): number {
      try {
        return createLeg(pool, slot, table, quantity, costLow, costHigh, leverageMilli);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    setLeg(
      leg: number,
      table: number,
      quantity: number,
      costLow: number,
      costHigh: number,
      leverageMilli: number,
    ): number {
      try {
        return setLeg(leg, table, quantity, costLow, costHigh, leverageMilli);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    moveLeg(leg: number, pool: number): number {
      try {
        return moveLeg(leg, pool);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    removeLeg(leg: number): number {
      try {
        return removeLeg(leg);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    trade(
      pool: number,
      leg: number,
      slot: number,
      table: number,
      quantity: number,
      price: number,
      leverageMilli: number,
      feeLow: number,
      feeHigh: number,
      reserveLow: number,
      reserveHigh: number,
      flags: number,
    ): number {
      try {
        return trade(
          pool,
          leg,
          slot,
          table,
          quantity,
          price,
          leverageMilli,
          feeLow,
          feeHigh,
          reserveLow,
          reserveHigh,
          flags,
        );
      } catch (cause) {
        return onTrap(cause);
      }
    },
    locateRows(from: number, to: number): void {
      try {
        locateRows(from, to);
      } catch (cause) {
        onTrap(cause);
      }
    },
    tradeRows(from: number, to: number, flags: number): number {
      try {
        return tradeRows(from, to, flags);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    poolFigures(pool: number): number {
      try {
        return poolFigures(pool);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    legFigures(leg: number): number {
      try {
        return legFigures(leg);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    liquidationPrice(pool: number, slot: number, upward: number): number {
      try {
        return liquidationPrice(pool, slot, upward);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    bankruptcyPrice(pool: number, slot: number, upward: number): number {
      try {
        return bankruptcyPrice(pool, slot, upward);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    jointShock(pool: number): number {
      try {
        return jointShock(pool);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    settleFunding(source: number, towardZero: number): number {
      try {
        return settleFunding(source, towardZero);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    shockBeside(pool: number, slot: number): number {
      try {
        return shockBeside(pool, slot);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    prepare(): number {
      try {
        return prepare();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    scan(trial: number): number {
      try {
        return scan(trial);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    priceMap(slot: number, below: number, above: number, follows: number): number {
      try {
        return priceMap(slot, below, above, follows);
      } catch (cause) {
        return onTrap(cause);
      }
    },
  };
}

/** Exports of which every one calls `refuse`: what is left of a kernel that has trapped. */
export function refuseExports(exports: KernelExports, refuse: () => never): KernelExports {
  const refused = Object.keys(exports).map((name) => [name, refuse] as const);
  return { ...(Object.fromEntries(refused) as unknown as KernelExports), memory: exports.memory };
}
