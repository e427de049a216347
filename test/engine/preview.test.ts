// The pre-trade check: what an order would come to, and that it says what the fill then does, to the last unit and
// word, and leaves nothing behind.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { ScanLine } from "../../src/engine/scan.ts";
import { RiskError } from "../../src/errors.ts";
import type { Command, OrderRequest, Profile } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { pledgedEngine } from "./collateral-fixtures.ts";
import { BTC, COIN, ETH, emptyEngine, fundedEngine } from "./fixtures.ts";

function thrown(action: () => unknown): RiskError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return error;
    throw error;
  }
  return undefined;
}

const BUY: OrderRequest = { account: "one", symbol: BTC, side: "buy", amount: "1", leverage: "10" };

describe("preview of an order", () => {
  it("opening: margin, fee, cost, both outlooks", () => {
    const engine = fundedEngine();
    const preview = engine.preview(BUY);
    expect(preview).toMatchObject({
      accepted: true,
      refusal: null,
      initialMargin: "5000",
      openLoss: "0",
      fee: "25",
      cost: "5025",
    });
    expect(preview.before).toMatchObject({ position: null, available: "100000" });
    expect(preview.after).toMatchObject({
      position: { contracts: "1", entryPrice: "50000", marginMode: "cross", leverage: "10" },
      scopes: [
        { scope: "cross", equity: "99975", initialMargin: "5000", marginRatio: "0.00200051" },
      ],
      available: "94975",
      withdrawable: "94975",
    });
    expect(preview.after?.position?.liquidationPrice).toEqual({ down: null, up: null });
  });

  it("liquidation prices after it are those of the fill", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.deposit("one", "USDT", "6000");
    const preview = engine.preview(BUY);
    engine.fill({ ...BUY, price: "50000", liquidity: "taker" });
    const { liquidationPrice } = engine.account("one").position(BTC);
    expect(liquidationPrice.down).not.toBeNull();
    expect(preview.after?.position?.liquidationPrice).toEqual(liquidationPrice);
  });

  it("isolated: the new scope stands beside the cross one", () => {
    const engine = fundedEngine();
    const preview = engine.preview({ ...BUY, marginMode: "isolated" });
    expect(preview.before.scopes.map(({ scope }) => scope)).toEqual(["cross"]);
    expect(preview.after?.scopes).toMatchObject([
      { scope: "cross", collateral: "95000" },
      { scope: "isolated", symbol: BTC, side: "long", collateral: "4975" },
    ]);
    expect(preview.after?.position).toMatchObject({ isolatedMargin: "4975" });
  });

  it("reducing needs no margin; closing leaves no position", () => {
    const engine = fundedEngine();
    engine.fill({ ...BUY, price: "50000" });
    const close = { account: "one", symbol: BTC, side: "sell", amount: "1" } as const;
    expect(engine.preview(close)).toMatchObject({
      accepted: true,
      initialMargin: "0",
      openLoss: "0",
      fee: "25",
      cost: "25",
      before: { position: { contracts: "1" } },
      after: { position: null },
    });
  });

  it("flipping counts what opens", () => {
    const engine = fundedEngine();
    engine.fill({ ...BUY, price: "50000" });
    const flip = {
      account: "one",
      symbol: BTC,
      side: "sell",
      amount: "3",
      price: "49900",
    } as const;
    expect(engine.preview(flip)).toMatchObject({
      initialMargin: "9980",
      openLoss: "200",
      fee: "74.85",
      after: { position: { side: "short", contracts: "2" } },
    });
  });

  it("hedged: one leg, the other only in its scope", () => {
    const engine = fundedEngine();
    const leg = {
      account: "two",
      symbol: BTC,
      amount: "1",
      leverage: "10",
      price: "50000",
    } as const;
    engine.fill({ ...leg, side: "buy", positionSide: "long" });
    const preview = engine.preview({ ...leg, side: "sell", positionSide: "short" });
    expect(preview.before.position).toBeNull();
    expect(preview.after?.position).toMatchObject({ side: "short", contracts: "1" });
    expect(preview.after?.scopes).toMatchObject([{ scope: "cross", initialMargin: "10000" }]);
  });

  it("fees: the taker's unless said otherwise", () => {
    const engine = emptyEngine();
    engine.addMarket({
      symbol: "M",
      settle: "USDT",
      precision: { amount: "1" },
      taker: "0.0005",
      maker: "-0.0001",
      tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "20" }],
    });
    engine.setMarks({ M: "100" });
    engine.openAccount("one");
    engine.deposit("one", "USDT", "1000");
    const order = { account: "one", symbol: "M", side: "buy", amount: "3" } as const;
    expect(engine.preview(order).fee).toBe("0.15");
    expect(engine.preview({ ...order, liquidity: "maker" }).fee).toBe("-0.03");
    expect(engine.preview({ ...order, fee: "7" }).fee).toBe("7");
    expect(engine.preview({ ...order, fee: "7" }).cost).toBe("22");
  });

  it("refused orders name the rule, and their cost all the same", () => {
    const engine = fundedEngine();
    const error = thrown(() =>
      engine.fill({ ...BUY, amount: "30", price: "50000", liquidity: "taker" }),
    );
    const preview = engine.preview({ ...BUY, amount: "30" });
    expect(error).toBeDefined();
    expect(preview).toMatchObject({
      accepted: false,
      refusal: { code: "INSUFFICIENT_FUNDS", path: "fill.amount", message: error?.message },
      initialMargin: "150000",
      fee: "750",
      events: [],
      after: null,
    });
    // 100,000 less fees of 25 a contract, at 5,000 margin a contract.
    expect(preview.maxAmount).toBe("19.9");
    expect(engine.preview({ ...BUY, leverage: "101" }).refusal).toMatchObject({
      code: "OUT_OF_RANGE",
      path: "fill.leverage",
    });
    expect(engine.preview({ ...BUY, reduceOnly: true })).toMatchObject({
      refusal: { code: "NOT_REDUCING" },
      maxAmount: "0",
    });
  });

  it("throws what fill throws for terms that cannot be read", () => {
    const engine = fundedEngine();
    const bad: object[] = [
      { account: "nobody" },
      { symbol: "X" },
      { side: "long" },
      { amount: "0" },
      { amount: "0.0001" },
      { price: "-1" },
      { positionSide: "long" },
      { leverage: "0" },
      { liquidity: "both" },
      { fee: "1", liquidity: "maker" },
    ];
    for (const part of bad) {
      const order = { ...BUY, price: "50000", ...part } as never;
      const error = thrown(() => engine.fill(order));
      expect(error).toBeDefined();
      const previewed = thrown(() => engine.preview(order));
      expect([previewed?.code, previewed?.message]).toEqual([error?.code, error?.message]);
    }
    expect(thrown(() => engine.preview(null as never))?.code).toBe("BAD_VALUE");
  });

  it("knob orderOpenLoss: the cost counts what the order loses at once", () => {
    const order = { ...BUY, price: "50100", fee: "0" };
    expect(fundedEngine().preview(order)).toMatchObject({ openLoss: "100", cost: "5010" });
    const engine = fundedEngine({ orderOpenLoss: true });
    expect(engine.preview(order)).toMatchObject({ openLoss: "100", cost: "5110" });
    expect(engine.preview({ ...order, price: "49900" })).toMatchObject({ openLoss: "0" });
  });

  it("fills an open order, whose reserve is then free", () => {
    const engine = emptyEngine();
    engine.openAccount("one");
    engine.setLeverage("one", BTC, "10");
    engine.deposit("one", "USDT", "5025");
    engine.placeOrder("one", { id: "a", symbol: BTC, side: "buy", amount: "1", price: "50000" });
    const order = { account: "one", symbol: BTC, side: "buy", amount: "1" } as const;
    expect(engine.preview(order).accepted).toBe(false);
    const preview = engine.preview({ ...order, order: "a" });
    expect(preview).toMatchObject({ accepted: true, maxAmount: "1", before: { available: "25" } });
  });

  it("in an account that pledges coins: they carry it, and are no scope", () => {
    const engine = pledgedEngine({ BTC: "1" });
    const order = { account: "a", symbol: BTC, side: "buy", amount: "2", leverage: "10" } as const;
    expect(engine.preview(order)).toMatchObject({
      accepted: true,
      after: { scopes: [{ scope: "cross", settle: "USDT", equity: "48450" }] },
    });
    expect(engine.preview({ ...order, symbol: COIN })).toMatchObject({
      refusal: { code: "MULTI_ASSET" },
      before: { scopes: [], available: "0", withdrawable: "1" },
      maxAmount: "0",
    });
  });

  it("the largest size where everything is accepted, and where one lot is refused", () => {
    const engine = fundedEngine();
    engine.fill({ ...BUY, price: "50000", amount: "0.7" });
    const sell = { account: "one", symbol: BTC, side: "sell", amount: "0.001" } as const;
    expect(engine.preview({ ...sell, reduceOnly: true }).maxAmount).toBe("0.7");
    expect(engine.preview({ ...BUY, amount: "0.001", marginMode: "isolated" }).maxAmount).toBe("0");
    const poor = emptyEngine();
    poor.openAccount("one");
    expect(poor.preview(BUY).maxAmount).toBe("0");
  });
});

describe("preview of a command", () => {
  it("gives events and both reports, or the refusal and one", () => {
    const engine = fundedEngine();
    const withdraw = { type: "withdraw", account: "one", asset: "USDT", amount: "40000" } as const;
    const preview = engine.previewCommand(withdraw);
    const before = engine.account("one").report();
    expect(preview.before).toEqual(before);
    expect(engine.apply(withdraw)).toEqual(preview.events);
    expect(preview.after).toEqual(engine.account("one").report());
    expect(engine.previewCommand({ ...withdraw, amount: "60000.1" })).toMatchObject({
      accepted: false,
      refusal: { code: "INSUFFICIENT_FUNDS", path: "withdraw.amount" },
      events: [],
      after: null,
    });
    expect(engine.previewCommand({ ...withdraw, account: "nobody" })).toMatchObject({
      refusal: { code: "UNKNOWN_ACCOUNT" },
      before: null,
    });
  });

  it("is for accounts", () => {
    const engine = fundedEngine();
    const hash = engine.stateHash();
    const others: Command[] = [
      { type: "setMarks", marks: { [BTC]: "1" } },
      { type: "openAccount", account: "three" },
      { type: "closeAccount", account: "one" },
      { type: "addAsset", asset: { code: "EUR" } },
    ];
    for (const command of others) {
      expect(thrown(() => engine.previewCommand(command))?.code).toBe("BAD_VALUE");
    }
    expect(thrown(() => engine.previewCommand(undefined as never))?.code).toBe("BAD_VALUE");
    expect(engine.stateHash()).toBe(hash);
  });
});

const MARKS: Record<string, number> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };
const fillDraw = fc.record({
  account: fc.constantFrom("one", "two"),
  symbol: fc.constantFrom(BTC, ETH, COIN),
  side: fc.constantFrom("buy" as const, "sell" as const),
  leg: fc.constantFrom("long" as const, "short" as const),
  size: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20_000 })),
  priceMilli: fc.option(fc.integer({ min: 850, max: 1_150 }), { nil: undefined }),
  mode: fc.option(fc.constantFrom("cross" as const, "isolated" as const), { nil: undefined }),
  leverage: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  fee: fc.option(fc.bigInt({ min: -1_000n, max: 100_000_000n }), { nil: undefined }),
  liquidity: fc.option(fc.constantFrom("maker" as const, "taker" as const), { nil: undefined }),
  reduceOnly: fc.boolean(),
  resting: fc.boolean(),
});
type Draw = typeof fillDraw extends fc.Arbitrary<infer Value> ? Value : never;

function requestOf(draw: Draw): OrderRequest {
  const { account, symbol, side, mode, leverage, fee, liquidity } = draw;
  const mark = MARKS[symbol] ?? 0;
  return {
    account,
    symbol,
    side,
    amount: BigInt(draw.size),
    ...(draw.priceMilli === undefined ? {} : { price: BigInt(mark * draw.priceMilli) * 100_000n }),
    ...(account === "two" ? { positionSide: draw.leg } : {}),
    ...(mode === undefined ? {} : { marginMode: mode }),
    ...(leverage === undefined ? {} : { leverage: `${leverage}` }),
    ...(fee === undefined ? liquidity && { liquidity } : { fee }),
    ...(draw.reduceOnly && draw.size % 2 === 0 ? { reduceOnly: true } : {}),
  };
}

/** The fill that a request stands for. */
function fillOf(engine: RiskEngine, request: OrderRequest): Command {
  const liquidity = request.fee === undefined ? (request.liquidity ?? "taker") : undefined;
  const price = request.price ?? engine.mark(request.symbol) ?? "";
  return { ...request, price, type: "fill", ...(liquidity && { liquidity }) };
}

/** Lines of a scan by what they name. */
function inOrder(lines: Iterable<ScanLine>): ScanLine[] {
  const name = ({ account, scope, settle, symbol, side }: ScanLine): string =>
    JSON.stringify([account, scope, settle, symbol, side]);
  return [...lines].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

const profiles: readonly Profile[] = [
  "default",
  "binance",
  "bybit",
  "hyperliquid",
  { extends: "dydx", maintenanceRate: "table" },
  { reductions: "noWorse", orderOpenLoss: true },
];

describe("random accounts and orders", () => {
  const history = fc.array(fillDraw, { maxLength: 14 });
  const shock = fc.tuple(fc.integer({ min: 80, max: 120 }), fc.integer({ min: 80, max: 120 }));

  function build(
    profile: Profile,
    draws: readonly Draw[],
    [btc, eth]: [number, number],
  ): RiskEngine {
    const engine = fundedEngine(profile);
    draws.forEach((draw, index) => {
      const request = requestOf(draw);
      thrown(() => engine.apply(fillOf(engine, request)));
      if (!draw.resting) return;
      const { symbol, side, amount, positionSide } = request;
      const price = request.price ?? engine.mark(symbol) ?? "";
      const order = { id: `o${index}`, symbol, side, amount, price };
      thrown(() =>
        engine.placeOrder(draw.account, { ...order, ...(positionSide && { positionSide }) }),
      );
    });
    engine.setMarks({ [BTC]: `${btc * 500}`, [COIN]: `${btc * 500}`, [ETH]: `${eth * 20}` });
    return engine;
  }

  it("invariant 8: a preview says what the fill then does; invariants 7, 9: and changes nothing, the ledger included", () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...profiles),
        history,
        shock,
        fillDraw,
        (profile, draws, moves, draw) => {
          const engine = build(profile, draws, moves);
          const request = requestOf(draw);
          const scan = engine.scan();
          const lines = [...scan.lines()];
          const handle = engine.crossScope(draw.account, "USDT");
          const figures = handle.figures();
          const hash = engine.stateHash();
          const book = JSON.stringify(engine.toBook());
          const audit = engine.audit();
          const preview = engine.preview(request);
          expect(engine.stateHash()).toBe(hash);
          expect(engine.audit()).toEqual(audit);
          expect(JSON.stringify(engine.toBook())).toBe(book);
          expect([...scan.lines()]).toEqual(lines);
          expect(handle.figures()).toEqual(figures);
          // A scan lists scopes in the order of the screen's lanes, which a pool that was taken out and brought back may have changed.
          expect(inOrder(engine.scan().lines())).toEqual(inOrder(lines));

          const outlook = (): unknown => engine.preview(request).before;
          expect(outlook()).toEqual(preview.before);
          const command = fillOf(engine, request);
          const other = engine.previewCommand(command);
          expect(other.refusal).toEqual(preview.refusal);
          let events: unknown = [];
          const error = thrown(() => {
            events = engine.apply(command);
          });
          expect(preview.events).toEqual(events);
          expect(other.events).toEqual(events);
          if (error !== undefined) {
            refused++;
            const { code, path, message } = error;
            expect(preview.refusal).toEqual({ code, path: path ?? null, message });
            expect(preview.accepted || other.accepted).toBe(false);
            expect([preview.after, other.after]).toEqual([null, null]);
            return;
          }
          accepted++;
          for (const { difference } of Object.values(engine.audit())) expect(difference).toBe("0");
          expect(preview.accepted && other.accepted).toBe(true);
          expect(outlook()).toEqual(preview.after);
          expect(other.after).toEqual(engine.account(draw.account).report());
        },
      ),
      runs(120),
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(20);
  });

  it("invariant 8: the largest size is accepted, one lot more is refused", () => {
    const lots: Record<string, number> = { [BTC]: 3, [ETH]: 2, [COIN]: 0 };
    let bounded = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...profiles),
        history,
        shock,
        fillDraw,
        (profile, draws, moves, draw) => {
          const engine = build(profile, draws, moves);
          const request = requestOf(draw);
          const { maxAmount } = engine.preview(request);
          const decimals = lots[draw.symbol] ?? 0;
          const most = BigInt(Math.round(Number(maxAmount) * 10 ** decimals));
          const accepts = (amount: bigint): boolean =>
            thrown(() =>
              RiskEngine.fromBook(engine.toBook()).apply(fillOf(engine, { ...request, amount })),
            ) === undefined;
          if (most > 0n) {
            bounded++;
            expect(accepts(most)).toBe(true);
          }
          if (most < 2n ** 53n - 1n) expect(accepts(most + 1n)).toBe(false);
        },
      ),
      runs(60),
    );
    expect(bounded).toBeGreaterThan(10);
  });
});
