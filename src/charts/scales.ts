// What every chart needs before a line is drawn: linear scales, ticks at round numbers, and numbers as people read them on an axis.

/** A linear map of a range of values onto pixels. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
}

export function linearScale(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  return { from, to, at: (value) => start + ((value - from) / span) * (end - start) };
}

/** 1, 2, 2.5 or 5 times a power of ten: the step that gives about `count` ticks over a span. */
export function niceStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return step * power;
}

/** Round numbers within a range, at most about `count`. */
export function ticksOf(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from];
  const step = niceStep(to - from, count);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  // Multiplied, not added up: no error grows along the axis.
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** The end of an axis that begins at 0: the next tick at or above the largest value. */
export function niceEnd(largest: number, count: number): number {
  if (!(largest > 0)) return 1;
  const step = niceStep(largest, count);
  return Math.ceil(largest / step - 1e-9) * step;
}

const SUFFIXES = ["", "K", "M", "B", "T"];

/** "0", "1.2K", "35M": three digits. */
export function compactNumber(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return value.toExponential(1);
  const power = size < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(size) / 3 + 1e-12));
  const scaled = value / 1000 ** power;
  const text =
    Math.abs(scaled) >= 999.5 ? scaled.toFixed(0) : String(Number(scaled.toPrecision(3)));
  return text + SUFFIXES[power];
}

/** Decimals that tell ticks of a step apart. */
export function decimalsFor(step: number): number {
  return Math.max(
    0,
    Math.min(12, -Math.floor(Math.log10(step) + 1e-9) + (isHalfStep(step) ? 1 : 0)),
  );
}

/** 2.5 times a power of ten takes one digit more. */
function isHalfStep(step: number): boolean {
  return Math.round((step / 10 ** Math.floor(Math.log10(step) + 1e-9)) * 10) === 25;
}

/** "61,250", with a fixed number of decimals. */
export function groupedNumber(value: number, decimals: number): string {
  const [whole = "", fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
