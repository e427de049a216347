// Verdicts, refusals and rules in sentences, as one would say them to the person whose money it is. Codes never reach the page.
import type {
  MarginModePreview,
  ProfileName,
  ScopeView,
  StopKind,
  StopView,
  SwitchedPosition,
} from "../../src/types.ts";
import { money, percent, price, signedMoney } from "../shared/format.ts";

const UNIFIED = /^([^/:]+)\/([^/:]+):([^/:-]+)(-.+)?$/;

/**
 * A contract by a name that no other has: "BTC" of "BTC/USDT:USDT", "BTC/USD" of "BTC/USD:BTC", "BTC-260925" of
 * "BTC/USDT:USDT-260925"; the whole symbol where it has another shape.
 */
export function baseOf(symbol: string): string {
  const [, base, quote, settle, expiry = ""] = UNIFIED.exec(symbol) ?? [];
  if (base === undefined || (settle !== base && settle !== quote)) return symbol;
  if (quote === "USDT" && settle === quote) return base + expiry;
  // A contract on a coin's price in dollars is settled in the coin, one on another stablecoin in that.
  return settle === base && quote !== "USD" ? symbol : `${base}/${quote}${expiry}`;
}

export function scopeName({
  symbol,
  side,
  settle,
}: Pick<ScopeView, "symbol" | "side" | "settle">): string {
  return symbol === null ? `Cross account (${settle})` : `${baseOf(symbol)} ${side}, isolated`;
}

/** The profiles, with a line of what each means. */
export const PROFILE_WORDS: Readonly<Record<ProfileName, readonly [name: string, line: string]>> = {
  default: [
    "Default",
    "Liquidation below maintenance margin; brackets apply to the slice above each floor; switches convert a position if that is safe.",
  ],
  binance: [
    "Binance",
    "Liquidation at 100 % already; whole-number leverage; no change of margin mode while a position is open.",
  ],
  bybit: [
    "Bybit",
    "The fee to close is part of the requirement; the margin mode is changed for the whole account.",
  ],
  okx: [
    "OKX",
    "Brackets by contract count at one rate for the whole position; the fee to close counts; the venue shows the ratio inverted.",
  ],
  hyperliquid: [
    "Hyperliquid",
    "Maintenance is half of the initial margin at the highest leverage where a table states no rate; no mode change while a position is open.",
  ],
  dydx: [
    "dYdX",
    "Maintenance is a fraction of the initial margin where a table states no rate; no margin-mode switch: close, transfer, reopen.",
  ],
};

export const KIND_WORDS: Readonly<Record<StopKind, string>> = {
  mark: "Stop loss at a price",
  trailing: "Trailing stop",
  marginLoss: "Share of the margin lost",
  entryDeviation: "Deviation from entry",
  equity: "Equity floor",
  drawdown: "Drawdown of equity",
};

export type Tone = "good" | "warn" | "bad" | "";

export interface Verdict {
  /** One or two words. */
  readonly short: string;
  readonly tone: Tone;
  /** Whole sentences. */
  readonly text: string;
}

function firesAt(stop: StopView, settle: string): string {
  if (stop.equityFloor !== null)
    return `when equity falls to ${money(stop.equityFloor, "down", settle)}`;
  return stop.triggerPrice === null ? "at no price yet" : `at ${price(stop.triggerPrice)}`;
}

/** What the close would come to. */
export function outcomeWords({ outcome, refusal, equityFloor }: StopView, settle = "USD"): string {
  if (refusal !== null) {
    return refusal === "MARGIN_EXHAUSTED"
      ? "The close would lose more than the position's margin, so the venue would cancel the stop."
      : `The close would be refused (${refusal.toLowerCase().replaceAll("_", " ")}).`;
  }
  if (outcome === null) return "";
  const [first] = outcome.closed;
  // No one price leads to a floor of equity: what such a stop would come to is told at the prices shown.
  const closes = equityFloor === null ? "Closes" : "If it fired at the prices shown it would close";
  const what =
    outcome.closed.length === 1 && first !== undefined
      ? `${closes} ${first.contracts} at ${price(first.price)}`
      : `${closes} ${outcome.closed.length} positions`;
  const made = `${what}: ${signedMoney(outcome.realizedPnl, settle)} ${settle} and a fee of ${money(outcome.fee, "up", settle)}.`;
  if (outcome.marginReturned !== null) {
    return `${made} ${money(outcome.marginReturned, "down", settle)} go back to the wallet.`;
  }
  if (outcome.equity === null || outcome.clearance === null) return made;
  const rest = `leaves ${money(outcome.equity, "down", settle)} equity`;
  return outcome.stands
    ? `${made} That ${rest}, ${money(outcome.clearance, "down", settle)} of it clear of liquidation.`
    : `${made} That ${rest}, still too little: what remains is liquidated.`;
}

function beyondWords(stop: StopView, settle: string): string {
  if (stop.equityFloor !== null) {
    const floor =
      stop.clampedFloor === null
        ? ""
        : ` The lowest floor that works is ${money(stop.clampedFloor, "up", settle)}.`;
    return `The account is liquidated before its equity is down to ${money(stop.equityFloor, "down", settle)}.${floor}`;
  }
  const where = stop.triggerPrice === null ? "its trigger" : price(stop.triggerPrice);
  const near = stop.side === "long" ? "up" : "down";
  const latest =
    stop.clampedPrice === null
      ? ""
      : ` The latest trigger that still works is ${price(stop.clampedPrice, near)}.`;
  return `The position is liquidated before the mark reaches ${where}: this stop never closes it.${latest}`;
}

/** The verdict on a stop, with its outcome. `moved`: prices are those of the sliders. */
export function stopVerdict(stop: StopView, moved = false, settle = "USD"): Verdict {
  const outcome = outcomeWords(stop, settle);
  const said = (text: string): string => (outcome === "" ? text : `${text} ${outcome}`);
  switch (stop.verdict) {
    case "armed":
      return { short: "armed", tone: "good", text: said(`Fires ${firesAt(stop, settle)}.`) };
    case "contested": {
      const share = percent(stop.contestedShock ?? "0", "down");
      const text = `Fires ${firesAt(stop, settle)} if everything else holds: once there, a move of ${share} against the other positions liquidates the account first.`;
      return { short: "contested", tone: "warn", text: said(text) };
    }
    case "immediate": {
      const text = moved
        ? "Passed at these prices: it would have fired on the way here."
        : "Passed already: it fires with the next price.";
      return { short: "passed", tone: "warn", text: said(text) };
    }
    case "beyondLiquidation":
      return { short: "beyond liquidation", tone: "bad", text: beyondWords(stop, settle) };
    case "inactive":
      return {
        short: "inactive",
        tone: "",
        text: "Waits: its activation price has not been reached, or it follows too far behind to have a trigger yet.",
      };
    case "suspended":
      return {
        short: "suspended",
        tone: "bad",
        text: "What it protects is in liquidation at these prices; stops no longer fire.",
      };
    case "never":
      return { short: "never fires", tone: "bad", text: "No price fires it." };
  }
}

/** Why a switch of margin mode is refused. */
export function refusalWords(code: string, venue: string): string {
  switch (code) {
    case "POSITION_OPEN":
      return `${venue} does not change the margin mode of an open position. Close it, change the mode, and open it again.`;
    case "TRANSFER_ONLY":
      return `${venue} knows no switch: close the position, move its margin, and open it again in the other mode.`;
    case "ORDERS_OPEN":
      return "Orders are open in this market. Cancel them first.";
    case "INSUFFICIENT_FUNDS":
    case "INSUFFICIENT_CROSS":
      return "The wallet cannot spare the margin: what is left would fall below its own initial margin.";
    case "BELOW_INITIAL_MARGIN":
      return "The position would hold less than its initial margin.";
    case "WOULD_LIQUIDATE":
      return "It would be liquidated at once.";
    case "CANNOT_FIT":
      return "Not even a partial close makes it fit.";
    case "ALREADY_SET":
      return "It is in that mode already.";
    case "LEVERAGE":
      return "To be isolated it needs a leverage: enter one first.";
    case "MULTI_ASSET":
      return "An account that pledges coins holds no isolated positions here.";
    case "OUT_OF_RANGE":
      return "The leverage is more than the bracket allows at this size.";
    default:
      return `It is refused (${code.toLowerCase().replaceAll("_", " ")}).`;
  }
}

function liquidationText({ down, up }: { down: string | null; up: string | null }): string {
  const prices = [
    ...(down === null ? [] : [price(down, "up")]),
    ...(up === null ? [] : [price(up, "down")]),
  ];
  return prices.length === 0 ? "nowhere" : prices.join(" and ");
}

/** What a switch does to one position. */
export function switchedWords({ symbol, liquidationPrice }: SwitchedPosition): string {
  const before = liquidationText(liquidationPrice.before);
  const after = liquidationText(liquidationPrice.after);
  const name = baseOf(symbol);
  if (before === after) return `${name}: liquidation stays at ${after}.`;
  return `${name}: liquidation moves from ${before} to ${after}.`;
}

/** Where the money of a switch goes. */
export function transferWords(
  { transfer, closed, positions }: MarginModePreview,
  settle: string,
): string {
  const moved = positions.filter((position) => position.transfer !== "0").length;
  const whom = moved > 1 ? `${moved} positions` : "this position";
  const close = closed === "0" ? "" : ` ${closed} contracts are closed to make it fit.`;
  if (transfer === null || transfer === "0") return `No money moves.${close}`;
  const way = transfer.startsWith("-")
    ? `${money(transfer.slice(1), "down", settle)} ${settle} return to the wallet.`
    : `${money(transfer, "up", settle)} ${settle} leave the wallet for ${whom}.`;
  return way + close;
}
