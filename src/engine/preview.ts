// The pre-trade check: an order, or any command on an account, carried out by its own code, looked at and taken back (rehearsal.ts). What
// is said is what then happens (invariant 8), and nothing has changed (invariant 9).
import { formatDecimal } from "../decimal.ts";
import type { RiskError } from "../errors.ts";
import { MAX_SAFE_UNITS } from "../model.ts";
import type {
  AccountReport,
  Command,
  CommandPreview,
  FillCommand,
  OrderOutlook,
  OrderPreview,
  OrderRequest,
  PositionSide,
  Refusal,
} from "../types.ts";
import { AccountView } from "./account-view.ts";
import { isolatedTag, NO_POOL } from "./accounts.ts";
import { openLossCeil } from "./arithmetic.ts";
import { type Order, readOrder, splitFee } from "./commands/fills.ts";
import { SIDES } from "./commands/positions.ts";
import { orderMarginCeil } from "./initial-rates.ts";
import { availableText, largestAccepted, withdrawableText } from "./limits.ts";
import { isPledgedWallet } from "./pledges.ts";
import { requireObject } from "./read.ts";
import { rehearseCommand } from "./rehearsal.ts";
import { scopeView } from "./scope.ts";
import type { EngineMarket, EngineState } from "./state.ts";

export function refusalOf(error: RiskError | null): Refusal | null {
  if (error === null) return null;
  return { code: error.code, path: error.path ?? null, message: error.message };
}

function outlook(
  state: EngineState,
  account: number,
  market: EngineMarket,
  positionSide: PositionSide | undefined,
): OrderOutlook {
  const { kernel } = state;
  const asset = state.assetAt(market.settle);
  const isolated = SIDES.map((side) => state.findPool(account, isolatedTag(market.index, side)));
  const pools = [state.crossPool(account, asset.index), ...isolated].filter(
    (pool) => pool !== NO_POOL && !isPledgedWallet(state, pool),
  );
  const position = state.findPosition(account, market, positionSide);
  const side = position !== undefined && kernel.quantity(position.leg) > 0 ? "long" : "short";
  const view = new AccountView(state, account);
  return {
    scopes: pools.map((pool) => scopeView(state, pool, kernel.poolFigures(pool))),
    position: position === undefined ? null : view.position(market.symbol, side),
    available: availableText(state, account, asset),
    withdrawable: withdrawableText(state, account, asset),
  };
}

/** What the opening part of an order needs, at the open interest that it would leave. */
function openingNeeds(
  state: EngineState,
  order: Order,
): { readonly initialMargin: bigint; readonly openLoss: bigint; readonly fee: bigint } {
  const { kernel, openInterest, settings } = state;
  const { account, market, trade, price } = order;
  const position = state.findPosition(account, market, order.positionSide);
  const held = position === undefined ? 0 : kernel.quantity(position.leg);
  const reduces = held !== 0 && held > 0 !== trade > 0;
  const closing = !reduces ? 0 : Math.abs(trade) < Math.abs(held) ? trade : -held;
  const opening = trade - closing;
  const fees = splitFee(order, closing);
  const fee = fees.closing + fees.opening;
  if (opening === 0) return { initialMargin: 0n, openLoss: 0n, fee };
  const opens = trade > 0 ? "long" : "short";
  const kept =
    position === undefined
      ? settings.leverageMilli(account, market.index, opens)
      : kernel.leverageMilli(position.leg);
  const leverageMilli = order.leverageMilli ?? kept;
  openInterest.add(market.index, closing === 0 ? 0 : held, -1);
  openInterest.add(market.index, opening, 1);
  try {
    const initialMargin = orderMarginCeil(state, market, opening, price, leverageMilli);
    const mark = kernel.mark(market.slot);
    return { initialMargin, openLoss: openLossCeil(market.terms, opening, price, mark), fee };
  } finally {
    openInterest.add(market.index, opening, -1);
    openInterest.add(market.index, closing === 0 ? 0 : held, 1);
  }
}

function fillOf(state: EngineState, request: OrderRequest): FillCommand {
  const market = state.markedMarket(request.symbol, "fill.symbol");
  const price = request.price ?? BigInt(state.kernel.mark(market.slot));
  const scheduled = request.fee === undefined && request.liquidity === undefined;
  return { ...request, ...(scheduled ? { liquidity: "taker" } : {}), price, type: "fill" };
}

/**
 * What an order would come to.
 *
 * @throws RiskError for terms that cannot be read, as `fill` does; a rule that is broken is a refusal in the result
 */
export function previewOrder(state: EngineState, request: OrderRequest): OrderPreview {
  requireObject(request, "order");
  const command = fillOf(state, request);
  const order = readOrder(state, command, command.type);
  const { account, market, positionSide } = order;
  const look = (): OrderOutlook => outlook(state, account, market, positionSide);
  const before = look();
  const { events, refusal, after } = rehearseCommand(state, command, look);
  const { initialMargin, openLoss, fee } = openingNeeds(state, order);
  const cost = initialMargin + fee + (state.rules.orderOpenLoss ? openLoss : 0n);
  const most = largestAccepted(BigInt(MAX_SAFE_UNITS), (amount) => {
    const trial = rehearseCommand(state, { ...command, amount }, () => true);
    return trial.refusal === null;
  });
  const show = (amount: bigint): string => formatDecimal(amount, market.settleDecimals);
  return {
    accepted: refusal === null,
    refusal: refusalOf(refusal),
    initialMargin: show(initialMargin),
    openLoss: show(openLoss),
    fee: show(fee),
    cost: show(cost),
    maxAmount: formatDecimal(most, market.amountDecimals),
    before,
    after,
    events,
  };
}

/**
 * What a command on an account would come to.
 *
 * @throws RiskError BAD_VALUE for commands that concern more than accounts (definitions, prices, funding)
 */
export function previewCommand(state: EngineState, command: Command): CommandPreview {
  requireObject(command, "command");
  const id = "account" in command ? command.account : undefined;
  const account = typeof id === "string" ? state.accounts.find(id) : undefined;
  const look = (): AccountReport | null =>
    account === undefined ? null : new AccountView(state, account).report();
  const before = look();
  const { events, refusal, after } = rehearseCommand(state, command, look);
  return { accepted: refusal === null, refusal: refusalOf(refusal), events, before, after };
}
