// The liquidation map of a market as columns for drawing. It is reckoned once at the marks and holds wherever the market itself is dragged to:
// with the others still, or moving along by the same share (beta 1), the prices at which a scope falls do not depend on where it stands now.

import { parseDecimal } from "../../src/decimal.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { MapFacts, MarketFacts } from "../book/protocol.ts";

/** Furthest that prices are dragged, as a share: within the band in which the screen decides. */
export const REACH = "0.45";
const LEVELS = 180;

export function mapFacts(
  engine: RiskEngine,
  markets: readonly MarketFacts[],
  market: number,
  together: boolean,
  now: () => number,
): MapFacts {
  const { symbol, priceDecimals, mark } = markets[market] as MarketFacts;
  const started = now();
  const beta = together ? "1" : "0";
  const map = engine.liquidationMap({
    symbol,
    from: `-${REACH}`,
    to: REACH,
    levels: LEVELS,
    beta,
  });
  const milliseconds = now() - started;
  const { levels, totals, atMark } = map;
  return {
    market,
    together,
    mark,
    prices: Float64Array.from(levels, ({ price }) => {
      return Number(parseDecimal(price, priceDecimals, "price"));
    }),
    notional: Float64Array.from(levels, ({ notional }) => Number(notional)),
    scopes: Float64Array.from(levels, ({ scopes }) => scopes),
    longs: { scopes: totals.long.scopes, notional: totals.long.notional },
    shorts: { scopes: totals.short.scopes, notional: totals.short.notional },
    atMark: atMark.scopes,
    milliseconds,
  };
}
