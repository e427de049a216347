// Pasting an account: JSON of a venue, of ccxt, or a book of this project, as text or files.
import { html, type TemplateResult } from "lit/html.js";
import type { App } from "../app.ts";

export function pasteDialog(app: App): TemplateResult {
  if (app.dialog?.kind !== "paste") return html``;
  return html`<h2 id="paste-title">Paste your account</h2>`;
}
