// Contracts of Hyperliquid: the universe and margin tables of meta. Tables state a largest leverage from each lower bound on and
// no maintenance rate: the profile takes half of the initial rate. A table id below 50 that is not listed is flat.
import { refuse } from "../engine/read.ts";
import type { LeverageTier } from "../types.ts";
import type { MarketFacts } from "./account.ts";
import type { MarketReader } from "./binance-markets.ts";
import { type DecimalText, type Exact, ONE, stepOf, textOf } from "./exact.ts";
import { isBlank, isObject, Row, rowsBy, rowsOf } from "./fields.ts";
import { contentOf } from "./recognise.ts";
import { hyperliquidSymbol } from "./symbols.ts";

export interface HyperliquidMetaObject {
  readonly universe: readonly {
    readonly name: string;
    readonly szDecimals: DecimalText;
    readonly maxLeverage: DecimalText;
    readonly marginTableId?: DecimalText;
  }[];
  readonly marginTables?: readonly (readonly [
    DecimalText,
    {
      readonly marginTiers: readonly {
        readonly lowerBound: DecimalText;
        readonly maxLeverage: DecimalText;
      }[];
    },
  ])[];
}

/** Answer of meta, or of metaAndAssetCtxs: meta and one context for each of its contracts, with markPx. */
export type HyperliquidMeta =
  | HyperliquidMetaObject
  | readonly [HyperliquidMetaObject, readonly unknown[]];

/** Sizes and prices share six decimals. */
const PRICE_PLACES = 6;
const FLAT_TABLES_BELOW = 50;

/** Margin tables by id. */
function tablesOf(meta: Row): Map<string, Row> {
  const tables = new Map<string, Row>();
  const list = meta.raw.marginTables;
  if (isBlank(list)) return tables;
  const place = meta.place("marginTables");
  if (!Array.isArray(list))
    return meta.refuse("marginTables", "must be a list of pairs of an id and a table");
  list.forEach((pair: unknown, index) => {
    if (!Array.isArray(pair)) {
      refuse("BAD_VALUE", "must be a pair of an id and a table", `${place}[${index}]`, pair);
    }
    tables.set(
      String(pair[0]),
      new Row(pair[1], `${place}[${index}][1]`, "Hyperliquid's margin table"),
    );
  });
  return tables;
}

function tiersOf(coin: Row, tables: ReadonlyMap<string, Row>): LeverageTier[] {
  const id = coin.has("marginTableId") ? coin.id("marginTableId") : undefined;
  const table = id === undefined ? undefined : tables.get(id);
  if (table === undefined) {
    if (id !== undefined && !(Number(id) < FLAT_TABLES_BELOW)) {
      coin.refuse("marginTableId", "must be one of marginTables", "give the whole answer of meta");
    }
    const maxLeverage = textOf(coin.positive("maxLeverage"));
    return [{ tier: 1, minNotional: "0", maxNotional: null, maxLeverage }];
  }
  const rows = rowsOf(
    table.raw.marginTiers,
    table.place("marginTiers"),
    "Hyperliquid's margin tiers",
  );
  return rows.map((row, index) => {
    const next = rows[index + 1];
    return {
      tier: index + 1,
      minNotional: textOf(row.decimal("lowerBound")),
      maxNotional: next === undefined ? null : textOf(next.decimal("lowerBound")),
      maxLeverage: textOf(row.positive("maxLeverage")),
    };
  });
}

/** Reads contracts as they are asked for; marks where the contexts are given. */
export function hyperliquidMarkets(
  data: HyperliquidMeta,
): MarketReader & { readonly marks: Map<string, Exact> } {
  const content = contentOf("hyperliquid", "meta", data, "meta");
  const pair = Array.isArray(content);
  const meta = new Row(
    pair ? content[0] : content,
    pair ? "meta[0]" : "meta",
    "Hyperliquid's meta",
  );
  const universe = rowsOf(meta.raw.universe, meta.place("universe"), "Hyperliquid's universe");
  const coins = rowsBy(universe, "name");
  const tables = tablesOf(meta);
  const market = (id: string, path: string): MarketFacts => {
    const parts = hyperliquidSymbol(id, path);
    const coin = coins.get(id);
    if (coin === undefined) {
      return refuse(
        "UNKNOWN_SYMBOL",
        "is no coin of meta's universe",
        path,
        id,
        "its size decimals and margin table are there",
      );
    }
    const decimals = coin.integer("szDecimals");
    return {
      path,
      symbol: parts.symbol,
      settle: parts.settle,
      linear: true,
      contractSize: ONE,
      amountStep: stepOf(decimals),
      priceStep: stepOf(Math.max(0, PRICE_PLACES - decimals)),
      tiers: tiersOf(coin, tables),
      maxLeverage: coin.positive("maxLeverage"),
    };
  };
  const marks = new Map<string, Exact>();
  const contexts = pair && Array.isArray(content[1]) ? (content[1] as unknown[]) : [];
  contexts.forEach((context, index) => {
    const coin = universe[index];
    if (coin === undefined || !isObject(context)) return;
    const row = new Row(context, `meta[1][${index}]`, "Hyperliquid's asset contexts");
    const mark = row.optionalDecimal("markPx");
    if (mark !== undefined && mark.units > 0n) marks.set(coin.text("name"), mark);
  });
  return { market, ids: () => coins.keys(), marks };
}
