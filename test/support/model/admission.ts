// What a scope must hold for something to be let through: initial margin (scaled with open interest where the profile says so), what
// open orders reserve, caps of size and leverage.
import { MAX_AMOUNT, type PoolFigures } from "../../../src/model.ts";
import { bracketOf } from "../../../src/reference/leg.ts";
import type { MarginMode, OrderSide, PositionSide } from "../../../src/types.ts";
import {
  type Account,
  type Book,
  findPosition,
  type Market,
  marketOf,
  markOf,
  type Order,
  type Position,
  walletOf,
} from "./book.ts";
import {
  absolute,
  ceilOf,
  divideCeil,
  divideFloor,
  floorOf,
  larger,
  marginAt,
  notionalOf,
  type Ratio,
  scaled,
  smaller,
  worthOf,
} from "./exact.ts";
import { countedResultOf, crossFigures, legFigures, rangeFor } from "./pools.ts";
import { must, refuse } from "./refusal.ts";

const PPM = 1_000_000n;

/** The initial rate of the bracket that a notional of this size falls in. */
export function bracketRate(market: Market, quantity: bigint, notional: Ratio): Ratio {
  const { table } = rangeFor(market, quantity);
  const rate = table.brackets[bracketOf(table, notional)]?.initialRate ?? 0;
  return { numerator: BigInt(rate), denominator: BigInt(table.rateDenominator) };
}

/** The larger side of a market's open interest at its mark, in quote units. */
function openInterest(book: Book, market: Market): bigint {
  let long = 0n;
  let short = 0n;
  for (const { positions } of book.accounts.values()) {
    for (const { symbol, quantity } of positions) {
      if (symbol !== market.symbol) continue;
      if (quantity > 0n) long += quantity;
      else short -= quantity;
    }
  }
  return floorOf(notionalOf(market.terms, larger(long, short), markOf(book, market)));
}

/** min(IMF + max((OI − lower) / (upper − lower), 0) · (1 − IMF), 1) in whole parts per million, rounded down. */
function scaledRatePpm(book: Book, market: Market, rate: Ratio): bigint {
  const { interestCaps } = market;
  if (!book.rules.openInterestScaling || interestCaps === undefined) return 0n;
  const { lower, upper } = interestCaps;
  const above = larger(openInterest(book, market) - lower, 0n);
  const span = upper - lower;
  const { numerator, denominator } = rate;
  const sum = numerator * span + above * (denominator - numerator);
  return smaller(divideFloor(sum * PPM, denominator * span), PPM);
}

/** ⌈initial margin⌉ of a size at a price: at its leverage, or the bracket's rate where it has none, and never below the scaled rate. */
export function initialMarginOf(
  book: Book,
  market: Market,
  quantity: bigint,
  price: bigint,
  leverage: bigint,
): bigint {
  const notional = notionalOf(market.terms, quantity, price);
  const rate = bracketRate(market, quantity, notional);
  const plain =
    leverage > 0n
      ? marginAt(notional, leverage)
      : ceilOf(scaled(notional, rate.numerator, rate.denominator));
  const grown = ceilOf(scaled(notional, scaledRatePpm(book, market, rate), PPM));
  return larger(plain, grown);
}

/** IM*: what the cross pool's positions must be covered by. */
export function initialRequirement(book: Book, account: Account, asset: string): bigint {
  let sum = 0n;
  for (const position of account.positions) {
    const market = marketOf(book, position.symbol);
    if (position.mode !== "cross" || market.settle !== asset) continue;
    const mark = markOf(book, market);
    sum += initialMarginOf(book, market, position.quantity, mark, position.leverage);
  }
  return sum;
}

/** Better prices first; equals in the order of placement. */
function bestFirst(side: OrderSide, orders: readonly Order[]): Order[] {
  const better = (a: Order, b: Order): boolean =>
    side === "buy" ? a.price > b.price : a.price < b.price;
  return [...orders].sort((a, b) => (better(a, b) ? -1 : better(b, a) ? 1 : 0));
}

/** Margin (and opening loss) of orders of one side once a position of `absorbed` against them is closed. */
function reservedSide(
  book: Book,
  market: Market,
  side: OrderSide,
  orders: readonly Order[],
  absorbed: bigint,
  leverage: bigint,
): bigint {
  let left = absorbed;
  let sum = 0n;
  const mark = markOf(book, market);
  for (const order of bestFirst(side, orders)) {
    const closing = smaller(left, order.amount);
    left -= closing;
    const opening = order.amount - closing;
    if (opening === 0n) continue;
    sum += initialMarginOf(book, market, opening, order.price, leverage);
    if (!book.rules.orderOpenLoss) continue;
    const quantity = side === "buy" ? opening : -opening;
    const paid = worthOf(market.terms, quantity, order.price);
    const worth = worthOf(market.terms, quantity, mark);
    const loss = paid.numerator * worth.denominator - worth.numerator * paid.denominator;
    sum += larger(0n, divideCeil(loss, paid.denominator * worth.denominator));
  }
  return sum;
}

/** Leverage that a position on a side has, or would be opened with. */
function leverageFor(account: Account, market: Market, side: PositionSide): bigint {
  const position = findPosition(account, market.symbol, account.hedged ? side : undefined);
  if (position !== undefined) return position.leverage;
  return account.settings.get(market.symbol)?.leverage[side] ?? 0n;
}

/** What the orders of one market reserve: of one-way accounts the worse of all buys and all sells, of hedged ones both sides' openings. */
function reservedMarket(book: Book, account: Account, market: Market): bigint {
  const of = (side: OrderSide): Order[] =>
    account.orders.filter(
      (order) => order.symbol === market.symbol && order.side === side && !order.reduceOnly,
    );
  const buys = of("buy");
  const sells = of("sell");
  const long = leverageFor(account, market, "long");
  const short = leverageFor(account, market, "short");
  if (account.hedged) {
    const opensLong = buys.filter(({ positionSide }) => positionSide === "long");
    const opensShort = sells.filter(({ positionSide }) => positionSide === "short");
    return (
      reservedSide(book, market, "buy", opensLong, 0n, long) +
      reservedSide(book, market, "sell", opensShort, 0n, short)
    );
  }
  const held = findPosition(account, market.symbol, undefined)?.quantity ?? 0n;
  return larger(
    reservedSide(book, market, "buy", buys, larger(0n, -held), long),
    reservedSide(book, market, "sell", sells, larger(0n, held), short),
  );
}

/** R: what open orders reserve of the cross pool. */
export function reserved(book: Book, account: Account, asset: string): bigint {
  if (book.rules.openOrderMargin === "none") return 0n;
  let sum = 0n;
  for (const market of book.markets) {
    if (market.settle === asset && account.orders.some(({ symbol }) => symbol === market.symbol)) {
      sum += reservedMarket(book, account, market);
    }
  }
  return sum;
}

/** Equity of the cross pool beyond initial margin and reserves, or beyond initial margin alone. */
function free(book: Book, account: Account, asset: string, reserve: bigint): bigint {
  const { equity } = crossFigures(book, account, asset);
  return equity - initialRequirement(book, account, asset) - reserve;
}

/** What may leave a pool before it is liquidatable; below 0 where it is. */
function slack({ clearance, maintenanceMargin, equity }: PoolFigures, book: Book): bigint {
  if (maintenanceMargin === 0n) return larger(equity, 0n) + MAX_AMOUNT;
  return book.rules.triggerInclusive ? clearance - 1n : clearance;
}

/** What may leave the cross pool for an isolated position: wallet, and equity above initial margin and reserves, as long as the pool stands. */
export function available(book: Book, account: Account, asset: string): bigint {
  const spare = free(book, account, asset, reserved(book, account, asset));
  const most = smaller(walletOf(account, asset), spare);
  return larger(0n, smaller(most, slack(crossFigures(book, account, asset), book)));
}

/** What funding may take from the wallet for an isolated position: beside positions only, whose initial margin no open interest raises (docs/numbers.md). */
export function availableForFunding(book: Book, account: Account, asset: string): bigint {
  const { equity, initialMargin, liquidatable } = crossFigures(book, account, asset);
  if (liquidatable) return 0n;
  return larger(0n, smaller(walletOf(account, asset), equity - initialMargin));
}

/** Sum of a tenth of each cross position's notional. */
function tenthOfNotional(book: Book, account: Account, asset: string): bigint {
  let notional = 0n;
  for (const position of account.positions) {
    const { settle } = marketOf(book, position.symbol);
    if (position.mode === "cross" && settle === asset) {
      notional += legFigures(book, position).notional;
    }
  }
  return divideCeil(notional, 10n);
}

/** Equity of the cross pool beyond what the profile wants a withdrawal to leave behind; below 0 where it is short of that. */
export function beyondWithdrawals(book: Book, account: Account, asset: string): bigint {
  const { equity } = crossFigures(book, account, asset);
  const initial = initialRequirement(book, account, asset);
  const reserve = reserved(book, account, asset);
  switch (book.rules.withdrawal) {
    case "initialMargin":
      return equity - initial - reserve;
    case "initialOrTenth":
      return equity - larger(initial, tenthOfNotional(book, account, asset)) - reserve;
    case "walletAndEquity": {
      // Unrealised profit does not leave.
      let unrealised = 0n;
      for (const position of account.positions) {
        const { settle } = marketOf(book, position.symbol);
        if (position.mode === "cross" && settle === asset) {
          unrealised += countedResultOf(book, position);
        }
      }
      return equity - larger(0n, unrealised) - initial - reserve;
    }
  }
}

/** What may leave the book: of the wallet, beyond what must stay behind, as long as the pool stands. */
export function withdrawable(book: Book, account: Account, asset: string): bigint {
  const most = smaller(walletOf(account, asset), beyondWithdrawals(book, account, asset));
  return larger(0n, smaller(most, slack(crossFigures(book, account, asset), book)));
}

/** Refuses where the cross pool, as it is now, cannot carry what was asked. */
export function requireAffordable(
  book: Book,
  account: Account,
  asset: string,
  wallet: bigint,
): void {
  const figures: PoolFigures = crossFigures(book, account, asset);
  must(wallet >= 0n, "INSUFFICIENT_FUNDS");
  const reserve = reserved(book, account, asset);
  must(free(book, account, asset, reserve) >= 0n, "INSUFFICIENT_FUNDS");
  must(!figures.liquidatable, "INSUFFICIENT_FUNDS");
}

/** Caps of size and leverage that a position with this entry notional must stay under. */
export function requireCaps(
  market: Market,
  position: Pick<Position, "quantity" | "cost" | "leverage">,
  mode: MarginMode,
): void {
  const { quantity, cost, leverage } = position;
  const { table, cap, to, maxLeverage } = rangeFor(market, quantity);
  const notional = absolute(cost);
  must(cap === null || notional <= cap, "OUT_OF_RANGE");
  must(to === null || absolute(quantity) <= to, "OUT_OF_RANGE");
  const ofMode = market.maxLeverage[mode];
  must(ofMode === 0n || leverage <= ofMode, "OUT_OF_RANGE");
  const bracket = bracketOf(table, { numerator: notional, denominator: 1n });
  const ofBracket = maxLeverage[bracket] ?? 0n;
  must(ofBracket === 0n || leverage <= ofBracket, "OUT_OF_RANGE");
}

/** A leverage that a command states: whole where the venue says so. */
export function requireLeverage(book: Book, leverage: bigint): void {
  if (leverage < 1n || leverage >= 2n ** 32n) refuse("OUT_OF_RANGE");
  must(!book.rules.integerLeverage || leverage % 1_000n === 0n, "LEVERAGE");
}
