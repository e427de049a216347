// Two scopes of an account in one tick: what an isolated stop returns to the wallet is there when the tick is over, and moves no equity stop of
// the cross scope in it. Found by a replay of the crash of 2025-10-10.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { BookDocument, StopDefinition } from "../../src/types.ts";

const market = (symbol: string): BookDocument["markets"][number] => ({
  symbol,
  settle: "USDT",
  precision: { amount: "1" },
  tiers: [{ maintenanceMarginRate: "0.01" }],
});

function bookOf(stops: readonly StopDefinition[]): BookDocument {
  const position = { side: "long", contracts: "1", entryPrice: "100", leverage: "5" } as const;
  return {
    assets: [{ code: "USDT" }],
    markets: [market("A/USDT:USDT"), market("B/USDT:USDT")],
    marks: { "A/USDT:USDT": "100", "B/USDT:USDT": "100" },
    accounts: [
      {
        id: "a",
        balances: { USDT: "100" },
        positions: [
          { ...position, symbol: "A/USDT:USDT", marginMode: "isolated", isolatedMargin: "20" },
          { ...position, symbol: "B/USDT:USDT", marginMode: "cross" },
        ],
        stops,
      },
    ],
  };
}

const ISOLATED: StopDefinition = {
  id: "isolated",
  kind: "mark",
  triggerPrice: "92",
  symbol: "A/USDT:USDT",
  side: "long",
};
/** Met where B is at 90. */
const EQUITY: StopDefinition = { id: "equity", kind: "equity", equityFloor: "90", settle: "USDT" };

/** Stops that fire when A and B fall to a price, and what they close at. */
function fall(stops: readonly StopDefinition[], a: string, b: string): unknown[] {
  const engine = RiskEngine.fromBook(bookOf(stops));
  const events = [...engine.tick({ "A/USDT:USDT": a, "B/USDT:USDT": b }).events()];
  expect(engine.audit().USDT?.difference).toBe("0");
  return events.flatMap((event) =>
    event.type === "stopTriggered" ? [[event.stop, event.closes[0]?.price]] : [],
  );
}

describe("an equity stop and an isolated stop met in one tick", () => {
  it("each close where their own scope meets them", () => {
    expect(fall([EQUITY], "85", "85")).toEqual([["equity", "90"]]);
    expect(fall([ISOLATED, EQUITY], "85", "85")).toEqual([
      ["equity", "90"],
      ["isolated", "92"],
    ]);
  });

  it("where the floor is not met, the isolated one alone", () => {
    expect(fall([ISOLATED, EQUITY], "85", "91")).toEqual([["isolated", "92"]]);
    expect(fall([ISOLATED, EQUITY], "93", "85")).toEqual([["equity", "90"]]);
  });
});
