// A replay's liquidations over time, for the cascade chart: notional closed by side, the price of the market hit hardest, the insurance
// funds and what nobody could pay, all in one settle asset (the one in which most was closed). Doubles: for drawing only.
import type { CascadePoint, CascadeSeries } from "../charts/cascade-chart.ts";
import type { RiskEngine } from "../engine/engine.ts";
import type { ReplayLiquidated, ReplayObserver, ReplayTick } from "./replay-run.ts";
import { narrowestBucket } from "./replay-statistics.ts";

/** Rows of the chart at most. */
const MOST_POINTS = 300;

interface Row {
  readonly time: number;
  /** By symbol. */
  readonly long: Map<string, number>;
  readonly short: Map<string, number>;
  /** Marks at the end of the row by symbol, and by asset what funds hold then and what nobody paid so far. */
  marks: Map<string, number>;
  funds: Map<string, number>;
  uncovered: Map<string, number>;
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** The key with the largest sum. */
function largest(sums: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  for (const [key, sum] of sums) {
    if (best === undefined || sum > (sums.get(best) ?? 0)) best = key;
  }
  return best;
}

export class CascadeRecorder implements ReplayObserver {
  readonly #engine: RiskEngine;
  readonly #settles: ReadonlyMap<string, string>;
  readonly #bucketMs: number;
  readonly #rows: Row[] = [];
  readonly #uncovered: Map<string, number> = new Map();
  readonly #closed: Map<string, number> = new Map();

  /** @param settles settle asset by symbol */
  constructor(
    engine: RiskEngine,
    settles: ReadonlyMap<string, string>,
    span: { readonly from: number; readonly to: number },
  ) {
    this.#engine = engine;
    this.#settles = settles;
    this.#bucketMs = narrowestBucket(span.from, span.to, MOST_POINTS) * 60_000;
  }

  after({ time }: ReplayTick): undefined {
    const row = this.#row(time);
    for (const symbol of this.#settles.keys()) {
      const mark = this.#engine.mark(symbol);
      if (mark !== null) row.marks.set(symbol, Number(mark));
    }
    this.#closeRow(row);
  }

  liquidated({ time, events }: ReplayLiquidated): undefined {
    const row = this.#row(time);
    for (const event of events) {
      if (event.type === "positionLiquidated") {
        const { symbol, side, notional, uncovered } = event;
        add(row[side], symbol, Number(notional));
        add(this.#closed, symbol, Number(notional));
        add(this.#uncovered, this.#settles.get(symbol) ?? "?", Number(uncovered));
      } else if (event.type === "liquidationEnded") {
        add(this.#uncovered, event.settle, Number(event.uncovered));
      }
    }
    this.#closeRow(row);
  }

  /** What was recorded; undefined where nothing was liquidated. */
  series(title: string): CascadeSeries | undefined {
    const symbol = largest(this.#closed);
    if (symbol === undefined) return undefined;
    const settle = this.#settles.get(symbol) ?? "?";
    const sum = (sums: ReadonlyMap<string, number>): number =>
      [...sums]
        .filter(([key]) => this.#settles.get(key) === settle)
        .reduce((total, [, amount]) => total + amount, 0);
    let price = 0;
    const points = this.#rows.map((row): CascadePoint => {
      price = row.marks.get(symbol) ?? price;
      const { time } = row;
      const [fund, uncovered] = [row.funds, row.uncovered].map((held) => held.get(settle) ?? 0);
      return {
        time,
        long: sum(row.long),
        short: sum(row.short),
        price,
        fund: fund ?? 0,
        uncovered: uncovered ?? 0,
      };
    });
    return { title, symbol, settle, minutes: this.#bucketMs / 60_000, points };
  }

  #closeRow(row: Row): void {
    row.uncovered = new Map(this.#uncovered);
    for (const asset of new Set(this.#settles.values())) {
      row.funds.set(asset, Number(this.#engine.insuranceFund(asset)));
    }
  }

  #row(time: number): Row {
    const start = Math.floor(time / this.#bucketMs) * this.#bucketMs;
    const last = this.#rows.at(-1);
    if (last !== undefined && last.time === start) return last;
    const row: Row = {
      time: start,
      long: new Map(),
      short: new Map(),
      marks: new Map(),
      funds: new Map(),
      uncovered: new Map(),
    };
    this.#rows.push(row);
    return row;
  }
}
