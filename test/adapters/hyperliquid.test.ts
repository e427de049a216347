// Hyperliquid: dollars and sizes become wallets and margins such that equity is the account value to the last unit; margin tables;
// and a state whose own sums do not hold is refused. One state is that of the venue's API documentation (figures only).
import { describe, expect, it } from "vitest";
import {
  fromHyperliquid,
  type HyperliquidMeta,
  type HyperliquidOptions,
  type HyperliquidState,
} from "../../src/adapters/index.ts";
import type { BookDocument } from "../../src/types.ts";
import { equityOf, fixture, loaded, refusal, takenIn, units } from "./support.ts";

type Row = Record<string, unknown>;
interface State {
  assetPositions: { position: Row & { leverage: Row } }[];
  crossMarginSummary: { accountValue: string; totalRawUsd: string };
  marginSummary: { accountValue: string };
}

const BTC = "BTC/USDC:USDC";
const ETH = "ETH/USDC:USDC";
const SOL = "SOL/USDC:USDC";

function state(change: (state: State) => void = () => {}): State {
  const made = fixture<State>("hyperliquid-state");
  change(made);
  return made;
}

function book(options?: HyperliquidOptions, data: object = state()): BookDocument {
  return fromHyperliquid(
    data as HyperliquidState,
    fixture<HyperliquidMeta>("hyperliquid-meta"),
    options,
  );
}

function positionOf(made: State, index: number): Row & { leverage: Row } {
  return made.assetPositions[index]?.position as Row & { leverage: Row };
}

describe("an account", () => {
  it("has the venue's account values to the last unit", () => {
    const { crossMarginSummary, marginSummary } = state();
    expect(equityOf(book(), "USDC", "cross")).toBe(units(crossMarginSummary.accountValue));
    expect(equityOf(book(), "USDC")).toBe(units(marginSummary.accountValue));
    expect(book().accounts[0]?.balances).toEqual({ USDC: "5000.25" });
  });

  it("takes entry notionals from value less profit, where entry prices are printed rounded", () => {
    // 0.25 · 61234.5 would be 15308.625.
    expect(book().accounts[0]?.positions?.[0]).toMatchObject({
      side: "long",
      entryPrice: "61234.5",
      entryNotional: "15308.625013",
    });
    const { engine, account } = loaded(book());
    for (const [index, symbol] of [BTC, SOL, ETH].entries()) {
      const position = engine.account(account).position(symbol);
      const { unrealizedPnl, szi, positionValue } = positionOf(state(), index) as Record<
        string,
        unknown
      >;
      expect(units(position.unrealizedPnl)).toBe(units(String(unrealizedPnl)));
      expect(units(position.notional)).toBe(units(String(positionValue)));
      expect(position.side).toBe(String(szi).startsWith("-") ? "short" : "long");
    }
  });

  it("rounds wallets down and costs up where rounding is asked for", () => {
    const made = book({ decimals: { USDC: 2 }, rounding: "down" });
    // 15308.625013; −120.5 · 182.31 = −21968.355; −95.059824 + 100.04105 = 4.981226
    expect(made.accounts[0]?.positions).toMatchObject([
      { entryNotional: "15308.63" },
      { entryNotional: "-21968.35" },
      { entryNotional: "100.05", isolatedMargin: "4.98" },
    ]);
    const gap = units(state().marginSummary.accountValue) - equityOf(made, "USDC");
    expect(gap).toBeGreaterThan(0n);
    expect(gap).toBeLessThan(6_000_000n);
  });

  it("isolated margin is rawUsd plus cost: −95.059824 + 100.04105", () => {
    const { engine, account } = loaded(book());
    const position = engine.account(account).position(ETH);
    expect(position.isolatedMargin).toBe("4.981226");
    // marginUsed is the scope's equity.
    expect(engine.account(account).scope(ETH, "long").view().equity).toBe("4.967826");
  });

  it("derives marks from the state itself, others from contexts", () => {
    expect(book().marks).toEqual({ [BTC]: "62000", [SOL]: "180.5", [ETH]: "2985.9" });
    const all = fromHyperliquid(
      fixture("hyperliquid-state"),
      fixture("hyperliquid-meta-and-contexts"),
      {
        markets: "all",
      },
    );
    expect(all.marks).toEqual({
      [BTC]: "62000",
      [SOL]: "180.5",
      [ETH]: "2985.9",
      "DOGE/USDC:USDC": "0.15123",
      "OLD/USDC:USDC": "1",
    });
  });

  it("has margin tables without maintenance rates, and flat tables by their id", () => {
    const all = book({ markets: "all" });
    const tiers = new Map(all.markets.map((market) => [market.symbol, market.tiers]));
    expect(tiers.get(BTC)).toEqual([
      { tier: 1, minNotional: "0", maxNotional: "150000000", maxLeverage: "40" },
      { tier: 2, minNotional: "150000000", maxNotional: null, maxLeverage: "20" },
    ]);
    expect(tiers.get("DOGE/USDC:USDC")).toEqual([
      { tier: 1, minNotional: "0", maxNotional: null, maxLeverage: "10" },
    ]);
    const { engine, account } = loaded(all);
    // Half of 1/40 of 15500; half of 1/20 of 21750.25.
    expect(engine.account(account).position(BTC).maintenanceMargin).toBe("193.75");
    expect(engine.account(account).position(SOL).maintenanceMargin).toBe("543.75625");
  });

  it("has sizes and prices as fine as szDecimals says", () => {
    expect(book().markets[0]?.precision).toEqual({ amount: "0.00001", price: "0.1" });
    expect(book().assets).toEqual([{ code: "USDC", decimals: 6 }]);
  });

  it("keeps open orders that are no triggers", () => {
    const notes: string[] = [];
    const made = book({
      orders: fixture("hyperliquid-open-orders"),
      onNote: (note) => notes.push(note),
    });
    expect(made.accounts[0]?.orders).toEqual([
      { id: "91490942", symbol: SOL, side: "buy", amount: "10.5", price: "170", reduceOnly: true },
    ]);
    expect(takenIn(made).orders).toEqual(made.accounts[0]?.orders);
    expect(notes).toEqual([expect.stringContaining("91490943")]);
    expect(made.accounts[0]?.settings?.[0]).toEqual({
      symbol: BTC,
      marginMode: "cross",
      longLeverage: "20",
      shortLeverage: "20",
    });
  });
});

describe("the account of the venue's API documentation", () => {
  const documented = {
    assetPositions: [{ position: positionOf(state(), 2), type: "oneWay" }],
    crossMarginSummary: { accountValue: "13104.514502", totalRawUsd: "13104.514502" },
  };
  // The table of its day: ETH at most 50x.
  const meta = { universe: [{ name: "ETH", szDecimals: 4, maxLeverage: 50 }] };

  it("has the account value and the liquidation price printed there", () => {
    const made = fromHyperliquid(documented as unknown as HyperliquidState, meta);
    expect(equityOf(made, "USDC")).toBe(units("13109.482328"));
    const down = (from: BookDocument): string | null => {
      const { engine, account } = loaded(from);
      return engine.account(account).position(ETH).liquidationPrice.down;
    };
    // rawUsd is printed to half a millionth: 0.0000005 / (0.0335 · 0.99) = 0.0000151 of price. Dollars of six decimals add two units.
    const fine = { decimals: { USDC: 12 } };
    const finer = fromHyperliquid(documented as unknown as HyperliquidState, meta, fine);
    expect(Math.abs(Number(down(finer)) - 2866.26936529)).toBeLessThan(0.0000152);
    expect(Math.abs(Number(down(made)) - 2866.26936529)).toBeLessThan(0.0000152 + 0.0000604);
  });
});

describe("the state's own sums", () => {
  it("must hold for isolated positions: marginUsed = rawUsd + szi · mark", () => {
    const bent = state((made) => {
      positionOf(made, 2).marginUsed = "4.967836";
    });
    const error = refusal(() => book({}, bent));
    expect(error.path).toBe("state.assetPositions[2].position.marginUsed");
    expect(error.message).toContain("4.967836");
    expect(error.message).toContain("4.967826");
  });

  it("must hold for the cross account value", () => {
    const bent = state((made) => {
      made.crossMarginSummary.accountValue = "5409.73";
    });
    const error = refusal(() => book({}, bent));
    expect(error.path).toBe("state.crossMarginSummary.accountValue");
    expect(error.message).toContain("5409.729987");
  });

  it("refuses a position value that is no size times a price", () => {
    const bent = state((made) => {
      positionOf(made, 1).positionValue = "21750.250001";
    });
    expect(refusal(() => book({}, bent)).path).toBe(
      "state.assetPositions[1].position.positionValue",
    );
  });
});

describe("what is refused by name", () => {
  it("missing or partial meta", () => {
    const call = (meta: unknown) => () =>
      fromHyperliquid(fixture("hyperliquid-state"), meta as HyperliquidMeta);
    expect(refusal(call(undefined)).path).toBe("meta");
    expect(refusal(call({ universe: [] })).message).toContain("BTC");
    const meta = fixture<{ universe: Row[]; marginTables: unknown[] }>("hyperliquid-meta");
    meta.marginTables = [];
    expect(refusal(call(meta)).path).toBe("meta.universe[0].marginTableId");
    expect(refusal(call({ ...meta, marginTables: {} })).path).toBe("meta.marginTables");
  });

  it("other venues' answers, and the two swapped", () => {
    const bybit = fixture<HyperliquidState>("bybit-positions");
    expect(refusal(() => book({}, bybit)).message).toContain("looks like Bybit's positions");
    const meta = fixture("hyperliquid-meta") as HyperliquidState;
    expect(refusal(() => book({}, meta)).message).toContain("looks like Hyperliquid's meta");
  });

  it("coins of other deployers", () => {
    const bent = state((made) => {
      positionOf(made, 0).coin = "xyz:TSLA";
    });
    const error = refusal(() => book({}, bent));
    expect(error.code).toBe("UNKNOWN_SYMBOL");
    expect(error.message).toContain("xyz:TSLA");
  });

  it.each(["szi", "entryPx", "positionValue", "unrealizedPnl"])("a position without %s", (name) => {
    const bent = state((made) => {
      delete positionOf(made, 0)[name];
    });
    const error = refusal(() => book({}, bent));
    expect(error.code).toBe("BAD_VALUE");
    expect(error.path).toBe(`state.assetPositions[0].position.${name}`);
  });

  it("an isolated position without rawUsd, an unknown kind of leverage", () => {
    const raw = state((made) => {
      delete positionOf(made, 2).leverage.rawUsd;
    });
    expect(refusal(() => book({}, raw)).path).toContain("leverage.rawUsd");
    const kind = state((made) => {
      positionOf(made, 0).leverage.type = "portfolio";
    });
    expect(refusal(() => book({}, kind)).path).toContain("leverage.type");
  });
});
