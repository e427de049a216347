// CSV records from a stream of bytes (RFC 4180: commas, quoted fields with doubled quotes and line ends
// inside; LF or CRLF; a byte-order mark and a missing last line end are accepted; empty lines are skipped). No
// strings are made: a record is a range of bytes and the bounds of its fields, valid during the callback only.

import { RiskError } from "../errors.ts";
import { countCharacters } from "./bytes.ts";

const MAX_FIELDS = 256;
/** Stands for a field that no record has. */
export const NO_FIELD: number = MAX_FIELDS;
/** A longer record is a quote that was never closed. It also bounds the rescans of a record cut by chunk ends. */
const MAX_RECORD_BYTES = 1 << 20;

/** Longer than most records, much shorter than a chunk. */
const EDGE_BYTES = 4096;
const TOO_LONG = "the record is longer than 1 MiB; is a quote not closed?";

const COMMA = 44;
const QUOTE = 34;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const EMPTY = new Uint8Array(0);

/** One record. The object is reused for the next one. */
export class CsvRecord {
  bytes: Uint8Array = EMPTY;
  /** Bounds of field i in `bytes`, quotes taken off; those of {@link NO_FIELD} are 0 and 0. */
  readonly starts: Int32Array = new Int32Array(MAX_FIELDS + 1);
  readonly ends: Int32Array = new Int32Array(MAX_FIELDS + 1);
  count = 0;
  /** Line on which the record starts, from 1. */
  line = 0;
  /** Raw bytes of the line, for columns. */
  raw: Uint8Array = EMPTY;
  rawStart = 0;
  /** Where field i begins in `raw`; only of records with quotes, else `starts` says it. */
  readonly rawStarts: Int32Array = new Int32Array(MAX_FIELDS);

  /** Column of a field in characters, from 1. */
  column(field: number): number {
    if (field === NO_FIELD) return 1;
    const starts = this.raw === this.bytes ? this.starts : this.rawStarts;
    return countCharacters(this.raw, this.rawStart, starts[field] as number) + 1;
  }
}

export class CsvReader {
  readonly #file: string;
  readonly #onRecord: (record: CsvRecord) => void;
  readonly #record = new CsvRecord();
  #tail: Uint8Array = EMPTY;
  #line = 1;
  #started = false;
  /** Fields of a record with quotes, unescaped. */
  #scratch: Uint8Array = new Uint8Array(1024);

  /** `file` names the file in errors. */
  constructor(file: string, onRecord: (record: CsvRecord) => void) {
    this.#file = file;
    this.#onRecord = onRecord;
  }

  /** Any split of the file into chunks gives the same records. The chunk is not kept. */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.#tail.length > 0) {
      // The record cut by the chunk's edge, joined with a little of the chunk; the bulk is read where it is.
      const before = this.#tail.length;
      const head = joined(this.#tail, chunk.subarray(0, EDGE_BYTES));
      const used = this.#scan(head, false);
      if (used >= before) rest = chunk.subarray(used - before);
      else rest = head.length < before + chunk.length ? joined(this.#tail, chunk) : head;
      if (used > 0 && used < before) rest = rest.subarray(used);
    }
    const used = this.#scan(rest, false);
    if (rest.length - used > MAX_RECORD_BYTES) this.#fail(TOO_LONG);
    // A copy, also where the chunk is a Node Buffer, whose own slice is a view.
    this.#tail = new Uint8Array(rest.subarray(used));
  }

  finish(): void {
    this.#scan(this.#tail, true);
    this.#tail = EMPTY;
  }

  #fail(message: string): never {
    throw new RiskError("BAD_FILE", message, { path: `${this.#file}:${this.#line}` });
  }

  /** Delivers complete records; returns where the first incomplete one starts. */
  #scan(bytes: Uint8Array, final: boolean): number {
    const record = this.#record;
    const { starts, ends } = record;
    const end = bytes.length;
    let at = 0;
    if (!this.#started) {
      if (end < 3 && !final) return 0;
      this.#started = true;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
    }
    while (at < end) {
      let field = 0;
      let fieldStart = at;
      let next = at;
      let quoted = false;
      for (; next < end; next++) {
        const byte = bytes[next] as number;
        if (byte > COMMA) continue;
        if (byte === COMMA) {
          if (field === MAX_FIELDS - 1) this.#fail(`more than ${MAX_FIELDS} fields`);
          starts[field] = fieldStart;
          ends[field++] = next;
          fieldStart = next + 1;
        } else if (byte === LINE_FEED) break;
        else if (byte === QUOTE && next === fieldStart) {
          quoted = true;
          break;
        }
      }
      if (quoted) {
        next = this.#scanQuoted(bytes, at, final);
        if (next < 0) return at;
        at = next;
        continue;
      }
      if (next === end && !final) return at;
      if (next - at > MAX_RECORD_BYTES) this.#fail(TOO_LONG);
      let last = next;
      if (last > fieldStart && bytes[last - 1] === CARRIAGE_RETURN) last--;
      starts[field] = fieldStart;
      ends[field] = last;
      record.count = field + 1;
      record.bytes = bytes;
      record.raw = bytes;
      record.rawStart = at;
      record.line = this.#line++;
      at = next + 1;
      if (field > 0 || last > fieldStart) this.#onRecord(record);
    }
    return end;
  }

  /** A record with quotes, copied field by field; returns where the next one starts, or -1 where it is incomplete. */
  #scanQuoted(bytes: Uint8Array, from: number, final: boolean): number {
    const record = this.#record;
    const end = bytes.length;
    let text = this.#scratch;
    let [length, field, lines, at] = [0, 0, 1, from];
    const put = (byte: number): void => {
      if (length === text.length) {
        if (length > MAX_RECORD_BYTES) this.#fail(TOO_LONG);
        text = joined(text, new Uint8Array(length));
        this.#scratch = text;
      }
      text[length++] = byte;
    };
    for (;;) {
      if (field === MAX_FIELDS) this.#fail(`more than ${MAX_FIELDS} fields`);
      record.rawStarts[field] = at;
      record.starts[field] = length;
      const quoted = bytes[at] === QUOTE;
      if (quoted) {
        for (at++; ; at++) {
          if (at >= end) {
            if (final) this.#fail("a quoted field is not closed");
            return -1;
          }
          const byte = bytes[at] as number;
          if (byte === QUOTE) {
            if (at + 1 === end && !final) return -1;
            if (bytes[at + 1] !== QUOTE) break;
            at++;
          } else if (byte === LINE_FEED) lines++;
          put(byte);
        }
        at++;
      } else {
        for (; at < end && bytes[at] !== COMMA && bytes[at] !== LINE_FEED; at++)
          put(bytes[at] as number);
      }
      if (at >= end && !final) return -1;
      const returned = at < end && bytes[at] === CARRIAGE_RETURN;
      if (quoted && returned) {
        if (at + 1 === end && !final) return -1;
        if (at + 1 === end || bytes[at + 1] === LINE_FEED) at++;
      } else if (
        !quoted &&
        text[length - 1] === CARRIAGE_RETURN &&
        length > (record.starts[field] as number)
      ) {
        if (at >= end || bytes[at] === LINE_FEED) length--;
      }
      record.ends[field++] = length;
      if (at >= end || bytes[at] === LINE_FEED) break;
      if (bytes[at] !== COMMA) this.#fail("text follows a closing quote");
      at++;
    }
    if (at - from > MAX_RECORD_BYTES) this.#fail(TOO_LONG);
    record.count = field;
    record.bytes = text;
    record.raw = bytes;
    record.rawStart = from;
    record.line = this.#line;
    this.#line += lines;
    this.#onRecord(record);
    return at + 1;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
