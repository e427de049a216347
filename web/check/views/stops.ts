// Stops with their verdicts: whether each can still do its work, and what its close would come to, in words. A stop that stands beyond
// liquidation can be moved to the last trigger that works.

import { live } from "lit/directives/live.js";
import { html, type TemplateResult } from "lit/html.js";
import type { StopDefinition, StopView } from "../../../src/types.ts";
import { isDecimal, money, price } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { movedPrice, priceDecimalsOfMarket } from "../prices.ts";
import { addStop, heldMarkets, positionsOf, removeStop, replaceStop, stopsOf } from "../state.ts";
import {
  choiceOf,
  figureOf,
  STOP_CHOICES,
  type StopChoice,
  stopFigure,
  stopOfChoice,
  withFigure,
} from "../stop-fields.ts";
import { baseOf, stopVerdict } from "../words.ts";
import { decimalField, problemsUnder } from "./field.ts";

/** A trigger to start from: 3 % to the bad, or to the good, of the mark. */
function startingPrice(app: App, symbol: string, side: string, choice: StopChoice): string {
  const { book } = app.state;
  const market = book.markets.find((one) => one.symbol === symbol);
  const mark = app.shown.prices[symbol] ?? String(book.marks[symbol] ?? "");
  if (market === undefined || !isDecimal(mark)) return mark;
  const toward = (side === "long") === (choice === "takeProfit") ? 300 : -300;
  return movedPrice(mark, toward, priceDecimalsOfMarket(market));
}

function withChoice(app: App, stop: StopDefinition, choice: StopChoice): StopDefinition {
  const [first] = positionsOf(app.state.book);
  const needsPosition = STOP_CHOICES[choice].of !== "cross";
  const symbol = stop.symbol ?? (needsPosition ? first?.symbol : undefined);
  const side = stop.side ?? (needsPosition ? first?.side : undefined);
  const settle = stop.settle ?? app.shown.settle;
  const target = {
    ...(stop.id === undefined ? {} : { id: stop.id }),
    ...(symbol === undefined ? { settle } : { symbol }),
    ...(side === undefined ? {} : { side }),
  };
  const start = symbol === undefined ? "" : startingPrice(app, symbol, side ?? "long", choice);
  return stopOfChoice(choice, target, start);
}

function kindChoice(app: App, stop: StopDefinition, index: number): TemplateResult {
  const choice = choiceOf(stop);
  return html`<select
    aria-label=${`Kind of stop ${index + 1}`}
    .value=${live(choice)}
    @change=${(event: Event) => {
      const next = (event.target as HTMLSelectElement).value as StopChoice;
      app.edit(replaceStop(app.state, index, withChoice(app, stop, next)));
    }}
  >
    ${Object.entries(STOP_CHOICES).map(
      ([value, { words }]) =>
        html`<option value=${value} ?selected=${value === choice}>${words}</option>`,
    )}
  </select>`;
}

/** Cross pools by asset: where there is one, "everything cross" says all. */
const WHOLE_POOL = "pool ";

function poolChoices(app: App, current: string): TemplateResult[] {
  const held = heldMarkets(app.state.book).map(({ settle }) => settle);
  const settles = [...new Set([...held, current])];
  return settles.map((settle) => {
    const words = settles.length === 1 ? "everything cross" : `everything cross in ${settle}`;
    return html`<option value=${WHOLE_POOL + settle} ?selected=${settle === current}>${words}</option>`;
  });
}

function targetChoice(app: App, stop: StopDefinition, index: number): TemplateResult {
  const choice = choiceOf(stop);
  const pool = STOP_CHOICES[choice].of === "cross";
  const ofPool = stop.symbol === undefined;
  const own = settleOf(app, stop);
  const current = ofPool ? WHOLE_POOL + own : `${stop.side} ${stop.symbol}`;
  const changed = (event: Event): void => {
    const value = (event.target as HTMLSelectElement).value;
    const { symbol: _symbol, side: _side, settle: _settle, ...rest } = stop;
    if (value.startsWith(WHOLE_POOL)) {
      const settle = value.slice(WHOLE_POOL.length);
      app.edit(replaceStop(app.state, index, { ...rest, settle }));
      return;
    }
    const target = positionsOf(app.state.book).find((one) => `${one.side} ${one.symbol}` === value);
    if (target === undefined) return;
    const { symbol, side } = target;
    const moved = { ...rest, symbol, side };
    const priced = STOP_CHOICES[choice].unit === "price";
    const next = priced ? withFigure(moved, startingPrice(app, symbol, side, choice)) : moved;
    app.edit(replaceStop(app.state, index, next));
  };
  return html`<select
    aria-label=${`What stop ${index + 1} closes`}
    .value=${live(current)}
    @change=${changed}
  >
    ${pool ? poolChoices(app, own) : ""}
    ${positionsOf(app.state.book).map(({ symbol, side }) => {
      const value = `${side} ${symbol}`;
      return html`<option value=${value} ?selected=${value === current}>${baseOf(symbol)} ${side}</option>`;
    })}
  </select>`;
}

function unitText(app: App, stop: StopDefinition): string {
  const { unit } = figureOf(stop);
  if (unit === "percent") return "%";
  return unit === "amount" ? settleOf(app, stop) : "";
}

/** The button that moves a stop to where it works. */
function clampButton(
  app: App,
  stop: StopDefinition,
  index: number,
  view: StopView,
): TemplateResult | string {
  const at = view.clampedPrice ?? view.clampedFloor;
  if (at === null) return "";
  const priced = view.clampedPrice !== null;
  const fixed: StopDefinition = priced
    ? { ...stopOfChoice("mark", stop, at) }
    : withFigure({ ...stop, kind: "equity" }, at);
  const shown = priced
    ? price(at, view.side === "long" ? "up" : "down")
    : money(at, "up", settleOf(app, view));
  return html`<button
    type="button"
    class="quiet"
    @click=${() => app.edit(replaceStop(app.state, index, fixed))}
  >
    Move it to ${shown}
  </button>`;
}

/** Asset that a stop's money is in. */
function settleOf(
  { shown }: App,
  { symbol, settle }: { readonly symbol?: string | null; readonly settle?: string | null },
): string {
  const market = shown.model.book.markets.find((one) => one.symbol === symbol);
  return settle ?? market?.settle ?? shown.settle;
}

function stopRow(
  app: App,
  stop: StopDefinition,
  index: number,
  view: StopView | undefined,
): TemplateResult {
  const path = `accounts[0].stops[${index}]`;
  const { field } = figureOf(stop);
  const verdict =
    view === undefined ? null : stopVerdict(view, app.shown.moved, settleOf(app, view));
  return html`<li class="stop">
    <div class="stop-terms">
      ${kindChoice(app, stop, index)}
      <span class="with-unit"
        >${decimalField({
          app,
          label: `Figure of stop ${index + 1}`,
          path: `${path}.${field}`,
          value: stopFigure(stop),
          edit: (state, text) => replaceStop(state, index, withFigure(stop, text)),
        })}<span class="soft">${unitText(app, stop)}</span></span
      >
      <span class="soft">closes${stop.amount === undefined ? "" : ` ${stop.amount} of`}</span> ${targetChoice(app, stop, index)}
      <button
        type="button"
        class="quiet remove"
        aria-label=${`Remove stop ${index + 1}`}
        @click=${() => app.edit(removeStop(app.state, index))}
      >
        ×
      </button>
    </div>
    ${problemsUnder(app.problems, path)}
    ${
      verdict === null || view === undefined
        ? ""
        : html`<p class="verdict">
            <span class="pill ${verdict.tone}">${verdict.short}</span> ${verdict.text}
            ${clampButton(app, stop, index, view)}
          </p>`
    }
  </li>`;
}

/** What a straight move from the marks to the sliders would do, once they rest. */
function wayHere({ way, shown }: App): TemplateResult {
  if (!shown.moved) {
    return html`<p class="soft small way">
      Move a slider: verdicts follow, and once it rests this says what would happen on the way.
    </p>`;
  }
  if (way === null)
    return html`<p class="soft small way">Sliders only look. On the way here: …</p>`;
  if (way === "refused")
    return html`<p class="small way">The way here leads beyond the engine's range of figures.</p>`;
  const steps =
    way.steps.length === 0 ? "no stop fires and nothing is liquidated." : way.steps.join(" ");
  return html`<p class="small way">
    <strong>On a straight way here from the marks:</strong> ${steps} Left standing: ${way.left}.
  </p>`;
}

export function stops(app: App): TemplateResult {
  const list = stopsOf(app.state.book);
  const held = positionsOf(app.state.book);
  const { stops: views } = app.shown.report;
  const add = (): void => {
    const target = held[Math.min(app.state.view.selected, held.length - 1)];
    if (target === undefined) return;
    const { symbol, side } = target;
    const triggerPrice = startingPrice(app, symbol, side, "mark");
    app.edit(addStop(app.state, { kind: "mark", symbol, side, triggerPrice }));
  };
  return html`<section class="card stops" aria-labelledby="stops">
    <div class="section-head">
      <h2 id="stops">Stops</h2>
      <button type="button" ?disabled=${held.length === 0} @click=${add}>Add stop</button>
    </div>
    ${
      list.length === 0
        ? html`<p class="soft empty">A stop is told here whether it can still fire before liquidation, and what its close would leave.</p>`
        : html`<ol class="stop-list">
            ${list.map((stop, index) =>
              stopRow(
                app,
                stop,
                index,
                views.find(({ id }) => id === (stop.id ?? String(index + 1))),
              ),
            )}
          </ol>`
    }
    ${held.length === 0 ? "" : wayHere(app)}
  </section>`;
}
