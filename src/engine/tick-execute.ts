// What a stop closes, and closing it: the trades that the position's owner would otherwise make, as reduce-only fills at the price that
// the stop met, less slippage, with the taker's fee. Ticks and the outcomes of stops (stop-outcome.ts) close by these functions, so
// that what is shown is what is done.
import { formatDecimal } from "../decimal.ts";
import type { EngineEvent, PositionSide, TickEvent } from "../types.ts";
import { NO_POOL } from "./accounts.ts";
import { ceilDivide, floorDivide } from "./arithmetic.ts";
import { fill } from "./commands/fills.ts";
import { orderedLegs } from "./order.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { triggerNow } from "./stop-rules.ts";
import { isEquityKind } from "./stops.ts";

/** Slippage is in 1e-8. */
const SLIPPAGE_SCALE = 100_000_000n;

type StopTriggered = Extract<TickEvent, { readonly type: "stopTriggered" }>;
type CloseView = StopTriggered["closes"][number];

/** One trade that a stop makes. */
export interface StopClose {
  readonly market: EngineMarket;
  /** Of the position that it closes. */
  readonly side: PositionSide;
  /** Quantity units, above 0. */
  readonly size: number;
  /** Price units, slippage included. */
  readonly price: number;
}

/** Where a close at a price is assumed to fill: worse by the slippage, rounded against the account. */
export function slippedPrice(price: number, side: PositionSide, slippageE8: number): number {
  const slippage = BigInt(slippageE8);
  return side === "long"
    ? Number(floorDivide(BigInt(price) * (SLIPPAGE_SCALE - slippage), SLIPPAGE_SCALE))
    : Number(ceilDivide(BigInt(price) * (SLIPPAGE_SCALE + slippage), SLIPPAGE_SCALE));
}

/** What a stop would close now, with each market's price as given: by market, long before short. */
export function closesOfStop(
  state: EngineState,
  stop: number,
  priceOf: (market: EngineMarket) => number,
): StopClose[] {
  const { kernel, stops } = state;
  const account = stops.account(stop);
  const slippageE8 = stops.slippageE8(stop);
  const closeOf = (market: EngineMarket, leg: number, most: number): StopClose => {
    const quantity = kernel.quantity(leg);
    const side = quantity > 0 ? "long" : "short";
    const held = Math.abs(quantity);
    const size = most === 0 || most > held ? held : most;
    return { market, side, size, price: slippedPrice(priceOf(market), side, slippageE8) };
  };
  const index = stops.marketIndex(stop);
  if (index === undefined) {
    const pool = state.crossPool(account, stops.assetIndex(stop));
    if (pool === NO_POOL) return [];
    return orderedLegs(state, pool).map((leg) => closeOf(state.marketOfLeg(leg), leg, 0));
  }
  const market = state.marketAt(index);
  const position = state.findPosition(account, market, stops.side(stop));
  return position === undefined ? [] : [closeOf(market, position.leg, stops.quantity(stop))];
}

/**
 * Makes the closes: all of them or, where one is refused (RiskError), those before it stand, and it is the caller's to take them back
 * (transactWhole, rehearse). The stop itself, and other stops of the positions, are left as they are.
 */
export function executeCloses(
  state: EngineState,
  account: number,
  closes: readonly StopClose[],
): EngineEvent[] {
  const id = state.accounts.id(account) ?? "";
  const hedged = state.accounts.hedged(account);
  return closes.flatMap(({ market, side, size, price }) =>
    fill(
      state,
      {
        type: "fill",
        account: id,
        symbol: market.symbol,
        side: side === "long" ? "sell" : "buy",
        amount: BigInt(size),
        price: BigInt(price),
        reduceOnly: true,
        liquidity: "taker",
        ...(hedged ? { positionSide: side } : {}),
      },
      "stop",
    ),
  );
}

/** Closes what a stop closes; see {@link executeCloses}. */
export function closeByStop(
  state: EngineState,
  stop: number,
  priceOf: (market: EngineMarket) => number,
): { readonly closes: readonly StopClose[]; readonly events: readonly EngineEvent[] } {
  const closes = closesOfStop(state, stop, priceOf);
  return { closes, events: executeCloses(state, state.stops.account(stop), closes) };
}

/** The closes as they are told. */
export function viewCloses(closes: readonly StopClose[]): CloseView[] {
  return closes.map(({ market, side, size, price }) => ({
    symbol: market.symbol,
    side,
    contracts: formatDecimal(size, market.amountDecimals),
    price: formatDecimal(price, market.priceDecimals),
  }));
}

/** That a stop has fired, told before it is gone. */
export function triggeredEvent(
  state: EngineState,
  stop: number,
  closes: readonly StopClose[],
): StopTriggered {
  const { stops } = state;
  const kind = stops.kindOf(stop);
  const index = stops.marketIndex(stop);
  const market = index === undefined ? undefined : state.marketAt(index);
  const equity = isEquityKind(kind);
  const price = equity || market === undefined ? 0 : triggerNow(state, stop);
  const { decimals } = state.assetAt(stops.assetIndex(stop));
  return {
    type: "stopTriggered",
    account: state.accounts.id(stops.account(stop)) ?? "",
    stop: stops.id(stop),
    kind,
    triggerPrice:
      price === 0 || market === undefined ? null : formatDecimal(price, market.priceDecimals),
    equityFloor: equity ? formatDecimal(stops.floor(stop), decimals) : null,
    closes: viewCloses(closes),
  };
}
