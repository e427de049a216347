// Checks of plain arguments at the kernel's boundary. WebAssembly would coerce silently (1.9 to 1, "7" to 7, 2^64 + 5 to 5),
// so nothing goes in unchecked. The message is built only on failure.
import { MAX_AMOUNT } from "./model.ts";

export const MAX_U32 = 4_294_967_295;
const MIN_AMOUNT = -MAX_AMOUNT - 1n;

/** A 32-bit unsigned whole number; returns it. */
export function requireHandle(value: number, name: string): number {
  // Whole and in range in one test: NaN, fractions and negatives all differ from their unsigned form.
  if (value >>> 0 !== value) {
    throw typeof value === "number"
      ? new RangeError(`${name} must be a handle, got ${value}`)
      : new TypeError(`${name} must be a number, got ${typeof value}`);
  }
  return value;
}

export function requireInteger(value: number, least: number, most: number, name: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, got ${typeof value}`);
  }
  throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${value}`);
}

export function requireBigint(value: bigint, least: bigint, most: bigint, name: string): void {
  if (typeof value !== "bigint") {
    throw new TypeError(`${name} must be a bigint, got ${typeof value}`);
  }
  if (value < least || value > most) {
    throw new RangeError(`${name} must be from ${least} to ${most}, got ${value}`);
  }
}

/** A quantity: a safe integer other than 0. */
export function requireQuantity(value: number): void {
  if (Number.isSafeInteger(value) && value !== 0) return;
  if (typeof value !== "number") {
    throw new TypeError(`quantity must be a number, got ${typeof value}`);
  }
  throw new RangeError(
    `quantity must be an integer other than 0 and below 2^53 in size, got ${value}`,
  );
}

export function requireBoolean(value: boolean, name: string): void {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean, got ${value}`);
}

const TWO_32 = 4_294_967_296;

/** One of two words: true for the first. */
export function requireOneOf<Word extends string>(
  value: Word,
  first: Word,
  second: Word,
  name: string,
): boolean {
  if (value === first) return true;
  if (value === second) return false;
  throw new TypeError(`${name} must be "${first}" or "${second}", got ${value}`);
}

/** A signed 64-bit amount on its way in, as the two 32-bit halves the exports take. */
export class AmountHalves {
  readonly #amount = new BigInt64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#amount.buffer);
  low = 0;
  high = 0;

  /** Checks and splits an amount: a safe integer as a number, or a bigint of 64 bits. */
  set(amount: bigint | number, name: string): void {
    if (typeof amount === "number") {
      if (!Number.isSafeInteger(amount)) {
        throw new RangeError(`${name} as a number must be a safe integer, got ${amount}`);
      }
      this.low = amount >>> 0;
      this.high = Math.floor(amount / TWO_32);
      return;
    }
    requireBigint(amount, MIN_AMOUNT, MAX_AMOUNT, name);
    this.setBits(amount);
  }

  /** Splits the low 64 bits of a checked bigint. */
  setBits(bits: bigint): void {
    this.#amount[0] = BigInt.asIntN(64, bits);
    this.low = this.#halves[0] as number;
    this.high = this.#halves[1] as number;
  }
}
