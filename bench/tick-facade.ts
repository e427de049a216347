// The facade's door of the ticks suite: the book's pools as cross accounts of a RiskEngine, fed by `tickMarks`. Counts of the result are read
// at every tick, its events are not.
import { RiskEngine } from "../src/index.ts";
import type { BenchBook } from "./book.ts";
import { accountOf, marketDefinitions } from "./book-text.ts";
import { TickRows } from "./tick-feeds.ts";
import { type Quantiles, quantilesOf } from "./tick-runs.ts";
import type { TickTape } from "./tick-tape.ts";

export interface FacadeRun {
  readonly ticks: number;
  readonly microseconds: Quantiles;
  readonly evaluationsPerTick: number;
  readonly liquidations: number;
}

/** All pools as cross accounts, markets by their numbers. */
export function createTickEngine(book: BenchBook): RiskEngine {
  const sink = new RiskEngine().bulkSink();
  const asset = sink.addAsset({ code: "USDT", decimals: 8 });
  marketDefinitions(book).forEach((definition, index) => {
    sink.setMark(sink.addMarket(definition), book.marks[index] ?? 0);
  });
  for (let pool = 0; pool < book.pools; pool++) {
    const account = sink.openAccount(accountOf(pool), false);
    sink.setBalance(account, asset, book.collateral[pool] ?? 0n);
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const [quantity, entry] = [book.quantity[leg] ?? 0, book.entryPrice[leg] ?? 0];
      sink.addPosition(account, market, quantity, entry, false, 0, 0n);
    }
  }
  return sink.engine;
}

/** One tick per symbol and stage. */
export function runFacade(engine: RiskEngine, tape: TickTape): FacadeRun {
  const { market, price } = tape;
  const rows = new TickRows(1);
  const samples = new Float64Array(market.length);
  let evaluations = 0;
  let liquidations = 0;
  engine.tickMarks(rows.markets, rows.prices, 0);
  for (let row = 0; row < market.length; row++) {
    const started = performance.now();
    rows.take(market, price, row, 1);
    const result = engine.tickMarks(rows.markets, rows.prices, 1);
    samples[row] = (performance.now() - started) * 1e3;
    evaluations += result.evaluations;
    liquidations += result.liquidatable;
  }
  return {
    ticks: market.length,
    microseconds: quantilesOf(samples),
    evaluationsPerTick: evaluations / market.length,
    liquidations,
  };
}
