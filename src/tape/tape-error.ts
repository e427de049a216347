// A tape with a bad row is not replayed: every bad row is found first and all are told at once, as books do it.
import { type BookProblem, describeProblem } from "../book/book-error.ts";
import { RiskError } from "../errors.ts";

const LISTED = 20;

/**
 * Tapes were refused and nothing was replayed; `code` is `BAD_FILE`. The message lists the first 20 problems with file, line and
 * column; `problems` holds them all.
 */
export class TapeError extends RiskError {
  override readonly name: string = "TapeError";
  readonly problems: readonly BookProblem[];

  constructor(problems: readonly BookProblem[]) {
    const count = problems.length;
    const lines = problems.slice(0, LISTED).map((problem) => `\n  ${describeProblem(problem)}`);
    const rest = count > LISTED ? `\n  ... and ${count - LISTED} more` : "";
    const noun = `problem${count === 1 ? "" : "s"}`;
    super(
      "BAD_FILE",
      `the tape has ${count} ${noun}; nothing was replayed${lines.join("")}${rest}`,
    );
    this.problems = problems;
  }
}
