// Levels of the margin ratio: which of them is in force for a pool, from the exact figures in RESULT and the level that was.

import {
  HEADER_LEVEL_TABLE,
  HEADER_LEVELS,
  RESULT,
  RESULT_EQUITY,
  RESULT_FEE,
  RESULT_MAINTENANCE,
  SEARCH_STACK,
} from "../src/layout.ts";
import { sumAddSum, sumAtLeast, sumCopy, sumSubtractSum, sumTimes } from "./wide.ts";

/** Level in force for the figures in RESULT: those reached, or kept for not having fallen far enough below. */
export function levelAfter(before: u32): u32 {
  const levels = load<u32>(HEADER_LEVELS);
  if (levels === 0) return 0;
  let level: u32 = 0;
  while (level < levels && ratioReaches(<usize>HEADER_LEVEL_TABLE + ((<usize>level) << 3))) level++;
  while (
    level < min<u32>(before, levels) &&
    ratioReaches(<usize>HEADER_LEVEL_TABLE + 4 + ((<usize>level) << 3))
  ) {
    level++;
  }
  return level;
}

/** requirement · 10^6 >= share · equity, where there is a requirement. */
function ratioReaches(share: usize): bool {
  if (!sumAtLeast(RESULT + RESULT_MAINTENANCE, 1)) return false;
  const scaled = SEARCH_STACK;
  const equity = SEARCH_STACK + 16;
  sumCopy(scaled, RESULT + RESULT_MAINTENANCE);
  sumAddSum(scaled, RESULT + RESULT_FEE);
  sumTimes(scaled, 1_000_000);
  sumCopy(equity, RESULT + RESULT_EQUITY);
  sumTimes(equity, <u64>load<u32>(share));
  sumSubtractSum(scaled, equity);
  return sumAtLeast(scaled, 0);
}
