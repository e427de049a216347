// The card that makes or opens a book, and what the book at hand is.
import { html, nothing, type TemplateResult } from "lit";
import { SIZES } from "./address.ts";
import type { BookApp } from "./app.ts";
import { bytesText, countText, timeText } from "./figures.ts";
import type { Failure, PageState, Progress } from "./state.ts";

function progressLine(progress: Progress | undefined, app: BookApp): TemplateResult {
  if (progress === undefined) return html`<p class="load-line soft small" data-load="idle"></p>`;
  const { what, done, total } = progress;
  const percent = total === 0 ? 0 : Math.min(100, Math.round((done / total) * 100));
  return html`<p class="load-line small" data-load="busy">
    <progress max="100" .value=${percent} aria-label="Loading the book"></progress>
    <span>${what}, ${percent} %</span>
    <button type="button" class="ghost" @click=${() => app.cancel()}>Cancel</button>
  </p>`;
}

function problemList({ message, problems, more }: Failure): TemplateResult {
  return html`<div class="problems" role="alert">
    <p><strong>${message}</strong></p>
    ${
      problems.length === 0
        ? nothing
        : html`<ol>
            ${problems.map(
              ({ place, message: text }) => html`<li><code>${place}</code> ${text}</li>`,
            )}
          </ol>`
    }
    ${more > 0 ? html`<p class="small">and ${countText(more)} more</p>` : nothing}
  </div>`;
}

function fact(name: string, value: string, title = ""): TemplateResult {
  return html`<div title=${title}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function facts({ book }: PageState): TemplateResult {
  const blank = "–";
  const count = (of: number | undefined): string => (of === undefined ? blank : countText(of));
  const time = (of: number | undefined): string => (of === undefined ? blank : timeText(of));
  return html`<dl class="facts">
    ${fact("Accounts", count(book?.accounts))} ${fact("Positions", count(book?.positions))}
    ${fact("Scopes of risk", count(book?.scopes), "Cross pools and isolated positions, each liquidated on its own; wallets without positions included")}
    ${fact("Markets", count(book?.markets.length))}
    ${fact("Memory", book === undefined ? blank : bytesText(book.memoryBytes), "Linear memory of the kernel and columns of accounts")}
    ${fact("Load", time(book?.loadMs), "Drawing or reading the accounts, checking every field, filling the engine")}
    ${fact("Index", time(book?.indexMs), "Building the bounds that a scan streams through")}
    ${fact("First scan", time(book?.firstScanMs))}
  </dl>`;
}

export function loadCard(state: PageState, app: BookApp): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault();
    app.generate(state.sizeField, state.seedField === "" ? "1" : state.seedField);
  };
  const choose = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    app.open([...(input.files ?? [])]);
    input.value = "";
  };
  const name = state.book?.name ?? "";
  return html`<section class="card load" aria-labelledby="load-title">
    <div class="card-head">
      <h2 id="load-title">Book</h2>
      <span class="soft small" data-fact="name">${name}</span>
    </div>
    <div class="load-controls">
      <form @submit=${submit}>
        <label
          >Accounts
          <select
            name="accounts"
            @change=${(event: Event) => {
              state.sizeField = Number((event.target as HTMLSelectElement).value);
            }}
          >
            ${[...new Set([...SIZES, state.sizeField])]
              .sort((a, b) => a - b)
              .map(
                (size) =>
                  html`<option value=${size} ?selected=${size === state.sizeField}>
                    ${countText(size)}
                  </option>`,
              )}
          </select></label
        >
        <label
          >Seed
          <input
            name="seed"
            size="8"
            maxlength="64"
            autocomplete="off"
            spellcheck="false"
            .value=${state.seedField}
            @input=${(event: Event) => {
              state.seedField = (event.target as HTMLInputElement).value;
            }}
        /></label>
        <button class="primary">Generate</button>
      </form>
      <label class="button file"
        >Open files…
        <input
          class="visually-hidden"
          type="file"
          name="files"
          multiple
          accept=".csv,.json,.gz"
          @change=${choose}
      /></label>
      <details class="small">
        <summary>or drop them anywhere on the page</summary>
        <p>
          A folder's files (<code>markets.json</code>, <code>marks.csv</code>, <code>accounts.csv</code>,
          <code>positions.csv</code>, <code>stops.csv</code>), a book as JSON, or <code>positions.csv</code> alone:
          its symbols are then the twelve bundled contracts at their marks, its accounts are opened in hedge mode, and
          a <code>balance</code> column says each wallet in USDT (empty: 0). All may be <code>.gz</code>. They are
          read in this tab and go nowhere.
        </p>
      </details>
    </div>
    ${progressLine(state.progress, app)}
    ${state.failure === undefined ? nothing : problemList(state.failure)} ${facts(state)}
  </section>`;
}
