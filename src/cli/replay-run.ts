// The loop of a replay: tapes in, ticks out. Bars of one time are taken through their stages (open, one extreme, the other, close): all
// markets in one atomic tick a stage, or one tick per market as a live feed sends them. Funding settles before the first tick at or after
// its time. Only the call into the engine is timed; whoever looks on is told after each tick.
import type { RiskEngine } from "../engine/engine.ts";
import type { TickResult } from "../engine/tick-result.ts";
import {
  type Bar,
  type BarGroup,
  type ExtremeOrder,
  type FundingGroup,
  mergeByTime,
  openBars,
  STAGES,
  type Stage,
  type SymbolMap,
  stagePrice,
  type TapeSource,
} from "../tape/index.ts";
import type { EngineEvent, FundingRate, TickOptions } from "../types.ts";
import { MOST_WAVES, type ReplayLiquidation } from "./replay-liquidation.ts";

/** What is replayed, and how. */
export interface ReplayPlan {
  readonly engine: RiskEngine;
  readonly tapes: readonly TapeSource[];
  readonly symbols: SymbolMap;
  /** By rising time. */
  readonly funding: readonly FundingGroup[];
  readonly extremes: ExtremeOrder;
  /** One tick per time and stage, or one per symbol, time and stage. */
  readonly by: "time" | "symbol";
  /** Bars that open in [from, to], ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** At most so many ticks. */
  readonly limit: number;
  readonly order?: TickOptions["order"];
  readonly stops?: TickOptions["stops"];
  /** What follows a tick. Absent: scopes under water stay in the book. */
  readonly liquidation?: ReplayLiquidation;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Marks that one tick moves; reused for the next. */
export interface MovedMarks {
  count: number;
  /** Indices of markets. */
  readonly markets: Int32Array;
  /** In price units. */
  readonly prices: Float64Array;
}

/** A stage of a bar, or prices that liquidations have moved. */
export type ReplayStage = Stage | "impact";

/** A tick that was made. */
export interface ReplayTick {
  /** From 1. */
  readonly number: number;
  /** ms since 1970: opening of its bars. */
  readonly time: number;
  readonly stage: ReplayStage;
  /** Marks that it moved. */
  readonly marks: number;
  /** Valid until the next one. */
  readonly result: TickResult;
  readonly events: readonly EngineEvent[];
  readonly microseconds: number;
}

/** Liquidations that followed a tick. */
export interface ReplayLiquidated {
  /** Number of the tick before. */
  readonly number: number;
  readonly time: number;
  readonly stage: ReplayStage;
  readonly wave: number;
  readonly events: readonly EngineEvent[];
  readonly microseconds: number;
}

/** Who looks on. */
export interface ReplayObserver {
  /** Before a tick. */
  before?(moved: MovedMarks, time: number): void;
  /** After a tick; what is returned is waited for. */
  after(tick: ReplayTick): Promise<void> | undefined;
  /** After liquidations: what they told, in which wave of the tick (from 1), and how long they took. */
  liquidated?(run: ReplayLiquidated): Promise<void> | undefined;
  /** After funding; `ticks` were made before it. */
  funded?(events: readonly EngineEvent[], time: number, ticks: number): Promise<void> | undefined;
}

/** Highest number of markets that one tick moves. */
const MAX_MARKETS = 65_536;

class Replay {
  readonly #plan: ReplayPlan;
  readonly #observers: readonly ReplayObserver[];
  readonly #moved: MovedMarks;
  readonly #options: { -readonly [Key in keyof TickOptions]: TickOptions[Key] };
  /** The tape's last price by index of market. */
  readonly #tape: Map<number, number> = new Map();
  #funding = 0;
  #ticks = 0;

  constructor(plan: ReplayPlan, observers: readonly ReplayObserver[]) {
    this.#plan = plan;
    this.#observers = observers;
    const size = Math.min(plan.engine.stats().markets, MAX_MARKETS);
    this.#moved = { count: 0, markets: new Int32Array(size), prices: new Float64Array(size) };
    this.#options = {};
    if (plan.order !== undefined) this.#options.order = plan.order;
    if (plan.stops !== undefined) this.#options.stops = plan.stops;
  }

  get done(): boolean {
    return this.#ticks >= this.#plan.limit;
  }

  /** All bars of one time. */
  async bars(time: number, bars: readonly Bar[]): Promise<void> {
    await this.#settleFunding(time);
    const { by, extremes } = this.#plan;
    const moved = this.#moved;
    for (const stage of STAGES) {
      moved.count = 0;
      for (const bar of bars) {
        moved.markets[moved.count] = bar.market.index;
        moved.prices[moved.count] = this.#price(bar, stagePrice(bar, stage, extremes), time);
        moved.count += 1;
        if (by === "time") continue;
        await this.#tick(time, stage);
        await this.#liquidate(time, stage);
        moved.count = 0;
        if (this.done) return;
      }
      if (by === "time") {
        await this.#tick(time, stage);
        await this.#liquidate(time, stage);
      }
      if (this.done) return;
    }
  }

  /** The tape's price, noted and moved by what liquidations have left of their impact. */
  #price({ market }: Bar, price: number, time: number): number {
    const { liquidation } = this.#plan;
    if (liquidation === undefined) return price;
    this.#tape.set(market.index, price);
    return liquidation.displaced(market.index, price, time);
  }

  /** Liquidates after a tick; where that moves prices they are ticked and what they sink is liquidated, until nothing more is. */
  async #liquidate(time: number, stage: Stage): Promise<void> {
    const { liquidation, now } = this.#plan;
    if (liquidation === undefined) return;
    const moved = this.#moved;
    for (let wave = 1; wave <= MOST_WAVES; wave++) {
      const started = now();
      const events = liquidation.run(time);
      const microseconds = (now() - started) * 1000;
      if (events.length === 0) return;
      const at: ReplayStage = wave === 1 ? stage : "impact";
      const told = { number: this.#ticks, time, stage: at, wave, events, microseconds };
      for (const observer of this.#observers) await observer.liquidated?.(told);
      const markets = liquidation.takeMoved().filter((market) => this.#tape.has(market));
      if (markets.length === 0) return;
      moved.count = markets.length;
      markets.forEach((market, place) => {
        moved.markets[place] = market;
        moved.prices[place] = liquidation.displaced(market, this.#tape.get(market) ?? 1, time);
      });
      await this.#tick(time, "impact");
    }
  }

  async #tick(time: number, stage: ReplayStage): Promise<void> {
    const { engine, now } = this.#plan;
    const moved = this.#moved;
    for (const observer of this.#observers) observer.before?.(moved, time);
    this.#options.time = time;
    const started = now();
    const result = engine.tickMarks(moved.markets, moved.prices, moved.count, this.#options);
    const microseconds = (now() - started) * 1000;
    this.#ticks += 1;
    const events = [...result.events()];
    this.#plan.liquidation?.note(events);
    const marks = moved.count;
    const tick = { number: this.#ticks, time, stage, marks, result, events, microseconds };
    for (const observer of this.#observers) {
      const wait = observer.after(tick);
      if (wait !== undefined) await wait;
    }
  }

  /** Everything due at or before the time, each at its own; what lies before the replay is not settled. */
  async #settleFunding(time: number): Promise<void> {
    const { engine, funding, from } = this.#plan;
    for (;;) {
      const group = funding[this.#funding];
      if (group === undefined || group.time > time) return;
      this.#funding += 1;
      if (group.time < from) continue;
      const rates: Record<string, FundingRate> = Object.create(null);
      const oracle = engine.rules.fundingPrice === "oracle";
      for (const [symbol, rate] of group.rates) {
        // No tape of oracle prices: the mark stands for them.
        rates[symbol] = oracle ? { rate, price: engine.mark(symbol) ?? "0" } : rate;
      }
      const events = engine.settleFunding({ time: group.time, rates });
      for (const observer of this.#observers)
        await observer.funded?.(events, group.time, this.#ticks);
    }
  }
}

/**
 * Takes an engine through tapes that were surveyed.
 *
 * @throws RiskError where a price does not fit its market or funding was settled already; the ticks before it stand
 */
export async function replay(
  plan: ReplayPlan,
  observers: readonly ReplayObserver[],
): Promise<void> {
  const run = new Replay(plan, observers);
  const tapes = plan.tapes.map((tape) => openBars(tape, plan.symbols));
  for await (const groups of mergeByTime<BarGroup>(tapes)) {
    const [first] = groups;
    if (first === undefined || first.time < plan.from) continue;
    if (first.time > plan.to || run.done) break;
    await run.bars(
      first.time,
      groups.length === 1 ? first.bars : groups.flatMap((one) => one.bars),
    );
  }
}
