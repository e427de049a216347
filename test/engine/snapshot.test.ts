// A snapshot taken at any moment gives back the engine it was taken of: the same state, handles, screen, triggers and orders of placement, so
// that whatever comes after has the same outcome, refusals and work included (invariant 10).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { generateBook, standardMarkets } from "../../src/generate/index.ts";
import type {
  AccountDefinition,
  AssetDefinition,
  Command,
  EngineEvent,
  Profile,
} from "../../src/types.ts";
import { BUILDS } from "../support/builds.ts";
import { runs } from "../support/runs.ts";
import { pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, fundedEngine } from "./fixtures.ts";
import {
  drawnEngine,
  liquidationDraw,
  marksDraw,
  marksOf,
  policyDraw,
} from "./liquidation/draws.ts";
import { type Draw, game, turnedProfile } from "./model/draws.ts";
import { Play, show } from "./model/play.ts";
import { resolve } from "./model/resolve.ts";

function restored(engine: RiskEngine, wasm?: Uint8Array): RiskEngine {
  const kernel = wasm === undefined ? {} : { wasm };
  return RiskEngine.fromSnapshot(engine.snapshot(), { kernel });
}

function outcome(engine: RiskEngine, command: Command): readonly EngineEvent[] | string {
  try {
    return engine.apply(command);
  } catch (error) {
    if (error instanceof RiskError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** Handles of liquidatable pools, in the order of the screen: lanes as well as figures. */
function scanned(engine: RiskEngine): { handles: Uint32Array; exact: number } {
  const scan = engine.kernel.scan();
  return { handles: scan.copyTo(new Uint32Array(scan.count)), exact: scan.exactEvaluations };
}

function requireAlike(again: RiskEngine, engine: RiskEngine): void {
  expect(again.stateHash()).toBe(engine.stateHash());
  expect([...again.accountIds()]).toEqual([...engine.accountIds()]);
  // Memory that was taken ahead of need is left behind.
  expect({ ...again.stats(), memoryBytes: 0 }).toEqual({ ...engine.stats(), memoryBytes: 0 });
  expect(again.audit()).toEqual(engine.audit());
  expect(scanned(again)).toEqual(scanned(engine));
}

/** The code of a refusal, "" where it is accepted; undefined where engine and model part: that is model.test.ts's business, and ends the game. */
function step(play: Play, command: Command): string | undefined {
  try {
    return play.step(command) ?? "";
  } catch {
    return undefined;
  }
}

/** How many commands both were given. */
function playGame(profile: Profile, draws: readonly Draw[], cut: number): number {
  const play = new Play(profile);
  let again: RiskEngine | undefined;
  let compared = 0;
  for (const [at, draw] of draws.entries()) {
    const command = resolve(play.book, draw);
    if (at === cut % draws.length) again = restored(play.engine);
    if (command === undefined) continue;
    const before = play.events.length;
    const code = step(play, command);
    if (code === undefined) return compared;
    if (again === undefined) continue;
    compared++;
    const got = outcome(again, command);
    const wanted = play.events[before];
    // A refused command leaves no events in the play's log, but its code.
    if (code === "") expect(got, show(command)).toEqual(wanted);
    else expect(`${got}`.startsWith(`${code}: `), `${show(command)}: ${got}`).toBe(true);
    expect(again.stateHash(), show(command)).toBe(play.engine.stateHash());
  }
  if (again !== undefined) requireAlike(again, play.engine);
  return compared;
}

describe("an engine from a snapshot", () => {
  it("goes on like the one it was taken of", () => {
    let compared = 0;
    fc.assert(
      fc.property(turnedProfile, game, fc.nat(60), (profile, draws, cut) => {
        if (draws.length > 0) compared += playGame(profile, draws, cut);
      }),
      runs(12),
    );
    expect(compared).toBeGreaterThan(30);
  });

  it("liquidates and deleverages alike, funds and cool-downs included", () => {
    fc.assert(
      fc.property(liquidationDraw, policyDraw, marksDraw, (draw, policy, marks) => {
        const engine = drawnEngine(draw);
        engine.setMarks(marksOf(marks));
        const again = restored(engine);
        const command: Command = { type: "liquidate", policy, time: 1_700_000_000_000 };
        expect(outcome(again, command)).toEqual(outcome(engine, command));
        requireAlike(again, engine);
        const later: Command = { type: "liquidate", policy, time: 1_700_000_000_001 };
        expect(outcome(restored(engine), later)).toEqual(outcome(engine, later));
      }),
      runs(40),
    );
  });

  it("keeps pledged coins, and makes no second table for a share it has", () => {
    const engine = pledgedEngine({ BTC: "3", ETH: "10" });
    const again = restored(engine);
    requireAlike(again, engine);
    expect(again.toBook()).toEqual(engine.toBook());
    const third: AssetDefinition = {
      code: "SOL",
      collateral: { settle: "USDT", tiers: [{ ratio: "0.8" }] },
    };
    for (const each of [engine, again]) each.addAsset(third);
    expect(again.kernel.image().runs).toEqual(engine.kernel.image().runs);
  });

  it.each([
    ["release", "debug"],
    ["debug", "release"],
  ] as const)("goes from the %s to the %s kernel", (from, to) => {
    const wasmOf = (name: string): Uint8Array | undefined =>
      BUILDS.find((build) => build.name === name)?.wasm;
    const engine = bookEngine(400, wasmOf(from));
    const again = restored(engine, wasmOf(to));
    requireAlike(again, engine);
    tickDown(engine, 6);
    tickDown(again, 6);
    requireAlike(again, engine);
  });
});

function bookEngine(accounts: number, wasm?: Uint8Array): RiskEngine {
  const markets = standardMarkets();
  const list: AccountDefinition[] = [
    ...generateBook({ accounts, seed: 11, markets, stopShare: 0.4 }),
  ];
  const book = {
    assets: [{ code: "USDT" }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    marginCalls: { levels: ["0.8"], hysteresis: "0.05" },
    accounts: list,
  };
  return RiskEngine.fromBook(book, wasm === undefined ? {} : { kernel: { wasm } });
}

/** What ticks tell, and how many pools were evaluated exactly for it. */
function tickDown(engine: RiskEngine, ticks: number): (readonly [EngineEvent[], number])[] {
  return Array.from({ length: ticks }, () => {
    const mark = Number(engine.mark("BTC/USDT:USDT")) * 0.99;
    const result = engine.tick({ "BTC/USDT:USDT": mark.toFixed(2) });
    return [[...result.events()], engine.kernel.tickEvaluations] as const;
  });
}

describe("between ticks", () => {
  it("wakes whom its origin would have woken, with the same work", () => {
    const engine = bookEngine(3_000);
    tickDown(engine, 3);
    const again = restored(engine);
    const told = tickDown(engine, 12);
    expect(tickDown(again, 12)).toEqual(told);
    expect(told.flatMap(([events]) => events).length).toBeGreaterThan(100);
    requireAlike(again, engine);
  });

  it("a chain of snapshots is none too many", () => {
    const engine = bookEngine(500);
    let again = restored(engine);
    for (let round = 0; round < 6; round++) {
      expect(tickDown(again, 1)).toEqual(tickDown(engine, 1));
      again = restored(again);
    }
    requireAlike(again, engine);
  });
});

describe("what is placed later", () => {
  it("comes after what was placed before", () => {
    const engine = fundedEngine();
    const order = { symbol: BTC, side: "buy", amount: "0.1", positionSide: "long" } as const;
    const place = (each: RiskEngine, id: string): void => {
      each.fill({ ...order, account: "two", price: "50000", leverage: "10" });
      each.placeOrder("two", { ...order, id, price: "40000" });
      each.placeStop("two", { id, kind: "mark", symbol: BTC, side: "long", triggerPrice: "49000" });
    };
    for (const id of ["z", "y"]) place(engine, id);
    const again = restored(engine);
    for (const each of [engine, again]) place(each, "x");
    requireAlike(again, engine);
    const [account] = again.toBook().accounts.filter(({ id }) => id === "two");
    expect(account?.orders?.map(({ id }) => id)).toEqual(["z", "y", "x"]);
    expect(account?.stops?.map(({ id }) => id)).toEqual(["z", "y", "x"]);
  });
});

describe("ids and holes", () => {
  it("come back as they were, whatever their characters", () => {
    const ids = ["__proto__", "constructor", "ä", "\u0000", "日本", "\ud800", "\udc00\ud800", "x"];
    const engine = new RiskEngine();
    engine.addAsset({ code: "USDT" });
    for (const id of ids) engine.openAccount(id);
    engine.deposit("日本", "USDT", "5");
    engine.closeAccount("x");
    engine.closeAccount("ä");
    const again = restored(engine);
    requireAlike(again, engine);
    // The same free indices are handed out in the same order.
    for (const each of [engine, again]) for (const id of ["p", "q", "r"]) each.openAccount(id);
    expect([..."pqr"].map((id) => again.accountHandle(id))).toEqual(
      [..."pqr"].map((id) => engine.accountHandle(id)),
    );
    expect(again.account("日本").balances()).toEqual({ USDT: "5" });
  });
});

describe("taking one", () => {
  it("changes nothing, not even for a scan at hand", () => {
    const engine = bookEngine(300);
    const before = engine.stateHash();
    const lines = engine.scan();
    engine.snapshot();
    expect(engine.stateHash()).toBe(before);
    expect([...lines.lines()].length).toBe(lines.count);
  });

  it("is refused by a kernel that may not take as much memory", () => {
    const file = bookEngine(300).snapshot();
    const kernel = { memoryLimitBytes: 4 * 1024 * 1024 };
    expect(() => RiskEngine.fromSnapshot(file, { kernel })).toThrow(/^the snapshot does not fit/);
  });
});
