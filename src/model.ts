// The margin model as plain data: what the kernel computes on, said once for the kernel's boundary, for
// the BigInt reference and for tests. All figures are integers in stated units; docs/numbers.md gives
// the formulas, ranges and rounding. No venue, account or decimal text appears at this level.

/** Largest |quantity| and price: they cross to JavaScript numbers exactly. */
export const MAX_SAFE_UNITS: number = Number.MAX_SAFE_INTEGER;
/** Largest amount a figure may take, 2^63 - 1 quote units. */
export const MAX_AMOUNT: bigint = 2n ** 63n - 1n;
/** Close-fee rates are stated in units of 1e-8. */
export const FEE_DENOMINATOR = 100_000_000;
/** Leverage is stated in thousandths: 20x is 20_000. */
export const LEVERAGE_DENOMINATOR = 1_000;
/** The joint shock is stated in parts per million. */
export const SHOCK_DENOMINATOR = 1_000_000;
/** Largest joint shock searched: 100 times the price. */
export const MAX_SHOCK = 100_000_000;
/** Largest denominator of a bracket table's rates. */
export const MAX_RATE_DENOMINATOR: number = 2 ** 30;
/** Brackets in one table at most. */
export const MAX_BRACKETS = 16;

/**
 * How a price turns into notional, in quote units:
 * linear: `N = |quantity| * price * numerator / divisor`, value has the sign of the quantity;
 * inverse: `N = |quantity| * numerator / (price * divisor)`, value has the opposite sign.
 * Both positive; numerator < 2^64, divisor < 2^63.
 */
export interface PriceTerms {
  readonly inverse: boolean;
  readonly numerator: bigint;
  readonly divisor: bigint;
}

/** One bracket: from `floor` quote units of notional upwards (half-open), at `rate / rateDenominator`. */
export interface Bracket {
  readonly floor: bigint;
  /** Maintenance rate (or haircut rate) in units of 1 / rateDenominator; 0 <= rate <= rateDenominator. */
  readonly rate: number;
  /** Maintenance amount times rateDenominator, an exact integer >= 0; 0 in whole-position tables. */
  readonly scaledAmount: bigint;
  /** Initial rate in units of 1 / rateDenominator, used where a leg has leverage 0. */
  readonly initialRate: number;
}

/** A leg's terms of margin. A flat rate is a table of one bracket. */
export interface BracketTable {
  /** `marginal`: MM = N * rate - amount; `whole`: the bracket's rate applies to all of N. */
  readonly style: "marginal" | "whole";
  /** True for a coin held as collateral: its "maintenance margin" lowers equity instead. */
  readonly haircut: boolean;
  readonly rateDenominator: number;
  /** Fee to close inside the requirement, in units of 1e-8 of notional. */
  readonly closeFeeRate: number;
  /**
   * Share of a leg's positive unrealised result that equity does not count, in units of 1e-8; below 1e8. Absent: 0, all of it counts. None
   * in a haircut table.
   */
  readonly profitHaircutRate?: number;
  readonly brackets: readonly Bracket[];
}

/** One leg of a pool. `priceSlot` says which price it follows: legs with equal slots move together. */
export interface LegState {
  readonly priceSlot: number;
  readonly terms: PriceTerms;
  /** Mark price in price units, 1 .. 2^53 - 1. */
  readonly price: number;
  readonly table: BracketTable;
  /** Signed, |quantity| <= 2^53 - 1, not 0. */
  readonly quantity: number;
  /** Signed entry notional in quote units (value at entry, rounded up). */
  readonly cost: bigint;
  /** Leverage in thousandths for the initial margin; 0 takes the bracket's initialRate. */
  readonly leverageMilli: number;
}

/** A collateral amount and the legs it carries: a cross account, or one isolated position. */
export interface PoolState {
  readonly collateral: bigint;
  readonly legs: readonly LegState[];
}

/** What a pool is worth and must hold, in quote units. */
export interface PoolFigures {
  readonly equity: bigint;
  readonly maintenanceMargin: bigint;
  readonly initialMargin: bigint;
  readonly closeFee: bigint;
  /** equity - maintenanceMargin - closeFee. */
  readonly clearance: bigint;
  readonly liquidatable: boolean;
}

/** What one leg contributes, in quote units. */
export interface LegFigures {
  /** Signed, rounded toward minus infinity. */
  readonly value: bigint;
  /** |value| before rounding, rounded down: the figure that selects the bracket. */
  readonly notional: bigint;
  readonly maintenanceMargin: bigint;
  readonly initialMargin: bigint;
  readonly closeFee: bigint;
  /** Lowers equity: in a haircut table a share of the notional, in others of a positive unrealised result, by profitHaircutRate. */
  readonly haircut: bigint;
  /** Index of the bracket in use, from 0. */
  readonly bracket: number;
}

/** Which way from the mark a price is searched. */
export type Direction = "down" | "up";

/** {@link LegFigures} for text: amounts as numbers where they are exact as such, else as bigints. */
export type LegAmounts = {
  readonly [Name in Exclude<keyof LegFigures, "bracket">]: number | bigint;
} & { readonly bracket: number };

/** Funding rates are stated in units of 1e-12. */
export const FUNDING_DENOMINATOR = 1_000_000_000_000;

/** What the legs that follow a price slot pay in one funding period: longs where the rate is positive, shorts where it is negative. */
export interface FundingRate {
  readonly slot: number;
  /** Signed, in units of 1e-12, at most 1 in size. */
  readonly ratePico: bigint;
  /** Price, in price units, at which notionals are taken. */
  readonly price: number;
}

/** Who pays, and how payments are rounded (docs/numbers.md, "Funding"). */
export interface FundingOptions {
  /**
   * `position`: every pool pays for itself; `walletFirst`: the pool behind it pays as far as it can; `walletFirstCapped`: the same, and
   * no pool is charged below its requirement.
   */
  readonly source: "position" | "walletFirst" | "walletFirstCapped";
  /** Credits are rounded down, debits up (`down`), or both down (`towardZero`). */
  readonly rounding: "down" | "towardZero";
}

/** What one period moved on one price slot, in quote units. */
export interface FundingTotal {
  readonly slot: number;
  readonly paid: bigint;
  readonly received: bigint;
  /** Owed, but not charged (`walletFirstCapped`). */
  readonly waived: bigint;
}
