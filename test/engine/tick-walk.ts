// A tick taken apart by hand: the marks go from 100 to their ends step by step, by the definition of the line, in an engine that holds no
// stops and is given commands that know no ticks; at each step every stop is looked at and its scope judged by the BigInt reference.
import type { RiskEngine } from "../../src/engine/engine.ts";
import { referencePoolFigures } from "../../src/reference/index.ts";
import type { PositionSide, PositionView, StopView, TickOptions } from "../../src/types.ts";
import { tryApply } from "./margin-fixtures.ts";
import {
  addDrawn,
  emptyTickEngine,
  MARK,
  marksAt,
  priceText,
  SYMBOLS,
  type TickDraw,
  X,
} from "./tick-draws.ts";

/** 0.0037, as drawn. */
function slippedUnits(units: number, side: PositionSide): number {
  return side === "long"
    ? Math.floor((units * 9_963) / 10_000)
    : Math.ceil((units * 10_037) / 10_000);
}

export class TickWalk {
  readonly engine: RiskEngine;
  /** "s1: X long 3 at 99.5" of what fired. */
  readonly fired: string[] = [];
  /** Stops that are left. */
  left: StopView[];
  readonly #draw: TickDraw;
  /** Price units from 100.00, by market. */
  readonly #ends: readonly [number, number];
  readonly #steps: number;
  #step = 0;
  /** Step of the last close. */
  #closedAt: number | undefined;
  /** Scopes whose stops fire no more, and those of which one has fired. */
  readonly #dead: Set<string> = new Set();
  readonly #begun: Set<string> = new Set();

  /** `stops` as placed; trailing ones are left alone. */
  constructor(draw: TickDraw, stops: readonly StopView[], ends: readonly [number, number]) {
    this.engine = emptyTickEngine(draw);
    addDrawn(this.engine, draw);
    this.left = [...stops];
    this.#draw = draw;
    this.#ends = ends;
    const held = new Set(this.#positions().map(({ symbol }) => symbol));
    const ways = SYMBOLS.map((symbol, at) => (held.has(symbol) ? Math.abs(ends[at] ?? 0) : 0));
    this.#steps = Math.max(...ways);
  }

  run(order: NonNullable<TickOptions["order"]>): this {
    for (let step = 0; step <= this.#steps; step++) {
      this.#go(step);
      for (let met = this.#met(); met !== undefined; met = this.#met()) {
        const scope = this.#scopeOf(met);
        if (this.#isDead(met, order)) this.#dead.add(scope);
        else this.#fire(met);
        this.#begun.add(scope);
      }
    }
    return this;
  }

  #go(step: number): void {
    this.#step = step;
    this.engine.setMarks(marksAt(this.#units(0) - MARK, this.#units(1) - MARK));
  }

  /** Price of a market at the step at hand. */
  #units(market: number): number {
    const way = this.#ends[market] ?? 0;
    if (this.#steps === 0) return MARK;
    const gone = Math.floor((Math.abs(way) * this.#step) / this.#steps);
    return way > 0 ? MARK + gone : MARK - gone;
  }

  #positions(): PositionView[] {
    return this.engine.account("a").positions();
  }

  #scopeOf({ symbol, side }: StopView): string {
    return this.#draw.mode === "cross" ? "cross" : `${symbol} ${side}`;
  }

  #figures({ symbol, side }: StopView) {
    const { engine } = this;
    const cross = this.#draw.mode === "cross" || symbol === null || side === null;
    const { pool } = cross
      ? engine.crossScope("a", "USDT")
      : engine.isolatedScope("a", symbol, side);
    return referencePoolFigures(engine.kernel.poolState(pool), engine.rules.triggerInclusive);
  }

  #met(): StopView | undefined {
    return this.left.find((stop) => !this.#dead.has(this.#scopeOf(stop)) && this.#isMet(stop));
  }

  #isMet(stop: StopView): boolean {
    if (stop.equityFloor !== null) {
      const floor = BigInt(Math.round(Number(stop.equityFloor) * 1e8));
      if (this.#figures(stop).equity > floor) return false;
      // Floors of two prices make equity waver: what is not reached at the end of the line is not met on it, but by a close on the way.
      return (
        this.#closedAt === this.#step || this.#atEnd(() => this.#figures(stop).equity <= floor)
      );
    }
    if (stop.triggerPrice === null || stop.kind === "trailing") return false;
    const units = this.#units(SYMBOLS.indexOf(stop.symbol ?? X));
    const trigger = Math.round(Number(stop.triggerPrice) * 100);
    const down = (stop.side === "long") === (stop.purpose === "stopLoss");
    return down ? units <= trigger : units >= trigger;
  }

  /** The liquidation of its scope came first. */
  #isDead(stop: StopView, order: NonNullable<TickOptions["order"]>): boolean {
    if (order === "stopsFirst") return false;
    if (order === "liquidationFirst" && this.#begun.has(this.#scopeOf(stop))) return false;
    if (order === "pathAware" && !this.#figures(stop).liquidatable) return false;
    return this.#atEnd(() => this.#figures(stop).liquidatable);
  }

  #atEnd<T>(look: () => T): T {
    const step = this.#step;
    this.#go(this.#steps);
    const seen = look();
    this.#go(step);
    return seen;
  }

  #fire(stop: StopView): void {
    this.#drop(stop);
    this.#closedAt = this.#step;
    const told = this.#positions()
      .filter(({ symbol, side }) => !stop.symbol || (symbol === stop.symbol && side === stop.side))
      .sort((a, b) => `${a.symbol} ${a.side}`.localeCompare(`${b.symbol} ${b.side}`))
      .map((position) => this.#close(stop, position));
    if (told.includes("refused")) return;
    this.fired.push(`${stop.id}: ${told.join(", ")}`);
    const open = this.#positions();
    for (const other of this.left) {
      const alive = open.some(
        ({ symbol, side }) => !other.symbol || (symbol === other.symbol && side === other.side),
      );
      if (!alive || other.id === stop.oco) this.#drop(other);
    }
  }

  #close(stop: StopView, { symbol, side, contracts }: PositionView): string {
    const { hedged, stops } = this.#draw;
    const size = Math.min(Number(contracts), Number(stop.amount ?? contracts));
    const met = this.#units(SYMBOLS.indexOf(symbol));
    const slipped = stops[Number(stop.id.slice(1))]?.slipped === true;
    const price = priceText(slipped ? slippedUnits(met, side) : met);
    const accepted = tryApply(this.engine, {
      type: "fill",
      account: "a",
      symbol,
      side: side === "long" ? "sell" : "buy",
      amount: `${size}`,
      price,
      reduceOnly: true,
      liquidity: "taker",
      ...(hedged ? { positionSide: side } : {}),
    });
    return accepted ? `${symbol} ${side} ${size} at ${Number(price)}` : "refused";
  }

  #drop(gone: StopView): void {
    this.left = this.left.filter((stop) => stop !== gone);
  }
}
