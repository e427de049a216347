// The audit: conservation from the ledger's side, after bulk loads and commands, and that it shows what should not be.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { BTC, fundedEngine } from "./fixtures.ts";

describe("audit", () => {
  it("invariant 7: knows what a book put in, and sees what no command did", () => {
    const before = fundedEngine();
    before.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "0.3",
      price: "50000",
      fee: "1",
    });
    const engine = RiskEngine.fromBook(before.toBook());
    engine.deposit("one", "USDT", "5");
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "0.1",
      price: "50500",
      fee: "2",
    });
    expect(engine.audit().USDT).toEqual({
      transfers: "5",
      fees: "-2",
      funding: "0",
      trades: "5050",
      imports: "184999",
      held: "190052",
      difference: "0",
      insurance: "0",
      uncovered: "0",
      fund: "0",
    });
    const { kernel } = engine;
    const { pool } = engine.crossScope("one", "USDT");
    kernel.setCollateral(pool, kernel.collateral(pool) - 1n);
    expect(engine.audit().USDT?.difference).toBe("-0.00000001");
  });

  it("keeps up with a loader that goes on after an audit", () => {
    const sink = new RiskEngine().bulkSink();
    const asset = sink.addAsset({ code: "S", decimals: 0 });
    const account = sink.openAccount("a", false);
    sink.setBalance(account, asset, 500);
    expect(sink.engine.audit().S?.difference).toBe("0");
    sink.setBalance(account, asset, 9_007_199_254_740_991);
    sink.setBalance(account, asset, 2n ** 62n);
    expect(sink.engine.audit().S).toMatchObject({ difference: "0", imports: `${2n ** 62n}` });
  });
});
