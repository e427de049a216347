// setPosition: a position set to stated figures. Nothing is paid; what the figures differ from what stood there is an import.
import type { Command, PositionDefinition } from "../../../src/types.ts";
import {
  accountOf,
  addFlow,
  assetOf,
  type Book,
  findPosition,
  markedMarket,
  type Position,
  removePosition,
} from "./book.ts";
import { ceilOf, worthOf } from "./exact.ts";
import { crossFigures, isolatedFigures, isPledged } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { amountOf, positiveAmount, requireIsolatedAllowed } from "./wallets.ts";

function readPosition(book: Book, definition: PositionDefinition): Position | undefined {
  const market = markedMarket(book, definition.symbol);
  const size = amountOf(definition.contracts);
  if (size === 0n) return undefined;
  const quantity = definition.side === "long" ? size : -size;
  const price = positiveAmount(definition.entryPrice);
  const stated = definition.entryNotional;
  const cost = ceilOf(worthOf(market.terms, quantity, price));
  const isolated = definition.marginMode === "isolated";
  const given = definition.isolatedMargin !== undefined && definition.isolatedMargin !== null;
  if (!isolated && given) refuse("MARGIN_MODE");
  if (isolated && !given) refuse("BAD_VALUE");
  return {
    symbol: market.symbol,
    quantity,
    cost: stated === undefined || stated === null ? cost : amountOf(stated),
    mode: definition.marginMode,
    leverage: amountOf(definition.leverage ?? 0n),
    margin: isolated ? amountOf(definition.isolatedMargin) : 0n,
    autoTopUp: definition.autoTopUp ?? false,
  };
}

export function setPosition(
  book: Book,
  command: Extract<Command, { readonly type: "setPosition" }>,
): void {
  const account = accountOf(book, command.account);
  const { symbol, side } = command.position;
  const after = readPosition(book, command.position);
  const { settle } = markedMarket(book, symbol);
  const before = findPosition(account, symbol, account.hedged ? side : undefined);
  if (after !== undefined) must(!isPledged(account, assetOf(book, settle)), "MULTI_ASSET");
  if (after?.mode === "isolated") requireIsolatedAllowed(book, account);
  const worth = (position: Position | undefined): bigint =>
    position === undefined ? 0n : position.margin - position.cost;
  if (before !== undefined) removePosition(account, before);
  if (after !== undefined) {
    account.positions.push(after);
    if (after.mode === "isolated") isolatedFigures(book, after);
    else crossFigures(book, account, settle);
  }
  addFlow(book, settle, "imports", worth(after) - worth(before));
}
