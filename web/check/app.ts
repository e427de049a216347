// The page's one store: the state as typed, the last account that was sound, what is shown of it. Edits load the account anew, slides
// only ask it at other prices; both end in one call of `changed`.
import { BookError } from "../../src/book/book-error.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { PricedMarket } from "../../src/generate/standard-markets.ts";
import type { BookDocument, MarginMode } from "../../src/types.ts";
import { CheckModel } from "./model.ts";
import { type Pasted, readPasted } from "./paste.ts";
import { Looker, type Shown } from "./shown.ts";
import { accountOf, type CheckState, STILL, takeAccount } from "./state.ts";
import { type Way, wayTo } from "./way.ts";

const MAX_HISTORY = 100;
/** Sliders that have not moved for this long rest. */
const REST_MS = 350;
/** Name of the performance measure around every update by a slider. */
export const SLIDE_MEASURE = "underkeel:slide";

/** What is wrong with what was typed, by the path of the value. */
export type Problems = ReadonlyMap<string, string>;

/** A dialog that is open. */
export type OpenDialog =
  | { readonly kind: "switch"; readonly index: number; readonly mode: MarginMode }
  | { readonly kind: "paste" }
  | null;

const NONE: Problems = new Map();

function problemsOf(error: unknown): Problems {
  if (error instanceof BookError) {
    const all = error.problems.map(({ path, message }) => [path, message] as const);
    // Of a position that is not there its stops can only say that it is not there.
    const first = all.filter(([path]) => !path.startsWith("accounts[0].stops"));
    return new Map(first.length === 0 ? all : first);
  }
  if (error instanceof RiskError) return new Map([[error.path ?? "", error.message]]);
  throw error;
}

/** An error as a sentence. @throws what is no refusal */
function wordsOf(error: unknown): string {
  if (!(error instanceof RiskError)) throw error;
  return error.message;
}

/** What a text is, tried in an engine before it is offered. */
function attempt(text: string, current: BookDocument): Pasted | { readonly problem: string } {
  try {
    const pasted = readPasted(text, current);
    RiskEngine.fromBook(pasted.book);
    return pasted;
  } catch (error) {
    return { problem: wordsOf(error) };
  }
}

export class App {
  state: CheckState;
  shown: Shown;
  problems: Problems = NONE;
  /** A sentence for the reader: what a link or a paste came to. */
  notice: string | null = null;
  dialog: OpenDialog = null;
  /** What stands in the dialog for pasting, and what it came to. */
  pasteText = "";
  pasted: Pasted | { readonly problem: string } | null = null;
  /** Contracts whose brackets were pasted, to choose from; a book holds only those it uses. */
  pastedMarkets: readonly PricedMarket[] = [];
  /** What happens on the way to the prices of the sliders; null at the marks, and until the sliders rest. */
  way: Way | "refused" | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Price under the crosshair of the chart. */
  crosshair: number | null = null;
  /** Symbol chosen in the list of contracts to add. */
  contract = "BTC/USDT:USDT";
  #looker: Looker;
  readonly #past: CheckState[] = [];
  #field: string | null = null;
  readonly #changed: () => void;

  /** @throws BookError, RiskError where the first state is no sound account */
  constructor(state: CheckState, changed: () => void) {
    this.state = state;
    this.#looker = new Looker(new CheckModel(state.book));
    this.shown = this.#looker.look(state.view);
    this.#changed = changed;
  }

  /** Whether what is typed is what is shown. */
  get sound(): boolean {
    return this.problems.size === 0;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  /**
   * A changed account. `field` names what is being typed in, so that undo takes the word back and not the letter. Where the account is
   * not sound the problems are told at their fields, and the figures stay those of the last one that was.
   */
  edit(next: CheckState, field: string | null = null): void {
    if (field === null || field !== this.#field) this.#remember();
    this.#field = field;
    this.#take(next);
    this.#changed();
  }

  /** Sliders or selection moved: the account is as it was. */
  slide(next: CheckState): void {
    const start = performance.now();
    const before = this.state;
    this.state = next;
    this.way = null;
    try {
      this.shown = this.#looker.look(next.view);
      if (this.notice !== null && this.sound) this.notice = null;
    } catch (error) {
      if (!(error instanceof RiskError)) throw error;
      this.state = before;
      this.notice = `A figure is beyond the engine's range there: ${error.message}.`;
      this.shown = this.#looker.look(before.view);
    }
    this.#changed();
    this.#await();
    performance.measure(SLIDE_MEASURE, { start, end: performance.now() });
  }

  /** Another account altogether. @throws BookError, RiskError: nothing has changed then */
  replace(next: CheckState, notice: string | null = null): void {
    const looker = new Looker(new CheckModel(next.book));
    const shown = looker.look(next.view);
    this.#remember();
    this.#field = null;
    this.state = next;
    this.problems = NONE;
    this.#looker = looker;
    this.shown = shown;
    this.notice = notice;
    this.way = null;
    this.#await();
    this.#changed();
  }

  undo(): void {
    const last = this.#past.pop();
    if (last === undefined) return;
    this.#field = null;
    this.notice = null;
    this.#take(last);
    this.#changed();
  }

  /** The field is left: the next edit of it is another step back. */
  left(): void {
    this.#field = null;
  }

  open(dialog: OpenDialog): void {
    this.dialog = dialog;
    this.#changed();
  }

  point(price: number | null): void {
    if (price === this.crosshair) return;
    this.crosshair = price;
    this.#changed();
  }

  /** Reads a text as an account; the page stays as it is. */
  readPaste(text: string): void {
    this.pasteText = text;
    this.pasted = text.trim() === "" ? null : attempt(text, this.state.book);
    this.#changed();
  }

  /** Takes what the pasted text came to. */
  usePaste(): void {
    const { pasted } = this;
    if (pasted === null || "problem" in pasted) return;
    const notes = [`Read from ${pasted.source}.`, ...pasted.notes].join(" ");
    const view = pasted.kind === "account" ? STILL : this.state.view;
    try {
      this.replace({ book: pasted.book, view }, notes);
    } catch (error) {
      this.pasted = { problem: wordsOf(error) };
      this.#changed();
      return;
    }
    if (pasted.kind === "brackets") this.pastedMarkets = pasted.markets;
    this.pasteText = "";
    this.pasted = null;
    this.open(null);
  }

  say(notice: string | null): void {
    this.notice = notice;
    this.#changed();
  }

  /** Switches the margin mode as previewed, at the prices shown. @throws RiskError where the venue refuses it */
  switchMode(index: number, mode: MarginMode, leverage?: string): void {
    const { model } = this.shown;
    const book: BookDocument = model.switchMode(index, mode, leverage);
    this.dialog = null;
    this.edit(takeAccount(this.state, accountOf(book)));
  }

  /** Reckons the way once the sliders rest. */
  #await(): void {
    clearTimeout(this.#rest);
    if (!this.shown.moved) {
      this.way = null;
      return;
    }
    this.#rest = setTimeout(() => {
      if (!this.shown.moved) return;
      this.way = wayTo(this.shown.model.book, this.shown.prices);
      this.#changed();
    }, REST_MS);
  }

  #remember(): void {
    this.#past.push(this.state);
    if (this.#past.length > MAX_HISTORY) this.#past.shift();
  }

  #take(next: CheckState): void {
    this.state = next;
    try {
      const looker = new Looker(new CheckModel(next.book));
      this.shown = looker.look(next.view);
      this.#looker = looker;
      this.problems = NONE;
      this.way = null;
      this.#await();
    } catch (error) {
      this.problems = problemsOf(error);
    }
  }
}
