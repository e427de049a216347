// Hyperliquid publishes margin tables as (lower bound, maximum leverage); the maintenance rate is half the
// initial rate, 1 / (2 * maxLeverage). Such rates are no decimals (1/6, 1/14), so the table's denominator is the common
// multiple of 2 * maxLeverage of its tiers, on which every rate is an exact integer.

import { formatDecimal, parseDecimal } from "../decimal.ts";
import { LEVERAGE_DENOMINATOR, MAX_AMOUNT, MAX_RATE_DENOMINATOR } from "../model.ts";
import type { DecimalLike } from "../types.ts";
import { assemble, checkFee, type DerivedTable } from "./derive.ts";
import { refuseTable, refuseTier } from "./error.ts";
import { checkCount } from "./rates.ts";

/** One entry of `marginTables[..].marginTiers`. */
export interface HyperliquidMarginTier {
  /** Notional from which the tier holds, in the settle asset. */
  readonly lowerBound: DecimalLike;
  /** Whole number. */
  readonly maxLeverage: DecimalLike;
}

export interface HyperliquidOptions {
  readonly settleDecimals: number;
  /** Fee to close inside the requirement, in units of 1e-8 of notional; 0 if absent. */
  readonly closeFeeRate?: number;
  /** Names the table in errors; "marginTiers" if absent. */
  readonly path?: string;
}

/**
 * A marginal table whose rate at leverage L is exactly 1 / (2 L).
 *
 * @throws RiskError `BAD_TIERS` for a first bound other than 0, bounds that do not rise, leverage that does not fall,
 * or a denominator above 2^30
 */
export function deriveHyperliquidTable(
  marginTiers: readonly HyperliquidMarginTier[],
  options: HyperliquidOptions,
): DerivedTable {
  const { settleDecimals, closeFeeRate = 0, path = "marginTiers" } = options;
  checkCount(marginTiers, path);
  checkFee(closeFeeRate, path);
  const leverages = readLeverages(marginTiers, path);
  const floors = readFloors(marginTiers, settleDecimals, path);
  const denominator = leverages.reduce((multiple, leverage) => {
    const next = leastCommonMultiple(multiple, 2 * leverage);
    if (next > MAX_RATE_DENOMINATOR) {
      refuseTable(
        path,
        `the common multiple of 2 * maxLeverage exceeds 2^30 (leverages ${leverages.join(", ")})`,
      );
    }
    return next;
  }, 1);
  const brackets = assemble(
    floors,
    {
      rates: leverages.map((leverage) => denominator / (2 * leverage)),
      initialRates: leverages.map((leverage) => denominator / leverage),
    },
    "marginal",
  );
  return {
    table: {
      style: "marginal",
      haircut: false,
      rateDenominator: denominator,
      closeFeeRate,
      brackets,
    },
    maxLeverageMilli: leverages.map((leverage) => leverage * LEVERAGE_DENOMINATOR),
    caps: floors.map((_, index) => floors[index + 1] ?? null),
  };
}

function readLeverages(tiers: readonly HyperliquidMarginTier[], path: string): number[] {
  const leverages = tiers.map((tier, index) =>
    Number(
      parseDecimal(tier.maxLeverage, 0, `${path}[${index}].maxLeverage`, {
        min: 1n,
        max: 1_000_000n,
      }),
    ),
  );
  leverages.forEach((leverage, index) => {
    const before = leverages[index - 1];
    if (before !== undefined && leverage >= before) {
      refuseTier(
        path,
        index,
        `maxLeverage must fall from tier to tier, ${before} is followed by ${leverage}`,
      );
    }
  });
  return leverages;
}

function readFloors(
  tiers: readonly HyperliquidMarginTier[],
  decimals: number,
  path: string,
): bigint[] {
  const floors = tiers.map((tier, index) =>
    parseDecimal(tier.lowerBound, decimals, `${path}[${index}].lowerBound`, {
      min: 0n,
      max: MAX_AMOUNT,
    }),
  );
  floors.forEach((floor, index) => {
    const shown = formatDecimal(floor, decimals);
    const before = floors[index - 1];
    if (before === undefined) {
      if (floor !== 0n) refuseTier(path, index, `the first lowerBound must be 0, is ${shown}`);
    } else if (floor <= before) {
      refuseTier(
        path,
        index,
        `lowerBound must rise, ${formatDecimal(before, decimals)} is followed by ${shown}`,
      );
    }
  });
  return floors;
}

/** Both at most 2^30 and 2e6: the product stays below 2^53. */
function leastCommonMultiple(first: number, second: number): number {
  let [divisor, rest] = [first, second];
  while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  return (first / divisor) * second;
}
