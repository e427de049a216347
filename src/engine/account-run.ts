// The account whose rows a loader is handing over. Files name an account on several rows in a row, so what those rows share is
// found once: whether it is hedged, which markets it holds already (a stamp per price slot and side instead of a walk over its
// legs), its cross pool, and a bound on that pool's figures so that the exact check is left to books of absurd size.
import { crossTag, NO_POOL } from "./accounts.ts";
import { refuse } from "./read.ts";
import type { EngineState } from "./state.ts";

/** Below this, bounds of a pool's collateral and of its figures add up to less than 2^63, their own rounding included. */
export const SURE_AMOUNT: number = 2 ** 61;
/** No account: equal to nothing. */
const NONE = Number.NaN;
const NO_ASSET = -1;

export class AccountRun {
  readonly #state: EngineState;
  /** Number of the run that last stamped (slot, side); runs count from 1. */
  #stamps: Float64Array = new Float64Array(0);
  #run = 0;
  #account = NONE;
  #hedged = false;
  #settle = NO_ASSET;
  #cross = NO_POOL;
  /** Bound of the figures of all legs in #cross. */
  #gross = 0;
  /** Largest bound of any leg a run has added. */
  #largest = 0;
  /** Pools may hold more than the runs know of: figures of cross pools have no bound. */
  #unbounded = false;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** Forgets everything. Slots are below `slotLimit`. */
  reset(slotLimit: number): void {
    this.#stamps = new Float64Array(2 * slotLimit);
    this.#run = 0;
    this.#account = NONE;
    this.#largest = 0;
    this.#unbounded = this.#state.kernel.poolCount > 0;
  }

  /** The account changes behind the run's back. */
  leave(account: number): void {
    if (account === this.#account) this.#account = NONE;
  }

  /** Bounds formed so far no longer hold. */
  forgetBounds(): void {
    this.#unbounded = true;
    this.#account = NONE;
  }

  /** Makes the account the current one; refused where it does not exist. */
  enter(account: number): void {
    if (account !== this.#account) this.#begin(account);
  }

  #begin(account: number): void {
    const { kernel, accounts } = this.#state;
    this.#account = NONE;
    if (accounts.id(account) === undefined) {
      refuse("UNKNOWN_ACCOUNT", "no account has this index", "account", account);
    }
    const run = ++this.#run;
    let pool = accounts.firstPool(account);
    while (pool !== NO_POOL) {
      for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
        this.#stamps[2 * kernel.legPrice(leg) + (kernel.quantity(leg) < 0 ? 1 : 0)] = run;
      }
      pool = kernel.nextOfOwner(pool);
    }
    this.#hedged = accounts.hedged(account);
    this.#settle = NO_ASSET;
    this.#account = account;
  }

  /** Refuses a second position in the market (hedged: on the same side). */
  requireNoPosition(slot: number, short: boolean, symbolOf: (slot: number) => string): void {
    const place = 2 * slot + (short ? 1 : 0);
    if (this.#stamps[place] !== this.#run) {
      if (this.#hedged || this.#stamps[place ^ 1] !== this.#run) return;
    }
    const side = this.#hedged ? `${short ? "short" : "long"} position` : "position";
    const message = `the account has a ${side} in this market already`;
    refuse("DUPLICATE_POSITION", message, "symbol", symbolOf(slot));
  }

  /** The current account now has a position there. */
  stamp(slot: number, short: boolean): void {
    this.#stamps[2 * slot + (short ? 1 : 0)] = this.#run;
  }

  /** The account's cross pool in an asset, or NO_POOL. */
  crossPool(settle: number): number {
    if (settle !== this.#settle) this.#findCross(settle);
    return this.#cross;
  }

  /** Makes the cross pool that {@link crossPool} did not find. */
  openCross(settle: number): number {
    this.#cross = this.#state.createPool(this.#account, crossTag(settle), 0);
    return this.#cross;
  }

  #findCross(settle: number): void {
    const state = this.#state;
    this.#cross = state.crossPool(this.#account, settle);
    this.#settle = settle;
    this.#gross = 0;
    if (this.#cross === NO_POOL) return;
    const legs = state.kernel.legCount(this.#cross);
    if (legs > 0) this.#gross = legs * this.#largest;
    if (this.#unbounded) this.#gross = Number.POSITIVE_INFINITY;
  }

  /** Adds a leg's bound to the cross pool found last; true where the pool's figures surely fit. */
  addCross(bound: number): boolean {
    this.note(bound);
    this.#gross += bound;
    return this.#gross < SURE_AMOUNT;
  }

  /** A leg of that bound was added to some pool of its own. */
  note(bound: number): void {
    if (bound > this.#largest) this.#largest = bound;
  }
}
