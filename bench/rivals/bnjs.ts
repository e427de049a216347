// Rival: bn.js, the big integers of much Ethereum tooling, on the kernel's integer formulas (exact). Written for speed
// within the library: constants prepared, in-place operations, machine-number multiplication and division
// where they fit 26 bits. Far slower than the rest, so it takes the book's first pools only.
import BN from "bn.js";
import { type BenchBook, type BenchMarket, QUOTE_SCALE } from "../book.ts";
import type { Rival } from "./rival.ts";

interface Tier {
  /** Floor times divisor: compares with |quantity| * price. */
  readonly floor: BN;
  readonly rate: number;
  readonly amount: BN;
}

interface Market {
  price: BN;
  readonly divisor: number;
  readonly tiers: readonly Tier[];
}

interface Leg {
  readonly market: Market;
  readonly size: BN;
  readonly long: boolean;
  readonly cost: BN;
}

interface Pool {
  readonly collateral: BN;
  readonly legs: readonly Leg[];
}

const RATE_DENOMINATOR = 1_000_000;

function readMarket({ table, divisor }: BenchMarket): Market {
  const tiers = table.brackets.map(({ floor, rate, scaledAmount }) => ({
    floor: new BN((floor * BigInt(divisor)).toString()),
    rate,
    amount: new BN((scaledAmount / BigInt(table.rateDenominator)).toString()),
  }));
  return { price: new BN(0), divisor, tiers };
}

function readPools(book: BenchBook, markets: readonly Market[], count: number): Pool[] {
  return Array.from({ length: count }, (_, pool) => {
    const legs: Leg[] = [];
    for (let leg = book.poolStart[pool] ?? 0; leg < (book.poolStart[pool + 1] ?? 0); leg++) {
      const quantity = book.quantity[leg] ?? 0;
      legs.push({
        market: markets[book.legMarket[leg] ?? 0] as Market,
        size: new BN(Math.abs(quantity)),
        long: quantity > 0,
        cost: new BN((book.cost[leg] ?? 0n).toString()),
      });
    }
    return { collateral: new BN((book.collateral[pool] ?? 0n).toString()), legs };
  });
}

/** Ceiling of a division of a number >= 0, in place. */
function divideUp(value: BN, divisor: number): BN {
  return divisor === 1 ? value : value.iaddn(divisor - 1).idivn(divisor);
}

function isUnderWater(pool: Pool): boolean {
  const clearance = pool.collateral.clone();
  const maintenance = new BN(0);
  for (const { market, size, long, cost } of pool.legs) {
    const { divisor, tiers } = market;
    const product = size.mul(market.price);
    let tier = tiers[0] as Tier;
    for (let next = 1; next < tiers.length; next++) {
      const candidate = tiers[next] as Tier;
      if (product.lt(candidate.floor)) break;
      tier = candidate;
    }
    // amounts are whole units, so they leave the ceiling; nested ceilings equal the ceiling of the whole
    const margin = divideUp(divideUp(product.muln(tier.rate), RATE_DENOMINATOR), divisor);
    maintenance.iadd(margin).isub(tier.amount);
    if (long) clearance.iadd(divisor === 1 ? product : product.idivn(divisor));
    else clearance.isub(divideUp(product, divisor));
    clearance.isub(cost);
  }
  return !maintenance.isZero() && clearance.lt(maintenance);
}

/** A pool of the first `limit` as bn.js objects; exact. */
export function createBnJsRival(book: BenchBook, limit: number): Rival {
  const markets = book.markets.map(readMarket);
  const count = Math.min(limit, book.pools);
  const pools = readPools(book, markets, count);
  const hits = new Uint32Array(count);
  return {
    name: "bn.js",
    exact: true,
    pools: count,
    hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < markets.length; market++) {
        const price = prices[market] as number;
        const high = Math.floor(price / QUOTE_SCALE);
        const low = price - high * QUOTE_SCALE;
        (markets[market] as Market).price = new BN(high).mul(new BN(QUOTE_SCALE)).iadd(new BN(low));
      }
      let found = 0;
      for (let pool = 0; pool < count; pool++) {
        if (isUnderWater(pools[pool] as Pool)) hits[found++] = pool;
      }
      return found;
    },
  };
}
