// `underkeel import FILES…`: an account's book out of the answers of a venue's API, or of ccxt. The book is tried in an engine
// before a byte of it is written, and what it comes to is told beside.
import { writeFile } from "node:fs/promises";
import type { ImportOptions, ImportSource } from "../adapters/index.ts";
import { bookOfAnswers, PARTS } from "../adapters/parts.ts";
import { VENUE_NAMES } from "../adapters/recognise.ts";
import { RiskEngine } from "../engine/engine.ts";
import type { AccountReport, BookDocument } from "../types.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  nearest,
  UsageError,
} from "./command.ts";
import { readVenueFiles } from "./import-files.ts";
import { groupDigits, money } from "./terminal.ts";

const SOURCES = Object.keys(PARTS) as ImportSource[];

function sourceOf(args: CommandArguments): ImportSource | undefined {
  const text = args.text("from");
  if (text === undefined) return undefined;
  const found = SOURCES.find((source) => source === text.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(text, SOURCES);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`--from knows ${SOURCES.join(", ")} (got "${text}")${hint}`);
}

/** USDT=6 → {USDT: 6}. */
function decimalsOf(args: CommandArguments): Record<string, number> {
  const decimals: Record<string, number> = Object.create(null);
  for (const text of args.texts("decimals")) {
    const match = /^([^=]{1,32})=(\d{1,2})$/.exec(text);
    if (match === null || Number(match[2]) > 18) {
      throw new UsageError(`--decimals takes ASSET=N with N from 0 to 18 (got "${text}")`);
    }
    decimals[match[1] as string] = Number(match[2]);
  }
  return decimals;
}

function optionsOf(
  args: CommandArguments,
  notes: string[],
): ImportOptions & { readonly exchange?: string } {
  const account = args.text("account");
  const exchange = args.text("exchange");
  const [taker, maker] = [args.text("taker"), args.text("maker")];
  return {
    ...(account === undefined ? {} : { account }),
    ...(exchange === undefined ? {} : { exchange }),
    fees: { ...(taker === undefined ? {} : { taker }), ...(maker === undefined ? {} : { maker }) },
    decimals: decimalsOf(args),
    rounding: args.flag("round-down") ? "down" : "refuse",
    markets: args.flag("all-markets") ? "all" : "held",
    onNote: (note) => notes.push(note),
  };
}

function count(number: number, name: string): string {
  return `${groupDigits(number)} ${name}${number === 1 ? "" : "s"}`;
}

/** What the book comes to, for people to hold against the venue's own page. */
function summaryLines(venue: ImportSource, book: BookDocument, report: AccountReport): string[] {
  const [account] = book.accounts;
  const isolated = report.positions.filter(({ marginMode }) => marginMode === "isolated").length;
  const orders = account?.orders?.length ?? 0;
  const parts = [
    count(report.positions.length, "position") + (isolated === 0 ? "" : ` (${isolated} isolated)`),
    count(book.markets.length, "contract"),
    ...(orders === 0 ? [] : [count(orders, "order")]),
  ];
  const lines = [`${VENUE_NAMES[venue]}, account ${report.account}: ${parts.join(", ")}`];
  for (const scope of report.scopes) {
    const name = scope.symbol === null ? "cross" : `isolated ${scope.symbol} ${scope.side}`;
    const alarm = scope.liquidatable ? ", LIQUIDATABLE" : "";
    const needs = `maintenance ${money(scope.maintenanceMargin)}`;
    lines.push(`  ${name}: equity ${money(scope.equity)} ${scope.settle}, ${needs}${alarm}`);
  }
  return lines;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  if (args.operands.length === 0) throw new UsageError("FILES are missing");
  const notes: string[] = [];
  const options = optionsOf(args, notes);
  const files = await readVenueFiles(args.operands, sourceOf(args));
  const book = bookOfAnswers(files, options);
  const id = book.accounts[0]?.id ?? "";
  const report = RiskEngine.fromBook(book).account(id).report();
  const text = `${JSON.stringify(book, null, 2)}\n`;
  const target = args.text("out");
  if (target === undefined) await context.out.write(text);
  else await writeFile(target, text);
  for (const line of summaryLines(files.venue, book, report)) await context.talk.line(line);
  for (const note of notes) await context.talk.line(`  note: ${note}`);
  if (target !== undefined) await context.talk.line(`  written to ${target}`);
  return EXIT.done;
}

function partLines(): string[] {
  return SOURCES.flatMap((source) => {
    const names = Object.entries(PARTS[source]);
    const width = Math.max(...names.map(([name]) => name.length));
    return [`  ${source}`, ...names.map(([name, from]) => `    ${name.padEnd(width)}  ${from}`)];
  });
}

export const importCommand: Command = {
  help: {
    name: "import",
    operands: "FILES...",
    summary: "an account's book out of a venue's or ccxt's JSON",
    description: [
      "Prints a book document for `check`, `scan` and the rest. FILES are answers of the venue's API as they came, in any",
      "order; what each is shows in its fields, or is said with PART=FILE. Pages of one answer can all be given. - is",
      'standard input. One file may also hold several parts: {"positions": [...], "balances": {...}}.',
      "Nothing is fetched, no keys are needed. docs/adapters.md says which field becomes what.",
      "",
      "Parts, and the request that returns each:",
      ...partLines(),
    ],
    options: {
      from: {
        type: "string",
        value: "VENUE",
        help: `${SOURCES.join(", ")}; by default as the files show`,
      },
      out: {
        type: "string",
        value: "F",
        help: "write the book there instead of to standard output",
      },
      account: {
        type: "string",
        value: "ID",
        help: "the account's id in the book (the venue's name)",
      },
      exchange: {
        type: "string",
        value: "ID",
        help: "ccxt's id of the exchange, where the data does not show it",
      },
      taker: {
        type: "string",
        value: "RATE",
        help: "taker fee of contracts whose fee is not in the files, e.g. 0.0005",
      },
      maker: { type: "string", value: "RATE", help: "maker fee likewise" },
      "all-markets": { type: "boolean", help: "all contracts with tiers, not only those held" },
      decimals: {
        type: "string",
        multiple: true,
        value: "ASSET=N",
        help: "decimals of an asset (8); repeatable",
      },
      "round-down": {
        type: "boolean",
        help: "round amounts with more decimals down instead of refusing them",
      },
    },
    examples: [
      "underkeel import examples/accounts/binance/*.json | underkeel check -",
      "underkeel import --from hyperliquid examples/accounts/hyperliquid/state.json examples/accounts/hyperliquid/meta.json --out book.json",
      "underkeel import positionRisk=- examples/accounts/binance/account.json examples/accounts/binance/brackets.json < examples/accounts/binance/positionRisk.json",
    ],
  },
  run,
};
