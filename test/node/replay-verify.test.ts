// The check of a replay must be able to fail: on a true replay it finds nothing, and on one whose events were tampered with, or whose engine was
// changed behind its back, it finds just that.
import { describe, expect, it } from "vitest";
import { type ReplayObserver, type ReplayTick, replay } from "../../src/cli/replay-run.ts";
import { ReplayVerifier, type VerifyOptions } from "../../src/cli/replay-verify.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, generateTape, standardMarkets, tapeText } from "../../src/generate/index.ts";
import { readFunding, SymbolMap, type TapeSource } from "../../src/tape/index.ts";
import type { BookDocument, EngineEvent, ProfileKnobs } from "../../src/types.ts";

const MARKETS = standardMarkets().slice(0, 6);
const START = 1_760_112_000_000;
const SLOW = 60_000;

function textSource(name: string, text: string): TapeSource {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  return { name, bytes };
}

const TAPE = textSource(
  "made",
  [...tapeText(generateTape({ seed: "v", markets: MARKETS, bars: 50, start: START }))].join(""),
);

function bookOf(profile: ProfileKnobs = {}, accounts = 60): BookDocument {
  return {
    profile: { extends: "default", ...profile },
    assets: [{ code: "USDT" }],
    markets: MARKETS.map(({ definition }) => ({
      ...definition,
      precision: { ...definition.precision, price: definition.symbol < "C" ? "0.1" : "0.001" },
    })),
    marks: Object.fromEntries(MARKETS.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [...generateBook({ accounts, seed: "v", markets: MARKETS, stopShare: 0.7 })],
  };
}

type Events = readonly EngineEvent[];
type Tamper = (events: Events) => Events;

interface Terms extends Partial<VerifyOptions> {
  readonly book?: BookDocument;
  readonly by?: "time" | "symbol";
  readonly stops?: "execute" | "report";
  readonly funding?: string;
  readonly limit?: number;
  readonly tamper?: Tamper;
  /** After each tick, before the check sees it. */
  readonly meddle?: (engine: RiskEngine, tick: ReplayTick) => void;
}

async function verify(terms: Terms = {}): Promise<{
  readonly verifier: ReplayVerifier;
  readonly engine: RiskEngine;
  readonly events: EngineEvent[];
}> {
  const { tamper = (events) => events, meddle, order, reference = false } = terms;
  const engine = RiskEngine.fromBook(terms.book ?? bookOf());
  const verifier = new ReplayVerifier(engine, { reference, order });
  const symbols = new SymbolMap(
    MARKETS.map(({ definition: { symbol } }, index) => ({ index, symbol, priceDecimals: 8 })),
  );
  const funding = await readFunding(
    terms.funding === undefined ? [] : [textSource("funding", terms.funding)],
    symbols,
  );
  const events: EngineEvent[] = [];
  const between: ReplayObserver = {
    before: () => verifier.before(),
    after(tick) {
      meddle?.(engine, tick);
      events.push(...tick.events);
      return verifier.after({ ...tick, events: tamper(tick.events) });
    },
    funded: (events) => verifier.funded(events),
  };
  await replay(
    {
      engine,
      tapes: [TAPE],
      symbols,
      funding: funding.groups,
      extremes: "nearest",
      by: terms.by ?? "time",
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      limit: terms.limit ?? Number.MAX_SAFE_INTEGER,
      stops: terms.stops ?? "execute",
      ...(order === undefined ? {} : { order }),
      now: () => 0,
    },
    [between],
  );
  verifier.finish();
  return { verifier, engine, events };
}

function shown(verifier: ReplayVerifier): string[] {
  return verifier.report().shown.map(({ what }) => what);
}

describe("a true replay", { timeout: SLOW }, () => {
  const funding = `ts_ms,symbol,funding_rate\n${START + 60_000},BTC,0.002\n${START + 65_000},ETH,-0.003\n`;

  it.each<[string, Terms]>([
    ["as it comes", {}],
    ["by the reference", { reference: true }],
    ["by symbol", { by: "symbol" }],
    ["with funding", { funding }],
    ["liquidation first", { order: "liquidationFirst" }],
    ["stops first", { order: "stopsFirst" }],
    ["stops only told", { stops: "report" }],
    ["triggers cut to ticks", { book: bookOf({ stopTriggerPrecision: "tick" }) }],
    [
      "inclusive, fee outside",
      { book: bookOf({ triggerInclusive: true, closeFeeInRequirement: false }) },
    ],
  ])("shows no difference: %s", async (_what, terms) => {
    const { verifier, engine, events } = await verify(terms);
    expect(shown(verifier)).toEqual([]);
    const { ticks, judged, looked, differences } = verifier.report();
    expect(differences).toBe(0);
    expect(judged).toBeGreaterThan(ticks * 60);
    expect(looked).toBeGreaterThan(ticks * 20);
    // Something happened that could have been missed.
    for (const type of ["liquidatable", "stopTriggered", "recovered"]) {
      expect(
        events.some((event) => event.type === type),
        type,
      ).toBe(true);
    }
    for (const { difference } of Object.values(engine.audit())) expect(difference).toBe("0");
  });
});

describe("a false one is caught", { timeout: SLOW }, () => {
  /** Drops the first event of a kind. */
  function dropping(type: EngineEvent["type"]): Tamper {
    let dropped = false;
    return (events) =>
      events.filter((event) => {
        if (dropped || event.type !== type) return true;
        dropped = true;
        return false;
      });
  }

  it.each([
    ["liquidatable", /^the scope of .* is liquidatable and was not told$/],
    ["recovered", /^the scope of .* is recovered and was not told$/],
    ["stopTriggered", /should have fired|outlives its scope|partner did not fire|not live/],
    ["stopCancelled", /outlives its scope|should have fired|not live/],
  ] as const)("where a %s event is missing", async (type, message) => {
    const { verifier } = await verify({ tamper: dropping(type) });
    expect(verifier.differences).toBeGreaterThan(0);
    expect(shown(verifier)[0]).toMatch(message);
  });

  it("where an event is told twice", async () => {
    const { verifier } = await verify({
      tamper: (events) =>
        events.flatMap(
          (event): Events => (event.type === "liquidatable" ? [event, event] : [event]),
        ),
    });
    expect(shown(verifier)[0]).toMatch(/was told liquidatable twice/);
  });

  it("where a scope is told that stands", async () => {
    let told = false;
    const { verifier } = await verify({
      tamper(events): readonly EngineEvent[] {
        const event = events.find(({ type }) => type === "recovered");
        if (told || event === undefined) return events;
        told = true;
        const { account, scope, settle, symbol, side } = event as Extract<
          EngineEvent,
          { type: "recovered" }
        >;
        const name = { account, scope, settle, symbol, side };
        const figures = { equity: "0", maintenanceMargin: "1", clearance: "-1", marginRatio: null };
        return [...events, { type: "liquidatable", ...name, ...figures }];
      },
    });
    expect(told).toBe(true);
    expect(shown(verifier)).toEqual([expect.stringMatching(/was told liquidatable and is not/)]);
  });

  it("where a stop closed at another price", async () => {
    const { verifier } = await verify({
      tamper: (events) =>
        events.map((event) =>
          event.type !== "stopTriggered"
            ? event
            : { ...event, closes: event.closes.map((close) => ({ ...close, price: "1.5" })) },
        ),
    });
    expect(shown(verifier)[0]).toMatch(/closed at .* and the line has/);
  });

  it("where a stop that lives is told to have fired", async () => {
    const { stops = [], id } = bookOf().accounts.find((account) => account.stops) ?? { id: "" };
    let told = false;
    const { verifier } = await verify({
      limit: 10,
      tamper(events) {
        if (told) return events;
        told = true;
        const stop = { account: id, stop: stops[0]?.id ?? "", kind: stops[0]?.kind ?? "mark" };
        const rest = { triggerPrice: null, equityFloor: null, closes: [] };
        return [...events, { type: "stopTriggered", ...stop, ...rest }];
      },
    });
    expect(shown(verifier)[0]).toMatch(/fired and its condition does not hold/);
    expect(shown(verifier).at(-1)).toMatch(/lives in the engine alone/);
  });

  it("where the order of ticks is not the one that was said", async () => {
    const { verifier } = await verify({
      book: bookOf({ tickOrder: "stopsFirst" }, 200),
      meddle: () => undefined,
    });
    expect(verifier.differences).toBe(0);
    const engine = RiskEngine.fromBook(bookOf({ tickOrder: "stopsFirst" }, 200));
    const wrong = new ReplayVerifier(engine, { reference: false, order: "pathAware" });
    const symbols = new SymbolMap(
      MARKETS.map(({ definition: { symbol } }, index) => ({ index, symbol, priceDecimals: 8 })),
    );
    const plan = {
      engine,
      tapes: [TAPE],
      symbols,
      funding: [],
      extremes: "nearest",
      by: "time",
    } as const;
    const bounds = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1e9, now: () => 0 };
    await replay({ ...plan, ...bounds }, [wrong]);
    expect(shown(wrong)[0]).toMatch(/fired and the liquidation came first/);
  });

  it("where marks move behind the tick's back", async () => {
    const { verifier } = await verify({
      limit: 150,
      meddle(engine, { number }) {
        // Nobody is judged anew before the next tick.
        if (number === 120)
          engine.kernel.setMark(engine.priceSlot("BTC/USDT:USDT"), 6_000_000_000_000);
      },
    });
    expect(shown(verifier)[0]).toMatch(/is liquidatable|is recovered|is not liquidatable/);
  });
});
