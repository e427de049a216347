// Stops in the folder form of books: an optional stops.csv, written only where there are any; margin calls in markets.json.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { BookError } from "../../src/book/index.ts";
import { bookDocumentText, type StreamedBook, writeBookFolder } from "../../src/book/write.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { Profile } from "../../src/types.ts";
import { BTC } from "../engine/fixtures.ts";
import { everyStop, onLong, stopEngine, stopsOf } from "../engine/stop-fixtures.ts";

const ROOT = mkdtempSync(join(tmpdir(), "underkeel-stops-"));
afterAll(() => rmSync(ROOT, { recursive: true }));

const create = (profile: Profile): BulkSink => new RiskEngine({ profile }).bulkSink();

function streamed(engine: RiskEngine): StreamedBook {
  const { marks, markets, ...book } = engine.toBook();
  const priced = markets.map((definition) => ({
    definition,
    mark: marks[definition.symbol] ?? "",
  }));
  return { ...book, markets: priced as StreamedBook["markets"], positionDetails: true };
}

/** Without what a folder has no column for. */
function plainEngine(fill: (engine: RiskEngine) => RiskEngine): RiskEngine {
  const accounts = fill(stopEngine())
    .toBook()
    .accounts.map(({ settings: _settings, marginMode: _mode, ...account }) => account);
  return RiskEngine.fromBook({ ...fill(stopEngine()).toBook(), accounts });
}

const withStops = (): RiskEngine => plainEngine(() => everyStop());

async function problems(folder: string, rows: string): Promise<string[]> {
  writeFileSync(join(folder, "stops.csv"), rows);
  try {
    await loadBook(folder, create);
  } catch (error) {
    if (!(error instanceof BookError)) throw error;
    return error.problems.map(({ code, path, line }) => `${code} ${path} ${line}`);
  }
  return [];
}

describe("stops.csv", () => {
  test("carries stops of every kind, plain and packed; a book without stops has none, nor those of a book before it", async () => {
    const engine = withStops();
    engine.placeStop("one", onLong({ id: 'a "quoted", one', oco: "late" }));
    engine.setMarginCalls(["0.8", "0.9"], "0.01");
    const folder = join(ROOT, "book");
    for (const gzip of [false, true]) {
      const { files } = await writeBookFolder(folder, streamed(engine), { gzip });
      expect(files).toContain(gzip ? "stops.csv.gz" : "stops.csv");
      const { engine: again } = await loadBook(folder, create);
      expect(again.stateHash()).toBe(engine.stateHash());
      expect(again.toBook()).toEqual(engine.toBook());
    }
    expect(existsSync(join(folder, "stops.csv"))).toBe(false);
    const { files } = await writeBookFolder(folder, streamed(plainEngine((each) => each)));
    expect(files.some((name) => name.startsWith("stops"))).toBe(false);
    expect(existsSync(join(folder, "stops.csv.gz"))).toBe(false);
  });

  test("is the same book as the JSON form", async () => {
    const engine = withStops();
    engine.setMarginCalls(["0.75"]);
    const text = [...bookDocumentText(streamed(engine))].join("");
    expect(RiskEngine.fromBook(text).stateHash()).toBe(engine.stateHash());
  });

  test("takes columns in any order, only those it needs, and numbers stops without ids", async () => {
    const folder = join(ROOT, "columns");
    await writeBookFolder(folder, streamed(plainEngine((each) => each)));
    const rows = `triggerPrice,kind,account,symbol\n48000,mark,one,${BTC}\n47000.5,mark,one,${BTC}\n`;
    expect(await problems(folder, rows)).toEqual([]);
    const { engine } = await loadBook(folder, create);
    expect(stopsOf(engine, "one")).toEqual([
      { id: "1", kind: "mark", symbol: BTC, side: "long", triggerPrice: "48000" },
      { id: "2", kind: "mark", symbol: BTC, side: "long", triggerPrice: "47000.5" },
    ]);
  });

  test("names what is wrong by line and column", async () => {
    const folder = join(ROOT, "wrong");
    await writeBookFolder(folder, streamed(plainEngine((each) => each)));
    const columns = "account,kind,id,symbol,side,triggerPrice,amount,oco\n";
    const rows = [
      `nobody,mark,,${BTC},,48000,,`,
      `one,limit,,${BTC},,48000,,`,
      `one,mark,,X,,48000,,`,
      `one,mark,,${BTC},short,48000,,`,
      `one,mark,,${BTC},,,,`,
      `one,mark,,${BTC},,-5,,`,
      `one,mark,,${BTC},,48000,2,`,
      `one,mark,,${BTC},,48000,,none`,
      `one,mark,a,${BTC},,48000,,`,
      `one,mark,a,${BTC},,48000,,`,
      `two,mark,,${BTC},,48000,,`,
    ].join("\n");
    expect(await problems(folder, `${columns}${rows}\n`)).toEqual([
      "UNKNOWN_ACCOUNT account 2",
      "BAD_VALUE kind 3",
      "UNKNOWN_SYMBOL symbol 4",
      "NO_POSITION symbol 5",
      "BAD_VALUE triggerPrice 6",
      "OUT_OF_RANGE triggerPrice 7",
      "OUT_OF_RANGE amount 8",
      "UNKNOWN_STOP oco 9",
      "DUPLICATE_STOP id 11",
      "POSITION_MODE side 12",
    ]);
    expect(readFileSync(join(folder, "stops.csv"), "utf8").startsWith(columns)).toBe(true);
  });
});
