// Times of many calls in little memory: counts in buckets that grow by one part in 64, so that a percentile is right to 2 %.

const STEPS = 64;
const POWERS = 40;

/** Percentiles of positive numbers from 2^-10 to 2^30. */
export class Histogram {
  readonly #counts: Float64Array = new Float64Array(STEPS * POWERS);
  #total = 0;
  #sum = 0;
  #most = 0;

  add(value: number): void {
    const power = Math.min(Math.max(Math.floor(Math.log2(value)) + 10, 0), POWERS - 1);
    const share = value / 2 ** (power - 10) - 1;
    const step = Math.min(Math.max(Math.floor(share * STEPS), 0), STEPS - 1);
    const bucket = power * STEPS + step;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#sum += value;
    if (value > this.#most) this.#most = value;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  get max(): number {
    return this.#most;
  }

  get sum(): number {
    return this.#sum;
  }

  /** The value that `share` of all are at or below, to the upper end of its bucket. */
  percentile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen < wanted) continue;
      const low = 2 ** (Math.floor(bucket / STEPS) - 10);
      return Math.min(this.#most, low * (1 + ((bucket % STEPS) + 1) / STEPS));
    }
    return this.#most;
  }
}
