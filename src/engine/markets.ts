// A market definition turned into what the kernel computes with: the exact rational that takes
// quantity times price to quote units, and the bracket tables under the profile's rules. Pure: nothing
// is created in the kernel here, so a definition that is refused leaves nothing behind.
import { decimalsOf, formatDecimal, parseDecimal, parseRate, powerOfTen } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import { type BracketTable, FEE_DENOMINATOR, MAX_AMOUNT, type PriceTerms } from "../model.ts";
import { type DerivedTable, deriveContractTables, deriveTable } from "../tiers/index.ts";
import type {
  AssetDefinition,
  DecimalLike,
  LeverageTier,
  MarginMode,
  MarketDefinition,
} from "../types.ts";
import { greatestCommonDivisor } from "./arithmetic.ts";
import { copyDefinition } from "./market-definition.ts";
import type { ResolvedProfile } from "./profiles.ts";
import {
  MAX_ASSET_CODE,
  MAX_SYMBOL,
  optionalDecimals,
  refuse,
  requireObject,
  requireText,
} from "./read.ts";

const DEFAULT_DECIMALS = 8;
const NUMERATOR_LIMIT = 2n ** 64n;
const DIVISOR_LIMIT = 2n ** 63n;
/** Leverage in thousandths fits 32 bits. */
export const MAX_LEVERAGE_MILLI: number = 2 ** 32 - 1;
const FEE_DECIMALS = 8;

/** An asset as the engine holds it. */
export interface EngineAsset {
  readonly index: number;
  readonly code: string;
  readonly decimals: number;
}

/** A bracket table of a market before it has a handle. */
export interface TableSpecification extends DerivedTable {
  /** Smallest size, in quantity units, that the table serves; it ends where the next table begins. */
  readonly fromUnits: number;
  /** Largest size the tier allows; null: none. */
  readonly toUnits: number | null;
  /** Maintenance rate of each bracket as a decimal, rounded up to 12 decimals where it is not finite. */
  readonly rateTexts: readonly string[];
}

/** A market before it has handles. */
export interface MarketSpecification {
  readonly symbol: string;
  readonly settle: number;
  readonly settleDecimals: number;
  readonly amountDecimals: number;
  readonly priceDecimals: number;
  readonly contractSize: string;
  readonly terms: PriceTerms;
  /** Smallest size first; at least one. */
  readonly tables: readonly TableSpecification[];
  /** Caps by mode in thousandths; 0: none. */
  readonly maxLeverageMilli: Readonly<Record<MarginMode, number>>;
  /** Fees in 1e-8 of notional; the maker's is negative for a rebate. */
  readonly takerRateE8: number;
  readonly makerRateE8: number;
  /** What equity does not count of a position's profit, in 1e-8 of it. */
  readonly profitHaircutE8: number;
  /** Open interest in quote units between which initial rates grow to 1. */
  readonly openInterestCaps: { readonly lower: bigint; readonly upper: bigint } | undefined;
  readonly definition: MarketDefinition;
}

/** Checks an asset definition. */
export function readAsset(definition: AssetDefinition, index: number, path: string): EngineAsset {
  requireObject(definition, path);
  return {
    index,
    code: requireText(definition.code, MAX_ASSET_CODE, `${path}.code`),
    decimals: optionalDecimals(definition.decimals, DEFAULT_DECIMALS, `${path}.decimals`),
  };
}

/**
 * linear: `C·10^settle / 10^(amount + price)`; inverse: `C·10^(settle + price) / 10^amount`, `C` the contract size.
 *
 * @throws RiskError OUT_OF_RANGE where the reduced terms do not fit the kernel.
 */
export function priceTerms(
  inverse: boolean,
  contractSize: { readonly numerator: bigint; readonly denominator: bigint },
  decimals: { readonly settle: number; readonly amount: number; readonly price: number },
  path: string,
): PriceTerms {
  const up = powerOfTen(decimals.settle + (inverse ? decimals.price : 0));
  const down = powerOfTen(decimals.amount + (inverse ? 0 : decimals.price));
  const dividend = contractSize.numerator * up;
  const below = contractSize.denominator * down;
  const common = greatestCommonDivisor(dividend, below);
  const terms = { inverse, numerator: dividend / common, divisor: below / common };
  if (terms.numerator >= NUMERATOR_LIMIT || terms.divisor >= DIVISOR_LIMIT) {
    refuse(
      "OUT_OF_RANGE",
      "the market's decimals do not fit the kernel's 64-bit terms",
      path,
      `${terms.numerator}/${terms.divisor}`,
      "declare fewer decimals for the settle asset, prices or amounts",
    );
  }
  return terms;
}

/** A leverage in thousandths; `undefined` and `null` give 0 (none). */
export function readLeverage(value: DecimalLike | null | undefined, path: string): number {
  if (value === undefined || value === null) return 0;
  return Number(parseDecimal(value, 3, path, { min: 1n, max: BigInt(MAX_LEVERAGE_MILLI) }));
}

/** A fee rate in 1e-8 of notional, `min` to 1. */
function readFeeRate(value: DecimalLike | undefined, min: number, path: string): number {
  const limits = { min: BigInt(min), max: BigInt(FEE_DENOMINATOR) };
  return Number(parseDecimal(value ?? 0n, FEE_DECIMALS, path, limits));
}

/** What a weight leaves uncounted, in 1e-8. */
function readProfitHaircut(weight: DecimalLike | undefined | null, path: string): number {
  if (weight === undefined || weight === null) return 0;
  const limits = { min: 1n, max: BigInt(FEE_DENOMINATOR) };
  return FEE_DENOMINATOR - Number(parseDecimal(weight, FEE_DECIMALS, path, limits));
}

function rateText(rate: number, denominator: number): string {
  const scale = 10n ** 12n;
  const below = BigInt(denominator);
  return formatDecimal((BigInt(rate) * scale + below - 1n) / below, 12);
}

function describeTable(
  derived: DerivedTable,
  fromUnits: number,
  toUnits: bigint | null,
  profitHaircutE8: number,
): TableSpecification {
  const table: BracketTable =
    profitHaircutE8 === 0
      ? derived.table
      : { ...derived.table, profitHaircutRate: profitHaircutE8 };
  return {
    ...derived,
    table,
    fromUnits,
    toUnits: toUnits === null ? null : Number(toUnits),
    rateTexts: table.brackets.map((bracket) => rateText(bracket.rate, table.rateDenominator)),
  };
}

/** What a market's tables hold beside its tiers. */
export interface MarketRates {
  /** In 1e-8 of notional. */
  readonly takerRateE8: number;
  /** In 1e-8 of a profit. */
  readonly profitHaircutE8: number;
}

/** A market's tiers under the profile's rules; `path` names them in errors. */
export function readTables(
  tiers: readonly LeverageTier[],
  profile: ResolvedProfile,
  { takerRateE8, profitHaircutE8 }: MarketRates,
  decimals: { readonly settle: number; readonly amount: number },
  path: string,
): TableSpecification[] {
  const { settle: settleDecimals, amount: amountDecimals } = decimals;
  const { maintenanceRate } = profile;
  const closeFeeRate = profile.closeFeeInRequirement ? takerRateE8 : 0;
  if (!Array.isArray(tiers)) {
    throw new RiskError("BAD_TIERS", "must be a list of tiers", { path });
  }
  if (profile.tierMetric === "notional") {
    const style = profile.tierStyle === "marginal" ? "marginal" : "whole";
    const options = { settleDecimals, style, closeFeeRate, maintenanceRate, path } as const;
    return [describeTable(deriveTable(tiers, options), 0, null, profitHaircutE8)];
  }
  const options = { amountDecimals, closeFeeRate, maintenanceRate, path };
  return deriveContractTables(tiers, options).map((derived) => {
    const { table, fromContracts, toContracts } = derived;
    const maxLeverageMilli = [derived.maxLeverageMilli];
    return describeTable(
      { table, maxLeverageMilli, caps: [null] },
      Number(fromContracts),
      toContracts,
      profitHaircutE8,
    );
  });
}

function readOpenInterestCaps(
  definition: MarketDefinition,
  decimals: number,
  path: string,
): MarketSpecification["openInterestCaps"] {
  const caps = definition.openInterestCaps;
  if (caps === undefined || caps === null) return undefined;
  const place = `${path}.openInterestCaps`;
  requireObject(caps, place);
  const limits = { min: 0n, max: MAX_AMOUNT };
  const lower = parseDecimal(caps.lower, decimals, `${place}.lower`, limits);
  const upper = parseDecimal(caps.upper, decimals, `${place}.upper`, limits);
  if (upper <= lower) refuse("OUT_OF_RANGE", "must be above lower", `${place}.upper`, caps.upper);
  return { lower, upper };
}

/** No figure depends on the tick, which may be above 1 (or absent): it only must be a step that prices can take. */
function checkTick(tick: DecimalLike | null | undefined, path: string): void {
  if (tick === undefined || tick === null) return;
  if (parseRate(tick, path).numerator <= 0n) refuse("OUT_OF_RANGE", "must be above 0", path, tick);
}

/**
 * Checks a market definition and derives what the kernel needs.
 *
 * @throws RiskError naming the field, value and expectation; BAD_TIERS for its tiers.
 */
export function readMarket(
  definition: MarketDefinition,
  profile: ResolvedProfile,
  settleOf: (code: string, path: string) => EngineAsset,
  path: string,
): MarketSpecification {
  requireObject(definition, path);
  const symbol = requireText(definition.symbol, MAX_SYMBOL, `${path}.symbol`);
  const settle = settleOf(definition.settle, `${path}.settle`);
  const linear = definition.linear ?? true;
  if (typeof linear !== "boolean") {
    refuse("BAD_VALUE", "must be true or false", `${path}.linear`, linear);
  }
  const size = parseRate(definition.contractSize ?? "1", `${path}.contractSize`);
  if (size.numerator <= 0n) {
    refuse("OUT_OF_RANGE", "must be above 0", `${path}.contractSize`, definition.contractSize);
  }
  requireObject(definition.precision, `${path}.precision`);
  const amount = decimalsOf(definition.precision.amount, `${path}.precision.amount`);
  checkTick(definition.precision.price, `${path}.precision.price`);
  const price = optionalDecimals(
    definition.priceDecimals,
    DEFAULT_DECIMALS,
    `${path}.priceDecimals`,
  );
  const decimals = { settle: settle.decimals, amount, price };
  const rates = {
    takerRateE8: readFeeRate(definition.taker, 0, `${path}.taker`),
    profitHaircutE8: readProfitHaircut(definition.positivePnlWeight, `${path}.positivePnlWeight`),
  };
  const boundDecimals = profile.tierMetric === "notional" ? settle.decimals : amount;
  const caps = definition.maxLeverage ?? {};
  requireObject(caps, `${path}.maxLeverage`);
  return {
    symbol,
    settle: settle.index,
    settleDecimals: settle.decimals,
    amountDecimals: amount,
    priceDecimals: price,
    contractSize: formatDecimal(size.numerator, size.denominator.toString().length - 1),
    terms: priceTerms(!linear, size, decimals, path),
    tables: readTables(definition.tiers, profile, rates, decimals, `${path}.tiers`),
    maxLeverageMilli: {
      cross: readLeverage(caps.cross, `${path}.maxLeverage.cross`),
      isolated: readLeverage(caps.isolated, `${path}.maxLeverage.isolated`),
    },
    ...rates,
    makerRateE8: readFeeRate(definition.maker, -FEE_DENOMINATOR, `${path}.maker`),
    openInterestCaps: readOpenInterestCaps(definition, settle.decimals, path),
    definition: copyDefinition(definition, boundDecimals, settle.decimals),
  };
}
