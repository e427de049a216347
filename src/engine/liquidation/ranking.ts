// Who stands on the other side of a market and in which order they are deleveraged. A score only orders: it is taken in doubles, and equal
// scores go by account id, so the order is the same everywhere. With PnL, value and cost of the position, equity, collateral and
// maintenance margin of its scope:
//
//   profitTimesRatio      PnL / collateral · maintenance margin / equity                               Binance
//   profitTimesLeverage   PnL% · L where it is a profit, PnL% / L where not; PnL% = PnL / |cost|, L = |value| / equity     BitMEX
//   priceTimesLeverage    mark / entry (shorts: entry / mark) · notional / equity                      Hyperliquid
import { formatDecimal } from "../../decimal.ts";
import { RiskError } from "../../errors.ts";
import type { AdlRanking, MarginMode, PositionSide } from "../../types.ts";
import { tagMode } from "../accounts.ts";
import { SIDES } from "../commands/positions.ts";
import { requireWord } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { LIQUIDATION_WORDS } from "./policies.ts";

export interface Candidate {
  readonly id: string;
  readonly account: number;
}

/** A candidate with what it is ranked by. */
export interface RankedCandidate extends Candidate {
  readonly marginMode: MarginMode;
  /** Signed units. */
  readonly quantity: number;
  readonly score: number;
}

/** A quotient that never is NaN: over nothing, or less, all is at stake. */
function over(dividend: number, divisor: number): number {
  if (divisor > 0) return dividend / divisor;
  return dividend > 0 ? Number.POSITIVE_INFINITY : dividend < 0 ? Number.NEGATIVE_INFINITY : 0;
}

function scoreOf(state: EngineState, pool: number, leg: number, ranking: AdlRanking): number {
  const { kernel } = state;
  const figures = kernel.poolFigures(pool);
  const { value } = kernel.legFigures(leg);
  const equity = Number(figures.equity);
  const worth = Math.abs(Number(value));
  const cost = Math.abs(Number(kernel.cost(leg)));
  const profit = Number(value - kernel.cost(leg));
  switch (ranking) {
    case "profitTimesRatio": {
      const ratio = over(Number(figures.maintenanceMargin), equity);
      const share = over(profit, Number(kernel.collateral(pool)));
      // A loss of an account in danger is no reason to go before a profit.
      return ratio === 0 || share === 0 ? 0 : share * ratio;
    }
    case "profitTimesLeverage": {
      const leverage = over(worth, equity);
      const share = over(profit, cost);
      return profit > 0 ? share * leverage : leverage === 0 ? 0 : share / leverage;
    }
    case "priceTimesLeverage": {
      const [gained, paid] = value > 0n ? [worth, cost] : [cost, worth];
      return over(gained, paid) * over(worth, equity);
    }
  }
}

/** The score; undefined where the scope's figures do not fit 63 bits: nothing can be closed in it. */
function scoreWithin(
  state: EngineState,
  pool: number,
  leg: number,
  ranking: AdlRanking,
): number | undefined {
  try {
    return scoreOf(state, pool, leg, ranking);
  } catch (error) {
    if (error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE") return undefined;
    throw error;
  }
}

/**
 * Every position on a side of a market that can be deleveraged, the first to be so first; left out are those in scopes whose figures do not
 * fit 63 bits. One pass over the book.
 */
export function rankCandidates(
  state: EngineState,
  market: EngineMarket,
  side: PositionSide,
  ranking: AdlRanking,
): RankedCandidate[] {
  const { kernel } = state;
  const found: RankedCandidate[] = [];
  kernel.forEachPool((pool) => {
    for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
      if (kernel.legPrice(leg) !== market.slot) continue;
      const quantity = kernel.quantity(leg);
      if ((side === "long") !== quantity > 0) continue;
      const score = scoreWithin(state, pool, leg, ranking);
      if (score === undefined) continue;
      const account = kernel.owner(pool);
      found.push({
        id: state.accounts.id(account) ?? "",
        account,
        marginMode: tagMode(kernel.tag(pool)),
        quantity,
        score,
      });
    }
  });
  return found.sort((a, b) => {
    if (a.score !== b.score) return a.score > b.score ? -1 : 1;
    return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  });
}

/** A place in the order of deleveraging. */
export interface AdlRank {
  readonly account: string;
  readonly marginMode: MarginMode;
  readonly contracts: string;
  /** Larger goes first; a double, for ordering only. */
  readonly score: number;
}

/** {@link rankCandidates} as it is shown. */
export function deleverageRanking(
  state: EngineState,
  symbol: string,
  side: PositionSide,
  ranking: AdlRanking | undefined,
): AdlRank[] {
  const market = state.markedMarket(symbol, "symbol");
  const chosen =
    ranking === undefined
      ? state.rules.liquidation.adlRanking
      : requireWord(ranking, LIQUIDATION_WORDS.adlRanking, "ranking");
  return rankCandidates(state, market, requireWord(side, SIDES, "side"), chosen).map(
    ({ id, marginMode, quantity, score }) => ({
      account: id,
      marginMode,
      contracts: formatDecimal(Math.abs(quantity), market.amountDecimals),
      score,
    }),
  );
}
