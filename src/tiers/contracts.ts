// Tiers by number of contracts (OKX): the size of a position alone, not its price, selects the tier, and the
// tier's rate applies to the whole position. So each tier becomes a flat table of its own, and whoever
// changes a position's size picks the table. Ranges are closed at both ends: [0, 2000] and [2001, 4000] touch, and
// with sizes finer than one contract everything above 2000 belongs to the second.

import { formatDecimal, parseDecimal, powerOfTen } from "../decimal.ts";
import { type BracketTable, MAX_SAFE_UNITS } from "../model.ts";
import type { LeverageTier } from "../types.ts";
import { assemble, checkFee, readCap } from "./derive.ts";
import { refuseTier } from "./error.ts";
import { checkCount, type MaintenanceRate, readRates } from "./rates.ts";

export interface ContractTableOptions {
  /** Decimals of the market's amounts: contract counts are taken in units of 10^-amountDecimals. */
  readonly amountDecimals: number;
  /** Fee to close inside the requirement, in units of 1e-8 of notional. */
  readonly closeFeeRate: number;
  /** Where the rate of a tier that states none comes from; "table" (it is refused) if absent. */
  readonly maintenanceRate?: MaintenanceRate;
  /** Names the table in errors. */
  readonly path: string;
}

/** A flat table and the sizes it holds for. */
export interface ContractTable {
  /** Smallest size (in amount units) of the tier; 0 for the first. */
  readonly fromContracts: bigint;
  /** Largest size of the tier; null: none. */
  readonly toContracts: bigint | null;
  readonly table: BracketTable;
  /** Thousandths; 0: none stated. */
  readonly maxLeverageMilli: number;
}

/**
 * Turns tiers whose `minNotional` and `maxNotional` are contract counts into flat tables, by rising size.
 *
 * @throws RiskError `BAD_TIERS` naming the tier and the values
 */
export function deriveContractTables(
  tiers: readonly LeverageTier[],
  options: ContractTableOptions,
): ContractTable[] {
  const { amountDecimals, closeFeeRate, path } = options;
  checkCount(tiers, path);
  checkFee(closeFeeRate, path);
  const rates = readRates(tiers, path, options.maintenanceRate);
  const ranges = readRanges(tiers, amountDecimals, path);
  return ranges.map((range, index) => ({
    fromContracts: range.from,
    toContracts: range.to,
    table: {
      style: "whole" as const,
      haircut: false,
      rateDenominator: rates.denominator,
      closeFeeRate,
      brackets: assemble(
        [0n],
        {
          rates: [rates.rates[index] as number],
          initialRates: [rates.initialRates[index] as number],
        },
        "whole",
      ),
    },
    maxLeverageMilli: rates.maxLeverageMilli[index] as number,
  }));
}

interface Range {
  readonly from: bigint;
  readonly to: bigint | null;
}

function readRanges(tiers: readonly LeverageTier[], decimals: number, path: string): Range[] {
  const one = powerOfTen(decimals);
  const ranges: Range[] = [];
  tiers.forEach((tier, index) => {
    const place = `${path}[${index}]`;
    const before = ranges[index - 1]?.to;
    const given = tier.minNotional;
    const from =
      given === undefined || given === null
        ? (before ?? 0n)
        : parseDecimal(given, decimals, `${place}.minNotional`, {
            min: 0n,
            max: BigInt(MAX_SAFE_UNITS),
          });
    const cap = readCap(tier.maxNotional, decimals, `${place}.maxNotional`);
    const to = cap !== null && cap > BigInt(MAX_SAFE_UNITS) ? null : cap;
    const last = index === tiers.length - 1;
    if (to === null && !last) {
      refuseTier(path, index, "only the last tier may be without an upper end (maxNotional)");
    }
    const shown = formatDecimal(from, decimals);
    if (index === 0 && from > one) {
      refuseTier(path, index, `the first range must start at 0 or 1 contract, starts at ${shown}`);
    }
    if (before !== undefined && before !== null && from !== before && from !== before + one) {
      const kind = from > before ? "gap" : "overlap";
      refuseTier(
        path,
        index,
        `${kind}: it starts at ${shown}, the range before ends at ${formatDecimal(before, decimals)}`,
      );
    }
    if (to !== null && to <= from) {
      refuseTier(
        path,
        index,
        `its upper end ${formatDecimal(to, decimals)} is not above its start ${shown}`,
      );
    }
    ranges.push({ from: before === undefined || before === null ? 0n : before + 1n, to });
  });
  return ranges;
}
