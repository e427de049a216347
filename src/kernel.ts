// The boundary: the only file that knows there is a WebAssembly memory. It checks every argument, turns statuses into
// errors, reads figures out of the mailbox of results, and remakes its views after memory has grown. Above it there are only
// integer handles and plain numbers.
import {
  MAX_U32,
  requireBigint,
  requireHandle,
  requireInteger,
  requireQuantity,
} from "./arguments.ts";
import { RiskError } from "./errors.ts";
import type { KernelExports } from "./exports.ts";
import { instantiateKernel } from "./instance.ts";
import * as layout from "./layout.ts";
import { MemoryViews } from "./memory-views.ts";
import {
  type BracketTable,
  type Direction,
  type LegFigures,
  type LegState,
  MAX_AMOUNT,
  type PoolFigures,
  type PoolState,
  type PriceTerms,
} from "./model.ts";
import { requireTable } from "./table-rules.ts";

/** Which build, and how much memory. */
export interface KernelOptions {
  /** Another build of the kernel (tests run the debug build, a host may stream its own); default: the embedded release build. */
  readonly wasm?: Uint8Array | WebAssembly.Module;
  /** Refuse to grow past this many bytes (whole 64 KiB pages); default and maximum 4 GiB. */
  readonly memoryLimitBytes?: number;
}

/** Result of a scan: handles of liquidatable pools, in the kernel's memory until the next scan. */
export interface KernelScan {
  readonly count: number;
  /** Pools the screen could not decide and the exact path judged. */
  readonly exactEvaluations: number;
  /** Copies the handles into `target` (length >= count) and returns it. */
  copyTo(target: Uint32Array): Uint32Array;
}

const PAGE_BYTES = 65_536;
const TWO_32 = 4_294_967_296;
const MIN_AMOUNT = -MAX_AMOUNT - 1n;

/** What a handle is, for messages. */
type RecordKind = "pool" | "leg" | "price slot" | "table";

/**
 * One instance of the kernel with its own memory: price slots, bracket tables, pools and legs by 32-bit handle, exact
 * figures, searches and scans. Handles are used again after removal; a stale one is refused only while it is free.
 *
 * @throws TypeError and RangeError for arguments of the wrong type or range; RiskError CAPACITY at the memory limit (nothing is
 * lost), VALUE_OUT_OF_RANGE where a figure does not fit 2^63 - 1, NO_MARK where a price was never set, POISONED after a trap
 * @example
 * const kernel = new Kernel();
 * const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
 * kernel.setMark(slot, 100);
 * kernel.mark(slot) // => 100
 */
export class Kernel {
  readonly #exports: KernelExports;
  #poisoned: unknown;
  readonly #views: MemoryViews;
  // A 64-bit amount on its way in, as the two halves the exports take.
  readonly #amount = new BigInt64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#amount.buffer);
  #low = 0;
  #high = 0;

  constructor(options: KernelOptions = {}) {
    const limit = options.memoryLimitBytes ?? layout.MAX_PAGES * PAGE_BYTES;
    requireInteger(limit, 0, layout.MAX_PAGES * PAGE_BYTES, "memoryLimitBytes");
    this.#exports = instantiateKernel(options.wasm, (cause) => this.#poison(cause));
    const status = this.#exports.initialize(Math.floor(limit / PAGE_BYTES));
    this.#views = new MemoryViews(this.#exports.memory);
    if (status < 0) throw this.#failure(status, "pool", -1);
  }

  // ── prices ────────────────────────────────────────────────────────────────────────────────────────

  /** A price slot; its mark is unset until {@link setMark}. numerator 1 .. 2^64-1, divisor 1 .. 2^63-1. */
  createPrice(terms: PriceTerms): number {
    requireBigint(terms.numerator, 1n, 2n ** 64n - 1n, "terms.numerator");
    requireBigint(terms.divisor, 1n, MAX_AMOUNT, "terms.divisor");
    this.#amount[0] = BigInt.asIntN(64, terms.numerator);
    const low = this.#halves[0] as number;
    const high = this.#halves[1] as number;
    this.#amount[0] = terms.divisor;
    const slot = this.#exports.createPrice(
      terms.inverse ? 1 : 0,
      low,
      high,
      this.#halves[0] as number,
      this.#halves[1] as number,
    );
    return this.#handle(slot, "price slot", -1);
  }

  /** Refused (BAD_VALUE) while a leg follows it. */
  removePrice(slot: number): void {
    this.#done(this.#exports.removePrice(requireHandle(slot, "slot")), "price slot", slot);
  }

  /** Largest price the slot takes. */
  maxPrice(slot: number): number {
    const price = this.#exports.maxPrice(requireHandle(slot, "slot"));
    return this.#handle(price, "price slot", slot);
  }

  /** The mark in price units; 0 where never set. */
  mark(slot: number): number {
    const views = this.#current();
    views.price(slot);
    return views.f64[layout.MARKS / 8 + slot] as number;
  }

  setMark(slot: number, price: number): void {
    requireInteger(price, 1, this.maxPrice(slot), "price");
    this.#done(this.#exports.setMark(slot, price), "price slot", slot);
  }

  /** Makes the trial prices equal to the marks. */
  copyMarksToTrial(): void {
    const { f64 } = this.#current();
    const marks = layout.MARKS / 8;
    f64.copyWithin(layout.TRIALS / 8, marks, marks + layout.MAX_PRICES);
  }

  /** A price of the second vector, for what-if scans. */
  setTrial(slot: number, price: number): void {
    requireInteger(price, 1, this.maxPrice(slot), "price");
    this.#done(this.#exports.setTrial(slot, price), "price slot", slot);
  }

  // ── bracket tables ────────────────────────────────────────────────────────────────────────────────

  createTable(table: BracketTable): number {
    this.#post(table);
    return this.#handle(this.#exports.createTable(), "table", -1);
  }

  /** New terms for every leg on the table: one pass over the legs. */
  replaceTable(table: number, next: BracketTable): void {
    requireHandle(table, "table");
    this.#post(next);
    this.#done(this.#exports.replaceTable(table), "table", table);
  }

  /** Refused (BAD_VALUE) while a leg uses it. */
  removeTable(table: number): void {
    this.#done(this.#exports.removeTable(requireHandle(table, "table")), "table", table);
  }

  #post(table: BracketTable): void {
    requireTable(table);
    this.#current().postTable(table);
  }

  // ── pools ─────────────────────────────────────────────────────────────────────────────────────────

  /** `owner` and `tag` are the caller's own unsigned 32-bit numbers. */
  createPool(collateral: bigint | number, owner: number, tag: number): number {
    this.#split(collateral, "collateral");
    requireInteger(owner, 0, MAX_U32, "owner");
    requireInteger(tag, 0, MAX_U32, "tag");
    return this.#handle(this.#exports.createPool(this.#low, this.#high, owner, tag), "pool", -1);
  }

  /** Removes the pool and its legs. */
  removePool(pool: number): void {
    this.#done(this.#exports.removePool(requireHandle(pool, "pool")), "pool", pool);
  }

  collateral(pool: number): bigint {
    return this.#current().i64[(this.#views.pool(pool) + layout.POOL_COLLATERAL) / 8] as bigint;
  }

  setCollateral(pool: number, collateral: bigint | number): void {
    this.#split(collateral, "collateral");
    const status = this.#exports.setCollateral(requireHandle(pool, "pool"), this.#low, this.#high);
    this.#done(status, "pool", pool);
  }

  owner(pool: number): number {
    return this.#current().u32[(this.#views.owner(pool) + layout.OWNER_OWNER) / 4] as number;
  }

  tag(pool: number): number {
    return this.#current().u32[(this.#views.owner(pool) + layout.OWNER_TAG) / 4] as number;
  }

  /** The caller's own link to another pool; -1 at first. */
  nextOfOwner(pool: number): number {
    return this.#current().i32[(this.#views.owner(pool) + layout.OWNER_NEXT) / 4] as number;
  }

  setNextOfOwner(pool: number, next: number): void {
    requireInteger(next, -1, 2 ** 31 - 1, "next");
    this.#current().i32[(this.#views.owner(pool) + layout.OWNER_NEXT) / 4] = next;
  }

  legCount(pool: number): number {
    return this.#current().u16[(this.#views.pool(pool) + layout.POOL_LEGS) / 2] as number;
  }

  /** First leg of the pool, newest first, or -1. */
  firstLeg(pool: number): number {
    return this.#current().i32[(this.#views.pool(pool) + layout.POOL_FIRST_LEG) / 4] as number;
  }

  /** The leg after this one in its pool, or -1. */
  nextLeg(leg: number): number {
    return this.#current().i32[(this.#views.leg(leg) + layout.LEG_NEXT) / 4] as number;
  }

  // ── legs ──────────────────────────────────────────────────────────────────────────────────────────

  /** quantity: a safe integer other than 0; cost: the signed entry notional; leverage in thousandths, 0 for the bracket's initial rate. */
  createLeg(
    pool: number,
    priceSlot: number,
    table: number,
    quantity: number,
    cost: bigint | number,
    leverageMilli: number,
  ): number {
    const views = this.#current();
    requireHandle(pool, "pool");
    requireHandle(priceSlot, "slot");
    requireHandle(table, "table");
    this.#requireTerms(quantity, cost, leverageMilli);
    const { createLeg } = this.#exports;
    const low = this.#low;
    const leg = createLeg(pool, priceSlot, table, quantity, low, this.#high, leverageMilli);
    if (leg === layout.STATUS_NO_RECORD) {
      // The export says only that one of the three is missing: these say which.
      views.price(priceSlot);
      views.table(table);
    }
    return this.#handle(leg, "pool", pool);
  }

  setLeg(
    leg: number,
    table: number,
    quantity: number,
    cost: bigint | number,
    leverageMilli: number,
  ): void {
    requireHandle(leg, "leg");
    this.#current().table(table);
    this.#requireTerms(quantity, cost, leverageMilli);
    const { setLeg } = this.#exports;
    this.#done(setLeg(leg, table, quantity, this.#low, this.#high, leverageMilli), "leg", leg);
  }

  moveLeg(leg: number, toPool: number): void {
    requireHandle(leg, "leg");
    this.#current().pool(toPool);
    this.#done(this.#exports.moveLeg(leg, toPool), "leg", leg);
  }

  removeLeg(leg: number): void {
    this.#done(this.#exports.removeLeg(requireHandle(leg, "leg")), "leg", leg);
  }

  legPool(leg: number): number {
    return this.#current().i32[(this.#views.leg(leg) + layout.LEG_POOL) / 4] as number;
  }

  legPrice(leg: number): number {
    return this.#current().u16[(this.#views.leg(leg) + layout.LEG_PRICE) / 2] as number;
  }

  legTable(leg: number): number {
    return this.#current().u16[(this.#views.leg(leg) + layout.LEG_TABLE) / 2] as number;
  }

  quantity(leg: number): number {
    return this.#current().f64[(this.#views.leg(leg) + layout.LEG_QUANTITY) / 8] as number;
  }

  cost(leg: number): bigint {
    return this.#current().i64[(this.#views.leg(leg) + layout.LEG_COST) / 8] as bigint;
  }

  leverageMilli(leg: number): number {
    return this.#current().u32[(this.#views.leg(leg) + layout.LEG_LEVERAGE) / 4] as number;
  }

  // ── figures and searches ──────────────────────────────────────────────────────────────────────────

  /** Equality of equity and requirement liquidates (true), or only less does (false, the default). */
  setInclusive(inclusive: boolean): void {
    this.#current().u32[layout.HEADER_INCLUSIVE / 4] = inclusive ? 1 : 0;
  }

  /** Figures of the pool at the marks, in quote units. */
  poolFigures(pool: number): PoolFigures {
    this.#done(this.#exports.poolFigures(requireHandle(pool, "pool")), "pool", pool);
    const { i64, i32 } = this.#views;
    const at = layout.RESULT / 8;
    return {
      equity: i64[at + layout.RESULT_EQUITY / 8] as bigint,
      maintenanceMargin: i64[at + layout.RESULT_MAINTENANCE / 8] as bigint,
      initialMargin: i64[at + layout.RESULT_INITIAL / 8] as bigint,
      closeFee: i64[at + layout.RESULT_FEE / 8] as bigint,
      clearance: i64[at + layout.RESULT_CLEARANCE / 8] as bigint,
      liquidatable: i32[(layout.RESULT + layout.RESULT_LIQUIDATABLE) / 4] === 1,
    };
  }

  /** Figures of one leg at its mark, in quote units. */
  legFigures(leg: number): LegFigures {
    this.#done(this.#exports.legFigures(requireHandle(leg, "leg")), "leg", leg);
    const { i64, i32 } = this.#views;
    const at = layout.RESULT / 8;
    return {
      value: i64[at + layout.RESULT_LEG_VALUE / 8] as bigint,
      notional: i64[at + layout.RESULT_LEG_NOTIONAL / 8] as bigint,
      maintenanceMargin: i64[at + layout.RESULT_LEG_MAINTENANCE / 8] as bigint,
      initialMargin: i64[at + layout.RESULT_LEG_INITIAL / 8] as bigint,
      closeFee: i64[at + layout.RESULT_LEG_FEE / 8] as bigint,
      haircut: i64[at + layout.RESULT_LEG_HAIRCUT / 8] as bigint,
      bracket: i32[(layout.RESULT + layout.RESULT_LEG_BRACKET) / 4] as number,
    };
  }

  /** Nearest price of the slot, in price units, at which the pool is liquidatable with all else held still; null for none. */
  liquidationPrice(pool: number, priceSlot: number, direction: Direction): number | null {
    this.#requireFollowed(pool, priceSlot);
    const up = direction === "up" ? 1 : 0;
    return this.#found(this.#exports.liquidationPrice(pool, priceSlot, up), pool);
  }

  /** As {@link liquidationPrice}, with equity <= 0 in place of liquidatable. */
  bankruptcyPrice(pool: number, priceSlot: number, direction: Direction): number | null {
    this.#requireFollowed(pool, priceSlot);
    const up = direction === "up" ? 1 : 0;
    return this.#found(this.#exports.bankruptcyPrice(pool, priceSlot, up), pool);
  }

  /** Least shock, in parts per million, against every leg at once at which the pool is liquidatable; null for none. */
  jointShock(pool: number): number | null {
    return this.#found(this.#exports.jointShock(requireHandle(pool, "pool")), pool);
  }

  #found(answer: number, pool: number): number | null {
    if (answer >= 0) return answer;
    if (answer === layout.NONE) return null;
    throw this.#failure(answer, "pool", pool);
  }

  // ── scans ─────────────────────────────────────────────────────────────────────────────────────────

  /** Brings the screen up to date; {@link scan} does it too. Separate so that it can be timed as part of a load. */
  prepare(): void {
    this.#done(this.#exports.prepare(), "pool", -1);
  }

  /** All liquidatable pools at the marks (or at the trial prices), in the order of the screen. */
  scan(at: "marks" | "trial" = "marks"): KernelScan {
    const count = this.#exports.scan(at === "trial" ? 1 : 0);
    this.#views.refresh();
    if (count < 0) {
      const pool = this.#current().header(layout.HEADER_FAULT_POOL);
      throw this.#failure(count, "pool", pool);
    }
    const exactEvaluations = this.#current().header(layout.HEADER_EXACT);
    return { count, exactEvaluations, copyTo: (target) => this.#copyResults(target, count) };
  }

  #copyResults(target: Uint32Array, count: number): Uint32Array {
    const views = this.#current();
    if (views.header(layout.HEADER_RESULTS) !== count) {
      throw new RangeError("the result list belongs to a later scan");
    }
    views.copyResults(target, count);
    return target;
  }

  // ── totals and plain states ───────────────────────────────────────────────────────────────────────

  get poolCount(): number {
    return this.#current().header(layout.HEADER_LIVE_POOLS);
  }

  get legTotal(): number {
    return this.#current().header(layout.HEADER_LIVE_LEGS);
  }

  /** Bytes of linear memory held. */
  get memoryBytes(): number {
    return this.#views.byteLength;
  }

  /** Calls back with each live pool handle in ascending order; the callback must not create or remove pools. */
  forEachPool(visit: (pool: number) => void): void {
    const top = this.#current().header(layout.HEADER_TOP_POOL);
    for (let pool = 0; pool < top; pool++) {
      if (this.#current().poolLives(pool)) visit(pool);
    }
  }

  /** The pool as plain data, as the reference takes it; legs in the kernel's order. */
  poolState(pool: number): PoolState {
    const legs: LegState[] = [];
    for (let leg = this.firstLeg(pool); leg !== layout.NONE; leg = this.nextLeg(leg)) {
      legs.push(this.legState(leg));
    }
    return { collateral: this.collateral(pool), legs };
  }

  /** The leg as plain data, with the terms, mark and table it stands on. */
  legState(leg: number): LegState {
    const priceSlot = this.legPrice(leg);
    return {
      priceSlot,
      terms: this.#views.terms(priceSlot),
      price: this.mark(priceSlot),
      table: this.#views.bracketTable(this.legTable(leg)),
      quantity: this.quantity(leg),
      cost: this.cost(leg),
      leverageMilli: this.leverageMilli(leg),
    };
  }

  /** Refuses a search along a price that no leg of the pool follows. */
  #requireFollowed(pool: number, priceSlot: number): void {
    this.#current().price(priceSlot);
    for (let leg = this.firstLeg(pool); leg !== layout.NONE; leg = this.nextLeg(leg)) {
      if (this.legPrice(leg) === priceSlot) return;
    }
    throw new RiskError("BAD_VALUE", "no leg of the pool follows this price slot", {
      value: priceSlot,
    });
  }

  // ── arguments and statuses ────────────────────────────────────────────────────────────────────────

  #requireTerms(quantity: number, cost: bigint | number, leverageMilli: number): void {
    requireQuantity(quantity);
    requireInteger(leverageMilli, 0, MAX_U32, "leverageMilli");
    this.#split(cost, "cost");
  }

  /** The views; refused once the kernel has trapped. */
  #current(): MemoryViews {
    if (this.#poisoned !== undefined) this.#poison(this.#poisoned);
    return this.#views;
  }

  /** Splits an amount into #low and #high. */
  #split(amount: bigint | number, name: string): void {
    if (typeof amount === "number") {
      if (!Number.isSafeInteger(amount)) {
        throw new RangeError(`${name} as a number must be a safe integer, got ${amount}`);
      }
      this.#low = amount >>> 0;
      this.#high = Math.floor(amount / TWO_32);
      return;
    }
    requireBigint(amount, MIN_AMOUNT, MAX_AMOUNT, name);
    this.#amount[0] = amount;
    this.#low = this.#halves[0] as number;
    this.#high = this.#halves[1] as number;
  }

  #done(status: number, kind: RecordKind, handle: number): void {
    if (status !== layout.STATUS_OK) throw this.#failure(status, kind, handle);
    this.#views.refresh();
  }

  /** A handle or figure that an export returned, or the failure it stands for. */
  #handle(result: number, kind: RecordKind, handle: number): number {
    if (result < 0) throw this.#failure(result, kind, handle);
    this.#views.refresh();
    return result;
  }

  #failure(status: number, kind: RecordKind, handle: number): Error {
    this.#views.refresh();
    switch (status) {
      case layout.STATUS_CAPACITY:
        return new RiskError("CAPACITY", "the kernel's memory or a table of it is full", {
          value: `${this.memoryBytes} bytes held`,
          hint: "nothing was changed; remove records or raise memoryLimitBytes (at most 4 GiB)",
        });
      case layout.STATUS_NO_RECORD:
        return new RangeError(`no live ${kind} has the handle ${handle}`);
      case layout.STATUS_RANGE:
        return new RiskError("VALUE_OUT_OF_RANGE", `a figure does not fit a 64-bit amount`, {
          path: `${kind} ${handle}`,
        });
      case layout.STATUS_NO_MARK:
        return new RiskError("NO_MARK", "a price that is needed was never set", {
          path: `${kind} ${handle}`,
        });
      case layout.STATUS_IN_USE:
        return new RiskError("BAD_VALUE", `the ${kind} is in use`, { value: handle });
      default:
        return new RiskError("INTERNAL", "unknown status of the kernel", { value: status });
    }
  }

  #poison(cause: unknown): never {
    this.#poisoned ??= cause;
    throw new RiskError("POISONED", "the kernel trapped and its memory is not to be trusted", {
      hint: "this is a bug in underkeel; make a new engine from the book or a snapshot",
      cause,
    });
  }
}
