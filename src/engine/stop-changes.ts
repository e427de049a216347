// Changes of stops that can be taken back, each under its old handle, and the equity floors that the kernel watches for them.
import type { EngineEvent, StopEvent } from "../types.ts";
import { NO_POOL } from "./accounts.ts";
import type { EngineState } from "./state.ts";
import { poolOfStop } from "./stop-rules.ts";
import type { StopPrices, StopTerms } from "./stop-terms.ts";
import { isEquityKind, NO_STOP } from "./stops.ts";
import type { Transaction } from "./transaction.ts";

/** Why a stop is gone. */
export type CancelReason = Extract<StopEvent, { readonly type: "stopCancelled" }>["reason"];

/** Tells the kernel the highest floor of the equity stops of a cross pool; none to watch takes the floor away. Nothing before the first tick. */
export function refreshEquityFloors(state: EngineState, pool: number): void {
  const { kernel, stops } = state;
  if (pool === NO_POOL || !kernel.triggersEnabled) return;
  const account = kernel.owner(pool);
  let highest: bigint | null = null;
  for (let stop = stops.first(account); stop !== NO_STOP; stop = stops.next(stop)) {
    if (!isEquityKind(stops.kindOf(stop)) || stops.suspended(stop)) continue;
    const floor = stops.floor(stop);
    if ((highest === null || floor > highest) && poolOfStop(state, stop) === pool) highest = floor;
  }
  kernel.setEquityFloor(pool, highest);
}

/** All equity floors, once triggers are enabled. */
export function applyEquityFloors(state: EngineState): void {
  const { stops } = state;
  if (stops.countOf("equity") + stops.countOf("drawdown") === 0) return;
  for (const account of stops.accounts()) {
    const pools = new Set<number>();
    for (let stop = stops.first(account); stop !== NO_STOP; stop = stops.next(stop)) {
      if (isEquityKind(stops.kindOf(stop))) pools.add(poolOfStop(state, stop));
    }
    for (const pool of pools) refreshEquityFloors(state, pool);
  }
}

/** The cross pool that an equity stop watches, whether or not anything is left to close in it; NO_POOL for other kinds. */
function watchedPool(state: EngineState, stop: number): number {
  const { stops } = state;
  if (!isEquityKind(stops.kindOf(stop))) return NO_POOL;
  return state.crossPool(stops.account(stop), stops.assetIndex(stop));
}

/** Adds a stop and pairs it with its partner. */
export function addStop(
  state: EngineState,
  transaction: Transaction,
  account: number,
  terms: StopTerms,
): number {
  const { stops } = state;
  const { partner } = terms;
  const stop = stops.add(account, terms);
  if (partner !== NO_STOP) stops.setPartner(partner, stop);
  const pool = watchedPool(state, stop);
  transaction.onRollback(() => {
    if (partner !== NO_STOP) stops.setPartner(partner, NO_STOP);
    stops.remove(stop);
    refreshEquityFloors(state, pool);
  });
  refreshEquityFloors(state, pool);
  return stop;
}

/** Removes a stop; its partner stands alone then. A roll-back brings both back as they were. */
export function removeStop(state: EngineState, transaction: Transaction, stop: number): void {
  const { stops } = state;
  const pool = watchedPool(state, stop);
  const partner = stops.partner(stop);
  if (partner !== NO_STOP) stops.setPartner(partner, NO_STOP);
  const restore = stops.remove(stop);
  transaction.onRollback(() => {
    restore();
    if (partner !== NO_STOP) stops.setPartner(partner, stop);
    refreshEquityFloors(state, pool);
  });
  refreshEquityFloors(state, pool);
}

function setSuspended(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  suspended: boolean,
): void {
  const { stops } = state;
  const before = stops.suspended(stop);
  if (before === suspended) return;
  const pool = watchedPool(state, stop);
  // First: arming it anew may be refused half-way.
  transaction.onRollback(() => {
    stops.setSuspended(stop, before);
    refreshEquityFloors(state, pool);
  });
  stops.setSuspended(stop, suspended);
  refreshEquityFloors(state, pool);
}

/** The stop stays but does not fire: its scope is liquidatable. */
export function suspendStop(state: EngineState, transaction: Transaction, stop: number): void {
  setSuspended(state, transaction, stop, true);
}

/** Armed again; passed already, it fires in the next tick. */
export function resumeStop(state: EngineState, transaction: Transaction, stop: number): void {
  setSuspended(state, transaction, stop, false);
}

/** A trigger that has moved. */
export function setStopPrices(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  prices: StopPrices,
): void {
  const { stops } = state;
  const before = stops.prices(stop);
  // First: arming it anew may be refused half-way.
  transaction.onRollback(() => stops.setPrices(stop, before));
  stops.setPrices(stop, prices);
}

/** What is left for it to close. */
export function setStopQuantity(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  quantity: number,
): void {
  const { stops } = state;
  const before = stops.quantity(stop);
  stops.setQuantity(stop, quantity);
  transaction.onRollback(() => stops.setQuantity(stop, before));
}

/** The event of a stop that is about to be removed. */
export function cancelledEvent(
  state: EngineState,
  stop: number,
  reason: CancelReason,
): EngineEvent {
  const { stops } = state;
  const account = state.accounts.id(stops.account(stop)) ?? "";
  return { type: "stopCancelled", account, stop: stops.id(stop), reason };
}

/** Removes a stop and says so. */
export function cancelStopFor(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  reason: CancelReason,
): EngineEvent {
  const event = cancelledEvent(state, stop, reason);
  removeStop(state, transaction, stop);
  return event;
}
