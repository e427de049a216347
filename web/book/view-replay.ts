// The bundled crash: controls of the replay, the cascade as it goes, and what it has come to.
import { html, type TemplateResult } from "lit";
import type { BookApp } from "./app.ts";
import { amountText, countText, timeText } from "./figures.ts";
import { hasPrice, type PageState, SPEEDS } from "./state.ts";

function speedText(speed: number): string {
  return speed === 0 ? "as fast as it goes" : `${speed} min/s`;
}

/** The cascade in words. */
export function cascadeText({ replay }: PageState): string {
  if (replay === undefined) return "Cascade of liquidations, empty until the replay runs";
  const { done, total, liquidatedAccounts, longNotional, shortNotional, settle } = replay;
  return (
    `Cascade of liquidations after ${done} of ${total} minutes: ${countText(liquidatedAccounts)} accounts, ` +
    `longs of ${amountText(longNotional, 0, "up")} ${settle} and shorts of ${amountText(shortNotional, 0, "up")} ${settle}.`
  );
}

function controls(state: PageState, app: BookApp): TemplateResult {
  const { replay, playing, progress } = state;
  const over = replay !== undefined && replay.done >= replay.total;
  const idle = !hasPrice(state) || progress !== undefined;
  return html`<div class="replay-controls">
    <button type="button" class="primary" name="play" ?disabled=${idle || over} @click=${() => (playing ? app.pause() : app.play())}>
      ${playing ? "Pause" : replay === undefined ? "Play the crash" : "Play on"}
    </button>
    <button type="button" name="step" ?disabled=${idle || over || playing} @click=${() => app.step()}>One minute</button>
    <button type="button" name="reset" ?disabled=${idle || replay === undefined} @click=${() => app.reload()}>Reset the book</button>
    <label
      >Speed
      <select name="speed" @change=${(event: Event) => app.setSpeed(Number((event.target as HTMLSelectElement).value))}>
        ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === state.speed}>${speedText(speed)}</option>`)}
      </select></label
    >
    <span class="soft small" data-replay="clock"
      >${replay === undefined ? "4 hours of tape" : `minute ${replay.done} of ${replay.total}`}</span
    >
  </div>`;
}

function totals({ replay }: PageState): TemplateResult {
  const blank = "–";
  const money = (text: string | undefined, rounding: "up" | "down"): string =>
    text === undefined ? blank : amountText(text, 0, rounding);
  const fact = (name: string, key: string, value: string, title = ""): TemplateResult =>
    html`<div title=${title}><dt>${name}</dt><dd data-replay=${key}>${value}</dd></div>`;
  const tick =
    replay === undefined || replay.ticks < 2 ? blank : timeText(replay.tickMs / (replay.ticks - 1));
  return html`<dl class="facts">
    ${fact("Accounts liquidated", "accounts", replay === undefined ? blank : countText(replay.liquidatedAccounts))}
    ${fact("Longs closed", "long", money(replay?.longNotional, "up"), replay?.longNotional)}
    ${fact("Shorts closed", "short", money(replay?.shortNotional, "up"), replay?.shortNotional)}
    ${fact("Insurance fund", "fund", money(replay?.fund, "down"), replay?.fund)}
    ${fact("Deleveraged against", "deleveraged", replay === undefined ? blank : countText(replay.deleveraged), "Positions of profitable counterparties closed because the fund could not pay")}
    ${fact("Nobody paid", "uncovered", money(replay?.uncovered, "up"), replay?.uncovered)}
    ${fact("A tick, on average", "tick", tick, "All marks moved at once, everyone who goes under found; without the first, which begins to watch the book")}
    ${fact("Liquidating, in all", "liquidate", replay === undefined ? blank : timeText(replay.liquidateMs))}
  </dl>`;
}

export function replayCard(state: PageState, app: BookApp): TemplateResult {
  return html`<section class="card replay" aria-labelledby="replay-title">
    <h2 id="replay-title">Replay a crash</h2>
    <p class="small soft replay-about">
      A made-up tape of four hours with a crash in the middle, all markets falling together, starting at the book's marks: each minute is four
      ticks (open, the nearer extreme, the other, close). After each tick whoever is under water is liquidated step by step down the brackets
      (0.1 % slippage, 0.5 % fee), the insurance fund (0.05 % of the book's notional at first) pays what is missing, then profitable
      counterparties are deleveraged. Liquidations do not move these prices. The book is another one afterwards.
    </p>
    ${controls(state, app)}
    <p class="keys small soft" aria-hidden="true">
      <span><span class="key key-long"></span>longs</span>
      <span><span class="key key-short"></span>shorts</span>
      <span><span class="key key-price"></span>price</span>
      <span><span class="key key-fund"></span>insurance fund</span>
      <span><span class="key key-warn"></span>unpaid losses</span>
    </p>
    <canvas id="cascade" class="picture cascade-picture" role="img" aria-label=${cascadeText(state)}></canvas>
    ${totals(state)}
  </section>`;
}
