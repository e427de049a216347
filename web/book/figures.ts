// Figures as the book page shows them: exact decimal text through the pages' common format, and times, shares and sizes that are doubles to
// begin with. The exact text goes into a title.
import { grouped, type Rounding, roundDecimal } from "../shared/format.ts";

const MINUS = "−";

/**
 * Exact decimal text, grouped, with this many decimals.
 *
 * @example
 * amountText("-650.5652364", 2, "down"); // => "−650.57"
 */
export function amountText(text: string, decimals: number, rounding: Rounding): string {
  return grouped(roundDecimal(text, decimals, rounding));
}

/** "12,345". */
export function countText(count: number): string {
  return grouped(String(Math.round(count)));
}

/** "−10.0 %" of millionths. */
export function moveText(ppm: number): string {
  const sign = ppm > 0 ? "+" : ppm < 0 ? MINUS : "";
  return `${sign}${(Math.abs(ppm) / 10_000).toFixed(1)} %`;
}

/** "1.24 %" of a share; "< 0.01 %" rather than a zero that is none. */
export function shareText(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const percent = (part / whole) * 100;
  return percent < 0.01 ? "< 0.01 %" : `${percent.toFixed(2)} %`;
}

/** "0.84 ms", "12.3 ms", "1.2 s". */
export function timeText(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0)} ms`;
}

/** "171 MB". */
export function bytesText(bytes: number): string {
  return `${countText(bytes / 1e6)} MB`;
}

/** Price units as text with about seven significant digits, for the eye. */
export function priceText(units: number, priceDecimals: number): string {
  const price = units / 10 ** priceDecimals;
  const wanted = price >= 1_000 ? 2 : 6 - Math.floor(Math.log10(price || 1));
  const digits = Math.max(0, Math.min(priceDecimals, wanted, 8));
  return grouped(price.toFixed(digits));
}
