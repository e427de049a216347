// The scan suite: which pools are under water at new prices, all engines on one seeded book in one process. Each timed
// call takes a new price vector for all markets and ends with the list in the caller's array. Before
// timing, every engine's lists are compared with the kernel's: exact engines must agree to the last pool.
import { type BenchBook, type BookVariant, createBook } from "./book.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { createBigInt64Rival } from "./rivals/bigint64.ts";
import { createBnJsRival } from "./rivals/bnjs.ts";
import { createDecimalJsRival } from "./rivals/decimaljs.ts";
import { createFloat64SearchRival } from "./rivals/float64-search.ts";
import { createFloat64SlopesRival } from "./rivals/float64-slopes.ts";
import { createObjectsRival } from "./rivals/objects.ts";
import type { Rival, RivalFactory } from "./rivals/rival.ts";
import { formatTable, short } from "./table.ts";
import { createUnderkeel, type UnderkeelRival } from "./underkeel.ts";

/** Engines that would take minutes on a large book get its first pools only; ns/leg and ratios stay comparable. */
const BN_POOLS = 20_000;
const DECIMAL_POOLS = 5_000;

const RIVALS: readonly RivalFactory[] = [
  createObjectsRival,
  createFloat64SearchRival,
  createFloat64SlopesRival,
  createBigInt64Rival,
  (book) => createBnJsRival(book, BN_POOLS),
  (book) => createDecimalJsRival(book, DECIMAL_POOLS),
];

/** One engine on one book. */
export interface ScanResult {
  readonly engine: string;
  readonly exact: boolean;
  readonly pools: number;
  readonly legs: number;
  readonly timing: Timing;
  readonly nanosecondsPerLeg: number;
  /** Time per leg over the kernel's. */
  readonly ratio: number;
  /** Pools on which it differs from the kernel, over all price vectors. */
  readonly differences: number;
}

export interface ScanReport {
  readonly variant: BookVariant;
  readonly pools: number;
  readonly legs: number;
  /** Price vectors whose lists were compared. */
  readonly scans: number;
  /** Share of pools under water, least and most over the price vectors. */
  readonly hitShare: { readonly least: number; readonly most: number };
  /** Pools the kernel judged exactly, most over the price vectors. */
  readonly exactEvaluations: number;
  readonly memoryBytesPerLeg: number;
  readonly fillNanosecondsPerLeg: number;
  readonly prepareMilliseconds: number;
  readonly results: readonly ScanResult[];
}

export interface ScanOptions extends MeasureOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly progress: (text: string) => void;
  /** Called with each book's report as soon as it is there. */
  readonly report: (report: ScanReport) => void;
}

/** The kernel's answer at each price vector: the truth of the comparison. */
interface Truth {
  readonly marked: readonly Uint8Array[];
  readonly counts: readonly number[];
  readonly exactEvaluations: number;
}

function kernelTruth(book: BenchBook, underkeel: UnderkeelRival): Truth {
  const counts: number[] = [];
  let exactEvaluations = 0;
  const marked = book.ticks.map((prices) => {
    const marks = new Uint8Array(book.pools);
    const count = underkeel.scan(prices);
    counts.push(count);
    exactEvaluations = Math.max(exactEvaluations, underkeel.exactEvaluations());
    for (let at = 0; at < count; at++) marks[underkeel.hits[at] ?? 0] = 1;
    return marks;
  });
  return { marked, counts, exactEvaluations };
}

/** Pools, over all price vectors, that one of the two lists has and the other has not. */
function countDifferences(book: BenchBook, truth: Truth, rival: Rival): number {
  let differences = 0;
  book.ticks.forEach((prices, tick) => {
    const marks = truth.marked[tick]?.slice(0, rival.pools) ?? new Uint8Array();
    const count = rival.scan(prices);
    for (let at = 0; at < count; at++) {
      const pool = rival.hits[at] ?? 0;
      marks[pool] = (marks[pool] ?? 0) ^ 1;
    }
    for (const mark of marks) differences += mark;
  });
  if (rival.exact && differences > 0) {
    throw new Error(
      `${rival.name} is exact and yet differs from the kernel on ${differences} pools`,
    );
  }
  return differences;
}

async function benchBook(book: BenchBook, options: ScanOptions): Promise<ScanReport> {
  const underkeel = createUnderkeel(book);
  const truth = kernelTruth(book, underkeel);
  const rivals: Rival[] = [underkeel, ...RIVALS.map((create) => create(book))];
  const differences = rivals.map((rival) => countDifferences(book, truth, rival));
  options.progress(`  lists compared, timing ${rivals.length} engines`);
  const tasks = rivals.map((rival) => {
    let tick = 0;
    return {
      name: rival.name,
      run: () => rival.scan(book.ticks[tick++ % book.ticks.length] as Float64Array),
    };
  });
  const timings = await measure(tasks, options);
  const perLeg = rivals.map(({ pools }, index) => {
    return ((timings[index]?.p50 ?? Number.NaN) * 1e6) / (book.poolStart[pools] ?? 1);
  });
  const shares = truth.counts.map((count) => count / book.pools);
  return {
    variant: book.variant,
    pools: book.pools,
    legs: book.legs,
    scans: book.ticks.length,
    hitShare: { least: Math.min(...shares), most: Math.max(...shares) },
    exactEvaluations: truth.exactEvaluations,
    memoryBytesPerLeg: underkeel.kernel.memoryBytes / book.legs,
    fillNanosecondsPerLeg: (underkeel.fillMilliseconds * 1e6) / book.legs,
    prepareMilliseconds: underkeel.prepareMilliseconds,
    results: rivals.map((rival, index) => ({
      engine: rival.name,
      exact: rival.exact,
      pools: rival.pools,
      legs: book.poolStart[rival.pools] ?? 0,
      timing: timings[index] as Timing,
      nanosecondsPerLeg: perLeg[index] as number,
      ratio: (perLeg[index] as number) / (perLeg[0] as number),
      differences: differences[index] as number,
    })),
  };
}

/** Runs the suite over all sizes and both variants. */
export async function runScan(options: ScanOptions): Promise<ScanReport[]> {
  const reports: ScanReport[] = [];
  for (const accounts of options.accounts) {
    for (const variant of ["calm", "stressed"] as const) {
      options.progress(`scan: ${accounts} accounts, ${variant}`);
      const report = await benchBook(createBook(accounts, variant, options.seed), options);
      reports.push(report);
      options.report(report);
      globalThis.gc?.();
    }
  }
  return reports;
}

function agreement(result: ScanResult, scans: number): string {
  if (result.exact) return "same lists, exact";
  if (result.differences === 0) return `same lists in ${scans} scans, inexact by design`;
  return `${result.differences} pools differ in ${scans} scans: doubles, not rounded to quote units`;
}

/** The suite's report as text. */
export function formatScan(report: ScanReport): string {
  const { least, most } = report.hitShare;
  const percent = (share: number): string => `${(share * 100).toFixed(3)} %`;
  const heading = ["engine", "p50 ms", "p25..p75", "ns/leg", "ratio", "agreement"];
  const rows = report.results.map((result) => {
    const part = result.pools < report.pools ? ` (first ${result.pools} pools)` : "";
    const { p25, p50, p75 } = result.timing;
    return [
      result.engine + part,
      short(p50),
      `${short(p25)}..${short(p75)}`,
      short(result.nanosecondsPerLeg),
      `${short(result.ratio)}x`,
      agreement(result, report.scans),
    ];
  });
  return [
    `scan, ${report.variant}: ${report.pools} accounts, ${report.legs} legs, under water ${percent(least)} to ${percent(most)}`,
    formatTable(heading, rows, [0, 5]),
    `exact evaluations ${report.exactEvaluations} at most; ${short(report.memoryBytesPerLeg)} bytes of linear memory a leg; ` +
      `fill ${short(report.fillNanosecondsPerLeg)} ns a leg, screen ready in ${short(report.prepareMilliseconds)} ms`,
  ].join("\n");
}
