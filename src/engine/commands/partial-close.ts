// The forced partial close of a mode switch: where a position does not fit as it is, the least part of it is closed, as a trade of
// that size would, after which it does. Sizes are tried out in full (close, conversion, every check) and taken back.
import { formatDecimal } from "../../decimal.ts";
import { RiskError, type RiskErrorCode } from "../../errors.ts";
import type { EngineEvent } from "../../types.ts";
import { type FitVerdict, leastFittingClose } from "../least-close.ts";
import type { EngineState } from "../state.ts";
import { rehearse, type Transaction } from "../transaction.ts";
import type { Conversion } from "./conversion.ts";
import { scheduledFeeCeil } from "./fills.ts";
import { reducePosition } from "./trades.ts";

/** A conversion with the price, in price units, at which a part may be closed. */
export interface ClosingConversion extends Conversion {
  readonly price: number;
}

type Attempt = (transaction: Transaction) => EngineEvent;

/** Refusals that another size might not meet. */
const VERDICTS: ReadonlyMap<RiskErrorCode, FitVerdict> = new Map<RiskErrorCode, FitVerdict>([
  ["OUT_OF_RANGE", "more"],
  ["VALUE_OUT_OF_RANGE", "more"],
  ["BELOW_INITIAL_MARGIN", "more"],
  ["WOULD_LIQUIDATE", "more"],
  ["MARGIN_EXHAUSTED", "less"],
  ["INSUFFICIENT_FUNDS", "funds"],
  ["INSUFFICIENT_CROSS", "funds"],
]);

/** Closes `size` units as a trade that takes liquidity. */
function closePart(
  state: EngineState,
  transaction: Transaction,
  conversion: ClosingConversion,
  size: number,
): EngineEvent {
  const { id, account, market, position, price, path } = conversion;
  const quantity = state.kernel.quantity(position.leg) > 0 ? -size : size;
  const fee = scheduledFeeCeil(market, quantity, price, market.takerRateE8);
  const terms = { id, account, market, price, leverageMilli: undefined, path };
  return reducePosition(state, transaction, terms, { quantity, fee }, position);
}

/** What an attempt came to; failures that no size changes are thrown. */
function judge(attempt: () => void): {
  readonly verdict: FitVerdict;
  readonly refusal?: RiskError;
} {
  try {
    attempt();
    return { verdict: "fits" };
  } catch (error) {
    const verdict = error instanceof RiskError ? VERDICTS.get(error.code) : undefined;
    if (verdict === undefined) throw error;
    return { verdict, refusal: error as RiskError };
  }
}

/**
 * Converts the position by `attempt`, after the least partial close that makes it fit where it does not as it is.
 *
 * @throws RiskError CANNOT_FIT where no close leaves a position that fits
 */
export function closeToFit(
  state: EngineState,
  transaction: Transaction,
  conversion: ClosingConversion,
  attempt: Attempt,
): EngineEvent[] {
  const { market, position, price, path } = conversion;
  const whole = judge(() => rehearse(state, attempt));
  if (whole.verdict === "fits") return [attempt(transaction)];
  const held = Math.abs(state.kernel.quantity(position.leg));
  const closed = leastFittingClose(held - 1, (size) => {
    const trial = (within: Transaction): void => {
      closePart(state, within, conversion, size);
      attempt(within);
    };
    return judge(() => rehearse(state, trial)).verdict;
  });
  if (closed === undefined) {
    const at = formatDecimal(price, market.priceDecimals);
    throw new RiskError("CANNOT_FIT", `no partial close at ${at} makes the position fit`, {
      path,
      value: market.symbol,
      cause: whole.refusal,
    });
  }
  return [closePart(state, transaction, conversion, closed), attempt(transaction)];
}
