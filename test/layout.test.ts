// The memory map: regions neither overlap nor leave the fixed part, records hold their fields, paged arrays fill their chunks.
import { describe, expect, it } from "vitest";
import * as layout from "../src/layout.ts";
import * as records from "../src/layout-ticks.ts";

/** [name, start, bytes] of each region of the fixed part, in order. */
const REGIONS: readonly (readonly [string, number, number])[] = [
  ["header", layout.HEADER, layout.HEADER_BYTES],
  ["scratch", layout.SCRATCH, layout.SCRATCH_BYTES],
  ["mailbox", layout.MAILBOX, layout.MAILBOX_BYTES],
  ["marks", layout.MARKS, layout.MAX_PRICES * 8],
  ["trials", layout.TRIALS, layout.MAX_PRICES * 8],
  ["moves", layout.MOVES, layout.MAX_PRICES * 4],
  ["prices", layout.PRICES, layout.MAX_PRICES * layout.PRICE_BYTES],
  ["fundings", layout.FUNDINGS, layout.MAX_PRICES * layout.FUNDING_BYTES],
  ["trade rows", layout.TRADE_ROWS, layout.TICK_PRICES - layout.TRADE_ROWS],
  ["tick prices", layout.TICK_PRICES, layout.MAX_PRICES * 8],
  ["tick slots", layout.TICK_SLOTS, layout.MAX_PRICES * 2],
  ["previous marks", layout.PREVIOUS, layout.MAX_PRICES * 8],
  ["pending slots", layout.PENDING_SLOTS, layout.MAX_PRICES * 2],
  ["heaps", layout.HEAPS, layout.MAX_PRICES * layout.HEAPS_OF_SLOT * 4],
  ["trails", layout.TRAILS, layout.MAX_PRICES * layout.TRAILS_OF_SLOT * 4],
  ["leg directory", layout.LEG_DIRECTORY, layout.LEG_DIRECTORY_ENTRIES * 4],
  ["pool directory", layout.POOL_DIRECTORY, layout.POOL_DIRECTORY_ENTRIES * 4],
  ["owner directory", layout.OWNER_DIRECTORY, layout.OWNER_DIRECTORY_ENTRIES * 4],
  ["table directory", layout.TABLE_DIRECTORY, layout.TABLE_DIRECTORY_ENTRIES * 4],
  ["result directory", layout.RESULT_DIRECTORY, layout.RESULT_DIRECTORY_ENTRIES * 4],
  ["hot directories", layout.HOT_DIRECTORY, layout.CLASSES * layout.LANE_DIRECTORY_BYTES],
  ["cold directories", layout.COLD_DIRECTORY, layout.CLASSES * layout.LANE_DIRECTORY_BYTES],
  ["node directory", layout.NODE_DIRECTORY, layout.NODE_DIRECTORY_ENTRIES * 4],
  ["watch directory", layout.WATCH_DIRECTORY, layout.WATCH_DIRECTORY_ENTRIES * 4],
  ["alert directory", layout.ALERT_DIRECTORY, layout.ALERT_DIRECTORY_ENTRIES * 4],
  ["must directory", layout.MUST_DIRECTORY, layout.WAITING_DIRECTORY_ENTRIES * 4],
  ["may directory", layout.MAY_DIRECTORY, layout.WAITING_DIRECTORY_ENTRIES * 4],
  ["woken directory", layout.WOKEN_DIRECTORY, layout.WAITING_DIRECTORY_ENTRIES * 4],
  ["stop directory", layout.STOP_DIRECTORY, layout.STOP_DIRECTORY_ENTRIES * 4],
  ["fired directory", layout.FIRED_DIRECTORY, layout.FIRED_DIRECTORY_ENTRIES * 4],
  ["band directory", layout.BAND_DIRECTORY, layout.BAND_DIRECTORY_ENTRIES * 4],
];

describe("layout", () => {
  it("lays the regions end to end, aligned to 8 bytes", () => {
    let at = layout.HEADER;
    for (const [name, start, bytes] of REGIONS) {
      expect([name, start]).toEqual([name, at]);
      expect([name, start % 8]).toEqual([name, 0]);
      at = start + bytes;
    }
    expect(at).toBe(layout.FIXED_END);
    expect(layout.FIXED_END).toBeLessThanOrEqual(layout.FIXED_PAGES * 65_536);
  });

  it("keeps scratch areas apart", () => {
    expect(layout.RESULT_LIQUIDATABLE + 4).toBeLessThanOrEqual(layout.RESULT_BYTES);
    // The search keeps 112 bytes of sums below its stack.
    expect(layout.RESULT + layout.RESULT_BYTES).toBeLessThanOrEqual(layout.SEARCH_STACK - 112);
    const stackEnd = layout.SEARCH_STACK + layout.SEARCH_STACK_POINTS * layout.SEARCH_POINT_BYTES;
    expect(stackEnd).toBeLessThanOrEqual(layout.SCRATCH + layout.SCRATCH_BYTES);
    expect(layout.OWED_SLOTS).toBeGreaterThanOrEqual(layout.RESULT + layout.RESULT_BYTES);
    expect(layout.OWED_SLOTS_BYTES * 8).toBe(layout.MAX_PRICES);
    expect(layout.OWED_SLOTS + layout.OWED_SLOTS_BYTES).toBeLessThanOrEqual(stackEnd);
    expect(layout.FUNDING_WAIVED + 16).toBeLessThanOrEqual(layout.FUNDING_BYTES);
    expect(layout.HEADER_LANES + layout.CLASSES * 4).toBeLessThanOrEqual(
      layout.HEADER + layout.HEADER_BYTES,
    );
    const table = layout.TABLE_BRACKETS + 16 * layout.BRACKET_BYTES;
    expect(table).toBeLessThanOrEqual(layout.TABLE_BYTES);
    expect(layout.TABLE_BYTES).toBeLessThanOrEqual(layout.MAILBOX_BYTES);
  });

  it("divides chunks into whole records", () => {
    const arrays = [
      [layout.LEG_BYTES, layout.LEG_SHIFT, layout.LEG_MASK],
      [layout.POOL_BYTES, layout.POOL_SHIFT, layout.POOL_MASK],
      [layout.OWNER_BYTES, layout.OWNER_SHIFT, layout.OWNER_MASK],
      [layout.TABLE_BYTES, layout.TABLE_SHIFT, layout.TABLE_MASK],
      [4, layout.RESULT_SHIFT, layout.RESULT_MASK],
      [records.WATCH_BYTES, records.WATCH_SHIFT, records.WATCH_MASK],
      [records.STOP_BYTES, records.STOP_SHIFT, records.STOP_MASK],
      [1, records.ALERT_SHIFT, records.ALERT_MASK],
      [4, records.WAITING_SHIFT, records.WAITING_MASK],
    ] as const;
    for (const [bytes, shift, mask] of arrays) {
      expect(bytes << shift).toBe(layout.CHUNK_BYTES);
      expect(mask).toBe((1 << shift) - 1);
    }
    expect(records.NODES_PER_CHUNK).toBe(Math.floor(layout.CHUNK_BYTES / records.NODE_BYTES));
    expect(layout.COLD_BYTES * layout.COLD_BLOCKS_PER_CHUNK).toBe(layout.CHUNK_BYTES);
    expect(layout.LANE_DIRECTORY_ENTRIES * 4).toBe(layout.LANE_DIRECTORY_BYTES);
    expect(records.NODES_PER_CHUNK).toBe(Math.floor(layout.CHUNK_BYTES / records.NODE_BYTES));
  });

  it("reaches 4 GiB with legs or pools alone", () => {
    expect(layout.LEG_DIRECTORY_ENTRIES * layout.CHUNK_BYTES).toBe(2 ** 32);
    expect(layout.POOL_DIRECTORY_ENTRIES * layout.CHUNK_BYTES).toBe(2 ** 32);
    const owners = layout.OWNER_DIRECTORY_ENTRIES * (layout.OWNER_MASK + 1);
    const pools = layout.POOL_DIRECTORY_ENTRIES * (layout.POOL_MASK + 1);
    expect(owners).toBe(pools);
    expect(layout.WATCH_DIRECTORY_ENTRIES * (records.WATCH_MASK + 1)).toBe(pools);
    expect(layout.ALERT_DIRECTORY_ENTRIES * (records.ALERT_MASK + 1)).toBe(pools);
    expect(layout.WAITING_DIRECTORY_ENTRIES * (records.WAITING_MASK + 1)).toBe(pools);
    // All stops may fire in one tick.
    const fired = layout.FIRED_DIRECTORY_ENTRIES * (records.WAITING_MASK + 1);
    expect(layout.STOP_DIRECTORY_ENTRIES * (records.STOP_MASK + 1)).toBe(fired);
  });
});
