// Builds one-purpose engines for worked examples: a market from a rate (and a maintenance amount), one account
// "a", a position in it, and its figures as numbers to compare within an example's tolerance.
import { RiskEngine } from "../../src/engine/engine.ts";
import type { LeverageTier, PositionView, Profile, ScopeView } from "../../src/types.ts";

/** A number of an example as decimal text of at most `decimals` decimals. */
export function text(value: number, decimals = 8): string {
  const fixed = value.toFixed(decimals);
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

function step(decimals: number): string {
  return decimals === 0 ? "1" : `0.${"0".repeat(decimals - 1)}1`;
}

/** Tiers of a flat rate; a maintenance amount needs a bracket below, of half the rate, that continuity turns into it. */
export function flatTiers(rate: number, amount = 0): LeverageTier[] {
  if (amount === 0) return [{ maintenanceMarginRate: text(rate, 9) }];
  const floor = text((2 * amount) / rate);
  return [
    { minNotional: "0", maxNotional: floor, maintenanceMarginRate: text(rate / 2, 9) },
    { minNotional: floor, maintenanceMarginRate: text(rate, 9) },
  ];
}

export interface MarketSketch {
  readonly symbol?: string;
  readonly tiers: readonly LeverageTier[];
  readonly mark: number;
  readonly inverse?: boolean;
  readonly contractSize?: number;
  readonly taker?: number;
  readonly positivePnlWeight?: number;
  readonly amountDecimals?: number;
  readonly priceDecimals?: number;
  /** Decimals of the tick. */
  readonly tickDecimals?: number;
}

export const SYMBOL = "X";

/** An engine with asset S (8 decimals unless said), the markets with their marks, and an account "a". */
export function bench(
  markets: readonly MarketSketch[],
  options: {
    readonly profile?: Profile;
    readonly settleDecimals?: number;
    readonly hedged?: boolean;
  } = {},
): RiskEngine {
  const engine = new RiskEngine({ profile: options.profile ?? "default" });
  engine.addAsset({ code: "S", decimals: options.settleDecimals ?? 8 });
  for (const market of markets) {
    const symbol = market.symbol ?? SYMBOL;
    const priceDecimals = market.priceDecimals ?? 8;
    engine.addMarket({
      symbol,
      settle: "S",
      linear: market.inverse !== true,
      contractSize: text(market.contractSize ?? 1),
      precision: {
        amount: step(market.amountDecimals ?? 5),
        ...(market.tickDecimals === undefined ? {} : { price: step(market.tickDecimals) }),
      },
      priceDecimals,
      taker: text(market.taker ?? 0),
      positivePnlWeight: text(market.positivePnlWeight ?? 1),
      tiers: market.tiers,
    });
    engine.setMarks({ [symbol]: text(market.mark, priceDecimals) });
  }
  engine.openAccount("a", { hedged: options.hedged ?? false });
  return engine;
}

/** Puts a position of signed size into account "a". */
export function put(
  engine: RiskEngine,
  position: {
    readonly symbol?: string;
    readonly size: number;
    readonly entry: number;
    /** Isolated margin; cross if absent. */
    readonly margin?: number;
    readonly leverage?: number;
    /** Exact signed entry notional. */
    readonly notional?: number;
  },
): void {
  const { size, entry, margin, leverage, notional } = position;
  engine.setPosition("a", {
    symbol: position.symbol ?? SYMBOL,
    side: size > 0 ? "long" : "short",
    contracts: text(Math.abs(size)),
    entryPrice: text(entry),
    marginMode: margin === undefined ? "cross" : "isolated",
    ...(margin === undefined ? {} : { isolatedMargin: text(margin) }),
    ...(leverage === undefined ? {} : { leverage: text(leverage, 3) }),
    ...(notional === undefined ? {} : { entryNotional: text(notional, 6) }),
  });
}

/** The first position and its scope. */
export function read(
  engine: RiskEngine,
  symbol = SYMBOL,
): { position: PositionView; scope: ScopeView } {
  const { positions, scopes } = engine.account("a").report();
  const position = positions.find((candidate) => candidate.symbol === symbol);
  if (position === undefined) throw new Error(`no position in ${symbol}`);
  const scope = scopes.find(
    (candidate) =>
      candidate.scope === position.marginMode &&
      (candidate.scope === "cross" || candidate.symbol === symbol),
  );
  if (scope === undefined) throw new Error(`no scope of ${symbol}`);
  return { position, scope };
}

/** The adverse side of a position's liquidation price; null: none. */
export function adversePrice(position: PositionView): number | null {
  const { down, up } = position.liquidationPrice;
  const price = position.side === "long" ? down : up;
  return price === null ? null : Number(price);
}
