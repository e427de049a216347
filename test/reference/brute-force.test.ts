// The reference's searches against enumeration: on pools with at most 400 prices a slot every price, and every
// shock, is tried, with the predicate taken from the pool's figures alone. What branch and bound skips is
// thereby looked at after all.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type LegState, MAX_AMOUNT, MAX_SHOCK, type PoolState } from "../../src/model.ts";
import {
  maxPriceOf,
  referenceBankruptcyPrice,
  referenceJointShock,
  referenceLiquidationPrice,
  referenceShockBeside,
} from "../../src/reference/index.ts";
import { exactNotional } from "../../src/reference/leg.ts";
import { widePoolFigures } from "../../src/reference/pool.ts";
import { tinyPool } from "../support/arbitraries.ts";
import { runs } from "../support/runs.ts";

interface Enumerated {
  readonly liquidation: bigint | null;
  readonly inclusive: boolean;
  readonly bankruptcy: bigint | null;
}

function fits(leg: LegState, price: number): boolean {
  const highest = Number(maxPriceOf(leg.terms));
  if (price > highest || price < (leg.terms.inverse ? 1 : 0)) return false;
  const { numerator, denominator } = exactNotional(leg, BigInt(price));
  return numerator / denominator <= MAX_AMOUNT;
}

function figuresAt(pool: PoolState, prices: readonly number[], inclusive: boolean) {
  const byLeg = new Map(pool.legs.map((leg, index) => [leg, prices[index] ?? 0]));
  return widePoolFigures(pool, inclusive, (leg) => BigInt(byLeg.get(leg) ?? 0));
}

/** Every price of the slot, nearest to the mark first; the first that fails, by both tests. */
function walkPrices(pool: PoolState, slot: number, step: -1 | 1, inclusive: boolean): Enumerated {
  const mark = pool.legs.find((leg) => leg.priceSlot === slot)?.price ?? 0;
  let liquidation: bigint | null = null;
  let bankruptcy: bigint | null = null;
  for (let price = mark; price >= 1; price += step) {
    const moving = pool.legs.filter((leg) => leg.priceSlot === slot);
    if (!moving.every((leg) => fits(leg, price))) break;
    const prices = pool.legs.map((leg) => (leg.priceSlot === slot ? price : leg.price));
    const figures = figuresAt(pool, prices, inclusive);
    if (figures.liquidatable) liquidation ??= BigInt(price);
    if (figures.equity <= 0n) bankruptcy ??= BigInt(price);
  }
  return { liquidation, inclusive, bankruptcy };
}

/**
 * Every r in turn, against every leg that does not follow the slot that is held still; the pool is only evaluated where a price differs from the last r's. Prices are below 2^9 and
 * factors below 2^27, so numbers are exact, and a quotient that is no integer is at least 1e-6 away from one.
 */
function walkShocks(pool: PoolState, inclusive: boolean, still?: number): number | null {
  const unit = 1_000_000;
  const moving = pool.legs.filter((leg) => leg.priceSlot !== still);
  const anyLong = moving.some((leg) => leg.quantity > 0);
  const last = moving.length === 0 ? 0 : anyLong ? unit : MAX_SHOCK;
  let before = "";
  for (let shock = 0; shock <= last; shock++) {
    const prices = pool.legs.map((leg) => {
      if (leg.priceSlot === still) return leg.price;
      return leg.quantity > 0
        ? Math.floor((leg.price * (unit - shock)) / unit)
        : Math.ceil((leg.price * (unit + shock)) / unit);
    });
    const key = prices.join();
    if (key === before) continue;
    before = key;
    if (!pool.legs.every((leg, index) => fits(leg, prices[index] ?? 0))) return null;
    if (figuresAt(pool, prices, inclusive).liquidatable) return shock;
  }
  return null;
}

const slotsOf = (pool: PoolState) => [...new Set(pool.legs.map((leg) => leg.priceSlot))];

test("liquidation and bankruptcy prices are the nearest of all prices (invariant 5)", () => {
  const seen = { none: 0, atMark: 0, away: 0 };
  fc.assert(
    fc.property(tinyPool, fc.boolean(), (pool, inclusive) => {
      for (const slot of slotsOf(pool)) {
        for (const direction of ["down", "up"] as const) {
          const step = direction === "down" ? -1 : 1;
          const walked = walkPrices(pool, slot, step, inclusive);
          const found = referenceLiquidationPrice(pool, slot, direction, inclusive);
          expect(found).toBe(walked.liquidation);
          expect(referenceBankruptcyPrice(pool, slot, direction)).toBe(walked.bankruptcy);
          const mark = pool.legs.find((leg) => leg.priceSlot === slot)?.price;
          seen[found === null ? "none" : found === BigInt(mark ?? 0) ? "atMark" : "away"]++;
        }
      }
    }),
    runs(250),
  );
  // The generator must keep asking questions with answers.
  expect(seen.away).toBeGreaterThan(seen.atMark / 5);
  expect(seen.away).toBeGreaterThan(25);
  expect(seen.none).toBeGreaterThan(25);
});

test("the joint shock is the least of all shocks (invariant 5)", { timeout: 60_000 }, () => {
  let found = 0;
  fc.assert(
    fc.property(tinyPool, fc.boolean(), (pool, inclusive) => {
      // Shorts alone may have 1e8 shocks to try; from price 100 on, 4e6 at most.
      fc.pre(pool.legs.some((leg) => leg.quantity > 0) || pool.legs.some((leg) => leg.price > 100));
      const walked = walkShocks(pool, inclusive);
      const shock = referenceJointShock(pool, inclusive);
      expect(shock).toBe(walked === null ? null : BigInt(walked));
      if (shock !== null && shock > 0n) found++;
    }),
    runs(40),
  );
  expect(found).toBeGreaterThan(0);
});

test("the shock beside a slot is the least of all shocks (invariant 5)", {
  timeout: 60_000,
}, () => {
  const seen = { away: 0, atMark: 0, none: 0 };
  fc.assert(
    fc.property(tinyPool, fc.boolean(), fc.nat(3), (pool, inclusive, pick) => {
      const slots = slotsOf(pool);
      const still = slots[pick % slots.length] ?? 0;
      const moving = pool.legs.filter((leg) => leg.priceSlot !== still);
      // As above.
      fc.pre(moving.length === 0 || moving.some((leg) => leg.quantity > 0 || leg.price > 100));
      const walked = walkShocks(pool, inclusive, still);
      const shock = referenceShockBeside(pool, still, inclusive);
      expect(shock).toBe(walked === null ? null : BigInt(walked));
      seen[shock === null ? "none" : shock === 0n ? "atMark" : "away"]++;
    }),
    runs(120),
  );
  expect(seen.none).toBeGreaterThan(0);
  expect(seen.away + seen.atMark).toBeGreaterThan(0);
});

test("an empty pool never fails", () => {
  expect(referenceJointShock({ collateral: -5n, legs: [] }, true)).toBeNull();
  expect(referenceShockBeside({ collateral: -5n, legs: [] }, 0, true)).toBeNull();
});
