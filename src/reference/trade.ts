// A trade on a leg in plain BigInt, to judge the kernel's by (docs/accounts.md): what closes, what opens, what the pool looks like
// afterwards, and whether it would be let in. Pools in, pools out; nothing is changed in place.
import {
  FEE_DENOMINATOR,
  type LegState,
  MAX_AMOUNT,
  MAX_SAFE_UNITS,
  type PoolState,
} from "../model.ts";
import {
  divideCeil,
  divideFloor,
  exactNotional,
  exactValue,
  maxPriceOf,
  wideLegFigures,
} from "./leg.ts";
import { markOf, widePoolFigures } from "./pool.ts";

/** The trade, and the leg it is on: of the pool by index, or a new one with these terms and quantity 0. */
export interface ReferenceTrade {
  /** Index of the pool's leg, or null: `terms` is opened. */
  readonly leg: number | null;
  /** Price slot, terms, mark, and the table that serves the size that results. */
  readonly terms: Pick<LegState, "priceSlot" | "terms" | "price" | "table">;
  readonly quantity: number;
  readonly price: bigint;
  /** 0 keeps the leg's. */
  readonly leverageMilli: number;
  readonly fee: bigint;
  /** Not null: in place of `fee`, in units of 1e-8. */
  readonly feeRateE8: bigint | null;
  readonly reserve: bigint;
  readonly admit: boolean;
  readonly legOnly: boolean;
}

/** What came of it; a refused trade leaves the pool as it was. */
export interface ReferenceTradeOutcome {
  readonly refused: "range" | "belowInitial" | "liquidatable" | null;
  readonly pool: PoolState;
  readonly realized: bigint;
  readonly costChange: bigint;
  readonly quantity: bigint;
  readonly fee: bigint;
}

function fits(amount: bigint): boolean {
  return amount <= MAX_AMOUNT && amount >= -MAX_AMOUNT;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** A leg of this signed size, as far as notional and value go. */
function part(trade: ReferenceTrade, quantity: bigint): LegState {
  return { ...trade.terms, quantity: Number(quantity), cost: 0n, leverageMilli: 0 };
}

function notionalOf(leg: LegState, price: bigint): bigint {
  const { numerator, denominator } = exactNotional(leg, price);
  return numerator / denominator;
}

function feeOf(trade: ReferenceTrade, closed: bigint, opened: bigint): bigint {
  const rate = trade.feeRateE8;
  if (rate === null) return trade.fee;
  let fee = 0n;
  for (const quantity of [closed, opened]) {
    if (quantity === 0n) continue;
    const { numerator, denominator } = exactNotional(part(trade, quantity), trade.price);
    fee += divideCeil(numerator * rate, denominator * BigInt(FEE_DENOMINATOR));
  }
  return fee;
}

/** Signed quantities: what closes of the position and what opens. */
function split(held: bigint, quantity: bigint): readonly [bigint, bigint] {
  const against = held !== 0n && held > 0n !== quantity > 0n;
  if (!against) return [0n, quantity];
  const closed = magnitude(quantity) < magnitude(held) ? -quantity : held;
  return [closed, quantity + closed];
}

/**
 * Carries a trade out on plain data.
 *
 * @example
 * referenceTrade(pool, trade, false).realized // 1_200n quote units
 */
export function referenceTrade(
  pool: PoolState,
  trade: ReferenceTrade,
  inclusive: boolean,
): ReferenceTradeOutcome {
  const leg = trade.leg === null ? undefined : pool.legs[trade.leg];
  const held = BigInt(leg?.quantity ?? 0);
  const cost = leg?.cost ?? 0n;
  const quantity = held + BigInt(trade.quantity);
  const [closed, opened] = split(held, BigInt(trade.quantity));
  const closing = exactValue(part(trade, closed), trade.price);
  const worth = closed === 0n ? 0n : divideFloor(closing.numerator, closing.denominator);
  const removed = closed === 0n ? 0n : divideCeil(cost * magnitude(closed), magnitude(held));
  const opening = exactValue(part(trade, opened), trade.price);
  const added = opened === 0n ? 0n : divideCeil(opening.numerator, opening.denominator);
  const fee = feeOf(trade, closed, opened);
  const realized = worth - removed;
  const costChange = added - removed;
  const collateral = trade.legOnly ? pool.collateral : pool.collateral + realized - fee;
  const outcome = { pool, realized, costChange, quantity, fee };
  const notionals = [closed, opened].map((size) => notionalOf(part(trade, size), trade.price));
  const inRange =
    trade.price <= maxPriceOf(trade.terms.terms) &&
    magnitude(quantity) <= BigInt(MAX_SAFE_UNITS) &&
    [...notionals, added, realized, costChange, cost + costChange].every(fits) &&
    (trade.feeRateE8 === null || fits(fee)) &&
    (trade.legOnly || fits(collateral));
  if (!inRange) return { ...outcome, refused: "range" };
  const after = poolAfter(pool, trade, {
    quantity: Number(quantity),
    cost: cost + costChange,
    leverageMilli: trade.leverageMilli === 0 ? (leg?.leverageMilli ?? 0) : trade.leverageMilli,
    collateral,
  });
  const refused = trade.admit && opened !== 0n ? verdictOn(after, trade.reserve, inclusive) : null;
  return refused === null ? { ...outcome, pool: after, refused } : { ...outcome, refused };
}

function poolAfter(
  pool: PoolState,
  trade: ReferenceTrade,
  after: Pick<LegState, "quantity" | "cost" | "leverageMilli"> & { readonly collateral: bigint },
): PoolState {
  const { collateral, ...position } = after;
  const leg: LegState = { ...trade.terms, ...position };
  if (trade.leg === null) return { collateral, legs: [leg, ...pool.legs] };
  const legs = pool.legs.map((other, index) => (index === trade.leg ? leg : other));
  return { collateral, legs: legs.filter((other) => other.quantity !== 0) };
}

/** Whether a venue lets the pool stand as it is: figures that fit, the initial margin and a reserve, no liquidation. */
function verdictOn(
  pool: PoolState,
  reserve: bigint,
  inclusive: boolean,
): "range" | "belowInitial" | "liquidatable" | null {
  const single = pool.legs.map((leg) => wideLegFigures(leg, markOf(leg)));
  const figures = widePoolFigures(pool, inclusive, markOf);
  const { equity, maintenanceMargin, initialMargin, closeFee, clearance } = figures;
  const sums = [equity, maintenanceMargin, initialMargin, closeFee, clearance];
  const inRange =
    single.every((leg) => leg.notional <= MAX_AMOUNT) &&
    sums.every((sum) => sum <= MAX_AMOUNT && sum >= -MAX_AMOUNT - 1n);
  if (!inRange) return "range";
  if (equity < initialMargin + reserve) return "belowInitial";
  return figures.liquidatable ? "liquidatable" : null;
}
