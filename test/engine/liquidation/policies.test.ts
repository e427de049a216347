// The venues' rules of liquidation against docs/liquidation.md, and that every rule a policy names is read, changes the fingerprint of the
// engine and survives a book.
/// <reference types="vite/client" />
import { describe, expect, it } from "vitest";
import LIQUIDATION from "../../../docs/liquidation.md?raw";
import { RiskEngine } from "../../../src/engine/engine.ts";
import { LIQUIDATION_WORDS } from "../../../src/engine/liquidation/policies.ts";
import { PROFILE_NAMES, resolveProfile } from "../../../src/engine/profiles.ts";
import type { LiquidationPolicy, Profile } from "../../../src/types.ts";

/** A value of each rule that the default profile does not have. */
const OTHERS: Required<LiquidationPolicy> = {
  method: "full",
  order: "largestLoss",
  cancelOrders: "none",
  slippage: "0.01",
  fillable: { adjustment: "1", spread: "1.5" },
  fee: "0.01",
  fees: { X: "0.02" },
  fraction: "0.1",
  wholeBelow: "100",
  cooldownMs: 1,
  buffer: "0.02",
  leftover: "account",
  backstopBelow: [2, 3],
  deleverage: false,
  adlPrice: "mark",
  adlRanking: "priceTimesLeverage",
};

describe("policies", () => {
  it("of named profiles are what the docs say", () => {
    const rows = LIQUIDATION.split("\n## Venues\n")[1]
      ?.split("\n")
      .filter((line) => line.startsWith("|") && !/^[|\s-]+$/.test(line))
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      );
    const [head, ...rules] = rows ?? [];
    expect(head?.slice(1)).toEqual(PROFILE_NAMES);
    for (const [rule = "", ...values] of rules) {
      const real = PROFILE_NAMES.map((name) => {
        const given: Record<string, unknown> = { ...resolveProfile(name as Profile).liquidation };
        return String(given[rule]);
      });
      expect(values, rule).toEqual(real);
    }
  });

  it("have every word in the docs", () => {
    for (const words of Object.values(LIQUIDATION_WORDS)) {
      for (const word of words) expect(LIQUIDATION).toContain(`\`${word}\``);
    }
  });

  it.each(Object.entries(OTHERS))(
    "%s counts in the state hash and survives a book",
    (rule, value) => {
      const plain = new RiskEngine();
      const engine = new RiskEngine({ profile: { liquidation: { [rule]: value } } });
      expect(engine.stateHash()).not.toBe(plain.stateHash());
      expect(RiskEngine.fromBook(engine.toBook()).stateHash()).toBe(engine.stateHash());
    },
  );

  it("turn the backstop off by null, and change nothing by undefined", () => {
    const rules = resolveProfile({ extends: "hyperliquid", liquidation: { backstopBelow: null } });
    expect(rules.liquidation.backstopBelow).toBe(null);
    expect(rules.liquidation.method).toBe("fraction");
  });
});
