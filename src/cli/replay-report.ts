// A replay for people: what was replayed, what it came to, and how liquidations and stops are spread over its time.
import type { ReplayBucket, ReplayReport } from "./replay-statistics.ts";
import { bar, counted, duration, groupDigits, money, type Paint, tableLines } from "./terminal.ts";

const BAR_WIDTH = 28;
const LABEL_WIDTH = 17;

function sumsText(sums: Readonly<Record<string, string>>): string {
  const parts = Object.entries(sums).map(([asset, sum]) => `${money(sum)} ${asset}`);
  return parts.length === 0 ? "none" : parts.join(" + ");
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${groupDigits(count)} ${name}`);
  return parts.join(", ");
}

function inBrackets(text: string): string {
  return text === "" ? "" : ` (${text})`;
}

/** "2025-10-10 21:05" of an ISO text. */
function minuteText(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

function unknownText({ unknown }: ReplayReport): string {
  const names = Object.keys(unknown);
  const rows = Object.values(unknown).reduce((sum, count) => sum + count, 0);
  const shown = names.slice(0, 5).join(", ");
  return `${counted(rows, "row")} of ${counted(names.length, "symbol")} (${shown}${names.length > 5 ? ", ..." : ""})`;
}

/** A time of a tick in microseconds, as {@link duration} says it. */
function timeText(microseconds: number): string {
  return microseconds < 10 ? `${microseconds.toFixed(1)} µs` : duration(microseconds / 1000);
}

function headLines(report: ReplayReport, paint: Paint): string[] {
  const { liquidatable, stopsTriggered, microseconds, evaluations } = report;
  const line = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)}${text}`;
  const found =
    liquidatable.count === 0
      ? paint("green", "none")
      : paint("red", counted(liquidatable.count, "scope")) +
        inBrackets(
          `${groupDigits(liquidatable.cross)} cross, ${groupDigits(liquidatable.isolated)} isolated; ` +
            `${groupDigits(liquidatable.bankrupt)} bankrupt, deficit ${sumsText(liquidatable.deficit)}`,
        );
  const fired =
    stopsTriggered.count === 0
      ? "none"
      : paint("yellow", groupDigits(stopsTriggered.count)) +
        inBrackets(countsText(stopsTriggered.byKind));
  const span =
    report.from === null || report.to === null
      ? "nothing"
      : `${minuteText(report.from)} to ${minuteText(report.to)} UTC`;
  const lines = [
    line("tape", `${span}: ${counted(report.bars, "bar")} of ${counted(report.markets, "market")}`),
    line(
      "book",
      `${counted(report.accounts, "account")}, ${counted(report.positions, "position")}, ${counted(report.stops, "stop")}`,
    ),
    line(
      "ticks",
      `${groupDigits(report.ticks)}, ${evaluations.perTick.toFixed(2)} exact evaluations each, ${groupDigits(report.screenedTicks)} decided by the screen`,
    ),
    line("liquidatable", found),
    line(
      "",
      `went under ${counted(liquidatable.times, "time")}, came up ${counted(report.recovered, "time")}`,
    ),
    line("stops fired", fired),
    line(
      "  they closed",
      `${counted(stopsTriggered.closes, "position or part", "positions or parts")}; realized ${sumsText(report.realizedPnl)}, fees ${sumsText(report.fees)}`,
    ),
  ];
  if (Object.keys(report.stopsCancelled).length > 0) {
    lines.push(line("  cancelled", countsText(report.stopsCancelled)));
  }
  if (report.marginCalls > 0) lines.push(line("margin calls", groupDigits(report.marginCalls)));
  if (report.fundings > 0) lines.push(line("fundings", groupDigits(report.fundings)));
  if (report.outOfRange > 0) {
    lines.push(line("out of range", paint("red", groupDigits(report.outOfRange))));
  }
  if (Object.keys(report.unknown).length > 0) {
    lines.push(line("not in the book", unknownText(report)));
  }
  const { first, p50, p99, max } = microseconds;
  lines.push(
    paint(
      "dim",
      `  in this run: first tick ${timeText(first)} (arms the book), then p50 ${timeText(p50)}, p99 ${timeText(p99)}, max ${timeText(max)} a tick`,
    ),
  );
  return lines;
}

/** "10-10 21:05", with the year left to the head. */
function bucketText(time: number): string {
  return new Date(time).toISOString().slice(5, 16).replace("T", " ");
}

function widthText(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? "day" : `${minutes / 1440} days`;
  if (minutes % 60 === 0) return minutes === 60 ? "hour" : `${minutes / 60} hours`;
  return minutes === 1 ? "minute" : `${minutes} minutes`;
}

function chartLines(report: ReplayReport, paint: Paint): string[] {
  const { buckets } = report;
  const most = (pick: (bucket: ReplayBucket) => number): number =>
    Math.max(1, ...buckets.map(pick));
  const mostLiquidations = most(({ liquidations }) => liquidations);
  const mostStops = most(({ stops }) => stops);
  const cell = (count: number): string => (count === 0 ? "·" : groupDigits(count));
  const rows = buckets.map(({ time, liquidations, stops }) => [
    bucketText(time),
    cell(liquidations),
    bar(liquidations / mostLiquidations, BAR_WIDTH),
    cell(stops),
    bar(stops / mostStops, BAR_WIDTH),
  ]);
  const columns = [
    { title: "UTC" },
    { title: "liquidatable", right: true },
    { title: "".padEnd(BAR_WIDTH) },
    { title: "stops", right: true },
    { title: "" },
  ];
  const styles = [undefined, undefined, "red", undefined, "yellow"] as const;
  return [
    paint("bold", `  Liquidations and stops by ${widthText(report.bucketMinutes)}`),
    "",
    ...tableLines(columns, rows, paint, "  ", (row, column) =>
      rows[row]?.[column] === "·" ? "dim" : styles[column],
    ),
  ];
}

/** The whole report; without the chart where `brief`. */
export function replayLines(report: ReplayReport, paint: Paint, brief: boolean): string[] {
  const lines = [paint("bold", report.tapes.join(", ")), "", ...headLines(report, paint)];
  if (brief || report.ticks === 0) return lines;
  return [...lines, "", ...chartLines(report, paint)];
}
