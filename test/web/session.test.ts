// The worker's session without a worker: what it answers equals what the engine says when asked directly.
import { describe, expect, it } from "vitest";
import { formatDecimal } from "../../src/decimal.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, generateTape, standardMarkets } from "../../src/generate/index.ts";
import type { BookDocument } from "../../src/types.ts";
import type { BookAnswer, BookRequest, FrameFacts, Shock } from "../../web/book/protocol.ts";
import { generatedBook } from "../../web/workers/generated-book.ts";
import { finishLoad } from "../../web/workers/loaded-book.ts";
import { mapFacts } from "../../web/workers/maps.ts";
import { CrashReplay, REPLAY_BARS } from "../../web/workers/replay.ts";
import { BookSession } from "../../web/workers/session.ts";
import { trialPrices } from "../../web/workers/trial-prices.ts";

const ACCOUNTS = 3_000;
const SEED = "session";

function bookDocument(accounts = ACCOUNTS): BookDocument {
  const markets = standardMarkets();
  return {
    assets: [{ code: "USDT", decimals: 8 }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [...generateBook({ accounts, seed: SEED, markets })],
  };
}

class Talk {
  readonly answers: BookAnswer[] = [];
  readonly session: BookSession;
  #clock = 0;
  #id = 0;

  constructor() {
    this.session = new BookSession({
      post: (answer) => this.answers.push(answer),
      // Every look at the clock is a slice's time later, so that loads breathe as often as they can.
      now: () => {
        this.#clock += 60;
        return this.#clock;
      },
      breathe: () => Promise.resolve(),
    });
  }

  async ask(request: Omit<BookRequest, "id"> & Record<string, unknown>): Promise<BookAnswer> {
    await this.session.handle({ ...request, id: ++this.#id } as BookRequest);
    return this.answers.at(-1) as BookAnswer;
  }

  get lastId(): number {
    return this.#id;
  }
}

async function framed(talk: Talk, shock: Shock): Promise<FrameFacts> {
  const answer = await talk.ask({ kind: "frame", ...shock });
  if (answer.kind !== "frame") throw new Error(`a frame, not ${JSON.stringify(answer)}`);
  return answer.frame;
}

function file(name: string, text: string): File {
  return new File([text], name);
}

async function packed(name: string, text: string): Promise<File> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new File([await new Response(stream).arrayBuffer()], name);
}

const HEAD = "account,symbol,side,contracts,entryPrice,marginMode,leverage,isolatedMargin";

describe("a generated book", () => {
  it("is the book of the generator's document, to the last unit", async () => {
    const sink = await generatedBook(ACCOUNTS, SEED, async () => {});
    expect(sink.engine.stateHash()).toBe(RiskEngine.fromBook(bookDocument()).stateHash());
  });

  it("gives frames equal to scans of the engine", async () => {
    const talk = new Talk();
    const loaded = await talk.ask({ kind: "generate", accounts: ACCOUNTS, seed: SEED });
    expect(loaded).toMatchObject({ kind: "loaded", book: { accounts: ACCOUNTS } });
    expect(talk.answers.some(({ kind }) => kind === "progress")).toBe(true);
    const engine = RiskEngine.fromBook(bookDocument());
    for (const movePpm of [0, -100_000, 250_000]) {
      const frame = await framed(talk, { market: 1, movePpm, together: false });
      const price = formatDecimal(frame.price, 8);
      const scan = engine.scanAt({ "ETH/USDT:USDT": price });
      const lines = [...scan.lines()];
      expect(frame.scopes).toBe(scan.count);
      expect(frame.isolated).toBe(lines.filter(({ scope }) => scope === "isolated").length);
      expect(frame.cross).toBe(lines.filter(({ scope }) => scope === "cross").length);
      expect(frame.accounts).toBe(new Set(lines.map(({ account }) => account)).size);
      expect(frame.deepest).toEqual(scan.deepest(12));
    }
  });

  it("has maps whose levels are the frames' prices, alone and together", async () => {
    const sink = await generatedBook(ACCOUNTS, SEED, async () => {});
    const { engine, markets } = finishLoad(sink, "", 0, () => 0);
    const atMark = new Set(engine.scan().handles);
    for (const together of [false, true]) {
      const map = mapFacts(engine, markets, 0, together, () => 0);
      for (const movePpm of [-450_000, -200_000, -5_000, 5_000, 300_000, 450_000]) {
        const trial = trialPrices(markets, { market: 0, movePpm, together });
        const price = trial.prices[0] as number;
        expect([...map.prices]).toContain(price);
        const { handles } = engine.scanAtMarks(trial.markets, trial.prices, trial.count);
        const fallen = [...handles].filter((pool) => !atMark.has(pool)).length;
        const passed = map.scopes.filter((_, level) => {
          const at = map.prices[level] as number;
          return movePpm < 0 ? at < map.mark && at >= price : at > map.mark && at <= price;
        });
        expect(passed.reduce((sum, scopes) => sum + scopes, 0)).toBe(fallen);
      }
    }
  });

  it("can be cancelled, and leaves the book before in place", async () => {
    const talk = new Talk();
    await talk.ask({ kind: "generate", accounts: 100, seed: "a" });
    const shock = { market: 0, movePpm: -200_000, together: true };
    const before = await framed(talk, shock);
    const id = talk.lastId + 1;
    const load = talk.ask({ kind: "generate", accounts: 20_000, seed: "b" });
    await talk.session.handle({ kind: "cancel", id });
    expect(await load).toEqual({ kind: "cancelled", id });
    expect((await framed(talk, shock)).deepest).toEqual(before.deepest);
  });
});

describe("a book from files", () => {
  it("is read from positions alone, with wallets in a column", async () => {
    const talk = new Talk();
    const rows = [
      `balance,${HEAD}`,
      "500,ann,BTC/USDT:USDT,long,0.5,115000,cross,20,",
      ",ann,ETH/USDT:USDT,short,2,4000,isolated,10,800",
      '1000,"bob, jr",BTC/USDT:USDT,long,0.1,115000,cross,20,',
      '1000,"bob, jr",BTC/USDT:USDT,short,0.1,115000,cross,20,',
    ];
    const files = [await packed("mine.csv.gz", `${rows.join("\n")}\n`)];
    const answer = await talk.ask({ kind: "open", files });
    expect(answer).toMatchObject({
      kind: "loaded",
      book: { name: "mine.csv.gz", accounts: 2, positions: 4, scopes: 3 },
    });
    const frame = await framed(talk, { market: 0, movePpm: -10_000, together: false });
    expect(frame).toMatchObject({ scopes: 1, accounts: 1, cross: 1 });
    const [line] = frame.deepest;
    // 500 + 0.5 · (114,205.212 − 115,000)
    expect(line).toMatchObject({ account: "ann", equity: "102.606" });
  });

  it.each(["account-positions.csv", "benchmark.csv", "POSITIONS (1).TXT"])(
    "is read from positions in %s",
    async (name) => {
      const text = `${HEAD}\nann,BTC/USDT:USDT,long,0.5,115000,cross,20,\n`;
      const answer = await new Talk().ask({ kind: "open", files: [file(name, text)] });
      expect(answer).toMatchObject({ kind: "loaded", book: { positions: 1 } });
    },
  );

  it("is read from the files of a folder, and from a document", async () => {
    const document = bookDocument(50);
    const talk = new Talk();
    const answer = await talk.ask({
      kind: "open",
      files: [await packed("book.json.gz", JSON.stringify(document))],
    });
    expect(answer).toMatchObject({ kind: "loaded", book: { accounts: 50 } });
    const { assets, markets } = document;
    const folder = [
      file("markets.json", JSON.stringify({ assets, markets })),
      file("marks.csv", "symbol,price\nBTC/USDT:USDT,100000\n"),
      file("accounts.csv", "account,asset,balance\nann,USDT,600\n"),
      file("positions.csv", `${HEAD}\nann,BTC/USDT:USDT,long,0.1,100000,cross,20,\n`),
      file(
        "stops.csv",
        "account,kind,symbol,side,triggerPrice\nann,mark,BTC/USDT:USDT,long,97000\n",
      ),
    ];
    expect(await talk.ask({ kind: "open", files: folder })).toMatchObject({
      kind: "loaded",
      book: { accounts: 1, positions: 1, stops: 1 },
    });
    const frame = await framed(talk, { market: 0, movePpm: -60_000, together: true });
    expect(frame.scopes).toBe(1);
  });

  it.each([
    [
      "a bad row",
      () => [
        file(
          "positions.csv",
          `${HEAD}\nann,BTC/USDT:USDT,long,0.5x,1,cross,,\nann,NOPE,long,1,1,cross,,\n`,
        ),
      ],
      ["positions.csv:2:24", "positions.csv:3:5"],
    ],
    [
      "wallets that contradict",
      () => [
        file(
          "p.csv",
          `${HEAD},balance\na,BTC/USDT:USDT,long,1,1,cross,,,5\na,ETH/USDT:USDT,long,1,1,cross,,,6\n`,
        ),
      ],
      ["p.csv:3:34"],
    ],
    ["a missing column", () => [file("positions.csv", "account,symbol\n")], []],
    [
      "damaged gzip",
      () => [new File([new Uint8Array([31, 139, 8, 0, 1, 2])], "positions.csv.gz")],
      [],
    ],
    ["another kind of file", () => [file("notes.pdf", "x")], []],
    [
      "a folder without positions",
      () => [file("accounts.csv", "account,asset,balance\n"), file("marks.csv", "")],
      [],
    ],
  ])("is refused whole for %s, and the book before stays", async (_, files, places) => {
    const talk = new Talk();
    await talk.ask({ kind: "generate", accounts: 100, seed: "a" });
    const answer = await talk.ask({ kind: "open", files: files() });
    if (answer.kind !== "failed") throw new Error(`a failure, not ${answer.kind}`);
    expect(answer.message).not.toMatch(/internal/);
    expect(answer.problems.map(({ place }) => place)).toEqual(places);
    const frame = await framed(talk, { market: 0, movePpm: -200_000, together: true });
    expect(frame.scopes).toBeGreaterThan(0);
  });
});

describe("the race", () => {
  it("ends with the same lists", async () => {
    const talk = new Talk();
    await talk.ask({ kind: "generate", accounts: ACCOUNTS, seed: SEED });
    const answer = await talk.ask({ kind: "race", rounds: 5 });
    if (answer.kind !== "race") throw new Error(`a race, not ${answer.kind}`);
    const { entries, refusal } = answer.race;
    expect(refusal).toBeNull();
    expect(entries).toHaveLength(3);
    for (const { differences, scopes, times } of entries) {
      expect(differences).toBe(0);
      expect(scopes).toBe(entries[0]?.scopes);
      expect(times).toHaveLength(5);
    }
    expect(entries[0]?.scopes).toBeGreaterThan(0);
  });

  it("says of what the rival has no formula", async () => {
    const talk = new Talk();
    const document = {
      assets: [{ code: "BTC", decimals: 8 }],
      markets: [
        {
          symbol: "BTC/USD:BTC",
          settle: "BTC",
          linear: false,
          contractSize: "100",
          precision: { amount: "1" },
          tiers: [{ maintenanceMarginRate: "0.01" }],
        },
      ],
      marks: { "BTC/USD:BTC": "100000" },
      accounts: [
        {
          id: "a",
          balances: { BTC: "1" },
          positions: [
            {
              symbol: "BTC/USD:BTC",
              side: "long",
              contracts: "100",
              entryPrice: "100000",
              marginMode: "cross",
            },
          ],
        },
      ],
    };
    await talk.ask({ kind: "open", files: [file("book.json", JSON.stringify(document))] });
    const answer = await talk.ask({ kind: "race", rounds: 5 });
    expect(answer).toMatchObject({
      kind: "race",
      race: { refusal: "inverse contracts", entries: [] },
    });
  });
});

describe("a race that the book does not wait for", () => {
  /** Turns of the worker's loop go by before a message is heard. */
  class Turns {
    readonly answers: BookAnswer[] = [];
    readonly waiting: (() => void)[] = [];
    readonly session: BookSession = new BookSession({
      post: (answer) => this.answers.push(answer),
      now: () => 0,
      breathe: () => new Promise((resolve) => this.waiting.push(resolve)),
    });

    /** Lets so many breaths pass, all of them without a number, oldest first. */
    async turn(turns = Number.POSITIVE_INFINITY): Promise<void> {
      for (let count = 0; count < turns; count++) {
        await new Promise((resolve) => setTimeout(resolve));
        const next = this.waiting.shift();
        if (next === undefined) return;
        next();
      }
    }

    kinds(id: number): string[] {
      return this.answers.filter((answer) => answer.id === id).map(({ kind }) => kind);
    }
  }

  it("is over where a replay changes the book under it", async () => {
    const turns = new Turns();
    void turns.session.handle({ kind: "generate", id: 1, accounts: 300, seed: SEED });
    await turns.turn();
    void turns.session.handle({ kind: "race", id: 2, rounds: 5 });
    await turns.turn(4);
    await turns.session.handle({ kind: "replay", id: 3, bars: 1, budgetMs: 1e9 });
    await turns.turn();
    expect(turns.kinds(2).at(-1)).toBe("cancelled");
    void turns.session.handle({ kind: "race", id: 4, rounds: 5 });
    await turns.turn();
    expect(turns.answers.at(-1)).toMatchObject({ kind: "race", race: { refusal: null } });
  });

  it("is of the book that is there when it begins, and so is the next", async () => {
    const turns = new Turns();
    void turns.session.handle({ kind: "generate", id: 1, accounts: 300, seed: SEED });
    await turns.turn();
    void turns.session.handle({ kind: "generate", id: 2, accounts: 30, seed: SEED });
    await new Promise((resolve) => setTimeout(resolve));
    void turns.session.handle({ kind: "race", id: 3, rounds: 5 });
    await turns.turn();
    void turns.session.handle({ kind: "race", id: 4, rounds: 5 });
    await turns.turn();
    const loaded = turns.answers.find(({ kind, id }) => kind === "loaded" && id === 2);
    if (loaded?.kind !== "loaded") throw new Error("the second book was not loaded");
    const legs = loaded.book.positions;
    for (const id of [3, 4]) {
      const answer = turns.answers.find((one) => one.kind === "race" && one.id === id);
      expect(answer).toMatchObject({ race: { legs } });
    }
  });
});

describe("the replay", () => {
  it("leaves the book that ticks and liquidations by hand leave", async () => {
    const played = RiskEngine.fromBook(bookDocument(400));
    const markets = standardMarkets();
    const facts = markets.map(({ definition, mark }) => ({
      symbol: definition.symbol,
      settle: "USDT",
      priceDecimals: 8,
      mark: Math.round(Number(mark) * 1e8),
    }));
    const replay = new CrashReplay(played, facts, () => 0);
    const fund = played.insuranceFund("USDT");
    let last = replay.play(7, 1e9);
    expect(last).toMatchObject({ done: 7, total: REPLAY_BARS });
    while (!replay.done) last = replay.play(50, 1e9);
    expect(last.liquidatedAccounts).toBeGreaterThan(10);
    const engine = RiskEngine.fromBook(bookDocument(400));
    engine.apply({ type: "setInsuranceFund", asset: "USDT", amount: fund });
    const rows = generateTape({
      seed: "crash",
      markets,
      bars: REPLAY_BARS,
      start: Date.UTC(2025, 9, 10, 19, 30),
    });
    const bars = new Map<
      number,
      Record<"open" | "high" | "low" | "close", Record<string, string>>
    >();
    for (const { time, symbol, ...prices } of rows) {
      const bar = bars.get(time) ?? { open: {}, high: {}, low: {}, close: {} };
      bars.set(time, bar);
      const { open, high, low } = prices;
      // The extreme nearer to the open comes first, the low where they are as near.
      const lowFirst = Number(open) - Number(low) <= Number(high) - Number(open);
      const name = `${symbol}/USDT:USDT`;
      bar.open[name] = open;
      bar.high[name] = lowFirst ? low : high;
      bar.low[name] = lowFirst ? high : low;
      bar.close[name] = prices.close;
    }
    const policy = { method: "ladder", slippage: "0.001", fee: "0.005", deleverage: true } as const;
    const liquidated = new Set<string>();
    for (const [time, { open, high, low, close }] of bars) {
      for (const prices of [open, high, low, close]) {
        const under = [...engine.tick(prices, { time }).events()].flatMap((event) =>
          event.type === "liquidatable" ? [event.account] : [],
        );
        if (under.length === 0) continue;
        const accounts = [...new Set(under)];
        for (const event of engine.liquidate({ accounts, time, policy })) {
          if (event.type === "liquidationStarted") liquidated.add(event.account);
        }
      }
    }
    expect(last.liquidatedAccounts).toBe(liquidated.size);
    expect(last.fund).toBe(engine.insuranceFund("USDT"));
    expect(played.stateHash()).toBe(engine.stateHash());
  });
});
