// A benchmark's book in the whole engine: what the facade's suites measure.
import { RiskEngine } from "../src/index.ts";
import type { Profile } from "../src/types.ts";
import type { BenchBook } from "./book.ts";
import { accountOf, ISOLATED_LEVERAGE, isIsolated, marketDefinitions } from "./book-text.ts";

/** The book in an engine under a profile, by the loaders' door. */
export function createEngine(book: BenchBook, profile: Profile = "default"): RiskEngine {
  const sink = new RiskEngine({ profile }).bulkSink();
  const asset = sink.addAsset({ code: "USDT", decimals: 8 });
  marketDefinitions(book).forEach((definition, index) => {
    sink.setMark(sink.addMarket(definition), book.marks[index] ?? 0);
  });
  for (let pool = 0; pool < book.pools; pool++) {
    const account = sink.openAccount(accountOf(pool), false);
    const isolated = isIsolated(book, pool);
    const collateral = book.collateral[pool] ?? 0n;
    sink.setBalance(account, asset, isolated ? 0n : collateral);
    const end = book.poolStart[pool + 1] ?? 0;
    for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
      const market = book.legMarket[leg] ?? 0;
      const [quantity, entry] = [book.quantity[leg] ?? 0, book.entryPrice[leg] ?? 0];
      const leverage = isolated ? Number(ISOLATED_LEVERAGE) * 1000 : 0;
      const margin = isolated && collateral > 0n ? collateral : 0n;
      sink.addPosition(account, market, quantity, entry, isolated, leverage, margin);
    }
  }
  return sink.engine;
}
