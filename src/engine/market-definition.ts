// A market definition as the engine keeps it and gives it back in a book: the fields it knows, copied, so that a later
// change of the caller's object changes nothing here, and bigints (counts of the smallest unit) written as the decimals
// they stand for, so that the book is JSON.
import { formatDecimal } from "../decimal.ts";
import type { DecimalLike, LeverageTier, MarketDefinition } from "../types.ts";

const LEVERAGE_DECIMALS = 3;
const TAKER_DECIMALS = 8;

function asText<Value extends DecimalLike | null | undefined>(
  value: Value,
  decimals: number,
): Value | string {
  return typeof value === "bigint" ? formatDecimal(value, decimals) : value;
}

function copyTier(tier: LeverageTier, boundDecimals: number): LeverageTier {
  const { minNotional, maxNotional, maintenanceMarginRate, maxLeverage } = tier;
  return {
    ...(tier.tier === undefined ? {} : { tier: tier.tier }),
    ...(minNotional === undefined ? {} : { minNotional: asText(minNotional, boundDecimals) }),
    ...(maxNotional === undefined ? {} : { maxNotional: asText(maxNotional, boundDecimals) }),
    maintenanceMarginRate,
    ...(maxLeverage === undefined ? {} : { maxLeverage: asText(maxLeverage, LEVERAGE_DECIMALS) }),
  };
}

function copyCaps(
  caps: NonNullable<MarketDefinition["maxLeverage"]>,
): NonNullable<MarketDefinition["maxLeverage"]> {
  const { cross, isolated } = caps;
  return {
    ...(cross === undefined ? {} : { cross: asText(cross, LEVERAGE_DECIMALS) }),
    ...(isolated === undefined ? {} : { isolated: asText(isolated, LEVERAGE_DECIMALS) }),
  };
}

/** `boundDecimals`: decimals of the tiers' bounds, those of the settle asset or, for tiers by contract count, of amounts. */
export function copyDefinition(
  definition: MarketDefinition,
  boundDecimals: number,
): MarketDefinition {
  const { symbol, settle, linear, contractSize, precision, priceDecimals, taker } = definition;
  const { maxLeverage } = definition;
  return {
    symbol,
    settle,
    ...(linear === undefined ? {} : { linear }),
    ...(contractSize === undefined ? {} : { contractSize }),
    precision: {
      amount: precision.amount,
      ...(precision.price === undefined ? {} : { price: precision.price }),
    },
    ...(priceDecimals === undefined ? {} : { priceDecimals }),
    ...(taker === undefined ? {} : { taker: asText(taker, TAKER_DECIMALS) }),
    tiers: definition.tiers.map((tier) => copyTier(tier, boundDecimals)),
    ...(maxLeverage === undefined || maxLeverage === null
      ? {}
      : { maxLeverage: copyCaps(maxLeverage) }),
  };
}
