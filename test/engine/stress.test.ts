// Stress tests against the plain way: the same book with the shocked marks in place, every pool judged by the BigInt reference, and plain sums over
// what is liquidatable there.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDecimal, parseDecimal } from "../../src/decimal.ts";
import { tagIndex, tagMode } from "../../src/engine/accounts.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { StressOutcome } from "../../src/engine/stress.ts";
import type { StressScenario } from "../../src/engine/stress-scenarios.ts";
import { RiskError } from "../../src/errors.ts";
import { referenceLegFigures, referencePoolFigures } from "../../src/reference/index.ts";
import type { BookDocument, DecimalLike, MarginMode } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { coinEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";

const SYMBOLS = [BTC, ETH, COIN] as const;
const MARKS: Readonly<Record<string, number>> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };
const SIZES: Readonly<Record<string, number>> = { [BTC]: 0.001, [ETH]: 0.01, [COIN]: 1 };

const position = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  long: fc.boolean(),
  isolated: fc.boolean(),
  size: fc.integer({ min: 1, max: 400 }),
  entry: fc.integer({ min: 800, max: 1200 }),
  /** Margin as a share of the entry notional, in thousandths. */
  margin: fc.integer({ min: 5, max: 250 }),
});
const account = fc.record({
  hedged: fc.boolean(),
  multiAsset: fc.boolean(),
  usdt: fc.integer({ min: -50_000, max: 4_000_000 }),
  btc: fc.integer({ min: 0, max: 1000 }),
  positions: fc.uniqueArray(position, {
    selector: ({ symbol }) => symbol,
    maxLength: SYMBOLS.length,
  }),
});
type Drawn = typeof account extends fc.Arbitrary<infer Value> ? Value : never;

function documentOf(accounts: readonly Drawn[]): BookDocument {
  const { assets, markets, marks, indexPrices } = coinEngine().toBook();
  return {
    assets,
    markets,
    marks: { ...marks, [BTC]: "50000", [ETH]: "2000", [COIN]: "50000" },
    ...(indexPrices === undefined ? {} : { indexPrices }),
    accounts: accounts.map(({ hedged, multiAsset, usdt, btc, positions }, index) => ({
      id: `account ${index}`,
      hedged,
      multiAsset,
      balances: { USDT: (usdt / 1000).toFixed(3), BTC: (btc / 1000).toFixed(3) },
      positions: positions
        .filter(({ symbol }) => !multiAsset || symbol !== COIN)
        .map(({ symbol, long, isolated, size, entry, margin }) => {
          const price = ((MARKS[symbol] ?? 1) * entry) / 1000;
          const contracts = size * (SIZES[symbol] ?? 1);
          const notional = symbol === COIN ? (100 * contracts) / price : contracts * price;
          return {
            symbol,
            side: long ? "long" : "short",
            contracts: contracts.toFixed(3).replace(/\.?0+$/, ""),
            entryPrice: String(price),
            marginMode: isolated ? "isolated" : "cross",
            leverage: "10",
            ...(isolated ? { isolatedMargin: ((notional * margin) / 1000).toFixed(6) } : {}),
          };
        }),
    })),
  };
}

const share = fc.integer({ min: -900_000, max: 1_500_000 }).map((ppm) => formatDecimal(ppm, 6));
const near = fc.integer({ min: -300_000, max: 300_000 }).map((ppm) => formatDecimal(ppm, 6));
const scenario: fc.Arbitrary<StressScenario> = fc.oneof(
  fc.record({ all: fc.oneof(near, share) }),
  fc.record({ shocks: fc.dictionary(fc.constantFrom(...SYMBOLS), fc.oneof(near, share)) }),
  fc.record({
    all: near,
    shocks: fc.dictionary(fc.constantFrom(...SYMBOLS), near),
    indexShocks: fc.dictionary(fc.constant("BTC"), near),
  }),
  fc.record({
    beta: fc.record({
      of: fc.constantFrom(...SYMBOLS),
      shock: near,
      betas: fc.dictionary(fc.constantFrom(...SYMBOLS), near),
      default: fc.constantFrom("1", "0", "2.5", "-0.5"),
    }),
  }),
);

function moved(price: string, decimals: number, move: bigint): bigint {
  const one = 10n ** 12n;
  const product = parseDecimal(price, decimals, "price") * (one + move);
  return move > 0n ? (product + one - 1n) / one : product / one;
}

/** Marks and index prices of a scenario, worked out once more. */
function shocked(engine: RiskEngine, one: StressScenario): Record<string, Record<string, bigint>> {
  const twelve = (value: DecimalLike): bigint => parseDecimal(value, 6, "move") * 1_000_000n;
  const marks: Record<string, bigint> = {};
  const index: Record<string, bigint> = {};
  for (const symbol of SYMBOLS) {
    let move = one.all === undefined ? 0n : twelve(one.all);
    if (one.beta !== undefined) {
      const { of, shock, betas = {}, default: others = "1" } = one.beta;
      const beta = betas[symbol] ?? (symbol === of ? "1" : others);
      move = parseDecimal(shock, 6, "shock") * parseDecimal(beta, 6, "beta");
    }
    const own = one.shocks?.[symbol];
    if (own !== undefined) move = twelve(own);
    marks[symbol] = moved(engine.mark(symbol) ?? "", 8, move);
  }
  for (const [code, value] of Object.entries(one.indexShocks ?? {})) {
    // BTC as a coin is priced to two decimals.
    index[code] = moved(engine.indexPrice(code) ?? "", 2, twelve(value));
  }
  return { marks, index };
}

interface Plain {
  accounts: Set<number>;
  positions: number;
  scopes: Record<MarginMode, number>;
  shortfall: Record<string, bigint>;
  sizes: Record<string, bigint>;
}

/** Every pool of an engine at its own marks by the reference. */
function plainSums(
  engine: RiskEngine,
  settleOf: readonly string[],
  marketSettle: readonly string[],
): Plain {
  const { kernel } = engine;
  const slots = new Map(SYMBOLS.map((symbol) => [engine.priceSlot(symbol), symbol]));
  const plain: Plain = {
    accounts: new Set(),
    positions: 0,
    scopes: { cross: 0, isolated: 0 },
    shortfall: {},
    sizes: {},
  };
  kernel.forEachPool((pool) => {
    const pooled = kernel.poolState(pool);
    const { liquidatable, equity } = referencePoolFigures(pooled, false);
    if (!liquidatable) return;
    const tag = kernel.tag(pool);
    const mode = tagMode(tag);
    const settle = (mode === "cross" ? settleOf : marketSettle)[tagIndex(tag)] ?? "";
    plain.accounts.add(kernel.owner(pool));
    plain.scopes[mode] += 1;
    const key = `${settle} ${mode}`;
    plain.shortfall[key] = (plain.shortfall[key] ?? 0n) + (equity < 0n ? -equity : 0n);
    for (const leg of pooled.legs) {
      const symbol = slots.get(leg.priceSlot);
      if (symbol === undefined) continue;
      plain.positions += 1;
      const place = `${symbol} ${mode}`;
      plain.sizes[place] = (plain.sizes[place] ?? 0n) + BigInt(Math.abs(leg.quantity));
    }
  });
  return plain;
}

/** A notional by the reference's own leg: the whole size as one position. */
function notionalOf(engine: RiskEngine, symbol: string, size: bigint): bigint {
  const { kernel } = engine;
  const slot = engine.priceSlot(symbol);
  let found: bigint | undefined;
  kernel.forEachPool((pool) => {
    const leg = kernel.poolState(pool).legs.find(({ priceSlot }) => priceSlot === slot);
    if (leg === undefined || found !== undefined) return;
    found = referenceLegFigures({ ...leg, quantity: Number(size) }).notional;
  });
  return found ?? 0n;
}

function expectOutcome(outcome: StressOutcome, at: RiskEngine): void {
  const book = at.toBook();
  const codes = book.assets.map(({ code }) => code);
  const plain = plainSums(
    at,
    codes,
    book.markets.map(({ settle }) => settle),
  );
  expect(outcome.accounts).toBe(plain.accounts.size);
  expect(outcome.positions).toBe(plain.positions);
  expect(outcome.scopes).toEqual(plain.scopes);
  const amount = (text: string | undefined): bigint => parseDecimal(text ?? "0", 8, "amount");
  for (const mode of ["cross", "isolated"] as const) {
    const notionals: Record<string, bigint> = {};
    book.markets.forEach(({ symbol, settle }) => {
      const size = plain.sizes[`${symbol} ${mode}`] ?? 0n;
      const notional = size === 0n ? 0n : notionalOf(at, symbol, size);
      notionals[settle] = (notionals[settle] ?? 0n) + notional;
      expect(amount(outcome.markets[symbol]?.[mode].notional)).toBe(notional);
    });
    for (const code of codes) {
      const told = outcome.settle[code]?.[mode];
      expect(amount(told?.shortfall)).toBe(plain.shortfall[`${code} ${mode}`] ?? 0n);
      expect(amount(told?.notional)).toBe(notionals[code] ?? 0n);
    }
  }
}

describe("engine.stress", () => {
  it("invariants 2 and 3: is what the same book says at the shocked marks, pool by pool; the state is as it was", () => {
    let hit = 0;
    const property = fc.property(
      fc.array(account, { minLength: 1, maxLength: 8 }),
      fc.array(scenario, { minLength: 1, maxLength: 10 }),
      (accounts, scenarios) => {
        const engine = RiskEngine.fromBook(documentOf(accounts));
        const before = engine.stateHash();
        const outcomes = engine.stress(scenarios, { top: 3 });
        expect(engine.stateHash()).toBe(before);
        expect(engine.stress(scenarios, { top: 3 })).toEqual(outcomes);
        scenarios.forEach((one, index) => {
          const copy = RiskEngine.fromBook(documentOf(accounts));
          const { marks = {}, index: coins = {} } = shocked(copy, one);
          copy.setMarks(marks);
          if (Object.keys(coins).length > 0) copy.setIndexPrices(coins);
          const outcome = outcomes[index] as StressOutcome;
          expectOutcome(outcome, copy);
          hit += outcome.positions;
        });
      },
    );
    fc.assert(property, runs(60));
    expect(hit).toBeGreaterThan(60);
  });

  it("invariant 11: the order of accounts changes nothing", () => {
    const property = fc.property(
      fc.array(account, { minLength: 2, maxLength: 12 }),
      fc.array(scenario, { minLength: 1, maxLength: 4 }),
      (accounts, scenarios) => {
        const document = documentOf(accounts);
        const turned = { ...document, accounts: [...document.accounts].reverse() };
        const there = RiskEngine.fromBook(document).stress(scenarios, { top: 5 });
        expect(RiskEngine.fromBook(turned).stress(scenarios, { top: 5 })).toEqual(there);
      },
    );
    fc.assert(property, runs(40));
  });

  /** Account "one": cross long 1 BTC and isolated long 10 ETH; "two": isolated short 1 BTC. */
  function small(): RiskEngine {
    const engine = fundedEngine();
    const entry = { contracts: "1", entryPrice: "50000", leverage: "10" } as const;
    engine.setBalance("one", "USDT", "4000");
    engine.setPosition("one", { symbol: BTC, side: "long", marginMode: "cross", ...entry });
    engine.setPosition("one", {
      symbol: ETH,
      side: "long",
      contracts: "10",
      entryPrice: "2000",
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: "1500",
    });
    engine.setPosition("two", {
      symbol: BTC,
      side: "short",
      marginMode: "isolated",
      isolatedMargin: "5000",
      ...entry,
    });
    return engine;
  }

  it("counts an account once, and tells what is owed beyond the collateral by mode and market", () => {
    const [down] = small().stress([{ name: "a tenth", all: "-0.1" }], { top: 5 });
    expect(down).toMatchObject({
      name: "a tenth",
      accounts: 1,
      scopes: { cross: 1, isolated: 1 },
      positions: 2,
      settle: {
        USDT: {
          scopes: 2,
          positions: 2,
          notional: "63000",
          shortfall: "1500",
          cross: { scopes: 1, notional: "45000", shortfall: "1000" },
          isolated: { scopes: 1, notional: "18000", shortfall: "500" },
        },
      },
      top: [{ account: "one", settle: "USDT", scopes: 2, notional: "63000", shortfall: "1500" }],
    });
    expect(down?.markets[ETH]).toEqual({
      mark: "1800",
      positions: 1,
      contracts: "10",
      notional: "18000",
      cross: { positions: 0, notional: "0" },
      isolated: { positions: 1, notional: "18000", shortfall: "500" },
    });
    expect(Object.keys(down?.markets ?? {})).toEqual([BTC, ETH]);
  });

  it("moves only what is stated, away from the mark", () => {
    const engine = small();
    engine.setMarks({ [BTC]: "50000.00000001" });
    const markOf = (one: StressScenario): string | undefined =>
      engine.stress([one])[0]?.markets[BTC]?.mark;
    expect(markOf({ shocks: { [BTC]: "-0.2" } })).toBe("40000");
    expect(markOf({ shocks: { [BTC]: "0.2" } })).toBe("60000.00000002");
    const [still] = engine.stress([{ shocks: { [BTC]: "-0.2" } }]);
    expect(still?.markets[ETH]).toBeUndefined();
    const beta = { of: BTC, shock: "-0.1", betas: { [ETH]: "1.5" }, default: "0" };
    expect(engine.stress([{ beta }])[0]?.markets[ETH]?.mark).toBe("1700");
    expect(engine.stress([])).toEqual([]);
    expect(engine.stress([{ all: "-0.1" }], { markets: false })[0]?.markets).toEqual({});
  });

  it("refuses by path, and the state stays as it was", () => {
    const engine = small();
    const before = engine.stateHash();
    const refusals: readonly [unknown, string, string][] = [
      [[{ shocks: { NOPE: "-0.1" } }], "UNKNOWN_SYMBOL", 'scenarios[0].shocks["NOPE"]'],
      [[{}, { shocks: { [BTC]: "-1" } }], "OUT_OF_RANGE", `scenarios[1].shocks["${BTC}"]`],
      [[{ shocks: { [BTC]: "100.000001" } }], "OUT_OF_RANGE", `scenarios[0].shocks["${BTC}"]`],
      [[{ shocks: { [BTC]: "-0.1234567" } }], "TOO_MANY_DECIMALS", `scenarios[0].shocks["${BTC}"]`],
      [[{ all: "x" }], "BAD_VALUE", "scenarios[0].all"],
      [[{ shock: { [BTC]: "-0.1" } }], "BAD_VALUE", "scenarios[0].shock"],
      [[{ all: "0.1", beta: { of: BTC, shock: "0.1" } }], "BAD_VALUE", "scenarios[0].all"],
      [[{ beta: { of: "NOPE", shock: "0.1" } }], "UNKNOWN_SYMBOL", "scenarios[0].beta.of"],
      [
        [{ beta: { of: BTC, shock: "-0.5", betas: { [ETH]: "2" } } }],
        "OUT_OF_RANGE",
        `scenarios[0].beta.betas["${ETH}"]`,
      ],
      [
        [{ beta: { of: BTC, shock: "-0.5", default: "3" } }],
        "OUT_OF_RANGE",
        `scenarios[0].beta.default for ${ETH}`,
      ],
      [[{ indexShocks: { USDT: "-0.1" } }], "BAD_VALUE", 'scenarios[0].indexShocks["USDT"]'],
      [[{ indexShocks: { NO: "-0.1" } }], "UNKNOWN_ASSET", 'scenarios[0].indexShocks["NO"]'],
      [[{ name: "" }], "BAD_VALUE", "scenarios[0].name"],
      [[null], "BAD_VALUE", "scenarios[0]"],
      [{ all: "-0.1" }, "BAD_VALUE", "scenarios"],
    ];
    for (const [scenarios, code, path] of refusals) {
      let caught: unknown;
      try {
        engine.stress(scenarios as StressScenario[]);
      } catch (error) {
        caught = error;
      }
      expect(caught, path).toBeInstanceOf(RiskError);
      expect(caught, path).toMatchObject({ code, path });
    }
    expect(() => engine.stress([], { top: -1 })).toThrow("options.top");
    expect(() => engine.stress([], { markets: 1 as unknown as boolean })).toThrow(
      "options.markets",
    );
    expect(engine.stateHash()).toBe(before);
  });

  it("refuses a price below one unit or above the range, and names scenario and account where a figure does not fit", () => {
    const engine = small();
    engine.setMarks({ [ETH]: "0.00000001" });
    expect(() => engine.stress([{ shocks: { [ETH]: "-0.5" } }])).toThrow("below one unit");
    engine.setMarks({ [ETH]: "80000000" });
    expect(() => engine.stress([{ shocks: { [ETH]: "9" } }])).toThrow("above the engine's range");
    engine.setPosition("two", {
      symbol: ETH,
      side: "long",
      contracts: "1100",
      entryPrice: "2000",
      marginMode: "isolated",
      leverage: "10",
      isolatedMargin: "200000",
    });
    const before = engine.stateHash();
    expect(() => engine.stress([{ all: "0" }, { shocks: { [ETH]: "0.12" } }])).toThrow(
      `scenarios[1]: account "two", isolated ${ETH} long`,
    );
    expect(engine.stateHash()).toBe(before);
    expect(engine.stress([{ all: "0" }])[0]?.accounts).toBe(0);
  });
});
