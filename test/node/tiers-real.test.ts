// Every contract of two real exchange snapshots derives, and its amounts equal the published ones.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { deriveTable, readBracketCsv, readBracketJson } from "../../src/tiers/index.ts";

const DATA = process.env.UNDERKEEL_DATA ?? "../shared/data";
const FILES = [
  ["binance_usdm_leverage_brackets_2024-10-24.csv", 349, 2805],
  ["binance_usdm_leverage_brackets_2026-05-03.csv", 716, 5913],
] as const;

describe.each(FILES)("%s", (name, contracts, count) => {
  const file = `${DATA}/brackets/${name}`;
  if (!existsSync(file))
    console.warn(`SKIPPED: no real bracket file at ${file}; set UNDERKEEL_DATA`);

  test.skipIf(!existsSync(file))(`all ${contracts} contracts derive, cum equal to the unit`, () => {
    const markets = readBracketCsv(readFileSync(file, "utf8"));
    expect(markets.size).toBe(contracts);
    let tiersSeen = 0;
    for (const [symbol, tiers] of markets) {
      const options = {
        settleDecimals: 8,
        style: "marginal",
        closeFeeRate: 0,
        path: symbol,
      } as const;
      const { table } = deriveTable(tiers, options);
      tiers.forEach((tier, index) => {
        // The published amount, apart from the check inside deriveTable.
        const published = Math.round(Number(tier.info?.cum) * 1e5);
        const scaled = table.brackets[index]?.scaledAmount;
        expect(scaled).toBe(BigInt(published) * 1000n * BigInt(table.rateDenominator));
        tiersSeen++;
      });
    }
    expect(tiersSeen).toBe(count);
    // A cap past 2^63 - 1 is no cap.
    const trap = deriveTable(markets.get("BTCST/USDT:USDT") ?? [], {
      settleDecimals: 0,
      style: "marginal",
      closeFeeRate: 0,
      path: "BTCST/USDT:USDT",
    });
    expect(trap.caps[5]).toBeNull();
  });

  test.skipIf(!existsSync(file))("as ccxt's JSON of numbers it gives the same tables", () => {
    const markets = readBracketCsv(readFileSync(file, "utf8"));
    const asNumbers = Object.fromEntries(
      [...markets].map(([symbol, tiers]) => [
        symbol,
        tiers.map((tier) => ({
          tier: tier.tier,
          minNotional: Number(tier.minNotional),
          maxNotional: Number(tier.maxNotional),
          maintenanceMarginRate: Number(tier.maintenanceMarginRate),
          maxLeverage: Number(tier.maxLeverage),
          info: { cum: String(tier.info?.cum) },
        })),
      ]),
    );
    const again = readBracketJson(JSON.stringify(asNumbers));
    for (const [symbol, tiers] of markets) {
      const options = {
        settleDecimals: 8,
        style: "marginal",
        closeFeeRate: 0,
        path: symbol,
      } as const;
      expect(deriveTable(again.get(symbol) ?? [], options)).toEqual(deriveTable(tiers, options));
    }
  });
});
