// Rival: what most JavaScript margin code looks like. An object per account, position and market, numbers
// in quote currency, a bracket search per position. All objects of a kind share one shape.
import { type BenchBook, QUOTE_SCALE } from "../book.ts";
import { floatTiers } from "./float-tiers.ts";
import type { Rival } from "./rival.ts";

interface Tier {
  readonly floor: number;
  readonly rate: number;
  readonly amount: number;
}

interface Market {
  price: number;
  readonly tiers: readonly Tier[];
}

interface Position {
  readonly market: Market;
  readonly quantity: number;
  readonly cost: number;
}

interface Account {
  readonly id: number;
  readonly collateral: number;
  readonly positions: readonly Position[];
}

function readAccounts(book: BenchBook, markets: readonly Market[]): Account[] {
  const accounts: Account[] = [];
  for (let id = 0; id < book.pools; id++) {
    const positions: Position[] = [];
    const end = book.poolStart[id + 1] ?? 0;
    for (let leg = book.poolStart[id] ?? 0; leg < end; leg++) {
      const index = book.legMarket[leg] ?? 0;
      positions.push({
        market: markets[index] as Market,
        quantity: (book.quantity[leg] ?? 0) / (book.markets[index]?.divisor ?? 1),
        cost: Number(book.cost[leg]) / QUOTE_SCALE,
      });
    }
    accounts.push({ id, collateral: Number(book.collateral[id]) / QUOTE_SCALE, positions });
  }
  return accounts;
}

function isUnderWater(account: Account): boolean {
  let clearance = account.collateral;
  let maintenance = 0;
  for (const { market, quantity, cost } of account.positions) {
    const value = quantity * market.price;
    const notional = Math.abs(value);
    const { tiers } = market;
    let tier = tiers[0] as Tier;
    for (let next = 1; next < tiers.length; next++) {
      const candidate = tiers[next] as Tier;
      if (notional < candidate.floor) break;
      tier = candidate;
    }
    maintenance += notional * tier.rate - tier.amount;
    clearance += value - cost;
  }
  return maintenance > 0 && clearance < maintenance;
}

/** Accounts and positions as objects. Inexact: doubles, no rounding to quote units. */
export function createObjectsRival(book: BenchBook): Rival {
  const markets = book.markets.map((market): Market => {
    const { floors, rates, amounts } = floatTiers(market);
    const tiers = floors.map((floor, tier) => ({
      floor,
      rate: rates[tier] ?? 0,
      amount: amounts[tier] ?? 0,
    }));
    return { price: 0, tiers };
  });
  const accounts = readAccounts(book, markets);
  const hits = new Uint32Array(book.pools);
  return {
    name: "JS objects",
    exact: false,
    pools: book.pools,
    hits,
    scan(prices: Float64Array): number {
      for (let index = 0; index < markets.length; index++) {
        (markets[index] as Market).price = (prices[index] ?? 0) / QUOTE_SCALE;
      }
      let count = 0;
      for (const account of accounts) {
        if (isUnderWater(account)) hits[count++] = account.id;
      }
      return count;
    },
  };
}
