// Views over the kernel's linear memory: where each record stands and what it says, as plain numbers and plain data. A view dies
// when memory grows (its length becomes 0 and writes to it vanish), so whoever called an export that may grow calls refresh.
import { requireHandle } from "./arguments.ts";
import * as layout from "./layout.ts";
import type { Bracket, BracketTable, FundingTotal, PriceTerms } from "./model.ts";

/** Reader and writer of the kernel's records. Addresses are of live records; a dead or foreign handle is a RangeError. */
export class MemoryViews {
  readonly #memory: WebAssembly.Memory;
  i32!: Int32Array;
  u32!: Uint32Array;
  u16!: Uint16Array;
  u8!: Uint8Array;
  f64!: Float64Array;
  i64!: BigInt64Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#remake();
  }

  /** Makes the views anew if memory has grown; about a nanosecond if not. */
  refresh(): void {
    if (this.u8.length === 0) this.#remake();
  }

  #remake(): void {
    const { buffer } = this.#memory;
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The i64 at an address: as a number where it is below 2^52 in size (no allocation), else as a bigint. */
  amount(address: number): number | bigint {
    const high = this.i32[address / 4 + 1] as number;
    if (high >= -1_048_576 && high < 1_048_576) {
      return high * 4_294_967_296 + (this.u32[address / 4] as number);
    }
    return this.i64[address / 8] as bigint;
  }

  /** Word of the header. */
  header(address: number): number {
    return this.u32[address / 4] as number;
  }

  // ── addresses ─────────────────────────────────────────────────────────────────────────────────────

  pool(pool: number): number {
    requireHandle(pool, "pool");
    if (pool < this.header(layout.HEADER_TOP_POOL) && this.poolLives(pool)) {
      return this.#poolAddress(pool);
    }
    throw new RangeError(`no live pool has the handle ${pool}`);
  }

  /** Of a pool below HEADER_TOP_POOL. */
  poolLives(pool: number): boolean {
    const flags = this.u8[this.#poolAddress(pool) + layout.POOL_FLAGS] as number;
    return (flags & layout.POOL_LIVE) !== 0;
  }

  #poolAddress(pool: number): number {
    const chunk = this.u32[layout.POOL_DIRECTORY / 4 + (pool >>> layout.POOL_SHIFT)] as number;
    return chunk + (pool & layout.POOL_MASK) * layout.POOL_BYTES;
  }

  /** Of the owner record beside a live pool. */
  owner(pool: number): number {
    this.pool(pool);
    const chunk = this.u32[layout.OWNER_DIRECTORY / 4 + (pool >>> layout.OWNER_SHIFT)] as number;
    return chunk + (pool & layout.OWNER_MASK) * layout.OWNER_BYTES;
  }

  leg(leg: number): number {
    requireHandle(leg, "leg");
    if (leg < this.header(layout.HEADER_TOP_LEG)) {
      const chunk = this.u32[layout.LEG_DIRECTORY / 4 + (leg >>> layout.LEG_SHIFT)] as number;
      const address = chunk + (leg & layout.LEG_MASK) * layout.LEG_BYTES;
      if (this.i32[(address + layout.LEG_POOL) / 4] !== layout.NONE) return address;
    }
    throw new RangeError(`no live leg has the handle ${leg}`);
  }

  price(slot: number): number {
    requireHandle(slot, "slot");
    if (slot < this.header(layout.HEADER_TOP_PRICE)) {
      const address = layout.PRICES + slot * layout.PRICE_BYTES;
      const flags = this.u32[(address + layout.PRICE_FLAGS) / 4] as number;
      if ((flags & layout.PRICE_LIVE) !== 0) return address;
    }
    throw new RangeError(`no live price slot has the handle ${slot}`);
  }

  table(table: number): number {
    requireHandle(table, "table");
    if (table < this.header(layout.HEADER_TOP_TABLE)) {
      const chunk = this.u32[layout.TABLE_DIRECTORY / 4 + (table >>> layout.TABLE_SHIFT)] as number;
      const address = chunk + (table & layout.TABLE_MASK) * layout.TABLE_BYTES;
      const flags = this.u32[(address + layout.TABLE_FLAGS) / 4] as number;
      if ((flags & layout.TABLE_LIVE) !== 0) return address;
    }
    throw new RangeError(`no live table has the handle ${table}`);
  }

  // ── plain data ────────────────────────────────────────────────────────────────────────────────────

  terms(slot: number): PriceTerms {
    const at = this.price(slot);
    const flags = this.u32[(at + layout.PRICE_FLAGS) / 4] as number;
    return {
      inverse: (flags & layout.PRICE_INVERSE) !== 0,
      numerator: BigInt.asUintN(64, this.i64[(at + layout.PRICE_NUMERATOR) / 8] as bigint),
      divisor: this.i64[(at + layout.PRICE_DIVISOR) / 8] as bigint,
    };
  }

  /** Puts a checked table into the mailbox. */
  postTable(table: BracketTable): void {
    const { u32, i64 } = this;
    const base = layout.MAILBOX;
    u32[(base + layout.TABLE_COUNT) / 4] = table.brackets.length;
    u32[(base + layout.TABLE_DENOMINATOR) / 4] = table.rateDenominator;
    u32[(base + layout.TABLE_FEE) / 4] = table.closeFeeRate;
    u32[(base + layout.TABLE_PROFIT) / 4] = table.profitHaircutRate ?? 0;
    u32[(base + layout.TABLE_FLAGS) / 4] =
      (table.style === "whole" ? layout.TABLE_WHOLE : 0) |
      (table.haircut ? layout.TABLE_HAIRCUT : 0);
    table.brackets.forEach((bracket, index) => {
      const at = base + layout.TABLE_BRACKETS + index * layout.BRACKET_BYTES;
      i64[(at + layout.BRACKET_FLOOR) / 8] = bracket.floor;
      i64[(at + layout.BRACKET_AMOUNT_LOW) / 8] = BigInt.asIntN(64, bracket.scaledAmount);
      i64[(at + layout.BRACKET_AMOUNT_HIGH) / 8] = bracket.scaledAmount >> 64n;
      u32[(at + layout.BRACKET_RATE) / 4] = bracket.rate;
      u32[(at + layout.BRACKET_INITIAL_RATE) / 4] = bracket.initialRate;
    });
  }

  bracketTable(table: number): BracketTable {
    const { u32, i64 } = this;
    const base = this.table(table);
    const flags = u32[(base + layout.TABLE_FLAGS) / 4] as number;
    const count = u32[(base + layout.TABLE_COUNT) / 4] as number;
    const profitHaircutRate = u32[(base + layout.TABLE_PROFIT) / 4] as number;
    const brackets: Bracket[] = [];
    for (let index = 0; index < count; index++) {
      const at = base + layout.TABLE_BRACKETS + index * layout.BRACKET_BYTES;
      const low = BigInt.asUintN(64, i64[(at + layout.BRACKET_AMOUNT_LOW) / 8] as bigint);
      brackets.push({
        floor: i64[(at + layout.BRACKET_FLOOR) / 8] as bigint,
        rate: u32[(at + layout.BRACKET_RATE) / 4] as number,
        scaledAmount: ((i64[(at + layout.BRACKET_AMOUNT_HIGH) / 8] as bigint) << 64n) | low,
        initialRate: u32[(at + layout.BRACKET_INITIAL_RATE) / 4] as number,
      });
    }
    return {
      style: (flags & layout.TABLE_WHOLE) !== 0 ? "whole" : "marginal",
      haircut: (flags & layout.TABLE_HAIRCUT) !== 0,
      rateDenominator: u32[(base + layout.TABLE_DENOMINATOR) / 4] as number,
      closeFeeRate: u32[(base + layout.TABLE_FEE) / 4] as number,
      ...(profitHaircutRate === 0 ? {} : { profitHaircutRate }),
      brackets,
    };
  }

  /** The rate and price of a live slot for the funding period at hand, its sums set to 0; rate 0 takes it out again. */
  setFunding(slot: number, ratePico: bigint, price: number): void {
    const at = (layout.FUNDINGS + slot * layout.FUNDING_BYTES) / 8;
    this.i64.fill(0n, at, at + layout.FUNDING_BYTES / 8);
    this.i64[at + layout.FUNDING_RATE / 8] = ratePico;
    this.f64[at + layout.FUNDING_PRICE / 8] = price;
  }

  fundingTotal(slot: number): FundingTotal {
    const at = layout.FUNDINGS + slot * layout.FUNDING_BYTES;
    return {
      slot,
      paid: this.wide(at + layout.FUNDING_PAID),
      received: this.wide(at + layout.FUNDING_RECEIVED),
      waived: this.wide(at + layout.FUNDING_WAIVED),
    };
  }

  /** A 128-bit sum. */
  wide(address: number): bigint {
    const low = BigInt.asUintN(64, this.i64[address / 8] as bigint);
    return ((this.i64[address / 8 + 1] as bigint) << 64n) | low;
  }

  /** Copies the first `count` handles of the result list. */
  copyResults(target: Uint32Array, count: number): void {
    const perChunk = layout.RESULT_MASK + 1;
    for (let from = 0; from < count; from += perChunk) {
      const chunk = this.u32[layout.RESULT_DIRECTORY / 4 + from / perChunk] as number;
      const length = Math.min(perChunk, count - from);
      target.set(this.u32.subarray(chunk / 4, chunk / 4 + length), from);
    }
  }
}
