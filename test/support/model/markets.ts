// Market and asset definitions as the model holds them: a second reading of the same decimals, by the shortest way.
import type { ResolvedProfile } from "../../../src/engine/profiles.ts";
import type { Bracket, BracketTable } from "../../../src/model.ts";
import type {
  AssetDefinition,
  DecimalLike,
  LeverageTier,
  MarketDefinition,
} from "../../../src/types.ts";
import { greatestCommonDivisor, reducedTerms } from "../make.ts";
import type { Asset, Market, SizeRange } from "./book.ts";
import { divideCeil, type Ratio } from "./exact.ts";

/** Units of a decimal text; the model's definitions are texts. */
export function units(value: DecimalLike | null | undefined, decimals: number): bigint {
  const text = String(value ?? "0");
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  if (fraction.length > decimals) throw new Error(`too many decimals: ${text}`);
  const size = BigInt(whole + fraction.padEnd(decimals, "0"));
  return text.startsWith("-") ? -size : size;
}

/** A decimal text as an exact quotient. */
function ratio(value: DecimalLike): Ratio {
  return { numerator: units(value, 18), denominator: 10n ** 18n };
}

/** Thousandths; 0 where none is stated and none follows from a stated initial rate. */
function maxLeverageOf(tier: LeverageTier, rules: ResolvedProfile): bigint {
  if (tier.maxLeverage !== undefined) return units(tier.maxLeverage, 3);
  const initial = statedInitial(tier, rules);
  return initial === undefined ? 0n : (initial.denominator * 1_000n) / initial.numerator;
}

/** The initial rate as stated, where the profile goes by it. */
function statedInitial(tier: LeverageTier, rules: ResolvedProfile): Ratio | undefined {
  if (rules.maintenanceRate !== "fractionOfInitial") return undefined;
  return tier.initialMarginRate === undefined ? undefined : ratio(tier.initialMarginRate);
}

/** Initial rate of a tier over a denominator: as stated, else what its leverage leaves, rounded up. */
function initialRate(tier: LeverageTier, rules: ResolvedProfile, denominator: bigint): bigint {
  const stated = statedInitial(tier, rules);
  if (stated !== undefined) return (stated.numerator * denominator) / stated.denominator;
  const leverage = maxLeverageOf(tier, rules);
  return leverage === 0n ? denominator : divideCeil(denominator * 1_000n, leverage);
}

/** A tier's maintenance rate, stated or derived as the profile says. */
function maintenanceRate(tier: LeverageTier, rules: ResolvedProfile): Ratio {
  if (tier.maintenanceMarginRate !== undefined) return ratio(tier.maintenanceMarginRate);
  if (rules.maintenanceRate === "halfOfInitial") {
    return { numerator: 1_000n, denominator: 2n * units(tier.maxLeverage, 3) };
  }
  const initial = ratio(tier.initialMarginRate ?? "0");
  const fraction = ratio(tier.maintenanceFraction ?? "0");
  return {
    numerator: initial.numerator * fraction.numerator,
    denominator: initial.denominator * fraction.denominator,
  };
}

/** The common denominator of rates, a million at least. */
function denominatorOf(rates: readonly Ratio[]): bigint {
  return rates.reduce((common, { numerator, denominator }) => {
    const own = denominator / greatestCommonDivisor(numerator, denominator);
    return (common / greatestCommonDivisor(common, own)) * own;
  }, 1_000_000n);
}

/** Brackets with amounts by continuity. */
function tableOf(
  rules: ResolvedProfile,
  rates: { readonly closeFee: bigint; readonly profitHaircut: bigint },
  tiers: readonly LeverageTier[],
  floors: readonly bigint[],
): BracketTable {
  const exact = tiers.map((tier) => maintenanceRate(tier, rules));
  const denominator = denominatorOf(exact);
  const brackets: Bracket[] = [];
  tiers.forEach((tier, index) => {
    const { numerator, denominator: below } = exact[index] as Ratio;
    const rate = (numerator * denominator) / below;
    const floor = floors[index] ?? 0n;
    const before = brackets.at(-1);
    const step = before === undefined ? 0n : floor * (rate - BigInt(before.rate));
    brackets.push({
      floor,
      rate: Number(rate),
      scaledAmount: rules.tierStyle === "marginal" ? (before?.scaledAmount ?? 0n) + step : 0n,
      initialRate: Number(initialRate(tier, rules, denominator)),
    });
  });
  return {
    style: rules.tierStyle === "marginal" ? "marginal" : "whole",
    haircut: false,
    rateDenominator: Number(denominator),
    closeFeeRate: Number(rates.closeFee),
    profitHaircutRate: Number(rates.profitHaircut),
    brackets,
  };
}

/** Tiers by notional are brackets of one table; tiers by contract count are a flat table each. */
export function rangesOf(
  tiers: readonly LeverageTier[],
  rules: ResolvedProfile,
  market: { readonly fee: { readonly taker: bigint }; readonly profitHaircut: bigint },
  decimals: { readonly amount: number; readonly settle: number },
): SizeRange[] {
  const closeFee = rules.closeFeeInRequirement ? market.fee.taker : 0n;
  const rates = { closeFee, profitHaircut: market.profitHaircut };
  const leverageOf = (tier: LeverageTier): bigint => maxLeverageOf(tier, rules);
  const end = (tier: LeverageTier | undefined, places: number): bigint | null =>
    tier?.maxNotional === null || tier?.maxNotional === undefined
      ? null
      : units(tier.maxNotional, places);
  if (rules.tierMetric === "notional") {
    const floors = tiers.map(({ minNotional }) => units(minNotional, decimals.settle));
    return [
      {
        from: 0n,
        to: null,
        table: tableOf(rules, rates, tiers, floors),
        maxLeverage: tiers.map(leverageOf),
        cap: end(tiers.at(-1), decimals.settle),
      },
    ];
  }
  const flat: ResolvedProfile = { ...rules, tierStyle: "wholePosition" };
  return tiers.map((tier, index) => {
    const before = end(tiers[index - 1], decimals.amount);
    return {
      from: before === null ? 0n : before + 1n,
      to: end(tier, decimals.amount),
      table: tableOf(flat, rates, [tier], [0n]),
      maxLeverage: [leverageOf(tier)],
      cap: null,
    };
  });
}

function decimalsOf(step: DecimalLike): number {
  return (String(step).split(".")[1] ?? "").length;
}

export function marketFrom(
  definition: MarketDefinition,
  rules: ResolvedProfile,
  settleDecimals: number,
): Market {
  const { symbol, settle, linear = true, contractSize = "1" } = definition;
  const amount = decimalsOf(definition.precision.amount);
  const price = definition.priceDecimals ?? 8;
  const size = ratio(contractSize);
  const power = (exponent: number): bigint => 10n ** BigInt(exponent);
  const up = power(settleDecimals + (linear ? 0 : price));
  const down = power(amount + (linear ? price : 0));
  const caps = definition.openInterestCaps;
  const decimals = { amount, settle: settleDecimals };
  const fee = { taker: units(definition.taker, 8), maker: units(definition.maker, 8) };
  const profitHaircut = 100_000_000n - units(definition.positivePnlWeight ?? "1", 8);
  return {
    symbol,
    settle,
    terms: reducedTerms(!linear, size.numerator * up, size.denominator * down),
    decimals,
    ranges: rangesOf(definition.tiers, rules, { fee, profitHaircut }, decimals),
    maxLeverage: {
      cross: units(definition.maxLeverage?.cross, 3),
      isolated: units(definition.maxLeverage?.isolated, 3),
    },
    fee,
    profitHaircut,
    interestCaps:
      caps === undefined
        ? undefined
        : {
            lower: units(caps.lower, settleDecimals),
            upper: units(caps.upper, settleDecimals),
          },
  };
}

export function assetFrom(
  definition: AssetDefinition,
  decimalsOfAsset: (code: string) => number,
): Asset {
  const { code, collateral } = definition;
  if (collateral === undefined) return { code, collateral: undefined };
  const own = decimalsOfAsset(code);
  const up = 10n ** BigInt(decimalsOfAsset(collateral.settle));
  const down = 10n ** BigInt(own + (collateral.priceDecimals ?? 8));
  return {
    code,
    collateral: {
      settle: collateral.settle,
      tiers: collateral.tiers.map(({ maxQuantity, ratio: share }) => ({
        upTo: maxQuantity === null || maxQuantity === undefined ? null : units(maxQuantity, own),
        ratioE6: units(share, 6),
      })),
      liabilityE6: units(collateral.liabilityWeight ?? "1", 6),
      terms: reducedTerms(false, up, down),
    },
  };
}
