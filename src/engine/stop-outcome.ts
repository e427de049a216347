// What the close of a stop would come to: the mark is put at its trigger, the close is made by the very functions by which a tick makes it, one
// looks, and everything is taken back to the last record and handle. So an outcome cannot disagree with the tick (invariant 8).
import { formatDecimal, parseDecimal } from "../decimal.ts";
import { RiskError, type RiskErrorCode } from "../errors.ts";
import { MAX_AMOUNT } from "../model.ts";
import type { EngineEvent, StopOutcome } from "../types.ts";
import { NO_POOL, tagMode } from "./accounts.ts";
import { type TrialPrices, withPrices } from "./scan.ts";
import { liquidationPair, type PricePair, settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";
import { marketOfStop, positionOfStop } from "./stop-rules.ts";
import { closeByStop, viewCloses } from "./tick-execute.ts";
import { rehearse } from "./transaction.ts";

/** An outcome, or why the close would be refused. */
export interface StopTrial {
  readonly outcome: StopOutcome | null;
  readonly refusal: RiskErrorCode | null;
}

const AMOUNTS = { min: -MAX_AMOUNT, max: MAX_AMOUNT };

/** Failures that are no answer to what was asked. */
const FAULTS: ReadonlySet<RiskErrorCode> = new Set<RiskErrorCode>(["POISONED", "INTERNAL"]);

/** Closes the stop at these prices (its own at least; the other marks as they are), looks, and takes it back. */
export function tryStop(
  state: EngineState,
  stop: number,
  pool: number,
  prices: TrialPrices,
): StopTrial {
  try {
    const outcome = withPrices(state, prices, () =>
      rehearse(state, () => closeAndLook(state, stop, pool)),
    );
    return { outcome, refusal: null };
  } catch (error) {
    if (!(error instanceof RiskError) || FAULTS.has(error.code)) throw error;
    return { outcome: null, refusal: error.code };
  }
}

function closeAndLook(state: EngineState, stop: number, pool: number): StopOutcome {
  const { kernel, stops } = state;
  const account = stops.account(stop);
  const tag = kernel.tag(pool);
  const asset = settleOf(state, pool);
  const { decimals } = state.assetAt(asset);
  const walletBefore = walletOf(state, account, asset);
  const { closes, events } = closeByStop(state, stop, ({ slot }) => kernel.mark(slot));
  const closed = viewCloses(closes);
  const amount = (units: bigint): string => formatDecimal(units, decimals);
  const after = state.findPool(account, tag);
  const figures = after === NO_POOL ? undefined : kernel.poolFigures(after);
  const whole = tagMode(tag) === "isolated" && figures === undefined;
  return {
    fillPrice: closed.length === 1 ? (closed[0]?.price ?? null) : null,
    closed,
    realizedPnl: amount(sumOf(events, "realizedPnl", decimals)),
    fee: amount(sumOf(events, "fee", decimals)),
    marginReturned: whole ? amount(walletOf(state, account, asset) - walletBefore) : null,
    equity: figures === undefined ? null : amount(figures.equity),
    maintenanceMargin: figures === undefined ? null : amount(figures.maintenanceMargin),
    clearance: figures === undefined ? null : amount(figures.clearance),
    stands: figures?.liquidatable !== true,
    liquidationPrice: priceOfRest(state, stop),
  };
}

/** Quote units in the account's wallet. */
function walletOf(state: EngineState, account: number, asset: number): bigint {
  const wallet = state.crossPool(account, asset);
  return wallet === NO_POOL ? 0n : state.kernel.collateral(wallet);
}

function sumOf(
  events: readonly EngineEvent[],
  field: "realizedPnl" | "fee",
  decimals: number,
): bigint {
  let sum = 0n;
  for (const event of events) {
    if (event.type === "positionChanged")
      sum += parseDecimal(event[field], decimals, field, AMOUNTS);
  }
  return sum;
}

/** Liquidation prices of what is left of the stop's own position. */
function priceOfRest(state: EngineState, stop: number): PricePair | null {
  const market = marketOfStop(state, stop);
  const rest = positionOfStop(state, stop);
  if (market === undefined || rest === undefined) return null;
  return liquidationPair(state, rest.pool, market);
}
