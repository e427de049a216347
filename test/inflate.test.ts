// The inflater against the host's own compressor: any bytes come back, whatever kinds of block they were written in, and damaged
// data is refused with an error, never an endless loop or bytes made up.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflate } from "../src/inflate.ts";
import { embeddedKernel } from "../src/kernel-module.ts";
import { runs } from "./support/runs.ts";

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BufferSource])
    .stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bytes with repetitions near and far, single runs, and stretches that do not compress. */
const PIECE = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 400 }))
    .map(([unit, times]) =>
      Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length] as number),
    ),
);
const BYTES = fc
  .array(PIECE, { maxLength: 12 })
  .chain((pieces) => fc.shuffledSubarray([...pieces, ...pieces], { minLength: pieces.length }))
  .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));

/** From bits as the format lists them, first bit first. */
function packed(bits: string): Uint8Array {
  const plain = bits.replaceAll(" ", "");
  return Uint8Array.from({ length: Math.ceil(plain.length / 8) }, (_, at) =>
    Number.parseInt([...plain.slice(at * 8, at * 8 + 8).padEnd(8, "0")].reverse().join(""), 2),
  );
}

describe("inflate", () => {
  it("gives back what was deflated", async () => {
    await fc.assert(
      fc.asyncProperty(BYTES, async (bytes) => {
        expect(inflate(await deflate(bytes), bytes.length)).toEqual(bytes);
      }),
      runs(60),
    );
  });

  it("reads the embedded kernel in its own deflation and in the host's", async () => {
    const kernel = embeddedKernel();
    expect(inflate(await deflate(kernel), kernel.length)).toEqual(kernel);
  });

  it("reads stored and fixed blocks, one after the other", () => {
    // Not last, stored, padding; 2 bytes; last, fixed: "a", end.
    const stored = [0b000, 2, 0, 253, 255, 7, 8];
    const fixed = packed("1 10 10010001 0000000");
    const both = Uint8Array.from([...stored, ...fixed]);
    expect([...inflate(both, 3)]).toEqual([7, 8, 97]);
  });

  it("refuses each damage by name", () => {
    const cases: readonly (readonly [string, Uint8Array, RegExp, number?])[] = [
      ["nothing", new Uint8Array(0), /damaged/],
      ["a stored block cut short", Uint8Array.of(1, 9, 0, 246, 255, 7), /ends early/],
      ["a kind of block that is none", packed("1 11"), /block of no kind/],
      ["a stored length that contradicts itself", Uint8Array.of(1, 2, 0, 0, 0), /damaged/],
      ["a copy from before the start", packed("1 10 0000001 00000 0000000"), /before its start/, 3],
      ["more than was promised", Uint8Array.of(1, 2, 0, 253, 255, 7, 8), /2 bytes, not 1/],
      ["a literal too many", packed("1 10 10010001 10010001 0000000"), /more than 1/],
    ];
    for (const [name, bytes, message, length = 1] of cases) {
      expect(() => inflate(bytes, length), name).toThrow(RangeError);
      expect(() => inflate(bytes, length), name).toThrow(message);
    }
  });

  it("ends on any bytes: with the right length or with a RangeError", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 0, max: 500 }),
        (bytes, length) => {
          try {
            expect(inflate(bytes, length).length).toBe(length);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
      runs(500),
    );
  });
});
