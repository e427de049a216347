// JSON from a stream of bytes, token by token. Our own because a book may not fit memory as a document, because numbers
// must keep their exact text (JSON.parse makes 90071992.54740993 into ...0994), and because an error must name line and
// column. RFC 8259 to the letter, save that a byte-order mark is skipped; depth and token length are limited.

import { RiskError } from "../errors.ts";
import { countCharacters, TextMemory, textOf } from "./bytes.ts";

export type JsonScalar = "string" | "number" | "boolean" | "null";
export type JsonContainer = "object" | "array";

/** Receives tokens in document order; lines and columns (in characters) count from 1. */
export interface JsonHandler {
  begin(kind: JsonContainer, line: number, column: number): void;
  end(kind: JsonContainer): void;
  key(name: string, line: number, column: number): void;
  /** `text` is the unescaped string, the number as written, or the literal. */
  scalar(kind: JsonScalar, text: string, line: number, column: number): void;
  /** Not JSON: must throw. */
  fault(message: string, line: number, column: number): never;
}

const MAX_DEPTH = 64;
/** Also bounds the rescans of a token cut by chunk ends. */
const MAX_TOKEN_BYTES = 1 << 20;
const TOO_LONG = "a text or number longer than 1 MiB";
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

// What may come next.
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const NOTHING = 6;
const EXPECTED: readonly string[] = [
  "a value",
  'a value or "]"',
  "a key in quotes",
  'a key in quotes or "}"',
  '":"',
  '"," or the end of the list or object',
  "nothing more",
];

export class JsonTokenizer {
  readonly #handler: JsonHandler;
  readonly #stack: JsonContainer[] = [];
  readonly #texts = new TextMemory();
  #expect = VALUE;
  #tail: Uint8Array = new Uint8Array(0);
  #started = false;
  #line = 1;
  /** Offset in the current bytes at which the line would start if all its characters were single bytes. */
  #lineStart = 0;

  constructor(handler: JsonHandler) {
    this.#handler = handler;
  }

  /** Any split of the document into chunks gives the same tokens. The chunk is not kept. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#tail.length > 0) {
      bytes = new Uint8Array(this.#tail.length + chunk.length);
      bytes.set(this.#tail);
      bytes.set(chunk, this.#tail.length);
    }
    const used = this.#scan(bytes, false);
    if (bytes.length - used > MAX_TOKEN_BYTES) {
      this.#fault(TOO_LONG, used);
    }
    this.#lineStart -= used;
    // A copy, also where the chunk is a Node Buffer, whose own slice is a view.
    this.#tail = new Uint8Array(bytes.subarray(used));
  }

  finish(): void {
    const end = this.#scan(this.#tail, true);
    if (this.#expect !== NOTHING) {
      this.#fault(`the document ends where ${EXPECTED[this.#expect]} was expected`, end);
    }
  }

  #fault(message: string, at: number): never {
    return this.#handler.fault(message, this.#line, at - this.#lineStart + 1);
  }

  #unexpected(bytes: Uint8Array, at: number): never {
    const byte = bytes[at] as number;
    // The rest of a longer character may not have arrived yet.
    const shown = byte < 128 ? JSON.stringify(String.fromCharCode(byte)) : "another character";
    return this.#fault(`expected ${EXPECTED[this.#expect]}, found ${shown}`, at);
  }

  /** Returns where the first incomplete token starts. */
  #scan(bytes: Uint8Array, final: boolean): number {
    const end = bytes.length;
    let at = 0;
    if (!this.#started) {
      if (end < 3 && !final) return 0;
      this.#started = true;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = this.#lineStart = 3;
    }
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === 10) {
        this.#line++;
        this.#lineStart = ++at;
      } else if (byte === 32 || byte === 13 || byte === 9) at++;
      else {
        const next = this.#token(bytes, at, byte, final);
        if (next < 0) return at;
        at = next;
      }
    }
    return end;
  }

  /** Handles one token; returns where it ends, or -1 where it is incomplete. */
  #token(bytes: Uint8Array, at: number, byte: number, final: boolean): number {
    const expect = this.#expect;
    switch (byte) {
      case 123: // {
        this.#open("object", bytes, at);
        return at + 1;
      case 91: // [
        this.#open("array", bytes, at);
        return at + 1;
      case 125: // }
        if (
          expect !== KEY_OR_END &&
          !(expect === COMMA_OR_END && this.#stack.at(-1) === "object")
        ) {
          this.#unexpected(bytes, at);
        }
        this.#close("object");
        return at + 1;
      case 93: // ]
        if (
          expect !== VALUE_OR_END &&
          !(expect === COMMA_OR_END && this.#stack.at(-1) === "array")
        ) {
          this.#unexpected(bytes, at);
        }
        this.#close("array");
        return at + 1;
      case 44: // ,
        if (expect !== COMMA_OR_END) this.#unexpected(bytes, at);
        this.#expect = this.#stack.at(-1) === "object" ? KEY : VALUE;
        return at + 1;
      case 58: // :
        if (expect !== COLON) this.#unexpected(bytes, at);
        this.#expect = VALUE;
        return at + 1;
      case 34: // "
        return this.#string(bytes, at, final);
      default:
        return this.#word(bytes, at, final);
    }
  }

  #open(kind: JsonContainer, bytes: Uint8Array, at: number): void {
    if (this.#expect !== VALUE && this.#expect !== VALUE_OR_END) this.#unexpected(bytes, at);
    if (this.#stack.length === MAX_DEPTH) this.#fault(`more than ${MAX_DEPTH} levels deep`, at);
    this.#stack.push(kind);
    this.#expect = kind === "object" ? KEY_OR_END : VALUE_OR_END;
    this.#handler.begin(kind, this.#line, at - this.#lineStart + 1);
  }

  #close(kind: JsonContainer): void {
    this.#stack.pop();
    this.#expect = this.#stack.length === 0 ? NOTHING : COMMA_OR_END;
    this.#handler.end(kind);
  }

  #string(bytes: Uint8Array, start: number, final: boolean): number {
    const expect = this.#expect;
    const isKey = expect === KEY || expect === KEY_OR_END;
    if (!isKey && expect !== VALUE && expect !== VALUE_OR_END) this.#unexpected(bytes, start);
    const end = bytes.length;
    let plain = true;
    let at = start + 1;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === 34) break;
      if (byte === 92) {
        plain = false;
        at++;
      } else if (byte < 32) this.#fault("a text must not hold line ends or control characters", at);
    }
    if (at >= end) {
      if (final) this.#fault("a text is not closed", start);
      return -1;
    }
    if (at - start > MAX_TOKEN_BYTES) this.#fault(TOO_LONG, start);
    const text = this.#decode(bytes, start, at, plain);
    const column = start - this.#lineStart + 1;
    this.#lineStart += at - start - countCharacters(bytes, start, at);
    this.#expect = isKey ? COLON : this.#afterValue();
    if (isKey) this.#handler.key(text, this.#line, column);
    else this.#handler.scalar("string", text, this.#line, column);
    return at + 1;
  }

  /** The text between the quotes at `start` and `end`. */
  #decode(bytes: Uint8Array, start: number, end: number, plain: boolean): string {
    let problem = "is not UTF-8";
    try {
      if (plain) return this.#texts.textOf(bytes, start + 1, end);
      const quoted = textOf(bytes, start, end + 1);
      problem = "holds an unknown escape";
      return JSON.parse(quoted) as string;
    } catch (cause) {
      if (cause instanceof RiskError) throw cause;
      return this.#fault(`a text ${problem}`, start);
    }
  }

  #word(bytes: Uint8Array, start: number, final: boolean): number {
    if (this.#expect !== VALUE && this.#expect !== VALUE_OR_END) this.#unexpected(bytes, start);
    const end = bytes.length;
    let at = start;
    while (at < end && isWordByte(bytes[at] as number)) at++;
    if (at === end && !final) return -1;
    if (at === start) this.#unexpected(bytes, start);
    if (at - start > MAX_TOKEN_BYTES) this.#fault(TOO_LONG, start);
    const text = textOf(bytes, start, at);
    const kind = kindOf(text);
    if (kind === undefined) {
      const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
      this.#fault(
        `${shown} is not a JSON value; texts need quotes, numbers are plain decimals`,
        start,
      );
    }
    this.#expect = this.#afterValue();
    this.#handler.scalar(kind, text, this.#line, start - this.#lineStart + 1);
    return at;
  }

  #afterValue(): number {
    return this.#stack.length === 0 ? NOTHING : COMMA_OR_END;
  }
}

/** Letters, digits, `+`, `-`, `.`, `_`: what a number or literal, right or wrong, is made of. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) ||
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    byte === 45 ||
    byte === 46 ||
    byte === 43 ||
    byte === 95
  );
}

function kindOf(text: string): JsonScalar | undefined {
  if (text === "true" || text === "false") return "boolean";
  if (text === "null") return "null";
  return NUMBER.test(text) ? "number" : undefined;
}
