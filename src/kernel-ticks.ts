// The ticks of the boundary: prices in, who was passed out. Stops fired come first and are the facade's to resolve; then pools are
// woken, judged exactly and armed anew.
import { requireBigint, requireHandle, requireInteger } from "./arguments.ts";
import { KernelStops } from "./kernel-stops.ts";
import * as layout from "./layout.ts";
import * as records from "./layout-ticks.ts";
import { MAX_AMOUNT, type PoolFigures } from "./model.ts";

/** A level of the margin ratio, in 1e-6: raised at `raisePpm`, raised again only after the ratio fell below `clearPpm`. */
export interface CallLevel {
  readonly raisePpm: number;
  readonly clearPpm: number;
}

const MOST_PLACES = 2 ** 32;

/** A Kernel that ticks. */
export class KernelTicks extends KernelStops {
  /** True once pools are watched. */
  get triggersEnabled(): boolean {
    return this.current().header(layout.HEADER_TRIGGERS) !== 0;
  }

  /** Watches every pool from now on: each is evaluated in the next tick. CAPACITY where memory does not suffice. */
  enableTriggers(): void {
    this.done(this.exports.enableTriggers(), "pool", -1);
  }

  /** Levels that ticks report, raisePpm rising and clearPpm not falling (RangeError); at most MAX_LEVELS, none to report none. Pools are evaluated anew in the next tick. */
  setCallLevels(levels: readonly CallLevel[]): void {
    const views = this.current();
    if (levels.length > layout.MAX_LEVELS) {
      throw new RangeError(`at most ${layout.MAX_LEVELS} levels`);
    }
    levels.forEach(({ raisePpm, clearPpm }, index) => {
      const below = levels[index - 1]?.raisePpm ?? 0;
      requireInteger(raisePpm, below + 1, 999_999, "raisePpm");
      requireInteger(clearPpm, levels[index - 1]?.clearPpm ?? 0, raisePpm, "clearPpm");
    });
    levels.forEach(({ raisePpm, clearPpm }, index) => {
      views.u32[layout.HEADER_LEVEL_TABLE / 4 + index * 2] = raisePpm;
      views.u32[layout.HEADER_LEVEL_TABLE / 4 + index * 2 + 1] = clearPpm;
    });
    views.u32[layout.HEADER_LEVELS / 4] = levels.length;
    this.exports.queueAllPools();
  }

  /**
   * Sets marks and takes out the stops that they pass: their number. Then call {@link wake}.
   *
   * @param slots live price slots, each at most once; @param prices 1 .. maxPrice of the slot
   */
  tick(slots: ArrayLike<number>, prices: ArrayLike<number>, count: number): number {
    requireInteger(count, 0, Math.min(slots.length, prices.length, layout.MAX_PRICES), "count");
    for (let row = 0; row < count; row++) {
      requireInteger(prices[row] as number, 1, this.maxPrice(slots[row] as number), "price");
    }
    const { u16, f64 } = this.current();
    for (let row = 0; row < count; row++) {
      u16[layout.TICK_SLOTS / 2 + row] = slots[row] as number;
      f64[layout.TICK_PRICES / 8 + row] = prices[row] as number;
    }
    return this.handle(this.exports.tick(count), "pool", -1);
  }

  /** A stop that the last tick passed; its handle. */
  firedStop(index: number): number {
    requireInteger(index, 0, this.current().header(layout.HEADER_FIRED) - 1, "index");
    return this.#place(layout.FIRED_DIRECTORY, index);
  }

  /** The mark before the last tick, for slots that were in it. */
  previousMark(slot: number): number {
    const views = this.current();
    views.price(slot);
    return views.f64[layout.PREVIOUS / 8 + slot] as number;
  }

  /**
   * Evaluates whatever the last tick's prices passed and whatever changed since, and watches it anew: the number of pools of which there
   * is something to say. May be called again after changes; each call says only what is new.
   */
  wake(): number {
    const count = this.exports.wake();
    this.views.refresh();
    if (count < 0)
      throw this.failure(count, "pool", this.current().header(layout.HEADER_FAULT_POOL));
    return count;
  }

  /**
   * Of whom the last {@link wake} spoke, in any order: their pools, and WOKE_* flags of src/layout-ticks.ts. Writes as many places as it
   * returned; RangeError where an array has fewer.
   */
  copyWoken(pools: Uint32Array, flags: Uint8Array): void {
    const views = this.current();
    const { u32 } = views;
    const count = views.header(layout.HEADER_WOKEN);
    requireInteger(pools.length, count, MOST_PLACES, "pools.length");
    requireInteger(flags.length, count, MOST_PLACES, "flags.length");
    const handles = 2 ** records.WOKE_SHIFT - 1;
    for (let first = 0; first < count; first += records.WAITING_MASK + 1) {
      const chunk = u32[layout.WOKEN_DIRECTORY / 4 + (first >>> records.WAITING_SHIFT)] as number;
      const end = Math.min(count, first + records.WAITING_MASK + 1);
      for (let place = first, at = chunk / 4; place < end; place++, at++) {
        const told = u32[at] as number;
        pools[place] = told & handles;
        flags[place] = told >>> records.WOKE_SHIFT;
      }
    }
  }

  #place(directory: number, index: number): number {
    const { u32 } = this.views;
    const chunk = u32[directory / 4 + (index >>> records.WAITING_SHIFT)] as number;
    return u32[chunk / 4 + (index & records.WAITING_MASK)] as number;
  }

  /** Level of the margin ratio in force, 0 for none. */
  alertLevel(pool: number): number {
    return this.#alert(pool) & records.ALERT_LEVEL;
  }

  /** True where the last tick knew the pool as liquidatable. */
  alertUnder(pool: number): boolean {
    return (this.#alert(pool) & records.ALERT_UNDER) !== 0;
  }

  #alert(pool: number): number {
    const views = this.current();
    views.pool(pool);
    if (!this.triggersEnabled) return 0;
    const chunk = views.u32[layout.ALERT_DIRECTORY / 4 + (pool >>> records.ALERT_SHIFT)] as number;
    return views.u8[chunk + (pool & records.ALERT_MASK)] as number;
  }

  /** WOKE_FLOOR is said once when the pool's equity is at or below it; null for none. Enables triggers. */
  setEquityFloor(pool: number, floor: bigint | null): void {
    requireHandle(pool, "pool");
    if (floor !== null) requireBigint(floor, -MAX_AMOUNT, MAX_AMOUNT, "floor");
    if (!this.triggersEnabled) this.enableTriggers();
    this.amount.set(floor ?? 0n, "floor");
    const { low, high } = this.amount;
    this.done(this.exports.setFloor(pool, low, high, floor === null ? 0 : 1), "pool", pool);
  }

  /** Evaluations of the last tick: each judging of a pool is one, and each search or proof of a zone that took the integers. */
  get tickEvaluations(): number {
    return this.current().header(layout.HEADER_TICK_EXACT);
  }

  /** True where so much was passed that the screen decided the last tick. */
  get tickScreened(): boolean {
    return this.current().header(layout.HEADER_TICK_SCREENED) !== 0;
  }

  /** Pools that wait for a later tick to be watched again. */
  get queuedPools(): number {
    return this.current().header(layout.HEADER_MUST) + this.current().header(layout.HEADER_MAY);
  }

  /** As {@link poolFigures} at the trial prices; initialMargin is 0. */
  trialFigures(pool: number): PoolFigures {
    this.done(this.exports.trialFigures(requireHandle(pool, "pool")), "pool", pool);
    return this.figuresInResult();
  }
}
