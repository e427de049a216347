// Scenarios of a stress test: what moves, and by how much, as plain data; and what that makes of the marks. Only what is stated moves. A price moves
// away from its mark and is rounded away from it, as in comparisons of margin modes: a shock is never milder than asked.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { DecimalLike } from "../types.ts";
import { optionalText, refuse, refuseUnknownFields, requireObject } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";

/** Every market by its beta times the shock of one. */
export interface StressBeta {
  /** The market that the betas refer to; its own beta is 1 unless stated. */
  readonly of: string;
  /** Its move, a signed share of the mark. */
  readonly shock: DecimalLike;
  /** By symbol, up to six decimals. */
  readonly betas?: Readonly<Record<string, DecimalLike>>;
  /** Beta of all other markets; "1" if absent, "0" leaves them where they are. */
  readonly default?: DecimalLike;
}

/** Moves are signed shares of the mark with up to six decimals: above -1, at most 100. */
export interface StressScenario {
  readonly name?: string;
  /** By symbol; goes before `all` and `beta`. */
  readonly shocks?: Readonly<Record<string, DecimalLike>>;
  /** Every market that has a mark; not together with `beta`. */
  readonly all?: DecimalLike;
  readonly beta?: StressBeta;
  /** By code of a pledged coin. Index prices stand still unless they are stated here. */
  readonly indexShocks?: Readonly<Record<string, DecimalLike>>;
}

/** A price slot of the kernel and its price in a scenario, in price units. */
export type ShockedPrice = readonly [{ readonly slot: number }, number];

/** A scenario as it was understood. */
export interface ReadScenario {
  readonly name: string;
  readonly path: string;
  /** Markets and coins that move; the others keep their prices. */
  readonly prices: readonly ShockedPrice[];
}

const SHOCK_DECIMALS = 6;
const SHOCK_WHOLE = 1_000_000n;
/** Moves are kept in 1e-12: a share times a beta, both with six decimals. */
const MOVE_DECIMALS = 12;
const WHOLE = SHOCK_WHOLE * SHOCK_WHOLE;
/** A hundredfold, as a joint shock at most. */
const LARGEST_SHOCK = 100n * SHOCK_WHOLE;
const MAX_NAME = 128;
const FIELDS = ["name", "shocks", "all", "beta", "indexShocks"];
const BETA_FIELDS = ["of", "shock", "betas", "default"];

function readShock(value: DecimalLike, path: string): bigint {
  const limits = { min: 1n - SHOCK_WHOLE, max: LARGEST_SHOCK };
  return parseDecimal(value, SHOCK_DECIMALS, path, limits) * SHOCK_WHOLE;
}

/** What has a price that can move. */
interface Priced {
  readonly slot: number;
  readonly maxPrice: number;
}

function movedPrice(state: EngineState, priced: Priced, move: bigint, path: string): number {
  const mark = BigInt(state.kernel.mark(priced.slot));
  const product = mark * (WHOLE + move);
  const price = move > 0n ? (product + WHOLE - 1n) / WHOLE : product / WHOLE;
  if (price >= 1n && price <= BigInt(priced.maxPrice)) return Number(price);
  const what = price < 1n ? "below one unit" : "above the engine's range";
  return refuse(
    "OUT_OF_RANGE",
    `the shocked price would be ${what}`,
    path,
    formatDecimal(move, MOVE_DECIMALS),
  );
}

interface Move {
  readonly market: EngineMarket;
  readonly move: bigint;
  readonly path: string;
}

function readShocks(
  state: EngineState,
  shocks: Readonly<Record<string, DecimalLike>>,
  path: string,
): Move[] {
  requireObject(shocks, path);
  return Object.entries(shocks).map(([symbol, value]) => {
    const place = `${path}[${JSON.stringify(symbol)}]`;
    const market = state.markedMarket(symbol, place);
    return { market, move: readShock(value, place), path: place };
  });
}

function markedMarkets(state: EngineState): EngineMarket[] {
  return state.markets.filter(({ slot }) => state.kernel.mark(slot) !== 0);
}

function readBeta(state: EngineState, beta: StressBeta, path: string): Move[] {
  requireObject(beta, path);
  refuseUnknownFields(beta, BETA_FIELDS, path);
  const limits = { min: -LARGEST_SHOCK, max: LARGEST_SHOCK };
  const of = state.markedMarket(beta.of, `${path}.of`);
  const shock = readShock(beta.shock, `${path}.shock`) / SHOCK_WHOLE;
  const own = new Map<EngineMarket, { readonly beta: bigint; readonly path: string }>();
  const betas = beta.betas ?? {};
  requireObject(betas, `${path}.betas`);
  own.set(of, { beta: SHOCK_WHOLE, path: `${path}.shock` });
  for (const [symbol, value] of Object.entries(betas)) {
    const place = `${path}.betas[${JSON.stringify(symbol)}]`;
    const parsed = parseDecimal(value, SHOCK_DECIMALS, place, limits);
    own.set(state.markedMarket(symbol, place), { beta: parsed, path: place });
  }
  const place = `${path}.default`;
  const others = parseDecimal(beta.default ?? "1", SHOCK_DECIMALS, place, limits);
  return markedMarkets(state).map((market) => {
    const found = own.get(market) ?? { beta: others, path: `${place} for ${market.symbol}` };
    const move = shock * found.beta;
    if (move <= -WHOLE || move > 100n * WHOLE) {
      const text = formatDecimal(move, MOVE_DECIMALS);
      refuse("OUT_OF_RANGE", "shock times beta must be above -1, at most 100", found.path, text);
    }
    return { market, move, path: found.path };
  });
}

function readIndexShocks(
  state: EngineState,
  shocks: Readonly<Record<string, DecimalLike>>,
  path: string,
): ShockedPrice[] {
  requireObject(shocks, path);
  return Object.entries(shocks).map(([code, value]) => {
    const place = `${path}[${JSON.stringify(code)}]`;
    const coin = state.collaterals.of(state.asset(code, place).index);
    if (coin === undefined || state.kernel.mark(coin.slot) === 0) {
      return refuse("BAD_VALUE", "must be a coin with an index price", place, code);
    }
    return [coin, movedPrice(state, coin, readShock(value, place), place)] as const;
  });
}

/**
 * What a scenario makes of the marks and index prices.
 *
 * @throws RiskError BAD_VALUE, OUT_OF_RANGE, TOO_MANY_DECIMALS, UNKNOWN_SYMBOL, UNKNOWN_ASSET, NO_MARK naming the field
 */
export function readScenario(
  state: EngineState,
  scenario: StressScenario,
  index: number,
  path: string,
): ReadScenario {
  requireObject(scenario, path);
  refuseUnknownFields(scenario, FIELDS, path);
  const { shocks, all, beta, indexShocks } = scenario;
  if (all !== undefined && beta !== undefined) {
    refuse("BAD_VALUE", "all and beta exclude each other", `${path}.all`, all);
  }
  const moves = new Map<EngineMarket, Move>();
  if (all !== undefined) {
    const move = readShock(all, `${path}.all`);
    for (const market of markedMarkets(state)) {
      moves.set(market, { market, move, path: `${path}.all for ${market.symbol}` });
    }
  }
  if (beta !== undefined) {
    for (const one of readBeta(state, beta, `${path}.beta`)) moves.set(one.market, one);
  }
  if (shocks !== undefined) {
    for (const one of readShocks(state, shocks, `${path}.shocks`)) moves.set(one.market, one);
  }
  const prices = Array.from(moves.values(), (one): ShockedPrice => {
    return [one.market, movedPrice(state, one.market, one.move, one.path)];
  });
  const coins = indexShocks ?? {};
  return {
    name: optionalText(scenario.name, MAX_NAME, `${path}.name`) ?? `scenario ${index + 1}`,
    path,
    prices: [...prices, ...readIndexShocks(state, coins, `${path}.indexShocks`)],
  };
}

/** All scenarios of a test. @throws RiskError as readScenario */
export function readScenarios(
  state: EngineState,
  scenarios: readonly StressScenario[],
  path: string,
): ReadScenario[] {
  if (!Array.isArray(scenarios)) {
    return refuse("BAD_VALUE", "must be a list of scenarios", path, scenarios);
  }
  // Not map: a list with holes would keep them.
  return Array.from(scenarios, (scenario: StressScenario, index) =>
    readScenario(state, scenario, index, `${path}[${index}]`),
  );
}
