// Price slots: the terms by which a price becomes notional, the marks, a second vector of trial prices for what-if scans, and the
// anchor from which the screen measures moves. Slots are few (at most 16,384) and stand in the fixed part.
import {
  HEADER_FREE_PRICE,
  HEADER_TOP_PRICE,
  MARKS,
  NONE,
  PRICE_ANCHOR,
  PRICE_BYTES,
  PRICE_DIVISOR,
  PRICE_FLAGS,
  PRICE_INVERSE,
  PRICE_LEGS,
  PRICE_LIVE,
  PRICE_NUMERATOR,
  PRICE_PENDING,
  PRICES,
  STATUS_CAPACITY,
  STATUS_IN_USE,
  STATUS_NO_RECORD,
  STATUS_OK,
  STILL_SLOT,
  TRIALS,
} from "../src/layout.ts";
import { clearHeaps } from "./heaps.ts";
import { clearTrails } from "./trailing.ts";
import { releaseHeaps } from "./watch.ts";

const MAX_PRICE: u64 = 9_007_199_254_740_991;

export function priceRecord(slot: u32): usize {
  return <usize>slot * PRICE_BYTES + PRICES;
}

export function priceLives(slot: u32): bool {
  return (
    slot < load<u32>(HEADER_TOP_PRICE) &&
    (load<u32>(priceRecord(slot), PRICE_FLAGS) & PRICE_LIVE) !== 0
  );
}

/** A price of a vector (MARKS or TRIALS), 0 where never set. */
export function priceAt(vector: usize, slot: u32): u64 {
  return <u64>load<f64>(vector + ((<usize>slot) << 3));
}

/** New slot or STATUS_CAPACITY. The boundary has checked 0 < numerator and 0 < divisor < 2^63. */
export function createPrice(inverse: bool, numerator: u64, divisor: u64): i32 {
  let slot = load<i32>(HEADER_FREE_PRICE);
  if (slot !== NONE) {
    store<i32>(HEADER_FREE_PRICE, load<i32>(priceRecord(slot), PRICE_LEGS));
  } else {
    slot = load<i32>(HEADER_TOP_PRICE);
    if (slot >= STILL_SLOT) return STATUS_CAPACITY;
    store<i32>(HEADER_TOP_PRICE, slot + 1);
  }
  const record = priceRecord(slot);
  store<u64>(record, numerator, PRICE_NUMERATOR);
  store<u64>(record, divisor, PRICE_DIVISOR);
  store<f64>(record, 0, PRICE_ANCHOR);
  store<u32>(record, 0, PRICE_LEGS);
  // A slot that was removed while it was pending still is: it stands on that stack once.
  const pending = load<u32>(record, PRICE_FLAGS) & PRICE_PENDING;
  store<u32>(record, PRICE_LIVE | (inverse ? PRICE_INVERSE : 0) | pending, PRICE_FLAGS);
  store<f64>(((<usize>slot) << 3) + MARKS, 0);
  store<f64>(((<usize>slot) << 3) + TRIALS, 0);
  clearHeaps(slot);
  clearTrails(slot);
  return slot;
}

export function removePrice(slot: u32): i32 {
  if (!priceLives(slot)) return STATUS_NO_RECORD;
  const record = priceRecord(slot);
  if (load<u32>(record, PRICE_LEGS) !== 0 || !releaseHeaps(slot)) return STATUS_IN_USE;
  store<u32>(record, load<u32>(record, PRICE_FLAGS) & PRICE_PENDING, PRICE_FLAGS);
  store<i32>(record, load<i32>(HEADER_FREE_PRICE), PRICE_LEGS);
  store<i32>(HEADER_FREE_PRICE, slot);
  return STATUS_OK;
}

/** The largest price whose product with the terms fits 64 bits: numerator·p (linear) < 2^64, divisor·p (inverse) < 2^63. */
export function maxPrice(slot: u32): u64 {
  const record = priceRecord(slot);
  const inverse = (load<u32>(record, PRICE_FLAGS) & PRICE_INVERSE) !== 0;
  const limit = inverse
    ? <u64>i64.MAX_VALUE / load<u64>(record, PRICE_DIVISOR)
    : u64.MAX_VALUE / load<u64>(record, PRICE_NUMERATOR);
  return min<u64>(limit, MAX_PRICE);
}
