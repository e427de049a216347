// What a replay comes to, gathered tick by tick in constant memory: counts, times, sums of what was closed, and how liquidations and stops
// are spread over the time of the tape.
import type { EngineEvent, StopKind } from "../types.ts";
import { Sums } from "./decimal-sums.ts";
import { Histogram } from "./histogram.ts";
import type { ReplayObserver, ReplayTick } from "./replay-run.ts";

/** One row of the chart. */
export interface ReplayBucket {
  /** Start, ms since 1970. */
  readonly time: number;
  readonly liquidations: number;
  readonly stops: number;
}

export interface ReplayReport {
  readonly tapes: readonly string[];
  /** Bars replayed, and bars of markets of the book on the tapes. */
  readonly bars: number;
  readonly tapeBars: number;
  /** Opening times of the first and the last bar replayed, ISO 8601; null where no tick was made. */
  readonly from: string | null;
  readonly to: string | null;
  readonly markets: number;
  /** Rows of symbols that the book does not know. */
  readonly unknown: Readonly<Record<string, number>>;
  readonly accounts: number;
  readonly positions: number;
  readonly stops: number;
  readonly ticks: number;
  readonly screenedTicks: number;
  readonly evaluations: { readonly total: number; readonly perTick: number };
  /** Of this run, on this machine: the calls into the engine. */
  readonly microseconds: {
    readonly first: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly fundings: number;
  /** Scopes when they became liquidatable first. They stay in the book, so prices may lift them and sink them again. */
  readonly liquidatable: {
    readonly count: number;
    /** How often one became liquidatable, the first time and later ones. */
    readonly times: number;
    readonly cross: number;
    readonly isolated: number;
    /** With an equity of 0 or less when they were found. */
    readonly bankrupt: number;
    /** Equity below zero, summed by settle asset. */
    readonly deficit: Readonly<Record<string, string>>;
  };
  readonly recovered: number;
  readonly marginCalls: number;
  readonly outOfRange: number;
  readonly stopsTriggered: {
    readonly count: number;
    readonly byKind: Readonly<Record<string, number>>;
    /** Closes they made, or asked for with --stops report. */
    readonly closes: number;
  };
  readonly stopsCancelled: Readonly<Record<string, number>>;
  /** Of the closes, by settle asset. */
  readonly realizedPnl: Readonly<Record<string, string>>;
  readonly fees: Readonly<Record<string, string>>;
  readonly bucketMinutes: number;
  readonly buckets: readonly ReplayBucket[];
}

type Liquidatable = Extract<EngineEvent, { readonly type: "liquidatable" }>;

/** Widths of a chart's rows. */
const BUCKET_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200];
const MOST_BUCKETS = 40;
const MINUTE = 60_000;

/** The narrowest width, in minutes, at which a span takes so many rows at most. */
export function narrowestBucket(from: number, to: number, most: number): number {
  const fits = (minutes: number): boolean =>
    Math.floor(to / (minutes * MINUTE)) - Math.floor(from / (minutes * MINUTE)) < most;
  return BUCKET_MINUTES.find(fits) ?? Math.ceil((to - from) / MINUTE / (most - 1));
}

/** Width of the rows of a terminal's chart. */
export function bucketMinutes(from: number, to: number): number {
  return narrowestBucket(from, to, MOST_BUCKETS);
}

class Counts<Key extends string> {
  readonly #counts = new Map<Key, number>();
  total = 0;

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.total += 1;
  }

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  record(): Record<string, number> {
    return Object.assign(Object.create(null), Object.fromEntries([...this.#counts].sort()));
  }
}

/** What is known before the first tick. */
export interface ReplayFacts {
  readonly tapes: readonly string[];
  readonly tapeBars: number;
  readonly markets: number;
  readonly unknown: Readonly<Record<string, number>>;
  readonly accounts: number;
  readonly positions: number;
  readonly stops: number;
  /** Times between which ticks may lie, for the rows of the chart. */
  readonly from: number;
  readonly to: number;
  /** Settle asset by market. */
  readonly settles: ReadonlyMap<string, string>;
}

/** Looks on at a replay and counts. */
export class ReplayStatistics implements ReplayObserver {
  readonly #facts: ReplayFacts;
  readonly #times = new Histogram();
  readonly #minutes: number;
  readonly #rows = new Map<number, { liquidations: number; stops: number }>();
  readonly #scopes = new Counts<"cross" | "isolated">();
  readonly #kinds = new Counts<StopKind>();
  readonly #cancelled = new Counts<string>();
  readonly #deficit = new Sums();
  readonly #realized = new Sums();
  readonly #fees = new Sums();
  readonly #sunk = new Set<string>();
  #sinkings = 0;
  #first = 0;
  #from: number | null = null;
  #to = 0;
  #ticks = 0;
  #bars = 0;
  #screened = 0;
  #evaluations = 0;
  #fundings = 0;
  #bankrupt = 0;
  #recovered = 0;
  #calls = 0;
  #outOfRange = 0;
  #closes = 0;

  constructor(facts: ReplayFacts) {
    this.#facts = facts;
    this.#minutes = bucketMinutes(facts.from, facts.to);
  }

  get ticks(): number {
    return this.#ticks;
  }

  get liquidations(): number {
    return this.#scopes.total;
  }

  get stops(): number {
    return this.#kinds.total;
  }

  after({ time, stage, marks, result, events, microseconds }: ReplayTick): undefined {
    // The first tick arms the whole book: it is told apart.
    if (this.#ticks === 0) this.#first = microseconds;
    else this.#times.add(microseconds);
    this.#from ??= time;
    this.#to = time;
    this.#ticks += 1;
    if (stage === "open") this.#bars += marks;
    this.#evaluations += result.evaluations;
    if (result.screened) this.#screened += 1;
    this.#look(time, events);
  }

  funded(events: readonly EngineEvent[]): undefined {
    for (const { type } of events) if (type === "fundingSettled") this.#fundings += 1;
  }

  #look(time: number, events: readonly EngineEvent[]): void {
    if (events.length === 0) return;
    const row = this.#row(time);
    for (const event of events) this.#count(event, row);
  }

  #row(time: number): { liquidations: number; stops: number } {
    const at = Math.floor(time / (this.#minutes * MINUTE));
    const row = this.#rows.get(at) ?? { liquidations: 0, stops: 0 };
    this.#rows.set(at, row);
    return row;
  }

  #count(event: EngineEvent, row: { liquidations: number; stops: number }): void {
    switch (event.type) {
      case "liquidatable":
        this.#sink(event, row);
        break;
      case "recovered":
        this.#recovered += 1;
        break;
      case "marginCall":
        this.#calls += 1;
        break;
      case "outOfRange":
        this.#outOfRange += 1;
        break;
      case "stopTriggered":
        row.stops += 1;
        this.#kinds.add(event.kind);
        this.#closes += event.closes.length;
        break;
      case "stopCancelled":
        this.#cancelled.add(event.reason);
        break;
      case "positionChanged": {
        const settle = this.#facts.settles.get(event.symbol) ?? "?";
        this.#realized.add(settle, event.realizedPnl);
        this.#fees.add(settle, event.fee);
        break;
      }
      default:
    }
  }

  #sink(event: Liquidatable, row: { liquidations: number }): void {
    const { account, scope, settle, symbol, side, equity, marginRatio } = event;
    this.#sinkings += 1;
    const name = `${account}\n${scope}\n${symbol ?? settle}\n${side}`;
    if (this.#sunk.has(name)) return;
    this.#sunk.add(name);
    row.liquidations += 1;
    this.#scopes.add(scope);
    if (marginRatio === null) this.#bankrupt += 1;
    if (equity.startsWith("-")) this.#deficit.add(settle, equity);
  }

  report(): ReplayReport {
    const { settles: _settles, from: _from, to: _to, ...facts } = this.#facts;
    const ticks = this.#ticks;
    const iso = (time: number): string => new Date(time).toISOString();
    return {
      ...facts,
      bars: this.#bars,
      from: this.#from === null ? null : iso(this.#from),
      to: this.#from === null ? null : iso(this.#to),
      ticks,
      screenedTicks: this.#screened,
      evaluations: {
        total: this.#evaluations,
        perTick: ticks === 0 ? 0 : this.#evaluations / ticks,
      },
      microseconds: {
        first: this.#first,
        mean: this.#times.mean,
        p50: this.#times.percentile(0.5),
        p99: this.#times.percentile(0.99),
        max: this.#times.max,
      },
      fundings: this.#fundings,
      liquidatable: {
        count: this.#scopes.total,
        times: this.#sinkings,
        cross: this.#scopes.of("cross"),
        isolated: this.#scopes.of("isolated"),
        bankrupt: this.#bankrupt,
        deficit: this.#deficit.texts(),
      },
      recovered: this.#recovered,
      marginCalls: this.#calls,
      outOfRange: this.#outOfRange,
      stopsTriggered: {
        count: this.#kinds.total,
        byKind: this.#kinds.record(),
        closes: this.#closes,
      },
      stopsCancelled: this.#cancelled.record(),
      realizedPnl: this.#realized.texts(),
      fees: this.#fees.texts(),
      bucketMinutes: this.#minutes,
      buckets: this.#buckets(),
    };
  }

  /** Rows from the first to the last tick, empty ones too. */
  #buckets(): ReplayBucket[] {
    if (this.#from === null) return [];
    const width = this.#minutes * MINUTE;
    const [first, last] = [Math.floor(this.#from / width), Math.floor(this.#to / width)];
    return Array.from({ length: last - first + 1 }, (_, index) => {
      const row = this.#rows.get(first + index) ?? { liquidations: 0, stops: 0 };
      return { time: (first + index) * width, ...row };
    });
  }
}
