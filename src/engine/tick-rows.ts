// What ticks keep from one to the next: the time of the last, and the rows of prices on their way into the kernel, in arrays that are used
// again so that a tick allocates nothing per price.
import { MAX_PRICES } from "../layout.ts";

/** Largest stamp before they are used anew. */
const LAST_STAMP = 2 ** 32 - 1;

export class TickRows {
  /** Price slots and prices in price units of the tick at hand, `count` of them. */
  readonly slots: Uint16Array = new Uint16Array(MAX_PRICES);
  readonly prices: Float64Array = new Float64Array(MAX_PRICES);
  count = 0;
  /** ms since 1970; undefined before the first tick that said a time. */
  time: number | undefined = undefined;
  /** Pools are watched, at the levels of the margin calls. */
  started = false;
  /** By slot: the tick that last named it. */
  readonly #stamps: Uint32Array = new Uint32Array(MAX_PRICES);
  #stamp = 0;

  /** Begins the rows of another tick. */
  begin(): void {
    this.count = 0;
    if (this.#stamp === LAST_STAMP) {
      this.#stamps.fill(0);
      this.#stamp = 0;
    }
    this.#stamp++;
  }

  /** False where the tick names the slot already. */
  add(slot: number, price: number): boolean {
    if (this.#stamps[slot] === this.#stamp) return false;
    this.#stamps[slot] = this.#stamp;
    this.slots[this.count] = slot;
    this.prices[this.count] = price;
    this.count++;
    return true;
  }

  /** True where the tick at hand names the slot. */
  has(slot: number): boolean {
    return this.#stamps[slot] === this.#stamp;
  }
}
