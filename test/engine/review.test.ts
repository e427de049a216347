// Faults found by review of the facade, each held down by the case that showed it.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { MarketDefinition, PositionSide } from "../../src/types.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine, SECOND } from "./fixtures.ts";

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

/** Refused with the code, and nothing changed. */
function expectRefusal(engine: RiskEngine, code: string, act: () => unknown): void {
  const before = engine.stateHash();
  const book = JSON.stringify(engine.toBook());
  expect(codeOf(act)).toBe(code);
  expect(engine.stateHash()).toBe(before);
  expect(JSON.stringify(engine.toBook())).toBe(book);
}

/** One market in USDT with a mark of 2,000 and an account "a". */
function singleMarket(market: Partial<MarketDefinition>, deposit: string): RiskEngine {
  const engine = new RiskEngine({ profile: "binance" });
  engine.addAsset({ code: "USDT" });
  engine.addMarket({ ...SECOND, ...market });
  engine.setMarks({ [ETH]: "2000" });
  engine.openAccount("a");
  engine.deposit("a", "USDT", deposit);
  return engine;
}

describe("no trade and no withdrawal leaves a scope liquidatable", () => {
  const tiers = [{ maintenanceMarginRate: "0.01" }];
  const trade = { account: "a", symbol: ETH, side: "buy", amount: "1", price: "2000" } as const;

  it("refuses a cross trade whose leverage asks less than the maintenance margin", () => {
    const engine = singleMarket({ tiers }, "4");
    expectRefusal(engine, "INSUFFICIENT_FUNDS", () => engine.fill({ ...trade, leverage: "500" }));
  });

  it("refuses a trade that meets initial and maintenance margin alike under an inclusive trigger", () => {
    const engine = singleMarket({ tiers }, "20");
    expectRefusal(engine, "INSUFFICIENT_FUNDS", () => engine.fill({ ...trade, leverage: "100" }));
    engine.deposit("a", "USDT", 1n);
    engine.fill({ ...trade, leverage: "100" });
    expect(engine.scan().count).toBe(0);
  });

  it("refuses a withdrawal down to the initial margin where the requirement is above it", () => {
    const engine = singleMarket({ tiers }, "30");
    engine.fill({ ...trade, leverage: "500" });
    expectRefusal(engine, "INSUFFICIENT_FUNDS", () => engine.withdraw("a", "USDT", "10"));
    engine.withdraw("a", "USDT", "9.99999999");
    expect(engine.scan().count).toBe(0);
  });
});

describe("a book written is a book that reads", () => {
  it.each([
    [BTC, "long", "-50000", "cross"],
    [BTC, "short", "50000", "isolated"],
    [COIN, "long", "0.002", "cross"],
    [COIN, "short", "-0.002", "isolated"],
  ] as const)("refuses %s %s with an entry notional of %s", (symbol, side, entryNotional, mode) => {
    const engine = fundedEngine();
    const position = { symbol, side, contracts: "1", entryPrice: "50000", entryNotional };
    const margin = mode === "isolated" ? { isolatedMargin: "1000" } : {};
    expectRefusal(engine, "BAD_VALUE", () =>
      engine.setPosition("one", { ...position, marginMode: mode, ...margin }),
    );
  });

  it.each(["default", "okx"] as const)("writes bigints of a definition as text (%s)", (profile) => {
    const engine = new RiskEngine({ profile });
    engine.addAsset({ code: "USDT", decimals: 6 });
    const cap = profile === "okx" ? 500_000n : 500_000_000n;
    engine.addMarket({
      ...SECOND,
      precision: { amount: "0.001", price: "0.1" },
      taker: 50_000n,
      tiers: [
        {
          minNotional: 0n,
          maxNotional: cap,
          maintenanceMarginRate: "0.01",
          maxLeverage: 20_000n,
        },
        { minNotional: cap, maxNotional: null, maintenanceMarginRate: "0.02" },
      ],
      maxLeverage: { cross: 20_000n, isolated: 12_500n },
    });
    const text = JSON.stringify(engine.toBook());
    expect(JSON.parse(text).markets[0]).toMatchObject({
      taker: "0.0005",
      tiers: [{ minNotional: "0", maxNotional: "500", maxLeverage: "20" }, { minNotional: "500" }],
      maxLeverage: { cross: "20", isolated: "12.5" },
    });
    expect(RiskEngine.fromBook(text).stateHash()).toBe(engine.stateHash());
  });

  it("hands out a copy of its definitions", () => {
    const engine = emptyEngine();
    const before = JSON.stringify(engine.toBook());
    const { markets } = engine.toBook();
    (markets[0]?.tiers as unknown[]).length = 0;
    (markets[0]?.precision as { amount: string }).amount = "1";
    expect(JSON.stringify(engine.toBook())).toBe(before);
  });
});

describe("the state hash", () => {
  it.each(["default", "okx"] as const)("tells caps of the last tier apart (%s)", (profile) => {
    const hashes = [null, "100", "200"].map((maxNotional) => {
      const engine = new RiskEngine({ profile });
      engine.addAsset({ code: "USDT" });
      engine.addMarket({ ...SECOND, tiers: [{ maintenanceMarginRate: "0.01", maxNotional }] });
      return engine.stateHash();
    });
    expect(new Set(hashes).size).toBe(3);
  });
});

describe("views", () => {
  it("refuse a side that is none", () => {
    const engine = fundedEngine();
    const position = { symbol: BTC, contracts: "1", entryPrice: "50000" };
    engine.setPosition("one", { ...position, side: "short", marginMode: "cross" });
    const view = engine.account("one");
    const side = "LONG" as PositionSide;
    expect(codeOf(() => view.position(BTC, side))).toBe("BAD_VALUE");
    expect(codeOf(() => view.scope(BTC, side))).toBe("BAD_VALUE");
    expect(codeOf(() => view.isolatedScope(BTC, side))).toBe("BAD_VALUE");
    expect(codeOf(() => engine.isolatedScope("one", BTC, side))).toBe("BAD_VALUE");
  });
});

describe("leverage caps", () => {
  it("names the tier by contract count that holds", () => {
    const engine = new RiskEngine({ profile: "okx" });
    engine.addAsset({ code: "USDT" });
    engine.addMarket({
      ...SECOND,
      tiers: [
        { minNotional: "0", maxNotional: "5", maintenanceMarginRate: "0.01", maxLeverage: "50" },
        { minNotional: "5", maxNotional: "20", maintenanceMarginRate: "0.02", maxLeverage: "20" },
      ],
    });
    engine.setMarks({ [ETH]: "2000" });
    engine.openAccount("a");
    engine.deposit("a", "USDT", "100000");
    const trade = { account: "a", symbol: ETH, side: "buy", amount: "6", price: "2000" } as const;
    expect(() => engine.fill({ ...trade, leverage: "30" })).toThrow(/tier 2 .* at most 20x/);
  });
});

describe("a market that the kernel has no room for", () => {
  it("leaves no price slot behind", () => {
    const memoryLimitBytes = new RiskEngine().kernel.memoryBytes;
    const engine = new RiskEngine({ kernel: { memoryLimitBytes } });
    engine.addAsset({ code: "USDT" });
    let count = 0;
    const add = (): unknown => engine.addMarket({ ...SECOND, symbol: `M${count}` });
    for (; count < 5_000 && codeOf(add) === "accepted"; count++);
    const free = (): number => {
      const slot = engine.kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
      engine.kernel.removePrice(slot);
      return slot;
    };
    const before = free();
    expectRefusal(engine, "CAPACITY", add);
    expectRefusal(engine, "CAPACITY", add);
    expect(free()).toBe(before);
  });
});

describe("a what-if scan", () => {
  function engineWithUnmarked(): RiskEngine {
    const engine = fundedEngine();
    const position = { symbol: BTC, side: "long", contracts: "10", entryPrice: "50000" } as const;
    engine.setPosition("one", { ...position, marginMode: "cross" });
    engine.addMarket({ ...SECOND, symbol: "NEW" });
    return engine;
  }

  it("may name a market without a mark, and leaves all marks alone", () => {
    const engine = engineWithUnmarked();
    const before = engine.stateHash();
    const scan = engine.scanAt({ NEW: "1", [BTC]: "10000" });
    expect(scan.count).toBe(1);
    expect([...scan.lines()]).toHaveLength(1);
    expect(scan.deepest(1)[0]?.equity).toBe("-300000");
    expect(scan.notional()).toEqual({ USDT: "100000" });
    expect(engine.stateHash()).toBe(before);
    expect(engine.mark(BTC)).toBe("50000");
    expect(engine.mark("NEW")).toBeNull();
  });

  it("is over with the next command", () => {
    const engine = engineWithUnmarked();
    engine.setMarks({ [BTC]: "10000" });
    const scan = engine.scan();
    const lines = scan.lines();
    expect(lines.next().value?.account).toBe("one");
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "0",
      entryPrice: "1",
      marginMode: "cross",
    });
    expect(() => lines.next()).not.toThrow();
    expect(() => [...scan.lines()]).toThrow(RangeError);
    expect(() => scan.deepest(1)).toThrow(RangeError);
    expect(() => scan.notional()).toThrow(RangeError);
    expect(() => engine.scan().deepest(Number.NaN)).toThrow(RangeError);
  });
});

describe("input of the wrong shape", () => {
  it("refuses a Map where an object of amounts belongs, and a list as profile", () => {
    const balances = new Map([["USDT", "1"]]) as unknown as Record<string, string>;
    const assets = [{ code: "USDT" }];
    const book = { assets, markets: [], marks: {}, accounts: [{ id: "a", balances }] };
    expect(codeOf(() => RiskEngine.fromBook(book))).toBe("BAD_BOOK");
    expect(codeOf(() => new RiskEngine({ profile: [] as unknown as "default" }))).toBe(
      "UNKNOWN_PROFILE",
    );
  });
});
