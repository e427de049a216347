// Both builds of the kernel, for suites that run on each: release as shipped, debug with its assertions.
import { KERNEL_DEBUG_WASM_BASE64 } from "../../src/generated/kernel-debug-wasm.ts";

export interface KernelBuild {
  readonly name: "release" | "debug";
  /** undefined: the embedded release build. */
  readonly wasm: Uint8Array | undefined;
}

function decode(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export const BUILDS: readonly KernelBuild[] = [
  { name: "release", wasm: undefined },
  { name: "debug", wasm: decode(KERNEL_DEBUG_WASM_BASE64) },
];
