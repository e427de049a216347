// What a loader needs of a market for one row, as typed columns: a million rows name hundreds of markets in any order, and
// short arrays of plain numbers stay in the processor's cache where the markets' objects do not. A copy of the
// state at the moment of `refresh`; whoever changes a mark or adds a market refreshes or patches it.
import { costCeilNumber } from "./arithmetic.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const SEVERAL = -1;

export class MarketColumns {
  /** Price slot; an index past the last market reads undefined. */
  slot: Int32Array = new Int32Array(0);
  maxPrice: Float64Array = new Float64Array(0);
  settle: Int32Array = new Int32Array(0);
  /** Handle of the market's table, or -1 where the size of a position chooses among several. */
  table: Int32Array = new Int32Array(0);
  /** Notional at the mark of one unit of quantity, within a relative 2^-49; NaN without a mark. */
  unitNotional: Float64Array = new Float64Array(0);
  /** Slots of all markets are below it. */
  slotLimit = 0;
  /** Linear terms below 2^53; 0 where the market has none. */
  #numerator: Float64Array = new Float64Array(0);
  #divisor: Float64Array = new Float64Array(0);

  /** Copies all markets and their marks. */
  refresh(state: EngineState): void {
    const { markets, kernel } = state;
    const count = markets.length;
    this.slot = new Int32Array(count);
    this.maxPrice = new Float64Array(count);
    this.settle = new Int32Array(count);
    this.table = new Int32Array(count);
    this.unitNotional = new Float64Array(count);
    this.#numerator = new Float64Array(count);
    this.#divisor = new Float64Array(count);
    this.slotLimit = 0;
    for (const market of markets) {
      const { index, slot, terms } = market;
      this.slot[index] = slot;
      this.slotLimit = Math.max(this.slotLimit, slot + 1);
      this.maxPrice[index] = market.maxPrice;
      this.settle[index] = market.settle;
      this.table[index] = market.tables.length === 1 ? state.tableFor(market, 1).handle : SEVERAL;
      this.#numerator[index] = terms.inverse ? 0 : market.numerator;
      this.#divisor[index] = terms.inverse ? 0 : market.divisor;
      this.setMark(market, kernel.mark(slot));
    }
  }

  /** Takes over a market's mark; 0 for none. */
  setMark({ index, terms }: EngineMarket, mark: number): void {
    const up = Number(terms.numerator);
    const down = Number(terms.divisor);
    const unit = terms.inverse ? up / (mark * down) : (mark * up) / down;
    this.unitNotional[index] = mark === 0 ? Number.NaN : unit;
  }

  /** Signed entry notional rounded up, or NaN where plain numbers cannot prove it. The market exists. */
  costCeil(market: number, quantity: number, price: number): number {
    return costCeilNumber(
      this.#numerator[market] as number,
      this.#divisor[market] as number,
      quantity,
      price,
    );
  }
}
