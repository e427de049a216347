// The benchmark compares engines that must do the same job: on a small book every rival's list of pools under water
// is the kernel's, and the seeded book is the same every time.
import { describe, expect, it } from "vitest";
import { type BenchBook, createBook } from "../../bench/book.ts";
import { createBigInt64Rival } from "../../bench/rivals/bigint64.ts";
import { createBnJsRival } from "../../bench/rivals/bnjs.ts";
import { createDecimalJsRival } from "../../bench/rivals/decimaljs.ts";
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
