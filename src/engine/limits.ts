// The largest that a command accepts, found by asking the command: steps that double from one unit until one is refused, then halving
// between the last accepted and the first refused. So the answer is as exact as the rule itself: it is accepted,
// one unit more is refused.
import { formatDecimal } from "../decimal.ts";
import { NO_POOL } from "./accounts.ts";
import { availableMargin } from "./admission.ts";
import type { EngineAsset } from "./markets.ts";
import { pledgedCoin } from "./pledges.ts";
import { rehearseCommand } from "./rehearsal.ts";
import type { EngineState } from "./state.ts";
import { withdrawableMargin } from "./withdrawals.ts";

/**
 * Going up from 1: a number that is accepted while the next is refused, or `most`; 0 where 1 is refused. (Where acceptance comes and goes,
 * one of its upper ends.)
 */
export function largestAccepted(most: bigint, accepts: (units: bigint) => boolean): bigint {
  if (most < 1n || !accepts(1n)) return 0n;
  let accepted = 1n;
  let refused = 2n;
  while (refused <= most && accepts(refused)) {
    accepted = refused;
    refused *= 2n;
  }
  if (refused > most) {
    if (accepted === most || accepts(most)) return most;
    refused = most;
  }
  while (refused - accepted > 1n) {
    const middle = (accepted + refused) / 2n;
    if (accepts(middle)) accepted = middle;
    else refused = middle;
  }
  return accepted;
}

/** The most that a withdrawal of the asset is accepted for, as decimal text. */
export function withdrawableText(state: EngineState, account: number, asset: EngineAsset): string {
  const { index, code, decimals } = asset;
  if (pledgedCoin(state, account, index) === undefined) {
    return formatDecimal(withdrawableMargin(state, account, index), decimals);
  }
  // A pledged coin counts in another pool, by tiers: the command itself is asked.
  const wallet = state.crossPool(account, index);
  const balance = wallet === NO_POOL ? 0n : state.kernel.collateral(wallet);
  const id = state.accounts.id(account) ?? "";
  const most = largestAccepted(balance, (amount) => {
    const command = { type: "withdraw", account: id, asset: code, amount } as const;
    return rehearseCommand(state, command, () => true).refusal === null;
  });
  return formatDecimal(most, decimals);
}

/** What may leave the wallet for an isolated position, as decimal text; a pledged coin is no such money. */
export function availableText(state: EngineState, account: number, asset: EngineAsset): string {
  const pledged = pledgedCoin(state, account, asset.index) !== undefined;
  const units = pledged ? 0n : availableMargin(state, account, asset.index);
  return formatDecimal(units, asset.decimals);
}
