// Stops: numbers in the kernel's stop records, ids in a list by handle, and per account a doubly linked list that begins at its
// head, newest first. So an engine without stops pays nothing, an account without stops its place in the column of heads, and a stop
// its record, its id and its node in a heap. What a stop means is judged elsewhere (stop-rules.ts); this is the store.
import { isPoisoned, RiskError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import * as records from "../layout-ticks.ts";
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import type { PositionSide, StopKind } from "../types.ts";
import type { StopPrices, StopTerms } from "./stop-terms.ts";

/** No stop. */
export const NO_STOP = -1;

/** Kinds by their number in the kernel's records. */
export const STOP_KINDS: readonly StopKind[] = [
  "mark",
  "trailing",
  "marginLoss",
  "entryDeviation",
  "equity",
  "drawdown",
];

/** Fires by the equity of a cross pool, not by a price. */
export function isEquityKind(kind: StopKind): boolean {
  return kind === "equity" || kind === "drawdown";
}

/** Its trigger follows from the position's margin or entry. */
export function isResolvedKind(kind: StopKind): boolean {
  return kind === "marginLoss" || kind === "entryDeviation";
}

const INITIAL_HEADS = 64;

export class Stops {
  readonly #kernel: Kernel;
  readonly #ids: (string | undefined)[] = [];
  /** Stop + 1 by account; 0: none. */
  #first: Int32Array = new Int32Array(0);
  #placements = 0;
  #count = 0;
  readonly #ofKind: number[] = STOP_KINDS.map(() => 0);

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get count(): number {
    return this.#count;
  }

  /** How many there are of a kind. */
  countOf(kind: StopKind): number {
    return this.#ofKind[STOP_KINDS.indexOf(kind)] ?? 0;
  }

  /** Records, in the kernel's memory, and ids not counted. */
  get columnBytes(): number {
    return this.#first.byteLength;
  }

  /** Newest stop of the account, or NO_STOP. */
  first(account: number): number {
    return (this.#first[account] ?? 0) - 1;
  }

  /** The account's next older stop, or NO_STOP. */
  next(stop: number): number {
    return this.#kernel.stopLink(stop, records.STOP_NEXT);
  }

  /** The account's stop of that id, or NO_STOP. */
  find(account: number, id: string): number {
    let stop = this.first(account);
    while (stop !== NO_STOP && this.#ids[stop] !== id) stop = this.next(stop);
    return stop;
  }

  /** The account's stops in the order of placement. */
  rows(account: number): number[] {
    const rows: number[] = [];
    for (let stop = this.first(account); stop !== NO_STOP; stop = this.next(stop)) rows.push(stop);
    return rows.reverse();
  }

  /** Indices of the accounts that have stops, rising. */
  *accounts(): Generator<number, void, undefined> {
    for (let account = 0; account < this.#first.length; account++) {
      if (this.#first[account] !== 0) yield account;
    }
  }

  id(stop: number): string {
    return this.#ids[stop] ?? "";
  }

  account(stop: number): number {
    return this.#kernel.stopWord(stop, records.STOP_ACCOUNT);
  }

  kindOf(stop: number): StopKind {
    return STOP_KINDS[this.#kernel.stopKind(stop)] as StopKind;
  }

  /** Index of its market; undefined: every position of the pool. */
  marketIndex(stop: number): number | undefined {
    const market = this.#kernel.stopIndex(stop, records.STOP_MARKET);
    return market === records.NO_MARKET ? undefined : market;
  }

  /** Price slot of its market. */
  slot(stop: number): number {
    return this.#kernel.stopIndex(stop, records.STOP_SLOT);
  }

  /** Index of the settle asset. */
  assetIndex(stop: number): number {
    return this.#kernel.stopIndex(stop, records.STOP_ASSET);
  }

  /** Side of the position; means nothing where there is no market. */
  side(stop: number): PositionSide {
    return this.#kernel.stopFlag(stop, records.STOP_SHORT) ? "short" : "long";
  }

  takeProfit(stop: number): boolean {
    return this.#kernel.stopFlag(stop, records.STOP_TAKE_PROFIT);
  }

  /** Passed by a rising mark. */
  up(stop: number): boolean {
    return this.#kernel.stopFlag(stop, records.STOP_UP);
  }

  clamped(stop: number): boolean {
    return this.#kernel.stopFlag(stop, records.STOP_CLAMPED);
  }

  suspended(stop: number): boolean {
    return this.#kernel.stopFlag(stop, records.STOP_SUSPENDED);
  }

  byRate(stop: number): boolean {
    return this.#kernel.stopFlag(stop, records.STOP_BY_RATE);
  }

  /** Quantity units to close; 0: the whole position. */
  quantity(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_QUANTITY);
  }

  trigger(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_TRIGGER);
  }

  nominal(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_NOMINAL);
  }

  /** The trigger before it was clamped. */
  asked(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_ASKED);
  }

  distance(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_DISTANCE);
  }

  activation(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_ACTIVATION);
  }

  /** trailing: the best price as of the last tick, or of its placing; 0 before activation. A mark set since counts in the next tick. */
  best(stop: number): number {
    return this.#kernel.stopBest(stop);
  }

  sharePpm(stop: number): number {
    return this.#kernel.stopWord(stop, records.STOP_SHARE);
  }

  slippageE8(stop: number): number {
    return this.#kernel.stopWord(stop, records.STOP_SLIPPAGE);
  }

  floor(stop: number): bigint {
    return this.#kernel.stopAmount(stop, records.STOP_FLOOR);
  }

  reference(stop: number): bigint {
    return this.#kernel.stopAmount(stop, records.STOP_REFERENCE);
  }

  /** Its one-cancels-other partner, or NO_STOP. */
  partner(stop: number): number {
    return this.#kernel.stopLink(stop, records.STOP_PARTNER);
  }

  /** Rises with the order of placement. */
  placed(stop: number): number {
    return this.#kernel.stopNumber(stop, records.STOP_PLACED);
  }

  /** Handle of the new stop. The account must have none of that id. CAPACITY where the kernel has no room. */
  add(account: number, terms: StopTerms): number {
    const kernel = this.#kernel;
    const stop = kernel.createStop();
    try {
      this.#write(stop, terms);
      kernel.setStopWord(stop, records.STOP_ACCOUNT, account);
      kernel.setStopNumber(stop, records.STOP_PLACED, this.#placements);
      this.#arm(stop);
    } catch (error) {
      if (!isPoisoned(error)) kernel.removeStop(stop);
      throw error;
    }
    this.#placements++;
    this.#ids[stop] = terms.id;
    this.#link(stop, account);
    this.#tally(stop, 1);
    return stop;
  }

  /**
   * Removes a stop; its partner, if it has one, is left alone (stop-changes.ts). Returns what brings it back at its place in time and,
   * where all later changes were taken back before, under its old handle.
   */
  remove(stop: number): () => void {
    const kernel = this.#kernel;
    const account = this.account(stop);
    const id = this.id(stop);
    const saved = kernel.saveStop(stop);
    this.#unlink(stop);
    this.#tally(stop, -1);
    this.#ids[stop] = undefined;
    kernel.removeStop(stop);
    return () => {
      const back = kernel.createStop();
      if (back !== stop) {
        const message = "a roll-back brought a stop back elsewhere";
        throw new RiskError("INTERNAL", message, { value: `${back} for ${stop}` });
      }
      kernel.restoreStop(stop, saved);
      this.#ids[stop] = id;
      this.#link(stop, account);
      this.#tally(stop, 1);
    };
  }

  setPartner(stop: number, partner: number): void {
    this.#kernel.setStopLink(stop, records.STOP_PARTNER, partner);
  }

  setQuantity(stop: number, quantity: number): void {
    this.#kernel.setStopNumber(stop, records.STOP_QUANTITY, quantity);
  }

  prices(stop: number): StopPrices {
    return {
      trigger: this.trigger(stop),
      nominal: this.nominal(stop),
      asked: this.asked(stop),
      clamped: this.clamped(stop),
    };
  }

  /** A resolved price that has moved. */
  setPrices(stop: number, prices: StopPrices): void {
    const kernel = this.#kernel;
    kernel.disarmStop(stop);
    kernel.setStopNumber(stop, records.STOP_TRIGGER, prices.trigger);
    kernel.setStopNumber(stop, records.STOP_NOMINAL, prices.nominal);
    kernel.setStopNumber(stop, records.STOP_ASKED, prices.asked);
    kernel.setStopFlag(stop, records.STOP_CLAMPED, prices.clamped);
    this.#arm(stop);
  }

  /** A suspended stop stays where it is and fires no more until it is resumed. */
  setSuspended(stop: number, suspended: boolean): void {
    if (this.suspended(stop) === suspended) return;
    this.#kernel.setStopFlag(stop, records.STOP_SUSPENDED, suspended);
    if (suspended) this.#kernel.disarmStop(stop);
    else this.#arm(stop);
  }

  /** Arms a stop again that the kernel has taken out because it fired. */
  rearm(stop: number): void {
    this.#arm(stop);
  }

  /** The records are in the kernel's memory. */
  save(into: ColumnWriter): void {
    into.texts("stops.ids", this.#ids);
    into.column("stops.first", this.#first);
    into.json("stops.counts", { placements: this.#placements, ofKind: this.#ofKind });
  }

  /** There are none yet; the kernel has the records already. */
  load(from: ColumnReader): void {
    for (const id of from.texts("stops.ids")) this.#ids.push(id);
    this.#first = from.int32("stops.first");
    const counts = from.json<{ placements: number; ofKind: number[] }>("stops.counts");
    this.#placements = counts.placements;
    counts.ofKind.forEach((count, kind) => {
      this.#ofKind[kind] = count;
      this.#count += count;
    });
  }

  /** Stops of equity kinds wait for their pool's floor, and what no price fires for nothing. */
  #arm(stop: number): void {
    if (this.suspended(stop) || isEquityKind(this.kindOf(stop))) return;
    this.#kernel.armStop(stop);
  }

  #tally(stop: number, change: 1 | -1): void {
    const kind = this.#kernel.stopKind(stop);
    this.#ofKind[kind] = (this.#ofKind[kind] ?? 0) + change;
    this.#count += change;
  }

  #write(stop: number, terms: StopTerms): void {
    const kernel = this.#kernel;
    kernel.setStopKind(stop, STOP_KINDS.indexOf(terms.kind));
    kernel.setStopFlag(stop, records.STOP_UP, terms.up);
    kernel.setStopFlag(stop, records.STOP_BY_RATE, terms.byRate);
    kernel.setStopFlag(stop, records.STOP_SHORT, terms.side === "short");
    kernel.setStopFlag(stop, records.STOP_TAKE_PROFIT, terms.takeProfit);
    kernel.setStopFlag(stop, records.STOP_CLAMPED, terms.clamped);
    kernel.setStopFlag(stop, records.STOP_SUSPENDED, terms.suspended);
    kernel.setStopNumber(stop, records.STOP_TRIGGER, terms.trigger);
    kernel.setStopNumber(stop, records.STOP_NOMINAL, terms.nominal);
    kernel.setStopNumber(stop, records.STOP_ASKED, terms.asked);
    kernel.setStopNumber(stop, records.STOP_ACTIVATION, terms.activation);
    if (terms.activation !== 0 && terms.best === 0) {
      // Always the good side of it, wherever the mark is when it is armed.
      const short = terms.side === "short";
      kernel.setStopFlag(stop, short ? records.STOP_WAITS_DOWN : records.STOP_WAITS_UP, true);
    }
    kernel.setStopNumber(stop, records.STOP_DISTANCE, terms.distance);
    kernel.setStopNumber(stop, records.STOP_BEST, terms.best);
    kernel.setStopNumber(stop, records.STOP_QUANTITY, terms.quantity);
    kernel.setStopAmount(stop, records.STOP_FLOOR, terms.floor);
    kernel.setStopAmount(stop, records.STOP_REFERENCE, terms.reference);
    kernel.setStopWord(stop, records.STOP_SHARE, terms.sharePpm);
    kernel.setStopWord(stop, records.STOP_SLIPPAGE, terms.slippageE8);
    kernel.setStopIndex(stop, records.STOP_SLOT, terms.slot);
    kernel.setStopIndex(stop, records.STOP_MARKET, terms.market ?? records.NO_MARKET);
    kernel.setStopIndex(stop, records.STOP_ASSET, terms.asset);
    kernel.setStopLink(stop, records.STOP_PARTNER, terms.partner);
  }

  /** Lists run from the newest to the oldest, whatever was brought back. */
  #link(stop: number, account: number): void {
    const kernel = this.#kernel;
    const placed = this.placed(stop);
    if (account >= this.#first.length) {
      const first = new Int32Array(Math.max(INITIAL_HEADS, 2 * account + 2));
      first.set(this.#first);
      this.#first = first;
    }
    let newer = NO_STOP;
    let older = this.first(account);
    while (older !== NO_STOP && this.placed(older) > placed) {
      newer = older;
      older = this.next(older);
    }
    kernel.setStopLink(stop, records.STOP_NEXT, older);
    kernel.setStopLink(stop, records.STOP_PREV, newer);
    if (older !== NO_STOP) kernel.setStopLink(older, records.STOP_PREV, stop);
    if (newer === NO_STOP) this.#first[account] = stop + 1;
    else kernel.setStopLink(newer, records.STOP_NEXT, stop);
  }

  #unlink(stop: number): void {
    const kernel = this.#kernel;
    const older = this.next(stop);
    const newer = kernel.stopLink(stop, records.STOP_PREV);
    if (older !== NO_STOP) kernel.setStopLink(older, records.STOP_PREV, newer);
    if (newer === NO_STOP) this.#first[this.account(stop)] = older + 1;
    else kernel.setStopLink(newer, records.STOP_NEXT, older);
  }
}
