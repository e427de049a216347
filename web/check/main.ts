// The risk check page: wires the account's state to its view. Everything that touches the document or the address is here.
import { html, render } from "lit/html.js";
import { keepOffline } from "../shared/offline.ts";
import { Announcer } from "./announce.ts";
import { App } from "./app.ts";
import { decodeHash, encodeHash, HashError } from "./hash.ts";
import { exampleState } from "./samples.ts";
import type { CheckState } from "./state.ts";
import { page } from "./views/page.ts";

/** The address follows the state after a pause, not every frame of a slider. */
const HASH_DELAY_MS = 250;

const root = document.getElementById("app") as HTMLElement;

async function stateOfHash(): Promise<{ state: CheckState; notice: string | null }> {
  const hash = location.hash.slice(1);
  if (hash === "") return { state: exampleState(), notice: null };
  try {
    return { state: await decodeHash(hash), notice: null };
  } catch (error) {
    if (!(error instanceof HashError)) throw error;
    const notice = `The link could not be read: ${error.message}. This is the example account instead.`;
    return { state: exampleState(), notice };
  }
}

const NARROWEST_CHART = 260;
/** Padding of a card, both sides. */
const CARD_PADDING = 36;

/** Width of the main column's cards inside their padding, as far as it is known. */
function chartWidth(): number {
  const card = document.querySelector(".main-column .card");
  return Math.max(NARROWEST_CHART, Math.floor((card?.clientWidth ?? 0) - CARD_PADDING));
}

function showDialogs(app: App): void {
  for (const kind of ["switch", "paste"] as const) {
    const dialog = document.getElementById(kind) as HTMLDialogElement;
    const open = app.dialog?.kind === kind;
    if (open && !dialog.open) dialog.showModal();
    else if (!open && dialog.open) dialog.close();
  }
}

let pending = 0;
let written = "";

function writeHash(app: App): void {
  clearTimeout(pending);
  pending = window.setTimeout(async () => {
    if (!app.sound) return;
    written = `#${await encodeHash(app.state)}`;
    history.replaceState(null, "", written);
  }, HASH_DELAY_MS);
}

async function share(app: App): Promise<void> {
  const hash = await encodeHash(app.state);
  history.replaceState(null, "", `#${hash}`);
  try {
    await navigator.clipboard.writeText(location.href);
    app.say("The link is on the clipboard. It holds the account itself; no server keeps it.");
  } catch {
    app.say("The link is in the address bar: copy it from there.");
  }
}

function download(app: App): void {
  const text = `${JSON.stringify(app.state.book, null, 2)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "book.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function start(): Promise<void> {
  const { state, notice } = await stateOfHash();
  const announcer = new Announcer();
  // Asked for only when the window changes: asking on every move would lay the page out twice.
  let width = chartWidth();
  const draw = (app: App): void => {
    const actions = {
      share: () => void share(app),
      download: () => download(app),
      width,
    };
    render(page(app, actions), root);
    showDialogs(app);
    announcer.tell(app.shown);
  };
  const changed = (): void => {
    draw(app);
    writeHash(app);
  };
  let app: App;
  root.replaceChildren();
  try {
    app = new App(state, changed);
    app.notice = notice;
  } catch (error) {
    app = new App(exampleState(), changed);
    app.notice = `The account of the link is not sound: ${(error as Error).message}`;
  }
  draw(app);
  const fitCharts = (): void => {
    if (chartWidth() === width) return;
    width = chartWidth();
    draw(app);
  };
  fitCharts();
  root.removeAttribute("aria-busy");
  new ResizeObserver(fitCharts).observe(root);
  window.addEventListener("hashchange", async () => {
    if (location.hash === written) return;
    const next = await stateOfHash();
    try {
      app.replace(next.state, next.notice);
    } catch (error) {
      app.say(`The account of the link is not sound: ${(error as Error).message}`);
    }
  });
}

start().catch((error: unknown) => {
  render(html`<p class="card bad">This page could not start: ${String(error)}</p>`, root);
  root.removeAttribute("aria-busy");
  throw error;
});
keepOffline();
