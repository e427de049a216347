// Model-based tests of the account model.
import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { runs } from "../support/runs.ts";
import { draw, profile } from "./model/draws.ts";
import { Play, show } from "./model/play.ts";
import { resolve } from "./model/resolve.ts";

describe("random commands against the model", () => {
  const met = new Map<string, number>();
  it("invariants 6, 7, 9, 10, 12: engine and model agree after every command", () => {
    fc.assert(
      fc.property(
        profile,
        fc.array(draw, { minLength: 1, maxLength: 40, size: "max" }),
        (venue, draws) => {
          const play = new Play(venue, met);
          try {
            for (const one of draws) {
              const command = resolve(play.book, one);
              if (command !== undefined) play.step(command);
            }
          } catch (error) {
            const commands = play.log
              .slice(10)
              .map((command) => show(command))
              .join("\n");
            throw new Error(
              `${error}\nprofile ${JSON.stringify(venue)}\naccepted before:\n${commands}`,
              { cause: error },
            );
          }
        },
      ),
      { ...runs(60) },
    );
  });
  afterAll(() => {
    if (process.env.MET)
      console.log(
        [...met]
          .sort()
          .map(([k, n]) => `${n} ${k}`)
          .join("\n"),
      );
  });
});
