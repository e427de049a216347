// The one map of the kernel's linear memory, read by AssemblyScript and TypeScript alike. The kernel owns all
// memory: a fixed part drawn here, then 256 KiB chunks handed out to paged arrays and taken back, so that
// nothing is ever moved or copied to grow and no pattern of use can fragment it.
//
//   0        64 KiB
//   ┌────────┬────────┬─────────┬─────────┬───────┬────────┬───────┬─────────────┬─────────────┬────────────┬────────┬───────────┬────────┬────
//   │ static │ HEADER │ SCRATCH │ MAILBOX │ MARKS │ TRIALS │ MOVES │ PRICES      │ FUNDINGS    │ TRADE_ROWS │ TICK   │ DIRECTORY │ chunk  │ …
//   │ data   │ 1 KiB  │ 14 KiB  │ 1 KiB   │ f64   │ f64    │ f32   │ 32 B record │ 72 B record │ 12 KiB     │ 0.8 MiB│ u32 each  │256 KiB │
//   └────────┴────────┴─────────┴─────────┴───────┴────────┴───────┴─────────────┴─────────────┴────────────┴────────┴───────────┴────────┴────
//
// A paged array is a directory of chunk addresses; element i stands in chunk i >> SHIFT at (i & MASK) * BYTES.
//
//   leg, 32 bytes                                        pool, 32 bytes
//   ┌────────────────────────────┐  0                    ┌────────────────────────────┐  0
//   │ quantity  f64, integer     │                       │ collateral  i64            │
//   ├────────────────────────────┤  8                    ├─────────────┬──────────────┤  8
//   │ cost      i64              │                       │ first leg   │ legs u16     │ 12
//   ├─────────────┬──────────────┤ 16                    │ i32         │ flags, class │ 14, 15
//   │ next  i32   │ pool  i32    │ 20                    ├─────────────┼──────────────┤ 16
//   ├──────┬──────┼──────────────┤ 24                    │ lane  i32   │ next   i32   │ 20
//   │price │table │ leverage     │ 28                    ├─────────────┼──────────────┤ 24
//   │ u16  │ u16  │ u32, 1/1000  │                       │ prev  i32   │ link  i32    │ 28
//   └──────┴──────┴──────────────┘ 32                    └─────────────┴──────────────┘ 32
//   A free leg has pool -1 and its `next` links the free list. A live pool that the screen has not yet taken
//   in is in the doubly linked dirty list (next, prev); a free pool is in the free list (next). During a funding period `link` of
//   a pool that others are backed by is the first of those that owe, and `link` of these the next one; else it is -1.
//
//   owner, 16 bytes beside each pool: the facade's numbers, opaque to the kernel
//   ┌───────────┬─────────────────┬─────────┬─────────────┐   backing: the pool that funding is charged to first, or -1
//   │ owner u32 │ nextOfOwner i32 │ tag u32 │ backing i32 │
//   └───────────┴─────────────────┴─────────┴─────────────┘
//
//   price, 32 bytes                                      table, 1,024 bytes
//   ┌────────────────────────────┐  0                    ┌─────────────┬──────────────┐  0
//   │ numerator  u64             │                       │ brackets u32│ denominator  │  4
//   ├────────────────────────────┤  8                    ├─────────────┼──────────────┤  8
//   │ divisor    u64             │                       │ fee u32 1e-8│ flags  u32   │ 12
//   ├────────────────────────────┤ 16                    ├─────────────┼──────────────┤ 16
//   │ anchor     f64, 0 = none   │                       │ legs  u32   │ next   i32   │ 20
//   ├─────────────┬──────────────┤ 24                    ├─────────────┼──────────────┤ 24
//   │ legs  u32   │ flags  u32   │ 28                    │ profit haircut u32 1e-8, 0 │ 28
//   └─────────────┴──────────────┘ 32                    ├─────────────┴──────────────┤ 32
//                                                        │ 16 brackets: floor i64,    │
//                                                        │ amount i128, two rates u32 │
//                                                        └────────────────────────────┘ 544
//
//   funding of a price, 72 bytes                         all 0 but while a funding period is settled
//   ┌──────────┬───────────┬──────────┬───────────┬───────────────┬─────────────┐
//   │ rate i64 │ price f64 │ owed u64 │ paid i128 │ received i128 │ waived i128 │
//   └──────────┴───────────┴──────────┴───────────┴───────────────┴─────────────┘
//   0          8           16         24          40              56
//
// The screen groups pools by class (their leg count, padded above 8; class 0 legs holds pools too wide to screen); each class has a
// hot array of blocks (read by every scan) and a cold one (read where the lower bound fails), eight pools to a block, one to a lane:
//
//   hot block of class n, 32 + 48 n bytes                cold block, 64 bytes
//   ┌─────────────────────────────────────────────┐      ┌─────────────────────────────────────────────┐
//   │ lower constant  f32 × 8                     │      │ pool handle  i32 × 8                        │
//   ├─────────────────────────────────────────────┤ n ×  ├─────────────────────────────────────────────┤
//   │ price slot × 4  u16 × 8                     │      │ gap  f32 × 8                                │
//   │ weight          f32 × 8                     │      └─────────────────────────────────────────────┘
//   └─────────────────────────────────────────────┘
//   A lane that holds no pool is all 0 and follows STILL_SLOT, whose move is always 0: it never looks liquidatable.
//
// Records of ticks and stops: layout-ticks.ts. Of stress tests: layout-stress.ts, whose directory stands at the end of the fixed part.

export const CHUNK_BYTES = 262_144;
export const CHUNK_PAGES = 4;
/** 65,536 pages of 64 KiB: 4 GiB. */
export const MAX_PAGES = 65_536;

export const MAX_PRICES = 16_384;
/** Reserved: the slot of padding legs. */
export const STILL_SLOT = 16_383;
export const MAX_TABLES = 16_384;
export const MAX_LEGS_PER_POOL = 65_535;

// ── fixed part ──────────────────────────────────────────────────────────────────────────────────────
export const HEADER = 65_536;
export const HEADER_BYTES = 1_024;
/** u32, first free chunk's address or 0. */
export const HEADER_FREE_CHUNK = HEADER;
/** u32, pages in use by the fixed part and by chunks ever handed out. */
export const HEADER_PAGES_USED = HEADER + 4;
/** u32, the memory may not grow past this many pages. */
export const HEADER_PAGE_LIMIT = HEADER + 8;
/** u32, 1 where equality of equity and requirement liquidates. */
export const HEADER_INCLUSIVE = HEADER + 12;
/** i32 each: first free record, or -1. */
export const HEADER_FREE_LEG = HEADER + 16;
export const HEADER_FREE_POOL = HEADER + 20;
export const HEADER_FREE_TABLE = HEADER + 24;
export const HEADER_FREE_PRICE = HEADER + 28;
/** u32 each: records ever used (the next new index). */
export const HEADER_TOP_LEG = HEADER + 32;
export const HEADER_TOP_POOL = HEADER + 36;
export const HEADER_TOP_TABLE = HEADER + 40;
export const HEADER_TOP_PRICE = HEADER + 44;
/** u32 each: live records. */
export const HEADER_LIVE_LEGS = HEADER + 48;
export const HEADER_LIVE_POOLS = HEADER + 52;
/** i32, first pool the screen has yet to take in, or -1. */
export const HEADER_DIRTY = HEADER + 56;
/** i32, the pool an error is about. */
export const HEADER_FAULT_POOL = HEADER + 60;
/** u32, pools judged by the exact path in the last scan. */
export const HEADER_EXACT = HEADER + 64;
/** u32, chunks in the free list. */
export const HEADER_FREE_CHUNKS = HEADER + 72;
/** u32, chunks held by lanes and results. */
export const HEADER_LANE_CHUNKS = HEADER + 76;
/** i32: first free node, stop, or NONE; u32: records ever used. */
export const HEADER_FREE_NODE = HEADER + 192;
export const HEADER_TOP_NODE = HEADER + 196;
export const HEADER_FREE_STOP = HEADER + 200;
export const HEADER_TOP_STOP = HEADER + 204;
export const HEADER_LIVE_STOPS = HEADER + 216;
/** u32: 0 until triggers are enabled; TRIGGERS_NEW until the first tick has evaluated every pool, then TRIGGERS_ARMED. */
export const HEADER_TRIGGERS = HEADER + 220;
export const TRIGGERS_NEW = 1;
export const TRIGGERS_ARMED = 2;
/** u32 counts: pools that wait, what was said of pools, stops fired, slots pending. */
export const HEADER_MUST = HEADER + 224;
export const HEADER_MAY = HEADER + 228;
export const HEADER_WOKEN = HEADER + 232;
export const HEADER_FIRED = HEADER + 236;
export const HEADER_PENDING = HEADER + 240;
/** u32: exact evaluations of the last tick; 1 where the screen decided it. */
export const HEADER_TICK_EXACT = HEADER + 244;
export const HEADER_TICK_SCREENED = HEADER + 248;
/** u32: number of margin-call levels; then u32 pairs of raise and clear, in 1e-6. */
export const HEADER_LEVELS = HEADER + 252;
export const HEADER_LEVEL_TABLE = HEADER + 256;
export const MAX_LEVELS = 7;
/** u32, live nodes. */
export const HEADER_LIVE_NODES = HEADER + 312;
/** u32, how often the debug build has read a node: tests count work by it. */
export const HEADER_NODE_READS = HEADER + 316;
/** u32 per class: lanes in use. 15 classes, 60 bytes. */
export const HEADER_LANES = HEADER + 128;

export const SCRATCH = HEADER + HEADER_BYTES;
export const SCRATCH_BYTES = 14_336;
/** Figures leave the kernel here; offsets below. */
export const RESULT = SCRATCH;
export const RESULT_EQUITY = 0;
export const RESULT_MAINTENANCE = 16;
export const RESULT_INITIAL = 32;
export const RESULT_FEE = 48;
export const RESULT_CLEARANCE = 64;
export const RESULT_LIQUIDATABLE = 80;
/** Of a trade, beside the figures of its pool where it asked for admission. */
export const RESULT_TRADE_REALIZED = 88;
export const RESULT_TRADE_COST = 96;
export const RESULT_TRADE_QUANTITY = 104;
export const RESULT_TRADE_FEE = 112;
export const RESULT_BYTES = 128;
export const RESULT_LEG_VALUE = 0;
export const RESULT_LEG_NOTIONAL = 8;
export const RESULT_LEG_MAINTENANCE = 16;
export const RESULT_LEG_INITIAL = 24;
export const RESULT_LEG_FEE = 32;
export const RESULT_LEG_HAIRCUT = 40;
export const RESULT_LEG_BRACKET = 48;
/** Stack of a price search: points of SEARCH_POINT_BYTES; 112 bytes of sums stand below it. */
export const SEARCH_STACK = SCRATCH + 256;
export const SEARCH_POINT_BYTES = 112;
export const SEARCH_STACK_POINTS = 120;
/** A trade's scratch, where a search has its sums: a leg that is not in the book, and a sum. */
export const TRADE_DRAFT = SEARCH_STACK - 112;
export const TRADE_SUM = TRADE_DRAFT + 32;
/** Bits of the price slots that one pool owes funding for; shares the search's stack, as funding never searches. */
export const OWED_SLOTS = SEARCH_STACK;
export const OWED_SLOTS_BYTES = 2_048;

/** A bracket table on its way in, in the layout of a table record. */
export const MAILBOX = SCRATCH + SCRATCH_BYTES;
export const MAILBOX_BYTES = 1_024;

export const MARKS = MAILBOX + MAILBOX_BYTES;
export const TRIALS = MARKS + MAX_PRICES * 8;
/** Relative move of each price from its anchor during a scan; NaN outside the band. */
export const MOVES = TRIALS + MAX_PRICES * 8;
export const PRICES = MOVES + MAX_PRICES * 4;
export const PRICE_BYTES = 32;
export const PRICE_NUMERATOR = 0;
export const PRICE_DIVISOR = 8;
export const PRICE_ANCHOR = 16;
/** Live: legs that follow the price. Free: next free slot, i32. */
export const PRICE_LEGS = 24;
export const PRICE_FLAGS = 28;
export const PRICE_LIVE = 1;
export const PRICE_INVERSE = 2;
/** Anchored anew in this preparation. */
export const PRICE_MOVED = 4;
/** On the stack of slots whose heaps may hold passed entries. */
export const PRICE_PENDING = 8;

export const FUNDINGS = PRICES + MAX_PRICES * PRICE_BYTES;
export const FUNDING_BYTES = 72;
/** Signed, in units of 1e-12; 0: the legs of this slot neither pay nor receive. */
export const FUNDING_RATE = 0;
export const FUNDING_PRICE = 8;
/** Debits of the pool at hand. */
export const FUNDING_OWED = 16;
/** Sums over all pools, low half first. */
export const FUNDING_PAID = 24;
export const FUNDING_RECEIVED = 40;
export const FUNDING_WAIVED = 56;
/** Who pays an isolated position's debit. */
export const FROM_POSITION = 0;
export const FROM_WALLET = 1;
export const FROM_WALLET_CAPPED = 2;

// ── trades by the row ───────────────────────────────────────────────────────────────────────────────
/** Columns of trades on their way in, and of what came of them. */
export const TRADE_ROWS = FUNDINGS + MAX_PRICES * FUNDING_BYTES;
export const TRADE_ROWS_COUNT = 128;
/** f64: signed. */
export const ROW_QUANTITY = TRADE_ROWS;
/** f64 */
export const ROW_PRICE = ROW_QUANTITY + TRADE_ROWS_COUNT * 8;
/** f64: an amount or a rate. */
export const ROW_FEE = ROW_PRICE + TRADE_ROWS_COUNT * 8;
/** f64. Located: the leg's signed quantity, 0 where there is none. */
export const ROW_HELD = ROW_FEE + TRADE_ROWS_COUNT * 8;
/** f64. Located: the leg's cost, rounded to a double. */
export const ROW_COST = ROW_HELD + TRADE_ROWS_COUNT * 8;
/** i64. Traded; 0 where not admitted. */
export const ROW_REALIZED = ROW_COST + TRADE_ROWS_COUNT * 8;
/** i64. Traded: change of the leg's cost. */
export const ROW_COST_CHANGE = ROW_REALIZED + TRADE_ROWS_COUNT * 8;
/** i64. Traded: the fee. */
export const ROW_CHARGED = ROW_COST_CHANGE + TRADE_ROWS_COUNT * 8;
/** u32: tag of the owner's pool that trades. */
export const ROW_TAG = ROW_CHARGED + TRADE_ROWS_COUNT * 8;
/** u32 each: where the owner has a pool of such a tag, no pool is found. */
export const ROW_NOT_TAG = ROW_TAG + TRADE_ROWS_COUNT * 4;
export const ROW_NOR_TAG = ROW_NOT_TAG + TRADE_ROWS_COUNT * 4;
/** i32. First of the owner's pools, -1 for none. Located: the pool that trades, or -1. */
export const ROW_POOL = ROW_NOR_TAG + TRADE_ROWS_COUNT * 4;
/** i32. Located, and traded: the leg, or -1. */
export const ROW_LEG = ROW_POOL + TRADE_ROWS_COUNT * 4;
/** u32. Located: the leg's. To trade: the one to set, 0 keeps it. */
export const ROW_LEVERAGE = ROW_LEG + TRADE_ROWS_COUNT * 4;
/** i32. Traded: what it returned. */
export const ROW_STATUS = ROW_LEVERAGE + TRADE_ROWS_COUNT * 4;
/** u16 each. */
export const ROW_SLOT = ROW_STATUS + TRADE_ROWS_COUNT * 4;
export const ROW_TABLE = ROW_SLOT + TRADE_ROWS_COUNT * 2;
/** i8: legs of either sign (0), longs (1) or shorts (-1). */
export const ROW_SIGN = ROW_TABLE + TRADE_ROWS_COUNT * 2;
export const TRADE_ROWS_END = ROW_SIGN + TRADE_ROWS_COUNT;
/** Aligned for doubles. */
const TICK_START = TRADE_ROWS_END + 7 - ((TRADE_ROWS_END + 7) % 8);

// ── ticks ───────────────────────────────────────────────────────────────────────────────────────────
/** f64 by row: the prices of a tick on their way in; u16 by row: their slots. */
export const TICK_PRICES = TICK_START;
export const TICK_SLOTS = TICK_PRICES + MAX_PRICES * 8;
/** f64 by slot: the mark before the last tick. */
export const PREVIOUS = TICK_SLOTS + MAX_PRICES * 2;
/** u16 stack of slots whose heaps may hold passed entries. */
export const PENDING_SLOTS = PREVIOUS + MAX_PRICES * 8;
/** i32 each, by slot: roots of its four heaps of triggers (HEAP_*), NONE where empty. */
export const HEAPS = PENDING_SLOTS + MAX_PRICES * 2;
export const HEAPS_OF_SLOT = 4;
/** Which heap: the direction that passes its entries, and whether a tick may leave them for later. */
export const HEAP_DOWN = 0;
export const HEAP_UP = 1;
export const HEAP_MUST = 2;
/** i32 each, by slot: roots of its four heaps of trailing groups (TRAIL_*), the first to be overtaken on top; NONE where empty. */
export const TRAILS = HEAPS + MAX_PRICES * HEAPS_OF_SLOT * 4;
export const TRAILS_OF_SLOT = 4;
/** Which trail: stops whose distance is a rate, stops that close shorts. */
export const TRAIL_RATE = 1;
export const TRAIL_SHORT = 2;
export const TICK_END = TRAILS + MAX_PRICES * TRAILS_OF_SLOT * 4;

// ── directories of paged arrays ─────────────────────────────────────────────────────────────────────
export const LEG_DIRECTORY = TICK_END;
export const LEG_DIRECTORY_ENTRIES = 16_384;
export const POOL_DIRECTORY = LEG_DIRECTORY + LEG_DIRECTORY_ENTRIES * 4;
export const POOL_DIRECTORY_ENTRIES = 16_384;
export const OWNER_DIRECTORY = POOL_DIRECTORY + POOL_DIRECTORY_ENTRIES * 4;
export const OWNER_DIRECTORY_ENTRIES = 8_192;
export const TABLE_DIRECTORY = OWNER_DIRECTORY + OWNER_DIRECTORY_ENTRIES * 4;
export const TABLE_DIRECTORY_ENTRIES = 64;
export const RESULT_DIRECTORY = TABLE_DIRECTORY + TABLE_DIRECTORY_ENTRIES * 4;
export const RESULT_DIRECTORY_ENTRIES = 4_096;
/** One hot and one cold directory per class. */
export const LANE_DIRECTORY_ENTRIES = 4_096;
export const LANE_DIRECTORY_BYTES = 16_384;
export const HOT_DIRECTORY = RESULT_DIRECTORY + RESULT_DIRECTORY_ENTRIES * 4;
export const CLASSES = 15;
export const COLD_DIRECTORY = HOT_DIRECTORY + CLASSES * LANE_DIRECTORY_BYTES;
/** Of what ticks need; empty until triggers are enabled, but for stops. */
export const NODE_DIRECTORY = COLD_DIRECTORY + CLASSES * LANE_DIRECTORY_BYTES;
export const NODE_DIRECTORY_ENTRIES = 16_384;
export const WATCH_DIRECTORY = NODE_DIRECTORY + NODE_DIRECTORY_ENTRIES * 4;
export const WATCH_DIRECTORY_ENTRIES = 8_192;
export const ALERT_DIRECTORY = WATCH_DIRECTORY + WATCH_DIRECTORY_ENTRIES * 4;
export const ALERT_DIRECTORY_ENTRIES = 512;
/** u32 by place: pools that wait to be evaluated, in a tick and in some tick to come; and what a tick says of pools. */
export const MUST_DIRECTORY = ALERT_DIRECTORY + ALERT_DIRECTORY_ENTRIES * 4;
export const MAY_DIRECTORY = MUST_DIRECTORY + 8_192;
export const WOKEN_DIRECTORY = MAY_DIRECTORY + 8_192;
export const WAITING_DIRECTORY_ENTRIES = 2_048;
export const STOP_DIRECTORY = WOKEN_DIRECTORY + 8_192;
export const STOP_DIRECTORY_ENTRIES = 8_192;
/** u32 by place: stops that the last tick passed. */
export const FIRED_DIRECTORY = STOP_DIRECTORY + STOP_DIRECTORY_ENTRIES * 4;
export const FIRED_DIRECTORY_ENTRIES = 256;
/** By slot and direction: bands of its heap of triggers that may wait. */
export const BAND_DIRECTORY = FIRED_DIRECTORY + FIRED_DIRECTORY_ENTRIES * 4;
export const BAND_DIRECTORY_ENTRIES = 256;
export const FIXED_END = BAND_DIRECTORY + BAND_DIRECTORY_ENTRIES * 4;
/** Whole pages below the first chunk. */
export const FIXED_PAGES = 59;

// ── records ─────────────────────────────────────────────────────────────────────────────────────────
export const LEG_BYTES = 32;
export const LEG_SHIFT = 13;
export const LEG_MASK = 8_191;
export const LEG_QUANTITY = 0;
export const LEG_COST = 8;
export const LEG_NEXT = 16;
export const LEG_POOL = 20;
export const LEG_PRICE = 24;
export const LEG_TABLE = 26;
export const LEG_LEVERAGE = 28;

export const POOL_BYTES = 32;
export const POOL_SHIFT = 13;
export const POOL_MASK = 8_191;
export const POOL_COLLATERAL = 0;
export const POOL_FIRST_LEG = 8;
export const POOL_LEGS = 12;
export const POOL_FLAGS = 14;
export const POOL_CLASS = 15;
export const POOL_LANE = 16;
export const POOL_NEXT = 20;
export const POOL_PREV = 24;
export const POOL_LINK = 28;
export const POOL_LIVE = 1;
export const POOL_DIRTY = 2;
/** In a funding period: owes, and the pool behind it pays first. */
export const POOL_CHAINED = 4;
/** In a funding period: may not be able to pay all it owes. */
export const POOL_SHORT = 8;
/** Value of POOL_CLASS for a pool that has no lane. */
export const NO_CLASS = 255;

export const OWNER_BYTES = 16;
export const OWNER_SHIFT = 14;
export const OWNER_MASK = 16_383;
export const OWNER_OWNER = 0;
export const OWNER_NEXT = 4;
export const OWNER_TAG = 8;
export const OWNER_BACKING = 12;

export const TABLE_BYTES = 1_024;
export const TABLE_SHIFT = 8;
export const TABLE_MASK = 255;
export const TABLE_COUNT = 0;
export const TABLE_DENOMINATOR = 4;
export const TABLE_FEE = 8;
export const TABLE_FLAGS = 12;
export const TABLE_LEGS = 16;
export const TABLE_NEXT = 20;
export const TABLE_PROFIT = 24;
export const TABLE_BRACKETS = 32;
export const TABLE_LIVE = 1;
export const TABLE_WHOLE = 2;
export const TABLE_HAIRCUT = 4;
/** Refilled, and the pools of its legs not yet marked dirty. */
export const TABLE_STALE = 8;
export const BRACKET_BYTES = 32;
export const BRACKET_FLOOR = 0;
export const BRACKET_AMOUNT_LOW = 8;
export const BRACKET_AMOUNT_HIGH = 16;
export const BRACKET_RATE = 24;
export const BRACKET_INITIAL_RATE = 28;

export const HOT_HEAD_BYTES = 32;
export const HOT_LEG_BYTES = 48;
export const COLD_BYTES = 64;
export const COLD_GAP = 32;
export const COLD_BLOCKS_PER_CHUNK = 4_096;

export const RESULT_SHIFT = 16;
export const RESULT_MASK = 65_535;

// ── statuses: what an export returns instead of a handle or a count ──────────────────────────────────
export const STATUS_OK = 0;
/** Memory limit reached, or a table of fixed size is full. */
export const STATUS_CAPACITY = -2;
/** No live record has this handle. */
export const STATUS_NO_RECORD = -3;
/** A figure does not fit a signed 64-bit amount. */
export const STATUS_RANGE = -4;
/** A price that is needed was never set. */
export const STATUS_NO_MARK = -5;
/** The record is still referred to. */
export const STATUS_IN_USE = -6;
/** Equity would be below the initial margin and the reserve. */
export const STATUS_BELOW_INITIAL = -7;
/** The pool would be liquidatable. */
export const STATUS_LIQUIDATABLE = -8;
/** A search found no such price; no such leg. */
export const NONE = -1;

// ── flags of a trade ────────────────────────────────────────────────────────────────────────────────
/** An increase is refused where the pool could not carry it. */
export const TRADE_ADMIT = 1;
/** The fee is a rate in units of 1e-8 of the notional. */
export const TRADE_FEE_RATE = 2;
/** The pool's collateral stays as it is: the caller moves the money. */
export const TRADE_LEG_ONLY = 4;
