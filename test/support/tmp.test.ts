import fc from "fast-check";
import { test } from "vitest";
import {
  referenceJointShock,
  referenceLiquidationPrice,
  referencePoolFigures,
} from "../../src/reference/index.ts";
import { fullRangePool, realisticPool, tinyPool } from "./arbitraries.ts";

for (const [name, arb] of [
  ["real", realisticPool],
  ["wide", fullRangePool],
  ["tiny", tinyPool],
] as const)
  test(name, { timeout: 200000 }, () => {
    const pools = fc.sample(arb, { numRuns: 6000, seed: 7 });
    let refused = 0,
      liq = 0,
      max = 0,
      found = 0,
      searches = 0,
      shocks = 0,
      near = 0;
    let slow: unknown;
    const t0 = performance.now();
    for (const pool of pools) {
      try {
        const f = referencePoolFigures(pool, false);
        if (f.liquidatable) liq++;
        if (f.clearance <= 3n && f.clearance >= -3n) near++;
      } catch {
        refused++;
        continue;
      }
      const t = performance.now();
      for (const s of new Set(pool.legs.map((l) => l.priceSlot)))
        for (const d of ["down", "up"] as const) {
          searches++;
          const r = referenceLiquidationPrice(pool, s, d, false);
          if (r !== null && r !== BigInt(pool.legs.find((l) => l.priceSlot === s)!.price)) found++;
        }
      const j = referenceJointShock(pool, false);
      if (j !== null && j > 0n) shocks++;
      const e = performance.now() - t;
      if (e > max) {
        max = e;
        slow = pool;
      }
    }
    console.log(name, {
      refused,
      liq,
      near,
      searches,
      found,
      shocks,
      max,
      ms: performance.now() - t0,
    });
    if (max > 300)
      console.log(JSON.stringify(slow, (_k, v) => (typeof v === "bigint" ? `${v}n` : v)));
  });
