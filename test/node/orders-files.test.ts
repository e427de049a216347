// Open orders in the folder form of books: an optional orders.csv, written only where there are any.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { BookError } from "../../src/book/index.ts";
import { type StreamedBook, writeBookFolder } from "../../src/book/write.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { Profile } from "../../src/types.ts";
import { BTC, ETH, fundedEngine } from "../engine/fixtures.ts";

const ROOT = mkdtempSync(join(tmpdir(), "underkeel-orders-"));
afterAll(() => rmSync(ROOT, { recursive: true }));

const create = (profile: Profile): BulkSink => new RiskEngine({ profile }).bulkSink();

function streamed(engine: RiskEngine): StreamedBook {
  const { profile = "default", assets, markets, marks, accounts } = engine.toBook();
  const priced = markets.map((definition) => ({
    definition,
    mark: marks[definition.symbol] ?? "",
  }));
  return { profile, assets, markets: priced as StreamedBook["markets"], accounts };
}

function withOrders(): RiskEngine {
  const engine = fundedEngine();
  const order = { symbol: BTC, side: "buy", amount: "0.5", price: "40000.5" } as const;
  engine.placeOrder("one", { ...order, id: 'a "quoted", one' });
  engine.placeOrder("one", { ...order, id: "2", side: "sell", reduceOnly: true });
  engine.placeOrder("two", { ...order, id: "2", symbol: ETH, positionSide: "long" });
  engine.placeOrder("two", { ...order, id: "3", side: "sell", positionSide: "short" });
  return engine;
}

async function problems(folder: string, rows: string): Promise<string[]> {
  writeFileSync(join(folder, "orders.csv"), rows);
  try {
    await loadBook(folder, create);
  } catch (error) {
    if (!(error instanceof BookError)) throw error;
    return error.problems.map(({ code, path, line }) => `${code} ${path} ${line}`);
  }
  return [];
}

describe("orders.csv", () => {
  test("carries every order, plain and packed; a book without orders has none, nor those of a book before it", async () => {
    const engine = withOrders();
    const folder = join(ROOT, "book");
    for (const gzip of [false, true]) {
      const { files } = await writeBookFolder(folder, streamed(engine), { gzip });
      expect(files).toContain(gzip ? "orders.csv.gz" : "orders.csv");
      const { engine: again } = await loadBook(folder, create);
      expect(again.stateHash()).toBe(engine.stateHash());
    }
    expect(existsSync(join(folder, "orders.csv"))).toBe(false);
    const { files } = await writeBookFolder(folder, streamed(fundedEngine()));
    expect(files).not.toContain("orders.csv");
    expect(existsSync(join(folder, "orders.csv.gz"))).toBe(false);
    expect((await loadBook(folder, create)).engine.stateHash()).toBe(fundedEngine().stateHash());
  });

  test("names what is wrong by line and column", async () => {
    const folder = join(ROOT, "bad");
    await writeBookFolder(folder, streamed(withOrders()));
    const good = readFileSync(join(folder, "orders.csv"), "utf8");
    expect(await problems(folder, good)).toEqual([]);
    const header = "account,id,symbol,side,amount,price,positionSide,reduceOnly\n";
    const rows = [
      `nobody,1,${BTC},buy,1,1,,`,
      `one,1,X,buy,1,1,,`,
      `one,1,${BTC},long,1,1,,`,
      `one,1,${BTC},buy,0,1,,`,
      `one,1,${BTC},buy,1,0.000000001,,`,
      `one,1,${BTC},buy,1,1,both,`,
      `one,1,${BTC},buy,1,1,,yes`,
      `one,1,${BTC},buy,1,1,long,`,
      `two,1,${BTC},buy,1,1,,`,
      `two,1,${BTC},buy,1,1,long,true`,
      `one,,${BTC},buy,1,1,,`,
      `one,1,${BTC},buy,1,1,,false`,
      `one,1,${BTC},buy,1,1,,false`,
    ];
    expect(await problems(folder, `${header}${rows.join("\n")}\n`)).toEqual([
      "UNKNOWN_ACCOUNT account 2",
      "UNKNOWN_SYMBOL symbol 3",
      "BAD_VALUE side 4",
      "OUT_OF_RANGE amount 5",
      "TOO_MANY_DECIMALS price 6",
      "BAD_VALUE positionSide 7",
      "BAD_VALUE reduceOnly 8",
      "POSITION_MODE positionSide 9",
      "POSITION_MODE positionSide 10",
      "NOT_REDUCING reduceOnly 11",
      "BAD_VALUE id 12",
      "DUPLICATE_ORDER id 14",
    ]);
    await expect(problems(folder, "account,id,symbol,side,amount\n")).rejects.toThrow("price");
  });

  test("columns may be left out and stand in any order", async () => {
    const folder = join(ROOT, "short");
    await writeBookFolder(folder, streamed(fundedEngine()));
    writeFileSync(
      join(folder, "orders.csv"),
      `price,amount,side,symbol,id,account\n40000.5,0.5,buy,${BTC},x,one\n`,
    );
    const { engine } = await loadBook(folder, create);
    expect(engine.account("one").orders()).toEqual([
      { id: "x", symbol: BTC, side: "buy", amount: "0.5", price: "40000.5" },
    ]);
  });
});
