// A grid of numbers as a picture: characters or coloured cells in a terminal, and a self-contained SVG (or a page around it). Shades run from the
// least number to the largest, by the square root of the way between so that small ones show; zero is empty.

/** Rows from the lowest y to the highest, as scenarios come. */
export interface HeatMap {
  readonly title: string;
  /** What a cell's number is, e.g. "notional, USDT". */
  readonly measure: string;
  readonly x: HeatAxis;
  readonly y: HeatAxis;
  /** values[row * x.labels.length + column], at least 0. */
  readonly values: readonly number[];
  /** A value for people. */
  readonly tell: (value: number) => string;
}

export interface HeatAxis {
  readonly name: string;
  readonly labels: readonly string[];
}

const RAMP = " .:-=+*#%@";
/** xterm's 256 colours, dark to bright, for cells above 0. */
const COLOURS = [17, 18, 54, 90, 126, 162, 198, 203, 209, 221];
/** The same in a picture: dark violet to yellow. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [27, 16, 68],
  [110, 25, 110],
  [187, 55, 84],
  [237, 105, 37],
  [252, 165, 10],
  [246, 250, 150],
];
const EMPTY = "#f1f3f5";

/** The numbers that the first and the last shade stand for. */
interface Scale {
  readonly least: number;
  readonly most: number;
}

function scaleOf({ values }: HeatMap): Scale {
  return { least: Math.min(...values), most: Math.max(0, ...values) };
}

/** 0 to 1. */
function shadeOf(value: number, { least, most }: Scale): number {
  return most > least ? Math.sqrt((value - least) / (most - least)) : 1;
}

function step(shade: number, steps: number): number {
  return Math.min(steps - 1, Math.floor(shade * steps));
}

/** Whether a label is drawn, of at most some `most`: at both ends and in the middle where steps allow. */
function isTicked(index: number, count: number, most: number): boolean {
  const steps = count - 1;
  const least = Math.max(1, Math.ceil(steps / most));
  const even = steps % 2 === 0 ? steps / 2 : steps;
  let every = least;
  while (every < even && even % every !== 0) every++;
  return index % (every <= 2 * least ? every : least) === 0;
}

/** Lines of at most some 95 columns for 41 steps: two characters a cell, the highest y on top. */
export function heatMapLines(map: HeatMap, colour: boolean): string[] {
  const { x, y, values } = map;
  const columns = x.labels.length;
  const rows = y.labels.length;
  const scale = scaleOf(map);
  const width = Math.max(...y.labels.map((label) => label.length));
  const cell = (value: number): string => {
    if (value <= 0) return colour ? "\x1b[48;5;236m  \x1b[0m" : "  ";
    const shade = shadeOf(value, scale);
    if (colour) return `\x1b[48;5;${COLOURS[step(shade, COLOURS.length)]}m  \x1b[0m`;
    const character = RAMP[1 + step(shade, RAMP.length - 1)] ?? "@";
    return character + character;
  };
  const lines = [
    `  ${map.title}`,
    `  ${map.measure}: ${map.tell(scale.least)} to ${map.tell(scale.most)}`,
    "",
  ];
  for (let row = rows - 1; row >= 0; row--) {
    const label = isTicked(row, rows, 10) ? (y.labels[row] ?? "") : "";
    const cells = values.slice(row * columns, (row + 1) * columns).map(cell);
    lines.push(`  ${label.padStart(width)} |${cells.join("")}|`);
  }
  let ruler = "";
  x.labels.forEach((label, index) => {
    const at = 2 * index;
    if (isTicked(index, columns, 8) && ruler.length <= at) ruler = ruler.padEnd(at) + label;
  });
  lines.push(`  ${" ".repeat(width)}  ${ruler}`);
  lines.push(`  ${" ".repeat(width)}  across: ${x.name}; up: ${y.name}`);
  return lines;
}

function colourOf(shade: number): string {
  const place = Math.min(shade, 1) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  const from = STOPS[below] ?? [0, 0, 0];
  const to = STOPS[below + 1] ?? from;
  const mixed = from.map((part, index) => {
    return Math.round(part + ((to[index] ?? part) - part) * (place - below));
  });
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const PLOT = 560;
const LEFT = 92;
const TOP = 76;
const LEGEND_GAP = 28;
const LEGEND_WIDTH = 16;

interface Frame {
  readonly cellWidth: number;
  readonly cellHeight: number;
}

function cellsOf(map: HeatMap, { cellWidth, cellHeight }: Frame, scale: Scale): string[] {
  const columns = map.x.labels.length;
  const rows = map.y.labels.length;
  const round = (value: number): string => value.toFixed(2);
  return map.values.map((value, index) => {
    const row = Math.floor(index / columns);
    const column = index % columns;
    const fill = value > 0 ? colourOf(shadeOf(value, scale)) : EMPTY;
    const told = `${map.x.labels[column]}, ${map.y.labels[row]}: ${map.tell(value)}`;
    const x = round(LEFT + column * cellWidth);
    const y = round(TOP + (rows - 1 - row) * cellHeight);
    // A hair wider than the cell: no seams where pixels do not align.
    return `<rect x="${x}" y="${y}" width="${round(cellWidth + 0.3)}" height="${round(cellHeight + 0.3)}" fill="${fill}"><title>${escapeText(told)}</title></rect>`;
  });
}

/** An outline where neither market moves, if the grid has such a cell. */
function stillCell(map: HeatMap, { cellWidth, cellHeight }: Frame): string[] {
  const column = map.x.labels.indexOf("0%");
  const row = map.y.labels.indexOf("0%");
  if (column < 0 || row < 0) return [];
  const x = (LEFT + column * cellWidth).toFixed(2);
  const y = (TOP + PLOT - (row + 1) * cellHeight).toFixed(2);
  const size = `width="${cellWidth.toFixed(2)}" height="${cellHeight.toFixed(2)}"`;
  return [`<rect x="${x}" y="${y}" ${size} fill="none" stroke="#212529" stroke-width="1.5"/>`];
}

function axesOf(map: HeatMap, { cellWidth, cellHeight }: Frame): string[] {
  const { x, y } = map;
  const lines: string[] = [];
  x.labels.forEach((label, index) => {
    if (!isTicked(index, x.labels.length, 8)) return;
    const at = (LEFT + (index + 0.5) * cellWidth).toFixed(1);
    lines.push(`<line x1="${at}" x2="${at}" y1="${TOP + PLOT}" y2="${TOP + PLOT + 5}"/>`);
    lines.push(
      `<text x="${at}" y="${TOP + PLOT + 20}" text-anchor="middle">${escapeText(label)}</text>`,
    );
  });
  y.labels.forEach((label, index) => {
    if (!isTicked(index, y.labels.length, 8)) return;
    const at = TOP + PLOT - (index + 0.5) * cellHeight;
    lines.push(`<line x1="${LEFT - 5}" x2="${LEFT}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}"/>`);
    lines.push(
      `<text x="${LEFT - 9}" y="${(at + 4).toFixed(1)}" text-anchor="end">${escapeText(label)}</text>`,
    );
  });
  const middle = TOP + PLOT / 2;
  lines.push(
    `<text x="${LEFT + PLOT / 2}" y="${TOP + PLOT + 46}" text-anchor="middle" class="name">${escapeText(x.name)}</text>`,
    `<text x="24" y="${middle}" text-anchor="middle" class="name" transform="rotate(-90 24 ${middle})">${escapeText(y.name)}</text>`,
  );
  return lines;
}

/** A bar of shades with what they stand for; shades are square roots, so the numbers beside it are squares. */
function legendOf(map: HeatMap, { least, most }: Scale): string[] {
  const left = LEFT + PLOT + LEGEND_GAP;
  const parts = 56;
  const height = PLOT / parts;
  const lines = Array.from({ length: parts }, (_, part) => {
    const y = (TOP + PLOT - (part + 1) * height).toFixed(2);
    const fill = colourOf((part + 0.5) / parts);
    return `<rect x="${left}" y="${y}" width="${LEGEND_WIDTH}" height="${(height + 0.3).toFixed(2)}" fill="${fill}"/>`;
  });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const y = (TOP + PLOT * (1 - share) + 4).toFixed(1);
    const told = escapeText(map.tell(least + (most - least) * share * share));
    lines.push(`<text x="${left + LEGEND_WIDTH + 7}" y="${y}">${told}</text>`);
  }
  return lines;
}

/** The picture as one SVG element; hovering over a cell tells its number. */
export function heatMapSvg(map: HeatMap): string {
  const scale = scaleOf(map);
  const note = map.values.includes(0) ? "; grey: nothing" : "";
  const frame = { cellWidth: PLOT / map.x.labels.length, cellHeight: PLOT / map.y.labels.length };
  const still = stillCell(map, frame);
  const width = LEFT + PLOT + LEGEND_GAP + LEGEND_WIDTH + 130;
  const height = TOP + PLOT + 66;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(map.title)}">`,
    "<style>text{font:13px system-ui,sans-serif;fill:#343a40}.title{font-size:19px;font-weight:600;fill:#212529}.name{font-weight:600}line{stroke:#868e96}</style>",
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="32" class="title">${escapeText(map.title)}</text>`,
    `<text x="${LEFT}" y="56">${escapeText(map.measure)}${note}${still.length > 0 ? "; outlined: no move" : ""}</text>`,
    ...cellsOf(map, frame, scale),
    ...still,
    ...axesOf(map, frame),
    ...legendOf(map, scale),
    "</svg>",
  ].join("\n");
}

/** A page around the picture that needs nothing else. */
export function heatMapHtml(map: HeatMap): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeText(map.title)}</title>`,
    "<style>body{margin:0;display:grid;place-items:center;min-height:100vh;background:#fff}svg{max-width:100%;height:auto}</style>",
    `</head><body>${heatMapSvg(map)}</body></html>`,
  ].join("\n");
}
