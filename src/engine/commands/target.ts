// Which position a command speaks of: account, market and, in a hedged account, side.
import { parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT } from "../../model.ts";
import type { DecimalLike, PositionSide, PositionTarget } from "../../types.ts";
import { isolatedTag } from "../accounts.ts";
import { refuse, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { SIDES } from "./positions.ts";

/** A position that a command names. */
export interface Target {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  readonly side: PositionSide;
  readonly position: PositionReference;
  readonly path: string;
}

/**
 * The position named.
 *
 * @throws RiskError POSITION_MODE where a hedged account's side is missing, NO_POSITION
 */
export function findTarget(state: EngineState, named: PositionTarget, path: string): Target {
  const account = state.account(named.account, `${path}.account`);
  const market = state.market(named.symbol, `${path}.symbol`);
  const side =
    named.side === undefined ? undefined : requireWord(named.side, SIDES, `${path}.side`);
  if (side === undefined && state.accounts.hedged(account)) {
    refuse("POSITION_MODE", "a hedged account's position needs a side", `${path}.side`, side);
  }
  const position = state.findPosition(account, market, side);
  if (position === undefined) {
    const what = side === undefined ? "no position" : `no ${side} position`;
    return refuse("NO_POSITION", `there is ${what}`, `${path}.symbol`, market.symbol);
  }
  const held = state.kernel.quantity(position.leg) > 0 ? "long" : "short";
  return { id: named.account, account, market, side: held, position, path };
}

/** The isolated position named; a cross one is refused (MARGIN_MODE). */
export function findIsolated(state: EngineState, named: PositionTarget, path: string): Target {
  const target = findTarget(state, named, path);
  if (target.position.isolated) return target;
  return refuse(
    "MARGIN_MODE",
    "a cross position has no margin of its own",
    `${path}.symbol`,
    target.market.symbol,
  );
}

/** Tag of the pool of an isolated position named. */
export function tagOf({ market, side }: Target): number {
  return isolatedTag(market.index, side);
}

/** An amount of 1 unit or more in the settle asset. */
export function readAmount(market: EngineMarket, value: DecimalLike, path: string): bigint {
  return parseDecimal(value, market.settleDecimals, path, { min: 1n, max: MAX_AMOUNT });
}
