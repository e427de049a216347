// The checksum of snapshots: the kernel's and its twin agree on any bytes, and a fault within one word is always found.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Kernel } from "../../src/kernel.ts";
import * as layout from "../../src/layout.ts";
import { checksum, STRIPE_BYTES } from "../../src/snapshot/checksum.ts";
import { BUILDS } from "../support/builds.ts";
import { runs } from "../support/runs.ts";

/** A kernel whose memory can be written at will. */
class OpenKernel extends Kernel {
  sum(bytes: Uint8Array): number {
    this.views.u8.set(bytes, layout.TRIALS);
    return this.exports.checksum(layout.TRIALS, bytes.length) >>> 0;
  }
}

const stripes = fc
  .integer({ min: 0, max: 20 })
  .chain((count) =>
    fc.uint8Array({ minLength: count * STRIPE_BYTES, maxLength: count * STRIPE_BYTES }),
  );

describe.each(BUILDS)("the $name kernel", ({ wasm }) => {
  it("sums as its twin does", () => {
    const kernel = new OpenKernel(wasm === undefined ? {} : { wasm });
    fc.assert(
      fc.property(stripes, (bytes) => {
        const words = new Int32Array(bytes.slice().buffer);
        expect(kernel.sum(bytes)).toBe(checksum(words));
      }),
      runs(200),
    );
  });
});

describe("a fault of one bit", () => {
  it.each([1, 2, 5])("changes the sum of %i stripes, wherever it is", (count) => {
    const words = Int32Array.from(
      { length: (count * STRIPE_BYTES) / 4 },
      (_, at) => at * 0x9e3779b1,
    );
    const sum = checksum(words);
    let missed = 0;
    for (let bit = 0; bit < words.length * 32; bit++) {
      words[bit >> 5] = (words[bit >> 5] as number) ^ (1 << (bit & 31));
      if (checksum(words) === sum) missed++;
      words[bit >> 5] = (words[bit >> 5] as number) ^ (1 << (bit & 31));
    }
    expect(missed).toBe(0);
  });

  it("tells zeros of one length from those of another", () => {
    const sums = [0, 1, 2, 3].map((count) => checksum(new Int32Array(count * 32)));
    expect(new Set(sums).size).toBe(sums.length);
  });
});
