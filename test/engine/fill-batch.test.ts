// A batch of fills is the same fills one by one: statuses, results, the state that is left, open interest and ledger, whatever the
// accounts are like and whichever way a fill takes inside (invariants 6 and 8: refusals change nothing, conservation to the unit).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { FILL_STATUSES, type FillBatch } from "../../src/engine/fill-batch.ts";
import { RiskError } from "../../src/errors.ts";
import type { FillCommand, LeverageTier, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

/** Settles in the coin that some pledge. */
const PLEDGED = "ETH/COIN:COIN";
const SYMBOLS = [BTC, ETH, COIN, PLEDGED] as const;
const MARKS = [50_000, 2_000, 50_000, 20] as const;
const SETTLE_DECIMALS = 8;
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Kinds of accounts that a fill may meet. */
const KINDS = [
  "rich",
  "poor",
  "hedged",
  "isolated",
  "hedgedIsolated",
  "orders",
  "chooser",
  "isolator",
  "levered",
  "pledger",
  "penniless",
] as const;
type Kind = (typeof KINDS)[number];
const HEDGED: readonly string[] = ["hedged", "hedgedIsolated"];

/** Five accounts of each kind: enough for a block of rows to have many accounts and to meet some of them again. */
const ACCOUNTS = KINDS.flatMap((kind) =>
  [0, 1, 2, 3, 4].map((copy) => ({ kind, id: `${kind}${copy}` })),
);

function quietly(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    // A profile may not have what is set up here: then the account goes without.
    if (!(error instanceof RiskError)) throw error;
  }
}

function prepare(engine: RiskEngine, kind: Kind, account: string): void {
  const isolated = { symbol: BTC, price: "50000", marginMode: "isolated", leverage: "10" } as const;
  if (kind === "isolated") engine.fill({ ...isolated, account, side: "buy", amount: "0.5" });
  if (kind === "hedgedIsolated") {
    const trade = { ...isolated, account, side: "sell", amount: "0.5" } as const;
    engine.fill({ ...trade, positionSide: "short" });
  }
  if (kind === "levered") {
    const trade = { symbol: ETH, price: "2000", leverage: "20" } as const;
    engine.fill({ ...trade, account, side: "buy", amount: "30" });
  }
  if (kind === "orders") {
    const order = { id: "1", symbol: ETH, side: "buy", amount: "20", price: "1900" } as const;
    engine.placeOrder(account, order);
  }
  if (kind === "pledger") {
    engine.setMultiAsset(account, true);
  }
  if (kind === "chooser") quietly(() => engine.setLeverage(account, BTC, "25"));
  if (kind === "isolator") {
    quietly(() => engine.setMarginMode({ account, symbol: BTC, marginMode: "isolated" }));
  }
}

function createEngine(profile: Profile): RiskEngine {
  const engine = emptyEngine(profile);
  const tiers = [{ ratio: "0.9" }];
  engine.addAsset({ code: "COIN", collateral: { settle: "USDT", tiers } });
  engine.setIndexPrices({ COIN: "100" });
  const precision = { amount: "0.01" };
  const margin = [{ maintenanceMarginRate: "0.01", maxLeverage: "20" }];
  engine.addMarket({ symbol: PLEDGED, settle: "COIN", precision, tiers: margin });
  engine.setMarks({ [PLEDGED]: "20" });
  for (const { kind, id } of ACCOUNTS) {
    engine.openAccount(id, { hedged: HEDGED.includes(kind) });
    if (kind === "penniless") continue;
    engine.deposit(id, "USDT", kind === "poor" ? "900" : "200000");
    engine.deposit(id, "BTC", kind === "poor" ? "0.02" : "3");
    if (kind !== "rich") engine.deposit(id, "COIN", "50");
    prepare(engine, kind, id);
  }
  return engine;
}

/** One fill in units, as a row of a batch. */
interface Row {
  /** Index in ACCOUNTS; one past: no such account. */
  readonly account: number;
  /** Index in SYMBOLS; one past: no such market. */
  readonly market: number;
  readonly quantity: number;
  readonly price: number;
  readonly fee: number;
  /** Thousandths. */
  readonly leverage: number;
  readonly side: number;
}

const size: fc.Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, LARGEST, LARGEST - 1, 2 ** 53, 1e300, 0.5) },
);

const row: fc.Arbitrary<Row> = fc
  .record({
    account: fc.integer({ min: 0, max: ACCOUNTS.length }),
    market: fc.integer({ min: 0, max: 40 }).map((pick) => (pick === 40 ? 4 : pick % 4)),
    size,
    buys: fc.boolean(),
    priceMilli: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 900, max: 1_100 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, 5_000_000, Number.NaN) },
    ),
    fee: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -1_000, max: 100_000_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, LARGEST, -LARGEST, 0.5) },
    ),
    leverage: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.constantFrom(1_000, 5_000, 20_000, 50_000, 100_000, 125_000) },
      { weight: 1, arbitrary: fc.constantFrom(1, 2_500, 100_001, 2 ** 32 - 1) },
    ),
    /** Mostly what the account's mode asks for. */
    side: fc.integer({ min: 1, max: 2 }),
    oddSide: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ size, buys, priceMilli, side, oddSide, ...rest }) => {
    const hedged = HEDGED.includes(ACCOUNTS[rest.account]?.kind ?? "");
    return {
      ...rest,
      quantity: buys ? size : -size,
      price: (MARKS[rest.market] ?? 1) * priceMilli * 100_000,
      side: oddSide < 3 ? oddSide : oddSide === 3 ? 9 : hedged ? side : 0,
    };
  });

type Fees = "stated" | "none" | "maker" | "taker";

function batchOf(
  engine: RiskEngine,
  rows: readonly Row[],
  fees: Fees,
  levered: boolean,
): FillBatch {
  const account = ({ account }: Row): number => {
    const id = ACCOUNTS[account]?.id;
    return id === undefined ? 777 : engine.accountHandle(id);
  };
  const market = ({ market }: Row): number => {
    const symbol = SYMBOLS[market];
    return symbol === undefined ? 99 : engine.marketIndex(symbol);
  };
  return {
    accounts: Uint32Array.from(rows, account),
    markets: Uint16Array.from(rows, market),
    quantities: Float64Array.from(rows, ({ quantity }) => quantity),
    prices: Float64Array.from(rows, ({ price }) => price),
    positionSides: Uint8Array.from(rows, ({ side }) => side),
    ...(fees === "stated" && { fees: Float64Array.from(rows, ({ fee }) => fee) }),
    ...((fees === "maker" || fees === "taker") && { liquidity: fees }),
    ...(levered && { leverages: Uint32Array.from(rows, ({ leverage }) => leverage) }),
  };
}

/** The row as a command, or the status that says why it cannot be one. */
function commandOf(row: Row, fees: Fees, levered: boolean): FillCommand | string {
  const account = ACCOUNTS[row.account]?.id;
  const symbol = SYMBOLS[row.market];
  if (account === undefined) return "UNKNOWN_ACCOUNT";
  if (symbol === undefined) return "UNKNOWN_SYMBOL";
  const { quantity, price, fee, leverage, side } = row;
  const whole = [quantity, price, fees === "stated" ? fee : 0].every(Number.isInteger);
  if (!whole || side > 2) return "BAD_VALUE";
  return {
    type: "fill",
    account,
    symbol,
    side: quantity < 0 ? "sell" : "buy",
    amount: BigInt(Math.abs(quantity)),
    price: BigInt(price),
    ...(side !== 0 && { positionSide: side === 1 ? "long" : "short" }),
    ...(levered && leverage !== 0 && { leverage: BigInt(leverage) }),
    ...(fees === "stated" && { fee: BigInt(fee) }),
    ...((fees === "maker" || fees === "taker") && { liquidity: fees }),
  };
}

function unitsOf(text: string): bigint {
  const [whole = "", part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(SETTLE_DECIMALS, "0"));
}

/** The fill by itself: its status and result. */
function fillAlone(engine: RiskEngine, row: Row, fees: Fees, levered: boolean): [string, bigint] {
  const command = commandOf(row, fees, levered);
  if (typeof command === "string") return [command, 0n];
  try {
    let realized = 0n;
    for (const event of engine.apply(command)) {
      if (event.type === "positionChanged") realized += unitsOf(event.realizedPnl);
    }
    return ["OK", realized];
  } catch (error) {
    if (error instanceof RiskError) return [error.code, 0n];
    throw error;
  }
}

function expectSameState(batched: RiskEngine, single: RiskEngine): void {
  expect(batched.stateHash()).toBe(single.stateHash());
  expect(batched.stats().notional).toEqual(single.stats().notional);
  expect(batched.audit()).toEqual(single.audit());
  for (const { difference } of Object.values(batched.audit())) expect(difference).toBe("0");
  const scopes = (engine: RiskEngine) =>
    Array.from(engine.scan().lines(), ({ account, scope, equity }) => [account, scope, equity]);
  expect(scopes(batched).sort()).toEqual(scopes(single).sort());
}

/** Other tiers for each batch: by contract count several tables, whose caps a position may cross. */
function tiersAt(profile: Profile, moved: number): LeverageTier[] {
  const bound = profile === "okx" ? `${moved / 10}` : `${moved * 100}`;
  return [
    { minNotional: "0", maxNotional: bound, maintenanceMarginRate: "0.01", maxLeverage: "50" },
    {
      minNotional: bound,
      maxNotional: `${2 * Number(bound)}`,
      maintenanceMarginRate: "0.02",
      maxLeverage: "25",
    },
  ];
}

const PROFILES: readonly Profile[] = [
  "default",
  "binance",
  "bybit",
  "okx",
  "hyperliquid",
  "dydx",
  { openInterestScaling: true },
];

describe("a batch of fills", () => {
  it.each(PROFILES)("invariants 6 and 8: is its fills one by one (%o)", (profile) => {
    const batches = fc.array(
      fc.record({
        rows: fc.array(row, { maxLength: 300, size: "max" }),
        fees: fc.constantFrom<Fees>("stated", "none", "maker", "taker"),
        levered: fc.boolean(),
        moved: fc.integer({ min: 950, max: 1_050 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(batches, (drawn) => {
        const batched = createEngine(profile);
        const single = createEngine(profile);
        for (const { rows, fees, levered, moved } of drawn) {
          const result = batched.applyFills(batchOf(batched, rows, fees, levered));
          const alone = rows.map((each) => fillAlone(single, each, fees, levered));
          const statuses = Array.from(result.statuses, (status) => FILL_STATUSES[status]);
          expect(statuses).toEqual(alone.map(([status]) => status));
          expect([...result.realizedPnl]).toEqual(alone.map(([, realized]) => realized));
          expect(result.accepted).toBe(alone.filter(([status]) => status === "OK").length);
          expectSameState(batched, single);
          for (const engine of [batched, single]) {
            engine.setMarks({ [ETH]: `${2 * moved}` });
            engine.setTiers({ [ETH]: tiersAt(profile, moved) });
          }
        }
      }),
      runs(25),
    );
  });
});

describe("applyFills", () => {
  const columns = (engine: RiskEngine, account: string, quantities: number[]): FillBatch => ({
    accounts: new Uint32Array(quantities.length).fill(engine.accountHandle(account)),
    markets: new Uint16Array(quantities.length).fill(engine.marketIndex(BTC)),
    quantities: Float64Array.from(quantities),
    prices: new Float64Array(quantities.length).fill(50_000 * 1e8),
  });

  it("says what became of each fill", () => {
    const engine = fundedEngine();
    // 100,000 USDT carry no 100 BTC; 1 BTC is bought, two thirds are sold, then the rest and a tenth more.
    const batch = columns(engine, "one", [100_000, 1_000, -600, -500, 0]);
    const { accepted, statuses, realizedPnl } = engine.applyFills({ ...batch, liquidity: "taker" });
    expect(accepted).toBe(3);
    expect(Array.from(statuses, (status) => FILL_STATUSES[status])).toEqual([
      "INSUFFICIENT_FUNDS",
      "OK",
      "OK",
      "OK",
      "OUT_OF_RANGE",
    ]);
    expect([...realizedPnl]).toEqual([0n, 0n, 0n, 0n, 0n]);
    expect(engine.account("one").position(BTC)).toMatchObject({ side: "short", contracts: "0.1" });
    // 2.1 BTC at 50,000 and 0.05 %.
    expect(engine.audit().USDT).toMatchObject({ fees: "-52.5", difference: "0" });
  });

  it("realizes to the last unit, signed", () => {
    const engine = fundedEngine();
    engine.applyFills(columns(engine, "one", [1_000]));
    const loss = {
      ...columns(engine, "one", [-1, -1]),
      prices: Float64Array.of(4_999_999_999_999, 49e11),
    };
    expect([...engine.applyFills(loss).realizedPnl]).toEqual([-1n, -100_000_000n]);
  });

  it("looks an account up anew whose pools a fill of the same block has changed", () => {
    // The first fill closes an isolated position, the second opens another account's in the same pool, the third is the first's again.
    const fills = [
      { account: "isolated0", symbol: BTC, quantity: -500, price: 50_000e8 },
      { account: "isolator0", symbol: BTC, quantity: 100, price: 50_000e8 },
      { account: "isolated0", symbol: ETH, quantity: 100, price: 2_000e8 },
    ];
    const [batched, single] = [createEngine("default"), createEngine("default")];
    const { accepted } = batched.applyFills({
      accounts: Uint32Array.from(fills, ({ account }) => batched.accountHandle(account)),
      markets: Uint16Array.from(fills, ({ symbol }) => batched.marketIndex(symbol)),
      quantities: Float64Array.from(fills, ({ quantity }) => quantity),
      prices: Float64Array.from(fills, ({ price }) => price),
      leverages: new Uint32Array(fills.length).fill(10_000),
    });
    expect(accepted).toBe(3);
    for (const { account, symbol, quantity, price } of fills) {
      const side = quantity < 0 ? "sell" : "buy";
      const amount = BigInt(Math.abs(quantity));
      single.fill({ account, symbol, side, amount, price: BigInt(price), leverage: "10" });
    }
    expectSameState(batched, single);
  });

  it("takes an empty batch, and counts as one command", () => {
    const engine = fundedEngine();
    const scan = engine.scan();
    expect(engine.applyFills(columns(engine, "one", []))).toEqual({
      accepted: 0,
      statuses: new Uint8Array(0),
      realizedPnl: new BigInt64Array(0),
    });
    expect(() => scan.deepest(1)).toThrow(RangeError);
  });

  it("gives handles that are used again", () => {
    const engine = emptyEngine();
    engine.openAccount("first");
    const handle = engine.accountHandle("first");
    engine.closeAccount("first");
    const batch = {
      accounts: Uint32Array.of(handle),
      markets: Uint16Array.of(0),
      quantities: Float64Array.of(1),
      prices: Float64Array.of(50_000 * 1e8),
    };
    const codeOf = () => FILL_STATUSES[engine.applyFills(batch).statuses[0] ?? 0];
    expect(codeOf()).toBe("UNKNOWN_ACCOUNT");
    engine.openAccount("second");
    expect(engine.accountHandle("second")).toBe(handle);
    expect(codeOf()).toBe("INSUFFICIENT_FUNDS");
    expect(() => engine.accountHandle("first")).toThrow(RiskError);
    expect(() => engine.marketIndex("nothing")).toThrow(RiskError);
  });

  it("refuses columns of another kind or length before anything happens", () => {
    const engine = fundedEngine();
    const good = columns(engine, "one", [1, 2]);
    const hash = engine.stateHash();
    const wrong: readonly (readonly [object, new (message?: string) => Error])[] = [
      [{ accounts: [0, 0] }, TypeError],
      [{ markets: new Uint8Array(2) }, TypeError],
      [{ quantities: new Float32Array(2) }, TypeError],
      [{ prices: undefined }, TypeError],
      [{ prices: new Float64Array(3) }, RangeError],
      [{ fees: new Float64Array(1) }, RangeError],
      [{ leverages: new Float64Array(2) }, TypeError],
      [{ positionSides: new Uint8Array(0) }, RangeError],
      [{ liquidity: "both" }, TypeError],
      [{ liquidity: "maker", fees: new Float64Array(2) }, TypeError],
    ];
    for (const [columns, error] of wrong) {
      expect(() => engine.applyFills({ ...good, ...columns } as FillBatch)).toThrow(error);
    }
    expect(() => engine.applyFills(null as unknown as FillBatch)).toThrow(TypeError);
    expect(engine.stateHash()).toBe(hash);
  });
});
