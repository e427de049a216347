// Liquidation by hand: each rule of a policy on the smallest scope that shows it, with figures one can check in the head. Markets are at
// 100 with a maintenance margin of 10 % unless said otherwise.

import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import type { EngineEvent, LiquidationPolicy, PositionDefinition } from "../../../src/types.ts";
import { told } from "../../support/told.ts";
import { bench, flatTiers, SYMBOL } from "../../vectors/workbench.ts";

/** "X long 3 of 10 at 99 (market), fund 0.3": the steps of a liquidation. */
function steps(events: readonly EngineEvent[]): string[] {
  return told(events, "positionLiquidated").map(
    ({ symbol, side, contracts, remaining, price, how, insurance, uncovered }) =>
      `${symbol} ${side} ${contracts} leaves ${remaining} at ${price} (${how}), fund ${insurance}` +
      (uncovered === "0" ? "" : `, uncovered ${uncovered}`),
  );
}

function endings(events: readonly EngineEvent[]): string[] {
  return told(events, "liquidationEnded").map(
    ({ account, outcome, equity, insurance, uncovered }) =>
      `${account} ${outcome} with ${equity}, fund ${insurance}, uncovered ${uncovered}`,
  );
}

interface Held extends Partial<PositionDefinition> {
  readonly size: number;
}

/** Account `id` with those positions entered at 100 and that wallet. */
function add(engine: RiskEngine, id: string, wallet: string, positions: readonly Held[]): void {
  if (!engine.hasAccount(id)) engine.openAccount(id);
  engine.setBalance(id, "S", wallet);
  for (const { size, ...given } of positions) {
    engine.setPosition(id, {
      symbol: SYMBOL,
      side: size > 0 ? "long" : "short",
      contracts: `${Math.abs(size)}`,
      entryPrice: "100",
      marginMode: "cross",
      leverage: "5",
      ...given,
    });
  }
}

function scene(wallet: string, positions: readonly Held[], hedged = false): RiskEngine {
  const markets = [SYMBOL, "Y"].map((symbol) => ({ symbol, tiers: flatTiers(0.1), mark: 100 }));
  const engine = bench(markets, { hedged });
  add(engine, "a", wallet, positions);
  return engine;
}

const FULL: LiquidationPolicy = { method: "full", leftover: "account" };

describe("one step", () => {
  it("is paid at its fill, and the fee goes to the fund as far as the fill is better than bankruptcy", () => {
    // Equity 9.5 of 10: bankruptcy at 99.05 a contract of 10... of one contract: 90.5.
    const engine = scene("9.5", [{ size: 1 }]);
    const events = engine.liquidate({ policy: { ...FULL, slippage: "0.01", fee: "0.02" } });
    // Filled at 99: 8.5 better than 90.5, of which 1.98 is the fee.
    expect(steps(events)).toEqual(["X long 1 leaves 0 at 99 (market), fund 1.98"]);
    expect(endings(events)).toEqual(["a closed with 6.52, fund 0, uncovered 0"]);
    expect(engine.account("a").balances().S).toBe("6.52");
    expect(engine.insuranceFund("S")).toBe("1.98");
  });

  it("takes no more fee than leaves the account with nothing", () => {
    const engine = scene("1.2", [{ size: 1 }]);
    const events = engine.liquidate({ policy: { ...FULL, slippage: "0.01", fee: "0.02" } });
    expect(steps(events)).toEqual(["X long 1 leaves 0 at 99 (market), fund 0.2"]);
    expect(engine.account("a").balances().S ?? "0").toBe("0");
  });

  it("below bankruptcy is paid by the fund, and what it does not hold by the venue", () => {
    const engine = scene("1", [{ size: 1 }]);
    engine.setInsuranceFund("S", "2.5");
    const policy: LiquidationPolicy = { ...FULL, slippage: "0.05", deleverage: false };
    const events = engine.liquidate({ policy });
    // Bankrupt at 99, filled at 95: 4 are missing.
    expect(steps(events)).toEqual(["X long 1 leaves 0 at 99 (takeOver), fund -2.5, uncovered 1.5"]);
    expect(engine.insuranceFund("S")).toBe("0");
    expect(engine.audit().S).toMatchObject({ uncovered: "1.5", fund: "0", difference: "0" });
  });

  it("splits the scope's equity over positions in proportion to their maintenance margin, rounded up for the account", () => {
    // Value 300 in X, 100 in Y; equity -8 once the marks fell: three quarters of it belong to X.
    const engine = scene("0", [{ size: 3 }, { size: -1, symbol: "Y" }]);
    engine.setBalance("a", "S", "-8");
    engine.setInsuranceFund("S", "100");
    const events = engine.liquidate({ policy: FULL });
    expect(steps(events)).toEqual([
      "X long 3 leaves 0 at 102 (takeOver), fund -6",
      "Y short 1 leaves 0 at 98 (takeOver), fund -2",
    ]);
    expect(endings(events)).toEqual(["a closed with 0, fund 0, uncovered 0"]);
  });

  it("fills at what is stated", () => {
    const engine = scene("9.5", [{ size: 1 }]);
    const events = engine.liquidate({ policy: FULL, fillPrices: { [SYMBOL]: "97.25" } });
    expect(steps(events)).toEqual(["X long 1 leaves 0 at 97.25 (market), fund 0"]);
  });

  it("leaves isolated margin with the rest of the position, and what is left of it to whom the policy says", () => {
    const isolated = { marginMode: "isolated", isolatedMargin: "95" } as const;
    const engine = scene("500", [{ size: 10, ...isolated }]);
    const events = engine.liquidate({ policy: { method: "coverShortage", leftover: "account" } });
    expect(steps(events)).toEqual(["X long 0.5 leaves 9.5 at 100 (market), fund 0"]);
    expect(engine.account("a").position(SYMBOL).isolatedMargin).toBe("95");
    expect(engine.account("a").balances().S).toBe("500");
    engine.setMarks({ [SYMBOL]: "99" });
    engine.liquidate({ policy: FULL });
    expect(engine.account("a").balances().S).toBe("585.5");

    const taken = scene("500", [{ size: 10, ...isolated }]);
    const all = taken.liquidate({ policy: { method: "full", leftover: "fund" } });
    expect(endings(all)).toEqual(["a closed with 95, fund 95, uncovered 0"]);
    expect(taken.account("a").balances().S).toBe("500");
  });
});

describe("deleveraging", () => {
  /** "a" short 2 at 100 with nothing; "b" and "c" long one each, "c" entered lower. */
  function crowd(): RiskEngine {
    const engine = scene("0", [{ size: -2 }]);
    add(engine, "b", "50", [{ size: 1, entryPrice: "90" }]);
    add(engine, "c", "50", [{ size: 1, entryPrice: "60" }]);
    engine.setMarks({ [SYMBOL]: "101" });
    return engine;
  }

  it("closes against the best ranked at the bankruptcy price, to the last unit", () => {
    const engine = crowd();
    const events = engine.liquidate({ policy: { method: "full", slippage: "0.01" } });
    // Equity -2: bankrupt at 100.
    expect(steps(events)).toEqual(["X short 2 leaves 0 at 100 (deleveraged), fund 0"]);
    expect(
      told(events, "deleveraged").map(({ account, price, realizedPnl }) => [
        account,
        price,
        realizedPnl,
      ]),
    ).toEqual([
      ["c", "100", "40"],
      ["b", "100", "10"],
    ]);
    expect(engine.account("a").balances().S ?? "0").toBe("0");
    expect(engine.account("c").balances().S).toBe("90");
    expect(engine.audit().S?.difference).toBe("0");
  });

  it("at the mark leaves the deficit to the fund and the venue", () => {
    const engine = crowd();
    engine.setInsuranceFund("S", "0.5");
    const events = engine.liquidate({
      policy: { method: "full", adlPrice: "mark", slippage: "0.01" },
    });
    expect(steps(events)).toEqual(["X short 2 leaves 0 at 101 (deleveraged), fund 0"]);
    expect(endings(events)).toEqual(["a closed with -2, fund -0.5, uncovered 1.5"]);
    expect(engine.account("c").balances().S).toBe("91");
  });

  it("at the mark before the last tick", () => {
    const engine = crowd();
    engine.tick({ [SYMBOL]: "102" });
    const events = engine.liquidate({
      policy: { method: "full", adlPrice: "previousMark", slippage: "0.01" },
    });
    expect(told(events, "deleveraged").map(({ price }) => price)).toEqual(["101", "101"]);
  });

  it("what counterparties cannot take goes to the fund and the venue at the bankruptcy price", () => {
    const engine = crowd();
    engine.setPosition("b", {
      symbol: SYMBOL,
      side: "long",
      contracts: "0",
      entryPrice: "1",
      marginMode: "cross",
    });
    engine.setInsuranceFund("S", "0.25");
    const events = engine.liquidate({ policy: { method: "full", slippage: "0.01" } });
    // 101 · 1.01 = 102.01 for what is worth 100 in a bankruptcy.
    expect(steps(events)).toEqual([
      "X short 1 leaves 1 at 100 (deleveraged), fund 0",
      "X short 1 leaves 0 at 100 (takeOver), fund -0.25, uncovered 1.76",
    ]);
    expect(engine.audit().S?.difference).toBe("0");
  });

  it("passes over whom the price would liquidate or bankrupt", () => {
    const engine = scene("0", [{ size: -2 }]);
    add(engine, "b", "0", [
      { size: 1, marginMode: "isolated", isolatedMargin: "10", entryPrice: "115" },
    ]);
    add(engine, "c", "11", [{ size: 2, entryPrice: "100" }]);
    engine.setMarks({ [SYMBOL]: "110" });
    const events = engine.liquidate({
      accounts: ["a"],
      policy: { method: "full", slippage: "0.01" },
    });
    // Equity -20: bankrupt at 100. "b" would lose 15 of 10; "c" closes whole at its entry.
    expect(told(events, "deleveraged").map(({ account }) => account)).toEqual(["c"]);
  });

  it("by command: only the bankrupt, by rank or against the one named", () => {
    const engine = crowd();
    expect(() => engine.deleverage({ account: "c", symbol: SYMBOL })).toThrow(
      /NOT_BANKRUPT|not liquidatable/,
    );
    const events = engine.deleverage({ account: "a", symbol: SYMBOL, amount: "0.5", against: "b" });
    expect(steps(events)).toEqual(["X short 0.5 leaves 1.5 at 100 (deleveraged), fund 0"]);
    expect(
      told(events, "deleveraged").map(({ account, remaining }) => [account, remaining]),
    ).toEqual([["b", "0.5"]]);
    expect(() => engine.deleverage({ account: "a", symbol: SYMBOL, against: "a" })).toThrow(
      /no counterparty/,
    );
  });
});

describe("how much", () => {
  const TIERS = [
    { minNotional: "0", maxNotional: "1000", maintenanceMarginRate: "0.01" },
    { minNotional: "1000", maxNotional: "2000", maintenanceMarginRate: "0.02" },
    { minNotional: "2000", maxNotional: "3000", maintenanceMarginRate: "0.03" },
    { minNotional: "3000", maintenanceMarginRate: "0.04" },
  ];

  function tiered(contracts: number, equity: string): RiskEngine {
    const engine = bench([{ tiers: TIERS, mark: 100, amountDecimals: 0 }]);
    add(engine, "a", equity, [{ size: contracts }]);
    return engine;
  }

  it("ladder: down to each lower bracket's cap until it stands; from a cap to the next", () => {
    // MM of 35: 10 + 20 + 30 + 20 = 80; of 30: 60; of 20: 30; of 10: 10.
    expect(steps(tiered(35, "70").liquidate({ policy: { method: "ladder" } }))).toEqual([
      "X long 5 leaves 30 at 100 (market), fund 0",
    ]);
    expect(steps(tiered(30, "35").liquidate({ policy: { method: "ladder" } }))).toEqual([
      "X long 10 leaves 20 at 100 (market), fund 0",
    ]);
    expect(
      steps(tiered(35, "5").liquidate({ policy: { method: "ladder", leftover: "account" } })),
    ).toEqual([
      "X long 5 leaves 30 at 100 (market), fund 0",
      "X long 10 leaves 20 at 100 (market), fund 0",
      "X long 10 leaves 10 at 100 (market), fund 0",
      "X long 10 leaves 0 at 100 (market), fund 0",
    ]);
  });

  it("twoTiersDown: by two brackets, the lowest two whole", () => {
    expect(steps(tiered(35, "50").liquidate({ policy: { method: "twoTiersDown" } }))).toEqual([
      "X long 15 leaves 20 at 100 (market), fund 0",
    ]);
    expect(steps(tiered(25, "20").liquidate({ policy: { method: "twoTiersDown" } }))).toEqual([
      "X long 15 leaves 10 at 100 (market), fund 0",
    ]);
    expect(steps(tiered(15, "10").liquidate({ policy: { method: "twoTiersDown" } }))).toEqual([
      "X long 15 leaves 0 at 100 (market), fund 0",
    ]);
  });

  it("by contract counts (OKX): ranges end where the next begins", () => {
    const engine = new RiskEngine({ profile: "okx" });
    engine.addAsset({ code: "S" });
    const [a, b, c] = ["0.01", "0.02", "0.03"];
    engine.addMarket({
      symbol: SYMBOL,
      settle: "S",
      precision: { amount: "1" },
      tiers: [
        { minNotional: "0", maxNotional: "2000", maintenanceMarginRate: a },
        { minNotional: "2001", maxNotional: "5000", maintenanceMarginRate: b },
        { minNotional: "5001", maxNotional: null, maintenanceMarginRate: c },
      ],
    });
    engine.setMarks({ [SYMBOL]: "100" });
    add(engine, "a", "10000", [{ size: 6_000 }]);
    const events = engine.liquidate();
    expect(steps(events)).toEqual(["X long 4000 leaves 2000 at 100 (market), fund 0"]);
  });

  it("coverShortage: the least that makes it stand, one unit less does not; with a buffer; small shortages whole", () => {
    const least = (policy: LiquidationPolicy): string | undefined =>
      told(
        scene("95", [{ size: 10 }]).liquidate({ policy: { method: "coverShortage", ...policy } }),
        "positionLiquidated",
      )[0]?.contracts;
    // Equity 95 carries a notional of 950.
    expect(least({})).toBe("0.5");
    // Clearance of a tenth of the margin: 95 >= 1.1 · 10 % of the notional.
    expect(least({ buffer: "0.1" })).toBe("1.36364");
    expect(least({ wholeBelow: "5.00000001" })).toBe("10");
    expect(least({ wholeBelow: "5" })).toBe("0.5");
  });

  it("fraction: a part once, all within the cool-down, a part again after it; small positions whole; the time goes with the book", () => {
    const policy: LiquidationPolicy = {
      method: "fraction",
      fraction: "0.2",
      wholeBelow: "799.99",
      cooldownMs: 1_000,
      leftover: "account",
    };
    const engine = scene("50", [{ size: 10 }]);
    expect(() => engine.liquidate({ policy })).toThrow(/liquidate.time/);
    expect(endings(engine.liquidate({ policy, time: 0 }))).toEqual([
      "a pending with 50, fund 0, uncovered 0",
    ]);
    const later = RiskEngine.fromBook(engine.toBook());
    expect(steps(engine.liquidate({ policy, time: 999 }))).toEqual([
      "X long 8 leaves 0 at 100 (market), fund 0",
    ]);
    expect(steps(later.liquidate({ policy, time: 1_000 }))).toEqual([
      "X long 1.6 leaves 6.4 at 100 (market), fund 0",
    ]);
    expect(steps(later.liquidate({ policy, time: 2_000 }))).toEqual([
      "X long 6.4 leaves 0 at 100 (market), fund 0",
    ]);
  });

  it("blockPortion: one part a call, at least the stated notional", () => {
    const engine = scene("50", [{ size: 10 }]);
    const policy: LiquidationPolicy = {
      method: "blockPortion",
      fraction: "0.1",
      wholeBelow: "250",
    };
    expect(steps(engine.liquidate({ policy }))).toEqual([
      "X long 2.5 leaves 7.5 at 100 (market), fund 0",
    ]);
    expect(steps(engine.liquidate({ policy: { ...policy, wholeBelow: "0" } }))).toEqual([
      "X long 0.75 leaves 6.75 at 100 (market), fund 0",
    ]);
    expect(steps(engine.liquidate({ policy: { ...policy, wholeBelow: "10000" } }))).toEqual([
      "X long 6.75 leaves 0 at 100 (market), fund 0",
    ]);
  });
});

describe("which position", () => {
  it("largest maintenance margin, largest loss, all at once", () => {
    const make = (): RiskEngine =>
      scene("60", [{ size: 4 }, { size: 3, symbol: "Y", entryPrice: "105" }]);
    // Equity 60 - 15 = 45 of 70: X alone gives 40 back.
    const first = (order: NonNullable<LiquidationPolicy["order"]>): string[] =>
      steps(make().liquidate({ policy: { ...FULL, order } })).map(
        (step) => step.split(" leaves")[0] ?? "",
      );
    expect(first("largestMaintenanceMargin")).toEqual(["X long 4"]);
    expect(first("largestLoss")).toEqual(["Y long 3"]);
    expect(first("allAtOnce")).toEqual(["X long 4", "Y long 3"]);
  });

  it("hedged pairs first, at the mark, without a fee", () => {
    const engine = scene("35", [{ size: 3 }, { size: -1 }], true);
    const policy: LiquidationPolicy = {
      ...FULL,
      order: "hedgedPairsFirst",
      slippage: "0.1",
      fee: "0.1",
    };
    expect(steps(engine.liquidate({ policy }))).toEqual([
      "X long 1 leaves 2 at 100 (offset), fund 0",
      "X short 1 leaves 0 at 100 (offset), fund 0",
    ]);
    expect(engine.account("a").scopes()[0]?.liquidatable).toBe(false);
  });

  it("the backstop takes everything below its fraction, and the account keeps nothing", () => {
    const policy: LiquidationPolicy = { ...FULL, backstopBelow: [2, 3] };
    const above = scene("20", [{ size: 3 }]);
    expect(told(above.liquidate({ policy }), "liquidationStarted")[0]?.stage).toBe("market");
    expect(above.account("a").balances().S).toBe("20");
    const below = scene("19.99999999", [{ size: 3 }]);
    const events = below.liquidate({ policy });
    expect(told(events, "liquidationStarted")[0]?.stage).toBe("backstop");
    expect(below.account("a").balances().S ?? "0").toBe("0");
    expect(below.insuranceFund("S")).toBe("19.99999999");
  });
});

/** Account "a" backs its scope with 10 coins at 10, of which half counts. */
function pledged(): RiskEngine {
  const engine = new RiskEngine();
  engine.addAsset({ code: "S" });
  engine.addAsset({
    code: "C",
    collateral: { settle: "S", priceDecimals: 2, tiers: [{ ratio: "0.5" }] },
  });
  engine.addMarket({
    symbol: SYMBOL,
    settle: "S",
    precision: { amount: "1" },
    tiers: flatTiers(0.1),
  });
  engine.setMarks({ [SYMBOL]: "100" });
  engine.setIndexPrices({ C: "10" });
  engine.openAccount("a");
  engine.setBalance("a", "C", "10");
  engine.setMultiAsset("a", true);
  return engine;
}

describe("around it", () => {
  it("cancels the scope's orders, the account's, or none, and stops go with their positions", () => {
    const make = (): RiskEngine => {
      const isolated = { marginMode: "isolated", isolatedMargin: "5", symbol: "Y" } as const;
      const engine = scene("1000", [{ size: 1 }, { size: 1, ...isolated }]);
      for (const symbol of [SYMBOL, "Y"]) {
        engine.placeOrder("a", { id: symbol, symbol, side: "buy", amount: "0.01", price: "90" });
      }
      return engine;
    };
    const cancelled = (cancelOrders: NonNullable<LiquidationPolicy["cancelOrders"]>): string[] =>
      told(make().liquidate({ policy: { ...FULL, cancelOrders } }), "orderChanged").map(
        ({ order }) => order,
      );
    expect(cancelled("scope")).toEqual(["Y"]);
    expect(cancelled("account")).toEqual(["X", "Y"]);
    expect(cancelled("none")).toEqual([]);
    const engine = scene("20", [{ size: 1 }]);
    engine.placeStop("a", { id: "s", kind: "mark", symbol: SYMBOL, triggerPrice: "95" });
    engine.setBalance("a", "S", "5");
    const events = engine.liquidate({ policy: FULL });
    expect(told(events, "stopCancelled").map(({ stop, reason }) => [stop, reason])).toEqual([
      ["s", "closed"],
    ]);
  });

  it("coins that back the scope stay, and a debt that they cover stands", () => {
    const engine = pledged();
    engine.setPosition("a", {
      symbol: SYMBOL,
      side: "long",
      contracts: "10",
      entryPrice: "100",
      marginMode: "cross",
    });
    // Coins count 50; a loss of 20 leaves 30 of 98.
    engine.setMarks({ [SYMBOL]: "98" });
    const events = engine.liquidate({ policy: FULL });
    expect(endings(events)).toEqual(["a closed with 30, fund 0, uncovered 0"]);
    expect(engine.account("a").balances()).toMatchObject({ S: "-20", C: "10" });
    expect(engine.audit().S?.difference).toBe("0");
  });

  it("a deficit is covered as far as coins do not cover it", () => {
    const engine = pledged();
    add(engine, "a", "0", [{ size: 10 }]);
    add(engine, "b", "500", [{ size: -10 }]);
    engine.setMarks({ [SYMBOL]: "93" });
    engine.setInsuranceFund("S", "5");
    const policy: LiquidationPolicy = { ...FULL, adlPrice: "mark", slippage: "0.01" };
    // Coins count 50 of the 70 that are lost.
    expect(endings(engine.liquidate({ policy }))).toEqual([
      "a closed with -20, fund -5, uncovered 15",
    ]);
    expect(engine.account("a").balances()).toMatchObject({ S: "-50", C: "10" });
    expect(engine.audit().S?.difference).toBe("0");
  });

  it("says no by name and changes nothing", () => {
    const engine = scene("5", [{ size: 1 }]);
    const hash = engine.stateHash();
    const refused = (run: () => unknown): string => {
      try {
        run();
        return "accepted";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const policy = (given: unknown): string =>
      refused(() => engine.liquidate({ policy: given as LiquidationPolicy }));
    expect(policy({ methd: "full" })).toMatch(/liquidate.policy.methd: unknown rule/);
    expect(policy({ method: "half" })).toMatch(/liquidate.policy.method: must be ladder or/);
    expect(policy({ slippage: "1" })).toMatch(/liquidate.policy.slippage/);
    expect(policy({ slippage: "-0.1" })).toMatch(/liquidate.policy.slippage/);
    expect(policy({ fraction: "0" })).toMatch(/liquidate.policy.fraction/);
    expect(policy({ backstopBelow: [3, 2] })).toMatch(/such as \[2, 3\]/);
    expect(policy({ cooldownMs: -1 })).toMatch(/whole milliseconds/);
    expect(policy({ deleverage: "yes" })).toMatch(/true or false/);
    expect(policy({ fees: { X: "2" } })).toMatch(/liquidate.policy.fees\["X"\]/);
    expect(policy([])).toMatch(/must be an object/);
    expect(refused(() => engine.liquidate({ accounts: ["nobody"] }))).toMatch(
      /accounts\[0\]: unknown account/,
    );
    expect(refused(() => engine.liquidate({ fillPrices: { Q: "1" } }))).toMatch(/unknown symbol/);
    expect(refused(() => engine.liquidate({ fillPrices: { X: "0" } }))).toMatch(
      /fillPrices\["X"\]/,
    );
    expect(refused(() => engine.liquidate({ time: -1 }))).toMatch(/liquidate.time/);
    expect(refused(() => engine.setInsuranceFund("S", "-1"))).toMatch(/setInsuranceFund.amount/);
    expect(refused(() => engine.setInsuranceFund("Q", "1"))).toMatch(/unknown asset/);
    expect(refused(() => engine.deleverage({ account: "a", symbol: "Y" }))).toMatch(
      /no such position/,
    );
    expect(
      refused(() => new RiskEngine({ profile: { liquidation: { method: "x" as "full" } } })),
    ).toMatch(/profile.liquidation.method/);
    expect(engine.stateHash()).toBe(hash);
  });

  it("accounts named are judged alone, in order of their ids, once", () => {
    const engine = scene("5", [{ size: 1 }]);
    add(engine, "b", "5", [{ size: 1 }]);
    const events = engine.liquidate({ accounts: ["b", "a", "b"], policy: FULL });
    expect(endings(events).map((text) => text[0])).toEqual(["a", "b"]);
    expect(engine.liquidate()).toEqual([]);
  });
});
