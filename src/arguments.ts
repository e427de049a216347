// Checks of plain arguments at the kernel's boundary. WebAssembly would coerce silently (1.9 to 1, "7" to 7, 2^64 + 5 to 5),
// so nothing goes in unchecked. The message is built only on failure.

export const MAX_U32 = 4_294_967_295;

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
