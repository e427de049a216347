// Stops follow what they protect: what fills, margin, leverage, funding and mode switches make of them, to the unit.
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type {
  Command,
  EngineEvent,
  FillCommand,
  Profile,
  StopDefinition,
} from "../../src/types.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";
import { refusalCode } from "./margin-fixtures.ts";
import { EVERY_STOP, everyStop, onLong, stopEngine, stopsOf, told } from "./stop-fixtures.ts";

type Trade = Partial<Omit<FillCommand, "type">>;

/** A trade of the isolated BTC long of "one". */
function trade(
  engine: RiskEngine,
  side: "buy" | "sell",
  amount: string,
  more: Trade = {},
): EngineEvent[] {
  return engine.fill({ account: "one", symbol: BTC, side, amount, price: "50000", ...more });
}

/** An engine with stops on the isolated BTC long of "one". */
function withStops(stops: readonly Partial<StopDefinition>[], profile?: Profile): RiskEngine {
  const engine = stopEngine(profile);
  for (const [index, change] of stops.entries()) {
    engine.placeStop("one", { id: `s${index}`, kind: "mark", symbol: BTC, ...change });
  }
  return engine;
}

const WHOLE = { triggerPrice: "48000" };
const PART = { triggerPrice: "47000", amount: "0.6" };
const LOSS = { kind: "marginLoss", share: "0.4" } as const;
const ENTRY = { kind: "entryDeviation", deviation: "0.05" } as const;

describe("size", () => {
  it("a reduction lowers amounts above what is left, and no others", () => {
    const engine = withStops([WHOLE, PART, { ...PART, amount: "0.5" }]);
    expect(told(trade(engine, "sell", "0.4"))).toEqual([]);
    expect(told(trade(engine, "sell", "0.001"))).toEqual([
      "s1 changed by position: 0.599 at 47000",
    ]);
    expect(told(trade(engine, "sell", "0.598"))).toEqual([
      "s1 changed by position: 0.001 at 47000",
      "s2 changed by position: 0.001 at 47000",
    ]);
    // What was lowered stays so.
    expect(told(trade(engine, "buy", "0.9"))).toEqual([]);
    expect(stopsOf(engine, "one").map(({ amount }) => amount)).toEqual([
      undefined,
      "0.001",
      "0.001",
    ]);
  });

  it("a close and a flip end the position's stops, those of others stay", () => {
    for (const amount of ["1", "1.5"]) {
      const engine = withStops([WHOLE, PART, { symbol: ETH, triggerPrice: "2500" }]);
      expect(told(trade(engine, "sell", amount, { leverage: "10" }))).toEqual([
        "s0 cancelled: closed",
        "s1 cancelled: closed",
      ]);
      expect(stopsOf(engine, "one").map(({ id }) => id)).toEqual(["s2"]);
    }
  });

  it("a hedged account's stops go with their side alone", () => {
    const engine = everyStop();
    const close = { account: "two", symbol: BTC, price: "50000" } as const;
    const short = engine.fill({ ...close, side: "buy", amount: "0.4", positionSide: "short" });
    expect(told(short)).toEqual(["sl cancelled: closed", "third cancelled: closed"]);
    const long = engine.fill({ ...close, side: "sell", amount: "1", positionSide: "long" });
    // Nothing is left in cross for the stop on the pool's equity.
    expect(told(long)).toEqual(["wait cancelled: closed", "draw cancelled: closed"]);
    expect(stopsOf(engine, "two").map(({ id }) => id)).toEqual(["deep"]);
  });

  it("setPosition counts like a trade, whatever it replaces", () => {
    const engine = withStops([WHOLE, PART, LOSS]);
    const position = { symbol: BTC, side: "long", contracts: "0.5", entryPrice: "40000" } as const;
    expect(told(engine.setPosition("one", { ...position, marginMode: "cross" }))).toEqual([
      "s1 changed by position: 0.5 at 47000",
      "s2 cancelled: modeSwitch",
    ]);
    expect(
      told(engine.setPosition("one", { ...position, side: "short", marginMode: "cross" })),
    ).toEqual(["s0 cancelled: closed", "s1 cancelled: closed"]);
    expect(stopsOf(engine, "one")).toEqual([]);
  });

  it("the last trade out of an account ends everything, so that it can be closed", () => {
    const engine = everyStop();
    trade(engine, "sell", "1");
    engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "10", price: "2000" });
    engine.fill({ account: "one", symbol: COIN, side: "sell", amount: "5", price: "50000" });
    expect(stopsOf(engine, "one")).toEqual([]);
    engine.setBalance("one", "USDT", "0");
    engine.setBalance("one", "BTC", "0");
    engine.closeAccount("one");
    // The index is used again.
    engine.openAccount("three");
    expect(stopsOf(engine, "three")).toEqual([]);
    expect(stopsOf(engine, "two")).toHaveLength(5);
  });
});

describe("resolved triggers", () => {
  it("move with the margin", () => {
    const engine = withStops([LOSS, ENTRY, WHOLE]);
    expect(told(engine.addMargin("one", BTC, "1000"))).toEqual([
      // 40 % of 6,000.
      "s0 changed by margin: all at 47600",
    ]);
    expect(told(engine.reduceMargin("one", BTC, "1000"))).toEqual([
      "s0 changed by margin: all at 48000",
    ]);
  });

  it("move with size and entry", () => {
    const engine = withStops([LOSS, ENTRY]);
    expect(told(trade(engine, "buy", "1", { price: "51000", leverage: "10" }))).toEqual([
      // 2 at 50,500 on 10,100 of margin: 4,040 lost at 48,480.
      "s0 changed by position: all at 48480",
      "s1 changed by position: all at 47975",
    ]);
    // Part of the margin leaves with part of the position: the same share is lost at the same price.
    expect(told(trade(engine, "sell", "1", { price: "52000" }))).toEqual([]);
  });

  it("move with the leverage where that moves margin", () => {
    const engine = withStops([LOSS]);
    expect(told(engine.setLeverage("one", BTC, "5"))).toEqual([
      "s0 changed by margin: all at 46000",
    ]);
    const kept = withStops([LOSS], { isolatedLeverageChange: "keepMargin" });
    expect(told(kept.setLeverage("one", BTC, "20"))).toEqual([]);
  });

  it("move with funding, in every account at once", () => {
    const engine = withStops([LOSS, ENTRY, { kind: "marginLoss", symbol: COIN, share: "0.5" }]);
    const before = told(engine.settleFunding({ time: 1, rates: { [ETH]: "0.01" } }));
    expect(before).toEqual([]);
    const events = engine.settleFunding({ time: 1, rates: { [BTC]: "0.01" } });
    // 500 of 5,000 are gone: 40 % of 4,500.
    expect(told(events)).toEqual(["s0 changed by margin: all at 48200"]);
    expect(events.at(-1)).toEqual({
      type: "stopChanged",
      account: "one",
      stop: "s0",
      reason: "margin",
      triggerPrice: "48200",
      amount: null,
    });
  });

  it("are none where no price does it any more, and come back", () => {
    const engine = withStops([{ ...LOSS, share: "1" }]);
    // Nobody can lose 55,000 with what cost 50,000.
    expect(told(engine.addMargin("one", BTC, "50000"))).toEqual([
      "s0 changed by margin: all at null",
    ]);
    expect(told(engine.addMargin("one", BTC, "1"))).toEqual([]);
    expect(told(engine.reduceMargin("one", BTC, "50001"))).toEqual([
      "s0 changed by margin: all at 45180.72289157",
    ]);
  });

  it("are clamped again when they move", () => {
    const engine = withStops([{ ...LOSS, share: "1" }]);
    expect(stopsOf(engine, "one")[0]).toMatchObject({ triggerPrice: "45180.72289157" });
    // 6,000 of margin: liquidatable below (50,000 − 6,000) / 0.996.
    expect(told(engine.addMargin("one", BTC, "1000"))).toEqual([
      "s0 changed by margin: all at 44176.70682731",
    ]);
    // Nothing has moved since that it depends on.
    engine.setMarks({ [BTC]: "49000" });
    expect(
      told(engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "1", price: "2000" })),
    ).toEqual([]);
  });
});

describe("mode switches", () => {
  const toCross: Command = {
    type: "setMarginMode",
    account: "one",
    symbol: BTC,
    marginMode: "cross",
  };

  it("carry what makes sense in the new mode", () => {
    const engine = withStops([WHOLE, LOSS, ENTRY, { kind: "trailing", distance: "500" }]);
    expect(told(engine.apply(toCross))).toEqual(["s1 cancelled: modeSwitch"]);
    expect(stopsOf(engine, "one").map(({ id }) => id)).toEqual(["s0", "s2", "s3"]);
  });

  it("end equity stops of a position that leaves the cross pool, and of an empty pool", () => {
    const engine = stopEngine();
    engine.placeStop("one", { id: "e", kind: "equity", symbol: ETH, equityFloor: "80000" });
    engine.placeStop("one", { id: "p", kind: "equity", settle: "USDT", equityFloor: "80000" });
    engine.placeStop("one", { id: "m", kind: "mark", symbol: ETH, triggerPrice: "2100" });
    const isolate = { ...toCross, symbol: ETH, marginMode: "isolated" } as const;
    expect(told(engine.apply(isolate))).toEqual(["e cancelled: modeSwitch", "p cancelled: closed"]);
    expect(stopsOf(engine, "one").map(({ id }) => id)).toEqual(["m"]);
  });

  it("end all with the knob, but of what was switched alone", () => {
    const engine = withStops([WHOLE, LOSS, { symbol: ETH, triggerPrice: "2500" }], {
      stopsOnModeSwitch: "cancel",
    });
    expect(told(engine.apply(toCross))).toEqual([
      "s0 cancelled: modeSwitch",
      "s1 cancelled: modeSwitch",
    ]);
    expect(stopsOf(engine, "one").map(({ id }) => id)).toEqual(["s2"]);
  });

  it("lower amounts after a forced partial close", () => {
    const engine = fundedEngine();
    engine.setBalance("one", "USDT", "3000");
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
    });
    engine.placeStop("one", onLong({ id: "part", amount: "0.9" }));
    const events = engine.setMarginMode({
      account: "one",
      symbol: BTC,
      marginMode: "isolated",
      leverage: "10",
      policy: "reduceToFit",
    });
    const left = engine.account("one").position(BTC).contracts;
    expect(Number(left)).toBeLessThan(0.9);
    expect(told(events)).toEqual([`part changed by position: ${left} at 48000`]);
  });
});

describe("batches", () => {
  const batch = (engine: RiskEngine, quantities: readonly number[]) => ({
    accounts: Uint32Array.from(quantities, () => engine.accountHandle("one")),
    markets: Uint32Array.from(quantities, () => engine.marketIndex(ETH)),
    quantities: Float64Array.from(quantities),
    prices: Float64Array.from(quantities, () => 200_000_000_000),
  });

  it("are fills one by one: a position closed and opened again has lost its stops", () => {
    const engine = withStops([{ symbol: ETH, triggerPrice: "2500" }, WHOLE]);
    expect(engine.applyFills(batch(engine, [1000, -1000])).accepted).toBe(2);
    expect(stopsOf(engine, "one").map(({ id }) => id)).toEqual(["s1"]);
    expect(engine.account("one").position(ETH).contracts).toBe("10");
  });

  it("lower amounts", () => {
    const engine = withStops([{ symbol: ETH, triggerPrice: "2500", amount: "8" }]);
    engine.applyFills(batch(engine, [300, 100, 100]));
    expect(stopsOf(engine, "one")[0]?.amount).toBe("5");
  });
});

describe("nothing else touches them", () => {
  it.each<readonly [string, (engine: RiskEngine) => unknown]>([
    ["deposit", (engine) => engine.deposit("one", "USDT", "5")],
    ["withdraw", (engine) => engine.withdraw("one", "USDT", "5")],
    ["setMarks", (engine) => engine.setMarks({ [ETH]: "2100", [COIN]: "40000" })],
    [
      "another account's trade",
      (engine) =>
        engine.fill({
          account: "two",
          symbol: ETH,
          side: "sell",
          amount: "10",
          price: "2000",
          positionSide: "long",
        }),
    ],
    ["openAccount", (engine) => engine.openAccount("three")],
    [
      "an order",
      (engine) =>
        engine.placeOrder("one", {
          id: "o",
          symbol: BTC,
          side: "sell",
          amount: "1",
          price: "60000",
          reduceOnly: true,
        }),
    ],
  ])("%s", (_what, run) => {
    const engine = everyStop();
    const before = stopsOf(engine, "one");
    run(engine);
    expect(stopsOf(engine, "one")).toEqual(before);
  });
});

describe("taken back with the command", () => {
  const commands: readonly Command[] = [
    {
      type: "fill",
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "1.5",
      price: "50000",
      leverage: "10",
    },
    { type: "fill", account: "one", symbol: BTC, side: "sell", amount: "0.7", price: "50000" },
    {
      type: "fill",
      account: "two",
      symbol: BTC,
      side: "sell",
      amount: "1",
      price: "50000",
      positionSide: "long",
    },
    {
      type: "setPosition",
      account: "one",
      position: { symbol: ETH, side: "long", contracts: "0", entryPrice: "1", marginMode: "cross" },
    },
    { type: "addMargin", account: "one", symbol: BTC, amount: "77.7" },
    { type: "reduceMargin", account: "one", symbol: BTC, amount: "10" },
    { type: "setLeverage", account: "one", symbol: BTC, leverage: "4" },
    { type: "setMarginMode", account: "one", symbol: BTC, marginMode: "cross" },
    { type: "setMarginMode", account: "one", symbol: ETH, marginMode: "isolated" },
    { type: "placeStop", account: "one", stop: onLong({ id: "new", oco: "trail" }) },
    { type: "cancelStop", account: "one", stop: "tp" },
    { type: "cancelStop", account: "two", stop: "draw" },
  ];

  it.each(commands)("$type $account $symbol$stop", (command) => {
    const engine = everyStop();
    engine.setMarks({ [BTC]: "50100" });
    const before = engine.stateHash();
    const preview = engine.previewCommand(command);
    expect(preview.refusal).toBeNull();
    expect(engine.stateHash()).toBe(before);
    // The preview says what the command does, stops included.
    expect(told(preview.events).length).toBeGreaterThan(0);
    expect(engine.apply(command)).toEqual(preview.events);
    expect(engine.stateHash()).not.toBe(before);
  });

  it("handles, too: cancelled in any order after a preview, nothing is left", () => {
    const engine = everyStop();
    for (const command of commands) engine.previewCommand(command);
    for (const [account, { id }] of EVERY_STOP) engine.cancelStop(account, id);
    expect(engine.stateHash()).toBe(stopEngine().stateHash());
  });

  it("a command that its stops cannot follow is refused as a whole", () => {
    const engine = everyStop();
    const before = engine.stateHash();
    const { kernel } = engine;
    const arm = kernel.armStop.bind(kernel);
    const left = [1, 0];
    // The second of two stops cannot be armed at its new trigger.
    kernel.armStop = (stop) => {
      if (left.shift() === 0) throw new RiskError("CAPACITY", "no room");
      arm(stop);
    };
    expect(refusalCode(() => engine.addMargin("one", BTC, "1000"))).toBe("CAPACITY");
    expect(left).toEqual([]);
    expect(engine.stateHash()).toBe(before);
    expect(engine.account("one").position(BTC).isolatedMargin).toBe("5000");
    expect(told(engine.addMargin("one", BTC, "1000"))).toHaveLength(2);
  });
});
