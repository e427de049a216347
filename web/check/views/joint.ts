// The joint slider: moves everything against the account, or all prices together. It stands beside the markets' own sliders and once more
// under the comparison of margin modes; both are the same slider.

import { live } from "lit/directives/live.js";
import { html, svg, type TemplateResult } from "lit/html.js";
import type { App } from "../app.ts";
import { hedgedMarkets } from "../prices.ts";
import { type Direction, setDirection, slideJoint } from "../state.ts";

const STRIP = 1000;

/** "8.3 % against you", "all prices −8.3 %". */
export function jointWords(jointBp: number, direction: Direction): string {
  const size = `${Math.abs(jointBp / 100).toFixed(1)} %`;
  if (direction === "against") return `${size} against you`;
  return `all prices ${jointBp < 0 ? "−" : "+"}${size}`;
}

/** Where scopes go aground, above a slider that moves against them. */
function strip(app: App): TemplateResult {
  const { atMarks, jointEnd, model, view } = app.shown;
  const fits =
    view.direction === "against" &&
    Object.keys(view.trial).length === 0 &&
    hedgedMarkets(model.book).length === 0;
  const shocks = fits
    ? atMarks.scopes.flatMap(({ jointShock }) => (jointShock === null ? [] : [Number(jointShock)]))
    : [];
  return html`<svg class="strip" viewBox="0 0 ${STRIP} 8" preserveAspectRatio="none" aria-hidden="true">
    ${shocks.map((shock) => {
      const x = (shock * 10_000 * STRIP) / jointEnd;
      return x > STRIP
        ? null
        : svg`<line class="strip-liquidation" x1=${x} x2=${x} y1="0" y2="8" />`;
    })}
  </svg>`;
}

/** The range alone, under any label. */
export function jointRange(app: App, id: string): TemplateResult {
  const { jointBp, direction } = app.state.view;
  const { jointEnd } = app.shown;
  return html`${strip(app)}
    <input
      id=${id}
      type="range"
      min=${direction === "against" ? 0 : -jointEnd}
      max=${jointEnd}
      step="10"
      aria-valuetext=${jointWords(jointBp, direction)}
      .value=${live(String(jointBp))}
      @input=${(event: Event) =>
        app.slide(slideJoint(app.state, Number((event.target as HTMLInputElement).value)))}
    />`;
}

function directionChoice(app: App): TemplateResult {
  const { direction } = app.state.view;
  const choice = (value: Direction, words: string): TemplateResult => html`<label class="choice">
    <input
      type="radio"
      name="direction"
      value=${value}
      .checked=${live(direction === value)}
      @change=${() => {
        const { jointBp } = app.state.view;
        const kept = value === "against" ? Math.abs(jointBp) : jointBp;
        app.slide(slideJoint(setDirection(app.state, value), kept));
      }}
    />
    ${words}
  </label>`;
  return html`<fieldset class="choices small">
    <legend class="visually-hidden">What the joint slider moves</legend>
    ${choice("against", "against you")} ${choice("together", "all prices together")}
  </fieldset>`;
}

export function jointSlider(app: App): TemplateResult {
  const { jointBp, direction } = app.state.view;
  return html`<div class="market joint">
    <div class="market-head">
      <label for="joint">Everything</label>
      <output for="joint" aria-live="off" class="market-price">${jointWords(jointBp, direction)}</output>
    </div>
    ${jointRange(app, "joint")} ${directionChoice(app)}
  </div>`;
}
