// Tiers as venues print them, in the shape of a book: plain decimal text, "no cap" as null, the amount that the venue publishes
// kept for checking. And the check itself, so that a bad table is named by its contract before a book is made of it.
import type { ResolvedProfile } from "../engine/profiles.ts";
import { refuse } from "../engine/read.ts";
import { MAX_AMOUNT } from "../model.ts";
import { deriveContractTables, deriveHyperliquidTable, deriveTable } from "../tiers/index.ts";
import type { LeverageTier } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import { compare, type Exact, exactOf, ONE, product, stepOf, textOf } from "./exact.ts";
import { isBlank, type Row } from "./fields.ts";

const NO_CAP: Exact = { units: MAX_AMOUNT, decimals: 0 };

/** Names of a venue's fields in a row of a tier; several names for one: the first that is there. */
export interface TierFields {
  readonly floor: readonly string[];
  readonly cap: readonly string[];
  readonly rate: string;
  readonly leverage: string;
  /** Its maintenance amount. */
  readonly amount?: string;
}

function firstOf(row: Row, names: readonly string[]): Exact {
  const name = names.find((candidate) => row.has(candidate)) ?? (names[0] as string);
  return row.decimal(name);
}

/** null for the largest 64-bit integer, which stands for "no cap", also as the double next to it. */
export function capText(cap: Exact): string | null {
  return compare(cap, NO_CAP) >= 0 ? null : textOf(cap);
}

/** A tier with its floor, cap, rate, leverage and published amount as decimal text. */
export function readTier(row: Row, fields: TierFields, tier: number): LeverageTier {
  const amount = fields.amount === undefined ? undefined : row.raw[fields.amount];
  return {
    tier,
    minNotional: textOf(firstOf(row, fields.floor)),
    maxNotional: capText(firstOf(row, fields.cap)),
    maintenanceMarginRate: textOf(row.decimal(fields.rate)),
    maxLeverage: textOf(row.decimal(fields.leverage)),
    ...(fields.amount === undefined || isBlank(amount)
      ? {}
      : { info: { [fields.amount]: textOf(exactOf(amount, row.place(fields.amount))) } }),
  };
}

/** Rate and largest leverage of a tier whose rate may be in per cent. */
export interface RatedTier {
  readonly rate: Exact;
  /** Absent where the venue states none. */
  readonly initialRate?: Exact | undefined;
  readonly maxLeverage: Exact;
  readonly path: string;
}

const HUNDRED: Exact = { units: 100n, decimals: 0 };
const HUNDREDTH = stepOf(2);

/** Does initial rate times leverage come to the unit, but for the rounding of either? */
function fitsUnit({ initialRate, maxLeverage }: RatedTier, unit: Exact): boolean {
  if (initialRate === undefined) return true;
  const scaled = product(initialRate, maxLeverage);
  const low = product(unit, { units: 9n, decimals: 1 });
  const high = product(unit, { units: 11n, decimals: 1 });
  return compare(scaled, low) >= 0 && compare(scaled, high) <= 0;
}

function isFraction(tier: RatedTier): boolean {
  return fitsUnit(tier, ONE) && compare(product(tier.rate, tier.maxLeverage), ONE) < 0;
}

function isPercentage(tier: RatedTier): boolean {
  return fitsUnit(tier, HUNDRED) && compare(product(tier.rate, tier.maxLeverage), HUNDRED) < 0;
}

/**
 * Maintenance rates of one table as fractions. Bybit has printed them as per cent ("0.5") and as fractions (0.005): initial rate ×
 * leverage tells which, and a rate at or above 1 / leverage is neither.
 *
 * @throws RiskError BAD_TIERS
 */
export function fractionalRates(tiers: readonly RatedTier[], symbol: string): Exact[] {
  if (tiers.every(isFraction)) return tiers.map(({ rate }) => rate);
  if (tiers.every(isPercentage)) return tiers.map(({ rate }) => product(rate, HUNDREDTH));
  const index = Math.max(
    0,
    tiers.findIndex((tier) => !isFraction(tier) && !isPercentage(tier)),
  );
  const { rate, maxLeverage, path } = tiers[index] as RatedTier;
  return refuse(
    "BAD_TIERS",
    `${symbol}, tier ${index + 1}: the maintenance rate ${textOf(rate)} is at or above 1 / maxLeverage (${textOf(maxLeverage)}x), as a fraction and as per cent`,
    path,
    textOf(rate),
  );
}

/**
 * Derives the table as the engine will, so that gaps, falling rates and published amounts that contradict the tiers
 * are refused under the contract's symbol.
 *
 * @throws RiskError BAD_TIERS
 */
export function checkTiers(
  facts: MarketFacts,
  rules: ResolvedProfile,
  settleDecimals: number,
  amountDecimals: number,
): void {
  const { tiers, symbol: path } = facts;
  const closeFeeRate = 0;
  const rated = tiers.every((tier) => tier.maintenanceMarginRate !== undefined);
  if (rules.maintenanceRate === "halfOfInitial" && !rated) {
    const bounds = tiers.map((tier) => ({
      lowerBound: tier.minNotional ?? "0",
      maxLeverage: tier.maxLeverage ?? "",
    }));
    deriveHyperliquidTable(bounds, { settleDecimals, closeFeeRate, path });
  } else if (rules.tierMetric === "contracts") {
    deriveContractTables(tiers, { amountDecimals, closeFeeRate, path });
  } else {
    const style = rules.tierStyle === "marginal" ? "marginal" : "whole";
    deriveTable(tiers, { settleDecimals, style, closeFeeRate, path });
  }
}
