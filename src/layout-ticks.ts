// The part of the memory map (layout.ts) that ticks and stops use: records, and the words of their state. Record arrays are paged as all
// others; which chunks they stand in is in layout.ts.
//
//   watch, 16 bytes beside each pool once triggers are enabled, and a byte of alert state
//   ┌──────────────────┬────────────────┬───────────┐   the first of its nodes; what was told. Whether it waits is in the byte
//   │ equity floor i64 │ first node i32 │ flags u32 │
//   └──────────────────┴────────────────┴───────────┘
//
// Ticks know whom a price concerns by nodes, which are linked in three ways (assembly/heaps.ts, held.ts, trailing.ts):
//
//   node, 40 bytes           entry of a slot's heap   stop in a trailing group       trailing group
//   ┌──────────────────┐  0
//   │ key  f64         │     price, or minus it      distance                       best price, or minus it
//   ├────────┬─────────┤  8
//   │ child  │ next    │ 12  first child, sibling    eldest child, sibling or root  first child, sibling
//   ├────────┼─────────┤ 16
//   │ prev   │ chain   │ 20  sibling or parent,      parent, or ~group of a root;   sibling or parent,
//   │        │         │     next node of its pool   -                              first root of its stops
//   ├────────┼────┬────┤ 24
//   │ target │slot│heap│ 28  pool, stop or group,    stop,                          its entry in a slot's heap,
//   │        │    │kind│     slot and HEAP_*         order of the tree, NODE_IDLE   slot and NODE_TRAIL + TRAIL_*
//   ├────────┴────┴────┤ 32
//   │ later  f64       │     key it is to have       -                              -
//   └──────────────────┘ 40
//
//   stop, 128 bytes, eight to a field; the kernel reads those marked *, the rest is the facade's
//   ┌──────────────────┬──────────────────────┬──────────────────────────────────────┬───────────────────────┐  0
//   │ trigger f64 *    │ activation f64 *     │ distance f64 *                       │ best f64 *            │
//   ├──────────────────┼──────────────────────┼──────────────────────────────────────┼───────────────────────┤ 32
//   │ quantity f64     │ floor i64            │ reference i64                        │ share, slippage u32   │
//   ├──────────────────┼──────────────────────┼──────────────────────────────────────┼───────────────────────┤ 64
//   │ nominal f64      │ asked f64            │ placed f64                           │ account u32, next i32 │
//   ├──────────────────┼──────────────────────┼──────────────────────────────────────┼───────────────────────┤ 96
//   │ prev, node * i32 │ group *, partner i32 │ slot *, market, asset u16, kind u8 * │ flags u32 *           │
//   └──────────────────┴──────────────────────┴──────────────────────────────────────┴───────────────────────┘ 128
//   `node` is -1 while the stop is disarmed; `group` is one kept ready while a trailing stop waits to be activated, else -1. A free
//   stop has no flags and its `next` links the free list.

/** An entry of a heap of triggers. */
export const NODE_BYTES = 40;
export const NODES_PER_CHUNK = 6_553;
/** f64; the smaller key is passed first: minus the price in heaps of direction down. */
export const NODE_KEY = 0;
/** i32: first child, next sibling (free: next free node), previous sibling or parent. */
export const NODE_CHILD = 8;
export const NODE_NEXT = 12;
export const NODE_PREV = 16;
/** i32: the pool's next node. */
export const NODE_CHAIN = 20;
/** u32: pool, stop or trailing group. */
export const NODE_TARGET = 24;
/** u16 slot, u8 heap (NODE_IDLE: in none), u8 kind. */
export const NODE_SLOT = 28;
export const NODE_HEAP = 30;
export const NODE_KIND = 31;
/** f64: the key it is to have, never smaller. It stands where its old key put it until it comes to the top. */
export const NODE_LATER = 32;
export const NODE_IDLE = 255;
export const NODE_POOL = 0;
export const NODE_STOP = 1;
export const NODE_GROUP = 2;
/** NODE_HEAP of a trailing group in the trail x is NODE_TRAIL + x. Its NODE_TARGET is its node in a slot's heap, whose target it is. */
export const NODE_TRAIL = 240;

/**
 * Bands of a heap of triggers that may wait, 2 KiB: of each list the first node, i32, NONE where empty, and their number, u32; then the
 * bits of the first band's prices and the last band up to which every list is empty, i32 each. A node in a list has next and previous
 * there, and NONE - 1 - band in place of its first child.
 */
export const BANDS_BYTES = 2_048;
export const BANDS_SHIFT = 7;
export const BANDS_MASK = 127;
export const BAND_BYTES = 8;
export const BAND_NODES = 4;
export const BAND_LAST = 251;
export const BAND_FIRST = 2_016;
export const BAND_CURSOR = 2_020;

/** What a pool waits for, 16 bytes beside it once triggers are enabled: equity floor i64, first node i32, flags. */
export const WATCH_BYTES = 16;
export const WATCH_SHIFT = 14;
export const WATCH_MASK = 16_383;
export const WATCH_FLOOR = 0;
export const WATCH_NODE = 8;
export const WATCH_FLAGS = 12;
/** The floor was reached and told. */
export const WATCH_FLOOR_TOLD = 1;
/** Not to be judged at the prices of the last tick, and told. */
export const WATCH_FAULT_TOLD = 2;

/** State of a pool, a byte, so that a tick of the screen's reads no records: level in force in the low bits. */
export const ALERT_SHIFT = 18;
export const ALERT_MASK = 262_143;
export const ALERT_LEVEL = 7;
export const ALERT_UNDER = 8;
/** In a screened tick: listed as liquidatable. */
export const ALERT_SEEN = 16;
/** Waits in the list MUST, in MAY. */
export const ALERT_IN_MUST = 32;
export const ALERT_IN_MAY = 64;
export const ALERT_HAS_FLOOR = 128;

/** Places of MUST, MAY, WOKEN and FIRED. */
export const WAITING_SHIFT = 16;
export const WAITING_MASK = 65_535;
/** What a tick says of a pool, above the 27 bits of its handle. */
export const WOKE_SHIFT = 27;
export const WOKE_LIQUIDATABLE = 1;
export const WOKE_RECOVERED = 2;
export const WOKE_FLOOR = 4;
export const WOKE_CALL = 8;
export const WOKE_FAULT = 16;

/** A stop. Prices are in price units, 0 for none. */
export const STOP_BYTES = 128;
export const STOP_SHIFT = 11;
export const STOP_MASK = 2_047;
/** f64: what the kernel compares the mark with. */
export const STOP_TRIGGER = 0;
/** f64: trailing that waits to be activated. */
export const STOP_ACTIVATION = 8;
/** f64: trailing: in price units, or in 1e-6 of the best price (STOP_BY_RATE). */
export const STOP_DISTANCE = 16;
/** f64: trailing: best price when it was last armed, 0 before activation. */
export const STOP_BEST = 24;
/** f64: quantity units to close, 0 for the whole position. */
export const STOP_QUANTITY = 32;
/** i64: equity at or below which it fires. */
export const STOP_FLOOR = 40;
/** i64: reference of a drawdown. */
export const STOP_REFERENCE = 48;
/** u32: share of margin, deviation or drawdown, in 1e-6; and slippage in 1e-8. */
export const STOP_SHARE = 56;
export const STOP_SLIPPAGE = 60;
/** f64: the trigger as shown, and as asked for before it was clamped. */
export const STOP_NOMINAL = 64;
export const STOP_ASKED = 72;
/** f64: how many stops were placed before it. */
export const STOP_PLACED = 80;
export const STOP_ACCOUNT = 88;
/** i32: next and previous of the account; free: next free. */
export const STOP_NEXT = 92;
export const STOP_PREV = 96;
/** i32: its node, NONE while disarmed; the group it will trail in, while it waits to be activated. */
export const STOP_NODE = 100;
export const STOP_GROUP = 104;
/** i32: its one-cancels-other partner. */
export const STOP_PARTNER = 108;
/** u16 each: price slot and market, of the settle asset for equity kinds without a market; NO_MARKET. */
export const STOP_SLOT = 112;
export const STOP_MARKET = 114;
export const STOP_ASSET = 116;
/** u8: place in STOP_KINDS of the facade; trailing is 1. */
export const STOP_KIND = 118;
export const STOP_KIND_TRAILING = 1;
export const STOP_FLAGS = 120;
export const STOP_LIVE = 1;
/** Passed by a rising mark. */
export const STOP_UP = 2;
export const STOP_BY_RATE = 4;
/** Closes a short. */
export const STOP_SHORT = 8;
export const STOP_TAKE_PROFIT = 16;
export const STOP_CLAMPED = 32;
export const STOP_SUSPENDED = 64;
/** The kernel's: from which side the activation price is to be reached. */
export const STOP_WAITS_UP = 128;
export const STOP_WAITS_DOWN = 256;
export const NO_MARKET = 65_535;
