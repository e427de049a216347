// Open interest: the sum of sizes per market and side, kept as positions come and go so that a book's
// notional is known without a pass over millions of legs. Sizes reach 2^53 - 1 each, so each sum
// is a number that spills into a bigint before it could lose a unit.
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";

const SPILL = 2 ** 52;

/** Sums of sizes by market index and side. */
export class OpenInterest {
  // A column of its own: written far apart at first, an array would become a dictionary, and every trade would pay for it.
  #small: Float64Array = new Float64Array(64);
  readonly #large: bigint[] = [];

  /** Adds a signed quantity to its side; `change` is +1 for a position that appears, -1 for one that goes. */
  add(market: number, quantity: number, change: 1 | -1): void {
    const place = market * 2 + (quantity < 0 ? 1 : 0);
    const size = quantity < 0 ? -quantity : quantity;
    if (place >= this.#small.length) this.#grow(place);
    const before = this.#small[place] as number;
    if (size >= SPILL) {
      this.#large[place] = (this.#large[place] ?? 0n) + BigInt(change * size);
      return;
    }
    // |before| and size are below 2^52: the sum is exact.
    const sum = before + change * size;
    if (sum < SPILL && sum > -SPILL) {
      this.#small[place] = sum;
      return;
    }
    this.#small[place] = 0;
    this.#large[place] = (this.#large[place] ?? 0n) + BigInt(sum);
  }

  /** Sum of sizes in quantity units. */
  size(market: number, side: "long" | "short"): bigint {
    const place = market * 2 + (side === "short" ? 1 : 0);
    return BigInt(this.#small[place] ?? 0) + (this.#large[place] ?? 0n);
  }

  save(into: ColumnWriter): void {
    into.column("openInterest.small", this.#small);
    const large = [...this.#large.entries()].map(([place, sum]) => [place, sum ?? 0n]);
    into.json("openInterest.large", large);
  }

  load(from: ColumnReader): void {
    this.#small = from.float64("openInterest.small");
    for (const [place, sum] of from.json<[number, bigint][]>("openInterest.large")) {
      this.#large[place] = sum;
    }
  }

  #grow(place: number): void {
    const wider = new Float64Array(2 * (place + 1));
    wider.set(this.#small);
    this.#small = wider;
  }
}
