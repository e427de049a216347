// Stops and margin calls as plain data: what is placed, what is shown, what ticks tell. No behaviour lives here.
import type { DecimalLike, FundingRate, PositionSide, ScopeName } from "./types.ts";

export type StopKind =
  | "mark"
  | "trailing"
  | "marginLoss"
  | "entryDeviation"
  | "equity"
  | "drawdown";

/** A stop: closes (never opens) a position, or for equity kinds positions of a cross pool, when its trigger is passed. */
export interface StopDefinition {
  /** Unique among the account's stops. Default in books: its number in the list, from 1. */
  readonly id?: string;
  readonly kind: StopKind;
  /** The position. Equity kinds: closes this position only; without it, every position of the pool. */
  readonly symbol?: string;
  /** Side of the position; required in hedged accounts, must match in one-way accounts. */
  readonly side?: PositionSide;
  /** Equity kinds: the asset of the cross pool. Default: the settle asset of `symbol`. */
  readonly settle?: string;
  /** Contracts to close; default the whole position, whatever its size is then. */
  readonly amount?: DecimalLike;
  /** mark: which way the trigger lies. Default "stopLoss". */
  readonly purpose?: "stopLoss" | "takeProfit";
  /** mark */
  readonly triggerPrice?: DecimalLike;
  /** What was asked for where triggerPrice (in force) is a clamped one; for books. */
  readonly askedPrice?: DecimalLike;
  /** trailing: how far behind the best price, as a price or as a share (up to 6 decimals); one of the two. */
  readonly distance?: DecimalLike;
  readonly rate?: DecimalLike;
  /** trailing: follows only once this price has been reached. Default: at once. */
  readonly activationPrice?: DecimalLike;
  /** trailing: best price so far, as a book carries it. */
  readonly best?: DecimalLike;
  /** marginLoss: share of the isolated margin whose loss fires it, above 0 to 1, up to 6 decimals. */
  readonly share?: DecimalLike;
  /** entryDeviation: adverse move from the average entry, as a share, above 0, up to 6 decimals. */
  readonly deviation?: DecimalLike;
  /** equity: fires when the cross scope's equity is at or below it. */
  readonly equityFloor?: DecimalLike;
  /** equity: what was asked for where equityFloor (in force) is a clamped one; for books. */
  readonly askedFloor?: DecimalLike;
  /** drawdown: share of the reference lost, above 0 to 1, up to 6 decimals. */
  readonly drawdown?: DecimalLike;
  /** drawdown: default the scope's equity at placing. */
  readonly referenceEquity?: DecimalLike;
  /** Id of another stop of the account: when one fires the other is cancelled. */
  readonly oco?: string;
  /** How much worse than its price the close is assumed to fill, as a share (up to 8 decimals). Default 0. */
  readonly slippage?: DecimalLike;
}

export interface MarginCallDefinition {
  /** Margin ratios, rising, above 0 and below 1, up to 6 decimals; at most 7. */
  readonly levels: readonly DecimalLike[];
  /** How far below a level the ratio must fall before it calls again; default 0.02. */
  readonly hysteresis?: DecimalLike;
}

export type StopVerdict =
  /** Waits for its trigger. */
  | "armed"
  /** Its trigger is passed already. */
  | "immediate"
  /** The scope is liquidated before the trigger is reached. */
  | "beyondLiquidation"
  /** Fires if other positions hold still; `contestedShock` against them liquidates first. */
  | "contested"
  /** Trailing, and its activation price not reached, or its best price still too near to have a trigger behind it. */
  | "inactive"
  /** Its scope is liquidatable: stops no longer fire. */
  | "suspended"
  /** No price fires it. */
  | "never";

/**
 * What the close would come to with the market's mark where the stop fires and everything else held still; of equity kinds, at the
 * marks as they are.
 */
export interface StopOutcome {
  /** First mark that fires it, less slippage; null where several positions are closed. */
  readonly fillPrice: string | null;
  readonly closed: readonly {
    readonly symbol: string;
    readonly side: PositionSide;
    readonly contracts: string;
    readonly price: string;
  }[];
  readonly realizedPnl: string;
  readonly fee: string;
  /** Isolated, whole close: what goes back to the wallet. */
  readonly marginReturned: string | null;
  /** The scope after the close; null where nothing of it is left. */
  readonly equity: string | null;
  readonly maintenanceMargin: string | null;
  readonly clearance: string | null;
  /** What is left is not liquidatable. */
  readonly stands: boolean;
  /** Of what is left of the stop's own position; null where nothing is, or the stop names none. */
  readonly liquidationPrice: { readonly down: string | null; readonly up: string | null } | null;
}

export interface StopView {
  readonly account: string;
  readonly id: string;
  readonly kind: StopKind;
  readonly purpose: "stopLoss" | "takeProfit";
  readonly symbol: string | null;
  readonly side: PositionSide | null;
  /** Equity kinds. */
  readonly settle: string | null;
  /** null: the whole position. */
  readonly amount: string | null;
  /** The price that fires it now; null for equity kinds, inactive and never-firing ones. */
  readonly triggerPrice: string | null;
  /** What was asked for where it was clamped. */
  readonly askedPrice: string | null;
  /** Equity kinds: the floor in force, and what was asked for where it was clamped. */
  readonly equityFloor: string | null;
  readonly askedFloor: string | null;
  /** Trailing. */
  readonly best: string | null;
  readonly activationPrice: string | null;
  readonly oco: string | null;
  readonly verdict: StopVerdict;
  /** beyondLiquidation: where a clamp would put the trigger of a stop loss; null where no price is early enough. */
  readonly clampedPrice: string | null;
  /** beyondLiquidation of equity kinds: where a clamp would put the floor. */
  readonly clampedFloor: string | null;
  /** contested: joint adverse move of the scope's other positions, as a share. */
  readonly contestedShock: string | null;
  /** Where it would fire: armed, immediate and contested ones. */
  readonly outcome: StopOutcome | null;
  /** Why the close would be refused (code of the error): the stop would be cancelled instead. */
  readonly refusal: string | null;
}

/** A mark, or one with the time at which it was seen (ms since 1970). */
export type TickMark = DecimalLike | { readonly price: DecimalLike; readonly time: number };

export interface TickOptions {
  /** Now, ms since 1970; not before that of the last tick. */
  readonly time?: number;
  readonly indexPrices?: Readonly<Record<string, DecimalLike>>;
  /** Settled before the new prices count; needs `time`. */
  readonly funding?: Readonly<Record<string, FundingRate>>;
  /** Instead of the profile's tickOrder. */
  readonly order?: "pathAware" | "liquidationFirst" | "stopsFirst";
  /** Whether fired stops close their positions here or are only told. Default "execute". */
  readonly stops?: "execute" | "report";
}

/** Atomic over everything it names. */
export interface TickCommand extends TickOptions {
  readonly type: "tick";
  readonly marks: Readonly<Record<string, TickMark>>;
}

export interface PlaceStopCommand {
  readonly type: "placeStop";
  readonly account: string;
  readonly stop: StopDefinition & { readonly id: string };
}

export interface CancelStopCommand {
  readonly type: "cancelStop";
  readonly account: string;
  readonly stop: string;
}

/** Levels of the margin ratio that ticks report; none turns them off. */
export interface SetMarginCallsCommand extends MarginCallDefinition {
  readonly type: "setMarginCalls";
}

export type StopEvent =
  | {
      readonly type: "stopPlaced";
      readonly account: string;
      readonly stop: string;
      /** null for equity kinds and trailing ones that are not active. */
      readonly triggerPrice: string | null;
      readonly equityFloor: string | null;
      /** Moved to where it can still fire. */
      readonly clamped: boolean;
    }
  | {
      readonly type: "stopChanged";
      readonly account: string;
      readonly stop: string;
      readonly reason: "position" | "margin" | "modeSwitch";
      readonly triggerPrice: string | null;
      /** null: the whole position. */
      readonly amount: string | null;
    }
  | {
      readonly type: "stopCancelled";
      readonly account: string;
      readonly stop: string;
      readonly reason: "command" | "closed" | "modeSwitch" | "oco" | "never" | "refused";
    };

/** What a tick tells beside the events of the closes it makes. */
export type TickEvent =
  | (ScopeName & {
      readonly type: "liquidatable";
      readonly equity: string;
      readonly maintenanceMargin: string;
      readonly clearance: string;
      readonly marginRatio: string | null;
    })
  | (ScopeName & { readonly type: "recovered" })
  | (ScopeName & {
      readonly type: "marginCall";
      /** The highest level reached. */
      readonly level: string;
      readonly marginRatio: string | null;
    })
  /** Figures of the scope do not fit 63 bits at these prices; it is looked at again at every tick. */
  | (ScopeName & { readonly type: "outOfRange" })
  | {
      readonly type: "stopTriggered";
      readonly account: string;
      readonly stop: string;
      readonly kind: StopKind;
      readonly triggerPrice: string | null;
      readonly equityFloor: string | null;
      /** The closes it made (execute) or asks for (report). */
      readonly closes: readonly {
        readonly symbol: string;
        readonly side: PositionSide;
        readonly contracts: string;
        /** Price of the close, slippage included. */
        readonly price: string;
      }[];
    };
