// Sums over the pools that a stress pass finds liquidatable, for eight scenarios at once. Quantities do not depend on prices, so a leg is
// added to the scenarios that hit it by four masked additions; a notional is one product of the sum with the price, later.
// The shortfall is the sum of exact equities below zero. Doubles hold them to the unit wherever all figures stay below 2^51, a division by
// the slot's divisor included (docs/numbers.md, "Stress"); other pools are valued by the integers.
import {
  HEADER_TOP_POOL,
  HEADER_TOP_PRICE,
  LEG_COST,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  LEG_TABLE,
  NONE,
  OWNER_NEXT,
  OWNER_TAG,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  PRICE_DIVISOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_NUMERATOR,
  RESULT,
  RESULT_EQUITY,
  STATUS_OK,
  TABLE_FLAGS,
  TABLE_HAIRCUT,
  TABLE_PROFIT,
} from "../src/layout.ts";
import {
  HALF_BOUND,
  HALF_BYTES,
  HALF_POOLS,
  HALF_POSITIONS,
  HALF_QUANTITIES,
  HALF_QUANTITY,
  HALF_SHORTFALL,
  HALF_SHORTFALL_BOUND,
  HALF_SHORTFALLS,
  SEEN_MASK,
  SEEN_SHIFT,
  STRESS_DIRECTORY,
  STRESS_FAULT_ROW,
  STRESS_OWNERS,
  STRESS_ROWS,
  STRESS_SEEN,
  STRESS_SUMS,
  STRESS_VALUED,
  STRESS_VECTORS,
  SUMS_BYTES,
  SUMS_DIVISOR,
  SUMS_FACTORS,
  SUMS_HALVES,
  SUMS_LARGEST,
  SUMS_LARGEST_REST,
  SUMS_MASK,
  SUMS_REST,
  SUMS_SHIFT,
  SUMS_WHOLE,
  VECTOR_BYTES,
} from "../src/layout-stress.ts";
import { legRecord, ownerRecord, poolRecord } from "./book.ts";
import { priceRecord } from "./prices.ts";
import { tableRecord } from "./tables.ts";
import { sumEquity } from "./valuation.ts";
import { sumAddUnsigned, sumAtLeast, sumSubtractSum } from "./wide.ts";

/** 2^63: narrow sums stay below it until they are moved over. */
const NARROW_LIMIT: u64 = (<u64>1) << 63;
/** 2^53: products of integers below it are exact, and a quotient of them is rounded to no whole number that it is not. */
const EXACT_PRODUCT: f64 = 9_007_199_254_740_992.0;
/** 2^51, less what the bound itself may have been rounded by: sums of integers are exact, and MAGIC turns them into integers. */
const EXACT_SUM: f64 = 2_251_799_813_000_000.0;
/** 1.5 · 2^52: the low bits of an integer below 2^51 in size plus this are the integer. */
const MAGIC: f64 = 6_755_399_441_055_744.0;

/** Four bits as four lanes of all ones or zeros. */
const MASKS: usize = memory.data<i32>([
  0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, -1, -1, 0, 0, 0, 0, -1, 0, -1, 0, -1, 0, 0, -1, -1, 0, -1,
  -1, -1, 0, 0, 0, 0, -1, -1, 0, 0, -1, 0, -1, 0, -1, -1, -1, 0, -1, 0, 0, -1, -1, -1, 0, -1, -1, 0,
  -1, -1, -1, -1, -1, -1, -1,
]);

/** Address of a chunk of the stress directory, 0 where there is none. */
export function stressChunk(entry: u32): usize {
  return load<u32>(((<usize>entry) << 2) + STRESS_DIRECTORY);
}

/** Prices of a row, as a vector like MARKS. */
export function vectorOf(row: u32): usize {
  return stressChunk(STRESS_VECTORS + (row >> 1)) + <usize>(row & 1) * VECTOR_BYTES;
}

export function sumsOf(slot: u32): usize {
  return stressChunk(STRESS_SUMS + (slot >> SUMS_SHIFT)) + <usize>(slot & SUMS_MASK) * SUMS_BYTES;
}

// ── before and after a pass ─────────────────────────────────────────────────────────────────────────

/** Empties the sums, and sets what makes a quantity its value. */
export function clearSums(): void {
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let slot: u32 = 0; slot < top; slot++) {
    const sums = sumsOf(slot);
    memory.fill(sums, 0, SUMS_HALVES + 2 * HALF_BYTES);
    for (let row: u32 = 0; row < <u32>STRESS_ROWS; row++) {
      const price = load<f64>(vectorOf(row) + ((<usize>slot) << 3));
      setFactors(priceRecord(slot), sums, (<usize>row) << 3, <u64>price);
    }
  }
  memory.fill(STRESS_OWNERS, 0, 32);
  store<u32>(STRESS_VALUED, 0);
  const seen = load<u32>(HEADER_TOP_POOL) >> SEEN_SHIFT;
  for (let at: u32 = 0; at <= seen; at++) {
    memory.fill(stressChunk(STRESS_SEEN + at), 0, SEEN_MASK + 1);
  }
}

/** Linear: ⌊q·p·n/d⌋ = q·⌊p·n/d⌋ + ⌊q·(p·n mod d)/d⌋, p·n below 2^64. Inverse: ⌊−q·n/(p·d)⌋, p·d below 2^63. */
function setFactors(terms: usize, sums: usize, at: usize, price: u64): void {
  const numerator = load<u64>(terms, PRICE_NUMERATOR);
  let divisor = load<u64>(terms, PRICE_DIVISOR);
  let factor: f64 = 0;
  let whole: u64 = 0;
  let rest: f64 = 0;
  if ((load<u32>(terms, PRICE_FLAGS) & PRICE_INVERSE) !== 0) {
    divisor *= price;
    rest = -(<f64>numerator);
    factor = rest / <f64>divisor;
  } else {
    const product = numerator * price;
    whole = product / divisor;
    rest = <f64>(product - whole * divisor);
    factor = <f64>product / <f64>divisor;
  }
  store<f64>(sums + at, factor, SUMS_FACTORS);
  store<f64>(sums + at, <f64>whole, SUMS_WHOLE);
  store<f64>(sums + at, rest, SUMS_REST);
  store<f64>(sums + at, <f64>divisor, SUMS_DIVISOR);
  store<f64>(sums, max<f64>(load<f64>(sums, SUMS_LARGEST), abs<f64>(factor)), SUMS_LARGEST);
  // A numerator or divisor that doubles do not hold leaves no exact quotient.
  const held = <f64>divisor < EXACT_PRODUCT ? abs<f64>(rest) : Infinity;
  store<f64>(sums, max<f64>(load<f64>(sums, SUMS_LARGEST_REST), held), SUMS_LARGEST_REST);
}

/** The pass is over: all narrow sums go to the wide ones. */
export function finishSums(): void {
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let slot: u32 = 0; slot < top; slot++) {
    let half = sumsOf(slot) + SUMS_HALVES;
    for (let at: u32 = 0; at < 2; at++) {
      moveOver(half + HALF_QUANTITY, half + HALF_QUANTITIES);
      moveOver(half + HALF_SHORTFALL, half + HALF_SHORTFALLS);
      half += HALF_BYTES;
    }
  }
}

/** Adds eight 64-bit sums to 128-bit ones and empties them. */
function moveOver(narrow: usize, wide: usize): void {
  for (let row: usize = 0; row < <usize>STRESS_ROWS; row++) {
    sumAddUnsigned(wide + (row << 4), load<u64>(narrow + (row << 3)));
    store<u64>(narrow + (row << 3), 0);
  }
}

// ── one pool ────────────────────────────────────────────────────────────────────────────────────────

class Rows {
  /** Masks of rows 0 to 3 and 4 to 7. */
  @inline static near(hits: u32): v128 {
    return v128.load(MASKS + ((<usize>(hits & 15)) << 4));
  }

  @inline static far(hits: u32): v128 {
    return v128.load(MASKS + ((<usize>(hits >> 4)) << 4));
  }

  /** Adds 1 to the u32 counts of the masked rows. */
  @inline static count(counts: usize, near: v128, far: v128): void {
    v128.store(counts, i32x4.sub(v128.load(counts), near));
    v128.store(counts, i32x4.sub(v128.load(counts, 16), far), 16);
  }

  /** Adds to two u64 of masked rows. */
  @inline static add(sums: usize, mask: v128, term: v128): void {
    v128.store(sums, i64x2.add(v128.load(sums), v128.and(term, mask)));
  }

  /** equity + the exact values of a quantity in two rows; `at` is the slot's sums and 16 bytes for every two rows. */
  @inline static value(equity: v128, at: usize, quantity: v128): v128 {
    const rest = f64x2.div(
      f64x2.mul(quantity, v128.load(at, SUMS_REST)),
      v128.load(at, SUMS_DIVISOR),
    );
    const whole = f64x2.mul(quantity, v128.load(at, SUMS_WHOLE));
    return f64x2.add(equity, f64x2.add(whole, f64x2.floor(rest)));
  }

  /** Adds −equity, where it is below zero, to two u64 of masked rows. */
  @inline static addShortfall(sums: usize, mask: v128, equity: v128): void {
    const below = f64x2.pmax(f64x2.splat(0), f64x2.neg(equity));
    const integers = i64x2.sub(
      f64x2.add(below, f64x2.splat(MAGIC)),
      i64x2.splat(reinterpret<i64>(MAGIC)),
    );
    Rows.add(sums, mask, integers);
  }
}

/** Counts a pool in the rows that hit it. */
export function countHits(pool: u32, hits: u32): i32 {
  const record = poolRecord(pool);
  const half =
    <usize>SUMS_HALVES + <usize>(load<u32>(ownerRecord(pool), OWNER_TAG) & 1) * HALF_BYTES;
  const near = Rows.near(hits);
  const far = Rows.far(hits);
  const mask0 = i64x2.extend_low_i32x4_s(near);
  const mask1 = i64x2.extend_high_i32x4_s(near);
  const mask2 = i64x2.extend_low_i32x4_s(far);
  const mask3 = i64x2.extend_high_i32x4_s(far);
  const collateral = <f64>load<i64>(record, POOL_COLLATERAL);
  let equity0 = f64x2.splat(collateral);
  let equity1 = equity0;
  let equity2 = equity0;
  let equity3 = equity0;
  let gross = abs<f64>(collateral);
  let exact = true;
  let first: usize = 0;
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const slot = sumsOf(load<u16>(leg, LEG_PRICE));
    const sums = slot + half;
    if (first === 0) first = sums;
    const quantity = load<f64>(leg, LEG_QUANTITY);
    const size = abs<f64>(quantity);
    reserve(sums + HALF_BOUND, sums + HALF_QUANTITY, sums + HALF_QUANTITIES, <u64>(<i64>size));
    const units = i64x2.splat(<i64>size);
    Rows.add(sums + HALF_QUANTITY, mask0, units);
    Rows.add(sums + HALF_QUANTITY + 16, mask1, units);
    Rows.add(sums + HALF_QUANTITY + 32, mask2, units);
    Rows.add(sums + HALF_QUANTITY + 48, mask3, units);
    Rows.count(sums + HALF_POSITIONS, near, far);
    const cost = <f64>load<i64>(leg, LEG_COST);
    gross += abs<f64>(cost) + size * load<f64>(slot, SUMS_LARGEST) + 1;
    if (size * load<f64>(slot, SUMS_LARGEST_REST) >= EXACT_PRODUCT || hasHaircut(leg))
      exact = false;
    const signed = f64x2.splat(quantity);
    const costs = f64x2.splat(cost);
    equity0 = f64x2.sub(Rows.value(equity0, slot, signed), costs);
    equity1 = f64x2.sub(Rows.value(equity1, slot + 16, signed), costs);
    equity2 = f64x2.sub(Rows.value(equity2, slot + 32, signed), costs);
    equity3 = f64x2.sub(Rows.value(equity3, slot + 48, signed), costs);
  }
  Rows.count(first + HALF_POOLS, near, far);
  countOwner(pool, hits);
  if (!exact || gross >= EXACT_SUM) return addShortfalls(record, first + HALF_SHORTFALLS, hits);
  const shortfall = first + HALF_SHORTFALL;
  reserve(first + HALF_SHORTFALL_BOUND, shortfall, first + HALF_SHORTFALLS, <u64>(<i64>EXACT_SUM));
  Rows.addShortfall(shortfall, mask0, equity0);
  Rows.addShortfall(shortfall + 16, mask1, equity1);
  Rows.addShortfall(shortfall + 32, mask2, equity2);
  Rows.addShortfall(shortfall + 48, mask3, equity3);
  return STATUS_OK;
}

/** Makes room in a slot's narrow sums for a term. */
function reserve(bound: usize, narrow: usize, wide: usize, term: u64): void {
  const sum = load<u64>(bound) + term;
  if (sum < NARROW_LIMIT) {
    store<u64>(bound, sum);
    return;
  }
  moveOver(narrow, wide);
  store<u64>(bound, term);
}

/** Off a coin, or off a profit. */
function hasHaircut(leg: usize): bool {
  const table = tableRecord(load<u16>(leg, LEG_TABLE));
  const flags = load<u32>(table, TABLE_FLAGS);
  return (flags & TABLE_HAIRCUT) !== 0 || load<u32>(table, TABLE_PROFIT) !== 0;
}

/** Counts the pool's owner in the rows in which no other pool of it was hit yet. */
function countOwner(pool: u32, hits: u32): void {
  let last = pool;
  let next = load<i32>(ownerRecord(pool), OWNER_NEXT);
  while (next !== NONE) {
    last = next;
    next = load<i32>(ownerRecord(next), OWNER_NEXT);
  }
  const seen = stressChunk(STRESS_SEEN + (last >> SEEN_SHIFT)) + <usize>(last & SEEN_MASK);
  const before = <u32>load<u8>(seen);
  const fresh = hits & ~before;
  if (fresh === 0) return;
  store<u8>(seen, <u8>(before | hits));
  Rows.count(STRESS_OWNERS, Rows.near(fresh), Rows.far(fresh));
}

/** The integers' way: adds what the pool's equity is below zero in each of the rows. */
function addShortfalls(record: usize, shortfalls: usize, rows: u32): i32 {
  let left = rows;
  while (left !== 0) {
    const row = <u32>ctz(left);
    left &= left - 1;
    store<u32>(STRESS_VALUED, load<u32>(STRESS_VALUED) + 1);
    const status = sumEquity(record, vectorOf(row));
    if (status !== STATUS_OK) {
      store<u32>(STRESS_FAULT_ROW, row);
      return status;
    }
    if (sumAtLeast(RESULT + RESULT_EQUITY, 0)) continue;
    sumSubtractSum(shortfalls + ((<usize>row) << 4), RESULT + RESULT_EQUITY);
  }
  return STATUS_OK;
}
