// The accounts: ids interned once, and per account one byte of flags and the head of its list of pools. The list
// itself lives in the kernel (pool.nextOfOwner), and what a pool is to its account stands in the pool's 32-bit
// tag, so that an account costs some thirty bytes and its id here and nothing else in JavaScript.
//
//   tag = index << 2 | short << 1 | isolated      cross pool:     index = settle asset, short = 0
//                                                 isolated pool:  index = market
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import type { MarginMode, PositionSide } from "../types.ts";
import { IdIndex } from "./id-index.ts";

const ISOLATED = 1;
const SHORT = 2;
/** Flags of an account. */
export const HEDGED = 1;
export const MULTI_ASSET = 2;
/** A head of an account's pools and its flags in one word: pool << 2 | flags. */
const FLAG_BITS = 2;
const FLAGS: number = HEDGED | MULTI_ASSET;
/** Index bits of a tag. */
export const MAX_TAG_INDEX: number = 2 ** 30 - 1;
/** End of a list of pools. */
export const NO_POOL = -1;
const NO_HEAD: number = NO_POOL << FLAG_BITS;

/** Tag of an account's cross pool in a settle asset. */
export function crossTag(asset: number): number {
  return (asset << 2) >>> 0;
}

/** Tag of an isolated position. */
export function isolatedTag(market: number, side: PositionSide): number {
  return ((market << 2) | (side === "short" ? SHORT : 0) | ISOLATED) >>> 0;
}

export function tagMode(tag: number): MarginMode {
  return (tag & ISOLATED) === 0 ? "cross" : "isolated";
}

/** Settle asset of a cross tag, market of an isolated one. */
export function tagIndex(tag: number): number {
  return tag >>> 2;
}

export function tagSide(tag: number): PositionSide {
  return (tag & SHORT) === 0 ? "long" : "short";
}

/** Index of accounts. Indices of closed accounts are used again. */
export class Accounts {
  readonly #ids: (string | undefined)[] = [];
  readonly #index: IdIndex = new IdIndex(this.#ids);
  readonly #free: number[] = [];
  /** Pools have 27 bits: with the flags beside them, an account is one word, and looking it up waits for memory once. */
  #heads: Int32Array = new Int32Array(64).fill(NO_HEAD);
  /** How many accounts were opened before: the order of {@link entries}. */
  #opened: Float64Array = new Float64Array(64);
  #openings = 0;

  get count(): number {
    return this.#index.size;
  }

  /** Bytes of the columns, ids not counted. */
  get columnBytes(): number {
    return this.#heads.byteLength + this.#opened.byteLength + this.#index.bytes;
  }

  find(id: string): number | undefined {
    const account = this.#index.find(id);
    return account < 0 ? undefined : account;
  }

  /** The id, or undefined where the index is free. */
  id(account: number): string | undefined {
    return this.#ids[account];
  }

  /** How many accounts were opened before it. */
  opening(account: number): number {
    return this.#opened[account] ?? 0;
  }

  hedged(account: number): boolean {
    return ((this.#heads[account] ?? NO_HEAD) & HEDGED) !== 0;
  }

  /** Its coins back the cross pools of their settle assets. */
  multiAsset(account: number): boolean {
    return ((this.#heads[account] ?? NO_HEAD) & MULTI_ASSET) !== 0;
  }

  setMultiAsset(account: number, enabled: boolean): void {
    const others = (this.#heads[account] ?? NO_HEAD) & ~MULTI_ASSET;
    this.#heads[account] = enabled ? others | MULTI_ASSET : others;
  }

  /** Head of the account's pools, or NO_POOL. */
  firstPool(account: number): number {
    return (this.#heads[account] ?? NO_HEAD) >> FLAG_BITS;
  }

  setFirstPool(account: number, pool: number): void {
    const flags = (this.#heads[account] ?? NO_HEAD) & FLAGS;
    this.#heads[account] = (pool << FLAG_BITS) | flags;
  }

  /**
   * First pools and flags of `count` accounts of a column, from `first` on. The loop does nothing else, so that the processor waits for
   * many accounts' memory at a time.
   */
  gather(
    accounts: Uint32Array,
    first: number,
    count: number,
    pools: Int32Array,
    flags: Uint8Array,
  ): void {
    const heads = this.#heads;
    for (let row = 0; row < count; row++) {
      const head = heads[accounts[first + row] as number] ?? NO_HEAD;
      pools[row] = head >> FLAG_BITS;
      flags[row] = head & FLAGS;
    }
  }

  /** Index of the new account, or -1 where the id is taken. */
  open(id: string, hedged: boolean): number {
    if (this.#index.find(id) >= 0) return -1;
    const account = this.#free.pop() ?? this.#ids.length;
    if (account >= this.#heads.length) this.#grow();
    this.#ids[account] = id;
    this.#heads[account] = NO_HEAD | (hedged ? HEDGED : 0);
    this.#opened[account] = this.#openings++;
    this.#index.add(account, id);
    return account;
  }

  /** The account must hold no pools. */
  close(account: number): void {
    if (this.#ids[account] === undefined) return;
    this.#index.remove(account);
    this.#ids[account] = undefined;
    this.#free.push(account);
  }

  /** Ids with their indices, in the order in which they were opened; accounts opened meanwhile are left out. */
  *entries(): Generator<[string, number], void, undefined> {
    const opened = this.#opened.slice(0, this.#ids.length);
    const order = Uint32Array.from(opened.keys());
    const unsorted = opened.some((opening, account) => opening < (opened[account - 1] ?? 0));
    if (unsorted) order.sort((a, b) => (opened[a] as number) - (opened[b] as number));
    for (const account of order) {
      const id = this.#ids[account];
      if (id !== undefined && this.#opened[account] === opened[account]) yield [id, account];
    }
  }

  save(into: ColumnWriter): void {
    into.texts("accounts.ids", this.#ids);
    into.column("accounts.heads", this.#heads);
    into.column("accounts.opened", this.#opened);
    into.json("accounts.free", this.#free);
    into.json("accounts.openings", this.#openings);
    this.#index.save(into);
  }

  /** There are none yet. */
  load(from: ColumnReader): void {
    for (const id of from.texts("accounts.ids")) this.#ids.push(id);
    this.#heads = from.int32("accounts.heads");
    this.#opened = from.float64("accounts.opened");
    for (const account of from.json<number[]>("accounts.free")) this.#free.push(account);
    this.#openings = from.json("accounts.openings");
    this.#index.load(from);
  }

  #grow(): void {
    const capacity = this.#heads.length * 2;
    const heads = new Int32Array(capacity).fill(NO_HEAD);
    heads.set(this.#heads);
    const opened = new Float64Array(capacity);
    opened.set(this.#opened);
    this.#heads = heads;
    this.#opened = opened;
  }
}
