// Pasting: each venue's answers as one copies them, ccxt's structures, books and brackets; and what is said of anything else.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { BookDocument } from "../../src/types.ts";
import { readPasted } from "../../web/check/paste.ts";
import { splitJson } from "../../web/check/pasted-json.ts";
import { emptyState, exampleState } from "../../web/check/samples.ts";
import { fixture } from "../adapters/support.ts";

const { book: current } = emptyState();

function text(...names: string[]): string {
  return names.map((name) => JSON.stringify(fixture(name), null, 2)).join("\n\n");
}

/** The account of a paste, checked to be one that the engine takes. */
function account(pasted: string): { book: BookDocument; source: string; notes: readonly string[] } {
  const read = readPasted(pasted, current);
  if (read.kind !== "account") throw new Error("it is no account");
  RiskEngine.fromBook(read.book);
  return read;
}

function refusal(pasted: string): string {
  try {
    readPasted(pasted, current);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was read");
}

describe("venues' answers", () => {
  it("of Binance, one after another", () => {
    const { book, source, notes } = account(
      text(
        "binance-account-v2",
        "binance-position-risk-v2",
        "binance-brackets",
        "binance-exchange-info",
      ),
    );
    expect(source).toBe("Binance: account, positionRisk, brackets, exchangeInfo");
    expect(book.profile).toBe("binance");
    expect(book.accounts[0]?.balances?.USDT).toBe("4000.12345678");
    expect(notes.join()).toContain("taker fee of 0.0005");
  });

  it("of Binance without brackets: the bundled ones stand in, and it says so", () => {
    const rows = fixture<Record<string, string>[]>("binance-position-risk-v2");
    const bundled = rows.filter(({ symbol }) =>
      ["BTCUSDT", "ETHUSDT", "SOLUSDT"].includes(symbol ?? ""),
    );
    const { book, notes } = account(
      `${text("binance-account-v2")}\n${JSON.stringify(bundled)}`.replaceAll("\n", " "),
    );
    expect(notes[0]).toContain("Binance USD-M leverage brackets as of 2026-05-03 stand in");
    expect(book.markets[0]?.tiers.length).toBeGreaterThan(8);
  });

  it("of Bybit", () => {
    const { book, source } = account(
      text(
        "bybit-positions",
        "bybit-wallet-isolated",
        "bybit-risk-limit",
        "bybit-instruments",
        "bybit-fee-rate",
      ),
    );
    expect(source).toMatch(/^Bybit: positions, wallet, tiers, instruments, fees$/);
    expect(book.accounts[0]?.positions?.length).toBe(3);
  });

  it("of Hyperliquid", () => {
    const { book, source } = account(text("hyperliquid-state", "hyperliquid-meta"));
    expect(source).toBe("Hyperliquid: state, meta");
    expect(book.accounts[0]?.balances).toEqual({ USDC: "5000.25" });
  });

  it("of OKX", () => {
    const { book } = account(
      text(
        "okx-positions",
        "okx-balance",
        "okx-instruments",
        "okx-tiers",
        "okx-trade-fee",
        "okx-config",
      ),
    );
    expect(book.profile).toBe("okx");
  });

  it("of ccxt, in one object, with bundled brackets", () => {
    const position = {
      symbol: "ETH/USDT:USDT",
      side: "short",
      contracts: 2.5,
      contractSize: 1,
      entryPrice: 3900.5,
      markPrice: 3920,
      leverage: 10,
      marginMode: "cross",
    };
    const { book, notes } = account(
      JSON.stringify({ positions: [position], wallets: { USDT: "1000" } }),
    );
    expect(book.accounts[0]?.positions?.[0]).toMatchObject({ contracts: "2.5", side: "short" });
    expect(notes[0]).toContain("stand in");
  });
});

describe("books and brackets", () => {
  it("takes a book as it is, its first account where there are several", () => {
    const { book: example } = exampleState();
    expect(account(JSON.stringify(example)).book).toEqual(example);
    const two = { ...example, accounts: [...example.accounts, { id: "other" }] };
    const { book, notes } = account(JSON.stringify(two));
    expect(book.accounts).toEqual(example.accounts);
    expect(notes).toEqual(["The book holds 2 accounts; this is the first, example."]);
  });

  it("keeps every digit of numbers that a double would round", () => {
    const json = JSON.stringify(exampleState().book).replace('"34000"', "90071992.54740993");
    const { book } = account(json);
    expect(book.accounts[0]?.balances?.USDT).toBe("90071992.54740993");
  });

  it("takes numbers as the text that people edit", () => {
    const { book: example } = exampleState();
    const [own] = example.accounts;
    const numbers = {
      ...example,
      marks: { ...example.marks, "SOL/USDT:USDT": 1e-7 },
      accounts: [{ ...own, balances: { USDT: 34000.5 } }],
    };
    const { book } = account(JSON.stringify(numbers));
    expect(book.marks["SOL/USDT:USDT"]).toBe("0.0000001");
    expect(book.accounts[0]?.balances).toEqual({ USDT: "34000.5" });
    expect(book.accounts[0]?.hedged).toBe(false);
  });

  it("takes bracket files as JSON and CSV, for contracts held and for others", () => {
    const { book: example } = exampleState();
    const tiers = [
      { minNotional: 0, maxNotional: 1_000_000, maintenanceMarginRate: 0.01, maxLeverage: 50 },
    ];
    const read = readPasted(
      JSON.stringify({ "BTC/USDT:USDT": tiers, "PEPE/USDT:USDT": tiers }),
      example,
    );
    if (read.kind !== "brackets") throw new Error("they are no brackets");
    expect(read.book.markets[0]?.tiers).toEqual(tiers);
    expect(read.markets.map(({ definition }) => definition.symbol)).toEqual([
      "BTC/USDT:USDT",
      "PEPE/USDT:USDT",
    ]);
    const csv = "symbol,notional_floor,notional_cap,maint_margin_rate\nX/USDT:USDT,0,,0.01\n";
    expect(readPasted(csv, example)).toMatchObject({ kind: "brackets" });
  });
});

describe("anything else is refused by its place and what was expected", () => {
  it("says what is no JSON, and what is nothing known", () => {
    expect(refusal("")).toBe("there is nothing to read");
    expect(refusal("[{,")).toContain("not JSON");
    expect(refusal('{"hello": 1}')).toContain("found hello");
    expect(refusal("[]")).toContain("may be anything");
    expect(refusal('{"markets": [], "accounts": []}')).toContain("at least one account");
  });

  it("keeps venues apart and names what is missing", () => {
    expect(refusal(text("binance-account-v2", "hyperliquid-state"))).toContain(
      "Binance and Hyperliquid: one venue at a time",
    );
    expect(refusal(text("hyperliquid-state"))).toContain("meta");
    expect(refusal(text("binance-account-v2", "binance-account-v2"))).toContain("once more");
  });
});

describe("texts one after another", () => {
  it("are told apart, whatever stands in their strings", () => {
    expect(splitJson('{"a": "}{"}\n[1, "\\"]"], {"b": []}')).toEqual([
      '{"a": "}{"}',
      '[1, "\\"]"]',
      '{"b": []}',
    ]);
    expect(splitJson("  ")).toEqual([]);
    expect(splitJson('{"a": 1')).toEqual(['{"a": 1']);
  });
});
