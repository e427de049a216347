// Auto-deleveraging: a bankrupt position closed against the positions of others, who are given exactly what it gives up. Counterparties
// go in the order of their rank at the first need; one whom the price would bankrupt or liquidate is passed over.
import { formatDecimal } from "../../decimal.ts";
import { RiskError } from "../../errors.ts";
import type { PoolFigures } from "../../model.ts";
import type { EngineEvent, PositionSide } from "../../types.ts";
import { reducePosition } from "../commands/trades.ts";
import { balanceEvent, balanceOf } from "../commands/wallets.ts";
import { reconcileStops } from "../reconcile-stops.ts";
import type { EngineMarket } from "../state.ts";
import { type Transaction, transactWhole } from "../transaction.ts";
import type { LiquidationContext } from "./context.ts";
import { Counterparties, Offer, type Taker } from "./counterparties.ts";
import { rankCandidates } from "./ranking.ts";
import { priceOf, type Slice } from "./slice.ts";

export interface Deleveraged {
  /** Units taken by counterparties. */
  readonly taken: number;
  /** What they gave for them, in all: the worth of as many units. */
  readonly given: bigint;
  readonly events: EngineEvent[];
}

/** Refusals that pass a counterparty over, whatever else is offered for as much or less. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "INSUFFICIENT_FUNDS",
  "MARGIN_EXHAUSTED",
  "WOULD_LIQUIDATE",
]);

/** Those on the other side of a market from a position of that sign, ranked at the first need. */
function counterpartiesOf(
  context: LiquidationContext,
  market: EngineMarket,
  side: PositionSide,
): Counterparties {
  const key = `${market.index} ${side}`;
  const known = context.counterparties.get(key);
  if (known !== undefined) return known;
  const { state, rules } = context;
  const ranked = rankCandidates(state, market, side, rules.adlRanking);
  const counterparties = new Counterparties(state, market, side, ranked);
  context.counterparties.set(key, counterparties);
  return counterparties;
}

/** The one counterparty asked for, by whatever rank. */
function counterpartyNamed(
  context: LiquidationContext,
  market: EngineMarket,
  side: PositionSide,
  id: string,
): Counterparties {
  const { state } = context;
  const account = state.account(id, `${context.path}.against`);
  return new Counterparties(state, market, side, [{ id, account }]);
}

/**
 * Closes as much of the part as counterparties hold. The bankrupt position itself is left to the caller.
 *
 * @param worthOf what the first n units of the part are worth: a rate per unit, rounded down
 * @param against the one counterparty asked for
 */
export function deleveragePart(
  context: LiquidationContext,
  slice: Slice,
  worthOf: (units: number) => bigint,
  against?: string,
): Deleveraged {
  const { state } = context;
  const { market } = slice;
  const side = state.kernel.quantity(slice.position.leg) > 0 ? "short" : "long";
  const counterparties =
    against === undefined
      ? counterpartiesOf(context, market, side)
      : counterpartyNamed(context, market, side, against);
  const offer = new Offer(slice.account, slice.size, worthOf);
  const events: EngineEvent[] = [];
  let from = 0;
  while (offer.remaining > 0) {
    const taker = counterparties.next(from, offer);
    if (taker === undefined) break;
    from = taker.place + 1;
    const told = closeCounterparty(context, slice, counterparties, taker);
    if (told === undefined) continue;
    events.push(...told);
    offer.taken += taker.size;
    context.changed(taker.candidate.account);
  }
  return { taken: offer.taken, given: offer.given, events };
}

/**
 * Bankrupt or newly liquidatable. Bankrupt also where it was so before and is less so now: a scope whose last position goes is not liquidatable
 * however deep its debt, and nobody would pay it.
 */
function isRuined(before: PoolFigures, after: PoolFigures): boolean {
  return after.equity < 0n || (after.liquidatable && !before.liquidatable);
}

/** Closes a counterparty's units; undefined where that is not to be had of it. */
function closeCounterparty(
  context: LiquidationContext,
  slice: Slice,
  counterparties: Counterparties,
  taker: Taker,
): EngineEvent[] | undefined {
  const { state } = context;
  try {
    return transactWhole(state, (transaction) => reduceTaker(context, transaction, slice, taker));
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    if (error.code === "VALUE_OUT_OF_RANGE") return undefined;
    if (!PASSED_OVER.has(error.code)) throw error;
    const { reductions, openInterestScaling } = state.rules;
    // What the rules ask for may fall with open interest: then the same close is tried again.
    if (!(reductions === "noWorse" && openInterestScaling)) counterparties.refused(taker);
    return undefined;
  }
}

function reduceTaker(
  { state, path }: LiquidationContext,
  transaction: Transaction,
  slice: Slice,
  { candidate, position, size, worth }: Taker,
): EngineEvent[] {
  const { kernel } = state;
  const { market } = slice;
  const { id, account } = candidate;
  const held = kernel.quantity(position.leg);
  const earlier = kernel.poolFigures(position.pool);
  const before = balanceOf(state, account, market.settle);
  const price = kernel.mark(market.slot);
  const terms = { id, account, market, price, leverageMilli: undefined, path };
  const part = { quantity: held > 0 ? -size : size, fee: 0n, worth };
  const changed = reducePosition(state, transaction, terms, part, position);
  const gone = size === Math.abs(held);
  const survives = !(gone && position.isolated);
  if (survives && isRuined(earlier, kernel.poolFigures(position.pool))) {
    const what = "the counterparty would be bankrupt or liquidatable";
    throw new RiskError("WOULD_LIQUIDATE", what, { path, value: id });
  }
  const balance = balanceOf(state, account, market.settle);
  const asset = state.assetAt(market.settle);
  return [
    {
      type: "deleveraged",
      account: id,
      symbol: market.symbol,
      side: held > 0 ? "long" : "short",
      marginMode: position.isolated ? "isolated" : "cross",
      contracts: formatDecimal(size, market.amountDecimals),
      remaining: formatDecimal(Math.abs(held) - size, market.amountDecimals),
      price: priceOf(market, size, worth),
      realizedPnl: changed.type === "positionChanged" ? changed.realizedPnl : "0",
      against: slice.id,
    },
    changed,
    ...(balance === before ? [] : [balanceEvent(id, asset, balance, balance - before)]),
    ...reconcileStops(state, transaction, account, "position"),
  ];
}
