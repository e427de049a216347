// All or nothing: a book with one bad row is not loaded, but every bad row is found first. Problems are collected
// here with the place where a person or an editor can find them, and thrown as one error at the end.

import { RiskError, type RiskErrorCode, shorten } from "../errors.ts";

/** One thing wrong with a book. */
export interface BookProblem {
  readonly code: RiskErrorCode;
  /** Name of the file; "" where the book came as an object. */
  readonly file: string;
  /** From 1; 0 where the book came as an object. */
  readonly line: number;
  /** In characters, from 1; 0 where the book came as an object. */
  readonly column: number;
  /** Column name of a CSV file, or a path such as `accounts[3].positions[0].contracts`. */
  readonly path: string;
  /** The offending value, shortened; undefined where there is none. */
  readonly value: string | undefined;
  /** The expectation that was not met. */
  readonly message: string;
}

/** Where a value stands. */
export interface BookPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const LISTED = 20;
/** Reading on costs microseconds a problem; nobody reads past this many. */
const MAX_PROBLEMS = 100_000;

/** One line: `positions.csv:17:5: contracts must be a decimal with at most 3 decimals (got "1,5")`. */
export function describeProblem(problem: BookProblem): string {
  const { file, line, column, path, message } = problem;
  const place = line > 0 ? `${file}:${line}:${column}: ` : file === "" ? "" : `${file}: `;
  return `${place}${path === "" ? "" : `${path} `}${message}`;
}

/**
 * The book was refused and nothing loaded; `code` is `BAD_BOOK`. The message lists the first 20 problems and how many
 * there are; `problems` holds them all (at most 100,000, where reading stopped).
 */
export class BookError extends RiskError {
  override readonly name: string = "BookError";
  readonly problems: readonly BookProblem[];

  constructor(problems: readonly BookProblem[]) {
    const count = problems.length;
    const lines = problems.slice(0, LISTED).map((problem) => `\n  ${describeProblem(problem)}`);
    const rest = count > LISTED ? `\n  ... and ${count - LISTED} more` : "";
    const stopped = count >= MAX_PROBLEMS ? " (stopped reading there)" : "";
    super(
      "BAD_BOOK",
      `the book has ${count} problem${count === 1 ? "" : "s"}${stopped}; nothing was loaded${lines.join("")}${rest}`,
    );
    this.problems = problems;
  }
}

/** Codes that say nothing about the row at hand: the load cannot go on. */
const FATAL: readonly RiskErrorCode[] = [
  "CAPACITY",
  "POISONED",
  "INTERNAL",
  "BAD_BOOK",
  "BAD_FILE",
];

/** Collects problems during one load. */
export class ProblemLog {
  readonly problems: BookProblem[] = [];

  /** @throws BookError when there are too many to go on */
  add(
    code: RiskErrorCode,
    place: BookPlace,
    path: string,
    message: string,
    detail: { readonly value?: unknown } = {},
  ): void {
    const value = "value" in detail ? shorten(detail.value) : undefined;
    const got = value === undefined ? "" : ` (got ${value})`;
    this.#push({ code, ...placeOf(place), path, value, message: `${message}${got}` });
  }

  /** A refusal by the decimal parser, the tiers or the sink; anything else is thrown on. */
  addError(error: unknown, place: BookPlace, path: string): void {
    if (!(error instanceof RiskError) || FATAL.includes(error.code)) throw error;
    const prefix = error.path === undefined ? "" : `${error.path}: `;
    const message = error.message.startsWith(prefix)
      ? error.message.slice(prefix.length)
      : error.message;
    this.#push({ code: error.code, ...placeOf(place), path, value: error.value, message });
  }

  get found(): boolean {
    return this.problems.length > 0;
  }

  /** @throws BookError where there are problems */
  throwIfFound(): void {
    if (this.found) throw new BookError(this.problems);
  }

  #push(problem: BookProblem): void {
    this.problems.push(problem);
    if (this.problems.length >= MAX_PROBLEMS) throw new BookError(this.problems);
  }
}

function placeOf({ file, line, column }: BookPlace): BookPlace {
  return { file, line, column };
}
