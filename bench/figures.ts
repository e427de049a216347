// The figures suite: what one question about one account costs through the facade, for cross accounts of five positions
// in a book of 100,000 accounts. Each sample asks the same of many accounts in turn, so that no answer comes
// from a cache line that only a benchmark would have warm.
import { RiskEngine } from "../src/index.ts";
import { type BenchBook, createBook } from "./book.ts";
import { accountOf, marketDefinitions, symbolOf } from "./book-text.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { formatTable, short } from "./table.ts";

const ACCOUNTS = 100_000;
const POSITIONS = 5;
/** Accounts asked in one sample. */
const ASKED = 256;

/** One question; times are in nanoseconds per answer. */
export interface FigureResult {
  readonly question: string;
  readonly timing: Timing;
}

export interface FiguresReport {
  readonly accounts: number;
  readonly positions: number;
  readonly results: readonly FigureResult[];
}

export interface FiguresOptions extends MeasureOptions {
  readonly seed: string;
  readonly progress: (text: string) => void;
}

/** All pools as cross accounts, through the loader's door. */
function createEngine(book: BenchBook): RiskEngine {
  const sink = new RiskEngine().bulkSink();
  const asset = sink.addAsset({ code: "USDT", decimals: 8 });
  marketDefinitions(book).forEach((definition, index) => {
    sink.setMark(sink.addMarket(definition), book.marks[index] ?? 0);
  });
  for (let pool = 0; pool < book.pools; pool++) {
    const account = sink.openAccount(accountOf(pool), false);
    sink.setBalance(account, asset, book.collateral[pool] ?? 0n);
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const [quantity, entry] = [book.quantity[leg] ?? 0, book.entryPrice[leg] ?? 0];
      sink.addPosition(account, market, quantity, entry, false, 0, 0);
    }
  }
  return sink.engine;
}

interface Asked {
  readonly id: string;
  readonly symbol: string;
}

/** Accounts with five positions, spread over the book, each with the market of its third. */
function chooseAccounts(book: BenchBook): Asked[] {
  const chosen: Asked[] = [];
  const stride = Math.max(1, Math.floor(book.pools / (ASKED * 40)));
  for (let pool = 0; pool < book.pools && chosen.length < ASKED; pool += stride) {
    const first = book.poolStart[pool] ?? 0;
    if ((book.poolStart[pool + 1] ?? 0) - first !== POSITIONS) continue;
    chosen.push({ id: accountOf(pool), symbol: symbolOf(book.legMarket[first + 2] ?? 0) });
  }
  if (chosen.length < ASKED) throw new Error(`only ${chosen.length} accounts of five positions`);
  return chosen;
}

/** A task that asks every chosen account once; answers are checked so that none is optimised away. */
function forAll(name: string, asked: readonly Asked[], ask: (index: number) => unknown) {
  return {
    name,
    run: (): void => {
      for (let index = 0; index < asked.length; index++) {
        if (ask(index) === undefined) throw new Error(`${name} gave no answer`);
      }
    },
  };
}

/** Runs the suite. */
export async function runFigures(options: FiguresOptions): Promise<FiguresReport> {
  options.progress(`figures: ${ACCOUNTS} accounts`);
  const book = createBook(ACCOUNTS, "calm", options.seed);
  const engine = createEngine(book);
  const asked = chooseAccounts(book);
  const scopes = asked.map(({ id }) => engine.crossScope(id, "USDT"));
  const accounts = asked.map(({ id }) => engine.account(id));
  const { kernel } = engine;
  const pools = scopes.map(({ pool }) => pool);
  const slots = pools.map((pool) => kernel.legPrice(kernel.firstLeg(pool)));
  const at = <T>(list: readonly T[], index: number): T => list[index] as T;
  const tasks = [
    forAll("figures of a scope (handle held)", asked, (index) => at(scopes, index).figures()),
    forAll("figures of a scope (by account id)", asked, (index) =>
      engine.crossScope(at(asked, index).id, "USDT").figures(),
    ),
    forAll("one liquidation price (kernel, bare)", asked, (index) =>
      kernel.liquidationPrice(at(pools, index), at(slots, index), "down"),
    ),
    forAll("liquidation price pair of a market", asked, (index) =>
      at(scopes, index).liquidationPrice(at(asked, index).symbol),
    ),
    forAll("full report, all text (view held)", asked, (index) => at(accounts, index).report()),
    forAll("full report, all text (by account id)", asked, (index) =>
      engine.account(at(asked, index).id).report(),
    ),
  ];
  const timings = await measure(tasks, options);
  const perAnswer = (milliseconds: number): number => (milliseconds * 1e6) / asked.length;
  return {
    accounts: ACCOUNTS,
    positions: POSITIONS,
    results: tasks.map(({ name }, index) => {
      const { p25, p50, p75, samples } = timings[index] as Timing;
      const timing = { p25: perAnswer(p25), p50: perAnswer(p50), p75: perAnswer(p75), samples };
      return { question: name, timing };
    }),
  };
}

/** The suite's report as text. */
export function formatFigures({ accounts, positions, results }: FiguresReport): string {
  const rows = results.map(({ question, timing }) => {
    return [question, short(timing.p50), `${short(timing.p25)}..${short(timing.p75)}`];
  });
  return [
    `figures: a cross account of ${positions} positions among ${accounts}`,
    formatTable(["question", "p50 ns", "p25..p75"], rows),
  ].join("\n");
}
