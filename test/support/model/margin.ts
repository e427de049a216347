// Isolated margin by command: addMargin, reduceMargin, setAutoTopUp, topUpMargins.
import type { Command } from "../../../src/types.ts";
import { available, requireAffordable } from "./admission.ts";
import { addToWallet, type Book, marketOf, type Position, targetOf, walletOf } from "./book.ts";
import { divideCeil, larger, smaller } from "./exact.ts";
import { isolatedFigures, isolatedPositions, legFigures } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { positiveAmount } from "./wallets.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

export function addMargin(book: Book, command: CommandOf<"addMargin">): void {
  const { account, market, position } = targetOf(book, command);
  must(position.mode === "isolated", "MARGIN_MODE");
  const amount = positiveAmount(command.amount);
  addToWallet(account, market.settle, -amount);
  position.margin += amount;
  requireAffordable(book, account, market.settle, walletOf(account, market.settle));
}

/** Refuses where an isolated position would hold less than its venue lets it be brought down to. */
function requireRemainder(book: Book, position: Position): void {
  const { equity, initialMargin, maintenanceMargin, closeFee } = isolatedFigures(book, position);
  switch (book.rules.marginRemoval) {
    case "initialMargin":
      must(position.margin >= 0n, "MARGIN_EXHAUSTED");
      must(equity >= initialMargin, "BELOW_INITIAL_MARGIN");
      break;
    case "walletAndEquity":
      must(position.margin >= maintenanceMargin + closeFee, "BELOW_INITIAL_MARGIN");
      must(equity >= initialMargin, "BELOW_INITIAL_MARGIN");
      break;
    case "initialOrTenth": {
      const tenth = divideCeil(legFigures(book, position).notional, 10n);
      must(position.margin >= 0n, "MARGIN_EXHAUSTED");
      must(equity >= larger(initialMargin, tenth), "BELOW_INITIAL_MARGIN");
      break;
    }
    case "never":
      refuse("MARGIN_MODE");
  }
  requireSafe(book, position);
}

export function requireSafe(book: Book, position: Position): void {
  must(!isolatedFigures(book, position).liquidatable, "WOULD_LIQUIDATE");
}

export function reduceMargin(book: Book, command: CommandOf<"reduceMargin">): void {
  const { account, market, position } = targetOf(book, command);
  must(position.mode === "isolated", "MARGIN_MODE");
  const amount = positiveAmount(command.amount);
  position.margin -= amount;
  addToWallet(account, market.settle, amount);
  requireRemainder(book, position);
}

export function setAutoTopUp(book: Book, command: CommandOf<"setAutoTopUp">): void {
  const { position } = targetOf(book, command);
  must(position.mode === "isolated", "MARGIN_MODE");
  must(position.autoTopUp !== command.enabled, "ALREADY_SET");
  position.autoTopUp = command.enabled;
}

/** What an isolated position lacks of its initial margin, or of standing where that is more. */
function lacking(book: Book, position: Position): bigint {
  const { equity, initialMargin, clearance } = isolatedFigures(book, position);
  const toStand = book.rules.triggerInclusive ? 1n - clearance : -clearance;
  return larger(initialMargin - equity, toStand);
}

export function topUpMargins(book: Book): void {
  for (const { account, position } of isolatedPositions(book)) {
    if (!position.autoTopUp || !isolatedFigures(book, position).liquidatable) continue;
    const { settle } = marketOf(book, position.symbol);
    const amount = smaller(available(book, account, settle), lacking(book, position));
    const lifted = { ...position, margin: position.margin + amount };
    if (amount <= 0n || isolatedFigures(book, lifted).liquidatable) continue;
    position.margin += amount;
    addToWallet(account, settle, -amount);
  }
}
