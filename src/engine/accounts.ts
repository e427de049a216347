// The accounts: ids interned once, and per account one byte of flags and the head of its list of pools. The list
// itself lives in the kernel (pool.nextOfOwner), and what a pool is to its account stands in the pool's 32-bit
// tag, so that an account costs some thirty bytes and its id here and nothing else in JavaScript.
//
//   tag = index << 2 | short << 1 | isolated      cross pool:     index = settle asset, short = 0
//                                                 isolated pool:  index = market
import type { MarginMode, PositionSide } from "../types.ts";
import { IdIndex } from "./id-index.ts";

const ISOLATED = 1;
const SHORT = 2;
const HEDGED = 1;
const MULTI_ASSET = 2;
/** Index bits of a tag. */
export const MAX_TAG_INDEX: number = 2 ** 30 - 1;
/** End of a list of pools. */
export const NO_POOL = -1;

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
  #flags: Uint8Array = new Uint8Array(64);
  #firstPool: Int32Array = new Int32Array(64).fill(NO_POOL);
  /** How many accounts were opened before: the order of {@link entries}. */
  #opened: Float64Array = new Float64Array(64);
  #openings = 0;

  get count(): number {
    return this.#index.size;
  }

  /** Bytes of the columns, ids not counted. */
  get columnBytes(): number {
    const columns = this.#flags.byteLength + this.#firstPool.byteLength + this.#opened.byteLength;
    return columns + this.#index.bytes;
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
    return ((this.#flags[account] ?? 0) & HEDGED) !== 0;
  }

  /** Its coins back the cross pools of their settle assets. */
  multiAsset(account: number): boolean {
    return ((this.#flags[account] ?? 0) & MULTI_ASSET) !== 0;
  }

  setMultiAsset(account: number, enabled: boolean): void {
    const others = (this.#flags[account] ?? 0) & ~MULTI_ASSET;
    this.#flags[account] = enabled ? others | MULTI_ASSET : others;
  }

  /** Head of the account's pools, or NO_POOL. */
  firstPool(account: number): number {
    return this.#firstPool[account] ?? NO_POOL;
  }

  setFirstPool(account: number, pool: number): void {
    this.#firstPool[account] = pool;
  }

  /** Index of the new account, or -1 where the id is taken. */
  open(id: string, hedged: boolean): number {
    if (this.#index.find(id) >= 0) return -1;
    const account = this.#free.pop() ?? this.#ids.length;
    if (account >= this.#flags.length) this.#grow();
    this.#ids[account] = id;
    this.#flags[account] = hedged ? HEDGED : 0;
    this.#firstPool[account] = NO_POOL;
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

  #grow(): void {
    const capacity = this.#flags.length * 2;
    const flags = new Uint8Array(capacity);
    flags.set(this.#flags);
    const firstPool = new Int32Array(capacity).fill(NO_POOL);
    firstPool.set(this.#firstPool);
    const opened = new Float64Array(capacity);
    opened.set(this.#opened);
    this.#flags = flags;
    this.#firstPool = firstPool;
    this.#opened = opened;
  }
}
