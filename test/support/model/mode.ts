// setMarginMode: which positions a switch between cross and isolated margin concerns, what each policy lets through, and what is kept
// for positions to come.
import type { PositionSide, SetMarginModeCommand } from "../../../src/types.ts";
import { requireLeverage } from "./admission.ts";
import {
  type Account,
  accountOf,
  type Book,
  markedMarket,
  modeFor,
  type Position,
  settingOf,
  sideOf,
} from "./book.ts";
import { convert, type Place, reduceToFit, requireCross } from "./conversion.ts";
import { requireCapsWithout } from "./leverage.ts";
import { inMarketOrder } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { amountOf, requireIsolatedAllowed } from "./wallets.ts";

const BOTH: readonly PositionSide[] = ["long", "short"];

/** The account's open positions that a command is about: markets as declared, long before short. */
function concerned(book: Book, account: Account, command: SetMarginModeCommand): Position[] {
  const { symbol, side } = command;
  return inMarketOrder(book, account).filter(
    (position) =>
      (symbol === undefined || position.symbol === symbol) &&
      (side === undefined || sideOf(position) === side),
  );
}

/** Refuses a switch to what is there already: of positions, or without any of the choice for those to come. */
function requireNews(
  book: Book,
  account: Account,
  command: SetMarginModeCommand,
  positions: readonly Position[],
): void {
  const { marginMode, symbol } = command;
  const modes = positions.map(({ mode }) => mode);
  if (symbol === undefined) {
    modes.push(...book.markets.map((market) => modeFor(account, market.symbol)));
  } else if (positions.length === 0) modes.push(modeFor(account, symbol));
  must(
    modes.some((mode) => mode !== marginMode),
    "ALREADY_SET",
  );
}

/** Keeps a stated leverage for the sides of a market that the switch concerns: all that have no position in the mode already. */
function keepLeverage(
  book: Book,
  account: Account,
  command: SetMarginModeCommand,
  symbol: string,
): void {
  const leverage = amountOf(command.leverage ?? 0n);
  if (leverage === 0n) return;
  const market = markedMarket(book, symbol);
  const held = account.positions.filter((position) => position.symbol === symbol);
  for (const side of command.side === undefined ? BOTH : [command.side]) {
    // The two sides of a one-way account are one.
    const there = account.hedged ? held.filter((position) => sideOf(position) === side) : held;
    if (there.some(({ mode }) => mode === command.marginMode)) continue;
    settingOf(account, symbol).leverage[side] = leverage;
    if (!held.some((position) => sideOf(position) === side)) {
      requireCapsWithout(market, command.marginMode, leverage);
    }
  }
}

/** Switches market by market, keeping leverages on the way; returns what was moved. */
function switchMarkets(
  book: Book,
  account: Account,
  command: SetMarginModeCommand,
  positions: readonly Position[],
): Place[] {
  const { symbol, marginMode: mode } = command;
  const leverage = amountOf(command.leverage ?? 0n);
  const moved: Place[] = [];
  const symbols = symbol === undefined ? positions.map((position) => position.symbol) : [symbol];
  for (const one of new Set(symbols)) {
    const here = positions.filter((position) => position.symbol === one && position.mode !== mode);
    const places = here.map((position) => ({
      account: account.id,
      symbol: one,
      side: sideOf(position),
    }));
    keepLeverage(book, account, command, one);
    for (const place of places) {
      if ((command.policy ?? book.rules.modeSwitch) === "reduceToFit") {
        const price = command.closePrice === undefined ? undefined : amountOf(command.closePrice);
        reduceToFit(book, place, mode, leverage, price);
      } else convert(book, place, mode, leverage);
    }
    moved.push(...places);
  }
  return moved;
}

/** Stores the mode for positions to come: of the market, or of all. */
function keepMode(account: Account, { symbol, marginMode }: SetMarginModeCommand): void {
  if (symbol !== undefined) {
    settingOf(account, symbol).mode = marginMode;
    return;
  }
  account.mode = marginMode;
  for (const setting of account.settings.values()) setting.mode = undefined;
}

export function setMarginMode(book: Book, command: SetMarginModeCommand): void {
  const account = accountOf(book, command.account);
  const { symbol, marginMode } = command;
  const policy = command.policy ?? book.rules.modeSwitch;
  must(policy === "reduceToFit" || command.closePrice === undefined, "BAD_VALUE");
  if (policy === "accountWide") must(symbol === undefined, "ACCOUNT_WIDE");
  else if (symbol === undefined) refuse("BAD_VALUE");
  if (command.leverage !== undefined) requireLeverage(book, amountOf(command.leverage));
  const positions = concerned(book, account, command);
  requireNews(book, account, command, positions);
  if (marginMode === "isolated") requireIsolatedAllowed(book, account);
  const orders = account.orders.some((order) => symbol === undefined || order.symbol === symbol);
  must(!orders || command.carryOrders === true, "ORDERS_OPEN");
  if (positions.length > 0 && policy === "refuseWithPosition") refuse("POSITION_OPEN");
  if (positions.length > 0 && policy === "transferOnly") refuse("TRANSFER_ONLY");
  const converts = positions.some(({ mode }) => mode !== marginMode);
  must(symbol !== undefined || command.leverage === undefined || converts, "BAD_VALUE");
  const moved = switchMarkets(book, account, command, positions);
  // The cross pools are asked when all positions have moved (and after each that is reduced to fit).
  for (const place of moved) requireCross(book, place, marginMode);
  keepMode(account, command);
}
