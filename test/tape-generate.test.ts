// Made-up tapes and stops: the same seed gives the same, tapes are legal and have a crash in them, stops are legal, of every kind, and none
// is passed at the marks.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../src/engine/engine.ts";
import {
  generateBook,
  generateTape,
  standardMarkets,
  type TapeRow,
  tapeText,
} from "../src/generate/index.ts";
import { SymbolMap, surveyTapes } from "../src/tape/index.ts";
import type { AccountDefinition, BookDocument, StopDefinition } from "../src/types.ts";

const MARKETS = standardMarkets().slice(0, 6);
const START = 1_760_112_000_000;

describe("a made-up tape", () => {
  const options = { seed: "t", markets: MARKETS, bars: 200, start: START };
  const rows = [...generateTape(options)];

  it("is the same for the same seed, and another for another", () => {
    expect([...generateTape(options)]).toEqual(rows);
    expect([...generateTape({ ...options, seed: "u" })]).not.toEqual(rows);
  });

  it("is a tape that the reader takes, starting at the marks", async () => {
    const text = [...tapeText(rows)].join("");
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(text);
    }
    const markets = MARKETS.map(({ definition: { symbol } }, index) => ({
      index,
      symbol,
      priceDecimals: 8,
    }));
    const [survey] = await surveyTapes([{ name: "made", bytes }], new SymbolMap(markets));
    expect(survey).toMatchObject({ rows: 1200, firstTime: START, lastTime: START + 199 * 60_000 });
    expect(survey?.columns.map(({ bars }) => bars)).toEqual([200, 200, 200, 200, 200, 200]);
    const opens = survey?.columns.map(({ firstOpen }) => firstOpen / 1e8);
    expect(opens).toEqual(MARKETS.map(({ mark }) => Number(mark)));
  });

  it("crashes deeper in lesser markets, with a jump that all make at once", () => {
    const of = (symbol: string): TapeRow[] => rows.filter((row) => row.symbol === symbol);
    const fall = (symbol: string): number => {
      const [first] = of(symbol);
      return 1 - Math.min(...of(symbol).map(({ low }) => Number(low))) / Number(first?.open);
    };
    expect(fall("BTC")).toBeGreaterThan(0.12);
    expect(fall("XRP")).toBeGreaterThan(fall("BTC") * 2);
    const gaps = of("ETH").map(({ open }, at) => {
      const before = of("ETH")[at - 1];
      return before === undefined ? 0 : Number(open) / Number(before.close) - 1;
    });
    expect(Math.min(...gaps)).toBeLessThan(-0.04);
    expect(gaps.filter((gap) => gap < -0.04).length).toBe(1);
  });

  it.each([
    ["bars", { bars: 19 }],
    ["bars", { bars: Number.NaN }],
    ["start", { start: -1 }],
    ["interval", { interval: 0 }],
    ["markets", { markets: [] }],
  ])("refuses wrong %s before the first row", (path, wrong) => {
    expect(() => generateTape({ ...options, ...wrong })).toThrow(
      expect.objectContaining({ code: "BAD_VALUE", path }),
    );
  });
});

describe("made-up stops", () => {
  const options = { accounts: 400, seed: 11, markets: MARKETS, hitRate: 0 };
  const book = (accounts: readonly AccountDefinition[]): BookDocument => ({
    assets: [{ code: "USDT" }],
    markets: MARKETS.map(({ definition }) => definition),
    marks: Object.fromEntries(MARKETS.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts,
  });
  const accounts = [...generateBook({ ...options, stopShare: 0.6 })];
  const stops = accounts.flatMap((account) => account.stops ?? []);

  it("leave the rest of the book as it is without them", () => {
    const bare = accounts.map(({ stops: _stops, ...account }) => account);
    expect(bare).toEqual([...generateBook(options)]);
    expect([...generateBook({ ...options, stopShare: 0.6 })]).toEqual(accounts);
    const fewer = [...generateBook({ ...options, accounts: 50, stopShare: 0.6 })];
    expect(fewer).toEqual(accounts.slice(0, 50));
  });

  it("are of every kind, on cross, isolated and hedged positions, some in pairs, some partial, some slipping", () => {
    const count = (holds: (stop: StopDefinition) => boolean): number => stops.filter(holds).length;
    const kinds = ["mark", "trailing", "marginLoss", "entryDeviation", "equity", "drawdown"];
    for (const kind of kinds)
      expect(
        count((stop) => stop.kind === kind),
        kind,
      ).toBeGreaterThan(9);
    expect(count(({ purpose }) => purpose === "takeProfit")).toBeGreaterThan(9);
    for (const name of [
      "oco",
      "amount",
      "slippage",
      "activationPrice",
      "rate",
      "distance",
    ] as const) {
      expect(
        count((stop) => stop[name] !== undefined),
        name,
      ).toBeGreaterThan(9);
    }
    const whole = count(({ kind, symbol }) => kind === "equity" && symbol === undefined);
    expect(whole).toBeGreaterThan(9);
    const hedged = accounts.filter((account) => account.hedged && account.stops !== undefined);
    expect(hedged.length).toBeGreaterThan(9);
  });

  it("load, and fire at no unchanged mark", () => {
    const engine = RiskEngine.fromBook(book(accounts));
    expect(engine.stats().stops).toBe(stops.length);
    const marks = book([]).marks as Record<string, string>;
    const result = engine.tick(marks);
    expect(result.stopsTriggered).toBe(0);
    expect(engine.stats().stops).toBe(stops.length);
  });

  it("are as many as asked for", () => {
    expect([...generateBook({ ...options, stopShare: 0 })].some(({ stops }) => stops)).toBe(false);
    const all = [...generateBook({ ...options, stopShare: 1 })];
    const positions = all.flatMap((account) => account.positions ?? []).length;
    expect(all.flatMap((account) => account.stops ?? []).length).toBeGreaterThan(positions);
    expect(() => generateBook({ ...options, stopShare: 1.5 })).toThrow(/stopShare/);
  });
});
