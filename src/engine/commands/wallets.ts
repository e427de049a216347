// Commands on accounts and their wallets: openAccount, closeAccount, deposit, withdraw, setBalance. A wallet is
// the collateral of the account's cross pool in one asset; the pool comes into being with the first balance
// or position and goes with the account.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT } from "../../model.ts";
import type { Command, DecimalLike, EngineEvent } from "../../types.ts";
import { crossTag, NO_POOL, tagIndex, tagMode } from "../accounts.ts";
import { checkAffordable } from "../admission.ts";
import type { EngineAsset } from "../markets.ts";
import { NO_ORDER } from "../orders.ts";
import { mirrorPledge, pledgedCoin } from "../pledges.ts";
import { MAX_ACCOUNT_ID, optionalFlag, refuse, requireText } from "../read.ts";
import { settleOf } from "../scope.ts";
import type { EngineState } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { checkWithdrawal } from "../withdrawals.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

export function openAccount(
  state: EngineState,
  command: CommandOf<"openAccount">,
  path: string,
): EngineEvent[] {
  const id = requireText(command.account, MAX_ACCOUNT_ID, `${path}.account`);
  const hedged = optionalFlag(command.hedged, `${path}.hedged`);
  if (state.accounts.open(id, hedged) < 0) {
    refuse("DUPLICATE_ACCOUNT", "the account exists already", `${path}.account`, id);
  }
  return [{ type: "accountOpened", account: id }];
}

export function closeAccount(
  state: EngineState,
  command: CommandOf<"closeAccount">,
  path: string,
): EngineEvent[] {
  const { kernel } = state;
  const account = state.account(command.account, `${path}.account`);
  const pools = state.pools(account);
  for (const pool of pools) {
    const isolated = tagMode(kernel.tag(pool)) === "isolated";
    if (isolated || state.legs(pool).length > 0) {
      refuse("ACCOUNT_NOT_EMPTY", "the account holds a position", path, command.account);
    }
    const balance = kernel.collateral(pool);
    if (balance !== 0n) {
      const asset = state.assetAt(tagIndex(kernel.tag(pool)));
      const held = `${formatDecimal(balance, asset.decimals)} ${asset.code}`;
      refuse("ACCOUNT_NOT_EMPTY", `the account holds ${held}`, path, command.account);
    }
  }
  if (state.orders.first(account) !== NO_ORDER) {
    refuse("ACCOUNT_NOT_EMPTY", "the account has open orders", path, command.account);
  }
  for (const pool of pools) state.removePool(account, pool);
  state.settings.forget(account);
  state.insurance.setPartial(command.account, undefined);
  state.accounts.close(account);
  return [{ type: "accountClosed", account: command.account }];
}

/** The event of a changed wallet. */
export function balanceEvent(
  account: string,
  asset: EngineAsset,
  balance: bigint,
  change: bigint,
): EngineEvent {
  return {
    type: "balanceChanged",
    account,
    asset: asset.code,
    balance: formatDecimal(balance, asset.decimals),
    change: formatDecimal(change, asset.decimals),
  };
}

/** Balance of a wallet; 0 where the account has none in the asset. */
export function balanceOf(state: EngineState, account: number, asset: number): bigint {
  const pool = state.crossPool(account, asset);
  return pool === NO_POOL ? 0n : state.kernel.collateral(pool);
}

/** The account's cross pool in an asset, made if need be. */
export function openCrossPool(
  state: EngineState,
  transaction: Transaction,
  account: number,
  asset: number,
): number {
  const pool = state.crossPool(account, asset);
  return pool === NO_POOL ? transaction.createPool(account, crossTag(asset), 0n) : pool;
}

/** The pool that a changed wallet counts in: its own or, for a pledged coin, the settle pool whose legs then follow it. */
function backedPool(
  state: EngineState,
  transaction: Transaction,
  account: number,
  wallet: number,
  path: string,
): number {
  const { kernel } = state;
  const coin = pledgedCoin(state, account, tagIndex(kernel.tag(wallet)));
  if (coin === undefined) return wallet;
  return mirrorPledge(state, transaction, account, coin, kernel.collateral(wallet), path);
}

interface WalletRequest {
  readonly account: number;
  readonly asset: EngineAsset;
  readonly amount: bigint;
}

function readRequest(
  state: EngineState,
  command: { readonly account: string; readonly asset: string; readonly amount: DecimalLike },
  min: bigint,
  path: string,
): WalletRequest {
  const account = state.account(command.account, `${path}.account`);
  const asset = state.asset(command.asset, `${path}.asset`);
  const limits = { min, max: MAX_AMOUNT };
  const amount = parseDecimal(command.amount, asset.decimals, `${path}.amount`, limits);
  return { account, asset, amount };
}

export function deposit(
  state: EngineState,
  command: CommandOf<"deposit">,
  path: string,
): EngineEvent[] {
  const { account, asset, amount } = readRequest(state, command, 1n, path);
  return transact(state, (transaction) => {
    const pool = openCrossPool(state, transaction, account, asset.index);
    const balance = state.kernel.collateral(pool) + amount;
    transaction.setCollateral(pool, balance, `${path}.amount`);
    transaction.figures(backedPool(state, transaction, account, pool, `${path}.amount`));
    transaction.book(asset.index, "transfers", amount);
    return [balanceEvent(command.account, asset, balance, amount)];
  });
}

export function withdraw(
  state: EngineState,
  command: CommandOf<"withdraw">,
  path: string,
): EngineEvent[] {
  const { account, asset, amount } = readRequest(state, command, 1n, path);
  return transact(state, (transaction) => {
    const pool = openCrossPool(state, transaction, account, asset.index);
    const balance = state.kernel.collateral(pool) - amount;
    transaction.setCollateral(pool, balance, `${path}.amount`);
    checkAffordable(state, account, pool, asset, balance, `${path}.amount`, command.amount);
    const backed = backedPool(state, transaction, account, pool, `${path}.amount`);
    const settle = state.assetAt(settleOf(state, backed));
    if (backed !== pool) {
      checkAffordable(state, account, backed, settle, 0n, `${path}.amount`, command.amount);
    }
    checkWithdrawal(state, account, backed, settle, `${path}.amount`, command.amount);
    transaction.book(asset.index, "transfers", -amount);
    return [balanceEvent(command.account, asset, balance, -amount)];
  });
}

export function setBalance(
  state: EngineState,
  command: CommandOf<"setBalance">,
  path: string,
): EngineEvent[] {
  const { account, asset, amount } = readRequest(state, command, -MAX_AMOUNT, path);
  return transact(state, (transaction) => {
    const before = balanceOf(state, account, asset.index);
    if (amount !== before) {
      const pool = openCrossPool(state, transaction, account, asset.index);
      transaction.setCollateral(pool, amount, `${path}.amount`);
      transaction.figures(backedPool(state, transaction, account, pool, `${path}.amount`));
      transaction.book(asset.index, "imports", amount - before);
    }
    return [balanceEvent(command.account, asset, amount, amount - before)];
  });
}
