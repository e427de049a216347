// The ticks of the kernel against a full exact check: after every tick each pool is judged by the BigInt reference, and what the ticks have
// told (liquidatable, recovered, margin calls, equity floors) must be what changed, when it changed (invariant 4). Random lives
// of small books: crawling and gapping prices, coarse and fine units, levels, floors, changes between ticks. Both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import type { CallLevel } from "../../src/kernel-ticks.ts";
import * as records from "../../src/layout-ticks.ts";
import type { BracketTable, PriceTerms } from "../../src/model.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { BUILDS } from "../support/builds.ts";
import { tableOf, termsOfDecimals } from "../support/make.ts";
import { runs } from "../support/runs.ts";
import { wake } from "../support/woken.ts";

const FINE: readonly PriceTerms[] = [
  termsOfDecimals(false, 3, 8, 8),
  termsOfDecimals(false, 0, 8, 8),
  termsOfDecimals(true, 0, 8, 8, 100n),
  termsOfDecimals(false, 2, 6, 8),
];
const FINE_MARKS = [6_000_000_000_000, 50_000_000, 300_000_000_000, 2_500_000];
/** Units so coarse that every rounding shows. */
const COARSE: readonly PriceTerms[] = [
  { inverse: false, numerator: 1n, divisor: 1n },
  { inverse: false, numerator: 1n, divisor: 7n },
  { inverse: true, numerator: 9_000n, divisor: 1n },
  { inverse: false, numerator: 3n, divisor: 2n },
];
const COARSE_MARKS = [60, 900, 40, 15];

function tablesOf(scale: bigint): BracketTable[] {
  return [
    tableOf({ rows: [{ floor: 0n, rate: 5_000 }] }),
    tableOf({
      rows: [
        { floor: 0n, rate: 4_000 },
        { floor: 100n * scale, rate: 10_000 },
        { floor: 10_000n * scale, rate: 125_000 },
      ],
      closeFeeRate: 50_000,
    }),
    tableOf({
      rows: [
        { floor: 0n, rate: 10_000 },
        { floor: 500n * scale, rate: 50_000 },
      ],
      style: "whole",
    }),
    tableOf({ rows: [{ floor: 0n, rate: 100_000 }], haircut: true }),
    tableOf({ rows: [{ floor: 0n, rate: 0 }] }),
    tableOf({
      rows: [
        { floor: 0n, rate: 0 },
        { floor: 200n * scale, rate: 50_000 },
      ],
      closeFeeRate: 100_000,
    }),
    tableOf({ rows: [{ floor: 0n, rate: 999_999 }], closeFeeRate: 5_000_000 }),
    tableOf({ rows: [{ floor: 0n, rate: 20_000 }], profitHaircutRate: 5_000_000 }),
    tableOf({
      rows: [
        { floor: 0n, rate: 4_000 },
        { floor: 300n * scale, rate: 30_000 },
      ],
      closeFeeRate: 60_000,
      profitHaircutRate: 60_000_000,
    }),
  ];
}

/** Uniform in [0, 1), the same for a seed everywhere. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Known {
  under: boolean;
  level: number;
  floor: bigint | null;
  floorTold: boolean;
}

interface LifeOptions {
  readonly coarse: boolean;
  readonly inclusive: boolean;
  readonly levels: readonly CallLevel[];
  readonly pools: number;
  /** Clearances of a few units and prices that move by one. */
  readonly near?: boolean;
}

class Life {
  readonly kernel: Kernel;
  readonly random: () => number;
  readonly inclusive: boolean;
  readonly near: boolean;
  readonly levels: readonly CallLevel[];
  readonly marks: number[];
  readonly slots: number[];
  readonly tables: number[];
  readonly known: Map<number, Known> = new Map();
  evaluations = 0;

  constructor(wasm: Uint8Array | undefined, seed: number, options: LifeOptions) {
    this.kernel = new Kernel(wasm === undefined ? {} : { wasm });
    this.random = generator(seed);
    this.inclusive = options.inclusive;
    this.near = options.near ?? false;
    this.levels = options.levels;
    this.kernel.setInclusive(options.inclusive);
    this.marks = [...(options.coarse ? COARSE_MARKS : FINE_MARKS)];
    this.slots = (options.coarse ? COARSE : FINE).map((terms, index) => {
      const slot = this.kernel.createPrice(terms);
      this.kernel.setMark(slot, this.marks[index] as number);
      return slot;
    });
    this.tables = tablesOf(options.coarse ? 1n : 100_000_000n).map((table) =>
      this.kernel.createTable(table),
    );
    for (let n = 0; n < options.pools; n++) this.openPool(options.coarse);
    this.kernel.enableTriggers();
    if (this.levels.length > 0) this.kernel.setCallLevels(this.levels);
  }

  whole(below: number): number {
    return Math.floor(this.random() * below);
  }

  openPool(coarse: boolean): void {
    const { kernel } = this;
    const pool = kernel.createPool(0n, 0, 0);
    const legs = this.random() < 0.4 ? 1 : this.whole(6);
    for (let n = 0; n < legs; n++) this.openLeg(pool, coarse);
    const { clearance, initialMargin } = widePoolFigures(
      kernel.poolState(pool),
      this.inclusive,
      markOf,
    );
    const share = this.near ? 0n : this.random() < 0.2 ? -1n : BigInt(this.whole(3_000));
    const units = BigInt(this.whole(this.near ? 12 : 5)) - 2n;
    kernel.setCollateral(pool, -clearance + (initialMargin * share) / 1_000n + units);
    this.known.set(pool, { under: false, level: 0, floor: null, floorTold: false });
  }

  openLeg(pool: number, coarse: boolean): void {
    const { kernel } = this;
    const at = this.whole(this.slots.length);
    const size = 1 + this.whole(this.near ? 4 : coarse ? 40 : 200_000);
    const quantity = this.random() < 0.5 ? size : -size;
    const table = this.tables[this.whole(this.tables.length)] as number;
    const leg = kernel.createLeg(pool, this.slots[at] as number, table, quantity, 0n, 10_000);
    const { value } = kernel.legFigures(leg);
    kernel.setLeg(leg, table, quantity, (value * BigInt(950 + this.whole(100))) / 1_000n, 10_000);
  }

  /** What is true of the pool at the marks, by the reference. */
  truth(pool: number): {
    under: boolean;
    need: bigint;
    fee: bigint;
    maintenance: bigint;
    equity: bigint;
  } {
    const figures = widePoolFigures(this.kernel.poolState(pool), this.inclusive, markOf);
    return {
      under: figures.liquidatable,
      need: figures.maintenanceMargin + figures.closeFee,
      fee: figures.closeFee,
      maintenance: figures.maintenanceMargin,
      equity: figures.equity,
    };
  }

  levelAfter(before: number, pool: number): number {
    const { need, equity, maintenance } = this.truth(pool);
    const reaches = (ppm: number): boolean =>
      maintenance > 0n && need * 1_000_000n >= equity * BigInt(ppm);
    let level = 0;
    while (level < this.levels.length && reaches((this.levels[level] as CallLevel).raisePpm))
      level++;
    while (level < before && reaches((this.levels[level] as CallLevel).clearPpm)) level++;
    return level;
  }

  /** Takes a pool out, under water or not. */
  retire(): void {
    const pools = [...this.known.keys()];
    const under = pools.find((pool) => this.known.get(pool)?.under === true);
    const pool = under ?? (pools[this.whole(pools.length)] as number);
    this.kernel.removePool(pool);
    this.known.delete(pool);
  }

  change(): void {
    const { kernel } = this;
    const pools = [...this.known.keys()];
    const pool = pools[this.whole(pools.length)] as number;
    const known = this.known.get(pool) as Known;
    const pick = this.random();
    if (pick < 0.15) {
      kernel.removePool(pool);
      this.known.delete(pool);
      this.openPool(this.marks[0] === undefined || this.marks[0] < 1_000_000);
    } else if (pick < 0.5) {
      kernel.setCollateral(pool, kernel.collateral(pool) + BigInt(this.whole(2_001) - 1_000));
    } else if (pick < 0.65) {
      const leg = kernel.firstLeg(pool);
      if (leg >= 0) kernel.removeLeg(leg);
    } else if (pick < 0.8 && kernel.legCount(pool) < 6) {
      this.openLeg(pool, (this.marks[0] as number) < 1_000_000);
    } else {
      const { equity } = this.truth(pool);
      known.floor = this.random() < 0.3 ? null : equity - BigInt(this.whole(2_000)) + 5n;
      known.floorTold = false;
      kernel.setEquityFloor(pool, known.floor);
    }
  }

  step(gap: boolean): void {
    const { kernel } = this;
    const slots: number[] = [];
    const prices: number[] = [];
    this.slots.forEach((slot, index) => {
      if (this.random() < 0.4) return;
      const mark = this.marks[index] as number;
      const reach = gap ? 0.3 : 0.004;
      if (this.near && this.random() < 0.5) return;
      const moved = this.near
        ? mark + this.whole(3) - 1
        : Math.round(mark * (1 + reach * (2 * this.random() - 1))) + this.whole(3) - 1;
      const price = Math.min(Math.max(1, moved), kernel.maxPrice(slot));
      this.marks[index] = price;
      slots.push(slot);
      prices.push(price);
    });
    kernel.tick(slots, prices, slots.length);
    const told = new Map<number, number>();
    for (const [pool, flags] of wake(kernel)) {
      expect(told.has(pool)).toBe(false);
      told.set(pool, flags);
    }
    this.evaluations += kernel.tickEvaluations;
    for (const [pool, known] of this.known) {
      const { under, equity } = this.truth(pool);
      const level = this.levelAfter(known.level, pool);
      let flags = 0;
      if (under && !known.under) flags |= records.WOKE_LIQUIDATABLE;
      if (!under && known.under) flags |= records.WOKE_RECOVERED;
      if (level > known.level) flags |= records.WOKE_CALL;
      if (!under && known.floor !== null && equity <= known.floor && !known.floorTold) {
        flags |= records.WOKE_FLOOR;
        known.floorTold = true;
      }
      expect({ pool, flags: told.get(pool) ?? 0 }).toEqual({ pool, flags });
      expect(kernel.alertUnder(pool)).toBe(under);
      expect(kernel.alertLevel(pool)).toBe(level);
      known.under = under;
      known.level = level;
      told.delete(pool);
    }
    expect([...told]).toEqual([]);
  }
}

const LEVELS: readonly (readonly CallLevel[])[] = [
  [],
  [{ raisePpm: 800_000, clearPpm: 780_000 }],
  [
    { raisePpm: 500_000, clearPpm: 450_000 },
    { raisePpm: 900_000, clearPpm: 900_000 },
  ],
];

describe.each(BUILDS)("ticks of the $name build", ({ wasm }) => {
  test("invariant 4: ticks tell what a full exact check finds, when it finds it", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(...LEVELS),
        fc.integer({ min: 1, max: 40 }),
        (seed, coarse, inclusive, levels, pools) => {
          const life = new Life(wasm, seed, { coarse, inclusive, levels, pools });
          for (let n = 0; n < 60; n++) {
            const changes = life.random() < 0.5 ? life.whole(4) : 0;
            for (let m = 0; m < changes; m++) life.change();
            life.step(life.random() < 0.08);
          }
        },
      ),
      runs(60),
    );
  });

  test("invariant 4, within a few units: what rounding takes back is inside the zone", () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, inclusive) => {
        const options = { coarse: true, inclusive, levels: [], pools: 60, near: true };
        const life = new Life(wasm, seed, options);
        for (let n = 0; n < 40; n++) life.step(false);
      }),
      runs(20),
    );
  });

  test("invariant 4: every start beside zero, walked down and up again by units", () => {
    const table = tableOf({ rows: [{ floor: 0n, rate: 90_000 }], closeFeeRate: 3_000_000 });
    for (let start = 300; start < 330; start++) {
      const kernel = new Kernel(wasm === undefined ? {} : { wasm });
      const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 7n });
      const other = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 7n });
      kernel.setMark(slot, start);
      kernel.setMark(other, 500);
      const handle = kernel.createTable(table);
      const under: boolean[] = [];
      for (let units = 0n; units < 12n; units++) {
        const pool = kernel.createPool(0n, 0, 0);
        kernel.createLeg(pool, slot, handle, 1, 0n, 0);
        kernel.createLeg(pool, other, handle, 1, 0n, 0);
        kernel.setCollateral(pool, units - kernel.poolFigures(pool).clearance);
        under.push(false);
      }
      kernel.enableTriggers();
      for (let step = 0; step < 60; step++) {
        kernel.tick([slot], [start - (step < 20 ? step : 40 - step)], 1);
        const told = new Map(wake(kernel));
        under.forEach((before, pool) => {
          const { liquidatable } = kernel.poolFigures(pool);
          const news = liquidatable ? records.WOKE_LIQUIDATABLE : records.WOKE_RECOVERED;
          const flags = liquidatable === before ? 0 : news;
          expect({ start, step, pool, flags: told.get(pool) ?? 0 }).toEqual({
            start,
            step,
            pool,
            flags,
          });
          under[pool] = liquidatable;
        });
      }
    }
  });

  test("a book larger than a tick's budget is told by the screen, with the same words", () => {
    const life = new Life(wasm, 7, { coarse: false, inclusive: false, levels: [], pools: 2_500 });
    let screened = 0;
    for (let n = 0; n < 14; n++) {
      for (let m = 0; m < 40; m++) life.retire();
      life.step(n % 6 === 1);
      if (life.kernel.tickScreened) screened++;
    }
    expect(screened).toBeGreaterThan(0);
    expect(life.kernel.queuedPools).toBeLessThan(2_500);
  });

  test("a tick without a price that matters evaluates nothing", () => {
    const life = new Life(wasm, 3, { coarse: false, inclusive: false, levels: [], pools: 200 });
    life.step(false);
    const { kernel } = life;
    const waiting = kernel.queuedPools;
    kernel.tick([], [], 0);
    expect(kernel.wake()).toBe(0);
    expect(kernel.tickEvaluations).toBeLessThanOrEqual(2 * waiting);
  });

  test("a floor at the largest amount is reached by every pool, one at the least by none", () => {
    const kernel = new Kernel(wasm === undefined ? {} : { wasm });
    const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    kernel.setMark(slot, 100);
    const table = kernel.createTable(tableOf({ rows: [{ floor: 0n, rate: 10_000 }] }));
    const [high, low] = [kernel.createPool(5_000n, 0, 0), kernel.createPool(5_000n, 0, 0)];
    for (const pool of [high, low]) kernel.createLeg(pool, slot, table, 10, 1_000n, 0);
    kernel.setEquityFloor(high, 2n ** 63n - 1n);
    kernel.setEquityFloor(low, -(2n ** 63n) + 1n);
    kernel.tick([slot], [101], 1);
    expect(wake(kernel)).toEqual([[high, records.WOKE_FLOOR]]);
  });

  test("levels must rise, and may not be cleared in another order", () => {
    const kernel = new Kernel(wasm === undefined ? {} : { wasm });
    const set = (...levels: [number, number][]): void =>
      kernel.setCallLevels(levels.map(([raisePpm, clearPpm]) => ({ raisePpm, clearPpm })));
    expect(() => set([500_000, 400_000], [500_000, 400_000])).toThrow("raisePpm");
    expect(() => set([500_000, 500_000], [900_000, 499_999])).toThrow("clearPpm");
    expect(() => set([500_000, 500_001])).toThrow("clearPpm");
    set([500_000, 500_000], [900_000, 500_000]);
  });
});
