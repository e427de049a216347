// What the close of a stop would come to, by hand and against the tick that makes it; and verdicts against brute walks of every price.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { ScopeHandle } from "../../src/engine/scope.ts";
import type {
  AccountDefinition,
  EngineEvent,
  MarginMode,
  PositionDefinition,
  StopDefinition,
  StopView,
} from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import {
  load,
  position,
  type StopBook,
  shown,
  standing,
  stopBook,
  X,
  Y,
} from "./stop-view-fixtures.ts";

const FEE = { taker: "0.0005" };

describe("outcomes by hand", () => {
  it("isolated, whole: the margin less loss and fee goes back", () => {
    const stop = { triggerPrice: "95", slippage: "0.01" };
    const view = shown(load({ account: standing("isolated", stop), ...FEE }));
    // 95 less 1 % is 94.05; 9,405 at 0.05 %.
    expect(view.outcome).toEqual({
      fillPrice: "94.05",
      closed: [{ symbol: X, side: "long", contracts: "100", price: "94.05" }],
      realizedPnl: "-595",
      fee: "4.7025",
      marginReturned: "400.2975",
      equity: null,
      maintenanceMargin: null,
      clearance: null,
      stands: true,
      liquidationPrice: null,
    });
  });

  it("isolated, in part: what is left is shown at the trigger", () => {
    const view = shown(
      load({ account: standing("isolated", { triggerPrice: "95", amount: "40" }) }),
    );
    // 400 of margin leave with a loss of 200; 600 stay behind 60 that have lost 300.
    expect(view.outcome).toMatchObject({
      realizedPnl: "-200",
      fee: "0",
      marginReturned: null,
      equity: "300",
      maintenanceMargin: "57",
      clearance: "243",
      stands: true,
      liquidationPrice: { down: "90.9", up: null },
    });
  });

  it("cross: the rest of the pool with the other positions as they are", () => {
    const others = [position(Y, "short", 20)];
    const view = shown(
      load({ account: standing("cross", { triggerPrice: "95" }, others), ...FEE }),
    );
    expect(view.outcome).toMatchObject({
      realizedPnl: "-500",
      fee: "4.75",
      marginReturned: null,
      equity: "495.25",
      maintenanceMargin: "20",
      clearance: "475.25",
      stands: true,
      liquidationPrice: null,
    });
  });

  it("a cross close by which the rest does not stand says so", () => {
    // The long hedges the short: closed at 92 it leaves a short that needs more than there is.
    const positions = [position(X, "long", 100), position(Y, "short", 100)];
    const stops: StopDefinition[] = [
      { id: "s", kind: "mark", symbol: X, triggerPrice: "92", slippage: "0.2" },
    ];
    const account = { id: "a", balances: { USDT: "2500" }, positions, stops };
    const view = shown(load({ account, marks: { [Y]: "101" } }));
    // 92 less 20 % is 73.60: 2,500 − 2,640 − 100.
    expect(view.verdict).toBe("contested");
    expect(view.outcome).toMatchObject({ realizedPnl: "-2640", equity: "-240", stands: false });
  });

  it("a floor closes every position of the pool at the marks", () => {
    const others = [position(Y, "short", 20)];
    const stop = { kind: "equity", equityFloor: "500", settle: "USDT", slippage: "0.01" } as const;
    const account = { ...standing("cross", {}, others), stops: [{ ...stop, id: "s" }] };
    const view = shown(load({ account, marks: { [X]: "98" }, ...FEE }));
    expect(view.verdict).toBe("armed");
    expect(view.outcome).toMatchObject({
      fillPrice: null,
      closed: [
        { symbol: X, side: "long", contracts: "100", price: "97.02" },
        { symbol: Y, side: "short", contracts: "20", price: "101" },
      ],
      // −298 and −20; 9,702 and 2,020 at 0.05 %.
      realizedPnl: "-318",
      fee: "5.861",
      equity: "676.139",
      maintenanceMargin: "0",
      stands: true,
    });
  });

  it("a close that would be refused has a refusal instead", () => {
    // 91 less 10 % is beyond the margin.
    const view = shown(
      load({ account: standing("isolated", { triggerPrice: "91", slippage: "0.1" }) }),
    );
    expect(view).toMatchObject({ verdict: "armed", outcome: null, refusal: "MARGIN_EXHAUSTED" });
  });

  it("a short fills higher, rounded up", () => {
    const positions = [position(X, "short", 10, "isolated")];
    const stops: StopDefinition[] = [
      { id: "s", kind: "mark", symbol: X, triggerPrice: "103", slippage: "0.0001" },
    ];
    const view = shown(load({ account: { id: "a", positions, stops } }));
    // 103.0103
    expect(view.outcome).toMatchObject({
      fillPrice: "103.02",
      realizedPnl: "-30.2",
      marginReturned: "69.8",
    });
  });
});

// ── properties ──────────────────────────────────────────────────────────────────────────────────────

/** Rules that move where stops and liquidations are met. */
const RULES: readonly Pick<StopBook, "profile" | "tick" | "stepped">[] = [
  {},
  { profile: { triggerInclusive: true, closeFeeInRequirement: true } },
  { profile: { stopTriggerPrecision: "tick" }, tick: "0.1" },
  { profile: { tierStyle: "wholePosition" }, stepped: true },
];

interface Raw {
  readonly rules: number;
  readonly inverse: boolean;
  readonly hedged: boolean;
  readonly taker: boolean;
  readonly wallet: number;
  readonly marks: readonly number[];
  readonly positions: readonly {
    readonly size: number;
    readonly entry: number;
    readonly isolated: boolean;
    readonly margin: number;
  }[];
  readonly stop: {
    readonly on: number;
    readonly trigger: number;
    readonly takeProfit: boolean;
    readonly trailing: boolean;
    readonly part: number;
    readonly slippage: number;
  };
}

const cents = (units: number): string => (units / 100).toFixed(2);

/** Marks of 50 to 300 units, so that all prices can be walked. */
const raw: fc.Arbitrary<Raw> = fc.record({
  rules: fc.nat(RULES.length - 1),
  inverse: fc.integer({ min: 0, max: 3 }).map((pick) => pick === 0),
  hedged: fc.boolean(),
  taker: fc.boolean(),
  wallet: fc.integer({ min: 0, max: 12_000 }),
  marks: fc.array(fc.integer({ min: 50, max: 300 }), { minLength: 2, maxLength: 2 }),
  positions: fc.array(
    fc.record({
      size: fc.integer({ min: -100, max: 100 }).map((size) => (size === 0 ? 7 : size)),
      entry: fc.integer({ min: 40, max: 320 }),
      isolated: fc.integer({ min: 0, max: 3 }).map((pick) => pick === 0),
      margin: fc.integer({ min: 0, max: 15_000 }),
    }),
    { minLength: 4, maxLength: 4 },
  ),
  stop: fc.record({
    on: fc.nat(3),
    trigger: fc.integer({ min: 1, max: 400 }),
    takeProfit: fc.boolean(),
    trailing: fc.integer({ min: 0, max: 4 }).map((pick) => pick === 0),
    part: fc.integer({ min: 0, max: 3 }),
    slippage: fc.constantFrom(0, 0, 100, 5_000),
  }),
});

/** Positions 0 and 1 are in X, 2 and 3 in Y; a one-way account has the first of each. */
function accountOf({ hedged, wallet, positions, stop }: Raw): AccountDefinition {
  const held: PositionDefinition[] = [];
  positions.forEach(({ size, entry, isolated, margin }, index) => {
    const second = index % 2 === 1;
    if (second && !hedged) return;
    const first = positions[index - 1];
    const long = second && first !== undefined ? first.size < 0 : size > 0;
    held.push({
      symbol: index < 2 ? X : Y,
      side: long ? "long" : "short",
      contracts: Math.abs(size),
      entryPrice: cents(entry),
      marginMode: isolated ? "isolated" : "cross",
      ...(isolated ? { isolatedMargin: cents(margin), leverage: "10" } : {}),
    });
  });
  const target = held[stop.on % held.length];
  if (target === undefined) throw new Error("no position");
  const part = Math.floor((Number(target.contracts) * stop.part) / 4);
  const kind: Partial<StopDefinition> = stop.trailing
    ? { kind: "trailing", distance: cents(1 + (stop.trigger % 90)), best: cents(stop.trigger) }
    : {
        kind: "mark",
        purpose: stop.takeProfit ? "takeProfit" : "stopLoss",
        triggerPrice: cents(stop.trigger),
      };
  const definition = {
    id: "s",
    symbol: target.symbol,
    side: target.side,
    ...(part === 0 ? {} : { amount: part }),
    slippage: String(stop.slippage / 1e5),
    ...kind,
  } as StopDefinition;
  return {
    id: "a",
    hedged,
    balances: { USDT: cents(wallet) },
    positions: held,
    stops: [definition],
  };
}

function engineOf(one: Raw): RiskEngine {
  const [x = 0, y = 0] = one.marks;
  const marks = { [X]: cents(x), [Y]: cents(y) };
  const { inverse } = one;
  const rules = RULES[one.rules] ?? {};
  return load({ account: accountOf(one), marks, inverse, ...rules, ...(one.taker ? FEE : {}) });
}

function modeOf(engine: RiskEngine, stop: StopView): MarginMode {
  const found = engine
    .account("a")
    .positions()
    .find(({ symbol, side }) => symbol === stop.symbol && side === stop.side);
  return found?.marginMode ?? "cross";
}

/** The scope that the stop stands in, or stood in. */
function scopeOf(engine: RiskEngine, stop: StopView, mode: MarginMode) {
  return engine
    .account("a")
    .scopes()
    .find(
      ({ scope, symbol, side }) =>
        scope === mode && (mode === "cross" || (symbol === stop.symbol && side === stop.side)),
    );
}

/** The same, for asking often. */
function handleOf(engine: RiskEngine, stop: StopView, mode: MarginMode): ScopeHandle {
  const account = engine.account("a");
  return mode === "cross"
    ? account.crossScope("USDT")
    : account.isolatedScope(stop.symbol ?? "", stop.side ?? "long");
}

function markOf(engine: RiskEngine, symbol: string): string {
  return engine.toBook().marks?.[symbol] as string;
}

const units = (price: string | null): number => Math.round(Number(price) * 100);

/** The first price on the way from the mark that passes a trigger, marks being cut where the rules say so. */
function firing(one: Raw, stop: StopView, mark: number, trigger: number): number {
  const step = RULES[one.rules]?.tick === "0.1" && stop.kind !== "trailing" ? 10 : 1;
  const cut = (price: number): number => Math.floor(price / step) * step;
  const up = (stop.side === "short") !== (stop.purpose === "takeProfit");
  let price = mark;
  while (price > 0 && (up ? cut(price) < trigger : cut(price) > trigger)) price += up ? 1 : -1;
  return price;
}

function tick(engine: RiskEngine, marks: Record<string, string>): EngineEvent[] {
  return engine.apply({ type: "tick", marks });
}

function sum(events: readonly EngineEvent[], field: "realizedPnl" | "fee"): number {
  return events.reduce(
    (total, event) => total + (event.type === "positionChanged" ? Number(event[field]) : 0),
    0,
  );
}

describe("properties", () => {
  it("a close is what the tick then makes of it, or fails as it does (invariant 8)", () => {
    const seen = { fired: 0, kept: 0 };
    fc.assert(
      fc.property(raw, (one) => {
        const engine = engineOf(one);
        const stop = shown(engine);
        const { verdict, outcome, refusal, triggerPrice, symbol } = stop;
        if (symbol === null || verdict === "inactive" || verdict === "never") return;
        const mode = modeOf(engine, stop);
        const mark = markOf(engine, symbol);
        const now = verdict === "immediate" || verdict === "suspended" || triggerPrice === null;
        const at = now ? mark : cents(firing(one, stop, units(mark), units(triggerPrice)));
        const events = tick(engine, { [symbol]: at });
        const told = events.find(({ type }) => type === "stopTriggered");
        if (verdict === "suspended" || verdict === "beyondLiquidation") {
          seen.kept++;
          expect(outcome).toBeNull();
          expect(told).toBeUndefined();
          if (verdict === "beyondLiquidation") {
            expect(scopeOf(engine, stop, mode)?.liquidatable).toBe(true);
          }
          return;
        }
        if (outcome === null) {
          expect(refusal).not.toBeNull();
          expect(told).toBeUndefined();
          expect(events).toContainEqual({
            type: "stopCancelled",
            account: "a",
            stop: "s",
            reason: "refused",
          });
          return;
        }
        seen.fired++;
        expect(told).toMatchObject({ closes: outcome.closed });
        expect(sum(events, "realizedPnl")).toBeCloseTo(Number(outcome.realizedPnl), 8);
        expect(sum(events, "fee")).toBeCloseTo(Number(outcome.fee), 8);
        const after = scopeOf(engine, stop, mode);
        expect(after?.equity ?? null).toBe(outcome.equity);
        expect(after?.maintenanceMargin ?? null).toBe(outcome.maintenanceMargin);
        expect(after?.clearance ?? null).toBe(outcome.clearance);
        expect(after?.liquidatable !== true).toBe(outcome.stands);
        const rest = engine
          .account("a")
          .positions()
          .find((held) => held.symbol === symbol && held.side === stop.side);
        expect(rest?.liquidationPrice ?? null).toEqual(outcome.liquidationPrice);
      }),
      runs(120),
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it("beyondLiquidation is what a walk of every price up to the trigger finds (invariant 5)", () => {
    const seen = { beyond: 0, not: 0 };
    fc.assert(
      fc.property(raw, (one) => {
        const engine = engineOf(one);
        const stop = shown(engine);
        const { verdict, triggerPrice, symbol, clampedPrice } = stop;
        if (symbol === null || !["armed", "contested", "beyondLiquidation"].includes(verdict))
          return;
        const mode = modeOf(engine, stop);
        const [mark, trigger] = [units(markOf(engine, symbol)), units(triggerPrice)];
        const end = firing(one, stop, mark, trigger);
        const step = end > mark ? 1 : -1;
        const handle = handleOf(engine, stop, mode);
        const underAt = (price: number): boolean => {
          engine.setMarks({ [symbol]: cents(price) });
          return handle.figures().liquidatable;
        };
        let found: number | undefined;
        for (let price = mark; price !== end + step && found === undefined; price += step) {
          if (underAt(price)) found = price;
        }
        expect(verdict === "beyondLiquidation").toBe(found !== undefined);
        seen[found === undefined ? "not" : "beyond"]++;
        if (found === undefined) return;
        if (stop.purpose === "takeProfit") {
          expect(clampedPrice).toBeNull();
        } else if (clampedPrice !== null) {
          // Invariant 12: the clamp is met in time and never looser than asked; one tick looser it is not.
          const wide = RULES[one.rules]?.tick === "0.1" && stop.kind !== "trailing" ? 10 : 1;
          const clamp = units(clampedPrice);
          expect((trigger - clamp) * step).toBeGreaterThanOrEqual(0);
          expect((found - firing(one, stop, mark, clamp)) * step).toBeGreaterThan(0);
          expect((found - firing(one, stop, mark, clamp + wide * step)) * step).toBeLessThanOrEqual(
            0,
          );
        } else {
          expect(found).toBe(mark);
        }
      }),
      runs(100),
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it("the contested shock is the least that liquidates with the market at the trigger (invariant 5)", () => {
    const seen = { contested: 0, armed: 0 };
    fc.assert(
      fc.property(raw, (one) => {
        const engine = engineOf({ ...one, hedged: false });
        const stop = shown(engine);
        const { verdict, triggerPrice, symbol, contestedShock } = stop;
        if (symbol === null || triggerPrice === null) return;
        if (verdict !== "armed" && verdict !== "contested") return;
        const mode = modeOf(engine, stop);
        const other = symbol === X ? Y : X;
        const held = engine
          .account("a")
          .positions()
          .find((one) => one.symbol === other && one.marginMode === "cross");
        seen[verdict]++;
        const handle = handleOf(engine, stop, mode);
        const from = units(markOf(engine, other));
        const at = firing(one, stop, units(markOf(engine, symbol)), units(triggerPrice));
        const underAt = (price: number): boolean => {
          engine.setMarks({ [symbol]: cents(at), [other]: cents(price) });
          return handle.figures().liquidatable;
        };
        if (verdict === "armed") {
          // Nothing that the other market's price can do liquidates.
          if (mode === "cross" && held !== undefined) {
            expect(underAt(held.side === "long" ? 1 : from * 100)).toBe(false);
          }
          return;
        }
        const underAfter = (ppm: number): boolean => {
          const price =
            held?.side === "long"
              ? Math.floor((from * (1e6 - ppm)) / 1e6)
              : Math.ceil((from * (1e6 + ppm)) / 1e6);
          // A mark is never 0, where a shock may go.
          return price === 0 || underAt(price);
        };
        expect(mode).toBe("cross");
        const shock = Math.round(Number(contestedShock) * 1e6);
        expect(underAfter(shock)).toBe(true);
        expect(underAfter(shock - 1)).toBe(false);
      }),
      runs(120),
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });

  it("looking changes nothing, not even what the next ticks say", () => {
    fc.assert(
      fc.property(
        raw,
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 4 }),
        (one, prices) => {
          const [looked, left] = [engineOf(one), engineOf(one)];
          for (const price of [units(markOf(looked, X)), ...prices]) {
            const hash = looked.stateHash();
            const pools = looked.account("a").scopes().length;
            looked.account("a").stops();
            looked.account("a").report();
            expect(looked.stateHash()).toBe(hash);
            expect(looked.account("a").scopes().length).toBe(pools);
            expect(tick(looked, { [X]: cents(price) })).toEqual(tick(left, { [X]: cents(price) }));
            expect(looked.stateHash()).toBe(left.stateHash());
          }
        },
      ),
      runs(25),
    );
  });

  it("handles of scopes outlive a look", () => {
    const engine = load({ account: standing("isolated", { triggerPrice: "95" }) });
    const handle = engine.account("a").isolatedScope(X, "long");
    const { pool } = handle;
    const marks = stopBook({ account: standing("isolated", {}) }).marks;
    expect(shown(engine).outcome?.marginReturned).toBe("500");
    expect([handle.pool, handle.figures().equity]).toEqual([pool, 1_000_00000000n]);
    expect(engine.toBook().marks).toEqual(marks);
  });
});
