// A canvas as wide as its box and sharp on any screen, with what all pictures here share: axes with names, ticks and grid lines.
import { palette } from "./palette.ts";

export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export const FONT_SIZE = 12;

/** Sizes the canvas to its box, cleared; undefined where it is not laid out. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) return undefined;
  const ratio = globalThis.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  // On the page's own ground, whatever colours the system forces around it.
  context.fillStyle = palette().surface;
  context.fillRect(0, 0, width, height);
  const { fontFamily } = getComputedStyle(canvas);
  context.font = `${FONT_SIZE}px ${fontFamily}`;
  context.lineWidth = 1;
  return { context, width, height };
}

/** A hairline on whole pixels. */
export function hairline(
  { context }: Surface,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  context.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
  context.stroke();
}

export function text(
  { context }: Surface,
  words: string,
  x: number,
  y: number,
  align: CanvasTextAlign = "left",
  colour = palette().soft,
): void {
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(words, x, y);
}

/** A picture that is yet to come. */
export function blank(surface: Surface, words: string): void {
  const { context, width, height } = surface;
  context.fillStyle = palette().sunken;
  context.fillRect(0, 0, width, height);
  text(surface, words, width / 2, height / 2, "center");
}

export interface AxisTick {
  readonly at: number;
  readonly words: string;
}

/** Ticks and grid lines of a vertical axis on the left or right of the plot. */
export function sideAxis(
  surface: Surface,
  plot: Plot,
  side: "left" | "right",
  ticks: readonly AxisTick[],
  grid: boolean,
): void {
  const { line } = palette();
  for (const { at, words } of ticks) {
    if (grid) hairline(surface, plot.left, at, plot.right, at, line);
    if (side === "left") text(surface, words, plot.left - 6, at, "right");
    else text(surface, words, plot.right + 6, at, "left");
  }
}

/** Ticks and the name of the horizontal axis; ticks whose words would touch the one before are left out. */
export function bottomAxis(
  surface: Surface,
  plot: Plot,
  ticks: readonly AxisTick[],
  name: string,
): void {
  const { strong } = palette();
  const { context } = surface;
  hairline(surface, plot.left, plot.bottom, plot.right, plot.bottom, strong);
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, words } of ticks) {
    const half = context.measureText(words).width / 2;
    if (at - half < free || at + half > surface.width) continue;
    hairline(surface, at, plot.bottom, at, plot.bottom + 4, strong);
    text(surface, words, at, plot.bottom + 14, "center");
    free = at + half + 10;
  }
  text(surface, name, (plot.left + plot.right) / 2, plot.bottom + 32, "center");
}
