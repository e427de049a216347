// `underkeel compare` as a user meets it: the table within eighty columns, its marks and colours, the JSON, the choice of an account, and
// what it says to wrong shocks.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { AccountDefinition, BookDocument } from "../../src/types.ts";
import { bundleCli, runCli } from "../support/cli.ts";

const EXAMPLE = resolve("examples", "crash-2025-10-10");
/** Starting Node takes its time on a busy machine. */
const SLOW = 60_000;
const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";

let program = "";
beforeAll(async () => {
  program = await bundleCli();
}, SLOW);
afterAll(() => rmSync(program, { force: true }));

const TIERS = [{ maintenanceMarginRate: "0.005", maxLeverage: "100" }];

/** BTC is over-levered, ETH healthy on its own. */
const SICK: AccountDefinition = {
  id: "sick",
  balances: { USDT: "3500" },
  positions: [
    {
      symbol: BTC,
      side: "long",
      contracts: "1",
      entryPrice: "50000",
      marginMode: "cross",
      leverage: "25",
    },
    {
      symbol: ETH,
      side: "long",
      contracts: "1",
      entryPrice: "2000",
      marginMode: "cross",
      leverage: "2",
    },
  ],
};

function book(accounts: readonly AccountDefinition[]): BookDocument {
  const market = (symbol: string) => ({
    symbol,
    settle: "USDT",
    precision: { amount: "0.001" },
    tiers: TIERS,
  });
  return {
    assets: [{ code: "USDT" }],
    markets: [market(BTC), market(ETH)],
    marks: { [BTC]: "50000", [ETH]: "2000" },
    accounts,
  };
}

function compare(accounts: readonly AccountDefinition[], ...args: string[]) {
  return runCli(["compare", "-", ...args], { stdin: JSON.stringify(book(accounts)) });
}

describe("compare", { timeout: SLOW }, () => {
  it("prints three columns within eighty, and says who is pulled down and who is held up", async () => {
    const { code, stdout, stderr } = await compare(
      [SICK],
      "--shock",
      "8%",
      "--shock",
      `${BTC}=-5%`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toBe("sick: equity 3,500.00 USDT, 2 positions");
    const row = (label: string): string[] =>
      (lines.find((line) => line.startsWith(`  ${label}`)) ?? "")
        .slice(label.length + 2)
        .trim()
        .split(/ {2,}/);
    expect(row("BTC/USDT long cross")).toEqual(["↓46,743 6.5 %", "↓46,743 6.5 %", "↓48,241 3.5 %"]);
    expect(row("aground if all moves")).toEqual(["6.3 %", "6.3 %", "3.5 %"]);
    expect(row("isolated margins")).toEqual(["0.00", "0.00", "3,000.00"]);
    expect(row("no shock")).toEqual(["3,500.00", "3,500.00", "3,500.00"]);
    expect(row("8 % against everything")).toEqual(["0.00 ✗1!1", "0.00 ✗1!1", "1,340.00 ✗1"]);
    expect(row("BTC/USDT -5 % alone")).toEqual(["1,000.00 +1", "1,000.00 +1", "1,500.00 ✗1"]);
    expect(stdout).toContain("all cross at 8 %: ETH/USDT long\n");
    expect(stdout).toContain("all cross at BTC/USDT -5 % alone: BTC/USDT long\n");
    expect(stdout).not.toContain("\u001b");
  });

  it("prints what the engine's comparison says with --json", async () => {
    const { code, stdout } = await compare(
      [SICK],
      "--json",
      "--shock",
      "12.5%",
      "--shock",
      `${BTC}=+150%,${ETH}=-0.2`,
    );
    expect(code).toBe(0);
    const shocks = ["0.125", { [BTC]: "1.5", [ETH]: "-0.2" }];
    const comparison = RiskEngine.fromBook(book([SICK])).compareModes("sick", { shocks });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(comparison)));
  });

  it("takes the account asked for, else the first with several positions, else the first with any, else the first", async () => {
    const one = { ...SICK, id: "one", positions: SICK.positions?.slice(0, 1) ?? [] };
    const none = { id: "none", balances: { USDT: "5" } };
    const heading = async (...input: Parameters<typeof compare>): Promise<string | undefined> =>
      (await compare(...input)).stdout.split("\n")[0];
    expect(await heading([none, one, SICK])).toMatch(/^sick: .* 2 positions$/);
    expect(await heading([none, one])).toMatch(/^one: .* 1 position$/);
    expect(await heading([none])).toBe(
      "none: equity 5.0000 USDT; no positions, so all modes are one",
    );
    expect(await heading([none, one, SICK], "--account", "one")).toMatch(/^one: /);
    const missing = await compare([none], "--account", "carol");
    expect({ code: missing.code, stdout: missing.stdout }).toEqual({ code: 2, stdout: "" });
    expect(missing.stderr).toContain("carol");
    const empty = await compare([]);
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain("no accounts");
  });

  it("tells where the wallet is too small to isolate everything", async () => {
    const { stdout } = await compare([{ ...SICK, balances: { USDT: "1500" } }]);
    expect(stdout).toContain("the wallet is short of initial margins");
    expect((await compare([SICK])).stdout).not.toContain("short of initial margins");
  });

  it("shows both sides of the argument on the bundled book, in colour only where asked", async () => {
    const args = ["compare", EXAMPLE, "--account", "a0000903"];
    const { stdout } = await runCli(args, { env: { FORCE_COLOR: "1" } });
    expect(stdout).toContain("\u001b[");
    expect(stdout).toContain("SOL/USDT short");
    const plain = await runCli(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b");
    expect(plain.stdout).toMatch(
      /30 % against everything +0\.0000 ✗2!1 +0\.0000 ✗1!1 +27\.\d+ ✗2\n/,
    );
  });
});

describe("wrong shocks", { timeout: SLOW, concurrent: true }, () => {
  it.each([
    [["--shock", "ten"], "a share such as 10%"],
    [["--shock", "5"], "between 0% and 100%"],
    [["--shock", "-5%"], "between 0% and 100%"],
    [["--shock", "0%"], "between 0% and 100%"],
    [["--shock", "=5%"], "SYMBOL=MOVE"],
    [["--shock", `${BTC}=-5%,${BTC}=5%`], "moves twice"],
    [["--shock", `${BTC}=`], "a share such as 10%"],
    [["--shock", `${BTC}=-100%`], "OUT_OF_RANGE"],
    [["--shock", "XRP/USDT:USDT=-5%"], "UNKNOWN_SYMBOL"],
    [["--shock", "0.00001%"], "TOO_MANY_DECIMALS"],
    [["--shok", "5%"], "did you mean --shock?"],
  ])("%j", async (args, reason) => {
    const { code, stdout, stderr } = await compare([SICK], ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain("    at ");
  });
});
