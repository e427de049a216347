// What a switch of margin mode would do, before it is done: where liquidation moves, what leaves the wallet, or why the venue refuses. The
// preview is the engine's own, at the prices of the page, and applying it is the very command.
import { html, type TemplateResult } from "lit/html.js";
import { formatDecimal, parseDecimal } from "../../../src/decimal.ts";
import { RiskError } from "../../../src/errors.ts";
import type { MarginMode, MarginModePreview, PositionDefinition } from "../../../src/types.ts";
import { money } from "../../shared/format.ts";
import type { App } from "../app.ts";
import type { Shown } from "../shown.ts";
import { enterMode, positionsOf } from "../state.ts";
import {
  baseOf,
  PROFILE_WORDS,
  refusalWords,
  scopeName,
  switchedWords,
  transferWords,
} from "../words.ts";

interface Asked {
  readonly index: number;
  readonly mode: MarginMode;
  readonly position: PositionDefinition;
}

/** Leverage that a position without one is isolated with. */
const FALLBACK_LEVERAGE = "10";

function leverageFor({ position, mode }: Asked): string | undefined {
  const stated = position.leverage ?? undefined;
  return mode === "isolated" && stated === undefined ? FALLBACK_LEVERAGE : undefined;
}

/** Margin that the position would hold by its entry and leverage, for entering it without a transfer. */
function marginAtEntry({ position }: Asked, shown: Shown): string {
  const market = shown.model.book.markets.find(({ symbol }) => symbol === position.symbol);
  const view = shown.report.positions.find(
    ({ symbol, side }) => symbol === position.symbol && side === position.side,
  );
  if (market === undefined || view === undefined) return "0";
  const decimals = shown.model.decimalsOf(market.settle);
  const notional = parseDecimal(view.notional, decimals, "notional");
  const milli = parseDecimal(position.leverage ?? FALLBACK_LEVERAGE, 3, "leverage");
  return formatDecimal((notional * 1000n + milli - 1n) / milli, decimals);
}

function venueOf(app: App): string {
  const { profile = "default" } = app.state.book;
  return typeof profile === "string" && profile !== "default"
    ? PROFILE_WORDS[profile][0]
    : "The venue";
}

function scopeChanges(preview: MarginModePreview): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Scope</th>
        <th scope="col" class="number">Equity before</th>
        <th scope="col" class="number">after</th>
        <th scope="col" class="number">Clearance before</th>
        <th scope="col" class="number">after</th>
      </tr>
    </thead>
    <tbody>
      ${preview.scopes.map(({ name, before, after }) => {
        const figure = (value: string | undefined): TemplateResult =>
          html`<td class="number" title=${value ?? ""}>${value === undefined ? "–" : money(value, "down", name.settle)}</td>`;
        return html`<tr>
          <th scope="row">${scopeName(name)}</th>
          ${figure(before?.equity)} ${figure(after?.equity)} ${figure(before?.clearance)}
          ${figure(after?.clearance)}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function previewOf(app: App, asked: Asked): MarginModePreview {
  return app.shown.model.previewSwitch(asked.index, asked.mode, leverageFor(asked));
}

function accepted(app: App, asked: Asked, preview: MarginModePreview): TemplateResult {
  const leverage = leverageFor(asked);
  const { symbol } = asked.position;
  const market = app.shown.model.book.markets.find((one) => one.symbol === symbol);
  return html`<ul class="changes">
      <li>${transferWords(preview, market?.settle ?? app.shown.settle)}</li>
      ${preview.positions.map((switched) => html`<li>${switchedWords(switched)}</li>`)}
      ${leverage === undefined ? "" : html`<li>It has no leverage, so it is isolated at ${leverage}×.</li>`}
    </ul>
    <div class="scroll" tabindex="0" role="region" aria-label="Scopes before and after">
      ${scopeChanges(preview)}
    </div>`;
}

function close(app: App): void {
  app.open(null);
}

function apply(app: App, asked: Asked): void {
  try {
    app.switchMode(asked.index, asked.mode, leverageFor(asked));
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    app.dialog = null;
    app.say(refusalWords(error.code, venueOf(app)));
  }
}

function enter(app: App, asked: Asked): void {
  const margin = marginAtEntry(asked, app.shown);
  app.dialog = null;
  app.edit(enterMode(app.state, asked.index, asked.mode, margin));
}

/** The dialog's content; nothing where no switch is asked about. */
export function switchDialog(app: App): TemplateResult {
  const { dialog } = app;
  const position =
    dialog?.kind === "switch" ? positionsOf(app.state.book)[dialog.index] : undefined;
  if (dialog?.kind !== "switch" || position === undefined) return html``;
  const asked: Asked = { index: dialog.index, mode: dialog.mode, position };
  const preview = previewOf(app, asked);
  const whole = app.shown.model.engine.rules.modeSwitch === "accountWide";
  const name = whole ? "the whole account" : `${baseOf(position.symbol)} ${position.side}`;
  return html`<h2 id="switch-title">Switch ${name} to ${asked.mode}?</h2>
    <p class="soft small">
      ${app.shown.moved ? "At the prices of the sliders, not the marks." : "At the marks."} Nothing is
      done until you apply it.
    </p>
    ${
      preview.accepted
        ? accepted(app, asked, preview)
        : html`<p class="refusal bad">${refusalWords(preview.refusal?.code ?? "", venueOf(app))}</p>`
    }
    <div class="dialog-actions">
      <button type="button" autofocus @click=${() => close(app)}>Cancel</button>
      <button
        type="button"
        class="quiet"
        title="For correcting an entry: no money moves"
        @click=${() => enter(app, asked)}
      >
        Only correct the entry
      </button>
      <button
        type="button"
        class="primary"
        ?disabled=${!preview.accepted}
        @click=${() => apply(app, asked)}
      >
        Apply the switch
      </button>
    </div>`;
}
