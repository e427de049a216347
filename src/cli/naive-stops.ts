// All stops of a book followed without an index (naive-stop.ts): each is looked at on every tick, and what became of it is compared with what
// the tick told. A stop whose condition holds has fired, or was cancelled with its position or its partner, or fell silent because its
// scope is liquidatable; and of the first stop of a scope it is asked whether it or the liquidation came first on the line.

import { parseDecimal } from "../decimal.ts";
import type { RiskEngine } from "../engine/engine.ts";
import type { PoolState } from "../model.ts";
import type {
  BookDocument,
  EngineEvent,
  ScopeName,
  StopDefinition,
  TickOptions,
} from "../types.ts";
import { NaivePath } from "./naive-path.ts";
import {
  describeStop,
  followMark,
  isMet,
  type NaiveMarket,
  type NaiveStop,
  naiveStop,
  resolvesTo,
  slipped,
} from "./naive-stop.ts";

type Account = BookDocument["accounts"][number];
type Triggered = Extract<EngineEvent, { readonly type: "stopTriggered" }>;

/** What the stops are compared in. */
export interface StopSurroundings {
  readonly engine: RiskEngine;
  readonly order: NonNullable<TickOptions["order"]>;
  /** A scope as a number. */
  readonly key: (scope: ScopeName) => number;
  readonly differ: (what: string) => void;
}

/** Scopes at one moment. */
export interface ScopesNow {
  /** Liquidatable after the tick before, and after this one. */
  readonly wasUnder: ReadonlySet<number>;
  readonly under: ReadonlySet<number>;
  readonly pools: ReadonlyMap<number, number>;
}

/** What a tick told of stops, by account and id. */
interface Told {
  readonly fired: Map<string, Triggered>;
  readonly cancelled: Map<string, string>;
  /** The first that fired in each scope, in the order of the events. */
  readonly first: Map<number, NaiveStop>;
  /** How many fired in each scope. */
  readonly busy: Map<number, number>;
}

export class NaiveStops {
  readonly #with: StopSurroundings;
  readonly #markets = new Map<string, NaiveMarket>();
  readonly #stops = new Map<string, NaiveStop>();
  /** Scopes that have stops, as they stood after the last change of their account. */
  readonly #states = new Map<number, PoolState>();
  /** Marks before the tick, by price slot. */
  readonly #before = new Map<number, bigint>();
  looked = 0;

  constructor(book: BookDocument, surroundings: StopSurroundings) {
    this.#with = surroundings;
    for (const market of book.markets) {
      this.#markets.set(market.symbol, this.#marketOf(market));
    }
    for (const account of book.accounts) {
      for (const stop of account.stops ?? []) this.#add(book, account, stop);
    }
  }

  #marketOf(definition: BookDocument["markets"][number]): NaiveMarket {
    const { engine } = this.#with;
    const { symbol, priceDecimals = 8, precision } = definition;
    const cut = engine.rules.stopTriggerPrecision === "tick" ? precision.price : undefined;
    const tick = cut == null ? 1n : parseDecimal(cut, priceDecimals, "precision.price");
    const slot = engine.priceSlot(symbol);
    this.#before.set(slot, 0n);
    return { symbol, slot, priceDecimals, tick };
  }

  #add(book: BookDocument, account: Account, stop: StopDefinition): void {
    const { engine, key } = this.#with;
    const { id, positions = [] } = account;
    const { symbol, side = "long", kind } = stop;
    const market = symbol === undefined ? undefined : this.#markets.get(symbol);
    const definition = book.markets.find((one) => one.symbol === symbol);
    const settle = stop.settle ?? definition?.settle ?? "";
    const held = positions.find((one) => one.symbol === symbol && one.side === side);
    const equity = kind === "equity" || kind === "drawdown";
    const scope = !equity && held?.marginMode === "isolated" ? "isolated" : "cross";
    const asset = book.assets.find(({ code }) => code === settle);
    this.#stops.set(
      `${id}\n${stop.id}`,
      naiveStop(stop, {
        account: id,
        scope: key({ account: id, scope, settle, symbol: symbol ?? null, side }),
        market: market ?? null,
        settleDecimals: asset?.decimals ?? 8,
        mark: BigInt(market === undefined ? 0 : engine.kernel.mark(market.slot)),
      }),
    );
  }

  /** Notes the marks that the tick will find. */
  before(): void {
    if (this.#stops.size === 0) return;
    for (const slot of this.#before.keys()) this.#before.set(slot, this.#mark(slot));
  }

  #mark(slot: number): bigint {
    return BigInt(this.#with.engine.kernel.mark(slot));
  }

  /** Looks at every stop that lived before the tick. */
  after(events: readonly EngineEvent[], scopes: ScopesNow): void {
    if (this.#stops.size === 0) return;
    const told = this.#read(events, scopes);
    const silenced = new Map<number, NaiveStop[]>();
    for (const stop of this.#stops.values()) {
      this.looked += 1;
      const slot = stop.market?.slot ?? -1;
      if (slot < 0 || scopes.wasUnder.has(stop.scope)) continue;
      followMark(stop, this.#before.get(slot) ?? 0n, this.#mark(slot));
    }
    for (const [key, stop] of this.#stops) {
      if (told.fired.has(key)) this.#checkFired(stop, scopes, told);
    }
    this.#move(events, scopes.pools);
    for (const [key, stop] of this.#stops) {
      if (told.fired.has(key) || told.cancelled.has(key)) continue;
      this.#checkQuiet(stop, scopes, silenced);
    }
    if (this.#with.order === "pathAware") this.#checkPaths(told, silenced);
    for (const key of [...told.fired.keys(), ...told.cancelled.keys()]) this.#stops.delete(key);
    // One that slept until its scope recovered may find its price passed already.
    for (const stop of this.#stops.values()) stop.fresh = scopes.wasUnder.has(stop.scope);
    this.#follow(events);
  }

  /** What funding did: margins moved, and prices that follow from them. */
  funded(events: readonly EngineEvent[], pools: ReadonlyMap<number, number>): void {
    for (const event of events) {
      if (event.type === "stopCancelled") this.#stops.delete(`${event.account}\n${event.stop}`);
    }
    this.#move(events, pools);
    this.remember();
  }

  /** Prices that were resolved anew. */
  #move(events: readonly EngineEvent[], pools: ReadonlyMap<number, number>): void {
    const moved = new Map<NaiveStop, string>();
    for (const event of events) {
      if (event.type !== "stopChanged") continue;
      const stop = this.#stops.get(`${event.account}\n${event.stop}`);
      const resolved = stop?.kind === "marginLoss" || stop?.kind === "entryDeviation";
      if (stop !== undefined && resolved) moved.set(stop, event.triggerPrice ?? "");
    }
    const { differ, engine } = this.#with;
    for (const [stop, text] of moved) {
      const pool = pools.get(stop.scope);
      stop.clamped = 0n;
      if (pool === undefined || text === "" || stop.market === null) continue;
      const { priceDecimals, tick } = stop.market;
      const price = parseDecimal(text, priceDecimals, "triggerPrice");
      const state = engine.kernel.poolState(pool);
      const why = resolvesTo(stop, state, price, engine.rules.triggerInclusive);
      if (why === undefined && tick === 1n) {
        differ(`${describeStop(stop)} moved to ${text}, where neither it nor a liquidation is met`);
      }
      if (why !== "condition") stop.clamped = price;
    }
  }

  #read(events: readonly EngineEvent[], scopes: ScopesNow): Told {
    const told: Told = {
      fired: new Map(),
      cancelled: new Map(),
      first: new Map(),
      busy: new Map(),
    };
    for (const event of events) {
      if (event.type !== "stopTriggered" && event.type !== "stopCancelled") continue;
      const key = `${event.account}\n${event.stop}`;
      const stop = this.#stops.get(key);
      if (stop === undefined || told.fired.has(key) || told.cancelled.has(key)) {
        this.#with.differ(
          `${event.type} of stop ${event.stop} of ${event.account}, which has none`,
        );
      } else if (event.type === "stopTriggered") {
        told.fired.set(key, event);
        if (!told.first.has(stop.scope)) told.first.set(stop.scope, stop);
        told.busy.set(stop.scope, (told.busy.get(stop.scope) ?? 0) + 1);
      } else {
        told.cancelled.set(key, event.reason);
        this.#checkCancelled(stop, event.reason, told, scopes);
      }
    }
    return told;
  }

  #checkCancelled(stop: NaiveStop, reason: string, told: Told, scopes: ScopesNow): void {
    if (reason === "closed" && this.#isHeld(stop, scopes)) {
      this.#with.differ(`${describeStop(stop)} was cancelled and its position is open`);
    }
    if (reason !== "oco") return;
    const fired = [...told.fired.keys()].some((key) => {
      const other = this.#stops.get(key);
      if (other?.account !== stop.account) return false;
      return other.id === stop.oco || other.oco === stop.id;
    });
    if (!fired) {
      this.#with.differ(`${describeStop(stop)} was cancelled and its partner did not fire`);
    }
  }

  /** Whether its position, or for an equity stop of a whole pool any, is there. */
  #isHeld(stop: NaiveStop, { pools }: ScopesNow): boolean {
    const pool = pools.get(stop.scope);
    if (pool === undefined) return false;
    const { legs } = this.#with.engine.kernel.poolState(pool);
    if (stop.market === null) return legs.length > 0;
    const { slot } = stop.market;
    return legs.some(
      ({ priceSlot, quantity }) => priceSlot === slot && quantity > 0 === (stop.side === "long"),
    );
  }

  /** It was awake, and its condition held. */
  #checkFired(stop: NaiveStop, scopes: ScopesNow, told: Told): void {
    const { differ } = this.#with;
    if (scopes.wasUnder.has(stop.scope)) {
      differ(`${describeStop(stop)} fired in a scope that was liquidatable`);
    }
    // What fired before it changed its pool on the way: of those that look at the pool only the first can be told.
    const asksPool = stop.kind !== "mark" && stop.kind !== "trailing";
    if (asksPool && told.first.get(stop.scope) !== stop) return;
    const path = this.#pathOf(stop);
    if (path === undefined || path.stepOf(stop) !== undefined) return;
    if (stop.fresh && isMet(stop, path.poolAt(0n), this.#before.get(stop.market?.slot ?? -1) ?? 0n))
      return;
    differ(`${describeStop(stop)} fired and its condition does not hold`);
  }

  /** Its condition does not hold, or it was silent, or the liquidation came first. */
  #checkQuiet(stop: NaiveStop, scopes: ScopesNow, silenced: Map<number, NaiveStop[]>): void {
    const { differ, order } = this.#with;
    if (scopes.wasUnder.has(stop.scope)) return;
    const pool = scopes.pools.get(stop.scope);
    if (pool === undefined) {
      differ(`${describeStop(stop)} outlives its scope`);
      return;
    }
    if (!this.#isMetNow(stop, pool)) return;
    if (order === "stopsFirst" || !scopes.under.has(stop.scope)) {
      differ(`${describeStop(stop)} should have fired`);
      return;
    }
    const others = silenced.get(stop.scope);
    if (others === undefined) silenced.set(stop.scope, [stop]);
    else others.push(stop);
  }

  /** At the marks of now; equity is the kernel's own exact figure. */
  #isMetNow(stop: NaiveStop, pool: number): boolean {
    const { kernel } = this.#with.engine;
    const { kind, floor, market } = stop;
    if (market === null || kind === "equity" || kind === "drawdown") {
      return kernel.poolFigures(pool).equity <= floor;
    }
    const asksPool = kind === "marginLoss" || kind === "entryDeviation";
    return isMet(stop, asksPool ? kernel.poolState(pool) : undefined, this.#mark(market.slot));
  }

  #pathOf({ scope }: NaiveStop): NaivePath | undefined {
    const state = this.#states.get(scope);
    if (state === undefined) return undefined;
    const from = (slot: number): bigint => this.#before.get(slot) ?? this.#mark(slot);
    return new NaivePath(state, from, (slot) => this.#mark(slot));
  }

  /** Of the first stop that each scope's line meets: it fired where the scope stood, and was silenced where it did not. */
  #checkPaths(told: Told, silenced: ReadonlyMap<number, readonly NaiveStop[]>): void {
    for (const stop of told.first.values()) this.#checkFirst(stop, told);
    const { differ, engine } = this.#with;
    const inclusive = engine.rules.triggerInclusive;
    for (const [scope, stops] of silenced) {
      if (told.busy.has(scope)) continue;
      const [any] = stops;
      const path = any === undefined ? undefined : this.#pathOf(any);
      if (path === undefined) continue;
      let first: { readonly stop: NaiveStop; readonly step: bigint } | undefined;
      for (const stop of stops) {
        const step = path.stepOf(stop);
        if (step !== undefined && (first === undefined || step < first.step))
          first = { stop, step };
      }
      if (first === undefined || path.isUnder(first.step, inclusive)) continue;
      differ(`${describeStop(first.stop)} was silenced and its scope stood when it was met`);
    }
  }

  #checkFirst(stop: NaiveStop, told: Told): void {
    const { differ, engine } = this.#with;
    const path = this.#pathOf(stop);
    const step = path?.stepOf(stop);
    if (path === undefined || step === undefined) return;
    const inclusive = engine.rules.triggerInclusive;
    if (path.isUnder(step, inclusive) && path.isUnder(path.steps, inclusive)) {
      differ(`${describeStop(stop)} fired and the liquidation came first`);
    }
    for (const other of this.#stops.values()) {
      if (other === stop || other.scope !== stop.scope) continue;
      const met = path.stepOf(other);
      if (met !== undefined && met < step) {
        differ(
          `${describeStop(stop)} fired before ${describeStop(other)}, which was met before it`,
        );
      }
    }
    const [close] = told.fired.get(`${stop.account}\n${stop.id}`)?.closes ?? [];
    const market = this.#markets.get(close?.symbol ?? "");
    if (close === undefined || market === undefined) return;
    const wanted = slipped({ ...stop, side: close.side }, path.price(market.slot, step));
    const found = parseDecimal(close.price, market.priceDecimals, "price");
    if (wanted !== found) {
      differ(`${describeStop(stop)} closed at ${found} and the line has ${wanted} there`);
    }
  }

  /** States of the scopes that have stops; of the accounts named, or of all. */
  remember(accounts?: ReadonlySet<string>): void {
    const { kernel } = this.#with.engine;
    const wanted = new Set<number>();
    for (const { account, scope } of this.#stops.values()) {
      if (accounts === undefined || accounts.has(account)) wanted.add(scope);
    }
    if (wanted.size === 0) return;
    kernel.forEachPool((pool) => {
      const key = kernel.owner(pool) * 2 ** 32 + kernel.tag(pool);
      if (wanted.has(key)) this.#states.set(key, kernel.poolState(pool));
    });
  }

  /** Positions that changed are remembered anew. */
  #follow(events: readonly EngineEvent[]): void {
    const changed = new Set<string>();
    for (const event of events) if (event.type === "positionChanged") changed.add(event.account);
    if (changed.size > 0) this.remember(changed);
  }

  /** The stops that live here are those that live in the engine, and trail the same best prices. */
  finish(): void {
    const { differ, engine } = this.#with;
    const left = new Map(this.#stops);
    for (const { id, stops = [] } of engine.toBook().accounts) {
      for (const stop of stops) {
        const known = left.get(`${id}\n${stop.id}`);
        left.delete(`${id}\n${stop.id}`);
        if (known === undefined) {
          differ(`stop ${stop.id} of ${id} lives in the engine alone`);
          continue;
        }
        const decimals = known.market?.priceDecimals ?? 0;
        const best = stop.best === undefined ? 0n : parseDecimal(stop.best, decimals, "best");
        if (best !== known.best) {
          differ(`${describeStop(known)} follows ${stop.best ?? "nothing"} in the engine`);
        }
      }
    }
    for (const stop of left.values()) differ(`${describeStop(stop)} does not live in the engine`);
  }
}
