// A fresh instance of the kernel, its exports guarded.
import { instantiateSync } from "@assemblyscript/loader";
import { RiskError } from "./errors.ts";
import { guardExports, type KernelExports } from "./exports.ts";
import { blocked, type KernelBinary, kernelModule } from "./kernel-module.ts";

/** A fresh kernel whose exports call `onTrap` instead of letting a trap through. */
export function instantiateKernel(
  wasm: KernelBinary | undefined,
  onTrap: (cause: unknown) => never,
): KernelExports {
  const module = kernelModule(wasm);
  let exports: unknown;
  try {
    exports = instantiateSync(module).instance.exports;
  } catch (cause) {
    const noMemory = "the host has no memory for another kernel";
    throw blocked(cause) ?? new RiskError("CAPACITY", noMemory, { cause });
  }
  return guardExports(exports as KernelExports, onTrap);
}
