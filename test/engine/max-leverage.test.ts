// How far a stake can be levered, where tiers are odd: leverage that rises with notional, caps of a mode, huge caps.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { LeverageTier, ProfileKnobs } from "../../src/types.ts";

function market(
  tiers: readonly LeverageTier[],
  cross?: string,
  knobs: ProfileKnobs = {},
): RiskEngine {
  const engine = new RiskEngine({ profile: knobs });
  engine.addAsset({ code: "S" });
  const maxLeverage = cross === undefined ? {} : { maxLeverage: { cross } };
  engine.addMarket({ symbol: "X", settle: "S", precision: { amount: "1" }, tiers, ...maxLeverage });
  return engine;
}

const RISING = (end: string, low: string, high: string): LeverageTier[] => [
  { minNotional: "0", maxNotional: end, maintenanceMarginRate: "0.0000001", maxLeverage: low },
  { minNotional: end, maintenanceMarginRate: "0.0000002", maxLeverage: high },
];

describe("maxLeverage", () => {
  it("a mode's cap keeps a stake from a bracket that would admit more", () => {
    const engine = market(RISING("1000", "10", "50"), "15");
    expect(engine.maxLeverage("X", { stake: "50", marginMode: "cross" })).toEqual({
      leverage: "10",
      limit: "10",
      notional: "500",
    });
    expect(engine.maxLeverage("X", { stake: "50" }).leverage).toBe("50");
    expect(engine.maxLeverage("X", { stake: "100", marginMode: "cross" }).leverage).toBe("15");
  });

  it("answers at once for caps in the millions", () => {
    const engine = market(RISING("1000000", "10", "4000000"), "10000");
    expect(engine.maxLeverage("X", { stake: "1", marginMode: "cross" }).leverage).toBe("10");
  });

  it("in whole numbers where the profile asks for them, and just inside a bracket's end", () => {
    const tiers = [
      { minNotional: "0", maxNotional: "1000", maintenanceMarginRate: "0.01", maxLeverage: "50" },
      { minNotional: "1000", maintenanceMarginRate: "0.02", maxLeverage: "10" },
    ];
    expect(market(tiers).maxLeverage("X", { stake: "40" }).leverage).toBe("24.999");
    const whole = market(tiers, undefined, { integerLeverage: true });
    expect(whole.maxLeverage("X", { stake: "40" }).leverage).toBe("24");
    expect(market(tiers).maxLeverage("X", { stake: "100" }).leverage).toBe("10");
  });
});
