// Coins as collateral: which assets count in whose cross pools, with what haircuts. A coin has a price slot of its own in the
// kernel (its index price, in settle units), which belongs to no market; each tier of its balance is a leg there of cost 0
// under a haircut table of one rate, 1 − ratio, and a debt is one leg under liabilityWeight − 1. What accounts pledge: pledges.ts.
import { formatDecimal, parseDecimal, parseRate } from "../decimal.ts";
import type { Kernel } from "../kernel.ts";
import {
  type BracketTable,
  MAX_AMOUNT,
  MAX_RATE_DENOMINATOR,
  MAX_SAFE_UNITS,
  type PriceTerms,
} from "../model.ts";
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import type { CollateralDefinition, CollateralTier, DecimalLike } from "../types.ts";
import { greatestCommonDivisor } from "./arithmetic.ts";
import { type EngineAsset, priceTerms } from "./markets.ts";
import { optionalDecimals, refuse, requireObject } from "./read.ts";

const DEFAULT_PRICE_DECIMALS = 8;
/** A table's rate reaches 1 at most. */
const MAX_LIABILITY_WEIGHT = 2n;

/** A share of a value, exact: 0 <= rate <= denominator. */
interface Share {
  readonly rate: number;
  readonly denominator: number;
}

/** One tier of a coin: its part of the balance, up to `upTo` units in all, loses `haircut` of its value. */
export interface CoinTier {
  /** null: no cap. */
  readonly upTo: bigint | null;
  readonly haircut: Share;
}

/** A coin before it has handles. */
export interface CoinSpecification {
  readonly settle: number;
  readonly settleDecimals: number;
  readonly priceDecimals: number;
  readonly terms: PriceTerms;
  readonly tiers: readonly CoinTier[];
  /** What a debt counts beyond its value. */
  readonly surcharge: Share;
  /** As it was given, decimals as text. */
  readonly definition: CollateralDefinition;
}

/** A coin with its handles in the kernel. */
export interface Coin extends CoinSpecification {
  /** Index of its own asset. */
  readonly asset: number;
  readonly slot: number;
  /** Largest index price, in price units, that the kernel takes for it. */
  readonly maxPrice: number;
  /** Handles of the haircut tables, one per tier, and of a debt. */
  readonly tables: readonly number[];
  readonly debtTable: number;
}

/** What a snapshot holds of a coin: the rest follows from its definition. */
type SavedCoin = Pick<Coin, "asset" | "slot" | "tables" | "debtTable" | "definition">;

/** A leg that a balance has in the settle pool. */
export interface CoinSlice {
  readonly quantity: number;
  readonly table: number;
}

/** numerator / denominator as a table takes it. */
function shareOf(numerator: bigint, denominator: bigint, path: string, given: unknown): Share {
  const common = greatestCommonDivisor(numerator, denominator);
  const below = denominator / common;
  if (below > BigInt(MAX_RATE_DENOMINATOR)) {
    refuse("TOO_MANY_DECIMALS", "must be a decimal with at most 9 decimals", path, given);
  }
  return { rate: Number(numerator / common), denominator: Number(below) };
}

function readTier(
  tier: CollateralTier,
  before: CoinTier | undefined,
  isLast: boolean,
  decimals: number,
  path: string,
): CoinTier {
  requireObject(tier, path);
  const ratio = parseRate(tier.ratio, `${path}.ratio`);
  if (ratio.numerator < 0n || ratio.numerator > ratio.denominator) {
    refuse("OUT_OF_RANGE", "must be 0 to 1", `${path}.ratio`, tier.ratio);
  }
  const haircut = shareOf(
    ratio.denominator - ratio.numerator,
    ratio.denominator,
    `${path}.ratio`,
    tier.ratio,
  );
  const place = `${path}.maxQuantity`;
  if (tier.maxQuantity === undefined || tier.maxQuantity === null) {
    if (!isLast) {
      refuse("BAD_TIERS", "only the last tier may be without a cap", place, tier.maxQuantity);
    }
    return { upTo: null, haircut };
  }
  const upTo = parseDecimal(tier.maxQuantity, decimals, place, { min: 1n, max: MAX_AMOUNT });
  if (before?.upTo !== undefined && before.upTo !== null && upTo <= before.upTo) {
    refuse("BAD_TIERS", "caps must rise", place, tier.maxQuantity);
  }
  return { upTo, haircut };
}

function readSurcharge(weight: DecimalLike | undefined, path: string): Share {
  const { numerator, denominator } = parseRate(weight ?? "1", path);
  if (numerator < denominator || numerator > MAX_LIABILITY_WEIGHT * denominator) {
    refuse("OUT_OF_RANGE", `must be 1 to ${MAX_LIABILITY_WEIGHT}`, path, weight);
  }
  return shareOf(numerator - denominator, denominator, path, weight);
}

/** The definition as the engine keeps it: the fields it knows, bigints (counts of the smallest unit) as decimals. */
export function copyCollateral(
  { settle, tiers, liabilityWeight, priceDecimals }: CollateralDefinition,
  decimals: number,
): CollateralDefinition {
  const text = (value: DecimalLike | null): DecimalLike | null =>
    typeof value === "bigint" ? formatDecimal(value, decimals) : value;
  return {
    settle,
    tiers: tiers.map(({ maxQuantity, ratio }) => ({
      ...(maxQuantity === undefined ? {} : { maxQuantity: text(maxQuantity) }),
      ratio,
    })),
    ...(liabilityWeight === undefined ? {} : { liabilityWeight }),
    ...(priceDecimals === undefined ? {} : { priceDecimals }),
  };
}

/**
 * Checks a collateral definition of an asset.
 *
 * @throws RiskError naming the field, its value and what was expected
 */
export function readCollateral(
  definition: CollateralDefinition,
  asset: EngineAsset,
  settleOf: (code: unknown, path: string) => EngineAsset,
  path: string,
): CoinSpecification {
  requireObject(definition, path);
  const { settle: code, tiers, liabilityWeight } = definition;
  const place = `${path}.settle`;
  if (code === asset.code) refuse("BAD_VALUE", "must be another asset", place, code);
  const settle = settleOf(code, place);
  if (!Array.isArray(tiers) || tiers.length === 0) {
    refuse("BAD_TIERS", "must be a list of tiers", `${path}.tiers`, tiers);
  }
  const priceDecimals = optionalDecimals(
    definition.priceDecimals,
    DEFAULT_PRICE_DECIMALS,
    `${path}.priceDecimals`,
  );
  const read: CoinTier[] = [];
  Array.from(tiers).forEach((tier, index) => {
    const isLast = index === tiers.length - 1;
    const before = read[index - 1];
    read.push(readTier(tier, before, isLast, asset.decimals, `${path}.tiers[${index}]`));
  });
  const decimals = { settle: settle.decimals, amount: asset.decimals, price: priceDecimals };
  return {
    settle: settle.index,
    settleDecimals: settle.decimals,
    priceDecimals,
    terms: priceTerms(false, { numerator: 1n, denominator: 1n }, decimals, path),
    tiers: read,
    surcharge: readSurcharge(liabilityWeight ?? undefined, `${path}.liabilityWeight`),
    definition: copyCollateral(definition, asset.decimals),
  };
}

function haircutTable({ rate, denominator }: Share): BracketTable {
  return {
    style: "marginal",
    haircut: true,
    rateDenominator: denominator,
    closeFeeRate: 0,
    brackets: [{ floor: 0n, rate, scaledAmount: 0n, initialRate: 0 }],
  };
}

/** The coins of an engine by asset and by price slot, and how many legs they have in all pools. */
export class Collaterals {
  readonly #byAsset: Map<number, Coin> = new Map();
  /** Handle of each haircut table by its rate: coins share them. */
  readonly #tables: Map<string, number> = new Map();
  #legs = 0;

  /** The coin of an asset; undefined where the asset has no collateral definition. */
  of(asset: number): Coin | undefined {
    return this.#byAsset.get(asset);
  }

  /** All coins, by asset. */
  all(): Iterable<Coin> {
    return this.#byAsset.values();
  }

  /** Legs of coins in all pools: no positions. */
  get legs(): number {
    return this.#legs;
  }

  countLegs(change: number): void {
    this.#legs += change;
  }

  /** Makes the coin's price slot and tables; where the kernel has no room, the slot goes again. */
  add(kernel: Kernel, asset: number, specification: CoinSpecification): Coin {
    const slot = kernel.createPrice(specification.terms);
    try {
      const coin: Coin = {
        ...specification,
        asset,
        slot,
        maxPrice: kernel.maxPrice(slot),
        tables: specification.tiers.map(({ haircut }) => this.#table(kernel, haircut)),
        debtTable: this.#table(kernel, specification.surcharge),
      };
      this.#byAsset.set(asset, coin);
      return coin;
    } catch (error) {
      kernel.removePrice(slot);
      throw error;
    }
  }

  save(into: ColumnWriter): void {
    const coins = [...this.all()].map(({ asset, slot, tables, debtTable, definition }) => ({
      asset,
      slot,
      tables,
      debtTable,
      definition,
    }));
    into.json("coins", coins);
    into.json("coins.legs", this.#legs);
  }

  /** The kernel has their slots and tables already; `read` makes a specification of a definition. */
  load(
    from: ColumnReader,
    kernel: Kernel,
    read: (definition: CollateralDefinition, asset: number) => CoinSpecification,
  ): void {
    for (const { definition, ...handles } of from.json<SavedCoin[]>("coins")) {
      const specification = read(definition, handles.asset);
      const maxPrice = kernel.maxPrice(handles.slot);
      this.#byAsset.set(handles.asset, { ...specification, ...handles, maxPrice });
      const shares = [
        ...specification.tiers.map(({ haircut }) => haircut),
        specification.surcharge,
      ];
      [...handles.tables, handles.debtTable].forEach((handle, index) => {
        const { rate, denominator } = shares[index] as Share;
        this.#tables.set(`${rate}/${denominator}`, handle);
      });
    }
    this.#legs = from.json("coins.legs");
  }

  #table(kernel: Kernel, share: Share): number {
    const key = `${share.rate}/${share.denominator}`;
    const handle = this.#tables.get(key) ?? kernel.createTable(haircutTable(share));
    this.#tables.set(key, handle);
    return handle;
  }
}

function sliceQuantity(units: bigint, decimals: number, path: string): number {
  const size = units < 0n ? -units : units;
  if (size <= BigInt(MAX_SAFE_UNITS)) return Number(units);
  return refuse(
    "OUT_OF_RANGE",
    "a tier of pledged collateral holds at most 2^53 - 1 units",
    path,
    formatDecimal(units, decimals),
    "declare fewer decimals for the coin",
  );
}

/** A balance as the legs that stand for it; parts that count nothing (ratio 0, above the last cap) have none. */
export function slicesOf(
  coin: Coin,
  balance: bigint,
  decimals: number,
  path: string,
): readonly CoinSlice[] {
  if (balance === 0n) return [];
  if (balance < 0n) {
    return [{ quantity: sliceQuantity(balance, decimals, path), table: coin.debtTable }];
  }
  const slices: CoinSlice[] = [];
  let from = 0n;
  coin.tiers.forEach(({ upTo, haircut }, index) => {
    const end = upTo === null || balance < upTo ? balance : upTo;
    if (end > from && haircut.rate < haircut.denominator) {
      const quantity = sliceQuantity(end - from, decimals, path);
      slices.push({ quantity, table: coin.tables[index] ?? coin.debtTable });
    }
    if (end > from) from = end;
  });
  return slices;
}
