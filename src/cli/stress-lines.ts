// A stress test as tables: a line per scenario and settle asset, and for few scenarios what is behind each: the modes, the markets, the accounts.
import type { ModeVariantName } from "../engine/compare-modes.ts";
import type { StressOutcome, StressSettle } from "../engine/stress.ts";
import type { StressModes } from "../engine/stress-modes.ts";
import { type Column, groupDigits, money, type Paint, percent, tableLines } from "./terminal.ts";

/** Scenarios told in full where there are no more than these. */
const DETAILED = 4;
const MOST_MARKETS = 12;

/** What the figures are measured against. */
export interface BookSize {
  readonly accounts: number;
}

function amount(text: string, asset: string): string {
  return `${money(text)} ${asset}`;
}

const OUTCOME_COLUMNS: readonly Column[] = [
  { title: "scenario" },
  { title: "accounts", right: true },
  { title: "of all", right: true },
  { title: "cross", right: true },
  { title: "isolated", right: true },
  { title: "positions", right: true },
  { title: "notional", right: true },
  { title: "shortfall", right: true },
];

function outcomeRows(outcome: StressOutcome, size: BookSize): string[][] {
  const shared = [
    outcome.name,
    groupDigits(outcome.accounts),
    percent(size.accounts === 0 ? 0 : outcome.accounts / size.accounts),
    groupDigits(outcome.scopes.cross),
    groupDigits(outcome.scopes.isolated),
    groupDigits(outcome.positions),
  ];
  const amounts = Object.entries(outcome.settle).map(([asset, { notional, shortfall }]) => [
    amount(notional, asset),
    amount(shortfall, asset),
  ]);
  const [first = ["-", "-"], ...more] = amounts;
  return [[...shared, ...first], ...more.map((cells) => [...shared.map(() => ""), ...cells])];
}

/** The table of all scenarios. */
function overviewLines(outcomes: readonly StressOutcome[], size: BookSize, paint: Paint): string[] {
  const rows = outcomes.flatMap((outcome) => outcomeRows(outcome, size));
  return tableLines(OUTCOME_COLUMNS, rows, paint, "  ", (row, column) => {
    const cell = rows[row]?.[column] ?? "";
    if (column !== 7 || cell === "-" || /^0\.00 /.test(cell)) return undefined;
    return "red";
  });
}

function modeLines(settle: Readonly<Record<string, StressSettle>>, paint: Paint): string[] {
  const rows = Object.entries(settle).flatMap(([asset, totals]) =>
    (["cross", "isolated"] as const).map((mode) => [
      mode,
      groupDigits(totals[mode].scopes),
      groupDigits(totals[mode].positions),
      amount(totals[mode].notional, asset),
      amount(totals[mode].shortfall, asset),
    ]),
  );
  const right = ["scopes", "positions", "notional", "shortfall"];
  return tableLines(
    [{ title: "mode" }, ...right.map((title) => ({ title, right: true }))],
    rows,
    paint,
    "    ",
  );
}

function marketLines({ markets }: StressOutcome, paint: Paint): string[] {
  const sorted = Object.entries(markets).sort(
    ([, a], [, b]) => Number(b.notional) - Number(a.notional),
  );
  const rows = sorted
    .slice(0, MOST_MARKETS)
    .map(([symbol, market]) => [
      symbol,
      money(market.mark, 4),
      groupDigits(market.positions),
      groupDigits(market.cross.positions),
      groupDigits(market.isolated.positions),
      groupDigits(market.contracts),
      money(market.notional),
    ]);
  const right = ["shocked mark", "positions", "cross", "isolated", "contracts", "notional"];
  const lines = tableLines(
    [{ title: "market" }, ...right.map((title) => ({ title, right: true }))],
    rows,
    paint,
    "    ",
  );
  const left = sorted.length - rows.length;
  return left === 0
    ? lines
    : [...lines, paint("dim", `    and ${left} more markets (--json has all)`)];
}

function topLines({ top }: StressOutcome, paint: Paint): string[] {
  const rows = top.map(({ account, scopes, positions, notional, shortfall, settle }) => [
    account,
    groupDigits(scopes),
    groupDigits(positions),
    amount(notional, settle),
    amount(shortfall, settle),
  ]);
  const right = ["scopes", "positions", "notional", "shortfall"];
  return tableLines(
    [{ title: "largest accounts" }, ...right.map((title) => ({ title, right: true }))],
    rows,
    paint,
    "    ",
  );
}

/** Everything about a test. */
export function stressLines(
  outcomes: readonly StressOutcome[],
  size: BookSize,
  paint: Paint,
): string[] {
  const lines = overviewLines(outcomes, size, paint);
  if (outcomes.length > DETAILED) return lines;
  for (const outcome of outcomes) {
    if (outcome.accounts === 0) continue;
    lines.push("", paint("bold", `  ${outcome.name}`), "");
    lines.push(...modeLines(outcome.settle, paint), "", ...marketLines(outcome, paint));
    if (outcome.top.length > 0) lines.push("", ...topLines(outcome, paint));
  }
  return lines;
}

const MODE_NAMES: Readonly<Record<ModeVariantName, string>> = {
  asIs: "as it is",
  allCross: "all cross",
  allIsolated: "all isolated",
};

/** The comparison of margin modes. */
export function modesLines({ scaled, scenarios }: StressModes, paint: Paint): string[] {
  const texts = (sums: Readonly<Record<string, string>>): string => {
    const parts = Object.entries(sums).map(([asset, sum]) => amount(sum, asset));
    return parts.length === 0 ? "-" : parts.join(" + ");
  };
  const rows = scenarios.flatMap((scenario) =>
    (Object.keys(MODE_NAMES) as ModeVariantName[]).map((name, index) => {
      const mode = scenario[name];
      const shortfalls = Object.entries(mode.settle).map(([asset, totals]) => {
        return [asset, totals.shortfall] as const;
      });
      return [
        index === 0 ? scenario.name : "",
        MODE_NAMES[name],
        groupDigits(mode.accounts),
        groupDigits(mode.positions),
        texts(mode.lost),
        texts(Object.fromEntries(shortfalls)),
        groupDigits(mode.contagion),
        groupDigits(mode.carried),
      ];
    }),
  );
  const right = ["accounts", "positions", "capital lost", "shortfall", "contagion", "carried"];
  const lines = tableLines(
    [{ title: "scenario" }, { title: "margin" }, ...right.map((title) => ({ title, right: true }))],
    rows,
    paint,
    "  ",
    (row, column) => (column === 6 && rows[row]?.[column] !== "0" ? "red" : undefined),
  );
  lines.push(
    "",
    paint(
      "dim",
      "  capital lost: equity at the marks of the scopes that fall; contagion: positions that fall here and stand",
    ),
    paint("dim", "  alone, all isolated; carried: those that stand here and fall alone"),
  );
  if (scaled > 0) {
    const text = `  all isolated: ${groupDigits(scaled)} accounts could not give every position its initial margin`;
    lines.push(paint("dim", text));
  }
  return lines;
}

const CSV_HEAD =
  "scenario,accounts,settle,cross_scopes,cross_positions,cross_notional,cross_shortfall,isolated_scopes,isolated_positions,isolated_notional,isolated_shortfall";

function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row per scenario and settle asset; one without amounts where nothing falls. */
export function stressCsv(outcomes: readonly StressOutcome[]): string[] {
  const rows = outcomes.flatMap(({ name, accounts, settle }) => {
    const start = [csvCell(name), String(accounts)];
    const assets = Object.entries(settle);
    if (assets.length === 0) return [[...start, "", "0", "0", "0", "0", "0", "0", "0", "0"]];
    return assets.map(([asset, { cross, isolated }]) => [
      ...start,
      csvCell(asset),
      ...[cross, isolated].flatMap(({ scopes, positions, notional, shortfall }) => [
        String(scopes),
        String(positions),
        notional,
        shortfall,
      ]),
    ]);
  });
  return [CSV_HEAD, ...rows.map((cells) => cells.join(","))];
}
