// Commands on accounts and their wallets: openAccount, closeAccount, deposit, withdraw, setBalance. A wallet is
// the collateral of the account's cross pool in one asset; the pool comes into being with the first balance
// or position and goes with the account.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT, type PoolFigures } from "../../model.ts";
import type { Command, DecimalLike, EngineEvent } from "../../types.ts";
import { crossTag, NO_POOL, tagIndex, tagMode } from "../accounts.ts";
import type { EngineAsset } from "../markets.ts";
import { MAX_ACCOUNT_ID, optionalFlag, refuse, requireText } from "../read.ts";
import type { EngineState } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";

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
    if (isolated || kernel.legCount(pool) > 0) {
      refuse("ACCOUNT_NOT_EMPTY", "the account holds a position", path, command.account);
    }
    const balance = kernel.collateral(pool);
    if (balance !== 0n) {
      const asset = state.assetAt(tagIndex(kernel.tag(pool)));
      const held = `${formatDecimal(balance, asset.decimals)} ${asset.code}`;
      refuse("ACCOUNT_NOT_EMPTY", `the account holds ${held}`, path, command.account);
    }
  }
  for (const pool of pools) state.removePool(account, pool);
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

/**
 * Refuses where a wallet cannot give what it was asked for: below zero, equity below the initial margin, or (a requirement may be
 * above that) liquidatable at once.
 */
export function checkAffordable(
  wallet: bigint,
  figures: PoolFigures,
  asset: EngineAsset,
  path: string,
  asked: unknown,
): void {
  const show = (amount: bigint): string => `${formatDecimal(amount, asset.decimals)} ${asset.code}`;
  if (wallet < 0n) {
    refuse("INSUFFICIENT_FUNDS", `the wallet is short of ${show(-wallet)}`, path, asked);
  }
  if (figures.equity < figures.initialMargin) {
    refuse(
      "INSUFFICIENT_FUNDS",
      `equity would be ${show(figures.equity)}, below the initial margin of ${show(figures.initialMargin)}`,
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
    transaction.figures(pool);
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
    checkAffordable(balance, transaction.figures(pool), asset, `${path}.amount`, command.amount);
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
      transaction.figures(pool);
    }
    return [balanceEvent(command.account, asset, amount, amount - before)];
  });
}
