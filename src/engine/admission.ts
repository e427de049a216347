// What a scope must hold for a venue to let something through: its initial margin (grown with open interest where the profile says
// so), what open orders reserve, and never less than its requirement. The one place that every trade, transfer
// and withdrawal asks.
import { formatDecimal } from "../decimal.ts";
import type { PoolFigures } from "../model.ts";
import { NO_POOL } from "./accounts.ts";
import { scaledExtra } from "./initial-rates.ts";
import type { EngineAsset } from "./markets.ts";
import { orderReserve } from "./order-margin.ts";
import { NO_ORDER } from "./orders.ts";
import { refuse } from "./read.ts";
import type { EngineState } from "./state.ts";

/** Initial margin the pool must hold, in quote units. `figures` are the pool's. */
export function initialRequirement(state: EngineState, pool: number, figures: PoolFigures): bigint {
  const { initialMargin } = figures;
  return state.rules.openInterestScaling ? initialMargin + scaledExtra(state, pool) : initialMargin;
}

/** What an account's open orders reserve of its cross pool in an asset. */
export function reservedMargin(state: EngineState, account: number, asset: number): bigint {
  return state.orders.first(account) === NO_ORDER ? 0n : orderReserve(state, account, asset);
}

/** The sum, as far as a pool can lose it without being liquidatable: its initial margin may be below its requirement. */
export function keptStanding(state: EngineState, figures: PoolFigures, sum: bigint): bigint {
  if (figures.maintenanceMargin === 0n) return sum;
  const most = state.rules.triggerInclusive ? figures.clearance - 1n : figures.clearance;
  return most < sum ? most : sum;
}

/** What may leave the cross pool for an isolated position: the wallet, as far as equity exceeds initial margin and reserves; at least 0. */
export function availableMargin(state: EngineState, account: number, asset: number): bigint {
  const pool = state.crossPool(account, asset);
  if (pool === NO_POOL) return 0n;
  const figures = state.kernel.poolFigures(pool);
  const wallet = state.kernel.collateral(pool);
  const free =
    figures.equity -
    initialRequirement(state, pool, figures) -
    reservedMargin(state, account, asset);
  const spare = keptStanding(state, figures, free);
  const available = spare < wallet ? spare : wallet;
  return available > 0n ? available : 0n;
}

/**
 * Refuses where a cross pool, as it stands within a transaction, cannot carry what was asked: a wallet below zero, equity below initial
 * margin and reserves, or (a requirement may be above that) liquidatable at once.
 *
 * @param wallet what must not be negative: the wallet where money left it, 0 where unrealised profit may stand in
 */
export function checkAffordable(
  state: EngineState,
  account: number,
  pool: number,
  asset: EngineAsset,
  wallet: bigint,
  path: string,
  asked: unknown,
): void {
  const figures = state.kernel.poolFigures(pool);
  const show = (amount: bigint): string => `${formatDecimal(amount, asset.decimals)} ${asset.code}`;
  if (wallet < 0n) {
    refuse("INSUFFICIENT_FUNDS", `the wallet is short of ${show(-wallet)}`, path, asked);
  }
  const initial = initialRequirement(state, pool, figures);
  const reserved = reservedMargin(state, account, asset.index);
  if (figures.equity < initial + reserved) {
    const orders = reserved === 0n ? "" : ` and ${show(reserved)} reserved for open orders`;
    refuse(
      "INSUFFICIENT_FUNDS",
      `equity would be ${show(figures.equity)}, below the initial margin of ${show(initial)}${orders}`,
      path,
      asked,
    );
  }
  if (figures.liquidatable) {
    const requirement = show(figures.maintenanceMargin + figures.closeFee);
    const message = `equity would be ${show(figures.equity)}, liquidatable at a requirement of ${requirement}`;
    refuse("INSUFFICIENT_FUNDS", message, path, asked);
  }
}

/**
 * Refuses a cross trade that the pool, as it stands within a transaction, cannot carry: a trade may lean on unrealised profit, so
 * only equity is asked. Where the profile lets a pool below its initial margin trade if that makes it no worse, `earlier` are its
 * figures before the trade: the maintenance margin may not rise, nor equity per unit of it fall. A reduction that leaves equity at or above
 * the initial margin is let through whatever open orders reserve.
 */
export function checkCrossTrade(
  state: EngineState,
  account: number,
  pool: number,
  asset: EngineAsset,
  earlier: PoolFigures | undefined,
  reduces: boolean,
  path: string,
  asked: unknown,
): void {
  if (earlier !== undefined) {
    const figures = state.kernel.poolFigures(pool);
    if (isNoWorse(earlier, figures)) return;
    if (reduces && figures.equity >= initialRequirement(state, pool, figures)) return;
  }
  checkAffordable(state, account, pool, asset, 0n, path, asked);
}

function isNoWorse(before: PoolFigures, after: PoolFigures): boolean {
  const { equity, maintenanceMargin } = after;
  if (maintenanceMargin > before.maintenanceMargin) return false;
  if (before.maintenanceMargin === 0n) return equity >= before.equity;
  return equity * before.maintenanceMargin >= before.equity * maintenanceMargin;
}
