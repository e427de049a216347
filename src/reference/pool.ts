// A pool in exact integers: the sums of its legs' figures, the verdict on them, and the refusal of sums
// that do not fit an amount. Sums are BigInt, so nothing can wrap before it is looked at.

import type { LegFigures, LegState, PoolFigures, PoolState } from "../model.ts";
import { requireAmount, requirePrice, wideLegFigures } from "./leg.ts";

/** What one leg adds to a pool's sums. */
export interface Contribution {
  readonly equity: bigint;
  readonly maintenanceMargin: bigint;
  readonly initialMargin: bigint;
  readonly closeFee: bigint;
}

/** A leg's part of the sums: value - cost - haircut to equity, the rest to the requirement. */
export function contributionOf(leg: LegState, figures: LegFigures): Contribution {
  return {
    equity: figures.value - leg.cost - figures.haircut,
    maintenanceMargin: figures.maintenanceMargin,
    initialMargin: figures.initialMargin,
    closeFee: figures.closeFee,
  };
}

/** The verdict: a maintenance margin of 0 is never liquidatable, even with negative equity. */
export function isLiquidatable(
  maintenanceMargin: bigint,
  clearance: bigint,
  inclusive: boolean,
): boolean {
  return maintenanceMargin > 0n && (inclusive ? clearance <= 0n : clearance < 0n);
}

/** A pool's figures at given prices, at any width. `priceOf` is asked once per leg. */
export function widePoolFigures(
  pool: PoolState,
  inclusive: boolean,
  priceOf: (leg: LegState) => bigint,
): PoolFigures {
  let equity = pool.collateral;
  let maintenanceMargin = 0n;
  let initialMargin = 0n;
  let closeFee = 0n;
  for (const leg of pool.legs) {
    const part = contributionOf(leg, wideLegFigures(leg, priceOf(leg)));
    equity += part.equity;
    maintenanceMargin += part.maintenanceMargin;
    initialMargin += part.initialMargin;
    closeFee += part.closeFee;
  }
  const clearance = equity - maintenanceMargin - closeFee;
  const liquidatable = isLiquidatable(maintenanceMargin, clearance, inclusive);
  return { equity, maintenanceMargin, initialMargin, closeFee, clearance, liquidatable };
}

/** The leg's mark price. */
export function markOf(leg: LegState): bigint {
  return BigInt(leg.price);
}

/**
 * What a pool is worth and must hold at its marks.
 *
 * @param inclusive equity equal to the requirement liquidates too
 * @throws RiskError VALUE_OUT_OF_RANGE where a leg's notional or one of the sums does not fit a signed
 * 64-bit amount, OUT_OF_RANGE for a price a slot cannot hold
 * @example
 * referencePoolFigures({ collateral: 1_000n, legs: [leg] }, false).liquidatable
 */
export function referencePoolFigures(pool: PoolState, inclusive: boolean): PoolFigures {
  for (const leg of pool.legs) {
    requirePrice(leg, markOf(leg));
    requireAmount("notional", wideLegFigures(leg, markOf(leg)).notional);
  }
  const figures = widePoolFigures(pool, inclusive, markOf);
  requireAmount("equity", figures.equity);
  requireAmount("maintenance margin", figures.maintenanceMargin);
  requireAmount("initial margin", figures.initialMargin);
  requireAmount("close fee", figures.closeFee);
  requireAmount("clearance", figures.clearance);
  return figures;
}
