// Stops in the report of an account, one to a row: where each fires, whether it can, and what its close would leave.
import type { StopOutcome, StopView } from "../types.ts";
import { money, type Paint, percent, type Style, tableLines } from "./terminal.ts";

const COLUMNS = [
  { title: "stop" },
  { title: "kind" },
  { title: "closes" },
  { title: "fires at", right: true },
  { title: "verdict" },
  { title: "fills at", right: true },
  { title: "realized", right: true },
  { title: "fee", right: true },
  { title: "clearance then", right: true },
  { title: "" },
];
const VERDICT_COLUMN = 4;
const LEFT_COLUMN = 9;

const KINDS: Readonly<Record<StopView["kind"], string>> = {
  mark: "stop loss",
  trailing: "trailing",
  marginLoss: "margin loss",
  entryDeviation: "entry deviation",
  equity: "equity",
  drawdown: "drawdown",
};

const STYLES: Readonly<Record<StopView["verdict"], Style>> = {
  armed: "green",
  immediate: "yellow",
  beyondLiquidation: "red",
  contested: "yellow",
  inactive: "dim",
  suspended: "red",
  never: "red",
};

function kindText({ kind, purpose }: StopView): string {
  return kind === "mark" && purpose === "takeProfit" ? "take profit" : KINDS[kind];
}

function closesText({ symbol, side, amount, settle }: StopView): string {
  if (symbol === null) return `all in ${settle ?? ""}`;
  return `${amount === null ? "" : `${amount} `}${symbol} ${side ?? ""}`;
}

function triggerText({ triggerPrice, askedPrice, equityFloor, askedFloor }: StopView): string {
  if (equityFloor !== null) {
    const asked = askedFloor === null ? "" : ` (asked ${money(askedFloor)})`;
    return `equity ${money(equityFloor)}${asked}`;
  }
  if (triggerPrice === null) return "-";
  return askedPrice === null ? triggerPrice : `${triggerPrice} (asked ${askedPrice})`;
}

function verdictText(stop: StopView): string {
  const { verdict, clampedPrice, clampedFloor, contestedShock, activationPrice, refusal } = stop;
  if (refusal !== null) return `${verdict}, close refused: ${refusal}`;
  if (verdict === "contested") {
    return `contested: others -${percent(contestedShock, 2)}`;
  }
  if (verdict === "beyondLiquidation") {
    const place = clampedPrice ?? (clampedFloor === null ? null : `equity ${money(clampedFloor)}`);
    return place === null ? "beyond liquidation" : `beyond liquidation, latest ${place}`;
  }
  if (verdict === "inactive" && activationPrice !== null) {
    return `inactive until ${activationPrice}`;
  }
  return verdict;
}

function leftText({ equity, stands }: StopOutcome): string {
  if (equity === null) return "closed";
  return stands ? "stands" : "LIQUIDATABLE";
}

function stopRow(stop: StopView): string[] {
  const { outcome } = stop;
  const head = [stop.id, kindText(stop), closesText(stop), triggerText(stop), verdictText(stop)];
  if (outcome === null) return head;
  return [
    ...head,
    outcome.fillPrice ?? (outcome.closed.length > 1 ? `${outcome.closed.length} closes` : "-"),
    money(outcome.realizedPnl),
    money(outcome.fee),
    outcome.clearance === null ? "-" : money(outcome.clearance),
    leftText(outcome),
  ];
}

/** Lines of the table of stops; none where there are none. */
export function stopLines(stops: readonly StopView[], paint: Paint): string[] {
  if (stops.length === 0) return [];
  return tableLines(COLUMNS, stops.map(stopRow), paint, "  ", (row, column) => {
    const stop = stops[row];
    if (stop === undefined) return undefined;
    if (column === VERDICT_COLUMN) return stop.refusal === null ? STYLES[stop.verdict] : "red";
    return column === LEFT_COLUMN && stop.outcome?.stands === false ? "red" : undefined;
  });
}
