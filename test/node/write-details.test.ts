// What the folder form of a book keeps beside the plain columns: exact entry notionals, top-up flags, funding times; and that it refuses
// what it would lose.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { type StreamedBook, writeBookFolder } from "../../src/book/write.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { BTC, ETH, fundedEngine } from "../engine/fixtures.ts";

const ROOT = mkdtempSync(join(tmpdir(), "underkeel-details-"));
afterAll(() => rmSync(ROOT, { recursive: true }));

function streamed(engine: RiskEngine, positionDetails: boolean): StreamedBook {
  const { marks, markets, ...book } = engine.toBook();
  const priced = markets.map((definition) => ({
    definition,
    mark: String(marks[definition.symbol] ?? ""),
  }));
  return { ...book, markets: priced, positionDetails };
}

/** Entry notionals that no price stands for, a position to be topped up, a market that has settled funding. */
function detailed(): RiskEngine {
  const engine = fundedEngine();
  const fill = { account: "one", symbol: BTC, side: "buy", leverage: "10" } as const;
  engine.fill({ ...fill, amount: "0.1", price: "50000.1", marginMode: "isolated" });
  engine.fill({ ...fill, amount: "0.2", price: "49999.33333333" });
  engine.setPosition("one", {
    symbol: ETH,
    side: "long",
    contracts: "3",
    entryPrice: "2000",
    marginMode: "cross",
    entryNotional: "6000.00000001",
  });
  engine.apply({ type: "setAutoTopUp", account: "one", symbol: BTC, enabled: true });
  engine.settleFunding({ time: 5, rates: { [BTC]: "0.0001" } });
  return engine;
}

async function refusal(engine: RiskEngine, details: boolean): Promise<string> {
  try {
    await writeBookFolder(join(ROOT, "refused"), streamed(engine, details));
  } catch (error) {
    if (error instanceof RiskError) return `${error.code} ${error.path}`;
    throw error;
  }
  return "written";
}

describe("the folder form", () => {
  test("keeps the state to the last unit, with positionDetails", async () => {
    const engine = detailed();
    await writeBookFolder(join(ROOT, "book"), streamed(engine, true));
    const again = await loadBook(join(ROOT, "book"), (profile) =>
      new RiskEngine({ profile }).bulkSink(),
    );
    expect(again.engine.stateHash()).toBe(engine.stateHash());
  });

  test("refuses what it has no column for", async () => {
    const engine = detailed();
    expect(await refusal(engine, false)).toBe("BAD_VALUE one.entryNotional");
    engine.setLeverage("one", ETH, "20");
    expect(await refusal(engine, true)).toBe("BAD_VALUE one.settings");
  });
});
