// The venues that model tests play at: a profile, its markets (brackets as real ones, flat, coin-margined, few decimals so that roundings
// are common), the same book in the engine and in the model.
import { RiskEngine } from "../../../src/engine/engine.ts";
import { type ResolvedProfile, resolveProfile } from "../../../src/engine/profiles.ts";
import type {
  AssetDefinition,
  Command,
  LeverageTier,
  MarketDefinition,
  Profile,
} from "../../../src/types.ts";
import { applyToModel } from "../../support/model/apply.ts";
import { type Book, emptyBook } from "../../support/model/book.ts";
import { assetFrom, marketFrom } from "../../support/model/markets.ts";

export const BTC = "BTC/USDT:USDT";
export const ETH = "ETH/USDT:USDT";
export const SOL = "SOL/USDT:USDT";
export const COIN = "BTC/USD:BTC";
export const SYMBOLS: readonly string[] = [BTC, ETH, SOL, COIN];
export const ASSETS: readonly string[] = ["USDT", "BTC", "XRP"];
export const COINS: readonly string[] = ["BTC", "XRP"];
/** Accounts by name; "late" is not open at the start. */
export const ACCOUNTS: readonly string[] = ["one", "two", "three", "late"];

/** Decimals of amounts by asset, of marks by symbol and of index prices by coin, as the definitions below state them. */
export const DECIMALS: Readonly<Record<string, number>> = { USDT: 4, BTC: 6, XRP: 2 };
export const PRICE_DECIMALS: Readonly<Record<string, number>> = {
  [BTC]: 1,
  [ETH]: 3,
  [SOL]: 4,
  [COIN]: 1,
};
export const INDEX_DECIMALS: Readonly<Record<string, number>> = { BTC: 1, XRP: 4 };

const ASSET_DEFINITIONS: readonly AssetDefinition[] = [
  { code: "USDT", decimals: 4 },
  {
    code: "BTC",
    decimals: 6,
    collateral: {
      settle: "USDT",
      tiers: [
        { maxQuantity: "2", ratio: "0.95" },
        { maxQuantity: "5.5", ratio: "0.9" },
        { maxQuantity: null, ratio: "0.25" },
      ],
      liabilityWeight: "1.05",
      priceDecimals: 1,
    },
  },
  {
    code: "XRP",
    decimals: 2,
    collateral: { settle: "USDT", tiers: [{ ratio: "0.8123" }], priceDecimals: 4 },
  },
];

/** A tier as every profile can read it: bounds by notional or by contracts, its rate stated or derived. */
interface Row {
  readonly notional: string | null;
  readonly contracts: string | null;
  readonly rate: string;
  readonly initial: string;
  readonly leverage: string;
}

const LADDER: readonly Row[] = [
  { notional: "50000", contracts: "1", rate: "0.004", initial: "0.008", leverage: "125" },
  { notional: "250000", contracts: "5", rate: "0.005", initial: "0.01", leverage: "100" },
  { notional: "1000000", contracts: "20", rate: "0.01", initial: "0.02", leverage: "50" },
  { notional: "7500000", contracts: "150", rate: "0.125", initial: "0.25", leverage: "4" },
];
/** The same floors, other rates: what setTiers puts in their place. */
const STEEP: readonly Row[] = [
  { notional: "20000", contracts: "0.5", rate: "0.01", initial: "0.02", leverage: "50" },
  { notional: "400000", contracts: "8", rate: "0.05", initial: "0.1", leverage: "10" },
  { notional: null, contracts: null, rate: "0.2", initial: "0.4", leverage: "2.5" },
];
const FLAT: readonly Row[] = [
  { notional: null, contracts: null, rate: "0.02", initial: "0.04", leverage: "25" },
];
/** A rate that has no finite decimals where it is derived: 1/6. */
const THIRD: readonly Row[] = [
  { notional: "9000", contracts: "90", rate: "0.03", initial: "0.1", leverage: "10" },
  { notional: "90000", contracts: "900", rate: "0.15", initial: "0.4", leverage: "3" },
  { notional: null, contracts: null, rate: "0.166", initial: "0.5", leverage: "2" },
];
const COIN_ROWS: readonly Row[] = [
  { notional: "5", contracts: "2000", rate: "0.004", initial: "0.01", leverage: "100" },
  { notional: "50", contracts: "20000", rate: "0.01", initial: "0.02", leverage: "50" },
];

function tiersFrom(rows: readonly Row[], rules: ResolvedProfile): LeverageTier[] {
  const bound = (row: Row | undefined): string | null =>
    (rules.tierMetric === "notional" ? row?.notional : row?.contracts) ?? null;
  return rows.map((row, index) => ({
    minNotional: bound(rows[index - 1]) ?? "0",
    maxNotional: bound(row),
    ...(rules.maintenanceRate === "fractionOfInitial" ? {} : { maxLeverage: row.leverage }),
    ...(rules.maintenanceRate === "table" ? { maintenanceMarginRate: row.rate } : {}),
    ...(rules.maintenanceRate === "fractionOfInitial"
      ? { initialMarginRate: row.initial, maintenanceFraction: "0.5" }
      : {}),
  }));
}

/** What setTiers may give a market: its own tiers again, or steeper ones. */
export function alternativeTiers(rules: ResolvedProfile, steep: boolean): LeverageTier[] {
  return tiersFrom(steep ? STEEP : LADDER, rules);
}

function marketDefinitions(rules: ResolvedProfile): MarketDefinition[] {
  return [
    {
      symbol: BTC,
      settle: "USDT",
      precision: { amount: "0.001", price: "0.1" },
      priceDecimals: 1,
      taker: "0.0005",
      maker: "-0.0001",
      tiers: tiersFrom(LADDER, rules),
      maxLeverage: { cross: "100", isolated: "125" },
      openInterestCaps: { lower: "100000", upper: "900000" },
    },
    {
      symbol: ETH,
      settle: "USDT",
      contractSize: "0.07",
      precision: { amount: "1" },
      priceDecimals: 3,
      taker: "0.00055",
      maker: "0.0002",
      positivePnlWeight: "0.95",
      tiers: tiersFrom(FLAT, rules),
    },
    {
      symbol: SOL,
      settle: "USDT",
      precision: { amount: "0.1" },
      priceDecimals: 4,
      taker: "0.001",
      tiers: tiersFrom(THIRD, rules),
      maxLeverage: { isolated: "7" },
    },
    {
      symbol: COIN,
      settle: "BTC",
      linear: false,
      contractSize: "100",
      precision: { amount: "1" },
      priceDecimals: 1,
      taker: "0.0005",
      maker: "0.0001",
      positivePnlWeight: "0.6",
      tiers: tiersFrom(COIN_ROWS, rules),
    },
  ];
}

/** The same book twice. */
export interface Venue {
  readonly engine: RiskEngine;
  readonly book: Book;
}

const START: readonly Command[] = [
  {
    type: "setMarks",
    marks: { [BTC]: 500_000n, [ETH]: 2_000_000n, [SOL]: 1_000_000n, [COIN]: 500_010n },
  },
  { type: "setIndexPrices", prices: { BTC: 500_123n, XRP: 23_456n } },
  { type: "openAccount", account: "one" },
  { type: "openAccount", account: "two", hedged: true },
  { type: "openAccount", account: "three" },
  ...["one", "two", "three"].flatMap((account): Command[] => [
    { type: "deposit", account, asset: "USDT", amount: 200_000_000n },
    { type: "deposit", account, asset: "BTC", amount: 3_000_000n },
  ]),
];

/** An engine with the venue's definitions and nothing else. */
export function bareEngine(profile: Profile): RiskEngine {
  const engine = new RiskEngine({ profile });
  for (const asset of ASSET_DEFINITIONS) engine.addAsset(asset);
  for (const market of marketDefinitions(resolveProfile(profile))) engine.addMarket(market);
  return engine;
}

/** Engine and model with three funded accounts; `log` takes the commands that made them. */
export function openVenue(profile: Profile, log: Command[]): Venue {
  const rules = resolveProfile(profile);
  const engine = bareEngine(profile);
  const decimalsOf = (code: string): number => DECIMALS[code] ?? 8;
  const assets = ASSET_DEFINITIONS.map((asset) => assetFrom(asset, decimalsOf));
  const markets = marketDefinitions(rules).map((market) =>
    marketFrom(market, rules, decimalsOf(market.settle)),
  );
  let book = emptyBook(rules, assets, markets);
  for (const command of START) {
    engine.apply(command);
    log.push(command);
    const after = applyToModel(book, command);
    if (after.code !== undefined) throw new Error(`the model refuses its start: ${after.code}`);
    book = after.book;
  }
  return { engine, book };
}
