// Real accounts of Drift (a cross-margin venue on Solana, decoded from chain) as a book: the mapping that docs/adapters.md describes
// under "Drift accounts". Everything that the data does not hold (weights, margin ratios, prices) is stated here.
import { formatDecimal } from "../../src/decimal.ts";
import type {
  AccountDefinition,
  AssetDefinition,
  BookDocument,
  MarketDefinition,
  OrderDefinition,
  PositionDefinition,
} from "../../src/types.ts";

export interface DriftPerp {
  readonly marketIndex: number;
  /** 1e9. */
  readonly baseAssetAmount: string;
  /** 1e6: what the position has cost so far, fees and settled funding included, with the opposite sign. */
  readonly quoteAssetAmount: string;
  /** 1e6: the same at entry prices alone. */
  readonly quoteEntryAmount: string;
  /** 1e9. */
  readonly lpShares: string;
}

export interface DriftSpot {
  readonly marketIndex: number;
  readonly balanceType: "deposit" | "borrow";
  /** 1e9 of a coin, whatever the coin's own decimals, before the market's interest index. */
  readonly scaledBalance: string;
}

export interface DriftOrder {
  readonly marketType: "perp" | "spot";
  readonly marketIndex: number;
  readonly orderType: string;
  readonly direction: "long" | "short";
  /** 1e9. */
  readonly baseAssetAmount: string;
  readonly baseAssetAmountFilled: string;
  /** 1e6. */
  readonly price: string;
  readonly reduceOnly: boolean;
}

export interface DriftAccount {
  readonly id: number;
  /** 1e4; 0: none. */
  readonly maxMarginRatio: number;
  readonly perps: readonly DriftPerp[];
  readonly spots: readonly DriftSpot[];
  readonly openOrders: readonly DriftOrder[];
}

/** Decimals of coins and of USDC in the book: those of Drift's scaled balances; quote amounts of 1e6 fit. */
export const COIN_DECIMALS = 9;
const QUOTE_DECIMALS = 6;
export const PRICE_DECIMALS = 6;
const QUOTE_SCALE = 10n ** BigInt(COIN_DECIMALS - QUOTE_DECIMALS);

export interface DriftCoin {
  readonly code: string;
  /** Maintenance asset weight and liability weight as Drift published them at the end of 2023. */
  readonly assetWeight: string;
  readonly liabilityWeight: string;
  /** USD, round, near those of 2023-12-08. */
  readonly price: string;
}

/** Spot markets by index; 0 is USDC, the unit. */
export const DRIFT_COINS: ReadonlyMap<number, DriftCoin> = new Map(
  [
    ["SOL", "0.9", "1.1", "73.5"],
    ["mSOL", "0.9", "1.1", "84.5"],
    ["wBTC", "0.9", "1.1", "44000"],
    ["wETH", "0.9", "1.1", "2360"],
    ["USDT", "0.95", "1.05", "1"],
    ["jitoSOL", "0.9", "1.1", "79"],
    ["PYTH", "0.75", "1.25", "0.42"],
    ["bSOL", "0.9", "1.1", "79.5"],
    ["JTO", "0.75", "1.25", "3"],
  ].map(([code = "", assetWeight = "", liabilityWeight = "", price = ""], at) => [
    at + 1,
    { code, assetWeight, liabilityWeight, price },
  ]),
);

/** Perp markets by index: base and price in USD, round, near those of 2023-12-08. */
export const DRIFT_PERPS: readonly (readonly [string, string])[] = [
  ["SOL", "73.5"],
  ["BTC", "44000"],
  ["ETH", "2360"],
  ["APT", "9.2"],
  ["1MBONK", "13"],
  ["POL", "0.86"],
  ["ARB", "1.12"],
  ["DOGE", "0.1"],
  ["BNB", "238"],
  ["SUI", "0.7"],
  ["1MPEPE", "1.6"],
  ["OP", "2.2"],
  ["RENDER", "4"],
  ["XRP", "0.66"],
  ["HNT", "6.5"],
  ["INJ", "22"],
  ["LINK", "15.8"],
  ["RLB", "0.17"],
  ["PYTH", "0.42"],
  ["TIA", "11"],
  ["JTO", "3"],
  ["SEI", "0.24"],
  ["AVAX", "28"],
];

/** Flat ratios for every perp market: 5 % maintenance, 10 % initial, and no growth with the square root of size. */
const PERP_TIERS = [{ maintenanceMarginRate: "0.05", maxLeverage: "10" }] as const;

export function perpSymbol(marketIndex: number): string {
  const market = DRIFT_PERPS[marketIndex];
  if (market === undefined) throw new RangeError(`no perp market ${marketIndex}`);
  return `${market[0]}/USDC:USDC`;
}

export function coinCode(marketIndex: number): string {
  if (marketIndex === 0) return "USDC";
  const coin = DRIFT_COINS.get(marketIndex);
  if (coin === undefined) throw new RangeError(`no spot market ${marketIndex}`);
  return coin.code;
}

function assets(): AssetDefinition[] {
  const coins = Array.from(DRIFT_COINS.values(), ({ code, assetWeight, liabilityWeight }) => ({
    code,
    decimals: COIN_DECIMALS,
    collateral: {
      settle: "USDC",
      tiers: [{ ratio: assetWeight }],
      liabilityWeight,
      priceDecimals: PRICE_DECIMALS,
    },
  }));
  return [{ code: "USDC", decimals: COIN_DECIMALS }, ...coins];
}

function markets(): MarketDefinition[] {
  return DRIFT_PERPS.map((_, index) => ({
    symbol: perpSymbol(index),
    settle: "USDC",
    precision: { amount: formatDecimal(1n, COIN_DECIMALS) },
    priceDecimals: PRICE_DECIMALS,
    tiers: PERP_TIERS,
  }));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Quote units of 1e6 that stand in the position's cost; the rest (all, where it holds nothing) is in the wallet already. */
export function costOf(perp: DriftPerp): bigint {
  const base = BigInt(perp.baseAssetAmount);
  const cost = -BigInt(perp.quoteAssetAmount);
  if (base === 0n) return 0n;
  return base > 0n === cost > 0n ? cost : 0n;
}

function positionOf(perp: DriftPerp, maxMarginRatio: number): PositionDefinition | undefined {
  const base = BigInt(perp.baseAssetAmount);
  if (base === 0n) return undefined;
  const size = magnitude(base);
  // Quote at 1e6 over base at 1e9, as a price at 1e6; for show, the notional decides.
  const price = (magnitude(BigInt(perp.quoteEntryAmount)) * 10n ** 9n) / size;
  return {
    symbol: perpSymbol(perp.marketIndex),
    side: base > 0n ? "long" : "short",
    contracts: formatDecimal(size, COIN_DECIMALS),
    entryPrice: formatDecimal(price > 0n ? price : 1n, PRICE_DECIMALS),
    marginMode: "cross",
    entryNotional: formatDecimal(costOf(perp), QUOTE_DECIMALS),
    ...(maxMarginRatio > 1_000
      ? { leverage: formatDecimal(BigInt(Math.floor(10_000_000 / maxMarginRatio)), 3) }
      : {}),
  };
}

/** Resting limit orders; triggers rest nowhere until they fire, and spot orders have no market here. */
function ordersOf({ openOrders }: DriftAccount): OrderDefinition[] {
  return openOrders.flatMap((order, at) => {
    const open = BigInt(order.baseAssetAmount) - BigInt(order.baseAssetAmountFilled);
    if (order.marketType !== "perp" || order.orderType !== "limit" || open <= 0n) return [];
    return {
      id: String(at),
      symbol: perpSymbol(order.marketIndex),
      side: order.direction === "long" ? ("buy" as const) : ("sell" as const),
      amount: formatDecimal(open, COIN_DECIMALS),
      price: formatDecimal(BigInt(order.price), PRICE_DECIMALS),
      reduceOnly: order.reduceOnly,
    };
  });
}

/** Balances by coin in units of 1e9: deposits and borrows, and in USDC what perp entries owe or are owed without a position. */
export function balancesOf(account: DriftAccount): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  const add = (code: string, units: bigint): void => {
    balances.set(code, (balances.get(code) ?? 0n) + units);
  };
  for (const { marketIndex, balanceType, scaledBalance } of account.spots) {
    const units = BigInt(scaledBalance);
    add(coinCode(marketIndex), balanceType === "borrow" ? -units : units);
  }
  for (const perp of account.perps) {
    const settled = BigInt(perp.quoteAssetAmount) + costOf(perp);
    if (settled !== 0n) add("USDC", settled * QUOTE_SCALE);
  }
  return balances;
}

function accountOf(account: DriftAccount): AccountDefinition {
  const balances = Array.from(balancesOf(account), ([code, units]) => [
    code,
    formatDecimal(units, COIN_DECIMALS),
  ]);
  return {
    id: `drift-${account.id}`,
    multiAsset: true,
    balances: Object.fromEntries(balances),
    positions: account.perps.flatMap((perp) => positionOf(perp, account.maxMarginRatio) ?? []),
    orders: ordersOf(account),
  };
}

/** The accounts as a book at the stated prices. */
export function driftBook(accounts: readonly DriftAccount[]): BookDocument {
  return {
    assets: assets(),
    markets: markets(),
    marks: Object.fromEntries(DRIFT_PERPS.map(([, price], index) => [perpSymbol(index), price])),
    indexPrices: Object.fromEntries(
      Array.from(DRIFT_COINS.values(), ({ code, price }) => [code, price]),
    ),
    accounts: accounts.map(accountOf),
  };
}
