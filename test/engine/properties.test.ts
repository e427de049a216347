// Invariants of the account model, each named by its number in docs/architecture.md: random sequences of commands
// against sums taken independently here.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { Command, FillCommand } from "../../src/types.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

const SYMBOLS = [BTC, ETH, COIN] as const;
const MARKS: Record<string, number> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };
const AMOUNT_DECIMALS: Record<string, number> = { [BTC]: 3, [ETH]: 2, [COIN]: 0 };

function tryApply(engine: RiskEngine, command: Command): boolean {
  try {
    engine.apply(command);
    return true;
  } catch (error) {
    if (error instanceof RiskError) return false;
    throw error;
  }
}

/** A fill that is legal in form; whether it is affordable is the engine's to say. */
const fillCommand: fc.Arbitrary<FillCommand> = fc
  .record({
    account: fc.constantFrom("one", "two"),
    symbol: fc.constantFrom(...SYMBOLS),
    side: fc.constantFrom("buy" as const, "sell" as const),
    size: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 3_000 })),
    priceMilli: fc.integer({ min: 700, max: 1_400 }),
    positionSide: fc.constantFrom("long" as const, "short" as const),
    marginMode: fc.option(fc.constantFrom("cross" as const, "isolated" as const), {
      nil: undefined,
    }),
    leverage: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    feeUnits: fc.bigInt({ min: -1_000n, max: 100_000_000n }),
  })
  .map((draw) => ({
    type: "fill",
    account: draw.account,
    symbol: draw.symbol,
    side: draw.side,
    amount: BigInt(draw.size),
    price: BigInt((MARKS[draw.symbol] ?? 0) * draw.priceMilli) * 100_000n,
    fee: draw.feeUnits,
    ...(draw.account === "two" ? { positionSide: draw.positionSide } : {}),
    ...(draw.marginMode === undefined ? {} : { marginMode: draw.marginMode }),
    ...(draw.leverage === undefined ? {} : { leverage: `${draw.leverage}` }),
  }));

const ceil = (dividend: bigint, divisor: bigint): bigint =>
  dividend > 0n ? (dividend + divisor - 1n) / divisor : dividend / divisor;

/** Signed notional of a signed trade at a price, rounded up: what the trade takes out of the account. */
function tradeCost(symbol: string, quantity: bigint, price: bigint): bigint {
  if (symbol === COIN) return ceil(-quantity * 100n * 10n ** 16n, price);
  return ceil(quantity * price, 10n ** BigInt(AMOUNT_DECIMALS[symbol] ?? 0));
}

/** Wallets + margins − costs of all pools that settle in an asset. */
function held(engine: RiskEngine, asset: string): bigint {
  let sum = 0n;
  for (const id of engine.accountIds()) {
    for (const { scope, settle, symbol, side } of engine.account(id).scopes()) {
      if (settle !== asset) continue;
      const view = engine.account(id);
      const handle =
        scope === "cross"
          ? view.crossScope(settle)
          : view.isolatedScope(symbol ?? "", side ?? "long");
      const pool = engine.kernel.poolState(handle.pool);
      sum += pool.collateral - pool.legs.reduce((total, leg) => total + leg.cost, 0n);
    }
  }
  return sum;
}

/** Signed units the account holds in the leg that a fill is for. */
function heldUnits(engine: RiskEngine, fill: FillCommand): bigint {
  const found = engine
    .account(fill.account)
    .positions()
    .find(
      ({ symbol, side }) =>
        symbol === fill.symbol && (fill.positionSide === undefined || side === fill.positionSide),
    );
  if (found === undefined) return 0n;
  const decimals = AMOUNT_DECIMALS[fill.symbol] ?? 0;
  const size = BigInt(Math.round(Number(found.contracts) * 10 ** decimals));
  return found.side === "long" ? size : -size;
}

/** What a fill takes out of wallets + margins − costs: fee and rounded-up cost; a flip is rounded in two parts. */
function expectedOutflow(before: bigint, fill: FillCommand): bigint {
  const quantity = fill.side === "buy" ? BigInt(fill.amount) : -BigInt(fill.amount);
  const price = BigInt(fill.price);
  const opposite = before !== 0n && before > 0n !== quantity > 0n;
  const size = (units: bigint): bigint => (units < 0n ? -units : units);
  const fee = BigInt(fill.fee ?? 0n);
  if (opposite && size(quantity) > size(before)) {
    return (
      fee +
      tradeCost(fill.symbol, -before, price) +
      tradeCost(fill.symbol, quantity + before, price)
    );
  }
  return fee + tradeCost(fill.symbol, quantity, price);
}

describe("random fills", () => {
  it("invariant 7: wallets + margins − costs change by fees and trade notionals rounded up, to the last unit", () => {
    fc.assert(
      fc.property(fc.array(fillCommand, { minLength: 1, maxLength: 25 }), (fills) => {
        const engine = fundedEngine();
        const sums: Record<string, bigint> = {
          USDT: held(engine, "USDT"),
          BTC: held(engine, "BTC"),
        };
        for (const fill of fills) {
          const asset = fill.symbol === COIN ? "BTC" : "USDT";
          const units = heldUnits(engine, fill);
          if (tryApply(engine, fill)) {
            sums[asset] = (sums[asset] ?? 0n) - expectedOutflow(units, fill);
          }
          expect(held(engine, asset)).toBe(sums[asset]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("open interest equals the sum of positions", () => {
    fc.assert(
      fc.property(fc.array(fillCommand, { minLength: 1, maxLength: 25 }), (fills) => {
        const engine = fundedEngine();
        for (const fill of fills) tryApply(engine, fill);
        const sums: Record<string, number> = {};
        for (const id of engine.accountIds()) {
          for (const { symbol, notional } of engine.account(id).positions()) {
            const asset = symbol === COIN ? "BTC" : "USDT";
            sums[asset] = (sums[asset] ?? 0) + Number(notional);
          }
        }
        const { notional } = engine.stats();
        for (const asset of ["USDT", "BTC"]) {
          expect(Number(notional[asset] ?? 0)).toBeCloseTo(sums[asset] ?? 0, 5);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("invariant 6: fills elsewhere never change an isolated scope", () => {
    fc.assert(
      fc.property(
        fc.array(fillCommand, { maxLength: 20 }),
        fc.integer({ min: 1_500, max: 2_500 }),
        (fills, mark) => {
          const engine = fundedEngine();
          const open = { account: "one", side: "sell", amount: "0.5", price: "50000" } as const;
          engine.fill({ ...open, symbol: BTC, marginMode: "isolated", leverage: "10" });
          const scope = engine.isolatedScope("one", BTC, "short");
          const before = scope.view();
          for (const fill of fills) {
            if (fill.account === "one" && fill.symbol === BTC) continue;
            tryApply(engine, fill);
          }
          engine.setMarks({ [ETH]: `${mark}` });
          engine.deposit("one", "USDT", "123.45");
          expect(scope.view()).toEqual(before);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("invariant 6: an isolated position's losses never reach the cross scope", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500_000 }), (mark) => {
        const engine = fundedEngine();
        engine.fill({ account: "one", symbol: ETH, side: "buy", amount: "5", price: "2000" });
        engine.fill({
          account: "one",
          symbol: BTC,
          side: "buy",
          amount: "1",
          price: "50000",
          marginMode: "isolated",
          leverage: "20",
        });
        const before = engine.crossScope("one", "USDT").view();
        engine.setMarks({ [BTC]: `${mark}` });
        expect(engine.crossScope("one", "USDT").view()).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it("invariant 12: more collateral never makes liquidatable", () => {
    fc.assert(
      fc.property(
        fc.array(fillCommand, { maxLength: 15 }),
        fc.integer({ min: 1, max: 200 }),
        fc.bigInt({ min: 1n, max: 10n ** 14n }),
        (fills, percent, amount) => {
          const engine = fundedEngine();
          for (const fill of fills) tryApply(engine, fill);
          engine.setMarks({ [BTC]: `${500 * percent}`, [ETH]: `${20 * percent}` });
          const before = [...engine.scan().lines()].map(({ account, scope, symbol }) =>
            [account, scope, symbol].join(),
          );
          engine.deposit("one", "USDT", amount);
          engine.deposit("two", "USDT", amount);
          const after = [...engine.scan().lines()].map(({ account, scope, symbol }) =>
            [account, scope, symbol].join(),
          );
          for (const line of after) expect(before).toContain(line);
        },
      ),
      { numRuns: 40 },
    );
  });
});

const garbage: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  undefined,
  null,
  "",
  "0",
  "-1",
  "0x10",
  "1,5",
  "1e999",
  "NaN",
  " 1",
  "1 ",
  "9".repeat(60),
  "0.000000001",
  "9007199254740992",
  "9007199254740993",
  "9223372036854775808",
  "__proto__",
  "constructor",
  "toString",
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  0.1,
  1e300,
  2 ** 53,
  2n ** 70n,
  -1n,
  0n,
  true,
  {},
  [],
  ["x"],
  "one",
  "two",
  "USDT",
  "BTC",
  BTC,
  ETH,
  "buy",
  "sell",
  "long",
  "short",
  "cross",
  "isolated",
  "1",
  "0.5",
  "50000",
);

const types = [
  "addAsset",
  "addMarket",
  "setMarks",
  "openAccount",
  "closeAccount",
  "deposit",
  "withdraw",
  "setBalance",
  "setPosition",
  "fill",
  "explode",
] as const;

const garbagePosition = fc.record({
  symbol: fc.oneof(fc.constantFrom(BTC, ETH), garbage),
  side: fc.oneof(fc.constantFrom("long", "short"), garbage),
  contracts: fc.oneof(fc.constant("1"), garbage),
  entryPrice: fc.oneof(fc.constant("50000"), garbage),
  marginMode: fc.oneof(fc.constantFrom("cross", "isolated"), garbage),
  leverage: garbage,
  isolatedMargin: garbage,
  entryNotional: garbage,
});

const garbageCommand: fc.Arbitrary<unknown> = fc.oneof(
  garbage,
  fc.record({
    type: fc.constantFrom(...types),
    account: fc.oneof(fc.constantFrom("one", "two"), garbage),
    asset: fc.oneof(fc.constantFrom("USDT", { code: "X" }, { code: "X", decimals: 19 }), garbage),
    amount: fc.oneof(fc.constantFrom("1", "1000000"), garbage),
    symbol: fc.oneof(fc.constantFrom(BTC, ETH), garbage),
    side: fc.oneof(fc.constantFrom("buy", "sell"), garbage),
    price: fc.oneof(fc.constantFrom("50000", "10"), garbage),
    fee: garbage,
    hedged: garbage,
    positionSide: fc.oneof(fc.constant(undefined), garbage),
    marginMode: fc.oneof(fc.constant(undefined), garbage),
    leverage: garbage,
    marks: fc.oneof(
      fc.dictionary(fc.constantFrom(BTC, ETH, "nope", "__proto__"), garbage),
      garbage,
    ),
    market: fc.oneof(
      fc.record({
        symbol: garbage,
        settle: garbage,
        linear: garbage,
        contractSize: garbage,
        precision: garbage,
        priceDecimals: garbage,
        taker: garbage,
        tiers: garbage,
        maxLeverage: garbage,
      }),
      fc.record({
        symbol: fc.constant("N"),
        settle: fc.constant("USDT"),
        precision: fc.record({ amount: garbage }),
        tiers: fc.array(
          fc.oneof(
            garbage,
            fc.record({
              minNotional: garbage,
              maxNotional: garbage,
              maintenanceMarginRate: garbage,
              maxLeverage: garbage,
            }),
          ),
          { maxLength: 2 },
        ),
      }),
      garbage,
    ),
    position: fc.oneof(garbagePosition, garbage),
  }),
);

describe("commands", () => {
  it("invariant 9: a refused command throws a RiskError and changes nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fillCommand, { maxLength: 6 }),
        fc.array(garbageCommand, { minLength: 1, maxLength: 20 }),
        (fills, commands) => {
          const engine = fundedEngine();
          for (const fill of fills) tryApply(engine, fill);
          for (const command of commands) {
            const before = engine.stateHash();
            const interest = engine.stats().notional;
            if (!tryApply(engine, command as Command)) {
              expect(engine.stateHash()).toBe(before);
              expect(engine.stats().notional).toEqual(interest);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("invariant 9: refused fills, in sequences where many are refused, change nothing", () => {
    fc.assert(
      fc.property(fc.array(fillCommand, { minLength: 5, maxLength: 30 }), (fills) => {
        const engine = fundedEngine();
        engine.setBalance("one", "USDT", "3000");
        for (const fill of fills) {
          const before = engine.stateHash();
          const report = engine.account(fill.account).report();
          if (!tryApply(engine, fill)) {
            expect(engine.stateHash()).toBe(before);
            // A wallet that was never touched may have come into being; nothing else.
            expect(engine.account(fill.account).report().positions).toEqual(report.positions);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("fromBook(toBook()) has the same state hash and reports", () => {
    fc.assert(
      fc.property(fc.array(fillCommand, { maxLength: 20 }), (fills) => {
        const engine = fundedEngine();
        for (const fill of fills) tryApply(engine, fill);
        const copy = RiskEngine.fromBook(JSON.parse(JSON.stringify(engine.toBook())));
        expect(copy.stateHash()).toBe(engine.stateHash());
        expect(copy.account("two").positions()).toEqual(engine.account("two").positions());
      }),
      { numRuns: 40 },
    );
  });
});

describe("metamorphic", () => {
  const units = fc.record({
    size: fc.integer({ min: 1, max: 10_000 }),
    entry: fc.integer({ min: 1_000, max: 100_000 }),
    move: fc.integer({ min: -900, max: 900 }),
    margin: fc.integer({ min: 1, max: 1_000_000 }),
  });

  function equityOf(
    side: "long" | "short",
    size: bigint,
    entry: number,
    mark: number,
    margin: number,
  ): bigint {
    const engine = emptyEngine();
    engine.setMarks({ [ETH]: `${mark}` });
    engine.openAccount("a");
    engine.setPosition("a", {
      symbol: ETH,
      side,
      contracts: size,
      entryPrice: `${entry}`,
      marginMode: "isolated",
      isolatedMargin: `${margin}`,
    });
    return engine.isolatedScope("a", ETH, side).figures().equity;
  }

  it("invariant 11: a short gains what a long loses, within the rounding of value and cost", () => {
    fc.assert(
      fc.property(units, ({ size, entry, move, margin }) => {
        const long = equityOf("long", BigInt(size), entry, entry + move, margin);
        const short = equityOf("short", BigInt(size), entry, entry - move, margin);
        const difference = long - short;
        expect(difference >= -2n && difference <= 2n).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("invariant 11: ten times the size and margin is ten times the equity, within ten roundings", () => {
    fc.assert(
      fc.property(units, ({ size, entry, move, margin }) => {
        const once = equityOf("long", BigInt(size), entry, entry + move, margin);
        const tenfold = equityOf("long", BigInt(size) * 10n, entry, entry + move, margin * 10);
        const difference = tenfold - once * 10n;
        expect(difference >= 0n && difference <= 20n).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("invariant 11: the order of accounts and positions changes no report", () => {
    fc.assert(
      fc.property(fc.array(fillCommand, { maxLength: 20 }), (fills) => {
        const engine = fundedEngine();
        for (const fill of fills) tryApply(engine, fill);
        const book = engine.toBook();
        const turned = {
          ...book,
          accounts: [...book.accounts].reverse().map((account) => ({
            ...account,
            positions: [...(account.positions ?? [])].reverse(),
          })),
        };
        const copy = RiskEngine.fromBook(turned);
        for (const id of ["one", "two"]) {
          expect(copy.account(id).positions()).toEqual(engine.account(id).positions());
        }
        expect(copy.scan().count).toBe(engine.scan().count);
      }),
      { numRuns: 30 },
    );
  });
});
