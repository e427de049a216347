// One pass over a JSON book document as its bytes arrive. The header is small and kept; accounts are built, handed
// to the sink and forgotten one by one, so a document of any size needs the memory of one account. That needs the header
// first. Where it comes later (or a late `profile` changes the terms), the pass only gathers it and asks for another.

import { BookError, type BookProblem, ProblemLog } from "./book-error.ts";
import { DocumentRows } from "./document-rows.ts";
import { type CreateSink, HEADER_KEYS, type OpenBook, openBook } from "./header.ts";
import {
  type JsonContainer,
  type JsonHandler,
  type JsonScalar,
  JsonTokenizer,
} from "./json-tokens.ts";
import { type JsonNode, TreeBuilder } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

/** Keys without which accounts cannot be read. */
const NEEDED_BEFORE_ACCOUNTS = ["assets", "markets", "marks"];

/** What becomes of a member of the document. */
type Section = "header" | "accounts" | "skip";

export interface DocumentOptions {
  /** Names the document in problems; "" for none. */
  readonly file: string;
  /** What an earlier pass gathered: header keys of this one are skipped. */
  readonly header?: ReadonlyMap<string, JsonNode>;
  /** False for markets.json of a folder, which has no accounts. Default true. */
  readonly withAccounts?: boolean;
}

/** What a pass came to: an open book, or the header for another pass. */
export type PassResult<T extends BookSink> =
  | { readonly book: OpenBook<T> }
  | { readonly header: ReadonlyMap<string, JsonNode> };

export class DocumentPass<T extends BookSink> implements JsonHandler {
  readonly #file: string;
  readonly #createSink: CreateSink<T>;
  readonly #problems = new ProblemLog();
  readonly #tokens: JsonTokenizer = new JsonTokenizer(this);
  readonly #builder: TreeBuilder;
  readonly #given: ReadonlyMap<string, JsonNode> | undefined;
  /** Problems that are no matter of the terms on which accounts were read. */
  readonly #headerProblems: BookProblem[] = [];
  readonly #withAccounts: boolean;
  readonly #header = new Map<string, JsonNode>();
  readonly #keys = new Set<string>();
  #depth = 0;
  #key = "";
  #section: Section = "skip";
  #accountsSeen = 0;
  #book: OpenBook<T> | undefined;
  #rows: DocumentRows | undefined;
  #again = false;

  constructor(createSink: CreateSink<T>, options: DocumentOptions) {
    this.#file = options.file;
    this.#createSink = createSink;
    this.#given = options.header;
    this.#withAccounts = options.withAccounts ?? true;
    this.#builder = new TreeBuilder((name, line, column) => {
      this.#add(`the key ${JSON.stringify(name)} stands twice in one object`, line, column);
      if (this.#section === "header") this.#noteHeaderProblem();
    });
  }

  get accounts(): number {
    return this.#accountsSeen;
  }

  push(chunk: Uint8Array): void {
    this.#tokens.push(chunk);
  }

  /**
   * The open book, or the header for another pass over the same bytes.
   *
   * @throws BookError with all problems found
   */
  finish(): PassResult<T> {
    this.#tokens.finish();
    this.#requireKeys();
    if (this.#again) {
      if (this.#headerProblems.length > 0) throw new BookError(this.#headerProblems);
      return { header: this.#header };
    }
    if (this.#book === undefined) this.#open();
    this.#problems.throwIfFound();
    return { book: this.#book as OpenBook<T> };
  }

  #requireKeys(): void {
    const names = this.#withAccounts ? ["assets", "markets", "accounts"] : ["assets", "markets"];
    for (const name of names) {
      if (this.#keys.has(name)) continue;
      const others = [...this.#keys].filter(
        (key) => !HEADER_KEYS.includes(key) && key !== "accounts",
      );
      const found = others.length === 0 ? "" : `; found ${others.slice(0, 5).join(", ")}`;
      this.#add(`${name} is missing${found}`, 1, 1);
      this.#noteHeaderProblem();
    }
    if (this.#problems.found && !this.#again) this.#problems.throwIfFound();
  }

  #add(message: string, line: number, column: number, path = ""): void {
    this.#problems.add("BAD_VALUE", { file: this.#file, line, column }, path, message);
  }

  /** The problem added last holds whatever the accounts are read with. */
  #noteHeaderProblem(): void {
    this.#headerProblems.push(this.#problems.problems.at(-1) as BookProblem);
  }

  #open(): void {
    this.#problems.throwIfFound();
    const header = this.#given ?? this.#header;
    this.#book = openBook(this.#file, header, this.#createSink, this.#problems);
    this.#rows = new DocumentRows(this.#file, this.#book, this.#problems);
  }

  fault(message: string, line: number, column: number): never {
    this.#add(`not JSON: ${message}`, line, column);
    throw new BookError(this.#problems.problems);
  }

  key(name: string, line: number, column: number): void {
    if (this.#depth > 1) {
      if (this.#section !== "skip") this.#builder.key(name, line, column);
      return;
    }
    if (this.#keys.has(name) && this.#given === undefined) {
      this.#add(`the key ${JSON.stringify(name)} stands twice`, line, column);
      this.#noteHeaderProblem();
    }
    this.#keys.add(name);
    this.#key = name;
    this.#section = "skip";
    if (HEADER_KEYS.includes(name)) {
      if (this.#given !== undefined) return;
      this.#section = "header";
      // The rows before it were read on other terms.
      if (this.#book !== undefined) this.#again = true;
    } else if (name === "accounts" && this.#withAccounts) this.#beginAccounts();
  }

  #beginAccounts(): void {
    const ready = NEEDED_BEFORE_ACCOUNTS.every((key) => this.#header.has(key));
    if (this.#given !== undefined || ready) {
      this.#section = "accounts";
      if (this.#book === undefined) this.#open();
    } else this.#again = true;
  }

  begin(kind: JsonContainer, line: number, column: number): void {
    this.#depth++;
    if (this.#depth === 1) {
      if (kind !== "object") this.fault("a book must be an object", line, column);
    } else if (this.#section === "accounts" && this.#depth === 2) {
      if (kind !== "array") this.#add("must be a list", line, column, "accounts");
      if (kind !== "array") this.#section = "skip";
    } else if (this.#section !== "skip") this.#builder.begin(kind, line, column);
  }

  end(): void {
    this.#depth--;
    if (!this.#builder.building) return;
    const node = this.#builder.end();
    if (node !== undefined) this.#take(node);
  }

  scalar(kind: JsonScalar, text: string, line: number, column: number): void {
    if (this.#depth === 0) this.fault("a book must be an object", line, column);
    if (this.#section === "skip") return;
    if (this.#section === "accounts" && this.#depth === 1) {
      this.#add("must be a list", line, column, "accounts");
      return;
    }
    const node = this.#builder.scalar(kind, text, line, column);
    if (node !== undefined) this.#take(node);
  }

  /** A member of the header, or an account, is complete. */
  #take(node: JsonNode): void {
    if (this.#section === "header") this.#header.set(this.#key, node);
    else this.#rows?.add(node, this.#accountsSeen++);
  }
}
