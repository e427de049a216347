// Figures for people: grouped, cut against the reader's optimism, never through a double.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDecimal, parseDecimal } from "../../src/decimal.ts";
import {
  grouped,
  money,
  percent,
  price,
  roundDecimal,
  shiftDecimal,
  signedMoney,
} from "../../web/shared/format.ts";
import { runs } from "../support/runs.ts";

const units = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

describe("rounding", () => {
  it("goes down toward minus infinity and up toward plus infinity, by less than a unit", () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 8 }), (value, decimals) => {
        const text = formatDecimal(value, 8);
        const step = 10n ** BigInt(8 - decimals);
        const down = parseDecimal(roundDecimal(text, decimals, "down"), 8, "down");
        const up = parseDecimal(roundDecimal(text, decimals, "up"), 8, "up");
        expect(down <= value && value < down + step).toBe(true);
        expect(up >= value && value > up - step).toBe(true);
      }),
      runs(300),
    );
  });

  it("keeps a sign where a loss is smaller than what is shown", () => {
    expect(money("-0.001")).toBe("−0.01");
    expect(money("-0.001", "up")).toBe("0.00");
    expect(money("0.009")).toBe("0.00");
    expect(money("0.001", "up")).toBe("0.01");
  });

  it("refuses what is no decimal", () => {
    for (const text of ["", "NaN", "1e5", "1.", "Infinity"]) {
      expect(() => money(text)).toThrow(RangeError);
    }
  });
});

describe("words for figures", () => {
  it("groups thousands", () => {
    expect(grouped("1234567.5")).toBe("1,234,567.5");
    expect(grouped("-999")).toBe("−999");
    expect(money("9007199254740993.129")).toBe("9,007,199,254,740,993.12");
    expect(signedMoney("2460")).toBe("+2,460.00");
    expect(signedMoney("0")).toBe("0.00");
    expect(signedMoney("-6150")).toBe("−6,150.00");
  });

  it("tells coins to a millionth, dollars in cents", () => {
    expect(money("0.123456789", "down", "BTC")).toBe("0.123456");
    expect(money("0.123456789", "up", "USDC")).toBe("0.13");
    expect(signedMoney("0.5", "ETH")).toBe("+0.500000");
  });

  it("tells prices with about six digits, those with fewer as they are", () => {
    expect(price("105367.02411874", "up")).toBe("105,367.1");
    expect(price("3762.38", "up")).toBe("3,762.38");
    expect(price("249.883")).toBe("249.883");
    expect(price("0.00000712345678")).toBe("0.0000071234");
    expect(price("109000")).toBe("109,000");
  });

  it("tells shares in per cent", () => {
    expect(percent("0.062689", "down")).toBe("6.26 %");
    expect(percent("0.0598485", "up", 1)).toBe("6.0 %");
    expect(percent("1.2", "up", 0)).toBe("120 %");
  });
});

describe("shifting", () => {
  it("is undone by shifting back, whatever zeros were typed", () => {
    for (const text of ["2.5", "1.0", "0.10", "100", "0", "12.345", "-3.50"]) {
      expect(shiftDecimal(shiftDecimal(text, -2), 2)).toBe(text);
    }
  });

  it("multiplies exactly", () => {
    fc.assert(
      fc.property(units, fc.integer({ min: -6, max: 6 }), (value, places) => {
        const shifted = shiftDecimal(formatDecimal(value, 8), places);
        expect(parseDecimal(shifted, 18, "shifted", {})).toBe(value * 10n ** BigInt(10 + places));
      }),
      runs(300),
    );
  });
});
