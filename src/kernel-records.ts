// What the kernel holds, read straight from its memory: pools, legs and marks by handle, totals, and whole pools as plain data. Reading
// never changes anything and never crosses into WebAssembly.
import { RiskError } from "./errors.ts";
import * as layout from "./layout.ts";
import { MemoryViews } from "./memory-views.ts";
import type { LegState, PoolState } from "./model.ts";

/** The reading half of a Kernel. A dead or foreign handle is a RangeError; after a trap everything is RiskError POISONED. */
export class KernelRecords {
  protected readonly views: MemoryViews;
  protected poisoned: unknown;

  constructor(memory: WebAssembly.Memory) {
    this.views = new MemoryViews(memory);
  }

  /** The mark in price units; 0 where never set. */
  mark(slot: number): number {
    const views = this.current();
    views.price(slot);
    return views.f64[layout.MARKS / 8 + slot] as number;
  }

  collateral(pool: number): bigint {
    return this.current().i64[(this.views.pool(pool) + layout.POOL_COLLATERAL) / 8] as bigint;
  }

  owner(pool: number): number {
    return this.current().u32[(this.views.owner(pool) + layout.OWNER_OWNER) / 4] as number;
  }

  tag(pool: number): number {
    return this.current().u32[(this.views.owner(pool) + layout.OWNER_TAG) / 4] as number;
  }

  /** The caller's own link to another pool; -1 at first. */
  nextOfOwner(pool: number): number {
    return this.current().i32[(this.views.owner(pool) + layout.OWNER_NEXT) / 4] as number;
  }

  /** The pool that is charged first for funding; -1 for none. The caller keeps it: removing a pool leaves backings that name it. */
  backing(pool: number): number {
    return this.current().i32[(this.views.owner(pool) + layout.OWNER_BACKING) / 4] as number;
  }

  legCount(pool: number): number {
    return this.current().u16[(this.views.pool(pool) + layout.POOL_LEGS) / 2] as number;
  }

  /** First leg of the pool, newest first, or -1. */
  firstLeg(pool: number): number {
    return this.current().i32[(this.views.pool(pool) + layout.POOL_FIRST_LEG) / 4] as number;
  }

  /** The leg after this one in its pool, or -1. */
  nextLeg(leg: number): number {
    return this.current().i32[(this.views.leg(leg) + layout.LEG_NEXT) / 4] as number;
  }

  /** The pool's newest leg that follows a price slot: of either sign (0), long (1) or short (-1); -1 where there is none. */
  findLeg(pool: number, slot: number, sign: number): number {
    const views = this.current();
    let leg = this.firstLeg(pool);
    while (leg !== layout.NONE) {
      const address = views.leg(leg);
      if (views.u16[(address + layout.LEG_PRICE) / 2] === slot) {
        const quantity = views.f64[(address + layout.LEG_QUANTITY) / 8] as number;
        if (sign === 0 || sign > 0 === quantity > 0) return leg;
      }
      leg = views.i32[(address + layout.LEG_NEXT) / 4] as number;
    }
    return leg;
  }

  /** As {@link collateral}, as a number where that is exact without thinking twice (below 2^52 in size). */
  collateralAmount(pool: number): number | bigint {
    return this.current().amount(this.views.pool(pool) + layout.POOL_COLLATERAL);
  }

  /** As {@link cost}, as a number where that is exact without thinking twice (below 2^52 in size). */
  costAmount(leg: number): number | bigint {
    return this.current().amount(this.views.leg(leg) + layout.LEG_COST);
  }

  legPool(leg: number): number {
    return this.current().i32[(this.views.leg(leg) + layout.LEG_POOL) / 4] as number;
  }

  legPrice(leg: number): number {
    return this.current().u16[(this.views.leg(leg) + layout.LEG_PRICE) / 2] as number;
  }

  legTable(leg: number): number {
    return this.current().u16[(this.views.leg(leg) + layout.LEG_TABLE) / 2] as number;
  }

  quantity(leg: number): number {
    return this.current().f64[(this.views.leg(leg) + layout.LEG_QUANTITY) / 8] as number;
  }

  cost(leg: number): bigint {
    return this.current().i64[(this.views.leg(leg) + layout.LEG_COST) / 8] as bigint;
  }

  leverageMilli(leg: number): number {
    return this.current().u32[(this.views.leg(leg) + layout.LEG_LEVERAGE) / 4] as number;
  }

  get poolCount(): number {
    return this.current().header(layout.HEADER_LIVE_POOLS);
  }

  get legTotal(): number {
    return this.current().header(layout.HEADER_LIVE_LEGS);
  }

  /** Bytes of linear memory held. */
  get memoryBytes(): number {
    return this.views.byteLength;
  }

  /** Calls back with each live pool handle in ascending order; the callback must not create or remove pools. */
  forEachPool(visit: (pool: number) => void): void {
    const top = this.current().header(layout.HEADER_TOP_POOL);
    for (let pool = 0; pool < top; pool++) {
      if (this.current().poolLives(pool)) visit(pool);
    }
  }

  /** The pool as plain data, as the reference takes it; legs in the kernel's order. */
  poolState(pool: number): PoolState {
    const legs: LegState[] = [];
    for (let leg = this.firstLeg(pool); leg !== layout.NONE; leg = this.nextLeg(leg)) {
      legs.push(this.legState(leg));
    }
    return { collateral: this.collateral(pool), legs };
  }

  /** The leg as plain data, with the terms, mark and table it stands on. */
  legState(leg: number): LegState {
    const priceSlot = this.legPrice(leg);
    return {
      priceSlot,
      terms: this.views.terms(priceSlot),
      price: this.mark(priceSlot),
      table: this.views.bracketTable(this.legTable(leg)),
      quantity: this.quantity(leg),
      cost: this.cost(leg),
      leverageMilli: this.leverageMilli(leg),
    };
  }

  /** The views; refused once the kernel has trapped. */
  protected current(): MemoryViews {
    if (this.poisoned !== undefined) this.poison(this.poisoned);
    return this.views;
  }

  protected poison(cause: unknown): never {
    this.poisoned ??= cause;
    throw new RiskError("POISONED", "the kernel trapped and its memory is not to be trusted", {
      hint: "this is a bug in underkeel; make a new engine from the book or a snapshot",
      cause,
    });
  }
}
