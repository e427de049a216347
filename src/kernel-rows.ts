// Trades by the row: the kernel's block of columns, filled and read without an object or a bigint per trade. Rows are put, the block is
// located (which pool and leg each row is on, and what the leg is), terms are set by who knows the rules, and the block is traded.
import { requireHandle } from "./arguments.ts";
import { KernelTrades } from "./kernel-trades.ts";
import * as layout from "./layout.ts";

/** Rows in the block. */
export const TRADE_ROWS: number = layout.TRADE_ROWS_COUNT;

/**
 * The block's columns: views of the kernel's memory, dead (of length 0) once it has grown. A row trades on the pool of the chain from
 * `pool` (nextOfOwner) that has the tag `tag`, where the chain has neither `notTag` nor `norTag`, and there on the leg that follows the
 * price `slot`, or on a new one. It asks for admission, without a reserve.
 */
export interface TradeRows {
  /** Signed, a safe integer other than 0. */
  readonly quantity: Float64Array;
  /** Price units. */
  readonly price: Float64Array;
  /** A safe integer: quote units or, by rate, 1e-8 of the notional. */
  readonly fee: Float64Array;
  readonly tag: Uint32Array;
  readonly notTag: Uint32Array;
  readonly norTag: Uint32Array;
  /** First of the chain, or -1. Located: the pool, or -1. */
  readonly pool: Int32Array;
  readonly slot: Uint16Array;
  /** Legs of either sign (0), longs (1) or shorts (-1). */
  readonly sign: Int8Array;
  /** The table that serves the size that results. */
  readonly table: Uint16Array;
  /** Thousandths. Located: the leg's, 0 where there is none. To trade: the one to set, 0 keeps it. */
  readonly leverage: Uint32Array;
  /** Located: the leg's signed quantity, 0 where there is none. */
  readonly held: Float64Array;
  /** Located: the leg's cost, rounded to a double. */
  readonly cost: Float64Array;
  /** Traded: the leg, -1 where it was closed, or a status of layout.ts below that. */
  readonly status: Int32Array;
  /** Traded, in quote units: 0 where it was not admitted. */
  readonly realized: BigInt64Array;
  /** Traded, as halves of 64-bit integers, low first: what was realized, the change of the cost, the fee. */
  readonly realizedHalves: Int32Array;
  readonly costChangeHalves: Int32Array;
  readonly chargedHalves: Int32Array;
}

function viewRows(buffer: ArrayBufferLike): TradeRows {
  const rows = layout.TRADE_ROWS_COUNT;
  return {
    quantity: new Float64Array(buffer, layout.ROW_QUANTITY, rows),
    price: new Float64Array(buffer, layout.ROW_PRICE, rows),
    fee: new Float64Array(buffer, layout.ROW_FEE, rows),
    tag: new Uint32Array(buffer, layout.ROW_TAG, rows),
    notTag: new Uint32Array(buffer, layout.ROW_NOT_TAG, rows),
    norTag: new Uint32Array(buffer, layout.ROW_NOR_TAG, rows),
    pool: new Int32Array(buffer, layout.ROW_POOL, rows),
    slot: new Uint16Array(buffer, layout.ROW_SLOT, rows),
    sign: new Int8Array(buffer, layout.ROW_SIGN, rows),
    table: new Uint16Array(buffer, layout.ROW_TABLE, rows),
    leverage: new Uint32Array(buffer, layout.ROW_LEVERAGE, rows),
    held: new Float64Array(buffer, layout.ROW_HELD, rows),
    cost: new Float64Array(buffer, layout.ROW_COST, rows),
    status: new Int32Array(buffer, layout.ROW_STATUS, rows),
    realized: new BigInt64Array(buffer, layout.ROW_REALIZED, rows),
    realizedHalves: new Int32Array(buffer, layout.ROW_REALIZED, 2 * rows),
    costChangeHalves: new Int32Array(buffer, layout.ROW_COST_CHANGE, 2 * rows),
    chargedHalves: new Int32Array(buffer, layout.ROW_CHARGED, 2 * rows),
  };
}

/** The half of a Kernel that trades by the row. What a row is located on is good until its pool or leg is changed by other means. */
export class KernelRows extends KernelTrades {
  #rows: TradeRows | undefined;

  /** The block, as views that live until memory grows: to be asked for again after each trade. */
  get tradeRows(): TradeRows {
    const { u8 } = this.current();
    if (this.#rows === undefined || this.#rows.quantity.length === 0) {
      this.#rows = viewRows(u8.buffer);
    }
    return this.#rows;
  }

  /** Looks up pools and legs of rows `from` to `to`, the latter excluded. */
  locateRows(from: number, to: number): void {
    this.exports.locateRows(requireHandle(from, "from"), requireHandle(to, "to"));
  }

  /**
   * Carries located rows out in order. A row that is not admitted (STATUS_BELOW_INITIAL, STATUS_LIQUIDATABLE) changes nothing and stops
   * nothing; at one that ends in any other way (STATUS_RANGE also for a row that is no trade) it stops and returns its number, else `to`.
   */
  tradeLocated(from: number, to: number, feesByRate: boolean): number {
    const flags = feesByRate ? layout.TRADE_ADMIT | layout.TRADE_FEE_RATE : layout.TRADE_ADMIT;
    requireHandle(from, "from");
    const stopped = this.exports.tradeRows(from, requireHandle(to, "to"), flags);
    this.views.refresh();
    return stopped >>> 0;
  }
}
