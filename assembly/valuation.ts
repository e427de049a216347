// The only judge: exact figures of legs and pools in integers (docs/numbers.md). A leg's notional is kept as whole units and an
// exact rest, N = notional + rest / divisor, so that every further figure is rounded once, from N itself.

import {
  BRACKET_AMOUNT_HIGH,
  BRACKET_AMOUNT_LOW,
  BRACKET_BYTES,
  BRACKET_FLOOR,
  BRACKET_INITIAL_RATE,
  BRACKET_RATE,
  HEADER_INCLUSIVE,
  LEG_COST,
  LEG_LEVERAGE,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  MARKS,
  NONE,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  PRICE_DIVISOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_NUMERATOR,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_EQUITY,
  RESULT_FEE,
  RESULT_INITIAL,
  RESULT_LEG_BRACKET,
  RESULT_LEG_FEE,
  RESULT_LEG_HAIRCUT,
  RESULT_LEG_INITIAL,
  RESULT_LEG_MAINTENANCE,
  RESULT_LEG_NOTIONAL,
  RESULT_LEG_VALUE,
  RESULT_LIQUIDATABLE,
  RESULT_MAINTENANCE,
  STATUS_NO_MARK,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
  TABLE_BRACKETS,
  TABLE_COUNT,
  TABLE_DENOMINATOR,
  TABLE_FEE,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
} from "../src/layout.ts";
import { legRecord, poolLives, poolRecord } from "./book.ts";
import { priceAt, priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import {
  divideWide,
  divideWideNarrow,
  mulWide,
  sumAdd,
  sumAddUnsigned,
  sumAtLeast,
  sumCopy,
  sumFits,
  sumSet,
  sumSubtract,
  sumSubtractSum,
  sumSubtractUnsigned,
  wideHigh,
  wideRemainder,
} from "./wide.ts";

const LARGEST: u64 = <u64>i64.MAX_VALUE;
const FEE_UNITS: u64 = 100_000_000;
const PROFIT_UNITS: u64 = 100_000_000;
const LEVERAGE_UNITS: u64 = 1_000;

/**
 * How many figures of a leg are rounded, each by less than a unit and against the account: value, haircut on profit, margin (or haircut) and
 * fee. So a leg's part of equity or clearance is at most its unrounded part, and above that less so many units.
 */
export const LEG_UNITS: i64 = 4;

// ── one leg: the figures of the last valueLeg, in quote units ──────────────────────────────────────────
/** ⌊N⌋ */
export let legNotional: u64 = 0;
/** N = legNotional + legRest / legDivisor */
export let legRest: u64 = 0;
export let legDivisor: u64 = 1;
/** ⌊±N⌋ */
export let legValue: i64 = 0;
export let legMaintenance: u64 = 0;
export let legFee: u64 = 0;
/** Of a haircut table on the notional, of any other on a profit. */
export let legHaircut: u64 = 0;
/** Address of the bracket in use. */
let legBracket: usize = 0;

/** Values a leg at a price (> 0 for inverse terms). False where the notional does not fit 2^63 - 1. */
export function valueLeg(leg: usize, price: u64): bool {
  if (!locateNotional(leg, price)) return false;
  legValue = locatedValue(leg, priceRecord(load<u16>(leg, LEG_PRICE)));
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const margin = bracketMargin(table);
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0) {
    legHaircut = margin;
    legMaintenance = 0;
    legFee = 0;
  } else {
    const rate = <u64>load<u32>(table, TABLE_PROFIT);
    legHaircut = rate === 0 ? 0 : profitHaircutCeil(load<i64>(leg, LEG_COST), rate);
    legMaintenance = margin;
    const fee = <u64>load<u32>(table, TABLE_FEE);
    legFee = fee === 0 ? 0 : shareCeil(fee, 0, 0, FEE_UNITS);
  }
  return true;
}

/** ⌊±N⌋ of the located leg. */
function locatedValue(leg: usize, terms: usize): i64 {
  const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const rises = load<f64>(leg, LEG_QUANTITY) > 0 !== inverse;
  return rises ? <i64>legNotional : -(<i64>(legNotional + u64(legRest !== 0)));
}

/** ⌈(value - cost)·rate / 1e8⌉ of a profit, rate < 1e8: at most the profit, which is below 2^64. */
function profitHaircutCeil(cost: i64, rate: u64): u64 {
  if (legValue <= cost) return 0;
  const low = mulWide(<u64>legValue - <u64>cost, rate);
  const quotient = divideWideNarrow(wideHigh, low, PROFIT_UNITS);
  return quotient + u64(wideRemainder !== 0);
}

/**
 * N = |q|·multiplier / divisor. The product is below 2^53 · 2^64; the bounds of prices.maxPrice keep the
 * multiplier in 64 bits and the divisor below 2^63.
 */
export function locateNotional(leg: usize, price: u64): bool {
  const terms = priceRecord(load<u16>(leg, LEG_PRICE));
  return locateSize(<u64>abs<f64>(load<f64>(leg, LEG_QUANTITY)), terms, price);
}

/** The same for a size of a price slot's terms, whatever leg it may belong to. */
export function locateSize(quantity: u64, terms: usize, price: u64): bool {
  let multiplier = load<u64>(terms, PRICE_NUMERATOR);
  let divisor = load<u64>(terms, PRICE_DIVISOR);
  if ((load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0) divisor *= price;
  else multiplier *= price;
  legDivisor = divisor;
  if (clz(quantity) + clz(multiplier) >= 64) {
    const product = quantity * multiplier;
    legNotional = product / divisor;
    legRest = product - legNotional * divisor;
    return legNotional <= LARGEST;
  }
  const low = mulWide(quantity, multiplier);
  const high = wideHigh;
  if (high >= divisor) return false;
  legNotional = divideWide(high, low, divisor);
  legRest = wideRemainder;
  return legNotional <= LARGEST;
}

/** Finds the bracket of the current notional and returns its margin: marginal N·rate - amount, or whole N·rate. */
function bracketMargin(table: usize): u64 {
  let bracket = table + TABLE_BRACKETS;
  const last = bracket + <usize>(load<u32>(table, TABLE_COUNT) - 1) * BRACKET_BYTES;
  while (bracket < last && load<u64>(bracket, BRACKET_FLOOR + BRACKET_BYTES) <= legNotional) {
    bracket += BRACKET_BYTES;
  }
  legBracket = bracket;
  const rate = <u64>load<u32>(bracket, BRACKET_RATE);
  const denominator = <u64>load<u32>(table, TABLE_DENOMINATOR);
  return shareCeil(
    rate,
    load<u64>(bracket, BRACKET_AMOUNT_LOW),
    load<u64>(bracket, BRACKET_AMOUNT_HIGH),
    denominator,
  );
}

/**
 * ⌈(N·rate - amount) / denominator⌉ for the current N, amount a 128-bit integer <= notional·rate, rate <= 2^32, denominator < 2^32.
 * A quotient that would not fit 64 bits (only leverage below 1 can ask for one) is returned as the largest u64.
 */
export function shareCeil(rate: u64, amountLow: u64, amountHigh: u64, denominator: u64): u64 {
  // Mostly the product fits 64 bits (its factors have 64 leading zeros between them), and the rest of the notional, worth less
  // than `rate` units of 1/denominator, cannot lift the quotient by more than the rounding does.
  if (amountHigh === 0 && clz(rate) + clz(legNotional) >= 64) {
    const share = rate * legNotional - amountLow;
    const quotient = denominator === 1_000_000 ? share / 1_000_000 : share / denominator;
    const left = share - quotient * denominator;
    if (legRest === 0 || rate === 0) return quotient + u64(left !== 0);
    if (left + rate <= denominator) return quotient + 1;
  }
  return shareCeilWide(rate, amountLow, amountHigh, denominator);
}

/** Rounding the rest up to a whole unit of 1/denominator first changes nothing: ⌈(X + y)/m⌉ = ⌈(X + ⌈y⌉)/m⌉ for integer X. */
function shareCeilWide(rate: u64, amountLow: u64, amountHigh: u64, denominator: u64): u64 {
  let restUp: u64 = 0;
  if (legRest !== 0) {
    const restLow = mulWide(rate, legRest);
    restUp = divideWide(wideHigh, restLow, legDivisor);
    if (wideRemainder !== 0) restUp++;
  }
  let low = mulWide(rate, legNotional);
  let high = wideHigh;
  low += restUp;
  high += u64(low < restUp);
  high -= amountHigh + u64(low < amountLow);
  low -= amountLow;
  if (high >= denominator) return u64.MAX_VALUE;
  const quotient = divideWideNarrow(high, low, denominator);
  return wideRemainder === 0 || quotient === u64.MAX_VALUE ? quotient : quotient + 1;
}

/** Initial margin of the leg last valued. May exceed 2^63 - 1 (leverage below 1); the caller checks. */
function legInitialCeil(leg: usize): u64 {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0) return 0;
  const leverageMilli = <u64>load<u32>(leg, LEG_LEVERAGE);
  if (leverageMilli !== 0) return shareCeil(LEVERAGE_UNITS, 0, 0, leverageMilli);
  const rate = <u64>load<u32>(legBracket, BRACKET_INITIAL_RATE);
  return rate === 0 ? 0 : shareCeil(rate, 0, 0, <u64>load<u32>(table, TABLE_DENOMINATOR));
}

/** Writes the leg's figures at its mark to RESULT. */
export function legFigures(leg: usize): i32 {
  const price = priceAt(MARKS, load<u16>(leg, LEG_PRICE));
  if (price === 0) return STATUS_NO_MARK;
  if (!valueLeg(leg, price)) return STATUS_RANGE;
  const initial = legInitialCeil(leg);
  // A charge of the whole notional, rounded up, may be 2^63: one more than an amount holds.
  if (max(initial, max(legFee, max(legMaintenance, legHaircut))) > LARGEST) return STATUS_RANGE;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  store<i64>(RESULT, legValue, RESULT_LEG_VALUE);
  store<u64>(RESULT, legNotional, RESULT_LEG_NOTIONAL);
  store<u64>(RESULT, legMaintenance, RESULT_LEG_MAINTENANCE);
  store<u64>(RESULT, initial, RESULT_LEG_INITIAL);
  store<u64>(RESULT, legFee, RESULT_LEG_FEE);
  store<u64>(RESULT, legHaircut, RESULT_LEG_HAIRCUT);
  store<u32>(RESULT, (legBracket - table - TABLE_BRACKETS) / BRACKET_BYTES, RESULT_LEG_BRACKET);
  return STATUS_OK;
}

// ── a pool ──────────────────────────────────────────────────────────────────────────────────────────

/** Below this clearance a pool with a requirement is liquidatable: 0, or 1 unit where equality liquidates. */
export function clearanceFloor(): i64 {
  return <i64>load<u32>(HEADER_INCLUSIVE);
}

/** Initial margins below this cannot overflow in sum: 2^47 times MAX_LEGS_PER_POOL is below 2^63. */
const SMALL_NOTIONAL: u64 = 140_737_488_355_328;

/** How much of the initial margin a sum asks for. */
export const NO_INITIAL: i32 = 0;
export const FULL_INITIAL: i32 = 1;
/** Enough to know that it fits. */
const BOUND_INITIAL: i32 = 2;

/** True where a leg's initial margin may exceed its notional or the notional is large. */
function initialMatters(leg: usize): bool {
  if (legNotional >= SMALL_NOTIONAL) return true;
  const leverageMilli = load<u32>(leg, LEG_LEVERAGE);
  if (leverageMilli !== 0) return <u64>leverageMilli < LEVERAGE_UNITS;
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  return load<u32>(legBracket, BRACKET_INITIAL_RATE) > load<u32>(table, TABLE_DENOMINATOR);
}

/** Adds one leg's figures at a price vector to the sums in RESULT. */
function sumLeg(leg: usize, vector: usize, initialMode: i32): i32 {
  const price = priceAt(vector, load<u16>(leg, LEG_PRICE));
  if (price === 0) return STATUS_NO_MARK;
  if (!valueLeg(leg, price)) return STATUS_RANGE;
  sumAdd(RESULT + RESULT_EQUITY, legValue);
  sumSubtract(RESULT + RESULT_EQUITY, load<i64>(leg, LEG_COST));
  if (legHaircut !== 0) sumSubtractUnsigned(RESULT + RESULT_EQUITY, legHaircut);
  sumAddUnsigned(RESULT + RESULT_MAINTENANCE, legMaintenance);
  if (legFee !== 0) sumAddUnsigned(RESULT + RESULT_FEE, legFee);
  if (initialMode === FULL_INITIAL || (initialMode === BOUND_INITIAL && initialMatters(leg))) {
    const initial = legInitialCeil(leg);
    if (initial > LARGEST) return STATUS_RANGE;
    sumAddUnsigned(RESULT + RESULT_INITIAL, initial);
  }
  return STATUS_OK;
}

/**
 * Sums equity, maintenance margin, close fee and clearance of a pool at a price vector into RESULT, 128 bits each. `draft` is one
 * more leg, not in the book, or 0.
 */
export function sumPool(record: usize, draft: usize, vector: usize, initialMode: i32): i32 {
  sumSet(RESULT + RESULT_EQUITY, load<i64>(record, POOL_COLLATERAL));
  sumSet(RESULT + RESULT_MAINTENANCE, 0);
  sumSet(RESULT + RESULT_INITIAL, 0);
  sumSet(RESULT + RESULT_FEE, 0);
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const status = sumLeg(leg, vector, initialMode);
    if (status !== STATUS_OK) return status;
  }
  if (draft !== 0) {
    const status = sumLeg(draft, vector, initialMode);
    if (status !== STATUS_OK) return status;
  }
  sumCopy(RESULT + RESULT_CLEARANCE, RESULT + RESULT_EQUITY);
  sumSubtractSum(RESULT + RESULT_CLEARANCE, RESULT + RESULT_MAINTENANCE);
  sumSubtractSum(RESULT + RESULT_CLEARANCE, RESULT + RESULT_FEE);
  return STATUS_OK;
}

/** The pool's equity alone at a price vector to RESULT, 128 bits. */
export function sumEquity(record: usize, vector: usize): i32 {
  sumSet(RESULT + RESULT_EQUITY, load<i64>(record, POOL_COLLATERAL));
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const slot = load<u16>(leg, LEG_PRICE);
    const price = priceAt(vector, slot);
    if (price === 0) return STATUS_NO_MARK;
    if (!locateNotional(leg, price)) return STATUS_RANGE;
    legValue = locatedValue(leg, priceRecord(slot));
    const cost = load<i64>(leg, LEG_COST);
    sumAdd(RESULT + RESULT_EQUITY, legValue);
    sumSubtract(RESULT + RESULT_EQUITY, cost);
    const table = tableRecord(load<u16>(leg, LEG_TABLE));
    if ((load<u32>(table, TABLE_FLAGS) & TABLE_HAIRCUT) !== 0) {
      sumSubtractUnsigned(RESULT + RESULT_EQUITY, bracketMargin(table));
      continue;
    }
    const rate = <u64>load<u32>(table, TABLE_PROFIT);
    if (rate !== 0) sumSubtractUnsigned(RESULT + RESULT_EQUITY, profitHaircutCeil(cost, rate));
  }
  return STATUS_OK;
}

/** True where the pool in RESULT is liquidatable. */
export function isLiquidatable(): bool {
  return (
    sumAtLeast(RESULT + RESULT_MAINTENANCE, 1) &&
    !sumAtLeast(RESULT + RESULT_CLEARANCE, clearanceFloor())
  );
}

/** Writes the pool's figures at the marks to RESULT. */
export function poolFigures(pool: u32): i32 {
  return figuresInRange(pool, 0, FULL_INITIAL);
}

/** The same with one more leg, whose record is not in the book. */
export function poolFiguresWith(pool: u32, draft: usize): i32 {
  return figuresInRange(pool, draft, FULL_INITIAL);
}

/** The same but for the initial margin, of which only is made sure that it fits. */
export function poolRequirements(pool: u32): i32 {
  return figuresInRange(pool, 0, BOUND_INITIAL);
}

function figuresInRange(pool: u32, draft: usize, initialMode: i32): i32 {
  if (!poolLives(pool)) return STATUS_NO_RECORD;
  const status = sumPool(poolRecord(pool), draft, MARKS, initialMode);
  if (status !== STATUS_OK) return status;
  // Small legs were left out: beside a counted one they may carry the sum past the range.
  if (initialMode === BOUND_INITIAL && sumAtLeast(RESULT + RESULT_INITIAL, 1)) {
    return figuresInRange(pool, draft, FULL_INITIAL);
  }
  if (
    !sumFits(RESULT + RESULT_EQUITY) ||
    !sumFits(RESULT + RESULT_MAINTENANCE) ||
    !sumFits(RESULT + RESULT_INITIAL) ||
    !sumFits(RESULT + RESULT_FEE) ||
    !sumFits(RESULT + RESULT_CLEARANCE)
  ) {
    return STATUS_RANGE;
  }
  store<i32>(RESULT, i32(isLiquidatable()), RESULT_LIQUIDATABLE);
  return STATUS_OK;
}

/** 1 liquidatable at the vector, 0 not, or a status < 0. Sums of any size are judged; only a single leg can be out of range. */
export function judgePool(record: usize, vector: usize): i32 {
  const status = sumPool(record, 0, vector, NO_INITIAL);
  return status === STATUS_OK ? i32(isLiquidatable()) : status;
}
