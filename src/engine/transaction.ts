// Changes that can be taken back. A command first changes the kernel through a transaction, then asks
// the kernel whether the result is allowed; a refusal rolls the changes back in reverse order. So the
// rules are judged by the kernel's own exact figures and no second arithmetic exists that could disagree.
// A rolled-back removal may come back under another handle; nothing logical differs.
import { RiskError } from "../errors.ts";
import { MAX_AMOUNT, type PoolFigures } from "../model.ts";
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
  /** New handles of pools and legs that a rollback has brought back. */
  readonly #pools: Map<number, number> = new Map();
  readonly #legs: Map<number, number> = new Map();

  constructor(state: EngineState) {
    this.#state = state;
  }

  createPool(account: number, tag: number, collateral: bigint): number {
    const pool = this.#state.createPool(account, tag, collateral);
    this.#undo.push(() => this.#state.removePool(account, this.#pool(pool)));
    return pool;
  }

  setCollateral(pool: number, collateral: bigint, path: string): void {
    const { kernel } = this.#state;
    const before = kernel.collateral(pool);
    kernel.setCollateral(pool, checkAmount(collateral, path));
    this.#undo.push(() => kernel.setCollateral(this.#pool(pool), before));
  }

  /** Removes a pool with its legs. */
  removePool(account: number, pool: number): void {
    const state = this.#state;
    const { kernel } = state;
    const collateral = kernel.collateral(pool);
    const tag = kernel.tag(pool);
    // Newest first; brought back oldest first, the order is the same again.
    const legs = state.legs(pool).map((leg) => this.#copy(leg));
    for (const leg of legs) this.#count(leg.slot, leg.quantity, -1);
    state.removePool(account, pool);
    this.#undo.push(() => {
      const back = state.createPool(account, tag, collateral);
      this.#pools.set(pool, back);
      for (const leg of legs.reverse()) this.#restore(back, leg);
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
      kernel.removeLeg(this.#leg(leg));
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
      kernel.setLeg(this.#leg(leg), table, size, paid, leverage);
      openInterest.add(market.index, quantity, -1);
      openInterest.add(market.index, size, 1);
    });
  }

  removeLeg(leg: number): void {
    const { kernel } = this.#state;
    const before = this.#copy(leg);
    const pool = kernel.legPool(leg);
    kernel.removeLeg(leg);
    this.#count(before.slot, before.quantity, -1);
    this.#undo.push(() => this.#restore(this.#pool(pool), before));
  }

  /** The pool's figures; throws VALUE_OUT_OF_RANGE where they do not exist. */
  figures(pool: number): PoolFigures {
    return this.#state.kernel.poolFigures(pool);
  }

  rollback(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo.length = 0;
  }

  #pool(pool: number): number {
    return this.#pools.get(pool) ?? pool;
  }

  #leg(leg: number): number {
    return this.#legs.get(leg) ?? leg;
  }

  #count(slot: number, quantity: number, change: 1 | -1): void {
    this.#state.openInterest.add(this.#state.marketOfSlot(slot).index, quantity, change);
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
    const leg = this.#state.kernel.createLeg(pool, slot, table, quantity, cost, leverageMilli);
    this.#legs.set(copy.leg, leg);
    this.#count(slot, quantity, 1);
  }
}

/** Runs a change to its end or not at all. */
export function transact<Result>(
  state: EngineState,
  change: (transaction: Transaction) => Result,
): Result {
  const transaction = new Transaction(state);
  try {
    return change(transaction);
  } catch (error) {
    // A poisoned kernel refuses every call, the rollback too: its state is lost and says so by itself.
    if (!(error instanceof RiskError && error.code === "POISONED")) transaction.rollback();
    throw error;
  }
}
