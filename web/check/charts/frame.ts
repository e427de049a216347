// What both charts share: their room, axes with units, and polylines through many points.

import { svg, type TemplateResult } from "lit/html.js";
import { type Scale, ticksOf } from "../../../src/charts/scales.ts";

/** Room of a chart in its own units. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** "M1 2L3 4…" to a tenth of a unit. */
export function linePath(points: readonly (readonly [x: number, y: number])[]): string {
  return points
    .map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join("");
}

/** Horizontal grid lines with their figures. */
export function valueAxis(
  frame: Frame,
  scale: Scale,
  count: number,
  format: (value: number) => string,
): TemplateResult[] {
  return ticksOf(scale.from, scale.to, count).map((tick) => {
    const y = scale.at(tick);
    return svg`<line class=${tick === 0 ? "axis" : "grid"} x1=${frame.left} x2=${frame.width - frame.right} y1=${y} y2=${y} />
      <text class="tick" x=${frame.left - 8} y=${y + 4} text-anchor="end">${format(tick)}</text>`;
  });
}

/** Ticks under the chart with their figures. */
export function baseAxis(
  frame: Frame,
  scale: Scale,
  count: number,
  format: (value: number) => string,
): TemplateResult[] {
  const y = frame.height - frame.bottom;
  return ticksOf(scale.from, scale.to, count).map((tick) => {
    const x = scale.at(tick);
    return svg`<line class="axis" x1=${x} x2=${x} y1=${y} y2=${y + 5} />
      <text class="tick" x=${x} y=${y + 18} text-anchor="middle">${format(tick)}</text>`;
  });
}
