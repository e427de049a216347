// A misspelt option that nobody reads would silently do nothing. Each object of options of ticks, funding, liquidation, stress tests, maps
// and comparisons names what it does not know, by path, and nothing has changed then.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";

const TIERS = [{ maintenanceMarginRate: "0.1" }];

function engineWith(profile: "default" | "hyperliquid"): RiskEngine {
  return RiskEngine.fromBook({
    profile,
    assets: [{ code: "S" }],
    markets: [
      {
        symbol: "X",
        settle: "S",
        precision: { amount: "1" },
        tiers: [{ maintenanceMarginRate: "0.1", maxLeverage: "5" }],
      },
    ],
    marks: { X: "100" },
    accounts: [
      {
        id: "a",
        balances: { S: "5" },
        positions: [
          { symbol: "X", side: "long", contracts: "1", entryPrice: "100", marginMode: "cross" },
        ],
      },
    ],
  });
}

/** Fields that no type knows. */
function odd(fields: object): object {
  return fields;
}

/** [what is misspelt, its path, the call]; every call would be good without it. */
const CALLS: readonly (readonly [string, string, (engine: RiskEngine) => unknown])[] = [
  ["acounts", "liquidate.acounts", (e) => e.liquidate({ ...odd({ acounts: ["a"] }) })],
  [
    "spred",
    "liquidate.policy.fillable.spred",
    (e) =>
      e.liquidate({
        policy: { fillable: { ...odd({ spred: "1" }), adjustment: "1", spread: "1" } },
      }),
  ],
  ["Q", 'liquidate.policy.fees["Q"]', (e) => e.liquidate({ policy: { fees: { Q: "0.01" } } })],
  ["Q", 'liquidate.fillPrices["Q"]', (e) => e.liquidate({ fillPrices: { Q: "1" } })],
  [
    "agains",
    "deleverage.agains",
    (e) => e.deleverage({ ...odd({ agains: "b" }), account: "a", symbol: "X", solvent: true }),
  ],
  [
    "slippage",
    "deleverage.policy.slippage",
    (e) =>
      e.deleverage({
        account: "a",
        symbol: "X",
        solvent: true,
        policy: { ...odd({ slippage: "0.1" }), adlPrice: "mark" },
      }),
  ],
  [
    "asett",
    "setInsuranceFund.asett",
    (e) => e.apply({ ...odd({ asett: "S" }), type: "setInsuranceFund", asset: "S", amount: "1" }),
  ],
  ["tpo", "options.tpo", (e) => e.stress([{ all: "-0.1" }], { ...odd({ tpo: 3 }) })],
  ["shock", "scenarios[0].shock", (e) => e.stress([{ ...odd({ shock: "-0.1" }) }])],
  ["shock", "scenarios[0].shock", (e) => e.stressModes([{ ...odd({ shock: "-0.1" }) }])],
  ["form", "options.form", (e) => e.liquidationMap({ ...odd({ form: "-0.1" }), symbol: "X" })],
  ["shock", "options.shock", (e) => e.compareModes("a", { ...odd({ shock: ["0.1"] }) })],
  ["tiem", "tick.tiem", (e) => e.tick({ X: "99" }, { ...odd({ tiem: 1 }) })],
  ["tiem", "tick.tiem", (e) => e.tickMarks([0], [9_900_000_000], 1, { ...odd({ tiem: 1 }) })],
  ["tiem", "tick.tiem", (e) => e.apply({ ...odd({ tiem: 1 }), type: "tick", marks: { X: "99" } })],
  [
    "tmie",
    'tick.marks["X"].tmie',
    (e) => e.tick({ X: { ...odd({ tmie: 1 }), price: "99", time: 1 } }, { time: 1 }),
  ],
];

function refusal(run: () => unknown): RiskError {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return error;
    throw error;
  }
  throw new Error("accepted");
}

describe("options that nobody reads", () => {
  it.each(CALLS)("%s is refused as %s", (value, path, call) => {
    const engine = engineWith("default");
    const hash = engine.stateHash();
    const error = refusal(() => call(engine));
    expect(error.path).toBe(path);
    expect(error.value).toBe(JSON.stringify(value));
    expect(error.message).toMatch(/known: |unknown symbol/);
    expect(engine.stateHash()).toBe(hash);
  });

  it("are refused in a funding rate with its price", () => {
    const engine = engineWith("hyperliquid");
    const rates = { X: { ...odd({ prise: "1" }), rate: "0.001", price: "100" } };
    const hash = engine.stateHash();
    for (const run of [
      () => engine.settleFunding({ time: 1, rates }),
      () => engine.tick({}, { time: 1, funding: rates }),
    ]) {
      const error = refusal(run);
      expect(error.path).toMatch(/\["X"\]\.prise$/);
      expect(error.value).toBe('"prise"');
      expect(engine.stateHash()).toBe(hash);
    }
  });

  it("are words, and flags are flags", () => {
    const engine = engineWith("default");
    const solvent = "yes" as unknown as boolean;
    const error = refusal(() => engine.deleverage({ account: "a", symbol: "X", solvent }));
    expect(error.path).toBe("deleverage.solvent");
    expect(refusal(() => engine.tick({}, [] as object)).path).toBe("tick");
  });

  it("fees of a profile may be of markets to come", () => {
    const engine = new RiskEngine({ profile: { liquidation: { fees: { X: "0.01" } } } });
    engine.addAsset({ code: "S" });
    engine.addMarket({ symbol: "X", settle: "S", precision: { amount: "1" }, tiers: TIERS });
    expect(engine.liquidate()).toEqual([]);
  });
});
