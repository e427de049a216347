// The generator: same seed, same book; every account legal against its markets' precisions and brackets,
// checked in exact integers; shapes near those of real venues.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateBook, marketsFromBrackets, standardMarkets } from "../src/generate/index.ts";
import { createRandom, drawLogQuantile, tenToThe } from "../src/generate/random.ts";
import { exactMarkets, expectLegalAccount } from "./support/legal-account.ts";

const BRACKETS = new Map([
  ["AAA/USDT:USDT", tiers(["5000", "0.01", 50], ["100000", "0.025", 20], [null, "0.5", 1])],
  ["1000PEPE/USDC:USDC", tiers(["10000", "0.01", 75], ["300000", "0.05", 10])],
  ["ETH/BTC:BTC", tiers(["30", "0.01", 25], ["900", "0.1", 4])],
  ["ETH/USDT:USDT-261225", tiers(["375000", "0.02", 25], ["2000000", "0.05", 10])],
  ["ZZZ/USDT:USDT", tiers(["1000", "0.3333", 3], ["1200", "0.5", 1])],
  ["BTC/USD:BTC", tiers(["5", "0.004", 125])],
]);

function tiers(...rows: [cap: string | null, rate: string, maxLeverage: number][]) {
  return rows.map(([maxNotional, maintenanceMarginRate, maxLeverage], index) => ({
    minNotional: index === 0 ? "0" : (rows[index - 1]?.[0] ?? "0"),
    maxNotional,
    maintenanceMarginRate,
    maxLeverage,
  }));
}

describe("generateBook", () => {
  it("gives the same accounts for the same seed, others for another", () => {
    const markets = standardMarkets();
    const draw = (seed: string) =>
      JSON.stringify([...generateBook({ accounts: 200, seed, markets })]);
    expect(draw("7")).toBe(draw("7"));
    expect(draw("7")).not.toBe(draw("8"));
  });

  it("draws known accounts: a change of these is a change of every seeded book", () => {
    const [first] = generateBook({ accounts: 1, seed: 7, markets: standardMarkets() });
    expect(first).toMatchInlineSnapshot(`
      {
        "balances": {
          "USDT": "5878.08",
        },
        "hedged": false,
        "id": "a0000001",
        "positions": [
          {
            "contracts": "1.888",
            "entryPrice": "3394.764",
            "leverage": "20",
            "marginMode": "cross",
            "side": "short",
            "symbol": "ETH/USDT:USDT",
          },
        ],
      }
    `);
  });

  it("begins a larger book with the accounts of the smaller one", () => {
    const markets = standardMarkets();
    const small = [...generateBook({ accounts: 50, seed: 1, markets })];
    const large = [...generateBook({ accounts: 500, seed: 1, markets })];
    expect(large.slice(0, 50)).toEqual(small);
  });

  it("draws only legal accounts, whatever the seed, hit rate and markets", () => {
    const choices = [standardMarkets(), marketsFromBrackets(BRACKETS, "x").markets];
    fc.assert(
      fc.property(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(0, 0.001, 0.2, 1),
        fc.constantFrom(...choices),
        (seed, hitRate, markets) => {
          const exact = exactMarkets(markets);
          for (const account of generateBook({ accounts: 40, seed, markets, hitRate })) {
            expectLegalAccount(account, exact);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has the shape of real books", () => {
    const accounts = [...generateBook({ accounts: 20_000, seed: 3, markets: standardMarkets() })];
    const positions = accounts.flatMap((account) => account.positions ?? []);
    const share = (count: number, of: number) => count / of;
    expect(share(positions.length, accounts.length)).toBeGreaterThan(2.2);
    expect(share(positions.length, accounts.length)).toBeLessThan(2.8);
    const isolated = positions.filter((position) => position.marginMode === "isolated");
    expect(share(isolated.length, positions.length)).toBeCloseTo(0.42, 1);
    const hedged = accounts.filter((account) => account.hedged);
    expect(share(hedged.length, accounts.length)).toBeCloseTo(0.1, 1);
    const bitcoin = positions.filter((position) => position.symbol.startsWith("BTC"));
    expect(share(bitcoin.length, positions.length)).toBeGreaterThan(0.2);
    const most = Math.max(...accounts.map((account) => account.positions?.length ?? 0));
    expect(most).toBeGreaterThanOrEqual(10);
  });

  it.each([
    ["accounts", { accounts: -1 }],
    ["accounts", { accounts: 1.5 }],
    ["accounts", { accounts: Number.NaN }],
    ["hitRate", { hitRate: 1.1 }],
    ["hitRate", { hitRate: Number.NaN }],
    ["idleShare", { idleShare: -0.1 }],
    ["markets", { markets: [] }],
  ])("refuses a wrong option, naming it: %s", (path, wrong) => {
    const options = { accounts: 1, seed: 1, markets: standardMarkets(), ...wrong };
    expect(() => generateBook(options)).toThrowError(expect.objectContaining({ path }));
  });
});

describe("marketsFromBrackets", () => {
  it("leaves inverse contracts out and prices the others inside the range of real prices", () => {
    const { markets, skipped } = marketsFromBrackets(BRACKETS, 1);
    expect(skipped).toEqual(["BTC/USD:BTC"]);
    expect(markets).toHaveLength(BRACKETS.size - 1);
    for (const { mark, definition } of markets) {
      expect(Number(mark)).toBeGreaterThanOrEqual(0.000001);
      expect(Number(mark)).toBeLessThanOrEqual(124_162.5);
      expect(definition.settle).toBe(/:([A-Z]+)/.exec(definition.symbol)?.[1]);
    }
  });

  it("gives a symbol the same price whatever else the file holds", () => {
    const priceOf = (symbols: string[]) => {
      const part = new Map([...BRACKETS].filter(([symbol]) => symbols.includes(symbol)));
      const { markets } = marketsFromBrackets(part, 5);
      return markets.find(({ definition }) => definition.symbol === "AAA/USDT:USDT")?.mark;
    };
    expect(priceOf(["AAA/USDT:USDT"])).toBe(priceOf(["AAA/USDT:USDT", "ETH/BTC:BTC"]));
  });

  it("refuses a file without linear contracts", () => {
    const only = new Map([["BTC/USD:BTC", BRACKETS.get("BTC/USD:BTC") ?? []]]);
    expect(() => marketsFromBrackets(only, 1)).toThrowError(/no linear contract/);
  });
});

describe("random", () => {
  it("raises ten to a power as Math.pow does, to 12 digits", () => {
    for (let x = -20; x <= 20; x += 0.37) expect(tenToThe(x) / 10 ** x).toBeCloseTo(1, 12);
  });

  it("draws evenly, and by quantiles", () => {
    const random = createRandom("even");
    const draws = Array.from({ length: 20_000 }, () => random.next());
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    const values = Array.from({ length: 20_001 }, () =>
      drawLogQuantile(random, [
        [0, 0],
        [0.5, 1],
        [1, 3],
      ]),
    ).sort((a, b) => a - b);
    expect(values[10_000]).toBeGreaterThan(9);
    expect(values[10_000]).toBeLessThan(11.5);
  });
});
