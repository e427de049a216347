// Resting orders, as far as margin is concerned: columns with a free list and, per account, a list that begins at its head. An
// account without orders costs nothing but its place in the column of heads, which ends at the last account that ever had one.
// Lists have no order of their own (a roll-back puts an order back at the head); what counts is the order of placement.
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import type { OrderSide, PositionSide } from "../types.ts";

/** No order. */
export const NO_ORDER = -1;

const SELL = 1;
const REDUCE_ONLY = 2;
const LONG = 4;
const SHORT = 8;
const INITIAL_ROWS = 64;

/** What is held of an order, in units. */
export interface OrderTerms {
  readonly id: string;
  /** Index of the market. */
  readonly market: number;
  readonly side: OrderSide;
  /** Open quantity units, 1 to 2^53 - 1. */
  readonly amount: number;
  /** Price units. */
  readonly price: number;
  /** Which leg of a hedged account; undefined in one-way accounts. */
  readonly positionSide: PositionSide | undefined;
  readonly reduceOnly: boolean;
}

export class Orders {
  readonly #ids: (string | undefined)[] = [];
  #account: Int32Array = new Int32Array(INITIAL_ROWS);
  #market: Int32Array = new Int32Array(INITIAL_ROWS);
  #flags: Uint8Array = new Uint8Array(INITIAL_ROWS);
  #amount: Float64Array = new Float64Array(INITIAL_ROWS);
  #price: Float64Array = new Float64Array(INITIAL_ROWS);
  /** Next of the account's orders, or of the free rows. */
  #next: Int32Array = new Int32Array(INITIAL_ROWS);
  /** How many orders were placed before it. */
  #placed: Float64Array = new Float64Array(INITIAL_ROWS);
  /** Row + 1 by account; 0: none. */
  #first: Int32Array = new Int32Array(0);
  #free = NO_ORDER;
  #placements = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of the columns, ids not counted. */
  get columnBytes(): number {
    const words = this.#account.byteLength + this.#market.byteLength + this.#next.byteLength;
    const doubles = this.#amount.byteLength + this.#price.byteLength + this.#placed.byteLength;
    return words + doubles + this.#flags.byteLength + this.#first.byteLength;
  }

  /** Head of the account's list, or NO_ORDER. */
  first(account: number): number {
    return (this.#first[account] ?? 0) - 1;
  }

  next(row: number): number {
    return this.#next[row] ?? NO_ORDER;
  }

  /** Row of the account's order, or NO_ORDER. */
  find(account: number, id: string): number {
    let row = this.first(account);
    while (row !== NO_ORDER && this.#ids[row] !== id) row = this.next(row);
    return row;
  }

  /** True where the account has an open order in the market. */
  inMarket(account: number, market: number): boolean {
    let row = this.first(account);
    while (row !== NO_ORDER && this.#market[row] !== market) row = this.next(row);
    return row !== NO_ORDER;
  }

  /** The account's rows in the order of placement. */
  rows(account: number): number[] {
    const rows: number[] = [];
    for (let row = this.first(account); row !== NO_ORDER; row = this.next(row)) rows.push(row);
    return rows.sort((a, b) => this.placed(a) - this.placed(b));
  }

  terms(row: number): OrderTerms {
    const flags = this.#flags[row] ?? 0;
    return {
      id: this.#ids[row] ?? "",
      market: this.market(row),
      side: this.side(row),
      amount: this.amount(row),
      price: this.price(row),
      positionSide: (flags & LONG) !== 0 ? "long" : (flags & SHORT) !== 0 ? "short" : undefined,
      reduceOnly: this.reduceOnly(row),
    };
  }

  market(row: number): number {
    return this.#market[row] as number;
  }

  side(row: number): OrderSide {
    return ((this.#flags[row] as number) & SELL) === 0 ? "buy" : "sell";
  }

  amount(row: number): number {
    return this.#amount[row] as number;
  }

  price(row: number): number {
    return this.#price[row] as number;
  }

  reduceOnly(row: number): boolean {
    return ((this.#flags[row] as number) & REDUCE_ONLY) !== 0;
  }

  /** True where the order is for that leg of a hedged account. */
  isFor(row: number, side: PositionSide): boolean {
    return ((this.#flags[row] as number) & (side === "long" ? LONG : SHORT)) !== 0;
  }

  /** Rises with the order of placement. */
  placed(row: number): number {
    return this.#placed[row] as number;
  }

  /** Row of the new order. The account must have none of that id. */
  add(account: number, terms: OrderTerms): number {
    return this.#put(account, terms, this.#placements++);
  }

  /** Puts an order back that was removed, at its place in time; where all later changes were taken back before, in its old row. */
  restore(account: number, terms: OrderTerms, placed: number): number {
    return this.#put(account, terms, placed);
  }

  setAmount(row: number, amount: number): void {
    this.#amount[row] = amount;
  }

  remove(row: number): void {
    const account = this.#account[row] as number;
    let before = this.first(account);
    if (before === row) this.#first[account] = this.next(row) + 1;
    else {
      while (this.next(before) !== row) before = this.next(before);
      this.#next[before] = this.next(row);
    }
    this.#ids[row] = undefined;
    this.#next[row] = this.#free;
    this.#free = row;
    this.#count--;
  }

  save(into: ColumnWriter): void {
    into.texts("orders.ids", this.#ids);
    into.column("orders.account", this.#account);
    into.column("orders.market", this.#market);
    into.column("orders.flags", this.#flags);
    into.column("orders.amount", this.#amount);
    into.column("orders.price", this.#price);
    into.column("orders.next", this.#next);
    into.column("orders.placed", this.#placed);
    into.column("orders.first", this.#first);
    into.json("orders.counts", [this.#free, this.#placements, this.#count]);
  }

  /** There are none yet. */
  load(from: ColumnReader): void {
    for (const id of from.texts("orders.ids")) this.#ids.push(id);
    this.#account = from.int32("orders.account");
    this.#market = from.int32("orders.market");
    this.#flags = from.uint8("orders.flags");
    this.#amount = from.float64("orders.amount");
    this.#price = from.float64("orders.price");
    this.#next = from.int32("orders.next");
    this.#placed = from.float64("orders.placed");
    this.#first = from.int32("orders.first");
    const counts = from.json<[number, number, number]>("orders.counts");
    [this.#free, this.#placements, this.#count] = counts;
  }

  #put(account: number, terms: OrderTerms, placed: number): number {
    const row = this.#takeRow();
    const { side, positionSide, reduceOnly } = terms;
    const leg = positionSide === undefined ? 0 : positionSide === "long" ? LONG : SHORT;
    this.#ids[row] = terms.id;
    this.#market[row] = terms.market;
    this.#flags[row] = (side === "sell" ? SELL : 0) | (reduceOnly ? REDUCE_ONLY : 0) | leg;
    this.#amount[row] = terms.amount;
    this.#price[row] = terms.price;
    this.#placed[row] = placed;
    this.#link(row, account);
    return row;
  }

  #link(row: number, account: number): void {
    if (account >= this.#first.length) {
      const first = new Int32Array(Math.max(INITIAL_ROWS, 2 * account + 2));
      first.set(this.#first);
      this.#first = first;
    }
    this.#account[row] = account;
    this.#next[row] = this.first(account);
    this.#first[account] = row + 1;
    this.#count++;
  }

  #takeRow(): number {
    const row = this.#free;
    if (row !== NO_ORDER) {
      this.#free = this.next(row);
      return row;
    }
    if (this.#ids.length === this.#amount.length) this.#grow();
    return this.#ids.length;
  }

  #grow(): void {
    const rows = this.#amount.length * 2;
    const words = (column: Int32Array): Int32Array => {
      const wider = new Int32Array(rows);
      wider.set(column);
      return wider;
    };
    const doubles = (column: Float64Array): Float64Array => {
      const wider = new Float64Array(rows);
      wider.set(column);
      return wider;
    };
    const flags = new Uint8Array(rows);
    flags.set(this.#flags);
    this.#flags = flags;
    this.#account = words(this.#account);
    this.#market = words(this.#market);
    this.#next = words(this.#next);
    this.#amount = doubles(this.#amount);
    this.#price = doubles(this.#price);
    this.#placed = doubles(this.#placed);
  }
}
