// The funding suite: one period of every market over the whole book, as settleFunding does it, beside one exact pass of the kernel over
// the same legs (every pool judged by the exact path) and the rivals' passes. Before timing, the exact engines must agree
// on every pool. What the period costs the next scan (all pools changed) is told too.
import type { RiskEngine } from "../src/index.ts";
import type { ProfileKnobs } from "../src/types.ts";
import { type BenchBook, createBook } from "./book.ts";
import { createEngine } from "./book-engine.ts";
import { accountOf, isIsolated, symbolOf } from "./book-text.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { createBigIntFunding, createFloat64Funding, type FundingRival } from "./rivals/funding.ts";
import { formatTable, short } from "./table.ts";

type Source = NonNullable<ProfileKnobs["isolatedFundingSource"]>;
const SOURCES: readonly Source[] = ["position", "walletFirst", "walletFirstCapped"];
/** 0.01 %, either way by turns, so that balances stay where they are. */
const RATE_PICO = 100_000_000;
/** Outside every price's band: the screen decides nothing. */
const FAR = 10;

interface FundingResult {
  readonly pass: string;
  readonly timing: Timing;
  readonly nanosecondsPerLeg: number;
  /** Time over that of the exact pass. */
  readonly ratio: number;
}

export interface FundingReport {
  readonly pools: number;
  readonly legs: number;
  readonly results: readonly FundingResult[];
}

export interface FundingOptions extends MeasureOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly progress: (text: string) => void;
  readonly report: (report: FundingReport) => void;
}

/** Settles one period after another, longs paying in one and shorts in the next. */
function periods(book: BenchBook, engine: RiskEngine): () => void {
  const rates = ["0.0001", "-0.0001"].map((rate) =>
    Object.fromEntries(book.markets.map((_, market) => [symbolOf(market), rate])),
  );
  let time = 0;
  return () => {
    time += 1;
    engine.settleFunding({ time, rates: rates[time % 2] ?? {} });
  };
}

function rivalPeriods(book: BenchBook, rival: FundingRival): () => void {
  const rates = [RATE_PICO, -RATE_PICO].map((rate) =>
    new Float64Array(book.markets.length).fill(rate),
  );
  let time = 0;
  return () => {
    time += 1;
    rival.settle(rates[time % 2] ?? new Float64Array());
  };
}

/** Every pool that both hold the same way must have the same collateral after two periods. */
function agree(book: BenchBook, engine: RiskEngine, rival: FundingRival): void {
  for (let pool = 0; pool < book.pools; pool++) {
    const collateral = book.collateral[pool] ?? 0n;
    if (isIsolated(book, pool) && collateral < 0n) continue;
    const view = engine.account(accountOf(pool));
    const scope = isIsolated(book, pool)
      ? isolatedScope(book, engine, pool)
      : view.crossScope("USDT");
    const held = engine.kernel.collateral(scope.pool);
    if (held !== rival.collateral(pool)) throw new Error(`${rival.name} differs on pool ${pool}`);
  }
}

function isolatedScope(book: BenchBook, engine: RiskEngine, pool: number) {
  const leg = book.poolStart[pool] ?? 0;
  const side = (book.quantity[leg] ?? 0) > 0 ? "long" : "short";
  return engine.isolatedScope(accountOf(pool), symbolOf(book.legMarket[leg] ?? 0), side);
}

/** Judges every pool by the exact path: a what-if scan at prices out of every band. */
function exactPass(book: BenchBook, engine: RiskEngine): () => void {
  const { kernel } = engine;
  kernel.copyMarksToTrial();
  for (let market = 0; market < book.markets.length; market++) {
    kernel.setTrial(market, (book.marks[market] ?? 1) * FAR);
  }
  return () => {
    const { exactEvaluations } = kernel.scan("trial");
    if (exactEvaluations < book.pools) throw new Error("the screen decided a pool");
  };
}

async function benchBook(pools: number, options: FundingOptions): Promise<FundingReport> {
  const book = createBook(pools, "calm", options.seed);
  const passes: { name: string; timing: Timing }[] = [];
  const time = async (name: string, run: () => void): Promise<void> => {
    const [timing] = await measure([{ name, run }], options);
    if (timing !== undefined) passes.push({ name, timing });
  };
  for (const source of SOURCES) {
    options.progress(`  ${source}`);
    const engine = createEngine(book, { isolatedFundingSource: source });
    const settle = periods(book, engine);
    if (source === "position") {
      const exact = createBigIntFunding(book);
      const rivalSettle = rivalPeriods(book, exact);
      for (const run of [settle, settle, rivalSettle, rivalSettle]) run();
      agree(book, engine, exact);
      engine.scan();
      await time("one exact pass of the kernel", exactPass(book, engine));
      await time("BigInt64Array (exact)", rivalSettle);
      await time("Float64Array (rounded doubles)", rivalPeriods(book, createFloat64Funding(book)));
    }
    await time(`settleFunding, ${source}`, settle);
    if (source === "position") {
      await time("settleFunding, position, and the screen made anew", () => {
        settle();
        engine.kernel.prepare();
      });
    }
  }
  const base = passes[0]?.timing.p50 ?? Number.NaN;
  return {
    pools: book.pools,
    legs: book.legs,
    results: passes.map(({ name, timing }) => ({
      pass: name,
      timing,
      nanosecondsPerLeg: (timing.p50 * 1e6) / book.legs,
      ratio: timing.p50 / base,
    })),
  };
}

/** Runs the suite. */
export async function runFunding(options: FundingOptions): Promise<FundingReport[]> {
  const reports: FundingReport[] = [];
  for (const pools of options.accounts) {
    options.progress(`funding: ${pools} accounts`);
    const report = await benchBook(pools, options);
    options.report(report);
    reports.push(report);
  }
  return reports;
}

/** The suite's report as text. */
export function formatFunding({ pools, legs, results }: FundingReport): string {
  const rows = results.map(({ pass, timing, nanosecondsPerLeg, ratio }) => [
    pass,
    short(timing.p50),
    `${short(timing.p25)}..${short(timing.p75)}`,
    short(nanosecondsPerLeg),
    short(ratio),
  ]);
  return [
    `funding: one period of every market, ${pools} accounts, ${legs} legs`,
    formatTable(["pass", "p50 ms", "p25..p75", "ns/leg", "over exact pass"], rows),
  ].join("\n");
}
