// What the last frame found: how many are liquidatable, and the deepest of them with exact figures. Always as many rows, so nothing jumps.
import { html, type TemplateResult } from "lit";
import type { ScanLine } from "../../src/engine/scan.ts";
import { amountText, countText, shareText } from "./figures.ts";
import type { PageState } from "./state.ts";

const ROWS = 12;

function tile(name: string, key: string, value: string, note: string): TemplateResult {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd><span class="tile-value" data-count=${key}>${value}</span><span class="soft small">${note}</span></dd>
  </div>`;
}

function tiles({ frame, book }: PageState): TemplateResult {
  const count = (of: number | undefined): string => (of === undefined ? "–" : countText(of));
  const share = (of: number | undefined, whole: number | undefined, words: string): string =>
    of === undefined || whole === undefined ? "" : `${shareText(of, whole)} of ${words}`;
  return html`<dl class="tiles">
    ${tile("Accounts", "accounts", count(frame?.accounts), share(frame?.accounts, book?.accounts, "all"))}
    ${tile("Scopes", "scopes", count(frame?.scopes), share(frame?.scopes, book?.scopes, "all"))}
    ${tile("Cross", "cross", count(frame?.cross), "pools")}
    ${tile("Isolated", "isolated", count(frame?.isolated), "positions")}
  </dl>`;
}

/** "short SOL/USDT" of SOL/USDT:USDT: the settle asset only where it is another than the quote. */
function scopeText({ symbol, side }: ScanLine): string {
  if (symbol === null) return "cross";
  const [pair = symbol, settle] = symbol.split(":");
  return `${side} ${pair.endsWith(`/${settle}`) ? pair : symbol}`;
}

function row(line: ScanLine | undefined): TemplateResult {
  if (line === undefined) {
    return html`<tr class="blank"><td>&nbsp;</td><td></td><td></td><td></td><td></td></tr>`;
  }
  const { account, scope, symbol, side, settle, clearance, equity, maintenanceMargin } = line;
  const what = scopeText(line);
  const named = symbol === null ? `cross, ${settle}` : `isolated ${side} ${symbol}`;
  return html`<tr>
    <td class="clip" title=${account}>${account}</td>
    <td class="clip" title=${named}><span class=${scope}>${what}</span></td>
    <td class="number bad" title="${clearance} ${settle}">${amountText(clearance, 0, "down")}</td>
    <td class="number" title="${equity} ${settle}">${amountText(equity, 0, "down")}</td>
    <td class="number" title="${maintenanceMargin} ${settle}">${amountText(maintenanceMargin, 0, "up")}</td>
  </tr>`;
}

export function resultCard(state: PageState): TemplateResult {
  const { frame, book } = state;
  const settles = new Set(book?.markets.map(({ settle }) => settle));
  const unit = settles.size === 1 ? [...settles][0] : "settle asset";
  const lines = frame?.deepest ?? [];
  const exact = frame === undefined ? "–" : countText(frame.exactEvaluations);
  return html`<section class="card result" aria-labelledby="result-title">
    <h2 id="result-title">Liquidatable at these prices</h2>
    ${tiles(state)}
    <p class="small soft result-note">
      ${
        state.playing
          ? "While the crash plays, whoever goes under water is liquidated at once; the book is scanned again where it is paused."
          : html`Every scope judged, exactly: the screen's bounds decided all but <span data-count="exact">${exact}</span>, which
      128-bit integers did.`
      }
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="The deepest">
      <table class="deepest">
        <caption class="small soft">The ${ROWS} deepest, in ${unit}; the exact figure on hover</caption>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">Scope</th>
            <th scope="col" class="number">Clearance</th>
            <th scope="col" class="number">Equity</th>
            <th scope="col" class="number">Maintenance</th>
          </tr>
        </thead>
        <tbody>
          ${Array.from({ length: ROWS }, (_, index) => row(lines[index]))}
        </tbody>
      </table>
    </div>
  </section>`;
}
