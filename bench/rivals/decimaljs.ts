// Rival: decimal.js, what careful JavaScript trading code reaches for, at 40 digits so that nothing is lost, with the
// kernel's roundings at 8 decimals (exact). Far slower than the rest, so it takes the first pools only.
import { Decimal } from "decimal.js";
import { type BenchBook, type BenchMarket, QUOTE_SCALE } from "../book.ts";
import type { Rival } from "./rival.ts";

const Exact: typeof Decimal = Decimal.clone({ precision: 40 });
const QUOTE_DECIMALS = 8;

interface Tier {
  readonly floor: Decimal;
  readonly rate: Decimal;
  readonly amount: Decimal;
}

interface Market {
  price: Decimal;
  readonly tiers: readonly Tier[];
}

interface Leg {
  readonly market: Market;
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

interface Pool {
  readonly collateral: Decimal;
  readonly legs: readonly Leg[];
}

/** A decimal from integer units and their scale. */
function fromUnits(units: bigint | number, scale: number): Decimal {
  return new Exact(units.toString()).div(scale);
}

function readMarket({ table }: BenchMarket): Market {
  const tiers = table.brackets.map(({ floor, rate, scaledAmount }) => ({
    floor: fromUnits(floor, QUOTE_SCALE),
    rate: fromUnits(rate, table.rateDenominator),
    amount: fromUnits(scaledAmount, table.rateDenominator).div(QUOTE_SCALE),
  }));
  return { price: new Exact(0), tiers };
}

function readPools(book: BenchBook, markets: readonly Market[], count: number): Pool[] {
  return Array.from({ length: count }, (_, pool) => {
    const legs: Leg[] = [];
    for (let leg = book.poolStart[pool] ?? 0; leg < (book.poolStart[pool + 1] ?? 0); leg++) {
      const index = book.legMarket[leg] ?? 0;
      legs.push({
        market: markets[index] as Market,
        quantity: fromUnits(book.quantity[leg] ?? 0, book.markets[index]?.divisor ?? 1),
        cost: fromUnits(book.cost[leg] ?? 0n, QUOTE_SCALE),
      });
    }
    return { collateral: fromUnits(book.collateral[pool] ?? 0n, QUOTE_SCALE), legs };
  });
}

function isUnderWater(pool: Pool): boolean {
  let clearance = pool.collateral;
  let maintenance = new Exact(0);
  for (const { market, quantity, cost } of pool.legs) {
    const value = quantity.times(market.price);
    const notional = value.abs();
    const { tiers } = market;
    let tier = tiers[0] as Tier;
    for (let next = 1; next < tiers.length; next++) {
      const candidate = tiers[next] as Tier;
      if (notional.lt(candidate.floor)) break;
      tier = candidate;
    }
    const margin = notional.times(tier.rate).minus(tier.amount);
    maintenance = maintenance.plus(margin.toDecimalPlaces(QUOTE_DECIMALS, Decimal.ROUND_CEIL));
    clearance = clearance
      .plus(value.toDecimalPlaces(QUOTE_DECIMALS, Decimal.ROUND_FLOOR))
      .minus(cost);
  }
  return maintenance.gt(0) && clearance.lt(maintenance);
}

/** A pool of the first `limit` as decimal.js objects; exact. */
export function createDecimalJsRival(book: BenchBook, limit: number): Rival {
  const markets = book.markets.map(readMarket);
  const count = Math.min(limit, book.pools);
  const pools = readPools(book, markets, count);
  const hits = new Uint32Array(count);
  return {
    name: "decimal.js",
    exact: true,
    pools: count,
    hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < markets.length; market++) {
        (markets[market] as Market).price = fromUnits(prices[market] as number, QUOTE_SCALE);
      }
      let found = 0;
      for (let pool = 0; pool < count; pool++) {
        if (isUnderWater(pools[pool] as Pool)) hits[found++] = pool;
      }
      return found;
    },
  };
}
