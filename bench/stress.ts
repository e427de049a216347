// The stress suite: a hundred scenarios over one book, and what each liquidates: pools and their owners, quantity by market and half, shortfall by
// half. The kernel takes eight scenarios a pass; its rival is the best plain JavaScript we could write for the same
// sums. Both answers are compared scenario by scenario before anything is timed.

import { createRandom } from "../src/generate/random.ts";
import { Kernel } from "../src/kernel.ts";
import { STRESS_ROWS } from "../src/kernel-stress.ts";
import { type BenchBook, createBook, QUOTE_SCALE } from "./book.ts";
import { createStressRival, type FloatStress } from "./rivals/stress-slopes.ts";
import { formatTable, short } from "./table.ts";
import { fill } from "./underkeel.ts";

const SCENARIOS = 100;
/** Relative difference that doubles are allowed. */
const TOLERANCE = 1e-9;

/** A family of scenarios: common moves between two ends, times a beta a market between 0.6 and 1.4. */
interface Family {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const FAMILIES: readonly Family[] = [
  { name: "-10 % to +10 %", from: -0.1, to: 0.1 },
  { name: "-35 % to +35 %", from: -0.35, to: 0.35 },
  { name: "-70 % to -30 %, outside the band", from: -0.7, to: -0.3 },
];

export interface StressReport {
  readonly pools: number;
  readonly legs: number;
  readonly family: string;
  readonly scenarios: number;
  readonly hitShare: { readonly least: number; readonly most: number; readonly mean: number };
  /** Over all scenarios: pools the screen left open, and those that doubles left open too. */
  readonly doubted: number;
  readonly exactEvaluations: number;
  readonly equitiesValued: number;
  /** Milliseconds for all scenarios, best of the runs. */
  readonly underkeel: number;
  readonly rival: number;
  readonly runs: number;
}

export interface StressOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly quick: boolean;
  readonly progress: (text: string) => void;
  readonly report: (report: StressReport) => void;
}

function pricesOf(book: BenchBook, family: Family, seed: string): Float64Array[] {
  const random = createRandom(`${seed}/betas`);
  const betas = book.marks.map(() => 0.6 + 0.8 * random.next());
  return Array.from({ length: SCENARIOS }, (_, index) => {
    const common = family.from + ((family.to - family.from) * index) / (SCENARIOS - 1);
    return book.marks.map((mark, market) => {
      const share = Math.max(-0.95, common * (betas[market] as number));
      return Math.max(1, Math.round(mark * (1 + share)));
    });
  });
}

/** The kernel's sums of one row, in the rival's form; notionals are products of these with the price on either side. */
function rowSums(kernel: Kernel, slots: Int32Array, row: number, sums: FloatStress): FloatStress {
  sums.pools.fill(0);
  sums.quantities.fill(0);
  sums.shortfalls.fill(0);
  for (let market = 0; market < slots.length; market++) {
    for (const half of [0, 1] as const) {
      const found = kernel.stressSums(row, slots[market] as number, half);
      if (found === undefined) continue;
      sums.quantities[2 * market + half] = Number(found.quantity);
      sums.pools[half] = (sums.pools[half] as number) + found.pools;
      sums.shortfalls[half] = (sums.shortfalls[half] as number) + Number(found.shortfall);
    }
  }
  return sums;
}

function emptySums(markets: number): FloatStress {
  return {
    pools: new Float64Array(2),
    quantities: new Float64Array(2 * markets),
    shortfalls: new Float64Array(2),
  };
}

interface Totals {
  readonly hits: number[];
  doubted: number;
  exactEvaluations: number;
  equitiesValued: number;
}

function runKernel(
  kernel: Kernel,
  slots: Int32Array,
  scenarios: readonly Float64Array[],
  take: (index: number, sums: FloatStress) => void,
): Totals {
  const totals: Totals = { hits: [], doubted: 0, exactEvaluations: 0, equitiesValued: 0 };
  const sums = emptySums(slots.length);
  kernel.openStress();
  for (let from = 0; from < scenarios.length; from += STRESS_ROWS) {
    const rows = Math.min(STRESS_ROWS, scenarios.length - from);
    for (let row = 0; row < rows; row++) {
      const prices = scenarios[from + row] as Float64Array;
      for (let market = 0; market < slots.length; market++) {
        kernel.setStressed(row, slots[market] as number, prices[market] as number);
      }
    }
    const pass = kernel.stress(rows);
    totals.hits.push(...pass.owners);
    totals.doubted += pass.doubted;
    totals.exactEvaluations += pass.exactEvaluations;
    totals.equitiesValued += pass.equitiesValued;
    for (let row = 0; row < rows; row++) take(from + row, rowSums(kernel, slots, row, sums));
  }
  kernel.closeStress();
  return totals;
}

function requireNear(name: string, scenario: number, exact: number, float: number): void {
  if (Math.abs(exact - float) <= TOLERANCE * Math.max(1, Math.abs(exact))) return;
  throw new Error(`scenario ${scenario}: ${name} ${exact} against ${float}`);
}

function requireSame(index: number, exact: FloatStress, float: FloatStress, book: BenchBook): void {
  for (const half of [0, 1]) {
    requireNear("pools", index, exact.pools[half] as number, float.pools[half] as number);
    const shortfall = (exact.shortfalls[half] as number) / QUOTE_SCALE;
    requireNear("shortfall", index, shortfall, float.shortfalls[half] as number);
  }
  exact.quantities.forEach((quantity, place) => {
    const { divisor } = book.markets[place >> 1] as { divisor: number };
    requireNear("quantity", index, quantity / divisor, float.quantities[place] as number);
  });
}

function best(runs: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < runs; at++) {
    const started = performance.now();
    run();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

function benchFamily(
  book: BenchBook,
  family: Family,
  { kernel, slots }: { kernel: Kernel; slots: Int32Array },
  options: StressOptions,
): StressReport {
  const scenarios = pricesOf(book, family, options.seed);
  const rival = createStressRival(book);
  const totals = runKernel(kernel, slots, scenarios, (index, sums) => {
    requireSame(index, sums, rival.stress(scenarios[index] as Float64Array), book);
  });
  options.progress(`  ${family.name}: sums agree, timing`);
  const runs = options.quick ? 2 : 5;
  let underkeel = Number.POSITIVE_INFINITY;
  let float = Number.POSITIVE_INFINITY;
  // Alternating: both meet whatever else the machine does.
  for (let round = 0; round < runs; round++) {
    const time = best(1, () => runKernel(kernel, slots, scenarios, () => undefined));
    underkeel = Math.min(underkeel, time);
    const other = best(1, () => {
      for (const prices of scenarios) rival.stress(prices);
    });
    float = Math.min(float, other);
  }
  const shares = totals.hits.map((hits) => hits / book.pools);
  return {
    pools: book.pools,
    legs: book.legs,
    family: family.name,
    scenarios: scenarios.length,
    hitShare: {
      least: Math.min(...shares),
      most: Math.max(...shares),
      mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    },
    doubted: totals.doubted,
    exactEvaluations: totals.exactEvaluations,
    equitiesValued: totals.equitiesValued,
    underkeel,
    rival: float,
    runs,
  };
}

/** Runs all families over all sizes. */
export function runStress(options: StressOptions): StressReport[] {
  const reports: StressReport[] = [];
  for (const accounts of options.accounts) {
    options.progress(`stress: ${accounts} accounts`);
    const book = createBook(accounts, "calm", options.seed);
    const kernel = new Kernel();
    const { slots } = fill(kernel, book);
    kernel.prepare();
    for (const family of FAMILIES) {
      const report = benchFamily(book, family, { kernel, slots }, options);
      reports.push(report);
      options.report(report);
      globalThis.gc?.();
    }
  }
  return reports;
}

/** The suite's report as text. */
export function formatStress(report: StressReport): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const { least, mean, most } = report.hitShare;
  const row = (name: string, milliseconds: number): string[] => [
    name,
    short(milliseconds),
    short(milliseconds / report.scenarios),
    `${short(milliseconds / report.underkeel)}x`,
  ];
  return [
    `stress, ${report.family}: ${report.pools} accounts, ${report.legs} legs, ${report.scenarios} scenarios, ` +
      `hit ${percent(least)} to ${percent(most)}, mean ${percent(mean)}`,
    formatTable(
      ["engine", "ms", "ms a scenario", "ratio"],
      [
        row("underkeel", report.underkeel),
        row("Float64Array, grouped slopes and sums", report.rival),
      ],
    ),
    `best of ${report.runs}; all sums agree; left open by the screen ${report.doubted}, by doubles too ${report.exactEvaluations}; ` +
      `equities valued exactly ${report.equitiesValued}`,
  ].join("\n");
}
