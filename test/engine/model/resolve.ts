// A draw made into a command by what the model knows of the book at that moment. Limits are found by asking the model itself, by halving; where its
// rules are not monotone the figure found is still a good one to try.
import { referenceLiquidationPrice } from "../../../src/reference/index.ts";
import type { Command, DecimalLike } from "../../../src/types.ts";
import { applyToModel } from "../../support/model/apply.ts";
import {
  type Account,
  type Book,
  findPosition,
  marketOf,
  type Position,
  sideOf,
  walletOf,
} from "../../support/model/book.ts";
import { absolute } from "../../support/model/exact.ts";
import { crossPool, isolatedFigures, isolatedPool, rangeFor } from "../../support/model/pools.ts";
import type { Draw, Size } from "./draws.ts";
import { alternativeTiers, BTC, SYMBOLS } from "./venue.ts";

const MOST_LOTS = 2_000_000n;
const MOST_FEE = 10n ** 10n;
const MOST_TO_FIT = 1_500n;

/** The largest value from 1 that the model accepts, taking its rules to be monotone; 0 where 1 is refused. */
function largestAccepted(book: Book, most: bigint, command: (value: bigint) => Command): bigint {
  let [low, high] = [0n, most + 1n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (applyToModel(book, command(middle)).code === undefined) low = middle;
    else high = middle;
  }
  return low;
}

function sized(
  book: Book,
  size: Size,
  whole: bigint,
  most: bigint,
  command: (value: bigint) => Command,
): Command {
  if (size.at === "units") return command(size.units);
  if (size.at === "whole") return command(whole + size.offset);
  const limit = largestAccepted(book, most, command);
  // Where nothing is accepted, one unit is a better try than none.
  if (limit === 0n) return command(1n);
  if (size.at === "limit") return command(limit + size.offset);
  return command((limit * size.permille) / 1_000n);
}

/** All positions of the book, by which draws aim. */
function positionsOf(book: Book): { readonly account: Account; readonly position: Position }[] {
  return [...book.accounts.values()].flatMap((account) =>
    account.positions.map((position) => ({ account, position })),
  );
}

/** Kinds that only isolated positions can be the object of. */
const ISOLATED_ONLY: ReadonlySet<string> = new Set(["addMargin", "reduceMargin", "setAutoTopUp"]);

/** What a draw is about: an account, a symbol, and the position there if there is one. */
interface Target {
  readonly account: Account | undefined;
  readonly id: string;
  readonly symbol: string;
  readonly hedged: boolean;
  readonly position: Position | undefined;
  readonly side: "long" | "short";
}

function targetOf(book: Book, draw: Draw): Target {
  const isolatedOnly = ISOLATED_ONLY.has(draw.kind) && !draw.other;
  const all = positionsOf(book).filter(
    ({ position }) => !isolatedOnly || position.mode === "isolated",
  );
  const aimed = draw.aim === undefined ? undefined : all[draw.aim % (all.length || 1)];
  if (aimed !== undefined) {
    const { account, position } = aimed;
    const { id, hedged } = account;
    return { account, id, symbol: position.symbol, hedged, position, side: sideOf(position) };
  }
  const account = book.accounts.get(draw.account);
  const hedged = account?.hedged ?? false;
  const side = draw.flag ? "long" : "short";
  const position =
    account === undefined
      ? undefined
      : findPosition(account, draw.symbol, hedged ? side : undefined);
  return { account, id: draw.account, symbol: draw.symbol, hedged, position, side };
}

/** A price of a symbol, at least 1. */
function priceOf(book: Book, draw: Draw, symbol: string): bigint {
  const mark = book.marks.get(symbol) ?? 1n;
  const price = liquidationPrice(book, draw, symbol) ?? priceBesideMark(draw, mark);
  return price < 1n ? 1n : price;
}

function priceBesideMark({ price }: Draw, mark: bigint): bigint {
  return price.at === "mark" ? (mark * price.permille) / 1_000n + price.offset : mark;
}

function liquidationPrice(book: Book, draw: Draw, symbol: string): bigint | undefined {
  const { price } = draw;
  if (price.at !== "liquidation") return undefined;
  const held = positionsOf(book).filter(({ position }) => position.symbol === symbol);
  const found = held[price.scope % (held.length || 1)];
  if (found === undefined) return undefined;
  const { account, position } = found;
  const market = marketOf(book, symbol);
  const pool =
    position.mode === "isolated"
      ? isolatedPool(book, position)
      : crossPool(book, account, market.settle);
  try {
    const slot = book.markets.indexOf(market);
    const direction = position.quantity > 0n ? "down" : "up";
    const effort = { intervals: 0, limit: 2_000 };
    const inclusive = book.rules.triggerInclusive;
    const at = referenceLiquidationPrice(pool, slot, direction, inclusive, effort);
    return at === null || at > 10n ** 9n ? undefined : at + price.offset;
  } catch {
    return undefined;
  }
}

/** A stated leverage, or none. */
function leverageOf(book: Book, draw: Draw, target: Target): bigint | undefined {
  const { leverage } = draw;
  if (typeof leverage !== "string") return leverage;
  const market = marketOf(book, target.symbol);
  const { table, maxLeverage } = rangeFor(market, target.position?.quantity ?? 0n);
  const notional = absolute(target.position?.cost ?? 0n);
  const at = table.brackets.filter(({ floor }) => floor <= notional).length - 1;
  const ofMode = market.maxLeverage[target.position?.mode ?? draw.mode ?? "cross"];
  const ofBracket = maxLeverage[Math.max(at, 0)] ?? 0n;
  const cap = ofMode !== 0n && ofMode < ofBracket ? ofMode : ofBracket;
  const step = book.rules.integerLeverage ? 1_000n : 1n;
  return leverage === "cap" ? cap - (cap % step) : cap + step;
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [Name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]: Value });
}

function fillOf(book: Book, draw: Draw): Command {
  const target = targetOf(book, draw);
  const { id, symbol, hedged, position, side, account } = target;
  // Rarely a side where none belongs, or none where one does.
  const named = hedged !== (draw.other && draw.aim === 7);
  const order = account?.orders.find((one) => one.symbol === symbol && draw.other);
  // Mostly what can be: a side that opens where there is nothing to reduce, a leverage where one is needed.
  const opens = hedged && position === undefined && !draw.other ? side === "long" : draw.buy;
  const needed =
    position === undefined && draw.mode === "isolated" && !draw.other ? 5_000n : undefined;
  const leverage = leverageOf(book, draw, target) ?? needed;
  const fee = typeof draw.fee === "bigint" ? draw.fee : undefined;
  const liquidity = draw.fee === "maker" || draw.fee === "taker" ? draw.fee : undefined;
  const price = priceOf(book, draw, symbol);
  const lots = absolute(position?.quantity ?? 1n);
  const trade = sized(book, draw.size, lots, MOST_LOTS, (amount) => ({
    type: "fill",
    account: id,
    symbol,
    side: order?.side ?? (opens ? "buy" : "sell"),
    amount,
    price,
    ...optional("positionSide", named ? (order?.positionSide ?? side) : undefined),
    ...optional("marginMode", position === undefined || draw.other ? draw.mode : undefined),
    ...optional("leverage", leverage),
    ...optional("fee", fee),
    ...optional("liquidity", liquidity),
    ...optional("order", order?.id),
    ...optional("reduceOnly", draw.other && draw.flag ? true : undefined),
  }));
  if (draw.fee !== "limit" && draw.fee !== "above") return trade;
  const most = largestAccepted(book, MOST_FEE, (units) => ({ ...trade, fee: units }) as Command);
  return { ...trade, fee: draw.fee === "limit" ? most : most + 1n } as Command;
}

function setPositionOf(book: Book, draw: Draw): Command {
  const target = targetOf(book, draw);
  const { id, symbol, position } = target;
  const mode = draw.mode ?? "cross";
  const lots = draw.size.at === "units" ? draw.size.units % 3_000n : 500n;
  const leverage = leverageOf(book, draw, target);
  return {
    type: "setPosition",
    account: id,
    position: {
      symbol,
      side: draw.buy ? "long" : "short",
      contracts: draw.size.at === "whole" ? absolute(position?.quantity ?? 0n) : lots,
      entryPrice: priceOf(book, draw, symbol),
      marginMode: mode,
      ...optional("leverage", leverage),
      ...optional(
        "isolatedMargin",
        mode === "isolated" ? absolute(draw.rate) % 10n ** 8n : undefined,
      ),
      ...optional("autoTopUp", mode === "isolated" && draw.flag ? true : undefined),
    },
  };
}

function marginOf(book: Book, draw: Draw, type: "addMargin" | "reduceMargin"): Command {
  const { id, symbol, hedged, side, position, account } = targetOf(book, draw);
  const margin = position?.margin ?? 1n;
  const { settle } = marketOf(book, symbol);
  const wallet = account === undefined ? 0n : walletOf(account, settle);
  const most = type === "addMargin" ? wallet : margin;
  return sized(book, draw.size, margin, absolute(most) + 2n, (amount) => ({
    type,
    account: id,
    symbol,
    amount,
    ...optional("side", hedged !== draw.other ? side : undefined),
  }));
}

function setLeverageOf(book: Book, draw: Draw): Command {
  const target = targetOf(book, draw);
  const { id, symbol, hedged, side } = target;
  return {
    type: "setLeverage",
    account: id,
    symbol,
    leverage: leverageOf(book, draw, target) ?? 25_000n,
    ...optional("side", (hedged && draw.flag) || draw.aim === 7 ? side : undefined),
  };
}

function setMarginModeOf(book: Book, draw: Draw): Command {
  const target = targetOf(book, draw);
  const { id, symbol, hedged, side, position } = target;
  // The model looks for the least partial close lot by lot.
  const large = absolute(position?.quantity ?? 0n) > MOST_TO_FIT;
  const asked = draw.policy ?? book.rules.modeSwitch;
  const policy = asked === "reduceToFit" && large ? "convertIfSafe" : draw.policy;
  const wide = (policy ?? asked) === "accountWide";
  const other = position?.mode === "isolated" ? "cross" : "isolated";
  // At 1x the wallet seldom holds what a position needs: something must be closed.
  const needy = (policy ?? asked) === "reduceToFit" && !draw.other ? 1_000n : undefined;
  return {
    type: "setMarginMode",
    account: id,
    marginMode: draw.other ? (draw.mode ?? "cross") : other,
    ...optional("symbol", wide !== (draw.aim === 7) ? undefined : symbol),
    ...optional("side", hedged && draw.flag && !wide ? side : undefined),
    ...optional("leverage", leverageOf(book, draw, target) ?? needy),
    ...optional("policy", policy),
    ...optional("carryOrders", draw.flag ? true : undefined),
    ...optional(
      "closePrice",
      draw.other && (policy ?? asked) === "reduceToFit" ? priceOf(book, draw, symbol) : undefined,
    ),
  };
}

function settleFundingOf(book: Book, draw: Draw): Command {
  const rates: Record<string, { rate: bigint; price: bigint } | bigint> = {};
  const chosen = draw.flag ? SYMBOLS : [draw.symbol];
  for (const symbol of chosen) {
    const sign = symbol === draw.symbol ? 1n : -1n;
    const rate = draw.rate * sign;
    const oracle = { rate, price: priceOf(book, draw, symbol) };
    rates[symbol] = book.rules.fundingPrice === "oracle" ? oracle : rate;
  }
  const last = Math.max(0, ...chosen.map((symbol) => book.fundingTimes.get(symbol) ?? 0));
  return { type: "settleFunding", time: last + (draw.other && draw.aim === 7 ? 0 : 1), rates };
}

function placeOrderOf(book: Book, draw: Draw): Command {
  const { id, symbol, hedged, position, side, account } = targetOf(book, draw);
  const used = new Set(account?.orders.map((order) => order.id));
  const price = priceOf(book, draw, symbol);
  const free = ["a", "b", "c", "d", "e", "f"].find((one) => !used.has(one)) ?? "a";
  return sized(book, draw.size, absolute(position?.quantity ?? 1n), MOST_LOTS, (amount) => ({
    type: "placeOrder",
    account: id,
    order: {
      id: draw.other && draw.aim === 7 ? "a" : free,
      symbol,
      side: draw.buy ? "buy" : "sell",
      amount,
      price,
      ...optional("positionSide", hedged ? side : undefined),
      ...optional("reduceOnly", draw.other ? true : undefined),
    },
  }));
}

function walletCommandOf(
  book: Book,
  draw: Draw,
  type: "deposit" | "withdraw" | "setBalance",
): Command {
  const { account, asset } = draw;
  const held = book.accounts.get(account);
  const balance = held === undefined ? 0n : walletOf(held, asset);
  const command = (amount: bigint): Command => ({ type, account, asset, amount });
  if (type === "withdraw") return sized(book, draw.size, balance, absolute(balance) + 2n, command);
  const { size } = draw;
  const amount = size.at === "units" ? size.units : absolute(draw.rate) % 10n ** 8n;
  return command(type === "setBalance" && draw.other ? -amount : amount);
}

/** Or what is still missing for a top-up to find something to do: the flag on a position, a mark that sinks one. */
function topUpMarginsOf(book: Book, draw: Draw): Command {
  const isolated = positionsOf(book).filter(({ position }) => position.mode === "isolated");
  const flagged = isolated.filter(({ position }) => position.autoTopUp);
  const [sunk, held] = [flagged, isolated].map(
    (list) => list[(draw.aim ?? 0) % (list.length || 1)],
  );
  if (draw.other || held === undefined) return { type: "topUpMargins" };
  if (sunk === undefined) {
    const { account, position } = held;
    const side = account.hedged ? sideOf(position) : undefined;
    const { symbol } = position;
    return {
      type: "setAutoTopUp",
      account: account.id,
      symbol,
      enabled: true,
      ...optional("side", side),
    };
  }
  const { liquidatable } = isolatedFigures(book, sunk.position);
  const { symbol } = sunk.position;
  const scope = positionsOf(book)
    .filter(({ position }) => position.symbol === symbol)
    .findIndex(({ position }) => position === sunk.position);
  const price = { at: "liquidation", scope, offset: 0n } as const;
  const mark = priceOf(book, { ...draw, price }, symbol);
  if (liquidatable || mark === book.marks.get(symbol)) return { type: "topUpMargins" };
  return { type: "setMarks", marks: { [symbol]: mark } };
}

/** A command; undefined where the draw finds nothing to be about. */
export function resolve(book: Book, draw: Draw): Command | undefined {
  const { account, symbol } = draw;
  switch (draw.kind) {
    case "deposit":
    case "withdraw":
    case "setBalance":
      return walletCommandOf(book, draw, draw.kind);
    case "fill":
      return fillOf(book, draw);
    case "setPosition":
      return setPositionOf(book, draw);
    case "addMargin":
    case "reduceMargin":
      return marginOf(book, draw, draw.kind);
    case "setLeverage":
      return setLeverageOf(book, draw);
    case "setMarginMode":
      return setMarginModeOf(book, draw);
    case "settleFunding":
      return settleFundingOf(book, draw);
    case "placeOrder":
      return placeOrderOf(book, draw);
    case "openAccount":
      return { type: "openAccount", account: draw.other ? account : "late", hedged: draw.flag };
    case "closeAccount":
      return { type: "closeAccount", account: draw.other ? account : "late" };
    case "topUpMargins":
      return topUpMarginsOf(book, draw);
    case "setMultiAsset":
      return { type: "setMultiAsset", account, enabled: draw.flag };
    default:
      return resolveRest(book, draw, symbol);
  }
}

function resolveRest(book: Book, draw: Draw, symbol: string): Command | undefined {
  const { id, position, side, hedged, account } = targetOf(book, draw);
  const price = priceOf(book, draw, symbol);
  switch (draw.kind) {
    case "setMarks": {
      const moved = draw.flag ? (position?.symbol ?? symbol) : symbol;
      const marks: Record<string, DecimalLike> = { [moved]: priceOf(book, draw, moved) };
      if (draw.other) marks[BTC] = priceOf(book, draw, BTC);
      return { type: "setMarks", marks };
    }
    case "setIndexPrices": {
      const before = book.indexPrices.get("BTC") ?? 1n;
      return {
        type: "setIndexPrices",
        prices: { BTC: (before * (900n + (price % 200n))) / 1_000n + 1n },
      };
    }
    case "setAutoTopUp":
      return {
        type: "setAutoTopUp",
        account: id,
        symbol: position?.symbol ?? symbol,
        enabled: !(position?.autoTopUp ?? false) || draw.other,
        ...optional("side", hedged !== draw.other ? side : undefined),
      };
    case "cancelOrder": {
      const holders = [...book.accounts.values()].filter(({ orders }) => orders.length > 0);
      const holder = draw.other ? account : holders[(draw.aim ?? 0) % (holders.length || 1)];
      const order = holder?.orders.at(draw.flag ? 0 : -1)?.id ?? "x";
      return { type: "cancelOrder", account: holder?.id ?? id, order };
    }
    case "setTiers":
      return { type: "setTiers", tiers: { [BTC]: alternativeTiers(book.rules, draw.flag) } };
    case "empty": {
      // Takes a position away, so that accounts can be closed now and then.
      if (position === undefined) {
        return { type: "setBalance", account: "late", asset: draw.asset, amount: 0n };
      }
      const definition = {
        symbol: position.symbol,
        side: sideOf(position),
        contracts: 0n,
        entryPrice: 1n,
        marginMode: position.mode,
      };
      return { type: "setPosition", account: id, position: definition };
    }
    default:
      return undefined;
  }
}
