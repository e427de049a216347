// Worked examples of accounts (test/vectors/account-vectors.json and liquidation-vectors.json, each with its source): margin operations, mode switches, funding,
// collateral, orders before they trade, triggers of stops, liquidation. Run through the public API; what cannot pass stands in the exceptions of its family with its
// reason, and the exceptions are held exact: a row for an example that passes, or a failure without a row, fails the test.
import { describe, expect, it } from "vitest";
import data from "./vectors/account-vectors.json" with { type: "json" };
import { failures, type Runner } from "./vectors/check.ts";
import { COLLATERAL_EXCEPTIONS, COLLATERAL_RUNNERS } from "./vectors/collateral-runners.ts";
import { FUNDING_EXCEPTIONS, FUNDING_RUNNERS } from "./vectors/funding-runners.ts";
import { LIQUIDATION_EXCEPTIONS, LIQUIDATION_RUNNERS } from "./vectors/liquidation-runners.ts";
import liquidationData from "./vectors/liquidation-vectors.json" with { type: "json" };
import { MARGIN_EXCEPTIONS, MARGIN_RUNNERS } from "./vectors/margin-runners.ts";
import { PRETRADE_EXCEPTIONS, PRETRADE_RUNNERS } from "./vectors/pretrade-runners.ts";
import type { Vector } from "./vectors/runners.ts";
import { STOP_RUNNERS } from "./vectors/stop-runners.ts";

const VECTORS = [...data, ...liquidationData] as unknown as readonly Vector[];

/** One map of runners by category per family; a category has one runner. */
const FAMILIES: readonly ReadonlyMap<string, Runner>[] = [
  COLLATERAL_RUNNERS,
  FUNDING_RUNNERS,
  LIQUIDATION_RUNNERS,
  MARGIN_RUNNERS,
  PRETRADE_RUNNERS,
  STOP_RUNNERS,
];

/** Examples, or single expectations of them (`id.name`), that do not pass, and why. */
const EXCEPTION_TABLES: readonly ReadonlyMap<string, string>[] = [
  COLLATERAL_EXCEPTIONS,
  FUNDING_EXCEPTIONS,
  LIQUIDATION_EXCEPTIONS,
  MARGIN_EXCEPTIONS,
  PRETRADE_EXCEPTIONS,
];

const RUNNERS = new Map(FAMILIES.flatMap((family) => [...family]));
const EXCEPTIONS = new Map(EXCEPTION_TABLES.flatMap((table) => [...table]));

describe("worked examples of accounts", () => {
  for (const vector of VECTORS) {
    const whole = EXCEPTIONS.get(vector.id);
    const excepted = [...EXCEPTIONS.keys()].filter((key) => key.startsWith(`${vector.id}.`));
    const reason = whole ?? excepted.map((key) => EXCEPTIONS.get(key)).join();
    it(`${vector.id}${reason === "" ? "" : ` does not pass: ${reason}`}`, () => {
      const failed = failures(vector, RUNNERS);
      if (whole !== undefined) expect(failed).not.toEqual([]);
      else expect(failed).toEqual(excepted.map((key) => key.slice(vector.id.length + 1)));
    });
  }

  it("no category has two runners, and every exception names an example", () => {
    const categories = FAMILIES.flatMap((family) => [...family.keys()]);
    expect(categories).toHaveLength(RUNNERS.size);
    for (const key of EXCEPTIONS.keys()) {
      const [id] = key.split(".");
      expect(VECTORS.some((vector) => vector.id === id)).toBe(true);
    }
  });
});
