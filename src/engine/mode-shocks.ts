// What moves in a comparison of margin modes: a share of everything against the account, or markets by name. Prices move away from the
// mark and are rounded away from it, so that a shock is never milder than asked.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { BookDocument, DecimalLike, PositionDefinition } from "../types.ts";
import { emptyRecord } from "./order.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";

/**
 * A share of the mark, above 0 and below 1, by which every market moves against the account's net position in it (and every
 * pledged coin against its balance); or signed moves by symbol or pledged coin, e.g. `{ "BTC/USDT:USDT": "-0.2" }`.
 */
export type ModeShock = DecimalLike | Readonly<Record<string, DecimalLike>>;

/** A shock as it was understood. */
export interface ComparedShock {
  /** Share of a shock of everything; null where markets were named. */
  readonly share: string | null;
  /** Signed moves by symbol or coin; what is absent stands still. */
  readonly moves: Readonly<Record<string, string>>;
  /** Marks after the shock, of the account's markets that move. */
  readonly marks: Readonly<Record<string, string>>;
  /** Index prices after the shock, of its pledged coins that move. */
  readonly indexPrices: Readonly<Record<string, string>>;
}

/** Parts per million, as a joint shock. */
const SHARE_DECIMALS = 6;
const WHOLE = 1_000_000n;
/** A price grows at most a hundredfold, as in a joint shock. */
const LARGEST_MOVE = 100n * WHOLE;
const DEFAULT_SHARES = ["0.05", "0.1", "0.2", "0.3"];
const DEFAULT_ALONE = "0.2";

/** Something of the account whose price moves. */
interface Exposure {
  readonly name: string;
  readonly coin: boolean;
  readonly decimals: number;
  /** In price units. */
  readonly price: bigint;
  readonly maxPrice: bigint;
  /** Sign of what the account holds of it: a positive exposure fears the fall. */
  readonly sign: -1 | 0 | 1;
}

function signOf(sum: bigint): -1 | 0 | 1 {
  return sum === 0n ? 0 : sum > 0n ? 1 : -1;
}

function marketExposures(state: EngineState, positions: readonly PositionDefinition[]): Exposure[] {
  const sums = new Map<EngineMarket, bigint>();
  for (const { symbol, side, contracts } of positions) {
    const market = state.market(symbol, "symbol");
    const size = parseDecimal(contracts, market.amountDecimals, "contracts");
    sums.set(market, (sums.get(market) ?? 0n) + (side === "long" ? size : -size));
  }
  return Array.from(sums, ([market, sum]) => ({
    name: market.symbol,
    coin: false,
    decimals: market.priceDecimals,
    price: BigInt(state.kernel.mark(market.slot)),
    maxPrice: BigInt(market.maxPrice),
    sign: signOf(sum),
  }));
}

/** Coins in the account's cross pools; their prices are as the book states them. */
function coinExposures({ assets, indexPrices, accounts }: BookDocument): Exposure[] {
  const account = accounts[0];
  if (account?.multiAsset !== true) return [];
  const found: Exposure[] = [];
  for (const { code, decimals: own = 8, collateral } of assets) {
    const price = indexPrices?.[code];
    const balance = account.balances?.[code];
    if (collateral === undefined || price === undefined || balance === undefined) continue;
    const decimals = collateral.priceDecimals ?? 8;
    found.push({
      name: code,
      coin: true,
      decimals,
      price: parseDecimal(price, decimals, `indexPrices.${code}`),
      maxPrice: BigInt(Number.MAX_SAFE_INTEGER),
      sign: signOf(parseDecimal(balance, own, `balances.${code}`)),
    });
  }
  return found;
}

/** The price moved by parts per million, rounded away from where it was; at least one unit. */
function movedPrice(exposure: Exposure, move: bigint, path: string): bigint {
  const { price, maxPrice, name } = exposure;
  const product = price * (WHOLE + move);
  const moved = move > 0n ? (product + WHOLE - 1n) / WHOLE : product / WHOLE;
  if (moved > maxPrice) {
    const shown = formatDecimal(move, SHARE_DECIMALS);
    refuse("OUT_OF_RANGE", `the price of ${name} would exceed the engine's range`, path, shown);
  }
  return moved === 0n ? 1n : moved;
}

function comparedShock(
  share: string | null,
  moves: readonly (readonly [Exposure, bigint])[],
  path: string,
): ComparedShock {
  const told = emptyRecord<string>();
  const marks = emptyRecord<string>();
  const indexPrices = emptyRecord<string>();
  for (const [exposure, move] of moves) {
    if (move === 0n) continue;
    const price = formatDecimal(movedPrice(exposure, move, path), exposure.decimals);
    told[exposure.name] = formatDecimal(move, SHARE_DECIMALS);
    if (exposure.coin) indexPrices[exposure.name] = price;
    else marks[exposure.name] = price;
  }
  return { share, moves: told, marks, indexPrices };
}

function readNamed(
  state: EngineState,
  moves: Readonly<Record<string, DecimalLike>>,
  exposures: readonly Exposure[],
  path: string,
): ComparedShock {
  const pairs: (readonly [Exposure, bigint])[] = [];
  for (const [name, value] of Object.entries(moves)) {
    const place = `${path}[${JSON.stringify(name)}]`;
    const limits = { min: 1n - WHOLE, max: LARGEST_MOVE };
    const move = parseDecimal(value, SHARE_DECIMALS, place, limits);
    const exposure = exposures.find((one) => one.name === name);
    // Another market's move, or a coin's that is not pledged, changes nothing here; a name that nobody knows is a slip.
    if (exposure !== undefined) pairs.push([exposure, move]);
    else if (state.findAsset(name) === undefined) state.market(name, place);
  }
  return comparedShock(null, pairs, path);
}

function readShare(
  share: DecimalLike,
  exposures: readonly Exposure[],
  path: string,
): ComparedShock {
  const limits = { min: 1n, max: WHOLE - 1n };
  const size = parseDecimal(share, SHARE_DECIMALS, path, limits);
  const moves = exposures.map((one) => [one, size * BigInt(-one.sign)] as const);
  return comparedShock(formatDecimal(size, SHARE_DECIMALS), moves, path);
}

/** Notional at the mark in the quote currency, in 1e-36: what positions of linear and inverse contracts have in common. */
function quoteNotional(state: EngineState, { symbol, contracts }: PositionDefinition): bigint {
  const { terms, amountDecimals, priceDecimals, settleDecimals, slot } = state.market(
    symbol,
    "symbol",
  );
  const size = parseDecimal(contracts, amountDecimals, "contracts");
  const mark = BigInt(state.kernel.mark(slot));
  // linear: settle units = q·p·n/d; inverse: q·n/(p·d) coins, times p quote.
  const decimals = terms.inverse ? settleDecimals + priceDecimals : settleDecimals;
  const units = terms.inverse ? size * terms.numerator : size * mark * terms.numerator;
  return (units * 10n ** BigInt(36 - decimals)) / terms.divisor;
}

function defaultShocks(
  state: EngineState,
  positions: readonly PositionDefinition[],
  moving: number,
): ModeShock[] {
  let largest: PositionDefinition | undefined;
  let most = -1n;
  for (const position of positions) {
    const notional = quoteNotional(state, position);
    if (notional > most) [largest, most] = [position, notional];
  }
  // Alone it would be the same shock once more.
  if (largest === undefined || moving < 2) return DEFAULT_SHARES;
  const move = largest.side === "long" ? `-${DEFAULT_ALONE}` : DEFAULT_ALONE;
  return [...DEFAULT_SHARES, { [largest.symbol]: move }];
}

/**
 * The shocks of a comparison as prices of one account's markets.
 *
 * @throws RiskError BAD_VALUE, OUT_OF_RANGE, TOO_MANY_DECIMALS, UNKNOWN_SYMBOL
 */
export function readShocks(
  state: EngineState,
  book: BookDocument,
  shocks: readonly ModeShock[] | undefined,
  path: string,
): ComparedShock[] {
  const positions = book.accounts[0]?.positions ?? [];
  const exposures = [...marketExposures(state, positions), ...coinExposures(book)];
  if (shocks !== undefined && !Array.isArray(shocks)) {
    refuse("BAD_VALUE", "must be a list of shares or moves", path, shocks);
  }
  const moving = exposures.length;
  const asked = shocks ?? defaultShocks(state, positions, moving);
  return asked.map((shock, index) => {
    const place = `${path}[${index}]`;
    return typeof shock === "object" && shock !== null
      ? readNamed(state, shock, exposures, place)
      : readShare(shock, exposures, place);
  });
}
