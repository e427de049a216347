// Random commands around stops, for account "a" of margin-fixtures.ts: stops of every kind on the positions that are open, at and around
// the marks, and everything that makes stops move, go or be refused. What is drawn becomes a command only in the state it meets, so
// that most are accepted.
import * as fc from "fast-check";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { Command, PositionSide, PositionView, StopDefinition } from "../../src/types.ts";
import { BTC, COIN, ETH } from "./fixtures.ts";
import { MODES, SYMBOLS } from "./margin-fixtures.ts";

const ACCOUNT = "a";
const MARKS: Record<string, number> = { [BTC]: 50_000, [ETH]: 2_000, [COIN]: 50_000 };
/** Amount units of about 1,000 quote each. */
const UNITS: Record<string, bigint> = { [BTC]: 20n, [ETH]: 50n, [COIN]: 10n };
const IDS = ["a", "b", "c", "d", "e", "f"] as const;

export interface CommandDraw {
  readonly what:
    | "placeStop"
    | "cancelStop"
    | "fill"
    | "margin"
    | "setLeverage"
    | "setMarginMode"
    | "setMarks"
    | "settleFunding";
  readonly kind: StopDefinition["kind"];
  readonly id: string;
  readonly oco: string | undefined;
  /** Which of the open positions. */
  readonly pick: number;
  readonly symbol: string;
  readonly permille: number;
  readonly sharePpm: number;
  readonly units: number;
  readonly number: number;
  readonly flag: boolean;
}

export const commandDraws: fc.Arbitrary<CommandDraw> = fc.record({
  what: fc.constantFrom(
    ...(["placeStop", "placeStop", "placeStop", "placeStop", "fill", "fill"] as const),
    ...(["cancelStop", "margin", "margin", "setLeverage", "setMarginMode"] as const),
    ...(["setMarks", "settleFunding"] as const),
  ),
  kind: fc.constantFrom(
    ...(["mark", "mark", "trailing", "marginLoss", "marginLoss"] as const),
    ...(["entryDeviation", "equity", "drawdown"] as const),
  ),
  id: fc.constantFrom(...IDS),
  oco: fc.constantFrom(undefined, undefined, undefined, undefined, "a", "b"),
  pick: fc.nat(20),
  symbol: fc.constantFrom(...SYMBOLS),
  permille: fc.integer({ min: 900, max: 1_100 }),
  sharePpm: fc.oneof(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1, max: 1_000_001 })),
  units: fc.integer({ min: 1, max: 40 }),
  number: fc.integer({ min: 1, max: 100_000 }),
  flag: fc.boolean(),
});

function priceOf(symbol: string, permille: number): bigint {
  return BigInt(MARKS[symbol] ?? 1) * BigInt(permille) * 100_000n;
}

function amountOf(symbol: string, units: number): bigint {
  return BigInt(units) * (UNITS[symbol] ?? 1n);
}

/** The fields that the kind takes. */
function firing(draw: CommandDraw, symbol: string, side: PositionSide): Partial<StopDefinition> {
  const { kind, permille, flag, number, sharePpm } = draw;
  const share = (sharePpm / 1e6).toFixed(6);
  // On the side of the mark where it waits, mostly.
  const away = Math.abs(permille - 1_000) + (number % 9 === 0 ? -1 : 0);
  const takeProfit = kind === "mark" && flag;
  const price = priceOf(symbol, 1_000 + ((side === "short") !== takeProfit ? away : -away));
  switch (kind) {
    case "mark":
      return { triggerPrice: price, ...(takeProfit ? { purpose: "takeProfit" } : {}) };
    case "trailing":
      return {
        ...(flag ? { rate: share } : { distance: BigInt(permille) * 1_000_000n }),
        ...(number % 3 === 0 ? { activationPrice: priceOf(symbol, permille) } : {}),
      };
    case "marginLoss":
      return { share };
    case "entryDeviation":
      return { deviation: share };
    case "equity":
      return { equityFloor: String(number - 1_000) };
    case "drawdown":
      return { drawdown: share, ...(flag ? { referenceEquity: String(number) } : {}) };
  }
}

function stopOf(
  draw: CommandDraw,
  position: PositionView,
): StopDefinition & { readonly id: string } {
  const { kind, units, id, oco } = draw;
  const { symbol, side } = position;
  const wholePool = (kind === "equity" || kind === "drawdown") && units % 2 === 0;
  const target = wholePool ? { settle: symbol === COIN ? "BTC" : "USDT" } : { symbol, side };
  const part = wholePool || units > 25 ? {} : { amount: amountOf(symbol, units) };
  const pair = oco === undefined ? {} : { oco };
  return { id, kind, ...target, ...part, ...firing(draw, symbol, side), ...pair };
}

/** What the draw comes to with the positions as they are; undefined where it needs one and there is none. */
export function commandOf(engine: RiskEngine, draw: CommandDraw): Command | undefined {
  const { what, id, pick, permille, units, number, flag, sharePpm } = draw;
  const positions = engine.account(ACCOUNT).positions();
  const position = positions[pick % Math.max(1, positions.length)];
  if (what === "cancelStop") return { type: what, account: ACCOUNT, stop: id };
  if (what === "setMarks") {
    return { type: what, marks: { [draw.symbol]: priceOf(draw.symbol, permille) } };
  }
  if (what === "settleFunding") {
    const rates = { [draw.symbol]: String((permille - 1_000) / 10_000) };
    return { type: what, time: number, rates };
  }
  if (position === undefined) return undefined;
  const { symbol, side, hedged } = position;
  const named = { account: ACCOUNT, symbol, ...(hedged ? { side } : {}) };
  if (what === "placeStop") return { type: what, account: ACCOUNT, stop: stopOf(draw, position) };
  if (what === "margin") {
    const amount = symbol === COIN ? (number / 1e8).toFixed(8) : String(number / 100);
    return { ...named, type: flag ? "addMargin" : "reduceMargin", amount };
  }
  if (what === "setLeverage") return { ...named, type: what, leverage: String(units) };
  if (what === "setMarginMode") {
    const marginMode = MODES[sharePpm % 2] ?? "cross";
    const policy = flag ? ({ policy: "reduceToFit" } as const) : {};
    return {
      ...named,
      type: what,
      marginMode,
      leverage: String(units),
      carryOrders: true,
      ...policy,
    };
  }
  const closes = number % 4 !== 0;
  return {
    type: "fill",
    account: ACCOUNT,
    symbol,
    side: (side === "long") === closes ? "sell" : "buy",
    amount: flag && closes ? position.contracts : amountOf(symbol, units),
    price: priceOf(symbol, 950 + (permille % 100)),
    ...(hedged ? { positionSide: side } : {}),
  };
}
