// Figures as the page shows them: the engine's exact decimal text, grouped and cut to a few decimals in a stated direction, and times and
// shares that are doubles to begin with. The exact text goes into a title.

const MINUS = "−";

/** "1,234,567" of the digits of a whole number. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Exact decimal text with at most so many decimals: rounded down (toward −∞), or up. Never "-0".
 *
 * @example
 * amountText("-650.5652364", 2, "down"); // => "−650.57"
 */
export function amountText(text: string, decimals: number, rounding: "down" | "up"): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign, whole = "0", fraction = ""] = match;
  const negative = sign === "-";
  const kept = fraction.slice(0, decimals).padEnd(decimals, "0");
  const rest = fraction.slice(decimals);
  let units = BigInt(whole + kept);
  const away = negative === (rounding === "down");
  if (away && /[1-9]/.test(rest)) units += 1n;
  const digits = units.toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const shown = grouped(digits.slice(0, cut)) + (decimals > 0 ? `.${digits.slice(cut)}` : "");
  return negative && units !== 0n ? MINUS + shown : shown;
}

/** "12,345". */
export function countText(count: number): string {
  return (count < 0 ? MINUS : "") + grouped(String(Math.abs(Math.round(count))));
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
  const [whole = "", fraction] = price.toFixed(digits).split(".");
  return fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
}
