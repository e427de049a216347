// The file around a snapshot: a head that says what it is, a directory in JSON, and sections of bytes, each with its checksum. Nothing of it is
// believed before its checksum was right, and every byte of the file is under one of them.
//
//   0        8         12          16            24          28         32            128-byte stripes
//   ┌────────┬─────────┬───────────┬─────────────┬───────────┬──────────┬─────────────┬──────────┬──────────┬───
//   │ magic  │ version │ directory │ file length │ checksum  │ checksum │ directory,  │ section, │ section, │ …
//   │ 8 B    │ u32     │ bytes u32 │ f64         │ directory │ of head  │ JSON, padded│ padded   │ padded   │
//   └────────┴─────────┴───────────┴─────────────┴───────────┴──────────┴─────────────┴──────────┴──────────┴───
//
// All numbers are little-endian. Padding is zeros, and is summed with what it follows; the head is padded to a stripe too.
import { RiskError } from "../errors.ts";
import { checksum, STRIPE_BYTES } from "./checksum.ts";

/** A byte no text begins with, a name, and a line end that a transfer as text would change. */
const MAGIC: readonly number[] = [0x89, 0x55, 0x4b, 0x53, 0x4e, 0x41, 0x50, 0x0a];
/** Of the container and of what the sections mean. */
export const SNAPSHOT_VERSION = 1;
const HEAD_BYTES: number = STRIPE_BYTES;
const AT_VERSION = 8;
const AT_DIRECTORY_BYTES = 12;
const AT_FILE_BYTES = 16;
const AT_DIRECTORY_SUM = 24;
const AT_HEAD_SUM = 28;

/** A section on its way out. `sum` null: what is in it has checksums of its own. */
export interface Section {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly checked: boolean;
}

interface Entry {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
  readonly sum: number | null;
}

interface Directory {
  readonly build: string;
  readonly sections: readonly Entry[];
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / STRIPE_BYTES) * STRIPE_BYTES;
}

/** A copy in whole stripes, as words. */
function stripes(bytes: Uint8Array): Int32Array<ArrayBuffer> {
  const words = new Int32Array(padded(bytes.length) / 4);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function head(directory: Int32Array, jsonBytes: number, fileBytes: number): Uint8Array {
  const words = new Int32Array(HEAD_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  const view = new DataView(words.buffer);
  bytes.set(MAGIC);
  view.setUint32(AT_VERSION, SNAPSHOT_VERSION, true);
  view.setUint32(AT_DIRECTORY_BYTES, jsonBytes, true);
  view.setFloat64(AT_FILE_BYTES, fileBytes, true);
  view.setUint32(AT_DIRECTORY_SUM, checksum(directory), true);
  view.setUint32(AT_HEAD_SUM, checksum(words), true);
  return bytes;
}

/**
 * The parts of the file, in order, to be written one after the other. Sections that are whole stripes already are not copied.
 */
export function containerParts(build: string, sections: readonly Section[]): Uint8Array[] {
  const bodies = sections.map(({ bytes }) =>
    bytes.length % STRIPE_BYTES === 0 ? bytes : bytesOf(stripes(bytes)),
  );
  let at = 0;
  const entries = sections.map(({ name, bytes, checked }, index): Entry => {
    const body = bodies[index] as Uint8Array;
    const words = checked ? wordsOf(body) : undefined;
    const sum = words === undefined ? null : checksum(words);
    const entry = { name, at, bytes: bytes.length, sum };
    at += body.length;
    return entry;
  });
  const text = JSON.stringify({ build, sections: entries } satisfies Directory);
  const json = new TextEncoder().encode(text);
  const directory = stripes(json);
  const fileBytes = HEAD_BYTES + directory.byteLength + at;
  return [head(directory, json.length, fileBytes), bytesOf(directory), ...bodies];
}

/** The parts as one file. */
export function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Whole stripes as words: in place where they are aligned. */
function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 !== 0) return stripes(bytes);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function damaged(what: string, value: unknown): never {
  throw new RiskError("BAD_SNAPSHOT", `the snapshot is damaged: ${what}`, { value });
}

function refuseVersion(found: unknown, expected: unknown): never {
  const hint = `this engine reads ${expected}; carry a book over with toBook and fromBook`;
  throw new RiskError("BAD_SNAPSHOT", "the snapshot was made by another version", {
    value: found,
    hint,
  });
}

export const SNAPSHOT_MAGIC_BYTES: number = MAGIC.length;

/** True for bytes that begin as snapshots do. */
export function isSnapshot(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

function requireHead(bytes: Uint8Array): DataView {
  if (!isSnapshot(bytes)) {
    const hint = "expected a file written by RiskEngine.snapshot()";
    throw new RiskError("BAD_SNAPSHOT", "this is no snapshot", { hint });
  }
  if (bytes.length < HEAD_BYTES) damaged("it ends within its head", `${bytes.length} bytes`);
  const words = stripes(bytes.subarray(0, HEAD_BYTES));
  const view = new DataView(words.buffer);
  const stated = view.getUint32(AT_HEAD_SUM, true);
  view.setUint32(AT_HEAD_SUM, 0, true);
  if (checksum(words) !== stated) damaged("its head", "wrong checksum");
  return view;
}

/** The sections of a snapshot by name, checked; the bytes are views of the file's. */
export class Container {
  readonly #file: Uint8Array;
  readonly #entries: Map<string, Entry>;
  readonly #start: number;

  /** @throws RiskError BAD_SNAPSHOT */
  constructor(file: Uint8Array, build: string) {
    if (!(file instanceof Uint8Array)) throw new TypeError("file must be a Uint8Array");
    const view = requireHead(file);
    const version = view.getUint32(AT_VERSION, true);
    if (version !== SNAPSHOT_VERSION) refuseVersion(version, SNAPSHOT_VERSION);
    const fileBytes = view.getFloat64(AT_FILE_BYTES, true);
    if (fileBytes !== file.length) damaged("its length", `${file.length} of ${fileBytes} bytes`);
    const jsonBytes = view.getUint32(AT_DIRECTORY_BYTES, true);
    const directory = stripes(file.subarray(HEAD_BYTES, HEAD_BYTES + padded(jsonBytes)));
    if (checksum(directory) !== view.getUint32(AT_DIRECTORY_SUM, true)) {
      damaged("its directory", "wrong checksum");
    }
    const text = new TextDecoder().decode(bytesOf(directory).subarray(0, jsonBytes));
    const read = JSON.parse(text) as Directory;
    if (read.build !== build) refuseVersion(read.build, build);
    this.#file = file;
    this.#start = HEAD_BYTES + directory.byteLength;
    this.#entries = new Map(read.sections.map((entry) => [entry.name, entry]));
  }

  #entry(name: string): Entry {
    return this.#entries.get(name) ?? damaged("a section is missing", name);
  }

  /** As it stands in the file: its checksums are the reader's to check. */
  unchecked(name: string): Uint8Array {
    const { at, bytes } = this.#entry(name);
    return this.#file.subarray(this.#start + at, this.#start + at + bytes);
  }

  /** A copy that is the reader's own, aligned for any kind of array. */
  section(name: string): Uint8Array<ArrayBuffer> {
    const { at, bytes, sum } = this.#entry(name);
    const from = this.#start + at;
    const words = stripes(this.#file.subarray(from, from + padded(bytes)));
    if (sum === null || checksum(words) !== sum) damaged(`section ${name}`, "wrong checksum");
    return new Uint8Array(words.buffer, 0, bytes);
  }
}
