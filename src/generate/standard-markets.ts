// A dozen real contracts, so that a book can be generated with no file at hand and the bundled example
// can be made anew by anyone. Figures published by exchanges, picked by hand:
// - tiers: Binance USD-M leverage brackets as of 2026-05-03 (upper bound of notional in USDT, maintenance
//   rate, highest leverage); the amounts to deduct follow by continuity;
// - `before` and `low`, the crash of 2025-10-10. BTC ETH SOL BNB ADA AVAX AAVE APE: Bybit perpetuals,
//   traded price at 20:55 UTC and lowest mark price from 21:00 to 22:00 UTC. XRP DOGE TRX BCH: highest
//   and lowest price of that day on Binance spot.
// - `amount`: the smallest change of a position, as is usual for the contract.
import type { LeverageTier, MarketDefinition } from "../types.ts";

interface StandardContract {
  readonly base: string;
  readonly amount: string;
  readonly before: string;
  readonly low: string;
  readonly tiers: readonly (readonly [maxNotional: string, rate: string, maxLeverage: string])[];
}

/** A market with a price: what the generator draws positions in. */
export interface PricedMarket {
  readonly definition: MarketDefinition;
  /** Decimal text; positions are drawn around it and, unless told otherwise, margined at it. */
  readonly mark: string;
}

/** Prices of the standard markets: before the crash of 2025-10-10, or at its low. */
export type StandardMoment = "before" | "low";

function toTiers(contract: StandardContract): LeverageTier[] {
  let floor = "0";
  return contract.tiers.map(([cap, maintenanceMarginRate, maxLeverage]) => {
    const tier = { minNotional: floor, maxNotional: cap, maintenanceMarginRate, maxLeverage };
    floor = cap;
    return tier;
  });
}

/**
 * Twelve USDT perpetuals with real tiers and the prices of a real day.
 *
 * @example
 * import { standardMarkets } from "underkeel/generate";
 * const markets = standardMarkets("low");
 * markets.length; // => 12
 * markets[0].definition.symbol; // => "BTC/USDT:USDT"
 * markets[0].mark; // => "102032.5"
 */
export function standardMarkets(moment: StandardMoment = "before"): PricedMarket[] {
  return CONTRACTS.map((contract) => ({
    definition: {
      symbol: `${contract.base}/USDT:USDT`,
      settle: "USDT",
      linear: true,
      contractSize: "1",
      precision: { amount: contract.amount },
      priceDecimals: 8,
      taker: "0.0005",
      tiers: toTiers(contract),
    },
    mark: contract[moment],
  }));
}

const CONTRACTS: readonly StandardContract[] = [
  {
    base: "BTC",
    amount: "0.001",
    before: "115358.8",
    low: "102032.5",
    tiers: [
      ["300000", "0.004", "150"],
      ["800000", "0.005", "100"],
      ["3000000", "0.0065", "75"],
      ["12000000", "0.01", "50"],
      ["70000000", "0.02", "25"],
      ["100000000", "0.025", "20"],
      ["230000000", "0.05", "10"],
      ["480000000", "0.1", "5"],
      ["600000000", "0.125", "4"],
      ["800000000", "0.15", "3"],
      ["1200000000", "0.25", "2"],
      ["1800000000", "0.5", "1"],
    ],
  },
  {
    base: "ETH",
    amount: "0.001",
    before: "3922.9",
    low: "3379.34",
    tiers: [
      ["300000", "0.004", "150"],
      ["800000", "0.005", "100"],
      ["3000000", "0.0065", "75"],
      ["12000000", "0.01", "50"],
      ["50000000", "0.02", "25"],
      ["65000000", "0.025", "20"],
      ["150000000", "0.05", "10"],
      ["320000000", "0.1", "5"],
      ["400000000", "0.125", "4"],
      ["530000000", "0.15", "3"],
      ["800000000", "0.25", "2"],
      ["1200000000", "0.5", "1"],
    ],
  },
  {
    base: "SOL",
    amount: "0.01",
    before: "203.78",
    low: "152.023",
    tiers: [
      ["50000", "0.005", "100"],
      ["400000", "0.0065", "75"],
      ["1000000", "0.01", "50"],
      ["4000000", "0.02", "25"],
      ["8000000", "0.025", "20"],
      ["40000000", "0.05", "10"],
      ["80000000", "0.1", "5"],
      ["100000000", "0.125", "4"],
      ["200000000", "0.25", "2"],
      ["400000000", "0.5", "1"],
    ],
  },
  {
    base: "XRP",
    amount: "0.1",
    before: "2.8372",
    low: "1.2543",
    tiers: [
      ["40000", "0.005", "100"],
      ["80000", "0.006", "75"],
      ["150000", "0.01", "50"],
      ["400000", "0.0125", "40"],
      ["1000000", "0.02", "25"],
      ["2000000", "0.025", "20"],
      ["10000000", "0.05", "10"],
      ["20000000", "0.1", "5"],
      ["25000000", "0.125", "4"],
      ["50000000", "0.25", "2"],
      ["100000000", "0.5", "1"],
    ],
  },
  {
    base: "BNB",
    amount: "0.01",
    before: "1214.1",
    low: "867.6",
    tiers: [
      ["10000", "0.005", "75"],
      ["200000", "0.006", "50"],
      ["400000", "0.01", "40"],
      ["1500000", "0.02", "25"],
      ["3000000", "0.025", "20"],
      ["15000000", "0.05", "10"],
      ["30000000", "0.1", "5"],
      ["37500000", "0.125", "4"],
      ["75000000", "0.25", "2"],
      ["150000000", "0.5", "1"],
    ],
  },
  {
    base: "DOGE",
    amount: "1",
    before: "0.25403",
    low: "0.095",
    tiers: [
      ["80000", "0.0065", "75"],
      ["150000", "0.01", "50"],
      ["750000", "0.0125", "40"],
      ["2000000", "0.02", "25"],
      ["4000000", "0.025", "20"],
      ["20000000", "0.05", "10"],
      ["40000000", "0.1", "5"],
      ["50000000", "0.125", "4"],
      ["100000000", "0.25", "2"],
      ["200000000", "0.5", "1"],
    ],
  },
  {
    base: "ADA",
    amount: "1",
    before: "0.7582",
    low: "0.2733",
    tiers: [
      ["10000", "0.005", "75"],
      ["50000", "0.01", "50"],
      ["200000", "0.015", "40"],
      ["1000000", "0.02", "25"],
      ["2000000", "0.025", "20"],
      ["10000000", "0.05", "10"],
      ["20000000", "0.1", "5"],
      ["25000000", "0.125", "4"],
      ["50000000", "0.25", "2"],
      ["100000000", "0.5", "1"],
    ],
  },
  {
    base: "TRX",
    amount: "1",
    before: "0.3372",
    low: "0.3",
    tiers: [
      ["10000", "0.0065", "75"],
      ["90000", "0.01", "50"],
      ["120000", "0.015", "40"],
      ["650000", "0.02", "25"],
      ["800000", "0.025", "20"],
      ["3000000", "0.05", "10"],
      ["6000000", "0.1", "5"],
      ["12000000", "0.125", "4"],
      ["20000000", "0.25", "2"],
      ["30000000", "0.5", "1"],
    ],
  },
  {
    base: "BCH",
    amount: "0.001",
    before: "601.2",
    low: "482",
    tiers: [
      ["10000", "0.005", "75"],
      ["100000", "0.01", "50"],
      ["160000", "0.015", "40"],
      ["800000", "0.02", "25"],
      ["1600000", "0.025", "20"],
      ["8000000", "0.05", "10"],
      ["16000000", "0.1", "5"],
      ["20000000", "0.125", "4"],
      ["40000000", "0.25", "2"],
      ["80000000", "0.5", "1"],
    ],
  },
  {
    base: "AVAX",
    amount: "1",
    before: "26.179",
    low: "8.251",
    tiers: [
      ["25000", "0.005", "75"],
      ["80000", "0.01", "50"],
      ["160000", "0.015", "40"],
      ["800000", "0.02", "25"],
      ["1600000", "0.025", "20"],
      ["8000000", "0.05", "10"],
      ["16000000", "0.1", "5"],
      ["20000000", "0.125", "4"],
      ["40000000", "0.25", "2"],
      ["80000000", "0.5", "1"],
    ],
  },
  {
    base: "AAVE",
    amount: "0.1",
    before: "253.8",
    low: "80",
    tiers: [
      ["50000", "0.01", "75"],
      ["150000", "0.015", "50"],
      ["500000", "0.02", "25"],
      ["600000", "0.025", "20"],
      ["3000000", "0.05", "10"],
      ["6000000", "0.1", "5"],
      ["7500000", "0.125", "4"],
      ["15000000", "0.25", "2"],
      ["30000000", "0.5", "1"],
    ],
  },
  {
    base: "APE",
    amount: "1",
    before: "0.5276",
    low: "0.1507",
    tiers: [
      ["5000", "0.01", "75"],
      ["10000", "0.015", "50"],
      ["25000", "0.02", "25"],
      ["50000", "0.025", "20"],
      ["125000", "0.05", "10"],
      ["250000", "0.1", "5"],
      ["500000", "0.125", "4"],
      ["1000000", "0.1667", "3"],
      ["7500000", "0.25", "2"],
      ["12500000", "0.5", "1"],
    ],
  },
];
