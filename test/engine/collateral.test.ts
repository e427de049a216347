// Coins as collateral: what a balance counts at the edges of its tiers, what is refused, and that views tell of balances, never of
// the legs that stand for them.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { AssetDefinition, Command, PositionDefinition } from "../../src/types.ts";
import { BTC_COIN, coinEngine, equityOf, pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, COIN } from "./fixtures.ts";

function counted(balance: string): string | undefined {
  const engine = pledgedEngine({ BTC: balance });
  return engine.account("a").collateral()[0]?.counted;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

/** Refuses with the code and leaves the state as it was. */
function expectRefused(engine: RiskEngine, command: Command, code: string): void {
  const before = engine.stateHash();
  expect([command.type, codeOf(() => engine.apply(command))]).toEqual([command.type, code]);
  expect(engine.stateHash()).toBe(before);
  expect(engine.audit().USDT?.difference).toBe("0");
  expect(engine.audit().BTC?.difference).toBe("0");
}

const LONG: PositionDefinition = {
  symbol: BTC,
  side: "long",
  contracts: "1",
  entryPrice: "50000",
  marginMode: "cross",
};

/** What 10^17 + 0.5 coins at 7 count in a first tier and one of ratio 0, in whole units. */
function dust([cap, first]: [string, string], maxQuantity: string | null, ratio: string): string {
  const engine = new RiskEngine();
  engine.addAsset({ code: "U", decimals: 0 });
  const tiers = [
    { maxQuantity: cap, ratio: first },
    { maxQuantity, ratio },
  ];
  engine.addAsset({ code: "C", decimals: 1, collateral: { settle: "U", tiers } });
  engine.setIndexPrices({ C: "7" });
  engine.openAccount("a");
  engine.setMultiAsset("a", true);
  engine.deposit("a", "C", "100000000000000000.5");
  expect(engine.account("a").collateral()[0]?.value).toBe("700000000000000003");
  return engine.account("a").collateral()[0]?.counted ?? "";
}

describe("what a coin counts", () => {
  it.each([
    ["0.00000001", "0.000475"],
    ["2", "95000"],
    ["2.00000001", "95000.00045"],
    ["1.99999999", "94999.999525"],
    ["10", "455000"],
    ["10.00000001", "455000.00025"],
    ["20", "705000"],
    ["20.00000001", "705000"],
    ["1000", "705000"],
    ["-1", "-55000"],
    ["-0.00000001", "-0.00055"],
  ])("%s BTC at 50,000 count %s", (balance, expected) => {
    expect(counted(balance)).toBe(expected);
  });

  it("tells value, haircut and prices, and leaves the wallet's own view to balances", () => {
    const engine = pledgedEngine({ BTC: "25", ETH: "-3" });
    const view = engine.account("a");
    expect(view.collateral()).toEqual([
      {
        asset: "BTC",
        settle: "USDT",
        balance: "25",
        indexPrice: "50000",
        value: "1250000",
        haircut: "545000",
        counted: "705000",
        liquidationPrice: { down: null, up: null },
      },
      {
        asset: "ETH",
        settle: "USDT",
        balance: "-3",
        indexPrice: "2000",
        value: "-6000",
        haircut: "0",
        counted: "-6000",
        liquidationPrice: { down: null, up: null },
      },
    ]);
    expect(view.balances()).toEqual({ USDT: "1000", BTC: "25", ETH: "-3" });
    expect(view.positions()).toEqual([]);
    expect(view.scopes().map(({ settle, equity }) => [settle, equity])).toEqual([
      ["USDT", "700000"],
    ]);
    expect(view.report().balances).toEqual(view.balances());
    expect(view.report().scopes).toEqual(view.scopes());
    expect(view.multiAsset).toBe(true);
    expect(engine.stats()).toMatchObject({ positions: 0, notional: {} });
  });

  it("rounds value down and haircut up, per tier", () => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "U", decimals: 0 });
    const tiers = [{ maxQuantity: "1", ratio: "0.5" }, { ratio: "0.25" }];
    engine.addAsset({
      code: "C",
      decimals: 1,
      collateral: { settle: "U", tiers, priceDecimals: 0 },
    });
    engine.setIndexPrices({ C: "7" });
    engine.openAccount("a");
    engine.setMultiAsset("a", true);
    engine.deposit("a", "C", "1.5");
    // 1 at 7: 7 − ⌈3.5⌉ = 3. 0.5 at 7 = 3.5: 3 − ⌈2.625⌉ = 0.
    expect(engine.account("a").collateral()[0]).toMatchObject({
      value: "10",
      haircut: "7",
      counted: "3",
    });
    // Above the cap of a last tier of ratio 0 nothing counts, nor is anything lost to rounding, whatever the size.
    expect(dust(["1", "0.5"], null, "0")).toBe("3");
    expect(dust(["1", "0.5"], "100", "0")).toBe("3");
    engine.setBalance("a", "C", "-0.5");
    // −3.5 → −4, and nothing more at the weight of 1.
    expect(engine.account("a").collateral()[0]).toMatchObject({ value: "-4", counted: "-4" });
  });

  it("follows the index price, not the mark of any market", () => {
    const engine = pledgedEngine({ BTC: "1" });
    engine.setMarks({ [BTC]: "10000", [COIN]: "10000" });
    expect(equityOf(engine)).toBe("48500");
    engine.setIndexPrices({ BTC: "10000" });
    expect(equityOf(engine)).toBe("10500");
    expect(engine.indexPrice("BTC")).toBe("10000");
    expect(engine.indexPrice("USDT")).toBeNull();
  });
});

describe("risk with coins", () => {
  /** Long 1 BTC from 50,000 with 1,000 USDT and 0.1 BTC (counting 4,750): margin 5,750, requirement 0.5 % less 50. */
  function leveraged(): RiskEngine {
    const engine = pledgedEngine({ BTC: "0.1" });
    engine.fill({
      account: "a",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
    });
    return engine;
  }

  it("moves liquidation prices: coins held still, and the coin's own price", () => {
    const engine = leveraged();
    const { down, up } = engine.account("a").position(BTC).liquidationPrice;
    expect(up).toBeNull();
    expect(engine.scan().count).toBe(0);
    engine.setMarks({ [BTC]: down ?? "0" });
    expect(engine.scan().count).toBe(1);
    const [line] = [...engine.scan().lines()];
    expect(line).toMatchObject({ account: "a", scope: "cross", settle: "USDT", symbol: null });
    engine.setMarks({ [BTC]: (Number(down) + 0.00000001).toFixed(8) });
    expect(engine.scan().count).toBe(0);
    engine.setMarks({ [BTC]: "45000" });
    const coin = engine.account("a").collateral()[0]?.liquidationPrice.down;
    expect(coin).not.toBeNull();
    engine.setIndexPrices({ BTC: coin ?? "0" });
    expect(engine.scan().count).toBe(1);
    engine.setIndexPrices({ BTC: (Number(coin) + 0.01).toFixed(2) });
    expect(engine.scan().count).toBe(0);
  });

  it("a scan names the scope that the coins back, and counts no coin as a position", () => {
    const engine = leveraged();
    engine.setIndexPrices({ BTC: "0.01" });
    engine.setMarks({ [BTC]: "49100" });
    const scan = engine.scan();
    expect(scan.count).toBe(1);
    expect(scan.notional()).toEqual({ USDT: "49100" });
    expect(engine.stats()).toMatchObject({ positions: 1, notional: { USDT: "49100" } });
    expect(engine.scanAt({ [BTC]: "52000" }).count).toBe(0);
  });

  it("a coin alone is never liquidatable, however much is owed", () => {
    const engine = pledgedEngine({ BTC: "-1000" });
    expect(engine.scan().count).toBe(0);
    expect(engine.crossScope("a", "USDT").view()).toMatchObject({
      maintenanceMargin: "0",
      liquidatable: false,
    });
  });

  it("carries orders and lets unrealised losses reach the coins", () => {
    const engine = leveraged();
    expectRefused(
      engine,
      { type: "withdraw", account: "a", asset: "BTC", amount: "0.1" },
      "INSUFFICIENT_FUNDS",
    );
    engine.fill({ account: "a", symbol: BTC, side: "sell", amount: "1", price: "46000" });
    expect(engine.account("a").balances()).toEqual({ USDT: "-3000", BTC: "0.1" });
    expect(equityOf(engine)).toBe("1750");
    // Equity is there, but the wallet is not: the unit itself cannot leave.
    expectRefused(
      engine,
      { type: "withdraw", account: "a", asset: "USDT", amount: "0.00000001" },
      "INSUFFICIENT_FUNDS",
    );
  });
});

describe("moving coins", () => {
  it("a withdrawal stops at the last unit that the scope can spare", () => {
    const engine = pledgedEngine({ BTC: "1" });
    engine.fill({
      account: "a",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
    });
    // Initial margin 2,500, wallet 1,000: 1,500 must be counted, 0.0315789… BTC at 0.95 · 50,000.
    const amount = "0.96842105";
    expect(codeOf(() => engine.withdraw("a", "BTC", "0.96842106"))).toBe("INSUFFICIENT_FUNDS");
    expect(engine.withdraw("a", "BTC", amount)).toEqual([
      {
        type: "balanceChanged",
        account: "a",
        asset: "BTC",
        balance: "0.03157895",
        change: `-${amount}`,
      },
    ]);
    expectRefused(
      engine,
      { type: "withdraw", account: "a", asset: "BTC", amount: "0.00000001" },
      "INSUFFICIENT_FUNDS",
    );
  });

  it("never withdraws more coins than there are, whatever the scope could carry", () => {
    const engine = pledgedEngine({ BTC: "1", ETH: "100" });
    expectRefused(
      engine,
      { type: "withdraw", account: "a", asset: "BTC", amount: "1.00000001" },
      "INSUFFICIENT_FUNDS",
    );
    engine.withdraw("a", "BTC", "1");
    expect(engine.account("a").balances()).toEqual({ USDT: "1000", BTC: "0", ETH: "100" });
  });

  it("a deposit pays a debt back and goes on from there", () => {
    const engine = pledgedEngine({ BTC: "-0.5" });
    expect(equityOf(engine)).toBe("-26500");
    engine.deposit("a", "BTC", "0.5");
    expect(equityOf(engine)).toBe("1000");
    engine.deposit("a", "BTC", "3");
    expect(equityOf(engine)).toBe("141000");
  });

  it("refuses more than a leg holds, except where it counts nothing", () => {
    const engine = pledgedEngine({});
    engine.setIndexPrices({ ETH: "1" });
    const most = "90071992.54740991";
    expect(codeOf(() => engine.setBalance("a", "ETH", most))).toBe("accepted");
    expectRefused(
      engine,
      { type: "setBalance", account: "a", asset: "ETH", amount: "90071992.54740992" },
      "OUT_OF_RANGE",
    );
    expectRefused(
      engine,
      { type: "setBalance", account: "a", asset: "BTC", amount: "-90071992.54740992" },
      "OUT_OF_RANGE",
    );
    engine.setBalance("a", "BTC", "92233720368.54775807");
    expect(engine.account("a").collateral()[0]?.counted).toBe("705000");
  });

  it("refuses figures that do not fit and leaves legs and ledger as they were", () => {
    const engine = pledgedEngine({ ETH: "10" });
    engine.setIndexPrices({ ETH: "90000000" });
    expectRefused(
      engine,
      { type: "deposit", account: "a", asset: "ETH", amount: "90000000" },
      "VALUE_OUT_OF_RANGE",
    );
    expect(engine.account("a").collateral()[0]?.balance).toBe("10");
  });
});

describe("setMultiAsset", () => {
  it("moves every coin in, and out again to the same state", () => {
    const engine = coinEngine();
    engine.openAccount("a", { hedged: true });
    engine.deposit("a", "BTC", "12");
    engine.deposit("a", "ETH", "5");
    const before = engine.stateHash();
    expect(engine.account("a").scopes()).toHaveLength(2);
    expect(engine.setMultiAsset("a", true)).toEqual([
      { type: "multiAssetSet", account: "a", enabled: true },
    ]);
    expect(engine.stateHash()).not.toBe(before);
    expect(equityOf(engine)).toBe("513000");
    expect(codeOf(() => engine.crossScope("a", "BTC"))).toBe("NO_POSITION");
    engine.setMultiAsset("a", false);
    expect(engine.stateHash()).toBe(before);
    expect(engine.crossScope("a", "BTC").view().equity).toBe("12");
    expect(engine.account("a").collateral()).toEqual([]);
  });

  it("a handle taken before sees that the wallet is no scope any more", () => {
    const engine = coinEngine();
    engine.openAccount("a");
    engine.deposit("a", "BTC", "1");
    const scope = engine.crossScope("a", "BTC");
    expect(scope.figures().equity).toBe(100_000_000n);
    engine.setMultiAsset("a", true);
    expect(codeOf(() => scope.figures())).toBe("NO_POSITION");
    engine.setMultiAsset("a", false);
    expect(scope.figures().equity).toBe(100_000_000n);
  });

  it("refuses what contradicts it", () => {
    const engine = coinEngine();
    engine.openAccount("a");
    const on: Command = { type: "setMultiAsset", account: "a", enabled: true };
    const off: Command = { type: "setMultiAsset", account: "a", enabled: false };
    expectRefused(engine, off, "ALREADY_SET");
    expectRefused(engine, { ...on, account: "nobody" }, "UNKNOWN_ACCOUNT");
    expectRefused(engine, { ...on, enabled: 1 as unknown as boolean }, "BAD_VALUE");
    engine.deposit("a", "BTC", "10");
    engine.fill({ account: "a", symbol: COIN, side: "buy", amount: "10", price: "50000" });
    expectRefused(engine, on, "MULTI_ASSET");
    engine.fill({ account: "a", symbol: COIN, side: "sell", amount: "10", price: "50000" });
    const order = { id: "1", symbol: COIN, side: "buy", amount: "1", price: "40000" } as const;
    engine.placeOrder("a", order);
    expectRefused(engine, on, "MULTI_ASSET");
    engine.cancelOrder("a", "1");
    engine.apply(on);
    expectRefused(engine, { type: "placeOrder", account: "a", order }, "MULTI_ASSET");
    const fill = { account: "a", symbol: COIN, side: "buy", amount: "1", price: "50000" } as const;
    expectRefused(engine, { type: "fill", ...fill }, "MULTI_ASSET");
    expectRefused(engine, on, "ALREADY_SET");
    expectRefused(
      engine,
      {
        type: "setPosition",
        account: "a",
        position: { ...LONG, symbol: COIN, contracts: "10" },
      },
      "MULTI_ASSET",
    );
    expectRefused(engine, { type: "closeAccount", account: "a" }, "ACCOUNT_NOT_EMPTY");
  });

  it("needs an index price of every coin held, and of none that is not", () => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    engine.addAsset(BTC_COIN);
    engine.openAccount("a");
    engine.setMultiAsset("a", true);
    const deposit: Command = { type: "deposit", account: "a", asset: "BTC", amount: "1" };
    expectRefused(engine, deposit, "NO_MARK");
    engine.setMultiAsset("a", false);
    engine.apply(deposit);
    expectRefused(engine, { type: "setMultiAsset", account: "a", enabled: true }, "NO_MARK");
    engine.setIndexPrices({ BTC: 1 });
    engine.setMultiAsset("a", true);
    expect(equityOf(engine)).toBe("0.95");
  });

  it("keeps coins that positions lean on, coins that are owed, and what owed coins would sink", () => {
    const engine = pledgedEngine({ BTC: "1" });
    const off: Command = { type: "setMultiAsset", account: "a", enabled: false };
    engine.fill({
      account: "a",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
    });
    expectRefused(engine, off, "INSUFFICIENT_FUNDS");
    engine.deposit("a", "USDT", "1499.99999999");
    expectRefused(engine, off, "INSUFFICIENT_FUNDS");
    engine.deposit("a", "USDT", "0.00000001");
    engine.apply(off);
    engine.setBalance("a", "BTC", "-0.1");
    const on: Command = { type: "setMultiAsset", account: "a", enabled: true };
    expectRefused(engine, on, "WOULD_LIQUIDATE");
    engine.setBalance("a", "BTC", "-0.01");
    engine.apply(on);
    expectRefused(engine, off, "INSUFFICIENT_FUNDS");
  });

  it("excludes isolated positions where the profile says so", () => {
    const isolated: PositionDefinition = {
      ...LONG,
      marginMode: "isolated",
      isolatedMargin: "5000",
    };
    const command: Command = { type: "setPosition", account: "a", position: isolated };
    expectRefused(pledgedEngine({}, "binance"), command, "MULTI_ASSET");
    const engine = coinEngine("binance");
    engine.openAccount("a");
    engine.apply(command);
    expectRefused(engine, { type: "setMultiAsset", account: "a", enabled: true }, "MULTI_ASSET");
    expect(codeOf(() => pledgedEngine({}).apply(command))).toBe("accepted");
    const isolate = { symbol: BTC, side: "buy", amount: "0.01", price: "50000" } as const;
    expectRefused(
      pledgedEngine({}, "binance"),
      { type: "fill", account: "a", ...isolate, marginMode: "isolated", leverage: "10" },
      "MULTI_ASSET",
    );
  });

  it("goes with the account: its index serves the next one without it", () => {
    const engine = pledgedEngine({ BTC: "1" });
    engine.withdraw("a", "BTC", "1");
    engine.withdraw("a", "USDT", "1000");
    engine.closeAccount("a");
    engine.openAccount("b");
    engine.deposit("b", "BTC", "1");
    expect(engine.account("b").multiAsset).toBe(false);
    expect(engine.crossScope("b", "BTC").view().equity).toBe("1");
  });
});

describe("definitions and index prices", () => {
  const coin = (
    collateral: Partial<NonNullable<AssetDefinition["collateral"]>>,
  ): AssetDefinition => ({
    code: "X",
    decimals: 2,
    collateral: { settle: "USDT", tiers: [{ ratio: "1" }], ...collateral },
  });

  it.each([
    [{ settle: "X" }, "BAD_VALUE"],
    [{ settle: "NONE" }, "UNKNOWN_ASSET"],
    [{ settle: "BTC" }, "BAD_VALUE"],
    [{ tiers: [] }, "BAD_TIERS"],
    [{ tiers: [{ ratio: "1.000000001" }] }, "OUT_OF_RANGE"],
    [{ tiers: [{ ratio: "-0.1" }] }, "OUT_OF_RANGE"],
    [{ tiers: [{ ratio: "0.1234567891" }] }, "TOO_MANY_DECIMALS"],
    [{ tiers: [{ ratio: "0.9" }, { ratio: "0.8" }] }, "BAD_TIERS"],
    [
      {
        tiers: [
          { maxQuantity: "2", ratio: "0.9" },
          { maxQuantity: "2", ratio: "0.8" },
        ],
      },
      "BAD_TIERS",
    ],
    [{ tiers: [{ maxQuantity: "0", ratio: "0.9" }] }, "OUT_OF_RANGE"],
    [{ tiers: [{ maxQuantity: "0.001", ratio: "0.9" }] }, "TOO_MANY_DECIMALS"],
    [{ liabilityWeight: "0.999" }, "OUT_OF_RANGE"],
    [{ liabilityWeight: "2.001" }, "OUT_OF_RANGE"],
    [{ priceDecimals: 19 }, "BAD_VALUE"],
    [{ tiers: null as unknown as [] }, "BAD_TIERS"],
    [{ liabilityWeight: "2", priceDecimals: 0, tiers: [{ ratio: 0 }] }, "accepted"],
  ])("%j: %s", (collateral, code) => {
    const engine = coinEngine();
    const before = engine.stateHash();
    expect(codeOf(() => engine.addAsset(coin(collateral)))).toBe(code);
    if (code !== "accepted") expect(engine.stateHash()).toBe(before);
  });

  it("sets all index prices or none", () => {
    const engine = pledgedEngine({ BTC: "1" });
    const set = (prices: Record<string, string>): Command => ({ type: "setIndexPrices", prices });
    expectRefused(engine, set({ BTC: "40000", ETH: "0" }), "OUT_OF_RANGE");
    expectRefused(engine, set({ BTC: "-1" }), "OUT_OF_RANGE");
    expectRefused(engine, set({ BTC: "40000", NONE: "1" }), "UNKNOWN_ASSET");
    expectRefused(engine, set({ BTC: "40000", USDT: "1" }), "BAD_VALUE");
    expectRefused(engine, set({ BTC: "0.001" }), "TOO_MANY_DECIMALS");
    expectRefused(engine, { type: "setIndexPrices", prices: [] as never }, "BAD_VALUE");
    expect(engine.setIndexPrices({ BTC: "40000", ETH: "1" })).toEqual([
      { type: "indexPricesSet", count: 2 },
    ]);
    expect(equityOf(engine)).toBe("39000");
  });

  it("keeps its definition from later changes of the caller's object", () => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    const tiers = [{ maxQuantity: 300n, ratio: "0.5" }];
    engine.addAsset(coin({ tiers }));
    tiers[0] = { maxQuantity: 1n, ratio: "0" };
    expect(engine.toBook().assets[1]?.collateral?.tiers).toEqual([
      { maxQuantity: "3", ratio: "0.5" },
    ]);
  });
});
