// SVG as text: elements with escaped attributes, axes, and one look for all charts. Pictures are self-contained: no scripts, fonts or
// links, colours by CSS so that they follow a dark background where the reader has one.
import type { Scale } from "./scales.ts";

type Attributes = Readonly<Record<string, string | number>>;

export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Pixels with two decimals at most. */
function attributeText(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : escapeXml(value);
}

/** An element; `content` is markup. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${attributeText(value)}"`,
  );
  return content === ""
    ? `<${name}${list.join("")}/>`
    : `<${name}${list.join("")}>${content}</${name}>`;
}

/** Text at a point. */
export function label(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escapeXml(text));
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return element("line", { x1, y1, x2, y2, class: style });
}

/** Where a chart's plot stands in its picture. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Ticks under the plot, and the axis' name. */
export function bottomAxis(
  frame: Frame,
  scale: Scale,
  ticks: readonly Tick[],
  name: string,
): string {
  const marks = ticks.map(({ value, text }) => {
    const x = scale.at(value);
    return (
      line(x, frame.bottom, x, frame.bottom + 5, "axis") +
      label(text, x, frame.bottom + 20, { "text-anchor": "middle" })
    );
  });
  const middle = (frame.left + frame.right) / 2;
  const title = label(name, middle, frame.bottom + 42, { "text-anchor": "middle", class: "name" });
  return line(frame.left, frame.bottom, frame.right, frame.bottom, "axis") + marks.join("") + title;
}

/** Ticks beside the plot, with lines across it on the left side, and the axis' name turned upright. */
export function sideAxis(
  frame: Frame,
  side: "left" | "right",
  scale: Scale,
  ticks: readonly Tick[],
  name: string,
): string {
  const left = side === "left";
  const edge = left ? frame.left : frame.right;
  const marks = ticks.map(({ value, text }) => {
    const y = scale.at(value);
    const grid = left && value !== 0 ? line(frame.left, y, frame.right, y, "grid") : "";
    const anchor = left ? "end" : "start";
    return grid + label(text, edge + (left ? -8 : 8), y + 4, { "text-anchor": anchor });
  });
  const x = left ? 14 : frame.width - 14;
  const y = (frame.top + frame.bottom) / 2;
  const turned = `rotate(${left ? -90 : 90} ${x} ${y})`;
  const title = { "text-anchor": "middle", class: "name", transform: turned };
  return marks.join("") + label(name, x, y, title);
}

/** Colours by CSS variables, light by default and dark where the reader's system is. `extra`: rules of the chart's own. */
export function chartStyle(extra: string): string {
  const light =
    "--ink:#1b2430;--soft:#5b6675;--grid:#e4e8ee;--paper:#ffffff;--long:#d3323f;--short:#12946a;--mark:#1b2430;";
  const dark =
    "--ink:#e8edf4;--soft:#9aa7b8;--grid:#28313d;--paper:#11161d;--long:#f0616d;--short:#2fc48d;--mark:#e8edf4;";
  return (
    `.chart{${light}font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:13px}` +
    `@media(prefers-color-scheme:dark){.chart{${dark}}}` +
    ".chart text{fill:var(--soft)}.chart .title{fill:var(--ink);font-size:20px;font-weight:600}" +
    ".chart .name{font-size:13px}.chart .paper{fill:var(--paper)}" +
    ".chart .axis{stroke:var(--soft);stroke-width:1}.chart .grid{stroke:var(--grid);stroke-width:1}" +
    extra
  );
}

/** A whole picture. `describe`: what a reader who cannot see it is told. */
export function picture(frame: Frame, style: string, describe: string, content: string): string {
  const { width, height } = frame;
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    class: "chart",
    role: "img",
    "aria-label": describe,
  };
  const paper = element("rect", { width, height, class: "paper" });
  return element("svg", attributes, `<style>${style}</style>${paper}${content}`);
}
