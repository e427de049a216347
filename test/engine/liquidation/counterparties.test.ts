// Who is deleveraged is told by a tree of bounds; here it is held against trying everybody, and its work is counted.
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import { Counterparties, type Taker } from "../../../src/engine/liquidation/counterparties.ts";
import type { EngineEvent } from "../../../src/types.ts";
import { plainNext } from "../../support/plain-counterparties.ts";
import { runs } from "../../support/runs.ts";
import { told } from "../../support/told.ts";
import { adlDraw, adlEngine, adlMarks, adlMarksOf, adlPolicy } from "./adl-draws.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

interface Work {
  /** Candidates looked at, closes tried, and those of them that the rules refused. */
  visits: number;
  tries: number;
  refusals: number;
}

type Next = typeof plainNext;

/** Runs with a way of finding the next counterparty, and counts. */
function counted<Result>(next: Next, work: Work, run: () => Result): Result {
  const spy = vi.spyOn(Counterparties.prototype, "next").mockImplementation(function (
    this: Counterparties,
    ...given
  ): Taker | undefined {
    const before = this.visits;
    const taker = next.apply(this, given);
    work.visits += this.visits - before;
    if (taker !== undefined) work.tries++;
    return taker;
  });
  const refused = vi.spyOn(Counterparties.prototype, "refused");
  try {
    return run();
  } finally {
    work.refusals += refused.mock.calls.length;
    refused.mockRestore();
    spy.mockRestore();
  }
}

const treeNext = Counterparties.prototype.next;

function none(): Work {
  return { visits: 0, tries: 0, refusals: 0 };
}

/** Accounts without a cross position whose wallet is below zero: nobody would ever pay that. */
function owing(engine: RiskEngine): string[] {
  return [...engine.accountIds()].filter((id) => {
    const account = engine.account(id);
    const crossed = account.positions().some(({ marginMode }) => marginMode === "cross");
    return !crossed && account.balances().S?.startsWith("-") === true;
  });
}

describe("counterparties found by bounds", () => {
  it("are those that trying everybody finds: same events, same hash, and no debt is left to nobody (invariants 7, 8, 9, 10)", () => {
    const [tree, plain] = [none(), none()];
    let taken = 0;
    fc.assert(
      fc.property(
        adlDraw,
        fc.array(adlMarks, { minLength: 1, maxLength: 3 }),
        adlPolicy,
        (draw, moves, policy) => {
          const fast = adlEngine(draw);
          const slow = adlEngine(draw);
          const options = { time: 1, policy };
          for (const marks of moves) {
            for (const each of [fast, slow]) each.tick(adlMarksOf(marks));
            const expected = counted(plainNext, plain, () => slow.liquidate(options));
            const events = counted(treeNext, tree, () => fast.liquidate(options));
            expect(events).toEqual(expected);
            expect(fast.stateHash()).toBe(slow.stateHash());
            expect(owing(fast)).toEqual([]);
            taken += told(events, "deleveraged").length;
          }
        },
      ),
      runs(150),
    );
    expect(taken).toBeGreaterThan(50);
    // Most who cannot bear it are never tried. (How many more, the work below counts.)
    expect(plain.refusals).toBeGreaterThan(20);
    expect(tree.refusals).toBeLessThan(plain.refusals);
  }, 600_000);
});

const FLAT = [{ minNotional: "0", maintenanceMarginRate: "0.01" }];

/** Longs from 100 with 5 each and shorts from 86 with 6 a contract, at 80: bankrupt at 95, which ruins every short. */
function standoff(count: number, contracts: number): RiskEngine {
  const name = (letter: string, index: number): string => letter + `${index}`.padStart(6, "0");
  const holder = (
    id: string,
    wallet: number,
    side: "long" | "short",
    size: number,
    entry: string,
  ) =>
    ({
      id,
      balances: { USDT: `${wallet}` },
      positions: [
        { symbol: "X", side, contracts: `${size}`, entryPrice: entry, marginMode: "cross" },
      ],
    }) as const;
  const indices = Array.from({ length: count }, (_, index) => index);
  return RiskEngine.fromBook({
    assets: [{ code: "USDT" }],
    markets: [
      {
        symbol: "X",
        settle: "USDT",
        precision: { amount: "1" },
        priceDecimals: 2,
        tiers: FLAT,
      },
    ],
    marks: { X: "80" },
    accounts: [
      ...indices.map((index) => holder(name("l", index), 5, "long", 1, "100")),
      ...indices.map((index) => holder(name("s", index), 6 * contracts, "short", contracts, "86")),
    ],
  });
}

describe("the work of deleveraging", () => {
  const workOf = (count: number, contracts: number): { work: Work; events: EngineEvent[] } => {
    const engine = standoff(count, contracts);
    const work = none();
    const events = counted(treeNext, work, () => engine.liquidate());
    return { work, events };
  };

  it("grows with the book where nobody can bear the price, not with its square", () => {
    for (const count of [100, 800]) {
      const { work, events } = workOf(count, 1);
      expect(told(events, "deleveraged")).toEqual([]);
      // Each is looked at once, whoever is bankrupt.
      expect(work).toEqual({ visits: count, tries: 0, refusals: 0 });
    }
  });

  it.each([2, 3, 10])("and where each bears a part: shorts of %i contracts", (contracts) => {
    for (const count of [100, 800]) {
      const { work, events } = workOf(count, contracts);
      const taken = told(events, "deleveraged").length;
      expect(taken).toBeGreaterThan(0);
      expect(work.tries).toBe(taken);
      // Once at first and once after each close of its own.
      expect(work.visits).toBeLessThanOrEqual(count + 2 * taken);
    }
  });
});
