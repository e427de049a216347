// The door through which a book enters an engine. Loaders turn text into integers in stated units and call
// these methods row by row; handles are small integers, so a row costs no object and no string. A refusal
// is a RiskError, which the loader turns into a problem with file, line and column. After one, the sink is thrown away.

import type {
  AssetDefinition,
  MarginCallDefinition,
  MarginMode,
  MarketDefinition,
  OrderSide,
  PositionSide,
  StopDefinition,
} from "../types.ts";

/** What a loader must know of an asset to read its amounts. */
export interface SinkAsset {
  readonly code: string;
  readonly decimals: number;
  /** Decimals of its index price; absent where it has no collateral definition. */
  readonly indexPriceDecimals?: number | undefined;
}

/** What a loader must know of a market to read its rows. */
export interface SinkMarket {
  readonly symbol: string;
  readonly amountDecimals: number;
  readonly priceDecimals: number;
  readonly settleDecimals: number;
  /** Handle of the settle asset. */
  readonly settle: number;
}

/** An open order in units. */
export interface SinkOrder {
  readonly id: string;
  readonly side: OrderSide;
  /** 10^-amountDecimals still open, 1 to 2^53 - 1. */
  readonly amount: number;
  /** 10^-priceDecimals, 1 to 2^53 - 1. */
  readonly price: number;
  readonly positionSide: PositionSide | undefined;
  readonly reduceOnly: boolean;
}

/** What an account has chosen for one market; 0 and undefined: nothing. */
export interface SinkSettings {
  readonly mode: MarginMode | undefined;
  /** Thousandths. */
  readonly longMilli: number;
  readonly shortMilli: number;
}

export interface BookSink {
  /** Handles count up from 0 in the order of adding. */
  addAsset(asset: AssetDefinition): number;
  /** Handles count up from 0 in the order of adding. */
  addMarket(market: MarketDefinition): number;
  /** `priceUnits`: 10^-priceDecimals, 1 to 2^53 - 1. */
  setMark(market: number, priceUnits: number): void;
  /** Index price of a collateral coin; `priceUnits`: 10^-indexPriceDecimals, 1 to 2^53 - 1. */
  setIndexPrice(asset: number, priceUnits: number): void;
  /** Time of the market's last funding, ms since 1970. */
  setFundingTime(market: number, time: number): void;
  /** Time of the last tick, ms since 1970. */
  setTickTime(time: number): void;
  /** `units`: 10^-decimals of the asset, 0 or above. */
  setInsuranceFund(asset: number, units: bigint): void;
  /** Time of an account's last partial liquidation, ms since 1970; the account need not have come yet. */
  setPartialLiquidation(account: string, time: number): void;
  asset(asset: number): SinkAsset;
  market(market: number): SinkMarket;
  /** `multiAsset`: its coins with a collateral definition back cross pools. */
  openAccount(id: string, hedged: boolean, multiAsset?: boolean): number;
  /** `units`: 10^-decimals of the asset; a number where it is a safe integer. */
  setBalance(account: number, asset: number, units: number | bigint): void;
  /**
   * @param signedContracts 10^-amountDecimals, positive for long, not 0, below 2^53 in size
   * @param entryPriceUnits 10^-priceDecimals, 1 to 2^53 - 1
   * @param leverageMilli thousandths; 0: none stated
   * @param isolatedMarginUnits 10^-settleDecimals, negative where funding left it so; 0 for a cross position
   * @param entryNotional 10^-settleDecimals, signed: replaces what contracts and entry price give, where it is stated
   */
  addPosition(
    account: number,
    market: number,
    signedContracts: number,
    entryPriceUnits: number,
    isolated: boolean,
    leverageMilli: number,
    isolatedMarginUnits: number | bigint,
    entryNotional?: bigint,
  ): void;
  /** The account's isolated position there, added before, may be topped up. */
  allowTopUp(account: number, market: number, side: PositionSide): void;
  /** The mode the account has chosen for markets without one of their own. */
  setAccountMode(account: number, mode: MarginMode): void;
  setMarketSettings(account: number, market: number, settings: SinkSettings): void;
  /** Orders of an account come in the order of their placement. */
  addOrder(account: number, market: number, order: SinkOrder): void;
  /**
   * Stops of an account come in the order of their placement, after its positions. As plain text: what a field's decimals are depends on
   * the kind.
   */
  addStop(account: number, stop: StopDefinition): void;
  /** Levels of the margin ratio that ticks report. */
  setMarginCalls(calls: MarginCallDefinition): void;
}
