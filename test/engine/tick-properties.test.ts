// Properties of ticks over random accounts and stops: the line against a walk of every price (judged by the reference), cuts of the line,
// what may not depend on what, and that the same commands give the same events.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { BookDocument, EngineEvent } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import {
  addDrawn,
  drawnTickEngine,
  marksAt,
  move,
  placeDrawn,
  type TickDraw,
  tickDraw,
  X,
  Y,
} from "./tick-draws.ts";
import { balances, line } from "./tick-fixtures.ts";
import { TickWalk } from "./tick-walk.ts";

const order = fc.constantFrom("pathAware", "liquidationFirst", "stopsFirst");

function lines(events: Iterable<EngineEvent>): string[] {
  return Array.from(events, line);
}

/**
 * What stops did; of a change of a trailing stop not the trigger, which has followed the price to the end of the tick, and of a wallet not
 * what it came to: scopes of one tick are told in the order of their names, not in that in which the line meets them.
 */
function deeds(events: readonly EngineEvent[]): string[] {
  return events
    .filter(({ type }) => /^(stop|position|balance)/.test(type))
    .map((event) => {
      if (event.type === "stopChanged") return JSON.stringify({ ...event, triggerPrice: null });
      return JSON.stringify(event.type === "balanceChanged" ? { ...event, balance: null } : event);
    });
}

/** The state as a book; of a trailing stop that sleeps not its best price, which is that of the end of the tick in which it fell asleep. */
function awake(engine: RiskEngine): BookDocument {
  const asleep = new Set(
    engine
      .account("a")
      .stops()
      .filter(({ kind, verdict }) => kind === "trailing" && verdict === "suspended")
      .map(({ id }) => id),
  );
  const book = engine.toBook();
  const accounts = book.accounts.map((account) => ({
    ...account,
    stops: (account.stops ?? []).map((stop) =>
      asleep.has(stop.id ?? "") ? { ...stop, best: null } : stop,
    ),
  }));
  return { ...book, accounts } as BookDocument;
}

function isUnder(engine: RiskEngine): string[] {
  return Array.from(engine.scan().lines(), ({ account, scope, symbol, side }) =>
    [account, scope, symbol, side].join(" "),
  ).sort();
}

/** "s1: X long 3 at 99.5" of what fired. */
function fired(events: readonly EngineEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== "stopTriggered") return [];
    const closes = event.closes.map(
      ({ symbol, side, contracts, price }) => `${symbol} ${side} ${contracts} at ${price}`,
    );
    return [`${event.stop}: ${closes.join(", ")}`];
  });
}

describe("the line of a tick", () => {
  it("meets stops and liquidations where a walk of every price does, by the reference's figures, in every order", () => {
    let [stops, deaths] = [0, 0];
    fc.assert(
      fc.property(tickDraw, move, move, order, (draw, x, y, order) => {
        const engine = drawnTickEngine(draw);
        // Trailing stops are the kernel's to follow: the walk knows none.
        for (const { id, kind } of engine.account("a").stops()) {
          if (kind === "trailing") engine.cancelStop("a", id);
        }
        fc.pre(isUnder(engine).length === 0);
        const watched = engine.account("a").stops();
        const walked = new TickWalk(draw, watched, [x, y]).run(order);
        const result = engine.tick(marksAt(x, y), { order });
        const events = [...result.events()];
        // Isolated scopes are resolved one after the other, the walk goes by steps.
        expect(fired(events).sort()).toEqual([...walked.fired].sort());
        if (draw.mode === "cross") expect(fired(events)).toEqual(walked.fired);
        expect(engine.account("a").balances()).toEqual(walked.engine.account("a").balances());
        walked.engine.setMarks(marksAt(x, y));
        expect(engine.account("a").positions()).toEqual(walked.engine.account("a").positions());
        const left = engine.account("a").stops();
        expect(left.map(({ id }) => id)).toEqual(walked.left.map(({ id }) => id));
        expect(isUnder(engine)).toEqual(isUnder(walked.engine));
        expect(result.liquidatable).toBe(isUnder(engine).length);
        for (const { verdict } of left) {
          if (draw.mode === "cross") expect(verdict === "suspended").toBe(result.liquidatable > 0);
        }
        expect(balances(engine)).toBe(true);
        stops += result.stopsTriggered;
        deaths += result.liquidatable;
      }),
      runs(120),
    );
    expect(Math.min(stops, deaths)).toBeGreaterThan(2);
  }, 600_000);

  it("fires at the first step that reaches a floor, though equity wavers about it for some steps", () => {
    const short = { side: "short", entryUnits: 9_940, marginBasis: 130 } as const;
    const stop = { at: 0, takeProfit: false, share: 200, whole: false, paired: false } as const;
    const draw: TickDraw = {
      mode: "cross",
      hedged: false,
      inclusive: false,
      positions: [
        { ...short, symbol: X, side: "long", size: 6 },
        { ...short, symbol: Y, size: 3 },
        { ...short, symbol: X, size: 33 },
      ],
      walletBasis: 226,
      stops: [
        { ...stop, kind: "drawdown", awayUnits: 1, amount: 0, slipped: false },
        { ...stop, kind: "mark", awayUnits: 60, amount: 18, slipped: true },
      ],
    };
    const engine = drawnTickEngine(draw);
    const events = [...engine.tick(marksAt(92, -177)).events()];
    expect(fired(events)).toEqual([`s1: ${X} short 18 at 100.98`, `s0: ${X} short 15 at 100.63`]);
  });

  it("may be cut in two: the same stops close the same at the same prices, and the same scopes are under water in the end", () => {
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    const way = fc.constantFrom(-1, -1, 0, 1, 1);
    const span = fc.noBias(fc.integer({ min: 1, max: 190 }));
    let [stops, deaths] = [0, 0];
    fc.assert(
      fc.property(tickDraw, way, way, span, cut, order, (draw, wayX, wayY, span, cut, order) => {
        const whole = drawnTickEngine(draw);
        const parts = drawnTickEngine(draw);
        const middle = Math.floor(span * cut);
        const steps = [0, middle, span].map((step) => marksAt(wayX * step, wayY * step));
        whole.tick(steps[0] ?? {});
        parts.tick(steps[0] ?? {});
        // "liquidationFirst" looks at the end of a tick, so where it ends matters to it.
        const options = { order: order === "liquidationFirst" ? "pathAware" : order } as const;
        const once = [...whole.tick(steps[2] ?? {}, options).events()];
        const first = [...parts.tick(steps[1] ?? {}, options).events()];
        const second = [...parts.tick(steps[2] ?? {}, options).events()];
        // Stops of what is under at the end of a tick sleep, and are armed again at the end of the tick that finds it recovered.
        fc.pre(![...once, ...first, ...second].some(({ type }) => type === "recovered"));
        // "stopsFirst" judges at the end of a tick: under water at the cut, the later stops sleep.
        const sleeps = first.some(({ type }) => type === "liquidatable");
        fc.pre(order !== "stopsFirst" || !sleeps);
        expect(deeds([...first, ...second]).sort()).toEqual(deeds(once).sort());
        if (draw.mode === "cross") expect(fired([...first, ...second])).toEqual(fired(once));
        expect(isUnder(parts)).toEqual(isUnder(whole));
        expect(awake(parts)).toEqual(awake(whole));
        stops += fired(once).length;
        deaths += isUnder(whole).length;
      }),
      runs(150),
    );
    expect(Math.min(stops, deaths)).toBeGreaterThan(2);
  }, 600_000);
});

describe("what is nobody else's business", () => {
  const ticks = fc.array(fc.tuple(move, move), { minLength: 1, maxLength: 8 });

  /** What concerns isolated positions: their stops and closes (less what the wallet holds then), and their scopes. */
  function isolatedDeeds(events: Iterable<EngineEvent>): string[] {
    return Array.from(events).flatMap((event) => {
      if (event.type === "positionChanged") {
        return event.marginMode === "isolated" ? [JSON.stringify(event)] : [];
      }
      if (event.type === "stopTriggered" || event.type === "stopCancelled") {
        return event.stop.startsWith("s") ? [JSON.stringify(event)] : [];
      }
      if (event.type === "balanceChanged" || event.type === "ticked") return [];
      return "scope" in event && event.scope === "isolated" ? [JSON.stringify(event)] : [];
    });
  }

  it("an isolated stop's firing never depends on any other position or on the wallet (invariant 6)", () => {
    let stops = 0;
    fc.assert(
      fc.property(tickDraw, tickDraw, fc.nat(1_000), ticks, (draw, other, wallet, ticks) => {
        // Isolated in X; beside it whatever there may be in Y, in cross and with stops of its own.
        const own: TickDraw = {
          ...draw,
          mode: "isolated",
          hedged: true,
          positions: draw.positions.map((position) => ({ ...position, symbol: X })),
          stops: draw.stops.map((stop) => ({
            ...stop,
            kind: stop.kind === "trailing" ? "trailing" : "mark",
          })),
        };
        const alone = drawnTickEngine(own);
        const beside = drawnTickEngine(own);
        beside.setBalance("a", "USDT", `${wallet}`);
        for (const { side, size, entryUnits } of other.positions) {
          beside.setPosition("a", {
            symbol: Y,
            side,
            contracts: `${size}`,
            entryPrice: `${entryUnits / 100}`,
            marginMode: "cross",
            leverage: "20",
          });
        }
        addDrawn(beside, other, "b");
        placeDrawn(beside, other, "b");
        for (const [x, y] of ticks) {
          const marks = marksAt(x, y);
          const events = [...alone.tick(marks).events()];
          const mine = [...beside.tick(marks).events()].filter(
            (event) => !("account" in event) || event.account === "a",
          );
          expect(isolatedDeeds(mine)).toEqual(isolatedDeeds(events));
          stops += fired(events).length;
        }
      }),
      runs(80),
    );
    expect(stops).toBeGreaterThan(8);
  }, 600_000);

  it("the same commands give the same events and the same state (invariant 10), from a snapshot on too", () => {
    fc.assert(
      fc.property(tickDraw, tickDraw, ticks, fc.nat(8), (draw, other, ticks, cut) => {
        const make = (): RiskEngine => {
          const engine = drawnTickEngine(draw);
          addDrawn(engine, other, "b");
          placeDrawn(engine, other, "b");
          return engine;
        };
        const [first, second] = [make(), make()];
        let third: RiskEngine | undefined;
        ticks.forEach(([x, y], index) => {
          if (index === cut) {
            // Who is under water is no part of a book: a loaded engine finds out in its first tick, in which nothing moves.
            third = RiskEngine.fromBook(first.toBook());
            third.tick({});
            first.tick({});
            second.tick({});
          }
          const tick = { type: "tick", marks: marksAt(x, y), time: index } as const;
          const events = first.apply(tick);
          expect(lines(second.apply(tick))).toEqual(lines(events));
          if (third !== undefined) expect(third.apply(tick)).toEqual(events);
          expect(second.stateHash()).toBe(first.stateHash());
          if (third !== undefined) expect(third.stateHash()).toBe(first.stateHash());
          expect(balances(first)).toBe(true);
        });
      }),
      runs(60),
    );
  }, 600_000);
});
