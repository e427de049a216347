// The scan against an exact check of every pool (invariants 2 and 3): at the marks and at trial prices a thousandth to a
// hundred times the marks and a hair's breadth from them, on books whose pools stand near liquidation, in both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import { type LegState, MAX_AMOUNT, type PoolState } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { wideLegFigures } from "../../src/reference/leg.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { fullRangeBook, realisticBook } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { type LoadedPool, loadBook, unloadBook } from "../support/load-pool.ts";
import { runs } from "../support/runs.ts";

type PriceOf = (leg: LegState) => bigint;

function fits(leg: LegState, price: bigint): boolean {
  return wideLegFigures(leg, price).notional <= MAX_AMOUNT;
}

/** Indices of liquidatable pools by exact figures, or the refusal a scan owes where a leg has no figures. */
function exactScan(pools: readonly PoolState[], inclusive: boolean, priceOf: PriceOf) {
  if (pools.some((pool) => pool.legs.some((leg) => !fits(leg, priceOf(leg))))) {
    return "VALUE_OUT_OF_RANGE";
  }
  const indices = pools.map((_, index) => index);
  return indices.filter((index) => {
    const pool = pools[index];
    return pool !== undefined && widePoolFigures(pool, inclusive, priceOf).liquidatable;
  });
}

/** Indices of the pools a kernel's scan returns, ascending, or the code of its refusal. */
function kernelScan(kernel: Kernel, loaded: readonly LoadedPool[], at: "marks" | "trial") {
  const indexOf = new Map(loaded.map(({ pool }, index) => [pool, index]));
  try {
    const scan = kernel.scan(at);
    const handles = scan.copyTo(new Uint32Array(scan.count));
    return [...handles].map((pool) => indexOf.get(pool) ?? -1).sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
}

/** A price as a multiple of the mark, in units of 1e-9; the screen's band ends at 1/2 and 2. */
const move: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(1_000_000n, 499_999_999n, 500_000_000n, 2_000_000_000n, 2_000_000_001n),
  fc.constantFrom(1_000_000_000n, 100_000_000_000n, 600_000_000n, 1_800_000_000n),
  fc.bigInt({ min: 999_999_000n, max: 1_000_001_000n }),
  fc.bigInt({ min: 900_000_000n, max: 1_100_000_000n }),
  fc.bigInt({ min: 450_000_000n, max: 2_100_000_000n }),
);

function movedPrice(leg: LegState, moves: readonly bigint[]): bigint {
  const factor = moves[leg.priceSlot % moves.length] ?? 1_000_000_000n;
  const price = (markOf(leg) * factor) / 1_000_000_000n;
  const highest = maxPriceOf(leg.terms);
  if (price < 1n) return 1n;
  return price > highest ? highest : price;
}

const SIZES = [
  { size: "realistic", book: realisticBook({ minLength: 1, maxLength: 40 }), most: 150 },
  { size: "full-range", book: fullRangeBook({ minLength: 1, maxLength: 24 }), most: 150 },
];
const manyMoves = fc.array(fc.array(move, { minLength: 4, maxLength: 4 }), { maxLength: 4 });

describe.each(BUILDS)("scan ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test.each(SIZES)(
    "$size books: exactly the liquidatable pools (invariants 2 and 3)",
    ({ book, most }) => {
      let liquidatable = 0;
      const property = fc.property(book, manyMoves, fc.boolean(), (drawn, moves, inclusive) => {
        const pools = drawn.filter((pool) => pool.legs.every((leg) => fits(leg, markOf(leg))));
        const loaded = loadBook(kernel, pools);
        try {
          kernel.setInclusive(inclusive);
          const expected = exactScan(pools, inclusive, markOf);
          liquidatable += expected.length;
          expect(kernelScan(kernel, loaded, "marks")).toEqual(expected);
          for (const vector of moves) {
            kernel.copyMarksToTrial();
            for (const leg of pools.flatMap((pool) => pool.legs)) {
              const slot = loaded[0]?.slots.get(leg.priceSlot) ?? -1;
              kernel.setTrial(slot, Number(movedPrice(leg, vector)));
            }
            const moved = exactScan(pools, inclusive, (leg) => movedPrice(leg, vector));
            expect(kernelScan(kernel, loaded, "trial")).toEqual(moved);
          }
          expect(kernelScan(kernel, loaded, "marks")).toEqual(expected);
        } finally {
          unloadBook(kernel, loaded);
        }
      });
      fc.assert(property, runs(most));
      expect(liquidatable).toBeGreaterThan(most / 4);
    },
  );

  test("a leg without figures at the marks stops the scan by name", () => {
    const property = fc.property(fullRangeBook({ minLength: 1, maxLength: 3 }), (pools) => {
      const loaded = loadBook(kernel, pools);
      try {
        kernel.setInclusive(false);
        expect(kernelScan(kernel, loaded, "marks")).toEqual(exactScan(pools, false, markOf));
      } finally {
        unloadBook(kernel, loaded);
      }
    });
    fc.assert(property, runs(200));
  });
});
