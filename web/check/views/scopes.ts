// The scopes of risk: each cross pool and each isolated position stands or falls by itself. A margin ratio with its convention, what is
// held and required, and how far everything may move.
import { html, type TemplateResult } from "lit/html.js";
import type { ScopeView } from "../../../src/types.ts";
import { money, percent } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { gauge, gaugeTone } from "../charts/gauge.ts";
import { scopeName } from "../words.ts";

function ratioText({ marginRatio, liquidatable }: ScopeView): string {
  if (marginRatio === null) return liquidatable ? "no equity" : "0.0 %";
  return percent(marginRatio, "up", 1);
}

function scopeCard(scope: ScopeView): TemplateResult {
  const { equity, maintenanceMargin, closeFee, clearance, jointShock, liquidatable } = scope;
  const empty = maintenanceMargin === "0" && !liquidatable;
  const ratio = scope.marginRatio === null ? (empty ? 0 : null) : Number(scope.marginRatio);
  const tone = gaugeTone(ratio, liquidatable);
  const row = (name: string, value: string, rounding: "down" | "up"): TemplateResult => html`<div>
    <dt>${name}</dt>
    <dd title=${value}>${money(value, rounding, scope.settle)} <span class="unit">${scope.settle}</span></dd>
  </div>`;
  return html`<li class="scope ${scope.scope}">
    <div class="scope-head">
      <h3>${scopeName(scope)}</h3>
      <span class="ratio ${tone}" title=${scope.marginRatio ?? ""}
        ><span class="visually-hidden">margin ratio </span>${empty ? "no risk" : ratioText(scope)}</span
      >
    </div>
    ${gauge(ratio, liquidatable)}
    <dl class="figures">
      ${row("Equity", equity, "down")} ${row("Maintenance", maintenanceMargin, "up")}
      ${closeFee === "0" ? "" : row("Fee to close", closeFee, "up")}
      ${row("Clearance", clearance, "down")}
      <div>
        <dt>Joint shock</dt>
        <dd title=${jointShock ?? ""} class=${liquidatable ? "bad" : ""}>
          ${liquidatable ? "aground" : jointShock === null ? "none" : percent(jointShock, "down")}
        </dd>
      </div>
    </dl>
  </li>`;
}

export function scopes(app: App): TemplateResult {
  const { report } = app.shown;
  return html`<section class="card scopes" aria-labelledby="scopes">
    <h2 id="scopes">Scopes of risk</h2>
    <ul class="scope-list">
      ${report.scopes.map(scopeCard)}
    </ul>
    <p class="soft small note">
      Margin ratio: (maintenance + fee to close, where the venue counts it) / equity; 100 % is
      liquidation. OKX shows the inverse. Clearance: equity less maintenance and that fee. Joint shock:
      how far every price may move against the scope at once until it is liquidated.
    </p>
  </section>`;
}
