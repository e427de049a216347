// A priced market in the form the generator draws in: doubles for choosing sizes, whole lots and ticks
// for what is written. Every draw is kept legal by bounds with room to spare, so the rounding of the
// doubles (about 1e-15) can never decide legality.
import { decimalsOf, formatDecimal, parseDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import type { DecimalLike } from "../types.ts";
import { dollarPriceOf, quotedDecimals } from "./bracket-markets.ts";
import type { PricedMarket } from "./standard-markets.ts";

/** Safety margin on every bound taken in doubles. */
const ROOM = 1 + 1e-9;
/** Positions stay below this share of the last cap, so that a rise of the price leaves them legal. */
const CAP_SHARE = 0.6;
/** Notional in settle units where a table has no cap. */
const UNCAPPED_NOTIONAL = 1e9;

interface PreparedTier {
  readonly floor: number;
  readonly rate: number;
  readonly amount: number;
  readonly maxLeverage: number;
}

export interface PreparedMarket {
  readonly symbol: string;
  readonly settle: string;
  /** Dollars per unit of the settle asset. */
  readonly settlePrice: number;
  readonly mark: number;
  /** Value of one lot at price 1, in the settle asset. */
  readonly lotSize: number;
  readonly amountDecimals: number;
  /** Decimals of drawn entry prices: fewer than the market's price decimals on dear coins. */
  readonly tickDecimals: number;
  readonly tickSize: number;
  readonly takerRate: number;
  /** Largest notional drawn at a mark or entry price, in the settle asset. */
  readonly maxNotional: number;
  readonly maxLeverageCross: number;
  readonly maxLeverageIsolated: number;
  readonly tiers: readonly PreparedTier[];
}

function numberOf(value: DecimalLike | null | undefined, whenAbsent: number): number {
  return value === null || value === undefined ? whenAbsent : Number(value);
}

/** 10^-decimals as the double nearest to it. */
function stepSize(decimals: number): number {
  return Number(`1e-${decimals}`);
}

function prepareTiers(market: PricedMarket): PreparedTier[] {
  let amount = 0;
  let rateBelow = 0;
  return market.definition.tiers.map((tier) => {
    const floor = numberOf(tier.minNotional, 0);
    const rate = Number(tier.maintenanceMarginRate);
    amount += floor * (rate - rateBelow);
    rateBelow = rate;
    return { floor, rate, amount, maxLeverage: numberOf(tier.maxLeverage, 1) };
  });
}

/**
 * Checks and prepares a market.
 *
 * @throws RiskError BAD_VALUE for an inverse market or one without tiers; decimals as parseDecimal.
 */
export function prepareMarket(market: PricedMarket, seed: string): PreparedMarket {
  const { definition } = market;
  const path = `markets[${definition.symbol}]`;
  if (definition.linear === false) {
    throw new RiskError("BAD_VALUE", "books are generated on linear contracts only", { path });
  }
  const priceDecimals = definition.priceDecimals ?? 8;
  parseDecimal(market.mark, priceDecimals, `${path}.mark`, { min: 1n });
  const mark = Number(market.mark);
  const amountDecimals = decimalsOf(definition.precision.amount, `${path}.precision.amount`);
  const tickDecimals = quotedDecimals(mark, priceDecimals);
  const contractSize = numberOf(definition.contractSize, 1);
  const tiers = prepareTiers(market);
  const lastTier = tiers.at(-1);
  if (lastTier === undefined) {
    throw new RiskError("BAD_VALUE", "a market needs at least one tier", { path: `${path}.tiers` });
  }
  const lastCap = numberOf(definition.tiers.at(-1)?.maxNotional, Number.POSITIVE_INFINITY);
  const sizeLimit = 2 ** 50 * stepSize(amountDecimals) * contractSize * mark;
  const cap = Math.min(lastCap, Math.max(UNCAPPED_NOTIONAL, lastTier.floor * 2), sizeLimit);
  return {
    symbol: definition.symbol,
    settle: definition.settle,
    settlePrice: dollarPriceOf(definition.settle, seed),
    mark,
    lotSize: stepSize(amountDecimals) * contractSize,
    amountDecimals,
    tickDecimals,
    tickSize: stepSize(tickDecimals),
    takerRate: numberOf(definition.taker, 0),
    maxNotional: cap * CAP_SHARE,
    maxLeverageCross: numberOf(definition.maxLeverage?.cross, Number.POSITIVE_INFINITY),
    maxLeverageIsolated: numberOf(definition.maxLeverage?.isolated, Number.POSITIVE_INFINITY),
    tiers,
  };
}

function tierAt(market: PreparedMarket, notional: number): PreparedTier {
  let found = market.tiers[0];
  for (const tier of market.tiers) {
    if (tier.floor > notional) break;
    found = tier;
  }
  if (found === undefined) throw new RangeError("a prepared market has tiers");
  return found;
}

/** Highest whole leverage allowed for a position of this notional, at least 1. */
export function leverageCap(market: PreparedMarket, notional: number, isolated: boolean): number {
  const modeCap = isolated ? market.maxLeverageIsolated : market.maxLeverageCross;
  const cap = Math.min(tierAt(market, notional * ROOM).maxLeverage, modeCap);
  return Math.max(1, Math.floor(cap));
}

/** Maintenance margin of a notional. */
export function maintenanceOf(market: PreparedMarket, notional: number): number {
  const tier = tierAt(market, notional);
  return notional * tier.rate - tier.amount;
}

/** Text of a whole number of lots or ticks. */
export function unitsText(units: number, decimals: number): string {
  return formatDecimal(units, decimals);
}
