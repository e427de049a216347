// Stops in book documents and in the fingerprint of the state, margin calls beside them, and what random commands leave of both.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BookError } from "../../src/book/index.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type {
  BookDocument,
  Command,
  DecimalLike,
  Profile,
  StopDefinition,
} from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, ETH, fundedEngine } from "./fixtures.ts";
import { accountDraw, drawnEngine, refusalCode, tryApply } from "./margin-fixtures.ts";
import { commandDraws, commandOf } from "./stop-draws.ts";
import { EVERY_STOP, everyStop, onLong, stopEngine, stopsOf } from "./stop-fixtures.ts";

/** The same book with other stops of account "one". */
function withStopsOfOne(book: BookDocument, stops: unknown): unknown {
  const accounts = book.accounts.map((account) =>
    account.id === "one" ? { ...account, stops } : account,
  );
  return { ...book, accounts };
}

describe("books", () => {
  it.each<Profile>(["default", "binance", { stopImmediate: "fire" }])(
    "carry stops of every kind, with profile %o",
    (profile) => {
      const engine = everyStop(profile);
      const book = engine.toBook();
      for (const form of [book, JSON.stringify(book)]) {
        const again = RiskEngine.fromBook(form);
        expect(again.stateHash()).toBe(engine.stateHash());
        expect(again.toBook()).toEqual(book);
        expect(again.stats().stops).toBe(EVERY_STOP.length);
      }
    },
  );

  it("take what is passed, too late or impossible as it stands", () => {
    const engine = stopEngine();
    const stops: StopDefinition[] = [
      onLong({ id: "passed", side: "long", triggerPrice: "50000" }),
      onLong({ id: "late", side: "long", triggerPrice: "45000" }),
      { id: "never", kind: "entryDeviation", symbol: BTC, side: "long", deviation: "1" },
      { id: "floor", kind: "equity", settle: "USDT", equityFloor: "100000" },
      { id: "best", kind: "trailing", symbol: BTC, side: "long", distance: "10", best: "60000" },
    ];
    const again = RiskEngine.fromBook(withStopsOfOne(engine.toBook(), stops) as BookDocument);
    expect(stopsOf(again, "one")).toEqual(stops);
    expect(RiskEngine.fromBook(again.toBook()).stateHash()).toBe(again.stateHash());
  });

  it("number stops that have no id, and take null for absent", () => {
    const stop = { kind: "mark", symbol: BTC, triggerPrice: "48000", amount: null, oco: null };
    const stops = [stop, { ...stop, id: "own" }, { ...stop, triggerPrice: 47_000.5 }];
    const again = RiskEngine.fromBook(JSON.stringify(withStopsOfOne(stopEngine().toBook(), stops)));
    expect(stopsOf(again, "one").map(({ id, triggerPrice }) => `${id} ${triggerPrice}`)).toEqual([
      "1 48000",
      "own 48000",
      "3 47000.5",
    ]);
  });

  it("name what is wrong by its place", () => {
    const good = { kind: "mark", symbol: BTC, triggerPrice: "48000" };
    const stops = [
      { ...good, kind: "limit" },
      { kind: "mark", symbol: BTC, triggerPrise: "5" },
      { ...good, triggerPrice: "0" },
      { ...good, amount: "1.5" },
      { ...good, distance: "1" },
      { ...good, symbol: "X" },
      { ...good, oco: "later" },
      { ...good, id: "a" },
      { ...good, id: "a" },
      5,
    ];
    let problems: string[] = [];
    try {
      RiskEngine.fromBook(withStopsOfOne(stopEngine().toBook(), stops) as BookDocument);
    } catch (error) {
      if (!(error instanceof BookError)) throw error;
      problems = error.problems.map(({ code, path }) => `${code} ${path}`);
    }
    expect(problems).toEqual([
      "BAD_VALUE accounts[0].stops[0].kind",
      "BAD_VALUE accounts[0].stops[1].triggerPrise",
      "OUT_OF_RANGE accounts[0].stops[2].triggerPrice",
      "OUT_OF_RANGE accounts[0].stops[3].amount",
      "BAD_VALUE accounts[0].stops[4].distance",
      "UNKNOWN_SYMBOL accounts[0].stops[5].symbol",
      "UNKNOWN_STOP accounts[0].stops[6].oco",
      "DUPLICATE_STOP accounts[0].stops[8].id",
      "BAD_VALUE accounts[0].stops[9]",
    ]);
  });

  it("every field of a stop is part of the state, and so is their order", () => {
    const trail = { id: "t", kind: "trailing", symbol: BTC } as const;
    const lists: readonly (readonly (StopDefinition & { readonly id: string })[])[] = [
      [],
      [onLong()],
      [onLong({ id: "other" })],
      [onLong({ triggerPrice: "48000.00000001" })],
      [onLong({ triggerPrice: "52000", purpose: "takeProfit" })],
      [onLong({ amount: "0.5" })],
      [onLong({ slippage: "0.00000001" })],
      [{ ...trail, distance: "10" }],
      [{ ...trail, rate: "0.1" }],
      [{ ...trail, distance: "10", best: "50001" }],
      [{ ...trail, distance: "10", activationPrice: "60000" }],
      [{ ...trail, kind: "marginLoss", share: "0.1" }],
      [{ ...trail, kind: "marginLoss", share: "0.100001" }],
      [{ ...trail, kind: "entryDeviation", deviation: "0.01" }],
      [{ id: "t", kind: "equity", settle: "USDT", equityFloor: "5000" }],
      [{ id: "t", kind: "equity", symbol: ETH, equityFloor: "5000" }],
      [{ id: "t", kind: "drawdown", settle: "USDT", drawdown: "0.1" }],
      [{ id: "t", kind: "drawdown", settle: "USDT", drawdown: "0.1", referenceEquity: "95001" }],
      [onLong(), onLong({ id: "t" })],
      [onLong({ id: "t" }), onLong()],
      [onLong(), onLong({ id: "t", oco: "s" })],
    ];
    const hashes = lists.map((stops) => {
      const engine = stopEngine();
      for (const stop of stops) engine.placeStop("one", stop);
      return engine.stateHash();
    });
    expect(new Set(hashes).size).toBe(lists.length);
  });
});

describe("setMarginCalls", () => {
  const set = (levels: readonly DecimalLike[], hysteresis?: DecimalLike): string =>
    refusalCode(() => fundedEngine().setMarginCalls(levels, hysteresis));

  it.each<readonly [string, readonly DecimalLike[], DecimalLike | undefined, string]>([
    ["seven", ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"], undefined, "accepted"],
    ["eight", ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"], undefined, "OUT_OF_RANGE"],
    ["the least and the most", ["0.000001", "0.999999"], "0.999999", "accepted"],
    ["0", ["0"], undefined, "OUT_OF_RANGE"],
    ["1", ["1"], undefined, "OUT_OF_RANGE"],
    ["equal", ["0.8", "0.8"], undefined, "OUT_OF_RANGE"],
    ["falling", ["0.8", "0.7"], undefined, "OUT_OF_RANGE"],
    ["too fine", ["0.8000001"], undefined, "TOO_MANY_DECIMALS"],
    ["no number", [Number.NaN], undefined, "BAD_VALUE"],
    ["no list", "0.8" as never, undefined, "BAD_VALUE"],
    ["a negative hysteresis", ["0.8"], "-0.1", "OUT_OF_RANGE"],
    ["none", ["0.8"], "0", "accepted"],
  ])("%s", (_what, levels, hysteresis, expected) => {
    expect(set(levels, hysteresis)).toBe(expected);
  });

  it("is told, in books and in the state; no levels are none", () => {
    const engine = fundedEngine();
    const before = engine.stateHash();
    expect(engine.setMarginCalls(["0.80", 0.9])).toEqual([
      { type: "marginCallsSet", levels: ["0.8", "0.9"] },
    ]);
    expect(engine.toBook().marginCalls).toEqual({ levels: ["0.8", "0.9"], hysteresis: "0.02" });
    const hash = engine.stateHash();
    expect(hash).not.toBe(before);
    expect(RiskEngine.fromBook(JSON.stringify(engine.toBook())).stateHash()).toBe(hash);
    engine.setMarginCalls(["0.8", "0.9"], "0.03");
    expect(engine.stateHash()).not.toBe(hash);
    engine.setMarginCalls([]);
    expect(engine.stateHash()).toBe(before);
    expect(engine.toBook()).not.toHaveProperty("marginCalls");
  });

  it("is refused in books by its place", () => {
    const book = { ...fundedEngine().toBook(), marginCalls: { levels: ["0.9", "0.8"] } };
    expect(() => RiskEngine.fromBook(JSON.stringify(book))).toThrow(/marginCalls\.levels\[1\]/);
  });
});

describe("random accounts with stops", () => {
  const games = fc.tuple(accountDraw, fc.array(commandDraws, { minLength: 8, maxLength: 30 }));

  it("invariant 8: a command tried out changes nothing, a refused one neither, and books carry what is left", () => {
    let placed = 0;
    fc.assert(
      fc.property(games, ([draw, drawn]) => {
        const engine = drawnEngine(draw);
        for (const each of drawn) {
          const command = commandOf(engine, each);
          if (command === undefined) continue;
          const before = engine.stateHash();
          const tried = preview(engine, command);
          expect(engine.stateHash()).toBe(before);
          const accepted = tryApply(engine, command);
          if (!accepted) expect(engine.stateHash()).toBe(before);
          if (tried !== undefined) expect(accepted).toBe(tried);
          placed += accepted && command.type === "placeStop" ? 1 : 0;
        }
        const again = RiskEngine.fromBook(engine.toBook());
        expect(again.stateHash()).toBe(engine.stateHash());
        expect(again.stats().stops).toBe(engine.stats().stops);
        // Triggers that follow the position stand where they would be put now.
        expect(again.account("a").stops()).toEqual(engine.account("a").stops());
      }),
      runs(150),
    );
    expect(placed).toBeGreaterThan(100);
  });
});

/** Whether it would be accepted; undefined for what cannot be tried out. */
function preview(engine: RiskEngine, command: Command): boolean | undefined {
  if (command.type === "setMarks" || command.type === "settleFunding") return undefined;
  return engine.previewCommand(command).refusal === null;
}
