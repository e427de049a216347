// Binance: wallets, isolated margins and equities against the venue's own sums in USD-M and COIN-M, the spellings of each version
// of its API, and what must be refused by name.
import { describe, expect, it } from "vitest";
import { type BinanceInput, fromBinance, type ImportOptions } from "../../src/adapters/index.ts";
import { formatDecimal } from "../../src/decimal.ts";
import type { BookDocument } from "../../src/types.ts";
import { equityOf, expectClose, fixture, loaded, refusal, takenIn, units } from "./support.ts";

type Rows = Record<string, unknown>[];
interface Account extends Record<string, unknown> {
  assets: Rows;
  positions: Rows;
}

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";
const PEPE = "1000PEPE/USDT:USDT";

function input(parts: Record<string, unknown> = {}): BinanceInput {
  return {
    account: fixture("binance-account-v2"),
    positionRisk: fixture("binance-position-risk-v2"),
    brackets: fixture("binance-brackets"),
    exchangeInfo: fixture("binance-exchange-info"),
    ...parts,
  } as BinanceInput;
}

function book(parts: Record<string, unknown> = {}, options?: ImportOptions): BookDocument {
  return fromBinance(input(parts), options);
}

function without<T extends object>(rows: readonly T[], ...names: string[]): T[] {
  return rows.map(
    (row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))) as T,
  );
}

describe("a USD-M account", () => {
  it("has the venue's equity, wallet and profit, isolated positions included", () => {
    const account = fixture<Account & Record<string, string>>("binance-account-v2");
    const made = book();
    expectClose(equityOf(made, "USDT"), account.totalMarginBalance as string, 4);
    const [asset] = account.assets as Record<string, string>[];
    expect(made.accounts[0]?.balances).toEqual({ USDT: asset?.crossWalletBalance });
    const cross = units(asset?.crossWalletBalance ?? "") + units(asset?.crossUnPnl ?? "");
    expectClose(equityOf(made, "USDT", "cross"), formatDecimal(cross, 8), 3);
    const { engine, account: id } = loaded(made);
    for (const row of fixture<Record<string, string>[]>("binance-position-risk-v2")) {
      if (Number(row.positionAmt) === 0) continue;
      const symbol = { BTCUSDT: BTC, ETHUSDT: ETH, "1000PEPEUSDT": PEPE }[row.symbol ?? ""] ?? "";
      const position = engine.account(id).position(symbol);
      expect(Number(position.unrealizedPnl)).toBeCloseTo(Number(row.unRealizedProfit), 7);
      expect(Number(position.notional)).toBeCloseTo(Math.abs(Number(row.notional)), 7);
    }
  });

  it("counts maintenance margin as the venue does", () => {
    const { engine, account } = loaded(book());
    const stated = fixture<Record<string, string>[]>("binance-position-risk-v3");
    const symbols = [BTC, ETH, PEPE];
    stated.forEach((row, index) => {
      const position = engine.account(account).position(symbols[index] as string);
      expect(Number(position.maintenanceMargin)).toBeCloseTo(Number(row.maintMargin), 7);
      expect(Number(position.initialMargin)).toBeCloseTo(Number(row.initialMargin), 7);
    });
  });

  it("takes isolatedWallet as margin, not isolatedMargin, which holds profit too", () => {
    const { engine, account } = loaded(book());
    expect(engine.account(account).position(ETH).isolatedMargin).toBe("525.5");
    // Where only isolatedMargin is printed, profit is taken out of it.
    const rows = without(fixture<Rows>("binance-position-risk-v2"), "isolatedWallet");
    expect(book({ positionRisk: rows }).accounts).toEqual(book().accounts);
  });

  it("names contracts, steps and tiers as ccxt does and passes over rows of size 0", () => {
    const made = book();
    expect(made.profile).toBe("binance");
    expect(made.markets.map(({ symbol }) => symbol)).toEqual([BTC, ETH, PEPE]);
    const [btc, , pepe] = made.markets;
    expect(btc?.precision).toEqual({ amount: "0.001", price: "0.1" });
    expect(pepe?.precision).toEqual({ amount: "1", price: "0.0000001" });
    expect(btc?.tiers.at(-1)).toEqual({
      tier: 5,
      minNotional: "12000000",
      maxNotional: null,
      maintenanceMarginRate: "0.02",
      maxLeverage: "25",
      info: { cum: "132000" },
    });
    expect(made.accounts[0]?.positions?.[1]?.autoTopUp).toBe(true);
    expect(takenIn(made).positions?.filter(({ autoTopUp }) => autoTopUp === true)).toHaveLength(1);
    expect(takenIn(made).settings).toEqual(made.accounts[0]?.settings);
  });

  it("has all contracts whose brackets are given, if asked", () => {
    const made = book({ premiumIndex: fixture("binance-premium-index") }, { markets: "all" });
    expect(made.markets.map(({ symbol }) => symbol)).toContain("SOL/USDT:USDT");
    expect(made.marks["SOL/USDT:USDT"]).toBe("180.5");
    expect(made.accounts[0]?.settings?.find(({ symbol }) => symbol.startsWith("SOL"))).toEqual({
      symbol: "SOL/USDT:USDT",
      marginMode: "cross",
      longLeverage: "5",
      shortLeverage: "5",
    });
  });

  it("leaves contracts that nobody holds out where they cannot be read, and tells", () => {
    const brackets = fixture<Rows>("binance-brackets");
    brackets.push({ symbol: "ODDUSDT", brackets: [{ initialLeverage: 10 }] });
    const notes: string[] = [];
    const options: ImportOptions = { markets: "all", onNote: (note) => notes.push(note) };
    const made = book({ brackets, exchangeInfo: undefined }, options);
    expect(made.markets).toHaveLength(4);
    expect(notes).toEqual([expect.stringContaining("ODDUSDT is left out")]);
  });

  it("needs no exchangeInfo for plain names, and refuses others by name", () => {
    const plain = book({ exchangeInfo: undefined });
    expect(plain.markets.map(({ symbol }) => symbol)).toEqual([BTC, ETH, PEPE]);
    // As fine as the sizes are printed.
    expect(plain.markets[0]?.precision.amount).toBe("0.001");
    const rows = fixture<Rows>("binance-position-risk-v2");
    (rows[0] as Record<string, unknown>).symbol = "BTCEUR_W";
    const error = refusal(() => book({ positionRisk: rows, exchangeInfo: undefined }));
    expect(error.code).toBe("UNKNOWN_SYMBOL");
    expect(error.message).toContain("BTCEUR_W");
  });

  it("keeps open limit orders and tells of the others", () => {
    const notes: string[] = [];
    const made = book(
      { openOrders: fixture("binance-open-orders") },
      { onNote: (note) => notes.push(note) },
    );
    expect(made.accounts[0]?.orders).toEqual([
      { id: "8389765700001", symbol: BTC, side: "buy", amount: "0.5", price: "58000" },
      {
        id: "8389765700002",
        symbol: ETH,
        side: "buy",
        amount: "1",
        price: "2900",
        reduceOnly: true,
      },
    ]);
    expect(takenIn(made).orders).toEqual(made.accounts[0]?.orders);
    expect(notes).toEqual([expect.stringContaining("8389765700003 (STOP_MARKET)")]);
  });
});

describe("versions of the API", () => {
  const symbolConfig = fixture("binance-symbol-config");

  it("gives the same account from versions 2 and 3, from balance, and from the account alone", () => {
    const expected = book().accounts[0];
    const v3 = {
      account: fixture("binance-account-v3"),
      positionRisk: fixture("binance-position-risk-v3"),
    };
    const bare = book(v3);
    // Leverage from notional over initial margin; the flag of automatic margin is not printed there.
    expect(bare.accounts[0]?.positions).toEqual(
      expected?.positions?.map(({ autoTopUp: _auto, ...position }) => position),
    );
    const settled = book({ ...v3, symbolConfig });
    expect(settled.accounts[0]?.settings).toEqual(expected?.settings);
    const { assets } = fixture<Account>("binance-account-v2");
    const balance = book({ account: undefined, balance: assets });
    expect(balance.accounts[0]).toEqual(expected);
    const alone = book({ positionRisk: undefined, premiumIndex: fixture("binance-premium-index") });
    expect(equityOf(alone, "USDT")).toBe(equityOf(book(), "USDT"));
  });

  it("needs positionRisk beside the account of version 3, which has no entry prices", () => {
    const error = refusal(() =>
      book({ account: fixture("binance-account-v3"), positionRisk: undefined }),
    );
    expect(error.path).toBe("account.positions[0].entryPrice");
    expect(error.message).toContain("give positionRisk");
  });

  it("needs marks where the positions have none", () => {
    const error = refusal(() => book({ positionRisk: undefined }));
    expect(error.code).toBe("NO_MARK");
    expect(error.message).toContain(BTC);
    expect(error.message).toContain("premiumIndex");
    const marks = { [BTC]: "62000", [ETH]: "3010.2", [PEPE]: "0.0113" };
    expect(book({ positionRisk: undefined }, { marks }).marks[BTC]).toBe("62000");
  });

  it("reads liquidationPrice as nothing whatever it says", () => {
    const rows = fixture<Rows>("binance-position-risk-v2");
    for (const liquidationPrice of ["0", "", "99.5"]) {
      const changed = rows.map((row) => ({ ...row, liquidationPrice }));
      expect(book({ positionRisk: changed })).toEqual(book());
    }
  });
});

describe("hedge mode", () => {
  const base = fixture<Record<string, unknown>[]>("binance-position-risk-v2")[0];
  const long = { ...base, positionSide: "LONG" };
  const short = {
    ...base,
    positionSide: "SHORT",
    positionAmt: "-0.100",
    unRealizedProfit: "-76.55",
  };

  it("holds both legs, and orders with theirs", () => {
    const [order] = fixture<Rows>("binance-open-orders");
    const made = book({
      positionRisk: [long, short],
      openOrders: [{ ...order, positionSide: "LONG" }],
    });
    expect(made.accounts[0]?.hedged).toBe(true);
    expect(made.accounts[0]?.positions?.map(({ side }) => side)).toEqual(["long", "short"]);
    expect(made.accounts[0]?.orders?.[0]?.positionSide).toBe("long");
    const { engine, account } = loaded(made);
    expect(engine.account(account).position(BTC, "short").contracts).toBe("0.1");
  });

  it("is told by positionMode where no leg is open", () => {
    const made = book({ positionRisk: [], positionMode: { dualSidePosition: true } });
    expect(made.accounts[0]?.hedged).toBe(true);
    expect(book({ positionRisk: [] }).accounts[0]?.hedged).toBe(false);
  });

  it("refuses a leg whose size has the other sign, and an order without a leg", () => {
    const error = refusal(() => book({ positionRisk: [{ ...short, positionAmt: "0.1" }] }));
    expect(error.path).toBe("positionRisk[0].positionSide");
    const orders = fixture<Rows>("binance-open-orders").slice(0, 1);
    const legless = refusal(() => book({ positionRisk: [long], openOrders: orders }));
    expect(legless.code).toBe("POSITION_MODE");
  });
});

describe("a COIN-M account", () => {
  const parts = {
    account: fixture("binance-coinm-account"),
    positionRisk: fixture("binance-coinm-position-risk"),
    brackets: fixture("binance-coinm-brackets"),
    exchangeInfo: fixture("binance-coinm-exchange-info"),
  };

  it("has the venue's margin balance of each coin", () => {
    const made = book(parts);
    expect(made.markets.map(({ symbol }) => symbol)).toEqual(["BTC/USD:BTC", "ETH/USD:ETH"]);
    expect(made.markets.map(({ contractSize }) => contractSize)).toEqual(["100", "10"]);
    for (const asset of fixture<Account>("binance-coinm-account").assets as Record<
      string,
      string
    >[]) {
      if (asset.asset === "SOL") continue;
      expectClose(equityOf(made, asset.asset ?? ""), asset.marginBalance ?? "", 3);
    }
  });

  it("takes qtyFloor and qtyCap as coins, which `cum` confirms", () => {
    const made = book(parts);
    expect(made.markets[0]?.tiers[1]).toMatchObject({ minNotional: "5", maxNotional: "10" });
    const brackets = fixture<{ brackets: Record<string, unknown>[] }[]>("binance-coinm-brackets");
    const bracket = brackets[0]?.brackets[3] as Record<string, unknown>;
    // 0.405 = the amount that 20 coins at this step give.
    bracket.cum = Number(bracket.cum) + 0.0001;
    const error = refusal(() => book({ ...parts, brackets }));
    expect(error.code).toBe("BAD_TIERS");
    expect(error.message).toContain("BTC/USD:BTC");
  });

  it("cannot know a contract's size without exchangeInfo", () => {
    const error = refusal(() => book({ ...parts, exchangeInfo: undefined }));
    expect(error.message).toContain("BTCUSD_PERP");
    expect(error.message).toContain("exchangeInfo");
  });
});

describe("what is refused by name", () => {
  it.each([
    ["positionAmt", "1,5"],
    ["positionAmt", "0x10"],
    ["positionAmt", true],
    ["positionAmt", Number.NaN],
    ["entryPrice", "0.0"],
    ["entryPrice", null],
    ["symbol", 5],
    ["marginType", "portfolio"],
    ["positionSide", "UP"],
  ])("positionRisk[0].%s of %s", (name, value) => {
    const rows = fixture<Rows>("binance-position-risk-v2");
    rows[0] = { ...rows[0], [name]: value };
    const error = refusal(() => book({ positionRisk: rows }));
    expect(error.code).toBe("BAD_VALUE");
    expect(error.path).toBe(`positionRisk[0].${name}`);
  });

  it("a `cum` that contradicts its brackets, with symbol, tier and both values", () => {
    const brackets = fixture<{ brackets: Record<string, unknown>[] }[]>("binance-brackets");
    (brackets[0]?.brackets[2] as Record<string, unknown>).cum = 1500.5;
    const error = refusal(() => book({ brackets }));
    expect(error.code).toBe("BAD_TIERS");
    expect(error.message).toContain(BTC);
    expect(error.message).toContain("tier 3");
    expect(error.message).toContain("1500.5");
    expect(error.message).toMatch(/\b1500\b/);
  });

  it("a rate at or above 1 / leverage", () => {
    const brackets = fixture<{ brackets: Record<string, unknown>[] }[]>("binance-brackets");
    (brackets[0]?.brackets[0] as Record<string, unknown>).initialLeverage = 250;
    expect(refusal(() => book({ brackets })).message).toContain("must be below 1 / maxLeverage");
  });

  it("a contract without brackets", () => {
    const brackets = fixture<Rows>("binance-brackets").slice(1);
    const error = refusal(() => book({ brackets }));
    expect(error.code).toBe("BAD_TIERS");
    expect(error.message).toContain(BTC);
  });

  it("amounts finer than the asset, unless rounding down is asked for", () => {
    const account = fixture<Account>("binance-account-v2");
    (account.assets[0] as Record<string, unknown>).crossWalletBalance = "4000.1234567891";
    const error = refusal(() => book({ account }));
    expect(error.code).toBe("TOO_MANY_DECIMALS");
    expect(error.message).toContain("rounding");
    expect(book({ account }, { rounding: "down" }).accounts[0]?.balances?.USDT).toBe(
      "4000.12345678",
    );
    const fine = book({ account }, { decimals: { USDT: 10 } });
    expect(fine.accounts[0]?.balances?.USDT).toBe("4000.1234567891");
    (account.assets[0] as Record<string, unknown>).crossWalletBalance = "-0.000000001";
    // Down is toward minus infinity: a debt never shrinks.
    expect(book({ account }, { rounding: "down" }).accounts[0]?.balances?.USDT).toBe("-0.00000001");
  });

  it("multi-assets mode, unless it is said how coins count", () => {
    const account = { ...fixture<Account>("binance-account-v2"), multiAssetsMargin: true };
    expect(refusal(() => book({ account })).code).toBe("MULTI_ASSET");
    const rows = fixture<Rows>("binance-position-risk-v2").slice(0, 1);
    account.assets.push({ asset: "BTC", crossWalletBalance: "0.10000000" });
    const options: ImportOptions = {
      collateral: {
        BTC: { settle: "USDT", tiers: [{ ratio: "0.95" }] },
        BNB: { settle: "USDT", tiers: [{ ratio: "0.9" }] },
      },
      indexPrices: { BTC: "62000", BNB: "600" },
    };
    const made = book({ account, positionRisk: rows }, options);
    // 4000.12345678 + 191.375 + 0.1 · 62000 · 0.95
    expect(equityOf(made, "USDT")).toBe(1_008_149_845_678n);
    expect(made.indexPrices).toEqual({ BTC: "62000" });
  });

  it("another venue's answers, and answers that failed", () => {
    const foreign = refusal(() => book({ positionRisk: fixture("bybit-positions") }));
    expect(foreign.code).toBe("BAD_VALUE");
    expect(foreign.message).toContain("looks like Bybit's positions");
    const swapped = refusal(() => book({ brackets: fixture("binance-premium-index") }));
    expect(swapped.message).toContain("looks like Binance's premiumIndex");
    const failed = refusal(() => book({ positionRisk: { code: -2015, msg: "Invalid API-key" } }));
    expect(failed.message).toContain("Invalid API-key");
  });

  it("missing inputs", () => {
    expect(refusal(() => book({ account: undefined })).path).toBe("balance");
    expect(refusal(() => book({ account: undefined, positionRisk: undefined })).path).toBe(
      "account",
    );
  });
});

describe("entry prices finer than a book's", () => {
  it("keep their exact notional, rounded up", () => {
    const rows = fixture<Rows>("binance-position-risk-v2").slice(0, 1);
    rows[0] = { ...rows[0], positionAmt: "250", entryPrice: "61234.12345678911" };
    const made = book({ positionRisk: rows });
    // 250 · 61234.12345678911 = 15308530.8641972775
    expect(made.accounts[0]?.positions?.[0]).toMatchObject({
      entryPrice: "61234.12345679",
      entryNotional: "15308530.86419728",
    });
    loaded(made);
  });
});
