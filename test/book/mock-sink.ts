// A sink that remembers what it was told as plain data, and refuses duplicates as an engine does.
import type {
  BookSink,
  SinkAsset,
  SinkMarket,
  SinkOrder,
  SinkSettings,
} from "../../src/book/index.ts";
import { decimalsOf } from "../../src/decimal.ts";
import { RiskError } from "../../src/errors.ts";
import { deriveTable } from "../../src/tiers/index.ts";
import type {
  AssetDefinition,
  MarginCallDefinition,
  MarginMode,
  MarketDefinition,
  PositionSide,
  Profile,
  StopDefinition,
} from "../../src/types.ts";

/** Every call that changed something, in order. */
export type MockCall = readonly [string, ...unknown[]];

export class MockSink implements BookSink {
  readonly calls: MockCall[] = [];
  readonly profile: Profile;
  readonly #assets: SinkAsset[] = [];
  readonly #markets: SinkMarket[] = [];
  readonly #accounts = new Map<string, number>();
  readonly #positions = new Set<string>();

  constructor(profile: Profile = "default") {
    this.profile = profile;
    if ((profile as string) === "nowhere") {
      throw new RiskError("UNKNOWN_PROFILE", "is no known profile", {
        path: "profile",
        value: profile,
      });
    }
  }

  addAsset(asset: AssetDefinition): number {
    if (this.#assets.some(({ code }) => code === asset.code)) {
      throw new RiskError("DUPLICATE_ASSET", "exists already", {
        path: "asset.code",
        value: asset.code,
      });
    }
    this.calls.push(["asset", asset.code, asset.decimals ?? 8]);
    return this.#assets.push({ code: asset.code, decimals: asset.decimals ?? 8 }) - 1;
  }

  addMarket(market: MarketDefinition): number {
    const settle = this.#assets.findIndex(({ code }) => code === market.settle);
    const settleDecimals = this.#assets[settle]?.decimals;
    if (settleDecimals === undefined) {
      throw new RiskError("UNKNOWN_ASSET", "must be a known asset", {
        path: "market.settle",
        value: market.settle,
      });
    }
    const path = "market.tiers";
    deriveTable(market.tiers, { settleDecimals, style: "marginal", closeFeeRate: 0, path });
    const amountDecimals = decimalsOf(market.precision.amount, "market.precision.amount");
    const { symbol, priceDecimals = 8 } = market;
    this.calls.push(["market", symbol, amountDecimals, priceDecimals]);
    return (
      this.#markets.push({ symbol, amountDecimals, priceDecimals, settleDecimals, settle }) - 1
    );
  }

  setMark(market: number, priceUnits: number): void {
    this.calls.push(["mark", market, priceUnits]);
  }

  setFundingTime(market: number, time: number): void {
    this.calls.push(["fundingTime", market, time]);
  }

  setTickTime(time: number): void {
    this.calls.push(["tickTime", time]);
  }

  setInsuranceFund(asset: number, units: bigint): void {
    this.calls.push(["insuranceFund", asset, units]);
  }

  setPartialLiquidation(account: string, time: number): void {
    this.calls.push(["partialLiquidation", account, time]);
  }

  setIndexPrice(asset: number, priceUnits: number): void {
    this.calls.push(["indexPrice", asset, priceUnits]);
  }

  allowTopUp(account: number, market: number, side: PositionSide): void {
    this.calls.push(["topUp", account, market, side]);
  }

  setAccountMode(account: number, mode: MarginMode): void {
    this.calls.push(["accountMode", account, mode]);
  }

  setMarketSettings(account: number, market: number, settings: SinkSettings): void {
    const { mode, longMilli, shortMilli } = settings;
    this.calls.push(["settings", account, market, mode, longMilli, shortMilli]);
  }

  addOrder(account: number, market: number, order: SinkOrder): void {
    const { id, side, amount, price, positionSide, reduceOnly } = order;
    this.calls.push(["order", account, market, id, side, amount, price, positionSide, reduceOnly]);
  }

  asset(asset: number): SinkAsset {
    return this.#assets[asset] as SinkAsset;
  }

  market(market: number): SinkMarket {
    return this.#markets[market] as SinkMarket;
  }

  openAccount(id: string, hedged: boolean): number {
    if (this.#accounts.has(id)) {
      throw new RiskError("DUPLICATE_ACCOUNT", "the account exists already", {
        path: "account",
        value: id,
      });
    }
    this.calls.push(["account", id, hedged]);
    this.#accounts.set(id, this.#accounts.size);
    return this.#accounts.size - 1;
  }

  setBalance(account: number, asset: number, units: number | bigint): void {
    this.calls.push(["balance", account, asset, BigInt(units)]);
  }

  addPosition(
    account: number,
    market: number,
    signedContracts: number,
    entryPriceUnits: number,
    isolated: boolean,
    leverageMilli: number,
    isolatedMarginUnits: number | bigint,
    entryNotional?: bigint,
  ): void {
    const key = `${account}/${market}`;
    if (this.#positions.has(key)) {
      throw new RiskError(
        "DUPLICATE_POSITION",
        "the account has a position in this market already",
        {
          path: "symbol",
          value: this.market(market).symbol,
        },
      );
    }
    this.#positions.add(key);
    const margin = BigInt(isolatedMarginUnits);
    const figures = [signedContracts, entryPriceUnits, isolated, leverageMilli, margin];
    this.calls.push(["position", account, market, ...figures, entryNotional]);
  }

  addStop(account: number, stop: StopDefinition): void {
    this.calls.push(["stop", account, { ...stop }]);
  }

  setMarginCalls(calls: MarginCallDefinition): void {
    this.calls.push(["marginCalls", { ...calls }]);
  }
}

/** One market on USDT, as every test here uses it. */
export const HEADER = {
  assets: [{ code: "USDT" }, { code: "USDC", decimals: 6 }],
  markets: [
    {
      symbol: "BTC/USDT:USDT",
      settle: "USDT",
      precision: { amount: "0.001", price: "0.1" },
      tiers: [
        { minNotional: "0", maxNotional: null, maintenanceMarginRate: "0.004", maxLeverage: "125" },
      ],
    },
    {
      symbol: "ETH/USDT:USDT",
      settle: "USDT",
      priceDecimals: 2,
      precision: { amount: "0.01" },
      tiers: [{ maintenanceMarginRate: "0.01" }],
    },
  ],
};
