// The ticks suite: who goes under water as prices come in one at a time. Real crash tapes and a made-up one through the kernel's triggers
// and through the facade; the time of a tick against the number of accounts; a tick in which everything falls; re-arming after
// deposits; and the others on the same ticks, with who is under water compared pool by pool.
import { type Agreement, compareFeeds } from "./tick-agreement.ts";
import { createTickBook } from "./tick-book.ts";
import { type GapReport, measureGap, measureRearm, type RearmReport } from "./tick-bursts.ts";
import { createTickEngine, type FacadeRun, runFacade } from "./tick-facade.ts";
import { createKernelFeed, type IndexedFeed } from "./tick-feeds.ts";
import { drain, rewind, runTape, type TickRun } from "./tick-runs.ts";
import { realTapes, syntheticTape, type TickTape } from "./tick-tape.ts";

/** One tape, one size of book. */
export interface TapeReport {
  readonly tape: string;
  readonly markets: number;
  readonly pools: number;
  readonly legs: number;
  /** Milliseconds in which everything was armed at first. */
  readonly armMilliseconds: number;
  readonly memoryBytesPerLeg: number;
  /** Pools that fall stay in the book: they are watched for their recovery. */
  readonly bySymbol: TickRun;
  readonly joint: TickRun;
  /** Pools that fall leave the book before the next tick. */
  readonly leaving: TickRun;
  readonly facade: FacadeRun;
  readonly agreement: Agreement;
}

/** One size on the curve. */
export interface CurvePoint {
  readonly pools: number;
  readonly legs: number;
  readonly armMilliseconds: number;
  readonly leaving: TickRun;
  readonly gap: GapReport;
  readonly rearm: RearmReport;
}

export interface TicksReport {
  readonly tapes: readonly TapeReport[];
  readonly curveTape: string;
  readonly curve: readonly CurvePoint[];
}

export interface TicksOptions {
  /** Sizes of the curve; tapes are run with the largest of them up to TAPE_POOLS. */
  readonly curve: readonly number[];
  readonly quick: boolean;
  readonly seed: string;
  readonly progress: (text: string) => void;
  readonly tapeDone: (report: TapeReport) => void;
  readonly curveDone: (report: TicksReport) => void;
}

const TAPE_POOLS = 100_000;
const COMPARED = 2_000;

function armed(feed: IndexedFeed): number {
  const started = performance.now();
  drain(feed);
  return performance.now() - started;
}

function benchTape(tape: TickTape, pools: number, options: TicksOptions): TapeReport {
  options.progress(`ticks: ${tape.name}, ${tape.symbols.length} markets, ${pools} accounts`);
  const book = createTickBook(tape, pools, options.seed);
  const feed = createKernelFeed(book);
  const armMilliseconds = armed(feed);
  const bySymbol = runTape(feed, tape, "symbol");
  rewind(feed, tape);
  const joint = runTape(feed, tape, "joint");
  rewind(feed, tape);
  const leaving = runTape(feed, tape, "symbol", { closing: true });
  const memoryBytesPerLeg = feed.kernel.memoryBytes / book.legs;
  options.progress("  comparing with the others");
  const fresh = createKernelFeed(book);
  drain(fresh);
  const agreement = compareFeeds(book, fresh, tape, options.quick ? COMPARED / 10 : COMPARED);
  globalThis.gc?.();
  const facade = runFacade(createTickEngine(book), tape);
  if (facade.liquidations !== bySymbol.liquidations) {
    throw new Error(`the facade told of ${facade.liquidations}, not ${bySymbol.liquidations}`);
  }
  const { legs } = book;
  return {
    tape: tape.name,
    markets: tape.symbols.length,
    pools,
    legs,
    armMilliseconds,
    memoryBytesPerLeg,
    bySymbol,
    joint,
    leaving,
    facade,
    agreement,
  };
}

function benchPoint(tape: TickTape, pools: number, options: TicksOptions): CurvePoint {
  options.progress(`ticks: ${tape.name}, ${pools} accounts`);
  const book = createTickBook(tape, pools, options.seed);
  const feed = createKernelFeed(book);
  const armMilliseconds = armed(feed);
  const rearm = measureRearm(feed, options.seed);
  const gap = measureGap(feed, book, tape);
  const leaving = runTape(feed, tape, "symbol", { closing: true });
  return { pools, legs: book.legs, armMilliseconds, leaving, gap, rearm };
}

/** Runs the suite. */
export function runTicks(options: TicksOptions): TicksReport {
  const synthetic = syntheticTape(options.seed);
  const real = realTapes((file) => options.progress(`SKIPPED: no tape at ${file}`));
  const fitting = options.curve.filter((pools) => pools <= TAPE_POOLS);
  const pools = fitting.length > 0 ? Math.max(...fitting) : Math.min(...options.curve);
  const tapes = [synthetic, ...real].map((tape) => {
    const report = benchTape(tape, pools, options);
    options.tapeDone(report);
    globalThis.gc?.();
    return report;
  });
  const curveTape = real[0] ?? synthetic;
  const curve = options.curve.map((size) => {
    const point = benchPoint(curveTape, size, options);
    globalThis.gc?.();
    return point;
  });
  const report = { tapes, curveTape: curveTape.name, curve };
  options.curveDone(report);
  return report;
}
