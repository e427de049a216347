// Contracts as ccxt describes them: markets, leverage tiers and, where no market is given, the symbol and the position's own contract
// size. Hyperliquid's positions state none and ccxt has no tiers of it: both must then be given.
import { refuse } from "../engine/read.ts";
import type { LeverageTier, ProfileName } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import type { MarketReader } from "./binance-markets.ts";
import type { CcxtInput } from "./ccxt.ts";
import { type DecimalText, type Exact, textOf } from "./exact.ts";
import { isBlank, isObject, Row, rowsBy, rowsOf } from "./fields.ts";
import { contentOf } from "./recognise.ts";
import { partsOfSymbol } from "./symbols.ts";
import { capText, fractionalRates } from "./tiers.ts";

/** ccxt's Market, as far as it is read. */
export interface CcxtMarket {
  readonly symbol: string;
  readonly settle?: string | undefined;
  readonly linear?: boolean | undefined;
  readonly contractSize?: DecimalText | undefined;
  /** Step sizes (ccxt's TICK_SIZE). */
  readonly precision?:
    | { readonly amount?: DecimalText | undefined; readonly price?: DecimalText | undefined }
    | undefined;
  readonly taker?: DecimalText | undefined;
  readonly maker?: DecimalText | undefined;
}

/** Amounts that venues publish, kept for checking. */
const AMOUNTS = ["cum", "mmDeduction"];

function amountsOf(info: unknown): { readonly info?: Readonly<Record<string, unknown>> } {
  if (!isObject(info)) return {};
  const found = AMOUNTS.filter((name) => !isBlank(info[name])).map((name) => [name, info[name]]);
  return found.length === 0 ? {} : { info: Object.fromEntries(found) };
}

function capOf(row: Row): string | null {
  const cap = row.optionalDecimal("maxNotional");
  return cap === undefined ? null : capText(cap);
}

/** Tiers of a symbol; Bybit's rates may be per cent. */
function readTiers(list: unknown, symbol: string, profile: ProfileName): LeverageTier[] {
  const path = `tiers[${JSON.stringify(symbol)}]`;
  const rows = rowsOf(list, path, "ccxt's leverage tiers");
  const halves =
    profile === "hyperliquid" && rows.every((row) => !row.has("maintenanceMarginRate"));
  const leverages = rows.map((row) => row.optionalDecimal("maxLeverage"));
  let rates: readonly (Exact | undefined)[] = rows.map((row) =>
    halves ? undefined : row.decimal("maintenanceMarginRate"),
  );
  if (profile === "bybit" && leverages.every((leverage) => leverage !== undefined)) {
    const rated = rows.map((row, index) => ({
      rate: rates[index] as Exact,
      maxLeverage: leverages[index] as Exact,
      path: row.place("maintenanceMarginRate"),
    }));
    rates = fractionalRates(rated, symbol);
  }
  return rows.map((row, index) => {
    const rate = rates[index];
    const leverage = leverages[index];
    return {
      tier: index + 1,
      minNotional: row.has("minNotional") ? textOf(row.decimal("minNotional")) : null,
      maxNotional: capOf(row),
      ...(rate === undefined ? {} : { maintenanceMarginRate: textOf(rate) }),
      ...(leverage === undefined ? {} : { maxLeverage: textOf(leverage) }),
      ...amountsOf(row.raw.info),
    };
  });
}

function marketRows(markets: unknown): Map<string, Row> {
  if (markets === undefined) return new Map();
  const content = contentOf("ccxt", "markets", markets, "markets");
  const list = isObject(content) ? Object.values(content) : content;
  const contracts = rowsOf(list, "markets", "ccxt's markets").filter(
    ({ raw }) => raw.spot !== true,
  );
  return rowsBy(contracts, "symbol");
}

/** The market's, else that which positions of the symbol state. */
function contractSizeOf(
  symbol: string,
  market: Row | undefined,
  positions: readonly Row[],
  path: string,
): Exact {
  const stated = [market, ...positions.filter(({ raw }) => raw.symbol === symbol)];
  const row = stated.find((candidate) => candidate?.has("contractSize") === true);
  if (row !== undefined) return row.positive("contractSize");
  return refuse(
    "BAD_VALUE",
    "states no contractSize (Hyperliquid's positions never do)",
    path,
    symbol,
    "give markets (exchange.markets)",
  );
}

/** Reads contracts as they are asked for. Ids are unified symbols. */
export function ccxtMarkets(
  input: CcxtInput,
  positions: readonly Row[],
  profile: ProfileName,
): MarketReader {
  const markets = marketRows(input.markets);
  const tiers = contentOf("ccxt", "tiers", input.tiers, "tiers");
  if (!isObject(tiers))
    refuse(
      "BAD_VALUE",
      "must be an object of tiers by symbol",
      "tiers",
      typeof tiers,
      "give the result of fetchLeverageTiers",
    );
  const market = (symbol: string, path: string): MarketFacts => {
    const parts = partsOfSymbol(symbol, path);
    const row = markets.get(symbol);
    if (!Object.hasOwn(tiers, symbol)) {
      refuse("BAD_TIERS", `${symbol} has no tiers`, path, symbol, "give them in tiers, by symbol");
    }
    const precision =
      row?.has("precision") === true
        ? new Row(row.raw.precision, row.place("precision"), "ccxt's precision")
        : undefined;
    return {
      path,
      symbol,
      settle: row?.optionalText("settle") ?? parts.settle,
      linear: row?.flag("linear") ?? parts.linear,
      contractSize: contractSizeOf(symbol, row, positions, path),
      amountStep: precision?.has("amount") === true ? precision.positive("amount") : undefined,
      priceStep: precision?.has("price") === true ? precision.positive("price") : undefined,
      taker: row?.optionalDecimal("taker"),
      maker: row?.optionalDecimal("maker"),
      tiers: readTiers(tiers[symbol], symbol, profile),
    };
  };
  const ids = (): string[] => Object.keys(tiers).filter((symbol) => markets.has(symbol));
  return { market, ids };
}
