// Trades at the boundary: one trade on one leg of one pool, reckoned and (where asked) judged by the kernel. Once as a request with a
// typed result, and once by the row, without a single object, for who carries out a million (kernel-rows.ts).
import {
  AmountHalves,
  MAX_U32,
  requireHandle,
  requireInteger,
  requireQuantity,
} from "./arguments.ts";
import { KernelBook } from "./kernel-book.ts";
import * as layout from "./layout.ts";
import { FEE_DENOMINATOR, MAX_SAFE_UNITS } from "./model.ts";

/** A trade on one leg; docs/accounts.md has the roundings. */
export interface LegTrade {
  readonly pool: number;
  /** The pool's leg that follows `priceSlot`; absent or -1: a new one. */
  readonly leg?: number;
  readonly priceSlot: number;
  /** The table that serves the size that results. */
  readonly table: number;
  /** Signed safe integer other than 0; one beyond the leg on its other side closes it and opens the rest. */
  readonly quantity: number;
  /** Price units, 1 to the slot's largest price. */
  readonly price: number;
  /** Thousandths; absent or 0 keeps the leg's. */
  readonly leverageMilli?: number;
  /** Taken from the pool's collateral, in quote units; negative: paid into it. */
  readonly fee?: bigint | number;
  /** Instead of `fee`: ⌈notional · rate / 1e8⌉ of each part that closes or opens, -1e8 to 1e8. */
  readonly feeRateE8?: number;
  /** Refuse what opens or increases where the pool could not carry it. */
  readonly admit?: boolean;
  /** With `admit`: equity must reach the initial margin and this much more. */
  readonly reserve?: bigint | number;
  /** The collateral stays as it is: neither result nor fee moves. */
  readonly legOnly?: boolean;
}

/** What a trade came to, in quote units. */
export interface LegTradeResult {
  /** The leg, or null where the trade closed it. */
  readonly leg: number | null;
  /** Signed, after the trade. */
  readonly quantity: number;
  /** ⌊signed value of what was closed⌋ less the cost that went with it. */
  readonly realized: bigint;
  /** Of the leg; a cost that went with the part that closed is negative here. */
  readonly costChange: bigint;
  readonly fee: bigint;
}

function requireTrade(
  pool: number,
  leg: number,
  priceSlot: number,
  table: number,
  quantity: number,
  price: number,
  leverageMilli: number,
): void {
  requireHandle(pool, "pool");
  if (leg !== layout.NONE) requireHandle(leg, "leg");
  requireHandle(priceSlot, "slot");
  requireHandle(table, "table");
  requireQuantity(quantity);
  requireInteger(price, 1, MAX_SAFE_UNITS, "price");
  requireInteger(leverageMilli, 0, MAX_U32, "leverageMilli");
}

/** The trading half of a Kernel. */
export class KernelTrades extends KernelBook {
  readonly #fee = new AmountHalves();
  readonly #reserve = new AmountHalves();

  /**
   * Carries out a trade, or changes nothing.
   *
   * @throws RiskError BELOW_INITIAL_MARGIN or WOULD_LIQUIDATE where it was to be admitted and is not, VALUE_OUT_OF_RANGE where a size,
   * notional, cost or collateral does not fit, NO_MARK, CAPACITY; RangeError where the leg is not the pool's or follows another price
   */
  trade(order: LegTrade): LegTradeResult {
    this.current();
    const { pool, leg = layout.NONE, priceSlot, table, feeRateE8 } = order;
    this.#reserve.set(order.reserve ?? 0, "reserve");
    let flags = order.admit === true ? layout.TRADE_ADMIT : 0;
    if (order.legOnly === true) flags |= layout.TRADE_LEG_ONLY;
    if (feeRateE8 === undefined) this.#fee.set(order.fee ?? 0, "fee");
    else this.#setFeeRate(feeRateE8);
    if (feeRateE8 !== undefined) flags |= layout.TRADE_FEE_RATE;
    const { quantity, price, leverageMilli = 0 } = order;
    requireTrade(pool, leg, priceSlot, table, quantity, price, leverageMilli);
    const done = this.exports.trade(
      pool,
      leg,
      priceSlot,
      table,
      quantity,
      price,
      leverageMilli,
      this.#fee.low,
      this.#fee.high,
      this.#reserve.low,
      this.#reserve.high,
      flags,
    );
    this.views.refresh();
    if (done < layout.NONE) {
      // The export says only that one of the four is missing: these say which.
      if (done === layout.STATUS_NO_RECORD) {
        this.views.pool(pool);
        this.views.price(priceSlot);
        this.views.table(table);
      }
      throw this.failure(done, leg >= 0 ? "leg" : "pool", leg >= 0 ? leg : pool);
    }
    const { i64, f64 } = this.views;
    return {
      leg: done === layout.NONE ? null : done,
      quantity: f64[(layout.RESULT + layout.RESULT_TRADE_QUANTITY) / 8] as number,
      realized: i64[(layout.RESULT + layout.RESULT_TRADE_REALIZED) / 8] as bigint,
      costChange: i64[(layout.RESULT + layout.RESULT_TRADE_COST) / 8] as bigint,
      fee: i64[(layout.RESULT + layout.RESULT_TRADE_FEE) / 8] as bigint,
    };
  }

  #setFeeRate(rateE8: number): void {
    requireInteger(rateE8, -FEE_DENOMINATOR, FEE_DENOMINATOR, "feeRateE8");
    this.#fee.set(rateE8, "feeRateE8");
  }
}
