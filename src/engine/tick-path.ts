// The straight line that a tick's prices take from the marks before it to the marks after it, in whole steps: what the order of stops and
// liquidations within one tick is judged along. Pure arithmetic on integers.
//
//   D         = max over the prices of |to − from|, in price units: the number of steps
//   price(t)  = from ± ⌊|to − from|·t/D⌋ for t = 0 … D, so price(0) = from and price(D) = to
//
// A price that moves furthest moves one unit a step; no price ever turns back.

const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/** ⌊a·b/c⌋ of whole numbers, 0 <= a, b <= 2^53 − 1, 0 < c <= 2^53 − 1, where the quotient is at most 2^53 − 1. */
function multiplyDivideFloor(a: number, b: number, c: number): number {
  const product = a * b;
  // Below 2^53 the product is exact, and its quotient lies 1/c or more below the next whole number: rounding cannot reach it.
  if (product <= MAX_EXACT) return Math.floor(product / c);
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** ⌈a·b/c⌉ under the same bounds. */
function multiplyDivideCeil(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= MAX_EXACT) return Math.ceil(product / c);
  return Number((BigInt(a) * BigInt(b) + BigInt(c) - 1n) / BigInt(c));
}

function halfway(low: number, high: number): number {
  return low + Math.floor((high - low) / 2);
}

/** Stretches looked at before the step that halving found is taken: what hovers for so long is decided by less than a price unit. */
const MOST_STRETCHES = 4_096;

/** The least step from `first` to `last` at which something holds; undefined where it does at none, or the search grew too long. */
function earliest(
  first: number,
  last: number,
  holds: (step: number) => boolean,
  may: (from: number, to: number) => boolean,
): number | undefined {
  // Stretches still to look at, the earliest last.
  const stretches: [number, number][] = [[first, last]];
  for (let looked = 0; looked < MOST_STRETCHES; looked++) {
    const [from, to] = stretches.pop() ?? [1, 0];
    if (from > to) return undefined;
    if (from === to) {
      if (holds(from)) return from;
    } else if (may(from, to)) {
      const middle = halfway(from, to);
      stretches.push([middle + 1, to], [from, middle]);
    }
  }
  return undefined;
}

/** A price on its way: 1 <= from, to <= 2^53 − 1. */
export interface PriceMove {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/** The line over some prices. */
export class TickPath {
  /** The last step. */
  readonly steps: number;
  readonly moves: readonly PriceMove[];

  constructor(moves: readonly PriceMove[]) {
    this.moves = moves;
    let steps = 0;
    for (const { from, to } of moves) steps = Math.max(steps, Math.abs(to - from));
    this.steps = steps;
  }

  /** The price of a slot at a step. A RangeError for a slot that is not on the line. */
  price(slot: number, step: number): number {
    return this.#priceOf(this.#move(slot), step);
  }

  /** Calls `put` with every slot and its price at a step. */
  putPrices(step: number, put: (slot: number, price: number) => void): void {
    for (const move of this.moves) put(move.slot, this.#priceOf(move, step));
  }

  /**
   * The least step from `first` on at which the slot's price has passed a trigger (up: at or above it, down: at or below it), or undefined
   * where it has not at the end of the line.
   */
  stepPassing(slot: number, trigger: number, up: boolean, first: number): number | undefined {
    const { from, to } = this.#move(slot);
    const toGo = up ? trigger - from : from - trigger;
    const way = up ? to - from : from - to;
    if (toGo > way) return undefined;
    if (toGo <= 0) return first;
    // ⌊way·t/D⌋ >= toGo first where t >= toGo·D/way, which is at most D.
    return Math.max(first, multiplyDivideCeil(toGo, this.steps, way));
  }

  /**
   * The least step from `first` on at which something holds that does not hold everywhere before it; undefined where it holds neither at
   * `first` nor at the end. Halving finds a step at which it begins to hold; what floors of several prices make waver may have held
   * before, so all steps up to there are searched, but for the stretches of which `may` proves that it holds nowhere in them.
   *
   * @param may false only where it holds at no step from `from` to `to`
   */
  firstStep(
    first: number,
    holds: (step: number) => boolean,
    may: (from: number, to: number) => boolean,
  ): number | undefined {
    if (holds(first)) return first;
    if (first >= this.steps || !holds(this.steps)) return undefined;
    let [not, yes] = [first, this.steps];
    while (yes - not > 1) {
      const middle = halfway(not, yes);
      if (holds(middle)) yes = middle;
      else not = middle;
    }
    return earliest(first + 1, yes - 1, holds, may) ?? yes;
  }

  #move(slot: number): PriceMove {
    for (const move of this.moves) if (move.slot === slot) return move;
    throw new RangeError(`price slot ${slot} is not on the line`);
  }

  #priceOf({ from, to }: PriceMove, step: number): number {
    if (from === to || step === 0) return from;
    return to > from
      ? from + multiplyDivideFloor(to - from, step, this.steps)
      : from - multiplyDivideFloor(from - to, step, this.steps);
  }
}
