// A comparison of margin modes as lines of text. Three columns, one per variant; each cell is a figure and, behind it, how far away it is
// or what fell on the way there.
import type {
  ModeComparison,
  ModeOutcome,
  ModeVariant,
  ModeVariantName,
  PositionName,
} from "../engine/compare-modes.ts";
import { MODE_VARIANTS } from "../engine/compare-modes.ts";
import type { ComparedShock } from "../engine/mode-shocks.ts";
import type { PositionView } from "../types.ts";
import { groupDigits, money, type Paint, percent, type Style, tableLines } from "./terminal.ts";

const TITLES: Readonly<Record<ModeVariantName, string>> = {
  asIs: "as it is",
  allCross: "all cross",
  allIsolated: "all isolated",
};
const WIDTH = 80;
/** Digits of a price that a person reads. */
const PRICE_DIGITS = 5;
const LARGE_SUM = 1e4;
const SMALL_SUM = 100;
/** A liquidation price further off than this many marks is no place on a chart. */
const FAR = 10;
/** Nearer than this it is worth a colour. */
const NEAR = 0.05;

interface Cell {
  readonly figure: string;
  readonly remark?: string;
  readonly style?: Style | undefined;
}

interface Row {
  readonly label: string;
  readonly cells: readonly Cell[];
  readonly style?: Style;
}

type Shorten = (symbol: string) => string;

/** Symbols without their settle asset, where that leaves them apart. */
function shortener(positions: readonly PositionName[]): Shorten {
  const symbols = new Set(positions.map(({ symbol }) => symbol));
  const cut = (symbol: string): string => symbol.split(":")[0] ?? symbol;
  const apart = new Set(Array.from(symbols, cut)).size === symbols.size;
  return apart ? cut : (symbol) => symbol;
}

/** Cut to the digits that matter, grouped. */
function priceText(price: string): string {
  const [whole = "", fraction = ""] = price.split(".");
  const zeros = whole === "0" ? (/^0*/.exec(fraction)?.[0].length ?? 0) : 0;
  const kept = whole === "0" ? zeros + PRICE_DIGITS - 1 : Math.max(0, PRICE_DIGITS - whole.length);
  const decimals = fraction.slice(0, kept).replace(/0+$/, "");
  return groupDigits(decimals === "" ? whole : `${whole}.${decimals}`);
}

/** Two decimals for accounts of everyday size, none for large ones, more for small ones and coins. */
function sumText(amount: string, scale: string): string {
  const size = Math.abs(Number(scale));
  return money(amount, size >= LARGE_SUM ? 0 : size >= SMALL_SUM ? 2 : size >= 1 ? 4 : 8);
}

function liquidationCell({ liquidationPrice, markPrice }: PositionView): Cell {
  const { down, up } = liquidationPrice;
  if (down === null && up === null) return { figure: "never", style: "green" };
  if (down !== null && down === up) return { figure: "now", style: "red" };
  if (down !== null && up !== null) return { figure: `↓${priceText(down)} ↑${priceText(up)}` };
  const price = down ?? up ?? "";
  const arrow = down === null ? "↑" : "↓";
  const share = Number(price) / Number(markPrice);
  if (share >= FAR) return { figure: `${arrow}×${groupDigits(Math.floor(share))}` };
  const distance = Math.abs(share - 1);
  const style = distance < NEAR ? "yellow" : undefined;
  return {
    figure: `${arrow}${priceText(price)}`,
    remark: percent(distance, distance >= 1 ? 0 : 1),
    style,
  };
}

function sameAs({ symbol, side }: PositionName): (other: PositionName) => boolean {
  return (other) => other.symbol === symbol && other.side === side;
}

function positionRows({ variants }: ModeComparison, shorten: Shorten): Row[] {
  // The order of the one cross pool: by market, a hedge side by side.
  return variants.allCross.report.positions.map((position) => {
    const { symbol, side } = position;
    const own = variants.asIs.report.positions.find(sameAs(position));
    const cells = MODE_VARIANTS.map((name) => {
      const found = variants[name].report.positions.find(sameAs(position));
      return found === undefined ? { figure: "-" } : liquidationCell(found);
    });
    return { label: `${shorten(symbol)} ${side} ${own?.marginMode ?? "cross"}`, cells };
  });
}

function jointShockRow({ variants }: ModeComparison): Row {
  const cells = MODE_VARIANTS.map((name): Cell => {
    const { jointShock, now } = variants[name];
    if (now.liquidatable.length > 0) return { figure: "aground", style: "red" };
    return jointShock === null
      ? { figure: "never", style: "green" }
      : { figure: percent(jointShock, Number(jointShock) >= 1 ? 0 : 1) };
  });
  return { label: "aground if all moves", cells };
}

/** Where an asset's money stands before anything moves. */
function moneyRows(comparison: ModeComparison, asset: string): Row[] {
  const kinds = [
    ["cross wallet", "cross"],
    ["isolated margins", "isolated"],
  ] as const;
  return kinds.map(([label, kind]) => ({
    label,
    cells: MODE_VARIANTS.map((name) => {
      const variant = comparison.variants[name];
      const held = variant.report.scopes.filter(
        ({ scope, settle }) => scope === kind && settle === asset,
      );
      const sum = held.reduce((total, { collateral }) => total + Number(collateral), 0);
      return { figure: sumText(sum.toFixed(8), variant.equity[asset] ?? "0") };
    }),
  }));
}

function signedPercent(move: string): string {
  const size = Number(move);
  return `${size > 0 ? "+" : "-"}${shareText(String(Math.abs(Number(move))))} %`;
}

/** "0.1" -> "10". */
function shareText(share: string): string {
  return String(Number((Number(share) * 100).toFixed(4)));
}

/** "10 % against everything", "BTC/USDT -20 % alone". */
function shockText({ share, moves }: ComparedShock, shorten: Shorten): string {
  if (share !== null) return `${shareText(share)} % against everything`;
  const [first, ...more] = Object.entries(moves);
  if (first === undefined) return "nothing moves";
  const [name, move] = first;
  const text = `${shorten(name)} ${signedPercent(move)}`;
  return more.length === 0 ? `${text} alone` : `${text} and ${more.length} more`;
}

/** What the cells of one asset are made with. */
interface AssetRows {
  readonly asset: string;
  /** Equity of the account in it, for the number of decimals. */
  readonly scale: string;
  /** Symbols of its positions. */
  readonly symbols: ReadonlySet<string>;
}

/** "✗2!1+1": scopes that fall, positions that fall with others, positions that others hold up. */
function fatesText(outcome: ModeOutcome, { asset, symbols }: AssetRows): string {
  const count = (positions: readonly PositionName[]): number =>
    positions.filter(({ symbol }) => symbols.has(symbol)).length;
  const counts = [
    ["✗", outcome.liquidatable.filter(({ settle }) => settle === asset).length],
    ["!", count(outcome.contagion)],
    ["+", count(outcome.carried)],
  ] as const;
  return counts.map(([mark, number]) => (number === 0 ? "" : `${mark}${number}`)).join("");
}

function leftCell(outcome: ModeOutcome, rows: AssetRows): Cell {
  const remark = fatesText(outcome, rows);
  const style = remark.includes("!") ? "yellow" : remark.includes("✗") ? "red" : undefined;
  return { figure: sumText(outcome.left[rows.asset] ?? "0", rows.scale), remark, style };
}

/** The strictly largest of what is left, in green. */
function withBest(cells: readonly Cell[], left: readonly number[]): readonly Cell[] {
  const most = Math.max(...left);
  if (left.filter((sum) => sum === most).length !== 1) return cells;
  return cells.map((cell, at) => (left[at] === most ? { ...cell, style: "green" } : cell));
}

function leftRows(comparison: ModeComparison, asset: string, shorten: Shorten): Row[] {
  const { variants, shocks } = comparison;
  const own = variants.allIsolated.report.scopes.filter(({ settle }) => settle === asset);
  const rows: AssetRows = {
    asset,
    scale: variants.asIs.equity[asset] ?? "0",
    symbols: new Set(own.flatMap(({ symbol }) => (symbol === null ? [] : [symbol]))),
  };
  const row = (label: string, outcomeOf: (variant: ModeVariant) => ModeOutcome): Row => {
    const outcomes = MODE_VARIANTS.map((name) => outcomeOf(variants[name]));
    const left = outcomes.map((outcome) => Number(outcome.left[asset] ?? "0"));
    const cells = outcomes.map((outcome) => leftCell(outcome, rows));
    return { label, cells: withBest(cells, left) };
  };
  return [
    row("no shock", ({ now }) => now),
    ...shocks.map((shock, at) =>
      row(shockText(shock, shorten), ({ outcomes, now }) => outcomes[at] ?? now),
    ),
  ];
}

/** Figures right-aligned, remarks left-aligned behind them, in columns of one width; the headings stand over the figures. */
function joined(rows: readonly Row[]): { readonly titles: string[]; readonly cells: string[][] } {
  const cells = rows.flatMap((row) => row.cells);
  const figures = Math.max(
    ...cells.map(({ figure, remark }) => (remark === undefined ? 0 : figure.length)),
  );
  const room = Math.max(...cells.map(({ remark }) => (remark?.length ?? 0) + 1));
  return {
    titles: MODE_VARIANTS.map((name) => {
      const title = TITLES[name].padStart(figures);
      return title.padEnd(Math.max(title.length, figures + room));
    }),
    cells: rows.map((row) => [
      row.label,
      ...row.cells.map(({ figure, remark = "" }) => {
        const text = figure.padStart(figures);
        // A figure wider than the others (a pair of prices) takes the room of its remark too.
        return `${text} ${remark}`.trimEnd().padEnd(figures + room);
      }),
    ]),
  };
}

/** Names as many as fit behind a heading. */
function namesLine(heading: string, names: readonly string[]): string {
  let line = heading;
  for (const [at, name] of names.entries()) {
    const rest = names.length - at;
    const next = `${line}${at === 0 ? " " : ", "}${name}`;
    const tail = rest > 1 ? `, ${rest - 1} more`.length : 0;
    if (at > 0 && next.length + tail > WIDTH) return `${line}, ${rest} more`;
    line = next;
  }
  return line;
}

/** "now", or the shocks that do it: "5, 10 %, BTC/USDT -20 % alone". */
function shocksText(
  at: readonly number[],
  shocks: readonly ComparedShock[],
  shorten: Shorten,
): string {
  if (at.includes(0)) return "already now";
  const asked = at.flatMap((index) => shocks[index - 1] ?? []);
  const shares = asked.flatMap(({ share }) => (share === null ? [] : [shareText(share)]));
  const named = asked.filter(({ share }) => share === null);
  const everything = shares.length === 0 ? [] : [`${shares.join(", ")} %`];
  return `at ${[...everything, ...named.map((shock) => shockText(shock, shorten))].join(", ")}`;
}

/** Which positions share a fate, per variant and set of positions, with the shocks that do it. */
function fateLines(
  comparison: ModeComparison,
  fate: "contagion" | "carried",
  shorten: Shorten,
): string[] {
  const lines: string[] = [];
  for (const name of MODE_VARIANTS) {
    const groups = new Map<string, { readonly at: number[]; readonly names: string[] }>();
    const { now, outcomes } = comparison.variants[name];
    for (const [at, outcome] of [now, ...outcomes].entries()) {
      const names = outcome[fate].map(({ symbol, side }) => `${shorten(symbol)} ${side}`);
      if (names.length === 0) continue;
      const group = groups.get(names.join()) ?? { at: [], names };
      group.at.push(at);
      groups.set(names.join(), group);
    }
    for (const { at, names } of groups.values()) {
      const shocks = shocksText(at, comparison.shocks, shorten);
      lines.push(namesLine(`      ${TITLES[name]} ${shocks}:`, names));
    }
  }
  return lines;
}

function footLines(comparison: ModeComparison, shorten: Shorten, paint: Paint): string[] {
  const lines: string[] = [];
  const variants = MODE_VARIANTS.map((name) => comparison.variants[name]);
  if (variants.some(({ now, outcomes }) => [now, ...outcomes].some(falls))) {
    lines.push("  ✗n  scopes liquidatable: each counts 0, the most that it can lose");
  }
  for (const [fate, heading] of [
    ["contagion", "  !n  positions pulled down by others: isolated they would stand"],
    ["carried", "  +n  positions held up by others: isolated they would fall"],
  ] as const) {
    const found = fateLines(comparison, fate, shorten);
    if (found.length > 0) lines.push(heading, ...found);
  }
  if (comparison.variants.allIsolated.scaled) {
    lines.push("      all isolated: the wallet is short of initial margins; each has its share");
  }
  return lines.length === 0 ? [] : ["", ...lines.map((line) => paint("dim", line))];
}

function falls({ liquidatable }: ModeOutcome): boolean {
  return liquidatable.length > 0;
}

/** The whole comparison. */
export function comparisonLines(comparison: ModeComparison, paint: Paint): string[] {
  const { account, hedged, variants } = comparison;
  const { report, equity } = variants.asIs;
  const shorten = shortener(report.positions);
  const count = report.positions.length;
  const sums = Object.entries(equity).map(([asset, sum]) => `${sumText(sum, sum)} ${asset}`);
  const heading = `${paint("bold", account)}${hedged ? " (hedged)" : ""}: equity ${sums.join(", ") || "none"}`;
  if (count === 0) return [`${heading}; no positions, so all modes are one`];
  const rows: Row[] = [];
  const section = (label: string, part: readonly Row[]): void => {
    if (rows.length > 0) rows.push({ label: "", cells: [] });
    rows.push({ label, cells: [], style: "bold" }, ...part);
  };
  section("liquidated at", [...positionRows(comparison, shorten), jointShockRow(comparison)]);
  for (const asset of Object.keys(equity)) {
    section(`${asset} held`, moneyRows(comparison, asset));
    section(`${asset} left after`, leftRows(comparison, asset, shorten));
  }
  const { titles, cells } = joined(rows);
  const columns = [{ title: "" }, ...titles.map((title) => ({ title, right: true }))];
  const lines = tableLines(columns, cells, paint, "  ", (row, column) =>
    column === 0 ? rows[row]?.style : rows[row]?.cells[column - 1]?.style,
  );
  const positions = `${count} position${count === 1 ? "" : "s"}`;
  return [`${heading}, ${positions}`, "", ...lines, ...footLines(comparison, shorten, paint)];
}
