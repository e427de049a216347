// What a counterparty can bear, by its bounds, against what it can bear in truth: the least worth at which the rules let a close through is
// searched to the unit by trying, and the bounds must let it through as well. For whole positions they must say no a unit below it.
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandMethods } from "../../../src/engine/command-methods.ts";
import { dispatch } from "../../../src/engine/dispatch.ts";
import { LiquidationContext } from "../../../src/engine/liquidation/context.ts";
import { Counterparties, Offer } from "../../../src/engine/liquidation/counterparties.ts";
import { deleveragePart } from "../../../src/engine/liquidation/deleverage.ts";
import { EngineState } from "../../../src/engine/state.ts";
import { rehearse } from "../../../src/engine/transaction.ts";
import type { Command, EngineEvent } from "../../../src/types.ts";
import { plainNext } from "../../support/plain-counterparties.ts";
import { runs } from "../../support/runs.ts";
import {
  ADL_SYMBOLS,
  type AdlDraw,
  adlDraw,
  adlMarks,
  adlMarksOf,
  adlProfile,
  fillBook,
} from "./adl-draws.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The engine with its state in the open, and account "z" with a long and a short in each market for counterparties to be closed against. */
class Bare extends CommandMethods {
  readonly state: EngineState;

  constructor(draw: AdlDraw) {
    super();
    this.state = new EngineState(adlProfile(draw), undefined);
    fillBook(this, draw);
    this.openAccount("z", { hedged: true });
    for (const symbol of ADL_SYMBOLS) {
      for (const side of ["long", "short"] as const) {
        const terms = { contracts: "1", entryPrice: "100", leverage: "10" } as const;
        const margin = { marginMode: "isolated", isolatedMargin: "1000" } as const;
        this.setPosition("z", { symbol, side, ...terms, ...margin });
      }
    }
  }

  override apply(command: Command): EngineEvent[] {
    return dispatch(this.state, command);
  }
}

/** The first position of an account, some units of which are closed for an amount; whatever comes of it is taken back. */
function trialOf(state: EngineState, id: string, share: number) {
  const account = state.account(id, "id");
  const pool = state.pools(account).find((each) => state.legs(each).length > 0);
  const leg = pool === undefined ? undefined : state.legs(pool)[0];
  if (leg === undefined) return undefined;
  const { kernel } = state;
  const market = state.marketOfLeg(leg);
  const side = kernel.quantity(leg) > 0 ? "long" : "short";
  const held = Math.abs(kernel.quantity(leg));
  const size = Math.max(1, Math.round(held * share));
  const bankrupt = state.account("z", "id");
  const position = state.findPosition(bankrupt, market, side === "long" ? "short" : "long");
  if (position === undefined) throw new Error("z stands on both sides");
  const worthOf = (worth: bigint) => (units: number) => (units === 0 ? 0n : -worth);
  const rules = state.rules.liquidation;
  return {
    state,
    leg,
    size,
    whole: size === held,
    accepts: (worth: bigint): boolean =>
      rehearse(state, (transaction) => {
        const context = new LiquidationContext(state, transaction, rules, { path: "trial" });
        const slice = { id: "z", account: bankrupt, market, position, size };
        return deleveragePart(context, slice, worthOf(worth), id).taken === size;
      }),
    bounds: (worth: bigint): boolean => {
      const alone = new Counterparties(state, market, side, [{ id, account }]);
      return alone.next(0, new Offer(bankrupt, size, worthOf(worth))) !== undefined;
    },
  };
}

/** Least integer above `low`, up to `high`, for which something holds that then holds for all above it. */
function least(low: bigint, high: bigint, holds: (value: bigint) => boolean): bigint {
  let [below, found] = [low, high];
  while (found - below > 1n) {
    const middle = (below + found) / 2n;
    if (holds(middle)) found = middle;
    else below = middle;
  }
  return found;
}

describe("what a counterparty can bear", () => {
  it("is never less than the bounds say; of a whole position exactly that (invariants 8, 9)", () => {
    const next = Counterparties.prototype.next;
    const seen = { whole: 0, part: 0, tight: 0 };
    fc.assert(
      fc.property(
        adlDraw,
        adlMarks,
        fc.array(fc.constantFrom(0, 0.1, 0.5, 0.9, 1), { minLength: 14, maxLength: 14 }),
        (draw, marks, shares) => {
          const { state } = new Bare(draw);
          dispatch(state, { type: "setMarks", marks: adlMarksOf(marks) });
          for (const [index, share] of shares.entries()) {
            const id = `a${`${index}`.padStart(2, "0")}`;
            const trial = index < draw.accounts.length ? trialOf(state, id, share) : undefined;
            if (trial === undefined) continue;
            const far = 2n ** 61n;
            const plain = vi.spyOn(Counterparties.prototype, "next").mockImplementation(plainNext);
            const worth = least(-far, far, trial.accepts);
            plain.mockRestore();
            expect(Counterparties.prototype.next).toBe(next);
            expect(trial.bounds(worth)).toBe(true);
            if (trial.whole) {
              seen.whole++;
              // Open interest asks for more than the bounds know.
              const { reductions, openInterestScaling } = draw.knobs;
              if (reductions === "noWorse" && openInterestScaling === true) continue;
              expect(trial.bounds(worth - 1n)).toBe(false);
              continue;
            }
            seen.part++;
            if (!trial.bounds(worth - 40n)) seen.tight++;
          }
        },
      ),
      runs(60),
    );
    expect(Math.min(seen.whole, seen.part)).toBeGreaterThan(20);
    expect(seen.tight).toBeGreaterThan(seen.part / 4);
  }, 600_000);
});
