// Figures as the book page shows them: grouped, cut in the stated direction, never a sign or a digit that is not there.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  amountText,
  bytesText,
  countText,
  moveText,
  priceText,
  shareText,
  timeText,
} from "../../web/book/figures.ts";
import { runs } from "../support/runs.ts";

describe("amountText", () => {
  it.each([
    ["-650.5652364", 2, "down", "−650.57"],
    ["-650.5652364", 2, "up", "−650.56"],
    ["1234567.891", 0, "down", "1,234,567"],
    ["1234567.891", 0, "up", "1,234,568"],
    ["999999.5", 0, "up", "1,000,000"],
    ["-0.004", 2, "up", "0.00"],
    ["-0.004", 2, "down", "−0.01"],
    ["0", 2, "down", "0.00"],
    ["12", 2, "up", "12.00"],
  ] as const)("%s to %d decimals, %s: %s", (text, decimals, rounding, shown) => {
    expect(amountText(text, decimals, rounding)).toBe(shown);
  });

  test("lies on the stated side of the exact figure, by less than a unit shown", () => {
    const property = fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 0, max: 8 }),
      fc.constantFrom("down", "up"),
      (units, decimals, rounding) => {
        const sign = units < 0n ? "-" : "";
        const digits = (units < 0n ? -units : units).toString().padStart(9, "0");
        const exact = `${sign}${digits.slice(0, -8)}.${digits.slice(-8)}`;
        const shown = amountText(exact, decimals, rounding as "down" | "up");
        const plain = shown.replaceAll(",", "").replace("−", "-").replace(".", "");
        const scaled = BigInt(plain) * 10n ** BigInt(8 - decimals);
        const distance = rounding === "down" ? units - scaled : scaled - units;
        expect(distance >= 0n && distance < 10n ** BigInt(8 - decimals)).toBe(true);
      },
    );
    fc.assert(property, runs(300));
  });
});

it("groups counts, and says shares, moves, times, sizes and prices as people do", () => {
  expect(countText(1_234_567)).toBe("1,234,567");
  expect(shareText(1, 100_000)).toBe("< 0.01 %");
  expect(shareText(0, 100_000)).toBe("0 %");
  expect(shareText(1, 0)).toBe("0 %");
  expect(shareText(279, 2_000)).toBe("13.95 %");
  expect([moveText(-100_000), moveText(0), moveText(1_000)]).toEqual([
    "−10.0 %",
    "0.0 %",
    "+0.1 %",
  ]);
  expect([timeText(0.84), timeText(12.34), timeText(340.2), timeText(1_240)]).toEqual([
    "0.84 ms",
    "12.3 ms",
    "340 ms",
    "1.2 s",
  ]);
  expect(bytesText(251_658_240)).toBe("252 MB");
  expect(priceText(11_535_880_000_000, 8)).toBe("115,358.80");
  expect(priceText(52_760_000, 8)).toBe("0.5276000");
});
