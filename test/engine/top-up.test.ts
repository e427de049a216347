// Automatic top-up of isolated positions: who is served, with how much, in what order, and when the permission ends.
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { BTC, ETH, fundedEngine } from "./fixtures.ts";
import { isolatedLong, refusalCode } from "./margin-fixtures.ts";

describe("automatic top-up", () => {
  function topUp(engine: RiskEngine): string[] {
    return engine
      .apply({ type: "topUpMargins" })
      .map((event) =>
        event.type === "marginChanged"
          ? `${event.account} ${event.symbol} ${event.side} ${event.change}`
          : event.type,
      );
  }
  function allow(
    engine: RiskEngine,
    account: string,
    symbol: string,
    side: "long" | "short",
  ): void {
    engine.apply({ type: "setAutoTopUp", account, symbol, side, enabled: true });
  }

  it("lifts a liquidatable position to its initial margin, once, from what its wallet can spare", () => {
    const engine = isolatedLong();
    allow(engine, "one", BTC, "long");
    expect(topUp(engine)).toEqual([]);
    engine.setMarks({ [BTC]: "45100" });
    // Equity 100, requirement 180.4, initial margin 4,510.
    expect(engine.scan().count).toBe(1);
    expect(topUp(engine)).toEqual([`one ${BTC} long 4410`, "balanceChanged"]);
    expect(engine.scan().count).toBe(0);
    expect(topUp(engine)).toEqual([]);
  });

  it("takes less where that is all there is and it makes the position stand, and nothing where it does not", () => {
    const engine = isolatedLong();
    allow(engine, "one", BTC, "long");
    engine.setMarks({ [BTC]: "45100" });
    // 80.4 makes it stand.
    engine.setBalance("one", "USDT", "80.39999999");
    expect(topUp(engine)).toEqual([]);
    engine.setBalance("one", "USDT", "80.4");
    expect(topUp(engine)).toEqual([`one ${BTC} long 80.4`, "balanceChanged"]);
    expect(engine.scan().count).toBe(0);
  });

  it("stands strictly above the requirement where equality liquidates", () => {
    const engine = isolatedLong({ triggerInclusive: true });
    allow(engine, "one", BTC, "long");
    engine.setMarks({ [BTC]: "45100" });
    engine.setBalance("one", "USDT", "80.4");
    expect(topUp(engine)).toEqual([]);
    engine.setBalance("one", "USDT", "80.40000001");
    expect(topUp(engine)).toEqual([`one ${BTC} long 80.40000001`, "balanceChanged"]);
    expect(engine.scan().count).toBe(0);
  });

  it("lifts to where it stands where that takes more than the initial margin", () => {
    // 500x, as only an import may have it: 100 of initial margin, 225 of requirement.
    const engine = fundedEngine({ closeFeeInRequirement: true });
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "isolated",
      leverage: "500",
      isolatedMargin: "200",
      autoTopUp: true,
    });
    expect(engine.scan().count).toBe(1);
    expect(topUp(engine)).toEqual([`one ${BTC} long 25`, "balanceChanged"]);
    expect(engine.scan().count).toBe(0);
  });

  it("serves accounts in the order of opening, markets in theirs, long before short, while the wallet lasts", () => {
    const engine = fundedEngine();
    engine.openAccount("late", { hedged: true });
    engine.setBalance("late", "USDT", "100");
    engine.setBalance("two", "USDT", "1000000");
    for (const [account, side, symbol, price] of [
      ["late", "long", ETH, "2000"],
      ["two", "short", BTC, "50000"],
      ["two", "long", BTC, "50000"],
      ["two", "long", ETH, "2000"],
    ] as const) {
      engine.setPosition(account, {
        symbol,
        side,
        contracts: "1",
        entryPrice: price,
        marginMode: "isolated",
        leverage: "10",
        isolatedMargin: "0",
        autoTopUp: true,
      });
    }
    expect(topUp(engine)).toEqual([
      `two ${BTC} long 5000`,
      "balanceChanged",
      `two ${BTC} short 5000`,
      "balanceChanged",
      `two ${ETH} long 200`,
      "balanceChanged",
      `late ${ETH} long 100`,
      "balanceChanged",
    ]);
  });

  it("the flag goes with the position: closed, flipped, turned cross; and comes back where that is refused", () => {
    const flag = (engine: RiskEngine): unknown =>
      engine.toBook().accounts[0]?.positions?.[0]?.autoTopUp;
    const flagged = (): RiskEngine => {
      const engine = isolatedLong();
      allow(engine, "one", BTC, "long");
      expect(flag(engine)).toBe(true);
      return engine;
    };
    const open = {
      account: "one",
      symbol: BTC,
      price: "50000",
      marginMode: "isolated",
      leverage: "10",
    } as const;
    const closed = flagged();
    closed.fill({ account: "one", symbol: BTC, side: "sell", amount: "1", price: "50000" });
    closed.fill({ ...open, side: "buy", amount: "1" });
    expect(flag(closed)).toBeUndefined();
    const flipped = flagged();
    flipped.fill({ account: "one", symbol: BTC, side: "sell", amount: "2", price: "50000" });
    flipped.fill({ account: "one", symbol: BTC, side: "buy", amount: "2", price: "50000" });
    expect(flag(flipped)).toBeUndefined();
    const crossed = flagged();
    crossed.setMarginMode({ account: "one", symbol: BTC, marginMode: "cross" });
    crossed.setMarginMode({ account: "one", symbol: BTC, marginMode: "isolated" });
    expect(flag(crossed)).toBeUndefined();
    const kept = flagged();
    const before = kept.stateHash();
    // The flip closes the long first; the opening cannot be paid.
    const far = {
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "100",
      price: "50000",
    } as const;
    expect(refusalCode(() => kept.fill(far))).not.toBe("accepted");
    expect(flag(kept)).toBe(true);
    expect(kept.stateHash()).toBe(before);
    kept.fill({ account: "one", symbol: BTC, side: "sell", amount: "0.5", price: "50000" });
    expect(flag(kept)).toBe(true);
  });

  it("an account index used again inherits nothing", () => {
    const engine = isolatedLong();
    allow(engine, "one", BTC, "long");
    engine.setLeverage("one", ETH, "7");
    engine.fill({ account: "one", symbol: BTC, side: "sell", amount: "1", price: "50000" });
    engine.withdraw("one", "USDT", engine.account("one").balances().USDT ?? "0");
    engine.withdraw("one", "BTC", "10");
    engine.closeAccount("one");
    engine.openAccount("next");
    expect(engine.toBook().accounts.find(({ id }) => id === "next")).toEqual({
      id: "next",
      hedged: false,
      balances: {},
      positions: [],
    });
  });

  it("refuses a flag that is set, on a cross position, and what is no flag", () => {
    const engine = isolatedLong();
    const set = (symbol: string, enabled: unknown): string =>
      refusalCode(() =>
        engine.apply({ type: "setAutoTopUp", account: "one", symbol, enabled: enabled as boolean }),
      );
    engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "1", price: "2000" });
    expect([
      set(BTC, false),
      set(BTC, true),
      set(BTC, true),
      set(ETH, true),
      set(BTC, "yes"),
    ]).toEqual(["ALREADY_SET", "accepted", "ALREADY_SET", "MARGIN_MODE", "BAD_VALUE"]);
    const cross = {
      symbol: ETH,
      side: "long",
      contracts: "1",
      entryPrice: "2000",
      marginMode: "cross",
    } as const;
    expect(refusalCode(() => engine.setPosition("one", { ...cross, autoTopUp: true }))).toBe(
      "MARGIN_MODE",
    );
  });
});
