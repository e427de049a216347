// Pasting an account: JSON of a venue, of ccxt, or a book of this project, as text or as files. What it is shows as one types, and so does
// what is wrong with it; the page stays as it was until it is used.

import { live } from "lit/directives/live.js";
import { html, type TemplateResult } from "lit/html.js";
import { PARTS } from "../../../src/adapters/parts.ts";
import { type ImportSource, VENUE_NAMES } from "../../../src/adapters/recognise.ts";
import type { App } from "../app.ts";
import type { Pasted } from "../paste.ts";
import { accountOf } from "../state.ts";

/** What is needed at least, by venue. */
const NEEDED: Readonly<Record<ImportSource, string>> = {
  binance: "account and positionRisk",
  bybit: "positions and wallet",
  okx: "positions, balance, instruments and tiers",
  hyperliquid: "state and meta",
  ccxt: "positions and balances or wallets",
};

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function summary(pasted: Pasted): TemplateResult {
  const account = accountOf(pasted.book);
  const what =
    pasted.kind === "brackets"
      ? counted(pasted.markets.length, "contract")
      : `${counted(account.positions?.length ?? 0, "position")}, ${counted(account.stops?.length ?? 0, "stop")}`;
  return html`<p class="good"><strong>${pasted.source}</strong> (${what})</p>
    ${pasted.notes.length === 0 ? "" : html`<ul class="changes small soft">${pasted.notes.map((note) => html`<li>${note}</li>`)}</ul>`}`;
}

function outcome(app: App): TemplateResult | string {
  const { pasted } = app;
  if (pasted === null) return "";
  if ("problem" in pasted) return html`<p class="problem pasted-problem">${pasted.problem}</p>`;
  return summary(pasted);
}

function venueHelp(): TemplateResult {
  return html`<details class="brackets">
    <summary>Which answers, from where</summary>
    <p class="soft small">
      Copy the answers as they came, one after another in any order. Nothing is sent anywhere.
    </p>
    ${(Object.keys(PARTS) as ImportSource[]).map(
      (
        venue,
      ) => html`<h3>${VENUE_NAMES[venue]} <span class="soft small">at least ${NEEDED[venue]}</span></h3>
        <dl class="parts small">
          ${Object.entries(PARTS[venue]).map(
            ([part, request]) => html`<div><dt>${part}</dt><dd>${request}</dd></div>`,
          )}
        </dl>`,
    )}
  </details>`;
}

async function readFiles(app: App, input: HTMLInputElement): Promise<void> {
  const files = [...(input.files ?? [])];
  const texts = await Promise.all(files.map((file) => file.text()));
  app.readPaste([app.pasteText, ...texts].filter((text) => text.trim() !== "").join("\n"));
  input.value = "";
}

export function pasteDialog(app: App): TemplateResult {
  if (app.dialog?.kind !== "paste") return html``;
  const usable = app.pasted !== null && "kind" in app.pasted;
  return html`<h2 id="paste-title">Paste your account</h2>
    <p class="soft small">
      JSON from Binance, Bybit, OKX or Hyperliquid, from ccxt, or a book of underkeel; bracket files of
      ccxt or freqtrade too, as JSON or CSV. Several texts may follow one another.
    </p>
    <label class="paste-field"
      ><span class="field-name">Text</span>
      <textarea
        autofocus
        rows="9"
        spellcheck="false"
        autocomplete="off"
        aria-describedby="paste-outcome"
        .value=${live(app.pasteText)}
        @input=${(event: Event) => app.readPaste((event.target as HTMLTextAreaElement).value)}
      ></textarea></label
    >
    <label class="paste-files"
      ><span class="field-name">or files</span>
      <input
        type="file"
        multiple
        accept=".json,.csv,application/json,text/csv"
        @change=${(event: Event) => readFiles(app, event.target as HTMLInputElement)}
      /></label>
    <div id="paste-outcome" class="paste-outcome" role="status">${outcome(app)}</div>
    ${venueHelp()}
    <div class="dialog-actions">
      <button type="button" @click=${() => app.open(null)}>Cancel</button>
      <button type="button" class="primary" ?disabled=${!usable} @click=${() => app.usePaste()}>
        Use it
      </button>
    </div>`;
}
