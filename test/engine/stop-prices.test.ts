// Resolved prices, cut marks and clamps as pure arithmetic, each against the plain reading of its rule.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { valueFloor } from "../../src/engine/arithmetic.ts";
import {
  comparedPrice,
  drawdownFloor,
  entryDeviationPrice,
  isPassed,
  marginLossPrice,
  type StopPosition,
  trailingPrice,
  triggerBefore,
} from "../../src/engine/stop-prices.ts";
import type { PriceTerms } from "../../src/model.ts";
import { runs } from "../support/runs.ts";

const MAX_PRICE = 300;
const PPM = 1_000_000n;

const terms: fc.Arbitrary<PriceTerms> = fc.record({
  inverse: fc.boolean(),
  numerator: fc.bigInt(1n, 5_000n),
  divisor: fc.bigInt(1n, 60n),
});

const positions: fc.Arbitrary<StopPosition> = fc
  .record({
    terms,
    size: fc.integer({ min: 1, max: 40 }),
    long: fc.boolean(),
    entry: fc.bigInt(0n, 20_000n),
  })
  .map(({ terms: chosen, size, long, entry }) => ({
    terms: chosen,
    quantity: long ? size : -size,
    // A long linear or a short inverse position was paid for.
    cost: long !== chosen.inverse ? entry : -entry,
    maxPrice: MAX_PRICE,
  }));

/** All prices, from the one that is best for the position to the worst. */
function goingAgainst({ quantity }: StopPosition): number[] {
  const prices = Array.from({ length: MAX_PRICE }, (_, index) => index + 1);
  return quantity > 0 ? prices.reverse() : prices;
}

function ceil(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return quotient * divisor < dividend ? quotient + 1n : quotient;
}

describe("marginLoss", () => {
  test("is the first price at which the loss is the share of the margin, rounded up", () => {
    const cases = fc.tuple(
      positions,
      fc.bigInt(-500n, 20_000n),
      fc.integer({ min: 1, max: 1_000_000 }),
    );
    fc.assert(
      fc.property(cases, ([position, margin, share]) => {
        const loss = ceil(margin * BigInt(share), PPM);
        const first = goingAgainst(position).find(
          (price) => valueFloor(position.terms, position.quantity, price) - position.cost <= -loss,
        );
        expect(marginLossPrice(position, margin, share)).toBe(first ?? 0);
      }),
      runs(3_000),
    );
  });

  test("by hand", () => {
    const linear = { inverse: false, numerator: 1n, divisor: 1n };
    const long = { terms: linear, quantity: 2, cost: 200n, maxPrice: 1_000 };
    // Half of 41 is 20.5, so 21 must be lost: 2·89 − 200 = −22, where 2·90 − 200 = −20 is not enough.
    expect(marginLossPrice(long, 41n, 500_000)).toBe(89);
    expect(marginLossPrice(long, 40n, 500_000)).toBe(90);
    const short = { terms: linear, quantity: -2, cost: -200n, maxPrice: 1_000 };
    expect(marginLossPrice(short, 41n, 500_000)).toBe(111);
    // More margin than the position can lose.
    expect(marginLossPrice(long, 400n, 1_000_000)).toBe(0);
    // Funding has left none: any price at or below the entry.
    expect(marginLossPrice(long, 0n, 1_000_000)).toBe(100);
  });
});

describe("entryDeviation", () => {
  test("is the entry price, exactly, less or plus the share, rounded against the position", () => {
    const deviations = fc.integer({ min: 1, max: 3_000_000 });
    fc.assert(
      fc.property(positions, deviations, (position, deviation) => {
        const { inverse, numerator, divisor } = position.terms;
        const size = BigInt(Math.abs(position.quantity)) * numerator;
        const paid = (position.cost < 0n ? -position.cost : position.cost) * divisor;
        const [up, down] = inverse ? [size, paid] : [paid, size];
        const change = position.quantity > 0 ? PPM - BigInt(deviation) : PPM + BigInt(deviation);
        // price / 1 against entry · change / ppm, without a division.
        const isPast = (price: number): boolean => {
          if (down === 0n) return false;
          const [left, right] = [BigInt(price) * down * PPM, up * change];
          return position.quantity > 0 ? left <= right : left >= right;
        };
        const first = goingAgainst(position).find(isPast);
        expect(entryDeviationPrice(position, deviation)).toBe(first ?? 0);
      }),
      runs(3_000),
    );
  });

  test("a long's price cannot fall by the whole of it", () => {
    const linear = { inverse: false, numerator: 1n, divisor: 1n };
    const long = { terms: linear, quantity: 1, cost: 100n, maxPrice: 1_000 };
    expect(entryDeviationPrice(long, 1_000_000)).toBe(0);
    expect(entryDeviationPrice(long, 990_000)).toBe(1);
    expect(entryDeviationPrice({ ...long, quantity: -1, cost: -100n }, 9_000_000)).toBe(1_000);
    expect(entryDeviationPrice({ ...long, quantity: -1, cost: -100n }, 9_000_001)).toBe(0);
  });
});

describe("marks cut to the tick", () => {
  test("the compared price is passed exactly where the cut mark passes the trigger", () => {
    const prices = fc.integer({ min: 1, max: MAX_PRICE });
    const ticks = fc.bigInt(1n, 400n);
    fc.assert(
      fc.property(prices, fc.boolean(), ticks, prices, (trigger, up, tick, mark) => {
        const cut = Number((BigInt(mark) / tick) * tick);
        const plain = up ? cut >= trigger : cut <= trigger;
        const compared = comparedPrice(trigger, up, tick, MAX_PRICE);
        expect(isPassed(compared, up, mark)).toBe(plain);
      }),
      runs(3_000),
    );
  });

  test("binance: a mark of 0.006670234 is 0.00667 to a trigger", () => {
    // 9 decimals, a tick of 0.00001.
    const falling = comparedPrice(6_670_000, false, 10_000n, 10 ** 12);
    expect(isPassed(falling, false, 6_670_234)).toBe(true);
    expect(isPassed(comparedPrice(6_660_000, false, 10_000n, 10 ** 12), false, 6_670_234)).toBe(
      false,
    );
  });

  test("a trigger of none is never passed", () => {
    expect(comparedPrice(0, true, 1n, MAX_PRICE)).toBe(0);
    expect(isPassed(0, true, 5)).toBe(false);
    expect(isPassed(0, false, 5)).toBe(false);
  });
});

test("invariant 12: a clamp fires before the liquidation price, and one tick further would not", () => {
  const prices = fc.integer({ min: 1, max: MAX_PRICE });
  fc.assert(
    fc.property(prices, fc.boolean(), fc.bigInt(1n, 60n), (liquidation, up, tick) => {
      const clamp = triggerBefore(liquidation, up, tick);
      const comparedAt = (trigger: number): number => comparedPrice(trigger, up, tick, 10_000);
      if (clamp === 0) {
        // No multiple of the tick is below the liquidation price.
        expect(up && tick >= BigInt(liquidation)).toBe(true);
        return;
      }
      expect(BigInt(clamp) % tick).toBe(0n);
      const step = Number(tick);
      if (up) {
        expect(comparedAt(clamp)).toBeLessThan(liquidation);
        expect(comparedAt(clamp + step)).toBeGreaterThanOrEqual(liquidation);
      } else {
        expect(comparedAt(clamp)).toBeGreaterThan(liquidation);
        if (clamp > step) expect(comparedAt(clamp - step)).toBeLessThanOrEqual(liquidation);
      }
    }),
    runs(2_000),
  );
});

test("trailing prices", () => {
  const trail = { distance: 7, byRate: false, maxPrice: 1_000 };
  expect(trailingPrice(trail, 100, false)).toBe(93);
  expect(trailingPrice(trail, 7, false)).toBe(0);
  expect(trailingPrice(trail, 100, true)).toBe(107);
  expect(trailingPrice(trail, 994, true)).toBe(0);
  const rate = { distance: 15_000, byRate: true, maxPrice: 1_000 };
  // 101 · 0.985 = 99.485 and 101 · 1.015 = 102.515.
  expect(trailingPrice(rate, 101, false)).toBe(99);
  expect(trailingPrice(rate, 101, true)).toBe(103);
});

test("a drawdown's floor is rounded down", () => {
  expect(drawdownFloor(1_001n, 500_000)).toBe(500n);
  expect(drawdownFloor(1_001n, 1_000_000)).toBe(0n);
  expect(drawdownFloor(1n, 1)).toBe(0n);
});
