// Engines that the tests of this folder start from: one linear and one inverse market, real-shaped brackets.
import { RiskEngine } from "../../src/engine/engine.ts";
import type { MarketDefinition, Profile } from "../../src/types.ts";

export const BTC = "BTC/USDT:USDT";
export const ETH = "ETH/USDT:USDT";
export const COIN = "BTC/USD:BTC";

export const LINEAR: MarketDefinition = {
  symbol: BTC,
  settle: "USDT",
  precision: { amount: "0.001", price: "0.1" },
  taker: "0.0005",
  tiers: [
    { minNotional: "0", maxNotional: "50000", maintenanceMarginRate: "0.004", maxLeverage: "125" },
    {
      minNotional: "50000",
      maxNotional: "250000",
      maintenanceMarginRate: "0.005",
      maxLeverage: "100",
    },
    {
      minNotional: "250000",
      maxNotional: "1000000",
      maintenanceMarginRate: "0.01",
      maxLeverage: "50",
    },
    {
      minNotional: "1000000",
      maxNotional: "7500000",
      maintenanceMarginRate: "0.025",
      maxLeverage: "20",
    },
  ],
  maxLeverage: { cross: "100", isolated: "125" },
};

export const SECOND: MarketDefinition = {
  symbol: ETH,
  settle: "USDT",
  precision: { amount: "0.01" },
  taker: "0.0005",
  tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }],
};

export const INVERSE: MarketDefinition = {
  symbol: COIN,
  settle: "BTC",
  linear: false,
  contractSize: "100",
  precision: { amount: "1" },
  tiers: [{ maintenanceMarginRate: "0.004", maxLeverage: "125" }],
};

/** Markets with marks 50,000, 2,000 and 50,000; no accounts. */
export function emptyEngine(profile: Profile = "default"): RiskEngine {
  const engine = new RiskEngine({ profile });
  engine.addAsset({ code: "USDT" });
  engine.addAsset({ code: "BTC" });
  for (const market of [LINEAR, SECOND, INVERSE]) {
    engine.addMarket(
      profile === "okx" ? { ...market, tiers: market.tiers.slice(-1).map(flat) } : market,
    );
  }
  engine.setMarks({ [BTC]: "50000", [ETH]: "2000", [COIN]: "50000" });
  return engine;
}

function flat(tier: MarketDefinition["tiers"][number]): MarketDefinition["tiers"][number] {
  return { ...tier, minNotional: "0", maxNotional: null };
}

/** With accounts "one" (one-way) and "two" (hedged), 100,000 USDT and 10 BTC each. */
export function fundedEngine(profile: Profile = "default"): RiskEngine {
  const engine = emptyEngine(profile);
  engine.openAccount("one");
  engine.openAccount("two", { hedged: true });
  for (const account of ["one", "two"]) {
    engine.deposit(account, "USDT", "100000");
    engine.deposit(account, "BTC", "10");
  }
  return engine;
}
