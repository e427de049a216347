// The kernel against its BigInt twin, figure by figure and search by search (invariants 1 and 5): realistic pools
// near liquidation, pools over the full range of every input, and tiny ones. Both builds. The answer of a search is
// also checked by itself: the pool fails at it and does not fail one unit nearer to the mark.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { Direction, LegState, PoolState } from "../../src/model.ts";
import {
  referenceBankruptcyPrice,
  referenceJointShock,
  referenceLegFigures,
  referenceLiquidationPrice,
  referencePoolFigures,
  referenceShockBeside,
  type SearchEffort,
} from "../../src/reference/index.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { shockedPrice } from "../../src/reference/search.ts";
import { fullRangePool, realisticPool, tinyPool } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { loadPool, withPool } from "../support/load-pool.ts";
import { legOf, poolOf, reducedTerms, tableOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";

const SIZES = [
  { size: "realistic", arbitrary: realisticPool },
  { size: "full range", arbitrary: fullRangePool },
  { size: "tiny", arbitrary: tinyPool },
] as const;

/** The reference gives up after so many intervals; an ordinary search looks at a few hundred. */
const EFFORT_LIMIT = 10_000;
/** Up to here a search is ordinary: the kernel has no excuse for another answer. */
const ORDINARY_EFFORT = 1_000;

/** The result, or the code of the RiskError: both sides must agree on either. */
function outcomeOf<Result>(run: () => Result): Result | { readonly refused: string } {
  try {
    return run();
  } catch (error) {
    if (error instanceof RiskError) return { refused: error.code };
    throw error;
  }
}

type Question =
  | { readonly ask: "liquidation" | "bankruptcy"; readonly slot: number; readonly up: boolean }
  | { readonly ask: "shockBeside"; readonly slot: number }
  | { readonly ask: "shock" };

function questionsOf(pool: PoolState): Question[] {
  const slots = [...new Set(pool.legs.map((leg) => leg.priceSlot))];
  const prices = slots.flatMap((slot) =>
    [true, false].flatMap((up): Question[] => [
      { ask: "liquidation", slot, up },
      { ask: "bankruptcy", slot, up },
    ]),
  );
  const beside = slots.map((slot): Question => ({ ask: "shockBeside", slot }));
  return [...prices, ...beside, { ask: "shock" }];
}

function directionOf(up: boolean): Direction {
  return up ? "up" : "down";
}

function askReference(
  pool: PoolState,
  question: Question,
  inclusive: boolean,
  effort: SearchEffort,
): bigint | null {
  if (question.ask === "shock") return referenceJointShock(pool, inclusive, effort);
  if (question.ask === "shockBeside") {
    return referenceShockBeside(pool, question.slot, inclusive, effort);
  }
  const direction = directionOf(question.up);
  return question.ask === "liquidation"
    ? referenceLiquidationPrice(pool, question.slot, direction, inclusive, effort)
    : referenceBankruptcyPrice(pool, question.slot, direction, effort);
}

function askKernel(
  kernel: Kernel,
  pool: number,
  slots: ReadonlyMap<number, number>,
  question: Question,
): bigint | null {
  let answer: number | null;
  if (question.ask === "shock") answer = kernel.jointShock(pool);
  else if (question.ask === "shockBeside") {
    answer = kernel.shockBeside(pool, slots.get(question.slot) ?? -1);
  } else {
    const slot = slots.get(question.slot) ?? -1;
    const direction = directionOf(question.up);
    answer =
      question.ask === "liquidation"
        ? kernel.liquidationPrice(pool, slot, direction)
        : kernel.bankruptcyPrice(pool, slot, direction);
  }
  return answer === null ? null : BigInt(answer);
}

/** Whether the pool fails at a point of the question's line, by figures alone. */
function failsAt(pool: PoolState, question: Question, inclusive: boolean, at: bigint): boolean {
  const priceOf = (leg: LegState): bigint => {
    if (question.ask === "shock") return shockedPrice(leg, at);
    if (question.ask === "shockBeside") {
      return leg.priceSlot === question.slot ? markOf(leg) : shockedPrice(leg, at);
    }
    return leg.priceSlot === question.slot ? at : markOf(leg);
  };
  const figures = widePoolFigures(pool, inclusive, priceOf);
  return question.ask === "bankruptcy" ? figures.equity <= 0n : figures.liquidatable;
}

/** Invariant 5 without any search: fails here, stands one unit nearer to where nothing has moved. */
function expectNearest(
  pool: PoolState,
  question: Question,
  inclusive: boolean,
  answer: bigint,
): void {
  expect(failsAt(pool, question, inclusive, answer)).toBe(true);
  const shock = question.ask === "shock" || question.ask === "shockBeside";
  const leg = pool.legs.find((leg) => !shock && leg.priceSlot === question.slot);
  const start = leg === undefined ? 0n : markOf(leg);
  if (answer === start) return;
  const nearer = answer > start ? answer - 1n : answer + 1n;
  expect(failsAt(pool, question, inclusive, nearer)).toBe(false);
}

describe.each(BUILDS)("kernel against reference ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  describe.each(SIZES)("$size pools", ({ arbitrary }) => {
    test("figures are equal or refused alike (invariant 1)", () => {
      fc.assert(
        fc.property(arbitrary, fc.boolean(), (pool, inclusive) => {
          kernel.setInclusive(inclusive);
          withPool(kernel, pool, (loaded) => {
            pool.legs.forEach((leg, index) => {
              const handle = loaded.legs[index] ?? -1;
              const found = outcomeOf(() => kernel.legFigures(handle));
              expect(found).toEqual(outcomeOf(() => referenceLegFigures(leg)));
            });
            const found = outcomeOf(() => kernel.poolFigures(loaded.pool));
            expect(found).toEqual(outcomeOf(() => referencePoolFigures(pool, inclusive)));
          });
        }),
        runs(1_000),
      );
    });

    test("searches give the nearest answer (invariant 5)", { timeout: 3_600_000 }, () => {
      const seen = { answers: 0, hard: 0 };
      fc.assert(
        fc.property(arbitrary, fc.boolean(), (pool, inclusive) => {
          kernel.setInclusive(inclusive);
          withPool(kernel, pool, (loaded) => {
            for (const question of questionsOf(pool)) {
              const answer = outcomeOf(() =>
                askKernel(kernel, loaded.pool, loaded.slots, question),
              );
              if (typeof answer === "bigint") expectNearest(pool, question, inclusive, answer);
              const effort = { intervals: 0, limit: EFFORT_LIMIT };
              const expected = outcomeOf(() => askReference(pool, question, inclusive, effort));
              seen.answers++;
              const ordinary = effort.intervals <= ORDINARY_EFFORT;
              const refused = ordinary && expected !== null && typeof expected === "object";
              if (refused || ordinary) expect(answer).toEqual(expected);
              else if (answer !== expected) seen.hard++;
            }
          });
        }),
        runs(300),
      );
      expect(seen.hard).toBeLessThan(5 + seen.answers / 500);
    });
  });
});

describe.each(BUILDS)("charges of 2^63 ($name build)", ({ wasm }) => {
  // The notional is 2^63 - 1/2: it and the value fit, a charge of all of it rounds up past the range.
  const terms = reducedTerms(false, 2n ** 64n - 1n, 2n);
  const whole = { rows: [{ floor: 0n, rate: 1 }], rateDenominator: 1 };
  const tables = [
    tableOf(whole),
    tableOf({ ...whole, haircut: true }),
    tableOf({ rows: [{ floor: 0n, rate: 0 }], closeFeeRate: 100_000_000 }),
  ];
  test.each(tables)("are refused, not wrapped (table %#)", (table) => {
    const kernel = new Kernel(wasm === undefined ? {} : { wasm });
    const leg = legOf({ terms, price: 1, quantity: -1, table, leverageMilli: 2_000 });
    const loaded = loadPool(kernel, poolOf(0n, leg));
    const refused = { refused: "VALUE_OUT_OF_RANGE" };
    expect(outcomeOf(() => kernel.legFigures(loaded.legs[0] ?? -1))).toEqual(refused);
    expect(outcomeOf(() => referenceLegFigures(leg))).toEqual(refused);
    expect(outcomeOf(() => kernel.poolFigures(loaded.pool))).toEqual(refused);
  });
});

test.each(BUILDS)(
  "a search refuses a pool whose initial margins overflow only in sum ($name)",
  ({ wasm }) => {
    // The first leg's margin of 2^47 - 1 is small, the second's is 2^63 - 1: one unit each would fit, both do not.
    const terms = reducedTerms(false, 2n ** 63n - 1n, 65_536n);
    const table = tableOf({ rows: [{ floor: 0n, rate: 0 }], rateDenominator: 1 });
    const small = { terms, price: 1, table, leverageMilli: 1_000 };
    const pool = poolOf(
      0n,
      legOf({ ...small, quantity: -1, cost: -(2n ** 47n) + 1n }),
      legOf({ ...small, quantity: -65_536, cost: -(2n ** 63n) + 1n }),
    );
    const kernel = new Kernel(wasm === undefined ? {} : { wasm });
    withPool(kernel, pool, (loaded) => {
      const refused = { refused: "VALUE_OUT_OF_RANGE" };
      expect(outcomeOf(() => kernel.jointShock(loaded.pool))).toEqual(refused);
      expect(outcomeOf(() => referenceJointShock(pool, false))).toEqual(refused);
      expect(outcomeOf(() => kernel.poolFigures(loaded.pool))).toEqual(refused);
    });
  },
);
