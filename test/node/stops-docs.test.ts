// What docs/stops.md shows of the command line is what the command line prints, and the example book has what the page says it has.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/index.ts";
import type { BookDocument, StopView } from "../../src/types.ts";
import { runCli } from "../support/cli.ts";

const PAGE = readFileSync("docs/stops.md", "utf8");
const BOOK = JSON.parse(readFileSync("examples/stops.json", "utf8")) as BookDocument;

const CONSOLE = [...PAGE.matchAll(/```console\n\$ underkeel ([^\n]*)\n([\s\S]*?)```/g)].map(
  ([, args = "", output = ""]) => ({ args, output }),
);

describe("docs/stops.md", () => {
  it("shows the command line", () => {
    expect(CONSOLE.length).toBeGreaterThan(0);
  });

  it.each(CONSOLE)("underkeel $args", { timeout: 60_000 }, async ({ args, output }) => {
    const { code, stdout } = await runCli(args.split(" "));
    expect(code).toBe(0);
    expect(stdout.trimEnd()).toBe(output.trimEnd());
  });
});

describe("examples/stops.json", () => {
  const engine = RiskEngine.fromBook(BOOK);
  const stops = [...engine.accountIds()].flatMap((id) => engine.account(id).stops());
  const seen = (of: (stop: StopView) => string): string[] => [...new Set(stops.map(of))].sort();

  it("has every kind and every verdict", () => {
    expect(seen(({ kind }) => kind)).toEqual([
      "drawdown",
      "entryDeviation",
      "equity",
      "marginLoss",
      "mark",
      "trailing",
    ]);
    expect(seen(({ purpose }) => purpose)).toEqual(["stopLoss", "takeProfit"]);
    expect(seen(({ verdict }) => verdict)).toEqual([
      "armed",
      "beyondLiquidation",
      "contested",
      "immediate",
      "inactive",
      "never",
      "suspended",
    ]);
  });

  it("is the same book when it is written again", () => {
    const again = RiskEngine.fromBook(engine.toBook());
    expect(again.stateHash()).toBe(engine.stateHash());
    for (const id of engine.accountIds()) {
      expect(again.account(id).stops()).toEqual(engine.account(id).stops());
    }
  });

  it("prints verdicts and outcomes as JSON, and in colour where asked", {
    timeout: 60_000,
  }, async () => {
    const args = ["check", "examples/stops.json"];
    const { stdout } = await runCli([...args, "--account", "anna", "--json"]);
    expect(JSON.parse(stdout).stops).toEqual(engine.account("anna").stops());
    const coloured = await runCli(args, { env: { FORCE_COLOR: "1" } });
    const lead = String.fromCharCode(27);
    expect(coloured.stdout).toContain(`${lead}[32marmed`);
    expect(coloured.stdout).toContain(`${lead}[31mbeyond liquidation, latest 58182.74`);
    expect(coloured.stdout).toContain(`${lead}[33mcontested: others -5.02 %`);
  });
});
