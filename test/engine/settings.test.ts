// What accounts have chosen (modes, leverages, top-up) in books and in the state hash.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";
import { isolatedLong } from "./margin-fixtures.ts";

describe("books", () => {
  it("carry flags, settings and negative margins, with the same hash", () => {
    const engine = fundedEngine();
    engine.setPosition("one", {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: "-0.00000001",
      autoTopUp: true,
    });
    engine.setLeverage("two", ETH, "7.5", "short");
    engine.setMarginMode({ account: "two", symbol: COIN, marginMode: "isolated", leverage: "3" });
    engine.setMarginMode({ account: "one", marginMode: "isolated", policy: "accountWide" });
    const book = engine.toBook();
    expect(book.accounts[0]).toMatchObject({
      marginMode: "isolated",
      positions: [{ isolatedMargin: "-0.00000001", autoTopUp: true }],
    });
    expect(book.accounts[1]).toMatchObject({
      settings: [
        { symbol: ETH, shortLeverage: "7.5" },
        { symbol: COIN, marginMode: "isolated", longLeverage: "3", shortLeverage: "3" },
      ],
    });
    for (const input of [book, JSON.stringify(book)]) {
      const again = RiskEngine.fromBook(input);
      expect(again.stateHash()).toBe(engine.stateHash());
      expect(again.toBook()).toEqual(book);
    }
  });

  it("each choice is in the hash", () => {
    const hashes = [
      () => fundedEngine(),
      () => {
        const engine = fundedEngine();
        engine.setLeverage("one", BTC, "5");
        return engine;
      },
      () => {
        const engine = fundedEngine();
        engine.setLeverage("two", BTC, "5", "long");
        return engine;
      },
      () => {
        const engine = fundedEngine();
        engine.setLeverage("two", BTC, "5", "short");
        return engine;
      },
      () => {
        const engine = fundedEngine();
        engine.setMarginMode({ account: "one", symbol: BTC, marginMode: "isolated" });
        return engine;
      },
      () => {
        const engine = fundedEngine();
        engine.setMarginMode({ account: "one", marginMode: "isolated", policy: "accountWide" });
        return engine;
      },
      () => isolatedLong(),
      () => {
        const engine = isolatedLong();
        engine.apply({ type: "setAutoTopUp", account: "one", symbol: BTC, enabled: true });
        return engine;
      },
    ].map((make) => make().stateHash());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("refuse bad settings by their place", () => {
    const problems = (account: object): string => {
      const book = fundedEngine().toBook();
      const [first] = book.accounts;
      try {
        RiskEngine.fromBook(JSON.stringify({ ...book, accounts: [{ ...first, ...account }] }));
      } catch (error) {
        return String(error);
      }
      return "accepted";
    };
    expect(
      problems({ settings: [{ symbol: BTC, marginMode: "isolated", longLeverage: "2" }] }),
    ).toBe("accepted");
    expect(problems({ settings: {} })).toContain("accounts[0].settings must be a list");
    expect(problems({ settings: [{ symbol: "x" }] })).toContain(
      "accounts[0].settings[0].symbol must be a market",
    );
    expect(problems({ settings: [{ symbol: BTC }, { symbol: BTC }] })).toContain(
      "accounts[0].settings[1].symbol has settings already",
    );
    expect(problems({ settings: [{ symbol: BTC, marginMode: "both" }] })).toContain(
      "settings[0].marginMode must be cross or isolated",
    );
    expect(problems({ settings: [{ symbol: BTC, longLeverage: "0" }] })).toContain(
      "settings[0].longLeverage must be at least 0.001",
    );
    expect(problems({ marginMode: "portfolio" })).toContain(
      "accounts[0].marginMode must be cross or isolated",
    );
    const cross = {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "1",
      marginMode: "cross",
      autoTopUp: true,
    };
    expect(problems({ positions: [cross] })).toContain(
      "positions[0].autoTopUp is for isolated positions",
    );
  });
});
