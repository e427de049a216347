// Random accounts for properties of isolated margin, leverage and margin modes: a one-way and a hedged account with wallets, cross and
// isolated positions in three markets (two settle assets) at moved marks, settings and resting orders, under random rules.
import * as fc from "fast-check";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type {
  Command,
  EngineEvent,
  MarginMode,
  OrderSide,
  PositionDefinition,
  PositionSide,
  Profile,
  ProfileKnobs,
  SetMarginModeCommand,
} from "../../src/types.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

export const SYMBOLS = [BTC, ETH, COIN] as const;
export const SIDES = ["long", "short"] as const;
export const MODES: readonly MarginMode[] = ["cross", "isolated"];
const MARKS: Record<string, number> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };
/** Size units of about 1,000 quote each. */
const UNIT: Record<string, number> = { [BTC]: 20, [ETH]: 50, [COIN]: 10 };

/** Code of what an action throws, or "accepted". */
export function refusalCode(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

/** True where the command was accepted. */
export function tryApply(engine: Pick<RiskEngine, "apply">, command: Command): boolean {
  return refusalCode(() => engine.apply(command)) === "accepted";
}

/** One BTC long at 50,000 with 5,000 of margin (10x), 95,000 left in the wallet. */
export function isolatedLong(profile?: Profile): RiskEngine {
  const engine = fundedEngine(profile);
  const trade = { symbol: BTC, side: "buy", amount: "1", price: "50000", leverage: "10" } as const;
  engine.fill({ account: "one", ...trade, marginMode: "isolated" });
  return engine;
}

/** What a switch says beside account and mode. */
export type Change = Omit<SetMarginModeCommand, "type" | "account" | "marginMode">;

/** Account "one" to isolated. */
export function isolate(engine: RiskEngine, change: Change = { symbol: BTC }): EngineEvent[] {
  return engine.setMarginMode({ account: "one", marginMode: "isolated", ...change });
}

/** Account "one" to cross. */
export function join(engine: RiskEngine, change: Change = { symbol: BTC }): EngineEvent[] {
  return engine.setMarginMode({ account: "one", marginMode: "cross", ...change });
}

export function codes(...actions: readonly (() => unknown)[]): string[] {
  return actions.map(refusalCode);
}

/** A cross BTC long of 2 at 50,000, 10x, with a wallet of its own size. */
export function crossLong(wallet = "100000", profile?: Profile): RiskEngine {
  const engine = fundedEngine(profile);
  engine.fill({
    account: "one",
    symbol: BTC,
    side: "buy",
    amount: "2",
    price: "50000",
    leverage: "10",
  });
  engine.setBalance("one", "USDT", wallet);
  return engine;
}

interface PositionDraw {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly units: number;
  readonly entryPermille: number;
  readonly leverage: number;
  readonly marginPercent: number;
  readonly isolated: boolean;
  readonly autoTopUp: boolean;
}

export interface AccountDraw {
  readonly rules: ProfileKnobs;
  readonly hedged: boolean;
  readonly usdt: number;
  readonly btc: number;
  readonly positions: readonly PositionDraw[];
  readonly orders: readonly {
    readonly symbol: string;
    readonly side: OrderSide;
    readonly positionSide: PositionSide;
    readonly units: number;
  }[];
}

const position: fc.Arbitrary<PositionDraw> = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  side: fc.constantFrom(...SIDES),
  units: fc.integer({ min: 1, max: 60 }),
  entryPermille: fc.integer({ min: 900, max: 1_100 }),
  leverage: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  marginPercent: fc.oneof(fc.integer({ min: 60, max: 200 }), fc.integer({ min: -20, max: 120 })),
  isolated: fc.boolean(),
  autoTopUp: fc.boolean(),
});

export const rules: fc.Arbitrary<ProfileKnobs> = fc.record({
  triggerInclusive: fc.boolean(),
  closeFeeInRequirement: fc.boolean(),
  integerLeverage: fc.boolean(),
  isolatedLeverageChange: fc.constantFrom("remargin", "refuseDecrease", "keepMargin"),
  marginRemoval: fc.constantFrom("initialMargin", "walletAndEquity", "initialOrTenth", "never"),
  modeSwitchMargin: fc.constantFrom("safe", "entry"),
  modeSwitchToCross: fc.constantFrom("initialMargin", "always"),
  openOrderMargin: fc.constantFrom("worstSide", "none"),
  reductions: fc.constantFrom("always", "noWorse"),
});

export const accountDraw: fc.Arbitrary<AccountDraw> = fc.record({
  rules,
  hedged: fc.boolean(),
  usdt: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 200_000 })),
  btc: fc.integer({ min: 0, max: 20_000 }),
  positions: fc.array(position, { minLength: 1, maxLength: 5 }),
  orders: fc.array(
    fc.record({
      symbol: fc.constantFrom(...SYMBOLS),
      side: fc.constantFrom("buy", "sell"),
      positionSide: fc.constantFrom(...SIDES),
      units: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 2 },
  ),
});

function definition(draw: PositionDraw): PositionDefinition {
  const { symbol, side, isolated, leverage } = draw;
  const units = BigInt(draw.units * (UNIT[symbol] ?? 1));
  const price = BigInt(MARKS[symbol] ?? 1) * BigInt(draw.entryPermille) * 100_000n;
  // About what the leverage asks, in units of 1e-8.
  const value = symbol === COIN ? draw.units * 2_000_000 : draw.units * 1_000e8;
  const margin = Math.trunc(
    (value / (leverage === 0 ? 20 : leverage)) * (draw.marginPercent / 100),
  );
  return {
    symbol,
    side,
    contracts: units,
    entryPrice: price,
    marginMode: isolated ? "isolated" : "cross",
    ...(leverage === 0 ? {} : { leverage: BigInt(leverage * 1_000) }),
    ...(isolated ? { isolatedMargin: BigInt(margin), autoTopUp: draw.autoTopUp } : {}),
  };
}

/** An engine with the account "a" as drawn, and an untouched account "b" beside it. */
export function drawnEngine(draw: AccountDraw): RiskEngine {
  const engine = emptyEngine(draw.rules);
  engine.openAccount("b");
  engine.deposit("b", "USDT", "5000");
  const other = { symbol: ETH, side: "buy", amount: "1", price: "2000", leverage: "5" } as const;
  engine.fill({ account: "b", ...other, marginMode: "isolated" });
  engine.openAccount("a", { hedged: draw.hedged });
  engine.setBalance("a", "USDT", `${draw.usdt}`);
  engine.setBalance("a", "BTC", BigInt(draw.btc) * 10_000n);
  for (const one of draw.positions) engine.setPosition("a", definition(one));
  draw.orders.forEach(({ symbol, side, positionSide, units }, index) => {
    const order = {
      id: `o${index}`,
      symbol,
      side,
      amount: BigInt(units * (UNIT[symbol] ?? 1)),
      price: `${MARKS[symbol]}`,
      ...(draw.hedged ? { positionSide } : {}),
    };
    tryApply(engine, { type: "placeOrder", account: "a", order });
  });
  return engine;
}
