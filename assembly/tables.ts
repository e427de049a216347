// Bracket tables: the maintenance (or haircut) rates of a leg by notional. The boundary checks a table before it comes in
// (first floor 0, floors rising, rates not falling, amounts continuous); the kernel relies on that.

import {
  HEADER_FREE_TABLE,
  HEADER_TOP_TABLE,
  MAILBOX,
  MAX_TABLES,
  NONE,
  STATUS_CAPACITY,
  STATUS_IN_USE,
  STATUS_NO_RECORD,
  STATUS_OK,
  TABLE_BYTES,
  TABLE_DIRECTORY,
  TABLE_DIRECTORY_ENTRIES,
  TABLE_FLAGS,
  TABLE_LEGS,
  TABLE_LIVE,
  TABLE_MASK,
  TABLE_NEXT,
  TABLE_SHIFT,
  TABLE_STALE,
} from "../src/layout.ts";
import { ensureRecords } from "./memory.ts";

export function tableRecord(table: u32): usize {
  const chunk = load<u32>(((<usize>(table >> TABLE_SHIFT)) << 2) + TABLE_DIRECTORY);
  return <usize>chunk + <usize>(table & TABLE_MASK) * TABLE_BYTES;
}

export function tableLives(table: u32): bool {
  return (
    table < load<u32>(HEADER_TOP_TABLE) &&
    (load<u32>(tableRecord(table), TABLE_FLAGS) & TABLE_LIVE) !== 0
  );
}

/** New table with the contents of the mailbox, or STATUS_CAPACITY. */
export function createTable(): i32 {
  let table = load<i32>(HEADER_FREE_TABLE);
  if (table !== NONE) {
    store<i32>(HEADER_FREE_TABLE, load<i32>(tableRecord(table), TABLE_NEXT));
  } else {
    table = load<i32>(HEADER_TOP_TABLE);
    if (table >= MAX_TABLES) return STATUS_CAPACITY;
    if (!ensureRecords(TABLE_DIRECTORY, table >> TABLE_SHIFT, TABLE_DIRECTORY_ENTRIES)) {
      return STATUS_CAPACITY;
    }
    store<i32>(HEADER_TOP_TABLE, table + 1);
  }
  fillTable(tableRecord(table), 0);
  return table;
}

/** Copies the mailbox over the record; the number of legs that use it stays. */
export function fillTable(record: usize, legs: u32): void {
  memory.copy(record, MAILBOX, TABLE_BYTES);
  store<u32>(record, legs, TABLE_LEGS);
  store<i32>(record, NONE, TABLE_NEXT);
  store<u32>(record, load<u32>(record, TABLE_FLAGS) | TABLE_LIVE, TABLE_FLAGS);
}

/** New contents from the mailbox; the table is stale until all pools on it have been marked dirty. */
export function refillTable(table: u32): i32 {
  if (!tableLives(table)) return STATUS_NO_RECORD;
  const record = tableRecord(table);
  fillTable(record, load<u32>(record, TABLE_LEGS));
  store<u32>(record, load<u32>(record, TABLE_FLAGS) | TABLE_STALE, TABLE_FLAGS);
  return STATUS_OK;
}

export function tableIsStale(table: u32): bool {
  return (load<u32>(tableRecord(table), TABLE_FLAGS) & TABLE_STALE) !== 0;
}

export function freshenTables(): void {
  const top = load<u32>(HEADER_TOP_TABLE);
  for (let table: u32 = 0; table < top; table++) {
    const record = tableRecord(table);
    store<u32>(record, load<u32>(record, TABLE_FLAGS) & ~TABLE_STALE, TABLE_FLAGS);
  }
}

export function removeTable(table: u32): i32 {
  if (!tableLives(table)) return STATUS_NO_RECORD;
  const record = tableRecord(table);
  if (load<u32>(record, TABLE_LEGS) !== 0) return STATUS_IN_USE;
  store<u32>(record, 0, TABLE_FLAGS);
  store<i32>(record, load<i32>(HEADER_FREE_TABLE), TABLE_NEXT);
  store<i32>(HEADER_FREE_TABLE, table);
  return STATUS_OK;
}
