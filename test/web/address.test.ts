// The page's state in its address, read back as it was written; nonsense is as the page begins.
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { HOME, REACH_PPM, readAddress, writeAddress } from "../../web/book/address.ts";
import { runs } from "../support/runs.ts";

test("what is written is read", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.string({ minLength: 1, maxLength: 64 }),
    fc.constantFrom("", "ETH/USDT:USDT", "a&b=c#d"),
    fc.integer({ min: -REACH_PPM / 1_000, max: REACH_PPM / 1_000 }),
    fc.boolean(),
    (accounts, seed, market, thousands, together) => {
      const movePpm = thousands * 1_000;
      const address = { accounts, seed, market, movePpm, together, measure: false };
      const read = readAddress(writeAddress(address));
      expect(read).toEqual({ ...address, together: movePpm === 0 ? true : together });
    },
  );
  fc.assert(property, runs(200));
});

it("takes nonsense for nothing", () => {
  expect(readAddress("")).toEqual(HOME);
  expect(readAddress("#accounts=-5&seed=&move=x")).toEqual({ ...HOME, together: false });
  expect(readAddress("#accounts=1e9")).toEqual(HOME);
  expect(readAddress("#move=-99&together&measure")).toEqual({
    ...HOME,
    movePpm: -REACH_PPM,
    measure: true,
  });
  // Where the slider cannot stand, the nearest place where it can.
  expect(readAddress("#move=-10.04&together").movePpm).toBe(-100_000);
});
