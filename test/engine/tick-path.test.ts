// The line of a tick: prices at its steps and the step at which a trigger is passed, against a walk of every step and the definition
// in bigints at the ends of the range.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PriceMove, TickPath } from "../../src/engine/tick-path.ts";
import { MAX_SAFE_UNITS } from "../../src/model.ts";
import { runs } from "../support/runs.ts";

const price = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 }));
const wide = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.maxSafeNat().map((value) => value + 1 - (value === MAX_SAFE_UNITS ? 1 : 0)),
  fc.integer({ min: MAX_SAFE_UNITS - 3, max: MAX_SAFE_UNITS }),
);

function movesOf(prices: fc.Arbitrary<number>): fc.Arbitrary<PriceMove[]> {
  return fc
    .array(fc.tuple(prices, prices), { minLength: 1, maxLength: 4 })
    .map((pairs) => pairs.map(([from, to], slot) => ({ slot, from, to })));
}

/** By the definition, in bigints. */
function priceByDefinition({ from, to }: PriceMove, step: number, steps: number): number {
  if (steps === 0) return from;
  const gone = (BigInt(Math.abs(to - from)) * BigInt(step)) / BigInt(steps);
  return Number(to > from ? BigInt(from) + gone : BigInt(from) - gone);
}

describe("the line of a tick", () => {
  it("has as many steps as the price that moves furthest, none where nothing moves", () => {
    expect(new TickPath([]).steps).toBe(0);
    expect(new TickPath([{ slot: 3, from: 7, to: 7 }]).steps).toBe(0);
    const moves = [
      { slot: 1, from: 100, to: 90 },
      { slot: 2, from: 5, to: 30 },
    ];
    expect(new TickPath(moves).steps).toBe(25);
  });

  it("goes from the first prices to the last, floored toward where it came from", () => {
    const path = new TickPath([
      { slot: 0, from: 100, to: 90 },
      { slot: 1, from: 10, to: 13 },
      { slot: 2, from: 5, to: 5 },
    ]);
    const along = (slot: number): number[] =>
      Array.from({ length: 11 }, (_, step) => path.price(slot, step));
    expect(along(0)).toEqual([100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90]);
    expect(along(1)).toEqual([10, 10, 10, 10, 11, 11, 11, 12, 12, 12, 13]);
    expect(along(2)).toEqual(Array(11).fill(5));
    expect(() => path.price(9, 0)).toThrow(RangeError);
  });

  it("holds its definition over the whole range of prices", () => {
    fc.assert(
      fc.property(movesOf(wide), fc.double({ min: 0, max: 1, noNaN: true }), (moves, share) => {
        const path = new TickPath(moves);
        const step = Math.floor(path.steps * share);
        for (const move of moves) {
          expect(path.price(move.slot, 0)).toBe(move.from);
          expect(path.price(move.slot, path.steps)).toBe(move.to);
          expect(path.price(move.slot, step)).toBe(priceByDefinition(move, step, path.steps));
        }
        const put = new Map<number, number>();
        path.putPrices(step, (slot, at) => put.set(slot, at));
        expect(put.size).toBe(moves.length);
        for (const { slot } of moves) expect(put.get(slot)).toBe(path.price(slot, step));
      }),
      runs(300),
    );
  });

  it("meets a trigger at the first step of a walk from which on it is passed to the end", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(movesOf(price), price, fc.boolean(), share, (moves, trigger, up, share) => {
        const path = new TickPath(moves);
        const first = Math.floor(path.steps * share);
        for (const { slot } of moves) {
          let walked: number | undefined;
          for (let step = path.steps; step >= first; step--) {
            const at = path.price(slot, step);
            if (up ? at < trigger : at > trigger) break;
            walked = step;
          }
          expect(path.stepPassing(slot, trigger, up, first)).toBe(walked);
        }
      }),
      runs(500),
    );
  });

  it("meets triggers at the ends of the range, to the step", () => {
    fc.assert(
      fc.property(movesOf(wide), wide, fc.boolean(), (moves, trigger, up) => {
        const path = new TickPath(moves);
        for (const { slot } of moves) {
          const passed = (step: number): boolean =>
            up ? path.price(slot, step) >= trigger : path.price(slot, step) <= trigger;
          const step = path.stepPassing(slot, trigger, up, 0);
          if (step === undefined) {
            expect(passed(path.steps)).toBe(false);
          } else {
            expect(passed(step) && passed(path.steps)).toBe(true);
            expect(step > 0 && passed(step - 1)).toBe(false);
          }
        }
      }),
      runs(500),
    );
  });

  it("finds the first step of what lasts by halving", () => {
    fc.assert(
      fc.property(
        fc.nat(MAX_SAFE_UNITS - 2),
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        (steps, at, from) => {
          const path = new TickPath([{ slot: 0, from: 1, to: steps + 1 }]);
          const first = Math.min(from, steps);
          let asked = 0;
          const holds = (step: number): boolean => {
            asked++;
            return step >= at;
          };
          const found = path.firstStep(first, holds, (_from, to) => to >= at);
          expect(found).toBe(at > steps ? undefined : Math.max(at, first));
          // Both ends, 53 halvings, and a stretch of one step, which is asked itself.
          expect(asked).toBeLessThanOrEqual(56);
        },
      ),
      runs(300),
    );
  });

  it("finds the very first step of what wavers on its way down", () => {
    const waver = fc.array(fc.nat(9), { minLength: 2, maxLength: 60 });
    let early = 0;
    fc.assert(
      fc.property(waver, fc.integer({ min: 0, max: 4 }), fc.nat(200), (waver, slope, floor) => {
        const values = waver.map((value, step) => value + (waver.length - 1 - step) * slope);
        const steps = values.length - 1;
        const path = new TickPath([{ slot: 0, from: 1, to: steps + 1 }]);
        const holds = (step: number): boolean => (values[step] ?? 0) <= floor;
        const least = (from: number, to: number): number => Math.min(...values.slice(from, to + 1));
        const found = path.firstStep(0, holds, (from, to) => least(from, to) <= floor);
        const first = values.findIndex((value) => value <= floor);
        if (holds(steps)) expect(found).toBe(first);
        else expect(found).toBe(first === 0 ? 0 : undefined);
        if (found !== undefined && values.slice(found).some((value) => value > floor)) early++;
      }),
      runs(500),
    );
    expect(early).toBeGreaterThan(5);
  });

  it("takes the step that halving found where what hovers is too long to search", () => {
    const steps = 2 ** 40;
    const path = new TickPath([{ slot: 0, from: 1, to: steps + 1 }]);
    let asked = 0;
    const may = (): boolean => {
      asked++;
      return true;
    };
    expect(path.firstStep(0, (step) => step >= steps - 5, may)).toBe(steps - 5);
    expect(asked).toBeLessThanOrEqual(4_096);
  });
});
