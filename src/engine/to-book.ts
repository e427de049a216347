// The state as a book document: what fromBook reads back into an engine with the same state hash.
import { formatDecimal } from "../decimal.ts";
import type { AccountDefinition, BookDocument, DecimalLike, PositionDefinition } from "../types.ts";
import { tagIndex, tagMode } from "./accounts.ts";
import { costCeil } from "./arithmetic.ts";
import { markText } from "./commands/definitions.ts";
import { entryPriceOf } from "./commands/positions.ts";
import { copyDefinition } from "./market-definition.ts";
import { emptyRecord, orderedLegs, orderedPools } from "./order.ts";
import type { EngineState } from "./state.ts";

function positionDefinition(state: EngineState, pool: number, leg: number): PositionDefinition {
  const { kernel } = state;
  const market = state.marketOfLeg(leg);
  const { terms, amountDecimals, priceDecimals, settleDecimals, maxPrice } = market;
  const quantity = kernel.quantity(leg);
  const cost = kernel.cost(leg);
  const leverage = kernel.leverageMilli(leg);
  const isolated = tagMode(kernel.tag(pool)) === "isolated";
  // A cost of a few units may stand for no legal price; the exact notional below then decides alone.
  const nearest = Number(entryPriceOf(state, market, leg));
  const price = Math.min(Math.max(nearest, 1), maxPrice);
  const exact = costCeil(terms, quantity, price) === cost;
  return {
    symbol: market.symbol,
    side: quantity > 0 ? "long" : "short",
    contracts: formatDecimal(Math.abs(quantity), amountDecimals),
    entryPrice: formatDecimal(price, priceDecimals),
    marginMode: isolated ? "isolated" : "cross",
    ...(leverage === 0 ? {} : { leverage: formatDecimal(leverage, 3) }),
    ...(isolated ? { isolatedMargin: formatDecimal(kernel.collateral(pool), settleDecimals) } : {}),
    ...(exact ? {} : { entryNotional: formatDecimal(cost, settleDecimals) }),
  };
}

function accountDefinition(state: EngineState, id: string, account: number): AccountDefinition {
  const { kernel } = state;
  const balances = emptyRecord<DecimalLike>();
  const positions: PositionDefinition[] = [];
  for (const pool of orderedPools(state, account)) {
    const tag = kernel.tag(pool);
    const collateral = kernel.collateral(pool);
    if (tagMode(tag) === "cross" && collateral !== 0n) {
      const { code, decimals } = state.assetAt(tagIndex(tag));
      balances[code] = formatDecimal(collateral, decimals);
    }
    for (const leg of orderedLegs(state, pool)) {
      positions.push(positionDefinition(state, pool, leg));
    }
  }
  return { id, hedged: state.accounts.hedged(account), balances, positions };
}

export function toBook(state: EngineState): BookDocument {
  const marks = emptyRecord<DecimalLike>();
  for (const market of state.markets) {
    const mark = markText(state, market);
    if (mark !== null) marks[market.symbol] = mark;
  }
  return {
    profile: typeof state.profile === "object" ? { ...state.profile } : state.profile,
    assets: state.assets.map(({ code, decimals }) => ({ code, decimals })),
    markets: state.markets.map(({ definition }) => copyDefinition(definition, 0)),
    marks,
    accounts: Array.from(state.accounts.entries(), ([id, account]) =>
      accountDefinition(state, id, account),
    ),
  };
}
