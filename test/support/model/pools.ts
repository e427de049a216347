// The scopes of risk of an account, put together from what it holds, and their figures from the reference (src/reference/).
import type {
  BracketTable,
  LegFigures,
  LegState,
  PoolFigures,
  PoolState,
} from "../../../src/model.ts";
import { referenceLegFigures, referencePoolFigures } from "../../../src/reference/index.ts";
import {
  type Account,
  type Asset,
  type Book,
  type Market,
  marketOf,
  markOf,
  type Position,
  type SizeRange,
  walletOf,
} from "./book.ts";
import { absolute, smaller } from "./exact.ts";
import { refuse } from "./refusal.ts";

/** The tiers that serve a size. */
export function rangeFor(market: Market, quantity: bigint): SizeRange {
  const size = absolute(quantity);
  const [first] = market.ranges;
  if (first === undefined) throw new Error("a market has tiers");
  return market.ranges.filter(({ from }) => from <= size).at(-1) ?? first;
}

/** The position as a leg of a pool. */
function legOf(book: Book, position: Position): LegState {
  const market = marketOf(book, position.symbol);
  return {
    priceSlot: book.markets.indexOf(market),
    terms: market.terms,
    price: Number(markOf(book, market)),
    table: rangeFor(market, position.quantity).table,
    quantity: Number(position.quantity),
    cost: position.cost,
    leverageMilli: Number(position.leverage),
  };
}

export function legFigures(book: Book, position: Position): LegFigures {
  return referenceLegFigures(legOf(book, position));
}

/** What equity counts of the unrealised result: value at the mark less cost, less the haircut on a profit. */
export function countedResultOf(book: Book, position: Position): bigint {
  const { value, haircut } = legFigures(book, position);
  return value - position.cost - haircut;
}

/** A table that takes a flat share, in millionths, off a value. */
function haircutTable(shareE6: bigint): BracketTable {
  const bracket = { floor: 0n, rate: Number(shareE6), scaledAmount: 0n, initialRate: 0 };
  return {
    style: "marginal",
    haircut: true,
    rateDenominator: 1_000_000,
    closeFeeRate: 0,
    brackets: [bracket],
  };
}

/** A pledged coin as legs: one per slice of the balance, or one for a debt. */
function collateralLegs(book: Book, asset: Asset, balance: bigint): LegState[] {
  const { collateral } = asset;
  if (collateral === undefined || balance === 0n) return [];
  const price = book.indexPrices.get(asset.code) ?? refuse("NO_MARK");
  const leg = (quantity: bigint, shareE6: bigint): LegState => ({
    priceSlot: book.markets.length + book.assets.indexOf(asset),
    terms: collateral.terms,
    price: Number(price),
    table: haircutTable(shareE6),
    quantity: Number(quantity),
    cost: 0n,
    leverageMilli: 0,
  });
  if (balance < 0n) return [leg(balance, collateral.liabilityE6 - 1_000_000n)];
  const legs: LegState[] = [];
  let from = 0n;
  for (const { upTo, ratioE6 } of collateral.tiers) {
    const end = upTo === null ? balance : smaller(upTo, balance);
    if (end > from) legs.push(leg(end - from, 1_000_000n - ratioE6));
    if (end > from) from = end;
  }
  // Beyond the last tier a coin counts for nothing.
  if (balance > from) legs.push(leg(balance - from, 1_000_000n));
  return legs;
}

/** True where the account's balance of the asset stands in another asset's cross pool. */
export function isPledged(account: Account, asset: Asset): boolean {
  return account.multiAsset && asset.collateral !== undefined;
}

/** The account's cross pool in an asset. */
export function crossPool(book: Book, account: Account, asset: string): PoolState {
  const positions = account.positions.filter(
    ({ symbol, mode }) => mode === "cross" && marketOf(book, symbol).settle === asset,
  );
  const legs = positions.map((position) => legOf(book, position));
  for (const coin of book.assets) {
    if (isPledged(account, coin) && coin.collateral?.settle === asset) {
      legs.push(...collateralLegs(book, coin, walletOf(account, coin.code)));
    }
  }
  return { collateral: walletOf(account, asset), legs };
}

export function isolatedPool(book: Book, position: Position): PoolState {
  return { collateral: position.margin, legs: [legOf(book, position)] };
}

export function crossFigures(book: Book, account: Account, asset: string): PoolFigures {
  return referencePoolFigures(crossPool(book, account, asset), book.rules.triggerInclusive);
}

export function isolatedFigures(book: Book, position: Position): PoolFigures {
  return referencePoolFigures(isolatedPool(book, position), book.rules.triggerInclusive);
}

/** Isolated positions of the whole book: accounts as opened, markets as declared, long before short. */
export function isolatedPositions(
  book: Book,
): { readonly account: Account; readonly position: Position }[] {
  return [...book.accounts.values()].flatMap((account) =>
    inMarketOrder(book, account)
      .filter(({ mode }) => mode === "isolated")
      .map((position) => ({ account, position })),
  );
}

/** The account's positions, markets as declared, long before short. */
export function inMarketOrder(book: Book, account: Account): Position[] {
  const place = (position: Position): number =>
    2 * book.markets.indexOf(marketOf(book, position.symbol)) + (position.quantity > 0n ? 0 : 1);
  return [...account.positions].sort((first, second) => place(first) - place(second));
}
