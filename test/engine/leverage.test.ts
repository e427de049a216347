// setLeverage: kept for positions to come and set on the open one, under the caps of mode and bracket; what it does to the margin of an
// open isolated position by each venue's rule; and what it must not do.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDecimal } from "../../src/decimal.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";
import {
  accountDraw,
  drawnEngine,
  isolatedLong,
  refusalCode,
  SIDES,
  tryApply,
} from "./margin-fixtures.ts";

/** Types of events with what they tell of sides and amounts. */
function summary(events: readonly EngineEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "leverageSet") return `${event.side} ${event.leverage}x`;
    if (event.type === "marginChanged") return `margin ${event.change} ${event.reason}`;
    if (event.type === "balanceChanged") return `wallet ${event.change}`;
    return event.type;
  });
}

function marginOf(engine: RiskEngine): string | null {
  return engine.account("one").position(BTC).isolatedMargin;
}

describe("setting", () => {
  it("is kept per market and side, and taken by the next trade", () => {
    const engine = fundedEngine();
    expect(summary(engine.setLeverage("one", BTC, "12.5"))).toEqual(["long 12.5x", "short 12.5x"]);
    engine.fill({ account: "one", symbol: BTC, side: "sell", amount: "1", price: "50000" });
    expect(engine.account("one").position(BTC).leverage).toBe("12.5");
    expect(summary(engine.setLeverage("two", ETH, "7", "short"))).toEqual(["short 7x"]);
    const trade = {
      account: "two",
      symbol: ETH,
      amount: "1",
      price: "2000",
      marginMode: "isolated",
    } as const;
    engine.fill({ ...trade, side: "sell", positionSide: "short" });
    expect(engine.account("two").position(ETH, "short").isolatedMargin).toBe("285.71428572");
    expect(refusalCode(() => engine.fill({ ...trade, side: "buy", positionSide: "long" }))).toBe(
      "BAD_VALUE",
    );
  });

  it("needs no mark where nothing is open", () => {
    const engine = fundedEngine();
    const tiers = [{ maintenanceMarginRate: "0.01", maxLeverage: "20" }];
    engine.addMarket({ symbol: "NEW", settle: "USDT", precision: { amount: "1" }, tiers });
    expect(summary(engine.setLeverage("one", "NEW", "20"))).toEqual(["long 20x", "short 20x"]);
    expect(refusalCode(() => engine.setLeverage("one", "NEW", "20.001"))).toBe("OUT_OF_RANGE");
  });

  it("a stated leverage goes before the setting, and an open position keeps its own", () => {
    const engine = fundedEngine();
    engine.setLeverage("one", BTC, "10");
    const buy = {
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "0.1",
      price: "50000",
    } as const;
    engine.fill({ ...buy, leverage: "20" });
    engine.fill(buy);
    expect(engine.account("one").position(BTC).leverage).toBe("20");
  });

  it("refuses what it cannot be, and changes nothing then", () => {
    const engine = isolatedLong();
    engine.setLeverage("one", ETH, "10");
    const before = engine.stateHash();
    const set = (
      leverage: unknown,
      symbol: string = ETH,
      account = "one",
      side?: unknown,
    ): string =>
      refusalCode(() => engine.setLeverage(account, symbol, leverage as string, side as "long"));
    expect([
      set("0"),
      set("-1"),
      set("1.0001"),
      set("ten"),
      set(undefined),
      set(null),
      set("0.0001"),
    ]).toEqual([
      "OUT_OF_RANGE",
      "OUT_OF_RANGE",
      "TOO_MANY_DECIMALS",
      "BAD_VALUE",
      "BAD_VALUE",
      "BAD_VALUE",
      "TOO_MANY_DECIMALS",
    ]);
    expect([
      set("5", "nothing"),
      set("5", ETH, "nobody"),
      set("5", ETH, "one", "long"),
      set("5", ETH, "two", "up"),
    ]).toEqual(["UNKNOWN_SYMBOL", "UNKNOWN_ACCOUNT", "POSITION_MODE", "BAD_VALUE"]);
    expect([set("10"), set("10.0"), set("50.001"), set("50")]).toEqual([
      "ALREADY_SET",
      "ALREADY_SET",
      "OUT_OF_RANGE",
      "accepted",
    ]);
    engine.setLeverage("one", ETH, "10");
    expect(engine.stateHash()).toBe(before);
  });

  it("caps are those of the mode: the open position's, else the one chosen, else cross", () => {
    const engine = fundedEngine();
    // Cross 100x, isolated 125x.
    expect(refusalCode(() => engine.setLeverage("one", BTC, "101"))).toBe("OUT_OF_RANGE");
    engine.setMarginMode({ account: "one", symbol: BTC, marginMode: "isolated" });
    engine.setLeverage("one", BTC, "125");
    engine.fill({
      account: "two",
      symbol: BTC,
      side: "buy",
      positionSide: "long",
      amount: "0.1",
      price: "50000",
      marginMode: "isolated",
      leverage: "10",
    });
    expect(refusalCode(() => engine.setLeverage("two", BTC, "125"))).toBe("OUT_OF_RANGE");
    engine.setLeverage("two", BTC, "125", "long");
  });

  it("caps are those of the bracket at entry notional", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "6",
      price: "50000",
      leverage: "10",
    });
    expect(refusalCode(() => engine.setLeverage("one", BTC, "50.001"))).toBe("OUT_OF_RANGE");
    engine.setLeverage("one", BTC, "50");
  });

  it("whole numbers only, in every command, where the profile says so; books and imports may hold others", () => {
    for (const integerLeverage of [true, false]) {
      const engine = fundedEngine({ integerLeverage });
      const expected = integerLeverage ? "LEVERAGE" : "accepted";
      const trade = {
        account: "one",
        symbol: BTC,
        side: "buy",
        amount: "1",
        price: "50000",
      } as const;
      expect(refusalCode(() => engine.setLeverage("one", BTC, "1.5"))).toBe(expected);
      expect(refusalCode(() => engine.fill({ ...trade, leverage: "2.5" }))).toBe(expected);
      const change = {
        account: "two",
        symbol: BTC,
        marginMode: "isolated",
        leverage: "3.5",
      } as const;
      expect(refusalCode(() => engine.setMarginMode(change))).toBe(expected);
      const held = { symbol: ETH, side: "long", contracts: "1", entryPrice: "2000" } as const;
      engine.setPosition("one", { ...held, marginMode: "cross", leverage: "1.5" });
      expect(engine.account("one").position(ETH).leverage).toBe("1.5");
    }
  });
});

describe("an open cross position", () => {
  it("changes its initial margin; refused where equity does not hold it", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "4",
      price: "50000",
      leverage: "10",
    });
    const scope = engine.crossScope("one", "USDT");
    const before = scope.figures();
    engine.setLeverage("one", BTC, "20");
    expect(scope.figures()).toEqual({ ...before, initialMargin: 1_000_000_000_000n });
    // 200,000 of notional on 100,000 of equity.
    engine.setLeverage("one", BTC, "2");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "1.999"))).toBe("INSUFFICIENT_FUNDS");
    expect(engine.account("one").position(BTC).leverage).toBe("2");
  });

  it("may always be eased, even below the initial margin", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "4",
      price: "50000",
      leverage: "2",
    });
    engine.setMarks({ [BTC]: "40000" });
    engine.setLeverage("one", BTC, "2.5");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "2.499"))).toBe("INSUFFICIENT_FUNDS");
  });

  it("hedged: both sides or the one named", () => {
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
    engine.setLeverage("two", BTC, "20", "short");
    expect(summary(engine.setLeverage("two", BTC, "20"))).toEqual(["long 20x"]);
    expect(
      engine
        .account("two")
        .positions()
        .map(({ leverage }) => leverage),
    ).toEqual(["20", "20"]);
    expect(refusalCode(() => engine.setLeverage("two", BTC, "20"))).toBe("ALREADY_SET");
  });

  it("resting orders reserve at the new leverage, or it is refused", () => {
    const engine = fundedEngine();
    engine.setLeverage("one", BTC, "10");
    engine.placeOrder("one", { id: "o", symbol: BTC, side: "buy", amount: "4", price: "50000" });
    expect(engine.account("one").reserved("USDT")).toBe("20000");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "1.999"))).toBe("INSUFFICIENT_FUNDS");
    engine.setLeverage("one", BTC, "2");
    expect(engine.account("one").reserved("USDT")).toBe("100000");
  });
});

describe("an open isolated position", () => {
  it("remargin: the margin changes by the difference at entry, both ways", () => {
    const engine = isolatedLong({ isolatedLeverageChange: "remargin" });
    expect(summary(engine.setLeverage("one", BTC, "20"))).toEqual([
      "long 20x",
      "margin -2500 leverage",
      "short 20x",
      "wallet 2500",
    ]);
    expect(summary(engine.setLeverage("one", BTC, "3"))).toEqual([
      "long 3x",
      "margin 14166.66666667 leverage",
      "short 3x",
      "wallet -14166.66666667",
    ]);
    expect(marginOf(engine)).toBe("16666.66666667");
  });

  it("remargin: added margin stays; a position without leverage is brought to its entry margin", () => {
    const engine = isolatedLong();
    engine.addMargin("one", BTC, "1000");
    engine.setLeverage("one", BTC, "20");
    expect(marginOf(engine)).toBe("3500");
    const held = { symbol: BTC, side: "long", contracts: "1", entryPrice: "50000" } as const;
    engine.setPosition("one", { ...held, marginMode: "isolated", isolatedMargin: "777" });
    expect(summary(engine.setLeverage("one", BTC, "10"))).toContain("margin 4223 leverage");
    expect(marginOf(engine)).toBe("5000");
  });

  it("remargin: what the wallet cannot spare, or the position not go without, is refused", () => {
    const engine = isolatedLong();
    engine.setBalance("one", "USDT", "4999.99999999");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "5"))).toBe("INSUFFICIENT_FUNDS");
    engine.setBalance("one", "USDT", "5000");
    engine.setLeverage("one", BTC, "5");
    engine.setLeverage("one", BTC, "10");
    // At 48,100: equity 3,100; at 20x it would be 600 against 2,405.
    engine.setMarks({ [BTC]: "48100" });
    expect(refusalCode(() => engine.setLeverage("one", BTC, "20"))).toBe("BELOW_INITIAL_MARGIN");
    engine.setMarks({ [BTC]: "60000" });
    const held = { symbol: BTC, side: "long", contracts: "1", entryPrice: "50000" } as const;
    engine.setPosition("one", {
      ...held,
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: "2499.99999999",
    });
    expect(refusalCode(() => engine.setLeverage("one", BTC, "20"))).toBe("MARGIN_EXHAUSTED");
  });

  it("refuseDecrease: up only, and only the figure changes", () => {
    const engine = isolatedLong({ isolatedLeverageChange: "refuseDecrease" });
    expect(refusalCode(() => engine.setLeverage("one", BTC, "9.999"))).toBe("LEVERAGE");
    expect(summary(engine.setLeverage("one", BTC, "20"))).toEqual(["long 20x", "short 20x"]);
    expect(marginOf(engine)).toBe("5000");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "10"))).toBe("LEVERAGE");
  });

  it("keepMargin: only the figure changes, and equity must hold the initial margin at it", () => {
    const engine = isolatedLong({ isolatedLeverageChange: "keepMargin" });
    engine.setLeverage("one", BTC, "20");
    expect(marginOf(engine)).toBe("5000");
    engine.setLeverage("one", BTC, "10");
    expect(refusalCode(() => engine.setLeverage("one", BTC, "9.999"))).toBe("BELOW_INITIAL_MARGIN");
    engine.setMarks({ [BTC]: "51000" });
    engine.setLeverage("one", BTC, "8.5");
    expect(marginOf(engine)).toBe("5000");
  });

  it("coin-margined: the entry notional is in coin", () => {
    const engine = fundedEngine();
    const trade = {
      account: "one",
      symbol: COIN,
      side: "sell",
      amount: "100",
      price: "50000",
    } as const;
    engine.fill({ ...trade, marginMode: "isolated", leverage: "10" });
    // 100 contracts of 100 USD at 50,000: 0.2 BTC.
    expect(summary(engine.setLeverage("one", COIN, "3"))).toContain("margin 0.04666667 leverage");
  });
});

describe("properties", () => {
  const change = fc.record({
    symbol: fc.constantFrom(BTC, ETH, COIN),
    milli: fc.oneof(
      fc.integer({ min: 1, max: 130 }).map((whole) => whole * 1_000),
      fc.integer({ min: 1, max: 130_000 }),
    ),
    side: fc.option(fc.constantFrom(...SIDES), { nil: undefined }),
  });

  it("invariants 6, 7, 9: sums hold, other isolated scopes stand, a refusal changes nothing", () => {
    fc.assert(
      fc.property(
        accountDraw,
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (draw, changes) => {
          const engine = drawnEngine(draw);
          for (const { symbol, milli, side } of changes) {
            const hash = engine.stateHash();
            const before = engine.account("a").scopes();
            const named = side === undefined ? {} : { side };
            const command = {
              type: "setLeverage",
              account: "a",
              symbol,
              leverage: BigInt(milli),
              ...named,
            } as const;
            const preview = engine.previewCommand(command);
            expect(engine.stateHash()).toBe(hash);
            const accepted = tryApply(engine, command);
            expect(preview.accepted).toBe(accepted);
            if (accepted) {
              expect(preview.after).toEqual(engine.account("a").report());
              expect(refusalCode(() => engine.apply(command))).toBe("ALREADY_SET");
              for (const one of engine.account("a").positions()) {
                if (one.symbol !== symbol || (side !== undefined && one.side !== side)) continue;
                expect(one.leverage).toBe(formatDecimal(milli, 3));
              }
            } else expect(engine.stateHash()).toBe(hash);
            const untouched = (scope: (typeof before)[number]): boolean =>
              scope.scope === "isolated" &&
              (scope.symbol !== symbol || (side !== undefined && scope.side !== side));
            expect(engine.account("a").scopes().filter(untouched)).toEqual(
              before.filter(untouched),
            );
          }
          for (const audit of Object.values(engine.audit())) expect(audit.difference).toBe("0");
        },
      ),
      runs(60),
    );
  });
});
