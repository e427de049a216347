// How far the sliders go: far enough for every liquidation and stop of the account and no further, so that a pixel stays a small move.
import type { AccountReport, ScopeView } from "../../src/types.ts";
import { moveBetween } from "./prices.ts";

const ENDS = [1000, 1500, 2000, 3000, 4500, 6000] as const;
const LAST = 6000;
/** Room beyond the furthest thing worth reaching. */
const ROOM = 1.25;

/** The first end of a slider that leaves room beyond these moves; all in hundredths of a per cent. */
export function endBeyond(moves: readonly number[]): number {
  const furthest = Math.max(0, ...moves.map(Math.abs).filter((move) => move * ROOM <= LAST));
  return ENDS.find((end) => end >= furthest * ROOM) ?? LAST;
}

/** An end that holds a place, too: a shared link may stand beyond. */
export function endHolding(end: number, place: number): number {
  const size = Math.abs(place);
  return size <= end ? end : (ENDS.find((candidate) => candidate >= size) ?? LAST);
}

/** End of the joint slider. */
export function jointEnd(scopes: readonly ScopeView[]): number {
  const shocks = scopes.flatMap(({ jointShock }) =>
    jointShock === null ? [] : [Number(jointShock) * 10_000],
  );
  return shocks.length === 0 ? LAST : endBeyond(shocks);
}

/** End of one market's slider, on both sides of its mark. */
export function marketEnd(report: AccountReport, symbol: string, mark: string): number {
  const positions = report.positions.filter((position) => position.symbol === symbol);
  const stops = report.stops.filter((stop) => stop.symbol === symbol);
  const prices = [
    ...positions.flatMap(({ liquidationPrice: { down, up } }) => [down, up]),
    ...stops.map(({ triggerPrice }) => triggerPrice),
  ].flatMap((price) => (price === null ? [] : [moveBetween(mark, price)]));
  return prices.length === 0 ? LAST : endBeyond(prices);
}
