// The edges of a funding period, one by one and by hand: single units, ends of the range, the order in which a wallet is charged, what
// is waived, and what is refused. Price 1, terms 1 / 1 and rates of 1/10 make a payment a tenth of the quantity.

import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import type { FundingOptions, PriceTerms } from "../../src/model.ts";
import { BUILDS } from "../support/builds.ts";
import { tableOf } from "../support/make.ts";

const ONE: PriceTerms = { inverse: false, numerator: 1n, divisor: 1n };
const MAX = 2n ** 63n - 1n;
const TENTH = 100_000_000_000n;
const WHOLE = 1_000_000_000_000n;

const FREE = tableOf({ rows: [{ floor: 0n, rate: 0 }] });
/** Maintenance a tenth of the notional, initial margin a fifth. */
const TENTHS = tableOf({ rows: [{ floor: 0n, rate: 1, initialRate: 2 }], rateDenominator: 10 });

const POSITION: FundingOptions = { source: "position", rounding: "down" };
const WALLET: FundingOptions = { source: "walletFirst", rounding: "down" };
const CAPPED: FundingOptions = { source: "walletFirstCapped", rounding: "down" };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof RiskError ? error.code : (error as Error).name;
  }
  return "none";
}

describe.each(BUILDS)("edges of a funding period ($name build)", ({ wasm }) => {
  /** A kernel and short words for what the tests do with it. */
  function bench() {
    const kernel = new Kernel(wasm === undefined ? {} : { wasm });
    const free = kernel.createTable(FREE);
    const tenths = kernel.createTable(TENTHS);
    const slotOf = (terms: PriceTerms = ONE, mark = 1): number => {
      const slot = kernel.createPrice(terms);
      kernel.setMark(slot, mark);
      return slot;
    };
    /** A pool whose legs are [slot, quantity] pairs, worth what they cost. */
    const poolOf = (collateral: bigint, table: number, ...legs: (readonly [number, number])[]) => {
      const pool = kernel.createPool(collateral, 0, 0);
      for (const [slot, quantity] of legs) {
        kernel.createLeg(pool, slot, table, quantity, BigInt(quantity), 0);
      }
      return pool;
    };
    const behind = (
      wallet: number,
      tag: number,
      collateral: bigint,
      slot: number,
      size: number,
    ) => {
      const pool = kernel.createPool(collateral, 0, tag);
      kernel.createLeg(pool, slot, tenths, size, BigInt(size), 0);
      kernel.setBacking(pool, wallet);
      return pool;
    };
    const settle = (slot: number, ratePico: bigint, options: FundingOptions, price = 1) =>
      kernel.settleFunding([{ slot, ratePico, price }], options)[0];
    return { kernel, free, tenths, slotOf, poolOf, behind, settle };
  }

  test("one unit at the least rate: a debit rounds up or down, a credit down", () => {
    const { kernel, free, slotOf, poolOf, settle } = bench();
    const slot = slotOf();
    const long = poolOf(0n, free, [slot, 1]);
    const short = poolOf(0n, free, [slot, -1]);
    expect(settle(slot, 1n, POSITION)).toEqual({ slot, paid: 1n, received: 0n, waived: 0n });
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([-1n, 0n]);
    expect(settle(slot, -1n, POSITION)).toEqual({ slot, paid: 1n, received: 0n, waived: 0n });
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([-1n, -1n]);
    const kind = { source: "position", rounding: "towardZero" } as const;
    expect(settle(slot, WHOLE - 1n, kind)).toEqual({ slot, paid: 0n, received: 0n, waived: 0n });
    expect(settle(slot, WHOLE, kind)).toEqual({ slot, paid: 1n, received: 1n, waived: 0n });
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([-2n, 0n]);
  });

  test("the rest of a notional counts where it carries a payment to the next unit", () => {
    const { kernel, free, slotOf, settle } = bench();
    // N = 9 + 9/10 at rate 1: 9.9, and at 10/11 exactly 9.
    const slot = slotOf({ inverse: false, numerator: 99n, divisor: 10n });
    const long = kernel.createPool(0n, 0, 0);
    const short = kernel.createPool(0n, 0, 0);
    kernel.createLeg(long, slot, free, 1, 0n, 0);
    kernel.createLeg(short, slot, free, -1, 0n, 0);
    expect(settle(slot, WHOLE, POSITION)).toMatchObject({ paid: 10n, received: 9n });
    // 9.9 · 0.909090909090 = 8.999…: the rest of 0.9 lifts 8.18 past 8.9; one more unit of rate passes 9.
    expect(settle(slot, 909_090_909_090n, POSITION)).toMatchObject({ paid: 9n, received: 8n });
    expect(settle(slot, 909_090_909_091n, POSITION)).toMatchObject({ paid: 10n, received: 9n });
    // 9.9 · 0.1 is 0.99, and 9.9 / 9.9 exactly 1 where the rest makes it whole.
    expect(settle(slot, TENTH, POSITION)).toMatchObject({ paid: 1n, received: 0n });
    const whole = slotOf({ inverse: false, numerator: 5n, divisor: 2n });
    kernel.createLeg(long, whole, free, 1, 0n, 0);
    kernel.createLeg(short, whole, free, -1, 0n, 0);
    // 2.5 · 0.4 = 1 exactly: neither side rounds.
    expect(settle(whole, 4n * TENTH, POSITION)).toMatchObject({ paid: 1n, received: 1n });
    // 666,666,666,666.999 at 3e-12: 1.999999999998 without the rest, just past 2 with it.
    const edge = slotOf({ inverse: false, numerator: 666_666_666_666_999n, divisor: 1_000n });
    kernel.createLeg(long, edge, free, 1, 0n, 0);
    kernel.createLeg(short, edge, free, -1, 0n, 0);
    expect(settle(edge, 3n, POSITION)).toMatchObject({ paid: 3n, received: 2n });
    // 333,333,333,333.5 at 6e-12: 1.999999999998 without the rest, 2.000000000001 with it.
    const past = slotOf({ inverse: false, numerator: 666_666_666_667n, divisor: 2n });
    kernel.createLeg(long, past, free, 1, 0n, 0);
    kernel.createLeg(short, past, free, -1, 0n, 0);
    expect(settle(past, 6n, POSITION)).toMatchObject({ paid: 3n, received: 2n });
  });

  test("in inverse contracts too longs pay a positive rate, in coin at the funding price", () => {
    const { kernel, free, slotOf, settle } = bench();
    const slot = slotOf({ inverse: true, numerator: 1_000n, divisor: 1n }, 50);
    const long = kernel.createPool(0n, 0, 0);
    const short = kernel.createPool(0n, 0, 0);
    kernel.createLeg(long, slot, free, 3, 0n, 0);
    kernel.createLeg(short, slot, free, -3, 0n, 0);
    // 3 · 1000 / 40 = 75; a tenth is 7.5.
    expect(settle(slot, TENTH, POSITION, 40)).toMatchObject({ paid: 8n, received: 7n });
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([-8n, 7n]);
  });

  test("collateral may reach either end of the range and not pass it", () => {
    const { kernel, free, slotOf, poolOf, settle } = bench();
    const slot = slotOf();
    const long = poolOf(-MAX, free, [slot, 10]);
    const short = poolOf(MAX - 1n, free, [slot, -10]);
    expect(settle(slot, TENTH, POSITION)).toMatchObject({ paid: 1n, received: 1n });
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([-MAX - 1n, MAX]);
    expect(codeOf(() => settle(slot, TENTH, POSITION))).toBe("VALUE_OUT_OF_RANGE");
    expect(kernel.faultPool).toBe(long);
    kernel.setCollateral(long, 0n);
    expect(codeOf(() => settle(slot, TENTH, POSITION))).toBe("VALUE_OUT_OF_RANGE");
    expect(kernel.faultPool).toBe(short);
    expect([kernel.collateral(long), kernel.collateral(short)]).toEqual([0n, MAX]);
  });

  test("the largest notional at the largest rate: debits of 2^63 and sums past 64 bits", () => {
    const { kernel, free, slotOf, settle } = bench();
    // N = 2^63 − 1/2.
    const slot = slotOf({ inverse: false, numerator: 2n ** 64n - 1n, divisor: 2n });
    const longs = [0, 1, 2].map(() => kernel.createPool(MAX, 0, 0));
    for (const pool of longs) kernel.createLeg(pool, slot, free, 1, 0n, 0);
    expect(settle(slot, WHOLE, POSITION)).toMatchObject({ paid: 3n * 2n ** 63n, received: 0n });
    for (const pool of longs) expect(kernel.collateral(pool)).toBe(-1n);
    // Three such legs in one pool owe, and receive, more than any collateral could take.
    for (const pool of longs) kernel.removePool(pool);
    const heavy = kernel.createPool(MAX, 0, 0);
    for (let leg = 0; leg < 3; leg++) kernel.createLeg(heavy, slot, free, 1, 0n, 0);
    expect(codeOf(() => settle(slot, WHOLE, POSITION))).toBe("VALUE_OUT_OF_RANGE");
    kernel.setCollateral(heavy, -MAX - 1n);
    expect(codeOf(() => settle(slot, -WHOLE, POSITION))).toBe("VALUE_OUT_OF_RANGE");
    expect([kernel.faultPool, kernel.collateral(heavy)]).toEqual([heavy, -MAX - 1n]);
  });

  test("a rate of 0 asks nothing, even of a leg that has no figures", () => {
    const { kernel, free, slotOf, settle } = bench();
    const slot = slotOf({ inverse: false, numerator: 2n ** 63n, divisor: 1n });
    const pool = kernel.createPool(5n, 0, 0);
    kernel.createLeg(pool, slot, free, 1, 0n, 0);
    expect(settle(slot, 0n, CAPPED)).toEqual({ slot, paid: 0n, received: 0n, waived: 0n });
    expect(codeOf(() => settle(slot, 1n, POSITION))).toBe("VALUE_OUT_OF_RANGE");
    expect(kernel.collateral(pool)).toBe(5n);
  });

  test("the wallet pays what is available, to the unit, and the margin the rest", () => {
    const { kernel, tenths, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const other = slotOf();
    // Initial margin 200: 7 of the wallet's 207 are available.
    const wallet = poolOf(207n, tenths, [other, 1_000]);
    const isolated = behind(wallet, 1, 50n, slot, 80);
    expect(settle(slot, TENTH, WALLET)).toMatchObject({ paid: 8n, waived: 0n });
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([200n, 49n]);
    // Nothing left: all from the margin; credits go there too.
    settle(slot, TENTH, WALLET);
    settle(slot, -TENTH, WALLET);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([200n, 49n]);
    // From the position alone, whatever the wallet holds.
    kernel.setCollateral(wallet, 1_000n);
    settle(slot, TENTH, POSITION);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([1_000n, 41n]);
  });

  test("a wallet is charged in the order of tags, after its own legs", () => {
    const { kernel, free, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const wallet = poolOf(0n, free, [slot, -250]);
    const tags = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
    const pools = tags.map((tag) => behind(wallet, tag + 1, 100n, slot, 10));
    // The wallet receives 25 and can pay for the 25 lowest tags, 1 unit each.
    expect(settle(slot, TENTH, WALLET)).toMatchObject({ paid: 100n, received: 25n });
    expect(kernel.collateral(wallet)).toBe(0n);
    tags.forEach((tag, index) => {
      expect(kernel.collateral(pools[index] ?? -1)).toBe(tag < 25 ? 100n : 99n);
    });
  });

  test("a wallet whose sums leave 64 bits by its own funding is judged rightly", () => {
    const { kernel, free, tenths, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const other = slotOf();
    // Equity 2^63 − 6; 10 received make it 2^63 + 4, with margins of 1 and 2: all of the wallet is available.
    const rich = poolOf(MAX - 20n, free, [slot, -100]);
    kernel.createLeg(rich, other, tenths, 10, -5n, 0);
    const first = behind(rich, 1, 50n, slot, 80);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(rich), kernel.collateral(first)]).toEqual([MAX - 18n, 50n]);
    kernel.removePool(rich);
    kernel.removePool(first);
    // Equity −2^63 + 50 and 40 left of the wallet once it has paid 60: equity is then below the range, and nothing available.
    const poor = poolOf(100n, free, [slot, 600]);
    kernel.createLeg(poor, other, free, 1, MAX, 0);
    kernel.createLeg(poor, other, free, 1, 53n, 0);
    const second = behind(poor, 1, 50n, slot, 80);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(poor), kernel.collateral(second)]).toEqual([40n, 42n]);
  });

  test("a liquidatable wallet pays nothing", () => {
    const { kernel, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const other = slotOf();
    // No initial margin, maintenance of a tenth: equity 99 of 100 needed, all of it free but for the verdict.
    const hard = tableOf({ rows: [{ floor: 0n, rate: 1 }], rateDenominator: 10 });
    const wallet = poolOf(99n, kernel.createTable(hard), [other, 1_000]);
    const isolated = behind(wallet, 1, 50n, slot, 80);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([99n, 42n]);
    // At equity 100 it stands, unless equality liquidates.
    kernel.setCollateral(wallet, 100n);
    kernel.setInclusive(true);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([100n, 34n]);
    kernel.setInclusive(false);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([92n, 34n]);
    // It has fallen below its requirement by that, and pays nothing more.
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([92n, 26n]);
  });

  test("capped: a margin is charged down to its requirement and the rest is waived", () => {
    const { kernel, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const wallet = poolOf(3n, kernel.createTable(FREE));
    // Requirement 8; 2 above it.
    const isolated = behind(wallet, 1, 10n, slot, 80);
    expect(settle(slot, TENTH, CAPPED)).toEqual({ slot, paid: 5n, received: 0n, waived: 3n });
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([0n, 8n]);
    expect(settle(slot, TENTH, CAPPED)).toEqual({ slot, paid: 0n, received: 0n, waived: 8n });
    kernel.setCollateral(isolated, 16n);
    expect(settle(slot, TENTH, CAPPED)).toEqual({ slot, paid: 8n, received: 0n, waived: 0n });
    // Where equality liquidates, one unit more stays.
    kernel.setInclusive(true);
    kernel.setCollateral(isolated, 16n);
    expect(settle(slot, TENTH, CAPPED)).toEqual({ slot, paid: 7n, received: 0n, waived: 1n });
    expect(kernel.poolFigures(isolated).liquidatable).toBe(false);
    kernel.setInclusive(false);
    kernel.setCollateral(isolated, 7n);
    expect(settle(slot, -TENTH, CAPPED)).toEqual({ slot, paid: 0n, received: 8n, waived: 0n });
    expect(kernel.collateral(isolated)).toBe(15n);
  });

  test("capped: a cross pool's credits come first, lower slots are paid first", () => {
    const { kernel, free, slotOf, poolOf } = bench();
    // 200 slots of one unit each, made in reverse; a first one that receives 3.
    const slots = Array.from({ length: 201 }, () => slotOf());
    const debits = slots.slice(1).reverse();
    const legs = debits.map((slot) => [slot, 1] as const);
    const pool = poolOf(97n, free, ...legs, [slots[0] ?? -1, -3]);
    const rates = slots.map((slot) => ({ slot, ratePico: WHOLE, price: 1 }));
    const totals = kernel.settleFunding(rates, CAPPED);
    expect(kernel.collateral(pool)).toBe(0n);
    expect(totals[0]).toEqual({ slot: slots[0], paid: 0n, received: 3n, waived: 0n });
    totals.slice(1).forEach(({ paid, waived }, index) => {
      expect([paid, waived]).toEqual(index < 100 ? [1n, 0n] : [0n, 1n]);
    });
    // Under water by 10 it keeps credits of 3 and pays nothing.
    kernel.setCollateral(pool, -10n);
    const under = kernel.settleFunding(rates, CAPPED);
    expect(kernel.collateral(pool)).toBe(-7n);
    expect(under.reduce((sum, { waived }) => sum + waived, 0n)).toBe(200n);
  });

  test("figures that decide must be there; figures that do not need not", () => {
    const { kernel, free, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const unmarked = kernel.createPrice(ONE);
    const wallet = poolOf(10n, free, [unmarked, 5]);
    const isolated = behind(wallet, 1, 50n, slot, 10);
    expect(codeOf(() => settle(slot, TENTH, WALLET))).toBe("NO_MARK");
    expect(kernel.faultPool).toBe(isolated);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([10n, 50n]);
    settle(slot, -TENTH, WALLET);
    settle(slot, TENTH, POSITION);
    expect([kernel.collateral(wallet), kernel.collateral(isolated)]).toEqual([10n, 50n]);
    // The unmarked leg's own funding has its own price.
    settle(unmarked, TENTH, WALLET, 20);
    expect(kernel.collateral(wallet)).toBe(0n);
    expect(codeOf(() => settle(unmarked, TENTH, CAPPED, 20))).toBe("NO_MARK");
  });

  test("a refused period leaves nothing behind for the next", () => {
    const { kernel, free, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const wallet = poolOf(5n, free);
    const isolated = behind(wallet, 1, 10n, slot, 80);
    const short = poolOf(3n, free, [slot, 80]);
    const full = poolOf(MAX, free, [slot, -10]);
    const now = () => [wallet, isolated, short].map((pool) => kernel.collateral(pool));
    // Both are short of their debits, one is chained at the wallet; then the last pool refuses its credit.
    expect(codeOf(() => settle(slot, TENTH, CAPPED))).toBe("VALUE_OUT_OF_RANGE");
    expect(codeOf(() => settle(slot, TENTH, WALLET))).toBe("VALUE_OUT_OF_RANGE");
    expect([kernel.faultPool, ...now()]).toEqual([full, 5n, 10n, 3n]);
    kernel.setCollateral(full, 0n);
    expect(settle(slot, TENTH, POSITION)).toMatchObject({ paid: 16n, waived: 0n });
    expect(now()).toEqual([5n, 2n, -5n]);
    expect(settle(slot, TENTH, WALLET)).toMatchObject({ paid: 16n, waived: 0n });
    expect(now()).toEqual([0n, -1n, -13n]);
  });

  test("a backing that is gone or has one itself is refused", () => {
    const { kernel, slotOf, poolOf, behind, settle } = bench();
    const slot = slotOf();
    const wallet = poolOf(100n, kernel.createTable(FREE));
    const isolated = behind(wallet, 1, 50n, slot, 10);
    expect([kernel.backing(isolated), kernel.backing(wallet)]).toEqual([wallet, -1]);
    expect(() => kernel.setBacking(wallet, wallet)).toThrow(RangeError);
    expect(() => kernel.setBacking(wallet, isolated)).toThrow(RangeError);
    expect(() => kernel.setBacking(wallet, 99)).toThrow(RangeError);
    expect(() => kernel.setBacking(99, wallet)).toThrow(RangeError);
    expect(() => kernel.setBacking(isolated, -2)).toThrow(RangeError);
    kernel.removePool(wallet);
    expect(() => settle(slot, TENTH, WALLET)).toThrow(RangeError);
    expect(kernel.collateral(isolated)).toBe(50n);
    settle(slot, TENTH, POSITION);
    // Another pool in its place, itself behind a third.
    const again = kernel.createPool(10n, 0, 0);
    expect([again, kernel.backing(again)]).toEqual([wallet, -1]);
    kernel.setBacking(again, poolOf(10n, kernel.createTable(FREE)));
    expect(() => settle(slot, TENTH, WALLET)).toThrow(RangeError);
    kernel.setBacking(isolated, -1);
    settle(slot, TENTH, WALLET);
    expect([kernel.collateral(isolated), kernel.collateral(again)]).toEqual([48n, 10n]);
  });

  test("arguments outside their range are refused before anything", () => {
    const { kernel, free, slotOf, poolOf, settle } = bench();
    const slot = slotOf();
    const pool = poolOf(0n, free, [slot, 10]);
    const rate = { slot, ratePico: TENTH, price: 1 };
    expect(() => settle(slot, WHOLE + 1n, POSITION)).toThrow(RangeError);
    expect(() => settle(slot, -WHOLE - 1n, POSITION)).toThrow(RangeError);
    expect(() => settle(slot, 1 as unknown as bigint, POSITION)).toThrow(TypeError);
    expect(() => settle(slot, TENTH, POSITION, 0)).toThrow(RangeError);
    expect(() => settle(slot, TENTH, POSITION, 2 ** 53)).toThrow(RangeError);
    expect(() => settle(slot + 1, TENTH, POSITION)).toThrow(RangeError);
    expect(() => kernel.settleFunding([rate, rate], POSITION)).toThrow(RangeError);
    const source = "wallet" as unknown as "position";
    expect(() => settle(slot, TENTH, { source, rounding: "down" })).toThrow(TypeError);
    const rounding = "up" as unknown as "down";
    expect(() => settle(slot, TENTH, { source: "position", rounding })).toThrow(TypeError);
    expect(kernel.settleFunding([], POSITION)).toEqual([]);
    expect(kernel.collateral(pool)).toBe(0n);
    // A rate of one period is gone in the next.
    const other = slotOf();
    settle(slot, TENTH, POSITION);
    settle(other, TENTH, POSITION);
    expect(kernel.collateral(pool)).toBe(-1n);
  });
});
