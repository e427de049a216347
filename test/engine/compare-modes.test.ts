// The comparison of margin modes against engines built by hand in each mode, and its edges. Conservation: a mode moves money between scopes
// and makes none, so the sum of equities is the same three ways, to the last unit.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../src/decimal.ts";
import type {
  ModeComparison,
  ModeVariant,
  ModeVariantName,
} from "../../src/engine/compare-modes.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { ModeShock } from "../../src/engine/mode-shocks.ts";
import { RiskError } from "../../src/errors.ts";
import type { DecimalLike, PositionDefinition, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH, emptyEngine } from "./fixtures.ts";

const VARIANTS: readonly ModeVariantName[] = ["asIs", "allCross", "allIsolated"];

interface Holding {
  readonly hedged?: boolean;
  readonly balances?: Readonly<Record<string, DecimalLike>>;
  readonly positions?: readonly PositionDefinition[];
}

/** An engine with one account "me", and a stranger who must not matter. */
function engineWith(
  { hedged = false, balances = {}, positions = [] }: Holding,
  profile?: Profile,
): RiskEngine {
  const engine = emptyEngine(profile);
  engine.openAccount("stranger");
  engine.setBalance("stranger", "USDT", "77");
  engine.openAccount("me", { hedged });
  for (const [asset, amount] of Object.entries(balances)) engine.setBalance("me", asset, amount);
  for (const position of positions) engine.setPosition("me", position);
  return engine;
}

function cross(
  symbol: string,
  side: "long" | "short",
  contracts: string,
  entryPrice: string,
  leverage?: string,
): PositionDefinition {
  return {
    symbol,
    side,
    contracts,
    entryPrice,
    marginMode: "cross",
    ...(leverage === undefined ? {} : { leverage }),
  };
}

function isolated(
  symbol: string,
  side: "long" | "short",
  contracts: string,
  entryPrice: string,
  leverage: string,
  isolatedMargin: string,
): PositionDefinition {
  return { symbol, side, contracts, entryPrice, marginMode: "isolated", leverage, isolatedMargin };
}

/** The variant's figures are those of an engine that holds it in earnest, at the marks and after each shock. */
function expectSame(variant: ModeVariant, comparison: ModeComparison, byHand: RiskEngine): void {
  expect(variant.report).toEqual(byHand.account("me").report());
  comparison.shocks.forEach(({ marks }, at) => {
    const before = Object.fromEntries(
      [BTC, ETH, COIN].map((symbol) => [symbol, byHand.mark(symbol) ?? "1"]),
    );
    byHand.setMarks(marks);
    const { scopes } = byHand.account("me").report();
    const sums: Record<string, bigint> = {};
    for (const { settle, equity, liquidatable } of scopes) {
      sums[settle] = (sums[settle] ?? 0n) + (liquidatable ? 0n : parseDecimal(equity, 8, "equity"));
    }
    const outcome = variant.outcomes[at];
    const left = Object.entries(outcome?.left ?? {}).map(([code, text]) => [
      code,
      parseDecimal(text, 8, "left"),
    ]);
    expect(Object.fromEntries(left)).toEqual(sums);
    const fallen = scopes.filter(({ liquidatable }) => liquidatable);
    expect(outcome?.liquidatable).toEqual(
      fallen.map(({ account, scope, settle, symbol, side }) => ({
        account,
        scope,
        settle,
        symbol,
        side,
      })),
    );
    byHand.setMarks(before);
  });
}

function names(positions: readonly { readonly symbol: string; readonly side: string }[]): string[] {
  return positions.map(({ symbol, side }) => `${symbol} ${side}`);
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RiskError) return `${error.code} ${error.path}`;
    throw error;
  }
  return "accepted";
}

describe("three ways to hold the same positions", () => {
  it("equals engines built by hand: one-way, both modes", () => {
    const long = cross(BTC, "long", "0.5", "51000", "20");
    const short = isolated(ETH, "short", "10", "2100", "10", "2100");
    const comparison = engineWith({
      balances: { USDT: "2000" },
      positions: [long, short],
    }).compareModes("me");
    const { asIs, allCross, allIsolated } = comparison.variants;
    expectSame(
      asIs,
      comparison,
      engineWith({ balances: { USDT: "2000" }, positions: [long, short] }),
    );
    const allIn = {
      balances: { USDT: "4100" },
      positions: [long, cross(ETH, "short", "10", "2100", "10")],
    };
    expectSame(allCross, comparison, engineWith(allIn));
    // 25,500 / 20 of the wallet.
    const apart = {
      balances: { USDT: "725" },
      positions: [isolated(BTC, "long", "0.5", "51000", "20", "1275"), short],
    };
    expectSame(allIsolated, comparison, engineWith(apart));
    expect(VARIANTS.map((name) => comparison.variants[name].scaled)).toEqual([false, false, false]);
    expect(asIs.equity).toEqual({ USDT: "4600" });
  });

  it("equals engines built by hand: hedged, two settle assets, an inclusive profile with close fees", () => {
    const positions = [
      cross(BTC, "long", "1", "50000", "10"),
      isolated(BTC, "short", "2", "49000", "7", "14000"),
      cross(COIN, "short", "300", "48000", "7"),
      isolated(COIN, "long", "100", "50000", "10", "0.03"),
    ];
    const holding = { hedged: true, balances: { USDT: "9000", BTC: "1" }, positions };
    const comparison = engineWith(holding, "bybit").compareModes("me");
    const { asIs, allCross, allIsolated } = comparison.variants;
    expectSame(asIs, comparison, engineWith(holding, "bybit"));
    const together = positions.map(({ isolatedMargin: _margin, ...rest }) => ({
      ...rest,
      marginMode: "cross" as const,
    }));
    expectSame(
      allCross,
      comparison,
      engineWith(
        { hedged: true, balances: { USDT: "23000", BTC: "1.03" }, positions: together },
        "bybit",
      ),
    );
    // 300 · 100 / 48,000 / 7 coins, rounded up.
    const apart = [
      isolated(BTC, "long", "1", "50000", "10", "5000"),
      ...positions.slice(1, 2),
      isolated(COIN, "short", "300", "48000", "7", "0.08928572"),
      ...positions.slice(3),
    ];
    expectSame(
      allIsolated,
      comparison,
      engineWith(
        { hedged: true, balances: { USDT: "4000", BTC: "0.91071428" }, positions: apart },
        "bybit",
      ),
    );
    // The coin's market and USDT's are not the same money.
    expect(Object.keys(asIs.equity).sort()).toEqual(["BTC", "USDT"]);
  });

  it("takes the largest leverage there is where a position states none, and shares a wallet that is too small", () => {
    const positions = [cross(BTC, "long", "2", "50000"), cross(ETH, "long", "3", "2000", "0.5")];
    const { allIsolated } = engineWith({ balances: { USDT: "5000" }, positions }).compareModes(
      "me",
    ).variants;
    // Bracket at 100,000: 100x, under the market's 125x: 1,000. At 0.5x: 12,000. Sum 13,000 > 5,000.
    expect(allIsolated.scaled).toBe(true);
    expect(
      allIsolated.report.positions.map(({ leverage, isolatedMargin }) => [
        leverage,
        isolatedMargin,
      ]),
    ).toEqual([
      ["100", "384.61538461"],
      ["0.5", "4615.38461538"],
    ]);
    expect(allIsolated.report.balances).toEqual({ USDT: "0.00000001" });
  });

  it("keeps to the market's cap for isolated positions, and to 1x where nobody states a leverage", () => {
    for (const [isolatedCap, expected] of [
      ["3", "666.66666667"],
      [undefined, "2000"],
    ] as const) {
      const engine = emptyEngine();
      const maxLeverage =
        isolatedCap === undefined ? {} : { maxLeverage: { isolated: isolatedCap } };
      const tiers = [{ maintenanceMarginRate: "0.01" }];
      engine.addMarket({
        symbol: "X",
        settle: "USDT",
        precision: { amount: "1" },
        tiers,
        ...maxLeverage,
      });
      engine.setMarks({ X: "100" });
      engine.openAccount("me");
      engine.setBalance("me", "USDT", "5000");
      engine.setPosition("me", cross("X", "short", "20", "100"));
      const [position] = engine.compareModes("me").variants.allIsolated.report.positions;
      expect(position?.isolatedMargin).toBe(expected);
    }
  });

  it("gives nothing out of an empty or indebted wallet", () => {
    for (const [wallet, left] of [
      ["0", undefined],
      ["-3", "-3"],
    ] as const) {
      const holding = {
        balances: { USDT: wallet },
        positions: [cross(BTC, "long", "0.1", "50000", "10")],
      };
      const { variants } = engineWith(holding).compareModes("me");
      expect(variants.allIsolated.scaled).toBe(true);
      expect(variants.allIsolated.report.positions[0]?.isolatedMargin).toBe("0");
      expect(variants.allIsolated.report.balances.USDT ?? "0").toBe(left ?? "0");
      expect(variants.allIsolated.now.liquidatable).toHaveLength(1);
      expect(variants.allIsolated.now.left.USDT).toBe(wallet);
    }
  });
});

describe("contagion", () => {
  /** BTC is over-levered, ETH is healthy on its own. */
  const SICK = [cross(BTC, "long", "1", "50000", "25"), cross(ETH, "long", "1", "2000", "2")];

  it("names the healthy position that falls with the sick one in cross and stands isolated", () => {
    // What settles in another asset is in another pool.
    const positions = [...SICK, cross(COIN, "long", "1", "50000", "2")];
    const engine = engineWith({ balances: { USDT: "3500", BTC: "1" }, positions });
    const { variants } = engine.compareModes("me", { shocks: [{ [BTC]: "-0.08" }] });
    const [crossed] = variants.allCross.outcomes;
    const [apart] = variants.allIsolated.outcomes;
    expect(names(crossed?.contagion ?? [])).toEqual([`${ETH} long`]);
    expect(crossed).toMatchObject({ left: { USDT: "0" }, carried: [] });
    expect(variants.asIs.outcomes[0]).toEqual(crossed);
    // 3,500 less the 2,000 that the long lost: 500 free and 1,000 with ETH.
    expect(apart).toMatchObject({ left: { USDT: "1500" }, contagion: [], carried: [] });
    expect(apart?.liquidatable.map(({ symbol }) => symbol)).toEqual([BTC]);
  });

  it("names the position that falls isolated and is carried in cross", () => {
    const engine = engineWith({ balances: { USDT: "3500" }, positions: SICK });
    const { variants } = engine.compareModes("me", { shocks: [{ [BTC]: "-0.05" }] });
    const [crossed] = variants.allCross.outcomes;
    expect(crossed).toMatchObject({ left: { USDT: "1000" }, liquidatable: [], contagion: [] });
    expect(names(crossed?.carried ?? [])).toEqual([`${BTC} long`]);
    expect(variants.allIsolated.outcomes[0]?.left).toEqual({ USDT: "1500" });
  });

  it("leaves an isolated position out of its account's contagion", () => {
    const positions = [...SICK.slice(0, 1), isolated(ETH, "long", "1", "2000", "2", "1000")];
    const engine = engineWith({ balances: { USDT: "2500" }, positions });
    const { asIs, allCross } = engine.compareModes("me", { shocks: [{ [BTC]: "-0.08" }] }).variants;
    expect(asIs.outcomes[0]).toMatchObject({ left: { USDT: "1000" }, contagion: [] });
    expect(names(allCross.outcomes[0]?.contagion ?? [])).toEqual([`${ETH} long`]);
  });

  it("tells of what is liquidatable already", () => {
    const positions = [
      isolated(BTC, "long", "1", "52000", "50", "1040"),
      cross(ETH, "short", "1", "2000", "2"),
    ];
    const engine = engineWith({ balances: { USDT: "1500" }, positions });
    const { asIs, allCross } = engine.compareModes("me").variants;
    expect(asIs.now.liquidatable.map(({ symbol }) => symbol)).toEqual([BTC]);
    // It owes 960 and its account is not asked for them.
    expect([asIs.equity, asIs.now.left, asIs.jointShock]).toEqual([
      { USDT: "540" },
      { USDT: "1500" },
      "0",
    ]);
    expect(asIs.report.positions.find(({ symbol }) => symbol === BTC)?.liquidationPrice).toEqual({
      down: "50000",
      up: "50000",
    });
    expect(names(allCross.now.carried)).toEqual([`${BTC} long`]);
  });
});

describe("shocks", () => {
  const positions = [
    cross(BTC, "long", "0.3", "50000", "10"),
    cross(ETH, "short", "1", "2000", "10"),
  ];
  const engine = engineWith({ balances: { USDT: "9000" }, positions });
  const shocksOf = (shocks?: readonly ModeShock[]) =>
    engine.compareModes("me", shocks === undefined ? {} : { shocks }).shocks;

  it("are by default 5, 10, 20 and 30 % of everything and 20 % of the largest position's market", () => {
    expect(shocksOf().map(({ share, moves }) => [share, { ...moves }])).toEqual([
      ["0.05", { [BTC]: "-0.05", [ETH]: "0.05" }],
      ["0.1", { [BTC]: "-0.1", [ETH]: "0.1" }],
      ["0.2", { [BTC]: "-0.2", [ETH]: "0.2" }],
      ["0.3", { [BTC]: "-0.3", [ETH]: "0.3" }],
      [null, { [BTC]: "-0.2" }],
    ]);
    const one = engineWith({ balances: { USDT: "9000" }, positions: positions.slice(0, 1) });
    expect(one.compareModes("me").shocks.map(({ share }) => share)).toEqual([
      "0.05",
      "0.1",
      "0.2",
      "0.3",
    ]);
  });

  it("compare linear and inverse positions in their quote currency", () => {
    // 40,000 USD of contracts against 30,000 USDT.
    const holding = {
      balances: { USDT: "9000", BTC: "1" },
      positions: [
        cross(BTC, "long", "0.6", "50000", "10"),
        cross(COIN, "short", "400", "50000", "10"),
      ],
    };
    expect({ ...engineWith(holding).compareModes("me").shocks.at(-1)?.moves }).toEqual({
      [COIN]: "0.2",
    });
  });

  it("move prices away from the mark and round away from it, to one unit at least", () => {
    engine.setMarks({ [BTC]: "50000.00000001", [ETH]: "2000.00000001" });
    expect(
      shocksOf(["0.1", { [BTC]: "0.1", [ETH]: "-0.1" }, { [BTC]: "0" }]).map(({ marks }) => ({
        ...marks,
      })),
    ).toEqual([
      { [BTC]: "45000", [ETH]: "2200.00000002" },
      { [BTC]: "55000.00000002", [ETH]: "1800" },
      {},
    ]);
    engine.setMarks({ [BTC]: "0.00000001", [ETH]: "2000" });
    expect(shocksOf(["0.999999"])[0]?.marks[BTC]).toBe("0.00000001");
    engine.setMarks({ [BTC]: "50000" });
  });

  it("move a hedged market against its net position, and not where it nets to nothing", () => {
    const hedge = (short: string): RiskEngine =>
      engineWith({
        hedged: true,
        balances: { USDT: "9000" },
        positions: [
          cross(BTC, "long", "0.3", "50000", "10"),
          cross(BTC, "short", short, "50000", "10"),
        ],
      });
    expect({ ...hedge("0.5").compareModes("me").shocks[0]?.moves }).toEqual({ [BTC]: "0.05" });
    expect({ ...hedge("0.3").compareModes("me").shocks[0]?.moves }).toEqual({});
  });

  it("of markets the account is not in change nothing, and unknown ones are refused", () => {
    expect(shocksOf([{ [COIN]: "-0.5" }])[0]).toMatchObject({ share: null, moves: {}, marks: {} });
    expect(shocksOf([])).toEqual([]);
    for (const [shock, expected] of [
      [{ "XRP/USDT:USDT": "-0.1" }, 'UNKNOWN_SYMBOL options.shocks[0]["XRP/USDT:USDT"]'],
      ["0", "OUT_OF_RANGE options.shocks[0]"],
      ["1", "OUT_OF_RANGE options.shocks[0]"],
      ["-0.1", "OUT_OF_RANGE options.shocks[0]"],
      ["0.0000001", "TOO_MANY_DECIMALS options.shocks[0]"],
      ["ten", "BAD_VALUE options.shocks[0]"],
      [{ [BTC]: "-1" }, `OUT_OF_RANGE options.shocks[0]["${BTC}"]`],
      [{ [BTC]: "101" }, `OUT_OF_RANGE options.shocks[0]["${BTC}"]`],
    ] as [ModeShock, string][]) {
      expect(refusal(() => shocksOf([shock]))).toBe(expected);
    }
    expect(
      refusal(() => engine.compareModes("me", { shocks: "0.1" as unknown as ModeShock[] })),
    ).toBe("BAD_VALUE options.shocks");
    expect(refusal(() => engine.compareModes("nobody"))).toBe("UNKNOWN_ACCOUNT account");
  });
});

describe("edges", () => {
  it("an account without positions is the same three ways", () => {
    for (const balances of [{}, { USDT: "12", BTC: "-1" }] as Record<string, string>[]) {
      const { variants } = engineWith({ balances }).compareModes("me");
      expect(variants.allCross).toEqual(variants.asIs);
      expect(variants.allIsolated).toEqual(variants.asIs);
      expect({ ...variants.asIs.now.left }).toEqual(balances);
      expect(variants.asIs.jointShock).toBeNull();
    }
  });

  it("changes nothing in its engine, and leaves scans and handles as they are", () => {
    const engine = engineWith({
      balances: { USDT: "900" },
      positions: [cross(BTC, "long", "0.3", "50000", "10")],
    });
    const hash = engine.stateHash();
    const scope = engine.crossScope("me", "USDT");
    const scan = engine.scan();
    engine.compareModes("me");
    expect(engine.stateHash()).toBe(hash);
    expect(scope.figures().collateral).toBe(90_000_000_000n);
    expect([...scan.lines()]).toEqual([]);
  });
});

describe("pledged coins", () => {
  const HOLDINGS = { BTC: "3", ETH: "-1" };

  it("stay in the cross pool of every variant, and a shock moves them against their balance", () => {
    const engine = pledgedEngine(HOLDINGS);
    engine.setPosition("a", cross(BTC, "long", "4", "50000", "10"));
    const comparison = engine.compareModes("a", {
      shocks: ["0.1", { BTC: "-0.2" }, { ETH: "0.5" }],
    });
    const { asIs, allIsolated } = comparison.variants;
    expect(asIs.report).toEqual(engine.account("a").report());
    // The unit's own wallet gives the margin: 1,000 of the 20,000.
    expect(allIsolated.scaled).toBe(true);
    expect(allIsolated.report.positions[0]?.isolatedMargin).toBe("1000");
    expect(comparison.shocks.map(({ indexPrices }) => ({ ...indexPrices }))).toEqual([
      { BTC: "45000", ETH: "2200" },
      { BTC: "40000" },
      { ETH: "3000" },
    ]);
    comparison.shocks.forEach(({ marks, indexPrices }, at) => {
      engine.setMarks({ [BTC]: "50000", ...marks });
      engine.setIndexPrices({ BTC: "50000", ETH: "2000", ...indexPrices });
      expect(asIs.outcomes[at]?.left.USDT).toBe(engine.crossScope("a", "USDT").view().equity);
    });
  });

  it("are plain wallets beside isolated positions where the profile keeps the two apart", () => {
    const engine = pledgedEngine(HOLDINGS, "binance");
    engine.setPosition("a", cross(BTC, "long", "0.01", "50000", "10"));
    const { asIs, allIsolated } = engine.compareModes("a").variants;
    expect(Object.keys(asIs.equity)).toEqual(["USDT"]);
    expect({ ...allIsolated.equity }).toEqual({ USDT: "1000", ...HOLDINGS });
    expect(allIsolated.report.scopes.map(({ scope, settle }) => `${scope} ${settle}`)).toEqual([
      "cross USDT",
      "cross BTC",
      "cross ETH",
      "isolated USDT",
    ]);
  });
});

describe("what else an account has", () => {
  it("comes along: orders, settings, exact costs, margins below zero, tiers and marks as they are now", () => {
    const engine = engineWith({ hedged: true, balances: { USDT: "9000" }, positions: [] });
    for (const price of ["50000.00000001", "49999.99999999", "50123.4"]) {
      engine.fill({
        account: "me",
        symbol: BTC,
        side: "buy",
        positionSide: "long",
        amount: "0.033",
        price,
        leverage: "10",
      });
    }
    engine.setPosition("me", isolated(ETH, "long", "10", "2000", "50", "400"));
    engine.setLeverage("me", ETH, "7", "short");
    engine.placeOrder("me", {
      id: "o",
      symbol: BTC,
      side: "buy",
      positionSide: "long",
      amount: "0.01",
      price: "40000",
    });
    engine.settleFunding({ time: 1, rates: { [ETH]: "0.03" } });
    const comparison = engine.compareModes("me");
    const { asIs, allCross } = comparison.variants;
    expect(asIs.report).toEqual(engine.account("me").report());
    expect(asIs.report.positions.map(({ isolatedMargin }) => isolatedMargin)).toEqual([
      null,
      "-200",
    ]);
    expect(Number(allCross.report.balances.USDT)).toBe(Number(asIs.report.balances.USDT) - 200);
    expectSame(asIs, comparison, engine);
  });
});

// ── properties ──────────────────────────────────────────────────────────────────────────────────────

const PRICES: Readonly<Record<string, number>> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };

const positionArbitrary = fc
  .record({
    symbol: fc.constantFrom(BTC, ETH, COIN),
    side: fc.constantFrom("long" as const, "short" as const),
    size: fc.integer({ min: 1, max: 2_000 }),
    away: fc.integer({ min: 90, max: 110 }),
    leverage: fc.option(fc.integer({ min: 1, max: 50 })),
    margin: fc.option(fc.integer({ min: 0, max: 20_000_000 })),
  })
  .map(({ symbol, side, size, away, leverage, margin }): PositionDefinition => {
    const contracts =
      symbol === COIN
        ? String(size)
        : symbol === BTC
          ? (size / 1000).toFixed(3)
          : (size / 100).toFixed(2);
    const entryPrice = (((PRICES[symbol] ?? 1) * away) / 100).toFixed(2);
    const unit = symbol === COIN ? 1e8 : 1e4;
    const isolatedMargin = margin === null ? {} : { isolatedMargin: (margin / unit).toFixed(8) };
    return {
      symbol,
      side,
      contracts,
      entryPrice,
      marginMode: margin === null ? "cross" : "isolated",
      leverage: leverage === null ? null : String(leverage),
      ...isolatedMargin,
    };
  });

const holdingArbitrary = fc.record({
  hedged: fc.boolean(),
  balances: fc.record({
    USDT: fc.integer({ min: -500, max: 20_000 }).map(String),
    BTC: fc.integer({ min: 0, max: 100 }).map((cents) => (cents / 100).toFixed(2)),
  }),
  positions: fc.uniqueArray(positionArbitrary, {
    maxLength: 6,
    selector: ({ symbol, side }) => `${symbol} ${side}`,
  }),
});

describe("any account", () => {
  it("invariants 7 and 8: the same equity three ways, as it is what the account's own report says, nothing lost on a shock but by rule", () => {
    fc.assert(
      fc.property(
        holdingArbitrary,
        fc.constantFrom("default", "binance", "bybit" as const),
        (holding, profile) => {
          const engine = engineWith(holding, profile as Profile);
          const comparison = engine.compareModes("me");
          const { asIs, allCross, allIsolated } = comparison.variants;
          expect(asIs.report).toEqual(engine.account("me").report());
          for (const { report, equity, now, outcomes } of [asIs, allCross, allIsolated]) {
            for (const [code, sum] of Object.entries(asIs.equity))
              expect(equity[code] ?? "0").toBe(sum);
            expect(outcomes).toHaveLength(comparison.shocks.length);
            expect(now.liquidatable).toHaveLength(
              report.scopes.filter(({ liquidatable }) => liquidatable).length,
            );
          }
          for (const outcome of [allIsolated.now, ...allIsolated.outcomes]) {
            expect([outcome.contagion, outcome.carried]).toEqual([[], []]);
          }
          expect(allCross.report.positions.every(({ marginMode }) => marginMode === "cross")).toBe(
            true,
          );
          expect(
            allIsolated.report.positions.every(({ marginMode }) => marginMode === "isolated"),
          ).toBe(true);
        },
      ),
      runs(60),
    );
  });

  it("invariant 3: outcomes are those of the variant's own engine at those prices", () => {
    fc.assert(
      fc.property(holdingArbitrary, (holding) => {
        const engine = engineWith(holding);
        const comparison = engine.compareModes("me", {
          shocks: ["0.13", { [BTC]: "0.2", [ETH]: "-0.1" }],
        });
        expectSame(comparison.variants.asIs, comparison, engine);
      }),
      runs(40),
    );
  });
});
