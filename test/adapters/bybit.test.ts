// Bybit: one wallet for everything, the account's margin mode, rates per cent or as fractions, and pairs of legs.
import { describe, expect, it } from "vitest";
import { type BybitInput, fromBybit, type ImportOptions } from "../../src/adapters/index.ts";
import type { BookDocument } from "../../src/types.ts";
import { equityOf, expectClose, fixture, loaded, refusal, takenIn } from "./support.ts";

type Row = Record<string, unknown>;
interface Answer {
  result: { list: Row[] };
}

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";

function input(parts: Row = {}): BybitInput {
  return {
    positions: fixture("bybit-positions"),
    wallet: fixture("bybit-wallet-isolated"),
    accountInfo: fixture("bybit-account-info-isolated"),
    tiers: fixture("bybit-risk-limit"),
    instruments: fixture("bybit-instruments"),
    fees: fixture("bybit-fee-rate"),
    ...parts,
  } as unknown as BybitInput;
}

function book(parts: Row = {}, options?: ImportOptions): BookDocument {
  return fromBybit(input(parts), options);
}

function changed(name: string, index: number, change: Row): Answer {
  const answer = fixture<Answer>(name);
  answer.result.list[index] = { ...answer.result.list[index], ...change };
  return answer;
}

function walletRow(name: string): { coin: Record<string, string>[] } {
  return fixture<Answer>(name).result.list[0] as unknown as { coin: Record<string, string>[] };
}

describe("a unified account in isolated mode", () => {
  it("has the venue's equity; the wallet is what its isolated positions do not hold", () => {
    const made = book();
    const [usdt] = walletRow("bybit-wallet-isolated").coin;
    expectClose(equityOf(made, "USDT"), usdt?.equity ?? "", 5);
    // 20000.5 − 3050.12345678 − 1450.5 − 488.12
    expect(made.accounts[0]?.balances).toEqual({ USDT: "15011.75654322" });
    expect(equityOf(made, "USDT", "cross")).toBe(1_501_175_654_322n);
    expect(made.profile).toBe("bybit");
  });

  it("knows the mode from account/info or from the wallet, where tradeMode is always 0", () => {
    const modes = (made: BookDocument): unknown =>
      made.accounts[0]?.positions?.map(({ marginMode }) => marginMode);
    expect(modes(book())).toEqual(["isolated", "isolated", "isolated"]);
    expect(book({ accountInfo: undefined })).toEqual(book());
    const wallet = changed("bybit-wallet-isolated", 0, { accountIMRate: "0.1" });
    expect(modes(book({ accountInfo: undefined, wallet }))).toEqual(["cross", "cross", "cross"]);
    const info = { result: { marginMode: "PORTFOLIO_MARGIN", unifiedMarginStatus: 4 } };
    expect(refusal(() => book({ accountInfo: info })).path).toBe("accountInfo.marginMode");
  });

  it("holds pairs of legs, and passes over empty rows (side and price empty)", () => {
    const { engine, account } = loaded(book());
    const view = engine.account(account);
    expect(view.hedged).toBe(true);
    expect(view.position(ETH, "long").contracts).toBe("10");
    expect(view.position(ETH, "short").contracts).toBe("4");
    expect(view.position(BTC, "long").isolatedMargin).toBe("3050.12345678");
    expect(view.positions()).toHaveLength(3);
  });

  it("refuses a leg on the wrong index", () => {
    const positions = changed("bybit-positions", 2, { positionIdx: 1 });
    const error = refusal(() => book({ positions }));
    expect(error.path).toBe("positions[2].positionIdx");
  });

  it("keeps an entry price with nine decimals exact", () => {
    // 10 · 2900.123456789
    expect(book().accounts[0]?.positions?.[1]).toMatchObject({
      entryPrice: "2900.12345679",
      entryNotional: "29001.23456789",
    });
  });

  it("gives orders their leg, and one-way orders beside pairs the leg they open", () => {
    const notes: string[] = [];
    const orders = fixture<Answer>("bybit-orders");
    const [first] = orders.result.list;
    const opening = { ...first, orderId: "f2", symbol: "BTCUSDT", positionIdx: 0, side: "Sell" };
    orders.result.list.push(opening, { ...opening, orderId: "f3", reduceOnly: true });
    const made = book({ orders }, { onNote: (note) => notes.push(note) });
    expect(made.accounts[0]?.orders).toEqual([
      { id: "f1a1", symbol: ETH, side: "buy", amount: "1.5", price: "2800", positionSide: "long" },
      { id: "f2", symbol: BTC, side: "sell", amount: "1.5", price: "2800", positionSide: "short" },
      {
        id: "f3",
        symbol: BTC,
        side: "sell",
        amount: "1.5",
        price: "2800",
        positionSide: "long",
        reduceOnly: true,
      },
    ]);
    expect(takenIn(made).orders).toEqual(made.accounts[0]?.orders);
    expect(notes.join()).toContain("f1a2");
  });
});

describe("rates of tiers", () => {
  const tiersOf = (symbol: string): unknown =>
    book({ tickers: tickers() }, { markets: "all" }).markets.find(
      (market) => market.symbol === symbol,
    )?.tiers;
  const tickers = (): Answer => ({
    result: { list: [{ symbol: "SOLUSDT", markPrice: "180.5", lastPrice: "1" }] },
  });

  it("come per cent or as fractions, as text or as numbers", () => {
    expect(tiersOf(ETH)).toMatchObject([
      { minNotional: "0", maxNotional: "900000", maintenanceMarginRate: "0.005" },
      {
        minNotional: "900000",
        maxNotional: "1800000",
        maintenanceMarginRate: "0.01",
        info: { mmDeduction: "4500" },
      },
    ]);
    expect(tiersOf(BTC)).toMatchObject([
      { maintenanceMarginRate: "0.005" },
      { maintenanceMarginRate: "0.0056" },
      { maintenanceMarginRate: "0.0062" },
    ]);
    expect(tiersOf("SOL/USDT:USDT")).toMatchObject([{ maintenanceMarginRate: "0.01" }]);
  });

  it("are refused at 1 / maxLeverage, whichever way they are read", () => {
    for (const change of [
      { maintenanceMargin: "0.01" },
      { maintenanceMargin: "1" },
      { maintenanceMargin: "0.005", initialMargin: "0.05" },
    ]) {
      const error = refusal(() => book({ tiers: changed("bybit-risk-limit", 0, change) }));
      expect(error.code).toBe("BAD_TIERS");
      expect(error.message).toContain(BTC);
      expect(error.message).toContain("tier 1");
    }
  });

  it("are checked against mmDeduction, with symbol, tier and both values", () => {
    const error = refusal(() =>
      book({ tiers: changed("bybit-risk-limit", 4, { mmDeduction: "4501" }) }),
    );
    expect(error.code).toBe("BAD_TIERS");
    expect(error.message).toContain(ETH);
    expect(error.message).toContain("tier 2");
    expect(error.message).toContain("4501");
    expect(error.message).toContain("4500");
  });

  it("may stand in any order", () => {
    const tiers = fixture<Answer>("bybit-risk-limit");
    tiers.result.list.reverse();
    expect(book({ tiers })).toEqual(book());
  });
});

describe("a classic inverse account", () => {
  const parts = {
    positions: fixture("bybit-inverse-positions"),
    wallet: fixture("bybit-inverse-wallet"),
    tiers: fixture("bybit-inverse-risk-limit"),
    accountInfo: undefined,
    instruments: undefined,
    fees: undefined,
  };
  const options: ImportOptions = { fees: { taker: "0.00055" } };

  it("has the venue's equity of each coin, isolated by tradeMode 1", () => {
    const made = book(parts, options);
    expect(made.markets.map(({ symbol }) => symbol)).toEqual(["BTC/USD:BTC", "ETH/USD:ETH"]);
    for (const coin of walletRow("bybit-inverse-wallet").coin) {
      expectClose(equityOf(made, coin.coin ?? ""), coin.equity ?? "", 3);
    }
    expect(made.accounts[0]?.positions?.map(({ marginMode }) => marginMode)).toEqual([
      "isolated",
      "cross",
    ]);
    // 0.05 − 0.00139186
    expect(made.accounts[0]?.balances?.BTC).toBe("0.04860814");
  });

  it("needs a taker fee, for the fee to close is in the requirement", () => {
    const error = refusal(() => book(parts));
    expect(error.path).toBe("fees");
    expect(error.message).toContain("BTC/USD:BTC");
  });
});

describe("envelopes and refusals", () => {
  it("takes the answer, its result, its list, or pages", () => {
    const answer = fixture<Answer>("bybit-positions");
    const { list } = answer.result;
    for (const positions of [answer.result, list]) expect(book({ positions })).toEqual(book());
    const page = (rows: Row[]): unknown => ({ retCode: 0, retMsg: "OK", result: { list: rows } });
    expect(book({ positions: [page(list.slice(0, 1)), page(list.slice(1))] })).toEqual(book());
    // As a reader that keeps numbers as text leaves it.
    expect(book({ positions: { ...answer, retCode: "0" } })).toEqual(book());
  });

  it("refuses failed answers, other venues' and missing ones", () => {
    const failed = { retCode: 10003, retMsg: "API key is invalid.", result: {} };
    expect(refusal(() => book({ wallet: failed })).message).toContain("API key is invalid.");
    const foreign = refusal(() => book({ wallet: fixture("okx-balance") }));
    expect(foreign.message).toContain("looks like OKX's balance");
    expect(refusal(() => book({ tiers: undefined })).message).toContain("risk-limit");
  });

  it.each([
    ["size", "-1"],
    ["size", ""],
    ["side", "None"],
    ["avgPrice", "0"],
    ["positionBalance", ""],
    ["positionIdx", 3],
    ["leverage", "ten"],
  ])("refuses a row whose %s is %j", (name, value) => {
    const error = refusal(() =>
      book({ positions: changed("bybit-positions", 0, { [name]: value }) }),
    );
    expect(error.code).toBe("BAD_VALUE");
    expect(error.path).toBe(`positions[0].${name}`);
  });

  it("tells of coins that it counts as no collateral", () => {
    const notes: string[] = [];
    const wallet = fixture<{ result: { list: { coin: Row[] }[] } }>("bybit-wallet-isolated");
    wallet.result.list[0]?.coin.push({ coin: "BTC", walletBalance: "0.1234567891" });
    const made = book({ wallet }, { onNote: (note) => notes.push(note) });
    expect(notes.join()).toContain("BTC");
    expect(made.assets.find(({ code }) => code === "BTC")?.decimals).toBe(10);
    loaded(made);
  });
});
