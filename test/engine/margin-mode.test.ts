// setMarginMode: both directions, every policy and knob, the partial close that makes a position fit, and what is refused.
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { MarginMode, Profile, SetMarginModeCommand } from "../../src/types.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";
import { codes, crossLong, isolate, isolatedLong, join } from "./margin-fixtures.ts";

function modes(engine: RiskEngine, account = "one"): MarginMode[] {
  return engine
    .account(account)
    .positions()
    .map(({ marginMode }) => marginMode);
}

describe("convertIfSafe", () => {
  it("takes the margin at entry out of the wallet, and brings it back", () => {
    const engine = crossLong();
    expect(isolate(engine)).toEqual([
      {
        type: "positionSwitched",
        account: "one",
        symbol: BTC,
        side: "long",
        marginMode: "isolated",
        transfer: "10000",
      },
      { type: "marginModeSet", account: "one", symbol: BTC, marginMode: "isolated" },
      { type: "balanceChanged", account: "one", asset: "USDT", balance: "90000", change: "-10000" },
    ]);
    expect(engine.account("one").position(BTC)).toMatchObject({
      marginMode: "isolated",
      isolatedMargin: "10000",
      leverage: "10",
    });
    engine.addMargin("one", BTC, "5");
    expect(join(engine)).toEqual([
      {
        type: "positionSwitched",
        account: "one",
        symbol: BTC,
        side: "long",
        marginMode: "cross",
        transfer: "-10005",
      },
      { type: "marginModeSet", account: "one", symbol: BTC, marginMode: "cross" },
      { type: "balanceChanged", account: "one", asset: "USDT", balance: "100000", change: "10005" },
    ]);
  });

  it("safe: a loss is made up for, a profit leaves the margin at entry", () => {
    const losing = crossLong();
    losing.setMarks({ [BTC]: "48000" });
    // 9,600 of initial margin at the mark and 4,000 of loss.
    expect(isolate(losing)[0]).toMatchObject({ transfer: "13600" });
    expect(losing.isolatedScope("one", BTC, "long").figures().equity).toBe(960_000_000_000n);
    const winning = crossLong();
    winning.setMarks({ [BTC]: "60000" });
    expect(isolate(winning)[0]).toMatchObject({ transfer: "10000" });
  });

  it("entry: the margin at entry alone, if it is above the bracket's initial margin and stands", () => {
    const losing = crossLong("100000", { modeSwitchMargin: "entry" });
    losing.setMarks({ [BTC]: "48000" });
    expect(isolate(losing)[0]).toMatchObject({ transfer: "10000" });
    // At 45,100 equity is 200 of margin 10,000; the requirement is 401.
    const sick = crossLong("100000", { modeSwitchMargin: "entry" });
    sick.setMarks({ [BTC]: "45100" });
    expect(codes(() => isolate(sick))).toEqual(["WOULD_LIQUIDATE"]);
    // 100x in the bracket: a margin of 1,000 is not above 1,000 (at entry), but above 999.99.
    const edge = fundedEngine({ modeSwitchMargin: "entry" });
    edge.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "2",
      price: "50000",
      leverage: "100",
    });
    expect(codes(() => isolate(edge))).toEqual(["BELOW_INITIAL_MARGIN"]);
    edge.setMarks({ [BTC]: "49999.9" });
    isolate(edge);
    expect(edge.account("one").position(BTC).isolatedMargin).toBe("1000");
  });

  it("asks the wallet first, then the cross scope that is left", () => {
    expect(
      codes(
        () => isolate(crossLong("9999.99999999")),
        () => isolate(crossLong("10000")),
      ),
    ).toEqual(["INSUFFICIENT_FUNDS", "accepted"]);
    const beside = (wallet: string): RiskEngine => {
      const engine = crossLong();
      engine.fill({
        account: "one",
        symbol: ETH,
        side: "sell",
        amount: "50",
        price: "2000",
        leverage: "10",
      });
      engine.setBalance("one", "USDT", wallet);
      return engine;
    };
    expect(
      codes(
        () => isolate(beside("19999.99999999")),
        () => isolate(beside("20000")),
      ),
    ).toEqual(["INSUFFICIENT_CROSS", "accepted"]);
  });

  it("to cross: the pool must hold its initial margin, unless the profile never refuses", () => {
    const sick = (profile?: Profile): RiskEngine => {
      const engine = isolatedLong(profile);
      engine.setBalance("one", "USDT", "0");
      // Equity 4,999.99999999 of 5,000.
      engine.setPosition("one", {
        symbol: BTC,
        side: "long",
        contracts: "1",
        entryPrice: "50000",
        marginMode: "isolated",
        leverage: "10",
        isolatedMargin: "4999.99999999",
      });
      return engine;
    };
    expect(
      codes(
        () => join(sick()),
        () => join(sick({ modeSwitchToCross: "always" })),
      ),
    ).toEqual(["INSUFFICIENT_CROSS", "accepted"]);
    const engine = sick();
    engine.setBalance("one", "USDT", "0.00000001");
    join(engine);
  });

  it("a margin that funding left negative goes back into the wallet as it is", () => {
    const engine = fundedEngine();
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "40000",
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: "-12.5",
    });
    expect(join(engine).at(-1)).toMatchObject({ balance: "99987.5", change: "-12.5" });
  });

  it("leverage: stated with the switch, the position's, the setting's; none is refused", () => {
    const imported = (): RiskEngine => {
      const engine = fundedEngine();
      engine.setPosition("one", {
        symbol: BTC,
        side: "long",
        contracts: "1",
        entryPrice: "50000",
        marginMode: "cross",
      });
      return engine;
    };
    expect(codes(() => isolate(imported()))).toEqual(["BAD_VALUE"]);
    const set = fundedEngine();
    set.setLeverage("one", BTC, "20");
    set.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "cross",
    });
    expect(isolate(set).map(({ type }) => type)).toEqual([
      "positionSwitched",
      "marginModeSet",
      "leverageSet",
      "balanceChanged",
    ]);
    expect(set.account("one").position(BTC)).toMatchObject({
      leverage: "20",
      isolatedMargin: "2500",
    });
    const stated = crossLong();
    expect(isolate(stated, { symbol: BTC, leverage: "25" })).toMatchObject([
      { type: "positionSwitched", transfer: "4000" },
      { type: "marginModeSet" },
      { type: "leverageSet", side: "long", leverage: "25" },
      { type: "leverageSet", side: "short", leverage: "25" },
      { type: "balanceChanged", change: "-4000" },
    ]);
  });

  it("caps of the mode it turns to apply", () => {
    const engine = fundedEngine();
    const trade = {
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "0.1",
      price: "50000",
    } as const;
    engine.fill({ ...trade, marginMode: "isolated", leverage: "125" });
    expect(
      codes(
        () => join(engine),
        () => join(engine, { symbol: BTC, leverage: "100" }),
      ),
    ).toEqual(["OUT_OF_RANGE", "accepted"]);
    expect(codes(() => isolate(engine, { symbol: BTC, leverage: "126" }))).toEqual([
      "OUT_OF_RANGE",
    ]);
  });

  it("hedged: both sides or one, all or none", () => {
    const engine = fundedEngine();
    const trade = {
      account: "two",
      symbol: BTC,
      amount: "1",
      price: "50000",
      leverage: "10",
    } as const;
    engine.fill({ ...trade, side: "buy", positionSide: "long" });
    engine.fill({ ...trade, side: "sell", positionSide: "short" });
    const both = { account: "two", symbol: BTC, marginMode: "isolated" } as const;
    engine.setMarginMode({ ...both, side: "short" });
    expect(modes(engine, "two").sort()).toEqual(["cross", "isolated"]);
    expect(codes(() => engine.setMarginMode({ ...both, side: "short" }))).toEqual(["ALREADY_SET"]);
    expect(
      engine.setMarginMode(both).filter(({ type }) => type === "positionSwitched"),
    ).toHaveLength(1);
    engine.setMarginMode({ ...both, marginMode: "cross" });
    engine.setBalance("two", "USDT", "9999");
    const before = engine.stateHash();
    expect(
      codes(
        () => engine.setMarginMode(both),
        () => engine.setMarginMode({ ...both, side: "long" }),
      ),
    ).toEqual(["INSUFFICIENT_FUNDS", "INSUFFICIENT_CROSS"]);
    expect(engine.stateHash()).toBe(before);
  });

  it("coin-margined positions take coin", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: COIN,
      side: "buy",
      amount: "1000",
      price: "50000",
      leverage: "10",
    });
    expect(isolate(engine, { symbol: COIN })).toMatchObject([
      { transfer: "0.2" },
      {},
      { asset: "BTC", balance: "9.8" },
    ]);
  });
});

describe("without a position", () => {
  it("the choice is kept for the market, and taken by the next trade", () => {
    const engine = fundedEngine();
    expect(isolate(engine, { symbol: BTC, leverage: "10" })).toEqual([
      { type: "marginModeSet", account: "one", symbol: BTC, marginMode: "isolated" },
      { type: "leverageSet", account: "one", symbol: BTC, side: "long", leverage: "10" },
      { type: "leverageSet", account: "one", symbol: BTC, side: "short", leverage: "10" },
    ]);
    engine.fill({ account: "one", symbol: BTC, side: "buy", amount: "1", price: "50000" });
    engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "1", price: "2000" });
    expect(engine.account("one").position(BTC)).toMatchObject({
      marginMode: "isolated",
      isolatedMargin: "5000",
    });
    expect(engine.account("one").position(ETH).marginMode).toBe("cross");
  });

  it("every policy but accountWide keeps it; to the mode it is in is refused", () => {
    for (const policy of [
      "convertIfSafe",
      "reduceToFit",
      "refuseWithPosition",
      "transferOnly",
    ] as const) {
      const engine = fundedEngine();
      const change = { symbol: BTC, policy };
      expect(
        codes(
          () => join(engine, change),
          () => isolate(engine, change),
          () => isolate(engine, change),
          () => join(engine, change),
        ),
      ).toEqual(["ALREADY_SET", "accepted", "ALREADY_SET", "accepted"]);
    }
  });
});

describe("policies with a position", () => {
  it("refuseWithPosition and transferOnly name what to do; the knob chooses, the command overrides", () => {
    for (const [policy, code] of [
      ["refuseWithPosition", "POSITION_OPEN"],
      ["transferOnly", "TRANSFER_ONLY"],
    ] as const) {
      const engine = crossLong("100000", { modeSwitch: policy });
      expect(
        codes(
          () => isolate(engine),
          () => isolate(engine, { symbol: BTC, policy: "convertIfSafe" }),
        ),
      ).toEqual([code, "accepted"]);
      expect(codes(() => join(engine))).toEqual([code]);
    }
  });

  it("open orders stand in the way, before a position does, unless carried", () => {
    for (const policy of [
      "convertIfSafe",
      "refuseWithPosition",
      "transferOnly",
      "reduceToFit",
    ] as const) {
      const engine = crossLong();
      engine.placeOrder("one", { id: "o", symbol: BTC, side: "buy", amount: "1", price: "50000" });
      expect(codes(() => isolate(engine, { symbol: BTC, policy }))).toEqual(["ORDERS_OPEN"]);
    }
    const engine = crossLong("15000");
    engine.placeOrder("one", { id: "o", symbol: BTC, side: "buy", amount: "1", price: "50000" });
    // 10,000 go into the position, 5,000 stay reserved for the order.
    isolate(engine, { symbol: BTC, carryOrders: true });
    expect(engine.account("one").reserved("USDT")).toBe("5000");
    const short = crossLong("15000");
    short.placeOrder("one", { id: "o", symbol: BTC, side: "buy", amount: "1", price: "50000" });
    short.setBalance("one", "USDT", "14999.99999999");
    expect(codes(() => isolate(short, { symbol: BTC, carryOrders: true }))).toEqual([
      "INSUFFICIENT_CROSS",
    ]);
  });

  it("carried orders count at a leverage stated with the switch", () => {
    const engine = fundedEngine();
    engine.setLeverage("one", BTC, "10");
    engine.placeOrder("one", { id: "o", symbol: BTC, side: "buy", amount: "4", price: "50000" });
    const change = { symbol: BTC, carryOrders: true };
    expect(codes(() => isolate(engine, { ...change, leverage: "1.999" }))).toEqual([
      "INSUFFICIENT_CROSS",
    ]);
    isolate(engine, { ...change, leverage: "2" });
    expect(engine.account("one").reserved("USDT")).toBe("100000");
  });

  it("accountWide converts every position in market order, all or none, and keeps the mode for every market", () => {
    const engine = crossLong("100000", { modeSwitch: "accountWide" });
    engine.fill({
      account: "one",
      symbol: COIN,
      side: "sell",
      amount: "1000",
      price: "50000",
      leverage: "10",
    });
    engine.fill({
      account: "one",
      symbol: ETH,
      side: "sell",
      amount: "50",
      price: "2000",
      leverage: "10",
    });
    expect(
      codes(
        () => isolate(engine),
        () => engine.setMarginMode({ account: "two", marginMode: "isolated", side: "long" }),
      ),
    ).toEqual(["ACCOUNT_WIDE", "BAD_VALUE"]);
    const events = isolate(engine, {});
    expect(events).toMatchObject([
      { type: "positionSwitched", symbol: BTC, transfer: "10000" },
      { type: "positionSwitched", symbol: ETH, transfer: "10000" },
      { type: "positionSwitched", symbol: COIN, transfer: "0.2" },
      { type: "marginModeSet", symbol: null, marginMode: "isolated" },
      { asset: "USDT", change: "-20000" },
      { asset: "BTC", change: "-0.2" },
    ]);
    expect(codes(() => isolate(engine, {}))).toEqual(["ALREADY_SET"]);
    join(engine, {});
    expect(modes(engine)).toEqual(["cross", "cross", "cross"]);
    engine.setBalance("one", "USDT", "19999.99999999");
    const before = engine.stateHash();
    expect(codes(() => isolate(engine, {}))).toEqual(["INSUFFICIENT_FUNDS"]);
    expect(engine.stateHash()).toBe(before);
    const empty = fundedEngine("bybit");
    isolate(empty, {});
    empty.fill({
      account: "one",
      symbol: ETH,
      side: "buy",
      amount: "1",
      price: "2000",
      leverage: "10",
    });
    expect(modes(empty)).toEqual(["isolated"]);
  });

  it("accountWide: one mode for all, whatever single markets had chosen", () => {
    const engine = fundedEngine();
    isolate(engine, { symbol: BTC });
    expect(
      codes(
        () => join(engine, { policy: "accountWide" }),
        () => join(engine, { policy: "accountWide" }),
      ),
    ).toEqual(["accepted", "ALREADY_SET"]);
    expect(codes(() => join(engine, { symbol: BTC }))).toEqual(["ALREADY_SET"]);
    isolate(engine, { policy: "accountWide" });
    expect(
      codes(
        () => isolate(engine, { symbol: BTC }),
        () => join(engine, { symbol: BTC }),
      ),
    ).toEqual(["ALREADY_SET", "accepted"]);
  });

  it("accounts that pledge coins isolate nothing where the profile keeps the two apart", () => {
    for (const multiAssetExcludesIsolated of [true, false]) {
      const engine = crossLong("100000", { multiAssetExcludesIsolated });
      engine.setMultiAsset("one", true);
      const expected = multiAssetExcludesIsolated ? "MULTI_ASSET" : "accepted";
      expect(
        codes(
          () => isolate(engine),
          () => isolate(engine, { symbol: ETH }),
        ),
      ).toEqual([expected, expected]);
    }
  });
});

describe("bad input", () => {
  it("is refused by name, and changes nothing", () => {
    const engine = crossLong();
    const before = engine.stateHash();
    const change =
      (part: object): (() => unknown) =>
      () =>
        engine.setMarginMode({
          account: "one",
          symbol: BTC,
          marginMode: "isolated",
          ...part,
        } as Omit<SetMarginModeCommand, "type">);
    expect(
      codes(
        change({ account: "nobody" }),
        change({ symbol: "nothing" }),
        change({ symbol: undefined }),
        change({ marginMode: "cross" }),
        change({ marginMode: "portfolio" }),
        change({ policy: "ask" }),
        change({ side: "long" }),
        change({ leverage: "0" }),
        change({ leverage: null }),
        change({ leverage: "10.0001" }),
        change({ leverage: "126" }),
        change({ carryOrders: "yes" }),
        change({ policy: "accountWide" }),
      ),
    ).toEqual([
      "UNKNOWN_ACCOUNT",
      "UNKNOWN_SYMBOL",
      "BAD_VALUE",
      "ALREADY_SET",
      "BAD_VALUE",
      "BAD_VALUE",
      "POSITION_MODE",
      "OUT_OF_RANGE",
      "BAD_VALUE",
      "TOO_MANY_DECIMALS",
      "OUT_OF_RANGE",
      "BAD_VALUE",
      "ACCOUNT_WIDE",
    ]);
    expect(engine.stateHash()).toBe(before);
  });
});
