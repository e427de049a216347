// What the page knows at a moment; views draw it, the app changes it.
import type { Address } from "./address.ts";
import { FrameLog, type Spread } from "./frame-stats.ts";
import type {
  BookFacts,
  FrameFacts,
  MapFacts,
  Problem,
  RaceFacts,
  ReplayBar,
  ReplayFacts,
} from "./protocol.ts";

/** Frames that the distributions look back on. */
export const LOG_SIZE = 300;
/** Frames of a measurement. */
export const SWEEP_FRAMES = 300;

export interface Failure {
  readonly message: string;
  readonly problems: readonly Problem[];
  readonly more: number;
}

export interface Progress {
  /** Number of the load. */
  readonly id: number;
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** What a measurement came to. */
export interface Measured {
  readonly accounts: number;
  readonly frames: number;
  readonly perSecond: number;
  readonly interval: Spread;
  readonly scan: Spread;
  readonly work: Spread;
  readonly whole: Spread;
}

/** Minutes of the tape a second; 0: as fast as it goes. */
export const SPEEDS = [1, 10, 60, 0] as const;

export interface PageState {
  address: Address;
  /** What the size and seed fields say. */
  sizeField: number;
  seedField: string;
  progress: Progress | undefined;
  failure: Failure | undefined;
  /** How the book at hand came to be, to make it anew. */
  source: { readonly kind: "seed" } | { readonly kind: "files"; readonly files: readonly File[] };
  book: BookFacts | undefined;
  market: number;
  movePpm: number;
  together: boolean;
  frame: FrameFacts | undefined;
  map: MapFacts | undefined;
  log: FrameLog;
  /** Frames of the sweep that are still to come; 0: none is under way. */
  sweep: number;
  measured: Measured | undefined;
  race: RaceFacts | undefined;
  racing: Progress | undefined;
  replay: ReplayFacts | undefined;
  replayBars: ReplayBar[];
  playing: boolean;
  speed: number;
  dragging: boolean;
  dropping: boolean;
}

/** Nothing of the book before holds of another. */
export function forgetBook(state: PageState): void {
  state.frame = undefined;
  state.map = undefined;
  state.race = undefined;
  state.racing = undefined;
  state.replay = undefined;
  state.replayBars = [];
  state.measured = undefined;
  state.log.clear();
}

/** What the address remembers. */
export function addressOf({ address, market, movePpm, together, book }: PageState): Address {
  const symbol = market === 0 ? "" : (book?.markets[market]?.symbol ?? "");
  return { ...address, market: symbol, movePpm, together };
}

/** The log of a measurement that is over. */
export function measuredOf({ book, log }: PageState): Measured {
  return {
    accounts: book?.accounts ?? 0,
    frames: log.count,
    perSecond: log.perSecond,
    interval: log.spread("interval"),
    scan: log.spread("scan"),
    work: log.spread("work"),
    whole: log.spread("whole"),
  };
}

/** Where the market on view has a mark: only then are there prices to drag. */
export function hasPrice({ book, market }: PageState): boolean {
  return (book?.markets[market]?.mark ?? 0) > 0;
}

/** Whether a map is of what the controls say. */
export function isOnView({ market, together }: MapFacts, state: PageState): boolean {
  return market === state.market && together === state.together;
}

/** Price of the market on view, in units: the last frame's where that was of this market, else its mark. */
export function priceOnView({ frame, book, market }: PageState): number {
  if (frame?.shock.market === market) return frame.price;
  return book?.markets[market]?.mark ?? 0;
}

export function initialState(address: Address): PageState {
  return {
    address,
    sizeField: address.accounts,
    seedField: address.seed,
    progress: undefined,
    failure: undefined,
    source: { kind: "seed" },
    book: undefined,
    market: 0,
    movePpm: address.movePpm,
    together: address.together,
    frame: undefined,
    map: undefined,
    log: new FrameLog(LOG_SIZE),
    sweep: 0,
    measured: undefined,
    race: undefined,
    racing: undefined,
    replay: undefined,
    replayBars: [],
    playing: false,
    speed: 60,
    dragging: false,
    dropping: false,
  };
}
