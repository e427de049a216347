// Worked examples of venues and textbooks, computed by hand or published, put to the reference in the
// venue's own decimals: maintenance margins, bracket look-up and amounts, liquidation and bankruptcy prices.

import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import {
  referenceBankruptcyPrice,
  referenceJointShock,
  referenceLegFigures,
  referenceLiquidationPrice,
  referencePoolFigures,
} from "../../src/reference/index.ts";
import { legOf, poolOf, reducedTerms, tableOf, termsOfDecimals } from "../support/make.ts";

const SCALE = 100_000_000;

/** 8-decimal units of a short decimal. */
function units(decimal: number): number {
  return Math.round(decimal * SCALE);
}

function amount(decimal: number): bigint {
  return BigInt(units(decimal));
}

type Row = readonly [floor: number, ratePpm: number];

const BINANCE_BTC_OLD: readonly Row[] = [
  [0, 4_000],
  [50_000, 5_000],
  [250_000, 10_000],
  [1_000_000, 25_000],
  [7_500_000, 50_000],
  [40_000_000, 100_000],
  [100_000_000, 125_000],
  [200_000_000, 150_000],
  [400_000_000, 250_000],
  [600_000_000, 500_000],
];
const BINANCE_BTC_2026: readonly Row[] = [
  [0, 4_000],
  [300_000, 5_000],
  [800_000, 6_500],
  [3_000_000, 10_000],
];
const ZEC: readonly Row[] = [
  [0, 10_000],
  [50_000, 25_000],
  [150_000, 50_000],
  [250_000, 100_000],
  [500_000, 125_000],
  [1_000_000, 250_000],
  [2_000_000, 500_000],
];
const XRP: readonly Row[] = [
  [0, 25_000],
  [100_000, 50_000],
  [500_000, 100_000],
  [1_000_000, 150_000],
  [2_000_000, 250_000],
  [5_000_000, 500_000],
];

function marginalTable(rows: readonly Row[], closeFeeRate = 0) {
  const scaled = rows.map(([floor, rate]) => ({ floor: BigInt(floor) * 100_000_000n, rate }));
  return tableOf({ rows: scaled, closeFeeRate });
}

/** One unit of an asset at the given price is exactly that notional: 3-decimal quantities, 8-decimal prices. */
const LINEAR = termsOfDecimals(false, 3, 8, 8);

function legWorth(notional: number, rows: readonly Row[]) {
  return legOf({
    terms: LINEAR,
    price: units(notional / 100),
    quantity: 100_000,
    table: marginalTable(rows),
  });
}

describe("maintenance margin, bracket and amount", () => {
  test.each([
    [170.3, BINANCE_BTC_OLD, 0, 0.6812],
    [500_000, BINANCE_BTC_OLD, 2, 3_700],
    [49_999.99, BINANCE_BTC_OLD, 0, 199.99996],
    [50_000, BINANCE_BTC_OLD, 1, 200],
    [5_000_000, BINANCE_BTC_OLD, 3, 108_700],
    [600_000_000, BINANCE_BTC_OLD, 9, 100_296_200],
    [299_999.99, BINANCE_BTC_2026, 0, 1_199.99996],
    [300_000, BINANCE_BTC_2026, 1, 1_200],
    [5_000_000, BINANCE_BTC_2026, 3, 38_000],
    [50_000, ZEC, 1, 500],
    [150_000, ZEC, 2, 3_000],
    [250_000, ZEC, 3, 8_000],
    [500_000, ZEC, 4, 33_000],
    [1_000_000, ZEC, 5, 95_500],
    [2_000_000, ZEC, 6, 345_500],
    [999_999.9, XRP, 2, 72_499.99],
  ])("notional %d", (notional, rows, bracket, margin) => {
    const figures = referenceLegFigures(legWorth(notional, rows));
    expect(figures).toMatchObject({
      notional: amount(notional),
      value: amount(notional),
      bracket,
      maintenanceMargin: amount(margin),
      haircut: 0n,
      closeFee: 0n,
    });
  });

  test.each([
    [XRP, [0, 2_500, 27_500, 77_500, 277_500, 1_527_500]],
    [ZEC, [0, 750, 4_500, 17_000, 29_500, 154_500, 654_500]],
    [BINANCE_BTC_2026, [0, 300, 1_500, 12_000]],
  ])("amounts by continuity %#", (rows, amounts) => {
    const scaled = marginalTable(rows).brackets.map((bracket) => bracket.scaledAmount);
    expect(scaled).toEqual(amounts.map((value) => amount(value) * 1_000_000n));
  });

  test("rates of 1/(2 * leverage) are exact with their own denominator (hyperliquid BTC)", () => {
    const rows = [
      { floor: 0n, rate: 1 },
      { floor: 150_000_000n, rate: 2 },
    ];
    const table = tableOf({ rows, rateDenominator: 80 });
    const terms = reducedTerms(false, 1n, 1n);
    const at = (price: number) =>
      referenceLegFigures(legOf({ terms, price, quantity: -1, table })).maintenanceMargin;
    expect(at(150_000_000)).toBe(1_875_000n);
    expect(at(200_000_000)).toBe(3_125_000n);
    expect(at(1)).toBe(1n); // 1/80 rounds up
  });

  test("whole-position brackets jump (okx ETH)", () => {
    const table = tableOf({
      style: "whole",
      rows: [
        { floor: 0n, rate: 10_000 },
        { floor: 40_001n, rate: 15_000 },
      ],
    });
    const terms = reducedTerms(false, 1n, 1n);
    const at = (quantity: number) =>
      referenceLegFigures(legOf({ terms, price: 1, quantity, table })).maintenanceMargin;
    expect(at(40_000)).toBe(400n);
    expect(at(40_001)).toBe(601n); // 600.015
  });

  test("a haircut leg has a haircut and no requirement", () => {
    const table = tableOf({ rows: [{ floor: 0n, rate: 50_000 }], haircut: true });
    const terms = reducedTerms(false, 1n, 1n);
    const leg = legOf({ terms, price: 1_001, quantity: 1, table, leverageMilli: 1_000 });
    expect(referenceLegFigures(leg)).toEqual({
      value: 1_001n,
      notional: 1_001n,
      maintenanceMargin: 0n,
      initialMargin: 0n,
      closeFee: 0n,
      haircut: 51n,
      bracket: 0,
    });
  });
});

describe("rounding is against the account", () => {
  const terms = reducedTerms(false, 1n, 7n);
  const table = tableOf({
    rows: [{ floor: 0n, rate: 1, initialRate: 3 }],
    rateDenominator: 10,
    closeFeeRate: 50_000,
  });
  test("linear long and short of 10/7", () => {
    const long = referenceLegFigures(legOf({ terms, price: 5, quantity: 2, table }));
    expect(long).toMatchObject({ value: 1n, notional: 1n, maintenanceMargin: 1n, closeFee: 1n });
    const short = referenceLegFigures(legOf({ terms, price: 5, quantity: -2, table }));
    expect(short).toMatchObject({ value: -2n, notional: 1n, maintenanceMargin: 1n, closeFee: 1n });
  });
  test("inverse long and short of 10/7: signs change", () => {
    const inverse = reducedTerms(true, 5n, 1n);
    const leg = { terms: inverse, price: 7, table };
    expect(referenceLegFigures(legOf({ ...leg, quantity: 2 }))).toMatchObject({ value: -2n });
    expect(referenceLegFigures(legOf({ ...leg, quantity: -2 }))).toMatchObject({ value: 1n });
  });
  test("initial margin by leverage, or by the bracket's rate where leverage is 0", () => {
    const leg = { terms, price: 700, quantity: 1, table };
    expect(referenceLegFigures(legOf({ ...leg, leverageMilli: 3_000 })).initialMargin).toBe(34n);
    expect(referenceLegFigures(legOf(leg)).initialMargin).toBe(30n);
  });
});

describe("ranges", () => {
  const flat = tableOf({ rows: [{ floor: 0n, rate: 1_000 }] });
  const code = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return error instanceof RiskError ? error.code : "not a RiskError";
    }
    return "none";
  };
  test("a notional of 2^63 - 1 has figures, 2^63 has none", () => {
    const terms = reducedTerms(false, 2n ** 12n, 1n);
    const leg = legOf({ terms, price: 2 ** 51, quantity: 1, table: flat });
    expect(code(() => referenceLegFigures(leg))).toBe("VALUE_OUT_OF_RANGE");
    const largest = legOf({
      terms: { inverse: false, numerator: 2n ** 63n - 1n, divisor: 1n },
      price: 1,
      quantity: 1,
      table: flat,
      leverageMilli: 1_000,
    });
    expect(referenceLegFigures(largest).notional).toBe(2n ** 63n - 1n);
    expect(code(() => referenceLegFigures({ ...largest, leverageMilli: 999 }))).toBe(
      "VALUE_OUT_OF_RANGE",
    );
  });
  test("sums of a pool are refused, not its parts", () => {
    const terms = { inverse: false, numerator: 2n ** 63n - 1n, divisor: 1n };
    const leg = legOf({ terms, price: 1, quantity: 1, table: flat, leverageMilli: 10_000 });
    expect(code(() => referencePoolFigures(poolOf(0n, leg, leg), false))).toBe(
      "VALUE_OUT_OF_RANGE",
    );
    const costly = { ...leg, cost: 2n ** 62n };
    expect(code(() => referencePoolFigures(poolOf(0n, costly, costly), false))).toBe("none");
  });
  test("a price its slot cannot hold is refused", () => {
    const terms = reducedTerms(true, 1n, 2n ** 60n);
    const leg = legOf({ terms, price: 8, quantity: 1, table: flat });
    expect(code(() => referenceLegFigures(leg))).toBe("OUT_OF_RANGE");
    expect(code(() => referenceLegFigures({ ...leg, price: 7 }))).toBe("none");
  });
});

describe("liquidation prices", () => {
  /** Prices as a decimal, to be read against published figures. */
  const decimal = (price: bigint | null) => (price === null ? null : Number(price) / SCALE);
  const position = (quantity: number, entry: number, rows: readonly Row[], feeRate = 0) =>
    legOf({
      terms: LINEAR,
      price: units(entry),
      quantity: quantity * 1_000,
      cost: amount(quantity * entry),
      table: marginalTable(rows, feeRate),
    });

  test("bracket scan ends in a lower bracket (binance FAQ, 40 BTC)", () => {
    const leg = position(40, 30_000, BINANCE_BTC_OLD);
    const down = (collateral: number) =>
      decimal(referenceLiquidationPrice(poolOf(amount(collateral), leg), 0, "down", false));
    expect(down(200_000)).toBeCloseTo(25_223.076923, 5);
    expect(down(400_000)).toBeCloseTo(20_169.191919, 5);
  });

  test("others held still (binance cross example, 109.488 BTC beside ETH)", () => {
    const btc = {
      ...position(109.488, 32_481.98, BINANCE_BTC_OLD),
      price: units(31_967.27),
      cost: amount(109.488 * 32_481.98),
    };
    // ETH stands in the published sums: MM 356,512.508122 and uPnL -448,192.88514.
    const collateral = 1_535_443.01 - 356_512.508122 - 448_192.88514;
    const cross = referenceLiquidationPrice(poolOf(amount(collateral), btc), 0, "down", false);
    expect(decimal(cross)).toBeCloseTo(26_316.89, 1);
    const isolated = referenceLiquidationPrice(poolOf(amount(1_535_443.01), btc), 0, "down", false);
    expect(decimal(isolated)).toBeCloseTo(18_778.73, 1);
  });

  test("a hedged pair is liquidated upward, where the margin meets constant equity", () => {
    // 0.5 % less 50 above 10,000: 1 long from 30,000 and 1 short from 31,000 on a wallet of 1,000.
    const rows: readonly Row[] = [
      [0, 0],
      [10_000, 5_000],
    ];
    const long = position(1, 30_000, rows);
    const short = { ...position(-1, 31_000, rows), price: long.price };
    const pool = poolOf(amount(1_000), long, short);
    // At 210,000 exactly; each margin, rounded up, stands there already 199 price units (0.995) before.
    const up = 210_000n * 100_000_000n - 199n;
    expect(referenceLiquidationPrice(pool, 0, "up", true)).toBe(up);
    expect(referenceLiquidationPrice(pool, 0, "down", true)).toBeNull();
  });

  test("a long with more collateral than notional has none", () => {
    const pool = poolOf(amount(50_000), position(1, 30_000, [[0, 4_000]]));
    expect(referenceLiquidationPrice(pool, 0, "down", false)).toBeNull();
    expect(referenceLiquidationPrice(pool, 0, "up", false)).toBeNull();
    expect(referenceJointShock(pool, false)).toBeNull();
  });

  test("fees inside the requirement (okx isolated long and short)", () => {
    const long = poolOf(amount(6_000), position(1, 60_000, [[0, 4_000]], 50_000));
    expect(decimal(referenceLiquidationPrice(long, 0, "down", false))).toBeCloseTo(
      54_244.098443,
      5,
    );
    const short = poolOf(amount(6_000), position(-1, 60_000, [[0, 4_000]], 50_000));
    expect(decimal(referenceLiquidationPrice(short, 0, "up", false))).toBeCloseTo(65_704.330513, 5);
    expect(decimal(referenceBankruptcyPrice(long, 0, "down"))).toBe(54_000);
    expect(decimal(referenceBankruptcyPrice(short, 0, "up"))).toBe(66_000);
  });

  test("inverse long (kraken): 1,000 USD at 8,000 on 0.01 BTC", () => {
    const leg = legOf({
      terms: termsOfDecimals(true, 0, 8, 8),
      price: units(8_000),
      quantity: 1_000,
      cost: -amount(0.125),
      table: tableOf({ rows: [{ floor: 0n, rate: 10_000 }] }),
    });
    const pool = poolOf(amount(0.01), leg);
    expect(decimal(referenceLiquidationPrice(pool, 0, "down", false))).toBeCloseTo(7_481.48, 1);
    expect(decimal(referenceBankruptcyPrice(pool, 0, "down"))).toBeCloseTo(7_407.41, 1);
  });

  test("joint shock of two legs: 10 % of 2,000 less 1 % of the rest", () => {
    const terms = reducedTerms(false, 1n, 1n);
    const table = tableOf({ rows: [{ floor: 0n, rate: 10_000 }] });
    const long = legOf({ terms, price: 1_000_000, quantity: 1, cost: 1_000_000n, table });
    const short = legOf({
      terms,
      price: 1_000_000,
      quantity: -1,
      cost: -1_000_000n,
      table,
      priceSlot: 1,
    });
    // Loss 2r, margin 1 % of (1 - r) + (1 + r): 200,000 - 2r < 20,000 from r = 90,001 on, 90,000 inclusive;
    // the margins round up only where r is no multiple of 100.
    const pool = poolOf(200_000n, long, short);
    expect(referenceJointShock(pool, true)).toBe(90_000n);
    expect(referenceJointShock(pool, false)).toBe(90_001n);
  });

  test("already liquidatable: the mark on both sides, shock 0", () => {
    const pool = poolOf(0n, position(1, 30_000, [[0, 4_000]]));
    const mark = amount(30_000);
    expect(referenceLiquidationPrice(pool, 0, "down", false)).toBe(mark);
    expect(referenceLiquidationPrice(pool, 0, "up", false)).toBe(mark);
    expect(referenceJointShock(pool, false)).toBe(0n);
  });
});
