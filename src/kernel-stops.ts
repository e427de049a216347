// The stops of the boundary: records in the kernel's memory, read and written by field, and armed as triggers that a tick takes out when
// its marks pass them. The kernel only knows prices; what a stop is for and what becomes of it is the facade's.
import {
  MAX_U32,
  requireBigint,
  requireBoolean,
  requireHandle,
  requireInteger,
} from "./arguments.ts";
import { KernelRows } from "./kernel-rows.ts";
import * as layout from "./layout.ts";
import * as records from "./layout-ticks.ts";
import { MAX_AMOUNT } from "./model.ts";

/** Fields that hold a whole number from 0 to 2^53 - 1: prices in price units, a quantity, a count. */
export type StopNumber =
  | typeof records.STOP_TRIGGER
  | typeof records.STOP_ACTIVATION
  | typeof records.STOP_DISTANCE
  | typeof records.STOP_BEST
  | typeof records.STOP_QUANTITY
  | typeof records.STOP_NOMINAL
  | typeof records.STOP_ASKED
  | typeof records.STOP_PLACED;
/** Fields that hold a signed 64-bit amount. */
export type StopAmount = typeof records.STOP_FLOOR | typeof records.STOP_REFERENCE;
/** Fields that hold an unsigned 32-bit number. */
export type StopWord =
  | typeof records.STOP_SHARE
  | typeof records.STOP_SLIPPAGE
  | typeof records.STOP_ACCOUNT;
/** Fields that hold the handle of a stop, or -1. */
export type StopLink =
  | typeof records.STOP_NEXT
  | typeof records.STOP_PREV
  | typeof records.STOP_PARTNER;
/** Fields that hold an unsigned 16-bit number. */
export type StopIndex =
  | typeof records.STOP_SLOT
  | typeof records.STOP_MARKET
  | typeof records.STOP_ASSET;
/** Flags that are the facade's to set; STOP_WAITS_*, which side an activation price is reached from, only if it knows better than the mark. */
export type StopFlag =
  | typeof records.STOP_WAITS_UP
  | typeof records.STOP_WAITS_DOWN
  | typeof records.STOP_UP
  | typeof records.STOP_BY_RATE
  | typeof records.STOP_SHORT
  | typeof records.STOP_TAKE_PROFIT
  | typeof records.STOP_CLAMPED
  | typeof records.STOP_SUSPENDED;

const MAX_HANDLE = 2 ** 31 - 1;
const MAX_RATE_PPM = 999_999;

/**
 * A Kernel that holds stops. STOP_TRIGGER and STOP_UP are read when a stop is armed: after a change call {@link armStop} again.
 */
export class KernelStops extends KernelRows {
  /** A disarmed stop of kind 0: numbers 0, links -1, no market. The handle freed last is used first. */
  createStop(): number {
    return this.handle(this.exports.createStop(), "stop", -1);
  }

  /** Disarms it first. */
  removeStop(stop: number): void {
    this.done(this.exports.removeStop(requireHandle(stop, "stop")), "stop", stop);
  }

  /**
   * Makes ticks look at it. Of kind trailing: with STOP_BEST set it follows from that price; else it waits for the mark to reach
   * STOP_ACTIVATION (from whichever side it is on now); without either it follows from the mark. Of any other kind: it waits at
   * STOP_TRIGGER, upward where STOP_UP is set; a trigger of 0 is never reached and not armed. A stop that is passed already fires in the
   * next tick, whatever that moves. An armed stop is disarmed and armed anew. CAPACITY where memory does not suffice, NO_MARK where
   * a trailing stop has no price to begin from.
   */
  armStop(stop: number): void {
    const at = this.stopAddress(stop);
    const { f64, u8, u16 } = this.views;
    const slot = u16[(at + records.STOP_SLOT) / 2] as number;
    if (u8[at + records.STOP_KIND] === records.STOP_KIND_TRAILING) {
      this.views.price(slot);
      const most = this.stopFlag(stop, records.STOP_BY_RATE)
        ? MAX_RATE_PPM
        : Number.MAX_SAFE_INTEGER;
      requireInteger(f64[(at + records.STOP_DISTANCE) / 8] as number, 1, most, "distance");
    } else if (f64[(at + records.STOP_TRIGGER) / 8] !== 0) {
      this.views.price(slot);
    }
    this.done(this.exports.armStop(stop), "stop", stop);
  }

  /** Ticks no longer look at it. The best price of a trailing stop is kept in STOP_BEST: arming it again goes on from there. */
  disarmStop(stop: number): void {
    this.done(this.exports.disarmStop(requireHandle(stop, "stop")), "stop", stop);
  }

  stopArmed(stop: number): boolean {
    return this.views.i32[(this.stopAddress(stop) + records.STOP_NODE) / 4] !== layout.NONE;
  }

  /**
   * Best price of a trailing stop as of the last tick of its slot (or its arming), 0 where it does not follow yet. Marks set outside
   * ticks count once a tick moves on from them.
   */
  stopBest(stop: number): number {
    this.stopAddress(stop);
    return this.exports.stopBest(stop);
  }

  get stopCount(): number {
    return this.current().header(layout.HEADER_LIVE_STOPS);
  }

  // ── fields ────────────────────────────────────────────────────────────────────────────────────────

  stopNumber(stop: number, field: StopNumber): number {
    return this.views.f64[(this.stopAddress(stop) + field) / 8] as number;
  }

  /** What a trailing stop is armed by (STOP_ACTIVATION, STOP_DISTANCE, STOP_BEST) only while the stop is disarmed. */
  setStopNumber(stop: number, field: StopNumber, value: number): void {
    const at = this.stopAddress(stop);
    requireInteger(value, 0, Number.MAX_SAFE_INTEGER, "value");
    if (field === records.STOP_ACTIVATION) {
      this.#requireDisarmed(stop);
      const flags = (at + records.STOP_FLAGS) / 4;
      const waits = records.STOP_WAITS_UP | records.STOP_WAITS_DOWN;
      this.views.u32[flags] = (this.views.u32[flags] as number) & ~waits;
    } else if (field === records.STOP_DISTANCE || field === records.STOP_BEST) {
      this.#requireDisarmed(stop);
    }
    this.views.f64[(at + field) / 8] = value;
  }

  stopAmount(stop: number, field: StopAmount): bigint {
    return this.views.i64[(this.stopAddress(stop) + field) / 8] as bigint;
  }

  setStopAmount(stop: number, field: StopAmount, value: bigint): void {
    const at = this.stopAddress(stop);
    requireBigint(value, -MAX_AMOUNT - 1n, MAX_AMOUNT, "value");
    this.views.i64[(at + field) / 8] = value;
  }

  stopWord(stop: number, field: StopWord): number {
    return this.views.u32[(this.stopAddress(stop) + field) / 4] as number;
  }

  setStopWord(stop: number, field: StopWord, value: number): void {
    const at = this.stopAddress(stop);
    requireInteger(value, 0, MAX_U32, "value");
    this.views.u32[(at + field) / 4] = value;
  }

  stopLink(stop: number, field: StopLink): number {
    return this.views.i32[(this.stopAddress(stop) + field) / 4] as number;
  }

  setStopLink(stop: number, field: StopLink, value: number): void {
    const at = this.stopAddress(stop);
    requireInteger(value, layout.NONE, MAX_HANDLE, "value");
    this.views.i32[(at + field) / 4] = value;
  }

  stopIndex(stop: number, field: StopIndex): number {
    return this.views.u16[(this.stopAddress(stop) + field) / 2] as number;
  }

  /** STOP_SLOT only while the stop is disarmed. */
  setStopIndex(stop: number, field: StopIndex, value: number): void {
    const at = this.stopAddress(stop);
    requireInteger(value, 0, 65_535, "value");
    if (field === records.STOP_SLOT) this.#requireDisarmed(stop);
    this.views.u16[(at + field) / 2] = value;
  }

  /** The facade's number of the kind; STOP_KIND_TRAILING is the one the kernel knows. */
  stopKind(stop: number): number {
    return this.views.u8[this.stopAddress(stop) + records.STOP_KIND] as number;
  }

  /** Only while the stop is disarmed. */
  setStopKind(stop: number, kind: number): void {
    const at = this.stopAddress(stop);
    requireInteger(kind, 0, 255, "kind");
    this.#requireDisarmed(stop);
    this.views.u8[at + records.STOP_KIND] = kind;
  }

  stopFlag(stop: number, flag: StopFlag): boolean {
    const flags = this.views.u32[(this.stopAddress(stop) + records.STOP_FLAGS) / 4] as number;
    return (flags & flag) !== 0;
  }

  /** STOP_SHORT and STOP_BY_RATE only while the stop is disarmed. */
  setStopFlag(stop: number, flag: StopFlag, on: boolean): void {
    const at = (this.stopAddress(stop) + records.STOP_FLAGS) / 4;
    requireBoolean(on, "on");
    if (flag === records.STOP_SHORT || flag === records.STOP_BY_RATE) this.#requireDisarmed(stop);
    const flags = this.views.u32[at] as number;
    this.views.u32[at] = on ? flags | flag : flags & ~flag;
  }

  // ── whole records ─────────────────────────────────────────────────────────────────────────────────

  /** Everything there is to say of a stop, for {@link restoreStop}. */
  saveStop(stop: number): Uint8Array {
    const at = this.stopAddress(stop);
    const best = this.stopBest(stop);
    const saved = this.views.u8.slice(at, at + records.STOP_BYTES);
    new DataView(saved.buffer).setFloat64(records.STOP_BEST, best, true);
    return saved;
  }

  /**
   * Makes a live stop what one was when it was saved, armed or not: for roll-backs. A stop that was removed meanwhile is created anew
   * first; where changes are undone in reverse order it gets its handle back.
   */
  restoreStop(stop: number, saved: Uint8Array): void {
    const at = this.stopAddress(stop);
    if (saved.length !== records.STOP_BYTES) throw new RangeError("not a saved stop");
    this.disarmStop(stop);
    const { u8, i32 } = this.views;
    u8.set(saved, at);
    const node = (at + records.STOP_NODE) / 4;
    const armed = i32[node] !== layout.NONE;
    i32[node] = layout.NONE;
    i32[(at + records.STOP_GROUP) / 4] = layout.NONE;
    if (armed) this.armStop(stop);
  }

  #requireDisarmed(stop: number): void {
    if (this.stopArmed(stop)) throw new RangeError(`stop ${stop} is armed: disarm it first`);
  }

  /** Of a live stop; a dead or foreign handle is a RangeError. */
  protected stopAddress(stop: number): number {
    const views = this.current();
    requireHandle(stop, "stop");
    if (stop < views.header(layout.HEADER_TOP_STOP)) {
      const chunk = views.u32[layout.STOP_DIRECTORY / 4 + (stop >>> records.STOP_SHIFT)] as number;
      const at = chunk + (stop & records.STOP_MASK) * records.STOP_BYTES;
      if (((views.u32[(at + records.STOP_FLAGS) / 4] as number) & records.STOP_LIVE) !== 0)
        return at;
    }
    throw new RangeError(`no live stop has the handle ${stop}`);
  }
}
