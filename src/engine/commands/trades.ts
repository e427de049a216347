// What a trade does to one position, exactly: an increase, or a reduction up to the whole. Money moves as docs/accounts.md says:
//
//   cost of an increase   ⌈signed notional of the trade⌉, added to the position's cost
//   reduce c of |q|       removed cost = ⌈cost·c/|q|⌉; realized = ⌊signed value of the closed part⌋ − removed cost
//   fee                   out of the scope's collateral
//   isolated increase     ⌈notional / leverage⌉ moves from the wallet to the position
//   isolated reduce       ⌊margin·c/|q|⌋ + realized − fee moves to the wallet; if negative, the rest of the margin bears it
//
// So wallets + margins − costs change by −fee − ⌈signed notional⌉ of each trade and by nothing else: what the ledger is told.
import { formatDecimal } from "../../decimal.ts";
import { MAX_SAFE_UNITS, type PoolFigures } from "../../model.ts";
import type { EngineEvent, MarginMode } from "../../types.ts";
import { isolatedTag } from "../accounts.ts";
import { checkAffordable, checkCrossTrade, initialRequirement } from "../admission.ts";
import { ceilDivide, costCeil, floorDivide, initialMarginCeil, valueFloor } from "../arithmetic.ts";
import { checkLeverage } from "../leverage.ts";
import { refuseIsolatedWithMultiAsset, refusePledgedSettle } from "../pledges.ts";
import { refuse } from "../read.ts";
import { settleOf } from "../scope.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import type { Transaction } from "../transaction.ts";
import { checkNotional, describePosition, positionEvent } from "./positions.ts";
import { openCrossPool } from "./wallets.ts";

/** A trade's terms, whatever part of it is at hand. */
export interface TradeTerms {
  readonly id: string;
  readonly account: number;
  readonly market: EngineMarket;
  /** Price units. */
  readonly price: number;
  /** undefined: the position's, or for a new one the account's setting. */
  readonly leverageMilli: number | undefined;
  readonly path: string;
  /** A flip is judged as a whole: its close not at all, its opening against the pool's figures before the close. */
  readonly flip?: "closing" | PoolFigures;
}

/** Figures before the trade, where the profile compares them with those after it. */
function figuresBefore(
  state: EngineState,
  terms: TradeTerms,
  pool: number,
): PoolFigures | undefined {
  if (state.rules.reductions !== "noWorse" || terms.flip === "closing") return undefined;
  return terms.flip ?? state.kernel.poolFigures(pool);
}

/** Signed quantity units and the fee of one part of a trade. */
export interface TradePart {
  readonly quantity: number;
  readonly fee: bigint;
  /** Of a reduction: the exact signed value it is closed for, instead of its value at the price. */
  readonly worth?: bigint;
}

interface LegTarget {
  readonly quantity: number;
  readonly cost: bigint;
  readonly leverageMilli: number;
}

/** The part of a trade that opens or increases. */
export function increasePosition(
  state: EngineState,
  transaction: Transaction,
  terms: TradeTerms,
  part: TradePart & { readonly mode: MarginMode },
  before: PositionReference | undefined,
): EngineEvent {
  const { kernel } = state;
  const { market, path } = terms;
  refusePledgedSettle(state, terms.account, market, `${path}.symbol`);
  if (part.mode === "isolated") {
    refuseIsolatedWithMultiAsset(state, terms.account, `${path}.marginMode`);
  }
  const held = before === undefined ? 0 : kernel.quantity(before.leg);
  const paid = before === undefined ? 0n : kernel.cost(before.leg);
  const quantity = held + part.quantity;
  // Both below 2^53: the sum is at worst rounded to an even number above the limit, never below it.
  if (Math.abs(quantity) > MAX_SAFE_UNITS) {
    refuse("OUT_OF_RANGE", "the position would exceed 2^53 - 1 units", `${path}.amount`, quantity);
  }
  const added = costCeil(market.terms, part.quantity, terms.price);
  const cost = paid + added;
  const side = part.quantity > 0 ? "long" : "short";
  const kept =
    before === undefined
      ? state.settings.leverageMilli(terms.account, market.index, side)
      : kernel.leverageMilli(before.leg);
  const leverageMilli = terms.leverageMilli ?? kept;
  checkNotional(state, market, quantity, cost, `${path}.amount`);
  checkLeverage(state, market, { quantity, cost, mode: part.mode, leverageMilli }, path);
  transaction.book(market.settle, "trades", -added);
  transaction.book(market.settle, "fees", -part.fee);
  const target = { quantity, cost, leverageMilli };
  const increase = part.mode === "cross" ? increaseCross : increaseIsolated;
  const after = increase(state, transaction, terms, target, part, before);
  const what = describePosition(state, after);
  return positionEvent(state, terms.id, market, what, after, { realizedPnl: 0n, fee: part.fee });
}

function putLeg(
  transaction: Transaction,
  market: EngineMarket,
  pool: number,
  target: LegTarget,
  before: PositionReference | undefined,
): number {
  const { quantity, cost, leverageMilli } = target;
  if (before === undefined) {
    return transaction.createLeg(pool, market, quantity, cost, leverageMilli);
  }
  transaction.setLeg(before.leg, market, quantity, cost, leverageMilli);
  return before.leg;
}

function increaseCross(
  state: EngineState,
  transaction: Transaction,
  terms: TradeTerms,
  target: LegTarget,
  part: TradePart,
  before: PositionReference | undefined,
): PositionReference {
  const { market, path, account } = terms;
  const pool = openCrossPool(state, transaction, account, market.settle);
  const earlier = figuresBefore(state, terms, pool);
  const leg = putLeg(transaction, market, pool, target, before);
  transaction.setCollateral(pool, state.kernel.collateral(pool) - part.fee, `${path}.fee`);
  const asset = state.assetAt(market.settle);
  checkCrossTrade(state, account, pool, asset, earlier, false, `${path}.amount`, target.quantity);
  return { pool, leg, isolated: false };
}

function increaseIsolated(
  state: EngineState,
  transaction: Transaction,
  terms: TradeTerms,
  target: LegTarget,
  part: TradePart,
  before: PositionReference | undefined,
): PositionReference {
  const { kernel } = state;
  const { market, path, account } = terms;
  const { leverageMilli } = target;
  if (leverageMilli === 0) {
    refuse("BAD_VALUE", "an isolated position needs a leverage", `${path}.leverage`, undefined);
  }
  const margin = initialMarginCeil(market.terms, part.quantity, terms.price, leverageMilli);
  const wallet = openCrossPool(state, transaction, account, market.settle);
  const left = kernel.collateral(wallet) - margin;
  transaction.setCollateral(wallet, left, `${path}.amount`);
  const side = target.quantity > 0 ? "long" : "short";
  const pool = before?.pool ?? transaction.createPool(account, isolatedTag(market.index, side), 0n);
  const leg = putLeg(transaction, market, pool, target, before);
  // With the position in place: it absorbs open orders of the other side.
  const asset = state.assetAt(market.settle);
  checkAffordable(state, account, wallet, asset, left, `${path}.amount`, target.quantity);
  const collateral = kernel.collateral(pool) + margin - part.fee;
  if (collateral < 0n) {
    const fee = formatDecimal(part.fee, market.settleDecimals);
    refuse("MARGIN_EXHAUSTED", "the fee exceeds the position's margin", `${path}.fee`, fee);
  }
  transaction.setCollateral(pool, collateral, `${path}.amount`);
  checkIsolatedTrade(state, pool, leverageMilli, path);
  return { pool, leg, isolated: true };
}

/** Refuses an isolated position that an increase would leave liquidatable or, where initial rates grow with open interest, below its own. */
function checkIsolatedTrade(
  state: EngineState,
  pool: number,
  leverageMilli: number,
  path: string,
): void {
  const { code, decimals } = state.assetAt(settleOf(state, pool));
  const figures = state.kernel.poolFigures(pool);
  const { equity, initialMargin, maintenanceMargin, closeFee } = figures;
  const require = (needed: bigint, short: boolean, what: string): void => {
    if (!short) return;
    const show = (amount: bigint): string => `${formatDecimal(amount, decimals)} ${code}`;
    const message = `the position's equity would be ${show(equity)}, ${what} of ${show(needed)}`;
    refuse("INSUFFICIENT_FUNDS", message, `${path}.leverage`, formatDecimal(leverageMilli, 3));
  };
  const requirement = maintenanceMargin + closeFee;
  require(requirement, equity <= requirement, "not above its requirement");
  const scaled = initialRequirement(state, pool, figures);
  // At the rate that its leverage leaves, fees and losses at the mark may come out of the margin.
  const short = scaled > initialMargin && equity < scaled;
  require(scaled, short, "below the initial margin at this open interest");
}

/** The part of a trade that reduces or closes; `quantity` has the sign of the trade and |quantity| <= the position. */
export function reducePosition(
  state: EngineState,
  transaction: Transaction,
  terms: TradeTerms,
  part: TradePart,
  before: PositionReference,
): EngineEvent {
  const { kernel } = state;
  const { market, path } = terms;
  const what = describePosition(state, before);
  const held = kernel.quantity(before.leg);
  const cost = kernel.cost(before.leg);
  const size = BigInt(Math.abs(held));
  const closed = BigInt(Math.abs(part.quantity));
  const removedCost = closed === size ? cost : ceilDivide(cost * closed, size);
  const worth = part.worth ?? valueFloor(market.terms, -part.quantity, terms.price);
  const realizedPnl = worth - removedCost;
  const quantity = held + part.quantity;
  const leverageMilli = terms.leverageMilli ?? kernel.leverageMilli(before.leg);
  const target = { quantity, cost: cost - removedCost, leverageMilli };
  if (quantity !== 0 && terms.leverageMilli !== undefined) {
    checkLeverage(state, market, { ...target, mode: what.mode }, path);
  }
  const payout = realizedPnl - part.fee;
  const wallet = openCrossPool(state, transaction, terms.account, market.settle);
  const earlier = before.isolated ? undefined : figuresBefore(state, terms, wallet);
  transaction.book(market.settle, "trades", worth);
  transaction.book(market.settle, "fees", -part.fee);
  if (before.isolated) {
    payFromMargin(state, transaction, terms, { before, wallet, closed, size, payout });
  } else {
    transaction.setCollateral(wallet, kernel.collateral(wallet) + payout, `${path}.amount`);
  }
  if (quantity !== 0) putLeg(transaction, market, before.pool, target, before);
  else if (before.isolated) transaction.removePool(terms.account, before.pool);
  else transaction.removeLeg(before.leg);
  if (earlier !== undefined) {
    const asset = state.assetAt(market.settle);
    checkCrossTrade(state, terms.account, wallet, asset, earlier, true, `${path}.amount`, quantity);
  }
  const after = quantity === 0 ? undefined : before;
  return positionEvent(state, terms.id, market, what, after, { realizedPnl, fee: part.fee });
}

/** An isolated reduction: the closed share of the margin and the result go to the wallet. */
function payFromMargin(
  state: EngineState,
  transaction: Transaction,
  terms: TradeTerms,
  sums: {
    readonly before: PositionReference;
    readonly wallet: number;
    readonly closed: bigint;
    readonly size: bigint;
    readonly payout: bigint;
  },
): void {
  const { kernel } = state;
  const { before, wallet, closed, size } = sums;
  const margin = kernel.collateral(before.pool);
  const share = closed === size ? margin : floorDivide(margin * closed, size);
  const released = share + sums.payout;
  const left = margin - share + (released < 0n ? released : 0n);
  // Funding may have left the margin negative: what remains of it may be so too, but no trade may lower it or close on it.
  if (left < 0n && (closed === size || left < margin)) {
    const short = formatDecimal(-left, terms.market.settleDecimals);
    refuse(
      "MARGIN_EXHAUSTED",
      `the loss and fee exceed the position's margin by ${short}`,
      `${terms.path}.price`,
      formatDecimal(terms.price, terms.market.priceDecimals),
    );
  }
  transaction.setCollateral(before.pool, left, `${terms.path}.amount`);
  if (released > 0n) {
    const sum = kernel.collateral(wallet) + released;
    transaction.setCollateral(wallet, sum, `${terms.path}.amount`);
  }
}
