// `underkeel replay --liquidate` as a user meets it: who is liquidated, what is told of it, that prices move where they are said to, that the
// same run gives the same, and what is refused.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCli, runCli } from "../support/cli.ts";

const SLOW = 60_000;
const SYMBOL = "BTC/USDT:USDT";
/** 2025-10-10T21:00Z. */
const START = 1_760_130_000_000;

let folder = "";
let program = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "underkeel-liquidate-"));
  program = await bundleCli();
  writeFileSync(join(folder, "book.json"), JSON.stringify(book()));
  writeFileSync(
    join(folder, "tape.csv"),
    `ts_ms,symbol,open,high,low,close\n${START},BTC,1000,1000,935,940\n${START + 60_000},BTC,940,945,930,940\n`,
  );
}, SLOW);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

/** alice falls at 940; bob only if the price goes below 920; carol is on the other side. */
function book(): object {
  const position = { symbol: SYMBOL, side: "long", entryPrice: "1000", marginMode: "cross" };
  return {
    assets: [{ code: "USDT" }],
    markets: [
      {
        symbol: SYMBOL,
        settle: "USDT",
        precision: { amount: "0.001" },
        priceDecimals: 2,
        tiers: [{ maintenanceMarginRate: "0.01" }],
      },
    ],
    marks: { [SYMBOL]: "1000" },
    accounts: [
      { id: "alice", balances: { USDT: "700" }, positions: [{ ...position, contracts: "10" }] },
      { id: "bob", balances: { USDT: "89" }, positions: [{ ...position, contracts: "1" }] },
      {
        id: "carol",
        balances: { USDT: "5000" },
        positions: [{ ...position, side: "short", contracts: "3" }],
      },
    ],
  };
}

function run(...more: string[]) {
  const at = (name: string): string => join(folder, name);
  return runCli(["replay", at("book.json"), "--tape", at("tape.csv"), ...more]);
}

describe("replay --liquidate", () => {
  it("liquidates what goes under, tells each step, and the report adds up", async () => {
    const { stdout, code } = await run(
      "--liquidate",
      "full",
      "--json",
      "--audit",
      "--policy",
      '{"leftover":"fund"}',
    );
    expect(code).toBe(0);
    const { liquidation } = JSON.parse(stdout);
    // At 935 alice has 50 left of 93.5.
    expect(liquidation).toMatchObject({
      policy: { method: "full", leftover: "fund" },
      impact: null,
      outcomes: { stands: 0, closed: 1, pending: 0 },
      accounts: 1,
      steps: { market: 1 },
      notional: { USDT: "9350" },
      realizedPnl: { USDT: "-650" },
      fund: { before: { USDT: "0" }, received: { USDT: "50" }, paid: {}, after: { USDT: "50" } },
      uncovered: {},
      underInTheEnd: 0,
      impactTicks: 0,
      audits: 9,
    });
  });

  it("moves prices where an impact is stated: one falls by the other's close", async () => {
    const { stdout } = await run("--liquidate", "full", "--impact-depth", "4000", "--jsonl");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const closed = lines.filter(({ type }) => type === "positionLiquidated");
    // 9,350 closed against 4,000 a percent: 2.3 % below 935 is below 920.
    expect(closed.map(({ account, barStage }) => [account, barStage])).toEqual([
      ["alice", "second"],
      ["bob", "impact"],
    ]);
    // An event's own fields stay what they are.
    const started = lines.filter(({ type }) => type === "liquidationStarted");
    expect(started.map(({ stage }) => stage)).toEqual(["market", "market"]);
    const again = await run("--liquidate", "full", "--impact-depth", "4000", "--jsonl");
    expect(again.stdout).toBe(stdout);
    const report = await run("--liquidate", "full", "--impact-depth", "4000");
    expect(report.stdout).toMatch(/cascade +2 ticks made by liquidations, 2 waves at most/);
    expect(report.stdout).toMatch(/Notional liquidated/);
  });

  it("liquidates again what stood and went under before a tick could tell of its recovery", async () => {
    const path = join(folder, "on.csv");
    writeFileSync(path, `ts_ms,symbol,open,high,low,close\n${START},BTC,935,935,930,930\n`);
    const { stdout } = await runCli([
      "replay",
      join(folder, "book.json"),
      "--tape",
      path,
      "--extremes",
      "low-first",
      "--liquidate",
      "coverShortage",
      "--jsonl",
    ]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ended = lines.filter(({ type }) => type === "liquidationEnded");
    expect(ended.map(({ account, barStage, outcome }) => [account, barStage, outcome])).toEqual([
      ["alice", "open", "stands"],
      ["alice", "first", "stands"],
    ]);
    // Once under water, once up again: in between nothing changed that a tick tells.
    const told = lines.filter(({ type }) => type === "liquidatable" || type === "recovered");
    expect(told.map(({ type }) => type)).toEqual(["liquidatable", "recovered"]);
  });

  it("draws it: bars of what was closed, the price, the fund; nothing where nothing was", async () => {
    const path = join(folder, "cascade.svg");
    const { code, stderr } = await run("--liquidate", "full", "--svg", path, "--summary");
    expect([code, stderr]).toEqual([0, `${path} written\n`]);
    const svg = readFileSync(path, "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 1200 720"/);
    expect(svg).toContain("longs liquidated: 9.35K USDT");
    expect(svg).toContain("price of BTC/USDT:USDT");
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href/);
    const none = join(folder, "none.svg");
    const calm = await run("--liquidate", "full", "--svg", none, "--limit", "1");
    expect(calm.stderr).toMatch(/nothing was liquidated; .*none.svg is not written/);
    expect(existsSync(none)).toBe(false);
  });

  it("refuses what it does not understand", async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const { stderr, code } = await run(...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused("--liquidate", "half")).toMatch(/--liquidate is one of profile, ladder/);
    expect(await refused("--policy", "{}")).toMatch(/--policy goes with --liquidate/);
    expect(await refused("--audit")).toMatch(/--audit goes with --liquidate/);
    expect(await refused("--liquidate", "full", "--policy", "[]")).toMatch(/takes a JSON object/);
    expect(await refused("--liquidate", "full", "--policy", '{"fees":1}')).toMatch(/policy.fees/);
    expect(await refused("--liquidate", "full", "--insurance", "USDT")).toMatch(/ASSET=AMOUNT/);
    expect(await refused("--liquidate", "full", "--insurance", "X=1")).toMatch(/unknown asset/);
    expect(await refused("--liquidate", "full", "--impact-half-life", "3")).toMatch(
      /--impact-depth/,
    );
    expect(await refused("--liquidate", "full", "--verify")).toMatch(/use --audit/);
  });
});
