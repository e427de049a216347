// What the stores of an engine put into a snapshot and take out of it: columns of numbers, lists of texts, and small things as JSON.
import type { Container, Section } from "./container.ts";

/** Length of a text that is not there. */
const ABSENT = -1;
/** Characters turned into text at a time: more arguments than this do not fit a call. */
const CALL_UNITS = 16_384;

/** How JSON carries a bigint; no value of ours has an object of this shape. */
interface BigintText {
  readonly bigint: string;
}

function replaceBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? ({ bigint: String(value) } satisfies BigintText) : value;
}

function reviveBigint(_key: string, value: unknown): unknown {
  const isBigint = typeof value === "object" && value !== null && "bigint" in value;
  return isBigint ? BigInt((value as BigintText).bigint) : value;
}

/** A column of numbers. */
export type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** One store's part of a snapshot on its way out; names are the store's own. */
export class ColumnWriter {
  readonly sections: Section[] = [];

  /** A copy of the column. */
  column(name: string, column: Column): void {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    this.sections.push({ name, bytes: bytes.slice(), checked: true });
  }

  /** Bytes with checksums of their own. */
  unchecked(name: string, bytes: Uint8Array): void {
    this.sections.push({ name, bytes, checked: false });
  }

  /** Anything that JSON gives back as it was, and bigints. */
  json(name: string, value: unknown): void {
    const bytes = new TextEncoder().encode(JSON.stringify(value, replaceBigint));
    this.sections.push({ name, bytes, checked: true });
  }

  /** Texts of any characters, unpaired surrogates included; undefined where there is none. */
  texts(name: string, texts: readonly (string | undefined)[]): void {
    const lengths = new Int32Array(texts.length);
    let total = 0;
    let highest = 0;
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index];
      lengths[index] = text === undefined ? ABSENT : text.length;
      if (text === undefined) continue;
      total += text.length;
      for (let at = 0; at < text.length; at++) highest |= text.charCodeAt(at);
    }
    const units = highest < 128 ? new Uint8Array(total) : new Uint16Array(total);
    let place = 0;
    for (const text of texts) {
      if (text === undefined) continue;
      for (let at = 0; at < text.length; at++) units[place++] = text.charCodeAt(at);
    }
    this.column(`${name}.lengths`, lengths);
    this.column(`${name}.${highest < 128 ? "ascii" : "utf16"}`, units);
    this.json(`${name}.ascii?`, highest < 128);
  }
}

function textOf(units: Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += CALL_UNITS) {
    text += String.fromCharCode(...units.subarray(at, at + CALL_UNITS));
  }
  return text;
}

/** The same on its way in. What it returns belongs to the reader. */
export class ColumnReader {
  readonly #container: Container;

  constructor(container: Container) {
    this.#container = container;
  }

  float64(name: string): Float64Array<ArrayBuffer> {
    const { buffer, byteLength } = this.#container.section(name);
    return new Float64Array(buffer, 0, byteLength / 8);
  }

  int32(name: string): Int32Array<ArrayBuffer> {
    const { buffer, byteLength } = this.#container.section(name);
    return new Int32Array(buffer, 0, byteLength / 4);
  }

  #uint16(name: string): Uint16Array {
    const { buffer, byteLength } = this.#container.section(name);
    return new Uint16Array(buffer, 0, byteLength / 2);
  }

  uint8(name: string): Uint8Array<ArrayBuffer> {
    return this.#container.section(name);
  }

  unchecked(name: string): Uint8Array {
    return this.#container.unchecked(name);
  }

  /** Of the kind that the same version wrote. */
  json<Value>(name: string): Value {
    const text = new TextDecoder().decode(this.#container.section(name));
    return JSON.parse(text, reviveBigint) as Value;
  }

  texts(name: string): (string | undefined)[] {
    const lengths = this.int32(`${name}.lengths`);
    const all = this.json<boolean>(`${name}.ascii?`)
      ? new TextDecoder().decode(this.#container.section(`${name}.ascii`))
      : textOf(this.#uint16(`${name}.utf16`));
    const texts: (string | undefined)[] = new Array(lengths.length);
    let from = 0;
    for (let index = 0; index < lengths.length; index++) {
      const length = lengths[index] as number;
      if (length === ABSENT) continue;
      texts[index] = all.substring(from, from + length);
      from += length;
    }
    return texts;
  }
}
