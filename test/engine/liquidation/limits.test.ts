// Liquidation next to the largest amounts: whose figures leave 63 bits is passed over as a counterparty, a fund is never filled beyond them,
// and the largest sizes, prices and wallets are liquidated to the last unit by every method.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import { LIQUIDATION_WORDS } from "../../../src/engine/liquidation/policies.ts";
import { RiskError } from "../../../src/errors.ts";
import type { PositionDefinition } from "../../../src/types.ts";
import { told } from "../../support/told.ts";

const MAX = 2n ** 63n - 1n;
const MOST_UNITS = 2n ** 53n - 1n;

/** Whole contracts and prices, in an asset without decimals: a unit is a unit. */
function units(marks: Readonly<Record<string, string>>, fund = 0n): RiskEngine {
  const engine = new RiskEngine();
  engine.addAsset({ code: "U", decimals: 0 });
  for (const symbol of Object.keys(marks)) {
    engine.addMarket({
      symbol,
      settle: "U",
      precision: { amount: "1" },
      priceDecimals: 0,
      tiers: [
        { minNotional: "0", maxNotional: "1000000", maintenanceMarginRate: "0.05" },
        { minNotional: "1000000", maintenanceMarginRate: "0.1" },
      ],
    });
  }
  engine.setMarks(marks);
  engine.setInsuranceFund("U", `${fund}`);
  return engine;
}

function hold(
  engine: RiskEngine,
  id: string,
  wallet: bigint,
  position: Pick<PositionDefinition, "side" | "contracts" | "entryPrice"> &
    Partial<PositionDefinition>,
): void {
  engine.openAccount(id);
  engine.setBalance(id, "U", `${wallet}`);
  engine.setPosition(id, { symbol: "X", marginMode: "cross", leverage: "5", ...position });
}

/** "a" long 10 from 100 with nothing at 90: bankrupt at 100. */
function bankrupt(): RiskEngine {
  const engine = units({ X: "100" });
  hold(engine, "a", 0n, { side: "long", contracts: "10", entryPrice: "100" });
  return engine;
}

describe("a counterparty at the limit", () => {
  it("whose figures leave it is passed over, and in no ranking", () => {
    const engine = bankrupt();
    // At 90 its profit takes its equity out of range.
    hold(engine, "b", MAX, { side: "short", contracts: "10", entryPrice: "100" });
    hold(engine, "c", 500n, { side: "short", contracts: "10", entryPrice: "110" });
    engine.setMarks({ X: "90" });
    expect(engine.deleverageRanking("X", "short").map(({ account }) => account)).toEqual(["c"]);
    const events = engine.liquidate({ accounts: ["a"] });
    expect(told(events, "deleveraged").map(({ account }) => account)).toEqual(["c"]);
    expect(engine.audit().U?.difference).toBe("0");
    expect(engine.account("b").balances().U).toBe(`${MAX}`);
  });

  it("whose wallet cannot take its gain is passed over; one unit less and it is not", () => {
    for (const [wallet, taker] of [
      [MAX - 149n, "c"],
      [MAX - 150n, "b"],
    ] as const) {
      const engine = bankrupt();
      // Margin 100 and a gain of 50 at 100 go to the wallet.
      const isolated = { marginMode: "isolated", isolatedMargin: "100" } as const;
      hold(engine, "b", wallet, { side: "short", contracts: "10", entryPrice: "105", ...isolated });
      hold(engine, "c", 2_000n, { side: "short", contracts: "10", entryPrice: "101" });
      engine.setMarks({ X: "90" });
      const order = engine.deleverageRanking("X", "short").map(({ account }) => account);
      expect(order).toEqual(["b", "c"]);
      const events = engine.liquidate({ accounts: ["a"] });
      expect(told(events, "deleveraged").map(({ account }) => account)).toEqual([taker]);
      expect(engine.audit().U?.difference).toBe("0");
    }
  });
});

describe("an insurance fund at the limit", () => {
  /** "a" is left with 49 of 50 that a position of 1,000 needs; all of it goes to the fund. */
  const scene = (fund: bigint): RiskEngine => {
    const engine = units({ X: "100" }, fund);
    hold(engine, "a", 49n, { side: "long", contracts: "10", entryPrice: "100" });
    return engine;
  };

  it("takes in up to 2^63 - 1", () => {
    const engine = scene(MAX - 49n);
    engine.liquidate();
    expect(engine.insuranceFund("U")).toBe(`${MAX}`);
    expect(engine.audit().U?.difference).toBe("0");
  });

  it("refuses the whole call one unit beyond, by name, until it is lowered", () => {
    const engine = scene(MAX - 48n);
    const hash = engine.stateHash();
    let refused: unknown;
    try {
      engine.liquidate();
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(RiskError);
    expect(refused).toMatchObject({
      code: "VALUE_OUT_OF_RANGE",
      path: 'liquidate.insuranceFund["U"]',
      value: `"${MAX + 1n}"`,
      hint: "lower it with setInsuranceFund first",
    });
    expect(engine.stateHash()).toBe(hash);
    engine.setInsuranceFund("U", "0");
    expect(engine.liquidate().length).toBeGreaterThan(0);
    expect(engine.insuranceFund("U")).toBe("49");
  });

  it("pays out from it", () => {
    const engine = units({ X: "100" }, MAX);
    hold(engine, "a", 0n, { side: "long", contracts: "10", entryPrice: "110" });
    engine.liquidate();
    expect(engine.insuranceFund("U")).toBe(`${MAX - 100n}`);
  });
});

describe("the largest position", () => {
  it.each(
    LIQUIDATION_WORDS.method.flatMap((method) =>
      (["size", "price"] as const).map((what) => [method, what] as const),
    ),
  )("%s: 2^53 - 1 as the %s", (method, what) => {
    const [contracts, price] = what === "size" ? [MOST_UNITS, 1_000n] : [1_000n, MOST_UNITS];
    const notional = contracts * price;
    const engine = units({ X: `${price}` }, 0n);
    const terms = { contracts: `${contracts}`, entryPrice: `${price}` };
    // One unit short of the requirement, and a counterparty with the largest wallet.
    const requirement = (notional * 2n - 1_000_000n + 19n) / 20n;
    hold(engine, "a", requirement - 1n, { side: "long", ...terms });
    hold(engine, "b", MAX, { side: "short", ...terms });
    const policy = { method, slippage: "0.3", fraction: "0.5", wholeBelow: "0" } as const;
    for (let time = 0; time < 3; time++) {
      engine.liquidate({ accounts: ["a"], time: time * 60_000, policy });
      expect(engine.audit().U?.difference).toBe("0");
      expect(RiskEngine.fromBook(engine.toBook()).stateHash()).toBe(engine.stateHash());
    }
    const pending = engine.account("a").scopes()[0]?.liquidatable ?? false;
    const instalments = method === "fraction" || method === "blockPortion";
    expect(pending && !instalments).toBe(false);
  });
});
