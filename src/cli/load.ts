// Loads a book or a snapshot for a command, telling how far it is on slow loads and how long each part took.
import { statSync } from "node:fs";
import { loadBook } from "../book/files.ts";
import { parseDecimal } from "../decimal.ts";
import type { BulkSink } from "../engine/bulk-sink.ts";
import { RiskEngine } from "../engine/engine.ts";
import { RiskError } from "../errors.ts";
import { isSnapshotFile, readSnapshot } from "../snapshot/files.ts";
import type { CommandContext } from "./command.ts";
import { UsageError } from "./command.ts";
import { groupDigits, percent, progressLine } from "./terminal.ts";

/** A market as moved prices need it. */
export interface MarkedMarket {
  readonly symbol: string;
  readonly settle: string;
  readonly priceDecimals: number;
  /** In price units; null where the market has no mark. */
  readonly mark: bigint | null;
}

export interface LoadedBook {
  readonly engine: RiskEngine;
  readonly markets: readonly MarkedMarket[];
  /** Reading and checking the files, and filling the engine. */
  readonly loadMilliseconds: number;
  /** Building the screen that scans use. */
  readonly indexMilliseconds: number;
}

function readMarkets(sink: BulkSink): MarkedMarket[] {
  const { engine } = sink;
  return Array.from({ length: engine.stats().markets }, (_, index) => {
    const { symbol, priceDecimals, settle } = sink.market(index);
    const mark = engine.mark(symbol);
    const units = mark === null ? null : parseDecimal(mark, priceDecimals, symbol);
    return { symbol, settle: sink.asset(settle).code, priceDecimals, mark: units };
  });
}

/** A book's path may be that of a snapshot, which is known by its first bytes. */
async function loadSnapshot(path: string): Promise<BulkSink | undefined> {
  const isFile = path !== "-" && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile || !(await isSnapshotFile(path))) return undefined;
  const file = await readSnapshot(path);
  try {
    return RiskEngine.fromSnapshot(file).bulkSink();
  } catch (error) {
    if (error instanceof RiskError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

async function loadText(path: string, context: CommandContext): Promise<BulkSink> {
  const progress = progressLine(context.talk.stream, context.now);
  try {
    return await loadBook(path, (profile) => new RiskEngine({ profile }).bulkSink(), {
      onProgress: (bytesRead, totalBytes) =>
        progress.update(() => {
          const share = totalBytes === 0 ? "" : ` (${percent(bytesRead / totalBytes, 0)})`;
          return `reading ${path}: ${groupDigits(Math.round(bytesRead / 1e6))} MB${share}`;
        }),
    });
  } finally {
    progress.end();
  }
}

/** @throws RiskError where the book is wrong; nothing is loaded then. */
export async function loadEngine(path: string, context: CommandContext): Promise<LoadedBook> {
  const started = context.now();
  const sink = (await loadSnapshot(path)) ?? (await loadText(path, context));
  const loaded = context.now();
  sink.engine.kernel.prepare();
  return {
    engine: sink.engine,
    markets: readMarkets(sink),
    loadMilliseconds: loaded - started,
    indexMilliseconds: context.now() - loaded,
  };
}

/** Parts per million of "-10%", "+0.5%" or "40%". @throws UsageError */
export function readMove(text: string): number {
  const match = /^([+-]?)(\d{1,6})(?:\.(\d{1,4}))?%?$/.exec(text.trim());
  const [, sign = "", whole = "", fraction = ""] = match ?? [];
  const millionths = Number(whole) * 10_000 + Number(fraction.padEnd(4, "0"));
  const move = sign === "-" ? -millionths : millionths;
  if (match === null || move <= -1_000_000) {
    throw new UsageError(`a move is a percentage above -100%, such as -10% (got "${text}")`);
  }
  return move;
}

/** "-10%" for -100000. */
export function moveText(millionths: number): string {
  return `${millionths > 0 ? "+" : ""}${millionths / 10_000}%`;
}

/** All marks moved by a share, rounded down, at least one unit: as scanAt and setMarks take them. */
export function movedMarks(
  markets: readonly MarkedMarket[],
  millionths: number,
): Record<string, bigint> {
  const marks: Record<string, bigint> = Object.create(null);
  for (const { symbol, mark } of markets) {
    if (mark === null) continue;
    const moved = (mark * BigInt(1_000_000 + millionths)) / 1_000_000n;
    marks[symbol] = moved > 0n ? moved : 1n;
  }
  return marks;
}
