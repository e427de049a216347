// Accounts and wallets: openAccount, closeAccount, deposit, withdraw, setBalance. A coin that counts as collateral has no pool of its
// own: what its balance does is judged in the cross pool that it joins.
import type { Command } from "../../../src/types.ts";
import { beyondWithdrawals, requireAffordable, withdrawable } from "./admission.ts";
import {
  type Account,
  type Asset,
  accountOf,
  addFlow,
  addToWallet,
  assetOf,
  type Book,
  walletOf,
} from "./book.ts";
import { crossFigures, isPledged } from "./pools.ts";
import { must, refuse } from "./refusal.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

export function openAccount(book: Book, command: CommandOf<"openAccount">): void {
  must(!book.accounts.has(command.account), "DUPLICATE_ACCOUNT");
  book.accounts.set(command.account, {
    id: command.account,
    hedged: command.hedged ?? false,
    multiAsset: false,
    wallets: new Map(),
    positions: [],
    orders: [],
    settings: new Map(),
    mode: undefined,
  });
}

export function closeAccount(book: Book, command: CommandOf<"closeAccount">): void {
  const { positions, orders, wallets } = accountOf(book, command.account);
  must(positions.length === 0 && orders.length === 0, "ACCOUNT_NOT_EMPTY");
  for (const balance of wallets.values()) must(balance === 0n, "ACCOUNT_NOT_EMPTY");
  book.accounts.delete(command.account);
}

/** The asset in whose cross pool a balance counts. */
function poolAsset(account: Account, asset: Asset): string {
  const settle = asset.collateral?.settle;
  return isPledged(account, asset) && settle !== undefined ? settle : asset.code;
}

function read(
  book: Book,
  command: { readonly account: string; readonly asset: string },
): { readonly account: Account; readonly asset: Asset } {
  const account = accountOf(book, command.account);
  return { account, asset: assetOf(book, command.asset) };
}

/** Amounts of the model's commands are bigints: smallest units. */
export function amountOf(value: unknown): bigint {
  if (typeof value !== "bigint") throw new TypeError("the model takes amounts as bigints");
  return value;
}

/** An amount that must be above 0. */
export function positiveAmount(value: unknown): bigint {
  const amount = amountOf(value);
  must(amount > 0n, "OUT_OF_RANGE");
  return amount;
}

export function deposit(book: Book, command: CommandOf<"deposit">): void {
  const { account, asset } = read(book, command);
  const amount = positiveAmount(command.amount);
  addToWallet(account, asset.code, amount);
  crossFigures(book, account, poolAsset(account, asset));
  addFlow(book, asset.code, "transfers", amount);
}

export function withdraw(book: Book, command: CommandOf<"withdraw">): void {
  const { account, asset } = read(book, command);
  const amount = positiveAmount(command.amount);
  if (isPledged(account, asset)) {
    const settle = poolAsset(account, asset);
    addToWallet(account, asset.code, -amount);
    must(walletOf(account, asset.code) >= 0n, "INSUFFICIENT_FUNDS");
    must(beyondWithdrawals(book, account, settle) >= 0n, "INSUFFICIENT_FUNDS");
    must(!crossFigures(book, account, settle).liquidatable, "INSUFFICIENT_FUNDS");
  } else {
    must(amount <= withdrawable(book, account, asset.code), "INSUFFICIENT_FUNDS");
    addToWallet(account, asset.code, -amount);
  }
  addFlow(book, asset.code, "transfers", -amount);
}

export function setBalance(book: Book, command: CommandOf<"setBalance">): void {
  const { account, asset } = read(book, command);
  const change = amountOf(command.amount) - walletOf(account, asset.code);
  addToWallet(account, asset.code, change);
  if (change !== 0n) crossFigures(book, account, poolAsset(account, asset));
  addFlow(book, asset.code, "imports", change);
}

export function setIndexPrices(book: Book, command: CommandOf<"setIndexPrices">): void {
  for (const [code, price] of Object.entries(command.prices)) {
    if (assetOf(book, code).collateral === undefined) refuse("BAD_VALUE");
    book.indexPrices.set(code, positiveAmount(price));
  }
}

/** Some venues let an account have pledged coins or isolated positions, not both. */
export function requireIsolatedAllowed(book: Book, account: Account): void {
  must(!account.multiAsset || !book.rules.multiAssetExcludesIsolated, "MULTI_ASSET");
}

/** Coins join the cross pools they count in; debts may not sink one that stands. */
function pledge(book: Book, account: Account, coins: readonly Asset[]): void {
  const settles = new Set(coins.flatMap(({ collateral }) => collateral?.settle ?? []));
  const sunk = (): string[] =>
    [...settles].filter((settle) => crossFigures(book, account, settle).liquidatable);
  const before = sunk();
  account.multiAsset = true;
  must(
    sunk().every((settle) => before.includes(settle)),
    "WOULD_LIQUIDATE",
  );
}

/** Coins leave the cross pools they counted in. */
function takeOut(book: Book, account: Account, coins: readonly Asset[]): void {
  account.multiAsset = false;
  for (const { code, collateral } of coins) {
    const balance = walletOf(account, code);
    if (collateral === undefined || balance === 0n) continue;
    must(balance > 0n, "INSUFFICIENT_FUNDS");
    requireAffordable(book, account, collateral.settle, 0n);
  }
}

export function setMultiAsset(book: Book, command: CommandOf<"setMultiAsset">): void {
  const account = accountOf(book, command.account);
  must(account.multiAsset !== command.enabled, "ALREADY_SET");
  const coins = book.assets.filter(({ collateral }) => collateral !== undefined);
  if (!command.enabled) {
    takeOut(book, account, coins);
    return;
  }
  const held = [...account.positions, ...account.orders].map(({ symbol }) => symbol);
  for (const { symbol, settle } of book.markets) {
    const inCoin = coins.some(({ code }) => code === settle);
    must(!inCoin || !held.includes(symbol), "MULTI_ASSET");
  }
  const isolated = account.positions.some(({ mode }) => mode === "isolated");
  must(!book.rules.multiAssetExcludesIsolated || !isolated, "MULTI_ASSET");
  pledge(book, account, coins);
}
