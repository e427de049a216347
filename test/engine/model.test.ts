// The account model, judged by a second one (test/support/model/): random commands of every kind, over one-way, hedged and multi-asset
// accounts, under every named profile and under knobs turned at random. After each command the two must agree on verdict and code, on
// every balance, position, order, setting and figure; invariants of the architecture are asked beside that (model/play.ts has them).
//
// A failure prints fast-check's seed and path and the commands that led to it, shrunk, as lines of source. To play it again:
//
//   UNDERKEEL_SEED=<seed> UNDERKEEL_PATH=<path> npx vitest run --project node test/engine/model.test.ts
//
// UNDERKEEL_RUNS=50 plays fifty times as many games.
import fc from "fast-check";
import { describe, it } from "vitest";
import type { Command, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { type Draw, game, turnedProfile } from "./model/draws.ts";
import { PINNED } from "./model/pinned.ts";
import { Play, show } from "./model/play.ts";
import { resolve } from "./model/resolve.ts";

const NAMES = ["default", "binance", "bybit", "okx", "hyperliquid", "dydx"] as const;

/** A game of draws; a failure tells the commands before it. */
function playDraws(profile: Profile, draws: readonly Draw[]): void {
  const play = new Play(profile);
  let last: Command | undefined;
  try {
    for (const draw of draws) {
      last = resolve(play.book, draw);
      if (last !== undefined) play.step(last);
    }
    last = undefined;
    play.finish();
  } catch (error) {
    const told = [...play.log.slice(play.start), ...(last === undefined ? [] : [last])].map(show);
    const where = `${String(error)}\nprofile ${JSON.stringify(profile)}\n${told.join("\n")}`;
    throw new Error(where, { cause: error });
  }
}

/** Seed and path of a failure to play again (Node only). */
function replay(): { readonly seed?: number; readonly path?: string } {
  if (typeof process === "undefined") return {};
  const { UNDERKEEL_SEED: seed, UNDERKEEL_PATH: path } = process.env;
  return {
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Shrinking may take so long, and a test somewhat longer; both grow with UNDERKEEL_RUNS. */
const SHRINK_MS = runs(60_000).numRuns;
const TIMEOUT_MS = 2 * SHRINK_MS;

function settings(games: number): fc.Parameters<unknown> {
  return { ...runs(games), ...replay(), interruptAfterTimeLimit: SHRINK_MS };
}

describe("invariants 6, 7, 8, 9, 10 and 12: engine and model agree after every command", () => {
  it.each(NAMES)("under the profile %s", { timeout: TIMEOUT_MS }, (name) => {
    const property = fc.property(game, (draws) => playDraws(name, draws));
    fc.assert(property, settings(6));
  });

  it.each(PINNED)("again: $name", ({ profile, commands }) => {
    const play = new Play(profile);
    for (const command of commands) play.step(command);
    play.finish();
  });

  it("under knobs turned at random", { timeout: TIMEOUT_MS }, () => {
    const property = fc.property(turnedProfile, game, playDraws);
    fc.assert(property, settings(30));
  });
});
