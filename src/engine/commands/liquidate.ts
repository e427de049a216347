// The commands of liquidation: scopes under water by the profile's rules, a deleveraging asked for by name, and what an insurance fund
// holds. What they do is in ../liquidation/.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT } from "../../model.ts";
import type {
  DeleverageCommand,
  EngineEvent,
  LiquidateCommand,
  ScopeName,
  SetInsuranceFundCommand,
} from "../../types.ts";
import { NO_POOL } from "../accounts.ts";
import { LiquidationContext } from "../liquidation/context.ts";
import { type LiquidationRules, readPolicy } from "../liquidation/policies.ts";
import { liquidateScope, settleRest } from "../liquidation/scope-run.ts";
import { bankruptcyWorthCeil, closeAgainstOthers, type Slice } from "../liquidation/slice.ts";
import { orderedPools } from "../order.ts";
import { isPledgedWallet } from "../pledges.ts";
import { optionalFlag, refuse, refuseUnknownFields, requireObject } from "../read.ts";
import { reconcileStops } from "../reconcile-stops.ts";
import { scanMarks } from "../scan.ts";
import { identifyPool, settleOf } from "../scope.ts";
import type { EngineState } from "../state.ts";
import { orderOfScopes } from "../tick-result.ts";
import { transact, transactWhole } from "../transaction.ts";
import { readPrice } from "./definitions.ts";
import { readTime } from "./funding.ts";
import { readPositionSide } from "./positions.ts";
import { balanceEvent, balanceOf } from "./wallets.ts";

const LIQUIDATE_FIELDS: readonly (keyof LiquidateCommand)[] = [
  "type",
  "accounts",
  "time",
  "policy",
  "fillPrices",
];
const DELEVERAGE_FIELDS: readonly (keyof DeleverageCommand)[] = [
  "type",
  "account",
  "symbol",
  "side",
  "amount",
  "against",
  "solvent",
  "policy",
];
const DELEVERAGE_RULES: readonly string[] = ["adlPrice", "adlRanking"];
const FUND_FIELDS: readonly (keyof SetInsuranceFundCommand)[] = ["type", "asset", "amount"];

/** Liquidates by account id, cross before isolated; all of it or, where anything is refused, nothing. */
export function liquidate(
  state: EngineState,
  command: LiquidateCommand,
  path: string,
): EngineEvent[] {
  refuseUnknownFields(command, LIQUIDATE_FIELDS, path);
  const rules = readRules(state, command, `${path}.policy`);
  const time = command.time === undefined ? undefined : readTime(command.time, `${path}.time`);
  const fillPrices = readFillPrices(state, command, path);
  const scopes = scopesOf(state, command.accounts, path);
  return transactWhole(state, (transaction) => {
    const context = new LiquidationContext(state, transaction, rules, { time, fillPrices, path });
    const events: EngineEvent[] = [];
    for (const { account, tag } of scopes) {
      // A counterparty's scope may be gone by then.
      const pool = state.findPool(account, tag);
      if (pool === NO_POOL) continue;
      for (const event of liquidateScope(context, pool)) events.push(event);
    }
    return [...events, ...context.fundEvents()];
  });
}

/** The rules in force. A profile is read before any market is there; a command's fees are of markets that are. */
function readRules(
  state: EngineState,
  { policy }: LiquidateCommand,
  path: string,
): LiquidationRules {
  const rules = readPolicy(state.rules.liquidation, policy, path);
  for (const symbol of Object.keys(policy?.fees ?? {})) {
    state.market(symbol, `${path}.fees[${JSON.stringify(symbol)}]`);
  }
  return rules;
}

function readFillPrices(
  state: EngineState,
  { fillPrices }: LiquidateCommand,
  path: string,
): Map<number, number> {
  const prices = new Map<number, number>();
  if (fillPrices === undefined) return prices;
  requireObject(fillPrices, `${path}.fillPrices`);
  for (const [symbol, price] of Object.entries(fillPrices)) {
    const place = `${path}.fillPrices[${JSON.stringify(symbol)}]`;
    const market = state.market(symbol, place);
    prices.set(market.slot, readPrice(market, price, place));
  }
  return prices;
}

/** What names a pool whatever becomes of its handle. */
interface Scope {
  readonly account: number;
  readonly tag: number;
}

/** Scopes to look at, in their order: of the accounts named, or all that a scan finds. */
function scopesOf(
  state: EngineState,
  accounts: readonly string[] | undefined,
  path: string,
): Scope[] {
  const scopeOf = (pool: number): Scope => ({
    account: state.kernel.owner(pool),
    tag: state.kernel.tag(pool),
  });
  if (accounts === undefined) {
    const scopes = Array.from(scanMarks(state).handles, scopeOf);
    const owners = scopes.map(({ account }) => account);
    const tags = scopes.map(({ tag }) => tag);
    return Array.from(orderOfScopes(state, owners, tags), (place) => scopes[place] as Scope);
  }
  if (!Array.isArray(accounts)) {
    refuse("BAD_VALUE", "must be a list of account ids", `${path}.accounts`, accounts);
  }
  const named = accounts.map((id, index) => ({
    id,
    account: state.account(id, `${path}.accounts[${index}]`),
  }));
  named.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return [...new Set(named.map(({ account }) => account))].flatMap((account) =>
    orderedPools(state, account)
      .filter((pool) => !isPledgedWallet(state, pool))
      .map(scopeOf),
  );
}

/** Closes a bankrupt position against counterparties. */
export function deleverage(
  state: EngineState,
  command: DeleverageCommand,
  path: string,
): EngineEvent[] {
  refuseUnknownFields(command, DELEVERAGE_FIELDS, path);
  const rules = readPolicy(state.rules.liquidation, command.policy, `${path}.policy`);
  // The others say how a scope is liquidated.
  refuseUnknownFields(command.policy ?? {}, DELEVERAGE_RULES, `${path}.policy`);
  const solvent = optionalFlag(command.solvent, `${path}.solvent`);
  const slice = readSlice(state, command, path);
  if (command.against !== undefined) state.account(command.against, `${path}.against`);
  const { pool } = slice.position;
  const { equity, liquidatable } = state.kernel.poolFigures(pool);
  const { market, account, id } = slice;
  if (!liquidatable || (equity >= 0n && !solvent)) {
    const money = `${formatDecimal(equity, market.settleDecimals)}`;
    const what = liquidatable ? `its equity is ${money}, not negative` : "it is not liquidatable";
    refuse(
      "NOT_BANKRUPT",
      `the scope cannot be deleveraged: ${what}`,
      `${path}.symbol`,
      command.symbol,
    );
  }
  return transactWhole(state, (transaction) => {
    // What is left of a scope, where anything is, stays the account's.
    const kept = { ...rules, leftover: "account" as const };
    const context = new LiquidationContext(state, transaction, kept, { path });
    const scope = identifyPool(state, pool);
    const before = balanceOf(state, account, market.settle);
    const worth = bankruptcyWorthCeil(state, slice);
    const { taken, events } = closeAgainstOthers(context, slice, worth, command.against);
    if (taken === 0) {
      const what = `no counterparty can take any of it`;
      refuse("NO_COUNTERPARTY", what, `${path}.symbol`, command.symbol);
    }
    const ended = state.legs(pool).length > 0 ? [] : [endedEvent(context, pool, scope)];
    const balance = balanceOf(state, account, market.settle);
    const asset = state.assetAt(market.settle);
    return [
      ...events,
      ...ended,
      ...(balance === before ? [] : [balanceEvent(id, asset, balance, balance - before)]),
      ...reconcileStops(state, transaction, account, "position"),
      ...context.fundEvents(),
    ];
  });
}

/** Settles a scope whose last position was deleveraged: its debt is covered and, isolated, it is gone. */
function endedEvent(context: LiquidationContext, pool: number, scope: ScopeName): EngineEvent {
  const { kernel } = context.state;
  const { decimals } = context.state.assetAt(settleOf(context.state, pool));
  const { equity, maintenanceMargin } = kernel.poolFigures(pool);
  const { insurance, uncovered } = settleRest(context, pool, false);
  return {
    ...scope,
    type: "liquidationEnded",
    outcome: "closed",
    equity: formatDecimal(equity, decimals),
    maintenanceMargin: formatDecimal(maintenanceMargin, decimals),
    insurance: formatDecimal(insurance, decimals),
    uncovered: formatDecimal(uncovered, decimals),
  };
}

function readSlice(state: EngineState, command: DeleverageCommand, path: string): Slice {
  const account = state.account(command.account, `${path}.account`);
  const market = state.markedMarket(command.symbol, `${path}.symbol`);
  const side = readPositionSide(state, account, command.side, `${path}.side`);
  const position = state.findPosition(account, market, side);
  if (position === undefined) {
    return refuse("NO_POSITION", "there is no such position", `${path}.symbol`, command.symbol);
  }
  const held = Math.abs(state.kernel.quantity(position.leg));
  const limits = { min: 1n, max: BigInt(held) };
  const { amount } = command;
  const size =
    amount === undefined
      ? held
      : Number(parseDecimal(amount, market.amountDecimals, `${path}.amount`, limits));
  return { id: command.account, account, market, position, size };
}

/** Sets a fund to a figure: what it was not comes from outside, or goes there. */
export function setInsuranceFund(
  state: EngineState,
  command: SetInsuranceFundCommand,
  path: string,
): EngineEvent[] {
  refuseUnknownFields(command, FUND_FIELDS, path);
  const asset = state.asset(command.asset, `${path}.asset`);
  const { index, code, decimals } = asset;
  const limits = { min: 0n, max: MAX_AMOUNT };
  const amount = parseDecimal(command.amount, decimals, `${path}.amount`, limits);
  return transact(state, (transaction) => {
    const change = amount - state.insurance.balance(index);
    transaction.onRollback(state.insurance.setBalance(index, amount));
    transaction.book(index, "insurance", change);
    return [
      {
        type: "insuranceFundChanged",
        asset: code,
        balance: formatDecimal(amount, decimals),
        change: formatDecimal(change, decimals),
      },
    ];
  });
}
