// What a tick has to tell: counts at once, events when they are asked for. Of scopes that went under or recovered only handles are held, and
// the figures in their events are computed as one reads them: a crash may put a fifth of the book under water in one tick.
import { formatDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import { WOKE_CALL, WOKE_FAULT, WOKE_LIQUIDATABLE, WOKE_RECOVERED } from "../layout-ticks.ts";
import type { PoolFigures } from "../model.ts";
import type { EngineEvent } from "../types.ts";
import { tagIndex, tagMode, tagSide } from "./accounts.ts";
import { LEVEL_DECIMALS } from "./margin-levels.ts";
import { identifyPool, marginRatioE8, settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";

const RATIO_DECIMALS = 8;

/** What a tick did in one scope, told already: stops and their closes. */
export interface ScopeEvents {
  readonly account: number;
  /** Of the pool (accounts.ts). */
  readonly tag: number;
  readonly events: readonly EngineEvent[];
}

/** What a tick found of pools: handles and WOKE_* flags, 0 where there is nothing to tell after all. */
export interface PoolNews {
  readonly pools: Uint32Array;
  readonly flags: Uint8Array;
}

/** The rest of what a tick tells. */
export interface TickFacts {
  readonly marks: number;
  readonly time: number | undefined;
  readonly funding: readonly EngineEvent[];
  readonly scopes: readonly ScopeEvents[];
  readonly stopsTriggered: number;
}

/** Cross before isolated, then by asset or market, long before short. */
function rankOfTag(tag: number): number {
  const isolated = tagMode(tag) === "isolated";
  const place = tagIndex(tag) * 2 + (tagSide(tag) === "short" ? 1 : 0);
  return isolated ? place + 2 ** 32 : place;
}

/** Rising by account id (UTF-16 units), then scope; equal ones in the order in which they are given. */
export function orderOfScopes(
  state: EngineState,
  accounts: ArrayLike<number>,
  tags: ArrayLike<number>,
): Uint32Array {
  const count = accounts.length;
  const ids = Array.from(accounts, (account) => state.accounts.id(account) ?? "");
  const ranks = Float64Array.from(tags, rankOfTag);
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = place;
  return order.sort((a, b) => {
    const first = ids[a] as string;
    const second = ids[b] as string;
    if (first !== second) return first < second ? -1 : 1;
    return (ranks[a] as number) - (ranks[b] as number) || a - b;
  });
}

/**
 * What a tick did and found. Counts are there at once; {@link events} and {@link pools} are valid until the next command, after which they
 * throw a RangeError.
 */
export class TickResult {
  /** Marks in the tick. */
  readonly marks: number;
  /** ms since 1970, or null where the tick did not say. */
  readonly time: number | null;
  /** Scopes that have become liquidatable. */
  readonly liquidatable: number;
  /** Scopes that were liquidatable and are no longer. */
  readonly recovered: number;
  /** Scopes whose margin ratio reached a level of the margin calls. */
  readonly marginCalls: number;
  readonly stopsTriggered: number;
  /** Scopes whose figures do not fit 63 bits at these prices; each is looked at again in every tick. */
  readonly outOfRange: number;
  /** Exact evaluations that it took. */
  readonly evaluations: number;
  /** So much was passed that the screen decided it. */
  readonly screened: boolean;
  readonly #state: EngineState;
  readonly #commands: number;
  readonly #facts: TickFacts;
  readonly #news: PoolNews;

  constructor(state: EngineState, facts: TickFacts, news: PoolNews) {
    const { kernel } = state;
    this.marks = facts.marks;
    this.time = facts.time ?? null;
    this.stopsTriggered = facts.stopsTriggered;
    this.evaluations = kernel.tickEvaluations;
    this.screened = kernel.tickScreened;
    let [liquidatable, recovered, marginCalls, outOfRange] = [0, 0, 0, 0];
    const { flags } = news;
    for (let place = 0; place < flags.length; place++) {
      const flag = flags[place] as number;
      if ((flag & WOKE_LIQUIDATABLE) !== 0) liquidatable++;
      if ((flag & WOKE_RECOVERED) !== 0) recovered++;
      if ((flag & WOKE_CALL) !== 0) marginCalls++;
      if ((flag & WOKE_FAULT) !== 0) outOfRange++;
    }
    this.liquidatable = liquidatable;
    this.recovered = recovered;
    this.marginCalls = marginCalls;
    this.outOfRange = outOfRange;
    this.#state = state;
    this.#commands = state.commands;
    this.#facts = facts;
    this.#news = news;
  }

  /** Kernel handles of the scopes that have become liquidatable, in no particular order; a copy. */
  pools(): Uint32Array {
    this.#requireCurrent();
    const { pools, flags } = this.#news;
    return pools.filter((_, place) => ((flags[place] ?? 0) & WOKE_LIQUIDATABLE) !== 0);
  }

  /**
   * Everything that happened but the prices: funding, then scope by scope (accounts by id, cross before isolated, by asset or market, long
   * before short) stops with what they closed, a margin call, and whether it has become liquidatable or recovered. Figures are those after
   * the tick.
   */
  *events(): Generator<EngineEvent, void, undefined> {
    const { funding, scopes } = this.#facts;
    const { pools, flags } = this.#news;
    this.#requireCurrent();
    yield* funding;
    for (const place of this.#order()) {
      const told = scopes[place];
      const pool = place - scopes.length;
      const events = told?.events ?? this.#eventsOf(pools[pool] as number, flags[pool] as number);
      for (const event of events) {
        this.#requireCurrent();
        yield event;
      }
    }
  }

  /** Of the scopes that have told, and after them the pools: their places in the order of events. */
  #order(): Uint32Array {
    const { kernel } = this.#state;
    const { scopes } = this.#facts;
    const { pools } = this.#news;
    const accounts = new Uint32Array(scopes.length + pools.length);
    const tags = new Uint32Array(accounts.length);
    scopes.forEach(({ account, tag }, place) => {
      accounts[place] = account;
      tags[place] = tag;
    });
    for (let place = 0; place < pools.length; place++) {
      const pool = pools[place] as number;
      accounts[scopes.length + place] = kernel.owner(pool);
      tags[scopes.length + place] = kernel.tag(pool);
    }
    return orderOfScopes(this.#state, accounts, tags);
  }

  #eventsOf(pool: number, flags: number): EngineEvent[] {
    const state = this.#state;
    if (flags === 0) return [];
    const { account, scope, settle, symbol, side } = identifyPool(state, pool);
    const name = { account, scope, settle, symbol, side };
    const figures = figuresThatFit(state, pool);
    const ratio = ratioText(figures);
    const events: EngineEvent[] = [];
    if ((flags & WOKE_CALL) !== 0) {
      const level = levelText(state, state.kernel.alertLevel(pool));
      events.push({ type: "marginCall", ...name, level, marginRatio: ratio });
    }
    if ((flags & WOKE_LIQUIDATABLE) !== 0 && figures !== undefined) {
      const { decimals } = state.assetAt(settleOf(state, pool));
      events.push({
        type: "liquidatable",
        ...name,
        equity: formatDecimal(figures.equity, decimals),
        maintenanceMargin: formatDecimal(figures.maintenanceMargin, decimals),
        clearance: formatDecimal(figures.clearance, decimals),
        marginRatio: ratio,
      });
    }
    if ((flags & WOKE_RECOVERED) !== 0) events.push({ type: "recovered", ...name });
    if ((flags & WOKE_FAULT) !== 0) events.push({ type: "outOfRange", ...name });
    return events;
  }

  #requireCurrent(): void {
    if (this.#commands === this.#state.commands) return;
    throw new RangeError("a command has run since this tick: take its events before the next");
  }
}

/** undefined where the scope can be judged but a figure of it does not fit 63 bits. */
function figuresThatFit(state: EngineState, pool: number): PoolFigures | undefined {
  try {
    return state.kernel.poolFigures(pool);
  } catch (error) {
    if (error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE") return undefined;
    throw error;
  }
}

function ratioText(figures: PoolFigures | undefined): string | null {
  if (figures === undefined) return null;
  const { maintenanceMargin, closeFee, equity } = figures;
  const ratio = marginRatioE8(maintenanceMargin + closeFee, equity);
  return ratio === null ? null : formatDecimal(ratio, RATIO_DECIMALS);
}

function levelText(state: EngineState, level: number): string {
  const raisePpm = state.marginCalls.levels[level - 1]?.raisePpm ?? 0;
  return formatDecimal(raisePpm, LEVEL_DECIMALS);
}
