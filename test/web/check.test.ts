// The risk check without its page: prices of sliders, the three engines on one slider, and what edits make of the account.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../src/decimal.ts";
import { MODE_VARIANTS } from "../../src/engine/compare-modes.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook } from "../../src/generate/index.ts";
import type { BookDocument, MarketDefinition } from "../../src/types.ts";
import { priceCurve } from "../../web/check/curves.ts";
import { fatesOf } from "../../web/check/fates.ts";
import { CheckModel } from "../../web/check/model.ts";
import { adverseSign, movedPrice, shownPrices } from "../../web/check/prices.ts";
import { endBeyond, endHolding } from "../../web/check/reach.ts";
import { bundledMarkets, exampleState } from "../../web/check/samples.ts";
import { Looker } from "../../web/check/shown.ts";
import * as edits from "../../web/check/state.ts";
import { wayTo } from "../../web/check/way.ts";
import { runs } from "../support/runs.ts";

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";

describe("prices of sliders", () => {
  it("are never milder than the slider says, and by less than its finest step worse", () => {
    const price = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(price, fc.integer({ min: -6000, max: 6000 }), (units, bp) => {
        const text = `${units / 10n ** 8n}.${String(units % 10n ** 8n).padStart(8, "0")}`;
        const moved = parseDecimal(movedPrice(text, bp, 8), 8, "moved");
        const asked = units * BigInt(10_000 + bp);
        if (bp > 0) expect(moved * 10_000n >= asked).toBe(true);
        if (bp < 0) expect(moved * 10_000n <= asked || moved === 1n).toBe(true);
        if (bp === 0) expect(moved).toBe(units);
        // Six digits at least: an error below a hundred-thousandth of the price, or a unit.
        const error = moved * 10_000n - asked;
        const size = error < 0n ? -error : error;
        expect(size <= units / 9n + 10_000n).toBe(true);
      }),
      runs(500),
    );
  });

  it("move against what the account holds, or together", () => {
    const { book, view } = exampleState();
    expect(adverseSign(book, BTC)).toBe(-1);
    expect(adverseSign(book, "SOL/USDT:USDT")).toBe(1);
    const against = shownPrices(book, { ...view, jointBp: 1000 });
    expect(against).toEqual({ [BTC]: "103822.9", [ETH]: "3530.61", "SOL/USDT:USDT": "224.158" });
    const together = shownPrices(book, { ...view, jointBp: -1000, direction: "together" });
    expect(together).toEqual({ [BTC]: "103822.9", [ETH]: "3530.61", "SOL/USDT:USDT": "183.402" });
    const tried = shownPrices(book, { ...view, trial: { [BTC]: "100000" }, jointBp: 100 });
    expect(tried[BTC]).toBe("99000");
  });

  it("are the marks' own for contracts named like members of every object", () => {
    const { book, view } = exampleState();
    const [account] = book.accounts;
    const [market] = book.markets;
    const [position] = account?.positions ?? [];
    const renamed = {
      ...book,
      markets: [{ ...market, symbol: "constructor" }],
      marks: { constructor: "115000" },
      accounts: [{ ...account, positions: [{ ...position, symbol: "constructor" }], stops: [] }],
    } as unknown as BookDocument;
    expect(shownPrices(renamed, view)).toEqual({ constructor: "115000" });
  });

  it("may stand at the engine's highest, beyond which charts go on without points", () => {
    const { book, view } = exampleState();
    const high = { ...book, marks: { ...book.marks, [BTC]: "90071992" } };
    const { curve, left } = new Looker(new CheckModel(high)).look(view);
    expect(curve?.points.at(-1)?.price).toBeLessThan(90_071_993);
    expect(left?.moves.length).toBeGreaterThan(1);
  });

  it("reach as far as the account's prices, in round steps", () => {
    expect(endBeyond([])).toBe(1000);
    expect(endBeyond([-860, 230])).toBe(1500);
    expect(endBeyond([5900])).toBe(1000);
    expect(endHolding(1500, -1600)).toBe(2000);
    expect(endHolding(1500, 900)).toBe(1500);
  });
});

describe("the model", () => {
  const { book } = exampleState();

  it("holds the variants of compareModes to the last unit", () => {
    const model = new CheckModel(book);
    const { variants } = RiskEngine.fromBook(book).compareModes("example", { shocks: [] });
    for (const name of MODE_VARIANTS) {
      const views = model.variants[name].scopes.map(({ view }) => view);
      expect(views).toEqual(variants[name].report.scopes);
    }
  });

  it("tells of every slider what compareModes tells of the same shock", () => {
    const all = [book, ...generated(8)];
    for (const one of all) {
      const model = new CheckModel(one);
      const id = one.accounts[0]?.id ?? "";
      for (const share of ["0.03", "0.15"]) {
        const { variants, shocks } = RiskEngine.fromBook(one).compareModes(id, { shocks: [share] });
        model.setPrices({ ...model.marks(), ...shocks[0]?.marks });
        const fates = fatesOf(model);
        for (const name of MODE_VARIANTS) {
          const told = variants[name].outcomes[0];
          const left = Object.fromEntries(
            Object.entries(told?.left ?? {}).map(([code, amount]) => [
              code,
              parseDecimal(amount, 8, code),
            ]),
          );
          expect(Object.fromEntries(fates[name].left), `${id} ${share} ${name}`).toEqual(left);
          const keys = (list: readonly { symbol: string; side: string }[] | undefined): string[] =>
            (list ?? []).map(({ symbol, side }) => `${side} ${symbol}`).sort();
          expect([...fates[name].contagion].sort()).toEqual(keys(told?.contagion));
          expect([...fates[name].carried].sort()).toEqual(keys(told?.carried));
        }
      }
    }
  });

  it("looks without leaving a trace, whatever was looked at before", () => {
    const looker = new Looker(new CheckModel(book));
    const { view } = exampleState();
    const first = looker.look(view);
    looker.look({ ...view, jointBp: 3000 });
    looker.look({ ...view, trial: { [BTC]: "90000" }, selected: 2 });
    const again = looker.look(view);
    expect(again.report).toEqual(first.report);
    expect(again.curve).toEqual(first.curve);
    expect(again.left).toEqual(first.left);
    expect(first.report).toEqual(RiskEngine.fromBook(book).account("example").report());
  });

  it("draws the engine's own figures, and the kinks where brackets change", () => {
    const model = new CheckModel(book);
    const [position] = edits.positionsOf(book);
    if (position === undefined) throw new Error("the example has positions");
    const curve = priceCurve(model, position, { from: 90_000, to: 130_000 }, model.marks());
    const own = RiskEngine.fromBook(book);
    for (const point of curve.points.filter((_, at) => at % 20 === 0)) {
      own.setMarks({ [BTC]: point.price });
      const { equity, requirement, liquidatable } = own.crossScope("example", "USDT").figures();
      expect([point.equity, point.requirement, point.liquidatable]).toEqual([
        Number(equity) / 1e8,
        Number(requirement) / 1e8,
        liquidatable,
      ]);
    }
    expect(curve.kinks.map(({ tier }) => tier)).toEqual([2]);
    expect(curve.kinks[0]?.price).toBeCloseTo(300_000 / 2.8, 6);
    expect(model.engine.mark(BTC)).toBe("115358.8");
  });
});

describe("the way from the marks", () => {
  it("is what a tick of the engine does", () => {
    const { book } = exampleState();
    const fall = { [BTC]: "107283.6", [ETH]: "3648.29", "SOL/USDT:USDT": "218.045" };
    const engine = RiskEngine.fromBook(book);
    const events = engine.tick(fall).events();
    expect(
      [...events]
        .map(({ type }) => type)
        .filter((type) => ["stopTriggered", "liquidatable"].includes(type)),
    ).toEqual(["stopTriggered", "liquidatable"]);
    expect(wayTo(book, fall)).toEqual({
      steps: [
        "Stop 1 fires and closes 2.8 BTC long at 109,000.",
        "ETH long, isolated is liquidated.",
      ],
      left: "3,360.40 USDT",
    });
    expect(wayTo(book, {})).toMatchObject({ steps: [] });
    expect(wayTo(book, { [BTC]: "0" })).toBe("refused");
  });
});

/** Accounts as people have them, each in a book of its own. */
function generated(accounts: number): BookDocument[] {
  const markets = bundledMarkets();
  const made = [...generateBook({ accounts, seed: "web", markets, idleShare: 0 })];
  return made.map((account) => ({
    assets: [{ code: "USDT" }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [account],
  }));
}

describe("edits", () => {
  it("put a position in with its market and mark, and take both away with it", () => {
    const example = exampleState();
    const btc = example.book.markets[0] as MarketDefinition;
    const added = edits.addPosition(
      example,
      { definition: { ...btc, symbol: "NEW/USDT:USDT" }, mark: "7" },
      "short",
      "10",
    );
    expect(edits.positionsOf(added.book).at(-1)).toMatchObject({ entryPrice: "7", side: "short" });
    expect(added.book.marks["NEW/USDT:USDT"]).toBe("7");
    expect(added.view.selected).toBe(3);
    const removed = edits.removePosition(added, 0);
    expect(edits.positionsOf(removed.book).map(({ symbol }) => symbol)).not.toContain(BTC);
    expect(edits.stopsOf(removed.book).map(({ id }) => id)).toEqual(["2", "3"]);
  });

  it("turn a position round with its stops", () => {
    const turned = edits.setSide(exampleState(), 0, "short");
    expect(edits.positionsOf(turned.book)[0]?.side).toBe("short");
    expect(edits.stopsOf(turned.book)[0]?.side).toBe("short");
  });

  it("forget an entry notional once size or entry are typed over", () => {
    const example = exampleState();
    const [first, ...rest] = edits.positionsOf(example.book);
    const account = {
      ...edits.accountOf(example.book),
      positions: [{ ...(first as NonNullable<typeof first>), entryNotional: "328000" }, ...rest],
    };
    const state = { ...example, book: { ...example.book, accounts: [account] } };
    const leverage = edits.editPosition(state, 0, { leverage: "5" });
    expect(edits.positionsOf(leverage.book)[0]?.entryNotional).toBe("328000");
    const size = edits.editPosition(state, 0, { contracts: "2" });
    expect(edits.positionsOf(size.book)[0]).not.toHaveProperty("entryNotional");
  });

  it("take a leverage away with its text, and a tried price with a new mark", () => {
    const example = edits.slide(exampleState(), BTC, "110000");
    expect(
      edits.positionsOf(edits.editPosition(example, 0, { leverage: "" }).book)[0],
    ).not.toHaveProperty("leverage");
    expect(edits.setMark(example, BTC, "116000").view.trial).toEqual({});
    expect(edits.slide(example, BTC, null).view.trial).toEqual({});
    expect(edits.still(edits.slideJoint(example, 500)).view).toMatchObject({
      trial: {},
      jointBp: 0,
    });
  });

  it("pin a price exactly and hand the joint move to the other markets", () => {
    const moved = edits.slideJoint(exampleState(), 300);
    const shown = shownPrices(moved.book, moved.view);
    const pinned = edits.pin(moved, shown, BTC, "106691.01");
    expect(pinned.view.jointBp).toBe(0);
    expect(shownPrices(pinned.book, pinned.view)).toEqual({ ...shown, [BTC]: "106691.01" });
    expect(edits.pin(exampleState(), shown, BTC, "1").view.trial).toEqual({ [BTC]: "1" });
  });

  it("take what the engine made of the account, positions in their places", () => {
    const example = exampleState();
    const account = edits.accountOf(example.book);
    const turned = { ...account, positions: [...(account.positions ?? [])].reverse() };
    expect(edits.takeAccount(example, turned)).toEqual(example);
  });

  it("name each stop by itself", () => {
    const stop = { kind: "mark", symbol: BTC, side: "long", triggerPrice: "1" } as const;
    const twice = edits.addStop(edits.addStop(edits.removeStop(exampleState(), 0), stop), stop);
    const ids = edits.stopsOf(twice.book).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
