// Books with coins as collateral: they come back the same, hashes tell definitions and prices apart, and what is wrong in
// them is named by its place.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { AssetDefinition, PositionDefinition } from "../../src/types.ts";
import { BTC_COIN, pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";

const LONG: PositionDefinition = {
  symbol: BTC,
  side: "long",
  contracts: "1",
  entryPrice: "50000",
  marginMode: "cross",
};

describe("books with coins", () => {
  function filled(): RiskEngine {
    const engine = pledgedEngine({ BTC: "12", ETH: "-2" });
    engine.fill({
      account: "a",
      symbol: ETH,
      side: "sell",
      amount: "10",
      price: "2000",
      leverage: "5",
    });
    engine.openAccount("b");
    engine.deposit("b", "BTC", "1");
    engine.openAccount("c", { hedged: true });
    engine.setMultiAsset("c", true);
    return engine;
  }

  it("come back the same: definitions, index prices, balances, flags", () => {
    const engine = filled();
    const book = engine.toBook();
    expect(book.indexPrices).toEqual({ BTC: "50000", ETH: "2000" });
    expect(book.accounts.map(({ multiAsset }) => multiAsset)).toEqual([true, undefined, true]);
    expect(book.accounts[0]?.balances).toEqual({ USDT: "1000", BTC: "12", ETH: "-2" });
    for (const again of [RiskEngine.fromBook(book), RiskEngine.fromBook(JSON.stringify(book))]) {
      expect(again.stateHash()).toBe(engine.stateHash());
      expect(again.account("a").report()).toEqual(engine.account("a").report());
      expect(again.account("a").collateral()).toEqual(engine.account("a").collateral());
      expect(again.audit().BTC).toMatchObject({ held: "13", difference: "0" });
      expect(again.toBook()).toEqual(book);
    }
  });

  it("hashes differ where a definition or an index price does", () => {
    const engine = filled();
    const hashes = new Set([engine.stateHash()]);
    engine.setIndexPrices({ BTC: "50000.01" });
    hashes.add(engine.stateHash());
    const { collateral } = BTC_COIN;
    const tiers = collateral?.tiers ?? [];
    const others: Partial<NonNullable<AssetDefinition["collateral"]>>[] = [
      { liabilityWeight: "1.2" },
      { tiers: tiers.map((tier, at) => (at === 1 ? { ...tier, ratio: "0.89" } : tier)) },
      { tiers: tiers.map((tier, at) => (at === 1 ? { ...tier, maxQuantity: "11" } : tier)) },
      { tiers: tiers.slice(0, 2) },
      { tiers: [] },
    ];
    const book = engine.toBook();
    for (const change of others) {
      const given = change.tiers?.length === 0 ? undefined : { ...collateral, ...change };
      const btc = { code: "BTC", ...(given && { collateral: given }) } as AssetDefinition;
      const assets = book.assets.map((asset) => (asset.code === "BTC" ? btc : asset));
      const { BTC: price, ...rest } = book.indexPrices ?? {};
      const indexPrices = given === undefined ? rest : { ...rest, BTC: price ?? "1" };
      hashes.add(RiskEngine.fromBook({ ...book, assets, indexPrices }).stateHash());
    }
    expect(hashes.size).toBe(2 + others.length);
  });

  it("may state index prices after the accounts", () => {
    const engine = filled();
    const { indexPrices, ...rest } = engine.toBook();
    const text = JSON.stringify({ ...rest, indexPrices });
    expect(RiskEngine.fromBook(text).stateHash()).toBe(engine.stateHash());
  });

  it("name what is wrong by its place", () => {
    const book = filled().toBook();
    const problems = (change: object): string[] => {
      try {
        RiskEngine.fromBook({ ...book, ...change });
        return [];
      } catch (error) {
        const found = (error as { problems: readonly { code: string; path: string }[] }).problems;
        return found.map(({ code, path }) => `${code} ${path}`);
      }
    };
    const [usdt, btc, eth] = book.assets;
    const account = book.accounts[0];
    expect(problems({ indexPrices: { BTC: "50000" } })).toEqual([
      'NO_MARK accounts[0].balances["ETH"]',
    ]);
    expect(problems({ indexPrices: { BTC: "50000", ETH: "2000", USDT: "1" } })).toEqual([
      'BAD_VALUE indexPrices["USDT"]',
    ]);
    expect(problems({ indexPrices: { DOGE: "1", BTC: "0", ETH: "2000" } })).toEqual([
      'UNKNOWN_ASSET indexPrices["DOGE"]',
      'OUT_OF_RANGE indexPrices["BTC"]',
    ]);
    const tiers = [{ ratio: "2" }];
    const wrong = { ...btc, collateral: { settle: "USDT", tiers } };
    expect(problems({ assets: [usdt, wrong, eth] })[0]).toBe(
      "OUT_OF_RANGE assets[1].collateral.tiers[0].ratio",
    );
    const misspelt = { ...btc, collateral: { settle: "USDT", tiers: [], liabiltyWeight: "1" } };
    expect(problems({ assets: [usdt, misspelt, eth] })).toContain(
      "BAD_VALUE assets[1].collateral.liabiltyWeight",
    );
    const position = { ...LONG, symbol: COIN, contracts: "1" };
    expect(problems({ accounts: [{ ...account, positions: [position] }] })).toEqual([
      "MULTI_ASSET accounts[0].positions[0].symbol",
    ]);
    expect(problems({ accounts: [{ ...account, multiAsset: "yes" }] })).toEqual([
      "BAD_VALUE accounts[0].multiAsset",
    ]);
    const big = { ...account, balances: { ETH: "90071992.54740992" } };
    expect(problems({ accounts: [big] })).toEqual(['OUT_OF_RANGE accounts[0].balances["ETH"]']);
  });
});
