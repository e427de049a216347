// `underkeel map` as a process: the chart, CSV, JSON, CoinGlass's shape, pictures on disk, and how it refuses.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

const BOOK = "examples/crash-2025-10-10";
const SYMBOL = "BTC/USDT:USDT";
const folder = mkdtempSync(join(tmpdir(), "underkeel-map-"));
afterAll(() => rmSync(folder, { recursive: true }));

const map = (...args: string[]) => runCli(["map", BOOK, "--market", SYMBOL, ...args]);

describe("underkeel map", () => {
  test("a chart like an order book, and pictures", async () => {
    const svg = join(folder, "map.svg");
    const html = join(folder, "map.html");
    const { code, stdout, stderr } = await map("--svg", svg, "--html", html);
    expect(code).toBe(0);
    expect(stdout).toContain(`Liquidation map of ${SYMBOL}, all other prices still`);
    expect(stdout).toMatch(/102,032\.500 {2}─+ mark/);
    expect(stdout).toContain("cumulative");
    expect(stdout).not.toContain("\x1b");
    expect(stderr).toContain("200 levels in");
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg .*<\/svg>$/s);
    expect(readFileSync(html, "utf8")).toMatch(/^<!doctype html>/);
  });

  test("CSV, JSON and CoinGlass's shape tell the same", async () => {
    const range = ["--range", "-20%..10%", "--levels", "30", "--beta", "0.5"];
    const [csv, json, coinglass] = await Promise.all(
      ["--csv", "--json", "--coinglass"].map((form) => map(...range, form)),
    );
    const [head, ...rows] = (csv?.stdout ?? "").trimEnd().split("\n");
    expect(head).toBe(
      "price,side,scopes,notional,otherNotional,cumulativeScopes,cumulativeNotional,cumulativeOtherNotional",
    );
    const { levels, beta } = JSON.parse(json?.stdout ?? "");
    expect(beta).toBe("0.5");
    expect(levels).toHaveLength(30);
    expect(rows).toHaveLength(30);
    expect(rows[0]).toMatch(new RegExp(`^${levels[0].price},long,${levels[0].scopes},`));
    const { data } = JSON.parse(coinglass?.stdout ?? "").data;
    for (const { price, notional } of levels) {
      expect(data[price]?.[0][1] ?? 0).toBe(Number(notional));
    }
  });

  test.each([
    [["--market", "BTC/USDT"], "no market"],
    [[], "--market is missing"],
    [["--market", SYMBOL, "--range", "10%"], "--range takes two moves"],
    [["--market", SYMBOL, "--range", "-100%..10%"], "a move is a percentage"],
    [["--market", SYMBOL, "--range", "5%..10%"], "from"],
    [["--market", SYMBOL, "--levels", "1001"], "levels"],
    [["--market", SYMBOL, "--csv", "--json"], "exclude each other"],
  ])("%j ends with 2", async (args, message) => {
    const { code, stdout, stderr } = await runCli(["map", BOOK, ...args]);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
