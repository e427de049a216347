// Stops in the kernel, by hand: when exactly they fire, how a trailing one is activated on the way, what arming again keeps, that a new
// best price costs the same however many follow it, what memory holds, and what is refused. In both builds.
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import * as records from "../../src/layout-ticks.ts";
import { BUILDS } from "../support/builds.ts";

const MAX_PRICE = Number.MAX_SAFE_INTEGER;

class Probe extends Kernel {
  header(address: number): number {
    return this.current().header(address);
  }
}

interface Draft {
  readonly slot?: number;
  readonly trigger?: number;
  readonly up?: boolean;
  readonly distance?: number;
  readonly rate?: number;
  readonly short?: boolean;
  readonly activation?: number;
  readonly best?: number;
}

/** Trailing where it has a distance or a rate. */
function place(kernel: Kernel, draft: Draft): number {
  const stop = kernel.createStop();
  const { distance, rate } = draft;
  const trails = distance !== undefined || rate !== undefined;
  kernel.setStopKind(stop, trails ? records.STOP_KIND_TRAILING : 0);
  kernel.setStopIndex(stop, records.STOP_SLOT, draft.slot ?? 0);
  kernel.setStopNumber(stop, records.STOP_TRIGGER, draft.trigger ?? 0);
  kernel.setStopNumber(stop, records.STOP_ACTIVATION, draft.activation ?? 0);
  kernel.setStopNumber(stop, records.STOP_DISTANCE, rate ?? distance ?? 0);
  kernel.setStopNumber(stop, records.STOP_BEST, draft.best ?? 0);
  kernel.setStopFlag(stop, records.STOP_UP, draft.up ?? false);
  kernel.setStopFlag(stop, records.STOP_SHORT, draft.short ?? false);
  kernel.setStopFlag(stop, records.STOP_BY_RATE, rate !== undefined);
  kernel.armStop(stop);
  return stop;
}

describe.each(BUILDS)("stops by hand ($name build)", ({ wasm }) => {
  function fresh(mark: number, memoryLimitBytes?: number): Probe {
    const kernel = new Probe({
      ...(wasm === undefined ? {} : { wasm }),
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    });
    kernel.enableTriggers();
    for (let slot = 0; slot < 2; slot++) {
      kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
      kernel.setMark(slot, mark);
    }
    return kernel;
  }

  /** Stops that fire when the first slot goes to a price. */
  function tick(kernel: Kernel, price: number): number[] {
    const count = kernel.tick([0], [price], 1);
    const fired = Array.from({ length: count }, (_, index) => kernel.firedStop(index));
    kernel.wake();
    return fired.sort((a, b) => a - b);
  }

  it("fires at the trigger, not one unit before it, once", () => {
    const kernel = fresh(100);
    const [down, up] = [place(kernel, { trigger: 90 }), place(kernel, { trigger: 110, up: true })];
    expect(tick(kernel, 91)).toEqual([]);
    expect(tick(kernel, 90)).toEqual([down]);
    expect([kernel.stopArmed(down), kernel.stopArmed(up)]).toEqual([false, true]);
    expect(tick(kernel, 109)).toEqual([]);
    expect(tick(kernel, 110)).toEqual([up]);
    expect(tick(kernel, 1)).toEqual([]);
  });

  it("fires what is passed already in the next tick, whatever that moves", () => {
    const kernel = fresh(100);
    const passed = place(kernel, { trigger: 100 });
    const gapped = place(kernel, { trigger: 60 });
    expect(kernel.stopArmed(passed)).toBe(true);
    expect(kernel.tick([1], [100], 1)).toBe(1);
    expect(kernel.firedStop(0)).toBe(passed);
    kernel.wake();
    const trailing = place(kernel, { distance: 10, best: 110 });
    expect(kernel.tick([1], [100], 1)).toBe(1);
    expect(kernel.firedStop(0)).toBe(trailing);
    kernel.wake();
    kernel.setMark(0, 50);
    expect(kernel.tick([], [], 0)).toBe(1);
    expect(kernel.firedStop(0)).toBe(gapped);
  });

  it("does not arm a trigger of 0", () => {
    const kernel = fresh(100);
    const stop = place(kernel, { up: true });
    expect(kernel.stopArmed(stop)).toBe(false);
    expect(tick(kernel, MAX_PRICE)).toEqual([]);
  });

  it("arms again at a new trigger", () => {
    const kernel = fresh(100);
    const stop = place(kernel, { trigger: 90 });
    kernel.setStopNumber(stop, records.STOP_TRIGGER, 80);
    kernel.armStop(stop);
    expect(tick(kernel, 81)).toEqual([]);
    kernel.setStopFlag(stop, records.STOP_UP, true);
    kernel.armStop(stop);
    expect(kernel.tick([], [], 0)).toBe(1);
  });

  it("trails by a distance, both sides", () => {
    const kernel = fresh(100);
    const [long, short] = [
      place(kernel, { distance: 10 }),
      place(kernel, { distance: 10, short: true }),
    ];
    expect(tick(kernel, 95)).toEqual([]);
    expect([kernel.stopBest(long), kernel.stopBest(short)]).toEqual([100, 95]);
    expect(tick(kernel, 104)).toEqual([]);
    expect(tick(kernel, 105)).toEqual([short]);
    expect(tick(kernel, 96)).toEqual([]);
    expect(tick(kernel, 95)).toEqual([long]);
    expect([kernel.stopBest(long), kernel.stopBest(short)]).toEqual([105, 95]);
  });

  it.each([
    // floor(1001 · 0.999999) = 1000; ceil(1001 · 1.000001) = 1002
    { best: 1_001, rate: 1, long: 1_000, short: 1_002 },
    { best: 1_000_000, rate: 1, long: 999_999, short: 1_000_001 },
    { best: 3, rate: 500_000, long: 1, short: 5 },
    { best: 1, rate: 999_999, long: 0, short: 2 },
    { best: 2 ** 52 + 1, rate: 333_333, long: 3_002_401_252_780_207, short: 6_004_798_001_960_787 },
    { best: MAX_PRICE, rate: 1, long: 9_007_190_247_541_736, short: 0 },
  ])("trails by a rate: $rate of $best", ({ best, rate, long, short }) => {
    if (long > 0) {
      const down = fresh(best);
      const stop = place(down, { rate });
      expect(tick(down, long + 1)).toEqual([]);
      expect(tick(down, long)).toEqual([stop]);
    }
    if (short > 0) {
      const up = fresh(best);
      const stop = place(up, { rate, short: true });
      expect(tick(up, short - 1)).toEqual([]);
      expect(tick(up, short)).toEqual([stop]);
    }
  });

  it("fires by a distance only once there is a price to fire at", () => {
    const kernel = fresh(10);
    const stop = place(kernel, { distance: 10 });
    expect(tick(kernel, 1)).toEqual([]);
    expect(tick(kernel, 11)).toEqual([]);
    expect(tick(kernel, 2)).toEqual([]);
    expect(tick(kernel, 1)).toEqual([stop]);
    const far = fresh(MAX_PRICE);
    place(far, { distance: 1, short: true });
    const never = place(far, { distance: MAX_PRICE });
    expect(tick(far, MAX_PRICE)).toEqual([]);
    expect([tick(far, 1), far.stopBest(never)]).toEqual([[], MAX_PRICE]);
  });

  it("waits for its activation price from the side it is on", () => {
    const kernel = fresh(100);
    const [above, below] = [
      place(kernel, { distance: 5, activation: 110 }),
      place(kernel, { distance: 5, activation: 90 }),
    ];
    const at = place(kernel, { distance: 50, activation: 100 });
    expect([above, below, at].map((stop) => kernel.stopBest(stop))).toEqual([0, 0, 100]);
    // Passed by 2: the best price is the mark. Passed downward: it is the price that was waited for.
    expect(tick(kernel, 112)).toEqual([]);
    expect(tick(kernel, 88)).toEqual([above]);
    expect([above, below, at].map((stop) => kernel.stopBest(stop))).toEqual([112, 90, 112]);
    expect(tick(kernel, 86)).toEqual([]);
    expect(tick(kernel, 85)).toEqual([below]);
  });

  it("activates and fires in one tick where the mark falls through both", () => {
    const kernel = fresh(100);
    const near = place(kernel, { distance: 5, activation: 90 });
    const far = place(kernel, { distance: 6, activation: 90 });
    expect(tick(kernel, 85)).toEqual([near]);
    expect([kernel.stopBest(near), kernel.stopBest(far)]).toEqual([90, 90]);
    const short = fresh(100);
    const stop = place(short, { rate: 100_000, activation: 110, short: true });
    expect(tick(short, 121)).toEqual([stop]);
    expect(short.stopBest(stop)).toBe(110);
  });

  it("keeps the side it waits from, and its best price, through disarming", () => {
    const kernel = fresh(100);
    const waiting = place(kernel, { distance: 5, activation: 110 });
    const trailing = place(kernel, { distance: 20 });
    expect(tick(kernel, 105)).toEqual([]);
    kernel.disarmStop(waiting);
    kernel.disarmStop(trailing);
    expect(kernel.stopBest(trailing)).toBe(105);
    expect(tick(kernel, 120)).toEqual([]);
    expect(kernel.stopBest(trailing)).toBe(105);
    kernel.armStop(waiting);
    kernel.armStop(trailing);
    expect([kernel.stopBest(waiting), kernel.stopBest(trailing)]).toEqual([0, 105]);
    // The mark that stands counts with the next one.
    expect(tick(kernel, 119)).toEqual([]);
    expect([kernel.stopBest(waiting), kernel.stopBest(trailing)]).toEqual([119, 120]);
    expect(tick(kernel, 100)).toEqual([waiting, trailing]);
  });

  it("counts marks set between ticks once a tick moves on from them", () => {
    const kernel = fresh(100);
    const stop = place(kernel, { distance: 10 });
    kernel.setMark(0, 130);
    expect(kernel.stopBest(stop)).toBe(100);
    expect(tick(kernel, 121)).toEqual([]);
    expect(kernel.stopBest(stop)).toBe(130);
    expect(tick(kernel, 120)).toEqual([stop]);
  });

  it("goes to its place among the bests that are there", () => {
    const kernel = fresh(100);
    const bests = [150, 110, 130, 110, 120];
    const stops = bests.map((best) => place(kernel, { distance: 60, best }));
    expect(tick(kernel, 125)).toEqual([]);
    expect(stops.map((stop) => kernel.stopBest(stop))).toEqual([150, 125, 130, 125, 125]);
    expect(tick(kernel, 70)).toEqual([stops[0], stops[2]]);
    expect(tick(kernel, 65)).toEqual([stops[1], stops[3], stops[4]]);
  });

  it.skipIf(wasm === undefined)("lifts 20,000 stops in the time of one", () => {
    const kernel = fresh(1_000_000);
    for (let index = 0; index < 20_000; index++) {
      place(kernel, { distance: 2_000 + ((index * 7_919) % 20_000) });
      place(kernel, { trigger: 900_000 - index });
    }
    tick(kernel, 1_000_001);
    let most = 0;
    for (let step = 2; step <= 1_000; step++) {
      const before = kernel.header(layout.HEADER_NODE_READS);
      expect(kernel.tick([0], [1_000_000 + step], 1)).toBe(0);
      most = Math.max(most, kernel.header(layout.HEADER_NODE_READS) - before);
    }
    expect(kernel.stopBest(20)).toBe(1_001_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(100);
  });

  it.skipIf(wasm === undefined)("pays for each group it overtakes once", () => {
    const kernel = fresh(1_000_000);
    const count = 10_000;
    for (let index = 0; index < count; index++) {
      place(kernel, { distance: 50_000, best: 1_000_001 + ((index * 7_919) % count) });
    }
    const before = kernel.header(layout.HEADER_NODE_READS);
    for (let step = 1; step <= count; step++) kernel.tick([0], [1_000_000 + step], 1);
    const each = (kernel.header(layout.HEADER_NODE_READS) - before) / count;
    expect(each).toBeLessThan(400);
    // One group of two nodes is left beside the stops.
    expect(kernel.header(layout.HEADER_LIVE_NODES)).toBe(count + 2);
  });

  it("uses the same memory again", () => {
    const kernel = fresh(1_000);
    const life = () => {
      const stops = Array.from({ length: 3_000 }, (_, index) =>
        place(kernel, index % 3 === 0 ? { trigger: 500 } : { distance: 400, best: 900 + index }),
      );
      tick(kernel, 2_000);
      tick(kernel, 1_000);
      for (const stop of stops.reverse()) kernel.removeStop(stop);
      expect([kernel.stopCount, kernel.header(layout.HEADER_LIVE_NODES)]).toEqual([0, 0]);
    };
    life();
    const held = kernel.memoryBytes;
    const nodes = kernel.header(layout.HEADER_TOP_NODE);
    for (let round = 0; round < 5; round++) life();
    expect([kernel.memoryBytes, kernel.header(layout.HEADER_TOP_NODE)]).toEqual([held, nodes]);
    expect(kernel.createStop()).toBe(0);
  });

  it("stays whole at the memory limit", () => {
    const kernel = fresh(100, 24 * 2 ** 20);
    const stops: number[] = [];
    const refused = () => {
      for (;;) stops.push(place(kernel, { distance: 1_000, best: 200 + (stops.length % 5_000) }));
    };
    expect(refused).toThrow(RiskError);
    expect(stops.length).toBeGreaterThan(10_000);
    // Each lets go of what it takes again.
    for (const stop of stops) kernel.armStop(stop);
    const saved = kernel.saveStop(3);
    kernel.removeStop(3);
    expect(kernel.createStop()).toBe(3);
    kernel.restoreStop(3, saved);
    expect(kernel.stopArmed(3)).toBe(true);
    kernel.tick([0], [100_000], 1);
    expect(kernel.tick([0], [99_000], 1)).toBe(stops.length);
  });

  it("refuses what it cannot arm", () => {
    const kernel = fresh(100);
    const unmarked = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
    expect(() => place(kernel, { slot: unmarked, distance: 1 })).toThrow("never set");
    expect(() => place(kernel, { slot: unmarked, distance: 1, activation: 5 })).toThrow(
      "never set",
    );
    expect(() => place(kernel, { slot: 9, distance: 1 })).toThrow(RangeError);
    expect(() => place(kernel, { slot: 9, trigger: 1 })).toThrow(RangeError);
    expect(() => place(kernel, { distance: 0 })).toThrow(RangeError);
    expect(() => place(kernel, { rate: 1_000_000 })).toThrow(RangeError);
    expect(kernel.header(layout.HEADER_LIVE_NODES)).toBe(0);
    // With a price to begin from it needs no mark.
    const stop = place(kernel, { slot: unmarked, distance: 5, best: 50 });
    place(kernel, { slot: unmarked, trigger: 50 });
    expect(kernel.tick([0], [100], 1)).toBe(0);
    kernel.wake();
    expect(kernel.tick([unmarked], [60], 1)).toBe(0);
    expect(kernel.stopBest(stop)).toBe(60);
  });

  it("keeps a price slot while stops follow it", () => {
    const kernel = fresh(10);
    const stop = place(kernel, { distance: 10 });
    expect(() => kernel.removePrice(0)).toThrow(RiskError);
    kernel.disarmStop(stop);
    const other = place(kernel, { trigger: 5 });
    expect(() => kernel.removePrice(0)).toThrow(RiskError);
    kernel.removeStop(other);
    kernel.removePrice(0);
    expect(() => kernel.armStop(stop)).toThrow(RangeError);
  });

  it("checks handles, values and when fields may change", () => {
    const kernel = fresh(100);
    const stop = place(kernel, { distance: 10 });
    const dead = kernel.createStop();
    kernel.removeStop(dead);
    for (const handle of [dead, 77, -1, 0.5, Number.NaN]) {
      expect(() => kernel.removeStop(handle)).toThrow(RangeError);
      expect(() => kernel.armStop(handle)).toThrow(RangeError);
      expect(() => kernel.disarmStop(handle)).toThrow(RangeError);
      expect(() => kernel.stopBest(handle)).toThrow(RangeError);
      expect(() => kernel.stopNumber(handle, records.STOP_BEST)).toThrow(RangeError);
    }
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => kernel.setStopNumber(stop, records.STOP_NOMINAL, value)).toThrow(RangeError);
    }
    expect(() => kernel.setStopAmount(stop, records.STOP_FLOOR, 2n ** 63n)).toThrow(RangeError);
    expect(() => kernel.setStopWord(stop, records.STOP_SHARE, 2 ** 32)).toThrow(RangeError);
    expect(() => kernel.setStopLink(stop, records.STOP_NEXT, -2)).toThrow(RangeError);
    expect(() => kernel.setStopIndex(stop, records.STOP_MARKET, 65_536)).toThrow(RangeError);
    for (const field of [
      records.STOP_BEST,
      records.STOP_DISTANCE,
      records.STOP_ACTIVATION,
    ] as const) {
      expect(() => kernel.setStopNumber(stop, field, 5)).toThrow("disarm it first");
    }
    expect(() => kernel.setStopKind(stop, 0)).toThrow("disarm it first");
    expect(() => kernel.setStopIndex(stop, records.STOP_SLOT, 1)).toThrow("disarm it first");
    expect(() => kernel.setStopFlag(stop, records.STOP_SHORT, true)).toThrow("disarm it first");
    expect(() => kernel.restoreStop(stop, new Uint8Array(3))).toThrow(RangeError);
  });

  it("keeps its fields apart", () => {
    const kernel = fresh(100);
    const stop = kernel.createStop();
    expect(kernel.stopLink(stop, records.STOP_PARTNER)).toBe(-1);
    expect(kernel.stopIndex(stop, records.STOP_MARKET)).toBe(records.NO_MARKET);
    const { STOP_TRIGGER, STOP_ACTIVATION, STOP_DISTANCE, STOP_BEST } = records;
    const { STOP_QUANTITY, STOP_NOMINAL, STOP_ASKED, STOP_PLACED } = records;
    const numbers = [STOP_TRIGGER, STOP_ACTIVATION, STOP_DISTANCE, STOP_BEST] as const;
    const others = [STOP_QUANTITY, STOP_NOMINAL, STOP_ASKED, STOP_PLACED] as const;
    const words = [records.STOP_SHARE, records.STOP_SLIPPAGE, records.STOP_ACCOUNT] as const;
    const links = [records.STOP_NEXT, records.STOP_PREV, records.STOP_PARTNER] as const;
    const indices = [records.STOP_SLOT, records.STOP_MARKET, records.STOP_ASSET] as const;
    const flags = [records.STOP_TAKE_PROFIT, records.STOP_SUSPENDED] as const;
    for (const field of [...numbers, ...others]) kernel.setStopNumber(stop, field, 2 ** 50 + field);
    kernel.setStopAmount(stop, records.STOP_FLOOR, -(2n ** 63n));
    kernel.setStopAmount(stop, records.STOP_REFERENCE, 2n ** 63n - 1n);
    for (const field of words) kernel.setStopWord(stop, field, 2 ** 32 - field);
    for (const field of links) kernel.setStopLink(stop, field, field);
    for (const field of indices) kernel.setStopIndex(stop, field, 65_000 + field);
    kernel.setStopKind(stop, 5);
    for (const flag of flags) kernel.setStopFlag(stop, flag, true);
    kernel.setStopFlag(stop, records.STOP_SUSPENDED, false);
    const expectFields = () => {
      for (const field of [...numbers, ...others]) {
        expect(kernel.stopNumber(stop, field)).toBe(2 ** 50 + field);
      }
      expect(kernel.stopAmount(stop, records.STOP_FLOOR)).toBe(-(2n ** 63n));
      expect(kernel.stopAmount(stop, records.STOP_REFERENCE)).toBe(2n ** 63n - 1n);
      for (const field of words) expect(kernel.stopWord(stop, field)).toBe(2 ** 32 - field);
      for (const field of links) expect(kernel.stopLink(stop, field)).toBe(field);
      for (const field of indices) expect(kernel.stopIndex(stop, field)).toBe(65_000 + field);
      expect([kernel.stopKind(stop), kernel.stopArmed(stop)]).toEqual([5, false]);
      expect(flags.map((flag) => kernel.stopFlag(stop, flag))).toEqual([true, false]);
    };
    expectFields();
    const saved = kernel.saveStop(stop);
    kernel.removeStop(stop);
    expect(kernel.createStop()).toBe(stop);
    expect(kernel.stopNumber(stop, STOP_NOMINAL)).toBe(0);
    kernel.restoreStop(stop, saved);
    expectFields();
  });
});
