// The rules of liquidation of each venue as data, and reading what a user gives beside them: unknown rules and values are errors, because
// a misspelt rule that is silently ignored would change what is closed. Sources: docs/liquidation.md.
import { parseDecimal } from "../../decimal.ts";
import { FEE_DENOMINATOR } from "../../model.ts";
import type {
  AdlRanking,
  DecimalLike,
  LiquidationMethod,
  LiquidationOrder,
  LiquidationPolicy,
  ProfileName,
} from "../../types.ts";
import { refuse, refuseUnknownFields, requireObject, requireWord } from "../read.ts";

/** Decimals of `wholeBelow` as it is held: those of any asset. */
export const WHOLE_DECIMALS = 18;
/** Shares in millionths. */
export const SHARE_DENOMINATOR = 1_000_000;

/** A policy with every rule decided. */
export interface LiquidationRules {
  readonly method: LiquidationMethod;
  readonly order: LiquidationOrder;
  readonly cancelOrders: "scope" | "account" | "none";
  /** In 1e-8. */
  readonly slippageE8: number;
  /** In 1e-9. */
  readonly fillable: { readonly adjustmentE9: bigint; readonly spreadE9: bigint } | null;
  readonly feeE8: number;
  readonly feesE8: ReadonlyMap<string, number>;
  /** In millionths. */
  readonly fractionPpm: number;
  /** In 1e-18 of the settle asset. */
  readonly wholeBelowE18: bigint;
  readonly cooldownMs: number;
  readonly bufferPpm: number;
  readonly leftover: "fund" | "account";
  readonly backstopBelow: readonly [number, number] | null;
  readonly deleverage: boolean;
  readonly adlPrice: "bankruptcy" | "mark" | "previousMark";
  readonly adlRanking: AdlRanking;
}

const DEFAULT: LiquidationRules = {
  method: "ladder",
  order: "largestMaintenanceMargin",
  cancelOrders: "scope",
  slippageE8: 0,
  fillable: null,
  feeE8: 0,
  feesE8: new Map(),
  fractionPpm: SHARE_DENOMINATOR / 5,
  wholeBelowE18: 0n,
  cooldownMs: 30_000,
  bufferPpm: 0,
  leftover: "fund",
  backstopBelow: null,
  deleverage: true,
  adlPrice: "bankruptcy",
  adlRanking: "profitTimesRatio",
};

const WHOLE_UNIT = 10n ** BigInt(WHOLE_DECIMALS);

const RULES: Readonly<Record<ProfileName, LiquidationRules>> = {
  default: DEFAULT,
  // One large reduction, then take-over; the clearance fee is charged on what is closed. Fee as in exchangeInfo samples of 2026.
  binance: { ...DEFAULT, method: "coverShortage", cancelOrders: "account", feeE8: 1_250_000 },
  bybit: { ...DEFAULT, cancelOrders: "account" },
  okx: {
    ...DEFAULT,
    method: "twoTiersDown",
    order: "hedgedPairsFirst",
    cancelOrders: "account",
    adlPrice: "mark",
  },
  hyperliquid: {
    ...DEFAULT,
    method: "fraction",
    wholeBelowE18: 100_000n * WHOLE_UNIT,
    leftover: "account",
    backstopBelow: [2, 3],
    adlPrice: "previousMark",
    adlRanking: "priceTimesLeverage",
  },
  dydx: {
    ...DEFAULT,
    method: "blockPortion",
    fractionPpm: SHARE_DENOMINATOR / 10,
    wholeBelowE18: 1_000n * WHOLE_UNIT,
    leftover: "account",
    feeE8: 1_500_000,
    cancelOrders: "account",
  },
};

const METHODS = [
  "ladder",
  "full",
  "fraction",
  "coverShortage",
  "twoTiersDown",
  "blockPortion",
] as const;
const ORDERS = [
  "largestMaintenanceMargin",
  "largestLoss",
  "hedgedPairsFirst",
  "allAtOnce",
] as const;
const CANCELS = ["scope", "account", "none"] as const;
const LEFTOVERS = ["fund", "account"] as const;
const ADL_PRICES = ["bankruptcy", "mark", "previousMark"] as const;
const RANKINGS = ["profitTimesRatio", "profitTimesLeverage", "priceTimesLeverage"] as const;

/** The words that rules take, for tests and help texts. */
export const LIQUIDATION_WORDS = {
  method: METHODS,
  order: ORDERS,
  cancelOrders: CANCELS,
  leftover: LEFTOVERS,
  adlPrice: ADL_PRICES,
  adlRanking: RANKINGS,
} as const;

type Changes = { -readonly [Rule in keyof LiquidationRules]?: LiquidationRules[Rule] };

/** How each rule is read; what is not here is unknown. */
const READERS: {
  readonly [Rule in keyof LiquidationPolicy]-?: (
    value: NonNullable<LiquidationPolicy[Rule]>,
    path: string,
  ) => Changes;
} = {
  method: (value, path) => ({ method: requireWord(value, METHODS, path) }),
  order: (value, path) => ({ order: requireWord(value, ORDERS, path) }),
  cancelOrders: (value, path) => ({ cancelOrders: requireWord(value, CANCELS, path) }),
  slippage: (value, path) => ({ slippageE8: share(value, 8, 0n, 99_999_999n, path) }),
  fillable: (value, path) => ({ fillable: readFillable(value, path) }),
  fee: (value, path) => ({ feeE8: feeE8(value, path) }),
  fees: (value, path) => ({ feesE8: readFees(value, path) }),
  fraction: (value, path) => ({ fractionPpm: share(value, 6, 1n, 1_000_000n, path) }),
  wholeBelow: (value, path) => ({
    wholeBelowE18: parseDecimal(value, WHOLE_DECIMALS, path, { min: 0n, max: 10n ** 36n }),
  }),
  cooldownMs: (value, path) => ({ cooldownMs: milliseconds(value, path) }),
  buffer: (value, path) => ({ bufferPpm: share(value, 6, 0n, 10_000_000n, path) }),
  leftover: (value, path) => ({ leftover: requireWord(value, LEFTOVERS, path) }),
  backstopBelow: (value, path) => ({ backstopBelow: readFraction(value, path) }),
  deleverage: (value, path) => ({ deleverage: flag(value, path) }),
  adlPrice: (value, path) => ({ adlPrice: requireWord(value, ADL_PRICES, path) }),
  adlRanking: (value, path) => ({ adlRanking: requireWord(value, RANKINGS, path) }),
};

function share(value: DecimalLike, decimals: number, min: bigint, max: bigint, path: string) {
  return Number(parseDecimal(value, decimals, path, { min, max }));
}

function feeE8(value: DecimalLike, path: string): number {
  return share(value, 8, 0n, BigInt(FEE_DENOMINATOR), path);
}

function readFees(value: object, path: string): Map<string, number> {
  requireObject(value, path);
  return new Map(
    Object.entries(value).map(([symbol, fee]) => [
      symbol,
      feeE8(fee, `${path}[${JSON.stringify(symbol)}]`),
    ]),
  );
}

function readFillable(value: object, path: string): LiquidationRules["fillable"] {
  requireObject(value, path);
  refuseUnknownFields(value, ["adjustment", "spread"], path);
  const { adjustment, spread } = value as { adjustment: DecimalLike; spread: DecimalLike };
  const limits = { min: 0n, max: 10n ** 18n };
  return {
    adjustmentE9: parseDecimal(adjustment, 9, `${path}.adjustment`, limits),
    spreadE9: parseDecimal(spread, 9, `${path}.spread`, limits),
  };
}

function milliseconds(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse("BAD_VALUE", "must be whole milliseconds, 0 or above", path, value);
}

function flag(value: unknown, path: string): boolean {
  if (typeof value === "boolean") return value;
  return refuse("BAD_VALUE", "must be true or false", path, value);
}

function readFraction(value: unknown, path: string): readonly [number, number] {
  const whole = (part: unknown): part is number => Number.isSafeInteger(part) && Number(part) > 0;
  if (Array.isArray(value) && value.length === 2) {
    const [numerator, denominator] = value as unknown[];
    if (whole(numerator) && whole(denominator) && numerator <= denominator) {
      return [numerator, denominator];
    }
  }
  const hint = "such as [2, 3] for two thirds, or null";
  return refuse("BAD_VALUE", "must be a fraction of whole numbers, at most 1", path, value, hint);
}

/** The rules with those changes that a policy makes. `undefined` rules change nothing; null turns `backstopBelow` and `fillable` off. */
export function readPolicy(
  base: LiquidationRules,
  policy: LiquidationPolicy | undefined,
  path: string,
): LiquidationRules {
  if (policy === undefined) return base;
  requireObject(policy, path);
  let rules = base;
  for (const [name, value] of Object.entries(policy)) {
    const place = `${path}.${name}`;
    if (!Object.hasOwn(READERS, name)) {
      const known = Object.keys(READERS).join(", ");
      refuse("BAD_VALUE", "unknown rule of liquidation", place, name, `expected ${known}`);
    }
    if (value === undefined) continue;
    if (value === null && (name === "backstopBelow" || name === "fillable")) {
      rules = { ...rules, [name]: null };
    } else {
      const read = READERS[name as keyof LiquidationPolicy] as (
        value: unknown,
        path: string,
      ) => Changes;
      rules = { ...rules, ...read(value, place) };
    }
  }
  return rules;
}

/** The rules of a named profile. */
export function rulesOfProfile(name: ProfileName): LiquidationRules {
  return RULES[name];
}

/** One text per set of rules, for fingerprints. */
export function rulesText(all: LiquidationRules): string {
  const { feesE8, backstopBelow, fillable, ...rules } = all;
  const parts = Object.entries(rules).map(([name, value]) => `${name} ${value}`);
  const fees = [...feesE8].sort(([a], [b]) => (a < b ? -1 : 1));
  const fill = `${fillable?.adjustmentE9} ${fillable?.spreadE9}`;
  return [...parts, fill, `fees ${fees.join(";")}`, `backstop ${backstopBelow?.join("/")}`].join(
    " ",
  );
}
