// Books from disk or standard input (Node only): a JSON document, a folder of tables, or `-`. Files stream through
// in chunks and through zlib where their name or first bytes say gzip; only standard input is held in memory, because a
// document whose header comes late is read twice. Reading and inserting alternate, so memory stays flat.

import { existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { RiskError } from "../errors.ts";
import { ProblemLog } from "./book-error.ts";
import { DocumentPass } from "./document.ts";
import { FolderTables } from "./folder-rows.ts";
import type { CreateSink, OpenBook } from "./header.ts";
import { loadBytes } from "./load-document.ts";
import type { BookSink } from "./sink.ts";
import type { TableReader } from "./table.ts";

const CHUNK_BYTES = 1 << 18;

export interface LoadOptions {
  /** Bytes read so far and in all (as stored, so compressed ones of a .gz; in all 0 where unknown, as for `-`). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
  /** Where `-` reads from; standard input if absent. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/**
 * Loads a book into the sink that `createSink` makes for its profile, and returns that sink.
 *
 * `path` is a JSON document (`.json`, `.json.gz`), a folder with markets.json, marks.csv, accounts.csv, positions.csv and
 * perhaps orders.csv and stops.csv (each also `.gz`), or `-` for a document on standard input. `createSink` is called again where a document must be read twice.
 *
 * @throws BookError (`BAD_BOOK`) listing every problem; RiskError `BAD_FILE` where a file cannot be read or
 * its gzip is damaged or cut short, `MISSING_COLUMN` where a table lacks a column. Nothing of the sink is to be used then.
 */
export async function loadBook<T extends BookSink>(
  path: string,
  createSink: CreateSink<T>,
  options: LoadOptions = {},
): Promise<T> {
  if (path === "-") return loadStdin(createSink, options);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new RiskError("BAD_FILE", "no such file or folder", { path });
  }
  return stats.isDirectory()
    ? loadFolder(path, createSink, options)
    : loadFile(path, createSink, options);
}

async function loadStdin<T extends BookSink>(
  createSink: CreateSink<T>,
  options: LoadOptions,
): Promise<T> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of options.stdin ?? process.stdin) {
      const bytes = chunk as Uint8Array;
      total += bytes.length;
      options.onProgress?.(total, 0);
      yield bytes;
    }
  }
  for await (const chunk of unpacked(counted(), "stdin")) chunks.push(chunk);
  return loadBytes(() => chunks, createSink, "stdin");
}

async function loadFile<T extends BookSink>(
  path: string,
  createSink: CreateSink<T>,
  options: LoadOptions,
): Promise<T> {
  const progress = new Progress([path], options);
  const file = basename(path);
  let pass = new DocumentPass(createSink, { file });
  for (;;) {
    for await (const chunk of readChunks(path, progress)) pass.push(chunk);
    const result = pass.finish();
    if ("book" in result) return result.book.sink;
    progress.restart();
    pass = new DocumentPass(createSink, { file, header: result.header });
  }
}

async function loadFolder<T extends BookSink>(
  folder: string,
  createSink: CreateSink<T>,
  options: LoadOptions,
): Promise<T> {
  const find = (name: string): string => findFile(folder, name);
  const files = {
    markets: find("markets.json"),
    marks: findOptional(folder, "marks.csv"),
    accounts: find("accounts.csv"),
    positions: find("positions.csv"),
    orders: findOptional(folder, "orders.csv"),
    stops: findOptional(folder, "stops.csv"),
  };
  const present = Object.values(files).filter((file) => file !== undefined);
  const progress = new Progress(present, options);
  const book = await readHeader(files.markets, createSink, progress);
  const problems = new ProblemLog();
  const tables = new FolderTables(book.sink, book.assets.size, book.markets.size, problems);
  if (files.marks !== undefined) {
    await readTable(files.marks, tables.marks(basename(files.marks)), progress);
    problems.throwIfFound();
  }
  await readTable(files.accounts, tables.accounts(basename(files.accounts)), progress);
  await readTable(files.positions, tables.positions(basename(files.positions)), progress);
  if (files.orders !== undefined) {
    await readTable(files.orders, tables.orders(basename(files.orders)), progress);
  }
  if (files.stops !== undefined) {
    await readTable(files.stops, tables.stops(basename(files.stops)), progress);
  }
  problems.throwIfFound();
  return book.sink;
}

async function readHeader<T extends BookSink>(
  path: string,
  createSink: CreateSink<T>,
  progress: Progress,
): Promise<OpenBook<T>> {
  const pass = new DocumentPass(createSink, { file: basename(path), withAccounts: false });
  for await (const chunk of readChunks(path, progress)) pass.push(chunk);
  const result = pass.finish();
  if ("book" in result) return result.book;
  throw new RiskError("INTERNAL", "a document without accounts asked for another pass", { path });
}

async function readTable(path: string, table: TableReader, progress: Progress): Promise<void> {
  for await (const chunk of readChunks(path, progress)) table.push(chunk);
  table.finish();
}

function findOptional(folder: string, name: string): string | undefined {
  const plain = join(folder, name);
  const packed = `${plain}.gz`;
  const [hasPlain, hasPacked] = [existsSync(plain), existsSync(packed)];
  if (hasPlain && hasPacked) {
    throw new RiskError("BAD_FILE", `the book has both ${name} and ${name}.gz; remove one`, {
      path: folder,
    });
  }
  return hasPlain ? plain : hasPacked ? packed : undefined;
}

function findFile(folder: string, name: string): string {
  const found = findOptional(folder, name);
  if (found !== undefined) return found;
  throw new RiskError("BAD_FILE", `the book has no ${name} (nor ${name}.gz)`, { path: folder });
}

/** Adds up the bytes of several files. */
class Progress {
  readonly #onProgress: LoadOptions["onProgress"];
  readonly #total: number;
  #read = 0;

  constructor(files: readonly string[], options: LoadOptions) {
    this.#onProgress = options.onProgress;
    this.#total = files.reduce((sum, file) => sum + statSync(file).size, 0);
  }

  add(bytes: number): void {
    this.#read += bytes;
    this.#onProgress?.(this.#read, this.#total);
  }

  restart(): void {
    this.#read = 0;
  }
}

/**
 * Bytes of any file, unpacked where it is gzip; each chunk is valid until the next one is asked for.
 *
 * @throws RiskError BAD_FILE where it cannot be read or its gzip is damaged
 */
export function fileBytes(
  path: string,
  onProgress?: (bytesRead: number, bytesTotal: number) => void,
): AsyncIterable<Uint8Array> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new RiskError("BAD_FILE", "no such file", { path });
  }
  return readChunks(path, new Progress([path], onProgress === undefined ? {} : { onProgress }));
}

/** Bytes of a file, unpacked. */
function readChunks(path: string, progress: Progress): AsyncIterable<Uint8Array> {
  return unpacked(countedChunks(path, progress), basename(path));
}

/**
 * Two memories take turns: the next chunk is read while the consumer works on this one, which it is done with when it asks for the next.
 */
async function* countedChunks(path: string, progress: Progress): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  let memory = new Uint8Array(CHUNK_BYTES);
  let spare = new Uint8Array(CHUNK_BYTES);
  let pending = file.read(memory, 0, CHUNK_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      const ready = memory.subarray(0, bytesRead);
      [memory, spare] = [spare, memory];
      pending = file.read(memory, 0, CHUNK_BYTES);
      progress.add(bytesRead);
      yield ready;
    }
  } finally {
    // A read under way may not outlive its file; its failure was, or is no longer, of interest.
    await pending.catch(() => undefined);
    await file.close();
  }
}

/**
 * Passes bytes through, or through zlib where they start as gzip does (1f 8b) or the name ends in .gz. Failures of the
 * system or of zlib become RiskErrors; what the consumer throws does not pass here.
 */
async function* unpacked(
  source: AsyncGenerator<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    const head = await firstBytes(source);
    const bytes = withHead(head, source);
    if ((head[0] === 0x1f && head[1] === 0x8b) || name.endsWith(".gz")) yield* gunzipped(bytes);
    else yield* bytes;
  } catch (cause) {
    throw new RiskError("BAD_FILE", describeFailure(cause), { path: name, cause });
  } finally {
    await source.return(undefined);
  }
}

async function* gunzipped(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error destroys `gunzip` with it, so that the loop below throws it.
  pipeline(Readable.from(copied(bytes)), gunzip, () => {});
  for await (const chunk of gunzip) yield chunk as Uint8Array;
}

/** Streams hold on to what they are given. */
async function* copied(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

/** At least two bytes, unless the source has fewer. */
async function firstBytes(source: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    const joined = new Uint8Array(head.length + next.value.length);
    joined.set(head);
    joined.set(next.value, head.length);
    head = joined;
  }
  return head;
}

async function* withHead(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

function describeFailure(cause: unknown): string {
  const { code = "", message = String(cause) } = cause as { code?: string; message?: string };
  if (code === "Z_BUF_ERROR") return "the gzip data ends too early: the file is cut short";
  if (code.startsWith("Z_")) return `the gzip data is damaged (${message})`;
  return `cannot be read (${message})`;
}
