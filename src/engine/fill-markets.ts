// What plain fills ask of markets, as columns of numbers by market index. Entry notionals are doubles here, so a cap is only ever said to
// be respected where it is by a wide margin of their error; all else is for exact arithmetic.
import { MAX_SAFE_UNITS } from "../model.ts";
import { crossTag, isolatedTag } from "./accounts.ts";
import type { EngineMarket, EngineState, EngineTable } from "./state.ts";

/** Relative error that an entry notional in doubles may have, with much to spare; and in units. */
const DOUBT = 1e-9;
const DOUBT_UNITS = 4;
/** Entry notionals above are left to exact arithmetic. */
const LARGEST = 2 ** 60;

/** Certainly under every cap, certainly over one, or too near to be said in doubles. */
export type CapsVerdict = typeof UNDER_CAPS | typeof OVER_CAPS | typeof UNSURE_OF_CAPS;
export const UNDER_CAPS = 0;
export const OVER_CAPS = 1;
export const UNSURE_OF_CAPS = 2;

/** The caps of a table; infinite where there is none. */
interface TableCaps {
  readonly handle: number;
  readonly floors: Float64Array;
  /** Thousandths, by bracket. */
  readonly leverageMilli: Float64Array;
  /** Up to here no bracket nor the mode has anything against a leverage. */
  readonly surelyMilli: number;
  readonly notional: number;
  readonly units: number;
}

function capsOf(market: EngineMarket, table: EngineTable): TableCaps {
  const none = Number.POSITIVE_INFINITY;
  const modeCap = market.maxLeverageMilli.cross || none;
  const leverageMilli = Float64Array.from(table.table.brackets, (_, bracket) =>
    Math.min(modeCap, table.maxLeverageMilli[bracket] || none),
  );
  const last = table.caps.at(-1) ?? null;
  return {
    handle: table.handle,
    floors: Float64Array.from(table.table.brackets, ({ floor }) => Number(floor)),
    leverageMilli,
    surelyMilli: Math.min(...leverageMilli),
    notional: last === null ? none : Number(last),
    units: Math.min(MAX_SAFE_UNITS, table.toUnits ?? none),
  };
}

/** Numbers of a market side by side, one cache line of them. */
const WORDS = 8;
const UNITS = 0;
const NOTIONAL = 1;
const SURELY = 2;
const HANDLE = 3;
const FACTOR = 4;
const INVERSE = 5;
/** Floor of the second bracket, and the cap of the first. */
const SECOND_FLOOR = 6;
const FIRST_CAP = 7;
/** In place of the handle where a market has several tables. */
const SEVERAL = -1;

/** Columns by market index, as the markets are at the last refresh. */
export class FillMarkets {
  readonly #state: EngineState;
  readonly #tables: (readonly EngineTable[])[] = [];
  readonly #caps: (readonly TableCaps[])[] = [];
  #words: Float64Array = new Float64Array(0);
  slot: Uint16Array = new Uint16Array(0);
  settle: Uint32Array = new Uint32Array(0);
  crossTag: Uint32Array = new Uint32Array(0);
  longTag: Uint32Array = new Uint32Array(0);
  shortTag: Uint32Array = new Uint32Array(0);

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** True where a price is one the market takes. */
  takesPrice(market: number, price: number): boolean {
    const { maxPrice } = this.#state.markets[market] as EngineMarket;
    return Number.isInteger(price) && price >= 1 && price <= maxPrice;
  }

  get count(): number {
    return this.#tables.length;
  }

  /** Takes in markets that are new and tables that have changed hands. */
  refresh(): void {
    const { markets } = this.#state;
    if (markets.length > this.slot.length) this.#grow(markets.length);
    for (let index = 0; index < markets.length; index++) {
      const market = markets[index] as EngineMarket;
      if (this.#tables[index] !== market.tables) this.#take(market);
    }
  }

  /** Rate of the fee in units of 1e-8. */
  feeRate(liquidity: "maker" | "taker", market: number): number {
    const { makerRateE8, takerRateE8 } = this.#state.markets[market] as EngineMarket;
    return liquidity === "maker" ? makerRateE8 : takerRateE8;
  }

  /** Entry notional of one unit at a price. */
  notionalOfUnit(market: number, price: number): number {
    const factor = this.#words[market * WORDS + FACTOR] as number;
    return this.#words[market * WORDS + INVERSE] === 0 ? factor * price : factor / price;
  }

  /** Handle of the table that serves a signed quantity. */
  tableHandle(market: number, quantity: number): number {
    const handle = this.#words[market * WORDS + HANDLE] as number;
    return handle === SEVERAL ? this.#capsFor(market, quantity).handle : handle;
  }

  /** Where a signed quantity, its entry notional and a leverage (0: none) stand to the caps. */
  judge(market: number, quantity: number, cost: number, leverageMilli: number): CapsVerdict {
    const words = this.#words;
    const at = market * WORDS;
    const most = cost + cost * DOUBT + DOUBT_UNITS;
    // Each comparison is false for NaN.
    const roomy =
      Math.abs(quantity) <= (words[at + UNITS] as number) &&
      most < (words[at + NOTIONAL] as number);
    if (roomy && leverageMilli <= (words[at + SURELY] as number)) return UNDER_CAPS;
    if (
      roomy &&
      most < (words[at + SECOND_FLOOR] as number) &&
      leverageMilli <= (words[at + FIRST_CAP] as number)
    ) {
      return UNDER_CAPS;
    }
    return this.#judgeExactly(market, quantity, cost, leverageMilli);
  }

  /** By the table that serves the quantity, bracket by bracket. */
  #judgeExactly(
    market: number,
    quantity: number,
    cost: number,
    leverageMilli: number,
  ): CapsVerdict {
    const caps = this.#capsFor(market, quantity);
    const margin = cost * DOUBT + DOUBT_UNITS;
    if (!(cost + margin < LARGEST)) return UNSURE_OF_CAPS;
    if (Math.abs(quantity) > caps.units || cost - margin > caps.notional) return OVER_CAPS;
    if (cost + margin >= caps.notional) return UNSURE_OF_CAPS;
    const { floors } = caps;
    let over = true;
    let under = true;
    for (let bracket = floors.length - 1; bracket >= 0; bracket--) {
      const floor = floors[bracket] as number;
      if (floor > cost + margin) continue;
      if (leverageMilli > (caps.leverageMilli[bracket] as number)) under = false;
      else over = false;
      if (floor < cost - margin) break;
    }
    return under ? UNDER_CAPS : over ? OVER_CAPS : UNSURE_OF_CAPS;
  }

  #capsFor(market: number, quantity: number): TableCaps {
    const caps = this.#caps[market] as readonly TableCaps[];
    if (caps.length === 1) return caps[0] as TableCaps;
    const table = this.#state.tableFor(this.#state.markets[market] as EngineMarket, quantity);
    return caps.find(({ handle }) => handle === table.handle) as TableCaps;
  }

  #take(market: EngineMarket): void {
    const { index, tables, terms } = market;
    const caps = tables.map((table) => capsOf(market, table));
    const [only] = caps;
    this.#tables[index] = tables;
    this.#caps[index] = caps;
    const single = caps.length === 1 && only !== undefined;
    // With several tables nothing is sure before it is known which of them serves.
    const words = single
      ? [only.units, Math.min(LARGEST, only.notional), only.surelyMilli, only.handle]
      : [-1, -1, -1, SEVERAL];
    this.#words.set(words, index * WORDS);
    this.#words[index * WORDS + FACTOR] = Number(terms.numerator) / Number(terms.divisor);
    this.#words[index * WORDS + INVERSE] = terms.inverse ? 1 : 0;
    this.#words[index * WORDS + SECOND_FLOOR] = only?.floors[1] ?? LARGEST;
    this.#words[index * WORDS + FIRST_CAP] = only?.leverageMilli[0] ?? 0;
    this.slot[index] = market.slot;
    this.settle[index] = market.settle;
    this.crossTag[index] = crossTag(market.settle);
    this.longTag[index] = isolatedTag(index, "long");
    this.shortTag[index] = isolatedTag(index, "short");
  }

  /** Wider columns, to be filled anew. */
  #grow(count: number): void {
    const capacity = Math.max(16, 2 * count);
    this.#tables.length = 0;
    this.#words = new Float64Array(capacity * WORDS);
    this.slot = new Uint16Array(capacity);
    this.settle = new Uint32Array(capacity);
    this.crossTag = new Uint32Array(capacity);
    this.longTag = new Uint32Array(capacity);
    this.shortTag = new Uint32Array(capacity);
  }
}
