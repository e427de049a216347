// The boundary: the only file that knows there is a WebAssembly memory. It checks every argument, turns statuses into
// errors, reads figures out of the mailbox of results, and remakes its views after memory has grown. Above it there are only
// integer handles and plain numbers.
import {
  AmountHalves,
  MAX_U32,
  requireBigint,
  requireBoolean,
  requireHandle,
  requireInteger,
  requireOneOf,
  requireQuantity,
} from "./arguments.ts";
import { RiskError } from "./errors.ts";
import { type KernelExports, refuseExports } from "./exports.ts";
import { instantiateKernel } from "./instance.ts";
import { kernelFailure, type RecordKind } from "./kernel-failure.ts";
import { KernelRecords } from "./kernel-records.ts";
import * as layout from "./layout.ts";
import {
  type BracketTable,
  type Direction,
  type LegAmounts,
  type LegFigures,
  MAX_AMOUNT,
  type PoolFigures,
  type PriceTerms,
} from "./model.ts";
import { requireTable } from "./table-rules.ts";

/** Which build, and how much memory. */
export interface KernelOptions {
  /** Another build of the kernel (tests run the debug build, a host may stream its own); default: the embedded release build. */
  readonly wasm?: Uint8Array | WebAssembly.Module;
  /**
   * Refuse to grow past this many bytes (whole 64 KiB pages); default and maximum 4 GiB. About 11 MiB of it is kept for the map and
   * for the screen, so that a full kernel can still be scanned: below 12 MiB nothing fits.
   */
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
export class Kernel extends KernelRecords {
  #exports: KernelExports;
  readonly #amount = new AmountHalves();
  /** Counts scans: only the last one's list is in memory. */
  #scans = 0;

  constructor(options: KernelOptions = {}) {
    const limit = options.memoryLimitBytes ?? layout.MAX_PAGES * PAGE_BYTES;
    requireInteger(limit, 0, layout.MAX_PAGES * PAGE_BYTES, "memoryLimitBytes");
    const exports = instantiateKernel(options.wasm, (cause) => this.#die(cause));
    const status = exports.initialize(Math.floor(limit / PAGE_BYTES));
    super(exports.memory);
    this.#exports = exports;
    if (status < 0) throw this.#failure(status, "pool", -1);
  }

  // ── prices ────────────────────────────────────────────────────────────────────────────────────────

  /** A price slot; its mark is unset until {@link setMark}. numerator 1 .. 2^64-1, divisor 1 .. 2^63-1. */
  createPrice(terms: PriceTerms): number {
    requireBigint(terms.numerator, 1n, 2n ** 64n - 1n, "terms.numerator");
    requireBigint(terms.divisor, 1n, MAX_AMOUNT, "terms.divisor");
    requireBoolean(terms.inverse, "terms.inverse");
    this.#amount.setBits(terms.numerator);
    const { low, high } = this.#amount;
    this.#amount.setBits(terms.divisor);
    const slot = this.#exports.createPrice(
      terms.inverse ? 1 : 0,
      low,
      high,
      this.#amount.low,
      this.#amount.high,
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

  setMark(slot: number, price: number): void {
    requireInteger(price, 1, this.maxPrice(slot), "price");
    this.#done(this.#exports.setMark(slot, price), "price slot", slot);
  }

  /** Makes the trial prices equal to the marks. */
  copyMarksToTrial(): void {
    const { f64 } = this.current();
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
    this.current().postTable(table);
  }

  // ── pools ─────────────────────────────────────────────────────────────────────────────────────────

  /** `owner` and `tag` are the caller's own unsigned 32-bit numbers. */
  createPool(collateral: bigint | number, owner: number, tag: number): number {
    this.#amount.set(collateral, "collateral");
    requireInteger(owner, 0, MAX_U32, "owner");
    requireInteger(tag, 0, MAX_U32, "tag");
    return this.#handle(
      this.#exports.createPool(this.#amount.low, this.#amount.high, owner, tag),
      "pool",
      -1,
    );
  }

  /** Removes the pool and its legs. */
  removePool(pool: number): void {
    this.#done(this.#exports.removePool(requireHandle(pool, "pool")), "pool", pool);
  }

  setCollateral(pool: number, collateral: bigint | number): void {
    this.#amount.set(collateral, "collateral");
    const status = this.#exports.setCollateral(
      requireHandle(pool, "pool"),
      this.#amount.low,
      this.#amount.high,
    );
    this.#done(status, "pool", pool);
  }

  setNextOfOwner(pool: number, next: number): void {
    requireInteger(next, -1, 2 ** 31 - 1, "next");
    this.current().i32[(this.views.owner(pool) + layout.OWNER_NEXT) / 4] = next;
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
    const views = this.current();
    requireHandle(pool, "pool");
    requireHandle(priceSlot, "slot");
    requireHandle(table, "table");
    this.#requireTerms(quantity, cost, leverageMilli);
    const { createLeg } = this.#exports;
    const low = this.#amount.low;
    const leg = createLeg(pool, priceSlot, table, quantity, low, this.#amount.high, leverageMilli);
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
    this.current().table(table);
    this.#requireTerms(quantity, cost, leverageMilli);
    const { setLeg } = this.#exports;
    this.#done(
      setLeg(leg, table, quantity, this.#amount.low, this.#amount.high, leverageMilli),
      "leg",
      leg,
    );
  }

  moveLeg(leg: number, toPool: number): void {
    requireHandle(leg, "leg");
    this.current().pool(toPool);
    this.#done(this.#exports.moveLeg(leg, toPool), "leg", leg);
  }

  removeLeg(leg: number): void {
    this.#done(this.#exports.removeLeg(requireHandle(leg, "leg")), "leg", leg);
  }

  // ── figures and searches ──────────────────────────────────────────────────────────────────────────

  /** Equality of equity and requirement liquidates (true), or only less does (false, the default). */
  setInclusive(inclusive: boolean): void {
    requireBoolean(inclusive, "inclusive");
    this.current().u32[layout.HEADER_INCLUSIVE / 4] = inclusive ? 1 : 0;
  }

  /** Figures of the pool at the marks, in quote units. */
  poolFigures(pool: number): PoolFigures {
    this.#done(this.#exports.poolFigures(requireHandle(pool, "pool")), "pool", pool);
    const { i64, i32 } = this.views;
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
    const { i64, i32 } = this.views;
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

  /** The same figures without a bigint where a number is exact, for who only prints them. */
  legAmounts(leg: number): LegAmounts {
    this.#done(this.#exports.legFigures(requireHandle(leg, "leg")), "leg", leg);
    const { views } = this;
    return {
      value: views.amount(layout.RESULT + layout.RESULT_LEG_VALUE),
      notional: views.amount(layout.RESULT + layout.RESULT_LEG_NOTIONAL),
      maintenanceMargin: views.amount(layout.RESULT + layout.RESULT_LEG_MAINTENANCE),
      initialMargin: views.amount(layout.RESULT + layout.RESULT_LEG_INITIAL),
      closeFee: views.amount(layout.RESULT + layout.RESULT_LEG_FEE),
      haircut: views.amount(layout.RESULT + layout.RESULT_LEG_HAIRCUT),
      bracket: views.i32[(layout.RESULT + layout.RESULT_LEG_BRACKET) / 4] as number,
    };
  }

  /** Nearest price of the slot, in price units, at which the pool is liquidatable with all else held still; null for none. */
  liquidationPrice(pool: number, priceSlot: number, direction: Direction): number | null {
    requireHandle(pool, "pool");
    requireHandle(priceSlot, "slot");
    const up = requireOneOf(direction, "up", "down", "direction") ? 1 : 0;
    return this.#found(this.#exports.liquidationPrice(pool, priceSlot, up), pool, priceSlot);
  }

  /** As {@link liquidationPrice}, with equity <= 0 in place of liquidatable. */
  bankruptcyPrice(pool: number, priceSlot: number, direction: Direction): number | null {
    requireHandle(pool, "pool");
    requireHandle(priceSlot, "slot");
    const up = requireOneOf(direction, "up", "down", "direction") ? 1 : 0;
    return this.#found(this.#exports.bankruptcyPrice(pool, priceSlot, up), pool, priceSlot);
  }

  /** Least shock, in parts per million, against every leg at once at which the pool is liquidatable; null for none. */
  jointShock(pool: number): number | null {
    return this.#found(this.#exports.jointShock(requireHandle(pool, "pool")), pool);
  }

  #found(answer: number, pool: number, priceSlot = layout.NONE): number | null {
    if (answer >= 0) return answer;
    if (answer === layout.NONE) return null;
    // The export says only that something is missing: this says what.
    if (priceSlot !== layout.NONE) this.#requireFollowed(pool, priceSlot);
    throw this.#failure(answer, "pool", pool);
  }

  // ── scans ─────────────────────────────────────────────────────────────────────────────────────────

  /** Brings the screen up to date; {@link scan} does it too. Separate so that it can be timed as part of a load. */
  prepare(): void {
    this.#done(this.#exports.prepare(), "pool", -1);
  }

  /** All liquidatable pools at the marks (or at the trial prices), in the order of the screen. */
  scan(at: "marks" | "trial" = "marks"): KernelScan {
    const count = this.#exports.scan(requireOneOf(at, "trial", "marks", "at") ? 1 : 0);
    this.views.refresh();
    const scan = ++this.#scans;
    if (count < 0) {
      const pool = this.current().header(layout.HEADER_FAULT_POOL);
      throw this.#failure(count, "pool", pool);
    }
    const exactEvaluations = this.current().header(layout.HEADER_EXACT);
    return { count, exactEvaluations, copyTo: (target) => this.#copyResults(target, count, scan) };
  }

  /** The pool that stopped a scan which threw VALUE_OUT_OF_RANGE or NO_MARK last. */
  get faultPool(): number {
    return this.current().header(layout.HEADER_FAULT_POOL);
  }

  #copyResults(target: Uint32Array, count: number, scan: number): Uint32Array {
    if (scan !== this.#scans) throw new RangeError("the result list belongs to a later scan");
    this.current().copyResults(target, count);
    return target;
  }

  /** Refuses a search in a pool or along a price that is not there, or that no leg of the pool follows. */
  #requireFollowed(pool: number, priceSlot: number): void {
    this.current().pool(pool);
    this.current().price(priceSlot);
    for (let leg = this.firstLeg(pool); leg !== layout.NONE; leg = this.nextLeg(leg)) {
      if (this.legPrice(leg) === priceSlot) return;
    }
    throw new RiskError("BAD_VALUE", "no leg of the pool follows this price slot", {
      value: priceSlot,
    });
  }

  /** After a trap no export is called again. */
  #die(cause: unknown): never {
    this.#exports = refuseExports(this.#exports, () => this.poison(cause));
    return this.poison(cause);
  }

  // ── arguments and statuses ────────────────────────────────────────────────────────────────────────

  #requireTerms(quantity: number, cost: bigint | number, leverageMilli: number): void {
    requireQuantity(quantity);
    requireInteger(leverageMilli, 0, MAX_U32, "leverageMilli");
    this.#amount.set(cost, "cost");
  }

  #done(status: number, kind: RecordKind, handle: number): void {
    if (status !== layout.STATUS_OK) throw this.#failure(status, kind, handle);
    this.views.refresh();
  }

  /** A handle or figure that an export returned, or the failure it stands for. */
  #handle(result: number, kind: RecordKind, handle: number): number {
    if (result < 0) throw this.#failure(result, kind, handle);
    this.views.refresh();
    return result;
  }

  #failure(status: number, kind: RecordKind, handle: number): Error {
    this.views.refresh();
    return kernelFailure(status, kind, handle, this.memoryBytes);
  }
}
