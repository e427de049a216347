// Worked examples of funding, as settleFunding pays it. Where an example states a payment and no rate, the rate is the one that makes
// it at the example's price; an index change per unit (dYdX) is a rate of ±1 at that price.
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { Profile } from "../../src/types.ts";
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { bench, flatTiers, put, read, SYMBOL, text } from "./workbench.ts";

const ORACLE: Profile = { fundingPrice: "oracle" };

function walletOf(engine: RiskEngine): number {
  return Number(engine.account("a").balances().S ?? "0");
}

/** A cross position of `size` at a mark; what one period at `rate` pays into (or takes from) the wallet. */
function crossPayment(
  market: Parameters<typeof bench>[0][number],
  size: number,
  rate: number,
): number {
  const engine = bench([market]);
  put(engine, { size, entry: market.mark });
  engine.settleFunding({ time: 1, rates: { [SYMBOL]: text(rate, 12) } });
  return walletOf(engine);
}

function payment({ inputs }: Vector): Answers {
  const { contracts, markPrice, fundingRate } = inputs;
  if (contracts === undefined) {
    const market = { tiers: flatTiers(0.004), mark: markPrice };
    return { payment: crossPayment(market, inputs.signedSize, fundingRate) };
  }
  const market = {
    tiers: flatTiers(0.004),
    mark: markPrice,
    inverse: true,
    contractSize: inputs.contractMultiplierUsd,
    amountDecimals: 0,
  };
  return { paymentBtc: crossPayment(market, contracts * inputs.side, fundingRate) };
}

/** settlement in millionths = −(new index − old index) · quantums, exactly: units of the settle asset are millionths here. */
function settlement({ inputs }: Vector): Answers {
  const change = inputs.newIndex - inputs.oldIndex;
  const market = { tiers: flatTiers(0.03), mark: 1, amountDecimals: 0, priceDecimals: 0 };
  const engine = bench([market], { profile: ORACLE, settleDecimals: 0 });
  put(engine, { size: inputs.quantums, entry: 1 });
  const rate = { rate: `${Math.sign(change)}`, price: `${Math.max(1, Math.abs(change))}` };
  engine.settleFunding({ time: 1, rates: { [SYMBOL]: rate } });
  return { settlementPpm: engine.account("a").balances().S ?? "0" };
}

/** Vega: each unit pays 20 at a price of 1,600; isolated shorts pay from their own margin. */
function vegaIsolated({ inputs }: Vector): Answers {
  const perUnit = inputs.internalTwap - inputs.externalTwap;
  const sizes: readonly number[] = inputs.signedSizes;
  const rate = -0.0125;
  const transfers = sizes.map((size) => {
    const engine = bench([{ tiers: flatTiers(0.005), mark: inputs.externalTwap }]);
    put(engine, { size, entry: inputs.externalTwap, margin: 500 });
    engine.settleFunding({ time: 1, rates: { [SYMBOL]: text(rate, 12) } });
    return Number(engine.account("a").position(SYMBOL).isolatedMargin) - 500;
  });
  return { transfers, fundingRate: rate, paymentPerUnit: transfers[0], perUnit };
}

/** Bybit takes the maintenance margin at entry: its zero point is the bankruptcy price of a margin less by it. */
function bybitEntryBasis({ inputs }: Vector): Answers {
  const { signedSize, entryPrice, leverage, mmr, fundingFromPositionMargin } = inputs;
  const notional = Math.abs(signedSize) * entryPrice;
  const engine = bench([{ tiers: flatTiers(mmr), mark: entryPrice }], {
    profile: { isolatedFundingSource: "walletFirst" },
  });
  put(engine, { size: signedSize, entry: entryPrice, margin: notional / leverage });
  const rate = text(fundingFromPositionMargin / notional, 12);
  engine.settleFunding({ time: 1, rates: { [SYMBOL]: rate } });
  const { position } = read(engine);
  const margin = Number(position.isolatedMargin) - notional * mmr;
  put(engine, { size: signedSize, entry: entryPrice, margin });
  return { liquidationPrice: Number(read(engine).position.bankruptcyPrice) };
}

/** A long of 1 at 1,000 with the example's margins, wallet and payment. */
function isolatedSource({ inputs }: Vector): Answers {
  const capped = inputs.policy === undefined;
  const fee = inputs.payment ?? inputs.fundingFee;
  const wallet = inputs.walletAvailable ?? inputs.availableBalance;
  const margin = inputs.isolatedMargin ?? inputs.isolatedEquity;
  const required = inputs.maintPlusFee ?? 5;
  const source = inputs.policy ?? "walletFirstCapped";
  const engine = bench([{ tiers: flatTiers(required / 1000), mark: 1000 }], {
    profile: { isolatedFundingSource: source },
  });
  engine.deposit("a", "S", text(wallet));
  put(engine, { size: 1, entry: 1000, margin });
  const [event] = engine.settleFunding({ time: 1, rates: { [SYMBOL]: text(fee / 1000, 12) } });
  const marginAfter = Number(engine.account("a").position(SYMBOL).isolatedMargin);
  if (!capped) return { walletAfter: walletOf(engine), marginAfter };
  return {
    fromWallet: wallet - walletOf(engine),
    fromPosition: margin - marginAfter,
    waived: event?.type === "fundingSettled" ? Number(event.waived) : undefined,
  };
}

function isolated(vector: Vector): Answers {
  if (vector.venue === "vega") return vegaIsolated(vector);
  return vector.inputs.maintBasis === "entry" ? bybitEntryBasis(vector) : isolatedSource(vector);
}

/** Families of examples by category. */
export const FUNDING_RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ["funding.payment", payment],
  ["funding.settlement", settlement],
  ["funding.isolated", isolated],
  ["funding.rate", (): Answers => ({})],
]);

/** Examples that do not pass, and why. */
export const FUNDING_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ["hl-funding-rate", "how a venue makes its rate is not the engine's: rates come in"],
]);
