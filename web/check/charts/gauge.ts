// A bar for a margin ratio: 0 to 100 %, where 100 % is liquidation; amber from 80 %. Beyond the end the bar is full and the figure says
// how far.
import { svg, type TemplateResult } from "lit/html.js";

/** From here on the venue's warnings begin. */
const AMBER = 0.8;
const WIDTH = 200;
const HEIGHT = 10;

export type GaugeTone = "good" | "warn" | "bad";

/** Tone of a ratio; null is no equity at all. */
export function gaugeTone(ratio: number | null, liquidatable: boolean): GaugeTone {
  if (liquidatable || ratio === null || ratio >= 1) return "bad";
  return ratio >= AMBER ? "warn" : "good";
}

export function gauge(ratio: number | null, liquidatable: boolean): TemplateResult {
  const tone = gaugeTone(ratio, liquidatable);
  const filled = ratio === null ? WIDTH : Math.max(0, Math.min(1, ratio)) * WIDTH;
  return svg`<svg class="gauge" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <rect class="gauge-track" width=${WIDTH} height=${HEIGHT} rx="3" />
    <rect class="gauge-amber" x=${AMBER * WIDTH} width=${(1 - AMBER) * WIDTH} height=${HEIGHT} />
    <rect class="gauge-fill ${tone}" width=${Math.max(filled, 1.5)} height=${HEIGHT} rx="3" />
    <line class="gauge-tick" x1=${AMBER * WIDTH} x2=${AMBER * WIDTH} y1="0" y2=${HEIGHT} />
  </svg>`;
}
