// The risk check page: wires the account's state to its view. Everything that touches the document or the address is here.
import { render } from "lit/html.js";
import { showCannotStart, webAssemblyProblem } from "../shared/cannot-start.ts";
import { keepOffline } from "../shared/offline.ts";
import { Announcer } from "./announce.ts";
import { App } from "./app.ts";
import { decodeHash, encodeHash, HashError } from "./hash.ts";
import { keepingFocus } from "./keep-focus.ts";
import { exampleState } from "./samples.ts";
import type { CheckState } from "./state.ts";
import { page } from "./views/page.ts";

/** The address follows the state after a pause, not every frame of a slider. */
const HASH_DELAY_MS = 250;

const root = document.getElementById("app") as HTMLElement;

/** State null: the address holds none that can be read. */
interface OfHash {
  readonly state: CheckState | null;
  readonly notice: string | null;
}

async function stateOfHash(): Promise<OfHash> {
  const hash = location.hash.slice(1);
  if (hash === "") return { state: exampleState(), notice: null };
  try {
    return { state: await decodeHash(hash), notice: null };
  } catch (error) {
    if (!(error instanceof HashError)) throw error;
    return { state: null, notice: `The link could not be read: ${error.message}.` };
  }
}

const EXAMPLE_INSTEAD = "This is the example account instead.";
const AS_IT_WAS = "The page is as it was.";

function unsound(error: unknown): string {
  return `The account of the link is not sound: ${(error as Error).message}.`;
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

async function putInAddress(app: App): Promise<void> {
  const hash = `#${await encodeHash(app.state)}`;
  written = hash;
  history.replaceState(null, "", hash);
}

function writeHash(app: App): void {
  clearTimeout(pending);
  pending = window.setTimeout(async () => {
    if (!app.sound) return;
    try {
      await putInAddress(app);
    } catch {
      // No compression here, or the browser has had enough changes of the address: the link is made anew when it is asked for.
    }
  }, HASH_DELAY_MS);
}

async function share(app: App): Promise<void> {
  try {
    await putInAddress(app);
  } catch {
    app.say("This browser cannot make the link now. Save the account as a book instead.");
    return;
  }
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
    keepingFocus(root, () => render(page(app, actions), root));
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
    app = new App(state ?? exampleState(), changed);
    app.notice = notice === null ? null : `${notice} ${EXAMPLE_INSTEAD}`;
  } catch (error) {
    app = new App(exampleState(), changed);
    app.notice = `${unsound(error)} ${EXAMPLE_INSTEAD}`;
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
    const { state, notice } = await stateOfHash();
    try {
      if (state === null) app.say(`${notice} ${AS_IT_WAS}`);
      else app.replace(state);
    } catch (error) {
      app.say(`${unsound(error)} ${AS_IT_WAS}`);
    }
  });
}

start().catch((error: unknown) => {
  const blocked = webAssemblyProblem();
  showCannotStart(blocked ?? String(error));
  if (blocked === null) throw error;
});
keepOffline();
