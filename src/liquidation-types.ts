// Liquidation as plain data: the rules a venue liquidates by, the commands that carry them out, what they tell. No behaviour lives here.
import type { DecimalLike, MarginMode, PositionSide, ScopeName } from "./types.ts";

/** How much of a position one step closes. */
export type LiquidationMethod =
  /** Down to the next lower bracket's cap, again and again; in the lowest bracket the rest. */
  | "ladder"
  /** All of it. */
  | "full"
  /** `fraction` of a position worth more than `wholeBelow`, once a call; a call within `cooldownMs` after that closes the account's positions whole. */
  | "fraction"
  /** The least that makes the scope stand with `buffer` to spare. */
  | "coverShortage"
  /** Down to the cap of the bracket two below; in the lowest two brackets the rest. */
  | "twoTiersDown"
  /** `fraction` of one position a call, but at least `wholeBelow` of notional. */
  | "blockPortion";

/** Which position of a cross scope goes first. Equal ones go by market, long before short. */
export type LiquidationOrder =
  | "largestMaintenanceMargin"
  | "largestLoss"
  /** What a long and a short of one market have in common closes at the mark first, then the largest maintenance margin. */
  | "hedgedPairsFirst"
  /** Every position is closed whole, even where fewer would do. */
  | "allAtOnce";

/** Rules of liquidation; all of them optional beside the profile's own. */
export interface LiquidationPolicy {
  readonly method?: LiquidationMethod;
  readonly order?: LiquidationOrder;
  /** Open orders that go first: those of the scope's markets (a wallet's: all that do not fill an isolated position), all of the account's, or none. */
  readonly cancelOrders?: "scope" | "account" | "none";
  /** How much worse than the mark a close fills, as a share below 1 (up to 8 decimals). */
  readonly slippage?: DecimalLike;
  /**
   * Instead of slippage: closes fill at dYdX's fillable price, (value − r·spread·MM of the position) / quantity with
   * r = adjustment · (1 − equity / MM of the scope), 0 to 1. Both up to 9 decimals; null: by slippage.
   */
  readonly fillable?: { readonly adjustment: DecimalLike; readonly spread: DecimalLike } | null;
  /** Share of a fill's notional that goes to the insurance fund (up to 8 decimals), as far as the fill is better than the bankruptcy price. */
  readonly fee?: DecimalLike;
  /** The same by symbol, before `fee`. A command's are of declared markets. */
  readonly fees?: Readonly<Record<string, DecimalLike>>;
  /** `fraction` and `blockPortion`: share of a position, above 0 to 1, up to 6 decimals. */
  readonly fraction?: DecimalLike;
  /**
   * In units of the settle asset. `fraction`: a position worth no more goes whole; `blockPortion`: the least notional of a step;
   * `coverShortage`: where less than this is short, the position goes whole.
   */
  readonly wholeBelow?: DecimalLike;
  /** `fraction`: milliseconds after a partial close of an account in which its positions go whole. */
  readonly cooldownMs?: number;
  /** `coverShortage`: clearance to reach, as a share of maintenance margin (up to 6 decimals). */
  readonly buffer?: DecimalLike;
  /** Who keeps what is left in a scope whose last position was closed. */
  readonly leftover?: "fund" | "account";
  /** Where equity is below this fraction [numerator, denominator] of the maintenance margin, the fund takes all of the scope at once; null: never. */
  readonly backstopBelow?: readonly [number, number] | null;
  /** What the fund cannot pay for is closed against profitable counterparties, at `adlPrice`, in the order of `adlRanking`. */
  readonly deleverage?: boolean;
  readonly adlPrice?: "bankruptcy" | "mark" | "previousMark";
  readonly adlRanking?: AdlRanking;
}

/**
 * Who is deleveraged first, by falling score (docs/liquidation.md has the sources):
 * `profitTimesRatio` (PnL / collateral) · margin ratio; `profitTimesLeverage` PnL% · effective leverage, a loss divided by it;
 * `priceTimesLeverage` (mark / entry, for shorts entry / mark) · notional / equity.
 */
export type AdlRanking = "profitTimesRatio" | "profitTimesLeverage" | "priceTimesLeverage";

/** Liquidates by the profile's rules. */
export interface LiquidateCommand {
  readonly type: "liquidate";
  /** Every liquidatable scope of these accounts or, absent, of the book. */
  readonly accounts?: readonly string[];
  /** ms since 1970; needed by the method `fraction`. */
  readonly time?: number;
  /** Instead of the profile's rules, one by one. */
  readonly policy?: LiquidationPolicy;
  /** What closes fill at, by symbol, where that is known: instead of the mark and `slippage`. */
  readonly fillPrices?: Readonly<Record<string, DecimalLike>>;
}

/** Closes a position of a liquidatable scope whose equity is negative against counterparties, whatever the fund holds. */
export interface DeleverageCommand {
  readonly type: "deleverage";
  readonly account: string;
  readonly symbol: string;
  readonly side?: PositionSide;
  /** Contracts; default the whole position. */
  readonly amount?: DecimalLike;
  /** One counterparty; default by rank. */
  readonly against?: string;
  /** Also where the equity is not negative, as some venues do when their fund runs dry. Default false. */
  readonly solvent?: boolean;
  readonly policy?: Pick<LiquidationPolicy, "adlPrice" | "adlRanking">;
}

/** Sets an insurance fund's balance, as an import or a contribution of the venue does. 0 or above. */
export interface SetInsuranceFundCommand {
  readonly type: "setInsuranceFund";
  readonly asset: string;
  readonly amount: DecimalLike;
}

export type LiquidationCommand = LiquidateCommand | DeleverageCommand | SetInsuranceFundCommand;

/** What liquidation did; amounts in the settle asset. */
export type LiquidationEvent =
  | (ScopeName & {
      readonly type: "liquidationStarted";
      readonly equity: string;
      readonly maintenanceMargin: string;
      readonly stage: "market" | "backstop";
    })
  /** A step: part of a position is gone. */
  | {
      readonly type: "positionLiquidated";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly marginMode: MarginMode;
      readonly how: "market" | "offset" | "takeOver" | "deleveraged";
      /** Contracts closed, and left. */
      readonly contracts: string;
      readonly remaining: string;
      /** Of the part, at the mark. */
      readonly notional: string;
      /** What the part fills at in the market; null where counterparties took it. */
      readonly fillPrice: string | null;
      /** What the account was given, and at what it would have been left with nothing. null: no price stands for that. */
      readonly price: string | null;
      readonly bankruptcyPrice: string | null;
      readonly realizedPnl: string;
      readonly fee: string;
      /** What the insurance fund received (fee included) or, negative, paid. */
      readonly insurance: string;
      /** What neither fund nor counterparties could pay: the venue's loss. */
      readonly uncovered: string;
    }
  /** A counterparty's position was closed, all or part of it. */
  | {
      readonly type: "deleveraged";
      readonly account: string;
      readonly symbol: string;
      readonly side: PositionSide;
      readonly marginMode: MarginMode;
      readonly contracts: string;
      readonly remaining: string;
      readonly price: string | null;
      readonly realizedPnl: string;
      /** The account whose position it was closed against. */
      readonly against: string;
    }
  | (ScopeName & {
      readonly type: "liquidationEnded";
      /** `pending`: still liquidatable, left for the next call; `closed`: no position is left. */
      readonly outcome: "stands" | "closed" | "pending";
      readonly equity: string;
      readonly maintenanceMargin: string;
      /** What was left of the collateral and went to the fund, or (negative) what the fund put in. */
      readonly insurance: string;
      readonly uncovered: string;
    })
  | {
      readonly type: "insuranceFundChanged";
      readonly asset: string;
      readonly balance: string;
      readonly change: string;
    };
