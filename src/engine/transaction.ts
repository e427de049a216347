// Changes that can be taken back. A command first changes the kernel through a transaction, then asks
// the kernel whether the result is allowed; a refusal rolls the changes back in reverse order. So the
// rules are judged by the kernel's own exact figures and no second arithmetic exists that could disagree.
// The kernel's free lists give back last what was freed last, so changes taken back in reverse order bring every pool and leg back under
// its own handle: scope handles outlive a roll-back, and scans a preview. Lists of pools and legs may be in another order; nothing logical differs.
import { isPoisoned, RiskError } from "../errors.ts";
import { MAX_AMOUNT, type PoolFigures } from "../model.ts";
import type { Coin } from "./collaterals.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { EngineMarket, EngineState } from "./state.ts";

interface LegCopy {
  readonly leg: number;
  readonly slot: number;
  readonly table: number;
  readonly quantity: number;
  readonly cost: bigint;
  readonly leverageMilli: number;
}

/** The amount, if it fits the kernel's signed 64 bits. */
export function checkAmount(amount: bigint, path: string): bigint {
  if (amount <= MAX_AMOUNT && amount >= -MAX_AMOUNT) return amount;
  throw new RiskError("VALUE_OUT_OF_RANGE", "amount does not fit 63 bits of quote units", {
    path,
    value: amount,
  });
}

export class Transaction {
  readonly #state: EngineState;
  readonly #undo: (() => void)[] = [];

  constructor(state: EngineState) {
    this.#state = state;
  }

  createPool(account: number, tag: number, collateral: bigint): number {
    const pool = this.#state.createPool(account, tag, collateral);
    this.#undo.push(() => this.#state.removePool(account, pool));
    return pool;
  }

  setCollateral(pool: number, collateral: bigint, path: string): void {
    const { kernel } = this.#state;
    const before = kernel.collateral(pool);
    kernel.setCollateral(pool, checkAmount(collateral, path));
    this.#undo.push(() => kernel.setCollateral(pool, before));
  }

  /** Removes a pool with its legs, and an isolated position's permission to be topped up. */
  removePool(account: number, pool: number): void {
    const state = this.#state;
    const { kernel, settings } = state;
    const collateral = kernel.collateral(pool);
    const tag = kernel.tag(pool);
    if (settings.autoTopUp(account, tag)) {
      this.onRollback(settings.setAutoTopUp(account, tag, false));
    }
    // Newest first; brought back oldest first, the order is the same again.
    const legs = state.allLegs(pool).map((leg) => this.#copy(leg));
    for (const leg of legs) this.#count(leg.slot, leg.quantity, -1);
    state.removePool(account, pool);
    this.#undo.push(() => {
      requireHandle(state.createPool(account, tag, collateral), pool);
      for (const leg of legs.reverse()) this.#restore(pool, leg);
    });
  }

  createLeg(
    pool: number,
    market: EngineMarket,
    quantity: number,
    cost: bigint,
    leverageMilli: number,
  ): number {
    const { kernel, openInterest } = this.#state;
    const table = this.#state.tableFor(market, quantity).handle;
    const leg = kernel.createLeg(pool, market.slot, table, quantity, cost, leverageMilli);
    openInterest.add(market.index, quantity, 1);
    this.#undo.push(() => {
      kernel.removeLeg(leg);
      openInterest.add(market.index, quantity, -1);
    });
    return leg;
  }

  setLeg(
    leg: number,
    market: EngineMarket,
    quantity: number,
    cost: bigint,
    leverageMilli: number,
  ): void {
    const { kernel, openInterest } = this.#state;
    const before = this.#copy(leg);
    const table = this.#state.tableFor(market, quantity).handle;
    kernel.setLeg(leg, table, quantity, cost, leverageMilli);
    openInterest.add(market.index, before.quantity, -1);
    openInterest.add(market.index, quantity, 1);
    this.#undo.push(() => {
      const { table, quantity: size, cost: paid, leverageMilli: leverage } = before;
      kernel.setLeg(leg, table, size, paid, leverage);
      openInterest.add(market.index, quantity, -1);
      openInterest.add(market.index, size, 1);
    });
  }

  /** A leg of a coin held as collateral: its value at the index price, less a haircut. */
  createCoinLeg(pool: number, coin: Coin, table: number, quantity: number): number {
    const { kernel, collaterals } = this.#state;
    const leg = kernel.createLeg(pool, coin.slot, table, quantity, 0n, 0);
    collaterals.countLegs(1);
    this.#undo.push(() => {
      kernel.removeLeg(leg);
      collaterals.countLegs(-1);
    });
    return leg;
  }

  /** Moves a leg to another pool. */
  moveLeg(leg: number, toPool: number): void {
    const { kernel } = this.#state;
    const from = kernel.legPool(leg);
    kernel.moveLeg(leg, toPool);
    this.#undo.push(() => kernel.moveLeg(leg, from));
  }

  removeLeg(leg: number): void {
    const { kernel } = this.#state;
    const before = this.#copy(leg);
    const pool = kernel.legPool(leg);
    kernel.removeLeg(leg);
    this.#count(before.slot, before.quantity, -1);
    this.#undo.push(() => this.#restore(pool, before));
  }

  /** The pool's figures; throws VALUE_OUT_OF_RANGE where they do not exist. */
  figures(pool: number): PoolFigures {
    return this.#state.kernel.poolFigures(pool);
  }

  /** Enters a flow into the ledger. */
  book(asset: number, entry: LedgerEntry, amount: bigint): void {
    const { ledger } = this.#state;
    ledger.add(asset, entry, amount);
    this.#undo.push(() => ledger.add(asset, entry, -amount));
  }

  /** For changes outside the kernel: `undo` runs at a rollback, in its turn. */
  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Takes over what another transaction did after this one's own changes: a roll-back takes that back first. */
  adopt(other: Transaction): void {
    for (const undo of other.#undo) this.#undo.push(undo);
    other.#undo.length = 0;
  }

  rollback(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo.length = 0;
  }

  #count(slot: number, quantity: number, change: 1 | -1): void {
    const market = this.#state.findMarketOfSlot(slot);
    if (market === undefined) this.#state.collaterals.countLegs(change);
    else this.#state.openInterest.add(market.index, quantity, change);
  }

  #copy(leg: number): LegCopy {
    const { kernel } = this.#state;
    return {
      leg,
      slot: kernel.legPrice(leg),
      table: kernel.legTable(leg),
      quantity: kernel.quantity(leg),
      cost: kernel.cost(leg),
      leverageMilli: kernel.leverageMilli(leg),
    };
  }

  #restore(pool: number, copy: LegCopy): void {
    const { slot, table, quantity, cost, leverageMilli } = copy;
    const { kernel } = this.#state;
    requireHandle(kernel.createLeg(pool, slot, table, quantity, cost, leverageMilli), copy.leg);
    this.#count(slot, quantity, 1);
  }
}

/** A record brought back stands where it stood. */
function requireHandle(got: number, expected: number): void {
  if (got !== expected) {
    throw new RiskError("INTERNAL", "a roll-back brought a record back elsewhere", {
      value: `${got} for ${expected}`,
    });
  }
}

/**
 * Runs a change, takes it back whatever came of it, and tells what it returned. Commands dispatched by the change are taken back with
 * it: their transactions join this one (`state.rehearsal`).
 */
export function rehearse<Result>(
  state: EngineState,
  change: (transaction: Transaction) => Result,
): Result {
  const outer = state.rehearsal;
  const transaction = new Transaction(state);
  state.rehearsal = transaction;
  try {
    return change(transaction);
  } finally {
    state.rehearsal = outer;
    transaction.rollback();
  }
}

/** Runs a change to its end or not at all. */
export function transact<Result>(
  state: EngineState,
  change: (transaction: Transaction) => Result,
): Result {
  const transaction = new Transaction(state);
  try {
    const result = change(transaction);
    state.rehearsal?.adopt(transaction);
    return result;
  } catch (error) {
    // A poisoned kernel refuses every call, the rollback too: its state is lost and says so by itself.
    if (!isPoisoned(error)) transaction.rollback();
    throw error;
  }
}

/** As {@link transact}, with whatever is transacted or dispatched within it: all of that stands or is taken back together. */
export function transactWhole<Result>(
  state: EngineState,
  change: (transaction: Transaction) => Result,
): Result {
  const outer = state.rehearsal;
  const transaction = new Transaction(state);
  state.rehearsal = transaction;
  try {
    const result = change(transaction);
    outer?.adopt(transaction);
    return result;
  } catch (error) {
    if (!isPoisoned(error)) transaction.rollback();
    throw error;
  } finally {
    state.rehearsal = outer;
  }
}
