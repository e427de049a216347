// Rival: exact arithmetic in plain JavaScript at its fastest: BigInt64Array columns and the same integer formulas
// as the kernel (docs/numbers.md), every operation wrapped in BigInt.asIntN(64, ...) so that V8 may keep it in
// machine words instead of allocating. Products are split so that they fit 64 bits; a leg too large for
// that is refused when the book is loaded.
import { type BenchBook, type BenchMarket, MARKET_COUNT } from "../book.ts";
import type { Rival } from "./rival.ts";

const MAX_INT64 = 2n ** 63n - 1n;
/** |quantity| * price stays below 2^62 while no price rises past this multiple of its mark. */
const HEADROOM = 4;
/** Products below 2^62 and floors up to 2^63 as doubles err by at most 2^10 together. */
const DOUBT = 4096;

interface IntegerTiers {
  readonly starts: Uint32Array;
  /** Floor times divisor, so that it compares with |quantity| * price; the last row of a market is 2^63 - 1. */
  readonly floors: BigInt64Array;
  readonly floorNumbers: Float64Array;
  /** All above zero, so that every leg's maintenance margin is too and "MM > 0" needs no test. */
  readonly rates: BigInt64Array;
  /** Whole quote units: every amount of the book's tables is one. */
  readonly amounts: BigInt64Array;
}

function amountOf(scaled: bigint, denominator: bigint): bigint {
  if (scaled % denominator !== 0n) throw new RangeError(`amount ${scaled} is not a whole unit`);
  return scaled / denominator;
}

function integerTiers(markets: readonly BenchMarket[]): IntegerTiers {
  const starts = new Uint32Array(markets.length + 1);
  markets.forEach(({ table }, market) => {
    starts[market + 1] = (starts[market] ?? 0) + table.brackets.length + 1;
  });
  const end = starts[markets.length] ?? 0;
  const floors = new BigInt64Array(end).fill(MAX_INT64);
  const rates = new BigInt64Array(end);
  const amounts = new BigInt64Array(end);
  markets.forEach(({ table, divisor }, market) => {
    table.brackets.forEach((bracket, tier) => {
      const row = (starts[market] ?? 0) + tier;
      const floor = bracket.floor * BigInt(divisor);
      floors[row] = floor < MAX_INT64 ? floor : MAX_INT64;
      if (bracket.rate <= 0) throw new RangeError("a rate of zero needs the test MM > 0");
      rates[row] = BigInt(bracket.rate);
      amounts[row] = amountOf(bracket.scaledAmount, BigInt(table.rateDenominator));
    });
  });
  return { starts, floors, floorNumbers: Float64Array.from(floors, Number), rates, amounts };
}

function checkRoom(book: BenchBook): void {
  for (let leg = 0; leg < book.legs; leg++) {
    const mark = book.marks[book.legMarket[leg] ?? 0] ?? 0;
    if (Math.abs(book.quantity[leg] ?? 0) * mark * HEADROOM >= 2 ** 62) {
      throw new RangeError(`leg ${leg} is too large for 64-bit products`);
    }
  }
}

/** BigInt64Array columns, exact. */
export function createBigInt64Rival(book: BenchBook): Rival {
  checkRoom(book);
  const { poolStart, legMarket, collateral, cost } = book;
  const size = BigInt64Array.from(book.quantity, (units) => BigInt(Math.abs(units)));
  const sizeNumber = book.quantity.map(Math.abs);
  const isLong = Uint8Array.from(book.quantity, (units) => (units > 0 ? 1 : 0));
  const divisors = BigInt64Array.from(book.markets, ({ divisor }) => BigInt(divisor));
  const { starts, floors, floorNumbers, rates, amounts } = integerTiers(book.markets);
  const current = new BigInt64Array(MARKET_COUNT);
  const currentNumber = new Float64Array(MARKET_COUNT);
  const hits = new Uint32Array(book.pools);
  // The running clearance lives in a typed array: a bigint kept across a loop would be allocated anew each turn.
  const clearance = new BigInt64Array(1);

  /** Row of the bracket that holds a product: searched in doubles, settled in integers near a floor. */
  function bracketOf(market: number, product: bigint, estimate: number): number {
    const first = starts[market] as number;
    let row = first;
    while (estimate >= (floorNumbers[row + 1] as number)) row++;
    const below = estimate - (floorNumbers[row] as number);
    const above = (floorNumbers[row + 1] as number) - estimate;
    if (below >= DOUBT && above >= DOUBT) return row;
    row = first;
    while (product >= (floors[row + 1] as bigint)) row++;
    return row;
  }

  function isUnderWater(pool: number): boolean {
    clearance[0] = collateral[pool] as bigint;
    const end = poolStart[pool + 1] as number;
    for (let leg = poolStart[pool] as number; leg < end; leg++) {
      const market = legMarket[leg] as number;
      const divisor = divisors[market] as bigint;
      const product = BigInt.asIntN(64, (size[leg] as bigint) * (current[market] as bigint));
      const estimate = (sizeNumber[leg] as number) * (currentNumber[market] as number);
      const row = bracketOf(market, product, estimate);
      // ceil(product * rate / 1e6) = whole * rate + ceil(rest * rate / 1e6), each part below 2^63
      const rate = rates[row] as bigint;
      const whole = BigInt.asIntN(64, product / 1_000_000n);
      const rest = BigInt.asIntN(64, product - BigInt.asIntN(64, whole * 1_000_000n));
      const part = BigInt.asIntN(64, BigInt.asIntN(64, rest * rate) + 999_999n);
      const charged = BigInt.asIntN(
        64,
        BigInt.asIntN(64, whole * rate) + BigInt.asIntN(64, part / 1_000_000n),
      );
      const raised = BigInt.asIntN(64, BigInt.asIntN(64, charged + divisor) - 1n);
      const margin = BigInt.asIntN(
        64,
        BigInt.asIntN(64, raised / divisor) - (amounts[row] as bigint),
      );
      const upper = BigInt.asIntN(64, BigInt.asIntN(64, product + divisor) - 1n);
      const value =
        isLong[leg] === 1
          ? BigInt.asIntN(64, product / divisor)
          : BigInt.asIntN(64, -BigInt.asIntN(64, upper / divisor));
      const gained = BigInt.asIntN(64, value - (cost[leg] as bigint));
      const before = clearance[0] as bigint;
      clearance[0] = BigInt.asIntN(64, BigInt.asIntN(64, before + gained) - margin);
    }
    return (clearance[0] as bigint) < 0n;
  }

  return {
    name: "BigInt64Array",
    exact: true,
    pools: book.pools,
    hits,
    scan(prices: Float64Array): number {
      for (let market = 0; market < MARKET_COUNT; market++) {
        const price = prices[market] as number;
        if (price > HEADROOM * (book.marks[market] as number)) {
          throw new RangeError(`market ${market} left the room of 64-bit products`);
        }
        current[market] = BigInt(price);
        currentNumber[market] = price;
      }
      let count = 0;
      for (let pool = 0; pool < book.pools; pool++) {
        if (isUnderWater(pool)) hits[count++] = pool;
      }
      return count;
    },
  };
}
