// Prices that sliders stand for, exactly: a slider gives hundredths of a per cent, the engine gets decimal text. A moved price is
// rounded away from where it came from, so that a move is never milder than the slider says.
import { formatDecimal, parseDecimal } from "../../src/decimal.ts";
import type { BookDocument, MarketDefinition } from "../../src/types.ts";
import { type CheckView, heldMarkets, positionsOf } from "./state.ts";

const WHOLE_BP = 10_000n;
/** Digits that a slider's price has: finer than any step of the slider. */
const DIGITS = 6;

export function priceDecimalsOfMarket({ priceDecimals = 8 }: MarketDefinition): number {
  return priceDecimals;
}

/** Decimals at which a price moved by a slider is quoted: those of the price itself, at least six digits. */
function quotedDecimals(units: bigint, decimals: number): number {
  let trailing = 0;
  for (let rest = units; trailing < decimals && rest % 10n === 0n; trailing++) rest /= 10n;
  const digits = units.toString().length;
  return Math.min(decimals, Math.max(decimals - trailing, decimals - digits + DIGITS, 0));
}

/** A price moved by hundredths of a per cent. */
export function movedPrice(price: string, moveBp: number, decimals: number): string {
  const units = parseDecimal(price, decimals, "price");
  if (moveBp === 0) return formatDecimal(units, decimals);
  const quoted = quotedDecimals(units, decimals);
  const step = 10n ** BigInt(decimals - quoted);
  const product = units * (WHOLE_BP + BigInt(moveBp));
  const scale = WHOLE_BP * step;
  const down = product / scale;
  const steps = moveBp > 0 && product % scale !== 0n ? down + 1n : down;
  return formatDecimal(steps < 1n ? step : steps * step, decimals);
}

/** By how many hundredths of a per cent a price lies off its mark, to the nearest; for the place of a slider's thumb. */
export function moveBetween(mark: string, price: string): number {
  const from = Number(mark);
  return from > 0 ? Math.round((Number(price) / from - 1) * Number(WHOLE_BP)) : 0;
}

/** Which way a market moves when everything moves against the account: −1 where it holds more long than short. */
export function adverseSign(book: BookDocument, symbol: string): -1 | 0 | 1 {
  let net = 0n;
  for (const position of positionsOf(book)) {
    if (position.symbol !== symbol) continue;
    const contracts = parseDecimal(position.contracts, 18, "contracts");
    net += position.side === "long" ? contracts : -contracts;
  }
  return net === 0n ? 0 : net > 0n ? -1 : 1;
}

/**
 * Markets held on both sides. The engine's joint shock moves each position against the account, which no one price does to both sides of a
 * market: where there are such, a joint move of prices leaves more room than the shock says.
 */
export function hedgedMarkets(book: BookDocument): string[] {
  const sides = new Map<string, Set<string>>();
  for (const { symbol, side } of positionsOf(book)) {
    sides.set(symbol, (sides.get(symbol) ?? new Set()).add(side));
  }
  return [...sides].filter(([, held]) => held.size > 1).map(([symbol]) => symbol);
}

/** Move of one market under the joint slider, in hundredths of a per cent. */
function jointMove(book: BookDocument, view: CheckView, symbol: string): number {
  if (view.direction === "together") return view.jointBp;
  return adverseSign(book, symbol) * view.jointBp;
}

/** The price a market stands at with the sliders where they are. */
export function shownPrice(book: BookDocument, view: CheckView, market: MarketDefinition): string {
  const { symbol } = market;
  const mark = Object.hasOwn(book.marks, symbol) ? String(book.marks[symbol]) : "1";
  const tried = Object.hasOwn(view.trial, symbol) ? (view.trial[symbol] as string) : mark;
  return movedPrice(tried, jointMove(book, view, symbol), priceDecimalsOfMarket(market));
}

/** Prices of all markets that the account holds. */
export function shownPrices(book: BookDocument, view: CheckView): Record<string, string> {
  return Object.fromEntries(
    heldMarkets(book).map((market) => [market.symbol, shownPrice(book, view, market)]),
  );
}

/** Whether any slider is off its mark. */
export function isMoved({ trial, jointBp }: CheckView): boolean {
  return jointBp !== 0 || Object.keys(trial).length > 0;
}
