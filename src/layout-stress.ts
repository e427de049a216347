// What a stress pass keeps in linear memory while it runs: chunks of 256 KiB named by one directory, taken when a stress test begins and
// given back when it ends. Eight scenarios, its *rows*, are judged in one pass over the screen's lanes.
//
//   STRESS_DIRECTORY                                          sums of a price slot, 1,984 bytes
//   ┌─────────┬───────────┬────────────┬───────────────┐      ┌───────────────────────────────┐   0
//   │ moves×2 │ vectors×4 │ sums × 128 │ seen × 512    │      │ factors      f64 × 8 rows     │
//   └─────────┴───────────┴────────────┴───────────────┘      │ whole, rest, divisor likewise │  64
//   moves    f32 × 4 rows by slot (16 bytes a slot)           │ largest factor, largest rest  │ 256
//   vectors  f64 by slot, two rows of prices a chunk          ├───────────────────────────────┤ 320
//   sums     128 slots a chunk                                │ half 0: pools of even tags    │
//   seen     u8 by pool: rows in which its owner was hit      ├───────────────────────────────┤ 1,152
//                                                             │ half 1: pools of odd tags     │
//                                                             └───────────────────────────────┘ 1,984
//   A signed quantity q is worth q · factor, and exactly ⌊q · whole + q · rest / divisor⌋ (docs/numbers.md, "Stress").
//
//   half, 832 bytes, of hit pools, by row
//   ┌──────────────────┬──────────────────┬────────┬──────────────────┬───────────────┬─────────────────────┬─────────────────────┐
//   │ quantity u64 × 8 │ shortfall u64 × 8│ bounds │ positions u32 × 8│ pools u32 × 8 │ quantities i128 × 8 │ shortfalls i128 × 8 │
//   └──────────────────┴──────────────────┴────────┴──────────────────┴───────────────┴─────────────────────┴─────────────────────┘
//   0                  64                 128      144                176             208                   336                   464
//   quantity is Σ|q| of legs that follow the slot; pools and shortfall belong to the slot of a pool's first leg. Narrow sums are moved over to
//   the 128-bit ones before their bound, the sum of all that was added to any row of them since, could leave 63 bits.
import { FIXED_END } from "./layout.ts";

export const STRESS_ROWS = 8;
/** All of them, as bits. */
export const STRESS_ALL_ROWS = 255;

export const STRESS_DIRECTORY = FIXED_END;
export const STRESS_MOVES = 0;
export const STRESS_VECTORS = 2;
export const STRESS_SUMS = 6;
export const STRESS_SEEN = 134;
export const STRESS_ENTRIES = 646;
/** u32 × 8: owners with a pool that is hit, by row. An owner is told by the last pool of its list. */
export const STRESS_OWNERS = STRESS_DIRECTORY + STRESS_ENTRIES * 4;
/** u32: pools judged in integers, pools judged in doubles, equities valued in integers, in the last pass. */
export const STRESS_EXACT = STRESS_OWNERS + 32;
export const STRESS_DOUBTED = STRESS_EXACT + 4;
export const STRESS_VALUED = STRESS_EXACT + 8;
/** i32: the row that a failure is about. */
export const STRESS_FAULT_ROW = STRESS_EXACT + 12;
/** Pools on their way to be judged and counted: i32 handle, then u32 rows that hit it, those that are open 8 bits higher. */
export const STRESS_QUEUE = STRESS_EXACT + 16;
export const STRESS_QUEUE_LENGTH = 32;
export const STRESS_END = STRESS_QUEUE + STRESS_QUEUE_LENGTH * 8;

export const VECTOR_BYTES = 131_072;
/** An odd number of cache lines: a power of two would put all slots' factors into the same few sets of a cache. */
export const SUMS_BYTES = 1_984;
export const SUMS_SHIFT = 7;
export const SUMS_MASK = 127;
export const SUMS_FACTORS = 0;
export const SUMS_WHOLE = 64;
export const SUMS_REST = 128;
export const SUMS_DIVISOR = 192;
export const SUMS_LARGEST = 256;
export const SUMS_LARGEST_REST = 264;
export const SUMS_HALVES = 320;
export const HALF_BYTES = 832;
export const HALF_QUANTITY = 0;
export const HALF_SHORTFALL = 64;
export const HALF_BOUND = 128;
export const HALF_SHORTFALL_BOUND = 136;
export const HALF_POSITIONS = 144;
export const HALF_POOLS = 176;
export const HALF_QUANTITIES = 208;
export const HALF_SHORTFALLS = 336;
export const SEEN_SHIFT = 18;
export const SEEN_MASK = 262_143;
