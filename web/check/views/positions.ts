// The account's positions, edited in place: one row each, with what the engine says of it under what was typed. On a phone a row is a
// card. Switching the margin mode goes through its preview.

import { live } from "lit/directives/live.js";
import { html, type TemplateResult } from "lit/html.js";
import type { PricedMarket } from "../../../src/generate/standard-markets.ts";
import type {
  MarginMode,
  PositionDefinition,
  PositionSide,
  PositionView,
} from "../../../src/types.ts";
import { grouped, money, price, roundDecimal, signedMoney } from "../../shared/format.ts";
import type { App } from "../app.ts";
import { positionKey } from "../model.ts";
import { bundledMarkets } from "../samples.ts";
import {
  addPosition,
  editPosition,
  heldMarkets,
  type PositionFields,
  positionsOf,
  removePosition,
  select,
  setSide,
} from "../state.ts";
import { baseOf } from "../words.ts";
import { accountSettings } from "./account.ts";
import { decimalField, problemsElsewhere, problemsUnder } from "./field.ts";

/** Worth of a position that is added, in its settle asset; a start to type over. */
const STARTING_WORTH = 5000;

/** Contracts that can be added: pasted ones, those of the book, and the bundled ones. */
function choices(app: App): PricedMarket[] {
  const { markets, marks } = app.state.book;
  const own = markets.map((definition) => ({
    definition,
    mark: String(marks[definition.symbol] ?? ""),
  }));
  const all = [...own, ...app.pastedMarkets, ...bundledMarkets()];
  return [
    ...new Map(all.reverse().map((market) => [market.definition.symbol, market])).values(),
  ].reverse();
}

function startingSize({ definition, mark }: PricedMarket): string {
  const step = Number(definition.precision.amount) || 1;
  const decimals = Math.max(0, Math.round(-Math.log10(step)));
  const size =
    STARTING_WORTH / (Number(mark) || STARTING_WORTH) / Number(definition.contractSize ?? 1);
  return Math.max(step, Math.floor(size / step) * step).toFixed(decimals);
}

function adder(app: App): TemplateResult {
  const markets = choices(app);
  const add = (side: PositionSide): void => {
    const market =
      markets.find(({ definition }) => definition.symbol === app.contract) ?? markets[0];
    if (market !== undefined) app.edit(addPosition(app.state, market, side, startingSize(market)));
  };
  return html`<div class="adder">
    <label
      ><span class="visually-hidden">Contract to add</span>
      <select
        @change=${(event: Event) => {
          app.contract = (event.target as HTMLSelectElement).value;
        }}
      >
        ${markets.map(
          ({ definition: { symbol } }) =>
            html`<option value=${symbol} ?selected=${symbol === app.contract}>${symbol}</option>`,
        )}
      </select></label
    >
    <button type="button" @click=${() => add("long")}>Add long</button>
    <button type="button" @click=${() => add("short")}>Add short</button>
  </div>`;
}

/** Per cent from which on a distance is only called far. */
const FAR = 1000;

/** How far a price is from the mark, rounded toward nearer. */
function distanceText(mark: string, target: string): string {
  const share = Number(target) / Number(mark) - 1;
  const size = Math.floor(Math.abs(share) * 1000) / 10;
  if (size >= FAR) return `over ${share < 0 ? "−" : "+"}${FAR} %`;
  return `${share < 0 ? "−" : "+"}${size.toFixed(1)} %`;
}

function liquidationCell(view: PositionView | undefined, aground: boolean): TemplateResult {
  if (view === undefined) return html`<span class="soft">…</span>`;
  if (aground) return html`<strong class="bad">aground</strong>`;
  const { markPrice, liquidationPrice } = view;
  const { down, up } = liquidationPrice;
  if (down === null && up === null) return html`<span class="soft">none</span>`;
  const line = (arrow: string, way: string, at: string, rounding: "up" | "down"): TemplateResult =>
    html`<span class="liquidation-line" title=${at}
      ><span aria-hidden="true">${arrow}</span><span class="visually-hidden">${way} </span>${price(at, rounding)}
      <span class="soft small">${distanceText(markPrice, at)}</span></span
    >`;
  return html`${down === null ? "" : line("↓", "down to", down, "up")}
  ${up === null ? "" : line("↑", "up to", up, "down")}`;
}

interface Row {
  readonly app: App;
  readonly position: PositionDefinition;
  readonly index: number;
  readonly view: PositionView | undefined;
  readonly name: string;
}

function input(
  { app, position, index, name }: Row,
  key: keyof PositionFields,
  words: string,
  placeholder = "",
): TemplateResult {
  return decimalField({
    app,
    label: `${words} of ${name}`,
    path: `accounts[0].positions[${index}].${key}`,
    value: String(position[key] ?? ""),
    edit: (state, text) => editPosition(state, index, { [key]: text }),
    placeholder,
  });
}

function sideChoice({ app, position, index, name }: Row): TemplateResult {
  return html`<select
    class="side ${position.side}"
    aria-label=${`Side of ${name}`}
    .value=${live(position.side)}
    @change=${(event: Event) =>
      app.edit(
        setSide(app.state, index, (event.target as HTMLSelectElement).value as PositionSide),
      )}
  >
    <option value="long" ?selected=${position.side === "long"}>long</option>
    <option value="short" ?selected=${position.side === "short"}>short</option>
  </select>`;
}

function modeChoice({ app, position, index, name }: Row): TemplateResult {
  const { marginMode } = position;
  const changed = (event: Event): void => {
    const choice = event.target as HTMLSelectElement;
    const mode = choice.value as MarginMode;
    choice.value = marginMode;
    app.open({ kind: "switch", index, mode });
  };
  return html`<select
    class="mode ${marginMode}"
    aria-label=${`Margin mode of ${name}: choosing another shows what it would do`}
    ?disabled=${!app.sound}
    .value=${live(marginMode)}
    @change=${changed}
  >
    <option value="cross" ?selected=${marginMode === "cross"}>cross</option>
    <option value="isolated" ?selected=${marginMode === "isolated"}>isolated</option>
  </select>`;
}

function cell(name: string, className: string, content: unknown, under?: unknown): TemplateResult {
  return html`<td role="cell" class=${className}>
    <span class="cell-name" aria-hidden="true">${name}</span>
    <span class="cell-main">${content}</span>
    ${under === undefined ? "" : html`<span class="cell-under">${under}</span>`}
  </td>`;
}

/** Assets that the account's positions settle in. */
function settlesOf({ state }: App): string[] {
  return [...new Set(heldMarkets(state.book).map(({ settle }) => settle))];
}

/** Asset of an amount: in the head of its column where it is the same in every row. */
function unit(app: App, settle: string): TemplateResult | string {
  return settlesOf(app).length === 1 ? "" : html`<span class="unit">${settle}</span>`;
}

function profitText(view: PositionView | undefined, settle: string): TemplateResult {
  if (view === undefined) return html`<span class="soft">…</span>`;
  const tone = view.unrealizedPnl.startsWith("-")
    ? "bad"
    : view.unrealizedPnl === "0"
      ? ""
      : "good";
  return html`<span class=${tone} title=${view.unrealizedPnl}>${signedMoney(view.unrealizedPnl, settle)}</span>`;
}

function figuresRow(row: Row, selected: boolean, aground: boolean): TemplateResult {
  const { app, position, index, view, name } = row;
  const isolated = position.marginMode === "isolated";
  const { markets } = app.state.book;
  const settle = markets.find(({ symbol }) => symbol === position.symbol)?.settle ?? "USD";
  const path = `accounts[0].positions[${index}]`;
  return html`<tr role="row" class=${selected ? "selected" : ""}>
      <th role="rowheader" scope="row">
        <button
          type="button"
          class="contract"
          aria-pressed=${selected ? "true" : "false"}
          title=${`${position.symbol}: show its chart`}
          @click=${() => app.slide(select(app.state, index))}
        >
          ${baseOf(position.symbol)}
        </button>
        ${sideChoice(row)}
      </th>
      ${cell("Mode", "", modeChoice(row))}
      ${cell(
        "Size",
        "number size",
        input(row, "contracts", "Size"),
        view === undefined
          ? "…"
          : html`<span title=${view.notional}>${money(view.notional, "down", settle)} ${unit(app, settle)}</span> · tier ${view.tier}`,
      )}
      ${cell("Entry", "number entry", input(row, "entryPrice", "Entry price"))}
      ${cell(
        "Leverage",
        "number leverage",
        input(row, "leverage", "Leverage", isolated ? "needed" : "max"),
        view === undefined
          ? "…"
          : view.effectiveLeverage === null
            ? "no equity"
            : `${grouped(roundDecimal(view.effectiveLeverage, 1, "up"))}× now`,
      )}
      ${cell(
        "Margin",
        "number margin",
        isolated
          ? input(row, "isolatedMargin", "Isolated margin")
          : html`<span class="soft shared">wallet</span>`,
      )}
      ${cell(
        "Result",
        "number",
        profitText(view, settle),
        view === undefined
          ? "…"
          : html`<abbr title="maintenance margin">MM</abbr> <span title=${view.maintenanceMargin}>${money(view.maintenanceMargin, "up", settle)} ${unit(app, settle)}</span>`,
      )}
      ${cell("Liquidation", "number liquidation", liquidationCell(view, aground))}
      <td role="cell" class="remove">
        <button
          type="button"
          class="quiet"
          aria-label=${`Remove ${name}`}
          @click=${() => app.edit(removePosition(app.state, index))}
        >
          ×
        </button>
      </td>
    </tr>
    ${
      [...app.problems.keys()].some((key) => key === path || key.startsWith(`${path}.`))
        ? html`<tr role="row" class="problem-row">
      <td role="cell" colspan="9">${problemsUnder(app.problems, path)}</td>
    </tr>`
        : ""
    }`;
}

function rows(app: App): TemplateResult[] {
  const { report, model, fates } = app.shown;
  const views = new Map(report.positions.map((view) => [positionKey(view), view]));
  const drawn = Math.min(app.state.view.selected, positionsOf(model.book).length - 1);
  return positionsOf(app.state.book).map((position, index) => {
    const key = positionKey(position);
    const name = `${baseOf(position.symbol)} ${position.side}`;
    const row = { app, position, index, view: views.get(key), name };
    return figuresRow(row, index === drawn, fates.asIs.fallen.has(key));
  });
}

const COLUMNS: readonly (readonly [name: string, className: string, title: string])[] = [
  ["Contract", "", "Its chart is below"],
  ["Mode", "", "Cross: the wallet stands behind it. Isolated: its own margin and no more"],
  [
    "Size",
    "number",
    "In contracts; below it the notional at the price shown, in the asset the contract settles in, and the bracket (tier) in use",
  ],
  ["Entry", "number", "Average entry price"],
  [
    "Leverage",
    "number",
    "As set at the venue; below it notional over equity of the scope at the price shown",
  ],
  ["Margin", "number", "Of isolated positions, without unrealised result"],
  [
    "Result",
    "number",
    "Unrealised, at the price shown, without fees; below it the maintenance margin (MM)",
  ],
  [
    "Liquidation",
    "number",
    "Prices of this contract at which its scope is liquidated (↓ falling, ↑ rising), all others held still; beside them how far that is from the price shown",
  ],
];

/** The titles of the columns once more, for whoever has no pointer to rest on them. */
function glossary(): TemplateResult {
  return html`<details class="brackets">
    <summary class="small">What the figures mean</summary>
    <dl class="parts small">
      ${COLUMNS.map(([name, , title]) => html`<div><dt>${name}</dt><dd>${title}.</dd></div>`)}
      <div><dt>Rounding</dt><dd>What you own is rounded down, what you owe up, liquidation prices toward the mark. The exact figure is in the tooltip.</dd></div>
    </dl>
  </details>`;
}

export function positions(app: App): TemplateResult {
  const list = rows(app);
  const settles = settlesOf(app);
  return html`<section class="card positions" aria-labelledby="positions">
    <div class="section-head">
      <h2 id="positions">Positions</h2>
      ${adder(app)}
    </div>
    ${accountSettings(app)}
    ${
      list.length === 0
        ? html`<p class="soft empty">No positions yet: add one above, or paste your account from a venue.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Positions, table"><table role="table" class="position-table ${app.sound ? "" : "stale"}" aria-labelledby="positions">
            <thead role="rowgroup">
              <tr role="row">
                ${COLUMNS.map(
                  ([name, className, title]) =>
                    html`<th role="columnheader" scope="col" class=${className} title=${title}>${name}${name === "Result" && settles.length === 1 ? `, ${settles[0]}` : ""}</th>`,
                )}
                <td role="cell"></td>
              </tr>
            </thead>
            <tbody role="rowgroup">
              ${list}
            </tbody>
          </table></div>`
    }
    ${list.length === 0 ? "" : glossary()}
    ${app.sound ? "" : html`<p class="small warn">Figures are those of the last account that was sound.</p>`}
    ${problemsElsewhere(app.problems)}
  </section>`;
}
