// Where a kernel may come from (embedded, bytes, modules, responses, URLs), and that everything else is refused by a code that says
// which of the reasons it was. The pages with a real content security policy are in test/e2e/library-csp.test.ts.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { Kernel } from "../../src/kernel.ts";
import { compileKernel, embeddedKernel, type KernelSource } from "../../src/kernel-module.ts";

const BYTES = embeddedKernel();
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** The kernel with another stamp: the last byte of the file is the last of the stamp. */
function otherVersion(): Uint8Array<ArrayBuffer> {
  const bytes = BYTES.slice();
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  return bytes;
}

function answer(body: BodyInit | null, type: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": type } });
}

function dataUrl(bytes: Uint8Array, type: string): string {
  return `data:${type};base64,${btoa(String.fromCharCode(...bytes.subarray(0, 60_000)) + String.fromCharCode(...bytes.subarray(60_000)))}`;
}

async function failure(source: unknown): Promise<RiskError> {
  const error = await compileKernel(source as KernelSource).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RiskError);
  return error as RiskError;
}

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe("compileKernel", () => {
  const sources: readonly (readonly [string, () => KernelSource | Promise<KernelSource>])[] = [
    ["bytes", () => BYTES],
    ["an ArrayBuffer", () => BYTES.buffer],
    ["a module", () => new WebAssembly.Module(BYTES)],
    ["a response that says application/wasm", () => answer(BYTES, "application/wasm")],
    ["a response that says something else", () => answer(BYTES, "application/octet-stream")],
    ["a promise of one", async () => answer(BYTES, "application/wasm")],
    ["a URL", () => new URL(dataUrl(BYTES, "application/wasm"))],
    ["the text of one", () => dataUrl(BYTES, "text/plain")],
  ];
  it.each(sources)("takes %s", async (_, source) => {
    const wasm = await compileKernel(source());
    expect(wasm).toBeInstanceOf(WebAssembly.Module);
    expect(new Kernel({ wasm }).poolCount).toBe(0);
  });

  it("compiles the embedded kernel once", async () => {
    expect(await compileKernel()).toBe(await compileKernel());
  });

  it("refuses what is not this version's kernel", async () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [otherVersion(), /^the kernel is another version's; give the kernel\.wasm of the same/],
      [answer(otherVersion(), "application/wasm"), /another version's/],
      [new WebAssembly.Module(otherVersion()), /another version's/],
      [EMPTY, /^the module is no kernel/],
      [BYTES.subarray(0, 1000), /^these bytes did not compile as a WebAssembly module/],
      [answer(BYTES.subarray(0, 1000), "application/wasm"), /"application\/wasm" did not compile/],
      [answer("<!doctype html>", "text/html"), /^the answer of type "text\/html" did not compile/],
      [answer("", "application/wasm"), /did not compile/],
      [answer("no such file", "text/plain", 404), /^the kernel could not be fetched: status 404/],
      ["https://localhost:1/kernel.wasm", /^the kernel could not be fetched \(got "https:/],
    ];
    for (const [source, message] of cases) {
      const error = await failure(source);
      expect(error.message).toMatch(message);
      expect(error.code).toBe("BAD_KERNEL");
    }
  });

  it("refuses arguments of the wrong kind", async () => {
    for (const source of [7, null, {}, [1]]) {
      await expect(compileKernel(source as unknown as string)).rejects.toThrow(
        "source must be a URL, a Response, bytes or a WebAssembly.Module",
      );
    }
  });
});

describe("a constructor", () => {
  it("takes modules and bytes", () => {
    for (const wasm of [BYTES, BYTES.buffer, new WebAssembly.Module(BYTES)]) {
      expect(new RiskEngine({ kernel: { wasm } }).scan().count).toBe(0);
    }
  });

  it("refuses another kernel, and what must be waited for", () => {
    for (const wasm of [otherVersion(), EMPTY, new WebAssembly.Module(EMPTY), new Uint8Array(3)]) {
      expect(thrownBy(() => new Kernel({ wasm }))).toMatchObject({ code: "BAD_KERNEL" });
    }
    for (const wasm of ["kernel.wasm", Promise.resolve(BYTES), answer(BYTES, "application/wasm")]) {
      const error = thrownBy(() => new Kernel({ wasm: wasm as unknown as Uint8Array }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("await compileKernel(…)");
    }
  });
});
