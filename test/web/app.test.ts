// The store of the risk check, without its page: whatever is typed or slid, the figures shown are those of an account that is sound, problems
// stand where the engine finds them, and undo goes back.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { PricedMarket } from "../../src/generate/standard-markets.ts";
import { App, SLIDE_MEASURE } from "../../web/check/app.ts";
import { LOAD_MARK } from "../../web/check/model.ts";
import { shownPrices } from "../../web/check/prices.ts";
import { bundledMarkets, exampleState } from "../../web/check/samples.ts";
import * as edits from "../../web/check/state.ts";
import { runs } from "../support/runs.ts";

const BTC = "BTC/USDT:USDT";

type Step = (app: App) => void;

const typed = fc.constantFrom(
  "",
  "0",
  "1",
  "2.5",
  "12345.678",
  "-3",
  "abc",
  "1e9",
  "99999999999999999999",
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(
      fc.nat(3),
      fc.constantFrom(
        "contracts" as const,
        "entryPrice" as const,
        "leverage" as const,
        "isolatedMargin" as const,
      ),
      typed,
    )
    .map(
      ([index, field, text]): Step =>
        (app) =>
          app.edit(edits.editPosition(app.state, index, { [field]: text }), `${index}${field}`),
    ),
  typed.map(
    (text): Step =>
      (app) =>
        app.edit(edits.setMark(app.state, BTC, text), "mark"),
  ),
  typed.map(
    (text): Step =>
      (app) =>
        app.edit(edits.setWallet(app.state, "USDT", text), "wallet"),
  ),
  fc.nat(3).map(
    (index): Step =>
      (app) =>
        app.edit(edits.removePosition(app.state, index)),
  ),
  fc.nat(11).map(
    (index): Step =>
      (app) => {
        const market = bundledMarkets()[index];
        if (market !== undefined) app.edit(edits.addPosition(app.state, market, "short", "1"));
      },
  ),
  fc.integer({ min: 0, max: 6000 }).map(
    (bp): Step =>
      (app) =>
        app.slide(edits.slideJoint(app.state, bp)),
  ),
  typed.map(
    (text): Step =>
      (app) =>
        app.slide(edits.slide(app.state, BTC, text)),
  ),
  fc.nat(5).map(
    (index): Step =>
      (app) =>
        app.slide(edits.select(app.state, index)),
  ),
  fc.constant<Step>((app) => app.undo()),
);

describe("the store", () => {
  it("is sound again once a contract without a mark is removed", () => {
    const app = new App(exampleState(), () => {});
    const { definition } = bundledMarkets().find(({ definition: { symbol } }) =>
      symbol.startsWith("XRP"),
    ) as PricedMarket;
    app.edit(edits.addPosition(app.state, { definition, mark: "" }, "long", "1"));
    expect(app.sound).toBe(false);
    app.edit(edits.removePosition(app.state, 3));
    expect(app.sound).toBe(true);
  });

  it("shows a sound account whatever is typed, slid and undone", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        let drawn = 0;
        const app = new App(exampleState(), () => drawn++);
        for (const take of steps) take(app);
        const { model, view, report } = app.shown;
        const engine = RiskEngine.fromBook(model.book);
        engine.setMarks(shownPrices(model.book, view));
        expect(report).toEqual(engine.account(model.id).report());
        if (app.sound) expect(model.book).toEqual(app.state.book);
        else expect(() => RiskEngine.fromBook(app.state.book)).toThrow();
        const points = app.shown.curve?.points ?? [];
        expect(JSON.stringify(points.map(({ units: _exact, ...point }) => point))).not.toContain(
          "null",
        );
      }),
      runs(15),
    );
  });

  it("undoes words, not letters", () => {
    const app = new App(exampleState(), () => {});
    for (const size of ["1", "1.", "1.5"]) {
      app.edit(edits.editPosition(app.state, 0, { contracts: size }), "size");
    }
    app.left();
    app.edit(edits.editPosition(app.state, 0, { contracts: "1.55" }), "size");
    app.undo();
    expect(edits.positionsOf(app.state.book)[0]?.contracts).toBe("1.5");
    app.undo();
    expect(app.state).toEqual(exampleState());
    expect(app.canUndo).toBe(false);
  });

  it("tells problems by the path of the value, of stops only where positions have none", () => {
    const app = new App(exampleState(), () => {});
    app.edit(edits.editPosition(app.state, 0, { contracts: "x" }));
    expect([...app.problems.keys()]).toEqual(["accounts[0].positions[0].contracts"]);
    app.undo();
    expect(app.sound).toBe(true);
    app.edit(
      edits.addStop(app.state, { kind: "mark", symbol: BTC, side: "long", triggerPrice: "-1" }),
    );
    expect([...app.problems.keys()]).toEqual(["accounts[0].stops[3].triggerPrice"]);
  });

  it("stays where it was when a price tried is beyond the engine", () => {
    const app = new App(exampleState(), () => {});
    const before = app.shown.report;
    app.slide(edits.slide(app.state, BTC, "99999999999999999999"));
    expect(app.notice).toContain("beyond the engine's range");
    expect(app.shown.report).toEqual(before);
    expect(app.state.view.trial).toEqual({});
  });

  it("loads no book for a slide", () => {
    const app = new App(exampleState(), () => {});
    performance.clearMarks(LOAD_MARK);
    performance.clearMeasures(SLIDE_MEASURE);
    for (let bp = 10; bp <= 500; bp += 10) app.slide(edits.slideJoint(app.state, bp));
    expect(performance.getEntriesByName(LOAD_MARK).length).toBe(0);
    expect(performance.getEntriesByName(SLIDE_MEASURE).length).toBe(50);
    app.edit(edits.setHedged(app.state, true));
    expect(performance.getEntriesByName(LOAD_MARK).length).toBe(3);
  });

  it("switches the mode as the engine does, at the prices shown", () => {
    const app = new App(exampleState(), () => {});
    app.slide(edits.slide(app.state, BTC, "115000"));
    const engine = RiskEngine.fromBook(exampleState().book);
    engine.setMarks({ [BTC]: "115000" });
    const change = { account: "example", symbol: "SOL/USDT:USDT", marginMode: "isolated" } as const;
    expect(app.shown.model.previewSwitch(2, "isolated")).toEqual(engine.previewMarginMode(change));
    app.switchMode(2, "isolated");
    engine.apply({ type: "setMarginMode", ...change });
    expect(app.shown.report).toEqual(engine.account("example").report());
    expect(edits.positionsOf(app.state.book).map(({ symbol }) => symbol.slice(0, 3))).toEqual([
      "BTC",
      "ETH",
      "SOL",
    ]);
    expect(app.state.book.marks[BTC]).toBe("115358.8");
  });

  it("offers what is pasted only where an engine takes it", () => {
    const app = new App(exampleState(), () => {});
    app.readPaste('{"markets": [], "assets": [], "accounts": [{"id": ""}]}');
    expect(app.pasted).toHaveProperty("problem");
    app.usePaste();
    expect(app.state).toEqual(exampleState());
    app.readPaste(JSON.stringify({ ...exampleState().book, profile: "dydx" }));
    app.usePaste();
    expect(app.state.book.profile).toBe("dydx");
    expect(app.pasteText).toBe("");
  });
});
