// How much margin may enter and leave an open isolated position. What must stay is a list of sums that each fall by one unit for
// every unit taken, so that the check of a command and the largest amount it would take are read off the same list.
import { formatDecimal } from "../decimal.ts";
import type { RiskErrorCode } from "../errors.ts";
import { MAX_AMOUNT } from "../model.ts";
import { NO_POOL } from "./accounts.ts";
import { availableMargin, keptStanding } from "./admission.ts";
import { ceilDivide } from "./arithmetic.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState, PositionReference } from "./state.ts";

/** An isolated position and whose it is. */
export interface IsolatedPosition {
  readonly account: number;
  readonly market: EngineMarket;
  readonly position: PositionReference;
}

/** A sum that must not be negative after margin has left. */
interface Limb {
  readonly code: RiskErrorCode;
  readonly spare: bigint;
  readonly message: string;
}

const TENTH = 10n;

/** What an isolated position's equity must reach for margin to leave it. */
function equityFloor(state: EngineState, leg: number, initialMargin: bigint): bigint {
  if (state.rules.marginRemoval !== "initialOrTenth") return initialMargin;
  const tenth = ceilDivide(state.kernel.legFigures(leg).notional, TENTH);
  return tenth > initialMargin ? tenth : initialMargin;
}

function limbs(state: EngineState, { pool, leg }: PositionReference): Limb[] {
  const figures = state.kernel.poolFigures(pool);
  const margin = state.kernel.collateral(pool);
  const overWallet = state.rules.marginRemoval === "walletAndEquity";
  const requirement = figures.maintenanceMargin + figures.closeFee;
  const own: Limb = overWallet
    ? {
        code: "BELOW_INITIAL_MARGIN",
        spare: margin - requirement,
        message: "the margin would fall below the requirement by",
      }
    : {
        code: "MARGIN_EXHAUSTED",
        spare: margin,
        message: "the position's margin is short of",
      };
  const equity: Limb = {
    code: "BELOW_INITIAL_MARGIN",
    spare: figures.equity - equityFloor(state, leg, figures.initialMargin),
    message: "the position's equity would fall below what it must hold by",
  };
  const standing: Limb = {
    code: "WOULD_LIQUIDATE",
    spare: keptStanding(state, figures, MAX_AMOUNT),
    message: "the position would be liquidatable by",
  };
  return [own, equity, standing];
}

/** Refuses an isolated position that holds, as it stands within a transaction, less than the profile lets be taken down to. */
export function checkRemoval(
  state: EngineState,
  market: EngineMarket,
  position: PositionReference,
  path: string,
  asked: unknown,
): void {
  if (state.rules.marginRemoval === "never") {
    refuse("MARGIN_MODE", "margin leaves an isolated position only with a trade", path, asked);
  }
  for (const { code, spare, message } of limbs(state, position)) {
    if (spare >= 0n) continue;
    refuse(code, `${message} ${formatDecimal(-spare, market.settleDecimals)}`, path, asked);
  }
}

/** What a scope of that collateral and equity can still take in before a figure leaves the kernel's 63 bits. */
function room(collateral: bigint, equity: bigint): bigint {
  return MAX_AMOUNT - (collateral > equity ? collateral : equity);
}

function least(amounts: readonly bigint[]): bigint {
  let smallest = MAX_AMOUNT;
  for (const amount of amounts) if (amount < smallest) smallest = amount;
  return smallest > 0n ? smallest : 0n;
}

/** The most that `addMargin` takes from the wallet and `reduceMargin` gives back to it. */
export interface MarginLimits {
  readonly addable: string;
  readonly removable: string;
}

function addable(state: EngineState, { account, market, position }: IsolatedPosition): bigint {
  const { kernel } = state;
  const { equity } = kernel.poolFigures(position.pool);
  const fits = room(kernel.collateral(position.pool), equity);
  return least([availableMargin(state, account, market.settle), fits]);
}

function removable(state: EngineState, { account, market, position }: IsolatedPosition): bigint {
  if (state.rules.marginRemoval === "never") return 0n;
  const { kernel } = state;
  const wallet = state.crossPool(account, market.settle);
  const fits =
    wallet === NO_POOL
      ? MAX_AMOUNT
      : room(kernel.collateral(wallet), kernel.poolFigures(wallet).equity);
  return least([...limbs(state, position).map(({ spare }) => spare), fits]);
}

/** How much margin may enter and leave an isolated position; one unit more is refused. */
export function marginLimits(state: EngineState, isolated: IsolatedPosition): MarginLimits {
  const { settleDecimals } = isolated.market;
  return {
    addable: formatDecimal(addable(state, isolated), settleDecimals),
    removable: formatDecimal(removable(state, isolated), settleDecimals),
  };
}
