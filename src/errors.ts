// Every failure a user can cause, in one shape. `code` is for programs, `path` says where the bad
// value stands (an argument, `accounts[3].positions[0].entryPrice`, or file:line:column), `value` is
// the offending value shortened, `hint` says what was expected. Wrong type is a TypeError and out of
// range a RangeError in the kernel's boundary; a broken rule of the account model is a RiskError.

/** Codes of {@link RiskError}; stable, for programs to switch on. */
export type RiskErrorCode =
  | "BAD_VALUE"
  | "OUT_OF_RANGE"
  | "TOO_MANY_DECIMALS"
  | "UNKNOWN_ACCOUNT"
  | "UNKNOWN_ASSET"
  | "UNKNOWN_SYMBOL"
  | "UNKNOWN_COMMAND"
  | "UNKNOWN_PROFILE"
  | "DUPLICATE_ACCOUNT"
  | "DUPLICATE_ASSET"
  | "DUPLICATE_SYMBOL"
  | "DUPLICATE_POSITION"
  | "NO_MARK"
  | "NO_POSITION"
  | "POSITION_MODE"
  | "MARGIN_MODE"
  | "INSUFFICIENT_FUNDS"
  /** Taking an amount from a cross wallet would leave its scope below what it must hold. */
  | "INSUFFICIENT_CROSS"
  /** An isolated scope would hold less than its initial margin. */
  | "BELOW_INITIAL_MARGIN"
  /** A scope would be liquidatable at once. */
  | "WOULD_LIQUIDATE"
  | "MARGIN_EXHAUSTED"
  /** Only a scope without equity is deleveraged. */
  | "NOT_BANKRUPT"
  /** Nobody holds the other side, or nobody could bear the price. */
  | "NO_COUNTERPARTY"
  /** The account or position has that setting already. */
  | "ALREADY_SET"
  /** The profile refuses it while a position is open. */
  | "POSITION_OPEN"
  /** The profile refuses it while orders are open. */
  | "ORDERS_OPEN"
  /** The profile changes margin modes for whole accounts only. */
  | "ACCOUNT_WIDE"
  /** The profile knows no switch: close, transfer, reopen. */
  | "TRANSFER_ONLY"
  /** No partial close makes the position fit. */
  | "CANNOT_FIT"
  | "LEVERAGE"
  | "MULTI_ASSET"
  | "STALE_FUNDING"
  /** A mark is older than the profile takes, or a tick is before the last one. */
  | "STALE_MARK"
  | "UNKNOWN_ORDER"
  | "DUPLICATE_ORDER"
  | "UNKNOWN_STOP"
  | "DUPLICATE_STOP"
  /** A stop is passed already as it is placed. */
  | "WOULD_TRIGGER"
  /** No price fires the stop. */
  | "STOP_NEVER_FIRES"
  /** The stop's scope would be liquidated before it fires. */
  | "BEYOND_LIQUIDATION"
  | "NOT_REDUCING"
  | "ACCOUNT_NOT_EMPTY"
  | "BAD_TIERS"
  | "BAD_BOOK"
  | "MISSING_COLUMN"
  | "BAD_FILE"
  /** A snapshot is damaged, cut short, or of another version of the engine. */
  | "BAD_SNAPSHOT"
  | "VALUE_OUT_OF_RANGE"
  | "CAPACITY"
  | "POISONED"
  /** The host forbids compiling WebAssembly: a content security policy without 'wasm-unsafe-eval'. */
  | "WASM_BLOCKED"
  /** The host has no WebAssembly, or not all of it that the kernel uses. */
  | "WASM_UNSUPPORTED"
  /** What was handed in is not the kernel of this version of the package. */
  | "BAD_KERNEL"
  | "INTERNAL";

/** Where and what, beside the code. */
export interface RiskErrorDetail {
  readonly path?: string;
  readonly value?: unknown;
  readonly hint?: string;
  readonly cause?: unknown;
}

const SHOWN_LENGTH = 40;

/** The offending value as one short line: strings quoted, long ones cut with their length. */
export function shorten(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  if (text.length <= SHOWN_LENGTH) return text;
  return `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)`;
}

/** A rule of the account model, of a book or of the kernel's range was broken; nothing was changed. */
export class RiskError extends Error {
  override readonly name: string = "RiskError";
  readonly code: RiskErrorCode;
  readonly path: string | undefined;
  readonly value: string | undefined;
  readonly hint: string | undefined;

  constructor(code: RiskErrorCode, message: string, detail: RiskErrorDetail = {}) {
    const place = detail.path === undefined ? "" : `${detail.path}: `;
    const shown = "value" in detail ? ` (got ${shorten(detail.value)})` : "";
    const hint = detail.hint === undefined ? "" : `; ${detail.hint}`;
    super(`${place}${message}${shown}${hint}`, { cause: detail.cause });
    this.code = code;
    this.path = detail.path;
    this.value = "value" in detail ? shorten(detail.value) : undefined;
    this.hint = detail.hint;
  }
}

/** A poisoned kernel refuses every call, undoing included. */
export function isPoisoned(error: unknown): boolean {
  return error instanceof RiskError && error.code === "POISONED";
}
