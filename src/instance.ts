// Compiles and instantiates the kernel: the embedded build once for all instances, or one that is handed in.
import { instantiateSync } from "@assemblyscript/loader";
import { RiskError } from "./errors.ts";
import { guardExports, type KernelExports } from "./exports.ts";
import { KERNEL_WASM_BASE64 } from "./generated/kernel-wasm.ts";

let embedded: WebAssembly.Module | undefined;

function compile(wasm: Uint8Array | WebAssembly.Module | undefined): WebAssembly.Module {
  if (wasm instanceof WebAssembly.Module) return wasm;
  try {
    if (wasm !== undefined) return new WebAssembly.Module(wasm as BufferSource);
    embedded ??= new WebAssembly.Module(decodeBase64(KERNEL_WASM_BASE64));
    return embedded;
  } catch (cause) {
    throw new RiskError("INTERNAL", "the WebAssembly kernel could not be compiled", {
      hint: "a page with a content security policy must allow 'wasm-unsafe-eval' in script-src",
      cause,
    });
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** A fresh kernel whose exports call `onTrap` instead of letting a trap through. */
export function instantiateKernel(
  wasm: Uint8Array | WebAssembly.Module | undefined,
  onTrap: (cause: unknown) => never,
): KernelExports {
  const { instance } = instantiateSync(compile(wasm));
  return guardExports(instance.exports as unknown as KernelExports, onTrap);
}
