// A stress pass: who is liquidatable in up to eight scenarios at once. The lanes of the screen are read once for all of them: a lane's
// weight times the moves of four scenarios is one multiplication, where a scan gathers a move for each lane. What neither
// bound decides goes to stress-judge.ts, then to the integers; pools that are hit to stress-sums.ts. Changes nothing but its own chunks.
import {
  CHUNK_BYTES,
  CLASSES,
  COLD_BLOCKS_PER_CHUNK,
  COLD_BYTES,
  COLD_GAP,
  HEADER_FAULT_POOL,
  HEADER_LIVE_LEGS,
  HEADER_TOP_POOL,
  HEADER_TOP_PRICE,
  HOT_HEAD_BYTES,
  HOT_LEG_BYTES,
  MARKS,
  POOL_FLAGS,
  POOL_LEGS,
  POOL_LIVE,
  PRICE_LEGS,
  STATUS_CAPACITY,
  STATUS_NO_RECORD,
  STATUS_OK,
  STILL_SLOT,
} from "../src/layout.ts";
import {
  SEEN_SHIFT,
  STRESS_ALL_ROWS,
  STRESS_DIRECTORY,
  STRESS_DOUBTED,
  STRESS_ENTRIES,
  STRESS_EXACT,
  STRESS_FAULT_ROW,
  STRESS_MOVES,
  STRESS_QUEUE,
  STRESS_QUEUE_LENGTH,
  STRESS_ROWS,
  STRESS_SEEN,
  STRESS_SUMS,
  STRESS_VECTORS,
  SUMS_MASK,
  SUMS_SHIFT,
} from "../src/layout-stress.ts";
import { ownerRecord, poolRecord, touchLegs } from "./book.ts";
import { coldDirectory, hotBytes, hotDirectory, lanesOf, legsOfClass } from "./lanes.ts";
import { dropRecords, ensureRecords } from "./memory.ts";
import { priceLives, priceRecord } from "./prices.ts";
import { moveOf, prepare } from "./screen.ts";
import { judgeRows, soundRows, underRows } from "./stress-judge.ts";
import { clearSums, countHits, finishSums, stressChunk, vectorOf } from "./stress-sums.ts";
import { judgePool } from "./valuation.ts";

// ── what a pass stands on ───────────────────────────────────────────────────────────────────────────

/** Takes chunks for all prices and pools there are. */
function ensureChunks(): bool {
  const slots = (load<u32>(HEADER_TOP_PRICE) + SUMS_MASK) >> SUMS_SHIFT;
  const seen = (load<u32>(HEADER_TOP_POOL) >> SEEN_SHIFT) + 1;
  for (let entry: u32 = 0; entry < <u32>STRESS_SUMS; entry++) if (!ensure(entry)) return false;
  for (let at: u32 = 0; at < slots; at++) if (!ensure(STRESS_SUMS + at)) return false;
  for (let at: u32 = 0; at < seen; at++) if (!ensure(STRESS_SEEN + at)) return false;
  return true;
}

function ensure(entry: u32): bool {
  return ensureRecords(STRESS_DIRECTORY, entry, STRESS_ENTRIES);
}

/** Every row at the marks. STATUS_CAPACITY where there is no room, with nothing held. */
export function openStress(): i32 {
  if (!ensureChunks()) {
    closeStress();
    return STATUS_CAPACITY;
  }
  const bytes = (<usize>load<u32>(HEADER_TOP_PRICE)) << 3;
  for (let row: u32 = 0; row < <u32>STRESS_ROWS; row++) memory.copy(vectorOf(row), MARKS, bytes);
  return STATUS_OK;
}

/** Gives all chunks back. */
export function closeStress(): void {
  for (let entry: u32 = 0; entry < <u32>STRESS_ENTRIES; entry++)
    dropRecords(STRESS_DIRECTORY, entry);
}

export function setStressed(row: u32, slot: u32, price: f64): i32 {
  if (row >= <u32>STRESS_ROWS || !priceLives(slot) || stressChunk(STRESS_VECTORS) === 0) {
    return STATUS_NO_RECORD;
  }
  store<f64>(vectorOf(row) + ((<usize>slot) << 3), price);
  return STATUS_OK;
}

/** Judges the rows given as bits and sums what is hit. */
export function stress(rows: u32): i32 {
  if (stressChunk(STRESS_VECTORS) === 0) return STATUS_NO_RECORD;
  const status = prepare();
  if (status !== STATUS_OK) return status;
  if (!ensureChunks()) return STATUS_CAPACITY;
  setMoves();
  clearSums();
  store<u32>(STRESS_EXACT, 0);
  store<u32>(STRESS_DOUBTED, 0);
  asked = rows & STRESS_ALL_ROWS;
  queued = 0;
  const passed = mostlyOutside() ? passPools() : passLanes();
  const outcome = passed === STATUS_OK ? drain() : passed;
  if (outcome === STATUS_OK) finishSums();
  return outcome;
}

/** Rows of this pass, as bits. */
let asked: u32 = 0;
let near: usize = 0;
let far: usize = 0;

/** As the scan's: NaN outside the band. */
function setMoves(): void {
  near = stressChunk(STRESS_MOVES);
  far = stressChunk(STRESS_MOVES + 1);
  const top = load<u32>(HEADER_TOP_PRICE);
  for (let row: u32 = 0; row < <u32>STRESS_ROWS; row++) {
    const vector = vectorOf(row);
    const moves = (row < 4 ? near : far) + ((<usize>(row & 3)) << 2);
    for (let slot: u32 = 0; slot < top; slot++) {
      const move = moveOf(priceRecord(slot), load<f64>(vector + ((<usize>slot) << 3)));
      store<f32>(moves + ((<usize>slot) << 4), move >= -0.5 && move <= 1 ? <f32>move : NaN);
    }
    store<f32>(moves, 0, STILL_SLOT << 4);
  }
}

// ── all pools ───────────────────────────────────────────────────────────────────────────────────────

/**
 * True where a quarter of the legs follow prices that some row has outside the band. The screen would leave most pools open, in the order of its
 * classes, which is not that of memory: to judge all of them as they stand takes less time than waiting for their records.
 */
function mostlyOutside(): bool {
  const top = load<u32>(HEADER_TOP_PRICE);
  let outside: u32 = 0;
  for (let slot: u32 = 0; slot < top; slot++) {
    const first = v128.load(near + ((<usize>slot) << 4));
    const second = v128.load(far + ((<usize>slot) << 4));
    const inside =
      i32x4.bitmask(f32x4.eq(first, first)) | (i32x4.bitmask(f32x4.eq(second, second)) << 4);
    if ((~inside & asked) === 0 || !priceLives(slot)) continue;
    outside += load<u32>(priceRecord(slot), PRICE_LEGS);
  }
  return outside > load<u32>(HEADER_LIVE_LEGS) >> 2;
}

/** Queues every pool, open in all rows, in the order of memory. */
function passPools(): i32 {
  const top = load<u32>(HEADER_TOP_POOL);
  for (let pool: u32 = 0; pool < top; pool++) {
    const record = poolRecord(pool);
    if ((load<u8>(record, POOL_FLAGS) & POOL_LIVE) === 0 || load<u16>(record, POOL_LEGS) === 0)
      continue;
    const status = enqueue(pool, asked << 8);
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

// ── the lanes ───────────────────────────────────────────────────────────────────────────────────────

function passLanes(): i32 {
  for (let group: u32 = 0; group < <u32>CLASSES; group++) {
    const status = passClass(group);
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

function passClass(group: u32): i32 {
  const legs = legsOfClass(group);
  const bytes = hotBytes(group);
  const perChunk = CHUNK_BYTES / bytes;
  const blocks = (lanesOf(group) + 7) >> 3;
  let block: u32 = 0;
  while (block < blocks) {
    // A run of blocks within one hot and one cold chunk.
    const hotEntry = block / perChunk;
    const coldEntry = block / COLD_BLOCKS_PER_CHUNK;
    const hotEnd = (hotEntry + 1) * perChunk;
    const coldEnd = (coldEntry + 1) * COLD_BLOCKS_PER_CHUNK;
    const end = min(blocks, min(hotEnd, coldEnd));
    const hot = load<u32>(hotDirectory(group) + ((<usize>hotEntry) << 2));
    const cold = load<u32>(coldDirectory(group) + ((<usize>coldEntry) << 2));
    const status = passRun(
      <usize>hot + <usize>(block % perChunk) * bytes,
      <usize>cold + <usize>(block % COLD_BLOCKS_PER_CHUNK) * COLD_BYTES,
      end - block,
      legs,
    );
    if (status !== STATUS_OK) return status;
    block = end;
  }
  return STATUS_OK;
}

/** The arithmetic is the scan's, operation by operation: what is proved of its bounds holds here. */
function passRun(hot: usize, cold: usize, blocks: u32, legs: u32): i32 {
  const zero = f32x4.splat(0);
  const rows = asked;
  const first = near;
  const second = far;
  const bytes = <usize>HOT_HEAD_BYTES + <usize>HOT_LEG_BYTES * legs;
  for (let i: u32 = 0; i < blocks; i++) {
    for (let lane: usize = 0; lane < 8; lane++) {
      let low = v128.load_splat<f32>(hot + (lane << 2));
      let high = low;
      let place = hot + HOT_HEAD_BYTES + (lane << 1);
      let weight = hot + HOT_HEAD_BYTES + 16 + (lane << 2);
      for (let leg: u32 = 0; leg < legs; leg++) {
        const slot = (<usize>load<u16>(place)) << 2;
        const factor = v128.load_splat<f32>(weight);
        low = f32x4.add(low, f32x4.mul(factor, v128.load(first + slot)));
        high = f32x4.add(high, f32x4.mul(factor, v128.load(second + slot)));
        place += HOT_LEG_BYTES;
        weight += HOT_LEG_BYTES;
      }
      const standing =
        i32x4.bitmask(f32x4.ge(low, zero)) | (i32x4.bitmask(f32x4.ge(high, zero)) << 4);
      const fallen = <u32>~standing & rows;
      if (fallen !== 0) {
        const status = settle(fallen, low, high, cold + (lane << 2));
        if (status !== STATUS_OK) return status;
      }
    }
    hot += bytes;
    cold += COLD_BYTES;
  }
  return STATUS_OK;
}

/** Queues a pool that may have fallen in some rows. */
function settle(fallen: u32, low: v128, high: v128, cold: usize): i32 {
  const zero = f32x4.splat(0);
  const gap = v128.load_splat<f32>(cold, COLD_GAP);
  const drowned =
    i32x4.bitmask(f32x4.lt(f32x4.add(low, gap), zero)) |
    (i32x4.bitmask(f32x4.lt(f32x4.add(high, gap), zero)) << 4);
  const hits = fallen & <u32>drowned;
  return enqueue(load<i32>(cold), hits | ((fallen & ~hits) << 8));
}

// ── the queue ───────────────────────────────────────────────────────────────────────────────────────

let queued: u32 = 0;
/** Puts a pool with the rows that hit it, and those that are open 8 bits higher, in the queue. */
function enqueue(pool: u32, rows: u32): i32 {
  const place = <usize>STRESS_QUEUE + ((<usize>queued) << 3);
  store<u32>(place, pool);
  store<u32>(place, rows, 4);
  queued++;
  return queued < <u32>STRESS_QUEUE_LENGTH ? STATUS_OK : drain();
}

/** What touching has read: kept, so that no compiler leaves the reading out. */
export let touched: u64 = 0;

/** Judges and counts what is queued. */
function drain(): i32 {
  touch();
  const end = <usize>STRESS_QUEUE + ((<usize>queued) << 3);
  queued = 0;
  for (let place: usize = STRESS_QUEUE; place < end; place += 8) {
    const pool = load<i32>(place);
    const rows = load<u32>(place, 4);
    let hits = rows & STRESS_ALL_ROWS;
    if (rows !== hits) {
      const judged = judge(pool, rows >> 8);
      if (judged < 0) return fault(pool, judgedRow, judged);
      hits |= <u32>judged;
    }
    if (hits === 0) continue;
    const status = countHits(pool, hits);
    if (status !== STATUS_OK) return fault(pool, load<u32>(STRESS_FAULT_ROW), status);
  }
  return STATUS_OK;
}

/** Reads what the queue will need: one pool after the other would wait for memory three times or more; so all wait together. */
function touch(): void {
  let sum: u64 = 0;
  const end = <usize>STRESS_QUEUE + ((<usize>queued) << 3);
  for (let place: usize = STRESS_QUEUE; place < end; place += 8) {
    const pool = load<i32>(place);
    sum += load<u64>(poolRecord(pool)) + load<u32>(ownerRecord(pool));
  }
  for (let place: usize = STRESS_QUEUE; place < end; place += 8) {
    sum += touchLegs(poolRecord(load<i32>(place)));
  }
  touched = sum;
}

function fault(pool: i32, row: u32, status: i32): i32 {
  store<i32>(HEADER_FAULT_POOL, pool);
  store<u32>(STRESS_FAULT_ROW, row);
  return status;
}

/** The row that judge looked at last. */
let judgedRow: u32 = 0;

/** Those of the rows in which the pool is liquidatable, or a status < 0. */
function judge(pool: i32, rows: u32): i32 {
  store<u32>(STRESS_DOUBTED, load<u32>(STRESS_DOUBTED) + popcnt(rows));
  const record = poolRecord(pool);
  judgeRows(record);
  let under = underRows & rows;
  let open = rows & ~(underRows | soundRows);
  while (open !== 0) {
    judgedRow = <u32>ctz(open);
    open &= open - 1;
    store<u32>(STRESS_EXACT, load<u32>(STRESS_EXACT) + 1);
    const verdict = judgePool(record, vectorOf(judgedRow));
    if (verdict < 0) return verdict;
    under |= (<u32>verdict) << judgedRow;
  }
  return under;
}
