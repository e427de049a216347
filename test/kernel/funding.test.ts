// Funding periods of the kernel against their BigInt twin, over random books on both builds: who pays, to the last unit, and what each
// price slot sums to (invariant 1); nothing is changed by a refused period, created or lost by any (conservation), or decided by the
// order in which pools and legs were made. Then the edges, one by one.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { FundingOptions, FundingTotal, PoolState } from "../../src/model.ts";
import {
  type FundedGroup,
  type FundingGroup,
  referenceFunding,
} from "../../src/reference/index.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { fullRangeBook, realisticBook, tinyPool } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import {
  collateralOf,
  type FundingBook,
  fundingBook,
  type LoadedFundingBook,
  loadFundingBook,
} from "../support/funding-book.ts";
import { poolOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";

const POOLS = { minLength: 1, maxLength: 8 };

const SIZES = [
  { size: "realistic", pools: realisticBook(POOLS) },
  { size: "full range", pools: fullRangeBook(POOLS) },
  {
    size: "tiny",
    pools: tinyPool.map((pool) => [pool, ...pool.legs.map((leg) => poolOf(pool.collateral, leg))]),
  },
] as const;

const anyOptions: fc.Arbitrary<FundingOptions> = fc.record({
  source: fc.constantFrom(
    "position",
    "walletFirst",
    "walletFirst",
    "walletFirstCapped",
    "walletFirstCapped",
  ),
  rounding: fc.constantFrom("down", "towardZero"),
});

/** Counts of what was seen shrink with the runs asked for (support/runs.ts). */
const FEWER = Math.max(1, 400 / runs(400).numRuns);

const anyKeys = fc.array(fc.nat({ max: 1_000 }), { minLength: 3, maxLength: 9 });

interface Settled {
  readonly groups: readonly FundedGroup[];
  readonly totals: readonly FundingTotal[];
}

/** What the period leaves, or the code of its refusal: both sides must agree on either. */
function outcomeOf(run: () => Settled): Settled | { readonly refused: string } {
  try {
    return run();
  } catch (error) {
    if (error instanceof RiskError) return { refused: error.code };
    throw error;
  }
}

function kernelOutcome(
  kernel: Kernel,
  loaded: LoadedFundingBook,
  { rates }: FundingBook,
  options: FundingOptions,
): ReturnType<typeof outcomeOf> {
  return outcomeOf(() => {
    const totals = kernel.settleFunding(loaded.rates, options);
    const named = totals.map((total, index) => ({ ...total, slot: rates[index]?.slot ?? -1 }));
    return { groups: collateralOf(kernel, loaded), totals: named };
  });
}

function sumOf(groups: readonly FundedGroup[]): bigint {
  return groups.flatMap(({ wallet, backed }) => [wallet, ...backed]).reduce((a, b) => a + b, 0n);
}

function collateralsOf(groups: readonly FundingGroup[]): FundedGroup[] {
  return groups.map(({ wallet, backed }) => ({
    wallet: wallet.collateral,
    backed: backed.map(({ collateral }) => collateral),
  }));
}

/** The book with the collateral that a period left. */
function leftBy({ groups, rates }: FundingBook, settled: Settled): FundingBook {
  const next = groups.map(({ wallet, backed }, index) => {
    const left = settled.groups[index];
    const collateral = (pool: number): bigint => left?.backed[pool] ?? 0n;
    return {
      wallet: { ...wallet, collateral: left?.wallet ?? 0n },
      backed: backed.map((pool, index) => ({ ...pool, collateral: collateral(index) })),
    };
  });
  return { groups: next, rates };
}

function expectConserved(before: readonly FundingGroup[], { groups, totals }: Settled): void {
  const moved = totals.reduce((sum, { paid, received }) => sum + received - paid, 0n);
  expect(sumOf(groups) - sumOf(collateralsOf(before))).toBe(moved);
}

describe.each(BUILDS)("funding periods ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test.each(SIZES)("$size books equal the twin's (invariant 1)", ({ pools }) => {
    const seen = { settled: 0, refused: 0, waived: 0, shared: 0 };
    const property = fc.property(
      fundingBook(pools),
      fc.array(anyOptions, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      anyKeys,
      (drawn, periods, inclusive, keys) => {
        kernel.setInclusive(inclusive);
        const loaded = loadFundingBook(kernel, drawn, keys);
        try {
          let book = drawn;
          for (const options of periods) {
            const found = kernelOutcome(kernel, loaded, book, options);
            expect(found).toEqual(
              outcomeOf(() => referenceFunding(book.groups, book.rates, { ...options, inclusive })),
            );
            if ("refused" in found) {
              seen.refused++;
              expect(collateralOf(kernel, loaded)).toEqual(collateralsOf(book.groups));
              continue;
            }
            expectConserved(book.groups, found);
            seen.settled++;
            if (found.totals.some(({ waived }) => waived > 0n)) seen.waived++;
            const behind = drawn.groups.some(({ backed }) => backed.length > 0);
            if (options.source !== "position" && behind) seen.shared++;
            book = leftBy(book, found);
          }
        } finally {
          loaded.unload();
        }
      },
    );
    fc.assert(property, runs(400));
    expect(seen.waived).toBeGreaterThan(20 / FEWER);
    expect(seen.shared).toBeGreaterThan(100 / FEWER);
  });

  test("the order in which pools and legs were made decides nothing", () => {
    const books = fundingBook(realisticBook({ minLength: 2, maxLength: 8 }));
    const property = fc.property(
      books,
      anyOptions,
      anyKeys,
      anyKeys,
      (book, options, one, other) => {
        kernel.setInclusive(false);
        const found = [one, other].map((keys) => {
          const loaded = loadFundingBook(kernel, book, keys);
          const outcome = kernelOutcome(kernel, loaded, book, options);
          loaded.unload();
          return outcome;
        });
        expect(found[0]).toEqual(found[1]);
      },
    );
    fc.assert(property, runs(200));
  });

  test("the screen takes in what a period changes (invariants 2 and 3)", () => {
    const property = fc.property(
      fundingBook(realisticBook({ minLength: 4, maxLength: 8 })),
      anyOptions,
      (book, options) => {
        kernel.setInclusive(false);
        const loaded = loadFundingBook(kernel, book, [0]);
        try {
          kernel.scan();
          const found = kernelOutcome(kernel, loaded, book, options);
          const now = "refused" in found ? book : leftBy(book, found);
          const states = now.groups.flatMap(({ wallet, backed }) => [wallet, ...backed]);
          const handles = loaded.groups.flatMap(({ wallet, backed }) => [wallet, ...backed]);
          const expected = handles.filter((_, index) => isLiquidatable(states[index]));
          const scan = kernel.scan();
          const pools = [...scan.copyTo(new Uint32Array(scan.count))];
          expect(pools.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
        } finally {
          loaded.unload();
        }
      },
    );
    fc.assert(property, runs(200));
  });
});

function isLiquidatable(pool: PoolState | undefined): boolean {
  return pool !== undefined && widePoolFigures(pool, false, markOf).liquidatable;
}
