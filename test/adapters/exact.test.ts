// The arithmetic under the adapters: decimals as printed, roundings by their name, signed notionals against exact fractions; and
// names of contracts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compare,
  decimalsIn,
  difference,
  exactOf,
  exactQuotient,
  floorUnits,
  nearest,
  negated,
  product,
  signedNotionalCeil,
  signedNotionalFloor,
  size,
  sum,
  textOf,
} from "../../src/adapters/exact.ts";
import {
  binanceSymbol,
  bybitSymbol,
  deliveryText,
  hyperliquidSymbol,
  okxSymbol,
  partsOfSymbol,
} from "../../src/adapters/symbols.ts";
import { runs } from "../support/runs.ts";
import { refusal } from "./support.ts";

const of = (value: unknown): ReturnType<typeof exactOf> => exactOf(value, "here");

describe("decimals", () => {
  it.each([
    ["0.250", 250n, 3],
    ["-0.000", 0n, 3],
    ["12", 12n, 0],
    [0.25, 25n, 2],
    [1e-7, 1n, 7],
    ["1e-7", 1n, 7],
    [-1234.5, -12345n, 1],
    [9.223372036854776e18, 9223372036854776000n, 0],
  ])("%j", (value, units, decimals) => {
    expect(of(value)).toEqual({ units, decimals });
  });

  it.each([
    "",
    " 1",
    "1,5",
    "0x10",
    "1.",
    ".5",
    "+1",
    "--1",
    "1e",
    null,
    undefined,
    true,
    {},
    Number.NaN,
    "9".repeat(41),
  ])("refuses %j", (value) => {
    const error = refusal(() => of(value));
    expect(["BAD_VALUE", "TOO_MANY_DECIMALS", "OUT_OF_RANGE"]).toContain(error.code);
    expect(error.path).toBe("here");
  });

  it("round as their names say", () => {
    expect(floorUnits(of("-0.15"), 1)).toBe(-2n);
    expect(floorUnits(of("0.15"), 1)).toBe(1n);
    expect(floorUnits(of("0.15"), 4)).toBe(1500n);
    expect(textOf(nearest(of("0.15"), 1))).toBe("0.2");
    expect(textOf(nearest(of("0.149"), 1))).toBe("0.1");
    expect(textOf(nearest(of("7"), 1))).toBe("7");
    expect(decimalsIn(of("1.500"))).toBe(1);
    expect(decimalsIn(of("0.000"))).toBe(0);
    expect(exactQuotient(of("100.02765"), of("0.0335"), 8)).toEqual({
      units: 298_590_000_000n,
      decimals: 8,
    });
    expect(exactQuotient(of("1"), of("3"), 8)).toBeNull();
    expect(compare(of("1.0"), of("1"))).toBe(0);
    expect(compare(of("-2"), of("-1.99"))).toBeLessThan(0);
  });

  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 12 }))
    .map(([units, decimals]) => ({ units, decimals }));

  it("add, subtract and multiply exactly", () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(compare(sum(difference(a, b), b), a)).toBe(0);
        expect(compare(product(a, b), product(b, a))).toBe(0);
        expect(compare(negated(negated(a)), a)).toBe(0);
        expect(size(a).units >= 0n).toBe(true);
        const units = floorUnits(a, 6);
        const gap = difference(a, { units, decimals: 6 });
        expect(gap.units >= 0n && compare(gap, { units: 1n, decimals: 6 }) < 0).toBe(true);
      }),
      runs(300),
    );
  });
});

describe("signed notionals", () => {
  const positive = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 10n }), fc.integer({ min: 0, max: 10 }))
    .map(([units, decimals]) => ({ units, decimals }));

  it("round a value down and a cost up, within one unit of the fraction", () => {
    fc.assert(
      fc.property(
        fc.record({
          linear: fc.boolean(),
          long: fc.boolean(),
          contracts: positive,
          contractSize: positive,
          price: positive,
        }),
        (terms) => {
          const { linear, long, contracts, contractSize, price } = terms;
          const low = signedNotionalFloor(terms, 8);
          const high = signedNotionalCeil(terms, 8);
          expect(high - low === 0n || high - low === 1n).toBe(true);
          expect(low < 0n).toBe(linear !== long);
          // |notional| · divisor against the exact dividend, sign apart.
          const base = contracts.units * contractSize.units;
          const scale = 10n ** BigInt(contracts.decimals + contractSize.decimals);
          const ten = 10n ** BigInt(price.decimals);
          const dividend = (linear ? base * price.units : base * ten) * 10n ** 8n;
          const divisor = linear ? scale * ten : scale * price.units;
          const smaller = linear === long ? low : -high;
          expect(smaller * divisor <= dividend && dividend < (smaller + 1n) * divisor).toBe(true);
        },
      ),
      runs(300),
    );
  });
});

describe("names of contracts", () => {
  it.each([
    [binanceSymbol, "BTCUSDT", "BTC/USDT:USDT"],
    [binanceSymbol, "BTCUSDC", "BTC/USDC:USDC"],
    [binanceSymbol, "1000PEPEUSDT", "1000PEPE/USDT:USDT"],
    [binanceSymbol, "BTCUSDT_241227", "BTC/USDT:USDT-241227"],
    [binanceSymbol, "BTCUSD_PERP", "BTC/USD:BTC"],
    [binanceSymbol, "ETHUSD_241227", "ETH/USD:ETH-241227"],
    [bybitSymbol, "BTCUSDT", "BTC/USDT:USDT"],
    [bybitSymbol, "BTCPERP", "BTC/USDC:USDC"],
    [bybitSymbol, "BTCUSD", "BTC/USD:BTC"],
    [okxSymbol, "BTC-USDT-SWAP", "BTC/USDT:USDT"],
    [okxSymbol, "BTC-USD-SWAP", "BTC/USD:BTC"],
    [okxSymbol, "ETH-USDC-SWAP", "ETH/USDC:USDC"],
    [okxSymbol, "BTC-USD-241227", "BTC/USD:BTC-241227"],
    [hyperliquidSymbol, "kPEPE", "kPEPE/USDC:USDC"],
    [partsOfSymbol, "BTC/USD:BTC-241227", "BTC/USD:BTC-241227"],
  ] as const)("%o %s is %s", (read, id, symbol) => {
    const parts = read(id, "id");
    expect(parts.symbol).toBe(symbol);
    expect(parts.linear).toBe(parts.quote === parts.settle);
  });

  it.each([
    [binanceSymbol, "BTCEUR"],
    [binanceSymbol, "USDT"],
    [binanceSymbol, "btcusdt"],
    [bybitSymbol, "BTC-27DEC24"],
    [bybitSymbol, "BTCUSDH25"],
    [okxSymbol, "BTC-USDT"],
    [okxSymbol, "BTC-USD-241227-90000-C"],
    [hyperliquidSymbol, "@107"],
    [hyperliquidSymbol, "xyz:TSLA"],
    [partsOfSymbol, "BTC/USDT"],
    [partsOfSymbol, "BTC/USDT:USDT-241227-90000-C"],
  ] as const)("%o refuses %s by name", (read, id) => {
    const error = refusal(() => read(id, "id"));
    expect(error.code).toBe("UNKNOWN_SYMBOL");
    expect(error.message).toContain(id);
  });

  it("deliveries are days in UTC; a perpetual's year 2100 is none", () => {
    expect(deliveryText(1_735_286_400_000)).toBe("241227");
    expect(deliveryText(4_133_404_800_000)).toBe("");
    expect(deliveryText(0)).toBe("");
  });
});
