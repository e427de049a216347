// Stops as plainly as they can be: every stop keeps its own best price and is looked at on every tick, in BigInt. What the kernel's heaps
// and trailing groups are compared with.

export interface StopTerms {
  readonly slot: number;
  readonly trailing: boolean;
  /** Of a trailing one: closes a short. */
  readonly short: boolean;
  readonly byRate: boolean;
  /** Not trailing: passed by a rising mark. */
  readonly up: boolean;
  readonly trigger: number;
  readonly activation: number;
  readonly distance: number;
}

export class ModelStop {
  readonly terms: StopTerms;
  best: number;
  armed = false;
  waits: "up" | "down" | null = null;

  constructor(terms: StopTerms, best: number) {
    this.terms = terms;
    this.best = best;
  }

  arm(mark: number): void {
    const { trailing, trigger, activation } = this.terms;
    this.armed = trailing || trigger !== 0;
    if (!trailing || this.best !== 0) return;
    if (this.waits === null && activation > mark) this.waits = "up";
    else if (this.waits === null && activation !== 0 && activation < mark) this.waits = "down";
    if (this.waits === null) this.best = mark;
  }

  /** Keeps the better of the best price and another. */
  follow(price: number): void {
    if (!this.armed || this.best === 0 || !this.terms.trailing) return;
    this.best = this.terms.short ? Math.min(this.best, price) : Math.max(this.best, price);
  }

  /** Fires where the mark passes it, having been activated on the way if need be. */
  meet(mark: number): boolean {
    if (!this.armed) return false;
    const { trailing, up, trigger, activation } = this.terms;
    if (!trailing) {
      this.armed = up ? mark < trigger : mark > trigger;
      return !this.armed;
    }
    if (this.waits !== null && this.best === 0) {
      if (this.waits === "up" ? mark < activation : mark > activation) return false;
      this.waits = null;
      this.best = activation;
      this.follow(mark);
    }
    const fires = this.terms.short
      ? BigInt(mark) >= this.trigger()
      : BigInt(mark) <= this.trigger();
    if (fires) this.armed = false;
    return fires;
  }

  /** Of one that follows: the price that fires it, in any range. */
  trigger(): bigint {
    const { short, byRate } = this.terms;
    const best = BigInt(this.best);
    const distance = BigInt(this.terms.distance);
    if (!byRate) return short ? best + distance : best - distance;
    const part = 1_000_000n;
    const scaled = best * (short ? part + distance : part - distance);
    const floored = scaled / part;
    return short && floored * part !== scaled ? floored + 1n : floored;
  }
}
