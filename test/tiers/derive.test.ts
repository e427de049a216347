// Bracket tables derived from tiers: continuity in exact integers, the check against published amounts, and
// every way in which a venue's table can be wrong.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import {
  deriveContractTables,
  deriveHyperliquidTable,
  deriveTable,
} from "../../src/tiers/index.ts";
import type { LeverageTier } from "../../src/types.ts";

const OPTIONS = { settleDecimals: 8, style: "marginal", closeFeeRate: 0, path: "tiers" } as const;

function tier(
  minNotional: string | null,
  maxNotional: string | number | null,
  maintenanceMarginRate: string,
  maxLeverage: string | null = null,
  info?: Record<string, unknown>,
): LeverageTier {
  const bounds = { minNotional, maxNotional, maintenanceMarginRate, maxLeverage };
  return info === undefined ? bounds : { ...bounds, info };
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("deriveTable", () => {
  test("Binance BTC: amounts by continuity, initial rates, caps", () => {
    const derived = deriveTable(
      [
        tier("0", "50000", "0.004", "125", { cum: "0.0" }),
        tier("50000", "600000", "0.005", "100", { cum: "50" }),
        tier("600000", null, "0.01", "75", { cum: 3050 }),
      ],
      { ...OPTIONS, closeFeeRate: 50_000 },
    );
    const unit = 10n ** 8n;
    expect(derived).toEqual({
      table: {
        style: "marginal",
        haircut: false,
        rateDenominator: 1_000_000,
        closeFeeRate: 50_000,
        brackets: [
          { floor: 0n, rate: 4000, scaledAmount: 0n, initialRate: 8000 },
          {
            floor: 50_000n * unit,
            rate: 5000,
            scaledAmount: 50n * unit * 1_000_000n,
            initialRate: 10_000,
          },
          {
            floor: 600_000n * unit,
            rate: 10_000,
            scaledAmount: 3050n * unit * 1_000_000n,
            initialRate: 13_334,
          },
        ],
      },
      maxLeverageMilli: [125_000, 100_000, 75_000],
      caps: [50_000n * unit, 600_000n * unit, null],
    });
  });

  test("the requirement is continuous at each floor, for any rising table", () => {
    const steps = fc.array(
      fc.record({
        width: fc.bigInt({ min: 1n, max: 10n ** 15n }),
        rise: fc.nat({ max: 60_000_000 }),
      }),
      { minLength: 1, maxLength: 16 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        let floor = 0n;
        let rate = 0;
        const tiers = list.map(({ width, rise }, index) => {
          rate += rise + (index === 0 ? 1 : 0);
          const from = floor;
          floor += width;
          return tier(String(from), String(floor), (rate / 1e9).toFixed(9));
        });
        const { table } = deriveTable(tiers, { ...OPTIONS, settleDecimals: 0 });
        const at = (index: number, floor: bigint): bigint => {
          const bracket = table.brackets[index];
          if (bracket === undefined) throw new Error("no such bracket");
          return floor * BigInt(bracket.rate) - bracket.scaledAmount;
        };
        expect(at(0, 0n)).toBe(0n);
        for (let index = 1; index < table.brackets.length; index++) {
          const floor = table.brackets[index]?.floor ?? 0n;
          expect(at(index, floor)).toBe(at(index - 1, floor));
        }
      }),
    );
  });

  test("the denominator grows to hold the rates, up to nine decimals", () => {
    expect(deriveTable([tier("0", null, "0.00400")], OPTIONS).table.rateDenominator).toBe(
      1_000_000,
    );
    const fine = deriveTable([tier("0", null, "0.0000001")], OPTIONS).table;
    expect([fine.rateDenominator, fine.brackets[0]?.rate]).toEqual([10_000_000, 1]);
    expect(deriveTable([tier("0", null, "0.000000001")], OPTIONS).table.rateDenominator).toBe(1e9);
    expect(messageOf(() => deriveTable([tier("0", null, "0.0000000001")], OPTIONS))).toBe(
      "BAD_TIERS tiers[0]: tier 1: maintenanceMarginRate has more than 9 decimals",
    );
  });

  test("whole-position tables carry no amounts", () => {
    const { table } = deriveTable([tier("0", "10", "0.01"), tier("10", null, "0.02")], {
      ...OPTIONS,
      style: "whole",
    });
    expect(table.brackets.map((bracket) => bracket.scaledAmount)).toEqual([0n, 0n]);
  });

  test.each([
    9223372036854776000,
    9.223372036854776e18,
    "9223372036854776000",
    "9.223372036854776e18",
    "9.223372036854776e+18",
    "1e30",
    1e30,
    null,
  ])("last cap %s is no cap", (cap) => {
    for (const settleDecimals of [0, 8]) {
      const { caps } = deriveTable([tier("0", cap, "0.01")], { ...OPTIONS, settleDecimals });
      expect(caps).toEqual([null]);
    }
  });

  test("a cap of 2^63 - 1 units is still a cap", () => {
    const { caps } = deriveTable([tier("0", "9223372036854775807", "0.01")], {
      ...OPTIONS,
      settleDecimals: 0,
    });
    expect(caps).toEqual([2n ** 63n - 1n]);
  });

  test("no maximum leverage: the initial margin is the whole notional", () => {
    const { table, maxLeverageMilli } = deriveTable([tier("0", null, "0.01")], OPTIONS);
    expect([table.brackets[0]?.initialRate, maxLeverageMilli]).toEqual([1_000_000, [0]]);
  });

  test.each<[string, LeverageTier[], string]>([
    ["no tiers", [], "BAD_TIERS tiers: a market needs at least one tier"],
    [
      "17 tiers",
      Array.from({ length: 17 }, (_, i) => tier(String(i), String(i + 1), "0.01")),
      "BAD_TIERS tiers: at most 16 tiers are supported, found 17",
    ],
    [
      "first floor",
      [tier("1", "2", "0.01")],
      "BAD_TIERS tiers[0]: tier 1: the first floor must be 0, is 1",
    ],
    [
      "gap",
      [tier("0", "1000000", "0.01"), tier("10000000", null, "0.02")],
      "BAD_TIERS tiers[1]: tier 2: gap: its floor 10000000 is not the cap before it, 1000000",
    ],
    [
      "overlap",
      [tier("0", "1000", "0.01"), tier("999.5", null, "0.02")],
      "BAD_TIERS tiers[1]: tier 2: overlap: its floor 999.5 is not the cap before it, 1000",
    ],
    [
      "empty tier",
      [tier("0", "0", "0.01")],
      "BAD_TIERS tiers[0]: tier 1: its cap 0 is not above its floor 0",
    ],
    [
      "uncapped middle",
      [tier("0", null, "0.01"), tier("5", null, "0.02")],
      "BAD_TIERS tiers[0]: tier 1: only the last tier may be without a cap (maxNotional)",
    ],
    [
      "falling rates",
      [tier("0", "10", "0.02"), tier("10", null, "0.01")],
      "BAD_TIERS tiers[1]: tier 2: maintenanceMarginRate falls from 0.02 to 0.01",
    ],
    [
      "zero rate",
      [tier("0", null, "0")],
      "BAD_TIERS tiers[0]: tier 1: maintenanceMarginRate must be above 0 and at most 1, is 0",
    ],
    [
      "negative rate",
      [tier("0", null, "-0.1")],
      "BAD_TIERS tiers[0]: tier 1: maintenanceMarginRate must be above 0 and at most 1, is -0.1",
    ],
    [
      "per cent",
      [tier("0", null, "1.5")],
      "BAD_TIERS tiers[0]: tier 1: maintenanceMarginRate must be above 0 and at most 1, is 1.5",
    ],
    [
      "rate = 1 / leverage",
      [tier("0", null, "0.01", "100")],
      "BAD_TIERS tiers[0]: tier 1: maintenanceMarginRate 0.01 must be below 1 / maxLeverage (100x)",
    ],
    [
      "cum disagrees",
      [
        tier("0", "50000", "0.004", "125", { cum: "0" }),
        tier("50000", null, "0.005", "100", { cum: "50.00000001" }),
      ],
      "BAD_TIERS tiers[1]: tier 2: info.cum is 50.00000001, but by continuity of the tiers it is 50",
    ],
    [
      "mmDeduction disagrees",
      [
        tier("0", "50000", "0.004", "125", { mmDeduction: "" }),
        tier("50000", null, "0.005", "100", { mmDeduction: "49" }),
      ],
      "BAD_TIERS tiers[1]: tier 2: info.mmDeduction is 49, but by continuity of the tiers it is 50",
    ],
  ])("refuses %s, naming tier and values", (_, tiers, message) => {
    expect(messageOf(() => deriveTable(tiers, OPTIONS))).toBe(message);
  });

  test("rate just below 1 / leverage is accepted", () => {
    expect(deriveTable([tier("0", null, "0.009999", "100")], OPTIONS).table.brackets).toHaveLength(
      1,
    );
  });

  test("values that are no decimals name the field", () => {
    expect(messageOf(() => deriveTable([tier("0", "1,5", "0.01")], OPTIONS))).toContain(
      "BAD_VALUE tiers[0].maxNotional",
    );
    expect(messageOf(() => deriveTable([tier("0", "5", "1%")], OPTIONS))).toContain(
      "BAD_VALUE tiers[0].maintenanceMarginRate",
    );
    expect(messageOf(() => deriveTable([tier("0", "5", "0.1", "0.5")], OPTIONS))).toContain(
      "OUT_OF_RANGE tiers[0].maxLeverage",
    );
    expect(() => deriveTable([tier("0", "5", "0.1")], { ...OPTIONS, closeFeeRate: -1 })).toThrow(
      RangeError,
    );
  });
});

describe("deriveContractTables", () => {
  const options = { amountDecimals: 1, closeFeeRate: 0, path: "tiers" };

  test("OKX ranges closed at both ends: 2000 is the first tier, anything above the second", () => {
    const tables = deriveContractTables(
      [
        tier("0", "2000", "0.01", "50"),
        tier("2001", "4000", "0.015", "40"),
        tier("4001", null, "0.02", "20"),
      ],
      options,
    );
    expect(
      tables.map((entry) => [entry.fromContracts, entry.toContracts, entry.maxLeverageMilli]),
    ).toEqual([
      [0n, 20_000n, 50_000],
      [20_001n, 40_000n, 40_000],
      [40_001n, null, 20_000],
    ]);
    expect(tables.map((entry) => entry.table.brackets)).toEqual([
      [{ floor: 0n, rate: 10_000, scaledAmount: 0n, initialRate: 20_000 }],
      [{ floor: 0n, rate: 15_000, scaledAmount: 0n, initialRate: 25_000 }],
      [{ floor: 0n, rate: 20_000, scaledAmount: 0n, initialRate: 50_000 }],
    ]);
    expect(tables.every((entry) => entry.table.style === "whole")).toBe(true);
  });

  test("a shared border is accepted and belongs to the lower tier", () => {
    const tables = deriveContractTables(
      [tier("0", "500", "0.01"), tier("500", null, "0.02")],
      options,
    );
    expect(tables[1]?.fromContracts).toBe(5001n);
  });

  test.each<[string, LeverageTier[], string]>([
    [
      "gap",
      [tier("0", "500", "0.01"), tier("502", null, "0.02")],
      "tier 2: gap: it starts at 502, the range before ends at 500",
    ],
    [
      "overlap",
      [tier("0", "500", "0.01"), tier("499", null, "0.02")],
      "tier 2: overlap: it starts at 499, the range before ends at 500",
    ],
    [
      "late start",
      [tier("2", "500", "0.01")],
      "tier 1: the first range must start at 0 or 1 contract, starts at 2",
    ],
    ["empty", [tier("0", "0", "0.01")], "tier 1: its upper end 0 is not above its start 0"],
    [
      "falling",
      [tier("0", "5", "0.02"), tier("6", "9", "0.01")],
      "tier 2: maintenanceMarginRate falls from 0.02 to 0.01",
    ],
  ])("refuses %s", (_, tiers, message) => {
    expect(messageOf(() => deriveContractTables(tiers, options))).toContain(`BAD_TIERS`);
    expect(messageOf(() => deriveContractTables(tiers, options))).toContain(message);
  });
});

describe("deriveHyperliquidTable", () => {
  test("rates of 1 / (2 L) are exact and the table continuous", () => {
    const { table, maxLeverageMilli, caps } = deriveHyperliquidTable(
      [
        { lowerBound: "0.0", maxLeverage: 10 },
        { lowerBound: "3000000.0", maxLeverage: 7 },
        { lowerBound: "9000000.0", maxLeverage: 3 },
      ],
      { settleDecimals: 6 },
    );
    expect(table.rateDenominator).toBe(420);
    expect(table.brackets).toEqual([
      { floor: 0n, rate: 21, scaledAmount: 0n, initialRate: 42 },
      { floor: 3_000_000_000_000n, rate: 30, scaledAmount: 27_000_000_000_000n, initialRate: 60 },
      { floor: 9_000_000_000_000n, rate: 70, scaledAmount: 387_000_000_000_000n, initialRate: 140 },
    ]);
    expect(maxLeverageMilli).toEqual([10_000, 7_000, 3_000]);
    expect(caps).toEqual([3_000_000_000_000n, 9_000_000_000_000n, null]);
  });

  test.each([
    [[{ lowerBound: "1", maxLeverage: 5 }], "tier 1: the first lowerBound must be 0, is 1"],
    [
      [
        { lowerBound: "0", maxLeverage: 5 },
        { lowerBound: "0", maxLeverage: 3 },
      ],
      "tier 2: lowerBound must rise",
    ],
    [
      [
        { lowerBound: "0", maxLeverage: 5 },
        { lowerBound: "9", maxLeverage: 5 },
      ],
      "tier 2: maxLeverage must fall",
    ],
    [[], "needs at least one tier"],
  ])("refuses %j", (tiers, message) => {
    expect(messageOf(() => deriveHyperliquidTable(tiers, { settleDecimals: 6 }))).toContain(
      message,
    );
  });

  test("a common multiple above 2^30 is refused", () => {
    const primes = [997, 991, 983, 977];
    const tiers = primes.map((maxLeverage, index) => ({ lowerBound: String(index), maxLeverage }));
    expect(messageOf(() => deriveHyperliquidTable(tiers, { settleDecimals: 6 }))).toContain(
      "exceeds 2^30",
    );
  });
});
