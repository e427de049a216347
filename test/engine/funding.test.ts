// settleFunding at the facade: who pays, at which price, refusals, and conservation; the kernel's pass is held to its twin in
// test/kernel/funding.test.ts.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { FundingRate, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";

/** Account one: 1 BTC long cross; account two: 1 BTC short isolated with a margin of 6,000. */
function pair(profile: Profile = "default"): RiskEngine {
  const engine = fundedEngine(profile);
  engine.fill({
    account: "one",
    symbol: BTC,
    side: "buy",
    amount: "1",
    price: "50000",
    leverage: "10",
  });
  engine.setPosition("two", {
    symbol: BTC,
    side: "short",
    contracts: "1",
    entryPrice: "50000",
    marginMode: "isolated",
    leverage: "10",
    isolatedMargin: "6000",
  });
  return engine;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("settleFunding", () => {
  it("positive rates: longs pay, shorts receive, each from its own scope", () => {
    const engine = pair();
    const events = engine.settleFunding({ time: 1_000, rates: { [BTC]: "0.0001" } });
    expect(events).toEqual([
      {
        type: "fundingSettled",
        symbol: BTC,
        time: 1_000,
        rate: "0.0001",
        price: "50000",
        paid: "5",
        received: "5",
        waived: "0",
      },
    ]);
    expect(engine.account("one").balances().USDT).toBe("99995");
    expect(engine.account("two").position(BTC, "short").isolatedMargin).toBe("6005");
    expect(engine.account("two").balances().USDT).toBe("100000");
  });

  it("knob isolatedFundingSource: the margin, or the wallet first, or that and no further than the requirement", () => {
    const outcome = (source: "position" | "walletFirst" | "walletFirstCapped"): string[] => {
      const engine = pair({ isolatedFundingSource: source });
      engine.setBalance("two", "USDT", "30");
      const [event] = engine.settleFunding({ time: 1, rates: { [BTC]: "-0.12" } });
      const waived = event?.type === "fundingSettled" ? event.waived : "";
      const margin = engine.account("two").position(BTC, "short").isolatedMargin ?? "";
      return [engine.account("two").balances().USDT ?? "", margin, waived];
    };
    expect(outcome("position")).toEqual(["30", "0", "0"]);
    expect(outcome("walletFirst")).toEqual(["0", "30", "0"]);
    // 50,000 at 0.5 % without amount 50: a requirement of 200.
    expect(outcome("walletFirstCapped")).toEqual(["0", "200", "170"]);
  });

  it("knob fundingPrice: the mark, or a stated oracle price", () => {
    const engine = pair({ fundingPrice: "oracle" });
    engine.settleFunding({ time: 1, rates: { [BTC]: { rate: "0.0001", price: "60000" } } });
    expect(engine.account("one").balances().USDT).toBe("99994");
    const plain = (rate: FundingRate): string =>
      codeOf(() => engine.settleFunding({ time: 2, rates: { [BTC]: rate } }));
    expect(plain("0.0001")).toBe("BAD_VALUE");
    const marked = pair();
    const stated = { rate: "0.0001", price: "60000" };
    expect(codeOf(() => marked.settleFunding({ time: 1, rates: { [BTC]: stated } }))).toBe(
      "BAD_VALUE",
    );
  });

  it("knob fundingRounding: a credit's fraction is dropped, a debit's is charged or dropped", () => {
    const walletAfter = (fundingRounding: "down" | "towardZero", rate: string): string => {
      const engine = new RiskEngine({ profile: { fundingRounding } });
      engine.addAsset({ code: "S", decimals: 0 });
      engine.addMarket({
        symbol: "X",
        settle: "S",
        precision: { amount: "1" },
        priceDecimals: 0,
        tiers: [{ maintenanceMarginRate: "0.01" }],
      });
      engine.setMarks({ X: "3" });
      engine.openAccount("a");
      engine.setPosition("a", {
        symbol: "X",
        side: "long",
        contracts: "1",
        entryPrice: "3",
        marginMode: "cross",
      });
      engine.settleFunding({ time: 1, rates: { X: rate } });
      return engine.account("a").balances().S ?? "0";
    };
    expect(walletAfter("down", "0.5")).toBe("-2");
    expect(walletAfter("towardZero", "0.5")).toBe("-1");
    expect(walletAfter("down", "-0.5")).toBe("1");
    expect(walletAfter("towardZero", "-0.5")).toBe("1");
  });

  it("invariant 9: refuses what is malformed, late or unknown, and changes nothing", () => {
    const engine = pair();
    engine.settleFunding({ time: 1_000, rates: { [BTC]: "0.0001" } });
    const hash = engine.stateHash();
    const attempt = (time: unknown, rates: unknown): string =>
      codeOf(() => engine.settleFunding({ time, rates } as never));
    expect(attempt(1_000, { [BTC]: "0.0001" })).toBe("STALE_FUNDING");
    expect(attempt(999, { [ETH]: "0.0001", [BTC]: "0.0001" })).toBe("STALE_FUNDING");
    for (const time of [-1, 1.5, Number.NaN, "2000", undefined, 2 ** 53]) {
      expect(attempt(time, { [BTC]: "0.0001" })).toBe("BAD_VALUE");
    }
    expect(attempt(2_000, { "?": "0.0001" })).toBe("UNKNOWN_SYMBOL");
    expect(attempt(2_000, { [BTC]: "1.000000000001" })).toBe("OUT_OF_RANGE");
    expect(attempt(2_000, { [BTC]: "0.0000000000001" })).toBe("TOO_MANY_DECIMALS");
    expect(attempt(2_000, { [BTC]: "x" })).toBe("BAD_VALUE");
    expect(attempt(2_000, null)).toBe("BAD_VALUE");
    expect(engine.stateHash()).toBe(hash);
    engine.settleFunding({ time: 1_000, rates: { [ETH]: "1" } });
    engine.settleFunding({ time: 1_001, rates: { [BTC]: "-1" } });
  });

  it("times of the last funding survive a book", () => {
    const engine = pair();
    engine.settleFunding({ time: 1_234, rates: { [BTC]: "0.0001", [COIN]: "0" } });
    const again = RiskEngine.fromBook(engine.toBook());
    expect(again.stateHash()).toBe(engine.stateHash());
    expect(codeOf(() => again.settleFunding({ time: 1_234, rates: { [COIN]: "0" } }))).toBe(
      "STALE_FUNDING",
    );
  });

  it("invariant 7: what accounts lose is what the ledger says, for any rates and sources", () => {
    const rate = fc.integer({ min: -20_000, max: 20_000 }).map((tenths) => `${tenths / 100_000}`);
    fc.assert(
      fc.property(
        fc.constantFrom("position", "walletFirst", "walletFirstCapped"),
        fc.array(fc.record({ btc: rate, coin: rate }), { minLength: 1, maxLength: 5 }),
        (isolatedFundingSource, periods) => {
          const engine = pair({ isolatedFundingSource });
          engine.fill({
            account: "two",
            symbol: COIN,
            side: "buy",
            amount: "77",
            price: "49000",
            positionSide: "long",
            leverage: "3",
          });
          periods.forEach(({ btc, coin }, time) => {
            engine.settleFunding({ time, rates: { [BTC]: btc, [COIN]: coin } });
            const { USDT, BTC: coins } = engine.audit();
            expect([USDT?.difference, coins?.difference]).toEqual(["0", "0"]);
          });
        },
      ),
      runs(40),
    );
  });
});
