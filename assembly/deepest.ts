// The deepest of what a scan finds, gathered while its bounds are at hand: of every pool reported, the lower bound of its clearance says whether
// it can still be among the n deepest, the upper bound how deep n of them are at least. What is left at the end, some dozens, holds
// the n deepest for certain, and the host values those. Clearances compare as they are: in quote units.

import {
  DEEPEST_BARS,
  DEEPEST_LANES,
  DEEPEST_ROW_BYTES,
  DEEPEST_ROWS,
  DEEPEST_ROWS_COUNT,
  HEADER_DEEPEST,
  HEADER_DEEPEST_ROWS,
  NO_ROWS,
} from "../src/layout-deepest.ts";

/** How many are asked for. */
let wanted: u32 = 0;
let rows: u32 = 0;
/** The n-th least upper bound so far: a pool whose lower bound lies above it is not among the n deepest. */
let bar: f32 = Infinity;
let tooMany: bool = false;

/** True where the scan is asked to gather. */
export function beginDeepest(): bool {
  wanted = load<u32>(HEADER_DEEPEST);
  rows = 0;
  bar = Infinity;
  tooMany = false;
  for (let i: u32 = 0; i < wanted; i++) store<f32>(((<usize>i) << 2) + DEEPEST_BARS, Infinity);
  return wanted !== 0;
}

export class Depths {
  /** Puts the bounds of a block where {@link noteDepth} finds them: lanes 0 to 3 and 4 to 7, lower bounds and gaps. */
  @inline static open(low: v128, lowAbove: v128, gap: v128, gapAbove: v128): void {
    v128.store(DEEPEST_LANES, low);
    v128.store(DEEPEST_LANES, lowAbove, 16);
    // The sums round; they are upper bounds all the same: docs/numbers.md, "The deepest".
    v128.store(DEEPEST_LANES, f32x4.add(low, gap), 32);
    v128.store(DEEPEST_LANES, f32x4.add(lowAbove, gapAbove), 48);
  }
}

/** Drops rows that can no longer be among the deepest. */
function sieve(): void {
  let kept: usize = DEEPEST_ROWS;
  for (let i: u32 = 0; i < rows; i++) {
    const row = <usize>i * DEEPEST_ROW_BYTES + DEEPEST_ROWS;
    if (load<f32>(row, 4) > bar) continue;
    store<u64>(kept, load<u64>(row));
    kept += DEEPEST_ROW_BYTES;
  }
  rows = <u32>((kept - DEEPEST_ROWS) / DEEPEST_ROW_BYTES);
}

/** Takes in a reported pool of the open block. Written so that bounds that are not numbers are kept. */
export function noteDepth(pool: i32, lane: i32): void {
  if (tooMany) return;
  const at = ((<usize>lane) << 2) + DEEPEST_LANES;
  const low = load<f32>(at);
  if (low > bar) return;
  if (rows === DEEPEST_ROWS_COUNT) {
    sieve();
    if (rows === DEEPEST_ROWS_COUNT) {
      tooMany = true;
      return;
    }
  }
  const row = <usize>rows * DEEPEST_ROW_BYTES + DEEPEST_ROWS;
  store<i32>(row, pool);
  store<f32>(row, low, 4);
  rows++;
  const high = load<f32>(at, 32);
  if (!(high < bar)) return;
  let place = ((<usize>(wanted - 1)) << 2) + DEEPEST_BARS;
  while (place > <usize>DEEPEST_BARS && load<f32>(place - 4) > high) {
    store<f32>(place, load<f32>(place - 4));
    place -= 4;
  }
  store<f32>(place, high);
  bar = load<f32>(((<usize>(wanted - 1)) << 2) + DEEPEST_BARS);
}

export function endDeepest(): void {
  if (!tooMany) sieve();
  store<u32>(HEADER_DEEPEST_ROWS, tooMany ? NO_ROWS : rows);
}
