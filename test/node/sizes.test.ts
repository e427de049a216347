// What the package adds to a page, minified and gzipped, as esbuild leaves it from dist: budgets that docs/browser.md states, and
// that a program which takes one thing does not get the others.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

interface Bundle {
  readonly text: string;
  readonly bytes: number;
  readonly gzipped: number;
}

async function bundle(contents: string): Promise<Bundle> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  const text = outputFiles[0]?.text ?? "";
  return { text, bytes: text.length, gzipped: gzipSync(text, { level: 9 }).length };
}

interface Budget {
  /** As the table of docs/browser.md names it. */
  readonly name: string;
  readonly program: string;
  /** Most kB (1,000 bytes) gzipped. */
  readonly most: number;
}

// The kernel is 24.9 kB of the first three: deflated already, it hardly shrinks again. Each budget is some 5 % above what was reached.
const BUDGETS: readonly Budget[] = [
  // 44.7: the kernel, its boundary, decimals, loader, inflater and compiling. 45 is the limit that was promised.
  { name: "`underkeel/kernel`", program: 'export * from "./dist/core.js"', most: 45 },
  // 121.3: 83 of accounts, modes, orders, stops, ticks, liquidation, previews, stress tests, snapshots and books. One class with a method for each,
  // so a bundler cannot leave any out; no part of it is above 7 (books, liquidation).
  {
    name: "`RiskEngine`",
    program: 'export { RiskEngine } from "./dist/index.js"',
    most: 128,
  },
  // 125.3: the engine, bracket files, historical shocks.
  { name: "all of `underkeel`", program: 'export * from "./dist/index.js"', most: 132 },
  { name: "`underkeel/charts`", program: 'export * from "./dist/charts.js"', most: 4 },
  { name: "`underkeel/generate`", program: 'export * from "./dist/generate.js"', most: 9 },
  { name: "`underkeel/adapters`", program: 'export * from "./dist/adapters.js"', most: 22 },
];

describe("sizes", () => {
  it.each(BUDGETS)("$name stays within $most kB", async ({ program, most }) => {
    const { gzipped } = await bundle(program);
    expect(gzipped).toBeLessThanOrEqual(most * 1000);
    // A budget far above what is used guards nothing.
    expect(gzipped).toBeGreaterThan(most * 1000 * 0.9);
  });

  it("are what docs/browser.md says", () => {
    const page = readFileSync("docs/browser.md", "utf8");
    const rows = [...page.matchAll(/^\| ([^|]+) \| (\d+) kB \|/gm)];
    const said = rows.map(([, name, most]) => ({ name, most: Number(most) }));
    expect(said).toEqual(BUDGETS.map(({ name, most }) => ({ name, most })));
  });

  it("the single file is what a bundler makes of the entry", async () => {
    const { bytes } = await bundle('export * from "./dist/index.js"');
    const single = readFileSync("dist/underkeel.min.js", "utf8").length;
    expect(Math.abs(single / bytes - 1)).toBeLessThan(0.03);
  });

  it("importing without using anything costs nothing", async () => {
    expect((await bundle('import {} from "./dist/index.js"')).bytes).toBeLessThan(30);
  });

  it("an engine comes without generator, charts, adapters, bracket files and historical shocks", async () => {
    const engine = await bundle('export { RiskEngine } from "./dist/index.js"');
    const marks: Readonly<Record<string, string>> = {
      historicalScenario: "kPEPE=",
      liquidationMapSvg: "prefers-color-scheme",
    };
    const all = await bundle('export * from "./dist/index.js"; export * from "./dist/charts.js"');
    for (const [name, mark] of Object.entries(marks)) {
      expect(all.text, name).toContain(mark);
      expect(engine.text, name).not.toContain(mark);
    }
    const alone = await bundle('export { RiskError, parseDecimal } from "./dist/index.js"');
    // fflate makes its tables as it is loaded, which no bundler may leave out.
    expect(alone.gzipped).toBeLessThan(4_500);
  });
});
