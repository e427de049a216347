// Stops in the kernel against stops that are looked at one by one: whatever is placed, taken back, armed anew and ticked, the same stops
// fire in the same ticks with the same best prices, and memory is what the live ones take. In both builds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import * as records from "../../src/layout-ticks.ts";
import { BUILDS } from "../support/builds.ts";
import { runs } from "../support/runs.ts";
import { ModelStop, type StopTerms } from "../support/stop-model.ts";

const SLOTS = 3;
const MAX_PRICE = Number.MAX_SAFE_INTEGER;

/** Reads what the boundary does not show. */
class Probe extends Kernel {
  get liveNodes(): number {
    return this.current().header(layout.HEADER_LIVE_NODES);
  }

  get nodesEver(): number {
    return this.current().header(layout.HEADER_TOP_NODE);
  }
}

function placeTerms(kernel: Kernel, stop: number, terms: StopTerms, best: number): void {
  kernel.setStopIndex(stop, records.STOP_SLOT, terms.slot);
  kernel.setStopKind(stop, terms.trailing ? records.STOP_KIND_TRAILING : 0);
  kernel.setStopFlag(stop, records.STOP_UP, terms.up);
  kernel.setStopFlag(stop, records.STOP_SHORT, terms.short);
  kernel.setStopFlag(stop, records.STOP_BY_RATE, terms.byRate);
  kernel.setStopNumber(stop, records.STOP_TRIGGER, terms.trigger);
  kernel.setStopNumber(stop, records.STOP_ACTIVATION, terms.activation);
  kernel.setStopNumber(stop, records.STOP_DISTANCE, terms.distance);
  kernel.setStopNumber(stop, records.STOP_BEST, best);
}

/** The kernel and the model side by side; every method does one thing to both. */
class Twin {
  readonly kernel: Probe;
  readonly marks: number[] = [];
  readonly stops: Map<number, ModelStop> = new Map();
  peak = 0;

  constructor(wasm: Uint8Array | undefined, mark: number) {
    this.kernel = new Probe(wasm === undefined ? {} : { wasm });
    this.kernel.enableTriggers();
    for (let slot = 0; slot < SLOTS; slot++) {
      expect(this.kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n })).toBe(slot);
      this.setMark(slot, mark);
    }
  }

  mark(slot: number): number {
    return this.marks[slot] ?? 0;
  }

  setMark(slot: number, price: number): void {
    this.marks[slot] = price;
    this.kernel.setMark(slot, price);
  }

  place(terms: StopTerms, best: number): number {
    const stop = this.kernel.createStop();
    expect(this.stops.has(stop)).toBe(false);
    placeTerms(this.kernel, stop, terms, best);
    this.stops.set(stop, new ModelStop(terms, best));
    this.arm(stop);
    return stop;
  }

  arm(stop: number): void {
    this.kernel.armStop(stop);
    const model = this.stops.get(stop);
    model?.arm(this.mark(model.terms.slot));
    this.peak = Math.max(this.peak, [...this.stops.values()].filter(({ armed }) => armed).length);
  }

  disarm(stop: number): void {
    this.kernel.disarmStop(stop);
    const model = this.stops.get(stop);
    if (model !== undefined) model.armed = false;
  }

  remove(stop: number): void {
    this.kernel.removeStop(stop);
    this.stops.delete(stop);
  }

  /** Takes a stop away and back, as a roll-back does. */
  rollBack(stop: number): void {
    const saved = this.kernel.saveStop(stop);
    this.kernel.removeStop(stop);
    expect(this.kernel.createStop()).toBe(stop);
    this.kernel.restoreStop(stop, saved);
  }

  tick(slots: readonly number[], prices: readonly number[]): number[] {
    const count = this.kernel.tick(slots, prices, slots.length);
    const fired = Array.from({ length: count }, (_, index) => this.kernel.firedStop(index));
    slots.forEach((slot, row) => {
      for (const model of this.stops.values()) {
        if (model.terms.slot !== slot) continue;
        model.follow(this.mark(slot));
        model.follow(prices[row] ?? 0);
      }
      this.marks[slot] = prices[row] ?? 0;
    });
    const met = [...this.stops].filter(([, model]) => model.meet(this.mark(model.terms.slot)));
    expect([...fired].sort((a, b) => a - b)).toEqual(
      met.map(([stop]) => stop).sort((a, b) => a - b),
    );
    this.kernel.wake();
    return fired;
  }

  expectState(): void {
    const { kernel } = this;
    expect(kernel.stopCount).toBe(this.stops.size);
    let [armed, groups] = [0, 0];
    const bests = new Set<string>();
    for (const [stop, { terms, armed: isArmed, best }] of this.stops) {
      expect([kernel.stopArmed(stop), kernel.stopBest(stop)]).toEqual([isArmed, best]);
      if (!isArmed) continue;
      armed++;
      if (!terms.trailing) continue;
      groups++;
      bests.add(`${terms.slot} ${terms.short} ${terms.byRate} ${best === 0 ? stop : best}`);
    }
    // A group for each best price at least (those that wait have one ready), for each stop at most.
    expect(kernel.liveNodes).toBeGreaterThanOrEqual(armed + 2 * bests.size);
    expect(kernel.liveNodes).toBeLessThanOrEqual(armed + 2 * groups);
    expect(kernel.nodesEver).toBeLessThanOrEqual(3 * this.peak);
  }
}

interface Step {
  readonly kind: number;
  readonly pick: number;
  readonly terms: StopTerms;
  readonly best: number;
  readonly slots: readonly number[];
  readonly prices: readonly number[];
}

/** Histories whose prices come from one arbitrary. */
function stepsOf(price: fc.Arbitrary<number>, distance: fc.Arbitrary<number>) {
  const orNone = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, price);
  const terms: fc.Arbitrary<StopTerms> = fc
    .record({
      slot: fc.nat({ max: SLOTS - 1 }),
      trailing: fc.integer({ min: 0, max: 3 }).map((draw) => draw > 0),
      short: fc.boolean(),
      byRate: fc.boolean(),
      up: fc.boolean(),
      trigger: orNone,
      activation: orNone,
      distance,
    })
    .map((drawn) =>
      drawn.byRate ? { ...drawn, distance: ((drawn.distance - 1) % 999_999) + 1 } : drawn,
    );
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.nat({ max: 15 }),
    pick: fc.nat({ max: 1_000 }),
    terms,
    best: orNone,
    slots: fc.uniqueArray(fc.nat({ max: SLOTS - 1 }), { minLength: 1, maxLength: SLOTS }),
    prices: fc.array(price, { minLength: SLOTS, maxLength: SLOTS }),
  });
  return fc.tuple(price, fc.array(step, { minLength: 5, maxLength: 150, size: "max" }));
}

function apply(twin: Twin, { kind, pick, terms, best, slots, prices }: Step): void {
  const handles = [...twin.stops.keys()];
  const stop = handles[pick % Math.max(1, handles.length)];
  if (kind <= 4) twin.place(terms, terms.trailing ? best : 0);
  else if (kind <= 9) twin.tick(slots, prices.slice(0, slots.length));
  else if (kind === 10) twin.setMark(slots[0] ?? 0, prices[0] ?? 1);
  else if (stop === undefined) return;
  else if (kind === 11) twin.remove(stop);
  else if (kind === 12) twin.disarm(stop);
  else if (kind === 13) twin.rollBack(stop);
  else twin.arm(stop);
  twin.expectState();
}

/** Mostly a walk in a narrow range: prices meet, bests are overtaken and met again. */
const near = stepsOf(
  fc.integer({ min: 1, max: 40 }),
  fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 400_000 }),
    fc.constant(MAX_PRICE),
  ),
);
/** The whole range, its ends, and prices whose products with a rate need 74 bits. */
const wide = stepsOf(
  fc.oneof(
    fc.integer({ min: 1, max: MAX_PRICE }),
    fc.integer({ min: MAX_PRICE - 1_000, max: MAX_PRICE }),
    fc.integer({ min: 1, max: 3 }),
  ),
  fc.oneof(
    fc.integer({ min: 1, max: MAX_PRICE }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: MAX_PRICE - 2, max: MAX_PRICE }),
    fc.constantFrom(999_999, 999_998),
  ),
);

describe.each(BUILDS)("stops ($name build)", ({ wasm }) => {
  test.each([
    ["near prices", near],
    ["the whole range", wide],
  ] as const)("fire as stops looked at one by one do: %s (invariant 4)", (_, steps) => {
    const property = fc.property(steps, ([mark, drawn]) => {
      const twin = new Twin(wasm, mark);
      for (const one of drawn) apply(twin, one);
      for (const stop of [...twin.stops.keys()]) twin.remove(stop);
      expect([twin.kernel.liveNodes, twin.kernel.stopCount]).toEqual([0, 0]);
    });
    fc.assert(property, runs(60));
  });
});
