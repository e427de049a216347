// One order for an account's scopes and positions whatever their history in the kernel: reports, hashes and books
// agree on it. Lists are a handful long, so an insertion sort on ranks taken once is the quickest.
import { tagMode } from "./accounts.ts";
import type { EngineState } from "./state.ts";

const TAGS = 2 ** 32;

/** A record for user-chosen keys: `__proto__` is a key like any other. */
export function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

/** Sorts in place by rising rank. */
function sortByRank(handles: number[], rankOf: (handle: number) => number): number[] {
  if (handles.length < 2) return handles;
  const ranks = handles.map(rankOf);
  for (let next = 1; next < handles.length; next++) {
    const handle = handles[next] as number;
    const rank = ranks[next] as number;
    let place = next;
    while (place > 0 && (ranks[place - 1] as number) > rank) {
      ranks[place] = ranks[place - 1] as number;
      handles[place] = handles[place - 1] as number;
      place--;
    }
    ranks[place] = rank;
    handles[place] = handle;
  }
  return handles;
}

/** An account's pools: cross by asset, then isolated by market and side. */
export function orderedPools(state: EngineState, account: number): number[] {
  return sortByRank(state.pools(account), (pool) => {
    const tag = state.kernel.tag(pool);
    return tagMode(tag) === "cross" ? tag - TAGS : tag;
  });
}

/** A pool's legs by market, long before short. */
export function orderedLegs(state: EngineState, pool: number): number[] {
  return sortByRank(
    state.legs(pool),
    (leg) => state.marketOfLeg(leg).index * 2 + (state.kernel.quantity(leg) < 0 ? 1 : 0),
  );
}
