// What a switch of margin mode would come to, for every scope and position that it touches: the command itself, tried out and taken
// back (preview.ts), and its account's report before it set against the report after it.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type {
  AccountReport,
  EngineEvent,
  MarginModePreview,
  PositionView,
  ScopeName,
  ScopeView,
  SetMarginModeCommand,
  SwitchedPosition,
  SwitchedScope,
} from "../types.ts";
import { previewCommand } from "./preview.ts";
import type { EngineState } from "./state.ts";

const REFUSED = { transfer: null, closed: "0", leverage: null, scopes: [], positions: [] } as const;
const AMOUNT = { min: -MAX_AMOUNT, max: MAX_AMOUNT };
const UNITS = { min: 0n, max: BigInt(MAX_SAFE_UNITS) };

function nameOf({ account, scope, settle, symbol, side }: ScopeName): ScopeName {
  return { account, scope, settle, symbol, side };
}

function keyOf({ scope, settle, symbol, side }: ScopeName): string {
  return JSON.stringify([scope, settle, symbol, side]);
}

/** The scope that carries a position. */
function scopeOf(state: EngineState, { account, symbol, side, marginMode }: PositionView): string {
  const settle = state.assetAt(state.market(symbol, "symbol").settle).code;
  const isolated = marginMode === "isolated";
  const place = isolated ? { symbol, side } : { symbol: null, side: null };
  return keyOf({ account, scope: marginMode, settle, ...place });
}

/** Scopes whose figures differ, in the order of the report after, those that are gone last. */
function switchedScopes(before: AccountReport, after: AccountReport): SwitchedScope[] {
  const old = new Map(before.scopes.map((view) => [keyOf(view), view]));
  const found: SwitchedScope[] = [];
  for (const view of after.scopes) {
    const was: ScopeView | null = old.get(keyOf(view)) ?? null;
    old.delete(keyOf(view));
    if (was !== null && JSON.stringify(was) === JSON.stringify(view)) continue;
    found.push({ name: nameOf(view), before: was, after: view });
  }
  for (const view of old.values()) found.push({ name: nameOf(view), before: view, after: null });
  return found;
}

/** What each position was given, by symbol and side, in units of its settle asset. */
function transfersOf(state: EngineState, events: readonly EngineEvent[]): Map<string, bigint> {
  const transfers = new Map<string, bigint>();
  for (const event of events) {
    if (event.type !== "positionSwitched") continue;
    const { settleDecimals } = state.market(event.symbol, "symbol");
    const amount = parseDecimal(event.transfer, settleDecimals, "transfer", AMOUNT);
    transfers.set(`${event.side} ${event.symbol}`, amount);
  }
  return transfers;
}

function switchedPosition(
  state: EngineState,
  before: PositionView,
  after: PositionView,
  transfer: bigint,
): SwitchedPosition {
  const { symbol, side } = after;
  const { settleDecimals } = state.market(symbol, "symbol");
  const both = <Key extends keyof PositionView>(
    key: Key,
  ): { readonly before: PositionView[Key]; readonly after: PositionView[Key] } => ({
    before: before[key],
    after: after[key],
  });
  return {
    symbol,
    side,
    marginMode: both("marginMode"),
    contracts: both("contracts"),
    leverage: both("leverage"),
    isolatedMargin: both("isolatedMargin"),
    liquidationPrice: both("liquidationPrice"),
    transfer: formatDecimal(transfer, settleDecimals),
  };
}

/** Positions in scopes that are touched, as the report after has them: a switch closes none whole. */
function switchedPositions(
  state: EngineState,
  before: AccountReport,
  after: AccountReport,
  touched: ReadonlySet<string>,
  transfers: ReadonlyMap<string, bigint>,
): SwitchedPosition[] {
  const old = new Map(before.positions.map((view) => [`${view.side} ${view.symbol}`, view]));
  return after.positions.flatMap((view) => {
    const key = `${view.side} ${view.symbol}`;
    const was = old.get(key);
    if (was === undefined) return [];
    if (!touched.has(scopeOf(state, view)) && !touched.has(scopeOf(state, was))) return [];
    return [switchedPosition(state, was, view, transfers.get(key) ?? 0n)];
  });
}

/** The sum where all are in one asset. */
function sumOf(
  state: EngineState,
  converted: readonly SwitchedPosition[],
  transfers: ReadonlyMap<string, bigint>,
): string | null {
  const markets = converted.map(({ symbol }) => state.market(symbol, "symbol"));
  const first = markets[0];
  if (first === undefined) return "0";
  if (markets.some(({ settle }) => settle !== first.settle)) return null;
  let sum = 0n;
  for (const amount of transfers.values()) sum += amount;
  return formatDecimal(sum, first.settleDecimals);
}

/** Contracts closed on the way; a partial close concerns one market. */
function closedOf(state: EngineState, converted: readonly SwitchedPosition[]): string {
  let sum = 0n;
  let decimals = 0;
  for (const { symbol, contracts } of converted) {
    const { amountDecimals } = state.market(symbol, "symbol");
    const size = (text: string): bigint => parseDecimal(text, amountDecimals, "contracts", UNITS);
    const closed = size(contracts.before) - size(contracts.after);
    if (closed === 0n) continue;
    sum += closed;
    decimals = amountDecimals;
  }
  return formatDecimal(sum, decimals);
}

/** What the switch would come to. Changes nothing; a rule that is broken is a refusal in the result. */
export function previewMarginMode(
  state: EngineState,
  command: SetMarginModeCommand,
): MarginModePreview {
  const { accepted, refusal, events, before, after } = previewCommand(state, command);
  if (before === null || after === null) return { accepted, refusal, ...REFUSED, events };
  const scopes = switchedScopes(before, after);
  const touched = new Set(scopes.map(({ name }) => keyOf(name)));
  const transfers = transfersOf(state, events);
  const positions = switchedPositions(state, before, after, touched, transfers);
  const converted = positions.filter(({ marginMode }) => marginMode.before !== marginMode.after);
  const leverages = new Set(converted.map(({ leverage }) => leverage.after));
  const [leverage = null] = leverages.size === 1 ? leverages : [];
  return {
    accepted,
    refusal,
    transfer: sumOf(state, converted, transfers),
    closed: closedOf(state, converted),
    leverage,
    scopes,
    positions,
    events,
  };
}
