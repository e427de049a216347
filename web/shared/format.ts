// Exact decimal text as people read it: grouped, with fewer decimals, rounded against the reader's optimism. Nothing here goes through
// a double, so a shown figure is never better than the engine's; the exact text belongs in a title beside it.

/** Which way a figure is cut: what one owns goes down (toward minus infinity), what one owes goes up. */
export type Rounding = "down" | "up";

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** U+2212, as wide as a plus. */
const MINUS = "\u2212";

function parts(text: string): { negative: boolean; whole: string; fraction: string } {
  const match = DECIMAL.exec(text);
  if (match === null) throw new RangeError(`not a decimal: ${text}`);
  const [, sign, whole = "0", fraction = ""] = match;
  return { negative: sign === "-", whole, fraction };
}

/**
 * A decimal text with exactly this many decimals.
 *
 * @throws RangeError for anything but plain decimal text
 */
export function roundDecimal(text: string, decimals: number, rounding: Rounding): string {
  const { negative, whole, fraction } = parts(text);
  const kept = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
  const cut = /[1-9]/.test(fraction.slice(decimals));
  const away = cut && negative === (rounding === "down");
  const units = away ? kept + 1n : kept;
  const digits = units.toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const shown = decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative && units !== 0n ? `-${shown}` : shown;
}

/** Thousands apart and a minus that is as wide as a plus: "−12,345.60". */
export function grouped(text: string): string {
  const { negative, whole, fraction } = parts(text);
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const shown = fraction === "" ? thousands : `${thousands}.${fraction}`;
  return negative ? MINUS + shown : shown;
}

/** Decimals at which amounts of an asset are told: cents of what is worth about a dollar, millionths of a coin. */
export function amountDecimals(asset: string): number {
  return /USD|^(EUR|GBP|DAI)/.test(asset) ? 2 : 6;
}

/** An amount of an asset. */
export function money(text: string, rounding: Rounding = "down", asset = "USD"): string {
  return grouped(roundDecimal(text, amountDecimals(asset), rounding));
}

/** An amount with its sign, whichever it is. */
export function signedMoney(text: string, asset = "USD"): string {
  const shown = money(text, "down", asset);
  return /[1-9]/.test(shown) && !shown.startsWith(MINUS) ? `+${shown}` : shown;
}

/** Decimals at which a price of this size is told: about six digits that matter. */
export function priceDecimalsOf(text: string): number {
  const { whole, fraction } = parts(text);
  const digits = whole.replace(/^0+/, "").length;
  if (digits >= 5) return 1;
  if (digits >= 1) return [4, 3, 3, 2][digits - 1] ?? 2;
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  return Math.min(zeros + 5, 12);
}

/**
 * A price with about six digits; one that has fewer decimals stays as it is. Liquidation prices are rounded toward the mark by the
 * caller's choice of direction.
 */
export function price(text: string, rounding: Rounding = "down"): string {
  const decimals = priceDecimalsOf(text);
  const own = parts(text).fraction.length;
  return grouped(own <= decimals ? text : roundDecimal(text, decimals, rounding));
}

/** A decimal times 10^places, exactly; zeros that were typed at its end stay, so that it can be typed on. */
export function shiftDecimal(text: string, places: number): string {
  const { negative, whole, fraction } = parts(text);
  const at = whole.length + places;
  const digits = (whole + fraction).padEnd(at, "0");
  const padded = at < 0 ? "0".repeat(-at) + digits : digits;
  const point = Math.max(at, 0);
  const left = padded.slice(0, point).replace(/^0+(?=\d)/, "") || "0";
  const right = padded.slice(point);
  const shown = right === "" ? left : `${left}.${right}`;
  return negative && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

/** A share in per cent: "0.083129" is "8.31 %". */
export function percent(share: string, rounding: Rounding, decimals = 2): string {
  return `${grouped(roundDecimal(shiftDecimal(share, 2), decimals, rounding))} %`;
}

/** Whether a text is a plain decimal that may be shifted and rounded. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}
