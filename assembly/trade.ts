// One trade on one leg of one pool, with the roundings of docs/accounts.md: an increase adds ⌈signed notional⌉ to the cost; a part c of
// |q| that is closed takes ⌈cost·c/|q|⌉ of it away and realizes its ⌊signed value⌋ less that; what is left of a trade beyond the whole
// position opens the other side. Figures are reckoned first, an increase is judged as if it were done, and only then is anything changed.

import {
  LEG_COST,
  LEG_LEVERAGE,
  LEG_POOL,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  POOL_COLLATERAL,
  PRICE_DIVISOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_NUMERATOR,
  RESULT,
  RESULT_EQUITY,
  RESULT_INITIAL,
  RESULT_LIQUIDATABLE,
  RESULT_TRADE_COST,
  RESULT_TRADE_FEE,
  RESULT_TRADE_QUANTITY,
  RESULT_TRADE_REALIZED,
  STATUS_BELOW_INITIAL,
  STATUS_LIQUIDATABLE,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
  TRADE_ADMIT,
  TRADE_DRAFT,
  TRADE_FEE_RATE,
  TRADE_LEG_ONLY,
  TRADE_SUM,
} from "../src/layout.ts";
import {
  createLeg,
  legLives,
  legRecord,
  poolLives,
  poolRecord,
  removeLeg,
  setCollateral,
  setLeg,
} from "./book.ts";
import { maxPrice, priceLives, priceRecord } from "./prices.ts";
import { tableLives } from "./tables.ts";
import {
  legDivisor,
  legNotional,
  legRest,
  locateSize,
  poolFigures,
  poolFiguresWith,
  shareCeil,
} from "./valuation.ts";
import {
  divideWide,
  divideWideNarrow,
  mulWide,
  sumAdd,
  sumAddSum,
  sumFits,
  sumLess,
  sumSet,
  sumSubtract,
  wideHigh,
  wideRemainder,
} from "./wide.ts";

const MAX_UNITS: f64 = 9_007_199_254_740_991;
const LARGEST: u64 = <u64>i64.MAX_VALUE;
const FEE_UNITS: u64 = 100_000_000;

// ── the trade at hand, in quote units ─────────────────────────────────────────────────────────────────
/** ⌊signed value⌋ of what it closes. */
let worth: i64 = 0;
/** Cost that goes with what it closes, rounded up. */
let removed: i64 = 0;
/** ⌈signed notional⌉ of what it opens. */
let added: i64 = 0;
/** The fee. */
let charged: i64 = 0;

// ── the leg and the pool's collateral as it leaves them ───────────────────────────────────────────────
let quantityAfter: f64 = 0;
let costAfter: i64 = 0;
let leverageAfter: u32 = 0;
let collateralAfter: i64 = 0;

/**
 * Trades `quantity` (signed, whole, not 0) on a leg of the pool, or on a new one where `leg` is NONE. `table` serves the size that
 * results; leverage 0 keeps the leg's. `fee` is an amount or, by flag, a rate. Returns the leg, NONE where it was closed, or a status
 * < NONE and nothing changed. Figures are in RESULT either way, as far as they were reckoned.
 */
export function trade(
  pool: u32,
  leg: i32,
  slot: u32,
  table: u32,
  quantity: f64,
  price: f64,
  leverageMilli: u32,
  fee: i64,
  reserve: i64,
  flags: u32,
): i32 {
  if (!poolLives(pool) || !priceLives(slot) || !tableLives(table)) return STATUS_NO_RECORD;
  let held: f64 = 0;
  let cost: i64 = 0;
  leverageAfter = leverageMilli;
  if (leg !== NONE) {
    if (!legLives(leg)) return STATUS_NO_RECORD;
    const record = legRecord(leg);
    if (load<u32>(record, LEG_POOL) !== pool || load<u16>(record, LEG_PRICE) !== slot) {
      return STATUS_NO_RECORD;
    }
    held = load<f64>(record, LEG_QUANTITY);
    cost = load<i64>(record, LEG_COST);
    if (leverageMilli === 0) leverageAfter = load<u32>(record, LEG_LEVERAGE);
  }
  // Both are below 2^53 in size: a sum above is at worst rounded to an even number, never to one below.
  quantityAfter = held + quantity;
  if (abs<f64>(quantityAfter) > MAX_UNITS || !priceFits(slot, <u64>price)) return STATUS_RANGE;
  const closes = held !== 0 && held > 0 !== quantity > 0;
  const closed = closes ? min<f64>(abs<f64>(held), abs<f64>(quantity)) : 0;
  const opened = abs<f64>(quantity) - closed;
  const feeRate = (flags & TRADE_FEE_RATE) !== 0 ? fee : 0;
  if (feeRate > <i64>FEE_UNITS || feeRate < -(<i64>FEE_UNITS)) return STATUS_RANGE;
  charged = fee - feeRate;
  worth = 0;
  removed = 0;
  added = 0;
  if (closed > 0 && !reckonClosed(slot, held, cost, closed, price, feeRate)) return STATUS_RANGE;
  if (opened > 0 && !reckonOpened(slot, quantity > 0, opened, price, feeRate)) return STATUS_RANGE;
  if (!settle(pool, cost, (flags & TRADE_LEG_ONLY) === 0)) return STATUS_RANGE;
  if (opened > 0 && (flags & TRADE_ADMIT) !== 0) {
    const status = admit(pool, leg, slot, table, reserve);
    if (status !== STATUS_OK) return status;
  }
  return carryOut(pool, leg, slot, table);
}

/** The cost and the collateral that result, and what is told of the trade. False where one does not fit. */
function settle(pool: u32, cost: i64, pays: bool): bool {
  if (!fitsSum(cost - removed, added) || !fitsDifference(added, removed)) return false;
  if (!fitsDifference(worth, removed)) return false;
  costAfter = cost - removed + added;
  store<i64>(RESULT, worth - removed, RESULT_TRADE_REALIZED);
  store<i64>(RESULT, added - removed, RESULT_TRADE_COST);
  store<f64>(RESULT, quantityAfter, RESULT_TRADE_QUANTITY);
  store<i64>(RESULT, charged, RESULT_TRADE_FEE);
  collateralAfter = load<i64>(poolRecord(pool), POOL_COLLATERAL);
  if (!pays) return true;
  sumSet(TRADE_SUM, collateralAfter);
  sumAdd(TRADE_SUM, worth - removed);
  sumSubtract(TRADE_SUM, charged);
  collateralAfter = load<i64>(TRADE_SUM);
  return sumFits(TRADE_SUM) && collateralAfter !== i64.MIN_VALUE;
}

/** True where the price's product with the slot's terms fits, as everything below relies on. */
function priceFits(slot: u32, price: u64): bool {
  const terms = priceRecord(slot);
  const inverse = (load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const factor = inverse ? load<u64>(terms, PRICE_DIVISOR) : load<u64>(terms, PRICE_NUMERATOR);
  // A product of factors with 65 leading zeros between them is below 2^63: mostly no division is needed to know.
  return clz(factor) + clz(price) > 64 || price <= maxPrice(slot);
}

/** a + b is above -2^63 and below 2^63. */
function fitsSum(a: i64, b: i64): bool {
  const sum = a + b;
  return ((a ^ sum) & (b ^ sum)) >= 0 && sum !== i64.MIN_VALUE;
}

/** a - b is above -2^63 and below 2^63. */
function fitsDifference(a: i64, b: i64): bool {
  const difference = a - b;
  return ((a ^ b) & (a ^ difference)) >= 0 && difference !== i64.MIN_VALUE;
}

/** True where a position of this sign rises in value with its notional. */
function rises(slot: u32, long: bool): bool {
  return long !== ((load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_INVERSE) !== 0);
}

/** The part that closes: its worth, the cost that goes with it, and its fee where that is a rate. False where its notional does not fit. */
function reckonClosed(
  slot: u32,
  held: f64,
  cost: i64,
  closed: f64,
  price: f64,
  feeRate: i64,
): bool {
  if (!locateSize(<u64>closed, priceRecord(slot), <u64>price)) return false;
  const exact = legRest === 0;
  worth = rises(slot, held > 0) ? <i64>legNotional : -(<i64>(legNotional + u64(!exact)));
  if (feeRate !== 0 && !chargeRate(feeRate)) return false;
  const size = abs<f64>(held);
  removed = closed === size ? cost : shareOfCostCeil(cost, <u64>closed, <u64>size);
  return true;
}

/** ⌈cost·closed/size⌉, closed < size: the quotient is no larger than the cost. */
function shareOfCostCeil(cost: i64, closed: u64, size: u64): i64 {
  const whole: u64 = cost < 0 ? 0 - <u64>cost : <u64>cost;
  let share: u64;
  let exact: bool;
  if (clz(whole) + clz(closed) >= 64) {
    const product = whole * closed;
    share = product / size;
    exact = share * size === product;
  } else {
    const low = mulWide(whole, closed);
    share = divideWide(wideHigh, low, size);
    exact = wideRemainder === 0;
  }
  return cost < 0 ? <i64>(0 - share) : <i64>(share + u64(!exact));
}

/** The part that opens: its cost, and its fee where that is a rate. False where either does not fit. */
function reckonOpened(slot: u32, long: bool, opened: f64, price: f64, feeRate: i64): bool {
  if (!locateSize(<u64>opened, priceRecord(slot), <u64>price)) return false;
  // Rounded up it may be 2^63, one more than an amount holds.
  added = rises(slot, long) ? <i64>(legNotional + u64(legRest !== 0)) : -(<i64>legNotional);
  if (added === i64.MIN_VALUE) return false;
  return feeRate === 0 || chargeRate(feeRate);
}

/** Adds ⌈N·rate / 1e8⌉ of the notional last located to the fee; a rebate, of a negative rate, is rounded down in size. */
function chargeRate(rate: i64): bool {
  if (rate < 0) {
    const rebate = -(<i64>shareFloor(<u64>-rate));
    if (!fitsSum(charged, rebate)) return false;
    charged += rebate;
    return true;
  }
  const fee = shareCeil(<u64>rate, 0, 0, FEE_UNITS);
  if (fee > LARGEST || !fitsSum(charged, <i64>fee)) return false;
  charged += <i64>fee;
  return true;
}

/** ⌊N·rate / 1e8⌋ for rate <= 1e8: at most N. */
function shareFloor(rate: u64): u64 {
  let part: u64 = 0;
  if (legRest !== 0) {
    const restLow = mulWide(rate, legRest);
    part = divideWide(wideHigh, restLow, legDivisor);
  }
  let low = mulWide(rate, legNotional);
  let high = wideHigh;
  low += part;
  high += u64(low < part);
  return divideWideNarrow(high, low, FEE_UNITS);
}

/** Figures of the pool as if the leg and the collateral were so already, and whether a venue would let that stand. */
function admit(pool: u32, leg: i32, slot: u32, table: u32, reserve: i64): i32 {
  const head = poolRecord(pool);
  const collateral = load<i64>(head, POOL_COLLATERAL);
  store<i64>(head, collateralAfter, POOL_COLLATERAL);
  let status: i32;
  if (leg === NONE) {
    store<u16>(TRADE_DRAFT, <u16>slot, LEG_PRICE);
    putTerms(TRADE_DRAFT, table, quantityAfter, costAfter, leverageAfter);
    status = poolFiguresWith(pool, TRADE_DRAFT);
  } else {
    const record = legRecord(leg);
    const before = load<u16>(record, LEG_TABLE);
    const quantity = load<f64>(record, LEG_QUANTITY);
    const cost = load<i64>(record, LEG_COST);
    const leverageMilli = load<u32>(record, LEG_LEVERAGE);
    putTerms(record, table, quantityAfter, costAfter, leverageAfter);
    status = poolFigures(pool);
    putTerms(record, before, quantity, cost, leverageMilli);
  }
  store<i64>(head, collateral, POOL_COLLATERAL);
  return status === STATUS_OK ? verdictOf(reserve) : status;
}

function putTerms(record: usize, table: u32, quantity: f64, cost: i64, leverageMilli: u32): void {
  store<u16>(record, <u16>table, LEG_TABLE);
  store<f64>(record, quantity, LEG_QUANTITY);
  store<i64>(record, cost, LEG_COST);
  store<u32>(record, leverageMilli, LEG_LEVERAGE);
}

/** Of the figures in RESULT. */
function verdictOf(reserve: i64): i32 {
  sumSet(TRADE_SUM, reserve);
  sumAddSum(TRADE_SUM, RESULT + RESULT_INITIAL);
  if (sumLess(RESULT + RESULT_EQUITY, TRADE_SUM)) return STATUS_BELOW_INITIAL;
  return load<i32>(RESULT, RESULT_LIQUIDATABLE) !== 0 ? STATUS_LIQUIDATABLE : STATUS_OK;
}

function carryOut(pool: u32, leg: i32, slot: u32, table: u32): i32 {
  if (leg === NONE) {
    leg = createLeg(pool, slot, table, quantityAfter, costAfter, leverageAfter);
    if (leg < 0) return leg;
  } else if (quantityAfter === 0) {
    removeLeg(leg);
    leg = NONE;
  } else {
    setLeg(leg, table, quantityAfter, costAfter, leverageAfter);
  }
  setCollateral(pool, collateralAfter);
  return leg;
}
