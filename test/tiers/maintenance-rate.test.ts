// Maintenance rates that follow from initial ones: exact on a common denominator, the same as the venue's own tables.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import {
  deriveContractTables,
  deriveHyperliquidTable,
  deriveTable,
} from "../../src/tiers/index.ts";
import type { LeverageTier } from "../../src/types.ts";
import { runs } from "../support/runs.ts";

const OPTIONS = { settleDecimals: 6, style: "marginal", closeFeeRate: 0, path: "tiers" } as const;
const HALF = { ...OPTIONS, maintenanceRate: "halfOfInitial" } as const;
const FRACTION = { ...OPTIONS, maintenanceRate: "fractionOfInitial" } as const;

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("halfOfInitial", () => {
  test("makes the table that Hyperliquid's own margin tiers make", () => {
    const leverages = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(leverages, fc.integer({ min: 1, max: 1_000_000 }), (drawn, width) => {
        const falling = drawn.sort((a, b) => b - a);
        const hyperliquid = falling.map((maxLeverage, index) => ({
          lowerBound: index * width,
          maxLeverage,
        }));
        const tiers: LeverageTier[] = falling.map((maxLeverage, index) => ({
          minNotional: index * width,
          maxNotional: index === falling.length - 1 ? null : (index + 1) * width,
          maxLeverage,
        }));
        const path = "tiers";
        const own = messageOf(() =>
          deriveHyperliquidTable(hyperliquid, { settleDecimals: 6, path }),
        );
        if (own !== "accepted") {
          expect(messageOf(() => deriveTable(tiers, HALF))).toMatch(/^BAD_TIERS/);
          return;
        }
        const expected = deriveHyperliquidTable(hyperliquid, { settleDecimals: 6, path });
        expect(deriveTable(tiers, HALF)).toEqual(expected);
      }),
      runs(100),
    );
  });

  test("takes leverages in thousandths and beside stated rates", () => {
    const { table } = deriveTable([{ maxLeverage: "12.5" }], HALF);
    expect(table).toMatchObject({
      rateDenominator: 25,
      brackets: [{ rate: 1, initialRate: 2 }],
    });
    const mixed = deriveTable(
      [
        { minNotional: "0", maxNotional: "10", maintenanceMarginRate: "0.1", maxLeverage: "6" },
        { minNotional: "10", maxNotional: null, maxLeverage: "3" },
      ],
      HALF,
    );
    // 1/10 and 1/6; the first initial rate, 1/6 of 30, is whole.
    expect(mixed.table).toMatchObject({
      rateDenominator: 30,
      brackets: [
        { rate: 3, initialRate: 5 },
        { rate: 5, initialRate: 10 },
      ],
    });
  });

  test("works for tiers by contract count", () => {
    const options = { ...HALF, amountDecimals: 0 };
    const [first] = deriveContractTables([{ maxLeverage: "7" }], options);
    expect(first?.table).toMatchObject({ rateDenominator: 14, brackets: [{ rate: 1 }] });
  });

  test("refuses tiers without leverage, rates that fall, and denominators that do not fit", () => {
    expect(messageOf(() => deriveTable([{}], HALF))).toContain(
      "tier 1: states neither maintenanceMarginRate nor maxLeverage",
    );
    const rising: LeverageTier[] = [
      { minNotional: "0", maxNotional: "10", maxLeverage: "3" },
      { minNotional: "10", maxLeverage: "4" },
    ];
    expect(messageOf(() => deriveTable(rising, HALF))).toContain("falls from 1/6 to 1/8");
    const primes = [997, 991, 983, 977].map((maxLeverage, index) => ({
      minNotional: index,
      maxNotional: index === 3 ? null : index + 1,
      maxLeverage,
    }));
    expect(messageOf(() => deriveTable(primes, HALF))).toContain(
      "no common denominator within 2^30",
    );
  });
});

describe("fractionOfInitial", () => {
  test("multiplies exactly and takes the cap from the initial rate", () => {
    const tier: LeverageTier = { initialMarginRate: "0.03", maintenanceFraction: "0.6" };
    const derived = deriveTable([tier], FRACTION);
    expect(derived.table).toMatchObject({
      rateDenominator: 500,
      brackets: [{ rate: 9, initialRate: 15 }],
    });
    // 1 / 0.03, rounded down.
    expect(derived.maxLeverageMilli).toEqual([33_333]);
    const capped = deriveTable([{ ...tier, maxLeverage: "20" }], FRACTION);
    expect(capped.maxLeverageMilli).toEqual([20_000]);
    expect(capped.table.brackets[0]?.initialRate).toBe(15);
  });

  test("dYdX's tiers", () => {
    const rates = [
      ["0.02", "0.6", 50_000],
      ["0.05", "0.6", 20_000],
      ["0.1", "0.5", 10_000],
      ["1", "0.2", 1_000],
    ] as const;
    for (const [initialMarginRate, maintenanceFraction, milli] of rates) {
      const { table, maxLeverageMilli } = deriveTable(
        [{ initialMarginRate, maintenanceFraction }],
        FRACTION,
      );
      const [bracket] = table.brackets;
      expect((bracket?.initialRate ?? 0) / table.rateDenominator).toBe(Number(initialMarginRate));
      expect((bracket?.rate ?? 0) / table.rateDenominator).toBeCloseTo(
        Number(initialMarginRate) * Number(maintenanceFraction),
        15,
      );
      expect(maxLeverageMilli).toEqual([milli]);
    }
  });

  test("an initial rate beside a stated maintenance rate still is the initial rate", () => {
    const tier = { initialMarginRate: "0.03", maintenanceMarginRate: "0.01" };
    expect(deriveTable([tier], FRACTION).table).toMatchObject({
      rateDenominator: 100,
      brackets: [{ rate: 1, initialRate: 3 }],
    });
    // Other profiles take the initial rate from the leverage.
    expect(deriveTable([tier], OPTIONS).table.brackets[0]?.initialRate).toBe(1_000_000);
  });
});
