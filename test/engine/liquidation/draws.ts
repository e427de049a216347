// Random books for liquidation: a handful of accounts, cross and isolated, one-way and hedged, on both sides of three markets (one of them
// with whole-position tiers where the profile has those), an insurance fund that may be empty, and prices that go far enough to bankrupt.
import * as fc from "fast-check";
import { RiskEngine } from "../../../src/engine/engine.ts";
import type {
  LiquidationPolicy,
  MarginMode,
  PositionSide,
  ProfileKnobs,
} from "../../../src/types.ts";
import { tryApply } from "../margin-fixtures.ts";

export const SYMBOLS = ["X/USDT:USDT", "Y/USDT:USDT", "Z/USDT:USDT"] as const;
/** 100.00 */
const MARK = 100;

interface PositionDraw {
  readonly market: number;
  readonly side: PositionSide;
  readonly size: number;
  readonly entry: number;
  readonly marginMode: MarginMode;
  /** Isolated margin in thousandths of the notional. */
  readonly margin: number;
}

interface AccountDraw {
  readonly hedged: boolean;
  /** Wallet in thousandths of all notional. */
  readonly wallet: number;
  readonly positions: readonly PositionDraw[];
  readonly orders: number;
  readonly stop: boolean;
}

export interface LiquidationDraw {
  readonly whole: boolean;
  readonly inclusive: boolean;
  readonly fund: number;
  readonly accounts: readonly AccountDraw[];
}

const position: fc.Arbitrary<PositionDraw> = fc.record({
  market: fc.nat(2),
  side: fc.constantFrom("long", "short"),
  size: fc.integer({ min: 1, max: 4_000 }),
  entry: fc.integer({ min: 97, max: 103 }),
  marginMode: fc.constantFrom("cross", "cross", "isolated"),
  margin: fc.integer({ min: 20, max: 80 }),
});

const account: fc.Arbitrary<AccountDraw> = fc.record({
  hedged: fc.boolean(),
  wallet: fc.integer({ min: 10, max: 90 }),
  positions: fc.array(position, { minLength: 1, maxLength: 5 }),
  orders: fc.nat(2),
  stop: fc.boolean(),
});

export const liquidationDraw: fc.Arbitrary<LiquidationDraw> = fc.record({
  whole: fc.boolean(),
  inclusive: fc.boolean(),
  fund: fc.constantFrom(0, 0, 3, 50, 1_000_000),
  accounts: fc.array(account, { minLength: 1, maxLength: 5 }),
});

/** Marks in hundredths. */
export const marksDraw: fc.Arbitrary<readonly number[]> = fc.tuple(
  fc.integer({ min: 8_500, max: 11_500 }),
  fc.integer({ min: 8_500, max: 11_500 }),
  fc.integer({ min: 8_500, max: 11_500 }),
);

export const policyDraw: fc.Arbitrary<LiquidationPolicy> = fc.record({
  method: fc.constantFrom(
    "ladder",
    "full",
    "fraction",
    "coverShortage",
    "twoTiersDown",
    "blockPortion",
  ),
  order: fc.constantFrom(
    "largestMaintenanceMargin",
    "largestLoss",
    "hedgedPairsFirst",
    "allAtOnce",
  ),
  cancelOrders: fc.constantFrom("scope", "account", "none"),
  slippage: fc.constantFrom("0", "0.001", "0.02", "0.3"),
  fee: fc.constantFrom("0", "0.0005", "0.02"),
  fraction: fc.constantFrom("0.2", "0.000001", "1"),
  wholeBelow: fc.constantFrom("0", "20", "1000"),
  cooldownMs: fc.constantFrom(0, 30_000),
  buffer: fc.constantFrom("0", "0.02", "1"),
  leftover: fc.constantFrom("fund", "account"),
  backstopBelow: fc.constantFrom<readonly [number, number] | null>(null, [2, 3], [1, 10]),
  deleverage: fc.boolean(),
  adlPrice: fc.constantFrom("bankruptcy", "mark", "previousMark"),
  adlRanking: fc.constantFrom("profitTimesRatio", "profitTimesLeverage", "priceTimesLeverage"),
});

export function marksOf(units: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    SYMBOLS.map((symbol, index) => [symbol, ((units[index] ?? 0) / 100).toFixed(2)]),
  );
}

export function drawnEngine(draw: LiquidationDraw): RiskEngine {
  const profile: ProfileKnobs = {
    triggerInclusive: draw.inclusive,
    tierStyle: draw.whole ? "wholePosition" : "marginal",
  };
  const engine = new RiskEngine({ profile });
  engine.addAsset({ code: "USDT" });
  for (const symbol of SYMBOLS) {
    engine.addMarket({
      symbol,
      settle: "USDT",
      precision: { amount: "0.01" },
      priceDecimals: 2,
      taker: "0.0005",
      tiers: [
        { minNotional: "0", maxNotional: "500", maintenanceMarginRate: "0.01", maxLeverage: "50" },
        {
          minNotional: "500",
          maxNotional: "1500",
          maintenanceMarginRate: "0.02",
          maxLeverage: "25",
        },
        { minNotional: "1500", maxNotional: "2500", maintenanceMarginRate: "0.03" },
        { minNotional: "2500", maintenanceMarginRate: "0.05" },
      ],
    });
  }
  engine.setMarks(marksOf(SYMBOLS.map(() => MARK * 100)));
  engine.setInsuranceFund("USDT", `${draw.fund}`);
  for (const [index, each] of draw.accounts.entries()) addAccount(engine, `a${index}`, each);
  return engine;
}

function addAccount(engine: RiskEngine, id: string, draw: AccountDraw): void {
  engine.openAccount(id, { hedged: draw.hedged });
  let notional = 0;
  for (const { market, side, size, entry, marginMode, margin } of draw.positions) {
    const worth = (size / 100) * entry;
    const isolated = marginMode === "isolated";
    const placed = tryApply(engine, {
      type: "setPosition",
      account: id,
      position: {
        symbol: SYMBOLS[market] ?? SYMBOLS[0],
        side,
        contracts: (size / 100).toFixed(2),
        entryPrice: `${entry}`,
        marginMode,
        leverage: "20",
        ...(isolated ? { isolatedMargin: ((worth * margin) / 1_000).toFixed(4) } : {}),
      },
    });
    if (placed && !isolated) notional += worth;
  }
  engine.setBalance(id, "USDT", ((notional * draw.wallet) / 1_000).toFixed(4));
  for (let order = 0; order < draw.orders; order++) {
    tryApply(engine, {
      type: "placeOrder",
      account: id,
      order: {
        id: `o${order}`,
        symbol: SYMBOLS[order] ?? SYMBOLS[0],
        side: "buy",
        amount: "0.01",
        price: "90",
        ...(draw.hedged ? { positionSide: "long" as const } : {}),
      },
    });
  }
  const [target] = engine.account(id).positions();
  if (!draw.stop || target === undefined) return;
  const { symbol, side } = target;
  const triggerPrice = side === "long" ? "60" : "140";
  tryApply(engine, {
    type: "placeStop",
    account: id,
    stop: { id: "s", kind: "mark", symbol, side, triggerPrice },
  });
}
