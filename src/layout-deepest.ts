// What a scan keeps of the deepest pools it finds, read by both languages. The rows share the search's stack, as a scan never searches.
import { HEADER, SEARCH_STACK } from "./layout.ts";

/** u32: how many of the deepest the next scan is asked for, at most MOST_DEEPEST; 0: none are gathered. */
export const HEADER_DEEPEST = HEADER + 320;
/** u32: rows gathered; NO_ROWS where there were too many to tell apart. */
export const HEADER_DEEPEST_ROWS = HEADER + 324;
export const NO_ROWS = 0xffff_ffff;

export const MOST_DEEPEST = 32;
/** Pools that may be among the deepest, 8 bytes each: pool i32, lower bound f32. */
export const DEEPEST_ROWS = SEARCH_STACK;
export const DEEPEST_ROW_BYTES = 8;
export const DEEPEST_ROWS_COUNT = 1_024;
/** The least upper bounds, f32, rising. */
export const DEEPEST_BARS = DEEPEST_ROWS + DEEPEST_ROWS_COUNT * DEEPEST_ROW_BYTES;
/** Lower and upper bounds of a block's eight lanes, f32. */
export const DEEPEST_LANES = DEEPEST_BARS + MOST_DEEPEST * 4;
export const DEEPEST_END = DEEPEST_LANES + 64;
