// Properties of liquidation over random books, prices and policies, by the BigInt reference's judgement: it ends, closes only, leaves what
// it says, touches nobody who is sound, and loses no unit.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../../src/decimal.ts";
import { RiskEngine } from "../../../src/engine/engine.ts";
import { referencePoolFigures } from "../../../src/reference/index.ts";
import type { EngineEvent, PositionView } from "../../../src/types.ts";
import { runs } from "../../support/runs.ts";
import { told } from "../../support/told.ts";
import { drawnEngine, liquidationDraw, marksDraw, marksOf, policyDraw } from "./draws.ts";

const units = (text: string): bigint => parseDecimal(text, 8, "amount");

/** Scopes by name, judged by the reference. */
function scopes(engine: RiskEngine) {
  const found = new Map<
    string,
    { readonly under: boolean; readonly equity: bigint; readonly text: string }
  >();
  for (const id of engine.accountIds()) {
    const account = engine.account(id);
    for (const { scope, symbol, side, settle } of account.scopes()) {
      const handle =
        scope === "cross"
          ? account.crossScope(settle)
          : account.isolatedScope(symbol ?? "", side ?? "long");
      const state = engine.kernel.poolState(handle.pool);
      const { liquidatable, equity } = referencePoolFigures(state, engine.rules.triggerInclusive);
      const name = [id, scope, symbol, side].join(" ");
      // A counterparty that was tried and passed over may hold its legs in another order.
      const legs = [...state.legs].sort(
        (a, b) => a.priceSlot - b.priceSlot || a.quantity - b.quantity,
      );
      const text = JSON.stringify({ ...state, legs }, (_key, value) =>
        typeof value === "bigint" ? `${value}` : value,
      );
      found.set(name, { under: liquidatable, equity, text });
    }
  }
  return found;
}

function positions(engine: RiskEngine): Map<string, PositionView> {
  const found = new Map<string, PositionView>();
  for (const id of engine.accountIds()) {
    for (const position of engine.account(id).positions()) {
      found.set([id, position.symbol, position.side].join(" "), position);
    }
  }
  return found;
}

function differences(engine: RiskEngine): string[] {
  return Object.values(engine.audit()).map(({ difference }) => difference);
}

/** Accounts whose positions were closed against a bankrupt's. */
function counterparties(events: readonly EngineEvent[]): Set<string> {
  return new Set(told(events, "deleveraged").map(({ account }) => account));
}

describe("liquidation", () => {
  it("ends, never increases a position, leaves standing what it says stands, touches no sound scope, conserves (invariants 6, 7, 10)", () => {
    let [steps, covered, taken, pending] = [0, 0, 0, 0];
    fc.assert(
      fc.property(
        liquidationDraw,
        fc.array(marksDraw, { minLength: 1, maxLength: 4 }),
        policyDraw,
        (draw, moves, policy) => {
          const engine = drawnEngine(draw);
          const twin = drawnEngine(draw);
          moves.forEach((marks, time) => {
            const prices = marksOf(marks);
            for (const each of [engine, twin]) each.tick(prices);
            const before = scopes(engine);
            const held = positions(engine);
            const options = { time: time * 10_000, policy };
            const events = engine.liquidate(options);
            expect(twin.liquidate(options)).toEqual(events);
            expect(twin.stateHash()).toBe(engine.stateHash());
            expect(differences(engine)).toEqual(["0"]);
            checkPositions(held, positions(engine));
            const after = scopes(engine);
            const others = counterparties(events);
            checkUntouched(before, after, others);
            checkEnded(events, before, after);
            checkPaid(events, policy.fee === "0");
            steps += told(events, "positionLiquidated").length;
            covered += told(events, "positionLiquidated").filter(
              ({ how }) => how === "takeOver",
            ).length;
            taken += others.size;
            pending += told(events, "liquidationEnded").filter(
              ({ outcome }) => outcome === "pending",
            ).length;
          });
        },
      ),
      runs(150),
    );
    expect(Math.min(steps, covered, taken, pending)).toBeGreaterThan(2);
  }, 600_000);

  it("of a snapshot goes on as the whole does (invariant 10), and a preview is what the command does (invariant 8)", () => {
    fc.assert(
      fc.property(
        liquidationDraw,
        fc.tuple(marksDraw, marksDraw),
        policyDraw,
        (draw, [first, second], policy) => {
          const engine = drawnEngine(draw);
          engine.setMarks(marksOf(first));
          engine.liquidate({ time: 1_000, policy });
          const copy = RiskEngine.fromBook(engine.toBook());
          expect(copy.stateHash()).toBe(engine.stateHash());
          for (const each of [engine, copy]) each.setMarks(marksOf(second));
          const command = { type: "liquidate", time: 20_000, policy } as const;
          const hash = engine.stateHash();
          const preview = engine.previewCommand(command);
          expect(engine.stateHash()).toBe(hash);
          const events = engine.apply(command);
          expect(preview.events).toEqual(events);
          expect(copy.apply(command)).toEqual(events);
          expect(copy.stateHash()).toBe(engine.stateHash());
          expect(differences(copy)).toEqual(["0"]);
        },
      ),
      runs(60),
    );
  }, 600_000);
});

function checkPositions(
  before: ReadonlyMap<string, PositionView>,
  after: ReadonlyMap<string, PositionView>,
): void {
  for (const [name, { contracts }] of after) {
    const was = before.get(name);
    expect(was, name).toBeDefined();
    expect(Number(contracts)).toBeLessThanOrEqual(Number(was?.contracts));
  }
}

/** Sound scopes of accounts that are nobody's counterparty are as they were, but for a wallet that an isolated liquidation paid into. */
function checkUntouched(
  before: ReturnType<typeof scopes>,
  after: ReturnType<typeof scopes>,
  counterparties: ReadonlySet<string>,
): void {
  for (const [name, { under, text }] of before) {
    const [id = "", scope] = name.split(" ");
    if (under || counterparties.has(id)) continue;
    const now = after.get(name);
    expect(now, name).toBeDefined();
    if (scope === "isolated") expect(now?.text).toBe(text);
    else {
      const strip = (whole = ""): string => whole.replace(/"collateral":"-?\d+"/, "");
      expect(strip(now?.text)).toBe(strip(text));
    }
  }
}

/** What each scope's last event says of it, and that no scope without positions is left with less than nothing. */
function checkEnded(
  events: readonly EngineEvent[],
  before: ReturnType<typeof scopes>,
  after: ReturnType<typeof scopes>,
): void {
  const ended = told(events, "liquidationEnded");
  for (const { account, scope, symbol, side, outcome, equity } of ended) {
    const name = [account, scope, symbol, side].join(" ");
    const was = before.get(name);
    expect(was, name).toBeDefined();
    const now = after.get(name);
    if (outcome === "closed") {
      if (scope === "isolated") expect(now).toBeUndefined();
      else expect((now?.equity ?? 0n) >= 0n).toBe(true);
      continue;
    }
    // A counterparty of a later scope of this very command may have come to other figures since.
    if (told(events, "deleveraged").some((event) => event.account === account)) continue;
    expect(now?.under, name).toBe(outcome === "pending");
    if (scope === "isolated") expect(now?.equity).toBe(units(equity));
  }
}

/** The fund never pays while a fill is better than bankruptcy, and never gets more than the fill is better. */
function checkPaid(events: readonly EngineEvent[], free: boolean): void {
  for (const step of told(events, "positionLiquidated")) {
    const [fee, insurance, uncovered] = [step.fee, step.insurance, step.uncovered].map(units);
    expect((fee ?? 0n) >= 0n && (uncovered ?? 0n) >= 0n).toBe(true);
    if (step.how === "market") expect(insurance).toBe(fee);
    if (step.how === "deleveraged" || step.how === "offset") expect(insurance).toBe(0n);
    if (free) expect(fee).toBe(0n);
    if ((uncovered ?? 0n) > 0n) expect((insurance ?? 0n) <= 0n).toBe(true);
  }
}
