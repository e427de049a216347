// One input for a decimal: keeps its focus and its caret while figures around it change, and is marked where the engine takes exception
// to what is in it. What is wrong is said in words below its row (problemsUnder).

import { live } from "lit/directives/live.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { App, Problems } from "../app.ts";
import type { CheckState } from "../state.ts";

export interface DecimalField {
  readonly app: App;
  /** What a screen reader calls it. */
  readonly label: string;
  /** Where the engine finds it, e.g. accounts[0].positions[1].contracts. */
  readonly path: string;
  readonly value: string;
  readonly edit: (state: CheckState, text: string) => CheckState;
  readonly placeholder?: string;
  readonly className?: string;
}

/** Id of the words on problems of a row, for aria-describedby. */
export function problemsId(path: string): string {
  return `problems-${path.replaceAll(/\W+/g, "-")}`;
}

/** Row of a value: accounts[0].positions[1] of accounts[0].positions[1].contracts. */
function rowOf(path: string): string {
  return path.includes("].") ? path.slice(0, path.lastIndexOf("].") + 1) : path;
}

export function decimalField(field: DecimalField): TemplateResult {
  const { app, label, path, value, edit, placeholder = "", className = "" } = field;
  const wrong = app.problems.has(path);
  const typed = (event: Event): void => {
    // Thousands pasted with commas or spaces are what people copy from other pages.
    const text = (event.target as HTMLInputElement).value
      .trim()
      .replaceAll(/[,\s_](?=\d{3}(\D|$))/g, "");
    app.edit(edit(app.state, text), path);
  };
  return html`<input
    class="decimal ${className}"
    type="text"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    aria-label=${label}
    aria-invalid=${wrong ? "true" : "false"}
    aria-describedby=${wrong ? problemsId(rowOf(path)) : nothing}
    placeholder=${placeholder}
    title=${value}
    .value=${live(value)}
    @input=${typed}
    @blur=${() => app.left()}
  />`;
}

/** Field names as people know them. */
const FIELD_WORDS: ReadonlyMap<string, string> = new Map([
  ["contracts", "Size"],
  ["entryPrice", "Entry price"],
  ["leverage", "Leverage"],
  ["isolatedMargin", "Margin"],
  ["triggerPrice", "Trigger"],
]);

function problemWords(path: string, row: string, message: string): string {
  const field = path.slice(row.length + 1);
  const name = FIELD_WORDS.get(field) ?? field;
  return name === "" ? message : `${name} ${message}`;
}

/** Problems at a path and below it. */
export function problemsUnder(problems: Problems, row: string): TemplateResult | typeof nothing {
  const found = [...problems].filter(([path]) => path === row || path.startsWith(`${row}.`));
  if (found.length === 0) return nothing;
  return html`<p class="problem" id=${problemsId(row)} role="alert">
    ${found.map(([path, message]) => html`<span>${problemWords(path, row, message)}</span>`)}
  </p>`;
}

const SHOWN = /^(accounts\[0\]\.(positions|stops|balances)\[|marks\[|profile)/;

/** Problems that no field of the page is marked with. */
export function problemsElsewhere(problems: Problems): TemplateResult | typeof nothing {
  const found = [...problems].filter(([path]) => !SHOWN.test(path));
  if (found.length === 0) return nothing;
  return html`<p class="problem" role="alert">
    ${found.map(([path, message]) => html`<span>${path} ${message}</span>`)}
  </p>`;
}
