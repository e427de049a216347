// Margin of isolated positions: addMargin, reduceMargin, setAutoTopUp, topUpMargins. What leaves the wallet enters the
// position and the other way round, so nothing is made or lost; the wallet must be able to spare it (admission.ts), the position to go
// without it (isolated-margin.ts).
import { formatDecimal } from "../../decimal.ts";
import type { Command, DecimalLike, EngineEvent } from "../../types.ts";
import { tagIndex, tagMode, tagSide } from "../accounts.ts";
import { availableMargin, checkAffordable } from "../admission.ts";
import { checkRemoval } from "../isolated-margin.ts";
import { refuse } from "../read.ts";
import type { EngineState } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { findIsolated, readAmount, type Target, tagOf } from "./target.ts";
import { balanceEvent, openCrossPool } from "./wallets.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;
type Reason = Extract<EngineEvent, { readonly type: "marginChanged" }>["reason"];

/** Moves an amount from the wallet into an isolated position (negative: the other way). Pool of the wallet. */
export function moveMargin(
  state: EngineState,
  transaction: Transaction,
  target: Target,
  amount: bigint,
  path: string,
): number {
  const { kernel } = state;
  const { account, market, position } = target;
  const wallet = openCrossPool(state, transaction, account, market.settle);
  transaction.setCollateral(wallet, kernel.collateral(wallet) - amount, path);
  transaction.setCollateral(position.pool, kernel.collateral(position.pool) + amount, path);
  transaction.figures(position.pool);
  transaction.figures(wallet);
  return wallet;
}

/** The event of margin that moved; `change` positive: into the position. */
export function marginEvent(
  state: EngineState,
  { id, market, side, position }: Target,
  change: bigint,
  reason: Reason,
): EngineEvent {
  return {
    type: "marginChanged",
    account: id,
    symbol: market.symbol,
    side,
    isolatedMargin: formatDecimal(state.kernel.collateral(position.pool), market.settleDecimals),
    change: formatDecimal(change, market.settleDecimals),
    reason,
  };
}

function movedEvents(
  state: EngineState,
  target: Target,
  wallet: number,
  change: bigint,
  reason: Reason,
): EngineEvent[] {
  const asset = state.assetAt(target.market.settle);
  const balance = state.kernel.collateral(wallet);
  return [
    marginEvent(state, target, change, reason),
    balanceEvent(target.id, asset, balance, -change),
  ];
}

/** Refuses where the wallet cannot spare what left it, as it stands within a transaction. */
export function checkWallet(
  state: EngineState,
  target: Target,
  wallet: number,
  path: string,
  asked: DecimalLike,
): void {
  const { account, market } = target;
  const balance = state.kernel.collateral(wallet);
  checkAffordable(state, account, wallet, state.assetAt(market.settle), balance, path, asked);
}

export function addMargin(
  state: EngineState,
  command: CommandOf<"addMargin">,
  path: string,
): EngineEvent[] {
  const target = findIsolated(state, command, path);
  const place = `${path}.amount`;
  const amount = readAmount(target.market, command.amount, place);
  return transact(state, (transaction) => {
    const wallet = moveMargin(state, transaction, target, amount, place);
    checkWallet(state, target, wallet, place, command.amount);
    return movedEvents(state, target, wallet, amount, "command");
  });
}

export function reduceMargin(
  state: EngineState,
  command: CommandOf<"reduceMargin">,
  path: string,
): EngineEvent[] {
  const target = findIsolated(state, command, path);
  const place = `${path}.amount`;
  const amount = readAmount(target.market, command.amount, place);
  return transact(state, (transaction) => {
    const wallet = moveMargin(state, transaction, target, -amount, place);
    checkRemoval(state, target.market, target.position, place, command.amount);
    return movedEvents(state, target, wallet, -amount, "command");
  });
}

export function setAutoTopUp(
  state: EngineState,
  command: CommandOf<"setAutoTopUp">,
  path: string,
): EngineEvent[] {
  const target = findIsolated(state, command, path);
  const { enabled } = command;
  if (typeof enabled !== "boolean") {
    refuse("BAD_VALUE", "must be true or false", `${path}.enabled`, enabled);
  }
  const { settings } = state;
  const { account, id, market, side } = target;
  const tag = tagOf(target);
  if (settings.autoTopUp(account, tag) === enabled) {
    const is = enabled ? "is" : "is not";
    const message = `the position ${is} topped up automatically already`;
    refuse("ALREADY_SET", message, `${path}.enabled`, enabled);
  }
  return transact(state, (transaction) => {
    transaction.onRollback(settings.setAutoTopUp(account, tag, enabled));
    return [{ type: "autoTopUpSet", account: id, symbol: market.symbol, side, enabled }];
  });
}

/** Liquidatable isolated positions that may be topped up, by opening of their accounts, market, long before short. */
function positionsToTopUp(state: EngineState, path: string): Target[] {
  const { kernel, accounts, settings } = state;
  if (!settings.anyTopUp) return [];
  const scan = kernel.scan("marks");
  const targets: Target[] = [];
  for (const pool of scan.copyTo(new Uint32Array(scan.count))) {
    const tag = kernel.tag(pool);
    const account = kernel.owner(pool);
    if (tagMode(tag) !== "isolated" || !settings.autoTopUp(account, tag)) continue;
    const market = state.marketAt(tagIndex(tag));
    const position = { pool, leg: kernel.firstLeg(pool), isolated: true };
    const id = accounts.id(account) ?? "";
    targets.push({ id, account, market, side: tagSide(tag), position, path });
  }
  const rank = (target: Target): number => accounts.opening(target.account);
  // Tags of isolated positions order by market, then long before short.
  return targets.sort((a, b) => rank(a) - rank(b) || tagOf(a) - tagOf(b));
}

/** What a liquidatable position is short of: of its initial margin, or of standing where that takes more. */
function shortage(state: EngineState, pool: number): bigint {
  const { equity, initialMargin, clearance } = state.kernel.poolFigures(pool);
  const toStand = state.rules.triggerInclusive ? 1n - clearance : -clearance;
  const toInitial = initialMargin - equity;
  return toInitial > toStand ? toInitial : toStand;
}

function topUp(state: EngineState, transaction: Transaction, target: Target): EngineEvent[] {
  const { kernel } = state;
  const { account, market, position, path } = target;
  const short = shortage(state, position.pool);
  const available = availableMargin(state, account, market.settle);
  const amount = short < available ? short : available;
  const { clearance } = kernel.poolFigures(position.pool);
  const stands = state.rules.triggerInclusive ? clearance + amount > 0n : clearance + amount >= 0n;
  if (amount <= 0n || !stands) return [];
  const wallet = moveMargin(state, transaction, target, amount, path);
  return movedEvents(state, target, wallet, amount, "topUp");
}

export function topUpMargins(
  state: EngineState,
  _command: CommandOf<"topUpMargins">,
  path: string,
): EngineEvent[] {
  const targets = positionsToTopUp(state, path);
  return transact(state, (transaction) =>
    targets.flatMap((target) => topUp(state, transaction, target)),
  );
}
