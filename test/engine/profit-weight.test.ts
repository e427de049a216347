// A weight on positive unrealised results (positivePnlWeight of a market): what equity counts by hand, what is refused, that a book keeps it,
// and that it is a valuation and no money: closing a position, the audit and a liquidation know profits in full.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { DecimalLike, MarketDefinition, Profile } from "../../src/types.ts";
import { BTC, ETH, LINEAR, SECOND } from "./fixtures.ts";

function weighted(market: MarketDefinition, weight: DecimalLike | undefined): MarketDefinition {
  return weight === undefined ? market : { ...market, positivePnlWeight: weight };
}

/** Account "a" with 10,000 USDT; marks 50,000 and 2,000; both markets at the weight. */
function engineAt(weight: DecimalLike | undefined, profile: Profile = "default"): RiskEngine {
  const engine = new RiskEngine({ profile });
  engine.addAsset({ code: "USDT" });
  engine.addMarket(weighted(LINEAR, weight));
  engine.addMarket(weighted(SECOND, weight));
  engine.setMarks({ [BTC]: "50000", [ETH]: "2000" });
  engine.openAccount("a");
  engine.deposit("a", "USDT", "10000");
  return engine;
}

/** One BTC, in cross unless a margin is given. */
function hold(engine: RiskEngine, side: "long" | "short" = "long", isolatedMargin?: string): void {
  engine.setPosition("a", {
    symbol: BTC,
    side,
    contracts: "1",
    entryPrice: "50000",
    leverage: "10",
    marginMode: isolatedMargin === undefined ? "cross" : "isolated",
    ...(isolatedMargin === undefined ? {} : { isolatedMargin }),
  });
}

function equity(engine: RiskEngine): string {
  return engine.crossScope("a", "USDT").view().equity;
}

function refusal(run: () => unknown): { readonly code: string; readonly path?: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) {
      return { code: error.code, ...(error.path === undefined ? {} : { path: error.path }) };
    }
    throw error;
  }
  return { code: "accepted" };
}

describe("what equity counts", () => {
  it.each([
    // weight, side, mark, equity
    ["0.95", "long", "50000", "10000"],
    ["0.95", "long", "50000.00000001", "10000"],
    ["0.95", "long", "50000.0000002", "10000.00000019"],
    ["0.95", "long", "49999.99999999", "9999.99999999"],
    ["0.95", "long", "51000", "10950"],
    ["0.95", "long", "49000", "9000"],
    ["0.95", "short", "49000", "10950"],
    ["0.95", "short", "51000", "9000"],
    ["1", "long", "51000", "11000"],
    [undefined, "long", "51000", "11000"],
    ["0.00000001", "long", "51000", "10000.00001"],
    ["0.00000001", "long", "49000", "9000"],
  ] as const)("at %s of a %s at %s is %s", (weight, side, mark, expected) => {
    const engine = engineAt(weight);
    hold(engine, side);
    engine.setMarks({ [BTC]: mark });
    expect(equity(engine)).toBe(expected);
    expect(engine.audit().USDT?.difference).toBe("0");
  });

  it("shows the unrealised result as it is", () => {
    const engine = engineAt("0.5");
    hold(engine);
    engine.setMarks({ [BTC]: "51000" });
    expect(engine.account("a").position(BTC).unrealizedPnl).toBe("1000");
    expect(equity(engine)).toBe("10500");
  });

  it("weighs each position by itself: a profit does not cover a loss in full", () => {
    const engine = engineAt("0.5");
    hold(engine);
    engine.setPosition("a", {
      symbol: ETH,
      side: "short",
      contracts: "10",
      entryPrice: "2000",
      marginMode: "cross",
    });
    engine.setMarks({ [BTC]: "51000", [ETH]: "2100" });
    expect(equity(engine)).toBe("9500");
  });

  it("weighs an isolated position in its own margin", () => {
    const engine = engineAt("0.5");
    hold(engine, "long", "5000");
    engine.setMarks({ [BTC]: "51000" });
    const [scope] = engine
      .account("a")
      .scopes()
      .filter(({ scope }) => scope === "isolated");
    expect(scope?.equity).toBe("5500");
  });

  it("turns the rest into money with the close", () => {
    const engine = engineAt("0.5");
    hold(engine);
    engine.setMarks({ [BTC]: "51000" });
    engine.fill({ account: "a", symbol: BTC, side: "sell", amount: "0.4", price: "51000" });
    expect(equity(engine)).toBe("10700");
    engine.fill({ account: "a", symbol: BTC, side: "sell", amount: "0.6", price: "51000" });
    expect(equity(engine)).toBe("11000");
    expect(engine.audit().USDT?.difference).toBe("0");
  });
});

describe("the definition", () => {
  it.each([
    ["0", "OUT_OF_RANGE"],
    ["1.00000001", "OUT_OF_RANGE"],
    ["-0.5", "OUT_OF_RANGE"],
    ["0.000000001", "TOO_MANY_DECIMALS"],
    ["none", "BAD_VALUE"],
    ["1", "accepted"],
    [0.95, "accepted"],
    [95_000_000n, "accepted"],
  ])("of %s: %s", (weight, code) => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    const before = engine.stateHash();
    const got = refusal(() => engine.addMarket(weighted(LINEAR, weight)));
    if (code === "accepted") return expect(got.code).toBe(code);
    expect(got.code).toBe(code);
    expect(got.path).toContain("positivePnlWeight");
    expect(engine.stateHash()).toBe(before);
  });

  it("of 1 is the same state as none, and another weight is not", () => {
    expect(engineAt("1").stateHash()).toBe(engineAt(undefined).stateHash());
    expect(engineAt("0.99999999").stateHash()).not.toBe(engineAt(undefined).stateHash());
  });

  it("stands in books, by text, and stays when tiers change", () => {
    const engine = engineAt(80_000_000n);
    hold(engine);
    engine.setMarks({ [BTC]: "51000" });
    const book = engine.toBook();
    expect(book.markets[0]?.positivePnlWeight).toBe("0.8");
    const again = RiskEngine.fromBook(JSON.stringify(book));
    expect(again.stateHash()).toBe(engine.stateHash());
    expect(equity(again)).toBe("10800");
    again.setTiers({ [BTC]: [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }] });
    expect(equity(again)).toBe("10800");
    expect(again.toBook().markets[0]?.positivePnlWeight).toBe("0.8");
    expect(RiskEngine.fromBook(again.toBook()).stateHash()).toBe(again.stateHash());
  });

  it("holds for every table of tiers by contract count", () => {
    const engine = new RiskEngine({ profile: "okx" });
    engine.addAsset({ code: "USDT" });
    const tiers = [
      { minNotional: "0", maxNotional: "2", maintenanceMarginRate: "0.01", maxLeverage: "50" },
      { minNotional: "2", maxNotional: null, maintenanceMarginRate: "0.02", maxLeverage: "25" },
    ];
    engine.addMarket({ ...LINEAR, tiers, positivePnlWeight: "0.9" });
    engine.setMarks({ [BTC]: "50000" });
    engine.openAccount("a");
    engine.deposit("a", "USDT", "100000");
    for (const amount of ["1", "4"]) {
      engine.fill({ account: "a", symbol: BTC, side: "buy", amount, price: "50000" });
    }
    engine.setMarks({ [BTC]: "51000" });
    expect(equity(engine)).toBe("104500");
  });
});

describe("what leans on it", () => {
  it("an increase that a profit in full would carry is refused", () => {
    // 11,000 in full, 10,500 at a half: 2.1 BTC at 51,000 and 10x need 10,710.
    const buy = (weight: string): string => {
      const engine = engineAt(weight);
      hold(engine);
      engine.setMarks({ [BTC]: "51000" });
      const fill = { symbol: BTC, side: "buy", amount: "1.1", price: "51000", leverage: "10" };
      return refusal(() => engine.fill({ account: "a", ...fill, side: "buy" })).code;
    };
    expect(buy("1")).toBe("accepted");
    expect(buy("0.5")).toBe("INSUFFICIENT_FUNDS");
  });

  it("a profit that does not count may not be withdrawn, nor what counts where unrealised profit stays", () => {
    const withdrawable = (weight: string, profile: Profile): string => {
      const engine = engineAt(weight, profile);
      hold(engine);
      engine.setMarks({ [BTC]: "51000" });
      return engine.account("a").withdrawable("USDT");
    };
    // The initial margin is 5,100.
    expect(withdrawable("1", "default")).toBe("5900");
    expect(withdrawable("0.5", "default")).toBe("5400");
    expect(withdrawable("1", "binance")).toBe("4900");
    expect(withdrawable("0.5", "binance")).toBe("4900");
  });

  it("a position takes along what it lacks when it is isolated", () => {
    const engine = engineAt("0.01");
    hold(engine);
    engine.setMarks({ [BTC]: "51000" });
    // max(5,000, 5,100 - 10), where a profit in full would leave 5,000.
    const change = { account: "a", symbol: BTC, marginMode: "isolated" } as const;
    const preview = engine.previewMarginMode(change);
    expect(preview.refusal).toBeNull();
    engine.setMarginMode(change);
    expect(engine.account("a").position(BTC).isolatedMargin).toBe("5090");
    expect(engine.audit().USDT?.difference).toBe("0");
  });

  it("liquidation comes sooner, and at worths that leave nothing behind of an account with its profits in full", () => {
    const engine = engineAt("0.1");
    engine.setInsuranceFund("USDT", "0");
    hold(engine);
    engine.setPosition("a", {
      symbol: ETH,
      side: "short",
      contracts: "50",
      entryPrice: "2000",
      marginMode: "cross",
    });
    // Wallet 10,000, a profit of 10,000 of which 1,000 count, a loss of 11,500: counted -500, in full 8,500.
    engine.setMarks({ [BTC]: "60000", [ETH]: "2230" });
    expect(equity(engine)).toBe("-500");
    const events = engine.liquidate({ policy: { method: "full", leftover: "account" } });
    const closed = events.filter(({ type }) => type === "positionLiquidated");
    for (const event of closed) expect(event).toMatchObject({ insurance: "0", uncovered: "0" });
    expect(equity(engine)).toBe("8500");
    expect(engine.audit().USDT?.difference).toBe("0");
  });
});
