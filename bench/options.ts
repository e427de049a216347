// Command-line options of `npm run bench`, checked once.
import { parseArgs } from "node:util";

export const SUITES = [
  "scan",
  "figures",
  "load",
  "funding",
  "switches",
  "fills",
  "map",
  "ticks",
  "stress",
  "snapshot",
] as const;
export type Suite = (typeof SUITES)[number];

export interface BenchOptions {
  readonly suites: readonly Suite[];
  readonly accounts: readonly number[];
  /** Sizes of the ticks suite's books. */
  readonly curve: readonly number[];
  readonly quick: boolean;
  /** Position rows of the load suite. */
  readonly positions: number;
  readonly json: boolean;
  /** Milliseconds each task is measured for in one round, and rounds; tasks alternate between rounds. */
  readonly time: number;
  readonly rounds: number;
  readonly seed: string;
}

const CURVE = "10000,30000,100000,300000,1000000,3000000";
const QUICK_CURVE = "10000,30000,100000,300000,1000000";

export const USAGE = `npm run bench -- [scan|figures|load|funding|switches|fills|map|ticks|stress|snapshot|all] [options]

  --accounts 10000,100000,1000000   sizes of the scanned, traded, mapped, ticked and saved books
  --positions 1000000               rows of the loaded file
  --quick                           short runs, small books: for a first look, not for quoting
  --json                            one JSON document on stdout
  --seed bench                      another seed gives another book
`;

function readSuites(names: readonly string[]): readonly Suite[] {
  if (names.length === 0 || names.includes("all")) return SUITES;
  return names.map((name) => {
    const suite = SUITES.find((known) => known === name);
    if (suite === undefined) throw new RangeError(`unknown suite ${name}`);
    return suite;
  });
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > 10_000_000) {
    throw new RangeError(`expected a count from 1 to 10000000, got ${text}`);
  }
  return count;
}

/** Reads the arguments; null where help is asked for. Throws RangeError or TypeError on bad ones. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      accounts: { type: "string" },
      positions: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      seed: { type: "string", default: "bench" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const accounts = values.accounts ?? (values.quick ? "10000,100000" : "10000,100000,1000000");
  const curve = values.accounts ?? (values.quick ? QUICK_CURVE : CURVE);
  return {
    suites: readSuites(positionals),
    accounts: accounts.split(",").map(readCount),
    curve: curve.split(",").map(readCount),
    quick: values.quick,
    positions: readCount(values.positions ?? (values.quick ? "100000" : "1000000")),
    json: values.json,
    time: values.quick ? 100 : 300,
    rounds: values.quick ? 3 : 6,
    seed: values.seed,
  };
}
