// Of whom a waking of the kernel spoke: pairs of pool and WOKE_* flags.
import type { Kernel } from "../../src/kernel.ts";

export function wake(kernel: Kernel): [pool: number, flags: number][] {
  const count = kernel.wake();
  const pools = new Uint32Array(count);
  const flags = new Uint8Array(count);
  kernel.copyWoken(pools, flags);
  return Array.from(pools, (pool, place) => [pool, flags[place] as number]);
}
