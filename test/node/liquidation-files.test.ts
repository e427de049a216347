// Rules of liquidation, insurance funds and cool-downs in the folder form of books: what they make an engine do survives the files.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { bookDocumentText, type StreamedBook, writeBookFolder } from "../../src/book/write.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { LiquidationPolicy, Profile } from "../../src/types.ts";

const ROOT = mkdtempSync(join(tmpdir(), "underkeel-liquidation-"));
afterAll(() => rmSync(ROOT, { recursive: true }));

const create = (profile: Profile): BulkSink => new RiskEngine({ profile }).bulkSink();

/** Every rule otherwise than the default profile has it. */
const LIQUIDATION: Required<LiquidationPolicy> = {
  method: "fraction",
  order: "largestLoss",
  cancelOrders: "none",
  slippage: "0.01",
  fillable: { adjustment: "1", spread: "1.5" },
  fee: "0.01",
  fees: { X: "0.02" },
  fraction: "0.1",
  wholeBelow: "100",
  cooldownMs: 10_000,
  buffer: "0.02",
  leftover: "account",
  backstopBelow: [1, 3],
  deleverage: false,
  adlPrice: "mark",
  adlRanking: "priceTimesLeverage",
};

/** "a" and "b" under water, "a" liquidated in part at time 5. */
function partWay(liquidation: LiquidationPolicy): RiskEngine {
  const engine = RiskEngine.fromBook({
    profile: { extends: "bybit", liquidation },
    assets: [{ code: "S" }],
    markets: [
      {
        symbol: "X",
        settle: "S",
        precision: { amount: "1" },
        tiers: [{ maintenanceMarginRate: "0.1" }],
      },
    ],
    marks: { X: "100" },
    insuranceFunds: { S: "12.5" },
    accounts: ["a", "b"].map((id) => ({
      id,
      balances: { S: "400" },
      positions: [
        { symbol: "X", side: "long", contracts: "100", entryPrice: "100", marginMode: "cross" },
      ],
    })),
  });
  engine.liquidate({ accounts: ["a"], time: 5 });
  return engine;
}

function streamed(engine: RiskEngine): StreamedBook {
  const { marks, markets, ...book } = engine.toBook();
  const priced = markets.map((definition) => ({
    definition,
    mark: marks[definition.symbol] ?? "",
  }));
  return { ...book, markets: priced as StreamedBook["markets"], positionDetails: true };
}

describe("a book with rules of liquidation", () => {
  test("in folders, plain and packed, and as a document, liquidates as before", async () => {
    for (const [name, rules] of [
      ["all", LIQUIDATION],
      ["some", { method: "fraction", backstopBelow: null, fillable: null }],
    ] as const) {
      const engine = partWay(rules);
      expect(engine.toBook().partialLiquidations).toEqual({ a: 5 });
      const folder = join(ROOT, name);
      const copies = [
        RiskEngine.fromBook(JSON.parse([...bookDocumentText(streamed(engine))].join(""))),
      ];
      for (const gzip of [false, true]) {
        await writeBookFolder(folder, streamed(engine), { gzip });
        copies.push((await loadBook(folder, create)).engine);
      }
      const hash = engine.stateHash();
      const events = engine.liquidate({ time: 9_000 });
      // "a" is within its cool-down and goes whole, "b" in part.
      expect(events.filter(({ type }) => type === "positionLiquidated")).toHaveLength(2);
      for (const copy of copies) {
        expect(copy.stateHash()).toBe(hash);
        expect(copy.rules.liquidation).toEqual(engine.rules.liquidation);
        expect(copy.liquidate({ time: 9_000 })).toEqual(events);
        expect(copy.stateHash()).toBe(engine.stateHash());
      }
    }
  });
});
