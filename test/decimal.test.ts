// Decimals: the grammar, the exactness of every way in and out, and each bad input a user has been seen to give.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decimalsOf,
  expandExponent,
  formatDecimal,
  parseDecimal,
  parseRate,
  parseSmallDecimal,
} from "../src/decimal.ts";
import { RiskError } from "../src/errors.ts";
import type { DecimalLike } from "../src/types.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

const decimals = fc.integer({ min: 0, max: 18 });
const units = fc.oneof(
  fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 51n, 2n ** 52n - 1n, 2n ** 52n, -(2n ** 53n), 2n ** 53n + 1n),
);

/** The plainest possible formatter: long division by hand. */
function plainText(value: bigint, places: number): string {
  const sign = value < 0n ? "-" : "";
  const size = value < 0n ? -value : value;
  const scale = 10n ** BigInt(places);
  const fraction = (size % scale).toString().padStart(places, "0").replace(/0+$/, "");
  return `${sign}${size / scale}${places > 0 && fraction !== "" ? `.${fraction}` : ""}`;
}

describe("text", () => {
  test("round trip: parse(format(units)) = units, and the text is the shortest", () => {
    fc.assert(
      fc.property(units, decimals, (value, places) => {
        const text = formatDecimal(value, places);
        expect(text).toBe(plainText(value, places));
        expect(parseDecimal(text, places, "x")).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  test("numbers of units format as their bigints do", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), decimals, (value, places) => {
        expect(formatDecimal(value, places)).toBe(plainText(BigInt(value), places));
      }),
      { numRuns: 2000 },
    );
    expect(formatDecimal(-0, 8)).toBe("0");
    expect(() => formatDecimal(Number.NaN, 8)).toThrow(RangeError);
    expect(() => formatDecimal(0.5, 8)).toThrow(RangeError);
  });

  test("leading and trailing zeros do not change the value", () => {
    expect(parseDecimal("0.5000000000", 1, "x")).toBe(5n);
    expect(parseDecimal("007.10", 1, "x")).toBe(71n);
    expect(parseDecimal("-0", 8, "x")).toBe(0n);
    expect(parseDecimal("-0.00", 0, "x")).toBe(0n);
    expect(parseDecimal("9223372036854775807", 0, "x")).toBe(2n ** 63n - 1n);
    expect(parseDecimal("90071992.54740993", 8, "x")).toBe(9007199254740993n);
  });

  test.each<[DecimalLike, string]>([
    ["", "BAD_VALUE"],
    [" 1", "BAD_VALUE"],
    ["1 ", "BAD_VALUE"],
    ["+1", "BAD_VALUE"],
    ["-", "BAD_VALUE"],
    [".", "BAD_VALUE"],
    [".5", "BAD_VALUE"],
    ["5.", "BAD_VALUE"],
    ["1.2.3", "BAD_VALUE"],
    ["1,5", "BAD_VALUE"],
    ["0x10", "BAD_VALUE"],
    ["1e3", "BAD_VALUE"],
    ["1e999", "BAD_VALUE"],
    ["NaN", "BAD_VALUE"],
    ["Infinity", "BAD_VALUE"],
    ["١", "BAD_VALUE"],
    ["1_000", "BAD_VALUE"],
    ["9".repeat(60), "OUT_OF_RANGE"],
    ["9".repeat(1_000_000), "OUT_OF_RANGE"],
    [`0.${"1".repeat(60)}`, "BAD_VALUE"],
    ["0.1234", "TOO_MANY_DECIMALS"],
    [0.1234, "TOO_MANY_DECIMALS"],
    [1e-300, "TOO_MANY_DECIMALS"],
    [5e-324, "TOO_MANY_DECIMALS"],
    [Number.NaN, "BAD_VALUE"],
    [Number.POSITIVE_INFINITY, "BAD_VALUE"],
    [1e60, "OUT_OF_RANGE"],
    [null as unknown as string, "BAD_VALUE"],
    [undefined as unknown as string, "BAD_VALUE"],
    [{} as unknown as string, "BAD_VALUE"],
    [["1"] as unknown as string, "BAD_VALUE"],
    [true as unknown as string, "BAD_VALUE"],
  ])("%s is refused as %s", (value, code) => {
    expect(codeOf(() => parseDecimal(value, 3, "balance"))).toBe(code);
  });

  test("errors name the path, the value shortened and the expectation", () => {
    expect(() => parseDecimal("1,5", 3, "accounts[0].contracts")).toThrow(
      'accounts[0].contracts: must be a decimal with at most 3 decimals (got "1,5")',
    );
    expect(() => parseDecimal("9".repeat(60), 3, "p")).toThrow("(62 characters)");
    expect(() => parseDecimal("-1", 2, "p", { min: 0n, max: 150n })).toThrow(
      'p: must be at least 0 and at most 1.5 (got "-1")',
    );
  });

  test("limits are inclusive and hold for bigints too", () => {
    const limits = { min: 1n, max: 2n ** 53n - 1n };
    expect(parseDecimal(2n ** 53n - 1n, 0, "q", limits)).toBe(2n ** 53n - 1n);
    expect(codeOf(() => parseDecimal(2n ** 53n, 0, "q", limits))).toBe("OUT_OF_RANGE");
    expect(codeOf(() => parseDecimal("9007199254740992", 0, "q", limits))).toBe("OUT_OF_RANGE");
    expect(codeOf(() => parseDecimal(0, 0, "q", limits))).toBe("OUT_OF_RANGE");
  });

  test("decimals out of range are a programming error", () => {
    for (const places of [-1, 19, 1.5, Number.NaN]) {
      expect(() => parseDecimal("1", places, "x")).toThrow(RangeError);
    }
  });
});

describe("numbers", () => {
  test("a number gives what its decimal text gives, or the same refusal", () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -1e10, max: 1e10, noNaN: true }),
      fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 18 })).map(([n, d]) => n / 10 ** d),
    );
    fc.assert(
      fc.property(number, decimals, (value, places) => {
        const text = expandExponent(String(value));
        const fromNumber = codeOf(() => parseDecimal(value, places, "x"));
        const fromText = codeOf(() => parseDecimal(text, places, "x"));
        expect(fromNumber === "accepted").toBe(fromText === "accepted");
        if (fromText === "accepted") {
          expect(parseDecimal(value, places, "x")).toBe(parseDecimal(text, places, "x"));
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("numbers that Math.round(x * 1e8) gets wrong", () => {
    expect(parseDecimal(90071992.5474099, 8, "x")).toBe(9007199254740990n);
    expect(parseDecimal(1e-7, 8, "x")).toBe(10n);
    expect(parseDecimal(1.5e-7, 8, "x")).toBe(15n);
    expect(parseDecimal(9.223372036854776e18, 0, "x")).toBe(9223372036854776000n);
    expect(parseDecimal(0.1 + 0.2, 18, "x")).toBe(300000000000000040n);
    expect(codeOf(() => parseDecimal(0.1 + 0.2, 8, "x"))).toBe("TOO_MANY_DECIMALS");
  });
});

describe("expandExponent", () => {
  test("is exact", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.integer({ min: -15, max: 15 }),
        (mantissa, exponent) => {
          const text = expandExponent(`${mantissa}e${exponent}`);
          const scale = 10n ** 15n;
          const { numerator, denominator } = parseWide(text);
          expect(numerator * scale).toBe(mantissa * 10n ** BigInt(15 + exponent) * denominator);
        },
      ),
    );
  });

  test.each([
    ["1e-7", "0.0000001"],
    ["-1.50e1", "-15"],
    ["9.223372036854776e18", "9223372036854776000"],
    ["1E+2", "100"],
    ["0.000e5", "0"],
    ["1e999", "1e999"],
    ["1e-999", "1e-999"],
    ["12", "12"],
    ["e5", "e5"],
  ])("%s → %s", (text, plain) => {
    expect(expandExponent(text)).toBe(plain);
  });
});

/** Any plain decimal as a quotient, without the limits of the parser under test. */
function parseWide(text: string): { numerator: bigint; denominator: bigint } {
  const [whole = "", fraction = ""] = text.split(".");
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) };
}

describe("rates and precisions", () => {
  test("rates are exact quotients over the least power of ten", () => {
    expect(parseRate("0.0040", "r")).toEqual({ numerator: 4n, denominator: 1000n });
    expect(parseRate(1e-7, "r")).toEqual({ numerator: 1n, denominator: 10_000_000n });
    expect(parseRate("-1.5", "r")).toEqual({ numerator: -15n, denominator: 10n });
    expect(parseRate(0, "r")).toEqual({ numerator: 0n, denominator: 1n });
    for (const bad of ["1/80", "", "5%", 1n, Number.NaN, null as unknown as string]) {
      expect(codeOf(() => parseRate(bad, "r"))).toBe("BAD_VALUE");
    }
  });

  test.each<[DecimalLike, number]>([
    ["0.001", 3],
    [0.001, 3],
    [1e-7, 7],
    ["1", 0],
    [1, 0],
    ["1.000", 0],
    ["0.5", 1],
    ["0.25", 2],
    ["0.000000000000000001", 18],
  ])("precision %s needs %i decimals", (precision, places) => {
    expect(decimalsOf(precision, "p")).toBe(places);
  });

  test.each(["10", 8, "0", "-0.1", "", "abc", 1n])("precision %s is refused", (precision) => {
    expect(codeOf(() => decimalsOf(precision, "p"))).toBe("BAD_VALUE");
  });
});

describe("small decimals", () => {
  test("are what parseDecimal reads, or are left to it", () => {
    const value = fc.oneof(
      fc.tuple(units, decimals).map(([value, places]) => formatDecimal(value, places)),
      fc.integer({ min: -5, max: 1_000_000 }),
      fc.tuple(fc.nat(10 ** 9), fc.nat(9)).map(([value, places]) => value / 10 ** places),
      fc.double(),
      units,
      fc.constantFrom("", "1.", "-0", "abc", "00012.50", "0.000", Number.NaN, -0),
    );
    fc.assert(
      fc.property(value, decimals, (value, places) => {
        const small = parseSmallDecimal(value, places);
        if (!Number.isNaN(small)) expect(BigInt(small)).toBe(parseDecimal(value, places, "d"));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are fifteen digits at most, of text and of numbers", () => {
    expect(parseSmallDecimal("1234567.12345678", 8)).toBe(123_456_712_345_678);
    expect(parseSmallDecimal("12345678.12345678", 8)).toBeNaN();
    expect(parseSmallDecimal("12345678", 8)).toBeNaN();
    expect(parseSmallDecimal(50_000.1, 8)).toBe(5_000_010_000_000);
    expect(parseSmallDecimal("0.1", 0)).toBeNaN();
    for (const other of [-1, "-1", 1n, null, undefined, {}, "1e3"]) {
      expect(parseSmallDecimal(other, 8)).toBeNaN();
    }
  });
});
