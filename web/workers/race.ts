// The race: underkeel and the best typed-array JavaScript scan the same book at the same prices, in turn, round by round, in this worker, each
// beginning a third of the rounds. Every round moves all prices together along the same sweep. Lists are compared each round, outside the timed part; both begin with
// rounds that are not counted, so that the JavaScript is compiled.
import { isUnderWater } from "../../bench/rivals/float64-search.ts";
import { SlopeScanner } from "../../bench/rivals/slope-groups.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { MarketFacts, RaceEntry, RaceFacts } from "../book/protocol.ts";
import { type RivalBook, rivalBook } from "./rival-columns.ts";

/** The kernel's own band. */
const BAND = { low: 0.5, high: 2 };
const WARM_ROUNDS = 4;
/** Legs that a timed turn scans at least: clocks of browsers tick in tenths of a millisecond, so small books are scanned several times. */
const LEGS_A_TURN = 1_000_000;
const MOST_REPEATS = 64;
/** All prices swing this far up and down. */
const SWING_PPM = 200_000;

interface Racer {
  readonly name: string;
  /** Scans at the prices in place; returns how many scopes are liquidatable. */
  run(): number;
  /** Kernel handles of the last list. */
  list(): Uint32Array;
}

/** Both sides of a race over one book, built once. */
export class Race {
  readonly #engine: RiskEngine;
  readonly #markets: readonly MarketFacts[];
  readonly #racers: readonly Racer[];
  readonly #rival: RivalBook;
  readonly #slots: readonly number[];
  /** Of the round at hand: by market for the engine, in settle currency by slot for the rival. */
  #move = 0;
  readonly #prices: Float64Array;
  readonly #marked: Uint8Array;

  private constructor(engine: RiskEngine, markets: readonly MarketFacts[], rival: RivalBook) {
    this.#engine = engine;
    this.#markets = markets;
    this.#rival = rival;
    this.#slots = markets.map(({ symbol }) => engine.priceSlot(symbol));
    this.#prices = rival.marks.slice();
    this.#marked = new Uint8Array((rival.handles.at(-1) ?? -1) + 1);
    this.#racers = [this.#underkeel(), this.#slopes(), this.#search()];
  }

  /** The race, or what of the book the rival has no formula for. */
  static create(
    engine: RiskEngine,
    sink: BulkSink,
    markets: readonly MarketFacts[],
  ): Race | string {
    const rival = rivalBook(engine, sink);
    return typeof rival === "string" ? rival : new Race(engine, markets, rival);
  }

  /** `pause` is awaited after each round and told how many are done. */
  async run(
    rounds: number,
    now: () => number,
    pause: (done: number) => Promise<void>,
  ): Promise<RaceFacts> {
    const racers = this.#racers;
    const times = racers.map(() => new Float64Array(rounds));
    const scopes = racers.map(() => 0);
    const differences = racers.map(() => 0);
    const legs = this.#engine.kernel.legTotal;
    const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LEGS_A_TURN / legs)));
    for (let round = -WARM_ROUNDS; round < rounds; round++) {
      this.#move = Math.round(SWING_PPM * Math.sin((2 * Math.PI * (round + 0.25)) / rounds));
      this.#setPrices();
      racers.forEach((_, place) => {
        const index = (place + round + WARM_ROUNDS) % racers.length;
        const racer = racers[index] as Racer;
        const started = now();
        for (let turn = 0; turn < repeats; turn++) scopes[index] = racer.run();
        const took = (now() - started) / repeats;
        if (round >= 0) (times[index] as Float64Array)[round] = took;
      });
      const lists = racers.map((racer) => racer.list());
      const [own] = lists;
      lists.forEach((list, index) => {
        const differs = this.#differences(own as Uint32Array, list);
        if (round >= 0) differences[index] = (differences[index] as number) + differs;
      });
      await pause(Math.max(0, round + 1));
    }
    const entries = racers.map(
      ({ name }, index): RaceEntry => ({
        name,
        times: times[index] as Float64Array,
        scopes: scopes[index] as number,
        differences: differences[index] as number,
      }),
    );
    return { rounds, legs, repeats, entries, refusal: null };
  }

  #setPrices(): void {
    const { priceScale } = this.#rival;
    this.#markets.forEach(({ mark }, market) => {
      const slot = this.#slots[market] as number;
      if (slot >= this.#prices.length) return;
      const price = Math.max(1, mark + Math.trunc((mark * this.#move) / 1e6));
      this.#prices[slot] = price * (priceScale[slot] as number);
    });
  }

  #underkeel(): Racer {
    let handles: Uint32Array = new Uint32Array(0);
    const indices = this.#markets.flatMap(({ mark }, market) => (mark === 0 ? [] : [market]));
    const prices = new Float64Array(indices.length);
    return {
      name: "underkeel, exact",
      run: () => {
        indices.forEach((market, row) => {
          const { mark } = this.#markets[market] as MarketFacts;
          prices[row] = Math.max(1, mark + Math.trunc((mark * this.#move) / 1e6));
        });
        const scan = this.#engine.scanAtMarks(indices, prices, indices.length);
        handles = scan.handles;
        return scan.count;
      },
      list: () => handles,
    };
  }

  #rivalHandles(hits: Uint32Array, count: number): Uint32Array {
    return hits.subarray(0, count).map((pool) => this.#rival.handles[pool] as number);
  }

  #slopes(): Racer {
    const { columns, marks, mostLegs } = this.#rival;
    const scanner = new SlopeScanner(columns, marks, mostLegs, BAND);
    let count = 0;
    return {
      name: "Float64Array, slopes",
      run: () => {
        count = scanner.scan(this.#prices);
        return count;
      },
      list: () => this.#rivalHandles(scanner.hits, count),
    };
  }

  #search(): Racer {
    const { columns } = this.#rival;
    const pools = columns.collateral.length;
    const hits = new Uint32Array(pools);
    let count = 0;
    return {
      name: "Float64Array, search",
      run: () => {
        count = 0;
        for (let pool = 0; pool < pools; pool++) {
          if (isUnderWater(columns, pool, this.#prices)) hits[count++] = pool;
        }
        return count;
      },
      list: () => this.#rivalHandles(hits, count),
    };
  }

  /** Scopes that one of two lists has and the other has not. */
  #differences(own: Uint32Array, other: Uint32Array): number {
    const marked = this.#marked;
    for (const pool of own) marked[pool] = 1;
    let differences = own.length;
    for (const pool of other) differences += marked[pool] === 1 ? -1 : 1;
    for (const pool of own) marked[pool] = 0;
    return differences;
  }
}
