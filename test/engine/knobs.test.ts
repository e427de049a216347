// Every knob has an effect: per knob one smallest case, and what each of its values makes of it. The list is complete by construction:
// a knob or a value without an outcome here fails, and so do two values with one outcome.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { KNOB_VALUES, resolveProfile } from "../../src/engine/profiles.ts";
import { RiskError } from "../../src/errors.ts";
import type { MarketDefinition, PositionDefinition, ProfileKnobs } from "../../src/types.ts";
import { coinEngine } from "./collateral-fixtures.ts";
import { BTC, ETH, emptyEngine } from "./fixtures.ts";

/** The rules of liquidation have tests of their own. */
type Knob = keyof typeof KNOB_VALUES;

interface KnobCase {
  readonly knob: Knob;
  readonly case: string;
  readonly run: (profile: ProfileKnobs) => unknown;
  /** By value of the knob. */
  readonly outcomes: ReadonlyMap<unknown, unknown>;
}

/** What a refusal says, else what came of it. */
function attempt<Result>(run: () => Result): Result | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
}

function accepted(run: () => unknown): string {
  const result = attempt(run);
  return typeof result === "string" ? result : "accepted";
}

/** 1 BTC long, entered and marked at 50,000 (maintenance margin 200) unless said. */
function position(change: Partial<PositionDefinition> = {}): PositionDefinition {
  return {
    symbol: BTC,
    side: "long",
    contracts: "1",
    entryPrice: "50000",
    marginMode: "cross",
    leverage: "20",
    ...change,
  };
}

function isolated(
  isolatedMargin: string,
  change: Partial<PositionDefinition> = {},
): PositionDefinition {
  return position({ marginMode: "isolated", isolatedMargin, ...change });
}

/** Account "a" with a wallet and positions. */
function account(
  profile: ProfileKnobs,
  wallet: string,
  positions: readonly PositionDefinition[] = [],
): RiskEngine {
  const engine = emptyEngine(profile);
  engine.openAccount("a");
  engine.setBalance("a", "USDT", wallet);
  for (const each of positions) engine.setPosition("a", each);
  return engine;
}

/** An engine of one market "X" at 100, with account "a" and 300 in its wallet. */
function ownMarket(
  profile: ProfileKnobs,
  market: Omit<MarketDefinition, "symbol" | "settle" | "precision">,
): RiskEngine {
  const engine = new RiskEngine({ profile });
  engine.addAsset({ code: "USDT" });
  engine.addMarket({ symbol: "X", settle: "USDT", precision: { amount: "1" }, ...market });
  engine.setMarks({ X: "100" });
  engine.openAccount("a");
  engine.setBalance("a", "USDT", "300");
  return engine;
}

const FIRED = { stopsTriggered: 1, liquidatable: 0 };
const UNDER = { stopsTriggered: 0, liquidatable: 1 };

const ONE_X = { symbol: "X", contracts: "1", entryPrice: "100", leverage: null };

/** Funding of 1 % on an isolated position of 50,000: 500 to pay. */
function isolatedAfterFunding(profile: ProfileKnobs): unknown {
  const engine = account(profile, "100", [isolated("300")]);
  engine.settleFunding({ time: 1, rates: { [BTC]: "0.01" } });
  const { balances, positions } = engine.account("a").report();
  return { wallet: balances.USDT, margin: positions[0]?.isolatedMargin };
}

const CASES: readonly KnobCase[] = [
  {
    knob: "triggerInclusive",
    case: "equity equals the requirement",
    run: (profile) => account(profile, "0", [isolated("200")]).scan().count,
    outcomes: new Map([
      [false, 0],
      [true, 1],
    ]),
  },
  {
    knob: "closeFeeInRequirement",
    case: "equity holds the maintenance margin, not the fee of 25 too",
    run: (profile) => account(profile, "0", [isolated("224")]).scan().count,
    outcomes: new Map([
      [false, 0],
      [true, 1],
    ]),
  },
  {
    knob: "tierStyle",
    case: "a notional on the second floor: 0.5 % less 50, or 0.5 %",
    run: (profile) =>
      account(profile, "0", [isolated("500")])
        .account("a")
        .scopes()
        .at(-1)?.maintenanceMargin,
    outcomes: new Map([
      ["marginal", "200"],
      ["wholePosition", "250"],
    ]),
  },
  {
    knob: "tierMetric",
    case: "one contract of 100 under tiers that part at 10",
    run: (profile) => {
      const engine = ownMarket(profile, {
        tiers: [
          { minNotional: "0", maxNotional: "10", maintenanceMarginRate: "0.01" },
          { minNotional: "10", maxNotional: null, maintenanceMarginRate: "0.05" },
        ],
      });
      engine.setPosition("a", position(ONE_X));
      return engine.account("a").position("X").maintenanceMargin;
    },
    outcomes: new Map([
      ["notional", "4.6"],
      ["contracts", "1"],
    ]),
  },
  {
    knob: "maintenanceRate",
    case: "a tier that states no rate",
    run: (profile) =>
      attempt(() => {
        const tiers = [{ maxLeverage: "10", initialMarginRate: "0.1", maintenanceFraction: "0.6" }];
        const engine = ownMarket(profile, { tiers });
        engine.setPosition("a", position(ONE_X));
        return { margin: engine.account("a").position("X").maintenanceMargin };
      }),
    outcomes: new Map<unknown, unknown>([
      ["table", "BAD_VALUE"],
      ["halfOfInitial", { margin: "5" }],
      ["fractionOfInitial", { margin: "6" }],
    ]),
  },
  {
    knob: "openInterestScaling",
    case: "1,500 of a market whose rate grows from 1,000 to 2,000, at 10x on 300",
    run: (profile) => {
      const engine = ownMarket(profile, {
        tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "10" }],
        openInterestCaps: { lower: "1000", upper: "2000" },
      });
      return accepted(() =>
        engine.fill({
          account: "a",
          symbol: "X",
          side: "buy",
          amount: "15",
          price: "100",
          leverage: "10",
        }),
      );
    },
    outcomes: new Map([
      [false, "accepted"],
      [true, "INSUFFICIENT_FUNDS"],
    ]),
  },
  {
    knob: "integerLeverage",
    case: "1.5x",
    run: (profile) => accepted(() => account(profile, "0").setLeverage("a", BTC, "1.5")),
    outcomes: new Map([
      [false, "accepted"],
      [true, "LEVERAGE"],
    ]),
  },
  {
    knob: "isolatedLeverageChange",
    case: "from 10x to 5x on the margin of 10x",
    run: (profile) => {
      const engine = account(profile, "6000", [isolated("5000", { leverage: "10" })]);
      return attempt(() => {
        engine.setLeverage("a", BTC, "5");
        return { margin: engine.account("a").position(BTC).isolatedMargin };
      });
    },
    outcomes: new Map<unknown, unknown>([
      ["remargin", { margin: "10000" }],
      ["refuseDecrease", "LEVERAGE"],
      ["keepMargin", "BELOW_INITIAL_MARGIN"],
    ]),
  },
  {
    knob: "marginRemoval",
    case: "all but 4,000 without profit (IM 2,500), all but 100 with a profit of 10,000",
    run: (profile) => {
      const flat = account(profile, "0", [isolated("10000")]);
      const winning = account(profile, "0", [isolated("10000", { entryPrice: "40000" })]);
      return [
        accepted(() => flat.reduceMargin("a", BTC, "6000")),
        accepted(() => winning.reduceMargin("a", BTC, "9900")),
      ];
    },
    outcomes: new Map([
      ["initialMargin", ["accepted", "accepted"]],
      ["walletAndEquity", ["accepted", "BELOW_INITIAL_MARGIN"]],
      ["initialOrTenth", ["BELOW_INITIAL_MARGIN", "accepted"]],
      ["never", ["MARGIN_MODE", "MARGIN_MODE"]],
    ]),
  },
  {
    knob: "withdrawal",
    case: "all but 4,000 without profit (IM 2,500), all but 2,000 with a profit of 5,000",
    run: (profile) => {
      const flat = account(profile, "10000", [position()]);
      const winning = account(profile, "10000", [position({ entryPrice: "45000" })]);
      return [
        accepted(() => flat.withdraw("a", "USDT", "6000")),
        accepted(() => winning.withdraw("a", "USDT", "8000")),
      ];
    },
    outcomes: new Map([
      ["initialMargin", ["accepted", "accepted"]],
      ["walletAndEquity", ["accepted", "INSUFFICIENT_FUNDS"]],
      ["initialOrTenth", ["INSUFFICIENT_FUNDS", "accepted"]],
    ]),
  },
  {
    knob: "modeSwitch",
    case: "isolating a position whose margin of 2,500 is more than the wallet of 2,000",
    run: (profile) => {
      const engine = account(profile, "2000", [position()]);
      return attempt(() => {
        engine.setMarginMode({ account: "a", symbol: BTC, marginMode: "isolated" });
        const { marginMode, contracts } = engine.account("a").position(BTC);
        return { marginMode, smaller: Number(contracts) < 1 };
      });
    },
    outcomes: new Map<unknown, unknown>([
      ["convertIfSafe", "INSUFFICIENT_FUNDS"],
      ["reduceToFit", { marginMode: "isolated", smaller: true }],
      ["refuseWithPosition", "POSITION_OPEN"],
      ["accountWide", "ACCOUNT_WIDE"],
      ["transferOnly", "TRANSFER_ONLY"],
    ]),
  },
  {
    knob: "modeSwitchMargin",
    case: "isolating a position that has lost 2,000",
    run: (profile) => {
      const engine = account(profile, "20000", [position({ entryPrice: "52000" })]);
      engine.setMarginMode({ account: "a", symbol: BTC, marginMode: "isolated" });
      return engine.account("a").position(BTC).isolatedMargin;
    },
    outcomes: new Map([
      ["safe", "4500"],
      ["entry", "2600"],
    ]),
  },
  {
    knob: "modeSwitchToCross",
    case: "into a cross pool that stays below its initial margin",
    run: (profile) => {
      const ether = position({ symbol: ETH, contracts: "10", entryPrice: "2000", leverage: "2" });
      const engine = account(profile, "1000", [isolated("2500"), ether]);
      return accepted(() =>
        engine.setMarginMode({ account: "a", symbol: BTC, marginMode: "cross" }),
      );
    },
    outcomes: new Map([
      ["initialMargin", "INSUFFICIENT_CROSS"],
      ["always", "accepted"],
    ]),
  },
  {
    knob: "multiAssetExcludesIsolated",
    case: "an isolated trade of an account that pledges coins",
    run: (profile) => {
      const engine = coinEngine(profile);
      engine.openAccount("a");
      engine.deposit("a", "USDT", "9000");
      engine.setMultiAsset("a", true);
      return accepted(() =>
        engine.fill({
          account: "a",
          symbol: BTC,
          side: "buy",
          amount: "0.1",
          price: "50000",
          marginMode: "isolated",
          leverage: "10",
        }),
      );
    },
    outcomes: new Map([
      [false, "accepted"],
      [true, "MULTI_ASSET"],
    ]),
  },
  {
    knob: "isolatedFundingSource",
    case: "500 to pay out of a wallet of 100 and a margin of 300 that must keep 200",
    run: isolatedAfterFunding,
    outcomes: new Map([
      ["position", { wallet: "100", margin: "-200" }],
      ["walletFirst", { wallet: "0", margin: "-100" }],
      ["walletFirstCapped", { wallet: "0", margin: "200" }],
    ]),
  },
  {
    knob: "fundingPrice",
    case: "a rate of 1 %, alone and with a price of 40,000",
    run: (profile) =>
      ["0.01", { rate: "0.01", price: "40000" }].map((rate) => {
        const engine = account(profile, "9000", [position()]);
        return attempt(() => {
          engine.settleFunding({ time: 1, rates: { [BTC]: rate } });
          return { wallet: engine.account("a").balances().USDT };
        });
      }),
    outcomes: new Map<unknown, unknown>([
      ["mark", [{ wallet: "8500" }, "BAD_VALUE"]],
      ["oracle", ["BAD_VALUE", { wallet: "8600" }]],
    ]),
  },
  {
    knob: "fundingRounding",
    case: "5e-9 to pay, half a unit",
    run: (profile) => {
      const engine = account(profile, "1", [position({ contracts: "0.001" })]);
      engine.settleFunding({ time: 1, rates: { [BTC]: "0.0000000001" } });
      return engine.account("a").balances().USDT;
    },
    outcomes: new Map([
      ["down", "0.99999999"],
      ["towardZero", "1"],
    ]),
  },
  {
    knob: "openOrderMargin",
    case: "an order that needs 500 on a wallet of 100",
    run: (profile) => {
      const engine = account(profile, "100");
      engine.setLeverage("a", BTC, "10");
      return accepted(() =>
        engine.placeOrder("a", {
          id: "o",
          symbol: BTC,
          side: "buy",
          amount: "0.1",
          price: "50000",
        }),
      );
    },
    outcomes: new Map([
      ["none", "accepted"],
      ["worstSide", "INSUFFICIENT_FUNDS"],
    ]),
  },
  {
    knob: "orderOpenLoss",
    case: "a buy of 0.1 at 1,000 above the mark, at 10x",
    run: (profile) => {
      const engine = account(profile, "9000");
      engine.setLeverage("a", BTC, "10");
      const [event] = engine.placeOrder("a", {
        id: "o",
        symbol: BTC,
        side: "buy",
        amount: "0.1",
        price: "51000",
      });
      return event?.type === "orderPlaced" ? event.reserved : event;
    },
    outcomes: new Map([
      [false, "510"],
      [true, "610"],
    ]),
  },
  {
    knob: "reductions",
    case: "half a position closed at a loss, in a pool below its initial margin",
    run: (profile) => {
      const engine = account(profile, "1000", [position()]);
      return accepted(() =>
        engine.fill({ account: "a", symbol: BTC, side: "sell", amount: "0.5", price: "48500" }),
      );
    },
    outcomes: new Map([
      ["always", "accepted"],
      ["noWorse", "INSUFFICIENT_FUNDS"],
    ]),
  },
  {
    knob: "stopTriggerPrecision",
    case: "a tick to 48,000.05, which is 48,000 to a tick of 0.1",
    run: (profile) => {
      const engine = account(profile, "0", [isolated("5000")]);
      engine.placeStop("a", { id: "s", kind: "mark", symbol: BTC, triggerPrice: "48000" });
      return engine.tick({ [BTC]: "48000.05" }).stopsTriggered;
    },
    outcomes: new Map([
      ["unit", 0],
      ["tick", 1],
    ]),
  },
  {
    knob: "stopBeyondLiquidation",
    case: "a stop at 45,000, where the position is liquidated below 45,180.7",
    run: (profile) =>
      attempt(() => {
        const engine = account(profile, "0", [isolated("5000")]);
        const stop = { id: "s", kind: "mark", symbol: BTC, triggerPrice: "45000" } as const;
        const [event] = engine.placeStop("a", stop);
        return { ...event };
      }),
    outcomes: new Map<unknown, unknown>([
      [
        "clamp",
        {
          type: "stopPlaced",
          account: "a",
          stop: "s",
          triggerPrice: "45180.72289157",
          equityFloor: null,
          clamped: true,
        },
      ],
      ["refuse", "BEYOND_LIQUIDATION"],
    ]),
  },
  {
    knob: "stopImmediate",
    case: "a stop loss of a long above the mark",
    run: (profile) =>
      attempt(() => {
        const engine = account(profile, "0", [isolated("5000")]);
        engine.placeStop("a", { id: "s", kind: "mark", symbol: BTC, triggerPrice: "50001" });
        return engine.tick({}).stopsTriggered;
      }),
    outcomes: new Map<unknown, unknown>([
      ["refuse", "WOULD_TRIGGER"],
      ["fire", 1],
    ]),
  },
  {
    knob: "stopsOnModeSwitch",
    case: "a stop at a price and one on margin, of a position that joins the cross pool",
    run: (profile) => {
      const engine = account(profile, "5000", [isolated("5000")]);
      engine.placeStop("a", { id: "price", kind: "mark", symbol: BTC, triggerPrice: "48000" });
      engine.placeStop("a", { id: "loss", kind: "marginLoss", symbol: BTC, share: "0.1" });
      engine.setMarginMode({ account: "a", symbol: BTC, marginMode: "cross" });
      return engine.toBook().accounts[0]?.stops?.map(({ id }) => id) ?? [];
    },
    outcomes: new Map<unknown, unknown>([
      ["carry", ["price"]],
      ["cancel", []],
    ]),
  },
  {
    knob: "tickOrder",
    case: "a tick past a stop before the liquidation price, and past one behind it",
    run: (profile) =>
      [
        { margin: "5000", taken: "0", stop: "46000", mark: "44000" },
        { margin: "10000", taken: "5000", stop: "45100", mark: "45050" },
      ].map(({ margin, taken, stop, mark }) => {
        const engine = account(profile, "0", [isolated(margin)]);
        engine.placeStop("a", {
          id: "s",
          kind: "mark",
          symbol: BTC,
          side: "long",
          triggerPrice: stop,
        });
        // Where the stop is, it was before the liquidation price as it stood.
        if (taken !== "0") engine.reduceMargin("a", BTC, taken);
        const { stopsTriggered, liquidatable } = engine.tick({ [BTC]: mark });
        return { stopsTriggered, liquidatable };
      }),
    outcomes: new Map([
      ["pathAware", [FIRED, UNDER]],
      ["liquidationFirst", [UNDER, UNDER]],
      ["stopsFirst", [FIRED, FIRED]],
    ]),
  },
  {
    knob: "markMaxAgeMs",
    case: "a mark that is a minute and a millisecond old",
    run: (profile) =>
      accepted(() =>
        emptyEngine(profile).tick({ [BTC]: { price: "50000", time: 0 } }, { time: 60_001 }),
      ),
    outcomes: new Map<unknown, unknown>([
      [null, "accepted"],
      [60_000, "STALE_MARK"],
    ]),
  },
];

describe("knobs", () => {
  it("are all in the list, with all their values, and each value by its own outcome", () => {
    expect(CASES.map(({ knob }) => knob).sort()).toEqual(
      Object.keys(resolveProfile("default"))
        .filter((knob) => knob !== "liquidation")
        .sort(),
    );
    for (const { knob, outcomes } of CASES) {
      expect([...outcomes.keys()].sort(), knob).toEqual([...KNOB_VALUES[knob]].sort());
      const told = [...outcomes.values()].map((outcome) => JSON.stringify(outcome));
      expect(new Set(told).size, knob).toBe(outcomes.size);
    }
  });

  const rows = CASES.flatMap(({ knob, case: what, run, outcomes }) =>
    [...outcomes].map(([value, outcome]) => ({ knob, value, what, run, outcome })),
  );
  it.each(rows)("$knob $value: $what", ({ knob, value, run, outcome }) => {
    expect(run({ [knob]: value })).toEqual(outcome);
  });
});
