// Placing and cancelling stops: what each kind needs, where it is refused, what is told, and one-cancels-other pairs.
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import type { StopDefinition } from "../../src/types.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";
import { refusalCode } from "./margin-fixtures.ts";
import {
  ABOVE_LIQUIDATION,
  EVERY_STOP,
  everyStop,
  LIQUIDATION,
  onLong,
  type PlacedStop,
  stopEngine,
  stopsOf,
  told,
} from "./stop-fixtures.ts";

/** Code and path of a refusal; the state must be as it was. */
function refusal(account: string, stop: PlacedStop): string {
  const engine = stopEngine();
  const before = engine.stateHash();
  try {
    engine.placeStop(account, stop);
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    expect(engine.stateHash()).toBe(before);
    expect(engine.stats().stops).toBe(0);
    return `${error.code} ${error.path}`;
  }
  return "placed";
}

describe("every kind", () => {
  it("is placed and told", () => {
    const engine = stopEngine();
    const events = EVERY_STOP.flatMap(([account, stop]) => engine.placeStop(account, stop));
    expect(told(events)).toEqual([
      "sl placed at 48000",
      "tp placed at 56000",
      `late placed at ${ABOVE_LIQUIDATION} (clamped)`,
      "trail placed at 48499.5",
      "rate placed at 2040",
      // 40 % of 5,000 lost, entered at 50,000.
      "loss placed at 48000",
      `all placed at ${ABOVE_LIQUIDATION} (clamped)`,
      // 500 USD are 0.01 BTC, with 0.001 of margin. Their value, rounded down, is −0.01025 or less below 500 / 0.01024999.
      "coin placed at 48780.53539564",
      "entry placed at 2100",
      "floor placed at 90000",
      // 1 % of 20,000.
      "low placed at 200 (clamped)",
      "sl placed at 60000",
      "wait placed at null",
      // 1,000 of 2,000; 2,000 of margin are gone at 1,818.1818….
      "deep placed at 1818.18181819 (clamped)",
      "draw placed at 78400",
      "third placed at 280 (clamped)",
    ]);
    expect(engine.stats().stops).toBe(EVERY_STOP.length);
  });

  it("is in books as it was asked for, with what a clamp has made of it", () => {
    const engine = everyStop();
    const one = stopsOf(engine, "one");
    expect(one.map(({ id }) => id)).toEqual(
      EVERY_STOP.filter(([account]) => account === "one").map(([, { id }]) => id),
    );
    const byId = (id: string): StopDefinition | undefined => one.find((stop) => stop.id === id);
    expect(byId("sl")).toEqual({ ...onLong({ id: "sl", slippage: "0.001" }), side: "long" });
    expect(byId("late")).toMatchObject({ triggerPrice: ABOVE_LIQUIDATION, askedPrice: "45000" });
    expect(byId("all")).toMatchObject({ share: "1", triggerPrice: ABOVE_LIQUIDATION });
    expect(byId("loss")).not.toHaveProperty("triggerPrice");
    expect(byId("low")).toMatchObject({ equityFloor: "200", askedFloor: "10", amount: "3" });
    expect(byId("trail")).toMatchObject({ best: "50000", distance: "1500.5" });
    expect(stopsOf(engine, "two").find(({ id }) => id === "wait")).not.toHaveProperty("best");
    expect(stopsOf(engine, "two").find(({ id }) => id === "draw")).toMatchObject({
      drawdown: "0.2",
      referenceEquity: "98000",
    });
  });
});

describe("refusals", () => {
  const cases: readonly (readonly [string, string, string, Partial<StopDefinition>])[] = [
    ["no kind", "one", "BAD_VALUE placeStop.stop.kind", { kind: "limit" as "mark" }],
    ["empty id", "one", "BAD_VALUE placeStop.stop.id", { id: "" }],
    ["unknown symbol", "one", "UNKNOWN_SYMBOL placeStop.stop.symbol", { symbol: "X" }],
    ["no position", "two", "NO_POSITION placeStop.stop.symbol", { symbol: COIN, side: "long" }],
    ["hedged without side", "two", "POSITION_MODE placeStop.stop.side", {}],
    ["other side", "one", "NO_POSITION placeStop.stop.symbol", { side: "short" }],
    ["no such side", "one", "BAD_VALUE placeStop.stop.side", { side: "both" as "long" }],
    ["no trigger", "one", "BAD_VALUE placeStop.stop.triggerPrice", { triggerPrice: null as never }],
    ["trigger 0", "one", "OUT_OF_RANGE placeStop.stop.triggerPrice", { triggerPrice: "0" }],
    ["negative", "one", "OUT_OF_RANGE placeStop.stop.triggerPrice", { triggerPrice: "-1" }],
    ["too high", "one", "OUT_OF_RANGE placeStop.stop.triggerPrice", { triggerPrice: "1000000000" }],
    [
      "too fine",
      "one",
      "TOO_MANY_DECIMALS placeStop.stop.triggerPrice",
      { triggerPrice: "48000.123456789" },
    ],
    ["not a number", "one", "BAD_VALUE placeStop.stop.triggerPrice", { triggerPrice: Number.NaN }],
    ["amount 0", "one", "OUT_OF_RANGE placeStop.stop.amount", { amount: "0" }],
    ["above the position", "one", "OUT_OF_RANGE placeStop.stop.amount", { amount: "1.001" }],
    ["amount too fine", "one", "TOO_MANY_DECIMALS placeStop.stop.amount", { amount: "0.0001" }],
    ["slippage 1", "one", "OUT_OF_RANGE placeStop.stop.slippage", { slippage: "1" }],
    ["foreign field", "one", "BAD_VALUE placeStop.stop.distance", { distance: "5" }],
    ["for books", "one", "BAD_VALUE placeStop.stop.askedPrice", { askedPrice: "5" }],
    ["unknown purpose", "one", "BAD_VALUE placeStop.stop.purpose", { purpose: "gain" as never }],
    ["unknown partner", "one", "UNKNOWN_STOP placeStop.stop.oco", { oco: "none" }],
    ["itself as partner", "one", "UNKNOWN_STOP placeStop.stop.oco", { oco: "s" }],
    [
      "passed already",
      "one",
      "WOULD_TRIGGER placeStop.stop.triggerPrice",
      { triggerPrice: "50000" },
    ],
    [
      "profit taken already",
      "one",
      "WOULD_TRIGGER placeStop.stop.triggerPrice",
      { triggerPrice: "50000", purpose: "takeProfit" },
    ],
  ];
  it.each(cases)("mark: %s", (_what, account, expected, change) => {
    expect(refusal(account, onLong(change))).toBe(expected);
  });

  const trailing: readonly (readonly [string, string, Partial<StopDefinition>])[] = [
    ["neither distance nor rate", "BAD_VALUE placeStop.stop.distance", {}],
    ["both", "BAD_VALUE placeStop.stop.rate", { distance: "5", rate: "0.1" }],
    ["distance 0", "OUT_OF_RANGE placeStop.stop.distance", { distance: "0" }],
    ["rate 0", "OUT_OF_RANGE placeStop.stop.rate", { rate: "0" }],
    ["rate 1", "OUT_OF_RANGE placeStop.stop.rate", { rate: "1" }],
    ["rate too fine", "TOO_MANY_DECIMALS placeStop.stop.rate", { rate: "0.0000001" }],
    [
      "activation 0",
      "OUT_OF_RANGE placeStop.stop.activationPrice",
      { rate: "0.1", activationPrice: "0" },
    ],
    ["best so far passed", "WOULD_TRIGGER placeStop.stop.best", { rate: "0.1", best: "56000" }],
  ];
  it.each(trailing)("trailing: %s", (_what, expected, change) => {
    expect(refusal("one", { id: "s", kind: "trailing", symbol: BTC, ...change })).toBe(expected);
  });

  const resolved: readonly (readonly [string, string, StopDefinition])[] = [
    [
      "share 0",
      "OUT_OF_RANGE placeStop.stop.share",
      { kind: "marginLoss", symbol: BTC, share: "0" },
    ],
    [
      "share above 1",
      "OUT_OF_RANGE placeStop.stop.share",
      { kind: "marginLoss", symbol: BTC, share: "1.000001" },
    ],
    ["no share", "BAD_VALUE placeStop.stop.share", { kind: "marginLoss", symbol: BTC }],
    [
      "margin in cross",
      "MARGIN_MODE placeStop.stop.kind",
      { kind: "marginLoss", symbol: ETH, share: "0.5" },
    ],
    [
      "trigger of a share",
      "BAD_VALUE placeStop.stop.triggerPrice",
      { kind: "marginLoss", symbol: BTC, share: "0.5", triggerPrice: "48000" },
    ],
    [
      "deviation 0",
      "OUT_OF_RANGE placeStop.stop.deviation",
      { kind: "entryDeviation", symbol: BTC, deviation: "0" },
    ],
    [
      "the whole price",
      "STOP_NEVER_FIRES placeStop.stop.deviation",
      { kind: "entryDeviation", symbol: BTC, deviation: "1" },
    ],
  ];
  it.each(resolved)("%s", (_what, expected, stop) => {
    expect(refusal("one", { id: "s", ...stop })).toBe(expected);
  });

  const equity: readonly (readonly [string, string, StopDefinition])[] = [
    ["no asset", "UNKNOWN_ASSET placeStop.stop.settle", { kind: "equity", equityFloor: "1" }],
    [
      "nothing in cross",
      "NO_POSITION placeStop.stop.settle",
      { kind: "equity", settle: "BTC", equityFloor: "1" },
    ],
    [
      "isolated position",
      "MARGIN_MODE placeStop.stop.symbol",
      { kind: "equity", symbol: BTC, equityFloor: "1" },
    ],
    [
      "another asset",
      "BAD_VALUE placeStop.stop.settle",
      { kind: "equity", symbol: ETH, settle: "BTC", equityFloor: "1" },
    ],
    [
      "side of a pool",
      "BAD_VALUE placeStop.stop.side",
      { kind: "equity", settle: "USDT", side: "long", equityFloor: "1" },
    ],
    [
      "amount of a pool",
      "BAD_VALUE placeStop.stop.amount",
      { kind: "equity", settle: "USDT", amount: "1", equityFloor: "1" },
    ],
    ["no floor", "BAD_VALUE placeStop.stop.equityFloor", { kind: "equity", settle: "USDT" }],
    [
      "at the floor",
      "WOULD_TRIGGER placeStop.stop.equityFloor",
      { kind: "equity", settle: "USDT", equityFloor: "95000" },
    ],
    [
      "drawdown 0",
      "OUT_OF_RANGE placeStop.stop.drawdown",
      { kind: "drawdown", settle: "USDT", drawdown: "0" },
    ],
    [
      "drawdown above 1",
      "OUT_OF_RANGE placeStop.stop.drawdown",
      { kind: "drawdown", settle: "USDT", drawdown: "1.1" },
    ],
    [
      "reference 0",
      "OUT_OF_RANGE placeStop.stop.referenceEquity",
      { kind: "drawdown", settle: "USDT", drawdown: "0.1", referenceEquity: "0" },
    ],
    [
      "lost already",
      "WOULD_TRIGGER placeStop.stop.drawdown",
      { kind: "drawdown", settle: "USDT", drawdown: "0.1", referenceEquity: "200000" },
    ],
    [
      "floor of a drawdown",
      "BAD_VALUE placeStop.stop.equityFloor",
      { kind: "drawdown", settle: "USDT", drawdown: "0.1", equityFloor: "5" },
    ],
  ];
  it.each(equity)("%s", (_what, expected, stop) => {
    expect(refusal("one", { id: "s", ...stop })).toBe(expected);
  });

  it("accounts and stops that are not there", () => {
    const engine = everyStop();
    const before = engine.stateHash();
    expect(refusalCode(() => engine.placeStop("none", onLong()))).toBe("UNKNOWN_ACCOUNT");
    expect(refusalCode(() => engine.cancelStop("one", "none"))).toBe("UNKNOWN_STOP");
    // Stops are known within their account.
    expect(refusalCode(() => engine.cancelStop("one", "draw"))).toBe("UNKNOWN_STOP");
    expect(refusalCode(() => engine.placeStop("one", onLong({ id: "sl" })))).toBe("DUPLICATE_STOP");
    expect(engine.stateHash()).toBe(before);
  });
});

describe("one unit", () => {
  it("from the mark a stop waits, on either side", () => {
    const engine = stopEngine();
    const place = (id: string, triggerPrice: string, change: Partial<StopDefinition>): string =>
      refusalCode(() => engine.placeStop("one", onLong({ id, triggerPrice, ...change })));
    expect(place("a", "49999.99999999", {})).toBe("accepted");
    expect(place("b", "50000.00000001", { purpose: "takeProfit" })).toBe("accepted");
    expect(place("c", "2000.00000001", { symbol: ETH })).toBe("accepted");
    expect(place("d", "1999.99999999", { symbol: ETH, purpose: "takeProfit" })).toBe("accepted");
    expect(place("e", "1999.99999999", { symbol: ETH })).toBe("WOULD_TRIGGER");
  });

  it("from the liquidation price a stop stays as asked, at it it is moved", () => {
    const engine = stopEngine();
    expect(told(engine.placeStop("one", onLong({ id: "at", triggerPrice: LIQUIDATION })))).toEqual([
      `at placed at ${ABOVE_LIQUIDATION} (clamped)`,
    ]);
    const inside = onLong({ id: "in", triggerPrice: ABOVE_LIQUIDATION });
    expect(told(engine.placeStop("one", inside))).toEqual([`in placed at ${ABOVE_LIQUIDATION}`]);
  });

  it("of slippage and amount is the most and the least there is", () => {
    const engine = stopEngine();
    const stop = onLong({ slippage: "0.99999999", amount: "0.001" });
    engine.placeStop("one", stop);
    expect(stopsOf(engine, "one")).toEqual([{ ...stop, side: "long" }]);
    engine.placeStop("one", onLong({ id: "whole", amount: "1" }));
  });
});

describe("trailing", () => {
  it("follows at once where its activation price has been reached", () => {
    const engine = stopEngine();
    const trail = { kind: "trailing", symbol: BTC, distance: "100" } as const;
    engine.placeStop("one", { ...trail, id: "at", activationPrice: "50000" });
    engine.placeStop("one", { ...trail, id: "below", activationPrice: "49000" });
    engine.placeStop("one", { ...trail, id: "above", activationPrice: "50000.00000001" });
    expect(stopsOf(engine, "one").map(({ best }) => best)).toEqual(["50000", "50000", undefined]);
    const short = { kind: "trailing", symbol: ETH, distance: "100" } as const;
    engine.placeStop("one", { ...short, id: "short", activationPrice: "1999" });
    engine.placeStop("one", { ...short, id: "reached", activationPrice: "2001" });
    expect(stopsOf(engine, "one").map(({ best }) => best)).toEqual([
      "50000",
      "50000",
      undefined,
      undefined,
      "2000",
    ]);
  });
});

describe("one cancels other", () => {
  it("pairs stops, and lets a third not in", () => {
    const engine = stopEngine();
    engine.placeStop("one", onLong({ id: "a" }));
    engine.placeStop("one", onLong({ id: "b", oco: "a" }));
    for (const oco of ["a", "b"]) {
      expect(refusalCode(() => engine.placeStop("one", onLong({ id: "c", oco })))).toBe(
        "BAD_VALUE",
      );
    }
    expect(stopsOf(engine, "one").map(({ oco }) => oco)).toEqual([undefined, "a"]);
  });

  it("leaves the other alone when one is cancelled, free for another pair", () => {
    const engine = stopEngine();
    engine.placeStop("one", onLong({ id: "a" }));
    engine.placeStop("one", onLong({ id: "b", oco: "a" }));
    expect(told(engine.cancelStop("one", "a"))).toEqual(["a cancelled: command"]);
    expect(stopsOf(engine, "one").map(({ id, oco }) => `${id} ${oco}`)).toEqual(["b undefined"]);
    engine.placeStop("one", onLong({ id: "c", oco: "b" }));
    engine.cancelStop("one", "c");
    engine.cancelStop("one", "b");
    expect(engine.stateHash()).toBe(stopEngine().stateHash());
  });
});

it("cancelling every stop, in any order, leaves nothing behind", () => {
  const engine = everyStop();
  const ids = EVERY_STOP.map(([account, { id }]) => [account, id] as const);
  for (const [account, id] of [...ids.slice(5), ...ids.slice(0, 5).reverse()]) {
    engine.cancelStop(account, id);
  }
  expect(engine.stats().stops).toBe(0);
  expect(engine.stateHash()).toBe(stopEngine().stateHash());
});
