// The liquidation map of a market: how much notional is first liquidatable at each of many price levels, going outward from the mark. It is
// counted from the book, scope by scope, not modelled: docs/liquidation-map.md. Nothing changes.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { KernelMap, MapSums } from "../kernel-maps.ts";
import { MAX_MAP_LEVELS } from "../layout-map.ts";
import type { DecimalLike, PositionSide } from "../types.ts";
import { readPrice } from "./commands/definitions.ts";
import { refuse, refuseUnknownFields, requireObject } from "./read.ts";
import { nameScope } from "./scan.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const SHARE_DECIMALS = 6;
const SHARE_SCALE = 1_000_000n;
const DEFAULT_RANGE = 300_000n;
const DEFAULT_LEVELS = 200;
/** A price ten thousand times the mark. */
const WIDEST_RANGE = 10_000n * SHARE_SCALE;
const LARGEST_BETA = 1_000n * SHARE_SCALE;
/** β times the move, in units of 1e-12 of the millionth: what the kernel takes. */
const LARGEST_SHARE = 2n ** 62n;

const FIELDS: readonly (keyof LiquidationMapOptions)[] = ["symbol", "from", "to", "levels", "beta"];

/** What map is wanted. */
export interface LiquidationMapOptions {
  readonly symbol: string;
  /** Where the map begins and ends, as shares of the mark: -1 < from <= 0 <= to <= 10000; -0.3 and 0.3 if absent. */
  readonly from?: DecimalLike;
  readonly to?: DecimalLike;
  /** How many levels, evenly spaced over the range (200 if absent, at most 1000); or the prices themselves, in any order. */
  readonly levels?: number | readonly DecimalLike[];
  /** How far the other markets of the settle asset move when this one moves by 1; absent or 0: they hold still. -1000 .. 1000. */
  readonly beta?: DecimalLike;
}

/** Scopes with their notionals, as decimal text in the settle asset. */
export interface LiquidationMapSums {
  readonly scopes: number;
  /** Of their positions in this market on the side that falls: Σ of each position's notional at the level's price, rounded down. */
  readonly notional: string;
  /** Of all their other positions, at their prices there. */
  readonly otherNotional: string;
}

/** One level: what is liquidatable there and at no level nearer to the mark. */
export interface LiquidationMapLevel extends LiquidationMapSums {
  readonly price: string;
  /** Longs fall below the mark, shorts above it. */
  readonly side: PositionSide;
  /** Of this level and all between it and the mark; each scope at the price of its own level. */
  readonly cumulative: LiquidationMapSums;
}

/** A liquidation map as plain data. */
export interface LiquidationMap {
  readonly symbol: string;
  readonly settle: string;
  readonly mark: string;
  /** "0" where the other markets hold still. */
  readonly beta: string;
  /** By rising price. */
  readonly levels: readonly LiquidationMapLevel[];
  /** Scopes that are liquidatable at the mark already: no level holds them. */
  readonly atMark: {
    readonly scopes: number;
    readonly longNotional: string;
    readonly shortNotional: string;
    readonly otherNotional: string;
  };
  /** Of all levels on a side. */
  readonly totals: Readonly<Record<PositionSide, LiquidationMapSums>>;
  /** How it was found: scopes that the screen could neither clear nor place, and those the integers had to judge. */
  readonly work: { readonly scopesFollowed: number; readonly exactEvaluations: number };
}

interface Levels {
  /** Price units, outward from the mark. */
  readonly below: number[];
  readonly above: number[];
}

function readShare(value: DecimalLike, min: bigint, max: bigint, path: string): bigint {
  return parseDecimal(value, SHARE_DECIMALS, path, { min, max });
}

/** `count` prices from the mark to `share` of it, each rounded toward the mark; those that coincide are one. */
function spacedLevels(market: EngineMarket, mark: number, share: bigint, count: number): number[] {
  const prices: number[] = [];
  let last = mark;
  for (let step = 1; step <= count; step++) {
    const move = (BigInt(mark) * share * BigInt(step)) / (BigInt(count) * SHARE_SCALE);
    const price = Number(BigInt(mark) + move);
    if (price > market.maxPrice) {
      refuse("OUT_OF_RANGE", "reaches past the largest price of the market", "to", price);
    }
    if (price !== last) prices.push(price);
    last = price;
  }
  return prices;
}

function givenLevels(market: EngineMarket, mark: number, given: readonly DecimalLike[]): Levels {
  if (given.length < 1 || given.length > MAX_MAP_LEVELS) {
    refuse("OUT_OF_RANGE", `must be 1 to ${MAX_MAP_LEVELS} prices`, "levels", given.length);
  }
  const prices = given.map((value, index) => readPrice(market, value, `levels[${index}]`));
  const at = prices.indexOf(mark);
  if (at >= 0) refuse("BAD_VALUE", "is the mark itself", `levels[${at}]`, given[at]);
  const again = prices.findIndex((price, index) => prices.indexOf(price) !== index);
  if (again >= 0) refuse("BAD_VALUE", "is given twice", `levels[${again}]`, given[again]);
  return {
    below: prices.filter((price) => price < mark).sort((a, b) => b - a),
    above: prices.filter((price) => price > mark).sort((a, b) => a - b),
  };
}

function readLevels(market: EngineMarket, mark: number, options: LiquidationMapOptions): Levels {
  const { levels = DEFAULT_LEVELS } = options;
  if (Array.isArray(levels)) {
    if (options.from !== undefined || options.to !== undefined) {
      refuse("BAD_VALUE", "prices and a range exclude each other", "levels", levels.length);
    }
    return givenLevels(market, mark, levels);
  }
  if (typeof levels !== "number" || !Number.isInteger(levels)) {
    refuse("BAD_VALUE", "must be a whole number or a list of prices", "levels", levels);
  }
  const count = levels as number;
  if (count < 1 || count > MAX_MAP_LEVELS) {
    refuse("OUT_OF_RANGE", `must be from 1 to ${MAX_MAP_LEVELS}`, "levels", count);
  }
  const from = readShare(options.from ?? -DEFAULT_RANGE, 1n - SHARE_SCALE, 0n, "from");
  const to = readShare(options.to ?? DEFAULT_RANGE, 0n, WIDEST_RANGE, "to");
  if (from === to) refuse("OUT_OF_RANGE", "must be below `to`", "from", options.from);
  const falling = Math.round((count * Number(-from)) / Number(to - from));
  const found = {
    below: spacedLevels(market, mark, from, falling),
    above: spacedLevels(market, mark, to, count - falling),
  };
  if (found.below.length + found.above.length === 0) {
    refuse("OUT_OF_RANGE", "no price unit lies within the range", "from", options.from);
  }
  return found;
}

/** Sums as they grow outward, as text. */
class Totals {
  scopes = 0;
  notional = 0n;
  otherNotional = 0n;

  add(sums: MapSums): void {
    this.scopes += sums.scopes;
    this.notional += sums.notional;
    this.otherNotional += sums.otherNotional;
  }
}

function sumsText({ scopes, notional, otherNotional }: MapSums, decimals: number) {
  return {
    scopes,
    notional: formatDecimal(notional, decimals),
    otherNotional: formatDecimal(otherNotional, decimals),
  };
}

function levelsText(
  market: EngineMarket,
  decimals: number,
  prices: readonly number[],
  sums: readonly MapSums[],
  side: PositionSide,
): { levels: LiquidationMapLevel[]; total: LiquidationMapSums } {
  const running = new Totals();
  const levels = sums.map((level, index) => {
    running.add(level);
    return {
      price: formatDecimal(prices[index] as number, market.priceDecimals),
      side,
      ...sumsText(level, decimals),
      cumulative: sumsText(running, decimals),
    };
  });
  return { levels, total: sumsText(running, decimals) };
}

function gather(
  state: EngineState,
  market: EngineMarket,
  { below, above }: Levels,
  betaPpm: bigint,
): KernelMap {
  const others = state.markets.filter(({ settle, slot }) => {
    return settle === market.settle && slot !== market.slot && state.kernel.mark(slot) !== 0;
  });
  const slots = betaPpm === 0n ? [] : others.map(({ slot }) => slot);
  try {
    return state.kernel.priceMap(market.slot, below, above, { slots, betaPpm });
  } catch (error) {
    throw nameScope(state, state.kernel.faultPool, error);
  }
}

function readBeta(options: LiquidationMapOptions, mark: number, levels: Levels): bigint {
  const beta = readShare(options.beta ?? 0n, -LARGEST_BETA, LARGEST_BETA, "beta");
  const furthest = BigInt(levels.above.at(-1) ?? mark) - BigInt(mark);
  const share = (beta * SHARE_SCALE * furthest) / BigInt(mark);
  if (share > LARGEST_SHARE || share < -LARGEST_SHARE) {
    refuse("OUT_OF_RANGE", "moves the other markets more than a millionfold", "beta", options.beta);
  }
  return beta;
}

/**
 * @throws RiskError as {@link RiskEngine.liquidationMap} says
 * @example
 * import { RiskEngine } from "underkeel";
 * const engine = RiskEngine.fromBook({
 *   assets: [{ code: "USDT" }],
 *   markets: [{
 *     symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" },
 *     tiers: [{ maintenanceMarginRate: "0.01" }],
 *   }],
 *   marks: { "ETH/USDT:USDT": "2000" },
 *   accounts: [{
 *     id: "bob",
 *     balances: { USDT: "300" },
 *     positions: [{ symbol: "ETH/USDT:USDT", side: "long", contracts: "1", entryPrice: "2000", marginMode: "cross" }],
 *   }],
 * });
 * const map = engine.liquidationMap({ symbol: "ETH/USDT:USDT", from: "-0.3", to: "0.3", levels: 60 });
 * map.levels.find(({ scopes }) => scopes > 0).price; // => "1700"
 * map.totals.long; // => { scopes: 1, notional: "1700", otherNotional: "0" }
 */
export function liquidationMap(state: EngineState, options: LiquidationMapOptions): LiquidationMap {
  requireObject(options, "options");
  refuseUnknownFields(options, FIELDS, "options");
  const market = state.markedMarket(options.symbol, "symbol");
  const mark = state.kernel.mark(market.slot);
  const prices = readLevels(market, mark, options);
  const betaPpm = readBeta(options, mark, prices);
  const map = gather(state, market, prices, betaPpm);
  const { code, decimals } = state.assetAt(market.settle);
  const longs = levelsText(market, decimals, prices.below, map.below, "long");
  const shorts = levelsText(market, decimals, prices.above, map.above, "short");
  const { atMark } = map;
  return {
    symbol: market.symbol,
    settle: code,
    mark: formatDecimal(mark, market.priceDecimals),
    beta: formatDecimal(betaPpm, SHARE_DECIMALS),
    levels: [...longs.levels.reverse(), ...shorts.levels],
    atMark: {
      scopes: atMark.scopes,
      longNotional: formatDecimal(atMark.notional, decimals),
      shortNotional: formatDecimal(atMark.shortNotional, decimals),
      otherNotional: formatDecimal(atMark.otherNotional, decimals),
    },
    totals: { long: longs.total, short: shorts.total },
    work: { scopesFollowed: map.poolsFollowed, exactEvaluations: map.exactEvaluations },
  };
}
