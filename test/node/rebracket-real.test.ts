// A real change of brackets under open positions: Binance's contracts of October 2024 to those of May 2026, 298 of which differ.
// Without the data (UNDERKEEL_DATA or ../shared/data) this file skips loudly.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, marketsFromBrackets } from "../../src/generate/index.ts";
import { readBracketCsv } from "../../src/tiers/index.ts";
import type { BookDocument, LeverageTier } from "../../src/types.ts";

const data = process.env.UNDERKEEL_DATA ?? join("..", "shared", "data");
const files = ["2024-10-24", "2026-05-03"].map((date) =>
  join(data, "brackets", `binance_usdm_leverage_brackets_${date}.csv`),
);
const present = files.every((file) => existsSync(file));
if (!present) console.warn(`*** SKIPPED: no brackets at ${data}; set UNDERKEEL_DATA ***`);

/** Bounds and rates; two contracts more differ in leverage alone. */
function shape(tiers: readonly LeverageTier[]): string {
  return JSON.stringify(
    tiers.map(({ minNotional, maxNotional, maintenanceMarginRate }) => [
      Number(minNotional),
      Number(maxNotional),
      Number(maintenanceMarginRate),
    ]),
  );
}

describe.skipIf(!present)("brackets of 2024-10-24 to those of 2026-05-03", () => {
  it("is one command, equals a fresh load, and reports exactly who is newly under water", () => {
    const [before, after] = files.map((file) => readBracketCsv(readFileSync(file, "utf8")));
    if (before === undefined || after === undefined) throw new Error("no brackets");
    const both = [...before.keys()].filter((symbol) => after.has(symbol));
    expect(both).toHaveLength(344);
    const changed = both.filter(
      (symbol) => shape(before.get(symbol) ?? []) !== shape(after.get(symbol) ?? []),
    );
    expect(changed).toHaveLength(298);
    const { markets } = marketsFromBrackets(before, 1);
    const marks = Object.fromEntries(
      markets.map(({ definition, mark }) => [definition.symbol, mark]),
    );
    const definitions = markets.map(({ definition }) => definition);
    const settles = new Set(definitions.map(({ settle }) => settle));
    const book: BookDocument = {
      assets: [...settles].map((code) => ({ code, decimals: 8 })),
      markets: definitions,
      marks,
      accounts: [...generateBook({ accounts: 5_000, seed: 11, markets, hitRate: 0.01 })],
    };
    const tiers = Object.fromEntries(both.map((symbol) => [symbol, after.get(symbol) ?? []]));
    const engine = RiskEngine.fromBook(book);
    const names = (one: RiskEngine): string[] =>
      Array.from(one.scan().lines(), ({ account, scope, settle, symbol, side }) =>
        JSON.stringify({ account, scope, settle, symbol, side }),
      );
    const underBefore = new Set(names(engine));
    const [event] = engine.setTiers(tiers);
    const fresh = RiskEngine.fromBook({
      ...book,
      markets: definitions.map((market) => ({
        ...market,
        tiers: tiers[market.symbol] ?? market.tiers,
      })),
    });
    expect(engine.stateHash()).toBe(fresh.stateHash());
    const news = names(fresh).filter((name) => !underBefore.has(name));
    expect(news.length).toBeGreaterThan(0);
    if (event?.type !== "tiersSet") throw new Error("no report");
    expect(event.newlyLiquidatable.map((name) => JSON.stringify(name)).sort()).toEqual(news.sort());
  });
});
