// Margin of isolated positions: how much may enter and leave, by each venue's rule and to the unit; automatic top-up; and that nothing
// but the wallet and the one position is touched.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatDecimal } from "../../src/decimal.ts";
import type { Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";
import {
  accountDraw,
  drawnEngine,
  isolatedLong,
  refusalCode,
  tryApply,
} from "./margin-fixtures.ts";

describe("addMargin and reduceMargin", () => {
  it("move between wallet and position and tell it", () => {
    const engine = isolatedLong();
    expect(engine.addMargin("one", BTC, "250.5")).toEqual([
      {
        type: "marginChanged",
        account: "one",
        symbol: BTC,
        side: "long",
        isolatedMargin: "5250.5",
        change: "250.5",
        reason: "command",
      },
      {
        type: "balanceChanged",
        account: "one",
        asset: "USDT",
        balance: "94749.5",
        change: "-250.5",
      },
    ]);
    expect(engine.reduceMargin("one", BTC, "250.5", "long")).toEqual([
      {
        type: "marginChanged",
        account: "one",
        symbol: BTC,
        side: "long",
        isolatedMargin: "5000",
        change: "-250.5",
        reason: "command",
      },
      { type: "balanceChanged", account: "one", asset: "USDT", balance: "95000", change: "250.5" },
    ]);
  });

  it("add at most what the cross scope can spare, to the unit", () => {
    const engine = isolatedLong();
    // 95,000 of equity, 20,000 of initial margin: 75,000 may go, although the wallet is larger.
    engine.fill({
      account: "one",
      symbol: ETH,
      side: "buy",
      amount: "100",
      price: "2000",
      leverage: "10",
    });
    expect(engine.account("one").marginLimits(BTC)).toEqual({ addable: "75000", removable: "0" });
    expect(refusalCode(() => engine.addMargin("one", BTC, "75000.00000001"))).toBe(
      "INSUFFICIENT_FUNDS",
    );
    engine.addMargin("one", BTC, "75000");
    expect(engine.account("one").marginLimits(BTC)).toEqual({ addable: "0", removable: "75000" });
    expect(refusalCode(() => engine.addMargin("one", BTC, "0.00000001"))).toBe(
      "INSUFFICIENT_FUNDS",
    );
  });

  // Mark 55,000: equity 10,000, initial margin 5,500, requirement 275 (0.005 · 55,000), notional / 10 = 5,500.
  const cases: readonly (readonly [string, Profile, string, string])[] = [
    ["initial margin", { marginRemoval: "initialMargin" }, "4500", "BELOW_INITIAL_MARGIN"],
    ["wallet and equity", { marginRemoval: "walletAndEquity" }, "4500", "BELOW_INITIAL_MARGIN"],
    ["never", { marginRemoval: "never" }, "0", "MARGIN_MODE"],
  ];
  for (const [name, profile, removable, code] of cases) {
    it(`removal, ${name}: ${removable} may go, one unit more is ${code}`, () => {
      const engine = isolatedLong(profile);
      engine.setMarks({ [BTC]: "55000" });
      expect(engine.account("one").marginLimits(BTC).removable).toBe(removable);
      if (removable !== "0") {
        expect(refusalCode(() => engine.reduceMargin("one", BTC, `${removable}.00000001`))).toBe(
          code,
        );
        engine.reduceMargin("one", BTC, removable);
      }
      expect(refusalCode(() => engine.reduceMargin("one", BTC, "0.00000001"))).toBe(code);
    });
  }

  it("the rules of removal differ where a large profit stands in", () => {
    // Leverage 50: initial margin at 60,000 is 1,200; equity 11,000 of which 1,000 is margin.
    const at = (marginRemoval: "initialMargin" | "walletAndEquity" | "initialOrTenth"): string => {
      const engine = fundedEngine({ marginRemoval });
      const trade = {
        symbol: BTC,
        side: "buy",
        amount: "1",
        price: "50000",
        leverage: "50",
      } as const;
      engine.fill({ account: "one", ...trade, marginMode: "isolated" });
      engine.setMarks({ [BTC]: "60000" });
      const { removable } = engine.account("one").marginLimits(BTC);
      engine.reduceMargin("one", BTC, removable);
      expect(refusalCode(() => engine.reduceMargin("one", BTC, "0.00000001"))).not.toBe("accepted");
      return removable;
    };
    expect(at("initialMargin")).toBe("1000");
    // The margin must hold the requirement of 60,000 · 0.005 − 50.
    expect(at("walletAndEquity")).toBe("750");
    expect(at("initialOrTenth")).toBe("1000");
  });

  it("a tenth of the notional binds where the initial margin is less", () => {
    const engine = fundedEngine({ marginRemoval: "initialOrTenth" });
    const trade = {
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "50",
    } as const;
    engine.fill({ account: "one", ...trade, marginMode: "isolated" });
    engine.addMargin("one", BTC, "6000");
    expect(engine.account("one").marginLimits(BTC).removable).toBe("2000");
    expect(refusalCode(() => engine.reduceMargin("one", BTC, "2000.00000001"))).toBe(
      "BELOW_INITIAL_MARGIN",
    );
    engine.reduceMargin("one", BTC, "2000");
  });

  it("margin that a profit made is never paid out of a margin of 0", () => {
    const engine = isolatedLong();
    engine.setMarks({ [BTC]: "70000" });
    expect(engine.account("one").marginLimits(BTC).removable).toBe("5000");
    expect(refusalCode(() => engine.reduceMargin("one", BTC, "5000.00000001"))).toBe(
      "MARGIN_EXHAUSTED",
    );
  });

  it("removal that would liquidate says so where the requirement is above the initial margin", () => {
    // 500x, as only an import may have it: 100 of initial margin, 200 of maintenance margin and 25 of close fee.
    const engine = fundedEngine({ closeFeeInRequirement: true });
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "isolated",
      leverage: "500",
      isolatedMargin: "400",
    });
    const requirement = engine.isolatedScope("one", BTC, "long").figures().requirement;
    const spare = 40_000_000_000n - requirement;
    expect(engine.account("one").marginLimits(BTC).removable).toBe(formatDecimal(spare, 8));
    expect(refusalCode(() => engine.reduceMargin("one", BTC, spare + 1n))).toBe("WOULD_LIQUIDATE");
    engine.reduceMargin("one", BTC, spare);
  });

  it("refuse what makes no sense", () => {
    const engine = isolatedLong();
    engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "1", price: "2000" });
    const before = engine.stateHash();
    const codes = [
      () => engine.addMargin("nobody", BTC, "1"),
      () => engine.addMargin("one", "nothing", "1"),
      () => engine.addMargin("one", COIN, "1"),
      () => engine.addMargin("one", ETH, "1"),
      () => engine.addMargin("one", BTC, "1", "short"),
      () => engine.addMargin("two", BTC, "1"),
      () => engine.addMargin("two", BTC, "1", "long"),
      () => engine.addMargin("one", BTC, "0"),
      () => engine.addMargin("one", BTC, "-1"),
      () => engine.addMargin("one", BTC, "0.000000001"),
      () => engine.addMargin("one", BTC, Number.NaN),
      () => engine.addMargin("one", BTC, "1", "up" as "long"),
      () => engine.reduceMargin("one", BTC, "5000"),
      () => engine.account("one").marginLimits(ETH),
      () => engine.account("two").marginLimits(BTC),
    ].map(refusalCode);
    expect(codes).toEqual([
      "UNKNOWN_ACCOUNT",
      "UNKNOWN_SYMBOL",
      "NO_POSITION",
      "MARGIN_MODE",
      "NO_POSITION",
      "POSITION_MODE",
      "NO_POSITION",
      "OUT_OF_RANGE",
      "OUT_OF_RANGE",
      "TOO_MANY_DECIMALS",
      "BAD_VALUE",
      "BAD_VALUE",
      "BELOW_INITIAL_MARGIN",
      "MARGIN_MODE",
      "POSITION_MODE",
    ]);
    expect(engine.stateHash()).toBe(before);
  });

  it("at the largest amounts the limits still name the last unit", () => {
    const engine = fundedEngine();
    engine.setBalance("one", "USDT", 2n ** 63n - 1n);
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: 2n ** 62n,
    });
    expect(engine.account("one").marginLimits(BTC).removable).toBe("0");
    const { addable } = engine.account("one").marginLimits(BTC);
    expect(
      tryApply(engine, { type: "addMargin", account: "one", symbol: BTC, amount: addable }),
    ).toBe(true);
    expect(refusalCode(() => engine.addMargin("one", BTC, 1n))).toBe("VALUE_OUT_OF_RANGE");
  });
});

describe("properties", () => {
  it("the limits are exact, for random accounts and rules", () => {
    fc.assert(
      fc.property(accountDraw, (draw) => {
        for (const [kind, limit] of [
          ["addMargin", "addable"],
          ["reduceMargin", "removable"],
        ] as const) {
          const names = drawnEngine(draw).account("a").holdings();
          for (const { symbol, side, marginMode } of names) {
            if (marginMode === "cross") continue;
            const engine = drawnEngine(draw);
            const most = engine.account("a").marginLimits(symbol, side)[limit];
            const units = BigInt(Math.round(Number(most) * 1e8));
            const target = { account: "a", symbol, side, type: kind } as const;
            const before = engine.stateHash();
            expect(tryApply(engine, { ...target, amount: units + 1n })).toBe(false);
            expect(engine.stateHash()).toBe(before);
            if (units > 0n) expect(tryApply(engine, { ...target, amount: units })).toBe(true);
          }
        }
      }),
      runs(60),
    );
  });

  it("invariants 6, 7: margin moves touch the wallet and the one position, and make nothing", () => {
    fc.assert(
      fc.property(
        accountDraw,
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        fc.boolean(),
        (draw, amount, add) => {
          const engine = drawnEngine(draw);
          const isolated = engine
            .account("a")
            .holdings()
            .filter((one) => one.marginMode === "isolated");
          for (const { symbol, side } of isolated) {
            const before = engine.account("a").scopes();
            const other = engine.account("b").report();
            const type = add ? "addMargin" : "reduceMargin";
            tryApply(engine, { type, account: "a", symbol, side, amount });
            const settle = symbol === COIN ? "BTC" : "USDT";
            const untouched = (scope: (typeof before)[number]): boolean =>
              scope.scope === "cross"
                ? scope.settle !== settle
                : scope.symbol !== symbol || scope.side !== side;
            expect(engine.account("a").scopes().filter(untouched)).toEqual(
              before.filter(untouched),
            );
            expect(engine.account("b").report()).toEqual(other);
          }
          for (const audit of Object.values(engine.audit())) expect(audit.difference).toBe("0");
        },
      ),
      runs(60),
    );
  });

  it("invariant 6: nothing that happens to an isolated position changes another scope", () => {
    fc.assert(
      fc.property(accountDraw, fc.integer({ min: 200, max: 3_000 }), (draw, permille) => {
        const engine = drawnEngine(draw);
        const isolated = engine
          .account("a")
          .holdings()
          .filter((one) => one.marginMode === "isolated");
        for (const { symbol } of isolated) {
          const before = engine.account("a").scopes();
          const holders = new Set(
            engine
              .account("a")
              .positions()
              .filter((one) => one.symbol === symbol)
              .map((one) => one.marginMode),
          );
          if (holders.has("cross")) continue;
          const mark = Number(engine.mark(symbol));
          engine.setMarks({ [symbol]: Math.round((mark * permille) / 1_000) });
          const untouched = (scope: (typeof before)[number]): boolean => scope.symbol !== symbol;
          expect(engine.account("a").scopes().filter(untouched)).toEqual(before.filter(untouched));
        }
      }),
      runs(60),
    );
  });
});
