// The headline: how far everything may move against the account before the first of its scopes is aground, the picture of it, and what
// the account is worth.

import { html, type TemplateResult } from "lit/html.js";
import { formatDecimal, parseDecimal } from "../../../src/decimal.ts";
import type { ScopeView } from "../../../src/types.ts";
import { grouped, money, percent, price } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { keelPicture } from "../charts/keel.ts";
import { hedgedMarkets } from "../prices.ts";
import type { Shown } from "../shown.ts";
import { baseOf, scopeName } from "../words.ts";

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

/** Assets that scopes settle in, the one of most of them first. */
function settlesOf({ report, settle }: Shown): string[] {
  return [...new Set([settle, ...report.scopes.map((scope) => scope.settle)])];
}

/** Sum over the scopes in one asset that stand, exactly: one that is liquidated has nothing more to say of the account. */
function sumOf(
  { report, model }: Shown,
  settle: string,
  field: "equity" | "maintenanceMargin",
): bigint {
  const decimals = model.decimalsOf(settle);
  return report.scopes
    .filter((scope) => scope.settle === settle && !scope.liquidatable)
    .reduce((sum, scope) => sum + parseDecimal(scope[field], decimals, field), 0n);
}

/** Notional of all positions in one asset over the equity that stands, rounded up to a tenth. */
function leverageText(shown: Shown, settle: string): string {
  const { report, model } = shown;
  const decimals = model.decimalsOf(settle);
  const settles = new Map(model.book.markets.map((market) => [market.symbol, market.settle]));
  const notional = report.positions
    .filter(({ symbol }) => settles.get(symbol) === settle)
    .reduce((sum, view) => sum + parseDecimal(view.notional, decimals, "notional"), 0n);
  const equity = sumOf(shown, settle, "equity");
  if (equity <= 0n) return "–";
  return `${grouped(formatDecimal((notional * 10n + equity - 1n) / equity, 1))}×`;
}

/** What the share leaves out where a market is held on both sides. */
function hedgeWords({ model }: Shown): string {
  const both = hedgedMarkets(model.book).map(baseOf);
  return both.length === 0
    ? ""
    : `Both sides of ${both.join(", ")} are counted as moving against you, which no one price does: the sliders leave more room than this share.`;
}

/** No joint move grounds a scope; the price of one market alone still may. */
function unshaken({ report }: Shown): TemplateResult {
  const prices = report.positions.flatMap(({ symbol, liquidationPrice: { down, up } }) => [
    ...(down === null ? [] : [`${baseOf(symbol)} down to ${price(down, "up")}`]),
    ...(up === null ? [] : [`${baseOf(symbol)} up to ${price(up, "down")}`]),
  ]);
  if (prices.length === 0) {
    return html`<h1 id="headline">No price liquidates this account</h1>
      <p class="soft">Its equity covers every move the engine knows.</p>`;
  }
  return html`<h1 id="headline">No joint move liquidates this account</h1>
    <p class="soft">A market by itself does: ${[...new Set(prices)].join(", ")}.</p>`;
}

function headline(shown: Shown, nearest: ScopeView | null): TemplateResult {
  if (shown.report.positions.length === 0) {
    return html`<h1 id="headline">Nothing under the keel yet</h1>
      <p class="soft">Add a position below, or paste your account.</p>`;
  }
  if (nearest === null) return unshaken(shown);
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
      ${hedgeWords(shown)}
    </p>`;
}

function facts(shown: Shown, nearest: ScopeView | null): TemplateResult {
  const { model, report } = shown;
  const settles = settlesOf(shown);
  const gone = report.scopes.some(({ liquidatable }) => liquidatable);
  const amount = (value: string, rounding: "down" | "up", unit: string): TemplateResult =>
    html`<dd title=${value}>${money(value, rounding, unit)} <span class="unit">${unit}</span></dd>`;
  const sums = (field: "equity" | "maintenanceMargin", rounding: "down" | "up"): TemplateResult[] =>
    settles.map((settle) => {
      const text = formatDecimal(sumOf(shown, settle, field), model.decimalsOf(settle));
      return amount(text, rounding, settle);
    });
  return html`<dl class="facts">
    <div title="Wallet and isolated margins with unrealised results; liquidated scopes left out">
      <dt>${gone ? "Equity that stands" : "Equity"}</dt>
      ${sums("equity", "down")}
    </div>
    <div title="What the scopes that stand must hold; fees to close not included">
      <dt>Maintenance</dt>
      ${sums("maintenanceMargin", "up")}
    </div>
    <div title="Notional of all positions over equity">
      <dt>Leverage</dt>
      ${settles.map((settle) => html`<dd>${leverageText(shown, settle)}</dd>`)}
    </div>
    ${
      nearest === null
        ? ""
        : html`<div title="Equity less what must be held: what is left until liquidation">
            <dt>Under the keel of ${nearest.symbol === null ? "the cross account" : `${baseOf(nearest.symbol)} ${nearest.side}`}</dt>
            ${amount(nearest.clearance, "down", nearest.settle)}
          </div>`
    }
  </dl>`;
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
      ${headline(shown, nearest)} ${facts(shown, nearest)}
    </div>
    ${keelPicture(shock === null ? null : Number(shock), aground, label)}
  </section>`;
}
