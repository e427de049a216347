// The whole page out of the store: what stands where. Dialogs are opened and closed by main.ts, which alone touches the document.
import { html, type TemplateResult } from "lit/html.js";
import type { App } from "../app.ts";
import { emptyState, exampleState } from "../samples.ts";
import { brackets } from "./brackets.ts";
import { compare } from "./compare.ts";
import { hero } from "./hero.ts";
import { pasteDialog } from "./paste-dialog.ts";
import { positions } from "./positions.ts";
import { priceCard } from "./price-card.ts";
import { scopes } from "./scopes.ts";
import { stops } from "./stops.ts";
import { switchDialog } from "./switch-dialog.ts";
import { whatIf } from "./what-if.ts";

export interface PageActions {
  /** Copies the address to the clipboard. */
  readonly share: () => void;
  /** Saves the book document as a file. */
  readonly download: () => void;
  /** Width of the card of the charts, for drawing them. */
  readonly width: number;
}

function toolbar(app: App, { share, download }: PageActions): TemplateResult {
  return html`<div class="toolbar">
    <button type="button" class="primary" @click=${() => app.open({ kind: "paste" })}>
      Paste your account
    </button>
    <button type="button" @click=${() => app.replace(exampleState(), "This is the example account.")}>
      Example
    </button>
    <button type="button" @click=${() => app.replace(emptyState())}>Start empty</button>
    <span class="grow"></span>
    <button type="button" class="ghost" ?disabled=${!app.canUndo} @click=${() => app.undo()}>Undo</button>
    <button type="button" class="ghost" ?disabled=${!app.sound} @click=${download}>Save as book</button>
    <button type="button" ?disabled=${!app.sound} @click=${share}>Copy link</button>
  </div>`;
}

function notice(app: App): TemplateResult {
  return html`<div class="notice" role="status">
    ${
      app.notice === null
        ? ""
        : html`<p>
            ${app.notice}
            <button type="button" class="quiet" aria-label="Dismiss" @click=${() => app.say(null)}>×</button>
          </p>`
    }
  </div>`;
}

export function page(app: App, actions: PageActions): TemplateResult {
  return html`${toolbar(app, actions)} ${notice(app)} ${hero(app)}
    <div class="columns">
      <div class="side-column">${whatIf(app)} ${scopes(app)}</div>
      <div class="main-column">
        ${positions(app)} ${priceCard(app, actions)} ${stops(app)} ${compare(app, actions)}
        ${brackets(app)}
      </div>
    </div>
    <p id="live" class="visually-hidden" role="status"></p>
    <dialog id="switch" aria-labelledby="switch-title" @close=${() => app.open(null)}>
      ${switchDialog(app)}
    </dialog>
    <dialog id="paste" aria-labelledby="paste-title" @close=${() => app.open(null)}>
      ${pasteDialog(app)}
    </dialog>`;
}
