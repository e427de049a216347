// Commands on coins as collateral: setIndexPrices moves their prices, setMultiAsset lets an account's coins join the cross
// pools of their settle assets or takes them out again. Deposits and withdrawals of pledged coins are in wallets.ts.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import type { Command, DecimalLike, EngineEvent } from "../../types.ts";
import { NO_POOL, tagIndex, tagMode } from "../accounts.ts";
import { checkAffordable } from "../admission.ts";
import type { Coin } from "../collaterals.ts";
import {
  mirrorPledge,
  refuseIsolatedWithMultiAsset,
  refusePledgedSettle,
  requireIndexPrice,
} from "../pledges.ts";
import { refuse, requireObject } from "../read.ts";
import type { EngineState } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { balanceOf } from "./wallets.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

/** Index prices by asset as price units. */
export function readIndexPrices(
  state: EngineState,
  prices: Readonly<Record<string, DecimalLike>>,
  path: string,
): [Coin, number][] {
  requireObject(prices, path);
  return Object.entries(prices).map(([code, value]) => {
    const at = `${path}[${JSON.stringify(code)}]`;
    const { index } = state.asset(code, at);
    const coin = state.collaterals.of(index);
    if (coin === undefined) {
      return refuse("BAD_VALUE", "the asset has no collateral definition", at, code);
    }
    const limits = { min: 1n, max: BigInt(coin.maxPrice) };
    return [coin, Number(parseDecimal(value, coin.priceDecimals, at, limits))];
  });
}

/** Checks all prices, then sets them. */
export function setIndexPrices(
  state: EngineState,
  command: CommandOf<"setIndexPrices">,
  path: string,
): EngineEvent[] {
  const prices = readIndexPrices(state, command.prices, `${path}.prices`);
  for (const [coin, price] of prices) state.kernel.setMark(coin.slot, price);
  return [{ type: "indexPricesSet", count: prices.length }];
}

/** Refuses an account that holds a position, or rests an order, settling in one of its coins. */
function refuseCoinPositions(state: EngineState, account: number, path: string): void {
  const { kernel, orders } = state;
  for (const row of orders.rows(account)) {
    refusePledgedSettle(state, account, state.marketAt(orders.market(row)), path);
  }
  for (const pool of state.pools(account)) {
    const tag = kernel.tag(pool);
    const isolated = tagMode(tag) === "isolated";
    if (isolated) refuseIsolatedWithMultiAsset(state, account, path);
    const markets = isolated
      ? [state.marketAt(tagIndex(tag))]
      : state.legs(pool).map((leg) => state.marketOfLeg(leg));
    for (const market of markets) refusePledgedSettle(state, account, market, path);
  }
}

/** Coins that the account has a balance in, with it. */
function heldCoins(state: EngineState, account: number): [Coin, bigint][] {
  return Array.from(state.collaterals.all(), (coin): [Coin, bigint] => [
    coin,
    balanceOf(state, account, coin.asset),
  ]).filter(([, balance]) => balance !== 0n);
}

/** The flag, taken back with the transaction. Handles of scopes look anew: a pledged wallet is none. */
function setFlag(state: EngineState, transaction: Transaction, account: number, on: boolean): void {
  state.accounts.setMultiAsset(account, on);
  state.epoch++;
  transaction.onRollback(() => {
    state.accounts.setMultiAsset(account, !on);
    state.epoch++;
  });
}

/** Every coin into its settle pool. Coins that are owed count against it: that must not liquidate. */
function pledge(state: EngineState, transaction: Transaction, account: number, path: string): void {
  const { kernel } = state;
  setFlag(state, transaction, account, true);
  refuseCoinPositions(state, account, path);
  const held = heldCoins(state, account);
  for (const [coin] of held) requireIndexPrice(state, coin, path);
  const wasLiquidatable = new Map<number, boolean>();
  for (const [coin] of held) {
    const pool = state.crossPool(account, coin.settle);
    const before = pool !== NO_POOL && kernel.poolFigures(pool).liquidatable;
    wasLiquidatable.set(coin.settle, before);
  }
  for (const [coin, balance] of held) {
    mirrorPledge(state, transaction, account, coin, balance, path);
  }
  for (const [settle, before] of wasLiquidatable) {
    const pool = state.crossPool(account, settle);
    if (!kernel.poolFigures(pool).liquidatable || before) continue;
    const { code } = state.assetAt(settle);
    refuse("WOULD_LIQUIDATE", `the coins owed would liquidate the cross ${code} scope`, path, true);
  }
}

/** Every coin back into its wallet; the settle pools must stand without them. */
function release(
  state: EngineState,
  transaction: Transaction,
  account: number,
  path: string,
): void {
  const held = heldCoins(state, account);
  for (const [coin, balance] of held) {
    if (balance >= 0n) continue;
    const { code, decimals } = state.assetAt(coin.asset);
    const owed = `${formatDecimal(-balance, decimals)} ${code}`;
    refuse("INSUFFICIENT_FUNDS", `the account owes ${owed}`, path, false, "pay it back first");
  }
  for (const [coin] of held) mirrorPledge(state, transaction, account, coin, 0n, path);
  setFlag(state, transaction, account, false);
  for (const settle of new Set(held.map(([coin]) => coin.settle))) {
    const pool = state.crossPool(account, settle);
    checkAffordable(state, account, pool, state.assetAt(settle), 0n, path, false);
  }
}

export function setMultiAsset(
  state: EngineState,
  command: CommandOf<"setMultiAsset">,
  path: string,
): EngineEvent[] {
  const account = state.account(command.account, `${path}.account`);
  const { enabled } = command;
  const place = `${path}.enabled`;
  if (typeof enabled !== "boolean") refuse("BAD_VALUE", "must be true or false", place, enabled);
  if (state.accounts.multiAsset(account) === enabled) {
    const word = enabled ? "pledges its coins" : "does not pledge its coins";
    refuse("ALREADY_SET", `the account ${word} already`, place, enabled);
  }
  return transact(state, (transaction) => {
    if (enabled) pledge(state, transaction, account, place);
    else release(state, transaction, account, place);
    return [{ type: "multiAssetSet", account: command.account, enabled }];
  });
}
