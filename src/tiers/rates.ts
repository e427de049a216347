// The rates of a table on one integer denominator. Stated maintenance rates are decimals, so a power of ten holds them
// exactly: a million unless some rate has more than six decimals. Rates that a venue derives from the initial rate (half of
// 1 / maxLeverage, or a fraction of a stated one) need not be decimals: then it is the common multiple of all. A maximum
// leverage fits its rate only if a position opened at that leverage is not liquidatable at once: rate < 1 / leverage, strictly.

import { formatDecimal, parseDecimal, parseRate, type Rational } from "../decimal.ts";
import { LEVERAGE_DENOMINATOR, MAX_BRACKETS, MAX_RATE_DENOMINATOR } from "../model.ts";
import type { DecimalLike, LeverageTier, ProfileKnobs } from "../types.ts";
import { refuseTable, refuseTier } from "./error.ts";

const DEFAULT_DENOMINATOR = 1_000_000n;
/** The kernel holds leverage as an unsigned 32-bit count of thousandths. */
const MAX_LEVERAGE_MILLI = 2n ** 32n - 1n;

/** Where the rate of a tier that states none comes from. */
export type MaintenanceRate = NonNullable<ProfileKnobs["maintenanceRate"]>;

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
  // Not tiers.forEach: it would pass over the holes of a sparse list.
  Array.from(tiers).forEach((tier, index) => {
    if (typeof tier !== "object" || tier === null) refuseTier(path, index, "must be an object");
  });
}

/** A tier's rates before they have a common denominator. */
interface ExactRates {
  readonly maintenance: Rational;
  /** As errors show it. */
  readonly shown: string;
  /** Only where it is stated and the profile uses it; else it follows from the leverage. */
  readonly initial: Rational | undefined;
  readonly derived: boolean;
}

/**
 * @param source what the profile does about tiers without a maintenanceMarginRate; "table": they are refused
 * @throws RiskError `BAD_TIERS`, or the decimal parser's codes for a value that is no decimal
 */
export function readRates(
  tiers: readonly LeverageTier[],
  path: string,
  source: MaintenanceRate = "table",
): TierRates {
  const stated = tiers.map((tier, index) => readLeverage(tier, `${path}[${index}]`));
  const exact = tiers.map((tier, index) =>
    readExact(tier, stated[index] as number, source, path, index),
  );
  const derived = exact.some((rates) => rates.derived);
  const fractions = exact.map(({ maintenance }) => maintenance);
  const denominator = derived ? commonMultiple(exact, path) : commonDenominator(fractions, path);
  const scale = (rate: Rational): number =>
    Number((rate.numerator * denominator) / rate.denominator);
  const rates = fractions.map(scale);
  const maxLeverageMilli = stated.map((leverage, index) => {
    const initial = exact[index]?.initial;
    if (leverage !== 0 || initial === undefined) return leverage;
    return Number((initial.denominator * BigInt(LEVERAGE_DENOMINATOR)) / initial.numerator);
  });
  checkRates(exact, rates, Number(denominator), path);
  maxLeverageMilli.forEach((leverage, index) => {
    const shown = exact[index]?.shown ?? "";
    checkLeverage(shown, rates[index] as number, Number(denominator), leverage, path, index);
  });
  const initialRates = maxLeverageMilli.map((leverage, index) => {
    const initial = exact[index]?.initial;
    if (initial !== undefined) return scale(initial);
    return leverage === 0 ? Number(denominator) : initialRate(denominator, BigInt(leverage));
  });
  return { denominator: Number(denominator), rates, maxLeverageMilli, initialRates };
}

function readExact(
  tier: LeverageTier,
  leverageMilli: number,
  source: MaintenanceRate,
  path: string,
  index: number,
): ExactRates {
  const place = `${path}[${index}]`;
  const given = tier.maintenanceMarginRate;
  const initial = source === "fractionOfInitial" ? readInitial(tier, path, index) : undefined;
  if (source === "table" || (given !== undefined && given !== null)) {
    const maintenance = parseRate(given as DecimalLike, `${place}.maintenanceMarginRate`);
    return { maintenance, shown: String(given), initial, derived: initial !== undefined };
  }
  if (source === "halfOfInitial") {
    if (leverageMilli === 0) {
      refuseTier(path, index, "states neither maintenanceMarginRate nor maxLeverage");
    }
    const maintenance = reduce(BigInt(LEVERAGE_DENOMINATOR), 2n * BigInt(leverageMilli));
    return { maintenance, shown: showRate(maintenance), initial, derived: true };
  }
  const fraction = tier.maintenanceFraction;
  if (initial === undefined || fraction === undefined || fraction === null) {
    const missing =
      "states neither maintenanceMarginRate nor initialMarginRate and maintenanceFraction";
    return refuseTier(path, index, missing);
  }
  const share = parseRate(fraction, `${place}.maintenanceFraction`);
  const maintenance = reduce(
    initial.numerator * share.numerator,
    initial.denominator * share.denominator,
  );
  return { maintenance, shown: showRate(maintenance), initial, derived: true };
}

/** initialMarginRate, above 0 and at most 1; undefined where it is absent. */
function readInitial(tier: LeverageTier, path: string, index: number): Rational | undefined {
  const given = tier.initialMarginRate;
  if (given === undefined || given === null) return undefined;
  const { numerator, denominator } = parseRate(given, `${path}[${index}].initialMarginRate`);
  if (numerator <= 0n || numerator > denominator) {
    refuseTier(path, index, `initialMarginRate must be above 0 and at most 1, is ${given}`);
  }
  return reduce(numerator, denominator);
}

/** A rational in lowest terms; denominator above 0. */
function reduce(numerator: bigint, denominator: bigint): Rational {
  const divisor = commonDivisor(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function commonDivisor(first: bigint, second: bigint): bigint {
  let [divisor, rest] = [second, first];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

function showRate({ numerator, denominator }: Rational): string {
  return `${numerator}/${denominator}`;
}

function commonMultiple(exact: readonly ExactRates[], path: string): bigint {
  let multiple = 1n;
  exact.forEach(({ maintenance, initial }, index) => {
    for (const rate of initial === undefined ? [maintenance] : [maintenance, initial]) {
      const { denominator } = reduce(rate.numerator, rate.denominator);
      multiple = (multiple / commonDivisor(denominator, multiple)) * denominator;
    }
    if (multiple > BigInt(MAX_RATE_DENOMINATOR)) {
      refuseTier(path, index, "the rates up to it have no common denominator within 2^30");
    }
  });
  return multiple;
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
  exact: readonly ExactRates[],
  rates: readonly number[],
  denominator: number,
  path: string,
): void {
  rates.forEach((rate, index) => {
    const shown = exact[index]?.shown;
    if (rate <= 0 || rate > denominator) {
      refuseTier(path, index, `maintenanceMarginRate must be above 0 and at most 1, is ${shown}`);
    }
    const before = rates[index - 1];
    if (before !== undefined && rate < before) {
      const shownBefore = exact[index - 1]?.shown;
      refuseTier(path, index, `maintenanceMarginRate falls from ${shownBefore} to ${shown}`);
    }
  });
}

function checkLeverage(
  shown: string,
  rate: number,
  denominator: number,
  leverageMilli: number,
  path: string,
  index: number,
): void {
  // rate < 2^30 and leverageMilli < 2^32: the product may pass 2^53.
  const requirement = BigInt(rate) * BigInt(leverageMilli);
  if (requirement < BigInt(denominator) * BigInt(LEVERAGE_DENOMINATOR)) return;
  const most = formatDecimal(leverageMilli, 3);
  refuseTier(
    path,
    index,
    `maintenanceMarginRate ${shown} must be below 1 / maxLeverage (${most}x)`,
  );
}

function initialRate(denominator: bigint, leverageMilli: bigint): number {
  const scaled = denominator * BigInt(LEVERAGE_DENOMINATOR);
  return Number((scaled + leverageMilli - 1n) / leverageMilli);
}
