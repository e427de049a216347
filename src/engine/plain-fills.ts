// The plain fill, in numbers: a cross trade of an account without open orders, stops or pledged coins, clearly under every leverage cap. The
// kernel looks such fills up, reckons and judges them, a block of rows at a time. Whatever is not plain is left alone and said to be so:
// commands/fills.ts decides it then.
import type { Kernel } from "../kernel.ts";
import { TRADE_ROWS } from "../kernel-rows.ts";
import * as layout from "../layout.ts";
import { LEVERAGE_DENOMINATOR } from "../model.ts";
import { HEDGED, NO_POOL } from "./accounts.ts";
import type { FillBatch } from "./fill-batch.ts";
import { FillMarkets, OVER_CAPS, UNDER_CAPS } from "./fill-markets.ts";
import { FlowSums } from "./flow-sums.ts";
import { NO_ORDER } from "./orders.ts";
import type { EngineState } from "./state.ts";
import { NO_STOP } from "./stops.ts";

/** What became of a fill: its place in FILL_STATUSES. */
export const DONE = 0;
export const INSUFFICIENT = 1;

export const OUT_OF_RANGE = 3;

/** How a row is to be carried out: with its plain neighbours, not at all, or as the command. */
export type Decision = typeof DECIDED | typeof OVER | typeof NOT_PLAIN;
export const DECIDED = 0;
export const OVER = 1;
export const NOT_PLAIN = 2;
/** Looked up only at its turn: a row before it may change what it is on. */
export const LATER = 3;

/** Sums of a few such amounts are far from the range of an amount. */
const ORDINARY = 2 ** 60;

/** Sides of a hedged account's fill; 0 in one-way accounts. */
export const NO_SIDE = 0;
export const LONG = 1;
export const SHORT = 2;

/** Carries out the plain fills of one batch at a time, and keeps what they come to for open interest and ledger. */
export class PlainFills {
  readonly #state: EngineState;
  readonly #kernel: Kernel;
  readonly #markets: FillMarkets;
  readonly #flows: FlowSums = new FlowSums();
  readonly #pools: Int32Array = new Int32Array(TRADE_ROWS);
  readonly #flags: Uint8Array = new Uint8Array(TRADE_ROWS);

  constructor(state: EngineState) {
    this.#state = state;
    this.#kernel = state.kernel;
    this.#markets = new FillMarkets(state);
  }

  /** Ready for a batch; false where a rule of the profile is beyond this file. */
  begin(): boolean {
    const { openInterestScaling, reductions } = this.#state.rules;
    if (openInterestScaling || reductions === "noWorse") return false;
    this.#markets.refresh();
    return true;
  }

  /**
   * Looks up fills `first + from` to `first + to` (excluded) of the batch, into rows `from` to `to`, and says in `decisions` how each is to
   * be carried out. Rows marked LATER stay so, and on nothing.
   */
  lookUp(batch: FillBatch, first: number, from: number, to: number, decisions: Uint8Array): void {
    this.#put(batch, first, from, to, decisions);
    this.#kernel.locateRows(from, to);
    for (let row = from; row < to; row++) {
      if (decisions[row] === DECIDED) decisions[row] = this.#decide(row, batch, first + row);
    }
  }

  /** Puts fills into their rows: NOT_PLAIN (and the row is on nothing) or DECIDED. Numbers are not looked at yet. */
  #put(batch: FillBatch, first: number, from: number, to: number, decisions: Uint8Array): void {
    const { accounts, markets, quantities, prices, fees, liquidity } = batch;
    const { positionSides, leverages } = batch;
    const rows = this.#kernel.tradeRows;
    const columns = this.#markets;
    const [pools, flags] = [this.#pools, this.#flags];
    this.#state.accounts.gather(accounts, first + from, to - from, pools, flags);
    for (let row = from; row < to; row++) {
      const place = first + row;
      const market = markets[place] as number;
      const side = positionSides === undefined ? NO_SIDE : (positionSides[place] as number);
      const stated = leverages === undefined ? 0 : (leverages[place] as number);
      const isPlain =
        decisions[row] !== LATER &&
        market < columns.count &&
        side <= SHORT &&
        flags[row - from] === (side === NO_SIDE ? 0 : HEDGED) &&
        this.#isFree(accounts[place] as number, stated);
      if (!isPlain) {
        rows.pool[row] = NO_POOL;
        if (decisions[row] !== LATER) decisions[row] = NOT_PLAIN;
        continue;
      }
      decisions[row] = DECIDED;
      rows.pool[row] = pools[row - from] as number;
      rows.tag[row] = columns.crossTag[market] as number;
      rows.notTag[row] = columns.longTag[market] as number;
      rows.norTag[row] = columns.shortTag[market] as number;
      rows.slot[row] = columns.slot[market] as number;
      rows.sign[row] = side === SHORT ? -1 : side;
      rows.quantity[row] = quantities[place] as number;
      rows.price[row] = prices[place] as number;
      if (liquidity === undefined) rows.fee[row] = fees === undefined ? 0 : (fees[place] as number);
      else rows.fee[row] = columns.feeRate(liquidity, market);
    }
  }

  /** Nothing waits on what the account holds, and the leverage stated is one the profile knows. */
  #isFree(account: number, stated: number): boolean {
    const { orders, stops, rules } = this.#state;
    return (
      (orders.count === 0 || orders.first(account) === NO_ORDER) &&
      (stops.count === 0 || stops.first(account) === NO_STOP) &&
      !(stated !== 0 && rules.integerLeverage && stated % LEVERAGE_DENOMINATOR !== 0)
    );
  }

  /** Sets the terms of a located row, or says that it is to be refused as OUT_OF_RANGE, or is not plain after all. */
  #decide(row: number, batch: FillBatch, place: number): Decision {
    const rows = this.#kernel.tradeRows;
    // No cross pool, or an isolated position in the market.
    if (rows.pool[row] === NO_POOL) return NOT_PLAIN;
    const market = batch.markets[place] as number;
    const stated = batch.leverages === undefined ? 0 : (batch.leverages[place] as number);
    const quantity = rows.quantity[row] as number;
    const held = rows.held[row] as number;
    const after = held + quantity;
    const sign = rows.sign[row] as number;
    // A hedged side neither opens the other way round nor flips.
    if (sign !== 0 && after !== 0 && after > 0 !== sign > 0) return NOT_PLAIN;
    let leverage = stated === 0 ? (rows.leverage[row] as number) : stated;
    if (held === 0) {
      const chosen = this.#leverageOfNew(batch.accounts[place] as number, market, quantity);
      if (chosen < 0) return NOT_PLAIN;
      if (stated === 0) leverage = chosen;
    }
    const columns = this.#markets;
    const reduces = held !== 0 && held > 0 !== quantity > 0;
    const opens = !reduces || Math.abs(quantity) > Math.abs(held);
    if (opens || (stated !== 0 && after !== 0)) {
      const perUnit = columns.notionalOfUnit(market, rows.price[row] as number);
      const cost = costAfter(held, quantity, rows.cost[row] as number, perUnit);
      const verdict = columns.judge(market, after, cost, leverage);
      if (verdict !== UNDER_CAPS) {
        return verdict === OVER_CAPS && this.#isOrdinary(row, market) ? OVER : NOT_PLAIN;
      }
    }
    rows.table[row] = columns.tableHandle(market, after);
    rows.leverage[row] = leverage;
    return DECIDED;
  }

  /** True where caps are all that can be wrong with a located row: its numbers are such as a fill has, and no amount is near its range. */
  #isOrdinary(row: number, market: number): boolean {
    const rows = this.#kernel.tradeRows;
    const [quantity, price, fee] = [rows.quantity[row], rows.price[row], rows.fee[row]];
    const columns = this.#markets;
    if (!(Number.isSafeInteger(quantity) && quantity !== 0 && Number.isSafeInteger(fee)))
      return false;
    if (!columns.takesPrice(market, price as number)) return false;
    const mark = this.#kernel.mark(columns.slot[market] as number);
    const dearest = Math.max(
      columns.notionalOfUnit(market, price as number),
      mark === 0 ? Number.NaN : columns.notionalOfUnit(market, mark),
    );
    const size = Math.abs(quantity as number) + Math.abs(rows.held[row] as number);
    const collateral = Number(this.#kernel.collateral(rows.pool[row] as number));
    const amounts = [size * dearest, rows.cost[row] as number, collateral, fee as number];
    return amounts.every((amount) => Math.abs(amount) < ORDINARY);
  }

  /** Carries out located and decided rows in order; returns the row it stopped at (which is not plain after all), or `to`. */
  run(from: number, to: number, batch: FillBatch): number {
    return this.#kernel.tradeLocated(from, to, batch.liquidity !== undefined);
  }

  /** Tells of rows that were carried out. */
  finish(
    from: number,
    to: number,
    batch: FillBatch,
    first: number,
    statuses: Uint8Array,
    realizedPnl: BigInt64Array,
  ): void {
    const rows = this.#kernel.tradeRows;
    const { openInterest } = this.#state;
    const { settle } = this.#markets;
    realizedPnl.set(rows.realized.subarray(from, to), first + from);
    for (let row = from; row < to; row++) {
      if ((rows.status[row] as number) < layout.NONE) {
        statuses[first + row] = INSUFFICIENT;
        continue;
      }
      const market = batch.markets[first + row] as number;
      const held = rows.held[row] as number;
      const after = held + (rows.quantity[row] as number);
      if (held !== 0) openInterest.add(market, held, -1);
      if (after !== 0) openInterest.add(market, after, 1);
      this.#flows.add(settle[market] as number, rows, row);
    }
  }

  /** Enters what was done since the last time into the ledger. */
  settle(): void {
    this.#flows.moveTo(this.#state.ledger);
  }

  /** By the account's settings, in thousandths, 0 for none; -1 where they would isolate the new position. */
  #leverageOfNew(account: number, market: number, quantity: number): number {
    const { settings } = this.#state;
    if (settings.marginMode(account, market) === "isolated") return -1;
    return settings.leverageMilli(account, market, quantity > 0 ? "long" : "short");
  }
}

/** Size of the entry notional after the trade, in doubles. */
function costAfter(held: number, quantity: number, cost: number, perUnit: number): number {
  const after = held + quantity;
  // A new position, or one that has changed sides.
  if (held === 0 || held > 0 !== after > 0) return Math.abs(after) * perUnit;
  const paid = Math.abs(cost);
  if (held > 0 === quantity > 0) return paid + Math.abs(quantity) * perUnit;
  return paid * (Math.abs(after) / Math.abs(held));
}
