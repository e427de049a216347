// What the stops of one pool come to in a tick, in the order in which the line from the old prices to the new meets them: each step's
// prices are put into the kernel's trial prices and the pool is judged there by the kernel's own figures. A stop that comes first closes at
// its own step; from where the liquidation comes first, the pool's stops fire no more until it has recovered.
import { RiskError } from "../errors.ts";
import type { EngineEvent } from "../types.ts";
import type { TickTerms } from "./commands/tick.ts";
import { reconcileStops } from "./reconcile-stops.ts";
import type { EngineState } from "./state.ts";
import { cancelledEvent, removeStop, suspendStop } from "./stop-changes.ts";
import { poolOfStop, triggerNow } from "./stop-rules.ts";
import { isEquityKind, NO_STOP } from "./stops.ts";
import { closesOfStop, executeCloses, triggeredEvent } from "./tick-execute.ts";
import { type PriceMove, TickPath } from "./tick-path.ts";
import { type Transaction, transactWhole } from "./transaction.ts";

/** What became of a pool's stops. */
export interface Resolution {
  readonly events: readonly EngineEvent[];
  readonly triggered: number;
  /** Some were put to sleep for the liquidation that came first. */
  readonly suspended: boolean;
  /** Some could not be judged: figures on the way do not fit. */
  readonly unjudged: boolean;
}

interface Meeting {
  readonly stop: number;
  readonly step: number;
}

/** The line of the prices that a pool follows. */
function pathOfPool(state: EngineState, pool: number): TickPath {
  const { kernel, ticks } = state;
  const moves: PriceMove[] = [];
  for (const leg of state.allLegs(pool)) {
    const slot = kernel.legPrice(leg);
    if (moves.some((move) => move.slot === slot)) continue;
    const to = kernel.mark(slot);
    const before = ticks.has(slot) ? kernel.previousMark(slot) : to;
    // A price that had no mark begins at its first.
    moves.push({ slot, from: before === 0 ? to : before, to });
  }
  return new TickPath(moves);
}

/** The pool's stops as the line goes on; `fired` are those that the kernel took out. */
class PoolOnPath {
  readonly #state: EngineState;
  readonly #pool: number;
  readonly #account: number;
  readonly #path: TickPath;
  readonly #fired: ReadonlySet<number>;

  constructor(state: EngineState, pool: number, fired: ReadonlySet<number>) {
    this.#state = state;
    this.#pool = pool;
    this.#account = state.kernel.owner(pool);
    this.#path = pathOfPool(state, pool);
    this.#fired = fired;
  }

  get account(): number {
    return this.#account;
  }

  price(slot: number, step: number): number {
    return this.#path.price(slot, step);
  }

  /** Stops that are awake, in the order of placement. */
  stops(): number[] {
    const state = this.#state;
    const { stops } = state;
    return stops
      .rows(this.#account)
      .filter((stop) => !stops.suspended(stop) && poolOfStop(state, stop) === this.#pool);
  }

  /** The stop that is met first from a step on; of those met at one step the one placed first. */
  next(first: number): Meeting | undefined {
    let found: Meeting | undefined;
    for (const stop of this.stops()) {
      const step = this.#stepOf(stop, first);
      if (step !== undefined && (found === undefined || step < found.step)) found = { stop, step };
    }
    return found;
  }

  #stepOf(stop: number, first: number): number | undefined {
    const { stops } = this.#state;
    const kind = stops.kindOf(stop);
    if (isEquityKind(kind)) {
      const floor = stops.floor(stop);
      const reached = (step: number): boolean => this.#figures(step).equity <= floor;
      // Reached before the tick and no more at its end: not by this tick. A close on the way may reach it for a while.
      if (first === 0 && !reached(this.#path.steps)) return undefined;
      return this.#path.firstStep(
        first,
        reached,
        (from, to) => this.#leastEquity(from, to) <= floor,
      );
    }
    let trigger = stops.trigger(stop);
    if (kind === "trailing") {
      // Its best price has followed to the end of the line: only the kernel knows whether it was passed on the way.
      if (!this.#fired.has(stop)) return undefined;
      trigger = triggerNow(this.#state, stop);
    }
    if (trigger === 0) return undefined;
    return this.#path.stepPassing(stops.slot(stop), trigger, stops.up(stop), first);
  }

  /**
   * No more than the equity at any step from one to another: a sum over the prices, of which each takes the end that is worse for it.
   * What follows one price is monotone in it or concave, so an end is its worst, up to the two units by which a leg's value and its haircut are rounded.
   */
  #leastEquity(from: number, to: number): bigint {
    const { kernel } = this.#state;
    let least = this.#figures(from).equity;
    let rounding = 0n;
    for (const _leg of this.#state.allLegs(this.#pool)) rounding += 2n;
    for (const { slot } of this.#path.moves) {
      kernel.setTrial(slot, this.#path.price(slot, to));
      const { equity } = kernel.trialFigures(this.#pool);
      if (equity < least) least = equity;
      else kernel.setTrial(slot, this.#path.price(slot, from));
    }
    return least - rounding;
  }

  /** Liquidatable at a step. */
  isUnder(step: number): boolean {
    return this.#figures(step).liquidatable;
  }

  #figures(step: number): { readonly equity: bigint; readonly liquidatable: boolean } {
    const { kernel } = this.#state;
    this.#path.putPrices(step, (slot, price) => kernel.setTrial(slot, price));
    return kernel.trialFigures(this.#pool);
  }
}

/** Resolves the stops of a pool; what it does stands or is taken back as a whole. */
export function resolvePool(
  state: EngineState,
  pool: number,
  fired: ReadonlySet<number>,
  terms: TickTerms,
): Resolution {
  return transactWhole(state, (transaction) => {
    const path = new PoolOnPath(state, pool, fired);
    const events: EngineEvent[] = [];
    let triggered = 0;
    let suspended = false;
    let unjudged = false;
    try {
      suspended = terms.order === "liquidationFirst" && isUnderAtMarks(state, pool);
      let met = suspended ? undefined : path.next(0);
      while (met !== undefined) {
        const { stop, step } = met;
        suspended =
          terms.order === "pathAware" && path.isUnder(step) && isUnderAtMarks(state, pool);
        if (suspended) break;
        const told = fire(state, stop, path, step, terms.execute);
        if (told[0]?.type === "stopTriggered") triggered++;
        events.push(...told);
        met = path.next(step);
      }
    } catch (error) {
      // At these prices nobody can tell: its stops wait for the next tick.
      if (!(error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE")) throw error;
      unjudged = true;
    }
    if (suspended) for (const stop of path.stops()) suspendStop(state, transaction, stop);
    rearm(state, path, fired);
    return { events, triggered, suspended, unjudged };
  });
}

function isUnderAtMarks(state: EngineState, pool: number): boolean {
  return state.kernel.poolFigures(pool).liquidatable;
}

/** Stops that the kernel took out and that did not fire after all (their prices moved, or the pool could not be judged). */
function rearm(state: EngineState, path: PoolOnPath, fired: ReadonlySet<number>): void {
  for (const stop of path.stops()) if (fired.has(stop)) state.stops.rearm(stop);
}

const FAULTS: ReadonlySet<string> = new Set(["POISONED", "INTERNAL"]);

/** A stop fires at a step: all that comes with it, or (where a close is refused) its end. */
function fire(
  state: EngineState,
  stop: number,
  path: PoolOnPath,
  step: number,
  execute: boolean,
): EngineEvent[] {
  try {
    return transactWhole(state, (transaction) =>
      carryOut(state, transaction, stop, path, step, execute),
    );
  } catch (error) {
    if (!(error instanceof RiskError) || FAULTS.has(error.code)) throw error;
    return transactWhole(state, (transaction) => {
      const told = cancelledEvent(state, stop, "refused");
      removeStop(state, transaction, stop);
      return [told];
    });
  }
}

function carryOut(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  path: PoolOnPath,
  step: number,
  execute: boolean,
): EngineEvent[] {
  const { account } = path;
  const closes = closesOfStop(state, stop, ({ slot }) => path.price(slot, step));
  const events: EngineEvent[] = [triggeredEvent(state, stop, closes)];
  const partner = state.stops.partner(stop);
  removeStop(state, transaction, stop);
  if (execute) events.push(...executeCloses(state, account, closes));
  if (partner !== NO_STOP) {
    events.push(cancelledEvent(state, partner, "oco"));
    removeStop(state, transaction, partner);
  }
  if (execute) events.push(...reconcileStops(state, transaction, account, "position"));
  return events;
}
