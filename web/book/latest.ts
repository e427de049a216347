// Requests of a kind of which only the newest matters: while one is in flight the next waits, and a newer one takes its place. So a slider
// dragged faster than the worker scans skips what nobody would see, and never queues up.

export class Latest<Wish> {
  #waiting: Wish | undefined;
  #inFlight = false;
  readonly #send: (wish: Wish) => void;

  constructor(send: (wish: Wish) => void) {
    this.#send = send;
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** True where nothing is in flight and nothing waits. */
  get idle(): boolean {
    return !this.#inFlight && this.#waiting === undefined;
  }

  want(wish: Wish): void {
    if (this.#inFlight) this.#waiting = wish;
    else this.#start(wish);
  }

  /** The one in flight was answered (or failed): what waits goes now. */
  answered(): void {
    this.#inFlight = false;
    const wish = this.#waiting;
    this.#waiting = undefined;
    if (wish !== undefined) this.#start(wish);
  }

  /** Forgets what waits. */
  forget(): void {
    this.#waiting = undefined;
  }

  #start(wish: Wish): void {
    this.#inFlight = true;
    this.#send(wish);
  }
}
