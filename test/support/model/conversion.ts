// One position changed from cross to isolated margin or back: what moves, and what either side must hold afterwards.
import type { MarginMode, PositionSide } from "../../../src/types.ts";
import { bracketRate, initialRequirement, requireCaps, reserved } from "./admission.ts";
import {
  type Account,
  accountOf,
  addToWallet,
  type Book,
  copyBook,
  findPosition,
  type Market,
  marketOf,
  markOf,
  type Position,
  sideOf,
  walletOf,
} from "./book.ts";
import { absolute, ceilOf, larger, notionalOf, scaled } from "./exact.ts";
import { marginAtEntry } from "./leverage.ts";
import { requireSafe } from "./margin.ts";
import { countedResultOf, crossFigures, isolatedFigures, legFigures } from "./pools.ts";
import { must, Refusal, refuse } from "./refusal.ts";
import { fill } from "./trades.ts";

/** Names a position in any copy of a book. */
export interface Place {
  readonly account: string;
  readonly symbol: string;
  readonly side: PositionSide;
}

/** The cross pool that a switch to a mode leaves behind, or makes. */
export function requireCross(book: Book, place: Place, mode: MarginMode): void {
  if (mode === "cross" && book.rules.modeSwitchToCross === "always") return;
  const account = accountOf(book, place.account);
  const { settle } = marketOf(book, place.symbol);
  const { equity, liquidatable } = crossFigures(book, account, settle);
  const needed = initialRequirement(book, account, settle) + reserved(book, account, settle);
  must(equity >= needed && !liquidatable, "INSUFFICIENT_CROSS");
}

/** Margin strictly above the initial margin of the notional at the mark by the bracket's own rate. */
function requireEntryMargin(book: Book, market: Market, position: Position): void {
  const notional = notionalOf(market.terms, position.quantity, markOf(book, market));
  const rate = bracketRate(market, position.quantity, notional);
  const initial = ceilOf(scaled(notional, rate.numerator, rate.denominator));
  must(position.margin > initial, "BELOW_INITIAL_MARGIN");
}

function isolate(book: Book, account: Account, position: Position, stated: bigint): void {
  const market = marketOf(book, position.symbol);
  const { settle } = market;
  const chosen = account.settings.get(position.symbol)?.leverage[sideOf(position)] ?? 0n;
  const leverage = stated || position.leverage || chosen;
  if (leverage === 0n) refuse("BAD_VALUE");
  position.leverage = leverage;
  requireCaps(market, position, "isolated");
  const atEntry = marginAtEntry(position, leverage);
  const { initialMargin } = legFigures(book, position);
  const safe = book.rules.modeSwitchMargin === "safe";
  const unrealised = countedResultOf(book, position);
  const margin = safe ? larger(atEntry, initialMargin - unrealised) : atEntry;
  addToWallet(account, settle, -margin);
  must(walletOf(account, settle) >= 0n, "INSUFFICIENT_FUNDS");
  position.mode = "isolated";
  position.margin = margin;
  if (safe) {
    const figures = isolatedFigures(book, position);
    must(figures.equity >= figures.initialMargin, "BELOW_INITIAL_MARGIN");
  } else requireEntryMargin(book, market, position);
  requireSafe(book, position);
}

function join(book: Book, account: Account, position: Position, stated: bigint): void {
  const market = marketOf(book, position.symbol);
  if (stated !== 0n) position.leverage = stated;
  requireCaps(market, position, "cross");
  addToWallet(account, market.settle, position.margin);
  position.mode = "cross";
  position.margin = 0n;
  position.autoTopUp = false;
}

/** Moves a position; `leverage` 0n: it keeps its own. The cross pool is not asked yet. */
export function convert(book: Book, place: Place, mode: MarginMode, leverage: bigint): void {
  const account = accountOf(book, place.account);
  const position = findPosition(account, place.symbol, place.side) ?? refuse("NO_POSITION");
  if (mode === "isolated") isolate(book, account, position, leverage);
  else join(book, account, position, leverage);
}

/** Closes some lots as a taker does. */
function closeLots(book: Book, place: Place, lots: bigint, price: bigint): void {
  const { hedged } = accountOf(book, place.account);
  fill(book, {
    type: "fill",
    account: place.account,
    symbol: place.symbol,
    side: place.side === "long" ? "sell" : "buy",
    amount: lots,
    price,
    liquidity: "taker",
    ...(hedged ? { positionSide: place.side } : {}),
  });
}

/** True where a change does not fit, false where it does; what no size could mend is thrown. */
function refuses(change: () => void): boolean {
  try {
    change();
    return false;
  } catch (error) {
    if (error instanceof Refusal && error.code !== "BAD_VALUE") return true;
    throw error;
  }
}

/** Converts a position after closing the least number of lots, none if possible, that makes it fit. */
export function reduceToFit(
  book: Book,
  place: Place,
  mode: MarginMode,
  leverage: bigint,
  closePrice: bigint | undefined,
): void {
  const account = accountOf(book, place.account);
  const { quantity } = findPosition(account, place.symbol, place.side) ?? refuse("NO_POSITION");
  const market = marketOf(book, place.symbol);
  const price = closePrice ?? markOf(book, market);
  const attempt = (draft: Book, lots: bigint): void => {
    if (lots > 0n) closeLots(draft, place, lots, price);
    convert(draft, place, mode, leverage);
    requireCross(draft, place, mode);
  };
  let lots = 0n;
  while (refuses(() => attempt(copyBook(book), lots))) {
    lots += 1n;
    if (lots >= absolute(quantity)) refuse("CANNOT_FIT");
  }
  attempt(book, lots);
}
