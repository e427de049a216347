// Sums of what a batch of trades moved, per asset; into the ledger at the end in two entries an asset.
import type { TradeRows } from "../kernel-rows.ts";
import { ExactSum } from "./exact-sum.ts";
import type { Ledger } from "./ledger.ts";

const TWO_32 = 4_294_967_296;
/** High halves of amounts below 2^51 in size. */
const SMALL_HIGH = 524_288;

/** The 64-bit integer at `halves[2 · row]`: a number below 2^51 in size, else a bigint. */
function amountAt(halves: Int32Array, row: number): number | bigint {
  const low = (halves[2 * row] as number) >>> 0;
  const high = halves[2 * row + 1] as number;
  if (high >= -SMALL_HIGH && high < SMALL_HIGH) return high * TWO_32 + low;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** What trades and fees came to. */
export class FlowSums {
  readonly #trades: ExactSum[] = [];
  readonly #fees: ExactSum[] = [];

  /** Adds a row that was traded. */
  add(asset: number, rows: TradeRows, row: number): void {
    while (this.#trades.length <= asset) {
      this.#trades.push(new ExactSum());
      this.#fees.push(new ExactSum());
    }
    const trades = this.#trades[asset] as ExactSum;
    const realized = amountAt(rows.realizedHalves, row);
    const change = amountAt(rows.costChangeHalves, row);
    const fee = amountAt(rows.chargedHalves, row);
    // ⌈signed notional⌉ of the trade, as the accounts see it: what closed at its worth, less what opened at its cost.
    if (typeof realized === "number" && typeof change === "number") trades.add(realized - change);
    else trades.add(BigInt(realized) - BigInt(change));
    if (fee !== 0) (this.#fees[asset] as ExactSum).add(-fee);
  }

  /** Enters the sums and begins anew. */
  moveTo(ledger: Ledger): void {
    for (let asset = 0; asset < this.#trades.length; asset++) {
      ledger.add(asset, "trades", (this.#trades[asset] as ExactSum).take());
      ledger.add(asset, "fees", (this.#fees[asset] as ExactSum).take());
    }
  }
}
