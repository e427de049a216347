// Resting orders: placeOrder, cancelOrder. What they reserve is in admission.ts.
import type { Command } from "../../../src/types.ts";
import { requireAffordable, reserved } from "./admission.ts";
import { accountOf, assetOf, type Book, markedMarket } from "./book.ts";
import { isPledged } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { positiveAmount } from "./wallets.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

export function placeOrder(book: Book, command: CommandOf<"placeOrder">): void {
  const account = accountOf(book, command.account);
  const { id, symbol, side, amount, price, positionSide, reduceOnly } = command.order;
  const market = markedMarket(book, symbol);
  must(account.hedged === (positionSide !== undefined), "POSITION_MODE");
  const order = {
    id,
    symbol,
    side,
    amount: positiveAmount(amount),
    price: positiveAmount(price),
    positionSide,
    reduceOnly: reduceOnly ?? false,
  };
  must(!isPledged(account, assetOf(book, market.settle)), "MULTI_ASSET");
  // A hedged order that opens can reduce nothing.
  const opens = (side === "buy") === (positionSide === "long");
  if (reduceOnly === true && positionSide !== undefined && opens) refuse("NOT_REDUCING");
  if (account.orders.some((order) => order.id === id)) refuse("DUPLICATE_ORDER");
  const before = reserved(book, account, market.settle);
  account.orders.push(order);
  // An order that reserves nothing asks nothing.
  if (reserved(book, account, market.settle) <= before) return;
  requireAffordable(book, account, market.settle, 0n);
}

export function cancelOrder(book: Book, command: CommandOf<"cancelOrder">): void {
  const account = accountOf(book, command.account);
  const { orders } = account;
  must(
    orders.some(({ id }) => id === command.order),
    "UNKNOWN_ORDER",
  );
  account.orders = orders.filter(({ id }) => id !== command.order);
}
