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

/** Thousands apart as other pages write them: "110,000.5". Not "0,125", which is an eighth to whoever writes it. */
const GROUPED = /^-?[1-9]\d{0,2}(?:([,\s_])\d{3})(?:\1\d{3})*(?:\.\d*)?$/;

/** A decimal without the marks between its thousands; any other text as it is. */
export function withoutGroups(text: string): string {
  return GROUPED.test(text) ? text.replaceAll(/[,\s_]/g, "") : text;
}

/** Whether a text was pasted or filled in, and not typed key by key: "1,234" on the way to "1,2345" has no thousands. */
function cameWhole(event: Event): boolean {
  const { inputType, data } = event as Partial<InputEvent>;
  if (inputType === "insertText") return (data ?? "").length > 1;
  return inputType?.startsWith("delete") !== true && inputType?.startsWith("history") !== true;
}

export function decimalField(field: DecimalField): TemplateResult {
  const { app, label, path, value, edit, placeholder = "", className = "" } = field;
  const wrong = app.problems.has(path);
  const typed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value.trim();
    app.edit(edit(app.state, cameWhole(event) ? withoutGroups(text) : text), path);
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
  ["symbol", "Contract:"],
  ["side", "Side:"],
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
