// The command line as a user meets it: what goes to which stream, exit codes, bad input, and that every
// example in the help texts runs.
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCli, runCli, runShell } from "../support/cli.ts";

const EXAMPLE = resolve("examples", "crash-2025-10-10");
const COMMANDS = ["scan", "check", "compare", "tiers", "generate", "import", "replay", "verify"];
/** Starting Node takes its time on a busy machine. */
const SLOW = 60_000;

let folder = "";
let program = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "underkeel-cli-"));
  program = await bundleCli();
}, SLOW);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

interface BookParts {
  readonly marks?: unknown;
  readonly accounts?: unknown;
}

/** A book of one market; alice is fine at 60,000, bob (isolated) is not. */
function bookText(parts: BookParts = {}): string {
  return JSON.stringify({
    profile: "default",
    assets: [{ code: "USDT", decimals: 8 }],
    markets: [
      {
        symbol: "BTC/USDT:USDT",
        settle: "USDT",
        precision: { amount: "0.001", price: "0.1" },
        taker: "0.0005",
        tiers: [
          {
            minNotional: "0",
            maxNotional: null,
            maintenanceMarginRate: "0.004",
            maxLeverage: "150",
          },
        ],
      },
    ],
    marks: parts.marks ?? { "BTC/USDT:USDT": "60000" },
    accounts: parts.accounts ?? [
      {
        id: "alice",
        balances: { USDT: "1000" },
        positions: [
          {
            symbol: "BTC/USDT:USDT",
            side: "long",
            contracts: "0.1",
            entryPrice: "60000",
            marginMode: "cross",
          },
        ],
      },
      {
        id: "bob",
        balances: { USDT: "5" },
        positions: [
          {
            symbol: "BTC/USDT:USDT",
            side: "short",
            contracts: "0.5",
            entryPrice: "58000",
            marginMode: "isolated",
            leverage: "50",
            isolatedMargin: "1000",
          },
        ],
      },
    ],
  });
}

describe("scan", { timeout: SLOW }, () => {
  it("prints a summary a person can read, without escape codes where no terminal is", async () => {
    const { code, stdout, stderr } = await runCli(["scan", EXAMPLE]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of ["accounts      3,000", "positions     7,", "deepest under", "scopes/s"]) {
      expect(stdout).toContain(word);
    }
    expect(stdout).not.toContain("\u001b");
  });

  it("prints one line per liquidatable scope with --jsonl, its figures to the last unit", async () => {
    const { code, stdout, stderr } = await runCli(["scan", "-", "--jsonl"], { stdin: bookText() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // margin 1000, loss 0.5 * 2000: equity 0; maintenance 30000 * 0.004.
    expect(
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        account: "bob",
        scope: "isolated",
        settle: "USDT",
        symbol: "BTC/USDT:USDT",
        side: "short",
        equity: "0",
        maintenanceMargin: "120",
        clearance: "-120",
        marginRatio: null,
      },
    ]);
  });

  it("gives the folder, its gzipped form and the summary the same count", async () => {
    const lines = (await runCli(["scan", EXAMPLE, "--jsonl"])).stdout.trimEnd().split("\n");
    const plain = join(folder, "plain");
    cpSync(EXAMPLE, plain, { recursive: true });
    for (const name of readdirSync(plain).filter((file) => file.endsWith(".gz"))) {
      writeFileSync(join(plain, name.slice(0, -3)), gunzipSync(readFileSync(join(plain, name))));
      rmSync(join(plain, name));
    }
    expect((await runCli(["scan", plain, "--jsonl"])).stdout.trimEnd().split("\n")).toEqual(lines);
    const summary = JSON.parse((await runCli(["scan", EXAMPLE, "--json", "--top", "3"])).stdout);
    expect(summary.liquidatable.count).toBe(lines.length);
    expect(summary.deepest).toHaveLength(3);
    const first = JSON.parse(lines[0] ?? "");
    expect(Object.keys(summary.deepest[0])).toEqual(Object.keys(first));
    expect(summary.tide.find((row: { move: string }) => row.move === "0%").liquidatable).toBe(
      lines.length,
    );
  });

  it("takes a gzipped document from standard input", async () => {
    const stdin = gzipSync(bookText());
    const { code, stdout } = await runCli(["scan", "-", "--jsonl"], { stdin });
    expect({ code, lines: stdout.trimEnd().split("\n").length }).toEqual({ code: 0, lines: 1 });
  });

  it("exits with 1 on --fail-on liquidatable only, and only where something is", async () => {
    const fine = bookText({ marks: { "BTC/USDT:USDT": "58000" } });
    const codes = [];
    for (const [stdin, ...args] of [
      [bookText()],
      [bookText(), "--fail-on", "liquidatable"],
      [bookText(), "--fail-on", "liquidatable", "--jsonl"],
      [fine, "--fail-on", "liquidatable"],
    ] as [string, ...string[]][]) {
      codes.push((await runCli(["scan", "-", ...args], { stdin })).code);
    }
    expect(codes).toEqual([0, 1, 1, 0]);
  });

  it("scans an empty book: nothing to report", async () => {
    const { code, stdout } = await runCli(["scan", "-"], { stdin: bookText({ accounts: [] }) });
    expect(code).toBe(0);
    expect(stdout).toContain("liquidatable  none");
  });
});

describe("check", { timeout: SLOW }, () => {
  it("prints one account's report with ccxt's names", async () => {
    const args = ["check", "-", "--account", "alice", "--json"];
    const { code, stdout } = await runCli(args, { stdin: bookText() });
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      account: "alice",
      hedged: false,
      scopes: [{ scope: "cross", settle: "USDT", equity: "1000", maintenanceMargin: "24" }],
      positions: [{ symbol: "BTC/USDT:USDT", side: "long", tier: 1 }],
      stops: [],
    });
    const [position] = report.positions;
    expect(position.liquidationPrice.up).toBeNull();
    expect(Number(position.liquidationPrice.down)).toBeCloseTo(50200.80321285, 6);
  });

  it("prints all accounts as a list, as lines and as tables", async () => {
    const stdin = bookText();
    const list = JSON.parse((await runCli(["check", "-", "--json"], { stdin })).stdout);
    expect(list.map((report: { account: string }) => report.account)).toEqual(["alice", "bob"]);
    const lines = (await runCli(["check", "-", "--jsonl"], { stdin })).stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(list);
    const { stdout } = await runCli(["check", "-"], { stdin });
    expect(stdout).toContain("LIQUIDATABLE");
    const empty = bookText({ accounts: [] });
    expect(JSON.parse((await runCli(["check", "-", "--json"], { stdin: empty })).stdout)).toEqual(
      [],
    );
  });

  it("names an account that is not there", async () => {
    const { code, stdout, stderr } = await runCli(["check", "-", "--account", "carol"], {
      stdin: bookText(),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("carol");
  });
});

describe("tiers", { timeout: SLOW }, () => {
  const markets = join(EXAMPLE, "markets.json");

  it("derives maintenance amounts", async () => {
    const { code, stdout } = await runCli([
      "tiers",
      markets,
      "--symbol",
      "BTC/USDT:USDT",
      "--json",
    ]);
    expect(code).toBe(0);
    const tiers = JSON.parse(stdout)["BTC/USDT:USDT"];
    expect(tiers[2]).toEqual({
      tier: 3,
      minNotional: "800000",
      maxNotional: "3000000",
      maintenanceMarginRate: "0.0065",
      maxLeverage: "75",
      maintenanceAmount: "1500",
    });
  });

  it("names what is wrong with every bad contract and prints no table", async () => {
    const tier = { minNotional: 0, maxNotional: 100, maintenanceMarginRate: 0.01, maxLeverage: 20 };
    const bad = {
      "A/USDT:USDT": [tier],
      "B/USDT:USDT": [{ ...tier, minNotional: 5 }],
      "C/USDT:USDT": [tier, { ...tier, minNotional: 200, maxNotional: 300 }],
    };
    const { code, stdout, stderr } = await runCli(["tiers", "-"], { stdin: JSON.stringify(bad) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("2 of 3 contracts are wrong");
    expect(stderr).toContain("B/USDT:USDT");
    expect(stderr).toContain("C/USDT:USDT");
  });

  it("hints at a symbol nearby", async () => {
    const { code, stderr } = await runCli(["tiers", markets, "--symbol", "BTC/USDT:USDC"]);
    expect(code).toBe(2);
    expect(stderr).toContain("BTC/USDT:USDT");
  });
});

describe("generate and verify", { timeout: SLOW }, () => {
  it("writes the same bytes for the same seed, and a book that scans and verifies", async () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const options = ["--accounts", "2000", "--seed", "9", "--hit-rate", "0.2"];
    for (const out of [first, second]) {
      const { code, stdout } = await runCli(["generate", ...options, "--out", out]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    }
    const names = ["accounts.csv", "markets.json", "marks.csv", "positions.csv"];
    expect(readdirSync(first).sort()).toEqual(names);
    for (const name of names) {
      expect(readFileSync(join(first, name), "utf8")).toBe(
        readFileSync(join(second, name), "utf8"),
      );
    }
    const summary = JSON.parse((await runCli(["scan", first, "--json"])).stdout);
    const scopes = summary.scopes.cross + summary.scopes.isolated;
    expect(summary.accounts).toBe(2000);
    expect(summary.liquidatable.count / scopes).toBeGreaterThan(0.17);
    expect(summary.liquidatable.count / scopes).toBeLessThan(0.23);
    const moves = ["--sample", "20", "--move", "-30%", "--shock=+40%", "--json"];
    const { code, stdout } = await runCli(["verify", first, ...moves]);
    const verified = JSON.parse(stdout);
    expect({ code, mismatches: verified.mismatches, pools: verified.pools }).toEqual({
      code: 0,
      mismatches: 0,
      pools: scopes * 3,
    });
  });

  it("replaces a gzipped book by a plain one and leaves no parts behind", async () => {
    const out = join(folder, "twice");
    expect((await runCli(["generate", "--accounts", "3", "--out", out, "--gzip"])).code).toBe(0);
    expect(existsSync(join(out, "positions.csv.gz"))).toBe(true);
    expect((await runCli(["generate", "--accounts", "4", "--out", out])).code).toBe(0);
    const names = ["accounts.csv", "markets.json", "marks.csv", "positions.csv"];
    expect(readdirSync(out).sort()).toEqual(names);
    expect(JSON.parse((await runCli(["scan", out, "--json"])).stdout).accounts).toBe(4);
  });

  it("is calm by default and streams a document without --out", async () => {
    const { stdout } = await runCli(["generate", "--accounts", "500", "--seed", "x"]);
    expect(JSON.parse(stdout).accounts).toHaveLength(500);
    const scanned = await runCli(["scan", "-", "--json"], { stdin: stdout });
    expect(JSON.parse(scanned.stdout).liquidatable.count).toBeLessThan(8);
  });
});

describe("a kernel that is wrong", { timeout: SLOW }, () => {
  it.each([
    ["maintenanceMargin", "figures.maintenanceMargin += 1n"],
    ["listed by the scan", "figures.liquidatable = !figures.liquidatable"],
  ])("is found out by verify, which exits with 3: %s", async (figure, change) => {
    const doctored = await bundleCli(`wrong-${figure.length}`, {
      name: "doctored",
      setup(building) {
        // To the comparison it is all one which side is wrong, and the reference is easier to change.
        building.onLoad({ filter: /reference[/\\]index\.ts$/ }, () => ({
          contents: `export * from "./search.ts";
            import { referencePoolFigures as right } from "./pool.ts";
            export function referencePoolFigures(pool, inclusive) {
              const figures = { ...right(pool, inclusive) };
              ${change};
              return figures;
            }`,
          loader: "js",
          resolveDir: resolve("src", "reference"),
        }));
      },
    });
    try {
      const result = await runCli(
        ["verify", "-", "--sample", "0"],
        { stdin: bookText() },
        doctored,
      );
      expect(result.code).toBe(3);
      expect(result.stdout).toContain("2 pools compared");
      expect(result.stdout).toContain(figure);
      expect(result.stdout).toContain("account alice");
    } finally {
      rmSync(doctored, { force: true });
    }
  });
});

describe("wrong use", { timeout: SLOW, concurrent: true }, () => {
  it.each([
    [["scan"], "BOOK is missing"],
    [["scan", EXAMPLE, "--jsnl"], "did you mean --jsonl?"],
    [["scan", EXAMPLE, "--json", "--jsonl"], "exclude each other"],
    [["scan", EXAMPLE, EXAMPLE], "one BOOK at a time"],
    [["scan", EXAMPLE, "--fail-on", "anything"], "liquidatable"],
    [["scan", EXAMPLE, "--top", "1.5"], "whole number"],
    [["scan", "no-such-book"], "no such file"],
    [["scna", EXAMPLE], "did you mean scan?"],
    [["--json"], "a command comes first"],
    [["help", "chekc"], "did you mean check?"],
    [["generate", "--accounts", "1e3"], "whole number"],
    [["generate", "--hit-rate", "2"], "share from 0 to 1"],
    [["generate", "--gzip"], "--gzip needs --out"],
    [["generate", "--brackets", "no-such-file"], "no-such-file"],
    [["generate", "extra"], "options only"],
    [["verify", EXAMPLE, "--move", "-100%"], "percentage above -100%"],
    [["verify", EXAMPLE, "--move", "ten"], "percentage"],
    [["tiers"], "F is missing"],
    [[], "underkeel COMMAND"],
  ])("exits with 2, says why on standard error and prints no data: %j", async (args, reason) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain("    at ");
  });

  it.each([
    ["not JSON", "{nonsense"],
    ["an unknown symbol", bookText({ marks: { "XRP/USDT:USDT": "1" } })],
    ["a negative price", bookText({ marks: { "BTC/USDT:USDT": "-1" } })],
    ["a price that is no decimal", bookText({ marks: { "BTC/USDT:USDT": "1e999" } })],
    ["a duplicate account", bookText({ accounts: [{ id: "a" }, { id: "a" }] })],
    ["nothing", ""],
  ])("refuses a book with %s", async (_what, stdin) => {
    const { code, stdout, stderr } = await runCli(["scan", "-", "--jsonl"], { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^underkeel: .*\[[A-Z_]+\]\n$/s);
    expect(stderr).not.toContain("    at ");
  });

  it("refuses truncated gzip", async () => {
    const whole = gzipSync(bookText());
    const stdin = whole.subarray(0, whole.length - 20);
    const { code, stdout } = await runCli(["scan", "-", "--jsonl"], { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("help and looks", { timeout: SLOW }, () => {
  it("prints its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("has help for the program and each command on standard output", async () => {
    for (const args of [["help"], ["--help"], ...COMMANDS.map((name) => ["help", name])]) {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("Examples");
    }
    const direct = await runCli(["scan", "--help"]);
    expect(direct.stdout).toBe((await runCli(["help", "scan"])).stdout);
  });

  it("shows only examples that run", async () => {
    const place = join(folder, "examples-run");
    cpSync(resolve("examples"), join(place, "examples"), { recursive: true });
    for (const name of ["", ...COMMANDS]) {
      const { stdout } = await runCli(["help", name].filter((word) => word !== ""));
      const examples = stdout.slice(stdout.indexOf("Examples")).split("\n").slice(1);
      for (const line of examples.map((text) => text.trim()).filter((text) => text !== "")) {
        expect(line).toMatch(/^underkeel /);
        const result = await runShell(line, place);
        expect({ line, code: result.code }).toEqual({ line, code: 0 });
      }
    }
  });

  it("colours only where asked and never against NO_COLOR", async () => {
    const escapeCode = "\u001b[";
    const coloured = await runCli(["help"], { env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain(escapeCode);
    const plain = await runCli(["help"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain(escapeCode);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const child = spawn(process.execPath, [program, "generate", "--accounts", "200000"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
