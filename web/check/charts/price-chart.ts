// Equity and requirement of a position's scope over the price of its market: where the lines cross is liquidation. Bracket changes are
// dots on the requirement, and mark, entry, stops, liquidation and bankruptcy are lines with names.

import { svg, type TemplateResult } from "lit/html.js";
import {
  compactNumber,
  decimalsFor,
  groupedNumber,
  linearScale,
  niceStep,
  type Scale,
} from "../../../src/charts/scales.ts";
import type { CurvePoint, PriceCurve } from "../curves.ts";
import type { PriceRange } from "../shown.ts";
import { baseAxis, type Frame, linePath, valueAxis } from "./frame.ts";

/** A price worth a line. */
export interface Flag {
  readonly price: number;
  readonly label: string;
  /** Class of the line and its name. */
  readonly kind: "now" | "mark" | "entry" | "liquidation" | "bankruptcy" | "good" | "warn" | "bad";
}

export interface PriceChartView {
  readonly width: number;
  readonly curve: PriceCurve;
  readonly range: PriceRange;
  readonly flags: readonly Flag[];
  /** Price under the crosshair. */
  readonly crosshair: number | null;
}

const HEIGHT = 330;
const LINE_HEIGHT = 15;
/** Width of a letter of a flag, in units. */
const LETTER = 6.6;

export function priceFrame(width: number): Frame {
  // Names of flags stand above one another where there is little room beside.
  const top = width < 560 ? 106 : 62;
  return { width, height: HEIGHT, left: 58, right: 14, top, bottom: 42 };
}

export function priceScale(frame: Frame, { from, to }: PriceRange): Scale {
  return linearScale(from, to, frame.left, frame.width - frame.right);
}

function moneyScale(frame: Frame, points: readonly CurvePoint[]): Scale {
  const values = points.flatMap(({ equity, requirement }) => [equity, requirement]);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const step = niceStep(high - low || 1, 6);
  const from = Math.floor(low / step) * step;
  const to = Math.ceil(high / step) * step || step;
  return linearScale(from, to, frame.height - frame.bottom, frame.top);
}

/** Stretches of the range in which the scope is liquidatable. */
function zones(points: readonly CurvePoint[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  let start: number | null = null;
  points.forEach(({ price, liquidatable }, at) => {
    if (liquidatable) start ??= price;
    const last = at === points.length - 1;
    if (start !== null && (!liquidatable || last)) {
      found.push([start, price]);
      start = null;
    }
  });
  return found;
}

/** Heights at which names of flags do not run into each other. */
function flagRows(flags: readonly Flag[], x: Scale, width: number): number[] {
  const ends: number[] = [];
  const order = flags
    .map((_, at) => at)
    .sort((a, b) => (flags[a]?.price ?? 0) - (flags[b]?.price ?? 0));
  const rows: number[] = [];
  for (const at of order) {
    const flag = flags[at] as Flag;
    const half = (flag.label.length * LETTER) / 2;
    const middle = Math.min(Math.max(x.at(flag.price), half), width - half);
    let row = ends.findIndex((end) => end < middle - half - 4);
    if (row === -1) row = ends.length;
    ends[row] = middle + half;
    rows[at] = row;
  }
  return rows;
}

function flagLines(frame: Frame, x: Scale, flags: readonly Flag[]): TemplateResult[] {
  const rows = flagRows(flags, x, frame.width);
  return flags.map(({ price, label, kind }, at) => {
    const place = x.at(price);
    const half = (label.length * LETTER) / 2;
    const middle = Math.min(Math.max(place, half), frame.width - half);
    const y = 12 + (rows[at] ?? 0) * LINE_HEIGHT;
    return svg`<g class="flag ${kind}">
      <line x1=${place} x2=${place} y1=${y + 4} y2=${frame.height - frame.bottom} />
      <text x=${middle} y=${y} text-anchor="middle">${label}</text>
    </g>`;
  });
}

/** The sample nearest to a price. */
export function pointAt({ points }: PriceCurve, price: number): CurvePoint | undefined {
  let best = points[0];
  for (const point of points) {
    if (best === undefined || Math.abs(point.price - price) < Math.abs(best.price - price))
      best = point;
  }
  return best;
}

function crosshairOf(frame: Frame, x: Scale, y: Scale, point: CurvePoint): TemplateResult {
  const at = x.at(point.price);
  return svg`<g class="crosshair">
    <line x1=${at} x2=${at} y1=${frame.top} y2=${frame.height - frame.bottom} />
    <circle class="equity-dot" cx=${at} cy=${y.at(point.equity)} r="4" />
    <circle class="requirement-dot" cx=${at} cy=${y.at(point.requirement)} r="4" />
  </g>`;
}

export function priceChart(view: PriceChartView): TemplateResult {
  const { width, curve, range, flags, crosshair } = view;
  const { points, kinks } = curve;
  const frame = priceFrame(width);
  const x = priceScale(frame, range);
  const y = moneyScale(frame, points);
  const line = (key: "equity" | "requirement"): string =>
    linePath(points.map((point) => [x.at(point.price), y.at(point[key])]));
  const bottom = frame.height - frame.bottom;
  const count = width < 520 ? 4 : 8;
  const decimals = decimalsFor(niceStep(range.to - range.from, count));
  const crossed = crosshair === null ? undefined : pointAt(curve, crosshair);
  return svg`<svg class="chart" viewBox="0 0 ${width} ${HEIGHT}" width=${width} height=${HEIGHT} aria-hidden="true">
    ${zones(points).map(
      ([from, to]) =>
        svg`<rect class="zone" x=${x.at(from)} width=${Math.max(x.at(to) - x.at(from), 1)} y=${frame.top} height=${bottom - frame.top} />`,
    )}
    ${valueAxis(frame, y, 6, compactNumber)}
    ${baseAxis(frame, x, count, (tick) => groupedNumber(tick, decimals))}
    <path class="requirement-line" d=${line("requirement")} />
    <path class="equity-line" d=${line("equity")} />
    ${kinks.map(
      ({ price, tier, requirement }) => svg`<g class="kink">
        <circle cx=${x.at(price)} cy=${y.at(requirement)} r="3.5" />
        <text x=${x.at(price)} y=${y.at(requirement) - 8} text-anchor="middle">tier ${tier}</text>
      </g>`,
    )}
    ${flagLines(frame, x, flags)}
    ${crossed === undefined ? null : crosshairOf(frame, x, y, crossed)}
  </svg>`;
}
