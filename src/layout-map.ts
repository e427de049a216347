// Where a liquidation map stands in the kernel's memory while it is made and read: over the rows of a tick on their way in, which
// nothing keeps between calls.
//
//   level, 64 bytes
//   ┌───────────┬───────────┬───────────────┬────────────┬────────────┬─────────────┐
//   │ price f64 │ share i64 │ notional i128 │ other i128 │ scopes u32 │ counts 3×u32│   counts: of the whole map, in the first level
//   └───────────┴───────────┴───────────────┴────────────┴────────────┴─────────────┘
//   0           8           16              32           48           52
//
// Levels 0 and 1 are the mark itself (what longs, and what shorts, come to there); then come the levels below it, outward, then those above.
import { TICK_PRICES, TICK_SLOTS } from "./layout.ts";

export const MAP_LEVELS = TICK_PRICES;
export const MAP_LEVEL_BYTES = 64;
/** Levels below and above the mark, together. */
export const MAX_MAP_LEVELS = 1_000;
export const MAP_PRICE = 0;
/** Move of the other prices that follow, in units of 1e-12 of their marks; signed. */
export const MAP_SHARE = 8;
/** Σ ⌊N⌋ of the legs of the market on the side that falls. */
export const MAP_NOTIONAL = 16;
/** Σ ⌊N⌋ of all other positions of the same pools. */
export const MAP_OTHER = 32;
export const MAP_SCOPES = 48;
/** u32 counts, in level 0: pools followed, points evaluated in doubles, pools judged in integers. */
export const MAP_WALKED = 52;
export const MAP_POINTS = 56;
export const MAP_EXACT = 60;
export const MAP_SHARE_UNITS = 1_000_000_000_000;
/** f32 by slot: relative move of each price from its anchor at the furthest level; NaN outside the band. */
export const MAP_ENDS = TICK_PRICES + 65_536;
/** In the same place where all other prices hold still, f32 by level: the market's move there. */
export const MAP_MOVES = MAP_ENDS;
/** u16 by slot: 1 where the price follows. */
export const MAP_FOLLOWS = TICK_SLOTS;
