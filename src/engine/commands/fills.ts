// fill: a trade as a command. It reads and checks the terms, takes what it leaves open from the account's settings and the market's
// fee schedule, consumes the resting order that it fills, and splits a flip into a close and an opening. What a
// part does to its position is in trades.ts.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { FEE_DENOMINATOR, MAX_AMOUNT, MAX_SAFE_UNITS } from "../../model.ts";
import type { EngineEvent, FillCommand, MarginMode, PositionSide } from "../../types.ts";
import { notionalRateCeil } from "../arithmetic.ts";
import { checkLeverageForm } from "../leverage.ts";
import { readLeverage } from "../markets.ts";
import { optionalFlag, refuse, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { readPrice } from "./definitions.ts";
import { consumeOrder, ORDER_SIDES } from "./orders.ts";
import { describePosition, MODES, readPositionSide } from "./positions.ts";
import { increasePosition, reducePosition, type TradeTerms } from "./trades.ts";
import { balanceEvent, balanceOf } from "./wallets.ts";

const LIQUIDITIES = ["maker", "taker"] as const;

/** A trade's terms as read and completed. */
export interface Order extends TradeTerms {
  /** Signed quantity units. */
  readonly trade: number;
  /** Which leg of a hedged account; undefined in a one-way account. */
  readonly positionSide: PositionSide | undefined;
  readonly mode: MarginMode | undefined;
  readonly reduceOnly: boolean;
  /** Stated, or by the schedule of the market at this rate in units of 1e-8. */
  readonly fee: bigint | undefined;
  readonly feeRateE8: number;
  /** The resting order it fills. */
  readonly order: string | undefined;
}

/** Rate of the fee in units of 1e-8 where the schedule decides; 0 where no liquidity is named. */
function readFeeRate(market: EngineMarket, command: FillCommand, path: string): number {
  if (command.liquidity === undefined) return 0;
  if (command.fee !== undefined) {
    refuse("BAD_VALUE", "is for the schedule, not beside a stated fee", path, command.liquidity);
  }
  const liquidity = requireWord(command.liquidity, LIQUIDITIES, path);
  return liquidity === "maker" ? market.makerRateE8 : market.takerRateE8;
}

/** Reads and checks the terms of a trade; what they mean for the account is not asked. */
export function readOrder(state: EngineState, command: FillCommand, path: string): Order {
  const account = state.account(command.account, `${path}.account`);
  const market = state.markedMarket(command.symbol, `${path}.symbol`);
  const { marginMode, leverage, fee } = command;
  const side = requireWord(command.side, ORDER_SIDES, `${path}.side`);
  const limits = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
  const size = Number(
    parseDecimal(command.amount, market.amountDecimals, `${path}.amount`, limits),
  );
  const leverageMilli =
    leverage === undefined ? undefined : readLeverage(leverage, `${path}.leverage`);
  if (leverageMilli !== undefined) {
    checkLeverageForm(state, leverageMilli, `${path}.leverage`, leverage);
  }
  return {
    id: command.account,
    account,
    market,
    trade: side === "buy" ? size : -size,
    price: readPrice(market, command.price, `${path}.price`),
    positionSide: readPositionSide(state, account, command.positionSide, `${path}.positionSide`),
    mode:
      marginMode === undefined ? undefined : requireWord(marginMode, MODES, `${path}.marginMode`),
    leverageMilli,
    reduceOnly: optionalFlag(command.reduceOnly, `${path}.reduceOnly`),
    fee:
      fee === undefined
        ? undefined
        : parseDecimal(fee, market.settleDecimals, `${path}.fee`, {
            min: -MAX_AMOUNT,
            max: MAX_AMOUNT,
          }),
    feeRateE8: readFeeRate(market, command, `${path}.liquidity`),
    order: command.order,
    path,
  };
}

/** Fee of a trade by the schedule, rounded up; negative for a rebate. */
export function scheduledFeeCeil(
  market: EngineMarket,
  quantity: number,
  price: number,
  rateE8: number,
): bigint {
  return rateE8 === 0
    ? 0n
    : notionalRateCeil(market.terms, quantity, price, BigInt(rateE8), BigInt(FEE_DENOMINATOR));
}

/** The fees of a trade's closing and opening parts: a stated fee is split by size, a scheduled one reckoned per part. */
export function splitFee(order: Order, closing: number): { closing: bigint; opening: bigint } {
  const { market, trade, price, fee, feeRateE8 } = order;
  const opening = trade - closing;
  if (fee === undefined) {
    const part = (quantity: number): bigint =>
      quantity === 0 ? 0n : scheduledFeeCeil(market, quantity, price, feeRateE8);
    return { closing: part(closing), opening: part(opening) };
  }
  const share = (fee * BigInt(Math.abs(closing))) / BigInt(Math.abs(trade));
  return { closing: share, opening: fee - share };
}

function checkMode(state: EngineState, order: Order, before: PositionReference): MarginMode {
  const { mode } = describePosition(state, before);
  if (order.mode !== undefined && order.mode !== mode) {
    refuse("MARGIN_MODE", `the position is ${mode}`, `${order.path}.marginMode`, order.mode);
  }
  return mode;
}

/** The mode of a new position: as asked, else the account's setting, else cross. */
function modeOfNew(state: EngineState, order: Order): MarginMode {
  const { account, market } = order;
  return order.mode ?? state.settings.marginMode(account, market.index) ?? "cross";
}

function refuseOpening(order: Order, held: number): never {
  const { market, path, trade } = order;
  const most = formatDecimal(Math.abs(held), market.amountDecimals);
  return refuse(
    "NOT_REDUCING",
    `a reduce-only trade may close ${most} at most and never opens`,
    `${path}.amount`,
    formatDecimal(Math.abs(trade), market.amountDecimals),
  );
}

/** The trade as one or two parts within a transaction. */
function trade(state: EngineState, transaction: Transaction, order: Order): EngineEvent[] {
  const { market, positionSide, trade: quantity, path } = order;
  const before = state.findPosition(order.account, market, positionSide);
  if (before === undefined) {
    if (positionSide !== undefined && (positionSide === "long") !== quantity > 0) {
      refuse("NO_POSITION", `there is no ${positionSide} position to reduce`, path, market.symbol);
    }
    if (order.reduceOnly) refuseOpening(order, 0);
    const part = { quantity, fee: splitFee(order, 0).opening, mode: modeOfNew(state, order) };
    return [increasePosition(state, transaction, order, part, undefined)];
  }
  const mode = checkMode(state, order, before);
  const held = state.kernel.quantity(before.leg);
  if (held > 0 === quantity > 0) {
    if (order.reduceOnly) refuseOpening(order, 0);
    const part = { quantity, fee: splitFee(order, 0).opening, mode };
    return [increasePosition(state, transaction, order, part, before)];
  }
  if (Math.abs(quantity) <= Math.abs(held)) {
    const part = { quantity, fee: splitFee(order, quantity).closing };
    return [reducePosition(state, transaction, order, part, before)];
  }
  if (order.reduceOnly) refuseOpening(order, held);
  if (positionSide !== undefined) {
    const most = formatDecimal(Math.abs(held), market.amountDecimals);
    refuse(
      "OUT_OF_RANGE",
      `a hedged position cannot flip; it holds ${most}`,
      `${path}.amount`,
      formatDecimal(Math.abs(quantity), market.amountDecimals),
    );
  }
  return flip(state, transaction, order, before, mode);
}

/** Closes the position and opens the rest on the other side, in its mode and, unless stated, at its leverage. */
function flip(
  state: EngineState,
  transaction: Transaction,
  order: Order,
  before: PositionReference,
  mode: MarginMode,
): EngineEvent[] {
  const held = state.kernel.quantity(before.leg);
  const fees = splitFee(order, -held);
  const kept = order.leverageMilli ?? state.kernel.leverageMilli(before.leg);
  const closing = { ...order, leverageMilli: undefined, flip: "closing" as const };
  const earlier = state.kernel.poolFigures(before.pool);
  const opening = { ...order, leverageMilli: kept, ...(before.isolated ? {} : { flip: earlier }) };
  const closed = { quantity: -held, fee: fees.closing };
  const opened = { quantity: order.trade + held, fee: fees.opening, mode };
  return [
    reducePosition(state, transaction, closing, closed, before),
    increasePosition(state, transaction, opening, opened, undefined),
  ];
}

export function fill(state: EngineState, command: FillCommand, path: string): EngineEvent[] {
  const order = readOrder(state, command, path);
  const { account, market, id } = order;
  return transact(state, (transaction) => {
    const before = balanceOf(state, account, market.settle);
    const events: EngineEvent[] = [];
    if (order.order !== undefined) {
      events.push(consumeOrder(state, transaction, order, order.order));
    }
    events.push(...trade(state, transaction, order));
    const balance = balanceOf(state, account, market.settle);
    if (balance !== before) {
      const asset = state.assetAt(market.settle);
      events.push(balanceEvent(id, asset, balance, balance - before));
    }
    return events;
  });
}
