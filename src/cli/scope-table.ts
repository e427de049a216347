// Scopes of risk with their figures, one to a row: what scan and rebracket show of the deepest.
import type { ScanLine } from "../engine/scan.ts";
import { money, type Paint, percent, tableLines } from "./terminal.ts";

export function scopeLines(lines: readonly ScanLine[], paint: Paint): string[] {
  const columns = [
    { title: "account" },
    { title: "scope" },
    { title: "symbol" },
    { title: "side" },
    { title: "equity", right: true },
    { title: "maintenance", right: true },
    { title: "clearance", right: true },
    { title: "", right: false },
    { title: "ratio", right: true },
  ];
  const rows = lines.map((line) => [
    line.account,
    line.scope,
    line.symbol ?? "",
    line.side ?? "",
    money(line.equity),
    money(line.maintenanceMargin),
    money(line.clearance),
    line.settle,
    line.marginRatio === null ? "bankrupt" : percent(line.marginRatio),
  ]);
  return tableLines(columns, rows, paint);
}
