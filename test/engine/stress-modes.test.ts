// A book in three margin modes: a table worked out by hand, and each account's comparison summed up over books drawn at random.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MODE_VARIANTS } from "../../src/engine/compare-modes.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { stressGrid } from "../../src/engine/stress-grid.ts";
import { HISTORICAL_SHOCKS, historicalScenario } from "../../src/engine/stress-history.ts";
import { runs } from "../support/runs.ts";
import { BTC, ETH, emptyEngine } from "./fixtures.ts";

describe("engine.stressModes", () => {
  /** "a": cross, 1 BTC at 25x and 5 ETH at 10x on 3,500 USDT. "b": 10 ETH isolated on 1,000, and 1,000 in the wallet. */
  function book(): RiskEngine {
    const engine = emptyEngine();
    engine.openAccount("a");
    engine.openAccount("b");
    engine.deposit("a", "USDT", "3500");
    engine.deposit("b", "USDT", "2000");
    const long = { side: "long", entryPrice: "2000" } as const;
    engine.setPosition("a", {
      ...long,
      symbol: BTC,
      contracts: "1",
      entryPrice: "50000",
      marginMode: "cross",
      leverage: "25",
    });
    engine.setPosition("a", {
      ...long,
      symbol: ETH,
      contracts: "5",
      marginMode: "cross",
      leverage: "10",
    });
    engine.setBalance("b", "USDT", "1000");
    engine.setPosition("b", {
      ...long,
      symbol: ETH,
      contracts: "10",
      marginMode: "isolated",
      leverage: "20",
      isolatedMargin: "1000",
    });
    return engine;
  }

  it("tells accounts hit, capital lost, contagion and what was carried (worked out by hand)", () => {
    const engine = book();
    const before = engine.stateHash();
    const { scaled, scenarios } = engine.stressModes([
      { name: "BTC", shocks: { [BTC]: "-0.07" } },
      { name: "ETH", shocks: { [ETH]: "-0.06" } },
    ]);
    expect(engine.stateHash()).toBe(before);
    expect(scaled).toBe(0);
    // BTC -7 % takes 3,500 of a's 3,500. Isolated it has 2,000 there and 1,000 beside ETH, which stands alone.
    expect(scenarios[0]).toMatchObject({
      name: "BTC",
      asIs: { accounts: 1, positions: 2, lost: { USDT: "3500" }, contagion: 1, carried: 0 },
      allCross: { accounts: 1, positions: 2, lost: { USDT: "3500" }, contagion: 1, carried: 0 },
      allIsolated: { accounts: 1, positions: 1, lost: { USDT: "2000" }, contagion: 0, carried: 0 },
    });
    // ETH -6 % costs b 1,200: more than its margin, less than margin and wallet. It costs a 600 of the 1,000 beside ETH.
    expect(scenarios[1]).toMatchObject({
      asIs: { accounts: 1, positions: 1, lost: { USDT: "1000" }, contagion: 0, carried: 0 },
      allCross: { accounts: 0, positions: 0, lost: {}, contagion: 0, carried: 1 },
      allIsolated: { accounts: 1, positions: 1, lost: { USDT: "1000" }, contagion: 0, carried: 0 },
    });
    expect(scenarios[1]?.asIs.settle.USDT?.isolated.shortfall).toBe("200");
  });

  it("sums up what compareModes says of each account", () => {
    const position = fc.record({
      symbol: fc.constantFrom(BTC, ETH),
      side: fc.constantFrom("long" as const, "short" as const),
      isolated: fc.boolean(),
      leverage: fc.integer({ min: 2, max: 50 }),
    });
    const account = fc.record({
      usdt: fc.integer({ min: 0, max: 12_000 }),
      positions: fc.uniqueArray(position, { selector: ({ symbol }) => symbol, minLength: 1 }),
    });
    const move = fc.integer({ min: -25, max: 25 }).map((percent) => (percent / 100).toFixed(2));
    const shocks = fc.record({ [BTC]: move, [ETH]: move });
    let contagion = 0;
    const property = fc.property(
      fc.array(account, { minLength: 1, maxLength: 5 }),
      fc.array(shocks, { minLength: 1, maxLength: 3 }),
      (accounts, moves) => {
        const engine = emptyEngine();
        accounts.forEach(({ usdt, positions }, index) => {
          const id = `account ${index}`;
          engine.openAccount(id);
          engine.setBalance(id, "USDT", String(usdt));
          for (const { symbol, side, isolated, leverage } of positions) {
            engine.setPosition(id, {
              symbol,
              side,
              contracts: symbol === BTC ? "0.4" : "10",
              entryPrice: symbol === BTC ? "50000" : "2000",
              marginMode: isolated ? "isolated" : "cross",
              leverage: String(leverage),
              ...(isolated ? { isolatedMargin: (20_000 / leverage).toFixed(4) } : {}),
            });
          }
        });
        const told = engine.stressModes(moves.map((one) => ({ shocks: one })));
        const compared = accounts.map((_, index) =>
          engine.compareModes(`account ${index}`, { shocks: moves }),
        );
        expect(told.scaled).toBe(compared.filter((one) => one.variants.allIsolated.scaled).length);
        moves.forEach((_, at) => {
          for (const name of MODE_VARIANTS) {
            const outcomes = compared.map((one) => one.variants[name].outcomes[at]);
            const sum = (of: (one: (typeof outcomes)[number]) => number | undefined): number =>
              outcomes.reduce((total, one) => total + (of(one) ?? 0), 0);
            const mode = told.scenarios[at]?.[name];
            expect(mode?.contagion).toBe(sum((one) => one?.contagion.length));
            expect(mode?.carried).toBe(sum((one) => one?.carried.length));
            expect((mode?.scopes.cross ?? 0) + (mode?.scopes.isolated ?? 0)).toBe(
              sum((one) => one?.liquidatable.length),
            );
            expect(mode?.accounts).toBe(sum((one) => Math.min(1, one?.liquidatable.length ?? 0)));
            contagion += mode?.contagion ?? 0;
          }
        });
      },
    );
    fc.assert(property, runs(30));
    expect(contagion).toBeGreaterThan(0);
  });

  it("refuses a scenario by path before it builds anything", () => {
    expect(() => book().stressModes([{ shocks: { NOPE: "-0.1" } }])).toThrow(
      'scenarios[0].shocks["NOPE"]',
    );
  });
});

describe("helpers for scenarios", () => {
  it("makes a grid row by row, both ends included", () => {
    const grid = stressGrid({
      x: { symbol: BTC, from: "-0.4", to: "0.4", steps: 5 },
      y: { symbol: ETH, from: "-0.1", to: "0.2", steps: 4 },
      others: { all: "-0.05", shocks: { OTHER: "0.1" } },
    });
    expect(grid.x).toEqual(["-0.4", "-0.2", "0", "0.2", "0.4"]);
    expect(grid.y).toEqual(["-0.1", "0", "0.1", "0.2"]);
    expect(grid.scenarios).toHaveLength(20);
    expect(grid.scenarios[6]).toEqual({
      name: `${BTC} -0.2, ${ETH} 0`,
      all: "-0.05",
      shocks: { OTHER: "0.1", [BTC]: "-0.2", [ETH]: "0" },
    });
    const axis = { from: "-0.1", to: "0.1", steps: 3 };
    const x = { ...axis, symbol: BTC };
    const bad = [
      [{ x, y: { ...axis, symbol: BTC } }, "grid.y.symbol"],
      [{ x: { ...x, steps: 1 }, y: { ...axis, symbol: ETH } }, "grid.x.steps"],
      [{ x: { ...x, steps: 1002 }, y: { ...axis, symbol: ETH } }, "grid.x.steps"],
      [{ x, y: { symbol: ETH, from: "0.1", to: "0.1", steps: 2 } }, "grid.y.to"],
      [{ x: { ...x, from: "-0.1234567" }, y: { ...axis, symbol: ETH } }, "grid.x.from"],
      [{ x, y: { ...axis, symbol: ETH }, other: 1 }, "grid.other"],
    ] as const;
    for (const [options, path] of bad) {
      expect(() => stressGrid(options as Parameters<typeof stressGrid>[0])).toThrow(path);
    }
  });

  it("gives each market its coin's fall in a real crash, multiples included", () => {
    expect(
      historicalScenario("tariffs-2025-02-03", [BTC, "1000PEPE/USDT:USDT", "NOPE/USDT:USDT"]),
    ).toEqual({
      name: "tariffs-2025-02-03",
      shocks: { [BTC]: "-0.1", "1000PEPE/USDT:USDT": "-0.367" },
    });
    expect(historicalScenario("crash-2025-10-10", [BTC, ETH], { others: "-0.5" })).toEqual({
      name: "crash-2025-10-10",
      all: "-0.5",
      shocks: { [BTC]: "-0.175", [ETH]: "-0.246" },
    });
    expect(() => historicalScenario("toString", [BTC])).toThrow("must be one of china-2021-05-19");
    expect(() => historicalScenario("ftx-2022-11", ["NOPE/USDT"])).toThrow("symbols");
    for (const { falls } of Object.values(HISTORICAL_SHOCKS)) {
      for (const fall of Object.values(falls)) expect(fall).toMatch(/^-\d{1,2}\.\d$/);
    }
    expect(emptyEngine().stress([historicalScenario("ftx-2022-11", [BTC, ETH])])[0]?.name).toBe(
      "ftx-2022-11",
    );
  });
});
