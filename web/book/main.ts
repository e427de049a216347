// The book scan page: wires the worker's book to its view.
import { keepOffline } from "../shared/offline.ts";
import { BookApp } from "./app.ts";
import { countText, moveText } from "./figures.ts";
import { onThemeChange } from "./palette.ts";
import type { BookAnswer } from "./protocol.ts";
import type { PageState } from "./state.ts";
import { drawPage } from "./view.ts";

/** Counts are told to a screen reader once they have held still so long. */
const TOLD_AFTER_MS = 700;

const root = document.getElementById("app") as HTMLElement;
const worker = new Worker(new URL("book-worker.js", import.meta.url), { type: "module" });

let telling: ReturnType<typeof setTimeout> | undefined;
function tell({ frame }: PageState): void {
  clearTimeout(telling);
  if (frame === undefined) return;
  telling = setTimeout(() => {
    const told = document.getElementById("told");
    const { accounts, scopes, shock } = frame;
    const words = `At ${moveText(shock.movePpm)}: ${countText(accounts)} accounts liquidatable, ${countText(scopes)} scopes.`;
    if (told !== null && told.textContent !== words) told.textContent = words;
  }, TOLD_AFTER_MS);
}

let settled = false;
let shown: PageState["frame"];
const app: BookApp = new BookApp(
  {
    worker: { postMessage: (request) => worker.postMessage(request) },
    draw: (state) => {
      drawPage(root, state, app);
      if (state.frame !== shown) tell(state);
      shown = state.frame;
      if (settled || (state.frame === undefined && state.failure === undefined)) return;
      settled = true;
      root.removeAttribute("aria-busy");
      keepOffline();
    },
    now: () => performance.now(),
    nextFrame: (callback) => requestAnimationFrame(callback),
    remember: (hash) => {
      if (location.hash !== hash) history.replaceState(null, "", hash);
    },
  },
  location.hash,
);
worker.addEventListener("error", ({ message }) => app.broken(message || "it could not start"));
worker.addEventListener("message", ({ data }: MessageEvent<BookAnswer>) => app.receive(data));

/** Files dragged over the page may be dropped anywhere on it. */
function acceptDrops(): void {
  const mark = (dropping: boolean): void => {
    if (app.state.dropping === dropping) return;
    app.state.dropping = dropping;
    app.invalidate();
  };
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    app.open([...(event.dataTransfer?.files ?? [])]);
  });
}

acceptDrops();
onThemeChange(() => app.invalidate());
new ResizeObserver(() => app.invalidate()).observe(root);
const { accounts, seed } = app.state.address;
app.generate(accounts, seed);
