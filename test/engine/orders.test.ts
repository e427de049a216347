// Open orders: what they reserve, to the unit; placing, cancelling and filling them; and that they leave no trace where they are
// refused, taken back, or their account is closed.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { Command, OrderDefinition, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

function refusal(action: () => unknown): { code: string; path: string | undefined } {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return { code: error.code, path: error.path };
    throw error;
  }
  return { code: "accepted", path: undefined };
}

let nextId = 0;
function order(part: Partial<OrderDefinition>): OrderDefinition {
  return { id: `o${nextId++}`, symbol: BTC, side: "buy", amount: "1", price: "40000", ...part };
}

/** Reserve after placing all of these in account "one". */
function reserveOf(
  orders: readonly Partial<OrderDefinition>[],
  options: {
    profile?: Profile;
    account?: "one" | "two";
    prepare?: (engine: RiskEngine) => void;
  } = {},
): string {
  const engine = fundedEngine(options.profile);
  const account = options.account ?? "one";
  options.prepare?.(engine);
  for (const part of orders) engine.placeOrder(account, order(part));
  return engine.account(account).reserved("USDT");
}

const at10 = (engine: RiskEngine): unknown => engine.setLeverage("one", BTC, "10");
const hold = (contracts: string, side: "long" | "short") => (engine: RiskEngine) =>
  engine.setPosition("one", {
    symbol: BTC,
    side,
    contracts,
    entryPrice: "50000",
    marginMode: "cross",
    leverage: "10",
  });

describe("what orders reserve", () => {
  it("is notional over the leverage chosen, each order rounded up", () => {
    expect(reserveOf([{ amount: "1", price: "40000" }], { prepare: at10 })).toBe("4000");
    // A fraction of a unit is a unit.
    expect(reserveOf([{ amount: "0.001", price: "0.00000001" }], { prepare: at10 })).toBe(
      "0.00000001",
    );
    const two = [
      { amount: "0.001", price: "0.00000001" },
      { amount: "0.001", price: "0.00000001" },
    ];
    expect(reserveOf(two, { prepare: at10 })).toBe("0.00000002");
  });

  it("is the bracket's initial rate where no leverage was chosen", () => {
    // 40,000 in the first bracket (1/125), 80,000 in the second (1/100).
    expect(reserveOf([{ amount: "1", price: "40000" }])).toBe("320");
    expect(reserveOf([{ amount: "2", price: "40000" }])).toBe("800");
    // The bracket is chosen order by order.
    expect(reserveOf([{ amount: "1" }, { amount: "1" }])).toBe("640");
  });

  it("is the worse of all buys and all sells", () => {
    const buys = [{ amount: "1", price: "40000" }];
    const sells = [{ side: "sell" as const, amount: "1", price: "60000" }];
    expect(reserveOf([...buys, ...sells], { prepare: at10 })).toBe("6000");
    expect(reserveOf([...buys, ...buys, ...sells], { prepare: at10 })).toBe("8000");
  });

  it("is nothing for what a position absorbs, best price first", () => {
    const sells: Partial<OrderDefinition>[] = [
      { side: "sell", amount: "1", price: "60000" },
      { side: "sell", amount: "1", price: "70000" },
    ];
    const prepare = hold("1.5", "long");
    // The 60,000 order closes 1, the 70,000 one 0.5 and opens 0.5.
    expect(reserveOf(sells, { prepare })).toBe("3500");
    expect(reserveOf([...sells].reverse(), { prepare })).toBe("3500");
    expect(reserveOf(sells, { prepare: hold("2", "long") })).toBe("0");
    expect(reserveOf(sells, { prepare: hold("2", "short") })).toBe("13000");
    const buys = [
      { amount: "1", price: "40000" },
      { amount: "1", price: "45000" },
    ];
    expect(reserveOf(buys, { prepare: hold("1.5", "short") })).toBe("2000");
  });

  it("takes equal prices in the order of placement", () => {
    // Absorbed by the second order first, two fractions of a unit would be left.
    const sells: Partial<OrderDefinition>[] = [
      { side: "sell", amount: "0.001", price: "0.00000001" },
      { side: "sell", amount: "0.002", price: "0.00000001" },
    ];
    expect(reserveOf(sells, { prepare: hold("0.001", "long") })).toBe("0.00000001");
    expect(reserveOf(sells, { prepare: hold("0.002", "long") })).toBe("0.00000001");
    expect(reserveOf(sells, { prepare: hold("0.003", "long") })).toBe("0");
  });

  it("is nothing for reduce-only orders", () => {
    const sells: Partial<OrderDefinition>[] = [
      { side: "sell", amount: "1", price: "60000", reduceOnly: true },
      { side: "sell", amount: "1", price: "70000" },
    ];
    // The reduce-only order absorbs nothing either: the other could fill first.
    expect(reserveOf(sells, { prepare: hold("1", "long") })).toBe("0");
    expect(reserveOf(sells, { prepare: hold("0.5", "long") })).toBe("3500");
  });

  it("is each leg's own in a hedged account: what opens counts, what reduces does not", () => {
    const prepare = (engine: RiskEngine): unknown => engine.setLeverage("two", BTC, "10");
    const orders: Partial<OrderDefinition>[] = [
      { side: "buy", amount: "1", price: "40000", positionSide: "long" },
      { side: "sell", amount: "1", price: "60000", positionSide: "short" },
      { side: "sell", amount: "5", price: "60000", positionSide: "long" },
      { side: "buy", amount: "5", price: "40000", positionSide: "short" },
    ];
    expect(reserveOf(orders, { account: "two", prepare })).toBe("10000");
    expect(reserveOf(orders.slice(2), { account: "two", prepare })).toBe("0");
  });

  it("uses the open position's leverage before the setting", () => {
    const prepare = (engine: RiskEngine): void => {
      hold("1", "long")(engine);
      engine.setLeverage("one", BTC, "20");
    };
    expect(reserveOf([{ amount: "1", price: "40000" }], { prepare })).toBe("2000");
  });

  it("counts inverse orders in coin, per settle asset", () => {
    const engine = fundedEngine();
    engine.setLeverage("one", COIN, "3");
    engine.placeOrder("one", order({ symbol: COIN, amount: "7", price: "60000" }));
    // 700 / 60,000 / 3 = 0.0038888…
    expect(engine.account("one").reserved("BTC")).toBe("0.00388889");
    expect(engine.account("one").reserved("USDT")).toBe("0");
  });

  it("knob openOrderMargin: none", () => {
    const profile = { openOrderMargin: "none" } as const;
    expect(reserveOf([{ amount: "900", price: "40000" }], { profile })).toBe("0");
  });

  it("knob orderOpenLoss: a buy above the mark and a sell below it reserve the difference, rounded up", () => {
    const profile = { orderOpenLoss: true } as const;
    const buy = { amount: "1", price: "50100" };
    expect(reserveOf([buy], { prepare: at10 })).toBe("5010");
    expect(reserveOf([buy], { profile, prepare: at10 })).toBe("5110");
    expect(reserveOf([{ ...buy, price: "49000" }], { profile, prepare: at10 })).toBe("4900");
    const sell = { side: "sell" as const, amount: "1", price: "49900" };
    expect(reserveOf([sell], { profile, prepare: at10 })).toBe("5090");
    expect(reserveOf([sell], { profile, prepare: hold("0.4", "long") })).toBe("3054");
    const engine = fundedEngine(profile);
    engine.setLeverage("one", COIN, "10");
    engine.placeOrder("one", order({ symbol: COIN, amount: "3", price: "60000" }));
    // 300/60,000/10 = 0.0005; 300 · (1/50,000 − 1/60,000) = 0.001.
    expect(engine.account("one").reserved("BTC")).toBe("0.0015");
  });

  it("follows the mark only where the open loss counts", () => {
    const engine = fundedEngine({ orderOpenLoss: true });
    engine.setLeverage("one", BTC, "10");
    engine.placeOrder("one", order({ amount: "1", price: "49000" }));
    expect(engine.account("one").reserved("USDT")).toBe("4900");
    engine.setMarks({ [BTC]: "48000" });
    expect(engine.account("one").reserved("USDT")).toBe("5900");
  });
});

describe("placeOrder", () => {
  it("is refused by one unit: equity must cover initial margin and the reserve", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.setLeverage("one", BTC, "10");
    engine.deposit("one", "USDT", "4000");
    engine.withdraw("one", "USDT", "0.00000001");
    const hash = engine.stateHash();
    expect(refusal(() => engine.placeOrder("one", order({})))).toEqual({
      code: "INSUFFICIENT_FUNDS",
      path: "placeOrder.order.amount",
    });
    expect(engine.stateHash()).toBe(hash);
    engine.deposit("one", "USDT", "0.00000001");
    expect(engine.placeOrder("one", order({ id: "a" }))).toEqual([
      { type: "orderPlaced", account: "one", order: "a", reserved: "4000" },
    ]);
    expect(engine.account("one").available("USDT")).toBe("0");
    expect(refusal(() => engine.withdraw("one", "USDT", "0.00000001")).code).toBe(
      "INSUFFICIENT_FUNDS",
    );
  });

  it("takes an order that reserves nothing more whatever the account holds", () => {
    const engine = fundedEngine();
    hold("1", "long")(engine);
    engine.setBalance("one", "USDT", "-60000");
    expect(refusal(() => engine.placeOrder("one", order({}))).code).toBe("INSUFFICIENT_FUNDS");
    engine.placeOrder("one", order({ side: "sell", price: "60000" }));
    engine.placeOrder("one", order({ side: "sell", price: "60000", reduceOnly: true }));
    expect(engine.account("one").orders()).toHaveLength(2);
  });

  it("makes room in fills and withdrawals when cancelled", () => {
    const engine = fundedEngine();
    engine.setLeverage("one", BTC, "10");
    engine.placeOrder("one", order({ id: "a", amount: "20", price: "50000" }));
    const buy = { account: "one", symbol: ETH, side: "buy", amount: "1", price: "2000" } as const;
    expect(refusal(() => engine.fill(buy)).code).toBe("INSUFFICIENT_FUNDS");
    expect(engine.cancelOrder("one", "a")).toEqual([
      { type: "orderChanged", account: "one", order: "a", remaining: "0" },
    ]);
    engine.fill(buy);
    expect(engine.account("one").orders()).toEqual([]);
  });

  it("refuses what contradicts itself or the account", () => {
    const engine = fundedEngine();
    const place = (account: string, part: object) =>
      refusal(() => engine.placeOrder(account, order(part)));
    engine.placeOrder("one", order({ id: "taken", amount: "0.001" }));
    const hash = engine.stateHash();
    expect(place("one", { id: "taken", amount: "0.001" })).toEqual({
      code: "DUPLICATE_ORDER",
      path: "placeOrder.order.id",
    });
    expect(place("nobody", {}).code).toBe("UNKNOWN_ACCOUNT");
    expect(place("one", { symbol: "X" }).code).toBe("UNKNOWN_SYMBOL");
    expect(place("one", { id: "" }).code).toBe("BAD_VALUE");
    expect(place("one", { id: "x".repeat(129) }).code).toBe("BAD_VALUE");
    expect(place("one", { id: 7 }).code).toBe("BAD_VALUE");
    expect(place("one", { side: "long" }).code).toBe("BAD_VALUE");
    expect(place("one", { amount: "0" }).code).toBe("OUT_OF_RANGE");
    expect(place("one", { amount: "0.0001" }).code).toBe("TOO_MANY_DECIMALS");
    expect(place("one", { price: "0" }).code).toBe("OUT_OF_RANGE");
    expect(place("one", { reduceOnly: "yes" }).code).toBe("BAD_VALUE");
    expect(place("one", { positionSide: "long" }).code).toBe("POSITION_MODE");
    expect(place("two", {}).code).toBe("POSITION_MODE");
    expect(place("two", { positionSide: "both" }).code).toBe("BAD_VALUE");
    expect(place("two", { positionSide: "long", reduceOnly: true }).code).toBe("NOT_REDUCING");
    expect(place("one", { amount: 2n ** 53n - 1n, price: "90000000" }).code).toBe(
      "VALUE_OUT_OF_RANGE",
    );
    const bare = new RiskEngine();
    bare.addAsset({ code: "USDT" });
    bare.addMarket({
      symbol: BTC,
      settle: "USDT",
      precision: { amount: "1" },
      tiers: [{ maintenanceMarginRate: "0.01" }],
    });
    bare.openAccount("one");
    expect(refusal(() => bare.placeOrder("one", order({}))).code).toBe("NO_MARK");
    expect(refusal(() => engine.placeOrder("one", null as never)).code).toBe("BAD_VALUE");
    expect(refusal(() => engine.cancelOrder("one", "other"))).toEqual({
      code: "UNKNOWN_ORDER",
      path: "cancelOrder.order",
    });
    expect(refusal(() => engine.cancelOrder("two", "taken")).code).toBe("UNKNOWN_ORDER");
    expect(engine.stateHash()).toBe(hash);
  });

  it("keeps accounts that have orders, and nothing of accounts that are gone", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.placeOrder("one", order({ id: "a", side: "sell", reduceOnly: true }));
    expect(refusal(() => engine.closeAccount("one")).code).toBe("ACCOUNT_NOT_EMPTY");
    engine.cancelOrder("one", "a");
    engine.closeAccount("one");
    // The index is used again.
    engine.openAccount("next");
    expect(engine.account("next").orders()).toEqual([]);
    engine.placeOrder("next", order({ id: "a", side: "sell", reduceOnly: true }));
  });
});

describe("fills of orders", () => {
  const sell = { account: "one", symbol: BTC, side: "sell", price: "60000" } as const;

  it("take their size off the order, which goes at 0, and what was reserved is free for the fill itself", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.setLeverage("one", BTC, "10");
    engine.deposit("one", "USDT", "5000");
    engine.placeOrder("one", order({ id: "a", amount: "1", price: "50000" }));
    const fill = { account: "one", symbol: BTC, side: "buy", price: "50000", order: "a" } as const;
    const events = engine.fill({ ...fill, amount: "0.4" });
    expect(events[0]).toEqual({
      type: "orderChanged",
      account: "one",
      order: "a",
      remaining: "0.6",
    });
    expect(engine.account("one").reserved("USDT")).toBe("3000");
    expect(engine.fill({ ...fill, amount: "0.6" })[0]).toMatchObject({ remaining: "0" });
    expect(engine.account("one").orders()).toEqual([]);
    expect(engine.account("one").position(BTC).contracts).toBe("1");
  });

  it("leave the order alone where the fill is refused", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.setLeverage("one", BTC, "10");
    engine.deposit("one", "USDT", "5000");
    engine.placeOrder("one", order({ id: "a", amount: "1", price: "50000" }));
    const hash = engine.stateHash();
    const fill = { account: "one", symbol: BTC, side: "buy", amount: "1", order: "a" } as const;
    expect(refusal(() => engine.fill({ ...fill, price: "50001" })).code).toBe("INSUFFICIENT_FUNDS");
    expect(refusal(() => engine.fill({ ...fill, amount: "0.6", price: "90000" })).code).toBe(
      "INSUFFICIENT_FUNDS",
    );
    expect(engine.stateHash()).toBe(hash);
    expect(engine.account("one").orders()).toEqual([
      { id: "a", symbol: BTC, side: "buy", amount: "1", price: "50000" },
    ]);
  });

  it("are refused for another order than stated", () => {
    const engine = fundedEngine();
    hold("1", "long")(engine);
    engine.placeOrder("one", order({ id: "a", ...sell, amount: "0.5" }));
    const hash = engine.stateHash();
    const fill = (part: object) => refusal(() => engine.fill({ ...sell, amount: "0.5", ...part }));
    expect(fill({ order: "b" })).toEqual({ code: "UNKNOWN_ORDER", path: "fill.order" });
    expect(fill({ order: 5 })).toEqual({ code: "UNKNOWN_ORDER", path: "fill.order" });
    expect(fill({ order: "a", side: "buy" })).toEqual({ code: "BAD_VALUE", path: "fill.order" });
    expect(fill({ order: "a", symbol: ETH, price: "2000" }).code).toBe("BAD_VALUE");
    expect(fill({ order: "a", amount: "0.501" })).toEqual({
      code: "OUT_OF_RANGE",
      path: "fill.amount",
    });
    expect(engine.stateHash()).toBe(hash);
  });

  it("of reduce-only orders never open", () => {
    const engine = fundedEngine();
    hold("0.3", "long")(engine);
    engine.placeOrder("one", order({ id: "a", ...sell, amount: "1", reduceOnly: true }));
    const fill = { ...sell, order: "a" } as const;
    expect(refusal(() => engine.fill({ ...fill, amount: "0.301" }))).toEqual({
      code: "NOT_REDUCING",
      path: "fill.amount",
    });
    engine.fill({ ...fill, amount: "0.3" });
    expect(refusal(() => engine.fill({ ...fill, amount: "0.001" })).code).toBe("NOT_REDUCING");
    expect(engine.account("one").orders()).toMatchObject([{ id: "a", amount: "0.7" }]);
  });

  it("a position that opens absorbs what rests on the other side before it is judged, cross or isolated", () => {
    for (const marginMode of ["cross", "isolated"] as const) {
      const engine = emptyEngine();
      engine.openAccount("one");
      engine.setLeverage("one", BTC, "10");
      engine.deposit("one", "USDT", "10000");
      engine.placeOrder("one", order({ side: "sell", amount: "1", price: "50000" }));
      const buy = { account: "one", symbol: BTC, side: "buy", price: "50000", marginMode } as const;
      engine.fill({ ...buy, amount: "2" });
      expect(engine.account("one").reserved("USDT")).toBe("0");
      expect(engine.account("one").position(BTC).contracts).toBe("2");
    }
  });

  it("of a hedged leg need its side", () => {
    const engine = fundedEngine();
    engine.placeOrder("two", order({ id: "a", positionSide: "long" }));
    const fill = {
      account: "two",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "40000",
      order: "a",
    } as const;
    expect(refusal(() => engine.fill({ ...fill, positionSide: "short" })).code).toBe("BAD_VALUE");
    engine.fill({ ...fill, positionSide: "long" });
    expect(engine.account("two").orders()).toEqual([]);
  });
});

/** The reserve by its definition, in bigints: linear BTC and ETH, one-way or hedged. */
function reserveByDefinition(engine: RiskEngine, id: string): bigint {
  const view = engine.account(id);
  const units = (text: string, decimals: number): bigint =>
    BigInt(Math.round(Number(text) * 10 ** decimals));
  const ceil = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
  let total = 0n;
  for (const [symbol, decimals, milli] of [
    [BTC, 3, 10_000n],
    [ETH, 2, 7_000n],
  ] as const) {
    const scale = 10n ** BigInt(decimals);
    const side = (name: "buy" | "sell"): bigint => {
      const opposite = name === "buy" ? "short" : "long";
      const held = view.positions().find((p) => p.symbol === symbol && p.side === opposite);
      let left = view.hedged || held === undefined ? 0n : units(held.contracts, decimals);
      const direction = name === "buy" ? -1 : 1;
      const list = view
        .orders()
        .filter((o) => o.symbol === symbol && o.side === name && o.reduceOnly !== true)
        .filter((o) => !view.hedged || (name === "buy") === (o.positionSide === "long"))
        .sort((a, b) => direction * (Number(a.price) - Number(b.price)));
      let sum = 0n;
      for (const { amount, price } of list) {
        let size = units(String(amount), decimals);
        const absorbed = size < left ? size : left;
        left -= absorbed;
        size -= absorbed;
        sum += ceil(size * units(String(price), 8) * 1000n, scale * milli);
      }
      return sum;
    };
    const [buys, sells] = [side("buy"), side("sell")];
    total += view.hedged ? buys + sells : buys > sells ? buys : sells;
  }
  return total;
}

describe("random sequences of orders", () => {
  const step = fc.record({
    kind: fc.constantFrom("place", "place", "place", "cancel", "fill", "trade"),
    account: fc.constantFrom("one", "two"),
    id: fc.integer({ min: 0, max: 6 }),
    symbol: fc.constantFrom(BTC, ETH),
    side: fc.constantFrom("buy" as const, "sell" as const),
    leg: fc.constantFrom("long" as const, "short" as const),
    amount: fc.integer({ min: 1, max: 900 }),
    priceMilli: fc.integer({ min: 800, max: 1200 }),
    reduceOnly: fc.boolean(),
  });
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  function commandOf(draw: Step): Command {
    const { account, symbol, side } = draw;
    const price = BigInt((symbol === BTC ? 50_000 : 2_000) * draw.priceMilli) * 100_000n;
    const terms = {
      symbol,
      side,
      amount: BigInt(draw.amount),
      price,
      ...(account === "two" ? { positionSide: draw.leg } : {}),
    };
    const id = `o${draw.id}`;
    if (draw.kind === "cancel") return { type: "cancelOrder", account, order: id };
    if (draw.kind === "trade") return { type: "fill", account, ...terms };
    if (draw.kind === "fill") return { type: "fill", account, ...terms, order: id };
    const reduceOnly = draw.reduceOnly && draw.amount % 3 === 0;
    return { type: "placeOrder", account, order: { id, ...terms, reduceOnly } };
  }

  function start(): RiskEngine {
    const engine = fundedEngine();
    for (const account of ["one", "two"]) {
      engine.setLeverage(account, BTC, "10");
      engine.setLeverage(account, ETH, "7");
    }
    return engine;
  }

  it("reserve what the definition says; invariant 9: refusals change nothing; books come back the same", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const engine = start();
        for (const draw of steps) {
          const hash = engine.stateHash();
          if (refusal(() => engine.apply(commandOf(draw))).code !== "accepted") {
            expect(engine.stateHash()).toBe(hash);
          } else accepted++;
          for (const id of ["one", "two"]) {
            const reserved = BigInt(Math.round(Number(engine.account(id).reserved("USDT")) * 1e8));
            expect(reserved).toBe(reserveByDefinition(engine, id));
          }
        }
        const again = RiskEngine.fromBook(engine.toBook());
        expect(again.stateHash()).toBe(engine.stateHash());
        expect(again.account("one").reserved("USDT")).toBe(engine.account("one").reserved("USDT"));
      }),
      runs(60),
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it("an order taken back and placed again is last in time; columns grow past their first rows", () => {
    const engine = start();
    for (let index = 0; index < 300; index++) {
      engine.placeOrder("one", order({ id: `n${index}`, amount: "0.001", price: "1000" }));
    }
    for (let index = 0; index < 300; index += 2) engine.cancelOrder("one", `n${index}`);
    engine.placeOrder("one", order({ id: "n0", amount: "0.001", price: "1000" }));
    const ids = engine
      .account("one")
      .orders()
      .map(({ id }) => id);
    expect(ids).toHaveLength(151);
    expect(ids[0]).toBe("n1");
    expect(ids.at(-1)).toBe("n0");
    expect(engine.account("one").reserved("USDT")).toBe("15.1");
  });
});
