// The levels of a liquidation map: what each price is at a level, and the sums that a level gathers. Level 0 of a path is the mark.

import { LEG_PRICE, MARKS } from "../src/layout.ts";
import {
  MAP_FOLLOWS,
  MAP_LEVEL_BYTES,
  MAP_LEVELS,
  MAP_NOTIONAL,
  MAP_OTHER,
  MAP_PRICE,
  MAP_SCOPES,
  MAP_SHARE,
  MAP_SHARE_UNITS,
} from "../src/layout-map.ts";
import { maxPrice, priceAt } from "./prices.ts";
import { divideWide, mulWide, sumAddUnsigned, wideHigh } from "./wide.ts";

const SHARE_UNITS: u64 = <u64>MAP_SHARE_UNITS;
/** Levels that stand for the mark. */
export const FIRST_LEVEL: u32 = 2;

/** The slot whose levels they are. */
export let mapSlot: u32 = 0;
/** True where other prices move with it. */
let mapFollowed: bool = false;
/** Where the path outward begins: its level k >= 1 is record pathBase + k. */
let pathBase: u32 = 0;
export let pathLevels: u32 = 0;
export let pathUpward: bool = false;

export function setMap(slot: u32, followed: bool): void {
  mapSlot = slot;
  mapFollowed = followed;
}

export function setPath(firstRecord: u32, levels: u32, upward: bool): void {
  pathBase = firstRecord - 1;
  pathLevels = levels;
  pathUpward = upward;
}

export function levelRecord(index: u32): usize {
  return <usize>index * MAP_LEVEL_BYTES + MAP_LEVELS;
}

/** Record of level k of the path. */
export function pathRecord(k: u32): usize {
  return levelRecord(k === 0 ? 0 : pathBase + k);
}

export function slotMoves(slot: u32): bool {
  if (slot === mapSlot) return true;
  return mapFollowed && load<u16>(((<usize>slot) << 1) + MAP_FOLLOWS) !== 0;
}

export function legMoves(leg: usize): bool {
  return slotMoves(load<u16>(leg, LEG_PRICE));
}

/** True where the slot's price rises along the path, or stands. */
export function risesOutward(slot: u32): bool {
  return slot === mapSlot ? pathUpward : load<i64>(pathRecord(pathLevels), MAP_SHARE) >= 0;
}

/** The slot's price at a level: marks that follow move by the level's share, rounded toward the mark, within 1 .. maxPrice; 0 where never set. */
export function priceAtLevel(slot: u32, level: usize): u64 {
  if (slot === mapSlot) return <u64>load<f64>(level, MAP_PRICE);
  const mark = priceAt(MARKS, slot);
  if (mark === 0 || !slotMoves(slot)) return mark;
  const share = load<i64>(level, MAP_SHARE);
  const low = mulWide(<u64>(share < 0 ? -share : share), mark);
  // A quotient of 2^64 or more is past either end.
  const high = wideHigh;
  const beyond = high >= SHARE_UNITS;
  const move = beyond ? 0 : divideWide(high, low, SHARE_UNITS);
  if (share < 0) return beyond || move >= mark ? 1 : mark - move;
  const limit = maxPrice(slot);
  return beyond || move > limit - mark ? limit : mark + move;
}

/** Adds a notional to what the level's pools hold in the market on the falling side, or to the rest. */
export function addNotional(level: usize, own: bool, notional: u64): void {
  sumAddUnsigned(level + (own ? MAP_NOTIONAL : MAP_OTHER), notional);
}

export function countScope(level: usize): void {
  store<u32>(level, load<u32>(level, MAP_SCOPES) + 1, MAP_SCOPES);
}
