// What changes state and what it tells: commands in, events out. Both are plain data, so a log of commands, a replay
// and a live engine are the same fold.
import type { LiquidationCommand, LiquidationEvent } from "./liquidation-types.ts";
import type {
  CancelStopCommand,
  PlaceStopCommand,
  SetMarginCallsCommand,
  StopEvent,
  TickCommand,
  TickEvent,
} from "./stop-types.ts";
import type {
  AssetDefinition,
  DecimalLike,
  LeverageTier,
  MarginMode,
  MarketDefinition,
  OrderDefinition,
  OrderSide,
  PositionDefinition,
  PositionSide,
  ProfileKnobs,
} from "./types.ts";

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
  | FillCommand
  /** Prices of collateral coins in their settle asset. Atomic. */
  | { readonly type: "setIndexPrices"; readonly prices: Readonly<Record<string, DecimalLike>> }
  /** Lets the account's collateral coins join the cross pool of their settle asset, or takes them out of it. */
  | { readonly type: "setMultiAsset"; readonly account: string; readonly enabled: boolean }
  /** From the wallet into an isolated position's margin. */
  | (PositionTarget & { readonly type: "addMargin"; readonly amount: DecimalLike })
  /** From an isolated position's margin into the wallet, as far as the profile lets it. */
  | (PositionTarget & { readonly type: "reduceMargin"; readonly amount: DecimalLike })
  /** Whether topUpMargins may use the wallet for this isolated position. */
  | (PositionTarget & { readonly type: "setAutoTopUp"; readonly enabled: boolean })
  /**
   * Every liquidatable isolated position with autoTopUp is lifted to its initial margin from its wallet, or to as much as the
   * wallet can spare if that makes it stand; where even that does not, nothing is taken.
   */
  | { readonly type: "topUpMargins" }
  | SetLeverageCommand
  | SetMarginModeCommand
  | SettleFundingCommand
  /** A resting order: reserves margin where the profile says so. */
  | { readonly type: "placeOrder"; readonly account: string; readonly order: OrderDefinition }
  | { readonly type: "cancelOrder"; readonly account: string; readonly order: string }
  | PlaceStopCommand
  | CancelStopCommand
  | SetMarginCallsCommand
  | TickCommand
  | LiquidationCommand
  /** New tiers for markets, under open positions; reports who is newly under water. Atomic. */
  | {
      readonly type: "setTiers";
      readonly tiers: Readonly<Record<string, readonly LeverageTier[]>>;
    };

/** Names one position of an account. */
export interface PositionTarget {
  readonly account: string;
  readonly symbol: string;
  /** Required in hedged accounts; in one-way accounts it must match if given. */
  readonly side?: PositionSide;
}

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
  /** For a new position; an existing one keeps its mode and a contradiction is refused. Default: the account's setting, else cross. */
  readonly marginMode?: MarginMode;
  /** For a new position (required if isolated); otherwise sets the position's leverage. Default: the account's setting. */
  readonly leverage?: DecimalLike;
  /** Fee in settle units, taken from the scope's collateral; may be negative (rebate). Default: by `liquidity`, else 0. */
  readonly fee?: DecimalLike;
  /** Takes the fee from the market's schedule: ⌈notional · rate⌉. Not beside `fee`. */
  readonly liquidity?: "maker" | "taker";
  /** The open order that this trade fills: its open amount shrinks by the trade's, and it is gone at 0. */
  readonly order?: string;
  /** Refused (NOT_REDUCING) where it would open or increase. Default false. */
  readonly reduceOnly?: boolean;
}

/** Leverage of a market, per side in a hedged account; kept for positions to come and set on the one that is open. */
export interface SetLeverageCommand {
  readonly type: "setLeverage";
  readonly account: string;
  readonly symbol: string;
  readonly leverage: DecimalLike;
  /** Both sides where absent. */
  readonly side?: PositionSide;
}

export type ModeSwitchPolicy = NonNullable<ProfileKnobs["modeSwitch"]>;

/** Switches the margin mode of a market's position (or, account-wide, of all), and keeps it for positions to come. */
export interface SetMarginModeCommand {
  readonly type: "setMarginMode";
  readonly account: string;
  readonly marginMode: MarginMode;
  /** Absent: the whole account (required so by the policy accountWide, refused by the others). */
  readonly symbol?: string;
  /** Hedged accounts: one side; both where absent. */
  readonly side?: PositionSide;
  /** Sets the leverage with the mode; needed to isolate a position that has none. */
  readonly leverage?: DecimalLike;
  /** Instead of the profile's modeSwitch. */
  readonly policy?: ModeSwitchPolicy;
  /** Open orders of the market do not stand in the way; they then count for the new mode. Default false. */
  readonly carryOrders?: boolean;
  /** reduceToFit: the price of the partial close; default the mark. Its fee is the market's taker fee. */
  readonly closePrice?: DecimalLike;
}

/** A funding rate: plain where the profile reckons at the mark, with its oracle price where it does not. */
export type FundingRate = DecimalLike | { readonly rate: DecimalLike; readonly price: DecimalLike };

/** One funding period of some markets, over the whole book. */
export interface SettleFundingCommand {
  readonly type: "settleFunding";
  /** ms since 1970; above that of each market's last funding. */
  readonly time: number;
  /** Rate by symbol, of notional, up to 12 decimals; positive: longs pay shorts. |rate| at most 1. */
  readonly rates: Readonly<Record<string, FundingRate>>;
}

/** What a command did. Amounts are decimal strings. */
export type EngineEvent =
  | StopEvent
  | TickEvent
  | LiquidationEvent
  | { readonly type: "marginCallsSet"; readonly levels: readonly string[] }
  /** First event of a tick. */
  | { readonly type: "ticked"; readonly marks: number; readonly time: number | null }
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
    }
  | { readonly type: "indexPricesSet"; readonly count: number }
  | { readonly type: "multiAssetSet"; readonly account: string; readonly enabled: boolean }
  /** Isolated margin moved; `change` positive: from the wallet into the position. */
  | {
      readonly type: "marginChanged";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly isolatedMargin: string;
      readonly change: string;
      readonly reason: "command" | "leverage" | "topUp";
    }
  | {
      readonly type: "autoTopUpSet";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly enabled: boolean;
    }
  /** A setting for positions to come, and of the open position if there is one. */
  | {
      readonly type: "leverageSet";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly leverage: string;
    }
  | {
      readonly type: "marginModeSet";
      readonly account: string;
      /** null: every market. */
      readonly symbol: string | null;
      readonly marginMode: MarginMode;
    }
  /** An open position changed its mode; `transfer` positive: from the wallet into the position. */
  | {
      readonly type: "positionSwitched";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly marginMode: MarginMode;
      readonly transfer: string;
    }
  /** Per market and settlement, over the whole book; amounts in the settle asset. */
  | {
      readonly type: "fundingSettled";
      readonly symbol: string;
      readonly time: number;
      readonly rate: string;
      readonly price: string;
      /** Sum of what accounts paid. */
      readonly paid: string;
      /** Sum of what accounts received. */
      readonly received: string;
      /** Sum of what the profile let payers off. */
      readonly waived: string;
    }
  | {
      readonly type: "orderPlaced";
      readonly account: string;
      readonly order: string;
      readonly reserved: string;
    }
  /** `remaining` "0": filled or cancelled. */
  | {
      readonly type: "orderChanged";
      readonly account: string;
      readonly order: string;
      readonly remaining: string;
    }
  | {
      readonly type: "tiersSet";
      readonly symbols: readonly string[];
      /** Scopes that are liquidatable now and were not before. */
      readonly newlyLiquidatable: readonly ScopeName[];
      /** Scopes that were liquidatable before and are not now. */
      readonly recovered: number;
    };

/** What names a scope of risk. */
export interface ScopeName {
  readonly account: string;
  readonly scope: MarginMode;
  readonly settle: string;
  readonly symbol: string | null;
  readonly side: PositionSide | null;
}
