// Worked examples of the pre-trade check: what orders reserve and cost, how far a stake can be levered, which trades of a thin account
// are let through, and margin ratios that count an order. Each through previews and commands of the public API.
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { LeverageTier, OrderSide } from "../../src/types.ts";
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { bench, flatTiers, put, read, SYMBOL, text } from "./workbench.ts";

interface TierRow {
  readonly floor: number;
  readonly cap: number;
  readonly mmr: number;
  readonly maxLeverage: number;
  readonly maintAmount: number;
}

interface Ladder {
  readonly size: number;
  readonly price: number;
}

function tierOf(row: TierRow): LeverageTier {
  return {
    minNotional: text(row.floor),
    maxNotional: text(row.cap),
    maintenanceMarginRate: text(row.mmr),
    maxLeverage: text(row.maxLeverage, 3),
    info: { cum: text(row.maintAmount) },
  };
}

function maxLeverage({ inputs }: Vector): Answers {
  const tiers = (inputs.tiers as readonly TierRow[]).map(tierOf);
  const engine = bench([{ tiers, mark: 100 }]);
  try {
    const { limit } = engine.maxLeverage(SYMBOL, { stake: text(inputs.stake) });
    return { maxLeverage: limit };
  } catch (error) {
    const past = error instanceof RiskError && error.code === "OUT_OF_RANGE";
    return { error: past ? "exceeds-last-bracket" : String(error) };
  }
}

/** Binance: a cross order at a leverage; its cost counts the open loss. */
function orderCost({ inputs }: Vector): Answers {
  const market = { tiers: flatTiers(0.004), mark: inputs.markPrice };
  const engine = bench([market], { profile: "binance" });
  engine.deposit("a", "S", "1000000");
  const preview = engine.preview({
    account: "a",
    symbol: SYMBOL,
    side: inputs.side === "long" ? "buy" : "sell",
    amount: text(inputs.qty),
    price: text(inputs.orderPrice),
    leverage: text(inputs.leverage, 3),
  });
  const { initialMargin, openLoss, cost } = preview;
  return { initialMargin, openLoss, totalCost: cost };
}

/** Vega: sizes are multiples of 1 / positionFactor; the margin factor is one over the leverage. */
function orderMargin({ inputs }: Vector): Answers {
  const { positionSize, positionFactor, marginFactor } = inputs;
  const leverage = 1 / marginFactor;
  const tiers = [{ maintenanceMarginRate: "0.01", maxLeverage: text(leverage, 3) }];
  const amountDecimals = Math.log10(positionFactor);
  const engine = bench([{ tiers, mark: 30, amountDecimals }]);
  engine.deposit("a", "S", "1000000");
  engine.setLeverage("a", SYMBOL, text(leverage, 3));
  if (positionSize !== 0) put(engine, { size: positionSize / positionFactor, entry: 30, leverage });
  const place = (side: OrderSide, ladder: readonly Ladder[] = []): void => {
    ladder.forEach(({ size, price }, index) => {
      const amount = text(size / positionFactor);
      const id = `${side}${index}`;
      engine.placeOrder("a", { id, symbol: SYMBOL, side, amount, price: text(price) });
    });
  };
  place("buy", inputs.side === "buy" ? inputs.orders : inputs.buys);
  place("sell", inputs.side === "sell" ? inputs.orders : inputs.sells);
  return { orderMargin: engine.account("a").reserved("S") };
}

/** dYdX: the withdrawal that would leave that equity over that initial margin. */
function initialMargin({ inputs }: Vector): Answers {
  const { netCollateral, initialMargin: required } = inputs;
  const tiers = [{ initialMarginRate: "0.1", maintenanceFraction: "0.6" }];
  const engine = bench([{ tiers, mark: 1 }], { profile: "dydx" });
  if (required > 0) put(engine, { size: required * 10, entry: 1 });
  engine.setBalance("a", "S", text(netCollateral + 1));
  const command = { type: "withdraw", account: "a", asset: "S", amount: "1" } as const;
  return { ok: engine.previewCommand(command).accepted };
}

/** dYdX: others hold what, with the order of 1,000,000, makes the open interest; its margin then is the rate in millionths. */
function scaledRate({ inputs }: Vector): Answers {
  const { openInterestNotional, lowerCap, upperCap, initialMarginPpm } = inputs;
  const size = 1_000_000;
  const engine = new RiskEngine({ profile: "dydx" });
  engine.addAsset({ code: "S", decimals: 6 });
  engine.addMarket({
    symbol: SYMBOL,
    settle: "S",
    precision: { amount: "1" },
    openInterestCaps: { lower: lowerCap, upper: upperCap },
    tiers: [{ initialMarginRate: text(initialMarginPpm / size, 6), maintenanceFraction: "0.6" }],
  });
  engine.setMarks({ [SYMBOL]: "1" });
  engine.openAccount("a");
  put(engine, { size: openInterestNotional - size, entry: 1 });
  engine.openAccount("b");
  const order = { account: "b", symbol: SYMBOL, side: "buy", amount: size } as const;
  return { adjustedPpm: engine.preview(order).initialMargin };
}

/**
 * dYdX: an account below its initial margin changes from one (equity, maintenance margin) to another: by a trade that opens the
 * position with that margin and takes the difference as its fee, or where none is opened, by a deposit.
 */
function riskReducing({ inputs }: Vector): Answers {
  const { oldNetCollateral, oldMaintMargin, newNetCollateral, newMaintMargin } = inputs;
  const notional = 200;
  const fraction = text((newMaintMargin - oldMaintMargin || 1) / notional);
  const tiers = [{ initialMarginRate: "1", maintenanceFraction: fraction }];
  const engine = bench([{ tiers, mark: 1 }], { profile: "dydx" });
  engine.setBalance("a", "S", text(oldNetCollateral));
  const gain = newNetCollateral - oldNetCollateral;
  const opens = newMaintMargin > oldMaintMargin;
  const { refusal } = opens
    ? engine.preview({
        account: "a",
        symbol: SYMBOL,
        side: "buy",
        amount: notional,
        fee: text(-gain),
      })
    : engine.previewCommand({ type: "deposit", account: "a", asset: "S", amount: text(gain) });
  if (refusal === null) return { result: "Success" };
  return {
    result: refusal.code === "INSUFFICIENT_FUNDS" ? "StillUndercollateralized" : refusal.message,
  };
}

/** KuCoin counts a pending order as filled: the ratio that its preview shows. */
function ratioWithOrder({ inputs }: Vector): Answers {
  const { position, pendingOrder, takerFee, totalMargin } = inputs;
  const markets = [
    { tiers: flatTiers(position.mmr), mark: 1, taker: takerFee },
    { symbol: "Y", tiers: flatTiers(pendingOrder.mmr), mark: 1, taker: takerFee },
  ];
  const engine = bench(markets, {
    profile: { closeFeeInRequirement: true, openOrderMargin: "none" },
  });
  engine.deposit("a", "S", text(totalMargin));
  put(engine, { size: position.notional, entry: 1, leverage: 10 });
  const amount = text(pendingOrder.notional);
  const order = { account: "a", symbol: "Y", side: "buy", amount, leverage: "10" } as const;
  return { riskRate: engine.preview(order).after?.scopes[0]?.marginRatio };
}

/** Bybit: balance less haircut, with an order whose loss at the mark is stated. */
function unifiedRatio({ inputs }: Vector): Answers {
  const { totalMM, marginBalance, haircutLoss, orderLoss } = inputs;
  const engine = bench([{ tiers: flatTiers(0.01), mark: 1 }], { profile: "bybit" });
  put(engine, { size: totalMM * 100, entry: 1 });
  const price = text(1 - orderLoss / 100);
  engine.setBalance("a", "S", "1000000");
  engine.placeOrder("a", { id: "o", symbol: SYMBOL, side: "buy", amount: "100", price });
  engine.setBalance("a", "S", text(marginBalance - haircutLoss));
  const { marginRatio, liquidatable } = read(engine).scope;
  return { accountMMR: marginRatio, liquidate: liquidatable };
}

function marginRatio(vector: Vector): Answers {
  return vector.venue === "bybit" ? unifiedRatio(vector) : ratioWithOrder(vector);
}

export const PRETRADE_RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ["pretrade.maxLeverage", maxLeverage],
  ["pretrade.orderCost", orderCost],
  ["pretrade.orderMargin", orderMargin],
  ["pretrade.initialMargin", initialMargin],
  ["pretrade.oiScaledIMF", scaledRate],
  ["pretrade.riskReducing", riskReducing],
  ["trigger.marginRatio", marginRatio],
]);

/** Examples that do not pass, and why. */
export const PRETRADE_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    "bybit-uta-mmr",
    "takes the loss of open orders off the margin balance; ours is reserved before a trade and liquidates nobody",
  ],
]);
