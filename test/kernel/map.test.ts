// The liquidation map against the definition written down in BigInt: every pool judged at every level from the mark outward (invariants 3
// and 5), its notional put where it first falls. All kinds of tables and terms, hedges, coins, levels a unit and a hundredfold
// from the mark, others held still or following, in both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBook } from "../../bench/book.ts";
import { createUnderkeel } from "../../bench/underkeel.ts";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { KernelMap, MapSums } from "../../src/kernel-maps.ts";
import { type BracketTable, type LegState, MAX_AMOUNT, type PoolState } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { wideLegFigures } from "../../src/reference/leg.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { fullRangeBook, realisticBook } from "../support/arbitraries.ts";
import { BUILDS } from "../support/builds.ts";
import { type LoadedPool, loadBook, unloadBook } from "../support/load-pool.ts";
import { runs } from "../support/runs.ts";

const PICO = 10n ** 12n;
const MOST_SHARE = 2n ** 62n;

interface Sums {
  scopes: number;
  notional: bigint;
  otherNotional: bigint;
}

interface MapLevel {
  readonly price: number;
  readonly sharePico: bigint;
}

interface Case {
  readonly pools: readonly PoolState[];
  readonly inclusive: boolean;
  readonly slot: number;
  /** null: the others hold still. */
  readonly betaPpm: bigint | null;
  readonly below: readonly MapLevel[];
  readonly above: readonly MapLevel[];
}

class Misfit extends Error {}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

/** A leg's price at a level, by the definition. BigInt division rounds toward zero: toward the mark. */
function priceOf(leg: LegState, drawn: Case, level: MapLevel | null): bigint {
  const mark = markOf(leg);
  if (level === null) return mark;
  if (leg.priceSlot === drawn.slot) return BigInt(level.price);
  if (drawn.betaPpm === null) return mark;
  return clamp(mark + (mark * level.sharePico) / PICO, 1n, maxPriceOf(leg.terms));
}

function notionalOf(leg: LegState, price: bigint): bigint {
  const { notional } = wideLegFigures(leg, price);
  if (notional > MAX_AMOUNT) throw new Misfit();
  return notional;
}

function falls(pool: PoolState, drawn: Case, level: MapLevel | null): boolean {
  for (const leg of pool.legs) notionalOf(leg, priceOf(leg, drawn, level));
  const at = (leg: LegState): bigint => priceOf(leg, drawn, level);
  return widePoolFigures(pool, drawn.inclusive, at).liquidatable;
}

function emptySums(levels: readonly MapLevel[]): Sums[] {
  return levels.map(() => ({ scopes: 0, notional: 0n, otherNotional: 0n }));
}

function gather(sums: Sums, pool: PoolState, drawn: Case, level: MapLevel | null, up: boolean) {
  sums.scopes++;
  for (const leg of pool.legs) {
    if (leg.table.haircut) continue;
    const notional = notionalOf(leg, priceOf(leg, drawn, level));
    if (leg.priceSlot === drawn.slot && leg.quantity > 0 !== up) sums.notional += notional;
    else sums.otherNotional += notional;
  }
}

/** The map by its definition, or the refusal it owes. */
function definedMap(drawn: Case) {
  const marks: Sums & { shortNotional: bigint } = {
    scopes: 0,
    notional: 0n,
    otherNotional: 0n,
    shortNotional: 0n,
  };
  const below = emptySums(drawn.below);
  const above = emptySums(drawn.above);
  const moves = ({ priceSlot }: LegState): boolean =>
    priceSlot === drawn.slot || (drawn.betaPpm ?? 0n) !== 0n;
  try {
    for (const pool of drawn.pools) {
      if (!pool.legs.some(moves) || pool.legs.every(({ table }) => table.haircut)) continue;
      if (falls(pool, drawn, null)) {
        gather(marks, pool, drawn, null, false);
        for (const leg of pool.legs) {
          if (leg.table.haircut || leg.priceSlot !== drawn.slot || leg.quantity > 0) continue;
          const notional = notionalOf(leg, markOf(leg));
          marks.otherNotional -= notional;
          marks.shortNotional += notional;
        }
        continue;
      }
      const sides = [
        [drawn.below, below, false],
        [drawn.above, above, true],
      ] as const;
      for (const [levels, sums, up] of sides) {
        const first = levels.findIndex((level) => falls(pool, drawn, level));
        if (first >= 0) gather(sums[first] as Sums, pool, drawn, levels[first] ?? null, up);
      }
    }
  } catch (error) {
    if (error instanceof Misfit) return "VALUE_OUT_OF_RANGE";
    throw error;
  }
  return { atMark: marks, below, above };
}

function kernelMap(kernel: Kernel, drawn: Case, loaded: readonly LoadedPool[]) {
  const slots = loaded[0]?.slots ?? new Map<number, number>();
  const followers = { slots: [...slots.values()], betaPpm: drawn.betaPpm ?? 0n };
  const [below, above] = [drawn.below, drawn.above].map((levels) =>
    levels.map(({ price }) => price),
  );
  try {
    const map = kernel.priceMap(slots.get(drawn.slot) ?? -1, below ?? [], above ?? [], followers);
    return { atMark: map.atMark, below: map.below, above: map.above };
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
}

/** Distances of levels from the mark, in 1e-9 of it. */
const distance: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 1_000n }),
  fc.bigInt({ min: 0n, max: 400_000_000n }),
  fc.bigInt({ min: 0n, max: 5_000_000_000n }),
);
/** Levels also stand these many units from the mark. */
const units = fc.uniqueArray(fc.bigInt({ min: 1n, max: 12n }), { maxLength: 6 });

interface Shape {
  readonly inclusive: boolean;
  readonly pick: number;
  readonly distances: readonly bigint[];
  readonly units: readonly bigint[];
  readonly betaPpm: bigint | null;
  /** Levels also stand beside the prices at which pools fall. */
  readonly beside: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  inclusive: fc.boolean(),
  pick: fc.nat({ max: 3 }),
  distances: fc.array(distance, { minLength: 1, maxLength: 12 }),
  units,
  betaPpm: fc.option(
    fc.oneof(fc.constant(1_000_000n), fc.bigInt({ min: -3_000_000n, max: 3_000_000n })),
  ),
  beside: fc.boolean(),
});

/** The leg whose market is mapped. */
function pickedLeg(pools: readonly PoolState[], { pick }: Shape): LegState | undefined {
  const legs = pools.flatMap((pool) => pool.legs);
  return legs[pick % Math.max(1, legs.length)];
}

/** Distances around a price at which a pool falls: a unit, within what the screen's bounds leave open (a millionth), and beyond. */
const BESIDE = [0n, 1n, 100n, 1_000n, 3_000n, 30_000n];

/** Prices at and beside those at which the pools fall in the market, all others still. */
function fallingPrices(kernel: Kernel, loaded: readonly LoadedPool[], slot: number): bigint[] {
  const prices: bigint[] = [];
  for (const { pool } of loaded.slice(0, 2)) {
    for (const direction of ["down", "up"] as const) {
      let found: number | null = null;
      try {
        found = kernel.liquidationPrice(pool, slot, direction);
      } catch (error) {
        if (!(error instanceof RiskError)) throw error;
      }
      if (found === null) continue;
      const price = BigInt(found);
      for (const share of BESIDE) {
        const move = (price * share) / 1_000_000_000n + (share === 0n ? 0n : 1n);
        prices.push(price - move, price + move);
      }
    }
  }
  return prices;
}

function caseOf(
  pools: readonly PoolState[],
  leg: LegState,
  drawn: Shape,
  more: readonly bigint[],
): Case | null {
  const mark = markOf(leg);
  const away = [...drawn.distances.map((share) => (mark * share) / 1_000_000_000n), ...drawn.units];
  const beta = drawn.betaPpm ?? 0n;
  const levelsOf = (sign: bigint): MapLevel[] => {
    const beyond = more.filter((price) => sign * (price - mark) > 0n);
    const prices = [...away.map((move) => mark + sign * move), ...beyond];
    const legal = prices.filter((price) => price >= 1n && price <= maxPriceOf(leg.terms));
    const unique = [...new Set(legal.filter((price) => price !== mark))];
    unique.sort((a, b) => Number(sign * (a - b)));
    const levels = unique.map((price) => ({
      price: Number(price),
      sharePico: (beta * 1_000_000n * (price - mark)) / mark,
    }));
    return levels.filter(({ sharePico }) => sharePico <= MOST_SHARE && sharePico >= -MOST_SHARE);
  };
  const below = levelsOf(-1n);
  const above = levelsOf(1n);
  if (below.length + above.length === 0) return null;
  const { inclusive, betaPpm } = drawn;
  return { pools, inclusive, slot: leg.priceSlot, betaPpm, below, above };
}

function fits(leg: LegState): boolean {
  return wideLegFigures(leg, markOf(leg)).notional <= MAX_AMOUNT;
}

function oneRate(haircut: boolean): BracketTable {
  const brackets = [{ floor: 0n, rate: 4_000, scaledAmount: 0n, initialRate: 8_000 }];
  const rates = { rateDenominator: 1_000_000, closeFeeRate: 0, brackets };
  return { style: "marginal", haircut, ...rates };
}

/** A coin in inverse terms on the map's slot beside a linear follower: concave neither in p nor in 1/p, it falls at a level between. */
const MIXED: PoolState = {
  collateral: -1_007_915_367_610n,
  legs: [
    {
      terms: { inverse: true, numerator: 10n ** 16n, divisor: 1n },
      price: 10_000,
      priceSlot: 0,
      table: oneRate(true),
      quantity: -1,
      cost: 0n,
      leverageMilli: 0,
    },
    {
      terms: { inverse: false, numerator: 1n, divisor: 1n },
      price: 10_000,
      priceSlot: 2,
      table: oneRate(false),
      quantity: 12_938_856,
      cost: 90_571_992_000n,
      leverageMilli: 0,
    },
  ],
};
const MIXED_SHAPE: Shape = {
  inclusive: false,
  pick: 0,
  distances: [4_855_300_000n, 33_000_000n, 0n],
  units: [],
  betaPpm: 1_277_903n,
  beside: false,
};

const SIZES = [
  { size: "realistic", book: realisticBook({ minLength: 1, maxLength: 24 }), most: 150 },
  { size: "full-range", book: fullRangeBook({ minLength: 1, maxLength: 12 }), most: 150 },
];

describe.each(BUILDS)("liquidation map ($name build)", ({ wasm }) => {
  const kernel = new Kernel(wasm === undefined ? {} : { wasm });

  test.each(SIZES)(
    "$size books: every pool at its first level (invariants 3 and 5)",
    ({ book, most }) => {
      let placed = 0;
      const property = fc.property(book, shape, fc.boolean(), (all, drawn, whole) => {
        const pools = whole ? all : all.filter((pool) => pool.legs.every(fits));
        const leg = pickedLeg(pools, drawn);
        if (leg === undefined) return;
        const loaded = loadBook(kernel, pools);
        try {
          kernel.setInclusive(drawn.inclusive);
          const slot = loaded[0]?.slots.get(leg.priceSlot) ?? -1;
          const beside = drawn.beside ? fallingPrices(kernel, loaded, slot) : [];
          const asked = caseOf(pools, leg, drawn, beside);
          if (asked === null) return;
          const expected = definedMap(asked);
          expect(kernelMap(kernel, asked, loaded)).toEqual(expected);
          if (typeof expected === "string") return;
          for (const { scopes } of [...expected.below, ...expected.above]) placed += scopes;
        } finally {
          unloadBook(kernel, loaded);
        }
      });
      fc.assert(property, { ...runs(most), examples: [[[MIXED], MIXED_SHAPE, false]] });
      expect(placed).toBeGreaterThan(most / 4);
    },
  );
});

function totalScopes(sums: readonly MapSums[]): number {
  return sums.reduce((total, { scopes }) => total + scopes, 0);
}

test("work: the screen places nine in ten, a few points in doubles for the rest, integers next to never", () => {
  const book = createBook(20_000, "calm", "map work");
  const { kernel } = createUnderkeel(book);
  const mark = book.marks[0] as number;
  const levelsOf = (sign: number): number[] =>
    Array.from({ length: 100 }, (_, index) => Math.round(mark * (1 + sign * 0.003 * (index + 1))));
  const map: KernelMap = kernel.priceMap(0, levelsOf(-1), levelsOf(1));
  const found = totalScopes(map.below) + totalScopes(map.above);
  expect(found).toBeGreaterThan(500);
  expect(map.poolsFollowed).toBeLessThan(found / 10);
  expect(map.pointsEvaluated).toBeLessThan(12 * map.poolsFollowed);
  expect(map.exactEvaluations).toBeLessThan(found / 100);
});

test("levels out of order, at the mark or out of range are refused, and nothing is read as a map", () => {
  const kernel = new Kernel();
  const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
  kernel.setMark(slot, 100);
  expect(() => kernel.priceMap(slot, [], [])).toThrow("levels");
  expect(() => kernel.priceMap(slot, [100], [])).toThrow(RangeError);
  expect(() => kernel.priceMap(slot, [90, 95], [])).toThrow(RangeError);
  expect(() => kernel.priceMap(slot, [0], [])).toThrow(RangeError);
  expect(() => kernel.priceMap(slot, [], [2 ** 53])).toThrow(RangeError);
  const follow = (slots: number[], betaPpm: bigint) => ({ slots, betaPpm });
  expect(() => kernel.priceMap(slot, [90], [], follow([slot + 1], 1n))).toThrow(RangeError);
  expect(() => kernel.priceMap(slot, [90], [], follow([slot], 10n ** 9n + 1n))).toThrow("betaPpm");
  expect(() => kernel.priceMap(slot, [], [2 ** 50], follow([slot], 10n ** 9n))).toThrow(
    "move of the followers",
  );
  const many = Array.from({ length: 1_001 }, (_, index) => 101 + index);
  expect(() => kernel.priceMap(slot, [], many)).toThrow("levels");
  expect(kernel.priceMap(slot, [1], [2 ** 53 - 1]).atMark.scopes).toBe(0);
  const unmarked = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
  expect(() => kernel.priceMap(unmarked, [], [1])).toThrow("never set");
});
