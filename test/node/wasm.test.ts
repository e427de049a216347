// The binary itself: what it asks of its host, what it offers, how large it is.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const EXPORTS = [
  "armStop",
  "bankruptcyPrice",
  "checksum",
  "closeStress",
  "createLeg",
  "createPool",
  "createPrice",
  "createStop",
  "createTable",
  "disarmStop",
  "enableTriggers",
  "initialize",
  "jointShock",
  "legFigures",
  "liquidationPrice",
  "locateRows",
  "maxPrice",
  "memory",
  "moveLeg",
  "openStress",
  "poolFigures",
  "prepare",
  "priceMap",
  "queueAllPools",
  "refillTable",
  "removeLeg",
  "removePool",
  "removePrice",
  "removeStop",
  "removeTable",
  "scan",
  "setCollateral",
  "setFloor",
  "setLeg",
  "setMark",
  "setStressed",
  "setTrial",
  "settleFunding",
  "shockBeside",
  "stopBest",
  "stress",
  "takeInTables",
  "tick",
  "trade",
  "tradeRows",
  "trialFigures",
  "wake",
];

describe("the release build", () => {
  const bytes = readFileSync("build/release.wasm");
  const module = new WebAssembly.Module(bytes);

  it("imports nothing", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  it("exports exactly the listed names", () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.sort()).toEqual(EXPORTS);
  });

  it("stays below 64 kB", () => {
    // 21 kB of figures, searches and the screen, 7 kB of funding and trades, 16 kB of triggers, ticks and stops, 6 kB of stress passes, 6 kB of
    // maps with their scopes placed by the screen, 0.6 kB of checksums, 0.5 kB of the deepest.
    expect(bytes.length).toBeLessThan(65_536);
  });

  it("is the one that is embedded and shipped, with a stamp behind it", async () => {
    const { KERNEL_SOURCES } = await import("../../src/generated/kernel-sources.ts");
    const { embeddedKernel } = await import("../../src/kernel-module.ts");
    const shipped = readFileSync("dist/kernel.wasm");
    expect(shipped.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(shipped.length - bytes.length).toBe(20);
    expect(shipped.equals(embeddedKernel())).toBe(true);
    const stamps = WebAssembly.Module.customSections(new WebAssembly.Module(shipped), "underkeel");
    expect(stamps.map((stamp) => Buffer.from(stamp).toString("hex"))).toEqual([KERNEL_SOURCES]);
  });
});

describe("the debug build", () => {
  it("imports only abort", () => {
    const module = new WebAssembly.Module(readFileSync("build/debug.wasm"));
    const imports = WebAssembly.Module.imports(module).map(
      ({ module, name }) => `${module}.${name}`,
    );
    expect(imports).toEqual(["env.abort"]);
  });
});
