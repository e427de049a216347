// The ticks suite's reports as text.
import { formatTable, short } from "./table.ts";
import type { FacadeRun } from "./tick-facade.ts";
import type { TickRun } from "./tick-runs.ts";
import type { CurvePoint, TapeReport, TicksReport } from "./ticks.ts";

function runRow(name: string, run: TickRun | FacadeRun): string[] {
  const { mean, p50, p99, most } = run.microseconds;
  const screened = "screenedShare" in run ? `${short(run.screenedShare * 100)} %` : "";
  return [
    name,
    String(run.ticks),
    ...[mean, p50, p99, most, run.evaluationsPerTick].map(short),
    screened,
    String(run.liquidations),
  ];
}

/** One tape. */
export function formatTape(report: TapeReport): string {
  const { tape, markets, pools, legs, agreement } = report;
  const heading = [
    "µs a tick",
    "ticks",
    "mean",
    "p50",
    "p99",
    "max",
    "exact/tick",
    "screened",
    "fell",
  ];
  const rows = [
    runRow("kernel, one symbol a tick", report.leaving),
    runRow("  fallen accounts stay", report.bySymbol),
    runRow("  all symbols in a tick", report.joint),
    runRow("facade tickMarks, fallen stay", report.facade),
  ];
  const compared = agreement.results.map((result) => {
    const { mean, p50, p99 } = result.microseconds;
    const differences = `${result.differences} pools differ`;
    const verdict = result.exact ? "same pools, exact" : `${differences}: doubles`;
    return [
      result.feed,
      ...[mean, p50, p99].map(short),
      `${short(result.ratio)}x`,
      result === agreement.results[0] ? "" : verdict,
    ];
  });
  return [
    `ticks, ${tape}: ${markets} markets, ${pools} cross accounts, ${legs} legs; armed in ${short(report.armMilliseconds)} ms, ` +
      `${short(report.memoryBytesPerLeg)} bytes of linear memory a leg`,
    formatTable(heading, rows),
    `the same ${agreement.ticks} ticks of it, fallen accounts leave:`,
    formatTable(["µs a tick", "mean", "p50", "p99", "ratio", "agreement"], compared, [0, 5]),
  ].join("\n");
}

function pointRow({ pools, leaving, armMilliseconds, rearm }: CurvePoint): string[] {
  const { mean, p50, p99, most } = leaving.microseconds;
  return [
    pools.toLocaleString("en-US"),
    ...[mean, p50, p99, most, leaving.evaluationsPerTick].map(short),
    `${short(leaving.screenedShare * 100)} %`,
    short(armMilliseconds),
    Math.round(rearm.updatesPerSecond).toLocaleString("en-US"),
  ];
}

/** Time against size, gaps and re-arming. */
export function formatCurve({ curveTape, curve }: TicksReport): string {
  const heading = [
    "accounts",
    "mean",
    "p50",
    "p99",
    "max",
    "exact/tick",
    "screened",
    "arm ms",
    "re-armed/s",
  ];
  const gaps = curve.map(({ gap }) => [
    gap.pools.toLocaleString("en-US"),
    String(gap.fallen),
    ...[gap.first, gap.tick, gap.scan, gap.twoScans, gap.exactChecks].map(short),
    gap.met ? "met" : "NOT met",
    String(gap.ticksAfter),
    ...[gap.meanAfter, gap.mostAfter].map(short),
  ]);
  return [
    `ticks against accounts, ${curveTape}, one symbol a tick, fallen accounts leave; µs`,
    formatTable(heading, curve.map(pointRow), []),
    "every market falls by a tenth in one tick, and the ticks until nothing waits; ms",
    formatTable(
      [
        "accounts",
        "fell",
        "first time",
        "tick",
        "one scan",
        "two scans",
        "exact checks",
        "tick <= both",
        "ticks after",
        "mean",
        "max",
      ],
      gaps,
      [],
    ),
  ].join("\n");
}
