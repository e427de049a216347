// Contracts of OKX: public/instruments and public/position-tiers. A contract is ctVal · ctMult coins (linear) or dollars
// (inverse); tiers are ranges of contracts of a whole family of instruments. trade-fee states what one pays as negative rates.
import { refuse } from "../engine/read.ts";
import type { LeverageTier } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import type { MarketReader } from "./binance-markets.ts";
import { type DecimalText, type Exact, negated, ONE, product } from "./exact.ts";
import { type Row, rowsBy } from "./fields.ts";
import { okxSymbol, type SymbolParts } from "./symbols.ts";
import { readTier, type TierFields } from "./tiers.ts";

/** A row of instruments (SWAP or FUTURES). */
export interface OkxInstrumentRow {
  readonly instId: string;
  /** Names its tiers; or uly. */
  readonly instFamily?: string;
  readonly uly?: string;
  readonly ctVal: DecimalText;
  readonly ctMult?: DecimalText;
  readonly ctType?: string;
  readonly settleCcy?: string;
  readonly lotSz?: DecimalText;
  readonly tickSz?: DecimalText;
}

/** A row of position-tiers. */
export interface OkxTierRow {
  readonly instFamily?: string;
  readonly uly?: string;
  /** Named for some instruments; then it decides. */
  readonly instId?: string;
  readonly tier?: DecimalText;
  /** Contracts. */
  readonly minSz: DecimalText;
  readonly maxSz: DecimalText;
  readonly mmr: DecimalText;
  readonly maxLever: DecimalText;
}

const FIELDS: TierFields = { floor: ["minSz"], cap: ["maxSz"], rate: "mmr", leverage: "maxLever" };

export interface OkxMarketSources {
  readonly instruments: readonly Row[];
  readonly tiers: readonly Row[];
  readonly fees: readonly Row[];
}

function tiersOf(rows: readonly Row[], instrument: Row): LeverageTier[] | null {
  const id = instrument.text("instId");
  const family = instrument.optionalText("instFamily") ?? instrument.optionalText("uly");
  const named = rows.filter((row) => row.raw.instId === id);
  const own =
    named.length > 0
      ? named
      : rows.filter(
          (row) =>
            !row.has("instId") &&
            family !== undefined &&
            (row.raw.instFamily ?? row.raw.uly) === family,
        );
  if (own.length === 0) return null;
  return own.map((row, index) => readTier(row, FIELDS, index + 1));
}

/** Checks what an instrument says of itself against its name. */
function partsOf(instrument: Row, path: string): SymbolParts {
  const parts = okxSymbol(instrument.text("instId"), path);
  if (instrument.has("settleCcy") && instrument.text("settleCcy") !== parts.settle) {
    instrument.refuse("settleCcy", `must be ${parts.settle} for ${parts.symbol}`);
  }
  const type = parts.linear ? "linear" : "inverse";
  if (instrument.has("ctType") && instrument.text("ctType") !== type) {
    instrument.refuse("ctType", `must be ${type} for ${parts.symbol}`);
  }
  return parts;
}

/** The rate one pays; OKX prints it negative, and positive for a rebate. */
function feeOf(rows: readonly Row[], parts: SymbolParts, name: string): Exact | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  const suffix = parts.settle === "USDT" ? "U" : parts.settle === "USDC" ? "USDC" : "";
  const field = row.has(`${name}${suffix}`) ? `${name}${suffix}` : name;
  return row.has(field) ? negated(row.decimal(field)) : undefined;
}

/** Reads contracts as they are asked for. */
export function okxMarkets(sources: OkxMarketSources): MarketReader {
  const instruments = rowsBy(sources.instruments, "instId");
  const market = (id: string, path: string): MarketFacts => {
    const instrument = instruments.get(id);
    if (instrument === undefined) {
      return refuse(
        "UNKNOWN_SYMBOL",
        "is in no row of instruments",
        path,
        id,
        "its contract value (ctVal) is needed",
      );
    }
    const parts = partsOf(instrument, path);
    const tiers = tiersOf(sources.tiers, instrument);
    if (tiers === null) {
      refuse(
        "BAD_TIERS",
        `${parts.symbol} has no tiers`,
        path,
        id,
        "give its position-tiers as tiers",
      );
    }
    const multiplier = instrument.has("ctMult") ? instrument.positive("ctMult") : ONE;
    return {
      path,
      symbol: parts.symbol,
      settle: parts.settle,
      linear: parts.linear,
      contractSize: product(instrument.positive("ctVal"), multiplier),
      amountStep: instrument.has("lotSz") ? instrument.positive("lotSz") : undefined,
      priceStep: instrument.has("tickSz") ? instrument.positive("tickSz") : undefined,
      taker: feeOf(sources.fees, parts, "taker"),
      maker: feeOf(sources.fees, parts, "maker"),
      tiers,
    };
  };
  const ids = (): string[] =>
    [...instruments.values()]
      .filter((row) => tiersOf(sources.tiers, row) !== null)
      .map((row) => row.text("instId"));
  return { market, ids };
}
