// The forced partial close of a mode switch: the least that makes a position fit, closed as a trade would close it.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FitVerdict, leastFittingClose } from "../../src/engine/least-close.ts";
import { runs } from "../support/runs.ts";
import { BTC, fundedEngine } from "./fixtures.ts";
import { type Change, codes, crossLong, isolate, isolatedLong, join } from "./margin-fixtures.ts";

describe("reduceToFit", () => {
  const reduce: Change = { symbol: BTC, policy: "reduceToFit" };

  it("closes nothing where it fits", () => {
    const [reduced, converted] = [crossLong(), crossLong()];
    expect(isolate(reduced, reduce)).toEqual(isolate(converted));
    expect(reduced.stateHash()).toBe(converted.stateHash());
  });

  it("else closes the least, as a trade would, and converts the rest", () => {
    // Per lot of 0.001: 5 of margin, 0.025 of fee. 9,000 in the wallet: c lots leave 9,000 − 0.025 c, and 5 (2,000 − c) are needed.
    const engine = crossLong("9000");
    const events = isolate(engine, reduce);
    expect(events).toMatchObject([
      {
        type: "positionChanged",
        marginMode: "cross",
        contracts: "1.798",
        realizedPnl: "0",
        fee: "5.05",
      },
      { type: "positionSwitched", transfer: "8990" },
      { type: "marginModeSet" },
      { type: "balanceChanged", balance: "4.95" },
    ]);
    const byHand = crossLong("9000");
    byHand.fill({
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "0.201",
      price: "50000",
      liquidity: "taker",
    });
    expect(codes(() => isolate(byHand))).toEqual(["INSUFFICIENT_FUNDS"]);
    const asTrade = crossLong("9000");
    asTrade.fill({
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "0.202",
      price: "50000",
      liquidity: "taker",
    });
    isolate(asTrade);
    expect(asTrade.stateHash()).toBe(engine.stateHash());
  });

  it("at a stated price", () => {
    const engine = crossLong("9000");
    // Per lot 5 of margin less 1 of loss and 0.0245 of fee.
    const events = isolate(engine, { ...reduce, closePrice: "49000" });
    expect(events[0]).toMatchObject({ contracts: "1.748", realizedPnl: "-252", fee: "6.174" });
    expect(codes(() => isolate(crossLong(), { symbol: BTC, closePrice: "50000" }))).toEqual([
      "BAD_VALUE",
    ]);
    expect(codes(() => isolate(crossLong(), { ...reduce, closePrice: "0" }))).toEqual([
      "OUT_OF_RANGE",
    ]);
  });

  it("closes down to a bracket's cap", () => {
    const engine = fundedEngine();
    engine.setBalance("one", "USDT", "10000000");
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "20",
      price: "50000",
      leverage: "10",
    });
    // Above 1,000,000 the cap is 20x; at 50x below it.
    const [closed] = isolate(engine, { ...reduce, leverage: "50" });
    expect(closed).toMatchObject({ contracts: "19.999" });
  });

  it("to cross: closes what the pool cannot carry", () => {
    const engine = isolatedLong();
    engine.setBalance("one", "USDT", "0");
    engine.setMarks({ [BTC]: "49000" });
    // Equity 4,000, initial margin 4,900.
    const events = join(engine, reduce);
    expect(events[0]).toMatchObject({ type: "positionChanged", marginMode: "isolated" });
    const { equity, initialMargin } = engine.crossScope("one", "USDT").figures();
    expect(equity >= initialMargin).toBe(true);
    expect(equity - initialMargin < 490_000_000n).toBe(true);
  });

  it("says so where no close helps: no money at all, a loss beyond it, a single lot", () => {
    expect(codes(() => isolate(crossLong("0"), reduce))).toEqual(["CANNOT_FIT"]);
    expect(codes(() => isolate(crossLong("9000"), { ...reduce, closePrice: "44000" }))).toEqual([
      "CANNOT_FIT",
    ]);
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "0.001",
      price: "50000",
      leverage: "10",
    });
    engine.setBalance("one", "USDT", "4.99999999");
    const before = engine.stateHash();
    expect(codes(() => isolate(engine, reduce))).toEqual(["CANNOT_FIT"]);
    expect(engine.stateHash()).toBe(before);
  });
});

describe("leastFittingClose", () => {
  it("finds the lower end of whatever interval fits, if there is one", () => {
    const size = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(size, size, size, size, (most, enough, first, last) => {
        // Too small a close below `enough`, too large above `last`; money is missing below `first`.
        const verdictOf = (closed: number): FitVerdict =>
          closed < enough ? "more" : closed > last ? "less" : closed < first ? "funds" : "fits";
        const fitting = Array.from({ length: most }, (_, index) => index + 1).filter(
          (closed) => verdictOf(closed) === "fits",
        );
        // Where 0 fits nothing is asked.
        fc.pre(verdictOf(0) !== "fits");
        expect(leastFittingClose(most, verdictOf)).toBe(fitting[0]);
      }),
      runs(500),
    );
  });

  it("where closing costs more than it frees, only the smallest close that is large enough can fit", () => {
    const size = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(size, size, size, (most, enough, money) => {
        const verdictOf = (closed: number): FitVerdict =>
          closed < enough ? "more" : closed > money ? "funds" : "fits";
        const fits = enough <= most && enough <= money;
        expect(leastFittingClose(most, verdictOf)).toBe(fits ? enough : undefined);
      }),
      runs(500),
    );
  });
});
