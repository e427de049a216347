// An engine whose accounts may pledge coins: BTC in three tiers with a cap, ETH without, both into USDT; markets in USDT and one
// that settles in BTC.
import { RiskEngine } from "../../src/engine/engine.ts";
import type { AssetDefinition, Profile } from "../../src/types.ts";
import { BTC, COIN, ETH, INVERSE, LINEAR, SECOND } from "./fixtures.ts";

export const BTC_COIN: AssetDefinition = {
  code: "BTC",
  collateral: {
    settle: "USDT",
    tiers: [
      { maxQuantity: "2", ratio: "0.95" },
      { maxQuantity: "10", ratio: "0.9" },
      { maxQuantity: "20", ratio: "0.5" },
    ],
    liabilityWeight: "1.1",
    priceDecimals: 2,
  },
};

export const ETH_COIN: AssetDefinition = {
  code: "ETH",
  collateral: { settle: "USDT", tiers: [{ ratio: "0.8" }] },
};

/** Marks and index prices 50,000 and 2,000; no accounts. */
export function coinEngine(profile: Profile = "default"): RiskEngine {
  const engine = new RiskEngine({ profile });
  for (const asset of [{ code: "USDT" }, BTC_COIN, ETH_COIN]) engine.addAsset(asset);
  for (const market of [LINEAR, SECOND, INVERSE]) engine.addMarket(market);
  engine.setMarks({ [BTC]: "50000", [ETH]: "2000", [COIN]: "50000" });
  engine.setIndexPrices({ BTC: "50000", ETH: "2000" });
  return engine;
}

/** With account "a" that pledges its coins: 1,000 USDT and these. */
export function pledgedEngine(coins: Record<string, string>, profile?: Profile): RiskEngine {
  const engine = coinEngine(profile);
  engine.openAccount("a");
  engine.deposit("a", "USDT", "1000");
  engine.setMultiAsset("a", true);
  for (const [code, amount] of Object.entries(coins)) engine.setBalance("a", code, amount);
  return engine;
}

/** Equity of the cross USDT scope of an account. */
export function equityOf(engine: RiskEngine, account = "a"): string {
  return engine.crossScope(account, "USDT").view().equity;
}
