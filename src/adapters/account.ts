// What every venue's JSON comes down to before it becomes a book: positions, orders, wallets and the facts of the contracts
// they are in, as exact decimals. And the choices that a caller has in the matter.
import type {
  CollateralDefinition,
  DecimalLike,
  LeverageTier,
  MarginMode,
  PositionSide,
  ProfileName,
} from "../types.ts";
import type { Exact } from "./exact.ts";
import type { SettingsById } from "./settings.ts";

/** Choices common to all imports. */
export interface ImportOptions {
  /** Id of the account in the book; the venue's name if absent. */
  readonly account?: string;
  /** Decimals of assets; 8 for those not named (Hyperliquid's USDC: 6). */
  readonly decimals?: Readonly<Record<string, number>>;
  /**
   * What to do with an amount that has more decimals than its asset: refuse it (default), or take the next lower one,
   * so that the account never seems richer than it is.
   */
  readonly rounding?: "refuse" | "down";
  /** Contracts in the book: those with a position or an order (default), or all whose facts and tiers are given. */
  readonly markets?: "held" | "all";
  /** Marks by unified symbol; they come before those in the venue's data. */
  readonly marks?: Readonly<Record<string, DecimalLike>>;
  /** Rates of fees for contracts whose rates the data does not state. */
  readonly fees?: { readonly taker?: DecimalLike; readonly maker?: DecimalLike };
  /** How coins count as collateral of other assets, for accounts whose coins do. */
  readonly collateral?: Readonly<Record<string, CollateralDefinition>>;
  /** Index price of each such coin. */
  readonly indexPrices?: Readonly<Record<string, DecimalLike>>;
  /** Told of everything in the data that the book does not hold. */
  readonly onNote?: (note: string) => void;
}

/** A contract as the book needs it. */
export interface MarketFacts {
  /** Where it was read, for messages. */
  readonly path: string;
  readonly symbol: string;
  readonly settle: string;
  readonly linear: boolean;
  readonly contractSize: Exact;
  /** Absent: as fine as the sizes in the data. */
  readonly amountStep?: Exact | undefined;
  readonly priceStep?: Exact | undefined;
  readonly taker?: Exact | undefined;
  readonly maker?: Exact | undefined;
  readonly tiers: readonly LeverageTier[];
  readonly maxLeverage?: Exact | undefined;
}

/** An open position; sizes are unsigned. */
export interface ReadPosition {
  readonly path: string;
  /** The venue's name of the contract. */
  readonly id: string;
  readonly side: PositionSide;
  /** The venue keeps it as one leg of a pair. */
  readonly hedged: boolean;
  readonly contracts: Exact;
  readonly entryPrice: Exact;
  /** Signed, where the venue's figures state it more exactly than the entry price does. */
  readonly entryNotional?: Exact | undefined;
  readonly marginMode: MarginMode;
  readonly leverage?: Exact | undefined;
  /** Isolated only, without unrealised profit. */
  readonly margin?: Exact | undefined;
  readonly mark?: Exact | undefined;
  readonly autoTopUp?: boolean | undefined;
  /** Unrealised profit as our own record states it, which with `mark` gives the cost to the last unit. */
  readonly ownProfit?: Exact | undefined;
}

/** A resting order with a limit price. */
export interface ReadOrder {
  readonly path: string;
  readonly id: string;
  readonly market: string;
  readonly side: "buy" | "sell";
  readonly amount: Exact;
  readonly price: Exact;
  /** Which leg of a pair it belongs to. */
  readonly positionSide?: PositionSide | undefined;
  readonly reduceOnly: boolean;
}

/** An account as read from one venue. */
export interface ReadAccount {
  /** For messages, and the account's id where none is chosen. */
  readonly name: string;
  readonly profile: ProfileName;
  readonly hedged: boolean;
  readonly multiAsset: boolean;
  /** Wallets outside isolated positions, by asset. */
  readonly wallets: ReadonlyMap<string, Exact>;
  readonly positions: readonly ReadPosition[];
  readonly orders: readonly ReadOrder[];
  /** Marks by the venue's name, beside those of positions. */
  readonly marks: ReadonlyMap<string, Exact>;
  /** Where marks come from, for the message that one is missing. */
  readonly marksFrom: string;
  /** Facts of a contract; refuses one it cannot know. */
  readonly market: (id: string, path: string) => MarketFacts;
  /** The venue's names of all contracts known. */
  readonly marketIds: () => Iterable<string>;
  /** Settings by the venue's name. */
  readonly settings: SettingsById;
  /** Decimals of assets where the caller does not say; 8 otherwise. */
  readonly decimals?: Readonly<Record<string, number>>;
}
