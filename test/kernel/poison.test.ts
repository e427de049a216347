// What a trap does: the instance is dead, every later call says so and gives the cause, other instances live on. The trap
// comes from a hand-made module that has the kernel's exports and whose every function but initialize is `unreachable`.
import { describe, expect, it } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import { embeddedKernel } from "../../src/kernel-module.ts";
import { FIXED_PAGES } from "../../src/layout.ts";

const STAMP_NAME = "underkeel";

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const body = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(body.length), ...body];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function trappingModule(): WebAssembly.Module {
  const real = new WebAssembly.Module(embeddedKernel());
  const [stamp] = WebAssembly.Module.customSections(real, "underkeel");
  const names = WebAssembly.Module.exports(real)
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
  const exported = (name: string, kind: number, index: number): number[] => {
    const letters = [...name].map((letter) => letter.charCodeAt(0));
    return [...unsigned(letters.length), ...letters, kind, ...unsigned(index)];
  };
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One type, () -> i32; JavaScript may pass more arguments than a function takes.
    ...section(1, [[0x60, 0, 1, 0x7f]]),
    ...section(
      3,
      names.map(() => [0]),
    ),
    ...section(5, [[0, FIXED_PAGES]]),
    ...section(7, [
      exported("memory", 2, 0),
      ...names.map((name, index) => exported(name, 0, index)),
    ]),
    ...section(
      10,
      // (i32.const 0), or (unreachable).
      names.map((name) => (name === "initialize" ? [4, 0, 0x41, 0, 0x0b] : [3, 0, 0, 0x0b])),
    ),
    // The stamp by which a kernel is known: section 0, its length, then a name and eight bytes.
    ...[0, 1 + STAMP_NAME.length + 8, STAMP_NAME.length],
    ...[...STAMP_NAME].map((letter) => letter.charCodeAt(0)),
    ...new Uint8Array(stamp as ArrayBuffer),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

function errorOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe("a trap", () => {
  it("poisons the instance for good, with the trap as cause", () => {
    const kernel = new Kernel({ wasm: trappingModule() });
    const first = errorOf(() => kernel.prepare());
    expect(first).toBeInstanceOf(RiskError);
    expect(first).toMatchObject({ code: "POISONED" });
    expect((first as RiskError).cause).toBeInstanceOf(WebAssembly.RuntimeError);
    const calls: readonly (() => unknown)[] = [
      () => kernel.scan(),
      () => kernel.poolFigures(0),
      () => kernel.legFigures(0),
      () => kernel.jointShock(0),
      () => kernel.liquidationPrice(0, 0, "down"),
      () => kernel.createPool(0, 0, 0),
      () => kernel.setMark(0, 1),
      () => kernel.mark(0),
      () => kernel.collateral(0),
      () => kernel.poolCount,
      () => kernel.setInclusive(true),
      () => kernel.copyMarksToTrial(),
      () => kernel.forEachPool(() => undefined),
    ];
    for (const call of calls) {
      const error = errorOf(call);
      expect(error, String(call)).toMatchObject({ code: "POISONED" });
      expect((error as RiskError).cause, String(call)).toBe((first as RiskError).cause);
    }
    expect(new Kernel().poolCount).toBe(0);
  });
});
