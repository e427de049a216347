// A book that is in the engine, with what frames need of every scope in plain columns: who owns it and whether it is isolated.
import { tagMode } from "../../src/engine/accounts.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { BookFacts, MarketFacts } from "../book/protocol.ts";

/** By pool handle. */
export interface ScopeColumns {
  readonly owner: Uint32Array;
  readonly isolated: Uint8Array;
  /** Accounts are below it. */
  readonly owners: number;
}

export interface LoadedBook {
  readonly engine: RiskEngine;
  readonly name: string;
  readonly markets: readonly MarketFacts[];
  readonly facts: BookFacts;
}

/** Markets of an engine with their marks as they are now. */
export function marketFacts(engine: RiskEngine, sink: BulkSink): MarketFacts[] {
  return Array.from({ length: engine.stats().markets }, (_, index) => {
    const { symbol, settle, priceDecimals } = sink.market(index);
    const mark = engine.kernel.mark(engine.priceSlot(symbol));
    return { symbol, settle: sink.asset(settle).code, priceDecimals, mark };
  });
}

/** Owners and modes of all scopes. One pass over the book. */
export function scopeColumns(engine: RiskEngine): ScopeColumns {
  const { kernel } = engine;
  let top = 0;
  kernel.forEachPool((pool) => {
    top = pool + 1;
  });
  const owner = new Uint32Array(top);
  const isolated = new Uint8Array(top);
  let owners = 0;
  kernel.forEachPool((pool) => {
    const account = kernel.owner(pool);
    owner[pool] = account;
    isolated[pool] = tagMode(kernel.tag(pool)) === "isolated" ? 1 : 0;
    if (account >= owners) owners = account + 1;
  });
  return { owner, isolated, owners };
}

/** Builds the screen, scans once and says how long everything took. `now` is in milliseconds. */
export function finishLoad(
  sink: BulkSink,
  name: string,
  loadMs: number,
  now: () => number,
): LoadedBook {
  const { engine } = sink;
  const begun = now();
  engine.kernel.prepare();
  const indexed = now();
  engine.scan();
  const scanned = now();
  const { accounts, positions, stops, pools, memoryBytes } = engine.stats();
  const markets = marketFacts(engine, sink);
  const facts: BookFacts = {
    name,
    accounts,
    positions,
    stops,
    scopes: pools,
    memoryBytes,
    loadMs,
    indexMs: indexed - begun,
    firstScanMs: scanned - indexed,
    markets,
  };
  return { engine, name, markets, facts };
}
