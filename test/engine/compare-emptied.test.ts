// compareModes for an account whose wallet has been emptied: its report still shows the scope, so the comparison's must.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";

describe("a wallet that holds nothing any more", () => {
  it("is compared as the account's own report shows it", () => {
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    engine.openAccount("me");
    engine.deposit("me", "USDT", "5");
    engine.withdraw("me", "USDT", "5");
    const { asIs } = engine.compareModes("me").variants;
    expect(asIs.report.balances).toEqual({ USDT: "0" });
    expect(asIs.report).toEqual(engine.account("me").report());
  });
});
