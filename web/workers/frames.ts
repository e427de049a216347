// One frame: the whole book scanned at the shock's prices, the liquidatable scopes counted by account and mode, the deepest of them exactly.
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { FrameFacts, MarketFacts, Shock } from "../book/protocol.ts";
import type { ScopeColumns } from "./loaded-book.ts";
import { trialPrices } from "./trial-prices.ts";

export const DEEPEST = 12;

export class FrameScanner {
  readonly #engine: RiskEngine;
  readonly #markets: readonly MarketFacts[];
  readonly #columns: ScopeColumns;
  /** By account: the frame that last counted it. */
  readonly #seen: Uint32Array;
  #frame = 0;

  /** The book must not change while this one scans it. */
  constructor(engine: RiskEngine, markets: readonly MarketFacts[], columns: ScopeColumns) {
    this.#engine = engine;
    this.#markets = markets;
    this.#columns = columns;
    this.#seen = new Uint32Array(columns.owners);
  }

  scan(shock: Shock, now: () => number): FrameFacts {
    const started = now();
    const { markets, prices, count } = trialPrices(this.#markets, shock);
    const scanning = now();
    const scan = this.#engine.scanAtMarks(markets, prices, count, DEEPEST);
    const scanned = now();
    const { isolated, accounts } = this.#count(scan.handles);
    const deepest = scan.deepest(DEEPEST);
    return {
      shock,
      price: prices[0] as number,
      scopes: scan.count,
      cross: scan.count - isolated,
      isolated,
      accounts,
      exactEvaluations: scan.exactEvaluations,
      deepest,
      scanMs: scanned - scanning,
      workMs: now() - started,
    };
  }

  #count(handles: Uint32Array): { readonly isolated: number; readonly accounts: number } {
    const { owner, isolated } = this.#columns;
    const seen = this.#seen;
    const frame = ++this.#frame;
    let accounts = 0;
    let alone = 0;
    for (let place = 0; place < handles.length; place++) {
      const pool = handles[place] as number;
      const account = owner[pool] as number;
      alone += isolated[pool] as number;
      if (seen[account] === frame) continue;
      seen[account] = frame;
      accounts++;
    }
    return { isolated: alone, accounts };
  }
}
