// The generator on real brackets, and the bundled contracts against the data they were picked from. The
// data is not part of the repository: without it (UNDERKEEL_DATA or ../shared/data) this file skips loudly.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { generateBook, marketsFromBrackets, standardMarkets } from "../../src/generate/index.ts";
import { readBracketCsv } from "../../src/tiers/index.ts";
import { exactMarkets, expectLegalAccount } from "../support/legal-account.ts";

const data = process.env.UNDERKEEL_DATA ?? join("..", "shared", "data");
const latest = join(data, "brackets", "binance_usdm_leverage_brackets_2026-05-03.csv");
const older = join(data, "brackets", "binance_usdm_leverage_brackets_2024-10-24.csv");
const present = existsSync(latest);
if (!present) console.warn(`*** SKIPPED: no data at ${data}; set UNDERKEEL_DATA ***`);

function csvRows(path: string): string[][] {
  const bytes = readFileSync(join(data, "crash", path));
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").map((line) => line.split(","));
}

describe.skipIf(!present)("generator on real data", () => {
  it.each([
    ["2026-05-03", latest, 716],
    ["2024-10-24", older, 349],
  ])("draws legal accounts on every contract of the brackets of %s", (_date, path, contracts) => {
    const { markets } = marketsFromBrackets(readBracketCsv(readFileSync(path, "utf8")), 1);
    expect(markets).toHaveLength(contracts);
    const exact = exactMarkets(markets);
    const seen = new Set<string>();
    for (const account of generateBook({ accounts: 8_000, seed: 1, markets, hitRate: 0.1 })) {
      expectLegalAccount(account, exact);
      for (const position of account.positions ?? []) seen.add(position.symbol);
    }
    expect(seen.size).toBeGreaterThan(contracts * 0.9);
  });

  it("bundles contracts whose tiers are those published", () => {
    const published = readBracketCsv(readFileSync(latest, "utf8"));
    for (const { definition } of standardMarkets()) {
      const tiers = published.get(definition.symbol) ?? [];
      const bare = tiers.map(
        ({ minNotional, maxNotional, maintenanceMarginRate, maxLeverage }) => ({
          minNotional,
          maxNotional,
          maintenanceMarginRate,
          maxLeverage,
        }),
      );
      expect(definition.tiers).toEqual(bare);
    }
  });

  it("bundles prices that were really seen on 2025-10-10", () => {
    const traded = csvRows("2025-10-10_bybit_perp_5m.csv.gz");
    const marked = csvRows("2025-10-10_bybit_mark_1h.csv.gz");
    const spot = csvRows("2025-10-10_binance_spot_day_range.csv");
    const lows = standardMarkets("low");
    standardMarkets("before").forEach(({ definition, mark }, index) => {
      const base = definition.symbol.split("/")[0] ?? "";
      const at2055 = traded.find(([time, symbol]) => time === "1760129700000" && symbol === base);
      const hour = marked.find(([time, symbol]) => time === "1760130000000" && symbol === base);
      const day = spot.find(([symbol]) => symbol === `${base.toLowerCase()}_usdt`);
      expect(mark).toBe(at2055 === undefined ? day?.[1] : at2055[2]);
      expect(lows[index]?.mark).toBe(hour === undefined ? day?.[2] : hour[4]);
    });
  });
});
