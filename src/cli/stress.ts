// `underkeel stress BOOK`: what shocks would liquidate. Tables for people, JSON and CSV for programs, a heat map of two markets in the terminal or
// as a picture, and the book in three margin modes.
import { writeFile } from "node:fs/promises";
import type { StressOutcome } from "../engine/stress.ts";
import { HISTORICAL_SHOCKS } from "../engine/stress-history.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  UsageError,
} from "./command.ts";
import { type HeatMap, heatMapHtml, heatMapLines, heatMapSvg } from "./heat-map.ts";
import { type LoadedBook, loadEngine } from "./load.ts";
import { percentText } from "./shares.ts";
import { type AskedGrid, askedScenarios } from "./stress-input.ts";
import { modesLines, stressCsv, stressLines } from "./stress-lines.ts";
import { counted, duration } from "./terminal.ts";

const MEASURES = ["notional", "shortfall", "accounts"] as const;
type Measure = (typeof MEASURES)[number];

function readMeasure(args: CommandArguments): Measure {
  const text = args.text("measure") ?? "notional";
  const found = MEASURES.find((measure) => measure === text);
  if (found !== undefined) return found;
  throw new UsageError(`--measure takes ${MEASURES.join(", ")} (got "${text}")`);
}

/** Thousands, millions, billions: two or three digits that matter. */
function shortNumber(value: number): string {
  for (const [size, unit] of [
    [1e9, "bn"],
    [1e6, "m"],
    [1e3, "k"],
  ] as const) {
    if (value >= size) return `${(value / size).toFixed(value / size >= 100 ? 0 : 1)} ${unit}`;
  }
  return String(Math.round(value));
}

/** Numbers of a picture, not of a report: rounded to doubles. */
function cellOf(outcome: StressOutcome, measure: Measure, settle: string): number {
  if (measure === "accounts") return outcome.accounts;
  return Number(outcome.settle[settle]?.[measure] ?? "0");
}

function mapOf(
  grid: AskedGrid,
  outcomes: readonly StressOutcome[],
  measure: Measure,
  { markets }: LoadedBook,
): HeatMap {
  const settle = markets.find(({ symbol }) => symbol === grid.across)?.settle ?? "";
  const unit = measure === "accounts" ? "accounts" : settle;
  return {
    title: `Liquidatable if ${grid.across} and ${grid.up} move`,
    measure: measure === "accounts" ? "accounts hit" : `${measure}, ${settle}`,
    x: { name: grid.across, labels: grid.x.map(percentText) },
    y: { name: grid.up, labels: grid.y.map(percentText) },
    values: outcomes.map((outcome) => cellOf(outcome, measure, settle)),
    tell: (value) => `${shortNumber(value)} ${unit}`,
  };
}

async function tellGrid(
  map: HeatMap,
  args: CommandArguments,
  context: CommandContext,
): Promise<void> {
  const pictures: readonly (readonly [string, (map: HeatMap) => string])[] = [
    ["svg", heatMapSvg],
    ["html", heatMapHtml],
  ];
  for (const [name, draw] of pictures) {
    const path = args.text(name);
    if (path === undefined) continue;
    await writeFile(path, `${draw(map)}\n`);
    await context.talk.line(`wrote ${path}`);
  }
  if (args.flag("json") || args.flag("csv")) return;
  const colour = context.paintOut("bold", "") !== "";
  for (const line of heatMapLines(map, colour)) await context.out.line(line);
}

async function runModes(
  args: CommandArguments,
  context: CommandContext,
  book: LoadedBook,
): Promise<ExitCode> {
  for (const name of ["csv", "svg", "html", "top"]) {
    if (args.flag(name) || args.text(name) !== undefined) {
      throw new UsageError(`--${name} does not go with --compare-modes`);
    }
  }
  const symbols = book.markets.map(({ symbol }) => symbol);
  const { scenarios } = await askedScenarios(args, symbols);
  const modes = book.engine.stressModes(scenarios);
  const lines = args.flag("json")
    ? [JSON.stringify(modes, null, 2)]
    : modesLines(modes, context.paintOut);
  for (const line of lines) await context.out.line(line);
  return EXIT.done;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const path = args.operand("BOOK");
  const [json, csv] = [args.flag("json"), args.flag("csv")];
  if (json && csv) throw new UsageError("--json and --csv exclude each other");
  const measure = readMeasure(args);
  const top = args.whole("top", json || csv ? 0 : 5);
  const book = await loadEngine(path, context);
  if (args.flag("compare-modes")) return runModes(args, context, book);
  const symbols = book.markets.map(({ symbol }) => symbol);
  const { scenarios, grid } = await askedScenarios(args, symbols);
  const detailed = grid === undefined;
  const started = context.now();
  const few = scenarios.length <= 4 || json;
  const outcomes = book.engine.stress(scenarios, {
    top: detailed && few ? top : 0,
    markets: detailed && few,
  });
  const took = context.now() - started;
  const { out, talk } = context;
  if (json) {
    const axes = grid && {
      x: { symbol: grid.across, shares: grid.x },
      y: { symbol: grid.up, shares: grid.y },
    };
    await out.line(JSON.stringify({ ...axes, scenarios: outcomes }, null, 2));
  } else if (csv) {
    for (const line of stressCsv(outcomes)) await out.line(line);
  } else if (grid === undefined) {
    const size = { accounts: book.engine.stats().accounts };
    for (const line of stressLines(outcomes, size, context.paintOut)) await out.line(line);
  }
  if (grid !== undefined) await tellGrid(mapOf(grid, outcomes, measure, book), args, context);
  await talk.line(
    context.paintTalk(
      "dim",
      `${counted(outcomes.length, "scenario")} over ${counted(book.engine.stats().accounts, "account")} in ${duration(took)}`,
    ),
  );
  return EXIT.done;
}

export const stressCommand: Command = {
  help: {
    name: "stress",
    operands: "BOOK",
    summary: "what shocks would liquidate, and what would be owed beyond the collateral",
    description: [
      "For each scenario: accounts and scopes that would be liquidatable, their notional, and the shortfall, the sum of",
      "what liquidatable scopes owe beyond their collateral. Exact at the shocked marks. Only what is named moves, away from",
      "its mark and rounded away from it; index prices of pledged coins move only in scenario files (indexShocks).",
      "Without a scenario option: everything by -50% to +50%.",
    ],
    options: {
      shock: {
        type: "string",
        multiple: true,
        value: "S",
        help: "-10%: every market; SYMBOL=-20%,SYMBOL=+5%: these; repeatable",
      },
      beta: {
        type: "string",
        multiple: true,
        value: "SYMBOL=MOVE",
        help: "every market with beta 1 to this one (other betas: --scenarios)",
      },
      historical: {
        type: "string",
        multiple: true,
        value: "NAME",
        help: Object.keys(HISTORICAL_SHOCKS).join(", "),
      },
      others: {
        type: "string",
        value: "MOVE",
        help: "what other markets do, in a crash or a grid",
      },
      scenarios: { type: "string", multiple: true, value: "FILE", help: "JSON list of scenarios" },
      grid: { type: "string", value: "A,B", help: "two symbols over a range each: a heat map" },
      range: { type: "string", value: "FROM..TO", help: "of the grid (-40%..40%)" },
      steps: { type: "string", value: "N", help: "of the grid, each way (41)" },
      measure: {
        type: "string",
        value: "M",
        help: "of the heat map: notional, shortfall, accounts",
      },
      svg: { type: "string", value: "FILE", help: "write the heat map as a picture" },
      html: { type: "string", value: "FILE", help: "write it as a page" },
      "compare-modes": {
        type: "boolean",
        help: "the book as it is, all cross and all isolated under the same scenarios",
      },
      top: {
        type: "string",
        value: "N",
        help: "largest accounts to name in each scenario (5; 0 with --json)",
      },
      json: { type: "boolean", help: "print one JSON document" },
      csv: { type: "boolean", help: "print a row per scenario and settle asset" },
    },
    examples: [
      "underkeel stress examples/crash-2025-10-10",
      'underkeel stress examples/crash-2025-10-10 --shock -10% --shock "BTC/USDT:USDT=-20%,ETH/USDT:USDT=-30%"',
      "underkeel stress examples/crash-2025-10-10 --historical china-2021-05-19 --others -50%",
      'underkeel stress examples/crash-2025-10-10 --grid "BTC/USDT:USDT,ETH/USDT:USDT" --svg map.svg',
      "underkeel stress examples/crash-2025-10-10 --shock -15% --compare-modes",
    ],
  },
  run,
};
