// The plain data that enters and leaves the engine: book documents and views (commands and events: commands.ts).
// Names are ccxt's where ccxt has one; every amount leaves as a decimal string. No behaviour lives here.

import type { LiquidationPolicy } from "./liquidation-types.ts";
import type { MarginCallDefinition, StopDefinition, StopView } from "./stop-types.ts";

export type * from "./commands.ts";
export type * from "./liquidation-types.ts";
export type * from "./previews.ts";
export type * from "./stop-types.ts";

/**
 * A decimal: text such as "0.25" (the documented form), a number that converts exactly, or a bigint
 * already in the smallest unit of its kind (amounts in 10^-decimals, leverage in thousandths: 20n is 0.020x).
 */
export type DecimalLike = string | number | bigint;

export type MarginMode = "cross" | "isolated";
export type PositionSide = "long" | "short";
export type OrderSide = "buy" | "sell";

/**
 * The rules of a venue, one knob each; the named profiles are data (src/engine/profiles.ts, docs/semantics.md gives
 * each rule with its source).
 */
export interface ProfileKnobs {
  /** Equality of equity and requirement liquidates. */
  readonly triggerInclusive?: boolean;
  /** The fee to close (the market's taker fee) is part of the requirement. */
  readonly closeFeeInRequirement?: boolean;
  /** How brackets apply: to the slice above each floor, to the whole position, or by contract count. */
  readonly tierStyle?: "marginal" | "wholePosition";
  readonly tierMetric?: "notional" | "contracts";
  /**
   * Where the maintenance rate of a tier that states none comes from: nowhere (refused), half of its initial rate
   * (1 / (2 · maxLeverage)), or its initialMarginRate times its maintenanceFraction.
   */
  readonly maintenanceRate?: "table" | "halfOfInitial" | "fractionOfInitial";
  /** Initial rates grow with open interest between the market's caps (pre-trade only). */
  readonly openInterestScaling?: boolean;
  /** Leverage must be a whole number. */
  readonly integerLeverage?: boolean;
  /** What a new leverage does to an open isolated position's margin. */
  readonly isolatedLeverageChange?: "remargin" | "refuseDecrease" | "keepMargin";
  /** How much isolated margin may leave an open position. */
  readonly marginRemoval?: "initialMargin" | "walletAndEquity" | "initialOrTenth" | "never";
  /** What a withdrawal from a cross wallet must leave behind. */
  readonly withdrawal?: "initialMargin" | "walletAndEquity" | "initialOrTenth";
  /** What switching the margin mode of an open position does. */
  readonly modeSwitch?:
    | "convertIfSafe"
    | "reduceToFit"
    | "refuseWithPosition"
    | "accountWide"
    | "transferOnly";
  /** Margin that a position takes along into isolation: max(IM at entry, IM at mark − what equity counts of uPnL), or IM at entry alone. */
  readonly modeSwitchMargin?: "safe" | "entry";
  /** Isolated to cross: the cross pool must hold its initial margin afterwards, or it is never refused. */
  readonly modeSwitchToCross?: "initialMargin" | "always";
  /** An account that pledges coins (multiAsset) may hold no isolated position. */
  readonly multiAssetExcludesIsolated?: boolean;
  /** Who pays the funding of an isolated position. */
  readonly isolatedFundingSource?: "position" | "walletFirst" | "walletFirstCapped";
  /** The price that funding is reckoned at: the engine's mark, or an oracle price stated with the rate. */
  readonly fundingPrice?: "mark" | "oracle";
  /** A payment's fraction of a unit: against the account (toward minus infinity), or dropped (toward zero). */
  readonly fundingRounding?: "down" | "towardZero";
  /** Open orders reserve initial margin for the worse of all buys and all sells filling. */
  readonly openOrderMargin?: "none" | "worstSide";
  /** An order's cost includes the loss it would open with at the mark. */
  readonly orderOpenLoss?: boolean;
  /** Trades of a cross pool below its initial margin: reductions always, or only what makes it no worse (dYdX). */
  readonly reductions?: "always" | "noWorse";
  /** What a stop compares its trigger with: the mark as it is, or the mark cut to the market's tick. */
  readonly stopTriggerPrecision?: "unit" | "tick";
  /** A stop that the scope's liquidation would come before: moved to where it can still fire, or refused. */
  readonly stopBeyondLiquidation?: "clamp" | "refuse";
  /** A stop whose trigger is passed already when it is placed. */
  readonly stopImmediate?: "refuse" | "fire";
  /** Stops of a position whose margin mode is switched. */
  readonly stopsOnModeSwitch?: "carry" | "cancel";
  /** Which of a stop and a liquidation met in one tick is first. */
  readonly tickOrder?: "pathAware" | "liquidationFirst" | "stopsFirst";
  /** A tick with a mark older than this many milliseconds is refused; null: any age is taken. */
  readonly markMaxAgeMs?: number | null;
  /** How scopes under water are liquidated; beside the profile's own rules, one by one. */
  readonly liquidation?: LiquidationPolicy;
}
export type ProfileName = "default" | "binance" | "bybit" | "okx" | "hyperliquid" | "dydx";
export type Profile = ProfileName | (ProfileKnobs & { readonly extends?: ProfileName });

/** One slice of a coin's balance as collateral: `ratio` of its value counts, up to `maxQuantity` coins in all. */
export interface CollateralTier {
  /** null or absent: no cap; only in the last tier. */
  readonly maxQuantity?: DecimalLike | null;
  /** 0 to 1. */
  readonly ratio: DecimalLike;
}

/** How a coin counts in the cross pool of another asset, in accounts with `multiAsset`. */
export interface CollateralDefinition {
  /** The asset whose cross pools it joins and in which its index price is stated. */
  readonly settle: string;
  readonly tiers: readonly CollateralTier[];
  /** A negative balance counts at this multiple of its value, 1 or more; default 1. */
  readonly liabilityWeight?: DecimalLike;
  /** Decimals of its index price; 8 if absent. */
  readonly priceDecimals?: number;
}

export interface AssetDefinition {
  readonly code: string;
  /** Decimals of amounts, 0 to 18; 8 if absent. */
  readonly decimals?: number;
  readonly collateral?: CollateralDefinition;
}

/** ccxt's LeverageTier; fields that are not needed are ignored. */
export interface LeverageTier {
  readonly tier?: number;
  readonly minNotional?: DecimalLike | null;
  /** null, absent or above 2^63-1: no cap. */
  readonly maxNotional?: DecimalLike | null;
  /** Required, except where the profile derives it (maintenanceRate). */
  readonly maintenanceMarginRate?: DecimalLike;
  readonly maxLeverage?: DecimalLike | null;
  /** For profiles with maintenanceRate "fractionOfInitial": the rate is initialMarginRate × maintenanceFraction. */
  readonly initialMarginRate?: DecimalLike;
  readonly maintenanceFraction?: DecimalLike;
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
  /** Maker fee rate of fills; negative for a rebate. */
  readonly maker?: DecimalLike;
  /**
   * Share of a position's positive unrealised result that the equity of its scope counts, above 0 and at most 1, 8 decimals; a loss counts in
   * full. Default 1.
   */
  readonly positivePnlWeight?: DecimalLike;
  readonly tiers: readonly LeverageTier[];
  readonly maxLeverage?: { readonly cross?: DecimalLike; readonly isolated?: DecimalLike };
  /** Open interest (notional at the mark, in settle units) between which the initial rate grows to 1. */
  readonly openInterestCaps?: { readonly lower: DecimalLike; readonly upper: DecimalLike };
}

export interface PositionDefinition {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Unsigned number of contracts. */
  readonly contracts: DecimalLike;
  readonly entryPrice: DecimalLike;
  readonly marginMode: MarginMode;
  readonly leverage?: DecimalLike | null;
  /** Required for isolated positions, refused for cross ones. Funding may have left it negative. */
  readonly isolatedMargin?: DecimalLike | null;
  /**
   * Exact signed entry notional in settle units (negative for a linear short or an inverse long), where several fills
   * make it differ from contracts times entryPrice; it then decides and entryPrice is for show.
   */
  readonly entryNotional?: DecimalLike | null;
  /** Isolated only: margin may be topped up from the wallet (command topUpMargins). Default false. */
  readonly autoTopUp?: boolean;
}

/** A resting order, as far as margin is concerned. */
export interface OrderDefinition {
  readonly id: string;
  readonly symbol: string;
  readonly side: OrderSide;
  /** Unsigned contracts still open. */
  readonly amount: DecimalLike;
  /** Limit price. */
  readonly price: DecimalLike;
  /** Which leg of a hedged account; required there, refused in one-way accounts. */
  readonly positionSide?: PositionSide;
  /** Never opens or increases; reserves nothing. Default false. */
  readonly reduceOnly?: boolean;
}

/** What an account has chosen for positions still to come in one market. */
export interface MarketSettings {
  readonly symbol: string;
  readonly marginMode?: MarginMode;
  /** Leverage of longs and of shorts. */
  readonly longLeverage?: DecimalLike;
  readonly shortLeverage?: DecimalLike;
}

export interface AccountDefinition {
  readonly id: string;
  /** Long and short of one market may stand side by side. Default false. */
  readonly hedged?: boolean;
  /** Coins with a collateral definition join the cross pool of their settle asset. Default false. */
  readonly multiAsset?: boolean;
  /** Wallet per asset, outside isolated positions; may be negative. */
  readonly balances?: Readonly<Record<string, DecimalLike>>;
  readonly positions?: readonly PositionDefinition[];
  readonly orders?: readonly OrderDefinition[];
  readonly stops?: readonly StopDefinition[];
  /** Chosen for every market that `settings` names no other mode for. Default: none, which is cross. */
  readonly marginMode?: MarginMode;
  readonly settings?: readonly MarketSettings[];
}

/** The book document of the JSON form. */
export interface BookDocument {
  readonly profile?: Profile;
  readonly assets: readonly AssetDefinition[];
  readonly markets: readonly MarketDefinition[];
  readonly marks: Readonly<Record<string, DecimalLike>>;
  /** Index price of each collateral coin, in its settle asset. */
  readonly indexPrices?: Readonly<Record<string, DecimalLike>>;
  /** Time of the last funding by symbol, ms since 1970. */
  readonly fundingTimes?: Readonly<Record<string, number>>;
  /** Time of the last tick, ms since 1970. */
  readonly tickTime?: number;
  readonly marginCalls?: MarginCallDefinition;
  /** Balance of each insurance fund, by asset. */
  readonly insuranceFunds?: Readonly<Record<string, DecimalLike>>;
  /** By account: time of the last partial close that its cool-down runs from, ms since 1970. */
  readonly partialLiquidations?: Readonly<Record<string, number>>;
  readonly accounts: readonly AccountDefinition[];
}

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
  /** As it is: what equity counts of a profit is the market's positivePnlWeight of it. */
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

/** A coin that an account pledges, in the settle asset of the cross scope it backs. */
export interface CollateralView {
  readonly asset: string;
  readonly settle: string;
  /** In coins; negative where they are owed. */
  readonly balance: string;
  /** null: none was set (and the account holds none of the coin). */
  readonly indexPrice: string | null;
  /** Balance at the index price, rounded down per tier. */
  readonly value: string;
  /** What tiers take off a positive value, or a liability weight adds to a debt; rounded up per tier. */
  readonly haircut: string;
  /** value - haircut: what the scope's equity holds of it. */
  readonly counted: string;
  /** Index prices of this coin alone at which the scope becomes liquidatable; null: none. */
  readonly liquidationPrice: { readonly down: string | null; readonly up: string | null };
}

export interface AccountReport {
  readonly account: string;
  readonly hedged: boolean;
  readonly balances: Readonly<Record<string, string>>;
  readonly scopes: readonly ScopeView[];
  readonly positions: readonly PositionView[];
  readonly stops: readonly StopView[];
}
