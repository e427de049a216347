// A venue's tiers of notional as a bracket table of exact integers. Venues publish floors, caps and rates;
// the maintenance amount of each tier follows from them by continuity (the requirement may not jump at a floor)
// and is derived here. An amount the venue does publish (Binance `cum`, Bybit `mmDeduction`) is checked
// against the derived one, digit for digit: two tables that disagree are an error, not a choice.

import { expandExponent, formatDecimal, parseDecimal, parseRate, powerOfTen } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import { type Bracket, type BracketTable, FEE_DENOMINATOR, MAX_AMOUNT } from "../model.ts";
import type { DecimalLike, LeverageTier } from "../types.ts";
import { refuseTier } from "./error.ts";
import { checkCount, type MaintenanceRate, readRates, type TierRates } from "./rates.ts";

/** What a table needs beside its tiers. */
export interface DeriveOptions {
  /** Decimals of the settle asset: floors and amounts are counted in its units. */
  readonly settleDecimals: number;
  /** `marginal`: amounts make the requirement continuous; `whole`: the tier's rate applies to all of the notional. */
  readonly style: "marginal" | "whole";
  /** Fee to close inside the requirement, in units of 1e-8 of notional, 0 to 1e8. */
  readonly closeFeeRate: number;
  /** Where the rate of a tier that states none comes from; "table" (it is refused) if absent. */
  readonly maintenanceRate?: MaintenanceRate;
  /** Names the table in errors, e.g. `markets[3].tiers` or a symbol. */
  readonly path: string;
}

/** A bracket table with what the kernel does not need; lists are aligned with `table.brackets`. */
export interface DerivedTable {
  readonly table: BracketTable;
  /** Largest leverage of each bracket in thousandths; 0: none stated. */
  readonly maxLeverageMilli: readonly number[];
  /** Cap of each bracket in settle units; null: none (only the last). */
  readonly caps: readonly (bigint | null)[];
}

/**
 * Turns ccxt's `LeverageTier[]` of one market into a bracket table.
 *
 * Floors start at 0 and each equals the cap before it; rates are above 0, at most 1, never fall, and stay below
 * 1 / maxLeverage. A last cap that is null, absent or above 2^63-1 units means "no cap".
 *
 * @throws RiskError `BAD_TIERS` naming the tier and the values; `BAD_VALUE` and kin for a value that is no decimal
 */
export function deriveTable(tiers: readonly LeverageTier[], options: DeriveOptions): DerivedTable {
  const { settleDecimals, style, closeFeeRate, path } = options;
  checkCount(tiers, path);
  checkFee(closeFeeRate, path);
  const rates = readRates(tiers, path, options.maintenanceRate);
  const { floors, caps } = readBounds(tiers, settleDecimals, path);
  const brackets = assemble(floors, rates, style);
  if (style === "marginal") checkAmounts(tiers, brackets, rates.denominator, settleDecimals, path);
  return {
    table: {
      style,
      haircut: false,
      rateDenominator: rates.denominator,
      closeFeeRate,
      brackets,
    },
    maxLeverageMilli: rates.maxLeverageMilli,
    caps,
  };
}

/** Brackets of the floors and rates; amounts by continuity: a_0 = 0, a_t = a_(t-1) + floor_t * (rate_t - rate_(t-1)). */
export function assemble(
  floors: readonly bigint[],
  rates: Pick<TierRates, "rates" | "initialRates">,
  style: "marginal" | "whole",
): Bracket[] {
  let amount = 0n;
  let rateBefore = 0;
  return floors.map((floor, index) => {
    const rate = rates.rates[index] as number;
    if (style === "marginal" && index > 0) amount += floor * BigInt(rate - rateBefore);
    rateBefore = rate;
    return {
      floor,
      rate,
      scaledAmount: amount,
      initialRate: rates.initialRates[index] as number,
    };
  });
}

/** @throws RangeError where the fee is not an integer from 0 to 1e8 */
export function checkFee(closeFeeRate: number, path: string): void {
  if (Number.isInteger(closeFeeRate) && closeFeeRate >= 0 && closeFeeRate <= FEE_DENOMINATOR) {
    return;
  }
  throw new RangeError(
    `${path}: closeFeeRate must be an integer from 0 to ${FEE_DENOMINATOR}, got ${closeFeeRate}`,
  );
}

/**
 * A cap in units, or null for none. Venues write "no cap" as null or as the largest i64, which tools reprint as
 * 9223372036854776000 or 9.223372036854776e18, both above 2^63-1.
 */
export function readCap(
  given: DecimalLike | null | undefined,
  decimals: number,
  path: string,
): bigint | null {
  if (given === undefined || given === null) return null;
  const value = typeof given === "string" ? expandExponent(given) : given;
  try {
    const units = parseDecimal(value, decimals, path, { min: 0n });
    return units > MAX_AMOUNT ? null : units;
  } catch (error) {
    // Finite and past 19 digits is past 2^63 too.
    const large =
      typeof value === "number"
        ? Number.isFinite(value) && value > 0
        : /^\d{20,40}$/.test(String(value));
    if (error instanceof RiskError && error.code === "OUT_OF_RANGE" && large) return null;
    throw error;
  }
}

interface Bounds {
  readonly floors: bigint[];
  readonly caps: (bigint | null)[];
}

function readBounds(tiers: readonly LeverageTier[], decimals: number, path: string): Bounds {
  const floors: bigint[] = [];
  const caps: (bigint | null)[] = [];
  tiers.forEach((tier, index) => {
    const place = `${path}[${index}]`;
    const given = tier.minNotional;
    const capBefore = caps[index - 1];
    const floor =
      given === undefined || given === null
        ? (capBefore ?? 0n)
        : parseDecimal(given, decimals, `${place}.minNotional`, { max: MAX_AMOUNT });
    const cap = readCap(tier.maxNotional, decimals, `${place}.maxNotional`);
    checkBounds(floor, cap, capBefore, index, decimals, path);
    if (cap === null && index < tiers.length - 1) {
      refuseTier(path, index, "only the last tier may be without a cap (maxNotional)");
    }
    floors.push(floor);
    caps.push(cap);
  });
  return { floors, caps };
}

function checkBounds(
  floor: bigint,
  cap: bigint | null,
  capBefore: bigint | null | undefined,
  index: number,
  decimals: number,
  path: string,
): void {
  const shown = formatDecimal(floor, decimals);
  if (index === 0 && floor !== 0n)
    refuseTier(path, index, `the first floor must be 0, is ${shown}`);
  if (index > 0 && capBefore !== undefined && capBefore !== null && floor !== capBefore) {
    const kind = floor > capBefore ? "gap" : "overlap";
    const before = formatDecimal(capBefore, decimals);
    refuseTier(path, index, `${kind}: its floor ${shown} is not the cap before it, ${before}`);
  }
  if (cap !== null && cap <= floor) {
    refuseTier(
      path,
      index,
      `its cap ${formatDecimal(cap, decimals)} is not above its floor ${shown}`,
    );
  }
}

/** Names under which venues publish a tier's maintenance amount. */
const AMOUNT_KEYS = ["cum", "mmDeduction"] as const;

function checkAmounts(
  tiers: readonly LeverageTier[],
  brackets: readonly Bracket[],
  denominator: number,
  decimals: number,
  path: string,
): void {
  const scale = BigInt(denominator) * powerOfTen(decimals);
  tiers.forEach((tier, index) => {
    for (const key of AMOUNT_KEYS) {
      const given = tier.info?.[key];
      if (given === undefined || given === null || given === "") continue;
      const stated = parseRate(given as DecimalLike, `${path}[${index}].info.${key}`);
      const derived = (brackets[index] as Bracket).scaledAmount;
      if (derived * stated.denominator === stated.numerator * scale) continue;
      refuseTier(
        path,
        index,
        `info.${key} is ${String(given)}, but by continuity of the tiers it is ${formatQuotient(derived, scale)}`,
      );
    }
  });
}

/** An exact quotient over a power of ten, as decimal text. */
function formatQuotient(numerator: bigint, denominator: bigint): string {
  return formatDecimal(numerator, denominator.toString().length - 1);
}
