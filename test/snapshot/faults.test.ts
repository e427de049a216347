// Damaged snapshots: a bit turned anywhere, a file cut short or run on, another version, another file. Each is refused with BAD_SNAPSHOT, and
// nothing half-loads, for an engine is made only when everything has been checked.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { Container, containerParts, joinParts } from "../../src/snapshot/container.ts";
import { runs } from "../support/runs.ts";

let file: Uint8Array;
beforeAll(() => {
  const engine = RiskEngine.fromBook({
    assets: [{ code: "USDT" }],
    markets: [
      {
        symbol: "ETH/USDT:USDT",
        settle: "USDT",
        precision: { amount: "0.01" },
        tiers: [{ maintenanceMarginRate: "0.01" }],
      },
    ],
    marks: { "ETH/USDT:USDT": "2000" },
    accounts: [
      {
        id: "bob",
        balances: { USDT: "300" },
        positions: [
          {
            symbol: "ETH/USDT:USDT",
            side: "long",
            contracts: "1",
            entryPrice: "2000",
            marginMode: "cross",
          },
        ],
      },
    ],
  });
  engine.tick({ "ETH/USDT:USDT": "1990" });
  file = engine.snapshot();
});

/** The code it is refused with; undefined where it is taken. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    RiskEngine.fromSnapshot(bytes);
    return undefined;
  } catch (error) {
    return error instanceof RiskError ? error.code : `uncaught ${String(error)}`;
  }
}

function flipped(bit: number): Uint8Array {
  const copy = file.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

describe("a bit turned", () => {
  it("anywhere in the head is found", () => {
    for (let bit = 0; bit < 128 * 8; bit++)
      expect(refusal(flipped(bit)), `bit ${bit}`).toBe("BAD_SNAPSHOT");
  });

  it("anywhere else is found", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: file.length * 8 - 1 }), (bit) => {
        expect(refusal(flipped(bit)), `bit ${bit} of ${file.length * 8}`).toBe("BAD_SNAPSHOT");
      }),
      runs(400),
    );
  });
});

describe("a file", () => {
  it("cut short is refused", () => {
    // At any byte of the head and the directory, and here and there beyond.
    for (let length = 0; length < file.length; length += length < 6_000 ? 1 : 509) {
      const code = refusal(file.subarray(0, length));
      if (code !== "BAD_SNAPSHOT") expect(code, `${length} bytes`).toBe("BAD_SNAPSHOT");
    }
  });

  it("that runs on is refused", () => {
    const longer = new Uint8Array(file.length + 128);
    longer.set(file);
    expect(refusal(longer)).toBe("BAD_SNAPSHOT");
  });

  it("at an odd address is read all the same", () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(RiskEngine.fromSnapshot(shifted.subarray(3)).scan().count).toBe(0);
  });

  it.each([
    ["an empty one", new Uint8Array(0)],
    ["a book", new TextEncoder().encode('{"assets": []}')],
  ])("that is none is refused: %s", (_name, bytes) => {
    expect(() => RiskEngine.fromSnapshot(bytes)).toThrow(/this is no snapshot; expected a file/);
  });

  it("that is not bytes is a TypeError", () => {
    expect(() => RiskEngine.fromSnapshot([1, 2] as unknown as Uint8Array)).toThrow(
      new TypeError("file must be a Uint8Array"),
    );
  });

  it("of another version says which, and what to do", () => {
    const parts = containerParts("0123456789abcdef", []);
    expect(() => RiskEngine.fromSnapshot(joinParts(parts))).toThrow(
      /made by another version \(got "0123456789abcdef"\); this engine reads [0-9a-f]{16}; carry a book over/,
    );
  });
});

describe("the container", () => {
  it("gives back any sections", () => {
    const section = fc.record({ name: fc.string(), bytes: fc.uint8Array({ maxLength: 700 }) });
    const sections = fc.uniqueArray(section, { selector: ({ name }) => name, maxLength: 6 });
    fc.assert(
      fc.property(sections, (list) => {
        const checked = list.map((each) => ({ ...each, checked: true }));
        const container = new Container(joinParts(containerParts("a", checked)), "a");
        for (const { name, bytes } of list) expect(container.section(name)).toEqual(bytes);
      }),
      runs(100),
    );
  });
});
