// fast-check arbitraries of legal pools, in three sizes: *realistic* (8-decimal prices, real-shaped brackets,
// collateral chosen to stand near liquidation), *full range* (ends of every range, bracket floors on and
// beside the notional, figures near and past 2^63) and *tiny* (so few prices that all can be tried). Most pools
// get collateral that leaves a clearance near 0: an error of one unit then shows in the verdict.

import fc from "fast-check";
import type { BracketTable, LegState, PoolState, PriceTerms } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { exactNotional } from "../../src/reference/leg.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { reducedTerms, tableOf, termsOfDecimals } from "./make.ts";
import {
  anyAmount,
  anyLeverage,
  anyProfitHaircut,
  clampBigInt,
  floorsOf,
  MAX_I64,
  MIN_I64,
  type RawTable,
  rawTable,
  spread,
  spreadWithEnds,
  tableFrom,
} from "./random.ts";

const MAX_UNITS = BigInt(Number.MAX_SAFE_INTEGER);

/** A price slot before it has legs. */
interface Slot {
  readonly priceSlot: number;
  readonly terms: PriceTerms;
  readonly price: number;
}

/** How far from zero clearance a pool's collateral is put. */
type Nearness =
  | { readonly kind: "exactly"; readonly units: bigint }
  | { readonly kind: "share"; readonly ppmOfNotional: bigint }
  | { readonly kind: "anywhere"; readonly collateral: bigint };

const nearness: fc.Arbitrary<Nearness> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .bigInt({ min: -3n, max: 3n })
      .map((units): Nearness => ({ kind: "exactly", units })),
  },
  {
    weight: 6,
    arbitrary: fc
      .bigInt({ min: -20_000n, max: 400_000n })
      .map((ppmOfNotional): Nearness => ({ kind: "share", ppmOfNotional })),
  },
  {
    weight: 2,
    arbitrary: anyAmount.map((collateral): Nearness => ({ kind: "anywhere", collateral })),
  },
);

function notionalOf(leg: LegState, price = markOf(leg)): bigint {
  const { numerator, denominator } = exactNotional(leg, price);
  return numerator / denominator;
}

/** The pool with collateral that puts its clearance where asked, as far as 64 bits allow. */
function collateralised(legs: readonly LegState[], near: Nearness): PoolState {
  if (near.kind === "anywhere") return { collateral: near.collateral, legs };
  const bare = widePoolFigures({ collateral: 0n, legs }, false, markOf).clearance;
  const total = legs.reduce((sum, leg) => sum + notionalOf(leg), 0n);
  const extra = near.kind === "exactly" ? near.units : (total * near.ppmOfNotional) / 1_000_000n;
  return { collateral: clampBigInt(extra - bare, MIN_I64, MAX_I64), legs };
}

function numbered(slots: readonly Omit<Slot, "priceSlot">[]): Slot[] {
  return slots.map((slot, priceSlot) => ({ ...slot, priceSlot }));
}

/** Every so often the last leg becomes the first one's exact hedge: same price, opposite quantity, own table. */
const mirror: fc.Arbitrary<boolean> = fc.integer({ min: 0, max: 5 }).map((pick) => pick === 0);

function withMirror(legs: readonly LegState[], mirrored: boolean): readonly LegState[] {
  const [first] = legs;
  const last = legs.at(-1);
  if (!mirrored || first === undefined || last === undefined || first === last) return legs;
  const { priceSlot, terms, price } = first;
  return [...legs.slice(0, -1), { ...last, priceSlot, terms, price, quantity: -first.quantity }];
}

/** How many pools a book has. */
export interface BookSize {
  readonly minLength: number;
  readonly maxLength: number;
}

const ONE_POOL: BookSize = { minLength: 1, maxLength: 1 };

function onlyPool(pools: readonly PoolState[]): PoolState {
  return pools[0] ?? { collateral: 0n, legs: [] };
}

/** Pools over common price slots: legs drawn raw, then placed in a slot. */
function bookOf<RawLeg>(
  size: BookSize,
  slot: fc.Arbitrary<Omit<Slot, "priceSlot">>,
  rawLeg: fc.Arbitrary<RawLeg>,
  fewestLegs: number,
  place: (raw: RawLeg, slots: readonly Slot[]) => LegState,
): fc.Arbitrary<readonly PoolState[]> {
  const legs = fc.array(rawLeg, { minLength: fewestLegs, maxLength: 5 });
  const pool = fc.record({ legs, near: nearness, mirror });
  return fc
    .record({
      slots: fc.array(slot, { minLength: 1, maxLength: 4 }),
      pools: fc.array(pool, { ...size, size: "max" }),
    })
    .map(({ slots, pools }) => {
      const placed = numbered(slots);
      return pools.map(({ legs, near, mirror }) => {
        const built = legs.map((raw) => place(raw, placed));
        return collateralised(withMirror(built, mirror), near);
      });
    });
}

// ---- realistic -------------------------------------------------------------------------------------------

const REAL_FLOORS: readonly bigint[] = [
  50_000n,
  250_000n,
  1_000_000n,
  7_500_000n,
  40_000_000n,
  100_000_000n,
  200_000_000n,
  400_000_000n,
  600_000_000n,
];
const REAL_RATES: readonly number[] = [
  4_000, 5_000, 10_000, 25_000, 50_000, 100_000, 125_000, 150_000, 250_000, 500_000,
];

/** Binance-shaped brackets in 8-decimal settle units; linear ones scaled down for coin-margined markets. */
const realisticTable: fc.Arbitrary<BracketTable> = fc
  .record({
    count: fc.integer({ min: 1, max: 10 }),
    start: fc.integer({ min: 0, max: 4 }),
    scale: fc.constantFrom(100n, 10_000n, 1_000_000n, 100_000_000n),
    style: fc.constantFrom("marginal" as const, "marginal" as const, "whole" as const),
    closeFeeRate: fc.constantFrom(0, 0, 50_000, 60_000),
    haircut: fc.integer({ min: 0, max: 7 }).map((pick) => pick === 0),
    profitHaircutRate: anyProfitHaircut,
  })
  .map(({ count, start, scale, ...shape }) => {
    const rates = REAL_RATES.slice(start, start + count);
    const rows = rates.map((rate, index) => ({
      floor: index === 0 ? 0n : (REAL_FLOORS[index - 1] ?? 0n) * scale,
      rate,
      initialRate: Math.min(1_000_000, rate * 2),
    }));
    return tableOf({ rows, ...shape });
  });

const realisticSlot: fc.Arbitrary<Omit<Slot, "priceSlot">> = fc
  .record({
    inverse: fc.integer({ min: 0, max: 3 }).map((pick) => pick === 0),
    quantityDecimals: fc.integer({ min: 0, max: 4 }),
    contractSize: fc.constantFrom(1n, 1n, 10n, 100n),
    price: spread(10_000n, 20_000_000_000_000n),
  })
  .map(({ inverse, quantityDecimals, contractSize, price }) => ({
    terms: inverse
      ? termsOfDecimals(true, 0, 8, 8, contractSize)
      : termsOfDecimals(false, quantityDecimals, 8, 8, contractSize),
    price: Number(price),
  }));

interface RawLeg {
  readonly slot: number;
  readonly long: boolean;
  /** Target notional in 8-decimal settle units. */
  readonly notional: bigint;
  readonly entryPpm: bigint;
  readonly leverageMilli: number;
}

/** Quantity of about this notional, at least 1 and within 2^53. */
function quantityFor(slot: Slot, notional: bigint, long: boolean): number {
  const { inverse, numerator, divisor } = slot.terms;
  const price = BigInt(slot.price);
  const size = inverse
    ? (notional * price * divisor) / numerator
    : (notional * divisor) / (price * numerator);
  const quantity = Number(clampBigInt(size, 1n, MAX_UNITS));
  return long ? quantity : -quantity;
}

function realisticLeg(slots: readonly Slot[], raw: RawLeg, table: BracketTable): LegState {
  const slot = slots[raw.slot % slots.length];
  if (slot === undefined) throw new RangeError("a pool needs a price slot");
  const quantity = quantityFor(slot, raw.notional, raw.long);
  const leg = { ...slot, table, quantity, cost: 0n, leverageMilli: raw.leverageMilli };
  const sign = raw.long !== slot.terms.inverse ? 1n : -1n;
  const cost = (sign * notionalOf(leg) * raw.entryPpm) / 1_000_000n;
  return { ...leg, cost: table.haircut ? 0n : clampBigInt(cost, MIN_I64, MAX_I64) };
}

/** Accounts as exchanges have them: 1 to 5 legs in shared markets, some hedged, clearance often near 0. */
export function realisticBook(size: BookSize): fc.Arbitrary<readonly PoolState[]> {
  const leg = fc.tuple(
    fc.record({
      slot: fc.nat({ max: 3 }),
      long: fc.boolean(),
      notional: spread(1_000_000n, 10n ** 17n),
      entryPpm: fc.bigInt({ min: 700_000n, max: 1_400_000n }),
      leverageMilli: fc.constantFrom(0, 1_000, 5_000, 20_000, 125_000, 3_333),
    }),
    realisticTable,
  );
  return bookOf(size, realisticSlot, leg, 1, ([raw, table], slots) =>
    realisticLeg(slots, raw, table),
  );
}

export const realisticPool: fc.Arbitrary<PoolState> = realisticBook(ONE_POOL).map(onlyPool);

// ---- full range ------------------------------------------------------------------------------------------

const wideSlot: fc.Arbitrary<Omit<Slot, "priceSlot">> = fc
  .record({
    inverse: fc.boolean(),
    numerator: spreadWithEnds(1n, 2n ** 64n - 1n),
    divisor: spreadWithEnds(1n, 2n ** 63n - 1n),
    price: spreadWithEnds(1n, MAX_UNITS),
  })
  .map(({ inverse, numerator, divisor, price }) => {
    const terms = reducedTerms(inverse, numerator, divisor);
    return { terms, price: Number(clampBigInt(price, 1n, maxPriceOf(terms))) };
  });

interface WideLeg {
  readonly slot: number;
  readonly long: boolean;
  /** Half of the legs are given a quantity, half a notional to come near. */
  readonly quantity: bigint;
  readonly notional: bigint | null;
  readonly cost: bigint | "value";
  readonly leverageMilli: number;
  readonly floors: readonly bigint[];
  /** A floor this far from the leg's own notional; null for none. */
  readonly floorBeside: bigint | null;
}

const wideLeg: fc.Arbitrary<WideLeg> = fc.record({
  slot: fc.nat({ max: 2 }),
  long: fc.boolean(),
  quantity: spreadWithEnds(1n, MAX_UNITS),
  notional: fc.option(spreadWithEnds(0n, MAX_I64), { freq: 4 }),
  cost: fc.oneof(anyAmount, fc.constant("value" as const)),
  leverageMilli: anyLeverage,
  floors: fc.array(spreadWithEnds(1n, MAX_I64), { maxLength: 15 }),
  floorBeside: fc.option(fc.bigInt({ min: -1n, max: 2n })),
});

function placeWideLeg(slots: readonly Slot[], raw: WideLeg, shape: RawTable): LegState {
  const slot = slots[raw.slot % slots.length];
  if (slot === undefined) throw new RangeError("a pool needs a price slot");
  const given = raw.long ? Number(raw.quantity) : -Number(raw.quantity);
  const quantity = raw.notional === null ? given : quantityFor(slot, raw.notional, raw.long);
  const bare = { ...slot, quantity, cost: 0n, leverageMilli: raw.leverageMilli };
  const notional = notionalOf({ ...bare, table: tableOf({ rows: [] }) });
  const beside = raw.floorBeside === null ? [] : [notional + raw.floorBeside];
  const floors = floorsOf([...beside, ...raw.floors.slice(0, 15 - beside.length)]);
  const table = tableFrom(shape, floors);
  const signed = raw.long !== slot.terms.inverse ? notional : -notional;
  const cost = raw.cost === "value" ? clampBigInt(signed, MIN_I64, MAX_I64) : raw.cost;
  return { ...bare, table, cost };
}

/** Legal pools over all ranges, empty ones too; about one in seven has figures that do not fit. */
export function fullRangeBook(size: BookSize): fc.Arbitrary<readonly PoolState[]> {
  return bookOf(size, wideSlot, fc.tuple(wideLeg, rawTable), 0, ([raw, shape], slots) =>
    placeWideLeg(slots, raw, shape),
  );
}

export const fullRangePool: fc.Arbitrary<PoolState> = fullRangeBook(ONE_POOL).map(onlyPool);

// ---- tiny ------------------------------------------------------------------------------------------------

/** Largest price of a tiny slot: every one can be tried. */
export const TINY_PRICES = 400n;

/** Terms whose numbers are so large that the slot's prices end at about `last`, with quotient about n / d. */
function tinyTerms(
  inverse: boolean,
  last: bigint,
  quotientNumerator: bigint,
  quotientDivisor: bigint,
) {
  const bound = inverse ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  const large = bound / last;
  const other = inverse
    ? clampBigInt((large * quotientNumerator) / quotientDivisor, 1n, 2n ** 64n - 1n)
    : clampBigInt((large * quotientDivisor) / quotientNumerator, 1n, 2n ** 63n - 1n);
  // Step the free number down until it shares no divisor with the other: reduction then changes nothing.
  for (let step = 0n; step < other; step++) {
    const numerator = inverse ? other - step : large;
    const divisor = inverse ? large : other - step;
    const terms = reducedTerms(inverse, numerator, divisor);
    if (maxPriceOf(terms) <= TINY_PRICES) return terms;
  }
  throw new RangeError("no coprime terms");
}

const tinySlot: fc.Arbitrary<Omit<Slot, "priceSlot">> = fc
  .record({
    inverse: fc.boolean(),
    last: fc.bigInt({ min: 2n, max: TINY_PRICES }),
    price: fc.bigInt({ min: 1n, max: TINY_PRICES }),
    numerator: fc.bigInt({ min: 1n, max: 12n }),
    divisor: fc.bigInt({ min: 1n, max: 9n }),
    large: fc.boolean(),
  })
  .map(({ inverse, last, price, numerator, divisor, large }) => {
    const boost = inverse ? TINY_PRICES : 1n;
    const terms = tinyTerms(inverse, last, numerator * boost * (large ? 1_000n : 1n), divisor);
    return { terms, price: Number(clampBigInt(price, 1n, maxPriceOf(terms))) };
  });

const tinyTable: fc.Arbitrary<BracketTable> = fc
  .record({
    style: fc.constantFrom("marginal" as const, "whole" as const),
    haircut: fc.integer({ min: 0, max: 3 }).map((pick) => pick === 0),
    rateDenominator: fc.constantFrom(1, 2, 3, 10, 20, 100, 1_000),
    closeFeeRate: fc.constantFrom(0, 0, 50_000, 5_000_000, 30_000_000, 100_000_000),
    profitHaircutRate: anyProfitHaircut,
    floors: fc.array(fc.bigInt({ min: 1n, max: 3_000n }), { maxLength: 4 }),
    heights: fc.array(fc.nat({ max: 1_000 }), { minLength: 5, maxLength: 5 }),
    low: fc.boolean(),
  })
  .map(({ floors, heights, low, ...shape }) => {
    const rising = floorsOf(floors);
    const most = low ? 150 : 1_000;
    const rates = heights
      .slice(0, rising.length)
      .map((height) => Math.floor((height * most * shape.rateDenominator) / 1_000_000))
      .sort((a, b) => a - b);
    const rows = rising.map((floor, index) => ({ floor, rate: rates[index] ?? 0 }));
    return tableOf({ ...shape, rows });
  });

/** Pools whose every price (at most 400 a slot) can be tried: legs of 1 to 20 units, 1 to 4 of them. */
export const tinyPool: fc.Arbitrary<PoolState> = fc
  .record({
    slots: fc.array(tinySlot, { minLength: 1, maxLength: 2 }),
    legs: fc.array(
      fc.record({
        slot: fc.nat({ max: 1 }),
        long: fc.boolean(),
        size: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })),
        table: tinyTable,
        leverageMilli: fc.constantFrom(0, 1_000, 3_000),
        cost: fc.bigInt({ min: -100n, max: 100n }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    near: fc.oneof(
      fc.bigInt({ min: -3n, max: 3n }).map((units): Nearness => ({ kind: "exactly", units })),
      fc.bigInt({ min: -3n, max: 200n }).map((units): Nearness => ({ kind: "exactly", units })),
      fc
        .bigInt({ min: 0n, max: 2_000_000n })
        .map((ppmOfNotional): Nearness => ({ kind: "share", ppmOfNotional })),
    ),
    mirror,
  })
  .map(({ slots, legs, near, mirror }) => {
    const placed = numbered(slots);
    const built: LegState[] = legs.map(({ slot, long, size, ...rest }) => {
      const chosen = placed[slot % placed.length];
      if (chosen === undefined) throw new RangeError("a pool needs a price slot");
      return { ...chosen, ...rest, quantity: long ? size : -size };
    });
    return collateralised(withMirror(built, mirror), near);
  });
