// Book documents: the same sink calls from text, bytes and objects, however cut and however ordered, and
// every bad input with its place.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BookError, loadBookDocument } from "../../src/book/index.ts";
import { loadBytes } from "../../src/book/load-document.ts";
import { HEADER, MockSink } from "./mock-sink.ts";

const POSITION = {
  symbol: "BTC/USDT:USDT",
  side: "long",
  contracts: "0.5",
  entryPrice: "60000",
  marginMode: "isolated",
  leverage: "20",
  isolatedMargin: "1500",
};

const BOOK = {
  profile: "binance",
  ...HEADER,
  marks: { "BTC/USDT:USDT": "61234.5", "ETH/USDT:USDT": 2500.25 },
  accounts: [
    {
      id: "alice",
      hedged: false,
      balances: { USDT: "1000", USDC: "-0.5" },
      positions: [POSITION],
      stops: [{ kind: "mark" }],
    },
    { id: "__proto__", balances: { USDT: 0 }, positions: [] },
    {
      id: "constructor",
      hedged: true,
      positions: [
        { ...POSITION, side: "short", marginMode: "cross", leverage: null, isolatedMargin: null },
      ],
    },
    { id: "é😀", balances: { USDT: "90071992547.40993001" } },
  ],
};

const create = (profile: ConstructorParameters<typeof MockSink>[0]): MockSink =>
  new MockSink(profile);
const load = (input: string | Uint8Array | object): MockSink => loadBookDocument(input, create);

const CALLS = [
  ["asset", "USDT", 8],
  ["asset", "USDC", 6],
  ["market", "BTC/USDT:USDT", 3, 8],
  ["market", "ETH/USDT:USDT", 2, 2],
  ["mark", 0, 6_123_450_000_000],
  ["mark", 1, 250_025],
  ["account", "alice", false],
  ["balance", 0, 0, 100_000_000_000n],
  ["balance", 0, 1, -500_000n],
  ["position", 0, 0, 500, 6_000_000_000_000, true, 20_000, 150_000_000_000n, undefined],
  ["stop", 0, { kind: "mark" }],
  ["account", "__proto__", false],
  ["balance", 1, 0, 0n],
  ["account", "constructor", true],
  ["position", 2, 0, -500, 6_000_000_000_000, false, 0, 0n, undefined],
  ["account", "é😀", false],
  ["balance", 3, 0, 9_007_199_254_740_993_001n],
];

/** Problems as their message lines. */
function problemsOf(input: string | object): string[] {
  try {
    load(input);
  } catch (error) {
    if (!(error instanceof BookError)) throw error;
    expect(error.code).toBe("BAD_BOOK");
    return error.message.split("\n  ").slice(1);
  }
  return [];
}

describe("loadBookDocument", () => {
  test("text, bytes and object give the same calls", () => {
    const text = JSON.stringify(BOOK, null, 2);
    expect(load(text).calls).toEqual(CALLS);
    expect(load(text).profile).toBe("binance");
    expect(load(new TextEncoder().encode(`\uFEFF${text}`)).calls).toEqual(CALLS);
    expect(load(BOOK).calls).toEqual(CALLS);
  });

  test("bigints of an object are units", () => {
    const accounts = [{ id: "a", balances: { USDT: 5n } }];
    expect(load({ ...BOOK, accounts }).calls.at(-1)).toEqual(["balance", 0, 0, 5n]);
  });

  test("any cut of the bytes gives the same calls", () => {
    const bytes = new TextEncoder().encode(JSON.stringify(BOOK));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = points.slice(1).map((end, index) => bytes.slice(points[index], end));
        expect(loadBytes(() => chunks, create, "b").calls).toEqual(CALLS);
      }),
      { numRuns: 100 },
    );
  });

  test("any order of the keys gives the same calls, and the right profile", () => {
    const keys = ["profile", "assets", "markets", "marks", "accounts"] as const;
    fc.assert(
      fc.property(fc.shuffledSubarray([...keys], { minLength: keys.length }), (order) => {
        const sink = load(JSON.stringify(Object.fromEntries(order.map((key) => [key, BOOK[key]]))));
        expect(sink.calls).toEqual(CALLS);
        expect(sink.profile).toBe("binance");
      }),
      { numRuns: 60 },
    );
  });

  test("whole numbers of a profile are numbers in text as in objects; shares are exact text", () => {
    const profile = {
      markMaxAgeMs: 60_000,
      liquidation: { cooldownMs: 5, backstopBelow: [2, 3], fee: 0.0125 },
    };
    const taken = { ...profile, liquidation: { ...profile.liquidation, fee: "0.0125" } };
    expect(load(JSON.stringify({ ...BOOK, profile })).profile).toEqual(taken);
    expect(load({ ...BOOK, profile }).profile).toEqual(profile);
  });

  test("an empty book is fine", () => {
    expect(load('{"assets":[],"markets":[],"marks":{},"accounts":[]}').calls).toEqual([]);
    expect(load({ assets: [], markets: [], marks: {}, accounts: [] }).profile).toBe("default");
  });

  test("an exact entry notional is passed on", () => {
    const accounts = [
      { id: "a", positions: [{ ...POSITION, side: "short", entryNotional: "-30000.00000001" }] },
    ];
    expect(
      load({ ...BOOK, accounts })
        .calls.at(-1)
        ?.at(-1),
    ).toBe(-3_000_000_000_001n);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["unknown symbol", { symbol: "DOGE" }, '.symbol must be a market of this book (got "DOGE")'],
    [
      "unknown symbol",
      { symbol: "__proto__" },
      '.symbol must be a market of this book (got "__proto__")',
    ],
    [
      "zero price",
      { entryPrice: "0" },
      '.entryPrice must be at least 0.00000001 and at most 90071992.54740991 (got "0")',
    ],
    [
      "negative price",
      { entryPrice: "-1" },
      '.entryPrice must be at least 0.00000001 and at most 90071992.54740991 (got "-1")',
    ],
    [
      "1e999",
      { contracts: "1e999" },
      '.contracts must be a decimal with at most 3 decimals (got "1e999"); ',
    ],
    [
      "0x10",
      { contracts: "0x10" },
      '.contracts must be a decimal with at most 3 decimals (got "0x10"); ',
    ],
    [
      "1,5",
      { contracts: "1,5" },
      '.contracts must be a decimal with at most 3 decimals (got "1,5"); ',
    ],
    ["empty", { contracts: "" }, '.contracts must be a decimal with at most 3 decimals (got ""); '],
    [
      "60 digits",
      { contracts: "9".repeat(60) },
      ".contracts must be a decimal with at most 3 decimals and at most 19 digits",
    ],
    [
      "decimals",
      { contracts: "0.0001" },
      '.contracts must be a decimal with at most 3 decimals (got "0.0001"); ',
    ],
    [
      "2^53",
      { contracts: "9007199254740.992" },
      ".contracts must be at least 0.001 and at most 9007199254740.991",
    ],
    [
      "past 2^53",
      { contracts: "9007199254740993" },
      ".contracts must be at least 0.001 and at most 9007199254740.991",
    ],
    [
      "zero size",
      { contracts: 0 },
      ".contracts must be at least 0.001 and at most 9007199254740.991 (got ",
    ],
    [
      "list",
      { contracts: ["1"] },
      '.contracts must be a decimal with at most 3 decimals (got "[list]")',
    ],
    ["side", { side: "buy" }, '.side must be long or short (got "buy")'],
    ["mode", { marginMode: "crossed" }, '.marginMode must be cross or isolated (got "crossed")'],
    ["margin", { isolatedMargin: undefined }, ".isolatedMargin is missing"],
    [
      "margin",
      { marginMode: "cross" },
      '.isolatedMargin must be absent for a cross position (got "1500")',
    ],
    ["margin", { isolatedMargin: "-92233720368.54775808" }, ".isolatedMargin must be at least -"],
    [
      "leverage",
      { leverage: "0" },
      '.leverage must be at least 0.001 and at most 4294967.295 (got "0")',
    ],
    ["missing", { contracts: undefined }, ".contracts is missing"],
    [
      "misspelt",
      { contracts: undefined, contract: "1" },
      ".contract is no known key; is contracts meant?",
    ],
    [
      "misspelt",
      { isolatedMargin: undefined, isolatedmargin: "1" },
      ".isolatedmargin is no known key; is isolatedMargin meant?",
    ],
  ])("refuses %s: %j", (_, change, message) => {
    const position = { ...POSITION, ...change };
    const book = { ...BOOK, accounts: [{ id: "a", positions: [position] }] };
    for (const input of [book, JSON.stringify(book)]) {
      const problems = problemsOf(input);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`accounts[0].positions[0]${message}`);
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s in an object", (contracts) => {
    const accounts = [{ id: "a", positions: [{ ...POSITION, contracts }] }];
    expect(problemsOf({ ...BOOK, accounts })[0]).toContain(
      "contracts must be a decimal with at most 3 decimals",
    );
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["id", { id: "" }, '.id must be a text of 1 to 128 characters (got "")'],
    ["id", { id: 7 }, ".id must be a text of 1 to 128 characters (got "],
    ["id", { id: "x".repeat(129) }, ".id must be a text of 1 to 128 characters"],
    ["id", { id: undefined }, ".id is missing"],
    ["hedged", { hedged: "yes" }, '.hedged must be true or false (got "yes")'],
    [
      "asset",
      { balances: { EUR: "1" } },
      '.balances["EUR"] is a balance in no asset of this book (got "1")',
    ],
    [
      "balance",
      { balances: { USDT: "1,5" } },
      '.balances["USDT"] must be a decimal with at most 8 decimals (got "1,5")',
    ],
    [
      "balances",
      { balances: [] },
      '.balances must be an object of amounts by asset (got "[list]")',
    ],
    [
      "balances",
      { balances: undefined, balence: {} },
      ".balence is no known key; is balances meant?",
    ],
    ["positions", { positions: {} }, '.positions must be a list (got "[object]")'],
  ])("refuses an account's %s: %j", (_, change, message) => {
    const book = { ...BOOK, accounts: [{ id: "a", balances: {}, ...change }] };
    for (const input of [book, JSON.stringify(book)]) {
      expect(problemsOf(input)).toHaveLength(1);
      expect(problemsOf(input)[0]).toContain(`accounts[0]${message}`);
    }
  });

  test("names file, line and column; finds all problems, lists twenty", () => {
    const text = `{"assets":[{"code":"USDT"}],"markets":[],"marks":{},"accounts":[
  {"id": "é", "balances": {"USDT": 1.123456789}},
  {"id": "é"},
  7
]}`;
    expect(problemsOf(text)).toEqual([
      'book:2:36: accounts[0].balances["USDT"] must be a decimal with at most 8 decimals (got "1.123456789"); it is never rounded silently',
      'book:3:10: accounts[1].id the account exists already (got "é")',
      'book:4:3: accounts[2] must be an object (got "7")',
    ]);
    const accounts = Array.from({ length: 50 }, () => ({}));
    expect(problemsOf(JSON.stringify({ ...BOOK, accounts }))).toHaveLength(21);
    expect(problemsOf(JSON.stringify({ ...BOOK, accounts })).at(-1)).toBe("... and 30 more");
    try {
      load({ ...BOOK, accounts });
    } catch (error) {
      expect((error as BookError).problems).toHaveLength(50);
      expect((error as BookError).problems[3]).toMatchObject({
        code: "BAD_VALUE",
        path: "accounts[3].id",
      });
    }
  });

  test("a refused header is located inside its tiers, and stops there", () => {
    const [btc] = HEADER.markets;
    const tiers = [
      { minNotional: "0", maxNotional: "5", maintenanceMarginRate: "0.01" },
      { minNotional: "6", maxNotional: null, maintenanceMarginRate: "0.02" },
    ];
    const text = JSON.stringify({ ...BOOK, markets: [{ ...btc, tiers }], accounts: [{}] }, null, 1);
    const line = text.split("\n").findIndex((row) => row.includes('"6"'));
    expect(problemsOf(text)[0]).toBe(
      `book:${line}:5: markets[0].tiers[1] tier 2: gap: its floor 6 is not the cap before it, 5`,
    );
    expect(problemsOf(text).some((problem) => problem.includes("accounts"))).toBe(false);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["profile", { profile: "nowhere" }, 'profile is no known profile (got "nowhere")'],
    [
      "asset twice",
      { assets: [{ code: "USDT" }, { code: "USDT" }] },
      'assets[1].code exists already (got "USDT")',
    ],
    [
      "decimals",
      { assets: [{ code: "USDT", decimals: "8" }] },
      "assets[0].decimals must be a whole number from 0 to 18",
    ],
    ["assets", { assets: {} }, "assets must be a list"],
    [
      "mark of nothing",
      { marks: { DOGE: "1" } },
      'marks["DOGE"] is a price for no market of this book (got "1")',
    ],
    [
      "zero mark",
      { marks: { "ETH/USDT:USDT": "0" } },
      'marks["ETH/USDT:USDT"] must be at least 0.01 and at most 90071992547409.91 (got "0")',
    ],
    ["marks", { marks: [] }, 'marks must be an object of prices by symbol (got "[list]")'],
    [
      "settle",
      { markets: [{ ...HEADER.markets[0], settle: "EUR" }] },
      'markets[0].settle must be a known asset (got "EUR")',
    ],
    [
      "linear",
      { markets: [{ ...HEADER.markets[0], linear: 1 }] },
      "markets[0].linear must be true or false",
    ],
    [
      "no tiers",
      { markets: [{ ...HEADER.markets[0], tiers: undefined }] },
      "markets[0].tiers is missing",
    ],
    ["accounts", { accounts: {} }, "accounts must be a list"],
    ["accounts", { accounts: null }, "accounts must be a list"],
  ])("refuses a header's %s", (_, change, message) => {
    for (const input of [{ ...BOOK, ...change }, JSON.stringify({ ...BOOK, ...change })]) {
      expect(problemsOf(input)[0]).toContain(message);
    }
  });

  test.each<[string, string]>([
    ["{}", "book:1:1: assets is missing"],
    [
      '{"assets":[],"markets":[],"marks":{},"acounts":[]}',
      "book:1:1: accounts is missing; found acounts",
    ],
    ["", "book:1:1: not JSON: the document ends where a value was expected"],
    ["[]", "book:1:1: not JSON: a book must be an object"],
    ["7", "book:1:1: not JSON: a book must be an object"],
    ['{"assets":[],"assets":[]', 'book:1:14: the key "assets" stands twice'],
    [
      '{"assets":[{"code":"A","code":"B"}],"markets":[],"accounts":[]}',
      'book:1:24: the key "code" stands twice in one object',
    ],
    [
      '{"assets":[],"markets":[],"marks":{},"accounts":[{"id":"a","id":"b"}]}',
      'the key "id" stands twice in one object',
    ],
  ])("refuses the document %s", (text, message) => {
    expect(problemsOf(text)[0]).toContain(message);
  });

  test("keys that mean nothing here are ignored", () => {
    const text = JSON.stringify({ comment: { deep: [1, { a: 2 }] }, ...BOOK, info: [] });
    expect(load(text).calls).toEqual(CALLS);
  });
});
