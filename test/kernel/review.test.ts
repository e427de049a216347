// Edges found by review, each of which was once wrong: initial margins that round up past 2^64, whole-position brackets whose floor
// stands exactly at the edge of the screen's band, joint shocks of pools so wide that their rounding bound is huge. And
// result lists about the size of a chunk. Both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { LegState, PoolState, PriceTerms } from "../../src/model.ts";
import { referenceLegFigures } from "../../src/reference/index.ts";
import { exactNotional } from "../../src/reference/leg.ts";
import { widePoolFigures } from "../../src/reference/pool.ts";
import { BUILDS } from "../support/builds.ts";
import { withPool } from "../support/load-pool.ts";
import { legOf, poolOf, tableOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";

/** The result, or the code of the RiskError. */
function outcomeOf<Result>(run: () => Result): Result | { readonly refused: string } {
  try {
    return run();
  } catch (error) {
    if (error instanceof RiskError) return { refused: error.code };
    throw error;
  }
}

function linear(numerator: bigint, divisor: bigint): PriceTerms {
  return { inverse: false, numerator, divisor };
}

/** Whether a scan with the pool's one price at `price` reports it; the anchor stays where the marks are. */
function reportedAt(kernel: Kernel, state: PoolState, price: bigint): boolean {
  return withPool(kernel, state, ({ slots }) => {
    kernel.prepare();
    kernel.copyMarksToTrial();
    for (const slot of slots.values()) kernel.setTrial(slot, Number(price));
    return kernel.scan("trial").count === 1;
  });
}

function liquidatableAt(state: PoolState, price: bigint): boolean {
  return widePoolFigures(state, false, () => price).liquidatable;
}

describe.each(BUILDS)("edges ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test("an initial margin just below 2^64 that rounds up to it is refused, not wrapped to 0", () => {
    // N·1000/13 = 2^64 - 8/13: the quotient is the largest u64 and has a rest.
    const numerator = (13n * 2n ** 64n - 8n) / 1_000n;
    const table = tableOf({ rows: [{ floor: 0n, rate: 1 }] });
    const terms = linear(numerator, 1n);
    const leg = legOf({ terms, price: 1, quantity: 1, table, leverageMilli: 13 });
    const refused = { refused: "VALUE_OUT_OF_RANGE" };
    expect(outcomeOf(() => referenceLegFigures(leg))).toEqual(refused);
    withPool(kernel, poolOf(0n, leg), ({ pool, legs }) => {
      expect(outcomeOf(() => kernel.legFigures(legs[0] ?? -1))).toEqual(refused);
      expect(outcomeOf(() => kernel.poolFigures(pool))).toEqual(refused);
      expect(outcomeOf(() => kernel.jointShock(pool))).toEqual(refused);
    });
  });

  test("a whole-position floor at exactly twice the anchored notional is not missed (invariant 2)", () => {
    // 604905/49 in doubles, doubled, is just below 24690: the screen must not take the lower rate for it.
    const rows = [
      { floor: 0n, rate: 1_000 },
      { floor: 24_690n, rate: 900_000 },
    ];
    const table = tableOf({ style: "whole", rows });
    const leg = legOf({ terms: linear(1n, 49n), price: 604_905, quantity: 1, table });
    const state = poolOf(-12_345n, leg);
    expect(liquidatableAt(state, 1_209_810n)).toBe(true);
    expect(reportedAt(kernel, state, 1_209_810n)).toBe(true);
  });

  test("a whole-position floor a unit above half the anchored notional is not reported (invariant 3)", () => {
    // 2^59 - 1 in doubles is 2^59: the upper bound must not take the higher rate for it.
    const notional = 2n ** 59n - 1n;
    const rows = [
      { floor: 0n, rate: 1_000 },
      { floor: notional + 1n, rate: 900_000 },
    ];
    const table = tableOf({ style: "whole", rows });
    const leg = legOf({ terms: linear(notional, 1n), price: 2, quantity: 1, table });
    const state = poolOf(-notional / 2n, leg);
    expect(liquidatableAt(state, 1n)).toBe(false);
    expect(reportedAt(kernel, state, 1n)).toBe(false);
  });

  test("brackets beside the ends of the band, both styles, both kinds of contract (invariants 2 and 3)", () => {
    fc.assert(
      fc.property(bandEdge, ({ leg, to, collaterals }) => {
        for (const collateral of collaterals) {
          const state = poolOf(collateral, leg);
          expect(reportedAt(kernel, state, to)).toBe(liquidatableAt(state, to));
        }
      }),
      runs(1_500),
    );
  });

  test("the joint shock of 22,500 legs of 2^46 a price unit", () => {
    const unit = 2n ** 46n;
    const table = tableOf({ rows: [{ floor: 0n, rate: 10_000 }] });
    const leg = legOf({ terms: linear(unit, 1n), price: 1, quantity: -1, cost: -unit, table });
    const count = 22_500;
    const state = poolOf((BigInt(count) * unit) / 2n, ...Array.from({ length: count }, () => leg));
    withPool(kernel, state, ({ pool }) => {
      expect(kernel.poolFigures(pool).liquidatable).toBe(false);
      // The least shock lifts every price from 1 to 2 and costs twice the collateral.
      expect(liquidatableAt(state, 2n)).toBe(true);
      expect(kernel.jointShock(pool)).toBe(1);
    });
  });

  test.each([65_535, 65_536, 65_537])("a list of %i results", { timeout: 60_000 }, (count) => {
    const book = new Kernel(wasm === undefined ? {} : { wasm });
    const slot = book.createPrice(linear(1n, 1n));
    book.setMark(slot, 1_000);
    const table = book.createTable(tableOf({ rows: [{ floor: 0n, rate: 10_000 }] }));
    const pools = Array.from({ length: count }, (_, owner) => {
      const pool = book.createPool(-5, owner, 0);
      book.createLeg(pool, slot, table, 100, 100_000, 0);
      return pool;
    });
    const scan = book.scan();
    expect([...scan.copyTo(new Uint32Array(scan.count))].sort((a, b) => a - b)).toEqual(pools);
    for (const pool of pools) book.setCollateral(pool, 1_000_000);
    expect(book.scan().count).toBe(0);
  });
});

interface BandEdge {
  readonly leg: LegState;
  readonly to: bigint;
  readonly collaterals: readonly bigint[];
}

/** A leg, a price at half or twice its anchor, floors on and beside the notional there, and collaterals that decide by the bracket's rate. */
const bandEdge: fc.Arbitrary<BandEdge> = fc
  .record({
    inverse: fc.boolean(),
    numerator: fc.oneof(fc.constantFrom(1n, 3n, 10n ** 12n), fc.bigInt(1n, 2n ** 20n)),
    divisor: fc.oneof(fc.constantFrom(1n, 3n, 49n, 10n ** 11n), fc.bigInt(1n, 2n ** 40n)),
    half: fc.bigInt(1n, 500_000n),
    up: fc.boolean(),
    quantity: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 2 ** 30 })),
    long: fc.boolean(),
    whole: fc.boolean(),
    beside: fc.bigInt(-1n, 1n),
    rates: fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 1_000_000 })),
    shares: fc.array(fc.bigInt(-10n, 1_010n), { minLength: 4, maxLength: 4 }),
  })
  .map((raw) => {
    const { inverse, numerator, divisor, whole, long } = raw;
    const price = raw.half * 2n;
    const to = raw.up ? price * 2n : raw.half;
    const quantity = long ? raw.quantity : -raw.quantity;
    const [low = 1, high = 1] = [...raw.rates].sort((a, b) => a - b);
    const bare = legOf({
      terms: { inverse, numerator, divisor },
      price: Number(price),
      quantity,
      table: tableOf({ rows: [{ floor: 0n, rate: low }] }),
    });
    const exact = exactNotional(bare, to);
    const notional = exact.numerator / exact.denominator;
    const floor = notional + raw.beside < 1n ? 1n : notional + raw.beside;
    const rows = [
      { floor: 0n, rate: low },
      { floor, rate: high },
    ];
    const leg = { ...bare, table: tableOf({ style: whole ? "whole" : "marginal", rows }) };
    const value = long !== inverse ? notional : -notional;
    const collaterals = raw.shares.map((share) => (notional * share) / 1_000n - value);
    return { leg, to, collaterals, notional };
  })
  .filter(({ notional }) => notional < 2n ** 60n);
