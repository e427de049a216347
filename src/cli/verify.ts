// `underkeel verify BOOK`: the kernel against the BigInt reference on a whole book, at its marks and after
// moves of all of them. The one command that must never exit with 0 when a figure is wrong.
import type { RiskEngine } from "../engine/engine.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  outputForm,
  UsageError,
} from "./command.ts";
import { type Comparison, compareWithReference } from "./compare.ts";
import { type LoadedBook, loadEngine, movedMarks, moveText, readMove } from "./load.ts";
import { duration, groupDigits, progressLine, tableLines } from "./terminal.ts";

interface VerifiedMove extends Comparison {
  /** "marks" or the move of all marks. */
  readonly at: string;
  /** True if a what-if scan before the marks moved listed the same pools as the scan after. */
  readonly trialAgrees: boolean;
}

function sameHandles(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  const sorted = [a, b].map((handles) => handles.slice().sort());
  return sorted[0]?.every((handle, at) => handle === sorted[1]?.[at]) ?? false;
}

/** Sets the moved marks; true if the trial scan foretold the scan. */
function moveMarks(engine: RiskEngine, marks: Record<string, bigint>): boolean {
  const foretold = engine.scanAt(marks).handles;
  engine.setMarks(marks);
  return sameHandles(foretold, engine.scan().handles);
}

function verifyMoves(
  book: LoadedBook,
  moves: readonly number[],
  sample: number,
  context: CommandContext,
): VerifiedMove[] {
  const { engine } = book;
  const progress = progressLine(context.talk.stream, context.now);
  const total = engine.kernel.poolCount;
  const results = [0, ...moves].map((move, index) => {
    const at = index === 0 ? "marks" : moveText(move);
    const trialAgrees = moveMarks(engine, movedMarks(book.markets, move));
    const comparison = compareWithReference(engine, sample, (pools) =>
      progress.update(() => `${at}: ${groupDigits(pools)} of at most ${groupDigits(total)} pools`),
    );
    return { at, trialAgrees, ...comparison };
  });
  progress.end();
  return results;
}

function mismatchesOf({ mismatches, trialAgrees }: VerifiedMove): number {
  return mismatches + (trialAgrees ? 0 : 1);
}

async function printText(results: readonly VerifiedMove[], context: CommandContext): Promise<void> {
  const columns = [
    { title: "at" },
    { title: "pools compared", right: true },
    { title: "liquidatable", right: true },
    { title: "searches compared", right: true },
    { title: "mismatches", right: true },
  ];
  const rows = results.map((result) => [
    result.at,
    groupDigits(result.pools),
    groupDigits(result.liquidatable),
    groupDigits(result.searched),
    groupDigits(mismatchesOf(result)),
  ]);
  for (const line of tableLines(columns, rows, context.paintOut)) await context.out.line(line);
  for (const { at, shown, trialAgrees } of results) {
    if (!trialAgrees) await context.out.line(`  ${at}: the what-if scan listed other pools`);
    for (const { account, pool, figure, kernel, reference } of shown) {
      await context.out.line(
        `  ${at}: account ${account}, pool ${pool}: ${figure} is ${kernel} by the kernel, ${reference} by the reference`,
      );
    }
  }
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  const path = args.operand("BOOK");
  const sample = args.whole("sample", 100);
  const moves = [...args.texts("move"), ...args.texts("shock")].map(readMove);
  const started = context.now();
  const book = await loadEngine(path, context);
  if (book.markets.some((market) => market.mark === null) && moves.length > 0) {
    throw new UsageError("--move needs a mark in every market of the book");
  }
  const results = verifyMoves(book, moves, sample, context);
  const mismatches = results.reduce((sum, result) => sum + mismatchesOf(result), 0);
  const pools = results.reduce((sum, result) => sum + result.pools, 0);
  if (form === "json") {
    await context.out.line(JSON.stringify({ pools, mismatches, runs: results }, null, 2));
  } else {
    await printText(results, context);
    const verdict = `${groupDigits(pools)} pools compared, ${groupDigits(mismatches)} mismatches`;
    await context.out.line(context.paintOut(mismatches === 0 ? "green" : "red", `  ${verdict}`));
  }
  await context.talk.line(`took ${duration(context.now() - started)}`);
  return mismatches === 0 ? EXIT.done : EXIT.internal;
}

export const verifyCommand: Command = {
  help: {
    name: "verify",
    operands: "BOOK",
    summary: "the kernel against the BigInt reference, on every pool of a book",
    description: [
      "Compares all figures, every verdict and the scan's list with a plain BigInt reference that shares no",
      "arithmetic with the kernel; on a sample also liquidation prices, bankruptcy prices and joint shocks.",
      "Exits with 3 on any mismatch.",
    ],
    options: {
      sample: { type: "string", value: "N", help: "pools whose searches are compared too (100)" },
      move: {
        type: "string",
        multiple: true,
        value: "P%",
        help: "compare again with all marks moved, e.g. -10%; repeatable",
      },
      shock: { type: "string", multiple: true, value: "P%", help: "same as --move" },
      json: { type: "boolean", help: "print one JSON document" },
    },
    examples: [
      "underkeel verify examples/crash-2025-10-10",
      "underkeel verify examples/crash-2025-10-10 --sample 20 --move -10% --move +40%",
    ],
  },
  run,
};
