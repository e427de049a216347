// What is left of the account under the joint slider, three ways: as it stands, all cross, all isolated. A drop is a liquidation.

import { svg, type TemplateResult } from "lit/html.js";
import { compactNumber, linearScale, niceEnd } from "../../../src/charts/scales.ts";
import { MODE_VARIANTS, type ModeVariantName } from "../../../src/engine/compare-modes.ts";
import type { LeftCurves } from "../curves.ts";
import { baseAxis, type Frame, linePath, valueAxis } from "./frame.ts";

const HEIGHT = 250;

export const VARIANT_NAMES: Readonly<Record<ModeVariantName, string>> = {
  asIs: "as it stands",
  allCross: "all cross",
  allIsolated: "all isolated",
};

export function leftChart(
  width: number,
  { moves, left }: LeftCurves,
  jointBp: number,
): TemplateResult {
  const frame: Frame = { width, height: HEIGHT, left: 58, right: 14, top: 12, bottom: 42 };
  const first = moves[0] ?? 0;
  const last = moves.at(-1) ?? 1;
  const x = linearScale(first, last, frame.left, width - frame.right);
  const highest = Math.max(0, ...MODE_VARIANTS.flatMap((name) => left[name]));
  const y = linearScale(0, niceEnd(highest, 5), HEIGHT - frame.bottom, frame.top);
  const at = x.at(jointBp);
  const count = width < 520 ? 5 : 8;
  // Drawn last where it is to lie above the others.
  const order: readonly ModeVariantName[] = ["allCross", "allIsolated", "asIs"];
  return svg`<svg class="chart" viewBox="0 0 ${width} ${HEIGHT}" width=${width} height=${HEIGHT} aria-hidden="true">
    ${valueAxis(frame, y, 5, compactNumber)}
    ${baseAxis(frame, x, count, (tick) => `${tick / 100} %`)}
    ${order.map(
      (name) =>
        svg`<path class="left-line ${name}" d=${linePath(left[name].map((value, index) => [x.at(moves[index] ?? 0), y.at(value)]))} />`,
    )}
    <line class="slider-line" x1=${at} x2=${at} y1=${frame.top} y2=${HEIGHT - frame.bottom} />
  </svg>`;
}
