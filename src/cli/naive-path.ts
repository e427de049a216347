// The straight line from the marks before a tick to the marks after it, as one pool meets it: where a stop's condition begins to hold, and
// whether the pool is liquidatable there. With the BigInt reference over whole steps, apart from the engine's own path.
import type { PoolState } from "../model.ts";
import { referencePoolFigures } from "../reference/pool.ts";
import { isMet, type NaiveStop } from "./naive-stop.ts";

/** As many as docs/accounts.md allows. */
const MOST_STRETCHES = 4_096;

export class NaivePath {
  readonly #pool: PoolState;
  readonly #from: (slot: number) => bigint;
  readonly #to: (slot: number) => bigint;
  /** Steps: the widest move of any price that the pool follows. */
  readonly steps: bigint;

  constructor(pool: PoolState, from: (slot: number) => bigint, to: (slot: number) => bigint) {
    this.#pool = pool;
    this.#from = from;
    this.#to = to;
    let steps = 0n;
    for (const { priceSlot } of pool.legs) {
      const move = to(priceSlot) - from(priceSlot);
      const width = move < 0n ? -move : move;
      if (width > steps) steps = width;
    }
    this.steps = steps;
  }

  price(slot: number, step: bigint): bigint {
    const from = this.#from(slot);
    const move = this.#to(slot) - from;
    if (move === 0n || this.steps === 0n) return from;
    const gone = ((move < 0n ? -move : move) * step) / this.steps;
    return move < 0n ? from - gone : from + gone;
  }

  /** The pool at the prices of a step. */
  poolAt(step: bigint): PoolState {
    const legs = this.#pool.legs.map((leg) => ({
      ...leg,
      price: Number(this.price(leg.priceSlot, step)),
    }));
    return { collateral: this.#pool.collateral, legs };
  }

  isUnder(step: bigint, inclusive: boolean): boolean {
    return referencePoolFigures(this.poolAt(step), inclusive).liquidatable;
  }

  /** First step at which the stop's condition holds; undefined where it does not hold at the end. */
  stepOf(stop: NaiveStop): bigint | undefined {
    const met = (step: bigint): boolean => {
      const mark = stop.market === null ? 0n : this.price(stop.market.slot, step);
      return isMet(stop, this.poolAt(step), mark);
    };
    if (!met(this.steps)) return undefined;
    if (met(0n)) return 0n;
    let [not, yes] = [0n, this.steps];
    while (yes - not > 1n) {
      const middle = (not + yes) / 2n;
      if (met(middle)) yes = middle;
      else not = middle;
    }
    // A price never turns back, but the floors of several prices make equity waver: it may have been reached before.
    if (stop.kind !== "equity" && stop.kind !== "drawdown") return yes;
    const budget = { stretches: MOST_STRETCHES };
    return this.#earliest(1n, yes - 1n, stop.floor, met, budget) ?? yes;
  }

  #earliest(
    from: bigint,
    to: bigint,
    floor: bigint,
    met: (step: bigint) => boolean,
    budget: { stretches: number },
  ): bigint | undefined {
    if (from > to || budget.stretches-- <= 0) return undefined;
    if (from === to) return met(from) ? from : undefined;
    if (this.#leastEquity(from, to) > floor) return undefined;
    const middle = (from + to) / 2n;
    return (
      this.#earliest(from, middle, floor, met, budget) ??
      this.#earliest(middle + 1n, to, floor, met, budget)
    );
  }

  /** Every price at the end of a stretch that is worse for the legs that follow it; each leg's value is rounded by less than a unit. */
  #leastEquity(from: bigint, to: bigint): bigint {
    const { collateral, legs } = this.#pool;
    let least = collateral - BigInt(legs.length);
    for (const slot of new Set(legs.map(({ priceSlot }) => priceSlot))) {
      const followers = legs.filter(({ priceSlot }) => priceSlot === slot);
      const [a, b] = [from, to].map((step) => {
        const price = Number(this.price(slot, step));
        const pool = { collateral: 0n, legs: followers.map((leg) => ({ ...leg, price })) };
        return referencePoolFigures(pool, false).equity;
      });
      least += a !== undefined && b !== undefined && b < a ? b : (a ?? 0n);
    }
    return least;
  }
}
