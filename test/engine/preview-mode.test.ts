// A switch of margin mode looked at before it is made: what is said is what then happens, and looking leaves no trace.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../src/decimal.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { EngineEvent, SetMarginModeCommand } from "../../src/types.ts";
import { runs } from "../support/runs.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";
import {
  type AccountDraw,
  accountDraw,
  crossLong,
  drawnEngine,
  MODES,
  refusalCode,
  SIDES,
  SYMBOLS,
} from "./margin-fixtures.ts";

const POLICIES = [
  "convertIfSafe",
  "reduceToFit",
  "refuseWithPosition",
  "accountWide",
  "transferOnly",
] as const;

const change: fc.Arbitrary<SetMarginModeCommand> = fc
  .record({
    symbol: fc.constantFrom(...SYMBOLS),
    marginMode: fc.constantFrom(...MODES),
    policy: fc.oneof(
      fc.constantFrom("convertIfSafe" as const, "reduceToFit" as const),
      fc.constantFrom(...POLICIES),
    ),
    side: fc.option(fc.constantFrom(...SIDES), { nil: undefined, freq: 4 }),
    leverage: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    carryOrders: fc.boolean(),
    closePermille: fc.option(fc.integer({ min: 950, max: 1_050 }), { nil: undefined, freq: 2 }),
  })
  .map(({ symbol, side, leverage, closePermille, ...rest }) => ({
    type: "setMarginMode",
    account: "a",
    ...rest,
    ...(rest.policy === "accountWide" ? {} : { symbol }),
    ...(side === undefined || rest.policy === "accountWide" ? {} : { side }),
    ...(leverage === undefined ? {} : { leverage: `${leverage}` }),
    ...(closePermille === undefined || rest.policy !== "reduceToFit"
      ? {}
      : { closePrice: BigInt((symbol === ETH ? 2_000 : 50_000) * closePermille) * 100_000n }),
  }));

/** What a wallet lacks, in thousandths of the margin that moves. */
const lack = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 900 }));

/** A wallet that is short of what a switch needs; undefined where the switch is refused however large the wallet is. */
function shortWallet(
  draw: AccountDraw,
  command: SetMarginModeCommand & { readonly symbol: string },
  permille: number,
): bigint | undefined {
  const engine = drawnEngine(draw);
  const settle = command.symbol === COIN ? "BTC" : "USDT";
  const plenty = 10n ** 15n;
  engine.setBalance("a", settle, plenty);
  const { accepted, scopes, positions } = engine.previewMarginMode(command);
  const after = scopes.find(({ name }) => name.scope === "cross" && name.settle === settle)?.after;
  if (!accepted || after === null || after === undefined) return undefined;
  const units = (text: string): bigint =>
    parseDecimal(text, 8, "amount", { min: -(2n ** 63n), max: 2n ** 63n });
  const moved = positions.reduce((sum, { transfer }) => sum + units(transfer), 0n);
  const spare =
    units(after.equity) - units(after.initialMargin) - units(engine.account("a").reserved(settle));
  const missing = ((moved < 0n ? -moved : moved) * BigInt(permille)) / 1_000n + 1n;
  return plenty - spare - missing;
}

/** Lots per contract. */
const LOTS: Record<string, number> = { [BTC]: 1_000, [ETH]: 100 };

/** Events, or the code and path of the refusal. */
function attempt(
  engine: RiskEngine,
  command: SetMarginModeCommand,
): EngineEvent[] | [string, string | undefined] {
  try {
    return engine.apply(command);
  } catch (error) {
    if (error instanceof RiskError) return [error.code, error.path];
    throw error;
  }
}

describe("previewMarginMode", () => {
  it("shows transfer, scopes and liquidation prices before and after", () => {
    const engine = crossLong("30000");
    engine.fill({
      account: "one",
      symbol: ETH,
      side: "sell",
      amount: "50",
      price: "2000",
      leverage: "10",
    });
    const before = engine.account("one").report();
    const preview = engine.previewMarginMode({
      account: "one",
      symbol: BTC,
      marginMode: "isolated",
    });
    expect(preview).toMatchObject({
      accepted: true,
      refusal: null,
      transfer: "10000",
      closed: "0",
      leverage: "10",
    });
    expect(
      preview.scopes.map(({ name, before: old, after }) => [
        name.scope,
        name.symbol,
        old?.collateral,
        after?.collateral,
      ]),
    ).toEqual([
      ["cross", null, "30000", "20000"],
      ["isolated", BTC, undefined, "10000"],
    ]);
    engine.setMarginMode({ account: "one", symbol: BTC, marginMode: "isolated" });
    const [eth, btc] = preview.positions;
    expect(btc).toEqual({
      symbol: BTC,
      side: "long",
      marginMode: { before: "cross", after: "isolated" },
      contracts: { before: "2", after: "2" },
      leverage: { before: "10", after: "10" },
      isolatedMargin: { before: null, after: "10000" },
      liquidationPrice: {
        before: before.positions.find(({ symbol }) => symbol === BTC)?.liquidationPrice,
        after: engine.account("one").position(BTC).liquidationPrice,
      },
      transfer: "10000",
    });
    // The other position stays, but with less beside it.
    expect(eth).toMatchObject({
      symbol: ETH,
      transfer: "0",
      marginMode: { before: "cross", after: "cross" },
    });
    expect(Number(eth?.liquidationPrice.after.up)).toBeLessThan(
      Number(eth?.liquidationPrice.before.up),
    );
    expect(eth?.liquidationPrice.after).toEqual(
      engine.account("one").position(ETH).liquidationPrice,
    );
  });

  it("shows the partial close", () => {
    const engine = crossLong("9000");
    const change = {
      account: "one",
      symbol: BTC,
      marginMode: "isolated",
      policy: "reduceToFit",
    } as const;
    expect(engine.previewMarginMode(change)).toMatchObject({
      accepted: true,
      transfer: "8990",
      closed: "0.202",
      positions: [{ contracts: { before: "2", after: "1.798" } }],
    });
  });

  it("shows why not, by code and place", () => {
    const engine = crossLong("9000");
    const refused = (part: object): unknown =>
      engine.previewMarginMode({ account: "one", symbol: BTC, marginMode: "isolated", ...part })
        .refusal;
    expect(
      engine.previewMarginMode({ account: "one", symbol: BTC, marginMode: "isolated" }),
    ).toEqual({
      accepted: false,
      refusal: {
        code: "INSUFFICIENT_FUNDS",
        path: "setMarginMode",
        message:
          'setMarginMode: the wallet is 1000 USDT short of the position\'s margin (got "10000")',
      },
      transfer: null,
      closed: "0",
      leverage: null,
      scopes: [],
      positions: [],
      events: [],
    });
    expect(refused({ policy: "refuseWithPosition" })).toMatchObject({ code: "POSITION_OPEN" });
    expect(refused({ account: "nobody" })).toMatchObject({
      code: "UNKNOWN_ACCOUNT",
      path: "setMarginMode.account",
    });
    expect(refused({ leverage: "1000" })).toMatchObject({
      code: "OUT_OF_RANGE",
      path: "setMarginMode.leverage",
    });
  });

  it("invariants 8, 9: says what the command then does, and leaves hash, handles and scans as they were", () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(
        accountDraw,
        change,
        fc.integer({ min: 900, max: 1_100 }),
        (draw, command, permille) => {
          const engine = drawnEngine(draw);
          engine.setMarks({ [ETH]: 2 * permille });
          const { type: _type, ...request } = command;
          const scan = engine.scan();
          const handles = engine
            .account("a")
            .holdings()
            .map(({ symbol, side }) => engine.account("a").scope(symbol, side));
          const pools = handles.map((handle) => handle.pool);
          const hash = engine.stateHash();
          const lines = [...scan.lines()];
          const before = engine.account("a").report();
          const preview = engine.previewMarginMode(request);
          const whole = engine.previewCommand(command);
          expect(engine.stateHash()).toBe(hash);
          expect(engine.account("a").report()).toEqual(before);
          expect(handles.map((handle) => handle.pool)).toEqual(pools);
          expect([...scan.lines()]).toEqual(lines);
          expect([...engine.scan().lines()].map(({ account }) => account)).toEqual(
            lines.map(({ account }) => account),
          );
          const outcome = attempt(engine, command);
          met.set(preview.refusal?.code ?? "accepted", 1);
          if (!preview.accepted) {
            expect(outcome).toEqual([preview.refusal?.code, preview.refusal?.path ?? undefined]);
            expect(engine.stateHash()).toBe(hash);
            return;
          }
          expect(outcome).toEqual(preview.events);
          expect(whole.events).toEqual(preview.events);
          const after = engine.account("a").report();
          expect(whole.after).toEqual(after);
          const touched = new Set(preview.scopes.map(({ name }) => JSON.stringify(name)));
          for (const { name, before: old, after: now } of preview.scopes) {
            const same = (view: (typeof after.scopes)[number]): boolean =>
              view.scope === name.scope &&
              view.settle === name.settle &&
              view.symbol === name.symbol &&
              view.side === name.side;
            expect(old).toEqual(before.scopes.find(same) ?? null);
            expect(now).toEqual(after.scopes.find(same) ?? null);
          }
          for (const view of after.scopes) {
            const { account, scope, settle, symbol, side } = view;
            if (touched.has(JSON.stringify({ account, scope, settle, symbol, side }))) continue;
            expect(before.scopes).toContainEqual(view);
          }
          for (const shown of preview.positions) {
            const view = after.positions.find(
              ({ symbol, side }) => symbol === shown.symbol && side === shown.side,
            );
            expect(view).toMatchObject({
              marginMode: shown.marginMode.after,
              liquidationPrice: shown.liquidationPrice.after,
              contracts: shown.contracts.after,
              isolatedMargin: shown.isolatedMargin.after,
            });
          }
          for (const audit of Object.values(engine.audit())) expect(audit.difference).toBe("0");
        },
      ),
      runs(200),
    );
    // The draws must reach what they are for: some are accepted, some refused (rarer codes have cases of their own).
    expect(met.has("accepted")).toBe(true);
    expect(met.size).toBeGreaterThan(1);
  });

  it("a partial close is the least: done by hand it fits, one lot less does not", () => {
    let closings = 0;
    fc.assert(
      fc.property(
        accountDraw,
        change,
        lack,
        fc.oneof(fc.constant(1_000), fc.integer({ min: 980, max: 1_020 })),
        fc.integer({ min: 0, max: 999 }),
        (draw, drawn, permille, pricePermille, share) => {
          const [held] = drawnEngine(draw).account("a").holdings();
          if (held === undefined) return;
          const { symbol } = held;
          const { symbol: _symbol, side: _side, closePrice: _price, ...rest } = drawn;
          const convert = {
            ...rest,
            ...(draw.hedged ? { side: held.side } : {}),
            symbol,
            marginMode: held.marginMode === "cross" ? "isolated" : "cross",
            carryOrders: true,
            policy: "convertIfSafe",
          } as const;
          const mark = Number(drawnEngine(draw).mark(symbol));
          const closePrice = BigInt(mark * pricePermille) * 100_000n;
          const reduce = { ...convert, policy: "reduceToFit", closePrice } as const;
          const wallet = shortWallet(draw, convert, permille);
          if (wallet === undefined) return;
          const makeEngine = (): RiskEngine => {
            const made = drawnEngine(draw);
            made.setBalance("a", symbol === COIN ? "BTC" : "USDT", wallet);
            return made;
          };
          const engine = makeEngine();
          const { accepted, closed } = engine.previewMarginMode(reduce);
          const lots = BigInt(Math.round(Number(closed) * (LOTS[symbol] ?? 1)));
          if (!accepted || lots === 0n) return;
          closings++;
          const byHand = (amount: bigint): string => {
            const other = makeEngine();
            const code = refusalCode(() => {
              if (amount > 0n) {
                other.fill({
                  account: "a",
                  symbol,
                  side: held.side === "long" ? "sell" : "buy",
                  amount,
                  price: closePrice,
                  liquidity: "taker",
                  ...(draw.hedged ? { positionSide: held.side } : {}),
                });
              }
              other.apply(convert);
            });
            return code === "accepted" ? other.stateHash() : code;
          };
          engine.apply(reduce);
          expect(byHand(lots)).toBe(engine.stateHash());
          for (const fewer of [lots - 1n, (lots * BigInt(share)) / 1_000n]) {
            expect(byHand(fewer)).toMatch(/^[A-Z_]+$/);
          }
        },
      ),
      runs(150),
    );

    expect(closings).toBeGreaterThan(0);
  });
});
