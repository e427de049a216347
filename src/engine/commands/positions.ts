// setPosition: a position set to stated figures, as an import does. Nothing is taken from or paid to the
// wallet and nothing is asked about affordability or leverage caps: it states what is, it does not trade.
// What stood there before (in a one-way account: on either side and in either mode) gives way to it.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../../model.ts";
import type {
  Command,
  EngineEvent,
  MarginMode,
  PositionDefinition,
  PositionSide,
} from "../../types.ts";
import { isolatedTag } from "../accounts.ts";
import { costCeil, entryPriceNearest, notionalFloor } from "../arithmetic.ts";
import { readLeverage } from "../markets.ts";
import { refuseIsolatedWithMultiAsset, refusePledgedSettle } from "../pledges.ts";
import { optionalFlag, refuse, requireObject, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { checkAmount, type Transaction, transact } from "../transaction.ts";
import { readPrice } from "./definitions.ts";
import { openCrossPool } from "./wallets.ts";

export const SIDES: readonly PositionSide[] = ["long", "short"];
export const MODES: readonly MarginMode[] = ["cross", "isolated"];

/** A position in units. */
export interface PositionFigures {
  readonly market: EngineMarket;
  readonly side: PositionSide;
  readonly mode: MarginMode;
  /** Signed; 0: none. */
  readonly quantity: number;
  readonly cost: bigint;
  readonly leverageMilli: number;
  readonly isolatedMargin: bigint;
  readonly autoTopUp: boolean;
}

/** The side a hedged account's trade is for; refused where it is missing, or given by a one-way account. */
export function readPositionSide(
  state: EngineState,
  account: number,
  given: unknown,
  path: string,
): PositionSide | undefined {
  if (state.accounts.hedged(account)) {
    if (given === undefined) {
      refuse(
        "POSITION_MODE",
        "a hedged account's trade must say which side it is for",
        path,
        given,
      );
    }
    return requireWord(given, SIDES, path);
  }
  if (given === undefined) return undefined;
  return refuse("POSITION_MODE", "a one-way account has no sides to choose", path, given);
}

/** The average entry price of a leg, in price units to the nearest. */
export function entryPriceOf(state: EngineState, market: EngineMarket, leg: number): bigint {
  return entryPriceNearest(market.terms, state.kernel.quantity(leg), state.kernel.cost(leg));
}

/** What a positionChanged event tells beside the position itself. */
export interface TradeOutcome {
  readonly realizedPnl: bigint;
  readonly fee: bigint;
}

export const NO_TRADE: TradeOutcome = { realizedPnl: 0n, fee: 0n };

/** The event of a position as it stands, or of one that is gone (`position` undefined). */
export function positionEvent(
  state: EngineState,
  account: string,
  market: EngineMarket,
  what: { readonly side: PositionSide; readonly mode: MarginMode },
  position: PositionReference | undefined,
  outcome: TradeOutcome,
): EngineEvent {
  const { kernel } = state;
  const { settleDecimals } = market;
  const isolated = position?.isolated === true ? kernel.collateral(position.pool) : undefined;
  return {
    type: "positionChanged",
    account,
    symbol: market.symbol,
    side: what.side,
    marginMode: what.mode,
    contracts:
      position === undefined
        ? "0"
        : formatDecimal(Math.abs(kernel.quantity(position.leg)), market.amountDecimals),
    entryPrice:
      position === undefined
        ? null
        : formatDecimal(entryPriceOf(state, market, position.leg), market.priceDecimals),
    isolatedMargin: isolated === undefined ? null : formatDecimal(isolated, settleDecimals),
    realizedPnl: formatDecimal(outcome.realizedPnl, settleDecimals),
    fee: formatDecimal(outcome.fee, settleDecimals),
  };
}

/** Refuses a leg whose entry notional or notional at the mark does not fit an amount. */
export function checkNotional(
  state: EngineState,
  market: EngineMarket,
  quantity: number,
  cost: bigint,
  path: string,
): void {
  checkAmount(cost, path);
  checkAmount(notionalFloor(market.terms, quantity, state.kernel.mark(market.slot)), path);
}

function readIsolatedMargin(
  position: PositionDefinition,
  market: EngineMarket,
  path: string,
): bigint {
  const { marginMode, isolatedMargin } = position;
  const given = isolatedMargin !== undefined && isolatedMargin !== null;
  if (marginMode === "cross") {
    if (given)
      refuse("MARGIN_MODE", "a cross position has no margin of its own", path, isolatedMargin);
    return 0n;
  }
  if (!given) {
    return refuse("BAD_VALUE", "an isolated position needs its margin", path, isolatedMargin);
  }
  return parseDecimal(isolatedMargin, market.settleDecimals, path, {
    min: -MAX_AMOUNT,
    max: MAX_AMOUNT,
  });
}

function readAutoTopUp({ marginMode, autoTopUp }: PositionDefinition, path: string): boolean {
  const given = optionalFlag(autoTopUp, path);
  if (given && marginMode === "cross") {
    refuse("MARGIN_MODE", "a cross position has no margin of its own", path, autoTopUp);
  }
  return given;
}

/** Signed entry notional: as stated, else from the entry price. */
function readCost(
  position: PositionDefinition,
  market: EngineMarket,
  quantity: number,
  path: string,
): bigint {
  const price = readPrice(market, position.entryPrice, `${path}.entryPrice`);
  const stated = position.entryNotional;
  if (stated === undefined || stated === null) return costCeil(market.terms, quantity, price);
  // A linear long or inverse short was paid for, the others were paid; rounding may leave 0.
  const positive = quantity > 0 !== market.terms.inverse;
  const limits = { min: -MAX_AMOUNT, max: MAX_AMOUNT };
  const place = `${path}.entryNotional`;
  const cost = parseDecimal(stated, market.settleDecimals, place, limits);
  if (positive ? cost < 0n : cost > 0n) {
    const kind = `${market.terms.inverse ? "an inverse" : "a linear"} ${position.side}`;
    refuse("BAD_VALUE", `must be ${positive ? "positive" : "negative"} for ${kind}`, place, stated);
  }
  return cost;
}

/** Checks a position's fields; contracts 0 needs no others than symbol, side and mode. */
export function readPosition(
  state: EngineState,
  position: PositionDefinition,
  path: string,
): PositionFigures {
  requireObject(position, path);
  const market = state.markedMarket(position.symbol, `${path}.symbol`);
  const side = requireWord(position.side, SIDES, `${path}.side`);
  const mode = requireWord(position.marginMode, MODES, `${path}.marginMode`);
  const limits = { min: 0n, max: BigInt(MAX_SAFE_UNITS) };
  const place = `${path}.contracts`;
  const size = Number(parseDecimal(position.contracts, market.amountDecimals, place, limits));
  if (size === 0) {
    const nothing = { quantity: 0, cost: 0n, leverageMilli: 0, isolatedMargin: 0n };
    return { market, side, mode, ...nothing, autoTopUp: false };
  }
  const quantity = side === "long" ? size : -size;
  const cost = readCost(position, market, quantity, path);
  checkNotional(state, market, quantity, cost, path);
  return {
    market,
    side,
    mode,
    quantity,
    cost,
    leverageMilli: readLeverage(position.leverage, `${path}.leverage`),
    isolatedMargin: readIsolatedMargin(position, market, `${path}.isolatedMargin`),
    autoTopUp: readAutoTopUp(position, `${path}.autoTopUp`),
  };
}

/** The side and mode of a position found. */
export function describePosition(
  state: EngineState,
  position: PositionReference,
): { readonly side: PositionSide; readonly mode: MarginMode } {
  return {
    side: state.kernel.quantity(position.leg) > 0 ? "long" : "short",
    mode: position.isolated ? "isolated" : "cross",
  };
}

/** Takes a position away without paying anything out. */
function removePosition(
  transaction: Transaction,
  account: number,
  position: PositionReference,
): void {
  if (position.isolated) transaction.removePool(account, position.pool);
  else transaction.removeLeg(position.leg);
}

function putPosition(
  state: EngineState,
  transaction: Transaction,
  account: number,
  figures: PositionFigures,
): PositionReference {
  const { market, side, quantity, cost, leverageMilli, isolatedMargin } = figures;
  const isolated = figures.mode === "isolated";
  const pool = isolated
    ? transaction.createPool(account, isolatedTag(market.index, side), isolatedMargin)
    : openCrossPool(state, transaction, account, market.settle);
  const leg = transaction.createLeg(pool, market, quantity, cost, leverageMilli);
  return { pool, leg, isolated };
}

/** Whether an isolated position may be topped up is part of what an import states. */
function putAutoTopUp(
  state: EngineState,
  transaction: Transaction,
  account: number,
  { market, side, mode, autoTopUp }: PositionFigures,
): void {
  const tag = isolatedTag(market.index, side);
  if (mode === "cross" || state.settings.autoTopUp(account, tag) === autoTopUp) return;
  transaction.onRollback(state.settings.setAutoTopUp(account, tag, autoTopUp));
}

/** What a position adds to margins − costs comes (or goes, `sign` −1) with an import. */
function bookImport(
  state: EngineState,
  transaction: Transaction,
  market: EngineMarket,
  position: PositionReference,
  sign: bigint,
): void {
  const { kernel } = state;
  const margin = position.isolated ? kernel.collateral(position.pool) : 0n;
  transaction.book(market.settle, "imports", sign * (margin - kernel.cost(position.leg)));
}

/** Sets a position within a transaction and tells what changed. */
function replacePosition(
  state: EngineState,
  transaction: Transaction,
  account: number,
  id: string,
  figures: PositionFigures,
  path: string,
): EngineEvent[] {
  const { market, side, mode, quantity } = figures;
  const hedged = state.accounts.hedged(account);
  const before = state.findPosition(account, market, hedged ? side : undefined);
  const was = before === undefined ? undefined : describePosition(state, before);
  if (before !== undefined && quantity !== 0 && was?.side === side && was.mode === mode) {
    const { cost, leverageMilli } = figures;
    bookImport(state, transaction, market, before, -1n);
    transaction.setLeg(before.leg, market, quantity, cost, leverageMilli);
    if (before.isolated) transaction.setCollateral(before.pool, figures.isolatedMargin, path);
    bookImport(state, transaction, market, before, 1n);
    putAutoTopUp(state, transaction, account, figures);
    transaction.figures(before.pool);
    return [positionEvent(state, id, market, was, before, NO_TRADE)];
  }
  const events: EngineEvent[] = [];
  if (before !== undefined && was !== undefined) {
    bookImport(state, transaction, market, before, -1n);
    removePosition(transaction, account, before);
    events.push(positionEvent(state, id, market, was, undefined, NO_TRADE));
  }
  if (quantity !== 0) {
    const after = putPosition(state, transaction, account, figures);
    bookImport(state, transaction, market, after, 1n);
    putAutoTopUp(state, transaction, account, figures);
    transaction.figures(after.pool);
    events.push(positionEvent(state, id, market, figures, after, NO_TRADE));
  }
  return events;
}

export function setPosition(
  state: EngineState,
  command: Extract<Command, { readonly type: "setPosition" }>,
  path: string,
): EngineEvent[] {
  const account = state.account(command.account, `${path}.account`);
  const place = `${path}.position`;
  const figures = readPosition(state, command.position, place);
  if (figures.quantity !== 0) {
    refusePledgedSettle(state, account, figures.market, `${place}.symbol`);
    if (figures.mode === "isolated") {
      refuseIsolatedWithMultiAsset(state, account, `${place}.marginMode`);
    }
  }
  return transact(state, (transaction) =>
    replacePosition(state, transaction, account, command.account, figures, place),
  );
}
