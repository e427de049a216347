// What a scan gathers of the deepest pools it finds: the n deepest by exact figures are always among the rows, whatever the order in which they
// come, on drawn books in both builds and on books of thousands, where rows must be sieved; where bounds tell nothing it says so.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Kernel, type KernelScan } from "../../src/kernel.ts";
import { MOST_DEEPEST } from "../../src/layout-deepest.ts";
import type { LegState, PoolState } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { realisticBook } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { loadBook, unloadBook } from "../support/load-pool.ts";
import { runs } from "../support/runs.ts";

function handlesOf(scan: KernelScan): number[] {
  return [...scan.copyTo(new Uint32Array(scan.count))];
}

/** Every pool deeper than the n-th deepest is gathered, and of equals as many as are needed. */
function expectDeepest(scan: KernelScan, n: number, clearanceOf: (pool: number) => bigint): void {
  const reported = handlesOf(scan);
  const rows = [...(scan.deepest ?? [])];
  expect(new Set(rows).size).toBe(rows.length);
  for (const pool of rows) expect(reported).toContain(pool);
  const rising = (pools: readonly number[]): bigint[] =>
    pools.map(clearanceOf).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expect(rising(rows).slice(0, n)).toEqual(rising(reported).slice(0, n));
}

function movedPrice(leg: LegState, factor: bigint): bigint {
  const price = (markOf(leg) * factor) / 1_000_000n;
  const highest = maxPriceOf(leg.terms);
  return price < 1n ? 1n : price > highest ? highest : price;
}

const TERMS = { inverse: false, numerator: 1n, divisor: 1n };
const TABLE = {
  style: "marginal",
  haircut: false,
  rateDenominator: 1_000,
  closeFeeRate: 0,
  brackets: [{ floor: 0n, rate: 5, scaledAmount: 0n, initialRate: 10 }],
} as const;

/** A long of 1000 units at 1000, deep by `depth`. */
function sunk(depth: number): PoolState {
  const leg = {
    priceSlot: 0,
    terms: TERMS,
    price: 1_000,
    table: TABLE,
    quantity: 1_000,
    cost: 1_000_000n,
    leverageMilli: 0,
  };
  return { collateral: 5_000n - BigInt(depth), legs: [leg] };
}

describe.each(BUILDS)("the deepest ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test("are among the rows gathered, by exact figures (invariant 3)", () => {
    let gathered = 0;
    const property = fc.property(
      realisticBook({ minLength: 1, maxLength: 40 }),
      fc.bigInt({ min: 480_000n, max: 2_100_000n }),
      fc.integer({ min: 1, max: 6 }),
      (pools, factor, n) => {
        const loaded = loadBook(kernel, pools);
        try {
          const stateOf = new Map(loaded.map(({ pool }, at) => [pool, pools[at] as PoolState]));
          kernel.copyMarksToTrial();
          for (const leg of pools.flatMap((pool) => pool.legs)) {
            const slot = loaded[0]?.slots.get(leg.priceSlot) ?? -1;
            kernel.setTrial(slot, Number(movedPrice(leg, factor)));
          }
          const scan = kernel.scan("trial", n);
          gathered += scan.deepest?.length ?? 0;
          expectDeepest(scan, n, (pool) => {
            const figures = widePoolFigures(stateOf.get(pool) as PoolState, false, (leg) =>
              movedPrice(leg, factor),
            );
            return figures.clearance;
          });
          expect(handlesOf(kernel.scan("trial"))).toHaveLength(scan.count);
        } finally {
          unloadBook(kernel, loaded);
        }
      },
    );
    fc.assert(property, runs(150));
    expect(gathered).toBeGreaterThan(20);
  });

  it.each([
    ["deeper and deeper", (at: number) => 10 + at],
    ["ever less deep", (at: number) => 10_000 - at],
    ["scattered", (at: number) => 10 + ((at * 7_919) % 3_001)],
    ["in equal pairs", (at: number) => 10 + (at >> 1)],
  ])("are found among 3,000 that come %s", (_, depthOf) => {
    const loaded = loadBook(
      kernel,
      Array.from({ length: 3_000 }, (_, at) => sunk(depthOf(at))),
    );
    try {
      for (const n of [1, 12, MOST_DEEPEST]) {
        const scan = kernel.scan("marks", n);
        expect(scan.count).toBe(3_000);
        expectDeepest(scan, n, (pool) => kernel.poolFigures(pool).clearance);
      }
    } finally {
      unloadBook(kernel, loaded);
    }
  });

  it("gathers only where asked, and says where the bounds tell nothing", () => {
    const loaded = loadBook(
      kernel,
      Array.from({ length: 2_000 }, (_, at) => sunk(10 + at)),
    );
    try {
      expect(kernel.scan("marks").deepest).toBeUndefined();
      const slot = loaded[0]?.slots.get(0) ?? -1;
      // Outside the band every bound is NaN.
      kernel.copyMarksToTrial();
      kernel.setTrial(slot, 400);
      const scan = kernel.scan("trial", 3);
      expect(scan.count).toBe(2_000);
      expect(scan.deepest).toBeUndefined();
      for (const n of [-1, 1.5, MOST_DEEPEST + 1]) {
        expect(() => kernel.scan("marks", n)).toThrow(RangeError);
      }
      expect(kernel.scan("marks").deepest).toBeUndefined();
    } finally {
      unloadBook(kernel, loaded);
    }
  });
});
