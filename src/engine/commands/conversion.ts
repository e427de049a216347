// One open position into the other margin mode, within a transaction. Into isolation it takes margin out of the wallet:
//
//   entry   ⌈|cost| / leverage⌉
//   safe    max(entry, initial margin at the mark − unrealised profit): so its equity is at least its initial margin, and at least the
//           margin at entry is posted
//
// and back in cross it returns all its margin, which funding may have left negative, to the wallet. What the cross pool must hold
// afterwards is asked separately (checkCross), once all positions of a switch have moved.
import { formatDecimal } from "../../decimal.ts";
import type { EngineEvent, MarginMode, PositionSide } from "../../types.ts";
import { isolatedTag, NO_POOL } from "../accounts.ts";
import { initialRequirement, reservedMargin } from "../admission.ts";
import { checkLeverage } from "../leverage.ts";
import { refuse } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import type { Transaction } from "../transaction.ts";
import { entryMarginCeil } from "./leverage.ts";
import { openCrossPool } from "./wallets.ts";

/** A position to convert and how. */
export interface Conversion {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  readonly side: PositionSide;
  readonly position: PositionReference;
  readonly mode: MarginMode;
  /** Stated with the switch; undefined: the position's. */
  readonly leverageMilli: number | undefined;
  readonly path: string;
}

/** Sets the leverage of the position's leg where it is another. */
function setLegLeverage(
  state: EngineState,
  transaction: Transaction,
  { market, position }: Conversion,
  leverageMilli: number,
): void {
  const { kernel } = state;
  const { leg } = position;
  if (kernel.leverageMilli(leg) === leverageMilli) return;
  transaction.setLeg(leg, market, kernel.quantity(leg), kernel.cost(leg), leverageMilli);
}

/** The leverage the position will have: stated, its own, or the account's setting; 0: none. */
export function leverageAfter(state: EngineState, conversion: Conversion): number {
  const { account, market, side, position, mode, leverageMilli } = conversion;
  if (leverageMilli !== undefined) return leverageMilli;
  const own = state.kernel.leverageMilli(position.leg);
  if (own !== 0 || mode === "cross") return own;
  return state.settings.leverageMilli(account, market.index, side);
}

function checkCaps(state: EngineState, conversion: Conversion, leverageMilli: number): void {
  const { market, position, mode, path } = conversion;
  const quantity = state.kernel.quantity(position.leg);
  const cost = state.kernel.cost(position.leg);
  checkLeverage(state, market, { quantity, cost, mode, leverageMilli }, path);
}

/** Margin to take along into isolation, at the leverage that the leg has by now. */
function marginToIsolate(state: EngineState, leg: number): bigint {
  const { kernel } = state;
  const cost = kernel.cost(leg);
  const entry = entryMarginCeil(cost, kernel.leverageMilli(leg));
  if (state.rules.modeSwitchMargin === "entry") return entry;
  const { value, haircut, initialMargin } = kernel.legFigures(leg);
  const atMark = initialMargin - (value - cost - haircut);
  return atMark > entry ? atMark : entry;
}

/** Initial margin at the rate of the leg's bracket, whatever its leverage. */
function bracketMargin(
  state: EngineState,
  transaction: Transaction,
  conversion: Conversion,
): bigint {
  const { leg } = conversion.position;
  const leverageMilli = state.kernel.leverageMilli(leg);
  setLegLeverage(state, transaction, conversion, 0);
  const { initialMargin } = state.kernel.legFigures(leg);
  setLegLeverage(state, transaction, conversion, leverageMilli);
  return initialMargin;
}

/** Refuses a position whose margin, in isolation, is not above the bracket's initial margin ("entry") or does not stand. */
function checkIsolatedSide(
  state: EngineState,
  transaction: Transaction,
  conversion: Conversion,
  pool: number,
  margin: bigint,
): void {
  const { market, path } = conversion;
  const show = (amount: bigint): string => formatDecimal(amount, market.settleDecimals);
  const place = `${path}.leverage`;
  const asked = formatDecimal(state.kernel.leverageMilli(conversion.position.leg), 3);
  const figures = state.kernel.poolFigures(pool);
  if (state.rules.modeSwitchMargin === "entry") {
    const least = bracketMargin(state, transaction, conversion);
    if (margin <= least) {
      const message = `a margin of ${show(margin)} is not above the bracket's initial margin of ${show(least)}`;
      refuse("BELOW_INITIAL_MARGIN", message, place, asked);
    }
  } else if (figures.equity < figures.initialMargin) {
    const message = `equity of ${show(figures.equity)} would be below the initial margin of ${show(figures.initialMargin)}`;
    refuse("BELOW_INITIAL_MARGIN", message, place, asked);
  }
  if (figures.liquidatable) {
    const message = `the position would be liquidatable at an equity of ${show(figures.equity)}`;
    refuse("WOULD_LIQUIDATE", message, place, asked);
  }
}

function isolate(state: EngineState, transaction: Transaction, conversion: Conversion): bigint {
  const { account, market, side, position, path } = conversion;
  const { kernel } = state;
  const leverageMilli = leverageAfter(state, conversion);
  if (leverageMilli === 0) {
    refuse("BAD_VALUE", "an isolated position needs a leverage", `${path}.leverage`, undefined);
  }
  checkCaps(state, conversion, leverageMilli);
  setLegLeverage(state, transaction, conversion, leverageMilli);
  const margin = marginToIsolate(state, position.leg);
  const left = kernel.collateral(position.pool) - margin;
  if (left < 0n) {
    const code = state.assetAt(market.settle).code;
    const short = `${formatDecimal(-left, market.settleDecimals)} ${code}`;
    const message = `the wallet is ${short} short of the position's margin`;
    refuse("INSUFFICIENT_FUNDS", message, path, formatDecimal(margin, market.settleDecimals));
  }
  transaction.setCollateral(position.pool, left, path);
  const pool = transaction.createPool(account, isolatedTag(market.index, side), margin);
  transaction.moveLeg(position.leg, pool);
  checkIsolatedSide(state, transaction, conversion, pool, margin);
  return margin;
}

function join(state: EngineState, transaction: Transaction, conversion: Conversion): bigint {
  const { account, market, position, path } = conversion;
  const { kernel } = state;
  const leverageMilli = leverageAfter(state, conversion);
  checkCaps(state, conversion, leverageMilli);
  const margin = kernel.collateral(position.pool);
  const wallet = openCrossPool(state, transaction, account, market.settle);
  setLegLeverage(state, transaction, conversion, leverageMilli);
  transaction.setCollateral(wallet, kernel.collateral(wallet) + margin, path);
  transaction.moveLeg(position.leg, wallet);
  transaction.removePool(account, position.pool);
  transaction.figures(wallet);
  return -margin;
}

/** Moves the position into the other mode, under another handle of its pool. What moved from the wallet into it. */
export function convert(
  state: EngineState,
  transaction: Transaction,
  conversion: Conversion,
): EngineEvent {
  const move = conversion.mode === "isolated" ? isolate : join;
  const transfer = move(state, transaction, conversion);
  const { id, market, side, mode } = conversion;
  return {
    type: "positionSwitched",
    account: id,
    symbol: market.symbol,
    side,
    marginMode: mode,
    transfer: formatDecimal(transfer, market.settleDecimals),
  };
}

/** Refuses a cross pool that, after a switch, is below initial margin and reserves, or liquidatable. */
export function checkCross(
  state: EngineState,
  account: number,
  settle: number,
  mode: MarginMode,
  path: string,
): void {
  if (mode === "cross" && state.rules.modeSwitchToCross === "always") return;
  const pool = state.crossPool(account, settle);
  if (pool === NO_POOL) return;
  const { decimals, code } = state.assetAt(settle);
  const show = (amount: bigint): string => `${formatDecimal(amount, decimals)} ${code}`;
  const figures = state.kernel.poolFigures(pool);
  const needed = initialRequirement(state, pool, figures) + reservedMargin(state, account, settle);
  if (figures.equity < needed) {
    const message = `cross equity would be ${show(figures.equity)}, below the ${show(needed)} it must hold`;
    refuse("INSUFFICIENT_CROSS", message, `${path}.marginMode`, mode);
  }
  if (figures.liquidatable) {
    const requirement = show(figures.maintenanceMargin + figures.closeFee);
    const message = `cross equity would be ${show(figures.equity)}, liquidatable at a requirement of ${requirement}`;
    refuse("INSUFFICIENT_CROSS", message, `${path}.marginMode`, mode);
  }
}
