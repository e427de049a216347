// The what-if scan by market index and price units, and the deepest that it gathers: the same answers as by symbol and text.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { generateBook, standardMarkets } from "../../src/generate/index.ts";
import { runs } from "../support/runs.ts";

function refusal(run: () => unknown): { code: string; path: string | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return { code: error.code, path: error.path };
    throw error;
  }
  return { code: "nothing thrown", path: undefined };
}

function generated(accounts: number): RiskEngine {
  const markets = standardMarkets();
  return RiskEngine.fromBook({
    assets: [{ code: "USDT", decimals: 8 }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [...generateBook({ accounts, seed: "scan", markets, hitRate: 0.05 })],
  });
}

describe("scanAtMarks", () => {
  const engine = generated(1_500);
  const symbols = standardMarkets().map(({ definition }) => definition.symbol);
  const marks = symbols.map((symbol) => engine.kernel.mark(engine.priceSlot(symbol)));

  test("finds what scanAt finds, and the deepest of all lines, gathered or not (invariant 3)", () => {
    const before = engine.stateHash();
    const property = fc.property(
      fc.array(fc.integer({ min: -49, max: 95 }), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 0, max: 32 }),
      (percents, n) => {
        const prices = marks.map((mark, at) =>
          Math.floor((mark * (100 + (percents[at] ?? 0))) / 100),
        );
        const named = Object.fromEntries(
          symbols.map((symbol, at) => [symbol, BigInt(prices[at] ?? 1)]),
        );
        const byText = engine.scanAt(named);
        const handles = [...byText.handles];
        const lines = [...byText.lines()];
        const plain = byText.deepest(n);
        const markets = symbols.map((symbol) => engine.marketIndex(symbol));
        const byIndex = engine.scanAtMarks(markets, prices, 12, n);
        expect([...byIndex.handles]).toEqual(handles);
        expect([...byIndex.lines()]).toEqual(lines);
        const gathered = byIndex.deepest(n);
        expect(gathered).toEqual(plain);
        expect(byIndex.deepest(Math.min(3, n))).toEqual(plain.slice(0, 3));
        expect(byIndex.deepest(n + 5)).toHaveLength(Math.min(n + 5, lines.length));
        const depths = lines.map(({ clearance }) => Number(clearance)).sort((a, b) => a - b);
        expect(gathered.map(({ clearance }) => Number(clearance))).toEqual(depths.slice(0, n));
      },
    );
    fc.assert(property, runs(40));
    expect(engine.stateHash()).toBe(before);
  });

  it("takes the first `count` rows; markets not named keep their marks", () => {
    const first = engine.marketIndex(symbols[0] as string);
    const price = Math.floor((marks[0] as number) * 0.7);
    const scan = engine.scanAtMarks([first, 5], [price, 1], 1);
    expect(scan.count).toBe(engine.scanAt({ [symbols[0] as string]: BigInt(price) }).count);
    expect(engine.scanAtMarks([], [], 0).count).toBe(engine.scan().count);
  });

  it("refuses what is no market, no price or no number of rows, by row", () => {
    expect(refusal(() => engine.scanAtMarks([0, 99], [1, 1], 2))).toEqual({
      code: "UNKNOWN_SYMBOL",
      path: "markets[1]",
    });
    for (const price of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(refusal(() => engine.scanAtMarks([0], [price], 1))).toEqual({
        code: "OUT_OF_RANGE",
        path: "prices[0]",
      });
    }
    expect(() => engine.scanAtMarks([0], [1], 2)).toThrow(RangeError);
    expect(() => engine.scanAtMarks([0], [1], 1, 33)).toThrow(RangeError);
    expect(() => engine.scanAtMarks([0], [1], 1, -1)).toThrow(RangeError);
  });
});

it("compares scopes of assets with other decimals by their amounts", () => {
  const tiers = [{ maintenanceMarginRate: "0.01" }];
  const position = (symbol: string, isolatedMargin: string) =>
    ({
      symbol,
      side: "long",
      contracts: "1",
      entryPrice: "100",
      marginMode: "isolated",
      isolatedMargin,
    }) as const;
  const engine = RiskEngine.fromBook({
    assets: [
      { code: "USDT", decimals: 2 },
      { code: "ETH", decimals: 8 },
    ],
    markets: [
      { symbol: "A/USDT:USDT", settle: "USDT", precision: { amount: "1" }, tiers },
      { symbol: "A/ETH:ETH", settle: "ETH", precision: { amount: "1" }, tiers },
    ],
    marks: { "A/USDT:USDT": "100", "A/ETH:ETH": "100" },
    accounts: [
      { id: "small", positions: [position("A/ETH:ETH", "15")] },
      { id: "large", positions: [position("A/USDT:USDT", "10")] },
    ],
  });
  const price = 80 * 1e8;
  const deepest = engine.scanAtMarks([0, 1], [price, price], 2, 5).deepest(5);
  // In units the one in ETH is the deeper.
  expect(deepest.map(({ account, clearance }) => [account, clearance])).toEqual([
    ["large", "-10.8"],
    ["small", "-5.8"],
  ]);
});
