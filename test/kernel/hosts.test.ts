// Hosts that cannot run the kernel, played by a WebAssembly object of ours: each is told by a code of its own. In this file nothing is
// ever compiled, so the module it tests has no kernel in stock. A real content security policy is in test/e2e/library-csp.test.ts.
import { afterEach, describe, expect, it, vi } from "vitest";
import { compileKernel, embeddedKernel, kernelModule } from "../../src/kernel-module.ts";

const BYTES = embeddedKernel();

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

afterEach(() => vi.unstubAllGlobals());

describe("a host that cannot", () => {
  const { WebAssembly: real } = globalThis;
  const fails = (): never => {
    throw new real.CompileError("not here");
  };

  it("is told by name: no WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const expected = {
      code: "WASM_UNSUPPORTED",
      message: expect.stringContaining("has no WebAssembly"),
    };
    expect(thrownBy(() => kernelModule(undefined))).toMatchObject(expected);
    await expect(compileKernel()).rejects.toMatchObject(expected);
  });

  it("is told by name: compiles nothing", async () => {
    vi.stubGlobal("WebAssembly", {
      ...{ validate: real.validate, compile: async () => fails() },
      Module: class {
        constructor() {
          fails();
        }
      },
    });
    const expected = {
      code: "WASM_BLOCKED",
      message: expect.stringContaining("'wasm-unsafe-eval'"),
    };
    for (const wasm of [undefined, BYTES]) {
      expect(thrownBy(() => kernelModule(wasm))).toMatchObject(expected);
      await expect(compileKernel(wasm)).rejects.toMatchObject(expected);
    }
  });

  it("is told by name: compiles, but not this", async () => {
    let valid = false;
    vi.stubGlobal("WebAssembly", {
      ...{ validate: () => valid, compile: async () => fails() },
      Module: class {
        constructor(bytes: Uint8Array) {
          if (bytes.length > 8) fails();
        }
      },
    });
    const lacks = { code: "WASM_UNSUPPORTED", message: expect.stringContaining("128-bit SIMD") };
    expect(thrownBy(() => kernelModule(undefined))).toMatchObject(lacks);
    await expect(compileKernel()).rejects.toMatchObject(lacks);
    valid = true;
    const message = expect.stringContaining("await compileKernel() first");
    const ahead = { code: "WASM_UNSUPPORTED", message, cause: expect.any(real.CompileError) };
    expect(thrownBy(() => kernelModule(undefined))).toMatchObject(ahead);
  });
});
