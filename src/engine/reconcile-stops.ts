// Stops follow what they protect: after every command that can touch a position, those of the accounts it touched are looked at again.
// A stop whose position is gone goes too, an amount above the position comes down to it, and triggers that depend on margin, size or
// entry move. All of it is one change with the command: refused together, taken back together.
import type { Command, EngineEvent } from "../types.ts";
import { NO_POOL } from "./accounts.ts";
import type { EngineState, PositionReference } from "./state.ts";
import {
  type CancelReason,
  cancelStopFor,
  setStopPrices,
  setStopQuantity,
} from "./stop-changes.ts";
import {
  amountText,
  clampedPrices,
  marketOfStop,
  poolOfStop,
  positionOfStop,
  resolvedPrice,
  triggerText,
} from "./stop-rules.ts";
import { isEquityKind, isResolvedKind, NO_STOP } from "./stops.ts";
import { type Transaction, transact, transactWhole } from "./transaction.ts";

/** What moved: said with the change of a stop. */
export type ChangeReason = "position" | "margin" | "modeSwitch";

/** Commands after which an account's stops may stand differently, and by what. */
const FOLLOWED: ReadonlyMap<string, ChangeReason> = new Map<Command["type"], ChangeReason>([
  ["fill", "position"],
  ["setPosition", "position"],
  ["addMargin", "margin"],
  ["reduceMargin", "margin"],
  ["topUpMargins", "margin"],
  ["setLeverage", "margin"],
  ["setMarginMode", "modeSwitch"],
]);

/** Why the stop has nothing to do any more; undefined: it has. */
function endOf(
  state: EngineState,
  stop: number,
  position: PositionReference | undefined,
): CancelReason | undefined {
  const kind = state.stops.kindOf(stop);
  if (isEquityKind(kind)) {
    if (poolOfStop(state, stop) !== NO_POOL) return undefined;
    return position === undefined ? "closed" : "modeSwitch";
  }
  if (position === undefined) return "closed";
  return kind === "marginLoss" && !position.isolated ? "modeSwitch" : undefined;
}

/** Moves what depends on the position; true where that was the amount, false where it was the trigger, undefined where nothing did. */
function follow(
  state: EngineState,
  transaction: Transaction,
  stop: number,
  position: PositionReference,
): "amount" | "trigger" | undefined {
  const { stops, kernel } = state;
  let moved: "amount" | "trigger" | undefined;
  const kind = stops.kindOf(stop);
  const market = marketOfStop(state, stop);
  if (isResolvedKind(kind) && market !== undefined) {
    const up = stops.up(stop);
    const asked = resolvedPrice(
      state,
      { kind, sharePpm: stops.sharePpm(stop), up },
      market,
      position,
    );
    if (asked !== stops.asked(stop)) {
      const prices = clampedPrices(state, position.pool, market, { asked, up, takeProfit: false });
      setStopPrices(state, transaction, stop, prices);
      moved = "trigger";
    }
  }
  const held = Math.abs(kernel.quantity(position.leg));
  if (stops.quantity(stop) > held) {
    setStopQuantity(state, transaction, stop, held);
    moved = "amount";
  }
  return moved;
}

/** Brings an account's stops in line with its positions; what became of which, in the order of placement. */
export function reconcileStops(
  state: EngineState,
  transaction: Transaction,
  account: number,
  reason: ChangeReason,
): EngineEvent[] {
  const { stops } = state;
  const events: EngineEvent[] = [];
  if (stops.first(account) === NO_STOP) return events;
  const id = state.accounts.id(account) ?? "";
  for (const stop of stops.rows(account)) {
    const position = positionOfStop(state, stop);
    const end = endOf(state, stop, position);
    if (end !== undefined) {
      events.push(cancelStopFor(state, transaction, stop, end));
      continue;
    }
    const moved = position === undefined ? undefined : follow(state, transaction, stop, position);
    if (moved === undefined) continue;
    events.push({
      type: "stopChanged",
      account: id,
      stop: stops.id(stop),
      reason: moved === "amount" ? "position" : reason,
      triggerPrice: triggerText(state, stop),
      amount: amountText(state, stop),
    });
  }
  return events;
}

/** With the knob stopsOnModeSwitch "cancel": the stops of the positions that a switch has converted. */
function cancelSwitched(
  state: EngineState,
  transaction: Transaction,
  account: number,
  events: readonly EngineEvent[],
): EngineEvent[] {
  const { stops } = state;
  const cancelled: EngineEvent[] = [];
  if (state.rules.stopsOnModeSwitch !== "cancel") return cancelled;
  for (const stop of stops.rows(account)) {
    const symbol = marketOfStop(state, stop)?.symbol;
    const side = stops.side(stop);
    const switched = events.some(
      (event) =>
        event.type === "positionSwitched" && event.symbol === symbol && event.side === side,
    );
    if (switched) cancelled.push(cancelStopFor(state, transaction, stop, "modeSwitch"));
  }
  return cancelled;
}

/** Indices of the accounts with stops that the command touched. */
function touchedAccounts(
  state: EngineState,
  command: Command,
  events: readonly EngineEvent[],
): Set<number> {
  const ids = "account" in command ? [command.account] : events.flatMap(accountOf);
  const touched = new Set<number>();
  for (const id of ids) {
    const account = state.accounts.find(id);
    if (account !== undefined && state.stops.first(account) !== NO_STOP) touched.add(account);
  }
  return touched;
}

function accountOf(event: EngineEvent): string[] {
  return "account" in event ? [event.account] : [];
}

/** False for commands that no stop follows, and where there are none to. */
function isFollowed(state: EngineState, command: Command): boolean {
  if (state.stops.count === 0 || !FOLLOWED.has(command.type)) return false;
  if (!("account" in command)) return true;
  const account = typeof command.account === "string" ? state.accounts.find(command.account) : -1;
  return account !== undefined && state.stops.first(account) !== NO_STOP;
}

/** Carries a command out and brings the stops of the accounts it touched in line: both or neither. */
export function withStops(
  state: EngineState,
  command: Command,
  carryOut: (state: EngineState, command: Command) => EngineEvent[],
): EngineEvent[] {
  if (!isFollowed(state, command)) return carryOut(state, command);
  const reason = FOLLOWED.get(command.type) ?? "position";
  return transactWhole(state, (transaction) => {
    const events = carryOut(state, command);
    const followed: EngineEvent[] = [];
    for (const account of touchedAccounts(state, command, events)) {
      if (reason === "modeSwitch") {
        followed.push(...cancelSwitched(state, transaction, account, events));
      }
      followed.push(...reconcileStops(state, transaction, account, reason));
    }
    return followed.length === 0 ? events : [...events, ...followed];
  });
}

/** After funding: margins of isolated positions have changed, and with them the triggers of stops on a share of them. */
export function reconcileMargins(state: EngineState): EngineEvent[] {
  const { stops } = state;
  if (stops.countOf("marginLoss") === 0) return [];
  return transact(state, (transaction) => {
    const events: EngineEvent[] = [];
    for (const account of stops.accounts()) {
      let stop = stops.first(account);
      while (stop !== NO_STOP && stops.kindOf(stop) !== "marginLoss") stop = stops.next(stop);
      if (stop === NO_STOP) continue;
      for (const event of reconcileStops(state, transaction, account, "margin")) {
        events.push(event);
      }
    }
    return events;
  });
}
