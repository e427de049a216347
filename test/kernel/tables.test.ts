// Replacing many bracket tables at once: one pass over the legs, everything checked first, and the next scan as exact as if each
// pool had been made anew on the new terms (invariants 2 and 3).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { BracketTable, PoolState } from "../../src/model.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { realisticBook } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { loadBook, unloadBook } from "../support/load-pool.ts";
import { tableOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";

const FLAT = (rate: number): BracketTable => tableOf({ rows: [{ floor: 0n, rate }] });

/** The book with some of its tables replaced. */
function onTables(
  pools: readonly PoolState[],
  next: ReadonlyMap<BracketTable, BracketTable>,
): PoolState[] {
  return pools.map(({ collateral, legs }) => ({
    collateral,
    legs: legs.map((leg) => ({ ...leg, table: next.get(leg.table) ?? leg.table })),
  }));
}

describe.each(BUILDS)("replaceTables ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test("scans and figures follow the new terms", () => {
    const book = realisticBook({ minLength: 1, maxLength: 12 });
    const rates = fc.array(fc.option(fc.integer({ min: 0, max: 400_000 })), {
      minLength: 5,
      maxLength: 9,
    });
    const property = fc.property(book, rates, (pools, picks) => {
      const loaded = loadBook(kernel, pools);
      try {
        kernel.setInclusive(false);
        kernel.scan();
        const next = new Map<BracketTable, BracketTable>();
        const tables = loaded[0]?.tables ?? new Map<BracketTable, number>();
        [...tables.keys()].forEach((table, index) => {
          const rate = picks[index % picks.length] ?? null;
          if (rate !== null) next.set(table, FLAT(rate));
        });
        const entries = [...next].map(([table, next]) => ({
          table: tables.get(table) ?? -1,
          next,
        }));
        kernel.replaceTables(entries);
        const expected = onTables(pools, next);
        const liquidatable = loaded
          .map(({ pool }) => pool)
          .filter((_, index) => {
            const state = expected[index];
            return state !== undefined && widePoolFigures(state, false, markOf).liquidatable;
          });
        const scan = kernel.scan();
        const found = [...scan.copyTo(new Uint32Array(scan.count))].sort((a, b) => a - b);
        expect(found).toEqual(liquidatable.sort((a, b) => a - b));
        for (const { table, next } of entries) {
          const leg = loaded
            .flatMap(({ legs }) => legs)
            .find((leg) => kernel.legTable(leg) === table);
          expect(kernel.legState(leg ?? -1).table).toEqual(next);
        }
      } finally {
        unloadBook(kernel, loaded);
      }
    });
    fc.assert(property, runs(150));
  });

  test("nothing is changed unless all can be", () => {
    const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    kernel.setMark(slot, 1);
    const [first, second] = [kernel.createTable(FLAT(1)), kernel.createTable(FLAT(2))];
    const pool = kernel.createPool(0n, 0, 0);
    const legs = [first, second].map((table) => kernel.createLeg(pool, slot, table, 1, 0n, 0));
    const ratesNow = () => legs.map((leg) => kernel.legState(leg).table.brackets[0]?.rate);
    const falling = tableOf({
      rows: [
        { floor: 0n, rate: 5 },
        { floor: 10n, rate: 4 },
      ],
    });
    const good = { table: first, next: FLAT(3) };
    expect(() => kernel.replaceTables([good, { table: second, next: falling }])).toThrow(RiskError);
    expect(() => kernel.replaceTables([good, { table: 99, next: FLAT(4) }])).toThrow(RangeError);
    expect(() => kernel.replaceTable(99, FLAT(4))).toThrow(RangeError);
    expect(() => kernel.replaceTable(second, falling)).toThrow(RiskError);
    expect(ratesNow()).toEqual([1, 2]);
    kernel.replaceTables([]);
    expect(ratesNow()).toEqual([1, 2]);
    kernel.replaceTables([
      { table: second, next: FLAT(6) },
      good,
      { table: second, next: FLAT(7) },
    ]);
    expect(ratesNow()).toEqual([3, 7]);
    kernel.replaceTable(first, FLAT(8));
    expect(ratesNow()).toEqual([8, 7]);
  });
});
