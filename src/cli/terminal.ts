// Everything the command line knows about looks: colour only where the stream is a terminal that wants
// it, aligned tables, grouped digits, bars and a progress line that appears on slow work only.
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** The part of a stream the helpers need. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Whether to colour: NO_COLOR set to anything but "" forbids it, FORCE_COLOR likewise demands it. */
export function wantsColour(stream: Terminal, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

export type Paint = (style: Style, text: string) => string;

/** A function that colours, or one that leaves text alone. */
export function painter(colour: boolean): Paint {
  // Whether to colour is decided by wantsColour; newer versions of Node would look at stdout again.
  const unchecked = { validateStream: false };
  return colour ? (style, text) => styleText(style, text, unchecked) : (_style, text) => text;
}

/** "1234567.5" -> "1,234,567.5". Decimal text or a whole number. */
export function groupDigits(value: string | number): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** "1 scope", "1,200 scopes". */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${groupDigits(count)} ${count === 1 ? noun : nouns}`;
}

/** Decimal text cut (not rounded) to `decimals` and grouped, for people; "-" for null. */
export function money(value: string | null, decimals = 2): string {
  if (value === null) return "-";
  const [whole = "", fraction = ""] = value.split(".");
  const kept = fraction.padEnd(decimals, "0").slice(0, decimals);
  return groupDigits(decimals === 0 ? whole : `${whole}.${kept}`);
}

/** "0.12345678" -> "12.3 %". */
export function percent(ratio: string | number | null, decimals = 1): string {
  return ratio === null ? "-" : `${(Number(ratio) * 100).toFixed(decimals)} %`;
}

/** Milliseconds as people say them. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 10) return `${milliseconds.toFixed(0)} ms`;
  return milliseconds >= 1
    ? `${milliseconds.toFixed(1)} ms`
    : `${(milliseconds * 1000).toFixed(0)} µs`;
}

/** A column of a table: its heading, and whether its cells stand right-aligned. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** The looks of a cell; both count from 0, headings not counted. */
export type CellStyle = (row: number, column: number) => Style | undefined;

/** Lines of an aligned table. Cells are padded before they are painted, so colours do not shift columns. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  indent = "  ",
  styleOf: CellStyle = () => undefined,
): string[] {
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const padded = (cells: readonly string[]): string[] => {
    const whole = columns.map((column, at) => {
      const cell = cells[at] ?? "";
      return column.right ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
    });
    // Nothing trails, cells painted or not.
    while (whole.at(-1)?.trim() === "") whole.pop();
    return whole.map((cell, at) => (at === whole.length - 1 ? cell.trimEnd() : cell));
  };
  const head = paint("dim", padded(columns.map((column) => column.title)).join("  "));
  const body = rows.map((row, index) =>
    padded(row)
      .map((cell, at) => {
        const style = styleOf(index, at);
        return style === undefined ? cell : paint(style, cell);
      })
      .join("  "),
  );
  return [indent + head, ...body.map((line) => (line === "" ? "" : indent + line))];
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `share` (0 to 1) of `width` cells; anything above 0 shows. */
export function bar(share: number, width: number): string {
  const eighths = Math.min(Math.max(share > 0 ? 1 : 0, Math.round(share * width * 8)), width * 8);
  return "█".repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? "");
}

/** A line that is written over; silent on anything but a terminal, and for the first half second. */
export interface Progress {
  update(text: () => string): void;
  end(): void;
}

export function progressLine(stream: Terminal, now: () => number): Progress {
  const started = now();
  let shownAt = 0;
  return {
    update(text) {
      const time = now();
      if (stream.isTTY !== true || time - started < 500 || time - shownAt < 100) return;
      shownAt = time;
      stream.write(`\r\x1b[K${text()}`);
    },
    end() {
      if (shownAt > 0) stream.write("\r\x1b[K");
      shownAt = 0;
    },
  };
}
