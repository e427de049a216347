// A market definition as the engine keeps it and gives it back in a book: the fields it knows, copied, so that a later
// change of the caller's object changes nothing here, and bigints (counts of the smallest unit) written as the decimals
// they stand for, so that the book is JSON.
import { formatDecimal } from "../decimal.ts";
import type { DecimalLike, LeverageTier, MarketDefinition } from "../types.ts";

const LEVERAGE_DECIMALS = 3;
const FEE_DECIMALS = 8;

function asText<Value extends DecimalLike | null | undefined>(
  value: Value,
  decimals: number,
): Value | string {
  return typeof value === "bigint" ? formatDecimal(value, decimals) : value;
}

function copyTier(tier: LeverageTier, boundDecimals: number): LeverageTier {
  const { minNotional, maxNotional, maintenanceMarginRate, maxLeverage } = tier;
  const { initialMarginRate, maintenanceFraction } = tier;
  return {
    ...(tier.tier === undefined ? {} : { tier: tier.tier }),
    ...(minNotional === undefined ? {} : { minNotional: asText(minNotional, boundDecimals) }),
    ...(maxNotional === undefined ? {} : { maxNotional: asText(maxNotional, boundDecimals) }),
    ...(maintenanceMarginRate === undefined ? {} : { maintenanceMarginRate }),
    ...(initialMarginRate === undefined ? {} : { initialMarginRate }),
    ...(maintenanceFraction === undefined ? {} : { maintenanceFraction }),
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

/**
 * Decimals are those of bigints: of the tiers' bounds (the settle asset's or, for tiers by contract count, the amounts') and of
 * amounts in the settle asset. What was copied once holds no bigints.
 */
export function copyDefinition(
  definition: MarketDefinition,
  boundDecimals: number,
  settleDecimals = 0,
): MarketDefinition {
  const { symbol, settle, linear, contractSize, precision, priceDecimals, taker } = definition;
  const { maker, positivePnlWeight, maxLeverage, openInterestCaps: open } = definition;
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
    ...(taker === undefined ? {} : { taker: asText(taker, FEE_DECIMALS) }),
    ...(maker === undefined ? {} : { maker: asText(maker, FEE_DECIMALS) }),
    ...(positivePnlWeight === undefined || positivePnlWeight === null
      ? {}
      : { positivePnlWeight: asText(positivePnlWeight, FEE_DECIMALS) }),
    tiers: definition.tiers.map((tier) => copyTier(tier, boundDecimals)),
    ...(maxLeverage === undefined || maxLeverage === null
      ? {}
      : { maxLeverage: copyCaps(maxLeverage) }),
    ...(open === undefined || open === null
      ? {}
      : {
          openInterestCaps: {
            lower: asText(open.lower, settleDecimals),
            upper: asText(open.upper, settleDecimals),
          },
        }),
  };
}
