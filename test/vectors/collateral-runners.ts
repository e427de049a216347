// Worked examples of coins as collateral and of account health. A coin's weight is the ratio of its one tier, and what it counts is what
// AccountView.collateral() says; no figure is reckoned here that the engine could have been asked for.
import { RiskEngine } from "../../src/engine/engine.ts";
import type { CollateralTier, CollateralView } from "../../src/types.ts";
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { bench, flatTiers, put, read, SYMBOL, text } from "./workbench.ts";

/** An engine with unit S, a coin C and account "a" that pledges it. */
function coinBench(
  tiers: readonly CollateralTier[],
  price: number,
  liabilityWeight = 1,
): RiskEngine {
  const engine = new RiskEngine();
  engine.addAsset({ code: "S" });
  const weight = text(liabilityWeight, 9);
  engine.addAsset({ code: "C", collateral: { settle: "S", tiers, liabilityWeight: weight } });
  engine.setIndexPrices({ C: text(price) });
  engine.openAccount("a");
  engine.setMultiAsset("a", true);
  return engine;
}

function coinOf(engine: RiskEngine): CollateralView {
  const [coin] = engine.account("a").collateral();
  if (coin === undefined) throw new Error("no coin pledged");
  return coin;
}

/** What `quantity` coins count. */
function counted(
  tiers: readonly CollateralTier[],
  quantity: number,
  price: number,
  liabilityWeight = 1,
): number {
  const engine = coinBench(tiers, price, liabilityWeight);
  engine.setBalance("a", "C", text(quantity));
  return Number(coinOf(engine).counted);
}

function haircut({ inputs }: Vector): Answers {
  if (inputs.tiers !== undefined) {
    const rows: readonly { maxQty: number | null; ratio: number }[] = inputs.tiers;
    const tiers = rows.map(({ maxQty, ratio }) => ({
      maxQuantity: maxQty === null ? null : text(maxQty),
      ratio: text(ratio, 9),
    }));
    return { collateralUsd: counted(tiers, inputs.quantity, inputs.priceUsd) };
  }
  if (inputs.ltv !== undefined) {
    // Borrowing power is what the coins count as collateral of the unit.
    const tiers = [{ ratio: text(inputs.ltv, 9) }];
    return { borrowable: counted(tiers, inputs.quantity, inputs.price) };
  }
  // The engine judges everything by one ratio; Drift's is its maintenance weight (or the weight before scaling).
  const bps = inputs.maintenanceWeightBps ?? inputs.baseWeightBps;
  return { assetWeightBps: counted([{ ratio: text(bps / 10_000, 9) }], 10_000, 1) };
}

/** The least amount of the coin that covers the debt, found by asking. */
function autoExchange({ inputs }: Vector): Answers {
  const engine = coinBench([{ ratio: text(inputs.exchangeRatio, 9) }], 1);
  engine.setBalance("a", "S", text(-inputs.negativeBalanceUsd));
  let [short, enough] = [0, 2 * inputs.negativeBalanceUsd * 100];
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2);
    engine.setBalance("a", "C", text(middle / 100, 2));
    const covered = Number(engine.crossScope("a", "S").view().equity) >= 0;
    if (covered) enough = middle;
    else short = middle;
  }
  return { convertedUsd: enough / 100 };
}

/**
 * Mango's health of a perp market: its clearance in the market's own quote (weights of the base are a requirement of 1 − weight of
 * longs, weight − 1 of shorts), and that as a balance of the settle token: a coin whose ratio is the product of the asset
 * weights and whose debts count at the liability weight.
 */
function health({ inputs }: Vector): Answers {
  if (inputs.baseLots === undefined) throw new Error("the weights are not stated");
  const { baseLots, quote, lotNotional } = inputs;
  const rate = baseLots > 0 ? 1 - inputs.baseAssetWeight : inputs.baseLiabWeight - 1;
  const market = { tiers: flatTiers(rate), mark: lotNotional, amountDecimals: 0 };
  const engine = bench([market]);
  put(engine, { size: baseLots, entry: lotNotional, notional: baseLots * lotNotional });
  engine.setBalance("a", "S", text(quote + baseLots * lotNotional));
  const clearance = Number(read(engine).scope.clearance);
  const ratio = text(inputs.overallAssetWeight * inputs.settleAssetWeight, 9);
  return { initHealth: counted([{ ratio }], clearance, 1, inputs.settleLiabWeight) };
}

/** Drift's isolated position: equity and initial margin of its own scope. */
function isolated({ inputs }: Vector): Answers {
  const { signedBase, quoteAmount, oraclePrice, isolatedDeposit, initialMarginRatio } = inputs;
  const engine = bench([{ tiers: flatTiers(initialMarginRatio / 2), mark: oraclePrice }]);
  put(engine, {
    size: signedBase,
    entry: Math.abs(quoteAmount / signedBase),
    margin: isolatedDeposit,
    leverage: 1 / initialMarginRatio,
    notional: -quoteAmount,
  });
  const { scope } = read(engine);
  const [requirement, collateral] = [Number(scope.initialMargin), Number(scope.equity)];
  return {
    marginRequirement: requirement,
    totalCollateral: collateral,
    meetsRequirement: collateral >= requirement,
  };
}

/** Drift's profit of a position, and what counts of it: the equity of an account with an empty wallet. */
function weightedProfit({ inputs }: Vector): Answers {
  const { signedBase, quoteAmount, oraclePrice, weight } = inputs;
  const market = { tiers: flatTiers(0.05), mark: oraclePrice, amountDecimals: 9 };
  const engine = bench([{ ...market, positivePnlWeight: weight }]);
  const entry = Math.abs(quoteAmount / signedBase);
  engine.setPosition("a", {
    symbol: SYMBOL,
    side: signedBase > 0 ? "long" : "short",
    contracts: text(Math.abs(signedBase), 9),
    entryPrice: text(entry),
    entryNotional: text(-quoteAmount, 6),
    marginMode: "cross",
  });
  const { position, scope } = read(engine);
  return {
    unrealizedPnl: Number(position.unrealizedPnl),
    weightedPnl: Number(scope.equity),
  };
}

/** Drift's cross side: a debt stands in the requirement there and lowers equity here; what is left is the same. */
export function borrowedCoin({ inputs }: Vector): Answers {
  const engine = coinBench([{ ratio: "1" }], inputs.solPrice, inputs.liabilityWeight);
  engine.setBalance("a", "S", text(inputs.usdcDeposit));
  engine.setBalance("a", "C", text(-inputs.solBorrow));
  const { collateral, equity } = engine.crossScope("a", "S").view();
  return {
    marginRequirement: -Number(coinOf(engine).counted),
    totalCollateral: Number(collateral),
    meetsRequirement: Number(equity) >= 0,
  };
}

export const COLLATERAL_RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ["collateral.haircut", haircut],
  ["collateral.autoExchange", autoExchange],
  ["account.health", health],
  ["account.isolated", isolated],
  ["account.weightedProfit", weightedProfit],
]);

/** Examples (or `id.expectation`) that do not pass, and why. */
export const COLLATERAL_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    "drift-weight-type-fill.assetWeightBps",
    "a weight of its own for fills, half-way between two others: a coin has one ratio here",
  ],
  [
    "drift-scaled-weight-60000.assetWeightBps",
    "a weight that shrinks with the deposits of the whole venue: state the ratio as it is",
  ],
  [
    "mango-health-0",
    "the example states no weights, and counts spot orders and perp orders as filled in the account's health",
  ],
]);
