// The deepest of many liquidatable scopes, exactly. A scan that was asked to gather has left some dozens that hold them for certain; elsewhere
// every scope is valued.
import type { PoolFigures } from "../model.ts";
import { settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";

const WIDEST_DECIMALS = 18;

/** True where quote units of all assets are alike: only then can the kernel compare clearances across them. */
export function hasOneScale(state: EngineState): boolean {
  const [first] = state.assets;
  return state.assets.every(({ decimals }) => decimals === first?.decimals);
}

/**
 * The n pools with the lowest clearance at the marks (as a number of settle units, whatever the asset), lowest first; equal ones by handle.
 */
export function deepestPools(
  state: EngineState,
  pools: Iterable<number>,
  n: number,
  figuresOf: (pool: number) => PoolFigures,
): number[] {
  const found: { readonly pool: number; readonly depth: bigint }[] = [];
  for (const pool of pools) {
    const { decimals } = state.assetAt(settleOf(state, pool));
    const depth = figuresOf(pool).clearance * 10n ** BigInt(WIDEST_DECIMALS - decimals);
    let place = found.length;
    for (; place > 0; place--) {
      const above = found[place - 1];
      if (above === undefined || above.depth < depth) break;
      if (above.depth === depth && above.pool < pool) break;
    }
    if (place >= n) continue;
    found.splice(place, 0, { pool, depth });
    if (found.length > n) found.pop();
  }
  return found.map(({ pool }) => pool);
}
