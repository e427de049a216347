// Trades: what a fill does to cost, wallet and margin, with numbers worked by hand.
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("cross fills", () => {
  it("opens, averages and reduces", () => {
    const engine = fundedEngine();
    engine.fill({ account: "one", symbol: BTC, side: "buy", amount: "1", price: "49000" });
    const events = engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      fee: "25",
    });
    expect(events).toEqual([
      {
        type: "positionChanged",
        account: "one",
        symbol: BTC,
        side: "long",
        marginMode: "cross",
        contracts: "2",
        entryPrice: "49500",
        isolatedMargin: null,
        realizedPnl: "0",
        fee: "25",
      },
      { type: "balanceChanged", account: "one", asset: "USDT", balance: "99975", change: "-25" },
    ]);
    const reduced = engine.fill({
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "0.5",
      price: "51000",
    });
    expect(reduced[0]).toMatchObject({ contracts: "1.5", entryPrice: "49500", realizedPnl: "750" });
    expect(engine.account("one").balances()).toEqual({ USDT: "100725", BTC: "10" });
    expect(engine.account("one").position(BTC).unrealizedPnl).toBe("750");
  });

  it("closes and flips", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: ETH,
      side: "sell",
      amount: "10",
      price: "2000",
      leverage: "10",
    });
    const events = engine.fill({
      account: "one",
      symbol: ETH,
      side: "buy",
      amount: "15",
      price: "1900",
      fee: "3",
    });
    expect(events).toMatchObject([
      { side: "short", contracts: "0", realizedPnl: "1000", fee: "2" },
      { side: "long", contracts: "5", entryPrice: "1900", fee: "1" },
      { balance: "100997", change: "997" },
    ]);
    expect(engine.account("one").position(ETH).leverage).toBe("10");
    engine.fill({ account: "one", symbol: ETH, side: "sell", amount: "5", price: "1900" });
    expect(engine.account("one").positions()).toEqual([]);
  });

  it("refuses an increase that equity does not cover, and always takes a reduction", () => {
    const engine = fundedEngine();
    const trade = { account: "one", symbol: BTC, side: "buy", price: "50000" } as const;
    engine.fill({ ...trade, amount: "2", leverage: "2" });
    engine.setMarks({ [BTC]: "49000" });
    const before = engine.stateHash();
    expect(codeOf(() => engine.fill({ ...trade, amount: "2" }))).toBe("INSUFFICIENT_FUNDS");
    engine.setBalance("one", "USDT", "0");
    expect(codeOf(() => engine.fill({ ...trade, amount: "0.001" }))).toBe("INSUFFICIENT_FUNDS");
    engine.fill({ ...trade, side: "sell", amount: "1", price: "40000" });
    expect(engine.account("one").balances().USDT).toBe("-10000");
    expect(engine.stateHash()).not.toBe(before);
  });

  it("settles an inverse contract in coin", () => {
    const engine = fundedEngine();
    engine.fill({ account: "one", symbol: COIN, side: "buy", amount: "1000", price: "40000" });
    expect(engine.account("one").position(COIN)).toMatchObject({
      notional: "2",
      unrealizedPnl: "0.5",
      entryPrice: "40000",
      contractSize: "100",
    });
    engine.fill({ account: "one", symbol: COIN, side: "sell", amount: "1000", price: "50000" });
    expect(engine.account("one").balances().BTC).toBe("10.5");
  });
});

describe("isolated fills", () => {
  const open = {
    account: "one",
    symbol: BTC,
    side: "buy",
    amount: "1",
    price: "50000",
    marginMode: "isolated",
    leverage: "10",
  } as const;

  it("moves margin in, releases it pro rata and pays out everything at the end", () => {
    const engine = fundedEngine();
    engine.fill({ ...open, fee: "25" });
    expect(engine.account("one").balances().USDT).toBe("95000");
    expect(engine.account("one").position(BTC)).toMatchObject({
      isolatedMargin: "4975",
      leverage: "10",
    });
    engine.fill({ account: "one", symbol: BTC, side: "sell", amount: "0.2", price: "51000" });
    expect(engine.account("one").balances().USDT).toBe("96195"); // 995 of margin + 200
    expect(engine.account("one").position(BTC).isolatedMargin).toBe("3980");
    engine.fill({ account: "one", symbol: BTC, side: "sell", amount: "0.8", price: "50000" });
    expect(engine.account("one").balances().USDT).toBe("100175"); // 100,000 + 200 - 25
    expect(engine.account("one").scopes()).toHaveLength(2);
  });

  it("bears a loss beyond the released share from the rest of the margin, then refuses", () => {
    const engine = fundedEngine();
    engine.fill(open);
    engine.fill({ account: "one", symbol: BTC, side: "sell", amount: "0.1", price: "40000" }); // share 500, loss 1000
    expect(engine.account("one").position(BTC).isolatedMargin).toBe("4000");
    expect(engine.account("one").balances().USDT).toBe("95000");
    const before = engine.stateHash();
    const close = {
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "0.9",
      price: "40000",
    } as const;
    expect(codeOf(() => engine.fill(close))).toBe("MARGIN_EXHAUSTED");
    expect(engine.stateHash()).toBe(before);
  });

  it("flips through the wallet", () => {
    const engine = fundedEngine();
    engine.fill(open);
    const events = engine.fill({
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "3",
      price: "50000",
      fee: "75",
    });
    expect(events).toMatchObject([
      { side: "long", contracts: "0", fee: "25", isolatedMargin: null },
      { side: "short", contracts: "2", fee: "50", isolatedMargin: "9950" },
      { balance: "89975" },
    ]);
  });

  it("refuses what the wallet cannot give and positions that would start under water", () => {
    const engine = fundedEngine();
    expect(codeOf(() => engine.fill({ ...open, amount: "30" }))).toBe("INSUFFICIENT_FUNDS");
    expect(codeOf(() => engine.fill({ ...open, leverage: "125" }))).toBe("OUT_OF_RANGE");
    expect(codeOf(() => engine.fill({ ...open, price: "56000" }))).toBe("INSUFFICIENT_FUNDS");
    const { leverage: _, ...without } = open;
    expect(codeOf(() => engine.fill(without))).toBe("BAD_VALUE");
  });
});

describe("modes", () => {
  it("keeps long and short of a hedged account apart", () => {
    const engine = fundedEngine();
    const trade = { account: "two", symbol: BTC, price: "50000", amount: "1" } as const;
    expect(codeOf(() => engine.fill({ ...trade, side: "buy" }))).toBe("POSITION_MODE");
    expect(codeOf(() => engine.fill({ ...trade, side: "buy", positionSide: "short" }))).toBe(
      "NO_POSITION",
    );
    engine.fill({ ...trade, side: "buy", positionSide: "long" });
    engine.fill({
      ...trade,
      side: "sell",
      positionSide: "short",
      marginMode: "isolated",
      leverage: "5",
    });
    expect(
      codeOf(() => engine.fill({ ...trade, side: "sell", positionSide: "long", amount: "2" })),
    ).toBe("OUT_OF_RANGE");
    const sides = engine
      .account("two")
      .positions()
      .map(({ side, marginMode }) => `${side} ${marginMode}`);
    expect(sides).toEqual(["long cross", "short isolated"]);
    expect(codeOf(() => engine.account("two").position(BTC))).toBe("POSITION_MODE");
    expect(engine.account("two").scope(BTC, "short").view().scope).toBe("isolated");
  });

  it("refuses a contradicting mode, caps and unknown names", () => {
    const engine = fundedEngine();
    const trade = {
      account: "one",
      symbol: BTC,
      side: "buy",
      price: "50000",
      amount: "1",
    } as const;
    engine.fill(trade);
    const refusals: [string, () => unknown][] = [
      ["MARGIN_MODE", () => engine.fill({ ...trade, marginMode: "isolated", leverage: "2" })],
      ["POSITION_MODE", () => engine.fill({ ...trade, positionSide: "long" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, leverage: "100.001" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, amount: "5", leverage: "51" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, amount: "150" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, amount: "0" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, amount: "9007199254740.992" })],
      ["TOO_MANY_DECIMALS", () => engine.fill({ ...trade, amount: "0.0001" })],
      ["OUT_OF_RANGE", () => engine.fill({ ...trade, price: "-1" })],
      ["UNKNOWN_SYMBOL", () => engine.fill({ ...trade, symbol: "__proto__" })],
      ["UNKNOWN_ACCOUNT", () => engine.fill({ ...trade, account: "constructor" })],
    ];
    for (const [code, run] of refusals) expect(codeOf(run)).toBe(code);
  });

  it("needs a mark", () => {
    const engine = emptyEngine();
    engine.openAccount("a");
    engine.addMarket({
      symbol: "X",
      settle: "USDT",
      precision: { amount: 1 },
      tiers: [{ maintenanceMarginRate: "0.01" }],
    });
    expect(
      codeOf(() =>
        engine.fill({ account: "a", symbol: "X", side: "buy", amount: "1", price: "1" }),
      ),
    ).toBe("NO_MARK");
  });
});

describe("boundaries, to the last unit", () => {
  const UNIT = "0.00000001";

  it("an isolated close may use its margin up to zero and not a unit more", () => {
    for (const [fee, code] of [
      ["0", "nothing thrown"],
      [UNIT, "MARGIN_EXHAUSTED"],
    ] as const) {
      const engine = fundedEngine();
      const trade = { account: "one", symbol: BTC, amount: "1" } as const;
      engine.fill({
        ...trade,
        side: "buy",
        price: "50000",
        marginMode: "isolated",
        leverage: "10",
      });
      // Margin 5,000; the loss at 45,000 is 5,000.
      expect(codeOf(() => engine.fill({ ...trade, side: "sell", price: "45000", fee }))).toBe(code);
    }
  });

  it("a withdrawal may leave the initial margin and a wallet of zero, not a unit less", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "10",
    });
    const withdraw = (amount: string) => codeOf(() => engine.withdraw("one", "USDT", amount));
    expect(withdraw(`95000.${UNIT.slice(2)}`)).toBe("INSUFFICIENT_FUNDS");
    expect(withdraw("95000")).toBe("nothing thrown");
    // Unrealised profit is equity but not money: the wallet itself must hold what is paid out.
    engine.setMarks({ [BTC]: "60000" });
    expect(withdraw(`5000.${UNIT.slice(2)}`)).toBe("INSUFFICIENT_FUNDS");
    expect(withdraw("5000")).toBe("nothing thrown");
    expect(withdraw("0")).toBe("OUT_OF_RANGE");
    expect(withdraw("-1")).toBe("OUT_OF_RANGE");
  });

  it("an increase may use equity down to the initial margin, not a unit less", () => {
    for (const [fee, code] of [
      ["90000", "nothing thrown"],
      [`90000.${UNIT.slice(2)}`, "INSUFFICIENT_FUNDS"],
    ] as const) {
      const engine = fundedEngine();
      const trade = {
        account: "one",
        symbol: BTC,
        side: "buy",
        amount: "1",
        price: "50000",
      } as const;
      expect(codeOf(() => engine.fill({ ...trade, leverage: "5", fee }))).toBe(code);
    }
  });

  it("a leverage may reach the cap of its bracket and mode", () => {
    const trade = { account: "one", symbol: BTC, side: "buy", price: "50000" } as const;
    const attempt = (amount: string, leverage: string, more = {}) =>
      codeOf(() => fundedEngine().fill({ ...trade, amount, leverage, ...more }));
    expect(attempt("0.999", "100")).toBe("nothing thrown");
    expect(attempt("0.999", "125")).toBe("OUT_OF_RANGE");
    expect(attempt("0.999", "125", { marginMode: "isolated" })).toBe("nothing thrown");
    expect(attempt("1", "100.001", { marginMode: "isolated" })).toBe("OUT_OF_RANGE");
    expect(attempt("5", "50")).toBe("nothing thrown");
    expect(attempt("5", "50.001")).toBe("OUT_OF_RANGE");
  });

  it("amounts stop at 2^63 - 1 units and refusals there change nothing", () => {
    const engine = fundedEngine();
    engine.setBalance("one", "USDT", "92233720368.54775807");
    const before = engine.stateHash();
    expect(codeOf(() => engine.deposit("one", "USDT", UNIT))).toBe("VALUE_OUT_OF_RANGE");
    expect(codeOf(() => engine.setBalance("one", "USDT", "92233720368.54775808"))).toBe(
      "OUT_OF_RANGE",
    );
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "cross",
    });
    expect(engine.stateHash()).not.toBe(before);
    const held = engine.stateHash();
    const profit = {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "49999",
      marginMode: "cross",
    } as const;
    expect(codeOf(() => engine.setPosition("one", profit))).toBe("VALUE_OUT_OF_RANGE");
    expect(engine.stateHash()).toBe(held);
  });
});
