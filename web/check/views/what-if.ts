// One slider for the price of each market, with the mark it starts from. A strip above the slider shows where liquidation and stops lie.

import { live } from "lit/directives/live.js";
import { html, svg, type TemplateResult } from "lit/html.js";
import type { MarketDefinition, PositionView } from "../../../src/types.ts";
import { isDecimal, price as priceText } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { positionKey } from "../model.ts";
import { moveBetween, movedPrice, priceDecimalsOfMarket } from "../prices.ts";
import { endHolding, marketEnd } from "../reach.ts";
import { bundledMarket, PRICES_FROM } from "../samples.ts";
import { heldMarkets, pin, setMark, slide, still } from "../state.ts";
import { baseOf } from "../words.ts";
import { decimalField, problemsUnder } from "./field.ts";
import { jointSlider } from "./joint.ts";

const STRIP = 1000;

/** Place of a price on the strip, or null where the slider does not reach it. */
function placeOf(mark: string, price: string, end: number): number | null {
  const bp = moveBetween(mark, price);
  return Math.abs(bp) > end ? null : ((bp + end) / (2 * end)) * STRIP;
}

/** Positions of a market that are not liquidated: only those have liquidation prices to move to. */
function standing({ shown }: App, symbol: string): PositionView[] {
  return shown.report.positions.filter(
    (position) => position.symbol === symbol && !shown.fates.asIs.fallen.has(positionKey(position)),
  );
}

function strip(app: App, symbol: string, mark: string, end: number): TemplateResult {
  const { report } = app.shown;
  const ticks: { price: string; kind: string }[] = [];
  for (const position of standing(app, symbol)) {
    const { down, up } = position.liquidationPrice;
    for (const price of [down, up]) if (price !== null) ticks.push({ price, kind: "liquidation" });
  }
  for (const stop of report.stops) {
    if (stop.symbol === symbol && stop.triggerPrice !== null) {
      ticks.push({ price: stop.triggerPrice, kind: "stop" });
    }
  }
  const now = placeOf(mark, app.shown.prices[symbol] ?? mark, end);
  return html`<svg class="strip" viewBox="0 0 ${STRIP} 8" preserveAspectRatio="none" aria-hidden="true">
    <line class="strip-mark" x1=${STRIP / 2} x2=${STRIP / 2} y1="0" y2="8" />
    ${now === null || now === STRIP / 2 ? null : svg`<line class="strip-now" x1=${now} x2=${now} y1="0" y2="8" />`}
    ${ticks.map(({ price, kind }) => {
      const x = placeOf(mark, price, end);
      return x === null ? null : svg`<line class="strip-${kind}" x1=${x} x2=${x} y1="0" y2="8" />`;
    })}
  </svg>`;
}

function moveText(mark: string, price: string): string {
  const bp = moveBetween(mark, price);
  const sign = bp < 0 ? "−" : "+";
  return bp === 0 ? "0.0 %" : `${sign}${Math.abs(bp / 100).toFixed(1)} %`;
}

/** Buttons that put the slider on a liquidation price, to the last digit. */
function jumps(app: App, symbol: string): TemplateResult[] {
  const prices = standing(app, symbol).flatMap(({ liquidationPrice: { down, up } }) => [
    ...(down === null ? [] : [{ price: down, arrow: "↓", rounding: "up" as const }]),
    ...(up === null ? [] : [{ price: up, arrow: "↑", rounding: "down" as const }]),
  ]);
  const distinct = [...new Map(prices.map((one) => [one.price, one])).values()];
  return distinct.map(
    ({ price, arrow, rounding }) => html`<button
      type="button"
      class="quiet jump"
      title=${`${price}: put the price there`}
      aria-label=${`Put ${baseOf(symbol)} at its liquidation price ${priceText(price, rounding)}`}
      @click=${() => app.slide(pin(app.state, app.shown.prices, symbol, price))}
    >
      ${arrow} ${priceText(price, rounding)}
    </button>`,
  );
}

function marketSlider(app: App, market: MarketDefinition): TemplateResult {
  const { symbol } = market;
  const { shown } = app;
  const mark = String(shown.model.book.marks[symbol] ?? "");
  const known = isDecimal(mark) && Number(mark) > 0;
  return html`<div class="market">
    ${known ? priceSlider(app, market, mark) : html`<div class="market-head"><strong>${baseOf(symbol)}</strong> <span class="soft">needs a mark</span></div>`}
    ${markField(app, symbol)}
  </div>`;
}

function priceSlider(app: App, market: MarketDefinition, mark: string): TemplateResult {
  const { symbol } = market;
  const { shown } = app;
  const price = shown.prices[symbol] ?? mark;
  const own = app.state.view.trial[symbol] ?? mark;
  const place = moveBetween(mark, own);
  const end = endHolding(marketEnd(shown.atMarks, symbol, mark), place);
  const decimals = priceDecimalsOfMarket(market);
  const slid = (event: Event): void => {
    const bp = Number((event.target as HTMLInputElement).value);
    app.slide(slide(app.state, symbol, bp === 0 ? null : movedPrice(mark, bp, decimals)));
  };
  return html`<div class="market-head">
      <label for=${`slide-${symbol}`}>${baseOf(symbol)}</label>
      <output aria-live="off" class="market-price" title=${price}>${priceText(price)}</output>
      <span class="market-move ${price === mark ? "soft" : ""}">${moveText(mark, price)}</span>
    </div>
    ${strip(app, symbol, mark, end)}
    <input
      id=${`slide-${symbol}`}
      type="range"
      min=${-end}
      max=${end}
      step="10"
      aria-valuetext=${`${baseOf(symbol)} at ${priceText(price)}, ${moveText(mark, price)}`}
      .value=${live(String(place))}
      @input=${slid}
    />`;
}

function markField(app: App, symbol: string): TemplateResult {
  const path = `marks[${JSON.stringify(symbol)}]`;
  return html`<div class="market-foot">
      <label class="mark-field"
        ><span class="soft small">mark</span> ${decimalField({
          app,
          label: `Mark of ${baseOf(symbol)}`,
          path,
          value: String(app.state.book.marks[symbol] ?? ""),
          edit: (state, text) => setMark(state, symbol, text),
        })}</label
      >
      <span class="jumps">${jumps(app, symbol)}</span>
    </div>
    ${problemsUnder(app.problems, path)}`;
}

export function whatIf(app: App): TemplateResult {
  const markets = heldMarkets(app.state.book);
  const dated = markets.filter(
    ({ symbol }) => bundledMarket(symbol)?.mark === String(app.state.book.marks[symbol]),
  );
  return html`<section class="card what-if" aria-labelledby="what-if">
    <div class="section-head">
      <h2 id="what-if">Prices</h2>
      <button
        type="button"
        class="quiet"
        ?disabled=${!app.shown.moved}
        @click=${() => app.slide(still(app.state))}
      >
        Back to the marks
      </button>
    </div>
    ${
      markets.length === 0
        ? html`<p class="soft small">The prices of your contracts will stand here.</p>`
        : html`${jointSlider(app)} ${markets.map((market) => marketSlider(app, market))}
            <p class="soft small note">
              Red: liquidation. Amber: stops. Blue: the price with everything moved.
              ${
                dated.length === 0
                  ? ""
                  : `${dated.map(({ symbol }) => baseOf(symbol)).join(", ")}: ${PRICES_FROM}. Type today's mark over it.`
              }
            </p>`
    }
  </section>`;
}
