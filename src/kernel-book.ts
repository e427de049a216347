// The book half of the boundary: price slots, bracket tables, pools and legs go in and out of the kernel here. It checks every
// argument, turns statuses into errors, and remakes its views after memory has grown; src/kernel.ts asks the questions.
import {
  AmountHalves,
  MAX_U32,
  requireBigint,
  requireBoolean,
  requireHandle,
  requireInteger,
  requireQuantity,
} from "./arguments.ts";
import { type KernelExports, refuseExports } from "./exports.ts";
import { instantiateKernel } from "./instance.ts";
import { kernelFailure, type RecordKind } from "./kernel-failure.ts";
import type { KernelBinary } from "./kernel-module.ts";
import { KernelRecords } from "./kernel-records.ts";
import * as layout from "./layout.ts";
import { type BracketTable, MAX_AMOUNT, type PoolFigures, type PriceTerms } from "./model.ts";
import { requireTable } from "./table-rules.ts";

/** Which build, and how much memory. */
export interface KernelOptions {
  /** kernel.wasm of this version, compiled (see compileKernel) or as bytes; default: the build that is embedded in the package. */
  readonly wasm?: KernelBinary;
  /**
   * Refuse to grow past this many bytes (whole 64 KiB pages); default and maximum 4 GiB. Nearly 12 MiB of it is kept for the map and
   * for the screen, so that a full kernel can still be scanned: below 12 MiB nothing fits.
   */
  readonly memoryLimitBytes?: number;
}

/** New contents for a table. */
export interface TableReplacement {
  readonly table: number;
  readonly next: BracketTable;
}

const PAGE_BYTES = 65_536;

/** The writing half of a Kernel: every record, and what the methods above it share. */
export class KernelBook extends KernelRecords {
  protected exports: KernelExports;
  protected readonly amount: AmountHalves = new AmountHalves();

  constructor(options: KernelOptions = {}) {
    const limit = options.memoryLimitBytes ?? layout.MAX_PAGES * PAGE_BYTES;
    requireInteger(limit, 0, layout.MAX_PAGES * PAGE_BYTES, "memoryLimitBytes");
    const exports = instantiateKernel(options.wasm, (cause) => this.#die(cause));
    const status = exports.initialize(Math.floor(limit / PAGE_BYTES));
    super(exports.memory);
    this.exports = exports;
    if (status < 0) throw this.failure(status, "pool", -1);
  }

  // ── prices ────────────────────────────────────────────────────────────────────────────────────────

  /** A price slot; its mark is unset until {@link setMark}. numerator 1 .. 2^64-1, divisor 1 .. 2^63-1. */
  createPrice(terms: PriceTerms): number {
    requireBigint(terms.numerator, 1n, 2n ** 64n - 1n, "terms.numerator");
    requireBigint(terms.divisor, 1n, MAX_AMOUNT, "terms.divisor");
    requireBoolean(terms.inverse, "terms.inverse");
    this.amount.setBits(terms.numerator);
    const { low, high } = this.amount;
    this.amount.setBits(terms.divisor);
    const slot = this.exports.createPrice(
      terms.inverse ? 1 : 0,
      low,
      high,
      this.amount.low,
      this.amount.high,
    );
    return this.handle(slot, "price slot", -1);
  }

  /** Refused (BAD_VALUE) while a leg follows it. */
  removePrice(slot: number): void {
    this.done(this.exports.removePrice(requireHandle(slot, "slot")), "price slot", slot);
  }

  /** Largest price the slot takes. */
  maxPrice(slot: number): number {
    const price = this.exports.maxPrice(requireHandle(slot, "slot"));
    return this.handle(price, "price slot", slot);
  }

  setMark(slot: number, price: number): void {
    requireInteger(price, 1, this.maxPrice(slot), "price");
    this.done(this.exports.setMark(slot, price), "price slot", slot);
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
    this.done(this.exports.setTrial(slot, price), "price slot", slot);
  }

  // ── bracket tables ────────────────────────────────────────────────────────────────────────────────

  createTable(table: BracketTable): number {
    requireTable(table);
    this.current().postTable(table);
    return this.handle(this.exports.createTable(), "table", -1);
  }

  /** New terms for every leg on the table: one pass over the legs. */
  replaceTable(table: number, next: BracketTable): void {
    this.replaceTables([{ table, next }]);
  }

  /** The same for any number of tables in one pass; all are checked before the first is changed. Of two for one table the later holds. */
  replaceTables(entries: readonly TableReplacement[]): void {
    for (const { table, next } of entries) {
      this.current().table(table);
      requireTable(next);
    }
    for (const { table, next } of entries) {
      this.current().postTable(next);
      this.done(this.exports.refillTable(table), "table", table);
    }
    if (entries.length > 0) this.exports.takeInTables();
  }

  /** Refused (BAD_VALUE) while a leg uses it. */
  removeTable(table: number): void {
    this.done(this.exports.removeTable(requireHandle(table, "table")), "table", table);
  }

  // ── pools ─────────────────────────────────────────────────────────────────────────────────────────

  /** `owner` and `tag` are the caller's own unsigned 32-bit numbers. */
  createPool(collateral: bigint | number, owner: number, tag: number): number {
    this.amount.set(collateral, "collateral");
    requireInteger(owner, 0, MAX_U32, "owner");
    requireInteger(tag, 0, MAX_U32, "tag");
    return this.handle(
      this.exports.createPool(this.amount.low, this.amount.high, owner, tag),
      "pool",
      -1,
    );
  }

  /** Removes the pool and its legs. */
  removePool(pool: number): void {
    this.done(this.exports.removePool(requireHandle(pool, "pool")), "pool", pool);
  }

  setCollateral(pool: number, collateral: bigint | number): void {
    this.amount.set(collateral, "collateral");
    const status = this.exports.setCollateral(
      requireHandle(pool, "pool"),
      this.amount.low,
      this.amount.high,
    );
    this.done(status, "pool", pool);
  }

  setNextOfOwner(pool: number, next: number): void {
    requireInteger(next, -1, 2 ** 31 - 1, "next");
    this.current().i32[(this.views.owner(pool) + layout.OWNER_NEXT) / 4] = next;
  }

  /** Which pool is charged first for funding that `pool` owes, -1 for none: a live one that has no backing itself. */
  setBacking(pool: number, wallet: number): void {
    requireInteger(wallet, -1, 2 ** 31 - 1, "wallet");
    if (wallet === pool || (wallet !== layout.NONE && this.backing(wallet) !== layout.NONE)) {
      throw new RangeError(`pool ${wallet} is backed by another or by itself`);
    }
    this.current().i32[(this.views.owner(pool) + layout.OWNER_BACKING) / 4] = wallet;
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
    this.requireTerms(quantity, cost, leverageMilli);
    const { createLeg } = this.exports;
    const low = this.amount.low;
    const leg = createLeg(pool, priceSlot, table, quantity, low, this.amount.high, leverageMilli);
    if (leg === layout.STATUS_NO_RECORD) {
      // The export says only that one of the three is missing: these say which.
      views.price(priceSlot);
      views.table(table);
    }
    return this.handle(leg, "pool", pool);
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
    this.requireTerms(quantity, cost, leverageMilli);
    const { setLeg } = this.exports;
    this.done(
      setLeg(leg, table, quantity, this.amount.low, this.amount.high, leverageMilli),
      "leg",
      leg,
    );
  }

  moveLeg(leg: number, toPool: number): void {
    requireHandle(leg, "leg");
    this.current().pool(toPool);
    this.done(this.exports.moveLeg(leg, toPool), "leg", leg);
  }

  removeLeg(leg: number): void {
    this.done(this.exports.removeLeg(requireHandle(leg, "leg")), "leg", leg);
  }

  /** After a trap no export is called again. */
  #die(cause: unknown): never {
    this.exports = refuseExports(this.exports, () => this.poison(cause));
    return this.poison(cause);
  }

  // ── arguments and statuses ────────────────────────────────────────────────────────────────────────

  protected requireTerms(quantity: number, cost: bigint | number, leverageMilli: number): void {
    requireQuantity(quantity);
    requireInteger(leverageMilli, 0, MAX_U32, "leverageMilli");
    this.amount.set(cost, "cost");
  }

  /** What the kernel has just summed for a pool. */
  protected figuresInResult(): PoolFigures {
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

  protected done(status: number, kind: RecordKind, handle: number): void {
    if (status !== layout.STATUS_OK) throw this.failure(status, kind, handle);
    this.views.refresh();
  }

  /** A handle or figure that an export returned, or the failure it stands for. */
  protected handle(result: number, kind: RecordKind, handle: number): number {
    if (result < 0) throw this.failure(result, kind, handle);
    this.views.refresh();
    return result;
  }

  protected failure(status: number, kind: RecordKind, handle: number): Error {
    this.views.refresh();
    return kernelFailure(status, kind, handle, this.memoryBytes);
  }
}
