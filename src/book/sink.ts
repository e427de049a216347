// The door through which a book enters an engine. Loaders turn text into integers in stated units and call
// these methods row by row; handles are small integers, so a row costs no object and no string. A refusal
// is a RiskError, which the loader turns into a problem with file, line and column. After one, the sink is thrown away.

import type { AssetDefinition, MarketDefinition } from "../types.ts";

/** What a loader must know of an asset to read its amounts. */
export interface SinkAsset {
  readonly code: string;
  readonly decimals: number;
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

export interface BookSink {
  /** Handles count up from 0 in the order of adding. */
  addAsset(asset: AssetDefinition): number;
  /** Handles count up from 0 in the order of adding. */
  addMarket(market: MarketDefinition): number;
  /** `priceUnits`: 10^-priceDecimals, 1 to 2^53 - 1. */
  setMark(market: number, priceUnits: number): void;
  asset(asset: number): SinkAsset;
  market(market: number): SinkMarket;
  openAccount(id: string, hedged: boolean): number;
  /** `units`: 10^-decimals of the asset; a number where it is a safe integer. */
  setBalance(account: number, asset: number, units: number | bigint): void;
  /**
   * @param signedContracts 10^-amountDecimals, positive for long, not 0, below 2^53 in size
   * @param entryPriceUnits 10^-priceDecimals, 1 to 2^53 - 1
   * @param leverageMilli thousandths; 0: none stated
   * @param isolatedMarginUnits 10^-settleDecimals, >= 0; 0 for a cross position
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
}
