// Trades by the row: the kernel's block of rows, filled and read without an object or a bigint per trade. A row is put, the block is
// located (which pool and leg each row is on, and what the leg is), terms are set by who knows the rules, and the block is traded.
import {
  AmountHalves,
  MAX_U32,
  requireHandle,
  requireInteger,
  requireQuantity,
} from "./arguments.ts";
import { KernelTrades } from "./kernel-trades.ts";
import * as layout from "./layout.ts";
import { FEE_DENOMINATOR, MAX_SAFE_UNITS } from "./model.ts";

/** Rows in the block. */
export const TRADE_ROWS: number = layout.TRADE_ROWS_COUNT;

function address(row: number): number {
  if (row >>> 0 === row && row < layout.TRADE_ROWS_COUNT) {
    return layout.TRADE_ROWS + row * layout.TRADE_ROW_BYTES;
  }
  throw new RangeError(`row must be from 0 to ${layout.TRADE_ROWS_COUNT - 1}, got ${row}`);
}

/** The half of a Kernel that trades by the row. What a row is located on is good until its pool or leg is changed by other means. */
export class KernelRows extends KernelTrades {
  readonly #rowFee = new AmountHalves();

  /**
   * A trade that asks for admission, without a reserve. It is on the pool of the chain from `firstPool` (nextOfOwner) that has the
   * tag, where the chain has none of the two others, and there on the leg that follows the slot (sign 0: any, 1: long, -1: short) or
   * on a new one. `fee` is a safe integer, an amount or (`byRate`) in units of 1e-8 of the notional.
   */
  putRow(
    row: number,
    firstPool: number,
    tag: number,
    notTag: number,
    norTag: number,
    priceSlot: number,
    sign: number,
    quantity: number,
    price: number,
    fee: number,
    byRate: boolean,
  ): void {
    const { f64, i32, u32, u16 } = this.current();
    const at = address(row);
    requireHandle(priceSlot, "slot");
    requireQuantity(quantity);
    requireInteger(price, 1, MAX_SAFE_UNITS, "price");
    if (byRate) requireInteger(fee, -FEE_DENOMINATOR, FEE_DENOMINATOR, "fee");
    this.#rowFee.set(fee, "fee");
    f64[(at + layout.ROW_QUANTITY) / 8] = quantity;
    f64[(at + layout.ROW_PRICE) / 8] = price;
    i32[(at + layout.ROW_FEE) / 4] = this.#rowFee.low;
    i32[(at + layout.ROW_FEE) / 4 + 1] = this.#rowFee.high;
    u32[(at + layout.ROW_TAG) / 4] = tag;
    u32[(at + layout.ROW_NOT_TAG) / 4] = notTag;
    u32[(at + layout.ROW_NOR_TAG) / 4] = norTag;
    i32[(at + layout.ROW_POOL) / 4] = firstPool;
    u16[(at + layout.ROW_SLOT) / 2] = priceSlot;
    i32[(at + layout.ROW_SIGN) / 4] = sign;
    u32[(at + layout.ROW_FLAGS) / 4] = byRate
      ? layout.TRADE_ADMIT | layout.TRADE_FEE_RATE
      : layout.TRADE_ADMIT;
  }

  /** A row that is on nothing. */
  clearRow(row: number): void {
    this.current().i32[(address(row) + layout.ROW_POOL) / 4] = layout.NONE;
  }

  /** Looks up pools and legs of rows `from` to `to`, the latter excluded. */
  locateRows(from: number, to: number): void {
    this.exports.locateRows(requireHandle(from, "from"), requireHandle(to, "to"));
  }

  /** Located: the pool, or -1. */
  rowPool(row: number): number {
    return this.views.i32[(address(row) + layout.ROW_POOL) / 4] as number;
  }

  /** Located: the leg, or -1 for a new one. */
  rowLeg(row: number): number {
    return this.views.i32[(address(row) + layout.ROW_LEG) / 4] as number;
  }

  /** Located: the leg's signed quantity; 0 where there is none. */
  rowHeld(row: number): number {
    return this.views.f64[(address(row) + layout.ROW_HELD) / 8] as number;
  }

  /** Located: the leg's cost; traded: its change. */
  rowCost(row: number): number | bigint {
    return this.views.amount(address(row) + layout.ROW_COST);
  }

  /** Located: the leg's leverage in thousandths. */
  rowLeverage(row: number): number {
    return this.views.u32[(address(row) + layout.ROW_LEVERAGE) / 4] as number;
  }

  /** The table that serves the size that results, and the leverage (0 keeps the leg's). */
  setRowTerms(row: number, table: number, leverageMilli: number): void {
    const at = address(row);
    const { u16, u32 } = this.views;
    requireHandle(table, "table");
    requireInteger(leverageMilli, 0, MAX_U32, "leverageMilli");
    u16[(at + layout.ROW_TABLE) / 2] = table;
    u32[(at + layout.ROW_LEVERAGE) / 4] = leverageMilli;
  }

  /**
   * Carries located rows out in order. A row that is not admitted changes nothing and stops nothing; at one that ends otherwise
   * (a status of layout.ts) it stops and returns its number, else `to`.
   */
  tradeRows(from: number, to: number): number {
    this.current();
    const stopped = this.exports.tradeRows(requireHandle(from, "from"), requireHandle(to, "to"));
    this.views.refresh();
    return stopped >>> 0;
  }

  /** Traded: the leg, -1 where it was closed, or a status of layout.ts below that. */
  rowStatus(row: number): number {
    return this.views.i32[(address(row) + layout.ROW_STATUS) / 4] as number;
  }

  /** Traded: the fee. */
  rowFee(row: number): number | bigint {
    return this.views.amount(address(row) + layout.ROW_FEE);
  }

  /** Traded: the realized result. */
  rowRealized(row: number): number | bigint {
    return this.views.amount(address(row) + layout.ROW_REALIZED);
  }

  /** The same, as the two halves of a 64-bit integer, low first, at `halves[2 · place]`. */
  copyRealized(row: number, halves: Int32Array, place: number): void {
    const at = (address(row) + layout.ROW_REALIZED) / 4;
    halves[2 * place] = this.views.i32[at] as number;
    halves[2 * place + 1] = this.views.i32[at + 1] as number;
  }
}
