// The package as npm delivers it, used from Node: every entry point is there and loads, they share their classes, nothing of the
// tests is inside, and nothing else is needed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked, type Scratch } from "../support/packed.ts";

const MANIFEST = JSON.parse(readFileSync("package.json", "utf8"));

const PROGRAM = `import { BookError, RiskEngine, RiskError } from "underkeel";
import { RiskError as OfAdapters } from "underkeel/adapters";
import { liquidationMapSvg } from "underkeel/charts";
import { generateBook, standardMarkets } from "underkeel/generate";
import { Kernel, RiskError as OfKernel } from "underkeel/kernel";
import { RiskEngine as OfSingle } from "underkeel/min";
import { BookError as OfNode, loadBook } from "underkeel/node";
import { referencePoolFigures } from "underkeel/reference";
const functions = [liquidationMapSvg, generateBook, standardMarkets, loadBook, referencePoolFigures];
const engines = [new RiskEngine(), new OfSingle(), new Kernel()];
console.log(JSON.stringify([
  RiskError === OfAdapters, RiskError === OfKernel, BookError === OfNode,
  functions.every((one) => typeof one === "function"), engines.length,
]));`;

describe("the packed package", () => {
  let scratch: Scratch;
  beforeAll(() => {
    scratch = installPacked();
  });
  afterAll(() => scratch?.remove());

  it("has every file that its manifest names, and nothing of the tests", () => {
    const exported: readonly (string | Record<string, string>)[] = Object.values(MANIFEST.exports);
    const targets = exported.flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    const named = [...targets, MANIFEST.unpkg, MANIFEST.jsdelivr, `./${MANIFEST.bin.underkeel}`];
    const files = scratch.files.map((file) => `./${file.replaceAll("\\", "/")}`);
    expect(named.filter((target) => !files.includes(target))).toEqual([]);
    expect(files.filter((file) => /debug|\btest|\/src\//.test(file))).toEqual([]);
    expect(MANIFEST.dependencies).toBeUndefined();
  });

  it("loads from every entry point, with one class for each kind of error", () => {
    const program = scratch.write("program.mjs", PROGRAM);
    const told = execFileSync(process.execPath, [program], { encoding: "utf8" });
    expect(JSON.parse(told)).toEqual([true, true, true, true, 3]);
  });
});
