// The stress passes of the boundary: up to eight vectors of prices in, sums over the pools that are liquidatable at each out. Marks, pools and
// legs are as they were afterwards.
import { requireInteger } from "./arguments.ts";
import { KernelMaps } from "./kernel-maps.ts";
import * as layout from "./layout.ts";
import * as records from "./layout-stress.ts";

/** Scenarios that one pass judges. */
export const STRESS_ROWS: number = records.STRESS_ROWS;

/** What a pass came to. */
export interface StressPass {
  /** Owners of liquidatable pools by row. Pools linked by setNextOfOwner have one owner; these lists must end. */
  readonly owners: readonly number[];
  /** Pools, over all rows, that the screen could not decide; and those of them that doubles could not decide either. */
  readonly doubted: number;
  readonly exactEvaluations: number;
  /** Equities that were valued exactly because they may be below zero. */
  readonly equitiesValued: number;
}

/** Sums over the liquidatable pools of one row whose tags are even (half 0) or odd (half 1). */
export interface StressSums {
  /** Legs that follow the slot. */
  readonly positions: number;
  /** Σ of their sizes. */
  readonly quantity: bigint;
  /** Pools whose first leg follows the slot. */
  readonly pools: number;
  /** Σ of max(0, −equity) of these pools, in quote units. */
  readonly shortfall: bigint;
}

/** A Kernel that takes stress. */
export class KernelStress extends KernelMaps {
  /** Takes memory for passes and puts every row at the marks. CAPACITY where there is none; nothing is held then. */
  openStress(): void {
    this.done(this.exports.openStress(), "pool", -1);
  }

  /** Gives the memory back. */
  closeStress(): void {
    this.exports.closeStress();
  }

  /** A price of one row, after {@link openStress}; row: 0 to STRESS_ROWS - 1, price: 1 .. maxPrice of the slot. */
  setStressed(row: number, slot: number, price: number): void {
    requireInteger(row, 0, records.STRESS_ROWS - 1, "row");
    requireInteger(price, 1, this.maxPrice(slot), "price");
    this.done(this.exports.setStressed(row, slot, price), "price slot", slot);
  }

  /**
   * Judges the first rows and sums what is liquidatable in each; the sums stand until the next pass or {@link closeStress}. Errors are a
   * scan's: {@link faultPool} and {@link faultRow} then say where.
   */
  stress(rows: number): StressPass {
    requireInteger(rows, 1, records.STRESS_ROWS, "rows");
    const status = this.exports.stress(2 ** rows - 1);
    this.views.refresh();
    if (status !== layout.STATUS_OK) {
      const pool = this.current().header(layout.HEADER_FAULT_POOL);
      throw this.failure(status, "pool", pool);
    }
    const { u32 } = this.current();
    const owners = u32.slice(records.STRESS_OWNERS / 4, records.STRESS_OWNERS / 4 + rows);
    return {
      owners: [...owners],
      doubted: u32[records.STRESS_DOUBTED / 4] as number,
      exactEvaluations: u32[records.STRESS_EXACT / 4] as number,
      equitiesValued: u32[records.STRESS_VALUED / 4] as number,
    };
  }

  /** The row that stopped the last pass that threw. */
  get faultRow(): number {
    return this.current().header(records.STRESS_FAULT_ROW);
  }

  /** Sums of the last pass; undefined where nothing was hit there. */
  stressSums(row: number, slot: number, half: 0 | 1): StressSums | undefined {
    const { u32, i64 } = this.current();
    const chunk = u32[
      records.STRESS_DIRECTORY / 4 + records.STRESS_SUMS + (slot >> records.SUMS_SHIFT)
    ] as number;
    if (chunk === 0) throw new RangeError("no stress pass stands in memory");
    const sums = chunk + (slot & records.SUMS_MASK) * records.SUMS_BYTES;
    const base = sums + records.SUMS_HALVES + half * records.HALF_BYTES;
    const positions = u32[(base + records.HALF_POSITIONS) / 4 + row] as number;
    if (positions === 0) return undefined;
    const wide = (at: number): bigint => {
      const place = (base + at) / 8 + row * 2;
      return ((i64[place + 1] as bigint) << 64n) + BigInt.asUintN(64, i64[place] as bigint);
    };
    return {
      positions,
      quantity: wide(records.HALF_QUANTITIES),
      pools: u32[(base + records.HALF_POOLS) / 4 + row] as number,
      shortfall: wide(records.HALF_SHORTFALLS),
    };
  }
}
