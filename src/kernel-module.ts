// From bytes, a response or the embedded text to the compiled kernel, and which of the reasons it was when that cannot be: a
// content security policy, a host without the WebAssembly it takes, or something that is not the kernel of this version.
import { inflateSync } from "fflate/browser";
import { RiskError } from "./errors.ts";
import { KERNEL_SOURCES } from "./generated/kernel-sources.ts";
import { KERNEL_BYTES, KERNEL_DEFLATED_BASE64 } from "./generated/kernel-wasm.ts";

/** A kernel compiled already, or the bytes of one. */
export type KernelBinary = WebAssembly.Module | Uint8Array | ArrayBuffer;

/** What {@link compileKernel} makes a kernel of; a string or URL is fetched. */
export type KernelSource = KernelBinary | Response | URL | string;

const OTHER_KERNEL = "give the kernel.wasm of the same version of the package";

/** The embedded build, once somebody has asked for it. */
let embedded: WebAssembly.Module | undefined;

/** The release build that the package carries, byte for byte its kernel.wasm. */
export function embeddedKernel(): Uint8Array<ArrayBuffer> {
  const binary = atob(KERNEL_DEFLATED_BASE64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return inflateSync(bytes, { out: new Uint8Array(KERNEL_BYTES) });
}

/** The module for a constructor, which cannot wait. */
export function kernelModule(wasm: KernelBinary | undefined): WebAssembly.Module {
  requireWebAssembly();
  if (wasm instanceof WebAssembly.Module) return requireKernel(wasm);
  if (wasm !== undefined && !isBytes(wasm)) {
    throw new TypeError(
      "kernel.wasm must be a WebAssembly.Module or its bytes; await compileKernel(…) makes one of a URL or a Response",
    );
  }
  if (wasm === undefined && embedded !== undefined) return embedded;
  const bytes = wasm ?? embeddedKernel();
  let compiled: WebAssembly.Module;
  try {
    compiled = new WebAssembly.Module(bytes as BufferSource);
  } catch (cause) {
    throw wasm === undefined ? notHere(cause, "await compileKernel() first") : notCompiled(cause);
  }
  if (wasm !== undefined) return requireKernel(compiled);
  embedded = compiled;
  return compiled;
}

/**
 * Compiles a kernel without holding up the page: the embedded one (once; engines made later start from it at once), or one that is
 * fetched, streaming where the server says application/wasm. The module can be posted to workers.
 *
 * @throws RiskError WASM_BLOCKED where a content security policy forbids it, WASM_UNSUPPORTED where the host has not what it takes,
 * BAD_KERNEL where the source cannot be fetched or is not the kernel of this version
 * @example
 * import { compileKernel, RiskEngine } from "underkeel";
 * // In a page: await compileKernel(new URL("kernel.wasm", location.href))
 * const wasm = await compileKernel();
 * const engine = new RiskEngine({ kernel: { wasm } });
 * engine.scan().count; // => 0
 */
export async function compileKernel(
  source?: KernelSource | PromiseLike<KernelSource>,
): Promise<WebAssembly.Module> {
  requireWebAssembly();
  if (source === undefined) {
    try {
      embedded ??= await WebAssembly.compile(embeddedKernel());
      return embedded;
    } catch (cause) {
      throw notHere(cause);
    }
  }
  const given = await source;
  if (given instanceof WebAssembly.Module) return requireKernel(given);
  if (isBytes(given)) return requireKernel(await compileGiven(() => WebAssembly.compile(given)));
  if (typeof Response === "function" && given instanceof Response) return fromResponse(given);
  if (typeof given === "string" || given instanceof URL) return fromResponse(await fetched(given));
  throw new TypeError("source must be a URL, a Response, bytes or a WebAssembly.Module");
}

async function fetched(url: string | URL): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new RiskError("BAD_KERNEL", "the kernel could not be fetched", { value: url, cause });
  }
}

async function fromResponse(response: Response): Promise<WebAssembly.Module> {
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok) {
    throw new RiskError(
      "BAD_KERNEL",
      `the kernel could not be fetched: status ${response.status}`,
      {
        value: response.url,
      },
    );
  }
  // compileStreaming insists on this very type.
  const streams = type === "application/wasm" && WebAssembly.compileStreaming !== undefined;
  const compiled = await compileGiven(
    async () =>
      streams
        ? WebAssembly.compileStreaming(response)
        : WebAssembly.compile(await response.arrayBuffer()),
    `the answer of type ${JSON.stringify(type)}`,
  );
  return requireKernel(compiled);
}

async function compileGiven(
  compile: () => Promise<WebAssembly.Module>,
  what?: string,
): Promise<WebAssembly.Module> {
  try {
    return await compile();
  } catch (cause) {
    throw notCompiled(cause, what);
  }
}

function isBytes(value: unknown): value is BufferSource {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

/** Refuses a module that is not this version's kernel: with another layout of memory it would give wrong figures in silence. */
function requireKernel(module: WebAssembly.Module): WebAssembly.Module {
  const [stamp] = WebAssembly.Module.customSections(module, "underkeel");
  const digits = Array.from(new Uint8Array(stamp ?? new ArrayBuffer(0)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  if (digits === KERNEL_SOURCES) return module;
  const what = stamp === undefined ? "the module is no kernel" : "the kernel is another version's";
  throw new RiskError("BAD_KERNEL", what, { hint: OTHER_KERNEL });
}

// ── why it failed ─────────────────────────────────────────────────────────────────────────────────

function requireWebAssembly(): void {
  if (typeof WebAssembly === "object") return;
  throw new RiskError("WASM_UNSUPPORTED", "this host has no WebAssembly", {
    hint: "some browsers switch it off in a lockdown mode",
  });
}

/** A host that refuses these eight bytes, a module without contents, refuses every kernel; messages differ from browser to browser. */
function compilesNothing(): boolean {
  try {
    return !(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) instanceof Object);
  } catch {
    return true;
  }
}

/** WASM_BLOCKED if the host compiles nothing at all. */
export function blocked(cause: unknown): RiskError | undefined {
  if (!compilesNothing()) return undefined;
  return new RiskError("WASM_BLOCKED", "this host forbids compiling WebAssembly", {
    hint: "a content security policy must allow 'wasm-unsafe-eval' in its script-src directive (in default-src if it has none)",
    cause,
  });
}

/** The embedded kernel did not compile, so it is the host. */
function notHere(cause: unknown, remedy = "report the cause"): RiskError {
  const message = "this host does not compile the embedded kernel";
  const valid = WebAssembly.validate(embeddedKernel());
  const hint = valid ? remedy : "it takes WebAssembly's 128-bit SIMD";
  return blocked(cause) ?? new RiskError("WASM_UNSUPPORTED", message, { hint, cause });
}

function notCompiled(cause: unknown, what = "these bytes"): RiskError {
  const message = `${what} did not compile as a WebAssembly module`;
  return blocked(cause) ?? new RiskError("BAD_KERNEL", message, { hint: OTHER_KERNEL, cause });
}
