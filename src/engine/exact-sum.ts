// One sum of amounts of any size: in numbers for as long as no unit can be lost, then in bigints. Millions of rows are summed at the cost
// of an addition each.

/** Numbers below it are added as they are: with a sum below it, they make a safe integer. */
const SPILL = 2 ** 52;

export class ExactSum {
  #small = 0;
  #large = 0n;

  /** A safe integer or a bigint. */
  add(amount: number | bigint): void {
    if (typeof amount === "bigint" || amount >= SPILL || amount <= -SPILL) {
      this.#large += BigInt(amount);
      return;
    }
    this.#small += amount;
    if (this.#small >= SPILL || this.#small <= -SPILL) this.#spill();
  }

  subtract(amount: number | bigint): void {
    this.add(-amount);
  }

  get value(): bigint {
    this.#spill();
    return this.#large;
  }

  /** The sum, which is 0 afterwards. */
  take(): bigint {
    const sum = this.value;
    this.#large = 0n;
    return sum;
  }

  #spill(): void {
    if (this.#small === 0) return;
    this.#large += BigInt(this.#small);
    this.#small = 0;
  }
}
