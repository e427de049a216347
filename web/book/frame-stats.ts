// Times of the frames a reader has caused, as distributions: a ring of the last ones for the eye, and, during a measurement, all of them.

/** Quantiles of some times, in milliseconds. */
export interface Spread {
  readonly count: number;
  readonly least: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

export const NO_SPREAD: Spread = { count: 0, least: 0, p50: 0, p95: 0, most: 0 };

/** By the nearest rank. */
export function spreadOf(times: ArrayLike<number>): Spread {
  const count = times.length;
  if (count === 0) return NO_SPREAD;
  const sorted = Float64Array.from(times).sort();
  const rank = (share: number): number => sorted[Math.ceil(share * count) - 1] as number;
  const [least, most] = [sorted[0] as number, sorted[count - 1] as number];
  return { count, least, p50: rank(0.5), p95: rank(0.95), most };
}

/** How many times fall into each of `bins` equal stretches from 0 to `end`; later ones count into the last. */
export function histogram(times: Iterable<number>, end: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const time of times) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((time / end) * bins)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** What one drawn frame took. */
export interface FrameTimes {
  /** The kernel's scan, and all of the worker's work. */
  readonly scan: number;
  readonly work: number;
  /** From the request to the end of drawing. */
  readonly whole: number;
  /** Since the frame before was drawn; NaN where it was not one of the same motion. */
  readonly interval: number;
}

/** Frames further apart than this belong to different motions. */
export const MOTION_MS = 250;

/** The last frames. */
export class FrameLog {
  readonly #size: number;
  #frames: FrameTimes[] = [];
  #lastDrawn = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * @param drawn when it was drawn, on the clock of `now`
   * @param sweeping no pause of the reader's: however long it took, it is the motion's
   */
  add(scan: number, work: number, requested: number, drawn: number, sweeping = false): void {
    const since = drawn - this.#lastDrawn;
    this.#lastDrawn = drawn;
    const apart = since > MOTION_MS && !(sweeping && Number.isFinite(since));
    const interval = apart ? Number.NaN : since;
    this.#frames.push({ scan, work, whole: drawn - requested, interval });
    if (this.#frames.length > this.#size) this.#frames.shift();
  }

  clear(): void {
    this.#frames = [];
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
  }

  get count(): number {
    return this.#frames.length;
  }

  times(of: keyof FrameTimes): number[] {
    return this.#frames.map((frame) => frame[of]).filter((time) => !Number.isNaN(time));
  }

  spread(of: keyof FrameTimes): Spread {
    return spreadOf(this.times(of));
  }

  /** Frames a second while moving; NaN before two frames of a motion. */
  get perSecond(): number {
    const intervals = this.times("interval");
    const sum = intervals.reduce((total, interval) => total + interval, 0);
    return intervals.length === 0 ? Number.NaN : (1_000 * intervals.length) / sum;
  }
}
