// setMarginMode: switches the margin mode of a market's open position, or of all, by the venue's policy, and keeps it for positions
// to come.
//
//   convertIfSafe       converts where both scopes hold their initial margin afterwards
//   reduceToFit         the same, after the least partial close that makes it fit (partial-close.ts)
//   accountWide         all positions of the account at once, all or none
//   refuseWithPosition  nothing while a position is open
//   transferOnly        no switch at all: close, transfer, open again
//
// Without a position each but accountWide stores the choice for the market. Open orders stand in the way of all, unless carried.
import type {
  EngineEvent,
  MarginMode,
  ModeSwitchPolicy,
  PositionSide,
  SetMarginModeCommand,
} from "../../types.ts";
import { reservedMargin } from "../admission.ts";
import { checkLeverage } from "../leverage.ts";
import { NO_ORDER } from "../orders.ts";
import { refuseIsolatedWithMultiAsset } from "../pledges.ts";
import { optionalFlag, refuse, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { type Transaction, transact } from "../transaction.ts";
import { type Conversion, checkCross, convert, leverageAfter } from "./conversion.ts";
import { readPrice } from "./definitions.ts";
import { leverageEvent, readSides, requireLeverage } from "./leverage.ts";
import { closeToFit } from "./partial-close.ts";
import { MODES } from "./positions.ts";
import { balanceEvent, balanceOf } from "./wallets.ts";

const POLICIES: readonly ModeSwitchPolicy[] = [
  "convertIfSafe",
  "reduceToFit",
  "refuseWithPosition",
  "accountWide",
  "transferOnly",
];

interface Change {
  readonly id: string;
  readonly account: number;
  readonly mode: MarginMode;
  readonly policy: ModeSwitchPolicy;
  /** undefined: the whole account. */
  readonly market: EngineMarket | undefined;
  readonly sides: readonly PositionSide[];
  readonly leverageMilli: number | undefined;
  /** As given. */
  readonly leverage: SetMarginModeCommand["leverage"] | undefined;
  readonly carryOrders: boolean;
  /** Price units; undefined: the mark. */
  readonly closePrice: number | undefined;
  readonly path: string;
}

/** An open position that a switch concerns. */
interface Open {
  readonly market: EngineMarket;
  readonly side: PositionSide;
  readonly position: PositionReference;
}

/** A side of a market that a switch concerns, with its position if one is open. */
interface Concerned {
  readonly market: EngineMarket;
  readonly side: PositionSide;
  readonly position: PositionReference | undefined;
}

function readMarketOf(
  state: EngineState,
  { symbol, side }: SetMarginModeCommand,
  policy: ModeSwitchPolicy,
  path: string,
): EngineMarket | undefined {
  if (policy === "accountWide") {
    if (symbol !== undefined) {
      const message = "margin modes are changed for the whole account here: name no symbol";
      refuse("ACCOUNT_WIDE", message, `${path}.symbol`, symbol);
    }
    if (side !== undefined) refuse("BAD_VALUE", "is for one market", `${path}.side`, side);
    return undefined;
  }
  if (symbol === undefined) {
    refuse("BAD_VALUE", "is missing: margin modes are changed by market", `${path}.symbol`, symbol);
  }
  return state.market(symbol, `${path}.symbol`);
}

function readClosePrice(
  { closePrice }: SetMarginModeCommand,
  policy: ModeSwitchPolicy,
  market: EngineMarket | undefined,
  path: string,
): number | undefined {
  if (closePrice === undefined) return undefined;
  if (policy !== "reduceToFit" || market === undefined) {
    refuse("BAD_VALUE", "is for the policy reduceToFit", path, closePrice);
  }
  return readPrice(market, closePrice, path);
}

function readChange(state: EngineState, command: SetMarginModeCommand, path: string): Change {
  const { leverage } = command;
  const account = state.account(command.account, `${path}.account`);
  const mode = requireWord(command.marginMode, MODES, `${path}.marginMode`);
  const policy =
    command.policy === undefined
      ? state.rules.modeSwitch
      : requireWord(command.policy, POLICIES, `${path}.policy`);
  const market = readMarketOf(state, command, policy, path);
  return {
    id: command.account,
    account,
    mode,
    policy,
    market,
    sides: readSides(state, account, command.side, `${path}.side`),
    leverageMilli:
      leverage === undefined ? undefined : requireLeverage(state, leverage, `${path}.leverage`),
    leverage,
    carryOrders: optionalFlag(command.carryOrders, `${path}.carryOrders`),
    closePrice: readClosePrice(command, policy, market, `${path}.closePrice`),
    path,
  };
}

/** Open positions that the switch concerns, by market, long before short. */
function openPositions(state: EngineState, { account, market, sides }: Change): Open[] {
  const markets = market === undefined ? state.markets : [market];
  if (state.pools(account).length === 0) return [];
  return markets.flatMap((each) =>
    sides.flatMap((side) => {
      const position = state.findPosition(account, each, side);
      return position === undefined ? [] : [{ market: each, side, position }];
    }),
  );
}

/** Refuses a switch that would change nothing. */
function checkNews(state: EngineState, change: Change, open: readonly Open[]): void {
  const { account, mode, market, path } = change;
  const { settings } = state;
  const isolated = mode === "isolated";
  if (open.some(({ position }) => position.isolated !== isolated)) return;
  if (market !== undefined) {
    const chosen = settings.marginMode(account, market.index) ?? "cross";
    if (open.length === 0 && chosen !== mode) return;
  } else if (
    (settings.accountMode(account) ?? "cross") !== mode ||
    settings.markets(account).some(([, choice]) => (choice.mode ?? mode) !== mode)
  ) {
    return;
  }
  const what = open.length === 0 ? "the setting" : "every position concerned";
  refuse("ALREADY_SET", `${what} is ${mode} already`, `${path}.marginMode`, mode);
}

function hasOrders(state: EngineState, { account, market }: Change): boolean {
  if (market !== undefined) return state.orders.inMarket(account, market.index);
  return state.orders.first(account) !== NO_ORDER;
}

/** Refuses what the policy does not let through at all. */
function checkPolicy(state: EngineState, change: Change, open: readonly Open[]): void {
  const { policy, mode, path, id } = change;
  if (!change.carryOrders && hasOrders(state, change)) {
    const message = "orders are open: cancel them, or carry them over with carryOrders";
    refuse("ORDERS_OPEN", message, path, change.market?.symbol ?? id);
  }
  const isolated = mode === "isolated";
  if (
    change.market === undefined &&
    change.leverageMilli !== undefined &&
    open.every(({ position }) => position.isolated === isolated)
  ) {
    const message = "no position is converted that it could be for";
    refuse("BAD_VALUE", message, `${path}.leverage`, change.leverage);
  }
  const first = open[0];
  if (first === undefined) return;
  const { symbol } = first.market;
  if (policy === "refuseWithPosition") {
    refuse("POSITION_OPEN", "a position is open: close it first", path, symbol);
  }
  if (policy === "transferOnly") {
    const message = `a position is open: close it, transfer its margin and open it again as ${mode}`;
    refuse("TRANSFER_ONLY", message, path, symbol);
  }
}

/** Converts one position; where it does not fit and the policy closes, after the least close that makes it fit. */
function switchPosition(
  state: EngineState,
  transaction: Transaction,
  change: Change,
  conversion: Conversion,
): EngineEvent[] {
  const { account, mode, path, policy, closePrice } = change;
  const { market } = conversion;
  const attempt = (within: Transaction): EngineEvent => {
    const event = convert(state, within, conversion);
    // A partial close fits where the cross pool stands right after it; other switches are judged when all positions have moved.
    if (policy === "reduceToFit") checkCross(state, account, market.settle, mode, path);
    return event;
  };
  if (policy !== "reduceToFit") return [attempt(transaction)];
  const price = closePrice ?? state.kernel.mark(market.slot);
  return closeToFit(state, transaction, { ...conversion, price }, attempt);
}

/** Stores the leverage stated for a side; true where that changed it. */
function storeLeverage(
  state: EngineState,
  transaction: Transaction,
  { account, leverageMilli, mode, path }: Change,
  { market, side, position }: Concerned,
): boolean {
  const { settings } = state;
  if (leverageMilli === undefined) return false;
  if (position === undefined) {
    // Also one that is stored already: the cap of the other mode may be lower.
    checkLeverage(state, market, { quantity: 0, cost: 0n, mode, leverageMilli }, path);
  }
  if (settings.leverageMilli(account, market.index, side) === leverageMilli) return false;
  transaction.onRollback(settings.setLeverage(account, market.index, side, leverageMilli));
  return true;
}

/** Sets a market's leverage and converts its positions; the events of both. */
function switchMarket(
  state: EngineState,
  transaction: Transaction,
  change: Change,
  market: EngineMarket,
  open: readonly Open[],
): { readonly switched: EngineEvent[]; readonly leverages: EngineEvent[] } {
  const { id, account, mode, leverageMilli, path } = change;
  const isolated = mode === "isolated";
  const sides = change.sides
    .map((side): Concerned => {
      const found = open.find((each) => each.market === market && each.side === side);
      return { market, side, position: found?.position };
    })
    // A side that is in that mode already keeps all its terms; the two sides of a one-way account are one.
    .filter(({ position }) => position === undefined || position.isolated !== isolated);
  const kept = !state.accounts.hedged(account) && sides.length < change.sides.length;
  const concerned = kept ? [] : sides;
  // All settings first: what open orders reserve may depend on them.
  const stored = concerned.map((each) => storeLeverage(state, transaction, change, each));
  const switched: EngineEvent[] = [];
  const leverages: EngineEvent[] = [];
  concerned.forEach(({ side, position }, index) => {
    let after = leverageMilli ?? 0;
    let changed = stored[index] === true;
    if (position !== undefined) {
      const conversion = { id, account, market, side, position, mode, leverageMilli, path };
      after = leverageAfter(state, conversion);
      changed ||= after !== state.kernel.leverageMilli(position.leg);
      switched.push(...switchPosition(state, transaction, change, conversion));
    }
    if (changed) leverages.push(leverageEvent(id, market, side, after));
  });
  return { switched, leverages };
}

function storeMode(state: EngineState, transaction: Transaction, change: Change): EngineEvent {
  const { id, account, market, mode } = change;
  const { settings } = state;
  const undo =
    market === undefined
      ? settings.setAccountMode(account, mode)
      : settings.setMode(account, market.index, mode);
  transaction.onRollback(undo);
  const symbol = market?.symbol ?? null;
  return { type: "marginModeSet", account: id, symbol, marginMode: mode };
}

/** Everything within a transaction. */
function carryOut(
  state: EngineState,
  transaction: Transaction,
  change: Change,
  open: readonly Open[],
): EngineEvent[] {
  const { id, account, market, mode, path } = change;
  const markets = market === undefined ? new Set(open.map((each) => each.market)) : [market];
  const isolated = mode === "isolated";
  const converted = open.filter(({ position }) => position.isolated !== isolated);
  const assets = [...new Set(converted.map((each) => each.market.settle))].sort((a, b) => a - b);
  const before = assets.map((asset) => balanceOf(state, account, asset));
  const reserveOf = (): bigint =>
    market === undefined ? 0n : reservedMargin(state, account, market.settle);
  const reserved = reserveOf();
  const switched: EngineEvent[] = [];
  const leverages: EngineEvent[] = [];
  for (const each of markets) {
    const events = switchMarket(state, transaction, change, each, open);
    switched.push(...events.switched);
    leverages.push(...events.leverages);
  }
  const stored = storeMode(state, transaction, change);
  for (const asset of assets) checkCross(state, account, asset, mode, path);
  if (market !== undefined && reserveOf() > reserved) {
    // Carried orders reserve more at another leverage.
    checkCross(state, account, market.settle, mode, path);
  }
  const balances = assets.flatMap((asset, index) => {
    const balance = balanceOf(state, account, asset);
    const moved = balance - (before[index] ?? 0n);
    return moved === 0n ? [] : [balanceEvent(id, state.assetAt(asset), balance, moved)];
  });
  return [...switched, stored, ...leverages, ...balances];
}

export function setMarginMode(
  state: EngineState,
  command: SetMarginModeCommand,
  path: string,
): EngineEvent[] {
  const change = readChange(state, command, path);
  const open = openPositions(state, change);
  checkNews(state, change, open);
  if (change.mode === "isolated") {
    refuseIsolatedWithMultiAsset(state, change.account, `${path}.marginMode`);
  }
  checkPolicy(state, change, open);
  return transact(state, (transaction) => carryOut(state, transaction, change, open));
}
