// Trades of the kernel against their BigInt twin, in both builds: results, the pool that is left, who is refused, and that a refusal
// leaves every byte of the book where it was (invariant 1: exact figures; invariant 6: a refused change changes nothing).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel, type KernelOptions } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import type { PoolState } from "../../src/model.ts";
import { maxPriceOf } from "../../src/reference/index.ts";
import { markOf, widePoolFigures } from "../../src/reference/pool.ts";
import { type ReferenceTrade, referenceTrade } from "../../src/reference/trade.ts";
import { fullRangePool, realisticPool, tinyPool } from "../support/arbitraries.ts";
import { BUILDS, type KernelBuild } from "../support/builds.ts";
import { withPool } from "../support/load-pool.ts";
import { tableOf } from "../support/make.ts";
import { anyAmount, clampBigInt, MAX_I64, MIN_I64, spreadWithEnds } from "../support/random.ts";
import { runs } from "../support/runs.ts";

const MAX_UNITS = BigInt(Number.MAX_SAFE_INTEGER);

/** A kernel that shows its memory. */
class OpenKernel extends Kernel {
  /** A copy, without the scratch where results are left. */
  book(): Int32Array {
    const book = this.current().i32.slice();
    book.fill(0, layout.SCRATCH / 4, (layout.SCRATCH + layout.SCRATCH_BYTES) / 4);
    return book;
  }
}

/** Index of the first word that differs, or -1. */
function firstDifference(one: Int32Array, other: Int32Array): number {
  for (let word = 0; word < Math.max(one.length, other.length); word++) {
    if (one[word] !== other[word]) return word;
  }
  return -1;
}

function openKernel({ wasm }: KernelBuild): OpenKernel {
  const options: KernelOptions = wasm === undefined ? {} : { wasm };
  return new OpenKernel(options);
}

/** A trade drawn before the pool it meets is known: sizes and prices relative to the leg's. */
interface RawTrade {
  readonly leg: number;
  readonly opensNew: boolean;
  readonly table: number;
  readonly buys: boolean;
  readonly size: { readonly kind: "units" | "aroundHeld" | "shareOfHeld"; readonly by: bigint };
  readonly price: { readonly kind: "mark" | "nearMark" | "anywhere"; readonly by: bigint };
  readonly leverageMilli: number;
  readonly fee: bigint;
  readonly feeRateE8: number | null;
  /** "edge": equity less the initial margin afterwards, and so many units more. */
  readonly reserve: { readonly kind: "stated" | "edge"; readonly by: bigint };
  readonly admit: boolean;
  readonly legOnly: boolean;
}

const rawTrade: fc.Arbitrary<RawTrade> = fc.record({
  leg: fc.nat({ max: 9 }),
  opensNew: fc.integer({ min: 0, max: 3 }).map((pick) => pick === 0),
  table: fc.nat({ max: 9 }),
  buys: fc.boolean(),
  size: fc.oneof(
    fc.record({ kind: fc.constant("units" as const), by: spreadWithEnds(1n, MAX_UNITS) }),
    fc.record({ kind: fc.constant("aroundHeld" as const), by: fc.bigInt({ min: -2n, max: 2n }) }),
    fc.record({
      kind: fc.constant("shareOfHeld" as const),
      by: fc.bigInt({ min: 1n, max: 3000n }),
    }),
  ),
  price: fc.oneof(
    fc.record({ kind: fc.constant("mark" as const), by: fc.constant(0n) }),
    fc.record({ kind: fc.constant("nearMark" as const), by: fc.bigInt({ min: 1n, max: 2000n }) }),
    fc.record({ kind: fc.constant("anywhere" as const), by: spreadWithEnds(1n, MAX_UNITS) }),
  ),
  leverageMilli: fc.constantFrom(0, 0, 1, 1_000, 20_000, 2 ** 32 - 1),
  fee: fc.oneof(fc.constant(0n), fc.bigInt({ min: -1000n, max: 1000n }), anyAmount),
  feeRateE8: fc.option(
    fc.oneof(
      fc.constantFrom(-100_000_000, -1, 0, 1, 50_000, 100_000_000),
      fc.integer({ min: -100_000_000, max: 100_000_000 }),
    ),
    { freq: 2 },
  ),
  reserve: fc.oneof(
    fc.record({ kind: fc.constant("stated" as const), by: fc.oneof(fc.constant(0n), anyAmount) }),
    fc.record({ kind: fc.constant("edge" as const), by: fc.bigInt({ min: -1n, max: 1n }) }),
  ),
  admit: fc.boolean(),
  legOnly: fc.integer({ min: 0, max: 5 }).map((pick) => pick === 0),
});

function sizeOf(raw: RawTrade, held: bigint): bigint {
  const size = held < 0n ? -held : held;
  if (raw.size.kind === "units") return raw.size.by;
  if (raw.size.kind === "aroundHeld") return clampBigInt(size + raw.size.by, 1n, MAX_UNITS);
  return clampBigInt((size * raw.size.by) / 1000n, 1n, MAX_UNITS);
}

/** One past the slot's largest price is drawn too: it must be refused. */
function priceOf(raw: RawTrade, mark: bigint, most: bigint): bigint {
  const widest = most < MAX_UNITS ? most + 1n : most;
  if (raw.price.kind === "mark") return mark;
  if (raw.price.kind === "anywhere") return clampBigInt(raw.price.by, 1n, widest);
  return clampBigInt((mark * raw.price.by) / 1000n, 1n, widest);
}

/** The trade on a pool as the kernel lists it. */
function placeTrade(raw: RawTrade, pool: PoolState): ReferenceTrade {
  const index = raw.leg % pool.legs.length;
  const leg = pool.legs[index];
  const table = pool.legs[raw.table % pool.legs.length]?.table;
  if (leg === undefined || table === undefined) throw new RangeError("a pool without legs");
  const { priceSlot, terms, price } = leg;
  const size = sizeOf(raw, BigInt(leg.quantity));
  const trade: ReferenceTrade = {
    leg: raw.opensNew ? null : index,
    terms: { priceSlot, terms, price, table },
    quantity: Number(raw.buys ? size : -size),
    price: priceOf(raw, BigInt(price), maxPriceOf(terms)),
    leverageMilli: raw.leverageMilli,
    fee: raw.fee,
    feeRateE8: raw.feeRateE8 === null ? null : BigInt(raw.feeRateE8),
    reserve: raw.reserve.by,
    admit: raw.admit,
    legOnly: raw.legOnly,
  };
  if (raw.reserve.kind === "stated") return trade;
  const done = referenceTrade(pool, { ...trade, admit: false }, false);
  const { equity, initialMargin } = widePoolFigures(done.pool, false, markOf);
  const reserve = clampBigInt(equity - initialMargin + raw.reserve.by, MIN_I64, MAX_I64);
  return { ...trade, reserve, admit: true };
}

function legHandles(kernel: Kernel, pool: number): number[] {
  const handles: number[] = [];
  for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) handles.push(leg);
  return handles;
}

const CODES = {
  VALUE_OUT_OF_RANGE: "range",
  BELOW_INITIAL_MARGIN: "belowInitial",
  WOULD_LIQUIDATE: "liquidatable",
} as const;

/** Carries the trade out on the kernel: the result, or who refused. */
function tradeOnKernel(kernel: Kernel, pool: number, trade: ReferenceTrade, tableLeg: number) {
  const handles = legHandles(kernel, pool);
  const { priceSlot } = trade.terms;
  try {
    const result = kernel.trade({
      pool,
      ...(trade.leg !== null && { leg: handles[trade.leg] as number }),
      priceSlot,
      table: kernel.legTable(handles[tableLeg] as number),
      quantity: trade.quantity,
      price: Number(trade.price),
      leverageMilli: trade.leverageMilli,
      ...(trade.feeRateE8 === null ? { fee: trade.fee } : { feeRateE8: Number(trade.feeRateE8) }),
      reserve: trade.reserve,
      admit: trade.admit,
      legOnly: trade.legOnly,
    });
    return { ...result, refused: null };
  } catch (error) {
    const code = error instanceof RiskError ? error.code : "";
    if (code in CODES) return { refused: CODES[code as keyof typeof CODES] };
    throw error;
  }
}

function checkTrade(kernel: OpenKernel, state: PoolState, raw: RawTrade, inclusive: boolean) {
  kernel.setInclusive(inclusive);
  withPool(kernel, state, ({ pool }) => {
    const before = kernel.poolState(pool);
    const trade = placeTrade(raw, before);
    const expected = referenceTrade(before, trade, inclusive);
    kernel.prepare();
    const book = expected.refused === null ? undefined : kernel.book();
    const got = tradeOnKernel(kernel, pool, trade, raw.table % before.legs.length);
    expect(got.refused).toBe(expected.refused);
    expect(kernel.poolState(pool)).toEqual(expected.pool);
    if (book !== undefined) {
      expect(firstDifference(kernel.book(), book)).toBe(-1);
      return;
    }
    const { realized, costChange, fee } = expected;
    const quantity = Number(expected.quantity);
    const handles = legHandles(kernel, pool);
    const stands = trade.leg === null ? handles[0] : handles[trade.leg];
    const leg = quantity === 0 ? null : stands;
    expect(got).toEqual({ refused: null, leg, quantity, realized, costChange, fee });
  });
}

const POOLS = [
  { size: "realistic", arbitrary: realisticPool, count: 300 },
  { size: "full range", arbitrary: fullRangePool, count: 400 },
  { size: "tiny", arbitrary: tinyPool, count: 200 },
] as const;

describe.each(BUILDS)("a trade in the $name build", (build) => {
  it.each(POOLS)("invariant 1: is the twin's in $size pools", ({ arbitrary, count }) => {
    const kernel = openKernel(build);
    const filled = arbitrary.filter(({ legs }) => legs.length > 0);
    fc.assert(
      fc.property(filled, rawTrade, fc.boolean(), (state, raw, inclusive) => {
        checkTrade(kernel, state, raw, inclusive);
      }),
      runs(count),
    );
  });
});

describe.each(BUILDS)("the edges of a trade in the $name build", (build) => {
  const table = tableOf({ rows: [{ floor: 0n, rate: 10_000, initialRate: 100_000 }] });
  const terms = { inverse: false, numerator: 1n, divisor: 3n };

  /** A slot at 100 with a third of a unit a price unit, and a pool of 1,000,000 without legs. */
  function create(collateral = 1_000_000n) {
    const kernel = openKernel(build);
    const priceSlot = kernel.createPrice(terms);
    kernel.setMark(priceSlot, 100);
    const handle = kernel.createTable(table);
    const pool = kernel.createPool(collateral, 0, 0);
    return { kernel, order: { pool, priceSlot, table: handle, price: 100, admit: true } };
  }

  it("rounds against the account: cost and removed cost up, worth down", () => {
    const { kernel, order } = create();
    const opened = kernel.trade({ ...order, quantity: 7 });
    expect(opened).toEqual({ leg: 0, quantity: 7, realized: 0n, costChange: 234n, fee: 0n });
    // 234·3/7 = 100.3 → 101; 3·101/3 = 101.
    const reduced = kernel.trade({ ...order, leg: 0, quantity: -3, price: 101 });
    expect(reduced).toEqual({ leg: 0, quantity: 4, realized: 0n, costChange: -101n, fee: 0n });
    // −(⌊4·100/3⌋ = 133) stands in for 133 1/3; the new short is paid ⌊2·100/3⌋ = 66.
    const flipped = kernel.trade({ ...order, leg: 0, quantity: -6 });
    expect(flipped).toEqual({ leg: 0, quantity: -2, realized: 0n, costChange: -199n, fee: 0n });
    // 2·100/3 = 66.7 is bought back for 67.
    const closed = kernel.trade({ ...order, leg: 0, quantity: 2 });
    expect(closed).toEqual({ leg: null, quantity: 0, realized: -1n, costChange: 66n, fee: 0n });
    expect(kernel.collateral(order.pool)).toBe(999_999n);
    expect(kernel.legTotal).toBe(0);
  });

  it("reckons a rate's fee part by part, up, and a rebate down", () => {
    const { kernel, order } = create();
    // 33 1/3 at 1e-8 is one unit; 1e8 is all of it.
    const fee = (feeRateE8: number, quantity: number, leg = -1) =>
      kernel.trade({ ...order, leg, quantity, feeRateE8 }).fee;
    expect(fee(1, 1)).toBe(1n);
    expect(fee(100_000_000, 1, 0)).toBe(34n);
    expect(fee(-100_000_000, 1, 0)).toBe(-33n);
    expect(fee(-1, 1, 0)).toBe(0n);
    // Closes 4 (133 1/3) and opens 1 (33 1/3): 134 + 34.
    expect(fee(100_000_000, -5, 0)).toBe(168n);
  });

  it("admits to the last unit of margin and reserve", () => {
    // 300 units are worth 10,000; their initial margin is a tenth.
    const { kernel, order } = create(1_000n);
    const trade = { ...order, quantity: 300 };
    const refusal = (extra: object) => () => kernel.trade({ ...trade, ...extra });
    expect(refusal({ fee: 1n })).toThrow(expect.objectContaining({ code: "BELOW_INITIAL_MARGIN" }));
    expect(refusal({ reserve: 1n })).toThrow(
      expect.objectContaining({ code: "BELOW_INITIAL_MARGIN" }),
    );
    expect(refusal({ quantity: 303 })).toThrow(
      expect.objectContaining({ code: "BELOW_INITIAL_MARGIN" }),
    );
    // A thousandfold leverage asks for 10; the requirement is 100.
    const bare = { leverageMilli: 1_000_000, fee: 901n };
    expect(refusal(bare)).toThrow(expect.objectContaining({ code: "WOULD_LIQUIDATE" }));
    expect(kernel.legTotal).toBe(0);
    expect(kernel.trade(trade).quantity).toBe(300);
    expect(kernel.leverageMilli(0)).toBe(0);
  });

  it("takes reductions whatever they leave, and trades that do not ask", () => {
    const { kernel, order } = create(1_000n);
    const leg = kernel.trade({ ...order, quantity: 300 }).leg ?? -1;
    const ruined = kernel.trade({ ...order, leg, quantity: -1, price: 1, fee: 5_000_000n });
    expect(ruined.quantity).toBe(299);
    expect(kernel.collateral(order.pool)).toBeLessThan(0n);
    expect(kernel.trade({ ...order, leg, quantity: 1, admit: false }).quantity).toBe(300);
  });

  it("leaves the money to the caller where told so", () => {
    const { kernel, order } = create();
    const leg = kernel.trade({ ...order, quantity: 300, fee: 7n, legOnly: true }).leg ?? -1;
    const gone = kernel.trade({ ...order, leg, quantity: -300, price: 103, legOnly: true });
    expect(gone).toEqual({ leg: null, quantity: 0, realized: 300n, costChange: -10_000n, fee: 0n });
    expect(kernel.collateral(order.pool)).toBe(1_000_000n);
  });

  it("refuses legs and records that are not there, and what is no trade", () => {
    const { kernel, order } = create();
    const leg = kernel.trade({ ...order, quantity: 3 }).leg ?? -1;
    const other = kernel.createPool(0n, 1, 0);
    const slot = kernel.createPrice(terms);
    const refused = [
      { pool: 99 },
      { priceSlot: 99 },
      { table: 99 },
      { leg: 99 },
      { leg, pool: other },
      { leg, priceSlot: slot },
      { quantity: 0 },
      { quantity: 0.5 },
      { quantity: 2 ** 53 },
      { price: 0 },
      { price: 1.5 },
      { leverageMilli: 2 ** 32 },
      { feeRateE8: 100_000_001 },
      { fee: 0.5 },
      { reserve: 2n ** 63n },
    ];
    const book = kernel.book();
    for (const wrong of refused) {
      expect(() => kernel.trade({ ...order, quantity: 1, ...wrong })).toThrow(RangeError);
    }
    const unmarked = { ...order, priceSlot: slot, quantity: 1 };
    expect(() => kernel.trade(unmarked)).toThrow(expect.objectContaining({ code: "NO_MARK" }));
    expect(firstDifference(kernel.book(), book)).toBe(-1);
  });

  it("gives a new leg up where there is no room", () => {
    const { kernel, order } = create();
    const unasked = { ...order, quantity: 1, admit: false };
    // A pool holds 65,535 legs.
    for (let legs = 0; legs < layout.MAX_LEGS_PER_POOL; legs++) kernel.trade(unasked);
    const collateral = kernel.collateral(order.pool);
    expect(() => kernel.trade({ ...unasked, fee: 1n })).toThrow(
      expect.objectContaining({ code: "CAPACITY" }),
    );
    expect(kernel.collateral(order.pool)).toBe(collateral);
    expect(kernel.legTotal).toBe(layout.MAX_LEGS_PER_POOL);
  });
});

describe.each(BUILDS)("trades by the row in the $name build", (build) => {
  const table = tableOf({ rows: [{ floor: 0n, rate: 10_000, initialRate: 100_000 }] });

  /** Pools of 1,000 with the tags 8 and 12 in the chains of three owners, the third of which also has tag 21; one price, at 100. */
  function create() {
    const kernel = openKernel(build);
    const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    kernel.setMark(slot, 100);
    const handle = kernel.createTable(table);
    const chains = [0, 1, 2].map((owner) => {
      const tags = owner === 2 ? [8, 12, 21] : [8, 12];
      return tags.reduce((next, tag) => {
        const pool = kernel.createPool(1_000n, owner, tag);
        kernel.setNextOfOwner(pool, next);
        return pool;
      }, -1);
    });
    const put = (row: number, pool: number, quantity: number, sign = 0): void => {
      const rows = kernel.tradeRows;
      rows.pool[row] = pool;
      rows.tag[row] = 8;
      rows.notTag[row] = 21;
      rows.norTag[row] = 23;
      rows.slot[row] = slot;
      rows.sign[row] = sign;
      rows.quantity[row] = quantity;
      rows.price[row] = 100;
      rows.fee[row] = 1;
      rows.table[row] = handle;
    };
    return { kernel, slot, handle, chains: chains as [number, number, number], put };
  }

  it("finds the owner's pool by its tag, and none where another tag forbids it", () => {
    const { kernel, chains, put } = create();
    const [first, second, third] = chains;
    [first, second, third, -1].forEach((pool, row) => {
      put(row, pool, 1);
    });
    kernel.locateRows(0, 4);
    const { pool, held, leverage } = kernel.tradeRows;
    expect([...pool.subarray(0, 4)]).toEqual([0, 2, -1, -1]);
    expect([held[0], leverage[0]]).toEqual([0, 0]);
  });

  it("finds legs by slot and sign, and tells what they are", () => {
    const { kernel, slot, handle, chains, put } = create();
    const other = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    const short = kernel.createLeg(0, slot, handle, -3, -(2n ** 60n) - 1n, 5_000);
    const long = kernel.createLeg(0, slot, handle, 4, 400n, 0);
    kernel.createLeg(0, other, handle, 9, 900n, 0);
    [0, 1, -1].forEach((sign, row) => {
      put(row, chains[0], 1, sign);
    });
    kernel.locateRows(0, 3);
    const { held, cost, leverage } = kernel.tradeRows;
    expect([...held.subarray(0, 3)]).toEqual([4, 4, -3]);
    expect([...cost.subarray(0, 3)]).toEqual([400, 400, -(2 ** 60)]);
    expect([...leverage.subarray(0, 3)]).toEqual([0, 0, 5_000]);
    expect([kernel.findLeg(0, slot, 1), kernel.findLeg(0, slot, -1)]).toEqual([long, short]);
    expect(kernel.findLeg(0, 99, 0)).toBe(-1);
  });

  it("trades in order, passes what is not admitted and stops at what is no trade", () => {
    const { kernel, chains, put } = create();
    const [first, second] = chains;
    const quantities = [50, 500, 0.5, 7];
    quantities.forEach((quantity, row) => {
      put(row, row === 0 ? first : second, quantity);
    });
    kernel.locateRows(0, 4);
    expect(kernel.tradeLocated(0, 4, false)).toBe(2);
    const { status, realized, chargedHalves, costChangeHalves } = kernel.tradeRows;
    expect([...status.subarray(0, 3)]).toEqual([
      0,
      layout.STATUS_BELOW_INITIAL,
      layout.STATUS_RANGE,
    ]);
    expect([...realized.subarray(0, 3)]).toEqual([0n, 0n, 0n]);
    expect([chargedHalves[0], costChangeHalves[0]]).toEqual([1, 5_000]);
    expect([kernel.collateral(0), kernel.collateral(2), kernel.legTotal]).toEqual([
      999n,
      1_000n,
      1,
    ]);
    expect(kernel.tradeLocated(3, 4, false)).toBe(4);
    expect(kernel.legTotal).toBe(2);
    for (const [price, fee] of [
      [Number.NaN, 1],
      [0, 1],
      [1.5, 1],
      [100, 2 ** 53],
      [100, Number.POSITIVE_INFINITY],
    ] as const) {
      kernel.tradeRows.price[3] = price;
      kernel.tradeRows.fee[3] = fee;
      expect(kernel.tradeLocated(3, 4, false)).toBe(3);
    }
    expect(kernel.tradeLocated(3, 99, false)).toBe(3);
  });

  it("gives live views after memory has grown", () => {
    const { kernel, chains, put } = create();
    kernel.setCollateral(0, 10n ** 15n);
    const before = kernel.tradeRows;
    const bytes = kernel.memoryBytes;
    put(0, chains[0], 1);
    while (kernel.memoryBytes === bytes) {
      for (let leg = 0; leg < 1_000; leg++) kernel.createPool(0n, 9, 0);
    }
    expect(before.quantity.length).toBe(0);
    kernel.locateRows(0, 1);
    expect(kernel.tradeLocated(0, 1, false)).toBe(1);
    expect([kernel.tradeRows.quantity[0], kernel.quantity(0)]).toEqual([1, 1]);
  });
});
