// The page as a whole: cards from the state, then the pictures on their canvases.
import { html, render } from "lit";
import type { BookApp } from "./app.ts";
import { drawCascade } from "./cascade-canvas.ts";
import { drawMap } from "./map-canvas.ts";
import { type PageState, priceOnView } from "./state.ts";
import { loadCard } from "./view-load.ts";
import { pricesCard } from "./view-prices.ts";
import { replayCard } from "./view-replay.ts";
import { resultCard } from "./view-result.ts";
import { raceCard, timesCard } from "./view-times.ts";

function canvas(root: HTMLElement, id: string): HTMLCanvasElement {
  return root.querySelector(`#${id}`) as HTMLCanvasElement;
}

function drawPictures(root: HTMLElement, state: PageState): void {
  const { book, map, replayBars, replay } = state;
  const market = book?.markets[state.market];
  const price = priceOnView(state);
  drawMap(
    canvas(root, "map"),
    map === undefined || market === undefined ? undefined : { map, market, price },
  );
  const [first] = replayBars;
  drawCascade(
    canvas(root, "cascade"),
    first === undefined || replay === undefined || market === undefined
      ? undefined
      : {
          bars: replayBars,
          total: replay.total,
          start: first.time,
          settle: replay.settle,
          market,
          marketIndex: state.market,
        },
  );
}

export function drawPage(root: HTMLElement, state: PageState, app: BookApp): void {
  render(
    html`<header class="page-head">
        <h1>Book scan</h1>
        <p class="soft">
          A book of up to a million leveraged accounts in this tab. Drag a price: every frame rescans all of it, exactly.
        </p>
      </header>
      <div class="board ${state.dropping ? "dropping" : ""}">
        ${loadCard(state, app)} ${pricesCard(state, app)} ${resultCard(state)} ${timesCard(state, app)}
        ${raceCard(state, app)} ${replayCard(state, app)}
      </div>
      <p class="visually-hidden" role="status" id="told"></p>`,
    root,
  );
  drawPictures(root, state);
}
