// Stops that a liquidation would come before: moved as little as it takes, never to where they are looser, or refused.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../src/decimal.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { PositionView, StopDefinition, StopEvent } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";
import { accountDraw, drawnEngine, refusalCode } from "./margin-fixtures.ts";
import { onLong, stopEngine, told } from "./stop-fixtures.ts";

/** 0.1 in price units; the other markets have no tick. */
const TICK = 10_000_000;

/** Exact: prices here are below 2^53 units. */
function units(price: string): number {
  return Number(parseDecimal(price, 8, "price"));
}

/** True where the position's scope is liquidatable with its market at a price, in units. */
function fallsAt(
  engine: RiskEngine,
  { symbol, side, marginMode }: PositionView,
  price: number,
): boolean {
  const lines = [...engine.scanAt({ [symbol]: BigInt(price) }).lines()];
  const settle = symbol === COIN ? "BTC" : "USDT";
  return lines.some(
    (line) =>
      line.account === "a" &&
      line.scope === marginMode &&
      (marginMode === "cross"
        ? line.settle === settle
        : line.symbol === symbol && line.side === side),
  );
}

const asked = fc.record({
  pick: fc.nat(20),
  kind: fc.constantFrom("mark", "mark", "marginLoss", "entryDeviation"),
  permille: fc.integer({ min: 1, max: 500 }),
});

function definitionOf(
  { kind, permille }: { readonly kind: string; readonly permille: number },
  { symbol, side, markPrice }: PositionView,
): StopDefinition & { readonly id: string } {
  const target = { id: "s", symbol, side } as const;
  const share = (permille / 500).toFixed(6);
  if (kind === "marginLoss") return { ...target, kind, share };
  if (kind === "entryDeviation") return { ...target, kind, deviation: share };
  const mark = units(markPrice);
  const away = Math.round((mark * permille) / 1_000);
  return {
    ...target,
    kind: "mark",
    triggerPrice: BigInt(side === "long" ? mark - away : mark + away),
  };
}

describe("invariant 12: a clamped stop", () => {
  it.each(["unit", "tick"] as const)(
    "is never looser than asked, and one looser would be too late; precision %s",
    (stopTriggerPrecision) => {
      let clamps = 0;
      fc.assert(
        fc.property(accountDraw, fc.array(asked, { minLength: 4, maxLength: 4 }), (draw, stops) => {
          const rules = { ...draw.rules, stopTriggerPrecision };
          const drawn = drawnEngine({ ...draw, rules });
          for (const stop of stops) {
            const engine = RiskEngine.fromBook(drawn.toBook());
            const positions = engine.account("a").positions();
            const position = positions[stop.pick % Math.max(1, positions.length)];
            if (position === undefined) continue;
            const definition = definitionOf(stop, position);
            let event: Extract<StopEvent, { readonly type: "stopPlaced" }> | undefined;
            refusalCode(() => {
              const [first] = engine.placeStop("a", definition);
              if (first?.type === "stopPlaced") event = first;
            });
            if (event?.triggerPrice === undefined || event.triggerPrice === null) continue;
            // Scopes that are liquidatable now have no place to clamp to.
            if (fallsAt(engine, position, units(position.markPrice))) continue;
            const trigger = units(event.triggerPrice);
            const isTick = stopTriggerPrecision === "tick" && position.symbol === BTC;
            const step = isTick ? TICK : 1;
            const long = position.side === "long";
            // The first marks, coming from the mark, that a trigger lets fire.
            const first = (at: number): number => {
              if (!isTick) return at;
              return long ? (Math.floor(at / TICK) + 1) * TICK - 1 : Math.ceil(at / TICK) * TICK;
            };
            expect(fallsAt(engine, position, first(trigger))).toBe(false);
            if (!event.clamped) continue;
            clamps++;
            expect(trigger % step).toBe(0);
            const looser = long ? trigger - step : trigger + step;
            expect(fallsAt(engine, position, first(looser))).toBe(true);
            const kept = engine.toBook().accounts.find(({ id }) => id === "a")?.stops?.[0];
            if (typeof kept?.askedPrice === "string") {
              const before = units(kept.askedPrice);
              expect(long ? trigger > before : trigger < before).toBe(true);
            }
          }
        }),
        runs(50),
      );
      expect(clamps).toBeGreaterThan(20);
    },
  );
});

describe("stopBeyondLiquidation refuse", () => {
  it("says how late a stop may be", () => {
    const engine = stopEngine("bybit");
    const before = engine.stateHash();
    const late = (): unknown => engine.placeStop("one", onLong({ triggerPrice: "45000" }));
    expect(late).toThrow(/would be liquidated before this stop fires .*at the latest 452\d\d/);
    expect(refusalCode(late)).toBe("BEYOND_LIQUIDATION");
    const floor = { id: "f", kind: "equity", settle: "USDT", equityFloor: "100" } as const;
    expect(refusalCode(() => engine.placeStop("one", floor))).toBe("BEYOND_LIQUIDATION");
    expect(engine.stateHash()).toBe(before);
  });
});

describe("equity floors", () => {
  const floor = (id: string, equityFloor: string): StopDefinition & { readonly id: string } => ({
    id,
    kind: "equity",
    settle: "USDT",
    equityFloor,
  });

  it("stand from the requirement on, or one unit above it where equality liquidates", () => {
    // 10 ETH at 2,000 need 200.
    const engine = stopEngine();
    expect(told(engine.placeStop("one", floor("a", "199.99999999")))).toEqual([
      "a placed at 200 (clamped)",
    ]);
    expect(told(engine.placeStop("one", floor("b", "200")))).toEqual(["b placed at 200"]);
    const inclusive = stopEngine({ triggerInclusive: true });
    expect(told(inclusive.placeStop("one", floor("a", "200")))).toEqual([
      "a placed at 200.00000001 (clamped)",
    ]);
  });
});

describe("with the scope liquidatable already", () => {
  it("a stop is kept as asked: there is nothing to clamp it to", () => {
    const engine = stopEngine();
    engine.setMarks({ [BTC]: "45000" });
    expect(told(engine.placeStop("one", onLong({ triggerPrice: "44000" })))).toEqual([
      "s placed at 44000",
    ]);
  });
});

describe("where no liquidation comes first", () => {
  it("nothing is moved: take profits, the other direction, a scope that cannot fall", () => {
    const engine = stopEngine();
    const profit = onLong({ id: "tp", triggerPrice: "90000", purpose: "takeProfit" });
    expect(told(engine.placeStop("one", profit))).toEqual(["tp placed at 90000"]);
    // The cross pool of 95,000 does not fall by 10 ETH short before 11,000.
    const far = onLong({ id: "far", symbol: ETH, triggerPrice: "11000" });
    expect(told(engine.placeStop("one", far))).toEqual(["far placed at 11000"]);
  });
});
