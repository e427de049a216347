// Rivals of a funding period: the same columns, one pass over all legs, each pool's collateral in place. The double one is the
// best typed-array JavaScript we know (rounded to whole units, wrong past 2^53); the BigInt one is exact.
import type { BenchBook } from "../book.ts";

const PICO = 1e12;

export interface FundingRival {
  readonly name: string;
  readonly exact: boolean;
  /** Settles one period; rates in units of 1e-12. */
  settle(rates: Float64Array): void;
  /** Collateral of a pool in quote units. */
  collateral(pool: number): bigint;
}

export function createFloat64Funding(book: BenchBook): FundingRival {
  const collateral = Float64Array.from(book.collateral, Number);
  const perUnit = new Float64Array(book.markets.length);
  const { legs, legMarket, quantity } = book;
  const legPool = new Uint32Array(legs);
  for (let pool = 0; pool < book.pools; pool++) {
    legPool.fill(pool, book.poolStart[pool], book.poolStart[pool + 1]);
  }
  return {
    name: "Float64Array",
    exact: false,
    settle(rates: Float64Array): void {
      for (let market = 0; market < perUnit.length; market++) {
        const { divisor } = book.markets[market] as BenchBook["markets"][number];
        perUnit[market] =
          ((book.marks[market] as number) / divisor / PICO) * (rates[market] as number);
      }
      for (let leg = 0; leg < legs; leg++) {
        const pool = legPool[leg] as number;
        const payment = (quantity[leg] as number) * (perUnit[legMarket[leg] as number] as number);
        collateral[pool] = (collateral[pool] as number) - Math.ceil(payment);
      }
    },
    collateral: (pool) => BigInt(collateral[pool] as number),
  };
}

export function createBigIntFunding(book: BenchBook): FundingRival {
  const collateral = BigInt64Array.from(book.collateral);
  const quantity = BigInt64Array.from(book.quantity, BigInt);
  const marks = Array.from(book.marks, BigInt);
  const divisors = book.markets.map(({ divisor }) => BigInt(divisor) * 10n ** 12n);
  return {
    name: "BigInt64Array",
    exact: true,
    settle(rates: Float64Array): void {
      const scaled = marks.map((mark, market) => mark * BigInt(rates[market] as number));
      for (let pool = 0; pool < book.pools; pool++) {
        let balance = collateral[pool] as bigint;
        const end = book.poolStart[pool + 1] as number;
        for (let leg = book.poolStart[pool] as number; leg < end; leg++) {
          const market = book.legMarket[leg] as number;
          const dividend = (quantity[leg] as bigint) * (scaled[market] as bigint);
          const divisor = divisors[market] as bigint;
          const quotient = dividend / divisor;
          // Rounded up: a debit against the account, a credit too.
          balance -= dividend > 0n && quotient * divisor !== dividend ? quotient + 1n : quotient;
        }
        collateral[pool] = balance;
      }
    },
    collateral: (pool) => collateral[pool] as bigint,
  };
}
