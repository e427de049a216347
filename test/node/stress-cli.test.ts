// `underkeel stress` as a user meets it: the tables, JSON and CSV against the engine itself, heat maps in the terminal and as pictures, the margin
// modes, and what it says to wrong input.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBook } from "../../src/book/files.ts";
import { type HeatMap, heatMapLines, heatMapSvg } from "../../src/cli/heat-map.ts";
import { percentText, readShare } from "../../src/cli/shares.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { stressGrid } from "../../src/engine/stress-grid.ts";
import { bundleCli, runCli } from "../support/cli.ts";

const EXAMPLE = resolve("examples", "crash-2025-10-10");
/** Starting Node takes its time on a busy machine. */
const SLOW = 60_000;
const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";

let program = "";
let engine: RiskEngine;
const folder = mkdtempSync(join(tmpdir(), "underkeel-stress-"));
beforeAll(async () => {
  program = await bundleCli();
  engine = (await loadBook(EXAMPLE, (profile) => new RiskEngine({ profile }).bulkSink())).engine;
}, SLOW);
afterAll(() => {
  rmSync(program, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe("underkeel stress", () => {
  it(
    "prints what the engine says, and no colour into a pipe",
    async () => {
      const scenario = `${BTC}=-20%,${ETH}=-30%`;
      const { code, stdout, stderr } = await runCli(["stress", EXAMPLE, "--shock", scenario]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/1 scenario over 3,000 accounts in /);
      const [outcome] = engine.stress([{ shocks: { [BTC]: "-0.2", [ETH]: "-0.3" } }]);
      expect(stdout).toContain(`${BTC} -20%, ${ETH} -30%`);
      expect(stdout).toContain(` ${outcome?.accounts.toLocaleString("en-US")} `);
      expect(stdout).toMatch(/cross +\d+ +\d+ +[\d,.]+ USDT +[\d,.]+ USDT\n +isolated/);
      expect(stdout.match(/\n {4}a\d{7} /g)).toHaveLength(5);
      expect(stdout).not.toContain("\x1b[");
      for (const line of stdout.split("\n")) expect(line).toBe(line.trimEnd());
    },
    SLOW,
  );

  it(
    "moves everything by default, with one line a scenario",
    async () => {
      const { code, stdout } = await runCli(["stress", EXAMPLE]);
      expect(code).toBe(0);
      expect(stdout.trimEnd().split("\n")).toHaveLength(11);
      expect(stdout).toMatch(/all -50% .*\n/);
    },
    SLOW,
  );

  it(
    "prints JSON and CSV with the engine's own figures",
    async () => {
      const args = ["stress", EXAMPLE, "--shock=-10%", "--beta", `${BTC}=+12.5%`];
      const scenarios = [{ all: "-0.1" }, { beta: { of: BTC, shock: "0.125" } }];
      const expected = engine.stress(scenarios, { top: 2 });
      const json = await runCli([...args, "--json", "--top", "2"]);
      const told = JSON.parse(json.stdout).scenarios;
      const names = ["all -10%", `all with ${BTC} +12.5%`];
      expect(told).toEqual(expected.map((one, index) => ({ ...one, name: names[index] })));
      const csv = await runCli([...args, "--csv"]);
      const [head, first] = csv.stdout.split("\n");
      const { cross, isolated } = expected[0]?.settle.USDT ?? {};
      expect(head?.split(",")).toHaveLength(11);
      expect(first).toBe(
        [
          "all -10%",
          expected[0]?.accounts,
          "USDT",
          ...Object.values(cross ?? {}),
          ...Object.values(isolated ?? {}),
        ].join(","),
      );
    },
    SLOW,
  );

  it(
    "reads scenario files and names what is wrong in them by path",
    async () => {
      const file = join(folder, "scenarios.json");
      const scenarios = [{ name: "mine, of course", shocks: { [BTC]: -0.25 } }];
      writeFileSync(file, JSON.stringify({ scenarios }));
      const { stdout } = await runCli(["stress", EXAMPLE, "--scenarios", file, "--csv"]);
      expect(stdout).toMatch(/\n"mine, of course",\d+,USDT,/);
      writeFileSync(file, JSON.stringify([{ shocks: { NOPE: "-0.25" } }]));
      const wrong = await runCli(["stress", EXAMPLE, "--scenarios", file]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('scenarios[0].shocks["NOPE"]');
      expect(wrong.stdout).toBe("");
    },
    SLOW,
  );

  it(
    "knows real crashes",
    async () => {
      const args = ["stress", EXAMPLE, "--historical", "crash-2025-10-10", "--others", "-40%"];
      const { stdout } = await runCli([...args, "--json"]);
      const [outcome] = JSON.parse(stdout).scenarios;
      expect(outcome.name).toBe("crash-2025-10-10");
      expect(outcome.markets[BTC].mark).toBe("84176.8125");
      const unknown = await runCli(["stress", EXAMPLE, "--historical", "covid-2020-03-12"]);
      expect(unknown).toMatchObject({ code: 2, stdout: "" });
      expect(unknown.stderr).toContain("must be one of china-2021-05-19");
    },
    SLOW,
  );

  it(
    "draws a grid in the terminal, as SVG and as a page",
    async () => {
      const svg = join(folder, "map.svg");
      const html = join(folder, "map.html");
      const args = ["stress", EXAMPLE, "--grid", `${BTC},${ETH}`, "--steps", "5"];
      const { code, stdout } = await runCli([...args, "--svg", svg, "--html", html]);
      expect(code).toBe(0);
      expect(stdout.match(/^ +(?:[+-]?\d+%)? \|.{10}\|$/gm)).toHaveLength(5);
      const drawn = readFileSync(svg, "utf8");
      expect(drawn.match(/<title>/g)).toHaveLength(25);
      expect(drawn).not.toMatch(/href|script|NaN/);
      expect(readFileSync(html, "utf8")).toContain(drawn.trim());
      const json = await runCli([...args, "--json", "--range", "-20%..30%"]);
      const document = JSON.parse(json.stdout);
      const axis = { from: "-0.2", to: "0.3", steps: 5 };
      const grid = stressGrid({ x: { symbol: BTC, ...axis }, y: { symbol: ETH, ...axis } });
      expect(document.x).toEqual({ symbol: BTC, shares: grid.x });
      expect(document.scenarios).toEqual(engine.stress(grid.scenarios, { markets: false }));
    },
    SLOW,
  );

  it(
    "compares the margin modes of the whole book",
    async () => {
      const args = ["stress", EXAMPLE, "--shock", "-15%", "--compare-modes"];
      const { stdout } = await runCli([...args, "--json"]);
      const told = JSON.parse(stdout);
      const { scaled, scenarios } = engine.stressModes([{ name: "all -15%", all: "-0.15" }]);
      expect(told).toEqual({ scaled, scenarios });
      const text = await runCli(args);
      expect(text.stdout).toMatch(/as it is +947 .*\n +all cross +\d+ .*\n +all isolated +/);
    },
    SLOW,
  );

  it.each([
    [["--shock", "ten"], "--shock takes a share"],
    [["--shock", "-100%"], "all"],
    [["--shock", `${BTC}=-1%,${BTC}=-2%`], "moves twice"],
    [["--beta", "-10%"], "every part is SYMBOL=MOVE"],
    [["--beta", `${BTC}=-1%,${ETH}=-2%`], "one SYMBOL=MOVE"],
    [["--grid", BTC], "two symbols"],
    [["--grid", `${BTC},${ETH}`, "--range", "-10%"], "--range takes two moves"],
    [["--grid", `${BTC},${ETH}`, "--shock", "-1%"], "makes its own scenarios"],
    [["--svg", "x.svg"], "goes with --grid"],
    [["--others", "-10%"], "goes with --historical"],
    [["--measure", "pain"], "--measure takes"],
    [["--json", "--csv"], "exclude each other"],
    [["--compare-modes", "--csv"], "does not go with --compare-modes"],
    [["--grid", `${BTC},NOPE`], "NOPE"],
  ])(
    "refuses %j",
    async (options, message) => {
      const { code, stdout, stderr } = await runCli(["stress", EXAMPLE, ...options]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
    },
    SLOW,
  );
});

describe("heat maps", () => {
  const map = (values: readonly number[]): HeatMap => ({
    title: "a <title> & more",
    measure: "things",
    x: { name: "x", labels: ["-10%", "0%", "+10%"] },
    y: { name: "y", labels: ["-5%", "0%"] },
    values,
    tell: (value) => `${value} things`,
  });

  it("puts the highest y on top, shades by the square root, and leaves zero empty", () => {
    const lines = heatMapLines(map([0, 1, 4, 16, 0, 100]), false);
    expect(lines.slice(3, 5)).toEqual(["   0% |==  @@|", "  -5% |  ..::|"]);
    const coloured = heatMapLines(map([0, 1, 4, 16, 0, 100]), true);
    expect(coloured[3]).toContain("\x1b[48;5;221m");
  });

  it("stays a picture where all cells are alike, and escapes text", () => {
    for (const value of [0, 7]) {
      const drawn = heatMapSvg(map(Array(6).fill(value)));
      expect(drawn).not.toContain("NaN");
      expect(drawn).toContain("a &#60;title&#62; &#38; more");
    }
    expect(heatMapLines(map(Array(6).fill(0)), false)[3]).toBe("   0% |      |");
  });
});

describe("shares as text", () => {
  it.each([
    ["-0.175", "-17.5%"],
    ["0.1", "+10%"],
    ["-1", "-100%"],
    ["2.5", "+250%"],
    ["0", "0%"],
    ["-0.000001", "-0.0001%"],
  ])("%s is %s and back", (share, text) => {
    expect(percentText(share)).toBe(text);
    expect(Number(readShare(text, text, "shock"))).toBe(Number(share));
  });
});
