// What a first visit shows, and what an empty account is: bundled contracts with dated brackets and prices, and an account worth a look.
import { type PricedMarket, standardMarkets } from "../../src/generate/standard-markets.ts";
import type { AccountDefinition, BookDocument } from "../../src/types.ts";
import { type CheckState, STILL } from "./state.ts";

/** Where the bundled figures come from; shown beside them. */
export const BRACKETS_FROM = "Binance USD-M leverage brackets as of 2026-05-03";
export const PRICES_FROM = "prices of 2025-10-10, 20:55 UTC, before that day's crash";

const BUNDLED: readonly PricedMarket[] = standardMarkets("before");

/** The twelve bundled perpetuals, with the dated prices. */
export function bundledMarkets(): readonly PricedMarket[] {
  return BUNDLED;
}

export function bundledMarket(symbol: string): PricedMarket | undefined {
  return BUNDLED.find(({ definition }) => definition.symbol === symbol);
}

function bookOf(account: AccountDefinition): BookDocument {
  const symbols = new Set(account.positions?.map(({ symbol }) => symbol));
  const markets = BUNDLED.filter(({ definition }) => symbols.has(definition.symbol));
  return {
    profile: "default",
    assets: [{ code: "USDT" }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [account],
  };
}

/**
 * A long in BTC and a short in SOL on one wallet, a long in ETH isolated; of the stops one works as long as SOL behaves, one stands
 * beyond the liquidation that it was meant to prevent, one takes profit.
 */
export function exampleState(): CheckState {
  const account: AccountDefinition = {
    id: "example",
    hedged: false,
    balances: { USDT: "34000" },
    positions: [
      {
        symbol: "BTC/USDT:USDT",
        side: "long",
        contracts: "2.8",
        entryPrice: "117200",
        marginMode: "cross",
        leverage: "25",
      },
      {
        symbol: "ETH/USDT:USDT",
        side: "long",
        contracts: "30",
        entryPrice: "4015",
        marginMode: "isolated",
        leverage: "15",
        isolatedMargin: "8030",
      },
      {
        symbol: "SOL/USDT:USDT",
        side: "short",
        contracts: "600",
        entryPrice: "205.5",
        marginMode: "cross",
        leverage: "10",
      },
    ],
    stops: [
      { id: "1", kind: "mark", symbol: "BTC/USDT:USDT", side: "long", triggerPrice: "109000" },
      { id: "2", kind: "mark", symbol: "ETH/USDT:USDT", side: "long", triggerPrice: "3740" },
      {
        id: "3",
        kind: "mark",
        symbol: "SOL/USDT:USDT",
        side: "short",
        triggerPrice: "185",
        purpose: "takeProfit",
      },
    ],
  };
  return { book: bookOf(account), view: STILL };
}

/** A wallet and nothing else. */
export function emptyState(): CheckState {
  return {
    book: bookOf({ id: "account", hedged: false, balances: { USDT: "1000" }, positions: [] }),
    view: STILL,
  };
}
