// What liquidation leaves behind: a state that goes on as one loaded from its book does, events that say all that changed, and accounts that
// start anew once they are closed.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import type { EngineEvent, LiquidationPolicy } from "../../../src/types.ts";
import { runs } from "../../support/runs.ts";
import { told } from "../../support/told.ts";
import { bench, flatTiers, SYMBOL } from "../../vectors/workbench.ts";
import { adlDraw, adlEngine, adlMarks, adlMarksOf, adlPolicy } from "./adl-draws.ts";
import { drawnEngine, liquidationDraw, marksDraw, marksOf, policyDraw } from "./draws.ts";

/** Balances, positions, orders and funds by name, as books have them. */
type Holdings = Map<string, string>;

function holdingsOf(engine: RiskEngine): Holdings {
  const held: Holdings = new Map();
  const { insuranceFunds = {} } = engine.toBook();
  for (const [asset, balance] of Object.entries(insuranceFunds)) {
    held.set(`fund ${asset}`, `${balance}`);
  }
  for (const id of engine.accountIds()) {
    const account = engine.account(id);
    for (const [asset, balance] of Object.entries(account.balances())) {
      held.set(`balance ${id} ${asset}`, balance);
    }
    for (const position of account.positions()) {
      const { symbol, side, marginMode, contracts, entryPrice, isolatedMargin } = position;
      const text = [marginMode, contracts, entryPrice, isolatedMargin].join(" ");
      held.set(`position ${id} ${symbol} ${side}`, text);
    }
    for (const { id: order } of account.orders()) held.set(`order ${id} ${order}`, "open");
    for (const { id: stop } of account.stops()) held.set(`stop ${id} ${stop}`, "set");
  }
  return held;
}

/** What was held, as the events tell that it changed. */
function folded(before: Holdings, events: readonly EngineEvent[]): Holdings {
  const held = new Map(before);
  for (const event of events) {
    switch (event.type) {
      case "balanceChanged":
        held.set(`balance ${event.account} ${event.asset}`, event.balance);
        break;
      case "insuranceFundChanged":
        held.set(`fund ${event.asset}`, event.balance);
        break;
      case "positionChanged": {
        const { account, symbol, side, marginMode, contracts, entryPrice, isolatedMargin } = event;
        const name = `position ${account} ${symbol} ${side}`;
        const text = [marginMode, contracts, entryPrice, isolatedMargin].join(" ");
        if (contracts === "0") held.delete(name);
        else held.set(name, text);
        break;
      }
      case "orderChanged":
        held.delete(`order ${event.account} ${event.order}`);
        break;
      case "stopCancelled":
        held.delete(`stop ${event.account} ${event.stop}`);
        break;
      default:
    }
  }
  return held;
}

/** Nothing held is nothing said. */
function sorted(held: Holdings): [string, string][] {
  return [...held].filter(([, text]) => text !== "0").sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Random books of both kinds, taken to some prices, with a policy; and prices that come after. */
const scenes = fc.oneof(
  fc
    .tuple(liquidationDraw, marksDraw, policyDraw, fc.array(marksDraw, { maxLength: 2 }))
    .map(([draw, marks, policy, later]) => ({
      make: () => drawnEngine(draw),
      marks: marksOf(marks),
      policy,
      later: later.map(marksOf),
    })),
  fc
    .tuple(adlDraw, adlMarks, adlPolicy, fc.array(adlMarks, { maxLength: 2 }))
    .map(([draw, marks, policy, later]) => ({
      make: () => adlEngine(draw),
      marks: adlMarksOf(marks),
      policy: policy as LiquidationPolicy,
      later: later.map(adlMarksOf),
    })),
);

describe("after a liquidation", () => {
  it("events folded over what was held give what is held (invariant 7)", () => {
    let changes = 0;
    fc.assert(
      fc.property(scenes, ({ make, marks, policy }) => {
        const engine = make();
        engine.tick(marks);
        const before = holdingsOf(engine);
        const events = engine.liquidate({ time: 1, policy });
        changes += events.length;
        expect(sorted(folded(before, events))).toEqual(sorted(holdingsOf(engine)));
      }),
      runs(100),
    );
    expect(changes).toBeGreaterThan(100);
  }, 600_000);

  it("a tick does and tells what it does in an engine loaded from the book (invariants 4, 10)", () => {
    let [said, liquidated] = [0, 0];
    fc.assert(
      fc.property(scenes, ({ make, marks, policy, later }) => {
        const engine = make();
        engine.tick(marks);
        liquidated += told(engine.liquidate({ time: 1, policy }), "liquidationEnded").length;
        const loaded = RiskEngine.fromBook(engine.toBook());
        // The first tick of an engine tells of all that is liquidatable; the other has said so already.
        // Stops of what a liquidation has saved are armed again by the tick that finds it so, and fire in the next; the other has them armed.
        for (const each of [engine, loaded]) for (const _ of ["tell", "fire"]) each.tick({});
        for (const prices of later) {
          const [here, there] = [engine, loaded].map((each) => [...each.tick(prices).events()]);
          expect(here).toEqual(there);
          said += here?.length ?? 0;
          expect(engine.stateHash()).toBe(loaded.stateHash());
        }
      }),
      runs(100),
    );
    expect(Math.min(said, liquidated)).toBeGreaterThan(20);
  }, 600_000);
});

/** "a" long 10 from 100 at 10 % with its wallet. */
function longTen(engine: RiskEngine, wallet: string): void {
  engine.openAccount("a");
  engine.setBalance("a", "S", wallet);
  engine.setPosition("a", {
    symbol: SYMBOL,
    side: "long",
    contracts: "10",
    entryPrice: "100",
    marginMode: "cross",
  });
}

describe("an account closed and opened again under its id", () => {
  const policy: LiquidationPolicy = { method: "fraction", fraction: "0.2", cooldownMs: 30_000 };
  const closedContracts = (engine: RiskEngine, time: number): string[] =>
    told(engine.liquidate({ time, policy }), "positionLiquidated").map(
      ({ contracts }) => contracts,
    );

  it("has no cool-down of the one before it; one that stayed open has", () => {
    for (const closes of [true, false]) {
      const engine = bench([{ tiers: flatTiers(0.1), mark: 100 }]);
      engine.closeAccount("a");
      longTen(engine, "50");
      expect(closedContracts(engine, 0)).toEqual(["2"]);
      const terms = { symbol: SYMBOL, side: "long", entryPrice: "1", marginMode: "cross" } as const;
      engine.setPosition("a", { ...terms, contracts: "0" });
      engine.setBalance("a", "S", "0");
      if (closes) {
        engine.closeAccount("a");
        longTen(engine, "50");
      } else {
        engine.setBalance("a", "S", "50");
        engine.setPosition("a", { ...terms, contracts: "10", entryPrice: "100" });
      }
      const again = RiskEngine.fromBook(engine.toBook());
      expect(again.stateHash()).toBe(engine.stateHash());
      for (const each of [engine, again]) {
        expect(closedContracts(each, 1_000)).toEqual([closes ? "2" : "10"]);
      }
    }
  });
});

describe("an isolated margin that funding has left negative", () => {
  /** "a" isolated long 10 from 100, "b" short 10 from its own price; funding of 2 % takes 20 of a margin of 15. */
  function funded(short: { readonly margin: string; readonly entry: string }): RiskEngine {
    const engine = bench([{ tiers: flatTiers(0.01), mark: 100 }]);
    const terms = {
      symbol: SYMBOL,
      contracts: "10",
      leverage: "50",
      marginMode: "isolated",
    } as const;
    const { margin, entry } = short;
    engine.setPosition("a", { ...terms, side: "long", entryPrice: "100", isolatedMargin: "15" });
    engine.openAccount("b");
    engine.setPosition("b", { ...terms, side: "short", entryPrice: entry, isolatedMargin: margin });
    engine.settleFunding({ time: 1, rates: { [SYMBOL]: "0.02" } });
    expect(engine.account("a").position(SYMBOL).isolatedMargin).toBe("-5");
    return engine;
  }

  it("is a debt that the fund pays as far as it reaches", () => {
    const engine = funded({ margin: "500", entry: "100" });
    engine.setInsuranceFund("S", "3");
    const events = engine.liquidate({ accounts: ["a"], policy: { deleverage: false } });
    const steps = told(events, "positionLiquidated");
    // Equity -5: bankrupt at 100.5.
    expect(steps.map(({ price, insurance, uncovered }) => [price, insurance, uncovered])).toEqual([
      ["100.5", "-3", "2"],
    ]);
    expect(engine.account("a").positions()).toEqual([]);
    expect(engine.account("a").balances().S ?? "0").toBe("0");
    expect(engine.audit().S?.difference).toBe("0");
    expect(RiskEngine.fromBook(engine.toBook()).stateHash()).toBe(engine.stateHash());
  });

  it.each([
    // Receives 20 and gains 10 a contract: 10 · (110 − 100.5) + margin is what it is left with.
    ["-115", ["b"]],
    ["-115.00000001", []],
  ])("of a counterparty: with %s before funding it is deleveraged: %j", (margin, taken) => {
    const engine = funded({ margin, entry: "110" });
    expect(engine.account("b").position(SYMBOL).isolatedMargin?.startsWith("-95")).toBe(true);
    const events = engine.liquidate({ accounts: ["a"] });
    expect(told(events, "deleveraged").map(({ account }) => account)).toEqual(taken);
    expect(engine.audit().S?.difference).toBe("0");
  });
});
