// What a tick does, in this order: funding at the marks before it; then the new marks, which the kernel takes and says which stops they
// pass; then, pool by pool, what those stops come to on the way (tick-resolve.ts); then the pools that the marks or the closes concern are
// judged, and those whose equity reached a floor are resolved too, until nothing is left. In the end stops sleep where their scope is
// liquidatable and wake where it has recovered.

import type { Kernel } from "../kernel.ts";
import { WOKE_CALL, WOKE_FLOOR, WOKE_LIQUIDATABLE, WOKE_RECOVERED } from "../layout-ticks.ts";
import type { EngineEvent } from "../types.ts";
import { NO_POOL } from "./accounts.ts";
import { settleRates } from "./commands/funding.ts";
import type { TickTerms } from "./commands/tick.ts";
import { applyMarginCalls } from "./margin-levels.ts";
import { reconcileMargins } from "./reconcile-stops.ts";
import type { EngineState } from "./state.ts";
import { applyEquityFloors, refreshEquityFloors, resumeStop, suspendStop } from "./stop-changes.ts";
import { poolOfStop } from "./stop-rules.ts";
import { isEquityKind, NO_STOP } from "./stops.ts";
import { resolvePool } from "./tick-resolve.ts";
import { orderOfScopes, type PoolNews, type ScopeEvents, TickResult } from "./tick-result.ts";
import { transactWhole } from "./transaction.ts";

const NO_EVENTS: readonly EngineEvent[] = [];
const NO_SCOPES: readonly ScopeEvents[] = [];
const NO_NEWS: PoolNews = { pools: new Uint32Array(0), flags: new Uint8Array(0) };
const NONE_FIRED: ReadonlySet<number> = new Set();

/** Carries out a tick whose prices stand in the state's rows. Nothing but its funding can be refused any more, and that comes first. */
export function runTick(state: EngineState, terms: TickTerms): TickResult {
  const { kernel, ticks } = state;
  const { marks, time } = terms;
  if (!ticks.started) startTicks(state);
  const funding = terms.funding === undefined ? NO_EVENTS : settleFirst(state, terms);
  if (time !== undefined) ticks.time = time;
  const fired = kernel.tick(ticks.slots, ticks.prices, ticks.count);
  const flow = fired === 0 ? undefined : new TickFlow(state, terms);
  flow?.resolveFired(fired);
  const woken = kernel.wake();
  if (woken === 0 && flow === undefined) {
    const facts = { marks, time, funding, scopes: NO_SCOPES, stopsTriggered: 0 };
    return new TickResult(state, facts, NO_NEWS);
  }
  return (flow ?? new TickFlow(state, terms)).finish(woken, funding);
}

/** The first tick: every pool is watched from here on. */
function startTicks(state: EngineState): void {
  state.kernel.enableTriggers();
  applyMarginCalls(state);
  applyEquityFloors(state);
  state.ticks.started = true;
}

function settleFirst(state: EngineState, terms: TickTerms): EngineEvent[] {
  const { time, funding = {}, path } = terms;
  const settled = settleRates(state, time, funding, `${path}.time`, `${path}.funding`);
  return [...settled, ...reconcileMargins(state)];
}

/** A tick in which something happens. */
class TickFlow {
  readonly #state: EngineState;
  readonly #terms: TickTerms;
  readonly #scopes: ScopeEvents[] = [];
  #triggered = 0;
  /** Pools whose stops were resolved: once a tick. */
  readonly #resolved: Set<number> = new Set();
  readonly #suspended: Set<number> = new Set();
  readonly #unjudged: Set<number> = new Set();

  constructor(state: EngineState, terms: TickTerms) {
    this.#state = state;
    this.#terms = terms;
  }

  /** Stops that the kernel took out, by pool. */
  resolveFired(count: number): void {
    const state = this.#state;
    const { kernel } = state;
    const byPool = new Map<number, Set<number>>();
    for (let index = 0; index < count; index++) {
      const stop = kernel.firedStop(index);
      const pool = poolOfStop(state, stop);
      const stops = byPool.get(pool);
      if (stops === undefined) byPool.set(pool, new Set([stop]));
      else stops.add(stop);
    }
    // A stop always has its position: it goes with it.
    byPool.delete(NO_POOL);
    for (const pool of [...byPool.keys()]) this.#addEquityPools(kernel.owner(pool), byPool);
    this.#resolveAll([...byPool.keys()], byPool);
  }

  /** An account's equity stops are met at the wallet that the tick finds, before its isolated stops return margin to it. */
  #addEquityPools(account: number, byPool: Map<number, Set<number>>): void {
    const { stops } = this.#state;
    for (let stop = stops.first(account); stop !== NO_STOP; stop = stops.next(stop)) {
      if (!isEquityKind(stops.kindOf(stop)) || stops.suspended(stop)) continue;
      const pool = poolOfStop(this.#state, stop);
      if (pool !== NO_POOL && !byPool.has(pool)) byPool.set(pool, new Set());
    }
  }

  /** Judges what was woken and resolves the floors that were reached, until nothing is left. */
  finish(woken: number, funding: readonly EngineEvent[]): TickResult {
    const { marks, time } = this.#terms;
    const { kernel } = this.#state;
    let wave = takeWoken(kernel, woken);
    let news = wave;
    for (let due = this.#due(wave); due.length > 0; due = this.#due(wave)) {
      this.#resolveAll(due, undefined);
      wave = takeWoken(kernel, kernel.wake());
      news = mergeNews(kernel, news, wave);
    }
    this.#followAlerts(news);
    const facts = {
      marks,
      time,
      funding,
      scopes: this.#scopes,
      stopsTriggered: this.#triggered,
    };
    return new TickResult(this.#state, facts, news);
  }

  /** Pools of a wave whose equity stops are to be resolved: at a floor, or liquidatable and perhaps past a floor on the way. */
  #due({ pools, flags }: PoolNews): number[] {
    const due: number[] = [];
    if (this.#state.stops.count === 0) return due;
    for (let place = 0; place < pools.length; place++) {
      if (((flags[place] as number) & (WOKE_FLOOR | WOKE_LIQUIDATABLE)) === 0) continue;
      const pool = pools[place] as number;
      if (!this.#resolved.has(pool) && this.#hasEquityStop(pool)) due.push(pool);
    }
    return due;
  }

  #hasEquityStop(pool: number): boolean {
    const { kernel, stops } = this.#state;
    for (let stop = stops.first(kernel.owner(pool)); stop !== NO_STOP; stop = stops.next(stop)) {
      if (!isEquityKind(stops.kindOf(stop)) || stops.suspended(stop)) continue;
      if (poolOfStop(this.#state, stop) === pool) return true;
    }
    return false;
  }

  #resolveAll(
    pools: readonly number[],
    fired: ReadonlyMap<number, ReadonlySet<number>> | undefined,
  ): void {
    const state = this.#state;
    const { kernel } = state;
    const accounts = pools.map((pool) => kernel.owner(pool));
    const tags = pools.map((pool) => kernel.tag(pool));
    for (const place of orderOfScopes(state, accounts, tags)) {
      const pool = pools[place] as number;
      const stops = fired?.get(pool) ?? NONE_FIRED;
      const resolution = resolvePool(state, pool, stops, this.#terms);
      const { events, triggered, suspended, unjudged } = resolution;
      this.#resolved.add(pool);
      if (suspended) this.#suspended.add(pool);
      // Its floor has been told of and is not told again. A pool that cannot be judged at the marks either is told of as such.
      if (unjudged && fired === undefined) this.#unjudged.add(pool);
      this.#triggered += triggered;
      const account = accounts[place] as number;
      if (events.length > 0) this.#scopes.push({ account, tag: tags[place] as number, events });
    }
  }

  /** Stops sleep where their scope is liquidatable and wake where it is not. */
  #followAlerts({ pools, flags }: PoolNews): void {
    if (this.#state.stops.count === 0) return;
    const changed = WOKE_LIQUIDATABLE | WOKE_RECOVERED;
    for (let place = 0; place < pools.length; place++) {
      if (((flags[place] as number) & changed) !== 0) this.#followAlert(pools[place] as number);
    }
    for (const pool of this.#suspended) this.#followAlert(pool);
    for (const pool of this.#unjudged) refreshEquityFloors(this.#state, pool);
  }

  #followAlert(pool: number): void {
    const state = this.#state;
    const { kernel, stops } = state;
    const account = kernel.owner(pool);
    if (stops.first(account) === NO_STOP) return;
    const under = kernel.alertUnder(pool);
    transactWhole(state, (transaction) => {
      for (const stop of stops.rows(account)) {
        if (poolOfStop(state, stop) !== pool) continue;
        if (under) suspendStop(state, transaction, stop);
        else resumeStop(state, transaction, stop);
      }
    });
  }
}

/** What a waking said. */
function takeWoken(kernel: Kernel, count: number): PoolNews {
  if (count === 0) return NO_NEWS;
  const pools = new Uint32Array(count);
  const flags = new Uint8Array(count);
  kernel.copyWoken(pools, flags);
  return { pools, flags };
}

const TURNED = WOKE_LIQUIDATABLE | WOKE_RECOVERED;

/**
 * Two wakings of one tick as one: a scope that went under and was lifted by its own stop has nothing to tell, nor has one whose margin
 * call was answered by a stop.
 */
function mergeNews(kernel: Kernel, first: PoolNews, second: PoolNews): PoolNews {
  const pools = new Uint32Array(first.pools.length + second.pools.length);
  const flags = new Uint8Array(pools.length);
  pools.set(first.pools);
  flags.set(first.flags);
  const places = new Map<number, number>();
  if (second.pools.length > 0) {
    first.pools.forEach((pool, place) => {
      places.set(pool, place);
    });
  }
  second.pools.forEach((pool, index) => {
    const later = first.pools.length + index;
    pools[later] = pool;
    flags[later] = second.flags[index] as number;
    const earlier = places.get(pool);
    if (earlier === undefined) return;
    const both = (flags[earlier] as number) | (flags[later] as number);
    flags[later] = (both & TURNED) === TURNED ? both & ~TURNED : both;
    flags[earlier] = 0;
  });
  for (let place = 0; place < pools.length; place++) {
    const called = ((flags[place] as number) & WOKE_CALL) !== 0;
    if (called && kernel.alertLevel(pools[place] as number) === 0) {
      flags[place] = (flags[place] as number) & ~WOKE_CALL;
    }
  }
  return { pools, flags };
}
