// A liquidation map for a terminal, laid out like an order book: shorts above the mark, longs below it, nearest in the middle, one row for
// several levels so that it fits a screen; and as CSV, one row a level.
import type { LiquidationMap, LiquidationMapLevel } from "../engine/liquidation-map.ts";
import { bar, counted, groupDigits, money, type Paint } from "./terminal.ts";

const BAR_WIDTH = 36;

/** Levels that share a row. */
interface Row {
  /** The furthest of them. */
  readonly price: string;
  readonly side: LiquidationMapLevel["side"];
  readonly scopes: number;
  /** For the bar. */
  readonly notional: number;
  readonly notionalText: string;
  readonly cumulativeText: string;
}

/** Sum of decimal texts with the same decimals at most, exact. */
function sumText(texts: readonly string[]): string {
  const decimals = Math.max(0, ...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const units = texts.reduce((sum, text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return sum + BigInt(whole + fraction.padEnd(decimals, "0"));
  }, 0n);
  const digits = units.toString().padStart(decimals + 1, "0");
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Rows of a side from the mark outward, at most `most`. */
function rowsOf(levels: readonly LiquidationMapLevel[], most: number): Row[] {
  const each = Math.max(1, Math.ceil(levels.length / Math.max(1, most)));
  const rows: Row[] = [];
  for (let from = 0; from < levels.length; from += each) {
    const shared = levels.slice(from, from + each);
    const furthest = shared.at(-1) as LiquidationMapLevel;
    const notionalText = sumText(shared.map(({ notional }) => notional));
    rows.push({
      price: furthest.price,
      side: furthest.side,
      scopes: shared.reduce((sum, { scopes }) => sum + scopes, 0),
      notional: Number(notionalText),
      notionalText,
      cumulativeText: furthest.cumulative.notional,
    });
  }
  return rows;
}

/** Amounts of a chart are whole where they are large. */
function amountText(text: string): string {
  return money(text, Number(text) >= 100 ? 0 : 2);
}

function headLines(map: LiquidationMap, paint: Paint): string[] {
  const { totals, settle, atMark } = map;
  const others = map.beta === "0" ? "all other prices still" : `other markets by beta ${map.beta}`;
  const side = (name: "long" | "short", word: string) =>
    `${counted(totals[name].scopes, "scope")}, ${amountText(totals[name].notional)} ${settle} ${word} (and ${amountText(totals[name].otherNotional)} elsewhere)`;
  const under =
    atMark.scopes === 0
      ? "none"
      : `${counted(atMark.scopes, "scope")}, ${amountText(atMark.longNotional)} long and ${amountText(atMark.shortNotional)} ${settle} short; on no level`;
  return [
    `${paint("bold", `Liquidation map of ${map.symbol}`)}, ${others}`,
    "",
    `  up            ${paint("green", side("short", "short"))}`,
    `  down          ${paint("red", side("long", "long"))}`,
    `  at the mark   ${under}`,
    "",
  ];
}

/** The chart, `rows` lines at most on both sides together. */
export function mapLines(map: LiquidationMap, rows: number, paint: Paint): string[] {
  const shorts = map.levels.filter(({ side }) => side === "short");
  const longs = map.levels.filter(({ side }) => side === "long").reverse();
  const share = shorts.length / Math.max(1, map.levels.length);
  const above = rowsOf(shorts, Math.round(rows * share)).reverse();
  const below = rowsOf(longs, rows - Math.round(rows * share));
  const all = [...above, ...below];
  const most = Math.max(...all.map(({ notional }) => notional), Number.MIN_VALUE);
  const heads = ["price", "scopes", map.settle, "cumulative"];
  const texts = [map.mark, ...all.map(({ price }) => price)];
  const decimals = Math.max(...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const cells = all.map(({ price, scopes, notionalText, cumulativeText }) => [
    money(price, decimals),
    groupDigits(scopes),
    amountText(notionalText),
    amountText(cumulativeText),
  ]);
  const mark = money(map.mark, decimals);
  const widths = heads.map((head, at) =>
    Math.max(head.length, at === 0 ? mark.length : 0, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const aligned = (row: readonly string[]) =>
    row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join("  ");
  const lines = all.map(({ side, notional }, index) => {
    const drawn = bar(notional / most, BAR_WIDTH);
    return `  ${aligned(cells[index] ?? [])}  ${paint(side === "long" ? "red" : "green", drawn)}`.trimEnd();
  });
  const markLine = paint("bold", `  ${mark.padStart(widths[0] ?? 0)}  ${"─".repeat(8)} mark`);
  lines.splice(above.length, 0, markLine);
  return [...headLines(map, paint), paint("dim", `  ${aligned(heads)}`), ...lines];
}

/** One row a level, by rising price. */
export function mapCsv(map: LiquidationMap): string[] {
  const head =
    "price,side,scopes,notional,otherNotional,cumulativeScopes,cumulativeNotional,cumulativeOtherNotional";
  const rows = map.levels.map(({ price, side, scopes, notional, otherNotional, cumulative }) =>
    [
      price,
      side,
      scopes,
      notional,
      otherNotional,
      cumulative.scopes,
      cumulative.notional,
      cumulative.otherNotional,
    ].join(","),
  );
  return [head, ...rows];
}
