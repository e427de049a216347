// Groups of pools for tests of funding: drawn over the ranges of the pool arbitraries, tuned so that what a wallet can pay lies near
// what it is asked, and loaded into a kernel in any order of pools and legs. Slots rise with the book's slot numbers.

import fc from "fast-check";
import type { Kernel } from "../../src/kernel.ts";
import type { BracketTable, FundingRate, LegState, PoolState } from "../../src/model.ts";
import {
  type FundedGroup,
  type FundingGroup,
  maxPriceOf,
  referenceFunding,
} from "../../src/reference/index.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { clampBigInt, MAX_I64, MIN_I64, spread } from "./random.ts";

export interface FundingBook {
  readonly groups: readonly FundingGroup[];
  readonly rates: readonly FundingRate[];
}

/** How far beside what is asked a pool can pay, in thousandths of it; null: as drawn. */
const nearness: fc.Arbitrary<number | null> = fc.option(
  fc.oneof(fc.constantFrom(0, 1_000, 1_000, 999, 1_001), fc.integer({ min: -500, max: 3_000 })),
  { freq: 4 },
);

const ratePico: fc.Arbitrary<bigint> = fc
  .tuple(
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 10n ** 12n, 10n ** 12n - 1n) },
      { weight: 1, arbitrary: spread(1n, 10n ** 12n) },
      // Rates as venues have them: 8 decimals, mostly about 0.0001.
      { weight: 3, arbitrary: spread(1n, 400_000n).map((rate) => rate * 10_000n) },
    ),
    fc.boolean(),
  )
  .map(([rate, negative]) => (negative ? -rate : rate));

/** The mark, a price near it, or any the slot can hold. */
const pricePick = fc.record({
  kind: fc.constantFrom("mark", "mark", "near", "any"),
  permille: fc.bigInt({ min: 900n, max: 1_100n }),
  any: spread(1n, BigInt(Number.MAX_SAFE_INTEGER)),
});

/** One rate for each slot that a leg of the book follows, in the order of the slots. */
function ratesOf(
  pools: readonly PoolState[],
  picks: readonly (readonly [bigint, typeof pricePick extends fc.Arbitrary<infer P> ? P : never])[],
): FundingRate[] {
  const legs = new Map<number, LegState>();
  for (const leg of pools.flatMap((pool) => pool.legs)) legs.set(leg.priceSlot, leg);
  return [...legs]
    .sort(([a], [b]) => a - b)
    .map(([slot, leg], index) => {
      const [rate, { kind, permille, any }] = picks[index % picks.length] ?? [0n, { kind: "mark" }];
      const mark = markOf(leg);
      const wanted = kind === "any" ? any : kind === "near" ? (mark * permille) / 1_000n : mark;
      return {
        slot,
        ratePico: rate,
        price: Number(clampBigInt(wanted, 1n, maxPriceOf(leg.terms))),
      };
    });
}

/** What the pool owes, and what it owes less what it receives; zeros where it has no figures. */
function owedBy(pool: PoolState, rates: readonly FundingRate[]): { debit: bigint; net: bigint } {
  try {
    const options = { source: "position", rounding: "down", inclusive: false } as const;
    const { totals } = referenceFunding([{ wallet: pool, backed: [] }], rates, options);
    const debit = totals.reduce((sum, { paid }) => sum + paid, 0n);
    return { debit, net: totals.reduce((sum, { received }) => sum - received, debit) };
  } catch {
    return { debit: 0n, net: 0n };
  }
}

function withExtra(pool: PoolState, extra: bigint): PoolState {
  return { ...pool, collateral: clampBigInt(pool.collateral + extra, MIN_I64, MAX_I64) };
}

/** The wallet can pay about what its backed pools owe, and each of these about what it owes itself. */
function tuned(
  { wallet, backed }: FundingGroup,
  rates: readonly FundingRate[],
  picks: readonly (number | null)[],
): FundingGroup {
  const pickOf = (index: number): number | null => picks[index % picks.length] ?? null;
  const own = owedBy(wallet, rates);
  const asked = backed.reduce((sum, pool) => sum + owedBy(pool, rates).debit, 0n);
  const figures = widePoolFigures(wallet, false, markOf);
  const pick = pickOf(0);
  const target = (asked * BigInt(pick ?? 0)) / 1_000n + own.net;
  const free = figures.equity - figures.initialMargin;
  const tunedWallet = pick === null ? wallet : withExtra(wallet, target - free);
  const tunedBacked = backed.map((pool, index) => {
    const permille = pickOf(index + 1);
    if (permille === null) return pool;
    const { clearance } = widePoolFigures(pool, false, markOf);
    return withExtra(pool, (owedBy(pool, rates).debit * BigInt(permille)) / 1_000n - clearance);
  });
  return { wallet: tunedWallet, backed: tunedBacked };
}

/** Books of groups made from the pools of another arbitrary. */
export function fundingBook(pools: fc.Arbitrary<readonly PoolState[]>): fc.Arbitrary<FundingBook> {
  return fc
    .record({
      pools,
      starts: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 12 }),
      picks: fc.array(fc.tuple(ratePico, pricePick), { minLength: 4, maxLength: 4 }),
      near: fc.array(nearness, { minLength: 5, maxLength: 5 }),
    })
    .map(({ pools, starts, picks, near }) => {
      const groups: { wallet: PoolState; backed: PoolState[] }[] = [];
      pools.forEach((pool, index) => {
        const last = groups.at(-1);
        if (last === undefined || starts[index % starts.length] === 0) {
          groups.push({ wallet: pool, backed: [] });
        } else last.backed.push(pool);
      });
      const rates = ratesOf(pools, picks);
      return { groups: groups.map((group) => tuned(group, rates, near)), rates };
    });
}

/** Handles of a loaded book. */
export interface LoadedFundingBook {
  readonly groups: readonly { readonly wallet: number; readonly backed: readonly number[] }[];
  /** The rates with the kernel's slots. */
  readonly rates: readonly FundingRate[];
  unload(): void;
}

/** Price slots whose handles rise with the book's slot numbers. */
function createSlots(kernel: Kernel, legs: readonly LegState[]): Map<number, number> {
  const bySlot = new Map(legs.map((leg) => [leg.priceSlot, leg]));
  const inOrder = [...bySlot.values()].sort((a, b) => a.priceSlot - b.priceSlot);
  // Freed handles are used again last in, first out: freed from the highest down they come back from the lowest up.
  const dummies = inOrder.map(({ terms }) => kernel.createPrice(terms)).sort((a, b) => b - a);
  for (const handle of dummies) kernel.removePrice(handle);
  return new Map(
    inOrder.map(({ priceSlot, terms, price }) => {
      const handle = kernel.createPrice(terms);
      kernel.setMark(handle, price);
      return [priceSlot, handle];
    }),
  );
}

/**
 * Loads the pools in the order of `keys` (repeated as often as needed), their legs forwards or backwards by it; the order of a
 * group's backed pools stands in their tags alone.
 */
export function loadFundingBook(
  kernel: Kernel,
  { groups, rates }: FundingBook,
  keys: readonly number[],
): LoadedFundingBook {
  const states = groups.flatMap(({ wallet, backed }) => [wallet, ...backed]);
  const tags = groups.flatMap(({ backed }) => [0, ...backed.map((_, index) => index * 4 + 1)]);
  const legs = states.flatMap((pool) => pool.legs);
  const slots = createSlots(kernel, legs);
  const tables = new Map<BracketTable, number>();
  for (const { table } of legs) tables.set(table, tables.get(table) ?? kernel.createTable(table));
  const keyOf = (index: number): number => keys[index % keys.length] ?? 0;
  const order = states.map((_, index) => index).sort((a, b) => keyOf(a) - keyOf(b));
  const handles = new Array<number>(states.length);
  for (const index of order) {
    const state = states[index] as PoolState;
    const pool = kernel.createPool(state.collateral, index, tags[index] ?? 0);
    const mine = keyOf(index) % 2 === 0 ? state.legs : [...state.legs].reverse();
    for (const { priceSlot, table, quantity, cost, leverageMilli } of mine) {
      const slot = slots.get(priceSlot) ?? -1;
      kernel.createLeg(pool, slot, tables.get(table) ?? -1, quantity, cost, leverageMilli);
    }
    handles[index] = pool;
  }
  let next = 0;
  const loaded = groups.map(({ backed }) => {
    const wallet = handles[next++] ?? -1;
    const behind = backed.map(() => handles[next++] ?? -1);
    for (const pool of behind) kernel.setBacking(pool, wallet);
    return { wallet, backed: behind };
  });
  return {
    groups: loaded,
    rates: rates.map((rate) => ({ ...rate, slot: slots.get(rate.slot) ?? -1 })),
    unload(): void {
      for (const pool of handles) kernel.removePool(pool);
      for (const slot of slots.values()) kernel.removePrice(slot);
      for (const table of tables.values()) kernel.removeTable(table);
    },
  };
}

/** Collateral of all pools, in the shape of the groups. */
export function collateralOf(kernel: Kernel, { groups }: LoadedFundingBook): FundedGroup[] {
  return groups.map(({ wallet, backed }) => ({
    wallet: kernel.collateral(wallet),
    backed: backed.map((pool) => kernel.collateral(pool)),
  }));
}
