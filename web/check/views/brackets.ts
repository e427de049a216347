// The brackets the figures rest on, contract by contract, with their source and the one in use.
import { html, type TemplateResult } from "lit/html.js";
import type { MarketDefinition } from "../../../src/types.ts";
import { grouped, percent } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { BRACKETS_FROM, bundledMarket } from "../samples.ts";
import { heldMarkets } from "../state.ts";
import { baseOf } from "../words.ts";

function isBundled(market: MarketDefinition): boolean {
  const bundled = bundledMarket(market.symbol)?.definition;
  return JSON.stringify(bundled?.tiers) === JSON.stringify(market.tiers);
}

function marketBrackets(app: App, market: MarketDefinition): TemplateResult {
  const used = new Set(
    app.shown.report.positions
      .filter(({ symbol }) => symbol === market.symbol)
      .map(({ tier }) => tier),
  );
  const byContracts = app.shown.model.engine.rules.tierMetric === "contracts";
  const bound = (value: unknown): string =>
    value === null || value === undefined ? "no cap" : grouped(String(value));
  return html`<details class="brackets">
    <summary>
      ${baseOf(market.symbol)}
      <span class="soft small"
        >${market.tiers.length} brackets, ${isBundled(market) ? BRACKETS_FROM : "pasted"}</span
      >
    </summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${`Brackets of ${market.symbol}`}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">Tier</th>
            <th scope="col" class="number">Up to, ${byContracts ? "contracts" : market.settle}</th>
            <th scope="col" class="number">Maintenance rate</th>
            <th scope="col" class="number">Highest leverage</th>
          </tr>
        </thead>
        <tbody>
          ${market.tiers.map((tier, index) => {
            const rate = tier.maintenanceMarginRate;
            return html`<tr class=${used.has(index + 1) ? "used" : ""}>
              <th scope="row" class="number">
                ${index + 1}${used.has(index + 1) ? html` <span class="pill">in use</span>` : ""}
              </th>
              <td class="number">${bound(tier.maxNotional)}</td>
              <td class="number">${rate === undefined ? "derived" : percent(String(rate), "up")}</td>
              <td class="number">${tier.maxLeverage ?? "–"}×</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </details>`;
}

export function brackets(app: App): TemplateResult {
  const markets = heldMarkets(app.shown.model.book);
  if (markets.length === 0) return html``;
  return html`<section class="card" aria-labelledby="brackets">
    <div class="section-head">
      <h2 id="brackets">Brackets</h2>
      <button type="button" class="ghost" @click=${() => app.open({ kind: "paste" })}>Paste others</button>
    </div>
    ${markets.map((market) => marketBrackets(app, market))}
  </section>`;
}
