// `underkeel check BOOK`: the full report of accounts: scopes, positions with their liquidation prices, stops.
import type { AccountReport, PositionView, ScopeView } from "../types.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  JSON_OPTIONS,
  type OutputForm,
  outputForm,
  UsageError,
} from "./command.ts";
import { loadEngine } from "./load.ts";
import { stopLines } from "./stop-lines.ts";
import { money, type Paint, percent, tableLines } from "./terminal.ts";

const SCOPE_COLUMNS = [
  { title: "scope" },
  { title: "position" },
  { title: "equity", right: true },
  { title: "maintenance", right: true },
  { title: "initial", right: true },
  { title: "clearance", right: true },
  { title: "" },
  { title: "ratio", right: true },
  { title: "aground if all moves", right: true },
];
const POSITION_COLUMNS = [
  { title: "symbol" },
  { title: "side" },
  { title: "mode" },
  { title: "contracts", right: true },
  { title: "entry", right: true },
  { title: "mark", right: true },
  { title: "notional", right: true },
  { title: "unrealized", right: true },
  { title: "leverage", right: true },
  { title: "liquidation", right: true },
  { title: "bankruptcy", right: true },
  { title: "tier", right: true },
];

function scopeRow(scope: ScopeView): string[] {
  return [
    scope.scope,
    scope.symbol === null ? "" : `${scope.symbol} ${scope.side ?? ""}`,
    money(scope.equity),
    money(scope.maintenanceMargin),
    money(scope.initialMargin),
    money(scope.clearance),
    scope.settle,
    scope.marginRatio === null
      ? scope.liquidatable
        ? "bankrupt"
        : "-"
      : percent(scope.marginRatio),
    scope.liquidatable
      ? "LIQUIDATABLE"
      : scope.jointShock === null
        ? "never"
        : percent(scope.jointShock, 2),
  ];
}

function liquidationText({ liquidationPrice: { down, up } }: PositionView): string {
  if (down === null && up === null) return "never";
  if (down !== null && down === up) return "now";
  return [down === null ? [] : [`↓${down}`], up === null ? [] : [`↑${up}`]].flat().join(" ");
}

function positionRow(position: PositionView): string[] {
  return [
    position.symbol,
    position.side,
    position.marginMode,
    position.contracts,
    position.entryPrice,
    position.markPrice,
    money(position.notional),
    money(position.unrealizedPnl),
    position.effectiveLeverage === null ? "-" : `${money(position.effectiveLeverage, 1)}x`,
    liquidationText(position),
    position.bankruptcyPrice ?? "never",
    String(position.tier),
  ];
}

function reportLines(report: AccountReport, paint: Paint): string[] {
  const balances = Object.entries(report.balances).map(([asset, sum]) => `${money(sum)} ${asset}`);
  const mode = report.hedged ? " (hedged)" : "";
  const wallet = balances.length === 0 ? "empty wallet" : `wallet ${balances.join(", ")}`;
  const lines = [`${paint("bold", report.account)}${mode}: ${wallet}`];
  if (report.positions.length > 0) {
    const scopeTable = tableLines(SCOPE_COLUMNS, report.scopes.map(scopeRow), paint);
    // The first line is the heading.
    report.scopes.forEach((scope, index) => {
      if (scope.liquidatable) scopeTable[index + 1] = paint("red", scopeTable[index + 1] ?? "");
    });
    lines.push(...scopeTable);
    lines.push(...tableLines(POSITION_COLUMNS, report.positions.map(positionRow), paint));
    lines.push(...stopLines(report.stops, paint));
  }
  return [...lines, ""];
}

async function printReports(
  reports: Iterable<AccountReport>,
  form: OutputForm,
  { out, paintOut }: CommandContext,
): Promise<number> {
  let liquidatable = 0;
  let lead = "[\n";
  for (const report of reports) {
    liquidatable += report.scopes.filter((scope) => scope.liquidatable).length;
    if (form === "jsonl") await out.line(JSON.stringify(report));
    else if (form === "json") {
      await out.write(lead + JSON.stringify(report, null, 2));
      lead = ",\n";
    } else {
      for (const line of reportLines(report, paintOut)) await out.line(line);
    }
  }
  if (form === "json") await out.write(lead === "[\n" ? "[]\n" : "\n]\n");
  return liquidatable;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  const path = args.operand("BOOK");
  const failOn = args.text("fail-on");
  if (failOn !== undefined && failOn !== "liquidatable") {
    throw new UsageError(`--fail-on knows "liquidatable" only (got "${failOn}")`);
  }
  const only = args.text("account");
  const { engine } = await loadEngine(path, context);
  let liquidatable: number;
  if (only !== undefined && form === "json") {
    const report = engine.account(only).report();
    await context.out.line(JSON.stringify(report, null, 2));
    liquidatable = report.scopes.filter((scope) => scope.liquidatable).length;
  } else {
    const ids = only === undefined ? engine.accountIds() : [only];
    const reports = (function* () {
      for (const id of ids) yield engine.account(id).report();
    })();
    liquidatable = await printReports(reports, form, context);
  }
  return failOn !== undefined && liquidatable > 0 ? EXIT.liquidatable : EXIT.done;
}

export const checkCommand: Command = {
  help: {
    name: "check",
    operands: "BOOK",
    summary: "the full report of accounts: scopes, positions, liquidation prices, stops",
    description: [
      "For each account its scopes of risk, its positions and its stops: whether each can still fire, and what its",
      "close would leave (docs/stops.md). --json prints a list with one report per account, or the report itself",
      "with --account; --jsonl one report a line. Amounts are decimal strings.",
    ],
    options: {
      account: { type: "string", value: "ID", help: "one account only" },
      ...JSON_OPTIONS,
      "fail-on": {
        type: "string",
        value: "liquidatable",
        help: "exit with 1 if anything shown is liquidatable",
      },
    },
    examples: [
      "underkeel check examples/crash-2025-10-10 --account a0000002",
      "underkeel check examples/crash-2025-10-10 --account a0000002 --json",
      "underkeel generate --accounts 5 | underkeel check -",
    ],
  },
  run,
};
