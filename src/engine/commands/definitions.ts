// Commands that declare things and move prices: addAsset, addMarket, setMarks. Each checks all of its
// input before the first change.
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import type { AssetDefinition, DecimalLike, EngineEvent, MarketDefinition } from "../../types.ts";
import { MAX_TAG_INDEX } from "../accounts.ts";
import { readAsset } from "../markets.ts";
import { refuse, requireObject } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";

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
