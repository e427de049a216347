// Raw material of the pool arbitraries: integers spread over magnitudes, integers beside a boundary, and
// tables. Kept apart from the shapes of pools in arbitraries.ts.

import fc from "fast-check";
import { type BracketTable, MAX_BRACKETS, MAX_RATE_DENOMINATOR } from "../../src/model.ts";
import { tableOf } from "./make.ts";

export const MAX_I64: bigint = 2n ** 63n - 1n;
export const MIN_I64: bigint = -(2n ** 63n);

export function clampBigInt(value: bigint, low: bigint, high: bigint): bigint {
  if (value < low) return low;
  return value > high ? high : value;
}

/** Integers in [low, high], every bit length about as likely; low >= 0. */
export function spread(low: bigint, high: bigint): fc.Arbitrary<bigint> {
  const bits = high.toString(2).length;
  return fc
    .tuple(fc.integer({ min: 0, max: bits }), fc.bigInt({ min: 0n, max: high }))
    .map(([shift, value]) => clampBigInt(value >> BigInt(shift), low, high));
}

/** As {@link spread}, with both ends and their neighbours drawn often. */
export function spreadWithEnds(low: bigint, high: bigint): fc.Arbitrary<bigint> {
  const inside = (value: bigint) => clampBigInt(value, low, high);
  return fc.oneof(
    { weight: 3, arbitrary: spread(low, high) },
    { weight: 1, arbitrary: fc.constantFrom(low, inside(low + 1n), inside(high - 1n), high) },
  );
}

/** Any signed 64-bit amount, small and huge ones alike. */
export const anyAmount: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, MAX_I64, MIN_I64),
  spread(0n, MAX_I64),
  spread(0n, MAX_I64).map((value) => -value),
);

/** 0 (use the bracket's rate), 1, the greatest, or a usual leverage. */
export const anyLeverage: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 32 - 1, 1_000, 20_000),
  fc.integer({ min: 1, max: 200_000 }),
);

export const anyFeeRate: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 0, 50_000, 1, 100_000_000),
  fc.integer({ min: 0, max: 100_000_000 }),
);

const anyRateDenominator: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(1, 2, 80, 1_000_000, 1_000_000, 2 ** 20, MAX_RATE_DENOMINATOR),
  fc.integer({ min: 1, max: MAX_RATE_DENOMINATOR }),
);

/** A strictly rising list of floors from 0, at most 16. */
export function floorsOf(candidates: readonly bigint[]): bigint[] {
  const inside = candidates.filter((floor) => floor > 0n && floor <= MAX_I64);
  const distinct = [...new Set(inside)].sort((a, b) => (a < b ? -1 : 1));
  return [0n, ...distinct].slice(0, MAX_BRACKETS);
}

/** How far up the unit interval a table's rates may go, in parts of 2^16; the raw form of rates. */
/** What equity does not count of a profit, in 1e-8: mostly nothing, venues' 5 and 10 %, odd shares, and all but the least. */
export const anyProfitHaircut: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(1, 5_000_000, 10_000_000, 50_000_000, 99_999_999) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 99_999_999 }) },
);

export interface RawTable {
  readonly whole: boolean;
  readonly haircut: boolean;
  readonly rateDenominator: number;
  readonly closeFeeRate: number;
  readonly profitHaircutRate: number;
  /** 16 numbers in [0, 2^16], sorted by use. */
  readonly heights: readonly number[];
  readonly initialHeight: number;
}

export const HEIGHT_UNIT: number = 2 ** 16;

export const rawTable: fc.Arbitrary<RawTable> = fc.record({
  whole: fc.boolean(),
  haircut: fc.integer({ min: 0, max: 4 }).map((pick) => pick === 0),
  rateDenominator: anyRateDenominator,
  closeFeeRate: anyFeeRate,
  profitHaircutRate: anyProfitHaircut,
  heights: fc
    .tuple(
      fc.constantFrom(HEIGHT_UNIT, HEIGHT_UNIT, 2 ** 13, 2 ** 10),
      fc.array(fc.integer({ min: 0, max: HEIGHT_UNIT }), {
        minLength: MAX_BRACKETS,
        maxLength: MAX_BRACKETS,
      }),
    )
    .map(([most, heights]) => heights.map((height) => Math.floor((height * most) / HEIGHT_UNIT))),
  initialHeight: fc.integer({ min: 0, max: HEIGHT_UNIT }),
});

/** A legal table over the given floors: rates sorted, amounts by continuity. */
export function tableFrom(raw: RawTable, floors: readonly bigint[]): BracketTable {
  const heights = [...raw.heights].slice(0, floors.length).sort((a, b) => a - b);
  const rateAt = (height: number) => Math.floor((height * raw.rateDenominator) / HEIGHT_UNIT);
  return tableOf({
    style: raw.whole ? "whole" : "marginal",
    haircut: raw.haircut,
    rateDenominator: raw.rateDenominator,
    closeFeeRate: raw.closeFeeRate,
    profitHaircutRate: raw.profitHaircutRate,
    rows: floors.map((floor, index) => ({
      floor,
      rate: rateAt(heights[index] ?? HEIGHT_UNIT),
      initialRate: rateAt(raw.initialHeight),
    })),
  });
}
