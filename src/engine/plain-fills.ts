// The plain fill, in numbers: a cross trade of an account without open orders or pledged coins, clearly under every leverage cap. The
// kernel reckons and judges it in one call. Whatever is not plain is left alone and said to be so: commands/fills.ts decides it then.
import type { Kernel } from "../kernel.ts";
import { TRADE_ROWS } from "../kernel-rows.ts";
import * as layout from "../layout.ts";
import { LEVERAGE_DENOMINATOR, MAX_SAFE_UNITS } from "../model.ts";
import { crossTag, isolatedTag, NO_POOL } from "./accounts.ts";
import { FlowSums } from "./flow-sums.ts";
import { NO_ORDER } from "./orders.ts";
import type { EngineMarket, EngineState, EngineTable } from "./state.ts";

/** What became of a fill: its place in FILL_STATUSES. */
export const DONE = 0;
export const INSUFFICIENT = 1;

/** Sides of a hedged account's fill; 0 in one-way accounts. */
export const NO_SIDE = 0;
export const LONG = 1;
export const SHORT = 2;

/** Relative error that an entry notional in doubles may have, with much to spare; and in units. */
const DOUBT = 1e-9;
const DOUBT_UNITS = 4;
/** Entry notionals above are left to exact arithmetic. */
const LARGEST = 2 ** 60;

/** The caps of a table as numbers; 0: none. */
interface TableCaps {
  readonly handle: number;
  readonly floors: Float64Array;
  readonly leverageMilli: readonly number[];
  /** Infinity: none. */
  readonly notional: number;
  readonly units: number;
}

/** What a fill asks of its market, as numbers. */
interface PlainMarket {
  readonly market: EngineMarket;
  /** Those that the rest was taken from: setTiers puts others in their place. */
  readonly tables: readonly EngineTable[];
  readonly slot: number;
  readonly crossTag: number;
  readonly longTag: number;
  readonly shortTag: number;
  /** Entry notional: units · price · factor (linear) or units · factor / price (inverse). */
  readonly factor: number;
  readonly inverse: boolean;
  readonly caps: readonly TableCaps[];
}

function readCaps({ handle, table, maxLeverageMilli, caps, toUnits }: EngineTable): TableCaps {
  const last = caps.at(-1) ?? null;
  return {
    handle,
    floors: Float64Array.from(table.brackets, ({ floor }) => Number(floor)),
    leverageMilli: maxLeverageMilli,
    notional: last === null ? Number.POSITIVE_INFINITY : Number(last),
    units: toUnits ?? Number.POSITIVE_INFINITY,
  };
}

function readMarket(market: EngineMarket): PlainMarket {
  const { tables, slot, settle, index, terms } = market;
  return {
    market,
    tables,
    slot,
    crossTag: crossTag(settle),
    longTag: isolatedTag(index, "long"),
    shortTag: isolatedTag(index, "short"),
    factor: Number(terms.numerator) / Number(terms.divisor),
    inverse: terms.inverse,
    caps: tables.map(readCaps),
  };
}

/** True where size, entry notional and leverage are certainly under every cap: those of each bracket the entry notional may be in. */
function underCaps(
  market: EngineMarket,
  caps: TableCaps,
  size: number,
  cost: number,
  leverageMilli: number,
): boolean {
  if (!(size <= MAX_SAFE_UNITS && size <= caps.units)) return false;
  const margin = cost * DOUBT + DOUBT_UNITS;
  if (!(cost + margin < LARGEST && cost + margin < caps.notional)) return false;
  if (leverageMilli === 0) return true;
  const modeCap = market.maxLeverageMilli.cross;
  if (modeCap !== 0 && leverageMilli > modeCap) return false;
  const { floors } = caps;
  for (let bracket = floors.length - 1; bracket >= 0; bracket--) {
    const floor = floors[bracket] as number;
    if (floor > cost + margin) continue;
    const cap = caps.leverageMilli[bracket] ?? 0;
    if (cap !== 0 && leverageMilli > cap) return false;
    if (floor < cost - margin) break;
  }
  return true;
}

/** Carries out plain fills, a block of the kernel's rows at a time, and keeps what they come to for open interest and ledger. */
export class PlainFills {
  readonly #state: EngineState;
  readonly #kernel: Kernel;
  readonly #wholeLeverage: boolean;
  readonly #markets: PlainMarket[] = [];
  readonly #flows: FlowSums = new FlowSums();
  /** Of the block: account, market and stated leverage of each row. */
  readonly #rowAccount: Uint32Array = new Uint32Array(TRADE_ROWS);
  readonly #rowMarket: PlainMarket[] = [];
  readonly #rowLeverage: Uint32Array = new Uint32Array(TRADE_ROWS);

  constructor(state: EngineState) {
    this.#state = state;
    this.#kernel = state.kernel;
    this.#wholeLeverage = state.rules.integerLeverage;
  }

  /** True where no rule of the profile is beyond this file. */
  get possible(): boolean {
    const { openInterestScaling, reductions } = this.#state.rules;
    return !openInterestScaling && reductions !== "noWorse";
  }

  /**
   * Puts a fill into a row; false (and the row is on nothing) where it is not plain. Any numbers may come in. `fee` is an amount or,
   * `byRate`, in units of 1e-8 of the notional; leverage 0: none stated.
   */
  put(
    row: number,
    account: number,
    market: number,
    quantity: number,
    price: number,
    side: number,
    fee: number,
    byRate: boolean,
    leverageMilli: number,
  ): boolean {
    const { accounts, orders } = this.#state;
    const plain = this.#market(market);
    const isPlain =
      plain !== undefined &&
      Number.isSafeInteger(quantity) &&
      quantity !== 0 &&
      Number.isInteger(price) &&
      price >= 1 &&
      price <= plain.market.maxPrice &&
      Number.isSafeInteger(fee) &&
      side <= SHORT &&
      accounts.hedged(account) === (side !== NO_SIDE) &&
      !accounts.multiAsset(account) &&
      orders.first(account) === NO_ORDER &&
      !(this.#wholeLeverage && leverageMilli % LEVERAGE_DENOMINATOR !== 0);
    if (!isPlain) {
      this.#kernel.clearRow(row);
      return false;
    }
    this.#rowAccount[row] = account;
    this.#rowMarket[row] = plain;
    this.#rowLeverage[row] = leverageMilli;
    this.#kernel.putRow(
      row,
      accounts.firstPool(account),
      plain.crossTag,
      plain.longTag,
      plain.shortTag,
      plain.slot,
      side === NO_SIDE ? 0 : side === LONG ? 1 : -1,
      quantity,
      price,
      fee,
      byRate,
    );
    return true;
  }

  /** Puts nothing into a row. */
  clear(row: number): void {
    this.#kernel.clearRow(row);
  }

  /** Looks up what rows `from` to `to` (excluded) are on. */
  locate(from: number, to: number): void {
    this.#kernel.locateRows(from, to);
  }

  /** Sets the terms of a located row; false where the fill is not plain after all. `side` and `quantity` are those that were put. */
  decide(row: number, side: number, quantity: number, price: number): boolean {
    const kernel = this.#kernel;
    // No cross pool, or an isolated position in the market.
    if (kernel.rowPool(row) === NO_POOL) return false;
    const plain = this.#rowMarket[row] as PlainMarket;
    const held = kernel.rowHeld(row);
    const after = held + quantity;
    // A hedged side neither opens the other way round nor flips.
    if (side !== NO_SIDE && after !== 0 && after > 0 !== (side === LONG)) return false;
    const stated = this.#rowLeverage[row] as number;
    const leverageMilli = held === 0 ? this.#leverageOfNew(row, quantity) : kernel.rowLeverage(row);
    if (leverageMilli < 0) return false;
    const leverage = stated === 0 ? leverageMilli : stated;
    const caps = this.#capsFor(plain, after);
    const reduces = held !== 0 && held > 0 !== quantity > 0;
    const opens = !reduces || Math.abs(quantity) > Math.abs(held);
    if (opens || (stated !== 0 && after !== 0)) {
      const cost = this.#costAfter(row, plain, quantity, price);
      if (!underCaps(plain.market, caps, Math.abs(after), cost, leverage)) return false;
    }
    kernel.setRowTerms(row, caps.handle, leverage);
    return true;
  }

  /** Carries out located and decided rows in order; returns the row it stopped at (which is not plain after all), or `to`. */
  run(from: number, to: number): number {
    return this.#kernel.tradeRows(from, to);
  }

  /** DONE or INSUFFICIENT, of a row that was carried out; its result goes to `halves[2 · place]`. */
  finish(row: number, quantity: number, halves: Int32Array, place: number): number {
    const kernel = this.#kernel;
    if (kernel.rowStatus(row) < layout.NONE) return INSUFFICIENT;
    const { openInterest } = this.#state;
    const { index, settle } = (this.#rowMarket[row] as PlainMarket).market;
    const held = kernel.rowHeld(row);
    const after = held + quantity;
    if (held !== 0) openInterest.add(index, held, -1);
    if (after !== 0) openInterest.add(index, after, 1);
    const realized = kernel.rowRealized(row);
    if (realized !== 0) kernel.copyRealized(row, halves, place);
    this.#flows.add(settle, difference(realized, kernel.rowCost(row)), kernel.rowFee(row));
    return DONE;
  }

  /** Enters what was done since the last time into the ledger. */
  settle(): void {
    this.#flows.moveTo(this.#state.ledger);
  }

  /** undefined where there is no such market or no mark yet. */
  #market(index: number): PlainMarket | undefined {
    const market = this.#state.markets[index];
    if (market === undefined) return undefined;
    let plain = this.#markets[index];
    if (plain?.tables !== market.tables) {
      plain = readMarket(market);
      this.#markets[index] = plain;
    }
    return this.#kernel.mark(plain.slot) === 0 ? undefined : plain;
  }

  #capsFor(plain: PlainMarket, quantity: number): TableCaps {
    const { caps, tables, market } = plain;
    const place = caps.length === 1 ? 0 : tables.indexOf(this.#state.tableFor(market, quantity));
    return caps[place] as TableCaps;
  }

  /** By the account's settings, in thousandths, 0 for none; -1 where they would isolate the new position. */
  #leverageOfNew(row: number, quantity: number): number {
    const { settings } = this.#state;
    const account = this.#rowAccount[row] as number;
    const { index } = (this.#rowMarket[row] as PlainMarket).market;
    if (settings.marginMode(account, index) === "isolated") return -1;
    return settings.leverageMilli(account, index, quantity > 0 ? "long" : "short");
  }

  /** Size of the entry notional after the trade, in doubles. */
  #costAfter(row: number, plain: PlainMarket, quantity: number, price: number): number {
    const { factor, inverse } = plain;
    const perUnit = inverse ? factor / price : factor * price;
    const held = this.#kernel.rowHeld(row);
    const after = held + quantity;
    // A new position, or one that has changed sides.
    if (held === 0 || held > 0 !== after > 0) return Math.abs(after) * perUnit;
    const paid = Math.abs(Number(this.#kernel.rowCost(row)));
    if (held > 0 === quantity > 0) return paid + Math.abs(quantity) * perUnit;
    return paid * (Math.abs(after) / Math.abs(held));
  }
}

function difference(first: number | bigint, second: number | bigint): number | bigint {
  // Both are below 2^52 in size where they are numbers.
  if (typeof first === "number" && typeof second === "number") return first - second;
  return BigInt(first) - BigInt(second);
}
