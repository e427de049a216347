// Contracts of Binance: symbols, sizes and tiers out of exchangeInfo and leverageBracket. A COIN-M bracket's qtyFloor and qtyCap
// are coins (the notional in the settle asset), as its `cum` confirms, so they need no contract size.
import { refuse } from "../engine/read.ts";
import type { LeverageTier } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import { type DecimalText, type Exact, ONE, stepOf } from "./exact.ts";
import { isObject, type Row, rowsBy, rowsOf } from "./fields.ts";
import { contentOf } from "./recognise.ts";
import { binanceSymbol, deliveryText, type SymbolParts, unifiedSymbol } from "./symbols.ts";
import { readTier, type TierFields } from "./tiers.ts";

/** One answer of leverageBracket. USD-M: notionalFloor and notionalCap; COIN-M: qtyFloor (its API says qtylFloor) and qtyCap. */
export interface BinanceBracketRow {
  readonly symbol?: string;
  readonly brackets: readonly {
    readonly bracket?: DecimalText;
    readonly initialLeverage: DecimalText;
    readonly notionalFloor?: DecimalText;
    readonly notionalCap?: DecimalText;
    readonly qtyFloor?: DecimalText;
    readonly qtylFloor?: DecimalText;
    readonly qtyCap?: DecimalText;
    readonly maintMarginRatio: DecimalText;
    /** Checked against the amount that follows from the brackets. */
    readonly cum?: DecimalText;
  }[];
}

export interface BinanceExchangeInfo {
  readonly symbols: readonly {
    readonly symbol: string;
    readonly baseAsset: string;
    readonly quoteAsset: string;
    readonly marginAsset: string;
    readonly contractType?: string;
    readonly deliveryDate?: DecimalText;
    /** COIN-M: USD a contract. */
    readonly contractSize?: DecimalText;
    readonly quantityPrecision?: DecimalText;
    /** PRICE_FILTER's tickSize and LOT_SIZE's stepSize are used. */
    readonly filters?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

export interface BinanceCommissionRow {
  readonly symbol: string;
  readonly makerCommissionRate?: DecimalText;
  readonly takerCommissionRate: DecimalText;
}

const FIELDS: TierFields = {
  floor: ["notionalFloor", "qtyFloor", "qtylFloor"],
  cap: ["notionalCap", "qtyCap"],
  rate: "maintMarginRatio",
  leverage: "initialLeverage",
  amount: "cum",
};

/** Tiers of one symbol. */
function readTiers(row: Row): LeverageTier[] {
  const rows = rowsOf(row.raw.brackets, row.place("brackets"), "Binance's brackets");
  return rows.map((bracket, index) => readTier(bracket, FIELDS, index + 1));
}

function filterStep(row: Row, type: string, name: string): Exact | undefined {
  if (!row.has("filters")) return undefined;
  const filters = rowsOf(row.raw.filters, row.place("filters"), "Binance's filters");
  const filter = filters.find((candidate) => candidate.raw.filterType === type);
  return filter?.positive(name);
}

function partsOf(row: Row): SymbolParts {
  const base = row.text("baseAsset");
  const dated = row.has("contractType") && !row.text("contractType").includes("PERPETUAL");
  const delivery =
    dated && row.has("deliveryDate") ? deliveryText(Number(row.id("deliveryDate"))) : "";
  return unifiedSymbol(base, row.text("quoteAsset"), row.text("marginAsset"), delivery);
}

/** Sources of contracts, as rows. */
export interface BinanceMarketSources {
  readonly brackets: readonly Row[];
  readonly exchangeInfo: unknown;
  readonly commission: readonly Row[];
}

export interface MarketReader {
  readonly market: (id: string, path: string) => MarketFacts;
  readonly ids: () => Iterable<string>;
}

function infoRows(exchangeInfo: unknown): Map<string, Row> {
  if (exchangeInfo === undefined) return new Map();
  const content = contentOf("binance", "exchangeInfo", exchangeInfo, "exchangeInfo");
  const symbols = isObject(content) ? content.symbols : content;
  return rowsBy(rowsOf(symbols, "exchangeInfo.symbols", "Binance's exchangeInfo"), "symbol");
}

/** Reads contracts as they are asked for, so that an odd one that nobody holds stops nothing. */
export function binanceMarkets(sources: BinanceMarketSources): MarketReader {
  const infos = infoRows(sources.exchangeInfo);
  const brackets = rowsBy(sources.brackets, "symbol");
  const commissions = rowsBy(sources.commission, "symbol");
  const market = (id: string, path: string): MarketFacts => {
    const info = infos.get(id);
    const parts = info === undefined ? binanceSymbol(id, path) : partsOf(info);
    const row = brackets.get(id);
    if (row === undefined) {
      refuse(
        "BAD_TIERS",
        `${parts.symbol} has no tiers`,
        path,
        id,
        "give its leverageBracket as brackets",
      );
    }
    const commission = commissions.get(id);
    return {
      path,
      symbol: parts.symbol,
      settle: parts.settle,
      linear: parts.linear,
      contractSize: parts.linear ? ONE : contractSizeOf(id, info, path),
      amountStep: info === undefined ? undefined : amountStepOf(info),
      priceStep: info === undefined ? undefined : filterStep(info, "PRICE_FILTER", "tickSize"),
      taker: commission?.decimal("takerCommissionRate"),
      maker: commission?.optionalDecimal("makerCommissionRate"),
      tiers: readTiers(row),
    };
  };
  return {
    market,
    ids: () => [...brackets.keys()].filter((id) => infos.size === 0 || infos.has(id)),
  };
}

function amountStepOf(info: Row): Exact | undefined {
  const step = filterStep(info, "LOT_SIZE", "stepSize");
  if (step !== undefined || !info.has("quantityPrecision")) return step;
  return stepOf(info.integer("quantityPrecision"));
}

function contractSizeOf(id: string, info: Row | undefined, path: string): Exact {
  if (info !== undefined) return info.positive("contractSize");
  return refuse(
    "BAD_VALUE",
    "a COIN-M contract's size is not known without exchangeInfo",
    path,
    id,
    "give exchangeInfo of COIN-M (dapi)",
  );
}
