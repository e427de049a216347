// `npm run bench`: runs the suites asked for, one process, one seed, and prints tables (or one JSON document).
// Results on stdout, progress on stderr. Timings of a shared machine wander: read the ratios of one run.
import { cpus } from "node:os";
import { formatFigures, runFigures } from "./figures.ts";
import { formatFills, runFills } from "./fills.ts";
import { formatFunding, runFunding } from "./funding.ts";
import { formatLoad, runLoad } from "./load.ts";
import { formatMap, runMap } from "./map.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { formatScan, runScan } from "./scan.ts";
import { formatSnapshots, runSnapshots } from "./snapshot.ts";
import { formatStress, runStress } from "./stress.ts";
import { formatSwitches, runSwitches } from "./switches.ts";
import { formatCurve, formatTape } from "./tick-report.ts";
import { runTicks } from "./ticks.ts";

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function runSuites(options: BenchOptions): Promise<void> {
  const document: Record<string, unknown> = {
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    seed: options.seed,
  };
  const show = (text: string): void => {
    if (!options.json) process.stdout.write(`\n${text}\n`);
  };
  if (options.suites.includes("scan")) {
    document.scan = await runScan({
      ...options,
      progress,
      report: (report) => show(formatScan(report)),
    });
  }
  if (options.suites.includes("figures")) {
    const report = await runFigures({ ...options, progress });
    document.figures = report;
    show(formatFigures(report));
  }
  if (options.suites.includes("load")) {
    const report = await runLoad({ ...options, progress });
    document.load = report;
    show(formatLoad(report));
  }
  if (options.suites.includes("funding")) {
    document.funding = await runFunding({
      ...options,
      progress,
      report: (report) => show(formatFunding(report)),
    });
  }
  if (options.suites.includes("switches")) {
    const report = await runSwitches({ ...options, progress });
    document.switches = report;
    show(formatSwitches(report));
  }
  if (options.suites.includes("fills")) {
    document.fills = await runFills({
      ...options,
      progress,
      report: (report) => show(formatFills(report)),
    });
  }
  if (options.suites.includes("map")) {
    document.map = await runMap({
      ...options,
      progress,
      report: (report) => show(formatMap(report)),
    });
  }
  if (options.suites.includes("ticks")) {
    document.ticks = runTicks({
      ...options,
      progress,
      tapeDone: (report) => show(formatTape(report)),
      curveDone: (report) => show(formatCurve(report)),
    });
  }
  if (options.suites.includes("stress")) {
    document.stress = runStress({
      ...options,
      progress,
      report: (report) => show(formatStress(report)),
    });
  }
  if (options.suites.includes("snapshot")) {
    document.snapshot = await runSnapshots({
      ...options,
      progress,
      report: (report) => show(formatSnapshots(report)),
    });
  }
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function optionsOrExit(): BenchOptions | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options === null) process.stdout.write(USAGE);
else await runSuites(options);
