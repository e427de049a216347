// Reading a stop: which fields its kind takes, in which margin mode it makes sense, and its terms in units. Commands and books
// read stops by the same function; a book states what is (it may carry a clamped trigger and a best price), so nothing is judged here.

import { MAX_U32 } from "../../arguments.ts";
import { type DecimalLimits, parseDecimal } from "../../decimal.ts";
import { MAX_AMOUNT } from "../../model.ts";
import type { DecimalLike, PositionSide, StopDefinition, StopKind } from "../../types.ts";
import { NO_POOL } from "../accounts.ts";
import { MAX_ORDER_ID, refuse, requireObject, requireText, requireWord } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { drawdownFloor, SHARE_DENOMINATOR } from "../stop-prices.ts";
import { comparedOf, resolvedPrice } from "../stop-rules.ts";
import type { StopTerms } from "../stop-terms.ts";
import { isEquityKind, isResolvedKind, NO_STOP, STOP_KINDS } from "../stops.ts";
import { SIDES } from "./positions.ts";
import { checkFields, isGiven } from "./stop-kinds.ts";

const SHARE_DECIMALS = 6;
const SLIPPAGE_DECIMALS = 8;
const WHOLE = BigInt(SHARE_DENOMINATOR);
/** Below the whole price. */
const SLIPPAGE: DecimalLimits = { min: 0n, max: 10n ** BigInt(SLIPPAGE_DECIMALS) - 1n };
const PURPOSES = ["stopLoss", "takeProfit"] as const;

type Field = keyof StopDefinition;

/** Where a stop comes from. */
export interface StopSource {
  readonly account: number;
  /** Stands before the names of fields in errors. */
  readonly prefix: string;
  /** Of a book: it may state what is in force after a clamp. */
  readonly fromBook: boolean;
  /** Where it states none. */
  readonly id: string | undefined;
}

/** A stop's terms with the scope and position they were read against. */
export interface ReadStop {
  readonly terms: StopTerms;
  readonly pool: number;
  readonly market: EngineMarket | undefined;
}

/** What the stop is for. */
interface StopTarget {
  readonly kind: StopKind;
  readonly pool: number;
  readonly asset: number;
  readonly market: EngineMarket | undefined;
  readonly position: PositionReference | undefined;
  readonly side: PositionSide;
}

type Mutable<Terms> = { -readonly [Field in keyof Terms]: Terms[Field] };

/** The fields that decide where a stop fires. */
type FiringTerms = Pick<
  StopTerms,
  | "up"
  | "takeProfit"
  | "trigger"
  | "nominal"
  | "asked"
  | "clamped"
  | "distance"
  | "byRate"
  | "activation"
  | "best"
  | "sharePpm"
  | "floor"
  | "reference"
>;

/** Written out where stops are loaded by the million: objects made by spreading are slow to make and to read. */
function firingTerms(): Mutable<FiringTerms> {
  return {
    up: false,
    takeProfit: false,
    trigger: 0,
    nominal: 0,
    asked: 0,
    clamped: false,
    distance: 0,
    byRate: false,
    activation: 0,
    best: 0,
    sharePpm: 0,
    floor: 0n,
    reference: 0n,
  };
}

/** A field that must be there. */
function required(definition: StopDefinition, field: Field, prefix: string): DecimalLike {
  const value = definition[field];
  if (isGiven(value)) return value as DecimalLike;
  return refuse(
    "BAD_VALUE",
    `is missing: a ${definition.kind} stop needs it`,
    `${prefix}${field}`,
    value,
  );
}

/** The side named; required of hedged accounts, and whatever a one-way account holds where it names none. */
function readSide(
  state: EngineState,
  { account, prefix }: StopSource,
  given: unknown,
): PositionSide | undefined {
  if (isGiven(given)) return requireWord(given, SIDES, `${prefix}side`);
  if (!state.accounts.hedged(account)) return undefined;
  return refuse("POSITION_MODE", "a hedged account's stop needs a side", `${prefix}side`, given);
}

function readTarget(
  state: EngineState,
  definition: StopDefinition,
  kind: StopKind,
  source: StopSource,
): StopTarget {
  const { account, prefix } = source;
  if (isEquityKind(kind) && !isGiven(definition.symbol)) {
    return readPoolTarget(state, definition, kind, source);
  }
  const market = state.market(definition.symbol, `${prefix}symbol`);
  const named = readSide(state, source, definition.side);
  const position = state.findPosition(account, market, named);
  if (position === undefined) {
    const what = named === undefined ? "no position" : `no ${named} position`;
    return refuse("NO_POSITION", `there is ${what} to close`, `${prefix}symbol`, market.symbol);
  }
  if (kind === "marginLoss" && !position.isolated) {
    refuse("MARGIN_MODE", "a cross position has no margin of its own", `${prefix}kind`, kind);
  }
  if (isEquityKind(kind)) {
    if (position.isolated) {
      const message = "an isolated position is no part of a cross pool's equity";
      refuse("MARGIN_MODE", message, `${prefix}symbol`, market.symbol);
    }
    const { settle } = definition;
    if (isGiven(settle) && state.asset(settle, `${prefix}settle`).index !== market.settle) {
      refuse("BAD_VALUE", "must be what the symbol settles in", `${prefix}settle`, settle);
    }
  }
  const side = state.kernel.quantity(position.leg) > 0 ? "long" : "short";
  return { kind, pool: position.pool, asset: market.settle, market, position, side };
}

/** An equity kind that closes whatever its cross pool holds. */
function readPoolTarget(
  state: EngineState,
  { settle, side, amount }: StopDefinition,
  kind: StopKind,
  { account, prefix }: StopSource,
): StopTarget {
  const asset = state.asset(settle, `${prefix}settle`).index;
  if (isGiven(side)) refuse("BAD_VALUE", "is for a stop with a symbol", `${prefix}side`, side);
  if (isGiven(amount))
    refuse("BAD_VALUE", "is for a stop with a symbol", `${prefix}amount`, amount);
  const pool = state.crossPool(account, asset);
  if (pool === NO_POOL || state.legs(pool).length === 0) {
    refuse("NO_POSITION", "there is no cross position to close", `${prefix}settle`, settle);
  }
  return { kind, pool, asset, market: undefined, position: undefined, side: "long" };
}

/** Quantity units, 0 for the whole position. */
function readQuantity(
  state: EngineState,
  { amount }: StopDefinition,
  { market, position }: StopTarget,
  prefix: string,
): number {
  if (!isGiven(amount) || market === undefined || position === undefined) return 0;
  const max = BigInt(Math.abs(state.kernel.quantity(position.leg)));
  const limits = { min: 1n, max };
  return Number(
    parseDecimal(amount as DecimalLike, market.amountDecimals, `${prefix}amount`, limits),
  );
}

function readPpm(value: DecimalLike, max: bigint, prefix: string): number {
  return Number(parseDecimal(value, SHARE_DECIMALS, prefix, { min: 1n, max }));
}

function readPriceOf(market: EngineMarket, value: DecimalLike, prefix: string): number {
  const limits: DecimalLimits = { min: 1n, max: BigInt(market.maxPrice) };
  return Number(parseDecimal(value, market.priceDecimals, prefix, limits));
}

function readMark(
  state: EngineState,
  definition: StopDefinition,
  { side }: StopTarget,
  market: EngineMarket,
  prefix: string,
): FiringTerms {
  const { purpose, askedPrice } = definition;
  const takeProfit = isGiven(purpose)
    ? requireWord(purpose, PURPOSES, `${prefix}purpose`) === "takeProfit"
    : false;
  const up = (side === "short") !== takeProfit;
  const given = required(definition, "triggerPrice", prefix);
  const nominal = readPriceOf(market, given, `${prefix}triggerPrice`);
  const clamped = isGiven(askedPrice);
  const asked = clamped
    ? readPriceOf(market, askedPrice as DecimalLike, `${prefix}askedPrice`)
    : nominal;
  const trigger = comparedOf(state, market, nominal, up);
  return Object.assign(firingTerms(), { up, takeProfit, nominal, asked, clamped, trigger });
}

function readTrailing(
  state: EngineState,
  definition: StopDefinition,
  { side }: StopTarget,
  market: EngineMarket,
  { prefix, fromBook }: StopSource,
): FiringTerms {
  const { distance, rate, activationPrice, best } = definition;
  const byRate = isGiven(rate);
  if (byRate && isGiven(distance)) {
    refuse("BAD_VALUE", "is one too many beside distance", `${prefix}rate`, rate);
  }
  const price = (value: unknown, field: Field): number =>
    isGiven(value) ? readPriceOf(market, value as DecimalLike, `${prefix}${field}`) : 0;
  const away = byRate
    ? readPpm(rate as DecimalLike, WHOLE - 1n, `${prefix}rate`)
    : readPriceOf(market, required(definition, "distance", prefix), `${prefix}distance`);
  const activation = price(activationPrice, "activationPrice");
  const stated = price(best, "best");
  const mark = state.kernel.mark(market.slot);
  const up = side === "short";
  // A book says whether it follows already; a new one follows at once where its activation price has been reached.
  const follows = activation === 0 || (!fromBook && (up ? mark <= activation : mark >= activation));
  const start = stated === 0 && follows ? mark : stated;
  return Object.assign(firingTerms(), { up, distance: away, byRate, activation, best: start });
}

/** marginLoss and entryDeviation. */
function readResolved(
  state: EngineState,
  definition: StopDefinition,
  target: StopTarget,
  market: EngineMarket,
  prefix: string,
): FiringTerms {
  const { kind, position, side } = target;
  if (position === undefined) return refuse("INTERNAL", "no position", prefix, kind);
  const sharePpm =
    kind === "marginLoss"
      ? readPpm(required(definition, "share", prefix), WHOLE, `${prefix}share`)
      : readPpm(required(definition, "deviation", prefix), BigInt(MAX_U32), `${prefix}deviation`);
  const up = side === "short";
  const asked = resolvedPrice(state, { kind, sharePpm, up }, market, position);
  const clamped = isGiven(definition.triggerPrice);
  const nominal = clamped
    ? readPriceOf(market, definition.triggerPrice as DecimalLike, `${prefix}triggerPrice`)
    : asked;
  const trigger = comparedOf(state, market, nominal, up);
  return Object.assign(firingTerms(), { up, sharePpm, nominal, asked, clamped, trigger });
}

function readAmountOf(value: DecimalLike, decimals: number, min: bigint, prefix: string): bigint {
  return parseDecimal(value, decimals, prefix, { min, max: MAX_AMOUNT });
}

function readEquity(
  state: EngineState,
  definition: StopDefinition,
  { kind, asset, pool }: StopTarget,
  prefix: string,
): FiringTerms {
  const { decimals } = state.assetAt(asset);
  const { equityFloor, askedFloor, referenceEquity } = definition;
  const amount = (value: DecimalLike, field: Field, min: bigint): bigint =>
    readAmountOf(value, decimals, min, `${prefix}${field}`);
  if (kind === "equity") {
    const floor = amount(required(definition, "equityFloor", prefix), "equityFloor", -MAX_AMOUNT);
    const clamped = isGiven(askedFloor);
    const reference = clamped
      ? amount(askedFloor as DecimalLike, "askedFloor", -MAX_AMOUNT)
      : floor;
    return Object.assign(firingTerms(), { floor, reference, clamped });
  }
  const sharePpm = readPpm(required(definition, "drawdown", prefix), WHOLE, `${prefix}drawdown`);
  const reference = isGiven(referenceEquity)
    ? amount(referenceEquity as DecimalLike, "referenceEquity", 1n)
    : state.kernel.poolFigures(pool).equity;
  if (reference < 1n) {
    const message = "must be stated: the scope has no equity to take as the reference";
    refuse("OUT_OF_RANGE", message, `${prefix}referenceEquity`, referenceEquity);
  }
  const clamped = isGiven(equityFloor);
  const floor = clamped
    ? amount(equityFloor as DecimalLike, "equityFloor", -MAX_AMOUNT)
    : drawdownFloor(reference, sharePpm);
  return Object.assign(firingTerms(), { sharePpm, floor, reference, clamped });
}

function readFiring(
  state: EngineState,
  definition: StopDefinition,
  target: StopTarget,
  source: StopSource,
): FiringTerms {
  const { kind, market } = target;
  if (isEquityKind(kind)) return readEquity(state, definition, target, source.prefix);
  if (market === undefined) return refuse("INTERNAL", "no market", source.prefix, kind);
  if (kind === "trailing") return readTrailing(state, definition, target, market, source);
  if (isResolvedKind(kind)) return readResolved(state, definition, target, market, source.prefix);
  return readMark(state, definition, target, market, source.prefix);
}

function readSlippage({ slippage }: StopDefinition, prefix: string): number {
  if (slippage === undefined || slippage === null) return 0;
  return Number(parseDecimal(slippage, SLIPPAGE_DECIMALS, `${prefix}slippage`, SLIPPAGE));
}

/** The other half of a one-cancels-other pair, or NO_STOP. */
function readPartner(
  state: EngineState,
  { oco }: StopDefinition,
  { account, prefix }: StopSource,
): number {
  if (!isGiven(oco)) return NO_STOP;
  const { stops } = state;
  const partner = typeof oco === "string" ? stops.find(account, oco) : NO_STOP;
  if (partner === NO_STOP) {
    const message = "must be another stop of the account, placed before";
    refuse("UNKNOWN_STOP", message, `${prefix}oco`, oco);
  }
  if (stops.partner(partner) !== NO_STOP) {
    const other = stops.id(stops.partner(partner));
    refuse("BAD_VALUE", `is paired with ${other} already`, `${prefix}oco`, oco);
  }
  return partner;
}

/**
 * A stop in units.
 *
 * @throws RiskError BAD_VALUE, OUT_OF_RANGE, TOO_MANY_DECIMALS, UNKNOWN_SYMBOL, UNKNOWN_ASSET, UNKNOWN_STOP, DUPLICATE_STOP, NO_POSITION,
 * MARGIN_MODE, POSITION_MODE
 */
export function readStop(
  state: EngineState,
  definition: StopDefinition,
  source: StopSource,
): ReadStop {
  const { account, prefix } = source;
  requireObject(definition, prefix.slice(0, -1));
  const given = isGiven(definition.id) ? definition.id : source.id;
  const id = requireText(given, MAX_ORDER_ID, `${prefix}id`);
  const kind = requireWord(definition.kind, STOP_KINDS, `${prefix}kind`);
  checkFields(definition, kind, source);
  const target = readTarget(state, definition, kind, source);
  const { market, asset, pool, side } = target;
  const quantity = readQuantity(state, definition, target, prefix);
  const firing = readFiring(state, definition, target, source);
  const slippageE8 = readSlippage(definition, prefix);
  const partner = readPartner(state, definition, source);
  if (state.stops.find(account, id) !== NO_STOP) {
    refuse("DUPLICATE_STOP", "the account has a stop of it", `${prefix}id`, id);
  }
  const terms: StopTerms = {
    up: firing.up,
    takeProfit: firing.takeProfit,
    trigger: firing.trigger,
    nominal: firing.nominal,
    asked: firing.asked,
    clamped: firing.clamped,
    distance: firing.distance,
    byRate: firing.byRate,
    activation: firing.activation,
    best: firing.best,
    sharePpm: firing.sharePpm,
    floor: firing.floor,
    reference: firing.reference,
    id,
    kind,
    market: market?.index,
    slot: market?.slot ?? 0,
    asset,
    side,
    quantity,
    slippageE8,
    partner,
    suspended: false,
  };
  return { terms, pool, market };
}
