// Sums of what a batch of trades moved, per asset: in numbers for as long as no unit can be lost, then in bigints, and into the ledger
// at the end in two entries an asset.
import type { Ledger } from "./ledger.ts";

/** Two numbers below it sum to a safe integer. */
const SPILL = 2 ** 52;

/** One sum of any size. */
class Sum {
  #small = 0;
  #large = 0n;

  /** A whole number: safe, or a bigint. */
  add(amount: number | bigint): void {
    if (typeof amount === "bigint" || amount >= SPILL || amount <= -SPILL) {
      this.#large += BigInt(amount);
      return;
    }
    // Both are below 2^52 in size.
    const sum = this.#small + amount;
    if (sum < SPILL && sum > -SPILL) {
      this.#small = sum;
      return;
    }
    this.#small = 0;
    this.#large += BigInt(sum);
  }

  /** The sum, which is 0 afterwards. */
  take(): bigint {
    const sum = this.#large + BigInt(this.#small);
    this.#small = 0;
    this.#large = 0n;
    return sum;
  }
}

/** What trades and fees came to. */
export class FlowSums {
  readonly #trades: Sum[] = [];
  readonly #fees: Sum[] = [];

  /** `traded` is positive where accounts were paid, `fee` where they paid. */
  add(asset: number, traded: number | bigint, fee: number | bigint): void {
    while (this.#trades.length <= asset) {
      this.#trades.push(new Sum());
      this.#fees.push(new Sum());
    }
    this.#trades[asset]?.add(traded);
    if (fee !== 0) this.#fees[asset]?.add(-fee);
  }

  /** Enters the sums and begins anew. */
  moveTo(ledger: Ledger): void {
    for (let asset = 0; asset < this.#trades.length; asset++) {
      ledger.add(asset, "trades", this.#trades[asset]?.take() ?? 0n);
      ledger.add(asset, "fees", this.#fees[asset]?.take() ?? 0n);
    }
  }
}
