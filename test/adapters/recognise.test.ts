// Every fixture is known for what it is, whatever surrounds it, and every adapter refuses what is another venue's by name.
import { describe, expect, it } from "vitest";
import {
  fromBinance,
  fromBybit,
  fromCcxt,
  fromHyperliquid,
  fromOkx,
  recognise,
} from "../../src/adapters/index.ts";
import { fixture, refusal } from "./support.ts";

const SHAPES = [
  ["binance-account-v2", "binance", "account"],
  ["binance-account-v3", "binance", "account"],
  ["binance-coinm-account", "binance", "account"],
  ["binance-position-risk-v2", "binance", "positionRisk"],
  ["binance-position-risk-v3", "binance", "positionRisk"],
  ["binance-brackets", "binance", "brackets"],
  ["binance-coinm-brackets", "binance", "brackets"],
  ["binance-exchange-info", "binance", "exchangeInfo"],
  ["binance-premium-index", "binance", "premiumIndex"],
  ["binance-open-orders", "binance", "openOrders"],
  ["binance-symbol-config", "binance", "symbolConfig"],
  ["bybit-positions", "bybit", "positions"],
  ["bybit-wallet-isolated", "bybit", "wallet"],
  ["bybit-account-info-isolated", "bybit", "accountInfo"],
  ["bybit-risk-limit", "bybit", "tiers"],
  ["bybit-instruments", "bybit", "instruments"],
  ["bybit-fee-rate", "bybit", "fees"],
  ["bybit-orders", "bybit", "orders"],
  ["okx-positions", "okx", "positions"],
  ["okx-balance", "okx", "balance"],
  ["okx-instruments", "okx", "instruments"],
  ["okx-tiers", "okx", "tiers"],
  ["okx-trade-fee", "okx", "fees"],
  ["okx-config", "okx", "config"],
  ["okx-orders", "okx", "orders"],
  ["hyperliquid-state", "hyperliquid", "state"],
  ["hyperliquid-meta", "hyperliquid", "meta"],
  ["hyperliquid-meta-and-contexts", "hyperliquid", "meta"],
  ["hyperliquid-open-orders", "hyperliquid", "orders"],
] as const;

describe("recognise", () => {
  it.each(SHAPES)("%s", (name, venue, part) => {
    const data = fixture<unknown>(name);
    expect(recognise(data)).toEqual({ venue, part });
    if (venue === "bybit" || venue === "okx") {
      const inner = data as { result?: object; data?: unknown[] };
      expect(recognise(inner.result ?? inner.data)).toEqual({ venue, part });
      expect(recognise([data, data])).toEqual({ venue, part });
    }
  });

  it.each([
    [{ dualSidePosition: true }, "binance", "positionMode"],
    [{ symbol: "BTCUSDT", brackets: [] }, "binance", "brackets"],
    [[{ symbol: "BTC/USDT:USDT", contracts: 1, side: "long" }], "ccxt", "positions"],
    [{ info: {}, total: {}, free: {}, used: {} }, "ccxt", "balances"],
    [{ "BTC/USDT:USDT": [{ maintenanceMarginRate: 0.004 }] }, "ccxt", "tiers"],
    [
      { "BTC/USDT:USDT": { symbol: "BTC/USDT:USDT", base: "BTC", quote: "USDT", precision: {} } },
      "ccxt",
      "markets",
    ],
    [{ "BTC/USDT:USDT": { symbol: "BTC/USDT:USDT", markPrice: 1 } }, "ccxt", "marks"],
    [{ code: "0", data: [{ instId: "BTC-USDT-SWAP", markPx: "1" }] }, "okx", "marks"],
  ])("%j", (data, venue, part) => {
    expect(recognise(data)).toEqual({ venue, part });
  });

  it.each([
    [],
    {},
    null,
    5,
    "text",
    [1],
    [[]],
    [null],
    { data: [] },
    { result: { list: [] } },
    { hello: 1 },
  ])("knows nothing of %j", (data) => {
    expect(recognise(data)).toBeNull();
  });
});

describe("an adapter given another venue's JSON says whose it is", () => {
  const adapters = {
    binance: (data: unknown) =>
      fromBinance({ positionRisk: data, balance: data, brackets: data } as never),
    bybit: (data: unknown) => fromBybit({ positions: data, wallet: data, tiers: data } as never),
    okx: (data: unknown) =>
      fromOkx({ positions: data, balance: data, instruments: data, tiers: data } as never),
    hyperliquid: (data: unknown) => fromHyperliquid(data as never, data as never),
    ccxt: (data: unknown) => fromCcxt({ positions: data, tiers: {} } as never),
  };
  const samples = [
    "binance-position-risk-v2",
    "bybit-positions",
    "okx-positions",
    "hyperliquid-state",
  ] as const;

  for (const [venue, adapt] of Object.entries(adapters)) {
    it(venue, () => {
      for (const sample of samples) {
        if (sample.startsWith(venue)) continue;
        const error = refusal(() => adapt(fixture(sample)));
        expect(error.code).toBe("BAD_VALUE");
        expect(error.message.toLowerCase()).toContain(`looks like ${sample.split("-")[0]}'s`);
      }
      for (const nothing of [undefined, null, 5, "x", true]) {
        expect(() => adapt(nothing)).toThrow(/must be|is missing/);
      }
    });
  }
});
