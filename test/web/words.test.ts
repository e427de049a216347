// Sentences on the page: every verdict and refusal of the engine has words, and the figures in them are the engine's.
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { PROFILE_NAMES } from "../../src/engine/profiles.ts";
import type { StopDefinition, StopVerdict, StopView } from "../../src/types.ts";
import { emptyState, exampleState } from "../../web/check/samples.ts";
import { accountOf } from "../../web/check/state.ts";
import {
  choiceOf,
  STOP_CHOICES,
  type StopChoice,
  stopFigure,
  stopOfChoice,
  withFigure,
} from "../../web/check/stop-fields.ts";
import {
  baseOf,
  PROFILE_WORDS,
  refusalWords,
  scopeName,
  stopVerdict,
  switchedWords,
  transferWords,
} from "../../web/check/words.ts";

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";

describe("names of contracts", () => {
  it.each([
    [BTC, "BTC"],
    ["BTC/USDT:USDT-260925", "BTC-260925"],
    ["BTC/USDC:USDC", "BTC/USDC"],
    ["BTC/USD:BTC", "BTC/USD"],
    ["BTC/USD:BTC-260925", "BTC/USD-260925"],
    ["BTC/USD:ETH", "BTC/USD:ETH"],
    ["BTC/USDT:BTC", "BTC/USDT:BTC"],
    ["BTCUSDT", "BTCUSDT"],
    ["constructor", "constructor"],
  ])("%s is %s, and nothing else is", (symbol, name) => {
    expect(baseOf(symbol)).toBe(name);
  });
});

function views(stops: readonly StopDefinition[]): StopView[] {
  const { book } = exampleState();
  const account = { ...accountOf(book), stops };
  return RiskEngine.fromBook({ ...book, accounts: [account] })
    .account("example")
    .stops();
}

const mark = (symbol: string, triggerPrice: string): StopDefinition => ({
  kind: "mark",
  symbol,
  side: "long",
  triggerPrice,
});

describe("verdicts", () => {
  it("say where it fires and what is left", () => {
    const [armed, contested] = views([mark(ETH, "3850"), mark(BTC, "109000")]).map((view) =>
      stopVerdict(view),
    );
    expect(armed).toEqual({
      short: "armed",
      tone: "good",
      text: "Fires at 3,850. Closes 30 at 3,850: −4,950.00 USD and a fee of 57.75. 3,022.25 go back to the wallet.",
    });
    expect(contested?.text).toBe(
      "Fires at 109,000 if everything else holds: once there, a move of 8.22 % against the other positions liquidates the account first. Closes 2.8 at 109,000: −22,960.00 USD and a fee of 152.60. That leaves 11,919.40 equity, 11,199.65 of it clear of liquidation.",
    );
  });

  it("say that a stop is beyond liquidation, and where it would work", () => {
    const [view] = views([mark(ETH, "3740")]);
    const verdict = stopVerdict(view as StopView);
    expect(verdict.tone).toBe("bad");
    // The exact price, rounded toward the mark.
    expect(view?.clampedPrice?.startsWith("3762.38")).toBe(true);
    expect(verdict.text).toBe(
      "The position is liquidated before the mark reaches 3,740: this stop never closes it. The latest trigger that still works is 3,762.39.",
    );
  });

  it("tell a stop that is passed at the marks from one that is passed on a slider", () => {
    const [view] = views([mark(ETH, "3950")]) as [StopView];
    expect(stopVerdict(view).text).toContain("fires with the next price");
    expect(stopVerdict(view, true).text).toContain("would have fired on the way here");
  });

  it("exist for every verdict", () => {
    const [view] = views([mark(ETH, "3850")]) as [StopView];
    const all: StopVerdict[] = [
      "armed",
      "immediate",
      "beyondLiquidation",
      "contested",
      "inactive",
      "suspended",
      "never",
    ];
    for (const verdict of all) {
      const { text, short } = stopVerdict({ ...view, verdict });
      expect(text).toMatch(/^[A-Z].*\.$/);
      expect(short).not.toBe("");
    }
    const exhausted = stopVerdict({ ...view, outcome: null, refusal: "MARGIN_EXHAUSTED" });
    expect(exhausted.text).toContain("the venue would cancel the stop");
  });

  it("of an equity floor name the floor", () => {
    const [floor, low] = views([
      { kind: "equity", settle: "USDT", equityFloor: "20000" },
      { kind: "equity", settle: "USDT", equityFloor: "1000" },
    ]) as [StopView, StopView];
    expect(stopVerdict(floor).text).toMatch(
      /^Fires when equity falls to 20,000.00. If it fired at the prices shown it would close 2 positions: /,
    );
    expect(stopVerdict(low).text).toContain("The lowest floor that works is 2,034.77.");
  });
});

describe("switches of margin mode", () => {
  it("say where liquidation moves and what leaves the wallet", () => {
    const { book } = exampleState();
    const engine = RiskEngine.fromBook(book);
    const target = { account: "example", symbol: "SOL/USDT:USDT" } as const;
    const preview = engine.previewMarginMode({ ...target, marginMode: "isolated" });
    const sol = preview.positions.find(({ symbol }) => symbol === target.symbol);
    expect(preview.transfer).toBe("12330");
    expect(transferWords(preview, "USDT")).toBe(
      "12,330.00 USDT leave the wallet for this position.",
    );
    expect(switchedWords(sol as NonNullable<typeof sol>)).toMatch(
      /^SOL: liquidation moves from 249\.88\d to 22\d\.\d+\.$/,
    );
    expect(transferWords({ ...preview, transfer: "-1.001" }, "USDT")).toBe(
      "1.00 USDT return to the wallet.",
    );
    const whole = { ...preview, positions: [...preview.positions, ...preview.positions] };
    expect(transferWords(whole, "USDT")).toContain("leave the wallet for 2 positions.");
    expect(transferWords({ ...preview, transfer: "0", closed: "0.5" }, "USDT")).toBe(
      "No money moves. 0.5 contracts are closed to make it fit.",
    );
  });

  it("say why the venue refuses, never in codes", () => {
    const { book } = exampleState();
    for (const profile of ["binance", "hyperliquid", "dydx", "okx"] as const) {
      const engine = RiskEngine.fromBook({
        ...book,
        profile,
        accounts: [{ ...accountOf(book), stops: [] }],
      });
      const { refusal } = engine.previewMarginMode({
        account: "example",
        symbol: BTC,
        marginMode: "isolated",
      });
      const words = refusalWords(refusal?.code ?? "", "Venue");
      expect(words).toMatch(/^Venue (does not change|knows no switch)/);
    }
    expect(refusalWords("SOMETHING_NEW", "Venue")).toBe("It is refused (something new).");
  });

  it("knows every profile", () => {
    expect(Object.keys(PROFILE_WORDS)).toEqual(PROFILE_NAMES);
  });
});

describe("stops as they are edited", () => {
  const choices = Object.keys(STOP_CHOICES) as StopChoice[];

  it("keep their figure through editing, shares in per cent", () => {
    for (const choice of choices) {
      const stop = stopOfChoice(choice, { id: "1", symbol: ETH, side: "long" }, "3850");
      expect(choiceOf(stop)).toBe(choice);
      for (const text of ["2.5", "1.0", "10"])
        expect(stopFigure(withFigure(stop, text))).toBe(text);
    }
    const trailing = stopOfChoice("trailing", { symbol: ETH, side: "long" }, "");
    expect(withFigure(trailing, "2.5")).toMatchObject({ rate: "0.025" });
    expect(withFigure(trailing, "2.")).toMatchObject({ rate: "2." });
    const far: StopDefinition = { kind: "trailing", symbol: ETH, side: "long", distance: "50" };
    expect(withFigure(far, "60")).toEqual({ ...far, distance: "60" });
  });

  it("are ones that the engine takes", () => {
    const isolated = { symbol: ETH, side: "long" } as const;
    const stops = choices.map((choice) => {
      const cross = STOP_CHOICES[choice].of === "cross";
      return stopOfChoice(choice, cross ? { settle: "USDT" } : isolated, "3900");
    });
    expect(views(stops).length).toBe(choices.length);
  });
});

it("scopes are named as people would", () => {
  const { book } = emptyState();
  const [scope] = RiskEngine.fromBook(book).account("account").scopes();
  expect(scopeName(scope as NonNullable<typeof scope>)).toBe("Cross account (USDT)");
  expect(scopeName({ symbol: ETH, side: "long", settle: "USDT" })).toBe("ETH long, isolated");
});
