// setTiers: brackets change under open positions. The state is that of a fresh load, the report is what two independent scans
// say, and a refused change leaves everything as it was.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { BookDocument, LeverageTier, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, ETH, fundedEngine } from "./fixtures.ts";

const STEEP: LeverageTier[] = [
  { minNotional: "0", maxNotional: "20000", maintenanceMarginRate: "0.01", maxLeverage: "50" },
  { minNotional: "20000", maxNotional: "60000", maintenanceMarginRate: "0.05", maxLeverage: "10" },
  { minNotional: "60000", maxNotional: null, maintenanceMarginRate: "0.2", maxLeverage: "2" },
];

function withTiers(
  book: BookDocument,
  tiers: Readonly<Record<string, LeverageTier[]>>,
): BookDocument {
  return {
    ...book,
    markets: book.markets.map((market) => ({
      ...market,
      tiers: tiers[market.symbol] ?? market.tiers,
    })),
  };
}

function underWater(engine: RiskEngine): string[] {
  return Array.from(engine.scan().lines(), ({ account, scope, settle, symbol, side }) =>
    JSON.stringify({ account, scope, settle, symbol, side }),
  ).sort();
}

describe("setTiers", () => {
  it("reports who is under water now and was not, and equals a fresh load", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
      marginMode: "isolated",
    });
    engine.fill({
      account: "two",
      symbol: BTC,
      side: "sell",
      amount: "1",
      price: "50000",
      leverage: "2",
      positionSide: "short",
      marginMode: "isolated",
    });
    const [event] = engine.setTiers({ [BTC]: STEEP });
    // A margin of 2,500 against 50,000 · 5 % − 800 = 1,700; a short with 25,000 is far away.
    expect(event).toEqual({
      type: "tiersSet",
      symbols: [BTC],
      newlyLiquidatable: [],
      recovered: 0,
    });
    expect(engine.account("one").position(BTC).maintenanceMargin).toBe("1700");
    engine.setMarks({ [BTC]: "49500" });
    const steeper = [{ maintenanceMarginRate: "0.045" }];
    expect(engine.setTiers({ [BTC]: steeper })).toEqual([
      {
        type: "tiersSet",
        symbols: [BTC],
        newlyLiquidatable: [
          { account: "one", scope: "isolated", settle: "USDT", symbol: BTC, side: "long" },
        ],
        recovered: 0,
      },
    ]);
    const [back] = engine.setTiers({ [BTC]: STEEP });
    expect(back).toMatchObject({ newlyLiquidatable: [], recovered: 1 });
    expect(RiskEngine.fromBook(engine.toBook()).stateHash()).toBe(engine.stateHash());
  });

  it("equals a fresh load for any positions and tiers, by notional and by contract count", () => {
    const rates = fc.uniqueArray(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 });
    const position = fc.record({
      contracts: fc.integer({ min: 1, max: 4_000 }),
      long: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom<Profile>("default", "okx"),
        rates,
        rates,
        fc.array(position, { minLength: 1, maxLength: 8 }),
        (profile, first, second, positions) => {
          const tiersOf = (list: readonly number[]): LeverageTier[] =>
            [...list]
              .sort((a, b) => a - b)
              .map((rate, index, all) => ({
                minNotional: `${index * 700}`,
                maxNotional: index + 1 < all.length ? `${(index + 1) * 700}` : null,
                maintenanceMarginRate: `${rate / 1_000}`,
              }));
          const book = (list: readonly number[]): BookDocument => ({
            profile,
            assets: [{ code: "S" }],
            markets: [
              { symbol: "X", settle: "S", precision: { amount: "1" }, tiers: tiersOf(list) },
              { symbol: "Y", settle: "S", precision: { amount: "1" }, tiers: tiersOf(list) },
            ],
            marks: { X: "1", Y: "2" },
            accounts: positions.map(({ contracts, long }, index) => ({
              id: `a${index}`,
              balances: { S: "100" },
              positions: ["X", "Y"].map((symbol) => ({
                symbol,
                side: long ? ("long" as const) : ("short" as const),
                contracts: `${contracts}`,
                entryPrice: "1",
                marginMode: "cross" as const,
              })),
            })),
          });
          const engine = RiskEngine.fromBook(book(first));
          const before = underWater(engine);
          const [event] = engine.setTiers({ X: tiersOf(second) });
          const fresh = RiskEngine.fromBook(withTiers(book(first), { X: tiersOf(second) }));
          expect(engine.stateHash()).toBe(fresh.stateHash());
          expect(underWater(engine)).toEqual(underWater(fresh));
          const news = underWater(fresh).filter((line) => !before.includes(line));
          expect(event).toMatchObject({
            newlyLiquidatable: news.map((line) => JSON.parse(line)),
            recovered: before.filter((line) => !underWater(fresh).includes(line)).length,
          });
          for (const { account, liquidatable, maintenanceMargin } of engine
            .account("a0")
            .scopes()) {
            expect(fresh.account(account).scopes()[0]).toMatchObject({
              liquidatable,
              maintenanceMargin,
            });
          }
        },
      ),
      runs(60),
    );
  });

  it("invariant 9: one bad table refuses them all", () => {
    const engine = fundedEngine();
    engine.fill({
      account: "one",
      symbol: BTC,
      side: "buy",
      amount: "1",
      price: "50000",
      leverage: "20",
    });
    const hash = engine.stateHash();
    const attempt = (tiers: unknown): string => {
      try {
        engine.setTiers(tiers as Record<string, LeverageTier[]>);
      } catch (error) {
        if (error instanceof RiskError) return `${error.code} ${error.path}`;
        throw error;
      }
      return "accepted";
    };
    const falling = [
      { minNotional: "0", maxNotional: "100", maintenanceMarginRate: "0.5" },
      { minNotional: "100", maintenanceMarginRate: "0.4" },
    ];
    expect(attempt({ [ETH]: STEEP, [BTC]: falling })).toBe(`BAD_TIERS setTiers.tiers["${BTC}"][1]`);
    expect(attempt({ [ETH]: STEEP, "?": STEEP })).toBe('UNKNOWN_SYMBOL setTiers.tiers["?"]');
    // A sparse list has holes that forEach passes over.
    const sparse: unknown[] = [STEEP[0]];
    sparse[2] = STEEP[2];
    expect(attempt({ [ETH]: sparse })).toBe(`BAD_TIERS setTiers.tiers["${ETH}"][1]`);
    expect(attempt({ [ETH]: [] })).toBe(`BAD_TIERS setTiers.tiers["${ETH}"]`);
    expect(attempt({ [ETH]: "x" })).toBe(`BAD_TIERS setTiers.tiers["${ETH}"]`);
    expect(attempt(null)).toBe("BAD_VALUE setTiers.tiers");
    expect(engine.stateHash()).toBe(hash);
  });
});
