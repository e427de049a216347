// Open orders in book documents, and in the fingerprint of the state.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { OrderDefinition } from "../../src/types.ts";
import { BTC, ETH, fundedEngine } from "./fixtures.ts";

function order(part: Partial<OrderDefinition>): OrderDefinition {
  return { id: "o", symbol: BTC, side: "buy", amount: "1", price: "40000", ...part };
}

describe("books", () => {
  it("carry orders in the order of placement", () => {
    const engine = fundedEngine();
    engine.placeOrder("one", order({ id: "b", amount: "0.5" }));
    engine.placeOrder("one", order({ id: "a", side: "sell", reduceOnly: true }));
    engine.placeOrder("two", order({ id: "b", positionSide: "long", price: "1.5" }));
    const book = engine.toBook();
    expect(book.accounts[0]?.orders).toEqual([
      { id: "b", symbol: BTC, side: "buy", amount: "0.5", price: "40000" },
      { id: "a", symbol: BTC, side: "sell", amount: "1", price: "40000", reduceOnly: true },
    ]);
    const again = RiskEngine.fromBook(JSON.stringify(book));
    expect(again.stateHash()).toBe(engine.stateHash());
    expect(again.toBook()).toEqual(book);
    const other = fundedEngine();
    other.placeOrder("one", order({ id: "a", side: "sell", reduceOnly: true }));
    other.placeOrder("one", order({ id: "b", amount: "0.5" }));
    other.placeOrder("two", order({ id: "b", positionSide: "long", price: "1.5" }));
    expect(other.stateHash()).not.toBe(engine.stateHash());
  });

  it("every field of an order is part of the state", () => {
    const base = { id: "a", symbol: BTC, side: "buy", amount: "0.5", price: "40000" } as const;
    const changes: Partial<OrderDefinition>[] = [
      {},
      { id: "b" },
      { symbol: ETH },
      { side: "sell" },
      { amount: "0.501" },
      { price: "40000.00000001" },
      { reduceOnly: true },
    ];
    const hashes = changes.map((change) => {
      const engine = fundedEngine();
      engine.placeOrder("one", { ...base, ...change });
      return engine.stateHash();
    });
    const hedged = fundedEngine();
    hedged.placeOrder("two", { ...base, positionSide: "long" });
    const other = fundedEngine();
    other.placeOrder("two", { ...base, positionSide: "short" });
    hashes.push(fundedEngine().stateHash(), hedged.stateHash(), other.stateHash());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("name what is wrong by its place", () => {
    const book = fundedEngine().toBook();
    const problems = (orders: unknown): string[] => {
      try {
        RiskEngine.fromBook(
          JSON.stringify({
            ...book,
            accounts: [
              { id: "one", orders },
              { id: "two", hedged: true },
            ],
          }),
        );
      } catch (error) {
        const { problems: found } = error as { problems: { code: string; path: string }[] };
        return found.map(({ code, path }) => `${code} ${path}`);
      }
      return [];
    };
    const good = order({ id: "a" });
    expect(problems(undefined)).toEqual([]);
    expect(problems(null)).toEqual([]);
    expect(problems([good])).toEqual([]);
    expect(problems({})).toEqual(["BAD_VALUE accounts[0].orders"]);
    expect(problems([good, good])).toEqual(["DUPLICATE_ORDER accounts[0].orders[1].id"]);
    const bad = { ...good, side: "long", amount: "0", price: 0, reduceOnly: 1, symbol: BTC };
    expect(problems([bad])).toEqual([
      "BAD_VALUE accounts[0].orders[0].side",
      "OUT_OF_RANGE accounts[0].orders[0].amount",
      "OUT_OF_RANGE accounts[0].orders[0].price",
      "BAD_VALUE accounts[0].orders[0].reduceOnly",
    ]);
    expect(problems([{ ...good, symbol: "X" }])).toEqual([
      "UNKNOWN_SYMBOL accounts[0].orders[0].symbol",
    ]);
    expect(problems([{ ...good, positionSide: "long" }])).toEqual([
      "POSITION_MODE accounts[0].orders[0].positionSide",
    ]);
    expect(problems([{ ...good, amount: "1000000000000", price: "90000000" }])).toEqual([
      "VALUE_OUT_OF_RANGE accounts[0].orders[0].amount",
    ]);
    expect(problems([{ id: "a" }])[0]).toContain("accounts[0].orders[0]");
  });
});
