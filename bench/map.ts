// The map suite: the liquidation map of the most held market with 200 levels from -30 % to +30 %, beside one scan, beside the same method
// in typed arrays, and beside a what-if scan at every level. The maps are compared level by level before anything is timed.
import { type BenchBook, type BookVariant, createBook } from "./book.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { createFloatMap, type FloatMap } from "./rivals/float64-map.ts";
import { formatTable, short } from "./table.ts";
import { createUnderkeel } from "./underkeel.ts";

const MARKET = 0;
const LEVELS = 200;
const RANGE = 0.3;
/** A book of a million takes minutes of scans a round. */
const SCAN_ROUNDS = 2;

interface MapRow {
  readonly engine: string;
  readonly timing: Timing;
  /** Its time over one scan's. */
  readonly scans: number;
}

/** One book's map. */
export interface MapReport {
  readonly variant: BookVariant;
  readonly pools: number;
  readonly legs: number;
  /** Scopes on the map, and liquidatable at the marks. */
  readonly scopes: number;
  readonly atMark: number;
  readonly scopesFollowed: number;
  readonly exactEvaluations: number;
  /** Levels on which the typed arrays count other scopes. */
  readonly levelsThatDiffer: number;
  readonly rows: readonly MapRow[];
}

export interface MapOptions extends MeasureOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly progress: (text: string) => void;
  readonly report: (report: MapReport) => void;
}

function levelsOf(mark: number, sign: 1 | -1): number[] {
  const step = (RANGE * 2) / LEVELS;
  return Array.from({ length: LEVELS / 2 }, (_, index) =>
    Math.round(mark * (1 + sign * step * (index + 1))),
  );
}

async function benchBook(book: BenchBook, options: MapOptions): Promise<MapReport> {
  const { kernel } = createUnderkeel(book);
  const mark = book.marks[MARKET] as number;
  const below = levelsOf(mark, -1);
  const above = levelsOf(mark, 1);
  const draw = () => kernel.priceMap(MARKET, below, above);
  const rival = createFloatMap(book, MARKET, below, above);
  const map = draw();
  const counts = [...map.below, ...map.above].map(({ scopes }) => scopes);
  const theirs: FloatMap = rival();
  const levelsThatDiffer = counts.filter((count, index) => count !== theirs.scopes[index]).length;
  const scanAll = (): number => {
    let found = 0;
    kernel.copyMarksToTrial();
    for (const price of [...below, ...above]) {
      kernel.setTrial(MARKET, price);
      found += kernel.scan("trial").count;
    }
    return found;
  };
  options.progress("  maps compared, timing");
  const quick = [
    { name: "one scan at the marks", run: () => kernel.scan() },
    { name: "underkeel", run: draw },
    { name: "Float64Array, same method", run: rival },
  ];
  const timings = await measure(quick, options);
  const slow = [{ name: `${LEVELS} what-if scans`, run: scanAll }];
  timings.push(...(await measure(slow, { ...options, rounds: SCAN_ROUNDS })));
  const scan = (timings[0] as Timing).p50;
  return {
    variant: book.variant,
    pools: book.pools,
    legs: book.legs,
    scopes: counts.reduce((sum, count) => sum + count, 0),
    atMark: map.atMark.scopes,
    scopesFollowed: map.poolsFollowed,
    exactEvaluations: map.exactEvaluations,
    levelsThatDiffer,
    rows: [...quick, ...slow].map(({ name }, index) => {
      const timing = timings[index] as Timing;
      return { engine: name, timing, scans: timing.p50 / scan };
    }),
  };
}

/** Runs the suite over all sizes and both variants. */
export async function runMap(options: MapOptions): Promise<MapReport[]> {
  const reports: MapReport[] = [];
  for (const accounts of options.accounts) {
    for (const variant of ["calm", "stressed"] as const) {
      options.progress(`map: ${accounts} accounts, ${variant}`);
      const report = await benchBook(createBook(accounts, variant, options.seed), options);
      reports.push(report);
      options.report(report);
      globalThis.gc?.();
    }
  }
  return reports;
}

/** The suite's report as text. */
export function formatMap(report: MapReport): string {
  const rows = report.rows.map(({ engine, timing, scans }) => [
    engine,
    short(timing.p50),
    `${short(timing.p25)}..${short(timing.p75)}`,
    short(scans),
  ]);
  return [
    `map, ${report.variant}: ${report.pools} accounts, ${report.legs} legs, ${LEVELS} levels of the most held market`,
    `${report.scopes} scopes on the map, ${report.atMark} liquidatable at the mark; ${report.scopesFollowed} followed, ${report.exactEvaluations} judged in integers; typed arrays differ on ${report.levelsThatDiffer} levels`,
    formatTable(["", "p50 ms", "p25..p75", "scans' time"], rows),
  ].join("\n");
}
