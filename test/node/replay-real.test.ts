// Four real crashes, replayed over generated books on real brackets (cross, isolated and hedged positions, stops of every kind) and checked
// after every tick without any index: 0 differences.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ReplayTick, replay } from "../../src/cli/replay-run.ts";
import { ReplayVerifier } from "../../src/cli/replay-verify.ts";
import { marketsOnTape, tapeFiles } from "../../src/cli/tape-input.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, marketsFromBrackets } from "../../src/generate/index.ts";
import { readFunding, SymbolMap } from "../../src/tape/index.ts";
import { readBracketCsv } from "../../src/tiers/index.ts";
import type { BookDocument, TickOptions } from "../../src/types.ts";

const DATA = process.env.UNDERKEEL_DATA ?? "../shared/data";
const BRACKETS = `${DATA}/brackets/binance_usdm_leverage_brackets_2026-05-03.csv`;
const ACCOUNTS = Number(process.env.UNDERKEEL_REPLAY_ACCOUNTS ?? "40");
const TIMEOUT = 120_000 + ACCOUNTS * 2_000;

interface Crash {
  readonly tape: string;
  readonly markets: number;
  readonly ticks: number;
  readonly funding?: string;
  readonly order: NonNullable<TickOptions["order"]>;
}

const CRASHES: readonly Crash[] = [
  {
    tape: "2021-05-19_binance_spot_usdt_1m.csv.gz",
    markets: 18,
    ticks: 5760,
    order: "pathAware",
  },
  { tape: "2022-11_ftx_okx_perp_5m.csv.gz", markets: 9, ticks: 8064, order: "stopsFirst" },
  {
    tape: "2025-02-03_hyperliquid_perp_1h.csv.gz",
    markets: 147,
    ticks: 576,
    order: "pathAware",
  },
  {
    tape: "2025-10-10_bybit_perp_5m.csv.gz",
    markets: 8,
    ticks: 6912,
    funding: "2025-10-10_bybit_funding.csv.gz",
    order: "pathAware",
  },
];

async function bookAt(tape: string): Promise<BookDocument> {
  const { markets } = marketsFromBrackets(readBracketCsv(readFileSync(BRACKETS, "utf8")), tape);
  const priced = await marketsOnTape(markets, tape);
  return {
    assets: [{ code: "USDT" }, { code: "USDC" }],
    markets: priced.map(({ definition }) => definition),
    marks: Object.fromEntries(priced.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [
      ...generateBook({ accounts: ACCOUNTS, seed: tape, markets: priced, stopShare: 0.8 }),
    ],
  };
}

describe.each(CRASHES)("$tape", ({ tape, markets, ticks, funding, order }) => {
  const path = `${DATA}/crash/${tape}`;
  const missing = !existsSync(path) || !existsSync(BRACKETS);
  if (missing) console.warn(`SKIPPED: no real tape at ${path} or no brackets; set UNDERKEEL_DATA`);

  test.skipIf(missing)(
    "a full check after every tick finds no difference",
    { timeout: TIMEOUT },
    async () => {
      const book = await bookAt(path);
      expect(book.markets.length).toBe(markets);
      const engine = RiskEngine.fromBook(book);
      const symbols = new SymbolMap(
        book.markets.map(({ symbol }, index) => ({ index, symbol, priceDecimals: 8 })),
      );
      const rates = funding === undefined ? [] : [`${DATA}/crash/${funding}`];
      const kinds = new Set<string>();
      const count = { under: 0, recovered: 0, ticks: 0 };
      const look = ({ events }: ReplayTick): undefined => {
        count.ticks += 1;
        for (const event of events) {
          if (event.type === "liquidatable") count.under += 1;
          if (event.type === "recovered") count.recovered += 1;
          if (event.type === "stopTriggered") kinds.add(event.kind);
        }
      };
      const verifier = new ReplayVerifier(engine, { reference: false, order });
      await replay(
        {
          engine,
          tapes: tapeFiles([path]),
          symbols,
          funding: (await readFunding(tapeFiles(rates), symbols)).groups,
          extremes: "nearest",
          by: "time",
          order,
          from: 0,
          to: Number.MAX_SAFE_INTEGER,
          limit: Number.MAX_SAFE_INTEGER,
          now: () => 0,
        },
        [verifier, { after: look }],
      );
      verifier.finish();
      expect(verifier.report().shown).toEqual([]);
      expect(verifier.differences).toBe(0);
      expect(count.ticks).toBe(ticks);
      // Not by idleness.
      expect(count.under).toBeGreaterThan(20);
      expect(count.recovered).toBeGreaterThan(20);
      expect(kinds.size).toBeGreaterThanOrEqual(4);
      for (const { difference } of Object.values(engine.audit())) expect(difference).toBe("0");
    },
  );
});
