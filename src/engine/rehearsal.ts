// Commands tried out: carried out in full by the code that carries them out in earnest, looked at, and taken back to the last
// record and handle. So a preview cannot disagree with its command (invariant 8), and nothing shows that there was one.
import { RiskError, type RiskErrorCode } from "../errors.ts";
import type { Command, EngineEvent } from "../types.ts";
import { dispatch } from "./dispatch.ts";
import { refuse, requireObject } from "./read.ts";
import type { EngineState } from "./state.ts";
import { rehearse } from "./transaction.ts";

/** What a command would come to. */
export interface Rehearsal<Seen> {
  /** Empty where it is refused. */
  readonly events: EngineEvent[];
  /** What `apply` would throw. */
  readonly refusal: RiskError | null;
  /** What `look` saw in the state after the command; null where it is refused. */
  readonly after: Seen | null;
}

/** The types of commands whose every change a transaction takes back. */
const REHEARSABLE: ReadonlySet<string> = new Set<Command["type"]>([
  "deposit",
  "withdraw",
  "setBalance",
  "setPosition",
  "fill",
  "setMultiAsset",
  "addMargin",
  "reduceMargin",
  "setAutoTopUp",
  "topUpMargins",
  "setLeverage",
  "setMarginMode",
  "placeOrder",
  "cancelOrder",
  "placeStop",
  "cancelStop",
  "liquidate",
  "deleverage",
]);

/** Failures that are no answer to what was asked. */
const FAULTS: ReadonlySet<RiskErrorCode> = new Set<RiskErrorCode>(["POISONED", "INTERNAL"]);

/**
 * Carries a command out, looks at the state after it, and takes it back: hash, handles and scans are as before.
 *
 * @param look reads the state; it must change nothing and hold on to no handle
 * @throws RiskError BAD_VALUE for a command that concerns more than accounts (definitions, prices, funding)
 */
export function rehearseCommand<Seen>(
  state: EngineState,
  command: Command,
  look: () => Seen,
): Rehearsal<Seen> {
  requireObject(command, "command");
  const { type } = command;
  if (!REHEARSABLE.has(type)) {
    refuse("BAD_VALUE", "only commands on accounts can be tried out", "command.type", type);
  }
  return rehearse(state, () => {
    let events: EngineEvent[];
    try {
      events = dispatch(state, command);
    } catch (error) {
      if (!(error instanceof RiskError) || FAULTS.has(error.code)) throw error;
      return { events: [], refusal: error, after: null };
    }
    return { events, refusal: null, after: look() };
  });
}
