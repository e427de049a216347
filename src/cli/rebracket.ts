// `underkeel rebracket BOOK --brackets FILE`: what a change of a venue's brackets does to a book. The new tiers go under the
// open positions by one command of the engine; shown is who is under water then and was not before.
import type { ScanLine } from "../engine/scan.ts";
import { RiskError } from "../errors.ts";
import type { LeverageTier } from "../types.ts";
import { readBrackets } from "./bracket-input.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  JSON_OPTIONS,
  outputForm,
  UsageError,
} from "./command.ts";
import { type LoadedBook, loadEngine } from "./load.ts";
import { scopeKey } from "./scope-key.ts";
import { scopeLines } from "./scope-table.ts";
import { duration, groupDigits, type Paint } from "./terminal.ts";

interface Change {
  /** Markets of the book that the file has tiers for. */
  readonly markets: number;
  /** Markets of the book that it does not name: they keep theirs. */
  readonly kept: number;
  /** Symbols of the file that the book does not have. */
  readonly ignored: number;
  readonly liquidatable: { readonly before: number; readonly after: number };
  readonly newlyLiquidatable: readonly ScanLine[];
  readonly recovered: number;
  readonly milliseconds: number;
}

function applyBrackets(
  book: LoadedBook,
  file: ReadonlyMap<string, readonly LeverageTier[]>,
  context: CommandContext,
): Change {
  const { engine, markets } = book;
  const tiers: Record<string, readonly LeverageTier[]> = Object.create(null);
  for (const { symbol } of markets) {
    const given = file.get(symbol);
    if (given !== undefined) tiers[symbol] = given;
  }
  const changed = Object.keys(tiers).length;
  if (changed === 0) {
    throw new RiskError("UNKNOWN_SYMBOL", "the bracket file names no market of the book");
  }
  const before = engine.scan().count;
  const started = context.now();
  const [event] = engine.setTiers(tiers);
  const milliseconds = context.now() - started;
  if (event?.type !== "tiersSet") throw new RiskError("INTERNAL", "no report of the change");
  const names = new Set(event.newlyLiquidatable.map(scopeKey));
  const scan = engine.scan();
  return {
    markets: changed,
    kept: markets.length - changed,
    ignored: file.size - changed,
    liquidatable: { before, after: scan.count },
    newlyLiquidatable: Array.from(scan.lines()).filter((line) => names.has(scopeKey(line))),
    recovered: event.recovered,
    milliseconds,
  };
}

function changeLines(change: Change, path: string, top: number, paint: Paint): string[] {
  const { markets, kept, ignored, liquidatable, newlyLiquidatable, recovered } = change;
  const news = newlyLiquidatable.length;
  const verdict = news === 0 ? paint("green", "none") : paint("red", `${groupDigits(news)} scopes`);
  const lines = [
    paint("bold", path),
    "",
    `  new tiers        ${groupDigits(markets)} markets (${groupDigits(kept)} keep theirs, ${groupDigits(ignored)} of the file are not in the book)`,
    `  liquidatable     ${groupDigits(liquidatable.before)} before, ${groupDigits(liquidatable.after)} after`,
    `  newly under      ${verdict}`,
    `  recovered        ${groupDigits(recovered)}`,
    "",
  ];
  if (news > 0) {
    const shown = Math.min(top, news);
    const deepest = Array.from(newlyLiquidatable)
      .sort((a, b) => Number(a.clearance) - Number(b.clearance))
      .slice(0, shown);
    lines.push(paint("bold", `  The ${shown} deepest of them`), "");
    lines.push(...scopeLines(deepest, paint), "");
  }
  lines.push(paint("dim", `  changed and scanned twice in ${duration(change.milliseconds)}`));
  return lines;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  const path = args.operand("BOOK");
  const brackets = args.text("brackets");
  if (brackets === undefined) throw new UsageError("--brackets FILE is needed");
  const top = args.whole("top", 10);
  const file = await readBrackets(brackets);
  const book = await loadEngine(path, context);
  const change = applyBrackets(book, file, context);
  const { out } = context;
  if (form === "jsonl") {
    for (const line of change.newlyLiquidatable) await out.line(JSON.stringify(line));
  } else {
    const lines =
      form === "json"
        ? [JSON.stringify(change, null, 2)]
        : changeLines(change, path === "-" ? "standard input" : path, top, context.paintOut);
    for (const line of lines) await out.line(line);
  }
  return EXIT.done;
}

export const rebracketCommand: Command = {
  help: {
    name: "rebracket",
    operands: "BOOK",
    summary: "who goes under when a venue changes its brackets",
    description: [
      "Puts new tiers under the open positions of a book and lists the scopes that are liquidatable then and",
      "were not before. Markets that the file does not name keep their tiers. --jsonl prints one line per",
      "newly liquidatable scope, as scan does.",
    ],
    options: {
      brackets: {
        type: "string",
        value: "FILE",
        help: "bracket file: ccxt JSON, CSV of tiers, or a book",
      },
      ...JSON_OPTIONS,
      top: { type: "string", value: "N", help: "how many of the deepest to show (10)" },
    },
    examples: [
      "underkeel rebracket examples/crash-2025-10-10 --brackets brackets.csv",
      "underkeel rebracket examples/crash-2025-10-10 --brackets brackets.json --jsonl",
    ],
  },
  run,
};
