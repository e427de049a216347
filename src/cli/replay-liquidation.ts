// What follows a tick of a replay with --liquidate: scopes under water are liquidated by the chosen policy, and looked at again after every tick
// until one tells that they have recovered, or they are closed. With an impact model, what was closed moves prices, and the moved prices are a tick of their own: a
// cascade, wave by wave, until a wave liquidates nothing.
//
// Impact (stated, simple, not calibrated): closing a notional N against a depth D (the notional that moves a price by 1 %) displaces the
// price by N/D percent, down where longs were closed and up where shorts were; displacements of one market add up, at most to 50 %, and
// halve every `halfLifeMs`. A replayed price is the tape's times 1 + displacement. What the fund takes over is sold like the rest; what is
// closed against counterparties moves nothing.
import type { RiskEngine } from "../engine/engine.ts";
import type { EngineEvent, LiquidationPolicy } from "../types.ts";
import { scopeKey } from "./scope-key.ts";

/** How liquidations move prices; depth in settle units. */
export interface ImpactModel {
  readonly depth: number;
  readonly halfLifeMs: number;
}

export interface LiquidationPlan {
  readonly policy: LiquidationPolicy;
  readonly impact: ImpactModel | null;
}

/** Furthest that liquidations displace a price, as a share. */
const MOST_DISPLACED = 0.5;
/** Waves of one tick at most: a displacement that is at its limit moves nothing more, so this is not reached. */
export const MOST_WAVES = 1_000;

/** Displacements by market. Doubles, the same on every machine: nothing here but sums, products and 2^x of quotients. */
class Displacements {
  readonly #model: ImpactModel;
  /** Share and the time it was reckoned at, by index of market. */
  readonly #shares: Map<number, { readonly share: number; readonly time: number }> = new Map();

  constructor(model: ImpactModel) {
    this.#model = model;
  }

  share(market: number, time: number): number {
    const last = this.#shares.get(market);
    if (last === undefined) return 0;
    const lives = (time - last.time) / this.#model.halfLifeMs;
    return last.share * halved(lives);
  }

  /** @param notional signed: negative for what was sold */
  push(market: number, notional: number, time: number): void {
    const share = this.share(market, time) + notional / this.#model.depth / 100;
    const bounded = Math.min(Math.max(share, -MOST_DISPLACED), MOST_DISPLACED);
    this.#shares.set(market, { share: bounded, time });
  }
}

/** 2^-x for x >= 0, linear within each halving, so that no library function decides the last bit. */
function halved(lives: number): number {
  const whole = Math.floor(lives);
  if (whole > 60) return 0;
  return (1 - (lives - whole) / 2) / 2 ** whole;
}

/** The liquidations of a replay. */
export class ReplayLiquidation {
  readonly #engine: RiskEngine;
  readonly #plan: LiquidationPlan;
  /** Accounts by scope: told to be liquidatable and not yet to have recovered. Ticks tell of changes, not of what goes under again unseen. */
  readonly #under: Map<string, string> = new Map();
  readonly #displacements: Displacements | undefined;
  /** Contracts by index of market whose closing has moved its price but not yet been ticked. */
  readonly #moved: Set<number> = new Set();
  readonly #marketOf: ReadonlyMap<string, number>;

  /** @param markets symbols by index */
  constructor(engine: RiskEngine, plan: LiquidationPlan, markets: readonly string[]) {
    this.#engine = engine;
    this.#plan = plan;
    this.#displacements = plan.impact === null ? undefined : new Displacements(plan.impact);
    this.#marketOf = new Map(markets.map((symbol, index) => [symbol, index]));
  }

  /** Scopes that a tick found under water, or up again. */
  note(events: readonly EngineEvent[]): void {
    for (const event of events) {
      if (event.type === "liquidatable") this.#under.set(scopeKey(event), event.account);
      else if (event.type === "recovered") this.#under.delete(scopeKey(event));
    }
  }

  /** Liquidates those of the scopes noted that are under water now. */
  run(time: number): EngineEvent[] {
    if (this.#under.size === 0) return [];
    const { policy } = this.#plan;
    const accounts = [...new Set(this.#under.values())];
    const events = this.#engine.liquidate({ accounts, time, policy });
    for (const event of events) {
      if (event.type === "liquidationEnded" && event.outcome === "closed") {
        this.#under.delete(scopeKey(event));
      } else if (event.type === "positionLiquidated") this.#push(event, time);
    }
    return events;
  }

  /** Markets whose prices the last liquidations have moved; each is told once. */
  takeMoved(): number[] {
    const moved = [...this.#moved].sort((a, b) => a - b);
    this.#moved.clear();
    return moved;
  }

  /** A price of the tape, in price units, as liquidations have left it. */
  displaced(market: number, price: number, time: number): number {
    const share = this.#displacements?.share(market, time) ?? 0;
    return share === 0 ? price : Math.max(1, Math.round(price * (1 + share)));
  }

  #push(event: Extract<EngineEvent, { readonly type: "positionLiquidated" }>, time: number): void {
    const { symbol, side, how } = event;
    if (this.#displacements === undefined || how === "deleveraged" || how === "offset") return;
    const market = this.#marketOf.get(symbol);
    if (market === undefined) return;
    const notional = Number(event.notional);
    this.#displacements.push(market, side === "long" ? -notional : notional, time);
    this.#moved.add(market);
  }
}
