// The liquidation map on a canvas: notional first liquidated at each price, how it adds up going outward from the mark, and the line of the
// price that is dragged. Everything between the mark and the line is washed: it would be liquidated on the way.
import {
  compactNumber,
  groupedNumber,
  linearScale,
  niceEnd,
  type Scale,
  ticksOf,
} from "../../src/charts/scales.ts";
import { palette } from "./palette.ts";
import type { MapFacts, MarketFacts } from "./protocol.ts";
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

export interface MapPicture {
  readonly map: MapFacts;
  readonly market: MarketFacts;
  /** In price units. */
  readonly price: number;
}

/** What is liquidated between the mark and a price. */
export interface Passed {
  readonly scopes: number;
  readonly notional: number;
}

export function passed({ map, price }: MapPicture): Passed {
  let scopes = 0;
  let notional = 0;
  const falling = price < map.mark;
  for (let level = 0; level < map.prices.length; level++) {
    const at = map.prices[level] as number;
    const within = falling ? at < map.mark && at >= price : at > map.mark && at <= price;
    if (!within) continue;
    scopes += map.scopes[level] as number;
    notional += map.notional[level] as number;
  }
  return { scopes, notional };
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
  readonly sum: Scale;
  readonly step: number;
}

function plotOf({ width, height }: Surface): Plot {
  const narrow = width < 520;
  return {
    left: narrow ? 46 : 60,
    right: width - (narrow ? 46 : 62),
    top: 34,
    bottom: height - 44,
  };
}

/** Sums going outward from the mark, by level. */
function cumulative({ prices, notional, mark }: MapFacts): Float64Array {
  const sums = new Float64Array(prices.length);
  let first = prices.findIndex((price) => price > mark);
  if (first < 0) first = prices.length;
  let sum = 0;
  for (let level = first - 1; level >= 0; level--) {
    sum += notional[level] as number;
    sums[level] = sum;
  }
  sum = 0;
  for (let level = first; level < prices.length; level++) {
    sum += notional[level] as number;
    sums[level] = sum;
  }
  return sums;
}

function scalesOf(map: MapFacts, sums: Float64Array, plot: Plot): Scales {
  const first = map.prices[0] ?? map.mark * 0.55;
  const last = map.prices.at(-1) ?? map.mark * 1.45;
  const step = (last - first) / Math.max(1, map.prices.length);
  const most = map.notional.reduce((a, b) => Math.max(a, b), 0);
  const all = sums.reduce((a, b) => Math.max(a, b), 0);
  return {
    x: linearScale(first - step, last + step, plot.left, plot.right),
    y: linearScale(0, niceEnd(most, 4), plot.bottom, plot.top),
    sum: linearScale(0, niceEnd(all, 4), plot.bottom, plot.top),
    step,
  };
}

function drawAxes(surface: Surface, plot: Plot, scales: Scales, { market }: MapPicture): void {
  const { x, y, sum } = scales;
  const unit = 10 ** market.priceDecimals;
  const amounts = (scale: Scale) =>
    ticksOf(0, scale.to, 4).map((value) => ({ at: scale.at(value), words: compactNumber(value) }));
  sideAxis(surface, plot, "left", amounts(y), true);
  sideAxis(surface, plot, "right", amounts(sum), false);
  const count = Math.max(3, Math.floor((plot.right - plot.left) / 110));
  const values = ticksOf(x.from / unit, x.to / unit, count);
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step || 1) + 1e-9)));
  const prices = values.map((value) => ({
    at: x.at(value * unit),
    words: groupedNumber(value, decimals),
  }));
  const quote = market.symbol.split("/")[1]?.split(":")[0] ?? market.settle;
  bottomAxis(surface, plot, prices, `price of ${market.symbol} (${quote})`);
  text(surface, `${market.settle} per level`, 2, 10);
  text(surface, `${market.settle}, summed outward`, surface.width - 2, 10, "right");
}

function drawBars(surface: Surface, plot: Plot, { x, y, step }: Scales, map: MapFacts): void {
  const { long, short } = palette();
  const { context } = surface;
  const width = Math.max(1, x.at(step) - x.at(0) - 1);
  for (let level = 0; level < map.prices.length; level++) {
    const notional = map.notional[level] as number;
    if (notional === 0) continue;
    const price = map.prices[level] as number;
    context.fillStyle = price < map.mark ? long : short;
    const top = Math.min(y.at(notional), plot.bottom - 1);
    context.fillRect(x.at(price) - width / 2, top, width, plot.bottom - top);
  }
}

function drawSums(surface: Surface, { x, sum }: Scales, map: MapFacts, sums: Float64Array): void {
  const { context } = surface;
  const { long, short } = palette();
  const below = map.prices.findIndex((price) => price > map.mark);
  const split = below < 0 ? map.prices.length : below;
  const path = (from: number, to: number, colour: string): void => {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let level = from; level < to; level++) {
      const [across, up] = [x.at(map.prices[level] as number), sum.at(sums[level] as number)];
      if (level === from) context.moveTo(across, up);
      else context.lineTo(across, up);
    }
    context.stroke();
    context.lineWidth = 1;
  };
  path(0, split, long);
  path(split, map.prices.length, short);
}

/** Draws the map; where the plot stands, for the pointer. */
export function drawMap(canvas: HTMLCanvasElement, picture: MapPicture | undefined): void {
  const surface = surfaceOf(canvas);
  if (surface === undefined) return;
  if (picture === undefined) {
    blank(surface, "The liquidation map is drawn here");
    return;
  }
  const { map, price } = picture;
  const plot = plotOf(surface);
  const sums = cumulative(map);
  const scales = scalesOf(map, sums, plot);
  const { wash, ink, soft } = palette();
  const { x } = scales;
  const { context } = surface;
  const [from, to] = [x.at(Math.min(price, map.mark)), x.at(Math.max(price, map.mark))];
  context.fillStyle = wash;
  context.fillRect(from, plot.top, to - from, plot.bottom - plot.top);
  drawAxes(surface, plot, scales, picture);
  drawBars(surface, plot, scales, map);
  drawSums(surface, scales, map, sums);
  context.setLineDash([3, 3]);
  hairline(surface, x.at(map.mark), plot.top, x.at(map.mark), plot.bottom, soft);
  context.setLineDash([]);
  const at = x.at(price);
  context.fillStyle = ink;
  context.fillRect(Math.round(at) - 1, plot.top - 6, 2, plot.bottom - plot.top + 6);
  const words = price === map.mark ? "mark" : "dragged to";
  const half = context.measureText(words).width / 2 + 4;
  const middle = Math.max(plot.left + half, Math.min(plot.right - half, at));
  text(surface, words, middle, plot.top - 12, "center", ink);
}

/** The move, in millionths of the mark, that a place on the canvas stands for. */
export function moveAt(canvas: HTMLCanvasElement, map: MapFacts, offsetX: number): number {
  const plot = plotOf({
    width: canvas.clientWidth,
    height: canvas.clientHeight,
    context: canvas.getContext("2d") as CanvasRenderingContext2D,
  });
  const { x } = scalesOf(map, cumulative(map), plot);
  const share = (offsetX - plot.left) / (plot.right - plot.left);
  const price = x.from + share * (x.to - x.from);
  return Math.round(((price - map.mark) / map.mark) * 1_000) * 1_000;
}
