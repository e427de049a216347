// ccxt: raw rows in `info` before numbers, what numbers alone cannot tell, and our own records there and back.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CcxtInput,
  type CcxtMarket,
  type CcxtOptions,
  fromBinance,
  fromBybit,
  fromCcxt,
  fromHyperliquid,
  fromOkx,
  toCcxtPosition,
} from "../../src/adapters/index.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { BookDocument, LeverageTier, MarketDefinition } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { equityOf, fixture, loaded, refusal } from "./support.ts";

type Row = Record<string, unknown>;

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";
const COIN = "BTC/USD:BTC";

/** Markets as ccxt has them, and tiers by symbol, of a book. */
function described(markets: readonly MarketDefinition[]): {
  markets: Record<string, CcxtMarket>;
  tiers: Record<string, readonly LeverageTier[]>;
} {
  const entries = markets.map((market): [string, CcxtMarket] => [
    market.symbol,
    {
      symbol: market.symbol,
      ...{ base: "", quote: "", spot: false, swap: true },
      settle: market.settle,
      linear: market.linear ?? true,
      contractSize: Number(market.contractSize ?? 1),
      precision: {
        amount: Number(market.precision.amount),
        ...(market.precision.price == null ? {} : { price: Number(market.precision.price) }),
      },
      ...(market.taker === undefined ? {} : { taker: Number(market.taker) }),
      ...(market.maker === undefined ? {} : { maker: Number(market.maker) }),
    },
  ]);
  return {
    markets: Object.fromEntries(entries),
    tiers: Object.fromEntries(markets.map(({ symbol, tiers }) => [symbol, tiers])),
  };
}

/** What ccxt makes of a book's positions: numbers, with the venue's rows in info. */
function positionsOf(book: BookDocument, infos: readonly Row[]): Row[] {
  const { engine, account } = loaded(book);
  const views = engine.account(account).positions();
  return infos.map((info, index) => {
    const view = views.find(
      (position) => position.symbol === book.accounts[0]?.positions?.[index]?.symbol,
    );
    return {
      symbol: view?.symbol,
      side: view?.side,
      contracts: Number(view?.contracts),
      contractSize: Number(view?.contractSize),
      entryPrice: Number(view?.entryPrice),
      markPrice: Number(view?.markPrice),
      leverage: Number(view?.leverage),
      marginMode: view?.marginMode,
      hedged: false,
      // Means another thing at every exchange; must not be read.
      collateral: 123456.789,
      info,
    };
  });
}

function ccxtInput(book: BookDocument, infos: readonly Row[], balances: unknown): CcxtInput {
  return {
    positions: positionsOf(book, infos),
    balances: { info: balances, free: { USDT: 1 }, used: { USDT: 2 }, total: { USDT: 999999 } },
    ...described(book.markets),
  } as unknown as CcxtInput;
}

/** Positions, wallets and profile: what must agree with the venue's own importer. */
function essence(book: BookDocument): unknown {
  const [account] = book.accounts;
  return {
    profile: book.profile,
    marks: book.marks,
    hedged: account?.hedged,
    balances: account?.balances,
    positions: account?.positions,
  };
}

describe("positions and balances with info", () => {
  it("Binance", () => {
    const risk = fixture<Row[]>("binance-position-risk-v2");
    const account = fixture<Row>("binance-account-v2");
    const book = fromBinance({
      account,
      positionRisk: risk,
      brackets: fixture("binance-brackets"),
      exchangeInfo: fixture("binance-exchange-info"),
    } as never);
    const made = fromCcxt(ccxtInput(book, risk.slice(0, 3), account));
    expect(essence(made)).toEqual(essence(book));
    expect(equityOf(made, "USDT")).toBe(equityOf(book, "USDT"));
    expect(made.accounts[0]?.id).toBe("binance");
  });

  it("Bybit, whose mode shows in the wallet", () => {
    const positions = fixture<{ result: { list: Row[] } }>("bybit-positions").result.list;
    const wallet = fixture<Row>("bybit-wallet-isolated");
    const book = fromBybit({
      positions: [positions[0]],
      wallet,
      tiers: fixture("bybit-risk-limit"),
      instruments: fixture("bybit-instruments"),
      fees: fixture("bybit-fee-rate"),
    } as never);
    const made = fromCcxt(ccxtInput(book, positions.slice(0, 1), wallet));
    expect(essence(made)).toEqual(essence(book));
    expect(made.accounts[0]?.positions?.[0]?.marginMode).toBe("isolated");
  });

  it("OKX", () => {
    const positions = fixture<{ data: Row[] }>("okx-positions");
    const balance = fixture<Row>("okx-balance");
    const book = fromOkx({
      positions,
      balance,
      instruments: fixture("okx-instruments"),
      tiers: fixture("okx-tiers"),
      fees: fixture("okx-trade-fee"),
    } as never);
    const made = fromCcxt(ccxtInput(book, positions.data.slice(0, 3), balance));
    expect(essence(made)).toEqual(essence(book));
  });

  it("Hyperliquid, whose tiers ccxt does not have", () => {
    const state = fixture<{ assetPositions: Row[] }>("hyperliquid-state");
    const book = fromHyperliquid(state as never, fixture("hyperliquid-meta"));
    const input = ccxtInput(book, state.assetPositions, state);
    expect(essence(fromCcxt(input))).toEqual(essence(book));
    const bare = (input.positions as unknown as Row[]).map((row) => ({
      ...row,
      contractSize: undefined,
    }));
    const unsized = { ...input, positions: bare, markets: undefined } as unknown as CcxtInput;
    const error = refusal(() => fromCcxt(unsized));
    expect(error.code).toBe("BAD_VALUE");
    expect(error.message).toContain("contractSize");
    expect(error.message).toContain("BTC/USDC:USDC");
    expect(essence(fromCcxt({ ...input, positions: bare } as unknown as CcxtInput))).toEqual(
      essence(book),
    );
  });

  it("answers of two exchanges at once are refused", () => {
    const risk = fixture<Row[]>("binance-position-risk-v2");
    const okx = fixture<{ data: Row[] }>("okx-positions").data;
    const positions = [
      { symbol: BTC, contracts: 1, side: "long", info: risk[0] },
      { symbol: ETH, contracts: 1, side: "long", info: okx[0] },
    ];
    const error = refusal(() =>
      fromCcxt({ positions, wallets: {}, tiers: {} } as unknown as CcxtInput),
    );
    expect(error.message).toContain("binance and okx");
  });
});

const TIERS = [
  {
    minNotional: 0,
    maxNotional: 9.223372036854776e18,
    maintenanceMarginRate: 0.005,
    maxLeverage: 100,
  },
];
const POSITION = {
  symbol: BTC,
  side: "short",
  contracts: 0.25,
  contractSize: 1,
  entryPrice: 61234.5,
  markPrice: 62000,
  leverage: 20,
  marginMode: "cross",
  hedged: false,
};

function plain(position: Row, rest: Row = {}, options?: CcxtOptions): BookDocument {
  const input = {
    positions: [{ ...POSITION, ...position }],
    wallets: { USDT: 1000.5 },
    tiers: { [BTC]: TIERS },
    ...rest,
  };
  return fromCcxt(input as unknown as CcxtInput, options);
}

describe("numbers alone", () => {
  it("are enough for cross positions; a cap of 2^63 − 1 is none", () => {
    const made = plain({});
    expect(made.profile).toBe("default");
    expect(made.markets[0]?.tiers[0]?.maxNotional).toBeNull();
    expect(made.accounts[0]?.positions).toEqual([
      {
        symbol: BTC,
        side: "short",
        contracts: "0.25",
        entryPrice: "61234.5",
        marginMode: "cross",
        leverage: "20",
      },
    ]);
    // 1000.5 − 0.25 · 765.5
    expect(equityOf(made, "USDT")).toBe(80_912_500_000n);
  });

  it("are exact or refused", () => {
    // A float that a sum leaves (0.30000000000000004): as it prints, the cost of a long rounded up.
    const float = { entryPrice: 0.1 + 0.2, markPrice: 0.3, side: "long" };
    expect(plain(float).accounts[0]?.positions?.[0]).toMatchObject({
      entryPrice: "0.3",
      entryNotional: "0.07500001",
    });
    expect(plain({ contracts: 1e-7 }).accounts[0]?.positions?.[0]?.contracts).toBe("0.0000001");
    for (const contracts of [Number.NaN, Number.POSITIVE_INFINITY, "1e3x", 1e25, undefined]) {
      expect(refusal(() => plain({ contracts })).path).toBe("positions[0].contracts");
    }
    expect(refusal(() => plain({}, { wallets: { USDT: 0.1 + 0.2 } })).code).toBe(
      "TOO_MANY_DECIMALS",
    );
  });

  it("do not tell an isolated margin: collateral is never read", () => {
    const isolated = { marginMode: "isolated", collateral: 500 };
    const error = refusal(() => plain(isolated));
    expect(error.path).toBe("positions[0].isolatedMargin");
    expect(error.message).toContain("collateral");
    const given = plain({ ...isolated, isolatedMargin: "765.43125" });
    expect(given.accounts[0]?.positions?.[0]?.isolatedMargin).toBe("765.43125");
  });

  it("do not tell a wallet: total is never read", () => {
    const balances = { info: {}, total: { USDT: 1000 }, free: {}, used: {} };
    const error = refusal(() => plain({}, { wallets: undefined, balances }));
    expect(error.path).toBe("balances.info");
    expect(error.message).toContain("total means another thing");
  });

  it("pass over closed positions and refuse other venues' JSON", () => {
    expect(plain({ contracts: 0 }, { tiers: {} }).accounts[0]?.positions).toEqual([]);
    const rows = fixture("okx-positions");
    expect(refusal(() => plain({}, { positions: rows })).message).toContain(
      "looks like OKX's positions",
    );
  });

  it("find Bybit's rates per cent", () => {
    const tiers = [
      { minNotional: 0, maxNotional: 2e6, maintenanceMarginRate: 0.5, maxLeverage: 100 },
    ];
    const made = plain(
      {},
      { tiers: { [BTC]: tiers } },
      { exchange: "bybit", fees: { taker: 0.00055 } },
    );
    expect(made.markets[0]?.tiers[0]?.maintenanceMarginRate).toBe("0.005");
    expect(refusal(() => plain({}, { tiers: { [BTC]: tiers } })).code).toBe("BAD_TIERS");
  });

  it("check `cum` in the tiers' info", () => {
    const tiers = [
      {
        minNotional: 0,
        maxNotional: 50000,
        maintenanceMarginRate: 0.004,
        maxLeverage: 125,
        info: { cum: "0.0" },
      },
      {
        minNotional: 50000,
        maxNotional: 250000,
        maintenanceMarginRate: 0.005,
        maxLeverage: 100,
        info: { cum: "51" },
      },
    ];
    const error = refusal(() =>
      plain({}, { tiers: { [BTC]: tiers } }, { exchange: "binanceusdm" }),
    );
    for (const part of [BTC, "tier 2", "51", "50"]) expect(error.message).toContain(part);
  });

  it("have marks from fetchFundingRates or prices, and orders", () => {
    const position = { markPrice: undefined };
    expect(
      plain(position, { marks: { [BTC]: { symbol: BTC, markPrice: 61000 } } }).marks[BTC],
    ).toBe("61000");
    expect(plain(position, { marks: { [BTC]: 61000.5 } }).marks[BTC]).toBe("61000.5");
    expect(refusal(() => plain(position)).code).toBe("NO_MARK");
    const orders = [
      {
        id: "7",
        symbol: BTC,
        type: "limit",
        side: "sell",
        amount: 2,
        remaining: 1.5,
        price: 63000,
        reduceOnly: false,
      },
      {
        id: "8",
        symbol: BTC,
        type: "limit",
        side: "sell",
        amount: 2,
        remaining: 2,
        price: 63000,
        triggerPrice: 60000,
      },
    ];
    const expected = { id: "7", symbol: BTC, side: "sell", amount: "1.5", price: "63000" };
    expect(plain({}, { orders }).accounts[0]?.orders).toEqual([expected]);
    const hedged = plain({ hedged: true }, { orders });
    expect(hedged.accounts[0]?.orders).toEqual([{ ...expected, positionSide: "short" }]);
  });
});

const MARKETS: readonly MarketDefinition[] = [
  {
    symbol: BTC,
    settle: "USDT",
    precision: { amount: "0.001", price: "0.1" },
    taker: "0.0005",
    tiers: [
      {
        minNotional: "0",
        maxNotional: "50000",
        maintenanceMarginRate: "0.004",
        maxLeverage: "125",
      },
      { minNotional: "50000", maxNotional: null, maintenanceMarginRate: "0.01", maxLeverage: "50" },
    ],
  },
  {
    symbol: ETH,
    settle: "USDT",
    precision: { amount: "0.01" },
    tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }],
  },
  {
    symbol: COIN,
    settle: "BTC",
    linear: false,
    contractSize: "100",
    precision: { amount: "1" },
    tiers: [{ maintenanceMarginRate: "0.004", maxLeverage: "125" }],
  },
];

function engineOf(hedged: boolean): RiskEngine {
  const engine = new RiskEngine();
  engine.addAsset({ code: "USDT" });
  engine.addAsset({ code: "BTC" });
  for (const market of MARKETS) engine.addMarket(market);
  engine.setMarks({ [BTC]: "50000", [ETH]: "2000", [COIN]: "50000" });
  engine.openAccount("a", { hedged });
  engine.deposit("a", "USDT", "1000000");
  engine.deposit("a", "BTC", "100");
  return engine;
}

/** Through ccxt's shape and JSON into a book and an engine. */
function throughCcxt(engine: RiskEngine): RiskEngine {
  const account = engine.account("a");
  const positions = account
    .positions()
    .map((position) =>
      toCcxtPosition(position, account.scope(position.symbol, position.side).view()),
    );
  const input = { positions, wallets: account.balances(), ...described(MARKETS) };
  const book = fromCcxt(JSON.parse(JSON.stringify(input)) as CcxtInput, { account: "a" });
  return RiskEngine.fromBook(book);
}

describe("toCcxtPosition", () => {
  it("has every field of ccxt's Position, with ccxt's meanings", () => {
    const engine = engineOf(false);
    engine.fill({
      account: "a",
      symbol: BTC,
      side: "buy",
      amount: "2",
      price: "49000",
      marginMode: "isolated",
      leverage: "10",
    });
    engine.fill({
      account: "a",
      symbol: ETH,
      side: "sell",
      amount: "10",
      price: "1990",
      leverage: "5",
    });
    engine.setMarks({ [BTC]: "48000" });
    const account = engine.account("a");
    const view = account.position(BTC);
    const position = toCcxtPosition(view, account.scope(BTC, "long").view());
    expect(Object.keys(position).sort()).toEqual(
      (
        "symbol id info timestamp datetime contracts contractSize side notional leverage unrealizedPnl realizedPnl collateral entryPrice " +
        "markPrice liquidationPrice marginMode hedged maintenanceMargin maintenanceMarginPercentage initialMargin initialMarginPercentage " +
        "marginRatio lastUpdateTimestamp lastPrice stopLossPrice takeProfitPrice percentage"
      )
        .split(" ")
        .sort(),
    );
    expect(position).toMatchObject({
      contracts: 2,
      notional: 96000,
      unrealizedPnl: -2000,
      collateral: 7800,
      initialMargin: 9600,
      initialMarginPercentage: 0.1,
      // 50000 · 0.006 less than 96000 · 0.01
      maintenanceMargin: 660,
      maintenanceMarginPercentage: 0.01,
      marginRatio: 0.08461539,
      leverage: 10,
      marginMode: "isolated",
      hedged: false,
    });
    expect(position.percentage).toBeCloseTo((-2000 / 9600) * 100, 10);
    expect(position.liquidationPrice).toBe(Number(view.liquidationPrice.down));
    expect(position.info.isolatedMargin).toBe("9800");
    const short = toCcxtPosition(account.position(ETH), account.scope(ETH, "short").view());
    expect(short.liquidationPrice).toBe(Number(account.position(ETH).liquidationPrice.up));
    // The whole cross pool; the same for each of its positions.
    expect(short.collateral).toBe(Number(account.scope(ETH, "short").view().equity));
  });

  it("has no liquidation price and no ratio where there are none", () => {
    const engine = engineOf(false);
    engine.fill({
      account: "a",
      symbol: COIN,
      side: "sell",
      amount: "10",
      price: "50000",
      leverage: "1",
    });
    const account = engine.account("a");
    const position = toCcxtPosition(account.position(COIN), account.scope(COIN, "short").view());
    expect(position.liquidationPrice).toBeUndefined();
    engine.setBalance("a", "BTC", "-1");
    const poor = toCcxtPosition(account.position(COIN), account.scope(COIN, "short").view());
    expect(poor.marginRatio).toBeUndefined();
  });

  const fill = fc.record({
    symbol: fc.constantFrom(BTC, ETH, COIN),
    positionSide: fc.constantFrom("long", "short"),
    amount: fc.integer({ min: 1, max: 200 }),
    price: fc.integer({ min: 90, max: 110 }),
    isolated: fc.boolean(),
    leverage: fc.integer({ min: 1, max: 20 }),
  });

  it("comes back through fromCcxt to the last unit", () => {
    fc.assert(
      fc.property(fc.array(fill, { minLength: 1, maxLength: 12 }), (fills) => {
        const engine = engineOf(true);
        for (const { symbol, positionSide, amount, price, isolated, leverage } of fills) {
          const base = symbol === ETH ? 20 : 500;
          try {
            engine.fill({
              account: "a",
              symbol,
              side: positionSide === "long" ? "buy" : "sell",
              positionSide: positionSide as "long" | "short",
              amount: symbol === COIN ? String(amount) : String(amount / 100),
              price: String(price * base + amount / 8),
              marginMode: isolated ? "isolated" : "cross",
              leverage: String(leverage),
            });
          } catch {
            // A mode that contradicts the open position's.
          }
        }
        const again = throughCcxt(engine);
        // Markets come in the order of positions.
        const byName = (a: { symbol: string | null; side: string | null }, b: typeof a): number =>
          `${a.symbol} ${a.side}` < `${b.symbol} ${b.side}` ? -1 : 1;
        const positions = (from: RiskEngine): unknown => from.account("a").positions().sort(byName);
        expect(positions(again)).toEqual(positions(engine));
        const scopes = (from: RiskEngine): unknown =>
          from
            .account("a")
            .scopes()
            .filter(({ initialMargin }) => initialMargin !== "0")
            .sort((a, b) => (a.settle < b.settle ? -1 : a.settle > b.settle ? 1 : byName(a, b)));
        expect(scopes(again)).toEqual(scopes(engine));
      }),
      runs(60),
    );
  });
});
