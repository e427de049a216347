// The state as a book document: what fromBook reads back into an engine with the same state hash.
import { formatDecimal } from "../decimal.ts";
import type {
  AccountDefinition,
  BookDocument,
  DecimalLike,
  MarketSettings,
  PositionDefinition,
} from "../types.ts";
import { tagIndex, tagMode } from "./accounts.ts";
import { costCeil } from "./arithmetic.ts";
import { copyCollateral } from "./collaterals.ts";
import { markText } from "./commands/definitions.ts";
import { marginCallDefinition } from "./commands/margin-calls.ts";
import { orderDefinition } from "./commands/orders.ts";
import { entryPriceOf } from "./commands/positions.ts";
import { stopDefinition } from "./commands/stops.ts";
import { copyDefinition } from "./market-definition.ts";
import { emptyRecord, orderedLegs, orderedPools } from "./order.ts";
import { indexPriceText } from "./pledges.ts";
import type { EngineMarket, EngineState } from "./state.ts";

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
  const topUp = isolated && state.settings.autoTopUp(kernel.owner(pool), kernel.tag(pool));
  return {
    symbol: market.symbol,
    side: quantity > 0 ? "long" : "short",
    contracts: formatDecimal(Math.abs(quantity), amountDecimals),
    entryPrice: formatDecimal(price, priceDecimals),
    marginMode: isolated ? "isolated" : "cross",
    ...(leverage === 0 ? {} : { leverage: formatDecimal(leverage, 3) }),
    ...(isolated ? { isolatedMargin: formatDecimal(kernel.collateral(pool), settleDecimals) } : {}),
    ...(exact ? {} : { entryNotional: formatDecimal(cost, settleDecimals) }),
    ...(topUp ? { autoTopUp: true } : {}),
  };
}

function settingsOf(state: EngineState, account: number): MarketSettings[] {
  return state.settings.markets(account).map(([market, { mode, longMilli, shortMilli }]) => ({
    symbol: state.marketAt(market).symbol,
    ...(mode === undefined ? {} : { marginMode: mode }),
    ...(longMilli === 0 ? {} : { longLeverage: formatDecimal(longMilli, 3) }),
    ...(shortMilli === 0 ? {} : { shortLeverage: formatDecimal(shortMilli, 3) }),
  }));
}

/** One account as a book has it. */
export function accountDefinition(
  state: EngineState,
  id: string,
  account: number,
): AccountDefinition {
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
  const settings = settingsOf(state, account);
  const mode = state.settings.accountMode(account);
  const orders = state.orders.rows(account).map((row) => orderDefinition(state, row));
  const stops = state.stops.rows(account).map((stop) => stopDefinition(state, stop));
  return {
    id,
    hedged: state.accounts.hedged(account),
    ...(state.accounts.multiAsset(account) ? { multiAsset: true } : {}),
    balances,
    positions,
    ...(orders.length === 0 ? {} : { orders }),
    ...(stops.length === 0 ? {} : { stops }),
    ...(mode === undefined ? {} : { marginMode: mode }),
    ...(settings.length === 0 ? {} : { settings }),
  };
}

/** A book without its accounts, of the markets given and of all assets. */
export function bookHeader(
  state: EngineState,
  markets: readonly EngineMarket[],
): Omit<BookDocument, "accounts"> {
  const marks = emptyRecord<DecimalLike>();
  const indexPrices = emptyRecord<DecimalLike>();
  for (const coin of state.collaterals.all()) {
    const price = indexPriceText(state, coin);
    if (price !== null) indexPrices[state.assetAt(coin.asset).code] = price;
  }
  const fundingTimes = emptyRecord<number>();
  for (const market of markets) {
    const mark = markText(state, market);
    if (mark !== null) marks[market.symbol] = mark;
    const time = state.fundingTimes.get(market.index);
    if (time !== undefined) fundingTimes[market.symbol] = time;
  }
  const marginCalls = marginCallDefinition(state);
  const insuranceFunds = emptyRecord<DecimalLike>();
  for (const { index, code, decimals } of state.assets) {
    const balance = state.insurance.balance(index);
    if (balance !== 0n) insuranceFunds[code] = formatDecimal(balance, decimals);
  }
  const partials = emptyRecord<number>();
  for (const [id, time] of state.insurance.partials()) partials[id] = time;
  return {
    profile: typeof state.profile === "object" ? { ...state.profile } : state.profile,
    assets: state.assets.map(({ index, code, decimals }) => {
      const coin = state.collaterals.of(index);
      return { code, decimals, ...(coin && { collateral: copyCollateral(coin.definition, 0) }) };
    }),
    markets: markets.map(({ definition }) => copyDefinition(definition, 0)),
    marks,
    ...(Object.keys(indexPrices).length === 0 ? {} : { indexPrices }),
    ...(Object.keys(fundingTimes).length === 0 ? {} : { fundingTimes }),
    ...(marginCalls === undefined ? {} : { marginCalls }),
    ...(state.ticks.time === undefined ? {} : { tickTime: state.ticks.time }),
    ...(Object.keys(insuranceFunds).length === 0 ? {} : { insuranceFunds }),
    ...(Object.keys(partials).length === 0 ? {} : { partialLiquidations: partials }),
  };
}

export function toBook(state: EngineState): BookDocument {
  return {
    ...bookHeader(state, state.markets),
    accounts: Array.from(state.accounts.entries(), ([id, account]) =>
      accountDefinition(state, id, account),
    ),
  };
}
