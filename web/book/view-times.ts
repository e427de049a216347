// How long frames take, as a distribution; and the race against the best typed-array JavaScript on the same book.
import { html, svg, type TemplateResult } from "lit";
import type { BookApp } from "./app.ts";
import { countText, timeText } from "./figures.ts";
import { histogram, type Spread, spreadOf } from "./frame-stats.ts";
import type { RaceFacts } from "./protocol.ts";
import { hasPrice, LOG_SIZE, type Measured, type PageState, SWEEP_FRAMES } from "./state.ts";

const BINS = 30;
/** Right end of the histogram: 20 frames a second and a little. */
const END_MS = 60;
/** Of the picture's own units: its text is as large as they are, so a phone has fewer. */
const WIDE = 560;
const NARROW = 320;
const HEIGHT = 118;
const BASE = 96;

function histogramPicture(times: readonly number[]): TemplateResult {
  const wide = matchMedia("(min-width: 640px)").matches ? WIDE : NARROW;
  const counts = histogram(times, END_MS, BINS);
  const most = Math.max(1, ...counts);
  const width = wide / BINS;
  const { p50, p95 } = spreadOf(times);
  const words =
    times.length === 0
      ? "Histogram of frame intervals, empty until prices are dragged"
      : `Histogram of ${times.length} frame intervals: median ${timeText(p50)}, 95 % within ${timeText(p95)}`;
  return html`<svg class="histogram" viewBox="0 0 ${wide} ${HEIGHT}" role="img" aria-label=${words}>
    ${counts.map((count, bin) => {
      const height = count === 0 ? 0 : Math.max(1.5, (count / most) * (BASE - 8));
      return svg`<rect class="bar" x=${bin * width + 0.5} y=${BASE - height} width=${width - 1} height=${height} />`;
    })}
    <line class="axis" x1="0" x2=${wide} y1=${BASE} y2=${BASE} />
    ${[0, 10, 20, 30, 40, 50].map((time) => {
      const x = (time / END_MS) * wide;
      return svg`<line class="axis" x1=${x} x2=${x} y1=${BASE} y2=${BASE + 4} /><text x=${x + 2} y=${BASE + 15}>${time} ms</text>`;
    })}
    <line class="bar-20" x1=${(50 / END_MS) * wide} x2=${(50 / END_MS) * wide} y1="6" y2=${BASE} />
    <text x=${(50 / END_MS) * wide - 4} y="12" text-anchor="end">20 frames/s</text>
  </svg>`;
}

function spreadRow(name: string, key: string, spread: Spread, title: string): TemplateResult {
  const cell = (time: number): TemplateResult =>
    html`<td class="number">${spread.count === 0 ? "–" : timeText(time)}</td>`;
  return html`<tr data-spread=${key}>
    <th scope="row" title=${title}>${name}</th>
    ${cell(spread.p50)} ${cell(spread.p95)} ${cell(spread.most)}
  </tr>`;
}

function measuredText({ accounts, frames, perSecond, interval, scan, work }: Measured): string {
  return (
    `${countText(frames)} frames over ${countText(accounts)} accounts: ${perSecond.toFixed(1)} a second; ` +
    `interval p50 ${timeText(interval.p50)}, p95 ${timeText(interval.p95)}, longest ${timeText(interval.most)}; ` +
    `scan p50 ${timeText(scan.p50)}, p95 ${timeText(scan.p95)}; all of the worker's work p50 ${timeText(work.p50)}, p95 ${timeText(work.p95)}.`
  );
}

export function timesCard(state: PageState, app: BookApp): TemplateResult {
  const { log, sweep, measured } = state;
  const perSecond = log.perSecond;
  const busy = sweep > 0;
  return html`<section class="card times" aria-labelledby="times-title">
    <div class="card-head">
      <h2 id="times-title">Frame times</h2>
      <span class="fps" data-figure="fps">${Number.isNaN(perSecond) ? "–" : perSecond.toFixed(0)}<small> frames/s</small></span>
    </div>
    <p class="small soft about">Time from one drawn frame to the next while prices move: scan, counts, deepest, map and table. The last ${LOG_SIZE} frames.</p>
    ${histogramPicture(log.times("interval"))}
    <table class="spreads">
      <thead>
        <tr><th scope="col">of a frame</th><th scope="col" class="number">median</th><th scope="col" class="number">95 %</th><th scope="col" class="number">longest</th></tr>
      </thead>
      <tbody>
        ${spreadRow("scan", "scan", log.spread("scan"), "The whole book, in the kernel")}
        ${spreadRow("worker", "work", log.spread("work"), "Scan, counts by account, the deepest exactly")}
        ${spreadRow("asked to drawn", "whole", log.spread("whole"), "From the request to the end of drawing, waiting for the screen included")}
        ${spreadRow("interval", "interval", log.spread("interval"), "From drawn frame to drawn frame of one motion")}
      </tbody>
    </table>
    <p class="actions">
      <button type="button" ?disabled=${!hasPrice(state) || busy || state.racing !== undefined} @click=${() => app.measure()}>
        ${busy ? `Sweeping, ${countText(sweep)} to go` : `Sweep ${SWEEP_FRAMES} frames`}
      </button>
    </p>
    <p class="small measured" data-figure="measured" aria-live="polite">${measured === undefined ? "" : measuredText(measured)}</p>
  </section>`;
}

function raceTable({ entries, rounds, legs, repeats }: RaceFacts): TemplateResult {
  const [own] = entries;
  const base = own === undefined ? 1 : spreadOf(own.times).p50;
  return html`<table class="race-table">
    <thead>
      <tr>
        <th scope="col">engine</th>
        <th scope="col" class="number">best</th>
        <th scope="col" class="number">median</th>
        <th scope="col" class="number tail">95 %</th>
        <th scope="col" class="number" title="Of the medians, to underkeel's">ratio</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map((entry) => {
        const { least, p50, p95 } = spreadOf(entry.times);
        return html`<tr data-racer=${entry.name}>
          <td>${entry.name}</td>
          <td class="number">${timeText(least)}</td>
          <td class="number" title="${((p50 * 1e6) / Math.max(1, legs)).toFixed(2)} ns a position">${timeText(p50)}</td>
          <td class="number tail">${timeText(p95)}</td>
          <td class="number" data-figure="ratio">${(p50 / base).toFixed(2)}×</td>
        </tr>`;
      })}
    </tbody>
    <caption class="small soft">
      ${rounds} rounds, in turn, whoever begins changing, each at other prices of all markets${repeats > 1 ? `; a round is the mean of ${repeats} scans` : ""}
    </caption>
  </table>`;
}

function agreement({ entries, rounds }: RaceFacts): string {
  const rivals = entries.slice(1);
  const differences = rivals.reduce((sum, entry) => sum + entry.differences, 0);
  if (differences === 0) return `All lists were the same in all ${rounds} rounds.`;
  const each = rivals.map((entry) => `${countText(entry.differences)} (${entry.name})`).join(", ");
  return `Scopes judged otherwise than exactly, over ${rounds} rounds: ${each}. Doubles do not round to units of the asset, so scopes within a few 1e-8 of zero go either way.`;
}

function raceBody(state: PageState): TemplateResult {
  const { race, racing } = state;
  if (racing !== undefined) {
    return html`<p class="small soft">${racing.what}, ${racing.done} of ${racing.total} rounds</p>`;
  }
  if (race === undefined) return html`<p class="small soft">Nothing raced yet.</p>`;
  if (race.refusal !== null) {
    return html`<p class="small">The rival is not written for this book: it has ${race.refusal}.</p>`;
  }
  return html`${raceTable(race)}
    <p class="small" data-figure="agreement">${agreement(race)}</p>`;
}

export function raceCard(state: PageState, app: BookApp): TemplateResult {
  return html`<section class="card race" aria-labelledby="race-title">
    <h2 id="race-title">Against JavaScript</h2>
    <p class="small soft about">
      The same book in <code>Float64Array</code> columns, scanned in the same worker with the same formula. The faster rival is our
      own idea written in JavaScript: lower bounds from precomputed slopes, pools grouped by leg count, loops unrolled,
      a bracket search where the bound cannot tell. Each must end with the list of scopes. What it lacks: exactness to the unit, any change of the book (its
      columns are a copy), brackets or contracts of another kind.
    </p>
    <p class="actions">
      <button
        type="button"
        ?disabled=${state.book === undefined || state.racing !== undefined || state.sweep > 0 || state.playing}
        @click=${() => app.race()}
      >
        Race
      </button>
    </p>
    <div aria-live="polite" class="race-body">${raceBody(state)}</div>
  </section>`;
}
