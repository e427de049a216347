// Reading the fields of a command or definition that came from outside: each helper takes a value of
// unknown shape and the path that names it, and returns the typed value or throws a RiskError. Nothing
// here knows the engine's state.
import { RiskError, type RiskErrorCode } from "../errors.ts";

/** Longest account id and market symbol, in UTF-16 units. */
export const MAX_ACCOUNT_ID = 128;
export const MAX_SYMBOL = 64;
/** Longest id of an order. */
export const MAX_ORDER_ID = 128;
/** Longest asset code. */
export const MAX_ASSET_CODE = 32;

/** Throws a RiskError; for use in expressions. */
export function refuse(
  code: RiskErrorCode,
  message: string,
  path: string,
  value: unknown,
  hint?: string,
): never {
  throw new RiskError(code, message, hint === undefined ? { path, value } : { path, value, hint });
}

/** An object that is not null and not an array. */
export function requireObject(value: unknown, path: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  return refuse("BAD_VALUE", "must be an object", path, value);
}

/** Text of 1 to `most` characters. */
export function requireText(value: unknown, most: number, path: string): string {
  if (typeof value === "string" && value.length > 0 && value.length <= most) return value;
  return refuse("BAD_VALUE", `must be text of 1 to ${most} characters`, path, value);
}

/** true, false or absent (false). */
export function optionalFlag(value: unknown, path: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  return refuse("BAD_VALUE", "must be true or false", path, value);
}

/** One of a few words. */
export function requireWord<Word extends string>(
  value: unknown,
  words: readonly Word[],
  path: string,
): Word {
  const found = words.find((word) => word === value);
  return found ?? refuse("BAD_VALUE", `must be ${words.join(" or ")}`, path, value);
}

/** An integer count of decimals, 0 to 18. */
export function optionalDecimals(value: unknown, otherwise: number, path: string): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 18)
    return value;
  return refuse("BAD_VALUE", "must be an integer from 0 to 18", path, value);
}

/** Text of 1 to `most` characters, or nothing. */
export function optionalText(value: unknown, most: number, path: string): string | undefined {
  return value === undefined ? undefined : requireText(value, most, path);
}

/** Refuses fields that nobody reads: a misspelt one would silently do nothing. */
export function refuseUnknownFields(value: object, known: readonly string[], path: string): void {
  for (const field of Object.keys(value)) {
    if (known.includes(field)) continue;
    refuse(
      "BAD_VALUE",
      "is no field here",
      `${path}.${field}`,
      field,
      `known: ${known.join(", ")}`,
    );
  }
}

/** A whole number of at least 0. */
export function requireCount(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse("BAD_VALUE", "must be a whole number of at least 0", path, value);
}
