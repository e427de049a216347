// Draws stops for generated accounts: every kind, on single positions and on whole cross pools, near and far, some in pairs of which one
// cancels the other. None of them is passed at the marks; some lie beyond their liquidation, as people's stops do. Drawn from a stream
// of randomness of their own, so a book is the same with and without stops.
import type { AccountDefinition, PositionDefinition, StopDefinition } from "../types.ts";
import { type PreparedMarket, unitsText } from "./prepared-market.ts";
import { drawFrom, type Random, tenToThe } from "./random.ts";

type PositionStop = "stopLoss" | "takeProfit" | "pair" | "trailing" | "entryDeviation";
const CROSS_KINDS: readonly PositionStop[] = [
  "stopLoss",
  "stopLoss",
  "stopLoss",
  "pair",
  "pair",
  "takeProfit",
  "trailing",
  "trailing",
  "entryDeviation",
];
const ISOLATED_KINDS: readonly (PositionStop | "marginLoss")[] = [
  ...CROSS_KINDS,
  "marginLoss",
  "marginLoss",
];
const PART_SHARE = 0.25;
const SLIPPAGE_SHARE = 0.3;
const SLIPPAGES = ["0.0005", "0.001", "0.005"];
const LATER_SHARE = 0.4;
const PPM = 1_000_000;

/** A position beside what the generator knows of its market, in doubles. */
interface Held {
  readonly position: PositionDefinition;
  readonly market: PreparedMarket;
  /** 1 for a long, -1 for a short. */
  readonly sign: number;
  readonly entry: number;
  /** In the settle asset, at the mark. */
  readonly profit: number;
}

function held(position: PositionDefinition, market: PreparedMarket): Held {
  const sign = position.side === "long" ? 1 : -1;
  const entry = Number(position.entryPrice);
  const lots = Number(position.contracts) * 10 ** market.amountDecimals;
  const profit = sign * (market.mark - entry) * lots * market.lotSize;
  return { position, market, sign, entry, profit };
}

/** A share of the price: from 0.2 % to 40 %, small ones as frequent as large ones. */
function drawMove(random: Random): number {
  return tenToThe(-2.7 + 2.3 * random.next());
}

function priceText(market: PreparedMarket, price: number): string {
  return unitsText(Math.max(1, Math.round(price / market.tickSize)), market.tickDecimals);
}

function shareText(share: number): string {
  return unitsText(Math.min(Math.max(Math.ceil(share * PPM), 1), PPM), 6);
}

/** What every stop on a position says; sometimes it closes a part, sometimes it expects slippage. */
function terms(random: Random, { position, market }: Held): Omit<StopDefinition, "kind"> {
  const { symbol, side } = position;
  const lots = Math.round(Number(position.contracts) * 10 ** market.amountDecimals);
  const part = random.next() < PART_SHARE ? Math.floor(lots * random.next()) : 0;
  const slips = random.next() < SLIPPAGE_SHARE;
  return {
    symbol,
    side,
    ...(part > 0 ? { amount: unitsText(part, market.amountDecimals) } : {}),
    ...(slips ? { slippage: drawFrom(random, SLIPPAGES) } : {}),
  };
}

function drawMark(random: Random, one: Held, purpose: "stopLoss" | "takeProfit"): StopDefinition {
  const way = purpose === "stopLoss" ? -one.sign : one.sign;
  const triggerPrice = priceText(one.market, one.market.mark * (1 + way * drawMove(random)));
  return { kind: "mark", purpose, triggerPrice, ...terms(random, one) };
}

function drawTrailing(random: Random, one: Held): StopDefinition {
  const { market, sign } = one;
  const move = drawMove(random);
  const behind =
    random.next() < 0.5
      ? { rate: shareText(move) }
      : { distance: priceText(market, market.mark * move) };
  const later = random.next() < LATER_SHARE;
  const activation = later
    ? { activationPrice: priceText(market, market.mark * (1 + sign * drawMove(random))) }
    : {};
  return { kind: "trailing", ...behind, ...activation, ...terms(random, one) };
}

/** Deviation from the entry that lies beyond the mark. */
function drawDeviation(random: Random, one: Held): StopDefinition {
  const { market, sign, entry } = one;
  const move = drawMove(random);
  const beyondMark = sign * (1 - (market.mark / entry) * (1 - sign * move));
  const deviation = shareText(beyondMark > 0 ? beyondMark : move);
  return { kind: "entryDeviation", deviation, ...terms(random, one) };
}

/** A share of the margin that is not lost yet; none where all of it is. */
function drawMarginLoss(random: Random, one: Held): StopDefinition | undefined {
  const lost = -one.profit / Number(one.position.isolatedMargin);
  if (!(lost < 0.98)) return undefined;
  const from = Math.max(lost, 0) + 0.01;
  const share = shareText(from + (1 - from) * random.next());
  return { kind: "marginLoss", share, ...terms(random, one) };
}

/** The stops of one position: one, or a pair of a stop loss and a take profit. */
function drawPositionStops(random: Random, one: Held): StopDefinition[] {
  const isolated = one.position.marginMode === "isolated";
  const kind = drawFrom(random, isolated ? ISOLATED_KINDS : CROSS_KINDS);
  switch (kind) {
    case "pair":
      return [drawMark(random, one, "stopLoss"), drawMark(random, one, "takeProfit")];
    case "trailing":
      return [drawTrailing(random, one)];
    case "entryDeviation":
      return [drawDeviation(random, one)];
    case "marginLoss": {
      const stop = drawMarginLoss(random, one);
      return stop === undefined ? [] : [stop];
    }
    default:
      return [drawMark(random, one, kind)];
  }
}

/** One stop on the equity of a cross pool, closing all of it or one position. */
function drawPoolStop(random: Random, pool: readonly Held[], wallet: number): StopDefinition[] {
  const equity = pool.reduce((sum, { profit }) => sum + profit, wallet);
  const fall = 0.02 + 0.5 * random.next();
  const kind = random.next() < 0.5 ? "equity" : "drawdown";
  const all = random.next() < 0.5;
  const [first] = pool;
  if (first === undefined || equity < 1) return [];
  const one = drawFrom(random, pool);
  const target = all
    ? { settle: first.market.settle }
    : { symbol: one.position.symbol, side: one.position.side };
  if (kind === "drawdown") return [{ kind, drawdown: shareText(fall), ...target }];
  return [{ kind, equityFloor: unitsText(Math.floor(equity * (1 - fall) * 100), 2), ...target }];
}

/** The account with stops on about `share` of its positions and of its cross pools. */
export function withStops(
  random: Random,
  account: AccountDefinition,
  markets: ReadonlyMap<string, PreparedMarket>,
  share: number,
): AccountDefinition {
  const stops: StopDefinition[] = [];
  const pools = new Map<string, Held[]>();
  // The second of a pair names the first, which stands there already.
  const add = (drawn: readonly StopDefinition[]): void => {
    const first = `s${stops.length + 1}`;
    drawn.forEach((stop, at) => {
      stops.push({ id: `s${stops.length + 1}`, ...stop, ...(at > 0 ? { oco: first } : {}) });
    });
  };
  for (const position of account.positions ?? []) {
    const market = markets.get(position.symbol);
    if (market === undefined) continue;
    const one = held(position, market);
    if (position.marginMode === "cross") {
      const pool = pools.get(market.settle);
      if (pool === undefined) pools.set(market.settle, [one]);
      else pool.push(one);
    }
    if (random.next() < share) add(drawPositionStops(random, one));
  }
  for (const [settle, pool] of pools) {
    const wallet = Number(account.balances?.[settle] ?? 0);
    if (random.next() < share) add(drawPoolStop(random, pool, wallet));
  }
  return stops.length === 0 ? account : { ...account, stops };
}
