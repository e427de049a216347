// The headline: how far everything may move against the account before the first of its scopes is aground, the picture of it, what
// the account is worth, and the joint slider.

import { live } from "lit/directives/live.js";
import { html, type TemplateResult } from "lit/html.js";
import { formatDecimal, parseDecimal } from "../../../src/decimal.ts";
import type { ScopeView } from "../../../src/types.ts";
import { money, percent } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { keelPicture } from "../charts/keel.ts";
import type { Shown } from "../shown.ts";
import { type Direction, setDirection, slideJoint, still } from "../state.ts";
import { scopeName } from "../words.ts";

/** The scope that the headline is about: one that is aground, else the one with the least shock. */
export function nearestScope(scopes: readonly ScopeView[]): ScopeView | null {
  const aground = scopes.find(({ liquidatable }) => liquidatable);
  if (aground !== undefined) return aground;
  let nearest: ScopeView | null = null;
  for (const scope of scopes) {
    if (scope.jointShock === null) continue;
    const before = nearest?.jointShock ?? null;
    if (before === null || Number(scope.jointShock) < Number(before)) nearest = scope;
  }
  return nearest;
}

/** Sum over scopes in one asset, exactly. */
function sumOf(
  { report, settle, model }: Shown,
  field: "equity" | "clearance" | "maintenanceMargin",
): string {
  const decimals = model.decimalsOf(settle);
  const amounts = report.scopes
    .filter((scope) => scope.settle === settle)
    .map((scope) => parseDecimal(scope[field], decimals, field));
  return formatDecimal(
    amounts.reduce((sum, amount) => sum + amount, 0n),
    decimals,
  );
}

function headline(shown: Shown, nearest: ScopeView | null): TemplateResult {
  if (shown.report.positions.length === 0) {
    return html`<h1 id="headline">Nothing under the keel yet</h1>
      <p class="soft">Add a position below, or paste your account.</p>`;
  }
  if (nearest === null) {
    return html`<h1 id="headline">No price liquidates this account</h1>
      <p class="soft">Its equity covers every move the engine knows.</p>`;
  }
  if (nearest.liquidatable) {
    const others = shown.report.scopes.filter(({ liquidatable }) => liquidatable).length - 1;
    const more = others === 0 ? "" : ` and ${others} more`;
    return html`<h1 id="headline" class="bad">Aground: ${scopeName(nearest)}${more}</h1>
      <p class="soft">
        At these prices its equity no longer covers its requirement: the venue liquidates.
      </p>`;
  }
  const share = percent(nearest.jointShock ?? "0", "down");
  const rest = shown.report.scopes.filter(
    (scope) => scope !== nearest && scope.jointShock !== null,
  );
  return html`<h1 id="headline">
      Aground if everything moves <strong title=${nearest.jointShock ?? ""}>${share}</strong> against you
    </h1>
    <p class="soft">
      First to go: ${scopeName(nearest)}.
      ${rest.map(
        (scope) =>
          html`${scopeName(scope)} stands until ${percent(scope.jointShock ?? "0", "down")}. `,
      )}
    </p>`;
}

function facts(shown: Shown): TemplateResult {
  const { settle } = shown;
  const fact = (name: string, value: string, explained: string): TemplateResult => html`<div>
    <dt title=${explained}>${name}</dt>
    <dd title=${value}>${money(value)} <span class="unit">${settle}</span></dd>
  </div>`;
  return html`<dl class="facts">
    ${fact("Equity", sumOf(shown, "equity"), "Wallet and isolated margins with unrealised results")}
    ${fact("Maintenance", sumOf(shown, "maintenanceMargin"), "What must be held; fees to close not included")}
    ${fact("Under the keel", sumOf(shown, "clearance"), "Equity less what must be held: the clearance, summed over scopes")}
  </dl>`;
}

function directionChoice(app: App, direction: Direction): TemplateResult {
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
  return html`<fieldset class="choices">
    <legend class="visually-hidden">What the joint slider moves</legend>
    ${choice("against", "against you")} ${choice("together", "all prices together")}
  </fieldset>`;
}

/** "8.3 % against you", "all prices −8.3 %". */
export function jointWords(jointBp: number, direction: Direction): string {
  const size = `${Math.abs(jointBp / 100).toFixed(1)} %`;
  if (direction === "against") return `${size} against you`;
  return `all prices ${jointBp < 0 ? "−" : "+"}${size}`;
}

function jointSlider(app: App, shown: Shown): TemplateResult {
  const { jointBp, direction } = app.state.view;
  const words = jointWords(jointBp, direction);
  // Range and value in this order: a value beyond the old range would be cut.
  return html`<div class="joint">
    <div class="joint-head">
      <label for="joint">Move everything</label>
      ${directionChoice(app, direction)}
      <output for="joint">${words}</output>
      <button type="button" class="quiet" ?disabled=${!shown.moved} @click=${() => app.slide(still(app.state))}>
        Back to the marks
      </button>
    </div>
    <input
      id="joint"
      type="range"
      min=${direction === "against" ? 0 : -shown.jointEnd}
      max=${shown.jointEnd}
      step="10"
      aria-valuetext=${words}
      .value=${live(String(jointBp))}
      @input=${(event: Event) =>
        app.slide(slideJoint(app.state, Number((event.target as HTMLInputElement).value)))}
    />
  </div>`;
}

export function hero(app: App): TemplateResult {
  const { shown } = app;
  const nearest = nearestScope(shown.report.scopes);
  const aground = nearest?.liquidatable === true;
  const shock = nearest?.jointShock ?? null;
  const label = shock === null ? "deep water" : percent(shock, "down");
  return html`<section class="card hero" aria-labelledby="headline">
    <div class="hero-words">
      <p class="eyebrow">
        ${shown.moved ? html`<span class="pill warn">prices as on the sliders</span>` : html`<span class="pill">prices at the marks</span>`}
      </p>
      ${headline(shown, nearest)} ${facts(shown)}
    </div>
    ${keelPicture(shock === null ? null : Number(shock), aground, label)}
    ${jointSlider(app, shown)}
  </section>`;
}
