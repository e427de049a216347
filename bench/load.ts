// The load suite: a million positions from CSV files on disk into the engine, by the library's own loader and by papaparse
// followed by inserts. Both read the same folder, check every field by the same decimal rules and fill
// the engine through the same door, so the difference is the reading.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { loadBook } from "../src/book/files.ts";
import { parseDecimal } from "../src/decimal.ts";
import { RiskEngine } from "../src/index.ts";
import type { AssetDefinition, MarketDefinition } from "../src/types.ts";
import { createBook } from "./book.ts";
import { writeBookFolder } from "./book-text.ts";
import { measure, type Timing } from "./measure.ts";
import { formatTable, short } from "./table.ts";

/** Legs a pool has on average: how many accounts give the rows asked for. */
const LEGS_PER_ACCOUNT = 2.54;
const LEVERAGE_DECIMALS = 3;

export interface LoadReport {
  readonly accounts: number;
  readonly positions: number;
  readonly bytes: number;
  readonly results: readonly { readonly loader: string; readonly timing: Timing }[];
  readonly memoryBytesPerPosition: number;
}

export interface LoadOptions {
  readonly positions: number;
  readonly seed: string;
  readonly progress: (text: string) => void;
}

type Sink = ReturnType<RiskEngine["bulkSink"]>;

async function loadOwn(folder: string): Promise<RiskEngine> {
  const sink = await loadBook(folder, (profile) => new RiskEngine({ profile }).bulkSink());
  return sink.engine;
}

/** Calls back with each data row; papaparse's fastest form here: no header objects, one row at a time. */
function eachRow(path: string, visit: (row: readonly string[]) => void): void {
  let isHeader = true;
  Papa.parse<string[]>(readFileSync(path, "utf8"), {
    skipEmptyLines: true,
    step: ({ data }) => {
      if (isHeader) isHeader = false;
      else visit(data);
    },
  });
}

function readMarkets(folder: string, sink: Sink): Map<string, number> {
  const header = JSON.parse(readFileSync(join(folder, "markets.json"), "utf8")) as {
    readonly assets: readonly AssetDefinition[];
    readonly markets: readonly MarketDefinition[];
  };
  for (const asset of header.assets) sink.addAsset(asset);
  return new Map(header.markets.map((market) => [market.symbol, sink.addMarket(market)]));
}

function known(handles: ReadonlyMap<string, number>, key: string | undefined): number {
  const handle = handles.get(key ?? "");
  if (handle === undefined) throw new RangeError(`unknown ${key}`);
  return handle;
}

function loadPapaparse(folder: string): RiskEngine {
  const sink = new RiskEngine().bulkSink();
  const markets = readMarkets(folder, sink);
  eachRow(join(folder, "marks.csv"), ([symbol, price]) => {
    const market = known(markets, symbol);
    const { priceDecimals } = sink.market(market);
    sink.setMark(market, Number(parseDecimal(price ?? "", priceDecimals, "price")));
  });
  const accounts = new Map<string, number>();
  eachRow(join(folder, "accounts.csv"), ([id = "", , balance = ""]) => {
    const account = sink.openAccount(id, false);
    accounts.set(id, account);
    sink.setBalance(account, 0, parseDecimal(balance, sink.asset(0).decimals, "balance"));
  });
  eachRow(join(folder, "positions.csv"), (row) => {
    const [id, symbol, side, contracts = "", entry = "", mode, leverage = "", margin = ""] = row;
    const account = known(accounts, id);
    const market = known(markets, symbol);
    const { amountDecimals, priceDecimals, settleDecimals } = sink.market(market);
    const size = Number(parseDecimal(contracts, amountDecimals, "contracts"));
    sink.addPosition(
      account,
      market,
      side === "short" ? -size : size,
      Number(parseDecimal(entry, priceDecimals, "entryPrice")),
      mode === "isolated",
      leverage === "" ? 0 : Number(parseDecimal(leverage, LEVERAGE_DECIMALS, "leverage")),
      margin === "" ? 0 : parseDecimal(margin, settleDecimals, "isolatedMargin"),
    );
  });
  return sink.engine;
}

/** Both loaders must leave the same book behind. */
function requireEqual(own: RiskEngine, rival: RiskEngine): void {
  if (own.stateHash() !== rival.stateHash()) throw new Error("the loaders loaded different books");
}

async function benchFolder(folder: string, options: LoadOptions): Promise<LoadReport> {
  const accounts = Math.ceil(options.positions / LEGS_PER_ACCOUNT);
  options.progress(`load: writing ${accounts} accounts`);
  writeBookFolder(createBook(accounts, "calm", options.seed), folder);
  const engine = await loadOwn(folder);
  const { positions, memoryBytes } = engine.stats();
  requireEqual(engine, loadPapaparse(folder));
  options.progress("load: both loaders agree, timing");
  const tasks = [
    { name: "underkeel loadBook", run: () => loadOwn(folder) },
    { name: "papaparse, then insert", run: () => loadPapaparse(folder) },
  ];
  const timings = await measure(tasks, { time: 1, rounds: 2 });
  const files = ["accounts.csv", "positions.csv", "marks.csv", "markets.json"];
  return {
    accounts,
    positions,
    bytes: files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0),
    results: tasks.map(({ name }, index) => ({ loader: name, timing: timings[index] as Timing })),
    memoryBytesPerPosition: memoryBytes / positions,
  };
}

/** Runs the suite in a temporary folder, which it removes. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const folder = mkdtempSync(join(tmpdir(), "underkeel-bench-"));
  try {
    return await benchFolder(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The suite's report as text. */
export function formatLoad(report: LoadReport): string {
  const { accounts, positions, bytes, results, memoryBytesPerPosition } = report;
  const base = results[0]?.timing.p50 ?? Number.NaN;
  const rows = results.map(({ loader, timing: { p50, p25, p75 } }) => [
    loader,
    short(p50),
    `${short(p25)}..${short(p75)}`,
    short((p50 * 1e6) / positions),
    short(bytes / p50 / 1000),
    `${short(p50 / base)}x`,
  ]);
  return [
    `load: ${positions} positions of ${accounts} accounts, ${short(bytes / 1e6)} MB of CSV on disk`,
    formatTable(["loader", "p50 ms", "p25..p75", "ns/position", "MB/s", "ratio"], rows),
    `${short(memoryBytesPerPosition)} bytes of linear memory a position, before the screen is built`,
  ].join("\n");
}
