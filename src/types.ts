// The plain data that enters and leaves the engine: book documents, commands, events and views. Names
// are ccxt's where ccxt has one; every amount leaves as a decimal string. No behaviour lives here.

/**
 * A decimal: text such as "0.25" (the documented form), a number that converts exactly, or a bigint
 * already in the smallest unit of its kind (amounts in 10^-decimals, leverage in thousandths: 20n is 0.020x).
 */
export type DecimalLike = string | number | bigint;

export type MarginMode = "cross" | "isolated";
export type PositionSide = "long" | "short";
export type OrderSide = "buy" | "sell";

/** The rules of a venue that the engine needs so far; the named profiles are data (src/engine/profiles.ts). */
export interface ProfileKnobs {
  /** Equality of equity and requirement liquidates. */
  readonly triggerInclusive?: boolean;
  /** The fee to close (the market's taker fee) is part of the requirement. */
  readonly closeFeeInRequirement?: boolean;
  /** How brackets apply: to the slice above each floor, to the whole position, or by contract count. */
  readonly tierStyle?: "marginal" | "wholePosition";
  readonly tierMetric?: "notional" | "contracts";
}
export type ProfileName = "default" | "binance" | "bybit" | "okx" | "hyperliquid" | "dydx";
export type Profile = ProfileName | (ProfileKnobs & { readonly extends?: ProfileName });

export interface AssetDefinition {
  readonly code: string;
  /** Decimals of amounts, 0 to 18; 8 if absent. */
  readonly decimals?: number;
}

/** ccxt's LeverageTier; fields that are not needed are ignored. */
export interface LeverageTier {
  readonly tier?: number;
  readonly minNotional?: DecimalLike | null;
  /** null, absent or above 2^63-1: no cap. */
  readonly maxNotional?: DecimalLike | null;
  readonly maintenanceMarginRate: DecimalLike;
  readonly maxLeverage?: DecimalLike | null;
  /** `cum` (Binance) or `mmDeduction` (Bybit) is checked against the derived amount if present. */
  readonly info?: Readonly<Record<string, unknown>>;
}

export interface MarketDefinition {
  /** ccxt's unified symbol, e.g. "BTC/USDT:USDT". */
  readonly symbol: string;
  readonly settle: string;
  /** false: inverse (coin-margined). Default true. */
  readonly linear?: boolean;
  readonly contractSize?: DecimalLike;
  readonly precision: { readonly amount: DecimalLike; readonly price?: DecimalLike | null };
  /** Decimals of marks and entry prices; 8 if absent. */
  readonly priceDecimals?: number;
  /** Taker fee rate, inside the requirement where the profile says so. */
  readonly taker?: DecimalLike;
  readonly tiers: readonly LeverageTier[];
  readonly maxLeverage?: { readonly cross?: DecimalLike; readonly isolated?: DecimalLike };
}

export interface PositionDefinition {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Unsigned number of contracts. */
  readonly contracts: DecimalLike;
  readonly entryPrice: DecimalLike;
  readonly marginMode: MarginMode;
  readonly leverage?: DecimalLike | null;
  /** Required for isolated positions, refused for cross ones. */
  readonly isolatedMargin?: DecimalLike | null;
  /**
   * Exact signed entry notional in settle units (negative for a linear short or an inverse long), where several fills
   * make it differ from contracts times entryPrice; it then decides and entryPrice is for show.
   */
  readonly entryNotional?: DecimalLike | null;
}

export interface AccountDefinition {
  readonly id: string;
  /** Long and short of one market may stand side by side. Default false. */
  readonly hedged?: boolean;
  /** Wallet per asset, outside isolated positions; may be negative. */
  readonly balances?: Readonly<Record<string, DecimalLike>>;
  readonly positions?: readonly PositionDefinition[];
}

/** The book document of the JSON form. */
export interface BookDocument {
  readonly profile?: Profile;
  readonly assets: readonly AssetDefinition[];
  readonly markets: readonly MarketDefinition[];
  readonly marks: Readonly<Record<string, DecimalLike>>;
  readonly accounts: readonly AccountDefinition[];
}

/** What changes state. `RiskEngine.apply` is the one door; the typed methods are sugar over it. */
export type Command =
  | { readonly type: "addAsset"; readonly asset: AssetDefinition }
  | { readonly type: "addMarket"; readonly market: MarketDefinition }
  /** Atomic: all marks or none. */
  | { readonly type: "setMarks"; readonly marks: Readonly<Record<string, DecimalLike>> }
  | { readonly type: "openAccount"; readonly account: string; readonly hedged?: boolean }
  /** Refused while the account holds a position or a balance. */
  | { readonly type: "closeAccount"; readonly account: string }
  | {
      readonly type: "deposit";
      readonly account: string;
      readonly asset: string;
      readonly amount: DecimalLike;
    }
  /** Refused where the wallet would fall below zero, or the cross pool below its initial margin or into liquidation. */
  | {
      readonly type: "withdraw";
      readonly account: string;
      readonly asset: string;
      readonly amount: DecimalLike;
    }
  /** Sets the wallet balance (outside isolated positions) to a figure, as an import does; may be negative. */
  | {
      readonly type: "setBalance";
      readonly account: string;
      readonly asset: string;
      readonly amount: DecimalLike;
    }
  /** Sets a position to stated figures, as an import does: nothing is taken from or paid to the wallet. contracts 0 removes it. */
  | {
      readonly type: "setPosition";
      readonly account: string;
      readonly position: PositionDefinition;
    }
  /** A trade: increases, reduces, closes or flips. */
  | FillCommand;

export interface FillCommand {
  readonly type: "fill";
  readonly account: string;
  readonly symbol: string;
  readonly side: OrderSide;
  /** Unsigned contracts. */
  readonly amount: DecimalLike;
  readonly price: DecimalLike;
  /** Which leg of a hedged account; required there, refused in one-way accounts. */
  readonly positionSide?: PositionSide;
  /** For a new position; an existing one keeps its mode and a contradiction is refused. Default cross. */
  readonly marginMode?: MarginMode;
  /** For a new position (required if isolated); otherwise sets the position's leverage. */
  readonly leverage?: DecimalLike;
  /** Fee in settle units, taken from the scope's collateral; may be negative (rebate). Default 0. */
  readonly fee?: DecimalLike;
}

/** What a command did. Amounts are decimal strings. */
export type EngineEvent =
  | { readonly type: "assetAdded"; readonly asset: string }
  | { readonly type: "marketAdded"; readonly symbol: string }
  | { readonly type: "marksSet"; readonly count: number }
  | { readonly type: "accountOpened"; readonly account: string }
  | { readonly type: "accountClosed"; readonly account: string }
  | {
      readonly type: "balanceChanged";
      readonly account: string;
      readonly asset: string;
      readonly balance: string;
      readonly change: string;
    }
  | {
      readonly type: "positionChanged";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly marginMode: MarginMode;
      /** "0" when closed. */
      readonly contracts: string;
      readonly entryPrice: string | null;
      readonly isolatedMargin: string | null;
      readonly realizedPnl: string;
      readonly fee: string;
    };

/** One scope of risk: an account's cross pool in one settle asset, or one isolated position. */
export interface ScopeView {
  readonly account: string;
  readonly scope: MarginMode;
  readonly settle: string;
  /** Isolated scopes only. */
  readonly symbol: string | null;
  readonly side: PositionSide | null;
  /** Wallet of a cross pool, or isolated margin. */
  readonly collateral: string;
  readonly equity: string;
  readonly maintenanceMargin: string;
  readonly initialMargin: string;
  readonly closeFee: string;
  readonly clearance: string;
  /** (maintenanceMargin + closeFee) / equity, 1 = liquidation, rounded up to 8 decimals; null where equity <= 0. */
  readonly marginRatio: string | null;
  readonly liquidatable: boolean;
  /** Share by which every price may move against the scope before it is liquidatable; null: never. */
  readonly jointShock: string | null;
}

export interface PositionView {
  readonly account: string;
  readonly symbol: string;
  readonly side: PositionSide;
  readonly marginMode: MarginMode;
  readonly hedged: boolean;
  readonly contracts: string;
  readonly contractSize: string;
  readonly entryPrice: string;
  readonly markPrice: string;
  readonly notional: string;
  readonly leverage: string | null;
  /** Notional over the equity of the position's scope, rounded up to 4 decimals; null where equity <= 0. */
  readonly effectiveLeverage: string | null;
  readonly unrealizedPnl: string;
  readonly isolatedMargin: string | null;
  readonly maintenanceMargin: string;
  readonly maintenanceMarginRate: string;
  readonly initialMargin: string;
  /** Bracket in use, from 1. */
  readonly tier: number;
  readonly liquidationPrice: { readonly down: string | null; readonly up: string | null };
  readonly bankruptcyPrice: string | null;
}

export interface AccountReport {
  readonly account: string;
  readonly hedged: boolean;
  readonly balances: Readonly<Record<string, string>>;
  readonly scopes: readonly ScopeView[];
  readonly positions: readonly PositionView[];
}
