// The scenarios that `underkeel stress` is asked for, from its options and files.
import { readFile } from "node:fs/promises";
import { parseExactJson } from "../book/exact-json.ts";
import { type StressGrid, stressGrid } from "../engine/stress-grid.ts";
import { historicalScenario } from "../engine/stress-history.ts";
import type { StressScenario } from "../engine/stress-scenarios.ts";
import { type CommandArguments, UsageError } from "./command.ts";
import { percentText, readMoves, readShare } from "./shares.ts";

/** Moves of everything where nothing was asked for. */
const DEFAULT_MOVES = [
  "-50%",
  "-30%",
  "-20%",
  "-10%",
  "-5%",
  "+5%",
  "+10%",
  "+20%",
  "+30%",
  "+50%",
];
const DEFAULT_STEPS = 41;

/** A grid and the symbols of its axes. */
export interface AskedGrid extends StressGrid {
  readonly across: string;
  readonly up: string;
}

export interface AskedScenarios {
  readonly scenarios: readonly StressScenario[];
  readonly grid: AskedGrid | undefined;
}

function movesText(moves: Readonly<Record<string, string>>): string {
  const parts = Object.entries(moves).map(([symbol, move]) => `${symbol} ${percentText(move)}`);
  return parts.length > 3 ? `${parts.slice(0, 3).join(", ")} and more` : parts.join(", ");
}

function readShock(text: string): StressScenario {
  if (text.includes("=")) {
    const shocks = readMoves(text, "shock");
    return { name: movesText(shocks), shocks };
  }
  const all = readShare(text, text, "shock");
  return { name: `all ${percentText(all)}`, all };
}

function readBeta(text: string): StressScenario {
  const moves = readMoves(text, "beta");
  const [[of, shock], another] = Object.entries(moves) as [[string, string], unknown?];
  if (another !== undefined) throw new UsageError(`--beta takes one SYMBOL=MOVE (got "${text}")`);
  return { name: `all with ${of} ${percentText(shock)}`, beta: { of, shock } };
}

function readRange(text: string): { readonly from: string; readonly to: string } {
  const [from, to, extra] = text.split("..");
  if (from === undefined || to === undefined || extra !== undefined) {
    throw new UsageError(`--range takes two moves, such as -40%..40% (got "${text}")`);
  }
  return { from: readShare(from, text, "range"), to: readShare(to, text, "range") };
}

function readGrid(text: string, args: CommandArguments): AskedGrid {
  const [across, up, extra] = text.split(",").map((symbol) => symbol.trim());
  if (!across || !up || extra !== undefined) {
    throw new UsageError(`--grid takes two symbols with a comma between (got "${text}")`);
  }
  const range = readRange(args.text("range") ?? "-40%..40%");
  const axis = { ...range, steps: args.whole("steps", DEFAULT_STEPS, 2) };
  const others = args.text("others");
  const grid = stressGrid({
    x: { symbol: across, ...axis },
    y: { symbol: up, ...axis },
    ...(others === undefined ? {} : { others: { all: readShare(others, others, "others") } }),
  });
  return { ...grid, across, up };
}

async function readFileOfScenarios(path: string): Promise<StressScenario[]> {
  const document = parseExactJson(await readFile(path, "utf8"), path) as { scenarios?: unknown };
  const list = Array.isArray(document) ? document : document?.scenarios;
  if (Array.isArray(list)) return list as StressScenario[];
  throw new UsageError(`${path} must hold a list of scenarios, or an object with "scenarios"`);
}

/** @throws UsageError; RiskError for a file or a historical name that is wrong */
export async function askedScenarios(
  args: CommandArguments,
  symbols: readonly string[],
): Promise<AskedScenarios> {
  const others = args.text("others");
  const asked = ["shock", "beta", "historical", "scenarios"].flatMap((name) => args.texts(name));
  const gridText = args.text("grid");
  if (gridText !== undefined) {
    if (asked.length > 0)
      throw new UsageError("--grid makes its own scenarios: leave the others out");
    const grid = readGrid(gridText, args);
    return { scenarios: grid.scenarios, grid };
  }
  for (const name of ["range", "steps", "svg", "html", "measure"]) {
    if (args.text(name) !== undefined) throw new UsageError(`--${name} goes with --grid`);
  }
  const rest = others === undefined ? {} : { others: readShare(others, others, "others") };
  if (others !== undefined && args.texts("historical").length === 0) {
    throw new UsageError("--others goes with --historical or --grid");
  }
  const files = await Promise.all(args.texts("scenarios").map(readFileOfScenarios));
  const scenarios = [
    ...args.texts("shock").map(readShock),
    ...args.texts("beta").map(readBeta),
    ...args.texts("historical").map((name) => historicalScenario(name, symbols, rest)),
    ...files.flat(),
  ];
  return {
    scenarios: asked.length === 0 ? DEFAULT_MOVES.map(readShock) : scenarios,
    grid: undefined,
  };
}
