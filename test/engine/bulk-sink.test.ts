// The loaders' door against the commands: the same rows give the same state or the same refusal, its fast paths and
// its caches never show, and what cannot be judged later is refused at once by the account's name.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Accounts } from "../../src/engine/accounts.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { BTC, COIN, ETH, emptyEngine, LINEAR } from "./fixtures.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const SYMBOLS = [BTC, ETH, COIN] as const;
/** 10^-8 units of 50,000: BTC's mark. */
const MARK = 5_000_000_000_000;
const MAX_AMOUNT = 2n ** 63n - 1n;

function refusal(call: () => unknown): { code: string; path: string | undefined; message: string } {
  try {
    call();
  } catch (error) {
    if (error instanceof RiskError) {
      return { code: error.code, path: error.path, message: error.message };
    }
    throw error;
  }
  return { code: "accepted", path: undefined, message: "" };
}

/** Accounts 0 "one" (one-way) and 1 "two" (hedged), with balances that leave room on either side. */
function accounts(engine: RiskEngine): void {
  engine.openAccount("one");
  engine.openAccount("two", { hedged: true });
  for (const id of ["one", "two"]) engine.setBalance(id, "USDT", 1n);
}

const sized = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: MAX }),
  fc.integer({ min: MAX - 3, max: MAX }),
  // Around 2^52 and 2^53 of quantity times price, where plain numbers end, and 2^63 of notional.
  fc
    .integer({ min: 1, max: 52 })
    .chain((bits) => fc.integer({ min: Math.max(1, 2 ** bits - 2), max: 2 ** bits + 2 })),
);

const row = fc.record({
  account: fc.nat({ max: 1 }),
  market: fc.nat({ max: 2 }),
  size: sized,
  short: fc.boolean(),
  price: sized,
  isolated: fc.boolean(),
  leverageMilli: fc.constantFrom(0, 1, 999, 1_000, 7_500),
  margin: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: MAX_AMOUNT }).map(Number), fc.constant(0)),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

function byCommand(engine: RiskEngine, line: Row): string {
  const { account, market, size, short, price, isolated, leverageMilli } = line;
  return refusal(() =>
    engine.setPosition(account === 0 ? "one" : "two", {
      symbol: SYMBOLS[market] as string,
      side: short ? "short" : "long",
      contracts: BigInt(size),
      entryPrice: BigInt(price),
      marginMode: isolated ? "isolated" : "cross",
      ...(leverageMilli === 0 ? {} : { leverage: BigInt(leverageMilli) }),
      ...(isolated ? { isolatedMargin: marginOf(line) } : {}),
    }),
  ).code;
}

/** As a bigint where it is no safe integer, as loaders give it. */
function marginOf({ margin }: Row): bigint {
  const units = BigInt(margin);
  return units > MAX_AMOUNT ? MAX_AMOUNT : units;
}

function byRow(sink: ReturnType<RiskEngine["bulkSink"]>, line: Row): string {
  const { account, market, size, short, price, isolated, leverageMilli } = line;
  const margin = isolated ? marginOf(line) : 0n;
  const units = margin <= BigInt(MAX) ? Number(margin) : margin;
  const quantity = short ? -size : size;
  return refusal(() =>
    sink.addPosition(account, market, quantity, price, isolated, leverageMilli, units),
  ).code;
}

describe("the bulk door", () => {
  it("rows in any order make the state that commands make, and are refused alike", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const [engine, other] = [emptyEngine(), emptyEngine()];
        accounts(engine);
        accounts(other);
        const sink = other.bulkSink();
        for (const line of rows) {
          const got = byRow(sink, line);
          // A command replaces what stands there; a second row is an error.
          if (got !== "DUPLICATE_POSITION") expect(byCommand(engine, line)).toBe(got);
        }
        expect(other.stateHash()).toBe(engine.stateHash());
      }),
      { numRuns: 400 },
    );
  });

  it("takes exactly one position per market, or per side in a hedged account", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 2 }), fc.boolean())),
        (rows) => {
          const engine = emptyEngine();
          accounts(engine);
          const sink = engine.bulkSink();
          const held = new Set<string>();
          for (const [account, market, short] of rows) {
            const key = `${account} ${market} ${account === 1 && short}`;
            const { code } = refusal(() =>
              sink.addPosition(account, market, short ? -1 : 1, MARK, false, 0, 0),
            );
            expect(code).toBe(held.has(key) ? "DUPLICATE_POSITION" : "accepted");
            held.add(key);
          }
        },
      ),
    );
  });

  it("sees what commands and other sinks did between its rows", () => {
    const engine = emptyEngine();
    accounts(engine);
    const [sink, second] = [engine.bulkSink(), engine.bulkSink()];
    sink.addPosition(0, 0, 1, MARK, false, 0, 0);
    second.addPosition(0, 1, 1, MARK, false, 0, 0);
    expect(refusal(() => sink.addPosition(0, 1, 1, MARK, false, 0, 0)).code).toBe(
      "DUPLICATE_POSITION",
    );
    engine.setBalance("one", "BTC", "1");
    engine.fill({ account: "one", symbol: COIN, side: "buy", amount: "1", price: "50000" });
    expect(refusal(() => sink.addPosition(0, 2, 1, MARK, false, 0, 0)).code).toBe(
      "DUPLICATE_POSITION",
    );
    engine.addMarket({ ...LINEAR, symbol: "NEW" });
    expect(refusal(() => sink.addPosition(0, 3, 1, MARK, false, 0, 0)).code).toBe("NO_MARK");
    sink.setMark(3, MARK);
    sink.addPosition(0, 3, 1, MARK, true, 0, 5);
    expect(engine.account("one").positions().length).toBe(4);
    for (const account of [-1, 2, 0.5, Number.NaN]) {
      expect(refusal(() => sink.addPosition(account, 0, 1, MARK, false, 0, 0)).code).toBe(
        "UNKNOWN_ACCOUNT",
      );
    }
  });

  it("refuses a stated entry notional of the wrong sign or size", () => {
    const engine = emptyEngine();
    accounts(engine);
    const sink = engine.bulkSink();
    const add = (market: number, quantity: number, notional: bigint): string => {
      const { code, path } = refusal(() =>
        sink.addPosition(1, market, quantity, MARK, true, 0, 0, notional),
      );
      return path === undefined ? code : `${code} ${path}`;
    };
    expect(add(0, 1, -1n)).toBe("BAD_VALUE entryNotional");
    expect(add(0, -1, 1n)).toBe("BAD_VALUE entryNotional");
    expect(add(2, 1, 1n)).toBe("BAD_VALUE entryNotional");
    expect(add(2, -1, -1n)).toBe("BAD_VALUE entryNotional");
    expect(add(0, 1, 2n ** 63n)).toBe("VALUE_OUT_OF_RANGE entryNotional");
    expect([add(0, 1, 1n), add(0, -1, -1n), add(2, 1, -1n), add(2, -1, 0n)]).toEqual(
      Array.from({ length: 4 }, () => "accepted"),
    );
  });

  it("refuses the row or balance with which a scope's sums pass 2^63, by account", () => {
    const engine = emptyEngine();
    accounts(engine);
    const sink = engine.bulkSink();
    // 9.1e10 USDT of profit each: one fits, two do not.
    sink.addPosition(1, 0, 1_820_000_000, 1, false, 0, 0);
    const before = engine.stateHash();
    const second = refusal(() => sink.addPosition(1, 1, 4_550_000_000, 1, false, 0, 0));
    expect(second).toMatchObject({ code: "VALUE_OUT_OF_RANGE", path: "contracts" });
    expect(second.message).toContain('"two"');
    const balance = refusal(() => sink.setBalance(1, 0, MAX_AMOUNT));
    expect(balance).toMatchObject({ code: "VALUE_OUT_OF_RANGE", path: "balance" });
    expect(balance.message).toContain('"two"');
    expect(engine.stateHash()).toBe(before);
    const margin = refusal(() => sink.addPosition(1, 1, 1_000, 1, true, 0, MAX_AMOUNT));
    expect(margin.code).toBe("VALUE_OUT_OF_RANGE");
    expect(engine.stateHash()).toBe(before);
    sink.setBalance(1, 0, 0);
    sink.addPosition(1, 1, 4_550_000, 1, false, 0, 0);
  });

  it("knows a scope's sums where rows of another account stand between, and where a mark moves", () => {
    for (const moved of [false, true]) {
      const engine = emptyEngine();
      const sink = engine.bulkSink();
      // Opened here: pools that a sink finds are not trusted to be small in the first place.
      for (const id of ["one", "two"]) sink.openAccount(id, false);
      // A million units at this mark are 9.0e18 of notional, 2e8 units of the second market 4e17: 2^63 is 9.2e18.
      if (!moved) sink.setMark(0, 9_000_000_000_000_000);
      sink.addPosition(1, 0, 1_000_000, 1, false, 0, 0);
      if (moved) sink.setMark(0, 9_000_000_000_000_000);
      else sink.addPosition(0, 1, 1, 1, false, 0, 0);
      expect(refusal(() => sink.addPosition(1, 1, 200_000_000, 1, false, 0, 0)).message).toContain(
        '"two"',
      );
      sink.addPosition(1, 1, 1_000_000, 1, false, 0, 0);
    }
    const sink = emptyEngine().bulkSink();
    sink.setBalance(sink.openAccount("rich", false), 0, MAX_AMOUNT);
    expect(refusal(() => sink.addPosition(0, 1, 1, 1, false, 0, 0)).message).toContain('"rich"');
    sink.addPosition(0, 1, -1, 1, false, 0, 0);
  });
});

describe("a scan that cannot be", () => {
  it("names the account, not a handle", () => {
    const engine = emptyEngine();
    accounts(engine);
    engine.bulkSink().addPosition(1, 0, -1_000_000_000, MARK, true, 0, 7);
    const path = `account "two", isolated ${BTC} short`;
    expect(refusal(() => engine.scanAt({ [BTC]: "90000000" }))).toMatchObject({
      code: "VALUE_OUT_OF_RANGE",
      path,
    });
    engine.setMarks({ [BTC]: "90000000" });
    expect(refusal(() => engine.scan())).toMatchObject({ code: "VALUE_OUT_OF_RANGE", path });
  });
});

describe("ticks", () => {
  it("takes any positive tick, or none: no figure depends on it", () => {
    for (const price of [null, "0.1", "5", 25, "1000"]) {
      const market = { ...LINEAR, symbol: "T", precision: { amount: "0.001", price } };
      expect(refusal(() => emptyEngine().addMarket(market)).code).toBe("accepted");
    }
    for (const price of ["0", "-1", "tick", Number.NaN]) {
      const market = { ...LINEAR, symbol: "T", precision: { amount: "0.001", price } };
      expect(refusal(() => emptyEngine().addMarket(market)).path).toBe(
        "addMarket.market.precision.price",
      );
    }
  });
});

describe("the index of accounts", () => {
  it("opens, finds, closes and lists as a Map does", () => {
    // Few ids, so that they meet again; long runs, so that the table grows with gaps in it.
    const step = fc.tuple(fc.nat({ max: 400 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_000, size: "max" }), (steps) => {
        const accounts = new Accounts();
        const model = new Map<string, number>();
        for (const [name, kind] of steps) {
          const id = `account-${name}`;
          const known = model.get(id);
          if (kind === 0 && known !== undefined) {
            accounts.close(known);
            model.delete(id);
            expect(accounts.id(known)).toBeUndefined();
          } else {
            const account = accounts.open(id, kind === 1);
            if (known !== undefined) expect(account).toBe(-1);
            else {
              expect([...model.values()]).not.toContain(account);
              model.set(id, account);
              expect([accounts.id(account), accounts.hedged(account)]).toEqual([id, kind === 1]);
            }
          }
          expect(accounts.find(id)).toBe(model.get(id));
        }
        expect(accounts.count).toBe(model.size);
        expect([...accounts.entries()]).toEqual([...model.entries()]);
      }),
      { numRuns: 60 },
    );
  });

  it("may be closed while it is listed", () => {
    const accounts = new Accounts();
    for (const id of ["a", "b", "c"]) accounts.open(id, false);
    const seen: string[] = [];
    for (const [id, account] of accounts.entries()) {
      seen.push(id);
      accounts.close(account);
      accounts.open(`${id}${id}`, false);
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect([...accounts.entries()].map(([id]) => id)).toEqual(["aa", "bb", "cc"]);
  });
});
