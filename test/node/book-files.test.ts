// Books from disk: folders, documents, gzip, standard input; and what goes wrong with files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { BookError } from "../../src/book/index.ts";
import { parseDecimal } from "../../src/decimal.ts";
import { RiskError } from "../../src/errors.ts";
import type { Profile } from "../../src/types.ts";
import { HEADER, MockSink } from "../book/mock-sink.ts";

const ROOT = mkdtempSync(join(tmpdir(), "underkeel-book-"));
afterAll(() => rmSync(ROOT, { recursive: true }));

const FILES = {
  "markets.json": JSON.stringify({ profile: "bybit", ...HEADER }),
  "marks.csv": "symbol,price\nBTC/USDT:USDT,61234.5\nETH/USDT:USDT,2500\n",
  "accounts.csv":
    "account,asset,balance,hedged\nalice,USDT,1000,\nbob,,,true\n__proto__,USDT,-0.5,false\nalice,USDC,1,false\n",
  "positions.csv": `account,symbol,side,contracts,entryPrice,marginMode,leverage,isolatedMargin
alice,BTC/USDT:USDT,long,0.5,60000,isolated,20,1500
alice,ETH/USDT:USDT,short,10.01,2400.5,cross,,
__proto__,BTC/USDT:USDT,short,9007199254740.991,90071992.54740991,cross,2.5,
bob,ETH/USDT:USDT,long,1,1,isolated,,92233720368.54775807
`,
};
type Files = { [name in keyof typeof FILES]: string };

const CALLS = [
  ["asset", "USDT", 8],
  ["asset", "USDC", 6],
  ["market", "BTC/USDT:USDT", 3, 8],
  ["market", "ETH/USDT:USDT", 2, 2],
  ["mark", 0, 6_123_450_000_000],
  ["mark", 1, 250_000],
  ["account", "alice", false],
  ["balance", 0, 0, 100_000_000_000n],
  ["account", "bob", true],
  ["account", "__proto__", false],
  ["balance", 2, 0, -50_000_000n],
  ["balance", 0, 1, 1_000_000n],
  ["position", 0, 0, 500, 6_000_000_000_000, true, 20_000, 150_000_000_000n, undefined],
  ["position", 0, 1, -1001, 240_050, false, 0, 0n, undefined],
  ["position", 2, 0, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, false, 2500, 0n, undefined],
  ["position", 1, 1, 100, 100, true, 0, 2n ** 63n - 1n, undefined],
];

let folders = 0;
/** A folder book; a file whose text is undefined is left out. */
function folder(change: Partial<Record<string, string | Uint8Array | undefined>> = {}): string {
  const path = join(ROOT, `book-${folders++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries({ ...FILES, ...change })) {
    if (content !== undefined) writeFileSync(join(path, name), content);
  }
  return path;
}

const create = (profile: Profile): MockSink => new MockSink(profile);

async function refusal(path: string): Promise<RiskError> {
  try {
    await loadBook(path, create);
  } catch (error) {
    if (error instanceof RiskError) return error;
    throw error;
  }
  throw new Error("the book was accepted");
}

async function problemsOf(change: Partial<Files>): Promise<string[]> {
  const error = await refusal(folder(change));
  expect(error).toBeInstanceOf(BookError);
  return error.message.split("\n  ").slice(1);
}

describe("folder", () => {
  test("loads in the order of its files", async () => {
    const sink = await loadBook(folder(), create);
    expect(sink.profile).toBe("bybit");
    expect(sink.calls).toEqual(CALLS);
  });

  test("gzip by name, CRLF, byte-order marks, missing last line ends and quotes change nothing", async () => {
    const odd = Object.fromEntries(
      Object.entries(FILES).map(([name, text]) => {
        const csv = name.endsWith(".csv");
        const lines = csv
          ? text
              .trimEnd()
              .split("\n")
              .map((line) =>
                line
                  .split(",")
                  .map((field) => `"${field}"`)
                  .join(","),
              )
          : [text];
        return [name, `\uFEFF${lines.join("\r\n")}`];
      }),
    );
    expect((await loadBook(folder(odd), create)).calls).toEqual(CALLS);
    const packed = Object.fromEntries(
      Object.entries(FILES).flatMap(([name, text]) => [
        [name, undefined],
        [`${name}.gz`, gzipSync(text)],
      ]),
    );
    expect((await loadBook(folder(packed), create)).calls).toEqual(CALLS);
    // By its first bytes, whatever its name.
    const unnamed = { "positions.csv": gzipSync(FILES["positions.csv"]) };
    expect((await loadBook(folder(unnamed), create)).calls).toEqual(CALLS);
  });

  test("columns in any order, others ignored, entryNotional optional", async () => {
    const positions = `note,isolatedMargin,leverage,marginMode,entryPrice,contracts,side,symbol,account,entryNotional
"a, b",1500,20,isolated,60000,0.5,long,BTC/USDT:USDT,alice,30000.5
,,,cross,2400.5,10.01,short,ETH/USDT:USDT,alice,
`;
    const sink = await loadBook(folder({ "positions.csv": positions }), create);
    expect(sink.calls.slice(-2)).toEqual([
      [
        "position",
        0,
        0,
        500,
        6_000_000_000_000,
        true,
        20_000,
        150_000_000_000n,
        3_000_050_000_000n,
      ],
      CALLS[13],
    ]);
  });

  test("autoTopUp is a column of isolated positions; their margin may be negative", async () => {
    const header = `${FILES["positions.csv"].split("\n")[0]},autoTopUp\n`;
    const rows = [
      "alice,BTC/USDT:USDT,long,0.5,60000,isolated,20,-0.5,true",
      "bob,ETH/USDT:USDT,short,1,1,isolated,,1,false",
      "alice,ETH/USDT:USDT,long,1,1,cross,,,",
    ];
    const load = (lines: readonly string[]): Promise<MockSink> =>
      loadBook(folder({ "positions.csv": `${header}${lines.join("\n")}\n` }), create);
    const { calls } = await load(rows);
    expect(calls.slice(-4)).toEqual([
      ["position", 0, 0, 500, 6_000_000_000_000, true, 20_000, -50_000_000n, undefined],
      ["topUp", 0, 0, "long"],
      ["position", 1, 1, -100, 100, true, 0, 100_000_000n, undefined],
      ["position", 0, 1, 100, 100, false, 0, 0n, undefined],
    ]);
    const cross = "bob,ETH/USDT:USDT,long,1,1,cross,,,true";
    await expect(load([cross])).rejects.toThrow("2:36: autoTopUp is for isolated positions");
  });

  test("an empty book is fine", async () => {
    const empty = folder({
      "markets.json": '{"assets":[],"markets":[]}',
      "marks.csv": undefined,
      "accounts.csv": "account,asset,balance\n",
      "positions.csv": FILES["positions.csv"].split("\n")[0] as string,
    });
    expect((await loadBook(empty, create)).calls).toEqual([]);
  });

  test("a missing column is named", async () => {
    for (const column of ["side", "isolatedMargin", "account"]) {
      const text = FILES["positions.csv"].replace(column, "other");
      const error = await refusal(folder({ "positions.csv": text }));
      expect(error.code).toBe("MISSING_COLUMN");
      expect(error.message).toContain(`positions.csv:1: the column ${column} is missing`);
    }
    expect((await refusal(folder({ "accounts.csv": "" }))).code).toBe("MISSING_COLUMN");
    const twice = await refusal(folder({ "marks.csv": "symbol,price,price\n" }));
    expect(twice.message).toContain("the header names the column price twice");
  });

  test("a missing file and a doubled file are named", async () => {
    const error = await refusal(folder({ "accounts.csv": undefined }));
    expect([error.code, error.message.includes("no accounts.csv (nor accounts.csv.gz)")]).toEqual([
      "BAD_FILE",
      true,
    ]);
    const both = await refusal(folder({ "marks.csv.gz": gzipSync(FILES["marks.csv"]) }));
    expect([both.code, both.message.includes("both marks.csv and marks.csv.gz")]).toEqual([
      "BAD_FILE",
      true,
    ]);
    expect((await refusal(join(ROOT, "nowhere"))).code).toBe("BAD_FILE");
  });

  const row = (text: string): Promise<string[]> =>
    problemsOf({ "positions.csv": `${FILES["positions.csv"].split("\n")[0]}\n${text}\n` });

  test.each([
    [
      "zoe,BTC/USDT:USDT,long,1,1,cross,,",
      '2:1: account must be an account of accounts.csv (got "zoe")',
    ],
    [
      "constructor,BTC/USDT:USDT,long,1,1,cross,,",
      '2:1: account must be an account of accounts.csv (got "constructor")',
    ],
    ["alice,DOGE,long,1,1,cross,,", '2:7: symbol must be a market of markets.json (got "DOGE")'],
    ["alice,BTC/USDT:USDT,buy,1,1,cross,,", '2:21: side must be long or short (got "buy")'],
    [
      'alice,BTC/USDT:USDT,long,"1,5",1,cross,,',
      '2:26: contracts must be a decimal with at most 3 decimals (got "1,5")',
    ],
    [
      "alice,BTC/USDT:USDT,long,,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "")',
    ],
    [
      "alice,BTC/USDT:USDT,long,NaN,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "NaN")',
    ],
    [
      "alice,BTC/USDT:USDT,long,Infinity,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "Infinity")',
    ],
    [
      "alice,BTC/USDT:USDT,long,1e999,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "1e999")',
    ],
    [
      "alice,BTC/USDT:USDT,long,0x10,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "0x10")',
    ],
    [
      "alice,BTC/USDT:USDT,long, 1,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got " 1")',
    ],
    [
      `alice,BTC/USDT:USDT,long,${"9".repeat(60)},1,cross,,`,
      "2:26: contracts must be a decimal with at most 3 decimals and at most 19 digits",
    ],
    [
      "alice,BTC/USDT:USDT,long,0.0005,1,cross,,",
      '2:26: contracts must be a decimal with at most 3 decimals (got "0.0005")',
    ],
    [
      "alice,BTC/USDT:USDT,long,0,1,cross,,",
      "2:26: contracts must be at least 0.001 and at most 9007199254740.991",
    ],
    [
      "alice,BTC/USDT:USDT,long,-1,1,cross,,",
      "2:26: contracts must be at least 0.001 and at most 9007199254740.991",
    ],
    [
      "alice,BTC/USDT:USDT,long,9007199254740.992,1,cross,,",
      "2:26: contracts must be at least 0.001 and at most 9007199254740.991",
    ],
    [
      "alice,BTC/USDT:USDT,long,1,0,cross,,",
      "2:28: entryPrice must be at least 0.00000001 and at most 90071992.54740991",
    ],
    [
      "alice,BTC/USDT:USDT,long,1,-5,cross,,",
      "2:28: entryPrice must be at least 0.00000001 and at most 90071992.54740991",
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,Cross,,",
      '2:30: marginMode must be cross or isolated (got "Cross")',
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,cross,x,",
      '2:36: leverage must be a decimal with at most 3 decimals (got "x")',
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,cross,,5",
      '2:37: isolatedMargin must be empty for a cross position (got "5")',
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,isolated,,",
      '2:40: isolatedMargin must be a decimal with at most 8 decimals (got "")',
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,isolated,,-92233720368.54775808",
      "2:40: isolatedMargin must be at least -",
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,isolated",
      "2:1: the row must have 8 fields like the header, it has 6",
    ],
    [
      "alice,BTC/USDT:USDT,long,1,1,cross,,\nalice,BTC/USDT:USDT,long,2,1,cross,,",
      '3:7: symbol the account has a position in this market already (got "BTC/USDT:USDT")',
    ],
  ])("refuses the position %s", async (text, message) => {
    const problems = await row(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`positions.csv:${message}`);
  });

  test.each([
    ["alice,EUR,1,", '2:7: asset must be an asset of markets.json (got "EUR")'],
    ["alice,USDT,,", '2:12: balance must be a decimal with at most 8 decimals (got "")'],
    ["alice,,5,", '2:7: asset must be an asset of markets.json (got "")'],
    [",USDT,5,", '2:1: account must be 1 to 128 characters long (got "")'],
    [`${"x".repeat(129)},USDT,5,`, "2:1: account must be 1 to 128 characters long"],
    ["alice,USDT,5,yes", '2:14: hedged must be true or false (got "yes")'],
    [
      "alice,USDT,5,\nalice,USDT,5,",
      '3:7: asset the account has a balance in it already (got "USDT")',
    ],
    [
      "alice,USDT,5,\nalice,USDC,5,true",
      '3:14: hedged must be the same on every row of an account (got "true")',
    ],
    [
      "alice,USDT,92233720368.54775808,",
      "2:12: balance must be at least -92233720368.54775807 and at most 92233720368.54775807",
    ],
  ])("refuses the account row %s", async (text, message) => {
    const header = FILES["positions.csv"].split("\n")[0] as string;
    const problems = await problemsOf({
      "accounts.csv": `account,asset,balance,hedged\n${text}\n`,
      "positions.csv": header,
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`accounts.csv:${message}`);
  });

  test.each([
    ["DOGE,1", '2:1: symbol must be a market of markets.json (got "DOGE")'],
    ["BTC/USDT:USDT,0", "2:15: price must be at least 0.00000001"],
    ["BTC/USDT:USDT,-1", "2:15: price must be at least 0.00000001"],
    ["BTC/USDT:USDT,1\nBTC/USDT:USDT,1", '3:1: symbol has a mark already (got "BTC/USDT:USDT")'],
  ])("refuses the mark %s", async (text, message) => {
    const problems = await problemsOf({ "marks.csv": `symbol,price\n${text}\n` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`marks.csv:${message}`);
  });

  test("bytes that are not UTF-8 are refused", async () => {
    const bytes = Buffer.concat([
      Buffer.from("account,asset,balance\n"),
      Buffer.of(0xff),
      Buffer.from(",USDT,1\n"),
    ]);
    const error = await refusal(folder({ "accounts.csv": bytes }));
    expect(error.message).toContain("accounts.csv:2:1: account must be UTF-8 text");
  });

  test("one bad row among many is found, and every other place too", async () => {
    const header = FILES["positions.csv"].split("\n")[0];
    const ids = Array.from({ length: 50_000 }, (_, index) => `account-${index}`);
    const accounts = `account,asset,balance\n${ids.map((id) => `${id},USDT,5`).join("\n")}\n`;
    const rows = ids.map((id) => `${id},BTC/USDT:USDT,long,0.5,60000,cross,,`);
    rows[33_333] = "account-33333,BTC/USDT:USDT,long,0.5,six,cross,,";
    const bad = folder({ "accounts.csv": accounts, "positions.csv": [header, ...rows].join("\n") });
    const error = await refusal(bad);
    expect((error as BookError).problems).toEqual([
      {
        code: "BAD_VALUE",
        file: "positions.csv",
        line: 33_335,
        column: 38,
        path: "entryPrice",
        value: '"six"',
        message: expect.stringContaining("must be a decimal"),
      },
    ]);
  });
});

describe("gzip", () => {
  test("of many chunks, each read into the same memory, is the file it was", async () => {
    // Digits without a pattern: gzip leaves them above a megabyte, several chunks.
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state;
    };
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `account-${index},USDT,${random()}.${random() % 100_000_000}`,
    );
    const text = `account,asset,balance\n${lines.join("\n")}\n`;
    const packed = gzipSync(text);
    expect(packed.length).toBeGreaterThan(4 * 262_144);
    const header = FILES["positions.csv"].split("\n")[0] as string;
    const plain = await loadBook(folder({ "accounts.csv": text, "positions.csv": header }), create);
    const unpacked = await loadBook(
      folder({ "accounts.csv": undefined, "accounts.csv.gz": packed, "positions.csv": header }),
      create,
    );
    const last = lines.at(-1)?.split(",")[2] as string;
    expect(plain.calls.at(-1)).toEqual(["balance", 99_999, 0, parseDecimal(last, 8, "last")]);
    expect(unpacked.calls).toEqual(plain.calls);
  });

  test("cut short or damaged is a bad file, not a short book", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `account-${i},USDT,${i * 7919}.25,`).join(
      "\n",
    );
    const packed = gzipSync(`account,asset,balance,hedged\n${rows}\n`);
    for (const length of [packed.length - 1, packed.length >> 1, 20, 5]) {
      const error = await refusal(
        folder({ "accounts.csv": undefined, "accounts.csv.gz": packed.subarray(0, length) }),
      );
      expect([error.code, error.path]).toEqual(["BAD_FILE", "accounts.csv.gz"]);
      expect(error.message).toContain("cut short");
    }
    const damaged = Uint8Array.from(packed);
    damaged[packed.length >> 1] = (damaged[packed.length >> 1] as number) ^ 255;
    const error = await refusal(folder({ "accounts.csv": undefined, "accounts.csv.gz": damaged }));
    expect([error.code, error.message.includes("damaged")]).toEqual(["BAD_FILE", true]);
    const plain = await refusal(
      folder({ "accounts.csv": undefined, "accounts.csv.gz": FILES["accounts.csv"] }),
    );
    expect(plain.code).toBe("BAD_FILE");
  });
});

describe("document", () => {
  const accounts = Array.from({ length: 3000 }, (_, index) => ({
    id: `account-${index}`,
    balances: { USDT: `${index}.5` },
  }));
  const document = { profile: "okx", ...HEADER, marks: {}, accounts };

  async function* stream(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  }

  test("file, gzip, standard input, header last: the same book", async () => {
    const text = JSON.stringify(document);
    const late = JSON.stringify({ accounts, ...HEADER, marks: {}, profile: "okx" });
    writeFileSync(join(ROOT, "a.json"), text);
    writeFileSync(join(ROOT, "late.json"), late);
    writeFileSync(join(ROOT, "late.json.gz"), gzipSync(late));
    const expected = await loadBook(join(ROOT, "a.json"), create);
    expect(expected.calls).toHaveLength(4 + 6000);
    for (const name of ["late.json", "late.json.gz"]) {
      const sink = await loadBook(join(ROOT, name), create);
      expect([sink.profile, sink.calls.length]).toEqual(["okx", 6004]);
      expect(sink.calls).toEqual(expected.calls);
    }
    for (const bytes of [Buffer.from(late), gzipSync(late)]) {
      const sink = await loadBook("-", create, { stdin: stream(bytes, 1000) });
      expect(sink.calls).toEqual(expected.calls);
    }
    const trickle = await loadBook("-", create, { stdin: stream(gzipSync(text).subarray(0), 1) });
    expect(trickle.calls).toEqual(expected.calls);
  });

  test("problems name the file, line and column", async () => {
    writeFileSync(
      join(ROOT, "bad.json"),
      '{"assets": [],\n "markets": [],\n "marks": {}, "accounts": [{"id": ""}]}',
    );
    const error = await refusal(join(ROOT, "bad.json"));
    expect(error.message).toContain(
      "bad.json:3:35: accounts[0].id must be a text of 1 to 128 characters",
    );
  });

  test("progress reaches the size of the files", async () => {
    const path = folder();
    const seen: [number, number][] = [];
    await loadBook(path, create, { onProgress: (read, total) => seen.push([read, total]) });
    const total = Object.values(FILES).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(seen.at(-1)).toEqual([total, total]);
    expect(seen).toHaveLength(4);
  });

  test("what the sink throws that is no row's fault passes through", async () => {
    class Full extends MockSink {
      override openAccount(): number {
        throw new RiskError("CAPACITY", "the memory limit is reached");
      }
    }
    await expect(loadBook(folder(), (profile) => new Full(profile))).rejects.toThrow(
      "the memory limit is reached",
    );
    await expect(
      loadBook(folder(), () => {
        throw new TypeError("boom");
      }),
    ).rejects.toThrow(TypeError);
  });
});
