// Books for tests of what is shown of stops: round numbers, so that every liquidation price can be checked in the head.
//
// Two markets, X and Y, marks 100, two decimals of price, maintenance 1 % flat, no fees unless asked for. The standing account holds 100
// long X from 100 on 1,000 of collateral: 1,000 + 100·(p − 100) < p, so it is liquidated at 90.90 and stands at 90.91.
import { RiskEngine } from "../../src/engine/engine.ts";
import type {
  AccountDefinition,
  BookDocument,
  MarginMode,
  MarketDefinition,
  PositionDefinition,
  Profile,
  StopDefinition,
  StopView,
} from "../../src/types.ts";

export const X = "X/USDT:USDT";
export const Y = "Y/USDT:USDT";

/** A second bracket from 60 of notional on. */
const STEPPED = [
  { minNotional: "0", maxNotional: "60", maintenanceMarginRate: "0.01", maxLeverage: "50" },
  { minNotional: "60", maintenanceMarginRate: "0.03", maxLeverage: "15" },
];

function market(
  symbol: string,
  taker: string,
  tick: string,
  inverse: boolean,
  stepped: boolean,
): MarketDefinition {
  return {
    symbol,
    settle: "USDT",
    linear: !inverse,
    precision: { amount: "1", price: tick },
    priceDecimals: 2,
    taker,
    tiers: stepped ? STEPPED : [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }],
  };
}

export interface StopBook {
  readonly account: AccountDefinition;
  readonly marks?: Readonly<Record<string, string>>;
  readonly taker?: string;
  readonly tick?: string;
  /** X is an inverse contract. */
  readonly inverse?: boolean;
  readonly stepped?: boolean;
  readonly profile?: Profile;
}

export function stopBook({
  account,
  marks,
  taker = "0",
  tick = "0.01",
  inverse = false,
  stepped = false,
  profile = "default",
}: StopBook): BookDocument {
  return {
    profile,
    assets: [{ code: "USDT" }],
    markets: [market(X, taker, tick, inverse, stepped), market(Y, taker, tick, false, stepped)],
    marks: { [X]: "100", [Y]: "100", ...marks },
    accounts: [account],
  };
}

/** `contracts` of a market from 100; isolated ones with 10 of margin each. */
export function position(
  symbol: string,
  side: "long" | "short",
  contracts: number,
  mode: MarginMode = "cross",
): PositionDefinition {
  return {
    symbol,
    side,
    contracts,
    entryPrice: "100",
    marginMode: mode,
    ...(mode === "isolated" ? { isolatedMargin: String(contracts * 10), leverage: "10" } : {}),
  };
}

/** Account "a" with 1,000 behind 100 long X in either mode, and further positions. */
export function standing(
  mode: MarginMode,
  stop: Partial<StopDefinition>,
  others: readonly PositionDefinition[] = [],
): AccountDefinition {
  return {
    id: "a",
    balances: { USDT: "1000" },
    positions: [position(X, "long", 100, mode), ...others],
    stops: [{ id: "s", kind: "mark", symbol: X, ...stop } as StopDefinition],
  };
}

/** The one stop of account "a". */
export function shown(engine: RiskEngine): StopView {
  const [view, ...rest] = engine.account("a").stops();
  if (view === undefined || rest.length > 0) throw new Error("one stop expected");
  return view;
}

export function load(book: StopBook): RiskEngine {
  return RiskEngine.fromBook(stopBook(book));
}
