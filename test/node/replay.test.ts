// `underkeel replay` as a user meets it: what it prints in each form, what it refuses and with which words, and that its check can fail.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCli, runCli } from "../support/cli.ts";

const SLOW = 60_000;
/** 2025-10-10T21:00Z. */
const START = 1_760_130_000_000;
const MINUTE = 60_000;

let folder = "";
let program = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "underkeel-replay-"));
  program = await bundleCli();
}, SLOW);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

const market = (symbol: string): object => ({
  symbol,
  settle: "USDT",
  precision: { amount: "0.001", price: "0.1" },
  priceDecimals: 2,
  taker: "0.001",
  tiers: [
    { minNotional: "0", maxNotional: null, maintenanceMarginRate: "0.01", maxLeverage: "50" },
  ],
});

/** alice: isolated long of 10x without a stop; bob: the same with one at 970; carol: short, far from anything. */
function bookText(changes: object = {}): string {
  const position = {
    symbol: "BTC/USDT:USDT",
    side: "long",
    contracts: "1",
    entryPrice: "1000",
    marginMode: "isolated",
    leverage: "10",
    isolatedMargin: "100",
  };
  const cross = { marginMode: "cross", isolatedMargin: null };
  const stop = {
    id: "sl",
    kind: "mark",
    triggerPrice: "970",
    symbol: position.symbol,
    side: "long",
  };
  return JSON.stringify({
    assets: [{ code: "USDT" }],
    markets: [market("BTC/USDT:USDT"), market("ETH/USDT:USDT")],
    marks: { "BTC/USDT:USDT": "1000", "ETH/USDT:USDT": "50" },
    accounts: [
      { id: "alice", balances: { USDT: "0" }, positions: [position] },
      { id: "bob", balances: { USDT: "0" }, positions: [position], stops: [stop] },
      {
        id: "carol",
        balances: { USDT: "5000" },
        positions: [
          { ...position, ...cross, symbol: "ETH/USDT:USDT", side: "short", entryPrice: "50" },
        ],
      },
    ],
    ...changes,
  });
}

const ROWS = [
  `${START},BTC,1000,1010,980,990`,
  `${START},ETH,50,51,49,50`,
  `${START + MINUTE},BTC,990,990,900,905`,
  `${START + MINUTE},ETH,50,50,50,50`,
  `${START + 2 * MINUTE},BTC,905,1000,905,950`,
];

function tape(name: string, rows: readonly string[] = ROWS): string {
  const path = join(folder, name);
  const text = `ts_ms,symbol,open,high,low,close,volume\n${rows.map((row) => `${row},1\n`).join("")}`;
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const run = (args: readonly string[], book = bookText()) =>
  runCli(["replay", "-", ...args], { stdin: book });

describe("underkeel replay", { timeout: SLOW, concurrent: true }, () => {
  it("tells what happened, when, in a report with a chart", async () => {
    const { code, stdout, stderr } = await run(["--tape", tape("a.csv.gz"), "--verify"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("2025-10-10 21:00 to 2025-10-10 21:02 UTC: 5 bars of 2 markets");
    expect(stdout).toContain("3 accounts, 3 positions, 1 stop");
    expect(stdout).toMatch(/ticks +12, /);
    expect(stdout).toMatch(
      /liquidatable +1 scope \(0 cross, 1 isolated; 1 bankrupt, deficit none\)/,
    );
    expect(stdout).toMatch(/went under 1 time, came up 1 time/);
    expect(stdout).toMatch(/stops fired +1 \(1 mark\)/);
    expect(stdout).toMatch(/1 position or part; realized -30.00 USDT, fees 0.97 USDT/);
    expect(stdout).toMatch(/10-10 21:01 +1 +█+ +1 +█+\n/);
    expect(stdout).toMatch(/10-10 21:02 +· +·\n/);
    expect(stdout).toContain("12 ticks, 54 pools judged by the exact path");
    expect(stdout).toContain(": 0 differences");
    expect(stdout).not.toContain("\u001b");
  });

  it("prints every event as a JSON line with its tick, time and bar stage in front", async () => {
    const { stdout } = await run(["--tape", tape("b.csv"), "--jsonl"]);
    const lines = stdout.trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.every((line) => line.startsWith('{"tick":'))).toBe(true);
    expect(Object.keys(events[0] ?? {}).slice(0, 4)).toEqual(["tick", "time", "barStage", "type"]);
    const told = events.map(({ tick, time, barStage, type, account }) => [
      tick,
      ((time as number) - START) / MINUTE,
      barStage,
      type,
      account,
    ]);
    // The bar opens at its high, which is the nearer extreme: the low comes second.
    expect(told).toContainEqual([7, 1, "second", "stopTriggered", "bob"]);
    expect(told).toContainEqual([7, 1, "second", "positionChanged", "bob"]);
    expect(told).toContainEqual([7, 1, "second", "liquidatable", "alice"]);
    expect(told.at(-1)).toEqual([11, 2, "second", "recovered", "alice"]);
    const [fired] = events.filter(({ type }) => type === "stopTriggered");
    expect(fired).toMatchObject({
      stop: "sl",
      triggerPrice: "970",
      closes: [{ symbol: "BTC/USDT:USDT", side: "long", contracts: "1", price: "970" }],
    });
  });

  it("takes one tick per symbol and stage if asked to", async () => {
    const path = tape("c.csv");
    const whole = JSON.parse((await run(["--tape", path, "--json"])).stdout);
    const single = JSON.parse((await run(["--tape", path, "--json", "--by", "symbol"])).stdout);
    expect([whole.ticks, single.ticks]).toEqual([12, 20]);
    for (const key of ["liquidatable", "stopsTriggered", "recovered", "realizedPnl", "buckets"]) {
      expect(single[key], key).toEqual(whole[key]);
    }
    expect(whole).toMatchObject({ bars: 5, markets: 2, unknown: {}, bucketMinutes: 1, stops: 1 });
    expect(whole.buckets.map(({ liquidations }: { liquidations: number }) => liquidations)).toEqual(
      [0, 1, 0],
    );
  });

  it("orders extremes as it is told", async () => {
    const path = tape("d.csv", [`${START},BTC,1000,1060,980,1000`, `${START},ETH,50,50,50,50`]);
    const stages = async (order: string): Promise<unknown[]> => {
      const stop = { kind: "trailing", distance: "50", symbol: "BTC/USDT:USDT", side: "long" };
      const { accounts, ...rest } = JSON.parse(bookText());
      const [alice] = accounts;
      const book = JSON.stringify({ ...rest, accounts: [{ ...alice, stops: [stop] }] });
      const { stdout } = await run(["--tape", path, "--jsonl", "--extremes", order], book);
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      return lines.flatMap(({ type, barStage, closes }) =>
        type === "stopTriggered" ? [barStage, closes[0].price] : [],
      );
    };
    // From 1,060 it trails at 1,010: falling to 980 passes that; after the low first, the close does.
    expect(await stages("high-first")).toEqual(["second", "1010"]);
    expect(await stages("low-first")).toEqual(["close", "1010"]);
    expect(await stages("nearest")).toEqual(["close", "1010"]);
  });

  it("replays a part: from, to, limit", async () => {
    const path = tape("e.csv");
    const report = async (...args: string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await run(["--tape", path, "--json", ...args])).stdout);
    expect(await report("--limit", "3")).toMatchObject({
      ticks: 3,
      to: "2025-10-10T21:00:00.000Z",
    });
    expect(await report("--from", "2025-10-10T21:01")).toMatchObject({
      ticks: 8,
      from: "2025-10-10T21:01:00.000Z",
    });
    expect(await report("--to", "2025-10-10T21:00:30Z")).toMatchObject({ ticks: 4 });
    expect(await report("--from", "2025-10-11")).toMatchObject({
      ticks: 0,
      from: null,
      buckets: [],
    });
  });

  it("settles funding at its time, before the prices of that time", async () => {
    const funding = file(
      "funding.csv",
      `ts_ms,symbol,funding_rate\n${START - 1},BTC,0.5\n${START + MINUTE},BTC,0.001\n${START + MINUTE},DOGE,0.5\n`,
    );
    const path = tape("f.csv");
    const args = ["--tape", path, "--funding", funding, "--from", "2025-10-10T21:00"];
    const { stdout } = await run([...args, "--jsonl", "--summary"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const funded = lines.filter(({ type }) => type === "fundingSettled");
    // Two longs of 990 each pay 0.99.
    expect(funded).toMatchObject([
      {
        tick: 4,
        time: START + MINUTE,
        barStage: "funding",
        price: "990",
        paid: "1.98",
        received: "0",
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ type: "summary", fundings: 1, ticks: 12 });
    expect((await run([...args, "--verify"])).code).toBe(0);
  });

  it("calls margins at levels, and only tells of stops if asked to", async () => {
    const path = tape("g.csv");
    const { stdout } = await run([
      "--tape",
      path,
      "--json",
      "--call-levels",
      "0.3,0.8",
      "--stops",
      "report",
    ]);
    const report = JSON.parse(stdout);
    expect(report.marginCalls).toBeGreaterThan(0);
    expect(report.stopsTriggered).toMatchObject({ count: 1, closes: 1 });
    expect(report).toMatchObject({ realizedPnl: {}, liquidatable: { count: 2 } });
  });

  it("counts rows that the book does not know, or refuses them", async () => {
    const path = tape("h.csv", [...ROWS, `${START + 2 * MINUTE},DOGE,1,1,1,1`]);
    const { code, stdout } = await run(["--tape", path, "--summary"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/not in the book +1 row of 1 symbol \(DOGE\)/);
    expect(stdout).not.toContain("Liquidations and stops by");
    const strict = await run(["--tape", path, "--strict"]);
    expect([strict.code, strict.stdout]).toEqual([2, ""]);
    expect(strict.stderr).toMatch(/prices of DOGE, which is no market of the book; .*--symbol-map/);
  });

  it("takes the user's word for symbols", async () => {
    const path = tape("i.csv", [`${START},XBT,1000,1000,960,970`]);
    const args = ["--tape", path, "--json"];
    const { code, stdout } = await run([
      ...args,
      "--symbol-map",
      "auto",
      "--symbol-map",
      "XBT=BTC/USDT:USDT",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bars: 1, stopsTriggered: { count: 1 } });
    const unknown = await run(args);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(
      /no tape has prices of a market of the book \(its first symbol is XBT\)/,
    );
  });

  it("says where the book stands far from the tape", async () => {
    const { stderr } = await run([
      "--tape",
      tape("j.csv", [`${START},BTC,500,500,500,500`]),
      "--summary",
    ]);
    expect(stderr).toBe(
      "note: the tape opens more than 20 % away from the book's marks in 1 market (BTC/USDT:USDT)\n",
    );
  });

  it("names every bad row before it replays anything", async () => {
    const path = tape("k.csv", [
      ...ROWS,
      `${START},BTC,1,1,1,1`,
      `${START + 3 * MINUTE},ETH,1.234,2,1,1`,
    ]);
    const { code, stdout, stderr } = await run(["--tape", path, "--jsonl"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("the tape has 2 problems; nothing was replayed");
    expect(stderr).toMatch(/\n {2}k\.csv:7:1: ts_ms must not be before the row above it/);
    expect(stderr).toMatch(/\n {2}k\.csv:8:19: open /);
  });

  it.each([
    [["--tape", "no-such-tape"], "no-such-tape: no such file"],
    [[], "--tape is missing"],
    [["--tape", "-"], "cannot come from standard input"],
    [["--tape", "x", "--by", "bar"], "--by is one of time, symbol"],
    [["--tape", "x", "--extremes", "low"], "--extremes is one of nearest, low-first, high-first"],
    [["--tape", "x", "--order", "stops"], "--order is one of pathAware"],
    [["--tape", "x", "--stops", "yes"], "--stops is one of execute, report"],
    [["--tape", "x", "--from", "yesterday"], "--from takes a time such as"],
    [["--tape", "x", "--to", "2025-13-01"], "--to takes a time such as"],
    [["--tape", "x", "--limit", "0"], "--limit takes a whole number of at least 1"],
    [["--tape", "x", "--symbol-map", "BTC"], "NAME=MARKET or auto"],
    [["--tape", "x", "--symbol-map", "A=B", "--symbol-map", "A=C"], "names A twice"],
    [["--tape", "x", "--json", "--jsonl"], "exclude each other"],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("refuses call levels that are none", async () => {
    const { code, stderr } = await run(["--tape", tape("l.csv"), "--call-levels", "0.9,0.8"]);
    expect(code).toBe(2);
    expect(stderr).toContain("levels");
  });

  it("exits with 3 where its check finds a difference", async () => {
    const doctored = await bundleCli("wrong-replay", {
      name: "doctored",
      setup(building) {
        // To the check alone, the reference calls nobody liquidatable.
        building.onResolve({ filter: /reference[/\\]pool\.ts$/ }, ({ importer }) =>
          importer.endsWith("replay-verify.ts") ? { path: "wrong", namespace: "wrong" } : undefined,
        );
        building.onLoad({ filter: /.*/, namespace: "wrong" }, () => ({
          contents: "export const referencePoolFigures = () => ({ liquidatable: false });",
          loader: "js",
        }));
      },
    });
    try {
      const args = ["replay", "-", "--tape", tape("m.csv"), "--verify-reference"];
      const text = await runCli(args, { stdin: bookText() }, doctored);
      expect(text.code).toBe(3);
      expect(text.stdout).toMatch(
        /differences\n {4}tick 7 \(2025-10-10T21:01:00.000Z, second\): the scope of alice/,
      );
      const lines = await runCli([...args, "--jsonl"], { stdin: bookText() }, doctored);
      expect(lines.code).toBe(3);
      expect(lines.stderr).toContain("was told liquidatable and is not");
      const json = await runCli([...args, "--json"], { stdin: bookText() }, doctored);
      expect(JSON.parse(json.stdout).verified.differences).toBeGreaterThan(0);
    } finally {
      rmSync(doctored, { force: true });
    }
  });
});
