// What a scope must hold: withdrawals by the profile's rule, margin that may go to isolated positions, initial margin that grows with
// open interest, trades below it, and requirements that venues derive from the initial rate.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { Command, LeverageTier, MarketDefinition, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

/** An account with 1,000 and a long of 10 at 100, marked at `mark`, initial margin 100 at 100. */
function holding(profile: Profile, mark: string, leverage = "10"): RiskEngine {
  const engine = new RiskEngine({ profile });
  engine.addAsset({ code: "USDT" });
  engine.addMarket({
    symbol: "M",
    settle: "USDT",
    precision: { amount: "1" },
    tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }],
  });
  engine.setMarks({ M: mark });
  engine.openAccount("a");
  engine.deposit("a", "USDT", "1000");
  engine.setPosition("a", {
    symbol: "M",
    side: "long",
    contracts: "10",
    entryPrice: "100",
    marginMode: "cross",
    leverage,
  });
  return engine;
}

function expectExact(engine: RiskEngine, expected: string): void {
  const asset = "USDT";
  expect(engine.account("a").withdrawable(asset)).toBe(expected);
  const hash = engine.stateHash();
  const more = BigInt(Math.round(Number(expected) * 1e8)) + 1n;
  expect(codeOf(() => engine.withdraw("a", asset, more))).toBe("INSUFFICIENT_FUNDS");
  expect(engine.stateHash()).toBe(hash);
  if (expected !== "0") engine.withdraw("a", asset, expected);
}

describe("knob withdrawal", () => {
  const initialMargin = "default";
  const walletAndEquity = { withdrawal: "walletAndEquity" } as const;
  const initialOrTenth = { withdrawal: "initialOrTenth" } as const;

  it("initialMargin: equity stays at the initial margin, the wallet at 0", () => {
    // At 110: profit 100, initial margin 110. Equity 1,100 − 110 = 990, below the wallet.
    expectExact(holding(initialMargin, "110"), "990");
    expectExact(holding(initialMargin, "90"), "810");
    // Profit 1,000: the wallet is all that can leave.
    expectExact(holding(initialMargin, "200"), "1000");
  });

  it("walletAndEquity: unrealised profit never leaves, losses count", () => {
    expectExact(holding(walletAndEquity, "110"), "890");
    expectExact(holding(walletAndEquity, "90"), "810");
    expectExact(holding(walletAndEquity, "200"), "800");
  });

  it("initialOrTenth: a tenth of the notional stays where that is more", () => {
    expectExact(holding(initialOrTenth, "110", "50"), "990");
    expectExact(holding(initialMargin, "110", "50"), "1000");
    expectExact(holding(initialOrTenth, "90", "50"), "810");
    expectExact(holding(initialMargin, "90", "50"), "882");
    // At 2x the initial margin is more.
    expectExact(holding(initialOrTenth, "90", "2"), "450");
  });

  it("leaves what orders reserve", () => {
    for (const [profile, expected] of [
      [initialMargin, "970"],
      [walletAndEquity, "870"],
    ] as const) {
      const engine = holding(profile, "110");
      engine.placeOrder("a", { id: "o", symbol: "M", side: "buy", amount: "2", price: "100" });
      expectExact(engine, expected);
    }
  });

  it("never into liquidation, where a leverage leaves less initial than maintenance margin", () => {
    // 200x at 100: initial margin 5, requirement 10.
    expectExact(holding(initialMargin, "100", "200"), "990");
    const inclusive = holding({ triggerInclusive: true }, "100", "200");
    expectExact(inclusive, "989.99999999");
    expect(inclusive.scan().count).toBe(0);
    expect(inclusive.account("a").available("USDT")).toBe("0");
    const poor = holding(initialMargin, "100");
    poor.setBalance("a", "USDT", "99");
    expectExact(poor, "0");
  });

  it("is what the command accepts, to the unit, for random accounts in every profile", () => {
    const rules: Profile[] = [initialMargin, walletAndEquity, initialOrTenth, "binance"];
    let positive = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.array(
          fc.record({
            symbol: fc.constantFrom(BTC, ETH),
            side: fc.constantFrom("buy" as const, "sell" as const),
            units: fc.integer({ min: 1, max: 900 }),
            leverage: fc.integer({ min: 1, max: 50 }),
            isolated: fc.boolean(),
            rest: fc.boolean(),
          }),
          { maxLength: 6 },
        ),
        fc.tuple(fc.integer({ min: 80, max: 120 }), fc.integer({ min: 80, max: 120 })),
        (profile, draws, [btc, eth]) => {
          const engine = fundedEngine(profile);
          draws.forEach(({ symbol, side, units, leverage, isolated, rest }, index) => {
            const terms = {
              symbol,
              side,
              amount: BigInt(units),
              price: symbol === BTC ? "50000" : "2000",
            };
            const marginMode = isolated ? "isolated" : "cross";
            const command: Command = rest
              ? { type: "placeOrder", account: "one", order: { id: `${index}`, ...terms } }
              : { type: "fill", account: "one", ...terms, leverage: `${leverage}`, marginMode };
            codeOf(() => engine.apply(command));
          });
          engine.setMarks({ [BTC]: `${btc * 500}`, [ETH]: `${eth * 20}` });
          const units = (text: string): bigint => BigInt(Math.round(Number(text) * 1e8));
          const most = units(engine.account("one").withdrawable("USDT"));
          const available = units(engine.account("one").available("USDT"));
          expect(most).toBeLessThanOrEqual(available);
          const tryOn = (command: Command): string =>
            codeOf(() => RiskEngine.fromBook(engine.toBook()).apply(command));
          const withdraw = (amount: bigint): string =>
            tryOn({ type: "withdraw", account: "one", asset: "USDT", amount });
          if (most > 0n) {
            positive++;
            expect(withdraw(most)).toBe("accepted");
          }
          expect(withdraw(most + 1n)).toBe("INSUFFICIENT_FUNDS");
          const held = engine
            .account("one")
            .positions()
            .find((p) => p.marginMode === "isolated");
          if (held === undefined) return;
          const { symbol } = held;
          const add = (amount: bigint): string =>
            tryOn({ type: "addMargin", account: "one", symbol, amount });
          if (available > 0n) expect(add(available)).toBe("accepted");
          expect(add(available + 1n)).toBe("INSUFFICIENT_FUNDS");
        },
      ),
      runs(60),
    );
    expect(positive).toBeGreaterThan(10);
  });
});

describe("withdrawable coins", () => {
  it("are as many as the settle scope can spare, exactly, by every rule", () => {
    const rules: Profile[] = ["default", "binance", { withdrawal: "initialOrTenth" }];
    let bound = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.integer({ min: 0, max: 1_500_000_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 80, max: 120 }),
        (profile, balance, units, move) => {
          const engine = pledgedEngine({ BTC: "0" }, profile);
          if (balance > 0) engine.deposit("a", "BTC", BigInt(balance));
          const buy = { account: "a", symbol: BTC, side: "buy", price: "50000" } as const;
          codeOf(() => engine.fill({ ...buy, amount: BigInt(units), leverage: "20" }));
          engine.setMarks({ [BTC]: `${move * 500}` });
          const hash = engine.stateHash();
          const text = engine.account("a").withdrawable("BTC");
          expect(engine.stateHash()).toBe(hash);
          const most = BigInt(Math.round(Number(text) * 1e8));
          if (most > 0n && most < BigInt(balance)) bound++;
          expect(codeOf(() => engine.withdraw("a", "BTC", most + 1n))).toBe("INSUFFICIENT_FUNDS");
          if (most > 0n) engine.withdraw("a", "BTC", most);
          expect(engine.account("a").available("BTC")).toBe("0");
        },
      ),
      runs(60),
    );
    expect(bound).toBeGreaterThan(3);
  });
});

describe("knob openInterestScaling", () => {
  const market: MarketDefinition = {
    symbol: "P",
    settle: "USDT",
    precision: { amount: "1" },
    tiers: [{ maintenanceMarginRate: "0.03", maxLeverage: "5" }],
    openInterestCaps: { lower: "1000000", upper: "2000000" },
  };
  /** Others hold that notional of longs and of shorts; "a" has 10,000,000. */
  function open(profile: Profile, notional: string, definition = market): RiskEngine {
    const engine = new RiskEngine({ profile });
    engine.addAsset({ code: "USDT", decimals: 6 });
    engine.addMarket(definition);
    engine.setMarks({ P: "1" });
    for (const side of ["long", "short"] as const) {
      engine.openAccount(side);
      if (notional === "0") continue;
      engine.setPosition(side, {
        symbol: "P",
        side,
        contracts: notional,
        entryPrice: "1",
        marginMode: "cross",
      });
    }
    engine.openAccount("a");
    engine.deposit("a", "USDT", "10000000");
    return engine;
  }
  const scaling = { openInterestScaling: true } as const;
  const buy = { account: "a", symbol: "P", side: "buy", amount: "1000000", fee: "0" } as const;

  it("the initial rate grows from the bracket's to 1 between the caps, in whole parts per million", () => {
    // With the order itself: 1,234,567 on the long side lift 20 % to 38.7653 %.
    expect(open(scaling, "234567").preview(buy).initialMargin).toBe("387653");
    expect(open("default", "234567").preview(buy).initialMargin).toBe("200000");
    expect(open(scaling, "0").preview(buy).initialMargin).toBe("200000");
    expect(open(scaling, "1").preview(buy).initialMargin).toBe("200000");
    expect(open(scaling, "10").preview(buy).initialMargin).toBe("200008");
    expect(open(scaling, "999999").preview(buy).initialMargin).toBe("999999");
    expect(open(scaling, "1000000").preview(buy).initialMargin).toBe("1000000");
    expect(open(scaling, "9000000").preview(buy).initialMargin).toBe("1000000");
  });

  it("the larger side counts; a trade that opens less than the other side holds changes nothing", () => {
    const engine = open(scaling, "0");
    engine.setPosition("short", {
      symbol: "P",
      side: "short",
      contracts: "1500000",
      entryPrice: "1",
      marginMode: "cross",
    });
    expect(engine.preview(buy).initialMargin).toBe("600000");
    expect(engine.preview({ ...buy, amount: "1500000" }).initialMargin).toBe("900000");
    expect(engine.preview({ ...buy, amount: "1600000" }).initialMargin).toBe("1088000");
  });

  it("a leverage can only raise it", () => {
    expect(open(scaling, "234567").preview({ ...buy, leverage: "4" }).initialMargin).toBe("387653");
    expect(open(scaling, "234567").preview({ ...buy, leverage: "2" }).initialMargin).toBe("500000");
  });

  it("binds trades, withdrawals and what may go to isolated positions; the scope's own figure stays the bracket's", () => {
    const engine = open(scaling, "234567");
    engine.setBalance("a", "USDT", "387652.999999");
    expect(engine.preview({ ...buy, price: "1" }).accepted).toBe(false);
    engine.deposit("a", "USDT", "1.000001");
    engine.fill({ ...buy, price: "1" });
    expect(engine.account("a").scopes()[0]).toMatchObject({ initialMargin: "200000" });
    expect(engine.account("a").withdrawable("USDT")).toBe("1");
    expect(engine.account("a").available("USDT")).toBe("1");
    expect(codeOf(() => engine.withdraw("a", "USDT", "1.000001"))).toBe("INSUFFICIENT_FUNDS");
    engine.withdraw("a", "USDT", "1");
    // Others open more: nothing is liquidatable, but nothing may leave.
    engine.deposit("a", "USDT", "1");
    engine.setPosition("long", {
      symbol: "P",
      side: "long",
      contracts: "300000",
      entryPrice: "1",
      marginMode: "cross",
    });
    expect(engine.account("a").withdrawable("USDT")).toBe("0");
  });

  it("an isolated position needs a leverage that leaves that much", () => {
    const isolated = { ...buy, price: "1", marginMode: "isolated" } as const;
    const tryAt = (profile: Profile, leverage: string): string =>
      codeOf(() => open(profile, "234567").fill({ ...isolated, leverage }));
    expect(tryAt("default", "5")).toBe("accepted");
    // 1 / 0.387653 = 2.5796…
    expect(tryAt(scaling, "2.58")).toBe("INSUFFICIENT_FUNDS");
    expect(tryAt(scaling, "2.579")).toBe("accepted");
    // Below the caps the leverage's own rate holds, and the fee may come out of the margin.
    const engine = open(scaling, "0");
    expect(codeOf(() => engine.fill({ ...isolated, leverage: "5", fee: "1" }))).toBe("accepted");
  });

  it("raises what orders reserve where both knobs are on", () => {
    const engine = open(scaling, "1500000");
    engine.placeOrder("a", { id: "o", symbol: "P", side: "buy", amount: "100", price: "1" });
    expect(engine.account("a").reserved("USDT")).toBe("60");
  });

  it("follows the mark, and counts inverse notionals in coin", () => {
    const engine = open(scaling, "749999");
    engine.setMarks({ P: "2" });
    expect(engine.preview({ ...buy, amount: "1" }).initialMargin).toBe("1.2");
    const inverse = open(scaling, "4000000", { ...market, linear: false });
    inverse.setMarks({ P: "2.5" });
    // 4,000,000 / 2.5 = 1,600,000: 0.2 + 0.6 · 0.8.
    expect(inverse.preview({ ...buy, amount: "1", price: "1" }).initialMargin).toBe("0.68");
  });

  it("reads caps and refuses those that are none", () => {
    const engine = new RiskEngine({ profile: scaling });
    engine.addAsset({ code: "USDT", decimals: 6 });
    const add = (openInterestCaps: unknown): string =>
      codeOf(() => engine.addMarket({ ...market, openInterestCaps } as MarketDefinition));
    expect(add({ lower: "1", upper: "1" })).toBe("OUT_OF_RANGE");
    expect(add({ lower: "-1", upper: "1" })).toBe("OUT_OF_RANGE");
    expect(add({ lower: "1" })).toBe("BAD_VALUE");
    expect(add("1")).toBe("BAD_VALUE");
    expect(add({ lower: 0n, upper: 1n })).toBe("accepted");
    const book = engine.toBook();
    expect(book.markets[0]?.openInterestCaps).toEqual({ lower: "0", upper: "0.000001" });
    expect(RiskEngine.fromBook(JSON.stringify(book)).stateHash()).toBe(engine.stateHash());
    const without = { ...book, markets: [{ ...market, openInterestCaps: null }] };
    const plain = RiskEngine.fromBook(JSON.stringify(without));
    expect(plain.stateHash()).not.toBe(engine.stateHash());
  });

  it("maker and taker rates survive a book and are part of the state", () => {
    const hashes = [undefined, "0.0002", "-0.0001"].map((maker) => {
      const engine = new RiskEngine();
      engine.addAsset({ code: "USDT" });
      engine.addMarket({ ...market, taker: 60_000n, ...(maker === undefined ? {} : { maker }) });
      const again = RiskEngine.fromBook(JSON.stringify(engine.toBook()));
      expect(again.stateHash()).toBe(engine.stateHash());
      expect(again.toBook().markets[0]).toMatchObject({ taker: "0.0006" });
      return engine.stateHash();
    });
    expect(new Set(hashes).size).toBe(3);
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    expect(codeOf(() => engine.addMarket({ ...market, maker: "-1.1" }))).toBe("OUT_OF_RANGE");
    expect(codeOf(() => engine.addMarket({ ...market, taker: "-0.1" }))).toBe("OUT_OF_RANGE");
  });
});

describe("knob reductions", () => {
  /** A wallet of 60 under a long of 10 at 100 with initial margin 100, requirement 10. */
  function thin(profile: Profile): RiskEngine {
    const engine = holding(profile, "100");
    engine.setBalance("a", "USDT", "60");
    return engine;
  }
  const sell = { account: "a", symbol: "M", side: "sell", amount: "5" } as const;

  it("always: a reduction is taken at any price", () => {
    expect(codeOf(() => thin("default").fill({ ...sell, price: "90" }))).toBe("accepted");
  });

  it("noWorse: only where equity per maintenance margin does not fall", () => {
    const profile = { reductions: "noWorse" } as const;
    // 60 over 10 before; 5 left need 5 and equity 30 at least: a loss of 30 at 94.
    expect(codeOf(() => thin(profile).fill({ ...sell, price: "94" }))).toBe("accepted");
    expect(codeOf(() => thin(profile).fill({ ...sell, price: "93.99999999" }))).toBe(
      "INSUFFICIENT_FUNDS",
    );
    // An increase raises maintenance margin.
    const buy = { ...sell, side: "buy", amount: "1", price: "1" } as const;
    expect(codeOf(() => thin(profile).fill(buy))).toBe("accepted");
    expect(codeOf(() => thin(profile).fill({ ...buy, price: "61" }))).toBe("INSUFFICIENT_FUNDS");
  });
});

describe("knob maintenanceRate", () => {
  function marketOf(profile: Profile, tiers: readonly LeverageTier[]): RiskEngine {
    const engine = new RiskEngine({ profile });
    engine.addAsset({ code: "USDT" });
    engine.addMarket({ symbol: "M", settle: "USDT", precision: { amount: "1" }, tiers });
    engine.setMarks({ M: "100" });
    engine.openAccount("a");
    engine.deposit("a", "USDT", "1000");
    engine.setPosition("a", {
      symbol: "M",
      side: "long",
      contracts: "30",
      entryPrice: "100",
      marginMode: "cross",
    });
    return engine;
  }
  const half: LeverageTier[] = [
    { minNotional: "0", maxNotional: "1000", maxLeverage: "3" },
    { minNotional: "1000", maxNotional: null, maxLeverage: "2" },
  ];
  const fraction: LeverageTier[] = [{ initialMarginRate: "0.05", maintenanceFraction: "0.6" }];

  it("table: a tier without a rate is refused", () => {
    expect(codeOf(() => marketOf("default", half))).toBe("BAD_VALUE");
    expect(codeOf(() => marketOf("default", fraction))).toBe("BAD_VALUE");
  });

  it("halfOfInitial: exactly 1 / (2 · maxLeverage), marginal", () => {
    const engine = marketOf({ maintenanceRate: "halfOfInitial" }, half);
    // 1,000/6 + 2,000/4, rounded up once.
    expect(engine.account("a").scopes()[0]).toMatchObject({
      maintenanceMargin: "666.66666667",
      initialMargin: "1500",
    });
    const again = RiskEngine.fromBook(JSON.stringify(engine.toBook()));
    expect(again.stateHash()).toBe(engine.stateHash());
  });

  it("fractionOfInitial: the product of both, and the initial rate is the stated one", () => {
    const engine = marketOf("dydx", fraction);
    expect(engine.account("a").scopes()[0]).toMatchObject({
      maintenanceMargin: "90",
      initialMargin: "150",
    });
    expect(
      codeOf(() =>
        engine.fill({
          account: "a",
          symbol: "M",
          side: "buy",
          amount: "1",
          price: "100",
          leverage: "20.001",
        }),
      ),
    ).toBe("OUT_OF_RANGE");
    const again = RiskEngine.fromBook(JSON.stringify(engine.toBook()));
    expect(again.stateHash()).toBe(engine.stateHash());
  });

  it("a stated rate is taken as it is", () => {
    const stated = half.map((tier) => ({ ...tier, maintenanceMarginRate: "0.1" }));
    for (const maintenanceRate of ["table", "halfOfInitial", "fractionOfInitial"] as const) {
      const engine = marketOf({ maintenanceRate }, stated);
      expect(engine.account("a").scopes()[0]).toMatchObject({ maintenanceMargin: "300" });
    }
  });

  it("refuses what says too little", () => {
    const profile = { maintenanceRate: "fractionOfInitial" } as const;
    expect(codeOf(() => marketOf({ maintenanceRate: "halfOfInitial" }, fraction))).toBe(
      "BAD_TIERS",
    );
    expect(codeOf(() => marketOf(profile, [{ initialMarginRate: "0.05" }]))).toBe("BAD_TIERS");
    expect(codeOf(() => marketOf(profile, [{ maintenanceFraction: "0.6" }]))).toBe("BAD_TIERS");
    const bad = (part: LeverageTier): string => codeOf(() => marketOf(profile, [part]));
    expect(bad({ initialMarginRate: "0", maintenanceFraction: "0.6" })).toBe("BAD_TIERS");
    expect(bad({ initialMarginRate: "1.1", maintenanceFraction: "0.6" })).toBe("BAD_TIERS");
    expect(bad({ initialMarginRate: "0.05", maintenanceFraction: "0" })).toBe("BAD_TIERS");
    expect(bad({ initialMarginRate: "0.05", maintenanceFraction: "1" })).toBe("BAD_TIERS");
    expect(bad({ initialMarginRate: "0.000001", maintenanceFraction: "0.00001" })).toBe(
      "BAD_TIERS",
    );
    expect(bad({ initialMarginRate: "x", maintenanceFraction: "0.6" })).toBe("BAD_VALUE");
  });
});

describe("maxLeverage", () => {
  const levered = (stake: string, profile: Profile = "default"): unknown => {
    const { leverage, limit } = emptyEngine(profile).maxLeverage(BTC, { stake });
    return [leverage, limit];
  };

  it("is the best bracket's cap, or its end over the stake", () => {
    expect(levered("100")).toEqual(["125", "125"]);
    // 50,000 / 400 = 125: at the end itself the next bracket begins.
    expect(levered("400")).toEqual(["124.999", "125"]);
    expect(levered("399.99")).toEqual(["125", "125"]);
    expect(levered("450")).toEqual(["111.111", "111.111111111111"]);
    expect(levered("600")).toEqual(["100", "100"]);
    expect(levered("375000")).toEqual(["20", "20"]);
    expect(levered("7500000")).toEqual(["1", "1"]);
  });

  it("is whole where the profile wants that, and held to a mode's cap", () => {
    expect(levered("450", "binance")).toEqual(["111", "111.111111111111"]);
    expect(levered("400", "binance")).toEqual(["124", "125"]);
    const engine = emptyEngine();
    expect(engine.maxLeverage(BTC, { stake: "100", marginMode: "cross" }).leverage).toBe("100");
    expect(engine.maxLeverage(BTC, { stake: "100", marginMode: "isolated" }).leverage).toBe("125");
    expect(engine.maxLeverage(BTC, { stake: "450" }).notional).toBe("49999.95");
  });

  it("is what fill admits: a thousandth more is refused", () => {
    for (const stake of [100, 400, 450, 600, 3000, 40_000]) {
      const { leverage, notional } = emptyEngine().maxLeverage(BTC, {
        stake,
        marginMode: "isolated",
      });
      const engine = emptyEngine();
      engine.setMarks({ [BTC]: "1" });
      engine.openAccount("a");
      engine.deposit("a", "USDT", "1000000");
      const fill = {
        account: "a",
        symbol: BTC,
        side: "buy",
        price: "1",
        marginMode: "isolated",
      } as const;
      engine.fill({
        ...fill,
        amount: `${Math.floor(Number(notional) * 1000) / 1000}`,
        leverage: leverage ?? "",
      });
      const { initialMargin } = engine.account("a").position(BTC);
      expect(Number(initialMargin)).toBeCloseTo(stake, 1);
      engine.setPosition("a", {
        symbol: BTC,
        side: "long",
        contracts: "0",
        entryPrice: "1",
        marginMode: "isolated",
      });
      const more = Number(leverage) + 0.001;
      const amount = `${Math.ceil(stake * more * 1000) / 1000}`;
      expect(codeOf(() => engine.fill({ ...fill, amount, leverage: more.toFixed(3) }))).toBe(
        "OUT_OF_RANGE",
      );
    }
  });

  it("counts contract tiers at the mark, and knows markets without caps", () => {
    const engine = new RiskEngine({ profile: "okx" });
    engine.addAsset({ code: "USDT" });
    const tiers = [
      { minNotional: "0", maxNotional: "10", maintenanceMarginRate: "0.01", maxLeverage: "50" },
      { minNotional: "11", maxNotional: "100", maintenanceMarginRate: "0.02", maxLeverage: "20" },
    ];
    engine.addMarket({ symbol: "M", settle: "USDT", precision: { amount: "1" }, tiers });
    engine.addMarket({
      symbol: "N",
      settle: "USDT",
      precision: { amount: "1" },
      tiers: [{ maintenanceMarginRate: "0.01" }],
    });
    expect(codeOf(() => engine.maxLeverage("M", { stake: "1" }))).toBe("NO_MARK");
    engine.setMarks({ M: "100", N: "100" });
    expect(engine.maxLeverage("M", { stake: "10" }).leverage).toBe("50");
    expect(engine.maxLeverage("M", { stake: "40" }).limit).toBe("25");
    expect(engine.maxLeverage("M", { stake: "200" }).leverage).toBe("20");
    expect(engine.maxLeverage("N", { stake: "200" })).toEqual({
      leverage: null,
      limit: null,
      notional: null,
    });
  });

  it("refuses stakes that no bracket holds, and what is no stake", () => {
    const engine = emptyEngine();
    const ask = (symbol: string, stake: unknown): string =>
      codeOf(() => engine.maxLeverage(symbol, { stake } as never));
    expect(ask(BTC, "7500000.00000001")).toBe("OUT_OF_RANGE");
    expect(ask(BTC, "0")).toBe("OUT_OF_RANGE");
    expect(ask(BTC, "-1")).toBe("OUT_OF_RANGE");
    expect(ask(BTC, undefined)).toBe("BAD_VALUE");
    expect(ask("X", "1")).toBe("UNKNOWN_SYMBOL");
    expect(ask(COIN, "1")).toBe("accepted");
  });
});
