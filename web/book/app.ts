// The page's controller: holds the state, talks to the worker, draws once per animation frame. At most one frame request is in flight; what a
// reader drags faster than that is skipped, never queued.
import { type Address, REACH_PPM, readAddress, writeAddress } from "./address.ts";
import { Latest } from "./latest.ts";
import type {
  BookAnswer,
  BookFacts,
  BookRequest,
  FrameFacts,
  ReplayFacts,
  Shock,
} from "./protocol.ts";
import {
  addressOf,
  forgetBook,
  hasPrice,
  initialState,
  isOnView,
  measuredOf,
  type PageState,
  SWEEP_FRAMES,
} from "./state.ts";

const RACE_ROUNDS = 40;
/** What the worker may spend on bars between two animation frames, at full speed. */
const REPLAY_BUDGET_MS = 12;
/** How far a measurement swings. */
const SWEEP_PPM = 300_000;

/** What the app needs of a worker. */
export interface WorkerLike {
  postMessage(request: BookRequest): void;
}

/** A request before it has its number. */
type Unnumbered<Request> = Request extends BookRequest ? Omit<Request, "id"> : never;

export interface AppHost {
  readonly worker: WorkerLike;
  /** Draws the state; called once per animation frame, where anything changed. */
  draw(state: PageState): void;
  now(): number;
  /** Calls back before the next frame. */
  nextFrame(callback: () => void): void;
  /** Replaces the address's hash. */
  remember(hash: string): void;
}

export class BookApp {
  readonly state: PageState;
  readonly #host: AppHost;
  readonly #frames: Latest<Shock>;
  readonly #maps: Latest<{ readonly market: number; readonly together: boolean }>;
  #id = 0;
  /** Answers to earlier requests are about the book before. */
  #bookSince = 0;
  /** What each load under way would make the book be, by its number: the page says so only once it is that book. */
  readonly #loads: Map<number, Pick<PageState, "source" | "address">> = new Map();
  #drawing = false;
  /** When the frame in flight, and the one that waits to be drawn, were asked for. */
  #requestedAt = 0;
  #undrawn: { readonly frame: FrameFacts; readonly requestedAt: number } | undefined;
  #replayPending = false;
  #owedBars = 0;
  #lastPlayed = 0;

  constructor(host: AppHost, hash: string) {
    this.#host = host;
    this.state = initialState(readAddress(hash));
    this.#frames = new Latest((shock) => {
      this.#requestedAt = host.now();
      this.#send({ kind: "frame", ...shock });
    });
    this.#maps = new Latest((wish) => {
      this.#send({ kind: "map", ...wish });
    });
  }

  // ── loading ───────────────────────────────────────────────────────────────────────────────────────

  generate(accounts: number, seed: string): void {
    const address = { ...this.state.address, accounts, seed };
    this.#load({ kind: "generate", accounts, seed }, { kind: "seed" }, address);
  }

  open(files: readonly File[]): void {
    if (files.length === 0) return;
    this.#load({ kind: "open", files }, { kind: "files", files }, this.state.address);
  }

  /** The book as it was before the replay. */
  reload(): void {
    const { source, address } = this.state;
    if (source.kind === "files") this.open(source.files);
    else this.generate(address.accounts, address.seed);
  }

  cancel(): void {
    const id = this.state.progress?.id;
    if (id !== undefined) this.#host.worker.postMessage({ kind: "cancel", id });
  }

  #load(request: Unnumbered<BookRequest>, source: PageState["source"], address: Address): void {
    const { state } = this;
    const { playing } = state;
    state.playing = false;
    state.sweep = 0;
    state.failure = undefined;
    const id = this.#send(request);
    this.#loads.set(id, { source, address });
    state.progress = { id, what: "starting", done: 0, total: 1 };
    // The replay that this ends leaves a book to look at until the new one is there.
    if (playing) this.#look(true);
    this.invalidate();
  }

  #loaded(id: number, book: BookFacts): void {
    const { state } = this;
    Object.assign(state, this.#loads.get(id));
    this.#loads.delete(id);
    const wanted = addressOf(state).market || state.address.market;
    const named = book.markets.findIndex(({ symbol }) => symbol === wanted);
    const marked = book.markets.findIndex(({ mark }) => mark > 0);
    state.book = book;
    // Another load may have begun while this one's answer was on its way.
    if (state.progress?.id === id) state.progress = undefined;
    state.market = named >= 0 && (book.markets[named]?.mark ?? 0) > 0 ? named : Math.max(0, marked);
    forgetBook(state);
    this.#undrawn = undefined;
    this.#bookSince = this.#id;
    this.#frames.forget();
    this.#maps.forget();
    this.#remember();
    this.#look(true);
    if (state.address.measure) this.measure();
  }

  // ── prices ────────────────────────────────────────────────────────────────────────────────────────

  setMarket(market: number): void {
    this.state.market = market;
    this.state.movePpm = 0;
    this.#look(true);
  }

  setTogether(together: boolean): void {
    this.state.together = together;
    this.#look(true);
  }

  setMove(ppm: number): void {
    if (this.state.playing) return;
    this.state.movePpm = Math.max(-REACH_PPM, Math.min(REACH_PPM, Math.round(ppm)));
    this.#look(false);
  }

  /** Sweeps prices for some hundred frames and tells how long they took. */
  measure(): void {
    const { state } = this;
    if (!hasPrice(state) || state.sweep > 0 || state.racing !== undefined) return;
    state.playing = false;
    state.measured = undefined;
    state.log.clear();
    state.sweep = SWEEP_FRAMES;
    this.#sweepOn();
  }

  #look(newMap: boolean): void {
    const { state } = this;
    this.invalidate();
    if (!hasPrice(state) || state.playing) return;
    const { market, movePpm, together } = state;
    this.#frames.want({ market, movePpm, together });
    if (newMap) {
      state.map = undefined;
      this.#maps.want({ market, together });
    }
    this.#remember();
  }

  #sweepOn(): void {
    const { state } = this;
    const phase = (SWEEP_FRAMES - state.sweep) / SWEEP_FRAMES;
    this.setMove(1_000 * Math.round((-SWEEP_PPM * Math.sin(4 * Math.PI * phase)) / 1_000));
  }

  #remember(): void {
    const { state } = this;
    if (state.sweep > 0 || state.dragging) return;
    this.#host.remember(writeAddress(addressOf(state)));
  }

  // ── race and replay ───────────────────────────────────────────────────────────────────────────────

  race(): void {
    const { state } = this;
    const busy = state.racing !== undefined || state.sweep > 0 || state.playing;
    if (state.book === undefined || busy) return;
    state.race = undefined;
    const id = this.#send({ kind: "race", rounds: RACE_ROUNDS });
    state.racing = { id, what: "starting", done: 0, total: RACE_ROUNDS };
    this.invalidate();
  }

  setSpeed(speed: number): void {
    this.state.speed = speed;
    this.invalidate();
  }

  play(): void {
    const { state } = this;
    if (!hasPrice(state) || this.#isOver()) return;
    state.playing = true;
    state.sweep = 0;
    this.#frames.forget();
    this.#maps.forget();
    this.#owedBars = 1;
    this.#lastPlayed = this.#host.now();
    this.invalidate();
  }

  pause(): void {
    this.state.playing = false;
    this.#look(true);
  }

  step(): void {
    if (!hasPrice(this.state) || this.#isOver()) return;
    this.state.playing = false;
    this.#requestBars(1, 0);
  }

  #isOver(): boolean {
    const { replay } = this.state;
    return replay !== undefined && replay.done >= replay.total;
  }

  #requestBars(bars: number, budgetMs: number): void {
    if (this.#replayPending) return;
    this.#replayPending = true;
    this.#send({ kind: "replay", bars, budgetMs });
  }

  /** Bars that are due by the chosen speed. */
  #playOn(): void {
    const { state } = this;
    if (!state.playing || this.#replayPending) return;
    const now = this.#host.now();
    if (state.speed === 0) {
      this.#requestBars(1_000, REPLAY_BUDGET_MS);
      return;
    }
    // A page that slept owes a second's bars at most.
    const seconds = Math.min(1, (now - this.#lastPlayed) / 1_000);
    this.#owedBars += seconds * state.speed;
    this.#lastPlayed = now;
    const bars = Math.floor(this.#owedBars);
    if (bars < 1) return;
    this.#owedBars -= bars;
    this.#requestBars(bars, REPLAY_BUDGET_MS * 2);
  }

  #replayed(replay: ReplayFacts): void {
    const { state } = this;
    this.#replayPending = false;
    state.replay = replay;
    state.replayBars.push(...replay.bars);
    state.race = undefined;
    // What was seen of the book before these bars is no longer so.
    state.frame = undefined;
    state.map = undefined;
    this.#undrawn = undefined;
    const last = replay.bars.at(-1);
    if (last !== undefined && state.book !== undefined) {
      const { book } = state;
      const markets = book.markets.map((market, index) => ({
        ...market,
        mark: last.prices[index] as number,
      }));
      state.book = { ...book, markets };
    }
    if (replay.done >= replay.total) state.playing = false;
    state.movePpm = 0;
    if (!state.playing) this.#look(true);
    this.invalidate();
  }

  // ── answers ───────────────────────────────────────────────────────────────────────────────────────

  receive(answer: BookAnswer): void {
    const { state } = this;
    const current = answer.id > this.#bookSince;
    switch (answer.kind) {
      case "progress":
        if (state.progress?.id === answer.id) state.progress = answer;
        else if (state.racing?.id === answer.id) state.racing = answer;
        break;
      case "loaded":
        this.#loaded(answer.id, answer.book);
        break;
      case "cancelled":
        this.#loads.delete(answer.id);
        if (state.progress?.id === answer.id) state.progress = undefined;
        if (state.racing?.id === answer.id) state.racing = undefined;
        break;
      case "failed":
        this.#failed(answer, current);
        break;
      case "frame":
        this.#gotFrame(answer.frame, current && !state.playing);
        break;
      case "map":
        if (current && isOnView(answer.map, state)) state.map = answer.map;
        this.#maps.answered();
        break;
      case "race":
        state.racing = undefined;
        if (current) state.race = answer.race;
        break;
      case "replay":
        if (current) this.#replayed(answer.replay);
        else this.#replayPending = false;
    }
    this.invalidate();
  }

  /** The worker itself has failed: nothing more will be answered. */
  broken(message: string): void {
    const { state } = this;
    state.progress = undefined;
    state.racing = undefined;
    state.playing = false;
    state.failure = {
      message: `The page's worker failed: ${message}; load the page again`,
      problems: [],
      more: 0,
    };
    this.invalidate();
  }

  #failed(answer: Extract<BookAnswer, { readonly kind: "failed" }>, current: boolean): void {
    const { state } = this;
    if (answer.request === "frame") this.#frames.answered();
    if (answer.request === "map") this.#maps.answered();
    if (answer.request === "replay") {
      this.#replayPending = false;
      state.playing = false;
      if (current) this.#look(true);
    }
    if (state.racing?.id === answer.id) state.racing = undefined;
    this.#loads.delete(answer.id);
    const isLoad = state.progress?.id === answer.id;
    if (isLoad) state.progress = undefined;
    if (isLoad || current) {
      const { message, problems, more } = answer;
      state.failure = { message, problems, more };
    }
  }

  #gotFrame(frame: FrameFacts, current: boolean): void {
    const requestedAt = this.#requestedAt;
    const drawnBefore = this.#undrawn === undefined;
    if (current) {
      this.state.frame = frame;
      this.#undrawn = { frame, requestedAt };
    }
    this.#frames.answered();
    // The next prices of a sweep go out while this frame is drawn, but no frame is scanned that cannot be.
    if (current && drawnBefore) this.#advanceSweep();
  }

  #advanceSweep(): void {
    if (this.state.sweep > 0 && this.#frames.idle) this.#sweepOn();
  }

  #send(request: Unnumbered<BookRequest>): number {
    const id = ++this.#id;
    this.#host.worker.postMessage({ ...request, id } as BookRequest);
    return id;
  }

  // ── drawing ───────────────────────────────────────────────────────────────────────────────────────

  /** Draws before the next frame. */
  invalidate(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    this.#host.nextFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { state } = this;
    this.#host.draw(state);
    const undrawn = this.#undrawn;
    this.#undrawn = undefined;
    if (undrawn !== undefined) {
      const { frame, requestedAt } = undrawn;
      const sweeping = state.sweep > 0;
      state.log.add(frame.scanMs, frame.workMs, requestedAt, this.#host.now(), sweeping);
      if (sweeping) this.#countSweep();
    }
    this.#playOn();
    if (state.playing) this.invalidate();
  }

  #countSweep(): void {
    const { state } = this;
    state.sweep--;
    if (state.sweep > 0) {
      this.#advanceSweep();
      return;
    }
    state.measured = measuredOf(state);
    this.setMove(0);
  }
}
