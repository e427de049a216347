// Random books for deleveraging: a dozen accounts on both sides of two markets, thinly funded, an insurance fund that is empty, marks that
// ruin one side, and every rule that says what a counterparty must be left with: tiers of each kind, fees inside the requirement, weights
// on profits, reductions that may make no worse, initial margins that grow with open interest, open orders.
import * as fc from "fast-check";
import type { CommandMethods } from "../../../src/engine/command-methods.ts";
import { RiskEngine } from "../../../src/engine/engine.ts";
import type {
  LeverageTier,
  LiquidationPolicy,
  MarginMode,
  PositionSide,
  Profile,
  ProfileKnobs,
} from "../../../src/types.ts";
import { tryApply } from "../margin-fixtures.ts";

export const ADL_SYMBOLS = ["X", "Y"] as const;

interface PositionDraw {
  readonly market: number;
  readonly side: PositionSide;
  readonly size: number;
  /** Price units of 0.01. */
  readonly entry: number;
  readonly marginMode: MarginMode;
  /** Thousandths of the notional at entry. */
  readonly margin: number;
}

interface AccountDraw {
  readonly hedged: boolean;
  readonly positions: readonly PositionDraw[];
  readonly order: boolean;
}

export interface AdlDraw {
  readonly style: "marginal" | "wholePosition" | "contracts";
  readonly inverse: boolean;
  /** Of a linear contract; of an inverse one a thousand times as much. */
  readonly contractSize: number;
  readonly knobs: ProfileKnobs;
  readonly weight: string;
  readonly decimals: number;
  readonly fund: string;
  readonly accounts: readonly AccountDraw[];
}

const position: fc.Arbitrary<PositionDraw> = fc.record({
  market: fc.constantFrom(0, 0, 0, 1),
  side: fc.constantFrom("long", "short"),
  size: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4_000 })),
  entry: fc.integer({ min: 8_500, max: 11_500 }),
  marginMode: fc.constantFrom("cross", "cross", "isolated"),
  margin: fc.integer({ min: 5, max: 250 }),
});

export const adlDraw: fc.Arbitrary<AdlDraw> = fc.record({
  style: fc.constantFrom("marginal", "marginal", "wholePosition", "contracts"),
  inverse: fc.boolean(),
  contractSize: fc.constantFrom(1, 1, 1_000),
  knobs: fc.record({
    triggerInclusive: fc.boolean(),
    closeFeeInRequirement: fc.boolean(),
    reductions: fc.constantFrom("always", "always", "noWorse"),
    openInterestScaling: fc.boolean(),
  }),
  weight: fc.constantFrom("1", "1", "0.5", "0.00000001"),
  decimals: fc.constantFrom(0, 2, 8),
  fund: fc.constantFrom("0", "0", "5"),
  accounts: fc.array(
    fc.record({
      hedged: fc.constantFrom(false, false, true),
      positions: fc.array(position, { minLength: 1, maxLength: 3 }),
      order: fc.boolean(),
    }),
    { minLength: 3, maxLength: 14 },
  ),
});

export const adlPolicy: fc.Arbitrary<LiquidationPolicy> = fc.record({
  method: fc.constantFrom("full", "full", "ladder", "coverShortage", "fraction"),
  order: fc.constantFrom("largestMaintenanceMargin", "allAtOnce", "hedgedPairsFirst"),
  slippage: fc.constantFrom("0", "0.001", "0.05"),
  leftover: fc.constantFrom("fund", "account"),
  adlPrice: fc.constantFrom("bankruptcy", "bankruptcy", "mark", "previousMark"),
  adlRanking: fc.constantFrom("profitTimesRatio", "profitTimesLeverage", "priceTimesLeverage"),
});

/** Marks in hundredths. */
export const adlMarks: fc.Arbitrary<readonly [number, number]> = fc.tuple(
  fc.integer({ min: 7_000, max: 13_000 }),
  fc.integer({ min: 7_000, max: 13_000 }),
);

export function adlMarksOf(units: readonly [number, number]): Record<string, string> {
  return Object.fromEntries(
    ADL_SYMBOLS.map((symbol, index) => [symbol, ((units[index] ?? 0) / 100).toFixed(2)]),
  );
}

function unitsOf({ inverse, contractSize }: AdlDraw): number {
  return inverse ? 1_000 * contractSize : contractSize;
}

function tiersOf({ style, inverse, contractSize }: AdlDraw): LeverageTier[] {
  const notionals = (inverse ? [0, 30, 400] : [0, 300, 2_000]).map((each) => each * contractSize);
  const floors = style === "contracts" ? [0, 9, 301] : notionals;
  const rates = ["0.01", "0.02", "0.05"];
  return floors.map((floor, index) => ({
    minNotional: `${floor}`,
    // Ranges of contracts end below where the next begins.
    maxNotional:
      index === 2 ? null : `${(floors[index + 1] ?? 0) - (style === "contracts" ? 1 : 0)}`,
    maintenanceMarginRate: rates[index] ?? "0.05",
    maxLeverage: "10",
  }));
}

export function adlEngine(draw: AdlDraw): RiskEngine {
  const engine = new RiskEngine({ profile: adlProfile(draw) });
  fillBook(engine, draw);
  return engine;
}

export function adlProfile(draw: AdlDraw): Profile {
  return {
    ...draw.knobs,
    tierStyle: draw.style === "marginal" ? "marginal" : "wholePosition",
    tierMetric: draw.style === "contracts" ? "contracts" : "notional",
  };
}

/** Declares the markets and opens the accounts. */
export function fillBook(engine: CommandMethods, draw: AdlDraw): void {
  engine.addAsset({ code: "S", decimals: draw.decimals });
  for (const symbol of ADL_SYMBOLS) {
    engine.addMarket({
      symbol,
      settle: "S",
      linear: !draw.inverse,
      contractSize: `${unitsOf(draw)}`,
      precision: { amount: "1" },
      priceDecimals: 2,
      taker: "0.0006",
      positivePnlWeight: draw.weight,
      openInterestCaps: { lower: "500", upper: "100000" },
      tiers: tiersOf(draw),
    });
  }
  engine.setMarks(adlMarksOf([10_000, 10_000]));
  engine.setInsuranceFund("S", draw.fund);
  for (const [index, each] of draw.accounts.entries()) {
    addAccount(engine, `a${`${index}`.padStart(2, "0")}`, each, draw);
  }
}

function addAccount(engine: CommandMethods, id: string, account: AccountDraw, draw: AdlDraw): void {
  engine.openAccount(id, { hedged: account.hedged });
  const text = (amount: number): string => amount.toFixed(draw.decimals);
  let wallet = 0;
  for (const { market, side, size, entry, marginMode, margin } of account.positions) {
    const price = entry / 100;
    const worth = size * unitsOf(draw) * (draw.inverse ? 1 / price : price);
    const isolated = marginMode === "isolated";
    const placed = tryApply(engine, {
      type: "setPosition",
      account: id,
      position: {
        symbol: ADL_SYMBOLS[market] ?? "X",
        side,
        contracts: `${size}`,
        entryPrice: (entry / 100).toFixed(2),
        marginMode,
        leverage: "10",
        ...(isolated ? { isolatedMargin: text((worth * margin) / 1_000) } : {}),
      },
    });
    if (placed && !isolated) wallet += (worth * margin) / 1_000;
  }
  engine.setBalance(id, "S", text(wallet));
  if (!account.order) return;
  tryApply(engine, {
    type: "placeOrder",
    account: id,
    order: {
      id: "o",
      symbol: "Y",
      side: "buy",
      amount: "2",
      price: "90",
      ...(account.hedged ? { positionSide: "long" as const } : {}),
    },
  });
}
