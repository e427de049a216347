// What the worker does, free of the worker's globals: holds one book and answers requests about it. Loads go on in slices and can be
// cancelled; the book before stays until the next one is whole, and whatever fails is told as an answer.
import { BookError, describeProblem } from "../../src/book/book-error.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskError } from "../../src/errors.ts";
import type {
  BookAnswer,
  BookRequest,
  MapRequest,
  Problem,
  RaceRequest,
  ReplayRequest,
} from "../book/protocol.ts";
import { FrameScanner } from "./frames.ts";
import { generatedBook } from "./generated-book.ts";
import { finishLoad, type LoadedBook, marketFacts, scopeColumns } from "./loaded-book.ts";
import { mapFacts } from "./maps.ts";
import { openedBook } from "./opened-book.ts";
import { Race } from "./race.ts";
import { CrashReplay } from "./replay.ts";

/** Problems that a failure lists. */
const LISTED = 20;

export interface SessionHost {
  /** Sends an answer; the buffers may be moved. */
  post(answer: BookAnswer, transfer: readonly ArrayBufferLike[]): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** Lets messages that wait be heard. */
  breathe(): Promise<void>;
}

class Cancelled extends Error {}

interface Held {
  readonly sink: BulkSink;
  readonly book: LoadedBook;
}

/** "positions.csv:17:5" of a problem's line, and the rest. */
function problemsOf(error: unknown): { problems: Problem[]; more: number; message: string } {
  if (error instanceof BookError) {
    const count = error.problems.length;
    const problems = error.problems.slice(0, LISTED).map((problem): Problem => {
      const { file, line, column } = problem;
      const place = line > 0 ? `${file}:${line}:${column}` : file;
      const text = describeProblem(problem);
      return {
        place,
        message: text.startsWith(`${place}: `) ? text.slice(place.length + 2) : text,
      };
    });
    const message = `The book has ${count} problem${count === 1 ? "" : "s"}; nothing was loaded.`;
    return { problems, more: Math.max(0, count - LISTED), message };
  }
  const message = error instanceof RiskError ? error.message : `internal error: ${String(error)}`;
  return { problems: [], more: 0, message };
}

export class BookSession {
  readonly #host: SessionHost;
  #held: Held | undefined;
  #frames: FrameScanner | undefined;
  #race: Race | string | undefined;
  #replay: CrashReplay | undefined;
  /** Number of the load under way. */
  #loading = 0;

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Answers a request; resolves when it is answered and never rejects. */
  async handle(request: BookRequest): Promise<void> {
    try {
      await this.#answer(request);
    } catch (error) {
      if (error instanceof Cancelled) this.#post({ kind: "cancelled", id: request.id });
      else {
        const { problems, more, message } = problemsOf(error);
        const { id, kind } = request;
        this.#post({ kind: "failed", id, request: kind, message, problems, more });
      }
    }
  }

  async #answer(request: BookRequest): Promise<void> {
    const { id } = request;
    switch (request.kind) {
      case "generate": {
        const { accounts, seed } = request;
        const name = `${accounts.toLocaleString("en-US")} accounts, seed ${seed}`;
        return this.#load(id, name, (tell) =>
          generatedBook(accounts, seed, (done) => tell("drawing accounts", done, accounts)),
        );
      }
      case "open": {
        const { files } = request;
        const name = files.map((file) => file.name).join(", ");
        return this.#load(id, name, (tell) =>
          openedBook(files, (done, total) => tell("reading", done, total)),
        );
      }
      case "cancel":
        if (this.#loading === id) this.#loading = 0;
        return;
      case "frame": {
        const frame = this.#scanner().scan(request, () => this.#host.now());
        return this.#post({ kind: "frame", id, frame });
      }
      case "map":
        return this.#map(request);
      case "race":
        return this.#runRace(request);
      case "replay":
        return this.#play(request);
    }
  }

  #post(answer: BookAnswer, transfer: readonly ArrayBufferLike[] = []): void {
    this.#host.post(answer, transfer);
  }

  #require(): Held {
    if (this.#held === undefined) throw new RiskError("BAD_VALUE", "no book is loaded yet", {});
    return this.#held;
  }

  async #load(
    id: number,
    name: string,
    fill: (tell: (what: string, done: number, total: number) => Promise<void>) => Promise<BulkSink>,
  ): Promise<void> {
    this.#loading = id;
    const { now } = this.#host;
    const started = now();
    let told = started;
    const tell = async (what: string, done: number, total: number): Promise<void> => {
      if (now() - told >= 50) {
        told = now();
        this.#post({ kind: "progress", id, what, done, total });
        await this.#host.breathe();
      }
      if (this.#loading !== id) throw new Cancelled();
    };
    const sink = await fill(tell);
    const loadMs = now() - started;
    this.#post({ kind: "progress", id, what: "building the screen", done: 1, total: 1 });
    await this.#host.breathe();
    if (this.#loading !== id) throw new Cancelled();
    const book = finishLoad(sink, name, loadMs, now);
    this.#loading = 0;
    this.#held = { sink, book };
    this.#frames = undefined;
    this.#race = undefined;
    this.#replay = undefined;
    this.#post({ kind: "loaded", id, book: book.facts });
  }

  /** Markets at their marks as they are now: a replay moves them. */
  #markets() {
    const { sink, book } = this.#require();
    return this.#replay === undefined ? book.markets : marketFacts(book.engine, sink);
  }

  #scanner(): FrameScanner {
    const { book } = this.#require();
    this.#frames ??= new FrameScanner(book.engine, this.#markets(), scopeColumns(book.engine));
    return this.#frames;
  }

  #map({ id, market, together }: MapRequest): void {
    const { book } = this.#require();
    const map = mapFacts(book.engine, this.#markets(), market, together, this.#host.now);
    const { prices, notional, scopes } = map;
    this.#post({ kind: "map", id, map }, [prices.buffer, notional.buffer, scopes.buffer]);
  }

  async #runRace({ id, rounds }: RaceRequest): Promise<void> {
    this.#post({ kind: "progress", id, what: "copying the book", done: 0, total: rounds });
    await this.#host.breathe();
    const { sink, book } = this.#require();
    this.#race ??= Race.create(book.engine, sink, this.#markets());
    const racing = this.#race;
    if (typeof racing === "string") {
      const legs = book.engine.kernel.legTotal;
      const race = { rounds, legs, repeats: 0, entries: [], refusal: racing };
      this.#post({ kind: "race", id, race });
      return;
    }
    const tell = async (done: number): Promise<void> => {
      this.#post({ kind: "progress", id, what: "racing", done, total: rounds });
      await this.#host.breathe();
      // Another book, or a replay that changes this one, which the rival's copy does not follow.
      if (this.#race !== racing) throw new Cancelled();
    };
    const race = await racing.run(rounds, this.#host.now, tell);
    this.#post(
      { kind: "race", id, race },
      race.entries.map(({ times }) => times.buffer),
    );
  }

  #play({ id, bars, budgetMs }: ReplayRequest): void {
    const { book } = this.#require();
    this.#replay ??= new CrashReplay(book.engine, book.markets, this.#host.now);
    // Scopes come and go, and prices move: nothing of the book before holds.
    this.#frames = undefined;
    this.#race = undefined;
    const replay = this.#replay.play(bars, budgetMs);
    this.#post(
      { kind: "replay", id, replay },
      replay.bars.map(({ prices }) => prices.buffer),
    );
  }
}
