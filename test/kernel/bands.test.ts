// Triggers far from the mark, by bands of prices: marks that leap over the whole range, rest on the edges of bands and come back, against
// the exact figures of every pool after every tick (invariant 4); what re-arming reads, counted; and memory after long lives. Both builds.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import { BUILDS } from "../support/builds.ts";
import { tableOf } from "../support/make.ts";
import { runs } from "../support/runs.ts";

class Probe extends Kernel {
  header(address: number): number {
    return this.current().header(address);
  }
}

const TABLE = tableOf({ rows: [{ floor: 0n, rate: 10_000 }], closeFeeRate: 50_000 });
const SLOTS = [0, 1];
/** Marks of the leaps are below 2 to this power. */
const OCTAVES = 40;

/** Numbers from 0 to below 1, one after the other. */
type Draw = () => number;

function fresh(wasm: Uint8Array | undefined, marks: readonly number[]): Probe {
  const kernel = new Probe(wasm === undefined ? {} : { wasm });
  kernel.createTable(TABLE);
  for (const slot of SLOTS) {
    const inverse = slot === 1;
    kernel.createPrice({ inverse, numerator: inverse ? 1_000_000_000n : 1n, divisor: 1n });
    kernel.setMark(slot, marks[slot] as number);
  }
  kernel.enableTriggers();
  return kernel;
}

/** Uniform in [0, 1), the same for a seed everywhere. */
function generator(seed: number): Draw {
  let state = 1 + (seed % 2_147_483_646);
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Near the last one, within its octaves, or anywhere on the edge of a band or one unit beside it. */
function nextMark(draw: Draw, mark: number): number {
  const pick = draw();
  const octave = 2 ** (6 + Math.floor(draw() * (OCTAVES - 6)));
  let next = octave + (octave / 64) * Math.floor(draw() * 64) + Math.floor(draw() * 3) - 1;
  if (pick < 0.5) next = Math.round(mark * (0.98 + 0.04 * draw()));
  else if (pick < 0.7) next = Math.round(mark * (0.5 + 1.5 * draw()));
  return Math.min(2 ** OCTAVES, Math.max(1, next));
}

function openPool(kernel: Probe, draw: Draw): number {
  const pool = kernel.createPool(0n, 0, 0);
  for (const slot of SLOTS) {
    if (draw() < 0.4) continue;
    const quantity = (1 + Math.floor(draw() * 1_000)) * (draw() < 0.5 ? 1 : -1);
    const leg = kernel.createLeg(pool, slot, 0, quantity, 0n, 0);
    kernel.setLeg(leg, 0, quantity, kernel.legFigures(leg).value, 0);
  }
  const { maintenanceMargin } = kernel.poolFigures(pool);
  kernel.setCollateral(
    pool,
    (maintenanceMargin * BigInt(Math.floor(10 ** (2 + 4 * draw())))) / 90n,
  );
  return pool;
}

describe.each(BUILDS)("bands of the $name build", ({ wasm }) => {
  test("invariant 4: marks that leap over bands, and over the window of them", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const draw = generator(seed);
        const marks = SLOTS.map(() => Math.round(2 ** (10 + 20 * draw())));
        const kernel = fresh(wasm, marks);
        const pools = new Set(Array.from({ length: 30 }, () => openPool(kernel, draw)));
        for (let step = 0; step < 80; step++) {
          const some = [...pools];
          const chosen = some[Math.floor(draw() * some.length)] as number;
          if (draw() < 0.1) {
            kernel.removePool(chosen);
            pools.delete(chosen);
            pools.add(openPool(kernel, draw));
          } else if (draw() < 0.5) {
            kernel.setCollateral(
              chosen,
              kernel.collateral(chosen) + BigInt(Math.floor(draw() * 2_000)),
            );
          }
          const moved = SLOTS.filter(() => draw() < 0.7);
          for (const slot of moved) marks[slot] = nextMark(draw, marks[slot] as number);
          kernel.tick(
            moved,
            moved.map((slot) => marks[slot] as number),
            moved.length,
          );
          kernel.wake();
          for (const pool of pools) {
            const under = kernel.poolFigures(pool).liquidatable;
            expect({ step, pool, under: kernel.alertUnder(pool) }).toEqual({ step, pool, under });
          }
        }
      }),
      runs(30),
    );
  });

  it("wakes a pool that stood only for needing no margin, when its price rises", () => {
    const kernel = fresh(wasm, [11, 40]);
    const rows = [
      { floor: 0n, rate: 0 },
      { floor: 200n, rate: 50_000 },
    ];
    const table = kernel.createTable(tableOf({ rows, closeFeeRate: 100_000 }));
    const pool = kernel.createPool(6n, 0, 0);
    kernel.createLeg(pool, 0, table, 18, 272n, 0);
    const seen = [11, 11, 12, 11, 12].map((mark) => {
      kernel.tick([0], [mark], 1);
      return [kernel.wake(), kernel.alertUnder(pool)];
    });
    expect(kernel.poolFigures(pool).liquidatable).toBe(true);
    expect(seen).toEqual([
      [0, false],
      [0, false],
      [1, true],
      [1, false],
      [1, true],
    ]);
  });

  it.skipIf(wasm === undefined)(
    "re-arms far triggers by reading a few nodes each, however many wait",
    () => {
      const reads = [300, 6_000].map((count) => {
        const kernel = fresh(wasm, [1_000_000, 1_000_000]);
        const draw = generator(1);
        const pools = Array.from({ length: count }, () => openPool(kernel, draw));
        kernel.tick([], [], 0);
        kernel.wake();
        const changed = pools.slice(0, 200);
        const before = kernel.header(layout.HEADER_NODE_READS);
        for (const pool of changed) kernel.setCollateral(pool, kernel.collateral(pool) - 1_000n);
        kernel.tick([], [], 0);
        kernel.wake();
        return (kernel.header(layout.HEADER_NODE_READS) - before) / changed.length;
      });
      for (const each of reads) expect(each).toBeLessThan(40);
    },
  );

  it("holds no more nodes and bytes after long lives than after the first", () => {
    const kernel = fresh(wasm, [1_000_000, 1_000_000]);
    const draw = generator(7);
    const life = (): void => {
      const pools = Array.from({ length: 500 }, () => openPool(kernel, draw));
      let mark = 1_000_000;
      for (let step = 0; step < 60; step++) {
        mark = step % 20 === 19 ? 1_000_000 : nextMark(draw, mark);
        kernel.tick(SLOTS, [mark, Math.max(1, 2_000_000 - mark)], 2);
        kernel.wake();
      }
      for (const pool of pools) kernel.removePool(pool);
      kernel.tick(SLOTS, [1_000_000, 1_000_000], 2);
      kernel.wake();
      expect(kernel.header(layout.HEADER_LIVE_NODES)).toBe(0);
    };
    life();
    const held = kernel.memoryBytes;
    for (let round = 0; round < 8; round++) life();
    expect(kernel.memoryBytes).toBe(held);
    // Of 500 pools of at most two positions, two directions of each.
    expect(kernel.header(layout.HEADER_TOP_NODE)).toBeLessThanOrEqual(2_000);
  });
});
