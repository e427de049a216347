// A typed method per command: sugar over `apply`, the one door through which state changes. No rule lives here.
import type {
  AssetDefinition,
  Command,
  DecimalLike,
  DeleverageCommand,
  EngineEvent,
  FillCommand,
  LeverageTier,
  LiquidateCommand,
  MarketDefinition,
  OrderDefinition,
  PlaceStopCommand,
  PositionDefinition,
  PositionSide,
  SetMarginModeCommand,
  SettleFundingCommand,
} from "../types.ts";

/** The commands as methods; each returns what happened and throws RiskError where it is refused. */
export abstract class CommandMethods {
  /** Carries a command out. */
  abstract apply(command: Command): EngineEvent[];

  /** Declares an asset that markets settle in. */
  addAsset(asset: AssetDefinition): EngineEvent[] {
    return this.apply({ type: "addAsset", asset });
  }

  /** Declares a market; its settle asset must exist. */
  addMarket(market: MarketDefinition): EngineEvent[] {
    return this.apply({ type: "addMarket", market });
  }

  /** Sets marks by symbol: all of them or, where one is refused, none. */
  setMarks(marks: Readonly<Record<string, DecimalLike>>): EngineEvent[] {
    return this.apply({ type: "setMarks", marks });
  }

  /** Opens an account; `hedged` lets long and short of one market stand side by side. */
  openAccount(account: string, options: { readonly hedged?: boolean } = {}): EngineEvent[] {
    return this.apply({ ...options, type: "openAccount", account });
  }

  /** Closes an account that holds no position and no balance. */
  closeAccount(account: string): EngineEvent[] {
    return this.apply({ type: "closeAccount", account });
  }

  /** Pays into the wallet. */
  deposit(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "deposit", account, asset, amount });
  }

  /** Pays out of the wallet; refused below zero or where the cross scope would fall below its initial margin. */
  withdraw(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "withdraw", account, asset, amount });
  }

  /** Sets the wallet to a figure, as an import does; may be negative. */
  setBalance(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "setBalance", account, asset, amount });
  }

  /** Sets a position to stated figures, as an import does; contracts "0" removes it. */
  setPosition(account: string, position: PositionDefinition): EngineEvent[] {
    return this.apply({ type: "setPosition", account, position });
  }

  /**
   * A trade: opens, increases, reduces, closes or flips.
   *
   * @throws RiskError INSUFFICIENT_FUNDS, MARGIN_EXHAUSTED, MARGIN_MODE, POSITION_MODE, OUT_OF_RANGE, ...
   */
  fill(trade: Omit<FillCommand, "type">): EngineEvent[] {
    return this.apply({ ...trade, type: "fill" });
  }

  /** Prices of collateral coins in their settle asset: all or none. */
  setIndexPrices(prices: Readonly<Record<string, DecimalLike>>): EngineEvent[] {
    return this.apply({ type: "setIndexPrices", prices });
  }

  /** Lets the account's collateral coins join the cross pool of their settle asset, or takes them out. */
  setMultiAsset(account: string, enabled: boolean): EngineEvent[] {
    return this.apply({ type: "setMultiAsset", account, enabled });
  }

  /** From the wallet into an isolated position's margin. */
  addMargin(
    account: string,
    symbol: string,
    amount: DecimalLike,
    side?: PositionSide,
  ): EngineEvent[] {
    return this.apply({
      type: "addMargin",
      account,
      symbol,
      amount,
      ...(side === undefined ? {} : { side }),
    });
  }

  /** From an isolated position's margin into the wallet, as far as the profile lets it. */
  reduceMargin(
    account: string,
    symbol: string,
    amount: DecimalLike,
    side?: PositionSide,
  ): EngineEvent[] {
    return this.apply({
      type: "reduceMargin",
      account,
      symbol,
      amount,
      ...(side === undefined ? {} : { side }),
    });
  }

  /** Whether {@link topUpMargins} may use the wallet for this isolated position. */
  setAutoTopUp(
    account: string,
    symbol: string,
    enabled: boolean,
    side?: PositionSide,
  ): EngineEvent[] {
    return this.apply({
      type: "setAutoTopUp",
      account,
      symbol,
      enabled,
      ...(side === undefined ? {} : { side }),
    });
  }

  /** Lifts liquidatable isolated positions with automatic top-up out of their wallets, as far as these can spare it. */
  topUpMargins(): EngineEvent[] {
    return this.apply({ type: "topUpMargins" });
  }

  /** Leverage of a market for positions to come and for the open one. */
  setLeverage(
    account: string,
    symbol: string,
    leverage: DecimalLike,
    side?: PositionSide,
  ): EngineEvent[] {
    return this.apply({
      type: "setLeverage",
      account,
      symbol,
      leverage,
      ...(side === undefined ? {} : { side }),
    });
  }

  /** Switches the margin mode, of one market or (by the profile's rule) of the account. */
  setMarginMode(change: Omit<SetMarginModeCommand, "type">): EngineEvent[] {
    return this.apply({ ...change, type: "setMarginMode" });
  }

  /** One funding period over the whole book. */
  settleFunding(funding: Omit<SettleFundingCommand, "type">): EngineEvent[] {
    return this.apply({ ...funding, type: "settleFunding" });
  }

  /** A resting order, as far as margin is concerned. */
  placeOrder(account: string, order: OrderDefinition): EngineEvent[] {
    return this.apply({ type: "placeOrder", account, order });
  }

  /** Takes a resting order back. */
  cancelOrder(account: string, order: string): EngineEvent[] {
    return this.apply({ type: "cancelOrder", account, order });
  }

  /**
   * A stop: closes a position, or positions of a cross pool, when a tick passes its trigger. Reduce-only, and gone with its position.
   *
   * @throws RiskError NO_POSITION, OUT_OF_RANGE, MARGIN_MODE, WOULD_TRIGGER, BEYOND_LIQUIDATION, STOP_NEVER_FIRES, DUPLICATE_STOP, ...
   */
  placeStop(account: string, stop: PlaceStopCommand["stop"]): EngineEvent[] {
    return this.apply({ type: "placeStop", account, stop });
  }

  /** Takes a stop back. */
  cancelStop(account: string, stop: string): EngineEvent[] {
    return this.apply({ type: "cancelStop", account, stop });
  }

  /** Margin ratios at which ticks tell of a scope; none turns them off. */
  setMarginCalls(levels: readonly DecimalLike[], hysteresis?: DecimalLike): EngineEvent[] {
    return this.apply({
      type: "setMarginCalls",
      levels,
      ...(hysteresis === undefined ? {} : { hysteresis }),
    });
  }

  /** New tiers for markets, under open positions. */
  setTiers(tiers: Readonly<Record<string, readonly LeverageTier[]>>): EngineEvent[] {
    return this.apply({ type: "setTiers", tiers });
  }

  /**
   * Liquidates what is liquidatable at the marks, by the profile's rules of liquidation or those given, scope by scope in the order of
   * account ids. A scope ends standing, without positions, or (by methods that go in instalments) left for the next call.
   *
   * @throws RiskError UNKNOWN_ACCOUNT, UNKNOWN_SYMBOL, BAD_VALUE for terms; VALUE_OUT_OF_RANGE where a fund would hold more than 63 bits;
   * nothing has changed then
   * @example
   * import { RiskEngine } from "underkeel";
   * const engine = RiskEngine.fromBook({
   *   assets: [{ code: "USDT" }],
   *   markets: [{
   *     symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" },
   *     tiers: [
   *       { minNotional: "0", maxNotional: "50000", maintenanceMarginRate: "0.005" },
   *       { minNotional: "50000", maintenanceMarginRate: "0.02" },
   *     ],
   *   }],
   *   marks: { "ETH/USDT:USDT": "2000" },
   *   accounts: [{
   *     id: "bob",
   *     balances: { USDT: "4000" },
   *     positions: [{ symbol: "ETH/USDT:USDT", side: "long", contracts: "50", entryPrice: "2068", marginMode: "cross" }],
   *   }],
   * });
   * const events = engine.liquidate({ policy: { method: "ladder", slippage: "0.001", fee: "0.002" } });
   * const step = events.find(({ type }) => type === "positionLiquidated");
   * step?.contracts; // => "25"
   * step?.price; // => "1998"
   * step?.fee; // => "99.9"
   * engine.scan().count; // => 0
   * engine.insuranceFund("USDT"); // => "99.9"
   */
  liquidate(options: Omit<LiquidateCommand, "type"> = {}): EngineEvent[] {
    return this.apply({ ...options, type: "liquidate" });
  }

  /** Closes a position of a liquidatable scope without equity against counterparties, by rank or against the one named. */
  deleverage(options: Omit<DeleverageCommand, "type">): EngineEvent[] {
    return this.apply({ ...options, type: "deleverage" });
  }

  /** Sets what an asset's insurance fund holds; 0 or above. */
  setInsuranceFund(asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "setInsuranceFund", asset, amount });
  }
}
