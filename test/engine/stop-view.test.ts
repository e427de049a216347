// Verdicts of stops: every verdict that a kind can have in a margin mode, each by hand, and the reason where it can have none. A cell of
// the matrix that is neither fails the test.
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { MarginMode, StopDefinition, StopVerdict, StopView } from "../../src/types.ts";
import { load, position, shown, standing, X, Y } from "./stop-view-fixtures.ts";

const VERDICTS: readonly StopVerdict[] = [
  "armed",
  "immediate",
  "beyondLiquidation",
  "contested",
  "inactive",
  "suspended",
  "never",
];
type Row =
  | "stopLoss"
  | "takeProfit"
  | "trailing"
  | "marginLoss"
  | "entryDeviation"
  | "equity"
  | "drawdown";
const ROWS: readonly Row[] = [
  "stopLoss",
  "takeProfit",
  "trailing",
  "marginLoss",
  "entryDeviation",
  "equity",
  "drawdown",
];
const MODES: readonly MarginMode[] = ["isolated", "cross"];

/** An engine whose one stop has the verdict, with what else its view says; or why no stop can. */
type Cell = string | (() => readonly [RiskEngine, Partial<StopView>?]);

const ALONE = "an isolated scope has no other positions";
const WAITS = "only trailing stops wait to follow";
const CROSS_ONLY = "watches the equity of a cross pool";
const ISOLATED_ONLY = "is a share of an isolated margin";
const SOME_PRICE = "a stop is asked for at a price of the market";
const LATER = "it follows the best price, which may still come to a price of the market";
const PROFIT = "a rising price cannot liquidate one long";
const NO_PRICE = "no price of a market belongs to it: it moves with every position of the pool";
const SOME_EQUITY =
  "below the requirement is beyond liquidation; above it losses lead to any floor";

function kindOf(row: Row): Pick<StopDefinition, "kind" | "purpose"> {
  if (row === "stopLoss" || row === "takeProfit") return { kind: "mark", purpose: row };
  return { kind: row };
}

const OTHER = [position(Y, "long", 10)];

/** A kind that fires below the mark: how to ask for a trigger at 95, and at 90.90, of a long from 100 on 1,000. */
function fallingCells(
  row: Row,
  mode: MarginMode,
  at95: Partial<StopDefinition>,
  at9090: Partial<StopDefinition>,
): Partial<Record<StopVerdict, Cell>> {
  const stop = (terms: Partial<StopDefinition>): Partial<StopDefinition> => ({
    ...kindOf(row),
    ...terms,
  });
  return {
    armed: () => [load({ account: standing(mode, stop(at95)) }), { triggerPrice: "95" }],
    immediate: () => [
      load({ account: standing(mode, stop(at95)), marks: { [X]: "95" } }),
      { triggerPrice: "95" },
    ],
    beyondLiquidation: () => [
      load({ account: standing(mode, stop(at9090)) }),
      { triggerPrice: "90.9", clampedPrice: "90.91", outcome: null },
    ],
    // 500 are left with X at 95. Y holds 1,000 and needs 1 %: 500 − 1,000·s < 95 + 10·(1 − s) above s = 395 / 990, which takes Y
    // to 60.10, below 60.11.
    contested:
      mode === "isolated"
        ? ALONE
        : () => [
            load({ account: standing(mode, stop(at95), OTHER) }),
            { triggerPrice: "95", contestedShock: "0.398901" },
          ],
    suspended: () => [
      load({ account: standing(mode, stop(at95)), marks: { [X]: "90.9" } }),
      { outcome: null },
    ],
  };
}

function equityCells(row: "equity" | "drawdown"): Partial<Record<StopVerdict, Cell>> {
  const at = (equityFloor: string, drawdown: string): Partial<StopDefinition> => ({
    ...kindOf(row),
    ...(row === "equity" ? { equityFloor } : { drawdown, referenceEquity: "1000" }),
  });
  return {
    armed: () => [load({ account: standing("cross", at("500", "0.5")) }), { equityFloor: "500" }],
    immediate: () => [
      load({ account: standing("cross", at("500", "0.5")), marks: { [X]: "95" } }),
      { equityFloor: "500" },
    ],
    beyondLiquidation: () => [
      load({ account: standing("cross", at("99.9", "0.9001")) }),
      { equityFloor: "99.9", clampedFloor: "100", clampedPrice: null, outcome: null },
    ],
    contested: NO_PRICE,
    inactive: WAITS,
    suspended: () => [
      load({ account: standing("cross", at("500", "0.5")), marks: { [X]: "90.9" } }),
    ],
    never: SOME_EQUITY,
  };
}

/** More margin than the position is worth: no price loses all of it. */
function outgrownMargin(): RiskEngine {
  const engine = load({ account: standing("isolated", { kind: "marginLoss", share: "0.5" }) });
  engine.deposit("a", "USDT", "100000");
  engine.addMargin("a", X, "50000");
  return engine;
}

/** 99.99 % below an entry of 100 is a cent, below one of 50 half a cent. */
function outgrownEntry(mode: MarginMode): RiskEngine {
  const engine = load({ account: standing(mode, { kind: "entryDeviation", deviation: "0.9999" }) });
  engine.setPosition("a", { ...position(X, "long", 100, mode), entryPrice: "50" });
  return engine;
}

/** 50 long and 100 short on 1,000: net 50 short, liquidated above 116.50. */
function hedged(stop: Partial<StopDefinition>): RiskEngine {
  const positions = [position(X, "long", 50), position(X, "short", 100)];
  const account = { ...standing("cross", { ...stop, side: "long" }), hedged: true, positions };
  return load({ account });
}

const MATRIX: Readonly<
  Record<Row, Readonly<Record<MarginMode, Partial<Record<StopVerdict, Cell>> | string>>>
> = {
  stopLoss: {
    isolated: {
      ...fallingCells("stopLoss", "isolated", { triggerPrice: "95" }, { triggerPrice: "90.9" }),
      inactive: WAITS,
      never: SOME_PRICE,
    },
    cross: {
      ...fallingCells("stopLoss", "cross", { triggerPrice: "95" }, { triggerPrice: "90.9" }),
      inactive: WAITS,
      never: SOME_PRICE,
    },
  },
  takeProfit: {
    isolated: {
      armed: () => [
        load({ account: standing("isolated", profit("110")) }),
        { triggerPrice: "110" },
      ],
      immediate: () => [load({ account: standing("isolated", profit("100")) })],
      beyondLiquidation: PROFIT,
      contested: ALONE,
      inactive: WAITS,
      suspended: () => [
        load({ account: standing("isolated", profit("110")), marks: { [X]: "90.9" } }),
      ],
      never: SOME_PRICE,
    },
    cross: {
      armed: () => [load({ account: standing("cross", profit("110")) })],
      immediate: () => [load({ account: standing("cross", profit("100")) })],
      beyondLiquidation: () => [hedged(profit("116.51")), { clampedPrice: null, outcome: null }],
      // 2,000 are there with X at 110. Two hundred of Y at 100 lose 20,000·s: 2,000 − 20,000·s < 110 + 200·(1 − s) above s = 1,690 /
      // 19,800, which takes Y below 91.47.
      contested: () => [
        load({ account: standing("cross", profit("110"), [position(Y, "long", 200)]) }),
        { contestedShock: "0.085301" },
      ],
      inactive: WAITS,
      suspended: () => [
        load({ account: standing("cross", profit("110")), marks: { [X]: "90.9" } }),
      ],
      never: SOME_PRICE,
    },
  },
  trailing: {
    isolated: {
      ...fallingCells(
        "trailing",
        "isolated",
        { distance: "15", best: "110" },
        { rate: "0.091", best: "100" },
      ),
      inactive: () => [
        load({
          account: standing("isolated", {
            kind: "trailing",
            distance: "5",
            activationPrice: "110",
          }),
        }),
        { triggerPrice: null, best: null, activationPrice: "110", outcome: null },
      ],
      never: LATER,
    },
    cross: {
      ...fallingCells(
        "trailing",
        "cross",
        { rate: "0.05", best: "100" },
        { distance: "9.1", best: "100" },
      ),
      // A hundred below a best price of 100 there is no price yet.
      inactive: () => [
        load({ account: standing("cross", { kind: "trailing", distance: "100" }) }),
        { triggerPrice: null, best: "100", outcome: null },
      ],
      never: LATER,
    },
  },
  marginLoss: {
    isolated: {
      ...fallingCells("marginLoss", "isolated", { share: "0.5" }, { share: "0.91" }),
      inactive: WAITS,
      never: () => [outgrownMargin(), { triggerPrice: null, outcome: null }],
    },
    cross: ISOLATED_ONLY,
  },
  entryDeviation: {
    isolated: {
      ...fallingCells("entryDeviation", "isolated", { deviation: "0.05" }, { deviation: "0.091" }),
      inactive: WAITS,
      never: () => [outgrownEntry("isolated"), { triggerPrice: null, outcome: null }],
    },
    cross: {
      ...fallingCells("entryDeviation", "cross", { deviation: "0.05" }, { deviation: "0.091" }),
      inactive: WAITS,
      never: () => [outgrownEntry("cross"), { triggerPrice: null, outcome: null }],
    },
  },
  equity: { isolated: CROSS_ONLY, cross: equityCells("equity") },
  drawdown: { isolated: CROSS_ONLY, cross: equityCells("drawdown") },
};

function profit(triggerPrice: string): Partial<StopDefinition> {
  return { purpose: "takeProfit", triggerPrice };
}

describe.each(ROWS)("%s", (row) => {
  describe.each(MODES)("%s", (mode) => {
    const cells = MATRIX[row][mode];
    if (typeof cells === "string") {
      it(`has no verdict: ${cells}`, () => {
        expect(() => load({ account: standing(mode, impossible(row)) })).toThrow();
      });
      return;
    }
    it.each(VERDICTS)("%s, or why not", (verdict) => {
      const cell = cells[verdict];
      if (cell === undefined) throw new Error("neither a case nor a reason");
      if (typeof cell === "string") return;
      const [engine, more = {}] = cell();
      const before = engine.stateHash();
      const view = shown(engine);
      expect(view).toMatchObject({ verdict, ...kindOf(row), account: "a", ...more });
      expect(view.contestedShock === null).toBe(verdict !== "contested");
      // What may fire has an outcome, and nothing else has.
      const mayFire = ["armed", "immediate", "contested"].includes(verdict);
      expect(view.outcome !== null).toBe(mayFire);
      expect(view.refusal).toBeNull();
      expect(engine.account("a").report().stops).toEqual([view]);
      expect(engine.stateHash()).toBe(before);
    });
  });
});

/** Terms that would do in the other mode. */
function impossible(row: Row): Partial<StopDefinition> {
  if (row === "marginLoss") return { kind: row, share: "0.5" };
  return row === "equity"
    ? { kind: row, equityFloor: "500" }
    : { kind: "drawdown", drawdown: "0.5", referenceEquity: "1000" };
}

describe("what else is shown", () => {
  it("names pairs, amounts and what was asked for before a clamp", () => {
    const engine = load({ account: { ...standing("cross", { triggerPrice: "95" }), stops: [] } });
    const base = { kind: "mark", symbol: X } as const;
    engine.placeStop("a", { ...base, id: "loss", triggerPrice: "90", amount: "40" });
    const target = { ...base, id: "gain", triggerPrice: "120", purpose: "takeProfit" } as const;
    engine.placeStop("a", { ...target, oco: "loss" });
    engine.placeStop("a", { id: "floor", kind: "equity", settle: "USDT", equityFloor: "10" });
    engine.placeStop("a", { id: "fall", kind: "drawdown", symbol: X, drawdown: "0.99" });
    const [loss, gain, floor, fall] = engine.account("a").stops();
    expect(loss).toMatchObject({
      id: "loss",
      purpose: "stopLoss",
      symbol: X,
      side: "long",
      settle: null,
      amount: "40",
      triggerPrice: "90.91",
      askedPrice: "90",
      oco: "gain",
      verdict: "armed",
    });
    expect(gain).toMatchObject({
      purpose: "takeProfit",
      amount: null,
      askedPrice: null,
      oco: "loss",
    });
    expect(floor).toMatchObject({
      symbol: null,
      side: null,
      settle: "USDT",
      triggerPrice: null,
      equityFloor: "100",
      askedFloor: "10",
      verdict: "armed",
    });
    expect(fall).toMatchObject({ symbol: X, equityFloor: "100", askedFloor: "10" });
  });

  it("compares with the mark cut to the tick where the profile does", () => {
    // 95 is passed from 95.99 on: marks are cut to whole units. The close is where it fires.
    const account = standing("isolated", { triggerPrice: "95" });
    const profile = { stopTriggerPrecision: "tick" } as const;
    const engine = load({ account, profile, tick: "1", marks: { [X]: "96" } });
    expect(shown(engine)).toMatchObject({
      verdict: "armed",
      triggerPrice: "95",
      outcome: { fillPrice: "95.99" },
    });
    engine.setMarks({ [X]: "95.99" });
    expect(shown(engine).verdict).toBe("immediate");
  });

  it("suspended lasts until a tick finds that the scope has recovered", () => {
    const engine = load({ account: standing("isolated", { triggerPrice: "90.95" }) });
    // At the liquidation before the tick comes to the trigger, and there at its end.
    engine.setMarks({ [X]: "90.8" });
    engine.tick({ [X]: "90.7" });
    expect(shown(engine).verdict).toBe("suspended");
    engine.setMarks({ [X]: "99" });
    expect(shown(engine).verdict).toBe("suspended");
    engine.tick({ [X]: "99" });
    expect(shown(engine).verdict).toBe("armed");
  });

  it("follows a trailing stop from tick to tick", () => {
    const stop = { kind: "trailing", distance: "5", activationPrice: "104" } as const;
    const engine = load({ account: standing("isolated", stop) });
    engine.tick({ [X]: "103.99" });
    expect(shown(engine)).toMatchObject({ verdict: "inactive", best: null, triggerPrice: null });
    engine.tick({ [X]: "106" });
    expect(shown(engine)).toMatchObject({ verdict: "armed", best: "106", triggerPrice: "101" });
    engine.tick({ [X]: "102" });
    expect(shown(engine)).toMatchObject({ verdict: "armed", best: "106", triggerPrice: "101" });
  });

  it("may be looked at before the events of a tick are read", () => {
    const book = { account: standing("cross", { triggerPrice: "80" }), marks: { [X]: "95" } };
    const [looked, left] = [load(book), load(book)];
    const results = [looked, left].map((engine) => engine.tick({ [X]: "90.8" }));
    expect(shown(looked).verdict).toBe("suspended");
    const [first = [], second] = results.map((result) => [...result.events()]);
    expect(first).toEqual(second);
    expect(first.map(({ type }) => type)).toContain("liquidatable");
  });

  it("is in the reports of a preview, and a preview leaves it", () => {
    const engine = load({ account: standing("cross", { triggerPrice: "95", amount: "60" }) });
    const [before, hash] = [shown(engine), engine.stateHash()];
    const part = { symbol: X, side: "sell", amount: "70", price: "100", reduceOnly: true } as const;
    const preview = engine.previewCommand({ type: "fill", account: "a", ...part });
    expect(preview.before?.stops).toEqual([before]);
    expect(preview.after?.stops).toMatchObject([
      { amount: "30", outcome: { realizedPnl: "-150" } },
    ]);
    const whole = { ...part, amount: "100" };
    const closed = engine.previewCommand({ type: "fill", account: "a", ...whole });
    expect(closed.after?.stops).toEqual([]);
    expect(shown(engine)).toEqual(before);
    expect(engine.stateHash()).toBe(hash);
  });

  it("has no outcome where figures do not fit, and says why", () => {
    // A take profit at the largest price there is: the value of the position there has no figure.
    const most = "184467440737.09";
    const huge = { ...position(X, "long", 9_000_000_000), entryPrice: "0.01" };
    const account = {
      ...standing("cross", { purpose: "takeProfit", triggerPrice: most }),
      positions: [huge],
    };
    const view = shown(load({ account, marks: { [X]: "0.02" } }));
    expect(view).toMatchObject({ verdict: "armed", outcome: null, refusal: "VALUE_OUT_OF_RANGE" });
  });
});
