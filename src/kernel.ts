// The boundary: with kernel-images.ts, kernel-stress.ts, kernel-maps.ts, kernel-ticks.ts, kernel-stops.ts, kernel-rows.ts, kernel-trades.ts, kernel-book.ts and kernel-records.ts under it, the only place that knows there is a WebAssembly memory.
// This half asks the kernel: figures, searches and scans. Above it there are only integer handles and plain numbers.
import {
  requireBigint,
  requireBoolean,
  requireHandle,
  requireInteger,
  requireOneOf,
} from "./arguments.ts";
import { RiskError } from "./errors.ts";
import { KernelImages } from "./kernel-images.ts";
import * as layout from "./layout.ts";
import {
  DEEPEST_ROW_BYTES,
  DEEPEST_ROWS,
  HEADER_DEEPEST,
  HEADER_DEEPEST_ROWS,
  MOST_DEEPEST,
  NO_ROWS,
} from "./layout-deepest.ts";
import {
  type Direction,
  FUNDING_DENOMINATOR,
  type FundingOptions,
  type FundingRate,
  type FundingTotal,
  type LegAmounts,
  type LegFigures,
  type PoolFigures,
} from "./model.ts";

export type { KernelOptions, TableReplacement } from "./kernel-book.ts";

/** By their numbers in the kernel (FROM_POSITION, FROM_WALLET, FROM_WALLET_CAPPED). */
const FUNDING_SOURCES: readonly FundingOptions["source"][] = [
  "position",
  "walletFirst",
  "walletFirstCapped",
];
const MAX_RATE = BigInt(FUNDING_DENOMINATOR);

/** Result of a scan: handles of liquidatable pools, in the kernel's memory until the next scan. */
export interface KernelScan {
  readonly count: number;
  /** Pools the screen could not decide and the exact path judged. */
  readonly exactEvaluations: number;
  /**
   * Some of the handles, a copy: they hold the deepest asked for (lowest clearance in quote units), whichever of equals are taken; undefined
   * where none were asked for or the bounds could not tell them apart.
   */
  readonly deepest: Uint32Array | undefined;
  /** Copies the handles into `target` (length >= count) and returns it. */
  copyTo(target: Uint32Array): Uint32Array;
}

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
export class Kernel extends KernelImages {
  /** Counts scans: only the last one's list is in memory. */
  #scans = 0;

  // ── figures and searches ──────────────────────────────────────────────────────────────────────────

  /** Equality of equity and requirement liquidates (true), or only less does (false, the default). */
  setInclusive(inclusive: boolean): void {
    requireBoolean(inclusive, "inclusive");
    this.current().u32[layout.HEADER_INCLUSIVE / 4] = inclusive ? 1 : 0;
  }

  /** Figures of the pool at the marks, in quote units. */
  poolFigures(pool: number): PoolFigures {
    this.done(this.exports.poolFigures(requireHandle(pool, "pool")), "pool", pool);
    return this.figuresInResult();
  }

  /** Figures of one leg at its mark, in quote units. */
  legFigures(leg: number): LegFigures {
    this.done(this.exports.legFigures(requireHandle(leg, "leg")), "leg", leg);
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
    this.done(this.exports.legFigures(requireHandle(leg, "leg")), "leg", leg);
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
    return this.#found(this.exports.liquidationPrice(pool, priceSlot, up), pool, priceSlot);
  }

  /** As {@link liquidationPrice}, with equity <= 0 in place of liquidatable. */
  bankruptcyPrice(pool: number, priceSlot: number, direction: Direction): number | null {
    requireHandle(pool, "pool");
    requireHandle(priceSlot, "slot");
    const up = requireOneOf(direction, "up", "down", "direction") ? 1 : 0;
    return this.#found(this.exports.bankruptcyPrice(pool, priceSlot, up), pool, priceSlot);
  }

  /**
   * Least shock, in parts per million, against every leg that does not follow the slot at which the pool is liquidatable; null for none.
   */
  shockBeside(pool: number, priceSlot: number): number | null {
    requireHandle(pool, "pool");
    this.current().price(requireHandle(priceSlot, "slot"));
    return this.#found(this.exports.shockBeside(pool, priceSlot), pool);
  }

  /** Least shock, in parts per million, against every leg at once at which the pool is liquidatable; null for none. */
  jointShock(pool: number): number | null {
    return this.#found(this.exports.jointShock(requireHandle(pool, "pool")), pool);
  }

  #found(answer: number, pool: number, priceSlot = layout.NONE): number | null {
    if (answer >= 0) return answer;
    if (answer === layout.NONE) return null;
    // The export says only that something is missing: this says what.
    if (priceSlot !== layout.NONE) this.#requireFollowed(pool, priceSlot);
    throw this.failure(answer, "pool", pool);
  }

  // ── funding ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Settles one funding period: every leg that follows one of the slots pays or receives, and the pools' collateral changes
   * (docs/numbers.md, "Funding"). Refused as a whole (VALUE_OUT_OF_RANGE, NO_MARK, RangeError for a backing that is gone), nothing changed,
   * where a notional, a collateral or a figure that decides does not fit; {@link faultPool} is then the pool.
   *
   * @param rates at most one for each slot; price: 1 .. maxPrice of the slot
   * @returns the sums of each slot, in the order of the rates; payments are charged in the order of slots where not all can be
   * @example
   * const kernel = new Kernel();
   * const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
   * const bracket = { floor: 0n, rate: 5, scaledAmount: 0n, initialRate: 10 };
   * const terms = { style: "marginal", haircut: false, rateDenominator: 1_000, closeFeeRate: 0, brackets: [bracket] };
   * const pool = kernel.createPool(1_000n, 0, 0);
   * kernel.createLeg(pool, slot, kernel.createTable(terms), 300, 60_000n, 0);
   * const rates = [{ slot, ratePico: 125_000_000n, price: 201 }];
   * kernel.settleFunding(rates, { source: "position", rounding: "down" }); // => [{ slot: 0, paid: 8n, received: 0n, waived: 0n }]
   * kernel.collateral(pool); // => 992n
   */
  settleFunding(rates: readonly FundingRate[], options: FundingOptions): FundingTotal[] {
    const source = FUNDING_SOURCES.indexOf(options.source);
    if (source < 0) throw new TypeError(`source must be one of ${FUNDING_SOURCES.join(", ")}`);
    const exact = requireOneOf(options.rounding, "down", "towardZero", "rounding");
    this.#requireRates(rates);
    const views = this.current();
    for (const { slot, ratePico, price } of rates) views.setFunding(slot, ratePico, price);
    const status = this.exports.settleFunding(source, exact ? 0 : 1);
    const totals = rates.map(({ slot }) => views.fundingTotal(slot));
    for (const { slot } of rates) views.setFunding(slot, 0n, 0);
    if (status < 0) throw this.failure(status, "pool", this.faultPool);
    return totals;
  }

  #requireRates(rates: readonly FundingRate[]): void {
    const slots = new Set<number>();
    for (const { slot, ratePico, price } of rates) {
      requireBigint(ratePico, -MAX_RATE, MAX_RATE, "ratePico");
      requireInteger(price, 1, this.maxPrice(slot), "price");
      if (slots.has(slot)) throw new RangeError(`two funding rates for price slot ${slot}`);
      slots.add(slot);
    }
  }

  // ── scans ─────────────────────────────────────────────────────────────────────────────────────────

  /** Brings the screen up to date; {@link scan} does it too. Separate so that it can be timed as part of a load. */
  prepare(): void {
    this.done(this.exports.prepare(), "pool", -1);
  }

  /**
   * All liquidatable pools at the marks (or at the trial prices), in the order of the screen.
   *
   * @param deepest how many of the deepest are to be gathered on the way, 0 to MOST_DEEPEST: {@link KernelScan.deepest}
   */
  scan(at: "marks" | "trial" = "marks", deepest = 0): KernelScan {
    requireInteger(deepest, 0, MOST_DEEPEST, "deepest");
    const trial = requireOneOf(at, "trial", "marks", "at") ? 1 : 0;
    this.current().u32[HEADER_DEEPEST / 4] = deepest;
    const count = this.exports.scan(trial);
    this.views.refresh();
    this.views.u32[HEADER_DEEPEST / 4] = 0;
    const scan = ++this.#scans;
    if (count < 0) {
      const pool = this.current().header(layout.HEADER_FAULT_POOL);
      throw this.failure(count, "pool", pool);
    }
    const exactEvaluations = this.current().header(layout.HEADER_EXACT);
    return {
      count,
      exactEvaluations,
      deepest: deepest === 0 ? undefined : this.#deepestRows(),
      copyTo: (target) => this.#copyResults(target, count, scan),
    };
  }

  #deepestRows(): Uint32Array | undefined {
    const { u32 } = this.current();
    const rows = u32[HEADER_DEEPEST_ROWS / 4] as number;
    if (rows === NO_ROWS) return undefined;
    const pools = new Uint32Array(rows);
    for (let row = 0; row < rows; row++) {
      pools[row] = u32[(DEEPEST_ROWS + row * DEEPEST_ROW_BYTES) / 4] as number;
    }
    return pools;
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
}
