// A haircut on positive unrealised results: figures by hand around a result of 0, the ends of the rate and of the range, searches that end in
// a profit, and the screen across the kink at which value = cost, wherever a new cost puts it. Both builds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { PoolState } from "../../src/model.ts";
import {
  referenceBankruptcyPrice,
  referenceLegFigures,
  referenceLiquidationPrice,
} from "../../src/reference/index.ts";
import { widePoolFigures } from "../../src/reference/pool.ts";
import { BUILDS } from "../support/builds.ts";
import { withPool } from "../support/load-pool.ts";
import { legOf, poolOf, reducedTerms, tableOf } from "../support/make.ts";
import { anyProfitHaircut } from "../support/random.ts";
import { runs } from "../support/runs.ts";

const UNITS = reducedTerms(false, 1n, 1n);
const HALF = 50_000_000;

function tableWith(profitHaircutRate: number, rate = 10_000) {
  return tableOf({ rows: [{ floor: 0n, rate }], profitHaircutRate });
}

/** A long of one unit at a price of 2 · 10^9, that has gained so much. */
function longWith(profit: bigint, profitHaircutRate: number) {
  const table = tableWith(profitHaircutRate);
  return legOf({
    terms: UNITS,
    price: 2_000_000_000,
    quantity: 1,
    table,
    cost: 2_000_000_000n - profit,
  });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

describe.each(BUILDS)("a haircut on profits ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test.each([
    // profit, rate, haircut
    [-1n, 5_000_000, 0n],
    [0n, 5_000_000, 0n],
    [1n, 5_000_000, 1n],
    [20n, 5_000_000, 1n],
    [21n, 5_000_000, 2n],
    [1n, 1, 1n],
    [100_000_000n, 1, 1n],
    [100_000_001n, 1, 2n],
    [1n, 99_999_999, 1n],
    [100_000_000n, 99_999_999, 99_999_999n],
    [1_000_000_000n, 0, 0n],
    [-1_000_000_000n, 99_999_999, 0n],
  ])("of a result of %s at a rate of %s is %s", (profit, rate, haircut) => {
    const leg = longWith(profit, rate);
    expect(referenceLegFigures(leg).haircut).toBe(haircut);
    withPool(kernel, poolOf(7n, leg), ({ pool, legs }) => {
      expect(kernel.legFigures(legs[0] ?? -1)).toEqual(referenceLegFigures(leg));
      expect(kernel.poolFigures(pool).equity).toBe(7n + profit - haircut);
      expect(kernel.poolState(pool).legs[0]?.table).toEqual(leg.table);
    });
  });

  test("of the largest result is exact, and one unit more is refused, not wrapped", () => {
    // Value 2^63 - 1 at a cost of -(2^63 - 1): a profit of 2^64 - 2.
    const terms = reducedTerms(false, 2n ** 63n - 1n, 1n);
    const most = { terms, price: 1, quantity: 1, cost: -(2n ** 63n) + 1n };
    const half = legOf({ ...most, table: tableWith(HALF, 0) });
    withPool(kernel, poolOf(0n, half), ({ pool, legs }) => {
      expect(kernel.legFigures(legs[0] ?? -1).haircut).toBe(2n ** 63n - 1n);
      expect(kernel.poolFigures(pool).equity).toBe(2n ** 63n - 1n);
    });
    const more = legOf({ ...most, table: tableWith(HALF + 1, 0) });
    expect(codeOf(() => referenceLegFigures(more))).toBe("VALUE_OUT_OF_RANGE");
    withPool(kernel, poolOf(0n, more), ({ legs }) => {
      expect(codeOf(() => kernel.legFigures(legs[0] ?? -1))).toBe("VALUE_OUT_OF_RANGE");
    });
  });

  test.each([-1, 100_000_000, 0.5, Number.NaN])("of a rate of %s is refused", (rate) => {
    const table = { ...tableWith(0), profitHaircutRate: rate };
    expect(() => kernel.createTable(table)).toThrow("table.profitHaircutRate");
  });

  test("and a haircut on the notional together are refused", () => {
    const table = { ...tableWith(1), haircut: true };
    expect(() => kernel.createTable(table)).toThrow("table.profitHaircutRate must be 0");
  });

  test("searches find the price at which a profit no longer carries the pool", () => {
    // At 110: -30 + 100 / 2 - 11 = 9. At 109: 4. At 108: -30 + 80 / 2 - 11 = -1. Equity is 0 at 106.
    const table = tableWith(HALF);
    const leg = legOf({ terms: UNITS, price: 110, quantity: 10, table, cost: 1_000n });
    const pool = poolOf(-30n, leg);
    expect(referenceLiquidationPrice(pool, 0, "down", false)).toBe(108n);
    expect(referenceBankruptcyPrice(pool, 0, "down")).toBe(106n);
    withPool(kernel, pool, (loaded) => {
      const slot = loaded.slots.get(0) ?? -1;
      expect(kernel.poolFigures(loaded.pool).clearance).toBe(9n);
      expect(kernel.liquidationPrice(loaded.pool, slot, "down")).toBe(108);
      expect(kernel.bankruptcyPrice(loaded.pool, slot, "down")).toBe(106);
    });
  });

  test("that leaves less of a gain than the margin takes bounds a long from above", () => {
    // 2 of 100 of each unit gained count, the margin takes 5: equity 60 + 2 % of the profit, requirement 5 % of the value.
    const table = tableWith(98_000_000, 50_000);
    const leg = legOf({ terms: UNITS, price: 100, quantity: 10, table, cost: 1_000n });
    const pool = poolOf(60n, leg);
    const up = referenceLiquidationPrice(pool, 0, "up", false);
    expect(up).not.toBeNull();
    withPool(kernel, pool, (loaded) => {
      const slot = loaded.slots.get(0) ?? -1;
      expect(kernel.liquidationPrice(loaded.pool, slot, "up")).toBe(Number(up));
    });
  });

  test("the screen is exact on both sides of value = cost, before and after a new cost (invariants 2 and 3)", () => {
    const leg = fc.record({
      quantity: fc.integer({ min: -30, max: 30 }).filter((quantity) => quantity !== 0),
      /** The entry price; the anchor is 200 and the band 100 to 400. */
      entry: fc.integer({ min: 80, max: 430 }),
      entryAfter: fc.integer({ min: 80, max: 430 }),
      inverse: fc.boolean(),
      style: fc.constantFrom("marginal" as const, "whole" as const),
      profitHaircutRate: anyProfitHaircut,
    });
    const legs = fc.array(leg, { minLength: 1, maxLength: 3 });
    const property = fc.property(legs, fc.integer({ min: -5, max: 60 }), (drawn, clearance) => {
      const rows = [
        { floor: 0n, rate: 20_000 },
        { floor: 900_000n, rate: 60_000 },
      ];
      const stateOf = (after: boolean): PoolState => {
        const built = drawn.map(
          ({ quantity, entry, entryAfter, inverse, style, ...own }, index) => {
            const terms = reducedTerms(inverse, inverse ? 10_000_000n : 300n, 1n);
            const price = BigInt(after ? entryAfter : entry);
            const size = BigInt(quantity);
            const cost = inverse ? (-size * 10_000_000n) / price : size * 300n * price;
            const table = tableOf({ rows, style, ...own });
            return legOf({ terms, price: 200, quantity, table, cost, priceSlot: index });
          },
        );
        const bare = widePoolFigures({ collateral: 0n, legs: built }, false, () => 200n);
        const size = drawn.reduce((sum, { quantity }) => sum + Math.abs(quantity), 0);
        return poolOf(BigInt(size * 600 * clearance) - bare.clearance, ...built);
      };
      const first = stateOf(false);
      withPool(kernel, first, (loaded) => {
        const expectScans = (state: PoolState): void => {
          kernel.prepare();
          for (let price = 100; price <= 400; price += 7) {
            kernel.copyMarksToTrial();
            for (const slot of loaded.slots.values()) kernel.setTrial(slot, price);
            const expected = widePoolFigures(state, false, () => BigInt(price)).liquidatable;
            expect([price, kernel.scan("trial").count]).toEqual([price, expected ? 1 : 0]);
          }
        };
        expectScans(first);
        const second = stateOf(true);
        second.legs.forEach((changed, index) => {
          const table = loaded.tables.get(first.legs[index]?.table ?? changed.table) ?? -1;
          kernel.setLeg(loaded.legs[index] ?? -1, table, changed.quantity, changed.cost, 0);
        });
        expectScans({ ...second, collateral: first.collateral });
      });
    });
    fc.assert(property, runs(60));
  });
});
