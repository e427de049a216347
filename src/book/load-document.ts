// A book document that is in memory already, as text, bytes or a plain object: what a browser has. Large files are
// read by src/book/files.ts instead, through the same passes.

import { ProblemLog } from "./book-error.ts";
import { DocumentPass } from "./document.ts";
import { DocumentRows } from "./document-rows.ts";
import { FieldReader } from "./fields.ts";
import { type CreateSink, openBook } from "./header.ts";
import { type JsonNode, treeOf } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

const TEXT_STEP = 1 << 20;

/** Reads the same bytes as often as passes need them. */
export function loadBytes<T extends BookSink>(
  chunks: () => Iterable<Uint8Array>,
  createSink: CreateSink<T>,
  file: string,
): T {
  let pass = new DocumentPass(createSink, { file });
  for (;;) {
    for (const chunk of chunks()) pass.push(chunk);
    const result = pass.finish();
    if ("book" in result) return result.book.sink;
    pass = new DocumentPass(createSink, { file, header: result.header });
  }
}

/**
 * Loads a book document and returns the sink that `createSink` made for its profile. Text and bytes are JSON; an
 * object is a {@link import("../types.ts").BookDocument}.
 *
 * @throws BookError listing every problem with its place; nothing of the sink is to be used then
 */
export function loadBookDocument<T extends BookSink>(
  input: string | Uint8Array | object,
  createSink: CreateSink<T>,
  file = "",
): T {
  if (typeof input === "string") {
    const name = file === "" ? "book" : file;
    return loadBytes(() => encoded(input), createSink, name);
  }
  if (input instanceof Uint8Array) {
    return loadBytes(() => [input], createSink, file === "" ? "book" : file);
  }
  return loadObject(input, createSink, file);
}

/** UTF-8 of a text, a step at a time; a surrogate pair is not cut. */
function* encoded(text: string): Iterable<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + TEXT_STEP, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end++;
    yield encoder.encode(text.slice(at, end));
    at = end;
  }
}

function loadObject<T extends BookSink>(input: object, createSink: CreateSink<T>, file: string): T {
  const problems = new ProblemLog();
  const fields = new FieldReader(file, problems);
  const root = treeOf(input);
  const members = fields.object(
    root,
    "book",
    ["assets", "markets", "accounts"],
    ["marks", "profile", "indexPrices"],
  );
  problems.throwIfFound();
  const document = members ?? new Map<string, JsonNode>();
  const book = openBook(file, document, createSink, problems);
  const rows = new DocumentRows(file, book, problems);
  const accounts = document.get("accounts");
  if (accounts?.items === undefined) fields.refuse(accounts ?? root, "accounts", "must be a list");
  accounts?.items?.forEach((account, index) => {
    rows.add(account, index);
  });
  problems.throwIfFound();
  return book.sink;
}
