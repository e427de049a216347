// Commands that declare things and move prices: addAsset, addMarket, setMarks. Each checks all of its
// input before the first change.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import type { AssetDefinition, DecimalLike, EngineEvent, MarketDefinition } from "../../types.ts";
import { MAX_TAG_INDEX } from "../accounts.ts";
import { readCollateral } from "../collaterals.ts";
import { type EngineAsset, readAsset } from "../markets.ts";
import { refuse, requireObject } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";

/** A coin joins cross pools of an asset that is no coin itself: chains would have no one order of valuation. */
function settleOfCoin(state: EngineState, code: unknown, path: string): EngineAsset {
  const asset = state.asset(code, path);
  if (state.collaterals.of(asset.index) !== undefined) {
    refuse("BAD_VALUE", "must be an asset that is no collateral itself", path, code);
  }
  return asset;
}

export function addAsset(
  state: EngineState,
  definition: AssetDefinition,
  path: string,
): EngineEvent[] {
  const asset = readAsset(definition, state.assets.length, path);
  if (state.findAsset(asset.code) !== undefined) {
    refuse("DUPLICATE_ASSET", "the asset exists already", `${path}.code`, asset.code);
  }
  if (asset.index > MAX_TAG_INDEX) refuse("CAPACITY", "too many assets", path, asset.code);
  const { collateral } = definition;
  if (collateral !== undefined && collateral !== null) {
    const settleOf = (code: unknown, at: string): EngineAsset => settleOfCoin(state, code, at);
    const coin = readCollateral(collateral, asset, settleOf, `${path}.collateral`);
    state.collaterals.add(state.kernel, asset.index, coin);
  }
  state.addAsset(asset);
  return [{ type: "assetAdded", asset: asset.code }];
}

export function addMarket(
  state: EngineState,
  definition: MarketDefinition,
  path: string,
): EngineEvent[] {
  const { symbol } = state.addMarket(definition, path);
  return [{ type: "marketAdded", symbol }];
}

/** A price of a market in its units. */
export function readPrice(market: EngineMarket, value: DecimalLike, path: string): number {
  const limits = { min: 1n, max: BigInt(market.maxPrice) };
  return Number(parseDecimal(value, market.priceDecimals, path, limits));
}

/** Marks by symbol as price units. */
export function readMarks(
  state: EngineState,
  marks: Readonly<Record<string, DecimalLike>>,
  path: string,
): [EngineMarket, number][] {
  requireObject(marks, path);
  return Object.entries(marks).map(([symbol, value]) => {
    const place = `${path}[${JSON.stringify(symbol)}]`;
    const market = state.market(symbol, place);
    return [market, readPrice(market, value, place)];
  });
}

export function setMarks(
  state: EngineState,
  marks: Readonly<Record<string, DecimalLike>>,
  path: string,
): EngineEvent[] {
  const prices = readMarks(state, marks, path);
  for (const [market, price] of prices) state.kernel.setMark(market.slot, price);
  return [{ type: "marksSet", count: prices.length }];
}

/** The mark of a market as decimal text, or null where it has none. */
export function markText(state: EngineState, market: EngineMarket): string | null {
  const mark = state.kernel.mark(market.slot);
  return mark === 0 ? null : formatDecimal(mark, market.priceDecimals);
}
