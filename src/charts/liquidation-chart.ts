// The picture of a liquidation map, as traders know it: price from left to right, what longs lose below the mark in red and shorts above
// it in green, both sums growing outward against a second axis. Unlike the maps of data vendors, it is counted from positions.
import type { LiquidationMap, LiquidationMapLevel } from "../engine/liquidation-map.ts";
import {
  compactNumber,
  decimalsFor,
  groupedNumber,
  linearScale,
  niceEnd,
  niceStep,
  type Scale,
  ticksOf,
} from "./scales.ts";
import {
  bottomAxis,
  chartStyle,
  element,
  escapeXml,
  type Frame,
  label,
  line,
  picture,
  sideAxis,
} from "./svg.ts";

/** Size of a picture in pixels; below 700 wide it is drawn for a phone. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

const WIDE: ChartSize = { width: 1200, height: 600 };
const NARROW: ChartSize = { width: 420, height: 480 };
const PHONE_WIDTH = 700;

const STYLE = chartStyle(
  ".chart .bar-long,.chart .key-long{fill:var(--long)}.chart .bar-short,.chart .key-short{fill:var(--short)}" +
    ".chart .sum{fill:none;stroke-width:2;stroke-linejoin:round}.chart .under{opacity:.1}" +
    ".chart .sum.long{stroke:var(--long)}.chart .sum.short{stroke:var(--short)}" +
    ".chart .under.long{fill:var(--long)}.chart .under.short{fill:var(--short)}" +
    ".chart .mark{stroke:var(--mark);stroke-width:1.5;stroke-dasharray:5 4}.chart .mark-label{fill:var(--ink);font-weight:600}" +
    ".chart .cut{stroke:var(--paper);stroke-width:2.5}" +
    ".chart .tower-long{fill:var(--long);font-weight:600}.chart .tower-short{fill:var(--short);font-weight:600}" +
    ".chart .hit{fill:transparent}.chart .hit:hover{fill:var(--soft);opacity:.18}",
);

/** Bars that tower over the rest would flatten it: this many at most are cut off at the top and labelled, where they are so much higher. */
const TOWERS = 3;
const TOWERING = 2.5;

interface Drawing {
  readonly map: LiquidationMap;
  readonly frame: Frame;
  readonly x: Scale;
  /** Notional of a level. */
  readonly y: Scale;
  /** Notional of all levels up to one. */
  readonly sum: Scale;
  readonly mark: number;
  readonly narrow: boolean;
}

function frameOf({ width, height }: ChartSize, narrow: boolean): Frame {
  const [side, top, bottom] = narrow ? [70, 96, 58] : [84, 92, 64];
  return { width, height, left: side, right: width - side, top, bottom: height - bottom };
}

function drawingOf(map: LiquidationMap, size: ChartSize): Drawing {
  const narrow = size.width < PHONE_WIDTH;
  const frame = frameOf(size, narrow);
  const mark = Number(map.mark);
  const prices = map.levels.map(({ price }) => Number(price));
  const count = narrow ? 4 : 6;
  const heights = map.levels.map(({ notional }) => Number(notional)).sort((a, b) => b - a);
  const all = Math.max(...Object.values(map.totals).map(({ notional }) => Number(notional)));
  return {
    map,
    frame,
    x: linearScale(Math.min(mark, ...prices), Math.max(mark, ...prices), frame.left, frame.right),
    y: linearScale(0, niceEnd(barEnd(heights), count), frame.bottom, frame.top),
    sum: linearScale(0, niceEnd(all, count), frame.bottom, frame.top),
    mark,
    narrow,
  };
}

/** The height that the axis of bars must show, of heights in falling order. */
function barEnd(heights: readonly number[]): number {
  const highest = heights[0] ?? 0;
  const rest = heights[TOWERS] ?? 0;
  return rest > 0 && highest > rest * TOWERING ? rest * 1.3 : highest;
}

/** Levels of a side from the mark outward. */
function outward(map: LiquidationMap, side: "long" | "short"): LiquidationMapLevel[] {
  const levels = map.levels.filter((level) => level.side === side);
  return side === "long" ? levels.reverse() : levels;
}

function hoverText(map: LiquidationMap, level: LiquidationMapLevel): string {
  const move = (Number(level.price) / Number(map.mark) - 1) * 100;
  const sums = level.cumulative;
  return [
    `${level.price} (${move > 0 ? "+" : ""}${move.toFixed(2)} %)`,
    `${level.side}s: ${compactNumber(Number(level.notional))} ${map.settle} in ${level.scopes} scopes`,
    `up to here: ${compactNumber(Number(sums.notional))} ${map.settle} in ${sums.scopes} scopes`,
  ].join("\n");
}

/** Bars, each from its level to the one nearer to the mark, and what is shown over them. */
function bars({ map, frame, x, y, mark }: Drawing, side: "long" | "short"): [string, string] {
  let inner = mark;
  const drawn: string[] = [];
  const hits: string[] = [];
  let towers = 0;
  for (const level of outward(map, side)) {
    const ends = [x.at(inner), x.at(Number(level.price))];
    const left = Math.min(...ends);
    const width = Math.max(...ends) - left;
    const notional = Number(level.notional);
    const cut = notional > y.to;
    const top = cut ? frame.top : y.at(notional);
    const gap = Math.min(1, width / 5);
    const height = frame.bottom - top;
    if (height > 0) {
      const box = { x: left + gap / 2, y: top, width: width - gap, height, class: `bar-${side}` };
      drawn.push(element("rect", box));
      const text = compactNumber(notional);
      if (cut) drawn.push(cutMark(frame, left, left + width, text, `tower-${side}`, towers++));
    }
    const column = { x: left, y: frame.top, width, height: frame.bottom - frame.top, class: "hit" };
    hits.push(element("rect", column, `<title>${escapeXml(hoverText(map, level))}</title>`));
    inner = Number(level.price);
  }
  return [drawn.join(""), hits.join("")];
}

/** Two slanted gaps across a bar that goes on past the top, and beside them how far it goes; labels of neighbours take turns in height. */
function cutMark(
  frame: Frame,
  left: number,
  right: number,
  text: string,
  style: string,
  turn: number,
): string {
  const slash = (y: number) => line(left - 3, y + 4, right + 3, y - 4, "cut");
  const fits = left - 50 > frame.left;
  const place = { class: style, "text-anchor": fits ? "end" : "start" };
  const y = frame.top + 14 + turn * 16;
  return (
    slash(frame.top + 16) +
    slash(frame.top + 22) +
    label(text, fits ? left - 5 : right + 5, y, place)
  );
}

/** The sum from the mark outward. */
function cumulative({ map, frame, x, sum, mark }: Drawing, side: "long" | "short"): string {
  const levels = outward(map, side);
  if (levels.length === 0) return "";
  const points = levels.map(({ price, cumulative }) => {
    return `${x.at(Number(price)).toFixed(1)} ${sum.at(Number(cumulative.notional)).toFixed(1)}`;
  });
  const start = `M${x.at(mark).toFixed(1)} ${frame.bottom}L${points.join("L")}`;
  const end = x.at(Number(levels.at(-1)?.price)).toFixed(1);
  return (
    element("path", { d: `${start}L${end} ${frame.bottom}Z`, class: `under ${side}` }) +
    element("path", { d: start, class: `sum ${side}` })
  );
}

function axes({ map, frame, x, y, sum, narrow }: Drawing): string {
  const [across, up] = narrow ? [3, 4] : [9, 6];
  const decimals = decimalsFor(niceStep(x.to - x.from || 1, across));
  const prices = ticksOf(x.from, x.to, across).map((value) => {
    return { value, text: groupedNumber(value, decimals) };
  });
  const amounts = (scale: Scale) =>
    ticksOf(0, scale.to, up).map((value) => ({ value, text: compactNumber(value) }));
  const unit = map.settle;
  const names = narrow
    ? [`per level (${unit})`, `cumulative (${unit})`]
    : [`notional liquidated per level (${unit})`, `cumulative notional (${unit})`];
  return (
    sideAxis(frame, "left", y, amounts(y), names[0] ?? "") +
    sideAxis(frame, "right", sum, amounts(sum), names[1] ?? "") +
    bottomAxis(frame, x, prices, `price of ${map.symbol}`)
  );
}

function heading({ map, frame, narrow }: Drawing): string {
  const { totals, settle } = map;
  const key = (side: "long" | "short", text: string, x: number, y: number): string =>
    element("rect", { x, y: y - 10, width: 11, height: 11, rx: 2, class: `key-${side}` }) +
    label(text, x + 17, y);
  const total = (side: "long" | "short") => compactNumber(Number(totals[side].notional));
  const longs = `longs below the mark: ${total("long")} ${settle}`;
  const shorts = `shorts above the mark: ${total("short")} ${settle}`;
  const others = map.beta === "0" ? "others still" : `others by beta ${map.beta}`;
  const left = narrow ? 14 : frame.left;
  const title = narrow ? `Liquidations, ${map.symbol}` : `Liquidation map, ${map.symbol}`;
  const head = label(title, left, narrow ? 26 : 32, {
    class: "title",
    ...(narrow ? { style: "font-size:16px" } : {}),
  });
  if (narrow) return head + key("long", longs, left, 48) + key("short", shorts, left, 68);
  const note = `counted from the book, not modelled; ${others}`;
  return (
    head +
    key("long", longs, left, 58) +
    key("short", shorts, left + 300, 58) +
    label(note, frame.right, 58, { "text-anchor": "end" })
  );
}

function markLine({ map, frame, x, mark, narrow }: Drawing): string {
  const at = x.at(mark);
  const text = `mark ${groupedNumber(mark, decimalsOfText(map.mark))}`;
  const half = narrow ? 46 : 60;
  const centre = Math.min(Math.max(at, frame.left + half), frame.right - half);
  return (
    line(at, frame.top, at, frame.bottom, "mark") +
    label(text, centre, frame.top - 8, { "text-anchor": "middle", class: "mark-label" })
  );
}

function decimalsOfText(text: string): number {
  return Math.min(8, text.split(".")[1]?.length ?? 0);
}

/**
 * The map as one self-contained SVG picture, 1200 x 600 unless a size is given. Values show on hover.
 */
export function liquidationMapSvg(map: LiquidationMap, size: ChartSize = WIDE): string {
  const drawing = drawingOf(map, size);
  const [longs, longHits] = bars(drawing, "long");
  const [shorts, shortHits] = bars(drawing, "short");
  const { totals, symbol, settle } = map;
  const told =
    `Liquidation map of ${symbol}: from the mark ${map.mark} down, longs of ${totals.long.notional} ${settle} are liquidated; ` +
    `up, shorts of ${totals.short.notional} ${settle}.`;
  const content = [
    heading(drawing),
    axes(drawing),
    cumulative(drawing, "long"),
    cumulative(drawing, "short"),
    longs,
    shorts,
    markLine(drawing),
    longHits,
    shortHits,
  ];
  return picture(drawing.frame, STYLE, told, content.join(""));
}

/** The map as one self-contained page: the wide picture, or on a phone the narrow one; light or dark as the reader's system is. */
export function liquidationMapHtml(map: LiquidationMap): string {
  const title = escapeXml(`Liquidation map, ${map.symbol}`);
  const style =
    ":root{color-scheme:light dark}body{margin:0;background:#fff}svg{display:block;width:100%;height:auto;max-width:1600px;margin:auto}.narrow{display:none}" +
    "@media(prefers-color-scheme:dark){body{background:#11161d}}" +
    "@media(max-width:640px){.wide{display:none}.narrow{display:block}}";
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${title}</title><style>${style}</style></head><body>`,
    `<div class="wide">${liquidationMapSvg(map)}</div>`,
    `<div class="narrow">${liquidationMapSvg(map, NARROW)}</div>`,
    "</body></html>\n",
  ].join("\n");
}
