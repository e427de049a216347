// Invariants of accounts that pledge coins, under random sequences of commands: every figure against the BigInt reference, what a
// coin counts against sums taken here, conservation, refusals, scans and books.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { referenceLiquidationPrice, referencePoolFigures } from "../../src/reference/index.ts";
import type { Command, ScopeView } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { coinEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";

const SYMBOLS = [BTC, ETH, COIN] as const;
const CODES = ["USDT", "BTC", "ETH"] as const;
const account = fc.constantFrom("one", "two");
const side = fc.constantFrom("long" as const, "short" as const);
/** Balances at and around the caps of BTC's tiers (2, 10 and 20 coins), small ones and debts, in units of 1e-8. */
const units = fc.oneof(
  fc.bigInt({ min: 1n, max: 3_000_000_000n }),
  fc.constantFrom(199_999_999n, 200_000_000n, 200_000_001n, 1_000_000_000n, 2_000_000_001n, 1n),
);

const moneyCommand: fc.Arbitrary<Command> = fc.record({
  type: fc.constantFrom("deposit" as const, "withdraw" as const, "setBalance" as const),
  account,
  asset: fc.constantFrom(...CODES),
  amount: fc.oneof(units, fc.bigInt({ min: -1_000_000_000n, max: 10n ** 13n })),
});

const priceCommand: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({
      BTC: fc.integer({ min: 1, max: 10_000_000 }),
      ETH: fc.integer({ min: 1, max: 10 ** 12 }),
    })
    .map(({ BTC: btc, ETH: eth }) => ({
      type: "setIndexPrices" as const,
      prices: { BTC: BigInt(btc), ETH: BigInt(eth) },
    })),
  fc.integer({ min: 500, max: 1_500 }).map((milli) => ({
    type: "setMarks" as const,
    marks: {
      [BTC]: BigInt(50 * milli) * 10n ** 8n,
      [ETH]: BigInt(2 * milli) * 10n ** 8n,
      [COIN]: BigInt(50 * milli) * 10n ** 8n,
    },
  })),
);

const tradeCommand: fc.Arbitrary<Command> = fc
  .record({
    account,
    symbol: fc.constantFrom(...SYMBOLS),
    side: fc.constantFrom("buy" as const, "sell" as const),
    size: fc.integer({ min: 1, max: 500 }),
    positionSide: side,
    marginMode: fc.constantFrom("cross" as const, "isolated" as const),
    leverage: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ size, positionSide, leverage, ...draw }) => ({
    ...draw,
    type: "fill" as const,
    amount: BigInt(size),
    price: BigInt(draw.symbol === ETH ? 2_000 : 50_000) * 10n ** 8n,
    leverage: String(leverage),
    ...(draw.account === "two" ? { positionSide } : {}),
  }));

const switchCommand: fc.Arbitrary<Command> = fc
  .record({ account, enabled: fc.boolean() })
  .map((draw) => ({ type: "setMultiAsset" as const, ...draw }));

const commands = fc.array(
  fc.oneof(moneyCommand, moneyCommand, priceCommand, tradeCommand, switchCommand),
  { minLength: 1, maxLength: 30 },
);

function start(): RiskEngine {
  const engine = coinEngine();
  engine.openAccount("one");
  engine.openAccount("two", { hedged: true });
  engine.deposit("one", "USDT", "20000");
  engine.setBalance("two", "BTC", "3");
  engine.setMultiAsset("one", true);
  return engine;
}

function accepted(engine: RiskEngine, command: Command): boolean {
  const before = engine.stateHash();
  try {
    engine.apply(command);
    return true;
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    // Invariant 9.
    expect(engine.stateHash()).toBe(before);
    return false;
  }
}

const ceil = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

/** Caps in units and ratios in hundredths, as the fixtures state them. */
const TIERS: Readonly<Record<string, readonly (readonly [bigint, bigint])[]>> = {
  BTC: [
    [200_000_000n, 95n],
    [1_000_000_000n, 90n],
    [2_000_000_000n, 50n],
  ],
  ETH: [[2n ** 63n, 80n]],
};

/** What a balance counts, in units of 1e-8 USDT, reckoned from the definition alone. */
function countedUnits(code: string, balance: bigint, price: bigint): bigint {
  const divisor = code === "BTC" ? 100n : 10n ** 8n;
  if (balance < 0n) {
    const size = -balance * price;
    const surcharge = code === "BTC" ? ceil(size, divisor * 10n) : 0n;
    return -ceil(size, divisor) - surcharge;
  }
  let [from, sum] = [0n, 0n];
  for (const [cap, ratio] of TIERS[code] ?? []) {
    const end = balance < cap ? balance : cap;
    if (end <= from) break;
    const value = (end - from) * price;
    sum += value / divisor - ceil(value * (100n - ratio), divisor * 100n);
    from = end;
  }
  return sum;
}

function parse(text: string, decimals: number): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, "0"));
  return text.startsWith("-") ? -size : size;
}

/** Sums of everything a pledging account's cross scope holds, taken from its views. */
function expectOwnSums(engine: RiskEngine, id: string): void {
  const view = engine.account(id);
  if (!view.multiAsset) return;
  const balances = view.balances();
  let equity = parse(balances.USDT ?? "0", 8);
  for (const code of ["BTC", "ETH"]) {
    const balance = parse(balances[code] ?? "0", 8);
    const price = parse(engine.indexPrice(code) ?? "0", code === "BTC" ? 2 : 8);
    const counted = countedUnits(code, balance, price);
    const told = view.collateral().find(({ asset }) => asset === code);
    expect(parse(told?.counted ?? "0", 8)).toBe(counted);
    equity += counted;
  }
  for (const position of view.positions()) {
    expect(position.symbol).not.toBe(COIN);
    if (position.marginMode === "cross") equity += parse(position.unrealizedPnl, 8);
  }
  const scope = view.scopes().find(({ scope, settle }) => scope === "cross" && settle === "USDT");
  expect(parse(scope?.equity ?? "0", 8)).toBe(equity);
  expect(
    view.scopes().every(({ scope, settle }) => scope === "isolated" || settle === "USDT"),
  ).toBe(true);
}

/** Invariants 1 and 3 on every pool. */
function expectReference(engine: RiskEngine): void {
  const { kernel } = engine;
  const scanned = new Set(engine.scan().handles);
  kernel.forEachPool((pool) => {
    const state = kernel.poolState(pool);
    const expected = referencePoolFigures(state, false);
    expect(kernel.poolFigures(pool)).toEqual(expected);
    expect(scanned.has(pool)).toBe(expected.liquidatable);
  });
}

function isUsed({ equity, maintenanceMargin, collateral }: ScopeView): boolean {
  return equity !== "0" || maintenanceMargin !== "0" || collateral !== "0";
}

describe("accounts that pledge coins, under random commands", () => {
  it("invariants 1, 3, 7 and 9: figures as the reference's, scans exact, totals kept, refusals without trace", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const engine = start();
        for (const command of sequence) {
          accepted(engine, command);
          for (const audit of Object.values(engine.audit())) expect(audit.difference).toBe("0");
          for (const id of ["one", "two"]) expectOwnSums(engine, id);
        }
        expectReference(engine);
      }),
      runs(60),
    );
  });

  it("invariant 10: a book of the state is the state, whatever way it came about", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const engine = start();
        for (const command of sequence) accepted(engine, command);
        const again = RiskEngine.fromBook(JSON.stringify(engine.toBook()));
        expect(again.stateHash()).toBe(engine.stateHash());
        for (const id of ["one", "two"]) {
          const [view, was] = [again.account(id), engine.account(id)];
          expect(view.positions()).toEqual(was.positions());
          // A wallet emptied is listed, one never held is not.
          expect(view.scopes().filter(isUsed)).toEqual(was.scopes().filter(isUsed));
          const held = was.collateral().filter(({ balance }) => balance !== "0");
          expect(view.collateral()).toEqual(held);
        }
        expect(again.stats().positions).toBe(engine.stats().positions);
        expect(again.stats().notional).toEqual(engine.stats().notional);
      }),
      runs(40),
    );
  });

  it("invariant 11: taking all coins in and out again changes nothing", () => {
    fc.assert(
      fc.property(commands, account, (sequence, id) => {
        const engine = start();
        for (const command of sequence) accepted(engine, command);
        const before = engine.stateHash();
        const { multiAsset } = engine.account(id);
        const there = { type: "setMultiAsset", account: id, enabled: !multiAsset } as const;
        if (!accepted(engine, there)) return;
        const back = accepted(engine, { ...there, enabled: multiAsset });
        // On the way out the settle pool must stand alone, and debts stay; on the way in there is nothing in the way.
        if (multiAsset) expect(back).toBe(true);
        if (back) expect(engine.stateHash()).toBe(before);
      }),
      runs(60),
    );
  });

  it("invariant 5: at a liquidation price with coins the scope falls, one unit nearer to the mark it stands", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        side,
        units,
        fc.bigInt({ min: 1n, max: 20_000n }),
        (leverage, direction, balance, usdt) => {
          const engine = coinEngine();
          engine.openAccount("one");
          engine.setBalance("one", "USDT", usdt * 10n ** 8n);
          engine.setBalance("one", "BTC", balance);
          engine.setMultiAsset("one", true);
          const trade = { account: "one", symbol: BTC, amount: "1", price: "50000" };
          const fill: Command = {
            ...trade,
            type: "fill",
            side: direction === "long" ? "buy" : "sell",
            leverage: String(leverage),
          };
          if (!accepted(engine, fill)) return;
          const { pool } = engine.crossScope("one", "USDT");
          const state = engine.kernel.poolState(pool);
          const slots = new Set(state.legs.map(({ priceSlot }) => priceSlot));
          expect(slots.size).toBe(2);
          for (const slot of slots) {
            for (const way of ["down", "up"] as const) {
              const found = engine.kernel.liquidationPrice(pool, slot, way);
              const expected = referenceLiquidationPrice(state, slot, way, false);
              expect(found === null ? null : BigInt(found)).toBe(expected);
            }
          }
        },
      ),
      runs(40),
    );
  });

  it("invariant 12: more of a coin counts no less, but for one unit of rounding in its tier", () => {
    const engine = coinEngine();
    engine.openAccount("one");
    engine.setMultiAsset("one", true);
    const price = fc.integer({ min: 1, max: 10_000_000 });
    fc.assert(
      fc.property(units, fc.bigInt({ min: 0n, max: 10n ** 9n }), price, (balance, more, btc) => {
        engine.setIndexPrices({ BTC: BigInt(btc) });
        const counted = (amount: bigint): bigint => {
          engine.setBalance("one", "BTC", amount);
          return parse(engine.account("one").collateral()[0]?.counted ?? "0", 8);
        };
        const [less, total] = [counted(balance), counted(balance + more)];
        expect(total).toBeGreaterThanOrEqual(less - 1n);
        // A unit of a tier whose value rounds to less than its haircut: one unit against the account.
        expect(less).toBeGreaterThanOrEqual(-BigInt(TIERS.BTC?.length ?? 0));
        expect(counted(-balance)).toBeLessThan(0n);
      }),
      runs(200),
    );
  });
});
