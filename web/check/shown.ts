// Everything that one look at the page needs, computed at the prices of the sliders: what the engine says of the account there, of its
// other margin modes, and the points of the charts. Charts that a move leaves as they were are kept.
import type { AccountReport, PositionDefinition, ScopeView } from "../../src/types.ts";
import { type LeftCurves, leftCurves, type PriceCurve, priceCurve } from "./curves.ts";
import { type Fates, fatesOf } from "./fates.ts";
import { type CheckModel, positionKey } from "./model.ts";
import { isMoved, shownPrices } from "./prices.ts";
import { endHolding, jointEnd } from "./reach.ts";
import { type CheckView, positionsOf } from "./state.ts";

/** Range of prices that the chart of a market spans. */
export interface PriceRange {
  readonly from: number;
  readonly to: number;
}

export interface Shown {
  readonly model: CheckModel;
  readonly view: CheckView;
  readonly moved: boolean;
  /** Prices of the markets held, sliders included. */
  readonly prices: Readonly<Record<string, string>>;
  /** At the prices of the sliders. */
  readonly report: AccountReport;
  /** At the marks. */
  readonly atMarks: AccountReport;
  readonly fates: Fates;
  /** Settle asset of most of the account; charts of money left are in it. */
  readonly settle: string;
  /** End of the joint slider, in hundredths of a per cent. */
  readonly jointEnd: number;
  readonly left: LeftCurves | null;
  readonly selected: PositionDefinition | null;
  readonly range: PriceRange | null;
  readonly curve: PriceCurve | null;
}

/** Least share of the mark on either side of it. */
const LEAST_SPAN = 0.12;
/** Prices further off than these multiples of the mark are not drawn. */
const LOWEST = 0.1;
const HIGHEST = 2.2;
const MARGIN = 0.06;

/** From the mark outward to whatever of the position is worth seeing. */
function rangeOf(report: AccountReport, position: PositionDefinition, shown: number): PriceRange {
  const key = positionKey(position);
  const view = report.positions.find((one) => positionKey(one) === key);
  const mark = Number(view?.markPrice ?? shown);
  const stops = report.stops.filter(({ symbol }) => symbol === position.symbol);
  const prices = [
    view?.entryPrice,
    view?.liquidationPrice.down,
    view?.liquidationPrice.up,
    view?.bankruptcyPrice,
    ...stops.map(({ triggerPrice }) => triggerPrice),
  ].flatMap((price) => (price === null || price === undefined ? [] : [Number(price)]));
  const near = prices.filter((price) => price > mark * LOWEST && price < mark * HIGHEST);
  const from = Math.min(mark * (1 - LEAST_SPAN), shown, ...near);
  const to = Math.max(mark * (1 + LEAST_SPAN), shown, ...near);
  const room = (to - from) * MARGIN;
  return { from: Math.max(from - room, mark * 1e-6), to: to + room };
}

/** The asset in which most scopes are. */
function settleOf(scopes: readonly ScopeView[]): string {
  const counts = new Map<string, number>();
  for (const { settle } of scopes) counts.set(settle, (counts.get(settle) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? "USDT";
}

/** Shocks of scopes at the marks, where the curves of what is left jump. */
function jumps(model: CheckModel): number[] {
  const scopes = Object.values(model.variants).flatMap(({ scopes }) => scopes);
  return scopes.flatMap(({ view: { jointShock } }) => {
    if (jointShock === null) return [];
    const bp = Math.ceil(Number(jointShock) * 10_000);
    return [bp - 1, bp];
  });
}

/** Makes looks at one model; keeps of the last what the next need not compute again. */
export class Looker {
  readonly model: CheckModel;
  readonly #atMarks: AccountReport;
  readonly #jumps: readonly number[];
  readonly #jointEnd: number;
  #leftKey = "";
  #left: LeftCurves | null = null;

  constructor(model: CheckModel) {
    this.model = model;
    model.setPrices(model.marks());
    this.#atMarks = model.report();
    this.#jumps = jumps(model);
    const { asIs, allCross, allIsolated } = model.variants;
    const all = [asIs, allCross, allIsolated].flatMap(({ scopes }) => scopes);
    this.#jointEnd = jointEnd(all.map(({ view }) => view));
  }

  /** @throws RiskError VALUE_OUT_OF_RANGE where a figure does not fit the engine at these prices */
  look(view: CheckView): Shown {
    const { model } = this;
    const prices = shownPrices(model.book, view);
    model.setPrices(prices);
    const report = model.report();
    const fates = fatesOf(model);
    const settle = settleOf(report.scopes);
    const end = endHolding(this.#jointEnd, view.jointBp);
    const positions = positionsOf(model.book);
    const selected = positions[Math.min(view.selected, positions.length - 1)] ?? null;
    const shown = Number(selected === null ? 0 : prices[selected.symbol]);
    const range = selected === null ? null : rangeOf(this.#atMarks, selected, shown);
    const curve =
      selected === null || range === null ? null : priceCurve(model, selected, range, prices);
    return {
      model,
      view,
      moved: isMoved(view),
      prices,
      report,
      atMarks: this.#atMarks,
      fates,
      settle,
      jointEnd: end,
      left: positions.length === 0 ? null : this.#leftOf(view, settle, end),
      selected,
      range,
      curve,
    };
  }

  #leftOf(view: CheckView, settle: string, end: number): LeftCurves {
    const key = JSON.stringify([view.trial, view.direction, settle, end]);
    if (this.#left === null || this.#leftKey !== key) {
      this.#leftKey = key;
      this.#left = leftCurves(this.model, view, settle, { end, jumps: this.#jumps });
    }
    return this.#left;
  }
}
