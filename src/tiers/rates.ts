// The rates of a table on one integer denominator. Maintenance rates are decimals, so a power of ten holds them
// exactly: a million unless some rate has more than six decimals. A maximum leverage fits its rate only if a
// position opened at that leverage is not liquidatable at once: rate < 1 / leverage, strictly.

import { parseDecimal, parseRate, type Rational } from "../decimal.ts";
import { LEVERAGE_DENOMINATOR, MAX_BRACKETS, MAX_RATE_DENOMINATOR } from "../model.ts";
import type { LeverageTier } from "../types.ts";
import { refuseTable, refuseTier } from "./error.ts";

const DEFAULT_DENOMINATOR = 1_000_000n;
/** The kernel holds leverage as an unsigned 32-bit count of thousandths. */
const MAX_LEVERAGE_MILLI = 2n ** 32n - 1n;

/** Rates of a table's tiers, aligned by index. */
export interface TierRates {
  readonly denominator: number;
  /** In units of 1 / denominator. */
  readonly rates: readonly number[];
  /** Thousandths, 0 where the tier states none. */
  readonly maxLeverageMilli: readonly number[];
  /** Rate of the initial margin at the tier's maximum leverage, rounded up; the whole notional where none is stated. */
  readonly initialRates: readonly number[];
}

/** @throws RiskError `BAD_TIERS` for no tiers or more than 16 */
export function checkCount(tiers: readonly unknown[], path: string): void {
  if (!Array.isArray(tiers)) refuseTable(path, "must be a list of tiers");
  if (tiers.length === 0) refuseTable(path, "a market needs at least one tier");
  if (tiers.length > MAX_BRACKETS) {
    refuseTable(path, `at most ${MAX_BRACKETS} tiers are supported, found ${tiers.length}`);
  }
  tiers.forEach((tier, index) => {
    if (typeof tier !== "object" || tier === null) refuseTier(path, index, "must be an object");
  });
}

/** @throws RiskError `BAD_TIERS`, or the decimal parser's codes for a value that is no decimal */
export function readRates(tiers: readonly LeverageTier[], path: string): TierRates {
  const exact = tiers.map((tier, index) =>
    parseRate(tier.maintenanceMarginRate, `${path}[${index}].maintenanceMarginRate`),
  );
  const denominator = commonDenominator(exact, path);
  const rates = exact.map((rate) => Number((rate.numerator * denominator) / rate.denominator));
  const maxLeverageMilli = tiers.map((tier, index) => readLeverage(tier, `${path}[${index}]`));
  checkRates(tiers, rates, Number(denominator), path);
  maxLeverageMilli.forEach((leverage, index) => {
    checkLeverage(tiers, rates[index] as number, Number(denominator), leverage, path, index);
  });
  const initialRates = maxLeverageMilli.map((leverage) =>
    leverage === 0 ? Number(denominator) : initialRate(denominator, BigInt(leverage)),
  );
  return { denominator: Number(denominator), rates, maxLeverageMilli, initialRates };
}

function commonDenominator(exact: readonly Rational[], path: string): bigint {
  let denominator = DEFAULT_DENOMINATOR;
  exact.forEach((rate, index) => {
    if (rate.denominator > BigInt(MAX_RATE_DENOMINATOR)) {
      refuseTier(path, index, "maintenanceMarginRate has more than 9 decimals");
    }
    if (rate.denominator > denominator) denominator = rate.denominator;
  });
  return denominator;
}

function readLeverage(tier: LeverageTier, path: string): number {
  const given = tier.maxLeverage;
  if (given === undefined || given === null) return 0;
  return Number(
    parseDecimal(given, 3, `${path}.maxLeverage`, {
      min: BigInt(LEVERAGE_DENOMINATOR),
      max: MAX_LEVERAGE_MILLI,
    }),
  );
}

function checkRates(
  tiers: readonly LeverageTier[],
  rates: readonly number[],
  denominator: number,
  path: string,
): void {
  rates.forEach((rate, index) => {
    const shown = tiers[index]?.maintenanceMarginRate;
    if (rate <= 0 || rate > denominator) {
      refuseTier(path, index, `maintenanceMarginRate must be above 0 and at most 1, is ${shown}`);
    }
    const before = rates[index - 1];
    if (before !== undefined && rate < before) {
      const shownBefore = tiers[index - 1]?.maintenanceMarginRate;
      refuseTier(path, index, `maintenanceMarginRate falls from ${shownBefore} to ${shown}`);
    }
  });
}

function checkLeverage(
  tiers: readonly LeverageTier[],
  rate: number,
  denominator: number,
  leverageMilli: number,
  path: string,
  index: number,
): void {
  // rate < 2^30 and leverageMilli < 2^32: the product may pass 2^53.
  const requirement = BigInt(rate) * BigInt(leverageMilli);
  if (requirement < BigInt(denominator) * BigInt(LEVERAGE_DENOMINATOR)) return;
  const tier = tiers[index];
  refuseTier(
    path,
    index,
    `maintenanceMarginRate ${tier?.maintenanceMarginRate} must be below 1 / maxLeverage (${tier?.maxLeverage}x)`,
  );
}

function initialRate(denominator: bigint, leverageMilli: bigint): number {
  const scaled = denominator * BigInt(LEVERAGE_DENOMINATOR);
  return Number((scaled + leverageMilli - 1n) / leverageMilli);
}
