// The counterparties of one side of a market, ranked once, and who of them is the next that may take part of a bankrupt position. A tree
// over the ranks holds what those below a node can bear at most (capacity.ts), so that any number of counterparties whom the price would
// ruin is passed over in a few steps, by every bankrupt anew: prices differ, so nobody is out for good. A counterparty's bounds are
// found when it is first looked at, and again after its account has changed; marks stand still meanwhile.
import { RiskError } from "../../errors.ts";
import type { PositionSide } from "../../types.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { type Capacity, capacityOf, lossDown, relaxedUp, unitValue } from "./capacity.ts";
import type { Candidate } from "./ranking.ts";

/** What is offered to counterparties: units of a part at the worth of the first, second, ... of them. */
export class Offer {
  /** The bankrupt's own account. */
  readonly account: number;
  readonly #size: number;
  readonly #worthOf: (units: number) => bigint;
  /** At least what a unit is closed for, as a double. */
  readonly price: number;
  /** Units that counterparties have taken. */
  taken = 0;

  /** @param worthOf what the first n units of the bankrupt's part are worth: a rate per unit, rounded down */
  constructor(account: number, size: number, worthOf: (units: number) => bigint) {
    this.account = account;
    this.#size = size;
    this.#worthOf = worthOf;
    this.price = relaxedUp(-Number(worthOf(size)) / size);
  }

  get remaining(): number {
    return this.#size - this.taken;
  }

  /** What a counterparty's next `units` are closed for: below price · units + 1. */
  worth(units: number): bigint {
    return this.#worthOf(this.taken) - this.#worthOf(this.taken + units);
  }

  /** What the units taken are worth to the bankrupt. */
  get given(): bigint {
    return this.#worthOf(this.taken);
  }
}

/** A counterparty that may take some. */
export interface Taker {
  readonly place: number;
  readonly candidate: Candidate;
  readonly position: PositionReference;
  readonly size: number;
  readonly worth: bigint;
}

interface Refusal {
  readonly size: number;
  readonly worth: bigint;
}

/** What a node of the tree says of all below it. */
interface Bounds extends Pick<Capacity, "leastPrice" | "intercept" | "slope"> {
  readonly smallest: number;
  readonly largest: number;
}

/** Of a counterparty not looked at: anything may be. */
const UNKNOWN: Bounds = {
  smallest: 0,
  largest: Number.POSITIVE_INFINITY,
  leastPrice: Number.NEGATIVE_INFINITY,
  intercept: Number.POSITIVE_INFINITY,
  slope: 0,
};

/** Of one that takes nothing: a bound on nobody. */
const NOBODY: Bounds = {
  smallest: Number.POSITIVE_INFINITY,
  largest: Number.NEGATIVE_INFINITY,
  leastPrice: Number.POSITIVE_INFINITY,
  intercept: Number.NEGATIVE_INFINITY,
  slope: Number.NEGATIVE_INFINITY,
};

export class Counterparties {
  readonly state: EngineState;
  readonly market: EngineMarket;
  readonly side: PositionSide;
  /** The first to be deleveraged first. */
  readonly candidates: readonly Candidate[];
  /** How many candidates were looked at so far: what the search costs. */
  visits = 0;
  readonly #places: Map<number, number> = new Map();
  readonly #capacities: (Capacity | undefined)[] = [];
  readonly #refusals: (Refusal | undefined)[] = [];
  /** Places in the last row of the tree, a power of two; the node above n is n / 2, the root 1. */
  readonly #width: number;
  readonly #smallest: Float64Array;
  readonly #largest: Float64Array;
  readonly #leastPrice: Float64Array;
  readonly #intercept: Float64Array;
  readonly #slope: Float64Array;

  constructor(
    state: EngineState,
    market: EngineMarket,
    side: PositionSide,
    candidates: readonly Candidate[],
  ) {
    this.state = state;
    this.market = market;
    this.side = side;
    this.candidates = candidates;
    for (const [place, { account }] of candidates.entries()) this.#places.set(account, place);
    this.#width = 2 ** Math.ceil(Math.log2(Math.max(candidates.length, 1)));
    const nodes = 2 * this.#width;
    this.#smallest = new Float64Array(nodes);
    this.#largest = new Float64Array(nodes);
    this.#leastPrice = new Float64Array(nodes);
    this.#intercept = new Float64Array(nodes);
    this.#slope = new Float64Array(nodes);
    for (let place = 0; place < this.#width; place++) {
      this.#setLeaf(place, place < candidates.length ? UNKNOWN : NOBODY);
    }
    for (let node = this.#width - 1; node >= 1; node--) this.#join(node);
  }

  /** The first candidate from a place on whom the bounds let take some; undefined where there is none. */
  next(from: number, offer: Offer): Taker | undefined {
    const { state, market, side } = this;
    const loss = lossDown(unitValue(state, market, side === "long"), offer.price);
    for (let place = from; ; place++) {
      place = this.#first(1, 0, this.#width, place, offer, loss);
      if (place < 0) return undefined;
      const candidate = this.candidates[place] as Candidate;
      if (candidate.account === offer.account) continue;
      this.visits++;
      const position = state.findPosition(candidate.account, market, side);
      if (position === undefined) {
        // Gone for the rest of the command, which opens no position.
        this.#put(place, NOBODY);
        continue;
      }
      const capacity = this.#capacities[place] ?? this.#look(place, position);
      if (capacity === undefined) continue;
      const size = Math.min(capacity.size, offer.remaining);
      const worth = offer.worth(size);
      const bears =
        size === capacity.size
          ? worth >= capacity.leastWorth
          : size * loss < capacity.intercept + size * capacity.slope;
      if (bears && !this.#wasRefused(place, size, worth)) {
        return { place, candidate, position, size, worth };
      }
    }
  }

  /** The account has changed, or a change of it was taken back. */
  forget(account: number): void {
    const place = this.#places.get(account);
    if (place === undefined) return;
    this.#capacities[place] = undefined;
    this.#refusals[place] = undefined;
    this.#put(place, UNKNOWN);
  }

  /** The rules refused a close that the bounds let through: until the account changes they refuse it for as much or less again. */
  refused({ place, size, worth }: Taker): void {
    this.#refusals[place] = { size, worth };
  }

  #wasRefused(place: number, size: number, worth: bigint): boolean {
    const refusal = this.#refusals[place];
    return refusal !== undefined && size === refusal.size && worth <= refusal.worth;
  }

  /** Finds the bounds of a candidate; undefined where its figures do not fit and no close of it is possible. */
  #look(place: number, position: PositionReference): Capacity | undefined {
    try {
      const capacity = capacityOf(this.state, this.market, position);
      const { size } = capacity;
      this.#capacities[place] = capacity;
      this.#put(place, { ...capacity, smallest: size, largest: size });
      return capacity;
    } catch (error) {
      if (!(error instanceof RiskError) || error.code !== "VALUE_OUT_OF_RANGE") throw error;
      this.#put(place, NOBODY);
      return undefined;
    }
  }

  // ── the tree ──────────────────────────────────────────────────────────────────────────────────────

  /** The first place from `from` on, below a node that spans [low, high), whose bounds let it take some; -1 for none. */
  #first(
    node: number,
    low: number,
    high: number,
    from: number,
    offer: Offer,
    loss: number,
  ): number {
    if (high <= from || !this.#mayTake(node, offer, loss)) return -1;
    if (high - low === 1) return low;
    const middle = (low + high) / 2;
    const left = this.#first(2 * node, low, middle, from, offer, loss);
    return left >= 0 ? left : this.#first(2 * node + 1, middle, high, from, offer, loss);
  }

  /** False where nobody below the node can take some. */
  #mayTake(node: number, { remaining, price }: Offer, loss: number): boolean {
    const whole =
      (this.#smallest[node] as number) <= remaining && price > (this.#leastPrice[node] as number);
    if (whole) return true;
    if ((this.#largest[node] as number) <= remaining) return false;
    const most = (this.#intercept[node] as number) + remaining * (this.#slope[node] as number);
    return remaining * loss < most;
  }

  #put(place: number, bounds: Bounds): void {
    this.#setLeaf(place, bounds);
    for (let node = (this.#width + place) >>> 1; node >= 1; node >>>= 1) this.#join(node);
  }

  #setLeaf(place: number, bounds: Bounds): void {
    const leaf = this.#width + place;
    this.#smallest[leaf] = bounds.smallest;
    this.#largest[leaf] = bounds.largest;
    this.#leastPrice[leaf] = bounds.leastPrice;
    this.#intercept[leaf] = bounds.intercept;
    this.#slope[leaf] = bounds.slope;
  }

  #join(node: number): void {
    const left = 2 * node;
    const least = (column: Float64Array): void => {
      column[node] = Math.min(column[left] as number, column[left + 1] as number);
    };
    const most = (column: Float64Array): void => {
      column[node] = Math.max(column[left] as number, column[left + 1] as number);
    };
    least(this.#smallest);
    most(this.#largest);
    least(this.#leastPrice);
    most(this.#intercept);
    most(this.#slope);
  }
}
