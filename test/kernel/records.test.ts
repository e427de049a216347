// Records and memory: handles, free lists, growth, the limit, refused arguments, and what a trap does. Both builds.
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import { MAX_PRICES } from "../../src/layout.ts";
import type { BracketTable } from "../../src/model.ts";
import { BUILDS } from "../support/builds.ts";

const MIB = 2 ** 20;
const FLAT: BracketTable = {
  style: "marginal",
  haircut: false,
  rateDenominator: 1_000_000,
  closeFeeRate: 0,
  brackets: [{ floor: 0n, rate: 10_000, scaledAmount: 0n, initialRate: 20_000 }],
};

/** The error of a call, or undefined. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(BUILDS)("records ($name build)", ({ wasm }) => {
  function fresh(memoryLimitBytes?: number): { kernel: Kernel; slot: number; table: number } {
    const kernel = new Kernel({
      ...(wasm === undefined ? {} : { wasm }),
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    });
    const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    kernel.setMark(slot, 100);
    return { kernel, slot, table: kernel.createTable(FLAT) };
  }

  it("keeps what it is given", () => {
    const { kernel, slot, table } = fresh();
    const pool = kernel.createPool(-(2n ** 63n), 4_294_967_295, 7);
    const leg = kernel.createLeg(pool, slot, table, -9_007_199_254_740_991, 2n ** 63n - 1n, 12_500);
    expect(kernel.collateral(pool)).toBe(-(2n ** 63n));
    expect(kernel.owner(pool)).toBe(4_294_967_295);
    expect(kernel.tag(pool)).toBe(7);
    expect(kernel.quantity(leg)).toBe(-9_007_199_254_740_991);
    expect(kernel.cost(leg)).toBe(2n ** 63n - 1n);
    expect(kernel.leverageMilli(leg)).toBe(12_500);
    expect([kernel.legPool(leg), kernel.legPrice(leg), kernel.legTable(leg)]).toEqual([
      pool,
      slot,
      table,
    ]);
    kernel.setCollateral(pool, -1);
    expect(kernel.collateral(pool)).toBe(-1n);
    kernel.setCollateral(pool, -4_294_967_297);
    expect(kernel.collateral(pool)).toBe(-4_294_967_297n);
  });

  it("lists a pool's legs and moves them", () => {
    const { kernel, slot, table } = fresh();
    const [a, b] = [kernel.createPool(0, 0, 0), kernel.createPool(0, 0, 0)];
    const legs = [1, 2, 3].map((quantity) => kernel.createLeg(a, slot, table, quantity, 0, 0));
    const list = (pool: number): number[] => {
      const found: number[] = [];
      for (let leg = kernel.firstLeg(pool); leg !== -1; leg = kernel.nextLeg(leg)) found.push(leg);
      return found;
    };
    expect(list(a)).toEqual([...legs].reverse());
    kernel.moveLeg(legs[1] as number, b);
    expect([list(a), list(b)]).toEqual([[legs[2], legs[0]], [legs[1]]]);
    kernel.removeLeg(legs[0] as number);
    expect(list(a)).toEqual([legs[2]]);
    expect(kernel.legCount(a)).toBe(1);
    kernel.removePool(a);
    expect(kernel.legTotal).toBe(1);
    expect(errorOf(() => kernel.quantity(legs[2] as number))).toBeInstanceOf(RangeError);
    expect(errorOf(() => kernel.firstLeg(a))).toBeInstanceOf(RangeError);
  });

  it("uses freed records again: memory is bounded by the peak", () => {
    const { kernel, slot, table } = fresh();
    const cycle = (): void => {
      const pools = Array.from({ length: 3_000 }, (_, i) => kernel.createPool(i, 0, 0));
      for (const [i, pool] of pools.entries()) {
        for (let j = 0; j <= i % 11; j++) kernel.createLeg(pool, slot, table, j + 1, 0, 1_000);
      }
      kernel.scan();
      for (const pool of pools) kernel.removePool(pool);
    };
    cycle();
    const peak = kernel.memoryBytes;
    for (let i = 0; i < 20; i++) cycle();
    expect(kernel.memoryBytes).toBe(peak);
    expect([kernel.poolCount, kernel.legTotal]).toEqual([0, 0]);
    expect(kernel.scan().count).toBe(0);
  });

  it("creates, marks and removes prices without a tick between, more often than there are slots", () => {
    const { kernel, slot, table } = fresh();
    const terms = { inverse: false, numerator: 1n, divisor: 1n };
    for (let round = 0; round < MAX_PRICES + 100; round++) {
      const next = kernel.createPrice(terms);
      kernel.setMark(next, 7);
      expect(kernel.mark(slot)).toBe(100);
      kernel.removePrice(next);
    }
    const pool = kernel.createPool(50n, 0, 0);
    const next = kernel.createPrice(terms);
    kernel.setMark(next, 100);
    kernel.createLeg(pool, next, table, 1, 100n, 0);
    kernel.enableTriggers();
    kernel.wake();
    // Still on the stack of slots to look at, once: a tick of it is seen.
    kernel.tick([next], [40], 1);
    expect(kernel.wake()).toBe(1);
  });

  it("takes an image up only while it is fresh, and then has all of it", () => {
    const { kernel, slot, table } = fresh();
    const pool = kernel.createPool(50n, 3, 7);
    kernel.createLeg(pool, slot, table, 1, 100n, 0);
    expect(() => kernel.loadImage(kernel.image())).toThrow(
      new RangeError("an image goes into a fresh kernel only"),
    );
    const again = new Kernel(wasm === undefined ? {} : { wasm });
    again.loadImage(kernel.image());
    expect(again.poolState(pool)).toEqual(kernel.poolState(pool));
    expect(again.poolFigures(pool)).toEqual(kernel.poolFigures(pool));
    expect(again.createPool(1n, 0, 0)).toBe(kernel.createPool(1n, 0, 0));
  });

  it("creates and removes without a scan between in bounded memory", () => {
    const { kernel, slot, table } = fresh();
    for (let i = 0; i < 100_000; i++) {
      const pool = kernel.createPool(1, 0, 0);
      kernel.createLeg(pool, slot, table, 1, 0, 0);
      kernel.removePool(pool);
    }
    // Of which the fixed part is 3.7 MiB.
    expect(kernel.memoryBytes).toBeLessThan(6 * MIB);
  });

  it("at the memory limit gives a named error, loses nothing, and still scans", () => {
    const { kernel, slot, table } = fresh(16 * MIB);
    const under: number[] = [];
    let error: unknown;
    while (error === undefined && kernel.poolCount < 1_000_000) {
      error = errorOf(() => {
        const pool = kernel.createPool(1, kernel.poolCount, 0);
        const cost = pool % 3 === 0 ? 101 : 99;
        for (let i = 0; i <= pool % 20; i++) {
          kernel.createLeg(pool, slot, table, 1, cost, 0);
          if (i === 0 && cost === 101) under.push(pool);
        }
      });
    }
    expect(error).toBeInstanceOf(RiskError);
    expect(error).toMatchObject({ code: "CAPACITY" });
    expect(kernel.poolCount).toBeGreaterThan(1_000);
    const scan = kernel.scan();
    expect([...scan.copyTo(new Uint32Array(scan.count))].sort((a, b) => a - b)).toEqual(under);
    expect(kernel.memoryBytes).toBeLessThanOrEqual(16 * MIB);
    // What was refused fits again once something is removed.
    const last = kernel.poolCount - 1;
    kernel.removePool(last);
    const again = kernel.createPool(1, 0, 0);
    kernel.createLeg(again, slot, table, 1, 101, 0);
    const others = under.filter((pool) => pool !== last).length;
    expect(kernel.scan().count).toBe(others + 1);
  });

  it("refuses wrong arguments and changes nothing", () => {
    const { kernel, slot, table } = fresh();
    const pool = kernel.createPool(5, 0, 0);
    const leg = kernel.createLeg(pool, slot, table, 1, 0, 0);
    const refused: readonly (readonly [() => unknown, typeof TypeError | typeof RangeError])[] = [
      [() => kernel.createPool(2n ** 63n, 0, 0), RangeError],
      [() => kernel.createPool(-(2n ** 63n) - 1n, 0, 0), RangeError],
      [() => kernel.createPool(2 ** 53, 0, 0), RangeError],
      [() => kernel.createPool(1.5, 0, 0), RangeError],
      [() => kernel.createPool(Number.NaN, 0, 0), RangeError],
      [() => kernel.createPool(0, -1, 0), RangeError],
      [() => kernel.createPool(0, 2 ** 32, 0), RangeError],
      [() => kernel.createPool("7" as unknown as number, 0, 0), TypeError],
      [() => kernel.createLeg(pool, slot, table, 0, 0, 0), RangeError],
      [() => kernel.createLeg(pool, slot, table, 2 ** 53, 0, 0), RangeError],
      [() => kernel.createLeg(pool, slot, table, Number.NaN, 0, 0), RangeError],
      [() => kernel.createLeg(pool, slot, table, 1, 0, -1), RangeError],
      [() => kernel.createLeg(pool, 99, table, 1, 0, 0), RangeError],
      [() => kernel.createLeg(pool, slot, 99, 1, 0, 0), RangeError],
      [() => kernel.createLeg(99, slot, table, 1, 0, 0), RangeError],
      [() => kernel.createLeg(-1, slot, table, 1, 0, 0), RangeError],
      [() => kernel.setLeg(99, table, 1, 0, 0), RangeError],
      [() => kernel.setMark(slot, 0), RangeError],
      [() => kernel.setMark(slot, -1), RangeError],
      [() => kernel.setMark(slot, 0.5), RangeError],
      [() => kernel.setMark(slot, 2 ** 53), RangeError],
      [() => kernel.setMark(slot, Number.POSITIVE_INFINITY), RangeError],
      [() => kernel.setMark(99, 1), RangeError],
      [() => kernel.moveLeg(leg, 99), RangeError],
      [() => kernel.poolFigures(1.5), RangeError],
      [() => kernel.poolFigures(99), RangeError],
      [() => kernel.liquidationPrice(pool, slot, "Up" as "up"), TypeError],
      [() => kernel.bankruptcyPrice(pool, slot, "" as "up"), TypeError],
      [() => kernel.scan("Marks" as "marks"), TypeError],
      [() => kernel.setInclusive(1 as unknown as boolean), TypeError],
      [() => kernel.createPrice({ inverse: false, numerator: 0n, divisor: 1n }), RangeError],
      [() => kernel.createPrice({ inverse: false, numerator: 1n, divisor: 2n ** 63n }), RangeError],
      [() => new Kernel({ memoryLimitBytes: 2 ** 33 }), RangeError],
    ];
    for (const [call, kind] of refused) expect(errorOf(call), String(call)).toBeInstanceOf(kind);
    expect(errorOf(() => kernel.removePrice(slot))).toMatchObject({ code: "BAD_VALUE" });
    expect(errorOf(() => kernel.removeTable(table))).toMatchObject({ code: "BAD_VALUE" });
    expect([kernel.poolCount, kernel.legTotal, kernel.mark(slot)]).toEqual([1, 1, 100]);
    kernel.removeLeg(leg);
    kernel.removePrice(slot);
    kernel.removeTable(table);
    expect(errorOf(() => kernel.mark(slot))).toBeInstanceOf(RangeError);
  });

  it("refuses tables the bounds could not trust", () => {
    const { kernel } = fresh();
    const base = FLAT.brackets[0];
    if (base === undefined) throw new Error("FLAT has a bracket");
    const second = { floor: 10n, rate: 20_000, scaledAmount: 100_000n, initialRate: 0 };
    const bad: readonly BracketTable["brackets"][] = [
      [],
      [{ ...base, floor: 1n }],
      [{ ...base, scaledAmount: 1n }],
      [base, { ...second, floor: 0n }],
      [base, { ...second, rate: 9_999 }],
      [base, { ...second, scaledAmount: 100_001n }],
      Array.from({ length: 17 }, (_, i) => ({ ...base, floor: BigInt(i) })),
    ];
    for (const brackets of bad) {
      expect(errorOf(() => kernel.createTable({ ...FLAT, brackets }))).toBeInstanceOf(Error);
    }
    expect(
      errorOf(() => kernel.createTable({ ...FLAT, rateDenominator: 2 ** 30 + 1 })),
    ).toBeInstanceOf(RangeError);
    expect(
      errorOf(() => kernel.createTable({ ...FLAT, closeFeeRate: 100_000_001 })),
    ).toBeInstanceOf(RangeError);
    kernel.createTable({ ...FLAT, brackets: [base, second] });
  });

  it("replaces a table under open legs", () => {
    const { kernel, slot, table } = fresh();
    const pool = kernel.createPool(15, 0, 0);
    kernel.createLeg(pool, slot, table, 10, 1_000, 1_000);
    expect(kernel.scan().count).toBe(0);
    const brackets = [{ floor: 0n, rate: 20_000, scaledAmount: 0n, initialRate: 0 }];
    kernel.replaceTable(table, { ...FLAT, brackets });
    expect(kernel.poolFigures(pool).maintenanceMargin).toBe(20n);
    expect([...kernel.scan().copyTo(new Uint32Array(1))]).toEqual([pool]);
  });

  it("names a pool whose price was never set, or whose figures do not fit", () => {
    const { kernel, table } = fresh();
    const unset = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    const pool = kernel.createPool(0, 0, 0);
    kernel.createLeg(pool, unset, table, 9_007_199_254_740_991, 0, 1_000);
    expect(errorOf(() => kernel.poolFigures(pool))).toMatchObject({ code: "NO_MARK" });
    expect(errorOf(() => kernel.scan())).toMatchObject({ code: "NO_MARK", path: `pool ${pool}` });
    kernel.setMark(unset, 9_007_199_254_740_991);
    expect(errorOf(() => kernel.poolFigures(pool))).toMatchObject({ code: "VALUE_OUT_OF_RANGE" });
    expect(errorOf(() => kernel.scan())).toMatchObject({ code: "VALUE_OUT_OF_RANGE" });
    kernel.setMark(unset, 1);
    expect(kernel.scan().count).toBe(0);
  });
});
