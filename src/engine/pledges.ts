// What accounts pledge: in an account with multiAsset, the wallet of every asset that has a collateral definition backs the cross
// pool of the coin's settle asset. The wallet pool keeps the balance and is the one truth; its legs in the settle pool mirror it and
// are made anew whenever it changes. A pledged wallet is no scope of its own, and no position may settle in it.
import { formatDecimal } from "../decimal.ts";
import type { Direction } from "../model.ts";
import type { CollateralView } from "../types.ts";
import { crossTag, NO_POOL, tagIndex, tagMode } from "./accounts.ts";
import { type Coin, slicesOf } from "./collaterals.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import type { Transaction } from "./transaction.ts";

/** The coin of an asset that this account pledges; undefined where the asset is no coin or the account pledges none. */
export function pledgedCoin(state: EngineState, account: number, asset: number): Coin | undefined {
  return state.accounts.multiAsset(account) ? state.collaterals.of(asset) : undefined;
}

/** True for the wallet pool of a pledged coin: its settle pool counts it, it is no scope of risk. */
export function isPledgedWallet(state: EngineState, pool: number): boolean {
  const { kernel } = state;
  const tag = kernel.tag(pool);
  if (tagMode(tag) === "isolated") return false;
  return pledgedCoin(state, kernel.owner(pool), tagIndex(tag)) !== undefined;
}

/** The coin's legs in a pool. */
export function coinLegs(state: EngineState, pool: number, coin: Coin): number[] {
  return state.allLegs(pool).filter((leg) => state.kernel.legPrice(leg) === coin.slot);
}

/** Refuses a coin whose index price was never set. */
export function requireIndexPrice(state: EngineState, coin: Coin, path: string): void {
  if (state.kernel.mark(coin.slot) !== 0) return;
  const { code } = state.assetAt(coin.asset);
  refuse("NO_MARK", "the coin has no index price yet", path, code, "set it with setIndexPrices");
}

/** Makes the legs of a coin in its settle pool stand for `balance` (0: none), and gives that pool. */
export function mirrorPledge(
  state: EngineState,
  transaction: Transaction,
  account: number,
  coin: Coin,
  balance: bigint,
  path: string,
): number {
  if (balance !== 0n) requireIndexPrice(state, coin, path);
  const slices = slicesOf(coin, balance, state.assetAt(coin.asset).decimals, path);
  const found = state.crossPool(account, coin.settle);
  const pool =
    found === NO_POOL ? transaction.createPool(account, crossTag(coin.settle), 0n) : found;
  for (const leg of coinLegs(state, pool, coin)) transaction.removeLeg(leg);
  for (const { quantity, table } of slices) {
    transaction.createCoinLeg(pool, coin, table, quantity);
  }
  return pool;
}

/**
 * Refuses a position that settles in a coin its account pledges.
 *
 * @throws RiskError MULTI_ASSET
 */
export function refusePledgedSettle(
  state: EngineState,
  account: number,
  market: Pick<EngineMarket, "settle" | "symbol">,
  path: string,
): void {
  const coin = pledgedCoin(state, account, market.settle);
  if (coin === undefined) return;
  const { code } = state.assetAt(coin.asset);
  refuse(
    "MULTI_ASSET",
    `the account pledges ${code}, so it holds no positions that settle in it`,
    path,
    market.symbol,
    "take the coins out of the cross pool with setMultiAsset first",
  );
}

/**
 * Refuses an isolated position of an account that pledges coins, where the profile keeps the two apart.
 *
 * @throws RiskError MULTI_ASSET
 */
export function refuseIsolatedWithMultiAsset(
  state: EngineState,
  account: number,
  path: string,
): void {
  if (!state.rules.multiAssetExcludesIsolated || !state.accounts.multiAsset(account)) return;
  refuse(
    "MULTI_ASSET",
    "an account that pledges coins holds no isolated positions in this profile",
    path,
    "isolated",
  );
}

/** Sums over the coin's legs; what has no leg (ratio 0, above the last cap) is value and haircut alike. */
function pledgeFigures(
  state: EngineState,
  coin: Coin,
  balance: bigint,
  legs: readonly number[],
): { readonly value: bigint; readonly haircut: bigint } {
  const { kernel } = state;
  let [uncounted, value, haircut] = [balance, 0n, 0n];
  for (const leg of legs) {
    const figures = kernel.legFigures(leg);
    value += figures.value;
    haircut += figures.haircut;
    uncounted -= BigInt(kernel.quantity(leg));
  }
  const { numerator, divisor } = coin.terms;
  const rest = (uncounted * BigInt(kernel.mark(coin.slot)) * numerator) / divisor;
  return { value: value + rest, haircut: haircut + rest };
}

/** A coin's index price as decimal text, or null where none was set. */
export function indexPriceText(state: EngineState, coin: Coin): string | null {
  const mark = state.kernel.mark(coin.slot);
  return mark === 0 ? null : formatDecimal(mark, coin.priceDecimals);
}

/** What a coin is to an account that pledges it; undefined where it does not. */
export function collateralView(
  state: EngineState,
  account: number,
  asset: number,
): CollateralView | undefined {
  const { kernel } = state;
  const coin = pledgedCoin(state, account, asset);
  const wallet = state.crossPool(account, asset);
  if (coin === undefined || wallet === NO_POOL) return undefined;
  const { code, decimals } = state.assetAt(asset);
  const settle = state.assetAt(coin.settle);
  const pool = state.crossPool(account, coin.settle);
  const legs = pool === NO_POOL ? [] : coinLegs(state, pool, coin);
  const balance = kernel.collateral(wallet);
  const { value, haircut } = pledgeFigures(state, coin, balance, legs);
  const text = (units: bigint): string => formatDecimal(units, settle.decimals);
  const priceAt = (direction: Direction): string | null => {
    const units = legs.length === 0 ? null : kernel.liquidationPrice(pool, coin.slot, direction);
    return units === null ? null : formatDecimal(units, coin.priceDecimals);
  };
  return {
    asset: code,
    settle: settle.code,
    balance: formatDecimal(balance, decimals),
    indexPrice: indexPriceText(state, coin),
    value: text(value),
    haircut: text(haircut),
    counted: text(value - haircut),
    liquidationPrice: { down: priceAt("down"), up: priceAt("up") },
  };
}
