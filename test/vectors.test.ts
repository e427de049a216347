// Worked examples of venues and of open-source engines (test/vectors/vectors.json, each with its source) through the
// public API. What cannot pass stands in a table with its reason, and the table is held exact: a row
// for an example that passes, or a failure without a row, fails the test.
import { describe, expect, it } from "vitest";
import { close, failures } from "./vectors/check.ts";
import { RUNNERS, type Vector } from "./vectors/runners.ts";
import data from "./vectors/vectors.json" with { type: "json" };

const VECTORS = data as unknown as readonly Vector[];

/** Expectations that are no figures of the engine: the example's own intermediate results. */
const COMMENTARY = new Set(["rawFormula", "naiveAtCurrentTier", "denominator"]);

/** Examples, or single expectations of them (`id.name`), that do not pass, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    "bybit-inverse-cross-old.liquidationPrice",
    "contradicts its own equation, which gives 5,739.08",
  ],
  [
    "dydx-bankruptcy-long-and-short",
    "splits an account's surplus by maintenance margin; ours holds the other positions still",
  ],
  ["dydx-req-e", "a rate of 0 is refused in a bracket table"],
  ["dydx-req-f", "a price of 0 is refused"],
  ["dydx-req-g", "needs quantities and prices beyond 2^53, which are refused"],
  [
    "dydx-req-oimf-65pct.initialMargin",
    "initial rates that grow with open interest are a pre-trade rule",
  ],
  ["nautilus-standard-im", "an initial rate of 3 % is no leverage in thousandths"],
  [
    "nautilus-inverse-mm-levered",
    "a broker's convention: maintenance margin that shrinks with leverage",
  ],
  [
    "kucoin-cross-lp-eth",
    "a proportional shock to all positions; ours holds the others still (jointShock is our such figure)",
  ],
  ["ft-buffer-doc", "a buffer between position and liquidation price is the bot's own"],
]);

describe("worked examples", () => {
  for (const vector of VECTORS) {
    const whole = EXCEPTIONS.get(vector.id);
    const excepted = [...EXCEPTIONS.keys()].filter((key) => key.startsWith(`${vector.id}.`));
    const reason = whole ?? excepted.map((key) => EXCEPTIONS.get(key)).join();
    it(`${vector.id}${reason === "" ? "" : ` does not pass: ${reason}`}`, () => {
      const failed = failures(vector, RUNNERS, COMMENTARY);
      if (whole !== undefined) expect(failed).not.toEqual([]);
      else expect(failed).toEqual(excepted.map((key) => key.slice(vector.id.length + 1)));
    });
  }

  it("names only examples that exist as exceptions, and meets the equation of the contradictory one", () => {
    for (const key of EXCEPTIONS.keys()) {
      const [id] = key.split(".");
      expect(VECTORS.some((vector) => vector.id === id)).toBe(true);
    }
    const vector = VECTORS.find(({ id }) => id === "bybit-inverse-cross-old");
    const answers = vector === undefined ? {} : RUNNERS.get(vector.category)?.(vector);
    expect(
      close(answers?.liquidationPrice, vector?.recomputed?.liquidationPrice, { abs: 1e-4 }),
    ).toBe(true);
  });
});
