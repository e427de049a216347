// The page's controller with a worker and a clock made of plain data: one frame in flight, the newest prices win, answers about an earlier book
// are not shown, a sweep scans as many frames as it says, a replay keeps its pace.
import { describe, expect, it } from "vitest";
import { BookApp } from "../../web/book/app.ts";
import type {
  BookAnswer,
  BookFacts,
  BookRequest,
  FrameFacts,
  MapFacts,
  ReplayFacts,
} from "../../web/book/protocol.ts";
import { priceOnView, SWEEP_FRAMES } from "../../web/book/state.ts";

const MARKET = { symbol: "BTC/USDT:USDT", settle: "USDT", priceDecimals: 8, mark: 100 };

const MAP: MapFacts = {
  market: 0,
  together: true,
  mark: 100,
  prices: Float64Array.of(90),
  notional: Float64Array.of(1),
  scopes: Float64Array.of(1),
  longs: { scopes: 1, notional: "1" },
  shorts: { scopes: 0, notional: "0" },
  atMark: 0,
  milliseconds: 1,
};

function bookFacts(name: string, marks: readonly number[] = [100, 100]): BookFacts {
  return {
    name,
    accounts: 1,
    positions: 1,
    stops: 0,
    scopes: 1,
    memoryBytes: 1,
    loadMs: 1,
    indexMs: 1,
    firstScanMs: 1,
    markets: [MARKET, { ...MARKET, symbol: "ETH/USDT:USDT" }]
      .slice(0, marks.length)
      .map((market, index) => ({ ...market, mark: marks[index] as number })),
  };
}

class Bench {
  readonly sent: BookRequest[] = [];
  readonly hashes: string[] = [];
  readonly app: BookApp;
  clock = 0;
  draws = 0;
  #frame: (() => void) | undefined;

  constructor(hash = "") {
    this.app = new BookApp(
      {
        worker: { postMessage: (request) => this.sent.push(request) },
        draw: () => {
          this.draws++;
        },
        now: () => this.clock,
        nextFrame: (callback) => {
          this.#frame = callback;
        },
        remember: (hash) => this.hashes.push(hash),
      },
      hash,
    );
  }

  /** One animation frame. */
  frame(): void {
    this.clock += 16;
    const callback = this.#frame;
    this.#frame = undefined;
    callback?.();
  }

  get last(): BookRequest {
    return this.sent.at(-1) as BookRequest;
  }

  of(kind: BookRequest["kind"]): BookRequest[] {
    return this.sent.filter((request) => request.kind === kind);
  }

  load(name = "a"): void {
    this.app.generate(1, name);
    this.app.receive({ kind: "loaded", id: this.last.id, book: bookFacts(name) });
  }

  answerFrame(request: BookRequest, scopes = 1): void {
    if (request.kind !== "frame") throw new Error("a frame was asked for");
    const { market, movePpm, together, id } = request;
    const frame: FrameFacts = {
      shock: { market, movePpm, together },
      price: 100,
      scopes,
      cross: scopes,
      isolated: 0,
      accounts: scopes,
      exactEvaluations: 0,
      deepest: [],
      scanMs: 1,
      workMs: 2,
    };
    this.app.receive({ kind: "frame", id, frame });
  }
}

function replayFacts(done: number, bars: number): ReplayFacts {
  const bar = {
    time: 0,
    long: 0,
    short: 0,
    fund: 0,
    uncovered: 0,
    prices: Float64Array.of(90, 80),
  };
  return {
    bars: Array.from({ length: bars }, () => bar),
    done,
    total: 240,
    settle: "USDT",
    liquidatedScopes: 0,
    liquidatedAccounts: 0,
    longNotional: "0",
    shortNotional: "0",
    fund: "0",
    uncovered: "0",
    deleveraged: 0,
    ticks: 4,
    tickMs: 0,
    liquidateMs: 0,
    watchMs: 0,
  };
}

describe("dragging", () => {
  it("keeps one frame in flight and then asks for the newest prices", () => {
    const bench = new Bench();
    bench.load();
    expect(bench.of("frame")).toHaveLength(1);
    expect(bench.of("map")).toHaveLength(1);
    for (let move = 1; move <= 50; move++) bench.app.setMove(move * 1_000);
    expect(bench.of("frame")).toHaveLength(1);
    bench.answerFrame(bench.of("frame")[0] as BookRequest);
    expect(bench.of("frame")).toHaveLength(2);
    expect(bench.last).toMatchObject({ kind: "frame", movePpm: 50_000 });
    bench.answerFrame(bench.last);
    expect(bench.of("frame")).toHaveLength(2);
    bench.app.setMove(10_000_000);
    expect(bench.last).toMatchObject({ movePpm: 450_000 });
    expect(bench.hashes.at(-1)).toContain("move=45");
  });

  it("asks for a map anew only when what moves is another", () => {
    const bench = new Bench();
    bench.load();
    bench.app.receive({
      kind: "failed",
      id: 3,
      request: "map",
      message: "x",
      problems: [],
      more: 0,
    });
    bench.app.setMove(5_000);
    expect(bench.of("map")).toHaveLength(1);
    bench.app.setTogether(false);
    bench.app.setMarket(1);
    expect(bench.of("map")).toHaveLength(2);
    expect(bench.app.state.movePpm).toBe(0);
  });

  it("shows nothing of the book before", () => {
    const bench = new Bench();
    bench.load("a");
    const old = bench.of("frame")[0] as BookRequest;
    bench.load("b");
    bench.answerFrame(old, 77);
    expect(bench.app.state.frame).toBeUndefined();
    const fresh = bench.last;
    expect(fresh.kind).toBe("frame");
    bench.answerFrame(fresh, 5);
    expect(bench.app.state.frame?.scopes).toBe(5);
  });
});

describe("loads", () => {
  it("are cancelled by number, and a failure leaves the book", () => {
    const bench = new Bench();
    bench.load("a");
    bench.app.generate(5, "b");
    const { id } = bench.last;
    bench.app.cancel();
    expect(bench.last).toEqual({ kind: "cancel", id });
    bench.app.receive({ kind: "cancelled", id });
    expect(bench.app.state.progress).toBeUndefined();
    bench.app.open([new File([], "x.csv")]);
    const failed: BookAnswer = {
      kind: "failed",
      id: bench.last.id,
      request: "open",
      message: "no",
      problems: [{ place: "x.csv:1:1", message: "bad" }],
      more: 3,
    };
    bench.app.receive(failed);
    expect(bench.app.state.failure).toMatchObject({ message: "no", more: 3 });
    expect(bench.app.state.book?.name).toBe("a");
    bench.app.generate(5, "c");
    expect(bench.app.state.failure).toBeUndefined();
    bench.app.broken("out of memory");
    expect(bench.app.state.failure?.message).toContain("out of memory");
  });
});

describe("loads in a row", () => {
  it("name the book only once it is there, whatever became of the load", () => {
    const bench = new Bench();
    bench.load("a");
    bench.app.generate(5, "b");
    const { id } = bench.last;
    bench.app.setMove(1_000);
    expect(bench.hashes.at(-1)).toContain("accounts=1&seed=a&");
    bench.app.receive({ kind: "cancelled", id });
    bench.app.reload();
    expect(bench.last).toMatchObject({ kind: "generate", accounts: 1, seed: "a" });
    bench.app.open([new File([], "x.csv")]);
    const failure = { message: "no", problems: [], more: 0 };
    bench.app.receive({ kind: "failed", id: bench.last.id, request: "open", ...failure });
    bench.app.reload();
    expect(bench.last).toMatchObject({ kind: "generate", seed: "a" });
  });

  it("let a later one be cancelled, and fail aloud, where the earlier came in late", () => {
    const bench = new Bench();
    bench.app.generate(1, "a");
    const first = bench.last.id;
    bench.app.open([new File([], "x.csv")]);
    const second = bench.last.id;
    bench.app.receive({ kind: "loaded", id: first, book: bookFacts("a") });
    bench.app.cancel();
    expect(bench.last).toEqual({ kind: "cancel", id: second });
    const failure = { message: "no", problems: [], more: 0 };
    bench.app.receive({ kind: "failed", id: second, request: "open", ...failure });
    expect(bench.app.state.failure).toMatchObject({ message: "no" });
    bench.app.reload();
    expect(bench.last).toMatchObject({ kind: "generate", seed: "a" });
  });
});

describe("a sweep", () => {
  it("scans and draws as many frames as it says, one at a time", () => {
    const bench = new Bench();
    bench.load();
    bench.answerFrame(bench.of("frame")[0] as BookRequest);
    bench.frame();
    const before = bench.of("frame").length;
    bench.app.measure();
    for (
      let round = 0;
      round < 2 * SWEEP_FRAMES && bench.app.state.measured === undefined;
      round++
    ) {
      const asked = bench.last;
      if (asked.kind === "frame") bench.answerFrame(asked);
      bench.frame();
    }
    const { measured } = bench.app.state;
    expect(measured).toMatchObject({ frames: SWEEP_FRAMES, accounts: 1 });
    expect(measured?.perSecond).toBeCloseTo(1_000 / 16, 6);
    // One is under way when the last is drawn, and one goes back to the mark.
    expect(bench.of("frame").length - before).toBeLessThanOrEqual(SWEEP_FRAMES + 2);
    expect(bench.app.state.movePpm).toBe(0);
  });
});

describe("a replay", () => {
  it("keeps its pace, pauses, and moves the marks", () => {
    const bench = new Bench();
    bench.load();
    bench.app.setSpeed(10);
    bench.app.play();
    bench.frame();
    expect(bench.last).toMatchObject({ kind: "replay", bars: 1 });
    let done = 1;
    bench.app.receive({ kind: "replay", id: bench.last.id, replay: replayFacts(done, 1) });
    // Ten bars a second: in a second's frames about ten more.
    for (let tick = 0; tick < 62; tick++) {
      const requests = bench.of("replay").length;
      bench.frame();
      if (bench.of("replay").length === requests) continue;
      const { last } = bench;
      if (last.kind !== "replay") throw new Error("a replay was asked for");
      done += last.bars;
      bench.app.receive({ kind: "replay", id: last.id, replay: replayFacts(done, last.bars) });
    }
    expect(done).toBeGreaterThanOrEqual(10);
    expect(done).toBeLessThanOrEqual(12);
    expect(bench.app.state.replayBars).toHaveLength(done);
    expect(bench.app.state.book?.markets.map(({ mark }) => mark)).toEqual([90, 80]);
    bench.app.pause();
    const { length } = bench.of("replay");
    for (let tick = 0; tick < 20; tick++) bench.frame();
    expect(bench.of("replay")).toHaveLength(length);
    bench.app.step();
    expect(bench.last).toMatchObject({ kind: "replay", bars: 1 });
    bench.app.receive({ kind: "replay", id: bench.last.id, replay: replayFacts(240, 1) });
    bench.app.play();
    expect(bench.app.state.playing).toBe(false);
    bench.app.reload();
    expect(bench.last).toMatchObject({ kind: "generate", seed: "a" });
  });

  it("shows nothing of the book before its bars, and looks again where it is paused", () => {
    const bench = new Bench();
    bench.load();
    bench.answerFrame(bench.of("frame")[0] as BookRequest, 7);
    bench.app.setMove(-100_000);
    const dragged = bench.last;
    bench.app.play();
    bench.frame();
    const bars = bench.last;
    bench.answerFrame(dragged, 9);
    expect(bench.app.state.frame?.scopes).toBe(7);
    bench.app.receive({ kind: "replay", id: bars.id, replay: replayFacts(1, 1) });
    expect(bench.app.state).toMatchObject({ frame: undefined, map: undefined, movePpm: 0 });
    const { length } = bench.of("frame");
    bench.app.setMove(-50_000);
    bench.app.setTogether(false);
    expect(bench.app.state.movePpm).toBe(0);
    expect(bench.of("frame")).toHaveLength(length);
    bench.app.pause();
    expect(bench.of("frame").at(-1)).toMatchObject({ movePpm: 0, together: false });
    expect(bench.of("frame")).toHaveLength(length + 1);
  });

  it("ends a sweep, and neither it nor a sweep runs beside a race", () => {
    const bench = new Bench();
    bench.load();
    bench.app.measure();
    bench.app.race();
    expect(bench.of("race")).toHaveLength(0);
    bench.app.play();
    expect(bench.app.state.sweep).toBe(0);
    bench.app.race();
    expect(bench.of("race")).toHaveLength(0);
    bench.app.pause();
    bench.app.race();
    expect(bench.of("race")).toHaveLength(1);
    bench.app.measure();
    expect(bench.app.state.sweep).toBe(0);
  });
});

describe("what is shown", () => {
  it("is the market on view, not the one before", () => {
    const bench = new Bench();
    bench.load();
    bench.answerFrame(bench.of("frame")[0] as BookRequest);
    bench.app.receive({ kind: "loaded", id: 99, book: bookFacts("b", [100, 40]) });
    bench.app.setMarket(1);
    expect(priceOnView(bench.app.state)).toBe(40);
    bench.app.generate(1, "c");
    bench.app.receive({ kind: "loaded", id: bench.last.id, book: bookFacts("c", [100, 40]) });
    expect(bench.app.state.market).toBe(1);
  });

  it("is a map of what moves now", () => {
    const bench = new Bench();
    bench.load();
    const { id } = bench.of("map")[0] as BookRequest;
    bench.app.setTogether(false);
    bench.app.receive({ kind: "map", id, map: MAP });
    expect(bench.app.state.map).toBeUndefined();
    expect(bench.last).toMatchObject({ kind: "map", together: false });
    bench.app.receive({ kind: "map", id: bench.last.id, map: { ...MAP, together: false } });
    expect(bench.app.state.map).toMatchObject({ together: false });
  });

  it("asks nothing of a book without marks", () => {
    const bench = new Bench();
    for (const marks of [[], [0, 0]]) {
      bench.app.generate(1, "a");
      bench.app.receive({ kind: "loaded", id: bench.last.id, book: bookFacts("a", marks) });
      bench.app.measure();
      bench.app.play();
      bench.app.step();
      bench.frame();
    }
    expect(bench.sent.map(({ kind }) => kind)).toEqual(["generate", "generate"]);
    expect(bench.app.state).toMatchObject({ sweep: 0, playing: false });
  });
});
