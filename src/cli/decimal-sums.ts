// Exact sums of decimal texts by asset, whatever the decimals of each.
import { formatDecimal, parseDecimal } from "../decimal.ts";

/** Sums are kept in the finest unit of any asset. */
const SUM_DECIMALS = 18;

/** Sums of decimal texts by asset. */
export class Sums {
  readonly #units = new Map<string, bigint>();

  add(asset: string, text: string): void {
    const units = parseDecimal(text, SUM_DECIMALS, asset);
    if (units !== 0n) this.#units.set(asset, (this.#units.get(asset) ?? 0n) + units);
  }

  texts(): Record<string, string> {
    const texts: Record<string, string> = Object.create(null);
    for (const [asset, units] of this.#units) texts[asset] = formatDecimal(units, SUM_DECIMALS);
    return texts;
  }
}
