// Ticks: what they read and refuse, what they tell and in which order, margin calls, funding and index prices within them, and the two
// doors for the same prices. Stops within ticks are in tick-stops.test.ts, random lives in tick-properties.test.ts.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { resolveProfile } from "../../src/engine/profiles.ts";
import type { Command, Profile, TickMark, TickOptions } from "../../src/types.ts";
import { coinEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH, emptyEngine } from "./fixtures.ts";
import { refusalCode } from "./margin-fixtures.ts";
import { addAccount, balances, CROSS, ETHER, ISOLATED, tickEngine, told } from "./tick-fixtures.ts";

describe("what a tick tells", () => {
  it("is who has become liquidatable since the last, once, and who has recovered", () => {
    const engine = tickEngine("0", [ISOLATED]);
    const scope = `a isolated ${BTC} long`;
    expect(told(engine, { [BTC]: "45181" })).toEqual([]);
    expect(told(engine, { [BTC]: "45180" })).toEqual([`liquidatable ${scope}`]);
    expect(told(engine, { [BTC]: "45000" })).toEqual([]);
    expect(told(engine, { [ETH]: "1000" })).toEqual([]);
    expect(told(engine, { [BTC]: "45181" })).toEqual([`recovered ${scope}`]);
    expect(told(engine, { [BTC]: "45180" })).toEqual([`liquidatable ${scope}`]);
  });

  it("is in the first tick every scope that is liquidatable by then, whatever moved", () => {
    const engine = tickEngine("0", [ISOLATED]);
    engine.setMarks({ [BTC]: "40000" });
    const first = engine.tick({});
    expect([first.marks, first.liquidatable]).toEqual([0, 1]);
    expect(engine.tick({}).liquidatable).toBe(0);
    const loaded = RiskEngine.fromBook(engine.toBook());
    expect(loaded.tick({}).liquidatable).toBe(1);
  });

  it("sees what commands did between ticks", () => {
    const engine = tickEngine("1000", [ISOLATED]);
    expect(engine.tick({ [BTC]: "45100" }).liquidatable).toBe(1);
    engine.addMargin("a", BTC, "200");
    expect(told(engine, {})).toEqual([`recovered a isolated ${BTC} long`]);
    engine.setMarks({ [BTC]: "44000" });
    expect(told(engine, {})).toEqual([`liquidatable a isolated ${BTC} long`]);
    engine.setPosition("a", { ...ISOLATED, contracts: "0", isolatedMargin: "0" });
    expect(told(engine, {})).toEqual([]);
  });

  it("gives the figures after the tick", () => {
    const engine = tickEngine("0", [ISOLATED]);
    expect([...engine.tick({ [BTC]: "45100" }).events()]).toEqual([
      {
        type: "liquidatable",
        account: "a",
        scope: "isolated",
        settle: "USDT",
        symbol: BTC,
        side: "long",
        equity: "100",
        maintenanceMargin: "180.4",
        clearance: "-80.4",
        marginRatio: "1.804",
      },
    ]);
  });

  it("comes by account (code units), cross before isolated, by asset or market, long before short", () => {
    const engine = emptyEngine();
    const inverse = { ...ISOLATED, symbol: COIN, contracts: "500", isolatedMargin: "0.0001" };
    const short = { ...ISOLATED, side: "short", isolatedMargin: "-20000" } as const;
    const ether = { ...ISOLATED, symbol: ETH, entryPrice: "2000", isolatedMargin: "10" };
    addAccount(engine, "b", "0", [{ ...ISOLATED, isolatedMargin: "10" }]);
    addAccount(
      engine,
      "a",
      "10",
      [short, inverse, ether, ISOLATED, { ...ETHER, side: "short" }],
      true,
    );
    addAccount(engine, "B", "10", [CROSS]);
    addAccount(engine, "ä", "10", [CROSS]);
    engine.openAccount("a0");
    engine.setBalance("a0", "BTC", "0.001");
    engine.setPosition("a0", { ...CROSS, symbol: COIN, contracts: "500" });
    engine.setPosition("a0", CROSS);
    const result = engine.tick({ [BTC]: "40000", [ETH]: "1900", [COIN]: "40000" });
    const lines = Array.from(result.events(), (event) => JSON.stringify(event));
    const names = lines.map((text) => {
      const { type, account, scope, settle, symbol, side } = JSON.parse(text);
      return [type, account, scope, symbol ?? settle, side].join(" ");
    });
    expect(names).toEqual([
      "liquidatable B cross USDT ",
      `liquidatable a isolated ${BTC} long`,
      `liquidatable a isolated ${BTC} short`,
      `liquidatable a isolated ${ETH} long`,
      `liquidatable a isolated ${COIN} long`,
      "liquidatable a0 cross USDT ",
      "liquidatable a0 cross BTC ",
      `liquidatable b isolated ${BTC} long`,
      "liquidatable ä cross USDT ",
    ]);
    expect(result.liquidatable).toBe(9);
    const named = Array.from(
      result.pools(),
      (pool) => engine.kernel.poolFigures(pool).liquidatable,
    );
    expect(named).toEqual(Array(9).fill(true));
    expect(new Set(result.pools()).size).toBe(9);
  });

  it("is nothing in an engine without accounts, and counts its marks", () => {
    const empty = new RiskEngine();
    expect(empty.apply({ type: "tick", marks: {} })).toEqual([
      { type: "ticked", marks: 0, time: null },
    ]);
    const engine = emptyEngine();
    const tick: Command = { type: "tick", marks: { [BTC]: "1", [ETH]: 3 }, time: 5 };
    expect(engine.apply(tick)).toEqual([{ type: "ticked", marks: 2, time: 5 }]);
    expect([engine.mark(BTC), engine.mark(ETH)]).toEqual(["1", "3"]);
  });

  it("is valid until the next command", () => {
    const engine = tickEngine("0", [ISOLATED]);
    const result = engine.tick({ [BTC]: "45000" });
    const events = result.events();
    engine.setMarks({ [BTC]: "60000" });
    expect(() => events.next()).toThrow(RangeError);
    expect(() => result.pools()).toThrow(RangeError);
    expect(result.liquidatable).toBe(1);
  });

  it("starts with a market's first mark and with markets added later", () => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    expect(engine.tick({}).liquidatable).toBe(0);
    const market = { settle: "USDT", precision: { amount: "1" } };
    engine.addMarket({ ...market, symbol: "X", tiers: [{ maintenanceMarginRate: "0.01" }] });
    engine.tick({ X: "100" });
    engine.openAccount("a");
    engine.deposit("a", "USDT", "50");
    engine.setPosition("a", { ...CROSS, symbol: "X", entryPrice: "100" });
    expect(told(engine, { X: "50" })).toEqual(["liquidatable a cross USDT"]);
  });
});

describe("margin calls", () => {
  it("are made at the highest level reached, and again only after the ratio has fallen below it by the hysteresis", () => {
    // ratio = 0.004·p / (p − 45,000): .5 at 45,362.9, .7 at 45,258.6, .8 at 45,226.1
    const engine = tickEngine("0", [ISOLATED]);
    engine.setMarginCalls(["0.5", "0.8"], "0.1");
    const scope = `a isolated ${BTC} long`;
    const run = (mark: string): string[] => told(engine, { [BTC]: mark });
    expect(run("45363")).toEqual([]);
    expect(run("45362")).toEqual([`marginCall ${scope} 0.5`]);
    expect(run("45362")).toEqual([]);
    expect(run("45226")).toEqual([`marginCall ${scope} 0.8`]);
    expect(run("45250")).toEqual([]);
    expect(run("45226")).toEqual([]);
    expect(run("45259")).toEqual([]);
    expect(run("45226")).toEqual([`marginCall ${scope} 0.8`]);
    expect(run("46000")).toEqual([]);
    expect(run("45200")).toEqual([`marginCall ${scope} 0.8`]);
    expect(run("46000")).toEqual([]);
    expect(run("45180")).toEqual([`marginCall ${scope} 0.8`, `liquidatable ${scope}`]);
  });

  it("say the ratio, count, and end where levels are taken away", () => {
    const engine = tickEngine("0", [ISOLATED]);
    engine.setMarginCalls(["0.8"]);
    const result = engine.tick({ [BTC]: "45200" });
    expect(result.marginCalls).toBe(1);
    expect([...result.events()]).toMatchObject([
      { type: "marginCall", level: "0.8", marginRatio: "0.904" },
    ]);
    engine.setMarginCalls([]);
    engine.tick({ [BTC]: "50000" });
    expect(engine.tick({ [BTC]: "45200" }).marginCalls).toBe(0);
  });
});

describe("what a tick refuses", () => {
  const marks = (mark: TickMark): Readonly<Record<string, TickMark>> => ({
    [ETH]: "1",
    [BTC]: mark,
  });
  const later: TickOptions = { time: 1_000 };
  const cases: readonly [string, Readonly<Record<string, TickMark>>, TickOptions, string][] = [
    ["an unknown market", { [BTC]: "1", NONE: "1" }, later, "UNKNOWN_SYMBOL"],
    ["0", marks("0"), later, "OUT_OF_RANGE"],
    ["a negative mark", marks("-1"), later, "OUT_OF_RANGE"],
    ["a negative number", marks(-1), later, "OUT_OF_RANGE"],
    ["NaN", marks(Number.NaN), later, "BAD_VALUE"],
    ["infinity", marks(Number.POSITIVE_INFINITY), later, "BAD_VALUE"],
    ["no mark", marks(undefined as never), later, "BAD_VALUE"],
    ["null", marks(null as never), later, "BAD_VALUE"],
    ["text", marks("much"), later, "BAD_VALUE"],
    ["one decimal too many", marks("1.000000001"), later, "TOO_MANY_DECIMALS"],
    ["one unit above the largest price", marks("90071992.54740992"), later, "OUT_OF_RANGE"],
    ["a mark without a price", marks({ time: 900 } as never), later, "BAD_VALUE"],
    ["a mark's time that is none", marks({ price: "1", time: -1 }), later, "BAD_VALUE"],
    ["a stale mark", marks({ price: "1", time: 899 }), later, "STALE_MARK"],
    ["a mark's time without the tick's", marks({ price: "1", time: 900 }), {}, "BAD_VALUE"],
    ["a time before the last tick's", { [ETH]: "1" }, { time: 499 }, "STALE_MARK"],
    ["a time that is none", { [ETH]: "1" }, { time: 1.5 }, "BAD_VALUE"],
    ["marks that are no object", [] as never, later, "BAD_VALUE"],
    ["an unknown order", marks("1"), { order: "luck" as never }, "BAD_VALUE"],
    ["an unknown way with stops", marks("1"), { stops: "sell" as never }, "BAD_VALUE"],
    ["a price of no coin", marks("1"), { indexPrices: { USDT: "1" } }, "BAD_VALUE"],
    ["a price of no asset", marks("1"), { indexPrices: { NONE: "1" } }, "UNKNOWN_ASSET"],
    ["funding without a time", marks("1"), { funding: { [BTC]: "0.01" } }, "BAD_VALUE"],
    ["funding of no market", marks("1"), { ...later, funding: { NONE: "0" } }, "UNKNOWN_SYMBOL"],
    ["a funding rate above 1", marks("1"), { ...later, funding: { [BTC]: "2" } }, "OUT_OF_RANGE"],
    ["stale funding", marks("1"), { time: 500, funding: { [BTC]: "0" } }, "STALE_FUNDING"],
  ];

  function started(): RiskEngine {
    const engine = tickEngine("0", [ISOLATED], [], { markMaxAgeMs: 100 });
    engine.setMarginCalls(["0.8"]);
    engine.tick({ [BTC]: "45100" }, { time: 500, funding: { [BTC]: "0.0001" } });
    return engine;
  }

  it.each(cases)("%s: all of it, and nothing has changed", (_, given, options, code) => {
    const engine = started();
    const hash = engine.stateHash();
    expect(refusalCode(() => engine.tick(given, options))).toBe(code);
    expect(engine.stateHash()).toBe(hash);
    expect(refusalCode(() => engine.apply({ type: "tick", marks: given, ...options }))).toBe(code);
    expect(engine.stateHash()).toBe(hash);
    const [pool] = engine.scan().handles;
    expect(engine.kernel.alertUnder(pool as number)).toBe(true);
    expect(told(engine, {})).toEqual([]);
    expect(told(engine, { [BTC]: "50000" })).toEqual([`recovered a isolated ${BTC} long`]);
  });

  it("not what is at the edge", () => {
    const engine = started();
    expect(engine.tick(marks({ price: "90071992.54740991", time: 900 }), later).marks).toBe(2);
    expect(engine.mark(BTC)).toBe("90071992.54740991");
    expect(engine.tick(marks({ price: "0.00000001", time: 2_000 }), later).marks).toBe(2);
    expect(engine.mark(BTC)).toBe("0.00000001");
  });

  it("says where", () => {
    const engine = started();
    expect(() => engine.tick(marks("0"))).toThrow(`tick.marks["${BTC}"]: must be at least`);
    const stale = (): unknown => engine.tick(marks({ price: "1", time: 1 }), later);
    expect(stale).toThrow(`tick.marks["${BTC}"].time: must be at most 100 ms old at 1000`);
    expect(() => engine.tick({}, { time: 1 })).toThrow("that was at 500");
    const funding = { ...later, funding: { [BTC]: "x" } };
    expect(() => engine.tick({}, funding)).toThrow(`tick.funding["${BTC}"]`);
  });

  it("keeps the time of the last tick in the book and in the hash", () => {
    const engine = started();
    const loaded = RiskEngine.fromBook(engine.toBook());
    expect(loaded.toBook().tickTime).toBe(500);
    expect(loaded.stateHash()).toBe(engine.stateHash());
    expect(refusalCode(() => loaded.tick({}, { time: 499 }))).toBe("STALE_MARK");
    loaded.tick({}, { time: 501 });
    expect(loaded.stateHash()).not.toBe(engine.stateHash());
  });

  it("knows an age in whole milliseconds or none", () => {
    for (const age of [null, 0, 1, Number.MAX_SAFE_INTEGER]) {
      expect(resolveProfile({ markMaxAgeMs: age }).markMaxAgeMs).toBe(age);
    }
    for (const age of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, true]) {
      const profile = { markMaxAgeMs: age } as Profile;
      expect(
        refusalCode(() => resolveProfile(profile)),
        `${age}`,
      ).toBe("BAD_VALUE");
    }
    const strict = emptyEngine({ markMaxAgeMs: 0 });
    expect(strict.tick(marks({ price: "1", time: 7 }), { time: 7 }).marks).toBe(2);
    expect(refusalCode(() => strict.tick(marks({ price: "1", time: 6 }), { time: 7 }))).toBe(
      "STALE_MARK",
    );
  });
});

describe("a tick's funding and index prices", () => {
  it("settles funding at the marks before", () => {
    const engine = tickEngine("1000", [CROSS]);
    const events = engine.apply({
      type: "tick",
      marks: { [BTC]: "60000" },
      time: 8,
      funding: { [BTC]: "0.001" },
    });
    expect(events).toMatchObject([
      { type: "ticked", marks: 1, time: 8 },
      { type: "fundingSettled", symbol: BTC, time: 8, price: "50000", paid: "50" },
    ]);
    expect(engine.account("a").balances().USDT).toBe("950");
    expect(balances(engine)).toBe(true);
  });

  it("judges after funding", () => {
    const engine = tickEngine("205", [CROSS]);
    expect(engine.tick({ [BTC]: "50000" }).liquidatable).toBe(0);
    expect(engine.tick({}, { time: 1, funding: { [BTC]: "0.0001" } }).liquidatable).toBe(0);
    expect(engine.tick({}, { time: 2, funding: { [BTC]: "0.0001" } }).liquidatable).toBe(1);
  });

  it("moves coins with the marks", () => {
    const engine = coinEngine("default");
    engine.openAccount("a");
    engine.deposit("a", "BTC", "1");
    engine.setMultiAsset("a", true);
    engine.setPosition("a", { ...ETHER, side: "long" });
    const before = engine.account("a").crossScope("USDT").figures().equity;
    engine.tick({ [ETH]: "1990" }, { indexPrices: { BTC: "40000" } });
    expect(engine.indexPrice("BTC")).toBe("40000");
    expect(engine.account("a").crossScope("USDT").figures().equity).toBeLessThan(before);
    expect(told(engine, {}, { indexPrices: { BTC: "0.01" } })).toEqual([
      "liquidatable a cross USDT",
    ]);
  });
});

describe("tickMarks", () => {
  it("is the same tick by index and price units", () => {
    const byName = tickEngine("0", [ISOLATED]);
    const byIndex = tickEngine("0", [ISOLATED]);
    const markets = Uint16Array.of(byIndex.marketIndex(ETH), byIndex.marketIndex(BTC), 77);
    const prices = Float64Array.of(200_000_000_001, 4_500_000_000_000, 0);
    const result = byIndex.tickMarks(markets, prices, 2, { time: 4 });
    const events = [...result.events()];
    expect(events).toEqual([
      ...byName.tick({ [ETH]: "2000.00000001", [BTC]: 45_000 }, { time: 4 }).events(),
    ]);
    expect(events).toHaveLength(1);
    expect([result.marks, result.time]).toEqual([2, 4]);
    expect(byIndex.stateHash()).toBe(byName.stateHash());
  });

  it("refuses what is no market, price or count, and a market named twice", () => {
    const engine = tickEngine("0", [ISOLATED]);
    const hash = engine.stateHash();
    const run = (markets: number[], prices: number[]): string =>
      refusalCode(() => engine.tickMarks(markets, prices, markets.length));
    expect(run([9], [1])).toBe("UNKNOWN_SYMBOL");
    expect(run([-1], [1])).toBe("UNKNOWN_SYMBOL");
    expect(run([1, 1], [1, 1])).toBe("BAD_VALUE");
    for (const price of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(run([0, 1], [1, price]), `${price}`).toBe("OUT_OF_RANGE");
    }
    expect(() => engine.tickMarks([0], [1], 2)).toThrow(RangeError);
    expect(() => engine.tickMarks([0], [1], 0.5)).toThrow(RangeError);
    expect(engine.stateHash()).toBe(hash);
    expect(engine.tickMarks([0, 1], [1, 2 ** 53 - 1], 2).marks).toBe(2);
  });
});
