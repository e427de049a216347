// Random lives of a book in the kernel against a plain model of Maps: pools and legs created, changed, moved and removed, marks
// moved, tables replaced, in any order. Every so often the scan must equal the exact check of every pool in the model
// (invariants 2 and 3), and at the end every record and figure must (invariant 1). Catches what stale screen
// weights, reused handles and broken links would do.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import type { BracketTable, LegState, PoolState, PriceTerms } from "../../src/model.ts";
import { maxPriceOf, referencePoolFigures } from "../../src/reference/index.ts";
import { wideLegFigures } from "../../src/reference/leg.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { BUILDS } from "../support/builds.ts";
import { tableOf, termsOfDecimals } from "../support/make.ts";
import { runs } from "../support/runs.ts";

interface ModelLeg {
  slot: number;
  table: number;
  quantity: number;
  cost: bigint;
  leverageMilli: number;
}

interface ModelPool {
  collateral: bigint;
  readonly legs: Map<number, ModelLeg>;
}

const TERMS: readonly PriceTerms[] = [
  termsOfDecimals(false, 3, 8, 8),
  termsOfDecimals(false, 0, 8, 8),
  termsOfDecimals(true, 0, 8, 8, 100n),
  termsOfDecimals(false, 2, 6, 8),
];

const FIRST_MARKS: readonly number[] = [6_000_000_000_000, 50_000_000, 300_000_000_000, 2_500_000];

/** Tables to draw from and to replace one another: flat, marginal, whole, with fee, a haircut. */
const TABLES: readonly BracketTable[] = [
  tableOf({ rows: [{ floor: 0n, rate: 5_000 }] }),
  tableOf({
    rows: [
      { floor: 0n, rate: 4_000 },
      { floor: 10_000_000_000n, rate: 10_000 },
      { floor: 1_000_000_000_000n, rate: 125_000 },
    ],
    closeFeeRate: 50_000,
  }),
  tableOf({
    rows: [
      { floor: 0n, rate: 10_000 },
      { floor: 50_000_000_000n, rate: 50_000 },
    ],
    style: "whole",
  }),
  tableOf({ rows: [{ floor: 0n, rate: 100_000 }], haircut: true }),
  tableOf({ rows: [{ floor: 0n, rate: 0 }] }),
  tableOf({
    rows: [
      { floor: 0n, rate: 5_000 },
      { floor: 20_000_000_000n, rate: 20_000 },
    ],
    profitHaircutRate: 30_000_000,
  }),
];

/** The kernel and the model side by side; every method does one thing to both. */
class Twin {
  readonly kernel: Kernel;
  readonly slots: number[];
  readonly marks: number[];
  readonly tables: number[];
  /** What each table stands at: index into TABLES. */
  readonly contents: number[];
  readonly pools: Map<number, ModelPool> = new Map();

  constructor(wasm: Uint8Array | undefined) {
    this.kernel = new Kernel(wasm === undefined ? {} : { wasm });
    this.slots = TERMS.map((terms) => this.kernel.createPrice(terms));
    this.marks = [...FIRST_MARKS];
    this.slots.forEach((slot, index) => {
      this.kernel.setMark(slot, this.marks[index] ?? 1);
    });
    this.tables = TABLES.map((table) => this.kernel.createTable(table));
    this.contents = TABLES.map((_, index) => index);
  }

  stateOfLeg(leg: ModelLeg, prices: readonly number[] = this.marks): LegState {
    const { quantity, cost, leverageMilli } = leg;
    const terms = at(TERMS, leg.slot);
    const table = at(TABLES, at(this.contents, leg.table));
    return {
      priceSlot: leg.slot,
      terms,
      price: at(prices, leg.slot),
      table,
      quantity,
      cost,
      leverageMilli,
    };
  }

  stateOf(pool: ModelPool, prices: readonly number[] = this.marks): PoolState {
    const legs = [...pool.legs.values()].map((leg) => this.stateOfLeg(leg, prices));
    return { collateral: pool.collateral, legs };
  }

  drawLeg(a: number, b: number, size: number): ModelLeg {
    const slot = a % TERMS.length;
    const leg = { slot, table: b % TABLES.length, quantity: size, cost: 0n, leverageMilli: 10_000 };
    const { value } = wideLegFigures(this.stateOfLeg(leg), BigInt(at(this.marks, slot)));
    return { ...leg, cost: (value * BigInt(900 + (b % 200))) / 1_000n };
  }

  createPool(collateral: number): void {
    const pool = this.kernel.createPool(collateral, 1, 2);
    expect(this.pools.has(pool)).toBe(false);
    this.pools.set(pool, { collateral: BigInt(collateral), legs: new Map() });
  }

  createLeg(pool: number, model: ModelPool, leg: ModelLeg): void {
    const slot = at(this.slots, leg.slot);
    const table = at(this.tables, leg.table);
    const { quantity, cost, leverageMilli } = leg;
    const handle = this.kernel.createLeg(pool, slot, table, quantity, cost, leverageMilli);
    model.legs.set(handle, leg);
  }

  setLeg(handle: number, legs: Map<number, ModelLeg>, next: ModelLeg): void {
    const leg = { ...next, slot: legs.get(handle)?.slot ?? 0 };
    const table = at(this.tables, leg.table);
    this.kernel.setLeg(handle, table, leg.quantity, leg.cost, leg.leverageMilli);
    legs.set(handle, leg);
  }

  moveLeg(handle: number, from: ModelPool, to: number): void {
    const leg = from.legs.get(handle);
    const target = this.pools.get(to);
    if (leg === undefined || target === undefined) return;
    this.kernel.moveLeg(handle, to);
    from.legs.delete(handle);
    target.legs.set(handle, leg);
  }

  setMark(slot: number, permille: number): void {
    const highest = Number(maxPriceOf(at(TERMS, slot)));
    const price = Math.min(
      highest,
      1e13,
      Math.max(1_000, Math.floor((at(this.marks, slot) * permille) / 1_000)),
    );
    this.marks[slot] = price;
    this.kernel.setMark(at(this.slots, slot), price);
  }

  /** Collateral that leaves exactly this clearance. */
  setClearance(pool: number, model: ModelPool, clearance: bigint): void {
    const now = widePoolFigures(this.stateOf(model), false, markOf).clearance;
    model.collateral += clearance - now;
    this.kernel.setCollateral(pool, model.collateral);
  }

  expectScan(where: "marks" | "trial", prices: readonly number[]): void {
    const expected = [...this.pools]
      .filter(([, pool]) => widePoolFigures(this.stateOf(pool, prices), false, markOf).liquidatable)
      .map(([handle]) => handle)
      .sort((a, b) => a - b);
    const scan = this.kernel.scan(where);
    const found = [...scan.copyTo(new Uint32Array(scan.count))].sort((a, b) => a - b);
    expect(found).toEqual(expected);
  }

  expectTrialScan(permille: number): void {
    const prices = this.marks.map((mark, index) =>
      index % 2 === 0 ? mark : Math.ceil((mark * permille) / 1_000),
    );
    this.kernel.copyMarksToTrial();
    prices.forEach((price, index) => {
      this.kernel.setTrial(at(this.slots, index), price);
    });
    this.expectScan("trial", prices);
  }

  expectRecords(): void {
    const handles: number[] = [];
    this.kernel.forEachPool((pool) => handles.push(pool));
    expect(handles).toEqual([...this.pools.keys()].sort((a, b) => a - b));
    let legTotal = 0;
    for (const [handle, pool] of this.pools) {
      legTotal += pool.legs.size;
      const state = this.stateOf(pool);
      expect(this.kernel.collateral(handle)).toBe(pool.collateral);
      expect(this.kernel.legCount(handle)).toBe(pool.legs.size);
      const slots = this.slots.map((_, index) => index);
      const found = new Map<number, LegState>();
      for (let leg = this.kernel.firstLeg(handle); leg !== -1; leg = this.kernel.nextLeg(leg)) {
        const { priceSlot, ...rest } = this.kernel.legState(leg);
        found.set(leg, { priceSlot: slots[this.slots.indexOf(priceSlot)] ?? -1, ...rest });
      }
      expect(found).toEqual(
        new Map([...pool.legs].map(([leg, model]) => [leg, this.stateOfLeg(model)])),
      );
      expect(this.kernel.poolFigures(handle)).toEqual(referencePoolFigures(state, false));
    }
    expect([this.kernel.poolCount, this.kernel.legTotal]).toEqual([this.pools.size, legTotal]);
  }
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("nothing to choose from");
  return item;
}

interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly size: number;
  readonly permille: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat({ max: 17 }),
  a: fc.nat({ max: 1_000 }),
  b: fc.nat({ max: 1_000 }),
  size: fc
    .oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -100_000, max: 100_000 }))
    .map((size) => (size === 0 ? 1 : size)),
  permille: fc.oneof(
    fc.integer({ min: 950, max: 1_050 }),
    fc.constantFrom(100, 400, 500, 2_000, 5_000),
  ),
});

/** A step that needs no pool; false where it is of another kind. */
function applyToBook(twin: Twin, { kind, a, b, size, permille }: Step): boolean {
  if (kind <= 1) twin.createPool(size);
  else if (kind === 2) twin.setMark(a % TERMS.length, permille);
  else if (kind === 3) twin.expectScan("marks", twin.marks);
  else if (kind === 4) twin.expectTrialScan(permille);
  else if (kind === 5) {
    twin.contents[a % TABLES.length] = b % TABLES.length;
    twin.kernel.replaceTable(at(twin.tables, a), at(TABLES, b));
  } else return false;
  return true;
}

/** One step; those that need a pool or leg that is not there do nothing. */
function apply(twin: Twin, step: Step): void {
  if (applyToBook(twin, step) || twin.pools.size === 0) return;
  const { kind, a, b, size } = step;
  const [pool, model] = at([...twin.pools], a);
  if (kind <= 10) twin.createLeg(pool, model, twin.drawLeg(b, a + b, size));
  else if (kind <= 12) twin.setClearance(pool, model, BigInt((b % 5) - 2));
  else if (kind === 13) {
    twin.kernel.removePool(pool);
    twin.pools.delete(pool);
  } else if (model.legs.size > 0) {
    const [leg] = at([...model.legs], b);
    if (kind === 14) twin.setLeg(leg, model.legs, twin.drawLeg(a, b, size));
    else if (kind === 15) {
      twin.kernel.removeLeg(leg);
      model.legs.delete(leg);
    } else twin.moveLeg(leg, model, at([...twin.pools.keys()], b + 1));
  }
}

describe.each(BUILDS)("a book's life ($name build)", ({ wasm }) => {
  test("scans and records equal the model's (invariants 1, 2 and 3)", { timeout: 120_000 }, () => {
    const steps = fc.array(step, { minLength: 5, maxLength: 150, size: "max" });
    const property = fc.property(steps, (drawn) => {
      const twin = new Twin(wasm);
      for (const one of drawn) apply(twin, one);
      twin.expectScan("marks", twin.marks);
      twin.expectRecords();
    });
    fc.assert(property, runs(60));
  });
});
