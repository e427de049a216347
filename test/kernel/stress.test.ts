// Stress passes against the BigInt reference: in every row exactly the liquidatable pools are counted (invariants 2 and 3), and every sum is the
// plain sum over them, at prices from a thousandth to a hundred times the marks, in both builds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import { type LegState, MAX_AMOUNT, type PoolState } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { wideLegFigures } from "../../src/reference/leg.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { fullRangeBook, realisticBook } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { legOf, poolOf, tableOf, termsOfDecimals } from "../support/make.ts";
import { runs } from "../support/runs.ts";

const ROWS = 8;
const OWNERS = 5;

interface Loaded {
  readonly slots: ReadonlyMap<number, number>;
  readonly unload: () => void;
}

/** Pool i belongs to owner i mod 5 and has i as its tag: odd and even alternate within an owner. */
function load(kernel: Kernel, states: readonly PoolState[]): Loaded {
  const slots = new Map<number, number>();
  const tables = new Map<unknown, number>();
  const pools: number[] = [];
  states.forEach(({ collateral, legs }, index) => {
    const pool = kernel.createPool(collateral, index % OWNERS, index);
    kernel.setNextOfOwner(pool, pools[index - OWNERS] ?? -1);
    pools.push(pool);
    // Reversed: the kernel's first leg is the newest.
    for (const leg of [...legs].reverse()) {
      const slot = slots.get(leg.priceSlot) ?? kernel.createPrice(leg.terms);
      slots.set(leg.priceSlot, slot);
      kernel.setMark(slot, leg.price);
      const table = tables.get(leg.table) ?? kernel.createTable(leg.table);
      tables.set(leg.table, table);
      kernel.createLeg(pool, slot, table, leg.quantity, leg.cost, leg.leverageMilli);
    }
  });
  const unload = (): void => {
    for (const pool of pools) kernel.removePool(pool);
    for (const slot of slots.values()) kernel.removePrice(slot);
    for (const table of tables.values()) kernel.removeTable(table);
  };
  return { slots, unload };
}

/** A price as a multiple of the mark, in units of 1e-9; the screen's band ends at 1/2 and 2. */
const move: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(1_000_000n, 200_000_000n, 499_999_999n, 500_000_000n, 2_000_000_000n),
  fc.constantFrom(2_000_000_001n, 1_000_000_000n, 100_000_000_000n, 800_000_000n),
  fc.bigInt({ min: 999_999_000n, max: 1_000_001_000n }),
  fc.bigInt({ min: 450_000_000n, max: 2_100_000_000n }),
);
const nearMove: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(500_000_000n, 2_000_000_000n, 1_000_000_000n, 800_000_000n),
  fc.bigInt({ min: 999_999_000n, max: 1_000_001_000n }),
  fc.bigInt({ min: 500_000_000n, max: 2_000_000_000n }),
);
function rowsOf(moves: fc.Arbitrary<bigint>): fc.Arbitrary<bigint[][]> {
  const row = fc.array(moves, { minLength: 4, maxLength: 4 });
  return fc.array(row, { minLength: 1, maxLength: ROWS });
}
/** Much beyond the screen's band has every pool judged; nothing and little beyond it go over the lanes. */
const manyMoves = fc.oneof(
  rowsOf(move),
  rowsOf(nearMove),
  rowsOf(fc.oneof({ weight: 40, arbitrary: nearMove }, { weight: 1, arbitrary: move })),
);

function movedPrice(leg: LegState, moves: readonly bigint[]): bigint {
  const factor = moves[leg.priceSlot % moves.length] ?? 1_000_000_000n;
  const price = (markOf(leg) * factor) / 1_000_000_000n;
  const highest = maxPriceOf(leg.terms);
  return price < 1n ? 1n : price > highest ? highest : price;
}

function fits(leg: LegState, price: bigint): boolean {
  return wideLegFigures(leg, price).notional <= MAX_AMOUNT;
}

/** By "row slot half": positions, quantity, pools, shortfall; and owners by row. */
type Sums = Map<string, [number, bigint, number, bigint]>;

function plainRow(
  sums: Sums,
  row: number,
  pools: readonly PoolState[],
  inclusive: boolean,
  priceOf: (leg: LegState) => bigint,
): number {
  const owners = new Set<number>();
  pools.forEach((pool, index) => {
    const { liquidatable, equity } = widePoolFigures(pool, inclusive, priceOf);
    if (!liquidatable) return;
    owners.add(index % OWNERS);
    pool.legs.forEach((leg, at) => {
      const key = `${row} ${leg.priceSlot} ${index % 2}`;
      const sum = sums.get(key) ?? [0, 0n, 0, 0n];
      sum[0] += 1;
      sum[1] += BigInt(Math.abs(leg.quantity));
      if (at === 0) {
        sum[2] += 1;
        sum[3] += equity < 0n ? -equity : 0n;
      }
      sums.set(key, sum);
    });
  });
  return owners.size;
}

function kernelSums(kernel: Kernel, slots: ReadonlyMap<number, number>, rows: number): Sums {
  const sums: Sums = new Map();
  for (const [priceSlot, slot] of slots) {
    for (const half of [0, 1] as const) {
      for (let row = 0; row < rows; row++) {
        const sum = kernel.stressSums(row, slot, half);
        if (sum === undefined) continue;
        const { positions, quantity, pools, shortfall } = sum;
        sums.set(`${row} ${priceSlot} ${half}`, [positions, quantity, pools, shortfall]);
      }
    }
  }
  return sums;
}

const SIZES = [
  { size: "realistic", book: realisticBook({ minLength: 1, maxLength: 40 }), most: 120 },
  { size: "full-range", book: fullRangeBook({ minLength: 1, maxLength: 24 }), most: 120 },
];

describe.each(BUILDS)("stress passes ($name build)", ({ wasm }) => {
  const options = wasm === undefined ? {} : { wasm };

  test.each(SIZES)(
    "$size books: every sum is the plain sum over the liquidatable pools (invariants 2 and 3)",
    ({ book, most }) => {
      const kernel = new Kernel(options);
      let hit = 0;
      const property = fc.property(book, manyMoves, fc.boolean(), (drawn, moves, inclusive) => {
        const pools = drawn.filter((pool) =>
          pool.legs.every(
            (leg) =>
              fits(leg, markOf(leg)) && moves.every((row) => fits(leg, movedPrice(leg, row))),
          ),
        );
        const { slots, unload } = load(kernel, pools);
        try {
          kernel.setInclusive(inclusive);
          kernel.openStress();
          const expected: Sums = new Map();
          const owners = moves.map((row, index) => {
            for (const leg of pools.flatMap(({ legs }) => legs)) {
              const slot = slots.get(leg.priceSlot) ?? -1;
              kernel.setStressed(index, slot, Number(movedPrice(leg, row)));
            }
            return plainRow(expected, index, pools, inclusive, (leg) => movedPrice(leg, row));
          });
          hit += expected.size;
          expect(kernel.stress(moves.length).owners).toEqual(owners);
          expect(kernelSums(kernel, slots, moves.length)).toEqual(expected);
        } finally {
          kernel.closeStress();
          unload();
        }
      });
      fc.assert(property, runs(most));
      expect(hit).toBeGreaterThan(most);
    },
  );

  test("work: prices beyond the band have all pools judged, once a quarter of the legs follows them", () => {
    const kernel = new Kernel(options);
    const terms = termsOfDecimals(false, 0, 0, 0);
    const table = tableOf({ rows: [{ floor: 0n, rate: 10_000 }] });
    const states = Array.from({ length: 40 }, (_, index) => {
      const priceSlot = index < 10 ? 1 : 0;
      return poolOf(
        1_000n,
        legOf({ terms, table, price: 100, quantity: 1, cost: 100n, priceSlot }),
      );
    });
    const { slots } = load(kernel, states);
    const [few, many] = [slots.get(1) ?? -1, slots.get(0) ?? -1];
    kernel.openStress();
    expect(kernel.stress(2).doubted).toBe(0);
    kernel.setStressed(1, few, 1_000);
    expect(kernel.stress(2).doubted).toBe(10);
    kernel.setStressed(1, few, 100);
    kernel.setStressed(1, many, 1_000);
    expect(kernel.stress(2).doubted).toBe(80);
    // Row 1 is not asked about.
    expect(kernel.stress(1).doubted).toBe(0);
  });

  test("a leg out of range at a row's price stops the pass and names pool and row", () => {
    const kernel = new Kernel(options);
    const terms = termsOfDecimals(false, 0, 0, 0);
    const table = tableOf({ rows: [{ floor: 0n, rate: 10_000 }] });
    const quantity = 2 ** 40;
    const { slots } = load(kernel, [
      poolOf(1n, legOf({ terms, table, price: 100, quantity: 1, cost: 100n })),
      poolOf(1n, legOf({ terms, table, price: 100, quantity })),
    ]);
    const slot = slots.get(0) ?? -1;
    kernel.openStress();
    kernel.setStressed(1, slot, 2 ** 23 - 1);
    expect(() => kernel.stress(2)).not.toThrow();
    kernel.setStressed(1, slot, 2 ** 23);
    expect(() => kernel.stress(2)).toThrow(RiskError);
    expect(kernel.faultRow).toBe(1);
    expect(kernel.faultPool).toBe(1);
    expect(kernel.stress(1).owners).toEqual([0]);
  });

  test("quantities and shortfalls beyond 64 bits are summed exactly", () => {
    const kernel = new Kernel(options);
    const terms = termsOfDecimals(false, 0, 0, 0);
    const table = tableOf({ rows: [{ floor: 0n, rate: 1 }] });
    const quantity = Number.MAX_SAFE_INTEGER;
    const cost = MAX_AMOUNT;
    // 3,000 of 2^53 a half: beyond 2^64 as well.
    const count = 6000;
    const legs = [legOf({ terms, table, price: 1, quantity, cost })];
    const { slots } = load(
      kernel,
      Array.from({ length: count }, () => poolOf(-MAX_AMOUNT, ...legs)),
    );
    kernel.openStress();
    const slot = slots.get(0) ?? -1;
    kernel.setStressed(7, slot, 1000);
    expect(kernel.stress(8).owners).toEqual(Array(8).fill(OWNERS));
    for (const row of [0, 7]) {
      const each = 2n * MAX_AMOUNT - BigInt(quantity) * (row === 7 ? 1000n : 1n);
      const half = {
        positions: count / 2,
        pools: count / 2,
        quantity: BigInt(quantity) * BigInt(count / 2),
        shortfall: each * BigInt(count / 2),
      };
      expect(kernel.stressSums(row, slot, 0)).toEqual(half);
      expect(kernel.stressSums(row, slot, 1)).toEqual(half);
    }
  });

  test("shortfalls that doubles hold are moved over to 128 bits in time", () => {
    const kernel = new Kernel(options);
    const terms = termsOfDecimals(false, 0, 0, 0);
    const table = tableOf({ rows: [{ floor: 0n, rate: 1 }] });
    const count = 20_000;
    const owed = 2_000_000_000_000_000n;
    const states = Array.from({ length: count }, () =>
      poolOf(-owed, legOf({ terms, table, price: 1, quantity: 1 })),
    );
    const { slots } = load(kernel, states);
    kernel.openStress();
    const pass = kernel.stress(8);
    expect(pass.equitiesValued).toBe(0);
    for (const half of [0, 1] as const) {
      const sums = kernel.stressSums(3, slots.get(0) ?? -1, half);
      expect(sums?.shortfall).toBe((owed - 1n) * BigInt(count / 2));
    }
  });

  test("memory comes back, and a full kernel refuses by name and still scans", () => {
    const kernel = new Kernel({ ...options, memoryLimitBytes: 13 * 2 ** 20 });
    const terms = termsOfDecimals(false, 0, 0, 0);
    const slot = kernel.createPrice(terms);
    kernel.setMark(slot, 100);
    const table = kernel.createTable(tableOf({ rows: [{ floor: 0n, rate: 10_000 }] }));
    const pool = kernel.createPool(0n, 0, 0);
    kernel.createLeg(pool, slot, table, 1, 100n, 0);
    let refused: unknown;
    try {
      kernel.openStress();
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: "CAPACITY" });
    expect(kernel.scan().count).toBe(1);
    const roomy = new Kernel({ ...options, memoryLimitBytes: 24 * 2 ** 20 });
    for (let time = 0; time < 50; time++) {
      roomy.openStress();
      roomy.closeStress();
    }
    expect(() => roomy.stress(1)).toThrow(RangeError);
    expect(() => roomy.stressSums(0, 0, 0)).toThrow(RangeError);
    expect(() => roomy.setStressed(0, slot, 1)).toThrow(RangeError);
    expect(() => roomy.stress(9)).toThrow(RangeError);
  });
});
