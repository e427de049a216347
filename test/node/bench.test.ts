// The benchmark compares engines that must do the same job: on a small book every rival's list of pools under water
// is the kernel's, and the seeded book is the same every time.
import { describe, expect, it } from "vitest";
import { type BenchBook, createBook } from "../../bench/book.ts";
import { createBatches, createEngine, createFillBook } from "../../bench/fill-book.ts";
import { createBigInt64Rival } from "../../bench/rivals/bigint64.ts";
import { createBnJsRival } from "../../bench/rivals/bnjs.ts";
import { createDecimalJsRival } from "../../bench/rivals/decimaljs.ts";
import { createBigIntFillRival } from "../../bench/rivals/fill-bigint.ts";
import { createFloat64FillRival } from "../../bench/rivals/fill-float64.ts";
import { createFloat64SearchRival } from "../../bench/rivals/float64-search.ts";
import { createFloat64SlopesRival } from "../../bench/rivals/float64-slopes.ts";
import { createObjectsRival } from "../../bench/rivals/objects.ts";
import type { Rival } from "../../bench/rivals/rival.ts";
import { createUnderkeel } from "../../bench/underkeel.ts";
import { referencePoolFigures } from "../../src/reference/index.ts";

const POOLS = 1_500;

function poolsUnderWater(rival: Rival, prices: Float64Array): number[] {
  const count = rival.scan(prices);
  return Array.from(rival.hits.subarray(0, count)).sort((first, second) => first - second);
}

/** Every rival over the whole book. */
function createRivals(book: BenchBook): Rival[] {
  return [
    createObjectsRival(book),
    createFloat64SearchRival(book),
    createFloat64SlopesRival(book),
    createBigInt64Rival(book),
    createBnJsRival(book, book.pools),
    createDecimalJsRival(book, book.pools),
  ];
}

describe.each(["calm", "stressed"] as const)("the %s book", (variant) => {
  const book = createBook(POOLS, variant, "test");
  const underkeel = createUnderkeel(book);
  const prices = book.ticks[2] as Float64Array;

  it("is the same for the same seed", () => {
    expect(createBook(POOLS, variant, "test")).toEqual(book);
    expect(createBook(POOLS, variant, "other").collateral).not.toEqual(book.collateral);
  });

  it("has the share of pools under water that its name says", () => {
    const share = poolsUnderWater(underkeel, prices).length / POOLS;
    if (variant === "calm") expect(share).toBeLessThan(0.002);
    else expect(share).toBeGreaterThan(0.17);
  });

  it("gives every engine the reference's list", () => {
    const expected: number[] = [];
    const listed = poolsUnderWater(underkeel, prices);
    for (let pool = 0; pool < POOLS; pool++) {
      if (referencePoolFigures(underkeel.kernel.poolState(pool), false).liquidatable) {
        expected.push(pool);
      }
    }
    expect(listed).toEqual(expected);
    for (const rival of createRivals(book)) {
      expect({ engine: rival.name, pools: poolsUnderWater(rival, prices) }).toEqual({
        engine: rival.name,
        pools: expected,
      });
    }
  });
});

describe.each([0, 0.2])("batches of trades with a share of %d beyond their means", (share) => {
  const FILLS = 3_000;
  const book = createFillBook(POOLS, "test");
  const batches = createBatches(book, POOLS, FILLS, 1, share, "test");

  it("are refused or not, and paid, alike by every exact engine, and nearly so in doubles", () => {
    const engine = createEngine(book);
    const objects = createBigIntFillRival(book, FILLS, POOLS);
    const doubles = createFloat64FillRival(book, FILLS);
    for (const batch of batches.flatMap(({ batch, mirror }) => [batch, mirror])) {
      const { accepted, statuses } = engine.applyFills(batch);
      const refused = Uint8Array.from(statuses, (status) => (status === 0 ? 0 : 1));
      expect(accepted).toBe(objects.run(batch));
      expect(objects.refused).toEqual(refused);
      expect(Math.abs(doubles.run(batch) - accepted)).toBeLessThan(FILLS / 100);
      expect(Math.abs(1 - accepted / FILLS - share)).toBeLessThan(0.05);
    }
    for (let account = 0; account < POOLS; account++) {
      expect(objects.collateral(account)).toBe(engine.kernel.collateral(account));
    }
  });
});
