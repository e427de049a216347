// The chart of the selected position: equity and requirement of its scope over the price of its market. A crosshair reads both, by pointer
// or by arrow keys; a click or Enter puts the market's slider there.
import { html, type TemplateResult } from "lit/html.js";
import { groupedNumber } from "../../../src/charts/scales.ts";
import { formatDecimal } from "../../../src/decimal.ts";
import type { PositionView, StopView } from "../../../src/types.ts";
import { money, price, type Rounding } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { type Flag, pointAt, priceChart, priceFrame } from "../charts/price-chart.ts";
import { positionKey } from "../model.ts";
import { movedPrice, priceDecimalsOfMarket } from "../prices.ts";
import type { Shown } from "../shown.ts";
import { pin, positionsOf, select } from "../state.ts";
import { baseOf, scopeName, stopVerdict } from "../words.ts";

/** Width the charts are drawn at: that of their card. */
export interface ChartWidth {
  readonly width: number;
}

function flagsOf(shown: Shown, view: PositionView, stops: readonly StopView[]): Flag[] {
  const range = shown.range;
  if (range === null) return [];
  const flag = (
    kind: Flag["kind"],
    text: string,
    at: string | null,
    rounding: Rounding = "down",
  ): Flag[] =>
    at === null ? [] : [{ kind, label: `${text} ${price(at, rounding)}`, price: Number(at) }];
  const mark = String(shown.model.book.marks[view.symbol]);
  const moved = mark !== view.markPrice;
  // Of a scope that is liquidated already the engine's answer is the price it stands at.
  const fallen = shown.fates.asIs.fallen.has(positionKey(view));
  const { down, up } = fallen ? { down: null, up: null } : view.liquidationPrice;
  const flags = [
    ...flag("mark", "mark", mark),
    ...(moved ? flag("now", "now", view.markPrice) : []),
    ...flag("entry", "entry", view.entryPrice),
    ...flag("liquidation", "liquidation", down, "up"),
    ...flag("liquidation", "liquidation", up, "down"),
    ...flag("bankruptcy", "bankrupt", view.bankruptcyPrice, view.side === "long" ? "up" : "down"),
    ...stops.flatMap((stop) => {
      const tone = stopVerdict(stop).tone || "warn";
      return flag(tone, stop.purpose === "takeProfit" ? "take profit" : "stop", stop.triggerPrice);
    }),
  ];
  return flags.filter((one) => one.price >= range.from && one.price <= range.to);
}

function readout({ shown, crosshair }: App, settle: string): TemplateResult {
  const { curve } = shown;
  const point = curve === null || crosshair === null ? undefined : pointAt(curve, crosshair);
  if (point === undefined) {
    return html`<p class="readout soft small">
      Point at the chart, or step through it with the arrow keys; Enter or a click puts the price there.
    </p>`;
  }
  const decimals = point.price >= 1000 ? 1 : point.price >= 1 ? 3 : 6;
  const { equity, requirement } = point.units;
  const amount = (units: bigint, rounding: Rounding = "down"): string =>
    money(formatDecimal(units, curve?.decimals ?? 0), rounding, settle);
  return html`<p class="readout small">
    <span>at <strong>${groupedNumber(point.price, decimals)}</strong></span>
    <span class="key equity">equity ${amount(equity)}</span>
    <span class="key requirement">required ${amount(requirement, "up")}</span>
    <span class=${point.liquidatable ? "bad" : ""}>
      ${point.liquidatable ? "liquidated" : `clear ${amount(equity - requirement)}`} ${settle}
    </span>
  </p>`;
}

function tabs(app: App, shown: Shown): TemplateResult {
  const key = shown.selected === null ? "" : positionKey(shown.selected);
  return html`<div class="tabs" role="group" aria-label="Position of the chart">
    ${positionsOf(shown.model.book).map(
      (position, index) => html`<button
        type="button"
        class="tab"
        aria-pressed=${positionKey(position) === key ? "true" : "false"}
        @click=${() => {
          app.crosshair = null;
          app.slide(select(app.state, index));
        }}
      >
        ${baseOf(position.symbol)} ${position.side}
      </button>`,
    )}
  </div>`;
}

function putPrice(app: App, at: number): void {
  const { selected, model } = app.shown;
  const market = model.book.markets.find(({ symbol }) => symbol === selected?.symbol);
  if (market === undefined) return;
  const decimals = priceDecimalsOfMarket(market);
  const mark = String(model.book.marks[market.symbol]);
  const bp = Math.round((at / Number(mark) - 1) * 10_000);
  app.slide(pin(app.state, app.shown.prices, market.symbol, movedPrice(mark, bp, decimals)));
}

/** The chart as a slider over its prices. */
function plot(app: App, shown: Shown, view: PositionView, width: number): TemplateResult {
  const { curve, model, range } = shown;
  const { crosshair } = app;
  if (curve === null || range === null) return html``;
  const { left, right } = priceFrame(width);
  const draw = (at: number | null): void => {
    app.point(at === null ? null : Math.min(Math.max(at, range.from), range.to));
  };
  const priceAt = (event: PointerEvent | MouseEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const share = (event.clientX - box.left - left) / (width - left - right);
    return range.from + Math.min(Math.max(share, 0), 1) * (range.to - range.from);
  };
  const step = (range.to - range.from) / 160;
  const pressed = (event: KeyboardEvent): void => {
    const from = crosshair ?? Number(view.markPrice);
    const moves: Record<string, number> = {
      ArrowLeft: from - step,
      ArrowDown: from - step,
      ArrowRight: from + step,
      ArrowUp: from + step,
      PageDown: from - 10 * step,
      PageUp: from + 10 * step,
      Home: range.from,
      End: range.to,
    };
    const to = moves[event.key];
    if (to !== undefined) draw(to);
    else if (event.key === "Enter" || event.key === " ") putPrice(app, from);
    else return;
    event.preventDefault();
  };
  const settle = model.book.markets.find(({ symbol }) => symbol === view.symbol)?.settle;
  const amount = (units: bigint, rounding: Rounding = "down"): string =>
    `${money(formatDecimal(units, curve.decimals), rounding, settle)} ${settle ?? ""}`;
  const now = crosshair ?? Number(view.markPrice);
  const point = pointAt(curve, now);
  const words =
    point === undefined
      ? ""
      : `${baseOf(view.symbol)} at ${groupedNumber(point.price, 2)}: equity ${amount(point.units.equity)}, required ${amount(point.units.requirement, "up")}${point.liquidatable ? ", liquidated" : ""}`;
  const stops = shown.report.stops.filter(
    ({ symbol, side }) => symbol === view.symbol && side === view.side,
  );
  return html`<div
    class="plot"
    tabindex="0"
    role="slider"
    aria-label=${`Read the chart of ${baseOf(view.symbol)} at a price`}
    aria-valuemin=${range.from}
    aria-valuemax=${range.to}
    aria-valuenow=${now}
    aria-valuetext=${words}
    @pointermove=${(event: PointerEvent) => draw(priceAt(event))}
    @pointerleave=${() => draw(null)}
    @click=${(event: MouseEvent) => putPrice(app, priceAt(event))}
    @keydown=${pressed}
    @blur=${() => draw(null)}
  >
    ${priceChart({ width, curve, range, flags: flagsOf(shown, view, stops), crosshair })}
  </div>`;
}

export function priceCard(app: App, { width }: ChartWidth): TemplateResult {
  const { shown } = app;
  const { selected, report } = shown;
  const key = selected === null ? "" : positionKey(selected);
  const view = report.positions.find((one) => positionKey(one) === key);
  if (view === undefined) return html``;
  const own = shown.model.book.markets.find(({ symbol }) => symbol === view.symbol)?.settle;
  const scope = report.scopes.find(
    ({ symbol, side, settle }) =>
      (view.marginMode === "isolated" && symbol === view.symbol && side === view.side) ||
      (view.marginMode === "cross" && symbol === null && settle === own),
  );
  return html`<section class="card price-card" aria-labelledby="price-card">
    <div class="section-head">
      <h2 id="price-card">Equity against the price of ${baseOf(view.symbol)}</h2>
      ${tabs(app, shown)}
    </div>
    <p class="legend small">
      <span class="key equity">equity</span>
      <span class="key requirement">required (maintenance${scope?.closeFee === "0" ? "" : " + fee"})</span>
      <span class="key zone">liquidation</span>
      ${scope === undefined ? "" : html`<span class="soft">${scopeName(scope)}, clear of liquidation by ${money(scope.clearance, "down", scope.settle)} ${scope.settle}</span>`}
    </p>
    ${plot(app, shown, view, width)}
    <p class="axis-name soft small">price of ${view.symbol} →, all others held where they stand; ${own ?? ""} ↑</p>
    ${readout(app, own ?? shown.settle)}
  </section>`;
}
