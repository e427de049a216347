// Small constructors for tests: terms from decimals, tables with exact amounts, legs with defaults. They
// only arrange numbers; what the numbers mean is docs/numbers.md.

import type { BracketTable, LegState, PoolState, PriceTerms } from "../../src/model.ts";

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** Terms in lowest terms, as the engine makes them. */
export function reducedTerms(inverse: boolean, numerator: bigint, divisor: bigint): PriceTerms {
  const common = greatestCommonDivisor(numerator, divisor);
  return { inverse, numerator: numerator / common, divisor: divisor / common };
}

/** Terms of a market whose quantity, price and settle amounts have these decimals. */
export function termsOfDecimals(
  inverse: boolean,
  quantityDecimals: number,
  priceDecimals: number,
  settleDecimals: number,
  contractSize = 1n,
): PriceTerms {
  const priceSign = inverse ? 1 : -1;
  const exponent = settleDecimals - quantityDecimals + priceSign * priceDecimals;
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0
    ? reducedTerms(inverse, contractSize * power, 1n)
    : reducedTerms(inverse, contractSize, power);
}

export interface TableRow {
  readonly floor: bigint;
  readonly rate: number;
  readonly initialRate?: number;
}

export interface TableSpec {
  readonly rows: readonly TableRow[];
  readonly style?: "marginal" | "whole";
  readonly haircut?: boolean;
  readonly rateDenominator?: number;
  readonly closeFeeRate?: number;
  /** Left out of haircut tables, which may have none. */
  readonly profitHaircutRate?: number;
}

/** A legal table: amounts follow by continuity, in exact integers; 0 in whole-position tables. */
export function tableOf(spec: TableSpec): BracketTable {
  const style = spec.style ?? "marginal";
  let amount = 0n;
  const brackets = spec.rows.map((row, index) => {
    const before = spec.rows[index - 1];
    if (before !== undefined) amount += row.floor * BigInt(row.rate - before.rate);
    const scaledAmount = style === "marginal" ? amount : 0n;
    return { floor: row.floor, rate: row.rate, scaledAmount, initialRate: row.initialRate ?? 0 };
  });
  const profitHaircutRate = spec.haircut === true ? 0 : (spec.profitHaircutRate ?? 0);
  return {
    style,
    haircut: spec.haircut ?? false,
    rateDenominator: spec.rateDenominator ?? 1_000_000,
    closeFeeRate: spec.closeFeeRate ?? 0,
    ...(profitHaircutRate === 0 ? {} : { profitHaircutRate }),
    brackets,
  };
}

export interface LegSpec {
  readonly terms: PriceTerms;
  readonly price: number;
  readonly table: BracketTable;
  readonly quantity: number;
  readonly cost?: bigint;
  readonly priceSlot?: number;
  readonly leverageMilli?: number;
}

export function legOf(spec: LegSpec): LegState {
  return { priceSlot: 0, cost: 0n, leverageMilli: 0, ...spec };
}

export function poolOf(collateral: bigint, ...legs: LegState[]): PoolState {
  return { collateral, legs };
}
