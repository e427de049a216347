// The liquidations of a replay for people: what was closed and who paid for it, and a chart of when.
import type { LossBucket, LossReport } from "./replay-losses.ts";
import { bar, counted, duration, groupDigits, money, type Paint, tableLines } from "./terminal.ts";

const BAR_WIDTH = 24;
const LABEL_WIDTH = 17;

type SumTexts = Readonly<Record<string, string>>;

function sumsText(sums: SumTexts): string {
  const parts = Object.entries(sums).map(([asset, sum]) => `${money(sum)} ${asset}`);
  return parts.length === 0 ? "none" : parts.join(" + ");
}

function isNothing(sums: SumTexts): boolean {
  return Object.values(sums).every((sum) => sum === "0");
}

const HOW: ReadonlyMap<string, string> = new Map([
  ["market", "filled"],
  ["offset", "offset"],
  ["takeOver", "taken over by the fund"],
  ["deleveraged", "closed against counterparties"],
]);

function stepsText({ steps }: LossReport): string {
  const parts = Object.entries(steps).map(
    ([how, count]) => `${groupDigits(count)} ${HOW.get(how) ?? how}`,
  );
  return parts.length === 0 ? "none" : parts.join(", ");
}

function policyText({ policy, impact }: LossReport): string {
  const rules = Object.entries(policy).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const said = rules.length === 0 ? "the profile's rules" : rules.join(", ").replaceAll('"', "");
  if (impact === null) return `${said}; prices are not moved`;
  const minutes = impact.halfLifeMs / 60_000;
  return `${said}; ${groupDigits(impact.depth)} of notional moves a price by 1 %, half of it gone in ${counted(minutes, "minute")}`;
}

function headLines(report: LossReport, paint: Paint): string[] {
  const line = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)}${text}`;
  const { outcomes, fund, uncovered } = report;
  const none = isNothing(uncovered);
  const lines = [
    line("policy", policyText(report)),
    line(
      "liquidated",
      `${counted(report.accounts, "account")}: ${groupDigits(outcomes.stands)} left standing, ${groupDigits(outcomes.closed)} closed, ${groupDigits(outcomes.pending)} left for later`,
    ),
    line("steps", stepsText(report)),
    line("notional closed", sumsText(report.notional)),
    line("  realized", `${sumsText(report.realizedPnl)}, fees ${sumsText(report.fees)}`),
    line(
      "insurance fund",
      `${sumsText(fund.before)} before, ${sumsText(fund.received)} in, ${sumsText(fund.paid)} out, ${sumsText(fund.after)} after`,
    ),
    line("deleveraged", counted(report.counterparties, "counterparty", "counterparties")),
    line("under in the end", counted(report.underInTheEnd, "scope")),
    line("uncovered", none ? paint("green", "none") : paint("red", sumsText(uncovered))),
  ];
  if (report.impactTicks > 0) {
    lines.push(
      line(
        "cascade",
        `${counted(report.impactTicks, "tick")} made by liquidations, ${counted(report.mostWaves, "wave")} at most`,
      ),
    );
  }
  if (report.audits > 0) {
    lines.push(
      line("conserved", paint("green", `to the last unit, ${counted(report.audits, "time")}`)),
    );
  }
  lines.push(line("state in the end", report.stateHash));
  lines.push(paint("dim", `  in this run: liquidations took ${duration(report.milliseconds)}`));
  return lines;
}

/** "10-10 21:05". */
function bucketText(time: number): string {
  return new Date(time).toISOString().slice(5, 16).replace("T", " ");
}

function chartLines({ buckets }: LossReport, paint: Paint): string[] {
  const most = Math.max(1, ...buckets.map(({ long, short }) => Math.max(long, short)));
  const cell = (amount: number): string => (amount === 0 ? "·" : groupDigits(Math.round(amount)));
  const rows = buckets.map(({ time, long, short }: LossBucket) => [
    bucketText(time),
    cell(long),
    bar(long / most, BAR_WIDTH),
    cell(short),
    bar(short / most, BAR_WIDTH),
  ]);
  const columns = [
    { title: "UTC" },
    { title: "longs", right: true },
    { title: "".padEnd(BAR_WIDTH) },
    { title: "shorts", right: true },
    { title: "" },
  ];
  const styles = [undefined, undefined, "red", undefined, "green"] as const;
  return [
    paint("bold", "  Notional liquidated"),
    "",
    ...tableLines(columns, rows, paint, "  ", (row, column) =>
      rows[row]?.[column] === "·" ? "dim" : styles[column],
    ),
  ];
}

/** The whole report; without the chart where `brief`. */
export function lossLines(report: LossReport, paint: Paint, brief: boolean): string[] {
  const lines = [paint("bold", "Liquidations"), "", ...headLines(report, paint)];
  if (brief || report.buckets.length === 0) return lines;
  return [...lines, "", ...chartLines(report, paint)];
}
