// Tells a screen reader what sliding changed: who is aground and which verdicts turned, at most one sentence a second and the last one
// always.
import type { Shown } from "./shown.ts";
import { baseOf, scopeName, stopVerdict } from "./words.ts";

const PAUSE_MS = 900;

/** What is worth telling, in one line. */
export function summaryOf({ report, moved }: Shown): string {
  const aground = report.scopes.filter(({ liquidatable }) => liquidatable).map(scopeName);
  const scopes =
    aground.length === 0 ? "Nothing is liquidated." : `Liquidated: ${aground.join("; ")}.`;
  const stops = report.stops.map((stop, at) => {
    const name = stop.symbol === null ? "" : ` of ${baseOf(stop.symbol)}`;
    return `Stop ${at + 1}${name}: ${stopVerdict(stop, moved).short}.`;
  });
  return [scopes, ...stops].join(" ");
}

export class Announcer {
  #told: string | null = null;
  #next = "";
  #timer = 0;

  tell(shown: Shown): void {
    this.#next = summaryOf(shown);
    // What stands there at the start is on the page already.
    this.#told ??= this.#next;
    if (this.#next === this.#told || this.#timer !== 0) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#told = this.#next;
      const live = document.getElementById("live");
      if (live !== null) live.textContent = this.#told;
    }, PAUSE_MS);
  }
}
