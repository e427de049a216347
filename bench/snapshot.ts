// The snapshot suite: taking one of a whole engine and making an engine of it, beside copying the same bytes: no restore can cost less than
// that, as the memory has to be filled. A restored engine must hold the same state, and is scanned once, so that nothing is put off.
import { RiskEngine } from "../src/index.ts";
import { createBook } from "./book.ts";
import { createEngine } from "./book-engine.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { formatTable, short } from "./table.ts";

interface SnapshotResult {
  readonly task: string;
  readonly timing: Timing;
  /** Time over that of the copy. */
  readonly ratio: number;
}

export interface SnapshotReport {
  readonly accounts: number;
  readonly positions: number;
  readonly bytes: number;
  readonly results: readonly SnapshotResult[];
}

export interface SnapshotOptions extends MeasureOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly progress: (text: string) => void;
  readonly report: (report: SnapshotReport) => void;
}

async function benchSize(accounts: number, options: SnapshotOptions): Promise<SnapshotReport> {
  options.progress(`snapshot: ${accounts} accounts`);
  const engine = createEngine(createBook(accounts, "calm", options.seed));
  engine.kernel.prepare();
  const file = engine.snapshot();
  const again = RiskEngine.fromSnapshot(file);
  if (again.stateHash() !== engine.stateHash()) throw new Error("another state was restored");
  const tasks = [
    { name: "copy the bytes", run: () => file.slice() },
    { name: "snapshot()", run: () => engine.snapshot() },
    { name: "fromSnapshot()", run: () => RiskEngine.fromSnapshot(file) },
    { name: "fromSnapshot(), first scan", run: () => RiskEngine.fromSnapshot(file).scan().count },
  ];
  const timings = await measure(tasks, options);
  const copy = timings[0]?.p50 ?? Number.NaN;
  return {
    accounts,
    positions: engine.stats().positions,
    bytes: file.length,
    results: tasks.map(({ name }, index) => {
      const timing = timings[index] as Timing;
      return { task: name, timing, ratio: timing.p50 / copy };
    }),
  };
}

export async function runSnapshots(options: SnapshotOptions): Promise<SnapshotReport[]> {
  const reports: SnapshotReport[] = [];
  for (const accounts of options.accounts) {
    const report = await benchSize(accounts, options);
    reports.push(report);
    options.report(report);
  }
  return reports;
}

/** The suite's report of one size as text. */
export function formatSnapshots({ accounts, positions, bytes, results }: SnapshotReport): string {
  const rows = results.map(({ task, timing: { p50, p25, p75 }, ratio }) => [
    task,
    short(p50),
    `${short(p25)}..${short(p75)}`,
    short(bytes / p50 / 1e6),
    `${short(ratio)}x`,
  ]);
  return [
    `snapshot: ${accounts} accounts, ${positions} positions, ${short(bytes / 1e6)} MB`,
    formatTable(["task", "p50 ms", "p25..p75", "GB/s", "vs copy"], rows),
  ].join("\n");
}
