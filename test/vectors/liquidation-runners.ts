// Worked examples of liquidation: how much of a position goes, at which price it fills, who pays the difference, who is deleveraged in which
// order. Each builds the scope that its figures state and asks the engine's own commands.

import type { RiskEngine } from "../../src/engine/engine.ts";
import type { LeverageTier, LiquidationPolicy } from "../../src/types.ts";
import { told } from "../support/told.ts";
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { bench, flatTiers, put, SYMBOL, text } from "./workbench.ts";

/** A market as far as these examples differ. */
interface Scene {
  readonly tiers: readonly LeverageTier[];
  readonly mark: number;
  readonly size: number;
  /** Of the scope, at the mark. */
  readonly equity: number;
}

/** One cross position, entered at the mark, in a scope with that equity. */
function scene({ tiers, mark, size, equity }: Scene): RiskEngine {
  const engine = bench([{ tiers, mark, amountDecimals: 9 }]);
  engine.setBalance("a", "S", text(equity));
  put(engine, { size, entry: mark });
  return engine;
}

function ladder({ inputs }: Vector): Answers {
  const { size, markPrice, equity } = inputs;
  const tiers = (inputs.tiers as { floor: number; cap: number; mmr: number }[]).map(
    ({ floor, cap, mmr }): LeverageTier => ({
      minNotional: text(floor),
      maxNotional: text(cap),
      maintenanceMarginRate: text(mmr, 9),
    }),
  );
  const engine = scene({ tiers, mark: markPrice, size, equity });
  const events = engine.liquidate({ policy: { method: "ladder" } });
  const [ended] = told(events, "liquidationEnded");
  const outcomes = { stands: "safe", closed: "closed", pending: "pending" };
  return {
    closedNotional: told(events, "positionLiquidated").map(
      ({ contracts }) => Number(contracts) * markPrice,
    ),
    outcome: ended === undefined ? "none" : outcomes[ended.outcome],
  };
}

/** Equity as stated and a maintenance margin of 10 % on a notional of ten times it. */
function stage({ inputs }: Vector): Answers {
  const { equity, maintMargin } = inputs;
  const engine = scene({ tiers: flatTiers(0.1), mark: maintMargin * 10, size: 1, equity });
  const policy: LiquidationPolicy = { method: "full", backstopBelow: [2, 3] };
  const [started] = told(engine.liquidate({ policy }), "liquidationStarted");
  return { stage: started?.stage };
}

function fillablePrice({ inputs }: Vector): Answers {
  const [held] = inputs.positions;
  const engine = bench([{ tiers: flatTiers(held.mmf), mark: held.oraclePrice }]);
  engine.setBalance("a", "S", text(inputs.quoteBalance + held.signedSize * held.oraclePrice));
  put(engine, { size: held.signedSize, entry: held.oraclePrice });
  engine.setInsuranceFund("S", "1000000");
  const events = engine.liquidate({
    policy: {
      method: "full",
      fillable: {
        adjustment: text(inputs.bankruptcyAdjustment, 9),
        spread: text(inputs.spreadToMaintenanceMarginRatio, 9),
      },
    },
  });
  return { fillablePrice: Number(told(events, "positionLiquidated")[0]?.fillPrice) };
}

/** A position of one contract whose bankruptcy worth and fill are the stated ones, in quantums of 1e-6. */
function insurance({ inputs }: Vector): Answers {
  const bankruptcy = inputs.bankruptcyDeltaQuote / 1e6;
  const fill = inputs.fillDeltaQuote / 1e6;
  const size = bankruptcy > 0 ? 1 : -1;
  // Equity of one at a mark one above the bankruptcy price, below any maintenance margin.
  const mark = Math.abs(bankruptcy + 1);
  const engine = scene({ tiers: flatTiers(0.1), mark, size, equity: 1 });
  engine.setInsuranceFund("S", "1000000");
  const events = engine.liquidate({
    fillPrices: { [SYMBOL]: text(Math.abs(fill)) },
    policy: { method: "full", fee: text(inputs.maxLiquidationFee), leftover: "account" },
  });
  return { insuranceFundDelta: Number(told(events, "positionLiquidated")[0]?.insurance) * 1e6 };
}

function partial(vector: Vector): Answers {
  const { inputs, id } = vector;
  if (id === "hl-partial-20pct") return hyperliquidPartial(inputs.notional);
  if (inputs.maxPortion !== undefined) return blockPortion(inputs);
  if (inputs.oraclePrice !== undefined) return coverShortage(inputs);
  if (id === "drift-small-shortage-full-close") return smallShortage(inputs.marginShortage);
  return {};
}

function hyperliquidPartial(notional: number): Answers {
  const engine = scene({ tiers: flatTiers(0.01), mark: 100, size: notional / 100, equity: 2_400 });
  const { cooldownMs } = engine.rules.liquidation;
  const policy: LiquidationPolicy = {
    method: "fraction",
    fraction: "0.2",
    wholeBelow: "100000",
    slippage: "0.01",
    leftover: "account",
  };
  const first = told(engine.liquidate({ time: 0, policy }), "positionLiquidated");
  return {
    orderNotional: Number(first[0]?.contracts) * 100,
    cooldownSeconds: cooldownMs / 1_000,
  };
}

/** Quantums as contracts at a price of one. */
function blockPortion(inputs: Vector["inputs"]): Answers {
  const { positionNotional, minNotional, maxPortion } = inputs;
  const close = (notional: number): number => {
    const engine = bench([{ tiers: flatTiers(0.1), mark: 1, amountDecimals: 0 }], {
      settleDecimals: 0,
    });
    put(engine, { size: notional, entry: 1 });
    const events = engine.liquidate({
      policy: {
        method: "blockPortion",
        fraction: text(maxPortion),
        wholeBelow: text(minNotional),
        deleverage: false,
      },
    });
    return Number(told(events, "positionLiquidated")[0]?.contracts);
  };
  // A position of twice the minimum and less closes by the minimum, not by its portion.
  return { max: close(positionNotional), min: close(minNotional + 1) };
}

/** Equity below the maintenance margin by the shortage; the liquidator's and the fund's fees are slippage and fee. */
function coverShortage(inputs: Vector["inputs"]): Answers {
  const { marginShortage, marginRatio, oraclePrice, liquidatorFee, ifFee } = inputs;
  const size = 100;
  const equity = size * oraclePrice * marginRatio - marginShortage;
  const engine = scene({ tiers: flatTiers(marginRatio), mark: oraclePrice, size, equity });
  const events = engine.liquidate({
    policy: {
      method: "coverShortage",
      slippage: text(liquidatorFee),
      // Of the fill, which is worse than the oracle price by the liquidator's fee.
      fee: text(ifFee / (1 - liquidatorFee)),
    },
  });
  return { baseAmount: Number(told(events, "positionLiquidated")[0]?.contracts) };
}

function smallShortage(shortage: number): Answers {
  const engine = scene({ tiers: flatTiers(0.1), mark: 100, size: 100, equity: 1_000 - shortage });
  const policy: LiquidationPolicy = { method: "coverShortage", wholeBelow: "50" };
  const [closed] = told(engine.liquidate({ policy }), "positionLiquidated");
  return { maxPct: Number(closed?.contracts) / 100 };
}

/** dYdX: quote balances, positions of one market with a maintenance fraction of 10 %. */
function deleveraging(vector: Vector): Answers {
  const { inputs } = vector;
  if (inputs.entryPrice !== undefined) return docExample(inputs);
  const { oraclePrice } = inputs;
  const liquidated = inputs.liquidated ?? inputs;
  const engine = bench([{ tiers: flatTiers(0.1), mark: oraclePrice }]);
  const add = (id: string, quote: number, size: number): void => {
    // A quote balance is the wallet less what the position was entered for.
    engine.setBalance(id, "S", text(quote + size * oraclePrice));
    engine.setPosition(id, {
      symbol: SYMBOL,
      side: size > 0 ? "long" : "short",
      contracts: text(Math.abs(size)),
      entryPrice: text(oraclePrice),
      marginMode: "cross",
    });
  };
  add("a", liquidated.quoteBalance, liquidated.signedSize);
  engine.openAccount("b");
  const other = inputs.offsetting ?? { quoteBalance: 1e6, signedSize: 1 };
  add("b", other.quoteBalance, other.signedSize);
  if (inputs.offsetting === undefined) {
    return { canDeleverage: engine.previewCommand(deleverage({})).accepted };
  }
  const [step] = told(engine.apply(deleverage({ solvent: true })), "positionLiquidated");
  return {
    bankruptcyPrice: Number(step?.price),
    offsettingQuoteAfter: Number(engine.account("b").balances().S),
  };
}

function deleverage(more: { readonly solvent?: boolean }) {
  return { type: "deleverage", account: "a", symbol: SYMBOL, against: "b", ...more } as const;
}

function docExample({ size, entryPrice, deposit, markPrice }: Vector["inputs"]): Answers {
  const engine = bench([{ tiers: flatTiers(0.05), mark: markPrice }]);
  engine.setBalance("a", "S", text(deposit));
  put(engine, { size: -size, entry: entryPrice });
  engine.openAccount("b");
  engine.setPosition("b", {
    symbol: SYMBOL,
    side: "long",
    contracts: text(size),
    entryPrice: text(entryPrice),
    marginMode: "cross",
  });
  const shortEquity = Number(engine.account("a").scopes()[0]?.equity);
  const events = engine.apply(deleverage({}));
  return {
    shortEquity,
    bankruptcyPrice: Number(told(events, "positionLiquidated")[0]?.price),
    longPnl: Number(told(events, "deleveraged")[0]?.realizedPnl),
  };
}

/** Longs at a mark of 100 (or the stated one), each alone in its account. */
function ranking({ inputs, venue }: Vector): Answers {
  const mark = inputs.candidates[0].markPrice ?? 100;
  const engine = bench([{ tiers: flatTiers(0.005), mark, priceDecimals: 9, amountDecimals: 9 }]);
  for (const candidate of inputs.candidates) {
    const { id } = candidate;
    const value = candidate.notional ?? candidate.markValue;
    const equity = candidate.accountValue ?? candidate.markValue - candidate.bankruptValue;
    // PnL% is of the entry value.
    const entry = candidate.entryPrice ?? mark / (1 + candidate.pnlPct);
    if (!engine.hasAccount(id)) engine.openAccount(id);
    const size = value / mark;
    engine.setBalance(id, "S", text(equity - size * (mark - entry)));
    engine.setPosition(id, {
      symbol: SYMBOL,
      side: "long",
      contracts: text(size, 9),
      entryPrice: text(entry, 9),
      entryNotional: text(size * entry, 8),
      marginMode: "cross",
    });
  }
  const ranked = engine.deleverageRanking(
    SYMBOL,
    "long",
    venue === "bitmex" ? "profitTimesLeverage" : "priceTimesLeverage",
  );
  return {
    order: ranked.map(({ account }) => account),
    scores: ranked.map(({ score }) => Number(score.toPrecision(12))),
  };
}

export const LIQUIDATION_RUNNERS: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ["liquidation.ladder", ladder],
  ["liquidation.stage", stage],
  ["liquidation.fillPrice", fillablePrice],
  ["liquidation.partial", partial],
  ["insuranceFund", insurance],
  ["adl", deleveraging],
  ["adl.ranking", ranking],
  ["liquidation.fee", () => ({})],
]);

const LIQUIDATOR_FEES =
  "Drift's fees grow with slots and split between liquidator and fund; here a fee is a rate";
const SPOT_LIABILITIES = "borrowed coins are no positions here: only perpetuals and balances are";

export const LIQUIDATION_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["drift-liq-fee-growth-grow", LIQUIDATOR_FEES],
  ["drift-perp-if-fee-huge", LIQUIDATOR_FEES],
  ["drift-perp-if-fee-large-fee", LIQUIDATOR_FEES],
  ["drift-perp-if-fee-tiny", LIQUIDATOR_FEES],
  ["drift-liability-transfer-no-fee", SPOT_LIABILITIES],
  ["drift-liability-transfer-mult10", SPOT_LIABILITIES],
  [
    "dydx-subaccount-limit",
    "a budget per block and account is the caller's: one step a call, and the caller counts",
  ],
]);
