// The card in which prices are dragged: what moves, by how much, and the liquidation map with the dragged price in it.
import { html, type TemplateResult } from "lit";
import { compactNumber } from "../../src/charts/scales.ts";
import { REACH_PPM, STEP_PPM } from "./address.ts";
import type { BookApp } from "./app.ts";
import { countText, moveText, priceText, timeText } from "./figures.ts";
import { moveAt, passed } from "./map-canvas.ts";
import { hasPrice, type PageState, priceOnView } from "./state.ts";

/** The map in words, for who cannot see it. */
export function mapText(state: PageState): string {
  const { map, book } = state;
  const market = book?.markets[state.market];
  if (map === undefined || market === undefined) return "Liquidation map, not drawn yet";
  const price = priceOnView(state);
  const { scopes, notional } = passed({ map, market, price });
  const at = priceText(price, market.priceDecimals);
  const side = price < map.mark ? "long" : "short";
  const { longs, shorts } = map;
  return (
    `Liquidation map of ${market.symbol} around its mark of ${priceText(map.mark, market.priceDecimals)}: ` +
    `${countText(longs.scopes)} scopes fall below the mark, ${countText(shorts.scopes)} above it. ` +
    `On the way to ${at}, level by level, at least ${countText(scopes)} scopes with ${compactNumber(notional)} ${market.settle} ${side} are liquidated.`
  );
}

function dragOnMap(event: PointerEvent, state: PageState, app: BookApp): void {
  const canvas = event.currentTarget as HTMLCanvasElement;
  const { map } = state;
  const pressed = (event.buttons & 1) === 1;
  const held = state.dragging;
  // A release can be lost, under a menu or out of the window: a pointer that is not pressed drags nothing.
  if (!pressed) state.dragging = false;
  if (event.type === "pointerdown" && event.button === 0 && map !== undefined) {
    canvas.setPointerCapture(event.pointerId);
    state.dragging = true;
  }
  const released = held && event.type === "pointerup";
  if (map === undefined || !(state.dragging || released)) return;
  app.setMove(moveAt(canvas, map, event.offsetX));
}

function marketSelect(state: PageState, app: BookApp): TemplateResult {
  const markets = state.book?.markets ?? [];
  return html`<label
    >Market
    <select
      name="market"
      ?disabled=${markets.length === 0}
      @change=${(event: Event) => app.setMarket(Number((event.target as HTMLSelectElement).value))}
    >
      ${
        markets.length === 0
          ? html`<option>no book yet</option>`
          : markets.map(({ symbol, mark }, index) =>
              mark === 0
                ? ""
                : html`<option value=${index} ?selected=${index === state.market}>${symbol}</option>`,
            )
      }
    </select></label
  >`;
}

function togetherChoice(state: PageState, app: BookApp): TemplateResult {
  const choice = (together: boolean, words: string): TemplateResult => html`<label class="choice"
    ><input
      type="radio"
      name="together"
      .checked=${state.together === together}
      @change=${() => app.setTogether(together)}
    />${words}</label
  >`;
  return html`<fieldset class="choices">
    <legend class="visually-hidden">What moves</legend>
    ${choice(false, "this market alone")} ${choice(true, "all together")}
  </fieldset>`;
}

function mapNote(state: PageState): string {
  const { map, playing, book } = state;
  if (playing) return "The crash moves the marks: the map is reckoned anew where it is paused.";
  if (book !== undefined && !hasPrice(state)) return "No market of this book has a mark.";
  if (map === undefined) return "Reckoning the map…";
  const moves = map.together
    ? "All other markets move by the same share, which is this map with beta 1."
    : "All other markets hold still.";
  const already =
    map.atMark === 0
      ? ""
      : ` ${countText(map.atMark)} scopes under water at the mark already are on no level.`;
  return `${moves} The map does not depend on where the line is: reckoned once in ${timeText(map.milliseconds)}, from every scope that can fall.${already}`;
}

export function pricesCard(state: PageState, app: BookApp): TemplateResult {
  const market = state.book?.markets[state.market];
  const price = priceOnView(state);
  const shown = market === undefined ? "–" : priceText(price, market.priceDecimals);
  const drag = (event: PointerEvent): void => dragOnMap(event, state, app);
  const settle = (): void => app.setMove(state.movePpm);
  return html`<section class="card prices" aria-labelledby="prices-title">
    <div class="card-head">
      <h2 id="prices-title">Drag prices</h2>
      <button type="button" class="ghost" ?disabled=${state.movePpm === 0} @click=${() => app.setMove(0)}>
        Back to the mark
      </button>
    </div>
    <div class="price-controls">
      ${marketSelect(state, app)} ${togetherChoice(state, app)}
      <p class="price-now">
        <strong data-figure="move">${moveText(state.movePpm)}</strong>
        <span class="soft" data-figure="price">${shown}</span>
      </p>
    </div>
    <input
      class="price-slider"
      type="range"
      name="move"
      aria-label="Move of the price"
      aria-valuetext=${`${moveText(state.movePpm)}, ${shown}`}
      min=${-REACH_PPM}
      max=${REACH_PPM}
      step=${STEP_PPM}
      .value=${String(state.movePpm)}
      ?disabled=${!hasPrice(state) || state.playing}
      @input=${(event: Event) => app.setMove(Number((event.target as HTMLInputElement).value))}
      @change=${settle}
    />
    <p class="keys small soft" aria-hidden="true">
      <span><span class="key key-long"></span>longs liquidated</span>
      <span><span class="key key-short"></span>shorts liquidated</span>
      <span><span class="key key-wash"></span>passed on the way</span>
    </p>
    <canvas
      id="map"
      class="picture map-picture"
      role="img"
      aria-label=${mapText(state)}
      @pointerdown=${drag}
      @pointermove=${drag}
      @pointerup=${drag}
      @pointercancel=${drag}
    ></canvas>
    <p class="small soft map-note">${mapNote(state)}</p>
  </section>`;
}
