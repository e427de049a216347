// Views, scan, bulk door, books and refusals: the parts of the facade that look rather than trade.
import { describe, expect, it } from "vitest";
import { BookError } from "../../src/book/book-error.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { priceTerms } from "../../src/engine/markets.ts";
import { resolveProfile } from "../../src/engine/profiles.ts";
import { RiskError } from "../../src/errors.ts";
import type { Command, PositionDefinition } from "../../src/types.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine, LINEAR } from "./fixtures.ts";

function refusal(run: () => unknown): { code: string; path: string | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return { code: error.code, path: error.path };
    throw error;
  }
  return { code: "nothing thrown", path: undefined };
}

function position(change: Partial<PositionDefinition> = {}): PositionDefinition {
  return {
    symbol: BTC,
    side: "long",
    contracts: "1",
    entryPrice: "50000",
    marginMode: "cross",
    ...change,
  };
}

describe("reports", () => {
  it("shows a cross and an isolated position with every figure", () => {
    const engine = fundedEngine("bybit");
    engine.setBalance("one", "USDT", "1000");
    engine.setPosition("one", position({ contracts: "0.5", entryPrice: "51000", leverage: "20" }));
    engine.setPosition(
      "one",
      position({
        symbol: ETH,
        side: "short",
        contracts: "10",
        entryPrice: "2100",
        marginMode: "isolated",
        leverage: "10",
        isolatedMargin: "2100",
      }),
    );
    const report = engine.account("one").report();
    expect(report.balances).toEqual({ USDT: "1000", BTC: "10" });
    // 25,000 of notional: MM 100, fee 12.5, equity 500.
    expect(report.scopes[0]).toEqual({
      account: "one",
      scope: "cross",
      settle: "USDT",
      symbol: null,
      side: null,
      collateral: "1000",
      equity: "500",
      maintenanceMargin: "100",
      initialMargin: "1250",
      closeFee: "12.5",
      clearance: "387.5",
      marginRatio: "0.225",
      liquidatable: false,
      jointShock: "0.015571",
    });
    expect(report.scopes.map(({ scope, settle, symbol }) => [scope, settle, symbol])).toEqual([
      ["cross", "USDT", null],
      ["cross", "BTC", null],
      ["isolated", "USDT", ETH],
    ]);
    expect(report.positions[0]).toMatchObject({
      account: "one",
      symbol: BTC,
      side: "long",
      marginMode: "cross",
      hedged: false,
      contracts: "0.5",
      contractSize: "1",
      entryPrice: "51000",
      markPrice: "50000",
      notional: "25000",
      leverage: "20",
      effectiveLeverage: "50",
      unrealizedPnl: "-500",
      isolatedMargin: null,
      maintenanceMargin: "100",
      maintenanceMarginRate: "0.004",
      initialMargin: "1250",
      tier: 1,
      bankruptcyPrice: "49000.00000001",
    });
    // 0.5 p - 24500 = 0.5 p (0.004 + 0.0005): p = 49221.496735...
    expect(report.positions[0]?.liquidationPrice).toEqual({ down: "49221.49673535", up: null });
    expect(report.positions[1]).toMatchObject({
      isolatedMargin: "2100",
      unrealizedPnl: "1000",
      tier: 1,
    });
    expect(report.positions[1]?.bankruptcyPrice).toBe("2310");
  });

  it("gives figures as bigints on the fast path, and follows changes of the scope", () => {
    const engine = fundedEngine();
    const scope = engine.crossScope("one", "USDT");
    expect(scope.figures()).toMatchObject({
      equity: 10_000_000_000_000n,
      requirement: 0n,
      marginRatioE8: 0n,
    });
    engine.setPosition("one", position());
    expect(scope.figures()).toMatchObject({
      requirement: 20_000_000_000n,
      marginRatioE8: 200_000n,
      liquidatable: false,
    });
    expect(scope.liquidationPrice(BTC)).toEqual({ down: null, up: null });
    engine.setBalance("one", "USDT", "5000");
    expect(scope.liquidationPrice(BTC).down).toBe("45180.72289156");
    expect(refusal(() => scope.liquidationPrice("nope")).code).toBe("UNKNOWN_SYMBOL");
  });

  it("fails with a name when what a view showed is gone", () => {
    const engine = fundedEngine();
    engine.setPosition("one", position({ marginMode: "isolated", isolatedMargin: "5000" }));
    const scope = engine.isolatedScope("one", BTC, "long");
    const view = engine.account("one");
    engine.setPosition("one", position({ contracts: "0" }));
    expect(refusal(() => scope.figures()).code).toBe("NO_POSITION");
    expect(refusal(() => view.position(BTC)).code).toBe("NO_POSITION");
    expect(refusal(() => engine.closeAccount("one")).code).toBe("ACCOUNT_NOT_EMPTY");
    engine.withdraw("one", "USDT", "100000");
    engine.setBalance("one", "BTC", "0");
    engine.closeAccount("one");
    expect(refusal(() => view.report()).code).toBe("UNKNOWN_ACCOUNT");
    expect(refusal(() => scope.figures()).code).toBe("UNKNOWN_ACCOUNT");
    engine.openAccount("three");
    expect(refusal(() => view.report()).code).toBe("UNKNOWN_ACCOUNT");
    expect(refusal(() => engine.account("one")).code).toBe("UNKNOWN_ACCOUNT");
  });

  it("picks tiers by contract count where the profile says so", () => {
    const engine = new RiskEngine({ profile: "okx" });
    engine.addAsset({ code: "USDT" });
    engine.addMarket({
      symbol: "E",
      settle: "USDT",
      contractSize: "0.01",
      precision: { amount: "1" },
      tiers: [
        { minNotional: "0", maxNotional: "2000", maintenanceMarginRate: "0.01" },
        { minNotional: "2001", maxNotional: "4000", maintenanceMarginRate: "0.015" },
      ],
    });
    engine.setMarks({ E: "2000" });
    engine.openAccount("a");
    engine.setBalance("a", "USDT", "100000");
    const trade = { account: "a", symbol: "E", side: "buy", price: "2000" } as const;
    engine.fill({ ...trade, amount: "2000" });
    expect(engine.account("a").position("E")).toMatchObject({ maintenanceMargin: "400", tier: 1 });
    engine.fill({ ...trade, amount: "1" });
    expect(engine.account("a").position("E")).toMatchObject({
      maintenanceMargin: "600.3",
      tier: 2,
      maintenanceMarginRate: "0.015",
    });
    engine.fill({ ...trade, side: "sell", amount: "1" });
    expect(engine.account("a").position("E").tier).toBe(1);
    expect(refusal(() => engine.fill({ ...trade, amount: "2001" })).code).toBe("OUT_OF_RANGE");
  });
});

describe("scan", () => {
  it("lists liquidatable scopes, deepest first where asked", () => {
    const engine = fundedEngine();
    engine.setPosition("one", position({ marginMode: "isolated", isolatedMargin: "500" }));
    engine.setPosition(
      "two",
      position({ side: "short", marginMode: "isolated", isolatedMargin: "500" }),
    );
    engine.setPosition(
      "two",
      position({
        symbol: ETH,
        contracts: "100",
        entryPrice: "2000",
        marginMode: "isolated",
        isolatedMargin: "2500",
      }),
    );
    expect(engine.scan().count).toBe(0);
    const before = engine.stateHash();
    const trial = engine.scanAt({ [BTC]: "49000", [ETH]: "1900" });
    expect(
      [...trial.lines()].map(({ account, symbol, equity }) => [account, symbol, equity]),
    ).toEqual(
      expect.arrayContaining([
        ["one", BTC, "-500"],
        ["two", ETH, "-7500"],
      ]),
    );
    expect(trial.deepest(1)).toEqual([
      {
        account: "two",
        scope: "isolated",
        settle: "USDT",
        symbol: ETH,
        side: "long",
        equity: "-7500",
        maintenanceMargin: "1900",
        clearance: "-9400",
        marginRatio: null,
      },
    ]);
    expect(trial.deepest(5).map(({ clearance }) => clearance)).toEqual(["-9400", "-696"]);
    expect(trial.notional()).toEqual({ USDT: "239000" });
    expect(engine.stateHash()).toBe(before);
    const foretold = [...trial.lines()];
    engine.setMarks({ [BTC]: "49000", [ETH]: "1900" });
    expect([...engine.scan().lines()]).toEqual(foretold);
    expect(refusal(() => engine.scanAt({ [BTC]: "0" })).code).toBe("OUT_OF_RANGE");
    expect(refusal(() => engine.scanAt({ nope: "1" })).code).toBe("UNKNOWN_SYMBOL");
  });

  it("counts what it holds", () => {
    const engine = fundedEngine();
    engine.setPosition("one", position({ contracts: "2" }));
    engine.setPosition("two", position({ side: "short", contracts: "0.5" }));
    engine.setPosition("two", position({ symbol: COIN, contracts: "500" }));
    expect(engine.stats()).toMatchObject({
      accounts: 2,
      positions: 3,
      notional: { USDT: "125000", BTC: "1" },
    });
  });
});

describe("setPosition", () => {
  it("replaces either side and mode in a one-way account, its own side in a hedged one", () => {
    const engine = fundedEngine();
    for (const account of ["one", "two"]) {
      engine.setPosition(account, position());
      engine.setPosition(
        account,
        position({ side: "short", contracts: "2", marginMode: "isolated", isolatedMargin: "9" }),
      );
    }
    expect(
      engine
        .account("one")
        .positions()
        .map(({ side }) => side),
    ).toEqual(["short"]);
    expect(
      engine
        .account("two")
        .positions()
        .map(({ side }) => side),
    ).toEqual(["long", "short"]);
    expect(engine.setPosition("one", position({ contracts: "0" }))).toMatchObject([
      { side: "short", contracts: "0" },
    ]);
    expect(engine.setPosition("one", position({ contracts: "0" }))).toEqual([]);
  });

  it("names the field at fault", () => {
    const engine = fundedEngine();
    const at = (change: Partial<PositionDefinition>) =>
      refusal(() => engine.setPosition("one", position(change)));
    const path = "setPosition.position";
    expect(at({ isolatedMargin: "1" })).toEqual({
      code: "MARGIN_MODE",
      path: `${path}.isolatedMargin`,
    });
    expect(at({ marginMode: "isolated" })).toEqual({
      code: "BAD_VALUE",
      path: `${path}.isolatedMargin`,
    });
    expect(at({ entryPrice: "0" })).toEqual({ code: "OUT_OF_RANGE", path: `${path}.entryPrice` });
    expect(at({ contracts: "1,5" })).toEqual({ code: "BAD_VALUE", path: `${path}.contracts` });
    expect(at({ contracts: "9007199254740.992" })).toEqual({
      code: "OUT_OF_RANGE",
      path: `${path}.contracts`,
    });
    expect(at({ contracts: "9007199254740.991" }).code).toBe("VALUE_OUT_OF_RANGE");
    expect(at({ symbol: "x" })).toEqual({ code: "UNKNOWN_SYMBOL", path: `${path}.symbol` });
  });
});

describe("books", () => {
  it("says where the first bad value stands", () => {
    const book = emptyEngine().toBook();
    const account = { id: "a", positions: [position()] };
    const at = (accounts: unknown[]): unknown => {
      try {
        RiskEngine.fromBook(JSON.parse(JSON.stringify({ ...book, accounts })));
      } catch (error) {
        if (!(error instanceof BookError)) throw error;
        return error.problems.map(({ code, path }) => ({ code, path }))[0];
      }
      return { code: "nothing thrown" };
    };
    expect(at([])).toMatchObject({ code: "nothing thrown" });
    expect(at([account, { id: "a" }])).toEqual({
      code: "DUPLICATE_ACCOUNT",
      path: "accounts[1].id",
    });
    expect(at([{ id: "__proto__" }, { id: "constructor" }])).toMatchObject({
      code: "nothing thrown",
    });
    expect(at([{ id: "" }])).toEqual({ code: "BAD_VALUE", path: "accounts[0].id" });
    expect(at([{ ...account, positions: [position(), position({ side: "short" })] }])).toEqual({
      code: "DUPLICATE_POSITION",
      path: "accounts[0].positions[1].symbol",
    });
    expect(at([{ id: "a", balances: { DOGE: "1" } }])).toEqual({
      code: "UNKNOWN_ASSET",
      path: 'accounts[0].balances["DOGE"]',
    });
    expect(at([{ id: "a", positions: [position({ entryPrice: "1e3" })] }])).toEqual({
      code: "BAD_VALUE",
      path: "accounts[0].positions[0].entryPrice",
    });
    const unknown = JSON.stringify({ ...book, profile: "nope" });
    expect(() => RiskEngine.fromBook(unknown)).toThrow(/book:1:\d+: profile unknown profile/);
  });

  it("the bulk door and the commands make the same state", () => {
    const engine = fundedEngine();
    engine.setPosition("one", position({ leverage: "7" }));
    engine.setPosition(
      "two",
      position({
        side: "short",
        contracts: "3.001",
        entryPrice: "48123.12345678",
        marginMode: "isolated",
        isolatedMargin: "777",
      }),
    );
    engine.setPosition(
      "two",
      position({ symbol: COIN, contracts: "12", entryPrice: "48123.12345678" }),
    );
    const sink = emptyEngine().bulkSink();
    for (const [id, hedged] of [
      ["one", false],
      ["two", true],
    ] as const) {
      const account = sink.openAccount(id, hedged);
      sink.setBalance(account, 0, 10_000_000_000_000);
      sink.setBalance(account, 1, 1_000_000_000n);
    }
    sink.addPosition(0, 0, 1_000, 5_000_000_000_000, false, 7_000, 0);
    sink.addPosition(1, 0, -3_001, 4_812_312_345_678, true, 0, 77_700_000_000);
    sink.addPosition(1, 2, 12, 4_812_312_345_678, false, 0, 0);
    expect(sink.engine.stateHash()).toBe(engine.stateHash());
    expect(refusal(() => sink.addPosition(1, 2, 1, 1, true, 0, 0)).code).toBe("DUPLICATE_POSITION");
    expect(refusal(() => sink.addPosition(1, 0, 2 ** 53, 1, true, 0, 0)).code).toBe("OUT_OF_RANGE");
    expect(refusal(() => sink.addPosition(0, 1, 1, 0, false, 0, 0)).code).toBe("OUT_OF_RANGE");
    expect(refusal(() => sink.openAccount("two", false)).code).toBe("DUPLICATE_ACCOUNT");
    sink.addPosition(1, 2, -1, 100, true, 0, 0);
  });
});

describe("definitions", () => {
  it("reduces the terms of a market and refuses what does not fit", () => {
    const one = { numerator: 1n, denominator: 1n };
    expect(priceTerms(false, one, { settle: 8, amount: 3, price: 8 }, "m")).toEqual({
      inverse: false,
      numerator: 1n,
      divisor: 1_000n,
    });
    const hundred = { numerator: 100n, denominator: 1n };
    expect(priceTerms(true, hundred, { settle: 8, amount: 0, price: 8 }, "m").numerator).toBe(
      10n ** 18n,
    );
    expect(
      refusal(() => priceTerms(false, one, { settle: 0, amount: 10, price: 9 }, "m")).code,
    ).toBe("OUT_OF_RANGE");
  });

  it("refuses duplicates and unknown names", () => {
    const engine = emptyEngine();
    expect(refusal(() => engine.addAsset({ code: "USDT" }))).toEqual({
      code: "DUPLICATE_ASSET",
      path: "addAsset.asset.code",
    });
    expect(refusal(() => engine.addMarket(LINEAR)).code).toBe("DUPLICATE_SYMBOL");
    expect(refusal(() => engine.addMarket({ ...LINEAR, symbol: "Y", settle: "X" })).code).toBe(
      "UNKNOWN_ASSET",
    );
    expect(refusal(() => engine.addMarket({ ...LINEAR, symbol: "Y", tiers: [] })).code).toBe(
      "BAD_TIERS",
    );
    expect(refusal(() => engine.setMarks({ [BTC]: "1", nope: "1" })).code).toBe("UNKNOWN_SYMBOL");
    expect(engine.mark(BTC)).toBe("50000");
    expect(refusal(() => engine.apply({ type: "explode" } as unknown as Command)).code).toBe(
      "UNKNOWN_COMMAND",
    );
    expect(refusal(() => resolveProfile({ triggerInclusiv: true } as object)).code).toBe(
      "BAD_VALUE",
    );
  });

  it("an inclusive profile liquidates at equality", () => {
    for (const [profile, count] of [
      ["hyperliquid", 0],
      ["binance", 1],
    ] as const) {
      const engine = fundedEngine(profile);
      engine.setPosition("one", position({ marginMode: "isolated", isolatedMargin: "200" }));
      expect(engine.scan().count).toBe(count);
    }
  });
});
