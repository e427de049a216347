// Where a shock takes the prices of a book: the dragged market by its move, and, all together, every other market of its settle asset by the
// same share, rounded as the liquidation map with beta 1 rounds them. So the map's levels and the frames speak of the same prices.
import { RiskError } from "../../src/errors.ts";
import type { MarketFacts, Shock } from "../book/protocol.ts";

const MILLION = 1_000_000n;
const SHARE_SCALE = 1_000_000_000_000n;

/** Markets that move and their prices in units, `count` of them. */
export interface TrialPrices {
  readonly markets: Int32Array;
  readonly prices: Float64Array;
  readonly count: number;
}

/** mark + mark · share, rounded toward the mark, at least one unit. */
function moved(mark: number, share: bigint, scale: bigint): number {
  const price = Number(BigInt(mark) + (BigInt(mark) * share) / scale);
  return Math.max(1, price);
}

/** Prices of a shock. @throws RiskError where its market is none of the book or has no mark */
export function trialPrices(markets: readonly MarketFacts[], shock: Shock): TrialPrices {
  const chosen = markets[shock.market];
  if (chosen === undefined || chosen.mark === 0) {
    throw new RiskError("NO_MARK", "no market with a mark has this index", {
      path: "market",
      value: shock.market,
    });
  }
  const price = moved(chosen.mark, BigInt(Math.round(shock.movePpm)), MILLION);
  const indices = [shock.market];
  const prices = [price];
  if (shock.together) {
    const share = (SHARE_SCALE * BigInt(price - chosen.mark)) / BigInt(chosen.mark);
    markets.forEach(({ mark, settle }, market) => {
      if (market === shock.market || mark === 0 || settle !== chosen.settle) return;
      indices.push(market);
      prices.push(moved(mark, share, SHARE_SCALE));
    });
  }
  return {
    markets: Int32Array.from(indices),
    prices: Float64Array.from(prices),
    count: indices.length,
  };
}
