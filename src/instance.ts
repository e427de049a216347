// Instantiates the kernel and guards its exports: any trap is a bug of ours that may have left half-written memory, so it
// poisons the instance. Every later call then throws; recovery is a new instance from a book or a snapshot.
import { instantiateSync } from "@assemblyscript/loader";
import { RiskError } from "./errors.ts";
import { KERNEL_WASM_BASE64 } from "./generated/kernel-wasm.ts";

/** The kernel's exports as they are in the binary: unsigned results arrive signed, all handles are 32-bit. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  initialize(pageLimit: number): number;
  createPrice(
    inverse: number,
    numeratorLow: number,
    numeratorHigh: number,
    divisorLow: number,
    divisorHigh: number,
  ): number;
  removePrice(slot: number): number;
  maxPrice(slot: number): number;
  setMark(slot: number, price: number): number;
  setTrial(slot: number, price: number): number;
  createTable(): number;
  replaceTable(table: number): number;
  removeTable(table: number): number;
  createPool(low: number, high: number, owner: number, tag: number): number;
  removePool(pool: number): number;
  setCollateral(pool: number, low: number, high: number): number;
  createLeg(
    pool: number,
    slot: number,
    table: number,
    quantity: number,
    costLow: number,
    costHigh: number,
    leverageMilli: number,
  ): number;
  setLeg(
    leg: number,
    table: number,
    quantity: number,
    costLow: number,
    costHigh: number,
    leverageMilli: number,
  ): number;
  moveLeg(leg: number, pool: number): number;
  removeLeg(leg: number): number;
  poolFigures(pool: number): number;
  legFigures(leg: number): number;
  liquidationPrice(pool: number, slot: number, upward: number): number;
  bankruptcyPrice(pool: number, slot: number, upward: number): number;
  jointShock(pool: number): number;
  prepare(): number;
  scan(trial: number): number;
}

type Export = (...args: number[]) => number;

/** `call` with any trap handed to `onTrap`, without the cost of rest arguments. */
function guard(call: Export, onTrap: (cause: unknown) => never): Export {
  return (a?, b?, c?, d?, e?, f?, g?): number => {
    try {
      return call(
        a as number,
        b as number,
        c as number,
        d as number,
        e as number,
        f as number,
        g as number,
      );
    } catch (cause) {
      return onTrap(cause);
    }
  };
}

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
  const raw = instance.exports as unknown as Record<string, unknown>;
  const guarded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    guarded[name] = typeof value === "function" ? guard(value as Export, onTrap) : value;
  }
  return guarded as unknown as KernelExports;
}
