// Books with coins as collateral on disk, in the folder form and as a streamed document, and through the command line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BookError } from "../../src/book/book-error.ts";
import { loadBook } from "../../src/book/files.ts";
import { bookDocumentText, type StreamedBook, writeBookFolder } from "../../src/book/write.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { pledgedEngine } from "../engine/collateral-fixtures.ts";
import { BTC, ETH } from "../engine/fixtures.ts";
import { bundleCli, runCli } from "../support/cli.ts";

const SLOW = 60_000;
let root = "";
let program = "";
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "underkeel-coins-"));
  program = await bundleCli();
}, SLOW);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(program, { force: true });
});

/** "a" pledges 12 BTC and owes 2 ETH under a short; "b" holds a bitcoin as a wallet of its own; "c" pledges nothing yet. */
function filled(): RiskEngine {
  const engine = pledgedEngine({ BTC: "12", ETH: "-2" });
  const trade = { account: "a", symbol: ETH, amount: "10", price: "2000", leverage: "5" };
  engine.fill({ ...trade, side: "sell" });
  engine.openAccount("b");
  engine.deposit("b", "BTC", "1");
  engine.openAccount("c", { hedged: true });
  engine.setMultiAsset("c", true);
  engine.deposit("c", "ETH", "1");
  return engine;
}

function streamed(engine: RiskEngine): StreamedBook {
  const { profile, assets, markets, marks, indexPrices, accounts } = engine.toBook();
  return {
    ...(profile === undefined ? {} : { profile }),
    assets,
    markets: markets.map((definition) => ({
      definition,
      mark: String(marks[definition.symbol]),
    })),
    ...(indexPrices === undefined ? {} : { indexPrices }),
    accounts,
  };
}

async function load(path: string): Promise<RiskEngine> {
  return (await loadBook(path, (profile) => new RiskEngine({ profile }).bulkSink())).engine;
}

describe("books with coins on disk", () => {
  it("come back the same as a folder and as a document", async () => {
    const engine = filled();
    const folder = join(root, "folder");
    await writeBookFolder(folder, streamed(engine));
    const accounts = readFileSync(join(folder, "accounts.csv"), "utf8").split("\n");
    expect(accounts.slice(0, 4)).toEqual([
      "account,asset,balance,hedged,multiAsset",
      "a,USDT,1000,false,true",
      "a,BTC,12,false,true",
      "a,ETH,-2,false,true",
    ]);
    expect((await load(folder)).stateHash()).toBe(engine.stateHash());
    const document = join(root, "book.json");
    writeFileSync(document, [...bookDocumentText(streamed(engine))].join(""));
    expect((await load(document)).stateHash()).toBe(engine.stateHash());
  });

  it("a folder without coins has no column for them", async () => {
    const folder = join(root, "plain");
    const { assets, ...rest } = streamed(new RiskEngine());
    await writeBookFolder(folder, { ...rest, assets: [...assets, { code: "USDT" }] });
    expect(readFileSync(join(folder, "accounts.csv"), "utf8")).toBe(
      "account,asset,balance,hedged\n",
    );
  });

  it("rows that contradict one another are named by line", async () => {
    const folder = join(root, "contradiction");
    await writeBookFolder(folder, streamed(filled()));
    const file = join(folder, "accounts.csv");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("a,BTC,12,false,true", "a,BTC,12,false,false"));
    const error = (await load(folder).catch((caught: unknown) => caught)) as BookError;
    expect(error.problems?.map(({ code, file: name, line }) => [code, name, line])).toEqual([
      ["MULTI_ASSET", "accounts.csv", 3],
    ]);
    writeFileSync(file, text.replace("a,BTC,12,false,true", "a,BTC,12,false,yes"));
    const other = (await load(folder).catch((caught: unknown) => caught)) as BookError;
    expect(other.problems?.[0]).toMatchObject({ code: "BAD_VALUE", line: 3 });
  });
});

describe("the command line with coins", () => {
  it(
    "counts no coin as a position or scope, and its figures stand against the reference",
    async () => {
      const document = join(root, "cli.json");
      const engine = filled();
      engine.setMarks({ [BTC]: "50000", [ETH]: "2000" });
      writeFileSync(document, JSON.stringify(engine.toBook()));
      const scanned = JSON.parse((await runCli(["scan", document, "--json"])).stdout);
      expect(scanned).toMatchObject({
        positions: 1,
        scopes: { cross: 1, isolated: 0 },
        notional: { USDT: "20000" },
      });
      const checked = await runCli(["check", document, "--account", "a", "--json"]);
      expect(JSON.parse(checked.stdout)).toMatchObject({
        balances: { USDT: "1000", BTC: "12", ETH: "-2" },
        scopes: [{ settle: "USDT", equity: "502000" }],
      });
      const verified = await runCli(["verify", document, "--move", "-40%", "--json"]);
      expect([verified.code, JSON.parse(verified.stdout).mismatches]).toEqual([0, 0]);
    },
    SLOW,
  );
});
