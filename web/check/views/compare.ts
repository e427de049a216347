// The same positions three ways on the same sliders: as they stand, all cross, all isolated. What each would leave, who falls, who is
// pulled down by others and who is carried by them.
import { html, type TemplateResult } from "lit/html.js";
import { formatDecimal } from "../../../src/decimal.ts";
import { MODE_VARIANTS, type ModeVariantName } from "../../../src/engine/compare-modes.ts";
import { money, percent } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { leftChart, VARIANT_NAMES } from "../charts/left-chart.ts";
import type { Shown } from "../shown.ts";
import { baseOf } from "../words.ts";
import { jointRange, jointWords } from "./joint.ts";
import type { ChartWidth } from "./price-card.ts";

function names(keys: readonly string[]): string {
  return keys
    .map((key) => {
      const at = key.indexOf(" ");
      return `${baseOf(key.slice(at + 1))} ${key.slice(0, at)}`;
    })
    .join(", ");
}

/** The least joint shock of a variant's scopes at the marks. */
function firstAground(shown: Shown, name: ModeVariantName): string {
  const shocks = shown.model.variants[name].scopes.flatMap(({ view: { jointShock } }) =>
    jointShock === null ? [] : [jointShock],
  );
  const [least] = shocks.sort((a, b) => Number(a) - Number(b));
  return least === undefined ? "no joint move" : percent(least, "down");
}

function variantRow(shown: Shown, name: ModeVariantName): TemplateResult {
  const { fates, model } = shown;
  const fate = fates[name];
  const { scaled } = model.variants[name];
  const words = [
    fate.fallen.size === 0 ? "all stand" : `${names([...fate.fallen])} liquidated`,
    ...(fate.contagion.length === 0 ? [] : [`${names(fate.contagion)} pulled down by others`]),
    ...(fate.carried.length === 0 ? [] : [`${names(fate.carried)} carried by the rest`]),
  ];
  return html`<tr role="row">
    <th role="rowheader" scope="row"><span class="key ${name}">${VARIANT_NAMES[name]}</span></th>
    <td role="cell" class="number">
      <span class="on-phone soft small" aria-hidden="true">first aground at </span>${firstAground(shown, name)}
    </td>
    <td role="cell" class="number">
      <span class="on-phone soft small" aria-hidden="true">left now </span>
      ${[...fate.left].map(([settle, units]) => {
        const left = formatDecimal(units, model.decimalsOf(settle));
        return html`<span class="amount" title=${left}>${money(left, "down", settle)} <span class="unit">${settle}</span></span>`;
      })}
    </td>
    <td role="cell" class=${fate.fallen.size === 0 ? "" : "bad"}>
      ${words.join("; ")}${scaled ? html` <span class="soft small">(margins cut: the wallet could not give each its initial margin)</span>` : ""}
    </td>
  </tr>`;
}

export function compare(app: App, { width }: ChartWidth): TemplateResult {
  const { shown } = app;
  const { left, settle, view } = shown;
  if (left === null) return html``;
  return html`<section class="card compare" aria-labelledby="compare">
    <h2 id="compare">Cross against isolated</h2>
    <p class="soft small">
      The same positions three ways, at the prices of the sliders (${jointWords(view.jointBp, view.direction)}${
        Object.keys(view.trial).length === 0 ? "" : ", and the markets moved one by one"
      }). Stops are left out; a liquidated scope counts as nothing left.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Cross against isolated, table">
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Margin mode</th>
            <th role="columnheader" scope="col" class="number">First aground at</th>
            <th role="columnheader" scope="col" class="number">Left now</th>
            <th role="columnheader" scope="col">What happens</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${MODE_VARIANTS.map((name) => variantRow(shown, name))}
        </tbody>
      </table>
    </div>
    ${leftChart(width, left, view.jointBp)}
    <div class="under-chart">
      <label class="visually-hidden" for="joint-again">Everything, the joint slider again</label>
      ${jointRange(app, "joint-again")}
    </div>
    <p class="axis-name soft small">
      ${view.direction === "against" ? "joint move against you" : "joint move of all prices"} →
      ${settle} left ↑
    </p>
  </section>`;
}
