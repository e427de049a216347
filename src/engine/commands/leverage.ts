// setLeverage: the leverage of a market, kept for positions to come and set on the one that is open. On a cross position it
// changes the initial margin; what it does to an isolated position's margin is the venue's rule (isolatedLeverageChange).
import { formatDecimal } from "../../decimal.ts";
import type { EngineEvent, PositionSide, SetLeverageCommand } from "../../types.ts";
import { NO_POOL } from "../accounts.ts";
import { checkAffordable, initialRequirement, reservedMargin } from "../admission.ts";
import { ceilDivide } from "../arithmetic.ts";
import { checkLeverage, checkLeverageForm } from "../leverage.ts";
import { readLeverage } from "../markets.ts";
import { refuse, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { checkWallet, marginEvent, moveMargin } from "./margin.ts";
import { SIDES } from "./positions.ts";
import type { Target } from "./target.ts";
import { balanceEvent, balanceOf } from "./wallets.ts";

const MILLI = 1000n;
const LEVERAGE_DECIMALS = 3;

interface Change {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  readonly sides: readonly PositionSide[];
  readonly leverageMilli: number;
  readonly command: SetLeverageCommand;
  /** Of the leverage. */
  readonly path: string;
}

/** A leverage that a command must state and the profile must take. */
export function requireLeverage(
  state: EngineState,
  value: SetLeverageCommand["leverage"],
  path: string,
): number {
  if (value === undefined || value === null) refuse("BAD_VALUE", "is missing", path, value);
  const leverageMilli = readLeverage(value, path);
  checkLeverageForm(state, leverageMilli, path, value);
  return leverageMilli;
}

/** The sides a command is for: the one named, which only a hedged account may do, or both. */
export function readSides(
  state: EngineState,
  account: number,
  side: unknown,
  path: string,
): readonly PositionSide[] {
  if (side === undefined) return SIDES;
  if (!state.accounts.hedged(account)) {
    refuse("POSITION_MODE", "a one-way account has no sides to choose", path, side);
  }
  return [requireWord(side, SIDES, path)];
}

/** The event of a leverage that was set. */
export function leverageEvent(
  account: string,
  market: EngineMarket,
  side: PositionSide,
  leverageMilli: number,
): EngineEvent {
  const leverage = formatDecimal(leverageMilli, LEVERAGE_DECIMALS);
  return { type: "leverageSet", account, symbol: market.symbol, side, leverage };
}

/** Entry notional over leverage, rounded up. */
export function entryMarginCeil(cost: bigint, leverageMilli: number): bigint {
  const notional = cost < 0n ? -cost : cost;
  return ceilDivide(notional * MILLI, BigInt(leverageMilli));
}

function readChange(state: EngineState, command: SetLeverageCommand, path: string): Change {
  const account = state.account(command.account, `${path}.account`);
  const market = state.market(command.symbol, `${path}.symbol`);
  return {
    id: command.account,
    account,
    market,
    sides: readSides(state, account, command.side, `${path}.side`),
    leverageMilli: requireLeverage(state, command.leverage, `${path}.leverage`),
    command,
    path: `${path}.leverage`,
  };
}

/** Refuses a leverage above the caps of what is open or, where nothing is, of the mode chosen and the first bracket. */
function checkCaps(state: EngineState, change: Change, path: string): void {
  const { account, market, sides, leverageMilli } = change;
  const chosen = state.settings.marginMode(account, market.index) ?? "cross";
  const scopes = state.accounts.hedged(account) ? sides : [undefined];
  for (const side of scopes) {
    const position = state.findPosition(account, market, side);
    const held =
      position === undefined
        ? { quantity: 0, cost: 0n, mode: chosen }
        : {
            quantity: state.kernel.quantity(position.leg),
            cost: state.kernel.cost(position.leg),
            mode: position.isolated ? ("isolated" as const) : ("cross" as const),
          };
    checkLeverage(state, market, { ...held, leverageMilli }, path);
  }
}

/** What the account's cross pool must hold: initial margin and reserves. */
function crossNeed(state: EngineState, { account, market }: Change): bigint {
  const pool = state.crossPool(account, market.settle);
  if (pool === NO_POOL) return 0n;
  const initial = initialRequirement(state, pool, state.kernel.poolFigures(pool));
  return initial + reservedMargin(state, account, market.settle);
}

/** Refuses an isolated position whose margin does not carry its new leverage. */
function checkIsolated(
  state: EngineState,
  change: Change,
  { pool }: PositionReference,
  released: bigint,
): void {
  const { market, path, command } = change;
  const figures = state.kernel.poolFigures(pool);
  const margin = state.kernel.collateral(pool);
  const show = (amount: bigint): string => formatDecimal(amount, market.settleDecimals);
  if (released > 0n && margin < 0n) {
    const message = `the position's margin is short of ${show(-margin)}`;
    refuse("MARGIN_EXHAUSTED", message, path, command.leverage);
  }
  if (figures.equity < figures.initialMargin) {
    const message = `the position's equity of ${show(figures.equity)} would be below its initial margin of ${show(figures.initialMargin)}`;
    refuse("BELOW_INITIAL_MARGIN", message, path, command.leverage);
  }
  if (released > 0n && figures.liquidatable) {
    const message = `the position would be liquidatable at an equity of ${show(figures.equity)}`;
    refuse("WOULD_LIQUIDATE", message, path, command.leverage);
  }
}

/** Margin that a new leverage draws into an isolated position; negative: that it releases. */
function remargin(state: EngineState, position: PositionReference, leverageMilli: number): bigint {
  const { kernel } = state;
  const cost = kernel.cost(position.leg);
  const old = kernel.leverageMilli(position.leg);
  const before = old === 0 ? kernel.collateral(position.pool) : entryMarginCeil(cost, old);
  return entryMarginCeil(cost, leverageMilli) - before;
}

function setIsolated(
  state: EngineState,
  transaction: Transaction,
  change: Change,
  target: Target,
): EngineEvent[] {
  const { position, market } = target;
  const { leverageMilli, path, command } = change;
  const { kernel, rules } = state;
  const old = kernel.leverageMilli(position.leg);
  const rule = rules.isolatedLeverageChange;
  if (rule === "refuseDecrease" && old !== 0 && leverageMilli < old) {
    const message = `an isolated position's leverage may only rise from its ${formatDecimal(old, LEVERAGE_DECIMALS)}x`;
    refuse("LEVERAGE", message, path, command.leverage);
  }
  const moved = rule === "remargin" ? remargin(state, position, leverageMilli) : 0n;
  const { quantity, cost } = {
    quantity: kernel.quantity(position.leg),
    cost: kernel.cost(position.leg),
  };
  transaction.setLeg(position.leg, market, quantity, cost, leverageMilli);
  if (moved !== 0n) {
    const wallet = moveMargin(state, transaction, target, moved, path);
    if (moved > 0n) checkWallet(state, target, wallet, path, command.leverage);
  }
  if (moved < 0n || rule === "keepMargin") checkIsolated(state, change, position, -moved);
  return moved === 0n ? [] : [marginEvent(state, target, moved, "leverage")];
}

/** Sets one side: the setting, and the position open there. */
function setSide(
  state: EngineState,
  transaction: Transaction,
  change: Change,
  side: PositionSide,
): EngineEvent[] {
  const { id, account, market, leverageMilli, path } = change;
  const { kernel, settings } = state;
  const position = state.findPosition(account, market, side);
  const kept = settings.leverageMilli(account, market.index, side) === leverageMilli;
  const stands = position === undefined || kernel.leverageMilli(position.leg) === leverageMilli;
  if (kept && stands) return [];
  if (!kept) {
    transaction.onRollback(settings.setLeverage(account, market.index, side, leverageMilli));
  }
  const events = [leverageEvent(id, market, side, leverageMilli)];
  if (position === undefined || stands) return events;
  if (position.isolated) {
    const target = { id, account, market, side, position, path };
    return [...events, ...setIsolated(state, transaction, change, target)];
  }
  const { leg } = position;
  transaction.setLeg(leg, market, kernel.quantity(leg), kernel.cost(leg), leverageMilli);
  return events;
}

export function setLeverage(
  state: EngineState,
  command: SetLeverageCommand,
  path: string,
): EngineEvent[] {
  const change = readChange(state, command, path);
  const { id, account, market, sides } = change;
  checkCaps(state, change, path);
  return transact(state, (transaction) => {
    const before = balanceOf(state, account, market.settle);
    const need = crossNeed(state, change);
    const events = sides.flatMap((side) => setSide(state, transaction, change, side));
    if (events.length === 0) {
      refuse("ALREADY_SET", "is the leverage already", change.path, command.leverage);
    }
    const pool = state.crossPool(account, market.settle);
    const asset = state.assetAt(market.settle);
    if (pool !== NO_POOL && crossNeed(state, change) > need) {
      checkAffordable(state, account, pool, asset, 0n, change.path, command.leverage);
    }
    const balance = balanceOf(state, account, market.settle);
    if (balance !== before) events.push(balanceEvent(id, asset, balance, balance - before));
    return events;
  });
}
