// Ticks that pass far more than a tick evaluates: the screen says who is under water, nothing that was passed is touched, and the ticks
// after work it off. Books of some size through gaps, gaps on gaps, returns and changes between, against the exact figures of every
// pool after every tick (invariant 4); and what a gap evaluates and reads, counted. Both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import { WOKE_FLOOR, WOKE_LIQUIDATABLE, WOKE_RECOVERED } from "../../src/layout-ticks.ts";
import { BUILDS } from "../support/builds.ts";
import { tableOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";
import { wake } from "../support/woken.ts";

class Probe extends Kernel {
  get nodeReads(): number {
    return this.current().header(layout.HEADER_NODE_READS);
  }
}

const STARTS = [1_000_000, 40_000, 25_000_000, 300_000];
/** What a tick evaluates of a small book at most, and a pool of one leg counts up to three times. */
const MOST = 256;
const COUNTS = 3;

/** Uniform in [0, 1), the same for a seed everywhere. */
function generator(seed: number): () => number {
  let state = 1 + (seed % 2_147_483_646);
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

class Book {
  readonly kernel: Probe;
  readonly marks: number[] = [...STARTS];
  /** The marks before the last tick that moved any. */
  before: readonly number[] = STARTS;
  /** By pool: known as liquidatable. */
  readonly known: Map<number, boolean> = new Map();
  readonly draw: () => number;
  /** How many the last tick told of. */
  told = 0;

  constructor(wasm: Uint8Array | undefined, seed: number, pools: number) {
    this.kernel = new Probe(wasm === undefined ? {} : { wasm });
    this.draw = generator(seed);
    this.kernel.createTable(tableOf({ rows: [{ floor: 0n, rate: 10_000 }], closeFeeRate: 50_000 }));
    STARTS.forEach((start, slot) => {
      this.kernel.createPrice({ inverse: false, numerator: 1n, divisor: 100n });
      this.kernel.setMark(slot, start);
    });
    while (this.known.size < pools) this.open();
    this.kernel.enableTriggers();
    this.step([]);
  }

  whole(below: number): number {
    return Math.floor(this.draw() * below);
  }

  /** Half of the equity to five times the gross notional beyond its margin. */
  open(): void {
    const { kernel } = this;
    const pool = kernel.createPool(0n, 0, 0);
    let gross = 0n;
    STARTS.forEach((start, slot) => {
      if (this.draw() < 0.5) return;
      const quantity = (1 + this.whole(20_000_000 / start)) * (this.draw() < 0.7 ? 1 : -1);
      const value = (BigInt(quantity) * BigInt(this.marks[slot] as number)) / 100n;
      kernel.createLeg(pool, slot, 0, quantity, value, 0);
      gross += value < 0n ? -value : value;
    });
    const { maintenanceMargin, closeFee } = kernel.poolFigures(pool);
    const cover = BigInt(Math.round(1_000 * 10 ** (-1.5 + 2 * this.draw())));
    kernel.setCollateral(pool, maintenanceMargin + closeFee + (gross * cover) / 1_000n);
    this.known.set(pool, false);
  }

  change(): void {
    const { kernel } = this;
    const some = [...this.known.keys()];
    const pool = some[this.whole(some.length)] as number;
    const pick = this.draw();
    if (pick < 0.2) {
      kernel.removePool(pool);
      this.known.delete(pool);
      this.open();
    } else if (pick < 0.25) {
      kernel.setEquityFloor(pool, kernel.poolFigures(pool).equity - BigInt(this.whole(10_000)));
    } else {
      const unit = BigInt(this.whole(2_000_000) - 1_000_000);
      kernel.setCollateral(pool, kernel.collateral(pool) + unit);
    }
  }

  /** One tick; what it tells must be what the exact figures of all pools say. */
  step(factors: readonly number[]): void {
    const { kernel } = this;
    const slots = factors.map((_, slot) => slot);
    if (slots.length > 0) this.before = [...this.marks];
    factors.forEach((factor, slot) => {
      this.marks[slot] = Math.max(1, Math.round((this.marks[slot] as number) * factor));
    });
    kernel.tick(slots, this.marks, slots.length);
    const told = wake(kernel).map(([pool, flags]) => [pool, flags & ~WOKE_FLOOR]);
    const expected: number[][] = [];
    const wrong: number[] = [];
    for (const [pool, before] of this.known) {
      const { liquidatable } = kernel.poolFigures(pool);
      if (kernel.alertUnder(pool) !== liquidatable) wrong.push(pool);
      if (liquidatable === before) continue;
      expected.push([pool, liquidatable ? WOKE_LIQUIDATABLE : WOKE_RECOVERED]);
      this.known.set(pool, liquidatable);
    }
    expect(wrong).toEqual([]);
    const turned = told.filter(([, flags]) => flags !== 0);
    this.told = turned.length;
    expect(turned.sort(byPool)).toEqual(expected.sort(byPool));
  }

  all(factor: number): number[] {
    return STARTS.map(() => factor);
  }

  to(prices: readonly number[]): number[] {
    return prices.map((price, slot) => price / (this.marks[slot] as number));
  }

  /** Ticks without prices until the screen has left nothing to be armed; `each` is called after every one. */
  settle(each?: () => void): void {
    for (let ticks = 0; this.kernel.tickScreened; ticks++) {
      expect(ticks).toBeLessThan(this.known.size / 16);
      this.step([]);
      each?.();
    }
  }

  next(): number[] {
    const pick = this.draw();
    if (pick < 0.3) return this.all(0.6 + 0.3 * this.draw());
    if (pick < 0.4) return this.to(STARTS);
    if (pick < 0.6) return this.to(this.before);
    if (pick < 0.7) return STARTS.map(() => 0.7 + 0.6 * this.draw());
    return STARTS.map(() => (this.draw() < 0.5 ? 1 : 0.998 + 0.004 * this.draw()));
  }
}

function byPool(one: readonly number[], other: readonly number[]): number {
  return (one[0] ?? 0) - (other[0] ?? 0);
}

describe.each(BUILDS)("gaps of the $name build", ({ wasm }) => {
  test("invariant 4: gaps, gaps on gaps and returns tell what a full exact check finds", () => {
    let gaps = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const book = new Book(wasm, seed, 1_200);
        for (let tick = 0; tick < 14; tick++) {
          const changes = book.draw() < 0.3 ? book.whole(100) : 0;
          for (let change = 0; change < changes; change++) book.change();
          const waited = book.kernel.queuedPools;
          book.step(book.next());
          const { tickScreened, tickEvaluations } = book.kernel;
          if (tickScreened && waited === 0 && tickEvaluations === 0) gaps++;
          if (tickScreened) expect(tickEvaluations).toBeLessThanOrEqual(COUNTS * (waited + MOST));
          if (book.draw() < 0.4) book.settle();
        }
      }),
      runs(5),
    );
    expect(gaps).toBeGreaterThan(0);
  });

  test("a gap evaluates and reads nothing of what it passes, and the ticks after each pool once", () => {
    const book = new Book(wasm, 5, 4_000);
    const { kernel } = book;
    const before = kernel.nodeReads;
    book.step(book.all(0.8));
    expect([kernel.tickScreened, kernel.tickEvaluations]).toEqual([true, 0]);
    expect(kernel.nodeReads).toBe(before);
    let evaluations = 0;
    book.settle(() => {
      expect(kernel.tickEvaluations).toBeLessThanOrEqual(COUNTS * MOST);
      evaluations += kernel.tickEvaluations;
    });
    expect(kernel.queuedPools).toBe(0);
    expect(evaluations).toBeLessThanOrEqual(COUNTS * book.known.size);
    book.step(book.all(1));
    expect([kernel.tickScreened, kernel.tickEvaluations]).toEqual([false, 0]);
  });

  test.each([
    ["emptied and filled", [STARTS]],
    ["laid anew", [STARTS, STARTS.map((start) => start / 4), STARTS]],
  ])("lists that were %s many times know their number", (_, visited) => {
    const book = new Book(wasm, 3, 300);
    for (let life = 0; life < 12; life++) {
      for (const pool of [...book.known.keys()]) {
        book.kernel.removePool(pool);
        book.known.delete(pool);
      }
      while (book.known.size < 300) book.open();
      for (const prices of visited) {
        book.step(book.to(prices));
        book.settle();
      }
    }
    book.step(book.all(0.8));
    expect(book.kernel.tickScreened).toBe(false);
    expect(book.kernel.tickEvaluations).toBeGreaterThan(0);
  });

  test("a recovery that is taken back in the next tick, and a fall", () => {
    const book = new Book(wasm, 11, 4_000);
    book.step(book.all(0.7));
    book.settle();
    const low = [...book.marks];
    for (const prices of [STARTS, low, STARTS]) {
      const from = [...book.marks];
      for (const target of [prices, from, prices]) {
        book.step(book.to(target));
        expect(book.told).toBeGreaterThan(MOST / 2);
      }
      book.settle();
    }
  });

  test("who waited before a gap is evaluated in it, and no one else", () => {
    const book = new Book(wasm, 9, 4_000);
    const { kernel } = book;
    const changed = [...book.known.keys()].slice(0, 20);
    for (const pool of changed) kernel.setCollateral(pool, kernel.collateral(pool) + 1n);
    book.step(book.all(0.8));
    expect(kernel.tickScreened).toBe(true);
    expect(kernel.tickEvaluations).toBeGreaterThanOrEqual(changed.length);
    expect(kernel.tickEvaluations).toBeLessThanOrEqual(COUNTS * changed.length);
  });
});
