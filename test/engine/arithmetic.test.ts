// Costs and prices of commands against their definitions as fractions.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ceilDivide,
  costCeil,
  costCeilNumber,
  entryPriceNearest,
  floorDivide,
  initialMarginCeil,
  nearestDivide,
  valueFloor,
} from "../../src/engine/arithmetic.ts";
import type { PriceTerms } from "../../src/model.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const wide = fc.oneof(
  fc.integer({ min: 1, max: 3_000 }),
  fc.integer({ min: 1, max: MAX }),
  fc.integer({ min: MAX - 9, max: MAX }),
  fc.integer({ min: 0, max: 52 }).map((bits) => 2 ** bits),
);
const quantity = fc.tuple(wide, fc.boolean()).map(([size, short]) => (short ? -size : size));
const terms: fc.Arbitrary<PriceTerms> = fc.record({
  inverse: fc.boolean(),
  numerator: fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })),
  divisor: fc.oneof(
    fc.nat({ max: 18 }).map((exponent) => 10n ** BigInt(exponent)),
    fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  ),
});
const safe = (value: bigint): number => (value <= BigInt(MAX) ? Number(value) : 0);

describe("costs", () => {
  /** Compares where the numbers claim to be exact; returns 1 where they do. */
  function expectSameCost(market: PriceTerms, size: number, price: number): number {
    const numbers = [safe(market.numerator), safe(market.divisor)] as const;
    const cost = costCeilNumber(numbers[0], numbers[1], size, price);
    if (Number.isNaN(cost)) return 0;
    expect(BigInt(cost)).toBe(costCeil({ ...market, inverse: false }, size, price));
    expect(Object.is(cost, -0)).toBe(false);
    return 1;
  }

  it("the loaders' path in numbers equals the exact one on any linear terms", () => {
    let exact = 0;
    fc.assert(
      fc.property(terms, quantity, wide, (market, size, price) => {
        exact += expectSameCost(market, size, price);
      }),
      { numRuns: 3_000 },
    );
    expect(exact).toBeGreaterThan(100);
  });

  it("the path in numbers equals the exact one around whole results", () => {
    const near = fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: -2, max: 2 }));
    let exact = 0;
    fc.assert(
      fc.property(
        near,
        quantity,
        fc.integer({ min: 0, max: 12 }),
        ([units, off], size, decimals) => {
          const divisor = 10 ** decimals;
          const price = Math.max(1, units * divisor + off);
          const market = { inverse: false, numerator: 1n, divisor: BigInt(divisor) };
          exact += expectSameCost(market, size, price);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(exact).toBeGreaterThan(500);
  });

  it("a cost is a value rounded up, at most one unit above it", () => {
    fc.assert(
      fc.property(terms, quantity, wide, (market, size, price) => {
        const difference = costCeil(market, size, price) - valueFloor(market, size, price);
        expect(difference === 0n || difference === 1n).toBe(true);
      }),
    );
  });

  it("the entry price of a cost is the price it was made at, where that is told apart", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_001, max: 10 ** 9 }),
        fc.integer({ min: 1, max: 10 ** 12 }),
        (size, price) => {
          const market = { inverse: false, numerator: 1n, divisor: 1_000n };
          expect(entryPriceNearest(market, size, costCeil(market, size, price))).toBe(
            BigInt(price),
          );
          expect(entryPriceNearest(market, -size, costCeil(market, -size, price))).toBe(
            BigInt(price),
          );
        },
      ),
    );
    const inverse = { inverse: true, numerator: 10n ** 18n, divisor: 1n };
    expect(entryPriceNearest(inverse, 1_000, costCeil(inverse, 1_000, 5 * 10 ** 12))).toBe(
      5n * 10n ** 12n,
    );
    expect(entryPriceNearest(inverse, 1, 0n)).toBe(0n);
  });

  it("the entry price is the quotient to the nearest, in numbers as in bigints", () => {
    const cost = fc.oneof(
      fc.bigInt({ min: 0n, max: 4_000n }),
      fc.bigInt({ min: 0n, max: 2n ** 40n }),
      fc.bigInt({ min: 2n ** 51n, max: 2n ** 63n - 1n }),
    );
    fc.assert(
      fc.property(terms, quantity, cost, fc.boolean(), (market, size, amount, negative) => {
        const expected = market.inverse
          ? amount === 0n
            ? 0n
            : nearestDivide(BigInt(Math.abs(size)) * market.numerator, amount * market.divisor)
          : nearestDivide(amount * market.divisor, BigInt(Math.abs(size)) * market.numerator);
        expect(entryPriceNearest(market, size, negative ? -amount : amount)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it("rounds as it says", () => {
    expect([floorDivide(-7n, 2n), floorDivide(7n, 2n), floorDivide(-8n, 2n)]).toEqual([
      -4n,
      3n,
      -4n,
    ]);
    expect([ceilDivide(-7n, 2n), ceilDivide(7n, 2n), ceilDivide(8n, 2n)]).toEqual([-3n, 4n, 4n]);
    expect([nearestDivide(5n, 2n), nearestDivide(4n, 3n), nearestDivide(5n, 3n)]).toEqual([
      3n,
      1n,
      2n,
    ]);
    const market = { inverse: false, numerator: 1n, divisor: 1n };
    expect(initialMarginCeil(market, -10, 10, 3_000)).toBe(34n);
  });
});
