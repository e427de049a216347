// An engine made from a book goes on as the one that the book was taken from would have: stops that follow prices, wait for one, or have
// been passed between ticks included (invariant 10).
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { runs } from "../support/runs.ts";
import { BTC, fundedEngine } from "./fixtures.ts";
import { tryApply } from "./margin-fixtures.ts";

/** A long and a short of BTC in cross that no price near here liquidates. */
function hedgedEngine(): RiskEngine {
  const engine = fundedEngine({ stopImmediate: "fire" });
  const trade = { account: "two", symbol: BTC, amount: "0.5", price: "50000" } as const;
  engine.fill({ ...trade, side: "buy", positionSide: "long", leverage: "10" });
  engine.fill({ ...trade, side: "sell", positionSide: "short", leverage: "10" });
  return engine;
}

const price = fc.integer({ min: 49_000, max: 51_000 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("tick" as const), price }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("setMarks" as const), price }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("place" as const),
      price,
      side: fc.constantFrom("long" as const, "short" as const),
      kind: fc.constantFrom("mark" as const, "trailing" as const, "equity" as const),
      distance: fc.integer({ min: 10, max: 900 }),
      flag: fc.boolean(),
      waits: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** What a step does, number `at` of the game; true where it was accepted. */
function play(engine: RiskEngine, drawn: Step, at: number): boolean {
  if (drawn.what === "tick") return tryTick(engine, drawn.price);
  if (drawn.what === "setMarks") {
    return tryApply(engine, { type: "setMarks", marks: { [BTC]: String(drawn.price) } });
  }
  const { kind, side, distance, flag, waits } = drawn;
  const target = { id: `s${at}`, symbol: BTC, side, amount: "0.05" } as const;
  const trail = flag ? { distance: String(distance) } : { rate: (distance / 50_000).toFixed(6) };
  const firing = {
    mark: { triggerPrice: String(drawn.price), purpose: flag ? "takeProfit" : "stopLoss" },
    trailing: { ...trail, ...(waits ? { activationPrice: String(drawn.price) } : {}) },
    equity: { equityFloor: String(98_000 + distance * 2) },
  } as const;
  const stop = { ...target, kind, ...firing[kind] };
  return tryApply(engine, { type: "placeStop", account: "two", stop });
}

function tryTick(engine: RiskEngine, mark: number): boolean {
  return tryApply(engine, { type: "tick", marks: { [BTC]: String(mark) } });
}

describe("a book taken at any moment", () => {
  it("goes on like its engine", () => {
    let fired = 0;
    const game = fc.tuple(fc.array(step, { minLength: 4, maxLength: 24 }), fc.nat(23));
    fc.assert(
      fc.property(game, ([steps, cut]) => {
        const engine = hedgedEngine();
        let again: RiskEngine | undefined;
        for (const [at, drawn] of steps.entries()) {
          if (at === cut % steps.length) again = RiskEngine.fromBook(engine.toBook());
          const accepted = play(engine, drawn, at);
          if (again === undefined) continue;
          expect(play(again, drawn, at)).toBe(accepted);
          expect(again.stateHash()).toBe(engine.stateHash());
        }
        const placed = steps.filter(({ what }) => what === "place").length;
        if (engine.stats().stops < placed) fired++;
      }),
      runs(120),
    );
    expect(fired).toBeGreaterThan(20);
  });
});
