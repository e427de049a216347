// The cascade on a canvas: what was liquidated in each minute of the crash (longs up, shorts down), the price of the market on view, and below
// it what the insurance fund held and what nobody could pay.
import {
  compactNumber,
  groupedNumber,
  linearScale,
  niceEnd,
  type Scale,
  ticksOf,
} from "../../src/charts/scales.ts";
import { palette } from "./palette.ts";
import type { MarketFacts, ReplayBar } from "./protocol.ts";
import {
  blank,
  bottomAxis,
  hairline,
  type Plot,
  type Surface,
  sideAxis,
  surfaceOf,
  text,
} from "./surface.ts";

const MINUTE = 60_000;

export interface CascadePicture {
  readonly bars: readonly ReplayBar[];
  /** Bars of the whole tape: the axis is as long from the start. */
  readonly total: number;
  readonly start: number;
  readonly settle: string;
  readonly market: MarketFacts;
  readonly marketIndex: number;
}

interface Frame {
  readonly upper: Plot;
  readonly lower: Plot;
  readonly x: Scale;
  readonly y: Scale;
  readonly price: Scale;
  readonly money: Scale;
}

function most(bars: readonly ReplayBar[], of: (bar: ReplayBar) => number): number {
  return bars.reduce((sum, bar) => Math.max(sum, of(bar)), 0);
}

function frameOf(surface: Surface, picture: CascadePicture): Frame {
  const { width, height } = surface;
  const { bars, start, total, marketIndex, market } = picture;
  const narrow = width < 520;
  const [left, right] = [narrow ? 48 : 60, width - (narrow ? 56 : 72)];
  const split = Math.round(height * 0.68);
  const upper = { left, right, top: 24, bottom: split - 26 };
  const lower = { left, right, top: split, bottom: height - 44 };
  const prices = bars.map((bar) => bar.prices[marketIndex] as number);
  prices.push(market.mark);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const room = (high - low) / 10 || high * 0.02 || 1;
  const long = most(bars, (bar) => bar.long);
  const short = most(bars, (bar) => bar.short);
  const up = niceEnd(Math.max(long, short / 4), 4);
  const down = niceEnd(Math.max(short, long / 8), 4);
  const funds = Math.max(
    most(bars, (bar) => bar.fund),
    most(bars, (bar) => bar.uncovered),
  );
  return {
    upper,
    lower,
    x: linearScale(start, start + total * MINUTE, left, right),
    y: linearScale(-down, up, upper.bottom, upper.top),
    price: linearScale(low - room, high + room, upper.bottom, upper.top),
    money: linearScale(0, niceEnd(funds, 3), lower.bottom, lower.top),
  };
}

function drawAxes(surface: Surface, frame: Frame, picture: CascadePicture): void {
  const { upper, lower, x, y, price, money } = frame;
  const { settle, market, total, start } = picture;
  const unit = 10 ** market.priceDecimals;
  const amounts = (scale: Scale, count: number) =>
    ticksOf(scale.from, scale.to, count).map((value) => ({
      at: scale.at(value),
      words: compactNumber(Math.abs(value)),
    }));
  sideAxis(surface, upper, "left", amounts(y, 5), true);
  const values = ticksOf(price.from / unit, price.to / unit, 5);
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step || 1) + 1e-9)));
  sideAxis(
    surface,
    upper,
    "right",
    values.map((value) => ({ at: price.at(value * unit), words: groupedNumber(value, decimals) })),
    false,
  );
  sideAxis(surface, lower, "left", amounts(money, 3), true);
  const every = total > 120 ? 30 : 15;
  const times = Array.from({ length: Math.floor(total / every) + 1 }, (_, index) => {
    const time = start + index * every * MINUTE;
    return { at: x.at(time), words: new Date(time).toISOString().slice(11, 16) };
  });
  bottomAxis(surface, lower, times, "time on the tape (UTC)");
  text(surface, `liquidated per minute (${settle})`, 2, 10);
  text(surface, `price of ${market.symbol}`, surface.width - 2, 10, "right");
  text(surface, `insurance fund, unpaid losses (${settle})`, 2, lower.top - 12);
}

function drawBars(surface: Surface, { x, y }: Frame, bars: readonly ReplayBar[]): void {
  const { long, short, strong } = palette();
  const { context } = surface;
  const zero = y.at(0);
  for (const bar of bars) {
    const left = x.at(bar.time);
    const width = Math.max(1, x.at(bar.time + MINUTE) - left - 0.5);
    if (bar.long > 0) {
      context.fillStyle = long;
      context.fillRect(left, y.at(bar.long), width, zero - y.at(bar.long));
    }
    if (bar.short > 0) {
      context.fillStyle = short;
      context.fillRect(left, zero, width, y.at(-bar.short) - zero);
    }
  }
  hairline(surface, x.at(x.from), zero, x.at(x.to), zero, strong);
}

function curve(
  { context }: Surface,
  x: Scale,
  bars: readonly ReplayBar[],
  up: (bar: ReplayBar) => number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  bars.forEach((bar, index) => {
    const across = x.at(bar.time + MINUTE);
    if (index === 0) context.moveTo(across, up(bar));
    else context.lineTo(across, up(bar));
  });
  context.stroke();
  context.lineWidth = 1;
}

export function drawCascade(canvas: HTMLCanvasElement, picture: CascadePicture | undefined): void {
  const surface = surfaceOf(canvas);
  if (surface === undefined) return;
  if (picture === undefined) {
    blank(surface, "The cascade is drawn here, minute by minute");
    return;
  }
  const frame = frameOf(surface, picture);
  const { bars, marketIndex } = picture;
  const { ink, cross, warn } = palette();
  drawAxes(surface, frame, picture);
  drawBars(surface, frame, bars);
  const { x, price, money } = frame;
  curve(surface, x, bars, (bar) => price.at(bar.prices[marketIndex] as number), ink);
  curve(surface, x, bars, (bar) => money.at(bar.fund), cross);
  curve(surface, x, bars, (bar) => money.at(bar.uncovered), warn);
}
