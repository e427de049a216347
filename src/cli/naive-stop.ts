// A stop as someone without an index would follow it: its definition, looked at afresh on every tick, each kind by what it says and not by
// the price that the engine resolved it to. Prices are units of the market, money units of the settle asset.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { LegState, PoolState } from "../model.ts";
import { referenceLegFigures } from "../reference/leg.ts";
import { referencePoolFigures } from "../reference/pool.ts";
import type { PositionSide, StopDefinition, StopKind } from "../types.ts";

const PPM = 1_000_000n;

/** What a stop's market is. */
export interface NaiveMarket {
  readonly symbol: string;
  readonly slot: number;
  readonly priceDecimals: number;
  /** Price units in a tick; 1 where stops compare the mark as it is. */
  readonly tick: bigint;
}

export interface NaiveStop {
  readonly account: string;
  readonly id: string;
  readonly kind: StopKind;
  /** Key of the scope whose liquidation silences it. */
  readonly scope: number;
  readonly oco: string | undefined;
  /** null: an equity kind of the whole pool. */
  readonly market: NaiveMarket | null;
  readonly side: PositionSide;
  /** Fires when the mark is at or above its price. */
  readonly up: boolean;
  /** mark: its price. */
  price: bigint;
  /** trailing, in price units or ppm of the best price. */
  readonly behind: bigint;
  readonly byRate: boolean;
  /** Price that an inactive trailing stop waits for; 0: none. */
  readonly activation: bigint;
  /** It is above the mark at which the stop was first seen. */
  readonly waitsUp: boolean;
  /** 0: not yet active. */
  best: bigint;
  /** Share of margin lost, or deviation. */
  readonly sharePpm: bigint;
  readonly floor: bigint;
  readonly slippageE8: bigint;
  /** marginLoss and entryDeviation: where the liquidation would come first, the price just before it; 0: not so. */
  clamped: bigint;
  /** It may be past its price at the old mark: just loaded, or woken. */
  fresh: boolean;
}

export interface NaiveContext {
  readonly account: string;
  readonly scope: number;
  readonly market: NaiveMarket | null;
  readonly settleDecimals: number;
  /** Mark of the market; 0 where there is none. */
  readonly mark: bigint;
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return -floorDivide(-a, b);
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

/** Units of a decimal of a definition, 0 where it is absent. */
function units(value: StopDefinition["rate"], decimals: number): bigint {
  return value === undefined ? 0n : parseDecimal(value, decimals, "stop");
}

function floorOf(stop: StopDefinition, decimals: number): bigint {
  if (stop.kind === "equity") return units(stop.equityFloor, decimals);
  const reference = units(stop.referenceEquity, decimals);
  return floorDivide(reference * (PPM - units(stop.drawdown, 6)), PPM);
}

/** A stop of a book written by the engine: every default is stated in it. */
export function naiveStop(stop: StopDefinition, context: NaiveContext): NaiveStop {
  const { account, scope, market, settleDecimals, mark } = context;
  const decimals = market?.priceDecimals ?? 0;
  const { kind, side = "long", purpose = "stopLoss" } = stop;
  const activation = units(stop.activationPrice, decimals);
  const best = units(stop.best, decimals);
  const inactive = activation !== 0n && activation !== mark && best === 0n;
  return {
    account,
    id: stop.id ?? "",
    kind,
    scope,
    oco: stop.oco,
    market,
    side,
    up: (side === "long") === (purpose === "takeProfit"),
    price: units(stop.triggerPrice, decimals),
    behind: stop.rate === undefined ? units(stop.distance, decimals) : units(stop.rate, 6),
    byRate: stop.rate !== undefined,
    activation,
    waitsUp: activation > mark,
    best: kind !== "trailing" ? 0n : inactive ? 0n : best === 0n ? mark : best,
    sharePpm: units(stop.share ?? stop.deviation, 6),
    floor: kind === "equity" || kind === "drawdown" ? floorOf(stop, settleDecimals) : 0n,
    slippageE8: units(stop.slippage, 8),
    clamped: 0n,
    fresh: true,
  };
}

/** A trailing stop sees the mark go from one price to another. */
export function followMark(stop: NaiveStop, from: bigint, to: bigint): void {
  if (stop.kind !== "trailing") return;
  const long = stop.side === "long";
  const better = (a: bigint, b: bigint): bigint => (a > b === long ? a : b);
  if (stop.best === 0n) {
    if (stop.waitsUp ? to < stop.activation : to > stop.activation) return;
    stop.best = better(stop.activation, to);
  } else {
    stop.best = better(stop.best, better(from, to));
  }
}

function trailingPrice({ best, behind, byRate, side }: NaiveStop): bigint {
  if (side === "long") return byRate ? (best * (PPM - behind)) / PPM : best - behind;
  return byRate ? ceilDivide(best * (PPM + behind), PPM) : best + behind;
}

/** The leg that the stop's position is, if it is there. */
function legOf(stop: NaiveStop, pool: PoolState): PoolState["legs"][number] | undefined {
  return pool.legs.find(
    ({ priceSlot, quantity }) =>
      priceSlot === stop.market?.slot && quantity > 0 === (stop.side === "long"),
  );
}

/** Value less cost has fallen by the share of the margin, or the mark by the share of the entry price; at the mark of the pool's legs. */
function losesEnough(stop: NaiveStop, pool: PoolState, mark: bigint): boolean {
  const leg = legOf(stop, pool);
  if (leg === undefined) return false;
  if (stop.kind === "marginLoss") {
    const { value } = referenceLegFigures({ ...leg, price: Number(mark) });
    return value - leg.cost <= -ceilDivide(pool.collateral * stop.sharePpm, PPM);
  }
  const { inverse, numerator, divisor } = leg.terms;
  const size = BigInt(Math.abs(leg.quantity));
  const cost = leg.cost < 0n ? -leg.cost : leg.cost;
  // Entry price as a ratio.
  const [top, bottom] = inverse
    ? [size * numerator, cost * divisor]
    : [cost * divisor, size * numerator];
  if (bottom === 0n) return false;
  return stop.side === "long"
    ? mark <= floorDivide(top * (PPM - stop.sharePpm), bottom * PPM)
    : mark >= ceilDivide(top * (PPM + stop.sharePpm), bottom * PPM);
}

/** Whether its condition holds at a mark, for a pool as given. */
export function isMet(stop: NaiveStop, pool: PoolState | undefined, mark: bigint): boolean {
  const { kind, market } = stop;
  if (kind === "equity" || kind === "drawdown") {
    return pool !== undefined && referencePoolFigures(pool, false).equity <= stop.floor;
  }
  if (market === null) return false;
  if (kind === "trailing") {
    if (stop.best === 0n) return false;
    const price = trailingPrice(stop);
    return stop.side === "long" ? price > 0n && mark <= price : mark >= price;
  }
  const seen = (mark / market.tick) * market.tick;
  if (kind === "mark") return stop.up ? seen >= stop.price : seen <= stop.price;
  if (stop.clamped !== 0n && (stop.up ? seen >= stop.clamped : seen <= stop.clamped)) return true;
  return pool !== undefined && losesEnough(stop, pool, seen);
}

/**
 * Whether a stop that was resolved to a price is that: its condition holds there and not a unit before, or the pool stands there and is
 * liquidatable a unit behind, which clamps it.
 */
export function resolvesTo(
  stop: NaiveStop,
  pool: PoolState,
  price: bigint,
  inclusive: boolean,
): "condition" | "clamp" | undefined {
  const worse = stop.up ? 1n : -1n;
  if (losesEnough(stop, pool, price) && !losesEnough(stop, pool, price - worse)) return "condition";
  const isUnder = (mark: bigint): boolean => {
    const moved = (leg: LegState): LegState =>
      leg.priceSlot === stop.market?.slot ? { ...leg, price: Number(mark) } : leg;
    const legs = pool.legs.map(moved);
    return referencePoolFigures({ ...pool, legs }, inclusive).liquidatable;
  };
  return isUnder(price + worse) && !isUnder(price) ? "clamp" : undefined;
}

/** Where a close at a price is assumed to fill. */
export function slipped(stop: NaiveStop, price: bigint): bigint {
  const scale = 100_000_000n;
  return stop.side === "long"
    ? floorDivide(price * (scale - stop.slippageE8), scale)
    : ceilDivide(price * (scale + stop.slippageE8), scale);
}

/** For messages. */
export function describeStop(stop: NaiveStop): string {
  const price = (units: bigint): string => formatDecimal(units, stop.market?.priceDecimals ?? 0);
  const more =
    stop.kind === "mark"
      ? ` at ${price(stop.price)}`
      : stop.kind === "trailing"
        ? ` behind ${price(stop.best)}`
        : "";
  return `${stop.kind} stop ${stop.id} of ${stop.account}${more}`;
}
