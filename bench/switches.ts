// The switches suite: margin-mode switches of open positions per second, as commands and as previews, in a book of 100,000
// accounts: each position is isolated and taken back, so that the book stays what it is.
import { RiskEngine } from "../src/index.ts";
import type { MarginMode } from "../src/types.ts";
import { type MeasureOptions, measure, type Timing } from "./measure.ts";
import { formatTable, short } from "./table.ts";

const ACCOUNTS = 100_000;
const SWITCHED = 256;
const SYMBOL = "X/USDT:USDT";

export interface SwitchResult {
  readonly what: string;
  /** Nanoseconds per switch. */
  readonly timing: Timing;
}

export interface SwitchesReport {
  readonly accounts: number;
  readonly results: readonly SwitchResult[];
}

export interface SwitchesOptions extends MeasureOptions {
  readonly progress: (text: string) => void;
}

function createEngine(): RiskEngine {
  const sink = new RiskEngine().bulkSink();
  const asset = sink.addAsset({ code: "USDT" });
  const markets = [SYMBOL, "Y/USDT:USDT"].map((symbol) =>
    sink.addMarket({
      symbol,
      settle: "USDT",
      precision: { amount: "0.001" },
      tiers: [{ maintenanceMarginRate: "0.005", maxLeverage: "50" }],
    }),
  );
  for (const market of markets) sink.setMark(market, 100 * 1e8);
  for (let index = 0; index < ACCOUNTS; index++) {
    const account = sink.openAccount(`a${index}`, false);
    sink.setBalance(account, asset, 1e12);
    for (const market of markets)
      sink.addPosition(account, market, 1_000 + index, 101 * 1e8, false, 10_000, 0);
  }
  return sink.engine;
}

/** Runs the suite. */
export async function runSwitches(options: SwitchesOptions): Promise<SwitchesReport> {
  options.progress(`switches: ${ACCOUNTS} accounts`);
  const engine = createEngine();
  const ids = Array.from({ length: SWITCHED }, (_, index) => `a${(index * 389) % ACCOUNTS}`);
  let round = 0;
  const tasks = [
    {
      name: "setMarginMode, cross to isolated and back by turns",
      run: (): void => {
        const marginMode: MarginMode = round++ % 2 === 0 ? "isolated" : "cross";
        for (const account of ids) engine.setMarginMode({ account, symbol: SYMBOL, marginMode });
      },
    },
    {
      name: "previewMarginMode, every scope and liquidation price before and after",
      run: (): void => {
        const marginMode: MarginMode = round % 2 === 0 ? "isolated" : "cross";
        for (const account of ids) {
          const { accepted } = engine.previewMarginMode({ account, symbol: SYMBOL, marginMode });
          if (!accepted) throw new Error("a switch was refused");
        }
      },
    },
  ];
  const timings = await measure(tasks, options);
  const per = (milliseconds: number): number => (milliseconds * 1e6) / SWITCHED;
  return {
    accounts: ACCOUNTS,
    results: tasks.map(({ name }, index) => {
      const { p25, p50, p75, samples } = timings[index] as Timing;
      return { what: name, timing: { p25: per(p25), p50: per(p50), p75: per(p75), samples } };
    }),
  };
}

/** The suite's report as text. */
export function formatSwitches({ accounts, results }: SwitchesReport): string {
  const rows = results.map(({ what, timing }) => [
    what,
    short(timing.p50 / 1000),
    `${short(timing.p25 / 1000)}..${short(timing.p75 / 1000)}`,
    short(1e9 / timing.p50),
  ]);
  return [
    `switches: one of two positions of an account among ${accounts}`,
    formatTable(["what", "p50 us", "p25..p75", "per second"], rows),
  ].join("\n");
}
