// Price tapes: what is read, in which units, what is refused and where it is said to stand; symbols; stages; several tapes as one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BarGroup,
  BarReader,
  EXTREME_ORDERS,
  FundingReader,
  groupsOf,
  mergeByTime,
  openBars,
  readFunding,
  STAGES,
  SymbolMap,
  stagePrice,
  surveyTapes,
  TapeError,
  type TapeMarket,
  type TapeSource,
} from "../src/tape/index.ts";
import { runs } from "./support/runs.ts";

const BTC: TapeMarket = { index: 0, symbol: "BTC/USDT:USDT", priceDecimals: 2 };
const ETH: TapeMarket = { index: 1, symbol: "ETH/USDT:USDT", priceDecimals: 8 };
const MARKETS = [BTC, ETH];
const HEADER = "ts_ms,symbol,open,high,low,close,volume\n";
const encoder = new TextEncoder();

function source(name: string, text: string, chunk = 1 << 16): TapeSource {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const all = encoder.encode(text);
    for (let at = 0; at < all.length; at += chunk) yield all.subarray(at, at + chunk);
  }
  return { name, bytes };
}

function read(text: string, symbols = new SymbolMap(MARKETS)): BarReader & { groups: BarGroup[] } {
  const reader = new BarReader("tape.csv", symbols);
  reader.push(encoder.encode(text));
  reader.finish();
  return Object.assign(reader, { groups: reader.take() });
}

async function drain<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function refusalOf(text: string): Promise<TapeError> {
  const error: unknown = await surveyTapes([source("tape.csv", text)], new SymbolMap(MARKETS)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TapeError);
  return error as TapeError;
}

describe("bars", () => {
  it("are read in price units of their markets, grouped by time", () => {
    const { groups, unknown, rows } = read(
      `${HEADER}1000,BTC,100,101.5,99.25,100.1,7\n1000,ETH,2,2.5,1.9,2.00000001,1\n2000,BTC,100.1,100.1,100.1,100.1,0\n`,
    );
    expect(rows).toBe(3);
    expect(unknown.size).toBe(0);
    expect(groups).toEqual([
      {
        time: 1000,
        bars: [
          { market: BTC, open: 10_000, high: 10_150, low: 9_925, close: 10_010 },
          { market: ETH, open: 2e8, high: 25e7, low: 19e7, close: 200_000_001 },
        ],
      },
      {
        time: 2000,
        bars: [{ market: BTC, open: 10_010, high: 10_010, low: 10_010, close: 10_010 }],
      },
    ]);
  });

  it("need neither volume nor an order of columns, and count what the book does not know", () => {
    const { groups, unknown, problems } = read(
      "close,low,high,open,symbol,ts_ms\n3,1,4,2,BTC,5\n3,1,4,2,XRP,5\nnonsense,1,4,2,XRP,6\n",
    );
    expect(groups[0]).toEqual({
      time: 5,
      bars: [{ market: BTC, open: 200, high: 400, low: 100, close: 300 }],
    });
    expect([...unknown]).toEqual([["XRP", 2]]);
    expect(problems.found).toBe(false);
  });

  it("take decimals beyond the market's only where they are zeros", async () => {
    expect(read(`${HEADER}1,BTC,1.1000,1.1,1.1,1.1,0\n`).groups[0]?.bars[0]?.open).toBe(110);
    const error = await refusalOf(`${HEADER}1,BTC,1.101,1.2,1.1,1.1,0\n`);
    expect(error.problems).toMatchObject([
      { code: "TOO_MANY_DECIMALS", file: "tape.csv", line: 2, column: 7, path: "open" },
    ]);
  });

  it.each([
    ["a price of 0", "1,BTC,0,1,1,1,0", "OUT_OF_RANGE", "open"],
    ["a negative price", "1,BTC,1,1,-1,1,0", "OUT_OF_RANGE", "low"],
    ["no price", "1,BTC,1,1,1,,0", "BAD_VALUE", "close"],
    ["a high below the close", "1,BTC,1,2,1,2.01,0", "OUT_OF_RANGE", "high"],
    ["a low above the open", "1,BTC,1,3,1.01,2,0", "OUT_OF_RANGE", "low"],
    ["a time with decimals", "1.5,BTC,1,1,1,1,0", "TOO_MANY_DECIMALS", "ts_ms"],
    ["a time before the row above", "0,BTC,1,1,1,1,0", "OUT_OF_RANGE", "ts_ms"],
    ["no symbol", "1,,1,1,1,1,0", "BAD_VALUE", "symbol"],
    ["a field too few", "1,BTC,1,1,1,1", "BAD_VALUE", ""],
    ["a bar that stands twice", "1,ETH,1,1,1,1,0", "DUPLICATE_SYMBOL", "symbol"],
  ])("refuse %s with its line", async (_what, row, code, path) => {
    const error = await refusalOf(`${HEADER}1,ETH,1,1,1,1,0\n${row}\n`);
    expect(error.problems).toMatchObject([{ code, path, line: 3, file: "tape.csv" }]);
  });

  it("name every bad row of all tapes in one error", async () => {
    const bad = `${HEADER}1,BTC,x,1,1,1,0\n1,ETH,1,1,1,1,0\n2,BTC,1,1,1,y,0\n`;
    const tapes = [source("a.csv", bad), source("b.csv", bad.replaceAll("ETH", "DOGE"))];
    const failed = surveyTapes(tapes, new SymbolMap(MARKETS));
    await expect(failed).rejects.toThrow(/the tape has 4 problems; nothing was replayed/);
    await expect(failed).rejects.toThrow(/\n {2}a\.csv:2:7: open [^\n]*\n {2}a\.csv:4:13: close/);
    await expect(failed).rejects.toThrow(/b\.csv:4:13/);
  });

  it("refuse a file without their columns", async () => {
    const failed = surveyTapes([source("x.csv", "time,price\n1,2\n")], new SymbolMap(MARKETS));
    await expect(failed).rejects.toMatchObject({ code: "MISSING_COLUMN" });
  });

  it("are the same however the bytes are cut", async () => {
    const rows = Array.from({ length: 40 }, (_, at) => {
      const symbol = ["BTC", "ETH", "SOL"][at % 3];
      return `${Math.floor(at / 3)},${symbol},${at + 1},${at + 9}.5,${at + 1},${at + 2},"1,5"\n`;
    });
    const text = HEADER + rows.join("");
    const whole = read(text).groups;
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (chunk) => {
      const reader = new BarReader("tape.csv", new SymbolMap(MARKETS));
      expect(await drain(groupsOf(source("tape.csv", text, chunk).bytes(), reader))).toEqual(whole);
    });
    await fc.assert(property, runs(40));
  });
});

describe("symbols", () => {
  const market = (index: number, symbol: string): TapeMarket => ({
    index,
    symbol,
    priceDecimals: 8,
  });
  const perpetual = market(0, "BTC/USDT:USDT");
  const coin = market(1, "BTC/USD:BTC");
  const dated = market(2, "BTC/USDT:USDT-260626");
  const shib = market(3, "1000SHIB/USDT:USDT");
  const spot = market(4, "ETH/USDC");

  it("mean the one market of that base", () => {
    const map = new SymbolMap([perpetual, shib, spot]);
    expect(map.find("BTC")).toBe(perpetual);
    expect(map.find("BTC/USDT:USDT")).toBe(perpetual);
    expect(map.find("BTCUSDT")).toBe(perpetual);
    expect(map.find("1000SHIB")).toBe(shib);
    expect(map.find("kSHIB")).toBe(shib);
    expect(map.find("ETH/USDC")).toBe(spot);
    for (const none of ["SHIB", "btc", "BTCUSDC", "", "constructor"]) {
      expect(map.find(none)).toBeNull();
    }
  });

  it("are not guessed where they can mean several", () => {
    const map = new SymbolMap([perpetual, coin, dated]);
    expect(() => map.find("BTC")).toThrow(/several markets.*--symbol-map BTC=BTC\/USDT:USDT/);
    expect(map.find("BTC/USD:BTC")).toBe(coin);
    expect(map.find("BTCUSDT")).toBe(perpetual);
    expect(new SymbolMap([perpetual, coin], new Map(), true).find("BTC")).toBe(perpetual);
  });

  it("may be stated, for markets that are there", () => {
    const map = new SymbolMap([perpetual, coin], new Map([["BTC", "BTC/USD:BTC"]]));
    expect(map.find("BTC")).toBe(coin);
    expect(() => new SymbolMap([perpetual], new Map([["X", "BTC/USDT"]]))).toThrow(
      /symbol map of X: is no market of the book \(got "BTC\/USDT"\); the book has BTC\/USDT:USDT/,
    );
  });

  it("may not have two names on one tape", async () => {
    const error = await refusalOf(`${HEADER}1,BTC,1,1,1,1,0\n2,BTCUSDT,1,1,1,1,0\n`);
    expect(error.problems).toMatchObject([{ code: "DUPLICATE_SYMBOL", line: 3 }]);
  });

  it("that are ambiguous name their rows", async () => {
    const map = new SymbolMap([perpetual, coin]);
    const failed = surveyTapes([source("t.csv", `${HEADER}1,BTC,1,1,1,1,0\n`)], map);
    await expect(failed).rejects.toThrow(/t\.csv:2:3: symbol can mean several markets/);
  });
});

describe("stages", () => {
  const bar = { market: BTC, open: 100, high: 130, low: 80, close: 90 };
  const prices = (order: (typeof EXTREME_ORDERS)[number], one = bar): number[] =>
    STAGES.map((stage) => stagePrice(one, stage, order));

  it("are open, one extreme, the other, close", () => {
    expect(prices("low-first")).toEqual([100, 80, 130, 90]);
    expect(prices("high-first")).toEqual([100, 130, 80, 90]);
    expect(prices("nearest")).toEqual([100, 80, 130, 90]);
    expect(prices("nearest", { ...bar, open: 110 })).toEqual([110, 130, 80, 90]);
    expect(prices("nearest", { ...bar, open: 105 })).toEqual([105, 80, 130, 90]);
  });

  it("visit the same prices in every order", () => {
    for (const order of EXTREME_ORDERS) {
      expect(prices(order).sort((a, b) => a - b)).toEqual([80, 90, 100, 130]);
    }
  });
});

describe("several tapes", () => {
  const tape = (name: string, rows: readonly string[]): TapeSource =>
    source(name, HEADER + rows.map((row) => `${row}\n`).join(""));

  it("are merged by time, in the order of the tapes", async () => {
    const first = tape("a", ["1,BTC,1,1,1,1,0", "3,BTC,3,3,3,3,0"]);
    const second = tape("b", ["1,ETH,1,1,1,1,0", "2,ETH,2,2,2,2,0", "9,DOGE,1,1,1,1,0"]);
    const symbols = new SymbolMap(MARKETS);
    const merged = await drain(mergeByTime([openBars(first, symbols), openBars(second, symbols)]));
    const seen = merged.map((groups) => [
      groups[0]?.time,
      groups.flatMap(({ bars }) => bars.map(({ market }) => market.symbol)),
    ]);
    expect(seen).toEqual([
      [1, [BTC.symbol, ETH.symbol]],
      [2, [ETH.symbol]],
      [3, [BTC.symbol]],
    ]);
  });

  it("may follow each other in a market and not overlap", async () => {
    const early = tape("a", ["1,BTC,1,1,1,1,0", "2,BTC,1,1,1,1,0"]);
    const late = tape("b", ["3,BTC,1,1,1,1,0"]);
    const [one] = await surveyTapes([early, late], new SymbolMap(MARKETS));
    expect(one).toMatchObject({ rows: 2, firstTime: 1, lastTime: 2 });
    expect(one?.columns).toEqual([
      { market: BTC, name: "BTC", bars: 2, firstTime: 1, lastTime: 2, firstOpen: 100 },
    ]);
    const again = tape("c", ["2,BTC,1,1,1,1,0"]);
    await expect(surveyTapes([early, again], new SymbolMap(MARKETS))).rejects.toThrow(
      "c: BTC has prices of BTC/USDT:USDT at times that a has, too",
    );
  });

  it("merges any sources into rising times without losing a group", async () => {
    const times = fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }), {
      maxLength: 4,
    });
    const property = fc.asyncProperty(times, async (lists) => {
      const sources = lists.map((list) => [...new Set(list)].sort((a, b) => a - b));
      async function* one(list: readonly number[]): AsyncGenerator<{ time: number }> {
        for (const time of list) yield { time };
      }
      const merged = await drain(mergeByTime(sources.map(one)));
      const expected = [...new Set(sources.flat())].sort((a, b) => a - b);
      expect(merged.map((groups) => groups[0]?.time)).toEqual(expected);
      expect(merged.flat().length).toBe(sources.flat().length);
    });
    await fc.assert(property, runs(60));
  });
});

describe("funding", () => {
  const rows = "ts_ms,symbol,funding_rate\n1,BTC,0.0001\n1,DOGE,0.1\n9,ETH,-0.00008112\n";

  it("is kept as the text that it is, by time", async () => {
    const { groups, unknown } = await readFunding([source("f", rows)], new SymbolMap(MARKETS));
    expect(groups.map(({ time, rates }) => [time, [...rates]])).toEqual([
      [1, [[BTC.symbol, "0.0001"]]],
      [9, [[ETH.symbol, "-0.00008112"]]],
    ]);
    expect([...unknown]).toEqual([["DOGE", 1]]);
  });

  it.each([
    ["1,BTC,1.1", "OUT_OF_RANGE"],
    ["1,BTC,0.0000000000001", "TOO_MANY_DECIMALS"],
    ["1,BTC,many", "BAD_VALUE"],
    ["0,ETH,0.1", "OUT_OF_RANGE"],
    ["1,ETH,0.1", "DUPLICATE_SYMBOL"],
  ])("refuses %s", (row, code) => {
    const reader = new FundingReader("f.csv", new SymbolMap(MARKETS));
    reader.push(encoder.encode(`ts_ms,symbol,funding_rate\n1,ETH,0.1\n${row}\n`));
    reader.finish();
    expect(reader.problems.problems).toMatchObject([{ code, line: 3, file: "f.csv" }]);
  });
});
