// Auto-deleveraging: a bankrupt position closed against the positions of others, who are given exactly what it gives up. Counterparties
// go in the order of their rank at the first need; one whom the price would bankrupt or liquidate is passed over.
import { formatDecimal } from "../../decimal.ts";
import { RiskError } from "../../errors.ts";
import type { PoolFigures } from "../../model.ts";
import type { EngineEvent, PositionSide } from "../../types.ts";
import { reducePosition } from "../commands/trades.ts";
import { balanceEvent, balanceOf } from "../commands/wallets.ts";
import { reconcileStops } from "../reconcile-stops.ts";
import type { EngineMarket, PositionReference } from "../state.ts";
import { transactWhole } from "../transaction.ts";
import type { LiquidationContext } from "./context.ts";
import { type Candidate, rankCandidates } from "./ranking.ts";
import { priceOf, type Slice } from "./slice.ts";

export interface Deleveraged {
  /** Units taken by counterparties. */
  readonly taken: number;
  /** What they gave for them, in all: the worth of as many units. */
  readonly given: bigint;
  readonly events: EngineEvent[];
}

/** Refusals that pass a counterparty over. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "INSUFFICIENT_FUNDS",
  "MARGIN_EXHAUSTED",
  "WOULD_LIQUIDATE",
]);

function candidatesFor(
  context: LiquidationContext,
  market: EngineMarket,
  side: PositionSide,
): Candidate[] {
  const key = `${market.index} ${side}`;
  const known = context.candidates.get(key);
  if (known !== undefined) return known;
  const ranked = rankCandidates(context.state, market, side, context.rules.adlRanking);
  context.candidates.set(key, ranked);
  return ranked;
}

/**
 * Closes as much of the part as counterparties hold. The bankrupt position itself is left to the caller.
 *
 * @param worthOf what the first n units of the part are worth
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
  const held = state.kernel.quantity(slice.position.leg);
  const side = held > 0 ? "short" : "long";
  const events: EngineEvent[] = [];
  let taken = 0;
  const candidates = candidatesFor(context, market, side);
  for (let place = 0; taken < slice.size && place < candidates.length; place++) {
    const candidate = candidates[place] as Candidate;
    if (candidate.account === slice.account) continue;
    if (against !== undefined && candidate.id !== against) continue;
    const position = state.findPosition(candidate.account, market, side);
    if (position === undefined) {
      // Gone for the rest of the command, which opens no position: nobody looks here again.
      candidates.splice(place--, 1);
      continue;
    }
    const has = Math.abs(state.kernel.quantity(position.leg));
    const size = Math.min(has, slice.size - taken);
    const worth = worthOf(taken + size) - worthOf(taken);
    const told = closeCandidate(context, slice, candidate, position, size, -worth);
    if (told === undefined) continue;
    events.push(...told);
    taken += size;
  }
  return { taken, given: worthOf(taken), events };
}

/** Bankrupt or newly liquidatable: a scope whose last position goes is not liquidatable however deep its debt, so equity is asked too. */
function isRuined(before: PoolFigures, after: PoolFigures): boolean {
  if (after.equity < 0n && after.equity < before.equity) return true;
  return after.liquidatable && !before.liquidatable;
}

/** Closes a counterparty's units for an amount; undefined where that is not to be had of it. */
function closeCandidate(
  context: LiquidationContext,
  slice: Slice,
  { id, account }: Candidate,
  position: PositionReference,
  size: number,
  worth: bigint,
): EngineEvent[] | undefined {
  const { state, path } = context;
  const { kernel } = state;
  const { market } = slice;
  const held = kernel.quantity(position.leg);
  const earlier = kernel.poolFigures(position.pool);
  try {
    return transactWhole(state, (transaction) => {
      const before = balanceOf(state, account, market.settle);
      const price = kernel.mark(market.slot);
      const terms = { id, account, market, price, leverageMilli: undefined, path };
      const quantity = held > 0 ? -size : size;
      const changed = reducePosition(
        state,
        transaction,
        terms,
        { quantity, fee: 0n, worth },
        position,
      );
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
    });
  } catch (error) {
    if (error instanceof RiskError && PASSED_OVER.has(error.code)) return undefined;
    throw error;
  }
}
