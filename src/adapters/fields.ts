// Fields of venues' rows, read with their places. A field that is missing, or of another kind than the venue's
// documentation says, is refused by name: an import that guesses would change who is liquidated.
import { refuse } from "../engine/read.ts";
import { RiskError } from "../errors.ts";
import { type Exact, exactOf } from "./exact.ts";

/** A JSON object as it arrived. */
export type RawObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Venues write "no value" as nothing, null or "". */
export function isBlank(value: unknown): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

/** @throws RiskError BAD_VALUE always */
export function refuseMissing(path: string, hint: string): never {
  throw new RiskError("BAD_VALUE", "is missing", { path, hint });
}

/** One JSON object and where it stands. */
export class Row {
  readonly raw: RawObject;
  readonly path: string;
  /** What it should be, for messages: "a row of Binance's positionRisk". */
  readonly what: string;

  /** @throws RiskError BAD_VALUE where it is no object */
  constructor(value: unknown, path: string, what: string) {
    if (!isObject(value))
      refuse("BAD_VALUE", "must be an object", path, kindOf(value), `expected ${what}`);
    this.raw = value;
    this.path = path;
    this.what = what;
  }

  place(name: string): string {
    return `${this.path}.${name}`;
  }

  has(name: string): boolean {
    return !isBlank(this.raw[name]);
  }

  missing(name: string, hint = `expected ${this.what}`): never {
    return refuseMissing(this.place(name), hint);
  }

  refuse(name: string, message: string, hint = `expected ${this.what}`): never {
    return refuse("BAD_VALUE", message, this.place(name), kindOf(this.raw[name]), hint);
  }

  text(name: string): string {
    const value = this.raw[name];
    if (isBlank(value)) this.missing(name);
    if (typeof value !== "string") this.refuse(name, "must be text");
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** Text or a whole number, as ids are. */
  id(name: string): string {
    const value = this.raw[name];
    if (isBlank(value)) this.missing(name);
    if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
    if (typeof value !== "string") this.refuse(name, "must be text or a whole number below 2^53");
    return value;
  }

  decimal(name: string): Exact {
    if (!this.has(name)) this.missing(name);
    return exactOf(this.raw[name], this.place(name));
  }

  optionalDecimal(name: string): Exact | undefined {
    return this.has(name) ? this.decimal(name) : undefined;
  }

  positive(name: string): Exact {
    const value = this.decimal(name);
    if (value.units <= 0n) this.refuse(name, "must be above 0");
    return value;
  }

  /** true or false, also as text or 1 and 0; absent: undefined. */
  flag(name: string): boolean | undefined {
    const value = this.raw[name];
    if (isBlank(value)) return undefined;
    if (value === true || value === "true" || value === 1 || value === "1") return true;
    if (value === false || value === "false" || value === 0 || value === "0") return false;
    return this.refuse(name, "must be true or false");
  }

  /** A small whole number, also as text. */
  integer(name: string): number {
    const value = this.raw[name];
    if (isBlank(value)) this.missing(name);
    if (!/^\d{1,9}$/.test(String(value))) this.refuse(name, "must be a whole number");
    return Number(value);
  }

  /** One of a few words. */
  word<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.raw[name];
    if (isBlank(value)) this.missing(name);
    const found = words.find((word) => word === value);
    return found ?? this.refuse(name, `must be ${words.join(" or ")}`);
  }
}

/** Objects and lists by their kind, for a message is one line. */
function kindOf(value: unknown): unknown {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isObject(value) ? "an object" : value;
}

/** Rows of a list. @throws RiskError BAD_VALUE */
export function rowsOf(value: unknown, path: string, what: string): Row[] {
  if (!Array.isArray(value)) {
    return refuse("BAD_VALUE", "must be a list", path, kindOf(value), `expected ${what}`);
  }
  return value.map((item, index) => new Row(item, `${path}[${index}]`, `a row of ${what}`));
}

/** Rows by a key that names each once; a later row of the same key wins. */
export function rowsBy(rows: readonly Row[], name: string): Map<string, Row> {
  return new Map(rows.map((row) => [row.text(name), row]));
}
