// Stops within a tick, by hand: what the straight line from the old prices to the new meets first, in each order and each mode; what a stop
// closes and at which price; what sleeps while a scope is liquidatable and wakes when it has recovered.
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { StopDefinition, TickOptions } from "../../src/types.ts";
import { BTC, ETH, emptyEngine } from "./fixtures.ts";
import {
  addAccount,
  balances,
  CROSS,
  ETHER,
  ISOLATED,
  line,
  news,
  stopAt,
  tickEngine,
  told,
} from "./tick-fixtures.ts";

type Stop = StopDefinition & { readonly id: string };
const ORDERS = ["pathAware", "liquidationFirst", "stopsFirst"] as const;
const SCOPE = `a isolated ${BTC} long`;

/** The isolated long, liquidatable below 45,180.72…, with a stop placed when it had more margin. */
function stopBehind(triggerPrice: string): RiskEngine {
  const more = { ...ISOLATED, isolatedMargin: "10000" };
  const engine = tickEngine("0", [more], [stopAt("s", triggerPrice)]);
  engine.reduceMargin("a", BTC, "5000");
  return engine;
}

describe("an isolated position with one stop", () => {
  const start = (): RiskEngine => tickEngine("0", [ISOLATED], [stopAt("s", "46000")]);
  const fired = [`stopTriggered a s: ${BTC} long 1 at 46000`];
  const under = [`liquidatable ${SCOPE}`];
  const outcomes: readonly [string, () => RiskEngine, string, readonly string[][]][] = [
    ["not reached", start, "46000.00000001", [[], [], []]],
    ["reached to the unit", start, "46000", [fired, fired, fired]],
    ["passed, liquidation not reached", start, "45500", [fired, fired, fired]],
    ["passed, liquidation behind it passed", start, "45100", [fired, under, fired]],
    ["gapped beyond both", start, "0.00000001", [fired, under, fired]],
    [
      "behind the liquidation price, both passed",
      () => stopBehind("45100"),
      "45050",
      [under, under, [`stopTriggered a s: ${BTC} long 1 at 45100`]],
    ],
    [
      "behind the liquidation price, that alone passed",
      () => stopBehind("45100"),
      "45150",
      [under, under, under],
    ],
  ];

  const rows = outcomes.flatMap(([what, make, mark, tells]) =>
    ORDERS.map((order, index) => ({ what, make, mark, order, tells: tells[index] as string[] })),
  );
  it.each(rows)("$what: $order", ({ make, mark, order, tells }) => {
    const engine = make();
    const result = engine.tick({ [BTC]: mark }, { order });
    const fires = tells.some((each) => each.startsWith("stopTriggered"));
    expect([result.stopsTriggered, result.liquidatable]).toEqual([
      fires ? 1 : 0,
      tells.length > 0 && !fires ? 1 : 0,
    ]);
    const again = make();
    expect(news(again, { [BTC]: mark }, { order })).toEqual(tells);
    expect(again.account("a").positions()).toHaveLength(fires ? 0 : 1);
    expect(again.account("a").stops()).toHaveLength(fires ? 0 : 1);
    expect(balances(again)).toBe(true);
  });

  it("is a tie for the liquidation: the step that meets both", () => {
    // Liquidatable at 45,180.72289156 (0.004·p rounded up), not at one unit more.
    const [lp, above] = ["45180.72289156", "45180.72289157"];
    const at = (trigger: string, order: TickOptions["order"]): string[] =>
      news(stopBehind(trigger), { [BTC]: "45100" }, order === undefined ? {} : { order });
    const stands = stopBehind(lp);
    expect([
      stands.tick({ [BTC]: above }).liquidatable,
      stands.tick({ [BTC]: lp }).liquidatable,
    ]).toEqual([0, 1]);
    expect(at(lp, "pathAware")).toEqual([`liquidatable ${SCOPE}`]);
    expect(at(above, "pathAware")).toEqual([`stopTriggered a s: ${BTC} long 1 at ${above}`]);
    expect(at(lp, "stopsFirst")).toEqual([`stopTriggered a s: ${BTC} long 1 at ${lp}`]);
  });

  it("closes at the trigger's step with the taker's fee, as the events say", () => {
    const engine = start();
    const events = [...engine.tick({ [BTC]: "45500" }).events()];
    // 46,000 · 0.0005 = 23
    expect(events).toEqual([
      {
        type: "stopTriggered",
        account: "a",
        stop: "s",
        kind: "mark",
        triggerPrice: "46000",
        equityFloor: null,
        closes: [{ symbol: BTC, side: "long", contracts: "1", price: "46000" }],
      },
      {
        type: "positionChanged",
        account: "a",
        symbol: BTC,
        side: "long",
        marginMode: "isolated",
        contracts: "0",
        entryPrice: null,
        isolatedMargin: null,
        realizedPnl: "-4000",
        fee: "23",
      },
      { type: "balanceChanged", account: "a", asset: "USDT", balance: "977", change: "977" },
    ]);
  });

  it("closes less its slippage, floored for a long and ceiled for a short", () => {
    const price = (side: "long" | "short", triggerPrice: string, mark: string): unknown => {
      const position = { ...ISOLATED, side };
      const stop = stopAt("s", triggerPrice, { side, slippage: "0.00100001" });
      const [event] = tickEngine("0", [position], [stop])
        .tick({ [BTC]: mark })
        .events();
      return event?.type === "stopTriggered" ? event.closes[0]?.price : event;
    };
    // 46,000.00000001 · 0.99899999 = 45,953.99954000 99899999, 53,000.00000001 · 1.00100001 = 53,053.00053001 00100001
    expect(price("long", "46000.00000001", "45900")).toBe("45953.99954");
    expect(price("short", "53000.00000001", "53100")).toBe("53053.00053002");
  });

  it("closes at the old mark what was passed there already, and what setMarks passed at its mark", () => {
    const engine = tickEngine("0", [ISOLATED], [stopAt("s", "46000")]);
    engine.setMarks({ [BTC]: "45900" });
    expect(news(engine, { [BTC]: "45950" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 45900`]);
    const immediate = tickEngine("0", [ISOLATED], [stopAt("s", "50000")], {
      stopImmediate: "fire",
    });
    expect(news(immediate, { [BTC]: "49000" })).toEqual([
      `stopTriggered a s: ${BTC} long 1 at 50000`,
    ]);
    const still = tickEngine("0", [ISOLATED], [stopAt("s", "50000")], { stopImmediate: "fire" });
    expect(news(still, { [ETH]: "1" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 50000`]);
  });

  it("fires on the way out of a liquidation that is over by the end of the line", () => {
    const profit = stopAt("p", "45170", { purpose: "takeProfit" });
    const on = (mark: string): string[] => {
      const engine = tickEngine("0", [ISOLATED]);
      engine.setMarks({ [BTC]: "45160" });
      engine.placeStop("a", profit);
      return news(engine, { [BTC]: mark });
    };
    expect(on("46000")).toEqual([`stopTriggered a p: ${BTC} long 1 at 45170`]);
    expect(on("45175")).toEqual([`liquidatable ${SCOPE}`]);
  });

  it("takes profit upward, and a short's stops are mirrored", () => {
    const profit = stopAt("p", "55000", { purpose: "takeProfit" });
    const long = tickEngine("0", [ISOLATED], [profit]);
    expect(news(long, { [BTC]: "60000" })).toEqual([`stopTriggered a p: ${BTC} long 1 at 55000`]);
    const short = { ...ISOLATED, side: "short" } as const;
    const loss = stopAt("s", "53000", { side: "short" });
    const engine = tickEngine("0", [short], [loss]);
    expect(news(engine, { [BTC]: "60000" })).toEqual([
      `stopTriggered a s: ${BTC} short 1 at 53000`,
    ]);
  });

  it("only tells, where asked to, and the stop is gone", () => {
    const engine = start();
    const report = { stops: "report" } as const;
    expect(told(engine, { [BTC]: "45500" }, report)).toEqual(fired);
    expect(engine.account("a").positions()).toHaveLength(1);
    expect(engine.account("a").stops()).toEqual([]);
    expect(told(engine, { [BTC]: "45400" }, report)).toEqual([]);
    const both = start();
    expect(told(both, { [BTC]: "45100" }, report)).toEqual([...fired, `liquidatable ${SCOPE}`]);
  });

  it("is cancelled where its close is refused, and the position stays", () => {
    // Slipped below the bankruptcy price: the margin cannot bear it.
    const engine = tickEngine("0", [ISOLATED], [stopAt("s", "46000", { slippage: "0.1" })]);
    const hash = engine.account("a").positions();
    const result = engine.tick({ [BTC]: "45900" });
    expect(result.stopsTriggered).toBe(0);
    expect([...result.events()]).toEqual([
      { type: "stopCancelled", account: "a", stop: "s", reason: "refused" },
    ]);
    expect(engine.account("a").positions()[0]?.contracts).toBe(hash[0]?.contracts);
    expect(engine.account("a").stops()).toEqual([]);
    expect(balances(engine)).toBe(true);
  });
});

describe("several stops of a position", () => {
  const half = (id: string, price: string, change: Partial<StopDefinition> = {}): Stop =>
    stopAt(id, price, { amount: "0.5", ...change });

  it("fire in the order of the line, whatever that of placement", () => {
    const engine = tickEngine("0", [ISOLATED], [half("low", "46000"), half("high", "47000")]);
    expect(news(engine, { [BTC]: "45500" })).toEqual([
      `stopTriggered a high: ${BTC} long 0.5 at 47000`,
      `stopTriggered a low: ${BTC} long 0.5 at 46000`,
    ]);
    expect(engine.account("a").positions()).toEqual([]);
    expect(balances(engine)).toBe(true);
  });

  it("fire in the order of placement at one step, and no more than there is", () => {
    const engine = tickEngine(
      "0",
      [ISOLATED],
      [stopAt("x", "46000", { amount: "0.7" }), stopAt("y", "46000", { amount: "0.7" })],
    );
    expect(news(engine, { [BTC]: "45500" })).toEqual([
      `stopTriggered a x: ${BTC} long 0.7 at 46000`,
      "stopChanged a y position 46000 0.3",
      `stopTriggered a y: ${BTC} long 0.3 at 46000`,
    ]);
  });

  it("end with the position that the first has closed", () => {
    const engine = tickEngine("0", [ISOLATED], [stopAt("x", "46000"), stopAt("y", "45500")]);
    expect(news(engine, { [BTC]: "45400" })).toEqual([
      `stopTriggered a x: ${BTC} long 1 at 46000`,
      "stopCancelled a y closed",
    ]);
  });

  it("cancel each other where paired", () => {
    const stops = [
      stopAt("p", "55000", { purpose: "takeProfit", amount: "0.4" }),
      stopAt("s", "46000", { amount: "0.4", oco: "p" }),
      stopAt("t", "45800", { amount: "0.1" }),
    ];
    const engine = tickEngine("0", [ISOLATED], stops);
    expect(news(engine, { [BTC]: "45900" })).toEqual([
      `stopTriggered a s: ${BTC} long 0.4 at 46000`,
      "stopCancelled a p oco",
    ]);
    expect(news(engine, { [BTC]: "60000" })).toEqual([]);
    expect(news(engine, { [BTC]: "45700" })).toEqual([
      `stopTriggered a t: ${BTC} long 0.1 at 45800`,
    ]);
  });

  it("go by halves: the first lifts the position over its liquidation price, or does not", () => {
    // 0.5 closed at 45,300: half the margin of 5,000 less 2,350 and 11.325 go to the wallet; the rest stands or falls as the whole did.
    const engine = tickEngine("0", [ISOLATED], [half("s", "45300"), half("t", "45250")]);
    expect(news(engine, { [BTC]: "45100" })).toEqual([
      `stopTriggered a s: ${BTC} long 0.5 at 45300`,
      `stopTriggered a t: ${BTC} long 0.5 at 45250`,
    ]);
    const one = tickEngine("0", [ISOLATED], [half("s", "45300")]);
    expect(news(one, { [BTC]: "45100" })).toEqual([
      `stopTriggered a s: ${BTC} long 0.5 at 45300`,
      `liquidatable ${SCOPE}`,
    ]);
  });

  it("follow a share of the margin that the first has changed", () => {
    // marginLoss 0.8 of 5,000: fires at 46,000. A half closed at 47,000 leaves half the margin, and a value that is floored a unit sooner.
    const engine = tickEngine(
      "0",
      [ISOLATED],
      [
        { id: "m", kind: "marginLoss", symbol: BTC, side: "long", share: "0.8" },
        half("s", "47000"),
      ],
    );
    expect(news(engine, { [BTC]: "45500" })).toEqual([
      `stopTriggered a s: ${BTC} long 0.5 at 47000`,
      "stopChanged a m position 46000.00000001 null",
      `stopTriggered a m: ${BTC} long 0.5 at 46000.00000001`,
    ]);
  });
});

describe("trailing stops", () => {
  const trail = (change: Partial<StopDefinition> = {}): Stop => ({
    id: "t",
    kind: "trailing",
    symbol: BTC,
    side: "long",
    distance: "1000",
    ...change,
  });

  it("close where the best price since has fallen by the distance", () => {
    const engine = tickEngine("0", [ISOLATED], [trail()]);
    expect(news(engine, { [BTC]: "53000" })).toEqual([]);
    expect(news(engine, { [BTC]: "52000.5" })).toEqual([]);
    expect(news(engine, { [BTC]: "51500" })).toEqual([`stopTriggered a t: ${BTC} long 1 at 52000`]);
  });

  it("by a rate, after activation, in a gap", () => {
    const engine = tickEngine(
      "0",
      [ISOLATED],
      [
        {
          id: "t",
          kind: "trailing",
          symbol: BTC,
          side: "long",
          rate: "0.02",
          activationPrice: "52000",
        },
      ],
    );
    expect(news(engine, { [BTC]: "49000" })).toEqual([]);
    expect(news(engine, { [BTC]: "55000" })).toEqual([]);
    expect(news(engine, { [BTC]: "46000" })).toEqual([`stopTriggered a t: ${BTC} long 1 at 53900`]);
  });

  it("of a short, from below", () => {
    const engine = tickEngine("0", [{ ...ISOLATED, side: "short" }], [trail({ side: "short" })]);
    expect(news(engine, { [BTC]: "48000" })).toEqual([]);
    expect(news(engine, { [BTC]: "60000" })).toEqual([
      `stopTriggered a t: ${BTC} short 1 at 49000`,
    ]);
  });
});

describe("a cross pool", () => {
  const floor = (equityFloor: string, change: Partial<StopDefinition> = {}): Stop => ({
    id: "e",
    kind: "equity",
    settle: "USDT",
    equityFloor,
    ...change,
  });
  /** Equity 10,000 + (BTC − 50,000) + 10·(ETH − 2,000). */
  const pool = (...stops: readonly Stop[]): RiskEngine =>
    tickEngine("10000", [CROSS, ETHER], stops);

  it("closes everything where its equity reaches the floor on the way", () => {
    // ETH moves a unit for every 20 of BTC, and equity 10 for each: 4,000 are lost near 2/3 of the way.
    const engine = pool(floor("6000"));
    expect(news(engine, { [BTC]: "46000", [ETH]: "1800" })).toEqual([
      `stopTriggered a e: ${BTC} long 1 at 47333.3333333, ${ETH} long 10 at 1866.66666667`,
    ]);
    expect(engine.account("a").positions()).toEqual([]);
    expect(balances(engine)).toBe(true);
  });

  it("fires at the step that reaches the floor, not one before", () => {
    const engine = pool(floor("6000"));
    expect(news(engine, { [BTC]: "46000.00000001" })).toEqual([]);
    expect(news(engine, { [BTC]: "46000" })).toEqual([
      `stopTriggered a e: ${BTC} long 1 at 46000, ${ETH} long 10 at 2000`,
    ]);
  });

  it("closes one position where the stop names it", () => {
    const engine = pool(floor("6000", { symbol: ETH, side: "long", amount: "4" }));
    expect(news(engine, { [BTC]: "45000" })).toEqual([`stopTriggered a e: ${ETH} long 4 at 2000`]);
    expect(engine.account("a").position(ETH).contracts).toBe("6");
  });

  it("by a drawdown of the equity at placing", () => {
    const engine = pool({ id: "d", kind: "drawdown", settle: "USDT", drawdown: "0.25" });
    expect(news(engine, { [BTC]: "47500.00000001" })).toEqual([]);
    expect(news(engine, { [BTC]: "47000" })).toEqual([
      `stopTriggered a d: ${BTC} long 1 at 47500, ${ETH} long 10 at 2000`,
    ]);
  });

  it("an equity floor before a price stop: the stop goes with its position", () => {
    const engine = pool(floor("6000"), stopAt("s", "45000"));
    expect(news(engine, { [BTC]: "44000" })).toEqual([
      `stopTriggered a e: ${BTC} long 1 at 46000, ${ETH} long 10 at 2000`,
      "stopCancelled a s closed",
    ]);
  });

  it("an equity floor after a price stop: what the stop has realised stays lost", () => {
    // BTC closes at 47,000 with ETH at 1,950 and a fee of 23.5: of equity 6,476.5 ETH must lose 47.65 more to the floor.
    const engine = pool(floor("6000"), stopAt("s", "47000"));
    expect(news(engine, { [BTC]: "44000", [ETH]: "1900" })).toEqual([
      `stopTriggered a s: ${BTC} long 1 at 47000`,
      `stopTriggered a e: ${ETH} long 10 at 1902.35`,
    ]);
  });

  it("a floor that the close of a price stop avoids does not fire", () => {
    const engine = pool(floor("6000"), stopAt("s", "47000"));
    expect(news(engine, { [BTC]: "40000" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 47000`]);
    expect(
      engine
        .account("a")
        .stops()
        .map(({ id }) => id),
    ).toEqual(["e"]);
    expect(news(engine, { [ETH]: "1902.35000001" })).toEqual([]);
    expect(news(engine, { [ETH]: "1800" })).toEqual([
      `stopTriggered a e: ${ETH} long 10 at 1902.35`,
    ]);
  });

  it("a floor that was reached before the tick, and no more at its end, does not fire beside a stop that does", () => {
    const engine = pool(floor("6000"), stopAt("p", "50500", { purpose: "takeProfit" }));
    engine.setMarks({ [BTC]: "45900" });
    expect(news(engine, { [BTC]: "51000" })).toEqual([`stopTriggered a p: ${BTC} long 1 at 50500`]);
  });

  it("floors fire highest first, and each once", () => {
    const engine = pool(
      floor("6000", { id: "low" }),
      floor("8000", { id: "high", symbol: BTC, side: "long" }),
    );
    expect(news(engine, { [BTC]: "46000", [ETH]: "1000" })).toEqual([
      `stopTriggered a high: ${BTC} long 1 at 49428.57142856`,
      `stopTriggered a low: ${ETH} long 10 at 1659.61428571`,
    ]);
    expect(news(engine, { [BTC]: "1" })).toEqual([]);
  });

  it("is liquidated first where another position takes it down before the stop", () => {
    // At half of the way equity is 10,000 − 2,500 − 7,500 = 0: liquidatable before BTC reaches 47,400.
    const contested = (): RiskEngine => pool(stopAt("s", "47400"));
    const marks = { [BTC]: "45000", [ETH]: "500" };
    expect(news(contested(), marks)).toEqual(["liquidatable a cross USDT"]);
    expect(news(contested(), marks, { order: "liquidationFirst" })).toEqual([
      "liquidatable a cross USDT",
    ]);
    expect(news(contested(), marks, { order: "stopsFirst" })).toEqual([
      `stopTriggered a s: ${BTC} long 1 at 47400`,
      "liquidatable a cross USDT",
    ]);
    const sooner = pool(stopAt("s", "47600"));
    expect(news(sooner, marks)).toEqual([
      `stopTriggered a s: ${BTC} long 1 at 47600`,
      "liquidatable a cross USDT",
    ]);
  });

  it("meets an equity floor before the liquidation though both are passed at the end", () => {
    const tells = [`stopTriggered a e: ${BTC} long 1 at 46000, ${ETH} long 10 at 2000`];
    expect(news(pool(floor("6000")), { [BTC]: "30000" })).toEqual(tells);
    expect(news(pool(floor("6000")), { [BTC]: "30000" }, { order: "stopsFirst" })).toEqual(tells);
    expect(news(pool(floor("6000")), { [BTC]: "30000" }, { order: "liquidationFirst" })).toEqual([
      "liquidatable a cross USDT",
    ]);
    const calls = pool(floor("6000"));
    calls.setMarginCalls(["0.5"]);
    expect(news(calls, { [BTC]: "30000" })).toEqual(tells);
  });

  it("closes hedged legs each for itself", () => {
    const engine = emptyEngine();
    addAccount(engine, "a", "10000", [CROSS, { ...CROSS, side: "short", contracts: "0.4" }], true);
    engine.placeStop("a", stopAt("l", "48000"));
    engine.placeStop("a", stopAt("s", "53000", { side: "short" }));
    expect(news(engine, { [BTC]: "47000" })).toEqual([`stopTriggered a l: ${BTC} long 1 at 48000`]);
    expect(news(engine, { [BTC]: "54000" })).toEqual([
      `stopTriggered a s: ${BTC} short 0.4 at 53000`,
    ]);
    expect(balances(engine)).toBe(true);
  });

  it("does not concern an isolated position, nor that the pool", () => {
    const engine = emptyEngine();
    const ether = { ...ETHER, contracts: "50" };
    addAccount(engine, "a", "10000", [ISOLATED, ether]);
    engine.placeStop("a", stopAt("s", "46000"));
    engine.placeStop("a", stopAt("e", "1900", { symbol: ETH }));
    expect(news(engine, { [BTC]: "45900", [ETH]: "1" })).toEqual([
      `stopTriggered a e: ${ETH} long 50 at 1900`,
      `stopTriggered a s: ${BTC} long 1 at 46000`,
    ]);
  });

  it("sees what an isolated stop returns only after its own stops", () => {
    // The cross pool is liquidatable on its own line; the margin that comes back lifts it in the end, and its stop wakes.
    const engine = emptyEngine();
    addAccount(engine, "a", "1000", [{ ...ETHER, contracts: "10" }, ISOLATED]);
    engine.placeStop("a", stopAt("c", "1905", { symbol: ETH }));
    engine.placeStop("a", stopAt("i", "49000"));
    engine.setBalance("a", "USDT", "900");
    expect(news(engine, { [BTC]: "48000", [ETH]: "1900" })).toEqual([
      `stopTriggered a i: ${BTC} long 1 at 49000`,
    ]);
    expect(engine.account("a").stops()[0]?.verdict).not.toBe("suspended");
    expect(news(engine, { [BTC]: "48000" })).toEqual([`stopTriggered a c: ${ETH} long 10 at 1900`]);
  });
});

describe("a floor in a scope that an isolated stop lifts", () => {
  it("fires in the next tick, where the liquidation had come first on the scope's own line", () => {
    const engine = emptyEngine();
    engine.setMarks({ [ETH]: "1000" });
    const isolated = { ...ISOLATED, isolatedMargin: "6049.5" };
    addAccount(engine, "a", "20000", [{ ...ETHER }, isolated]);
    engine.placeStop("a", { id: "e", kind: "equity", settle: "USDT", equityFloor: "150" });
    engine.setMarks({ [ETH]: "2000" });
    engine.placeStop("a", stopAt("c", "1905", { symbol: ETH }));
    engine.placeStop("a", stopAt("i", "49000"));
    // At 1,905: equity 170 of 190.5. At 1,400: −4,880, and 5,025 come back: 145 of 140.
    engine.setBalance("a", "USDT", "1120");
    expect(news(engine, { [BTC]: "48000", [ETH]: "1400" })).toEqual([
      `stopTriggered a i: ${BTC} long 1 at 49000`,
    ]);
    engine.cancelStop("a", "c");
    expect(news(engine, { [ETH]: "1399.99" })).toEqual([
      `stopTriggered a e: ${ETH} long 10 at 1400`,
    ]);
  });
});

describe("stops of a liquidatable scope", () => {
  it("sleep, and fire in the tick after its recovery", () => {
    const engine = tickEngine("1000", [ISOLATED], [stopAt("s", "45500")]);
    expect(news(engine, { [BTC]: "45100" }, { order: "liquidationFirst" })).toEqual([
      `liquidatable ${SCOPE}`,
    ]);
    expect(news(engine, { [BTC]: "45050" })).toEqual([]);
    expect(news(engine, { [BTC]: "45300" })).toEqual([`recovered ${SCOPE}`]);
    expect(news(engine, { [BTC]: "45310" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 45300`]);
  });

  it("wake armed where nothing was passed meanwhile", () => {
    const engine = stopBehind("45100");
    expect(news(engine, { [BTC]: "45150" })).toEqual([`liquidatable ${SCOPE}`]);
    expect(news(engine, { [BTC]: "45200" })).toEqual([`recovered ${SCOPE}`]);
    expect(news(engine, { [BTC]: "45150" })).toEqual([`liquidatable ${SCOPE}`]);
    engine.addMargin("a", BTC, "1000");
    expect(news(engine, { [BTC]: "45149" })).toEqual([`recovered ${SCOPE}`]);
    expect(news(engine, { [BTC]: "45000" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 45100`]);
  });

  it("of equity: nothing until it stands again", () => {
    const engine = tickEngine(
      "10000",
      [CROSS],
      [{ id: "e", kind: "equity", settle: "USDT", equityFloor: "6000" }],
    );
    const first = { [BTC]: "40100" };
    expect(news(engine, first, { order: "liquidationFirst" })).toEqual([
      "liquidatable a cross USDT",
    ]);
    expect(news(engine, { [BTC]: "40000" })).toEqual([]);
    engine.deposit("a", "USDT", "1000");
    expect(news(engine, {})).toEqual(["recovered a cross USDT"]);
    expect(news(engine, {})).toEqual([`stopTriggered a e: ${BTC} long 1 at 40000`]);
  });

  it("are told as they were by a book's first tick", () => {
    const engine = stopBehind("45100");
    engine.setMarks({ [BTC]: "45050" });
    expect(news(engine, {})).toEqual([`liquidatable ${SCOPE}`]);
    expect(engine.account("a").stops()).toHaveLength(1);
  });
});

describe("a scope whose figures do not fit 63 bits", () => {
  // 2,000 ETH at 90 million are 1.8e19 units of 1e-8.
  const far = { [BTC]: "46000", [ETH]: "90000000" };
  const engine = (...stops: readonly Stop[]): RiskEngine =>
    tickEngine("5000000", [CROSS, { ...ETHER, contracts: "2000" }], stops);

  it("is told once, and its stops wait for the tick that can judge it", () => {
    const pool = engine(stopAt("s", "46000"));
    const result = pool.tick(far);
    expect([result.outOfRange, result.stopsTriggered]).toEqual([1, 0]);
    expect([...result.events()].map(line)).toEqual(["outOfRange a cross USDT"]);
    expect(news(pool, far)).toEqual([]);
    expect(pool.toBook().accounts[0]?.stops).toHaveLength(1);
    expect(news(pool, { [BTC]: "45900", [ETH]: "2000" })).toEqual([]);
    expect(news(pool, { [BTC]: "45800" })).toEqual([`stopTriggered a s: ${BTC} long 1 at 45900`]);
  });

  it("fires what is met while it can be judged", () => {
    const pool = engine(stopAt("s", "49999"));
    expect(news(pool, far)).toEqual([
      `stopTriggered a s: ${BTC} long 1 at 49999`,
      "outOfRange a cross USDT",
    ]);
  });
});
