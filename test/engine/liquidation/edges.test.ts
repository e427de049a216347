// Edges of liquidation: nobody is left in debt without a position, no scope empty, and no more is closed than has to be.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import type { Profile } from "../../../src/types.ts";
import { told } from "../../support/told.ts";

const SYMBOL = "X/USDT:USDT";
const FLAT = [{ minNotional: "0", maintenanceMarginRate: "0.01" }];

function holder(
  id: string,
  wallet: string,
  side: "long" | "short",
  contracts: number,
  entryPrice: string,
  isolatedMargin?: string,
) {
  return {
    id,
    balances: { USDT: wallet },
    positions: [
      {
        symbol: SYMBOL,
        side,
        contracts: `${contracts}`,
        entryPrice,
        leverage: "10",
        ...(isolatedMargin === undefined
          ? { marginMode: "cross" as const }
          : { marginMode: "isolated" as const, isolatedMargin }),
      },
    ],
  };
}

function scene(
  mark: string,
  accounts: readonly ReturnType<typeof holder>[],
  more: { readonly tiers?: typeof FLAT; readonly fund?: string; readonly profile?: Profile } = {},
): RiskEngine {
  const { tiers = FLAT, fund = "0", profile = "default" } = more;
  return RiskEngine.fromBook({
    profile,
    assets: [{ code: "USDT" }],
    markets: [
      { symbol: SYMBOL, settle: "USDT", precision: { amount: "1" }, priceDecimals: 2, tiers },
    ],
    marks: { [SYMBOL]: mark },
    insuranceFunds: { USDT: fund },
    accounts,
  });
}

function collateral(engine: RiskEngine, id: string): string | undefined {
  return engine.account(id).scopes()[0]?.collateral;
}

describe("deleveraging", () => {
  it("passes over a counterparty that its last position's close would leave in debt", () => {
    // The bankruptcy price is 90; a short from 75 with 10 would end with -5, without a position and so never liquidatable.
    const engine = scene("80", [
      holder("a", "10", "long", 1, "100"),
      holder("b", "10", "short", 1, "75"),
    ]);
    const events = engine.liquidate();
    expect(told(events, "deleveraged")).toEqual([]);
    expect(told(events, "positionLiquidated").map(({ uncovered }) => uncovered)).toEqual(["10"]);
    expect(collateral(engine, "b")).toBe("10");
  });

  it("leaves no debt on a counterparty that is itself under water", () => {
    const engine = scene("91", [
      holder("a", "10", "long", 10, "100"),
      holder("b", "13", "short", 9, "90"),
    ]);
    const events = engine.liquidate({ policy: { method: "full" } });
    expect(told(events, "deleveraged")).toEqual([]);
    expect(collateral(engine, "b")).toBe("0");
  });

  it("passes over a bankrupt whom it would leave with a smaller debt and without a position", () => {
    // Closed at the mark before, 79.5, "b" would still owe 0.5 of the 1 it owes at 80, with nothing left to liquidate.
    const engine = scene("79.5", [
      holder("a", "5", "long", 1, "100"),
      holder("b", "4", "short", 1, "75"),
      holder("c", "100", "short", 1, "70"),
    ]);
    engine.tick({ [SYMBOL]: "80" });
    const policy = { method: "full", adlPrice: "previousMark" } as const;
    const events = engine.liquidate({ accounts: ["a"], policy });
    expect(told(events, "deleveraged").map(({ account }) => account)).toEqual(["c"]);
    expect(collateral(engine, "b")).toBe("4");
  });

  it("passes over whom the profile's rule of reductions refuses, instead of refusing all", () => {
    const accounts = [holder("a", "10", "long", 10, "100"), holder("b", "60", "short", 10, "90")];
    const engine = scene("91", accounts, { profile: { reductions: "noWorse" } });
    const events = engine.liquidate();
    expect(told(events, "deleveraged")).toEqual([]);
    expect(told(events, "liquidationEnded").map(({ outcome }) => outcome)).toEqual(["closed"]);
  });

  it.each(["bankruptcy", "mark"] as const)(
    "by command at %s leaves no empty isolated scope and no debt",
    (adlPrice) => {
      const accounts = [
        holder("a", "5", "long", 1, "100", "10"),
        holder("b", "100", "short", 1, "100"),
      ];
      const engine = scene("80", accounts, { fund: "4" });
      const events = engine.deleverage({ account: "a", symbol: SYMBOL, policy: { adlPrice } });
      expect(
        engine
          .account("a")
          .scopes()
          .map(({ scope, equity }) => [scope, equity]),
      ).toEqual([["cross", "5"]]);
      const paid = told(events, "liquidationEnded").map(({ insurance, uncovered }) => [
        insurance,
        uncovered,
      ]);
      expect(paid).toEqual([adlPrice === "mark" ? ["-4", "6"] : ["0", "0"]]);
      expect(engine.audit().USDT?.difference).toBe("0");
      expect(RiskEngine.fromBook(engine.toBook()).stateHash()).toBe(engine.stateHash());
    },
  );
});

describe("coverShortage with an empty fund", () => {
  const COVER = { method: "coverShortage", slippage: "0.2" } as const;

  /** "a" long 10 from 100 with 9.5, of which 10 are needed; "b" short so many. */
  const make = (short: number): RiskEngine =>
    scene("100", [
      holder("a", "9.5", "long", 10, "100"),
      holder("b", "1000", "short", short, "100"),
    ]);
  const closed = (engine: RiskEngine, adlPrice: "bankruptcy" | "mark"): string[] => {
    const events = engine.liquidate({ policy: { ...COVER, adlPrice } });
    expect(engine.audit().USDT?.difference).toBe("0");
    expect(engine.account("a").scopes()[0]?.liquidatable ?? false).toBe(false);
    return told(events, "positionLiquidated").map(
      ({ contracts, price, how }) => `${contracts} at ${price} ${how}`,
    );
  };

  it("tries what counterparties give at the mark: the least that stands, not the whole", () => {
    expect(closed(make(10), "mark")).toEqual(["1 at 100 deleveraged"]);
    // At the bankruptcy price each part leaves its share of the equity behind: none makes it stand.
    expect(closed(make(10), "bankruptcy")).toEqual(["10 at 99.05 deleveraged"]);
  });

  it("goes on where counterparties give out: the rest of a part is the fund's and the venue's", () => {
    const engine = make(1);
    expect(closed(engine, "mark")).toEqual(["1 at 100 deleveraged"]);
    const bare = scene("100", [holder("a", "9.5", "long", 10, "100")]);
    expect(closed(bare, "mark")).toEqual(["10 at 99.05 takeOver"]);
  });

  it("leaves nothing of a trial behind: a preview and the state before are what they were", () => {
    const engine = make(10);
    const hash = engine.stateHash();
    const command = { type: "liquidate", policy: { ...COVER, adlPrice: "mark" } } as const;
    const { events } = engine.previewCommand(command);
    expect(engine.stateHash()).toBe(hash);
    expect(engine.apply(command)).toEqual(events);
  });
});

it("coverShortage stops at a bracket's cap where closing further would sink the scope again", () => {
  const tiers = [
    { minNotional: "0", maxNotional: "8000", maintenanceMarginRate: "0.01" },
    { minNotional: "8000", maintenanceMarginRate: "0.05" },
  ];
  // A close costs 1.5 %, takes 5 % off the margin above the cap, and 1 % below it.
  const engine = scene("99.9", [holder("a", "125", "long", 100, "100")], { tiers, fund: "1000" });
  const events = engine.liquidate({ policy: { method: "coverShortage", slippage: "0.015" } });
  expect(told(events, "positionLiquidated").map(({ remaining }) => remaining)).toEqual(["81"]);
  expect(told(events, "liquidationEnded").map(({ outcome }) => outcome)).toEqual(["stands"]);
});

it("a coin-margined short whose fillable value is nothing fills at the highest price, not at the lowest", () => {
  const symbol = "BTC/USD:BTC";
  const engine = RiskEngine.fromBook({
    assets: [{ code: "BTC" }],
    markets: [
      {
        symbol,
        settle: "BTC",
        linear: false,
        contractSize: "100",
        precision: { amount: "1" },
        priceDecimals: 1,
        tiers: FLAT,
      },
    ],
    marks: { [symbol]: "30000" },
    insuranceFunds: { BTC: "10" },
    accounts: [
      {
        id: "a",
        balances: { BTC: "0.001" },
        positions: [
          { symbol, side: "short", contracts: "100", entryPrice: "30000", marginMode: "cross" },
        ],
      },
    ],
  });
  const policy = { method: "full", fillable: { adjustment: "1000", spread: "1000" } } as const;
  const [step] = told(engine.liquidate({ policy }), "positionLiquidated");
  expect(Number(step?.fillPrice)).toBeGreaterThan(30_000);
  expect(step?.realizedPnl.startsWith("-")).toBe(true);
});
