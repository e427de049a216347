// `underkeel scan BOOK`: who is liquidatable at the marks. For people a summary with the deepest scopes and
// a tide table (how many scopes would be under if every mark moved); for programs one line per liquidatable scope.
import { tagMode } from "../engine/accounts.ts";
import type { ScanLine, ScanResult } from "../engine/scan.ts";
import { RiskError } from "../errors.ts";
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
import { type LoadedBook, loadEngine, movedMarks, moveText } from "./load.ts";
import { scopeLines } from "./scope-table.ts";
import { bar, duration, groupDigits, money, type Paint, percent } from "./terminal.ts";

/** Moves of the tide table, in millionths. */
const TIDE_MOVES = [
  -500_000, -300_000, -200_000, -100_000, -50_000, 0, 50_000, 100_000, 200_000, 300_000, 500_000,
];
const BAR_WIDTH = 40;

interface TideRow {
  readonly move: string;
  /** null where a moved price cannot be represented. */
  readonly liquidatable: number | null;
}

interface ScanSummary {
  readonly accounts: number;
  readonly positions: number;
  /** Scopes with a position. */
  readonly scopes: { readonly cross: number; readonly isolated: number };
  readonly notional: Readonly<Record<string, string>>;
  readonly liquidatable: {
    readonly count: number;
    readonly notional: Readonly<Record<string, string>>;
  };
  readonly deepest: readonly ScanLine[];
  readonly tide: readonly TideRow[];
  readonly exactEvaluations: number;
  readonly memoryBytes: number;
  readonly milliseconds: {
    readonly load: number;
    readonly index: number;
    readonly scan: number;
  };
}

/** Scopes that carry a position, by mode: an isolated position is a pool that its account's cross wallets are not. */
function countScopes(book: LoadedBook): { cross: number; isolated: number } {
  const { kernel } = book.engine;
  const counts = { cross: 0, isolated: 0 };
  const hasCoins = kernel.legTotal > book.engine.stats().positions;
  kernel.forEachPool((pool) => {
    if (kernel.legCount(pool) === 0) return;
    // A coin held as collateral is a leg and no position.
    if (hasCoins && kernel.poolState(pool).legs.every(({ table }) => table.haircut)) return;
    if (tagMode(kernel.tag(pool)) === "cross") counts.cross += 1;
    else counts.isolated += 1;
  });
  return counts;
}

function readTide(book: LoadedBook): TideRow[] {
  return TIDE_MOVES.map((move) => {
    try {
      const { count } = book.engine.scanAt(movedMarks(book.markets, move));
      return { move: moveText(move), liquidatable: count };
    } catch (error) {
      if (error instanceof RiskError) return { move: moveText(move), liquidatable: null };
      throw error;
    }
  });
}

function summarize(
  book: LoadedBook,
  scan: ScanResult,
  scanMilliseconds: number,
  top: number,
): ScanSummary {
  const stats = book.engine.stats();
  return {
    accounts: stats.accounts,
    positions: stats.positions,
    scopes: countScopes(book),
    notional: stats.notional,
    liquidatable: { count: scan.count, notional: scan.notional() },
    deepest: scan.deepest(top),
    tide: readTide(book),
    exactEvaluations: scan.exactEvaluations,
    memoryBytes: stats.memoryBytes,
    milliseconds: {
      load: book.loadMilliseconds,
      index: book.indexMilliseconds,
      scan: scanMilliseconds,
    },
  };
}

function notionalText(notional: Readonly<Record<string, string>>): string {
  const parts = Object.entries(notional).map(([asset, sum]) => `${money(sum)} ${asset}`);
  return parts.length === 0 ? "nothing" : parts.join(" + ");
}

function tideLines(tide: readonly TideRow[], scopes: number, paint: Paint): string[] {
  const most = Math.max(1, ...tide.map((row) => row.liquidatable ?? 0));
  const digits = groupDigits(most).length;
  return tide.map(({ move, liquidatable }) => {
    const label = (move === "0%" ? "now" : move).padStart(6);
    if (liquidatable === null) return `  ${label}  a price out of range`;
    const count = groupDigits(liquidatable).padStart(digits);
    const share = percent(scopes === 0 ? 0 : liquidatable / scopes).padStart(7);
    const drawn = bar(liquidatable / most, BAR_WIDTH);
    const line = `  ${label}  ${count}  ${share}  `;
    return move === "0%" ? paint("bold", line) + paint("red", drawn) : line + paint("cyan", drawn);
  });
}

function summaryLines(summary: ScanSummary, path: string, paint: Paint): string[] {
  const { scopes, liquidatable, milliseconds } = summary;
  const all = scopes.cross + scopes.isolated;
  const perSecond = milliseconds.scan > 0 ? (all / milliseconds.scan) * 1000 : 0;
  const verdict =
    liquidatable.count === 0
      ? paint("green", "none")
      : `${paint("red", `${groupDigits(liquidatable.count)} scopes`)} (${percent(liquidatable.count / all)}), ${notionalText(liquidatable.notional)}`;
  const lines = [
    paint("bold", path),
    "",
    `  accounts      ${groupDigits(summary.accounts)}`,
    `  positions     ${groupDigits(summary.positions)}, ${notionalText(summary.notional)}`,
    `  scopes        ${groupDigits(all)} (${groupDigits(scopes.cross)} cross, ${groupDigits(scopes.isolated)} isolated)`,
    `  liquidatable  ${verdict}`,
    "",
  ];
  if (summary.deepest.length > 0) {
    lines.push(paint("bold", `  The ${summary.deepest.length} deepest under`), "");
    lines.push(...scopeLines(summary.deepest, paint), "");
  }
  if (all > 0) {
    lines.push(paint("bold", "  Liquidatable scopes if every mark moved by"), "");
    lines.push(...tideLines(summary.tide, all, paint), "");
  }
  lines.push(
    paint(
      "dim",
      `  loaded in ${duration(milliseconds.load)}, indexed in ${duration(milliseconds.index)}, scanned in ${duration(milliseconds.scan)} ` +
        `(${groupDigits(Math.round(perSecond / 1e5) / 10)} million scopes/s, ${groupDigits(summary.exactEvaluations)} judged by the exact path), ` +
        `${groupDigits(Math.ceil(summary.memoryBytes / 1e6))} MB`,
    ),
  );
  return lines;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  const path = args.operand("BOOK");
  const top = args.whole("top", 10);
  const failOn = args.text("fail-on");
  if (failOn !== undefined && failOn !== "liquidatable") {
    throw new UsageError(`--fail-on knows "liquidatable" only (got "${failOn}")`);
  }
  const book = await loadEngine(path, context);
  const started = context.now();
  const scan = book.engine.scan();
  const scanMilliseconds = context.now() - started;
  const { out } = context;
  if (form === "jsonl") {
    for (const line of scan.lines()) await out.line(JSON.stringify(line));
  } else {
    const summary = summarize(book, scan, scanMilliseconds, top);
    const lines =
      form === "json"
        ? [JSON.stringify(summary, null, 2)]
        : summaryLines(summary, path === "-" ? "standard input" : path, context.paintOut);
    for (const line of lines) await out.line(line);
  }
  return failOn !== undefined && scan.count > 0 ? EXIT.liquidatable : EXIT.done;
}

export const scanCommand: Command = {
  help: {
    name: "scan",
    operands: "BOOK",
    summary: "who is liquidatable at the marks",
    description: [
      "Loads a book and says exactly which scopes are liquidatable: a summary with the deepest ones and a",
      "tide table. --jsonl prints one line per liquidatable scope instead: account, scope, settle, symbol,",
      "side, equity, maintenanceMargin, clearance, marginRatio.",
    ],
    options: {
      ...JSON_OPTIONS,
      top: { type: "string", value: "N", help: "how many of the deepest to show (10)" },
      "fail-on": {
        type: "string",
        value: "liquidatable",
        help: "exit with 1 if anything is liquidatable",
      },
    },
    examples: [
      "underkeel scan examples/crash-2025-10-10",
      "underkeel scan examples/crash-2025-10-10 --jsonl",
      "underkeel generate --accounts 1000 | underkeel scan - --json",
    ],
  },
  run,
};
