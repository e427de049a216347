// Contracts of Bybit: instruments-info and risk-limit. A contract is one coin (linear) or one US dollar (inverse); a tier's
// riskLimitValue is its cap, its floor is the cap before, and its rates may be per cent or fractions.
import { refuse } from "../engine/read.ts";
import type { LeverageTier } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import type { MarketReader } from "./binance-markets.ts";
import { compare, type DecimalText, type Exact, exactOf, ONE, textOf } from "./exact.ts";
import { isBlank, Row, rowsBy } from "./fields.ts";
import { bybitSymbol, deliveryText, type SymbolParts, unifiedSymbol } from "./symbols.ts";
import { capText, fractionalRates } from "./tiers.ts";

/** A row of risk-limit. */
export interface BybitRiskLimitRow {
  readonly symbol: string;
  /** Cap of the tier, in the settle coin. */
  readonly riskLimitValue: DecimalText;
  /** "0.5" (per cent) or 0.005. */
  readonly maintenanceMargin: DecimalText;
  readonly initialMargin?: DecimalText;
  readonly maxLeverage: DecimalText;
  /** Checked against the amount that follows from the tiers; "" for the lowest. */
  readonly mmDeduction?: DecimalText;
}

/** A row of instruments-info. */
export interface BybitInstrumentRow {
  readonly symbol: string;
  readonly baseCoin: string;
  readonly quoteCoin: string;
  readonly settleCoin: string;
  readonly contractType?: string;
  readonly deliveryTime?: DecimalText;
  readonly lotSizeFilter: { readonly qtyStep: DecimalText };
  readonly priceFilter?: { readonly tickSize: DecimalText };
}

/** Tiers of one contract, lowest cap first whatever the order of the rows. */
function readTiers(symbol: string, rows: readonly Row[]): LeverageTier[] {
  const caps = new Map(rows.map((row) => [row, row.positive("riskLimitValue")]));
  const sorted = [...rows].sort((a, b) => compare(caps.get(a) as Exact, caps.get(b) as Exact));
  const rated = sorted.map((row) => ({
    rate: row.decimal("maintenanceMargin"),
    initialRate: row.optionalDecimal("initialMargin"),
    maxLeverage: row.positive("maxLeverage"),
    path: row.place("maintenanceMargin"),
  }));
  const rates = fractionalRates(rated, symbol);
  return sorted.map((row, index) => {
    const before = sorted[index - 1];
    const { mmDeduction } = row.raw;
    return {
      tier: index + 1,
      minNotional: before === undefined ? "0" : textOf(caps.get(before) as Exact),
      maxNotional: capText(caps.get(row) as Exact),
      maintenanceMarginRate: textOf(rates[index] as Exact),
      maxLeverage: textOf(row.decimal("maxLeverage")),
      ...(isBlank(mmDeduction)
        ? {}
        : { info: { mmDeduction: textOf(exactOf(mmDeduction, row.place("mmDeduction"))) } }),
    };
  });
}

function partsOf(row: Row): SymbolParts {
  const time = row.has("deliveryTime") ? Number(row.id("deliveryTime")) : 0;
  const dated = row.has("contractType") && row.text("contractType").endsWith("Futures");
  return unifiedSymbol(
    row.text("baseCoin"),
    row.text("quoteCoin"),
    row.text("settleCoin"),
    dated ? deliveryText(time) : "",
  );
}

function stepIn(row: Row | undefined, filter: string, name: string): Exact | undefined {
  if (row === undefined || !row.has(filter)) return undefined;
  return new Row(row.raw[filter], row.place(filter), "Bybit's filters").positive(name);
}

export interface BybitMarketSources {
  readonly tiers: readonly Row[];
  readonly instruments: readonly Row[];
  readonly fees: readonly Row[];
}

/** Reads contracts as they are asked for. */
export function bybitMarkets(sources: BybitMarketSources): MarketReader {
  const instruments = rowsBy(sources.instruments, "symbol");
  const fees = rowsBy(sources.fees, "symbol");
  const tiers = new Map<string, Row[]>();
  for (const row of sources.tiers) {
    const symbol = row.text("symbol");
    tiers.set(symbol, [...(tiers.get(symbol) ?? []), row]);
  }
  const market = (id: string, path: string): MarketFacts => {
    const instrument = instruments.get(id);
    const parts = instrument === undefined ? bybitSymbol(id, path) : partsOf(instrument);
    const rows = tiers.get(id);
    if (rows === undefined) {
      refuse("BAD_TIERS", `${parts.symbol} has no tiers`, path, id, "give its risk-limit as tiers");
    }
    const fee = fees.get(id);
    return {
      path,
      symbol: parts.symbol,
      settle: parts.settle,
      linear: parts.linear,
      contractSize: ONE,
      amountStep: stepIn(instrument, "lotSizeFilter", "qtyStep"),
      priceStep: stepIn(instrument, "priceFilter", "tickSize"),
      taker: fee?.decimal("takerFeeRate"),
      maker: fee?.optionalDecimal("makerFeeRate"),
      tiers: readTiers(parts.symbol, rows),
    };
  };
  return { market, ids: () => tiers.keys() };
}
