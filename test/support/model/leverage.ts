// setLeverage: a choice for positions to come, and what it does to those that are open.
import type { Command, MarginMode, PositionSide } from "../../../src/types.ts";
import {
  initialRequirement,
  requireAffordable,
  requireCaps,
  requireLeverage,
  reserved,
} from "./admission.ts";
import {
  type Account,
  accountOf,
  addToWallet,
  type Book,
  findPosition,
  type Market,
  markedMarket,
  modeFor,
  type Position,
  settingOf,
  sideOf,
  walletOf,
} from "./book.ts";
import { absolute, marginAt } from "./exact.ts";
import { requireSafe } from "./margin.ts";
import { inMarketOrder, isolatedFigures } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { amountOf } from "./wallets.ts";

/** Margin that the entry notional asks at a leverage. */
export function marginAtEntry(position: Position, leverage: bigint): bigint {
  return marginAt({ numerator: absolute(position.cost), denominator: 1n }, leverage);
}

/** An open isolated position's margin follows its leverage. */
function remargin(
  book: Book,
  account: Account,
  market: Market,
  position: Position,
  leverage: bigint,
): void {
  const { settle } = market;
  const wanted = marginAtEntry(position, leverage);
  const change =
    position.leverage === 0n
      ? wanted - position.margin
      : wanted - marginAtEntry(position, position.leverage);
  position.leverage = leverage;
  position.margin += change;
  addToWallet(account, settle, -change);
  if (change > 0n) requireAffordable(book, account, settle, walletOf(account, settle));
  if (change < 0n) {
    must(position.margin >= 0n, "MARGIN_EXHAUSTED");
    const { equity, initialMargin } = isolatedFigures(book, position);
    must(equity >= initialMargin, "BELOW_INITIAL_MARGIN");
    requireSafe(book, position);
  }
}

function setOnIsolated(
  book: Book,
  account: Account,
  market: Market,
  position: Position,
  leverage: bigint,
): void {
  switch (book.rules.isolatedLeverageChange) {
    case "remargin":
      remargin(book, account, market, position, leverage);
      break;
    case "refuseDecrease":
      must(leverage >= position.leverage, "LEVERAGE");
      position.leverage = leverage;
      break;
    case "keepMargin": {
      position.leverage = leverage;
      const { equity, initialMargin } = isolatedFigures(book, position);
      must(equity >= initialMargin, "BELOW_INITIAL_MARGIN");
      break;
    }
  }
}

/** Caps for a side without a position: the mode's, and those of the first bracket. */
export function requireCapsWithout(market: Market, mode: MarginMode, leverage: bigint): void {
  requireCaps(market, { quantity: 0n, cost: 0n, leverage }, mode);
}

/** What the cross pool must hold for positions and open orders. */
function needed(book: Book, account: Account, settle: string): bigint {
  return initialRequirement(book, account, settle) + reserved(book, account, settle);
}

export function setLeverage(
  book: Book,
  command: Extract<Command, { readonly type: "setLeverage" }>,
): void {
  const account = accountOf(book, command.account);
  const market = markedMarket(book, command.symbol);
  const leverage = amountOf(command.leverage);
  if (!account.hedged && command.side !== undefined) refuse("POSITION_MODE");
  requireLeverage(book, leverage);
  const sides: readonly PositionSide[] =
    command.side === undefined ? ["long", "short"] : [command.side];
  const setting = settingOf(account, market.symbol);
  const positions = inMarketOrder(book, account).filter(
    (position) => position.symbol === market.symbol && sides.includes(sideOf(position)),
  );
  for (const side of sides) {
    const position = findPosition(account, market.symbol, side);
    if (position !== undefined) requireCaps(market, { ...position, leverage }, position.mode);
    else if (account.hedged || positions.length === 0) {
      requireCapsWithout(market, modeFor(account, market.symbol), leverage);
    }
  }
  const isSet =
    sides.every((side) => setting.leverage[side] === leverage) &&
    positions.every((position) => position.leverage === leverage);
  must(!isSet, "ALREADY_SET");
  const before = needed(book, account, market.settle);
  for (const side of sides) setting.leverage[side] = leverage;
  for (const position of positions) {
    if (position.leverage === leverage) continue;
    if (position.mode === "cross") position.leverage = leverage;
    else setOnIsolated(book, account, market, position, leverage);
  }
  // Positions and open orders ask more of the cross pool at a lower leverage.
  if (needed(book, account, market.settle) > before)
    requireAffordable(book, account, market.settle, 0n);
}
