// The fills suite: batches of trades on random accounts of a large book, all engines on one seeded stream in one process. Before timing,
// every engine carries the same batches out and is compared with the facade's answer trade by trade: exact engines must agree in every
// verdict and balance. Timed calls take a batch and then its mirror, so that the book never drifts away.
import type { RiskEngine } from "../src/index.ts";
import {
  createBatches,
  createEngine,
  createFillBook,
  type FillBook,
  type MirroredBatch,
} from "./fill-book.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { createBigIntFillRival } from "./rivals/fill-bigint.ts";
import { createFloat64FillRival } from "./rivals/fill-float64.ts";
import type { FillRival } from "./rivals/fill-rival.ts";
import { formatTable, short } from "./table.ts";

/** Trades in one batch, and batches that are cycled through. */
const FILLS = 50_000;
const BATCHES = 4;
/** Accounts that the rival of objects takes: it trades on those only. */
const BIGINT_ACCOUNTS = 100_000;
/** Trades that are also sent one by one, as commands with decimal text. */
const COMMANDS = 2_000;
const REFUSED_SHARES = [0, 0.2] as const;

export interface FillsResult {
  readonly engine: string;
  readonly exact: boolean;
  readonly accounts: number;
  /** Milliseconds per batch. */
  readonly timing: Timing;
  readonly nanosecondsPerFill: number;
  readonly fillsPerSecond: number;
  /** Time per trade over underkeel's on the same accounts. */
  readonly ratio: number;
  /** Verdicts that differ from underkeel's. */
  readonly differences: number;
}

export interface FillsReport {
  readonly accounts: number;
  readonly legs: number;
  /** Share of trades that were refused. */
  readonly refusedShare: number;
  readonly results: readonly FillsResult[];
  /** A scan right after a batch, and one with nothing to take in. */
  readonly scanAfterMilliseconds: number;
  readonly scanMilliseconds: number;
}

export interface FillsOptions extends MeasureOptions {
  readonly accounts: readonly number[];
  readonly seed: string;
  readonly progress: (text: string) => void;
  readonly report: (report: FillsReport) => void;
}

/** The facade as an engine of the suite. */
function underkeelOf(engine: RiskEngine, book: FillBook, fills: number): FillRival {
  const refused = new Uint8Array(fills);
  return {
    name: "underkeel applyFills",
    exact: true,
    accounts: book.pools,
    refused,
    // Every account is one cross pool, made in the order of the accounts.
    collateral: (account) => engine.kernel.collateral(account),
    run(batch): number {
      const result = engine.applyFills(batch);
      refused.set(result.statuses);
      return result.accepted;
    },
  };
}

/** Runs all batches and mirrors once; verdicts that differ. Throws where an exact engine differs in a verdict or a balance. */
function compare(truth: FillRival, rival: FillRival, batches: readonly MirroredBatch[]): number {
  let differences = 0;
  for (const { batch, mirror } of batches) {
    for (const each of [batch, mirror]) {
      truth.run(each);
      rival.run(each);
      for (let fill = 0; fill < each.accounts.length; fill++) {
        if ((truth.refused[fill] === 0) !== (rival.refused[fill] === 0)) differences++;
      }
    }
  }
  if (!rival.exact) return differences;
  for (let account = 0; account < rival.accounts; account++) {
    if (truth.collateral(account) !== rival.collateral(account)) differences++;
  }
  if (differences > 0)
    throw new Error(`${rival.name} is exact and yet differs ${differences} times`);
  return 0;
}

/** A timed task that takes a batch, then its mirror, then the next. */
function taskOf(rival: FillRival, batches: readonly MirroredBatch[]) {
  let call = 0;
  return {
    name: rival.name,
    run: (): number => {
      const pair = batches[(call >> 1) % batches.length] as MirroredBatch;
      return rival.run(call++ % 2 === 0 ? pair.batch : pair.mirror);
    },
  };
}

/** The same trades as single commands, units as bigints: what one by one costs. */
function commandsOf(
  engine: RiskEngine,
  book: FillBook,
  { batch, mirror }: MirroredBatch,
): FillRival {
  const ids = [...engine.accountIds()];
  const symbols = book.markets.map(
    (_, market) => `M${market.toString().padStart(3, "0")}/USDT:USDT`,
  );
  const commands = [batch, mirror].map((each) => {
    const from = each === batch ? 0 : each.accounts.length - COMMANDS;
    return Array.from({ length: COMMANDS }, (_, index) => {
      const fill = from + index;
      const quantity = each.quantities[fill] ?? 0;
      const leverage = each.leverages[fill] ?? 0;
      return {
        account: ids[each.accounts[fill] ?? 0] ?? "",
        symbol: symbols[each.markets[fill] ?? 0] ?? "",
        side: quantity > 0 ? ("buy" as const) : ("sell" as const),
        amount: BigInt(Math.abs(quantity)),
        price: BigInt(each.prices[fill] ?? 0),
        liquidity: "taker" as const,
        ...(leverage !== 0 && { leverage: BigInt(leverage) }),
      };
    });
  });
  return {
    name: "underkeel fill, one by one",
    exact: true,
    accounts: book.pools,
    refused: new Uint8Array(0),
    collateral: () => 0n,
    run(each): number {
      let accepted = 0;
      for (const command of commands[each === batch ? 0 : 1] ?? []) {
        try {
          engine.fill(command);
          accepted++;
        } catch {
          // Refused: counted by its absence.
        }
      }
      return accepted;
    },
  };
}

function scanMilliseconds(engine: RiskEngine): number {
  const started = performance.now();
  engine.scan();
  return performance.now() - started;
}

async function benchFills(
  book: FillBook,
  refused: number,
  options: FillsOptions,
): Promise<FillsReport> {
  const { seed } = options;
  const engine = createEngine(book);
  const underkeel = underkeelOf(engine, book, FILLS);
  const doubles = createFloat64FillRival(book, FILLS);
  const objects = createBigIntFillRival(book, FILLS, BIGINT_ACCOUNTS);
  const batches = createBatches(book, book.pools, FILLS, BATCHES, refused, seed);
  const few =
    objects.accounts === book.pools
      ? batches
      : createBatches(book, objects.accounts, FILLS, BATCHES, refused, seed);
  const differences = [0, compare(underkeel, doubles, batches), 0, 0];
  // On a book of its own: the two above have carried out other trades than these.
  compare(underkeelOf(createEngine(book), book, FILLS), objects, few);
  globalThis.gc?.();
  // The screen's first preparation is the scan suite's business.
  engine.scan();
  options.progress("  verdicts and balances compared, timing");
  const single = commandsOf(engine, book, batches[0] as MirroredBatch);
  const rivals = [underkeel, doubles, objects, single];
  const fills = [FILLS, FILLS, FILLS, COMMANDS];
  const tasks = rivals.map((rival) =>
    taskOf(rival, rival === objects ? few : rival === single ? batches.slice(0, 1) : batches),
  );
  const timings = await measure(tasks, options);
  const perFill = timings.map(({ p50 }, index) => (p50 * 1e6) / (fills[index] ?? 1));
  engine.scan();
  const accepted = underkeel.run((batches[0] as MirroredBatch).batch);
  const scanAfter = scanMilliseconds(engine);
  return {
    accounts: book.pools,
    legs: book.legs,
    refusedShare: 1 - accepted / FILLS,
    results: rivals.map((rival, index) => ({
      engine: rival.name,
      exact: rival.exact,
      accounts: rival.accounts,
      timing: timings[index] as Timing,
      nanosecondsPerFill: perFill[index] as number,
      fillsPerSecond: 1e9 / (perFill[index] as number),
      ratio: (perFill[index] as number) / (perFill[0] as number),
      differences: differences[index] as number,
    })),
    scanAfterMilliseconds: scanAfter,
    scanMilliseconds: scanMilliseconds(engine),
  };
}

/** Runs the suite over all sizes and both shares of refusals. */
export async function runFills(options: FillsOptions): Promise<FillsReport[]> {
  const reports: FillsReport[] = [];
  for (const accounts of options.accounts) {
    for (const refused of REFUSED_SHARES) {
      options.progress(`fills: ${accounts} accounts, ${refused * 100} % beyond their means`);
      const report = await benchFills(createFillBook(accounts, options.seed), refused, options);
      reports.push(report);
      options.report(report);
      globalThis.gc?.();
    }
  }
  return reports;
}

function agreement({ engine, exact, differences }: FillsResult, all: number): string {
  if (engine === "underkeel applyFills") return "";
  if (exact) return "same verdicts and balances, exact";
  return `${differences} of ${all} verdicts differ; balances in doubles`;
}

/** The suite's report as text. */
export function formatFills(report: FillsReport): string {
  const { accounts, legs, refusedShare, results } = report;
  const heading = ["engine", "fills/s", "ns/fill", "p25..p75", "ratio", "agreement"];
  const rows = results.map((result) => {
    const part = result.accounts < accounts ? ` (first ${result.accounts} accounts)` : "";
    const scale = result.nanosecondsPerFill / result.timing.p50;
    const { p25, p75 } = result.timing;
    return [
      result.engine + part,
      Math.round(result.fillsPerSecond).toLocaleString("en-US"),
      short(result.nanosecondsPerFill),
      `${short(p25 * scale)}..${short(p75 * scale)}`,
      `${short(result.ratio)}x`,
      agreement(result, 2 * FILLS * BATCHES),
    ];
  });
  return [
    `fills: ${accounts} accounts, ${legs} legs, ${(refusedShare * 100).toFixed(1)} % of trades refused`,
    formatTable(heading, rows, [0, 5]),
    `scan after ${FILLS} fills ${short(report.scanAfterMilliseconds)} ms, with nothing to take in ${short(report.scanMilliseconds)} ms`,
  ].join("\n");
}
