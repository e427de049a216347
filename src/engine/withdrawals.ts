// What may leave the book from a cross wallet: never more than it holds, nothing that initial margin and open orders need, nothing that would
// make the scope liquidatable, and by the profile's knob `withdrawal` (a withdrawal moves wallet and equity alike, so each
// rule is a bound on what is left):
//
//   initialMargin      equity                            − initial margin                        − reserved
//   walletAndEquity    equity less profit counted in it  − initial margin                        − reserved
//   initialOrTenth     equity                            − max(initial margin, ⌈notional / 10⌉)  − reserved
import { formatDecimal } from "../decimal.ts";
import type { PoolFigures } from "../model.ts";
import { NO_POOL } from "./accounts.ts";
import { initialRequirement, keptStanding, reservedMargin } from "./admission.ts";
import { ceilDivide } from "./arithmetic.ts";
import type { EngineAsset } from "./markets.ts";
import { refuse } from "./read.ts";
import type { EngineState } from "./state.ts";

/** What equity counts of unrealised results, and the notional, of the positions of a pool; collateral coins are neither. */
function positionSums(state: EngineState, pool: number): { profit: bigint; notional: bigint } {
  const { kernel } = state;
  let profit = 0n;
  let notional = 0n;
  for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
    if (state.findMarketOfSlot(kernel.legPrice(leg)) === undefined) continue;
    const figures = kernel.legFigures(leg);
    profit += figures.value - kernel.cost(leg) - figures.haircut;
    notional += figures.notional;
  }
  return { profit, notional };
}

/** What the pool's equity exceeds by the profile's rule for withdrawals; negative where it falls short. */
function spareEquity(
  state: EngineState,
  account: number,
  pool: number,
  asset: number,
  figures: PoolFigures,
): bigint {
  const { equity } = figures;
  const initial = initialRequirement(state, pool, figures);
  const spare = equity - initial - reservedMargin(state, account, asset);
  const { withdrawal } = state.rules;
  if (withdrawal === "initialMargin") return spare;
  const { profit, notional } = positionSums(state, pool);
  if (withdrawal === "walletAndEquity") return profit > 0n ? spare - profit : spare;
  const tenth = ceilDivide(notional, 10n);
  return tenth > initial ? spare - (tenth - initial) : spare;
}

/** The most that {@link checkWithdrawal} lets leave a cross wallet, in quote units. */
export function withdrawableMargin(state: EngineState, account: number, asset: number): bigint {
  const pool = state.crossPool(account, asset);
  if (pool === NO_POOL) return 0n;
  const figures = state.kernel.poolFigures(pool);
  const wallet = state.kernel.collateral(pool);
  const spare = keptStanding(state, figures, spareEquity(state, account, pool, asset, figures));
  const most = spare < wallet ? spare : wallet;
  return most > 0n ? most : 0n;
}

/** Refuses a withdrawal after which (as the pool stands within a transaction) the profile's rule is broken; `checkAffordable` stood. */
export function checkWithdrawal(
  state: EngineState,
  account: number,
  pool: number,
  asset: EngineAsset,
  path: string,
  asked: unknown,
): void {
  const { withdrawal } = state.rules;
  if (withdrawal === "initialMargin") return;
  const figures = state.kernel.poolFigures(pool);
  const spare = spareEquity(state, account, pool, asset.index, figures);
  if (spare >= 0n) return;
  const short = `${formatDecimal(-spare, asset.decimals)} ${asset.code}`;
  const rule =
    withdrawal === "walletAndEquity"
      ? "unrealised profit stays: initial margin and orders need"
      : "a tenth of the positions' notional stays: it needs";
  refuse("INSUFFICIENT_FUNDS", `${rule} ${short} more`, path, asked);
}
