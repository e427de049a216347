// `underkeel import` as its user meets it: files in any order and by pages, a book that the other commands take, exact digits, and
// messages that name the file and what it is.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountReport, BookDocument } from "../../src/types.ts";
import { bundleCli, type CliResult, runCli } from "../support/cli.ts";

const SLOW = 60_000;
const FIXTURES = resolve("test", "adapters", "fixtures");

let folder = "";
let program = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "underkeel-import-"));
  program = await bundleCli();
}, SLOW);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

function fixture(name: string): string {
  return join(FIXTURES, `${name}.json`);
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(fixture(name), "utf8")) as T;
}

/** A file of our own in the folder. */
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const BINANCE = ["account-v2", "position-risk-v2", "brackets", "exchange-info"].map((part) =>
  fixture(`binance-${part}`),
);
const BYBIT = [
  "positions",
  "wallet-isolated",
  "account-info-isolated",
  "risk-limit",
  "instruments",
  "fee-rate",
].map((part) => fixture(`bybit-${part}`));
const OKX = ["positions", "balance", "instruments", "tiers", "config", "trade-fee"].map((part) =>
  fixture(`okx-${part}`),
);
const HYPERLIQUID = ["state", "meta-and-contexts", "open-orders"].map((part) =>
  fixture(`hyperliquid-${part}`),
);

async function imported(args: readonly string[], stdin?: string): Promise<BookDocument> {
  const result = await runCli(["import", ...args], stdin === undefined ? {} : { stdin });
  expect(result.code, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as BookDocument;
}

async function refused(...args: string[]): Promise<CliResult> {
  const result = await runCli(["import", ...args]);
  expect(result.code, result.stdout.slice(0, 200)).toBe(2);
  expect(result.stdout).toBe("");
  return result;
}

describe("import, then check", () => {
  it.each([
    ["binance", BINANCE, 3],
    ["bybit", BYBIT, 3],
    ["okx", OKX, 3],
    ["hyperliquid", HYPERLIQUID, 3],
  ] as const)("%s, files in any order", async (venue, files, positions) => {
    const book = await imported([...files].reverse());
    expect(book).toEqual(await imported(["--from", venue, ...files]));
    const checked = await runCli(["check", "-", "--account", venue, "--json"], {
      stdin: JSON.stringify(book),
    });
    expect(checked.code, checked.stderr).toBe(0);
    const report = JSON.parse(checked.stdout) as AccountReport;
    expect(report.positions).toHaveLength(positions);
  });

  it("tells on standard error what it comes to, beside the data", async () => {
    const { code, stdout, stderr } = await runCli([
      "import",
      ...BINANCE,
      fixture("binance-open-orders"),
    ]);
    expect(code).toBe(0);
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stderr).toContain(
      "Binance, account binance: 3 positions (1 isolated), 3 contracts, 2 orders",
    );
    expect(stderr).toContain("cross: equity 4,183.63 USDT, maintenance 75.56");
    expect(stderr).toContain("isolated ETH/USDT:USDT short: equity 317.42 USDT");
    expect(stderr).toContain("note: order 8389765700003 (STOP_MARKET) is left out");
  });

  it("writes to a file and names the account", async () => {
    const target = join(folder, "book.json");
    const { code, stdout, stderr } = await runCli([
      "import",
      ...HYPERLIQUID,
      "--out",
      target,
      "--account",
      "mine",
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain(target);
    const checked = await runCli(["check", target, "--account", "mine"]);
    expect(checked.stdout).toContain("ETH/USDC:USDC");
  });

  it("takes ccxt's structures in one file with several parts", async () => {
    const position = {
      symbol: "BTC/USDT:USDT",
      side: "long",
      contracts: 0.25,
      contractSize: 1,
      entryPrice: 61234.5,
      markPrice: 62000,
      marginMode: "cross",
    };
    const tiers = {
      "BTC/USDT:USDT": [
        { minNotional: 0, maxNotional: 50000, maintenanceMarginRate: 0.004, maxLeverage: 125 },
      ],
    };
    const bundle = file("ccxt.json", { positions: [position], wallets: { USDT: "1000" }, tiers });
    const book = await imported(["--from", "ccxt", bundle, "--exchange", "binanceusdm"]);
    expect(book.profile).toBe("binance");
    expect(book.accounts[0]?.positions?.[0]?.contracts).toBe("0.25");
  });

  it("has all contracts if asked, and fees from options", async () => {
    const files = BYBIT.filter((path) => !path.includes("fee-rate"));
    const tickers = file("tickers.json", {
      retCode: 0,
      result: { list: [{ symbol: "SOLUSDT", markPrice: "180.5", lastPrice: "180.4" }] },
    });
    const book = await imported([
      ...files,
      tickers,
      "--all-markets",
      "--taker",
      "0.0006",
      "--maker",
      "-0.0001",
    ]);
    expect(book.markets.map(({ symbol }) => symbol)).toContain("SOL/USDT:USDT");
    expect(book.markets[0]).toMatchObject({ taker: "0.0006", maker: "-0.0001" });
  });
});

describe("files", () => {
  it("come from standard input, by part or by pages", async () => {
    const whole = await imported(BINANCE);
    const rest = BINANCE.filter((path) => !path.includes("position-risk"));
    const risk = readFileSync(fixture("binance-position-risk-v2"), "utf8");
    expect(await imported(["positionRisk=-", ...rest], risk)).toEqual(whole);
    const rows = read<unknown[]>("binance-position-risk-v2");
    const pages = [file("page1.json", rows.slice(0, 2)), file("page2.json", rows.slice(2))];
    expect(await imported([...pages, ...rest])).toEqual(whole);
  });

  it("keep every digit of a number", async () => {
    const account = readFileSync(fixture("binance-account-v2"), "utf8");
    const long = account.replaceAll(
      '"crossWalletBalance": "4000.12345678"',
      '"crossWalletBalance": 90071992.54740993',
    );
    expect(long).not.toBe(account);
    const rest = BINANCE.filter((path) => !path.includes("account"));
    const book = await imported([file("long.json", long), ...rest]);
    expect(book.accounts[0]?.balances?.USDT).toBe("90071992.54740993");
  });

  it("that are something else are refused by their name and shape", async () => {
    const foreign = await refused("--from", "binance", ...BINANCE, fixture("bybit-positions"));
    expect(foreign.stderr).toContain("bybit-positions.json: looks like Bybit's positions");
    expect(foreign.stderr).toContain("--from binance takes account, positionRisk");
    const mixed = await refused(...BINANCE, fixture("okx-positions"));
    expect(mixed.stderr).toContain("the files are of Binance and OKX");
    const unknown = await refused("--from", "okx", file("odd.json", { hello: 1 }));
    expect(unknown.stderr).toContain("odd.json: is no answer that is known");
    expect(unknown.stderr).toContain("positions, balance, instruments, tiers");
    const empty = await refused("--from", "okx", file("empty.json", "[]"));
    expect(empty.stderr).toContain("an empty list, which may be anything");
    const bad = await refused(file("bad.json", '{"a": 1,\n "a": 2}'));
    expect(bad.stderr).toContain("bad.json:2:2");
    const twice = await refused(...BINANCE, join(FIXTURES, "binance-account-v3.json"));
    expect(twice.stderr).toContain("more than one file is Binance's account");
    expect((await refused(join(folder, "absent.json"))).stderr).toContain("absent.json");
  });

  it("with a bad value are refused by its place", async () => {
    const rows = read<Record<string, unknown>[]>("binance-position-risk-v2");
    const bad = file("risk.json", [{ ...rows[0], entryPrice: "61.234,5" }, ...rows.slice(1)]);
    const rest = BINANCE.filter((path) => !path.includes("position-risk"));
    const result = await refused(bad, ...rest);
    expect(result.stderr).toContain("positionRisk[0].entryPrice");
    expect(result.stderr).toContain('got "61.234,5"');
    expect(result.stderr).toContain("[BAD_VALUE]");
  });

  it("with finer amounts than the asset's need a word", async () => {
    const balance = read<{ data: { details: Record<string, string>[] }[] }>("okx-balance");
    (balance.data[0]?.details[0] as Record<string, string>).cashBal = "5000.7198332861";
    const files = [
      file("balance.json", balance),
      ...OKX.filter((path) => !path.includes("balance")),
    ];
    const result = await refused(...files);
    expect(result.stderr).toContain("TOO_MANY_DECIMALS");
    expect((await imported([...files, "--round-down"])).accounts[0]?.balances?.USDT).toBe(
      "5000.71983328",
    );
    const fine = await imported([...files, "--decimals", "USDT=10"]);
    expect(fine.accounts[0]?.balances?.USDT).toBe("5000.7198332861");
  });
});

describe("usage", () => {
  it("is explained", async () => {
    expect((await refused()).stderr).toContain("FILES are missing");
    expect((await refused("--from", "binanse", "x.json")).stderr).toContain(
      "did you mean binance?",
    );
    expect((await refused("--decimals", "USDT", "x.json")).stderr).toContain("ASSET=N");
    expect((await refused("--from", "okx", `tickers=${fixture("okx-tiers")}`)).stderr).toContain(
      'no part "tickers"',
    );
    const help = await runCli(["help", "import"]);
    expect(help.stdout).toContain("clearinghouseState");
    expect((await runCli(["help"])).stdout).toContain("import FILES...");
  });

  it("the bundled examples are the fixtures of the tests", () => {
    for (const [example, name] of [
      ["binance/account", "binance-account-v2"],
      ["binance/positionRisk", "binance-position-risk-v2"],
      ["binance/brackets", "binance-brackets"],
      ["binance/exchangeInfo", "binance-exchange-info"],
      ["hyperliquid/state", "hyperliquid-state"],
      ["hyperliquid/meta", "hyperliquid-meta"],
    ]) {
      const shown = JSON.parse(
        readFileSync(resolve("examples", "accounts", `${example}.json`), "utf8"),
      ) as unknown;
      expect(shown).toEqual(read(name ?? ""));
    }
    expect(readdirSync(resolve("examples", "accounts")).sort()).toEqual([
      "README.md",
      "binance",
      "hyperliquid",
    ]);
  });
});
