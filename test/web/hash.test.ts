// Links: what is shared comes back to the same, whatever was typed; and what is no link of ours is refused in words.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHash, encodeHash, HashError, parseState, stateText } from "../../web/check/hash.ts";
import { bundledMarkets, emptyState, exampleState } from "../../web/check/samples.ts";
import {
  addPosition,
  addStop,
  type CheckState,
  editPosition,
  setDirection,
  setMark,
  setProfile,
  setWallet,
  slide,
  slideJoint,
} from "../../web/check/state.ts";
import { runs } from "../support/runs.ts";

const markets = bundledMarkets();
const marketAt = fc.nat(markets.length - 1).map((index) => markets[index] as (typeof markets)[0]);
/** What people type, sound or not. */
const typed = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }).map((value) => String(value / 100)),
  fc.string({ unit: "binary", maxLength: 12 }),
);

type Edit = (state: CheckState) => CheckState;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(marketAt, fc.constantFrom("long" as const, "short" as const), typed).map(
    ([market, side, size]): Edit =>
      (state) =>
        addPosition(state, market, side, size),
  ),
  typed.map(
    (amount): Edit =>
      (state) =>
        setWallet(state, "USDT", amount),
  ),
  fc.tuple(fc.nat(3), typed).map(
    ([index, entryPrice]): Edit =>
      (state) =>
        editPosition(state, index, { entryPrice }),
  ),
  fc.tuple(marketAt, typed).map(
    ([{ definition }, mark]): Edit =>
      (state) =>
        setMark(state, definition.symbol, mark),
  ),
  fc.constantFrom("binance" as const, "dydx" as const).map(
    (profile): Edit =>
      (state) =>
        setProfile(state, profile),
  ),
  fc.integer({ min: -6000, max: 6000 }).map(
    (bp): Edit =>
      (state) =>
        slideJoint(state, bp),
  ),
  fc.constant<Edit>((state) => setDirection(state, "together")),
  fc.constant<Edit>((state) => slide(state, "BTC/USDT:USDT", "105367.02411874")),
  typed.map(
    (triggerPrice): Edit =>
      (state) =>
        addStop(state, { kind: "mark", symbol: "BTC/USDT:USDT", side: "long", triggerPrice }),
  ),
);

const state = fc
  .tuple(fc.constantFrom(exampleState(), emptyState()), fc.array(edit, { maxLength: 8 }))
  .map(([start, edits]) => edits.reduce((current, change) => change(current), start));

async function refusal(hash: string): Promise<string> {
  try {
    await decodeHash(hash);
  } catch (error) {
    expect(error).toBeInstanceOf(HashError);
    return (error as Error).message;
  }
  throw new Error("it was read");
}

describe("a link", () => {
  it("brings back every state", async () => {
    await fc.assert(
      fc.asyncProperty(state, async (shared) => {
        expect(parseState(stateText(shared))).toEqual(shared);
        expect(await decodeHash(await encodeHash(shared))).toEqual(shared);
      }),
      runs(60),
    );
  });

  it("is short: bundled contracts are named, not written out", async () => {
    const hash = await encodeHash(exampleState());
    expect(hash).toMatch(/^1\.[A-Za-z0-9_-]+$/);
    expect(hash.length).toBeLessThan(700);
  });

  it("writes out a contract whose brackets are its own", async () => {
    const example = exampleState();
    const [btc, ...others] = example.book.markets;
    const own = { ...(btc as NonNullable<typeof btc>), taker: "0.001" };
    const changed = { ...example, book: { ...example.book, markets: [own, ...others] } };
    expect(await decodeHash(await encodeHash(changed))).toEqual(changed);
  });

  it("is refused in words where it is cut off, altered, or of another version", async () => {
    const hash = await encodeHash(exampleState());
    expect(await refusal(hash.slice(0, 60))).toBe("it is cut off or altered");
    expect(await refusal("1.@@@")).toBe("it is cut off or altered");
    expect(await refusal(`9${hash.slice(1)}`)).toBe("it is of another version of this page");
    expect(await refusal("positions")).toBe("it is of another version of this page");
  });

  it("is refused where it holds something else", () => {
    const wrong = (value: unknown): string => {
      try {
        parseState(JSON.stringify(value));
      } catch (error) {
        expect(error).toBeInstanceOf(HashError);
        return (error as Error).message;
      }
      throw new Error("it was read");
    };
    const b = { markets: [], assets: [], marks: {}, accounts: [{ id: "a" }] };
    expect(wrong(null)).toBe("it holds no account");
    expect(wrong({ b: { ...b, markets: 1 } })).toBe("it holds no account");
    expect(wrong({ b: { ...b, accounts: [{ positions: [1] }] } })).toBe("its account is malformed");
    expect(wrong({ b: { ...b, markets: ["NOPE"] } })).toBe(
      "it names a contract unknown here: NOPE",
    );
    for (const v of [
      { jointBp: 7000 },
      { jointBp: 0.5 },
      { direction: "up" },
      { trial: { X: "-1" } },
      3,
    ]) {
      expect(wrong({ b, v })).toBe("its sliders are malformed");
    }
  });

  it("never unpacks without end", async () => {
    const bytes = await new Response(
      new Blob([new Uint8Array(8_000_000)])
        .stream()
        .pipeThrough(new CompressionStream("deflate-raw")),
    ).arrayBuffer();
    const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
    expect(await refusal(`1.${text.replaceAll("+", "-").replaceAll("/", "_")}`)).toBe(
      "it is too large",
    );
  });
});
